package mail

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
)

// Template is a letter in one language as the desk sees it.
type Template struct {
	Name          string
	Language      lang.Code
	Subject, Body string   // the words that are in use
	BuiltSubject  string   // those that came with the program
	BuiltBody     string   //
	Words         []string // that may be used
	Links         []string // that must be used
	Own           bool     // the operator's words are in use
	Broken        error    // the operator's words are there and cannot be used
	Changed       time.Time
	Kind          string // of letter that a person may do without; "" = none
}

// Templates lists the names of all letters.
func (o *Office) Templates() []string { return slices.Sorted(maps.Keys(o.templates)) }

// Template gives a letter in one language.
func (o *Office) Template(ctx context.Context, tx *db.Tx, name string, code lang.Code) (Template, error) {
	built := o.templates[name][code]
	if built == nil {
		return Template{}, errs.New(errs.NotFound, "mail: no letter %q in %q", name, code)
	}
	t := Template{
		Name: name, Language: code, Subject: built.subject, Body: built.body, BuiltSubject: built.subject, BuiltBody: built.body,
		Words: built.allowed(), Links: built.links(), Kind: o.Optional[name],
	}
	own, changed, err := o.override(ctx, tx, built)
	switch {
	case errs.Is(err, errs.Invalid):
		t.Broken = err
	case err != nil:
		return Template{}, err
	case own != nil:
		t.Own, t.Subject, t.Body, t.Changed = true, own.subject, own.body, changed
	}
	return t, nil
}

// current is the template in use: the operator's, else the built-in one. Words of the operator
// that have become unusable, since a newer program gives other words, do not keep a letter back.
func (o *Office) current(ctx context.Context, tx *db.Tx, built *text) (*text, error) {
	own, _, err := o.override(ctx, tx, built)
	switch {
	case errs.Is(err, errs.Invalid):
		o.Logger.Warn("a letter's own words cannot be used; it goes out in the built-in ones", "letter", built.name, "language", string(built.code), "why", err.Error())
	case err != nil:
		return nil, err
	case own != nil:
		return own, nil
	}
	return built, nil
}

// override reads the operator's words; nil where there are none, Invalid where they are broken.
func (o *Office) override(ctx context.Context, tx *db.Tx, built *text) (*text, time.Time, error) {
	var subject, body string
	var changed int64
	err := tx.QueryRow(ctx, `SELECT subject, body, changed FROM mail_overrides WHERE template = $1 AND language = $2`,
		built.name, string(built.code)).Scan(&subject, &body, &changed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, time.Time{}, nil
	}
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("mail: own words: %w", err)
	}
	t, err := built.instead(subject, body)
	return t, time.UnixMicro(changed).UTC(), err
}

// Change puts the operator's words in the place of the built-in ones; Invalid, with fields
// "subject" and "body", where they use a word that the letter does not have or leave out a link.
func (o *Office) Change(ctx context.Context, tx *db.Tx, name string, code lang.Code, subject, body, person string) error {
	built := o.templates[name][code]
	if built == nil {
		return errs.New(errs.NotFound, "mail: no letter %q in %q", name, code)
	}
	t, err := built.instead(subject, body)
	if err != nil {
		return err
	}
	if t.subject == built.subject && t.body == built.body {
		return o.Restore(ctx, tx, name, code)
	}
	_, err = tx.Exec(ctx, `INSERT INTO mail_overrides (template, language, subject, body, person, changed) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (template, language) DO UPDATE SET subject = excluded.subject, body = excluded.body, person = excluded.person, changed = excluded.changed`,
		name, string(code), t.subject, t.body, person, tx.Now().UnixMicro())
	return err
}

// Restore goes back to the built-in words.
func (o *Office) Restore(ctx context.Context, tx *db.Tx, name string, code lang.Code) error {
	_, err := tx.Exec(ctx, `DELETE FROM mail_overrides WHERE template = $1 AND language = $2`, name, string(code))
	return err
}

// Shown is a letter as a person sees it: the plain part, and what the HTML part is made of.
type Shown struct {
	Subject, Text, HTML string
	Blocks              []Block
}

// Preview is a letter with made-up values, in words that need not be stored yet.
func (o *Office) Preview(name string, code lang.Code, subject, body string) (Shown, error) {
	built := o.templates[name][code]
	if built == nil {
		return Shown{}, errs.New(errs.NotFound, "mail: no letter %q in %q", name, code)
	}
	t, err := built.instead(subject, body)
	if err != nil {
		return Shown{}, err
	}
	data := map[string]string{}
	for _, w := range built.given() {
		data[w] = "‹" + w + "›"
		if strings.HasSuffix(w, "Link") {
			data[w] = "/" + string(code) + "/…"
		}
	}
	off := ""
	if o.Optional[name] != "" {
		off = o.offLink(code, "…")
	}
	return o.write(t, Letter{Name: "‹Name›", Template: name, Language: code, Data: data}, off)
}

// OpenText is what the HTML part writes on a button.
func (o *Office) OpenText(code lang.Code) string { return o.catalog.Printer(code).T("open") }

// instead checks words of the operator against the letter that they stand for; the error is a
// Fault.
func (t *text) instead(subject, body string) (*text, error) {
	own, found := parseText(t.name, t.code, subject, body)
	for _, part := range []struct{ field, text string }{{"subject", own.subject}, {"body", own.body}} {
		for _, m := range word.FindAllStringSubmatch(part.text, -1) {
			if !slices.Contains(t.allowed(), m[1]) {
				found = append(found, Finding{Field: part.field, Kind: "unknown", Word: m[1]})
			}
		}
	}
	for _, w := range t.links() {
		if !slices.Contains(own.Words, w) {
			found = append(found, Finding{Field: "body", Kind: "link", Word: w})
		}
	}
	return own, faulty(found)
}

func (t *text) allowed() []string {
	all := append(slices.Clone(always), t.Words...)
	slices.Sort(all)
	return slices.Compact(all)
}

// links are the words whose name ends in Link; a letter without them would be of no use.
func (t *text) links() []string {
	return slices.DeleteFunc(slices.Clone(t.Words), func(w string) bool { return !strings.HasSuffix(w, "Link") })
}

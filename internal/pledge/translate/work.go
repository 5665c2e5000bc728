package translate

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
)

const (
	byHuman   = "human"
	byMachine = "machine"
)

func today(tx *db.Tx) string { return tx.Now().Format(time.DateOnly) }

// subject is what somebody acts on: a contact of a whole acts for its part, too.
func subject(c pledge.Current, by access.Person, into lang.Code, day string) access.Subject {
	s := access.Subject{State: string(pledge.StatePublished), Lead: c.Lead(), Language: into}
	if !c.Stands() {
		s.State = string(c.Status)
	}
	for code := c.Lead(); code != ""; code = party.ParentOf(code) {
		if _, ok := by.FocalPoint(code, day); ok {
			s.Lead = code
			break
		}
	}
	return s
}

// Open reads a translation beside its original.
func (d *Desk) Open(ctx context.Context, by access.Person, id string, into lang.Code) (w Work, err error) {
	defer errs.Wrap(&err, "translation of %s into %s", id, into)
	err = d.DB.Read(ctx, func(tx *db.Tx) (err error) {
		w, err = d.read(ctx, tx, by, access.ReadTranslation, id, into, "")
		return err
	})
	if err != nil {
		return w, err
	}
	if w.Base > 0 && w.Base < w.Original.Version {
		before, known, err := d.originalAt(ctx, id, w.Base)
		if err != nil {
			return w, err
		}
		if known && (before.Title != w.Original.Title || before.Text != w.Original.Text) {
			w.Before = &before
		}
		if w.Published != nil && (!known || w.Before != nil) {
			w.Why = Stale
		}
	}
	if w.Published == nil {
		w.Why = Missing
	}
	if w.Wanted && (w.Published == nil || w.Published.Text == "") {
		w.Why = Wanted
	}
	return w, nil
}

// read is the work on a translation, begun or not: it starts from what is published.
func (d *Desk) read(ctx context.Context, tx *db.Tx, by access.Person, a access.Action, id string, into lang.Code, lock string) (w Work, err error) {
	c, err := pledge.Get(ctx, tx, id)
	if err != nil {
		return w, err
	}
	if err := access.Check(by, a, subject(c, by, into, today(tx)), today(tx)); err != nil {
		return w, err
	}
	if !lang.Known(string(into)) || into == c.Language {
		return w, errs.New(errs.NotFound, "pledge %s is not translated into %q", id, into)
	}
	w, err = scanWork(tx.QueryRow(ctx, `SELECT `+workColumns+` FROM translate_work WHERE pledge = $1 AND language = $2`+lock, id, string(into)).Scan, tx.Now())
	begun := err == nil
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	if err != nil {
		return w, err
	}
	w.Original, w.Language = c, into
	all, err := pledge.Translations(ctx, tx, id)
	if err != nil {
		return w, err
	}
	for _, t := range all {
		if t.Language == into {
			w.Published = &t
		}
	}
	if !begun || w.Version == 0 {
		w.Text.By, w.Base = byHuman, c.Version
		if t := w.Published; t != nil {
			w.Text, w.Base = Text{Title: t.Title, Summary: t.Summary, Text: t.Text, By: t.By}, t.Version
		}
	}
	return w, nil
}

const workColumns = `version, state, base, holder, since, wanted, approved, author, changed, doc`

// scanWork reads a row; a claim that has run out holds nothing.
func scanWork(scan func(...any) error, now time.Time) (w Work, err error) {
	var since, wanted, changed int64
	var doc string
	if err := scan(&w.Version, &w.State, &w.Base, &w.Holder, &since, &wanted, &w.Approved, &w.Author, &changed, &doc); err != nil {
		return w, err
	}
	w.Wanted = wanted != 0
	if since > 0 {
		w.Since = time.UnixMicro(since).UTC()
	}
	if changed > 0 {
		w.Changed = time.UnixMicro(changed).UTC()
	}
	if !now.Before(w.Since.Add(Claim)) {
		w.Holder, w.Since = "", time.Time{}
	}
	if doc != "" {
		err = json.Unmarshal([]byte(doc), &w.Text)
	}
	return w, err
}

func (w Work) put(ctx context.Context, tx *db.Tx) error {
	doc, err := json.Marshal(w.Text)
	if err != nil {
		return err
	}
	wanted := 0
	if w.Wanted {
		wanted = 1
	}
	micro := func(t time.Time) int64 {
		if t.IsZero() {
			return 0
		}
		return t.UnixMicro()
	}
	_, err = tx.Exec(ctx, `INSERT INTO translate_work (pledge, language, `+workColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (pledge, language) DO UPDATE SET version = excluded.version, state = excluded.state, base = excluded.base, holder = excluded.holder,
			since = excluded.since, wanted = excluded.wanted, approved = excluded.approved, author = excluded.author, changed = excluded.changed, doc = excluded.doc`,
		w.Original.ID, string(w.Language), w.Version, string(w.State), w.Base, w.Holder, micro(w.Since), wanted, w.Approved, w.Author, micro(w.Changed), string(doc))
	return err
}

// change does one thing to the work in a transaction of its own.
func (d *Desk) change(ctx context.Context, by access.Person, a access.Action, id string, into lang.Code, f func(tx *db.Tx, w *Work) error) (w Work, err error) {
	defer errs.Wrap(&err, "translation of %s into %s", id, into)
	err = d.DB.Write(ctx, func(tx *db.Tx) (err error) {
		if w, err = d.read(ctx, tx, by, a, id, into, tx.ForUpdate()); err != nil {
			return err
		}
		if err := f(tx, &w); err != nil {
			return err
		}
		return w.put(ctx, tx)
	})
	return w, err
}

// ifVersion refuses when another text was saved since.
func (w Work) ifVersion(n int) error {
	if w.Version != n {
		return errs.New(errs.Conflict, "the translation is at version %d by now, not %d", w.Version, n).WithKey("work.changed_meanwhile")
	}
	return nil
}

func (w Work) heldBy(other access.Person) error {
	if w.Holder != "" && w.Holder != other.ID {
		return errs.New(errs.Conflict, "%s is at it", w.Holder).WithKey("tongue.held")
	}
	return nil
}

// Claim takes a translation, so that others see who is at it and do not begin the same.
func (d *Desk) Claim(ctx context.Context, by access.Person, id string, into lang.Code) (Work, error) {
	return d.change(ctx, by, access.WriteTranslation, id, into, func(tx *db.Tx, w *Work) error {
		if err := w.heldBy(by); err != nil {
			return err
		}
		w.Holder, w.Since = by.ID, tx.Now()
		return nil
	})
}

// Release gives it back. A reviewer may release what somebody else holds.
func (d *Desk) Release(ctx context.Context, by access.Person, id string, into lang.Code) (Work, error) {
	return d.change(ctx, by, access.WriteTranslation, id, into, func(tx *db.Tx, w *Work) error {
		if err := w.heldBy(by); err != nil && !by.Has(access.Reviewer, today(tx)) {
			return err
		}
		w.Holder, w.Since = "", time.Time{}
		return nil
	})
}

// Want asks for the full text in a language.
func (d *Desk) Want(ctx context.Context, by access.Person, id string, into lang.Code) (Work, error) {
	return d.change(ctx, by, access.ReadTranslation, id, into, func(tx *db.Tx, w *Work) error {
		w.Wanted = true
		return nil
	})
}

// Save keeps a text, however unfinished. base is the version of the original that the writer saw.
// An approval does not outlive the words that it was given to.
func (d *Desk) Save(ctx context.Context, by access.Person, id string, into lang.Code, ifVersion, base int, t Text) (Work, error) {
	return d.change(ctx, by, access.WriteTranslation, id, into, func(tx *db.Tx, w *Work) error {
		if err := w.ifVersion(ifVersion); err != nil {
			return err
		}
		if err := w.heldBy(by); err != nil {
			return err
		}
		if base < 1 || base > w.Original.Version {
			return errs.InvalidFields(errs.Field{Field: "base", Message: "must be a version of the pledge"})
		}
		if t.By == "" {
			t.By = byHuman
		}
		if t.By == byMachine && !d.Pack.Policies.Machine {
			return errs.New(errs.Forbidden, "translations by machine are off").WithKey("tongue.machine_off")
		}
		w.Text, w.Base, w.State, w.Approved = t, base, Draft, ""
		w.Holder, w.Since = by.ID, tx.Now()
		return w.save(ctx, tx, by)
	})
}

// save counts the version and keeps its text for ever.
func (w *Work) save(ctx context.Context, tx *db.Tx, by access.Person) error {
	w.Version++
	w.Author, w.Changed = by.ID, tx.Now()
	doc, err := json.Marshal(w.Text)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO translate_texts (pledge, language, version, saved, person, doc) VALUES ($1, $2, $3, $4, $5, $6)`,
		w.Original.ID, string(w.Language), w.Version, tx.Now().UnixMicro(), by.ID, string(doc))
	return err
}

// Offer hands a finished text to the desk and to the party.
func (d *Desk) Offer(ctx context.Context, by access.Person, id string, into lang.Code, ifVersion int) (Work, error) {
	return d.change(ctx, by, access.WriteTranslation, id, into, func(tx *db.Tx, w *Work) error {
		if err := w.finished(tx, d, ifVersion); err != nil {
			return err
		}
		w.State, w.Holder, w.Since = Offered, "", time.Time{}
		return nil
	})
}

// finished holds a text to the rules of what can be published.
func (w Work) finished(tx *db.Tx, d *Desk, ifVersion int) error {
	if err := w.ifVersion(ifVersion); err != nil {
		return err
	}
	if w.Version == 0 {
		return errs.New(errs.Conflict, "nothing was saved yet").WithKey("tongue.empty")
	}
	tr := w.translation().Tidied()
	directory := party.Codes(tx.Context(), tx)
	found := pledge.Rules{Pack: d.Pack, Mode: pledge.ByForm, Party: directory.Find}.Translation(w.Original.Pledge, tr)
	if err := directory.Err(); err != nil {
		return err
	}
	return errs.InvalidFields(found...)
}

func (w Work) translation() pledge.Translation {
	return pledge.Translation{Schema: pledge.Schema, Pledge: w.Original.ID, Language: w.Language, Title: w.Text.Title, Summary: w.Text.Summary,
		Text: w.Text.Text, By: w.Text.By, ApprovedBy: w.Approved}
}

// Approve is the party's word that the text says what it means.
func (d *Desk) Approve(ctx context.Context, by access.Person, id string, into lang.Code, ifVersion int) (Work, error) {
	return d.change(ctx, by, access.ApproveTranslation, id, into, func(tx *db.Tx, w *Work) error {
		if err := w.finished(tx, d, ifVersion); err != nil {
			return err
		}
		w.Approved, w.State, w.Holder, w.Since = w.Original.Lead(), Offered, "", time.Time{}
		return nil
	})
}

// Publish puts a text into the register. It is refused while the words of the original have
// changed since the translator saw them: whoever saves it again has seen them.
func (d *Desk) Publish(ctx context.Context, by access.Person, id string, into lang.Code, ifVersion int) (w Work, out pledge.Outcome, err error) {
	seen, err := d.Open(ctx, by, id, into)
	if err != nil {
		return w, out, err
	}
	if seen.Before != nil {
		return w, out, errs.New(errs.Conflict, "the original of %s has changed since version %d", id, seen.Base).WithKey("tongue.original_changed")
	}
	defer errs.Wrap(&err, "translation of %s into %s", id, into)
	err = d.DB.Write(ctx, func(tx *db.Tx) (err error) {
		if w, err = d.read(ctx, tx, by, access.PublishTranslation, id, into, tx.ForUpdate()); err != nil {
			return err
		}
		if w.Original.Version != seen.Original.Version {
			return errs.New(errs.Conflict, "the original of %s has just changed", id).WithKey("tongue.original_changed")
		}
		if err := w.finished(tx, d, ifVersion); err != nil {
			return err
		}
		if err := d.free(ctx, tx, w.Original.Lead()); err != nil {
			return err
		}
		w.State, w.Holder, w.Since, w.Base = Published, "", time.Time{}, w.Original.Version
		if w.Text.Text != "" {
			w.Wanted = false
		}
		if err := w.put(ctx, tx); err != nil {
			return err
		}
		out, err = d.Book.Translate(ctx, tx, pledge.Terms{Actor: actor(w), Mode: pledge.ByForm}, w.translation())
		return err
	})
	return w, out, err
}

// free refuses to publish a translation for a party that the secretariat has on hold. It waits.
func (d *Desk) free(ctx context.Context, tx *db.Tx, code string) error {
	if d.OnHold == nil {
		return nil
	}
	held, err := d.OnHold(ctx, tx, code)
	if err == nil && held {
		err = errs.New(errs.Conflict, "%s is on hold", code).WithKey("work.blocked.hold")
	}
	return err
}

// office is who publishes a translation that the party has not approved.
const office = "office:secretariat"

func actor(w Work) string {
	if w.Approved != "" {
		return w.Approved
	}
	return office
}

// Versions lists every text that was saved, the newest first.
func (d *Desk) Versions(ctx context.Context, by access.Person, id string, into lang.Code) (all []Saved, err error) {
	defer errs.Wrap(&err, "versions of the translation of %s into %s", id, into)
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		all = nil
		if _, err := d.read(ctx, tx, by, access.ReadTranslation, id, into, ""); err != nil {
			return err
		}
		return each(ctx, tx, func(scan func(...any) error) error {
			var s Saved
			var at int64
			var doc string
			if err := scan(&s.Version, &at, &s.Person, &doc); err != nil {
				return err
			}
			s.At = time.UnixMicro(at).UTC()
			all = append(all, s)
			return json.Unmarshal([]byte(doc), &all[len(all)-1].Text)
		}, `SELECT version, saved, person, doc FROM translate_texts WHERE pledge = $1 AND language = $2 ORDER BY version DESC`, id, string(into))
	})
	return all, err
}

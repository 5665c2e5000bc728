package party

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/register"
)

// Current is the latest version of a party, with its place in the register.
type Current struct {
	Party
	Version   int
	Position  int64
	Effective string
}

// Get is the latest version of a party: NotFound where there is none, Gone where it was erased.
func Get(ctx context.Context, tx *db.Tx, code string) (Current, error) {
	row := tx.QueryRow(ctx, `SELECT version, position, effective, doc FROM parties WHERE code = $1`, code)
	return scan(row, code)
}

func scan(row interface{ Scan(...any) error }, code string) (Current, error) {
	var c Current
	var doc string
	err := row.Scan(&c.Version, &c.Position, &c.Effective, &doc)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return c, errs.New(errs.NotFound, "there is no party %q", code)
	case err != nil:
		return c, fmt.Errorf("party %q: %w", code, err)
	case doc == "":
		return c, errs.New(errs.Gone, "party %q was erased", code)
	}
	if err := json.Unmarshal([]byte(doc), &c.Party); err != nil {
		return c, fmt.Errorf("party %q: %w", code, err)
	}
	return c, nil
}

// All are the latest versions of all parties but erased ones, by code.
func All(ctx context.Context, tx *db.Tx) ([]Party, error) {
	rows, err := tx.Query(ctx, `SELECT doc FROM parties WHERE doc <> '' ORDER BY code`)
	if err != nil {
		return nil, fmt.Errorf("parties: %w", err)
	}
	defer rows.Close()
	var all []Party
	for rows.Next() {
		var doc string
		if err := rows.Scan(&doc); err != nil {
			return nil, fmt.Errorf("parties: %w", err)
		}
		var p Party
		if err := json.Unmarshal([]byte(doc), &p); err != nil {
			return nil, fmt.Errorf("parties: %w", err)
		}
		all = append(all, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("parties: %w", err)
	}
	return all, nil
}

// Directory finds parties by code or name, for as long as one transaction. It remembers what
// it has read and what a Writer on it has published.
type Directory struct {
	ctx     context.Context
	tx      *db.Tx
	whole   bool // all parties were read: what is missing does not exist
	byCode  map[string]Party
	missing map[string]bool
	byName  map[string]string // made when it is first asked for
	err     error
}

// Codes is a directory that reads one party at a time, when it is asked for.
func Codes(ctx context.Context, tx *db.Tx) *Directory {
	return &Directory{ctx: ctx, tx: tx, byCode: map[string]Party{}, missing: map[string]bool{}}
}

// Load is a directory that has read all parties, for imports.
func Load(ctx context.Context, tx *db.Tx) (*Directory, error) {
	all, err := All(ctx, tx)
	if err != nil {
		return nil, err
	}
	d := Codes(ctx, tx)
	d.whole = true
	for _, p := range all {
		d.remember(p)
	}
	return d, nil
}

// Find is a Lookup. A failing database makes it find nothing; ask Err before you act on that.
func (d *Directory) Find(code string) (Party, bool) {
	if p, ok := d.byCode[code]; ok {
		return p, true
	}
	if d.whole || d.missing[code] || d.err != nil || !ValidCode(code) {
		return Party{}, false
	}
	c, err := Get(d.ctx, d.tx, code)
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Gone) {
		d.missing[code] = true
		return Party{}, false
	}
	if err != nil {
		d.err = err
		return Party{}, false
	}
	d.remember(c.Party)
	return c.Party, true
}

// Learn tells what the register has of a party, for somebody who has read it together with other
// things; "" is nothing. What the directory knows already stays.
func (d *Directory) Learn(code, doc string) {
	if _, known := d.byCode[code]; known || d.whole || d.err != nil {
		return
	}
	if doc == "" {
		d.missing[code] = true
		return
	}
	var p Party
	if err := json.Unmarshal([]byte(doc), &p); err != nil {
		d.err = fmt.Errorf("party %q: %w", code, err)
		return
	}
	d.remember(p)
}

// Err is what kept Find from reading the database, if anything did.
func (d *Directory) Err() error { return d.err }

// Named is the code of the party that has this name in some language, whatever its case and
// accents. Only a directory that has read all parties knows names. Where several have the
// name, the first by code is it.
func (d *Directory) Named(name string) (code string, ok bool) {
	if d.byName == nil {
		d.byName = map[string]string{}
		for _, p := range d.byCode {
			d.rememberNames(p)
		}
	}
	code, ok = d.byName[Fold(name)]
	return code, ok
}

func (d *Directory) remember(p Party) {
	d.byCode[p.Code] = p
	delete(d.missing, p.Code)
	if d.byName != nil {
		d.rememberNames(p)
	}
}

func (d *Directory) rememberNames(p Party) {
	for _, c := range lang.All {
		if n := Fold(p.Names[c]); n != "" {
			if have, taken := d.byName[n]; !taken || p.Code < have {
				d.byName[n] = p.Code
			}
		}
	}
}

// Fold is a name without what spellings differ in: case, accents, spaces.
func Fold(name string) string {
	var b strings.Builder
	space := false
	for _, r := range norm.NFKD.String(name) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsSpace(r):
			space = b.Len() > 0
		default:
			if space {
				b.WriteByte(' ')
				space = false
			}
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// Adder appends to the register: a *register.Appender.
type Adder interface {
	Add(register.Draft) (register.Entry, error)
}

// Writer publishes parties in one transaction, each with what it refers to before it.
type Writer struct {
	Pack  *compact.Pack
	Known *Directory
	Add   Adder
	Actor string // a party or an office, never a person
}

// Publish publishes a party, or a new version of it. The same content again is no entry, and
// changed is false.
func (w Writer) Publish(ctx context.Context, tx *db.Tx, effective string, p Party) (changed bool, err error) {
	defer errs.Wrap(&err, "publish party %q", p.Code)
	p = p.Tidied()
	payload, err := register.Canonical(p)
	if err != nil {
		return false, err
	}
	current, err := Get(ctx, tx, p.Code)
	first := errs.Is(err, errs.NotFound)
	switch {
	case first:
	case err != nil:
		return false, err
	default:
		old, err := register.Canonical(current.Party)
		if err != nil {
			return false, err
		}
		if string(old) == string(payload) {
			return false, nil
		}
		if effective < current.Effective && effective != "" {
			return false, errs.InvalidFields(errs.Field{Field: "published_on", Value: effective, Message: "must not be before " + current.Effective + ", the day of the version before"})
		}
		if err := w.keepsItsParts(ctx, tx, current.Party, p); err != nil {
			return false, err
		}
	}
	found := Validate(w.Pack, w.Known.Find, p)
	if err := w.Known.Err(); err != nil {
		return false, err
	}
	if err := errs.InvalidFields(found...); err != nil {
		return false, err
	}
	entry, err := w.Add.Add(register.Draft{Actor: w.Actor, Kind: EntryKind, Subject: Subject(p.Code), Effective: effective, Payload: payload, New: first})
	if err != nil {
		return false, err
	}
	if err := Apply(ctx, tx, entry); err != nil {
		return false, err
	}
	w.Known.remember(p)
	return true, nil
}

// keepsItsParts refuses a new kind for a party that others are part of: they would act for a
// party of another kind.
func (w Writer) keepsItsParts(ctx context.Context, tx *db.Tx, old, p Party) error {
	if old.Kind == p.Kind {
		return nil
	}
	var part string
	err := tx.QueryRow(ctx, `SELECT code FROM parties WHERE parent = $1 ORDER BY code LIMIT 1`, p.Code).Scan(&part)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return errs.InvalidFields(errs.Field{Field: "kind", Value: p.Kind, Message: "must stay " + old.Kind + ", the kind of its part " + part})
}

// Publish is Writer.Publish for one party alone. To publish several, or a party with its first
// pledge, use one Writer on one appender: the register's head is the last lock of a transaction.
func Publish(ctx context.Context, tx *db.Tx, log *register.Log, pack *compact.Pack, effective, actor string, p Party) (changed bool, err error) {
	appender, err := log.Appender(ctx, tx)
	if err != nil {
		return false, err
	}
	w := Writer{Pack: pack, Known: Codes(ctx, tx), Add: appender, Actor: actor}
	if changed, err = w.Publish(ctx, tx, effective, p); err != nil {
		return false, err
	}
	return changed, appender.Finish()
}

// Apply folds one entry of the register into the table of parties. Publication and replay both
// go through it, so that the table is always the fold of the register. Entries of other kinds
// are left alone; of an erasure it takes what concerns the latest version of a party.
func Apply(ctx context.Context, tx *db.Tx, e register.Entry) error {
	switch e.Header.Kind {
	case EntryKind:
		return applyParty(ctx, tx, e)
	case register.ErasureKind:
		position, err := e.Erases()
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE parties SET kind = '', parent = '', country = '', doc = '' WHERE position = $1`, position)
		return err
	}
	return nil
}

func applyParty(ctx context.Context, tx *db.Tx, e register.Entry) error {
	var p Party
	doc := ""
	if e.WithheldBy < 0 {
		doc = string(e.Payload)
		if err := json.Unmarshal(e.Payload, &p); err != nil {
			return fmt.Errorf("entry %d: %w", e.Header.Position, err)
		}
	}
	code := strings.TrimPrefix(e.Header.Subject, "party:")
	_, err := tx.Exec(ctx, `INSERT INTO parties (code, version, kind, parent, country, position, effective, doc)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (code) DO UPDATE SET version = excluded.version, kind = excluded.kind, parent = excluded.parent,
			country = excluded.country, position = excluded.position, effective = excluded.effective, doc = excluded.doc`,
		code, e.Header.Version, p.Kind, p.Parent, p.Country, e.Header.Position, e.Header.Effective, doc)
	return err
}

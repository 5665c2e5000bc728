package pledge

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/register"
)

// Subject names the pledge in the register.
func Subject(id string) string { return "pledge:" + id }

// ReportSubject names a progress report in the register.
func ReportSubject(id string, number int) string { return fmt.Sprintf("report:%s/%d", id, number) }

// TranslationSubject names a translation in the register.
func TranslationSubject(id string, c lang.Code) string { return "translation:" + id + "/" + string(c) }

// Current is the latest version of a pledge, with its place in the register.
type Current struct {
	Pledge
	Version        int
	Position       int64
	Effective      string // the day that this version became public
	FirstEffective string // the day that the pledge became public
}

// erased is the status column of a pledge whose latest version was erased.
const erased = "erased"

// Get is the latest version of a pledge: NotFound where there is none, Gone where it was erased.
func Get(ctx context.Context, tx *db.Tx, id string) (Current, error) {
	c, _, err := get(ctx, tx, id)
	return c, err
}

func get(ctx context.Context, tx *db.Tx, id string) (c Current, digest string, err error) {
	var doc string
	err = tx.QueryRow(ctx, `SELECT version, position, effective, first_effective, digest, doc FROM pledges WHERE id = $1`, id).
		Scan(&c.Version, &c.Position, &c.Effective, &c.FirstEffective, &digest, &doc)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return c, "", errs.New(errs.NotFound, "there is no pledge %q", id)
	case err != nil:
		return c, "", fmt.Errorf("pledge %q: %w", id, err)
	case doc == "":
		return c, "", gone(id)
	}
	if err := json.Unmarshal([]byte(doc), &c.Pledge); err != nil {
		return c, "", fmt.Errorf("pledge %q: %w", id, err)
	}
	return c, digest, nil
}

func gone(id string) error { return errs.New(errs.Gone, "pledge %q was erased", id) }

// Each calls f with the latest version of every pledge but erased ones, by id, until f fails.
func Each(ctx context.Context, tx *db.Tx, f func(Current) error) error {
	rows, err := tx.Query(ctx, `SELECT version, position, effective, first_effective, doc FROM pledges WHERE doc <> '' ORDER BY length(id), id`)
	if err != nil {
		return fmt.Errorf("pledges: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var c Current
		var doc string
		if err := rows.Scan(&c.Version, &c.Position, &c.Effective, &c.FirstEffective, &doc); err != nil {
			return fmt.Errorf("pledges: %w", err)
		}
		if err := json.Unmarshal([]byte(doc), &c.Pledge); err != nil {
			return fmt.Errorf("pledges: %w", err)
		}
		if err := f(c); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Reports are the latest versions of a pledge's progress reports but erased ones, by number. An
// erased pledge shows none.
func Reports(ctx context.Context, tx *db.Tx, id string) ([]Report, error) {
	return parts[Report](ctx, tx, id, `SELECT doc FROM reports WHERE pledge = $1 AND doc <> '' ORDER BY number`)
}

// Translations are the latest versions of a pledge's translations but erased ones, by language.
// An erased pledge shows none.
func Translations(ctx context.Context, tx *db.Tx, id string) ([]Translation, error) {
	return parts[Translation](ctx, tx, id, `SELECT doc FROM translations WHERE pledge = $1 AND doc <> '' ORDER BY language`)
}

func parts[T any](ctx context.Context, tx *db.Tx, id, query string) ([]T, error) {
	if _, err := Get(ctx, tx, id); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, query, id)
	if err != nil {
		return nil, fmt.Errorf("pledge %q: %w", id, err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		var doc string
		var x T
		if err := rows.Scan(&doc); err != nil {
			return nil, fmt.Errorf("pledge %q: %w", id, err)
		}
		if err := json.Unmarshal([]byte(doc), &x); err != nil {
			return nil, fmt.Errorf("pledge %q: %w", id, err)
		}
		all = append(all, x)
	}
	return all, rows.Err()
}

// digestOf is the SHA-256 of what a pledge says, whatever became of it: two versions that
// differ only in status and notice have the same.
func digestOf(p Pledge) (string, error) {
	p.Status, p.Notice, p.SupersededBy = Published, nil, ""
	return digest(p)
}

// reportDigest is the SHA-256 of what a report says, whatever its number.
func reportDigest(r Report) (string, error) {
	r.Number = 0
	return digest(r)
}

func digest(v any) (string, error) {
	b, err := register.Canonical(v)
	if err != nil {
		return "", err
	}
	return hexSum(b), nil
}

func hexSum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// Apply folds one entry of the register into the tables. Publication and replay both go
// through it, so that the tables are always the fold of the register. Entries of other kinds
// are left alone.
//
// An erasure withholds one version. Where it is the latest of its subject, the subject is
// erased: a pledge answers Gone, a report or translation is shown no more. An older version
// disappears from the history and from nothing else; that is how personal data is taken out of a
// pledge that stays: publish a version without it, then erase the one before.
func Apply(ctx context.Context, tx *db.Tx, e register.Entry) (err error) {
	defer errs.Wrap(&err, "apply entry %d", e.Header.Position)
	switch e.Header.Kind {
	case EntryKind:
		row, err := pledgeRow(e)
		if err != nil {
			return err
		}
		if err := advanceSerial(ctx, tx, row.id); err != nil {
			return err
		}
		return row.upsert(ctx, tx)
	case ReportKind:
		row, err := reportRow(e)
		if err != nil {
			return err
		}
		return row.upsert(ctx, tx)
	case TranslationKind:
		return applyTranslation(ctx, tx, e)
	case AssessmentKind, CommentKind:
		return applyVoice(ctx, tx, e)
	case register.ErasureKind:
		return applyErasure(ctx, tx, e)
	}
	return nil
}

// row is one row of the table of pledges or of reports.
type row struct {
	id, status       string
	number           int
	version          int
	position         int64
	effective, first string
	digest, doc      string
}

var pledgeColumns = []string{"id", "version", "status", "position", "effective", "first_effective", "digest", "doc"}

func pledgeRow(e register.Entry) (row, error) {
	r := emptyRow(e)
	if e.WithheldBy >= 0 {
		return r, nil
	}
	var p Pledge
	if err := json.Unmarshal(e.Payload, &p); err != nil {
		return r, err
	}
	if p.ID != r.id {
		return r, fmt.Errorf("the payload of %s speaks of %q", e.Header.Subject, p.ID)
	}
	return r.saying(p, e.Payload)
}

// emptyRow is the row of an entry as long as its payload is not known, or not any more.
func emptyRow(e register.Entry) row {
	h := e.Header
	return row{
		id: strings.TrimPrefix(h.Subject, "pledge:"), status: erased,
		version: h.Version, position: h.Position, effective: h.Effective, first: h.Effective,
	}
}

// saying fills in what the pledge's payload says.
func (r row) saying(p Pledge, payload []byte) (row, error) {
	r.status, r.doc = string(p.Status), string(payload)
	if p.Status == Published && p.Notice == nil && p.SupersededBy == "" {
		r.digest = hexSum(payload) // the payload is what digestOf would make of it
		return r, nil
	}
	var err error
	r.digest, err = digestOf(p)
	return r, err
}

func (r row) pledgeValues() []any {
	return []any{r.id, r.version, r.status, r.position, r.effective, r.first, r.digest, r.doc}
}

// upsert leaves first_effective alone: it is the first version's.
func (r row) upsert(ctx context.Context, tx *db.Tx) error {
	if r.number > 0 {
		_, err := tx.Exec(ctx, `INSERT INTO reports (pledge, number, version, position, effective, digest, doc)
			VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (pledge, number) DO UPDATE SET version = excluded.version, position = excluded.position,
				effective = excluded.effective, digest = excluded.digest, doc = excluded.doc`, r.reportValues()...)
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO pledges (id, version, status, position, effective, first_effective, digest, doc)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (id) DO UPDATE SET version = excluded.version, status = excluded.status, position = excluded.position,
			effective = excluded.effective, digest = excluded.digest, doc = excluded.doc`, r.pledgeValues()...)
	return err
}

var reportColumns = []string{"pledge", "number", "version", "position", "effective", "digest", "doc"}

func reportRow(e register.Entry) (row, error) {
	h := e.Header
	id, number, ok := strings.Cut(strings.TrimPrefix(h.Subject, "report:"), "/")
	n, err := strconv.Atoi(number)
	if !ok || err != nil || n < 1 {
		return row{}, fmt.Errorf("%q is no subject of a report", h.Subject)
	}
	r := row{id: id, number: n, version: h.Version, position: h.Position, effective: h.Effective}
	if e.WithheldBy >= 0 {
		return r, nil
	}
	var rep Report
	if err := json.Unmarshal(e.Payload, &rep); err != nil {
		return r, err
	}
	r.doc = string(e.Payload)
	r.digest, err = reportDigest(rep)
	return r, err
}

func (r row) reportValues() []any {
	return []any{r.id, r.number, r.version, r.position, r.effective, r.digest, r.doc}
}

func applyTranslation(ctx context.Context, tx *db.Tx, e register.Entry) error {
	h := e.Header
	id, language, ok := strings.Cut(strings.TrimPrefix(h.Subject, "translation:"), "/")
	if !ok {
		return fmt.Errorf("%q is no subject of a translation", h.Subject)
	}
	doc := ""
	if e.WithheldBy < 0 {
		doc = string(e.Payload)
	}
	_, err := tx.Exec(ctx, `INSERT INTO translations (pledge, language, version, position, effective, doc)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (pledge, language) DO UPDATE SET version = excluded.version, position = excluded.position,
			effective = excluded.effective, doc = excluded.doc`, id, language, h.Version, h.Position, h.Effective, doc)
	return err
}

// applyErasure empties the row whose latest version is withheld; the tables hold no other.
func applyErasure(ctx context.Context, tx *db.Tx, e register.Entry) error {
	position, err := e.Erases()
	if err != nil {
		return err
	}
	for _, query := range []string{
		`UPDATE pledges SET status = 'erased', digest = '', doc = '' WHERE position = $1`,
		`UPDATE reports SET digest = '', doc = '' WHERE position = $1`,
		`UPDATE translations SET doc = '' WHERE position = $1`,
		`UPDATE voices SET doc = '' WHERE position = $1`,
	} {
		if _, err := tx.Exec(ctx, query, position); err != nil {
			return err
		}
	}
	return nil
}

// advanceSerial sees to it that the serial of an id is never given again, erased or not.
func advanceSerial(ctx context.Context, tx *db.Tx, id string) error {
	code, digits, ok := cutSerial(id)
	if !ok {
		return fmt.Errorf("%q is no id of a pledge", id)
	}
	_, err := tx.Exec(ctx, `INSERT INTO pledge_serial (code, last) VALUES ($1, $2)
		ON CONFLICT (code) DO UPDATE SET last = CASE WHEN excluded.last > pledge_serial.last THEN excluded.last ELSE pledge_serial.last END`, code, digits)
	return err
}

func cutSerial(id string) (code string, serial int64, ok bool) {
	i := strings.LastIndexByte(id, '-')
	if i < 1 {
		return "", 0, false
	}
	serial, ok = SerialOf(id[:i], id)
	return id[:i], serial, ok
}

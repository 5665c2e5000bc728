package mail

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"html"
	"strings"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
)

// Entry is a letter in the log. Body and HTML are empty once they are erased; Address, Name and
// Subject go with them, but for letters whose body let somebody in: those lose it when sent.
type Entry struct {
	ID            string
	Template      string
	Language      lang.Code
	Person, Party string
	Address, Name string
	Subject, Body string
	HTML          string
	Off           string // the link to want no more of them
	State         State
	Error         string
	Created       time.Time
	Changed       time.Time
	Erased        time.Time // zero while the words are there
}

// Filter chooses letters of the log; the zero value is all of them.
type Filter struct {
	State    State
	Template string
	Without  []string // templates that the reader may not see
	Person   string
	Limit    int // 0: 50
	Skip     int
}

const entryColumns = `id, template, language, person, party, address, name, subject, body, html, off, state, error, created, changed, erased`

// List gives the letters of a filter, the latest first.
func (o *Office) List(ctx context.Context, tx *db.Tx, f Filter) (all []Entry, err error) {
	where, args := f.where()
	if f.Limit == 0 {
		f.Limit = 50
	}
	rows, err := tx.Query(ctx, fmt.Sprintf(`SELECT %s FROM mail_letters%s ORDER BY created DESC, id LIMIT %d OFFSET %d`, entryColumns, where, f.Limit, f.Skip), args...)
	if err != nil {
		return nil, fmt.Errorf("mail: list: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		e, err := scanEntry(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("mail: list: %w", err)
		}
		all = append(all, e)
	}
	return all, rows.Err()
}

// Count says how many letters of a filter are in each state, whatever state the filter asks for.
func (o *Office) Count(ctx context.Context, tx *db.Tx, f Filter) (map[State]int, error) {
	f.State = ""
	where, args := f.where()
	rows, err := tx.Query(ctx, `SELECT state, count(*) FROM mail_letters`+where+` GROUP BY state ORDER BY state`, args...)
	if err != nil {
		return nil, fmt.Errorf("mail: count: %w", err)
	}
	defer rows.Close()
	all := map[State]int{}
	for rows.Next() {
		var s State
		var n int
		if err := rows.Scan(&s, &n); err != nil {
			return nil, fmt.Errorf("mail: count: %w", err)
		}
		all[s] = n
	}
	return all, rows.Err()
}

func (f Filter) where() (string, []any) {
	var parts []string
	var args []any
	add := func(format, value string) {
		if value != "" {
			args = append(args, value)
			parts = append(parts, fmt.Sprintf(format, len(args)))
		}
	}
	add("state = $%d", string(f.State))
	add("template = $%d", f.Template)
	add("person = $%d", f.Person)
	for _, t := range f.Without {
		add("template <> $%d", t)
	}
	if len(parts) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(parts, " AND "), args
}

// Entry gives one letter.
func (o *Office) Entry(ctx context.Context, tx *db.Tx, id string) (Entry, error) {
	e, err := scanEntry(tx.QueryRow(ctx, `SELECT `+entryColumns+` FROM mail_letters WHERE id = $1`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Entry{}, errs.New(errs.NotFound, "mail: no letter %s", id)
	}
	return e, err
}

func scanEntry(scan func(...any) error) (e Entry, err error) {
	var created, changed, erased int64
	err = scan(&e.ID, &e.Template, &e.Language, &e.Person, &e.Party, &e.Address, &e.Name, &e.Subject, &e.Body, &e.HTML, &e.Off, &e.State, &e.Error, &created, &changed, &erased)
	e.Created, e.Changed = time.UnixMicro(created).UTC(), time.UnixMicro(changed).UTC()
	if erased > 0 {
		e.Erased = time.UnixMicro(erased).UTC()
	}
	return e, err
}

const allOf = 1 << 30

// Sweep erases the words of letters that are older than Options.Keep. That they were sent, when
// and to whom by id, stays.
func (o *Office) Sweep(ctx context.Context) error {
	return o.DB.Write(ctx, func(tx *db.Tx) error {
		return blank(ctx, tx, `created < $2 AND address <> ''`, tx.Now().Add(-o.Keep).UnixMicro())
	})
}

// ErasePerson erases what the log says of a person and what the person chose: the words and
// addresses of all letters to them, and whether an address of theirs gave letters back.
func (o *Office) ErasePerson(ctx context.Context, tx *db.Tx, person string) error {
	if person == "" {
		return errs.New(errs.Internal, "mail: nobody to erase")
	}
	letters, err := o.List(ctx, tx, Filter{Person: person, Limit: allOf})
	if err != nil {
		return err
	}
	for _, e := range letters {
		if err := Forgive(ctx, tx, e.Address); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `DELETE FROM mail_choices WHERE person = $1`, person); err != nil {
		return fmt.Errorf("mail: erase: %w", err)
	}
	return blank(ctx, tx, `person = $2`, person)
}

// Unname takes a name out of the letters of a template: those to others that speak of somebody whose
// data is erased.
func (o *Office) Unname(ctx context.Context, tx *db.Tx, template, name string) error {
	if strings.TrimSpace(name) == "" {
		return nil
	}
	letters, err := o.List(ctx, tx, Filter{Template: template, Limit: allOf})
	if err != nil {
		return err
	}
	const nobody = "…"
	for _, e := range letters {
		if !strings.Contains(e.Body, name) {
			continue
		}
		body, page := strings.ReplaceAll(e.Body, name, nobody), strings.ReplaceAll(e.HTML, html.EscapeString(name), nobody)
		if _, err := tx.Exec(ctx, `UPDATE mail_letters SET body = $2, html = $3 WHERE id = $1`, e.ID, body, page); err != nil {
			return fmt.Errorf("mail: erase: %w", err)
		}
	}
	return nil
}

// blank erases the words of some letters; $1 of the condition is the time.
func blank(ctx context.Context, tx *db.Tx, condition string, arg any) error {
	_, err := tx.Exec(ctx, `UPDATE mail_letters SET address = '', name = '', subject = '', body = '', html = '', off = '', erased = $1,
		state = CASE WHEN state IN ('waiting', 'held') THEN 'failed' ELSE state END WHERE `+condition, tx.Now().UnixMicro(), arg)
	if err != nil {
		return fmt.Errorf("mail: erase: %w", err)
	}
	return nil
}

// OfPerson gives everything that the log holds of a person, for their copy of it.
func (o *Office) OfPerson(ctx context.Context, tx *db.Tx, person string) (letters []Entry, choices []Choice, err error) {
	if letters, err = o.List(ctx, tx, Filter{Person: person, Limit: allOf}); err != nil {
		return nil, nil, err
	}
	choices, err = o.Choices(ctx, tx, person)
	return letters, choices, err
}

package main

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strings"

	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
)

// folds are the tables that the register makes: whoever applies its entries in order gets these
// rows and no others. The first keys columns tell rows apart. pledge_keys is none of them; a
// serial of 0 says that nothing was numbered yet.
var folds = []struct {
	name, columns string
	keys          int
	where         string
}{
	{"parties", "code, version, kind, parent, country, position, effective, doc", 1, ""},
	{"pledges", "id, version, status, position, effective, first_effective, digest, doc", 1, ""},
	{"reports", "pledge, number, version, position, effective, digest, doc", 2, ""},
	{"translations", "pledge, language, version, position, effective, doc", 2, ""},
	{"voices", "kind, pledge, number, version, position, effective, doc", 3, ""},
	{"pledge_serial", "code, last", 1, " WHERE last > 0"},
}

// refold holds the public tables of d, a SQLite database, to its register: it folds the entries
// anew, in the folder dir, and compares row by row. The register must have been verified.
func refold(ctx context.Context, d *db.DB, log *register.Log, size int64, dir string) error {
	anew, err := db.Open(ctx, "sqlite:"+dir+"/fold.db")
	if err != nil {
		return err
	}
	defer anew.Close()
	if err := db.Migrate(ctx, anew); err != nil {
		return err
	}
	err = anew.Write(ctx, func(tx *db.Tx) error {
		return log.Range(ctx, 0, size, func(e register.Entry) error { return apply(ctx, tx, e) })
	})
	if err != nil {
		return err
	}
	var found differences
	err = d.Read(ctx, func(has *db.Tx) error {
		found = differences{}
		return anew.Read(ctx, func(wants *db.Tx) error {
			for _, t := range folds {
				query := `SELECT ` + t.columns + ` FROM ` + t.name + t.where + ` ORDER BY ` + strings.Join(strings.Split(t.columns, ", ")[:t.keys], ", ")
				if err := found.compare(ctx, has, wants, t.name, query, t.keys); err != nil {
					return fmt.Errorf("table %s: %w", t.name, err)
				}
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	return found.err()
}

// apply brings the tables of the rooms along with an entry of the register.
func apply(ctx context.Context, tx *db.Tx, e register.Entry) error {
	if err := party.Apply(ctx, tx, e); err != nil {
		return err
	}
	return pledge.Apply(ctx, tx, e)
}

// differences counts what is not as it should be, and keeps the first few.
type differences struct {
	first []string
	total int
}

const mostDifferences = 5

func (f *differences) add(format string, args ...any) {
	if f.total++; len(f.first) < mostDifferences {
		f.first = append(f.first, fmt.Sprintf(format, args...))
	}
}

func (f *differences) err() error {
	if f.total == 0 {
		return nil
	}
	list := strings.Join(f.first, "; ")
	if more := f.total - len(f.first); more > 0 {
		list += fmt.Sprintf("; and %d more", more)
	}
	return errs.New(errs.Invalid, "the register is whole, but the tables beside it are not what it says: %s", list).
		WithHint("export the register and restore that into an empty database: it makes the tables anew")
}

// compare walks through two answers to the same query, in the order of their keys.
func (f *differences) compare(ctx context.Context, has, wants *db.Tx, table, query string, keys int) error {
	there, err := openRows(ctx, has, query)
	if err != nil {
		return err
	}
	defer there.rows.Close()
	due, err := openRows(ctx, wants, query)
	if err != nil {
		return err
	}
	defer due.rows.Close()
	for {
		if err := cmp.Or(there.err, due.err); err != nil {
			return err
		}
		switch order := there.compare(due, keys); {
		case there.values == nil && due.values == nil:
			return nil
		case order < 0:
			f.add("%s %s is not in the register", table, there.key(keys))
			there.next()
		case order > 0:
			f.add("%s %s is missing", table, due.key(keys))
			due.next()
		default:
			for i, v := range there.values {
				if v != due.values[i] {
					f.add("%s %s: its %s is %s, in the register %s", table, there.key(keys), there.names[i], glimpse(v), glimpse(due.values[i]))
				}
			}
			there.next()
			due.next()
		}
	}
}

// glimpse shows a value, as far as it fits into a line.
func glimpse(v any) string {
	text := fmt.Sprintf("%#v", v)
	if runes := []rune(text); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return text
}

// rowsOf is an answer, one row at a time; values is nil after the last.
type rowsOf struct {
	rows   *sql.Rows
	names  []string
	values []any
	err    error
}

func openRows(ctx context.Context, tx *db.Tx, query string) (*rowsOf, error) {
	rows, err := tx.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	r := &rowsOf{rows: rows}
	if r.names, r.err = rows.Columns(); r.err == nil {
		r.next()
	}
	return r, nil
}

func (r *rowsOf) next() {
	r.values = nil
	if !r.rows.Next() {
		r.err = r.rows.Err()
		return
	}
	values, into := make([]any, len(r.names)), make([]any, len(r.names))
	for i := range values {
		into[i] = &values[i]
	}
	if r.err = r.rows.Scan(into...); r.err == nil {
		r.values = values
	}
}

// compare says which of two rows comes first; the end comes after every row.
func (r *rowsOf) compare(other *rowsOf, keys int) int {
	switch {
	case r.values == nil && other.values == nil:
		return 0
	case r.values == nil:
		return 1
	case other.values == nil:
		return -1
	}
	for i := range keys {
		order := 0
		switch a := r.values[i].(type) {
		case int64:
			b, _ := other.values[i].(int64)
			order = cmp.Compare(a, b)
		case string:
			b, _ := other.values[i].(string)
			order = cmp.Compare(a, b)
		}
		if order != 0 {
			return order
		}
	}
	return 0
}

func (r *rowsOf) key(keys int) string {
	parts := make([]string, keys)
	for i := range parts {
		parts[i] = fmt.Sprint(r.values[i])
	}
	return strings.Join(parts, "/")
}

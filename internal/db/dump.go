package db

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"stocktake/internal/errs"
)

// A dump is all rows of all tables as JSON Lines, the same on both engines, so that a database
// moves from one to the other by dumping and loading:
//
//	{"dump":1,"migrations":[{"name":…,"sha256":…},…]}
//	{"table":"party","columns":[{"name":"code","class":"text"},…]}
//	["ken",…]                      its rows, in the order of the primary key; blobs in base64
//	{"table":…}                    …
//	{"rows":1234,"sha256":"…"}     the end: how many rows, and the hash of every byte before
type dumpHead struct {
	Dump       int             `json:"dump"`
	Migrations []dumpMigration `json:"migrations"`
}

type dumpMigration struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

type dumpTable struct {
	Table   string   `json:"table"`
	Columns []column `json:"columns"`
}

type dumpEnd struct {
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

const (
	dumpForm    = 1
	maxDumpLine = 64 << 20
)

// Dump writes all rows as they are at one moment, while others go on writing. The same content
// gives the same bytes. It holds everything that the database does, private rows included.
func (d *DB) Dump(ctx context.Context, w io.Writer) error {
	if err := CheckSchema(ctx, d); err != nil {
		return err
	}
	ms, err := migrations(embedded)
	if err != nil {
		return err
	}
	out := &dumpWriter{w: bufio.NewWriterSize(w, 1<<16), sum: sha256.New()}
	err = d.Read(ctx, func(tx *Tx) error { return Permanent(out.all(ctx, tx, ms)) })
	if err != nil {
		return fmt.Errorf("db: dump: %w", err)
	}
	return nil
}

type dumpWriter struct {
	w    *bufio.Writer
	sum  hash.Hash
	rows int64
}

func (o *dumpWriter) line(v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	o.sum.Write(b.Bytes())
	_, err := o.w.Write(b.Bytes())
	return err
}

func (o *dumpWriter) all(ctx context.Context, tx *Tx, ms []migration) error {
	head := dumpHead{Dump: dumpForm}
	for _, m := range ms {
		head.Migrations = append(head.Migrations, dumpMigration{m.name, m.sum})
	}
	if err := o.line(head); err != nil {
		return err
	}
	c, err := readCatalogue(ctx, tx, tables(ms))
	if err != nil {
		return err
	}
	for _, t := range c.tables {
		if err := o.table(ctx, tx, t); err != nil {
			return fmt.Errorf("table %s: %w", t.name, err)
		}
	}
	if err := o.line(dumpEnd{o.rows, hex.EncodeToString(o.sum.Sum(nil))}); err != nil {
		return err
	}
	return o.w.Flush()
}

func (o *dumpWriter) table(ctx context.Context, tx *Tx, t table) error {
	if err := o.line(dumpTable{t.name, t.columns}); err != nil {
		return err
	}
	names := make([]string, len(t.columns))
	var keys []column
	for i, c := range t.columns {
		names[i] = c.Name
		if c.key > 0 {
			keys = append(keys, c)
		}
	}
	if len(keys) == 0 {
		return errors.New("it has no primary key to be ordered by")
	}
	slices.SortFunc(keys, func(a, b column) int { return a.key - b.key })
	order := make([]string, len(keys))
	for i, c := range keys {
		order[i] = tx.Engine().inOrder(c.Name, c.Class)
	}
	rows, err := tx.Query(ctx, `SELECT `+strings.Join(names, ", ")+` FROM `+t.name+` ORDER BY `+strings.Join(order, ", "))
	if err != nil {
		return err
	}
	defer rows.Close()
	values := make([]any, len(names))
	into := make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, c := range t.columns {
			if values[i], err = toDump(c, values[i]); err != nil {
				return fmt.Errorf("column %s: %w", c.Name, err)
			}
		}
		if err := o.line(values); err != nil {
			return err
		}
		o.rows++
	}
	return rows.Err()
}

// toDump gives the JSON value of a column's value.
func toDump(c column, v any) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case int64:
		if c.Class == "int" {
			return v, nil
		}
	case float64:
		if c.Class == "real" {
			return v, nil
		}
	case []byte:
		if c.Class == "blob" {
			return base64.StdEncoding.EncodeToString(v), nil
		}
		return toDump(c, string(v))
	case string:
		if c.Class == "text" && utf8.ValidString(v) {
			return v, nil
		}
	}
	return nil, fmt.Errorf("a %T cannot be dumped as %s", v, c.Class)
}

// LoadDump fills the empty tables of a migrated database from a dump, in one transaction: all of
// it is there and its hash was right, or nothing is.
func (d *DB) LoadDump(ctx context.Context, r io.Reader) error {
	if err := CheckSchema(ctx, d); err != nil {
		return err
	}
	ms, err := migrations(embedded)
	if err != nil {
		return err
	}
	err = d.Write(ctx, func(tx *Tx) error {
		in := &dumpReader{r: bufio.NewReaderSize(r, 1<<16), sum: sha256.New()}
		return Permanent(in.all(ctx, tx, ms)) // what was read cannot be read again
	})
	if err != nil {
		return fmt.Errorf("db: load the dump: %w", err)
	}
	return nil
}

type dumpReader struct {
	r      *bufio.Reader
	sum    hash.Hash
	before []byte // the hash of all lines before the newest one
	number int
	rows   int64
	table  *dumpTable // the next table, read while looking for the end of the one before
	end    *dumpEnd
}

func (in *dumpReader) fail(format string, args ...any) error {
	return errs.New(errs.Invalid, "line %d: "+format, append([]any{in.number}, args...)...)
}

func (in *dumpReader) line() ([]byte, error) {
	in.before = in.sum.Sum(nil)
	in.number++
	var line []byte
	for {
		part, err := in.r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxDumpLine:
			return nil, in.fail("too long for a dump")
		case err == nil:
			in.sum.Write(line)
			return line, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			return nil, in.fail("the dump is cut off")
		default:
			return nil, err
		}
	}
}

func (in *dumpReader) all(ctx context.Context, tx *Tx, ms []migration) error {
	if err := in.head(ms); err != nil {
		return err
	}
	c, err := readCatalogue(ctx, tx, tables(ms))
	if err != nil {
		return err
	}
	if tx.Engine() == SQLite {
		if _, err := tx.Exec(ctx, `PRAGMA defer_foreign_keys = ON`); err != nil {
			return err
		}
	}
	if _, err := in.row(); err != nil { // up to the first table
		return err
	}
	for _, t := range c.tables {
		if in.table == nil || in.table.Table != t.name || !slices.EqualFunc(in.table.Columns, t.columns, func(a, b column) bool { return a.Name == b.Name && a.Class == b.Class }) {
			return in.fail("want the table %s with the columns that this program knows", t.name)
		}
		if err := in.load(ctx, tx, t); err != nil {
			return fmt.Errorf("table %s: %w", t.name, err)
		}
	}
	if in.end == nil {
		return in.fail("a table that this program does not know")
	}
	if in.end.Rows != in.rows || in.end.SHA256 != hex.EncodeToString(in.before) {
		return in.fail("the dump is damaged: it ends with another count or hash than it has")
	}
	if _, err := in.r.ReadByte(); !errors.Is(err, io.EOF) {
		return in.fail("something follows the end")
	}
	return nil
}

func (in *dumpReader) head(ms []migration) error {
	line, err := in.line()
	if err != nil {
		return err
	}
	var head dumpHead
	if err := json.Unmarshal(line, &head); err != nil || head.Dump != dumpForm {
		return errs.New(errs.Invalid, "this is no dump of form %d", dumpForm).WithHint("it may be a file of another kind, or of a newer program")
	}
	for i, m := range head.Migrations {
		if i >= len(ms) || ms[i].name != m.Name || ms[i].sum != m.SHA256 {
			return errs.New(errs.Conflict, "the dump was made under the migration %s, which this program does not know", m.Name).WithHint("load it with the program that made it, or a newer one")
		}
	}
	if len(head.Migrations) != len(ms) {
		return errs.New(errs.Conflict, "the dump was made under %d migrations, this program has %d", len(head.Migrations), len(ms)).
			WithHint("load it with the program that made it into a new database, and let this one migrate that")
	}
	return nil
}

// row gives the next row, or nil at the next table or the end, which it remembers.
func (in *dumpReader) row() ([]json.RawMessage, error) {
	line, err := in.line()
	if err != nil {
		return nil, err
	}
	if line[0] == '[' {
		var values []json.RawMessage
		if err := json.Unmarshal(line, &values); err != nil {
			return nil, in.fail("malformed row: %w", err)
		}
		in.rows++
		return values, nil
	}
	in.table, in.end = nil, nil
	var t dumpTable
	if err := json.Unmarshal(line, &t); err != nil {
		return nil, in.fail("malformed line: %w", err)
	}
	if t.Table != "" {
		in.table = &t
		return nil, nil
	}
	var end dumpEnd
	if err := json.Unmarshal(line, &end); err != nil || end.SHA256 == "" {
		return nil, in.fail("malformed line")
	}
	in.end = &end
	return nil, nil
}

func (in *dumpReader) load(ctx context.Context, tx *Tx, t table) error {
	var n int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM (SELECT 1 FROM `+t.name+` LIMIT 1) x`).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return errs.New(errs.Conflict, "it has rows already").WithHint("load a dump into a new database")
	}
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.Name
	}
	row := make([]any, len(names))
	return tx.InsertSeq(ctx, t.name, names, -1, func() ([]any, error) {
		values, err := in.row()
		if err != nil || values == nil {
			return nil, err
		}
		if len(values) != len(row) {
			return nil, in.fail("%d values for %d columns", len(values), len(row))
		}
		for i, c := range t.columns {
			if row[i], err = fromDump(c, values[i]); err != nil {
				return nil, in.fail("column %s: %w", c.Name, err)
			}
		}
		return row, nil
	})
}

func fromDump(c column, v json.RawMessage) (any, error) {
	if string(v) == "null" {
		return nil, nil
	}
	var err error
	switch c.Class {
	case "int":
		var n int64
		err = json.Unmarshal(v, &n)
		return n, err
	case "real":
		var f float64
		err = json.Unmarshal(v, &f)
		return f, err
	case "text":
		var s string
		err = json.Unmarshal(v, &s)
		return s, err
	case "blob":
		var b []byte
		err = json.Unmarshal(v, &b)
		return b, err
	}
	return nil, fmt.Errorf("unknown class %q", c.Class)
}

package db

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"stocktake/internal/errs"
)

// The schema is the sum of the files in migrations/, in their order. A file that has been
// released is never changed again: a change is a new file. One file serves both engines; what
// differs is written as {{int}}, {{text}}, {{blob}}, {{strict}} or {{if sqlite}}…{{end}}. A
// migration makes tables and moves rows, and never inserts rows of its own, so that a dump can
// be loaded into a fresh schema.
//
//go:embed migrations/*.sql
var embedded embed.FS

type migration struct {
	version int
	name    string // "0001_register.sql"
	source  string
	sum     string // SHA-256 of the source, hexadecimal
}

var migrationName = regexp.MustCompile(`^(\d{4})_[a-z0-9_]+\.sql$`)

func migrations(fsys fs.FS) ([]migration, error) {
	files, err := fs.Glob(fsys, "migrations/*.sql")
	if err != nil {
		return nil, fmt.Errorf("db: migrations: %w", err)
	}
	slices.Sort(files)
	var ms []migration
	for i, f := range files {
		name := strings.TrimPrefix(f, "migrations/")
		m := migrationName.FindStringSubmatch(name)
		if m == nil {
			return nil, fmt.Errorf("db: migration %q: want a name like 0002_party.sql", name)
		}
		version, err := strconv.Atoi(m[1])
		if err != nil || version != i+1 {
			return nil, fmt.Errorf("db: migration %q: want number %04d", name, i+1)
		}
		src, err := fs.ReadFile(fsys, f)
		if err != nil {
			return nil, fmt.Errorf("db: migration %q: %w", name, err)
		}
		sum := sha256.Sum256(src)
		ms = append(ms, migration{version, name, string(src), hex.EncodeToString(sum[:])})
	}
	return ms, nil
}

func (m migration) text(e Engine) (string, error) {
	t, err := template.New(m.name).Funcs(words(e)).Parse(m.source)
	if err != nil {
		return "", fmt.Errorf("db: migration: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, nil); err != nil {
		return "", fmt.Errorf("db: migration: %w", err)
	}
	return b.String(), nil
}

var createTable = regexp.MustCompile(`(?im)^\s*CREATE TABLE (\w+)`)

// tables names the tables of the migrations in the order in which they are made, which is also
// an order in which a table comes after those that it refers to.
func tables(ms []migration) []string {
	var names []string
	for _, m := range ms {
		for _, t := range createTable.FindAllStringSubmatch(m.source, -1) {
			if name := strings.ToLower(t[1]); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// schema_lock has one row: whoever migrates holds it (a row and not an advisory lock, since not
// every engine that speaks PostgreSQL's protocol has those). shape is what the tables looked
// like after the last migration.
const schemaTables = `
CREATE TABLE IF NOT EXISTS schema_migration (
	version    BIGINT NOT NULL PRIMARY KEY,
	name       TEXT   NOT NULL,
	sha256     TEXT   NOT NULL,
	applied_at BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS schema_lock (
	id    BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
	shape TEXT   NOT NULL
);
INSERT INTO schema_lock (id, shape) VALUES (1, '') ON CONFLICT (id) DO NOTHING;
`

// Fingerprint is a value that changes with what the migrations do on an engine.
func Fingerprint(e Engine) (string, error) {
	ms, err := migrations(embedded)
	if err != nil {
		return "", err
	}
	all := sha256.New()
	for _, m := range ms {
		text, err := m.text(e)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(all, m.name, m.sum, text)
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}

// Migrate brings the schema to what this program knows, in one transaction. It does nothing
// where it is so already, and refuses a schema that is newer or was altered by hand, as
// CheckSchema does. Several processes may call it at once.
func Migrate(ctx context.Context, d *DB) error { return migrate(ctx, d, embedded) }

func migrate(ctx context.Context, d *DB, fsys fs.FS) error {
	ms, err := migrations(fsys)
	if err != nil {
		return err
	}
	have := 0
	if err := d.Read(ctx, func(tx *Tx) error {
		have, err = compare(ctx, tx, ms)
		return err
	}); err != nil || have == len(ms) {
		return err
	}
	for attempt := 1; ; attempt++ {
		err := d.Write(ctx, func(tx *Tx) error {
			_, err := tx.Exec(ctx, schemaTables)
			return err
		})
		if err == nil {
			break
		}
		if attempt == 20 || !raced(err) {
			return fmt.Errorf("db: schema tables: %w", err)
		}
		select { // the other one has only to commit
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(attempt) * 5 * time.Millisecond):
		}
	}
	return d.Write(ctx, func(tx *Tx) error {
		var shape string
		if err := tx.QueryRow(ctx, `SELECT shape FROM schema_lock WHERE id = 1`+tx.ForUpdate()).Scan(&shape); err != nil {
			return fmt.Errorf("db: schema lock: %w", err)
		}
		have, err := compare(ctx, tx, ms)
		if err != nil || have == len(ms) {
			return err
		}
		for _, m := range ms[have:] {
			text, err := m.text(d.engine)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, text); err != nil {
				return fmt.Errorf("db: migration %s: %w", m.name, err)
			}
			if _, err := tx.Exec(ctx, `INSERT INTO schema_migration (version, name, sha256, applied_at) VALUES ($1, $2, $3, $4)`,
				m.version, m.name, m.sum, tx.Now().UnixMicro()); err != nil {
				return fmt.Errorf("db: migration %s: %w", m.name, err)
			}
		}
		c, err := readCatalogue(ctx, tx, tables(ms))
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE schema_lock SET shape = $1 WHERE id = 1`, c.shape()); err != nil {
			return fmt.Errorf("db: schema shape: %w", err)
		}
		return nil
	})
}

// CheckSchema refuses a database whose schema is not exactly the one that this program knows:
// not there yet, older, newer, or altered by hand. The error says which and what to do.
func CheckSchema(ctx context.Context, d *DB) error {
	ms, err := migrations(embedded)
	if err != nil {
		return err
	}
	return d.Read(ctx, func(tx *Tx) error {
		have, err := compare(ctx, tx, ms)
		if err != nil {
			return err
		}
		if have < len(ms) {
			return errs.New(errs.Conflict, "the database schema is at migration %d, this program needs %d (%s)", have, len(ms), ms[len(ms)-1].name).
				WithHint("make a backup and migrate it; `stocktake serve` does so at its start")
		}
		return nil
	})
}

// compare reports how many of the migrations the database has; a database that has others, or
// whose tables are not what the migrations made, is an error.
func compare(ctx context.Context, tx *Tx, ms []migration) (have int, err error) {
	all, err := readCatalogue(ctx, tx, nil)
	if err != nil {
		return 0, err
	}
	if all.table("schema_migration") == nil || all.table("schema_lock") == nil {
		for _, name := range tables(ms) {
			if all.table(name) != nil {
				return 0, errs.New(errs.Conflict, "the database has a table %q but no record of Stocktake's migrations", name).
					WithHint("is it another program's database? give Stocktake one of its own")
			}
		}
		return 0, nil
	}
	rows, err := tx.Query(ctx, `SELECT version, name, sha256 FROM schema_migration ORDER BY version`)
	if err != nil {
		return 0, fmt.Errorf("db: schema: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var version int
		var name, sum string
		if err := rows.Scan(&version, &name, &sum); err != nil {
			return 0, fmt.Errorf("db: schema: %w", err)
		}
		switch {
		case have == len(ms):
			return 0, errs.New(errs.Conflict, "the database schema is newer than this program: it has migration %s, this program ends at number %d", name, len(ms)).
				WithHint("run the newer program that wrote it, or restore a backup made before the upgrade")
		case version != ms[have].version || sum != ms[have].sum:
			return 0, errs.New(errs.Conflict, "the database schema was altered: its migration %s is not this program's %s (checksum %.12s, want %.12s)", name, ms[have].name, sum, ms[have].sum).
				WithHint("run a released program that wrote it; a migration is never changed once it has been released")
		}
		have++
	}
	if err := rows.Err(); err != nil {
		return 0, fmt.Errorf("db: schema: %w", err)
	}
	var shape string
	if err := tx.QueryRow(ctx, `SELECT shape FROM schema_lock WHERE id = 1`).Scan(&shape); err != nil {
		return 0, fmt.Errorf("db: schema: %w", err)
	}
	if shape == "" {
		return have, nil // made and not yet migrated
	}
	now := all.only(tables(ms[:have])).shape()
	if diff := difference(shape, now); diff != "" {
		return 0, errs.New(errs.Conflict, "the database schema was altered by hand: %s", diff).
			WithHint("undo the change, or restore a backup")
	}
	return have, nil
}

// difference names the first line that only one of two shapes has.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for _, line := range w {
		if !slices.Contains(g, line) {
			return "missing " + line
		}
	}
	for _, line := range g {
		if !slices.Contains(w, line) {
			return "added " + line
		}
	}
	return ""
}

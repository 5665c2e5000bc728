package db

// This test sees the inside of the package, for schemas of its own. It cannot use dbtest, which
// imports db; its PostgreSQL is the one that dbtest_test.go hands in.

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"stocktake/internal/errs"
)

// TestURL gives an empty database of an engine; set by a test file outside the package.
var TestURL func(testing.TB, Engine) string

func each(t *testing.T, f func(t *testing.T, d *DB)) {
	t.Helper()
	for _, e := range []Engine{SQLite, Postgres} {
		t.Run(string(e), func(t *testing.T) { f(t, openTest(t, TestURL(t, e))) })
	}
}

func openTest(t *testing.T, url string) *DB {
	t.Helper()
	d, err := Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func files(sources ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i, s := range sources {
		m[fmt.Sprintf("migrations/%04d_m.sql", i+1)] = &fstest.MapFile{Data: []byte(s)}
	}
	return m
}

const (
	first  = `CREATE TABLE a (id {{int}} NOT NULL PRIMARY KEY, s {{text}} NOT NULL, b {{blob}}){{strict}};`
	second = `CREATE TABLE c (x {{text}} NOT NULL, y {{int}} NOT NULL, PRIMARY KEY (y, x)){{strict}}; {{if sqlite}}CREATE INDEX c_x ON c (x);{{end}}`
)

func TestMigrateStepByStep(t *testing.T) {
	each(t, func(t *testing.T, d *DB) {
		for _, fsys := range []fstest.MapFS{files(first), files(first), files(first, second), files(first, second)} {
			if err := migrate(t.Context(), d, fsys); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestMigrateRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, before string // a statement run by hand
		have, know   fstest.MapFS
		want         string
	}{
		{"newer", "", files(first, second), files(first), "newer than this program: it has migration 0002_m.sql"},
		{"another migration", "", files(first, second), files(first, second+" "), "its migration 0002_m.sql is not"},
		{"column added", `ALTER TABLE a ADD COLUMN z TEXT`, files(first), files(first), "added column a.z text"},
		{"column dropped", `ALTER TABLE a DROP COLUMN b`, files(first), files(first, second), "missing column a.b blob"},
		{"table dropped", `DROP TABLE a`, files(first), files(first), "missing column a."},
		{"foreign database", `CREATE TABLE a (x TEXT)`, nil, files(first), "no record of Stocktake's migrations"},
		{"broken", "", files(first), files(first, "CREATE TABL"), "migration 0002_m.sql"},
		{"broken template", "", files(first), files(first, "{{nothing}}"), "nothing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			each(t, func(t *testing.T, d *DB) {
				if tt.have != nil {
					if err := migrate(t.Context(), d, tt.have); err != nil {
						t.Fatal(err)
					}
				}
				if tt.before != "" {
					if err := d.Write(t.Context(), func(tx *Tx) error { _, err := tx.Exec(t.Context(), tt.before); return err }); err != nil {
						t.Fatal(err)
					}
				}
				err := migrate(t.Context(), d, tt.know)
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Fatalf("got %v, want %q", err, tt.want)
				}
				if e, ok := errors.AsType[*errs.Error](err); ok && e.Hint == "" {
					t.Error("no hint")
				}
			})
		})
	}
}

// A migration that fails half-way leaves the schema as it was, and the next try goes through.
func TestMigrateIsAllOrNothing(t *testing.T) {
	each(t, func(t *testing.T, d *DB) {
		if err := migrate(t.Context(), d, files(first)); err != nil {
			t.Fatal(err)
		}
		if err := migrate(t.Context(), d, files(first, second, "INSERT INTO nowhere VALUES (1);")); err == nil {
			t.Fatal("accepted")
		}
		if err := migrate(t.Context(), d, files(first, second)); err != nil {
			t.Fatal(err)
		}
	})
}

func TestMigrationNames(t *testing.T) {
	for name, fsys := range map[string]fstest.MapFS{
		"a gap":     {"migrations/0002_a.sql": {}},
		"no number": {"migrations/a.sql": {}},
		"twice":     {"migrations/0001_a.sql": {}, "migrations/0001_b.sql": {}},
	} {
		if _, err := migrations(fsys); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// Several processes that start at once migrate once.
func TestMigrateAtOnce(t *testing.T) {
	each(t, func(t *testing.T, d *DB) {
		var wg sync.WaitGroup
		for range 6 {
			other := openTest(t, d.URL())
			wg.Go(func() {
				if err := Migrate(context.Background(), other); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if err := CheckSchema(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	})
}

func TestCheckSchemaOfAnEmptyDatabase(t *testing.T) {
	each(t, func(t *testing.T, d *DB) {
		if err := CheckSchema(t.Context(), d); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "at migration 0") {
			t.Fatal(err)
		}
	})
}

// The embedded schema keeps the rules that dumping and loading need, on both engines.
func TestEmbeddedSchema(t *testing.T) {
	ms, err := migrations(embedded)
	if err != nil {
		t.Fatal(err)
	}
	shapes := map[Engine][]string{}
	each(t, func(t *testing.T, d *DB) {
		if err := Migrate(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		if err := d.Read(t.Context(), func(tx *Tx) error {
			c, err := readCatalogue(t.Context(), tx, tables(ms))
			if err != nil {
				return err
			}
			for _, tab := range c.tables {
				keys := 0
				for _, col := range tab.columns {
					shapes[d.engine] = append(shapes[d.engine], tab.name+"."+col.Name+" "+col.Class)
					if col.key > 0 {
						keys++
					}
					switch col.Class {
					case "int", "text", "blob", "real":
					default:
						t.Errorf("%s.%s has the type %s, which the engines do not share", tab.name, col.Name, col.Class)
					}
				}
				if keys == 0 {
					t.Errorf("table %s has no primary key", tab.name)
				}
				var n int
				if err := tx.QueryRow(t.Context(), `SELECT count(*) FROM `+tab.name).Scan(&n); err != nil {
					return err
				}
				if n > 0 {
					t.Errorf("the migrations insert rows into %s", tab.name)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
	if a, b := strings.Join(shapes[SQLite], "\n"), strings.Join(shapes[Postgres], "\n"); a != b {
		t.Errorf("the engines differ:\n%s\n\n%s", a, b)
	}
}

func TestTriggerGoneIsAnAlteredSchema(t *testing.T) {
	each(t, func(t *testing.T, d *DB) {
		if err := Migrate(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		drop := map[Engine]string{SQLite: `DROP TRIGGER register_entry_update`, Postgres: `ALTER TABLE register_entry DISABLE TRIGGER ALL`}[d.engine]
		if err := d.Write(t.Context(), func(tx *Tx) error { _, err := tx.Exec(t.Context(), drop); return err }); err != nil {
			t.Fatal(err)
		}
		if err := CheckSchema(t.Context(), d); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "missing trigger register_entry") {
			t.Fatal(err)
		}
	})
}

func TestCopyTo(t *testing.T) {
	each(t, func(t *testing.T, d *DB) {
		if err := Migrate(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "copy of.db")
		err := d.CopyTo(t.Context(), path)
		if d.engine == Postgres {
			if !errs.Is(err, errs.Invalid) {
				t.Fatal(err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := d.CopyTo(t.Context(), path); !errs.Is(err, errs.Conflict) {
			t.Fatalf("overwritten: %v", err)
		}
		if err := CheckSchema(t.Context(), openTest(t, "sqlite:"+path)); err != nil {
			t.Fatal(err)
		}
		// The connection that made the copy is a reader again.
		for range 20 {
			if err := d.Read(t.Context(), func(tx *Tx) error { _, err := tx.Exec(t.Context(), `DELETE FROM register_head`); return err }); err == nil {
				t.Fatal("a reader wrote")
			}
		}
	})
}

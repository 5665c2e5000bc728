package db_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
)

func init() { db.TestURL = dbtest.URL }

func fill(t *testing.T, d *db.DB) {
	t.Helper()
	if err := d.Write(t.Context(), func(tx *db.Tx) error {
		if err := tx.InsertRows(t.Context(), "register_payload", []string{"position", "salt", "payload"}, 300, func(i int) []any {
			return []any{299 - i, []byte{0, 255, byte(i)}, fmt.Sprintf("{\"n\":%d,\"s\":\"<&> \u2028 é 国\"}", i)}
		}); err != nil {
			return err
		}
		return tx.InsertRows(t.Context(), "register_identity", []string{"from_size", "origin", "verifier"}, 2, func(i int) []any {
			return []any{int64(i) << 60, "Ärger\n", ""}
		})
	}); err != nil {
		t.Fatal(err)
	}
}

func dump(t *testing.T, d *db.DB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := d.Dump(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A dump is the same on both engines, and loads into either.
func TestDumpMovesBetweenEngines(t *testing.T) {
	var dumps [][]byte
	for _, from := range dbtest.Engines {
		d := dbtest.New(t, from)
		fill(t, d)
		dumps = append(dumps, dump(t, d))
		for _, to := range dbtest.Engines {
			d2 := dbtest.New(t, to)
			if err := d2.LoadDump(t.Context(), bytes.NewReader(dumps[0])); err != nil {
				t.Fatalf("%s to %s: %v", from, to, err)
			}
			if got := dump(t, d2); !bytes.Equal(got, dumps[0]) {
				t.Fatalf("%s to %s: another dump", from, to)
			}
			if err := d2.LoadDump(t.Context(), bytes.NewReader(dumps[0])); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "has rows already") {
				t.Fatalf("loaded twice: %v", err)
			}
		}
	}
	if !bytes.Equal(dumps[0], dumps[1]) {
		t.Fatal("the engines dump differently")
	}
}

func TestLoadDumpRefuses(t *testing.T) {
	source := dbtest.New(t, db.SQLite)
	fill(t, source)
	good := dump(t, source)
	lines := bytes.SplitAfter(good, []byte("\n"))
	without := func(i int) []byte { return bytes.Join(slices.Delete(slices.Clone(lines), i, i+1), nil) }
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for name, bad := range map[string][]byte{
			"empty":          nil,
			"other file":     []byte("hello\n"),
			"cut off":        good[:len(good)-2],
			"cut at a line":  bytes.Join(lines[:10], nil),
			"row left out":   without(20),
			"table left out": without(1),
			"end left out":   without(len(lines) - 2),
			"a byte changed": bytes.Replace(good, []byte(`\"n\":7,`), []byte(`\"n\":8,`), 1),
			"more behind":    append(slices.Clone(good), "{}\n"...),
			"another schema": bytes.Replace(good, []byte("0001_register.sql"), []byte("0001_elsewhere.sql"), 1),
			"another form":   bytes.Replace(good, []byte(`{"dump":1`), []byte(`{"dump":2`), 1),
			"another column": bytes.Replace(good, []byte(`"name":"salt"`), []byte(`"name":"pepper"`), 1),
		} {
			if err := d.LoadDump(t.Context(), bytes.NewReader(bad)); err == nil {
				t.Errorf("%s: accepted", name)
			}
			if n := count(t, d, "register_payload"); n != 0 {
				t.Fatalf("%s: left %d rows", name, n)
			}
		}
		if err := d.LoadDump(t.Context(), bytes.NewReader(good)); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzLoadDump(f *testing.F) {
	f.Add([]byte(`{"dump":1,"migrations":[]}` + "\n"))
	f.Add([]byte("[1,2]\n"))
	d := dbtest.New(f, db.SQLite)
	f.Fuzz(func(t *testing.T, in []byte) {
		if err := d.LoadDump(t.Context(), bytes.NewReader(in)); err == nil {
			t.Fatalf("accepted %q", in)
		}
	})
}

package exchange

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"stocktake/internal/errs"
)

func FuzzLists(f *testing.F) {
	for _, s := range []string{"", "a", "a;b", `a\;b`, `\`, `\\;`, ";", " a ; b ", `\x;`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		items := SplitList(s)
		if again := SplitList(JoinList(items)); !slices.Equal(items, again) {
			t.Errorf("%q: %q came back as %q", s, items, again)
		}
		if got := unguard(guard(s)); got != s {
			t.Errorf("%q was guarded and came back as %q", s, got)
		}
		if got := unescape(escape(s)); got != s && utf8.ValidString(s) {
			t.Errorf("%q was escaped and came back as %q", s, got)
		}
	})
}

// whole reads a source to its end and holds it to what every source promises.
func whole(t *testing.T, s source, most int) {
	last := 0
	for {
		rec, err := s.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			if k := errs.KindOf(err); k != errs.Invalid && k != errs.TooLarge {
				t.Fatalf("an error of kind %v: %v", k, err)
			}
			return
		}
		if rec.Row < last || rec.Row < 1 || rec.Values == nil && len(rec.Bad) == 0 {
			t.Fatalf("row %d after %d: %+v", rec.Row, last, rec)
		}
		last = rec.Row
		for c, v := range rec.Values {
			if v == "" || !utf8.ValidString(v) || strings.TrimSpace(v) != v || len(v) > most {
				t.Fatalf("column %q: %q", c, v)
			}
		}
	}
}

type nothing struct{ io.Reader }

func (nothing) Close() error { return nil }

func FuzzCSV(f *testing.F) {
	for _, c := range badFiles {
		if strings.HasSuffix(c.file, ".csv") && len(c.content) < 10_000 {
			f.Add([]byte(c.content))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := newCSV(bytes.NewReader(b), nothing{})
		if err != nil {
			if k := errs.KindOf(err); k != errs.Invalid && k != errs.TooLarge {
				t.Fatalf("an error of kind %v: %v", k, err)
			}
			return
		}
		whole(t, s, maxRecordBytes+8192)
	})
}

func FuzzJSONLine(f *testing.F) {
	for _, c := range badFiles {
		if strings.HasSuffix(c.file, ".jsonl") && len(c.content) < 10_000 {
			f.Add([]byte(c.content))
		}
	}
	f.Add([]byte(line))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := newJSONL(bytes.NewReader(b), nothing{}, nil)
		if err == nil {
			whole(t, s, 8*maxRecordBytes)
		}
		stage, err := newStage(pack(t))
		if err != nil {
			t.Fatal(err)
		}
		defer stage.discard()
		stage.today, stage.resolver = today, newResolver(stage.pack, nil, nil)
		for one := range bytes.SplitSeq(b, []byte("\n")) {
			row, _, bad := stage.read(parseLine(1, one, nil), nil)
			if len(bad) == 0 && row.Pledge.Title == "" {
				t.Errorf("%q was taken: %+v", one, row)
			}
		}
	})
}

func FuzzColumnMap(f *testing.F) {
	f.Add([]byte(someMap))
	for _, c := range badMaps {
		if len(c.text) < 10_000 {
			f.Add([]byte(c.text))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ReadColumnMap(bytes.NewReader(b))
		if err != nil {
			return
		}
		rec, _ := m.apply(record{Row: 2, Values: map[string]string{"name": "T", "who": "ken"}, Said: said([]string{"name", "who"})})
		for c := range rec.Values {
			if !knownColumn(c) {
				t.Errorf("the map gives the column %q", c)
			}
		}
	})
}

func FuzzXLSX(f *testing.F) {
	for _, b := range badWorkbooks(f) {
		if len(b) < 10_000 {
			f.Add(b)
		}
	}
	f.Add(zipOf(f, parts(sheet(values(2, "T", "X", "ken", "7")))))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "a.xlsx")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		s, err := newXLSX(file, int64(len(b)), nil)
		if err != nil {
			file.Close()
			if k := errs.KindOf(err); k != errs.Invalid && k != errs.TooLarge {
				t.Fatalf("an error of kind %v: %v", k, err)
			}
			return
		}
		defer s.Close()
		whole(t, s, maxRecordBytes)
	})
}

// FuzzSheet goes deeper than FuzzXLSX: the zip is sound, the XML is not.
func FuzzSheet(f *testing.F) {
	f.Add(sheet(values(2, "T", "X", "ken", "7")), shared)
	f.Add(sheet(`<row r="9"><c r="B9" t="s"><v>1</v></c><c r="C9" t="inlineStr"><is><r><t>_x000A_</t></r></is></c></row>`), `<sst><si/></sst>`)
	f.Fuzz(func(t *testing.T, table, texts string) {
		path := filepath.Join(t.TempDir(), "a.xlsx")
		if err := os.WriteFile(path, zipOf(t, with(parts(table), "xl/sharedStrings.xml", texts)), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		info, err := file.Stat()
		if err != nil {
			t.Fatal(err)
		}
		s, err := newXLSX(file, info.Size(), nil)
		if err != nil {
			file.Close()
			return
		}
		defer s.Close()
		whole(t, s, maxRecordBytes)
	})
}

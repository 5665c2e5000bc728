package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTheGeneratedFileIsCurrent(t *testing.T) {
	if err := run(filepath.Join("..", ".."), true, false, "", time.Time{}); err != nil {
		t.Error(err)
	}
}

func TestSameTablesSameBytes(t *testing.T) {
	var first []byte
	for range 5 {
		tables, err := readTables("data")
		if err != nil {
			t.Fatal(err)
		}
		src, err := tables.generate()
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = src
		}
		if !bytes.Equal(first, src) {
			t.Fatal("the second run gave other bytes than the first")
		}
	}
}

func TestTablesThatDoNotFit(t *testing.T) {
	for _, tc := range []struct{ name, file, old, new, want string }{
		{"code twice", "countries.csv", "AGO,AO,024", "AGO,AO,004", "code 004 is there twice"},
		{"M49 without its zero", "countries.csv", "AGO,AO,024", "AGO,AO,24", "three digits"},
		{"unknown region", "countries.csv", "AGO,AO,024,member,017", "AGO,AO,024,member,017x", "region"},
		{"unknown group", "countries.csv", "017,african", "017,northern", "group"},
		{"unknown commission", "countries.csv", "african,eca,", "african,ecx,", "commission"},
		{"unknown status", "countries.csv", "024,member", "024,visitor", "status"},
		{"impossible latitude", "countries.csv", "33.9,67.7", "133.9,67.7", "latitude"},
		{"rows out of order", "countries.csv", "ABW,AW,533", "ZZW,AW,533", "sorted"},
		{"child above its parent", "regions.csv", "015,002", "015,202", "must stand above"},
		{"region without a name", "regions.csv", "Mundo", "", "no name in es"},
		{"name of nobody", "names/fr.csv", "BLR,", "BLX,", "BLX is not in countries.csv"},
		{"name twice", "names/fr.csv", "BLR,", "BOL,", "BOL is there twice"},
		{"no name at all", "cldr/territories.csv", "\nKE,,كينيا", "\nKE,,", "KEN has no name in ar"},
		{"extract without a version", "cldr/territories.csv", "# cldr-localenames-full", "# other", "first line"},
		{"alias of nobody", "aliases.csv", "\nALB,", "\nALX,", "ALX is not in countries.csv"},
		{"stray space", "aliases.csv", "\nALB,", "\nALB, ", "space around"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS("data")); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, tc.file)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			changed := strings.Replace(string(text), tc.old, tc.new, 1)
			if changed == string(text) {
				t.Fatalf("%s does not hold %q", tc.file, tc.old)
			}
			if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := readTables(dir); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error that says %q", err, tc.want)
			}
		})
	}
}

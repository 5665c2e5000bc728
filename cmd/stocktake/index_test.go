package main

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// long is a bench with a register that is long enough for its index to be read in two rounds, and
// kept: the first test that asks for it plays it, the others get a copy.
func long(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir()}
	b.db = "sqlite:" + b.path("long.db")
	played.Do(func() {
		b.must("rehearse", "--pledges", "3200", "--seed", "1")
		played.file = b.read("long.db")
	})
	b.write("long.db", played.file)
	return b
}

var played struct {
	sync.Once
	file string
}

// A long register leaves a file beside its database, from which the next start has its figures; one
// from before an erasure goes.
func TestTheIndexOfALongRegisterIsKept(t *testing.T) {
	b := long(t)
	file := b.path("long.db.index")
	var figures [2]string
	today := time.Now().UTC().Format(time.DateOnly) // of both starts, even where midnight lies between them
	for i := range figures {
		url, said, stop := site(t, "serve", "--db", b.db, "--addr", "127.0.0.1:0")
		status, facets := get(t, url+"api/v1/facets?as_of="+today)
		if figures[i] = facets; status != 200 {
			t.Fatalf("start %d: %d %s", i+1, status, facets)
		}
		if status, page := get(t, url+"en/pledges"); status != 200 || strings.Count(page, "GCM-") < 20 {
			t.Errorf("start %d: the list answers %d", i+1, status)
		}
		if took := strings.Contains(said.String(), "took the file of the index"); took != (i == 1) {
			t.Errorf("start %d, from a file: %v: %s", i+1, took, said)
		}
		for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			_, err := os.Stat(file)
			status, page := get(t, url+"fr/pledges?q=formation")
			if status == 503 && !strings.Contains(page, "La recherche n’est pas encore prête") {
				t.Fatalf("a search before the words are there: %s", page)
			}
			if err == nil && status == 200 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("start %d: no file, or no search, after a minute: %v, %d", i+1, err, status)
			}
		}
		if status := stop(); status != 0 {
			t.Fatalf("stopped with exit %d: %s", status, said)
		}
	}
	if figures[0] != figures[1] {
		t.Errorf("from the file %.200s…\nfrom the register %.200s…", figures[1], figures[0])
	}
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		t.Error("the file did not stay")
	}
}

func TestWhereTheIndexIsKept(t *testing.T) {
	for _, c := range []struct{ db, data, file string }{
		{"sqlite:/srv/stocktake.db", "", "/srv/stocktake.db.index"},
		{"sqlite:/srv/stocktake.db", "/files", "/srv/stocktake.db.index"},
		{"postgres://stocktake@db/stocktake", "/files", "/files/stocktake.index"},
		{"postgres://stocktake@db/stocktake", "", ""},
	} {
		if got := (&globals{DB: c.db}).indexFile(c.data); got != c.file {
			t.Errorf("%s with %q: %q, want %q", c.db, c.data, got, c.file)
		}
	}
	if first, err := program(); err != nil || len(first) != 64 {
		t.Errorf("the program is called %q, %v", first, err)
	}
}

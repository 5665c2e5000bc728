package explore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
)

// keptHere keeps an index in a folder of the test, and says what the log said.
func keptHere(t *testing.T, program string) (Keep, func() string) {
	t.Helper()
	var said lockedBuffer
	return Keep{
		File: filepath.Join(t.TempDir(), "stocktake.index"), Program: func() (string, error) { return program, nil },
		Logger: slog.New(slog.NewTextHandler(&said, nil)),
	}, said.String
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func longFromThree(t *testing.T) {
	before := wordsLater
	wordsLater = 3
	t.Cleanup(func() { wordsLater = before })
}

// filled is a register of six pledges of a party and a city.
func filled(t *testing.T, d *db.DB) (*register.Log, []register.Entry) {
	t.Helper()
	log, pack := openLog(t, d), testPack(t)
	drafts := []register.Draft{draft("party", "ken", "", stateParty("KE"))}
	for i := range 6 {
		p := simplePledge(pack, i+1, fmt.Sprint("Children ", i))
		p.Parties = []string{"ken", fmt.Sprintf("city-%d", i)}
		drafts = append(drafts, draft("pledge", p.ID, "", p))
	}
	drafts = append(drafts, draft("report", pledge.IDOf(pack.Code, 2)+"/1", "", pledge.Report{Schema: 1, Pledge: pledge.IDOf(pack.Code, 2), Number: 1, Stage: pledge.Planning, Narrative: "Begun"}))
	return log, publish(t, d, log, drafts...)
}

func openKept(t *testing.T, log *register.Log, k Keep) *Index {
	t.Helper()
	x, err := OpenKept(t.Context(), log, testPack(t), clockOf(today), k)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func isThere(name string) bool {
	_, err := os.Stat(name)
	return !errors.Is(err, fs.ErrNotExist)
}

// await waits until something holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not in 30 s", what)
		}
	}
}

// following follows the register until the function that it gives is called.
func following(t *testing.T, x *Index) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- x.Follow(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

func written(t *testing.T, log *register.Log, k Keep) {
	t.Helper()
	x := openKept(t, log, k)
	stop := following(t, x)
	await(t, "the file", func() bool { return isThere(k.File) })
	stop()
}

func erase(t *testing.T, d *db.DB, log *register.Log, position int64) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := log.Erase(t.Context(), tx, register.Erasure{Position: position, Ground: "court order", By: [2]string{"office:a", "office:b"}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func fromFile(x *Index) bool { return x.Snapshot().FromFile() }

// With a file the figures and lists are there before the register has been read, words and the
// order of titles follow, and what came since the file was written is not missing.
func TestStartFromAFile(t *testing.T) {
	longFromThree(t)
	pack := testPack(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log, _ := filled(t, d)
		k, said := keptHere(t, "a")
		written(t, log, k)
		if info, err := os.Stat(k.File); err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("the file: %v, %v", info.Mode(), err)
		}
		later := simplePledge(pack, 7, "Children 7")
		publish(t, d, log, draft("pledge", later.ID, "", later), draft("party", "prt", "", stateParty("PT")))

		x := openKept(t, log, k)
		if !fromFile(x) {
			t.Fatalf("the file was not taken: %s", said())
		}
		v, err := x.Snapshot().View(Query{}, "")
		if err != nil || v.Totals.Pledges != 7 || v.Totals.Reported != 1 || x.Snapshot().Size() != 10 {
			t.Fatalf("at once: %+v, %v", v, err)
		}
		if items := v.Items(0, 9); len(items) != 7 || items[0].Pledge.Title != "Children 7" || items[5].Pledge.Title != "Children 1" || items[5].LastReport.Narrative != "Begun" {
			t.Fatalf("at once: %d items", len(items))
		}
		if p, err := x.Snapshot().Party("ken", Query{}, ""); err != nil || p.Country != "KE" {
			t.Errorf("at once: %+v, %v", p, err)
		}
		for _, q := range []Query{Query{}.WithSort(Title), Query{}.WithWords("children")} {
			if _, err := x.Snapshot().View(q, ""); !errs.Is(err, errs.Unavailable) || !errors.Is(err, ErrReading) {
				t.Errorf("at once, ?%s gives %v", q.Encode(), err)
			}
		}
		stop := following(t, x)
		await(t, "the words", func() bool { return x.Snapshot().Searchable() })
		stop()
		if fromFile(x) {
			t.Error("with the words, it is still the index of the file")
		}
		for _, q := range []Query{Query{}.WithSort(Title), Query{}.WithWords("children")} {
			if v, err := x.Snapshot().View(q, ""); err != nil || len(v.Items(0, 9)) != 7 {
				t.Errorf("later, ?%s gives %+v, %v", q.Encode(), v, err)
			}
		}
	})
}

// A file that is of anything else than this register and program is not taken, but removed, and the
// answers are those of the register.
func TestFilesThatAreNotTaken(t *testing.T) {
	longFromThree(t)
	pack := testPack(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log, _ := filled(t, d)
		good, _ := keptHere(t, "a")
		written(t, log, good)
		data, err := os.ReadFile(good.File)
		if err != nil {
			t.Fatal(err)
		}
		edited := func(edit func(h *fileHead)) []byte {
			r, err := newFileReader(data)
			if err != nil {
				t.Fatal(err)
			}
			h := r.head()
			edit(&h)
			var b bytes.Buffer
			w := newFileWriter(&b)
			w.buf = append(w.buf, fileMagic...)
			w.head(h)
			w.buf = append(w.buf, r.in...)
			if err := w.end(); err != nil {
				t.Fatal(err)
			}
			return b.Bytes()
		}
		for name, c := range map[string]struct {
			data []byte
			why  string
		}{
			"of another program":        {edited(func(h *fileHead) { h.program = "b" }), "another program"},
			"of another compact":        {edited(func(h *fileHead) { h.pack = pack.ID }), "another program"},
			"of another register":       {edited(func(h *fileHead) { h.root[7]++ }), "another register"},
			"of another origin":         {edited(func(h *fileHead) { h.origin = "elsewhere.example.org/log" }), "another register"},
			"of another size":           {edited(func(h *fileHead) { h.size-- }), "another register"},
			"longer than the register":  {edited(func(h *fileHead) { h.size = 100 }), "does not have as many"},
			"from before an erasure":    {edited(func(h *fileHead) { h.erasures++ }), "erased since"},
			"of blocks of another size": {edited(func(h *fileHead) { h.blocks-- }), "another program"},
			"that ends early":           {data[:len(data)/2], "damaged"},
			"with another byte":         {append(bytes.Clone(data[:len(data)-1]), ^data[len(data)-1]), "damaged"},
			"of another format":         {bytes.Replace(data, []byte("index 1"), []byte("index 0"), 1), "another format"},
			"that is empty":             {nil, "another format"},
			"that says nonsense":        {signed(data[len(fileMagic) : len(data)/2]), "does not say"},
			"whose head says nonsense":  {signed([]byte("no head")), "head"},
			"that is as it should be":   {data, ""},
		} {
			k, said := keptHere(t, "a")
			if err := os.WriteFile(k.File, c.data, 0o600); err != nil {
				t.Fatal(err)
			}
			x := openKept(t, log, k)
			if taken := c.why == ""; fromFile(x) != taken || isThere(k.File) != taken || !strings.Contains(said(), c.why) {
				t.Errorf("a file %s: taken %v, there %v: %s", name, fromFile(x), isThere(k.File), said())
			}
			if v, err := x.Snapshot().View(Query{}, ""); err != nil || v.Totals.Pledges != 6 {
				t.Errorf("with a file %s: %+v, %v", name, v, err)
			}
		}
	})
}

// What is erased is not found after a restart, whether it was erased while the server ran or while
// it did not; no file keeps a value of it.
func TestErasedIsNotKept(t *testing.T) {
	longFromThree(t)
	pack := testPack(t)
	holds := func(k Keep, s string) bool {
		data, err := os.ReadFile(k.File)
		return err == nil && bytes.Contains(data, []byte(s))
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log, entries := filled(t, d)
		gone := func(t *testing.T, x *Index, serial int) {
			t.Helper()
			id := pledge.IDOf(pack.Code, int64(serial))
			if _, err := x.Snapshot().Pledge(id, Query{}, ""); !errs.Is(err, errs.Gone) {
				t.Errorf("%s gives %v", id, err)
			}
			v, err := x.Snapshot().View(Query{}, "")
			if err != nil {
				t.Fatal(err)
			}
			for _, it := range v.Items(0, 9) {
				if it.Pledge.ID == id {
					t.Errorf("%s is listed", id)
				}
			}
			if !x.Snapshot().Searchable() {
				return
			}
			if v, err := x.Snapshot().View(Query{}.WithWords(fmt.Sprintf(`"children %d"`, serial-1)), ""); err != nil || v.Totals.Pledges != 0 {
				t.Errorf("%s is found by its words: %+v, %v", id, v, err)
			}
		}
		k, said := keptHere(t, "a")
		written(t, log, k)
		if !holds(k, "city-1") || holds(k, "hildren") || holds(k, "Kenya") || holds(k, "egun") {
			t.Error("a file holds the codes of parties, and no texts or names")
		}

		// While the server runs: the file goes at once, and this index is written no more.
		x := openKept(t, log, k)
		stop := following(t, x)
		await(t, "the words", func() bool { return x.Snapshot().Searchable() })
		erase(t, d, log, entries[2].Header.Position)
		await(t, "the file is removed", func() bool { return !isThere(k.File) })
		for i := range 5 {
			p := simplePledge(pack, 10+i, "More")
			publish(t, d, log, draft("pledge", p.ID, "", p))
		}
		await(t, "the new entries", func() bool { return x.Snapshot().Size() == 14 })
		stop()
		if isThere(k.File) {
			t.Error("a file was written with the values of what was erased")
		}
		gone(t, x, 2)

		// While it does not: the file is refused and removed, and the next one is without it.
		written(t, log, k)
		if holds(k, "city-1") || !holds(k, "city-3") {
			t.Error("the file holds what was erased before it was written, or not the others")
		}
		erase(t, d, log, entries[4].Header.Position)
		x = openKept(t, log, k)
		if fromFile(x) || isThere(k.File) || !strings.Contains(said(), "erased since") {
			t.Errorf("a file from before an erasure is taken: %s", said())
		}
		gone(t, x, 4)

		// While the index is that of a file, which does not know of it yet, and then does.
		written(t, log, k)
		x = openKept(t, log, k)
		if !fromFile(x) {
			t.Fatalf("the file was not taken: %s", said())
		}
		erase(t, d, log, entries[5].Header.Position)
		gone(t, x, 5)
		if _, err := x.grow(t.Context()); err != nil {
			t.Fatal(err)
		}
		gone(t, x, 5)
		if isThere(k.File) || !fromFile(x) {
			t.Error("the file stays")
		}
		if err := x.Refresh(t.Context()); err != nil || !x.Snapshot().Searchable() {
			t.Fatal(err)
		}
		for _, serial := range []int{2, 4, 5} {
			gone(t, x, serial)
		}
	})
}

// Of an index that came from a file the texts stand in the register. Where that cannot be read, no list
// is too short: whoever asks is told.
func TestTextsThatCannotBeReadAreNoShortList(t *testing.T) {
	longFromThree(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log, _ := filled(t, d)
		k, said := keptHere(t, "a")
		written(t, log, k)
		s := openKept(t, log, k).Snapshot()
		if !s.FromFile() {
			t.Fatalf("the file was not taken: %s", said())
		}
		v, err := s.View(Query{}, "")
		if err != nil || len(v.Items(0, 9)) != 6 {
			t.Fatal(err)
		}
		c, err := s.Changes(Query{}, "2000-01-01", v.AsOf, v.AsOf)
		if err != nil || c.New.Count != 6 {
			t.Fatalf("%+v, %v", c, err)
		}
		s.absent = func([]int64) (map[int64][]byte, error) { return nil, errors.New("the disk is gone") }
		for name, ask := range map[string]func() (any, error){
			"a list":        func() (any, error) { return v.Items(0, 9), nil },
			"the latest":    func() (any, error) { return v.Latest(3), nil },
			"what is new":   func() (any, error) { return c.New.Items(0, 9), nil },
			"a pledge":      func() (any, error) { return s.Pledge(pledge.IDOf(s.pack.Code, 2), Query{}, "") },
			"several pages": func() (any, error) { return v.Items(2, 2), nil },
		} {
			got, err := func() (got any, err error) {
				defer func() {
					if fault, ok := recover().(*errs.Error); ok {
						err = fault
					}
				}()
				return ask()
			}()
			if !errs.Is(err, errs.Unavailable) {
				t.Errorf("%s gives %v, %v", name, got, err)
			}
		}
	})
}

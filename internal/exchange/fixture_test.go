package exchange

import (
	"bytes"
	"context"
	"flag"
	"iter"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
)

var update = flag.Bool("update", false, "write the golden files anew")

const today = "2026-06-30"

func clock() time.Time { return time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC) }

var embedded = sync.OnceValues(func() (*compact.Pack, error) { return compact.Embedded(compact.DefaultPack) })

func pack(t testing.TB) *compact.Pack {
	t.Helper()
	p, err := embedded()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// house is a register on a database, with its book.
type house struct {
	t    testing.TB
	db   *db.DB
	log  *register.Log
	book pledge.Book
}

const actor = "office:secretariat"

func open(t testing.TB, d *db.DB) *house {
	t.Helper()
	d.SetClock(clock)
	h, err := openAt(d, pack(t))
	if err != nil {
		t.Fatal(err)
	}
	h.t = t
	return h
}

func openAt(d *db.DB, p *compact.Pack) (*house, error) {
	log, err := register.Open(context.Background(), d, register.Options{
		Origin: "example.org/log", Key: register.KeyFromSeed([]byte("test")), Rand: dbtest.Rand(1),
	})
	return &house{db: d, log: log, book: pledge.Book{Pack: p, Log: log}}, err
}

func (h *house) size() int64 {
	h.t.Helper()
	head, err := h.log.Head(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	return head.Size
}

func (h *house) try(in Import) (Summary, error) {
	in.Actor = actor
	return Pledges(context.Background(), h.db, h.book, in)
}

// take imports and expects no error.
func (h *house) take(in Import) Summary {
	h.t.Helper()
	sum, err := h.try(in)
	for _, f := range sum.First {
		h.t.Error(f)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return sum
}

// again imports what was imported before, and expects that nothing changes.
func (h *house) again(in Import) {
	h.t.Helper()
	before := h.size()
	sum := h.take(in)
	if sum.New+sum.Revised+sum.Parties+sum.Reports+sum.Translations != 0 || h.size() != before {
		h.t.Errorf("the same file again: %v; register %d → %d", sum, before, h.size())
	}
}

func (h *house) view() *explore.View {
	h.t.Helper()
	_, v := h.look()
	return v
}

func (h *house) look() (*explore.Snapshot, *explore.View) {
	h.t.Helper()
	index, err := explore.Open(context.Background(), h.log, h.book.Pack, clock)
	if err != nil {
		h.t.Fatal(err)
	}
	s := index.Snapshot()
	v, err := s.View(explore.Query{}, today)
	if err != nil {
		h.t.Fatal(err)
	}
	return s, v
}

// selection is what an export of everything writes.
func (h *house) selection() Selection {
	h.t.Helper()
	s, v := h.look()
	return Select(s, v, "https://example.org/")
}

// listed is a selection's items as a list, and itemsOf a list as a selection's items.
func listed(t testing.TB, s Selection) (all []*explore.Item) {
	t.Helper()
	for item, err := range s.Items {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, item)
	}
	return all
}

func itemsOf(all *[]*explore.Item) iter.Seq2[*explore.Item, error] {
	return func(yield func(*explore.Item, error) bool) {
		for _, item := range *all {
			if !yield(item, nil) {
				return
			}
		}
	}
}

func (h *house) export(f Format) []byte {
	h.t.Helper()
	var b bytes.Buffer
	if err := Export(&b, f, h.selection()); err != nil {
		h.t.Fatal(err)
	}
	return b.Bytes()
}

// item is one pledge as the public sees it.
func (h *house) item(id string) *explore.Item {
	h.t.Helper()
	for _, it := range listed(h.t, h.selection()) {
		if it.Pledge.ID == id {
			return it
		}
	}
	h.t.Fatalf("there is no pledge %s", id)
	return nil
}

func write(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// stageFile parses and validates a file without a database: the first half of an import.
func stageFile(t testing.TB, path string, m *ColumnMap) (*stage, *findings, error) {
	t.Helper()
	s, err := newStage(pack(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.discard)
	s.today = today
	s.resolver = newResolver(s.pack, m, nil)
	f, err := newFindings(nil)
	if err != nil {
		t.Fatal(err)
	}
	return s, f, s.fill(context.Background(), Import{Path: path, Map: m}, f)
}

// golden compares with testdata/name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (write it with -update)", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
	}
}

func (h *house) withdraw(id string) {
	h.t.Helper()
	err := h.db.Write(context.Background(), func(tx *db.Tx) error {
		_, err := h.book.Withdraw(context.Background(), tx, pledge.Terms{Actor: actor}, id, pledge.Notice{Reason: "Made by mistake", Language: "en"})
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func state(t testing.TB, alpha3 string) party.Party {
	t.Helper()
	c, ok := place.ByAlpha3(alpha3)
	if !ok {
		t.Fatalf("no country %q", alpha3)
	}
	return party.FromCountry(c)
}

func ministry(code, country, name string) party.Party {
	return party.Party{Code: code, Kind: party.MemberState, Country: country, Names: map[lang.Code]string{lang.EN: name}}.Tidied()
}

func pledgeJSON(p pledge.Pledge) (string, error) {
	b, err := register.Canonical(p.Tidied())
	return string(b), err
}

// erase withholds the latest version of a subject, as two offices do.
func (h *house) erase(subject string) {
	h.t.Helper()
	ctx := context.Background()
	history, err := h.log.History(ctx, subject)
	if err != nil {
		h.t.Fatal(err)
	}
	err = h.db.Write(ctx, func(tx *db.Tx) error {
		e, err := h.log.Erase(ctx, tx, register.Erasure{Position: history[len(history)-1].Header.Position, Ground: "by mistake", By: [2]string{actor, "office:legal"}})
		if err != nil {
			return err
		}
		if err := party.Apply(ctx, tx, e); err != nil {
			return err
		}
		return pledge.Apply(ctx, tx, e)
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

package register

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
)

const testOrigin = "pledges.example.org/log"

var testKey = KeyFromSeed([]byte("test"))

// setClock gives the database a clock that begins at noon of 20 May 2022 and moves a second at
// every look.
func setClock(d *db.DB) {
	var n atomic.Int64
	d.SetClock(func() time.Time {
		return time.Date(2022, 5, 20, 12, 0, 0, 0, time.UTC).Add(time.Duration(n.Add(1)) * time.Second)
	})
}

func seeded(seed uint64) io.Reader { return dbtest.Rand(byte(seed)) }

func openLog(t testing.TB, d *db.DB, o Options) *Log {
	t.Helper()
	if o.Origin == "" {
		o.Origin = testOrigin
	}
	l, err := Open(context.Background(), d, o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// newLog opens a register on a fresh database, with clock and salts of a test.
func newLog(t testing.TB, d *db.DB) *Log {
	t.Helper()
	setClock(d)
	return openLog(t, d, Options{Key: testKey, Rand: seeded(1)})
}

func draft(id string, n int) Draft {
	return Draft{Actor: "ken", Kind: "pledge", Subject: "pledge:" + id, Payload: fmt.Appendf(nil, `{"schema":1,"text":"version %d","id":%q}`, n, id)}
}

func appendAll(t testing.TB, d *db.DB, l *Log, drafts ...Draft) []Entry {
	t.Helper()
	entries, err := tryAppend(d, l, drafts...)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func tryAppend(d *db.DB, l *Log, drafts ...Draft) (entries []Entry, err error) {
	ctx := context.Background()
	err = d.Write(ctx, func(tx *db.Tx) error {
		entries, err = l.Append(ctx, tx, drafts...)
		return err
	})
	return entries, err
}

func export(t testing.TB, l *Log) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := l.Export(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// checkAll holds a register to everything that must be true of it.
func checkAll(t testing.TB, l *Log) []byte {
	t.Helper()
	b := export(t, l)
	report, err := VerifyExport(bytes.NewReader(b), l.Key())
	if err != nil || !report.KeyKnown {
		t.Fatalf("the export: %v, %v", report, err)
	}
	if _, err := l.VerifyDatabase(context.Background()); err != nil {
		t.Fatalf("the database: %v", err)
	}
	return b
}

func TestAppend(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLog(t, d)
		e := appendAll(t, d, l, draft("A", 1), Draft{Actor: "ken", Kind: "party", Subject: "party:ken", Effective: "2018-12-10", Payload: []byte(` {"b":1,"a":2} `)}, draft("A", 2))
		for i, want := range []Header{
			{1, 0, "2022-05-20T12:00:01.000000Z", "2022-05-20", "ken", "pledge", "pledge:A", 1, e[0].Header.PayloadSHA256},
			{1, 1, "2022-05-20T12:00:01.000000Z", "2018-12-10", "ken", "party", "party:ken", 1, e[1].Header.PayloadSHA256},
			{1, 2, "2022-05-20T12:00:01.000000Z", "2022-05-20", "ken", "pledge", "pledge:A", 2, e[2].Header.PayloadSHA256},
		} {
			if e[i].Header != want || len(e[i].Salt) != 32 || e[i].Withheld() {
				t.Errorf("entry %d: %+v\nwant %+v", i, e[i].Header, want)
			}
		}
		if string(e[1].Payload) != `{"a":2,"b":1}` {
			t.Errorf("payload %s", e[1].Payload)
		}
		tail, err := l.Tail(t.Context(), 1, 10)
		if err != nil || len(tail) != 2 || string(tail[0].Payload) != string(e[1].Payload) || !bytes.Equal(tail[0].Salt, e[1].Salt) || tail[0].Header != e[1].Header {
			t.Fatalf("tail %+v, %v", tail, err)
		}
		h, err := l.History(t.Context(), "pledge:A")
		if err != nil || len(h) != 2 || h[1].Header.Version != 2 {
			t.Fatalf("history %+v, %v", h, err)
		}
		head, err := l.Head(t.Context())
		if err != nil || head.Size != 3 {
			t.Fatalf("head %+v, %v", head, err)
		}
		c, err := openCheckpoint(head.Checkpoint, l.Key())
		if err != nil || c.Root != tlog.Hash(head.Root) || c.Origin != testOrigin {
			t.Fatalf("checkpoint %+v, %v", c, err)
		}
		for what, err := range map[string]error{
			"entry":      second(l.Entry(t.Context(), 3)),
			"history":    second(l.History(t.Context(), "pledge:B")),
			"checkpoint": second(l.Checkpoint(t.Context(), 2)),
			"receipt":    second(l.Receipt(t.Context(), 3)),
		} {
			if !errs.Is(err, errs.NotFound) {
				t.Errorf("%s that is not there: %v", what, err)
			}
		}
		checkAll(t, l)
	})
}

func second[T any](_ T, err error) error { return err }

func TestAppendRefuses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLog(t, d)
		first := draft("A", 1)
		first.Effective = "2022-03-01"
		appendAll(t, d, l, first)
		for _, tt := range []struct {
			name   string
			change func(*Draft)
			want   string
		}{
			{"the future", func(x *Draft) { x.Effective = "2022-05-21" }, "not later than today, 2022-05-20"},
			{"earlier than before", func(x *Draft) { x.Effective = "2022-02-28" }, "not earlier than 2022-03-01"},
			{"no day", func(x *Draft) { x.Effective = "2022-03" }, "YYYY-MM-DD"},
			{"no such day", func(x *Draft) { x.Effective = "2022-02-30" }, "YYYY-MM-DD"},
			{"a person", func(x *Draft) { x.Actor = "Jane Doe" }, "code of a party"},
			{"nobody", func(x *Draft) { x.Actor = "" }, "code of a party"},
			{"other subject", func(x *Draft) { x.Subject = "party:ken" }, "pledge:<id>"},
			{"no subject", func(x *Draft) { x.Subject = "pledge:" }, "pledge:<id>"},
			{"a long subject", func(x *Draft) { x.Subject = "pledge:" + strings.Repeat("a", 300) }, "pledge:<id>"},
			{"kind", func(x *Draft) { x.Kind, x.Subject = "Pledge", "Pledge:A" }, "small word"},
			{"own kind", func(x *Draft) { x.Kind, x.Subject = ErasureKind, "erasure:0" }, "belongs to the register"},
			{"no JSON", func(x *Draft) { x.Payload = []byte(`{`) }, "payload"},
			{"member twice", func(x *Draft) { x.Payload = []byte(`{"a":1,"a":1}`) }, "twice"},
			{"too large", func(x *Draft) { x.Payload = []byte(`"` + strings.Repeat("a", MaxPayload) + `"`) }, "at most"},
		} {
			t.Run(tt.name, func(t *testing.T) {
				x := draft("A", 2)
				tt.change(&x)
				_, err := tryAppend(d, l, draft("B", 1), x)
				if k := errs.KindOf(err); err == nil || k != errs.Invalid && k != errs.TooLarge || !strings.Contains(err.Error(), tt.want) {
					t.Fatalf("got %v, want %q", err, tt.want)
				}
			})
		}
		if h, err := l.Head(t.Context()); err != nil || h.Size != 1 {
			t.Fatalf("head %+v, %v", h, err)
		}
		checkAll(t, l)
	})
}

// A refused draft leaves the Appender usable; one that is not finished does not commit.
func TestAppender(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLog(t, d)
		ctx := t.Context()
		if err := d.Write(ctx, func(tx *db.Tx) error {
			a, err := l.Appender(ctx, tx)
			if err != nil {
				return err
			}
			for i := range 2500 {
				x := draft(fmt.Sprint("P", i%2000), i)
				if i%500 == 7 {
					x.Effective = "2030-01-01"
				}
				if _, err := a.Add(x); (err != nil) != (i%500 == 7) {
					return fmt.Errorf("entry %d: %w", i, err)
				}
			}
			return a.Finish()
		}); err != nil {
			t.Fatal(err)
		}
		if h, err := l.Head(ctx); err != nil || h.Size != 2495 {
			t.Fatalf("head %+v, %v", h, err)
		}
		err := d.Write(ctx, func(tx *db.Tx) error {
			a, err := l.Appender(ctx, tx)
			if err != nil {
				return err
			}
			_, err = a.Add(draft("Q", 1))
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "not finished") {
			t.Fatal(err)
		}
		if err := d.Write(ctx, func(tx *db.Tx) error { // none at all: no new checkpoint
			a, err := l.Appender(ctx, tx)
			if err != nil {
				return err
			}
			return a.Finish()
		}); err != nil {
			t.Fatal(err)
		}
		checkAll(t, l)
	})
}

// Whoever says that a subject is new had better know: the database refuses a second version 1.
func TestNewSubjects(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLog(t, d)
		first, second := draft("A", 1), draft("A", 2)
		first.New, second.New = true, true
		entries := appendAll(t, d, l, first, second) // the second of a batch is counted all the same
		if entries[0].Header.Version != 1 || entries[1].Header.Version != 2 {
			t.Errorf("versions %d and %d", entries[0].Header.Version, entries[1].Header.Version)
		}
		before := checkAll(t, l)
		if _, err := tryAppend(d, l, draft("B", 1), second); err == nil {
			t.Error("published a second version 1 of A")
		}
		if !bytes.Equal(checkAll(t, l), before) {
			t.Error("what was refused left something behind")
		}
	})
}

func TestClockBackwards(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLog(t, d)
		first := appendAll(t, d, l, draft("A", 1))[0].Header
		d.SetClock(func() time.Time { return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) })
		if h := appendAll(t, d, l, draft("A", 2))[0].Header; h.Recorded != first.Recorded || h.Effective != "2022-05-20" {
			t.Fatalf("%+v after %+v", h, first)
		}
		checkAll(t, l)
	})
}

// The same drafts, salts, clock and key give the same bytes on both engines.
func TestDeterminism(t *testing.T) {
	var files [][]byte
	for range 2 {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			l := newLog(t, d)
			for i := range 20 {
				appendAll(t, d, l, draft("A", i), draft(fmt.Sprint("B", i), 1), Draft{Actor: "iom", Kind: "party", Subject: fmt.Sprint("party:p", i), Payload: []byte(`{"schema":1,"names":{"ar":"\u0645","zh":"国"}}`)})
			}
			files = append(files, checkAll(t, l))
		})
	}
	for i := range files {
		if !bytes.Equal(files[i], files[0]) {
			t.Errorf("register %d differs", i)
		}
	}
}

func TestWait(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLog(t, d)
		other := openLog(t, d, Options{}) // as another process would: no signal between the two
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		done := make(chan error, 2)
		go func() { done <- l.Wait(ctx, 0) }()
		go func() { done <- other.Wait(ctx, 0) }()
		time.Sleep(20 * time.Millisecond)
		appendAll(t, d, l, draft("A", 1))
		for range 2 {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Wait(ctx, 0); err != nil {
			t.Fatal(err)
		}
		short, stop := context.WithTimeout(ctx, 10*time.Millisecond)
		defer stop()
		if err := l.Wait(short, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	})
}

// The database itself refuses to change or remove an entry, whoever asks.
func TestEntriesAreImmutable(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLog(t, d)
		appendAll(t, d, l, draft("A", 1), draft("B", 1))
		statements := []string{
			`UPDATE register_entry SET effective = '2020-01-01' WHERE position = 0`,
			`DELETE FROM register_entry WHERE position = 1`,
			`INSERT INTO register_entry (position, subject, version, effective, header) VALUES (1, 'x:y', 1, '', '')`,
			`INSERT INTO register_entry (position, subject, version, effective, header) VALUES (2, 'pledge:A', 1, '', '')`,
			`INSERT INTO register_entry (position, subject, version, effective, header) VALUES (1, 'x:y', 1, '', '') ON CONFLICT (position) DO UPDATE SET header = ''`,
		}
		if d.Engine() == db.SQLite {
			statements = append(statements,
				`INSERT OR REPLACE INTO register_entry (position, subject, version, effective, header) VALUES (1, 'x:y', 1, '', '')`,
				`REPLACE INTO register_entry (position, subject, version, effective, header) VALUES (2, 'pledge:A', 1, '', '')`,
				`UPDATE OR REPLACE register_entry SET position = 1 WHERE position = 0`,
				`INSERT INTO register_entry (position, subject, version, effective, header) VALUES (7, 'x:y', 1, '', '')`)
		} else {
			statements = append(statements, `TRUNCATE register_entry`, `TRUNCATE register_entry CASCADE`)
		}
		for _, s := range statements {
			if err := d.Write(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(t.Context(), s); return err }); err == nil {
				t.Errorf("accepted: %s", s)
			}
		}
		checkAll(t, l)
	})
}

// No statement of the whole program changes or removes an entry.
func TestNoStatementChangesEntries(t *testing.T) {
	bad := regexp.MustCompile(`(?is)(UPDATE\s+(OR\s+\w+\s+)?|DELETE\s+FROM\s+|TRUNCATE\s+(TABLE\s+)?|REPLACE\s+INTO\s+|DROP\s+TABLE\s+(IF\s+EXISTS\s+)?|ALTER\s+TABLE\s+)"?register_entry\b`)
	if !bad.MatchString("DELETE FROM register_entry") {
		t.Fatal("the test finds nothing")
	}
	files := 0
	if err := filepath.WalkDir("../..", func(path string, e os.DirEntry, err error) error {
		if err == nil && (e.Name() == ".git" || e.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if err != nil || e.IsDir() || strings.HasSuffix(path, "_test.go") || filepath.Ext(path) != ".go" && filepath.Ext(path) != ".sql" {
			return err
		}
		files++
		src, err := os.ReadFile(path)
		if m := bad.Find(src); m != nil {
			t.Errorf("%s: %s", path, m)
		}
		return err
	}); err != nil || files < 10 {
		t.Fatalf("%d files, %v", files, err)
	}
}

// An error after any statement of a publication leaves nothing of it.
func TestFaultsWhileAppending(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLog(t, d)
		appendAll(t, d, l, draft("A", 1), draft("B", 1))
		want := export(t, l)
		boom := errors.New("boom")
		for _, what := range []string{"append", "erase", "rotate"} {
			for fail := 1; ; fail++ {
				if fail > 40 {
					t.Fatal("never went through")
				}
				n := 0
				d.SetFault(func(string) error {
					if n++; n == fail {
						return boom
					}
					return nil
				})
				var err error
				switch what {
				case "append":
					_, err = tryAppend(d, l, draft("A", 2), draft("C", 1), draft("D", 1))
				case "erase":
					err = d.Write(t.Context(), func(tx *db.Tx) error {
						_, err := l.Erase(t.Context(), tx, Erasure{Position: 0, Ground: "court", By: [2]string{"office:a", "office:b"}})
						return err
					})
				case "rotate":
					err = l.Rotate(t.Context(), KeyFromSeed([]byte("next")), "")
				}
				d.SetFault(nil)
				if err == nil {
					if n >= fail {
						t.Fatalf("%s: fault %d was swallowed", what, fail)
					}
					want = checkAll(t, l)
					break
				}
				if !errors.Is(err, boom) {
					t.Fatalf("%s, fault %d: %v", what, fail, err)
				}
				if got := checkAll(t, l); !bytes.Equal(got, want) {
					t.Fatalf("%s: fault %d left something", what, fail)
				}
			}
		}
	})
}

func TestTiles(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLog(t, d)
		var drafts []Draft
		for i := range 600 {
			drafts = append(drafts, draft(fmt.Sprint(i), 1))
		}
		entries := appendAll(t, d, l, drafts...)
		head, err := l.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		// A client that trusts only the checkpoint gets every leaf out of the tiles.
		client := tlog.TileHashReader(tlog.Tree{N: head.Size, Hash: head.Root}, tileClient{t, l})
		for _, i := range []int64{0, 255, 256, 511, 599} {
			h, err := client.ReadHashes([]int64{tlog.StoredHashIndex(0, i)})
			if err != nil || h[0] != tlog.RecordHash(entries[i].HeaderBytes) {
				t.Fatalf("leaf %d: %v, %v", i, h, err)
			}
		}
		b, err := l.Bundle(t.Context(), 2, 88)
		if err != nil {
			t.Fatal(err)
		}
		for i := 512; i < 600; i++ {
			n := int(b[0])<<8 | int(b[1])
			if !bytes.Equal(b[2:2+n], entries[i].HeaderBytes) {
				t.Fatalf("entry %d in the bundle: %s", i, b[2:2+n])
			}
			b = b[2+n:]
		}
		if len(b) != 0 {
			t.Fatal("the bundle is too long")
		}
		for _, err := range []error{second(l.Tile(t.Context(), 0, 2, 89)), second(l.Tile(t.Context(), 1, 0, 3)), second(l.Tile(t.Context(), 2, 0, 1)), second(l.Tile(t.Context(), -1, 0, 1)), second(l.Bundle(t.Context(), 2, 89)), second(l.Bundle(t.Context(), 3, 1))} {
			if !errs.Is(err, errs.NotFound) {
				t.Error(err)
			}
		}
	})
}

// The root at every size at which a commit ended is that of the checkpoint signed then.
func TestRootsAreThoseOfTheCheckpoints(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLog(t, d)
		for batch := range 24 { // commits end at 1, 3, 6, … 300
			var drafts []Draft
			for i := range batch + 1 {
				drafts = append(drafts, draft(fmt.Sprintf("%d-%d", batch, i), 1))
			}
			appendAll(t, d, l, drafts...)
		}
		head, err := l.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		compared := 0
		for size := range head.Size + 1 {
			signed, err := l.Checkpoint(t.Context(), size)
			if errs.Is(err, errs.NotFound) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			want, err := checkpointOf(signed)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := l.Root(t.Context(), size); err != nil || got != want.Root {
				t.Errorf("size %d: %x, %v; the checkpoint says %x", size, got, err, want.Root)
			}
			compared++
		}
		if compared < 25 {
			t.Errorf("only %d checkpoints were compared", compared)
		}
		for _, size := range []int64{-1, head.Size + 1} {
			if _, err := l.Root(t.Context(), size); !errs.Is(err, errs.NotFound) {
				t.Errorf("size %d: %v", size, err)
			}
		}
	})
}

func TestWithheldIsCountedBelowASize(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLog(t, d)
		entries := appendAll(t, d, l, draft("1", 1), draft("2", 1), draft("3", 1))
		want := Erasure{Position: entries[1].Header.Position, Ground: "court", By: [2]string{"office:a", "office:b"}, On: "2026-01-02"}
		var by Entry
		err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
			want.On = tx.Now().Format(effectiveForm)
			by, err = l.Erase(t.Context(), tx, want)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for size, n := range map[int64]int64{0: 0, want.Position: 0, want.Position + 1: 1, by.Header.Position + 1: 1} {
			if got, err := l.Withheld(t.Context(), size); err != nil || got != n {
				t.Errorf("%d of the first %d entries are withheld (%v), want %d", got, size, err, n)
			}
		}
		if got, err := by.Erasure(); err != nil || got != want {
			t.Errorf("the entry says %+v, %v", got, err)
		}
		if _, err := entries[0].Erasure(); !errs.Is(err, errs.Invalid) {
			t.Errorf("an entry that is no erasure says: %v", err)
		}
	})
}

type tileClient struct {
	t *testing.T
	l *Log
}

func (c tileClient) Height() int                     { return tileHeight }
func (c tileClient) SaveTiles([]tlog.Tile, [][]byte) {}
func (c tileClient) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, x := range tiles {
		b, err := c.l.Tile(c.t.Context(), x.L, x.N, x.W)
		if err != nil {
			return nil, err
		}
		data = append(data, b)
	}
	return data, nil
}

package register

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
)

// For any sequence of publications and erasures: the export verifies, it says what the tail
// says, the root is the one that RFC 6962 defines over the leaves, every receipt verifies, and a
// register made anew from the export is the same one.
func TestAnySequence(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLog(t, d)
		ctx := context.Background()
		days := []string{"", "2018-12-10", "2022-05-19", "2022-05-20"}
		// One register that keeps growing: each run goes on where the one before ended.
		rapid.Check(t, func(rt *rapid.T) {
			for range rapid.IntRange(1, 4).Draw(rt, "commits") {
				head, err := l.Head(ctx)
				if err != nil {
					rt.Fatal(err)
				}
				if head.Size > 0 && rapid.IntRange(0, 3).Draw(rt, "erase") == 0 {
					erase(rt, d, l, rapid.Int64Range(0, head.Size-1).Draw(rt, "position"))
					continue
				}
				var drafts []Draft
				for range rapid.IntRange(1, 5).Draw(rt, "entries") {
					x := draft(rapid.StringMatching(`[A-C]`).Draw(rt, "id"), 0)
					x.Effective = rapid.SampledFrom(days).Draw(rt, "effective")
					payload, err := Canonical(map[string]string{rapid.String().Draw(rt, "name"): rapid.String().Draw(rt, "value")})
					if err != nil {
						rt.Fatal(err)
					}
					x.Payload = payload
					drafts = append(drafts, x)
				}
				entries, err := tryAppend(d, l, drafts...)
				if errs.Is(err, errs.Invalid) { // an effective day that went back
					continue
				}
				if err != nil || entries[0].Header.Position != head.Size {
					rt.Fatalf("%+v, %v", entries, err)
				}
			}
			holds(rt, l)
		})
		dbtestRebuild(t, d, l)
	})
}

func erase(rt *rapid.T, d *db.DB, l *Log, position int64) {
	ctx := context.Background()
	target, err := l.Entry(ctx, position)
	if err != nil {
		rt.Fatal(err)
	}
	err = d.Write(ctx, func(tx *db.Tx) error {
		_, err := l.Erase(ctx, tx, Erasure{Position: position, Ground: "court", By: [2]string{"office:a", "office:b"}})
		return err
	})
	switch {
	case target.Header.Kind == ErasureKind && errs.Is(err, errs.Invalid):
	case target.Withheld() && errs.Is(err, errs.Conflict):
	case err != nil:
		rt.Fatal(err)
	}
}

func holds(t rapid.TB, l *Log) {
	ctx := context.Background()
	head, err := l.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := l.Tail(ctx, 0, head.Size)
	if err != nil || int64(len(entries)) != head.Size {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	var lines, file bytes.Buffer
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, i := range indexes {
			out = append(out, stored[i])
		}
		return out, nil
	})
	withheld := int64(0)
	for i, e := range entries {
		lines.Write(e.appendLine(nil))
		h, err := tlog.StoredHashes(int64(i), e.HeaderBytes, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, h...)
		if e.Withheld() {
			withheld++
		}
	}
	root, err := tlog.TreeHash(head.Size, reader)
	if err != nil || root != tlog.Hash(head.Root) {
		t.Fatalf("root %v, want %v, %v", tlog.Hash(head.Root), root, err)
	}
	if err := l.Export(ctx, &file); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(file.Bytes(), lines.Bytes()) {
		t.Fatal("the export is not what the tail says")
	}
	report, err := VerifyExport(&file, l.Key())
	if err != nil || report.Size != head.Size || report.Withheld != withheld || !report.KeyKnown {
		t.Fatalf("%+v, %v", report, err)
	}
	if _, err := l.VerifyDatabase(ctx); err != nil {
		t.Fatal(err)
	}
	if head.Size == 0 {
		return // the first drafts of all were refused
	}
	for _, i := range []int64{0, head.Size / 2, head.Size - 1} {
		r, err := l.Receipt(ctx, i)
		if err != nil {
			t.Fatal(err)
		}
		b, err := r.JSON()
		if err != nil {
			t.Fatal(err)
		}
		got, err := VerifyReceipt(b, l.Key())
		if err != nil || got.Root != root || *got.Entry != entries[i].Header || (got.Withheld == 1) != entries[i].Withheld() {
			t.Fatalf("receipt %d: %+v, %v", i, got, err)
		}
	}
}

// dbtestRebuild makes the register anew from its export, on the other engine.
func dbtestRebuild(t *testing.T, d *db.DB, l *Log) {
	other := db.SQLite
	if d.Engine() == db.SQLite {
		other = db.Postgres
	}
	file := export(t, l)
	d2 := dbtest.New(t, other)
	l2 := openLog(t, d2, Options{Key: testKey})
	n := int64(0)
	report, err := l2.ImportExport(t.Context(), bytes.NewReader(file), func(tx *db.Tx, e Entry) error {
		if e.Header.Position != n {
			return fmt.Errorf("position %d, want %d", e.Header.Position, n)
		}
		n++
		return nil
	})
	if err != nil || report.Size != n {
		t.Fatalf("%+v, %v", report, err)
	}
	if got := checkAll(t, l2); !bytes.Equal(got, file) {
		t.Fatal("the register made anew is another one")
	}
}

// The frontier gives the hashes and roots of tlog, for every size.
func TestFrontier(t *testing.T) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, i := range indexes {
			out = append(out, stored[i])
		}
		return out, nil
	})
	f := &frontier{}
	for n := int64(0); n < 300; n++ {
		want, err := tlog.TreeHash(n, reader)
		if err != nil || f.root() != want {
			t.Fatalf("root at %d: %v, want %v, %v", n, f.root(), want, err)
		}
		hashes, err := tlog.StoredHashes(n, fmt.Append(nil, n), reader)
		if err != nil {
			t.Fatal(err)
		}
		got := f.add(fmt.Append(nil, n), nil)
		if fmt.Sprint(got) != fmt.Sprint(hashes) {
			t.Fatalf("stored at %d: %v, want %v", n, got, hashes)
		}
		if int64(len(stored)) != tlog.StoredHashCount(n) {
			t.Fatal("the indexes are not dense")
		}
		stored = append(stored, got...)
	}
}

// fixture is a small register with everything in it that a register can hold: versions, a
// withheld payload, a rotated key.
func fixture(t testing.TB) (*db.DB, *Log) {
	d := dbtest.New(t, db.SQLite)
	l := newLog(t, d)
	appendAll(t, d, l, draft("A", 1), Draft{Actor: "ken", Kind: "party", Subject: "party:ken", Payload: []byte(`{"schema":1,"names":{"en":"Kenya"}}`)})
	appendAll(t, d, l, draft("A", 2))
	if err := d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := l.Erase(t.Context(), tx, Erasure{Position: 0, Ground: "order of a court", By: [2]string{"office:secretariat", "office:legal"}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := l.Rotate(t.Context(), KeyFromSeed([]byte("second")), ""); err != nil {
		t.Fatal(err)
	}
	appendAll(t, d, l, Draft{Actor: "ken", Kind: "report", Subject: "report:A/1", Payload: []byte(`{"n":1.5,"ok":true}`)})
	return d, l
}

func FuzzVerifyExport(f *testing.F) {
	d, l := fixture(f)
	_ = d
	file := export(f, l)
	f.Add(file)
	f.Add([]byte("{}\n"))
	f.Add([]byte(`{"checkpoint":"","key":""}` + "\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		if _, err := VerifyExport(bytes.NewReader(in), l.Key()); err == nil && !bytes.Equal(in, file) {
			t.Fatalf("accepted %q", in)
		}
		if _, err := VerifyExport(io.LimitReader(bytes.NewReader(in), int64(len(in)/2)), ""); err == nil {
			t.Fatalf("accepted a half of %q", in)
		}
	})
}

func FuzzVerifyReceipt(f *testing.F) {
	_, l := fixture(f)
	valid := map[string]bool{}
	for i := range int64(3) {
		r, err := l.Receipt(context.Background(), i)
		if err != nil {
			f.Fatal(err)
		}
		b, err := r.JSON()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		valid[string(b)] = true
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if _, err := VerifyReceipt(in, l.Key()); err == nil && !valid[string(in)] {
			t.Fatalf("accepted %q", in)
		}
	})
}

package register

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
)

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.key")
	if _, err := LoadKey(path); !errs.Is(err, errs.NotFound) {
		t.Fatal(err)
	}
	k, err := CreateKey(path, testOrigin)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info.Mode(), err)
	}
	again, err := LoadKey(path)
	if err != nil || !again.private.Equal(k.private) {
		t.Fatal(err)
	}
	if _, err := CreateKey(path, testOrigin); !errs.Is(err, errs.Conflict) {
		t.Fatalf("overwritten: %v", err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKey(path); !errs.Is(err, errs.Forbidden) || !strings.Contains(err.Error(), "chmod 600") {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+"2", []byte("not a key\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKey(path + "2"); !errs.Is(err, errs.Invalid) {
		t.Fatal(err)
	}
	if _, err := CreateKey(filepath.Join(t.TempDir(), "x"), "two words"); !errs.Is(err, errs.Invalid) {
		t.Fatal(err)
	}
}

func TestKeysOfManySeedsRoundTrip(t *testing.T) {
	for i := range 100 { // some have a plus sign in their base64
		k := KeyFromSeed([]byte{byte(i)})
		text, err := k.text(testOrigin)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseKey([]byte(text), "x")
		if err != nil || !again.private.Equal(k.private) {
			t.Fatalf("%s: %v", text, err)
		}
		v, err := k.Verifier(testOrigin)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := newVerifier(v); err != nil {
			t.Fatal(err)
		}
	}
}

func TestIdentityIsPinned(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		for name, o := range map[string]Options{"no key": {Origin: testOrigin}, "no origin": {Key: testKey}} {
			if _, err := Open(ctx, d, o); !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		l := newLog(t, d)
		appendAll(t, d, l, draft("A", 1))
		for _, tt := range []struct {
			name, want string
			o          Options
		}{
			{"another origin", "the register's origin is " + testOrigin, Options{Origin: "other.example.org/log", Key: testKey}},
			{"another key", "the key is not the register's", Options{Origin: testOrigin, Key: KeyFromSeed([]byte("other"))}},
			{"no origin at all", "cannot be an origin", Options{Origin: "two words", Key: testKey}},
		} {
			_, err := Open(ctx, d, tt.o)
			e, ok := errors.AsType[*errs.Error](err)
			if !ok || !strings.Contains(err.Error(), tt.want) || e.Hint == "" {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
		reader, err := Open(ctx, d, Options{})
		if err != nil || reader.Origin() != testOrigin || reader.Key() != l.Key() {
			t.Fatal(err)
		}
		if _, err := tryAppend(d, reader, draft("A", 2)); !errs.Is(err, errs.Unavailable) {
			t.Fatalf("a reader appended: %v", err)
		}
		checkAll(t, openLog(t, d, Options{Key: testKey}))
	})
}

// copyOf moves a register into a database of its own, as a backup and a restore do.
func copyOf(t *testing.T, d *db.DB) *db.DB {
	t.Helper()
	var b bytes.Buffer
	if err := d.Dump(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	to := dbtest.New(t, d.Engine())
	if err := to.LoadDump(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	setClock(to)
	return to
}

func keyOptions(t *testing.T) Options {
	path := filepath.Join(t.TempDir(), "log.key")
	k, err := CreateKey(path, testOrigin)
	if err != nil {
		t.Fatal(err)
	}
	return Options{Origin: testOrigin, Key: k, KeyFile: path}
}

// A database restored from an older copy may not go on as if nothing had been published since;
// it is mended by replaying what is missing, and by nothing less.
func TestRestoredFromAnOlderCopy(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		setClock(d)
		o := keyOptions(t)
		l := openLog(t, d, o)
		appendAll(t, d, l, draft("A", 1), draft("B", 1))
		older := copyOf(t, d)
		appendAll(t, d, l, draft("A", 2))
		if err := d.Write(ctx, func(tx *db.Tx) error {
			_, err := l.Erase(ctx, tx, Erasure{Position: 1, Ground: "court", By: [2]string{"office:a", "office:b"}})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		appendAll(t, d, l, draft("C", 1))
		file := export(t, l)
		entries, err := l.Tail(ctx, 0, 100)
		if err != nil {
			t.Fatal(err)
		}

		r := openLog(t, older, o)
		if err := r.Behind(); !errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), "it has 2 entries, the newest checkpoint has 5") {
			t.Fatal(err)
		}
		if _, err := tryAppend(older, r, draft("A", 2)); !errs.Is(err, errs.Unavailable) {
			t.Fatalf("appended while behind: %v", err)
		}
		if err := r.Rotate(ctx, KeyFromSeed([]byte("x")), ""); !errs.Is(err, errs.Unavailable) {
			t.Fatalf("rotated while behind: %v", err)
		}
		if tail, err := r.Tail(ctx, 0, 10); err != nil || len(tail) != 2 {
			t.Fatalf("cannot be read: %v", err)
		}
		replay := func(e ...Entry) error {
			return older.Write(ctx, func(tx *db.Tx) error { return r.Replay(ctx, tx, e...) })
		}
		if err := replay(entries[2], entries[3]); err == nil || !strings.Contains(err.Error(), "the entries end at size 4") {
			t.Fatalf("a part was taken: %v", err)
		}
		if err := replay(entries[3]); err == nil || !strings.Contains(err.Error(), "next position is 2") {
			t.Fatalf("a gap was taken: %v", err)
		}
		other := remade(entries[2], func(e *Entry) { e.Payload = []byte(`{}`) })
		if err := replay(other, entries[3], entries[4]); err == nil || !strings.Contains(err.Error(), "not those that were published") {
			t.Fatalf("others were taken: %v", err)
		}
		if r.Behind() == nil {
			t.Fatal("no longer behind after failures")
		}
		if err := replay(entries[2:]...); err != nil {
			t.Fatal(err)
		}
		if err := r.Behind(); err != nil {
			t.Fatal(err)
		}
		if got := checkAll(t, r); !bytes.Equal(got, file) {
			t.Fatal("not the register that was published")
		}
		appendAll(t, older, r, draft("D", 1))
		checkAll(t, openLog(t, older, o))
	})
}

// The same through an export, and by a reader without the private key.
func TestCatchUpFromAnExport(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		setClock(d)
		o := keyOptions(t)
		l := openLog(t, d, o)
		appendAll(t, d, l, draft("A", 1))
		older := copyOf(t, d)
		next := KeyFromSeed([]byte("next"))
		if err := l.Rotate(ctx, next, o.KeyFile); err != nil {
			t.Fatal(err)
		}
		appendAll(t, d, l, draft("A", 2))
		file := export(t, l)

		o.Key = next
		if _, err := Open(ctx, older, o); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "replay the missing entries") {
			t.Fatal(err)
		}
		reader, err := Open(ctx, older, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var applied []int64
		if _, err := reader.ImportExport(ctx, bytes.NewReader(file), func(tx *db.Tx, e Entry) error {
			applied = append(applied, e.Header.Position)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if len(applied) != 2 || applied[0] != 1 {
			t.Fatalf("applied %v", applied)
		}
		if _, err := reader.ImportExport(ctx, bytes.NewReader(file), nil); err != nil {
			t.Fatalf("a second time: %v", err)
		}
		l2 := openLog(t, older, o)
		appendAll(t, older, l2, draft("A", 3))
		checkAll(t, l2)

		// A new database, opened with today's key, takes the export that began under the old one.
		fresh := dbtest.New(t, d.Engine())
		l3 := openLog(t, fresh, Options{Key: next})
		if _, err := l3.ImportExport(ctx, bytes.NewReader(file), nil); err != nil {
			t.Fatal(err)
		}
		if got := checkAll(t, l3); !bytes.Equal(got, file) {
			t.Fatal("another register")
		}
		// One with any other key does not.
		foreign := dbtest.New(t, d.Engine())
		l4 := openLog(t, foreign, Options{Key: KeyFromSeed([]byte("foreign"))})
		if _, err := l4.ImportExport(ctx, bytes.NewReader(file), nil); !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.Invalid) {
			t.Fatal(err)
		}
		if h, err := l4.Head(ctx); err != nil || h.Size != 0 {
			t.Fatalf("%+v, %v", h, err)
		}
		checkAll(t, l4)
	})
}

func TestImportRefuses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		_, source := fixture(t)
		file := export(t, source)
		l := openLog(t, d, Options{Key: KeyFromSeed([]byte("second"))})
		boom := errors.New("boom")
		for name, f := range map[string]func() error{
			"cut off": func() error { return second(l.ImportExport(t.Context(), bytes.NewReader(file[:len(file)-40]), nil)) },
			"changed": func() error {
				return second(l.ImportExport(t.Context(), bytes.NewReader(bytes.Replace(file, []byte("Kenya"), []byte("Uganda"), 1)), nil))
			},
			"apply fails": func() error {
				return second(l.ImportExport(t.Context(), bytes.NewReader(file), func(_ *db.Tx, e Entry) error {
					if e.Header.Position == 3 {
						return boom
					}
					return nil
				}))
			},
		} {
			if err := f(); err == nil {
				t.Errorf("%s: accepted", name)
			}
			if h, err := l.Head(t.Context()); err != nil || h.Size != 0 {
				t.Errorf("%s: left %+v, %v", name, h, err)
			}
		}
		if _, err := l.ImportExport(t.Context(), bytes.NewReader(file), nil); err != nil {
			t.Fatal(err)
		}
		appendAll(t, d, l, draft("Z", 1))
		if _, err := l.ImportExport(t.Context(), bytes.NewReader(file), nil); !errs.Is(err, errs.Conflict) {
			t.Fatalf("an older export over a newer register: %v", err)
		}
		checkAll(t, l)
	})
}

// A copy that was written to beside the published one is a fork, and stays for reading.
func TestForkIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		setClock(d)
		o := keyOptions(t)
		l := openLog(t, d, o)
		appendAll(t, d, l, draft("A", 1))
		fork := copyOf(t, d)
		appendAll(t, d, l, draft("A", 2))
		elsewhere := o
		elsewhere.KeyFile = "" // the same key on another machine, without the checkpoint
		f := openLog(t, fork, elsewhere)
		other := appendAll(t, fork, f, draft("X", 1), draft("X", 2))
		r := openLog(t, fork, o)
		if err := r.Behind(); err == nil || !strings.Contains(err.Error(), "other entries than were published") {
			t.Fatal(err)
		}
		if _, err := tryAppend(fork, r, draft("X", 3)); err == nil {
			t.Fatal("appended to a fork")
		}
		if err := fork.Write(t.Context(), func(tx *db.Tx) error { return r.Replay(t.Context(), tx, other[0]) }); err == nil {
			t.Fatal("replayed onto a fork")
		}
		if b, err := os.ReadFile(o.KeyFile + ".checkpoint"); err != nil || !bytes.Contains(b, []byte(testOrigin+"\n2\n")) {
			t.Fatalf("%s, %v", b, err)
		}
	})
}

// When what was published is lost, the register goes on under a new name that says so.
func TestNewOrigin(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		setClock(d)
		o := keyOptions(t)
		l := openLog(t, d, o)
		oldKey := l.Key()
		appendAll(t, d, l, draft("A", 1))
		older := copyOf(t, d)
		appendAll(t, d, l, draft("A", 2), draft("A", 3))
		lost, err := l.Head(ctx)
		if err != nil {
			t.Fatal(err)
		}
		o.NewOrigin = "pledges.example.org/log2"
		reader := o
		reader.Key = nil
		if _, err := Open(ctx, older, reader); !errs.Is(err, errs.Invalid) {
			t.Fatalf("a new origin without the key: %v", err)
		}
		for range 2 { // stated again it changes nothing
			r := openLog(t, older, o)
			if r.Behind() != nil || r.Origin() != o.NewOrigin {
				t.Fatalf("%v, %s", r.Behind(), r.Origin())
			}
			h, err := r.Head(ctx)
			if err != nil || h.Size != 2 {
				t.Fatalf("%+v, %v", h, err)
			}
		}
		r := openLog(t, older, Options{Origin: o.NewOrigin, Key: o.Key, KeyFile: o.KeyFile})
		e, err := r.Entry(ctx, 1)
		if err != nil || e.Header.Kind != OriginKind || !strings.Contains(string(e.Payload), testOrigin+`\n3\n`) || !strings.Contains(string(e.Payload), `"size":1`) {
			t.Fatalf("%s, %v", e.Payload, err)
		}
		if !bytes.Contains(e.Payload, bytes.ReplaceAll(lost.Checkpoint, []byte("\n"), []byte(`\n`))) {
			t.Fatal("the lost checkpoint is not named")
		}
		appendAll(t, older, r, draft("A", 2))
		file := checkAll(t, r)
		// Who trusted the old key is told, and not lulled.
		if _, err := VerifyExport(bytes.NewReader(file), oldKey); err == nil || !strings.Contains(err.Error(), "went on under a new origin") {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(o.KeyFile + ".checkpoint"); err != nil || !bytes.HasPrefix(b, []byte(o.NewOrigin+"\n3\n")) {
			t.Fatalf("%s, %v", b, err)
		}
		if _, err := Open(ctx, older, Options{Origin: testOrigin, Key: o.Key}); !errs.Is(err, errs.Conflict) {
			t.Fatalf("opened under the old origin: %v", err)
		}
		// A copy from before the new origin does not know it.
		stale := openLog(t, copyOf(t, d), Options{Origin: testOrigin, Key: o.Key, KeyFile: o.KeyFile})
		if err := stale.Behind(); err == nil || !strings.Contains(err.Error(), "does not know the origin") {
			t.Fatal(err)
		}
		// Nor may it begin that origin a second time, or go back to one that was left.
		twice := Options{Origin: testOrigin, Key: o.Key, KeyFile: o.KeyFile, NewOrigin: o.NewOrigin}
		if _, err := Open(ctx, copyOf(t, d), twice); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "was used before") {
			t.Fatalf("begun twice: %v", err)
		}
		if _, err := Open(ctx, older, Options{Key: o.Key, NewOrigin: testOrigin}); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "was used before") {
			t.Fatalf("back to the old origin: %v", err)
		}
		// The register can be made anew from its export, from the first origin on.
		fresh := dbtest.New(t, d.Engine())
		again := openLog(t, fresh, Options{Origin: o.NewOrigin, Key: o.Key})
		if _, err := again.ImportExport(ctx, bytes.NewReader(file), nil); err != nil {
			t.Fatal(err)
		}
		if got := checkAll(t, again); !bytes.Equal(got, file) {
			t.Fatal("another register")
		}
	})
}

// The key is lost: a new key and a new origin go on from what there is.
func TestNewOriginWithNewKey(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLog(t, d)
		appendAll(t, d, l, draft("A", 1))
		next := Options{Origin: testOrigin, Key: KeyFromSeed([]byte("new")), NewOrigin: "b.example.org/log"}
		r := openLog(t, d, next)
		appendAll(t, d, r, draft("A", 2))
		checkAll(t, r)
		if _, err := tryAppend(d, l, draft("A", 3)); !errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), "another process changed") {
			t.Fatalf("the old key appended: %v", err)
		}
	})
}

func TestRotate(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		l := newLog(t, d)
		first := l.Key()
		other := openLog(t, d, Options{Key: testKey})
		appendAll(t, d, l, draft("A", 1))
		second, third := KeyFromSeed([]byte("second")), KeyFromSeed([]byte("third"))
		if err := l.Rotate(ctx, testKey, ""); !errs.Is(err, errs.Conflict) {
			t.Fatalf("to the same key: %v", err)
		}
		for _, k := range []*Key{second, third} {
			if err := l.Rotate(ctx, k, ""); err != nil {
				t.Fatal(err)
			}
			appendAll(t, d, l, draft("A", 2))
			checkAll(t, l)
		}
		if _, err := tryAppend(d, other, draft("A", 3)); !errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), l.Key()) {
			t.Fatalf("the old key appended: %v", err)
		}
		if _, err := Open(ctx, d, Options{Key: testKey}); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "the key was replaced at size 4") {
			t.Fatal(err)
		}
		file := checkAll(t, openLog(t, d, Options{Key: third}))
		stranger, err := KeyFromSeed([]byte("stranger")).Verifier(testOrigin)
		if err != nil {
			t.Fatal(err)
		}
		between, err := second.Verifier(testOrigin)
		if err != nil {
			t.Fatal(err)
		}
		r, err := l.Receipt(ctx, 0)
		if err != nil {
			t.Fatal(err)
		}
		receipt, err := r.JSON()
		if err != nil {
			t.Fatal(err)
		}
		for known, want := range map[string]bool{first: true, between: true, l.Key(): true, stranger: false} {
			report, err := VerifyExport(bytes.NewReader(file), known)
			if (err == nil && report.KeyKnown) != want {
				t.Errorf("export, known %s: %v, %v", known, report, err)
			}
			report, err = VerifyReceipt(receipt, known)
			if (err == nil && report.KeyKnown) != want {
				t.Errorf("receipt, known %s: %v, %v", known, report, err)
			}
		}
		// The old key, stolen after it was handed over, signs what nobody follows.
		entries, err := l.Tail(ctx, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := VerifyExport(bytes.NewReader(forge(t, entries, testKey)), first); err == nil || !strings.Contains(err.Error(), "the key in force is") {
			t.Fatalf("signed by the old key: %v", err)
		}
	})
}

// A checkpoint that cannot be kept beside the key stops the next publication, and is kept once
// the folder can be written again.
func TestCheckpointCannotBeKept(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	setClock(d)
	o := keyOptions(t)
	l := openLog(t, d, o)
	dir := filepath.Dir(o.KeyFile)
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	appendAll(t, d, l, draft("A", 1))
	if _, err := tryAppend(d, l, draft("A", 2)); !errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), "cannot be kept") {
		t.Fatal(err)
	}
	if err := os.Rename(dir+".away", dir); err != nil {
		t.Fatal(err)
	}
	appendAll(t, d, l, draft("A", 2))
	if b, err := os.ReadFile(o.KeyFile + ".checkpoint"); err != nil || !bytes.Contains(b, []byte("\n2\n")) {
		t.Fatalf("%s, %v", b, err)
	}
}

func TestDamagedCheckpointFile(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	setClock(d)
	o := keyOptions(t)
	openLog(t, d, o)
	if err := os.WriteFile(o.KeyFile+".checkpoint", []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), d, o); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "is no checkpoint of this register") {
		t.Fatal(err)
	}
}

func TestErase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLog(t, d)
		secret := "a name that should not be here"
		x := draft("A", 1)
		x.Payload = []byte(`{"text":"` + secret + `"}`)
		appendAll(t, d, l, x, draft("B", 1))
		try := func(x Erasure) (e Entry, err error) {
			err = d.Write(t.Context(), func(tx *db.Tx) error {
				e, err = l.Erase(t.Context(), tx, x)
				return err
			})
			return e, err
		}
		good := Erasure{Position: 0, Ground: "personal data by mistake", By: [2]string{"office:secretariat", "office:legal"}, On: "2022-05-19"}
		for _, tt := range []struct {
			name   string
			change func(*Erasure)
			kind   errs.Kind
		}{
			{"one office", func(x *Erasure) { x.By[1] = x.By[0] }, errs.Invalid},
			{"no second", func(x *Erasure) { x.By[1] = "" }, errs.Invalid},
			{"no ground", func(x *Erasure) { x.Ground = "" }, errs.Invalid},
			{"the future", func(x *Erasure) { x.On = "2022-05-21" }, errs.Invalid},
			{"no such entry", func(x *Erasure) { x.Position = 2 }, errs.NotFound},
		} {
			bad := good
			tt.change(&bad)
			if _, err := try(bad); !errs.Is(err, tt.kind) {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
		e, err := try(good)
		if err != nil || e.Header.Subject != "erasure:0" || e.Header.Actor != "office:secretariat" {
			t.Fatalf("%+v, %v", e.Header, err)
		}
		if string(e.Payload) != `{"by":["office:secretariat","office:legal"],"ground":"personal data by mistake","on":"2022-05-19","position":0,"schema":1}` {
			t.Errorf("%s", e.Payload)
		}
		if _, err := try(good); !errs.Is(err, errs.Conflict) {
			t.Fatalf("twice: %v", err)
		}
		if _, err := try(Erasure{Position: 2, Ground: "x", By: good.By}); !errs.Is(err, errs.Invalid) {
			t.Fatalf("an erasure: %v", err)
		}
		if got, err := l.Entry(t.Context(), 0); err != nil || got.WithheldBy != 2 || got.Payload != nil || got.Salt != nil || got.Header.Subject != "pledge:A" {
			t.Fatalf("%+v, %v", got, err)
		}
		file := checkAll(t, l)
		if bytes.Contains(file, []byte(secret)) {
			t.Fatal("still in the export")
		}
		if report, err := VerifyExport(bytes.NewReader(file), ""); err != nil || report.Withheld != 1 || !strings.Contains(report.String(), "the payloads of 1 are withheld") {
			t.Fatalf("%v, %v", report, err)
		}
		r, err := l.Receipt(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		b, err := r.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if report, err := VerifyReceipt(b, l.Key()); err != nil || !strings.Contains(report.String(), "withheld") {
			t.Fatalf("%v, %v", report, err)
		}
		if d.Engine() == db.SQLite {
			if err := d.Scrub(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, suffix := range []string{"", "-wal"} {
				raw, err := os.ReadFile(strings.TrimPrefix(d.URL(), "sqlite:") + suffix)
				if err != nil && !errors.Is(err, os.ErrNotExist) || bytes.Contains(raw, []byte(secret)) {
					t.Fatalf("still in the file%s (%v)", suffix, err)
				}
			}
		}
	})
}

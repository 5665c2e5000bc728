package register

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
)

// publish appends one entry about a subject.
func publish(t *testing.T, d *db.DB, l *Log, subject string) {
	t.Helper()
	err := d.Write(context.Background(), func(tx *db.Tx) error {
		_, err := l.Append(context.Background(), tx, Draft{Actor: "office:test", Kind: "pledge", Subject: subject, Payload: []byte(`{"text":"We promise."}`)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Somebody who can write to the database can change a payload; nobody gets to see it.
func TestAChangedPayloadIsNeitherShownNorPassedOn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		l, err := Open(ctx, d, Options{Origin: "example.org/log", Key: KeyFromSeed([]byte("refuse"))})
		if err != nil {
			t.Fatal(err)
		}
		publish(t, d, l, "pledge:1")
		publish(t, d, l, "pledge:2")
		if err := d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE register_payload SET payload = $1 WHERE position = 1`, `{"text":"They lied."}`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		reads := map[string]func() error{
			"Tail":    func() error { _, err := l.Tail(ctx, 0, 10); return err },
			"History": func() error { _, err := l.History(ctx, "pledge:2"); return err },
			"Receipt": func() error { _, err := l.Receipt(ctx, 1); return err },
			"Export":  func() error { return l.Export(ctx, io.Discard) },
		}
		for name, read := range reads {
			if err := read(); err == nil || !strings.Contains(err.Error(), "position 1") {
				t.Errorf("%s: %v, want an error that names the position", name, err)
			}
		}
		if _, err := l.History(ctx, "pledge:1"); err != nil {
			t.Errorf("the entry beside it: %v", err)
		}
	})
}

func TestARegisterWithoutEntriesMayStillBeNamed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		options := Options{Origin: "127.0.0.1:8080/log", Key: KeyFromSeed([]byte("name")), KeyFile: filepath.Join(t.TempDir(), "key")}
		if _, err := Open(ctx, d, options); err != nil {
			t.Fatal(err)
		}
		options.Origin = "pledges.example.org/log"
		l, err := Open(ctx, d, options)
		if err != nil {
			t.Fatalf("another name before the first entry: %v", err)
		}
		if l.Origin() != options.Origin {
			t.Errorf("origin %s, want %s", l.Origin(), options.Origin)
		}
		publish(t, d, l, "pledge:1")
		options.Origin = "other.example.org/log"
		if _, err := Open(ctx, d, options); !errs.Is(err, errs.Conflict) {
			t.Errorf("another name after the first entry: %v, want a conflict", err)
		}
	})
}

func TestANewOriginNeedsALoss(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		options := Options{Origin: "example.org/log", Key: KeyFromSeed([]byte("loss"))}
		l, err := Open(ctx, d, options)
		if err != nil {
			t.Fatal(err)
		}
		publish(t, d, l, "pledge:1")
		options.NewOrigin = "example.org/log2"
		if _, err := Open(ctx, d, options); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "lacks nothing") {
			t.Errorf("nothing is lost: %v, want a conflict", err)
		}
		options.Key = KeyFromSeed([]byte("another"))
		if l, err = Open(ctx, d, options); err != nil || l.Origin() != "example.org/log2" {
			t.Errorf("with the key lost: %v", err)
		}
	})
}

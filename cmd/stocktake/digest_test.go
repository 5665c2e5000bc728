package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/lang"
	"stocktake/internal/mail"
	"stocktake/internal/queue"
	"stocktake/internal/web"
)

func TestTheDigest(t *testing.T) {
	eachEngine(t, func(b *bench) {
		t, ctx := b.t, context.Background()
		g := globals{DB: b.db, Compact: "gcm", LogKey: b.path("log.key")}
		h, err := g.open(ctx, &streams{io.Discard, io.Discard}, opening{write: true})
		if err != nil {
			t.Fatal(err)
		}
		defer h.close()
		now := time.Date(2026, 3, 6, 5, 0, 0, 0, time.UTC) // a Friday
		h.db.SetClock(func() time.Time { return now })
		s, err := h.staffOf(workFlags{}, web.Site{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for email, role := range map[string]access.Role{"r@example.net": access.Reviewer, "a@example.net": access.Administrator, "o@example.net": access.Observer} {
			if _, err := s.invite(ctx, h, access.Invitation{Email: email, Name: "Name", Language: lang.AR, Grants: []access.Grant{{Role: role}}}); err != nil {
				t.Fatal(err)
			}
		}
		letters := func() (all []mail.Entry) {
			if err := h.db.Read(ctx, func(tx *db.Tx) (err error) {
				all, err = s.mail.List(ctx, tx, mail.Filter{Template: mail.LetterDigest})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return all
		}
		digest := func() {
			if err := s.digest(ctx, h.db); err != nil {
				t.Fatal(err)
			}
		}
		if digest(); len(letters()) != 0 {
			t.Fatal("a digest of nothing")
		}
		if err := h.db.Write(ctx, func(tx *db.Tx) error { _, err := queue.Add(ctx, tx, "greet", 1, queue.Attempts(1)); return err }); err != nil {
			t.Fatal(err)
		}
		l, ok, err := queue.Take(ctx, h.db, []string{"greet"}, time.Minute)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		if err := h.db.Write(ctx, func(tx *db.Tx) error { _, err := l.Fail(ctx, tx, errors.New("no")); return err }); err != nil {
			t.Fatal(err)
		}
		digest()
		all := letters()
		if len(all) != 2 {
			t.Fatalf("%d letters", len(all))
		}
		if e := all[0]; !strings.Contains(e.Body, "المهام المتروكة: 1\n") || !strings.Contains(e.Body, h.base+"/ar/desk\n") || !strings.Contains(e.Off, "/ar/letters/") {
			t.Errorf("%s\n%s", e.Off, e.Body)
		}
		now = now.AddDate(0, 0, 1)
		if digest(); len(letters()) != 2 {
			t.Error("a digest on a Saturday")
		}
	})
}

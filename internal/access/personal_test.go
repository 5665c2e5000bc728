package access_test

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
)

func TestAPersonIsExportedAndErased(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		forgotten := ""
		var h *house
		h = open(t, d, func(o *access.Options) {
			o.Passwords = true
			o.Personal = map[string]func(context.Context, *db.Tx, string) (any, error){
				"letters": func(_ context.Context, _ *db.Tx, person string) (any, error) { return []string{"to " + person}, nil },
			}
			o.Forget = []func(context.Context, *db.Tx, string) error{func(ctx context.Context, tx *db.Tx, person string) error {
				forgotten = person
				p, err := h.book.PersonByID(ctx, tx, person)
				if p.Name == "" {
					t.Error("nobody can tell any more under which name something is kept")
				}
				return err
			}}
		})
		p := h.invite("wangari@example.org", focal("ken"))
		s := h.signIn(p)
		h.withPasskey(t, p)
		if _, _, err := h.book.MakeToken(t.Context(), p, "Wangari's export", []string{"reports:write"}, h.now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if err := h.book.SetPassword(t.Context(), p, "", good, s.ID); err != nil {
			t.Fatal(err)
		}
		other := h.invite("o@example.org", focal("bra"))
		if _, err := h.book.Export(t.Context(), other, p.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("another exports: %v", err)
		}
		text, err := h.book.Export(t.Context(), p, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		var all struct {
			ID, Name, Email                   string
			Grants                            []access.Grant
			Sessions, Passkeys, Tokens, Links []any
			Did                               []access.Record
			Letters                           []string
			DoneTo                            []access.Record `json:"done_to"`
		}
		if err := json.Unmarshal(text, &all); err != nil {
			t.Fatal(err)
		}
		if all.ID != p.ID || all.Email != p.Email || len(all.Grants) != 1 || len(all.Sessions) != 1 || len(all.Passkeys) != 1 || len(all.Tokens) != 1 || len(all.Links) == 0 ||
			len(all.Did) == 0 || len(all.DoneTo) == 0 || !slices.Equal(all.Letters, []string{"to " + p.ID}) {
			t.Errorf("the export is %s", text)
		}
		for _, secret := range []string{s.Cookie, "hash", "argon2id"} {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("the export holds %q", secret)
			}
		}
		if err := h.book.Erase(t.Context(), other, p.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("another erases: %v", err)
		}
		if err := h.book.Erase(t.Context(), p, p.ID); err != nil {
			t.Fatal(err)
		}
		var dump strings.Builder
		if err := h.db.Dump(t.Context(), &dump); err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"wangari", "Wangari", "my phone", "$argon2id"} {
			if strings.Contains(dump.String(), word) {
				t.Errorf("%q is left", word)
			}
		}
		if !strings.Contains(dump.String(), p.ID) || forgotten != p.ID {
			t.Error("the id is gone, or others were not told")
		}
		gone := h.person(p.ID)
		if !gone.Closed || gone.Email != "" || len(gone.Parties(h.book.Today())) != 0 {
			t.Errorf("%+v", gone)
		}
		if _, _, err := h.book.Session(t.Context(), s.Cookie); !errs.Is(err, errs.Unauthenticated) {
			t.Error(err)
		}
		if again := h.invite("wangari@example.org"); again.ID == p.ID { // the address is free
			t.Error("the same account")
		}
	})
}

func TestAPersonDescribesThemselves(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.invite("p@example.org", focal("ken"))
		if err := h.book.Describe(t.Context(), p, p.ID, access.Details{Name: "أمينة", Language: lang.AR, TimeZone: "Africa/Nairobi"}); err != nil {
			t.Fatal(err)
		}
		if p = h.person(p.ID); p.Name != "أمينة" || p.Language != lang.AR || p.TimeZone != "Africa/Nairobi" {
			t.Errorf("%+v", p)
		}
		if err := h.book.Describe(t.Context(), h.invite("o@example.org", focal("bra")), p.ID, access.Details{Language: lang.EN}); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
		if err := h.book.Describe(t.Context(), p, p.ID, access.Details{Name: "x", Language: "xx", TimeZone: "Local"}); len(errs.FieldsOf(err)) != 2 {
			t.Error(err)
		}
	})
}

func TestTheAuditSaysWhoDidWhat(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.invite("p@example.org", focal("ken"))
		h.later(time.Second)
		h.write(func(tx *db.Tx) error {
			return h.book.Audit(t.Context(), tx, h.admin, access.ReadOutbox, "person:"+p.ID)
		})
		h.later(time.Second)
		h.signIn(p)
		if _, err := h.book.Audited(t.Context(), p, access.AuditFilter{}); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a focal point reads it: %v", err)
		}
		all, err := h.book.Audited(t.Context(), h.admin, access.AuditFilter{Subject: "person:" + p.ID})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range all {
			by := map[string]string{p.ID: "p", h.admin.ID: "admin"}[r.Person]
			if by == "" {
				by = r.Person
			}
			got = append(got, by+" "+string(r.Action))
		}
		// The latest first; those of one moment in any order.
		if !slices.Contains(got[:2], "p session.begin") || !slices.Contains(got[:2], "p session.ask") || got[2] != "admin mail.read" {
			t.Errorf("%v", got)
		}
		if !slices.Contains(got, "operator person.invite") || !slices.Contains(got, "operator person.appoint") || len(got) != 5 {
			t.Errorf("%v", got)
		}
		one, err := h.book.Audited(t.Context(), h.admin, access.AuditFilter{Action: access.ReadOutbox, Person: h.admin.ID, Limit: 1})
		if err != nil || len(one) != 1 || one[0].Subject != "person:"+p.ID || one[0].At.After(h.now) {
			t.Errorf("%+v, %v", one, err)
		}
		// What is written down fails with the act, and the act with it.
		before := h.count("access_audit", "1 = 1")
		err = h.try(func(tx *db.Tx) error {
			if err := h.book.Audit(t.Context(), tx, h.admin, access.ReadOutbox, "person:x"); err != nil {
				return err
			}
			return errs.New(errs.Conflict, "the act failed")
		})
		if !errs.Is(err, errs.Conflict) || h.count("access_audit", "1 = 1") != before {
			t.Errorf("%v", err)
		}
	})
}

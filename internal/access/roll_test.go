package access_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
)

// After a restore nobody is signed in, and nothing that was mailed or copied lets anybody in.
func TestEverythingThatLetsSomebodyInEndsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p, invitation := h.inviteLink("amina@example.org", access.Grant{Role: access.FocalPoint, Party: "ken"})
		s := h.signIn(p)
		_, secret, err := h.book.MakeToken(t.Context(), p, "script", []string{"pledges:write"}, h.now.AddDate(0, 1, 0))
		if err != nil {
			t.Fatal(err)
		}
		var live access.Live
		h.write(func(tx *db.Tx) (err error) { live, err = h.book.EndAll(t.Context(), tx); return err })
		if live.Sessions != 1 || live.Tokens != 1 || live.Links < 1 {
			t.Errorf("%+v", live)
		}
		if _, _, err := h.book.Session(t.Context(), s.Cookie); err == nil {
			t.Error("the session goes on")
		}
		if _, _, err := h.book.Token(t.Context(), secret); err == nil {
			t.Error("the token works")
		}
		if _, _, err := h.book.Redeem(t.Context(), invitation); err == nil {
			t.Error("the link of the invitation works")
		}
		h.write(func(tx *db.Tx) (err error) { live, err = h.book.EndAll(t.Context(), tx); return err })
		if live != (access.Live{}) {
			t.Errorf("ended twice: %+v", live)
		}
		h.signIn(h.person(p.ID)) // and a new link does
	})
}

// A roll that is younger than the backup says what was ended meanwhile, and nothing else is.
func TestADatabaseCatchesUpWithARoll(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		stays := h.invite("stays@example.org", access.Grant{Role: access.Reviewer})
		closed := h.invite("closed@example.org", access.Grant{Role: access.Reviewer})
		erased := h.invite("erased@example.org", access.Grant{Role: access.Reviewer})
		loses := h.invite("loses@example.org", access.Grant{Role: access.Reviewer}, access.Grant{Role: access.FocalPoint, Party: "ken"})
		var roll access.Roll
		h.write(func(tx *db.Tx) (err error) {
			for _, query := range []string{
				`INSERT INTO access_passkey (id, person, name, credential, created, used) VALUES ('kept', $1, '', '{}', 1, 0)`,
				`INSERT INTO access_passkey (id, person, name, credential, created, used) VALUES ('lost', $1, '', '{}', 1, 0)`,
				`INSERT INTO access_password (person, hash, changed) VALUES ($1, 'x', 1)`,
			} {
				if _, err := tx.Exec(t.Context(), query, stays.ID); err != nil {
					return err
				}
			}
			roll, err = h.book.Roll(t.Context(), tx)
			return err
		})
		text, err := json.Marshal(roll)
		if err != nil || strings.Contains(string(text), "example.org") || strings.Contains(string(text), "null") || !slices.Contains(roll.People, closed.ID) {
			t.Fatalf("%s %v", text, err)
		}
		h.later(time.Hour)
		without := func(list []string, ids ...string) []string {
			return slices.DeleteFunc(slices.Clone(list), func(id string) bool { return slices.Contains(ids, id) })
		}
		roll.People = without(roll.People, closed.ID, erased.ID)
		roll.Erased = []string{erased.ID, "per-younger-than-this"}
		roll.Grants = without(roll.Grants, loses.Grants[1].ID, closed.Grants[0].ID, erased.Grants[0].ID)
		roll.Passkeys, roll.Passwords = without(roll.Passkeys, "lost"), []string{stays.ID + ":2"}
		before := len(h.sent)
		var c access.Caught
		h.write(func(tx *db.Tx) (err error) { c, err = h.book.CatchUp(t.Context(), tx, roll); return err })
		if c.Accounts != 2 || c.Grants != 3 || c.Passkeys != 1 || c.Passwords != 1 || !slices.Equal(c.Erase, []string{erased.ID}) {
			t.Errorf("%+v", c)
		}
		if len(h.sent) != before {
			t.Errorf("somebody was written to: %+v", h.sent[before:])
		}
		h.write(func(tx *db.Tx) error {
			now, err := h.book.Roll(t.Context(), tx)
			if !slices.Equal(now.Passkeys, []string{"kept"}) || len(now.Passwords) != 0 {
				t.Errorf("left are %v and %v", now.Passkeys, now.Passwords)
			}
			return err
		})
		today := h.book.Today()
		for _, p := range []access.Person{stays, closed, erased, loses} {
			now := h.person(p.ID)
			if closed := p.ID != stays.ID && p.ID != loses.ID; now.Closed != closed {
				t.Errorf("%s: closed %v", p.Email, now.Closed)
			}
			if now.Has(access.Reviewer, today) != !now.Closed {
				t.Errorf("%s holds %+v", p.Email, now.Grants)
			}
			if now.Has(access.FocalPoint, today) {
				t.Errorf("%s speaks for Kenya", p.Email)
			}
		}
	})
}

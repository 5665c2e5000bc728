package access_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
)

func focal(party string) access.Grant { return access.Grant{Role: access.FocalPoint, Party: party} }

// Whoever knows parties is asked before somebody is made the focal point of one.
func TestAFocalPointIsOfAPartyThatThereIs(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d, func(o *access.Options) {
			o.IsParty = func(_ context.Context, _ *db.Tx, code string) (bool, error) { return code == "ken", nil }
		})
		p := h.invite("amina@example.org", access.Grant{Role: access.FocalPoint, Party: " KEN"})
		if got := p.Grants[0].Party; got != "ken" {
			t.Errorf("a focal point of %q", got)
		}
		no := access.Grant{Role: access.FocalPoint, Party: "zzzz-nowhere"}
		invite := h.try(func(tx *db.Tx) error {
			_, _, err := h.book.Invite(t.Context(), tx, h.admin, access.Invitation{Email: "b@example.org", Name: "B", Grants: []access.Grant{no}})
			return err
		})
		grant := h.try(func(tx *db.Tx) error {
			_, err := h.book.Grant(t.Context(), tx, h.admin, p.ID, no)
			return err
		})
		for what, err := range map[string]error{"invite": invite, "grant": grant} {
			if fields := errs.FieldsOf(err); !errs.Is(err, errs.Invalid) || len(fields) != 1 || fields[0].Field != "party" || fields[0].Value != "zzzz-nowhere" {
				t.Errorf("%s: %v", what, err)
			}
		}
		h.write(func(tx *db.Tx) error {
			if _, err := h.book.PersonByEmail(t.Context(), tx, "b@example.org"); !errs.Is(err, errs.NotFound) {
				t.Errorf("an account was made: %v", err)
			}
			return nil
		})
	})
}

func TestAGrantHoldsForItsDays(t *testing.T) {
	g := access.Grant{From: "2026-05-01", Until: "2026-05-31"}
	for day, want := range map[string]bool{"2026-04-30": false, "2026-05-01": true, "2026-05-31": true, "2026-06-01": false} {
		if g.On(day) != want {
			t.Errorf("%s: %v", day, !want)
		}
	}
	if !(access.Grant{}).On("2026-05-01") {
		t.Error("a grant without days does not hold")
	}
}

func TestOfSeveralGrantsTheStrongestCounts(t *testing.T) {
	deputy, first, transmits := access.Grant{ID: "d", Role: access.FocalPoint, Party: "ken", Deputy: true}, access.Grant{ID: "f", Role: access.FocalPoint, Party: "ken"},
		access.Grant{ID: "t", Role: access.FocalPoint, Party: "ken", Deputy: true, Transmits: true}
	p := access.Person{ID: "p", Grants: []access.Grant{deputy, first, focal("bra")}}
	if g, ok := p.FocalPoint("ken", today); !ok || g.ID != "f" {
		t.Errorf("%+v", g)
	}
	p.Grants = append(p.Grants, transmits)
	if g, ok := p.FocalPoint("ken", today); !ok || g.ID != "t" || !p.Transmits("ken", today) || p.Transmits("bra", today) {
		t.Errorf("%+v", g)
	}
	if got := p.Parties(today); !slices.Equal(got, []string{"bra", "ken"}) {
		t.Errorf("%v", got)
	}
	if _, ok := p.FocalPoint("", today); ok {
		t.Error("a focal point of nothing")
	}
}

func TestGrantsAreGivenAndEnded(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.invite("p@example.org", focal("ken"))
		reviewer := h.invite("r@example.org", access.Grant{Role: access.Reviewer})
		var g access.Grant
		h.write(func(tx *db.Tx) (err error) {
			g, err = h.book.Grant(t.Context(), tx, h.admin, p.ID, access.Grant{Role: access.Translator})
			return err
		})
		if p = h.person(p.ID); !p.Has(access.Translator, h.book.Today()) || g.From != h.book.Today() {
			t.Errorf("%+v", p.Grants)
		}
		if last := h.sent[len(h.sent)-1]; last.Template != "access_grant" || last.Person != p.ID {
			t.Errorf("the letter is %+v", last)
		}
		for name, by := range map[string]access.Person{"a reviewer": reviewer, "a stranger": h.invite("s@example.org", focal("bra"))} {
			if err := h.try(func(tx *db.Tx) error { return h.book.End(t.Context(), tx, by, g.ID, "") }); err == nil {
				t.Errorf("%s ends a translator's role", name)
			}
		}
		h.write(func(tx *db.Tx) error { return h.book.End(t.Context(), tx, h.admin, g.ID, "2026-06-30") })
		if p = h.person(p.ID); !p.Has(access.Translator, "2026-06-30") || p.Has(access.Translator, "2026-07-01") {
			t.Errorf("%+v", p.Grants)
		}
		h.write(func(tx *db.Tx) error { return h.book.End(t.Context(), tx, p, g.ID, "") }) // one's own, at once
		if p = h.person(p.ID); p.Has(access.Translator, h.book.Today()) || len(p.Grants) != 2 {
			t.Errorf("%+v", p.Grants)
		}
		h.write(func(tx *db.Tx) error { return h.book.End(t.Context(), tx, reviewer, p.Grants[0].ID, "") })
		if p = h.person(p.ID); len(p.Parties(h.book.Today())) != 0 {
			t.Errorf("%+v", p.Grants)
		}
		err := h.try(func(tx *db.Tx) error { return h.book.End(t.Context(), tx, h.admin, "gra-nothing", "") })
		if !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
	})
}

func TestAContactHandsOver(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d, func(o *access.Options) {
			o.PartyName = func(_ context.Context, _ *db.Tx, code string, c lang.Code) (string, error) {
				return code + " in " + string(c), nil
			}
		})
		leaver := h.invite("leaver@example.org", access.Grant{Role: access.FocalPoint, Party: "ken", Transmits: true})
		deputy := h.invite("deputy@example.org", access.Grant{Role: access.FocalPoint, Party: "ken", Deputy: true})
		grant := leaver.Grants[0].ID
		over := func(by access.Person, s access.Succession) (k access.Packet, err error) {
			err = h.try(func(tx *db.Tx) (err error) {
				k, err = h.book.HandOver(t.Context(), tx, by, s)
				return err
			})
			return k, err
		}
		next := access.Invitation{Email: "next@example.org", Name: "Next"}
		for name, tt := range map[string]struct {
			by access.Person
			s  access.Succession
		}{
			"by a deputy":      {deputy, access.Succession{Grant: grant, Invite: next}},
			"by a stranger":    {h.invite("s@example.org", focal("bra")), access.Succession{Grant: grant, Invite: next}},
			"to oneself":       {leaver, access.Succession{Grant: grant, To: leaver.ID}},
			"to one's address": {leaver, access.Succession{Grant: grant, Invite: access.Invitation{Email: leaver.Email}}},
			"in the past":      {leaver, access.Succession{Grant: grant, Last: "2026-05-01", Invite: next}},
			"of nothing":       {leaver, access.Succession{Grant: "gra-x", Invite: next}},
		} {
			if _, err := over(tt.by, tt.s); err == nil {
				t.Errorf("%s: accepted", name)
			}
		}
		k, err := over(leaver, access.Succession{Grant: grant, Last: "2026-05-31", Invite: next})
		if err != nil {
			t.Fatal(err)
		}
		if k.Party != "ken" || k.From.ID != leaver.ID || k.To.Email != "next@example.org" || k.Grant.Until != "2026-05-31" || len(k.Deputies) != 1 || k.Deputies[0].ID != deputy.ID {
			t.Errorf("%+v", k)
		}
		if leaver = h.person(leaver.ID); !leaver.Transmits("ken", "2026-05-31") || leaver.Transmits("ken", "2026-06-01") {
			t.Errorf("who leaves holds %+v", leaver.Grants)
		}
		if to := h.person(k.To.ID); to.Transmits("ken", "2026-05-31") || !to.Transmits("ken", "2026-06-01") {
			t.Errorf("who follows holds %+v", to.Grants)
		}
		if n := h.count("access_audit", "action = 'person.invite' AND person = '"+leaver.ID+"' AND subject = 'person:"+k.To.ID+"'"); n != 1 {
			t.Errorf("the audit has %d invitations of the leaver", n)
		}
		if last := h.sent[len(h.sent)-1]; last.Template != "access_hand_over" || last.To != "next@example.org" || last.Data["Leaver"] != leaver.Name || last.Data["Party"] != "ken in en" {
			t.Errorf("the letter is %+v", last)
		}
		// On no day is the party without somebody who transmits.
		for _, day := range []string{"2026-05-20", "2026-05-31", "2026-06-01", "2026-07-01"} {
			h.write(func(tx *db.Tx) error {
				people, err := h.book.ContactsOf(t.Context(), tx, "ken", day)
				if len(people) != 2 || people[1].ID != deputy.ID || !people[0].Transmits("ken", day) {
					t.Errorf("on %s the contacts are %+v", day, people)
				}
				return err
			})
		}
	})
}

// The same is not given twice; what differs is, and who hands over leaves nothing behind.
func TestNothingOfAContactIsLeftBehind(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		first := access.Grant{Role: access.FocalPoint, Party: "ken"}
		p := h.invite("p@example.org", first, focal("bra"))
		give := func(g access.Grant) error {
			return h.try(func(tx *db.Tx) error {
				_, err := h.book.Grant(t.Context(), tx, h.admin, p.ID, g)
				return err
			})
		}
		for name, g := range map[string]access.Grant{
			"the same": first, "for a while": {Role: access.FocalPoint, Party: "ken", Until: "2027-01-31"}, "later": {Role: access.FocalPoint, Party: "KEN", From: "2026-12-01"},
		} {
			if err := give(g); !errs.Is(err, errs.Conflict) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if h.invite("p@example.org", first); len(h.person(p.ID).Grants) != 2 {
			t.Errorf("invited again: %+v", h.person(p.ID).Grants)
		}
		for _, g := range []access.Grant{{Role: access.FocalPoint, Party: "ken", Deputy: true, Transmits: true}, {Role: access.FocalPoint, Party: "ken", Transmits: true, From: "2026-12-01"}} {
			if err := give(g); err != nil {
				t.Fatal(err)
			}
		}
		p = h.person(p.ID)
		var k access.Packet
		h.write(func(tx *db.Tx) (err error) {
			k, err = h.book.HandOver(t.Context(), tx, p, access.Succession{Grant: p.Grants[0].ID, Last: "2026-05-31", Invite: access.Invitation{Email: "next@example.org", Name: "Next"}})
			return err
		})
		if last := h.sent[len(h.sent)-1]; !strings.HasSuffix(last.Data["Link"], "/en/desk/packet/ken") {
			t.Errorf("the letter leads to %s", last.Data["Link"])
		}
		p = h.person(p.ID)
		for _, day := range []string{"2026-06-01", "2026-12-02"} {
			if got := p.Parties(day); !slices.Equal(got, []string{"bra"}) {
				t.Errorf("on %s the leaver speaks for %v", day, got)
			}
		}
		if g, ok := h.person(k.To.ID).FocalPoint("ken", "2026-06-01"); !ok || g.Deputy || !g.Transmits {
			t.Errorf("who follows holds %+v", g)
		}
	})
}

func TestPartiesWithoutAContactAreCounted(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.invite("ken@example.org", focal("ken"))
		bounced := h.invite("bra@example.org", focal("bra"))
		closed := h.invite("fra@example.org", focal("fra"))
		h.invite("past@example.org", access.Grant{Role: access.FocalPoint, Party: "deu", From: "2020-01-01", Until: "2021-01-01"})
		codes := []string{"ken", "ken", "ken.health", "bra", "fra", "deu", "kenya-trust"}
		count := func() (n int) {
			h.write(func(tx *db.Tx) (err error) {
				n, err = h.book.PartiesWithoutContact(t.Context(), tx, codes, h.book.Today())
				return err
			})
			return n
		}
		if n := count(); n != 2 { // deu, kenya-trust
			t.Errorf("%d", n)
		}
		h.write(func(tx *db.Tx) error { return h.book.Bounced(t.Context(), tx, bounced.Email) })
		if err := h.book.Close(t.Context(), h.admin, closed.ID); err != nil {
			t.Fatal(err)
		}
		if n := count(); n != 4 {
			t.Errorf("%d after a bounce and a closed account", n)
		}
		h.signIn(h.person(bounced.ID)) // by a mailed link: the letters arrive
		if n := count(); n != 3 {
			t.Errorf("%d after the address works again", n)
		}
		h.write(func(tx *db.Tx) error { return h.book.Bounced(t.Context(), tx, "nobody@example.org") })
	})
}

func TestPeopleAreListed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.invite("amina@example.org", focal("ken"))
		h.invite("bruno@example.org", focal("bra"), access.Grant{Role: access.Translator})
		gone := h.invite("chen@example.org", focal("ken"))
		if err := h.book.Close(t.Context(), h.admin, gone.ID); err != nil {
			t.Fatal(err)
		}
		if err := h.book.Describe(t.Context(), h.admin, h.admin.ID, access.Details{Name: "admin Ангел", Language: lang.RU}); err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct {
			f    access.Filter
			want string
		}{
			"all":           {access.Filter{}, "admin Ангел amina bruno"},
			"role":          {access.Filter{Role: access.Translator}, "bruno"},
			"party":         {access.Filter{Party: "ken"}, "amina"},
			"role of party": {access.Filter{Party: "bra", Role: access.Translator}, ""},
			"another day":   {access.Filter{Party: "ken", Day: "2020-01-01"}, ""},
			"words":         {access.Filter{Words: "BRUNO@"}, "bruno"},
			"any script":    {access.Filter{Words: "АНГЕЛ"}, "admin Ангел"},
			"words, pages":  {access.Filter{Words: "example", Limit: 1, Skip: 2}, "bruno"},
			"no wildcard":   {access.Filter{Words: "%"}, ""},
			"closed":        {access.Filter{Closed: true}, "chen"},
			"pages":         {access.Filter{Limit: 1, Skip: 1}, "amina"},
		} {
			h.write(func(tx *db.Tx) error {
				people, err := h.book.People(t.Context(), tx, tt.f)
				var names []string
				for _, p := range people {
					names = append(names, p.Name)
				}
				if got := strings.Join(names, " "); got != tt.want {
					t.Errorf("%s: %q, want %q", name, got, tt.want)
				}
				return err
			})
		}
	})
}

// Somebody who speaks for a party twice over is written to once, and known with all grants.
func TestAContactIsListedOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		transmits := focal("ken")
		transmits.Transmits = true
		p := h.invite("p@example.org", focal("bra"), access.Grant{Role: access.FocalPoint, Party: "ken", Deputy: true}, transmits)
		closed := h.invite("c@example.org", focal("ken"))
		if err := h.book.Close(t.Context(), h.admin, closed.ID); err != nil {
			t.Fatal(err)
		}
		h.write(func(tx *db.Tx) error {
			people, err := h.book.ContactsOf(t.Context(), tx, "ken", "2026-05-20")
			if len(people) != 1 || people[0].ID != p.ID || people[0].Email != "p@example.org" || len(people[0].Grants) != 3 {
				t.Errorf("the contacts are %+v", people)
			}
			return err
		})
	})
}

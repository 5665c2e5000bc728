package access_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
)

func TestAnInvitationLetsIn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p, token := h.inviteLink(" Amina@Example.ORG ", access.Grant{Role: access.FocalPoint, Party: "ken", Transmits: true})
		if p.Email != "amina@example.org" {
			t.Errorf("the address is kept as %q", p.Email)
		}
		letter := h.sent[len(h.sent)-1]
		if letter.Template != "access_invitation" || letter.Person != p.ID || letter.Data["Link"] != base+"/fr/sign-in/"+token {
			t.Errorf("the letter is %+v", letter)
		}
		for range 2 { // as a program does that scans mails
			if seen, err := h.book.Peek(t.Context(), token); err != nil || seen.ID != p.ID {
				t.Fatalf("opening the link: %v, %v", seen, err)
			}
		}
		s, in, err := h.book.Redeem(t.Context(), token, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
		if err != nil || in.ID != p.ID || !in.Transmits("ken", h.book.Today()) || s.Device != "Firefox, Linux" {
			t.Fatalf("%+v, %+v, %v", s, in, err)
		}
		if _, _, err := h.book.Redeem(t.Context(), token); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("a link works twice: %v", err)
		}
		if _, err := h.book.Peek(t.Context(), token); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("a used link shows %v", err)
		}
		if _, who, err := h.book.Session(t.Context(), s.Cookie); err != nil || who.ID != p.ID {
			t.Errorf("the session is of %v, %v", who, err)
		}
	})
}

func TestALinkEndsAfterTwentyMinutes(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for _, tt := range []struct {
			after time.Duration
			works bool
		}{{access.SignInFor - time.Second, true}, {access.SignInFor, false}} {
			link := h.link(h.admin.Email)
			h.later(tt.after)
			if _, _, err := h.book.Redeem(t.Context(), tokenOf(link)); (err == nil) != tt.works {
				t.Errorf("after %v: %v", tt.after, err)
			}
		}
		if !strings.HasPrefix(h.link(h.admin.Email), base+"/fr/sign-in/") {
			t.Error("the link leads elsewhere")
		}
	})
}

func TestLinksCanBeMadeShorter(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d, func(o *access.Options) { o.SignInFor = 10 * time.Minute })
		for after, works := range map[time.Duration]bool{10*time.Minute - time.Second: true, 10 * time.Minute: false} {
			link := h.link(h.admin.Email)
			if last := h.sent[len(h.sent)-1]; last.Data["Minutes"] != "10" {
				t.Errorf("the letter says %q minutes", last.Data["Minutes"])
			}
			h.later(after)
			if _, _, err := h.book.Redeem(t.Context(), tokenOf(link)); (err == nil) != works {
				t.Errorf("after %v: %v", after, err)
			}
		}
	})
}

// statements counts the writing statements that f runs, by their text.
func (h *house) statements(t *testing.T, f func()) []string {
	t.Helper()
	var all []string
	h.db.SetFault(func(s string) error { all = append(all, s); return nil })
	defer h.db.SetFault(nil)
	f()
	return all
}

// Asking for a link is the same work whether the address is somebody's or not: the same
// statements, one after the other, and the same answer. Who answers is a job that nobody waits for.
func TestAskingTellsNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		closed := h.invite("closed@example.org")
		if err := h.book.Close(t.Context(), h.admin, closed.ID); err != nil {
			t.Fatal(err)
		}
		sent := len(h.sent)
		var first []string
		for _, address := range []string{"admin@example.org", "nobody@example.org", "closed@example.org", "ADMIN@Example.org"} {
			got := h.statements(t, func() {
				if err := h.book.Ask(t.Context(), address); err != nil {
					t.Errorf("%s: %v", address, err)
				}
			})
			if first == nil {
				first = got
			}
			if !slices.Equal(got, first) || len(got) < 3 {
				t.Errorf("%s: %d statements, not %d", address, len(got), len(first))
			}
		}
		if len(h.sent) != sent {
			t.Error("asking itself mails")
		}
		if err := h.book.Ask(t.Context(), "no address"); !errs.Is(err, errs.Invalid) || strings.Contains(err.Error(), "no address") {
			t.Errorf("what is no address gives %v", err)
		}
		h.answer(t)
		var to []string
		for _, l := range h.sent[sent:] {
			to = append(to, l.Template+" "+l.To)
		}
		if want := []string{"access_sign_in admin@example.org", "access_sign_in admin@example.org"}; !slices.Equal(to, want) {
			t.Errorf("the letters are %v", to)
		}
		if n := h.count("access_asked", "1 = 1"); n != 0 {
			t.Errorf("%d typed addresses are left", n)
		}
		// One letter each, one link each, for an unknown one a link that leads nowhere.
		if n := h.count("access_link", "kind = 'sign_in'"); n != 4 {
			t.Errorf("%d links", n)
		}
	})
}

// answer runs the jobs that answer those who asked.
func (h *house) answer(t *testing.T) {
	t.Helper()
	var payloads []string
	h.write(func(tx *db.Tx) error {
		payloads = nil
		rows, err := tx.Query(t.Context(), `SELECT payload FROM queue_jobs WHERE kind = $1 ORDER BY created, id`, access.AskKind)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var p string
			if err := rows.Scan(&p); err != nil {
				return err
			}
			payloads = append(payloads, p)
		}
		return rows.Err()
	})
	for _, p := range payloads {
		if strings.Contains(p, "@") {
			t.Errorf("the queue holds an address: %s", p)
		}
		for range 2 { // a job runs at least once
			if err := h.book.Answer(t.Context(), []byte(p)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func (h *house) count(table, where string) (n int) {
	h.t.Helper()
	h.write(func(tx *db.Tx) error {
		return tx.QueryRow(h.t.Context(), `SELECT count(*) FROM `+table+` WHERE `+where).Scan(&n)
	})
	return n
}

func TestALinkForNobodyLeadsNowhere(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for _, address := range []string{"nobody@example.org", "", "not an address"} {
			token := tokenOf(h.link(address))
			if _, err := h.book.Peek(t.Context(), token); !errs.Is(err, errs.Unauthenticated) {
				t.Errorf("%q: %v", address, err)
			}
			if _, _, err := h.book.Redeem(t.Context(), token); !errs.Is(err, errs.Unauthenticated) {
				t.Errorf("%q: %v", address, err)
			}
		}
		for _, token := range []string{"", "x", strings.Repeat("A", 43), strings.Repeat("A", 42) + "B", strings.Repeat("\x00", 43)} {
			if _, _, err := h.book.Redeem(t.Context(), token); !errs.Is(err, errs.Unauthenticated) {
				t.Errorf("%q: %v", token, err)
			}
			if _, _, err := h.book.Session(t.Context(), token); !errs.Is(err, errs.Unauthenticated) {
				t.Errorf("%q as a cookie: %v", token, err)
			}
		}
	})
}

// Of many who redeem one link at the same moment, one signs in.
func TestALinkIsRedeemedOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		token := tokenOf(h.link(h.admin.Email))
		var in atomic.Int32
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if _, _, err := h.book.Redeem(t.Context(), token); err == nil {
					in.Add(1)
				} else if !errs.Is(err, errs.Unauthenticated) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if in.Load() != 1 {
			t.Errorf("%d signed in", in.Load())
		}
	})
}

func TestSigningInEndsOtherLinks(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p, invitation := h.inviteLink("amina@example.org")
		one, two := tokenOf(h.link(p.Email)), tokenOf(h.link(p.Email))
		if _, _, err := h.book.Redeem(t.Context(), two); err != nil {
			t.Fatal(err)
		}
		for _, token := range []string{one, invitation} {
			if _, _, err := h.book.Redeem(t.Context(), token); !errs.Is(err, errs.Unauthenticated) {
				t.Errorf("an older link works: %v", err)
			}
		}
	})
}

// No secret is in the database as it was given out, nor an address in an error.
func TestSecretsAreKeptHashed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		link := tokenOf(h.link(h.admin.Email))
		s := h.signIn(h.admin)
		_, token, err := h.book.MakeToken(t.Context(), h.admin, "export", []string{"pledges:read-own"}, h.now.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		var dump strings.Builder
		if err := h.db.Dump(t.Context(), &dump); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(dump.String(), "admin@example.org") {
			t.Fatal("the dump is not of this database")
		}
		for name, secret := range map[string]string{"link": link, "cookie": s.Cookie, "token": token} {
			if strings.Contains(dump.String(), secret) {
				t.Errorf("the %s is in the database", name)
			}
		}
	})
}

func TestInvitingAgainKeepsTheAccount(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.invite("amina@example.org", access.Grant{Role: access.FocalPoint, Party: "ken"})
		again := h.invite("Amina@example.org", access.Grant{Role: access.Translator, Language: lang.AR})
		if again.ID != p.ID || !again.Has(access.FocalPoint, h.book.Today()) || !again.Translates(lang.AR, h.book.Today()) || again.Translates(lang.FR, h.book.Today()) {
			t.Errorf("%+v", again)
		}
		if err := h.book.Close(t.Context(), h.admin, p.ID); err != nil {
			t.Fatal(err)
		}
		err := h.try(func(tx *db.Tx) error {
			_, _, err := h.book.Invite(t.Context(), tx, h.admin, access.Invitation{Email: "amina@example.org"})
			return err
		})
		if !errs.Is(err, errs.Conflict) || strings.Contains(err.Error(), "amina") {
			t.Errorf("a closed account: %v", err)
		}
	})
}

// Whoever invites somebody, who may have an account with rights of their own, does not get the
// link to it; nor do they say where a grant comes from.
func TestWhoInvitesIsNotHandedTheLink(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		contact := h.invite("contact@example.org", access.Grant{Role: access.FocalPoint, Party: "ken"})
		for _, by := range []access.Person{contact, h.admin} {
			for _, email := range []string{"new-" + by.Email, h.admin.Email} {
				h.write(func(tx *db.Tx) error {
					p, link, err := h.book.Invite(t.Context(), tx, by, access.Invitation{Email: email, Grants: []access.Grant{{Role: access.FocalPoint, Party: "ken", Deputy: true, Source: "oidc"}}})
					if link != "" || p.Grants[len(p.Grants)-1].Source != "" {
						t.Errorf("%s invites %s and gets %q, %+v", by.Name, email, link, p.Grants)
					}
					return err
				})
				if l := h.sent[len(h.sent)-1]; l.To != email || l.Data["Link"] == "" {
					t.Errorf("%s was sent %+v", email, l)
				}
			}
		}
	})
}

func TestWhoMayInvite(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		contact := h.invite("contact@example.org", access.Grant{Role: access.FocalPoint, Party: "ken"})
		deputy := h.invite("deputy@example.org", access.Grant{Role: access.FocalPoint, Party: "ken", Deputy: true})
		chief := h.invite("chief@example.org", access.Grant{Role: access.FocalPoint, Party: "ken", Transmits: true})
		reviewer := h.invite("reviewer@example.org", access.Grant{Role: access.Reviewer})
		kenya := access.Grant{Role: access.FocalPoint, Party: "ken", Deputy: true}
		transmits := access.Grant{Role: access.FocalPoint, Party: "ken", Transmits: true}
		for i, tt := range []struct {
			by    access.Person
			grant access.Grant
			want  bool
		}{
			{contact, kenya, true}, {contact, transmits, false}, {contact, access.Grant{Role: access.FocalPoint, Party: "bra"}, false},
			{contact, access.Grant{Role: access.Reviewer}, false}, {deputy, kenya, false}, {chief, transmits, true},
			{reviewer, transmits, true}, {reviewer, access.Grant{Role: access.Reviewer}, false}, {reviewer, access.Grant{Role: access.Administrator}, false},
			{h.admin, access.Grant{Role: access.Administrator}, true}, {h.admin, kenya, true}, {access.Person{}, kenya, false},
		} {
			err := h.try(func(tx *db.Tx) error {
				_, _, err := h.book.Invite(t.Context(), tx, tt.by, access.Invitation{Email: fmt.Sprintf("n%d@example.org", i), Grants: []access.Grant{tt.grant}})
				return err
			})
			if (err == nil) != tt.want {
				t.Errorf("%d: %v gives %+v: %v", i, tt.by.Name, tt.grant, err)
			}
		}
		for _, by := range []access.Person{contact, reviewer} {
			err := h.try(func(tx *db.Tx) error {
				_, _, err := h.book.Invite(t.Context(), tx, by, access.Invitation{Email: "bare@example.org"})
				return err
			})
			if err == nil {
				t.Errorf("%s makes an account without a grant", by.Name)
			}
		}
	})
}

func TestInvitationsAreChecked(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		good := access.Invitation{Email: "a@example.org", Grants: []access.Grant{{Role: access.FocalPoint, Party: "ken"}}}
		for name, change := range map[string]func(*access.Invitation){
			"email":     func(in *access.Invitation) { in.Email = "Amina <a@example.org>" },
			"name":      func(in *access.Invitation) { in.Name = "a\nb" },
			"language":  func(in *access.Invitation) { in.Language = "de" },
			"time_zone": func(in *access.Invitation) { in.TimeZone = "Mars/Olympus" },
			"role":      func(in *access.Invitation) { in.Grants[0] = access.Grant{Role: "king"} },
			"party":     func(in *access.Invitation) { in.Grants[0].Party = "" },
			"from":      func(in *access.Invitation) { in.Grants[0].From = "tomorrow" },
			"until":     func(in *access.Invitation) { in.Grants[0].Until = "2020-01-01" },
		} {
			in := good
			in.Grants = slices.Clone(good.Grants)
			change(&in)
			err := h.try(func(tx *db.Tx) error {
				_, _, err := h.book.Invite(t.Context(), tx, h.admin, in)
				return err
			})
			if fields := errs.FieldsOf(err); len(fields) != 1 || fields[0].Field != name {
				t.Errorf("%s: %v", name, err)
			}
			if n := h.count("access_address", "address LIKE 'a@%'"); n != 0 {
				t.Fatalf("%s: an account was made", name)
			}
		}
	})
}

// Attempts that lead nowhere are written down without a word of what was typed, and not for ever.
func TestRefusalsAreWrittenDown(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		refused := func() (n int) { return h.count("access_audit", "action LIKE 'session.refuse.%'") }
		for _, token := range []string{strings.Repeat("A", 43), "what somebody typed"} {
			if _, _, err := h.book.Redeem(t.Context(), token); !errs.Is(err, errs.Unauthenticated) {
				t.Error(err)
			}
		}
		if _, _, err := h.book.FinishSignIn(t.Context(), "", []byte("what somebody typed")); !errs.Is(err, errs.Unauthenticated) {
			t.Error(err)
		}
		if n := refused(); n != 3 || h.count("access_audit", "subject LIKE '%typed%'") != 0 {
			t.Errorf("%d", n)
		}
		before := h.count("access_audit", "1 = 1")
		h.later(91 * 24 * time.Hour)
		if err := h.book.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if refused() != 0 || h.count("access_audit", "1 = 1") != before-3 {
			t.Error("they are kept, or more is gone")
		}
	})
}

func TestDevicesAreNamedAndNotFollowed(t *testing.T) {
	for agent, want := range map[string]string{
		"": "", "curl/8.5": "curl", "\x00<script>": "",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0": "Edge, Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1":   "Safari, iOS",
		"Mozilla/5.0 (Linux; Android 15; Pixel) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36":       "Chrome, Android",
	} {
		if got := access.DeviceOf(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}

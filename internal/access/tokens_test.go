package access_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/errs"
)

// scanned is what a scanner of leaked secrets looks for.
var scanned = regexp.MustCompile(`^stk_[a-z2-7]{59}$`)

func TestATokenIsShownOnceAndEnds(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.invite("p@example.org", focal("ken"))
		token, secret, err := h.book.MakeToken(t.Context(), p, " nightly ", []string{"reports:write", "pledges:read-own", "reports:write"}, h.now.Add(48*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if !scanned.MatchString(secret) || !access.ValidToken(secret) || !strings.HasSuffix(secret, token.Hint) || token.Name != "nightly" {
			t.Errorf("%q, %+v", secret, token)
		}
		h.later(time.Hour)
		who, scopes, err := h.book.Token(t.Context(), secret)
		if err != nil || who.ID != p.ID || !slices.Equal(scopes, []string{"pledges:read-own", "reports:write"}) {
			t.Fatalf("%v, %v, %v", who.ID, scopes, err)
		}
		all, err := h.book.Tokens(t.Context(), p, p.ID)
		if err != nil || len(all) != 1 || !all[0].Used.Equal(h.now) {
			t.Errorf("%+v, %v", all, err)
		}
		other := h.invite("o@example.org", focal("bra"))
		if err := h.book.EndToken(t.Context(), other, p.ID, token.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("a stranger ends it: %v", err)
		}
		if err := h.book.EndToken(t.Context(), other, other.ID, token.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("as one's own: %v", err)
		}
		_, expires, err := h.book.MakeToken(t.Context(), p, "short", []string{"reports:write"}, h.now.Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		h.later(time.Minute)
		if err := h.book.EndToken(t.Context(), p, p.ID, token.ID); err != nil {
			t.Fatal(err)
		}
		for name, bearer := range map[string]string{"ended": secret, "expired": expires, "unknown": "stk_" + strings.Repeat("a", 59), "empty": ""} {
			if _, _, err := h.book.Token(t.Context(), bearer); !errs.Is(err, errs.Unauthenticated) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if all, err := h.book.Tokens(t.Context(), p, p.ID); err != nil || len(all) != 0 {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

func TestATokenOfAClosedAccountIsUseless(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.invite("p@example.org", focal("ken"))
		_, secret, err := h.book.MakeToken(t.Context(), p, "x", []string{"reports:write"}, h.now.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if err := h.book.Close(t.Context(), p, p.ID); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.book.Token(t.Context(), secret); !errs.Is(err, errs.Unauthenticated) {
			t.Error(err)
		}
	})
}

func TestTokensAreChecked(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for field, tt := range map[string]struct {
			name   string
			scopes []string
			until  time.Duration
		}{
			"name":    {" ", []string{"reports:write"}, time.Hour},
			"scopes":  {"x", []string{"everything"}, time.Hour},
			"expires": {"x", []string{"reports:write"}, 400 * 24 * time.Hour},
		} {
			_, _, err := h.book.MakeToken(t.Context(), h.admin, tt.name, tt.scopes, h.now.Add(tt.until))
			if f := errs.FieldsOf(err); len(f) != 1 || f[0].Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		if _, _, err := h.book.MakeToken(t.Context(), access.Person{}, "x", []string{"reports:write"}, h.now.Add(time.Hour)); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("nobody makes a token: %v", err)
		}
	})
}

// A scope takes away and adds nothing.
func TestAScopeOnlyLimits(t *testing.T) {
	p := access.Person{ID: "p", Grants: []access.Grant{{Role: access.FocalPoint, Party: "ken", Transmits: true}}}
	own := access.Subject{State: "draft", Lead: "ken"}
	for _, tt := range []struct {
		scopes []string
		a      access.Action
		s      access.Subject
		want   bool
	}{
		{[]string{"pledges:write"}, access.WritePledge, own, true},
		{[]string{"pledges:write"}, access.SubmitPledge, own, false},
		{[]string{"pledges:write", "pledges:submit"}, access.SubmitPledge, own, true},
		{[]string{"review:write"}, access.PublishPledge, access.Subject{State: "submitted", Lead: "ken"}, false},
		{[]string{"pledges:write"}, access.WritePledge, access.Subject{State: "draft", Lead: "bra"}, false},
		{nil, access.ReadPledge, own, false},
	} {
		if err := access.CheckScoped(p, tt.scopes, tt.a, tt.s, today); (err == nil) != tt.want {
			t.Errorf("%v %s: %v", tt.scopes, tt.a, err)
		}
	}
	for _, a := range access.Actions {
		scoped := access.InScope([]string{"pledges:read-own", "pledges:write", "pledges:submit", "reports:write", "review:read", "review:write"}, a)
		about := strings.HasPrefix(string(a), "person.") || strings.HasPrefix(string(a), "session.") || strings.HasPrefix(string(a), "token.") || strings.HasPrefix(string(a), "passkey.")
		if scoped && about {
			t.Errorf("a token can %s", a)
		}
	}
}

func FuzzValidToken(f *testing.F) {
	f.Add("")
	f.Add("stk_")
	f.Add("stk_" + strings.Repeat("a", 59))
	f.Add("stk_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" + "7o5k4ni")
	f.Fuzz(func(t *testing.T, s string) {
		if !access.ValidToken(s) {
			return
		}
		if !scanned.MatchString(s) {
			t.Fatalf("%q is taken for a token", s)
		}
		for i := range len(s) { // one character wrong is always found
			for _, c := range []byte("a7z_A") {
				if s[i] != c && access.ValidToken(s[:i]+string(c)+s[i+1:]) {
					t.Fatalf("%q with a %c at %d is a token too", s, c, i)
				}
			}
		}
	})
}

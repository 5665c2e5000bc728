package access_test

import (
	"strings"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/errs"
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

package access_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
)

const good = "seven herons over the lake"

func withPasswords(t *testing.T, story func(t *testing.T, h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		story(t, open(t, d, func(o *access.Options) { o.Passwords = true }))
	})
}

func TestPasswordsAreOffByDefault(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		if h.book.HasPasswords() {
			t.Error("they are on")
		}
		if err := h.book.SetPassword(t.Context(), h.admin, "", good, ""); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
		if _, _, err := h.book.SignInByPassword(t.Context(), h.admin.Email, good); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
	})
}

func TestAPasswordSignsIn(t *testing.T) {
	withPasswords(t, func(t *testing.T, h *house) {
		p := h.invite("p@example.org", focal("ken"))
		keep, other := h.signIn(p), h.signIn(p)
		if err := h.book.SetPassword(t.Context(), p, "", good, keep.ID); err != nil {
			t.Fatal(err)
		}
		if last := h.sent[len(h.sent)-1]; last.Template != "access_security" || last.Person != p.ID {
			t.Errorf("the letter is %+v", last)
		}
		if _, _, err := h.book.Session(t.Context(), keep.Cookie); err != nil {
			t.Errorf("the session that set it: %v", err)
		}
		if _, _, err := h.book.Session(t.Context(), other.Cookie); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("another session goes on: %v", err)
		}
		s, who, err := h.book.SignInByPassword(t.Context(), "P@example.org", good)
		if err != nil || who.ID != p.ID || s.Method != access.ByPassword {
			t.Fatalf("%v, %v", who.ID, err)
		}
		var answers []string
		for _, try := range [][2]string{{p.Email, good + "!"}, {p.Email, ""}, {"nobody@example.org", good}, {h.admin.Email, good}, {"no address", good}, {"", ""}, {p.Email, strings.Repeat("x", 1000)}} {
			_, _, err := h.book.SignInByPassword(t.Context(), try[0], try[1])
			if !errs.Is(err, errs.Unauthenticated) {
				t.Errorf("%q: %v", try, err)
				continue
			}
			answers = append(answers, err.Error())
		}
		for _, a := range answers {
			if a != answers[0] {
				t.Errorf("two answers: %q and %q", answers[0], a)
			}
		}
		if n := h.count("access_audit", "action = 'session.refuse.password' AND subject = 'person:"+p.ID+"'"); n != 2 {
			t.Errorf("%d refusals are written down for the person", n)
		}
		if n := h.count("access_audit", "action = 'session.refuse.password'"); n != 7 {
			t.Errorf("%d refusals are written down", n)
		}
		if h.count("access_password", "hash LIKE '$argon2id$v=19$m=47104,t=1,p=1$%'") != 1 {
			t.Error("it is kept otherwise")
		}
		if err := h.book.SetPassword(t.Context(), p, "", "", ""); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.book.SignInByPassword(t.Context(), p.Email, good); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("a password that was taken away: %v", err)
		}
		if err := h.book.SetPassword(t.Context(), p, "", good, ""); err != nil {
			t.Fatal(err)
		}
		if err := h.book.Close(t.Context(), h.admin, p.ID); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.book.SignInByPassword(t.Context(), p.Email, good); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("a closed account: %v", err)
		}
	})
}

// A wrong password is the same work whether the address is somebody's, has a password, or not.
func TestAWrongPasswordTellsNothing(t *testing.T) {
	withPasswords(t, func(t *testing.T, h *house) {
		p := h.invite("p@example.org", focal("ken"))
		if err := h.book.SetPassword(t.Context(), p, "", good, ""); err != nil {
			t.Fatal(err)
		}
		var first []string
		for _, email := range []string{p.Email, h.admin.Email, "nobody@example.org"} {
			got := h.statements(t, func() {
				if _, _, err := h.book.SignInByPassword(t.Context(), email, "seven cranes over the lake"); !errs.Is(err, errs.Unauthenticated) {
					t.Errorf("%s: %v", email, err)
				}
			})
			if first == nil {
				first = got
			}
			if !slices.Equal(got, first) || len(got) == 0 {
				t.Errorf("%s: %q, not %q", email, got, first)
			}
		}
	})
}

func TestPasswordsAreChecked(t *testing.T) {
	withPasswords(t, func(t *testing.T, h *house) {
		p := h.invite("wangari@example.org", focal("ken"))
		for name, password := range map[string]string{
			"short": "fourteen chars", "long": strings.Repeat("a long one ", 13), "few characters": strings.Repeat("abab", 10), "again and again": "walruswalruswalrus",
			"the name": "I am Wangari and who are you", "the site": "my Pledges are many and old", "an obvious word": "this is my Password for ever", "a control character": "seven herons\x00over the lake", "no text": "seven herons over \xff\xfe lake",
		} {
			err := h.book.SetPassword(t.Context(), p, "", password, "")
			if f := errs.FieldsOf(err); len(f) != 1 || f[0].Field != "password" || f[0].Value != "" || strings.Contains(err.Error(), password) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, password := range []string{"пятнадцать цапель", "湖面上飞过七只白鹭非常非常美丽的早晨", "with  two  spaces  and 🦩"} {
			if err := h.book.SetPassword(t.Context(), p, "", password, ""); err != nil {
				t.Errorf("%q: %v", password, err)
			}
			if err := h.book.SetPassword(t.Context(), p, "", "", ""); err != nil {
				t.Fatal(err)
			}
		}
		// However it is composed by the keyboard.
		if err := h.book.SetPassword(t.Context(), p, "", "sept hérons sur le lac", ""); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.book.SignInByPassword(t.Context(), p.Email, "sept he\u0301rons sur le lac"); err != nil {
			t.Error(err)
		}
	})
}

// To set another, one shows the one that one has; who has forgotten it takes it away first.
func TestChangingAPasswordNeedsTheCurrentOne(t *testing.T) {
	withPasswords(t, func(t *testing.T, h *house) {
		const better = "eleven barns under the moon"
		p := h.invite("p@example.org", focal("ken"))
		if has, err := h.book.HasPassword(t.Context(), p); has || err != nil {
			t.Errorf("at first: %v, %v", has, err)
		}
		if err := h.book.SetPassword(t.Context(), p, "", good, ""); err != nil {
			t.Fatal(err)
		}
		for _, wrong := range []string{"", better, good + " ", strings.Repeat("x", 1000)} {
			err := h.book.SetPassword(t.Context(), p, wrong, better, "")
			if fields := errs.FieldsOf(err); len(fields) != 1 || fields[0].Field != "current" {
				t.Errorf("%q: %v", wrong, err)
			}
		}
		if _, _, err := h.book.SignInByPassword(t.Context(), p.Email, good); err != nil {
			t.Errorf("after refusals: %v", err)
		}
		if err := h.book.SetPassword(t.Context(), p, good, better, ""); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.book.SignInByPassword(t.Context(), p.Email, good); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("the old one: %v", err)
		}
		if has, err := h.book.HasPassword(t.Context(), p); !has || err != nil {
			t.Errorf("%v, %v", has, err)
		}
		if err := h.book.SetPassword(t.Context(), p, "", "", ""); err != nil {
			t.Fatal(err)
		}
		if err := h.book.SetPassword(t.Context(), p, "", good, ""); err != nil {
			t.Errorf("after it was taken away: %v", err)
		}
	})
}

func TestKnownPasswordsAreRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "known.txt")
	if err := os.WriteFile(file, []byte("123456\nLetMeInLetMeInNow\r\n1q2w3e4r5t6y7u8i9o\n\xff\xffffffffffffffffff\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	known, err := access.LoadPasswords(file)
	if err != nil || len(known) != 2 {
		t.Fatal(known, err)
	}
	if _, err := access.LoadPasswords(file + "x"); !errs.Is(err, errs.Invalid) {
		t.Errorf("a list that is not there: %v", err)
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d, func(o *access.Options) { o.Passwords, o.KnownPasswords = true, known })
		for password, want := range map[string]bool{"letmeinletmeinnow": false, "1Q2W3E4R5T6Y7U8I9O": false, "letmeinletmeinnow, heron": true} {
			if err := h.book.SetPassword(t.Context(), h.invite(fmt.Sprintf("p%d@example.org", len(password))), "", password, ""); (err == nil) != want {
				t.Errorf("%q: %v", password, err)
			}
		}
	})
}

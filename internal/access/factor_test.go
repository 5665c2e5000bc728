package access_test

import (
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
)

func withSecondFactor(t *testing.T, whose access.SecondFactor, story func(t *testing.T, h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		story(t, open(t, d, func(o *access.Options) { o.SecondFactor, o.Passwords = whose, true }))
	})
}

// in is who comes with a session.
func (h *house) in(t *testing.T, s access.Session) access.Person {
	t.Helper()
	_, p, err := h.book.Session(t.Context(), s.Cookie)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// byPasskey signs somebody in with a device.
func (h *house) byPasskey(t *testing.T, a *authenticator) access.Person {
	t.Helper()
	ceremony, options, err := h.book.BeginSignIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, _, err := h.book.FinishSignIn(t.Context(), ceremony, a.get(options))
	if err != nil {
		t.Fatal(err)
	}
	return h.in(t, s)
}

func TestTheDeskNeedsASecondFactor(t *testing.T) {
	withSecondFactor(t, access.SecondFactorDesk, func(t *testing.T, h *house) {
		today := h.book.Today()
		p := h.invite("r@example.org", access.Grant{Role: access.Reviewer}, access.Grant{Role: access.Administrator}, focal("ken"))
		weak := h.in(t, h.signIn(p))
		if len(weak.Waiting) != 2 || weak.Has(access.Reviewer, today) || weak.Has(access.Administrator, today) {
			t.Fatalf("by a link the desk is open: %+v", weak)
		}
		if err := access.Enter(weak, access.EnterDesk, today); !errs.Is(err, errs.Forbidden) {
			t.Errorf("the door of the desk: %v", err)
		}
		if !weak.Transmits("ken", today) && !weak.Has(access.FocalPoint, today) {
			t.Error("what a focal point may do waits too")
		}
		// Nothing leads around it.
		if _, _, err := h.book.MakeToken(t.Context(), weak, "x", []string{"review:write"}, h.now.Add(time.Hour)); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a token: %v", err)
		}
		if err := h.book.SetPassword(t.Context(), weak, "", good, ""); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a password: %v", err)
		}
		if _, err := h.book.Export(t.Context(), weak, p.ID); !errs.Is(err, errs.Forbidden) {
			t.Errorf("the export: %v", err)
		}
		for _, end := range []func() error{
			func() error { return h.book.Erase(t.Context(), weak, p.ID) },
			func() error { return h.book.Close(t.Context(), weak, p.ID) },
			func() error { return h.book.ResetPasskeys(t.Context(), weak, p.ID) },
		} {
			if err := end(); !errs.Is(err, errs.Forbidden) {
				t.Errorf("an end: %v", err)
			}
		}
		// The first passkey is made with the link; from then on only a passkey makes or drops one.
		a := h.withPasskey(t, weak)
		if _, _, err := h.book.BeginPasskey(t.Context(), weak); !errs.Is(err, errs.Forbidden) {
			t.Errorf("another with the link alone: %v", err)
		}
		keys, err := h.book.Passkeys(t.Context(), weak, p.ID)
		if err != nil || len(keys) != 1 {
			t.Fatal(keys, err)
		}
		if err := h.book.DropPasskey(t.Context(), weak, keys[0].ID); !errs.Is(err, errs.Forbidden) {
			t.Errorf("dropped with the link alone: %v", err)
		}
		strong := h.byPasskey(t, a)
		if len(strong.Waiting) != 0 || !strong.Has(access.Reviewer, today) || access.Enter(strong, access.EnterDesk, today) != nil {
			t.Fatalf("by a passkey the desk is closed: %+v", strong)
		}
		if _, _, err := h.book.MakeToken(t.Context(), strong, "x", []string{"review:write"}, h.now.Add(time.Hour)); err != nil {
			t.Error(err)
		}
		// Somebody of a party only is asked for nothing.
		f := h.invite("f@example.org", focal("ken"))
		if in := h.in(t, h.signIn(f)); len(in.Waiting) != 0 || !in.Has(access.FocalPoint, today) {
			t.Errorf("a focal point waits: %+v", in)
		}
	})
}

// A token made before its owner joined the desk was made without the second factor that the desk
// asks for: it stays what it was. One that is made at the desk has the desk's rights.
func TestAnOldTokenDoesNotJoinTheDesk(t *testing.T) {
	withSecondFactor(t, access.SecondFactorDesk, func(t *testing.T, h *house) {
		today := h.book.Today()
		p := h.invite("p@example.org", focal("ken"))
		make := func(by access.Person) string {
			t.Helper()
			_, secret, err := h.book.MakeToken(t.Context(), by, "x", []string{"review:write", "pledges:write"}, h.now.AddDate(0, 6, 0))
			if err != nil {
				t.Fatal(err)
			}
			return secret
		}
		comes := func(secret string) access.Person {
			t.Helper()
			who, _, err := h.book.Token(t.Context(), secret)
			if err != nil {
				t.Fatal(err)
			}
			return who
		}
		old := make(h.in(t, h.signIn(p)))
		h.later(time.Minute)
		give := func(g access.Grant) (id string) {
			t.Helper()
			if err := h.db.Write(t.Context(), func(tx *db.Tx) error {
				g, err := h.book.Grant(t.Context(), tx, h.admin, p.ID, g)
				id = g.ID
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return id
		}
		first := give(access.Grant{Role: access.Reviewer})
		if who := comes(old); who.Desk(today) || len(who.Waiting) != 1 || !who.Has(access.FocalPoint, today) {
			t.Errorf("the old token comes with %+v, and %+v wait", who.Grants, who.Waiting)
		}
		h.later(time.Minute)
		made := make(h.byPasskey(t, h.withPasskey(t, p)))
		if who := comes(made); !who.Has(access.Reviewer, today) || len(who.Waiting) != 0 {
			t.Errorf("a token made at the desk comes with %+v", who.Grants)
		}
		// It goes on when the role is given anew; the old one still does not.
		h.later(time.Minute)
		if err := h.db.Write(t.Context(), func(tx *db.Tx) error { return h.book.End(t.Context(), tx, h.admin, first, today) }); err != nil {
			t.Fatal(err)
		}
		h.later(24 * time.Hour)
		today = h.book.Today()
		give(access.Grant{Role: access.Administrator})
		if !comes(made).Has(access.Administrator, today) || comes(old).Desk(today) {
			t.Error("after the desk's role was given anew")
		}
	})
	each(t, func(t *testing.T, h *house) { // nobody is asked for a second factor: nothing waits
		p := h.invite("p@example.org", focal("ken"))
		_, secret, err := h.book.MakeToken(t.Context(), p, "x", []string{"review:write"}, h.now.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		h.later(time.Minute)
		if err := h.db.Write(t.Context(), func(tx *db.Tx) error {
			_, err := h.book.Grant(t.Context(), tx, h.admin, p.ID, access.Grant{Role: access.Reviewer})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if who, _, err := h.book.Token(t.Context(), secret); err != nil || !who.Desk(h.book.Today()) {
			t.Errorf("%+v, %v", who, err)
		}
	})
}

// A password is no second factor: it is one that can be told to somebody.
func TestAPasswordIsNoSecondFactor(t *testing.T) {
	withSecondFactor(t, access.SecondFactorDesk, func(t *testing.T, h *house) {
		p := h.invite("r@example.org", access.Grant{Role: access.Reviewer})
		if err := h.book.SetPassword(t.Context(), h.byPasskey(t, h.withPasskey(t, p)), "", good, ""); err != nil {
			t.Fatal(err)
		}
		s, _, err := h.book.SignInByPassword(t.Context(), p.Email, good)
		if err != nil {
			t.Fatal(err)
		}
		if in := h.in(t, s); len(in.Waiting) != 1 {
			t.Errorf("the desk is open: %+v", in)
		}
	})
}

func TestASecondFactorForEverybody(t *testing.T) {
	withSecondFactor(t, access.SecondFactorEveryone, func(t *testing.T, h *house) {
		p := h.invite("f@example.org", focal("ken"))
		if in := h.in(t, h.signIn(p)); len(in.Waiting) != 1 || in.Has(access.FocalPoint, h.book.Today()) {
			t.Errorf("by a link: %+v", in)
		}
		if in := h.byPasskey(t, h.withPasskey(t, p)); len(in.Waiting) != 0 {
			t.Errorf("by a passkey: %+v", in)
		}
	})
}

func TestLostPasskeysAreReset(t *testing.T) {
	withSecondFactor(t, access.SecondFactorDesk, func(t *testing.T, h *house) {
		p := h.invite("r@example.org", access.Grant{Role: access.Reviewer})
		lost := h.withPasskey(t, h.in(t, h.signIn(p)))
		s := h.signIn(p)
		if err := h.book.ResetPasskeys(t.Context(), h.byPasskey(t, lost), p.ID); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a reviewer resets: %v", err)
		}
		if err := h.book.ResetPasskeys(t.Context(), h.admin, p.ID); err != nil {
			t.Fatal(err)
		}
		if last := h.sent[len(h.sent)-1]; last.Template != "access_security" || last.Person != p.ID {
			t.Errorf("the letter is %+v", last)
		}
		if h.count("access_audit", "action = 'passkey.reset' AND subject = 'person:"+p.ID+"'") != 1 {
			t.Error("the audit does not say so")
		}
		if _, _, err := h.book.Session(t.Context(), s.Cookie); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("a session goes on: %v", err)
		}
		ceremony, options, err := h.book.BeginSignIn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.book.FinishSignIn(t.Context(), ceremony, lost.get(options)); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("the lost one signs in: %v", err)
		}
		if in := h.byPasskey(t, h.withPasskey(t, h.in(t, h.signIn(p)))); len(in.Waiting) != 0 {
			t.Errorf("the new one: %+v", in)
		}
	})
}

// Where there can be no passkeys, as on a laptop, nobody is asked for what they cannot have.
func TestNoSecondFactorWithoutPasskeys(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d, func(o *access.Options) {
			o.SecondFactor, o.BaseURL = access.SecondFactorDesk, "http://127.0.0.1:8080"
		})
		if in := h.in(t, h.signIn(h.admin)); h.book.AsksSecondFactor() || len(in.Waiting) != 0 {
			t.Errorf("%+v", in)
		}
	})
}

package access_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/lang"
	"stocktake/internal/mail"
)

const base = "https://pledges.example.org"

// tester is a test, or one run of a property.
type tester interface {
	Helper()
	Fatal(args ...any)
	Context() context.Context
}

// house is a Book on a real database with a clock that can be turned, and what it has posted.
type house struct {
	t     tester
	db    *db.DB
	book  *access.Book
	now   time.Time
	sent  []mail.Letter
	admin access.Person
}

func (h *house) Post(ctx context.Context, tx *db.Tx, l mail.Letter) (string, error) {
	h.sent = append(h.sent, l)
	return "letter", nil
}

func open(t tester, d *db.DB, change ...func(*access.Options)) *house {
	t.Helper()
	h := &house{t: t, db: d, now: time.Date(2026, 5, 20, 9, 0, 0, 0, time.UTC)}
	d.SetClock(func() time.Time { return h.now })
	o := access.Options{DB: d, BaseURL: base, Post: h, Rand: dbtest.Rand(1)}
	for _, c := range change {
		c(&o)
	}
	h.book = access.New(o)
	h.admin = h.invite("admin@example.org", access.Grant{Role: access.Administrator})
	return h
}

// each runs a story on both engines.
func each(t *testing.T, story func(t *testing.T, h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { story(t, open(t, d)) })
}

func (h *house) later(d time.Duration) { h.now = h.now.Add(d) }

func (h *house) write(f func(tx *db.Tx) error) {
	h.t.Helper()
	if err := h.db.Write(h.t.Context(), f); err != nil {
		h.t.Fatal(err)
	}
}

// try runs f in a transaction and gives its error.
func (h *house) try(f func(tx *db.Tx) error) error { return h.db.Write(h.t.Context(), f) }

func (h *house) invite(email string, grants ...access.Grant) access.Person {
	h.t.Helper()
	p, _ := h.inviteLink(email, grants...)
	return p
}

func (h *house) inviteLink(email string, grants ...access.Grant) (p access.Person, token string) {
	h.t.Helper()
	h.write(func(tx *db.Tx) (err error) {
		name, _, _ := strings.Cut(email, "@")
		var link string
		p, link, err = h.book.Invite(h.t.Context(), tx, access.Operator(), access.Invitation{Email: email, Name: name, Language: lang.FR, Grants: grants})
		token = tokenOf(link)
		return err
	})
	return p, token
}

func tokenOf(link string) string { return link[strings.LastIndexByte(link, '/')+1:] }

// signIn gives a session of the person, by a link.
func (h *house) signIn(p access.Person) access.Session {
	h.t.Helper()
	var link string
	h.write(func(tx *db.Tx) (err error) {
		link, _, err = h.book.SignInLink(h.t.Context(), tx, p.Email)
		return err
	})
	s, _, err := h.book.Redeem(h.t.Context(), tokenOf(link))
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

func (h *house) person(id string) (p access.Person) {
	h.t.Helper()
	h.write(func(tx *db.Tx) (err error) {
		p, err = h.book.PersonByID(h.t.Context(), tx, id)
		return err
	})
	return p
}

// link is a link to sign in with for an address, whoever has it.
func (h *house) link(email string) (link string) {
	h.t.Helper()
	h.write(func(tx *db.Tx) (err error) {
		link, _, err = h.book.SignInLink(h.t.Context(), tx, email)
		return err
	})
	return link
}

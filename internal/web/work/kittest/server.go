// Package kittest runs a workspace for tests: a register with pledges on a fresh database,
// people of every role, a clock that can be turned, and a reader that fills in forms as a
// browser without scripts does. Area holds what is true of every area.
//
//	h := kittest.New(t)
//	s := h.Serve(call.New(&intake.Desk{DB: h.DB, Access: h.Access, Mail: h, Clock: h.Clock}))
//	p := s.As(kittest.Reviewer).Get("/desk/calls/review-2026")
//	p.Fill("Title", "Second call").Press("Save").Says("The call was saved.")
package kittest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/lang"
	"stocktake/internal/mail"
	"stocktake/internal/queue"
	"stocktake/internal/web"
	"stocktake/internal/web/webtest"
	"stocktake/internal/web/work/kit"
)

// Who are the people of a House; each has an account, and Nobody has none.
const (
	Nobody        = ""
	Administrator = "administrator"
	Reviewer      = "reviewer"
	Second        = "second" // another reviewer
	Translator    = "translator"
	Observer      = "observer"
	Focal         = "focal"  // first contact of Kenya, its transmitting authority
	Deputy        = "deputy" // of Kenya, and does not transmit
	Other         = "other"  // first contact of Portugal, transmits
	Bare          = "bare"   // an account and no grant
)

// Everybody lists them, Nobody first.
var Everybody = []string{Nobody, Administrator, Reviewer, Second, Translator, Observer, Focal, Deputy, Other, Bare}

// Base is the address of the site in tests.
const Base = "http://127.0.0.1:8080"

// House is a fresh database with people.
type House struct {
	*webtest.Fixture
	T      testing.TB
	Access *access.Book
	People map[string]access.Person

	mu      sync.Mutex
	now     time.Time
	letters []mail.Letter
}

// grants are what the people of a House hold.
var grants = map[string][]access.Grant{
	Administrator: {{Role: access.Administrator}},
	Reviewer:      {{Role: access.Reviewer}},
	Second:        {{Role: access.Reviewer}},
	Translator:    {{Role: access.Translator, Language: lang.FR}},
	Observer:      {{Role: access.Observer}},
	Focal:         {{Role: access.FocalPoint, Party: "ken", Transmits: true}},
	Deputy:        {{Role: access.FocalPoint, Party: "ken", Deputy: true}},
	Other:         {{Role: access.FocalPoint, Party: "prt", Transmits: true}},
	Bare:          nil,
}

// furnished is the database of a new house. It is made once and copied, which is much quicker
// than to publish and invite again for every test.
var furnished = sync.OnceValues(func() (_ []byte, err error) {
	dir, err := os.MkdirTemp("", "kittest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	f, err := webtest.Open(ctx, dir)
	if err != nil {
		return nil, err
	}
	book := access.New(access.Options{DB: f.DB, Clock: webtest.Clock, BaseURL: Base})
	for who, held := range grants {
		err = errors.Join(err, f.DB.Write(ctx, func(tx *db.Tx) error {
			_, _, err := book.Invite(ctx, tx, access.Operator(), access.Invitation{Email: email(who), Name: strings.ToUpper(who[:1]) + who[1:] + " Person", Language: lang.EN, Grants: held})
			return err
		}))
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, "fixture.db"))
})

func email(who string) string { return who + "@example.org" }

// New makes a house; it goes away with the test. Change may turn on what is off by default.
func New(t testing.TB, change ...func(*access.Options)) *House {
	t.Helper()
	file, err := furnished()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "fixture.db"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := webtest.Empty(context.Background(), dir) // opens what is there
	if err != nil {
		t.Fatal(err)
	}
	f.Size = f.Index.Snapshot().Size()
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	h := &House{Fixture: f, T: t, now: webtest.Clock(), People: map[string]access.Person{}}
	f.DB.SetClock(h.Clock)
	o := access.Options{DB: f.DB, Clock: h.Clock, BaseURL: Base, Post: h}
	for _, c := range change {
		c(&o)
	}
	h.Access = access.New(o)
	h.Write(func(ctx context.Context, tx *db.Tx) error {
		for who := range grants {
			p, err := h.Access.PersonByEmail(ctx, tx, email(who))
			if err != nil {
				return err
			}
			h.People[who] = p
		}
		return nil
	})
	return h
}

// Clock is the time of the house.
func (h *House) Clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// Later turns the clock.
func (h *House) Later(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// Post takes letters instead of a mail office.
func (h *House) Post(_ context.Context, _ *db.Tx, l mail.Letter) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.letters = append(h.letters, l)
	return "letter", nil
}

// PostAll takes letters that leave with one change.
func (h *House) PostAll(_ context.Context, _ *db.Tx, letters []mail.Letter) ([]string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.letters = append(h.letters, letters...)
	return make([]string, len(letters)), nil
}

// Letters are those that were posted, the first one first.
func (h *House) Letters() []mail.Letter {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]mail.Letter(nil), h.letters...)
}

// Letter is the last letter to an address ("focal@example.org").
func (h *House) Letter(to string) mail.Letter {
	h.T.Helper()
	all := h.Letters()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].To == to {
			return all[i]
		}
	}
	h.T.Fatalf("no letter went to %s; there are %d", to, len(all))
	return mail.Letter{}
}

// Invite makes an account.
func (h *House) Invite(email, name string, grants ...access.Grant) (p access.Person) {
	h.T.Helper()
	h.Write(func(ctx context.Context, tx *db.Tx) (err error) {
		p, _, err = h.Access.Invite(ctx, tx, access.Operator(), access.Invitation{Email: email, Name: name, Language: lang.EN, Grants: grants})
		return err
	})
	return p
}

// Answer runs the jobs of some kinds that wait, as a server does: access.AskKind with
// Access.Answer mails the links that were asked for.
func (h *House) Answer(kind string, do func(context.Context, []byte) error) {
	h.T.Helper()
	ctx := context.Background()
	for {
		lease, ok, err := queue.Take(ctx, h.DB, []string{kind}, time.Minute)
		if err != nil {
			h.T.Fatal(err)
		}
		if !ok {
			return
		}
		if err := do(ctx, lease.Payload); err != nil {
			h.T.Fatal(err)
		}
		h.Write(func(ctx context.Context, tx *db.Tx) error { return lease.Done(ctx, tx) })
	}
}

// Write runs f in a transaction.
func (h *House) Write(f func(ctx context.Context, tx *db.Tx) error) {
	h.T.Helper()
	ctx := context.Background()
	if err := h.DB.Write(ctx, func(tx *db.Tx) error { return f(ctx, tx) }); err != nil {
		h.T.Fatal(err)
	}
}

// Site is a running site with a workspace of some areas, behind the same door as the public
// pages.
type Site struct {
	*House
	Kit     *kit.Kit
	Handler http.Handler
}

// Serve puts areas to work.
func (h *House) Serve(areas ...kit.Area) *Site {
	h.T.Helper()
	cfg := web.Config{Pack: h.Pack, Index: h.Index, Log: h.Log, Clock: h.Clock, BaseURL: Base}
	many := access.Limit{Every: time.Microsecond, Burst: 1 << 20}
	k, err := kit.New(kit.Config{House: web.House(cfg), Access: h.Access, Index: h.Index, Clock: h.Clock, Limits: kit.Limits{Person: many, Network: many, Tries: many}}, areas...)
	if err != nil {
		h.T.Fatal(err)
	}
	cfg.Work = k
	door, err := web.New(cfg)
	if err != nil {
		h.T.Fatal(err)
	}
	return &Site{House: h, Kit: k, Handler: door}
}

// Start serves the site to real browsers and gives its address. One signs in there by a Link.
func (s *Site) Start() string {
	srv := httptest.NewServer(s.Handler)
	s.T.Cleanup(srv.Close)
	return srv.URL
}

// Link is the path of a link by which a person can sign in, as a letter would have it.
func (s *Site) Link(who string) string {
	s.T.Helper()
	p, ok := s.People[who]
	if !ok {
		s.T.Fatalf("there is no %q", who)
	}
	var link string
	s.Write(func(ctx context.Context, tx *db.Tx) (err error) {
		link, _, err = s.Access.SignInLink(ctx, tx, p.Email)
		return err
	})
	u, err := url.Parse(link)
	if err != nil {
		s.T.Fatal(err)
	}
	return u.Path
}

// Cookie signs a person in and gives the cookie.
func (s *Site) Cookie(who string) *http.Cookie {
	s.T.Helper()
	session, _, err := s.Access.Redeem(context.Background(), path.Base(s.Link(who)))
	if err != nil {
		s.T.Fatal(err)
	}
	return &http.Cookie{Name: "stocktake", Value: session.Cookie, Path: "/"}
}

// As is a reader who has signed in, in English; Nobody has not.
func (s *Site) As(who string) *Reader {
	s.T.Helper()
	r := &Reader{site: s, Lang: lang.EN, jar: map[string]string{}}
	if who != Nobody {
		c := s.Cookie(who)
		r.jar[c.Name] = c.Value
	}
	return r
}

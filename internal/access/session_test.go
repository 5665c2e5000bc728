package access_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"stocktake/internal/access"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
)

// model is what a session should be, kept beside the database.
type model struct {
	session    access.Session
	seen, born time.Time
	over       bool
}

func (m *model) valid(now time.Time) bool {
	return !m.over && now.Before(m.seen.Add(access.IdleFor)) && now.Before(m.born.Add(access.SessionFor))
}

// Whatever the order of signing in, using, revoking, signing out, closing and waiting: a session
// is valid exactly as long as nothing ended it and neither expiry has come.
func TestASessionIsNeverValidAfterItsEnd(t *testing.T) {
	for _, e := range dbtest.Engines {
		t.Run(string(e), func(t *testing.T) {
			h, serial := open(t, dbtest.New(t, e)), 0
			rapid.Check(t, func(t *rapid.T) {
				h.t = t
				serial++
				p := h.invite(fmt.Sprintf("p%d@example.org", serial))
				var all []*model
				steps := rapid.IntRange(1, 12).Draw(t, "steps")
				for range steps {
					some := func() *model {
						if len(all) == 0 {
							return nil
						}
						return all[rapid.IntRange(0, len(all)-1).Draw(t, "which")]
					}
					switch rapid.SampledFrom([]string{"in", "in", "use", "use", "wait", "wait long", "out", "revoke", "revoke others", "sweep"}).Draw(t, "step") {
					case "in":
						all = append(all, &model{session: h.signIn(p), seen: h.now, born: h.now})
					case "use":
						if m := some(); m != nil {
							use(t, h, m)
						}
					case "wait":
						h.later(time.Duration(rapid.IntRange(1, 7*60).Draw(t, "minutes")) * time.Minute)
					case "wait long":
						h.later(time.Duration(rapid.IntRange(1, 14*24).Draw(t, "hours")) * time.Hour)
					case "out":
						if m := some(); m != nil {
							ok(t, h.book.SignOut(t.Context(), m.session.Cookie))
							m.over = true
						}
					case "revoke":
						if m := some(); m != nil {
							ok(t, h.book.Revoke(t.Context(), p, p.ID, m.session.ID))
							m.over = true
						}
					case "revoke others":
						if m := some(); m != nil {
							ok(t, h.book.RevokeAll(t.Context(), p, p.ID, m.session.ID))
							for _, o := range all {
								o.over = o.over || o != m
							}
						}
					case "sweep":
						ok(t, h.book.Sweep(t.Context()))
					}
				}
				open, err := h.book.Sessions(t.Context(), p, p.ID)
				ok(t, err)
				for _, m := range all {
					listed := slices.ContainsFunc(open, func(s access.Session) bool { return s.ID == m.session.ID })
					if listed != m.valid(h.now) {
						t.Fatalf("a session that is valid %v is listed %v", m.valid(h.now), listed)
					}
					use(t, h, m)
				}
				ok(t, h.book.Close(t.Context(), h.admin, p.ID))
				for _, m := range all {
					m.over = true
					use(t, h, m)
				}
			})
		})
	}
}

func ok(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func use(t *rapid.T, h *house, m *model) {
	t.Helper()
	s, _, err := h.book.Session(t.Context(), m.session.Cookie)
	switch valid := m.valid(h.now); {
	case valid && err != nil:
		t.Fatalf("a valid session is refused: %v", err)
	case !valid && !errs.Is(err, errs.Unauthenticated):
		t.Fatalf("a session that is over gives %v", err)
	case valid:
		if h.now.Sub(m.seen) >= time.Minute {
			m.seen = h.now
		}
		if want := m.seen.Add(access.IdleFor); s.Expires.After(want) || s.Expires.After(m.born.Add(access.SessionFor)) {
			t.Fatalf("it is said to end at %v", s.Expires)
		}
	}
}

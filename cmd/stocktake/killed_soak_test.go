//go:build soak

package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/web"
)

var killedAt = flag.Int("killed", 10_000, "how many submissions and publications TestKilledWhileServing acknowledges, on each engine")

// heard is what the server has acknowledged of one pledge.
type heard struct {
	by         *delegate
	ref, title string
	submitted  bool
	published  string // id
}

// Programs draft, submit and publish while the server is killed again and again, and repeat under
// the same key what was not answered. All that was acknowledged is there, once; nothing is
// published in half; the register verifies.
func TestKilledWhileServing(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		b := &bench{t: t, dir: t.TempDir()}
		b.db = "sqlite:" + filepath.Join(b.dir, "site.db")
		b.killed()
	})
	t.Run("postgres", func(t *testing.T) {
		(&bench{t: t, dir: t.TempDir(), db: dbtest.URL(t, db.Postgres)}).killed()
	})
}

func (b *bench) killed() {
	focals, reviewers := b.staffed(200, 40) // so many that nobody acts too often
	var serving atomic.Pointer[string]
	var acknowledged atomic.Int64
	var mu sync.Mutex
	var all []*heard
	done := make(chan struct{})
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for n := i; ; n += 16 {
				select {
				case <-done:
					return
				default:
				}
				by, reviewer := *focals[n%len(focals)], *reviewers[n%len(reviewers)]
				x := &heard{by: focals[n%len(focals)], title: fmt.Sprintf("Pledge %d", n)}
				mu.Lock()
				all = append(all, x)
				mu.Unlock()
				var s struct{ Ref, ID, State string }
				// again repeats a request, under its key, until the server has answered it.
				again := func(as *delegate, step, path, body string, want int) bool {
					for {
						url := serving.Load()
						if url != nil {
							as.base = *url
							err := as.api("POST", path, body, fmt.Sprintf("%s-%d", step, n), want, &s)
							if err == nil {
								acknowledged.Add(1)
								return true
							}
							if strings.HasPrefix(err.Error(), "POST") { // an answer, and not that
								b.t.Errorf("%s: %v", step, err)
								return false
							}
						}
						select {
						case <-done:
							return false
						case <-time.After(5 * time.Millisecond):
						}
					}
				}
				if !again(&by, "draft", "/api/v1/pledges", wholePledge(by.person.Grants[0].Party, x.title), http.StatusCreated) {
					return
				}
				x.ref = s.Ref
				if !again(&by, "submit", "/api/v1/pledges/"+x.ref+"/submit", "", http.StatusOK) {
					return
				}
				x.submitted = true
				if !again(&reviewer, "publish", "/api/v1/pledges/"+x.ref+"/publish", "", http.StatusOK) {
					return
				}
				x.published = s.ID
			}
		})
	}
	kills, begin := 0, time.Now()
	for acknowledged.Load() < int64(*killedAt) && !b.t.Failed() {
		p := b.start()
		serving.Store(&p.url)
		until := acknowledged.Load() + 1 + rand.Int64N(int64(max(2, *killedAt/20)))
		for deadline := time.Now().Add(time.Minute); acknowledged.Load() < until && time.Now().Before(deadline) && !b.t.Failed(); {
			time.Sleep(time.Millisecond)
		}
		serving.Store(nil)
		p.kill()
		kills++
	}
	close(done)
	wg.Wait()
	fmt.Printf("%d acknowledged, killed %d times, %v\n", acknowledged.Load(), kills, time.Since(begin).Round(time.Second))
	b.holdsTold(all)
}

func (b *bench) holdsTold(all []*heard) {
	b.t.Helper()
	ctx := context.Background()
	h, err := (&globals{DB: b.db, Compact: "gcm", LogKey: b.path("log.key")}).open(ctx, &streams{b.t.Output(), b.t.Output()}, opening{write: true})
	if err != nil {
		b.t.Fatal(err)
	}
	defer h.close()
	if _, err := h.log.VerifyDatabase(ctx); err != nil {
		b.t.Fatal(err)
	}
	rooms, err := h.staffOf(workFlags{}, web.Site{}, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	published := 0
	for _, x := range all {
		if x.ref == "" {
			continue
		}
		s, err := rooms.intake.Get(ctx, x.by.person, x.ref)
		switch {
		case err != nil || s.Pledge.Title != x.title:
			b.t.Errorf("%s: drafted %q, now %q, %v", x.ref, x.title, s.Pledge.Title, err)
		case x.submitted && s.State == "draft":
			b.t.Errorf("%s: submitted, now %s", x.ref, s.State)
		case x.published != "" && (s.State != "published" || s.Published != x.published):
			b.t.Errorf("%s: published as %s, now %s %q", x.ref, x.published, s.State, s.Published)
		}
		if x.published != "" {
			published++
		}
	}
	fmt.Printf("%d pledges looked at, %d of them published\n", len(all), published)
	if published == 0 {
		b.t.Error("nothing was published")
	}
	for what, query := range map[string]string{
		"sent again under its key, and there twice":  `SELECT count(*) - count(DISTINCT doc) FROM submissions`,
		"published without a pledge":                 `SELECT count(*) FROM submissions s WHERE s.state = 'published' AND NOT EXISTS (SELECT 1 FROM pledges p WHERE p.id = s.published)`,
		"a pledge without a submission":              `SELECT count(*) FROM pledges p WHERE NOT EXISTS (SELECT 1 FROM submissions s WHERE s.published = p.id AND s.state = 'published')`,
		"published without an entry in the register": `SELECT count(*) FROM submissions s WHERE s.published <> '' AND NOT EXISTS (SELECT 1 FROM register_entry e WHERE e.subject = 'pledge:' || s.published)`,
		"an entry without a pledge":                  `SELECT count(*) FROM register_entry e WHERE e.subject LIKE 'pledge:%' AND NOT EXISTS (SELECT 1 FROM pledges p WHERE 'pledge:' || p.id = e.subject)`,
	} {
		var n int
		err := h.db.Read(ctx, func(tx *db.Tx) error { return tx.QueryRow(ctx, query).Scan(&n) })
		if err != nil || n != 0 {
			b.t.Errorf("%s: %d, %v", what, n, err)
		}
	}
}

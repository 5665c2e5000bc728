package intake_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"io/fs"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/mail"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/register"
)

// With this set the test binary is a process that takes pledges in and publishes them at the
// database of that address, says what it has acknowledged, and can be killed.
const envChild = "STOCKTAKE_TEST_INTAKE_URL"

var killed = flag.Int("killed", 300, "how many acknowledgements TestKilledAtRandom collects on each engine")

func TestMain(m *testing.M) {
	if url := os.Getenv(envChild); url != "" {
		if err := takeInAsChild(url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	flag.Parse()
	os.Exit(m.Run())
}

// deskAt is a desk on an open database, with the key that all processes share.
func deskAt(ctx context.Context, d *db.DB) (*intake.Desk, error) {
	pack, err := embedded()
	if err != nil {
		return nil, err
	}
	log, err := register.Open(ctx, d, register.Options{Origin: "example.org/log", Key: register.KeyFromSeed([]byte("test")), Rand: rand.Reader})
	if err != nil {
		return nil, err
	}
	office, err := mail.New(mail.Options{DB: d, BaseURL: "https://pledges.example.org", Templates: []fs.FS{intake.Letters}})
	if err != nil {
		return nil, err
	}
	return &intake.Desk{
		DB: d, Book: pledge.Book{Pack: pack, Log: log}, Mail: office, People: contacts{}, Rand: rand.Reader, BaseURL: "https://pledges.example.org",
	}, nil
}

// takeInAsChild works from several places at once until it is killed.
func takeInAsChild(url string) error {
	ctx := context.Background()
	d, err := db.Open(ctx, url)
	if err != nil {
		return err
	}
	desk, err := deskAt(ctx, d)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	say := func(what, ref, detail string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Println(what, ref, detail)
	}
	failed := make(chan error)
	for range 6 {
		go func() {
			for {
				s, err := desk.Draft(ctx, kenya, intake.Beginning{Lead: "ken", Pledge: whole("Title " + rand.Text())})
				if err == nil {
					say("drafted", s.Ref, s.Pledge.Title)
					s, err = desk.Submit(ctx, kenya, s.Ref, s.Version)
				}
				if err == nil {
					say("submitted", s.Ref, s.Pledge.Title)
					var r intake.Receipt
					if r, err = desk.Publish(ctx, reviewer, s.Ref, s.Version); err == nil {
						say("published", s.Ref, r.ID)
					}
				}
				if err != nil {
					failed <- err
				}
			}
		}()
	}
	return <-failed
}

// A process that is killed at any moment leaves everything that it has acknowledged, nothing
// half-published, and a register that verifies.
func TestKilledAtRandom(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(string(engine), func(t *testing.T) {
			url := dbtest.URL(t, engine)
			d := dbtest.Open(t, url)
			if err := db.Migrate(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			open(t, d) // publishes who appears
			d.SetClock(nil)
			var told []string
			for len(told) < *killed {
				told = append(told, killAfter(t, url, 1+mathrand.IntN(*killed/2))...)
			}
			desk, err := deskAt(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := desk.Book.Log.VerifyDatabase(t.Context()); err != nil {
				t.Fatal(err)
			}
			holdsAll(t, desk, told)
			nothingHalf(t, d)
		})
	}
}

// killAfter lets a process say so many things, kills it, and gives all that it said.
func killAfter(t *testing.T, url string, n int) (said []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envChild+"="+url)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		said = append(said, lines.Text())
		if len(said) == n {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // killed: that is what it says
	if len(said) < n {
		t.Fatalf("the process ended by itself after %d of %d", len(said), n)
	}
	if last := said[len(said)-1]; strings.Count(last, " ") < 2 {
		said = said[:len(said)-1] // cut in the middle of a line
	}
	return said
}

// holdsAll holds what was acknowledged against what is there.
func holdsAll(t *testing.T, desk *intake.Desk, told []string) {
	t.Helper()
	kinds := map[string]int{}
	for _, line := range told {
		what, rest, _ := strings.Cut(line, " ")
		ref, detail, _ := strings.Cut(rest, " ")
		kinds[what]++
		s, err := desk.Get(t.Context(), kenya, ref)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		switch what {
		case "drafted", "submitted":
			if s.Pledge.Title != detail || what == "submitted" && s.State == pledge.StateDraft {
				t.Fatalf("%s: now %s %q", line, s.State, s.Pledge.Title)
			}
		case "published":
			if s.State != pledge.StatePublished || s.Published != detail {
				t.Fatalf("%s: now %s %q", line, s.State, s.Published)
			}
		}
	}
	if kinds["published"] == 0 {
		t.Fatalf("nothing was published: %v", kinds)
	}
}

// nothingHalf: a submission is published exactly when a pledge is, with an event and a job for
// its receipt.
func nothingHalf(t *testing.T, d *db.DB) {
	t.Helper()
	for what, query := range map[string]string{
		"published without a pledge":    `SELECT count(*) FROM submissions s WHERE s.state = 'published' AND NOT EXISTS (SELECT 1 FROM pledges p WHERE p.id = s.published)`,
		"a pledge without a submission": `SELECT count(*) FROM pledges p WHERE NOT EXISTS (SELECT 1 FROM submissions s WHERE s.published = p.id AND s.state = 'published')`,
		"published without an event":    `SELECT count(*) FROM submissions s WHERE s.state = 'published' AND NOT EXISTS (SELECT 1 FROM submission_events e WHERE e.ref = s.ref AND e.version = s.version AND e.to_state = 'published')`,
		"a version without an event":    `SELECT count(*) FROM submissions s WHERE s.version <> (SELECT count(*) FROM submission_events e WHERE e.ref = s.ref)`,
		"submitted without a letter":    `SELECT count(*) FROM (SELECT count(*) AS n FROM submissions WHERE submitted > 0) a, (SELECT count(*) AS n FROM mail_letters WHERE template = 'pledge_received') b WHERE 2 * a.n <> b.n`,
	} {
		var n int
		err := d.Read(t.Context(), func(tx *db.Tx) error { return tx.QueryRow(t.Context(), query).Scan(&n) })
		if err != nil || n != 0 {
			t.Errorf("%s: %d, %v", what, n, err)
		}
	}
}

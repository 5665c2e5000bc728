package queue_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/queue"
)

// clock is a time that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func at(d *db.DB) *clock {
	c := &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	d.SetClock(func() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now })
	return c
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func write(t *testing.T, d *db.DB, f func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func add(t *testing.T, d *db.DB, kind string, payload any, opts ...queue.Option) (id string) {
	t.Helper()
	write(t, d, func(tx *db.Tx) (err error) {
		id, err = queue.Add(t.Context(), tx, kind, payload, opts...)
		return err
	})
	return id
}

const lease = time.Minute

func take(t *testing.T, d *db.DB, kinds ...string) (queue.Lease, bool) {
	t.Helper()
	l, ok, err := queue.Take(t.Context(), d, kinds, lease)
	if err != nil {
		t.Fatal(err)
	}
	return l, ok
}

func find(t *testing.T, d *db.DB, id string) (j queue.Job) {
	t.Helper()
	write(t, d, func(tx *db.Tx) (err error) { j, err = queue.Find(t.Context(), tx, id); return err })
	return j
}

func TestAJobFromAddToDone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := at(d)
		id := add(t, d, "greet", map[string]int{"n": 7})
		if _, ok := take(t, d, "other"); ok {
			t.Fatal("a job of another kind was taken")
		}
		l, ok := take(t, d, "greet")
		if !ok || l.ID != id || string(l.Payload) != `{"n":7}` || l.Attempt != 1 {
			t.Fatalf("%v %+v", ok, l)
		}
		if _, ok := take(t, d, "greet"); ok {
			t.Fatal("a job that runs was taken again")
		}
		if j := find(t, d, id); j.State != queue.Running || !j.Due.Equal(d.Now().Add(lease)) {
			t.Errorf("%+v", j)
		}
		write(t, d, func(tx *db.Tx) error { return l.Done(t.Context(), tx) })
		now.forward(time.Hour)
		if _, ok := take(t, d, "greet"); ok {
			t.Fatal("a job that is done was taken")
		}
		if j := find(t, d, id); j.State != queue.Done || !j.Due.IsZero() {
			t.Errorf("%+v", j)
		}
	})
}

func TestAJobIsThereOnlyWithItsTransaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if _, err := queue.Add(t.Context(), tx, "greet", 1); err != nil {
				return err
			}
			return errs.New(errs.Conflict, "it changed meanwhile")
		})
		if _, ok := take(t, d, "greet"); ok || !errs.Is(err, errs.Conflict) {
			t.Fatalf("taken: %v, %v", ok, err)
		}
	})
}

func TestAJobWaitsForItsTime(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := at(d)
		add(t, d, "greet", 1, queue.At(d.Now().Add(time.Hour)))
		if _, ok := take(t, d, "greet"); ok {
			t.Fatal("too early")
		}
		now.forward(time.Hour)
		if _, ok := take(t, d, "greet"); !ok {
			t.Fatal("not taken at its time")
		}
	})
}

func TestOneJobAKeyWaits(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := at(d)
		id := add(t, d, "greet", "first", queue.Key("ken"), queue.At(d.Now().Add(time.Hour)))
		if again := add(t, d, "greet", "second", queue.Key("ken"), queue.At(d.Now().Add(time.Minute))); again != id {
			t.Fatal("two jobs of one key wait")
		}
		if add(t, d, "greet", "other", queue.Key("uga"), queue.At(d.Now().Add(time.Hour))) == id || add(t, d, "wave", "other", queue.Key("ken")) == id {
			t.Fatal("other keys and kinds are other jobs")
		}
		now.forward(time.Minute)
		l, ok := take(t, d, "greet")
		if !ok || l.ID != id || string(l.Payload) != `"first"` {
			t.Fatalf("at the earlier time, in the first words: %v %+v", ok, l)
		}
		next := add(t, d, "greet", "third", queue.Key("ken"))
		if next == id {
			t.Fatal("a job that runs already does not count")
		}
		write(t, d, func(tx *db.Tx) error { _, err := l.Fail(t.Context(), tx, errors.New("no")); return err })
		if find(t, d, id).State != queue.Waiting || find(t, d, next).State != queue.Waiting {
			t.Error("a failed one waits beside the new one")
		}
	})
}

// Whoever adds under a key that waits has committed before that job runs.
func TestAJobUnderAKeySeesWhatItsAddersWrote(t *testing.T) {
	d := dbtest.New(t, db.Postgres)
	id := add(t, d, "greet", 1, queue.Key("ken"))
	added, commit, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- d.Write(context.Background(), func(tx *db.Tx) error {
			_, err := queue.Add(context.Background(), tx, "greet", 1, queue.Key("ken"))
			close(added)
			<-commit
			return err
		})
	}()
	<-added
	taken := make(chan queue.Lease, 1)
	go func() {
		if l, ok, err := queue.Take(context.Background(), d, []string{"greet"}, lease); err == nil && ok {
			taken <- l
		}
		close(taken)
	}()
	select {
	case <-taken:
		t.Error("taken while its adder is still writing")
	case <-time.After(300 * time.Millisecond):
	}
	close(commit)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if l := <-taken; l.ID != id {
		t.Errorf("%+v", l)
	}
}

func TestALeaseRunsOutUnlessRenewed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := at(d)
		add(t, d, "greet", 1)
		first, _ := take(t, d, "greet")
		now.forward(lease - time.Second)
		if err := first.Renew(t.Context(), d, lease); err != nil {
			t.Fatal(err)
		}
		now.forward(lease - time.Second)
		if _, ok := take(t, d, "greet"); ok {
			t.Fatal("taken from one who renewed")
		}
		now.forward(2 * time.Second)
		second, ok := take(t, d, "greet")
		if !ok || second.Attempt != 2 {
			t.Fatalf("not taken over: %v %+v", ok, second)
		}
		for name, f := range map[string]func(tx *db.Tx) error{
			"done":    func(tx *db.Tx) error { return first.Done(t.Context(), tx) },
			"fail":    func(tx *db.Tx) error { _, err := first.Fail(t.Context(), tx, errors.New("no")); return err },
			"release": func(tx *db.Tx) error { return first.Release(t.Context(), tx) },
		} {
			if err := d.Write(t.Context(), f); !errors.Is(err, queue.ErrLost) {
				t.Errorf("%s by who lost it: %v", name, err)
			}
		}
		if err := first.Renew(t.Context(), d, lease); !errors.Is(err, queue.ErrLost) {
			t.Errorf("renewed by who lost it: %v", err)
		}
		write(t, d, func(tx *db.Tx) error { return second.Done(t.Context(), tx) })
	})
}

func TestAJobIsTriedAgainLaterAndLaterAndThenDead(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := at(d)
		id := add(t, d, "greet", 1, queue.Attempts(4))
		for attempt := 1; attempt <= 4; attempt++ {
			l, ok := take(t, d, "greet")
			if !ok || l.Attempt != attempt {
				t.Fatalf("attempt %d: %v %+v", attempt, ok, l)
			}
			var dead bool
			write(t, d, func(tx *db.Tx) (err error) {
				dead, err = l.Fail(t.Context(), tx, fmt.Errorf("refused <amina@example.net> at https://example.org/s/secret on attempt %d", attempt))
				return err
			})
			j := find(t, d, id)
			if j.Error != fmt.Sprintf("refused <(address)> at (link) on attempt %d", attempt) {
				t.Errorf("kept %q", j.Error)
			}
			if dead != (attempt == 4) {
				t.Errorf("dead after attempt %d: %v", attempt, dead)
			}
			if dead {
				break
			}
			wait, usual := j.Due.Sub(d.Now()), 10*time.Second<<(attempt-1)
			if wait < usual*3/4 || wait > usual*5/4 {
				t.Errorf("waits %v after attempt %d", wait, attempt)
			}
			now.forward(wait)
		}
		if _, ok := take(t, d, "greet"); ok || find(t, d, id).State != queue.Dead {
			t.Error("a dead job is taken")
		}
		write(t, d, func(tx *db.Tx) error { return queue.Retry(t.Context(), tx, id) })
		if l, ok := take(t, d, "greet"); !ok || l.Attempt != 1 {
			t.Errorf("after Retry: %v %+v", ok, l)
		}
	})
}

func TestAFinalErrorIsTheLast(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	id := add(t, d, "greet", 1)
	l, _ := take(t, d, "greet")
	write(t, d, func(tx *db.Tx) error {
		dead, err := l.Fail(t.Context(), tx, fmt.Errorf("unreadable: %w", queue.Final(errs.New(errs.Invalid, "no such thing"))))
		if !dead {
			t.Error("not dead")
		}
		return err
	})
	if j := find(t, d, id); j.State != queue.Dead || j.Error != "unreadable: no such thing" {
		t.Errorf("%+v", j)
	}
}

// A job that kills its server each time does not do so for ever.
func TestAJobThatNeverComesBackLapses(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	now := at(d)
	add(t, d, "greet", 1, queue.Attempts(2))
	for attempt := range 3 {
		l, ok := take(t, d, "greet")
		if !ok || l.Lapsed() != (attempt == 2) {
			t.Fatalf("attempt %d: %v %+v", attempt+1, ok, l)
		}
		now.forward(lease + time.Second)
	}
}

func TestTheDesk(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := at(d)
		waiting := add(t, d, "greet", 1, queue.At(d.Now().Add(time.Hour)), queue.Key("ken"))
		running := add(t, d, "wave", 1)
		l, _ := take(t, d, "wave")
		write(t, d, func(tx *db.Tx) error {
			if err := queue.Cancel(t.Context(), tx, running); !errs.Is(err, errs.Conflict) {
				t.Errorf("cancelling one that runs: %v", err)
			}
			if err := queue.Retry(t.Context(), tx, "none"); !errs.Is(err, errs.NotFound) {
				t.Errorf("none: %v", err)
			}
			return queue.Cancel(t.Context(), tx, waiting)
		})
		if add(t, d, "greet", 1, queue.Key("ken")) == waiting {
			t.Error("a cancelled job stands in the way of its key")
		}
		write(t, d, func(tx *db.Tx) error {
			all, err := queue.List(t.Context(), tx, queue.Filter{})
			if len(all) != 3 || err != nil {
				t.Errorf("%d jobs, %v", len(all), err)
			}
			some, err := queue.List(t.Context(), tx, queue.Filter{State: queue.Cancelled, Kind: "greet"})
			if len(some) != 1 || err != nil || some[0].ID != waiting {
				t.Errorf("%v, %v", some, err)
			}
			counts, err := queue.Count(t.Context(), tx)
			if got := fmt.Sprint(counts); got != "map[greet:map[cancelled:1 waiting:1] wave:map[running:1]]" {
				t.Error(got)
			}
			return errors.Join(err, l.Done(t.Context(), tx))
		})
		now.forward(8 * 24 * time.Hour)
		write(t, d, func(tx *db.Tx) error {
			if err := queue.Sweep(t.Context(), tx); err != nil {
				return err
			}
			all, err := queue.List(t.Context(), tx, queue.Filter{})
			if len(all) != 1 || all[0].State != queue.Waiting {
				t.Errorf("after a week: %v", all)
			}
			return err
		})
	})
}

func TestNoJobIsTakenTwice(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const jobs, takers = 60, 6
		write(t, d, func(tx *db.Tx) error {
			for i := range jobs {
				if _, err := queue.Add(t.Context(), tx, "greet", i); err != nil {
					return err
				}
			}
			return nil
		})
		var mu sync.Mutex
		var taken []string
		var all sync.WaitGroup
		for range takers {
			all.Go(func() {
				for {
					l, ok, err := queue.Take(t.Context(), d, []string{"greet"}, lease)
					if err != nil {
						t.Error(err)
					}
					if err != nil || !ok {
						return
					}
					mu.Lock()
					taken = append(taken, l.ID)
					mu.Unlock()
				}
			})
		}
		all.Wait()
		slices.Sort(taken)
		if n := len(slices.Compact(slices.Clone(taken))); len(taken) != jobs || n != jobs {
			t.Errorf("%d jobs were taken %d times", n, len(taken))
		}
	})
}

func TestAScheduleIsDueOnceOverManyServers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := at(d)
		tick := func() int {
			var mu sync.Mutex
			added := 0
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					var mine bool
					if err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
						mine, err = queue.Tick(t.Context(), tx, "remind", "every.remind", queue.Daily(6))
						return err
					}); err != nil {
						t.Error(err)
					}
					mu.Lock()
					defer mu.Unlock()
					if mine {
						added++
					}
				})
			}
			all.Wait()
			return added
		}
		for _, step := range []struct {
			forward time.Duration
			want    int
			why     string
		}{
			{0, 0, "seen for the first time"},
			{17 * time.Hour, 0, "an hour early"},
			{time.Hour, 1, "at its hour"},
			{time.Hour, 0, "an hour later"},
			{23 * time.Hour, 1, "on the next day"},
			{5 * 24 * time.Hour, 1, "missed days are made up for once"},
			{time.Hour, 0, "and not again"},
		} {
			now.forward(step.forward)
			write(t, d, func(tx *db.Tx) error {
				pending, err := queue.Pending(t.Context(), tx, "remind", queue.Daily(6))
				if pending != (step.want == 1 || step.why == "seen for the first time") {
					t.Errorf("%s: pending %v", step.why, pending)
				}
				return err
			})
			if got := tick(); got != step.want {
				t.Errorf("%s: %d", step.why, got)
			}
			if l, ok := take(t, d, "every.remind"); ok != (step.want == 1) {
				t.Errorf("%s: a job: %v", step.why, ok)
			} else if ok {
				write(t, d, func(tx *db.Tx) error { return l.Done(t.Context(), tx) })
			}
		}
	})
}

// A schedule that a newer program has made denser does not wait for the old moment.
func TestADenserScheduleTakesEffect(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	now := at(d)
	tick := func(s queue.Schedule) (added bool) {
		write(t, d, func(tx *db.Tx) (err error) {
			added, err = queue.Tick(t.Context(), tx, "remind", "every.remind", s)
			return err
		})
		return added
	}
	tick(queue.Daily(6))
	if now.forward(time.Minute); tick(queue.Every(10 * time.Minute)) {
		t.Error("due before its moment")
	}
	if now.forward(9 * time.Minute); !tick(queue.Every(10 * time.Minute)) {
		t.Error("not due at its new moment")
	}
}

func TestNextMoments(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for name, c := range map[string]struct {
		s          queue.Schedule
		from, want string
	}{
		"every ten minutes":        {queue.Every(10 * time.Minute), "2026-03-01T12:03:00Z", "2026-03-01T12:10:00Z"},
		"exactly on the moment":    {queue.Every(10 * time.Minute), "2026-03-01T12:10:00Z", "2026-03-01T12:20:00Z"},
		"daily, later today":       {queue.Daily(6), "2026-03-01T05:59:59Z", "2026-03-01T06:00:00Z"},
		"daily, tomorrow":          {queue.Daily(6), "2026-02-28T06:00:00Z", "2026-03-01T06:00:00Z"},
		"daily, in another zone":   {queue.Daily(6), "2026-03-01T07:00:00+02:00", "2026-03-01T06:00:00Z"},
		"a schedule's first of it": {queue.Every(time.Hour), "2025-12-31T23:30:00Z", "2026-01-01T00:00:00Z"},
	} {
		if got := c.s.Next(at(c.from)); !got.Equal(at(c.want)) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestWordsOfErrors(t *testing.T) {
	for in, want := range map[string]string{
		"550 5.1.1 <amina@example.net>: unknown":   "550 5.1.1 <(address)>: unknown",
		"see https://example.org/en/s/abc?x=1 now": "see (link) now",
		"two\nlines\x00":         "two lines",
		strings.Repeat("é", 600): strings.Repeat("é", 500) + "…",
		"":                       "internal",
	} {
		if got := queue.Words(errors.New(in)); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

// Jobs that are added together are jobs like any other: each under its key, with its payload.
func TestNewJobsAreAddedTogether(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		add := func(keys ...string) error {
			return d.Write(t.Context(), func(tx *db.Tx) error {
				return queue.AddNew(t.Context(), tx, "greet", keys, func(key string) any { return "hello " + key }, queue.Attempts(1))
			})
		}
		if err := add(); err != nil {
			t.Fatal(err)
		}
		if err := add("ken", "uga"); err != nil {
			t.Fatal(err)
		}
		if err := add("fji", "ken"); err == nil {
			t.Fatal("a key that waits is no new one")
		}
		said := map[string]bool{}
		for range 2 {
			l, ok := take(t, d, "greet")
			if !ok {
				t.Fatal("there is no job")
			}
			said[string(l.Payload)] = true
			write(t, d, func(tx *db.Tx) error { _, err := l.Fail(t.Context(), tx, errors.New("no")); return err })
			if j := find(t, d, l.ID); j.State != queue.Dead {
				t.Errorf("tried once: %+v", j)
			}
		}
		if _, more := take(t, d, "greet"); more || !said[`"hello ken"`] || !said[`"hello uga"`] {
			t.Errorf("more %v, said %v", more, said)
		}
	})
}

package job_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/job"
	"stocktake/internal/queue"
)

func add(t *testing.T, d *db.DB, kind string, payload any, opts ...queue.Option) (id string) {
	t.Helper()
	if err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
		id, err = queue.Add(t.Context(), tx, kind, payload, opts...)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return id
}

func find(t *testing.T, d *db.DB, id string) (j queue.Job) {
	t.Helper()
	if err := d.Read(t.Context(), func(tx *db.Tx) (err error) { j, err = queue.Find(t.Context(), tx, id); return err }); err != nil {
		t.Fatal(err)
	}
	return j
}

// start runs a runner until the test ends, or until stop.
func start(t *testing.T, r *job.Runner) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(20 * time.Second):
			t.Error("the runner does not stop")
		}
	})
	t.Cleanup(stop)
	return stop
}

func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("after twenty seconds not yet: %s", what)
}

// log collects what is logged.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func options(d *db.DB, l *log) job.Options {
	return job.Options{DB: d, Logger: slog.New(slog.NewTextHandler(l, nil)), Poll: 10 * time.Millisecond, Lease: 600 * time.Millisecond, Grace: 300 * time.Millisecond}
}

func TestJobsAreRun(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := job.New(options(d, &log{}))
		var got atomic.Value
		r.Handle("greet", func(_ context.Context, payload []byte) error { got.Store(string(payload)); return nil })
		start(t, r)
		id := add(t, d, "greet", "hello")
		until(t, "done", func() bool { return find(t, d, id).State == queue.Done })
		if got.Load() != `"hello"` {
			t.Errorf("%v", got.Load())
		}
		until(t, "counted", func() bool { return r.Counters()["greet"].Done == 1 })
	})
}

func TestFailuresArePutOffAndPanicsAreFailures(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	l := &log{}
	r := job.New(options(d, l))
	r.Handle("fail", func(context.Context, []byte) error { return errors.New("no route to amina@example.net") })
	r.Handle("panic", func(context.Context, []byte) error { panic("for amina@example.net") })
	r.Handle("final", func(context.Context, []byte) error { return queue.Final(errors.New("unreadable")) })
	var told atomic.Value
	r.Dead("final", func(_ context.Context, _ *db.Tx, payload []byte, cause error) error {
		told.Store(string(payload) + cause.Error())
		return nil
	})
	start(t, r)
	failed, panicked, final := add(t, d, "fail", 1), add(t, d, "panic", 1), add(t, d, "final", 7)
	until(t, "all were tried", func() bool {
		return find(t, d, failed).Error != "" && find(t, d, panicked).Error != "" && find(t, d, final).State == queue.Dead
	})
	if j := find(t, d, failed); j.State != queue.Waiting || j.Error != "no route to (address)" {
		t.Errorf("%+v", j)
	}
	if j := find(t, d, panicked); j.State != queue.Waiting || j.Error != "panic: for (address)" {
		t.Errorf("%+v", j)
	}
	if told.Load() != "7unreadable" {
		t.Errorf("of the dead job was told %v", told.Load())
	}
	until(t, "counted", func() bool {
		c := r.Counters()
		return c["fail"].Failed == 1 && c["panic"].Failed == 1 && c["final"].Dead == 1
	})
	if strings.Contains(l.String(), "amina") || strings.Count(l.String(), "kind=fail ") != 1 {
		t.Errorf("the log:\n%s", l)
	}
}

// A job that works for longer than its lease keeps it.
func TestALongJobIsRunOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var runs atomic.Int32
		var id string
		for range 2 {
			o := options(d, &log{})
			o.Lease = 2 * time.Second // renewed in time on a busy machine too
			r := job.New(o)
			r.Handle("long", func(context.Context, []byte) error {
				runs.Add(1)
				time.Sleep(3 * time.Second)
				return nil
			})
			start(t, r)
		}
		id = add(t, d, "long", 1)
		until(t, "done", func() bool { return find(t, d, id).State == queue.Done })
		if runs.Load() != 1 {
			t.Errorf("it ran %d times", runs.Load())
		}
	})
}

func TestAStopLetsJobsFinishOrGivesThemBack(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	r := job.New(options(d, &log{}))
	running := make(chan struct{}, 2)
	r.Handle("short", func(context.Context, []byte) error {
		running <- struct{}{}
		time.Sleep(100 * time.Millisecond)
		return nil
	})
	r.Handle("endless", func(ctx context.Context, _ []byte) error {
		running <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	})
	stop := start(t, r)
	short, endless := add(t, d, "short", 1), add(t, d, "endless", 1)
	<-running
	<-running
	stop()
	if j := find(t, d, short); j.State != queue.Done {
		t.Errorf("the short one is %+v", j)
	}
	if j := find(t, d, endless); j.State != queue.Waiting || j.Attempts != 0 {
		t.Errorf("the endless one is %+v", j)
	}
}

func TestASchedule(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 3, 1, 5, 59, 0, 0, time.UTC)
		var mu sync.Mutex
		d.SetClock(func() time.Time { mu.Lock(); defer mu.Unlock(); return now })
		var runs atomic.Int32
		for range 3 {
			r := job.New(options(d, &log{}))
			r.Every("remind", job.Daily(6), func(context.Context) error { runs.Add(1); return nil })
			start(t, r)
		}
		time.Sleep(200 * time.Millisecond)
		if runs.Load() != 0 {
			t.Fatal("too early")
		}
		for day := range int32(3) {
			mu.Lock()
			now = time.Date(2026, 3, 1+int(day), 6, 0, 1, 0, time.UTC)
			mu.Unlock()
			until(t, "run", func() bool { return runs.Load() > day })
			time.Sleep(150 * time.Millisecond)
			if runs.Load() != day+1 {
				t.Fatalf("three servers ran it %d times in %d days", runs.Load(), day+1)
			}
		}
	})
}

func TestADatabaseOutOfReachIsLoggedOnce(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	l := &log{}
	r := job.New(options(d, l))
	r.Handle("greet", func(context.Context, []byte) error { return nil })
	start(t, r)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	until(t, "logged", func() bool { return strings.Contains(l.String(), "cannot be reached") })
	time.Sleep(100 * time.Millisecond)
	if n := strings.Count(l.String(), "\n"); n != 1 {
		t.Errorf("%d lines:\n%s", n, l)
	}
}

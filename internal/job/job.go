// Package job runs what waits in the queue, and what is due by the clock. Several servers may run
// it on one database: each job is held by one of them at a time, and each moment of a schedule is
// enqueued by one of them.
package job

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/queue"
)

// Options say how a Runner works. The zero value of all but DB is good for a server.
type Options struct {
	DB      *db.DB
	Logger  *slog.Logger
	Workers int           // jobs at once; 0 = 2
	Lease   time.Duration // how long a job is held without a sign of life; 0 = 1 minute
	Poll    time.Duration // between two looks into an empty queue; 0 = 1 s
	Grace   time.Duration // how long jobs under way may go on at the end; 0 = 8 s
}

// Handler runs a job of its kind. It may run more than once for one job, and must bear that. An
// error is kept without addresses and links (queue.Words), and the job is tried again later, but
// not after one marked queue.Final.
type Handler func(ctx context.Context, payload []byte) error

// Schedule says when something is due: Every or Daily.
type Schedule = queue.Schedule

// Every is due at the multiples of a duration.
func Every(d time.Duration) Schedule { return queue.Every(d) }

// Daily is due once a day, at an hour UTC.
func Daily(hour int) Schedule { return queue.Daily(hour) }

// Runner takes jobs and runs them. Handle, Dead and Every come before Run.
type Runner struct {
	Options
	handlers  map[string]Handler
	dead      map[string]func(ctx context.Context, tx *db.Tx, payload []byte, cause error) error
	schedules []scheduled

	mu       sync.Mutex
	counters map[string]Counter
	failed   time.Time // since when the database is out of reach; zero: it is not
}

type scheduled struct {
	name, kind string
	at         Schedule
}

// Counter is what became of the jobs of one kind since the process began.
type Counter struct {
	Done, Failed, Dead, Lost int           // Failed: attempts that will be repeated
	Time                     time.Duration // spent in the handler
}

// New makes a Runner.
func New(o Options) *Runner {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	orElse := func(d *time.Duration, usual time.Duration) {
		if *d == 0 {
			*d = usual
		}
	}
	orElse(&o.Lease, time.Minute)
	orElse(&o.Poll, time.Second)
	orElse(&o.Grace, 8*time.Second)
	if o.Workers == 0 {
		o.Workers = 2
	}
	return &Runner{
		Options: o, handlers: map[string]Handler{}, counters: map[string]Counter{},
		dead: map[string]func(context.Context, *db.Tx, []byte, error) error{},
	}
}

// Handle says who runs the jobs of a kind. A kind that nobody runs waits: a newer server may.
func (r *Runner) Handle(kind string, f Handler) {
	if r.handlers[kind] != nil {
		panic("job: two handlers for " + kind)
	}
	r.handlers[kind] = f
}

// Dead says who is told, in the transaction that buries it, of a job that has had its last
// attempt.
func (r *Runner) Dead(kind string, f func(ctx context.Context, tx *db.Tx, payload []byte, cause error) error) {
	r.dead[kind] = f
}

// Every runs f whenever the schedule says so, on one of the servers, as a job that is repeated
// where it fails. The name stays: it is the row of the schedule.
func (r *Runner) Every(name string, at Schedule, f func(ctx context.Context) error) {
	kind := "every." + name
	r.Handle(kind, func(ctx context.Context, _ []byte) error { return f(ctx) })
	r.schedules = append(r.schedules, scheduled{name, kind, at})
}

// Counters are what became of the jobs since the process began, by kind.
func (r *Runner) Counters() map[string]Counter {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make(map[string]Counter, len(r.counters))
	for kind, c := range r.counters {
		all[kind] = c
	}
	return all
}

func (r *Runner) count(kind string, f func(*Counter)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.counters[kind]
	f(&c)
	r.counters[kind] = c
}

// Run works until ctx ends. Jobs under way may then finish for the time of grace; one that is cut
// off goes back untried. A database out of reach is logged once and waited for.
func (r *Runner) Run(ctx context.Context) error {
	kinds := make([]string, 0, len(r.handlers))
	for kind := range r.handlers {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	working, cut := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cut(nil)
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(r.Grace, func() { cut(errStopped) })
	})
	defer stop()
	var all sync.WaitGroup
	for range r.Workers {
		all.Go(func() {
			for ctx.Err() == nil {
				if !r.one(ctx, working, kinds) {
					pause(ctx, r.Poll)
				}
			}
		})
	}
	all.Go(func() { r.tick(ctx) })
	all.Wait()
	return nil
}

var errStopped = errors.New("job: the server stops")

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// tick enqueues what the schedules say. It looks often: a clock may be moved.
func (r *Runner) tick(ctx context.Context) {
	for ctx.Err() == nil {
		began := time.Now()
		r.reached(ctx, began, r.schedule(ctx))
		pause(ctx, 5*r.Poll)
	}
}

func (r *Runner) schedule(ctx context.Context) error {
	var pending []scheduled
	err := r.DB.Read(ctx, func(tx *db.Tx) error {
		pending = pending[:0]
		for _, s := range r.schedules {
			ok, err := queue.Pending(ctx, tx, s.name, s.at)
			if err != nil {
				return err
			}
			if ok {
				pending = append(pending, s)
			}
		}
		return nil
	})
	for _, s := range pending {
		if err != nil {
			break
		}
		err = r.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := queue.Tick(ctx, tx, s.name, s.kind, s.at)
			return err
		})
	}
	return err
}

// reached logs when the database goes out of reach and when it is back; began is when the look
// began that had the error, or none.
func (r *Runner) reached(ctx context.Context, began time.Time, err error) {
	if ctx.Err() != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err != nil && r.failed.IsZero():
		r.failed = time.Now()
		r.Logger.Error("the queue cannot be reached; trying again", "error", queue.Words(err))
	case err == nil && !r.failed.IsZero() && began.After(r.failed):
		r.failed = time.Time{}
		r.Logger.Info("the queue is back")
	}
}

// one takes a job and runs it; false where there is none.
func (r *Runner) one(ctx, working context.Context, kinds []string) bool {
	began := time.Now()
	l, ok, err := queue.Take(ctx, r.DB, kinds, r.Lease)
	if r.reached(ctx, began, err); err != nil || !ok {
		return false
	}
	began = time.Now()
	err = r.run(working, &l)
	r.count(l.Kind, func(c *Counter) { c.Time += time.Since(began) })
	r.settle(working, l, err)
	return true
}

// run calls the handler and keeps the lease alive meanwhile.
func (r *Runner) run(working context.Context, l *queue.Lease) error {
	if l.Lapsed() {
		return errs.New(errs.Internal, "the server that ran it was gone before it was done, %d times", l.Most)
	}
	ctx, cancel := context.WithCancelCause(working)
	defer cancel(nil)
	taken := *l // Renew changes l meanwhile
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		for {
			pause(ctx, r.Lease/3)
			if ctx.Err() != nil {
				return
			}
			switch err := l.Renew(ctx, r.DB, r.Lease); {
			case errors.Is(err, queue.ErrLost), err != nil && time.Now().After(l.Until):
				cancel(queue.ErrLost)
				return
			}
		}
	}()
	err := r.call(ctx, taken)
	if cause := context.Cause(ctx); cause != nil && err != nil {
		err = cause // why it was cut off, not how it noticed
	}
	cancel(nil)
	<-renewed
	return err
}

func (r *Runner) call(ctx context.Context, l queue.Lease) (err error) {
	defer func() {
		if p := recover(); p != nil {
			r.Logger.Error("a job panicked", "kind", l.Kind, "job", l.ID, "stack", string(debug.Stack()))
			err = errs.New(errs.Internal, "panic: %v", p)
		}
	}()
	return r.handlers[l.Kind](ctx, l.Payload)
}

// settle writes down what became of a job. Where that fails the lease runs out, and somebody
// takes the job again.
func (r *Runner) settle(working context.Context, l queue.Lease, cause error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(working), r.Lease)
	defer cancel()
	var dead bool
	err := r.DB.Write(ctx, func(tx *db.Tx) (err error) {
		dead = false
		switch {
		case cause == nil:
			return l.Done(ctx, tx)
		case errors.Is(cause, errStopped):
			return l.Release(ctx, tx)
		case errors.Is(cause, queue.ErrLost):
			return cause
		}
		if dead, err = l.Fail(ctx, tx, cause); err != nil || !dead || r.dead[l.Kind] == nil {
			return err
		}
		return r.dead[l.Kind](ctx, tx, l.Payload, cause)
	})
	log := r.Logger.With("kind", l.Kind, "job", l.ID, "attempt", l.Attempt)
	switch {
	case errors.Is(err, queue.ErrLost):
		r.count(l.Kind, func(c *Counter) { c.Lost++ })
		log.Warn("a job took longer than its lease, and another server may run it again")
	case err != nil:
		r.count(l.Kind, func(c *Counter) { c.Lost++ })
		log.Error("what became of a job could not be written down; it will run again", "error", queue.Words(err))
	case cause == nil:
		r.count(l.Kind, func(c *Counter) { c.Done++ })
	case errors.Is(cause, errStopped):
	case dead:
		r.count(l.Kind, func(c *Counter) { c.Dead++ })
		log.Error("a job is given up; see /desk/jobs", "error", queue.Words(cause))
	default:
		r.count(l.Kind, func(c *Counter) { c.Failed++ })
		log.Warn("a job failed and is tried again", "error", queue.Words(cause))
	}
}

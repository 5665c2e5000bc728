package intake

import (
	"context"
	"runtime/debug"
	"sync"

	"stocktake/internal/db"
	"stocktake/internal/errs"
)

// gather puts what many people save at the same moment into one transaction, each under a
// savepoint of its own: SQLite has one writer, and waits for the disk at every commit. In the
// last hour of a call five hundred drafts are then saved in a few commits. PostgreSQL commits
// many transactions at once by itself.
type gather struct {
	mu      sync.Mutex
	waiting []*job
	running bool
}

type job struct {
	ctx  context.Context
	f    func(context.Context, *db.Tx) error
	err  error
	done chan struct{}
}

const mostJobs = 128 // in one transaction

// write is DB.Write, together with whoever else writes. Once begun it is not given up: what f is
// given is not cancelled with ctx, for an interrupted statement would take the others with it.
func (d *Desk) write(ctx context.Context, f func(context.Context, *db.Tx) error) error {
	if d.DB.Engine() != db.SQLite {
		return d.DB.Write(ctx, func(tx *db.Tx) error { return f(ctx, tx) })
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	j := &job{ctx: context.WithoutCancel(ctx), f: f, done: make(chan struct{})}
	g := &d.gather
	g.mu.Lock()
	g.waiting = append(g.waiting, j)
	if !g.running {
		g.running = true
		go d.runGather()
	}
	g.mu.Unlock()
	<-j.done
	return j.err
}

func (d *Desk) runGather() {
	g := &d.gather
	for {
		g.mu.Lock()
		n := min(len(g.waiting), mostJobs)
		jobs := g.waiting[:n:n]
		g.waiting = g.waiting[n:]
		if n == 0 {
			g.waiting, g.running = nil, false
			g.mu.Unlock()
			return
		}
		g.mu.Unlock()
		if len(jobs) == 1 || guarded(func() error { return d.together(jobs) }) != nil {
			for _, j := range jobs {
				j.err = guarded(func() error {
					return d.DB.Write(j.ctx, func(tx *db.Tx) error { return j.f(j.ctx, tx) })
				})
			}
		}
		for _, j := range jobs {
			close(j.done)
		}
	}
}

// together runs jobs in one transaction. One that is refused is undone alone; a fault of the
// database gives up all of them, to be tried one by one.
func (d *Desk) together(jobs []*job) error {
	ctx := jobs[0].ctx
	return d.DB.Write(ctx, func(tx *db.Tx) error {
		for _, j := range jobs {
			if _, err := tx.Exec(ctx, `SAVEPOINT one`); err != nil {
				return err
			}
			j.err = j.f(j.ctx, tx)
			if fatal(j.err) {
				return j.err
			}
			if j.err != nil {
				if _, err := tx.Exec(ctx, `ROLLBACK TO one`); err != nil {
					return err
				}
			}
			if _, err := tx.Exec(ctx, `RELEASE one`); err != nil {
				return err
			}
		}
		return nil
	})
}

// guarded turns a panic into an error: what works for many must not end with one of them.
func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errs.New(errs.Internal, "intake: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}

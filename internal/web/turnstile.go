package web

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"stocktake/internal/errs"
)

const (
	patience   = 10 * time.Second // for a page to be made, waiting included
	queueTime  = 2 * time.Second  // of that, at most, for its turn
	retryAfter = "5"              // seconds, for those who are sent away
)

// errBusy sends a reader away for a moment; see fail.
var errBusy = errs.New(errs.Unavailable, "too many pages are being made")

// turnstile lets so many pages be made at once, and so many wait for their turn. Whoever comes
// when the queue is full, or waits too long, is sent away: a short answer now is worth more
// than a page after the reader has left.
type turnstile struct {
	slots   chan struct{}
	queue   int32
	wait    time.Duration
	waiting atomic.Int32
}

func newTurnstile(slots, queue int, wait time.Duration) *turnstile {
	return &turnstile{slots: make(chan struct{}, slots), queue: int32(queue), wait: wait}
}

// enter waits for a turn. Without an error, leave has to be called.
func (t *turnstile) enter(ctx context.Context) error {
	select {
	case t.slots <- struct{}{}:
		return nil
	default:
	}
	defer t.waiting.Add(-1)
	if t.waiting.Add(1) > t.queue {
		return errBusy
	}
	ctx, cancel := context.WithTimeout(ctx, t.wait)
	defer cancel()
	select {
	case t.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return errBusy
	}
}

func (t *turnstile) leave() { <-t.slots }

// free reports whether a page could be made at once.
func (t *turnstile) free() bool { return len(t.slots) < cap(t.slots) }

// flights keeps two readers from having the same page made twice: the second waits for the
// first one's.
type flights struct {
	mu    sync.Mutex
	byKey map[flightKey]*flight
}

type flightKey struct {
	edition
	target
}

type flight struct {
	done chan struct{}
	made *response
	err  error
}

// do makes a page, or waits for the one that is being made. The work goes on when its first
// reader leaves, for others may wait for it and the page is kept.
func (f *flights) do(ctx context.Context, key flightKey, work func(context.Context) (*response, error)) (*response, error) {
	f.mu.Lock()
	if other := f.byKey[key]; other != nil {
		f.mu.Unlock()
		select {
		case <-other.done:
			return other.made, other.err
		case <-ctx.Done():
			return nil, errBusy
		}
	}
	// The error is for those who wait while the work panics.
	own := &flight{done: make(chan struct{}), err: errs.New(errs.Internal, "the page could not be made")}
	if f.byKey == nil {
		f.byKey = map[flightKey]*flight{}
	}
	f.byKey[key] = own
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		delete(f.byKey, key)
		f.mu.Unlock()
		close(own.done)
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	own.made, own.err = work(ctx)
	return own.made, own.err
}

package explore

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"stocktake/internal/compact"
	"stocktake/internal/errs"
	"stocktake/internal/register"
)

// Index follows a register. Readers take its Snapshot and are never blocked: the next one is
// built beside it, shares what did not change, and replaces it at once.
type Index struct {
	log   *register.Log
	mu    sync.Mutex // one builder at a time
	round uint64     // of the builder, never used twice
	now   atomic.Pointer[Snapshot]
}

// Snapshot is what the register says at one size. It never changes and may be used by many
// goroutines.
type Snapshot struct {
	folded
	root  [32]byte
	pack  *compact.Pack
	clock func() time.Time
	roll  *roll // the parties as of the newest entries
	bases bases

	walkBelow int // see the constant; tests take both ways
}

// Open reads the whole register. The clock says which day is today for views that do not.
func Open(ctx context.Context, log *register.Log, pack *compact.Pack, clock func() time.Time) (*Index, error) {
	x := &Index{log: log}
	x.now.Store(newSnapshot(folded{}, [32]byte{}, pack, clock, nil))
	if err := x.Refresh(ctx); err != nil {
		return nil, err
	}
	return x, nil
}

// newSnapshot takes over from an older snapshot (nil: none) what was derived there and stays.
func newSnapshot(f folded, root [32]byte, pack *compact.Pack, clock func() time.Time, old *Snapshot) *Snapshot {
	s := &Snapshot{folded: f, root: root, pack: pack, clock: clock, walkBelow: walkBelow}
	switch {
	case old == nil:
		s.roll = s.newRoll(s.parties.picks(noNext, lastDay), nil)
	case s.parties.changed == old.parties.changed:
		s.roll = s.rollLike(old.roll)
		s.takeOver(old)
	default:
		s.roll = s.newRoll(s.parties.picks(noNext, lastDay), old.roll.latest())
		s.takeOver(old)
	}
	return s
}

// Snapshot is the newest one; never nil.
func (x *Index) Snapshot() *Snapshot { return x.now.Load() }

// Refresh reads what is new in the register and swaps the snapshot. When it fails, the
// snapshot stays what it was, and the next call tries again from there.
func (x *Index) Refresh(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "explore.Refresh")
	x.mu.Lock()
	defer x.mu.Unlock()
	head, err := x.log.Head(ctx)
	if err != nil {
		return err
	}
	old := x.now.Load()
	switch {
	case head.Size == old.size:
		return nil
	case head.Size < old.size:
		return errs.New(errs.Internal, "the register has %d entries and had %d", head.Size, old.size).
			WithHint("the database was replaced by an older copy; restart to read it anew")
	}
	x.round++
	next := old.folded
	next.round = x.round
	err = next.addAll(head.Size, true, func(from, limit int64) ([]register.Entry, error) { return x.log.Tail(ctx, from, limit) })
	if err != nil {
		return err
	}
	if next.size != head.Size {
		return errs.New(errs.Internal, "read up to %d of %d entries", next.size, head.Size)
	}
	x.now.Store(newSnapshot(next, head.Root, old.pack, old.clock, old))
	return nil
}

// Follow keeps the index up to date until ctx ends; then it returns nil. It returns an error
// when the register cannot be read; what was read stays, and Follow may be called again.
func (x *Index) Follow(ctx context.Context) error {
	for {
		err := x.Refresh(ctx)
		if err == nil {
			err = x.log.Wait(ctx, x.Snapshot().Size())
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Size is the number of entries that the snapshot has read.
func (s *Snapshot) Size() int64 { return s.size }

// Root is the root hash of the register at that size.
func (s *Snapshot) Root() [32]byte { return s.root }

// Day is today by the clock of the index (UTC).
func (s *Snapshot) Day() string { return s.clock().UTC().Format(isoDay) }

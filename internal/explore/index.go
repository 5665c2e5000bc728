package explore

import (
	"context"
	"errors"
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

	wording sync.Mutex // one reader of words at a time; taken before mu
	keep    *keeper
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
}

// wordsLater is how many entries are read without their words first: figures, filters and lists
// are there at once, the search follows (see Searchable).
var wordsLater int64 = 5_000

// Open reads the whole register. The clock says which day is today for views that do not. Of a
// long register the words are left to Follow, or to the next Refresh.
func Open(ctx context.Context, log *register.Log, pack *compact.Pack, clock func() time.Time) (*Index, error) {
	return OpenKept(ctx, log, pack, clock, Keep{})
}

// OpenKept is Open where there is no file of the index, or none that can be taken. Else it reads
// that, and of the register only what came since: figures, filters and lists are there at once. The
// register itself is left to Follow, or to the next Refresh, like the words; what was read from it
// then takes the place of what was in the file. Follow also writes the file.
func OpenKept(ctx context.Context, log *register.Log, pack *compact.Pack, clock func() time.Time, k Keep) (_ *Index, err error) {
	defer errs.Wrap(&err, "explore.Open")
	x := &Index{log: log, round: 1, keep: newKeeper(k, log, pack)}
	f, root, err := x.keep.read(ctx, x.round)
	if err != nil {
		return nil, err
	}
	x.now.Store(newSnapshot(f, root, pack, clock, nil))
	if _, err := x.grow(ctx); err != nil {
		return nil, err
	}
	return x, nil
}

// newSnapshot takes over from an older snapshot (nil: none) what was derived there and stays.
func newSnapshot(f folded, root [32]byte, pack *compact.Pack, clock func() time.Time, old *Snapshot) *Snapshot {
	s := &Snapshot{folded: f, root: root, pack: pack, clock: clock}
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
// snapshot stays what it was, and the next call tries again from there. Where the words of a
// long register are still to be read, and nothing else is, it reads them.
func (x *Index) Refresh(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "explore.Refresh")
	grown, err := x.grow(ctx)
	if err != nil || grown {
		return err
	}
	return x.readWords(ctx)
}

func (x *Index) read(ctx context.Context) reader {
	return func(from, limit int64) ([]register.Entry, error) { return x.log.Tail(ctx, from, limit) }
}

// begin is the next state of the index, for a builder who holds the lock.
func (x *Index) begin() (old *Snapshot, next folded) {
	x.round++
	old = x.now.Load()
	next = old.folded
	next.round = x.round
	return old, next
}

// grow reads what is new in the register, and says whether anything was.
func (x *Index) grow(ctx context.Context) (bool, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	head, err := x.log.Head(ctx)
	if err != nil {
		return false, err
	}
	old, next := x.begin()
	switch {
	case head.Size == old.size:
		return false, nil
	case head.Size < old.size:
		return false, errs.New(errs.Internal, "the register has %d entries and had %d", head.Size, old.size).
			WithHint("the database was replaced by an older copy; restart to read it anew")
	}
	words := old.Searchable() && head.Size-old.size <= wordsLater
	if err := next.addAll(head.Size, words, x.read(ctx)); err != nil {
		return false, err
	}
	if next.size != head.Size {
		return false, errs.New(errs.Internal, "read up to %d of %d entries", next.size, head.Size)
	}
	x.now.Store(newSnapshot(next, head.Root, old.pack, old.clock, old))
	if next.erasures != old.erasures {
		x.keep.forget()
	}
	return true, nil
}

// readWords reads the words that were left for later, and of an index that came from a file
// everything: the file is good for the time until then. That takes long: the register is followed
// beside it, and only what came meanwhile is read under the lock.
func (x *Index) readWords(ctx context.Context) error {
	x.wording.Lock()
	defer x.wording.Unlock()
	x.mu.Lock()
	_, beside := x.begin()
	x.mu.Unlock()
	if beside.worded == beside.size {
		return nil
	}
	size, fromFile := beside.size, beside.absent != nil
	read := beside.addWordsTo
	if fromFile {
		beside = folded{round: beside.round}
		read = beside.addWithWordsTo
	}
	if err := read(size, x.read(ctx)); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	old, next := x.begin()
	if fromFile {
		beside.round = next.round
		if err := beside.addWithWordsTo(old.size, x.read(ctx)); err != nil {
			return err
		}
		x.now.Store(newSnapshot(beside, old.root, old.pack, old.clock, nil))
		return nil
	}
	next.takeWords(&beside)
	if err := next.addWordsTo(next.size, x.read(ctx)); err != nil {
		return err
	}
	x.now.Store(newSnapshot(next, old.root, old.pack, old.clock, old))
	return nil
}

// Follow keeps the index up to date until ctx ends; then it returns nil. It returns an error
// when the register cannot be read; what was read stays, and Follow may be called again.
func (x *Index) Follow(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	worded := make(chan error, 1)
	go func() {
		err := x.readWords(ctx)
		if err != nil {
			stop()
		}
		if x.keep.due(x.Snapshot()) {
			x.keep.write(ctx, x.Snapshot)
		}
		worded <- err
	}()
	err := x.follow(ctx)
	stop()
	if failed := <-worded; failed != nil && !errors.Is(failed, context.Canceled) {
		return failed
	}
	return err
}

func (x *Index) follow(ctx context.Context) error {
	var writing sync.WaitGroup
	defer writing.Wait()
	for {
		_, err := x.grow(ctx)
		if err == nil {
			if x.keep.due(x.Snapshot()) {
				writing.Go(func() { x.keep.write(ctx, x.Snapshot) })
			}
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

// Searchable reports whether the words of all entries have been read; until then a view with
// words is Unavailable.
func (s *Snapshot) Searchable() bool { return s.worded == s.size }

// FromFile reports whether the snapshot is that of a file, until the register has been read. What was
// made of one is not kept beyond: what follows says the same, unless the file was wrong.
func (s *Snapshot) FromFile() bool { return s.absent != nil }

// Size is the number of entries that the snapshot has read.
func (s *Snapshot) Size() int64 { return s.size }

// Root is the root hash of the register at that size.
func (s *Snapshot) Root() [32]byte { return s.root }

// Day is today by the clock of the index (UTC).
func (s *Snapshot) Day() string { return s.clock().UTC().Format(isoDay) }

package explore

import (
	"runtime"
	"sync"

	"stocktake/internal/register"
)

// batch is how many entries are read and prepared at a time; it bounds what is held twice.
const batch = 1000

// reader gives the entries from a position on, at most limit of them.
type reader func(from, limit int64) ([]register.Entry, error)

// addAll folds the register in up to a size, with or without its words.
func (f *folded) addAll(to int64, words bool, read reader) error {
	return inOrder(f.size, to, read, words, func(w *work) error {
		if err := f.add(w); err != nil {
			return err
		}
		if words {
			f.addWordsOf(w)
		}
		return nil
	})
}

// addWithWordsTo folds the register in up to a size, with its words.
func (f *folded) addWithWordsTo(to int64, read reader) error { return f.addAll(to, true, read) }

// addWordsTo adds the words that were left out, up to a size.
func (f *folded) addWordsTo(to int64, read reader) error {
	return inOrder(f.worded, to, read, true, func(w *work) error {
		f.addWordsOf(w)
		return nil
	})
}

// takeWords takes over what another builder made of the same register's words, but for the titles
// that were withheld meanwhile.
func (f *folded) takeWords(g *folded) {
	f.words, f.known, f.titles, f.worded = g.words, g.known, g.titles, g.worded
	f.traces, f.sideTraces, f.pairs, f.sidePairs = g.traces, g.sideTraces, g.pairs, g.sidePairs
	for v := range uint32(f.titles.len()) {
		if f.versions.at(v).withheld {
			f.hideTitle(v)
		}
	}
}

// inOrder reads and prepares a stretch of the register in batches, which takes most of the time
// and needs no index, so that all processors share it; add is called by one, in order.
func inOrder(from, to int64, read reader, words bool, add func(*work) error) error {
	type prepared struct {
		works []work
		err   error
	}
	ahead := make(chan chan prepared, runtime.GOMAXPROCS(0))
	stop := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		defer close(ahead)
		for ; from < to; from += batch {
			c := make(chan prepared, 1)
			select {
			case ahead <- c:
			case <-stop:
				return
			}
			at, limit := from, min(batch, to-from)
			wait.Go(func() {
				works, err := prepareAll(at, limit, read, words)
				c <- prepared{works, err}
			})
		}
	})
	defer wait.Wait()
	defer close(stop)
	for c := range ahead {
		p := <-c
		if p.err != nil {
			return p.err
		}
		for i := range p.works {
			if err := add(&p.works[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func prepareAll(from, limit int64, read reader, words bool) ([]work, error) {
	entries, err := read(from, limit)
	if err != nil {
		return nil, err
	}
	works := make([]work, len(entries))
	for i, e := range entries {
		if err = works[i].prepare(e, words); err != nil {
			return nil, err
		}
	}
	return works, nil
}

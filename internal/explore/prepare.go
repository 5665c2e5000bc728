package explore

import (
	"runtime"
	"sync"

	"stocktake/internal/register"
)

// batch is how many entries are prepared at a time; it bounds what is held twice.
const batch = 1024

// addAll folds a stretch of the register in. Decoding and cutting words takes most of the time
// and needs no index, so all processors share it; adding is done by one, in order.
func (f *folded) addAll(entries func(yield func(register.Entry) error) error) error {
	var pending []register.Entry
	flush := func() error {
		works, errors := make([]work, len(pending)), make([]error, len(pending))
		inParallel(len(pending), func(i int) { works[i], errors[i] = prepare(pending[i]) })
		for i := range works {
			if errors[i] != nil {
				return errors[i]
			}
			if err := f.add(works[i]); err != nil {
				return err
			}
		}
		pending = pending[:0]
		return nil
	}
	err := entries(func(e register.Entry) error {
		if pending = append(pending, e); len(pending) < batch {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	return flush()
}

func inParallel(n int, f func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), (n+31)/32)
	if workers <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	wait.Wait()
}

package exchange

import (
	"runtime"
	"runtime/metrics"
	"time"
)

// peakHeap runs f and says by how much the live and not yet collected memory of the heap grew at
// its highest, looked at every millisecond.
func peakHeap(f func()) uint64 {
	runtime.GC()
	base := heap()
	done, peak := make(chan struct{}), make(chan uint64)
	go func() {
		highest := base
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			highest = max(highest, heap())
			select {
			case <-done:
				peak <- highest
				return
			case <-tick.C:
			}
		}
	}()
	f()
	close(done)
	return max(<-peak, base) - base
}

// heap is the memory in objects of the heap, and of what was freed and not yet given back to
// the system, as the garbage collector counts it.
func heap() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

package exchange

import (
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
)

// A file of 20 MB is imported in far less memory than it has; memory_soak_test.go does it with 200.
func TestMemoryOfAnImport(t *testing.T) {
	path, rows := crowd(t, 0, 20<<20, 400)
	h := open(t, dbtest.New(t, db.SQLite))
	var sum Summary
	peak := peakHeap(func() { sum = h.take(Import{Path: path}) })
	if sum.New != rows || peak > 100<<20 {
		t.Errorf("%v of %d rows in %d MB", sum, rows, peak>>20)
	}
}

// peakHeap runs f and says by how much the heap (objects that live, or are not collected yet)
// grew at its highest, looked at every five milliseconds.
func peakHeap(f func()) uint64 {
	runtime.GC()
	base := heap()
	done, peak := make(chan struct{}), make(chan uint64)
	go func() {
		highest := base
		tick := time.NewTicker(5 * time.Millisecond)
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

func heap() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// peakResident is the most memory that the process had since resetResident, as Linux counts it
// (with SQLite's, which no Go metric has); ok is false elsewhere.
func peakResident() (bytes uint64, ok bool) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	for l := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(l, "VmHWM:"); found {
			kb, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return kb << 10, err == nil
		}
	}
	return 0, false
}

func resetResident() {
	runtime.GC()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o200) // where it cannot be reset, the peak is of the whole run
}

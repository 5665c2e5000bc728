package explore

import (
	"flag"
	"runtime"
	"testing"

	"stocktake/internal/db"
	"stocktake/internal/register"
)

// loadedFrom names a database with a register, as `stocktake rehearse` fills one.
var loadedFrom = flag.String("db", "", "database whose register BenchmarkOpen reads: sqlite:FILE")

// BenchmarkOpen reads a whole register, as a start does before the first page; its words follow
// later.
func BenchmarkOpen(b *testing.B) {
	if *loadedFrom == "" {
		return // nothing to read: the benchmark is asked for by its flag
	}
	d, err := db.Open(b.Context(), *loadedFrom)
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	log, err := register.Open(b.Context(), d, register.Options{})
	if err != nil {
		b.Fatal(err)
	}
	pack := testPack(b)
	for b.Loop() {
		before := processCPU()
		x, err := Open(b.Context(), log, pack, d.Now)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := x.Snapshot().View(Query{}, ""); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric((processCPU() - before).Seconds(), "cpu-s")
		b.ReportMetric(float64(x.Snapshot().Size()), "entries")
		runtime.KeepAlive(x)
	}
}

package rehearse

import (
	"slices"
	"testing"

	"stocktake/internal/compact"
	"stocktake/internal/pledge"
)

// Making gives the making of pledges without a database, for the benchmark.
func Making(tb testing.TB, pack *compact.Pack, n int) func(serial int64) pledge.Pledge {
	tb.Helper()
	m, err := newMaker(pack, Plan{Pledges: n, Seed: 1})
	if err != nil {
		tb.Fatal(err)
	}
	return func(serial int64) pledge.Pledge {
		day, _ := slices.BinarySearch(m.last, serial)
		return m.make(serial, day).pledge
	}
}

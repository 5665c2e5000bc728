package rehearse_test

import (
	"runtime"
	"testing"

	"stocktake/internal/db/dbtest"
	"stocktake/internal/rehearse"
)

// BenchmarkFill fills fresh databases and says how many pledges a second that is, end to end,
// and what stays in memory after it.
func BenchmarkFill(b *testing.B) {
	const n = 20_000
	pack := embedded(b)
	for _, e := range dbtest.Engines {
		b.Run(string(e), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				d := dbtest.New(b, e)
				b.StartTimer()
				fill(b, d, pack, rehearse.Plan{Pledges: n, Seed: 1})
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "pledges/s")
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.Sys)/(1<<20), "MB")
		})
	}
}

// BenchmarkMake is the making alone, without a database.
func BenchmarkMake(b *testing.B) {
	b.ReportAllocs()
	made := rehearse.Making(b, embedded(b), 10_000)
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		made(int64(i%10_000) + 1)
	}
}

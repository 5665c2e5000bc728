package pledge_test

import (
	"flag"
	"fmt"
	"runtime"
	"testing"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/pledge"
)

// size is how many pledges BenchmarkImport publishes: go test -bench Import -size 100000.
var size = flag.Int("size", 20_000, "pledges in the benchmark of an import")

// BenchmarkImport puts pledges in one transaction, then the same again, which changes nothing. It
// reports rows per second and the most memory in use.
func BenchmarkImport(b *testing.B) {
	n := *size
	for _, engine := range dbtest.Engines {
		b.Run(string(engine), func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				o := open(b, dbtest.New(b, engine))
				p := sample(b)
				b.StartTimer()
				for _, run := range []string{"new", "again"} {
					begin := time.Now()
					var peak uint64
					o.must(func(tx *db.Tx) error {
						batch, err := o.book.Import(o.ctx, tx, "office:secretariat")
						if err != nil {
							return err
						}
						for i := range n {
							p.Title = fmt.Sprint("Pledge ", i)
							out, err := batch.Put(pledge.Offer{Pledge: p, Key: fmt.Sprint("row-", i), Effective: "2022-05-20"})
							if err != nil {
								return err
							}
							if i%4 == 0 {
								if _, err := batch.Report("2023-05-20", pledge.Report{Pledge: out.ID, Stage: pledge.InProgress}); err != nil {
									return err
								}
							}
							if i%5000 == 0 {
								var m runtime.MemStats
								runtime.ReadMemStats(&m)
								peak = max(peak, m.HeapInuse)
							}
						}
						return batch.Finish()
					})
					b.ReportMetric(float64(n)/time.Since(begin).Seconds(), "rows/s-"+run)
					b.ReportMetric(float64(peak>>20), "MB-"+run)
				}
			}
		})
	}
}

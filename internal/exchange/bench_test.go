package exchange

import (
	"context"
	"encoding/csv"
	"io"
	"os"
	"testing"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
)

// BenchmarkImport imports 100,000 rows of CSV (about 80 MB) into SQLite as it runs in production, and
// beside it inserts the same rows, as they stand in the file, into one plain table: what any
// import at all would cost. The ratio is what ours costs on top: rules, parties, canonical
// JSON, salts, hashes, the tree, the public tables. Run with
//
//	go test -run xxx -bench Import -benchtime 1x ./internal/exchange
func BenchmarkImport(b *testing.B) {
	const rows = 100_000
	path, written := crowd(b, rows, 0, 80)
	var ours, raw time.Duration
	var peak uint64
	for b.Loop() {
		b.StopTimer()
		raw += insertRaw(b, path)
		h := open(b, dbtest.New(b, db.SQLite))
		resetResident()
		b.StartTimer()
		start := time.Now()
		if sum := h.take(Import{Path: path}); sum.New != written {
			b.Fatalf("%v", sum)
		}
		ours += time.Since(start)
		if resident, ok := peakResident(); ok {
			peak = max(peak, resident)
		}
	}
	done := float64(written * b.N)
	b.ReportMetric(done/ours.Seconds(), "rows/s")
	b.ReportMetric(done/raw.Seconds(), "raw-rows/s")
	b.ReportMetric(ours.Seconds()/raw.Seconds(), "times-raw")
	b.ReportMetric(float64(peak>>20), "peak-MB")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkImportAgain imports what is there already.
func BenchmarkImportAgain(b *testing.B) {
	path, written := crowd(b, 20_000, 0, 80)
	h := open(b, dbtest.New(b, db.SQLite))
	h.take(Import{Path: path})
	start := time.Now()
	for b.Loop() {
		if sum := h.take(Import{Path: path}); sum.Unchanged != written || sum.Reports != 0 {
			b.Fatalf("%v", sum)
		}
	}
	b.ReportMetric(float64(written*b.N)/time.Since(start).Seconds(), "rows/s")
}

func insertRaw(b *testing.B, path string) time.Duration {
	b.Helper()
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	ctx := context.Background()
	d := dbtest.New(b, db.SQLite)
	start := time.Now()
	err = d.Write(ctx, func(tx *db.Tx) error {
		r := csv.NewReader(f)
		columns, err := r.Read()
		if err != nil {
			return err
		}
		table := "CREATE TABLE raw ("
		for i, c := range columns {
			if i > 0 {
				table += ", "
			}
			table += `"` + c + `" TEXT`
		}
		if _, err := tx.Exec(ctx, table+")"); err != nil {
			return err
		}
		values := make([]any, len(columns))
		return tx.InsertSeq(ctx, "raw", columns, -1, func() ([]any, error) {
			row, err := r.Read()
			if err == io.EOF {
				return nil, nil
			}
			for i, v := range row {
				values[i] = v
			}
			return values, err
		})
	})
	if err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

package register

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
)

const benchBatch = 10_000

func benchDrafts(round int) []Draft {
	drafts := make([]Draft, benchBatch)
	for i := range drafts {
		drafts[i] = Draft{Actor: "ken", Kind: "pledge", Subject: fmt.Sprintf("pledge:ABC-%d-%05d", round, i),
			Payload: fmt.Appendf(nil, `{"schema":1,"id":"ABC-%05d","title":"To widen regular pathways and to issue visas within thirty days","text":"%0600d","parties":["ken","iom"],"objectives":[5,7],"status":"published"}`, i, i)}
	}
	return drafts
}

// BenchmarkAppend publishes 10,000 drafts in one transaction, and inserts rows of the same
// content into a plain table with as many transactions: "×raw" is how many times as long the
// register takes for canonical JSON, salts, hashes, tree, checkpoint and unique subjects.
func BenchmarkAppend(b *testing.B) {
	dbtest.EachBench(b, func(b *testing.B, d *db.DB) {
		ctx := context.Background()
		l := openLog(b, d, Options{Key: testKey})
		if err := d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `CREATE TABLE raw (n BIGINT PRIMARY KEY, subject TEXT, payload TEXT)`)
			return err
		}); err != nil {
			b.Fatal(err)
		}
		var raw, reg time.Duration
		round := 0
		for b.Loop() {
			drafts := benchDrafts(round)
			start := time.Now()
			if err := d.Write(ctx, func(tx *db.Tx) error {
				return tx.InsertRows(ctx, "raw", []string{"n", "subject", "payload"}, benchBatch, func(i int) []any {
					return []any{round*benchBatch + i, drafts[i].Subject, string(drafts[i].Payload)}
				})
			}); err != nil {
				b.Fatal(err)
			}
			raw += time.Since(start)
			start = time.Now()
			if err := d.Write(ctx, func(tx *db.Tx) error {
				_, err := l.Append(ctx, tx, drafts...)
				return err
			}); err != nil {
				b.Fatal(err)
			}
			reg += time.Since(start)
			round++
		}
		b.ReportMetric(float64(round*benchBatch)/reg.Seconds(), "entries/s")
		b.ReportMetric(float64(round*benchBatch)/raw.Seconds(), "raw-rows/s")
		b.ReportMetric(reg.Seconds()/raw.Seconds(), "×raw")
	})
}

// BenchmarkPublish is one entry in a transaction of its own.
func BenchmarkPublish(b *testing.B) {
	dbtest.EachBench(b, func(b *testing.B, d *db.DB) {
		l := openLog(b, d, Options{Key: testKey})
		n := 0
		for b.Loop() {
			n++
			appendAll(b, d, l, draft("A", n))
		}
	})
}

// BenchmarkVerify exports and verifies 10,000 entries.
func BenchmarkVerify(b *testing.B) {
	d := dbtest.New(b, db.SQLite)
	l := openLog(b, d, Options{Key: testKey})
	appendAll(b, d, l, benchDrafts(0)...)
	for b.Loop() {
		r, w := io.Pipe()
		go func() { w.CloseWithError(l.Export(context.Background(), w)) }()
		if _, err := VerifyExport(r, l.Key()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(benchBatch*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}

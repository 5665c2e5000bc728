package pledge_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/pledge"
)

// BenchmarkPublish publishes pledges, many in one transaction and each in one of its own, and
// then inserts the rows that this wrote into the same tables of an empty database, in as many
// durable transactions: "×raw" is how many times as long it takes to hold pledges to the rules,
// to make them canonical, to salt, hash and sign them.
func BenchmarkPublish(b *testing.B) {
	for _, engine := range dbtest.Engines {
		for _, size := range []struct {
			name              string
			pledges, together int
		}{{"together", 10_000, 10_000}, {"alone", 300, 1}} {
			b.Run(fmt.Sprintf("%s/%s", engine, size.name), func(b *testing.B) {
				var publish, raw time.Duration
				for b.Loop() {
					o := open(b, dbtest.New(b, engine))
					begin := time.Now()
					publishMany(o, size.pledges, size.together)
					publish += time.Since(begin)
					tables := rowsOf(b, o.db)
					empty := dbtest.New(b, engine)
					begin = time.Now()
					insertRaw(b, empty, tables, size.pledges/size.together)
					raw += time.Since(begin)
				}
				n := float64(size.pledges * b.N)
				b.ReportMetric(n/publish.Seconds(), "pledges/s")
				b.ReportMetric(n/raw.Seconds(), "raw-pledges/s")
				b.ReportMetric(publish.Seconds()/raw.Seconds(), "×raw")
			})
		}
	}
}

func publishMany(o *office, pledges, together int) {
	o.tb.Helper()
	p := sample(o.tb)
	p.Text = strings.Repeat(p.Text+" ", 1+600/len(p.Text))
	for next := 0; next < pledges; {
		o.must(func(tx *db.Tx) error {
			batch, err := o.book.Batch(o.ctx, tx, terms(""))
			if err != nil {
				return err
			}
			for range together {
				next++
				p.Title = fmt.Sprint("Pledge ", next)
				if _, err := batch.Put(pledge.Offer{Pledge: p, Effective: "2022-05-20"}); err != nil {
					return err
				}
			}
			return batch.Finish()
		})
	}
}

type tableRows struct {
	name    string
	columns []string
	rows    [][]any
}

// rowsOf are the rows that publication wrote.
func rowsOf(b *testing.B, d *db.DB) []tableRows {
	b.Helper()
	tables := []tableRows{
		{name: "register_entry", columns: []string{"position", "subject", "version", "effective", "header"}},
		{name: "register_payload", columns: []string{"position", "salt", "payload"}},
		{name: "register_hash", columns: []string{"id", "hash"}},
		{name: "pledges", columns: []string{"id", "version", "status", "position", "effective", "first_effective", "digest", "doc"}},
	}
	err := d.Read(context.Background(), func(tx *db.Tx) error {
		for i := range tables {
			t := &tables[i]
			rows, err := tx.Query(tx.Context(), `SELECT `+strings.Join(t.columns, ", ")+` FROM `+t.name+` ORDER BY 1`)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				values, into := make([]any, len(t.columns)), make([]any, len(t.columns))
				for i := range values {
					into[i] = &values[i]
				}
				if err := rows.Scan(into...); err != nil {
					return err
				}
				t.rows = append(t.rows, values)
			}
			if err := rows.Err(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return tables
}

// insertRaw inserts rows in so many transactions.
func insertRaw(b *testing.B, d *db.DB, tables []tableRows, transactions int) {
	b.Helper()
	for part := range transactions {
		err := d.Write(context.Background(), func(tx *db.Tx) error {
			for _, t := range tables {
				rows := t.rows[part*len(t.rows)/transactions : (part+1)*len(t.rows)/transactions]
				if err := tx.InsertRows(tx.Context(), t.name, t.columns, len(rows), func(i int) []any { return rows[i] }); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

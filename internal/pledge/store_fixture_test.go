package pledge_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
)

const today = "2024-03-01"

// office is a database with a register and the cast published, as a test finds it.
type office struct {
	tb   testing.TB
	ctx  context.Context
	db   *db.DB
	log  *register.Log
	book pledge.Book
}

func open(tb testing.TB, d *db.DB) *office {
	tb.Helper()
	d.SetClock(func() time.Time { return time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC) })
	o := &office{tb: tb, ctx: context.Background(), db: d}
	var err error
	o.log, err = register.Open(o.ctx, d, register.Options{
		Origin: "example.org/log", Key: register.KeyFromSeed([]byte("test")), Rand: dbtest.Rand(1),
	})
	if err != nil {
		tb.Fatal(err)
	}
	o.book = pledge.Book{Pack: pack(tb), Log: o.log}
	o.must(func(tx *db.Tx) error {
		b, err := o.book.Import(o.ctx, tx, "office:secretariat")
		if err != nil {
			return err
		}
		for _, p := range cast(tb) {
			if _, err := b.Party("2022-01-01", p); err != nil {
				return err
			}
		}
		return b.Finish()
	})
	return o
}

// each runs a test on both engines.
func each(t *testing.T, f func(t *testing.T, o *office)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, open(t, d)) })
}

func (o *office) must(f func(tx *db.Tx) error) {
	o.tb.Helper()
	if err := o.db.Write(o.ctx, f); err != nil {
		o.tb.Fatal(err)
	}
}

// do runs one call of the book in a transaction of its own.
func (o *office) do(call func(tx *db.Tx) (pledge.Outcome, error)) (out pledge.Outcome, err error) {
	err = o.db.Write(o.ctx, func(tx *db.Tx) (err error) {
		out, err = call(tx)
		return err
	})
	return out, err
}

func terms(effective string) pledge.Terms {
	return pledge.Terms{Actor: "office:secretariat", Effective: effective}
}

func (o *office) publish(effective string, p pledge.Pledge) (pledge.Outcome, error) {
	return o.do(func(tx *db.Tx) (pledge.Outcome, error) { return o.book.Publish(o.ctx, tx, terms(effective), p) })
}

func (o *office) published(effective string, p pledge.Pledge) pledge.Outcome {
	o.tb.Helper()
	out, err := o.publish(effective, p)
	if err != nil {
		o.tb.Fatal(err)
	}
	return out
}

func (o *office) revise(effective string, p pledge.Pledge) (pledge.Outcome, error) {
	return o.do(func(tx *db.Tx) (pledge.Outcome, error) { return o.book.Revise(o.ctx, tx, terms(effective), p) })
}

func (o *office) withdraw(id, why string) (pledge.Outcome, error) {
	return o.do(func(tx *db.Tx) (pledge.Outcome, error) {
		return o.book.Withdraw(o.ctx, tx, terms(""), id, pledge.Notice{Reason: why, Language: lang.EN})
	})
}

func (o *office) supersede(id, by string) (pledge.Outcome, error) {
	return o.do(func(tx *db.Tx) (pledge.Outcome, error) {
		return o.book.Supersede(o.ctx, tx, terms(""), id, by, pledge.Notice{Reason: "Merged", Language: lang.EN})
	})
}

func (o *office) report(effective string, r pledge.Report) (pledge.Outcome, error) {
	return o.do(func(tx *db.Tx) (pledge.Outcome, error) { return o.book.Report(o.ctx, tx, terms(effective), r) })
}

func (o *office) translate(tr pledge.Translation) (pledge.Outcome, error) {
	return o.do(func(tx *db.Tx) (pledge.Outcome, error) { return o.book.Translate(o.ctx, tx, terms(""), tr) })
}

func (o *office) put(offer pledge.Offer) (pledge.Outcome, error) {
	return o.do(func(tx *db.Tx) (pledge.Outcome, error) {
		b, err := o.book.Import(o.ctx, tx, "office:secretariat")
		if err != nil {
			return pledge.Outcome{}, err
		}
		out, err := b.Put(offer)
		if err != nil {
			return out, err
		}
		return out, b.Finish()
	})
}

func (o *office) erase(position int64) error {
	return o.db.Write(o.ctx, func(tx *db.Tx) error {
		e, err := o.log.Erase(o.ctx, tx, register.Erasure{Position: position, Ground: "court order", By: [2]string{"office:a", "office:b"}, On: today})
		if err != nil {
			return err
		}
		if err := party.Apply(o.ctx, tx, e); err != nil {
			return err
		}
		return pledge.Apply(o.ctx, tx, e)
	})
}

func (o *office) get(id string) (c pledge.Current, err error) {
	err = o.db.Read(o.ctx, func(tx *db.Tx) (err error) {
		c, err = pledge.Get(o.ctx, tx, id)
		return err
	})
	return c, err
}

// tables is what the fold of the register has left, row by row.
func tables(tb testing.TB, d *db.DB) string {
	tb.Helper()
	ctx := context.Background()
	var b strings.Builder
	err := d.Read(ctx, func(tx *db.Tx) error {
		b.Reset()
		for _, query := range []string{
			`SELECT * FROM parties ORDER BY code`, `SELECT * FROM pledges ORDER BY id`, `SELECT * FROM reports ORDER BY pledge, number`,
			`SELECT * FROM translations ORDER BY pledge, language`, `SELECT * FROM pledge_serial WHERE last > 0 ORDER BY code`,
		} {
			rows, err := tx.Query(ctx, query)
			if err != nil {
				return err
			}
			columns, err := rows.Columns()
			if err != nil {
				return err
			}
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			for rows.Next() {
				if err := rows.Scan(values...); err != nil {
					return err
				}
				for i, v := range values {
					fmt.Fprintf(&b, "%s=%v\t", columns[i], *v.(*any))
				}
				b.WriteByte('\n')
			}
			rows.Close()
			if err := rows.Err(); err != nil {
				return err
			}
			b.WriteString("--\n")
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

// replayed are the tables of an empty database after all entries were applied to it.
func (o *office) replayed() string {
	o.tb.Helper()
	empty := dbtest.New(o.tb, o.db.Engine())
	defer empty.Close()
	err := empty.Write(o.ctx, func(tx *db.Tx) error {
		return o.log.Range(o.ctx, 0, 1<<40, func(e register.Entry) error {
			if err := party.Apply(o.ctx, tx, e); err != nil {
				return err
			}
			return pledge.Apply(o.ctx, tx, e)
		})
	})
	if err != nil {
		o.tb.Fatal(err)
	}
	return tables(o.tb, empty)
}

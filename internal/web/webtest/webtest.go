// Package webtest has a small register that shows every kind of pledge the pages know, for the
// tests of the pages here and in a browser: a ministry, cities, a joint pledge of a group, one
// that was withdrawn and one superseded, matching pledges, every stage, texts in four scripts,
// translations, names too long for a line, and dates known to the year or not at all. Names and
// texts are made up, except those of States.
package webtest

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
)

// Today is the day on which the fixture stands.
const Today = "2026-11-23"

// Clock is the fixture's clock.
func Clock() time.Time { return time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC) }

// Fixture is a filled register with its index. Close it after use.
type Fixture struct {
	DB    *db.DB
	Log   *register.Log
	Index *explore.Index
	Pack  *compact.Pack
	Book  pledge.Book
	Size  int64 // of the register when it was filled
}

// Open fills a new register in a folder that is the caller's own.
func Open(ctx context.Context, dir string) (_ *Fixture, err error) {
	defer errs.Wrap(&err, "webtest.Open")
	f, err := Empty(ctx, dir)
	if err != nil {
		return nil, err
	}
	if err := f.fill(ctx); err != nil {
		return nil, fmt.Errorf("fill: %w", f.fail(err))
	}
	if err := f.Index.Refresh(ctx); err != nil {
		return nil, f.fail(err)
	}
	f.Size = f.Index.Snapshot().Size()
	return f, nil
}

// Rounds are the made-up rounds of reporting: one that is over and one that is open on the day of
// the fixture. Pledges were published before, between and after the calls.
var Rounds = []compact.Round{
	{Asked: "2023-01-16", Due: "2023-04-30", Edition: "2022"},
	{Asked: "2024-06-30", Due: "2026-12-31", Edition: "2026"},
}

// Empty is a fixture without anything published.
func Empty(ctx context.Context, dir string) (*Fixture, error) {
	embedded, err := compact.Embedded(compact.DefaultPack)
	if err != nil {
		return nil, err
	}
	pack := new(compact.Pack)
	*pack = *embedded
	pack.Rounds = Rounds
	d, err := db.Open(ctx, "sqlite:"+filepath.Join(dir, "fixture.db"))
	if err != nil {
		return nil, err
	}
	f := &Fixture{DB: d, Pack: pack}
	d.SetClock(Clock)
	if err := db.Migrate(ctx, d); err != nil {
		return nil, f.fail(err)
	}
	key := register.KeyFromSeed([]byte("a key for tests, of 32 bytes ..."))
	f.Log, err = register.Open(ctx, d, register.Options{Origin: "fixture.example/log", Key: key, Rand: zeros{}})
	if err != nil {
		return nil, f.fail(err)
	}
	f.Book = pledge.Book{Pack: pack, Log: f.Log}
	if f.Index, err = explore.Open(ctx, f.Log, pack, Clock); err != nil {
		return nil, f.fail(err)
	}
	return f, nil
}

// zeros makes the salts of the fixture, which has no secrets, the same in every run.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// Close closes the database.
func (f *Fixture) Close() error { return f.DB.Close() }

func (f *Fixture) fail(err error) error {
	if closing := f.DB.Close(); closing != nil {
		return fmt.Errorf("%w; and closing: %w", err, closing)
	}
	return err
}

// fill publishes parties and pledges as an import does, then what happens to them later.
func (f *Fixture) fill(ctx context.Context) error {
	err := f.DB.Write(ctx, func(tx *db.Tx) error {
		batch, err := f.Book.Import(ctx, tx, "office:secretariat")
		if err != nil {
			return err
		}
		for _, p := range Parties() {
			if _, err := batch.Party("2022-01-10", p); err != nil {
				return fmt.Errorf("party %s: %w", p.Code, err)
			}
		}
		for i, o := range Offers(f.Pack) {
			if _, err := batch.Put(o); err != nil {
				return fmt.Errorf("pledge %d: %w", i+1, err)
			}
		}
		return batch.Finish()
	})
	if err != nil {
		return err
	}
	return f.after(ctx)
}

// ID is the id of the fixture's pledge with the number.
func (f *Fixture) ID(serial int64) string { return pledge.IDOf(f.Pack.Code, serial) }

// after is what happens to the pledges once they are public.
func (f *Fixture) after(ctx context.Context) error {
	terms := func(day string) pledge.Terms {
		return pledge.Terms{Actor: "office:secretariat", Mode: pledge.ByImport, Effective: day}
	}
	steps := []func(tx *db.Tx) error{
		func(tx *db.Tx) error { return f.revise(ctx, tx, terms("2023-03-01")) },
		func(tx *db.Tx) error {
			_, err := f.Book.Withdraw(ctx, tx, terms("2024-02-01"), f.ID(Withdrawn), pledge.Notice{Reason: "The programme was merged with another one.", Language: "en"})
			return err
		},
		func(tx *db.Tx) error {
			_, err := f.Book.Supersede(ctx, tx, terms("2024-06-30"), f.ID(Superseded), f.ID(Successor), pledge.Notice{Reason: "A wider pledge took its place.", Language: "en"})
			return err
		},
	}
	for _, r := range reports(f) {
		steps = append(steps, func(tx *db.Tx) error {
			_, err := f.Book.Report(ctx, tx, terms(r.On), r)
			return err
		})
	}
	for _, t := range translations(f) {
		steps = append(steps, func(tx *db.Tx) error {
			_, err := f.Book.Translate(ctx, tx, terms("2024-01-15"), t)
			return err
		})
	}
	for i, step := range steps {
		if err := f.DB.Write(ctx, step); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	return nil
}

// revise publishes a second version of the first pledge.
func (f *Fixture) revise(ctx context.Context, tx *db.Tx, t pledge.Terms) error {
	now, err := pledge.Get(ctx, tx, f.ID(Revised))
	if err != nil {
		return err
	}
	p := now.Pledge
	p.Text = "Every child born on the territory is registered at birth within seven days, whatever the papers of the parents; registration is free of charge."
	p.Objectives = []int{4, 15}
	_, err = f.Book.Revise(ctx, tx, t, p)
	return err
}

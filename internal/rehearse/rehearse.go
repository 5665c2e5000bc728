// Package rehearse fills an empty database with synthetic pledges, for training and benchmarks.
// Same seed, same bytes: key, salts, clock and every word come from the seed, so that the export
// of the register and its root are the same on every machine and every engine.
//
// What it makes looks like the real thing and is not: parties other than States are invented
// and numbered, and so is every text, amount and date. A register whose origin is Origin says
// so, and every page made from it carries a notice.
//
//	rehearse.go  the whole run      pledges.go  what is pledged     words.go  sentences and shares
//	calendar.go  on which days      write.go    in which words      dice.go   chance from the seed
//	cast.go      by whom            later.go    what comes after    scenario.go  a pack's course of events
package rehearse

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
)

// Origin is the origin of every rehearsal's register. Whoever shows one tells the reader that
// the data is synthetic.
const Origin = "rehearsal"

// Today is the last day of a rehearsal without a scenario. It is fixed: a run of next year
// gives the same bytes.
const Today = "2026-06-30"

// terms: everything in a rehearsal is published by one office.
var terms = pledge.Terms{Actor: "office:secretariat", Mode: pledge.ByImport}

// Stage is what a register for a rehearsal is opened with.
type Stage struct {
	Origin string
	Key    *register.Key
	Rand   io.Reader        // the salts
	Clock  func() time.Time // stands still on Today; Fill moves the database's own
}

// Setup gives key, salts, clock and origin of the seed. Open the register with them, and fill it
// in the same run: the salts go on from where they were read.
func Setup(seed uint64) Stage {
	last := at(mustDay(Today), 23*time.Hour)
	return Stage{
		Origin: Origin,
		Key:    register.KeyFromSeed(binary.BigEndian.AppendUint64([]byte("rehearsal"), seed)),
		Rand:   rand.NewChaCha8(chachaSeed(seed)),
		Clock:  func() time.Time { return last },
	}
}

// Plan says what to make.
type Plan struct {
	Pledges  int       // how many; with a scenario 0 or the scenario's number
	Seed     uint64    // the same as of Setup
	Scenario *Scenario // nil: as many as asked, over the years since the compact was adopted
	Report   func(done, total int)
}

// Summary says what was made.
type Summary struct {
	Pledges      int
	Parties      int
	Reports      int
	Revisions    int
	Translations int
	Withdrawn    int
	Superseded   int
	Size         int64 // of the register
	Root         [32]byte
	Today        string // the last day
}

const (
	mostPledges = 9_000_000 // ids have at most seven digits here
	perBatch    = 50_000    // pledges in one transaction
	atOnce      = 500       // pledges that are looked up together
)

// Fill fills an empty database. The book's register must have been opened with Setup of the
// same seed. Fill moves the database's clock through the years of the rehearsal and leaves it
// on the last day; SetClock(nil) gives the system's back.
//
// It writes many transactions, in the order of the days. One that fails leaves those before
// it: start again with a new database.
func Fill(ctx context.Context, d *db.DB, book pledge.Book, plan Plan) (sum Summary, err error) {
	defer errs.Wrap(&err, "rehearse")
	if err := check(plan); err != nil {
		return Summary{}, err
	}
	head, err := book.Log.Head(ctx)
	if err != nil {
		return Summary{}, err
	}
	if head.Size > 0 {
		return Summary{}, errs.New(errs.Conflict, "the database holds %d entries; a rehearsal needs an empty one", head.Size).
			WithHint("name a new database with --db")
	}
	m, err := newMaker(book.Pack, plan)
	if err != nil {
		return Summary{}, err
	}
	r := &run{ctx: ctx, db: d, book: book, maker: m, report: plan.Report, known: map[string]string{}, later: make([][]followUp, len(m.days)), ended: map[int64]bool{}}
	if err := r.all(); err != nil {
		return r.sum, err
	}
	if head, err = book.Log.Head(ctx); err != nil {
		return r.sum, err
	}
	d.SetClock(func() time.Time { return at(m.today, 23*time.Hour) })
	r.sum.Size, r.sum.Root, r.sum.Today = head.Size, head.Root, m.today.Format(time.DateOnly)
	return r.sum, nil
}

func check(plan Plan) error {
	if plan.Scenario != nil {
		if n := plan.Scenario.Pledges(); plan.Pledges != 0 && plan.Pledges != n {
			return errs.New(errs.Invalid, "the scenario has %d pledges, not %d", n, plan.Pledges).WithHint("leave out --pledges")
		}
		return nil
	}
	if plan.Pledges < 1 || plan.Pledges > mostPledges {
		return errs.New(errs.Invalid, "%d pledges cannot be made", plan.Pledges).WithHint("--pledges takes a number from 1 to %d", mostPledges)
	}
	return nil
}

// run is a rehearsal under way.
type run struct {
	ctx    context.Context
	db     *db.DB
	book   pledge.Book
	maker  *maker
	report func(done, total int)
	sum    Summary

	known map[string]string // party → the day from which it is public
	later [][]followUp      // by the day on which it happens
	ended map[int64]bool    // serials of withdrawn and superseded pledges
}

func (r *run) all() error {
	next, total := int64(1), int64(r.maker.total)
	for day := range r.maker.days {
		last := r.maker.lastOn(day)
		for part := 0; part == 0 || next <= last; part++ {
			until := min(last, next+perBatch-1)
			final := until == last
			if next <= until || final && len(r.later[day]) > 0 {
				if err := r.publish(day, part, next, until, final); err != nil {
					return err
				}
			}
			next = until + 1
			if r.report != nil {
				r.report(int(until), int(total))
			}
		}
	}
	return nil
}

// publish writes one transaction: pledges from..until of the day and, in its final one, what
// happens that day to pledges of earlier days.
func (r *run) publish(day, part int, from, until int64, final bool) error {
	now := r.maker.moment(day, part)
	r.db.SetClock(func() time.Time { return now })
	again := false
	return r.db.Write(r.ctx, func(tx *db.Tx) error {
		if again { // the salts were drawn already
			return db.Permanent(errs.New(errs.Unavailable, "another process is at work on the database").WithHint("a rehearsal needs a database of its own"))
		}
		again = true
		batch, err := r.book.Batch(r.ctx, tx, terms)
		if err != nil {
			return db.Permanent(err)
		}
		serial := from
		for m := range r.ahead(day, from, until) {
			if err := r.put(batch, day, serial, m); err != nil {
				return db.Permanent(fmt.Errorf("pledge %d: %w", serial, err))
			}
			serial++
		}
		if final {
			later := r.later[day]
			r.later[day] = nil
			if err := r.each(batch, later, r.follow); err != nil {
				return db.Permanent(err)
			}
			later = slices.DeleteFunc(later, func(f followUp) bool { return f.what < withdrawn })
			if err := r.each(batch, later, func(b *pledge.Batch, f followUp) error { return r.end(b, f, until) }); err != nil {
				return db.Permanent(err)
			}
		}
		return db.Permanent(batch.Finish())
	})
}

// ahead makes the pledges from..until of a day, in order, on another processor while those
// before them are published.
func (r *run) ahead(day int, from, until int64) iter.Seq[made] {
	return func(yield func(made) bool) {
		ready, stop := make(chan made, 256), make(chan struct{})
		defer close(stop)
		go func() {
			defer close(ready)
			for serial := from; serial <= until; serial++ {
				select {
				case ready <- r.maker.make(serial, day):
				case <-stop:
					return
				}
			}
		}()
		for m := range ready {
			if !yield(m) {
				return
			}
		}
	}
}

// each does something with the pledges of a list, of which the batch is told in advance.
func (r *run) each(batch *pledge.Batch, list []followUp, do func(*pledge.Batch, followUp) error) error {
	for part := range slices.Chunk(list, atOnce) {
		ids := make([]string, len(part))
		for i, f := range part {
			ids[i] = pledge.IDOf(r.book.Pack.Code, f.serial)
		}
		if err := batch.Expect(ids...); err != nil {
			return err
		}
		for _, f := range part {
			if err := do(batch, f); err != nil {
				return fmt.Errorf("pledge %d: %w", f.serial, err)
			}
		}
	}
	return nil
}

// put publishes a pledge with the parties that it names, and writes down what will become of it.
func (r *run) put(batch *pledge.Batch, day int, serial int64, m made) error {
	effective := m.effective.Format(time.DateOnly)
	for _, code := range m.names() {
		effective = max(effective, r.known[code]) // "" where it is new
	}
	for _, code := range m.names() {
		if err := r.introduce(batch, code, effective); err != nil {
			return err
		}
	}
	out, err := batch.Put(pledge.Offer{Pledge: m.pledge, Effective: effective})
	if err != nil {
		return err
	}
	if want := pledge.IDOf(r.book.Pack.Code, serial); out.ID != want {
		return errs.New(errs.Internal, "it became %s, not %s", out.ID, want)
	}
	r.sum.Pledges++
	for _, f := range r.maker.future(serial, day) {
		r.later[f.day] = append(r.later[f.day], f)
	}
	return nil
}

// introduce publishes a party before its first pledge, after those that it is made of.
func (r *run) introduce(batch *pledge.Batch, code, effective string) error {
	if r.known[code] != "" {
		return nil
	}
	p, err := r.maker.cast.party(code)
	if err != nil {
		return err
	}
	if p.Parent != "" {
		if err := r.introduce(batch, p.Parent, effective); err != nil {
			return err
		}
	}
	for _, member := range p.Members {
		if err := r.introduce(batch, member, effective); err != nil {
			return err
		}
	}
	if _, err := batch.Party(effective, p); err != nil {
		return err
	}
	r.known[code] = effective
	r.sum.Parties++
	return nil
}

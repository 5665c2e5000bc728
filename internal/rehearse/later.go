package rehearse

import (
	"slices"

	"stocktake/internal/pledge"
)

// followUp is what happens to a pledge on a later day.
type followUp struct {
	serial int64
	born   int32 // the day on which it was published
	day    int32
	what   what
	number uint8        // of the report
	stage  pledge.Stage // that it says
}

type what uint8

const (
	revised what = iota
	reported
	translated
	withdrawn
	superseded
)

// future is everything that will happen to a pledge, in order of the days.
func (m *maker) future(serial int64, day int) []followUp {
	d := roll(m.seed, "future", serial)
	var all []followUp
	add := func(w what, wait int) (int, bool) {
		on, ok := m.dayAfter(day, wait)
		if ok {
			all = append(all, followUp{serial: serial, born: int32(day), day: int32(on), what: w})
		}
		return on, ok
	}
	if d.chance(m.rates.Revised) {
		add(revised, d.between(30, 700))
	}
	if d.chance(m.rates.Translated) {
		add(translated, d.between(3, 90))
	}
	if d.chance(m.rates.Reported) {
		m.reports(d, &all, serial, day)
	}
	end := -1
	switch n := d.IntN(1000); {
	case n < m.rates.Withdrawn:
		if on, ok := add(withdrawn, d.between(60, 1500)); ok {
			end = on
		}
	case n < m.rates.Withdrawn+m.rates.Superseded:
		if on, ok := add(superseded, d.between(60, 1500)); ok {
			end = on
		}
	}
	if end >= 0 { // nothing comes after the end
		all = slices.DeleteFunc(all, func(f followUp) bool { return f.what < withdrawn && int(f.day) > end })
	}
	slices.SortStableFunc(all, func(a, b followUp) int { return int(a.day) - int(b.day) })
	return all
}

// reports: the first after some months, later ones a year or so after; each says at least as
// much as the one before.
func (m *maker) reports(d dice, all *[]followUp, serial int64, day int) {
	wait := d.between(60, 700)
	i := m.words.shares.stages.draw(d)
	for number := 1; number <= 4; number++ {
		on, ok := m.dayAfter(day, wait)
		if !ok {
			return
		}
		stage := pledge.Stages[i]
		*all = append(*all, followUp{serial: serial, born: int32(day), day: int32(on), what: reported, number: uint8(number), stage: stage})
		if stage == pledge.Fulfilled || stage == pledge.Discontinued || d.chance(450) {
			return
		}
		wait += d.between(200, 500)
		if d.chance(600) {
			i++ // planning, in progress, fulfilled
		}
	}
}

// follow publishes what comes before the end.
func (r *run) follow(batch *pledge.Batch, f followUp) error {
	if f.what >= withdrawn {
		return nil // see end
	}
	m, d := r.maker, roll(r.maker.seed, "follow", f.serial<<8|int64(f.what)<<4|int64(f.number))
	one := m.make(f.serial, int(f.born))
	s := m.scene(f.serial)
	id := pledge.IDOf(r.book.Pack.Code, f.serial)
	switch f.what {
	case revised:
		m.revise(&one, s)
		one.pledge.ID = id
		_, err := batch.Put(pledge.Offer{Pledge: one.pledge})
		r.sum.Revisions++
		return err
	case translated:
		t, ok := m.translate(d, &one, s)
		if !ok {
			return nil
		}
		t.Pledge = id
		_, err := batch.Translate("", t)
		r.sum.Translations++
		return err
	}
	report := m.progress(d, &one, int(f.number), f.stage, m.days[f.day])
	report.Pledge = id
	out, err := batch.Report("", report)
	if err == nil && out.What == pledge.Created {
		r.sum.Reports++
	}
	return err
}

// end withdraws or supersedes a pledge; published is the newest serial.
func (r *run) end(batch *pledge.Batch, f followUp, published int64) error {
	out := r.maker.make(f.serial, int(f.born))
	w := r.maker.words.in[out.pledge.Language]
	d := roll(r.maker.seed, "end", f.serial)
	id := pledge.IDOf(r.book.Pack.Code, f.serial)
	fill := r.maker.fill(&out, out.pledge.Language)
	if f.what == withdrawn {
		why := pledge.Notice{Reason: fill.Replace(one(d, w.Withdrawn)), Language: out.pledge.Language}
		_, err := batch.Withdraw(terms, id, why)
		r.sum.Withdrawn++
		r.ended[f.serial] = true
		return err
	}
	by := f.serial + 1 + d.Int64N(max(published-f.serial, 1))
	for by > published || r.ended[by] {
		by--
	}
	if by <= f.serial {
		return nil // nothing newer stands
	}
	why := pledge.Notice{Reason: fill.Replace(one(d, w.Superseded)), Language: out.pledge.Language}
	_, err := batch.Supersede(terms, id, pledge.IDOf(r.book.Pack.Code, by), why)
	r.sum.Superseded++
	r.ended[f.serial] = true
	return err
}

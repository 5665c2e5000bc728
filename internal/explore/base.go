package explore

import (
	"slices"
	"sync"

	"stocktake/internal/pledge"
)

// How long ago the last report became public, seen from the day of the view.
const (
	recencyNever = "never"
	recencyOne   = "1y"    // less than a year
	recencyTwo   = "2y"    // one year to two
	recencyOlder = "older" // two years and more
)

var recencyNames = []string{recencyNever, recencyOne, recencyTwo, recencyOlder}

// Stages are kept as their place in pledge.Stages; the first is Unreported.
var (
	fulfilled    = stageNumber(pledge.Fulfilled)
	discontinued = stageNumber(pledge.Discontinued)
)

func stageNumber(s pledge.Stage) uint8 { return uint8(max(slices.Index(pledge.Stages, s), 0)) }

// base is the register as one view sees it before any filter: folded to a size and a day. It
// is made in one pass over the rows and kept for the views that follow.
type base struct {
	size uint32
	day  day
	live set     // versions that are their pledge's state, public, and neither withdrawn nor superseded
	now  []int32 // by pledge: its live version, -1 for none
	told []int32 // by pledge: the row of its latest report, -1 for none
	roll *roll
	// The facets that move with the day; made when first asked for.
	progress func() *progress
	tally    func() tally // of live, everyFact
}

type progress struct {
	stage, recency, active, overdue []valueSet
}

func (s *Snapshot) newBase(size uint32, as day) *base {
	b := &base{size: size, day: as, now: minusOnes(s.subjects.len()), told: minusOnes(s.subjects.len())}
	live := newDense(s.versions.len())
	s.versions.each(func(v uint32, row *version) {
		if row.current(size, as) && !row.withheld && !row.ended {
			live.add(v)
			b.now[row.pledge] = int32(v)
		}
	})
	for _, i := range s.uneven {
		subject := s.subjects.at(i)
		for v := subject.last; v >= 0; v = s.records.at(uint32(v)).prev {
			live.remove(uint32(v))
		}
		b.now[i] = -1
		if v := s.versionAt(subject, size, as); v >= 0 {
			if row := s.versions.at(uint32(v)); !row.withheld && !row.ended {
				live.add(uint32(v))
				b.now[i] = v
			}
		}
	}
	b.live = live.set()
	s.sides.each(func(n uint32, row *side) {
		if row.report && s.standing(n, size, as) {
			if told := b.told[row.pledge]; told < 0 || row.later(&s.sides.at(uint32(told)).span) {
				b.told[row.pledge] = int32(n)
			}
		}
	})
	picks := s.parties.picks(size, as)
	if b.roll = s.roll; !slices.Equal(picks, b.roll.picks) {
		b.roll = s.newRoll(picks, s.roll.latest())
	}
	b.progress = sync.OnceValue(func() *progress { return s.newProgress(b) })
	b.tally = sync.OnceValue(func() tally { return s.tally(b.live, everyFact) })
	return b
}

func minusOnes(n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = -1
	}
	return out
}

// newProgress says of every live pledge how far it is and when it was last heard of.
//
//   - recency counts from the day on which the latest report became public.
//   - active: not discontinued, and the last sign of life (publication or latest report) is not
//     longer ago than the pack lets pass before a pledge lapses.
//   - overdue: the next report was due before the day of the view, unless the pledge has been
//     fulfilled or discontinued.
func (s *Snapshot) newProgress(b *base) *progress {
	collector := func() dense { return newDense(s.versions.len()) }
	var stages, recencies []dense
	for range pledge.Stages {
		stages = append(stages, collector())
	}
	for range recencyNames {
		recencies = append(recencies, collector())
	}
	active, inactive, overdue, intime := collector(), collector(), collector(), collector()
	year, years := b.day.monthsBefore(12), b.day.monthsBefore(24)
	lapse, due := s.pack.Calendar.LapseAfterMonths, s.pack.Calendar.ReportEveryMonths
	lapsed, late := b.day.monthsBefore(lapse), b.day.monthsBefore(due)
	b.live.each(func(v uint32) {
		i := s.versions.at(v).pledge
		heard := s.publishedOn(s.subjects.at(i), b.size, b.day)
		stage, recency := uint8(0), 0
		if told := b.told[i]; told >= 0 {
			report := s.sides.at(uint32(told))
			stage, heard = report.stage, max(heard, report.eff)
			switch {
			case report.eff > year:
				recency = 1
			case report.eff > years:
				recency = 2
			default:
				recency = 3
			}
		}
		stages[stage].add(v)
		recencies[recency].add(v)
		if stage != discontinued && (lapse == 0 || heard >= lapsed) {
			active.add(v)
		} else {
			inactive.add(v)
		}
		if due > 0 && heard < late && stage != fulfilled && stage != discontinued {
			overdue.add(v)
		} else {
			intime.add(v)
		}
	})
	p := &progress{
		active:  []valueSet{{yes, active.set()}, {None, inactive.set()}},
		overdue: []valueSet{{yes, overdue.set()}, {None, intime.set()}},
	}
	for i, d := range stages {
		p.stage = append(p.stage, valueSet{string(pledge.Stages[i]), d.set()})
	}
	for i, d := range recencies {
		p.recency = append(p.recency, valueSet{recencyNames[i], d.set()})
	}
	return p
}

// bases keeps the views' foundations that were asked for last. A page, its API twin and its
// downloads ask for the same one; past days come and go.
type bases struct {
	mu     sync.Mutex
	recent []*baseCell // most recent first
}

type baseCell struct {
	size uint32
	day  day
	get  func() *base
}

const mostBases = 8

func (s *Snapshot) base(size uint32, as day) *base {
	c := &s.bases
	c.mu.Lock()
	i := slices.IndexFunc(c.recent, func(b *baseCell) bool { return b.size == size && b.day == as })
	var cell *baseCell
	if i >= 0 {
		cell = c.recent[i]
		c.recent = slices.Delete(c.recent, i, i+1)
	} else {
		cell = &baseCell{size: size, day: as, get: sync.OnceValue(func() *base { return s.newBase(size, as) })}
	}
	c.recent = slices.Insert(c.recent, 0, cell)
	if len(c.recent) > mostBases {
		c.recent = slices.Delete(c.recent, mostBases, len(c.recent))
	}
	c.mu.Unlock()
	return cell.get()
}

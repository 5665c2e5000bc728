package explore

import (
	"slices"
	"sync"
	"sync/atomic"

	"stocktake/internal/pledge"
)

// How long ago the last report became public, seen from the day of the view; of pledges without
// one also whether they were asked, so that each of these is in two sets.
var recencyNames = []string{"never", "not_asked", "not_due", "no_reply", "1y", "2y", "older"}

// Places in recencyNames.
const (
	placeNever    = iota
	placeNotAsked // no round of reporting was opened since it became public
	placeNotDue   // one was, and is open still
	placeNoReply  // one was, and is over
	placeOne      // less than a year
	placeTwo      // one year to two
	placeOlder    // two years and more
)

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
	progress func() progress
	tally    func() tally // of live, everyFact
}

// progress is the sets of every value of the four facets, one behind the other.
type progress []valueSet

func (p progress) stage() []valueSet   { return p[:len(pledge.Stages)] }
func (p progress) recency() []valueSet { return p[len(pledge.Stages):][:len(recencyNames)] }
func (p progress) active() []valueSet  { return p[len(p)-4 : len(p)-2] }
func (p progress) overdue() []valueSet { return p[len(p)-2:] }

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
		if b.now[i] = s.liveAt(i, size, as); b.now[i] >= 0 {
			live.add(uint32(b.now[i]))
		}
	}
	b.live = live.set()
	s.sides.each(func(n uint32, row *side) {
		if row.report && s.standing(n, size, as) {
			if told := b.told[row.pledge]; told < 0 || compareNumbers(row, s.sides.at(uint32(told))) > 0 {
				b.told[row.pledge] = int32(n)
			}
		}
	})
	b.roll = s.rollOf(size, as)
	b.progress = sync.OnceValue(func() progress { return s.newProgress(b) })
	b.tally = sync.OnceValue(func() tally { return s.tally(b.live, everyFact) })
	return b
}

// baseAfter is newBase for the whole register, made from that of an earlier snapshot for the
// same day: only the pledges that entries since then speak of are looked at.
func (s *Snapshot) baseAfter(before *base, touched []uint32) *base {
	b := &base{size: uint32(s.size), day: before.day, now: minusOnes(s.subjects.len()), told: minusOnes(s.subjects.len())}
	copy(b.now, before.now)
	copy(b.told, before.told)
	live, counted := changed(before.live, s.versions.len()), make(tally, s.numbered)
	copy(counted, before.tally())
	var gone, come []uint32
	for _, i := range touched {
		if was := b.now[i]; was >= 0 {
			gone = append(gone, uint32(was))
			live.remove(uint32(was))
			s.countRow(counted, uint32(was), -1)
		}
		b.now[i], b.told[i] = s.liveAt(i, b.size, b.day), s.toldAt(i, b.size, b.day)
		if now := b.now[i]; now >= 0 {
			come = append(come, uint32(now))
			live.add(uint32(now))
			s.countRow(counted, uint32(now), 1)
		}
	}
	b.live, b.roll = live.set(), s.rollOf(b.size, b.day)
	b.tally = func() tally { return counted }
	moved := s.progressAfter(b, before.progress(), gone, come)
	b.progress = func() progress { return moved }
	return b
}

// rollOf is the parties as a view sees them.
func (s *Snapshot) rollOf(size uint32, as day) *roll {
	picks := s.parties.picks(size, as)
	if slices.Equal(picks, s.roll.picks) {
		return s.roll
	}
	return s.newRoll(picks, s.roll.latest())
}

// liveAt is the version that is live in a view, -1 for none.
func (s *Snapshot) liveAt(i uint32, size uint32, as day) int32 {
	v := s.versionAt(s.subjects.at(i), size, as)
	if v >= 0 {
		if row := s.versions.at(uint32(v)); row.withheld || row.ended {
			return -1
		}
	}
	return v
}

// compareNumbers puts the reports of a pledge in their order. The days do not: a correction of an
// old report becomes public after the ones that followed it.
func compareNumbers(a, b *side) int { return compareIDs(a.key, b.key) }

// toldAt is the row of a pledge's latest report in a view, -1 for none.
func (s *Snapshot) toldAt(i uint32, size uint32, as day) int32 {
	told := int32(-1)
	for n := s.subjects.at(i).side; n >= 0; n = s.sides.at(uint32(n)).prev {
		if row := s.sides.at(uint32(n)); row.report && s.standing(uint32(n), size, as) {
			if told < 0 || compareNumbers(row, s.sides.at(uint32(told))) > 0 {
				told = n
			}
		}
	}
	return told
}

func minusOnes(n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = -1
	}
	return out
}

// progressNames are the values of progress, in their order.
func progressNames() []string {
	var names []string
	for _, s := range pledge.Stages {
		names = append(names, string(s))
	}
	return append(append(names, recencyNames...), yes, None, yes, None)
}

// progressOf says of a live pledge how far it is and when it was last heard of, by the places
// of its values.
//
//   - recency counts from the day on which the latest report became public; see silence for
//     pledges without one.
//   - active: not discontinued, and the last sign of life (publication or latest report) is not
//     longer ago than the pack lets pass before a pledge lapses.
//   - overdue: the next report was due before the day of the view, unless the pledge has been
//     fulfilled or discontinued.
func (s *Snapshot) progressOf(b *base) func(v uint32) [5]int {
	firstRecency := len(pledge.Stages)
	firstActive := firstRecency + len(recencyNames)
	firstOverdue := firstActive + 2
	year, years := b.day.monthsBefore(12), b.day.monthsBefore(24)
	lapse, due := s.pack.Calendar.LapseAfterMonths, s.pack.Calendar.ReportEveryMonths
	lapsed, late := b.day.monthsBefore(lapse), b.day.monthsBefore(due)
	rounds := roundsOf(s.pack)
	return func(v uint32) [5]int {
		i := s.versions.at(v).pledge
		heard := s.publishedOn(s.subjects.at(i), b.size, b.day)
		stage, recency, inactive, intime := uint8(0), placeNever, 1, 1
		detail := placeNever
		if told := b.told[i]; told >= 0 {
			report := s.sides.at(uint32(told))
			stage, heard = report.stage, max(heard, report.eff)
			switch {
			case report.eff > year:
				recency = placeOne
			case report.eff > years:
				recency = placeTwo
			default:
				recency = placeOlder
			}
			detail = recency
		} else {
			detail = silence(rounds, heard, b.day)
		}
		if stage != discontinued && (lapse == 0 || heard >= lapsed) {
			inactive = 0
		}
		if due > 0 && heard < late && stage != fulfilled && stage != discontinued {
			intime = 0
		}
		return [5]int{int(stage), firstRecency + recency, firstRecency + detail, firstActive + inactive, firstOverdue + intime}
	}
}

func (s *Snapshot) newProgress(b *base) progress {
	names, place := progressNames(), s.progressOf(b)
	sets := make([]dense, len(names))
	for k := range sets {
		sets[k] = newDense(s.versions.len())
	}
	b.live.each(func(v uint32) {
		for _, k := range place(v) {
			sets[k].add(v)
		}
	})
	return progressFrom(names, sets)
}

// progressAfter is newProgress made from that of an earlier base of the same day, by the
// versions that are live no more and those that are now, or are still but look different.
func (s *Snapshot) progressAfter(b *base, before progress, gone, come []uint32) progress {
	names, place := progressNames(), s.progressOf(b)
	sets := make([]dense, len(names))
	for k := range sets {
		sets[k] = changed(before[k].set, s.versions.len())
		for _, v := range gone {
			if before[k].set.has(v) {
				sets[k].remove(v)
			}
		}
	}
	for _, v := range come {
		for _, k := range place(v) {
			sets[k].add(v)
		}
	}
	return progressFrom(names, sets)
}

func progressFrom(names []string, sets []dense) progress {
	out := make(progress, len(names))
	for k, d := range sets {
		out[k] = valueSet{names[k], d.set()}
	}
	return out
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
	made atomic.Pointer[base] // what get gave, once it did
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
		cell = &baseCell{size: size, day: as}
		cell.get = sync.OnceValue(func() *base {
			b := s.newBase(size, as)
			cell.made.Store(b)
			return b
		})
	}
	c.recent = slices.Insert(c.recent, 0, cell)
	if len(c.recent) > mostBases {
		c.recent = slices.Delete(c.recent, mostBases, len(c.recent))
	}
	c.mu.Unlock()
	return cell.get()
}

// takeOver makes the base of today from that of an older snapshot, where it had one and not too
// much has changed: a publication is seen on the dashboard at once.
func (s *Snapshot) takeOver(old *Snapshot) {
	today, ok := parseDay(s.Day())
	touched := s.touchedIn(s.round)
	if !ok || len(touched) > mostTouched {
		return
	}
	old.bases.mu.Lock()
	defer old.bases.mu.Unlock()
	for _, c := range old.bases.recent {
		if before := c.made.Load(); before != nil && c.day == today && int64(c.size) == old.size {
			b := s.baseAfter(before, touched)
			s.bases.recent = []*baseCell{{size: b.size, day: today, get: func() *base { return b }}}
			s.bases.recent[0].made.Store(b)
			return
		}
	}
}

// mostTouched bounds takeOver: beyond, reading everything anew takes no longer.
const mostTouched = 10_000

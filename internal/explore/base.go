package explore

import (
	"slices"
	"sync"
	"sync/atomic"
)

// base is the register as one view sees it before any filter: folded to a size and a day. It
// is made in one pass over the rows and kept for the views that follow.
type base struct {
	size uint32
	day  day
	live set // versions that are their pledge's state, public, and neither withdrawn nor superseded
	// How many pledges are withdrawn or superseded.
	ended int
	roll  *roll
	// By version, see progressCode; whole chunks of it.
	progress []uint8
	sets     memo         // by place in progressNames
	tally    func() tally // of live, everything
}

func (s *Snapshot) newBase(size uint32, as day) *base {
	b := &base{size: size, day: as, progress: noProgress(s.versions.len()), roll: s.rollOf(size, as)}
	told := rowsByPledge(s.subjects.len())
	defer toldRows.Put(told)
	s.sides.each(func(n uint32, row *side) {
		if row.report && s.standing(n, size, as) {
			if told := &(*told)[row.pledge]; *told < 0 || compareNumbers(row, s.sides.at(uint32(*told))) > 0 {
				*told = int32(n)
			}
		}
	})
	live, progress := newDense(s.versions.len()), s.progressOf(b)
	add := func(v, i uint32) {
		live.add(v)
		b.progress[v] = progress(i, (*told)[i])
	}
	s.versions.each(func(v uint32, row *version) {
		if !row.current(size, as) || row.withheld || s.subjects.at(row.pledge).irregular {
			return
		}
		if row.ended {
			b.ended++
			return
		}
		add(v, row.pledge)
	})
	for _, i := range s.uneven {
		if v := s.liveAt(i, size, as); v >= 0 {
			add(uint32(v), i)
		}
		b.ended += s.endedAt(i, size, as)
	}
	b.live = live.set()
	b.tally = sync.OnceValue(func() tally { return s.tally(b, b.live, everything) })
	return b
}

// toldRows are for use while a base is made: by pledge, the row of its latest report, -1 for none.
var toldRows = sync.Pool{New: func() any { return new([]int32) }}

func rowsByPledge(n int) *[]int32 {
	rows := toldRows.Get().(*[]int32)
	*rows = slices.Grow((*rows)[:0], n)[:n]
	for i := range *rows {
		(*rows)[i] = -1
	}
	return rows
}

// baseAfter is newBase for the whole register, made from that of an earlier snapshot for the
// same day: only the pledges that entries since then speak of are looked at.
func (s *Snapshot) baseAfter(before *base, old *Snapshot, touched []uint32) *base {
	b := &base{size: uint32(s.size), day: before.day, progress: noProgress(s.versions.len()), ended: before.ended}
	b.roll = s.rollOf(b.size, b.day)
	copy(b.progress, before.progress[:min(len(before.progress), len(b.progress))])
	live, progress, sum := changed(before.live, s.versions.len()), s.progressOf(b), before.tally()
	codes := b.roll.codes()
	same := codes.line == before.roll.codes().line
	counted := tally{make([]int32, s.numbered), make([]int32, len(codes.values)), slices.Clone(sum.progress)}
	copy(counted.facts, sum.facts)
	if same {
		copy(counted.parties, sum.parties)
	}
	once := map[uint32]bool{}
	for _, i := range touched {
		if once[i] {
			continue
		}
		once[i] = true
		if int(i) < old.subjects.len() {
			if was := old.liveAt(i, before.size, before.day); was >= 0 {
				live.remove(uint32(was))
				s.countRow(counted, b, uint32(was), -1)
				b.progress[was] = notProgressing
			}
			b.ended -= old.endedAt(i, before.size, before.day)
		}
		b.ended += s.endedAt(i, b.size, b.day)
		if now := s.liveAt(i, b.size, b.day); now >= 0 {
			live.add(uint32(now))
			b.progress[now] = progress(i, s.toldAt(i, b.size, b.day))
			s.countRow(counted, b, uint32(now), 1)
		}
	}
	b.live = live.set()
	if !same {
		counted.parties = s.tally(b, b.live, columnParties).parties
	}
	b.tally = func() tally { return counted }
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

// endedAt is 1 where a pledge is withdrawn or superseded in a view, else 0.
func (s *Snapshot) endedAt(i uint32, size uint32, as day) int {
	if v := s.versionAt(s.subjects.at(i), size, as); v >= 0 {
		if row := s.versions.at(uint32(v)); row.ended && !row.withheld {
			return 1
		}
	}
	return 0
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
			b := s.baseAfter(before, old, touched)
			s.bases.recent = []*baseCell{{size: b.size, day: today, get: func() *base { return b }}}
			s.bases.recent[0].made.Store(b)
			return
		}
	}
}

// mostTouched bounds takeOver: beyond, reading everything anew takes no longer.
const mostTouched = 10_000

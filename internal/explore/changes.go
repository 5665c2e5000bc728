package explore

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"stocktake/internal/errs"
	"stocktake/internal/register"
)

// Changes says what became of the answer to one query from the end of one day to the end of
// another. The two totals and the lists add up, always:
//
//	After.Pledges = Before.Pledges + New - Ended + Entered - Left
type Changes struct {
	From, To      string
	Before, After Totals
	New           Changed // in the answer on To, and not public (or not any more) on From
	Revised       Changed // in the answer on To, public on From as another version
	Reported      Changed // in the answer on To, with a report that became public after From
	Ended         Changed // in the answer on From, and withdrawn, superseded or erased by To
	Entered       Changed // public on both days; the filters find it on To only
	Left          Changed // public on both days; the filters found it on From only
}

// Changed is a list of pledges to which the same thing happened, the latest first.
type Changed struct {
	Count int

	s        *Snapshot
	from, to *base
	subjects []uint32
	when     func(subject uint32) day
}

// Items are the pledges of the list from offset on, at most limit of them, as they are on the
// later day; one that was erased since, as it was on the earlier.
func (c Changed) Items(offset, limit int) []*Item {
	offset = min(max(offset, 0), c.Count)
	end := offset + min(max(limit, 0), c.Count-offset)
	ordered := firstOf(slices.Clone(c.subjects), end, func(i, j uint32) int {
		return cmp.Or(cmp.Compare(c.when(j), c.when(i)), compareIDs(c.s.subjects.at(j).id, c.s.subjects.at(i).id))
	})
	var out []*Item
	for _, i := range ordered[offset:] {
		b, v := c.to, c.s.versionAt(c.s.subjects.at(i), c.to.size, c.to.day)
		if c.s.versions.at(uint32(v)).withheld {
			b, v = c.from, c.s.liveAt(i, c.from.size, c.from.day)
		}
		out = append(out, c.s.itemsOf(b, []uint32{uint32(v)})...)
	}
	return out
}

// Changes compares the answers on two days. The query's own day is not looked at; its register
// position holds for both.
func (s *Snapshot) Changes(q Query, from, to, today string) (*Changes, error) {
	if from > to {
		return nil, errs.InvalidFields(errs.Field{Field: "from", Value: from, Message: "must not be after " + to})
	}
	before, err := s.View(q.WithAsOf(from), today)
	if err != nil {
		return nil, err
	}
	after, err := s.View(q.WithAsOf(to), today)
	if err != nil {
		return nil, err
	}
	a, b := before.b, after.b
	list := func() Changed { return Changed{s: s, from: a, to: b} }
	c := &Changes{From: from, To: to, Before: before.Totals, After: after.Totals,
		New: list(), Revised: list(), Reported: list(), Ended: list(), Entered: list(), Left: list()}
	effective := func(b *base) func(uint32) day {
		return func(i uint32) day {
			return s.versions.at(uint32(s.versionAt(s.subjects.at(i), b.size, b.day))).eff
		}
	}
	c.New.when = func(i uint32) day {
		if first := s.publishedOn(s.subjects.at(i), b.size, b.day); first > a.day {
			return first
		}
		return effective(b)(i) // it had ended, and came back
	}
	c.Revised.when, c.Ended.when, c.Entered.when, c.Left.when = effective(b), effective(b), effective(b), effective(b)
	c.Reported.when = func(i uint32) day { return s.heardOn(b, i) }

	after.within.each(func(v uint32) {
		i := s.versions.at(v).pledge
		switch then := s.liveAt(i, a.size, a.day); {
		case then < 0:
			c.New.subjects = append(c.New.subjects, i)
		default:
			if uint32(then) != v {
				c.Revised.subjects = append(c.Revised.subjects, i)
			}
			if !before.within.has(uint32(then)) {
				c.Entered.subjects = append(c.Entered.subjects, i)
			}
		}
		if s.heardOn(b, i) > a.day {
			c.Reported.subjects = append(c.Reported.subjects, i)
		}
	})
	before.within.each(func(v uint32) {
		i := s.versions.at(v).pledge
		switch now := s.liveAt(i, b.size, b.day); {
		case now < 0:
			c.Ended.subjects = append(c.Ended.subjects, i)
		case !after.within.has(uint32(now)):
			c.Left.subjects = append(c.Left.subjects, i)
		}
	})
	for _, list := range []*Changed{&c.New, &c.Revised, &c.Reported, &c.Ended, &c.Entered, &c.Left} {
		list.Count = len(list.subjects)
	}
	return c, nil
}

// heardOn is the last day on which a report of a pledge became public, or the correction of one;
// before all days where it has none.
func (s *Snapshot) heardOn(b *base, i uint32) day {
	last := day(math.MinInt32)
	for n := s.subjects.at(i).side; n >= 0; n = s.sides.at(uint32(n)).prev {
		if row := s.sides.at(uint32(n)); row.report && s.standing(uint32(n), b.size, b.day) {
			last = max(last, row.eff)
		}
	}
	return last
}

// recordedDay says that the entries from a position on were recorded on a day or later.
type recordedDay struct {
	day  day
	from uint32
}

func (f *folded) addRecorded(h register.Header) error {
	on, ok := parseDay(h.Recorded[:min(len(h.Recorded), len(isoDay))])
	if !ok {
		return errs.New(errs.Internal, "entry %d was recorded on %q, which is no day", h.Position, h.Recorded)
	}
	// A clock may have been set back; the order of the entries stands.
	if n := len(f.recorded); n == 0 || on > f.recorded[n-1].day {
		f.recorded = append(f.recorded, recordedDay{on, uint32(h.Position)})
	}
	return nil
}

// KnownOn is the size that the register had at the end of a day by the time of recording: the
// entries before the first that was recorded later. A view at that size is what was known then;
// a view as of the same day with all entries is what is known of it today. It is 0 where nothing
// was recorded yet (a query cannot ask for size 0: there is nothing to see), and for what is no
// day.
func (s *Snapshot) KnownOn(on string) int64 {
	d, ok := parseDay(on)
	if !ok {
		return 0
	}
	i := sort.Search(len(s.recorded), func(i int) bool { return s.recorded[i].day > d })
	if i == len(s.recorded) {
		return s.size
	}
	return int64(s.recorded[i].from)
}

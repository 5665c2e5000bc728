package explore

import "math"

// versionAt is the version of a pledge that is its state in a view, -1 for none yet.
func (f *folded) versionAt(s *subject, size uint32, as day) int32 {
	best := int32(-1)
	for v := s.last; v >= 0; v = f.records.at(uint32(v)).prev {
		row := f.versions.at(uint32(v))
		if !row.visible(size, as) {
			continue
		}
		if best < 0 || row.later(&f.versions.at(uint32(best)).span) {
			best = v
		}
		if !s.irregular {
			break
		}
	}
	return best
}

// publishedOn is the first day on which a pledge was public in a view that shows it.
func (f *folded) publishedOn(s *subject, size uint32, as day) day {
	if !s.irregular {
		return s.first
	}
	first := day(math.MaxInt32)
	for v := s.last; v >= 0; v = f.records.at(uint32(v)).prev {
		if row := f.versions.at(uint32(v)); row.visible(size, as) {
			first = min(first, row.eff)
		}
	}
	return first
}

// standing reports whether a report or translation is its subject's state in a view, and
// public.
func (f *folded) standing(n uint32, size uint32, as day) bool {
	row := f.sides.at(n)
	if row.withheld || !row.visible(size, as) {
		return false
	}
	s := f.subjects.at(row.pledge)
	if !s.sideways {
		return row.current(size, as)
	}
	for j := s.side; j >= 0; j = f.sides.at(uint32(j)).prev {
		other := f.sides.at(uint32(j))
		if other.key == row.key && other.report == row.report && other.visible(size, as) && other.later(&row.span) {
			return false
		}
	}
	return true
}

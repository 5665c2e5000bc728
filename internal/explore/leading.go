package explore

import (
	"cmp"
	"container/heap"
	"slices"
)

// The first page of an answer shows twenty of perhaps a million pledges. Which of them can be on it
// is found by meeting sets, before any pledge is scored: a clause gives its pledges one of a few
// weights, so that there are few different sums of weights, and those with the highest are taken
// until there are enough.

// part is the versions of the view that one clause gives the same score.
type part struct {
	set   set
	score float32
}

// partsOf parts the view by a clause, the highest score first.
func (v *View) partsOf(f *found) []part {
	f.inOrder()
	var parts []part
	add := func(s set, weight float32) {
		switch n := len(parts); {
		case s.count() == 0:
		case n > 0 && parts[n-1].score == weight:
			parts[n-1].set = union(parts[n-1].set, s)
		default:
			parts = append(parts, part{s, weight})
		}
	}
	left := v.within
	for _, l := range slices.Backward(f.texts) {
		here := left.and(l.set)
		add(here, l.weight)
		left = left.minus(here)
	}
	add(left, 0)
	for _, l := range f.names {
		for i := range parts { // what is appended on the way has this name
			if with := parts[i].set.and(l.set); with.count() > 0 {
				parts = append(parts, part{with, parts[i].score + l.weight})
				parts[i].set = parts[i].set.minus(with)
			}
		}
	}
	parts = slices.DeleteFunc(parts, func(p part) bool { return p.set.count() == 0 })
	rarity := v.rarityOf(f)
	for i := range parts {
		parts[i].score = float32(rarity * parts[i].score)
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(b.score, a.score) })
	return parts
}

// All are scored below so many pledges, where more than this part of them is asked for, and where so
// many sums did not give enough of them. Tests take both ways.
var (
	leadingFrom = 2_000
	leadingPart = 8
	mostSums    = 100
)

// leading is a part of the view in which the first n of it are: all that is left out answers the
// words less well than each of these n. It says where all of the part answers them equally well.
func (v *View) leading(n int) (_ set, alike bool) {
	if len(v.hits) == 0 && v.meant() < 0 {
		return v.within, true // only exclusions
	}
	if all := v.within.count(); all < leadingFrom || n > all/leadingPart || len(v.hits) == 0 {
		return v.within, false
	}
	parts := make([][]part, len(v.hits))
	for i := range v.hits {
		parts[i] = v.partsOf(&v.hits[i])
	}
	var lead []set
	if now := v.meant(); now >= 0 {
		var one posting
		one.put(uint32(now))
		lead = append(lead, one.many)
	}
	sums := sums{sumOf(parts, make([]int, len(parts)), 0)}
	most, enough, least := sums[0].score, 0, float32(0)
	for range mostSums {
		if len(sums) == 0 || enough >= n && sums[0].score < least {
			return union(lead...), v.meant() < 0 && least == most
		}
		s := heap.Pop(&sums).(sum)
		here := s.set(parts)
		if c := here.count(); c > 0 {
			if enough == 0 {
				most = s.score
			}
			lead = append(lead, here)
			enough, least = enough+c, s.score
		}
		for i := s.from; i < len(parts); i++ {
			if s.at[i]+1 < len(parts[i]) {
				at := slices.Clone(s.at)
				at[i]++
				heap.Push(&sums, sumOf(parts, at, i))
			}
		}
	}
	return v.within, false
}

// sum is one part for each clause, with the score of what is in all of them. Sums with a lower
// part of one clause, from on, follow from it; so each is met once.
type sum struct {
	at    []int
	from  int
	score float32
}

// sumOf adds in the order in which scores does, so that equal sums are equal.
func sumOf(parts [][]part, at []int, from int) sum {
	s := sum{at: at, from: from}
	for i, k := range at {
		s.score += parts[i][k].score
	}
	return s
}

func (s *sum) set(parts [][]part) set {
	sets := make([]set, len(parts))
	for i, k := range s.at {
		sets[i] = parts[i][k].set
	}
	return intersection(sets)
}

// sums is a heap, the highest on top.
type sums []sum

func (h sums) Len() int           { return len(h) }
func (h sums) Less(i, j int) bool { return h[i].score > h[j].score }
func (h sums) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *sums) Push(s any)        { *h = append(*h, s.(sum)) }
func (h *sums) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

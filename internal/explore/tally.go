package explore

import "slices"

// tally counts how many versions of a set have each value, by the number of the value.
type tally []int32

// Below this many versions in a block, going through their rows and counting the values is
// faster than meeting the set of each value; above, the sets win. (Measured; a row has about
// two dozen values, and a register about two hundred that are frequent enough to be bits.)
const walkBelow = 4_000

// everyFact asks for the values of all facts that views count.
const everyFact = factCount

// tallyOf counts the values of live versions of a base. More than half of them are counted as
// all but the others.
func (s *Snapshot) tallyOf(b *base, in set, only fact) tally {
	if n, live := in.count(), b.live.count(); n == live {
		return b.tally()
	} else if 2*n <= live {
		return s.tally(in, only)
	}
	t := slices.Clone(b.tally())
	for number, n := range s.tally(b.live.minus(in), only) {
		t[number] -= n
	}
	return t
}

// tally counts the values of a fact in a set of versions, or those of everyFact. When only one
// is asked for, what it says of the others is not to be used.
func (s *Snapshot) tally(in set, only fact) tally {
	t := make(tally, s.numbered)
	below := s.walkBelow
	if only != everyFact {
		below = min(below, mostFew()) // few sets to meet
	}
	met := make(set, len(in))
	for i, b := range in {
		if b != nil && b.n > below {
			met[i] = b
		} else if b != nil {
			b.each(i, func(v uint32) { s.countRow(t, v, 1) })
		}
	}
	if met.count() == 0 {
		return t
	}
	for f := range s.facts {
		if only == everyFact && fact(f).counted() || only == fact(f) {
			vs := &s.facts[f]
			for k, p := range vs.posts {
				t[vs.numbers[k]] += int32(p.countIn(met))
			}
		}
	}
	return t
}

// countRow adds one version, or takes it away again.
func (s *Snapshot) countRow(t tally, v uint32, by int32) {
	from, to := *s.rowAt.at(v), uint32(s.row.len())
	if next := v + 1; next < uint32(s.rowAt.len()) {
		to = *s.rowAt.at(next)
	}
	for from < to {
		run := s.row.run(from, int(to-from))
		for _, number := range run {
			t[number] += by
		}
		from += uint32(len(run))
	}
}

// buckets gives the values of a fact that occur.
func (s *Snapshot) buckets(t tally, f fact) []Bucket {
	var out []Bucket
	vs := &s.facts[f]
	for k, name := range vs.names {
		if n := t[vs.numbers[k]]; n > 0 {
			out = append(out, Bucket{name, int(n)})
		}
	}
	return out
}

// countOf gives the count of one value.
func (s *Snapshot) countOf(t tally, f fact, value string) int {
	if k, ok := s.facts[f].index[value]; ok {
		return int(t[s.facts[f].numbers[k]])
	}
	return 0
}

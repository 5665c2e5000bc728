package explore

// tally counts how many versions of a set have each value, by the number of the value.
type tally []int32

// Below this many versions in a block, going through their rows and counting the values is
// faster than meeting the set of each value; above, the sets win. (Measured; a row has about
// two dozen values, and a register about two hundred that are frequent enough to be bits.)
const walkBelow = 8192

// tally counts the values of the facts; factCount means all of them. When only one is asked
// for, what it says of the others is not to be used.
func (s *Snapshot) tally(in set, only fact) tally {
	t := make(tally, s.numbered)
	below := s.walkBelow
	if only != factCount {
		below = min(below, mostFew()) // few sets to meet: what is bits is met
	}
	for i, b := range in {
		switch {
		case b == nil:
		case b.n <= below:
			b.each(i, func(v uint32) { s.countRow(t, v, 1) })
		case only != factCount:
			t.meet(&s.facts[only], i, b)
		default:
			for f := range s.facts {
				if fact(f).counted() {
					t.meet(&s.facts[f], i, b)
				}
			}
		}
	}
	return t
}

// meet counts the values of one fact in a block.
func (t tally) meet(vs *values, number int, b *block) {
	for k, p := range vs.posts {
		if c := p.many.block(number); c != nil {
			t[vs.numbers[k]] += int32(c.countIn(b))
		}
	}
}

// countRow adds one version, or takes it away again.
func (s *Snapshot) countRow(t tally, v uint32, by int32) {
	row := s.versions.at(v)
	for from, left := row.from, int(row.values); left > 0; {
		run := s.row.run(from, left)
		for _, number := range run {
			t[number] += by
		}
		from, left = from+uint32(len(run)), left-len(run)
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

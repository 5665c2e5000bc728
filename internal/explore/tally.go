package explore

// tally is how many versions of a set have each value.
type tally struct {
	facts    []int32 // by the number of the value
	parties  []int32 // by the number of the value in rollCodes
	progress []int32 // by the place in progressNames
}

// What a tally counts: one column, the progress, or all that every view counts.
const (
	onlyProgress = columnCount + iota
	everything
)

// tallyOf counts the values of live versions of a base. More than half of them are counted as
// all but the others. When one column only is asked for, what is said of the others is not to be
// used.
func (s *Snapshot) tallyOf(b *base, in set, only int) tally {
	n, live := in.count(), b.live.count()
	switch {
	case n == live:
		if only != columnMonths {
			return b.tally()
		}
		return s.tally(b, in, only)
	case 2*n <= live || only == columnMonths:
		return s.tally(b, in, only)
	}
	all, others := b.tally(), s.tally(b, b.live.minus(in), only)
	return tally{less(all.facts, others.facts), less(all.parties, others.parties), less(all.progress, others.progress)}
}

func less(all, others []int32) []int32 {
	out := make([]int32, len(all))
	copy(out, all)
	for i, n := range others {
		out[i] -= n
	}
	return out
}

// walkBelow is how many versions are counted one by one: it takes longer to sum up what all
// combinations of values amount to. Tests take both ways.
var walkBelow = 1_500

// tally counts the values of the versions in a set.
func (s *Snapshot) tally(b *base, in set, only int) tally {
	t := tally{make([]int32, s.numbered), make([]int32, len(b.roll.codes().values)), make([]int32, len(progressNames))}
	if only == everything && in.count() < walkBelow {
		in.each(func(v uint32) { s.countRow(t, b, v, 1) })
		return t
	}
	c := counters.Get().(*counter)
	defer counters.Put(c)
	c.reset(s, b, only)
	if many := c.count(in); many != nil {
		for f, k := range columnOf {
			if k < 0 || k >= columnsOfFew || c.columns[k] == nil {
				continue
			}
			vs := &s.facts[f]
			for i, p := range vs.posts {
				t.facts[vs.numbers[i]] += int32(p.countIn(many))
			}
		}
	}
	for k, column := range c.columns {
		if column == nil {
			continue
		}
		column.lists.sum(t.facts, c.cells[k][:])
		if k == columnParties {
			b.roll.codes().lists.sum(t.parties, c.cells[k][:])
		}
		if c.cells[k][rareCode] > 0 {
			column.eachRare(c.wentThrough(k, in), func(numbers []uint32) { s.countNumbers(t, b, k, numbers, 1) })
		}
	}
	if c.progress != nil {
		for code, n := range c.steps[:len(progressCodes)] {
			t.countProgress(uint8(code), n)
		}
	}
	return t
}

func (t tally) countProgress(code uint8, n int32) {
	if n != 0 {
		for _, place := range progressCodes[code] {
			t.progress[place] += n
		}
	}
}

// countNumbers adds the values of one version in a column.
func (s *Snapshot) countNumbers(t tally, b *base, column int, numbers []uint32, by int32) {
	for _, number := range numbers {
		t.facts[number] += by
	}
	if column == columnParties {
		var room [32]uint32
		for _, number := range b.roll.codes().of(numbers, room[:0]) {
			t.parties[number] += by
		}
	}
}

// countRow adds one live version of a base to a tally of everything, or takes it away again.
func (s *Snapshot) countRow(t tally, b *base, v uint32, by int32) {
	var room [32]uint32
	for k := range s.columns {
		if k != columnMonths {
			s.countNumbers(t, b, k, s.columns[k].of(v, room[:0]), by)
		}
	}
	t.countProgress(b.progress[v], by)
}

// buckets gives the values of a fact that occur.
func (s *Snapshot) buckets(t tally, f fact) []Bucket {
	vs := &s.facts[f]
	out := make([]Bucket, 0, len(vs.names))
	for k, name := range vs.names {
		if n := t.facts[vs.numbers[k]]; n > 0 {
			out = append(out, Bucket{name, int(n)})
		}
	}
	return out
}

// countOf gives the count of one value.
func (s *Snapshot) countOf(t tally, f fact, value string) int {
	if k, ok := s.facts[f].index[value]; ok {
		return int(t.facts[s.facts[f].numbers[k]])
	}
	return 0
}

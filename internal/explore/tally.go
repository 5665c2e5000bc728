package explore

// ordinal is one value of one version: the fact in the upper bits, the value's place among
// those of its fact in the lower.
type ordinal uint32

const (
	ordinalBits = 24
	ordinalMask = 1<<ordinalBits - 1
)

// tally counts how many versions of a set have each value, by fact and place.
type tally [factCount][]int

// Below this many versions in a block, going through them and counting their values is faster
// than intersecting each value's bitmap with the set; above, the bitmaps win. It is where
// roaring itself goes over from lists to bitmaps: two lists take long to intersect.
const walkBelow = 4096

// tally counts the values of the facts; factCount means all of them.
func (s *Snapshot) tally(in set, only fact) *tally {
	var t tally
	for f := range fact(factCount) {
		if f != factCode && (only == factCount || only == f) {
			t[f] = make([]int, len(s.facts[f].names))
		}
	}
	for i, b := range in {
		if b == nil {
			continue
		}
		if b.GetCardinality() < s.walkBelow {
			eachOf(b, i, func(v uint32) { s.countRow(&t, v, only) })
			continue
		}
		for f := range t {
			for k := range t[f] {
				if block := s.facts[f].posts[k].many.block(i); block != nil {
					t[f][k] += int(block.AndCardinality(b))
				}
			}
		}
	}
	return &t
}

func (s *Snapshot) countRow(t *tally, v uint32, only fact) {
	row := s.versions.at(v)
	if only == factCount {
		for n := row.from; n < row.from+uint32(row.values); n++ {
			o := *s.row.at(n)
			t[o>>ordinalBits][o&ordinalMask]++
		}
		return
	}
	for n := row.from; n < row.from+uint32(row.values); n++ {
		o := *s.row.at(n)
		if f := fact(o >> ordinalBits); f == only {
			t[f][o&ordinalMask]++
		} else if f > only {
			return // facts stand in order
		}
	}
}

// buckets gives the values of a fact that occur.
func (s *Snapshot) buckets(t *tally, f fact) []Bucket {
	var out []Bucket
	for k, n := range t[f] {
		if n > 0 {
			out = append(out, Bucket{s.facts[f].names[k], n})
		}
	}
	return out
}

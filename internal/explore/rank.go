package explore

import (
	"cmp"
	"math"
	"slices"
)

// Ranking is in the manner of BM25 (Robertson and Zaragoza, 2009), fields weighed before
// saturation: a word counts the more, the rarer it is among the pledges of the view, the more
// often it stands in the text, and the shorter the text. How much it weighs in one entry is
// settled when the entry is read, against a length that is fixed rather than the average, and
// kept as one of a few tiers. So an order depends on the register and the day alone, and not on
// when the server was started or what came later.
const (
	saturation = 1.2 // k1
	lengthPart = 0.5 // b: pledges are short; a long one is rarely a verbose one
	usual      = 150 // words of a text
)

// tiers are the weights that are told apart, the least first.
const tiers = 4

var (
	tierLimits  = [tiers - 1]float32{0.40, 0.58, 0.73}
	tierWeights = [tiers]float32{0.30, 0.50, 0.66, 0.82}
)

// What a word weighs by where it stands. A party's name is as good as a title; reports and
// translations follow the pledge that they belong to; the name of a country where a pledge is
// carried out stands in no text.
const (
	titleWeight   float32 = 3
	textWeight    float32 = 1
	besideWeight  float32 = 0.7
	partyWeight   float32 = 0.75
	leadWeight    float32 = 0.10 // on top, where the party leads
	countryWeight float32 = 0.30
)

func weightOf(field string) float32 {
	if field == "title" {
		return titleWeight
	}
	return textWeight
}

// tierOf is the tier of a word that has the weight in a text of so many words.
func tierOf(weight float32, length int) uint8 {
	norm := float32(saturation * (1 - lengthPart + lengthPart*float64(length)/usual))
	score := weight / (weight + norm)
	tier := uint8(0)
	for _, limit := range tierLimits {
		if score >= limit {
			tier++
		}
	}
	return tier
}

// layer is versions in which a clause is found with the same weight.
type layer struct {
	set    set
	weight float32
}

// found is where one clause is found: the words of texts (the best of them counts) and, added
// to those, names.
type found struct {
	texts []layer // the lightest first, once they are in order
	names []layer
	all   set  // of both, once it was asked for
	wide  bool // its beginning stands for more words than were looked for
}

func (f *found) set() set {
	if f.all == nil {
		sets := []set{nil}
		for _, l := range f.texts {
			sets = append(sets, l.set)
		}
		for _, l := range f.names {
			sets = append(sets, l.set)
		}
		f.all = union(sets...)
	}
	return f.all
}

// inOrder puts the texts in their order.
func (f *found) inOrder() {
	slices.SortStableFunc(f.texts, func(a, b layer) int { return cmp.Compare(a.weight, b.weight) })
}

// rarityOf is how much a clause counts: the more, the fewer pledges of the day answer it.
func (v *View) rarityOf(f *found) float32 {
	live, n := float64(v.b.live.count()), float64(f.set().countIn(v.b.live))
	return float32(math.Log(1 + (live-n+0.5)/(n+0.5)))
}

// scores gives versions of the view their weight for the words of the query.
func (v *View) scores(in set) func(version uint32) float32 {
	scores := make([][]float32, len(in))
	for i, b := range in {
		if b != nil {
			scores[i] = make([]float32, 1<<blockBits)
		}
	}
	clause := make([]float32, 1<<blockBits)
	for i := range v.hits {
		f := &v.hits[i]
		f.inOrder()
		rarity := v.rarityOf(f)
		for number, b := range in {
			if b == nil {
				continue
			}
			first := uint32(number) << blockBits
			put := func(layers []layer, to func(at *float32, weight float32)) {
				for _, l := range layers {
					if c := l.set.block(number); c != nil {
						if c = c.and(b); c != nil {
							c.each(number, func(v uint32) { to(&clause[v-first], l.weight) })
						}
					}
				}
			}
			b.each(number, func(v uint32) { clause[v-first] = 0 })
			put(f.texts, func(at *float32, weight float32) { *at = weight })
			put(f.names, func(at *float32, weight float32) { *at += weight })
			b.each(number, func(v uint32) { scores[number][v-first] += float32(rarity * clause[v-first]) })
		}
	}
	if now := v.meant(); now >= 0 {
		number, local := split(uint32(now))
		scores[number][local] = math.MaxFloat32
	}
	return func(version uint32) float32 {
		number, local := split(version)
		return scores[number][local]
	}
}

// meant is the version whose id the words name, where it is in the view; -1 for none.
func (v *View) meant() int32 {
	if i, known := v.s.ids.get(v.exact); known {
		if now := v.s.liveAt(i, v.b.size, v.b.day); now >= 0 && v.within.has(uint32(now)) {
			return now
		}
	}
	return -1
}

// byRelevance puts what answers the words best first; what answers equally well, as Newest.
func (v *View) byRelevance(in set) func(a, b uint32) int {
	score, newest := v.scores(in), v.s.before(v.b, Newest)
	return func(a, b uint32) int {
		if c := cmp.Compare(score(b), score(a)); c != 0 {
			return c
		}
		return newest(a, b)
	}
}

package explore

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"stocktake/internal/compact"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/text"
)

// parties holds every version of every party. There are thousands of them, not millions, and
// they change rarely: a view folds them whole.
type parties struct {
	chains  dict[*chain]
	codes   []string
	changed uint64 // the round of the newest change
}

type chain struct {
	round   uint64
	entries []partyEntry // by position
}

type partyEntry struct {
	span
	party *party.Party // nil: withheld
}

func (ps *parties) add(round uint64, code string, at span, p *party.Party) {
	ps.changed = round
	c, known := ps.chains.get(code)
	if !known {
		code = strings.Clone(code)
		ps.codes = append(ps.codes, code)
	}
	next := &chain{round: round}
	if c != nil {
		next.entries = c.entries
	}
	next.entries = append(next.entries, partyEntry{at, p})
	ps.chains.put(round, code, next)
}

func (ps *parties) withhold(round uint64, pos uint32) {
	for _, code := range ps.codes {
		c, _ := ps.chains.get(code)
		for i := range c.entries {
			if c.entries[i].pos == pos {
				next := &chain{round: round, entries: slices.Clone(c.entries)}
				next.entries[i].party = nil
				ps.chains.put(round, code, next)
				ps.changed = round
				return
			}
		}
	}
}

// pick is the entry that is the party's state in a view, -1 for none. A party that was named
// before the register had an entry for that day (an import of older records) is described by
// its earliest entry: it was the same party then.
func (c *chain) pick(size uint32, as day) int32 {
	best, earliest := int32(-1), int32(-1)
	for i := range c.entries {
		e := &c.entries[i]
		if e.pos >= size {
			break
		}
		if e.eff <= as && (best < 0 || e.later(&c.entries[best].span)) {
			best = int32(i)
		}
		if earliest < 0 || c.entries[earliest].later(&e.span) {
			earliest = int32(i)
		}
	}
	if best < 0 {
		return earliest
	}
	return best
}

// roll is the parties as a view sees them, with what follows from them for the pledges of one
// snapshot.
type roll struct {
	picks     []int32
	parties   map[string]*party.Party // withheld: nil
	order     map[string]int          // of English names, folded
	sets      func() *rollSets
	words     func() map[string][]string // word → codes of the parties with it in a name
	spellings func() []spelling          // the words of names
	made      atomic.Pointer[rollSets]   // what sets gives, once it was asked
	earlier   *rollSets                  // of an earlier snapshot; nil for none
}

// rollSets are the facets that follow from the parties. As long as the kinds and countries of
// the parties stay, what they say of full blocks stays too and is taken over.
type rollSets struct {
	kind, lead, region []valueSet
	full               int      // blocks that can gain no version
	parties            []string // kind and country of each acting party, in the order of factRoot
}

// valueSet is one value of a facet with the versions that have it.
type valueSet struct {
	value string
	set   set
}

func setOf(values []valueSet, value string) set {
	if i := slices.IndexFunc(values, func(v valueSet) bool { return v.value == value }); i >= 0 {
		return values[i].set
	}
	return nil
}

// picks says which entry of each party counts in a view.
func (ps *parties) picks(size uint32, as day) []int32 {
	out := make([]int32, len(ps.codes))
	for i, code := range ps.codes {
		c, _ := ps.chains.get(code)
		out[i] = c.pick(size, as)
	}
	return out
}

func (f *folded) newRoll(picks []int32, earlier *rollSets) *roll {
	r := &roll{picks: picks, earlier: earlier, parties: make(map[string]*party.Party, len(picks)), order: make(map[string]int, len(picks))}
	type named struct{ name, code string }
	var names []named
	for i, code := range f.parties.codes {
		if picks[i] < 0 {
			continue
		}
		c, _ := f.parties.chains.get(code)
		p := c.entries[picks[i]].party
		r.parties[code] = p
		if p != nil {
			names = append(names, named{text.Fold(p.Name(lang.EN)), code})
		}
	}
	slices.SortFunc(names, func(a, b named) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.code, b.code))
	})
	for i, n := range names {
		r.order[n.code] = i
	}
	r.deriveFrom(f)
	codes := f.parties.codes
	r.words = sync.OnceValue(func() map[string][]string {
		words := map[string][]string{}
		for _, code := range codes {
			if p := r.parties[code]; p != nil {
				for _, w := range partyWords(p) {
					words[w] = append(words[w], code)
				}
			}
		}
		return words
	})
	r.spellings = sync.OnceValue(func() []spelling { return spellings(r.parties) })
	return r
}

// rollLike is an earlier roll of the same parties for the pledges of this snapshot.
func (f *folded) rollLike(old *roll) *roll {
	r := &roll{picks: old.picks, parties: old.parties, order: old.order, words: old.words, spellings: old.spellings, earlier: old.latest()}
	r.deriveFrom(f)
	return r
}

func (r *roll) deriveFrom(f *folded) {
	r.sets = sync.OnceValue(func() *rollSets {
		made := r.derive(f)
		r.made.Store(made)
		return made
	})
}

func (r *roll) party(code string) (party.Party, bool) {
	if p := r.parties[code]; p != nil {
		return *p, true
	}
	return party.Party{Code: code}, false
}

// rank is the place of a party in the order of names; unknown ones come last.
func (r *roll) rank(code string) int {
	if i, ok := r.order[code]; ok {
		return i
	}
	return math.MaxInt
}

func (r *roll) kindOf(code string) string {
	if p := r.parties[code]; p != nil && p.Kind != "" {
		return p.Kind
	}
	return None
}

// regionsOf lists the regions of the party's own country.
func (r *roll) regionsOf(code string) []string {
	if p := r.parties[code]; p != nil {
		if c, ok := place.ByAlpha2(p.Country); ok && len(c.Regions) > 0 {
			return c.Regions
		}
	}
	return nil
}

// counts reports whether the party is among "States" in a figure.
func (r *roll) counts(pack *compact.Pack, code string) bool {
	p := r.parties[code]
	return p != nil && p.IsState(pack)
}

// latest is the newest grouping that is at hand for the next snapshot to start from.
func (r *roll) latest() *rollSets {
	if made := r.made.Load(); made != nil {
		return made
	}
	return r.earlier
}

// derive groups the sets of the acting parties by kind and region. A pledge is without a
// region when none of its parties has one.
func (r *roll) derive(f *folded) *rollSets {
	roots, leads := &f.facts[factRoot], &f.facts[factLead]
	out := &rollSets{full: f.versions.len() >> blockBits, parties: make([]string, len(roots.names))}
	for i, code := range roots.names {
		out.parties[i] = r.kindOf(code)
		if p := r.parties[code]; p != nil {
			out.parties[i] += " " + p.Country
		}
	}
	before := r.earlier
	if before == nil || len(before.parties) > len(out.parties) || !slices.Equal(before.parties, out.parties[:len(before.parties)]) {
		before = &rollSets{}
	}
	kinds, leadKinds, regions := map[string][]set{}, map[string][]set{}, map[string][]set{}
	var placed []set
	for i, code := range roots.names {
		s := roots.posts[i].set()
		kinds[r.kindOf(code)] = append(kinds[r.kindOf(code)], s)
		in := r.regionsOf(code)
		for _, region := range in {
			regions[region] = append(regions[region], s)
		}
		if in != nil {
			placed = append(placed, s)
		}
	}
	for i, code := range leads.names {
		leadKinds[r.kindOf(code)] = append(leadKinds[r.kindOf(code)], leads.posts[i].set())
	}
	out.kind = groups(kinds, before.kind, before.full)
	out.lead = groups(leadKinds, before.lead, before.full)
	out.region = groups(regions, before.region, before.full)
	nowhere := all(f.versions.len(), before.full).minus(unionFrom(before.full, nil, placed...))
	copy(nowhere[:before.full], setOf(before.region, None))
	out.region = append(out.region, valueSet{None, nowhere})
	return out
}

// groups unites the sets of each value; the full blocks are taken from before.
func groups(sets map[string][]set, before []valueSet, full int) []valueSet {
	out := make([]valueSet, 0, len(sets))
	for value, list := range sets {
		out = append(out, valueSet{value, unionFrom(full, setOf(before, value), list...)})
	}
	slices.SortFunc(out, func(a, b valueSet) int { return cmp.Compare(a.value, b.value) })
	return out
}

// coordinates reads "-1.286,36.817".
func coordinates(s string) (lat, lon float64, ok bool) {
	a, b, found := strings.Cut(s, ",")
	lat, err1 := strconv.ParseFloat(a, 64)
	lon, err2 := strconv.ParseFloat(b, 64)
	return lat, lon, found && err1 == nil && err2 == nil
}

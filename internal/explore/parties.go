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
	order     func() map[string]int   // of English names, folded
	codes     func() *rollCodes
	sets      memo                       // by the number of the value in codes
	words     func() map[string][]string // word → codes of the parties with it in a name
	spellings func() []spelling          // the words of names
	made      atomic.Pointer[rollCodes]  // what codes gives, once it was asked
	earlier   *rollCodes                 // of an earlier snapshot; nil for none
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

func (f *folded) newRoll(picks []int32, earlier *rollCodes) *roll {
	r := &roll{picks: picks, earlier: earlier, parties: make(map[string]*party.Party, len(picks))}
	for i, code := range f.parties.codes {
		if picks[i] >= 0 {
			c, _ := f.parties.chains.get(code)
			r.parties[code] = c.entries[picks[i]].party
		}
	}
	r.order = sync.OnceValue(r.byName)
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

// byName is the places of the parties in the order of their names.
func (r *roll) byName() map[string]int {
	type named struct{ name, code string }
	var names []named
	for code, p := range r.parties {
		if p != nil {
			names = append(names, named{text.Fold(p.Name(lang.EN)), code})
		}
	}
	slices.SortFunc(names, func(a, b named) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.code, b.code))
	})
	order := make(map[string]int, len(names))
	for i, n := range names {
		order[n.code] = i
	}
	return order
}

// rollLike is an earlier roll of the same parties for the pledges of this snapshot.
func (f *folded) rollLike(old *roll) *roll {
	r := &roll{picks: old.picks, parties: old.parties, order: old.order, words: old.words, spellings: old.spellings, earlier: old.latest()}
	r.deriveFrom(f)
	return r
}

func (r *roll) deriveFrom(f *folded) {
	r.codes = sync.OnceValue(func() *rollCodes {
		made := r.newCodes(f)
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
	if i, ok := r.order()[code]; ok {
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

// latest is the newest codes that are at hand for the next snapshot to go on from.
func (r *roll) latest() *rollCodes {
	if made := r.made.Load(); made != nil {
		return made
	}
	return r.earlier
}

// coordinates reads "-1.286,36.817".
func coordinates(s string) (lat, lon float64, ok bool) {
	a, b, found := strings.Cut(s, ",")
	lat, err1 := strconv.ParseFloat(a, 64)
	lon, err2 := strconv.ParseFloat(b, 64)
	return lat, lon, found && err1 == nil && err2 == nil
}

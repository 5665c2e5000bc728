package explore

import (
	"encoding/binary"
	"slices"
)

// Of words that many rows have, it is known in which rows one stands directly before the other:
// to find a phrase of the commonest words, a few thousand traces are looked at instead of most of
// them. Pairs share their sets with others (by a hash of both words), so that what is found in
// one is still looked up in the trace.
//
// A word is common from the row on at which more than one in commonAmong rows has had it, and
// stays so. Pairs are kept from there on; before, it stands in few rows.
type pairs struct {
	round uint64
	sets  []*posting // by number of the pair; nil: no word is common yet
}

const pairSets = 1 << 12

// When a word is common; tests make words common earlier.
var (
	commonAmong = uint32(64)
	commonFrom  = uint32(256) // rows, at least
)

// frequency is how many rows have had a word, or, with the highest bit, the row from which on it
// is common.
type frequency uint32

const isCommon = frequency(1) << 31

// count adds a row, and reports whether the word is common from there on.
func (f *frequency) count(row uint32) bool {
	if *f&isCommon != 0 {
		return true
	}
	*f++
	if n := uint32(*f); n < commonFrom || n <= row/commonAmong {
		return false
	}
	*f = isCommon | frequency(row)
	return true
}

// since is the first row in which pairs of the word are kept.
func (f frequency) since() (row uint32, common bool) {
	return uint32(f &^ isCommon), f&isCommon != 0
}

// traceSet is a set of what may stand in a trace.
type traceSet [1 << 16 / 64]uint64

func (s *traceSet) add(n uint16)      { s[n/64] |= 1 << (n % 64) }
func (s *traceSet) has(n uint16) bool { return s[n/64]>>(n%64)&1 != 0 }

func pairOf(a, b uint16) uint32 {
	h := (uint32(a)<<16 | uint32(b)) * 2654435761 // Knuth's multiplicative hash
	return (h ^ h>>15) * 2246822519 >> (32 - 12)
}

// add notes the neighbours of a trace that are both common.
func (p *pairs) add(round uint64, row uint32, trace []byte, common *traceSet) {
	before := false
	for i := 0; i+2 <= len(trace); i += 2 {
		here := common.has(binary.BigEndian.Uint16(trace[i:])) // 0, between pieces, is no word
		if here && before {
			p.put(round, row, pairOf(binary.BigEndian.Uint16(trace[i-2:]), binary.BigEndian.Uint16(trace[i:])))
		}
		before = here
	}
}

func (p *pairs) put(round uint64, row, number uint32) {
	switch {
	case p.sets == nil:
		p.sets, p.round = make([]*posting, pairSets), round
	case p.round != round:
		p.sets, p.round = slices.Clone(p.sets), round
	}
	p.sets[number] = p.sets[number].grow(round, row, true)
}

// narrow takes out of rows those in which one word is certainly not followed by the other.
func (p *pairs) narrow(rows set, a, b string, x, y frequency) set {
	from, common := x.since()
	other, alsoCommon := y.since()
	if !common || !alsoCommon {
		return rows
	}
	var kept set
	if p.sets != nil {
		kept = p.sets[pairOf(traced(a), traced(b))].set()
	}
	return union(rows.below(max(from, other)), rows.and(kept))
}

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
//
// Of the commonest words, those that more than one in commonestAmong rows has had, it is also known
// how the word directly behind them begins, common or not: words that begin alike are many, and
// most of them rare, while nearly every row has some of them.
type pairs struct {
	words  pairTable // by both words
	behind pairTable // by a commonest word, and the beginning of the next
}

// pairTable is the rows of pairs, by the number of the pair; nil: no word is common yet.
type pairTable struct {
	round uint64
	sets  []*posting
}

const pairSets = 1 << 12

// When a word is common; tests make words common earlier.
var (
	commonAmong    = uint32(64)
	commonestAmong = uint32(16)
	commonFrom     = uint32(256) // rows, at least
)

// frequency is how many rows have had a word, or, with the highest bit, the row from which on it
// is common.
type frequency uint32

const isCommon = frequency(1) << 31

// count adds a row, and reports whether the word is common from there on: whether more than one in
// so many rows has had it.
func (f *frequency) count(row, among uint32) bool {
	if *f&isCommon != 0 {
		return true
	}
	*f++
	if n := uint32(*f); n < commonFrom || n <= row/among {
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

// openingOf stands for how a word begins: its first three bytes. That is a tag and two Latin letters,
// one letter in most other scripts, one Chinese character.
func openingOf(key string) uint16 { return traced(key[:min(len(key), 3)]) }

// add notes the neighbours in a trace that are both common, and what is behind a commonest word.
func (p *pairs) add(round uint64, row uint32, w *wording, common, commonest *traceSet) {
	var last uint16
	for i := range w.openings {
		word := binary.BigEndian.Uint16(w.trace[2*i:])
		if common.has(last) && common.has(word) { // 0, between pieces, is no word
			p.words.put(round, row, pairOf(last, word))
		}
		if commonest.has(last) && word != 0 {
			p.behind.put(round, row, pairOf(last, w.openings[i]))
		}
		last = word
	}
}

func (p *pairTable) put(round uint64, row, number uint32) {
	switch {
	case p.sets == nil:
		p.sets, p.round = make([]*posting, pairSets), round
	case p.round != round:
		p.sets, p.round = slices.Clone(p.sets), round
	}
	p.sets[number] = p.sets[number].grow(round, row, true)
}

// with is the rows of any of the pairs.
func (p *pairTable) with(numbers ...uint32) set {
	if p.sets == nil {
		return nil
	}
	var postings []*posting
	for _, n := range numbers {
		if p.sets[n] != nil {
			postings = append(postings, p.sets[n])
		}
	}
	return unionOf(postings)
}

// narrow takes out of rows those in which one word is certainly not followed by the other.
func (p *pairs) narrow(rows set, a, b string, x, y frequency) set {
	from, common := x.since()
	other, alsoCommon := y.since()
	if !common || !alsoCommon {
		return rows
	}
	return union(rows.below(max(from, other)), rows.and(p.words.with(pairOf(traced(a), traced(b)))))
}

// narrowToAny takes out of rows those in which a word is certainly followed by none of the others:
// x is from where on it is one of the commonest. The others begin alike, so that few openings are
// looked at.
func (p *pairs) narrowToAny(rows set, a string, others []wanted, x frequency) set {
	from, commonest := x.since()
	if !commonest {
		return rows
	}
	var numbers []uint32
	for _, o := range others {
		numbers = append(numbers, pairOf(traced(a), openingOf(o.key)))
	}
	slices.Sort(numbers)
	return union(rows.below(from), rows.and(p.behind.with(slices.Compact(numbers)...)))
}

package explore

import (
	"cmp"
	"math/bits"
	"slices"
)

// Versions of pledges are numbered from 0 as they come. A set of them is kept in blocks of
// 65,536, so that a set that grows changes its last block only and shares the others with older
// snapshots. Tests make blocks smaller, to have many of them.
var blockBits = 16

// split gives the block of a version and its place there.
func split(v uint32) (block int, local uint32) { return int(v >> blockBits), v & (1<<blockBits - 1) }

func blocksOf(versions int) int { return (versions + 1<<blockBits - 1) >> blockBits }

// mostFew is how many versions a block holds as a list: one in 128. Counting what two sets have
// in common goes through all words of the bits of a block, or through the places of a list and
// looks each up in the bits of the other: there both take about as long.
func mostFew() int { return max(1, 1<<blockBits/128) }

func wordsOfBlock() int { return (1<<blockBits + 63) / 64 }

// block is the versions of one block: the ascending list of their places, or one bit for each
// place. A block is never empty, and never changed once a snapshot holds it.
type block struct {
	n    int
	few  []uint16
	bits []uint64 // nil: few holds them
}

func (b *block) has(local uint32) bool {
	if b.bits != nil {
		return b.bits[local/64]>>(local%64)&1 != 0
	}
	_, found := slices.BinarySearch(b.few, uint16(local))
	return found
}

func (b *block) clone() *block {
	return &block{b.n, slices.Clone(b.few), slices.Clone(b.bits)}
}

// appended is the block with a place not lower than those it has; nil is the empty block. What
// it shares with b it only writes behind the end that b sees, unless own says that b is nobody
// else's.
func (b *block) appended(local uint32, own bool) *block {
	switch {
	case b == nil:
		return &block{n: 1, few: []uint16{uint16(local)}}
	case b.bits != nil:
		if b.has(local) {
			return b
		}
		if !own {
			b = b.clone()
		}
		b.bits[local/64] |= 1 << (local % 64)
		b.n++
		return b
	case b.few[b.n-1] == uint16(local):
		return b
	case b.n == mostFew():
		b = &block{n: b.n, bits: b.expanded(make([]uint64, wordsOfBlock()))}
		return b.appended(local, true)
	}
	if !own {
		b = &block{n: b.n, few: b.few}
	}
	b.few = append(b.few, uint16(local))
	b.n++
	return b
}

// expanded adds the places to words.
func (b *block) expanded(words []uint64) []uint64 {
	if b.bits != nil {
		for i, w := range b.bits {
			words[i] |= w
		}
		return words
	}
	for _, local := range b.few {
		words[local/64] |= 1 << (local % 64)
	}
	return words
}

// blockOf gives the places whose bits are set, nil for none. It takes the words over.
func blockOf(words []uint64) *block {
	n := 0
	for _, w := range words {
		n += bits.OnesCount64(w)
	}
	switch {
	case n == 0:
		return nil
	case n > mostFew():
		return &block{n: n, bits: words}
	}
	few := make([]uint16, 0, n)
	for i, w := range words {
		for ; w != 0; w &= w - 1 {
			few = append(few, uint16(i*64+bits.TrailingZeros64(w)))
		}
	}
	return &block{n: n, few: few}
}

// countIn is how many places two blocks have in common.
func (b *block) countIn(c *block) int {
	n := 0
	switch {
	case b.bits != nil && c.bits != nil:
		return commonBits(b.bits, c.bits)
	case c.bits != nil:
		return listedBits(b.few, c.bits)
	case b.bits != nil:
		return listedBits(c.few, b.bits)
	}
	eachCommon(b.few, c.few, func(uint16) { n++ })
	return n
}

func commonBits(x, y []uint64) (n int) {
	y = y[:len(x)]
	for i, w := range x {
		n += bits.OnesCount64(w & y[i])
	}
	return n
}

func listedBits(few []uint16, words []uint64) (n int) {
	for _, local := range few {
		if words[local/64]&(1<<(local%64)) != 0 {
			n++
		}
	}
	return n
}

// eachCommon calls f with what two ascending lists have in common. Where one is much longer it
// is searched, not read.
func eachCommon(x, y []uint16, f func(uint16)) {
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(y) > 16*len(x) {
		for _, v := range x {
			i, found := slices.BinarySearch(y, v)
			if found {
				f(v)
			}
			y = y[i:]
		}
		return
	}
	for i, j := 0, 0; i < len(x) && j < len(y); {
		switch a, b := x[i], y[j]; {
		case a == b:
			f(a)
			i++
			j++
		case a < b:
			i++
		default:
			j++
		}
	}
}

func (b *block) and(c *block) *block {
	if b.bits != nil && c.bits != nil {
		words := make([]uint64, len(b.bits))
		for i, w := range b.bits {
			words[i] = w & c.bits[i]
		}
		return blockOf(words)
	}
	if b.bits != nil {
		b, c = c, b
	}
	few := make([]uint16, 0, min(b.n, c.n))
	if c.bits == nil {
		eachCommon(b.few, c.few, func(v uint16) { few = append(few, v) })
	} else {
		for _, local := range b.few {
			if c.bits[local/64]>>(local%64)&1 != 0 {
				few = append(few, local)
			}
		}
	}
	if len(few) == 0 {
		return nil
	}
	return &block{n: len(few), few: few}
}

func (b *block) minus(c *block) *block {
	words := b.expanded(make([]uint64, wordsOfBlock()))
	if c.bits != nil {
		for i, w := range c.bits {
			words[i] &^= w
		}
	} else {
		for _, local := range c.few {
			words[local/64] &^= 1 << (local % 64)
		}
	}
	return blockOf(words)
}

// each calls f with every version in ascending order; number is that of the block.
func (b *block) each(number int, f func(version uint32)) {
	first := uint32(number) << blockBits
	for _, local := range b.few {
		f(first | uint32(local))
	}
	for i, w := range b.bits {
		for ; w != 0; w &= w - 1 {
			f(first | uint32(i*64+bits.TrailingZeros64(w)))
		}
	}
}

// set is a set of versions, by block; nil and missing blocks are empty. Sets are never changed
// once a snapshot holds them.
type set []*block

func (s set) block(i int) *block {
	if i < len(s) {
		return s[i]
	}
	return nil
}

func (s set) has(v uint32) bool {
	i, local := split(v)
	b := s.block(i)
	return b != nil && b.has(local)
}

func (s set) count() int {
	n := 0
	for _, b := range s {
		if b != nil {
			n += b.n
		}
	}
	return n
}

// countIn is the size of the intersection, without making it.
func (s set) countIn(t set) int {
	n := 0
	for i, b := range s {
		if c := t.block(i); b != nil && c != nil {
			n += b.countIn(c)
		}
	}
	return n
}

func (s set) and(t set) set {
	out := make(set, min(len(s), len(t)))
	for i := range out {
		if s[i] != nil && t[i] != nil {
			out[i] = s[i].and(t[i])
		}
	}
	return out
}

func (s set) minus(t set) set {
	out := make(set, len(s))
	for i, b := range s {
		if c := t.block(i); b != nil && c != nil {
			b = b.minus(c)
		}
		out[i] = b
	}
	return out
}

// below is the versions that are lower than one.
func (s set) below(v uint32) set {
	number, local := split(v)
	if number >= len(s) {
		return s
	}
	out := slices.Clone(s[:number+1])
	if b := out[number]; b != nil {
		words := b.expanded(make([]uint64, wordsOfBlock()))
		words[local/64] &= 1<<(local%64) - 1
		clear(words[local/64+1:])
		out[number] = blockOf(words)
	}
	return out
}

// intersection is the versions of all of the sets. The smallest are met first: what is left of
// them is soon a short list.
func intersection(sets []set) set {
	slices.SortFunc(sets, func(s, t set) int { return cmp.Compare(s.count(), t.count()) })
	out := sets[0]
	for _, s := range sets[1:] {
		out = out.and(s)
	}
	return out
}

// union is the versions of any of the sets. It may share blocks with them.
func union(sets ...set) set {
	if len(sets) == 1 {
		return sets[0]
	}
	most := 0
	for _, s := range sets {
		most = max(most, len(s))
	}
	out := make(set, most)
	for i := range out {
		var only *block
		var words []uint64
		for _, s := range sets {
			switch b := s.block(i); {
			case b == nil:
			case only == nil:
				only = b
			case words == nil:
				words = b.expanded(only.expanded(make([]uint64, wordsOfBlock())))
			default:
				b.expanded(words)
			}
		}
		if out[i] = only; words != nil {
			out[i] = blockOf(words)
		}
	}
	return out
}

// each calls f with every version in ascending order.
func (s set) each(f func(version uint32)) {
	for i, b := range s {
		if b != nil {
			b.each(i, f)
		}
	}
}

// dense collects a set from versions in any order.
type dense struct {
	words [][]uint64 // of the blocks that were changed
	from  set        // what it started from
}

func newDense(versions int) dense { return changed(nil, versions) }

// changed starts from a set, which stays as it is.
func changed(s set, versions int) dense {
	return dense{words: make([][]uint64, max(blocksOf(versions), len(s))), from: s}
}

func (d dense) block(i int) []uint64 {
	if d.words[i] == nil {
		d.words[i] = make([]uint64, wordsOfBlock())
		if b := d.from.block(i); b != nil {
			b.expanded(d.words[i])
		}
	}
	return d.words[i]
}

func (d dense) add(v uint32) {
	i, local := split(v)
	d.block(i)[local/64] |= 1 << (local % 64)
}

func (d dense) remove(v uint32) {
	i, local := split(v)
	d.block(i)[local/64] &^= 1 << (local % 64)
}

// put adds the versions that are bits of a word: the first of them is a multiple of 64.
func (d dense) put(first uint32, word uint64) {
	if word == 0 {
		return
	}
	if blockBits < 6 { // in tests only
		for ; word != 0; word &= word - 1 {
			d.add(first + uint32(bits.TrailingZeros64(word)))
		}
		return
	}
	i, local := split(first)
	d.block(i)[local/64] |= word
}

// set gives the collected versions; d must not be used afterwards.
func (d dense) set() set {
	out := make(set, len(d.words))
	for i, words := range d.words {
		if out[i] = d.from.block(i); words != nil {
			out[i] = blockOf(words)
		}
	}
	return out
}

// posting is the growing set of versions that have one value or one word. Rare ones (most
// words of a language occur once or twice) are a list; the others are sets.
type posting struct {
	round uint64 // of the builder that may change it; older ones are shared and are copied first
	few   []uint32
	many  set
	own   int // blocks of many from here on were made in the round
}

const mostListed = 48 // beyond this, a list is no smaller than a set with its headers

// grow is the posting with one more version, not lower than those it has. The posting returned
// belongs to the round; p is unchanged for those who hold it. (Appending behind the end that
// they see is no change: there is one builder, and readers look no further than their length.)
func (p *posting) grow(round uint64, v uint32, compress bool) *posting {
	if p == nil {
		p = &posting{round: round}
	} else if p.round != round {
		p = &posting{round: round, few: p.few, many: slices.Clone(p.many), own: len(p.many)}
	}
	if p.many == nil && compress {
		if n := len(p.few); n > 0 && p.few[n-1] == v {
			return p
		}
		if p.few = append(p.few, v); len(p.few) <= mostListed {
			return p
		}
		for _, w := range p.few {
			p.put(w)
		}
		p.few = nil
		return p
	}
	p.put(v)
	return p
}

func (p *posting) put(v uint32) {
	i, local := split(v)
	for len(p.many) <= i {
		p.many = append(p.many, nil)
	}
	p.many[i] = p.many[i].appended(local, i >= p.own)
	p.own = min(p.own, i)
}

// countIn is how many versions of the posting are in the set.
func (p *posting) countIn(t set) (n int) {
	if p.many != nil {
		return p.many.countIn(t)
	}
	for _, v := range p.few {
		if t.has(v) {
			n++
		}
	}
	return n
}

// set gives the versions of the posting; of a nil posting none.
func (p *posting) set() set {
	if p == nil {
		return nil
	}
	if p.many != nil {
		return p.many
	}
	var listed posting
	for _, v := range p.few {
		listed.put(v)
	}
	return listed.many
}

// unionOf is the versions of any of the postings. A beginning may stand for thousands of them,
// most with few versions.
func unionOf(postings []*posting) set {
	switch len(postings) {
	case 0:
		return nil
	case 1:
		return postings[0].set()
	}
	last := uint32(0)
	for _, p := range postings {
		if n := len(p.few); n > 0 {
			last = max(last, p.few[n-1])
		}
		last = max(last, uint32(len(p.many)<<blockBits))
	}
	d := newDense(int(last) + 1)
	for _, p := range postings {
		for _, v := range p.few {
			d.add(v)
		}
		for i, b := range p.many {
			if b != nil {
				b.expanded(d.block(i))
			}
		}
	}
	return d.set()
}

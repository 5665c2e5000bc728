package explore

import "github.com/RoaringBitmap/roaring/v2"

// Versions of pledges are numbered from 0 as they come. A set of them is kept in blocks of
// 65,536, each a roaring bitmap of its own (one container), so that a set that grows changes
// its last block only and shares the others with older snapshots.
// Tests make blocks smaller, to have many of them.
var blockBits = 16

// split gives the block of a version and its place there.
func split(v uint32) (block int, local uint32) { return int(v >> blockBits), v & (1<<blockBits - 1) }

func blocksOf(versions int) int { return (versions + 1<<blockBits - 1) >> blockBits }

// set is a set of versions, by block; nil and missing blocks are empty. Sets are never changed
// once a snapshot holds them.
type set []*roaring.Bitmap

func (s set) block(i int) *roaring.Bitmap {
	if i < len(s) {
		return s[i]
	}
	return nil
}

func (s set) count() int {
	n := 0
	for _, b := range s {
		if b != nil {
			n += int(b.GetCardinality())
		}
	}
	return n
}

// countIn is the size of the intersection, without making it.
func (s set) countIn(t set) int {
	n := 0
	for i, b := range s {
		if c := t.block(i); b != nil && c != nil {
			n += int(b.AndCardinality(c))
		}
	}
	return n
}

func (s set) and(t set) set {
	out := make(set, min(len(s), len(t)))
	for i := range out {
		if s[i] == nil || t[i] == nil {
			continue
		}
		if b := roaring.And(s[i], t[i]); !b.IsEmpty() {
			out[i] = b
		}
	}
	return out
}

// union is the versions of any of the sets. It may share blocks with them.
func union(sets ...set) set { return unionFrom(0, nil, sets...) }

// unionFrom is union where the blocks below from are known.
func unionFrom(from int, known set, sets ...set) set {
	if len(sets) == 1 {
		return sets[0]
	}
	var out set
	for _, s := range sets {
		for len(out) < len(s) {
			out = append(out, nil)
		}
	}
	copy(out, known[:min(from, len(known))])
	var blocks []*roaring.Bitmap
	for i := from; i < len(out); i++ {
		blocks = blocks[:0]
		for _, s := range sets {
			if b := s.block(i); b != nil {
				blocks = append(blocks, b)
			}
		}
		switch len(blocks) {
		case 0:
		case 1:
			out[i] = blocks[0]
		default:
			out[i] = roaring.FastOr(blocks...)
		}
	}
	return out
}

// each calls f with every version in ascending order.
func (s set) each(f func(version uint32)) {
	for i, b := range s {
		if b != nil {
			eachOf(b, i, f)
		}
	}
}

// eachOf is each for one block.
func eachOf(b *roaring.Bitmap, block int, f func(version uint32)) {
	var buffer [1024]uint32
	first := uint32(block) << blockBits
	many := b.ManyIterator()
	for n := many.NextMany(buffer[:]); n > 0; n = many.NextMany(buffer[:]) {
		for _, local := range buffer[:n] {
			f(first | local)
		}
	}
}

// dense collects a set from versions in any order.
type dense [][]uint64

func newDense(versions int) dense { return make(dense, blocksOf(versions)) }

func (d dense) add(v uint32) {
	i, local := split(v)
	if d[i] == nil {
		d[i] = make([]uint64, (1<<blockBits+63)/64)
	}
	d[i][local/64] |= 1 << (local % 64)
}

func (d dense) remove(v uint32) {
	if i, local := split(v); d[i] != nil {
		d[i][local/64] &^= 1 << (local % 64)
	}
}

// set gives the collected versions; d must not be used afterwards.
func (d dense) set() set {
	out := make(set, len(d))
	for i, words := range d {
		if words == nil {
			continue
		}
		if b := roaring.FromDense(words, false); !b.IsEmpty() {
			out[i] = b
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
}

const mostFew = 48 // beyond this, a list is no smaller than a bitmap with its headers

// grow is the posting with one more version, not lower than those it has. The posting returned
// belongs to the round; p is unchanged for those who hold it. (Appending behind the end that
// they see is no change: there is one builder, and readers look no further than their length.)
func (p *posting) grow(round uint64, v uint32, compress bool) *posting {
	if p == nil {
		p = &posting{round: round}
	} else if p.round != round {
		own := &posting{round: round, few: p.few, many: append(set(nil), p.many...)}
		if last := len(own.many) - 1; last >= 0 && own.many[last] != nil {
			own.many[last] = own.many[last].Clone()
		}
		p = own
	}
	if p.many == nil && compress {
		if n := len(p.few); n > 0 && p.few[n-1] == v {
			return p
		}
		if p.few = append(p.few, v); len(p.few) <= mostFew {
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
	p.many = p.many.put(v)
}

// put adds a version to a set that nobody else holds.
func (s set) put(v uint32) set {
	i, local := split(v)
	for len(s) <= i {
		s = append(s, nil)
	}
	if s[i] == nil {
		s[i] = roaring.New()
	}
	s[i].Add(local)
	return s
}

// set gives the versions of the posting; of a nil posting none.
func (p *posting) set() set {
	if p == nil {
		return nil
	}
	if p.many != nil {
		return p.many
	}
	var out set
	for _, v := range p.few {
		out = out.put(v)
	}
	return out
}

func all(versions int) set {
	out := make(set, blocksOf(versions))
	for i := range out {
		out[i] = roaring.New()
		out[i].AddRange(0, uint64(min(versions-i<<blockBits, 1<<blockBits)))
	}
	return out
}

func (s set) minus(t set) set {
	out := make(set, len(s))
	for i, b := range s {
		if c := t.block(i); b != nil && c != nil {
			b = roaring.AndNot(b, c)
		}
		out[i] = b
	}
	return out
}

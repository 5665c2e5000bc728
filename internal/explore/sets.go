package explore

import "github.com/RoaringBitmap/roaring/v2"

// Versions of pledges are numbered from 0 as they come. A set of them is kept in blocks of
// 65,536, each a roaring bitmap of its own (one container), so that a set that grows changes
// its last block only and shares the others with older snapshots.
const (
	blockBits  = 16
	blockSize  = 1 << blockBits
	blockWords = blockSize / 64
)

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
func union(sets ...set) set {
	if len(sets) == 1 {
		return sets[0]
	}
	var out set
	for _, s := range sets {
		for len(out) < len(s) {
			out = append(out, nil)
		}
	}
	var blocks []*roaring.Bitmap
	for i := range out {
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
	var buffer [1024]uint32
	for i, b := range s {
		if b == nil {
			continue
		}
		base := uint32(i) << blockBits
		many := b.ManyIterator()
		for n := many.NextMany(buffer[:]); n > 0; n = many.NextMany(buffer[:]) {
			for _, local := range buffer[:n] {
				f(base | local)
			}
		}
	}
}

// dense collects a set from versions in any order.
type dense [][]uint64

func newDense(versions int) dense { return make(dense, (versions+blockSize-1)/blockSize) }

func (d dense) add(v uint32) {
	i := v >> blockBits
	if d[i] == nil {
		d[i] = make([]uint64, blockWords)
	}
	d[i][v%blockSize/64] |= 1 << (v % 64)
}

func (d dense) remove(v uint32) {
	if words := d[v>>blockBits]; words != nil {
		words[v%blockSize/64] &^= 1 << (v % 64)
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
	for len(p.many) <= int(v>>blockBits) {
		p.many = append(p.many, nil)
	}
	if p.many[v>>blockBits] == nil {
		p.many[v>>blockBits] = roaring.New()
	}
	p.many[v>>blockBits].Add(v % blockSize)
}

// set gives the versions of the posting that are below limit; nil posting: none. A term's
// posting may be ahead of an older snapshot only behind its own length, so no limit is needed
// for what a snapshot reaches by its own pointers.
func (p *posting) set() set {
	if p == nil {
		return nil
	}
	if p.many != nil {
		return p.many
	}
	var out set
	for _, v := range p.few {
		for len(out) <= int(v>>blockBits) {
			out = append(out, nil)
		}
		if out[v>>blockBits] == nil {
			out[v>>blockBits] = roaring.New()
		}
		out[v>>blockBits].Add(v % blockSize)
	}
	return out
}

func all(versions int) set {
	out := make(set, (versions+blockSize-1)/blockSize)
	for i := range out {
		out[i] = roaring.New()
		out[i].AddRange(0, uint64(min(versions-i<<blockBits, blockSize)))
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

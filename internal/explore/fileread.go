package explore

import (
	"encoding/binary"
	"math/bits"
	"strings"

	"stocktake/internal/pledge"
)

// readFolded reads what follows the head of a file of the size. It gives the positions of the
// entries that are to be read again, see takeAgain. The index belongs to the round. Everything that
// is relied on later is looked at: a file may have a right checksum and say what no index says.
func readFolded(r *fileReader, round uint64, size int64) (f folded, again []int64, err error) {
	f = folded{round: round, size: size}
	r.rows(&f)
	f.numbered = r.facts(&f)
	for k := range f.columns {
		r.column(&f.columns[k], round, f.versions.len(), f.numbered)
	}
	r.money(&f)
	r.answers(&f)
	for range r.count(8) {
		row := recordedDay{day(r.i32()), r.u32()}
		if n := len(f.recorded); n > 0 {
			r.must(f.recorded[n-1].day < row.day && f.recorded[n-1].from < row.from)
		}
		r.must(int64(row.from) < size)
		f.recorded = append(f.recorded, row)
	}
	for range r.count(4) {
		position := int64(r.u32())
		r.must(position < size && (len(again) == 0 || again[len(again)-1] < position))
		again = append(again, position)
	}
	if r.bad || len(r.in) > 0 {
		return folded{}, nil, refused("it does not say what an index says")
	}
	return f, again, nil
}

func (r *fileReader) rows(f *folded) {
	const subjectBytes, versionBytes, sideBytes = 17, 29, 30
	subjects := r.count(subjectBytes)
	// Ids stand in one text and are not as many pieces of memory.
	var ids strings.Builder
	ends := make([]int, 0, subjects)
	for range subjects {
		ids.Write(r.take(r.count(1)))
		ends = append(ends, ids.Len())
		f.subjects.append(f.round, subject{first: day(r.i32()), last: r.i32(), side: r.i32()})
		if s := f.subjects.at(uint32(len(ends) - 1)); !r.bad {
			r.flags(&s.irregular, &s.sideways)
		}
	}
	from := 0
	for i, end := range ends {
		s := f.subjects.at(uint32(i))
		s.id, from = ids.String()[from:end], end
		if s.irregular {
			f.uneven = append(f.uneven, uint32(i))
		}
		if _, known := f.ids.get(s.id); known || r.bad {
			r.bad = true
			return
		}
		f.ids.put(f.round, s.id, uint32(i))
	}
	versions := r.count(versionBytes)
	last := int64(-1)
	for v := range versions {
		row := version{span: r.span(&last, f.size), pledge: r.u32()}
		r.flags(&row.withheld, &row.ended)
		record := record{prev: r.i32(), number: r.i32()}
		r.must(int(row.pledge) < subjects && -1 <= record.prev && int(record.prev) < v)
		f.versions.append(f.round, row)
		f.records.append(f.round, record)
		if r.bad {
			return
		}
	}
	sides := r.count(sideBytes)
	last = -1
	known := map[string]string{}
	for n := range sides {
		row := side{span: r.span(&last, f.size), pledge: r.u32(), prev: r.i32()}
		key := r.take(r.count(1))
		if row.key = known[string(key)]; row.key == "" && len(key) > 0 {
			row.key = string(key)
			known[row.key] = row.key
		}
		row.stage = r.u8()
		r.flags(&row.report, &row.withheld)
		r.must(int(row.pledge) < subjects && -1 <= row.prev && int(row.prev) < n && int(row.stage) < len(pledge.Stages))
		f.sides.append(f.round, row)
		if r.bad {
			return
		}
	}
	f.subjects.each(func(_ uint32, s *subject) {
		r.must(-1 <= s.last && int(s.last) < versions && -1 <= s.side && int(s.side) < sides)
	})
}

// span reads when a row is its subject's state; positions ascend, from the last one on.
func (r *fileReader) span(last *int64, size int64) span {
	s := span{pos: r.u32(), eff: day(r.i32()), nextPos: r.u32(), nextEff: day(r.i32())}
	r.must(*last < int64(s.pos) && int64(s.pos) < size)
	*last = int64(s.pos)
	return s
}

// facts reads the values of all facts, and gives how many they are.
func (r *fileReader) facts(f *folded) uint32 {
	const valueBytes = 16
	numbered := map[uint32]bool{}
	for k := range f.facts {
		vs := &f.facts[k]
		n := r.count(valueBytes)
		vs.round, vs.index = f.round, make(map[string]int, n)
		for i := range n {
			name := r.str()
			vs.index[name] = i
			vs.names, vs.numbers = append(vs.names, name), append(vs.numbers, r.u32())
			vs.posts = append(vs.posts, r.posting(f.round, f.versions.len()))
			numbered[vs.numbers[i]] = true
			if r.bad {
				return 0
			}
		}
		r.must(len(vs.index) == n)
	}
	total := 0
	for k := range f.facts {
		total += len(f.facts[k].names)
	}
	for n := range numbered {
		r.must(int(n) < total)
	}
	r.must(len(numbered) == total)
	return uint32(total)
}

// posting reads a posting of so many versions.
func (r *fileReader) posting(round uint64, versions int) *posting {
	p := &posting{round: round}
	if n := r.count(4); n > 0 {
		p.few = make([]uint32, n)
		for i := range p.few {
			p.few[i] = r.u32()
			r.must(int(p.few[i]) < versions && (i == 0 || p.few[i-1] < p.few[i]))
		}
	}
	blocks := r.count(1)
	r.must(blocks <= blocksOf(versions) && (blocks == 0 || p.few == nil) && (blocks > 0 || p.few != nil))
	for number := range blocks {
		p.many = append(p.many, r.block(min(versions-number<<blockBits, 1<<blockBits)))
		if r.bad {
			return p
		}
	}
	r.must(blocks == 0 || p.many[blocks-1] != nil)
	return p
}

// block reads a block of so many versions.
func (r *fileReader) block(versions int) *block {
	switch r.u8() {
	case blockEmpty:
		return nil
	case blockFew:
		in := r.take(2 * r.count(2))
		few := make([]uint16, len(in)/2)
		r.must(0 < len(few) && len(few) <= mostFew())
		for i := range few {
			few[i] = binary.LittleEndian.Uint16(in[2*i:])
			r.must(int(few[i]) < versions && (i == 0 || few[i-1] < few[i]))
		}
		return &block{n: len(few), few: few}
	case blockBitsOf:
		in := r.take(8 * wordsOfBlock())
		if in == nil {
			return nil
		}
		b := &block{bits: make([]uint64, wordsOfBlock())}
		for i := range b.bits {
			word := binary.LittleEndian.Uint64(in[8*i:])
			b.bits[i] = word
			b.n += bits.OnesCount64(word)
			r.must(word == 0 || i*64+bits.Len64(word) <= versions)
		}
		r.must(b.n > 0)
		return b
	}
	r.bad = true
	return nil
}

// column reads a column of so many versions, of values below numbered.
func (r *fileReader) column(c *column, round uint64, versions int, numbered uint32) {
	in := r.take(2 * versions)
	if in == nil {
		r.must(versions == 0)
	}
	most, rare := -1, 0
	for v := range len(in) / 2 {
		code := binary.LittleEndian.Uint16(in[2*v:])
		if code == rareCode {
			rare++
		} else {
			most = max(most, int(code))
		}
		c.codes.append(round, code)
	}
	c.lists.ends, c.lists.flat = r.numbers(), r.numbers()
	for i, end := range c.lists.ends {
		r.must(int(end) <= len(c.lists.flat) && (i == 0 || c.lists.ends[i-1] <= end))
	}
	for _, n := range c.lists.flat {
		r.must(n < numbered)
	}
	r.must(most < c.lists.len() && c.lists.len() <= mostCodes)
	rows := r.count(8)
	r.must(rows == rare)
	last := rareRow{}
	for i := range rows {
		row := rareRow{r.u32(), r.u32()}
		r.must(int(row.version) < versions && (i == 0 || last.version < row.version && last.from <= row.from))
		if r.bad || *c.codes.at(row.version) != rareCode {
			r.bad = true
			return
		}
		c.rare.append(round, row)
		last = row
	}
	for range r.count(4) {
		n := r.u32()
		r.must(n < numbered)
		c.values.append(round, n)
	}
	r.must(int(last.from) <= c.values.len())
	if !r.bad {
		c.know()
	}
}

func (r *fileReader) numbers() []uint32 {
	n := r.count(4)
	if n == 0 {
		return nil
	}
	out := make([]uint32, n)
	for i := range out {
		out[i] = r.u32()
	}
	return out
}

func (r *fileReader) money(f *folded) {
	currencies := len(f.facts[factCurrency].names)
	last := int64(-1)
	for range r.count(16) {
		m := announced{r.u32(), r.u32(), r.u64()}
		r.must(last < int64(m.version) && int(m.version) < f.versions.len() && int(m.currency) < currencies)
		last = int64(m.version)
		f.money.append(f.round, m)
	}
}

func (r *fileReader) answers(f *folded) {
	for range r.count(12) {
		id := r.str()
		f.answers.put(f.round, id, r.posting(f.round, f.versions.len()))
	}
}

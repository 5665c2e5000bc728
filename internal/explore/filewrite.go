package explore

import (
	"io"
	"slices"
)

// writeFile writes the file of an index. Texts, titles and words are not in it, nor what the register
// says of parties and beside the pledges: only where it says so.
func writeFile(to io.Writer, h fileHead, f *folded) error {
	w := newFileWriter(to)
	w.buf = append(w.buf, fileMagic...)
	w.head(h)
	w.folded(f)
	return w.end()
}

func (w *fileWriter) folded(f *folded) {
	w.count(f.subjects.len())
	f.subjects.each(func(_ uint32, s *subject) {
		w.str(s.id)
		w.i32(int32(s.first))
		w.i32(s.last)
		w.i32(s.side)
		w.flags(s.irregular, s.sideways)
	})
	w.count(f.versions.len())
	f.versions.each(func(v uint32, row *version) {
		w.span(&row.span)
		w.u32(row.pledge)
		w.flags(row.withheld, row.ended)
		record := f.records.at(v)
		w.i32(record.prev)
		w.i32(record.number)
	})
	w.count(f.sides.len())
	f.sides.each(func(_ uint32, row *side) {
		w.span(&row.span)
		w.u32(row.pledge)
		w.i32(row.prev)
		w.str(row.key)
		w.u8(row.stage)
		w.flags(row.report, row.withheld)
	})
	for k := range f.facts {
		w.values(&f.facts[k])
	}
	for k := range f.columns {
		w.column(&f.columns[k])
	}
	w.count(f.money.len())
	f.money.each(func(_ uint32, m *announced) {
		w.u32(m.version)
		w.u32(m.currency)
		w.u64(m.units)
	})
	w.answers(&f.answers)
	w.count(len(f.recorded))
	for _, r := range f.recorded {
		w.i32(int32(r.day))
		w.u32(r.from)
	}
	w.numbers(f.readAgain())
}

func (w *fileWriter) span(s *span) {
	w.u32(s.pos)
	w.i32(int32(s.eff))
	w.u32(s.nextPos)
	w.i32(int32(s.nextEff))
}

func (w *fileWriter) values(vs *values) {
	w.count(len(vs.names))
	for i, name := range vs.names {
		w.str(name)
		w.u32(vs.numbers[i])
		w.posting(vs.posts[i])
	}
}

// posting writes a list, or the blocks of a set: nothing, a list of places, or bits.
func (w *fileWriter) posting(p *posting) {
	w.count(len(p.few))
	for _, v := range p.few {
		w.u32(v)
	}
	w.count(len(p.many))
	for _, b := range p.many {
		switch {
		case b == nil:
			w.u8(blockEmpty)
		case b.bits == nil:
			w.u8(blockFew)
			w.count(len(b.few[:b.n]))
			for _, local := range b.few[:b.n] {
				w.u16(local)
			}
		default:
			w.u8(blockBitsOf)
			for _, word := range b.bits {
				w.u64(word)
			}
		}
	}
}

const (
	blockEmpty = iota
	blockFew
	blockBitsOf
)

func (w *fileWriter) column(c *column) {
	c.codes.each(func(_ uint32, code *uint16) { w.u16(*code) })
	w.numbers(c.lists.ends)
	w.numbers(c.lists.flat)
	w.count(c.rare.len())
	c.rare.each(func(_ uint32, row *rareRow) {
		w.u32(row.version)
		w.u32(row.from)
	})
	w.count(c.values.len())
	c.values.each(func(_ uint32, n *uint32) { w.u32(*n) })
}

func (w *fileWriter) numbers(list []uint32) {
	w.count(len(list))
	for _, n := range list {
		w.u32(n)
	}
}

func (w *fileWriter) answers(d *dict[*posting]) {
	w.count(d.n)
	var ids []string
	for _, b := range d.buckets {
		if b != nil {
			for id := range b.m {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		p, _ := d.get(id)
		w.str(id)
		w.posting(p)
	}
}

// readAgain is the positions of the entries of which a file has nothing else, in order.
func (f *folded) readAgain() []uint32 {
	var out []uint32
	for _, code := range f.parties.codes {
		c, _ := f.parties.chains.get(code)
		for i := range c.entries {
			out = append(out, c.entries[i].pos)
		}
	}
	for i := range f.notices {
		out = append(out, f.notices[i].pos)
	}
	slices.Sort(out)
	return out
}

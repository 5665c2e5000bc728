package explore

import (
	"encoding/binary"
	"math/bits"
)

// phrase is what a reading looks like in a trace.
type phrase struct {
	front []byte    // its words; all but the last, where that is a beginning
	last  *traceSet // what a word may be that begins so; nil for none
}

func phraseOf(r *reading, terms [][]wanted) phrase {
	if r.beginning == "" {
		return phrase{front: appendTrace(nil, r.keys)}
	}
	n := len(r.keys) - 1
	p := phrase{appendTrace(nil, r.keys[:n]), &traceSet{}}
	for _, t := range terms[n] {
		p.last.add(traced(t.key))
	}
	return p
}

// among is the rows of a set in whose traces the phrase stands. Traces are fetched some at a time,
// before they are looked at: the processor then waits for the memory once and not for each.
func (p *phrase) among(rows set, in *traces, size int) set {
	stands := newDense(size)
	var waiting [32]uint32
	var fetched [len(waiting)][]byte
	n := 0
	look := func() {
		for i, row := range waiting[:n] {
			fetched[i] = in.of(row)
		}
		for i, trace := range fetched[:n] {
			if p.in(trace) {
				stands.add(waiting[i])
			}
		}
		n = 0
	}
	rows.each(func(row uint32) {
		waiting[n] = row
		if n++; n == len(waiting) {
			look()
		}
	})
	look()
	return stands.set()
}

// in looks at four words of the trace at a time: of some queries this is most of the work.
func (p *phrase) in(trace []byte) bool {
	first := uint64(binary.LittleEndian.Uint16(p.front)) * lanes
	from := 0
	for ; from+8 <= len(trace); from += 8 {
		other := binary.LittleEndian.Uint64(trace[from:]) ^ first // 0 in the lanes of the first word
		for found := (other - lanes) &^ other & (lanes << 15); found != 0; found &= found - 1 {
			if p.at(trace, from+bits.TrailingZeros64(found)/16*2) {
				return true
			}
		}
	}
	for ; from+2 <= len(trace); from += 2 {
		if p.at(trace, from) {
			return true
		}
	}
	return false
}

const lanes = 0x0001_0001_0001_0001

// at reports whether the phrase stands at a place of the trace.
func (p *phrase) at(trace []byte, at int) bool {
	end := at + len(p.front)
	switch {
	case end > len(trace), trace[at] != p.front[0], trace[at+1] != p.front[1]:
		return false
	case len(p.front) > 2 && string(trace[at+2:end]) != string(p.front[2:]):
		return false
	}
	return p.last == nil || end+2 <= len(trace) && p.last.has(binary.BigEndian.Uint16(trace[end:]))
}

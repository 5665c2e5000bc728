package explore

import "encoding/binary"

// traces are the traces of rows, one behind the other: going through many of them is going
// through memory in order. Older snapshots share the bytes; what is appended stands behind the
// end that they see.
type traces struct {
	starts vec[uint32] // by row: the place of its length, and behind that of the trace, in pairs of bytes
	chunks [][]byte    // a trace that is longer than a chunk has one of its own, and places to match
	end    uint32      // the first place that is free
}

// A chunk has 1 << chunkPlaces places of two bytes: 1 MB.
const chunkPlaces = 19

// noTrace is the start of a row without words: nothing stands at the first place.
const noTrace = 0

// put gives a row its trace. Rows come in ascending order; those between have none.
func (t *traces) put(round uint64, row uint32, trace []byte) {
	for uint32(t.starts.len()) < row {
		t.starts.append(round, noTrace) // withheld: it has no words
	}
	need := uint32(len(trace)/2 + 2)
	if t.end == noTrace {
		t.end = 1
	}
	if left := uint32(len(t.chunks))<<chunkPlaces - t.end; t.chunks == nil || left < need {
		t.end = max(1, uint32(len(t.chunks))<<chunkPlaces)
		over := int((t.end + need - 1) >> chunkPlaces) // the last chunk that it needs
		t.chunks = append(t.chunks, make([]byte, (over+1-len(t.chunks))<<(chunkPlaces+1)))
		for len(t.chunks) <= over {
			t.chunks = append(t.chunks, nil)
		}
	}
	at := t.chunks[t.end>>chunkPlaces][2*(t.end%(1<<chunkPlaces)):]
	binary.LittleEndian.PutUint32(at, uint32(len(trace)))
	copy(at[4:], trace)
	t.starts.append(round, t.end)
	if t.end += need; t.end>>chunkPlaces < uint32(len(t.chunks)) && t.chunks[t.end>>chunkPlaces] == nil {
		t.end = uint32(len(t.chunks)) << chunkPlaces // what follows a long one begins a chunk
	}
}

// of is the trace of a row; nil where it has no words (yet).
func (t *traces) of(row uint32) []byte {
	if row >= uint32(t.starts.len()) {
		return nil
	}
	start := *t.starts.at(row)
	if start == noTrace {
		return nil
	}
	at := t.chunks[start>>chunkPlaces][2*(start%(1<<chunkPlaces)):]
	n := binary.LittleEndian.Uint32(at)
	return at[4 : 4+n : 4+n]
}

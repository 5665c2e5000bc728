package explore

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"io"
)

// The file of an index says what its entries amount to, as of one size of the register, without a
// word of what they say: rows, sets of versions, combinations of values. Its bytes are
//
//	fileMagic · fileHead · the parts in the order of writeFolded · SHA-256 of all that
//
// with numbers in little-endian order and texts and lists after their length. Whoever changes what
// stands in it, or what it means, changes fileMagic.
const fileMagic = "stocktake index 1\n"

// fileHead says what the file is of; one that is of anything else is not taken.
type fileHead struct {
	program  string // that wrote it: another one may find other values in the same entries
	pack     string
	origin   string
	size     uint64
	root     [32]byte
	erasures uint64 // among the entries
	blocks   uint32 // blockBits
}

// fileWriter writes numbers and keeps the first error.
type fileWriter struct {
	to  io.Writer
	sum hash.Hash
	buf []byte
	err error
}

const fileBuffer = 1 << 16

func newFileWriter(to io.Writer) *fileWriter {
	return &fileWriter{to: to, sum: sha256.New(), buf: make([]byte, 0, fileBuffer+64)}
}

func (w *fileWriter) flush() {
	if w.err == nil {
		w.sum.Write(w.buf)
		_, w.err = w.to.Write(w.buf)
	}
	w.buf = w.buf[:0]
}

func (w *fileWriter) room() {
	if len(w.buf) >= fileBuffer {
		w.flush()
	}
}

func (w *fileWriter) u8(n uint8) {
	w.buf = append(w.buf, n)
	w.room()
}

func (w *fileWriter) u16(n uint16) {
	w.buf = binary.LittleEndian.AppendUint16(w.buf, n)
	w.room()
}

func (w *fileWriter) u32(n uint32) {
	w.buf = binary.LittleEndian.AppendUint32(w.buf, n)
	w.room()
}

func (w *fileWriter) i32(n int32) { w.u32(uint32(n)) }

func (w *fileWriter) u64(n uint64) {
	w.buf = binary.LittleEndian.AppendUint64(w.buf, n)
	w.room()
}

// count is how many of something follow.
func (w *fileWriter) count(n int) { w.u32(uint32(n)) }

func (w *fileWriter) str(s string) {
	w.count(len(s))
	w.buf = append(w.buf, s...)
	w.room()
}

func (w *fileWriter) flags(list ...bool) {
	var n uint8
	for i, set := range list {
		if set {
			n |= 1 << i
		}
	}
	w.u8(n)
}

// end writes the checksum.
func (w *fileWriter) end() error {
	w.flush()
	if w.err == nil {
		_, w.err = w.to.Write(w.sum.Sum(nil))
	}
	return w.err
}

// fileReader reads what a fileWriter wrote. What is not there, or cannot be, makes it bad; a bad
// one gives zeros.
type fileReader struct {
	in  []byte
	bad bool
}

// newFileReader checks magic and checksum.
func newFileReader(data []byte) (*fileReader, error) {
	if !bytes.HasPrefix(data, []byte(fileMagic)) {
		return nil, refused("it is of another format")
	}
	end := len(data) - sha256.Size
	if end < len(fileMagic) || sha256.Sum256(data[:end]) != [32]byte(data[end:]) {
		return nil, refused("it is damaged: its checksum is another one")
	}
	return &fileReader{in: data[len(fileMagic):end]}, nil
}

// must makes the reader bad unless something holds.
func (r *fileReader) must(holds bool) { r.bad = r.bad || !holds }

func (r *fileReader) take(n int) []byte {
	if r.bad || n < 0 || n > len(r.in) {
		r.bad = true
		return nil
	}
	out := r.in[:n]
	r.in = r.in[n:]
	return out
}

func (r *fileReader) u8() uint8 {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *fileReader) u32() uint32 {
	if b := r.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *fileReader) i32() int32 { return int32(r.u32()) }

func (r *fileReader) u64() uint64 {
	if b := r.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// count reads how many follow that take so many bytes each, at least.
func (r *fileReader) count(each int) int {
	n := int(r.u32())
	r.must(n*each <= len(r.in))
	if r.bad {
		return 0
	}
	return n
}

func (r *fileReader) str() string { return string(r.take(r.count(1))) }

func (r *fileReader) flags(to ...*bool) {
	n := r.u8()
	r.must(n < 1<<len(to))
	for i, flag := range to {
		*flag = n&(1<<i) != 0
	}
}

func (w *fileWriter) head(h fileHead) {
	w.str(h.program)
	w.str(h.pack)
	w.str(h.origin)
	w.u64(h.size)
	w.buf = append(w.buf, h.root[:]...)
	w.u64(h.erasures)
	w.u32(h.blocks)
}

func (r *fileReader) head() (h fileHead) {
	h.program, h.pack, h.origin, h.size = r.str(), r.str(), r.str(), r.u64()
	copy(h.root[:], r.take(len(h.root)))
	h.erasures, h.blocks = r.u64(), r.u32()
	return h
}

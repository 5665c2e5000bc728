package explore

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"stocktake/internal/party"
	"stocktake/internal/register"
)

// fileOf is the file of a snapshot.
func fileOf(t interface{ Fatal(...any) }, s *Snapshot) []byte {
	var b bytes.Buffer
	if err := writeFile(&b, fileHead{program: "test", size: uint64(s.size), erasures: uint64(s.erasures), blocks: uint32(blockBits)}, &s.folded); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// readFileOf is the snapshot that a file gives, with the register's entries beside it.
func readFileOf(b *book, data []byte) (*Snapshot, error) {
	r, err := newFileReader(data)
	if err != nil {
		return nil, err
	}
	h := r.head()
	f, again, err := readFolded(r, 1, int64(h.size))
	if err != nil {
		return nil, err
	}
	f.erasures = int64(h.erasures)
	f.absent = func(positions []int64) (map[int64][]byte, error) {
		out := map[int64][]byte{}
		for _, p := range positions {
			if e := b.entries[p]; e.Payload != nil {
				out[p] = e.Payload
			}
		}
		return out, nil
	}
	var entries []register.Entry
	for _, p := range again {
		entries = append(entries, b.entries[p])
	}
	if err := f.takeAgain(entries); err != nil {
		return nil, err
	}
	return newSnapshot(f, [32]byte{}, b.pack, clockOf(today), nil), nil
}

// drawFigures is a query that an index from a file answers while the register is still to be read.
func drawFigures(t *rapid.T, b *book, size int64) Query {
	q := drawQuery(t, b.pack, size).WithWords("")
	if q.Order() == Title {
		q = q.WithSort(Oldest)
	}
	return q
}

// follow is the snapshot after the entries that old has not read, without their words.
func follow(t *rapid.T, old *Snapshot, entries []register.Entry) *Snapshot {
	f := old.folded
	f.round++
	if err := f.addAll(int64(len(entries)), false, readerOf(entries)); err != nil {
		t.Fatal(err)
	}
	return newSnapshot(f, [32]byte{}, old.pack, old.clock, old)
}

// An index that was written at any time and read again says what a recomputation over the entries
// says, and goes on like the one that was written, byte for byte: whatever is published, revised,
// reported, backdated and erased before and after.
func TestIndexOfAFileEqualsRecomputation(t *testing.T) {
	smallBlocks(t)
	pack := testPack(t)
	rapid.Check(t, func(t *rapid.T) {
		b := &book{pack: pack}
		for range rapid.IntRange(0, 20).Draw(t, "steps") {
			b.step(t)
		}
		written := snapshotOf(t, b)
		for range rapid.IntRange(1, 3).Draw(t, "starts") {
			data := fileOf(t, written)
			read, err := readFileOf(b, data)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(data, fileOf(t, read)) {
				t.Fatal("what was read is written otherwise")
			}
			compare(t, read, b.entries, drawFigures(t, b, read.size))
			before := b.entries
			for range rapid.IntRange(0, 12).Draw(t, "later") {
				b.step(t)
			}
			older := read
			read, written = follow(t, read, b.entries), follow(t, written, b.entries)
			if older.erasures == read.erasures { // else the register does not give its texts any more
				compare(t, older, before, drawFigures(t, b, older.size))
			}
			for range 2 {
				compare(t, read, b.entries, drawFigures(t, b, read.size))
			}
			if !bytes.Equal(fileOf(t, written), fileOf(t, read)) {
				t.Fatal("the index that was read goes on otherwise than the one that was written")
			}
		}
	})
}

// sample is a register with something of everything.
func sample(t *testing.T) *book {
	b := &book{pack: testPack(t)}
	rapid.Check(t, func(r *rapid.T) {
		if len(b.entries) < 120 {
			for range 40 {
				b.step(r)
			}
		}
	})
	return b
}

// No byte of a file can change, be missing or come to it without being noticed.
func TestDamagedFilesAreRefused(t *testing.T) {
	b := sample(t)
	data := fileOf(t, snapshotOf(t, b))
	if _, err := readFileOf(b, data); err != nil {
		t.Fatal(err)
	}
	for i := range data {
		damaged := slices.Clone(data)
		damaged[i] ^= 1 << (i % 8)
		if _, err := readFileOf(b, damaged); err == nil {
			t.Errorf("byte %d of %d may be another one", i, len(data))
		}
		if _, err := readFileOf(b, data[:i]); err == nil {
			t.Errorf("%d of %d bytes are enough", i, len(data))
		}
	}
	if _, err := readFileOf(b, append(slices.Clone(data), 0)); err == nil {
		t.Error("a file may be followed by something")
	}
}

// signed is a file with this between magic and checksum.
func signed(body []byte) []byte {
	data := append([]byte(fileMagic), body...)
	sum := sha256.Sum256(data)
	return append(data, sum[:]...)
}

// tryFile reads a file that may say anything under a right checksum, and asks what it gives for
// figures: nothing may panic or take all memory.
func tryFile(b *book, body []byte) {
	r, err := newFileReader(signed(body))
	if err != nil {
		panic("a right checksum is refused")
	}
	h := r.head()
	if r.bad || h.size > uint64(len(b.entries)) {
		return
	}
	s, err := readFileOf(b, signed(body))
	if err != nil {
		return
	}
	v, err := s.View(Query{}, today)
	if err != nil {
		panic(err)
	}
	for _, name := range Filters {
		v.Facet(name)
	}
	v.Money()
	v.Months()
	v.Parties()
	v.Ended()
	f := s.folded
	f.round++
	_ = f.addAll(int64(len(b.entries)), false, readerOf(b.entries)) // may find that it does not fit
}

func TestFilesThatSayNonsense(t *testing.T) {
	b := sample(t)
	whole := fileOf(t, snapshotOf(t, b))
	body := whole[len(fileMagic) : len(whole)-sha256.Size]
	r := rand.New(rand.NewPCG(1, 2))
	for range 1_500 {
		mutant := slices.Clone(body)
		for range 1 + r.IntN(3) {
			switch at := r.IntN(len(mutant) - 8); r.IntN(4) {
			case 0:
				mutant[at] ^= 1 << r.IntN(8)
			case 1:
				binary.LittleEndian.PutUint32(mutant[at:], r.Uint32())
			case 2:
				binary.LittleEndian.PutUint32(mutant[at:], uint32(r.IntN(70_000)))
			case 3:
				mutant = slices.Delete(mutant, at, at+1+r.IntN(4))
			}
		}
		tryFile(b, mutant)
	}
}

func FuzzFile(f *testing.F) {
	b := &book{pack: testPack(f)}
	p := simplePledge(b.pack, 1, "One")
	b.add(party.EntryKind, "ken", today, stateParty("KE"))
	b.add("pledge", p.ID, today, p)
	b.add("pledge", p.ID, today, p)
	b.erase(1, today)
	whole := fileOf(f, snapshotOf(f, b))
	f.Add(whole[len(fileMagic) : len(whole)-sha256.Size])
	f.Fuzz(func(t *testing.T, body []byte) { tryFile(b, body) })
}

// BenchmarkFile writes and reads the file of an index of -size pledges.
func BenchmarkFile(b *testing.B) {
	s, _ := loaded(b, false)
	data := fileOf(b, s)
	b.Run("write", func(b *testing.B) {
		timed(b, func() { fileOf(b, s) })
		b.ReportMetric(float64(len(data))/float64(*size), "bytes/pledge")
	})
	b.Run("read", func(b *testing.B) {
		timed(b, func() {
			r, err := newFileReader(data)
			if err != nil {
				b.Fatal(err)
			}
			h := r.head()
			if _, _, err := readFolded(r, 1, int64(h.size)); err != nil {
				b.Fatal(err)
			}
		})
	})
}

package explore

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"sort"
	"sync"
)

// A column says of every version which values it has in a few facets, as one number of two bytes:
// the number of that combination of values. Combinations repeat (most pledges have one country,
// in a few regions), so that counting a set means adding one for each of its versions and column,
// and then as many as it is for each combination to the values that it consists of.
//
// Combinations are numbered as they come. Those that came after the numbers ran out are rare, and
// are written out.
type column struct {
	codes  vec[uint16]
	lists  lists             // by code: the numbers of the values
	known  map[string]uint16 // of the builder alone; what a failed round left in it is recognised
	rare   vec[rareRow]
	values vec[uint32] // of the rare ones, one after the other
}

// lists is lists of numbers, one behind the other. Appending changes nothing for those who hold an
// older value.
type lists struct {
	ends []uint32
	flat []uint32
}

func (l *lists) len() int { return len(l.ends) }

func (l *lists) at(i int) []uint32 {
	from := uint32(0)
	if i > 0 {
		from = l.ends[i-1]
	}
	return l.flat[from:l.ends[i]]
}

func (l *lists) append(numbers []uint32) {
	l.flat = append(l.flat, numbers...)
	l.ends = append(l.ends, uint32(len(l.flat)))
}

// sum adds to each number how often it stands in the lists, given how often each list was met.
func (l *lists) sum(to []int32, met []int32) {
	from := uint32(0)
	for i, end := range l.ends {
		if n := met[i]; n > 0 {
			for _, number := range l.flat[from:end] {
				to[number] += n
			}
		}
		from = end
	}
}

type rareRow struct {
	version uint32
	from    uint32 // in values, to where the next one begins
}

// columnOf says which facts stand together: few enough combinations each, and in as few columns
// as that allows.
var columnOf = [factCount]int{
	factNature: 0, factForm: 0, factMirror: 0, factLevel: 0, factObjectivesBy: 0,
	factObjective: columnObjectives,
	factPrinciple: 2,
	factChannel:   3, factCall: 3, factYear: 3, factCurrency: 3,
	factCountry: 4, factRegion: 4, factCommission: 4,
	factRoot: columnParties, factLead: columnParties,
	factMonth: columnMonths,
	factCode:  noColumn, // looked up only
}

// columnFor is what must be counted for the facet of a filter.
func columnFor(name string) int {
	if f, isFact := factOf[name]; isFact {
		return columnOf[f]
	}
	if slices.Contains(partyFacets, name) {
		return columnParties
	}
	return onlyProgress
}

const (
	noColumn         = -1
	columnObjectives = 1
	columnsOfFew     = 4 // the columns below have facets of few values only
	columnParties    = 5
	columnMonths     = 6
	columnCount      = 7
)

// meetAbove is how many versions of a block are counted by meeting the sets of the values of the
// columns of few: a word of two sets holds 64 versions. Tests take both ways.
var meetAbove = 10_000

// codesLimit is how many codes there can be; the last one stands for rare combinations.
const (
	codesLimit = 1 << 16
	rareCode   = codesLimit - 1
)

// mostCodes is how many combinations get a code; tests make it smaller, to have rare ones.
var mostCodes = rareCode

// add appends the next version.
func (c *column) add(round uint64, version uint32, numbers []uint32) {
	key := combination(make([]byte, 0, 64), numbers)
	code, known := c.known[string(key)]
	if known && (int(code) >= c.lists.len() || !slices.Equal(c.lists.at(int(code)), numbers)) {
		known = false // a failed round gave it
	}
	switch {
	case known:
	case c.lists.len() < mostCodes:
		if c.known == nil {
			c.known = map[string]uint16{}
		}
		code = uint16(c.lists.len())
		c.known[string(key)] = code
		c.lists.append(numbers)
	default:
		code = rareCode
		c.rare.append(round, rareRow{version, uint32(c.values.len())})
		for _, n := range numbers {
			c.values.append(round, n)
		}
	}
	c.codes.append(round, code)
}

// combination writes numbers as a key of known.
func combination(key []byte, numbers []uint32) []byte {
	for _, n := range numbers {
		key = binary.LittleEndian.AppendUint32(key, n)
	}
	return key
}

// know makes the map of the builder from the lists.
func (c *column) know() {
	c.known = make(map[string]uint16, c.lists.len())
	var key []byte
	for code := range c.lists.len() {
		key = combination(key[:0], c.lists.at(code))
		c.known[string(key)] = uint16(code)
	}
}

// of is the values of one version. It may use room.
func (c *column) of(version uint32, room []uint32) []uint32 {
	if code := *c.codes.at(version); code != rareCode {
		return c.lists.at(int(code))
	}
	return c.rareOf(c.rareFrom(version), room)
}

// rareFrom is the first rare row of a version that is not lower than this one.
func (c *column) rareFrom(version uint32) int {
	return sort.Search(c.rare.len(), func(i int) bool { return c.rare.at(uint32(i)).version >= version })
}

func (c *column) rareOf(i int, room []uint32) []uint32 {
	from, to := c.rare.at(uint32(i)).from, uint32(c.values.len())
	if i+1 < c.rare.len() {
		to = c.rare.at(uint32(i + 1)).from
	}
	room = room[:0]
	for from < to {
		run := c.values.run(from, int(to-from))
		room, from = append(room, run...), from+uint32(len(run))
	}
	return room
}

// eachRare calls f with the values of every rare version that is in a set.
func (c *column) eachRare(in set, f func(numbers []uint32)) {
	var room []uint32
	for number, b := range in {
		if b == nil {
			continue
		}
		for i := c.rareFrom(uint32(number) << blockBits); i < c.rare.len(); i++ {
			block, local := split(c.rare.at(uint32(i)).version)
			if block != number {
				break
			}
			if b.has(local) {
				room = c.rareOf(i, room)
				f(room)
			}
		}
	}
}

// cells counts codes.
type cells [codesLimit]int32

var counters = sync.Pool{New: func() any { return new(counter) }}

// counter goes through a set once and counts the codes of its versions in several columns, and
// how far they are.
type counter struct {
	columns  [columnCount]*column // those that are counted
	cells    [columnCount]cells
	progress []uint8 // nil: not counted
	steps    [256]int32
	places   [chunkSize]uint16 // room for the versions of a chunk
}

// reset makes ready to count a column, one of columnCount or what follows it.
func (c *counter) reset(s *Snapshot, b *base, only int) {
	for k := range c.columns {
		c.columns[k] = nil
		if k == only || only == everything && k != columnMonths {
			c.columns[k] = &s.columns[k]
			clear(c.cells[k][:s.columns[k].lists.len()])
			c.cells[k][rareCode] = 0
		}
	}
	c.progress = nil
	if only == onlyProgress || only == everything {
		c.progress = b.progress
		clear(c.steps[:])
	}
}

// count adds the versions of a set. It gives the blocks of it that have too many for going through
// the columns of few.
func (c *counter) count(in set) (many set) {
	columns := c.columns
	for number, b := range in {
		if b == nil {
			continue
		}
		if c.columns = columns; b.n > meetAbove {
			clear(c.columns[:columnsOfFew])
			if many == nil {
				many = make(set, len(in))
			}
			many[number] = b
			if c.columns == [columnCount]*column{} && c.progress == nil {
				continue
			}
		}
		first, n := uint32(number)<<blockBits, 0
		chunk := first >> chunkBits
		for _, local := range b.few {
			if in := (first + uint32(local)) >> chunkBits; in != chunk {
				c.add(chunk, c.places[:n])
				chunk, n = in, 0
			}
			c.places[n] = uint16(first+uint32(local)) % chunkSize
			n++
		}
		for i, w := range b.bits {
			if i%(chunkSize/64) == 0 && i > 0 {
				c.add(chunk, c.places[:n])
				chunk, n = chunk+1, 0
			}
			for at := uint16(first+uint32(i*64)) % chunkSize; w != 0; w &= w - 1 {
				c.places[n%chunkSize] = at + uint16(bits.TrailingZeros64(w))
				n++
			}
		}
		c.add(chunk, c.places[:n])
	}
	c.columns = columns
	return many
}

// wentThrough is what count looked at in a column.
func (c *counter) wentThrough(column int, in set) set {
	if column >= columnsOfFew {
		return in
	}
	in = slices.Clone(in)
	for i, b := range in {
		if b != nil && b.n > meetAbove {
			in[i] = nil
		}
	}
	return in
}

// add counts versions by their places in a chunk. Two columns at a time: while one cell is
// written, another is read.
func (c *counter) add(chunk uint32, places []uint16) {
	if len(places) == 0 {
		return
	}
	var codes *[chunkSize]uint16 // of the column that waits for another
	var to *cells
	for k, column := range c.columns {
		switch {
		case column == nil:
		case codes == nil:
			codes, to = &column.codes.chunks[chunk].rows, &c.cells[k]
		default:
			others, toOthers := &column.codes.chunks[chunk].rows, &c.cells[k]
			for _, p := range places {
				to[codes[p%chunkSize]]++
				toOthers[others[p%chunkSize]]++
			}
			codes = nil
		}
	}
	if codes != nil {
		for _, p := range places {
			to[codes[p%chunkSize]]++
		}
	}
	if c.progress != nil {
		steps := (*[chunkSize]uint8)(c.progress[chunk<<chunkBits:])
		for _, p := range places {
			c.steps[steps[p%chunkSize]]++
		}
	}
}

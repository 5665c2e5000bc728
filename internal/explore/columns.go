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
	columnParties    = 5
	columnMonths     = 6
	columnCount      = 7
)

// codesLimit is how many codes there can be; the last one stands for rare combinations.
const (
	codesLimit = 1 << 16
	rareCode   = codesLimit - 1
)

// mostCodes is how many combinations get a code; tests make it smaller, to have rare ones.
var mostCodes = rareCode

// add appends the next version.
func (c *column) add(round uint64, version uint32, numbers []uint32) {
	key := make([]byte, 0, 64)
	for _, n := range numbers {
		key = binary.LittleEndian.AppendUint32(key, n)
	}
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

// count adds the versions of a set.
func (c *counter) count(in set) {
	for number, b := range in {
		if b == nil {
			continue
		}
		first := uint32(number) << blockBits
		if b.bits == nil {
			c.add(first, b.few)
			continue
		}
		for from := 0; from < len(b.bits); from += chunkSize / 64 {
			n := 0
			for i, w := range b.bits[from:min(from+chunkSize/64, len(b.bits))] {
				for ; w != 0; w &= w - 1 {
					c.places[n] = uint16(i*64 + bits.TrailingZeros64(w))
					n++
				}
			}
			c.addOfChunk(first+uint32(from*64), c.places[:n])
		}
	}
}

// add counts versions by their distance from one, in ascending order.
func (c *counter) add(first uint32, places []uint16) {
	for len(places) > 0 {
		// Those in the chunk of the first.
		chunk := (first + uint32(places[0])) >> chunkBits
		n := 1
		for n < len(places) && (first+uint32(places[n]))>>chunkBits == chunk {
			n++
		}
		c.addOfChunk(first, places[:n])
		places = places[n:]
	}
}

// addOfChunk is add for versions that stand in one chunk of each column.
func (c *counter) addOfChunk(first uint32, places []uint16) {
	if len(places) == 0 {
		return
	}
	chunk, shift := (first+uint32(places[0]))>>chunkBits, uint16(first)
	for k, column := range c.columns {
		if column == nil {
			continue
		}
		codes, to := &column.codes.chunks[chunk].rows, &c.cells[k]
		for _, p := range places {
			to[codes[(shift+p)%chunkSize]]++
		}
	}
	if c.progress != nil {
		steps := (*[chunkSize]uint8)(c.progress[chunk<<chunkBits:])
		for _, p := range places {
			c.steps[steps[(shift+p)%chunkSize]]++
		}
	}
}

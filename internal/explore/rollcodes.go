package explore

import (
	"maps"
	"slices"
)

// The facets that follow from who the parties are.
var partyFacets = []string{"party_kind", "lead_kind", "party_region"}

const (
	ofKind = iota
	ofLead
	ofRegion
)

// partyValue is one value of these facets.
type partyValue struct {
	facet uint8 // its place in partyFacets
	value string
}

// rollCodes says what the combinations of parties in columnParties are in a roll: of which kinds,
// from which regions. As long as the kinds and countries of the parties stay, a later one goes on
// from an earlier: the numbers of the values stay.
type rollCodes struct {
	line    *int // the same for those that go on from one another
	parties []string
	values  []partyValue // by number
	numbers map[partyValue]uint32
	each    [][]uint32 // by the number of an acting party, or of a lead, among the values of all facts
	lists   lists      // by code of columnParties
}

func (r *roll) newCodes(f *folded) *rollCodes {
	roots, leads := &f.facts[factRoot], &f.facts[factLead]
	out := &rollCodes{line: new(int), parties: make([]string, len(roots.names)), numbers: map[partyValue]uint32{}, each: make([][]uint32, f.numbered)}
	for i, code := range roots.names {
		out.parties[i] = r.kindOf(code)
		if p := r.parties[code]; p != nil {
			out.parties[i] += " " + p.Country
		}
	}
	if e := r.earlier; e != nil && len(e.parties) <= len(out.parties) && slices.Equal(e.parties, out.parties[:len(e.parties)]) {
		out.line, out.values, out.numbers, out.lists = e.line, slices.Clip(e.values), maps.Clone(e.numbers), lists{slices.Clip(e.lists.ends), slices.Clip(e.lists.flat)}
	}
	out.number(ofRegion, None)
	for i, code := range roots.names {
		of := []uint32{out.number(ofKind, r.kindOf(code))}
		for _, region := range r.regionsOf(code) {
			of = append(of, out.number(ofRegion, region))
		}
		out.each[roots.numbers[i]] = of
	}
	for i, code := range leads.names {
		out.each[leads.numbers[i]] = []uint32{out.number(ofLead, r.kindOf(code))}
	}
	var room []uint32
	for combinations := &f.columns[columnParties].lists; out.lists.len() < combinations.len(); {
		room = out.of(combinations.at(out.lists.len()), room[:0])
		out.lists.append(room)
	}
	return out
}

func (c *rollCodes) number(facet uint8, value string) uint32 {
	v := partyValue{facet, value}
	n, known := c.numbers[v]
	if !known {
		n = uint32(len(c.values))
		c.values = append(c.values, v)
		c.numbers[v] = n
	}
	return n
}

// of is the values of the parties of a pledge, given by their numbers. It is without a region when
// none of its parties has one; of a payload that was withheld nothing is known. They are appended
// to an empty list.
func (c *rollCodes) of(parties, out []uint32) []uint32 {
	placed := false
	for _, party := range parties {
		for _, n := range c.each[party] {
			placed = placed || c.values[n].facet == ofRegion
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	if len(parties) > 0 && !placed {
		out = append(out, c.numbers[partyValue{ofRegion, None}])
	}
	return out
}

// set is the versions with a value.
func (c *rollCodes) set(f *folded, number uint32) set {
	value := c.values[number]
	if value == (partyValue{ofRegion, None}) {
		return c.unplaced(f, number)
	}
	parties := &f.facts[factRoot]
	if value.facet == ofLead {
		parties = &f.facts[factLead]
	}
	var sets []set
	for i, n := range parties.numbers {
		if slices.Contains(c.each[n], number) {
			sets = append(sets, parties.posts[i].set())
		}
	}
	return union(sets...)
}

// unplaced is the versions none of whose parties has a region.
func (c *rollCodes) unplaced(f *folded, number uint32) set {
	column := &f.columns[columnParties]
	var with [codesLimit]uint8
	for code := range c.lists.len() {
		if slices.Contains(c.lists.at(code), number) {
			with[code] = 1
		}
	}
	d := newDense(f.versions.len())
	for v := 0; v < f.versions.len(); v += 64 {
		var word uint64
		run := column.codes.run(uint32(v), min(64, f.versions.len()-v))
		for i, code := range run {
			word |= uint64(with[code]) << i
		}
		d.put(uint32(v), word)
	}
	var parties, values []uint32
	for i := range column.rare.len() {
		parties = column.rareOf(i, parties)
		if values = c.of(parties, values[:0]); slices.Contains(values, number) {
			d.add(column.rare.at(uint32(i)).version)
		}
	}
	return d.set()
}

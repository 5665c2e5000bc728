package explore

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"stocktake/internal/errs"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
	"stocktake/internal/text"
)

// View is the answer to one query. It is put together for one request: several goroutines must
// not share one.
type View struct {
	Query  Query
	AsOf   string // the day that the answer speaks of
	Size   int64  // the size of the register that was looked at
	Totals Totals

	s       *Snapshot
	b       *base
	filters map[string]set // by name of the filter
	words   *set           // nil: none asked
	within  set            // all filters and words
	counted tally          // of within

	clauses    []text.Clause // the words, as they were asked
	asked      []text.Clause // as they were understood
	hits       []found       // of each
	exact      string        // the id that the words name
	spare      int           // how many words a beginning may stand for
	understood []Correction
	hints      []text.Hint
}

// ErrReading is why a view with words, or in the order of titles, is Unavailable for the time that a
// long register is being read; all others are there before.
var ErrReading = errors.New("the register is still being read")

// View answers a query. today is the day of the reader ("" = by the clock of the index). A day
// after today, or a size beyond the register's, is refused: nobody knows what it will say.
func (s *Snapshot) View(q Query, today string) (*View, error) {
	b, err := s.baseOf(q, today)
	if err != nil {
		return nil, err
	}
	v := &View{Query: q, AsOf: b.day.String(), Size: int64(b.size), s: s, b: b, filters: map[string]set{}}
	if q.Order() == Title && s.absent != nil {
		return nil, errs.New(errs.Unavailable, "%w: there are no titles", ErrReading)
	}
	for _, name := range Filters {
		if asked := q.filters[name]; len(asked) > 0 {
			v.filters[name] = v.matching(name, asked)
		}
	}
	if q.Words != "" {
		if !s.Searchable() {
			return nil, errs.New(errs.Unavailable, "%w: the words of %d of %d entries are there", ErrReading, s.worded, s.size)
		}
		found := v.search(q.Words)
		v.words = &found
	}
	v.within = v.under("")
	v.counted = s.tallyOf(b, v.within, everything)
	v.Totals = v.total()
	return v, nil
}

// baseOf finds the foundation of a query's view.
func (s *Snapshot) baseOf(q Query, today string) (*base, error) {
	if today == "" {
		today = s.Day()
	}
	as, ok := parseDay(today)
	if !ok {
		return nil, errs.New(errs.Internal, "today is %q", today)
	}
	if q.AsOf != "" {
		then, ok := parseDay(q.AsOf)
		switch {
		case !ok:
			return nil, errs.InvalidFields(errs.Field{Field: "as_of", Value: q.AsOf, Message: "must be a day, as 2022-05-20"})
		case then > as:
			return nil, errs.InvalidFields(errs.Field{Field: "as_of", Value: q.AsOf, Message: "must not be after today, " + today})
		}
		as = then
	}
	size := s.size
	switch {
	case q.At < 0 || q.At > s.size:
		return nil, errs.InvalidFields(errs.Field{Field: "at", Value: fmt.Sprint(q.At), Message: fmt.Sprintf("must be a size of the register, at most %d", s.size)})
	case q.At > 0:
		size = q.At
	}
	return s.base(uint32(size), as), nil
}

// under is the live versions under all filters and words but one filter ("" = none left out).
func (v *View) under(except string) set {
	sets := []set{v.b.live}
	for name, f := range v.filters {
		if name != except {
			sets = append(sets, f)
		}
	}
	if v.words != nil {
		sets = append(sets, *v.words)
	}
	return intersection(sets)
}

// matching is the versions with any of the values, whether they are live or not.
func (v *View) matching(name string, asked []string) set {
	var sets []set
	if v.ownObjectives(name) {
		return v.withObjectives(asked)
	}
	if name == "party" {
		for _, code := range asked {
			sets = append(sets, v.s.actingFor(code)...)
		}
	} else if f, ok := factOf[name]; ok {
		for _, value := range asked {
			sets = append(sets, v.s.facts[f].set(value))
		}
	} else if facet := slices.Index(partyFacets, name); facet >= 0 {
		codes := v.b.roll.codes()
		for _, value := range asked {
			if n, known := codes.numbers[partyValue{uint8(facet), value}]; known {
				sets = append(sets, v.b.roll.sets.get(int(n), func() set { return codes.set(&v.s.folded, n) }))
			}
		}
	} else {
		for i, n := range progressNames {
			if n.facet == name && slices.Contains(asked, n.value) {
				sets = append(sets, v.b.with(i))
			}
		}
	}
	return union(sets...)
}

// actingFor is the pledges of a party: of "prt" all in which Portugal acts, its ministries
// included; of "prt.foreign-affairs" those of the ministry and its parts.
func (f *folded) actingFor(code string) []set {
	if party.Root(code) == code {
		return []set{f.facts[factRoot].set(code)}
	}
	var sets []set
	for i, name := range f.facts[factCode].names {
		if name == code || strings.HasPrefix(name, code+".") {
			sets = append(sets, f.facts[factCode].posts[i].set())
		}
	}
	return sets
}

// moving counts by the values of a facet that follows from the day or from the parties.
func (v *View) moving(name string, t tally) (counts []Bucket) {
	if facet := slices.Index(partyFacets, name); facet >= 0 {
		for i, value := range v.b.roll.codes().values {
			if int(value.facet) == facet && t.parties[i] > 0 {
				counts = append(counts, Bucket{value.value, int(t.parties[i])})
			}
		}
		return counts
	}
	for i, n := range progressNames {
		if n.facet == name && t.progress[i] > 0 {
			counts = append(counts, Bucket{n.value, int(t.progress[i])})
		}
	}
	return counts
}

// Facet counts the pledges by the values of a filter, under all other filters. Closed
// vocabularies come whole and in their order; years in theirs; the values of the others by
// count, the most frequent first. What has no value is counted last, as None.
func (v *View) Facet(name string) []Bucket {
	in, counted := v.within, v.counted
	f, isFact := factOf[name]
	if _, own := v.filters[name]; own {
		in = v.under(name)
		counted = v.s.tallyOf(v.b, in, columnFor(name))
	}
	var counts []Bucket
	if v.ownObjectives(name) {
		counts = v.objectives(in)
	} else if isFact {
		counts = v.s.buckets(counted, f)
	} else {
		counts = v.moving(name, counted)
	}
	return inOrderOf(vocabulary(v.s.pack, name), counts, name == "year")
}

// inOrderOf puts what was counted in the order of a vocabulary, all of it; what it does not have
// follows by count, or by value; None is last.
func inOrderOf(words []string, counts []Bucket, byValue bool) []Bucket {
	out := make([]Bucket, len(words), len(words)+len(counts))
	for i, w := range words {
		out[i].Value = w
	}
	var none []Bucket
	for _, b := range counts {
		if i := slices.Index(words, b.Value); i >= 0 {
			out[i] = b
		} else if b.Value == None {
			none = append(none, b)
		} else {
			out = append(out, b)
		}
	}
	slices.SortFunc(out[len(words):], func(a, b Bucket) int {
		if a.Count != b.Count && !byValue {
			return b.Count - a.Count
		}
		return strings.Compare(a.Value, b.Value)
	})
	return append(out, none...)
}

// Months counts the pledges by month of announcement ("2022-05"), earliest first; pledges of
// which only the year is known, or not even that, are not among them.
func (v *View) Months() []Bucket {
	counts := v.s.buckets(v.s.tallyOf(v.b, v.within, columnMonths), factMonth)
	counts = slices.DeleteFunc(counts, func(b Bucket) bool { return b.Value == None })
	slices.SortFunc(counts, func(a, b Bucket) int { return cmp.Compare(a.Value, b.Value) })
	return counts
}

func (v *View) total() Totals {
	t := Totals{Pledges: v.within.count()}
	for _, b := range v.s.buckets(v.counted, factRoot) {
		if b.Value == None {
			continue
		}
		t.Participations += b.Count
		t.Parties++
		if v.b.roll.counts(v.s.pack, b.Value) {
			t.States++
		}
	}
	some := func(f fact) int { return named(v.s.buckets(v.counted, f)) }
	t.Objectives, t.Channels = some(factObjective), some(factChannel)
	if v.Query.OwnObjectives {
		t.Objectives = named(v.objectives(v.within))
	}
	t.NoCountry = v.s.countOf(v.counted, factCountry, None)
	t.Inferred = v.s.countOf(v.counted, factObjectivesBy, pledge.ByInference)
	t.Reported = t.Pledges - int(v.counted.progress[len(pledge.Stages)+placeNever])
	return t
}

// Ended is how many pledges had been public and were withdrawn or superseded by the day of the view:
// they are in no other number. Filters do not matter.
func (v *View) Ended() int { return v.b.ended }

// Party is a party as the view sees it.
func (v *View) Party(code string) (party.Party, bool) { return v.b.roll.party(code) }

// PartyCount is an acting party with the number of pledges of the view that it makes, alone or
// with others, and of those that it leads. A party that the register does not know (or no
// longer shows) has a code and nothing else.
type PartyCount struct {
	Party   party.Party
	Pledges int
	Lead    int
}

// Parties lists the acting parties of the view, those with most pledges first, then by name.
func (v *View) Parties() []PartyCount {
	var out []PartyCount
	lead := &v.s.facts[factLead]
	for _, b := range v.s.buckets(v.counted, factRoot) {
		if b.Value == None {
			continue
		}
		p, _ := v.b.roll.party(b.Value)
		out = append(out, PartyCount{p, b.Count, lead.set(b.Value).countIn(v.within)})
	}
	slices.SortFunc(out, func(a, b PartyCount) int {
		return cmp.Or(cmp.Compare(b.Pledges, a.Pledges),
			cmp.Compare(v.b.roll.rank(a.Party.Code), v.b.roll.rank(b.Party.Code)),
			cmp.Compare(a.Party.Code, b.Party.Code))
	})
	return out
}

// City is a local authority on the map.
type City struct {
	Code     string
	Lat, Lon float64
	Count    int // pledges of the view in which it acts
}

// Cities lists the acting parties that have a place of their own and are no State, by code.
func (v *View) Cities() []City {
	var out []City
	for _, b := range v.s.buckets(v.counted, factRoot) {
		p, known := v.b.roll.party(b.Value)
		if !known || p.At == "" || v.b.roll.counts(v.s.pack, b.Value) {
			continue
		}
		if lat, lon, ok := coordinates(p.At); ok {
			out = append(out, City{b.Value, lat, lon, b.Count})
		}
	}
	slices.SortFunc(out, func(a, b City) int { return cmp.Compare(a.Code, b.Code) })
	return out
}

package explore

import (
	"slices"
	"strconv"
	"strings"

	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
)

// fact is a facet whose values stand in the pledge itself: they belong to a version once and
// for all and are indexed when it comes. The other facets move with the day (stage, recency,
// active, overdue) or with the parties (kinds and regions) and are put together per view.
type fact uint8

const (
	factChannel fact = iota
	factCall
	factObjective
	factObjectivesBy
	factPrinciple
	factNature
	factForm
	factMirror
	factCountry
	factRegion
	factCommission
	factLevel
	factCurrency
	factYear
	factRoot  // acting parties
	factLead  // the acting party of the lead
	factCode  // parties as named: "prt.foreign-affairs"
	factMonth // of announcement, where it is known
	factCount
)

// factOf says which fact answers a filter.
var factOf = map[string]fact{
	"channel": factChannel, "call": factCall, "objective": factObjective, "objectives_by": factObjectivesBy,
	"principle": factPrinciple, "nature": factNature, "form": factForm, "mirror": factMirror, "country": factCountry,
	"region": factRegion, "commission": factCommission, "level": factLevel, "currency": factCurrency,
	"year": factYear, "party": factRoot,
}

// yes is the one value of the filters that ask for a property.
const yes = "true"

// no is the value of inferred that leaves inferred objectives out.
const no = "false"

// factsOf lists the values of a pledge, None where it has none.
func factsOf(p *pledge.Pledge) (values [factCount][]string) {
	room := make([]string, 0, 48) // for most pledges, all that is not a list of the pledge already
	add := func(f fact, s string) {
		from := len(room)
		if n := len(values[f]); n > 0 {
			from = len(room) - n // the facet that was added to last
		}
		room = append(room, s)
		values[f] = room[from:len(room):len(room)]
	}
	one := func(f fact, s string) {
		if s != "" {
			add(f, s)
		}
	}
	one(factChannel, p.Channel)
	one(factCall, p.Call)
	for _, n := range p.Objectives {
		add(factObjective, strconv.Itoa(n))
	}
	one(factObjectivesBy, p.ObjectivesBy)
	values[factPrinciple] = p.Principles
	for _, n := range p.Nature {
		add(factNature, string(n))
	}
	one(factForm, string(p.Form))
	if p.Mirror {
		one(factMirror, yes)
	}
	values[factCountry] = p.Countries
	values[factRegion] = regionsOf(p)
	for _, code := range p.Countries {
		if c, ok := place.ByAlpha2(code); ok {
			for _, s := range c.Commissions {
				add(factCommission, s)
			}
		}
	}
	for _, l := range p.Levels {
		add(factLevel, string(l))
	}
	if p.Money != nil {
		one(factCurrency, p.Money.Currency)
	}
	if len(p.AnnouncedOn) >= 4 {
		one(factYear, p.AnnouncedOn[:4])
	}
	if len(p.AnnouncedOn) >= 7 {
		one(factMonth, p.AnnouncedOn[:7])
	}
	for _, code := range p.Parties {
		add(factRoot, party.Root(code))
	}
	one(factLead, party.Root(p.Lead()))
	values[factCode] = p.Parties
	for f := range values {
		if values[f] = once(values[f]); len(values[f]) == 0 {
			values[f] = nothing
		}
	}
	return values
}

var nothing = []string{None}

// once leaves each value where it comes first.
func once(values []string) []string {
	for i, v := range values {
		if slices.Contains(values[:i], v) {
			out := slices.Clone(values[:i])
			for _, v := range values[i:] {
				if !slices.Contains(out, v) {
					out = append(out, v)
				}
			}
			return out
		}
	}
	return values
}

// regionsOf lists the regions of a pledge: those of its countries and those that it names,
// each with all regions that it lies in.
func regionsOf(p *pledge.Pledge) []string {
	var out []string
	for _, code := range p.Countries {
		if c, ok := place.ByAlpha2(code); ok && out == nil {
			out = slices.Clip(c.Regions)
		} else if ok {
			out = append(out, c.Regions...)
		}
	}
	for _, code := range p.Regions {
		for code != "" && !slices.Contains(out, code) {
			out = append(out, code)
			r, _ := place.RegionByCode(code)
			code = r.Parent
		}
	}
	return out
}

// values are the values of one fact in the order in which they first came, with their versions.
type values struct {
	round   uint64
	index   map[string]int
	names   []string
	numbers []uint32 // of the values among those of all facts
	posts   []*posting
	last    int // the one that was added last; neighbours often have the same
}

// add gives the number of the value; a new one has the number next.
func (vs *values) add(round uint64, name string, version, next uint32) uint32 {
	if vs.round != round {
		vs.posts, vs.round = slices.Clone(vs.posts), round
	}
	i, ok := vs.last, vs.last < len(vs.names) && vs.names[vs.last] == name
	if !ok {
		i, ok = vs.index[name]
	}
	if !ok {
		// New values are rare, and readers may hold the old map.
		index := make(map[string]int, len(vs.index)+1)
		for k, v := range vs.index {
			index[k] = v
		}
		i = len(vs.names)
		name = strings.Clone(name) // the payload that it was cut from need not stay
		index[name] = i
		vs.index, vs.names, vs.posts = index, append(vs.names, name), append(vs.posts, nil)
		vs.numbers = append(vs.numbers, next)
	}
	vs.last = i
	vs.posts[i] = vs.posts[i].grow(round, version, true)
	return vs.numbers[i]
}

func (vs *values) set(name string) set {
	if i, ok := vs.index[name]; ok {
		return vs.posts[i].set()
	}
	return nil
}

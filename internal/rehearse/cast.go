package rehearse

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"stocktake/internal/compact"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/place"
)

// cast is who pledges: the Member States and observers, and invented parties of the other kinds
// of the pack. An invented party has the number that its code ends with, and all about it
// follows from the seed and the code.
type cast struct {
	pack  *compact.Pack
	words *words
	seed  uint64

	members   []place.Country // Member States, by alpha-3
	observers []place.Country
	byState   weights // over members
	pools     []pool
	byPool    weights
	lands     sync.Map               // code → place.Country of invented parties, found before
	named     map[string]party.Party // of the scenario
}

// pool is the parties of one kind.
type pool struct {
	kind compact.Kind
	stem string // of the codes of invented ones
	size int
}

func newCast(pack *compact.Pack, w *words, seed uint64, pledges int, s *Scenario) (*cast, error) {
	c := &cast{pack: pack, words: w, seed: seed, named: map[string]party.Party{}}
	var share []int
	d := roll(seed, "states", 0)
	for _, country := range place.Countries() {
		switch country.Status {
		case place.Member:
			c.members = append(c.members, country)
		case place.Observer:
			c.observers = append(c.observers, country)
		}
	}
	share = zipf(d, len(c.members))
	for i, country := range c.members {
		share[i] = share[i] * c.words.shares.region(country) / 10
	}
	c.byState = newWeights(share)

	var often []int
	for _, k := range pack.Kinds {
		p := pool{kind: k, stem: strings.ReplaceAll(k.Slug, "_", "-")}
		n := w.shares.kind(k.Slug)
		switch {
		case k.Slug == party.MemberState:
			p.size = len(c.members)
		case k.Slug == party.ObserverState:
			p.size = len(c.observers)
		case k.Slug == party.OtherState:
			n = 0 // which area acts as a State is for people to say
		default:
			p.size = 8 + min(pledges*n/4000, n)
		}
		c.pools = append(c.pools, p)
		often = append(often, n)
	}
	c.byPool = newWeights(often)
	if c.byPool.empty() {
		return nil, errs.New(errs.Invalid, "the pack has no kind of party that could pledge")
	}
	if s != nil {
		for _, p := range s.Parties {
			c.named[p.Code] = p.party()
		}
	}
	return c, nil
}

func (c *cast) pool(kind string) (pool, bool) {
	i := slices.IndexFunc(c.pools, func(p pool) bool { return p.kind.Slug == kind })
	if i < 0 {
		return pool{}, false
	}
	return c.pools[i], c.pools[i].size > 0
}

// draw gives a party of a kind. Where language is not English, it prefers a country in which it
// is spoken. states, if not nil, limits Member States to those.
func (c *cast) draw(d dice, kind string, language lang.Code, states []place.Country) string {
	p, ok := c.pool(kind)
	if !ok {
		p = c.pools[c.byPool.draw(d)]
	}
	pick := func() string {
		switch {
		case p.kind.Slug == party.MemberState && states != nil:
			return state(states[d.small(len(states))])
		case p.kind.Slug == party.MemberState:
			return state(c.members[c.byState.draw(d)])
		case p.kind.Slug == party.ObserverState:
			return state(one(d, c.observers))
		}
		return invented(p.stem, 1+d.small(p.size))
	}
	code := pick()
	for range 30 {
		if country, ok := c.country(code); !ok || c.words.shares.speaks(country, language) {
			break
		}
		code = pick()
	}
	return code
}

// kind draws a kind of party.
func (c *cast) kind(d dice) string { return c.pools[c.byPool.draw(d)].kind.Slug }

func state(country place.Country) string { return strings.ToLower(country.Alpha3) }

func invented(stem string, number int) string { return fmt.Sprintf("%s-%03d", stem, number) }

// ministry is a part of a State that pledges for it; each State has two that do.
func (c *cast) ministry(d dice, state string) string {
	n := roll(c.seed, "ministries of "+state, 0).IntN(len(c.words.ministries)) + d.IntN(2)
	return state + "." + c.words.ministries[n%len(c.words.ministries)]
}

// country is where a party is; ok is false for those that belong to no country.
func (c *cast) country(code string) (place.Country, bool) {
	if p, ok := c.named[code]; ok {
		return place.ByAlpha2(p.Country)
	}
	if root := party.Root(code); len(root) == 3 {
		return place.ByAlpha3(root)
	}
	if known, ok := c.lands.Load(code); ok {
		country := known.(place.Country)
		return country, country.Alpha2 != ""
	}
	kind, _, ok := c.parse(code)
	if !ok || c.words.shares.worldwide(kind.Slug) {
		c.lands.Store(code, place.Country{})
		return place.Country{}, false
	}
	country := c.members[c.byState.draw(roll(c.seed, "country of "+code, 0))]
	c.lands.Store(code, country)
	return country, true
}

// parse takes the code of an invented party apart.
func (c *cast) parse(code string) (compact.Kind, int, bool) {
	i := strings.LastIndexByte(code, '-')
	if i < 0 {
		return compact.Kind{}, 0, false
	}
	n, err := strconv.Atoi(code[i+1:])
	for _, p := range c.pools {
		if p.stem == code[:i] && err == nil && n > 0 && invented(p.stem, n) == code {
			return p.kind, n, true
		}
	}
	return compact.Kind{}, 0, false
}

// name is what a party is called in a language.
func (c *cast) name(code string, l lang.Code) string {
	if p, ok := c.named[code]; ok {
		return p.Name(l)
	}
	w := c.words.in[l]
	country, located := c.country(code)
	home := ""
	if located {
		home = country.Name(l)
	}
	if root, part, isPart := strings.Cut(code, "."); len(root) == 3 {
		if isPart {
			return w.ministry(part, home)
		}
		return home
	}
	kind, number, _ := c.parse(code)
	return w.name(kind, number, home, l)
}

// party is everything that is public about a party.
func (c *cast) party(code string) (party.Party, error) {
	if p, ok := c.named[code]; ok {
		return p, nil
	}
	root, _, isPart := strings.Cut(code, ".")
	if country, ok := place.ByAlpha3(root); ok && len(root) == 3 {
		p := party.FromCountry(country)
		if isPart {
			p.Code, p.Parent = code, root
			for _, l := range lang.All {
				p.Names[l] = c.name(code, l)
			}
		}
		return p, nil
	}
	kind, _, ok := c.parse(code)
	if !ok {
		return party.Party{}, errs.New(errs.Invalid, "nobody knows a party %q", code)
	}
	p := party.Party{Code: code, Kind: kind.Slug, Names: map[lang.Code]string{}}
	country, located := c.country(code)
	for _, l := range lang.All {
		p.Names[l] = c.name(code, l)
	}
	d := roll(c.seed, "party "+code, 0)
	if located {
		p.Country = country.Alpha2
		if kind.Slug == localAuthority {
			p.At = near(d, country.At)
		}
	}
	if kind.Slug == party.Network || kind.Slug == party.InterAgency {
		p.Members = c.membersOf(d, kind.Slug)
	}
	return p, nil
}

const (
	localAuthority = "local_authority" // of the public contract: a city is a dot on the map
	entity         = "un_entity"       // of the public contract: of these networks consist
)

// membersOf a group are entities, or whatever the pack has that is no group itself.
func (c *cast) membersOf(d dice, group string) []string {
	p, ok := c.pool(entity)
	for i := 0; !ok && i < len(c.pools); i++ {
		p = c.pools[i]
		ok = p.size > 0 && !party.State(p.kind.Slug) && p.kind.Slug != party.Network && p.kind.Slug != party.InterAgency
	}
	if !ok {
		return nil
	}
	numbers := make([]int, p.size)
	for i := range numbers {
		numbers[i] = i + 1
	}
	count := d.between(3, 7)
	if group == party.InterAgency {
		count = d.between(8, 20)
	}
	var out []string
	for _, n := range some(d, numbers, count) {
		out = append(out, invented(p.stem, n))
	}
	return out
}

// near is a place within a degree or so, to a thousandth of a degree.
func near(d dice, p place.Point) string {
	thousandths := func(degrees float64, most int) string {
		n := min(max(int(degrees*1000)+d.between(-700, 700), -most*1000), most*1000)
		sign := ""
		if n < 0 {
			sign, n = "-", -n
		}
		return fmt.Sprintf("%s%d.%03d", sign, n/1000, n%1000)
	}
	lat := thousandths(p.Lat, 85)
	return lat + "," + thousandths(p.Lon, 179)
}

func regionName(code string, l lang.Code) string {
	r, _ := place.RegionByCode(code)
	return r.Name(l)
}

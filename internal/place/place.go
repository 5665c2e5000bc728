// Package place knows the countries and areas of the world as the United Nations lists them:
// codes, official short names in six languages, M49 regions, regional commissions, regional
// groups, and the lists of least developed, landlocked developing and small island developing
// States. The tables are generated; their sources and dates stand in tools/place/README.md.
//
// The designations imply no opinion on the legal status of any country or area.
package place

import (
	"slices"
	"strings"
	"sync"

	"stocktake/internal/lang"
)

// Status is how a country or area stands to the United Nations.
type Status uint8

const (
	Area     Status = iota // a country or area of M49 that is neither; shown on maps, never counted as a State
	Member                 // one of the 193 Member States
	Observer               // a non-member State with observer status: the Holy See, the State of Palestine
)

func (s Status) String() string {
	switch s {
	case Member:
		return "member"
	case Observer:
		return "observer"
	}
	return "area"
}

// Point is a place on the globe in degrees, north and east positive.
type Point struct{ Lat, Lon float64 }

// Country is a country or area. Its slices are shared: do not change them.
type Country struct {
	Alpha2, Alpha3 string // ISO 3166-1, upper case; XK and XKX are user-assigned
	M49            string // three digits, zeros kept
	Status         Status
	Regions        []string // M49, nearest first, ends with World
	Commissions    []string // slugs of the regional commissions it is a member of (not associate member)
	Group          string   // slug of its regional group; "" for areas and for the Holy See
	LDC            bool     // least developed country
	LLDC           bool     // landlocked developing country
	SIDS           bool     // small island developing State
	At             Point    // where a marker may stand: inside or near, within a degree or so; no statement on borders
	names          *names
}

// Name is the official short name in the language; in English for a language that is none of the six.
func (c Country) Name(l lang.Code) string { return c.names.in(l) }

// In reports whether the country lies in the M49 region, at any level.
func (c Country) In(region string) bool { return slices.Contains(c.Regions, region) }

// World is the M49 code of the region that holds all others.
const World = "001"

// Region is a region, sub-region or intermediate region of M49. Parent is "" for World only.
type Region struct {
	Code, Parent string
	names        *names
}

// Name is the name of the region in the language.
func (r Region) Name(l lang.Code) string { return r.names.in(l) }

// Commission is one of the five regional commissions. Their memberships overlap and reach
// beyond their regions: France is a member of four of them.
type Commission struct {
	Slug  string
	names *names
}

// Name is the name of the commission in the language.
func (c Commission) Name(l lang.Code) string { return c.names.in(l) }

// Group is one of the five regional groups of Member States. Every Member State is in one;
// the United States, which is in none, is shown where it is counted in elections (weog), and
// Türkiye, which takes part in two, likewise.
type Group struct {
	Slug  string
	names *names
}

// Name is the name of the group in the language.
func (g Group) Name(l lang.Code) string { return g.names.in(l) }

// Countries lists all countries and areas by alpha-3. The slice is shared: do not change it.
func Countries() []Country { return world().countries }

// Regions lists the regions of M49 as a tree read from the top: a parent stands before its
// children. The slice is shared: do not change it.
func Regions() []Region { return world().regions }

// Commissions lists the five regional commissions. The slice is shared: do not change it.
func Commissions() []Commission { return world().commissions }

// Groups lists the five regional groups. The slice is shared: do not change it.
func Groups() []Group { return world().groups }

// ByAlpha2 finds a country by ISO alpha-2, in any case.
func ByAlpha2(code string) (Country, bool) { return world().byCode(code, 2) }

// ByAlpha3 finds a country by ISO alpha-3, in any case.
func ByAlpha3(code string) (Country, bool) { return world().byCode(code, 3) }

// ByM49 finds a country by its M49 code; the zeros belong to the code.
func ByM49(code string) (Country, bool) {
	w := world()
	i, ok := w.m49[code]
	if !ok {
		return Country{}, false
	}
	return w.countries[i], true
}

// RegionByCode finds a region by its M49 code.
func RegionByCode(code string) (Region, bool) {
	return find(world().regions, func(r Region) bool { return r.Code == code })
}

// CommissionBySlug finds a regional commission: "eca", "ece", "eclac", "escap", "escwa".
func CommissionBySlug(slug string) (Commission, bool) {
	return find(world().commissions, func(c Commission) bool { return c.Slug == slug })
}

// GroupBySlug finds a regional group: "african", "asia-pacific", "eastern-european", "grulac", "weog".
func GroupBySlug(slug string) (Group, bool) {
	return find(world().groups, func(g Group) bool { return g.Slug == slug })
}

func find[T any](list []T, is func(T) bool) (T, bool) {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i], true
	}
	var none T
	return none, false
}

// names holds one name a language, in the order of lang.All.
type names [6]string

func (n *names) in(l lang.Code) string {
	if n == nil {
		return ""
	}
	i := slices.Index(lang.All, l)
	if i < 0 {
		i = slices.Index(lang.All, lang.EN)
	}
	return n[i]
}

// The rows of the generated tables.
type (
	countryRow struct {
		alpha3, alpha2, m49        string
		status                     Status
		region, group, commissions string
		lists                      uint8
		at                         Point
		names                      names
	}
	namedRow struct {
		key, parent string
		names       names
	}
)

const (
	ldc uint8 = 1 << iota
	lldc
	sids
)

// atlas is everything made ready for reading; it never changes once made.
type atlas struct {
	countries   []Country
	regions     []Region
	commissions []Commission
	groups      []Group
	codes, m49  map[string]int // to the position in countries; codes are upper case
}

var world = sync.OnceValue(func() *atlas {
	w := &atlas{codes: map[string]int{}, m49: map[string]int{}}
	parent := map[string]string{}
	for i := range regionRows {
		r := &regionRows[i]
		parent[r.key] = r.parent
		w.regions = append(w.regions, Region{r.key, r.parent, &r.names})
	}
	for i := range commissionRows {
		w.commissions = append(w.commissions, Commission{commissionRows[i].key, &commissionRows[i].names})
	}
	for i := range groupRows {
		w.groups = append(w.groups, Group{groupRows[i].key, &groupRows[i].names})
	}
	for i := range countryRows {
		r := &countryRows[i]
		c := Country{
			Alpha2: r.alpha2, Alpha3: r.alpha3, M49: r.m49, Status: r.status,
			Commissions: strings.Fields(r.commissions), Group: r.group,
			LDC: r.lists&ldc != 0, LLDC: r.lists&lldc != 0, SIDS: r.lists&sids != 0,
			At: r.at, names: &r.names,
		}
		for code := r.region; code != ""; code = parent[code] {
			c.Regions = append(c.Regions, code)
		}
		w.countries = append(w.countries, c)
		w.codes[c.Alpha2], w.codes[c.Alpha3], w.m49[c.M49] = i, i, i
	}
	return w
})

func (w *atlas) byCode(code string, length int) (Country, bool) {
	if len(code) != length {
		return Country{}, false
	}
	i, ok := w.codes[strings.ToUpper(code)]
	if !ok {
		return Country{}, false
	}
	return w.countries[i], true
}

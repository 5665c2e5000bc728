package dashboard

import (
	"cmp"
	"html/template"
	"slices"
	"strings"

	"stocktake/internal/chart"
	"stocktake/internal/compact"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/place"
	"stocktake/internal/web/page"
)

// Implementation is the value of the parameter view that shows where pledges are carried out;
// without it the map shows who pledges.
const Implementation = "implementation"

// Map is the section with the world map.
type Map struct {
	Title      string
	Note       template.HTML
	SVG        template.HTML
	Legend     template.HTML
	Twin       template.HTML
	Switch     []page.Item
	Beside     template.HTML // the pledges that this map cannot show
	Disclaimer string
	Cities     bool
	Small      bool // rings stand for small States
}

// spot is one line of the map and of its table. States with nothing are spots too.
type spot struct {
	code  string // alpha-2; "" for a party that is no State
	name  string
	count int
	href  string

	status place.Status
}

// ofStatus are the messages that say in a file what kind of State a spot is.
var ofStatus = map[place.Status]string{place.Member: "map.status.member", place.Observer: "map.status.observer"}

func (s spot) label(r *page.Reader) string {
	if s.count == 0 {
		return r.T("map.label.none", "place", s.name)
	}
	return r.T("map.label", "place", s.name, "n", s.count)
}

func (p *Page) where(r *page.Reader, v *explore.View) error {
	implementation := r.Own.Get("view") == Implementation
	date := r.P.Date(r.AsOf())
	m := Map{Disclaimer: disclaimer(r)}
	m.Switch = []page.Item{
		{Href: r.Link("/", r.Query, r.Kept("view", "")...), Text: r.T("map.switch.pledging"), Current: !implementation},
		{Href: r.Link("/", r.Query, r.Kept("view", Implementation)...), Text: r.T("map.switch.implementation"), Current: implementation},
	}
	world := chart.World{Map: r.Map, ID: "world", States: map[string]chart.State{}}
	var spots []spot
	of := "party"
	if implementation {
		of = "country"
	}
	at, all, err := without(r, v, of) // as the map is counted, and so what stands beside it
	if err != nil {
		return err
	}
	if implementation {
		m.Title, m.Note = r.T("map.implementation"), r.HTML("map.implementation.note", "date", date)
		spots = places(r, v)
		if n := all.Totals.NoCountry; n > 0 {
			link := r.List(r.Query.Only("country", page.None))
			m.Beside = r.HTML("map.no_country", "n", n, "pledges", page.NumLink(n, link, r.HTML("lede.pledges", "n", n)))
		}
	} else {
		if n, href := ledByOthers(at, all); n > 0 {
			m.Beside = r.HTML("map.led_by_others", "n", n, "pledges", page.NumLink(n, href, r.HTML("lede.pledges", "n", n)))
		}
		m.Title, m.Note = r.T("map.pledging"), r.HTML("map.pledging.note", "date", date)
		spots = states(r, v)
		world.Dots = cities(r, all)
		m.Cities = len(world.Dots) > 0 && r.Map != nil
	}
	twin := chart.Twin{Summary: r.T("map.table"), Caption: m.Title, Head: []string{r.T("map.table.place"), r.T("bars.pledges")}}
	var values []int
	for _, s := range spots {
		values = append(values, s.count)
		if s.count == 0 {
			twin.Rest.Rows = append(twin.Rest.Rows, chart.TwinRow{Label: s.name, Href: s.href})
		} else {
			twin.Rows = append(twin.Rows, chart.TwinRow{Label: s.name, Href: s.href, Cells: []string{r.Count(s.count)}})
		}
		if s.code != "" {
			world.States[s.code] = chart.State{Value: s.count, Href: s.href, Label: s.label(r)}
		}
	}
	twin.Rest.Summary = withoutPledge(r, spots, implementation)
	if r.Map != nil {
		m.Note += r.Gap() + r.Scale(page.InShades, all.Totals.Pledges, slices.Max(append(values, 1)))
	}
	m.Note = apart(r, m.Note, of)
	world.Name, world.Desc = m.Title, r.T("map.desc")
	world.Scale = chart.NewScale(values)
	if r.Map == nil { // the table stands by itself
		m.Switch, twin.Open = nil, true
		if !implementation {
			m.Title = r.T("map.switch.pledging")
		}
		twin.Summary, twin.Caption = m.Title, m.Title
	}
	m.SVG, m.Twin = world.HTML(), twin.HTML()
	if r.Map != nil {
		m.Small = len(r.Map.Markers) > 0
		m.Legend = world.Scale.Legend(func(s chart.Step) string { return legend(r, s) })
	}
	p.Map = m
	return nil
}

// cities are the local authorities that pledge, on the map.
func cities(r *page.Reader, v *explore.View) []chart.Dot {
	var dots []chart.Dot
	link := r.Lists(r.Query, "party")
	for _, c := range v.Cities() {
		dots = append(dots, chart.Dot{
			Lat: c.Lat, Lon: c.Lon, Value: c.Count, Href: link(c.Code),
			Label: r.T("map.label", "place", r.NameOf(v, c.Code), "n", c.Count),
		})
	}
	return dots
}

// withoutPledge says of how many Member States nothing is counted, as those who pledge or as places
// of implementation, and apart from them of how many States that observe; nothing where there is none.
func withoutPledge(r *page.Reader, spots []spot, implementation bool) string {
	ofMembers, ofObservers := "map.without", "map.without.observers"
	if implementation {
		ofMembers, ofObservers = "map.nowhere", "map.nowhere.observers"
	}
	n := map[place.Status]int{}
	for _, s := range spots {
		if s.count == 0 {
			n[s.status]++
		}
	}
	members, observers := n[place.Member], n[place.Observer]
	switch {
	case observers == 0 && members == 0:
		return ""
	case observers == 0:
		return r.T(ofMembers, "n", members)
	case members == 0:
		return r.T(ofObservers, "n", observers)
	}
	return r.T("map.without.both", "members", r.T(ofMembers, "n", members), "n", observers)
}

// ledByOthers counts the pledges that no State leads, with the link to them.
func ledByOthers(r *page.Reader, v *explore.View) (n int, href string) {
	states := map[string]bool{} // the families of kinds that count as States
	for _, k := range r.Pack.Kinds {
		if k.Counts {
			states[k.Group] = true
		}
	}
	return led(r, v, func(k compact.Kind) bool { return !states[k.Group] })
}

func legend(r *page.Reader, s chart.Step) string {
	from, to := r.P.Number(int64(s.From)), r.P.Number(int64(s.To))
	switch {
	case s.From == 0:
		return r.T("bars.zero")
	case s.To < 0:
		return r.T("map.or_more", "from", from)
	case s.From == s.To:
		return from
	}
	return r.T("map.range", "from", from, "to", to)
}

// states are the Member States and observers, with what they pledge themselves or through their
// parts. One that pledges nothing leads to its page where the register knows it.
func states(r *page.Reader, v *explore.View) []spot {
	var spots []spot
	link := r.Lists(r.Query, "party")
	counts := map[string]int{}
	for _, b := range r.Counts(v, "party") {
		counts[b.Value] = b.Count
	}
	for _, c := range place.Countries() {
		if c.Status == place.Area {
			continue
		}
		code := strings.ToLower(c.Alpha3)
		s := spot{code: c.Alpha2, name: r.CountryName(c.Alpha2), count: counts[code], href: link(code), status: c.Status}
		if _, known := v.Party(code); known {
			if s.name = r.NameOf(v, code); s.count == 0 {
				s.href = r.PartyLink(code)
			}
		}
		spots = append(spots, s)
	}
	return ordered(r, spots)
}

// places are the Member States and observers as countries of implementation. Areas that are
// neither stand in the table by their name where something is carried out there, and on the map
// carry neither link nor number.
func places(r *page.Reader, v *explore.View) []spot {
	var spots []spot
	link := r.Lists(r.Query, "country")
	counts := map[string]int{}
	for _, b := range r.Counts(v, "country") {
		counts[b.Value] = b.Count
	}
	for _, c := range place.Countries() {
		s := spot{code: c.Alpha2, name: r.CountryName(c.Alpha2), count: counts[c.Alpha2], href: link(c.Alpha2), status: c.Status}
		if c.Status == place.Area {
			if s.code = ""; s.count == 0 {
				continue
			}
		}
		spots = append(spots, s)
	}
	return ordered(r, spots)
}

// ordered puts the largest first, the same by name.
func ordered(r *page.Reader, spots []spot) []spot {
	lang.SortStable(r.Lang, spots, func(s spot) string { return s.name })
	slices.SortStableFunc(spots, func(a, b spot) int { return cmp.Compare(b.count, a.count) })
	return spots
}

// disclaimer is what stands under a map, in the operator's words or in ours.
func disclaimer(r *page.Reader) string {
	if s := r.Site.Disclaimer.In(r.Lang); s != "" {
		return s
	}
	return r.T("map.disclaimer")
}

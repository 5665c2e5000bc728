package dashboard

import (
	"cmp"
	"html/template"
	"slices"

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

// spot is one line of the map and of its table.
type spot struct {
	code  string // alpha-2; "" for a party that is no State
	name  string
	count int
	href  string
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
		link := r.Lists(r.Query, "party")
		for _, c := range all.Cities() {
			world.Dots = append(world.Dots, chart.Dot{
				Lat: c.Lat, Lon: c.Lon, Value: c.Count, Href: link(c.Code),
				Label: r.T("map.label", "place", r.NameOf(all, c.Code), "n", c.Count),
			})
		}
		m.Cities = len(world.Dots) > 0 && r.Map != nil
	}
	twin := chart.Twin{Summary: r.T("map.table"), Caption: m.Title, Head: []string{r.T("map.table.place"), r.T("bars.pledges")}}
	var values []int
	for _, s := range spots {
		values = append(values, s.count)
		if s.code != "" {
			world.States[s.code] = chart.State{Value: s.count, Href: s.href, Label: r.T("map.label", "place", s.name, "n", s.count)}
		}
		twin.Rows = append(twin.Rows, chart.TwinRow{Label: s.name, Href: s.href, Cells: []string{r.Count(s.count)}})
	}
	if r.Map != nil {
		m.Note += " " + r.Scale(page.InShades, all.Totals.Pledges, slices.Max(append(values, 1)))
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

// states are the Member States and observers that pledge, themselves or through their parts.
func states(r *page.Reader, v *explore.View) []spot {
	var spots []spot
	link := r.Lists(r.Query, "party")
	for _, b := range r.Counts(v, "party") {
		c, ok := place.ByAlpha3(b.Value)
		if !ok || c.Status == place.Area || b.Count == 0 {
			continue
		}
		spots = append(spots, spot{code: c.Alpha2, name: r.NameOf(v, b.Value), count: b.Count, href: link(b.Value)})
	}
	return ordered(r, spots)
}

// places are the countries of implementation. Areas that are no Member State or observer stand
// in the table by their name, and on the map carry neither link nor number.
func places(r *page.Reader, v *explore.View) []spot {
	var spots []spot
	link := r.Lists(r.Query, "country")
	for _, b := range r.Counts(v, "country") {
		c, ok := place.ByAlpha2(b.Value)
		if !ok || b.Count == 0 {
			continue
		}
		s := spot{code: c.Alpha2, name: r.CountryName(b.Value), count: b.Count, href: link(b.Value)}
		if c.Status == place.Area {
			s.code = ""
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

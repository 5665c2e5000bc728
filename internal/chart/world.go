package chart

import (
	"html/template"
	"slices"
	"strconv"
)

// World is a map of numbers by State. A State with a link is a link that is named by its
// label; a State without one is drawn and, if it has a label, titled. Areas that are no State
// here carry nothing. Cities are dots: they never shade the State they lie in.
type World struct {
	Map    *Map // nil draws nothing
	ID     string
	Name   string // accessible name: what the map shows
	Desc   string // one or two sentences: how to read it, what is left out
	Scale  Scale
	States map[string]State // by ISO 3166-1 alpha-2; a State left out has no value
	Dots   []Dot
}

// State is the number of one State. One with nothing is a link like any other, drawn in the
// group "without": that there is none is a finding too.
type State struct {
	Value int
	Href  string
	Label string // "Kenya: 3 pledges"
}

// Dot is the number of one city.
type Dot struct {
	Lat, Lon float64
	Value    int
	Href     string
	Label    string
}

// Radii in map units. Style sheets enlarge the markers on narrow screens.
const (
	markerRadius = 5
	dotRadius    = 5
)

// HTML draws the map: areas, States without a link and their markers, States with a link, those
// of them with a marker, undetermined boundaries, cities; in that order and each by code, those
// with nothing first, so that what can be chosen lies on top and the same numbers give the same
// bytes.
func (w World) HTML() template.HTML {
	m := w.Map
	if m == nil {
		return ""
	}
	var p page
	p.Grow(len(worldJSON) * 2)
	p.raw(`<svg class="map" viewBox="0 0 `, num(m.View[0]), " ", num(m.View[1]), `" role="group"`)
	p.attr("id", w.ID)
	p.attr("aria-label", w.Name)
	if w.Desc != "" && w.ID != "" {
		p.attr("aria-describedby", w.ID+"-desc")
	}
	p.raw(">")
	if w.Desc != "" {
		p.raw("<desc")
		if w.ID != "" {
			p.attr("id", w.ID+"-desc")
		}
		p.raw(">")
		p.text(w.Desc)
		p.raw("</desc>")
	}
	p.raw(`<g class="land">`)
	areas := m.areas
	if areas == nil {
		areas = sortedKeys(m.Areas)
	}
	for _, key := range areas {
		p.raw(`<path class="area" d="`, m.Areas[key], `"/>`)
	}
	var linked, plain []string
	for _, code := range m.Codes() {
		if safe(w.States[code].Href) != "" {
			linked = append(linked, code)
		} else {
			plain = append(plain, code)
		}
	}
	for _, code := range plain {
		w.outline(&p, code, w.States[code].Label)
	}
	p.raw("</g>")
	p.raw(`<g class="small">`)
	for _, code := range plain {
		w.circle(&p, code, w.States[code].Label)
	}
	p.raw("</g>")
	// Those with a marker come last: it must not be covered by a neighbour.
	for _, marked := range []bool{false, true} {
		w.links(&p, `<g class="without">`, linked, func(code string) bool { return m.marked(code) == marked && w.States[code].Value == 0 })
		w.links(&p, `<g class="linked">`, linked, func(code string) bool { return m.marked(code) == marked && w.States[code].Value != 0 })
	}
	if m.Lines != "" {
		p.raw(`<path class="undetermined" d="`, m.Lines, `"/>`)
	}
	w.dots(&p)
	p.raw("</svg>")
	return p.html()
}

// links draws those of the States that are wanted, each as a link, as one group.
func (w World) links(p *page, group string, codes []string, want func(code string) bool) {
	empty := true
	for _, code := range codes {
		if !want(code) {
			continue
		}
		if empty {
			p.raw(group)
			empty = false
		}
		s := w.States[code]
		p.open(s.Href, "aria-label", s.Label)
		p.element("title", s.Label)
		w.outline(p, code, "")
		w.circle(p, code, "")
		p.raw("</a>")
	}
	if !empty {
		p.raw("</g>")
	}
}

func (w World) outline(p *page, code, title string) {
	d, ok := w.Map.Shapes[code]
	if !ok {
		return
	}
	p.raw(`<path class="`, w.Scale.Class(w.States[code].Value), `" d="`, d, `"`)
	finish(p, "path", title)
}

func (w World) circle(p *page, code, title string) {
	c, ok := w.Map.Markers[code]
	if !ok {
		return
	}
	p.raw(`<circle class="`, w.Scale.Class(w.States[code].Value), `" cx="`, num(c[0]), `" cy="`, num(c[1]),
		`" r="`, strconv.Itoa(markerRadius), `"`)
	finish(p, "circle", title)
}

// finish closes an element whose start tag is open, with a title inside if there is one.
func finish(p *page, name, title string) {
	if title == "" {
		p.raw("/>")
		return
	}
	p.raw(">")
	p.element("title", title)
	p.raw("</", name, ">")
}

// dots draws the cities, the largest first so that none is hidden.
func (w World) dots(p *page) {
	if len(w.Dots) == 0 {
		return
	}
	dots := slices.Clone(w.Dots)
	slices.SortStableFunc(dots, func(a, b Dot) int { return b.Value - a.Value })
	p.raw(`<g class="dots">`)
	for _, d := range dots {
		x, y := w.Map.Projection.Project(d.Lat, d.Lon)
		link := p.open(d.Href, "aria-label", d.Label)
		p.raw(`<circle class="dot" cx="`, num(x), `" cy="`, num(y), `" r="`, strconv.Itoa(dotRadius), `"`)
		finish(p, "circle", d.Label)
		if link {
			p.raw("</a>")
		}
	}
	p.raw("</g>")
}

package page

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"stocktake/internal/chart"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
)

// NumLink is a number in a sentence, linked to exactly the rows that it counts; zero leads
// nowhere. The attribute data-count lets tests and programs compare it with what it leads to.
func NumLink(n int, href string, text template.HTML) template.HTML {
	if n == 0 || href == "" {
		return text
	}
	return template.HTML(fmt.Sprintf(`<a href="%s" data-count="%d">%s</a>`, template.HTMLEscapeString(href), n, text))
}

// Anchor is a link with HTML inside.
func Anchor(href string, inner template.HTML) template.HTML {
	return template.HTML(`<a href="` + template.HTMLEscapeString(href) + `">` + string(inner) + `</a>`)
}

// link is a link with a plain text.
func link(href, text string) template.HTML {
	return Anchor(href, template.HTML(template.HTMLEscapeString(text)))
}

// Facet draws a facet of the view as a table of bars, each row a link to its pledges. The
// facet's own filter does not narrow its counts, and the links replace it, so that every
// number finds its rows; the caption says so where it matters. keep says which values to show.
func (r *Reader) Facet(v *explore.View, name, caption string, keep func(explore.Bucket) bool) chart.Bars {
	b := r.Table(v, caption, name)
	link := r.Lists(r.Query, name)
	for _, bucket := range r.Counts(v, name) {
		if keep == nil || keep(bucket) {
			b.Rows = append(b.Rows, r.bar(v, name, bucket, link))
		}
	}
	return b
}

// Silence says of how many pledges of a view nothing is known but what they promise, with a link to
// them; nothing where each was reported on.
func (r *Reader) Silence(v *explore.View) template.HTML {
	n := v.Totals.Pledges - v.Totals.Reported
	q, empty := Narrow(r.Query, "stage", "unreported")
	if n == 0 || empty {
		return ""
	}
	return r.HTML("dash.far.silent", "total", v.Totals.Pledges, "silent", NumLink(n, r.List(q), r.HTML("lede.pledges", "n", n)))
}

// Scale says out of how many pledges a figure counts, and how far its bars, columns or shades
// (shape) go; tests and programs find both numbers in the attributes.
func (r *Reader) Scale(shape string, of, top int) template.HTML {
	return template.HTML(fmt.Sprintf(`<small class="scale" data-of="%d" data-top="%d">%s</small>`, of, top, r.ScaleText(shape, of, top)))
}

// ScaleText is Scale in words alone.
func (r *Reader) ScaleText(shape string, of, top int) template.HTML {
	return r.HTML("scale."+shape, "pledges", r.HTML("lede.pledges", "n", of), "from", 0, "top", top)
}

// Without names those of the filters in force that do not narrow the counts of a figure, a
// sentence for each; it says nothing where there are none.
func (r *Reader) Without(names ...string) string {
	var said []string
	for _, name := range names {
		if len(r.Query.Get(name)) > 0 {
			said = append(said, r.T("chart.own", "filter", r.FilterName(name)))
		}
	}
	return strings.Join(said, string(r.Gap()))
}

// The shapes of Scale; each has a message "scale.<shape>".
const (
	InBars    = "bars"
	InColumns = "columns"
	InShades  = "shades"
)

// Shapes lists them.
var Shapes = []string{InBars, InColumns, InShades}

// Table is an empty table of bars over a facet of the view.
func (r *Reader) Table(v *explore.View, caption, name string) chart.Bars {
	b := chart.Bars{
		Caption: template.HTML(template.HTMLEscapeString(caption)),
		Head:    chart.Head{Label: r.FilterName(name), Value: r.T("bars.pledges")},
		Scale:   func(top int) template.HTML { return r.Scale(InBars, v.Of(name), top) },
	}
	if len(r.Query.Get(name)) > 0 {
		b.Caption += template.HTML(` <small>` + template.HTMLEscapeString(r.T("bars.own", "filter", r.FilterName(name))) + `</small>`)
	}
	return b
}

func (r *Reader) bar(v PartyNamer, name string, bucket explore.Bucket, link func(string) string) chart.Bar {
	row := chart.Bar{
		Label:     lang.Bdi(r.ValueName(v, name, bucket.Value)),
		Value:     bucket.Count,
		ValueText: r.Count(bucket.Count),
		Current:   r.Query.Has(name, bucket.Value),
	}
	if bucket.Count > 0 {
		row.Href = link(bucket.Value)
	}
	switch {
	case name == "stage":
		row.Label = chart.Mark(bucket.Value) + " " + row.Label
	case name == "recency" && slices.Contains(Silent, bucket.Value):
		row.Label = chart.Mark("unreported") + " " + row.Label
	}
	return row
}

// Count is a number in a table; none is a word.
func (r *Reader) Count(n int) string {
	if n == 0 {
		return r.T("bars.zero")
	}
	return r.P.Number(int64(n))
}

// SameScale draws several tables on one scale and with the same room for the numbers, so that
// their bars can be compared.
func SameScale(tables []chart.Bars) {
	top, digits := 1, 1
	for _, b := range tables {
		for _, row := range b.Rows {
			top, digits = max(top, row.Value), max(digits, row.Room())
		}
	}
	for i := range tables {
		tables[i].Top, tables[i].Digits = top, digits
	}
}

// NotEmpty keeps the values that some pledge has.
func NotEmpty(b explore.Bucket) bool { return b.Count > 0 }

// Apart keeps the values of which each pledge has exactly one: never is what those of Silent
// are together.
func Apart(b explore.Bucket) bool { return b.Value != "never" }

// Closed keeps all values of a closed list, and "not stated" where some pledge states none.
func Closed(b explore.Bucket) bool { return b.Value != None || b.Count > 0 }

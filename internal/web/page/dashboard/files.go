package dashboard

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"stocktake/internal/chart"
	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/web/page"
)

// Charts are the names of the figures that can be taken away as files, in the order of the page.
var Charts = []string{"states", "places", "objectives", "kinds", "parties", "stage", "recency", "coverage",
	"channel", "form", "nature", "level", "money", "years"}

// facets are the charts that are one facet, with the filter that they count by, which does not
// narrow their counts.
var facets = map[string]string{"states": "party", "places": "country", "objectives": "objective", "kinds": "party_kind", "parties": "party", "stage": "stage", "recency": "recency",
	"channel": "channel", "form": "form", "nature": "nature", "level": "level", "years": "year"}

// Kinds of files. The one for the clipboard is offered by the script alone.
const (
	asCSV = "csv"
	asSVG = "svg"
	asTSV = "tsv"
)

// Files offers charts as files, under the filters in force: CSV and SVG as links, and with the
// help of the script the drawing as PNG (the reader's browser makes it of the SVG, with fonts of
// all scripts) and the table on the clipboard. It is written here and not in the template because
// a page has a hundred and fifty of these values, which templates take their time to escape.
func Files(r *page.Reader, names ...string) template.HTML {
	var b strings.Builder
	b.Grow(1024 * len(names))
	write := func(parts ...string) {
		for _, p := range parts {
			b.WriteString(p)
		}
	}
	esc := template.HTMLEscapeString
	copies := esc(r.T("chart.copy"))
	save := func(name, kind string) string { return esc(FileName(r, name, kind)) }
	write(`<p class="files" data-copied="`, esc(r.T("chart.copied")), `" data-failed="`, esc(r.T("chart.failed")), `">`, esc(r.T("chart.download")))
	for _, name := range names {
		var own []string
		if name == "coverage" {
			own = []string{"cover", r.Own.Get("cover")}
		}
		title := esc(title(r, name))
		href := func(kind string) string { return esc(r.Link("/charts/"+name+"."+kind, r.Query, own...)) }
		write(` <span>`, title, ` <a href="`, href(asCSV), `" download="`, save(name, asCSV), `" aria-label="`, title, `, CSV">CSV</a>`)
		if drawn(r, name) {
			svg := href(asSVG)
			write(` <a href="`, svg, `" download="`, save(name, asSVG), `" aria-label="`, title, `, SVG">SVG</a>`,
				` <button type="button" data-png="`, svg, `" aria-label="`, title, `, PNG">PNG</button>`)
		}
		write(` <button type="button" data-copy="`, href(asTSV), `" aria-label="`, copies, `: `, title, `">`, copies, `</button></span>`)
	}
	write(`</p>`)
	return template.HTML(b.String())
}

// drawn reports whether a figure has a drawing: an operator can turn the map off.
func drawn(r *page.Reader, name string) bool {
	return r.Map != nil || name != "states" && name != "places"
}

func title(r *page.Reader, name string) string {
	switch name {
	case "states":
		if r.Map == nil {
			return r.T("map.switch.pledging")
		}
		return r.T("map.pledging")
	case "places":
		return r.T("map.implementation")
	case "objectives":
		return r.T("dash.what")
	case "kinds":
		return r.T("dash.who.kinds")
	case "parties":
		return r.T("parties.title")
	case "stage", "recency":
		return r.T("dash.far." + name)
	case "coverage":
		return r.T("gaps.title")
	case "money":
		return r.T("money.title")
	case "years":
		return r.T("dash.time")
	}
	return r.T("dash.kind." + name)
}

// table is a figure as rows: a code, a name, and its numbers.
type table struct {
	title string
	heads []string // of the numbers
	rows  []line
	full  int // what a full bar stands for on the page, where that is more than the largest of the rows
	world *chart.World
	notes []string // what stands beside the figure on its page
}

type line struct {
	code, name string
	values     []string // as a machine reads them
	counts     []int    // drawn
	texts      []string // written in a drawing that is a table
	mark       string   // said beside the name in a drawing
}

// Chart makes the file of a figure: name is one of Charts, kind "csv", "svg" or "tsv".
func Chart(r *page.Reader, name, kind string) ([]byte, error) {
	if !slices.Contains(Charts, name) || !slices.Contains([]string{asCSV, asSVG, asTSV}, kind) || kind == asSVG && !drawn(r, name) {
		return nil, errs.New(errs.NotFound, "no chart %s.%s", name, kind)
	}
	v, err := r.View(r.Query)
	if err != nil {
		return nil, err
	}
	t, err := tableOf(r, v, name)
	if err != nil {
		return nil, err
	}
	said, err := t.source(r, v, name)
	if err != nil {
		return nil, err
	}
	switch kind {
	case asCSV:
		return t.csv(r, name, said)
	case asTSV:
		return t.tsv(r, name, said), nil
	}
	return t.svg(r, name, said), nil
}

func tableOf(r *page.Reader, v *explore.View, name string) (*table, error) {
	t := &table{title: title(r, name), heads: []string{r.T("bars.pledges")}}
	add := func(code, name string, n int) {
		t.rows = append(t.rows, line{code: code, name: name, values: []string{strconv.Itoa(n)}, counts: []int{n}})
	}
	switch name {
	case "states", "places":
		spots := states(r, v)
		if name == "places" {
			spots = places(r, v)
		}
		t.world = &chart.World{Map: r.Map, Name: t.title, States: map[string]chart.State{}}
		var values []int
		for _, s := range spots {
			add(s.code, s.name, s.count)
			if name == "states" {
				last := &t.rows[len(t.rows)-1]
				last.values = append(last.values, r.T(ofStatus[s.status]))
			}
			values = append(values, s.count)
			if s.code != "" {
				t.world.States[s.code] = chart.State{Value: s.count, Label: s.label(r)}
			}
		}
		if name == "states" {
			t.heads = append(t.heads, r.FilterName("party_kind"))
		}
		t.world.Scale = chart.NewScale(values)
		if name == "states" {
			_, all, err := without(r, v, "party")
			if err != nil {
				return nil, err
			}
			t.world.Dots = cities(r, all)
		}
		if rest := withoutPledge(r, spots, name == "places"); rest != "" {
			t.notes = append(t.notes, rest)
		}
	case "coverage":
		filter, err := CoverOf(r)
		if err != nil {
			return nil, err
		}
		c, err := Coverage(r, v, filter)
		if err != nil {
			return nil, err
		}
		t.title += " – " + r.T("gaps."+filter)
		t.heads = c.Names
		if n := c.Nowhere; n > 0 {
			beside := "gaps.beside"
			if filter == "party_region" {
				beside = "gaps.beside.party"
			}
			t.notes = append(t.notes, r.T(beside, "pledges", r.T("lede.pledges", "n", n)))
		}
		for i, o := range r.Pack.Objectives {
			l := line{code: strconv.Itoa(o.N), name: o.Label.In(r.Lang)}
			for _, code := range c.Places {
				l.values, l.counts = append(l.values, strconv.Itoa(c.Counts[code][i])), append(l.counts, c.Counts[code][i])
			}
			t.rows = append(t.rows, l)
		}
	case "money":
		t.heads = []string{r.T("money.amount"), r.T("bars.pledges")}
		for _, m := range v.Money() {
			t.rows = append(t.rows, line{code: m.Currency, name: m.Currency, values: []string{m.Amount, strconv.Itoa(m.Pledges)}, texts: []string{r.P.Decimal(m.Amount), r.Count(m.Pledges)}})
		}
	case "years":
		t.years(r, v)
	default:
		for _, b := range keep(r.Counts(v, facets[name]), shown[name]) {
			label := r.ValueName(v, facets[name], b.Value)
			if _, o, numbered := strings.Cut(label, " "); numbered && name == "objectives" {
				label = o
			}
			add(b.Value, label, b.Count)
		}
	}
	if slices.Contains(sameScale, name) {
		t.full = longest(ofKinds(r, v))
	}
	return t, t.beside(r, v, name)
}

// csv begins with the title and the source, in lines that begin with a number sign.
func (t *table) csv(r *page.Reader, name string, said []string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("\ufeff") // spreadsheets take the text for UTF-8 only with it
	w := csv.NewWriter(&b)
	for _, s := range slices.Concat([]string{t.title}, notices(r), said) {
		b.WriteString("# " + s + "\n")
	}
	if err := w.WriteAll(t.cells(r, name)); err != nil {
		return nil, fmt.Errorf("dashboard: %w", err)
	}
	return b.Bytes(), nil
}

// tsv is what the clipboard takes: the table as a spreadsheet pastes it, between title and source.
func (t *table) tsv(r *page.Reader, name string, said []string) []byte {
	lines := []string{t.title}
	for _, row := range t.cells(r, name) {
		for i, cell := range row {
			row[i] = breaks.Replace(cell)
		}
		lines = append(lines, strings.Join(row, "\t"))
	}
	return []byte(strings.Join(slices.Concat(lines, notices(r), said), "\n") + "\n")
}

var breaks = strings.NewReplacer("\t", " ", "\n", " ", "\r", " ")

// cells is the table with its head.
func (t *table) cells(r *page.Reader, name string) [][]string {
	var rows [][]string
	rows = append(rows, append([]string{r.T("chart.code"), t.of(r, name)}, t.heads...))
	for _, l := range t.rows {
		rows = append(rows, append([]string{l.code, plain(l.name)}, l.values...))
	}
	return rows
}

// of heads the names.
func (t *table) of(r *page.Reader, name string) string {
	switch name {
	case "states":
		return r.T("map.switch.pledging")
	case "coverage":
		return r.FilterName("objective")
	case "money":
		return r.FilterName("currency")
	}
	return r.FilterName(facets[name])
}

// plain keeps a spreadsheet from taking a name for a formula.
func plain(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

func (t *table) svg(r *page.Reader, name string, said []string) []byte {
	d := chart.Standalone{
		Lang: string(r.Lang), Dir: r.Lang.Dir(), Title: t.title, Of: t.of(r, name), Notice: notices(r), Source: said, Head: t.heads,
		Legend: func(s chart.Step) string { return legend(r, s) }, Top: t.top(),
		Plain: name == "money", // amounts of different currencies are not to be drawn against each other
	}
	switch name {
	case "kinds": // whose other number is said beside the name
		d.Head = t.heads[:1]
	case "parties":
		d.Title = r.T("dash.who.top")
	}
	if r.Map != nil && t.world != nil {
		d.Map = t.world
		under := []string{disclaimer(r)}
		if len(t.world.Dots) > 0 {
			under = append(under, r.T("map.cities"))
		}
		d.Source = append(under, d.Source...)
	}
	rows := t.rows
	if name == "parties" && len(rows) > topParties { // drawn as on the page; the table has them all
		rows = rows[:topParties]
	}
	for _, l := range rows {
		label, note := l.name, ""
		if name == "objectives" || name == "coverage" {
			label = l.code + " " + l.name
		}
		switch {
		case name == "kinds":
			note = l.mark
		case l.mark != "":
			label += " · " + l.mark
		}
		row := chart.StandaloneRow{Label: label, Note: note, Values: l.counts, Texts: l.texts}
		for _, n := range l.counts {
			row.Texts = append(row.Texts, r.Count(n))
		}
		d.Rows = append(d.Rows, row)
	}
	return d.SVG()
}

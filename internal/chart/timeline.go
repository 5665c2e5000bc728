package chart

import (
	"html/template"
	"strconv"
	"unicode/utf8"
)

// Timeline is a row of columns, one for each year or month, with events marked, and the same
// numbers as a table folded up beneath. Time runs in the direction of reading: in a
// right-to-left page the oldest column stands at the right, as the axis of an Arabic
// publication does, and the numbers on it are written as anywhere. Widths are percentages and
// heights are pixels, so the text keeps its size on a narrow screen.
type Timeline struct {
	ID      string
	Name    string // accessible name
	Desc    string
	RTL     bool
	Columns []Column
	Events  []Event
	Twin    Twin // Rows are filled from the columns where there are none
}

// Column is one period.
type Column struct {
	Axis      string // label under the column: "2022"
	Period    string // label in the table, empty = Axis: "May 2022"
	Value     int
	ValueText string // localised; empty = the plain number
	Href      string
	Label     string // "2022: 41 pledges"
	Class     string
}

// Event is a moment marked on the axis.
type Event struct {
	At    float64 // in columns from the start: 2.4 lies within the third column
	Label string
	Href  string
}

// Measures of a timeline in pixels.
const (
	tlPlot   = 140.0 // height of the tallest column
	tlEvent  = 20.0  // height of a row of event labels
	tlValue  = 18.0  // room for the number on a column
	tlAxis   = 24.0  // room for the labels of the axis
	tlNarrow = 272   // the narrowest drawing: a window of 320 less its margins
	tlGlyph  = 7.5   // width of a letter of a label, on the safe side
	tlMany   = 24    // from this many columns on, not every one is labelled
)

// HTML draws the timeline and its table.
func (t Timeline) HTML() template.HTML {
	var p page
	n := len(t.Columns)
	if n == 0 {
		return ""
	}
	role, top := "img", 1
	for _, c := range t.Columns {
		top = max(top, c.Value)
		if safe(c.Href) != "" {
			role = "group"
		}
	}
	rows := t.eventRows()
	levels := 0
	for i, e := range t.Events {
		levels = max(levels, rows[i]+1)
		if safe(e.Href) != "" {
			role = "group"
		}
	}
	base := float64(levels)*tlEvent + tlValue + tlPlot
	p.raw(`<svg class="timeline" width="100%" height="`, num(base+tlAxis), `" role="`, role, `"`)
	p.attr("id", t.ID)
	p.attr("aria-label", t.Name)
	if t.Desc != "" && t.ID != "" {
		p.attr("aria-describedby", t.ID+"-desc")
	}
	p.raw(">")
	if t.Desc != "" {
		p.raw("<desc")
		if t.ID != "" {
			p.attr("id", t.ID+"-desc")
		}
		p.raw(">")
		p.text(t.Desc)
		p.raw("</desc>")
	}
	for i, e := range t.Events {
		t.event(&p, e, float64(rows[i])*tlEvent, base)
	}
	p.raw(`<line class="base" x1="0" x2="100%" y1="`, num(base), `" y2="`, num(base), `"/>`)
	every := (n + 5) / 6
	for i, c := range t.Columns {
		t.column(&p, i, c, top, base)
	}
	// The figures stand apart: a column's link is named by its label, which says them in words.
	p.raw(`<g class="figures" aria-hidden="true">`)
	for i, c := range t.Columns {
		t.figures(&p, i, c, base-t.height(c, top), base, every)
	}
	p.raw("</g></svg>")
	twin := t.Twin
	if twin.Rows == nil {
		for _, c := range t.Columns {
			period := c.Period
			if period == "" {
				period = c.Axis
			}
			twin.Rows = append(twin.Rows, TwinRow{Label: period, Href: c.Href, Cells: []string{c.text()}})
		}
	}
	p.raw(string(twin.HTML()))
	return p.html()
}

func (c Column) text() string { return Bar{Value: c.Value, ValueText: c.ValueText}.text() }

// x is the place of a moment, in percent from the left edge.
func (t Timeline) x(columns float64) float64 {
	at := columns / float64(len(t.Columns)) * 100
	if t.RTL {
		return 100 - at
	}
	return at
}

// height of a column in pixels: nothing for none, and something to see for any other value.
func (t Timeline) height(c Column, top int) float64 {
	if c.Value <= 0 {
		return 0
	}
	return max(1.5, float64(c.Value)/float64(top)*tlPlot)
}

func (t Timeline) column(p *page, i int, c Column, top int, base float64) {
	n := len(t.Columns)
	width := min(9, 72/float64(n))
	mid := t.x(float64(i) + 0.5)
	height := t.height(c, top)
	link := p.open(c.Href, "aria-label", c.Label)
	if !link {
		p.raw("<g>")
	}
	p.element("title", c.Label)
	// The whole height of the slot answers the pointer, also over an empty period.
	p.raw(`<rect class="slot" x="`, pct(mid-50/float64(n)), `" y="`, num(base-tlPlot-tlValue), `" width="`, pct(100/float64(n)), `" height="`, num(tlPlot+tlValue+tlAxis), `"/>`)
	if height > 0 {
		p.raw("<rect")
		p.class("col", c.Class)
		p.raw(` x="`, pct(mid-width/2), `" y="`, num(base-height), `" width="`, pct(width), `" height="`, num(height), `"/>`)
	}
	if link {
		p.raw("</a>")
	} else {
		p.raw("</g>")
	}
}

// figures writes the number over a column whose top is at y, and the label under it.
func (t Timeline) figures(p *page, i int, c Column, y, base float64, every int) {
	n := len(t.Columns)
	mid := t.x(float64(i) + 0.5)
	if n < tlMany {
		p.raw(`<text`)
		p.class("value", when(c.Value == 0, "none"), when(n > 12, "spare"))
		p.raw(` x="`, pct(mid), `" y="`, num(y-5), `">`)
		p.text(c.text())
		p.raw("</text>")
	}
	// On a narrow screen only every so many labels are shown, counted back from the newest.
	if keep := (n-1-i)%every == 0; keep || n < tlMany {
		p.raw("<text")
		at, edge := mid, ""
		if n >= tlMany && i == n-1 { // a long label under a thin last column would run out of the page
			at, edge = t.x(float64(n)), "edge"
		}
		p.class("axis", edge, when(!keep, "spare"))
		p.raw(` x="`, pct(at), `" y="`, num(base+17), `">`)
		p.text(c.Axis)
		p.raw("</text>")
	}
}

// eventRows gives each event a row of its own as long as its label might run into another.
func (t Timeline) eventRows() []int {
	rows := make([]int, len(t.Events))
	for i := range t.Events {
		taken := map[int]bool{}
		from, to := t.reach(t.Events[i])
		for j := range i {
			if a, b := t.reach(t.Events[j]); from < b && a < to {
				taken[rows[j]] = true
			}
		}
		for taken[rows[i]] {
			rows[i]++
		}
	}
	return rows
}

// reach is how far a label may extend on the narrowest screen, in parts of the width, counted
// in the direction of reading; a gap to the next one is in it.
func (t Timeline) reach(e Event) (from, to float64) {
	at := e.At / float64(len(t.Columns))
	length := (float64(utf8.RuneCountInString(e.Label))*tlGlyph + 12) / tlNarrow
	if t.turned(e) {
		return at - length, at
	}
	return at, at + length
}

// turned says that a label stands before its line, where there is more room.
func (t Timeline) turned(e Event) bool { return e.At > float64(len(t.Columns))*0.6 }

// event draws a dashed line with its label on the side where there is more room.
func (t Timeline) event(p *page, e Event, y, base float64) {
	at := t.x(e.At)
	anchor, shift := "start", 5
	if t.turned(e) {
		anchor, shift = "end", -5
	}
	if t.RTL {
		shift = -shift
	}
	p.raw(`<line class="event" x1="`, pct(at), `" x2="`, pct(at), `" y1="`, num(y+4), `" y2="`, num(base), `"/>`)
	link := p.open(e.Href)
	p.raw(`<text class="event" x="`, pct(at), `" y="`, num(y+14), `" dx="`, strconv.Itoa(shift), `" text-anchor="`, anchor, `">`)
	p.text(e.Label)
	p.raw("</text>")
	if link {
		p.raw("</a>")
	}
}

func when(cond bool, s string) string {
	if cond {
		return s
	}
	return ""
}

// Twin is the table that says in words what a drawing shows, folded up beneath it.
type Twin struct {
	Summary string // what unfolds it: "As a table"; empty = no table
	Caption string
	Head    []string
	Rows    []TwinRow
	Open    bool // unfolded: there is no drawing above it
	Rest    Rest
}

// Rest is what a table has nothing on, folded up below it.
type Rest struct {
	Summary string // what unfolds it: "States without a pledge: 158"; empty = nobody
	Rows    []TwinRow
}

// TwinRow is one row; Cells go with the heads after the first.
type TwinRow struct {
	Label string
	Href  string
	Cells []string
}

// HTML draws the folded table.
func (t Twin) HTML() template.HTML {
	if t.Summary == "" {
		return ""
	}
	var p page
	p.raw(`<details class="twin"`)
	if t.Open {
		p.raw(" open")
	}
	p.raw(">")
	p.element("summary", t.Summary)
	p.raw(`<div class="scroll" tabindex="0" role="group"`)
	p.attr("aria-label", t.Caption)
	p.raw(`><table>`)
	p.element("caption", t.Caption)
	p.raw("<thead><tr>")
	for _, h := range t.Head {
		p.raw(`<th scope="col">`)
		p.text(h)
		p.raw("</th>")
	}
	p.raw("</tr></thead><tbody>")
	for _, r := range t.Rows {
		p.raw(`<tr><th scope="row">`)
		link := p.open(r.Href)
		p.text(r.Label)
		if link {
			p.raw("</a>")
		}
		p.raw("</th>")
		for _, c := range r.Cells {
			p.raw(`<td class="n">`)
			p.text(c)
			p.raw("</td>")
		}
		p.raw("</tr>")
	}
	p.raw("</tbody></table></div>")
	if t.Rest.Summary != "" {
		p.raw("<details>")
		p.element("summary", t.Rest.Summary)
		p.raw("<ul>")
		for _, r := range t.Rest.Rows {
			p.raw("<li>")
			link := p.open(r.Href)
			p.text(r.Label)
			if link {
				p.raw("</a>")
			}
			p.raw("</li>")
		}
		p.raw("</ul></details>")
	}
	p.raw("</details>")
	return p.html()
}

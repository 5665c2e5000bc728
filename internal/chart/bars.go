package chart

import (
	"html/template"
	"math"
	"strconv"
	"unicode"
)

// Bars is a table of numbers with a bar in each row. It is a table first: the bar is hidden
// from screen readers, a row with none is listed as well, and the numbers stand aligned.
type Bars struct {
	ID       string
	Caption  template.HTML
	Head     Head
	ShowHead bool // otherwise the column heads are there for screen readers only
	Top      int  // the value of a full bar; 0 = the largest of the rows. Give tables that are compared the same one.
	Digits   int  // room for the numbers; 0 = what the rows need. Give tables that are compared the same one.
	Rows     []Bar
	Scale    func(top int) template.HTML // says what a full bar stands for, beneath the caption; nil: said elsewhere
}

// Head names the columns. Share is used only where a row has one.
type Head struct{ Label, Value, Share string }

// Bar is one row.
type Bar struct {
	Group     template.HTML // heading above the first row of a group of rows
	No        string        // a number that goes before the label: "14"
	Label     template.HTML
	Href      string
	Value     int
	ValueText string // localised; empty = the plain number
	Share     string // "21 of 23", "12%"
	ShareHref string
	Other     *Other // a second value to compare with
	Note      template.HTML
	Class     string // class of the row: "inferred", "q3"
	Current   bool   // this row is the filter now set
}

// Other is the second value of a row: drawn as a thin line under the bar.
type Other struct {
	Value int
	Text  string // "2022: 14"
}

// HTML draws the table.
func (b Bars) HTML() template.HTML {
	var p page
	p.Grow(512 + 400*len(b.Rows))
	top, digits, share := b.Top, b.Digits, false
	for i := range b.Rows {
		r := &b.Rows[i]
		if b.Top == 0 {
			top = max(top, r.Value)
			if r.Other != nil {
				top = max(top, r.Other.Value)
			}
		}
		digits = max(digits, r.Room())
		share = share || r.Share != ""
	}
	p.raw("<table")
	p.attr("id", b.ID)
	columns := "two"
	if share {
		columns = ""
	}
	p.class("bars", "w"+strconv.Itoa(min(digits, 9)), columns)
	p.raw(">")
	if b.Caption != "" {
		p.raw("<caption>", string(b.Caption))
		if b.Scale != nil {
			p.raw(" ", string(b.Scale(max(1, top))))
		}
		p.raw("</caption>")
	}
	if !share {
		p.raw("<colgroup><col/><col/></colgroup>")
	}
	p.raw("<thead")
	if !b.ShowHead {
		p.class("unseen")
	}
	p.raw(`><tr><th scope="col">`)
	p.text(b.Head.Label)
	p.raw(`</th><th scope="col">`)
	p.text(b.Head.Value)
	p.raw("</th>")
	if share {
		p.raw(`<th scope="col" class="share">`)
		p.text(b.Head.Share)
		p.raw("</th>")
	}
	p.raw("</tr></thead><tbody>")
	for i, r := range b.Rows {
		if r.Group != "" {
			if i > 0 {
				p.raw("</tbody><tbody>")
			}
			p.raw(`<tr class="sub"><th scope="rowgroup" colspan="`, strconv.Itoa(2+btoi(share)), `">`, string(r.Group), "</th></tr>")
		}
		r.write(&p, top, share)
	}
	p.raw("</tbody></table>")
	return p.html()
}

func (r Bar) text() string {
	if r.ValueText == "" {
		return strconv.Itoa(r.Value)
	}
	return r.ValueText
}

// Room is the width of the number in digits. A word for none is set smaller, and its letters
// are as wide as those of its script.
func (r Bar) Room() int {
	text := r.text()
	width := 0.0
	for _, c := range text {
		switch {
		case r.Value != 0 || unicode.IsDigit(c):
			width++
		case unicode.Is(unicode.Han, c):
			width += 1.5
		case unicode.Is(unicode.Arabic, c): // it begins where numbers begin, and goes on where no bar is
		default:
			width += 0.8
		}
	}
	return max(1, int(math.Ceil(width-1e-9)))
}

func (r Bar) write(p *page, top int, share bool) {
	zero := ""
	if r.Value == 0 {
		zero = "none"
	}
	p.raw("<tr")
	p.class(r.Class, zero)
	p.raw(`><th scope="row">`)
	current := ""
	if r.Current {
		current = "true"
	}
	link := p.open(r.Href, "aria-current", current)
	if !link {
		p.raw("<span")
		p.attr("aria-current", current)
		p.raw(">")
	}
	if r.No != "" {
		p.raw(`<span class="no">`)
		p.text(r.No)
		p.raw("</span> ")
	}
	p.raw(`<span class="label">`, string(r.Label), "</span>")
	if link {
		p.raw("</a>")
	} else {
		p.raw("</span>")
	}
	if r.Note != "" {
		p.raw(`<small class="note">`, string(r.Note), "</small>")
	}
	p.raw(`</th><td><span class="v"><span class="n">`)
	if r.Value == 0 {
		p.element("small", r.text())
	} else {
		p.text(r.text())
	}
	p.raw(`</span><svg class="bar" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">`)
	height := "12"
	if r.Other != nil {
		height = "8"
	}
	if w := length(r.Value, top); w > 0 {
		p.raw(`<rect width="`, num(w), `" height="`, height, `"/>`)
	}
	if r.Other != nil {
		if w := length(r.Other.Value, top); w > 0 {
			p.raw(`<rect class="other" y="9.5" width="`, num(w), `" height="2.5"/>`)
		}
	}
	p.raw("</svg></span>")
	if r.Other != nil && r.Other.Text != "" {
		p.raw(`<small class="note">`)
		p.text(r.Other.Text)
		p.raw("</small>")
	}
	p.raw("</td>")
	if share {
		p.raw(`<td class="share">`)
		link := p.open(r.ShareHref)
		p.text(r.Share)
		if link {
			p.raw("</a>")
		}
		p.raw("</td>")
	}
	p.raw("</tr>")
}

// length of a bar in percent of the full one: nothing for none, and something to see for any
// other value.
func length(v, top int) float64 {
	if v <= 0 || top <= 0 {
		return 0
	}
	return max(1, min(100, float64(v)/float64(top)*100))
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

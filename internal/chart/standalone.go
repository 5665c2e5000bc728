package chart

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Standalone is a drawing that leaves the site: a whole SVG file with its title and its source
// inside, in plain attributes (a viewer may refuse style sheets), readable on paper.
type Standalone struct {
	Lang, Dir string
	Title     string
	Notice    []string // what has to be known first: that the data are made up, or not all
	Source    []string // what it counts, filters, date, register, address, licence
	Of        string   // heads the names, in a table
	Head      []string // names of the columns, where there are several
	Rows      []StandaloneRow
	Plain     bool   // a table: numbers that are not to be drawn against each other
	Top       int    // the value of a full bar; 0 = the largest of the rows
	Map       *World // drawn instead of the rows; links are left out
	Legend    func(Step) string
}

// StandaloneRow is a name with its numbers: one is drawn as a bar, several as a row of cells.
type StandaloneRow struct {
	Label  string
	Note   string // said beneath the label, of one that is drawn as a bar
	Values []int
	Texts  []string
}

// Ink, paper and the ramp, as on a light page.
const (
	inkColor, softColor, hairColor, barColor = "#14203a", "#55617a", "#d9dee8", "#3b7fb0"
	saWidth, saMargin, saLabel, saLine       = 960.0, 24.0, 330.0, 20.0
	saGlyph                                  = 7.6 // width of a letter of 14 px, on the safe side
	saLetters                                = 43  // of a label on one line
)

var ramp = map[string]string{"q0": "#dfe4ec", "q1": "#bcd5ea", "q2": "#92bcda", "q3": "#5c99c2", "q4": "#2c74a6", "q5": "#0c4a7a"}

// sheet is a drawing in the making; x runs in the direction of reading.
type sheet struct {
	page
	rtl bool
	y   float64
}

func (s *sheet) x(x float64) float64 {
	if s.rtl {
		return saWidth - x
	}
	return x
}

func (s *sheet) say(x, y float64, text, size, fill, weight, anchor string) {
	s.raw(`<text x="`, num(s.x(x)), `" y="`, num(y), `" font-size="`, size, `" fill="`, fill, `"`)
	s.attr("font-weight", weight)
	s.attr("text-anchor", anchor)
	s.raw(">")
	if s.rtl {
		text = isolated(text)
	}
	s.text(text)
	s.raw("</text>")
}

func (s *sheet) box(x, y, w, h float64, rest string) {
	left := s.x(x)
	if s.rtl {
		left -= w
	}
	s.raw(`<rect x="`, num(left), `" y="`, num(y), `" width="`, num(w), `" height="`, num(h), `" `, rest, `/>`)
}

// SVG draws the file.
func (d Standalone) SVG() []byte {
	s := &sheet{rtl: d.Dir == "rtl", y: saMargin}
	for _, line := range wrap(d.Title, 60) {
		s.y += 26
		s.say(saMargin, s.y, line, "22", inkColor, "600", "")
	}
	for _, line := range d.Notice {
		for _, part := range wrap(line, 110) {
			s.y += 20
			s.say(saMargin, s.y, part, "14", inkColor, "600", "")
		}
	}
	s.y += 24
	switch {
	case d.Map != nil && d.Map.Map != nil:
		s.world(*d.Map, d.Legend)
	case d.Plain:
		d.table(s)
	case len(d.Head) > 1:
		d.cells(s)
	default:
		d.bars(s)
	}
	s.y += 12
	for _, line := range d.Source {
		for _, part := range wrap(line, 125) {
			s.y += 18
			s.say(saMargin, s.y, part, "12", softColor, "", "")
		}
	}
	s.y += saMargin
	var p page
	p.raw(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	p.raw(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 `, num(saWidth), " ", num(s.y), `" width="`, num(saWidth), `" height="`, num(s.y), `" role="img" font-family="system-ui, 'Noto Sans', 'Noto Sans Arabic', 'Noto Sans SC', sans-serif"`)
	p.attr("xml:lang", d.Lang)
	p.raw(">")
	p.element("title", d.Title)
	p.element("desc", strings.Join(slices.Concat(d.Notice, d.Source), " "))
	p.raw(`<rect width="100%" height="100%" fill="#fff"/><g`)
	p.attr("direction", d.Dir) // on the whole, viewers would begin at the other end
	p.raw(">", s.String(), "</g></svg>\n")
	return []byte(p.String())
}

func (d Standalone) bars(s *sheet) {
	top, digits := max(1, d.Top), 1
	for _, r := range d.Rows {
		top = max(top, r.Values[0])
		digits = max(digits, utf8.RuneCountInString(r.Texts[0]))
	}
	const from = saMargin + saLabel + 76
	for _, r := range d.Rows {
		lines := wrap(r.Label, saLetters)
		for i, line := range lines {
			s.say(saMargin, s.y+15+float64(i)*saLine, line, "14", inkColor, "", "")
		}
		if s.rtl { // digits run from left to right all the same, and units stand below units
			s.say(from-12-float64(digits)*saGlyph, s.y+15, r.Texts[0], "14", inkColor, "", "")
		} else {
			s.say(from-12, s.y+15, r.Texts[0], "14", inkColor, "", "end")
		}
		if n := r.Values[0]; n > 0 {
			s.box(from, s.y+3, max(2, float64(n)/float64(top)*(saWidth-saMargin-from)), 15, `fill="`+barColor+`"`)
		}
		if r.Note != "" {
			s.say(saMargin, s.y+14+float64(len(lines))*saLine, r.Note, "12", softColor, "", "")
			lines = append(lines, r.Note)
		}
		s.rule(len(lines))
	}
}

// table writes names and numbers, and draws nothing but the lines between the rows.
func (d Standalone) table(s *sheet) {
	const from, width = saMargin + saLabel - 120, 190.0
	end := func(i int) float64 { return from + float64(i+1)*width }
	number := func(i int, y float64, text, size, fill string) {
		if s.rtl { // digits run from left to right all the same, and units stand below units
			s.say(end(i)-width*3/4, y, text, size, fill, "", "")
			return
		}
		s.say(end(i), y, text, size, fill, "", "end")
	}
	s.say(saMargin, s.y+12, d.Of, "12", softColor, "", "")
	for i, name := range d.Head {
		number(i, s.y+12, name, "12", softColor)
	}
	s.y += 24
	s.box(saMargin, s.y-3, end(len(d.Head)-1)-saMargin, 1, `fill="`+inkColor+`"`)
	for _, r := range d.Rows {
		s.say(saMargin, s.y+15, r.Label, "14", inkColor, "", "")
		for i, text := range r.Texts {
			number(i, s.y+15, text, "14", inkColor)
		}
		s.y += saLine + 7
		s.box(saMargin, s.y-3, end(len(d.Head)-1)-saMargin, 1, `fill="`+hairColor+`"`)
	}
}

func (s *sheet) rule(lines int) {
	s.y += float64(lines)*saLine + 7
	s.box(saMargin, s.y-3, saWidth-2*saMargin, 1, `fill="`+hairColor+`"`)
}

func (d Standalone) cells(s *sheet) {
	var all []int
	for _, r := range d.Rows {
		all = append(all, r.Values...)
	}
	scale := NewScale(all)
	width := (saWidth - 2*saMargin - saLabel) / float64(len(d.Head))
	most := 0
	for i, name := range d.Head {
		lines := wrap(name, int(width/6.6)-1)
		most = max(most, len(lines))
		for k, line := range lines {
			s.say(saMargin+saLabel+float64(i)*width, s.y+12+float64(k)*15, line, "12", softColor, "", "")
		}
	}
	s.y += float64(most)*15 + 8
	for _, r := range d.Rows {
		lines := wrap(r.Label, saLetters)
		for i, line := range lines {
			s.say(saMargin, s.y+15+float64(i)*saLine, line, "14", inkColor, "", "")
		}
		for i, n := range r.Values {
			x, fill := saMargin+saLabel+float64(i)*width, inkColor
			if n > 0 {
				s.box(x, s.y+4, 12, 12, `fill="`+ramp[scale.Class(n)]+`"`)
			} else {
				fill = softColor
				s.box(x+1, s.y+5, 10, 10, `fill="none" stroke="`+softColor+`" stroke-dasharray="2 2"`)
			}
			s.say(x+20, s.y+15, r.Texts[i], "14", fill, "", "")
		}
		s.rule(len(lines))
	}
}

// world draws the map with the classes turned into colours.
func (s *sheet) world(w World, legend func(Step) string) {
	for code, state := range w.States {
		state.Href = ""
		w.States[code] = state
	}
	for i := range w.Dots {
		w.Dots[i].Href = ""
	}
	w.ID, w.Desc = "", ""
	pairs := []string{
		`class="area"`, `fill="#f5f7fa" stroke="` + hairColor + `" stroke-width=".5"`,
		`class="undetermined"`, `fill="none" stroke="` + softColor + `" stroke-dasharray="2 2"`,
		`class="dot"`, `fill="#b4470e" stroke="#fff"`,
		`class="land"`, `stroke="#fff" stroke-width=".5"`, `class="small"`, `stroke="` + softColor + `"`, `class="linked"`, "", `class="without"`, "",
	}
	for class, color := range ramp {
		pairs = append(pairs, `class="`+class+`"`, `fill="`+color+`" fill-rule="evenodd"`)
	}
	height := (saWidth - 2*saMargin) * w.Map.View[1] / w.Map.View[0]
	drawn := strings.Replace(string(w.HTML()), "<svg ", `<svg x="`+num(saMargin)+`" y="`+num(s.y)+`" width="`+num(saWidth-2*saMargin)+`" height="`+num(height)+`" `, 1)
	s.raw(strings.NewReplacer(pairs...).Replace(drawn))
	s.y += height + 12
	x := saMargin
	for _, step := range w.Scale.Steps() {
		label := legend(step)
		s.box(x, s.y, 18, 12, `fill="`+ramp[step.Class]+`"`)
		s.say(x+24, s.y+11, label, "12", softColor, "", "")
		x += 36 + float64(utf8.RuneCountInString(label))*saGlyph + 12
	}
	s.y += 16
}

// isolated sets apart what runs from left to right in a line that runs the other way (names in
// Latin letters, addresses, hashes), so that the signs at its ends stay there: each run of such
// words between LEFT-TO-RIGHT ISOLATE and POP DIRECTIONAL ISOLATE. Signs of the sentence after it
// stay outside. A line without a letter of the other kind, such as a part of a long name, is one run.
func isolated(line string) string {
	if leftToRight(line) {
		return "\u2066" + line + "\u2069"
	}
	words := strings.Split(line, " ")
	for i := 0; i < len(words); i++ {
		if !leftToRight(words[i]) {
			continue
		}
		last := i
		for last+1 < len(words) && leftToRight(words[last+1]) {
			last++
		}
		start := strings.IndexFunc(words[i], func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
		run := strings.Join(words[i:last+1], " ")[start:]
		kept := unsigned(run)
		end := len(words[last]) - (len(run) - len(kept))
		if i == last && end <= start {
			continue
		}
		words[last] = words[last][:end] + "\u2069" + words[last][end:]
		words[i] = words[i][:start] + "\u2066" + words[i][start:]
		i = last
	}
	return strings.Join(words, " ")
}

// unsigned takes the signs of the sentence from the end of a run, but not the bracket that closes one of its own.
func unsigned(run string) string {
	for {
		last := strings.TrimRight(run, ".,;:!?")
		if !strings.HasSuffix(last, ")") || strings.Count(last, "(") >= strings.Count(last, ")") {
			return last
		}
		run = strings.TrimSuffix(last, ")")
	}
}

// leftToRight reports whether a word has Latin letters and none of a script that runs from right to left.
func leftToRight(word string) bool {
	return strings.ContainsFunc(word, func(r rune) bool { return unicode.Is(unicode.Latin, r) }) &&
		!strings.ContainsFunc(word, func(r rune) bool { return unicode.In(r, unicode.Arabic, unicode.Hebrew) })
}

// wrap breaks a text into lines of at most so many letters, between words; what has no spaces
// (Chinese, an address) is broken anywhere.
func wrap(text string, limit int) []string {
	limit = max(limit, 8)
	var lines []string
	line := ""
	width := func(s string) (n int) {
		for _, r := range s {
			if n++; r >= 0x2e80 { // a letter of Chinese is as wide as two
				n++
			}
		}
		return n
	}
	flush := func() {
		if line != "" {
			lines, line = append(lines, line), ""
		}
	}
	for _, word := range strings.Fields(text) {
		if line != "" && width(line)+1+width(word) > limit {
			flush()
		}
		if line != "" {
			line += " "
		}
		for _, r := range word {
			if width(line)+width(string(r)) > limit {
				flush()
			}
			line += string(r)
		}
	}
	flush()
	return lines
}

// Package chart draws numbers as accessible HTML and SVG: bars on real tables, a matrix, a
// timeline with its table twin, a world map, status marks. It knows nothing of pledges: the
// caller gives values, localised texts and links, and gets markup that carries classes only
// (no style attribute, no script), so that it stands under a strict content policy.
// chart.css beside it is the look.
package chart

import (
	"cmp"
	"html/template"
	"slices"
	"strconv"
	"strings"
)

// page collects markup; text and attribute values go in escaped.
type page struct{ strings.Builder }

// raw writes markup of ours as it is.
func (p *page) raw(parts ...string) {
	for _, s := range parts {
		p.WriteString(s)
	}
}

func (p *page) text(s string) { p.WriteString(template.HTMLEscapeString(s)) }

// attr writes ` name="value"`, and nothing where the value is empty.
func (p *page) attr(name, value string) {
	if value != "" {
		p.raw(" ", name, `="`, template.HTMLEscapeString(value), `"`)
	}
}

// class writes the class attribute of the names that are not empty.
func (p *page) class(names ...string) {
	names = slices.DeleteFunc(names, func(s string) bool { return s == "" })
	p.attr("class", strings.Join(names, " "))
}

// element writes `<name>escaped text</name>`, and nothing where the text is empty.
func (p *page) element(name, text string) {
	if text != "" {
		p.raw("<", name, ">")
		p.text(text)
		p.raw("</", name, ">")
	}
}

// open writes `<a href …>` where there is a link and reports whether it did.
func (p *page) open(href string, attrs ...string) bool {
	if href = safe(href); href == "" {
		return false
	}
	p.raw("<a")
	p.attr("href", href)
	for i := 0; i+1 < len(attrs); i += 2 {
		p.attr(attrs[i], attrs[i+1])
	}
	p.raw(">")
	return true
}

func (p *page) html() template.HTML { return template.HTML(p.String()) }

// safe lets through links within the site and to the web, and drops any other scheme.
func safe(href string) string {
	switch scheme, _, found := strings.Cut(href, ":"); {
	case !found, strings.ContainsAny(scheme, "/?#"):
		return href
	case strings.EqualFold(scheme, "https"), strings.EqualFold(scheme, "http"):
		return href
	}
	return ""
}

// num writes a measure with at most one decimal: no more is seen.
func num(v float64) string {
	s := strconv.FormatFloat(v, 'f', 1, 64)
	return strings.TrimSuffix(s, ".0")
}

// pct writes a percentage with at most two decimals.
func pct(v float64) string {
	s := strings.TrimRight(strconv.FormatFloat(v, 'f', 2, 64), "0")
	return strings.TrimSuffix(s, ".") + "%"
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

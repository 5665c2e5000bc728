package lang

import (
	"html/template"
	"strings"
)

// Isolate sets a name, a number or any text of unknown direction apart from the sentence
// around it, where there is no markup (titles, mail subjects, CSV notes): between FIRST STRONG
// ISOLATE and POP DIRECTIONAL ISOLATE. Embedding, override and isolate controls inside s are
// dropped, because a stray one would reach out of the isolate.
func Isolate(s string) string {
	if s == "" {
		return ""
	}
	return "\u2068" + strings.Map(dropBidi, s) + "\u2069"
}

// Bdi is Isolate for HTML: the escaped text inside a bdi element.
func Bdi(s string) template.HTML {
	return template.HTML("<bdi>" + template.HTMLEscapeString(strings.Map(dropBidi, s)) + "</bdi>")
}

// dropBidi removes the paired bidi controls of Unicode (U+202A–202E, U+2066–2069); the marks
// LRM, RLM and ALM have no pair and stay.
func dropBidi(r rune) rune {
	if r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 {
		return -1
	}
	return r
}

package chart

import "html/template"

// marks are the status signs: a shape for each stage, so that colour is never the only sign.
// They grow fuller as the work advances; what was given up is crossed by a bar.
var marks = map[string]string{
	"unreported":   `<circle cx="7" cy="7" r="5" fill="none" stroke="currentColor" stroke-width="1.8" stroke-dasharray="1.2 2.727" stroke-linecap="round"/>`,
	"planning":     `<circle cx="7" cy="7" r="5" fill="none" stroke="currentColor" stroke-width="1.8"/>`,
	"in_progress":  `<circle cx="7" cy="7" r="5" fill="none" stroke="currentColor" stroke-width="1.8"/><path fill="currentColor" d="M2 7a5 5 0 0 0 10 0z"/>`,
	"fulfilled":    `<circle cx="7" cy="7" r="5.9" fill="currentColor"/>`,
	"discontinued": `<circle cx="7" cy="7" r="5" fill="none" stroke="currentColor" stroke-width="1.8"/><path fill="none" stroke="currentColor" stroke-width="1.8" d="M3.5 10.5l7-7"/>`,
}

// Stages lists the stages that have a mark, in the order of advance.
func Stages() []string {
	return []string{"unreported", "planning", "in_progress", "fulfilled", "discontinued"}
}

// Mark is the sign of a stage, hidden from screen readers: the word always stands beside it.
// A stage without a sign gets none.
func Mark(stage string) template.HTML {
	shape, ok := marks[stage]
	if !ok {
		return ""
	}
	return template.HTML(`<svg class="mark mark-` + stage + `" viewBox="0 0 14 14" width="14" height="14" aria-hidden="true">` + shape + `</svg>`)
}

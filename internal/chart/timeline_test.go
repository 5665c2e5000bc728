package chart_test

import (
	"regexp"
	"testing"

	"stocktake/internal/chart"
)

// On the narrowest screen long labels stand in rows of their own; short ones share one.
func TestLabelsOfEventsDoNotTouch(t *testing.T) {
	for _, c := range []struct {
		name, first, second string
		rows                int
	}{
		{"short", "F 2022", "F 2026", 1},
		{"long", "Forum d’examen 2022", "Forum d’examen 2026", 2},
	} {
		for _, rtl := range []bool{false, true} {
			tl := chart.Timeline{RTL: rtl, Columns: make([]chart.Column, 5), Events: []chart.Event{{At: 0.4, Label: c.first}, {At: 4.3, Label: c.second}}}
			rows := map[string]bool{}
			for _, m := range regexp.MustCompile(`<text class="event" x="[^"]*" y="(\d+)"`).FindAllStringSubmatch(string(tl.HTML()), -1) {
				rows[m[1]] = true
			}
			if len(rows) != c.rows {
				t.Errorf("%s, right to left %v: %d rows, want %d", c.name, rtl, len(rows), c.rows)
			}
		}
	}
}

package browser

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Finding is a rule of axe-core that some elements break, or may break.
type Finding struct {
	ID     string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Nodes  []struct {
		Target  []any  `json:"target"`
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

func (f Finding) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s): %s; %d elements", f.ID, f.Impact, f.Help, len(f.Nodes))
	for i, n := range f.Nodes {
		if i == 4 {
			b.WriteString("\n    …")
			break
		}
		markup := n.HTML
		if len(markup) > 160 {
			markup = markup[:160] + "…"
		}
		fmt.Fprintf(&b, "\n    %v\n      %s\n      %s", n.Target, markup, strings.Join(strings.Fields(n.Summary), " "))
	}
	return b.String()
}

// Tags are the rules that we hold ourselves to.
var Tags = []string{"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"}

// Axe runs axe-core, given as its source, on the page: violations, and what a person has to
// decide.
func (t *Tab) Axe(source string) (violations, incomplete []Finding) {
	t.tb.Helper()
	if !Value[bool](t, `typeof axe === "object"`) {
		t.Inject(source)
	}
	tags, err := json.Marshal(Tags)
	t.check(err)
	out := Value[struct{ Violations, Incomplete []Finding }](t, fmt.Sprintf(`axe.run(document, {
		runOnly: {type: "tag", values: %s},
		resultTypes: ["violations", "incomplete"],
		preload: false,
	}).then(r => ({violations: r.violations, incomplete: r.incomplete}))`, tags))
	return out.Violations, out.Incomplete
}

// Sound holds the page in front to what is true of every page: with everything unfolded it lacks
// no words, has one title, is no wider than the window and has nothing for axe-core to find.
func (t *Tab) Sound(axe, what string) {
	t.tb.Helper()
	t.Run(`document.querySelectorAll("details").forEach(d => { d.open = true; })`)
	if text := Value[string](t, `document.body.innerText`); strings.Contains(text, "⟦") {
		t.tb.Errorf("%s lacks words: %s", what, text)
	}
	if n := Value[int](t, `document.querySelectorAll("h1").length`); n != 1 {
		t.tb.Errorf("%s has %d titles", what, n)
	}
	if over := Value[int](t, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
		t.tb.Errorf("%s is %d too wide", what, over)
	}
	violations, _ := t.Axe(axe)
	for _, v := range violations {
		t.tb.Errorf("%s\n  %s", what, v)
	}
}

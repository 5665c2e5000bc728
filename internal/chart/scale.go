package chart

import (
	"html/template"
	"strconv"
)

// Scale puts counts into the classes q0 to q5 of the sequential ramp. q0 is zero and nothing
// else: "none" never looks like "a few". The zero Scale knows only q0 and q5.
type Scale struct {
	from  [5]int // from[i] is the lowest value of q(i+1); 0 = class not used
	exact bool   // each class is one value
}

// Step is one class of a scale, for a legend.
type Step struct {
	Class    string // "q0" … "q5"
	From, To int    // both included; To = -1 for the last step where it is open
}

// NewScale chooses the steps from the values to be shown. Up to five values that are not zero
// get a class each; otherwise the steps are round numbers (1, 2, 5, 10, 20 …) that grow by about
// the same factor, because counts of this kind are skewed. The same values give the same steps.
func NewScale(values []int) Scale {
	top := 0
	for _, v := range values {
		top = max(top, v)
	}
	// Few steps use the ramp from both ends, so that the difference is seen.
	ramps := [6][]int{{}, {3}, {1, 4}, {1, 3, 5}, {1, 2, 4, 5}, {1, 2, 3, 4, 5}}
	var s Scale
	if top <= 5 {
		s.exact = true
		for i, q := range ramps[top] {
			s.from[q-1] = i + 1
		}
		return s
	}
	steps := roundSteps(top)
	for i, q := range ramps[len(steps)] {
		s.from[q-1] = steps[i]
	}
	return s
}

// roundSteps gives the lower bounds of the classes, four or five, for a largest value of 6 or
// more: 1, 2, 3–4, 5–9, 10 and more as long as the values are few, then five of the series
// 1, 2, 5, 10, 20 … at about the same factor, the last of which leaves room above it.
func roundSteps(top int) []int {
	switch {
	case top < 10:
		return []int{1, 2, 3, 5}
	case top < 50:
		return []int{1, 2, 3, 5, 10}
	}
	var nice []int
	for unit := 1; unit <= top/2; unit *= 10 {
		for _, k := range []int{1, 2, 5} {
			if k*unit <= top/2 {
				nice = append(nice, k*unit)
			}
		}
	}
	out := make([]int, 5)
	for i := range out {
		out[i] = nice[(i*(len(nice)-1)+3)/4]
	}
	return out
}

// Class is "q0" … "q5". Negative values count as none.
func (s Scale) Class(v int) string {
	if v <= 0 {
		return "q0"
	}
	class := 5
	for i := 4; i >= 0; i-- {
		if s.from[i] > 0 {
			class = i + 1
			if v >= s.from[i] {
				break
			}
		}
	}
	return "q" + strconv.Itoa(class)
}

// Steps lists the classes in use, from none upwards.
func (s Scale) Steps() []Step {
	steps := []Step{{Class: "q0"}}
	for i, from := range s.from {
		if from > 0 {
			steps = append(steps, Step{Class: "q" + strconv.Itoa(i+1), From: from, To: -1})
		}
	}
	for i := 1; i+1 < len(steps); i++ {
		steps[i].To = steps[i+1].From - 1
	}
	if last := len(steps) - 1; s.exact && last > 0 {
		steps[last].To = steps[last].From
	}
	return steps
}

// Legend is the key to a scale; label gives the localised words of a step ("none", "2–4",
// "50 or more").
func (s Scale) Legend(label func(Step) string) template.HTML {
	var p page
	p.raw(`<ol class="key">`)
	for _, step := range s.Steps() {
		p.raw("<li>")
		p.raw(`<svg class="swatch" viewBox="0 0 18 12" aria-hidden="true"><rect class="`, step.Class, `" width="18" height="12"/></svg>`)
		p.text(label(step))
		p.raw("</li>")
	}
	p.raw("</ol>")
	return p.html()
}

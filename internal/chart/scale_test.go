package chart_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"stocktake/internal/chart"
)

func TestSteps(t *testing.T) {
	cases := []struct {
		values []int
		want   string
	}{
		{nil, "q0 none"},
		{[]int{0, 0}, "q0 none"},
		{[]int{1}, "q0 none, q3 1"},
		{[]int{2, 1, 0}, "q0 none, q1 1, q4 2"},
		{[]int{3, 1}, "q0 none, q1 1, q3 2, q5 3"},
		{[]int{5}, "q0 none, q1 1, q2 2, q3 3, q4 4, q5 5"},
		{[]int{6}, "q0 none, q1 1, q2 2, q4 3–4, q5 5 or more"},
		{[]int{31}, "q0 none, q1 1, q2 2, q3 3–4, q4 5–9, q5 10 or more"},
		{[]int{60}, "q0 none, q1 1, q2 2–4, q3 5–9, q4 10–19, q5 20 or more"},
		{[]int{158}, "q0 none, q1 1–4, q2 5–9, q3 10–19, q4 20–49, q5 50 or more"},
		{[]int{90000}, "q0 none, q1 1–19, q2 20–199, q3 200–1999, q4 2000–19999, q5 20000 or more"},
	}
	for _, c := range cases {
		t.Run(fmt.Sprint(c.values), func(t *testing.T) {
			var got []string
			for _, s := range chart.NewScale(c.values).Steps() {
				got = append(got, s.Class+" "+legend(s))
			}
			if g := strings.Join(got, ", "); g != c.want {
				t.Errorf("got  %s\nwant %s", g, c.want)
			}
		})
	}
}

// Every value falls into the one step that says it holds it, zero alone is q0, more is never
// lighter, and the largest value is in the last step.
func TestScaleHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOf(rapid.OneOf(rapid.IntRange(0, 12), rapid.IntRange(0, 2_000_000_000))).Draw(t, "values")
		s := chart.NewScale(values)
		steps := s.Steps()
		last := "q0"
		top := 0
		for _, v := range values {
			top = max(top, v)
			in := 0
			for _, st := range steps {
				if v >= st.From && (v <= st.To || st.To < 0) {
					in++
					if s.Class(v) != st.Class {
						t.Fatalf("%d is %s, the legend says %s", v, s.Class(v), st.Class)
					}
				}
			}
			if in != 1 {
				t.Fatalf("%d is in %d steps of %v", v, in, steps)
			}
			if (v == 0) != (s.Class(v) == "q0") {
				t.Fatalf("%d is %s", v, s.Class(v))
			}
		}
		if s.Class(top) != steps[len(steps)-1].Class {
			t.Fatalf("the largest value %d is not in the last step", top)
		}
		for v := range min(top, 300) {
			if c := s.Class(v); c < last {
				t.Fatalf("%d is lighter than %d", v, v-1)
			} else {
				last = c
			}
		}
	})
}

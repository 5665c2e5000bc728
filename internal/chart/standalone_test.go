package chart_test

import (
	"strings"
	"testing"

	"stocktake/internal/chart"
)

// A name in Latin letters keeps its brackets where they are in a drawing that runs from right to
// left, on one line or several; the signs of the sentence around it stay with the sentence.
func TestADrawingKeepsTheBracketsOfNames(t *testing.T) {
	for label, want := range map[string]string{
		"City of Lancaster (Pennsylvania)":                         "\u2066City of Lancaster (Pennsylvania)\u2069",
		"ANVITA (association of welcoming cities and territories)": "territories)\u2069",
		"اتحاد UCLG (Africa).":                                     "\u2066UCLG (Africa)\u2069.",
		"الاتحاد (UCLG)":                                           "(\u2066UCLG\u2069)",
		"المصدر: https://example.org/ar/?at=7.":                    "\u2066https://example.org/ar/?at=7\u2069.",
	} {
		d := chart.Standalone{Lang: "ar", Dir: "rtl", Title: "t", Head: []string{"n"}, Rows: []chart.StandaloneRow{{Label: label, Values: []int{1}, Texts: []string{"1"}}}}
		if svg := string(d.SVG()); !strings.Contains(svg, want) {
			t.Errorf("%s: not %q in\n%s", label, want, svg)
		}
	}
}

// A full bar stands for the largest number of all drawings that are compared, and a table has no bars.
func TestADrawingKeepsToItsScale(t *testing.T) {
	d := chart.Standalone{Lang: "en", Dir: "ltr", Title: "t", Head: []string{"n"}, Top: 10, Rows: []chart.StandaloneRow{{Label: "a", Values: []int{5}, Texts: []string{"5"}}}}
	if svg := string(d.SVG()); !strings.Contains(svg, `width="253" height="15"`) {
		t.Errorf("half of the top is not half a bar:\n%s", svg)
	}
	d.Plain, d.Head = true, []string{"amount", "pledges"}
	d.Rows[0] = chart.StandaloneRow{Label: "EUR", Texts: []string{"5,000,000", "1"}}
	if svg := string(d.SVG()); strings.Contains(svg, `height="15"`) || !strings.Contains(svg, ">5,000,000</text>") {
		t.Errorf("a table is drawn as\n%s", svg)
	}
}

// What is said beside a name stands on a line of its own: in the line of the name it would break
// anywhere, with its number alone on the next.
func TestADrawingSaysWhatIsBesideANameOnALineOfItsOwn(t *testing.T) {
	d := chart.Standalone{Lang: "en", Dir: "ltr", Title: "t", Head: []string{"n"}, Rows: []chart.StandaloneRow{
		{Label: "International organisations and networks", Note: "Participations: 25", Values: []int{5}, Texts: []string{"5"}},
		{Label: "b", Values: []int{5}, Texts: []string{"5"}},
	}}
	svg := string(d.SVG())
	if !strings.Contains(svg, ">International organisations and networks</text>") || !strings.Contains(svg, ">Participations: 25</text>") {
		t.Errorf("drawn as\n%s", svg)
	}
	if !strings.Contains(svg, `y="136" font-size="14" fill="#14203a">b<`) {
		t.Errorf("the next row has no room:\n%s", svg)
	}
}

// A number runs from left to right in every script: units stand below units beside the bars too.
func TestNumbersOfADrawingAreAlignedByTheirUnits(t *testing.T) {
	d := chart.Standalone{Lang: "ar", Dir: "rtl", Title: "t", Head: []string{"n"}, Rows: []chart.StandaloneRow{
		{Label: "ا", Values: []int{110}, Texts: []string{"110"}}, {Label: "ب", Values: []int{7}, Texts: []string{"7"}},
	}}
	svg := string(d.SVG())
	if strings.Contains(svg, `text-anchor="end"`) {
		t.Errorf("numbers are aligned by their first figure:\n%s", svg)
	}
}

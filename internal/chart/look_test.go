package chart_test

import (
	"math"
	"os"
	"regexp"
	"strings"
	"testing"

	"stocktake/internal/chart"
)

// In a right-to-left page time runs the other way: each column stands where its mirror image
// stood, as high and as wide as before.
func TestTimelineMirrors(t *testing.T) {
	column := regexp.MustCompile(`class="col" x="([\d.]+)%" y="([\d.]+)" width="([\d.]+)%"`)
	read := func(rtl bool) [][]string {
		line := timeline(rtl)
		return column.FindAllStringSubmatch(string(line.HTML()), -1)
	}
	ltr, rtl := read(false), read(true)
	if len(ltr) != 8 || len(rtl) != len(ltr) {
		t.Fatalf("%d and %d columns, want 8 each: one year has none", len(ltr), len(rtl))
	}
	for i := range ltr {
		if ltr[i][2] != rtl[i][2] || ltr[i][3] != rtl[i][3] {
			t.Errorf("column %d changed its size: %v, %v", i, ltr[i], rtl[i])
		}
		if sum := atof(t, ltr[i][1]) + atof(t, rtl[i][1]) + atof(t, ltr[i][3]); math.Abs(sum-100) > 0.03 {
			t.Errorf("column %d is not mirrored: %v, %v", i, ltr[i], rtl[i])
		}
	}
}

func TestATimelineOfNothingIsNothing(t *testing.T) {
	if got := (chart.Timeline{ID: "x", Name: "n"}).HTML(); got != "" {
		t.Errorf("got %s", got)
	}
}

// Bars that share a Top can be compared: half the value, half the bar; none, no bar; and
// the smallest share can still be seen.
func TestBarsKeepTheirProportion(t *testing.T) {
	width := regexp.MustCompile(`<rect width="([\d.]+)"`)
	cases := []struct {
		name       string
		value, top int
		want       string
	}{{"half", 50, 100, "50"}, {"full", 100, 100, "100"}, {"none", 0, 100, ""}, {"least", 1, 100_000, "1"}, {"over", 300, 100, "100"}, {"of itself", 7, 0, "100"}}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			html := string(chart.Bars{Top: c.top, Rows: []chart.Bar{{Label: "x", Value: c.value}}}.HTML())
			got := ""
			if m := width.FindStringSubmatch(html); m != nil {
				got = m[1]
			}
			if got != c.want {
				t.Errorf("width %q, want %q", got, c.want)
			}
		})
	}
}

func TestEveryStageHasItsOwnMark(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range chart.Stages() {
		m := string(chart.Mark(s))
		shape := m[strings.Index(m, ">"):]
		if m == "" || seen[shape] {
			t.Errorf("%s has no shape of its own", s)
		}
		seen[shape] = true
	}
	if chart.Mark("<unknown>") != "" {
		t.Error("a stage that is not known has a mark")
	}
}

// The style sheet turns round with the page: nothing in it is bound to left or right but the
// two rules that say so; and it has a rule for every class that the charts use.
func TestStyleSheet(t *testing.T) {
	raw, err := os.ReadFile("chart.css")
	if err != nil {
		t.Fatal(err)
	}
	css := string(raw)
	physical := regexp.MustCompile(`(?:margin|padding|border|inset)-(?:left|right|top|bottom)|text-align: (?:left|right)|float:|[;{ ](?:left|right|top|bottom|width|height):`)
	for _, hit := range physical.FindAllString(css, -1) {
		t.Errorf("%q is bound to a side", hit)
	}
	// Names that pages may style or that only group, and need no rule here.
	free := map[string]bool{"inferred": true, "land": true, "small": true, "without": true, "dots": true, "label": true, "w1": true}
	class := regexp.MustCompile(` class="([^"]+)"`)
	for _, s := range stories(mustMap(t, smallMap)) {
		for _, m := range class.FindAllStringSubmatch(string(s.html), -1) {
			for _, name := range strings.Fields(m[1]) {
				if !free[name] && !regexp.MustCompile(`\.`+name+`\b`).MatchString(css) {
					t.Errorf("%s: no rule for .%s", s.name, name)
				}
			}
		}
	}
}

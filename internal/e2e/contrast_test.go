package e2e_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"stocktake/internal/e2e/browser"
)

// pairs are the colours that meet on the pages: what must be read or told apart, on what it
// stands, and the contrast that WCAG 2.2 asks for (1.4.3 text 4.5, 1.4.11 all else 3). Every
// colour of the style sheet is in it or in quiet, so that a new one cannot be forgotten.
var pairs = []struct {
	over, on string
	least    float64
	what     string
}{
	{"ink", "paper", 7, "text"},
	{"ink", "tint", 7, "text of a row under the pointer"},
	{"ink", "add", 4.5, "words that were added"},
	{"ink", "del", 4.5, "words that were removed"},
	{"soft", "paper", 4.5, "small text"},
	{"soft", "tint", 4.5, "the foot of the page"},
	{"accent", "paper", 4.5, "links"},
	{"accent", "tint", 4.5, "links under the pointer"},
	{"warn-ink", "warn", 4.5, "notices"},
	{"paper", "ink", 4.5, "buttons"},
	{"paper", "accent", 4.5, "buttons under the pointer"},
	{"line", "paper", 3, "edges of fields and chips"},
	{"focus", "paper", 3, "the focus"},
	{"focus", "tint", 3, "the focus in the foot"},
	{"focus", "warn", 3, "the focus in a notice"},
	{"bar", "paper", 3, "bars"},
	{"bar", "tint", 3, "bars under the pointer"},
	{"soft", "q0", 3, "rings of small States"},
	{"dot", "paper", 3, "cities on the sea"},
	{"mark-unreported", "paper", 3, "marks"},
	{"mark-planning", "paper", 3, "marks"},
	{"mark-in_progress", "paper", 3, "marks"},
	{"mark-fulfilled", "paper", 3, "marks"},
	{"mark-discontinued", "paper", 3, "marks"},
	{"q5", "paper", 3, "the most of a quantity"},
}

// steps are the shades of a quantity, from none to most.
var steps = []string{"q0", "q1", "q2", "q3", "q4", "q5"}

// quiet colours carry no meaning: hairlines beside space that already divides.
var quiet = map[string]bool{"hair": true}

// colour is red, green and blue of 255.
type colour [3]float64

// luminance is WCAG's relative luminance.
func (c colour) luminance() float64 {
	var l [3]float64
	for i, v := range c {
		if v /= 255; v <= 0.04045 {
			l[i] = v / 12.92
		} else {
			l[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*l[0] + 0.7152*l[1] + 0.0722*l[2]
}

func contrast(a, b colour) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// hex reads #abc and #aabbcc.
func hex(s string) (c colour, err error) {
	if len(s) == 4 {
		s = string([]byte{'#', s[1], s[1], s[2], s[2], s[3], s[3]})
	}
	for i := range c {
		n, err := strconv.ParseUint(s[1+2*i:3+2*i], 16, 8)
		if err != nil {
			return c, fmt.Errorf("%q is no colour: %w", s, err)
		}
		c[i] = float64(n)
	}
	return c, nil
}

var token = regexp.MustCompile(`--([a-z0-9_-]+): ?light-dark\((#[0-9a-fA-F]{3,6}), ?(#[0-9a-fA-F]{3,6})\)`)

// palette reads the colours of the bundled style sheet: light and dark.
func palette(t *testing.T) (light, dark map[string]colour) {
	t.Helper()
	files, err := filepath.Glob("../web/static/stocktake.*.css")
	if err != nil || len(files) != 1 {
		t.Fatalf("one bundled style sheet is expected, found %q (%v)", files, err)
	}
	css, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	light, dark = map[string]colour{}, map[string]colour{}
	for _, m := range token.FindAllStringSubmatch(string(css), -1) {
		l, err := hex(m[2])
		if err != nil {
			t.Fatal(err)
		}
		d, err := hex(m[3])
		if err != nil {
			t.Fatal(err)
		}
		light[m[1]], dark[m[1]] = l, d
	}
	if stray := regexp.MustCompile(`(?i)[:, (]#[0-9a-f]{3,8}\b|rgb\(|hsl\(|oklch\(`).FindAllString(token.ReplaceAllString(string(css), ""), -1); len(stray) > 0 {
		t.Errorf("colours beside the tokens, which no test sees: %q", stray)
	}
	return light, dark
}

func TestColoursStandOutFromEachOther(t *testing.T) {
	light, dark := palette(t)
	for scheme, colours := range map[string]map[string]colour{"light": light, "dark": dark} {
		named := map[string]bool{}
		for _, p := range pairs {
			over, ok := colours[p.over]
			on, known := colours[p.on]
			if !ok || !known {
				t.Errorf("%s: no colour %q or %q", scheme, p.over, p.on)
				continue
			}
			named[p.over], named[p.on] = true, true
			if c := contrast(over, on); c < p.least {
				t.Errorf("%s: %s: --%s on --%s has a contrast of %.2f, less than %.1f", scheme, p.what, p.over, p.on, c, p.least)
			}
		}
		for _, s := range steps {
			named[s] = true
		}
		for name := range colours {
			if !named[name] && !quiet[name] {
				t.Errorf("%s: --%s is in no pair", scheme, name)
			}
		}
	}
}

// The shades of a quantity go one way only, and each can be told from the next, in print too:
// luminance is what is left of them in grey.
func TestShadesOfAQuantityAreToldApart(t *testing.T) {
	light, dark := palette(t)
	for scheme, colours := range map[string]map[string]colour{"light": light, "dark": dark} {
		toward := math.Copysign(1, colours["q5"].luminance()-colours["q0"].luminance())
		for i := 1; i < len(steps); i++ {
			a, b := colours[steps[i-1]], colours[steps[i]]
			if (b.luminance()-a.luminance())*toward <= 0 {
				t.Errorf("%s: %s and %s go different ways", scheme, steps[i-1], steps[i])
			}
			if c := contrast(a, b); c < 1.15 {
				t.Errorf("%s: %s and %s differ by %.2f only", scheme, steps[i-1], steps[i], c)
			}
		}
	}
}

// The browser sees the colours that this file computes with.
func TestTheBrowserSeesTheColoursOfTheStyleSheet(t *testing.T) {
	light, dark := palette(t)
	tab := chromium.Tab(t)
	tab.Open(demo.up(t) + "/en/")
	for _, scheme := range []struct {
		dark    bool
		colours map[string]colour
	}{{false, light}, {true, dark}} {
		tab.Set(browser.Setting{Dark: scheme.dark})
		for name, want := range scheme.colours {
			got := browser.Value[[]float64](tab, fmt.Sprintf(`(() => {
				const e = document.querySelector("h1"), before = e.style.color;
				e.style.color = "var(--%s)";
				const c = getComputedStyle(e).color.match(/[\d.]+/g).map(Number);
				e.style.color = before;
				return c;
			})()`, name))
			if len(got) != 3 || (colour{got[0], got[1], got[2]}) != want {
				t.Errorf("dark %v: --%s is %v in the browser, %v in the file", scheme.dark, name, got, want)
			}
		}
	}
}

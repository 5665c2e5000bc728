package e2e_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"stocktake/internal/e2e/browser"
	"stocktake/internal/lang"
)

func TestTheDarkSchemeIsDark(t *testing.T) {
	tab := chromium.Tab(t)
	tab.Open(demo.up(t) + "/en/")
	ground := func() float64 {
		return browser.Value[float64](tab, `getComputedStyle(document.documentElement).backgroundColor.match(/\d+/g).slice(0, 3).reduce((a, v) => a + Number(v), 0) / 3`)
	}
	if g := ground(); g < 230 {
		t.Errorf("light: the ground is %f of 255", g)
	}
	tab.Set(browser.Setting{Dark: true})
	if g := ground(); g > 60 {
		t.Errorf("dark: the ground is %f of 255", g)
	}
}

func TestNothingMoves(t *testing.T) {
	tab := chromium.Tab(t)
	tab.Set(browser.Setting{Still: true})
	for _, k := range demo.kinds(t) {
		tab.Open(demo.up(t) + k.in(lang.EN))
		moving := browser.Value[[]string](tab, `[...document.querySelectorAll("*")].filter(e => {
			const s = getComputedStyle(e);
			return s.animationName !== "none" || s.transitionDuration.split(",").some(d => parseFloat(d) > 0) || s.scrollBehavior === "smooth";
		}).map(e => e.tagName + "." + e.className)`)
		if len(moving) > 0 || browser.Value[int](tab, `document.getAnimations().length`) > 0 {
			t.Errorf("%s: with reduced motion these move: %s", k.name, sample(moving, 5))
		}
	}
}

func TestPagesCanBePrinted(t *testing.T) {
	tab := chromium.Tab(t)
	pages := regexp.MustCompile(`/Type\s*/Page\b[^s]`)
	for _, name := range []string{"dashboard", "pledges", "pledge", "history", "party", "objective", "about"} {
		for _, c := range []lang.Code{lang.EN, lang.AR} {
			tab.Set(browser.Setting{})
			tab.Open(demo.up(t) + demo.find(t, name).in(c))
			pdf := tab.PDF()
			n := len(pages.FindAll(pdf, -1))
			t.Logf("%s in %s: %d pages, %d bytes", name, c, n, len(pdf))
			if !bytes.HasPrefix(pdf, []byte("%PDF-")) || len(pdf) < 8_000 || n == 0 || n > 20 {
				t.Errorf("%s in %s prints to %d bytes on %d pages", name, c, len(pdf), n)
			}
			keep(t, fmt.Sprintf("print-%s-%s.pdf", name, c), pdf)
			tab.Set(browser.Setting{Print: true, Dark: true, Width: 700})
			got := browser.Value[[]string](tab, `[
				[...document.querySelectorAll("nav, form, .skip, .chips")].filter(e => e.checkVisibility()).map(e => e.className).join(" "),
				getComputedStyle(document.body).color,
				document.querySelector("h1").checkVisibility() ? "" : "no heading",
				document.scrollingElement.scrollWidth > innerWidth ? "too wide" : "",
			]`)
			if got[0] != "" || got[2] != "" || got[3] != "" {
				t.Errorf("%s in %s, on paper: controls %q, %s %s", name, c, got[0], got[2], got[3])
			}
			if ink := regexp.MustCompile(`\d+`).FindString(got[1]); len(ink) > 2 {
				t.Errorf("%s in %s: a reader with a dark screen prints in %s", name, c, got[1])
			}
		}
	}
}

func TestPagesThatSayNoAreDesigned(t *testing.T) {
	tab := chromium.Tab(t)
	for _, k := range demo.kinds(t) {
		if k.status < 400 {
			continue
		}
		for _, c := range lang.All {
			tab.Open(demo.up(t) + k.in(c))
			home := browser.Value[[]string](tab, `[...document.querySelectorAll("main a")].map(a => new URL(a.href).pathname)`)
			if !strings.Contains(strings.Join(home, " ")+" ", "/"+string(c)+"/ ") {
				t.Errorf("%s in %s offers no way to the overview: %q", k.name, c, home)
			}
			if noindex := browser.Value[bool](tab, `document.querySelector("meta[name=robots][content=noindex]") !== null`); !noindex {
				t.Errorf("%s in %s may be indexed", k.name, c)
			}
		}
	}
	tab.Open(demo.up(t) + demo.find(t, "a bad filter").in(lang.EN))
	text := browser.Value[string](tab, `document.querySelector("main").innerText`)
	if !strings.Contains(text, "golden") || !strings.Contains(text, "tomorrow") {
		t.Errorf("the page does not name both values at fault:\n%s", text)
	}
}

func TestAWithdrawnPledgeAnswersAndSaysSo(t *testing.T) {
	tab := chromium.Tab(t)
	for _, k := range training.states(t) {
		if k.name != "a withdrawn pledge" {
			continue
		}
		for _, c := range lang.All {
			l := tab.Open(training.up(t) + k.in(c))
			notice := browser.Value[string](tab, `document.querySelector("main .notice")?.innerText.trim() ?? ""`)
			if l.Status != 200 || notice == "" {
				t.Errorf("in %s: status %d, notice %q", c, l.Status, notice)
			}
		}
		id := strings.TrimPrefix(k.path, "/pledges/")
		if _, body, _ := training.get(t, "/en/pledges?q="+id); strings.Contains(body, `href="/en/pledges/`+id+`"`) {
			t.Errorf("%s is withdrawn and still in the list", id)
		}
		return
	}
	t.Error("the rehearsal has no withdrawn pledge")
}

// keep writes a picture or a print for people to look at, where a folder was named.
func keep(t *testing.T, name string, data []byte) {
	t.Helper()
	if *screenshots == "" {
		return
	}
	if err := os.MkdirAll(*screenshots, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*screenshots, name), data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Screenshots of every kind of page: without a folder only the dashboard, so that the way to
// take them stays in order.
func TestScreenshots(t *testing.T) {
	for _, s := range []*server{demo, training} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			tab := chromium.Tab(t)
			kinds := s.kinds(t)
			if *screenshots == "" {
				kinds = kinds[:1]
			} else if s == training {
				kinds = append([]kind{s.find(t, "dashboard"), s.find(t, "dashboard of implementation"), s.find(t, "party")}, s.states(t)...)
			}
			for _, k := range kinds {
				for _, c := range []lang.Code{lang.EN, lang.AR} {
					tab.Open(s.up(t) + k.in(c))
					for _, width := range []int{1280, 375} {
						for _, dark := range []bool{false, true} {
							tab.Set(browser.Setting{Width: width, Dark: dark})
							scheme := map[bool]string{false: "light", true: "dark"}[dark]
							picture := tab.Screenshot()
							if !bytes.HasPrefix(picture, []byte("\x89PNG")) {
								t.Fatalf("no picture of %s", k.name)
							}
							keep(t, fmt.Sprintf("%s-%s-%s-%d-%s.png", s.name, strings.ReplaceAll(strings.ReplaceAll(k.name, ",", ""), " ", "-"), c, width, scheme), picture)
						}
					}
				}
			}
		})
	}
}

// On paper nothing stands that wants a click, and the table of the map is set in columns where it is long,
// with its caption above them.
func TestPaperOffersNoClickAndSetsTheMapInColumns(t *testing.T) {
	tab := chromium.Tab(t)
	tab.Set(browser.Setting{Print: true, Width: 680})
	for _, c := range []struct {
		path    string
		columns int
	}{{"/en/?as_of=2026-10-01", 3}, {"/ar/", 3}, {"/en/", 1}} {
		tab.Open(training.up(t) + c.path)
		shown := browser.Value[[]string](tab, `[...document.querySelectorAll(".banner a, .infer")].filter(e => e.getClientRects().length).map(e => e.textContent)`)
		if len(shown) > 0 {
			t.Errorf("%s offers on paper %q", c.path, shown)
		}
		if c.columns == 1 {
			tab.Run(`document.querySelectorAll(".where + .twin tbody tr:nth-child(n + 6)").forEach(e => e.remove())`)
		}
		got := browser.Value[[]int](tab, `(twin => {
			const left = new Set([...twin.querySelectorAll("tbody tr")].map(e => Math.round(e.getBoundingClientRect().left)));
			const c = twin.querySelector("caption").getBoundingClientRect(), first = Math.min(...[...twin.querySelectorAll("tr")].map(e => e.getBoundingClientRect().top));
			return [left.size, Math.round(100 * c.width / twin.getBoundingClientRect().width), Math.round(first - c.bottom)];
		})(document.querySelector(".where + .twin"))`)
		if got[0] != c.columns || c.columns > 1 && got[1] < 95 || got[2] < -1 {
			t.Errorf("%s: %d columns, the caption over %d %% of them, %d pixels above", c.path, got[0], got[1], got[2])
		}
	}
}

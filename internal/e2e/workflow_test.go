package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"stocktake/internal/e2e/browser"
)

// reach presses Tab until the focus stands on what the selector names, as a reader does who has
// no mouse.
func reach(t *testing.T, tab *browser.Tab, selector string) {
	t.Helper()
	for range 400 {
		tab.Press(browser.KeyTab)
		if browser.Value[bool](tab, fmt.Sprintf(`document.activeElement.matches(%q)`, selector)) {
			return
		}
	}
	t.Fatalf("the keyboard does not reach %s at %s", selector, tab.URL())
}

// went waits until the address has a part, or has it no more, and the page has followed.
func went(t *testing.T, tab *browser.Tab, part string, has bool) {
	t.Helper()
	until(t, tab, fmt.Sprintf("%q in the address: %v", part, has),
		fmt.Sprintf(`(location.pathname + location.search).includes(%q) === %v && document.readyState === "complete" && !document.querySelector("main[aria-busy]")`, part, has))
}

// Everything that a reader does is done by keyboard alone, with and without scripts.
func TestEveryReadingWorkflowByKeyboardAlone(t *testing.T) {
	for _, scripts := range []bool{true, false} {
		open := func(t *testing.T, path string) *browser.Tab {
			t.Helper()
			tab := chromium.Tab(t)
			tab.Set(browser.Setting{NoScripts: !scripts})
			tab.Open(demo.up(t) + path)
			return tab
		}
		for _, w := range []struct {
			name string
			do   func(t *testing.T)
		}{
			{"filter, and take the filter away", func(t *testing.T) {
				tab := open(t, "/en/pledges")
				all := see(tab)
				reach(t, tab, "select[name=nature]")
				tab.Type("Pol")
				reach(t, tab, "form[role=search] button")
				tab.Press(browser.KeyEnter)
				went(t, tab, "nature=policy", true)
				if got := see(tab); got.Total <= 0 || got.Total >= all.Total || len(got.Chips) != 1 {
					t.Errorf("filtered: %+v of %+v", got, all)
				}
				reach(t, tab, ".chips a")
				tab.Press(browser.KeyEnter)
				went(t, tab, "nature=policy", false)
				if got := see(tab); got.Total != all.Total {
					t.Errorf("without the filter: %+v, want %+v", got, all)
				}
			}},
			{"search", func(t *testing.T) {
				tab := open(t, "/en/")
				reach(t, tab, "input[name=q]")
				tab.Type("children")
				tab.Press(browser.KeyEnter)
				went(t, tab, "q=children", true)
			}},
			{"choose a State on the map", func(t *testing.T) {
				tab := open(t, "/en/")
				reach(t, tab, "#world a")
				name := browser.Value[string](tab, `document.activeElement.getAttribute("aria-label")`)
				tab.Travel(func() { tab.Press(browser.KeyEnter) })
				got := see(tab)
				said := fmt.Sprintf(": %d pledges", got.Total)
				switch got.Total {
				case 0:
					said = ": no pledge"
				case 1:
					said = ": 1 pledge"
				}
				if len(got.Chips) != 1 || !strings.HasSuffix(name, said) {
					t.Errorf("%q leads to %+v", name, got)
				}
			}},
			{"ask of a past day", func(t *testing.T) {
				tab := open(t, "/en/")
				reach(t, tab, "form[role=search] input[name=as_of]")
				tab.Type("2023-12-31")
				tab.Press(browser.KeyEnter)
				went(t, tab, "as_of=2023-12-31", true)
				if text := browser.Value[string](tab, `document.querySelector(".banner").innerText`); !strings.Contains(text, "31 December 2023") {
					t.Errorf("the page says %q", text)
				}
			}},
			{"compare with another day", func(t *testing.T) {
				tab := open(t, "/en/")
				reach(t, tab, ".compare summary")
				tab.Press(browser.KeyEnter)
				reach(t, tab, ".compare input[name=since]")
				tab.Type("2022-05-20")
				tab.Press(browser.KeyEnter)
				went(t, tab, "since=2022-05-20", true)
				until(t, tab, "the comparison", `document.querySelector("section[aria-labelledby=since] table") !== null`)
				reach(t, tab, "section[aria-labelledby=since] .more a")
				tab.Press(browser.KeyEnter)
				went(t, tab, "since=2022-05-20", false)
			}},
			{"sort, and turn the page", func(t *testing.T) {
				tab := open(t, "/en/pledges")
				reach(t, tab, `.sorts a[href*="sort=title"]`)
				tab.Press(browser.KeyEnter)
				went(t, tab, "sort=title", true)
				reach(t, tab, "a[rel=next]")
				tab.Press(browser.KeyEnter)
				went(t, tab, "page=2", true)
				reach(t, tab, "a[rel=prev]")
				tab.Press(browser.KeyEnter)
				went(t, tab, "page=2", false)
			}},
			{"see the gaps of another division, and open a cell", func(t *testing.T) {
				tab := open(t, "/en/")
				reach(t, tab, `.switch a[href*="cover=commission"]`)
				tab.Press(browser.KeyEnter)
				went(t, tab, "cover=commission", true)
				reach(t, tab, ".matrix td a")
				tab.Travel(func() { tab.Press(browser.KeyEnter) })
				if got := see(tab); got.Total <= 0 || len(got.Chips) != 2 {
					t.Errorf("the cell leads to %+v", got)
				}
			}},
			{"take a figure away", func(t *testing.T) {
				tab := open(t, "/en/")
				tab.Run(`document.addEventListener("click", e => { window.taken = e.target.getAttribute("href"); e.preventDefault(); })`)
				for _, kind := range []string{"csv", "svg"} {
					reach(t, tab, `.files a[href*=".`+kind+`"]`)
					tab.Press(browser.KeyEnter)
					if scripts {
						until(t, tab, "the download of "+kind, `(window.taken ?? "").includes(".`+kind+`")`)
					}
					href := browser.Value[string](tab, `document.activeElement.getAttribute("href")`)
					if status, body, _ := demo.get(t, href); status != 200 || !strings.Contains(body, "Source: http") {
						t.Errorf("%s answers %d", href, status)
					}
				}
			}},
			{"cite the view", func(t *testing.T) {
				tab := open(t, "/en/?nature=policy")
				reach(t, tab, ".asof details:last-of-type summary")
				tab.Press(browser.KeyEnter)
				reach(t, tab, `.asof a[href*="at="]`)
				tab.Press(browser.KeyEnter)
				went(t, tab, "at=", true)
			}},
		} {
			t.Run(fmt.Sprintf("%s, scripts %v", w.name, scripts), w.do)
		}
	}
}

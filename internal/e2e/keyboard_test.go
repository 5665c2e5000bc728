package e2e_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"stocktake/internal/e2e/browser"
	"stocktake/internal/lang"
	"stocktake/internal/place"
)

func TestTheSkipLinkIsFirstAndLeadsToTheContent(t *testing.T) {
	for _, c := range []lang.Code{lang.EN, lang.AR} {
		tab := chromium.Tab(t)
		tab.Open(demo.up(t) + "/" + string(c) + "/pledges")
		tab.Press(browser.KeyTab)
		box := browser.Value[[]float64](tab, `(() => {
			const e = document.activeElement, r = e.getBoundingClientRect();
			return e.matches(".skip") ? [r.left, r.top, r.right, r.bottom, r.width] : null;
		})()`)
		if box == nil || box[0] < 0 || box[1] < 0 || box[2] > 1280 || box[4] < 24 {
			t.Fatalf("%s: the first stop is no skip link that can be seen: %v", c, box)
		}
		tab.Press(browser.KeyEnter)
		if at := browser.Value[string](tab, `document.activeElement.id + location.hash`); at != "main#main" {
			t.Errorf("%s: the skip link leads to %q", c, at)
		}
	}
}

// focusSeen says how the element that has the focus shows it; empty where it does not.
const focusSeen = `(() => {
	const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
	const name = e.tagName + "." + (e.className.baseVal ?? e.className) + " " + (e.getAttribute("aria-label") ?? e.textContent ?? "").trim().slice(0, 30);
	if (e === document.body) return ["body", "", ""];
	const inside = r.bottom > 0 && r.top < innerHeight && r.right > 0 && r.left < innerWidth ? "inside" : "";
	// The parts of a date field are stops of their own within the field, marked by the browser.
	if (e.type === "date") return [name, "parts", inside];
	let how = s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2 ? "outline" : "";
	if (!how && e.namespaceURI.endsWith("svg"))
		how = [...e.children].some(c => parseFloat(getComputedStyle(c).strokeWidth) >= 2) ? "stroke" : "";
	return [name, how, inside];
})()`

func TestTheFocusIsAlwaysSeen(t *testing.T) {
	for _, dark := range []bool{false, true} {
		for _, path := range []string{"/en/", "/en/pledges?nature=policy", "/ar/pledges", "/en" + demo.find(t, "pledge").path, "/en/about", "/en/parties", "/en/no/such"} {
			tab := chromium.Tab(t)
			tab.Set(browser.Setting{Dark: dark})
			tab.Open(demo.up(t) + path)
			stops := 0
			for range 60 {
				tab.Press(browser.KeyTab)
				got := browser.Value[[]string](tab, focusSeen)
				if got[0] == "body" {
					break
				}
				if stops++; got[1] == "" || got[2] == "" {
					t.Errorf("%s, dark %v: stop %d, %q: shown by %q, %q the window", path, dark, stops, got[0], got[1], got[2])
				}
			}
			if stops < 10 {
				t.Errorf("%s: only %d stops for the keyboard", path, stops)
			}
		}
	}
}

func TestMenusOfMoreOpenFromTheKeyboard(t *testing.T) {
	tab := chromium.Tab(t)
	tab.Set(browser.Setting{NoScripts: true})
	tab.Open(demo.up(t) + "/en/pledges")
	tab.Run(`document.querySelector("form[role=search] summary").focus()`)
	tab.Press(browser.KeyEnter)
	if !browser.Value[bool](tab, `document.querySelector("form[role=search] details").open`) {
		t.Error("more filters do not open")
	}
}

// named is the name of a place, a colon of whatever script, and a number, be it a word.
var named = regexp.MustCompile(`^.+[:：]\s*\S.*$`)

// mapLink is a link on the map.
type mapLink struct{ Href, Name string }

func mapLinks(tab *browser.Tab) []mapLink {
	return browser.Value[[]mapLink](tab, `[...document.querySelectorAll("#world a")].map(a => ({href: a.href.baseVal, name: a.getAttribute("aria-label") ?? ""}))`)
}

func TestTheMapLinksOnlyMemberStatesAndObserversAndCities(t *testing.T) {
	for _, s := range []*server{demo, training} {
		tab := chromium.Tab(t)
		for _, path := range []string{"/en/", "/ar/", "/en/?view=implementation", "/zh/?view=implementation&objective=7"} {
			tab.Open(s.up(t) + path)
			links := mapLinks(tab)
			if len(links) < 3 {
				t.Errorf("%s%s: only %d links on the map", s.name, path, len(links))
			}
			for _, l := range links {
				u, err := url.Parse(l.Href)
				if err != nil {
					t.Fatal(err)
				}
				q := u.Query()
				country, known := place.ByAlpha2(q.Get("country"))
				if _, code, profile := strings.Cut(u.Path, "/parties/"); profile { // of a State that pledges nothing
					q.Set("party", code)
				}
				if code := q.Get("party"); code != "" {
					country, known = place.ByAlpha3(code)
					if !known { // a city, drawn as a dot
						if n := browser.Value[int](tab, `[...document.querySelectorAll("#world .dots a")].filter(a => a.href.baseVal === `+quote(l.Href)+`).length`); n != 1 {
							t.Errorf("%s: a link to %q that is neither State nor city", path, code)
						}
						continue
					}
				}
				if !known || country.Status == place.Area {
					t.Errorf("%s%s links %s, which is no Member State or observer", s.name, path, l.Href)
				}
				if !named.MatchString(l.Name) {
					t.Errorf("%s: the link %s is called %q, without its number", path, l.Href, l.Name)
				}
			}
			bare := browser.Value[int](tab, `document.querySelectorAll("#world .area a, #world a .area, #world .area title, #world .area[aria-label]").length`)
			if bare != 0 {
				t.Errorf("%s%s: %d areas that are no State carry a link or a label", s.name, path, bare)
			}
		}
	}
}

func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

func TestTheMapIsReachedAndUsedFromTheKeyboard(t *testing.T) {
	tab := chromium.Tab(t)
	tab.Set(browser.Setting{NoScripts: true})
	tab.Open(demo.up(t) + "/en/")
	tab.Run(`document.querySelector(".switch a:last-of-type").focus()`)
	for range 40 {
		tab.Press(browser.KeyTab)
		if browser.Value[bool](tab, `document.activeElement.closest("#world") !== null`) {
			name := browser.Value[string](tab, `document.activeElement.getAttribute("aria-label")`)
			l := tab.Travel(func() { tab.Press(browser.KeyEnter) })
			if l.Status != 200 || !strings.Contains(strings.ReplaceAll(l.URL, "/parties/", "party="), "party=") || name == "" {
				t.Errorf("%q leads to %s", name, l.URL)
			}
			return
		}
	}
	t.Error("the keyboard does not reach the map")
}

func TestTheMapSaysTheSameAsItsTable(t *testing.T) {
	tab := chromium.Tab(t)
	tab.Open(demo.up(t) + "/en/")
	table := browser.Value[map[string]int](tab, `Object.fromEntries([...document.querySelectorAll("#world").values()].flatMap(w =>
		[...w.closest("section").querySelectorAll(".twin tbody tr")].map(r => [r.querySelector("th").textContent.trim(), Number(r.querySelector("td").textContent.replace(/\D/g, ""))])))`)
	states := browser.Value[map[string]int](tab, `Object.fromEntries([...document.querySelectorAll("#world .linked a")].map(a => { const m = a.getAttribute("aria-label").match(/^(.*?):? +(\d[\d,]*)\D*$/); return [m[1], Number(m[2].replace(/\D/g, ""))]; }))`)
	if len(states) == 0 || len(table) < len(states) {
		t.Fatalf("the map has %d States, its table %d", len(states), len(table))
	}
	for name, n := range states {
		if table[name] != n {
			t.Errorf("%s: %d on the map, %d in the table", name, n, table[name])
		}
	}
}

// The map has two hundred links and no more than one of them on the way; without scripts there is a
// link past them.
func TestTheMapIsOneStop(t *testing.T) {
	for _, scripts := range []bool{true, false} {
		tab := chromium.Tab(t)
		tab.Set(browser.Setting{NoScripts: !scripts})
		tab.Open(training.up(t) + "/en/")
		const at = `document.activeElement.className + "#" + document.activeElement.id`
		if scripts {
			for deadline := time.Now().Add(10 * time.Second); browser.Value[int](tab, `document.querySelectorAll("#world a:not([tabindex='-1'])").length`) != 1; time.Sleep(50 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("the map has many stops")
				}
			}
		}
		tab.Run(`document.querySelector("section .switch a:last-of-type").focus()`)
		tab.Press(browser.KeyTab)
		for range 4 { // links in the note
			if browser.Value[bool](tab, `document.activeElement.matches(".where .skip")`) {
				break
			}
			tab.Press(browser.KeyTab)
		}
		if seen := browser.Value[bool](tab, `(e => e.matches(".where .skip") && e.getBoundingClientRect().left >= 0)(document.activeElement)`); !seen {
			t.Fatalf("no link past the map is seen: %s", browser.Value[string](tab, at))
		}
		if scripts {
			tab.Press(browser.KeyTab)
			first := browser.Value[string](tab, `document.activeElement.getAttribute("aria-label")`)
			tab.Strike("ArrowRight", "ArrowRight", false)
			second := browser.Value[string](tab, `document.activeElement.getAttribute("aria-label")`)
			tab.Strike("ArrowLeft", "ArrowLeft", false)
			if again := browser.Value[string](tab, `document.activeElement.getAttribute("aria-label")`); first == "" || second == "" || first == second || again != first {
				t.Errorf("the arrows lead from %q to %q and back to %q", first, second, again)
			}
			if strings.HasSuffix(first, ": no pledge") {
				t.Errorf("the arrows begin with %q", first)
			}
			for _, k := range []struct{ key, at, want string }{
				{"End", `.at(-1)`, ""}, {"Home", `[0]`, ""}, {"k", `.find(a => a.ariaLabel.startsWith("K"))`, "K"}, {"é", `.find(a => a.ariaLabel.startsWith("E"))`, "E"},
			} {
				tab.Strike("Home", "Home", false)
				tab.Strike(k.key, k.key, false)
				// Those with nothing are last.
				want := browser.Value[string](tab, `["#world a:not(.without *)", "#world .without a"].flatMap(s => [...document.querySelectorAll(s)])`+k.at+`.getAttribute("aria-label")`)
				if got := browser.Value[string](tab, `document.activeElement.getAttribute("aria-label")`); got != want || !strings.HasPrefix(got, k.want) {
					t.Errorf("%s leads to %q, want %q", k.key, got, want)
				}
			}
			tab.Strike("Home", "Home", false)
			tab.Strike("ArrowRight", "ArrowRight", false)
			if stop := browser.Value[string](tab, `document.querySelector("#world a:not([tabindex='-1'])").getAttribute("aria-label")`); stop != second {
				t.Errorf("who comes back to the map comes to %q, and not to %q", stop, second)
			}
		} else {
			tab.Press(browser.KeyEnter)
		}
		tab.Press(browser.KeyTab)
		if past := browser.Value[bool](tab, `!document.activeElement.closest("#world") && document.activeElement.closest("section")?.getAttribute("aria-labelledby") === "where"`); !past {
			t.Errorf("scripts %v: one step on stands %s", scripts, browser.Value[string](tab, at))
		}
	}
}

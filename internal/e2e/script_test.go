package e2e_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"stocktake/internal/e2e/browser"
)

// stay does something that changes the question of the page in place, and waits until it has:
// the window must be the same as before.
func stay(t *testing.T, tab *browser.Tab, do func()) {
	t.Helper()
	before := tab.URL()
	tab.Run(`window.same = true`)
	do()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if browser.Value[bool](tab, fmt.Sprintf(`location.href !== %q && !document.querySelector("main[aria-busy]") && [...document.querySelectorAll("body > [role=status]")].some(e => e.textContent)`, before)) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("nothing changed; the page is still %s", tab.URL())
		}
	}
	if !browser.Value[bool](tab, `window.same === true`) {
		t.Errorf("the page was loaded anew at %s", tab.URL())
	}
}

// With scripts on, the same clicks lead to the same pages: without a reload, with the focus
// kept and the result announced; and back is back.
func TestFiltersWorkInPlace(t *testing.T) {
	tab, plain := chromium.Tab(t), chromium.Tab(t)
	plain.Set(browser.Setting{NoScripts: true})
	same := func(what string) {
		t.Helper()
		plain.Open(tab.URL())
		layOut(tab)
		layOut(plain)
		// What is offered only with scripts is no difference.
		tab.Run(`(() => { const s = new CSSStyleSheet(); s.replaceSync(".files button { display: none !important }"); document.adoptedStyleSheets.push(s); })()`)
		text := `document.querySelector("main").innerText.replace(/\s+/g, " ") + document.title + document.querySelector(".top").innerText + (document.querySelector(".banner")?.innerText ?? "")`
		if a, b := browser.Value[string](tab, text), browser.Value[string](plain, text); a != b {
			i := 0
			for i < min(len(a), len(b)) && a[i] == b[i] {
				i++
			}
			i = max(0, i-60)
			t.Errorf("%s: %s in place differs from the page itself:\n%.200s\n%.200s", what, tab.URL(), a[i:], b[i:])
		}
	}
	tab.Open(demo.up(t) + "/en/pledges")
	all := see(tab)
	choose(tab, "nature", "policy")
	tab.Run(`document.querySelector("form[role=search] button").focus({preventScroll: true})`)
	stay(t, tab, func() { tab.Press(browser.KeyEnter) })
	one := see(tab)
	if one.Total <= 0 || one.Total >= all.Total || len(one.Chips) != 1 || !strings.HasSuffix(one.URL, "/en/pledges?nature=policy") {
		t.Errorf("with one filter: %+v", one)
	}
	if focus := browser.Value[string](tab, `document.activeElement.tagName`); focus != "BUTTON" {
		t.Errorf("the focus went to %s", focus)
	}
	if said := browser.Value[string](tab, `[...document.querySelectorAll("body > [role=status]")].map(e => e.textContent).join()`); !strings.Contains(said, fmt.Sprint(one.Total)) {
		t.Errorf("announced: %q", said)
	}
	same("a filter")
	stay(t, tab, func() { tab.Click(".chips a") })
	if got := see(tab); got.Total != all.Total || got.URL != all.URL {
		t.Errorf("without the filter: %+v", got)
	}
	stay(t, tab, func() { tab.Run(`history.back()`) })
	if got := see(tab); got.Total != one.Total || got.URL != one.URL {
		t.Errorf("back: %+v, want %+v", got, one)
	}
	same("back")

	tab.Open(demo.up(t) + "/en/")
	layOut(tab)
	tab.Run(`document.querySelector("#gaps").scrollIntoView()`)
	const place = `document.querySelector("#gaps").getBoundingClientRect().top` // scrollY moves when what stands above is laid out
	y := browser.Value[float64](tab, place)
	stay(t, tab, func() { tab.Run(`document.querySelector('.switch a[href*="cover=region"]').click()`) }) // a click of the mouse would scroll
	same("another coverage")
	if now := browser.Value[float64](tab, place); now < y-100 || now > y+100 {
		t.Errorf("what was looked at jumped from %v to %v", y, now)
	}
}

// Where asking in the background fails, the browser goes there by itself.
func TestWithoutFetchThePageIsLoaded(t *testing.T) {
	tab := chromium.Tab(t)
	tab.Open(demo.up(t) + "/en/pledges?nature=policy")
	tab.Run(`window.fetch = () => Promise.reject(new Error("no"))`)
	l := tab.Travel(func() { tab.Click(".chips a") })
	if l.Status != 200 || strings.Contains(l.URL, "nature") {
		t.Errorf("status %d at %s", l.Status, l.URL)
	}
}

// The next page of a list is read from its beginning; back is where one was.
func TestTheNextPageBeginsAtItsBeginning(t *testing.T) {
	tab := chromium.Tab(t)
	tab.Open(training.up(t) + "/en/pledges")
	stay(t, tab, func() { tab.Click(".pages [rel=next]") })
	if got := browser.Value[string](tab, `document.activeElement.tagName + (document.activeElement.nextElementSibling?.className ?? "")`); got != "H2list" {
		t.Errorf("the focus is on %s", got)
	}
	if top := browser.Value[float64](tab, `document.querySelector(".list").getBoundingClientRect().top`); top < -20 || top > 120 {
		t.Errorf("the list begins at %v", top)
	}
	stay(t, tab, func() { tab.Run(`history.back()`) })
	if got := browser.Value[string](tab, `document.activeElement.rel ?? ""`); got != "next" {
		t.Errorf("back, the focus is on %q", got)
	}
	if seen := browser.Value[bool](tab, `(r => r.top >= 0 && r.bottom <= innerHeight)(document.querySelector(".pages [rel=next]").getBoundingClientRect())`); !seen {
		t.Error("back, the place is lost")
	}
}

// Where a chip was taken away, the next one has the focus; after the last, or all, the filters.
func TestTheFocusStaysWithTheChips(t *testing.T) {
	for _, width := range []int{1200, 360} {
		tab := chromium.Tab(t)
		tab.Set(browser.Setting{Width: width})
		tab.Open(demo.up(t) + "/en/pledges?nature=policy&form=individual&level=national")
		for _, want := range []string{"A.chips", "A.chips", ".filters"} {
			tab.Run(`document.querySelector(".chips a").focus()`)
			before := browser.Value[string](tab, `document.querySelector(".chips li:nth-child(2) a:not(.clear)")?.innerText ?? ""`)
			stay(t, tab, func() { tab.Press(browser.KeyEnter) })
			if want == ".filters" {
				if in := browser.Value[bool](tab, `document.activeElement.matches(".filters summary, .filters input")`); !in {
					t.Errorf("after the last chip the focus is on %s", browser.Value[string](tab, `document.activeElement.tagName`))
				}
			} else if got := browser.Value[string](tab, `document.activeElement.innerText`); got != before {
				t.Errorf("the focus is on %.40q, want %q", got, before)
			}
		}
		tab.Open(demo.up(t) + "/en/pledges?nature=policy&form=individual")
		tab.Run(`document.querySelector(".chips .clear").focus()`)
		stay(t, tab, func() { tab.Press(browser.KeyEnter) })
		if in := browser.Value[bool](tab, `document.activeElement.matches(".filters summary, .filters input")`); !in {
			t.Errorf("after all chips the focus is on %s", browser.Value[string](tab, `document.activeElement.tagName`))
		}
	}
}

// Who works by keyboard goes on where he was: after another choice in a section, the focus is on what was
// chosen, the next stop is of the same section, and what is looked at has not moved. Where the choice took its
// own link away, the focus is on what stands instead.
func TestTheKeyboardGoesOnWhereItWas(t *testing.T) {
	const inferred = `[...document.querySelectorAll("main a[href*='inferred=false']")]`
	for _, width := range []int{1280, 360} {
		for _, w := range []struct{ name, path, link, then, next string }{
			{"map", "/en/", `document.querySelector("[aria-labelledby=where] .switch a:not([aria-current])")`, ".switch a[aria-current]", "[aria-labelledby=where]"},
			{"gaps", "/en/", `document.querySelector("[aria-labelledby=gaps] .switch a:not([aria-current])")`, ".switch a[aria-current]", "[aria-labelledby=gaps]"},
			{"gaps, filtered", "/ar/?nature=policy", `document.querySelector("[aria-labelledby=gaps] .switch a:not([aria-current])")`, ".switch a[aria-current]", "[aria-labelledby=gaps]"},
			{"inferred, among the filters", "/en/", inferred + `.find(a => a.closest(".extras"))`, ".chips a", ".chips a, .compare *"},
			{"inferred, beside the objectives", "/en/", inferred + `.find(a => a.closest("section"))`, "[aria-labelledby=what] a", "[aria-labelledby=what]"},
			{"inferred again", "/en/?inferred=false", `document.querySelector(".chips a")`, ".filters summary, .filters input", ".filters"},
			{"compare", "/en/", `document.querySelector(".compare .quick a")`, ".quick a[aria-current]", ".compare"},
			{"stop comparing", "/en/?since=2022-05-20", `document.querySelector("[aria-labelledby=since] .more a")`, ".compare > summary", ".compare"},
			{"sort", "/en/pledges?nature=policy", `document.querySelector(".sorts a:not([aria-current])")`, ".sorts a[aria-current]", ".sorts, .list"},
		} {
			t.Run(fmt.Sprintf("%s at %d", w.name, width), func(t *testing.T) {
				tab := chromium.Tab(t)
				tab.Set(browser.Setting{Width: width})
				tab.Open(training.up(t) + w.path)
				tab.Run(`document.querySelectorAll(".fold, .compare").forEach(d => { d.open = true; })`)
				layOut(tab)
				const top = `document.activeElement.getBoundingClientRect().top`
				tab.Run(`(e => { e.scrollIntoView({block: "center"}); e.focus(); })(` + w.link + `)`)
				before := browser.Value[float64](tab, top)
				stay(t, tab, func() { tab.Press(browser.KeyEnter) })
				at := `document.activeElement.outerHTML.slice(0, 90)`
				if !browser.Value[bool](tab, fmt.Sprintf(`document.activeElement.matches(%q)`, w.then)) {
					t.Errorf("the focus is on %s", browser.Value[string](tab, at))
				}
				if now := browser.Value[float64](tab, top); now < 0 || now > 900 || w.next == "[aria-labelledby=where]" && (now < before-100 || now > before+100) {
					t.Errorf("what had the focus at %.0f has it at %.0f", before, now)
				}
				tab.Press(browser.KeyTab)
				if !browser.Value[bool](tab, fmt.Sprintf(`document.activeElement.closest(%q) !== null`, w.next)) {
					t.Errorf("the next stop is %s", browser.Value[string](tab, at))
				}
			})
		}
	}
}

// A day that cannot be read is asked for again, with scripts as without, and what was meant is one click away.
func TestADayIsAskedForAgain(t *testing.T) {
	for _, scripts := range []bool{true, false} {
		tab := chromium.Tab(t)
		tab.Set(browser.Setting{NoScripts: !scripts})
		tab.Open(demo.up(t) + "/en/pledges?nature=policy")
		tab.Run(`document.querySelector("input[name=as_of]").focus()`)
		tab.Type("31.12.2023")
		l := tab.Travel(func() { tab.Press(browser.KeyEnter) })
		if l.Status != 400 {
			t.Fatalf("scripts %v: status %d at %s", scripts, l.Status, l.URL)
		}
		until(t, tab, "the focus in the field", `document.activeElement.name + "=" + document.activeElement.value === "as_of=31.12.2023"`)
		tab.Click("a.meant")
		until(t, tab, "the day that was meant", `(q => q.get("as_of") + q.get("nature") === "2023-12-31policy")(new URL(location).searchParams)`)
		until(t, tab, "the list", `document.querySelector(".list") && document.querySelector("input[name=as_of]").value === "2023-12-31"`)
	}
}

package e2e_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"stocktake/internal/e2e/browser"
	"stocktake/internal/lang"
)

// shown is what a list says of itself.
type shown struct {
	Total int
	Chips []string // the filters set, as the page names them
	URL   string
}

const showing = `({
	total: Number(document.querySelector("[data-total]")?.dataset.total ?? -1),
	chips: [...document.querySelectorAll(".chips a:not(.clear)")].map(a => a.innerText.trim().replace(/\s+/g, " ")),
	url: location.pathname + location.search,
})`

func see(tab *browser.Tab) shown { return browser.Value[shown](tab, showing) }

// choose sets a select of the form, as a reader does from its list.
func choose(tab *browser.Tab, name, value string) {
	tab.Run(fmt.Sprintf(`(() => {
		const s = document.querySelector("form[role=search] select[name=%s]");
		s.closest("details")?.setAttribute("open", "");
		s.value = %q;
		if (s.value !== %q) throw new Error("no such option");
	})()`, name, value, value))
}

func TestFiltersWorkWithScriptsOff(t *testing.T) {
	tab := chromium.Tab(t)
	tab.Set(browser.Setting{NoScripts: true})
	tab.Open(demo.up(t) + "/en/pledges")
	all := see(tab)
	if all.Total < 40 || len(all.Chips) != 0 {
		t.Fatalf("the list begins with %+v", all)
	}

	choose(tab, "nature", "policy")
	choose(tab, "party_kind", "member_state")
	tab.Travel(func() { tab.Click("form[role=search] button") })
	both := see(tab)
	if both.Total <= 0 || both.Total >= all.Total || len(both.Chips) != 2 {
		t.Errorf("with two filters: %+v", both)
	}
	u, err := url.Parse(both.URL)
	if err != nil {
		t.Fatal(err)
	}
	if q := u.Query(); len(q) != 2 || q.Get("nature") != "policy" || q.Get("party_kind") != "member_state" {
		t.Errorf("the address is not the state, or holds what is empty: %s", both.URL)
	}
	if kept := browser.Value[string](tab, `document.querySelector("select[name=nature]").value`); kept != "policy" {
		t.Errorf("the form forgot the filter: %q", kept)
	}

	tab.Click("form[role=search] input[name=q]")
	tab.Type("children")
	tab.Travel(func() { tab.Press(browser.KeyEnter) })
	words := see(tab)
	if words.Total >= both.Total || len(words.Chips) != 3 || !strings.Contains(words.URL, "q=children") {
		t.Errorf("with words as well: %+v", words)
	}

	tab.Travel(func() { tab.Click(`.chips a:not([href*="q=children"]):not(.clear)`) }) // takes the words out
	if got := see(tab); got.Total != both.Total || got.URL != both.URL {
		t.Errorf("a chip that is clicked takes its filter out: %+v, want %+v", got, both)
	}
	tab.Back()
	if got := see(tab); got.Total != words.Total || got.URL != words.URL {
		t.Errorf("back: %+v, want %+v", got, words)
	}
	tab.Travel(func() { tab.Click(".chips a.clear") })
	if got := see(tab); got.Total != all.Total || len(got.Chips) != 0 {
		t.Errorf("all filters cleared: %+v, want %+v", got, all)
	}
}

func TestAnAddressIsTheWholeState(t *testing.T) {
	first, second := chromium.Tab(t), chromium.Tab(t)
	first.Open(demo.up(t) + "/en/pledges?objective=7&nature=policy&as_of=2024-06-30&sort=title&q=child")
	second.Open(first.URL())
	if a, b := see(first), see(second); a.Total != b.Total || a.URL != b.URL || len(a.Chips) != len(b.Chips) {
		t.Errorf("two readers of one address see %+v and %+v", a, b)
	}
}

func TestEveryChoiceOfTheFormIsUnderstood(t *testing.T) {
	tab := chromium.Tab(t)
	for _, path := range []string{"/", "/pledges", "/parties", "/objectives"} {
		tab.Open(demo.up(t) + "/en" + path)
		choices := browser.Value[[][]string](tab, `[...document.querySelectorAll("form[role=search] select")].flatMap(s => [...s.options].filter(o => o.value).map(o => [s.name, o.value]))`)
		if len(choices) < 50 {
			t.Errorf("%s: only %d choices", path, len(choices))
		}
		per := map[string]int{}
		for _, c := range choices {
			if per[c[0]]++; per[c[0]] > 8 {
				continue // the rest of a long list is read by the same code
			}
			q := url.Values{c[0]: {c[1]}}.Encode()
			if status, _, _ := demo.get(t, "/en"+path+"?"+q); status != 200 {
				t.Errorf("%s?%s answers %d", path, q, status)
			}
		}
	}
}

func TestWithNoResultAWayOutIsOffered(t *testing.T) {
	tab := chromium.Tab(t)
	tab.Set(browser.Setting{NoScripts: true})
	tab.Open(demo.up(t) + "/en/pledges?q=zzzzqqqq&nature=policy")
	if got := see(tab); got.Total != 0 {
		t.Fatalf("%+v", got)
	}
	tab.Travel(func() { tab.Click(`.empty a[href*="nature=policy"]`) })
	if got := see(tab); got.Total <= 0 {
		t.Errorf("the offer to leave out the words leads to %+v", got)
	}
}

func TestChangingTheLanguageKeepsThePage(t *testing.T) {
	tab := chromium.Tab(t)
	for _, k := range demo.kinds(t) {
		if k.status != 200 {
			continue
		}
		tab.Open(demo.up(t) + k.in(lang.EN))
		here, err := url.Parse(tab.URL())
		if err != nil {
			t.Fatal(err)
		}
		links := browser.Value[map[string]string](tab, `Object.fromEntries([...document.querySelectorAll(".langs a")].map(a => [a.hreflang, new URL(a.href).pathname + new URL(a.href).search]))`)
		if len(links) != len(lang.All) {
			t.Errorf("%s: %d languages are offered", k.name, len(links))
		}
		for c, to := range links {
			u, err := url.Parse(to)
			if err != nil {
				t.Fatal(err)
			}
			if want := "/" + c + strings.TrimPrefix(here.Path, "/en"); u.Path != want || !sameQuery(u.Query(), here.Query()) {
				t.Errorf("%s in %s leads to %s", k.name, c, to)
			}
			if status, _, _ := demo.get(t, to); status != 200 {
				t.Errorf("%s answers %d", to, status)
			}
		}
	}
}

// sameQuery compares without regard to the order of the values of a filter.
func sameQuery(a, b url.Values) bool {
	for _, v := range []url.Values{a, b} {
		for _, values := range v {
			slices.Sort(values)
		}
	}
	return a.Encode() == b.Encode()
}

func TestAReaderWithoutALanguageIsSentToHisOwn(t *testing.T) {
	status, _, header := demo.get(t, "/pledges?nature=policy")
	if status != 302 || header.Get("Location") != "/en/pledges?nature=policy" || !strings.Contains(header.Get("Vary"), "Accept-Language") {
		t.Errorf("status %d to %q, Vary %q", status, header.Get("Location"), header.Get("Vary"))
	}
}

func TestCitingAViewGivesAnAddressOfTheSameFigures(t *testing.T) {
	tab := chromium.Tab(t)
	tab.Open(demo.up(t) + "/en/pledges?nature=policy")
	want := see(tab)
	cite := browser.Value[string](tab, `[...document.querySelectorAll(".asof a")].map(a => a.href).find(h => h.includes("at=")) ?? ""`)
	if !strings.Contains(cite, "as_of=") || !strings.Contains(cite, "nature=policy") {
		t.Fatalf("the address to cite is %q", cite)
	}
	tab.Open(cite)
	if got := see(tab); got.Total != want.Total {
		t.Errorf("the address cited shows %+v, the view was %+v", got, want)
	}
}

package e2e_test

import (
	"slices"
	"strings"
	"testing"

	"stocktake/internal/e2e/browser"
	"stocktake/internal/lang"
)

// check is one promise that every page in every language keeps.
type check struct {
	name string
	of   func(t *testing.T, tab *browser.Tab, l *browser.Load, c lang.Code)
}

var promises = []check{
	{"says its language and direction", func(t *testing.T, tab *browser.Tab, l *browser.Load, c lang.Code) {
		got := browser.Value[[]string](tab, `[document.documentElement.lang, document.documentElement.dir, getComputedStyle(document.querySelector("main")).direction]`)
		if got[0] != string(c) || got[1] != c.Dir() || got[2] != c.Dir() {
			t.Errorf("lang, dir and direction are %q", got)
		}
	}},
	{"has one heading, a title and landmarks", func(t *testing.T, tab *browser.Tab, l *browser.Load, c lang.Code) {
		got := browser.Value[map[string]int](tab, `({
			h1: document.querySelectorAll("h1").length,
			words: document.querySelector("h1")?.innerText.trim().length ?? 0,
			title: document.title.trim().length,
			main: document.querySelectorAll("main").length,
			header: document.querySelectorAll("body > header").length,
			footer: document.querySelectorAll("body > footer").length,
			nav: document.querySelectorAll("header nav[aria-label]").length,
		})`)
		if got["h1"] != 1 || got["words"] == 0 || got["title"] == 0 || got["main"] != 1 || got["header"] != 1 || got["footer"] != 1 || got["nav"] != 2 {
			t.Errorf("found %v", got)
		}
	}},
	{"says that it is a demonstration, or made up", func(t *testing.T, tab *browser.Tab, l *browser.Load, c lang.Code) {
		if notice := browser.Value[string](tab, `document.querySelector(".banner p")?.innerText.trim() ?? ""`); len([]rune(notice)) < 10 {
			t.Errorf("the notice is %q", notice)
		}
	}},
	{"says every message", func(t *testing.T, tab *browser.Tab, l *browser.Load, c lang.Code) {
		text := browser.Value[string](tab, `document.documentElement.outerHTML`)
		for _, sign := range []string{"⟦", "&lt;no value", "%!", "ZgotmplZ"} {
			if i := strings.Index(text, sign); i >= 0 {
				t.Errorf("%q in the page: …%.120s", sign, text[max(0, i-40):])
			}
		}
	}},
	{"asks nobody else for anything", func(t *testing.T, tab *browser.Tab, l *browser.Load, c lang.Code) {
		if foreign := l.Foreign(); len(foreign) > 0 {
			t.Errorf("requests to others: %q", foreign)
		}
		for _, r := range l.Requests {
			if r.Failed != "" || (r.Type != "Document" && r.Status != 200) {
				t.Errorf("a request failed: %+v", r)
			}
		}
	}},
	{"sets no cookie and keeps nothing", func(t *testing.T, tab *browser.Tab, l *browser.Load, c lang.Code) {
		if v, set := l.Header["set-cookie"]; set {
			t.Errorf("a cookie: %s", v)
		}
		if kept := browser.Value[int](tab, `document.cookie.length + localStorage.length + sessionStorage.length`); kept != 0 {
			t.Error("the page keeps something in the browser")
		}
	}},
	{"breaks no content policy and logs no fault", func(t *testing.T, tab *browser.Tab, l *browser.Load, c lang.Code) {
		if policy := l.Header["content-security-policy"]; !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("content policy %q", policy)
		}
		// Filters are named by the contract; Chromium advises against names like "country"
		// where a browser might fill in an address.
		issues := slices.DeleteFunc(slices.Clone(l.Issues), func(s string) bool { return strings.HasSuffix(s, "AutocompleteValueToIdOrNameAttributeError") })
		if len(l.Console) > 0 || len(issues) > 0 {
			t.Errorf("console:\n  %s\nissues:\n  %s", strings.Join(l.Console, "\n  "), strings.Join(issues, "\n  "))
		}
	}},
	{"has no inline style or script", func(t *testing.T, tab *browser.Tab, l *browser.Load, c lang.Code) {
		// The script lays parts out one by one, and marks them so; the page came without that.
		if n := browser.Value[int](tab, `document.querySelectorAll("[style]:not([style='content-visibility: visible;']), style, script:not([src])").length`); n != 0 {
			t.Errorf("%d elements with an inline style or script", n)
		}
	}},
	{"has no two elements of one id", func(t *testing.T, tab *browser.Tab, l *browser.Load, c lang.Code) {
		twice := browser.Value[[]string](tab, `(() => {
			const seen = new Set(), twice = [];
			for (const e of document.querySelectorAll("[id]")) seen.has(e.id) ? twice.push(e.id) : seen.add(e.id);
			return twice;
		})()`)
		if len(twice) > 0 {
			t.Errorf("ids given twice: %q", twice)
		}
	}},
	{"leads nowhere that is not there within itself", func(t *testing.T, tab *browser.Tab, l *browser.Load, c lang.Code) {
		lost := browser.Value[[]string](tab, `[...document.querySelectorAll("a[href^='#'], [aria-labelledby], [aria-describedby]")].flatMap(e =>
			(e.getAttribute("href")?.slice(1) ?? ((e.getAttribute("aria-labelledby") ?? "") + " " + (e.getAttribute("aria-describedby") ?? ""))).split(/\s+/)
		).filter(id => id && !document.getElementById(id))`)
		if len(lost) > 0 {
			t.Errorf("no element has the ids %q", lost)
		}
	}},
	{"does not scroll sideways at 375 and 320 pixels", func(t *testing.T, tab *browser.Tab, l *browser.Load, c lang.Code) {
		for _, width := range []int{375, 320} {
			tab.Set(browser.Setting{Width: width})
			if wide := browser.Value[[]string](tab, sideways); len(wide) > 0 {
				t.Errorf("at %d pixels these reach out of the window:\n  %s", width, sample(wide, 6))
			}
		}
		tab.Set(browser.Setting{})
	}},
	{"has text that stands out, light and dark", func(t *testing.T, tab *browser.Tab, l *browser.Load, c lang.Code) {
		for _, dark := range []bool{false, true} {
			tab.Set(browser.Setting{Dark: dark})
			if faint := browser.Value[[]string](tab, faintText); len(faint) > 0 {
				t.Errorf("dark: %v; these have too little contrast:\n  %s", dark, sample(faint, 6))
			}
		}
		tab.Set(browser.Setting{})
	}},
	{"is sound to axe-core", func(t *testing.T, tab *browser.Tab, l *browser.Load, c lang.Code) { sound(t, tab) }},
}

// sideways lists the elements that make the page scroll sideways; those inside a box that
// scrolls by itself do not.
const sideways = `(() => {
	const root = document.scrollingElement;
	if (root.scrollWidth <= innerWidth) return [];
	const boxed = e => { for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) if (/auto|scroll|hidden|clip/.test(getComputedStyle(p).overflowX)) return true; return false; };
	const out = ["the page is " + root.scrollWidth + " wide"];
	for (const e of document.body.querySelectorAll("*")) {
		const r = e.getBoundingClientRect();
		if (r.width > 0 && (r.right > innerWidth + 1 || r.left < -1) && !boxed(e) && !e.matches(".skip, .vh, .unseen, .unseen *"))
			out.push(e.tagName + "." + e.className + " " + Math.round(r.left) + "…" + Math.round(r.right) + " " + (e.textContent ?? "").trim().slice(0, 40));
	}
	return out;
})()`

// faintText lists texts whose colour is too near to that of their ground (WCAG 1.4.3: 4.5, and
// 3 for large text). It looks at every text node, whatever its script.
const faintText = `(() => {
	const parse = s => { const m = s.match(/[\d.]+/g).map(Number); return m.length > 3 ? m : [...m, 1]; };
	const lum = c => { const [r, g, b] = c.map(v => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
	const over = (top, under) => top.slice(0, 3).map((v, i) => v * top[3] + under[i] * (1 - top[3]));
	const ground = e => {
		const layers = [];
		for (let p = e; p; p = p.parentElement) { const c = parse(getComputedStyle(p).backgroundColor); if (c[3] > 0) layers.push(c); if (c[3] === 1) break; }
		let c = [255, 255, 255];
		for (const l of layers.reverse()) c = over(l, c);
		return c;
	};
	const out = [], seen = new Set();
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n; n = walker.nextNode();) {
		const e = n.parentElement, text = n.textContent.trim();
		if (!text || seen.has(e) || e.closest("title, desc, script, option, svg") || !e.checkVisibility({visibilityProperty: true})) continue;
		seen.add(e);
		const style = getComputedStyle(e), bg = ground(e), fg = over(parse(style.color), bg);
		const [a, b] = [lum(fg), lum(bg)].sort((x, y) => y - x), ratio = (a + .05) / (b + .05);
		const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
		if (ratio < (large ? 3 : 4.5)) out.push(ratio.toFixed(2) + " " + e.tagName + "." + e.className + " " + style.color + " on " + bg.map(Math.round) + ": " + text.slice(0, 40));
	}
	return out;
})()`

// layOut has the browser lay out at once what it leaves until it comes in sight, so that the
// whole page is looked at.
func layOut(tab *browser.Tab) {
	tab.Run(`(() => {
		const s = new CSSStyleSheet();
		s.replaceSync("main * { content-visibility: visible !important }");
		document.adoptedStyleSheets.push(s);
	})()`)
}

func TestEveryPageInEveryLanguageKeepsItsPromises(t *testing.T) {
	demo.find(t, "pledges with words found elsewhere")
	demo.walk(t, func(t *testing.T, c lang.Code) func(*testing.T, kind) {
		tab := chromium.Tab(t)
		return func(t *testing.T, k kind) {
			tab := tab.For(t)
			l := tab.Open(demo.up(t) + k.in(c))
			if l.Status != k.status {
				t.Fatalf("%s answers %d, not %d", k.in(c), l.Status, k.status)
			}
			layOut(tab)
			for _, p := range promises {
				t.Run(strings.ReplaceAll(p.name, " ", "_"), func(t *testing.T) { p.of(t, tab.For(t), l, c) })
			}
		}
	})
}

// The pages that a rehearsal has beyond the demonstration's: a withdrawn pledge, one with
// reports, one of many parties.
func TestEveryStateOfAPledgeKeepsThePromises(t *testing.T) {
	for _, k := range training.states(t) {
		t.Run(strings.ReplaceAll(k.name, " ", "_"), func(t *testing.T) {
			for _, c := range []lang.Code{lang.AR, lang.EN} {
				tab := chromium.Tab(t)
				l := tab.Open(training.up(t) + k.in(c))
				if l.Status != k.status {
					t.Errorf("%s answers %d, not %d", k.in(c), l.Status, k.status)
				}
				layOut(tab)
				for _, p := range promises {
					t.Run(string(c)+"_"+strings.ReplaceAll(p.name, " ", "_"), func(t *testing.T) { p.of(t, tab.For(t), l, c) })
				}
			}
		})
	}
}

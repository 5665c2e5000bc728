package desk

import (
	"strings"
	"testing"

	"stocktake/internal/e2e/browser"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
)

// What is published is published for good, so no single key does it: p leads to the button, which
// Enter presses. In a form that a key has opened only its own keys act, until Escape closes it.
func TestNothingIsPublishedBySlip(t *testing.T) {
	for _, c := range []lang.Code{lang.EN, lang.AR} {
		t.Run(string(c), func(t *testing.T) {
			o := open(t)
			s := o.submit("Every birth registered")
			tab, base := o.live(t)
			page := base + "/" + string(c) + "/desk/" + s.Ref
			key := func(place string) {
				t.Helper()
				letter := place
				if c == lang.AR {
					letter = arabic[place]
				}
				tab.Strike(letter, "Key"+strings.ToUpper(place), false)
			}
			is := func(what, expression string) {
				t.Helper()
				if tab.URL() != page {
					t.Fatalf("%s: the page has gone to %s", what, tab.URL())
				}
				if !browser.Value[bool](tab, expression) {
					t.Errorf("%s: not so: %s; the focus is on %s", what, expression, browser.Value[string](tab, `document.activeElement.outerHTML.slice(0, 200)`))
				}
			}
			untouched := func(what string) {
				t.Helper()
				tab.Run(`new Promise(done => setTimeout(done, 200))`) // what was sent would have arrived
				if got := o.seen(s.Ref); got.State != pledge.StateSubmitted || got.Version != s.Version || tab.URL() != page {
					t.Fatalf("%s: %s is %s, version %d after %d; the page is %s", what, s.Ref, got.State, got.Version, s.Version, tab.URL())
				}
			}
			tab.Open(page)
			key("r")
			is("r leads to the first reason", `document.activeElement.name === "reasons" && !document.activeElement.checked`)
			for _, other := range []string{"p", "x", "s", "j", "e", "n", "m", "k", "r"} {
				key(other)
				untouched("r, then " + other)
				is(other+" stays in the form", `document.activeElement.name === "reasons" && document.querySelectorAll(".stay details[open]").length === 1`)
			}
			tab.Press(browser.KeyEscape)
			is("Escape closes the form, and stands where it was opened", `document.activeElement.matches("summary[data-key=r]") && !document.activeElement.parentElement.open`)
			tab.Strike("Escape", "Escape", false)
			is("Escape again does nothing", `document.activeElement.matches("summary[data-key=r]")`)
			key("p")
			untouched("Escape, then p")
			is("p leads to the button that publishes", `document.activeElement.value === "publish"`)
			key("p")
			untouched("p twice")
			tab.Strike("?", "Slash", true)
			is("the list of keys says that Enter is to follow, and what Escape does", `(said => said.some(s => /Enter/.test(s)) && said.every(s => s && s !== "undefined") && [...document.querySelectorAll("#keys kbd")].some(k => k.innerText === "Esc"))([...document.querySelectorAll("#keys dd")].map(d => d.innerText))`)
			tab.Press(browser.KeyEscape)
			key("x")
			is("x opens its form", `document.activeElement.name === "aside"`)
			tab.Press(browser.KeyEscape)
			is("Escape closes it from a list of values too", `document.activeElement.matches("summary[data-key=x]") && !document.activeElement.parentElement.open`)
			key("p")
			tab.Travel(func() { tab.Press(browser.KeyEnter) })
			if got := o.seen(s.Ref); got.State != pledge.StatePublished {
				t.Fatalf("p and Enter leave it %s", got.State)
			}
		})
	}
}

// arabic are the signs of an Arabic keyboard, by the letter of the key's place.
var arabic = map[string]string{"p": "ح", "r": "ق", "x": "ء", "s": "س", "j": "ت", "e": "ث", "n": "ى", "m": "ة", "k": "ن"}

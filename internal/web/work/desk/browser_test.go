package desk

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stocktake/internal/e2e/browser"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/webtest"
	"stocktake/internal/web/work/kittest"
)

var chromium browser.Browser

func TestMain(m *testing.M) {
	status := m.Run()
	chromium.Close()
	os.Exit(status)
}

// live serves the desk to a real browser in which a reviewer has signed in.
func (o *office) live(t *testing.T) (*browser.Tab, string) {
	t.Helper()
	cookie := o.Cookie(kittest.Reviewer)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.AddCookie(cookie)
		o.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	return chromium.Tab(t), srv.URL
}

// Nothing is to be found on any page by axe-core, and no page is wider than a small telephone.
func TestPagesAreSoundForEverybody(t *testing.T) {
	axe, err := os.ReadFile("../../../e2e/testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	o := open(t)
	ctx, by := context.Background(), o.People[kittest.Reviewer]
	public := o.submit("Every birth registered")
	if _, err := o.desk.Publish(ctx, by, public.Ref, public.Version); err != nil {
		t.Fatal(err)
	}
	later := o.submit("Schools open to all")
	if _, err := o.desk.Schedule(ctx, by, later.Ref, later.Version, o.Clock().Add(48*time.Hour)); err != nil {
		t.Fatal(err)
	}
	s := o.submit("Every birth is registered")
	if _, err := o.desk.Write(ctx, by, s.Ref, intake.Remarks{Reasons: []string{"no_date"}, Body: "When?", Language: lang.EN}); err != nil {
		t.Fatal(err)
	}
	changed := whole("Every birth is registered by 2027")
	if _, err := o.desk.Propose(ctx, by, s.Ref, s.Version, changed, "It had no date"); err != nil {
		t.Fatal(err)
	}
	city := party.Party{Schema: party.Schema, Code: "a-city", Kind: "local_authority", Names: map[lang.Code]string{lang.EN: "A city"}, Country: "KE"}
	if err := o.desk.Introduce(ctx, by, city); err != nil {
		t.Fatal(err)
	}
	if err := o.desk.Hold(ctx, by, "ken", true, "A question is open"); err != nil {
		t.Fatal(err)
	}
	if err := o.Index.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	tab, base := o.live(t)
	for _, x := range []struct {
		lang    lang.Code
		setting browser.Setting
	}{{lang.EN, browser.Setting{}}, {lang.AR, browser.Setting{Width: 320, Dark: true}}} {
		tab.Set(x.setting)
		for _, path := range []string{
			"/desk", "/desk?find=GCM-9999", "/desk?state=published", "/desk/pledge/" + o.ID(webtest.Revised), "/desk/" + s.Ref, "/desk/" + public.Ref, "/desk/propose/" + s.Ref, "/desk/correct/" + public.Ref, "/desk/history/" + s.Ref,
			"/desk/schedule?pick=" + s.Ref + ":1&pick=" + later.Ref + ":3", "/desk/enter", "/desk/calls", "/desk/calls/new",
			"/desk/scheduled", "/desk/parties", "/desk/parties/ken", "/desk/parties/a-city", "/desk/figures",
		} {
			tab.Open(base + "/" + string(x.lang) + path)
			tab.Sound(string(axe), path+" in "+string(x.lang))
		}
	}
}

// layouts are what the keys of two keyboards write, by the letter of their place.
var layouts = map[lang.Code]map[string]string{
	lang.EN: {"n": "n", "j": "j", "r": "r", "k": "k", "m": "m", "p": "p", "?": "?", "1": "1", "3": "3", "8": "8"},
	lang.AR: {"n": "ى", "j": "ت", "r": "ق", "k": "ن", "m": "ة", "p": "ح", "?": "؟", "1": "١", "3": "٣", "8": "٨"},
}

// By keyboard alone, without a mouse and without a script that moves the focus, on an English and
// on an Arabic keyboard: skip to the content, read the list of keys, begin, look at what joins, return
// with two reasons, take, keep the checklist, publish, and the queue is empty.
func TestTriageByKeyboard(t *testing.T) {
	var walks [][]string
	for _, c := range []lang.Code{lang.EN, lang.AR} {
		o := open(t)
		first := o.submit("First")
		o.Later(time.Hour)
		next := o.submit("Next")
		tab, base := o.live(t)
		key := func(place string) {
			t.Helper()
			switch {
			case place == "?":
				tab.Strike(layouts[c][place], "Slash", true)
			case place <= "9":
				tab.Strike(layouts[c][place], "Digit"+place, false)
			default:
				tab.Strike(layouts[c][place], "Key"+strings.ToUpper(place), false)
			}
		}
		is := func(what, expression string) {
			t.Helper()
			if !browser.Value[bool](tab, expression) {
				t.Errorf("%s: not so: %s; the focus is on %s", c, what, browser.Value[string](tab, `document.activeElement.outerHTML.slice(0, 200)`))
			}
		}
		until := func(what, expression string) {
			t.Helper()
			for range 60 {
				if browser.Value[bool](tab, expression) {
					return
				}
				tab.Press(browser.KeyTab)
			}
			t.Fatalf("%s: 60 times Tab do not lead to %s", c, what)
		}
		tab.Open(base + "/" + string(c) + "/desk")
		tab.Press(browser.KeyTab)
		is("the first stop skips to the content", `document.activeElement.matches(".skip")`)
		tab.Press(browser.KeyEnter)
		tab.Press(browser.KeyTab)
		is("the next stop is in the content", `document.querySelector("main").contains(document.activeElement)`)
		key("?")
		is("the list of keys is open and names them", `document.querySelector("#keys").open && [...document.querySelectorAll("#keys kbd")].some(k => k.innerText === "n")`)
		tab.Press(browser.KeyEscape)
		is("Escape closes it", `!document.querySelector("#keys").open`)

		tab.Travel(func() { key("n") })
		if !strings.HasSuffix(tab.URL(), "/"+string(c)+"/desk/"+first.Ref) {
			t.Fatalf("%s: n leads to %s", c, tab.URL())
		}
		key("j")
		is("j leads into the field that asks with what it is joined", `document.activeElement.name === "with"`)
		tab.Strike("Tab", "Tab", true)
		is("before it stands what closes it", `document.activeElement.matches("[data-key=j]")`)
		tab.Press(browser.KeyEnter)
		is("Enter closes it", `!document.activeElement.parentElement.open`)
		key("r")
		is("r leads to the first reason", `document.activeElement.name === "reasons"`)
		tab.Press(" ")
		key("3")
		is("a digit ticks a reason, where one stands among the reasons", `[...document.querySelectorAll(":checked")].filter(e => e.type === "checkbox" && e.name !== "").map(e => e.value).join() === "too_general,no_date"`)
		tab.Travel(func() { tab.Press(browser.KeyEnter) })
		if !strings.Contains(tab.URL(), "/"+string(c)+"/desk/"+next.Ref) || o.state(first.Ref) != pledge.StateReturned {
			t.Fatalf("%s: %s, and the first is %s", c, tab.URL(), o.state(first.Ref))
		}
		tab.Travel(func() { key("m") })
		until("the checklist", `document.activeElement.name === "ticked"`)
		tab.Press(" ")
		key("8")
		tab.Travel(func() { tab.Press(browser.KeyEnter) })
		is("Enter in the checklist keeps it, and decides nothing", `[...document.querySelectorAll("[name=ticked]:checked")].map(e => e.value).join() === "party,duplicates"`)
		key("8")
		tab.Travel(func() { key("k") })
		is("the checklist is kept", `[...document.querySelectorAll("[name=ticked]:checked")].map(e => e.value).join() === "party"`)

		is("what the party wrote begins where its language begins", `[...document.querySelectorAll(".work h1, .work .prose")].every(e => e.lang === "en" && e.dir === "ltr" && getComputedStyle(e).textAlign === "start")`)

		var walk []string
		tab.Open(base + "/" + string(c) + "/desk/" + next.Ref)
		for range 60 {
			tab.Press(browser.KeyTab)
			walk = append(walk, strings.ReplaceAll(browser.Value[string](tab, `(e => [e.tagName, e.name, e.value && e.type !== "hidden" && e.tagName === "BUTTON" ? e.value : "", e.dataset.key, (e.getAttribute("href") || "").replace(/^\/(en|ar)(?=\/)/, "")].filter(Boolean).join(" "))(document.activeElement)`), next.Ref, "…"))
		}
		walks = append(walks, walk)
		key("8")
		is("what has the focus can be seen", `(e => e === document.body || getComputedStyle(e).outlineStyle !== "none")(document.activeElement)`)
		key("p")
		is("p leads to the button that publishes", `document.activeElement.value === "publish"`)
		tab.Travel(func() { tab.Press(browser.KeyEnter) })
		if s := o.seen(next.Ref); s.State != pledge.StatePublished || !slices.Equal(s.Ticked, []string{"party", "duplicates"}) {
			t.Fatalf("%s: p leaves it %s, with %v ticked", c, s.State, s.Ticked)
		}
		is("the queue is empty", `!!document.querySelector(".nothing")`)
	}
	// The links of the other languages stand in another order of tongues, and nothing else differs.
	if diff := cmp.Diff(content(walks[0]), content(walks[1])); diff != "" {
		t.Errorf("the way through the page differs (-English +Arabic):\n%s", diff)
	}
}

// content is a walk without the links of the frame.
func content(walk []string) (out []string) {
	for _, stop := range walk {
		if !strings.HasPrefix(stop, "A /desk/…") || strings.Contains(stop, "#") {
			out = append(out, stop)
		}
	}
	return out
}

package work_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/e2e/browser"
	"stocktake/internal/lang"
	"stocktake/internal/web/work/kittest"
	"stocktake/internal/web/work/people"
	"stocktake/internal/web/work/sign"
)

var chromium browser.Browser

func TestMain(m *testing.M) {
	status := m.Run()
	chromium.Close()
	os.Exit(status)
}

// lived is a site in a real browser, with its lines cut at will.
type lived struct {
	*kittest.Site
	*browser.Tab
	base  string
	cut   atomic.Bool
	saves atomic.Int64
}

func live(t *testing.T) *lived {
	h := kittest.New(t, func(o *access.Options) { o.Passwords = true })
	l := &lived{Site: h.Serve(sign.New(h.Access, h.Clock), people.New(people.Rooms{Access: h.Access, DB: h.DB}), kittest.Story())}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if l.cut.Load() {
			panic(http.ErrAbortHandler)
		}
		if req.Header.Get("X-Autosave") != "" {
			l.saves.Add(1)
		}
		l.Handler.ServeHTTP(w, req)
	}))
	t.Cleanup(srv.Close)
	l.base, l.Tab = srv.URL, chromium.Tab(t)
	return l
}

// enter signs in by a link, as somebody does who has a letter.
func (l *lived) enter(who string) {
	l.Open(l.base + l.Link(who))
	l.Travel(func() { l.Click("main button") })
}

// until waits for a page to come to something.
func (l *lived) until(t *testing.T, what, expression string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if browser.Value[bool](l.Tab, expression) {
			return
		}
	}
	t.Fatalf("it never came to it: %s\n%s", what, browser.Value[string](l.Tab, `document.querySelector(".saving")?.innerText + "\n" + document.querySelector("main").innerText`))
}

const saving = `document.querySelector(".saving").innerText`

// A form saves itself while somebody writes; what a cut line keeps from the server is not lost,
// and goes there when the line is back.
func TestAFormSavesItself(t *testing.T) {
	l := live(t)
	l.enter(kittest.Focal)
	l.Open(l.base + "/en/story?autosave=1")
	l.Run(`document.querySelector("#f-title").focus()`)
	l.Type("Register every child")
	l.until(t, "saved", saving+`.startsWith("Saved at")`)
	if l.saves.Load() != 1 {
		t.Errorf("%d saves for one text", l.saves.Load())
	}
	if v := browser.Value[string](l.Tab, `document.querySelector("[name=_version]").value`); v != "2" {
		t.Errorf("the form goes on with version %q", v)
	}
	l.cut.Store(true)
	l.Type(" at birth")
	l.until(t, "says that it waits", saving+`.includes("Not saved yet: no connection")`)
	l.cut.Store(false)
	l.until(t, "saved after the line was back", saving+`.startsWith("Saved at")`)

	// What did not reach the server waits in the tab, sealed, and is brought back by the next visit.
	l.Open(l.base + "/en/story?autosave=1")
	l.Run(`document.querySelector("#f-title").focus()`)
	l.cut.Store(true)
	l.Type("Register them everywhere")
	l.until(t, "waits again", saving+`.includes("Not saved yet")`)
	l.until(t, "kept in the tab", kept)
	if browser.Value[bool](l.Tab, `JSON.stringify(sessionStorage).includes("everywhere") || atob(Object.entries(sessionStorage).find(([k]) => k.startsWith("draft "))[1]).includes("everywhere")`) {
		t.Error("whoever comes next can read it")
	}
	const takeAlong = `window.kept = Object.entries(sessionStorage).find(([k]) => k.startsWith("draft "))`
	l.Run(takeAlong)
	l.cut.Store(false)
	l.until(t, "saved once more", saving+`.startsWith("Saved at")`)
	l.until(t, "nothing is left of it", `!`+kept)
	l.Run(`sessionStorage.setItem(...window.kept)`)
	l.Open(l.base + "/en/story?autosave=1")
	l.until(t, "brought back", `document.querySelector("#f-title").value === "Register them everywhere"`)
	l.until(t, "and saved", saving+`.startsWith("Saved at")`)
}

const kept = `Object.keys(sessionStorage).some(k => k.startsWith("draft "))`

// What one person's tab keeps is nothing to the next person in the same tab, even where nobody
// signed out and the session only ended: it cannot be read, and goes.
func TestDraftsAreOfOneSession(t *testing.T) {
	l := live(t)
	l.enter(kittest.Focal)
	l.Open(l.base + "/en/story?autosave=1")
	l.Run(`document.querySelector("#f-title").focus()`)
	l.cut.Store(true)
	l.Type("Between us alone")
	l.until(t, "kept in the tab", kept)
	l.Run(`window.kept = Object.entries(sessionStorage).find(([k]) => k.startsWith("draft "))`)
	sealed := browser.Value[[]string](l.Tab, `window.kept`)
	l.cut.Store(false)
	l.until(t, "saved", saving+`.startsWith("Saved at")`)
	l.enter(kittest.Other)
	l.Run(fmt.Sprintf(`sessionStorage.setItem(%q, %q)`, sealed[0], sealed[1]))
	l.Open(l.base + "/en/story?autosave=1")
	l.until(t, "it goes", `!`+kept)
	if title := browser.Value[string](l.Tab, `document.querySelector("#f-title").value`); title != "" {
		t.Errorf("the next one has %q", title)
	}
}

// Words that never reached the server do not wait for the next one who sits down here.
func TestSigningOutForgetsDrafts(t *testing.T) {
	l := live(t)
	l.enter(kittest.Focal)
	l.Run(`sessionStorage.setItem("draft /en/story", "{}"); sessionStorage.setItem("other", "1")`)
	l.Open(l.base + "/en/account")
	if !browser.Value[bool](l.Tab, kept) {
		t.Fatal("the draft is gone before")
	}
	l.Open(l.base + "/en/sign-out")
	if !browser.Value[bool](l.Tab, kept) {
		t.Error("the draft is gone on being asked")
	}
	l.Travel(func() { l.Click("main button") })
	if browser.Value[bool](l.Tab, kept) {
		t.Error("the draft is there for the next one")
	}
}

func TestCharactersAreCounted(t *testing.T) {
	l := live(t)
	l.enter(kittest.Focal)
	l.Open(l.base + "/en/story")
	l.until(t, "counted", `document.querySelector(".count").innerText === "Characters left: 465"`)
	l.Run(`(e => { e.value = "ж".repeat(501); e.dispatchEvent(new Event("input")); })(document.querySelector("#f-text"))`)
	l.until(t, "over the limit", `document.querySelector(".count.fault")?.innerText === "Characters left: -1"`)
}

// Single keys press what they name, but not while somebody writes, and not for whoever turned
// them off; on an Arabic keyboard the place of the key counts.
func TestSingleKeys(t *testing.T) {
	l := live(t)
	l.enter(kittest.Reviewer)
	l.Open(l.base + "/en/desk/people")
	l.Run(`document.querySelector("[name=q]").focus()`)
	l.Type("n?")
	if q := browser.Value[string](l.Tab, `document.querySelector("[name=q]").value`); q != "n?" {
		t.Errorf("the field has %q", q)
	}
	l.Run(`document.activeElement.blur()`)
	l.Type("?")
	l.until(t, "the list is open", `document.querySelector("#keys").open && document.querySelector("#keys dl").innerText.includes("Invite somebody")`)
	l.Run(`document.querySelector("[data-keys-on]").click(); document.querySelector("#keys button").click()`)
	l.Type("n")
	if l.URL() != l.base+"/en/desk/people" {
		t.Error("a key works that was turned off")
	}
	l.Run(`localStorage.removeItem("keys")`)
	l.Run(`dispatchEvent(new KeyboardEvent("keydown", { key: "؟", code: "Slash", shiftKey: true, bubbles: true }))`)
	l.until(t, "the list is open on an Arabic keyboard", `document.querySelector("#keys").open`)
	l.Run(`document.querySelector("#keys button").click()`)
	l.Travel(func() {
		l.Run(`dispatchEvent(new KeyboardEvent("keydown", { key: "ى", code: "KeyN", bubbles: true }))`)
	})
	if !strings.HasSuffix(l.URL(), "/en/desk/people/invite") {
		t.Errorf("the key led to %s", l.URL())
	}
}

// The list over a form takes the focus, and its links lead into the fields.
func TestErrorsTakeTheFocus(t *testing.T) {
	l := live(t)
	l.enter(kittest.Focal)
	l.Open(l.base + "/en/story")
	l.Travel(func() { l.Click(".actions button") })
	l.until(t, "focus on the list", `document.activeElement.id === "faults"`)
	l.Click(".faults a")
	l.until(t, "focus in the field", `document.activeElement.id === "f-title"`)
}

// Nothing is to be found on any page by axe-core, and no page is wider than a small telephone.
func TestPagesAreSoundForEverybody(t *testing.T) {
	axe, err := os.ReadFile("../../e2e/testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	l := live(t)
	focal := l.People[kittest.Focal]
	look := func(c lang.Code, path string) {
		load := l.Open(l.base + "/" + string(c) + path)
		if foreign := load.Foreign(); len(foreign) > 0 {
			t.Errorf("%s asks %q", path, foreign)
		}
		l.Sound(string(axe), path+" in "+string(c))
	}
	for _, x := range []struct {
		lang    lang.Code
		setting browser.Setting
	}{{lang.EN, browser.Setting{}}, {lang.AR, browser.Setting{Width: 320, Dark: true}}} {
		l.Set(x.setting)
		for _, path := range []string{"/sign-in", "/sign-in/sent", "/sign-in/x", "/sign-out"} {
			look(x.lang, path)
		}
		l.enter(kittest.Focal)
		for _, path := range []string{"/account", "/account/security", "/account/tokens", "/account/data", "/account/erase", "/sign-out", "/desk/people", "/story", "/story?done=story.done.saved",
			"/desk/packet/ken", "/desk/audit", fmt.Sprintf("/desk/people/%s/hand-over/%s", focal.ID, focal.Grants[0].ID)} {
			look(x.lang, path)
		}
		l.enter(kittest.Administrator)
		for _, path := range []string{"/desk/people", "/desk/people/invite", "/desk/people/" + focal.ID, "/desk/people/" + focal.ID + "/close", "/desk/audit"} {
			look(x.lang, path)
		}
		l.Open(l.base + "/en/sign-out")
		l.Travel(func() { l.Click("main button") })
	}
}

package my

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"stocktake/internal/e2e/browser"
	"stocktake/internal/lang"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/work/kittest"
)

var chromium browser.Browser

func TestMain(m *testing.M) {
	status := m.Run()
	chromium.Close()
	os.Exit(status)
}

// live serves the pages to a real browser in which Kenya's focal point has signed in.
func (s site) live(t *testing.T) (*browser.Tab, string) {
	t.Helper()
	cookie := s.Cookie(kittest.Focal)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.AddCookie(cookie)
		s.Handler.ServeHTTP(w, r)
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
	s := serve(t)
	reviewer, focal := s.People[kittest.Reviewer], s.As(kittest.Focal)
	public := s.draft(t, focal)
	focal.Get(public + "/check").Press("Submit to the secretariat")
	sub := s.get(t, public)
	if _, err := s.desk.Publish(t.Context(), reviewer, sub.Ref, sub.Version); err != nil {
		t.Fatal(err)
	}
	if err := s.Index.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	focal.Get(public).Fill("What kind of help", "Material").Fill("What is sought", "Desks").Press("Put it on the board")
	returned := s.draft(t, focal)
	focal.Get(returned + "/check").Press("Submit to the secretariat")
	sub = s.get(t, returned)
	if _, err := s.desk.Return(t.Context(), reviewer, sub.Ref, sub.Version, intake.Remarks{Reasons: []string{"no_date"}, Body: "When?", Language: lang.EN}); err != nil {
		t.Fatal(err)
	}
	proposed := s.draft(t, focal)
	focal.Get(proposed + "/check").Press("Submit to the secretariat")
	sub = s.get(t, proposed)
	p := sub.Pledge
	p.Title = "Train 300 officials and open two desks"
	if _, err := s.desk.Propose(t.Context(), reviewer, sub.Ref, sub.Version, p, "Clearer so."); err != nil {
		t.Fatal(err)
	}
	at := s.draft(t, focal)
	focal.Get(at).Fill("Steps of clearance, one on each line", "Legal").Press("Save")
	focal.Get(at+"/edit/who").Fill("Party to invite", "Portugal").Press("Save and invite")

	tab, base := s.live(t)
	for _, x := range []struct {
		lang    lang.Code
		setting browser.Setting
	}{{lang.EN, browser.Setting{}}, {lang.AR, browser.Setting{Width: 320, Dark: true}}} {
		tab.Set(x.setting)
		for _, path := range []string{
			"/my", "/my/needs", "/about/method", "/pledges/new", "/pledges/new/offline", at, at + "/edit/what", at + "/edit/who", at + "/edit/about", at + "/edit/when",
			at + "/edit/evidence", at + "/check", at + "/preview", returned, proposed, proposed + "/preview?proposal=1", public,
		} {
			tab.Open(base + "/" + string(x.lang) + path)
			tab.Sound(string(axe), path+" in "+string(x.lang))
		}
	}
}

// What somebody types is saved by the script, and the button then saves on top of it.
func TestADraftSavesItselfInABrowser(t *testing.T) {
	s := serve(t)
	at := s.draft(t, s.As(kittest.Focal))
	tab, base := s.live(t)
	tab.Open(base + "/en" + at + "/edit/what")
	tab.Run(`window.version = document.querySelector("[name=_version]").value; document.querySelector("#f-title").select()`)
	tab.Type("Train 500 officials")
	for end := time.Now().Add(20 * time.Second); s.get(t, at).Pledge.Title != "Train 500 officials"; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not saved: %s", browser.Value[string](tab, `document.querySelector(".saving")?.innerText`))
		}
	}
	s.waits(t, tab, `document.querySelector("[name=_version]").value !== window.version`) // the script has heard of it, too
	tab.Type(" by 2031")
	tab.Travel(func() { tab.Click("button[value=next]") })
	if want := "/edit/who"; !strings.HasSuffix(tab.URL(), want) {
		t.Errorf("it goes on to %s: %s", tab.URL(), browser.Value[string](tab, `document.querySelector("main").innerText`))
	}
	if got := s.get(t, at).Pledge.Title; got != "Train 500 officials by 2031" {
		t.Errorf("saved %q", got)
	}
}

// On a slow line the button is pressed while the script still waits for the version that it made:
// that is no second person.
func TestTheButtonWaitsForTheSaveUnderWay(t *testing.T) {
	s := serve(t)
	at := s.draft(t, s.As(kittest.Focal))
	tab, base := s.live(t)
	tab.Open(base + "/en" + at + "/edit/what")
	tab.Run(`{ const send = window.fetch; window.fetch = async (...a) => { const r = await send(...a); await new Promise(f => setTimeout(f, 1500)); window.heard = true; return r; }; }
		document.querySelector("#f-title").select()`)
	tab.Type("Train 500 officials")
	for end := time.Now().Add(20 * time.Second); s.get(t, at).Pledge.Title != "Train 500 officials"; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not saved: %s", browser.Value[string](tab, `document.querySelector(".saving")?.innerText`))
		}
	}
	tab.Type(" by 2031")
	if browser.Value[bool](tab, `!!window.heard`) {
		t.Fatal("the script has its answer already, so nothing is shown")
	}
	tab.Travel(func() { tab.Click("button[value=next]") })
	if want := "/edit/who"; !strings.HasSuffix(tab.URL(), want) {
		t.Errorf("it goes on to %s: %s", tab.URL(), browser.Value[string](tab, `document.querySelector("main").innerText`))
	}
	if got := s.get(t, at).Pledge.Title; got != "Train 500 officials by 2031" {
		t.Errorf("saved %q", got)
	}
}

// What the check says, and what is there already, follow what somebody writes: the part beside the
// form is made anew with each save, told in words to whoever does not see it, and the focus stays.
func TestTheAdviceFollowsWhatIsWritten(t *testing.T) {
	s := serve(t)
	focal := s.As(kittest.Focal)
	at := s.draft(t, focal)
	focal.Get(at + "/edit/about").Choose("4. Legal identity and documentation").Choose("23. International cooperation").Press("Save and continue").Is(200)
	for _, c := range []struct {
		lang lang.Code
		says string
	}{{lang.EN, "How concrete:"}, {lang.AR, "درجة التحديد:"}} {
		focal.Get(at+"/edit/what").Fill("Text of the pledge", "We care.").Press("Save and come back later")
		tab, base := s.live(t)
		tab.Open(base + "/" + string(c.lang) + at + "/edit/what")
		const advice, same = `document.querySelector("[data-region] .score").innerText`, `document.querySelectorAll("[data-region] a[href*='/pledges/']").length`
		before, there := browser.Value[string](tab, advice), browser.Value[int](tab, same)
		if !strings.HasPrefix(before, c.says) || there == 0 {
			t.Fatalf("%s: it says %q, %d pledges", c.lang, before, there)
		}
		tab.Run(`document.querySelector("#f-text").focus(); document.querySelector("#f-text").select()`)
		tab.Type("By 2030 the ministry will train 300 officials with 2 million USD.")
		s.waits(t, tab, advice+` !== `+strconv.Quote(before))
		after := browser.Value[string](tab, advice)
		if got := browser.Value[string](tab, saving); !strings.Contains(got, after) {
			t.Errorf("%s: %q is told as %q", c.lang, after, got)
		}
		if browser.Value[string](tab, `document.activeElement.id`) != "f-text" || browser.Value[string](tab, `document.querySelector(".saving").getAttribute("role")`) != "status" {
			t.Errorf("%s: the focus is gone, or nobody is told", c.lang)
		}
		// A link in the part keeps the focus, too: the part waits until it has gone.
		const version = `document.querySelector("[name=_version]").value`
		last := browser.Value[string](tab, version)
		tab.Run(`document.querySelector("#f-text").value += " And 40 desks."; document.querySelector("#f-text").dispatchEvent(new Event("input", { bubbles: true })); document.querySelector("[data-region] a").focus()`)
		s.waits(t, tab, version+` !== `+strconv.Quote(last))
		if !browser.Value[bool](tab, `document.querySelector("[data-region]").contains(document.activeElement)`) {
			t.Errorf("%s: the link lost the focus", c.lang)
		}
	}
	// Without scripts it is what it was when the page was made.
	focal.Get(at+"/edit/what").Fill("Text of the pledge", "We care.").Press("Save and come back later")
	weak := focal.Get(at + "/edit/what").First(".score").Text()
	focal.Get(at+"/edit/what").Fill("Text of the pledge", prose).Press("Save and come back later")
	if now := focal.Get(at + "/edit/what").First(".score").Text(); now == weak || weak == "" {
		t.Errorf("%q, then %q", weak, now)
	}
}

const saving = `document.querySelector(".saving").innerText`

// waits for a page to come to something.
func (s site) waits(t *testing.T, tab *browser.Tab, expression string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !browser.Value[bool](tab, expression); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never came to %s: %s", expression, browser.Value[string](tab, saving))
		}
	}
}

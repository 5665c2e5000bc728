package my

import (
	"net/http"
	"net/http/httptest"
	"os"
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
	tab.Run(`document.querySelector("#f-title").select()`)
	tab.Type("Train 500 officials")
	for end := time.Now().Add(20 * time.Second); s.get(t, at).Pledge.Title != "Train 500 officials"; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not saved: %s", browser.Value[string](tab, `document.querySelector(".saving")?.innerText`))
		}
	}
	tab.Type(" by 2031")
	tab.Travel(func() { tab.Click("button[value=next]") })
	if want := "/edit/who"; !strings.HasSuffix(tab.URL(), want) {
		t.Errorf("it goes on to %s: %s", tab.URL(), browser.Value[string](tab, `document.querySelector("main").innerText`))
	}
	if got := s.get(t, at).Pledge.Title; got != "Train 500 officials by 2031" {
		t.Errorf("saved %q", got)
	}
}

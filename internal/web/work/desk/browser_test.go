package desk

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"stocktake/internal/e2e/browser"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
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
			"/desk", "/desk?state=published", "/desk/" + s.Ref, "/desk/" + public.Ref, "/desk/propose/" + s.Ref, "/desk/correct/" + public.Ref, "/desk/history/" + s.Ref,
			"/desk/schedule?pick=" + s.Ref + ":1&pick=" + later.Ref + ":3", "/desk/enter", "/desk/calls", "/desk/calls/new",
			"/desk/scheduled", "/desk/parties", "/desk/parties/ken", "/desk/parties/a-city", "/desk/figures",
		} {
			tab.Open(base + "/" + string(x.lang) + path)
			tab.Sound(string(axe), path+" in "+string(x.lang))
		}
	}
}

// In Arabic, by keyboard alone: begin, return with a reason, publish, and the queue is empty.
func TestTriageByKeyboardInArabic(t *testing.T) {
	o := open(t)
	first := o.submit("First")
	o.Later(time.Hour)
	next := o.submit("Next")
	tab, base := o.live(t)
	tab.Open(base + "/ar/desk")
	tab.Travel(func() { tab.Press("n") })
	if !strings.HasSuffix(tab.URL(), "/ar/desk/"+first.Ref) {
		t.Fatalf("n leads to %s", tab.URL())
	}
	tab.Press("r")
	if !browser.Value[bool](tab, `document.querySelector("[data-key=r]").parentElement.open`) {
		t.Fatal("r does not open what returns a pledge")
	}
	tab.Run(`document.querySelector("#f-reasons-0").focus()`)
	tab.Press(" ")
	tab.Run(`document.querySelector("[name=do][value=return]").focus()`)
	tab.Travel(func() { tab.Press("\r") })
	if !strings.Contains(tab.URL(), "/ar/desk/"+next.Ref) || o.state(first.Ref) != pledge.StateReturned {
		t.Fatalf("%s, and the first is %s", tab.URL(), o.state(first.Ref))
	}
	tab.Travel(func() { tab.Press("p") })
	if state := o.state(next.Ref); state != pledge.StatePublished {
		t.Fatalf("p leaves it %s", state)
	}
	if text := browser.Value[string](tab, `document.querySelector(".nothing").innerText`); !strings.Contains(text, "لا شيء هنا") {
		t.Errorf("the queue says %q", text)
	}
}

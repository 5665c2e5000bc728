package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"stocktake/internal/api"
	"stocktake/internal/db"
	"stocktake/internal/e2e/browser"
	"stocktake/internal/explore"
	"stocktake/internal/mail"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
	"stocktake/internal/web/work/kittest"
)

var chromium browser.Browser // closed by TestMain

// actor is somebody of the story at a browser of their own.
type actor struct {
	*browser.Tab
	t    *testing.T
	base string // of the site, with the language: "http://127.0.0.1:1234/ar"
}

// set gives a field its value, as typing or ticking would.
func (a *actor) set(name, value string) {
	a.t.Helper()
	found := browser.Value[bool](a.Tab, fmt.Sprintf(`(() => {
		const [name, value] = [%s, %s], all = [...document.querySelectorAll("[name='" + name + "']")].filter(e => e.type !== "hidden");
		const e = all.length > 1 || /radio|checkbox/.test(all[0]?.type) ? all.find(e => e.value === value) : all[0];
		if (!e) return false;
		for (let d = e.closest("details"); d; d = d.parentElement.closest("details")) d.open = true;
		if (/radio|checkbox/.test(e.type)) { e.checked = true; } else { e.value = value; }
		e.dispatchEvent(new Event("input", {bubbles: true}));
		e.dispatchEvent(new Event("change", {bubbles: true}));
		return e.value === value;
	})()`, quoted(name), quoted(value)))
	if !found {
		a.t.Fatalf("%s has no field %s that takes %q\n%s", a.URL(), name, value, a.text())
	}
}

// press clicks a button and waits for the page that it leads to, which must be a good one.
func (a *actor) press(selector string) {
	a.t.Helper()
	if !browser.Value[bool](a.Tab, fmt.Sprintf(`(() => {
		const e = document.querySelector(%s);
		for (let d = e?.closest("details"); d; d = d.parentElement.closest("details")) d.open = true;
		return !!e;
	})()`, quoted(selector))) {
		a.t.Fatalf("%s has no %s\n%s", a.URL(), selector, a.text())
	}
	a.Travel(func() { a.Click(selector) })
	if faults := browser.Value[string](a.Tab, `document.querySelector(".faults")?.innerText ?? ""`); faults != "" {
		a.t.Fatalf("%s answers %s", a.URL(), faults)
	}
}

func (a *actor) open(path string) {
	a.t.Helper()
	a.Open(a.base + path)
}

func (a *actor) text() string {
	a.t.Helper()
	return browser.Value[string](a.Tab, `document.querySelector("main")?.innerText ?? document.body.innerText`)
}

func (a *actor) says(words ...string) {
	a.t.Helper()
	text := a.text()
	for _, w := range words {
		if !strings.Contains(text, w) {
			a.t.Fatalf("%s does not say %q:\n%s", a.URL(), w, text)
		}
	}
}

// total is how many pledges a list counts.
func (a *actor) total() int {
	a.t.Helper()
	return browser.Value[int](a.Tab, `+document.querySelector("[data-total]").dataset.total`)
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings always have a form in JSON
	}
	return string(b)
}

// words of the story, in the languages in which it is played.
var told = map[string]struct{ title, changed, text, remark, begun, narrative string }{
	"en": {
		"Train 300 officials", "Train 300 officials by 2030",
		strings.Repeat("By 2030 the ministry will train 300 officials who receive migrant workers and open two desks in the capital. ", 4),
		"By which year?", "The course is planned.", "A hundred officials are trained.",
	},
	"ar": {
		"تدريب 300 موظف", "تدريب 300 موظف بحلول عام 2030",
		strings.Repeat("بحلول عام 2030 ستدرب الوزارة 300 موظف يستقبلون العمال المهاجرين وتفتح مكتبين في العاصمة. ", 5),
		"في أي عام؟", "وُضعت خطة الدورة.", "تم تدريب مئة موظف.",
	},
}

// The whole story in a real browser, with scripts and without, from left to right and from right
// to left: invited, signed in by a mailed link, drafted, returned, submitted again, published,
// the receipt verified, asked on the same day without a mail server, reported by the link in the
// outbox, and the dashboard moves; asked again a year later, and reported in two requests.
func TestTheStoryInABrowser(t *testing.T) {
	for _, p := range performances {
		t.Run(fmt.Sprintf("%s, scripts %v", p.language, p.scripts), func(t *testing.T) { play(t, p.language, p.scripts) })
	}
}

// performances are those of every day; the long tests give the other two.
var performances = []performance{{"en", true}, {"ar", false}}

type performance struct {
	language string
	scripts  bool
}

func play(t *testing.T, language string, scripts bool) {
	s := open(t)
	programs, err := api.New(api.Config{Pack: s.Pack, Index: s.Index, Log: s.Log, Clock: s.Clock, BaseURL: kittest.Base})
	if err != nil {
		t.Fatal(err)
	}
	doors := http.NewServeMux()
	doors.Handle("/", s.Handler)
	doors.Handle("/api/", programs)
	srv := httptest.NewServer(doors)
	t.Cleanup(srv.Close)
	words := told[language]
	enter := func(link string) *actor {
		t.Helper()
		a := &actor{Tab: chromium.Tab(t), t: t, base: srv.URL + "/" + language}
		a.Set(browser.Setting{NoScripts: !scripts})
		a.Open(srv.URL + link)
		a.press("main form[method=post] button")
		return a
	}

	// An administrator invites; the letter is in the outbox, and its link signs in.
	admin := enter(s.Link(kittest.Administrator))
	admin.open("/desk/people/invite")
	admin.set("email", "new@example.org")
	admin.set("name", "New Person")
	admin.set("language", language)
	admin.set("role", "focal_point")
	admin.set("party", "gha")
	admin.set("transmits", "yes")
	admin.press("main form button")
	admin.open("/desk/outbox")
	admin.says("new@example.org")
	focal := enter(s.link(s.letter("access_invitation", "new@example.org")))

	// A draft, step by step.
	focal.open("/pledges/new")
	focal.set("language", language)
	focal.set("title", words.title)
	focal.set("text", words.text)
	focal.press("button[value=next]")
	focal.press("button[value=next]")
	for name, value := range map[string]string{"objectives": "1", "nature": "process", "levels": "national"} {
		focal.set(name, value)
	}
	for range 2 {
		focal.press("button[value=next]")
	}
	focal.set("contact.name", "Jane Doe")
	focal.set("contact.email", "jane@example.org")
	focal.press("button[value=next]")
	mine := strings.TrimSuffix(strings.TrimPrefix(focal.URL(), focal.base), "/check")
	ref := strings.TrimPrefix(mine, "/my/")
	focal.press("button[value=submit]")

	// Returned with a remark, changed, submitted again, published.
	desk := enter(s.Link(kittest.Reviewer))
	desk.open("/desk")
	desk.says(words.title)
	desk.press("main table a[href$='" + ref + "']")
	desk.set("remarks", words.remark)
	desk.press("button[value=return]")
	focal.open(mine)
	focal.says(words.remark)
	focal.open(mine + "/edit/what")
	focal.set("title", words.changed)
	focal.press("button[value=next]")
	focal.open(mine + "/check")
	focal.press("button[value=submit]")
	reader := &actor{Tab: chromium.Tab(t), t: t, base: srv.URL + "/" + language}
	reader.Set(browser.Setting{NoScripts: !scripts})
	reader.open("/pledges?stage=in_progress")
	before := reader.total()
	desk.open("/desk/" + ref)
	desk.says(words.changed)
	desk.press("button[value=publish]")
	s.refresh()

	// The public page, and the receipt.
	sub, err := s.rooms.intake.Get(t.Context(), s.People[kittest.Reviewer], ref)
	if err != nil || sub.Published == "" {
		t.Fatalf("%q, %v", sub.Published, err)
	}
	reader.open("/pledges/" + sub.Published)
	reader.says(words.changed)
	focal.open(mine)
	receipt := browser.Value[string](focal.Tab, `document.querySelector("main a[href$='/receipt']").href`)
	if _, err := register.VerifyReceipt(fetched(t, receipt), s.Log.Key()); err != nil {
		t.Errorf("the receipt does not verify: %v", err)
	}

	// On the same day: the desk writes, the letter is in the outbox, its link leads to the form.
	desk.open("/desk/" + ref)
	desk.press("button[value=ask]")
	admin.open("/desk/outbox")
	admin.press("main a[href*='" + s.letter("followup_request", "new@example.org").ID + "']")
	mailed := browser.Value[string](admin.Tab, `document.querySelector("main").innerText.match(/\/[a-z]{2}\/r\/\w+/)[0]`)
	first := &actor{Tab: chromium.Tab(t), t: t, base: srv.URL + "/" + language}
	first.Set(browser.Setting{NoScripts: !scripts})
	first.Open(srv.URL + mailed)
	first.says(words.changed)
	first.set("stage", "in_progress")
	first.set("narrative", words.begun)
	first.press("main details form:has([name=narrative]) p.actions button")
	s.refresh()
	reader.open("/pledges/" + sub.Published)
	reader.says(words.begun)
	reader.open("/pledges?stage=in_progress")
	if after := reader.total(); after != before+1 {
		t.Errorf("%d pledges are in progress, %d were before the first report", after, before)
	}

	// A year later: the letter, its link, the form.
	s.Later(370 * 24 * time.Hour)
	if err := s.rooms.followup.RemindToday(t.Context()); err != nil {
		t.Fatal(err)
	}
	guest := &actor{Tab: chromium.Tab(t), t: t, base: srv.URL + "/" + language}
	guest.Set(browser.Setting{NoScripts: !scripts})
	guest.Open(srv.URL + s.asked("new@example.org", sub.Published))
	guest.says(words.changed)
	guest.set("stage", "in_progress")
	guest.set("narrative", words.narrative)
	guest.press("main details form:has([name=narrative]) p.actions button")
	s.refresh()
	reader.open("/pledges/" + sub.Published)
	reader.says(words.narrative)
	reader.open("/pledges?stage=in_progress")
	if after := reader.total(); after != before+1 {
		t.Errorf("%d pledges are in progress, %d were before the report", after, before)
	}
	if _, err := s.Log.VerifyDatabase(t.Context()); err != nil {
		t.Error(err)
	}
}

// The pages of the office, the follow-up and the translations have nothing for axe-core to find,
// lack no words and are no wider than a small telephone. (Those of the parties, the desk, the
// people and the doors are looked at beside their areas.)
func TestOfficePagesAreSoundForEverybody(t *testing.T) {
	axe, err := os.ReadFile("../../internal/e2e/testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	s := open(t)
	srv := httptest.NewServer(s.Handler)
	t.Cleanup(srv.Close)
	if p := s.As(kittest.Nobody).Post("/sign-in", url.Values{"email": {"focal@example.org"}}); p.Status != http.StatusOK {
		t.Fatalf("asking for a link: %d", p.Status)
	}
	letter := s.letter("access_sign_in", "focal@example.org")
	var ours string // a published pledge of Kenya
	view, err := s.Index.Snapshot().View(explore.Query{}.With("party", "ken"), s.Clock().Format(time.DateOnly))
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range view.Items(0, 100) {
		if item.Pledge.Parties[0] == "ken" && item.Pledge.Status == pledge.Published {
			ours = item.Pledge.ID
		}
	}
	s.Later(370 * 24 * time.Hour)
	if err := s.rooms.followup.RemindToday(t.Context()); err != nil {
		t.Fatal(err)
	}
	mailed := s.asked("focal@example.org", ours)
	mailed = mailed[strings.Index(mailed, "/r/"):]
	for _, x := range []struct {
		language string
		setting  browser.Setting
	}{{"en", browser.Setting{}}, {"ar", browser.Setting{Width: 320, Dark: true}}} {
		for who, paths := range map[string][]string{
			kittest.Administrator: {
				"/desk/outbox", "/desk/outbox?state=sent", "/desk/outbox/" + letter.ID, "/desk/jobs", "/desk/letters", "/desk/letters/followup_reminder/" + x.language, "/desk/audit",
			},
			kittest.Reviewer: {"/desk/followup", "/desk/followup?show=due", "/desk/followup?show=waiting", "/desk/followup?show=strays", "/desk/translations?lang=fr", "/desk/translations/" + ours + "/fr", "/desk/translations/" + ours + "/ar"},
			kittest.Focal:    {"/my/" + ours + "/report", "/account/letters", mailed},
		} {
			a := &actor{Tab: chromium.Tab(t), t: t, base: srv.URL + "/" + x.language}
			a.Set(x.setting)
			a.Open(srv.URL + s.Link(who))
			a.press("main form[method=post] button")
			for _, path := range paths {
				a.open(path)
				a.Sound(string(axe), path+" in "+x.language)
			}
		}
	}
}

// asked is the link of the newest letter that asks somebody for a report on a pledge.
func (s *stage) asked(to, id string) (link string) {
	s.T.Helper()
	s.Write(func(ctx context.Context, tx *db.Tx) error {
		all, err := s.rooms.mail.List(ctx, tx, mail.Filter{})
		for _, e := range all {
			if e.Address == to && strings.HasPrefix(e.Template, "followup_") && strings.Contains(e.Subject+e.Body, id) {
				link = s.link(e)
				break
			}
		}
		return err
	})
	if !strings.Contains(link, "/r/") {
		s.T.Fatalf("nobody asks %s for a report on %s: %q", to, id, link)
	}
	return link
}

func fetched(t *testing.T, url string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s, %v", url, res.StatusCode, text, err)
	}
	return text
}

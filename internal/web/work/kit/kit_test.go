package kit_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/web/messages"
	"stocktake/internal/web/webtest"
	"stocktake/internal/web/work/kit"
	"stocktake/internal/web/work/kittest"
)

func TestMessagesAreComplete(t *testing.T) {
	c, err := lang.Load(messages.Files, kit.Messages())
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range c.Check() {
		t.Error(err)
	}
	for _, name := range kit.Problems {
		for _, key := range []string{"work.problem." + name, "work.problem." + name + ".text"} {
			if !slices.Contains(c.Keys(), key) {
				t.Errorf("no message %q", key)
			}
		}
	}
}

// What was sent and is not right comes back as it was typed, with what is wrong said twice.
func TestFormsKeepWhatWasTyped(t *testing.T) {
	s := kittest.New(t).Serve(kittest.Story())
	p := s.As(kittest.Focal).Get("/story")
	p.Is(200)
	p = p.Fill("Title", "").Fill("Text of the pledge", strings.Repeat("ж", 501)).Fill("E-mail", "nobody").Fill("begins.month", "").
		Fill("begins.day", "3").Fill("Amount", "much").Choose("15 Basic services").Unchoose("4 Legal identity").Unchoose("May be published").Press("Save")
	p.Is(http.StatusUnprocessableEntity).Says("Please look at 6 points again")
	if first := p.First("title").Text(); !strings.HasPrefix(first, "To correct: ") {
		t.Errorf("the title is %q", first)
	}
	var links []string
	for _, a := range p.All(".faults a") {
		links = append(links, a.Get("href"))
	}
	want := []string{"#f-title", "#f-text", "#f-mail", "#f-form-0", "#f-begins-day", "#f-money-amount"}
	if !slices.Equal(links, want) {
		t.Errorf("the list leads to %v, want %v", links, want)
	}
	for _, href := range links {
		if p.First(href).Node == nil {
			t.Errorf("%s leads nowhere", href)
		}
	}
	for id, value := range map[string]string{"#f-mail": "nobody", "#f-money-amount": "much", "#f-begins-day": "3", "#f-begins-year": "2026"} {
		if got := p.First(id).Get("value"); got != value {
			t.Errorf("%s has %q, want %q", id, got, value)
		}
	}
	if got := p.First("#f-text").Text(); len([]rune(got)) != 501 {
		t.Errorf("of the text %d characters are left", len([]rune(got)))
	}
	title := p.First("#f-title")
	if title.Get("aria-invalid") != "true" || !strings.Contains(title.Get("aria-describedby"), "f-title-error") {
		t.Error("the field does not say that it is wrong")
	}
	for _, id := range strings.Fields(title.Get("aria-describedby")) {
		if p.First("#"+id).Text() == "" {
			t.Errorf("%s describes nothing", id)
		}
	}
	for id, want := range map[string]bool{"#f-objectives-0": false, "#f-objectives-1": true, "#f-public-0": false} {
		if _, on := p.First(id).Attr("checked"); on != want {
			t.Errorf("%s is ticked: %v", id, on)
		}
	}
	if key := p.First("input[name=_key]").Get("value"); key == "" {
		t.Error("the key of the form is lost")
	}
	p.Fill("Title", "Register every child").Fill("Text of the pledge", "Soon.").Fill("E-mail", "").Fill("begins.day", "").Fill("Amount", "1 250 000,50").Choose("Common").
		Press("Save").Is(200).Says("The pledge was saved.")
}

// A notice is shown to whom we have just told it, where we have led them, and once. No address
// puts one on a page.
func TestNoticesAreOurs(t *testing.T) {
	s := kittest.New(t).Serve(kittest.Story(), door(access.EnterDesk, nil), kit.Area{Name: "told", Routes: []kit.Route{{Method: "POST", Path: "/told", Serve: func(*kit.Kit, *kit.Request) (kit.Answer, error) {
		return kit.Done("/story", "story.done.saved"), nil
	}}}})
	for _, query := range []string{"story.done.saved", "story.title", "work.save", "hello", "x.done.y"} {
		if s.As(kittest.Bare).Get("/story?done="+query).First(".done").Node != nil {
			t.Errorf("done=%s is shown", query)
		}
	}
	cookie := s.Cookie(kittest.Reviewer)
	mine := cookie.Name + "=" + cookie.Value
	do := func(note, address string) (shown bool, set string) {
		p := s.As(kittest.Nobody).Do("GET", address, "", nil, "Cookie", mine+"; "+note)
		return strings.Contains(p.Body, "The pledge was saved."), p.Header.Get("Set-Cookie")
	}
	told := s.As(kittest.Nobody).Do("POST", "/told", "application/x-www-form-urlencoded", nil, "Cookie", mine)
	set, err := http.ParseSetCookie(told.Header.Get("Set-Cookie"))
	if err != nil || told.Status != http.StatusSeeOther || !set.HttpOnly || set.SameSite != http.SameSiteLaxMode || set.MaxAge <= 0 || set.MaxAge > 60 {
		t.Fatalf("%d, Set-Cookie %q: %v", told.Status, told.Header.Values("Set-Cookie"), err)
	}
	note := set.Name + "=" + set.Value
	if shown, set := do(note, "/story?done=story.done.saved"); !shown || !strings.Contains(set, "Max-Age=0") {
		t.Errorf("after the redirect: shown %v, Set-Cookie %q", shown, set)
	}
	for _, address := range []string{"/story", "/story?done=story.title", "/door/x?done=story.done.saved"} {
		if shown, _ := do(note, address); shown {
			t.Errorf("%s shows it too", address)
		}
	}
	if got := kit.Local("/desk?tab=1&done=story.done.saved"); got != "/desk?tab=1" {
		t.Errorf("an address from outside asks for a notice: %q", got)
	}
}

func TestNobodyIsSentToSignInAndBack(t *testing.T) {
	s := kittest.New(t).Serve(kittest.Story(), door(access.EnterDesk, nil))
	p := s.As(kittest.Nobody).Do("GET", "/door/x?tab=1", "", nil)
	if to := p.Header.Get("Location"); p.Status != 303 || to != "/en/sign-in?next=%2Fdoor%2Fx%3Ftab%3D1" {
		t.Errorf("%d to %q", p.Status, to)
	}
	s.As(kittest.Focal).Get("/door/x").Is(403).Says("This is not yours to do")
	s.As(kittest.Reviewer).Get("/door/x").Is(200)
	// What was sent after the session had ended is kept.
	p = s.As(kittest.Nobody).Do("POST", "/door/x", "application/x-www-form-urlencoded", []byte("text=dear+words"))
	p.Is(401).Says("You were signed out", "dear words")
}

// A refusal is logged with who it was and which route, and with nothing that they wrote.
func TestRefusalsAreLogged(t *testing.T) {
	s := kittest.New(t).Serve(kittest.Story(), door(access.EnterDesk, nil))
	var log bytes.Buffer
	s.Kit.Logger = slog.New(slog.NewTextHandler(&log, nil))
	line := func(p *kittest.Page) string {
		t.Helper()
		defer log.Reset()
		return fmt.Sprint(p.Status, " ", log.String())
	}
	id := "person=" + s.People[kittest.Focal].ID
	for what, x := range map[string]struct {
		said string
		want []string
	}{
		"not theirs":     {line(s.As(kittest.Focal).Get("/door/secret")), []string{"403 ", "status=403", id, `route="GET /en/door/{x}"`}},
		"too much":       {line(s.As(kittest.Focal).Do("POST", "/door/secret", "application/x-www-form-urlencoded", bytes.Repeat([]byte("a"), 300<<10))), []string{"413 ", "status=413", id}},
		"by another way": {line(s.As(kittest.Nobody).Do("POST", "/story", "application/x-www-form-urlencoded", nil, "Sec-Fetch-Site", "cross-site")), []string{"403 ", "status=403", `route="POST /en/story"`}},
	} {
		for _, want := range x.want {
			if !strings.Contains(x.said, want) {
				t.Errorf("%s: %q is not in %s", what, want, x.said)
			}
		}
		if strings.Contains(x.said, "secret") || strings.Contains(x.said, "@") {
			t.Errorf("%s: %s", what, x.said)
		}
	}
	if said := line(s.As(kittest.Reviewer).Get("/door/x")); said != "200 " {
		t.Errorf("of what was no refusal: %s", said)
	}
}

func TestErrorsBecomePages(t *testing.T) {
	for kind, want := range map[errs.Kind]int{
		errs.Internal: 500, errs.Invalid: 400, errs.NotFound: 404, errs.Conflict: 409, errs.Forbidden: 403, errs.Gone: 410, errs.TooLarge: 413, errs.Unavailable: 503,
	} {
		s := kittest.New(t).Serve(door(access.EnterDesk, errs.New(kind, "no such luck")))
		for _, c := range []lang.Code{lang.EN, lang.AR} {
			s.As(kittest.Reviewer).In(c).Get("/door/x").Is(want).SaysNot("luck")
		}
	}
}

// That somebody else was faster is said where somebody was, and nowhere else.
func TestARefusalBlamesNobody(t *testing.T) {
	for _, x := range []struct{ key, head string }{
		{"", "This cannot be done now"}, {"work.not_now", "This cannot be done now"}, {"work.changed_meanwhile", "This has changed meanwhile"},
	} {
		s := kittest.New(t).Serve(door(access.EnterDesk, errs.New(errs.Conflict, "no such luck").WithKey(x.key)))
		p := s.As(kittest.Reviewer).Get("/door/x").Is(409)
		if head := p.First("h1").Text(); head != x.head {
			t.Errorf("%q is headed %q", x.key, head)
		}
		if x.head != "This has changed meanwhile" {
			p.SaysNot("faster")
		}
	}
}

func TestPrivatePagesStayPrivate(t *testing.T) {
	s := kittest.New(t).Serve(kittest.Story())
	r := s.As(kittest.Focal)
	p := r.Get("/story")
	for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"} {
		if got := p.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if csp := p.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self'") || !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("CSP: %q", csp)
	}
	if p.First("meta[name=robots]").Get("content") != "noindex" {
		t.Error("the page may be indexed")
	}
	if n := len(p.All("[style]")) + len(p.All("style")) + len(p.All("[onclick]")); n > 0 {
		t.Errorf("%d things inline", n)
	}
	// Public pages neither set a cookie nor differ by one.
	with, without := r.Get("/pledges"), s.As(kittest.Nobody).Get("/pledges")
	if with.Body != without.Body || with.Header.Get("Set-Cookie") != "" || strings.Contains(with.Header.Get("Vary"), "Cookie") {
		t.Error("a public page knows of the cookie")
	}
	// A cookie that is no good is taken away.
	p = s.As(kittest.Nobody).Do("GET", "/story", "", nil, "Cookie", "stocktake=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	if set := p.Header.Get("Set-Cookie"); !strings.Contains(set, "Max-Age=0") {
		t.Errorf("Set-Cookie: %q", set)
	}
}

func TestOtherSitesCannotSendForms(t *testing.T) {
	s := kittest.New(t).Serve(kittest.Story())
	r := s.As(kittest.Focal)
	form := []byte("title=x")
	r.Do("POST", "/story", "application/x-www-form-urlencoded", form, "Sec-Fetch-Site", "cross-site").Is(403).Says("This came from another site")
	r.Do("POST", "/story", "application/x-www-form-urlencoded", form, "Origin", "https://evil.example").Is(403)
	r.Do("POST", "/story", "application/x-www-form-urlencoded", form, "Sec-Fetch-Site", "same-origin").Is(422)
	r.Do("POST", "/story", "application/x-www-form-urlencoded", []byte("text="+strings.Repeat("a", 300<<10))).Is(413)
}

func TestWithoutALanguageTheReadersOwn(t *testing.T) {
	s := kittest.New(t).Serve(kittest.Story())
	req := httptest.NewRequest("GET", "/story?tab=2", nil)
	req.Header.Set("Accept-Language", "ru, en;q=0.5")
	w := httptest.NewRecorder()
	s.Handler.ServeHTTP(w, req)
	if to := w.Header().Get("Location"); w.Code != 302 || to != "/ru/story?tab=2" {
		t.Errorf("%d to %q", w.Code, to)
	}
}

// What lies below an entry of the menu shows only within it; who may not enter it has the
// others side by side.
func TestTheMenuHasSections(t *testing.T) {
	area := kittest.Story()
	serve := area.Routes[0].Serve
	area.Menu = nil
	for i, x := range []struct {
		path   string
		action access.Action
		also   []string
	}{{"/desk", access.EnterDesk, nil}, {"/desk/calls", access.WriteCall, nil}, {"/desk/words", access.ReadTranslation, nil}, {"/my", access.EnterMy, []string{"/story"}}} {
		area.Routes = append(area.Routes, kit.Route{Method: "GET", Path: x.path, Action: x.action, Serve: serve})
		area.Menu = append(area.Menu, kit.Entry{Path: x.path, Key: "story.menu", Order: i, Also: x.also})
	}
	s := kittest.New(t).Serve(area)
	for _, test := range []struct{ who, at, top, inside string }{
		{kittest.Reviewer, "/story", "/en/desk", ""},
		{kittest.Reviewer, "/desk", "/en/desk*", "/en/desk* /en/desk/calls /en/desk/words"},
		{kittest.Reviewer, "/desk/calls", "/en/desk*", "/en/desk /en/desk/calls* /en/desk/words"},
		{kittest.Translator, "/desk/words", "/en/desk/words*", ""},
		{kittest.Focal, "/my", "/en/desk/words /en/my*", ""},
		{kittest.Focal, "/story", "/en/desk/words /en/my*", ""},
		{kittest.Nobody, "/story", "", ""},
	} {
		p := s.As(test.who).Get(test.at)
		menus := []string{}
		for _, nav := range []string{"header nav", "header .section"} {
			var links []string
			for _, a := range anchors(p, nav) {
				to := a.Get("href")
				if a.Get("aria-current") != "" {
					to += "*"
				}
				links = append(links, to)
			}
			menus = append(menus, strings.Join(links, " "))
		}
		if menus[0] != test.top || menus[1] != test.inside {
			t.Errorf("%s at %s: %q, want %q and %q", test.who, test.at, menus, test.top, test.inside)
		}
	}
}

// Who asks too often waits; others do not.
func TestLimits(t *testing.T) {
	h := kittest.New(t)
	s := h.Serve(kittest.Story())
	k, err := kit.New(kit.Config{House: s.Kit.House, Access: h.Access, Clock: h.Clock, Limits: kit.Limits{
		Person: access.Limit{Every: time.Second, Burst: 3}, Network: access.Limit{Every: time.Second, Burst: 3}, Tries: access.Limit{Every: time.Second, Burst: 1},
	}}, kittest.Story())
	if err != nil {
		t.Fatal(err)
	}
	s.Handler = k
	focal, other := s.As(kittest.Focal), s.As(kittest.Other)
	for range 3 {
		focal.Get("/story").Is(200)
	}
	p := focal.Get("/story").Is(429).Says("Too many requests")
	if p.Header.Get("Retry-After") != "2" {
		t.Errorf("Retry-After: %q", p.Header.Get("Retry-After"))
	}
	other.Get("/story").Is(200)
	h.Later(2 * time.Second)
	focal.Get("/story").Is(200)
}

func TestDecimal(t *testing.T) {
	for typed, want := range map[string]string{
		"1250": "1250", "1 250 000,50": "1250000.50", "1,250,000.50": "1250000.50", "1.250.000,5": "1250000.5", "١٢٥٠": "1250", "١٬٢٥٠٫٥": "1250.5",
		"1,250": "1250", "1,25": "1.25", "1.250": "1.250", "0.5": "0.5", "much": "", "-3": "", "1e9": "", "": "", "1.2.3": "", ",": "", ".": "", "1,": "",
	} {
		got, ok := kit.Decimal(typed)
		if ok != (want != "") || ok && got != want {
			t.Errorf("Decimal(%q) = %q, %v; want %q", typed, got, ok, want)
		}
	}
}

func FuzzDecimal(f *testing.F) {
	f.Add("1 250 000,50")
	f.Fuzz(func(t *testing.T, typed string) {
		got, ok := kit.Decimal(typed)
		if !ok {
			return
		}
		if again, ok := kit.Decimal(got); !ok || again != got {
			t.Errorf("Decimal(%q) = %q, which reads as %q", typed, got, again)
		}
	})
}

func TestLocal(t *testing.T) {
	for to, want := range map[string]string{
		"/my?x=1": "/my?x=1", "/desk/S-1": "/desk/S-1", "": "", "my": "", "//evil.example": "", "https://evil.example/": "", "/\\evil.example": "", "/\tx": "", "javascript:alert(1)": "", "///evil": "", "/%2f/x": "",
	} {
		if got := kit.Local(to); got != want {
			t.Errorf("Local(%q) = %q, want %q", to, got, want)
		}
	}
}

func TestAutosaveAnswersTheScript(t *testing.T) {
	s := kittest.New(t).Serve(kittest.Story())
	p := s.As(kittest.Focal).Do("POST", "/story", "application/x-www-form-urlencoded", []byte("title=x&text=y"), "X-Autosave", "1")
	if want := `{"version":"2","says":"Saved at 09:30","faults":{"f-form-0":"This is needed."}}`; p.Status != 200 || p.Body != want {
		t.Errorf("%d %s, want %s", p.Status, p.Body, want)
	}
	p = s.As(kittest.Nobody).Do("POST", "/story", "application/x-www-form-urlencoded", []byte("title=x"), "X-Autosave", "1", "Sec-Fetch-Site", "cross-site")
	if p.Status != 403 || !strings.HasPrefix(p.Header.Get("Content-Type"), "application/json") {
		t.Errorf("%d %s", p.Status, p.Body)
	}
}

// door is an area with one page behind a right, which answers with an error where one is given.
func door(a access.Action, err error) kit.Area {
	area := kittest.Story()
	serve := area.Routes[0].Serve
	answer := func(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
		if err != nil {
			return nil, err
		}
		return serve(k, r)
	}
	area.Routes = append(area.Routes, kit.Route{Method: "GET", Path: "/door/{x}", Action: a, Serve: answer}, kit.Route{Method: "POST", Path: "/door/{x}", Action: a, Serve: answer})
	if err == nil {
		area.Name, area.Menu, area.Routes, area.Messages, area.Pages = "door", nil, area.Routes[2:], nil, map[string]any{"story": &kittest.StoryPage{}}
	}
	return area
}

func anchors(p *kittest.Page, nav string) []webtest.Doc {
	d := p.First(nav)
	if d.Node == nil {
		return nil
	}
	return d.All("a")
}

// A page of a refusal says once what it has to say.
func TestARefusalIsSaidOnce(t *testing.T) {
	h := kittest.New(t)
	s := h.Serve(door(access.EnterDesk, nil))
	p := s.As(kittest.Focal).Get("/door/x").Is(403)
	if n := strings.Count(p.First("main").Text(), "does not have the right"); n != 1 {
		t.Errorf("it is said %d times: %s", n, p.First("main").Text())
	}
}

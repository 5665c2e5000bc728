package sign_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/lang"
	"stocktake/internal/web/work/kit"
	"stocktake/internal/web/work/kittest"
	"stocktake/internal/web/work/office"
	"stocktake/internal/web/work/people"
	"stocktake/internal/web/work/sign"
)

func open(t *testing.T, change ...func(*access.Options)) *kittest.Site {
	h := kittest.New(t, change...)
	return h.Serve(sign.New(h.Access, h.Clock), kittest.Story())
}

func TestArea(t *testing.T) {
	made := []string{"sign.by.link", "sign.by.passkey", "sign.by.oidc", "sign.by.password"}
	for _, s := range access.Scopes {
		made = append(made, "sign.scope."+s.Name)
	}
	h := kittest.New(t)
	kittest.Area(t, sign.New(h.Access, h.Clock), made...)
}

// letter gives the path of the link that was mailed to an address.
func letter(t *testing.T, s *kittest.Site, to string) string {
	t.Helper()
	s.Answer(access.AskKind, s.Access.Answer)
	link := s.Letter(to).Data["Link"]
	path, ok := strings.CutPrefix(link, kittest.Base)
	if !ok {
		t.Fatalf("the letter has the link %q", link)
	}
	return path
}

func TestSignInByALetter(t *testing.T) {
	s := open(t)
	r := s.As(kittest.Nobody)
	r.Get("/sign-in?next=/story?tab=2").Is(200)
	r.Get("/sign-in").Fill("E-mail address", "focal@example.org").Press("Send me a link").Is(200).Says("Look at your mail", "20 minutes")
	path := letter(t, s, "focal@example.org")

	// A program that looks through letters opens the link, twice; nothing is used up.
	s.As(kittest.Nobody).Get(path).Is(200).Says("Focal Person", "Focal point of Kenya, may submit in its name")
	p := r.Get(path)
	if r.Get("/account").First("h1").Text() != "Sign in" {
		t.Fatal("opening the link signed in")
	}
	r.Get("/sign-in?next=/story?tab=2")
	p = p.Press("Sign in").Is(200)
	if p.Path != "/en/account?done=sign.done.welcome" {
		t.Errorf("the first time leads to %s", p.Path)
	}
	p = p.Fill("Time zone", "Africa/Nairobi").Press("Save").Says("Times on this page are those of Africa/Nairobi (UTC+3).")
	if p.Path != "/en/story?tab=2" {
		t.Errorf("after the details it goes on to %s", p.Path)
	}
	r.Get("/account").Fill("name", "Focal P. Person").Press("Save").Says("Your details were saved.", "Focal P. Person")

	// The link works once.
	r.Get(path).Is(410).Says("This link is no good any more")
	s.As(kittest.Nobody).Post(path, url.Values{}).Is(410)

	// Next time it leads to where one was going.
	r.Get("/sign-out").Press("Sign out").Is(200).Says("You are signed out")
	r.Get("/account").Says("Sign in")
	r.Get("/sign-in?next=/story?tab=2")
	r.Get("/sign-in").Fill("email", "FOCAL@example.org ").Press("Send me a link")
	p = r.Get(letter(t, s, "focal@example.org")).Press("Sign in")
	if p.Path != "/en/story?tab=2" {
		t.Errorf("signing in leads to %s", p.Path)
	}
}

// Signing out ends the session on the server too, and leaves nothing in the browser.
func TestSigningOut(t *testing.T) {
	s := open(t)
	r := s.As(kittest.Focal)
	cookie := s.Cookie(kittest.Focal)
	p := s.As(kittest.Nobody).Do("POST", "/sign-out", "application/x-www-form-urlencoded", nil, "Cookie", cookie.Name+"="+cookie.Value)
	if p.Status != 303 || !strings.Contains(p.Header.Get("Set-Cookie"), "Max-Age=0") || !strings.Contains(p.Header.Get("Clear-Site-Data"), "storage") {
		t.Errorf("%d %v", p.Status, p.Header)
	}
	if _, _, err := s.Access.Session(t.Context(), cookie.Value); err == nil {
		t.Error("the session lives on")
	}
	r.Get("/account").Is(200).Says("Your account") // another device stays signed in
}

// The cookie of a site on https is bound to its host, and no script reads it.
func TestTheCookie(t *testing.T) {
	s := open(t)
	set := s.As(kittest.Nobody).Do("POST", s.Link(kittest.Focal), "application/x-www-form-urlencoded", nil).Header.Values("Set-Cookie")
	if all := strings.Join(set, "\n"); !strings.Contains(all, "stocktake=") || !strings.Contains(all, "HttpOnly") || !strings.Contains(all, "SameSite=Lax") || strings.Contains(all, "Domain") {
		t.Errorf("on http: %s", all)
	}
	cfg := s.Kit.Config
	cfg.House.BaseURL = "https://pledges.example.org"
	k, err := kit.New(cfg, sign.New(s.Access, s.Clock))
	if err != nil {
		t.Fatal(err)
	}
	s.Handler = k
	set = s.As(kittest.Nobody).Do("POST", s.Link(kittest.Focal), "application/x-www-form-urlencoded", nil).Header.Values("Set-Cookie")
	if all := strings.Join(set, "\n"); !strings.Contains(all, "__Host-stocktake=") || !strings.Contains(all, "; Secure") || !strings.Contains(all, "Path=/") {
		t.Errorf("on https: %s", all)
	}
}

// Nothing that nobody can see tells whether there is an account.
func TestSigningInTellsNothing(t *testing.T) {
	s := open(t)
	var answers []string
	for _, address := range []string{"focal@example.org", "stranger@example.org"} {
		p := s.As(kittest.Nobody).Get("/sign-in").Fill("email", address).Press("Send me a link")
		answers = append(answers, p.Path+p.Body)
	}
	if answers[0] != answers[1] {
		t.Error("the answers differ")
	}
	s.Answer(access.AskKind, s.Access.Answer)
	if n := len(s.Letters()); n != 1 {
		t.Errorf("%d letters went out", n)
	}
	s.As(kittest.Nobody).Get("/sign-in").Fill("email", "nobody").Press("Send me a link").Is(422).Says("Write an e-mail address")
}

func TestTooManyLettersWait(t *testing.T) {
	s := open(t)
	r := s.As(kittest.Nobody)
	status := 0
	for range 8 {
		status = r.Get("/sign-in").Fill("email", "focal@example.org").Press("Send me a link").Status
	}
	if status != 429 {
		t.Errorf("the eighth letter within a moment: %d", status)
	}
}

func TestALinkExpires(t *testing.T) {
	s := open(t)
	s.As(kittest.Nobody).Get("/sign-in").Fill("email", "focal@example.org").Press("Send me a link")
	path := letter(t, s, "focal@example.org")
	s.Later(21 * time.Minute)
	p := s.As(kittest.Nobody).Get(path).Is(410)
	p.Fill("E-mail address", "focal@example.org").Press("Send me a new link").Says("Look at your mail")
	if again := letter(t, s, "focal@example.org"); again == path {
		t.Error("no new link was mailed")
	}
}

func TestNextStaysHere(t *testing.T) {
	s := open(t)
	for _, next := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"} {
		p := s.As(kittest.Focal).Do("GET", "/sign-in?next="+url.QueryEscape(next), "", nil)
		if to := p.Header.Get("Location"); to != "/en/account" {
			t.Errorf("next=%s leads to %s", next, to)
		}
	}
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	s := open(t)
	here, there := s.As(kittest.Focal), s.As(kittest.Focal)
	p := here.Get("/account/security").Is(200)
	if n := len(p.All(".card")); n != 2 {
		t.Fatalf("%d sessions are listed", n)
	}
	p.Press("End").Says("It is signed out there.")
	there.Get("/account").Says("We send you a letter")
	here.Get("/account").Says("Your account")
	s.As(kittest.Focal)
	s.As(kittest.Focal)
	here.Get("/account/security").Press("End all others")
	if n := len(here.Get("/account/security").All(".card")); n != 1 {
		t.Errorf("%d sessions are left", n)
	}
}

func TestTokensAreShownOnce(t *testing.T) {
	s := open(t)
	r := s.As(kittest.Focal)
	p := r.Get("/account/tokens").Press("Make the token").Is(422).Says("This is needed.")
	p = p.Fill("What it is for", "Nightly export").Choose("Report on pledges").Press("Make the token").Is(200).Says("Nightly export", "Copy it now")
	secret := p.First(".secret").Text()
	if who, scopes, err := s.Access.Token(t.Context(), secret); err != nil || who.ID != s.People[kittest.Focal].ID || len(scopes) != 1 {
		t.Errorf("the token is of %v with %v: %v", who.ID, scopes, err)
	}
	s.As(kittest.Translator).Get("/account/tokens").Says("nothing yet that a program could do for you").SaysNot("Make the token", "translations:write")
	r.Get("/account/tokens").Says("Nightly export").SaysNot(secret).Press("End").Says("The token has ended.")
	if _, _, err := s.Access.Token(t.Context(), secret); err == nil {
		t.Error("the token still works")
	}
	s.Later(time.Hour)
	r.Get("/account/tokens").Says("sign in once more")
	r.Post("/account/tokens", url.Values{"name": {"x"}, "scopes": {"reports:write"}, "expires": {"90"}}).Says("please sign in once more")
}

func TestOnesOwnData(t *testing.T) {
	s := open(t)
	r := s.As(kittest.Deputy)
	p := r.Get("/account/data").Press("Download your data").Is(200)
	var kept map[string]any
	if err := json.Unmarshal([]byte(p.Body), &kept); err != nil || !strings.Contains(p.Body, "deputy@example.org") {
		t.Errorf("the file is %.200s: %v", p.Body, err)
	}
	if !strings.HasPrefix(p.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the file is %q", p.Header.Get("Content-Disposition"))
	}
	p = r.Get("/account/data").Follow("Erase…").Says("Kenya").Press("Erase the account").Is(422)
	p.Choose("Yes, erase my account for good").Press("Erase the account").Says("Your account was erased.")
	r.Get("/account").Says("We send you a letter")
}

func TestPasswordsAreOffByDefault(t *testing.T) {
	open(t).As(kittest.Nobody).Post("/sign-in/password", url.Values{"address": {"focal@example.org"}, "password": {"x"}}).Is(404)
	s := open(t, func(o *access.Options) { o.Passwords = true })
	r := s.As(kittest.Focal)
	r.Get("/account/security").Fill("New password", "focal person").Press("Set the password").Is(422).Says("at least 15 characters")
	r.Get("/account/security").Fill("New password", "a barn full of green lanterns").Press("Set the password").Says("The password was set.")
	n := s.As(kittest.Nobody)
	for _, wrong := range [][2]string{{"focal@example.org", "something else entirely"}, {"stranger@example.org", "a barn full of green lanterns"}} {
		n.Get("/sign-in").Fill("address", wrong[0]).Fill("Password", wrong[1]).Press("Sign in").Is(422).Says("Address and password do not fit each other.")
	}
	n.Get("/sign-in").Fill("address", "focal@example.org").Fill("Password", "a barn full of green lanterns").Press("Sign in").Is(200).Says("Your account")

	// To change it, one shows it; whoever has come in by it cannot do without.
	const next = "a cellar full of blue lanterns"
	r.Get("/account/security").Fill("Current password", "something else entirely").Fill("New password", next).Press("Set the password").Is(422).Says("not your current password")
	r.Get("/account/security").Fill("Current password", "a barn full of green lanterns").Fill("New password", next).Press("Set the password").Says("The password was set.")
	n = s.As(kittest.Nobody)
	n.Get("/sign-in").Fill("address", "focal@example.org").Fill("Password", next).Press("Sign in").Is(200)
	n.Get("/account/security").SaysNot("I have forgotten it")
	n.Post("/account/password/forget", nil)
	n.Get("/account/security").Says("Current password")
	r.Get("/account/security").Press("I have forgotten it: take it away").Says("The password was taken away.").Fill("New password", next).Press("Set the password").Says("The password was set.")
}

// With a second factor, a mailed link leads to the page that asks for it, and from there back to
// where one was going; without, the same link opens the desk.
func TestTheDeskAsksForAPasskey(t *testing.T) {
	h := kittest.New(t, func(o *access.Options) { o.BaseURL, o.SecondFactor = "http://localhost:8080", access.SecondFactorDesk })
	s := h.Serve(sign.New(h.Access, h.Clock), people.New(people.Rooms{Access: h.Access, DB: h.DB}))
	r := s.As(kittest.Administrator)
	p := r.Get("/desk/people").Is(200).Says("One more step: your passkey", "Administrator", "Make a passkey")
	if p.First("[data-passkey-new]").Node == nil {
		t.Error("the page does not offer to make a passkey")
	}
	r.Get("/account").Is(200).Says("waits for a passkey")
	r.Get("/sign-in").Says("One more step: your passkey")
	r.Post("/desk/people/invite", url.Values{"email": {"x@example.org"}}).Says("One more step: your passkey")
	r.Post("/account/tokens", url.Values{"name": {"x"}, "scopes": {"review:write"}, "expires": {"90"}}).Says("One more step: your passkey")
	s.Later(time.Hour)
	r.Get("/sign-in/confirm").Says("To add something here, sign in once more")
	s.As(kittest.Focal).Get("/sign-in/confirm").Is(200).Says("Those who speak for your party")
	s.As(kittest.Nobody).Get("/sign-in/confirm").Says("We send you a letter")
}

// The ceremony of a passkey: what the script asks for is well formed, and rubbish is refused.
func TestPasskeys(t *testing.T) {
	s := open(t, func(o *access.Options) { o.BaseURL = "http://localhost:8080" })
	n := s.As(kittest.Nobody)
	if n.Get("/sign-in").First("[data-passkey]").Node == nil {
		t.Error("the page does not offer passkeys")
	}
	p := n.Do("POST", "/sign-in/passkey/begin", "application/json", []byte("{}")).Is(200)
	var begun struct {
		Ceremony string
		Options  struct{ PublicKey struct{ Challenge string } }
	}
	if err := json.Unmarshal([]byte(p.Body), &begun); err != nil || begun.Ceremony == "" || begun.Options.PublicKey.Challenge == "" {
		t.Errorf("begun with %s: %v", p.Body, err)
	}
	p = n.Do("POST", "/sign-in/passkey", "application/json", []byte(`{"ceremony":"`+begun.Ceremony+`","response":{"id":"x"}}`))
	if p.Status != 200 || !strings.Contains(p.Body, "The passkey was not accepted") || p.Header.Get("Set-Cookie") != "" {
		t.Errorf("%d %s", p.Status, p.Body)
	}
	r := s.As(kittest.Focal)
	if p := r.Do("POST", "/account/passkeys/begin", "application/json", []byte("{}")); !strings.Contains(p.Body, "challenge") {
		t.Errorf("%d %s", p.Status, p.Body)
	}
	r.Post("/account/passkeys/drop", url.Values{"passkey": {"x"}}).Is(404)
	s.Later(time.Hour)
	r.Post("/account/passkeys/drop", url.Values{"passkey": {"x"}}).Is(200).Says("please sign in once more")
	if p := r.Do("POST", "/account/passkeys/begin", "application/json", []byte("{}")); !strings.Contains(p.Body, "/en/sign-in?again=1") {
		t.Errorf("an old session may add a passkey: %s", p.Body)
	}
}

func TestAllPagesInSixLanguages(t *testing.T) {
	s := open(t, func(o *access.Options) { o.Passwords = true })
	for _, c := range lang.All {
		for _, path := range []string{"/sign-in", "/sign-in/sent", "/sign-in/nothing", "/sign-out"} {
			p := s.As(kittest.Nobody).In(c).Get(path)
			if p.First("html").Get("lang") != string(c) || p.First("h1").Text() == "" {
				t.Errorf("%s in %s: %d", path, c, p.Status)
			}
		}
		for _, path := range []string{"/account", "/account/security", "/account/tokens", "/account/data", "/account/erase", "/sign-in/confirm", "/sign-out"} {
			s.As(kittest.Other).In(c).Get(path).Is(200)
		}
	}
}

// Every page of the account, the one about letters included, is a step from every other, and says
// where one is.
func TestPagesOfTheAccountLeadToEachOther(t *testing.T) {
	h := kittest.New(t)
	s := h.Serve(sign.New(h.Access, h.Clock), office.Area(h.DB, nil, h.Access))
	paths := []string{"/account", "/account/security", "/account/letters", "/account/tokens", "/account/data"}
	for path, at := range map[string]string{"/account": "/account", "/account/security": "/account/security", "/account/tokens": "/account/tokens", "/account/data": "/account/data", "/account/erase": "/account/data"} {
		p := s.As(kittest.Bare).Get(path)
		var links, current []string
		for _, a := range p.All("nav.section a") {
			to := strings.TrimPrefix(a.Get("href"), "/en")
			if links = append(links, to); a.Get("aria-current") == "page" {
				current = append(current, to)
			}
		}
		if !slices.Equal(links, paths) || !slices.Equal(current, []string{at}) {
			t.Errorf("%s leads to %q and is at %q", path, links, current)
		}
		if top := p.First("header nav a[aria-current]").Text(); top != "Account" {
			t.Errorf("%s is under %q", path, top)
		}
	}
}

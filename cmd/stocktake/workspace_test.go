package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"stocktake/internal/mail/mailtest"
)

// visitor is a browser without scripts.
type visitor struct {
	t    *testing.T
	base string
	http http.Client
}

func visit(t *testing.T, base string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, strings.TrimSuffix(base, "/"), http.Client{Jar: jar}}
}

func (v *visitor) get(path string) (status int, body string) {
	v.t.Helper()
	return v.answer(v.http.Get(v.base + path))
}

func (v *visitor) post(path string, values url.Values) (status int, body string) {
	v.t.Helper()
	return v.answer(v.http.PostForm(v.base+path, values))
}

func (v *visitor) answer(r *http.Response, err error) (int, string) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return r.StatusCode, string(text)
}

var (
	signIn  = regexp.MustCompile(`http://[0-9.:]+(/[a-z]{2}/sign-in/[A-Za-z0-9_-]+)`)
	oneTime = regexp.MustCompile(`(/en/sign-in/[A-Za-z0-9_-]+)`)
)

// enter follows a link to sign in and presses the button of its page.
func (v *visitor) enter(link string) {
	v.t.Helper()
	if status, page := v.get(link); status != 200 {
		v.t.Fatalf("%s: %d\n%s", link, status, page)
	}
	if status, page := v.post(link, url.Values{}); status != 200 {
		v.t.Fatalf("signing in at %s: %d\n%s", link, status, page)
	}
}

func waitFor(t *testing.T, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("after twenty seconds not yet: %s", what)
}

func TestTheDemoLetsANewcomerIn(t *testing.T) {
	url, said, _ := site(t, "demo", "--addr", "127.0.0.1:0")
	waitFor(t, "three links", func() bool { return len(signIn.FindAllString(said.String(), -1)) == 3 })
	links := signIn.FindAllStringSubmatch(said.String(), -1)
	admin := visit(t, url)
	admin.enter(links[1][1])
	for _, path := range []string{"/en/desk/outbox", "/ar/desk/letters", "/en/desk/jobs"} {
		if status, page := admin.get(path); status != 200 || strings.Contains(page, "⟦") {
			t.Errorf("%s: %d", path, status)
		}
	}
	_, outbox := admin.get("/en/desk/outbox")
	if !strings.Contains(outbox, "demo.reviewer@example.org") {
		t.Errorf("the outbox does not have the invitations:\n%s", outbox)
	}
	// There is somebody to write to about a pledge whose report is overdue, and the answer is public.
	desk := visit(t, url)
	desk.enter(links[0][1])
	_, overdue := desk.get("/en/desk/followup")
	asks := regexp.MustCompile(`name="pledge" value="([^"]+)"`).FindStringSubmatch(overdue)
	if asks == nil {
		t.Fatalf("nobody can be written to:\n%s", overdue)
	}
	if status, _ := desk.post("/en/desk/followup", map[string][]string{"pledge": {asks[1]}}); status != 200 {
		t.Errorf("writing about %s: %d", asks[1], status)
	}
	_, outbox = admin.get("/en/desk/outbox")
	if !strings.Contains(outbox, asks[1]) {
		t.Errorf("the outbox has no letter about %s", asks[1])
	}
	// A link works once.
	if status, _ := visit(t, url).post(links[1][1], nil); status == 200 {
		t.Error("a link to sign in works twice")
	}
	if status, _ := visit(t, url).get("/en/desk/outbox"); status != 200 { // of the page to sign in
		t.Errorf("nobody gets %d", status)
	}
}

// From an account made on the command line to a letter that a mail server took: asking for a link
// goes through both queues.
func TestALetterLeavesARunningSite(t *testing.T) {
	eachEngine(t, func(b *bench) {
		b.sample()
		s := mailtest.Start(t, mailtest.Options{})
		files := b.path("files")
		url, _, _ := site(t, "serve", "--db", b.db, "--log-key", b.path("log.key"), "--addr", "127.0.0.1:0", "--data", files, "--smtp", "smtp://"+s.Addr, "--mail-from", "pledges@example.org", "--second-factor", "off")
		status, link, words := b.run("user", "add", "amina@example.net", "--role", "administrator", "--name", "Amina", "--language", "en")
		if status != 0 || !oneTime.MatchString(link) {
			t.Fatalf("%d: %s%s", status, link, words)
		}
		v := visit(t, url)
		v.enter(oneTime.FindString(link))
		if status, page := v.get("/en/desk/outbox"); status != 200 || !strings.Contains(page, "amina@example.net") {
			t.Errorf("%d\n%s", status, page)
		}
		if status, page := visit(t, url).post("/en/sign-in", map[string][]string{"email": {"amina@example.net"}}); status != 200 {
			t.Fatalf("asking for a link: %d\n%s", status, page)
		}
		waitFor(t, "a letter", func() bool { return len(s.Messages()) > 0 })
		if m := s.Messages()[0]; m.To != "amina@example.net" || m.From != "pledges@example.org" {
			t.Errorf("from %q to %q", m.From, m.To)
		}
		if _, err := os.Stat(files); err != nil {
			t.Error(err)
		}
	})
}

func TestAccountsOnTheCommandLine(t *testing.T) {
	b := &bench{t: t, dir: t.TempDir()}
	b.db = "sqlite:" + b.path("site.db")
	b.sample()
	for _, c := range []struct {
		want string
		args []string
	}{
		{"a focal point, and nobody else, is of a party", []string{"user", "add", "a@example.net", "--role", "focal_point"}},
		{"a focal point, and nobody else, is of a party", []string{"user", "add", "a@example.net", "--role", "reviewer", "--party", "ken"}},
		{"there is a mail server, and nobody whom letters come from", []string{"user", "add", "a@example.net", "--role", "reviewer", "--smtp", "smtp://127.0.0.1:1"}},
		{"email", []string{"user", "add", "nobody", "--role", "reviewer"}},
	} {
		b.refused(1, c.want, c.args...)
	}
	b.refused(2, "", "user", "add", "a@example.net", "--role", "king")
	for _, args := range [][]string{{"--role", "focal_point", "--party", "ken", "--party", "irq", "--transmits"}, {"--role", "translator", "--into", "fr", "--language", "fr"}, {"--role", "observer"}} {
		if status, link, words := b.run(append([]string{"user", "add", "a@example.net"}, args...)...); status != 0 || !strings.Contains(link, "/sign-in/") {
			t.Errorf("%v: %d %s%s", args, status, link, words)
		}
	}
}

func TestBouncesAndTestLettersOnTheCommandLine(t *testing.T) {
	b := &bench{t: t, dir: t.TempDir()}
	b.db = "sqlite:" + b.path("site.db")
	b.sample()
	b.refused(1, "there is no mail server", "mail", "test", "amina@example.net")
	s := mailtest.Start(t, mailtest.Options{})
	smtp := []string{"--smtp", "smtp://" + s.Addr, "--mail-from", "Pledges <pledges@example.org>"}
	b.must(append([]string{"mail", "test", "amina@example.net", "--language", "ar"}, smtp...)...)
	if len(s.Messages()) != 1 {
		t.Fatalf("%d messages", len(s.Messages()))
	}
	id := regexp.MustCompile(`(?im)^Message-ID: <([A-Z2-7]+)@example\.org>`).FindStringSubmatch(s.Messages()[0].Data)
	if id == nil {
		t.Fatal(s.Messages()[0].Data)
	}
	report, err := os.ReadFile("../../internal/mail/testdata/bounces/no_mailbox.eml")
	if err != nil {
		t.Fatal(err)
	}
	b.refused(1, "speaks of no letter of ours", "mail", "bounce", b.write("foreign.eml", string(report)))
	ours := b.write("ours.eml", strings.ReplaceAll(string(report), "AAAABBBBCCCCDDDDEEEEFFFF22", id[1]))
	if words := b.must("mail", "bounce", ours); !strings.Contains(words, "came back: 5.1.1") {
		t.Error(words)
	}
	b.refused(1, "this is no message", "mail", "bounce", b.write("none.eml", "hello"))
	// A mail server runs it with every letter that comes back: what is no news is not said.
	fresh := &bench{t: t, dir: t.TempDir()}
	fresh.db = "sqlite:" + fresh.path("site.db")
	if _, _, words := fresh.run("mail", "bounce", ours); strings.Contains(words, "--base-url") {
		t.Errorf("%q", words)
	}
	s.Refuse(func(step mailtest.Step, _ string) error {
		if step == mailtest.Receiver {
			return mailtest.Refusal(550, [3]int{5, 1, 1}, "no such user")
		}
		return nil
	})
	b.refused(1, "the letter is bounced", append([]string{"mail", "test", "amina@example.net"}, smtp...)...)
}

// Where the register can only be read, the public pages go on and the workspace says why it does
// not.
func TestTheWorkspaceIsClosedWhereTheRegisterIsOnlyRead(t *testing.T) {
	b := &bench{t: t, dir: t.TempDir()}
	b.db = "sqlite:" + b.path("site.db")
	b.sample()
	url, said, _ := site(t, "serve", "--db", b.db, "--log-key", b.path("another.key"), "--addr", "127.0.0.1:0")
	if !strings.Contains(said.String(), "reading only") {
		t.Fatalf("it can write: %s", said)
	}
	if status, _ := get(t, url+"en/"); status != 200 {
		t.Errorf("the dashboard answers %d", status)
	}
	for _, path := range []string{"en/desk/outbox", "en/desk/jobs", "en/letters/x"} {
		if status, page := get(t, url+path); status != 503 || !strings.Contains(page, "The record can only be read here") {
			t.Errorf("/%s answers %d\n%s", path, status, page)
		}
	}
}

func TestWhomARequestComesFrom(t *testing.T) {
	from, err := forwarded([]string{"10.0.0.0/8", "2001:db8::1"})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ remote, said, want string }{
		"without a proxy":         {"192.0.2.7:4711", "", "192.0.2.7"},
		"somebody pretends":       {"192.0.2.7:4711", "198.51.100.9", "192.0.2.7"},
		"a proxy here":            {"127.0.0.1:4711", "198.51.100.9", "198.51.100.9"},
		"a proxy there":           {"10.1.2.3:4711", "198.51.100.9", "198.51.100.9"},
		"two proxies":             {"[::1]:4711", "198.51.100.9, 10.1.2.3", "198.51.100.9"},
		"pretended before proxy":  {"127.0.0.1:4711", "203.0.113.1, 198.51.100.9", "198.51.100.9"},
		"nonsense":                {"127.0.0.1:4711", "unknown", "127.0.0.1"},
		"a proxy that says none":  {"127.0.0.1:4711", "", "127.0.0.1"},
		"of the sixth generation": {"[2001:db8::1]:4711", "2001:db8:5::9", "2001:db8:5::9"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		if c.said != "" {
			r.Header.Set("X-Forwarded-For", c.said)
		}
		if got := from(r); !strings.HasPrefix(got, c.want+":") && !strings.HasPrefix(got, "["+c.want+"]:") {
			t.Errorf("%s: %s", name, got)
		}
	}
	if _, err := forwarded([]string{"here"}); err == nil {
		t.Error("no prefix was taken")
	}
}

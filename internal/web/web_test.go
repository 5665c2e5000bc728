package web_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"stocktake/internal/lang"
	"stocktake/internal/web"
	"stocktake/internal/web/webtest"
)

// shared is the fixture of all tests that do not change it.
var shared = sync.OnceValues(func() (*webtest.Fixture, error) {
	return webtest.Open(context.Background(), dir)
})

var dir string

func TestMain(m *testing.M) {
	d, err := os.MkdirTemp("", "stocktake-web")
	if err != nil {
		panic(err)
	}
	dir = d
	code := m.Run()
	_ = os.RemoveAll(d)
	os.Exit(code)
}

// site is a server over a fixture, asked without a network.
type site struct {
	*webtest.Fixture
	handler http.Handler
	log     *bytes.Buffer
}

func open(t *testing.T, change ...func(*web.Config)) site {
	t.Helper()
	f, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return over(t, f, change...)
}

func over(t *testing.T, f *webtest.Fixture, change ...func(*web.Config)) site {
	t.Helper()
	var log bytes.Buffer
	cfg := web.Config{
		Pack: f.Pack, Index: f.Index, Log: f.Log, Clock: webtest.Clock, BaseURL: "https://pledges.example.org",
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	}
	for _, c := range change {
		c(&cfg)
	}
	h, err := web.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return site{Fixture: f, handler: h, log: &log}
}

func (s site) do(method, target string, header ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, req)
	return w
}

// get reads a page that must be there.
func (s site) get(t *testing.T, target string) webtest.Doc {
	t.Helper()
	w := s.do("GET", target)
	if w.Code != http.StatusOK {
		t.Fatalf("GET %s: status %d\n%s", target, w.Code, w.Body)
	}
	doc, err := webtest.Parse(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// pagePaths are all pages of the fixture, without a language.
func pagePaths(f *webtest.Fixture) []string {
	paths := []string{"/", "/?view=implementation", "/?as_of=2022-05-20", "/?objective=1", "/pledges", "/pledges?sort=title", "/pledges?q=nothinglikethis",
		"/parties", "/parties?show=states", "/parties/ken", "/parties/prt", "/parties/prt.foreign-affairs", "/parties/skills-network", "/parties/households-apart",
		"/objectives", "/objectives/1", "/objectives/15", "/about", "/about/figures",
		"/?since=2022-05-20&cover=region", "/?digits=arab", "/changes?since=2022-05-20", "/changes?since=2022-05-20&show=new", "/changes?since=2022-05-20&as_of=2024-07-01&show=ended"}
	for n := int64(1); n <= webtest.Given; n++ {
		paths = append(paths, "/pledges/"+f.ID(n), "/pledges/"+f.ID(n)+"/history")
	}
	return paths
}

func TestEveryPageInSixLanguages(t *testing.T) {
	s := open(t, func(c *web.Config) { c.Demo = true })
	for _, c := range lang.All {
		for _, path := range pagePaths(s.Fixture) {
			t.Run(string(c)+path, func(t *testing.T) {
				checkPage(t, s.get(t, "/"+string(c)+path), c)
			})
		}
	}
}

// checkPage holds what is true of every page.
func checkPage(t *testing.T, d webtest.Doc, c lang.Code) {
	t.Helper()
	root := d.First("html")
	if root.Get("lang") != string(c) || root.Get("dir") != c.Dir() {
		t.Errorf("html has lang=%q dir=%q", root.Get("lang"), root.Get("dir"))
	}
	for selector, want := range map[string]int{"h1": 1, "main": 1, "header": 1, "footer": 1, "head title": 1, "a.skip[href=#main]": 1} {
		if n := len(d.All(selector)); n != want {
			t.Errorf("%d of %s, want %d", n, selector, want)
		}
	}
	if text := d.Text(); strings.ContainsAny(text, "⟦⟧") {
		i := strings.IndexAny(text, "⟦")
		t.Errorf("a message is missing: %q", text[i:min(len(text), i+60)])
	}
	if d.First(".banner").Text() == "" {
		t.Error("the banner of the demonstration is missing")
	}
	ids := map[string]bool{}
	for _, e := range d.All("[id]") {
		id := e.Get("id")
		if id == "" || ids[id] {
			t.Errorf("the id %q is empty or stands twice", id)
		}
		ids[id] = true
	}
	for _, e := range d.All("[aria-labelledby]") {
		for _, id := range strings.Fields(e.Get("aria-labelledby")) {
			if !ids[id] {
				t.Errorf("aria-labelledby names %q, which is not there", id)
			}
		}
	}
	if n := len(d.All("[style]")) + len(d.All("style")) + len(d.All("script")) - len(d.All("head script[src]")); n > 0 {
		t.Errorf("%d inline styles or scripts", n)
	}
	for _, selector := range []string{"link[rel=stylesheet]", "link[rel=icon]", "img", "script", "iframe", "source", "video", "form"} {
		for _, e := range d.All(selector) {
			for _, attr := range []string{"src", "href", "action"} {
				if to, ok := e.Attr(attr); ok && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//")) {
					t.Errorf("%s asks %q, another site", selector, to)
				}
			}
		}
	}
	for _, e := range d.All("[onclick]") {
		t.Errorf("an event handler on %s", e.Data)
	}
	for _, field := range append(d.All("select"), d.All("input")...) {
		if field.Get("type") != "hidden" && (field.Parent.Data != "label" || webtest.Doc{Node: field.Parent}.First("span").Text() == "") {
			t.Errorf("the field %q has no label", field.Get("name"))
		}
	}
	for _, a := range d.All("a") {
		if a.Get("href") == "" {
			t.Errorf("a link without a target: %q", a.Text())
		}
		if a.Text() == "" && a.Get("aria-label") == "" {
			t.Errorf("a link without a name to %q", a.Get("href"))
		}
	}
	level := 0
	for n := range d.Descendants() {
		if len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6' {
			now := int(n.Data[1] - '0')
			if now > level+1 {
				t.Errorf("a heading of level %d follows one of level %d: %q", now, level, webtest.Doc{Node: n}.Text())
			}
			level = now
		}
	}
}

package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"stocktake/internal/e2e/browser"
)

var chromium browser.Browser

func TestMain(m *testing.M) {
	status := m.Run()
	chromium.Close()
	os.Exit(status)
}

// page serves one document at / and a style sheet at /style.css.
func page(t *testing.T, body string) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; img-src data:; style-src 'self'; script-src 'self'; form-action 'self'")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><head><title>T</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css"></head><body>%s</body></html>`, body)
	})
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		fmt.Fprint(w, `body { color: #111; background: #fff } .wide { inline-size: 900px }
			@media (prefers-color-scheme: dark) { body { color: #eee; background: #000 } }
			@media print { body { color: #222 } }
			@media (prefers-reduced-motion: reduce) { body { text-indent: 3px } }`)
	})
	mux.HandleFunc("GET /script.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, `document.body.dataset.ran = "yes"; console.error("a fault of the page")`)
	})
	mux.HandleFunc("GET /gone", http.NotFound)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL + "/"
}

func TestALoadTellsStatusRequestsAndWeight(t *testing.T) {
	l := chromium.Tab(t).Open(page(t, "<main><h1>T</h1>"+strings.Repeat("word ", 2000)+"</main>"))
	if l.Status != 200 || len(l.Requests) != 2 || len(l.Console) != 0 || len(l.Issues) != 0 || len(l.Foreign()) != 0 {
		t.Errorf("load: %+v", l)
	}
	if l.Bytes() < 10_000 || l.Bytes() > 12_000 {
		t.Errorf("weight %d, want that of the page with its heads and style sheet", l.Bytes())
	}
	if l := chromium.Tab(t).Open(page(t, "") + "gone"); l.Status != 404 || len(l.Console) != 0 {
		t.Errorf("a page that is missing: %+v", l)
	}
}

func TestFaultsOfAPageAreSeen(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"an inline style", `<p style="color: red">x</p>`, "Content Security Policy"},
		{"an inline script", `<script>1</script>`, "Content Security Policy"},
		{"a script of another host", `<script src="http://127.0.0.2:9/x.js"></script>`, "Content Security Policy"},
		{"an error in the console", `<script src="/script.js"></script>`, "a fault of the page"},
		{"a picture that is missing", `<img alt="" src="/gone">`, "Content Security Policy"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := chromium.Tab(t).Open(page(t, c.body))
			if !slices.ContainsFunc(l.Console, func(s string) bool { return strings.Contains(s, c.want) }) {
				t.Errorf("console %q does not say %q", l.Console, c.want)
			}
		})
	}
}

func TestARequestToAnotherHostIsSeen(t *testing.T) {
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	own := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><title>T</title><link rel="icon" href="data:,"><img alt="" src="%s/pixel.gif">`, other.URL)
	}))
	defer own.Close()
	if got := chromium.Tab(t).Open(own.URL).Foreign(); len(got) != 1 || got[0] != other.URL+"/pixel.gif" {
		t.Errorf("foreign requests: %q", got)
	}
}

func TestSettingsReachThePage(t *testing.T) {
	tab := chromium.Tab(t)
	tab.Open(page(t, `<div class="wide">x</div>`))
	color := func() string { return browser.Value[string](tab, `getComputedStyle(document.body).color`) }
	wide := func() bool {
		return browser.Value[bool](tab, `document.scrollingElement.scrollWidth > innerWidth`)
	}
	if got := color(); got != "rgb(17, 17, 17)" || wide() {
		t.Errorf("light: %s, too wide: %v", got, wide())
	}
	tab.Set(browser.Setting{Dark: true, Width: 320})
	if got := color(); got != "rgb(238, 238, 238)" || !wide() {
		t.Errorf("dark: %s, too wide at 320: %v", got, wide())
	}
	tab.Set(browser.Setting{Print: true})
	if got := color(); got != "rgb(34, 34, 34)" {
		t.Errorf("on paper: %s", got)
	}
	tab.Set(browser.Setting{Still: true})
	if got := browser.Value[string](tab, `getComputedStyle(document.body).textIndent`); got != "3px" {
		t.Errorf("reduced motion does not reach the page: %s", got)
	}
	if pdf := tab.PDF(); !strings.HasPrefix(string(pdf), "%PDF-") {
		t.Errorf("no PDF: %.20q", pdf)
	}
	if png := tab.Screenshot(); !strings.HasPrefix(string(png), "\x89PNG") {
		t.Errorf("no picture: %.20q", png)
	}
}

func TestScriptsCanBeTurnedOff(t *testing.T) {
	url := page(t, `<script src="/script.js"></script>`)
	ran := func(s browser.Setting) bool {
		tab := chromium.Tab(t)
		tab.Set(s)
		tab.Open(url)
		return browser.Value[bool](tab, `document.body.dataset.ran === "yes"`)
	}
	if !ran(browser.Setting{}) || ran(browser.Setting{NoScripts: true}) {
		t.Error("scripts must run, and not when they are off")
	}
}

func TestASlowLinkIsSlow(t *testing.T) {
	tab := chromium.Tab(t)
	tab.Set(browser.Setting{Link: &browser.Link{Latency: 100 * time.Millisecond, Down: 20_000}})
	if l := tab.Open(page(t, strings.Repeat("word ", 2000))); l.Took < 500*time.Millisecond {
		t.Errorf("10 KB at 20 KB/s came in %s", l.Took)
	}
}

func TestAFormIsSentAndBackReturns(t *testing.T) {
	tab := chromium.Tab(t)
	tab.Set(browser.Setting{NoScripts: true})
	start := page(t, `<form><label>Words <input name="q"></label><button>Show</button></form>`)
	tab.Open(start)
	tab.Click("input")
	tab.Type("water")
	l := tab.Travel(func() { tab.Click("button") })
	if l.URL != start+"?q=water" || tab.URL() != l.URL {
		t.Errorf("the form led to %s", l.URL)
	}
	if tab.Back(); tab.URL() != start {
		t.Errorf("back led to %s", tab.URL())
	}
}

func TestAxeFindsWhatIsWrongAndOnlyThat(t *testing.T) {
	source, err := os.ReadFile("../testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	tab := chromium.Tab(t)
	tab.Open(page(t, `<main><h1>Good</h1><p>All is well.</p></main>`))
	if violations, _ := tab.Axe(string(source)); len(violations) != 0 {
		t.Errorf("a good page: %v", violations)
	}
	tab.Open(page(t, `<main><h1>Bad</h1><input name="q"><a href="/"></a></main>`))
	violations, _ := tab.Axe(string(source))
	var ids []string
	for _, v := range violations {
		ids = append(ids, v.ID)
	}
	if !slices.Contains(ids, "label") || !slices.Contains(ids, "link-name") {
		t.Errorf("a bad page: %v", ids)
	}
}

package e2e_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"stocktake/internal/e2e/browser"
	"stocktake/internal/lang"
)

const kilobyte = 1000 // the stricter reading

// The limits are those of docs/design.md: everything included, over the wire, nothing cached.
var limits = map[string]int{
	"dashboard":                                100 * kilobyte,
	"dashboard filtered":                       100 * kilobyte,
	"dashboard of implementation":              100 * kilobyte,
	"dashboard of the past":                    100 * kilobyte,
	"dashboard, gaps by region of the parties": 100 * kilobyte,
	"dashboard compared":                       100 * kilobyte,
	"pledge":                                   40 * kilobyte,
	"history":                                  40 * kilobyte,
}

// general is the limit of a page that has none of its own.
const general = 60 * kilobyte

func TestPagesAreLight(t *testing.T) {
	for _, s := range []*server{demo, forum} {
		t.Run(s.name, func(t *testing.T) {
			tab := chromium.Tab(t)
			for _, k := range s.kinds(t) {
				limit := limits[k.name]
				if limit == 0 && s != demo {
					continue
				}
				if limit == 0 {
					limit = general
				}
				heaviest, where := 0, lang.EN
				var took time.Duration
				for _, c := range lang.All {
					if limits[k.name] == 0 && c != lang.AR { // the language that weighs most
						continue
					}
					weight, time := weigh(t, tab, s.up(t)+k.in(c))
					if took = max(took, time); weight > heaviest {
						heaviest, where = weight, c
					}
				}
				t.Logf("%-28s %6d bytes (%s), loaded in %s at most", k.name, heaviest, where, took.Round(time.Millisecond))
				if heaviest > limit {
					t.Errorf("%s in %s weighs %d bytes, more than %d", k.name, where, heaviest, limit)
				}
			}
		})
	}
}

// weigh opens a page with an empty cache and adds up everything. A browser may fetch the icon
// of a page without telling its tools, so the icon is weighed by itself.
func weigh(t *testing.T, tab *browser.Tab, url string) (bytes int, took time.Duration) {
	t.Helper()
	tab.Forget()
	l := tab.Open(url)
	bytes = l.Bytes()
	icon := browser.Value[string](tab, `document.querySelector("link[rel~=icon]")?.href ?? ""`)
	for _, r := range l.Requests {
		if r.URL == icon {
			return bytes, l.Took
		}
	}
	return bytes + wire(t, icon), l.Took
}

// wire is the size of an answer as a browser would get it, without its head.
func wire(t *testing.T, url string) int {
	t.Helper()
	if !strings.HasPrefix(url, "http") {
		t.Fatalf("the page names no icon: %q", url)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "gzip, deflate, br")
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("%s: status %d, %v", url, res.StatusCode, err)
	}
	return int(n) + 400 // the head
}

func TestASecondPageCostsOnlyItself(t *testing.T) {
	tab := chromium.Tab(t)
	tab.Open(demo.up(t) + "/en/")
	l := tab.Open(demo.up(t) + demo.find(t, "pledge").in(lang.EN))
	for _, r := range l.Requests {
		if r.Type != "Document" && r.Bytes > 0 {
			t.Errorf("%s came over the wire again: %d bytes", r.URL, r.Bytes)
		}
	}
}

func TestTheDashboardIsUsableOnAnOldMobileConnection(t *testing.T) {
	tab := chromium.Tab(t)
	tab.Set(browser.Setting{Width: 375, Height: 700, Link: browser.EDGE})
	for _, name := range []string{"dashboard", "pledge"} {
		l := tab.Open(demo.up(t) + demo.find(t, name).in(lang.FR))
		t.Logf("%s: %s with %d bytes at 250 kbit/s", name, l.Took.Round(time.Millisecond), l.Bytes())
		if l.Took > 8*time.Second {
			t.Errorf("the %s takes %s", name, l.Took)
		}
	}
}

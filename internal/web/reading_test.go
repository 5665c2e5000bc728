package web

import (
	"net/http"
	"strings"
	"testing"

	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/web/page"
)

// A search before the words of a long register have been read is no fault of ours: the page says in
// the reader's language what is there and what follows, and nobody keeps it.
func TestSearchBeforeTheWordsAreThere(t *testing.T) {
	there := false
	instead(t, "pledges", func(d *door, req *http.Request, r *page.Reader) (any, error) {
		if !there {
			return nil, errs.New(errs.Unavailable, "%w: the words of 7 entries are there", explore.ErrReading)
		}
		return d.pledges(req, r)
	})
	d, h := openDoor(t)
	for _, c := range lang.All {
		w := ask(h, "GET", "/"+string(c)+"/pledges?q=children")
		p := d.catalog.Printer(c)
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != retryAfter || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", c, w.Code, w.Header())
		}
		for _, key := range []string{"problem.reading", "problem.reading.text"} {
			if !strings.Contains(w.Body.String(), p.T(key)) {
				t.Errorf("%s: %q is not said", c, p.T(key))
			}
		}
	}
	there = true
	if w := ask(h, "GET", "/en/pledges?q=children"); w.Code != http.StatusOK {
		t.Errorf("when they are there: %d", w.Code)
	}
}

package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"stocktake/internal/errs"
	"stocktake/internal/web/page"
	"stocktake/internal/web/webtest"
)

// A handler that panics answers with the designed page, and the log has the stack.
func TestPanicBecomesAPage(t *testing.T) {
	f, err := webtest.Empty(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	before := pages[0].serve
	pages[0].serve = func(*door, *http.Request, *page.Reader) (any, error) { panic("no such luck") }
	t.Cleanup(func() { pages[0].serve = before })
	var log strings.Builder
	h, err := New(Config{Pack: f.Pack, Index: f.Index, Log: f.Log, Clock: webtest.Clock, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/es/", nil))
	if w.Code != 500 || !strings.Contains(w.Body.String(), "Algo ha fallado") || strings.Contains(w.Body.String(), "luck") {
		t.Errorf("status %d\n%s", w.Code, w.Body)
	}
	if w.Header().Get("ETag") != "" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("the error may be kept: %v", w.Header())
	}
	if !strings.Contains(log.String(), "no such luck") || !strings.Contains(log.String(), "guard_test.go") {
		t.Errorf("the log says %s", log.String())
	}
}

// A list whose texts cannot be read is no short list, but a page that asks to come back.
func TestAListThatCannotBeReadIsNoShortList(t *testing.T) {
	instead(t, "pledges", func(*door, *http.Request, *page.Reader) (any, error) {
		panic(errs.New(errs.Unavailable, "the texts of pledges cannot be read: the disk is gone"))
	})
	_, h := openDoor(t)
	w := ask(h, "GET", "/es/pledges?objective=1")
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "Algo ha fallado") || strings.Contains(w.Body.String(), "disk") {
		t.Errorf("status %d\n%s", w.Code, w.Body)
	}
	if w.Header().Get("Retry-After") != retryAfter || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("ETag") != "" {
		t.Errorf("the answer may be kept, or does not ask to come back: %v", w.Header())
	}
}

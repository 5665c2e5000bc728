// Package browser drives a real Chromium for the tests of the public pages. One browser serves
// a test process; every tab is a browser context of its own, so that nothing is cached or
// remembered from the tab before. A missing Chromium fails the test and says what to install.
package browser

import (
	"context"
	"fmt"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// names are those that the systems we know give to the program.
var names = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// patience is how long one command may take before the test fails.
const patience = 45 * time.Second

// Browser is a running Chromium. Its zero value starts one at the first tab.
type Browser struct {
	once   sync.Once
	err    error
	ctx    context.Context
	cancel func()
}

// Path finds the program, or says what to install.
func Path() (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no Chromium on this machine, and these tests are about real pages in a real browser: " +
		"apt-get install chromium fonts-noto-core fonts-noto-cjk (./check does it on Debian as root)")
}

func (b *Browser) start() {
	var path string
	if path, b.err = Path(); b.err != nil {
		return
	}
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path)}
	for _, flag := range []string{
		"headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
		"disable-component-update", "disable-sync", "hide-scrollbars", "disable-dev-shm-usage", "disable-extensions",
		"no-default-browser-check", "disable-default-apps", "disable-background-timer-throttling",
		"disable-renderer-backgrounding", "disable-backgrounding-occluded-windows", "metrics-recording-only",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	options = append(options,
		chromedp.Flag("force-color-profile", "srgb"), // a screenshot is the same everywhere
		chromedp.Flag("lang", "en"),
		chromedp.Flag("disable-features", "Translate,MediaRouter,OptimizationHints,BackForwardCache"), // going back loads the page, so that it can be watched
	)
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	var stop func()
	b.ctx, stop = chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
	b.cancel = func() { stop(); cancel() }
	if b.err = chromedp.Do(b.ctx); b.err != nil {
		b.cancel()
		b.err = fmt.Errorf("start %s: %w", path, b.err)
	}
}

// Close ends the browser, if it was started.
func (b *Browser) Close() {
	if b.cancel != nil {
		b.cancel()
	}
}

// Tab opens a tab in a fresh browser context, 1280 pixels wide, light, with scripts on. It is
// closed when the test ends.
func (b *Browser) Tab(tb testing.TB) *Tab {
	tb.Helper()
	if b.once.Do(b.start); b.err != nil {
		tb.Fatal(b.err)
	}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	tb.Cleanup(cancel)
	t := &Tab{tb: tb, ctx: ctx, watch: &watch{}}
	t.prepare()
	return t
}

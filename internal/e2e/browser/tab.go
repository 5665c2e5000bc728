package browser

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Keys for Press.
const (
	KeyTab      = kb.Tab
	KeyEnter    = kb.Enter
	KeyEscape   = kb.Escape
	KeyPageDown = kb.PageDown
)

// Tab is one tab. Its methods fail the test on any fault of the browser; they are for one
// goroutine at a time.
type Tab struct {
	tb    testing.TB
	ctx   context.Context
	watch *watch
}

// For is the same tab, reporting to another test: that of a page within a walk.
func (t *Tab) For(tb testing.TB) *Tab {
	other := *t
	other.tb = tb
	return &other
}

// Setting is the reader's side of a page. The zero value is a wide window, light, on screen.
type Setting struct {
	Width, Height int // CSS pixels; 0 = 1280 × 900
	Dark          bool
	Print         bool // styles for paper
	Still         bool // prefers reduced motion
	Forced        bool // forced colours
	NoScripts     bool
	Link          *Link // nil = as fast as the machine
	Slow          int   // how many times slower than this machine's the processor is; 0 = as it is
}

// Link is a slow connection.
type Link struct {
	Latency time.Duration
	Down    int // bytes per second
}

// SlowMobile is the connection on which the limits for what readers wait are set.
var SlowMobile = &Link{Latency: 400 * time.Millisecond, Down: 400_000 / 8}

// EDGE is a second-generation mobile connection as it is met in the field.
var EDGE = &Link{Latency: 300 * time.Millisecond, Down: 250_000 / 8}

func (t *Tab) prepare() {
	t.tb.Helper()
	t.check(chromedp.Do(t.ctx))
	t.check(chromedp.Listen(t.ctx, t.watch.hear))
	call(t, network.Enable, network.EnableParams{})
	call(t, log.Enable, cdp.Empty{})
	call(t, audits.Enable, cdp.Empty{})
	call(t, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	t.Set(Setting{})
}

// call sends one command of the protocol.
func call[P, R any](t *Tab, command cdp.Command[P, R], params P) R {
	t.tb.Helper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	if err != nil {
		t.tb.Fatalf("browser: %s: %v", command.Method, err)
	}
	return result
}

func (t *Tab) check(err error) {
	t.tb.Helper()
	if err != nil {
		t.tb.Fatalf("browser: %v", err)
	}
}

// Set changes how the page is looked at, also while it stands open.
func (t *Tab) Set(s Setting) {
	t.tb.Helper()
	if s.Width == 0 {
		s.Width = 1280
	}
	if s.Height == 0 {
		s.Height = 900
	}
	call(t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: int64(s.Width), Height: int64(s.Height), DeviceScaleFactor: 1,
	})
	media := emulation.SetEmulatedMediaParams{Media: "screen", Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: "light"},
		{Name: "prefers-reduced-motion", Value: "no-preference"},
		{Name: "forced-colors", Value: "none"},
	}}
	if s.Dark {
		media.Features[0].Value = "dark"
	}
	if s.Still {
		media.Features[1].Value = "reduce"
	}
	if s.Forced {
		media.Features[2].Value = "active"
	}
	if s.Print {
		media.Media = "print"
	}
	call(t, emulation.SetEmulatedMedia, media)
	call(t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: s.NoScripts})
	call(t, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: float64(max(1, s.Slow))})
	conditions := []*network.Conditions{}
	if s.Link != nil {
		conditions = append(conditions, &network.Conditions{
			Latency: float64(s.Link.Latency.Milliseconds()), DownloadThroughput: float64(s.Link.Down), UploadThroughput: float64(s.Link.Down),
		})
	}
	call(t, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: conditions})
}

// Open goes to an address and waits until the page and all that it asked for are there.
func (t *Tab) Open(url string) *Load {
	t.tb.Helper()
	return t.Travel(func() {
		t.tb.Helper()
		if r := call(t, page.Navigate, page.NavigateParams{URL: url}); r.ErrorText != "" {
			t.tb.Fatalf("browser: %s: %s", url, r.ErrorText)
		}
	})
}

// Forget empties the cache, so that the next page comes over the wire with all that it needs.
func (t *Tab) Forget() {
	t.tb.Helper()
	call(t, network.ClearBrowserCache, cdp.Empty{})
}

// Travel does what leads to another page, and waits for that page.
func (t *Tab) Travel(do func()) *Load {
	t.tb.Helper()
	loaded, begin := t.watch.reset(), time.Now()
	do()
	select {
	case <-loaded:
	case <-time.After(patience):
		t.tb.Fatalf("browser: no page was loaded within %s", patience)
	}
	took := time.Since(begin)
	for deadline := time.Now().Add(patience / 3); len(t.watch.open()) > 0; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.tb.Fatalf("browser: without an answer at %s: %q", t.URL(), t.watch.open())
		}
	}
	l := t.watch.load()
	l.Took = took
	return l
}

// Back goes back in the history of the tab.
func (t *Tab) Back() *Load {
	t.tb.Helper()
	return t.Travel(func() {
		t.tb.Helper()
		h := call(t, page.GetNavigationHistory, cdp.Empty{})
		if h.CurrentIndex == 0 {
			t.tb.Fatal("browser: there is no page to go back to")
		}
		call(t, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: h.Entries[h.CurrentIndex-1].ID})
	})
}

// URL is the address of the page.
func (t *Tab) URL() string {
	t.tb.Helper()
	return Value[string](t, `location.href`)
}

// Value evaluates an expression in the page; a promise is waited for. It works with the
// page's own scripts off, too.
func Value[T any](t *Tab, expression string) T {
	t.tb.Helper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		if len(expression) > 200 {
			expression = expression[:200] + "…"
		}
		t.tb.Fatalf("browser: evaluate %s: %v", expression, err)
	}
	return v
}

// Run evaluates an expression for what it does.
func (t *Tab) Run(expression string) {
	t.tb.Helper()
	Value[chromedp.Void](t, expression)
}

// Click presses the left button over the middle of the first element that matches.
func (t *Tab) Click(selector string) {
	t.tb.Helper()
	at := Value[[]float64](t, fmt.Sprintf(`(() => {
		const e = document.querySelector(%s);
		if (!e) return null;
		e.scrollIntoView({block: "center", behavior: "instant"});
		const r = e.getClientRects()[0];
		return [r.left + r.width / 2, r.top + r.height / 2];
	})()`, strconv.Quote(selector)))
	if at == nil {
		t.tb.Fatalf("browser: nothing matches %s at %s", selector, t.URL())
	}
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	t.check(chromedp.Do(ctx, chromedp.MouseClickXY(at[0], at[1])))
}

// Type sends text to the element that has the focus.
func (t *Tab) Type(text string) { t.tb.Helper(); t.Press(text) }

// Press sends keys.
func (t *Tab) Press(keys string) {
	t.tb.Helper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	t.check(chromedp.Do(ctx, chromedp.KeyEvent(keys)))
}

// Strike presses the key at a place of the keyboard ("KeyJ", "Slash") which writes what key says, as
// on a layout of another script.
func (t *Tab) Strike(key, code string, shift bool) {
	t.tb.Helper()
	p := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: key, Code: code}
	if len([]rune(key)) == 1 {
		p.Text = key
	}
	if shift {
		p.Modifiers = 8
	}
	if letter, ok := strings.CutPrefix(code, "Key"); ok {
		p.WindowsVirtualKeyCode = int64(letter[0])
	}
	call(t, input.DispatchKeyEvent, p)
	p.Type, p.Text = input.DispatchKeyEventTypeKeyUp, ""
	call(t, input.DispatchKeyEvent, p)
}

// Screenshot is a picture (PNG) of the whole page, however long.
func (t *Tab) Screenshot() []byte {
	t.tb.Helper()
	yes := true
	return call(t, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &yes, FromSurface: &yes}).Data
}

// PDF prints the page as A4.
func (t *Tab) PDF() []byte {
	t.tb.Helper()
	return call(t, page.PrintToPDF, page.PrintToPDFParams{PaperWidth: 8.27, PaperHeight: 11.69}).Data
}

// Inject evaluates a script in the page in spite of its content policy, as a person would in
// the developer tools.
func (t *Tab) Inject(script string) {
	t.tb.Helper()
	r := call(t, runtime.Evaluate, runtime.EvaluateParams{Expression: script})
	if r.ExceptionDetails != nil {
		t.tb.Fatalf("browser: inject: %s", r.ExceptionDetails.Text)
	}
}

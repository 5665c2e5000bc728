package browser

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
)

// Request is one request that a page made.
type Request struct {
	URL    string
	Type   string // Document, Stylesheet, Image, …
	Status int
	Bytes  int // over the wire: head and body as sent, after compression; 0 where nothing was asked of the server
	Hops   int // redirects on the way
	Failed string
}

// Load is what happened while a page was loaded.
type Load struct {
	URL      string // where it ended, after redirects
	Status   int    // of the document
	Header   map[string]string
	Requests []Request
	Console  []string // warnings, errors and exceptions, among them violations of the content policy
	Issues   []string // what the browser's own audits object to
	Took     time.Duration
}

// Bytes is the weight of the page: everything that came over the wire for it.
func (l *Load) Bytes() int {
	sum := 0
	for _, r := range l.Requests {
		sum += r.Bytes
	}
	return sum
}

// Asked is how often the server was asked for something, redirects among it.
func (l *Load) Asked() int {
	sum := 0
	for _, r := range l.Requests {
		if sum += r.Hops; r.Bytes > 0 || r.Failed != "" {
			sum++
		}
	}
	return sum
}

// Foreign are the addresses asked for that are on another host than the page.
func (l *Load) Foreign() []string {
	var out []string
	for _, r := range l.Requests {
		if !strings.HasPrefix(r.URL, "data:") && host(r.URL) != host(l.URL) {
			out = append(out, r.URL)
		}
	}
	return out
}

func host(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return s
	}
	return u.Host
}

// watch collects the events of a tab.
type watch struct {
	mu       sync.Mutex
	requests map[network.RequestID]*Request
	order    []network.RequestID
	pending  map[network.RequestID]bool
	loader   cdp.LoaderID // of the page that is being loaded
	left     cdp.LoaderID // of the page before; what it still asks for is no business of this one
	document *network.Response
	console  []note
	issues   []string
	loaded   chan struct{}
}

type note struct{ source, url, text string }

// reset forgets the page before, and gives the channel that is closed at the load event.
func (w *watch) reset() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests, w.pending = map[network.RequestID]*Request{}, map[network.RequestID]bool{}
	w.order, w.document, w.console, w.issues = nil, nil, nil, nil
	w.left, w.loader = w.loader, ""
	w.loaded = make(chan struct{})
	return w.loaded
}

// open are the requests without an answer.
func (w *watch) open() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for id := range w.pending {
		out = append(out, w.requests[id].URL)
	}
	return out
}

// hear is called for every event of the tab, in order.
func (w *watch) hear(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		w.sent(e)
	case *network.EventResponseReceived:
		if r := w.requests[e.RequestID]; r != nil {
			r.Status = int(e.Response.Status)
		}
		if e.Type == network.ResourceTypeDocument {
			w.document = e.Response
		}
	case *network.EventLoadingFinished:
		if r := w.requests[e.RequestID]; r != nil {
			r.Bytes += int(e.EncodedDataLength)
		}
		delete(w.pending, e.RequestID)
	case *network.EventLoadingFailed:
		if r := w.requests[e.RequestID]; r != nil {
			r.Failed = e.ErrorText
		}
		delete(w.pending, e.RequestID)
	case *page.EventLoadEventFired:
		if w.loaded != nil {
			close(w.loaded)
			w.loaded = nil
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			w.console = append(w.console, note{string(e.Entry.Source), e.Entry.URL, e.Entry.Text})
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			w.console = append(w.console, note{source: "console", text: arguments(e.Args)})
		}
	case *runtime.EventExceptionThrown:
		w.console = append(w.console, note{source: "exception", text: e.ExceptionDetails.Text})
	case *audits.EventIssueAdded:
		w.issues = append(w.issues, issue(e.Issue))
	}
}

func (w *watch) sent(e *network.EventRequestWillBeSent) {
	if w.requests == nil || (e.LoaderID == w.left && e.LoaderID != "") {
		return
	}
	if e.Type == network.ResourceTypeDocument {
		w.loader = e.LoaderID
	}
	if r := w.requests[e.RequestID]; r != nil { // redirected: the answer so far counts too
		if e.RedirectResponse != nil {
			r.Bytes += int(e.RedirectResponse.EncodedDataLength)
		}
		r.Hops++
		r.URL = e.Request.URL
		return
	}
	w.requests[e.RequestID] = &Request{URL: e.Request.URL, Type: string(e.Type)}
	w.order = append(w.order, e.RequestID)
	w.pending[e.RequestID] = true
}

// load is the record so far. That the document itself answered with an error is no surprise
// of the page, so the browser's line about that is left out.
func (w *watch) load() *Load {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := &Load{Header: map[string]string{}, Issues: w.issues}
	if w.document != nil {
		l.URL, l.Status = w.document.URL, int(w.document.Status)
		for name, value := range w.document.Headers {
			l.Header[strings.ToLower(name)] = fmt.Sprint(value)
		}
	}
	for _, id := range w.order {
		l.Requests = append(l.Requests, *w.requests[id])
	}
	for _, n := range w.console {
		if n.source == "network" && l.Status >= 400 && n.url == l.URL {
			continue
		}
		l.Console = append(l.Console, n.source+": "+n.text)
	}
	return l
}

func arguments(args []*runtime.RemoteObject) string {
	var out []string
	for _, a := range args {
		if len(a.Value) > 0 {
			out = append(out, string(a.Value))
		} else {
			out = append(out, a.Description)
		}
	}
	return strings.Join(out, " ")
}

func issue(i *audits.InspectorIssue) string {
	text := string(i.Code)
	if d := i.Details; d != nil {
		switch {
		case d.ContentSecurityPolicyIssueDetails != nil:
			text += ": " + d.ContentSecurityPolicyIssueDetails.ViolatedDirective + " " + d.ContentSecurityPolicyIssueDetails.BlockedURL
		case d.GenericIssueDetails != nil:
			text += ": " + string(d.GenericIssueDetails.ErrorType)
		}
	}
	return text
}

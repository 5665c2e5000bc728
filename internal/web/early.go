package web

import (
	"bytes"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// A page that is ready costs a look-up, and net/http several times that: it starts a goroutine to watch for
// the reader's leaving, fills a map of headers and sorts another. So a connection that waits for its next
// request looks at it first. Where what has arrived is one whole request in the plainest words there are
// (asked.read), and its page is ready, the answer is written at once and net/http never hears of it. Whatever
// else arrives goes on to net/http, byte for byte.
//
// Three things keep this safe. A connection looks only where a request begins, and knows that it is there: it
// counts on it only while everything that net/http was given is one request without a body, read in one
// piece; after anything else (a body, a second request on the heels of the first, a head in two packets) it
// never looks again. The first request is always net/http's, so that the server's own book has the connection
// as idle, with what follows from that for time limits and for closing down. And a head is the one that
// net/http has sent with the same page; a fuzz test compares the bytes of both ways.
// docs/decisions/0032-early-answers.md has the reasons.

// Pages is the handler of the whole site, at the root of its server.
type Pages struct {
	http.Handler
	door *door
}

// early is what a connection keeps for answering early.
type early struct {
	begins bool // no byte of the next request was handed on yet, and none of another is waiting
	whole  bool // what was handed on is exactly one request without a body
	idle   bool // net/http has answered on this connection, and takes it for idle between requests
	set    time.Time
	asked  asked
}

// Read hands on what arrives, but for requests that it answers. net/http calls it from one goroutine at a
// time; while a request is being answered that is one which waits for a byte of the next.
func (g *gatherer) Read(p []byte) (int, error) {
	for {
		n, err := g.Conn.Read(p)
		if n == 0 {
			return n, err
		}
		if !g.begins {
			g.whole = false
			return n, err
		}
		plain := g.from.pages != nil && g.asked.read(string(p[:n]))
		if plain && g.idle && err == nil {
			answered, err := g.answer()
			if err != nil {
				return 0, err
			}
			if answered {
				g.asked = asked{} // or a quiet connection would keep its last request in memory
				continue
			}
		}
		g.asked = asked{}
		g.begins, g.whole = false, plain
		return n, err
	}
}

// rest tells that net/http has answered what it was given, and waits for more.
func (g *gatherer) rest() {
	g.begins, g.whole, g.idle, g.set = g.whole, false, true, time.Time{}
}

// answer sends the page that is asked for, if it is ready in the coding that the reader wants most.
func (g *gatherer) answer() (bool, error) {
	d := g.from.pages
	made := d.store.get(d.edition(d.Index.Snapshot(), d.Clock()), target{g.asked.path, g.asked.query})
	if made == nil {
		return false, nil
	}
	status, c := made.choose(g.asked.accept, g.asked.held)
	var content []byte
	switch status {
	case http.StatusOK:
		b := made.ready[c].Load()
		if b == nil {
			return false, nil
		}
		content = b.bytes
	case http.StatusNotModified:
	default:
		return false, nil
	}
	head := made.head(status, c).Load()
	if head == nil {
		return false, nil
	}
	now := time.Now()
	if now.Sub(g.set) > time.Second { // a second less for the reader spares two calls for each page
		g.set = now
		if err := g.SetReadDeadline(now.Add(idleTimeout)); err != nil {
			return false, err
		}
		if err := g.SetWriteDeadline(now.Add(writeTimeout)); err != nil {
			return false, err
		}
	}
	g.sending.Lock()
	defer g.sending.Unlock()
	g.parts = [3][]byte{*head, d.date.line(now), content}
	g.left = g.parts[:]
	_, err := g.left.WriteTo(g.Conn)
	g.parts = [3][]byte{}
	d.tally.add(d.Logger, len(content), now)
	return true, err
}

// Close lets a page that is being sent go out first: the server closes connections that it takes for idle
// when it shuts down, and knows nothing of early answers. All readers who do not take their page together get
// so long.
func (g *gatherer) Close() error {
	if !g.sending.TryLock() {
		g.from.last.CompareAndSwap(0, time.Now().Add(lastSend).UnixNano())
		_ = g.SetWriteDeadline(time.Unix(0, g.from.last.Load())) // where it cannot be set, nothing can be sent either
		g.sending.Lock()
	}
	defer g.sending.Unlock()
	return g.Conn.Close()
}

const lastSend = 2 * time.Second

// ofThePage are the fields of a head that depend on the page and on the server, not on who asks.
var ofThePage = func() map[string]bool {
	names := map[string]bool{"Strict-Transport-Security": true}
	for _, name := range []string{"Cache-Control", "Content-Encoding", "Content-Length", "Content-Type", "Etag", "Vary"} {
		names[name] = true
	}
	for i := range headers {
		names[headers[i].name] = true
	}
	return names
}()

// head is where the head of an answer is kept.
func (a *response) head(status int, c coding) *atomic.Pointer[[]byte] {
	if status == http.StatusNotModified {
		return &a.unchanged[c]
	}
	return &a.heads[c]
}

// keepHead keeps the head that net/http is about to send, but for its last line, the date. Where a handler
// round ours has said something else in it, which may be meant for one reader, it is not kept, and
// nobody is answered early.
func (a *response) keepHead(h http.Header, status int, c coding) {
	keep := a.head(status, c)
	if a.grew == nil || keep.Load() != nil {
		return
	}
	for name := range h {
		if !ofThePage[name] {
			return
		}
	}
	var out bytes.Buffer // writing to it cannot fail
	out.WriteString("HTTP/1.1 " + strconv.Itoa(status) + " " + http.StatusText(status) + "\r\n")
	_ = h.Write(&out)
	head := bytes.Clone(out.Bytes())
	if keep.CompareAndSwap(nil, &head) {
		a.grew(len(head))
	}
}

// date keeps the line with the date, and the end of a head, for a second.
type date struct{ now atomic.Pointer[dated] }

type dated struct {
	second int64
	line   []byte
}

func (d *date) line(now time.Time) []byte {
	kept := d.now.Load()
	if kept == nil || kept.second != now.Unix() {
		kept = &dated{now.Unix(), now.UTC().AppendFormat([]byte("Date: "), http.TimeFormat+"\r\n\r\n")}
		d.now.Store(kept)
	}
	return kept.line
}

package web

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"stocktake/internal/db"
	"stocktake/internal/explore"
	"stocktake/internal/register"
	"stocktake/internal/web/webtest"
)

// played is a connection whose reader sends the packets that were written down, and says no more.
type played struct {
	mu      sync.Mutex
	moved   *sync.Cond
	packets [][]byte
	polite  bool // the next one comes only when the last was answered
	got     bytes.Buffer
	readBy  time.Time
	writeBy time.Time
	gone    chan bool // closed with the connection
}

func (c *played) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		select {
		case <-c.gone:
			return 0, net.ErrClosed
		default:
		}
		waits := len(p) == 1 // net/http looks whether the reader goes away before he is answered
		switch {
		case !c.readBy.IsZero() && c.readBy.Before(time.Now()):
			return 0, os.ErrDeadlineExceeded
		case waits && (c.polite || len(c.packets) == 0):
			c.moved.Wait()
		case len(c.packets) == 0:
			return 0, io.EOF
		case len(c.packets[0]) == 0:
			c.packets = c.packets[1:]
		default:
			n := copy(p, c.packets[0])
			c.packets[0] = c.packets[0][n:]
			return n, nil
		}
	}
}

func (c *played) Write(p []byte) (int, error) { return c.got.Write(p) }

func (c *played) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moved.Broadcast()
	select {
	case <-c.gone:
		return net.ErrClosed
	default:
		close(c.gone)
		return nil
	}
}

func (c *played) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readBy = t
	c.moved.Broadcast()
	return nil
}

func (c *played) SetWriteDeadline(t time.Time) error { c.writeBy = t; return nil }
func (c *played) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}
func (c *played) LocalAddr() net.Addr  { return &net.TCPAddr{} }
func (c *played) RemoteAddr() net.Addr { return &net.TCPAddr{} }

// stage is a server of the site, with early answers or without, for connections that are played.
type stage struct {
	lines    chan net.Conn
	gathered *gathering
	heard    atomic.Int64 // requests that net/http has heard of
	ended    chan bool
}

func (s *stage) Accept() (net.Conn, error) {
	select {
	case c := <-s.lines:
		return s.gathered.gather(c), nil
	case <-s.ended:
		return nil, net.ErrClosed
	}
}
func (s *stage) Close() error   { close(s.ended); return nil }
func (s *stage) Addr() net.Addr { return &net.TCPAddr{} }

func newStage(t testing.TB, d *door, early bool, round ...func(http.ResponseWriter)) *stage {
	t.Helper()
	s := &stage{lines: make(chan net.Conn), gathered: new(gathering), ended: make(chan bool)}
	if early {
		s.gathered.pages = d
	}
	h := d.routes()
	server := Server(context.Background(), http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		s.heard.Add(1)
		for _, f := range round {
			f(w)
		}
		h.ServeHTTP(w, req)
	}))
	served := make(chan error, 1)
	go func() { served <- server.Serve(s) }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return s
}

var dates = regexp.MustCompile(`Date: [^\r]*`)

// play gives all that is answered, but for the date, and how many requests net/http has heard of.
func (s *stage) play(polite bool, packets ...string) (string, int64) {
	c := &played{polite: polite, gone: make(chan bool)}
	c.moved = sync.NewCond(&c.mu)
	for _, p := range packets {
		c.packets = append(c.packets, []byte(p))
	}
	before := s.heard.Load()
	s.lines <- c
	<-c.gone
	return dates.ReplaceAllString(c.got.String(), "Date: -"), s.heard.Load() - before
}

// twoWays are servers of the same pages, which are ready in several codings, with and without early
// answers. No coding is made aside, which would be there at one moment and not at another.
func twoWays(t testing.TB) (with, without *stage) {
	one, _ := openDoor(t)
	other, err := newDoor(one.Config)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []*door{one, other} {
		d.press.free = func() bool { return false }
		h := d.routes()
		for _, to := range []string{"/en/about", "/en/pledges?objective=1", "/fr/about"} {
			for c, name := range codingNames {
				if coding(c) == brotlied && to != "/fr/about" { // it takes long
					continue
				}
				if w := ask(h, "GET", to, "Accept-Encoding", name+", *;q=0"); w.Code != http.StatusOK {
					t.Fatal(to, w.Code)
				}
			}
		}
	}
	return newStage(t, one, true), newStage(t, other, false)
}

const host = " HTTP/1.1\r\nHost: example.org\r\n"

// requests are what a connection may carry, in bits and pieces.
var requests = []string{
	"GET /en/about" + host + "\r\n",
	"GET /en/pledges?objective=1" + host + "Accept-Encoding: zstd\r\n\r\n",
	"GET /fr/about" + host + "accept-encoding: gzip, deflate, br, zstd\r\nUser-Agent: Mozilla/5.0 (X11)\r\nAccept: */*\r\nUpgrade-Insecure-Requests: 1\r\nCookie: a=b; c=d\r\n\r\n",
	"GET /en/about" + host + "Accept-Encoding: zstd\r\nIf-None-Match: *\r\n\r\n",
	"GET /en/about" + host + "Accept-Encoding: gzip, zstd\r\nIf-None-Match: \"other\", W/\"x\"\r\nConnection: Keep-Alive\r\n\r\n",
	"GET /en/pledges?objective=1" + host + "Accept-Encoding: gzip\r\nAccept-Encoding: br\r\n\r\n",
	"GET /en/about" + host + "Accept-Encoding: identity;q=0\r\n\r\n",
	"GET /en/about" + host + "Accept-Encoding: \r\n\r\n",
	"GET /en/about" + host + "Accept-Encoding: br\r\nConnection: close\r\n\r\n",
	"GET /en/about" + host + "Accept-Encoding: br\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n",
	"GET /en/about" + host + "Content-Length: 0\r\n\r\n",
	"GET /en/about" + host + "Content-Length: 45\r\n\r\n" + "GET /fr/about" + host + "\r\n",
	"GET /en/about" + host + "Content-Length : 45\r\n\r\n" + "GET /fr/about" + host + "\r\n",
	"GET /en/about" + host + "Transfer-Encoding: chunked\r\n\r\n2d\r\n" + "GET /fr/about" + host + "\r\n\r\n0\r\n\r\n",
	"GET /en/about" + host + "Transfer_Encoding: chunked\r\n\r\n",
	"GET /en/about" + host + "Transfer-Encoding: identity\r\n\r\n",
	"POST /en/about" + host + "Content-Length: 45\r\n\r\n" + "GET /fr/about" + host + "\r\n",
	"POST /en/about" + host + "Content-Length: 8\r\nExpect: 100-continue\r\n\r\n12345678",
	"GET /en/about" + host + "Expect: 100-continue\r\n\r\n",
	"GET /en/about" + host + "Expect: miracles\r\n\r\n",
	"GET /en/about" + host + "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n",
	"HEAD /en/about" + host + "Accept-Encoding: br\r\n\r\n",
	"OPTIONS /en/about" + host + "\r\n",
	"get /en/about" + host + "\r\n",
	"GET  /en/about" + host + "\r\n",
	"GET /en/about HTTP/1.0\r\nHost: example.org\r\n\r\n",
	"GET /en/about HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
	"GET /en/about HTTP/1.1\r\n\r\n",
	"GET /en/about HTTP/2.0\r\nHost: example.org\r\n\r\n",
	"GET /en/about HTTP/1.1\nHost: example.org\n\n",
	"GET /en/about HTTP/1.1\r\nHost: example.org\n\r\n",
	"GET /en/about HTTP/1.1\r\nHost:example.org:8080 \r\n\r\n",
	"GET /en/about HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n",
	"GET /en/about HTTP/1.1\r\nHost: \r\n\r\n",
	"GET /en/about HTTP/1.1\r\nHost: a b\r\n\r\n",
	"GET /en/about HTTP/1.1\r\nHost: a/b\r\n\r\n",
	"GET /en/about" + host + "Host: example.net\r\n\r\n",
	"GET /en/about" + host + "X: folded\r\n over two lines\r\n\r\n",
	"GET /en/about" + host + " X: y\r\n\r\n",
	"GET /en/about" + host + "X\r\n\r\n",
	"GET /en/about" + host + ": y\r\n\r\n",
	"GET /en/about" + host + "X: \x01\r\n\r\n",
	"GET /en/about" + host + "X: \r y\r\n\r\n",
	"GET /en/about" + host + "X: caf\xc3\xa9\r\n\r\n",
	"GET /en/about" + host + "Range: bytes=0-3\r\n\r\n",
	"GET /en/about" + host + "If-Modified-Since: Mon, 23 Nov 2026 09:30:00 GMT\r\nIf-Match: \"x\"\r\n\r\n",
	"GET http://example.org/en/about" + host + "\r\n",
	"GET http://example.net/fr/about" + host + "\r\n",
	"GET //en/about" + host + "\r\n",
	"GET /en/../en/about" + host + "\r\n",
	"GET /%65n/about" + host + "\r\n",
	"GET /en/about?" + host + "\r\n",
	"GET /en/pledges?objective=1#top" + host + "\r\n",
	"GET /en/pledges?objective=1&utm_source=x" + host + "\r\n",
	"GET *" + host + "\r\n",
	"GET /en/pledges?q=a b" + host + "\r\n",
	"GET /en/no-such-page" + host + "\r\n",
	"GET /healthz" + host + "\r\n",
	"GET /" + host + "Accept-Language: fr\r\n\r\n",
	"\r\nGET /en/about" + host + "\r\n",
	"GET /en/about" + host + "X: " + strings.Repeat("x", 5000) + "\r\n\r\n",
	"GET /en/about" + host,
	"G",
}

// Whatever is sent, in whatever packets: the answers with early ones among them are those of
// net/http alone, to the byte.
func TestEarlyAnswersAreTheSame(t *testing.T) {
	with, without := twoWays(t)
	t.Run("one strange request among others", func(t *testing.T) { inTurn(t, with, without) })
	t.Run("any in any order", func(t *testing.T) { inAnyOrder(t, with, without) })
	t.Run("time limits", func(t *testing.T) { keepsTimeLimits(t, with) })
}

func inTurn(t *testing.T, with, without *stage) {
	same := func(polite bool, packets ...string) (string, int64) {
		t.Helper()
		want, all := without.play(polite, packets...)
		got, heard := with.play(polite, packets...)
		if got != want {
			t.Errorf("%q (polite: %t):\n%.1500q\nand by net/http alone:\n%.1500q", packets, polite, got, want)
		}
		return want, all - heard
	}
	plain := requests[1]
	for _, r := range requests {
		for _, polite := range []bool{true, false} {
			same(polite, r)
			same(polite, r, plain, plain)
			same(polite, plain, r, plain, plain)
			same(polite, plain, plain, r+plain, plain)
			same(polite, plain, r[:len(r)/2], r[len(r)/2:], plain)
			same(polite, plain, plain+r[:len(r)/2], r[len(r)/2:], plain)
		}
	}
	// And they are given: the first by net/http, the others early, also after one that is not ready.
	if text, early := same(true, plain, requests[2], requests[3], requests[4], plain); early != 4 || strings.Count(text, "HTTP/1.1 200 OK\r\n") != 4 || strings.Count(text, "HTTP/1.1 304 ") != 1 {
		t.Errorf("%d of 5 answered early: %.300q", early, text)
	}
	if _, early := same(true, plain, plain, "GET /healthz"+host+"\r\n", plain, plain); early != 3 {
		t.Errorf("with another page between them, %d of 5 answered early", early)
	}
	// A body may look like a request; nobody who sent one is answered early again.
	if _, early := same(true, plain, requests[16], plain, plain); early != 0 {
		t.Errorf("%d answered early on a connection that has carried a body", early)
	}
	// What was read in two packets, or with the next at its heels, ends it too: where a request
	// begins is no longer known.
	for _, packets := range [][]string{{plain, plain[:9], plain[9:], plain, plain}, {plain, plain + plain, plain}} {
		if _, early := same(true, packets...); early != 0 {
			t.Errorf("%q: %d answered early", packets, early)
		}
	}
}

func inAnyOrder(t *testing.T, with, without *stage) {
	rapid.Check(t, func(t *rapid.T) {
		all := strings.Join(rapid.SliceOfN(rapid.SampledFrom(requests), 1, 6).Draw(t, "requests"), "")
		var packets []string
		for _, at := range slices.Backward(slices.Sorted(slices.Values(rapid.SliceOfN(rapid.IntRange(0, len(all)), 0, 6).Draw(t, "cuts")))) {
			packets = append(packets, all[at:])
			all = all[:at]
		}
		packets = append(packets, all)
		slices.Reverse(packets)
		polite := rapid.Bool().Draw(t, "polite")
		want, _ := without.play(polite, packets...)
		if got, _ := with.play(polite, packets...); got != want {
			t.Fatalf("%.1500q\nand by net/http alone:\n%.1500q", got, want)
		}
	})
}

// Time limits are those that net/http would set: they begin anew with each answer.
func keepsTimeLimits(t *testing.T, with *stage) {
	c := &played{polite: true, gone: make(chan bool), packets: [][]byte{[]byte(requests[0]), []byte(requests[1])}}
	c.moved = sync.NewCond(&c.mu)
	with.lines <- c
	<-c.gone
	for what, left := range map[string]time.Duration{"for the next request": time.Until(c.readBy) - idleTimeout, "for the answer": time.Until(c.writeBy) - writeTimeout} {
		if left > 0 || left < -20*time.Second {
			t.Errorf("%s there is %v beside what was meant", what, left)
		}
	}
}

// A zero byte ends a packet.
func FuzzEarlyAnswers(f *testing.F) {
	with, without := twoWays(f)
	for i, r := range requests {
		f.Add([]byte(requests[1]+"\x00"+r+"\x00"+requests[i%5]), true)
		f.Add([]byte(r+requests[i%7]+"\x00"+r), false)
	}
	f.Fuzz(func(t *testing.T, sent []byte, polite bool) {
		packets := strings.Split(string(sent), "\x00")
		want, _ := without.play(polite, packets...)
		if got, _ := with.play(polite, packets...); got != want {
			t.Fatalf("%.1500q\nand by net/http alone:\n%.1500q", got, want)
		}
	})
}

// What a handler round ours says of the whole server is said early too; where it says
// anything that may be for one reader, nobody is answered early.
func TestEarlyAnswersSayWhatIsSaidRoundThem(t *testing.T) {
	d, _ := openDoor(t)
	for name, early := range map[string]int64{"Strict-Transport-Security": 2, "Set-Cookie": 0, "X-Request-Id": 0} {
		d.store = newStore(defaultPageBytes)
		s := newStage(t, d, true, func(w http.ResponseWriter) { w.Header().Set(name, "a") })
		const plain = "GET /en/about" + host + "Accept-Encoding: zstd\r\n\r\n"
		text, heard := s.play(true, plain, plain, plain, requests[3]) // the first 304 is net/http's
		if 4-heard != early || strings.Count(text, name+": a\r\n") != 4 {
			t.Errorf("%s: %d of 4 answered early: %.200q", name, 4-heard, text)
		}
	}
}

// reach opens a server on a real connection. What it gives last waits until the server has answered and
// takes the connection for idle: what is asked before that is net/http's to answer.
func reach(t *testing.T, d *door) (*http.Server, net.Conn, func()) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := Server(context.Background(), d.routes())
	idle, told := make(chan bool, 1), server.ConnState
	server.ConnState = func(c net.Conn, state http.ConnState) {
		if told(c, state); state == http.StateIdle {
			select {
			case idle <- true:
			default:
			}
		}
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(Gather(listener, &Pages{d.routes(), d})) }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return server, conn, func() {
		t.Helper()
		select {
		case <-idle:
		case <-time.After(30 * time.Second):
			t.Fatal("the connection is not idle after half a minute")
		}
	}
}

func get(t *testing.T, conn net.Conn, in *bufio.Reader, path string) (int, string) {
	t.Helper()
	if _, err := fmt.Fprintf(conn, "GET %s%s\r\n", path, host); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// When the register grows, or a day ends, what was ready is not given out once more.
func TestEarlyAnswersAreNeverOld(t *testing.T) {
	ctx := context.Background()
	f, err := webtest.Open(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	var days atomic.Int64
	d, err := newDoor(Config{Pack: f.Pack, Index: f.Index, Log: f.Log, Clock: func() time.Time { return webtest.Clock().AddDate(0, 0, int(days.Load())) }})
	if err != nil {
		t.Fatal(err)
	}
	_, conn, rest := reach(t, d)
	in := bufio.NewReader(conn)
	path := "/en/pledges/" + f.ID(webtest.Observer)
	get(t, conn, in, path)
	rest()
	before := d.tally.answers.Load()
	for range 3 {
		if status, text := get(t, conn, in, path); status != http.StatusOK || !strings.Contains(text, f.ID(webtest.Observer)) {
			t.Fatal(status, text)
		}
	}
	it, err := f.Index.Snapshot().Pledge(f.ID(webtest.Observer), explore.Query{}, webtest.Today)
	if err != nil {
		t.Fatal(err)
	}
	err = f.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := f.Log.Erase(ctx, tx, register.Erasure{Position: it.Position, Ground: "safety", By: [2]string{"office:secretariat", "office:operator"}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Index.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	if status, text := get(t, conn, in, path); status != http.StatusGone {
		t.Errorf("after its erasure: %d, %s", status, text)
	}
	_, today := get(t, conn, in, "/en/")
	get(t, conn, in, "/en/")
	days.Add(1)
	if _, tomorrow := get(t, conn, in, "/en/"); tomorrow == today || !strings.Contains(tomorrow, "24 November 2026") {
		t.Error("the next day has the page of the day before")
	}
	if before == d.tally.answers.Load() {
		t.Error("nothing came from memory")
	}
}

// Closing down waits for pages that are on their way, but not for readers who do not take them, and not for
// those who ask for nothing.
func TestClosingDownDuringEarlyAnswers(t *testing.T) {
	d, _ := openDoor(t)
	large := newResponse(bytes.Repeat([]byte("0123456789abcdef"), 1<<20), []string{"image/png"}, keepNot)
	d.store.put(editionOf(d.Index.Snapshot(), d.Clock()), target{"/en/", ""}, small(10_000))
	d.store.limit = 1 << 30
	d.store.put(editionOf(d.Index.Snapshot(), d.Clock()), target{"/en/about", ""}, large)
	for _, c := range []struct {
		name   string
		asks   bool
		reads  bool
		within time.Duration
	}{{"idle", false, true, time.Second}, {"reading", true, true, 10 * time.Second}, {"not reading", true, false, 10 * time.Second}} {
		t.Run(c.name, func(t *testing.T) {
			server, conn, rest := reach(t, d)
			in := bufio.NewReader(conn)
			for i := range 2 { // the second answer is early
				if status, _ := get(t, conn, in, "/en/"); status != http.StatusOK {
					t.Fatal(status)
				}
				if i == 0 {
					rest()
				}
			}
			if c.asks {
				if _, err := io.WriteString(conn, "GET /en/about"+host+"\r\n"); err != nil {
					t.Fatal(err)
				}
				if _, err := in.Peek(1); err != nil {
					t.Fatal(err)
				}
			}
			begin, closed := time.Now(), make(chan error, 1)
			go func() { closed <- server.Shutdown(context.Background()) }()
			if c.asks && c.reads {
				res, err := http.ReadResponse(in, nil)
				if err != nil {
					t.Fatal(err)
				}
				if n, err := io.Copy(io.Discard, res.Body); err != nil || n != 16<<20 {
					t.Errorf("%d bytes of the page arrived, %v", n, err)
				}
			}
			if err := <-closed; err != nil || time.Since(begin) > c.within {
				t.Errorf("closed down after %v, %v", time.Since(begin), err)
			}
		})
	}
}

// An early answer costs next to nothing beside the system's calls.
func TestEarlyAnswersAllocateNextToNothing(t *testing.T) {
	d, h := openDoor(t)
	ask(h, "GET", "/en/about", "Accept-Encoding", "zstd")
	const plain = "GET /en/about" + host + "Accept-Encoding: gzip, deflate, zstd\r\nIf-None-Match: \"another\"\r\n\r\n"
	c := &played{gone: make(chan bool)}
	c.moved = sync.NewCond(&c.mu)
	g := (&gathering{pages: d}).gather(c)
	if n := testing.AllocsPerRun(100, func() {
		c.got.Reset()
		if ok := g.asked.read(plain); !ok {
			t.Fatal("the request is not plain")
		}
		if done, err := g.answer(); !done || err != nil {
			t.Fatal(done, err)
		}
	}); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

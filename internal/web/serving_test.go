package web

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/web/page"
	"stocktake/internal/web/webtest"
)

// openDoor is a door over a filled register, with its inside in reach.
func openDoor(t testing.TB, change ...func(*Config)) (*door, http.Handler) {
	t.Helper()
	dir, err := os.MkdirTemp("", "stocktake-serving") // t.TempDir would be gone before the register is closed
	if err != nil {
		t.Fatal(err)
	}
	f, err := webtest.Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	cfg := Config{Pack: f.Pack, Index: f.Index, Log: f.Log, Clock: webtest.Clock}
	for _, c := range change {
		c(&cfg)
	}
	d, err := newDoor(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return d, d.routes()
}

func ask(h http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

// instead serves a page by another function for the time of a test.
func instead(t *testing.T, name string, serve func(*door, *http.Request, *page.Reader) (any, error)) {
	t.Helper()
	i := slices.IndexFunc(pages, func(p servedPage) bool { return p.name == name })
	before := pages[i].serve
	pages[i].serve = serve
	t.Cleanup(func() { pages[i].serve = before })
}

func decoded(t *testing.T, w *httptest.ResponseRecorder) []byte {
	t.Helper()
	var r io.Reader = w.Body
	switch c := w.Header().Get("Content-Encoding"); c {
	case "br":
		r = brotli.NewReader(r)
	case "gzip":
		z, err := gzip.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		r = z
	case "zstd":
		z, err := zstd.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		r = z
	case "":
	default:
		t.Fatalf("Content-Encoding %q", c)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// settle waits until br, which is made aside, is there.
func settle(t *testing.T, d *door) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); d.press.busy.Load(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("br is not done")
		}
	}
}

func TestEveryCodingIsTheSamePage(t *testing.T) {
	d, h := openDoor(t)
	const target = "/en/?objective=1"
	want := ask(h, "GET", target).Body.Bytes()
	for range 3 {
		ask(h, "GET", target, "Accept-Encoding", "br, gzip")
		settle(t, d)
	}
	tags := map[string]string{}
	for _, c := range codingNames {
		w := ask(h, "GET", target, "Accept-Encoding", c+", identity;q=0.5")
		coding := w.Header().Get("Content-Encoding")
		if coding != c && (coding != "" || c != "identity") {
			t.Errorf("%s was asked for and %q sent", c, coding)
		}
		sent := w.Body.Len()
		if length := w.Header().Get("Content-Length"); length != fmt.Sprint(sent) {
			t.Errorf("%s: Content-Length %s of %d bytes", c, length, sent)
		}
		if got := decoded(t, w); !bytes.Equal(got, want) {
			t.Errorf("%s gives another page: %d bytes, want %d", c, len(got), len(want))
		}
		tag := w.Header().Get("ETag")
		if other, twice := tags[tag]; twice || !strings.HasPrefix(tag, `"`) {
			t.Errorf("%s has the tag %s, as %q has", c, tag, other)
		}
		tags[tag] = c
		if w.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: Vary %q", c, w.Header().Get("Vary"))
		}
		head := ask(h, "HEAD", target, "Accept-Encoding", c+", identity;q=0.5")
		for name, values := range w.Header() {
			if !slices.Equal(head.Header()[name], values) {
				t.Errorf("%s: HEAD says %s: %q, GET %q", c, name, head.Header()[name], values)
			}
		}
		if head.Code != http.StatusOK || head.Body.Len() != 0 {
			t.Errorf("%s: HEAD answers %d with %d bytes", c, head.Code, head.Body.Len())
		}
	}
	// Another process with the same register has the same tags.
	_, other := openDoor(t)
	for tag, c := range tags {
		w := ask(other, "GET", target, "Accept-Encoding", c+", *;q=0", "If-None-Match", `"x", W/`+tag)
		if w.Code != http.StatusNotModified || w.Body.Len() != 0 {
			t.Errorf("%s: after a restart status %d", c, w.Code)
		}
		for name, want := range map[string]string{"ETag": tag, "Vary": "Accept-Encoding", "Cache-Control": "public, no-cache", "Content-Encoding": "", "Content-Type": "", "Content-Length": ""} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: 304 with %s %q, want %q", c, name, got, want)
			}
		}
	}
	if w := ask(h, "GET", target, "Accept-Encoding", "identity;q=0, deflate"); w.Code != http.StatusNotAcceptable || w.Header().Get("ETag") != "" {
		t.Errorf("all codings refused: status %d", w.Code)
	}
}

func TestWhatIsCompressedStaysAsItIs(t *testing.T) {
	for _, c := range []struct {
		kind string
		want string
	}{
		{"image/png", ""}, {"application/zip", ""}, {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ""}, {"font/woff2", ""},
		{"text/csv; charset=utf-8", "gzip"}, {"image/svg+xml", "gzip"}, {"application/problem+json", "gzip"}, {"application/json", "gzip"},
	} {
		text := bytes.Repeat([]byte("the same words "), 500)
		w := httptest.NewRecorder()
		req := httptest.NewRequest("GET", "/", nil)
		req.Header.Set("Accept-Encoding", "gzip")
		newResponse(text, []string{c.kind}, keepNot).write(w, req, http.StatusOK)
		if got := w.Header().Get("Content-Encoding"); got != c.want {
			t.Errorf("%s is sent as %q, want %q", c.kind, got, c.want)
		}
		if !bytes.Equal(decoded(t, w), text) {
			t.Errorf("%s arrives changed", c.kind)
		}
	}
}

// Questions that mean the same are one page in the store, and the canonical form is found
// without being parsed.
func TestSameMeaningSameBytes(t *testing.T) {
	d, h := openDoor(t)
	made := 0
	instead(t, "pledges", func(d *door, req *http.Request, r *page.Reader) (any, error) {
		made++
		return d.pledges(req, r)
	})
	h = d.routes()
	filters := map[string][]string{
		"objective": {"1", "4", "15", "none"}, "nature": {"policy", "financial"}, "party": {"ken", "prt"},
		"country": {"KE", "PT"}, "q": {"birth registration"}, "sort": {"title", "oldest"}, "show": {"x"},
	}
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range filters {
			if !yield(name) {
				return
			}
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		type pair struct{ name, value string }
		var said []pair
		for _, name := range names {
			values := filters[name]
			if name == "q" || name == "sort" || name == "show" {
				if rapid.Bool().Draw(t, name) {
					said = append(said, pair{name, rapid.SampledFrom(values).Draw(t, name)})
				}
				continue
			}
			for _, v := range values {
				if rapid.Bool().Draw(t, name+v) {
					said = append(said, pair{name, v})
				}
			}
		}
		write := func(list []pair, odd bool) string {
			var b strings.Builder
			for _, p := range list {
				if odd && p.name == "country" {
					p.value = strings.ToLower(p.value)
				}
				value := url.QueryEscape(p.value)
				if odd && p.name == "q" {
					value = "%20birth%20%20%72egistration"
				}
				fmt.Fprintf(&b, "&%s=%s", p.name, value)
				if odd && rapid.Bool().Draw(t, "twice") && p.name != "q" {
					fmt.Fprintf(&b, "&%s=%s", p.name, value)
				}
			}
			return strings.TrimPrefix(b.String(), "&")
		}
		c := rapid.SampledFrom(lang.All).Draw(t, "language")
		first := ask(h, "GET", "/"+string(c)+"/pledges?"+write(said, false))
		count := made
		other := write(rapid.Permutation(said).Draw(t, "order"), true) + rapid.SampledFrom([]string{"", "&utm_source=x", "&fbclid="}).Draw(t, "strange")
		second := ask(h, "GET", "/"+string(c)+"/pledges?"+strings.TrimPrefix(other, "&"))
		for range 3 {
			if second.Code != http.StatusSeeOther {
				break
			}
			second = ask(h, "GET", second.Header().Get("Location"))
		}
		if first.Code != http.StatusOK || second.Code != http.StatusOK || !bytes.Equal(first.Body.Bytes(), second.Body.Bytes()) {
			t.Fatalf("%v and %q differ: %d, %d", said, other, first.Code, second.Code)
		}
		if made != count {
			t.Fatalf("%q was made once more", other)
		}
		// Canonical addresses, and only they, are found without parsing, and lead back to themselves.
		values, err := url.ParseQuery(write(said, false))
		if err != nil {
			t.Fatal(err)
		}
		q, err := explore.ParseQuery(values, d.Pack)
		if err != nil {
			t.Fatal(err)
		}
		own := url.Values{"show": values["show"]}
		r := &page.Reader{House: &d.house, Lang: c, Query: q, Own: own}
		to := "/" + string(c) + "/pledges"
		if query := canonical(r); query != "" {
			to += "?" + query
		}
		if d.ready(httptest.NewRequest("GET", to, nil)) == nil {
			t.Fatalf("%q is not ready under its canonical address %q", other, to)
		}
	})
}

// Pages that differ in register, day, language or question never share an answer.
func TestDifferentMeaningDifferentPage(t *testing.T) {
	var now atomic.Int64
	now.Store(webtest.Clock().Unix())
	d, h := openDoor(t, func(c *Config) { c.Clock = func() time.Time { return time.Unix(now.Load(), 0) } })
	tags := map[string]string{}
	see := func(what, target string) {
		t.Helper()
		for range 2 { // made, then from the store
			w := ask(h, "GET", target)
			tag := w.Header().Get("ETag")
			if w.Code != http.StatusOK || tag == "" {
				t.Fatalf("%s: status %d", what, w.Code)
			}
			if before, known := tags[tag]; known && before != what {
				t.Errorf("%s has the answer of %s", what, before)
			}
			tags[tag] = what
		}
	}
	for _, c := range lang.All {
		see("today in "+string(c), "/"+string(c)+"/")
		see("a question in "+string(c), "/"+string(c)+"/?objective=1")
		see("another page in "+string(c), "/"+string(c)+"/pledges")
	}
	now.Add(24 * 60 * 60)
	if d.ready(httptest.NewRequest("GET", "/en/", nil)) != nil {
		t.Error("yesterday's page is given out today")
	}
	see("tomorrow", "/en/")
	if w := ask(h, "GET", "/en/pledges/x%2Fhistory"); w.Code != http.StatusNotFound {
		t.Errorf("a slash within a name: status %d", w.Code)
	}
}

func TestOnePageIsMadeOnce(t *testing.T) {
	var made, at atomic.Int32
	instead(t, "about", func(d *door, req *http.Request, r *page.Reader) (any, error) {
		made.Add(1)
		at.Add(1)
		defer at.Add(-1)
		time.Sleep(30 * time.Millisecond)
		return d.about(req, r)
	})
	_, h := openDoor(t)
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			if w := ask(h, "GET", "/en/about", "Accept-Encoding", codingNames[i%codings]); w.Code != http.StatusOK {
				t.Errorf("status %d", w.Code)
			}
		})
	}
	all.Wait()
	if made.Load() != 1 {
		t.Errorf("the page was made %d times", made.Load())
	}
}

// A reader who leaves takes nothing from those who wait for the same page; one whose page
// fails by a panic does not leave the others waiting.
func TestLeavingAndFailing(t *testing.T) {
	begun, goOn := make(chan bool), make(chan bool)
	instead(t, "about", func(d *door, req *http.Request, r *page.Reader) (any, error) {
		begun <- true
		<-goOn
		if r.Own.Get("show") == "panic" {
			panic("no such luck")
		}
		return d.about(req.WithContext(req.Context()), r)
	})
	_, h := openDoor(t)
	for _, c := range []struct {
		target string
		status int
	}{{"/en/about", 200}, {"/en/about?show=panic", 500}} {
		ctx, leave := context.WithCancel(context.Background())
		var all sync.WaitGroup
		all.Go(func() {
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", c.target, nil).WithContext(ctx))
		})
		<-begun
		leave()
		all.Go(func() {
			if w := ask(h, "GET", c.target); w.Code != c.status {
				t.Errorf("%s: status %d, want %d", c.target, w.Code, c.status)
			}
		})
		time.Sleep(20 * time.Millisecond) // the second is most likely waiting now; either way the answer is the same
		close(goOn)
		done := make(chan bool)
		go func() { all.Wait(); close(done) }()
		for waiting := true; waiting; {
			select {
			case <-begun: // it came too late to wait, and makes the page itself
			case <-done:
				waiting = false
			}
		}
		goOn = make(chan bool)
	}
}

// When all places are taken and the queue is full, readers are sent away in their language,
// while pages that are ready, files and health are answered.
func TestSendsAwayPolitely(t *testing.T) {
	d, h := openDoor(t)
	if w := ask(h, "GET", "/en/"); w.Code != http.StatusOK {
		t.Fatal(w.Code)
	}
	d.turnstile.wait = 50 * time.Millisecond
	for range cap(d.turnstile.slots) {
		if err := d.turnstile.enter(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	for c, says := range map[lang.Code]string{lang.EN: "Too many people", lang.FR: "Trop de personnes", lang.AR: "عدد الطلبات", lang.ZH: "当前访问人数过多"} {
		for _, path := range []string{"/about", "/no-such-page"} {
			w := ask(h, "GET", "/"+string(c)+path, "Accept-Encoding", "gzip")
			text := string(decoded(t, w))
			if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("ETag") != "" {
				t.Errorf("%s%s: status %d, %v", c, path, w.Code, w.Header())
			}
			if !strings.Contains(text, says) || !strings.Contains(text, `lang="`+string(c)+`"`) || strings.Count(text, "<h1") != 1 {
				t.Errorf("%s%s says %s", c, path, text)
			}
		}
	}
	d.turnstile.wait = time.Minute
	leaving, leave := context.WithCancel(context.Background())
	var waiting sync.WaitGroup
	for range d.turnstile.queue {
		waiting.Go(func() {
			if d.turnstile.enter(leaving) == nil {
				t.Error("there was a free place")
			}
		})
	}
	for d.turnstile.waiting.Load() < d.turnstile.queue {
		time.Sleep(time.Millisecond)
	}
	begin := time.Now()
	if w := ask(h, "GET", "/ru/about"); w.Code != http.StatusServiceUnavailable || time.Since(begin) > 10*time.Second {
		t.Errorf("a full queue: status %d after %v", w.Code, time.Since(begin))
	}
	for _, target := range []string{"/en/", "/en/?utm_source=x", "/healthz", "/readyz", d.house.CSS} {
		if w := ask(h, "GET", target); w.Code != http.StatusOK && w.Header().Get("Location") != "/en/" {
			t.Errorf("%s: status %d", target, w.Code)
		}
	}
	leave()
	waiting.Wait()
	for range cap(d.turnstile.slots) {
		d.turnstile.leave()
	}
	if w := ask(h, "GET", "/ru/about"); w.Code != http.StatusOK {
		t.Errorf("afterwards: status %d", w.Code)
	}
}

// Thousands of questions that nobody asked before, from many at once: memory stays bounded,
// everybody is answered or sent away, and the overview comes from memory all the while.
func TestFlood(t *testing.T) {
	const many, limit = 2_500, 1 << 20
	d, h := openDoor(t, func(c *Config) { c.PageBytes = limit })
	server := httptest.NewServer(h)
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 200, DisableCompression: true}, Timeout: time.Minute}
	get := func(target, accept string) (int, error) {
		req, err := http.NewRequest("GET", server.URL+target, nil)
		if err != nil {
			return 0, err
		}
		req.Header.Set("Accept-Encoding", accept)
		res, err := client.Do(req)
		if err != nil {
			return 0, err
		}
		defer res.Body.Close()
		_, err = io.Copy(io.Discard, res.Body)
		return res.StatusCode, err
	}
	for range 2 {
		if status, err := get("/en/", "gzip"); status != http.StatusOK || err != nil {
			t.Fatal(status, err)
		}
	}
	overview := d.store.get(editionOf(d.Index.Snapshot(), d.Clock()), target{"/en/", ""})
	questions := make(chan int)
	var statuses [600]atomic.Int32
	var flood sync.WaitGroup
	for range 100 {
		flood.Go(func() {
			for i := range questions {
				status, err := get(fmt.Sprintf("/en/about?q=once+%d", i), "gzip")
				if err != nil {
					t.Error(err)
					continue
				}
				statuses[status].Add(1)
			}
		})
	}
	var took []time.Duration
	for i := range many {
		questions <- i
		if i%25 == 0 {
			begin := time.Now()
			if status, err := get("/en/", "gzip"); status != http.StatusOK || err != nil {
				t.Error(status, err)
			}
			took = append(took, time.Since(begin))
		}
	}
	close(questions)
	flood.Wait()
	if n := statuses[200].Load() + statuses[503].Load(); n != many || statuses[200].Load() < 100 {
		t.Errorf("%d pages, %d sent away, of %d", statuses[200].Load(), statuses[503].Load(), many)
	}
	if used := d.store.small.bytes + d.store.large.bytes; used > limit {
		t.Errorf("%d bytes kept, the limit is %d", used, limit)
	}
	if d.store.get(editionOf(d.Index.Snapshot(), d.Clock()), target{"/en/", ""}) != overview {
		t.Error("the flood pushed out the overview")
	}
	slices.Sort(took)
	t.Logf("%d pages, %d sent away; overview from memory p50 %v, p90 %v", statuses[200].Load(), statuses[503].Load(), took[len(took)/2], took[len(took)*9/10])
	if p90 := took[len(took)*9/10]; p90 > 5*time.Second { // generous: it tells an answer from a standstill, not fast from slow
		t.Errorf("the overview took %v under the flood", p90)
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	if m.HeapAlloc > 300<<20 {
		t.Errorf("%d MB in use after the flood", m.HeapAlloc>>20)
	}
}

// A page from the store costs a handful of small allocations, whatever its size.
func TestReadyPageAllocatesNextToNothing(t *testing.T) {
	_, h := openDoor(t)
	req := httptest.NewRequest("GET", "/en/", nil)
	req.Header.Set("Accept-Encoding", "gzip, deflate, zstd")
	req.Header.Set("If-None-Match", `"another", "tag"`)
	ask(h, "GET", "/en/", "Accept-Encoding", "zstd")
	w := &sink{header: http.Header{}}
	if n := testing.AllocsPerRun(100, func() { h.ServeHTTP(w, req) }); n > 2 {
		t.Errorf("%v allocations for a page that is ready", n)
	}
	if w.bytes < 1000 || w.header.Get("Content-Encoding") != "zstd" {
		t.Fatalf("the page was not sent: %d bytes, %v", w.bytes, w.header)
	}
}

// sink takes an answer and keeps nothing of it.
type sink struct {
	header http.Header
	bytes  int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(int)             {}
func (s *sink) Write(b []byte) (int, error) { s.bytes += len(b); return len(b), nil }

// Behind Gather a page arrives whole, whatever its length, in order with others on the same
// connection, and also where the reader asks for several at once.
func TestGatherKeepsTheOrder(t *testing.T) {
	for _, length := range []int{0, 1, 100, holds - 600, holds - 400, holds, holds + 1, 2 * holds, 200_000} {
		body := bytes.Repeat([]byte("0123456789abcdef"), length/16+1)[:length]
		made := newResponse(body, []string{"image/png"}, keepNot)
		mux := http.NewServeMux()
		mux.HandleFunc("/ready", func(w http.ResponseWriter, req *http.Request) { made.write(w, req, http.StatusOK) })
		mux.HandleFunc("/other", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server := Server(context.Background(), mux)
		served := make(chan error, 1)
		go func() { served <- server.Serve(Gather(listener, nil)) }()
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		paths := []string{"/ready", "/other", "/ready", "/ready", "/other"}
		go func() {
			for _, p := range paths {
				_, _ = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: example.org\r\n\r\n", p) // what is not written is not answered
			}
		}()
		in := bufio.NewReader(conn)
		for i, p := range paths {
			res, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatalf("%d bytes, answer %d (%s): %v", length, i, p, err)
			}
			got, err := io.ReadAll(res.Body)
			if err != nil || !bytes.Equal(got, body) {
				t.Errorf("%d bytes, answer %d (%s): %d bytes, %v", length, i, p, len(got), err)
			}
		}
		if err := errors.Join(conn.Close(), server.Close()); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}
}

// Pages from memory are told as one number a minute.
func TestTally(t *testing.T) {
	var log bytes.Buffer
	l := slog.New(slog.NewTextHandler(&log, nil))
	var count tally
	const now = 1_000_000
	count.add(l, 10, time.Unix(now, 0))
	for range 5 {
		count.add(l, 10, time.Unix(now+30, 0))
	}
	count.tell(l, time.Unix(now+60, 0))
	count.tell(l, time.Unix(now+120, 0))
	if s := log.String(); strings.Count(s, "answers=1 bytes=10") != 1 || strings.Count(s, "answers=5 bytes=50") != 1 || strings.Count(s, "\n") != 2 {
		t.Errorf("the log says\n%s", s)
	}
}

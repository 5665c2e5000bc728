package web

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkCachedPage asks for the overview from memory over a connection, in turn with a bare
// net/http handler that writes the same bytes. "of-empty" is the rate of the first as a part of
// the second's. The client's own time is in both, so ./bench measures it again from outside.
func BenchmarkCachedPage(b *testing.B) {
	d, h := openDoor(b)
	ask(h, "GET", "/en/", "Accept-Encoding", "zstd")
	page := ask(h, "GET", "/en/", "Accept-Encoding", "zstd")
	bytes, length := page.Body.Bytes(), page.Header().Get("Content-Length")
	empty := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Encoding", "zstd")
		w.Header().Set("Content-Length", length)
		_, _ = w.Write(bytes)
	})
	ours, bare := dial(b, h, &Pages{h, d}), dial(b, empty, nil)
	var took, tookBare time.Duration
	for b.Loop() {
		begin := time.Now()
		ours.get(b, len(bytes))
		middle := time.Now()
		bare.get(b, len(bytes))
		took += middle.Sub(begin)
		tookBare += time.Since(middle)
	}
	b.ReportMetric(float64(took.Nanoseconds())/float64(b.N), "ns/page")
	b.ReportMetric(float64(tookBare.Nanoseconds())/float64(b.N), "ns/empty")
	b.ReportMetric(float64(tookBare)/float64(took), "of-empty")
}

// BenchmarkReadyPage is the handler alone, without net/http around it.
func BenchmarkReadyPage(b *testing.B) {
	_, h := openDoor(b)
	ask(h, "GET", "/en/")
	req := httptest.NewRequest("GET", "/en/", nil)
	req.Header.Set("Accept-Encoding", "gzip, deflate, zstd")
	w := &sink{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, req)
	}
}

// BenchmarkNewPage makes the overview under a question never asked before, compressed.
func BenchmarkNewPage(b *testing.B) {
	_, h := openDoor(b)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		if w := ask(h, "GET", "/en/?"+asking(n), "Accept-Encoding", "zstd"); w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}

// asking is the filters for the objectives that are bits of n.
func asking(n int) string {
	var b strings.Builder
	for i := range 23 {
		if n>>i&1 == 1 {
			fmt.Fprintf(&b, "objective=%d&", i+1)
		}
	}
	return b.String()
}

// line is a connection that is asked the same thing again and again.
type line struct {
	conn net.Conn
	in   *bufio.Reader
}

func dial(b *testing.B, h http.Handler, pages *Pages) *line {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := Server(context.Background(), h)
	go func() { _ = server.Serve(Gather(listener, pages)) }() // it ends with an error, when it is closed
	b.Cleanup(func() { _ = server.Close() })
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	return &line{conn, bufio.NewReaderSize(conn, 64<<10)}
}

func (l *line) get(b *testing.B, want int) {
	const request = "GET /en/ HTTP/1.1\r\nHost: example.org\r\nAccept-Encoding: zstd\r\n\r\n"
	if _, err := io.WriteString(l.conn, request); err != nil {
		b.Fatal(err)
	}
	length := -1
	for first := true; ; first = false {
		s, err := l.in.ReadString('\n')
		if err != nil || first && !strings.Contains(s, " 200 ") {
			b.Fatal(s, err)
		}
		if s == "\r\n" {
			break
		}
		if name, value, _ := strings.Cut(s, ": "); name == "Content-Length" {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				b.Fatal(err)
			}
		}
	}
	if length != want {
		b.Fatalf("%d bytes, want %d", length, want)
	}
	if _, err := l.in.Discard(length); err != nil {
		b.Fatal(err)
	}
}

// Package e2e has no code; its tests look at the public pages as readers do: the program is
// built, started as a person would start it, and read with a real Chromium (package browser).
//
//	go test ./internal/e2e/...                                the ordinary run
//	go test -tags soak ./internal/e2e/...                     every page in every scheme and width (./soak)
//	go test ./internal/e2e -run Screenshots -screenshots DIR  pictures to look at
package e2e_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"stocktake/internal/e2e/browser"
)

var screenshots = flag.String("screenshots", "", "write pictures of all pages to this folder")

var (
	chromium browser.Browser
	scratch  string // everything that the tests write

	// demo is what a newcomer sees: the sample of real pledges.
	demo = &server{name: "demo", start: func(p program) (*exec.Cmd, error) {
		return p.command("demo", "--addr", "127.0.0.1:0"), nil
	}}
	// forum is the first forum played again with made-up pledges: its published figures.
	forum = rehearsed("forum", "--scenario", "imrf-2022")
	// training has made-up pledges in every state that a pledge can be in.
	training = rehearsed("training", "--pledges", "400")
)

func TestMain(m *testing.M) {
	flag.Parse()
	var err error
	if scratch, err = os.MkdirTemp("", "e2e-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status := m.Run()
	chromium.Close()
	demo.stop()
	forum.stop()
	training.stop()
	os.RemoveAll(scratch)
	os.Exit(status)
}

// program is the path of the built binary.
type program string

func (p program) command(args ...string) *exec.Cmd {
	cmd := exec.Command(string(p), args...)
	cmd.Dir = scratch
	cmd.Env = append(os.Environ(), "TMPDIR="+scratch)
	return cmd
}

// build makes the binary once for all tests.
var build = sync.OnceValues(func() (program, error) {
	path := filepath.Join(scratch, "subject")
	if out, err := exec.Command("go", "build", "-o", path, "stocktake/cmd/stocktake").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return program(path), nil
})

// server is a running program.
type server struct {
	name  string
	start func(program) (*exec.Cmd, error)

	once  sync.Once
	err   error
	url   string // without a slash at the end
	cmd   *exec.Cmd
	ended chan struct{} // closed when the program is no more
	said  words
	kind  []kind // see kinds
}

// words is what the program says, for its address and for the report of a failure.
type words struct {
	mu      sync.Mutex
	text    bytes.Buffer
	address chan string
}

func (w *words) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(b)
	if url := address.FindString(w.text.String()); url != "" && w.address != nil {
		w.address <- strings.TrimSuffix(url, "/")
		w.address = nil
	}
	return len(b), nil
}

func (w *words) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// rehearsed serves a rehearsal.
func rehearsed(name string, flags ...string) *server {
	return &server{name: name, start: func(p program) (*exec.Cmd, error) {
		db := "sqlite:" + filepath.Join(scratch, name+".db")
		if out, err := p.command(append([]string{"rehearse", "--db", db}, flags...)...).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("rehearse: %w\n%s", err, out)
		}
		return p.command("serve", "--db", db, "--addr", "127.0.0.1:0"), nil
	}}
}

var address = regexp.MustCompile(`http://127\.0\.0\.1:\d+/`)

// up starts the server if it is not running, and gives its address.
func (s *server) up(tb testing.TB) string {
	tb.Helper()
	if s.once.Do(s.run); s.err != nil {
		tb.Fatalf("%s: %v", s.name, s.err)
	}
	select {
	case <-s.ended:
		tb.Fatalf("%s has ended (%v); its last words:\n%s", s.name, s.cmd.ProcessState, &s.said)
	default:
	}
	return s.url
}

func (s *server) run() {
	var p program
	if p, s.err = build(); s.err != nil {
		return
	}
	if s.cmd, s.err = s.start(p); s.err != nil {
		return
	}
	found := make(chan string, 1)
	s.said.address, s.cmd.Stderr = found, &s.said
	if s.err = s.cmd.Start(); s.err != nil {
		return
	}
	s.ended = make(chan struct{})
	go func() {
		_ = s.cmd.Wait() // how it ended is in its state
		close(s.ended)
	}()
	select {
	case s.url = <-found:
	case <-s.ended:
		s.err = fmt.Errorf("ended (%v) before it said its address:\n%s", s.cmd.ProcessState, &s.said)
	case <-time.After(time.Minute):
		s.err = fmt.Errorf("said no address within a minute:\n%s", &s.said)
	}
}

func (s *server) stop() {
	if s.ended == nil {
		return
	}
	_ = s.cmd.Process.Signal(os.Interrupt) // it may have ended by itself
	select {
	case <-s.ended:
	case <-time.After(15 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.ended
	}
}

// get fetches an address without a browser and without following redirects.
func (s *server) get(tb testing.TB, path string) (status int, body string, header http.Header) {
	tb.Helper()
	url := path
	if !strings.HasPrefix(path, "http") {
		url = s.up(tb) + path
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		tb.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		tb.Fatalf("%s: %v", url, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		tb.Fatalf("%s: %v", url, err)
	}
	return res.StatusCode, string(text), res.Header
}

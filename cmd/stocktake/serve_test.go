package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// words collects what a running command says.
type words struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (w *words) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *words) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

var address = regexp.MustCompile(`http://[0-9.:]+/`)

// site runs a command that serves and waits for its address.
func site(t *testing.T, args ...string) (url string, said *words, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	said = &words{}
	done := make(chan int, 1)
	go func() { done <- run(ctx, args, io.Discard, said) }()
	stop = func() int {
		cancel()
		select {
		case status := <-done:
			done <- status
			return status
		case <-time.After(30 * time.Second):
			t.Fatal("the server does not stop")
			return -1
		}
	}
	t.Cleanup(func() { stop() })
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if url = address.FindString(said.String()); url != "" {
			return url, said, stop
		}
		select {
		case status := <-done:
			done <- status
			t.Fatalf("exit %d before serving: %s", status, said)
		default:
		}
	}
	t.Fatalf("no address: %s", said)
	return "", nil, nil
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(text)
}

func TestTheDemoShowsTheSample(t *testing.T) {
	url, said, stop := site(t, "demo", "--addr", "127.0.0.1:0")
	status, page := get(t, url+"en/")
	if status != 200 || !strings.Contains(page, "58 pledges") || !strings.Contains(page, "11 of them States") {
		t.Errorf("the dashboard answers %d without the sample's figures", status)
	}
	if !strings.Contains(page, "no site of the United Nations") && !strings.Contains(page, "not a site of the United Nations") {
		t.Error("the page does not say that it is no site of the United Nations")
	}
	for _, path := range []string{"healthz", "readyz", "ar/pledges", "api/v1/facets", "api/openapi.json"} {
		if status, _ := get(t, url+path); status != 200 {
			t.Errorf("/%s answers %d", path, status)
		}
	}
	// The receipt that the site hands out is the one that verify takes.
	b := &bench{t: t, dir: t.TempDir()}
	b.db = "sqlite:" + b.path("none.db")
	_, receipt := get(t, url+"api/v1/pledges/GCM-0001/receipt")
	b.must("verify", b.write("receipt.json", receipt))
	if status := stop(); status != 0 {
		t.Errorf("stopped with exit %d: %s", status, said)
	}
}

// Where the site is on https, every answer tells browsers never to ask for it in clear; where it
// is not, none does.
func TestASiteOnHTTPSSaysSo(t *testing.T) {
	for base, want := range map[string]string{"https://pledges.example.org": "max-age=31536000; includeSubDomains", "http://pledges.example.org": ""} {
		b := &bench{t: t, dir: t.TempDir()}
		b.db = "sqlite:" + b.path("site.db")
		url, said, _ := site(t, "serve", "--db", b.db, "--base-url", base, "--addr", "127.0.0.1:0")
		for _, path := range []string{"en/", "en/sign-in", "api/v1/pledges", "nothing/here"} {
			r, err := http.Get(url + path)
			if err != nil {
				t.Fatal(err)
			}
			r.Body.Close()
			if got := r.Header.Get("Strict-Transport-Security"); got != want {
				t.Errorf("%s: /%s says %q", base, path, got)
			}
		}
		if alone := strings.Contains(said.String(), "A mailed link alone lets people in"); alone != (want == "") {
			t.Errorf("%s: %s", base, said)
		}
	}
}

func TestWhatIsImportedShowsOnARunningSite(t *testing.T) {
	eachEngine(t, func(b *bench) {
		b.sample()
		url, _, _ := site(t, "serve", "--db", b.db, "--log-key", b.path("log.key"), "--addr", "127.0.0.1:0")
		b.must("import", "pledges", b.write("more.csv", "title,text,objectives,parties\nOne more,Kenya promises one more thing.,7,ken\n"))
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			if _, page := get(t, url+"en/"); strings.Contains(page, "59 pledges") {
				return
			}
			if time.Now().After(deadline) {
				t.Fatal("ten seconds after the import the dashboard does not show it")
			}
		}
	})
}

// A server that is killed while a batch is imported beside it finds everything or nothing.
func TestAKilledImportLeavesAllOrNothing(t *testing.T) {
	dir := t.TempDir()
	b := &bench{t: t, dir: dir, db: "sqlite:" + filepath.Join(dir, "site.db")}
	b.sample()
	var csv strings.Builder
	csv.WriteString("title,text,objectives,parties,published_on\n")
	for range 6_000 {
		csv.WriteString("Many,One of many pledges.,7,ken,2022-05-20\n")
	}
	file := b.write("many.csv", numbered(csv.String()))
	for _, after := range []time.Duration{200 * time.Millisecond, 700 * time.Millisecond, 1500 * time.Millisecond} {
		cmd := exec.Command(os.Args[0], "import", "pledges", file, "--db", b.db, "--log-key", b.path("log.key"))
		cmd.Env = append(os.Environ(), "STOCKTAKE_TEST_RUN_MAIN=1")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(after)
		_ = cmd.Process.Signal(syscall.SIGKILL) // it may have finished
		_ = cmd.Wait()
		key := b.export(b.db, "killed.jsonl")
		b.must("verify", b.path("killed.jsonl"), "--key", key)
		if n := strings.Count(b.read("killed.jsonl"), "\n"); n != 123 && n != 6_124 {
			t.Fatalf("killed after %v: %d lines, neither without the file (123) nor with all of it (6124: Kenya is new too)", after, n)
		}
	}
	b.must("import", "pledges", file)
	if words := b.must("import", "pledges", file); !strings.Contains(words, "6000 unchanged") {
		t.Errorf("after the kills: %s", words)
	}
}

// numbered makes each row another pledge.
func numbered(csv string) string {
	var b strings.Builder
	for i, line := range strings.SplitAfter(csv, "\n") {
		if i > 0 && line != "" {
			line = strings.Replace(line, "Many,", "Many "+strings.Repeat("I", i%7)+" "+time.Duration(i).String()+",", 1)
		}
		b.WriteString(line)
	}
	return b.String()
}

// Command bench has the helpers of ./bench: a bare net/http handler to measure ours against,
// and a reader who asks what nobody has asked before.
//
//	bench empty  -addr 127.0.0.1:8092 -file page.br -coding br
//	bench unseen -base http://127.0.0.1:8080 -n 500
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("say empty or unseen")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	switch args[0] {
	case "empty":
		addr := flags.String("addr", "127.0.0.1:8092", "address to listen on")
		file := flags.String("file", "", "body to send")
		coding := flags.String("coding", "br", "its Content-Encoding")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		return empty(*addr, *file, *coding)
	case "unseen":
		base := flags.String("base", "http://127.0.0.1:8080", "the server")
		n := flags.Int("n", 500, "questions")
		seed := flags.Uint64("seed", 1, "of the questions")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		return unseen(*base, *n, *seed)
	}
	return fmt.Errorf("no command %q", args[0])
}

// empty sends the same bytes to everybody, with no more than net/http needs for that.
func empty(addr, file, coding string) error {
	body, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	length := strconv.Itoa(len(body))
	return http.ListenAndServe(addr, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Encoding", coding)
		h.Set("Content-Length", length)
		_, _ = w.Write(body) // an error means that the client has gone
	}))
}

// condition finds the filters that a page's own links offer.
var condition = regexp.MustCompile(`[?;&]([a-z_]+)=([^"&#]+)`)

// unseen asks for the dashboard under n questions of one to four filters, all different, one
// after the other over one connection, and prints how long it took until the last byte.
func unseen(base string, n int, seed uint64) error {
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableCompression: true}}
	offered := map[string][]string{}
	for _, path := range []string{"/en/", "/en/?as_of=2024-01-01"} {
		_, page, err := get(client, base+path, "identity")
		if err != nil {
			return err
		}
		for _, m := range condition.FindAllStringSubmatch(string(page), -1) {
			value, err := url.QueryUnescape(m[2])
			if err != nil || slices.Contains([]string{"q", "as_of", "at", "sort", "view", "page", "show"}, m[1]) {
				continue
			}
			if !slices.Contains(offered[m[1]], value) {
				offered[m[1]] = append(offered[m[1]], value)
			}
		}
	}
	var names []string
	for name := range offered {
		names = append(names, name)
	}
	if len(names) < 4 {
		return fmt.Errorf("the dashboard links to %d filters only", len(names))
	}
	slices.Sort(names)
	random := rand.New(rand.NewPCG(seed, 0))
	languages := []string{"ar", "en", "es", "fr", "ru", "zh"}
	asked := map[string]bool{}
	question := func() string {
		for {
			v := url.Values{}
			for range 1 + random.IntN(4) {
				name := names[random.IntN(len(names))]
				v.Set(name, offered[name][random.IntN(len(offered[name]))])
			}
			s := "/" + languages[random.IntN(len(languages))] + "/?" + v.Encode()
			if !asked[s] {
				asked[s] = true
				return s
			}
		}
	}
	const warm = 30
	var took []time.Duration
	bytes := 0
	for i := range warm + n {
		path := question()
		t, body, err := get(client, base+path, "gzip, deflate, br, zstd")
		if err != nil {
			return err
		}
		if i >= warm {
			took = append(took, t)
			bytes += len(body)
		}
	}
	slices.Sort(took)
	at := func(share float64) float64 {
		return took[min(len(took)-1, int(share*float64(len(took))))].Seconds() * 1000
	}
	fmt.Printf("%d questions over %d filters (%s): p50 %.1f ms, p90 %.1f ms, p99 %.1f ms, slowest %.1f ms; %d kB on average\n",
		n, len(names), strings.Join(names, " "), at(0.5), at(0.9), at(0.99), at(1), bytes/n/1000)
	fmt.Printf("p50=%.2f p99=%.2f\n", at(0.5), at(0.99))
	return nil
}

func get(client *http.Client, address, accept string) (time.Duration, []byte, error) {
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Accept-Encoding", accept)
	begin := time.Now()
	res, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, nil, err
	}
	if res.StatusCode != http.StatusOK {
		return 0, nil, fmt.Errorf("%s: status %d", address, res.StatusCode)
	}
	return time.Since(begin), body, nil
}

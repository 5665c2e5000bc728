package main

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"testing"
)

// Answers that are given before net/http sees the request have the head of those that it gives,
// whatever stands round the pages here.
func TestTheSameHeadOnEveryAnswer(t *testing.T) {
	for _, base := range []string{"https://pledges.example.org", "http://pledges.example.org"} {
		b := &bench{t: t, dir: t.TempDir()}
		b.db = "sqlite:" + b.path("site.db")
		url, _, _ := site(t, "serve", "--db", b.db, "--base-url", base, "--addr", "127.0.0.1:0")
		var first http.Header
		for i := range 4 { // on one connection
			r, err := http.Get(url + "en/about")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				t.Fatal(err)
			}
			r.Body.Close()
			if r.Header.Get("Date") == "" {
				t.Errorf("%s: answer %d has no date", base, i+1)
			}
			r.Header.Del("Date")
			if first == nil {
				first = r.Header
			}
			if !maps.EqualFunc(first, r.Header, slices.Equal) {
				t.Errorf("%s: the first answer says %v, answer %d %v", base, first, i+1, r.Header)
			}
		}
	}
}

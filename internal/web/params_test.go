package web_test

import (
	"net/http"
	"strings"
	"testing"

	"stocktake/internal/lang"
)

// A page answers the question that was asked, or says by name what it cannot read.
func TestPagesRefuseWhatTheyDoNotRead(t *testing.T) {
	s := open(t)
	for _, c := range []struct{ target, says string }{
		{"/en/?nonsense=1", "nonsense"},
		{"/en/pledges?contry=KE", "No page takes a parameter of this name."},
		{"/en/?since=2022-05-20&as_of=2021-01-01", "It must be a day not after 1 January 2021"},
		{"/en/?since=99", "written like 2026-11-23"},
		{"/fr/?since=99", "Depuis"},
		{"/en/?since=2022-05-20&since=2022-05-21", "It is given several times"},
		{"/ar/?digits=foo", "digits"},
		{"/en/pledges?q=%FF", "It contains signs that are not text."},
		{"/en/?party=nosuch", "No party with this code is in the register."},
		{"/en/charts/objectives.csv?contry=KE", "contry"},
	} {
		w := s.do("GET", c.target)
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s: status %d, without %q", c.target, w.Code, c.says)
		}
	}
	for target, to := range map[string]string{
		"/en/?utm_source=x&fbclid=y":                    "/en/",
		"/ru/pledges?gclid=1&objective=1&objective=1":   "/ru/pledges?objective=1",
		"/en/?since=2022-05-20&since=2022-05-20&as_of=": "/en/?since=2022-05-20",
	} {
		if w := s.do("GET", target); w.Code != http.StatusSeeOther || w.Header().Get("Location") != to {
			t.Errorf("%s: status %d, to %q, want %q", target, w.Code, w.Header().Get("Location"), to)
		}
	}
	if w := s.do("GET", "/en/?party=isl"); w.Code != http.StatusOK {
		t.Errorf("a State that has made no pledge: status %d", w.Code)
	}
}

// Wherever words filter, a word that was read as another name is said to be.
func TestEveryPageSaysHowAWordWasRead(t *testing.T) {
	s := open(t)
	for _, code := range lang.All {
		for _, path := range []string{"/", "/pledges", "/parties", "/objectives", "/changes", "/charts/objectives.csv"} {
			target := "/" + string(code) + path + "?q=Kennya"
			if path == "/changes" {
				target += "&since=2022-05-20"
			}
			w := s.do("GET", target)
			if body := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(body, "Kenya") || strings.Count(body, "Kennya") < 2 {
				t.Errorf("%s: status %d, says Kennya %d times", target, w.Code, strings.Count(body, "Kennya"))
			}
		}
	}
}

// Who types the name of a region is led to the filters that know it.
func TestARegionIsOfferedWhereNothingHasItsName(t *testing.T) {
	s := open(t)
	for target, href := range map[string]string{"/en/pledges?q=Pacific": "party_region=009", "/fr/?q=Pacifique": "party_region=009"} {
		if w := s.do("GET", target); !strings.Contains(w.Body.String(), href) {
			t.Errorf("%s does not offer %s", target, href)
		}
	}
}

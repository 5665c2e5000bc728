package web_test

import (
	"regexp"
	"testing"

	"stocktake/internal/lang"
	"stocktake/internal/web"
)

// That nothing is found is said with the same words on every page, and never as a number.
func TestNothingIsSaidInOneWay(t *testing.T) {
	s := open(t)
	c, err := web.Messages()
	if err != nil {
		t.Fatal(err)
	}
	zero := regexp.MustCompile(`(?:^|[\s(])0 \pL`)
	for _, l := range lang.All {
		said := c.Printer(l).T("lede.nothing")
		for _, path := range []string{"/", "/pledges", "/parties", "/objectives"} {
			d := s.get(t, "/"+string(l)+path+"?q=nothinglikethis")
			status := d.First("main [data-total]")
			if path == "/" {
				status = d.First("h1")
			}
			if got := status.Text(); got != said {
				t.Errorf("%s%s says %q, not %q", l, path, got, said)
			}
			for _, selector := range []string{".sub", ".note", "caption"} {
				for _, e := range d.All("main " + selector) {
					if text := e.Text(); zero.MatchString(text) {
						t.Errorf("%s%s counts none: %q", l, path, text)
					}
				}
			}
		}
		d := s.get(t, "/"+string(l)+"/?since=2018-01-01")
		for _, e := range append(d.All("section[aria-labelledby=since] p"), d.All("section[aria-labelledby=time] td")...) {
			if text := e.Text(); zero.MatchString(text) {
				t.Errorf("%s: %q", l, text)
			}
		}
		for _, a := range d.All("svg.timeline title") {
			if text := a.Text(); regexp.MustCompile(`: 0\b`).MatchString(text) {
				t.Errorf("%s: a column is called %q", l, text)
			}
		}
	}
}

// A question that finds nothing can be corrected in its form: the filters are all there, with
// what was chosen and what could be.
func TestTheFormOfAnEmptyAnswerIsWhole(t *testing.T) {
	s := open(t)
	whole := s.get(t, "/en/pledges")
	d := s.get(t, "/en/pledges?q=nothinglikethis")
	for _, sel := range whole.All("form.filters select") {
		name := sel.Get("name")
		if want, got := len(sel.All("option")), len(d.All("select[name="+name+"] option")); got < want {
			t.Errorf("%s: %d options, %d where something is found", name, got, want)
		}
	}
	if n := len(whole.All("select[name=currency] option")); n < 3 {
		t.Fatalf("%d currencies: the form has changed", n)
	}
	d = s.get(t, "/en/pledges?party=ken&country=DE&year=2017&currency=EUR")
	for name, want := range map[string]string{"party": "Kenya", "country": "Germany", "year": "2017", "currency": "EUR"} {
		if got := d.First("select[name=" + name + "] option[selected]").Text(); got != want {
			t.Errorf("%s: %q is chosen, not %q", name, got, want)
		}
		if n := len(d.All("select[name=" + name + "] option")); n < 3 {
			t.Errorf("%s: only %d options", name, n)
		}
	}
	for _, chip := range s.get(t, "/en/pledges?party=usa").All(".chips li") {
		if text := chip.Text(); regexp.MustCompile(`\busa\b`).MatchString(text) {
			t.Errorf("a State that never pledged is called %q", text)
		}
	}
}

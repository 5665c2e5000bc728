package web_test

import (
	"strings"
	"testing"

	"stocktake/internal/lang"
	"stocktake/internal/place"
)

// Whatever is asked, every Member State and observer can be found on the map and below it, those
// with nothing too: that there is none is a finding.
func TestEveryStateIsOnTheMapAndInItsTable(t *testing.T) {
	s := open(t)
	for _, query := range []string{"", "?view=implementation", "?objective=15", "?party=ken&view=implementation", "?as_of=2022-05-20"} {
		for _, c := range lang.All {
			d := s.get(t, "/"+string(c)+"/"+query)
			drawn, listed, nothing := map[string]string{}, map[string]string{}, 0
			for _, a := range d.All("svg.map a") {
				label := strings.Join(strings.Fields(a.Get("aria-label")), " ") // as Text has it
				if label == "" || a.First("title").Text() != label {
					t.Errorf("%s%s: a link named %q has the title %q", c, query, label, a.First("title").Text())
				}
				name, _, _ := strings.Cut(strings.ReplaceAll(label, "：", ":"), ":")
				drawn[strings.TrimSpace(name)] = a.Get("href")
			}
			for _, row := range d.All(".twin tbody tr") {
				listed[row.First("th").Text()] = row.First("a").Get("href")
			}
			rest := d.All(".twin details li")
			for _, row := range rest {
				listed[row.Text()] = row.First("a").Get("href")
			}
			for _, country := range place.Countries() {
				if country.Status == place.Area {
					continue
				}
				name := country.Name(c)
				if drawn[name] == "" || drawn[name] != listed[name] {
					t.Errorf("%s%s: %s leads to %q on the map, to %q in the table", c, query, name, drawn[name], listed[name])
				}
			}
			for _, a := range d.All("svg.map .without a") {
				nothing++
				if c != lang.EN {
					continue
				}
				if !strings.HasSuffix(a.Get("aria-label"), ": no pledge") {
					t.Errorf("%s: one with nothing is called %q", query, a.Get("aria-label"))
				}
				if w := s.do("GET", a.Get("href")); w.Code != 200 {
					t.Errorf("%s: %s leads to %s: status %d", query, a.Get("aria-label"), a.Get("href"), w.Code)
				}
			}
			if nothing == 0 || nothing != len(rest) {
				t.Errorf("%s%s: %d States with nothing on the map, %d below it", c, query, nothing, len(rest))
			}
		}
	}
}

// Who does not want to walk through two hundred States can go past them.
func TestAWayPastTheMap(t *testing.T) {
	s := open(t)
	for _, c := range lang.All {
		figure := s.get(t, "/"+string(c)+"/").First("figure.where")
		skip := figure.First("a")
		id := strings.TrimPrefix(skip.Get("href"), "#")
		if skip.Get("class") != "skip" || skip.Text() == "" || figure.First("figcaption").Get("id") != id {
			t.Errorf("%s: the first link is %q, to %q", c, skip.Text(), skip.Get("href"))
		}
	}
}

package web_test

import (
	"encoding/xml"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"stocktake/internal/web"
)

// A file names the filters that narrow its counts, and apart from them those that do not.
func TestAFileNamesTheFiltersThatItAppliedAndNoOther(t *testing.T) {
	s := open(t)
	for _, c := range []struct{ target, said, not string }{
		{"objectives.csv?objective=15&nature=policy", "Filters: Nature: Policy", "Objective: 15"},
		{"objectives.csv?objective=15", "Filters: none", "Objective: 15"},
		{"objectives.csv?objective=15", "Counted without the filter “Objective”.", "Objective: 15"},
		{"objectives.tsv?objective=15", "Counted without the filter “Objective”.", "Objective: 15"},
		{"kinds.csv?party_kind=member_state", "Counted without the filter “Kind of party”.", "Kind of party:"},
		{"coverage.csv?commission=eca&objective=15", "Counted without the filter “Objective”.", "Objective: 15"},
		{"states.csv?party=ken", "Counted without the filter “State or party”.", "State or party: Kenya"},
		{"states.csv?country=KE", "Filters: Country of implementation: Kenya", "Counted without"},
		{"places.csv?country=KE", "Counted without the filter “Country of implementation”.", "implementation: Kenya"},
		{"stage.csv?objective=15", "Filters: Objective: 15", "Counted without"},
	} {
		body := s.do("GET", "/en/charts/"+c.target).Body.String()
		if !strings.Contains(body, c.said) || strings.Contains(body, c.not) {
			t.Errorf("%s says\n%.900s", c.target, body)
		}
	}
}

// The map of who pledges counts States, and its table says so.
func TestTheTableOfPledgingStatesIsHeadedByThem(t *testing.T) {
	s := open(t)
	for _, kind := range []string{"csv", "tsv"} {
		body := s.do("GET", "/en/charts/states."+kind).Body.String()
		if !strings.Contains(body, "Pledging States") || strings.Contains(body, "Country of implementation") {
			t.Errorf("%s says\n%.900s", kind, body)
		}
	}
}

// States with nothing are in the files as they are on the page.
func TestFilesOfTheMapNameStatesWithNothing(t *testing.T) {
	s := open(t)
	for target, said := range map[string]string{
		"states.csv": "\nTV,Tuvalu,0,Member State\n", "places.tsv": "\nTV\tTuvalu\t0\n", "states.svg": ">Tuvalu: no pledge</title>", "places.svg": ">Tuvalu: no pledge</title>",
	} {
		if body := s.do("GET", "/en/charts/"+target).Body.String(); !strings.Contains(body, said) {
			t.Errorf("%s lacks %q:\n%.900s", target, said, body)
		}
	}
}

// A file says as much as the panel: out of how many it counts, how far it goes, and what stands
// beside the figure.
func TestAFileSaysWhatItsPanelSays(t *testing.T) {
	s := open(t)
	for target, said := range map[string]string{
		"objectives.csv":                      "bars from 0 to ",
		"objectives.csv?objective=15":         "inferred by us from the text.",
		"objectives.svg":                      "inferred by us from the text.",
		"coverage.csv":                        "shades from 0 to ",
		"states.csv":                          "led by others than States",
		"places.csv":                          "no country of implementation",
		"kinds.csv":                           "Code,Kind of party,Pledges,Participations",
		"kinds.svg":                           "Participations: ",
		"years.csv":                           "Review Forum: 17 May 2022",
		"years.svg":                           "2022 · Review Forum",
		"stage.csv?digits=arab":               "bars from 0 to ",
		"years.csv?as_of=2021-12-31":          "bars from 0 to ",
		"recency.csv?party_kind=member_state": "Of ",
	} {
		if body := s.do("GET", "/en/charts/"+target).Body.String(); !strings.Contains(body, said) {
			t.Errorf("%s lacks %q:\n%.900s", target, said, body)
		}
	}
	if body := s.do("GET", "/ar/charts/stage.csv?digits=arab").Body.String(); !strings.Contains(body, "من ٠ إلى") {
		t.Errorf("digits of two kinds:\n%.600s", body)
	}
}

// Data that are made up, or no complete record, say so in every file.
func TestFilesCarryTheNoticeOfThePages(t *testing.T) {
	s := open(t, func(c *web.Config) { c.Demo, c.Synthetic = true, true })
	for _, kind := range []string{"csv", "tsv", "svg"} {
		body := s.do("GET", "/fr/charts/objectives."+kind).Body.String()
		for _, said := range []string{"échantillon incomplet", "Données synthétiques"} {
			if !strings.Contains(body, said) {
				t.Errorf("%s lacks %q:\n%.900s", kind, said, body)
			}
		}
	}
}

// In a drawing that runs from right to left a hash and an address keep their signs where they are.
func TestADrawingSetsHashAndAddressApart(t *testing.T) {
	body := open(t).do("GET", "/ar/charts/stage.svg").Body.String()
	hash, address := false, false
	d := xml.NewDecoder(strings.NewReader(body))
	for token, err := d.Token(); err == nil; token, err = d.Token() {
		if text, ok := token.(xml.CharData); ok {
			hash = hash || strings.Contains(string(text), "=\u2069")
			address = address || strings.Contains(string(text), "\u2066https://")
		}
	}
	if !hash || !address {
		t.Errorf("hash %v, address %v:\n%s", hash, address, body)
	}
}

// The name of a file says what it shows, under which filters, of which day, in which language.
func TestFilesHaveNamesThatTellThemApart(t *testing.T) {
	s := open(t)
	for target, want := range map[string]string{
		"objectives.csv":                           `attachment; filename="objectives-2026-11-23-en.csv"`,
		"objectives.csv?objective=15&party=ken":    `attachment; filename="objectives-party-ken-2026-11-23-en.csv"`,
		"stage.svg?as_of=2023-12-31&q=a%22%0d%0ab": `inline; filename="stage-words-2023-12-31-en.svg"`,
		"coverage.csv?cover=region":                `attachment; filename="coverage-region-2026-11-23-en.csv"`,
		"stage.tsv":                                "",
	} {
		if got := s.do("GET", "/en/charts/"+target).Header().Get("Content-Disposition"); got != want {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
	}
	if got := s.get(t, "/en/?nature=policy").First(".files a[download]").Get("download"); got != "states-nature-policy-2026-11-23-en.csv" {
		t.Errorf("the page saves it as %q", got)
	}
}

// What stands beside a figure is counted as the figure is, and both say which filter was left out.
func TestOnePanelHasOneDenominator(t *testing.T) {
	s := open(t)
	section := func(path, name string) string {
		return s.get(t, path).First(`section[aria-labelledby="` + name + `"]`).Text()
	}
	beside := func(text, said string) int {
		found := regexp.MustCompile(`(\d+) pledges?[^.0-9]*` + said).FindStringSubmatch(text)
		if found == nil {
			return 0
		}
		n, _ := strconv.Atoi(found[1])
		return n
	}
	whole, own := section("/en/", "what"), section("/en/?objective=15", "what")
	if a, b := beside(whole, "inferred"), beside(own, "inferred"); a == 0 || a != b {
		t.Errorf("of the same pledges %d and %d have inferred objectives", a, b)
	}
	for path, where := range map[string]string{"/en/?objective=15": "gaps", "/en/?commission=eca&cover=commission": "gaps", "/en/?party=ken": "where", "/en/?country=KE&view=implementation": "where", "/en/?year=2022": "time"} {
		if text := section(path, where); !strings.Contains(text, "Counted without the filter “") {
			t.Errorf("%s says of %s only %.600q", path, where, text)
		}
	}
	for path, said := range map[string]string{"/en/%s": "led by others", "/en/%sview=implementation": "no country of"} {
		filter := "?party=ken&"
		if strings.Contains(path, "view") {
			filter = "?country=KE&"
		}
		all, one := section(strings.ReplaceAll(path, "%s", "?"), "where"), section(strings.ReplaceAll(path, "%s", filter), "where")
		if a, b := beside(all, said), beside(one, said); a == 0 || a != b {
			t.Errorf("%s: %d beside the map, %d under its own filter", path, a, b)
		}
	}
}

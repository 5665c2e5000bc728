package web_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"stocktake/internal/lang"
	"stocktake/internal/web"
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
		"/en/pledges?page=1&nature=policy":              "/en/pledges?nature=policy",
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

// A day that cannot be read, or in two ways, is refused with the field to write it in again, the rest of the
// question, and the day that was meant where it can be known.
func TestADayIsAskedForAgain(t *testing.T) {
	s := open(t)
	for _, c := range []struct{ target, meant string }{
		{"/en/?as_of=31.12.2023&nature=policy", `<a class="meant" href="/en/?as_of=2023-12-31&amp;nature=policy">Did you mean 31 December 2023?</a>`},
		{"/en/pledges?as_of=31/12/2023", `href="/en/pledges?as_of=2023-12-31"`},
		{"/en/pledges?as_of=2023", `Did you mean 31 December 2023?`},
		{"/fr/?as_of=" + url.QueryEscape("31 décembre 2023"), `31 décembre 2023`},
		{"/ar/?as_of=2023-12&digits=arab", `href="/ar/?as_of=2023-12-31&amp;digits=arab"`},
		{"/en/?since=31.12.2023&as_of=2024-01-31", `href="/en/?as_of=2024-01-31&amp;since=2023-12-31"`},
		{"/en/?since=31.12.2023&as_of=2023-01-31", ""}, // after the day that the page speaks of
		{"/en/?as_of=03/04/2023", ""},
		{"/en/?as_of=yesterday", ""},
		{"/en/?as_of=31.12.2099", ""},
		{"/en/?as_of=2099-12-31", ""},
	} {
		w := s.do("GET", c.target)
		u, err := url.Parse(c.target)
		if err != nil {
			t.Fatal(err)
		}
		name := "as_of"
		if u.Query().Has("since") {
			name = "since"
		}
		body := w.Body.String()
		field := fmt.Sprintf(`name="%s" value="%s"`, name, u.Query().Get(name))
		if w.Code != http.StatusBadRequest || !strings.Contains(body, field) || strings.Count(body, " autofocus") != 1 || !strings.Contains(body, `id="wrong-`+name+`"`) {
			t.Errorf("%s: status %d, does not ask again:\n%s", c.target, w.Code, body)
		}
		if !strings.Contains(body, c.meant) || strings.Contains(body, `class="meant"`) != (c.meant != "") {
			t.Errorf("%s: want the offer %q:\n%s", c.target, c.meant, body)
		}
		for other, values := range u.Query() {
			if hidden := fmt.Sprintf(`<input type="hidden" name="%s" value="%s">`, other, values[0]); other != name && !strings.Contains(body, hidden) {
				t.Errorf("%s: %s is lost", c.target, other)
			}
		}
	}
}

// From the list of a question a link leads to its figures, and to those of no other.
func TestAListLeadsToItsOverview(t *testing.T) {
	s := open(t)
	for target, to := range map[string]string{
		"/en/pledges?nature=policy&sort=title":                   "/en/?nature=policy",
		"/en/pledges?nature=policy&party=ken&as_of=2026-11-20":   "/en/?nature=policy&amp;party=ken&amp;as_of=2026-11-20",
		"/en/pledges?inferred=false":                             "/en/?inferred=false",
		"/ar/pledges?digits=arab&nature=policy&since=2022-05-20": "/ar/?nature=policy&amp;since=2022-05-20&amp;digits=arab",
		"/en/pledges":                  "",
		"/en/pledges?as_of=2026-11-01": "",
	} {
		w := s.do("GET", target)
		body := w.Body.String()
		_, link, found := strings.Cut(body, `overview"><a href="`)
		link, _, _ = strings.Cut(link, `"`)
		if w.Code != http.StatusOK {
			t.Errorf("%s: status %d", target, w.Code)
		}
		if found != (to != "") || link != to {
			t.Errorf("%s leads to %q, want %q", target, link, to)
		}
		if found {
			if code := s.do("GET", html.UnescapeString(link)).Code; code != http.StatusOK {
				t.Errorf("%s: status %d", link, code)
			}
		}
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

// The question for the gaps of a region has its answer at both ends: at the words, also where some texts
// have them, and at the filter that finds nothing.
func TestTheGapsOfARegionAreFoundByItsName(t *testing.T) {
	s := sample(t)
	for code, name := range map[lang.Code]string{lang.AR: "أفريقيا", lang.EN: "Africa", lang.ES: "África", lang.FR: "Afrique", lang.RU: "Африка", lang.ZH: "非洲"} {
		for _, path := range []string{"/", "/pledges"} {
			d := s.get(t, "/"+string(code)+path+"?q="+url.QueryEscape(name))
			var offered []string
			for _, a := range d.All(".offers a") {
				_, query, _ := strings.Cut(a.Get("href"), "?")
				offered = append(offered, query)
			}
			for _, filter := range []string{"party_region=002", "region=002"} {
				if !slices.Contains(offered, filter) {
					t.Errorf("%s%s?q=%s offers %v", code, path, name, offered)
				}
			}
		}
		empty := s.get(t, "/"+string(code)+"/pledges?party_region=009").First(".empty")
		href := empty.First("p a").Get("href")
		if !strings.HasSuffix(href, "#gaps") || !strings.Contains(empty.Text(), "23") {
			t.Errorf("%s: of the Pacific it says %q, and leads to %q", code, empty.Text(), href)
			continue
		}
		if gaps := s.get(t, strings.TrimSuffix(href, "#gaps")).First(".gaps").Text(); code == lang.EN && !strings.Contains(gaps, "Oceania (the Pacific): all 23") {
			t.Errorf("%s says %q", href, gaps)
		}
	}
	if text := s.get(t, "/en/pledges?q=Pacific").First(".offers").Text(); !strings.Contains(text, "Oceania (the Pacific)") {
		t.Errorf("the Pacific is offered as %q", text)
	}
	if text := s.get(t, "/en/pledges?party_region=009&objective=3").First(".empty").Text(); strings.Contains(text, "none of the") {
		t.Errorf("of one objective it says %q", text)
	}
}

// Wherever words filter, it is said what of them was passed over, and what to do.
func TestEveryPageSaysWhatWasPassedOver(t *testing.T) {
	s := open(t)
	catalog, err := web.Messages()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ q, key, words string }{
		{"%22", "search.no_words", `"`},
		{"*", "search.no_words", "*"},
		{"-reefs", "search.only_without", "reefs"},
		{"*reef", "search.star", ""},
		{"reefs+OR+ports", "search.operator", "OR"},
		{strings.Repeat("w+", 16) + "last+of+all", "search.unread", "last of all"},
	} {
		for _, code := range lang.All {
			for _, path := range []string{"/", "/pledges", "/parties", "/objectives", "/changes", "/charts/objectives.csv"} {
				target := "/" + string(code) + path + "?q=" + c.q
				if path == "/changes" {
					target += "&since=2022-05-20"
				}
				typed := c.words
				if strings.HasSuffix(path, ".csv") {
					typed = strings.ReplaceAll(typed, `"`, "'")
				}
				p := catalog.Printer(code)
				want := p.T(c.key, "n", 16, "words", p.List(lang.Isolate(typed)))
				w := s.do("GET", target)
				body := html.UnescapeString(w.Body.String())
				if w.Code != http.StatusOK || !strings.Contains(body, want) {
					t.Errorf("%s: status %d, without %q", target, w.Code, want)
				}
				if strings.HasSuffix(path, ".csv") && !strings.Contains(body, "\n# "+want+"\n") {
					t.Errorf("%s: not in a line of its own", target)
				}
			}
		}
	}
}

// A page that says what it leaves out says how many those are, as of its day.
func TestPagesSayHowManyHaveEnded(t *testing.T) {
	s := open(t)
	for _, path := range []string{"/", "/pledges", "/parties", "/objectives", "/objectives/1", "/parties/ken"} {
		for day, n := range map[string]int{"2023-01-01": 0, "2024-02-01": 1, "2024-06-30": 2} {
			target := "/en" + path + "?as_of=" + day
			w := s.do("GET", target)
			want := fmt.Sprintf("Withdrawn or superseded by then, whatever the filters: %d.", n)
			if w.Code != http.StatusOK || strings.Count(w.Body.String(), want) != 2 {
				t.Errorf("%s: status %d, %d times %q", target, w.Code, strings.Count(w.Body.String(), want), want)
			}
		}
	}
}

// Where a size of the register is asked for at which it had no pledge, later entries may tell of earlier
// days: it is not said that there was none.
func TestASizeWithoutPledges(t *testing.T) {
	s := open(t)
	for query, want := range map[string]string{
		"?at=1":                  "At that size, the register held no pledge that was public by 23 November 2026.",
		"?as_of=2023-01-01&at=1": "At that size, the register held no pledge that was public by 1 January 2023.",
		"?as_of=1900-01-01":      "No pledge had been made public by 1 January 1900.",
	} {
		for path, selector := range map[string]string{"/en/": "h1", "/en/pledges": ".empty"} {
			if text := s.get(t, path+query).First(selector).Text(); text != want {
				t.Errorf("%s%s says %q, want %q", path, query, text, want)
			}
		}
	}
}

// A Chinese full stop has its own space: none stands between two sentences.
func TestNoSpaceStandsBetweenChineseSentences(t *testing.T) {
	s := open(t)
	gap := regexp.MustCompile(`[。？！](</?[a-z]+[^>]*>)* +(</?[a-z]+[^>]*>)*\p{Han}.{0,20}`)
	for _, path := range []string{"/zh/", "/zh/?view=implementation&nature=policy", "/zh/?cover=commission&as_of=2026-11-01", "/zh/pledges", "/zh/parties", "/zh/objectives", "/zh/changes?since=2022-05-20", "/zh/?nature=golden", "/zh/?as_of=2023"} {
		for _, found := range gap.FindAllString(s.do("GET", path).Body.String(), -1) {
			t.Errorf("%s: %s", path, found)
		}
	}
}

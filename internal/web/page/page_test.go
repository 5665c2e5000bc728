package page_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"stocktake/internal/web"
	"stocktake/internal/web/page"
	"stocktake/internal/web/webtest"
)

// reader asks the pages of the fixture, as served.
type reader struct {
	*webtest.Fixture
	get func(t *testing.T, target string) webtest.Doc
}

func open(t *testing.T, demo bool) reader {
	t.Helper()
	f, err := webtest.Open(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	h, err := web.New(web.Config{Pack: f.Pack, Index: f.Index, Log: f.Log, Clock: webtest.Clock, BaseURL: "https://pledges.example.org", Demo: demo})
	if err != nil {
		t.Fatal(err)
	}
	return reader{f, func(t *testing.T, target string) webtest.Doc {
		t.Helper()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		if w.Code != 200 {
			t.Fatalf("GET %s: status %d\n%s", target, w.Code, w.Body)
		}
		doc, err := webtest.Parse(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		return doc
	}}
}

// What single pages say, and what they must not say.
func TestWhatPagesSay(t *testing.T) {
	r := open(t, true)
	for _, c := range []struct {
		name, target, part string // part is a selector; the first that it finds is looked at
		says, hides        []string
	}{
		{"a part stands under its State", "/en/pledges/" + r.ID(webtest.Ministry), ".box",
			[]string{"Portugal Member State", "Ministry of Foreign Affairs of Portugal part of Portugal"}, []string{"Portugal Member State Ministry of Foreign Affairs of Portugal Member State"}},
		{"and beneath it over the title", "/en/pledges/" + r.ID(webtest.Ministry), ".kicker", []string{"· Portugal", "Ministry of Foreign Affairs of Portugal"}, nil},
		{"the page of a part says of whom", "/en/parties/prt.foreign-affairs", ".kicker", []string{"part of Portugal"}, []string{"Member State"}},
		{"what was withdrawn has no stage", "/en/pledges/" + r.ID(webtest.Withdrawn), ".box", []string{"Status", "Withdrawn · 1 February 2024"}, []string{"Stage", "Not reported on"}},
		{"and is not called silent", "/en/pledges/" + r.ID(webtest.Withdrawn), "#main", nil, []string{"No progress information"}},
		{"no translation into the reader's language", "/ru/pledges/" + r.ID(webtest.Arabic), "#main", []string{"Язык этого обязательства: арабский. Перевода на русский язык нет."}, nil},
		{"a translation makes it needless", "/en/pledges/" + r.ID(webtest.Arabic), "#main", nil, []string{"no translation"}},
		{"so does one's own language", "/ar/pledges/" + r.ID(webtest.Arabic), "#main", nil, []string{"ولا تتوفر له ترجمة"}},
		{"the history is called what it is", "/en/pledges/" + r.ID(webtest.Revised) + "/history", "h1", []string{"History of changes"}, []string{":"}},
		{"and names its pledge apart", "/en/pledges/" + r.ID(webtest.Arabic) + "/history", ".subject", []string{"Cheaper transfers"}, nil},
		{"the register offers a receipt", "/en/pledges/" + r.ID(webtest.Revised), ".held", []string{"Receipt (JSON)", "stocktake verify receipt.json"}, nil},
		{"a demonstration is run by who started it", "/en/", ".banner", []string{"You run this copy yourself"}, nil},
		{"and by nobody else", "/en/", "header", nil, []string{"Nobody has yet said"}},
		{"countries are missing on their own map", "/en/?view=implementation", "#main", []string{"no country of implementation"}, nil},
		{"and not on that of States", "/en/", "#main", []string{"led by others than States"}, []string{"no country of implementation"}},
		{"the order is named for what it is", "/en/pledges", ".sorts", []string{"Newest in the register"}, nil},
		{"a way out that leads nowhere is not offered", "/en/pledges?q=nothinglikethis&stage=discontinued&objective=4&nature=financial", ".empty", []string{"taking one of them away would not help"}, []string{"0 pledges", "Without"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Join(strings.Fields(r.get(t, c.target).First(c.part).Text()), " ")
			for _, s := range c.says {
				if !strings.Contains(text, s) {
					t.Errorf("does not say %q:\n%s", s, text)
				}
			}
			for _, s := range c.hides {
				if strings.Contains(text, s) {
					t.Errorf("says %q:\n%s", s, text)
				}
			}
		})
	}
}

// Leaving out inferred objectives leaves the pledges where they are; a chip says so and undoes it.
func TestInferredObjectivesAreLeftOut(t *testing.T) {
	r := open(t, false)
	for _, path := range []string{"/en/", "/en/pledges", "/en/objectives", "/en/objectives/15"} {
		before := r.get(t, path)
		var href string
		for _, a := range before.All("a") {
			if a.Text() == "Leave out inferred objectives" {
				href = a.Get("href")
			}
		}
		if href != path+"?inferred=false" {
			t.Errorf("%s: the link leads to %q", path, href)
			continue
		}
		after := r.get(t, href)
		chip := after.First(".chips a")
		if chip.Get("href") != path || !strings.Contains(chip.Text(), "Inferred objectives: left out") {
			t.Errorf("%s: the chip %q leads to %q", path, chip.Text(), chip.Get("href"))
		}
		if path == "/en/pledges" && before.First("[data-total]").Get("data-total") != after.First("[data-total]").Get("data-total") {
			t.Errorf("pledges went away: %s, then %s", before.First("[data-total]").Text(), after.First("[data-total]").Text())
		}
	}
}

// What joins two words is the language's own.
func TestMarksAreThoseOfTheLanguage(t *testing.T) {
	r := open(t, false)
	for target, want := range map[string]string{
		"/en/pledges?nature=policy":                         "Nature: ",
		"/fr/pledges?nature=policy":                         "Nature : ",
		"/zh/pledges?nature=policy":                         "性质：",
		"/fr/pledges/" + r.ID(webtest.Revised) + "/history": "Version 2 : ",
		"/zh/pledges/" + r.ID(webtest.Revised) + "/history": "第2版：",
	} {
		if text := r.get(t, target).First("#main").Text(); !strings.Contains(text, want) {
			t.Errorf("%s does not say %q", target, want)
		}
	}
}

// The day is asked for in one unmistakable way, and left empty where it is today.
func TestTheDayIsWrittenOneWay(t *testing.T) {
	r := open(t, false)
	for target, want := range map[string]string{"/en/": "", "/fr/pledges?as_of=2023-05-01": "2023-05-01"} {
		field := r.get(t, target).First("input[name=as_of]")
		if field.Get("type") != "text" || field.Get("value") != want || field.Get("placeholder") == "" {
			t.Errorf("%s: type %q, value %q, placeholder %q", target, field.Get("type"), field.Get("value"), field.Get("placeholder"))
		}
	}
}

// A participation is linked to the parties whose participations add up to it.
func TestParticipationsLeadToTheirParties(t *testing.T) {
	r := open(t, false)
	for _, query := range []string{"", "?party_kind=member_state", "?objective=15"} {
		links := r.get(t, "/en/"+query).All("td.share a")
		if len(links) == 0 {
			t.Errorf("%q: no participations are linked", query)
		}
		for _, a := range links {
			if sum := r.get(t, a.Get("href")).First("[data-total]").Text(); !strings.Contains(sum, " "+a.Text()+" participation") {
				t.Errorf("%q: %s participations lead to %s, which says %q", query, a.Text(), a.Get("href"), sum)
			}
		}
	}
}

func TestTablesOnOneScaleHaveOneWidth(t *testing.T) {
	r := open(t, false)
	seen := map[string]bool{}
	for _, table := range r.get(t, "/es/").First("section[aria-labelledby=what]").All("table") {
		seen[table.Get("class")] = true
	}
	if len(seen) != 1 {
		t.Errorf("the tables of one section make different room for their numbers: %v", seen)
	}
}

func TestExcerptEndsBetweenWords(t *testing.T) {
	for in, want := range map[string]string{
		"short":                     "short",
		"one two, three four five":  "one two, three four…",
		"one  two\nthree":           "one two three",
		"oneverylongwordwithoutend": "oneverylongwordwitho…",
	} {
		if got := page.Excerpt(in, 20); got != want {
			t.Errorf("Excerpt(%q) = %q, want %q", in, got, want)
		}
	}
}

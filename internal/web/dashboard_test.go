package web_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"stocktake/internal/compact"
	"stocktake/internal/lang"
	"stocktake/internal/web"
	"stocktake/internal/web/page/dashboard"
)

// "Which objectives has nobody in the Pacific pledged on?" is answered in a sentence, and by
// marked cells. Fiji is the only party of the fixture there, with one pledge on objective 6;
// two pledges are carried out there, one of them the Norwegian one on objectives 2 and 23.
func TestGapsOfThePacific(t *testing.T) {
	s := open(t)
	for _, c := range []struct{ query, covered string }{
		{"", " 6 "}, // without another choice, by who has pledged
		{"?cover=party_region", " 6 "},
		{"?cover=region", " 2 6 23 "},
	} {
		d := s.get(t, "/en/"+c.query)
		var line string
		for _, li := range d.All(".gaps li") {
			if strings.HasPrefix(li.Text(), "Oceania (the Pacific):") {
				line = li.Text()
			}
		}
		if line == "" {
			t.Fatalf("%s: no line on Oceania in %q", c.query, d.First(".gaps").Text())
		}
		missing := " " + strings.NewReplacer(",", " ", "(", " ", ")", " ", " and ", " ").Replace(line[strings.LastIndex(line, "("):]) + " "
		for _, o := range s.Pack.Objectives {
			n := " " + strconv.Itoa(o.N) + " "
			if strings.Contains(c.covered, n) == strings.Contains(missing, n) {
				t.Errorf("%s: objective%sin %q, covered are%s", c.query, n, line, c.covered)
			}
		}
	}
}

func TestCoverageHasKnownColumns(t *testing.T) {
	s := open(t)
	for i, cover := range dashboard.Covers {
		d := s.get(t, "/en/?cover="+cover)
		if n := len(d.All(".matrix tbody tr")); n != len(s.Pack.Objectives) {
			t.Errorf("%s: %d rows", cover, n)
		}
		if n := len(d.All(".matrix thead th")); n < 6 {
			t.Errorf("%s: %d columns", cover, n)
		}
		if current := d.First("#coverage-caption").Text(); i > 0 && current == s.get(t, "/en/").First("#coverage-caption").Text() {
			t.Errorf("%s shows %q", cover, current)
		}
	}
	if w := s.do("GET", "/en/?cover=moon"); w.Code != http.StatusBadRequest {
		t.Errorf("an unknown coverage: status %d", w.Code)
	}
}

// Money is given by currency and never summed across: the fixture announces 5,000,000 in each of two.
func TestMoneyByCurrency(t *testing.T) {
	d := open(t).get(t, "/en/")
	text := d.First("table.money").Text()
	if !strings.Contains(text, "EUR5,000,0001") || !strings.Contains(text, "NOK5,000,0001") || strings.Contains(d.Text(), "10,000,000") {
		t.Errorf("money: %q", text)
	}
	if len(open(t).get(t, "/en/?party=ken").All("table.money")) != 0 {
		t.Error("money where none was announced")
	}
}

// The fixture was recorded on one day, long after what it says became public.
func TestWhatWasKnownThen(t *testing.T) {
	s := open(t)
	if text := s.get(t, "/en/?as_of=2023-12-31").First(".known").Text(); !strings.Contains(text, "had no entry yet") {
		t.Errorf("what was known: %q", text)
	}
	for _, query := range []string{"", "?as_of=2023-12-31&at=30", "?at=30", "?as_of=2010-01-01"} {
		if d := s.get(t, "/en/"+query); len(d.All(".known")) != 0 {
			t.Errorf("%q compares %q", query, d.First(".known").Text())
		}
	}
}

// Two clocks, each with its rows adding up to what it says it counts: every pledge stands in one
// row of each, and those that are silent in one that says whether anybody asked.
func TestTwoClocks(t *testing.T) {
	s := open(t)
	for _, c := range []struct{ query, asked string }{
		{"", "Reports were asked for on 30 June 2024; there is time until 31 December 2026."},
		{"?as_of=2024-06-29", "Reports were last asked for on 16 January 2023; the last day to answer was 30 April 2023."},
		{"?as_of=2023-04-30", "Reports were asked for on 16 January 2023; there is time until 30 April 2023."},
		{"?as_of=2023-01-15", "No call for reports is on record."},
		{"?recency=never", "Reports were asked for on"},
		{"?recency=no_reply&recency=1y", "Reports were asked for on"},
	} {
		d := s.get(t, "/en/"+c.query)
		far := d.First("section[aria-labelledby=far]")
		for _, want := range []string{"Progress, as reported by the parties", "Last update", c.asked} {
			if !strings.Contains(far.Text(), want) {
				t.Errorf("%s: %q is not said in %q", c.query, want, far.Text())
			}
		}
		for _, table := range far.All("table") {
			sum := 0
			for _, row := range table.All("tbody tr") {
				n, _ := strconv.Atoi(row.First(".n").Text()) // none is a word
				sum += n
			}
			if of := table.First(".scale").Get("data-of"); strconv.Itoa(sum) != of || len(table.All("tbody tr")) < 5 {
				t.Errorf("%s: %q adds up to %d, out of %s", c.query, table.First("caption").Text(), sum, of)
			}
		}
	}
	counts := map[string]string{}
	for _, row := range s.get(t, "/en/").First("section[aria-labelledby=far]").All("table")[1].All("tbody tr") {
		counts[row.First("th").Text()] = row.First(".n").Text()
	}
	for _, silent := range []string{"Not asked yet", "Asked, not due yet", "Asked, without reply"} {
		if n := counts[silent]; n == "" || n == "none" {
			t.Errorf("%s: %q; the fixture has such pledges", silent, n)
		}
	}
}

// Every panel says out of how many pledges it counts and how far its bars, columns or shades
// go; both are true.
func TestEveryPanelStatesItsScale(t *testing.T) {
	s := open(t)
	panels := map[string]int{"where": 1, "what": 1, "who": 2, "far": 2, "gaps": 1, "kind": 4, "time": 1, "since": 1}
	for _, c := range lang.All {
		for _, query := range []string{"?since=2022-05-20", "?since=2022-05-20&view=implementation&cover=party_region", "?since=2022-05-20&nature=policy&objective=15&form=common&form=individual", "?since=2022-05-20&region=002&cover=region&recency=never"} {
			d := s.get(t, "/"+string(c)+"/"+query)
			for id, want := range panels {
				panel := d.First("section[aria-labelledby=" + id + "]")
				scales := panel.All(".scale")
				if len(scales) != want {
					t.Errorf("%s%s: %s states %d scales, want %d", c, query, id, len(scales), want)
				}
				for _, sc := range scales {
					for _, attr := range []string{"data-of", "data-top"} {
						if n := sc.Get(attr); n != "" && n != "1" && n != "2" && !strings.Contains(sc.Text(), n) { // Arabic has words for one and two
							t.Errorf("%s%s: %s says %q, which has no %s", c, query, id, sc.Text(), n)
						}
					}
				}
			}
			if c != lang.EN {
				continue
			}
			for _, panel := range []string{"where", "what", "who", "far", "gaps", "kind", "time"} {
				section := d.First("section[aria-labelledby=" + panel + "]")
				for _, table := range append(section.All("table.bars"), section.All("table.matrix, .twin table")...) {
					top := 0
					for _, cell := range table.All("tbody td .n, tbody td.n") {
						n, _ := strconv.Atoi(cell.Text())
						top = max(top, n)
					}
					said := table.First(".scale")
					if said.Node == nil {
						said = section.First(".scale")
					}
					limit, err := strconv.Atoi(said.Get("data-top"))
					of, wrong := strconv.Atoi(said.Get("data-of"))
					if err != nil || wrong != nil || top > limit || limit > max(1, of) {
						t.Errorf("%s: %s shows up to %d and says %q", query, panel, top, said.Text())
					}
				}
			}
		}
		for _, path := range []string{"/parties/ken", "/objectives/15", "/objectives", "/changes?since=2022-05-20"} {
			for _, table := range s.get(t, "/"+string(c)+path).All("table.bars") {
				if table.First("caption .scale").Node == nil {
					t.Errorf("%s%s: %q states no scale", c, path, table.First("caption").Text())
				}
			}
		}
	}
	money := s.get(t, "/en/").First("section[aria-labelledby=money] .note").Text()
	if total := s.get(t, "/en/").First("h1 a").Get("data-count"); !strings.Contains(money, " of "+total) {
		t.Errorf("money says %q", money)
	}
}

// Between the two days the fixture gained pledges and reports, and one pledge was superseded;
// the figures of both days and the kinds of change add up.
func TestWhatChanged(t *testing.T) {
	s := open(t)
	d := s.get(t, "/en/?since=2022-05-20&as_of=2024-07-01")
	section := d.First("section[aria-labelledby=since]")
	count := map[string]int{}
	for _, row := range section.All("table.bars tbody tr") {
		n, err := strconv.Atoi(row.First("td .n").Text())
		if err != nil {
			n = 0
		}
		count[row.First("th").Text()] = n
	}
	links := section.All("a[data-count]")
	if len(links) != 2 {
		t.Fatalf("%d figures beside the table", len(links))
	}
	before, after := links[0].Get("data-count"), links[1].Get("data-count")
	if got := s.get(t, "/en/?as_of=2022-05-20").First("h1 a").Get("data-count"); got != before {
		t.Errorf("before: %s, the page of that day says %s", before, got)
	}
	b, _ := strconv.Atoi(before)
	a, _ := strconv.Atoi(after)
	if count["New"] == 0 || count["Newly reported on"] == 0 || count["Withdrawn, superseded or withheld"] == 0 || a != b+count["New"]-count["Withdrawn, superseded or withheld"] {
		t.Errorf("from %d to %d with %v", b, a, count)
	}
	if len(s.get(t, "/en/").All("section[aria-labelledby=since]")) != 0 {
		t.Error("compared without being asked")
	}
	for _, wrong := range []string{"/en/?since=2099-01-01", "/en/?since=20.5.2022", "/en/?since=2022-05-20&as_of=2021-01-01", "/en/changes", "/en/changes?since=2022-05-20&show=moon", "/en/changes?since=2022-05-20&page=x"} {
		if w := s.do("GET", wrong); w.Code != http.StatusBadRequest {
			t.Errorf("%s: status %d", wrong, w.Code)
		}
	}
	if w := s.do("GET", "/en/changes?since=2022-05-20&show=new&page=9"); w.Code != http.StatusNotFound {
		t.Errorf("a page beyond the last: status %d", w.Code)
	}
}

// In Arabic the reader can choose the digits; every link keeps the choice, and the numbers
// stay the same.
func TestDigitsOfArabic(t *testing.T) {
	s := open(t)
	western, arabic := s.get(t, "/ar/"), s.get(t, "/ar/?digits=arab")
	if got := western.First(".langs a[rel=nofollow]").Get("href"); got != "/ar/?digits=arab" {
		t.Errorf("the choice leads to %q", got)
	}
	if got := arabic.First(".langs a[rel=nofollow]").Get("href"); got != "/ar/" {
		t.Errorf("the way back leads to %q", got)
	}
	if text := western.First("main").Text(); strings.ContainsAny(text, "٠١٢٣٤٥٦٧٨٩") {
		t.Error("Arabic digits without being asked for")
	}
	fold := strings.NewReplacer("٠", "0", "١", "1", "٢", "2", "٣", "3", "٤", "4", "٥", "5", "٦", "6", "٧", "7", "٨", "8", "٩", "9", "٬", ",", "٫", ".")
	if a, w := arabic.First("h1").Text(), western.First("h1").Text(); a == w || fold.Replace(a) != w {
		t.Errorf("%q and %q", a, w)
	}
	for _, a := range arabic.All("main a") {
		if href := a.Get("href"); strings.HasPrefix(href, "/ar/") && !strings.Contains(href, "digits=arab") {
			t.Errorf("%s forgets the digits", href)
		}
	}
	for _, e := range append(arabic.All(".bars .no"), arabic.All(".list .tags a")...) {
		if strings.ContainsAny(e.Text(), "0123456789") {
			t.Errorf("an objective is numbered in other digits: %q", e.Text())
		}
	}
	years := append(arabic.All("svg .axis"), arabic.All(".quick a")...)
	years = append(years, arabic.All("select[name=year] option")...)
	for _, e := range years {
		if strings.ContainsAny(e.Text(), "0123456789") {
			t.Errorf("a year is written in other digits: %q", e.Text())
		}
	}
	if len(years) < 5 {
		t.Errorf("%d years are looked at", len(years))
	}
	if n := len(arabic.All("form input[name=digits]")); n != 2 {
		t.Errorf("%d of 2 forms keep the digits", n)
	}
	rows := s.get(t, arabic.First("h1 a").Get("href"))
	if rows.First("[data-total]").Get("data-total") != arabic.First("h1 a").Get("data-count") || !strings.ContainsAny(rows.Text(), "٠١٢٣٤٥٦٧٨٩") {
		t.Error("the list behind the number differs")
	}
	for _, other := range []string{"/en/?digits=arab", "/ar/"} {
		d := s.get(t, other)
		if strings.ContainsAny(d.First("main").Text(), "٠١٢٣٤٥٦٧٨٩") || strings.Contains(d.First("h1 a").Get("href"), "digits") {
			t.Errorf("%s has other digits", other)
		}
	}
}

// No page offers to look for who is late unless the pack opens that; of silence they say that no
// update has been received, and of which pledges.
func TestNobodyIsMarkedAsLateUnlessThePackOpensIt(t *testing.T) {
	for _, public := range []bool{false, true} {
		s := openWith(t, func(p *compact.Pack) {
			p.Calendar.LapseAfterMonths = 24
			if public {
				p.Policies.Overdue, p.Policies.Lapsed = compact.Public, compact.Public
			}
		})
		for _, name := range []string{"overdue", "active"} {
			if offered := len(s.get(t, "/en/pledges").All("select[name="+name+"]")) > 0; offered != public {
				t.Errorf("public %v: the filter %q is offered: %v", public, name, offered)
			}
			// What the address asks for goes on with the form, and can be taken away.
			p := s.get(t, "/en/pledges?"+name+"=true")
			kept := len(p.All("input[type=hidden][name="+name+"]")) > 0 || len(p.All("select[name="+name+"] option[selected]")) > 0
			if !kept {
				t.Errorf("public %v: the filter %q is lost", public, name)
			}
		}
		d := s.get(t, "/en/")
		said := d.First(".silent")
		if !strings.Contains(said.Text(), "no update has been received on") || strings.Contains(strings.ToLower(d.First("main").Text()), "overdue") {
			t.Errorf("%s", said.Text())
		}
		linked := false
		for _, a := range said.All("a") {
			linked = linked || strings.Contains(a.Get("href"), "overdue=true")
		}
		if !linked {
			t.Errorf("public %v: the number does not lead to its rows", public)
		}
	}
}

func openWith(t *testing.T, change func(*compact.Pack)) site {
	return open(t, func(c *web.Config) {
		own := *c.Pack
		change(&own)
		c.Pack = &own
	})
}

// Whoever asks for one party, by the filter or by its name in any language, is led to its page.
func TestTheWayToAProfile(t *testing.T) {
	s := open(t)
	for query, want := range map[string]string{
		"?party=ken": "/en/parties/ken", "?q=Kenya": "/en/parties/ken", "?q=+KENIA+": "/en/parties/ken", "?q=%D9%83%D9%8A%D9%86%D9%8A%D8%A7": "/en/parties/ken",
		"?q=water": "", "?party=ken&party=prt": "", "": "", "?q=Atlantis": "",
	} {
		for _, path := range []string{"/en/", "/en/pledges"} {
			if got := s.get(t, path+query).First(".profile a").Get("href"); got != want {
				t.Errorf("%s%s leads to %q, want %q", path, query, got, want)
			}
		}
	}
}

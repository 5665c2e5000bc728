package web_test

import (
	"encoding/csv"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"stocktake/internal/place"
	"stocktake/internal/web/page/dashboard"
	"stocktake/internal/web/webtest"
)

// panel is a figure as the overview shows it: its rows as "name|number…", in no order, and the
// scale that it states.
type panel struct {
	rows    []string
	of, top string
}

// panelOf reads the panel of a chart from the page.
func panelOf(d webtest.Doc, name string) panel {
	section := func(id string) webtest.Doc { return d.First(`section[aria-labelledby="` + id + `"]`) }
	number := func(s string) string {
		if s == "none" {
			return "0"
		}
		return strings.ReplaceAll(s, ",", "")
	}
	var p panel
	scaled := func(in webtest.Doc) {
		scale := in.First("[data-top]")
		p.of, p.top = scale.Get("data-of"), scale.Get("data-top")
	}
	bars := func(tables ...webtest.Doc) {
		for _, table := range tables {
			for _, row := range table.All("tbody tr") {
				said := row.First(".label").Text() + "|" + number(row.First("td .n").Text())
				if share := row.First("td.share"); share.Node != nil {
					said += "|" + number(share.Text())
				}
				p.rows = append(p.rows, said)
			}
		}
	}
	twin := func(in webtest.Doc) {
		for _, row := range in.All(".twin tbody tr") {
			p.rows = append(p.rows, row.First("th").Text()+"|"+number(row.First("td").Text()))
		}
		for _, li := range in.All(".twin ul li") {
			p.rows = append(p.rows, li.Text()+"|0")
		}
		scaled(in)
	}
	one := func(id string, n int) {
		table := section(id).All("table.bars")[n]
		bars(table)
		scaled(table)
	}
	switch name {
	case "states", "places":
		twin(section("where"))
	case "years":
		twin(section("time"))
	case "objectives":
		bars(section("what").All("table.bars")...)
		scaled(section("what"))
	case "kinds":
		one("who", 0)
	case "parties":
		one("who", 1)
	case "stage":
		one("far", 0)
	case "recency":
		one("far", 1)
	case "coverage":
		for _, row := range section("gaps").All(".matrix tbody tr") {
			said := row.First(".label").Text()
			for _, cell := range row.All("td") {
				said += "|" + number(cell.First(".n").Text())
			}
			p.rows = append(p.rows, said)
		}
		scaled(section("gaps"))
	case "money":
		for _, row := range section("money").All("tbody tr") {
			cells := row.All("td")
			p.rows = append(p.rows, row.First("th").Text()+"|"+number(cells[0].Text())+"|"+number(cells[1].Text()))
		}
	default:
		one("kind", slices.Index([]string{"channel", "form", "nature", "level"}, name))
	}
	return p
}

var ofAndTop = regexp.MustCompile(`Of ([\d,]+) pledges?; \w+ from 0 to ([\d,]+)\.`)

// fileOf reads the same from the file.
func fileOf(t *testing.T, body, name string) panel {
	t.Helper()
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff")))
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("%v in\n%.900s", err, body)
	}
	numbers := len(rows[0]) - 2
	if name == "states" { // the kind of State is a word
		numbers = 1
	}
	var p panel
	for _, row := range rows[1:] {
		p.rows = append(p.rows, strings.Join(row[1:2+numbers], "|"))
	}
	if scale := ofAndTop.FindStringSubmatch(body); scale != nil {
		p.of, p.top = strings.ReplaceAll(scale[1], ",", ""), strings.ReplaceAll(scale[2], ",", "")
	}
	return p
}

// A figure and its file are one: the same rows with the same numbers, out of as many, on the same scale.
func TestEveryFileIsItsPanel(t *testing.T) {
	s := open(t)
	for _, query := range []string{"?", "?nature=policy&", "?objective=15&", "?objective=none&", "?year=2022&", "?as_of=2022-05-20&", "?as_of=2022-01-31&", "?country=KE&", "?party=ken&", "?q=children&", "?party_kind=member_state&", "?channel=none&", "?inferred=false&", "?stage=unreported&"} {
		d, where := s.get(t, "/en/"+query), s.get(t, "/en/"+query+"view=implementation")
		if d.First(`section[aria-labelledby="what"]`).Node == nil {
			continue // nothing was found: there is no panel
		}
		for _, name := range dashboard.Charts {
			from := d
			if name == "places" {
				from = where
			}
			if from.First(".files a[href]").Node == nil || name == "money" && d.First("table.money").Node == nil || name == "years" && d.First("#time").Node == nil {
				continue
			}
			shown, file := panelOf(from, name), fileOf(t, s.do("GET", "/en/charts/"+name+".csv"+query).Body.String(), name)
			if name == "parties" && len(shown.rows) == 10 { // the page shows the first ten of the file
				file.rows = file.rows[:10]
			}
			slices.Sort(shown.rows)
			slices.Sort(file.rows)
			if !slices.Equal(shown.rows, file.rows) {
				t.Errorf("%s%s: the page shows\n%s\nand the file\n%s", name, query, strings.Join(shown.rows, "\n"), strings.Join(file.rows, "\n"))
			}
			if shown.of != file.of || shown.top != file.top {
				t.Errorf("%s%s: the page is of %s up to %s, the file of %s up to %s", name, query, shown.of, shown.top, file.of, file.top)
			}
			if name != "money" && (shown.of == "" || len(shown.rows) == 0) {
				t.Errorf("%s%s: nothing read", name, query)
			}
		}
	}
}

// The years of a file go on as the page's do: years with none have a row, and so has each session
// of the forum; what has no date stands beside them.
func TestTheYearsOfAFileAreThoseOfThePage(t *testing.T) {
	s := open(t)
	for target, said := range map[string][]string{
		"years.csv":                  {"\n2025,2025,1\n", "\n2026,2026,0\n"},
		"years.svg":                  {"2022 · Review Forum", "2026 · Review Forum", ">2025</text>", "1 pledge has no known date and is not shown"},
		"years.csv?as_of=2023-12-31": {"# Review Forum: 17 May 2022\n"},
	} {
		body := s.do("GET", "/en/charts/"+target).Body.String()
		for _, want := range said {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %q:\n%.1200s", target, want, body)
			}
		}
		if strings.Contains(body, "Not stated") {
			t.Errorf("%s counts what has no date as a year:\n%s", target, body)
		}
	}
	if text := s.get(t, "/en/?as_of=2022-05-10").First("svg.timeline").Text(); strings.Contains(text, "Review Forum") {
		t.Errorf("a session is marked before it was opened: %s", text)
	}
}

// What nobody pledged is counted in Member States; States that observe stand beside them.
func TestStatesWithoutAPledgeAreMemberStates(t *testing.T) {
	s := open(t)
	d := s.get(t, "/en/")
	rest := d.First(".twin details")
	var members, observers int
	for _, li := range rest.All("li") {
		if n := li.Text(); n == "Holy See" || n == "State of Palestine" {
			observers++
			continue
		}
		members++
	}
	summary := rest.First("summary").Text()
	if want := strconv.Itoa(members) + " Member States without a pledge, and " + strconv.Itoa(observers) + " observer State"; members == 0 || observers != 1 || summary != want {
		t.Errorf("the page says %q, and lists %d and %d", summary, members, observers)
	}
	all := 0
	for _, c := range place.Countries() {
		if c.Status == place.Member {
			all++
		}
	}
	if members >= all {
		t.Errorf("%d of %d Member States have no pledge", members, all)
	}
	for _, kind := range []string{"csv", "tsv", "svg"} {
		if body := s.do("GET", "/en/charts/states."+kind).Body.String(); !strings.Contains(body, summary) {
			t.Errorf("the %s does not say %q:\n%.900s", kind, summary, body)
		}
	}
	csv := s.do("GET", "/en/charts/states.csv").Body.String()
	for _, row := range []string{"\nKE,Kenya,", "\nPS,State of Palestine,0,Observer State\n", "\nVA,Holy See,1,Observer State\n", "\nTV,Tuvalu,0,Member State\n"} {
		if !strings.Contains(csv, row) {
			t.Errorf("the file lacks %q", row)
		}
	}
	if summary := s.get(t, "/en/?view=implementation").First(".twin details summary").Text(); !strings.Contains(summary, "Member States where no pledge is carried out, and ") {
		t.Errorf("of implementation it says %q", summary)
	}
}

// Sums can be taken away as a drawing too: a table, with no bar that would set one currency against another.
func TestMoneyIsDrawnAsATable(t *testing.T) {
	s := open(t)
	body := s.do("GET", "/en/charts/money.svg").Body.String()
	for _, said := range []string{"EUR", "5,000,000", "may have been announced more than once", "Pledges that state an amount: 2 of "} {
		if !strings.Contains(body, said) {
			t.Errorf("lacks %q:\n%s", said, body)
		}
	}
	if n := strings.Count(body, `fill="#3b7fb0"`); n > 0 || strings.Contains(body, "bars from") {
		t.Errorf("%d bars:\n%s", n, body)
	}
	if p := s.get(t, "/en/"); len(p.All(`.files button[data-png="/en/charts/money.svg"]`)) != 1 {
		t.Error("the page does not offer it as PNG")
	}
}

// The dots of the cities are on the map that is taken away, with the words that explain them.
func TestTheMapThatIsTakenAwayHasTheCities(t *testing.T) {
	s := open(t)
	d := s.get(t, "/en/")
	dots := len(d.All("svg.map circle.dot"))
	body := s.do("GET", "/en/charts/states.svg").Body.String()
	if got := strings.Count(body, `fill="#b4470e"`); got != dots || dots > 0 && !strings.Contains(body, "Dots are cities") {
		t.Errorf("the page has %d dots, the file %d:\n%.400s", dots, got, body)
	}
}

package web_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"stocktake/internal/web/webtest"
)

// number is a number that a page shows, with the link to what it counts.
type number struct {
	what  string
	count int
	href  string
}

// numbers finds every number of a page that counts something: in sentences, in tables of
// bars, and in the tables that stand for drawings.
func numbers(t *testing.T, d webtest.Doc) []number {
	t.Helper()
	var all []number
	for _, a := range d.All("a[data-count]") {
		n, err := strconv.Atoi(a.Get("data-count"))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, number{a.Text(), n, a.Get("href")})
	}
	for _, selector := range []string{"table.bars tbody tr", ".twin tbody tr"} {
		for _, row := range d.All(selector) {
			n, err := strconv.Atoi(strings.ReplaceAll(row.First("td .n").Text()+row.First("td.n").Text(), ",", ""))
			if err != nil {
				if row.First("th a").Node != nil {
					t.Errorf("the row %q has a link and no number", row.Text())
				}
				continue // "none"
			}
			href := row.First("th a").Get("href")
			if href == "" {
				t.Errorf("the number in %q leads nowhere", row.Text())
			}
			all = append(all, number{row.Text(), n, href})
		}
	}
	for _, cell := range d.All(".matrix td") {
		text := strings.ReplaceAll(cell.First(".n").Text(), ",", "")
		a := cell.First("a")
		n, err := strconv.Atoi(text)
		switch {
		case err != nil && (a.Node != nil || text != "none" || cell.First(".gap").Node == nil):
			t.Errorf("a cell says %q, and is no marked gap", text)
		case err == nil:
			all = append(all, number{a.Get("aria-label"), n, a.Get("href")})
		}
	}
	none := map[*html.Node]bool{} // States that are said to have nothing
	for _, a := range d.All("svg.map .without a") {
		none[a.Node] = true
	}
	for _, a := range d.All("svg a") {
		if none[a.Node] {
			continue
		}
		label := a.Get("aria-label")
		_, after, ok := strings.Cut(label, ": ")
		n, err := strconv.Atoi(strings.Fields(after + " -")[0])
		if !ok || err != nil {
			t.Errorf("a link of a drawing is named %q", label)
			continue
		}
		all = append(all, number{label, n, a.Get("href")})
	}
	return all
}

// counted is a number of pledges, parties or States in a sentence.
var counted = regexp.MustCompile(`\b[1-9][\d,]* (?:pledges?|parties|party|(?:Member |observer )?States?)\b`)

// unlinked says where a count stands without a link, and why.
var unlinked = map[string]string{
	".scale":        "all pledges of the page, of which a figure counts: the opening sentence leads to them",
	".twin summary": "States with nothing: the list that it unfolds is those",
}

// loose finds the counts in the sentences of a page that lead nowhere.
func loose(d webtest.Doc) []string {
	excused := map[*html.Node]bool{}
	for selector := range unlinked {
		for _, e := range d.All("main " + selector) {
			excused[e.Node] = true
		}
	}
	var found []string
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		switch {
		case n.Type == html.ElementNode && (n.Data == "a" || n.Data == "select" || n.Data == "script" || n.Data == "svg") || excused[n]:
			return
		case n.Type == html.TextNode:
			found = append(found, counted.FindAllString(n.Data, -1)...)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(d.First("main").Node)
	return found
}

// Every number on the overview finds exactly the rows that it counts, under any filter.
func TestEveryNumberLeadsToItsRows(t *testing.T) {
	s := open(t)
	totals := map[string]int{}
	for _, query := range []string{"", "?view=implementation", "?objective=15", "?party_kind=member_state", "?party=ken", "?as_of=2022-05-20",
		"?stage=unreported", "?stage=planning&stage=fulfilled", "?q=children", "?country=none", "?country=KE&view=implementation", "?objectives_by=party&objectives_by=secretariat",
		"?inferred=false", "?inferred=false&objective=15", "?inferred=false&objective=none&cover=region",
		"?year=2022&nature=policy", "?at=30", "?channel=" + s.Pack.Channels[0].Slug, "?recency=never&level=none", "?recency=not_asked", "?recency=no_reply&recency=1y", "?recency=not_due&as_of=2023-02-01", "?lead_kind=member_state&stage=unreported", "?form=common",
		"?since=2022-05-20", "?since=2022-05-20&as_of=2024-07-01", "?since=2023-06-30&stage=unreported", "?cover=region", "?cover=party_region", "?cover=party_region&party_region=009&objective=6", "?commission=eca&stage=unreported", "?nature=financial", "?currency=EUR", "?as_of=2024-12-31&cover=region&overdue=true"} {
		t.Run(query, func(t *testing.T) {
			d := s.get(t, "/en/"+query)
			for _, said := range loose(d) {
				t.Errorf("%q leads nowhere, and no reason is given", said)
			}
			found := numbers(t, d)
			if len(found) < 5 {
				t.Errorf("only %d numbers found; has the page changed?", len(found))
			}
			for _, n := range found {
				if _, known := totals[n.href]; !known {
					total, err := strconv.Atoi(s.get(t, n.href).First("[data-total]").Get("data-total"))
					if err != nil {
						t.Fatalf("%s has no total: %v", n.href, err)
					}
					totals[n.href] = total
				}
				if totals[n.href] != n.count {
					t.Errorf("%q says %d, and %s has %d", n.what, n.count, n.href, totals[n.href])
				}
			}
		})
	}
}

// The pages of a party and of an objective keep the same promise.
func TestNumbersOfOtherPages(t *testing.T) {
	s := open(t)
	for _, path := range []string{"/en/parties/ken", "/en/parties/bra", "/en/objectives/15", "/en/objectives/15?inferred=false", "/en/objectives?inferred=false", "/en/objectives/6?as_of=2023-12-31", "/en/objectives", "/en/objectives?party=ken"} {
		t.Run(path, func(t *testing.T) {
			d := s.get(t, path)
			for _, said := range loose(d) {
				t.Errorf("%q leads nowhere, and no reason is given", said)
			}
			for _, n := range numbers(t, d) {
				if got := s.get(t, n.href).First("[data-total]").Get("data-total"); got != strconv.Itoa(n.count) {
					t.Errorf("%q says %d, and %s has %s", n.what, n.count, n.href, got)
				}
			}
		})
	}
}

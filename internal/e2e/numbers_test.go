package e2e_test

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"stocktake/internal/e2e/browser"
)

// stated is a number on a page and where it leads; Href is empty where it leads nowhere.
type stated struct {
	Href, Text, Where string
	Count             int
}

// numbers lists every number that counts pledges or parties on a page: in its sentences, its
// tables of bars, its map, its timeline, and the tables beside them.
const numbers = `(() => {
	const out = [], digits = s => Number(s.replace(/[^0-9]/g, "") || "0");
	const add = (where, a, text, count) => out.push({href: a?.href?.baseVal ? new URL(a.href.baseVal, location).href : a?.href ?? "", text: text.trim().replace(/\s+/g, " "), where, count});
	for (const a of document.querySelectorAll("a[data-count]")) add("sentence", a, a.innerText, Number(a.dataset.count));
	for (const r of document.querySelectorAll("table.bars tbody tr:not(.sub)")) add("bars", r.querySelector("th a"), r.innerText, digits(r.querySelector("td .n").innerText));
	for (const a of document.querySelectorAll("svg a[aria-label]:not(.without *)")) {
		const label = a.getAttribute("aria-label");
		add(a.closest("svg").id, a, label, digits(label.match(/(\d[\d,]*)\D*$/)[1]));
	}
	for (const r of document.querySelectorAll(".twin tbody tr")) add("table", r.querySelector("th a"), r.textContent, digits(r.querySelector("td").textContent));
	return out;
})()`

var (
	total   = regexp.MustCompile(`data-total="(\d+)"`)
	listing = regexp.MustCompile(`^/en/(pledges|parties|objectives)$`)
)

// asked are the questions under which every number is followed.
var asked = []string{
	"/", "/?objective=7", "/?party_kind=member_state&nature=policy", "/?as_of=2024-06-30", "/?as_of=2022-05-20&form=individual",
	"/?view=implementation", "/?view=implementation&region=002", "/?party_kind=local_authority", "/?stage=unreported&objectives_by=inferred",
	"/?channel=none&year=none", "/?q=child", "/parties", "/parties?objective=7", "/objectives", "/objectives?party_kind=member_state", "/objectives/7",
}

func TestEveryNumberLeadsToExactlyWhatItCounts(t *testing.T) {
	for _, s := range []*server{demo, forum} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			tab, known, walked := chromium.Tab(t), map[string]int{}, 0
			for _, question := range asked {
				t.Run(strings.ReplaceAll(question, "/", "|"), func(t *testing.T) {
					tab := tab.For(t)
					if l := tab.Open(s.up(t) + "/en" + question); l.Status != 200 {
						t.Fatalf("status %d", l.Status)
					}
					layOut(tab)
					for _, n := range browser.Value[[]stated](tab, numbers) {
						if n.Href == "" {
							if n.Count != 0 {
								t.Errorf("%s: %q leads nowhere", n.Where, n.Text)
							}
							continue
						}
						u, err := url.Parse(n.Href)
						if err != nil {
							t.Fatal(err)
						}
						if !listing.MatchString(u.Path) {
							continue // a page about one party or objective, which has no one total
						}
						if _, seen := known[n.Href]; !seen {
							known[n.Href] = s.total(t, n.Href)
						}
						if walked++; known[n.Href] != n.Count {
							t.Errorf("%s: %q says %d, %s says %d", n.Where, n.Text, n.Count, strings.TrimPrefix(n.Href, s.url), known[n.Href])
						}
					}
				})
			}
			t.Logf("%d numbers followed to %d lists", walked, len(known))
			if walked < 500 {
				t.Errorf("only %d numbers were found to follow", walked)
			}
		})
	}
}

// total is the count that a list states.
func (s *server) total(t *testing.T, url string) int {
	t.Helper()
	status, body, _ := s.get(t, url)
	found := total.FindStringSubmatch(body)
	if status != 200 || found == nil {
		t.Errorf("%s: status %d, no total", url, status)
		return -1
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAListHasAsManyPledgesAsItSays(t *testing.T) {
	row := regexp.MustCompile(`<h3[^>]*><a href="/en/pledges/([A-Z]+-\d+)`)
	for _, path := range []string{"/en/pledges", "/en/pledges?party_kind=member_state", "/en/pledges?objective=7&sort=title"} {
		want := demo.total(t, demo.up(t)+path)
		var ids []string
		for n := 1; n <= want; n++ {
			target := path
			if n > 1 { // the first page has one address
				join := "?"
				if strings.Contains(path, "?") {
					join = "&"
				}
				target += join + "page=" + strconv.Itoa(n)
			}
			status, body, _ := demo.get(t, target)
			rows := row.FindAllStringSubmatch(body, -1)
			if status != 200 || len(rows) == 0 {
				break
			}
			for _, r := range rows {
				ids = append(ids, r[1])
			}
		}
		slices.Sort(ids)
		if unique := slices.Compact(slices.Clone(ids)); len(ids) != want || len(unique) != want {
			t.Errorf("%s says %d, lists %d, of which %d are different", path, want, len(ids), len(unique))
		}
	}
}

// The published facts of the first forum, as the opening sentence says them.
func TestTheRehearsalSaysWhatWasPublishedOfTheFirstForum(t *testing.T) {
	tab := chromium.Tab(t)
	lede := func(path string) map[string]int {
		tab.Open(forum.up(t) + path)
		return browser.Value[map[string]int](tab, `Object.fromEntries([...document.querySelectorAll("h1 a[data-count]")].map(a =>
			[new URL(a.href).pathname.split("/")[2] + (a.href.includes("show=states") ? " States" : ""), Number(a.dataset.count)]).reverse())`)
	}
	if got := lede("/en/?as_of=2022-05-20"); got["pledges"] != 158 || got["parties States"] != 25 {
		t.Errorf("as of the forum's last day the dashboard says %v, want 158 pledges and 25 States", got)
	}
	if got := lede("/en/"); got["pledges"] <= 158 {
		t.Errorf("a later day must say more: %v", got)
	}
	if n := forum.total(t, forum.up(t)+"/en/pledges?as_of=2022-05-20&lead_kind=member_state"); n <= 100 {
		t.Errorf("%d pledges have a Member State in the lead, want more than 100", n)
	}
}

package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/explore"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
	"stocktake/internal/rehearse"
)

var quiet = slog.New(slog.DiscardHandler)

// rehearsed is a fixture with many pledges, of which many are equal in what a list is put in
// order by.
func rehearsed(tb testing.TB, pledges int) *fixture {
	tb.Helper()
	const seed = 11
	d := dbtest.New(tb, db.SQLite)
	stage := rehearse.Setup(seed)
	d.SetClock(stage.Clock)
	f := &fixture{tb: tb, db: d}
	pack := ocean(tb)
	var err error
	if f.log, err = register.Open(context.Background(), d, register.Options{Origin: stage.Origin, Key: stage.Key, Rand: stage.Rand}); err != nil {
		tb.Fatal(err)
	}
	f.book = pledge.Book{Pack: pack, Log: f.log}
	if _, err := rehearse.Fill(context.Background(), d, f.book, rehearse.Plan{Pledges: pledges, Seed: seed}); err != nil {
		tb.Fatal(err)
	}
	if f.index, err = explore.Open(context.Background(), f.log, pack, stage.Clock); err != nil {
		tb.Fatal(err)
	}
	f.serve(stage.Clock)
	return f
}

// walk reads a list page by page, to its end, and gives what names its items. between is called
// after each page.
func walk[T any](f *fixture, target string, values url.Values, name func(T) string, between func()) (names []string) {
	f.tb.Helper()
	type pageOf struct {
		Total    int      `json:"total"`
		AsOf     string   `json:"as_of"`
		Register Register `json:"register"`
		Ended    int      `json:"ended"`
		Understood
		Items []T    `json:"items"`
		Next  string `json:"next"`
	}
	var first pageOf
	for {
		p := read[pageOf](f, target+"?"+values.Encode())
		if first.Items == nil {
			first = p
		} else if p.Total != first.Total || p.AsOf != first.AsOf || p.Register != first.Register {
			f.tb.Fatalf("the view moves under the walk: %+v, then %+v", first.Register, p.Register)
		}
		for _, it := range p.Items {
			names = append(names, name(it))
		}
		if p.Next == "" {
			return names
		}
		values.Set("cursor", p.Next)
		between()
	}
}

func pledgeName(p Pledge) string { return fmt.Sprintf("%s v%d", p.ID, p.Version) }

// A walk over all pages gives every item once, in order, under every order and filter, while
// others publish in between.
func TestAWalkIsTheWholeList(t *testing.T) {
	f := rehearsed(t, 80)
	filters := []string{"", "objective=1&objective=2", "nature=policy", "party_kind=member_state", "stage=none&stage=unreported"}
	days := []string{"2026-06-30", "2026-01-01", "2025-03-03"}
	rapid.Check(t, func(t *rapid.T) {
		values, err := url.ParseQuery(rapid.SampledFrom(filters).Draw(t, "filters"))
		if err != nil {
			t.Fatal(err)
		}
		if day := rapid.SampledFrom([]string{"", "2025-12-31", "2026-06-30"}).Draw(t, "as of"); day != "" {
			values.Set("as_of", day)
		}
		order := rapid.SampledFrom(orders).Draw(t, "order")
		values.Set("sort", order)
		q, err := explore.ParseQuery(values, f.book.Pack)
		if err != nil {
			t.Fatal(err)
		}
		v, err := f.index.Snapshot().View(q, "")
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, it := range v.Items(0, v.Totals.Pledges) {
			want = append(want, fmt.Sprintf("%s v%d", it.Pledge.ID, it.Version))
		}
		values.Set("limit", fmt.Sprint(rapid.IntRange(5, 50).Draw(t, "limit")))
		appends := 3
		got := walk(f, "/api/v1/pledges", values, pledgeName, func() {
			if appends--; appends >= 0 {
				title := rapid.SampledFrom([]string{"Aaa", "Mmm", "Zzz"}).Draw(t, "title")
				f.publish(rapid.SampledFrom(days).Draw(t, "day"), title, v.Parties()[0].Party.Code)
			}
		})
		if !slices.Equal(got, want) {
			t.Fatalf("%s: the walk gave\n%v\nnot\n%v", values.Encode(), got, want)
		}
	})
}

func TestAWalkOverParties(t *testing.T) {
	f := rehearsed(t, 40)
	v, err := f.index.Snapshot().View(explore.Query{}, "")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, pc := range v.Parties() {
		want = append(want, pc.Party.Code)
	}
	got := walk(f, "/api/v1/parties", url.Values{"limit": {"4"}}, func(p Party) string { return p.Code }, func() {
		f.publish("2026-06-30", "One more", want[len(want)-1])
	})
	if !slices.Equal(got, want) {
		t.Errorf("the walk gave\n%v\nnot\n%v", got, want)
	}
}

// The keys of cursors follow the orders of explore; without that, a walk that lost an item to
// an erasure would go on in the wrong place.
func TestKeysFollowTheOrders(t *testing.T) {
	f := rehearsed(t, 60)
	for _, order := range explore.Sorts {
		v, err := f.index.Snapshot().View(explore.Query{}.WithSort(order), "")
		if err != nil {
			t.Fatal(err)
		}
		items, compare := v.Items(0, v.Totals.Pledges), compareKeys(order)
		for i := range items[1:] {
			if a, b := keyOf(items[i], order, v), keyOf(items[i+1], order, v); compare(a, b) >= 0 {
				t.Errorf("%s: %v does not come before %v", order, a, b)
			}
		}
	}
	v, err := f.index.Snapshot().View(explore.Query{}, "")
	if err != nil {
		t.Fatal(err)
	}
	list := v.Parties()
	for i := range list[1:] {
		if a, b := partyKey(v, list[i]), partyKey(v, list[i+1]); slices.Compare(a, b) >= 0 {
			t.Errorf("%v does not come before %v", a, b)
		}
	}
}

// An erasure takes effect in past views too: the list gets shorter under the walk, by items
// already seen, by the last one, or by one to come. Nothing else is lost or seen twice.
func TestAWalkGoesOnAfterAnErasure(t *testing.T) {
	for _, order := range explore.Sorts {
		for _, victim := range []int{0, 4, 5} { // seen; the last one seen; the next
			t.Run(fmt.Sprintf("%s %d", order, victim), func(t *testing.T) {
				f := newFixture(t)
				for i := range 8 {
					f.publish(fmt.Sprintf("2034-10-%02d", 1+i/2), []string{"Coral", "coral", "Ébène", "Eel"}[i%4], []string{"prt.sea", "ken", "harbour-house"}[i%3])
				}
				values := url.Values{"sort": {order}, "limit": {"5"}}
				first := read[PledgeList](f, "/api/v1/pledges?"+values.Encode())
				all := read[PledgeList](f, "/api/v1/pledges?limit=1000&sort="+order)
				f.erase(all.Items[victim].Position)
				values.Set("cursor", first.Next)
				var got, want []string
				for _, p := range read[PledgeList](f, "/api/v1/pledges?"+values.Encode()).Items {
					got = append(got, p.ID)
				}
				for i, p := range all.Items[5:] {
					if i+5 != victim && len(want) < 5 {
						want = append(want, p.ID)
					}
				}
				if !slices.Equal(got, want) {
					t.Errorf("%v, want %v", got, want)
				}
			})
		}
	}
}

// A cursor of yesterday still speaks of yesterday.
func TestAWalkKeepsItsDay(t *testing.T) {
	f := newFixture(t)
	first := read[PledgeList](f, "/api/v1/pledges?limit=2")
	f.serve(func() time.Time { return clock().AddDate(0, 0, 1) })
	second := read[PledgeList](f, "/api/v1/pledges?limit=2&cursor="+first.Next)
	if second.AsOf != first.AsOf || read[PledgeList](f, "/api/v1/pledges").AsOf == first.AsOf {
		t.Errorf("as of %s, then %s", first.AsOf, second.AsOf)
	}
}

func TestForeignCursorsAreRefused(t *testing.T) {
	f, other := newFixture(t), rehearsed(t, 40)
	own := read[PledgeList](f, "/api/v1/pledges?limit=1&nature=policy&sort=title").Next
	parties := read[PartyList](f, "/api/v1/parties?limit=1").Next
	foreign := read[PledgeList](other, "/api/v1/pledges?limit=1&nature=policy&sort=title").Next
	raw, err := base64.RawURLEncoding.DecodeString(own)
	if err != nil {
		t.Fatal(err)
	}
	raw[2] ^= 1
	later := parsed(t, own)
	later.at = 1 << 40
	for name, query := range map[string]string{
		"of another filter":      "nature=process&cursor=" + own,
		"of more filters":        "nature=policy&party=ken&cursor=" + own,
		"of another order":       "nature=policy&sort=oldest&cursor=" + own,
		"of another day":         "nature=policy&as_of=2034-06-30&cursor=" + own,
		"of another position":    "nature=policy&at=9&cursor=" + own,
		"of another list":        "cursor=" + parties,
		"of another register":    "nature=policy&cursor=" + foreign,
		"changed":                "nature=policy&cursor=" + base64.RawURLEncoding.EncodeToString(raw),
		"cut":                    "nature=policy&cursor=" + own[:len(own)-4],
		"with padding":           "nature=policy&cursor=" + own + "%3D",
		"of a register to come":  "nature=policy&cursor=" + later.String(),
		"too long":               "nature=policy&cursor=" + strings.Repeat("A", mostCursor+1),
		"given twice":            "nature=policy&cursor=" + own + "&cursor=" + own,
		"of a later time and no": "cursor=AQ",
	} {
		res := f.get("/api/v1/pledges?" + query)
		if text := body(t, res); res.StatusCode != http.StatusBadRequest || !strings.Contains(text, `"field":"cursor"`) {
			t.Errorf("%s: %d %s", name, res.StatusCode, text)
		}
	}
	for name, query := range map[string]string{
		"as it came":                "nature=policy&cursor=" + own,
		"with the order said again": "nature=policy&sort=title&cursor=" + own,
		"with another limit":        "nature=policy&limit=7&cursor=" + own,
		"with the day said again":   "nature=policy&as_of=2034-11-23&cursor=" + own,
	} {
		if res := f.get("/api/v1/pledges?" + query); res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", name, res.StatusCode, body(t, res))
		}
	}
}

func parsed(t *testing.T, s string) *cursor {
	t.Helper()
	c, ok := parseCursor(s)
	if !ok {
		t.Fatalf("%q is no cursor", s)
	}
	return c
}

func TestTheLinkHeaderLeadsToTheNextPage(t *testing.T) {
	f := newFixture(t)
	target, pages := "/api/v1/pledges?limit=2&sort=party&as_of=2034-10-01", 0
	for target != "" {
		res := f.get(target)
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", target, body(t, res))
		}
		pages++
		link := res.Header.Get("Link")
		if !strings.Contains(link, `<https://pledges.example/api/openapi.json>; rel="service-desc"`) {
			t.Errorf("Link: %s", link)
		}
		target = ""
		if next, _, found := strings.Cut(link, `>; rel="next"`); found {
			target = strings.TrimPrefix(next, "<"+base)
		}
	}
	if pages != 3 {
		t.Errorf("%d pages of 5 pledges by 2", pages)
	}
}

func FuzzCursor(f *testing.F) {
	c := &cursor{at: 412, day: "2034-06-30", order: explore.Title, offset: 50, last: []string{"clean beaches", "OCN-0005"}}
	f.Add(c.String())
	f.Add((&cursor{at: 1, day: "2034-06-30", order: explore.Newest, offset: 1}).String())
	f.Add("")
	f.Add("AQ")
	f.Fuzz(func(t *testing.T, s string) {
		c, ok := parseCursor(s)
		if !ok {
			return
		}
		if c.String() != s {
			t.Errorf("%q is read as %q", s, c.String())
		}
		if c.at < 1 || c.offset < 1 || len(c.last) > mostKey {
			t.Errorf("%q: %+v", s, c)
		}
		// A key of any shape finds a place among those of any other.
		keys := [][]string{{"a", "b"}, {"c"}, {}}
		if n := c.after(len(keys), func(i int) []string { return keys[i] }, compareKeys(c.order)); n < 0 || n > len(keys) {
			t.Errorf("%q: place %d", s, n)
		}
	})
}

// Relevance can be asked for by its name: with words it is what they give anyhow, without any there
// is nothing to be relevant to, and the list is the usual one. A walk under it goes on.
func TestRelevanceByItsName(t *testing.T) {
	f := newFixture(t)
	items := func(query string) (ids []string, next string) {
		t.Helper()
		res := f.get("/api/v1/pledges?" + query)
		var page PledgeList
		if text := body(t, res); res.StatusCode != http.StatusOK || json.Unmarshal([]byte(text), &page) != nil {
			t.Fatalf("?%s: %d %s", query, res.StatusCode, text)
		}
		for _, it := range page.Items {
			ids = append(ids, it.ID)
		}
		return ids, page.Next
	}
	for _, same := range [][2]string{{"q=p*", "q=p*&sort=relevance"}, {"", "sort=relevance"}, {"sort=newest", "sort=relevance"}} {
		one, _ := items(same[0])
		two, _ := items(same[1])
		if len(one) < 3 || !slices.Equal(one, two) {
			t.Errorf("?%s gives %v, ?%s %v", same[0], one, same[1], two)
		}
	}
	all, _ := items("q=p*&sort=relevance")
	var walked []string
	for query := "q=p*&sort=relevance&limit=2"; query != ""; {
		ids, next := items(query)
		walked = append(walked, ids...)
		if query = ""; next != "" {
			query = "q=p*&sort=relevance&limit=2&cursor=" + next
		}
	}
	if !slices.Equal(walked, all) {
		t.Errorf("walked %v, want %v", walked, all)
	}
}

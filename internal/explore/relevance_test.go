package explore

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
)

// The relevance set: pledges made up for it, the same twenty matters in each language, and what
// people would type to find them.
type (
	relevancePledge struct {
		Serial    int       `json:"serial"`
		Language  lang.Code `json:"language"`
		Title     string    `json:"title"`
		Text      string    `json:"text"`
		Parties   []string  `json:"parties"`
		Countries []string  `json:"countries"`
	}
	relevanceQuery struct {
		Language lang.Code `json:"language"`
		Q        string    `json:"q"`
		Best     []int     `json:"best"` // one of these should come first; empty: nothing should be found
		Must     []int     `json:"must"` // all that answer the question
		Not      []int     `json:"not"`  // must not be found
	}
)

// The floors under which the search must not fall.
const (
	floorPrecision = 0.98 // share of right answers among the first five
	floorRecall    = 0.98
	floorFirst     = 0.97 // mean reciprocal rank of the best answer
	leastQueries   = 10   // in every language
)

func readRelevance[T any](t *testing.T, file string) (list []T) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "relevance", file))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestRelevance(t *testing.T) {
	b := &book{pack: testPack(t)}
	known := map[string]bool{}
	for _, p := range readRelevance[relevancePledge](t, "pledges.json") {
		for _, code := range p.Parties {
			if !known[code] {
				known[code] = true
				c, ok := place.ByAlpha3(code)
				if !ok {
					t.Fatalf("no country %s", code)
				}
				b.add("party", code, "2019-01-01", party.FromCountry(c))
			}
		}
		one := simplePledge(b.pack, p.Serial, p.Title)
		one.Text, one.Language, one.Parties, one.Countries = p.Text, p.Language, p.Parties, p.Countries
		b.add("pledge", one.ID, "2022-05-20", one)
	}
	s := snapshotOf(t, b)
	type score struct {
		queries                  int
		precision, recall, first float64
	}
	scores := map[lang.Code]*score{}
	var total score
	for _, q := range readRelevance[relevanceQuery](t, "queries.json") {
		var got []int
		v := sought(t, s, Query{}.WithWords(q.Q))
		for _, it := range v.Items(0, 1000) {
			n, ok := pledge.SerialOf(b.pack.Code, it.Pledge.ID)
			if !ok {
				t.Fatal(it.Pledge.ID)
			}
			got = append(got, int(n))
		}
		for _, n := range q.Not {
			if slices.Contains(got, n) {
				t.Errorf("%s: %s must not find %d", q.Language, q.Q, n)
			}
		}
		one := score{queries: 1, precision: 1, recall: 1, first: 1}
		right := func(n int) bool { return slices.Contains(q.Must, n) }
		if top := got[:min(5, len(got))]; len(top) > 0 {
			one.precision = share(top, right)
		}
		if len(q.Must) > 0 {
			one.recall = share(q.Must, func(n int) bool { return slices.Contains(got, n) })
			one.first = 0
			if i := slices.IndexFunc(got, func(n int) bool { return slices.Contains(q.Best, n) }); i >= 0 {
				one.first = 1 / float64(i+1)
			}
		}
		if one.precision < 1 || one.recall < 1 || one.first < 1 {
			t.Logf("%s: %s finds %v; right are %v, first of all %v; read as %v", q.Language, q.Q, got, q.Must, q.Best, v.Understood())
		}
		if scores[q.Language] == nil {
			scores[q.Language] = &score{}
		}
		for _, sum := range []*score{scores[q.Language], &total} {
			sum.queries += one.queries
			sum.precision += one.precision
			sum.recall += one.recall
			sum.first += one.first
		}
	}
	mean := func(s *score) (precision, recall, first float64) {
		n := float64(s.queries)
		return s.precision / n, s.recall / n, s.first / n
	}
	for _, c := range lang.All {
		if scores[c] == nil || scores[c].queries < leastQueries {
			t.Fatalf("%s has fewer than %d queries", c, leastQueries)
		}
		p, r, f := mean(scores[c])
		t.Logf("%s: %3d queries, precision at five %.3f, recall %.3f, reciprocal rank %.3f", c, scores[c].queries, p, r, f)
	}
	p, r, f := mean(&total)
	t.Logf("all: %d queries, precision at five %.3f, recall %.3f, reciprocal rank %.3f", total.queries, p, r, f)
	if p < floorPrecision || r < floorRecall || f < floorFirst {
		t.Errorf("the floors are %.2f, %.2f and %.2f", floorPrecision, floorRecall, floorFirst)
	}
}

func share(of []int, is func(int) bool) float64 {
	n := 0
	for _, x := range of {
		if is(x) {
			n++
		}
	}
	return float64(n) / float64(len(of))
}

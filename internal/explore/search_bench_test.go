package explore

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// someQuery is what people type, in the mix of this list: mostly words, some of them common;
// names; a phrase, a beginning, an exclusion now and then; rarely a name with a mistake in it.
func someQuery(r *rand.Rand) string {
	word := func() string {
		k := int(20_000 * math.Pow(r.Float64(), 2.5))
		return fmt.Sprintf("w%c%cx%d", 'a'+k%26, 'a'+k/26%26, k)
	}
	switch r.IntN(10) {
	case 0:
		return `"` + word() + " " + word() + `"`
	case 1:
		return word()[:3] + "* " + word()
	case 2:
		return word() + " -" + word()
	case 3:
		return "Kenya " + word()
	case 4:
		return "Portogual"
	}
	var words []string
	for range 1 + r.IntN(3) {
		words = append(words, word())
	}
	return strings.Join(words, " ")
}

// BenchmarkSearch answers a query and shows its first page: twenty pledges in order of
// relevance with their snippets.
func BenchmarkSearch(b *testing.B) {
	s, bytes := loaded(b, true)
	r := rand.New(rand.NewPCG(7, 8))
	page := func(words string) {
		v, err := s.View(Query{}.WithWords(words), today)
		if err != nil {
			b.Fatal(err)
		}
		for _, it := range v.Items(0, 20) {
			v.Snippet(it)
		}
	}
	page("Portogual") // names are read once
	b.Run("mixed", func(b *testing.B) {
		timed(b, func() { page(someQuery(r)) })
		b.ReportMetric(float64(bytes)/float64(*size), "bytes/pledge")
	})
	for _, c := range []struct{ name, words string }{
		{"commonest", "waax0 wbax1 wcax2"}, {"phrase", `"waax0 wbax1"`}, {"beginning", "wa*"}, {"name", "Kenya"},
	} {
		b.Run(c.name, func(b *testing.B) { timed(b, func() { page(c.words) }) })
	}
}

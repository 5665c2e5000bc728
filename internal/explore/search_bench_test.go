package explore

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"stocktake/internal/lang"
)

// someWord is a word of the synthetic texts, as frequent as there.
func someWord(r *rand.Rand) string { return wordOf(int(wordCount * math.Pow(r.Float64(), 2.5))) }

// kindsOfQuery are what people type, one kind after the other, each with the words that make it
// dearest now and then, or always.
var kindsOfQuery = []struct {
	name string
	some func(r *rand.Rand) Query
}{
	{"word", func(r *rand.Rand) Query { return asked(someWord(r)) }},
	{"commonest-word", func(*rand.Rand) Query { return asked(wordOf(0)) }},
	{"words", func(r *rand.Rand) Query { return asked(someWord(r), someWord(r), someWord(r)) }},
	{"commonest-words", func(*rand.Rand) Query { return asked(wordOf(0), wordOf(1), wordOf(2)) }},
	{"phrase", func(r *rand.Rand) Query { return asked(`"` + someWord(r) + " " + someWord(r) + `"`) }},
	{"phrase-of-the-commonest", func(r *rand.Rand) Query {
		return asked(`"` + wordOf(r.IntN(4)) + " " + wordOf(r.IntN(4)) + `"`)
	}},
	{"long-phrase-of-the-commonest", func(*rand.Rand) Query {
		return asked(`"` + strings.Join([]string{wordOf(0), wordOf(1), wordOf(0), wordOf(2)}, " ") + `"`)
	}},
	{"beginning", func(r *rand.Rand) Query { return asked(someWord(r)[:3] + "*") }},
	{"widest-beginning", func(r *rand.Rand) Query { return asked(wordOf(0)[:2] + "*") }},
	{"beginning-and-word", func(r *rand.Rand) Query { return asked(someWord(r)[:2]+"*", someWord(r)) }},
	{"joined-beginning", func(r *rand.Rand) Query { return asked(someWord(r) + "-" + someWord(r)[:2] + "*") }},
	{"widest-joined-beginning", func(*rand.Rand) Query { return asked(wordOf(0) + "-" + wordOf(0)[:2] + "*") }},
	{"without", func(r *rand.Rand) Query { return asked(someWord(r), "-"+someWord(r)) }},
	{"only-without", func(r *rand.Rand) Query { return asked("-" + someWord(r)) }},
	{"name", func(*rand.Rand) Query { return asked("Kenya") }},
	{"name-and-word", func(r *rand.Rand) Query { return asked("Kenya", someWord(r)) }},
	{"misspelled-name", func(r *rand.Rand) Query { return asked([]string{"Portogual", "Kennya", "Afganistan"}[r.IntN(3)]) }},
	{"characters", func(r *rand.Rand) Query {
		return asked(hanOf(int(hanCount * math.Pow(r.Float64(), 2.5))))
	}},
	{"phrase-of-characters", func(r *rand.Rand) Query { return asked(hanOf(r.IntN(4)) + hanOf(r.IntN(4))) }},
	{"one-character", func(r *rand.Rand) Query { return asked(string([]rune(hanOf(r.IntN(4)))[:1])) }},
	{"filter-and-word", func(r *rand.Rand) Query { return asked(wordOf(r.IntN(4))).With("objective", "1") }},
	{"filter-and-words", func(r *rand.Rand) Query {
		return asked(wordOf(0), someWord(r)).With("nature", "financial", "policy").With("level", "national")
	}},
	{"filter-and-phrase", func(r *rand.Rand) Query {
		return asked(`"`+wordOf(0)+" "+wordOf(1)+`"`).With("objective", "1").With("nature", "policy")
	}},
}

func asked(words ...string) Query { return Query{}.WithWords(strings.Join(words, " ")) }

// mixed is the mix of what people type: mostly words, some of them common; names; a phrase, a
// beginning, an exclusion now and then; rarely a name with a mistake in it.
func mixed(r *rand.Rand) Query {
	switch r.IntN(10) {
	case 0:
		return asked(`"` + someWord(r) + " " + someWord(r) + `"`)
	case 1:
		return asked(someWord(r)[:3]+"*", someWord(r))
	case 2:
		return asked(someWord(r), "-"+someWord(r))
	case 3:
		return asked("Kenya", someWord(r))
	case 4:
		return asked("Portogual")
	}
	var words []string
	for range 1 + r.IntN(3) {
		words = append(words, someWord(r))
	}
	return asked(words...)
}

// BenchmarkSearch answers a query and shows its first page: twenty pledges in order of relevance
// with their snippets. It names the kind of query that takes longest.
func BenchmarkSearch(b *testing.B) {
	s, bytes := loaded(b, true)
	r := rand.New(rand.NewPCG(7, 8))
	page := func(q Query) {
		v, err := s.View(q, today)
		if err != nil {
			b.Fatal(err)
		}
		marks := v.Marks()
		for _, it := range v.Items(0, 20) {
			m := marks.Of(it)
			m.Snippet(lang.EN)
			m.Elsewhere(lang.EN)
		}
	}
	page(asked("Portogual")) // names are read once
	var worst time.Duration
	kind := ""
	b.Run("mixed", func(b *testing.B) {
		timed(b, func() { page(mixed(r)) })
		b.ReportMetric(float64(bytes)/float64(*size), "bytes/pledge")
	})
	for _, k := range kindsOfQuery {
		b.Run(k.name, func(b *testing.B) {
			if p99 := timed(b, func() { page(k.some(r)) }); p99 > worst {
				worst, kind = p99, k.name
			}
		})
	}
	if kind != "" {
		b.Run("worst-is-"+kind, func(b *testing.B) { b.ReportMetric(float64(worst.Microseconds())/1000, "p99-cpu-ms") })
	}
}

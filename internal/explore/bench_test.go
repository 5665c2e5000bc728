package explore

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stocktake/internal/compact"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
)

// synthetic yields a register of n pledges in the skew of real ones: few parties make many of
// the pledges, a few objectives are named often, every third pledge has reports, some are
// revised. The texts have so many words. The same arguments give the same entries.
func synthetic(pack *compact.Pack, n, textWords int, yield func(register.Entry) error) error {
	r := rand.New(rand.NewPCG(1, 2))
	zipf := func(of int) int { return int(float64(of) * math.Pow(r.Float64(), 2.5)) }
	b, position := &book{pack: pack}, int64(0)
	emit := func(kind, name, on string, payload any) error {
		e := b.add(kind, name, on, payload)
		e.Header.Position, b.entries = position, b.entries[:0]
		position++
		return yield(e)
	}
	countries := place.Countries()
	var codes []string
	for i := range 600 {
		c := countries[i%len(countries)]
		p := party.Party{Schema: 1, Kind: pack.Kinds[i%len(pack.Kinds)].Slug, Country: c.Alpha2, Names: map[lang.Code]string{"en": fmt.Sprintf("Party of %s %d", c.Name("en"), i)}}
		p.Code = fmt.Sprintf("party-%d", i)
		if i < len(countries) {
			p = party.FromCountry(c)
		}
		codes = append(codes, p.Code)
		if err := emit("party", p.Code, "2018-01-01", p); err != nil {
			return err
		}
	}
	prose := func(c lang.Code, n int) string {
		var s strings.Builder
		for i := range n {
			switch {
			case c != lang.ZH:
				s.WriteString(wordOf(zipf(wordCount)))
				s.WriteByte(' ')
			case i%2 == 0: // words of two characters, as many pairs in all as the others have words
				s.WriteString(hanOf(zipf(hanCount)))
			case i%16 == 15:
				s.WriteString("，")
			}
		}
		return s.String()
	}
	start := time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC)
	day := func(i int) string { return start.AddDate(0, 0, i).Format(isoDay) }
	for i := range n {
		id := b.id(i + 1)
		on := i * 2700 / n
		language := languages[zipf(len(languages))]
		p := pledge.Pledge{Schema: 1, ID: id, Status: pledge.Published, Title: prose(language, 8), Text: prose(language, textWords), Language: language,
			Parties: []string{codes[zipf(len(codes))]}, Channel: pack.Channels[zipf(len(pack.Channels))].Slug, Form: pledge.Forms[zipf(4)],
			Nature: []pledge.Nature{pledge.Natures[r.IntN(5)]}, ObjectivesBy: "party", Levels: []pledge.Level{pledge.Levels[zipf(4)]},
			Mirror: r.IntN(9) == 0, AnnouncedOn: day(on), Countries: []string{countries[zipf(len(countries))].Alpha2}}
		for range 1 + r.IntN(3) {
			p.Objectives = append(p.Objectives, 1+zipf(len(pack.Objectives)))
			p.Principles = append(p.Principles, pack.Principles[r.IntN(len(pack.Principles))].Slug)
		}
		slices.Sort(p.Objectives)
		p.Objectives, p.Principles = slices.Compact(p.Objectives), distinct(p.Principles)
		if r.IntN(5) == 0 {
			p.Parties = distinct(append(p.Parties, codes[zipf(len(codes))]))
			p.Countries = distinct(append(p.Countries, countries[zipf(len(countries))].Alpha2))
		}
		if err := emit("pledge", id, day(on), p); err != nil {
			return err
		}
		if r.IntN(10) == 0 {
			p.Title = prose(language, 8)
			if err := emit("pledge", id, day(on+30), p); err != nil {
				return err
			}
		}
		for k := range r.IntN(3) {
			if r.IntN(2) == 0 {
				break
			}
			if err := emit("report", fmt.Sprintf("%s/%d", id, k+1), day(on+200*(k+1)), pledge.Report{Schema: 1, Pledge: id, Number: k + 1,
				Stage: pledge.Stages[1+r.IntN(4)], Narrative: prose(lang.EN, textWords/5+2), Language: "en"}); err != nil {
				return err
			}
		}
		clear(b.counts)
	}
	return nil
}

// languages of synthetic texts, the most frequent first.
var languages = []lang.Code{lang.EN, lang.ZH, lang.ES, lang.FR, lang.RU, lang.AR}

// The words of synthetic texts, the most frequent first.
const (
	wordCount = 20_000
	hanCount  = 5_000
)

var wordList = sync.OnceValue(func() []string {
	list := make([]string, wordCount)
	for i := range list {
		list[i] = fmt.Sprintf("w%c%cx%d", 'a'+i%26, 'a'+i/26%26, i)
	}
	return list
})

func wordOf(i int) string { return wordList()[i] }

func hanOf(i int) string {
	return string([]rune{rune(0x4E00 + i*7919%199), rune(0x4E00 + 199 + i*104_729/7%211)})
}

// size is how many pledges the benchmarks load: go test -bench . -size 1000000.
var size = flag.Int("size", 100_000, "pledges in the benchmarks of the index")

// memory is what the heap holds.
func memory() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// load is a register of size pledges, with or without words, and how many bytes its index takes,
// texts left out. Benchmarks share it: making one takes longer than asking it.
type load struct {
	words bool
	s     *Snapshot
	bytes int64
}

var lastLoad load

func loaded(b *testing.B, words bool) (*Snapshot, int64) {
	b.Helper()
	if lastLoad.s == nil || lastLoad.words != words {
		lastLoad = load{} // two at once would be too many
		lastLoad = newLoad(b, words)
	}
	return lastLoad.s, lastLoad.bytes
}

func newLoad(b *testing.B, words bool) load {
	b.Helper()
	pack, textWords := testPack(b), 10
	if words {
		textWords = 90
	}
	before := memory()
	f, err := foldSynthetic(pack, textWords, words)
	if err != nil {
		b.Fatal(err)
	}
	s := newSnapshot(f, [32]byte{}, pack, clockOf(today), nil)
	return load{words, s, memory() - before - textBytes(s)}
}

func foldSynthetic(pack *compact.Pack, textWords int, words bool) (f folded, err error) {
	var entries []register.Entry
	err = synthetic(pack, *size, textWords, func(e register.Entry) error {
		entries = append(entries, e)
		return nil
	})
	if err != nil {
		return f, err
	}
	f.round = 1
	err = f.addAll(int64(len(entries)), words, readerOf(entries))
	return f, err
}

func textBytes(s *Snapshot) (bytes int64) {
	s.records.each(func(_ uint32, r *record) { bytes += int64(cap(r.payload)) })
	s.sides.each(func(_ uint32, r *side) { bytes += int64(cap(r.payload)) })
	return bytes
}

// randomQuery has one to four filters with values that occur.
func randomQuery(r *rand.Rand, s *Snapshot) Query {
	q := Query{}
	for range 1 + r.IntN(4) {
		name := Filters[r.IntN(len(Filters))]
		choices := vocabulary(s.pack, name)
		if f, ok := factOf[name]; ok {
			choices = s.facts[f].names
		}
		if len(choices) > 0 {
			q = q.With(name, choices[r.IntN(len(choices))])
		}
	}
	return q
}

// times is how often at least something is timed: of much fewer times the 99th percentile is the
// maximum.
var times = flag.Int("times", 200, "how often at least something is timed")

// timed runs f as often as the benchmark asks and reports percentiles of its processor time, and by
// the clock. It returns the 99th of the former.
func timed(b *testing.B, f func()) (p99 time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var took, clock []time.Duration
	once := func() {
		start, begin := cpu(), time.Now()
		f()
		took, clock = append(took, cpu()-start), append(clock, time.Since(begin))
	}
	for b.Loop() {
		once()
	}
	for len(took) < *times {
		once()
	}
	for unit, list := range map[string][]time.Duration{"cpu-ms": took, "ms": clock} {
		slices.Sort(list)
		for _, p := range []int{50, 99} {
			b.ReportMetric(float64(list[(len(list)-1)*p/100].Microseconds())/1000, fmt.Sprintf("p%d-%s", p, unit))
		}
	}
	return took[(len(took)-1)*99/100]
}

// figures asks for what the dashboard shows: the totals and all facets.
func figures(b *testing.B, s *Snapshot, q Query) {
	v, err := s.View(q, today)
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range Filters {
		v.Facet(name)
	}
}

// The figures under random combinations of one to four filters, each combination for the first
// time; of everything; and of days that no one has asked for yet.
func BenchmarkFacets(b *testing.B) {
	s, bytes := loaded(b, false)
	runtime.LockOSThread()
	start := cpu()
	figures(b, s, Query{})
	first := cpu() - start
	r := rand.New(rand.NewPCG(3, 4))
	b.Run("filtered", func(b *testing.B) {
		timed(b, func() { figures(b, s, randomQuery(r, s)) })
		b.ReportMetric(float64(bytes)/float64(*size), "bytes/pledge")
		b.ReportMetric(first.Seconds()*1000, "first-cpu-ms")
	})
	b.Run("all", func(b *testing.B) { timed(b, func() { figures(b, s, Query{}) }) })
	i := 0
	b.Run("asof", func(b *testing.B) {
		timed(b, func() {
			i++
			figures(b, s, Query{}.WithAsOf(day(18_000+i%2000).String()))
		})
	})
}

// BenchmarkPublish adds one pledge to a loaded index and asks for the dashboard's figures.
func BenchmarkPublish(b *testing.B) {
	s, _ := loaded(b, false)
	bk := &book{pack: s.pack}
	figures(b, s, Query{})
	timed(b, func() {
		id := bk.id(int(s.size) + 10_000_000)
		e := bk.add("pledge", id, today, pledge.Pledge{Schema: 1, ID: id, Status: pledge.Published,
			Title: "One more", Text: "wabx26 wacx52 wbbx27", Language: "en", Parties: []string{"ken"}, Form: pledge.Individual, Objectives: []int{7}, ObjectivesBy: "party"})
		e.Header.Position, bk.entries = s.size, bk.entries[:0]
		f := s.folded
		f.round++
		if err := f.addAll(s.size+1, true, func(int64, int64) ([]register.Entry, error) { return []register.Entry{e}, nil }); err != nil {
			b.Fatal(err)
		}
		s = newSnapshot(f, [32]byte{}, s.pack, s.clock, s)
		figures(b, s, Query{})
	})
}

// BenchmarkWords searches for one to three words, common and rare.
func BenchmarkWords(b *testing.B) {
	s, bytes := loaded(b, true)
	r := rand.New(rand.NewPCG(5, 6))
	timed(b, func() {
		var words []string
		for range 1 + r.IntN(3) {
			words = append(words, someWord(r))
		}
		if _, err := s.View(Query{}.WithWords(strings.Join(words, " ")), today); err != nil {
			b.Fatal(err)
		}
	})
	b.ReportMetric(float64(bytes)/float64(*size), "bytes/pledge")
}

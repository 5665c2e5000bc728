package explore

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
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
// revised. The same n gives the same entries.
func synthetic(pack *compact.Pack, n int, yield func(register.Entry) error) error {
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
	words := make([]string, 20_000)
	for i := range words {
		words[i] = fmt.Sprintf("w%c%cx%d", 'a'+i%26, 'a'+i/26%26, i)
	}
	prose := func(n int) string {
		var s strings.Builder
		for range n {
			s.WriteString(words[zipf(len(words))])
			s.WriteByte(' ')
		}
		return s.String()
	}
	start := time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC)
	day := func(i int) string { return start.AddDate(0, 0, i).Format(isoDay) }
	for i := range n {
		id := b.id(i + 1)
		on := i * 2000 / n
		p := pledge.Pledge{Schema: 1, ID: id, Status: pledge.Published, Title: prose(8), Text: prose(90), Language: lang.All[zipf(6)],
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
			p.Title = prose(8)
			if err := emit("pledge", id, day(on+30), p); err != nil {
				return err
			}
		}
		for k := range r.IntN(3) {
			if r.IntN(2) == 0 {
				break
			}
			if err := emit("report", fmt.Sprintf("%s/%d", id, k+1), day(on+200*(k+1)), pledge.Report{Schema: 1, Pledge: id, Number: k + 1,
				Stage: pledge.Stages[1+r.IntN(4)], Narrative: prose(20), Language: "en"}); err != nil {
				return err
			}
		}
		clear(b.counts)
	}
	return nil
}

// heap is the memory in use.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

const many = 100_000

func loaded(b *testing.B, n int) (*Snapshot, int64) {
	b.Helper()
	pack := testPack(b)
	before := heap()
	f := folded{round: 1}
	if err := f.addAll(func(yield func(register.Entry) error) error { return synthetic(pack, n, yield) }); err != nil {
		b.Fatal(err)
	}
	s := newSnapshot(f, [32]byte{}, pack, clockOf(today), nil)
	after := heap()
	return s, after - before
}

func payloads(s *Snapshot) (bytes int64) {
	s.records.each(func(_ uint32, r *record) { bytes += int64(cap(r.payload)) })
	s.sides.each(func(_ uint32, r *side) { bytes += int64(cap(r.payload)) })
	return bytes
}

// randomQuery has one to four filters, as the issue of the index asks.
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

func percentile(d []time.Duration, p float64) time.Duration {
	slices.Sort(d)
	return d[min(len(d)-1, int(float64(len(d))*p))]
}

// BenchmarkFacets asks for the totals and all facets under random combinations of one to four
// filters. bytes/pledge is the index with its words; payload-bytes/pledge the texts beside it.
func BenchmarkFacets(b *testing.B) {
	s, bytes := loaded(b, many)
	text := payloads(s)
	if _, err := s.View(Query{}, today); err != nil { // the base and what follows from it
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	var took []time.Duration
	for b.Loop() {
		q := randomQuery(r, s)
		start := time.Now()
		v, err := s.View(q, today)
		if err != nil {
			b.Fatal(err)
		}
		for _, name := range Filters {
			v.Facet(name)
		}
		took = append(took, time.Since(start))
	}
	b.ReportMetric(float64(percentile(took, 0.99).Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(bytes-text)/many, "bytes/pledge")
	b.ReportMetric(float64(text)/many, "payload-bytes/pledge")
}

// BenchmarkAsOf asks for the figures of a day that no one has asked for yet.
func BenchmarkAsOf(b *testing.B) {
	s, _ := loaded(b, many)
	i := 0
	for b.Loop() {
		i++
		if _, err := s.View(Query{}.WithAsOf(day(18_000+i%2000).String()), today); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWords searches for one to three words, common and rare.
func BenchmarkWords(b *testing.B) {
	s, _ := loaded(b, many)
	r := rand.New(rand.NewPCG(5, 6))
	queries := make([]Query, 64)
	for i := range queries {
		var words []string
		for range 1 + r.IntN(3) {
			k := int(20_000 * math.Pow(r.Float64(), 2.5))
			words = append(words, fmt.Sprintf("w%c%cx%d", 'a'+k%26, 'a'+k/26%26, k))
		}
		queries[i] = Query{}.WithWords(strings.Join(words, " "))
	}
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		start := time.Now()
		if _, err := s.View(queries[i%len(queries)], today); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	b.ReportMetric(float64(percentile(took, 0.99).Microseconds())/1000, "p99-ms")
}

// BenchmarkPublish adds one pledge to a loaded index and asks for the dashboard's figures.
func BenchmarkPublish(b *testing.B) {
	s, _ := loaded(b, many)
	bk := &book{pack: s.pack}
	for b.Loop() {
		e := bk.add("pledge", bk.id(int(s.size)+1_000_000), today, pledge.Pledge{Schema: 1, ID: bk.id(int(s.size) + 1_000_000), Status: pledge.Published,
			Title: "One more", Text: "wabx26 wacx52 wbbx27", Language: "en", Parties: []string{"ken"}, Form: pledge.Individual, Objectives: []int{7}, ObjectivesBy: "party"})
		e.Header.Position, bk.entries = s.size, bk.entries[:0]
		f := s.folded
		f.round++
		if err := f.addAll(func(yield func(register.Entry) error) error { return yield(e) }); err != nil {
			b.Fatal(err)
		}
		s = newSnapshot(f, [32]byte{}, s.pack, s.clock, s)
		v, err := s.View(Query{}, today)
		if err != nil {
			b.Fatal(err)
		}
		for _, name := range Filters {
			v.Facet(name)
		}
	}
}

// BenchmarkOpen folds a register from its entries; reading them from the database comes on top.
func BenchmarkOpen(b *testing.B) {
	var entries []register.Entry
	pack := testPack(b)
	if err := synthetic(pack, many, func(e register.Entry) error { entries = append(entries, e); return nil }); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		snapshotOf(b, &book{pack: pack, entries: entries})
	}
}

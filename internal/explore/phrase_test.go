package explore

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"stocktake/internal/pledge"
	"stocktake/internal/register"
)

// smallSearch makes words common, and the first of an answer found by sets, in registers of a few
// pledges.
func smallSearch(t *testing.T) {
	among, most, from, leading, part := commonAmong, commonestAmong, commonFrom, leadingFrom, leadingPart
	commonAmong, commonestAmong, commonFrom, leadingFrom, leadingPart = 4, 3, 2, 2, 1
	t.Cleanup(func() {
		commonAmong, commonestAmong, commonFrom, leadingFrom, leadingPart = among, most, from, leading, part
	})
}

// wordy is a register of pledges, some of them revised and reported on, whose texts are drawn from
// few words, so that most words are common.
func wordy(t *rapid.T, b *book) {
	words := []string{"ship", "port", "crew", "sea", "net", "移民", "儿童"}
	prose := func(label string) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 1, 8).Draw(t, label), " ")
	}
	for i := range rapid.IntRange(1, 30).Draw(t, "pledges") {
		p := simplePledge(b.pack, i+1, prose("title"))
		p.Text = prose("text")
		b.add("pledge", p.ID, "2022-05-20", p)
		if rapid.Bool().Draw(t, "revised") {
			p.Text = prose("text")
			b.add("pledge", p.ID, "2024-05-31", p)
		}
		if rapid.Bool().Draw(t, "reported") {
			b.add("report", p.ID+"/1", "2024-05-31", pledge.Report{Schema: 1, Pledge: p.ID, Number: 1, Stage: pledge.Planning, Narrative: prose("report"), Language: "en"})
		}
	}
}

var phrases = []string{
	`"ship port"`, `"ship ship"`, `"port crew sea"`, `ship-por*`, `crew-s*`, `"sea net" -"net sea"`, `ship "port crew"`, "移民儿童", "移民儿*", "儿童 移", "ship port crew", "se* n*", `-ship -"port port"`,
}

// A phrase of common words is found where it stands, in what was read at once and piece by piece.
func TestPhrasesOfCommonWords(t *testing.T) {
	smallBlocks(t)
	pack := testPack(t)
	rapid.Check(t, func(t *rapid.T) {
		defer func(n int) { mostNarrowed = n }(mostNarrowed)
		mostNarrowed = rapid.SampledFrom([]int{1, 64}).Draw(t, "narrowed")
		b := &book{pack: pack}
		wordy(t, b)
		s := snapshotOf(t, b)
		q := Query{}.WithWords(rapid.SampledFrom(phrases).Draw(t, "q"))
		sameFound(t, s, b.entries, q)
		p := simplePledge(pack, 500, "ship port crew")
		b.add("pledge", p.ID, "2024-06-01", p)
		later, err := next(s, b.entries)
		if err != nil {
			t.Fatal(err)
		}
		sameFound(t, later, b.entries, q)
		sameFound(t, s, b.entries[:len(b.entries)-1], q)
	})
}

// sameFound holds what is found against a reading of all entries.
func sameFound(t *rapid.T, s *Snapshot, entries []register.Entry, q Query) {
	t.Helper()
	v, err := s.View(q, today)
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, it := range v.Items(0, 1000) {
		got = append(got, it.Pledge.ID)
	}
	for _, p := range newNaive(s.pack, entries, s.size, today).list(q, "") {
		want = append(want, p.ID)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("%s finds %v, want %v", q.Words, got, want)
	}
}

// Pairs leave most rows out, and none that has the phrase.
func TestPairsNarrow(t *testing.T) {
	var f folded
	f.round = 1
	r := rand.New(rand.NewPCG(1, 2))
	const n = 20_000
	has := 0
	for row := range uint32(n) {
		words := make([]string, 40)
		for i := range words {
			words[i] = wordOf(r.IntN(200))
		}
		if row == 100 || row == n-1 {
			words[7], words[8] = wordOf(3), wordOf(4)
		}
		if strings.Contains(strings.Join(words, " ")+" ", wordOf(3)+" "+wordOf(4)+" ") {
			has++
		}
		var w wording
		w.read(words)
		for _, word := range distinct(words) {
			w.words = append(w.words, weighed{word, traced(word), 0})
		}
		f.addWords(w, row, false)
	}
	s := &Snapshot{folded: f}
	a, _ := f.words.get(wordOf(3))
	b, _ := f.words.get(wordOf(4))
	in := rows{func(t *term) *places { return &t.versions }, &s.traces, &s.pairs}
	both := in.all([]wanted{{"", a}}).and(in.all([]wanted{{"", b}}))
	left := f.pairs.narrow(both, wordOf(3), wordOf(4), a.versions.common, b.versions.common)
	stands := 0
	for _, at := range []uint32{100, n - 1} {
		if !left.has(at) {
			t.Errorf("row %d is left out", at)
		}
	}
	p := phrase{front: appendTrace(nil, []string{wordOf(3), wordOf(4)})}
	left.each(func(row uint32) {
		if p.in(s.traces.of(row)) {
			stands++
		}
	})
	if stands != has || left.count() > both.count()/5 {
		t.Errorf("%d rows have both words and %d the phrase; %d are left, of which %d have it", both.count(), has, left.count(), stands)
	}

	var others []wanted // that begin alike, as the fourth
	for i := 4; i < 200; i += 26 {
		w, _ := f.words.get(wordOf(i))
		others = append(others, wanted{wordOf(i), w})
	}
	any := in.all([]wanted{{"", a}}).and(in.all(others))
	left = f.pairs.narrowToAny(any, wordOf(3), others, a.versions.commonest)
	stands = 0
	p.last = &traceSet{}
	for _, o := range others {
		p.last.add(traced(o.key))
	}
	p.front = p.front[:2]
	any.each(func(row uint32) {
		if !p.in(s.traces.of(row)) {
			return
		}
		if stands++; !left.has(row) {
			t.Errorf("row %d is left out", row)
		}
	})
	if stands <= has || left.count() > any.count()/3 {
		t.Errorf("%d rows have the word and some of those that begin alike, %d one behind the other; %d are left", any.count(), stands, left.count())
	}
}

// A phrase is found in a trace wherever it stands, and nowhere else.
func TestPhraseInATrace(t *testing.T) {
	word := rapid.SampledFrom([]uint16{0, 1, 2, 0x0100, 0x0101, 0x8000, 0xFFFF})
	bytesOf := func(words []uint16) (out []byte) {
		for _, w := range words {
			out = binary.BigEndian.AppendUint16(out, w)
		}
		return out
	}
	rapid.Check(t, func(t *rapid.T) {
		trace := rapid.SliceOfN(word, 0, 20).Draw(t, "trace")
		front := rapid.SliceOfN(word, 1, 3).Draw(t, "front")
		last := rapid.SliceOfN(word, 0, 2).Draw(t, "last")
		p := phrase{front: bytesOf(front)}
		if len(last) > 0 {
			p.last = &traceSet{}
			for _, w := range last {
				p.last.add(w)
			}
		}
		want := false
		for i := range trace {
			rest := trace[i:]
			want = want || len(rest) >= len(front) && slices.Equal(rest[:len(front)], front) &&
				(len(last) == 0 || len(rest) > len(front) && slices.Contains(last, rest[len(front)]))
		}
		if got := p.in(bytesOf(trace)); got != want {
			t.Fatalf("%x in %x: %v", p.front, trace, got)
		}
	})
}

// Traces come back as they were put, whatever their length, and rows without one have none.
func TestTracesAreKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all traces
		put := map[uint32][]byte{}
		row := uint32(0)
		for i := range rapid.IntRange(1, 12).Draw(t, "rows") {
			row += rapid.Uint32Range(1, 3).Draw(t, "step")
			trace := bytes.Repeat([]byte{byte(i + 1), byte(i + 2)}, rapid.SampledFrom([]int{1, 2, 50, 1 << 18, 1<<19 - 3, 1<<19 - 2, 1 << 19, 3 << 19}).Draw(t, "words"))
			all.put(1, row, trace)
			put[row] = trace
		}
		for at := range row + 3 {
			if got := all.of(at); !bytes.Equal(got, put[at]) {
				t.Fatalf("row %d has %d bytes, want %d", at, len(got), len(put[at]))
			}
		}
	})
}

// What is found by sets to lead an answer is what leads it when everything is scored.
func TestLeading(t *testing.T) {
	smallBlocks(t)
	pack := testPack(t)
	rapid.Check(t, func(t *rapid.T) {
		b := &book{pack: pack}
		b.add("party", "ken", "2019-01-01", stateParty("KE"))
		wordy(t, b)
		s := snapshotOf(t, b)
		words := rapid.SampledFrom(append([]string{"ship", "ship port", "kenya ship", "sea -net", "s* crew", "7", "ship 3", "-port"}, phrases...)).Draw(t, "q")
		n := rapid.IntRange(1, 12).Draw(t, "n")
		order := func() (ids []string) {
			v, err := s.View(asked(words), today)
			if err != nil {
				t.Fatal(err)
			}
			for _, it := range v.Items(0, n) {
				ids = append(ids, it.Pledge.ID)
			}
			return ids
		}
		mostSums = rapid.SampledFrom([]int{2, 100}).Draw(t, "sums")
		led := order()
		from := leadingFrom
		leadingFrom = 1 << 30
		all := order()
		leadingFrom, mostSums = from, 100
		if !slices.Equal(led, all) {
			t.Fatalf("%s: the first %d are %v, want %v", words, n, led, all)
		}
	})
}

// Where some sums are enough, few pledges are scored.
func TestLeadingIsSmall(t *testing.T) {
	smallSearch(t)
	b := &book{pack: testPack(t)}
	for i := range 400 {
		p := simplePledge(b.pack, i+1, fmt.Sprint("Harbour ", i))
		if i%100 == 7 {
			p.Title = "Lighthouse"
		}
		p.Text = "A lighthouse keeper and a harbour master."
		b.add("pledge", p.ID, "2022-05-20", p)
	}
	v := sought(t, snapshotOf(t, b), asked("lighthouse keeper"))
	if in, alike := v.leading(3); v.Totals.Pledges != 400 || in.count() != 4 || !alike {
		t.Errorf("%d are found, of which %d may be the first 3; equally well: %v", v.Totals.Pledges, in.count(), alike)
	}
}

package explore

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"stocktake/internal/compact"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
)

const today = "2026-06-01"

func clockOf(day string) func() time.Time {
	t, err := time.Parse(isoDay, day)
	if err != nil {
		panic(err)
	}
	return func() time.Time { return t }
}

// testPack is the embedded pack with deadlines that the tests know.
func testPack(t interface{ Fatal(...any) }) *compact.Pack {
	p, err := compact.Embedded(compact.DefaultPack)
	if err != nil {
		t.Fatal(err)
	}
	own := *p
	own.Calendar = compact.Calendar{ReportEveryMonths: 12, LapseAfterMonths: 24}
	own.Rounds = []compact.Round{{Asked: "2022-01-10", Due: "2022-05-16"}, {Asked: "2024-02-01", Due: "2024-06-30"}, {Asked: "2026-03-01", Due: "2026-09-30"}}
	return &own
}

// smallBlocks makes the sets of small registers have many blocks, and most combinations of values
// rare.
func smallBlocks(t *testing.T) {
	smallSearch(t)
	bits, codes, walk, meet := blockBits, mostCodes, walkBelow, meetAbove
	blockBits, mostCodes, walkBelow, meetAbove = 2, 3, 2, 2
	t.Cleanup(func() { blockBits, mostCodes, walkBelow, meetAbove = bits, codes, walk, meet })
}

// book writes entries as a register would, without one.
type book struct {
	pack    *compact.Pack
	entries []register.Entry
	counts  map[string]int
}

func (b *book) add(kind, name, effective string, payload any) register.Entry {
	if b.counts == nil {
		b.counts = map[string]int{}
	}
	subject := kind + ":" + name
	b.counts[subject]++
	data, err := json.Marshal(payload)
	if err != nil {
		panic(err)
	}
	e := register.Entry{Payload: data, WithheldBy: -1, Header: register.Header{V: 1, Position: int64(len(b.entries)),
		Recorded: today + "T00:00:00.000000Z", Effective: effective, Actor: "office:secretariat", Kind: kind, Subject: subject, Version: b.counts[subject]}}
	b.entries = append(b.entries, e)
	return e
}

func (b *book) erase(position int64, on string) {
	e := b.add(register.ErasureKind, fmt.Sprint(position), on, map[string]string{"ground": "court"})
	b.entries = slices.Clone(b.entries)
	target := &b.entries[position]
	target.Payload, target.WithheldBy = nil, e.Header.Position
}

func (b *book) id(serial int) string { return pledge.IDOf(b.pack.Code, int64(serial)) }

// next is the snapshot after the entries that old has not read.
func next(old *Snapshot, entries []register.Entry) (*Snapshot, error) {
	f := old.folded
	f.round++
	err := f.addAll(int64(len(entries)), true, readerOf(entries))
	return newSnapshot(f, [32]byte{}, old.pack, old.clock, old), err
}

func readerOf(entries []register.Entry) reader {
	return func(from, limit int64) ([]register.Entry, error) { return entries[from : from+limit], nil }
}

func snapshotOf(t interface{ Fatal(...any) }, b *book) *Snapshot {
	s, err := next(newSnapshot(folded{}, [32]byte{}, b.pack, clockOf(today), nil), b.entries)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var (
	someParties = []string{"ken", "prt", "prt.labour", "prt.labour.inspection", "fra", "iom", "iom.data", "city-of-x", "ghost"}
	someWords   = []string{"recruitment", "children", "mobilité", "formación", "workers", "visa", "移民融合", "труда", "العمل"}
	someDays    = []string{"2019-03-01", "2021-12-31", "2022-05-20", "2022-05-21", "2024-02-29", "2024-05-31", "2025-02-28", "2025-06-01", "2025-06-02", "2026-05-31", today}
)

func drawParty(t *rapid.T, code string) party.Party {
	p := party.Party{Schema: 1, Code: code, Parent: party.ParentOf(code), Names: map[lang.Code]string{}}
	switch party.Root(code) {
	case "ken", "prt", "fra":
		p.Kind = "member_state"
		p.Country = map[string]string{"ken": "KE", "prt": "PT", "fra": "FR"}[party.Root(code)]
	case "iom":
		p.Kind = "un_entity"
	default:
		p.Kind = rapid.SampledFrom([]string{"local_authority", "civil_society"}).Draw(t, "kind")
		p.Country = rapid.SampledFrom([]string{"", "KE", "FR"}).Draw(t, "party country")
		p.At = "-1.286,36.817"
	}
	for _, c := range []lang.Code{"en", "fr"} {
		if c == "en" || rapid.Bool().Draw(t, "named") {
			p.Names[c] = rapid.SampledFrom([]string{"Kenya", "Ministry of Labour", "Portugal", "Città Visa", "IOM"}).Draw(t, "name")
		}
	}
	return p
}

func draws[T any](t *rapid.T, from []T, most int, label string) []T {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 0, most, func(v T) string { return fmt.Sprint(v) }).Draw(t, label)
}

func drawText(t *rapid.T, label string) string {
	return strings.Join(draws(t, someWords, 3, label), " ")
}

func drawPledge(t *rapid.T, pack *compact.Pack, id string) pledge.Pledge {
	p := pledge.Pledge{
		Schema: 1, ID: id, Status: pledge.Published, Title: drawText(t, "title") + ".", Text: drawText(t, "text"),
		Language: rapid.SampledFrom(lang.All).Draw(t, "language"),
		Parties:  append([]string{rapid.SampledFrom(someParties).Draw(t, "lead")}, draws(t, someParties, 2, "parties")...),
		Channel:  rapid.SampledFrom([]string{"", pack.Channels[0].Slug, pack.Channels[1].Slug}).Draw(t, "channel"),
		Call:     rapid.SampledFrom([]string{"", "call-a", "call-b"}).Draw(t, "call"),
		Form:     rapid.SampledFrom(pledge.Forms).Draw(t, "form"),
		Mirror:   rapid.Bool().Draw(t, "mirror"),
		Nature:   draws(t, pledge.Natures, 2, "nature"), Objectives: draws(t, []int{1, 2, 7, 23}, 3, "objectives"),
		ObjectivesBy: rapid.SampledFrom([]string{"party", "secretariat", "inferred"}).Draw(t, "by"),
		Principles:   draws(t, []string{pack.Principles[0].Slug, pack.Principles[1].Slug}, 2, "principles"),
		Levels:       draws(t, pledge.Levels, 2, "levels"), Countries: draws(t, []string{"KE", "PT", "FR"}, 2, "countries"),
		Regions:     draws(t, []string{"002", "039", "014"}, 2, "regions"),
		AnnouncedOn: rapid.SampledFrom([]string{"", "2022", "2022-05", "2024-01-15"}).Draw(t, "announced"),
		AnnouncedAt: rapid.SampledFrom([]string{"", "Forum visa"}).Draw(t, "at"),
	}
	slices.Sort(p.Parties[1:])
	p.Parties = append(p.Parties[:1], slices.DeleteFunc(p.Parties[1:], func(c string) bool { return c == p.Parties[0] })...)
	p.Matches = rapid.SampledFrom([]string{"", pledge.IDOf(pack.Code, 1), pledge.IDOf(pack.Code, 99), pledge.IDOf(pack.Code, 404)}).Draw(t, "matches")
	if rapid.Bool().Draw(t, "money") {
		p.Money = &pledge.Money{Amount: rapid.SampledFrom([]string{"5", "0.5", "1500000.25", "999999999999999.9999", ""}).Draw(t, "amount"), Currency: rapid.SampledFrom([]string{"USD", "KES"}).Draw(t, "currency")}
	}
	return p
}

// step appends one random entry.
func (b *book) step(t *rapid.T) {
	on := rapid.SampledFrom(someDays).Draw(t, "on")
	serial := rapid.SampledFrom([]int{1, 2, 3, 99, 9999, 10000}).Draw(t, "serial")
	switch rapid.SampledFrom([]string{"pledge", "pledge", "pledge", "withdraw", "report", "report", "translation", "party", "party", "erase", "beside"}).Draw(t, "step") {
	case "pledge":
		b.add("pledge", b.id(serial), on, drawPledge(t, b.pack, b.id(serial)))
	case "withdraw":
		p := drawPledge(t, b.pack, b.id(serial))
		p.Status = rapid.SampledFrom([]pledge.Status{pledge.Withdrawn, pledge.Superseded}).Draw(t, "status")
		b.add("pledge", b.id(serial), on, p)
	case "report":
		number := rapid.IntRange(1, 3).Draw(t, "number")
		b.add("report", fmt.Sprintf("%s/%d", b.id(serial), number), on, pledge.Report{Schema: 1, Pledge: b.id(serial), Number: number,
			Stage: rapid.SampledFrom(pledge.Stages[1:]).Draw(t, "stage"), Narrative: drawText(t, "narrative"), Language: "en"})
	case "translation":
		c := rapid.SampledFrom([]lang.Code{"fr", "ru"}).Draw(t, "into")
		b.add("translation", b.id(serial)+"/"+string(c), on, pledge.Translation{Schema: 1, Pledge: b.id(serial), Language: c,
			Title: drawText(t, "translated"), By: "human"})
	case "party":
		code := rapid.SampledFrom(someParties[:len(someParties)-1]).Draw(t, "code")
		b.add("party", code, on, drawParty(t, code))
	case "beside":
		b.stepBeside(t, on)
	case "erase":
		if len(b.entries) == 0 {
			return
		}
		i := rapid.IntRange(0, len(b.entries)-1).Draw(t, "erased")
		if e := b.entries[i]; e.Header.Kind != register.ErasureKind && e.WithheldBy < 0 {
			b.erase(int64(i), on)
		}
	}
}

func drawQuery(t *rapid.T, pack *compact.Pack, size int64) Query {
	var q Query
	for range rapid.IntRange(0, 3).Draw(t, "filters") {
		name := rapid.SampledFrom(Filters).Draw(t, "filter")
		from := vocabulary(pack, name)
		switch name {
		case "objective":
			from = []string{"1", "2", "7", "8"}
		case "channel":
			from = []string{pack.Channels[0].Slug, pack.Channels[1].Slug}
		case "principle":
			from = []string{pack.Principles[0].Slug, pack.Principles[1].Slug}
		case "party_kind", "lead_kind":
			from = []string{"member_state", "un_entity", "local_authority"}
		case "call":
			from = []string{"call-a", "call-c"}
		case "party":
			from = append(slices.Clone(someParties), "unheard-of")
		case "country":
			from = []string{"KE", "PT"}
		case "region", "party_region":
			from = []string{"002", "150", "014", "039", "001"}
		case "currency":
			from = []string{"USD", "KES"}
		case "year":
			from = []string{"2022", "2024"}
		}
		q = q.With(name, draws(t, append(slices.Clone(from), None), 2, name)...)
	}
	q = q.WithOwnObjectives(rapid.Bool().Draw(t, "own objectives"))
	if rapid.IntRange(0, 3).Draw(t, "with words") == 0 {
		words := []string{"visa", "children workers", "kenya", "Ministry", "труда", "融合", "10000", pack.Code + "-0099", "mobilite", "--", "nowhere",
			`"children workers"`, "-visa", "work* -труда", "mobil*", `-"kenya" ministry`, "移民融合", "города", "Portugal", "\"ministry of labour\"", "formation", "العمل"}
		q = q.WithWords(rapid.SampledFrom(words).Draw(t, "q"))
	}
	if rapid.Bool().Draw(t, "past") {
		q = q.WithAsOf(rapid.SampledFrom(someDays).Draw(t, "as of"))
	}
	if size > 0 && rapid.Bool().Draw(t, "earlier") {
		q = q.WithAt(rapid.Int64Range(1, size).Draw(t, "at"))
	}
	return q.WithSort(rapid.SampledFrom(Sorts).Draw(t, "sort"))
}

type shown struct {
	ID, Published, Effective, Stage, ReportedOn, Root string
	Version, Reports                                  int
	Position                                          int64
	Translations                                      []string
}

func show(it *Item) shown {
	s := shown{it.Pledge.ID, it.Published, it.Effective, string(it.Stage), it.ReportedOn, it.Root, it.Version, len(it.Reports), it.Position, nil}
	for c, t := range it.Translations {
		s.Translations = append(s.Translations, string(c)+":"+t.Title)
	}
	slices.Sort(s.Translations)
	return s
}

func (p *naivePledge) show() shown {
	s := shown{p.ID, p.published, p.effective, p.stage(), p.reportedOn(), p.values["party"][0], p.version, len(p.reports), p.position, nil}
	for _, t := range p.translations {
		s.Translations = append(s.Translations, string(t.Language)+":"+t.Title)
	}
	slices.Sort(s.Translations)
	return s
}

// compare holds the snapshot's answer against the recomputation over the entries.
func compare(t *rapid.T, s *Snapshot, entries []register.Entry, q Query) {
	day, at := today, s.Size()
	if q.AsOf != "" {
		day = q.AsOf
	}
	if q.At > 0 {
		at = q.At
	}
	n := newNaive(s.pack, entries, at, day)
	v, err := s.View(q, today)
	if err != nil {
		t.Fatalf("%s: %v", q.Encode(), err)
	}
	same := func(what string, want, got any) {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s of ?%s, -recomputed +index:\n%s", what, q.Encode(), diff)
		}
	}
	same("day and size", fmt.Sprint(day, at), fmt.Sprint(v.AsOf, v.Size))
	same("totals", n.totals(q), v.Totals)
	ended := 0
	for _, p := range n.byID {
		if p.Status != pledge.Published {
			ended++
		}
	}
	same("withdrawn and superseded", ended, v.Ended())
	for _, name := range Filters {
		got := map[string]int{}
		for _, b := range v.Facet(name) {
			if b.Count > 0 {
				got[b.Value] = b.Count
			}
		}
		same(name, n.facet(q, name), got)
	}
	var want, got []shown
	for _, p := range n.ordered(q, q.Order()) {
		want = append(want, p.show())
	}
	if q.Order() == Relevance { // what comes first has tests of its own
		want = nil
		for _, it := range v.Items(0, 1000) {
			p := n.byID[it.Pledge.ID]
			if p == nil || !n.matches(p, q, "") {
				t.Fatalf("?%s finds %s", q.Encode(), it.Pledge.ID)
			}
			want = append(want, p.show())
		}
		slices.SortFunc(want, func(a, b shown) int { return strings.Compare(a.ID, b.ID) })
		want = slices.CompactFunc(want, func(a, b shown) bool { return a.ID == b.ID })
		if len(want) != v.Totals.Pledges {
			t.Fatalf("?%s lists %d different pledges of %d", q.Encode(), len(want), v.Totals.Pledges)
		}
		want = nil
		for _, it := range v.Items(0, 1000) {
			want = append(want, show(it))
		}
	}
	if u := v.Understood(); u != nil {
		t.Fatalf("?%s was read as %v", q.Encode(), u)
	}
	for _, it := range v.Items(0, 1000) {
		got = append(got, show(it))
	}
	same("items", want, got)
	for i := range want {
		same("item on its own page", want[i:i+1], []shown{show(v.Items(i, 1)[0])})
	}
	for _, pc := range v.Parties() {
		acts, leads := 0, 0
		for _, p := range n.list(q, "") {
			if i := slices.Index(p.values["party"], pc.Party.Code); i >= 0 {
				acts++
				if i == 0 {
					leads++
				}
			}
		}
		same("pledges of "+pc.Party.Code, [2]int{acts, leads}, [2]int{pc.Pledges, pc.Lead})
	}
	for _, serial := range []int{1, 9999} {
		id := pledge.IDOf(s.pack.Code, int64(serial))
		it, err := s.Pledge(id, q, today)
		switch p := n.byID[id]; {
		case p != nil && err == nil:
			same(id, p.show(), show(it))
			same("status", p.Status, it.Pledge.Status)
		case n.gone[id] && errs.Is(err, errs.Gone):
		case p == nil && !n.gone[id] && errs.Is(err, errs.NotFound):
		default:
			t.Fatalf("%s: index says %v, %v; recomputed %v, gone %v", id, it, err, p, n.gone[id])
		}
	}
}

// Whatever is published, revised, withdrawn, reported, backdated and erased in whatever order:
// each answer is the one that a recomputation over the entries gives; an index that followed
// says the same as one that read all at once; and a snapshot goes on saying what it said.
func TestViewsEqualRecomputation(t *testing.T) {
	smallBlocks(t)
	pack := testPack(t)
	rapid.Check(t, func(t *rapid.T) {
		b := &book{pack: pack}
		followed := newSnapshot(folded{}, [32]byte{}, pack, clockOf(today), nil)
		for range rapid.IntRange(1, 4).Draw(t, "rounds") {
			older, olderEntries := followed, b.entries
			for range rapid.IntRange(1, 12).Draw(t, "steps") {
				b.step(t)
			}
			var err error
			if followed, err = next(older, b.entries); err != nil {
				t.Fatal(err)
			}
			compare(t, older, olderEntries, drawQuery(t, pack, older.size))
		}
		fresh := snapshotOf(t, b)
		for range 3 {
			q := drawQuery(t, pack, followed.size)
			compare(t, followed, b.entries, q)
			compare(t, fresh, b.entries, q)
		}
	})
}

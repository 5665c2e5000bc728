package explore

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
)

// Item is one pledge as a view sees it, with what stands beside it.
type Item struct {
	Pledge       pledge.Pledge
	Version      int   // of the pledge, from 1
	Position     int64 // of that version in the register
	Published    string
	Effective    string // of that version
	Stage        pledge.Stage
	LastReport   *pledge.Report // nil: none
	Reports      []pledge.Report
	ReportedOn   string // the day on which the latest report became public; "" for none
	Translations map[lang.Code]pledge.Translation
	Root         string // the acting party of the lead
}

// Pledge is one pledge in the view of the query's day and position; filters and words do not
// matter. Withdrawn and superseded ones are found too, and their status says so. NotFound where
// there is (then) no such pledge, Gone where its text was erased.
func (s *Snapshot) Pledge(id string, q Query, today string) (*Item, error) {
	b, err := s.baseOf(q, today)
	if err != nil {
		return nil, err
	}
	i, known := s.ids.get(id)
	if !known {
		return nil, errs.New(errs.NotFound, "no pledge %q", id)
	}
	v := s.versionAt(s.subjects.at(i), b.size, b.day)
	if v < 0 {
		return nil, errs.New(errs.NotFound, "no pledge %q on %s in the first %d entries", id, b.day, b.size)
	}
	if s.versions.at(uint32(v)).withheld {
		return nil, errs.New(errs.Gone, "pledge %q was erased", id)
	}
	texts, err := s.textsOf(b, []uint32{uint32(v)})
	if err != nil {
		return nil, err
	}
	return s.item(b, uint32(v), texts)
}

// Party is one party in the view of the query's day and position.
func (s *Snapshot) Party(code string, q Query, today string) (party.Party, error) {
	b, err := s.baseOf(q, today)
	if err != nil {
		return party.Party{}, err
	}
	p, known := b.roll.parties[code]
	switch {
	case !known:
		return party.Party{}, errs.New(errs.NotFound, "no party %q", code)
	case p == nil:
		return party.Party{}, errs.New(errs.Gone, "party %q was erased", code)
	}
	return *p, nil
}

// texts are payloads that the index does not hold itself, by position.
type texts map[int64][]byte

// of is the payload at a position; nil where it was erased after the snapshot was made.
func (t texts) of(pos uint32, held []byte) []byte {
	if held == nil {
		held = t[int64(pos)]
	}
	return held
}

// textsOf fetches what the index does not hold of the items of versions.
func (s *Snapshot) textsOf(b *base, versions []uint32) (texts, error) {
	if s.absent == nil {
		return nil, nil
	}
	var positions []int64
	for _, v := range versions {
		if s.records.at(v).payload == nil {
			positions = append(positions, int64(s.versions.at(v).pos))
		}
		for n := s.subjects.at(s.versions.at(v).pledge).side; n >= 0; n = s.sides.at(uint32(n)).prev {
			if beside := s.sides.at(uint32(n)); beside.payload == nil && s.standing(uint32(n), b.size, b.day) {
				positions = append(positions, int64(beside.pos))
			}
		}
	}
	slices.Sort(positions)
	texts, err := s.absent(slices.Compact(positions))
	if err != nil {
		return nil, errs.New(errs.Unavailable, "the texts of pledges cannot be read: %w", err)
	}
	return texts, nil
}

func (s *Snapshot) item(b *base, v uint32, texts texts) (*Item, error) {
	row, record := s.versions.at(v), s.records.at(v)
	subject := s.subjects.at(row.pledge)
	it := &Item{
		Version: int(record.number), Position: int64(row.pos), Effective: row.eff.String(),
		Published: s.publishedOn(subject, b.size, b.day).String(), Stage: pledge.Unreported,
	}
	payload := texts.of(row.pos, record.payload)
	if payload == nil {
		return nil, errs.New(errs.Gone, "pledge %q was erased", subject.id)
	}
	if err := json.Unmarshal(payload, &it.Pledge); err != nil {
		return nil, fmt.Errorf("payload of entry %d: %w", row.pos, err)
	}
	it.Root = party.Root(it.Pledge.Lead())
	var reports []*side
	for n := subject.side; n >= 0; n = s.sides.at(uint32(n)).prev {
		if !s.standing(uint32(n), b.size, b.day) {
			continue
		}
		beside := s.sides.at(uint32(n))
		payload := texts.of(beside.pos, beside.payload)
		switch {
		case payload == nil:
			continue
		case beside.report:
			reports = append(reports, beside)
			continue
		}
		var t pledge.Translation
		if err := json.Unmarshal(payload, &t); err != nil {
			return nil, fmt.Errorf("payload of entry %d: %w", beside.pos, err)
		}
		if it.Translations == nil {
			it.Translations = map[lang.Code]pledge.Translation{}
		}
		it.Translations[t.Language] = t
	}
	slices.SortFunc(reports, compareNumbers)
	for _, beside := range reports {
		var r pledge.Report
		if err := json.Unmarshal(texts.of(beside.pos, beside.payload), &r); err != nil {
			return nil, fmt.Errorf("payload of entry %d: %w", beside.pos, err)
		}
		it.Reports = append(it.Reports, r)
		it.Stage, it.ReportedOn = r.Stage, beside.eff.String()
	}
	if n := len(it.Reports); n > 0 {
		it.LastReport = &it.Reports[n-1]
	}
	return it, nil
}

// Items are the pledges from offset on, at most limit of them, in the order of the query.
func (v *View) Items(offset, limit int) []*Item { return v.items(v.Query.Order(), offset, limit) }

// Latest are the n pledges published last, whatever the order of the query.
func (v *View) Latest(n int) []*Item { return v.items(Newest, 0, n) }

func (v *View) items(order string, offset, limit int) []*Item {
	offset = max(offset, 0)
	end := offset + min(max(limit, 0), v.Totals.Pledges)
	ordered := v.order(order, end)
	if offset >= len(ordered) {
		return nil
	}
	return v.s.itemsOf(v.b, ordered[offset:])
}

// itemsOf are the items of versions, but for those that were erased after the snapshot was made. Where
// a register cannot be read that is to give their texts it panics with an errs.Error that is
// Unavailable, which the doors answer as one that is returned: a list that is too short would be
// believed. Texts in memory were decoded when they were indexed.
func (s *Snapshot) itemsOf(b *base, versions []uint32) []*Item {
	texts, err := s.textsOf(b, versions)
	if err != nil {
		panic(err)
	}
	out := make([]*Item, 0, len(versions))
	for _, v := range versions {
		it, err := s.item(b, v, texts)
		if errs.Is(err, errs.Gone) {
			continue
		}
		if err != nil {
			panic(fmt.Errorf("explore: %w", err))
		}
		out = append(out, it)
	}
	return out
}

// order gives the first n versions of the view in the order.
func (v *View) order(order string, n int) []uint32 {
	in, compare := v.within, (func(a, b uint32) int)(nil)
	if order == Relevance {
		var alike bool
		if in, alike = v.leading(min(n, v.Totals.Pledges)); alike {
			compare = v.s.before(v.b, Newest)
		} else {
			compare = v.byRelevance(in)
		}
	} else {
		compare = v.s.before(v.b, order)
	}
	versions := make([]uint32, 0, in.count())
	in.each(func(n uint32) { versions = append(versions, n) })
	if order != Oldest {
		slices.Reverse(versions) // the newest came last: what follows them is soon passed over
	}
	return firstOf(versions, n, compare)
}

// before compares two versions in an order. All orders are total: ids differ.
func (s *Snapshot) before(b *base, order string) func(v, w uint32) int {
	subject := func(v uint32) *subject { return s.subjects.at(s.versions.at(v).pledge) }
	byID := func(v, w uint32) int { return compareIDs(subject(v).id, subject(w).id) }
	oldest := func(v, w uint32) int {
		x, y := s.publishedOn(subject(v), b.size, b.day), s.publishedOn(subject(w), b.size, b.day)
		if x != y {
			return cmp.Compare(x, y)
		}
		return byID(v, w)
	}
	switch order {
	case Oldest:
		return oldest
	case Title:
		title := s.titleOf
		if !s.Searchable() {
			known := map[uint32]string{}
			title = func(v uint32) string {
				t, ok := known[v]
				if !ok {
					t = s.titleOf(v)
					known[v] = t
				}
				return t
			}
		}
		return func(v, w uint32) int {
			if c := cmp.Compare(title(v), title(w)); c != 0 {
				return c
			}
			return byID(v, w)
		}
	case Party:
		ranks := s.leadRanks(b)
		return func(v, w uint32) int {
			if c := cmp.Compare(ranks[v], ranks[w]); c != 0 {
				return c
			}
			return byID(v, w)
		}
	case Reported:
		told := func(v uint32) day {
			if n := s.toldAt(s.versions.at(v).pledge, b.size, b.day); n >= 0 {
				return s.sides.at(uint32(n)).eff
			}
			return -1 << 31
		}
		return func(v, w uint32) int {
			if c := cmp.Compare(told(w), told(v)); c != 0 {
				return c
			}
			return oldest(w, v)
		}
	}
	return func(v, w uint32) int { return oldest(w, v) }
}

// leadRanks is the place of each live version by the name of its acting lead.
func (s *Snapshot) leadRanks(b *base) []int {
	ranks := make([]int, s.versions.len())
	leads := &s.facts[factLead]
	order := make([]int, len(leads.names))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		x, y := leads.names[i], leads.names[j]
		return cmp.Or(cmp.Compare(b.roll.rank(x), b.roll.rank(y)), cmp.Compare(x, y))
	})
	for rank, i := range order {
		leads.posts[i].set().each(func(v uint32) { ranks[v] = rank })
	}
	return ranks
}

// compareIDs puts "GCM-9999" before "GCM-10000".
func compareIDs(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// firstOf gives the first n in order. For a page out of a long list that is one pass with a
// heap of n, not a sort of everything. It may reorder list.
func firstOf(list []uint32, n int, compare func(a, b uint32) int) []uint32 {
	if n = min(n, len(list)); n > len(list)/8 {
		slices.SortFunc(list, compare)
		return list[:n]
	}
	if n == 0 {
		return nil
	}
	heap := list[:n] // the last in order on top
	down := func(i int) {
		for {
			child := 2*i + 1
			if child >= n {
				return
			}
			if child+1 < n && compare(heap[child+1], heap[child]) > 0 {
				child++
			}
			if compare(heap[child], heap[i]) <= 0 {
				return
			}
			heap[i], heap[child] = heap[child], heap[i]
			i = child
		}
	}
	for i := n/2 - 1; i >= 0; i-- {
		down(i)
	}
	for _, x := range list[n:] {
		if compare(x, heap[0]) < 0 {
			heap[0] = x
			down(0)
		}
	}
	slices.SortFunc(heap, compare)
	return heap
}

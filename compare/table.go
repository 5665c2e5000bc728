package main

import (
	"slices"
	"strconv"

	"stocktake/internal/explore"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
)

// The facets of which a pledge has exactly one value are columns; the others tables of their
// own. Values are numbers in both, which suits the databases: no strings are compared.
var (
	single = []string{"channel", "call", "objectives_by", "form", "mirror", "currency", "year", "lead_kind", "stage", "active", "overdue"}
	plural = []string{"objective", "principle", "nature", "party", "party_kind", "party_region", "country", "region", "commission", "level", "recency"}
)

// table is the pledges that stand, worked out from their texts and not by the index.
type table struct {
	ids    []string
	values map[string][][]int32 // facet → by pledge: the numbers of its values
	words  map[string][]string  // facet → value by number
	number map[string]map[string]int32
}

func (t *table) add(facet string, values ...string) {
	var row []int32
	for _, v := range values {
		if v == "" {
			continue
		}
		n, ok := t.number[facet][v]
		if !ok {
			if t.number[facet] == nil {
				t.number[facet] = map[string]int32{}
			}
			n = int32(len(t.words[facet]))
			t.number[facet][v], t.words[facet] = n, append(t.words[facet], v)
		}
		if !slices.Contains(row, n) {
			row = append(row, n)
		}
	}
	if row == nil {
		t.add(facet, explore.None)
		return
	}
	t.values[facet] = append(t.values[facet], row)
}

const chunk = 50_000

func flatten(s *explore.Snapshot, today string) (*table, error) {
	t := &table{values: map[string][][]int32{}, words: map[string][]string{}, number: map[string]map[string]int32{}}
	v, err := s.View(explore.Query{}, today)
	if err != nil {
		return nil, err
	}
	recency := map[string][]string{}
	for _, name := range []string{"never", "not_asked", "not_due", "no_reply", "1y", "2y", "older"} {
		// How long ago is a matter of calendars: taken from the index, compared for agreement of the counting only.
		err := each(s, explore.Query{}.With("recency", name), today, func(it *explore.Item) { recency[it.Pledge.ID] = append(recency[it.Pledge.ID], name) })
		if err != nil {
			return nil, err
		}
	}
	flags := map[string]map[string]bool{"active": {}, "overdue": {}}
	for name, ids := range flags {
		if err := each(s, explore.Query{}.With(name, "true"), today, func(it *explore.Item) { ids[it.Pledge.ID] = true }); err != nil {
			return nil, err
		}
	}
	return t, each(s, explore.Query{}, today, func(it *explore.Item) {
		p := &it.Pledge
		t.ids = append(t.ids, p.ID)
		t.add("channel", p.Channel)
		t.add("call", p.Call)
		t.add("objectives_by", p.ObjectivesBy)
		t.add("form", string(p.Form))
		t.add("mirror", yes(p.Mirror))
		currency, year := "", ""
		if p.Money != nil {
			currency = p.Money.Currency
		}
		if p.AnnouncedOn != "" {
			year = p.AnnouncedOn[:4]
		}
		t.add("currency", currency)
		t.add("year", year)
		t.add("stage", string(it.Stage))
		t.add("recency", recency[p.ID]...)
		t.add("active", yes(flags["active"][p.ID]))
		t.add("overdue", yes(flags["overdue"][p.ID]))
		t.add("principle", p.Principles...)
		t.add("objective", mapped(p.Objectives, strconv.Itoa)...)
		t.add("nature", mapped(p.Nature, func(n pledge.Nature) string { return string(n) })...)
		t.add("level", mapped(p.Levels, func(l pledge.Level) string { return string(l) })...)
		t.add("country", p.Countries...)
		var regions, commissions, kinds, homes, roots []string
		for _, code := range p.Countries {
			c, _ := place.ByAlpha2(code)
			regions, commissions = append(regions, c.Regions...), append(commissions, c.Commissions...)
		}
		for _, code := range p.Regions {
			for code != "" {
				regions = append(regions, code)
				r, _ := place.RegionByCode(code)
				code = r.Parent
			}
		}
		for i, code := range p.Parties {
			root := party.Root(code)
			who, _ := v.Party(root)
			c, _ := place.ByAlpha2(who.Country)
			roots, kinds, homes = append(roots, root), append(kinds, or(who.Kind, explore.None)), append(homes, c.Regions...)
			if i == 0 {
				t.add("lead_kind", who.Kind)
			}
		}
		t.add("region", regions...)
		t.add("commission", commissions...)
		t.add("party", roots...)
		t.add("party_kind", kinds...)
		t.add("party_region", homes...)
	})
}

func each(s *explore.Snapshot, q explore.Query, today string, f func(*explore.Item)) error {
	v, err := s.View(q.WithSort(explore.Oldest), today)
	if err != nil {
		return err
	}
	for from := 0; from < v.Totals.Pledges; from += chunk {
		for _, it := range v.Items(from, chunk) {
			f(it)
		}
	}
	return nil
}

func yes(b bool) string {
	if b {
		return "true"
	}
	return ""
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func mapped[T any](list []T, f func(T) string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}

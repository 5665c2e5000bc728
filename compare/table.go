package main

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"stocktake/internal/compact"
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
	ids    int
	facets map[string]*facet
}

// facet is the values of all pledges in one facet, as numbers, one list behind the other.
type facet struct {
	words  []string // by number
	number map[string]int32
	ends   []uint32 // by pledge
	flat   []int32
}

func (f *facet) of(i int) []int32 {
	from := uint32(0)
	if i > 0 {
		from = f.ends[i-1]
	}
	return f.flat[from:f.ends[i]]
}

func (t *table) add(name string, values ...string) {
	f := t.facets[name]
	from := len(f.flat)
	one := func(v string) {
		n, ok := f.number[v]
		if !ok {
			n = int32(len(f.words))
			v = strings.Clone(v) // the text that it was cut from need not stay
			f.number[v], f.words = n, append(f.words, v)
		}
		if !slices.Contains(f.flat[from:], n) {
			f.flat = append(f.flat, n)
		}
	}
	for _, v := range values {
		if v != "" {
			one(v)
		}
	}
	if len(f.flat) == from {
		one(explore.None)
	}
	f.ends = append(f.ends, uint32(len(f.flat)))
}

func flatten(s *explore.Snapshot, pack *compact.Pack, today string) (*table, error) {
	t := &table{facets: map[string]*facet{}}
	for _, name := range explore.Filters {
		t.facets[name] = &facet{number: map[string]int32{}}
	}
	v, err := s.View(explore.Query{}, today)
	if err != nil {
		return nil, err
	}
	return t, each(s, v.Facet("year"), today, func(it *explore.Item) {
		p := &it.Pledge
		t.ids++
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
		t.add("recency", recency(it, pack.Rounds, today)...)
		t.add("active", yes(active(it, pack.Calendar, today)))
		t.add("overdue", yes(overdue(it, pack.Calendar, today)))
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

// chunk is how many pledges are held as texts at a time.
const chunk = 20_000

// each goes through all pledges, year by year: an order is made anew for every chunk.
func each(s *explore.Snapshot, years []explore.Bucket, today string, f func(*explore.Item)) error {
	for _, year := range years {
		v, err := s.View(explore.Query{}.With("year", year.Value).WithSort(explore.Oldest), today)
		if err != nil {
			return err
		}
		for from := 0; from < v.Totals.Pledges; from += chunk {
			for _, it := range v.Items(from, chunk) {
				f(it)
			}
		}
	}
	return nil
}

// before is the day so many months before a day.
func before(day string, months int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err) // it was read from a flag, and checked there
	}
	return t.AddDate(0, -months, 0).Format(time.DateOnly)
}

// recency is the values of the facet: how long ago the last report became public, and of silence
// whether anybody asked.
func recency(it *explore.Item, rounds []compact.Round, today string) []string {
	switch on := it.ReportedOn; {
	case on == "":
	case on > before(today, 12):
		return []string{"1y"}
	case on > before(today, 24):
		return []string{"2y"}
	default:
		return []string{"older"}
	}
	for _, r := range rounds {
		switch {
		case r.Asked < it.Published || r.Asked > today:
		case today <= r.Due:
			return []string{"never", "not_due"}
		default:
			return []string{"never", "no_reply"}
		}
	}
	return []string{"never", "not_asked"}
}

func active(it *explore.Item, c compact.Calendar, today string) bool {
	last := max(it.Published, it.ReportedOn)
	return it.Stage != pledge.Discontinued && (c.LapseAfterMonths == 0 || last >= before(today, c.LapseAfterMonths))
}

func overdue(it *explore.Item, c compact.Calendar, today string) bool {
	last := max(it.Published, it.ReportedOn)
	return c.ReportEveryMonths > 0 && it.Stage != pledge.Discontinued && it.Stage != pledge.Fulfilled && last < before(today, c.ReportEveryMonths)
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

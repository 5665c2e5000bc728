// Package explore is the public read model: everything that the dashboard, the lists, the API
// and the exports ask is answered from an immutable snapshot in memory that follows the
// register. It never writes and holds nothing private.
package explore

// The filters of the public contract, the same on pages, in the API, in exports and feeds.
// Repeated values mean "any of"; different filters narrow each other; "none" finds what is
// empty. country, region and commission speak of where a pledge is carried out, party_… and
// lead_… of who pledges. A party's code also finds what its parts pledge ("prt" finds
// "prt.foreign-affairs"), a region's what lies below it.
var Filters = []string{
	"channel", "call", "objective", "objectives_by", "principle", "nature", "form", "mirror",
	"party", "party_kind", "lead_kind", "party_region", "country", "region", "commission", "level",
	"stage", "recency", "active", "overdue", "currency", "year",
}

// Query is one question: filters, words, the day it is asked of, the register position, the
// order. The zero Query asks for everything, now. Queries are values; With and Without give
// new ones. Two queries that mean the same have the same Encode.
type Query struct {
	filters map[string][]string // by name; values sorted, without repetitions, never empty
	Words   string              // q
	AsOf    string              // as_of: a day "2022-05-20"; "" = today
	At      int64               // at: a size of the register, entries with position < At; 0 = all of it
	// OwnObjectives (inferred=false) leaves out of what is said about objectives, and of nothing
	// else, those that were inferred: such a pledge then has no objective.
	OwnObjectives bool
	Sort          string // newest, oldest, title, party, reported, relevance; see Order for the default
}

// Bucket is one value of a facet with the number of pledges that have it.
type Bucket struct {
	Value string // as in the filter; "none" for pledges that have no value
	Count int
}

// Totals are the figures of a view. Each counts what its comment says, under all filters.
type Totals struct {
	Pledges        int // published and not withdrawn or superseded; joint ones once
	Participations int // pairs of a pledge and an acting party
	Parties        int // acting parties: a ministry is its State
	States         int // of these, Member States
	Objectives     int // objectives of the compact that at least one of the pledges names
	Reported       int // pledges with at least one progress report
	NoCountry      int // pledges that name no country of implementation
	Inferred       int // pledges whose objectives are not the party's own choice
	Channels       int // different channels among the pledges
}

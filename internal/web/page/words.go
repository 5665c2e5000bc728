package page

import (
	"strconv"
	"strings"

	"stocktake/internal/lang"
	"stocktake/internal/place"
)

// The closed words of the contract, in the order in which pages show them. Each has a message
// "word.<filter>.<value>"; those that belong to a compact (objectives, kinds, channels,
// principles) are in its pack instead.
var Words = map[string][]string{
	"nature":        {"financial", "human_resources", "material", "process", "policy"},
	"form":          {"individual", "common", "partnership", "matching"},
	"level":         {"local", "national", "regional", "global"},
	"stage":         {"unreported", "planning", "in_progress", "fulfilled", "discontinued"},
	"recency":       {"never", "not_asked", "not_due", "no_reply", "1y", "2y", "older"},
	"objectives_by": {"party", "secretariat", "inferred"},
	"text_by":       {"party", "summary"},
	"translation":   {"human", "machine"},
	"sort":          {"relevance", "newest", "oldest", "title", "party", "reported"},
	"status":        {"published", "withdrawn", "superseded"},
	"office":        {"secretariat", "operator"},
	"language":      {"ar", "en", "es", "fr", "ru", "zh"},
}

// Reported are the stages of pledges that have been reported on.
var Reported = []string{"planning", "in_progress", "fulfilled", "discontinued"}

// Silent are the values of recency of pledges without any report.
var Silent = []string{"not_asked", "not_due", "no_reply"}

// None is the value of filters that finds what is empty.
const None = "none"

// FilterName is the name of a filter as the form and the chips have it.
func (r *Reader) FilterName(name string) string { return r.T("filter." + name) }

// ValueName is a value of a filter in the reader's language; v gives the names of parties.
func (r *Reader) ValueName(v PartyNamer, name, value string) string {
	if value == None {
		return r.T("word.none")
	}
	switch name {
	case "objective":
		if n, err := strconv.Atoi(value); err == nil {
			if o, ok := r.Pack.Objective(n); ok {
				return r.P.Number(int64(n)) + " " + o.Label.In(r.Lang)
			}
		}
	case "principle":
		if p, ok := r.Pack.Principle(value); ok {
			return p.Name.In(r.Lang)
		}
	case "channel":
		if c, ok := r.Pack.Channel(value); ok {
			return c.Name.In(r.Lang)
		}
	case "party_kind", "lead_kind":
		if k, ok := r.Pack.Kind(value); ok {
			return k.Many.In(r.Lang)
		}
	case "party":
		return r.NameOf(v, value)
	case "country":
		return r.CountryName(value)
	case "region", "party_region":
		if value == pacific {
			return r.T("word.region.009")
		}
		if reg, ok := place.RegionByCode(value); ok {
			return reg.Name(r.Lang)
		}
	case "commission":
		return commission(value, r.Lang)
	case "call":
		if r.Calls != nil {
			if name := r.Calls.Name(value, r.Lang); name != "" {
				return name
			}
		}
	case "year":
		return r.Year(value)
	case "mirror", "active", "overdue":
		if value == "true" {
			return r.T("word.yes")
		}
	}
	if r.hasWord(name, value) {
		return r.T("word." + name + "." + value)
	}
	return value
}

// Word is the word for a value of one of the closed lists above.
func (r *Reader) Word(list, value string) string {
	if r.hasWord(list, value) {
		return r.T("word." + list + "." + value)
	}
	return value
}

func (r *Reader) hasWord(list, value string) bool {
	for _, w := range Words[list] {
		if w == value {
			return true
		}
	}
	return false
}

// Size is how large a file is, in KB or MB.
func (r *Reader) Size(bytes int64) string {
	if bytes < 1<<20 {
		return r.T("pledge.attachment.kb", "size", r.P.Number(max(1, bytes>>10)))
	}
	return r.T("pledge.attachment.mb", "size", r.P.Decimal(strconv.FormatFloat(float64(bytes)/(1<<20), 'f', 1, 64)))
}

// Recipient is to whom money is announced: a fund of the compact, or a party.
func (r *Reader) Recipient(v PartyNamer, recipient string) string {
	code, fund := strings.CutPrefix(recipient, "fund:")
	if !fund {
		return r.NameOf(v, code)
	}
	if f, ok := r.Pack.Fund(code); ok {
		return f.Name.In(r.Lang)
	}
	return code
}

// pacific is Oceania, which most people call by its ocean.
const pacific = "009"

// Actor is who published an entry: a party by its name, or an office.
func (r *Reader) Actor(v PartyNamer, actor string) string {
	if office, ok := strings.CutPrefix(actor, "office:"); ok {
		return r.Word("office", office)
	}
	return r.NameOf(v, actor)
}

// Kind is the kind of a party, in the singular.
func (r *Reader) Kind(slug string) string {
	if k, ok := r.Pack.Kind(slug); ok {
		return k.One.In(r.Lang)
	}
	return slug
}

func commission(slug string, c lang.Code) string {
	for _, x := range place.Commissions() {
		if x.Slug == slug {
			return x.Name(c)
		}
	}
	return slug
}

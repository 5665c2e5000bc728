package explore

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"stocktake/internal/compact"
	"stocktake/internal/errs"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
)

// Limits of a query, so that no address costs more than a page is worth.
const (
	mostValues = 64  // of one filter
	mostWords  = 200 // characters of q
	mostCall   = 100 // characters of a call
)

// ParseQuery reads the parameters of the public contract. Empty values are as none (a form
// sends its empty fields), other parameters are the page's own business and are ignored. What
// the contract does not know is refused, field by field: a filter with a typing error must not
// answer with the figures of another question.
func ParseQuery(v url.Values, pack *compact.Pack) (Query, error) {
	var q Query
	var wrong []errs.Field
	refuse := func(name, value, format string, args ...any) {
		wrong = append(wrong, errs.Field{Field: name, Value: party.Glimpse(value), Message: fmt.Sprintf(format, args...)})
	}
	for _, name := range Filters {
		var values []string
		for _, raw := range v[name] {
			raw = strings.TrimSpace(raw)
			if raw == "" {
				continue
			}
			value, expected := checkValue(pack, name, raw)
			if expected != "" {
				refuse(name, raw, "must be %s, or %s for what has none", expected, None)
				continue
			}
			values = append(values, value)
		}
		if len(values) > mostValues {
			refuse(name, "", "has %d values; at most %d are allowed", len(values), mostValues)
			continue
		}
		q = q.With(name, values...)
	}
	switch s := first(v["inferred"]); s {
	case "", yes:
	case no:
		q = q.WithOwnObjectives(true)
	default:
		refuse("inferred", s, "must be %s or %s", yes, no)
	}
	q = q.WithWords(first(v["q"]))
	if !utf8.ValidString(first(v["q"])) {
		refuse("q", "", "is no text in UTF-8")
	} else if n := utf8.RuneCountInString(q.Words); n > mostWords {
		refuse("q", q.Words, "has %d characters; at most %d are allowed", n, mostWords)
	}
	if s := first(v["as_of"]); s != "" {
		if _, ok := parseDay(s); !ok {
			refuse("as_of", s, "must be a day, as 2022-05-20")
		}
		q = q.WithAsOf(s)
	}
	if s := first(v["at"]); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 1 {
			refuse("at", s, "must be a size of the register, 1 or more")
		}
		q = q.WithAt(n)
	}
	if s := first(v["sort"]); s != "" {
		if s != Relevance && !slices.Contains(Sorts, s) {
			refuse("sort", s, "must be one of %s or, with words, %s", strings.Join(Sorts, ", "), Relevance)
		}
		q = q.WithSort(s)
	}
	if len(wrong) > 0 {
		return Query{}, errs.InvalidFields(wrong...)
	}
	return q, nil
}

// Strange refuses the parties of a query that nobody knows: a code that is not in the register and
// that no State has. One that has made no pledge by the day of the query is known.
func (s *Snapshot) Strange(q Query) error {
	var wrong []errs.Field
	for _, code := range q.filters["party"] {
		_, state := place.ByAlpha3(code)
		if _, known := s.parties.chains.get(code); known || state || code == None || s.facts[factCode].set(code).count() > 0 {
			continue
		}
		wrong = append(wrong, errs.Field{Field: "party", Value: party.Glimpse(code), Message: "must be the code of a party in the register, or of a State"})
	}
	if len(wrong) > 0 {
		return errs.InvalidFields(wrong...)
	}
	return nil
}

func first(values []string) string {
	for _, s := range values {
		if s = strings.TrimSpace(s); s != "" {
			return s
		}
	}
	return ""
}

// checkValue gives the canonical form of a filter's value, or says what is expected of one.
func checkValue(pack *compact.Pack, name, s string) (value, expected string) {
	if s == None {
		return None, ""
	}
	oneOf := func(words []string) (string, string) {
		if slices.Contains(words, s) {
			return s, ""
		}
		return "", "one of " + strings.Join(words, ", ")
	}
	switch name {
	case "objective":
		n, err := strconv.Atoi(s)
		if _, ok := pack.Objective(n); err != nil || !ok {
			return "", fmt.Sprintf("the number of an objective, 1 to %d", len(pack.Objectives))
		}
		return strconv.Itoa(n), ""
	case "call":
		if !utf8.ValidString(s) || utf8.RuneCountInString(s) > mostCall {
			return "", "the name of a call"
		}
		return s, ""
	case "party":
		if s = strings.ToLower(s); !party.ValidCode(s) {
			return "", "the code of a party, as ken"
		}
		return s, ""
	case "country":
		c, ok := place.ByAlpha2(strings.ToUpper(s))
		if !ok {
			return "", "an ISO 3166 alpha-2 code, as KE"
		}
		return c.Alpha2, ""
	case "region", "party_region":
		if _, ok := place.RegionByCode(s); !ok {
			return "", "an M49 code of three digits, as 002"
		}
		return s, ""
	case "currency":
		if s = strings.ToUpper(s); len(s) != 3 || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return "", "an ISO 4217 code, as USD"
		}
		return s, ""
	case "year":
		if len(s) != 4 || strings.Trim(s, "0123456789") != "" {
			return "", "a year, as 2022"
		}
		return s, ""
	}
	return oneOf(vocabulary(pack, name))
}

// vocabulary is the closed list of a filter's values in the order of the contract or of the
// pack; nil for filters with an open one.
func vocabulary(pack *compact.Pack, name string) []string {
	switch name {
	case "channel":
		return slugs(pack.Channels, func(c compact.Channel) string { return c.Slug })
	case "objective":
		return slugs(pack.Objectives, func(o compact.Objective) string { return strconv.Itoa(o.N) })
	case "objectives_by":
		return []string{pledge.ByParty, pledge.BySecretariat, pledge.ByInference}
	case "principle":
		return slugs(pack.Principles, func(p compact.Principle) string { return p.Slug })
	case "nature":
		return slugs(pledge.Natures, func(n pledge.Nature) string { return string(n) })
	case "form":
		return slugs(pledge.Forms, func(f pledge.Form) string { return string(f) })
	case "level":
		return slugs(pledge.Levels, func(l pledge.Level) string { return string(l) })
	case "stage":
		return slugs(pledge.Stages, func(s pledge.Stage) string { return string(s) })
	case "recency":
		return recencyNames
	case "party_kind", "lead_kind":
		return slugs(pack.Kinds, func(k compact.Kind) string { return k.Slug })
	case "commission":
		return slugs(place.Commissions(), func(c place.Commission) string { return c.Slug })
	case "mirror", "active", "overdue":
		return []string{yes}
	}
	return nil
}

func slugs[T any](list []T, slug func(T) string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = slug(v)
	}
	return out
}

package exchange

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/text"
)

// partOfState says how a part of a State is written, where a name that is not known may be one
// ("Ministry of Health, France"): its kind is a State's, or it has none and names a State. It is
// empty for all others.
func partOfState(m mention) string {
	country, rest, ok := ofCountry(m.token)
	kind, code := m.kind, "fra.health for a Ministry of Health of France"
	if ok {
		kind, code = party.FromCountry(country).Kind, strings.ToLower(country.Alpha3)+"."+partName(rest)
	}
	how := fmt.Sprintf("write a code that begins with the State's here (%s), its name in party_names and %s in party_kinds", code, kind)
	switch {
	case party.State(m.kind):
		return "is no State that is known; for a ministry or an agency, which acts for its State, " + how
	case m.kind == "" && ok:
		return "is no party that is known; for a new one its kind is needed in party_kinds. If it acts for its State, " + how
	}
	return ""
}

// ofCountry parts a name from the country beside it.
func ofCountry(name string) (c place.Country, rest string, ok bool) {
	pieces := strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune(",()/–—:", r) })
	for i, piece := range slices.Backward(pieces) {
		if c, ok := place.Lookup(strings.TrimSpace(piece)); ok && len(pieces) > 1 && party.FromCountry(c).Kind != "" {
			return c, strings.Join(slices.Delete(pieces, i, i+1), " "), true
		}
	}
	words := strings.Fields(name)
	for i := 1; i < len(words); i++ { // the longest name at the end: "of the United Kingdom"
		if c, ok := place.Lookup(strings.Join(words[i:], " ")); ok && party.FromCountry(c).Kind != "" {
			return c, strings.Join(words[:i], " "), true
		}
	}
	return c, "", false
}

// partName makes the end of a code of the words that tell a part of a State from others.
func partName(rest string) string {
	words := strings.FieldsFunc(strings.ToLower(rest), func(r rune) bool { return !unicode.IsLetter(r) })
	words = slices.DeleteFunc(words, func(w string) bool {
		return slices.Contains([]string{"the", "of", "for", "and", "ministry", "department", "office", "government"}, w)
	})
	if slug := text.Slug(strings.Join(words, " "), ""); slug != "" {
		return slug
	}
	return "its-part"
}

package explore

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"stocktake/internal/place"
	"stocktake/internal/text"
)

// meaning is the State of which a clause is the name, or a word of the name; none for other words.
type meaning struct {
	state place.Country
	known bool
}

// mostNameWords is how many words a name of a State may have, as people type it.
const mostNameWords = 10

// shortest is how many letters a name needs that is not written in capitals: "eau" and "us" are words,
// EAU and US are States.
const shortest = 4

// meanings finds the names of States among the clauses, the longest first: "South Korea" is one, though
// its words are looked for one by one.
func meanings(clauses []text.Clause) []meaning {
	out := make([]meaning, len(clauses))
	for from := 0; from < len(clauses); {
		to := from
		var name strings.Builder
		for i := from; i < min(len(clauses), from+mostNameWords) && clauses[i].Prefix == "" && (i == from || !clauses[i].Not && !clauses[from].Not); i++ {
			if i > from {
				name.WriteByte(' ')
			}
			name.WriteString(clauses[i].Text)
			if c, ok := stateNamed(name.String()); ok {
				to = i + 1
				for j := from; j < to; j++ {
					out[j] = meaning{c, true}
				}
			}
		}
		from = max(to, from+1)
	}
	return out
}

// stateNamed is the country of a name, as it stands in one of the languages, or as people call it.
func stateNamed(name string) (place.Country, bool) {
	r, _ := utf8.DecodeRuneInString(name)
	alphabetic := unicode.In(r, unicode.Latin, unicode.Cyrillic)
	if alphabetic && utf8.RuneCountInString(name) < shortest && strings.ToUpper(name) != name {
		return place.Country{}, false
	}
	return place.Lookup(name)
}

// stateCode is the code under which a State is a party.
func stateCode(c place.Country) string { return strings.ToLower(c.Alpha3) }

// settle adds the State that is meant, and takes out those in whose names the name of another stands:
// who asks for Ireland does not mean the United Kingdom of Great Britain and Northern Ireland, unless
// a further word of the question is in that name too.
func (v *View) settle(c text.Clause, m meaning, codes, countries map[string]bool) {
	if !m.known {
		return
	}
	meant := stateCode(m.state)
	for code := range codes {
		if _, state := place.ByAlpha3(code); state && code != meant && inNameOf(c, code) && !v.furtherNamed(c, code) {
			delete(codes, code)
		}
	}
	for alpha2 := range countries {
		if other, ok := place.ByAlpha2(alpha2); ok && alpha2 != m.state.Alpha2 && !v.furtherNamed(c, stateCode(other)) {
			delete(countries, alpha2)
		}
	}
	if _, known := v.b.roll.party(meant); known && !inNameOf(c, meant) {
		codes[meant] = true // by a name that the register does not have
	}
	countries[m.state.Alpha2] = true
}

// furtherNamed reports whether a clause beside this one is in a name of the State.
func (v *View) furtherNamed(c text.Clause, code string) bool {
	for _, other := range v.clauses {
		if !other.Not && other.Prefix == "" && other.Text != c.Text && inNameOf(other, code) {
			return true
		}
	}
	return false
}

// inNameOf reports whether a clause is in a name of the State of a code.
func inNameOf(c text.Clause, code string) bool {
	country, _ := place.ByAlpha3(code)
	for _, r := range readingsOf(c) {
		for _, name := range countryWords()[r.keys[len(r.keys)-1]] {
			if name.code == country.Alpha2 && r.in(name.keys) {
				return true
			}
		}
	}
	return false
}

package explore

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/text"
)

// Correction says that a word was found nowhere and that the name To was looked for instead.
type Correction struct {
	From, To string
}

// Understood lists the words of the query that were read as a name spelled almost so.
func (v *View) Understood() []Correction { return slices.Clone(v.understood) }

// named adds the codes of the parties in whose name the reading stands.
func (r *roll) named(asked *reading, codes map[string]bool) {
	words := r.words()
	if asked.beginning != "" {
		for word, with := range words {
			if asked.answers(len(asked.keys)-1, word) {
				r.keep(asked, with, codes)
			}
		}
		return
	}
	r.keep(asked, words[asked.keys[len(asked.keys)-1]], codes)
}

// keep adds those of the parties with the last word of the reading that have all of it.
func (r *roll) keep(asked *reading, with []string, codes map[string]bool) {
	for _, code := range with {
		if codes[code] {
			continue
		}
		codes[code] = len(asked.keys) == 1 || slices.ContainsFunc(lang.All, func(c lang.Code) bool {
			name, ok := r.parties[code].Names[c]
			return ok && asked.in(keys(c, name))
		})
		if !codes[code] {
			delete(codes, code)
		}
	}
}

// ofParties is the pledges in which one of the parties, or a part of one, acts, and those that
// one of them leads.
func (f *folded) ofParties(codes map[string]bool) (acting, leading set) {
	var acts, leads []set
	parts := false
	for code := range codes {
		if party.Root(code) == code {
			acts = append(acts, f.facts[factRoot].set(code))
			leads = append(leads, f.facts[factLead].set(code))
		} else {
			parts = true
		}
	}
	if parts {
		for i, name := range f.facts[factCode].names {
			for code := name; code != ""; code = party.ParentOf(code) {
				if codes[code] && party.Root(code) != code {
					acts = append(acts, f.facts[factCode].posts[i].set())
					break
				}
			}
		}
	}
	return union(acts...), union(leads...)
}

// countryName is a name of a country by its keys.
type countryName struct {
	code string
	keys []string
}

// countryWords finds the names of countries by their last word. The names of places of
// implementation belong to place and are the same in every view.
var countryWords = sync.OnceValue(func() map[string][]countryName {
	words := map[string][]countryName{}
	for _, c := range place.Countries() {
		for _, language := range lang.All {
			name := keys(language, c.Name(language))
			for _, word := range distinct(slices.Clone(name)) {
				words[word] = append(words[word], countryName{c.Alpha2, name})
			}
		}
	}
	return words
})

// mostNamesakes is how many countries a single word may mean: "united", "republic" and "islands"
// mean none.
const mostNamesakes = 2

// countriesNamed adds the countries whose name has the reading in it: a whole name, several
// words of it, or one that few countries have. Beginnings of names are not looked for.
func countriesNamed(asked *reading, codes map[string]bool) {
	if asked.beginning != "" {
		return
	}
	var within []string
	for _, name := range countryWords()[asked.keys[len(asked.keys)-1]] {
		switch {
		case slices.Equal(name.keys, asked.keys), len(asked.keys) > 1 && asked.in(name.keys):
			codes[name.code] = true
		case len(asked.keys) == 1:
			within = append(within, name.code)
		}
	}
	if within = distinct(within); len(within) <= mostNamesakes {
		for _, code := range within {
			codes[code] = true
		}
	}
}

// spelling is a word of a name, as it is written and as it is compared, with the codes of those whose
// names have it.
type spelling struct {
	written, folded string
	of              []string
}

// spellings lists the words of the names of parties and countries.
func spellings(parties map[string]*party.Party) []spelling {
	known := map[string]*spelling{}
	add := func(code, name string) {
		for word := range strings.FieldsFuncSeq(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
			folded := text.Fold(word)
			s := known[folded]
			if s == nil {
				s = &spelling{written: word, folded: folded}
				known[folded] = s
			}
			s.written = min(s.written, word)
			if !slices.Contains(s.of, code) {
				s.of = append(s.of, code)
			}
		}
	}
	for code, p := range parties {
		if p != nil {
			for _, name := range p.Names {
				add(code, name)
			}
		}
	}
	for _, c := range place.Countries() {
		for _, language := range lang.All {
			add(stateCode(c), c.Name(language))
		}
	}
	out := make([]spelling, 0, len(known))
	for _, s := range known {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b spelling) int { return cmp.Compare(a.folded, b.folded) })
	return out
}

// mistakes is how many letters of a word may be wrong, missing, too many or changed places.
func mistakes(letters int) int {
	switch {
	case letters >= 8:
		return 2
	case letters >= 4:
		return 1
	}
	return 0
}

// mostGuesses is how many spellings of one name are tried.
const mostGuesses = 8

// correct reads a word that is found nowhere as the name that it resembles most. What is itself a
// name, or a word of one, stays as it is, be it found or not; and where names of several parties are
// equally near, nobody knows which was meant: how many pledges they have does not decide it.
func (v *View) correct(c text.Clause) (text.Clause, found, bool) {
	folded := text.Fold(c.Text)
	most := mistakes(utf8.RuneCountInString(folded))
	if most == 0 || c.Prefix != "" || len(c.Terms) != 1 || strings.ContainsFunc(folded, func(r rune) bool {
		return !unicode.IsLetter(r) || unicode.Is(unicode.Han, r)
	}) {
		return c, found{}, false
	}
	var near []spelling
	plain := single(folded)
	for _, s := range v.b.roll.spellings() {
		d := distance(folded, s.folded, most)
		if d > 1 && most > 0 && plain == single(s.folded) {
			d = 1 // "Morroco": which letters are double is one thing to know
		}
		switch {
		case d < most:
			near, most = []spelling{s}, d
		case d == most:
			near = append(near, s)
		}
	}
	if most == 0 || !sameOwner(near) {
		return c, found{}, false
	}
	var best text.Clause
	var as found
	hits := 0
	for _, name := range near[:min(len(near), mostGuesses)] {
		clauses := text.Query(name.written, anyReading)
		if len(clauses) != 1 {
			continue
		}
		f := v.find(clauses[0], meaning{})
		if n := f.set().countIn(v.b.live); n > hits {
			best, as, hits = clauses[0], f, n
		}
	}
	if hits == 0 {
		return c, found{}, false
	}
	v.understood = append(v.understood, Correction{c.Text, best.Text})
	return best, as, true
}

// single is a word with every double letter written once.
func single(word string) string {
	return string(slices.Compact([]rune(word)))
}

// sameOwner reports whether somebody has all of the spellings in his names.
func sameOwner(near []spelling) bool {
	return len(near) > 0 && slices.ContainsFunc(near[0].of, func(code string) bool {
		return !slices.ContainsFunc(near[1:], func(s spelling) bool { return !slices.Contains(s.of, code) })
	})
}

// distance is how many letters have to be changed, added, taken away or swapped with their
// neighbour to make one word the other (optimal string alignment); more than most is most+1.
func distance(a, b string, most int) int {
	if d := len(a) - len(b); d > 4*most || -d > 4*most {
		return most + 1
	}
	x, y := []rune(a), []rune(b)
	if d := len(x) - len(y); d > most || -d > most {
		return most + 1
	}
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		before, last, row = last, row, before
		row[0] = i + 1
		least := row[0]
		for j := range y {
			change := 1
			if x[i] == y[j] {
				change = 0
			}
			row[j+1] = min(last[j]+change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
			least = min(least, row[j+1])
		}
		if least > most {
			return most + 1
		}
	}
	return min(row[len(y)], most+1)
}

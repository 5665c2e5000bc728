package place

import (
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// longest bounds what Lookup looks at, in bytes; no name comes near it.
const longest = 256

// Lookup finds a country by a name as people write it: an official name in any of the six
// languages, a name of CLDR, or an alias ("Egypt, Arab Rep.", "DR Congo"). Case, diacritics,
// punctuation, "the", "of", "and" and "&" make no difference, and "Korea, Republic of" is read as
// "Republic of Korea". A name that could mean several countries ("Korea") finds none.
func Lookup(name string) (Country, bool) {
	if len(name) > longest {
		return Country{}, false
	}
	x := index()
	i, ok := x.at[fold(name)]
	if !ok {
		inverted, can := invert(name)
		if !can {
			return Country{}, false
		}
		i, ok = x.at[fold(inverted)]
	}
	if !ok || i == ambiguous {
		return Country{}, false
	}
	return world().countries[i], true
}

// invert turns "Korea, Republic of" and "Korea (Republic of)" into "Republic of Korea".
func invert(name string) (string, bool) {
	name = strings.Map(func(r rune) rune {
		switch r {
		case '（':
			return '('
		case '）':
			return ')'
		case '،', '，':
			return ','
		}
		return r
	}, strings.TrimSpace(name))
	if before, after, ok := strings.Cut(name, "("); ok && strings.HasSuffix(after, ")") {
		return around(before, strings.TrimSuffix(after, ")")), true
	}
	if before, after, ok := strings.Cut(name, ","); ok {
		return around(before, after), true
	}
	return "", false
}

// around sets a name into its description: before it, or at the dash by which Arabic official
// names mark the place, as in «بوليفيا (دولة - المتعددة القوميات)».
func around(name, description string) string {
	if before, after, ok := strings.Cut(description+" ", "- "); ok {
		return before + " " + name + " " + after
	}
	return description + " " + name
}

// small words carry no meaning between names; long replaces what is often written short.
var (
	small = map[string]bool{"the": true, "of": true, "and": true}
	long  = map[string]string{"rep": "republic", "dem": "democratic", "st": "saint"}
)

// letters holds what decomposition does not take apart.
var letters = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ı': "i",
	'ة': "ه", 'ى': "ي", 'ـ': "",
}

// fold is the key of a name: two names with the same key are the same name.
func fold(s string) string {
	var key, word strings.Builder
	flush := func() {
		w := word.String()
		word.Reset()
		if small[w] {
			return
		}
		if l, ok := long[w]; ok {
			w = l
		}
		key.WriteString(w)
	}
	for _, r := range norm.NFKD.String(s) {
		switch r = unicode.ToLower(r); {
		case unicode.Is(unicode.M, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if l, ok := letters[r]; ok {
				word.WriteString(l)
			} else {
				word.WriteRune(r)
			}
		default:
			flush()
		}
	}
	flush()
	return key.String()
}

// pacific is what people call Oceania, in the order of the languages.
var pacific = []string{"المحيط الهادئ", "太平洋", "Pacific", "Pacifique", "Тихий океан", "Pacífico", "the Pacific Islands"}

// oceania is the M49 code of the region that holds the islands of the Pacific.
const oceania = "009"

// RegionNamed finds a region of M49, the world excepted, by its name in one of the six languages; case,
// diacritics and the small words make no difference, as in Lookup.
func RegionNamed(name string) (Region, bool) {
	if len(name) > longest {
		return Region{}, false
	}
	key := fold(name)
	for _, known := range pacific {
		if key == fold(known) {
			return RegionByCode(oceania)
		}
	}
	return find(world().regions, func(r Region) bool {
		return r.Code != World && slices.ContainsFunc(r.names[:], func(known string) bool { return fold(known) == key })
	})
}

// ambiguous stands in the index for a name that could mean several countries.
const ambiguous = -1

type nameIndex struct {
	at    map[string]int // key to position in countries, or ambiguous
	clash []string       // names claimed for two countries; none, as a test sees to
}

var index = sync.OnceValue(func() *nameIndex {
	x := &nameIndex{at: map[string]int{"": ambiguous}}
	for name := range strings.SplitSeq(ambiguousNames, ";") {
		x.at[fold(name)] = ambiguous
	}
	position := map[string]int{}
	for i, c := range world().countries {
		position[c.Alpha3] = i
		for _, name := range c.names {
			x.claim(name, i)
		}
	}
	for _, row := range aliasRows {
		for name := range strings.SplitSeq(row.names, ";") {
			x.claim(name, position[row.alpha3])
		}
	}
	x.derive()
	return x
})

// claim enters a name; one that is declared ambiguous stays so.
func (x *nameIndex) claim(name string, i int) {
	key := fold(name)
	switch have, ok := x.at[key]; {
	case !ok:
		x.at[key] = i
	case have != i && have != ambiguous:
		x.clash = append(x.clash, name)
		x.at[key] = ambiguous
	}
}

// derive enters "Bolivia" and "Plurinational State of Bolivia" for "Bolivia (Plurinational
// State of)", where no stated name is in the way and no two countries give the same.
func (x *nameIndex) derive() {
	derived := map[string]int{}
	for i, c := range world().countries {
		for _, name := range c.names {
			inverted, ok := invert(name)
			if !ok {
				continue
			}
			candidates := []string{inverted}
			if bare, _, ok := strings.Cut(strings.ReplaceAll(name, "（", "("), "("); ok {
				candidates = append(candidates, bare)
			}
			for _, candidate := range candidates {
				key := fold(candidate)
				if have, ok := derived[key]; ok && have != i {
					derived[key] = ambiguous
				} else {
					derived[key] = i
				}
			}
		}
	}
	for key, i := range derived {
		if _, ok := x.at[key]; !ok {
			x.at[key] = i
		}
	}
}

package api

import (
	"fmt"
	"strings"

	"stocktake/internal/explore"
	"stocktake/internal/place"
	"stocktake/internal/text"
)

// understood says how the view read the words of its question.
func understood(v *explore.View) Understood {
	u := Understood{ReadAs: []ReadAs{}, Hints: []Hint{}}
	for _, c := range v.Understood() {
		u.ReadAs = append(u.ReadAs, ReadAs{c.From, c.To})
	}
	for _, h := range v.Hints() {
		u.Hints = append(u.Hints, Hint{string(h.Kind), all(h.Words), messageOf(h)})
	}
	if words := strings.TrimSpace(v.Query.Words); words != "" && v.Totals.Pledges == 0 {
		if region, known := place.RegionNamed(words); known {
			u.Hints = append(u.Hints, Hint{"region", []string{words}, fmt.Sprintf(
				"“%s” is the name of a region, which few texts state; ask party_region=%[2]s for who pledges there, or region=%[2]s for what is carried out there", words, region.Code)})
		}
	}
	return u
}

// messageOf says a hint in words.
func messageOf(h text.Hint) string {
	words := make([]string, len(h.Words))
	for i, w := range h.Words {
		words[i] = "“" + w + "”"
	}
	list := strings.Join(words, ", ")
	switch h.Kind {
	case text.NoWords:
		return list + " has no word in it, so that nothing was looked for; give a word, a name, or the id of a pledge"
	case text.OnlyWithout:
		return "the minus sign leaves a word out: these are all pledges without " + list + "; leave the sign out to look for it"
	case text.Unread:
		return fmt.Sprintf("the first %d words were looked for, and not %s; ask for fewer", text.MostAsked, list)
	case text.Star:
		return "a star means something right after the beginning of a word, outside quotation marks, as migra*; elsewhere it was passed over"
	case text.Operator:
		return list + " was looked for as a word: all words have to be there; put a minus before a word to leave it out, and ask once for each word to find any of them"
	case explore.Beginning:
		return "more words begin with " + list + " than are looked for; give more letters of it"
	}
	return ""
}

package lang

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// maxAccept bounds how much of an Accept-Language header is read; browsers send well under 200 bytes.
const maxAccept = 512

// matched lists what the matcher offers, the default first; the index is what it answers.
var matched = []Code{EN, AR, ES, FR, RU, ZH}

// The matcher is immutable and safe for concurrent use.
var matcher = language.NewMatcher([]language.Tag{
	language.English, language.Arabic, language.Spanish, language.French, language.Russian, language.Chinese,
})

// Match gives the one of the six that a reader with this Accept-Language header understands best:
// by the header's weights and by CLDR's table of closeness (zh-TW reads zh, ar-EG reads ar).
// Wishes that cannot be read are passed over; Default is the answer when none is left, or none
// is for one of the six. Whatever stands after the first 512 bytes is not read.
func Match(acceptLanguage string) Code {
	if len(acceptLanguage) > maxAccept {
		cut := strings.LastIndexByte(acceptLanguage[:maxAccept], ',')
		if cut < 0 {
			return Default
		}
		acceptLanguage = acceptLanguage[:cut]
	}
	type wish struct {
		tag    language.Tag
		weight float32
	}
	var wishes []wish
	// One by one, because x/text gives up the whole header for one unknown subtag. It leaves out weights of 0.
	for part := range strings.SplitSeq(acceptLanguage, ",") {
		tags, weights, err := language.ParseAcceptLanguage(part)
		if err == nil && len(tags) == 1 {
			wishes = append(wishes, wish{tags[0], weights[0]})
		}
	}
	slices.SortStableFunc(wishes, func(a, b wish) int { return cmp.Compare(b.weight, a.weight) })
	tags := make([]language.Tag, len(wishes))
	for i, w := range wishes {
		tags[i] = w.tag
	}
	_, i, confidence := matcher.Match(tags...)
	if confidence == language.No {
		return Default
	}
	return matched[i]
}

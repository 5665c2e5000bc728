package lang

import (
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
// by the header's weights and by CLDR's table of closeness (zh-TW and yue read zh, ca reads es).
// It gives Default when the header is empty, broken, or asks for none of the six. Whatever
// stands after the first 512 bytes is not read.
func Match(acceptLanguage string) Code {
	if len(acceptLanguage) > maxAccept {
		cut := strings.LastIndexByte(acceptLanguage[:maxAccept], ',')
		if cut < 0 {
			return Default
		}
		acceptLanguage = acceptLanguage[:cut]
	}
	tags, weights, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		return Default
	}
	// A weight of 0 means "not acceptable" (RFC 9110); such tags are last, if they are left in at all.
	for len(weights) > 0 && weights[len(weights)-1] <= 0 {
		weights = weights[:len(weights)-1]
	}
	tags = tags[:len(weights)]
	if len(tags) == 0 {
		return Default
	}
	_, i, confidence := matcher.Match(tags...)
	if confidence == language.No {
		return Default
	}
	return matched[i]
}

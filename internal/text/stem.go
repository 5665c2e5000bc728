package text

import (
	"strings"
	"unicode"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"

	"stocktake/internal/lang"
)

// stemLatin stems a composed, lower-cased word by the Snowball stemmer of the language; accents still on.
func stemLatin(c lang.Code, word string) string {
	switch c {
	case lang.EN:
		if one, ok := englishPlurals[word]; ok {
			return one
		}
		env := snowballstem.NewEnv(word)
		english.Stem(env)
		return env.Current()
	case lang.FR:
		env := snowballstem.NewEnv(accented(word, frenchEndings))
		french.Stem(env)
		return env.Current()
	case lang.ES:
		env := snowballstem.NewEnv(accented(word, spanishEndings))
		spanish.Stem(env)
		return env.Current()
	}
	return word
}

// englishPlurals are those of this field that no rule of endings finds.
var englishPlurals = map[string]string{"children": "child", "women": "woman", "men": "man"}

// Endings that people type without their accent and the stemmers know only with it: putting it
// on everywhere makes "securite" find "sécurité" and "migracion" find "migración". A word that
// rightly has none (fr "limite") gets one too, in the text as in the query.
var (
	frenchEndings  = [][2]string{{"ite", "ité"}, {"ites", "ités"}}
	spanishEndings = [][2]string{{"cion", "ción"}, {"sion", "sión"}, {"logia", "logía"}, {"logias", "logías"}}
)

func accented(word string, endings [][2]string) string {
	for _, e := range endings {
		if stem, ok := strings.CutSuffix(word, e[0]); ok {
			return stem + e[1]
		}
	}
	return word
}

// stemCyrillic stems as Russian: ё is е, stress marks and signs are dropped, й stays a letter of its own.
func stemCyrillic(word string) string {
	word = strings.Map(func(r rune) rune {
		switch {
		case r == 'ё':
			return 'е'
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			return r
		}
		return -1
	}, word)
	env := snowballstem.NewEnv(word)
	russian.Stem(env)
	return env.Current()
}

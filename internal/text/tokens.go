// Package text is the one analyser behind search in the six languages, and what else needs to
// know what a word is: parsing of queries, snippets, the word diff of the history page, slugs.
//
// Documents and queries go through the same function, Tokens, in the language of the text, so
// that search gives the same hits on every engine. A word is cut out of the text, composed
// (NFKC) and lower-cased, stemmed, and folded, in this order: the stemmers know accents, the
// reader need not. Nothing is thrown away as too common; ranking weighs words.
package text

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"stocktake/internal/lang"
)

// Token is one term of a text and where it stands: Start and End are byte offsets into the
// original, so that text[Start:End] is what the reader sees. Tokens are ordered by Start; the
// index in the slice is the position for phrases. Chinese bigrams overlap.
type Token struct {
	Term       string
	Start, End int
}

// maxWord is how many bytes of a word count; beyond that it is no word of a language.
const maxWord = 96

// Tokens analyses s as text of the language c. The language decides how Latin words are stemmed
// (en, es, fr; in the other languages they are names and stay whole); words in Cyrillic and
// Arabic letters are analysed as Russian and Arabic wherever they stand, and Han and kana are
// cut into bigrams. It is safe for concurrent use and never fails: bytes that are not UTF-8
// separate words.
func Tokens(c lang.Code, s string) []Token { return AppendTokens(nil, c, s) }

// AppendTokens is Tokens with the caller's slice, for loops over many texts.
func AppendTokens(tokens []Token, c lang.Code, s string) []Token {
	a := analysers.Get().(*analyser)
	tokens = a.append(tokens, c, s)
	analysers.Put(a)
	return tokens
}

// analyser remembers the terms of the words it has met: text repeats itself, stemming is dear.
// One serves one goroutine at a time.
type analyser struct {
	terms map[lang.Code]map[string]string
}

// remembered bounds the words an analyser keeps per language, about 4 MB when full.
const remembered = 1 << 15

var analysers = sync.Pool{New: func() any { return &analyser{terms: map[lang.Code]map[string]string{}} }}

func (a *analyser) append(tokens []Token, c lang.Code, s string) []Token {
	terms := a.terms[c]
	if terms == nil {
		terms = map[string]string{}
		a.terms[c] = terms
	}
	for w := range words(c, s) {
		if w.cjk {
			tokens = appendBigrams(tokens, terms, s, w.start, w.end)
			continue
		}
		term := remember(terms, cutBytes(s[w.start:w.end], maxWord), func(raw string) string { return analyse(c, raw) })
		if term != "" {
			tokens = append(tokens, Token{term, w.start, w.end})
		}
	}
	return tokens
}

// remember looks the term up, or makes it and keeps it. Neither key nor term holds on to the text.
func remember(terms map[string]string, raw string, analyse func(string) string) string {
	term, known := terms[raw]
	if !known {
		raw = strings.Clone(raw)
		term = analyse(raw)
		if len(terms) >= remembered {
			clear(terms)
		}
		terms[raw] = term
	}
	return term
}

// appendBigrams cuts a run of Han or kana into overlapping pairs; a run of one gives that one.
func appendBigrams(tokens []Token, terms map[string]string, s string, start, end int) []Token {
	_, size := utf8.DecodeRuneInString(s[start:end])
	second := start + size
	if second >= end {
		return append(tokens, Token{remember(terms, s[start:end], norm.NFKC.String), start, end})
	}
	for second < end {
		_, size = utf8.DecodeRuneInString(s[second:end])
		next := second + size
		tokens = append(tokens, Token{remember(terms, s[start:next], norm.NFKC.String), start, next})
		start, second = second, next
	}
	return tokens
}

// analyse turns one word, as it stands in the text, into its term; "" when nothing of it is left.
func analyse(c lang.Code, raw string) string {
	if isASCII(raw) {
		raw = strings.ToLower(raw)
	} else {
		raw = compose(raw)
	}
	switch scriptOf(raw) {
	case scriptNumber:
		return number(raw)
	case scriptArabic:
		return stemArabic(raw)
	case scriptCyrillic:
		return stemCyrillic(raw)
	case scriptLatin:
		return foldWord(stemLatin(c, apostrophes(c, strings.ReplaceAll(raw, ".", ""))))
	}
	return foldWord(raw)
}

// number drops what groups digits and makes the decimal sign a point: "1,234.50" and "1 234,50"
// are 1234.50. A comma before three digits groups, any other is decimal.
func number(raw string) string {
	var b strings.Builder
	for i, r := range raw {
		switch {
		case r == ',' && !threeDigits(raw[i+1:]), r == '٫', r == '.':
			b.WriteByte('.')
		case unicode.IsNumber(r):
			b.WriteRune(r)
		}
	}
	return b.String()
}

// threeDigits reports whether s begins with exactly three ASCII digits.
func threeDigits(s string) bool {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n == 3
}

// elided are the words that French shortens before a vowel. In other languages only the first
// two are taken off: they stand in names (Côte d'Ivoire, L'Aquila).
var elided = []string{"d", "l", "c", "j", "m", "n", "s", "t", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "presqu", "quelqu"}

// apostrophes takes the elided word off the front, the English possessive off the end, and any
// other apostrophe out of the word (don't, aujourd'hui, O'Brien).
func apostrophes(c lang.Code, word string) string {
	if !strings.ContainsAny(word, apostropheRunes) {
		return word
	}
	word = strings.Map(func(r rune) rune {
		if isApostrophe(r) {
			return '\''
		}
		return r
	}, word)
	front, rest, _ := strings.Cut(word, "'")
	list := elided[:2]
	if c == lang.FR {
		list = elided
	}
	for _, e := range list {
		if front == e && utf8.RuneCountInString(rest) > 1 {
			word = rest
		}
	}
	if c != lang.FR {
		word = strings.TrimSuffix(word, "'s")
	}
	return strings.ReplaceAll(word, "'", "")
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// cutBytes is the longest prefix of whole characters of at most n bytes.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

type script uint8

const (
	scriptOther script = iota
	scriptNumber
	scriptLatin
	scriptCyrillic
	scriptArabic
)

// scriptOf is the script of the first letter; a word without letters is a number.
func scriptOf(word string) script {
	for _, r := range word {
		switch {
		case r < utf8.RuneSelf:
			if r|0x20 >= 'a' && r|0x20 <= 'z' {
				return scriptLatin
			}
		case !unicode.IsLetter(r):
		case unicode.Is(unicode.Latin, r):
			return scriptLatin
		case unicode.Is(unicode.Cyrillic, r):
			return scriptCyrillic
		case unicode.Is(unicode.Arabic, r):
			return scriptArabic
		default:
			return scriptOther
		}
	}
	return scriptNumber
}

package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// compose brings the ways of writing one word together: compatibility forms, case, digits of
// other scripts, and characters that are not seen (soft hyphens, joiners, bidi marks).
func compose(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < utf8.RuneSelf:
			return r
		case unicode.Is(unicode.Cf, r):
			return -1
		case unicode.IsDigit(r):
			return '0' + digitValue(r)
		}
		return r
	}, strings.ToLower(norm.NFKC.String(strings.ToValidUTF8(s, ""))))
}

// digitValue: the digits of every script stand together in Unicode, from zero to nine.
func digitValue(r rune) rune {
	for v := rune(0); v < 9; v++ {
		if !unicode.IsDigit(r - v - 1) {
			return v
		}
	}
	return (r - decimalStart(r)) % 10
}

// decimalStart is the first of the row of decimal digits in which r stands; rows may adjoin.
func decimalStart(r rune) rune {
	for unicode.IsDigit(r - 1) {
		r--
	}
	return r
}

// plain holds the Latin letters (and the Greek final sigma) that Unicode does not take apart.
var plain = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'đ': "d", 'ð': "d", 'þ': "th", 'ł': "l", 'ħ': "h",
	'ı': "i", 'ŋ': "n", 'ŧ': "t", 'ĸ': "k", 'ə': "e", 'ς': "σ",
}

// foldWord takes the marks off a composed, lower-cased word and drops whatever is neither letter nor number.
func foldWord(s string) string {
	if isASCII(s) {
		for i := 0; i < len(s); i++ {
			if asciiClass[s[i]] == separator {
				return foldRunes(s)
			}
		}
		return s
	}
	return foldRunes(s)
}

func foldRunes(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		if p, ok := plain[r]; ok {
			b.WriteString(p)
		} else if unicode.IsLetter(r) || unicode.IsNumber(r) {
			b.WriteRune(r)
		}
	}
	return norm.NFC.String(b.String())
}

// foldLatin lower-cases and takes the marks off, and leaves every separator where it is.
func foldLatin(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(compose(s)) {
		if p, ok := plain[r]; ok {
			b.WriteString(p)
		} else if !unicode.IsMark(r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Fold gives the words of s, composed, lower-cased, without marks, the variants of Arabic letters
// made one, one space between words: what two spellings of a name have in common. It does not stem.
func Fold(s string) string {
	var b strings.Builder
	for w := range words("", s) {
		folded := arabicLetters.Replace(foldRunes(compose(s[w.start:w.end])))
		if folded == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(folded)
	}
	return b.String()
}

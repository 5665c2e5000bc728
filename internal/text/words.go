package text

import (
	"iter"
	"unicode"
	"unicode/utf8"

	"stocktake/internal/lang"
)

// word is a stretch of the text: a word, or a run of Han and kana to be cut into bigrams.
type word struct {
	start, end int
	cjk        bool
}

// class is what a character does to the word it stands in.
type class uint8

const (
	separator class = iota
	letter          // of any script but those below
	arabic          // a letter of the Arabic script; it does not join with others (وIOM is two words)
	digit
	extend // combining marks and format characters (soft hyphen, joiners, bidi marks): part of a word, never its end alone
	cjk
)

const apostropheRunes = "'’ʼ＇‘"

func isApostrophe(r rune) bool {
	return r == '\'' || r == '’' || r == 'ʼ' || r == '＇' || r == '‘'
}

var asciiClass = func() (table [utf8.RuneSelf]class) {
	for r := range table {
		switch {
		case unicode.IsLetter(rune(r)):
			table[r] = letter
		case unicode.IsDigit(rune(r)):
			table[r] = digit
		}
	}
	return table
}()

func classOf(r rune) class {
	if r < utf8.RuneSelf {
		return asciiClass[r]
	}
	switch {
	case r == 'ʼ':
		return separator // a modifier letter by category, an apostrophe by use
	case r >= 0x2E80 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r == 'ー':
		return cjk
	case unicode.IsLetter(r):
		if unicode.Is(unicode.Arabic, r) || r == 'ـ' {
			return arabic
		}
		return letter
	case unicode.IsNumber(r):
		return digit
	case unicode.IsMark(r), unicode.Is(unicode.Cf, r):
		return extend
	}
	return separator
}

// words cuts a text as UAX #29 does, with what search needs on top: Han and kana come as runs,
// Arabic letters part from others, an apostrophe joins letters, a point or comma joins the digits of a number,
// points join single letters (U.N.), and the endings of French inclusive writing (migrant·e·s)
// belong to their word without being read.
func words(c lang.Code, s string) iter.Seq[word] {
	return func(yield func(word) bool) {
		for i := 0; i < len(s); {
			r, size := utf8.DecodeRuneInString(s[i:])
			k := classOf(r)
			var w word
			switch k {
			case separator, extend:
				i += size
				continue
			case cjk:
				w = word{i, endOfRun(s, i), true}
				i = w.end
			default:
				w = word{start: i, end: endOfWord(s, i, k)}
				i = w.end
				if c == lang.FR {
					i = endOfInclusive(s, i)
				}
			}
			if !yield(w) {
				return
			}
		}
	}
}

// endOfRun is the end of the Han and kana that begin at i.
func endOfRun(s string, i int) int {
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		if classOf(r) != cjk {
			break
		}
		i += size
	}
	return i
}

// endOfWord is the end of the word that begins at i with a character of the class first.
func endOfWord(s string, i int, first class) int {
	end := i       // after the last letter, digit or mark
	last := first  // class of the last letter or digit
	single := true // every letter so far stands alone between points
	letters := 0   // since the last point
	number, grouped := first == digit, false
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		k := classOf(r)
		switch k {
		case extend:
			i += size
			if unicode.IsMark(r) {
				end = i
			}
			continue
		case cjk:
			return end
		case separator:
			next, width := utf8.DecodeRuneInString(s[i+size:])
			following := classOf(next)
			switch {
			case isApostrophe(r) && last == letter && following == letter:
			case joinsDigits(r) && number && following == digit:
				grouped = true
			case r == '.' && last == letter && following == letter && single && !joinsLetter(s[i+size+width:]):
				letters = 0
			default:
				return end
			}
			i += size
			continue
		}
		if (k == arabic) != (last == arabic) || grouped && k != digit {
			return end
		}
		number = number && k == digit
		letters++
		single = single && letters == 1
		last = k
		i += size
		end = i
	}
	return end
}

// joinsDigits: the decimal signs and what groups digits in the six languages. The two no-break
// spaces group; an ordinary space may as well part two numbers.
func joinsDigits(r rune) bool {
	switch r {
	case '.', ',', '٫', '٬', '\u00a0', '\u202f':
		return true
	}
	return false
}

// joinsLetter reports whether the text goes on with something that makes the letter before it part of a longer word.
func joinsLetter(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	k := classOf(r)
	return rest != "" && (k == letter || k == arabic || k == digit || isApostrophe(r))
}

// endOfInclusive passes over the endings that follow a middle dot.
func endOfInclusive(s string, i int) int {
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r != '·' && r != '‧' {
			return i
		}
		next, _ := utf8.DecodeRuneInString(s[i+size:])
		if classOf(next) != letter {
			return i
		}
		i += size
		for i < len(s) {
			r, size := utf8.DecodeRuneInString(s[i:])
			if classOf(r) != letter {
				break
			}
			i += size
		}
	}
	return i
}

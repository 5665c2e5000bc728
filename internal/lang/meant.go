package lang

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// longestMeant is how long, in bytes, what Meant reads may be.
const longestMeant = 120

// Meant reads a day as people write it, in any of the languages, where it can be read in one way only:
// "31.12.2023", "December 31, 2023", "2023年12月31日". A month or a year means its last day. Which number of
// 03/04/2023 is the month nobody can know: not ok. The answer is something to ask about, never to take silently.
func Meant(s string) (day string, ok bool) {
	if len(s) > longestMeant {
		return "", false
	}
	s = strings.Map(plainDigit, strings.ToLower(s))
	found := digits.FindAllString(s, -1)
	if len(found) == 1 && len(found[0]) == len("20231231") {
		found = []string{found[0][:4], found[0][4:6], found[0][6:]}
	}
	words := wordsOfDate(digits.ReplaceAllString(s, " "))
	i := slices.IndexFunc(found, func(n string) bool { return len(n) == 4 })
	if i < 0 || slices.ContainsFunc(slices.Delete(slices.Clone(found), i, i+1), func(n string) bool { return len(n) > 2 }) {
		return "", false
	}
	year := figure(found[i])
	rest := slices.Delete(found, i, i+1)
	if words != "" {
		month := monthCalled(words)
		switch {
		case month == 0 || len(rest) > 1:
			return "", false
		case len(rest) == 1:
			return dayOf(year, month, figure(rest[0]))
		}
		return dayOf(year, month, lastOf(year, month))
	}
	switch len(rest) {
	case 0:
		return dayOf(year, 12, 31)
	case 1:
		month := figure(rest[0])
		return dayOf(year, month, lastOf(year, month))
	case 2:
		a, b := figure(rest[0]), figure(rest[1])
		switch {
		case i == 0:
			return dayOf(year, a, b)
		case i == 2 && (a > 12 || a == b):
			return dayOf(year, b, a)
		case i == 2 && b > 12:
			return dayOf(year, a, b)
		}
	}
	return "", false
}

var digits = regexp.MustCompile(`[0-9]+`)

func plainDigit(r rune) rune {
	for _, zero := range []rune{'٠', '۰', '０'} {
		if r >= zero && r <= zero+9 {
			return '0' + r - zero
		}
	}
	return dropBidi(r)
}

func figure(s string) int {
	n, _ := strconv.Atoi(s) // digits, four at most
	return n
}

func lastOf(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// dayOf is a day that the calendar has.
func dayOf(year, month, day int) (string, bool) {
	d := fmt.Sprintf("%04d-%02d-%02d", year, month, day)
	_, err := time.Parse(time.DateOnly, d)
	return d, err == nil
}

// besides are the words that stand in dates beside the name of the month.
var besides = []string{"年", "月", "日", "号", "de", "del", "of", "the", "le", "er", "st", "nd", "rd", "th", "года", "год", "г"}

// wordsOfDate are the letters of a date without the words that say nothing.
func wordsOfDate(s string) string {
	words := strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return slices.Contains(besides, w) }), " ")
}

// monthCalled is the month, from 1, that has a name in one of the languages; 0 for none.
func monthCalled(words string) int {
	for _, c := range All {
		names := monthsOf(c)
		for m := range 12 {
			called := append(strings.Split(names.alone[m], "/"), names.alone[m], names.inDate[m], names.short[m])
			for _, name := range called {
				if name = wordsOfDate(strings.ToLower(name)); name != "" && name == words {
					return m + 1
				}
			}
		}
	}
	return 0
}

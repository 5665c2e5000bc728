package lang

import (
	"math"
	"strconv"
	"strings"
)

// Digits chooses the shapes of the digits in Arabic; the other languages have Latin ones only.
type Digits uint8

const (
	Latin  Digits = iota // 0123456789, the default everywhere
	Arabic               // ٠١٢٣٤٥٦٧٨٩
)

// numerals says how one language writes numbers.
//
// Separators follow current CLDR (48): French groups with U+202F, Russian with U+00A0, and
// Spanish leaves four digits together (minimumGroupingDigits 2). golang.org/x/text carries CLDR
// 32, which has neither; hence this table. One deliberate departure: CLDR's Spanish groups
// with a full stop, the Spanish of the United Nations (and the Academy) with a space.
type numerals struct {
	group, decimal, minus string
	percent               string // what follows the number, with its space or mark
	minGroup              int    // groups begin when this many digits stand left of the last three
	arabic                bool
}

const (
	nbsp  = "\u00a0"
	nnbsp = "\u202f"
	lrm   = "\u200e"
	alm   = "\u061c"
)

var (
	numbersEN     = numerals{group: ",", decimal: ".", minus: "-", percent: "%", minGroup: 1}
	numbersES     = numerals{group: nbsp, decimal: ",", minus: "-", percent: nbsp + "%", minGroup: 2}
	numbersFR     = numerals{group: nnbsp, decimal: ",", minus: "-", percent: nnbsp + "%", minGroup: 1}
	numbersRU     = numerals{group: nbsp, decimal: ",", minus: "-", percent: nbsp + "%", minGroup: 1}
	numbersARLatn = numerals{group: ",", decimal: ".", minus: lrm + "-", percent: lrm + "%" + lrm, minGroup: 1}
	numbersARArab = numerals{group: "٬", decimal: "٫", minus: alm + "-", percent: "٪" + alm, minGroup: 1, arabic: true}
)

func numeralsOf(c Code, d Digits) *numerals {
	switch c {
	case ES:
		return &numbersES
	case FR:
		return &numbersFR
	case RU:
		return &numbersRU
	case AR:
		if d == Arabic {
			return &numbersARArab
		}
		return &numbersARLatn
	}
	return &numbersEN
}

// Number writes n with the grouping of the language and Latin digits: "1,234", fr "1 234".
func Number(c Code, n int64) string { return number(c, Latin, n) }

// Decimal writes a decimal string ("-1234567.50", as money is stored) with the grouping and the
// decimal sign of the language, keeping every digit given. What is no such string comes back unchanged.
func Decimal(c Code, s string) string { return decimal(c, Latin, s) }

// Percent writes a ratio (0.125) as a percentage with so many decimals (1: "12.5%"), halves
// rounded away from zero. A ratio that is no number gives "–".
func Percent(c Code, ratio float64, decimals int) string { return percent(c, Latin, ratio, decimals) }

func number(c Code, d Digits, n int64) string {
	var buf [48]byte
	return string(appendNumber(buf[:0], c, d, n))
}

func appendNumber(b []byte, c Code, d Digits, n int64) []byte {
	var buf [20]byte
	digits := strconv.AppendInt(buf[:0], n, 10)
	num := numeralsOf(c, d)
	if digits[0] == '-' {
		b = append(b, num.minus...)
		digits = digits[1:]
	}
	return num.appendGrouped(b, digits)
}

func appendUnsigned(b []byte, c Code, d Digits, n uint64) []byte {
	var buf [20]byte
	return numeralsOf(c, d).appendGrouped(b, strconv.AppendUint(buf[:0], n, 10))
}

func decimal(c Code, d Digits, s string) string {
	if !isDecimal(s) {
		return s
	}
	return string(appendDecimal(make([]byte, 0, 2*len(s)+8), c, d, s))
}

// appendDecimal expects a string that isDecimal accepts.
func appendDecimal(b []byte, c Code, d Digits, s string) []byte {
	num := numeralsOf(c, d)
	if rest, negative := strings.CutPrefix(s, "-"); negative {
		b = append(b, num.minus...)
		s = rest
	}
	whole, fraction, found := strings.Cut(s, ".")
	b = num.appendGrouped(b, []byte(whole))
	if found {
		b = append(b, num.decimal...)
		b = num.appendDigits(b, fraction)
	}
	return b
}

// isDecimal accepts an optional minus, one or more digits, and optionally a point and one or more digits.
func isDecimal(s string) bool {
	whole, fraction, found := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	return isDigits(whole) && (!found || isDigits(fraction))
}

func isDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func percent(c Code, d Digits, ratio float64, decimals int) string {
	if math.IsNaN(ratio) || math.IsInf(ratio, 0) {
		return "–"
	}
	decimals = min(max(decimals, 0), 6)
	scale := math.Pow10(decimals)
	value := math.Round(ratio*100*scale) / scale
	if value == 0 {
		value = 0 // no "-0%"
	}
	s := strconv.FormatFloat(value, 'f', decimals, 64)
	if !isDecimal(s) {
		return "–"
	}
	b := appendDecimal(nil, c, d, s)
	return string(append(b, numeralsOf(c, d).percent...))
}

// appendGrouped writes ASCII digits in groups of three.
func (num *numerals) appendGrouped(b, digits []byte) []byte {
	grouped := len(digits) >= 3+num.minGroup
	for i, digit := range digits {
		if left := len(digits) - i; grouped && i > 0 && left%3 == 0 {
			b = append(b, num.group...)
		}
		b = num.appendDigit(b, digit)
	}
	return b
}

func (num *numerals) appendDigits(b []byte, digits string) []byte {
	for i := 0; i < len(digits); i++ {
		b = num.appendDigit(b, digits[i])
	}
	return b
}

func (num *numerals) appendDigit(b []byte, digit byte) []byte {
	if num.arabic {
		return append(b, 0xD9, 0xA0+digit-'0') // U+0660 to U+0669 in UTF-8
	}
	return append(b, digit)
}

// shape gives the digits of s the shape chosen; separators are left alone (dates, times, years).
func shape(c Code, d Digits, s string) string {
	if c != AR || d != Arabic {
		return s
	}
	b := make([]byte, 0, 2*len(s))
	for i := 0; i < len(s); i++ {
		if s[i] >= '0' && s[i] <= '9' {
			b = numbersARArab.appendDigit(b, s[i])
		} else {
			b = append(b, s[i])
		}
	}
	return string(b)
}

package party

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"stocktake/internal/errs"
)

// Words are the limits of a piece of public text. What is published cannot be taken back
// silently, so text is held to a few rules before it enters the register:
//
//   - It is valid UTF-8 in Unicode's composed form (NFC): two ways to write "é" would be two
//     different records that look the same.
//   - It has no control characters. Lines end in LF, where lines are allowed at all.
//   - It has no embedding, override or isolate controls (U+202A–202E, U+2066–2069): they can
//     make a text read differently from what it says, and an unclosed one disturbs the page
//     around it. The marks LRM, RLM and ALM belong to ordinary Arabic and Hebrew and stay.
//   - It has no e-mail address and no telephone number: contacts are private.
//
// Tidy mends what can be mended without changing the meaning; Check refuses the rest.
type Words struct {
	Min, Max int  // characters; Min 0 means that it may be empty
	Lines    bool // may run over several lines
}

// Tidy brings a text to the form in which it is recorded: composed, lines ended by LF, without
// paired direction controls, byte order marks and surrounding space.
func Tidy(s string) string {
	if isPlain(s) {
		return strings.TrimSpace(s)
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	s = strings.Map(func(r rune) rune {
		if pairedDirection(r) || r == '\uFEFF' {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(norm.NFC.String(s))
}

// Check says what is wrong with the text of a field; nothing where it may be published.
func (w Words) Check(field, s string) []errs.Field {
	if s == "" {
		if w.Min > 0 {
			return []errs.Field{{Field: field, Message: "is needed"}}
		}
		return nil
	}
	wrong := func(format string, args ...any) []errs.Field {
		return []errs.Field{{Field: field, Value: Glimpse(s), Message: fmt.Sprintf(format, args...)}}
	}
	if !isPlain(s) {
		if found := w.checkCharacters(s, wrong); found != nil {
			return found
		}
	}
	if strings.TrimSpace(s) != s {
		return wrong("must not begin or end with space")
	}
	switch n := utf8.RuneCountInString(s); {
	case n < w.Min:
		return wrong("has %d characters; at least %d are needed", n, w.Min)
	case w.Max > 0 && n > w.Max:
		return wrong("has %d characters; at most %d are allowed", n, w.Max)
	}
	if what := personal(s); what != "" {
		// The value stays out of the finding: findings are logged and handed on.
		return []errs.Field{{Field: field, Message: "looks like it holds " + what + "; contacts are private, leave it out"}}
	}
	return nil
}

// isPlain reports whether a text is all of visible ASCII and spaces: nothing is to be said of its
// characters.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func (w Words) checkCharacters(s string, wrong func(format string, args ...any) []errs.Field) []errs.Field {
	if !utf8.ValidString(s) {
		return wrong("is not valid UTF-8; save the file as UTF-8 and try again")
	}
	for _, r := range s {
		switch {
		case r == '\n' && !w.Lines:
			return wrong("must be one line")
		case r == '\n' || r == '\t' && w.Lines:
		case pairedDirection(r):
			return wrong("contains the invisible direction control U+%04X; write it without", r)
		case unicode.IsControl(r), r == '\uFEFF', r == '\u2028', r == '\u2029', r == utf8.RuneError:
			return wrong("contains the control character U+%04X; write it without", r)
		}
	}
	if !norm.NFC.IsNormalString(s) {
		return wrong("must be in Unicode's composed form (NFC)")
	}
	return nil
}

// Glimpse is the beginning of a value, short enough for a message.
func Glimpse(s string) string {
	const most = 80
	s = strings.ToValidUTF8(s, "\uFFFD")
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

func pairedDirection(r rune) bool {
	return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069
}

var (
	email = regexp.MustCompile(`[\pL\pN][\pL\pN._%+'-]*\s?[@＠]\s?[\pL\pN][\pL\pN-]*(\.[\pL\pN-]+)*\.\pL{2,}`)
	// What announces a telephone number.
	announced = []string{"tel", "phone", "telephone", "whatsapp", "téléphone", "teléfono", "тел", "телефон", "电话", "電話", "هاتف"}
	// A number in international form, or one that is announced as a telephone number.
	phone = regexp.MustCompile(`(^|[^\pL\pN+])(\+|00)[1-9]([ .()/\x{00A0}-]{0,2}[0-9]){8,14}($|[^0-9])` +
		`|(?i)(^|[^\pL])(` + strings.Join(announced, "|") + `)[ .:：]{1,3}[+(]?[0-9]([ .()/-]{0,2}[0-9]){5,}`)
	address = regexp.MustCompile(`https?://[^\s]+`) // digits in a web address call nobody
)

// personal names the kind of personal data that a text seems to hold; "" for none.
func personal(s string) string {
	if (strings.Contains(s, "@") || strings.Contains(s, "＠")) && email.MatchString(s) {
		return "a personal e-mail address"
	}
	if strings.Contains(s, "://") {
		s = address.ReplaceAllString(s, " ")
	}
	if mayBePhone(s) && phone.MatchString(s) {
		return "a telephone number"
	}
	return ""
}

// mayBePhone is true of every text that phone matches and of few others: nearly all texts have
// numbers in them, and the expression is slow. It looks at each row of digits that follow one
// another with no more between them than phone allows, and at what stands before it.
func mayBePhone(s string) bool {
	for i := 0; i < len(s); {
		if !isDigit(s[i]) {
			i++
			continue
		}
		begin, digits, apart := i, 0, 0
		for ; i < len(s) && apart <= 2; i++ {
			switch {
			case isDigit(s[i]):
				digits, apart = digits+1, 0
			case strings.IndexByte(" .()/-", s[i]) >= 0, s[i] == '\xA0': // the second byte of U+00A0
				apart++
			case s[i] != '\xC2': // its first
				apart = 3
			}
		}
		before := s[:begin]
		switch {
		case digits >= 9 && (strings.HasSuffix(before, "+") || strings.Contains(s[begin:i], "00")):
			return true
		case digits >= 6 && endsAnnounced(strings.TrimRight(before, " .:：+(")):
			return true
		}
	}
	return false
}

// endsAnnounced reports whether the text ends with the last letter of a word that announces a
// telephone number.
func endsAnnounced(s string) bool {
	last, _ := utf8.DecodeLastRuneInString(s)
	for _, word := range announced {
		if end, _ := utf8.DecodeLastRuneInString(word); unicode.ToLower(last) == end {
			return true
		}
	}
	return false
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

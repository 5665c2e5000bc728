package register

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"stocktake/internal/errs"
)

// maxDepth bounds the nesting of a JSON text, and with it the stack of its reader.
const maxDepth = 200

// Canonical gives the canonical JSON of a Go value. A string that is not valid UTF-8 is an
// error, where encoding/json would silently put a replacement in its place.
func Canonical(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, errs.New(errs.Invalid, "canonical JSON: %w", err)
	}
	return canonical(b.Bytes(), true)
}

// CanonicalJSON gives the canonical form (RFC 8785) of a JSON text: no white space, members
// sorted by the UTF-16 code units of their names, strings and numbers in the one form of
// ECMAScript. Two texts that mean the same have the same canonical form, byte for byte.
//
// Refused with errs.Invalid is what has no unambiguous meaning: members named twice, invalid
// UTF-8, a lone surrogate, and a number that a double cannot hold. Beyond the RFC, an integer
// that would lose digits (over 15 or so of them) is refused instead of rounded: in a register a
// silent change is worse than an error; such a number belongs in a string.
func CanonicalJSON(text []byte) ([]byte, error) { return canonical(text, false) }

func canonical(text []byte, marshalled bool) ([]byte, error) {
	r := jsonReader{in: text, marshalled: marshalled}
	r.space()
	out, err := r.value(make([]byte, 0, len(text)), 0)
	if err != nil {
		return nil, err
	}
	r.space()
	if r.at < len(r.in) {
		return nil, r.fail("something follows the value")
	}
	return out, nil
}

// jsonReader reads a JSON text (RFC 8259, strictly) and writes its canonical form as it goes.
type jsonReader struct {
	in []byte
	at int
	// marshalled: the text comes from encoding/json, which writes an invalid byte as \ufffd.
	marshalled bool
	members    []member // of the objects that are open, those of the innermost last
	unsorted   []byte   // room for an object that is being sorted
}

func (r *jsonReader) fail(format string, args ...any) error {
	return errs.New(errs.Invalid, "JSON at byte %d: %s", r.at, fmt.Sprintf(format, args...))
}

func (r *jsonReader) space() {
	for r.at < len(r.in) {
		switch r.in[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

func (r *jsonReader) value(out []byte, depth int) ([]byte, error) {
	if r.at >= len(r.in) {
		return nil, r.fail("a value is missing")
	}
	if depth > maxDepth {
		return nil, r.fail("nested deeper than %d", maxDepth)
	}
	switch c := r.in[r.at]; {
	case c == '{':
		return r.object(out, depth)
	case c == '[':
		return r.array(out, depth)
	case c == '"':
		out, _, err := r.str(out)
		return out, err
	case c == '-' || '0' <= c && c <= '9':
		return r.number(out)
	}
	for _, word := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(r.in[r.at:], []byte(word)) {
			r.at += len(word)
			return append(out, word...), nil
		}
	}
	return nil, r.fail("no value begins like this")
}

func (r *jsonReader) array(out []byte, depth int) ([]byte, error) {
	out = append(out, '[')
	r.at++
	r.space()
	if r.at < len(r.in) && r.in[r.at] == ']' {
		r.at++
		return append(out, ']'), nil
	}
	for {
		var err error
		r.space()
		if out, err = r.value(out, depth+1); err != nil {
			return nil, err
		}
		r.space()
		switch {
		case r.at < len(r.in) && r.in[r.at] == ',':
			out = append(out, ',')
		case r.at < len(r.in) && r.in[r.at] == ']':
			r.at++
			return append(out, ']'), nil
		default:
			return nil, r.fail("want , or ] in an array")
		}
		r.at++
	}
}

type member struct {
	name       []byte
	start, end int // "name":value in the output, before sorting
}

func (r *jsonReader) object(out []byte, depth int) ([]byte, error) {
	out = append(out, '{')
	r.at++
	r.space()
	if r.at < len(r.in) && r.in[r.at] == '}' {
		r.at++
		return append(out, '}'), nil
	}
	outer, first := len(r.members), len(out)
	if r.members == nil {
		r.members = make([]member, 0, 32)
	}
	for {
		r.space()
		if r.at >= len(r.in) || r.in[r.at] != '"' {
			return nil, r.fail("want the name of a member")
		}
		m := member{start: len(out)}
		var err error
		if out, m.name, err = r.str(out); err != nil {
			return nil, err
		}
		r.space()
		if r.at >= len(r.in) || r.in[r.at] != ':' {
			return nil, r.fail("want : after a name")
		}
		r.at++
		r.space()
		if out, err = r.value(append(out, ':'), depth+1); err != nil {
			return nil, err
		}
		m.end = len(out)
		r.members = append(r.members, m)
		r.space()
		if r.at < len(r.in) && r.in[r.at] == ',' {
			out = append(out, ',')
			r.at++
			continue
		}
		if r.at < len(r.in) && r.in[r.at] == '}' {
			r.at++
			break
		}
		return nil, r.fail("want , or } in an object")
	}
	members := r.members[outer:]
	r.members = r.members[:outer]
	if !slices.IsSortedFunc(members, byName) {
		r.unsorted = append(r.unsorted[:0], out[first:]...)
		slices.SortFunc(members, byName)
		out = out[:first]
		for i, m := range members {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(out, r.unsorted[m.start-first:m.end-first]...)
		}
	}
	for i := 1; i < len(members); i++ {
		if bytes.Equal(members[i].name, members[i-1].name) {
			return nil, r.fail("the member %q stands twice", members[i].name)
		}
	}
	return append(out, '}'), nil
}

// byName orders members as RFC 8785 does, by the UTF-16 code units of their names. That is the
// order of the bytes in UTF-8, but that what UTF-16 writes as surrogates (U+D800–DFFF, in UTF-8
// from F0 on) comes before U+E000–FFFF (in UTF-8 EE and EF).
func byName(a, b member) int {
	n := min(len(a.name), len(b.name))
	for i := range n {
		x, y := a.name[i], b.name[i]
		switch {
		case x == y:
		case x >= 0xEE && y >= 0xEE && (x >= 0xF0) != (y >= 0xF0):
			return int(y) - int(x)
		default:
			return int(x) - int(y)
		}
	}
	return len(a.name) - len(b.name)
}

// str reads a string, writes it to out and gives its meaning.
func (r *jsonReader) str(out []byte) (_, meaning []byte, err error) {
	r.at++
	start := r.at
	for {
		r.at += leading(r.in[r.at:])
		if r.at >= len(r.in) {
			return nil, nil, r.fail("a string does not end")
		}
		switch c := r.in[r.at]; {
		case c == '"':
			meaning = r.in[start:r.at]
			r.at++
			// What needed no escape here needs none in the canonical form.
			return append(out, r.in[start-1:r.at]...), meaning, nil
		case c == '\\':
			return r.escaped(out, start)
		default:
			if err := r.char(c); err != nil {
				return nil, nil, err
			}
		}
	}
}

// leading counts the bytes before the first that ends a string, needs an escape or is not ASCII.
func leading(b []byte) int {
	for i, c := range b {
		if c < 0x20 || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return i
		}
	}
	return len(b)
}

// escaped is str for a string that began at start and comes to its first escape.
func (r *jsonReader) escaped(out []byte, start int) (_, meaning []byte, err error) {
	var b strings.Builder
	b.Write(r.in[start:r.at])
	for r.at < len(r.in) {
		switch c := r.in[r.at]; {
		case c == '"':
			r.at++
			return appendString(out, b.String()), []byte(b.String()), nil
		case c == '\\':
			if err := r.escape(&b); err != nil {
				return nil, nil, err
			}
		default:
			from := r.at
			if err := r.char(c); err != nil {
				return nil, nil, err
			}
			b.Write(r.in[from:r.at])
		}
	}
	return nil, nil, r.fail("a string does not end")
}

// char passes over one character, of which c is the first byte.
func (r *jsonReader) char(c byte) error {
	n := 1
	switch {
	case c < 0x20:
		return r.fail("a control character must be escaped")
	case c >= utf8.RuneSelf:
		var ru rune
		if ru, n = utf8.DecodeRune(r.in[r.at:]); ru == utf8.RuneError && n == 1 {
			return r.fail("invalid UTF-8")
		}
	}
	r.at += n
	return nil
}

func (r *jsonReader) escape(b *strings.Builder) error {
	if r.at+1 >= len(r.in) {
		return r.fail("a string does not end")
	}
	c := r.in[r.at+1]
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		b.WriteByte("\"\\/\b\f\n\r\t"[i])
		r.at += 2
		return nil
	}
	u, ok := r.hex4(r.at)
	if !ok {
		return r.fail("unknown escape")
	}
	if r.marshalled && u == utf8.RuneError {
		return r.fail("invalid UTF-8")
	}
	if !utf16.IsSurrogate(u) {
		b.WriteRune(u)
		r.at += 6
		return nil
	}
	low, ok := r.hex4(r.at + 6)
	pair := utf16.DecodeRune(u, low)
	if !ok || pair == utf8.RuneError {
		return r.fail("a lone surrogate")
	}
	b.WriteRune(pair)
	r.at += 12
	return nil
}

// hex4 reads \uXXXX at a place.
func (r *jsonReader) hex4(at int) (rune, bool) {
	if at+6 > len(r.in) || r.in[at] != '\\' || r.in[at+1] != 'u' {
		return 0, false
	}
	var u rune
	for _, c := range r.in[at+2 : at+6] {
		switch {
		case '0' <= c && c <= '9':
			u = u<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			u = u<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			u = u<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return u, true
}

const hexDigits = "0123456789abcdef"

// appendString writes a string as ECMAScript's JSON.stringify does: only what must be escaped.
func appendString(out []byte, s string) []byte {
	out = append(out, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		out = append(out, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			out = append(out, '\\', c)
		case '\b':
			out = append(out, `\b`...)
		case '\t':
			out = append(out, `\t`...)
		case '\n':
			out = append(out, `\n`...)
		case '\f':
			out = append(out, `\f`...)
		case '\r':
			out = append(out, `\r`...)
		default:
			out = append(out, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(out, s[start:]...), '"')
}

const exactDigits = 15 // every integer with so many digits is a double

func (r *jsonReader) number(out []byte) ([]byte, error) {
	start := r.at
	digits := func() int {
		n := r.at
		for r.at < len(r.in) && '0' <= r.in[r.at] && r.in[r.at] <= '9' {
			r.at++
		}
		return r.at - n
	}
	if r.in[r.at] == '-' {
		r.at++
	}
	lead := r.at
	n := digits()
	if n == 0 || n > 1 && r.in[lead] == '0' {
		return nil, r.fail("malformed number")
	}
	integer := true
	if r.at < len(r.in) && r.in[r.at] == '.' {
		integer = false
		r.at++
		if digits() == 0 {
			return nil, r.fail("malformed number")
		}
	}
	if r.at < len(r.in) && (r.in[r.at] == 'e' || r.in[r.at] == 'E') {
		integer = false
		r.at++
		if r.at < len(r.in) && (r.in[r.at] == '+' || r.in[r.at] == '-') {
			r.at++
		}
		if digits() == 0 {
			return nil, r.fail("malformed number")
		}
	}
	if integer && n <= exactDigits && r.in[lead] != '0' {
		return append(out, r.in[start:r.at]...), nil // its own canonical form
	}
	text := string(r.in[start:r.at])
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, r.fail("the number %.40s is too large", text)
	}
	before := len(out)
	out = appendNumber(out, f)
	if integer && text != "-0" && string(out[before:]) != text {
		return nil, r.fail("the integer %.40s would lose digits: write it as a string", text)
	}
	return out, nil
}

// appendNumber writes a finite double as ECMAScript's Number::toString does.
func appendNumber(out []byte, f float64) []byte {
	if f == 0 {
		return append(out, '0') // also for minus zero
	}
	if f < 0 {
		out = append(out, '-')
		f = math.Abs(f)
	}
	// The shortest digits that give the same double: d.ddde±xx.
	var buf [32]byte
	sci := strconv.AppendFloat(buf[:0], f, 'e', -1, 64)
	mantissa, exp, _ := bytes.Cut(sci, []byte("e"))
	e, err := strconv.Atoi(string(exp))
	if err != nil {
		panic(fmt.Sprintf("strconv wrote the exponent %q", exp))
	}
	digits := append([]byte{mantissa[0]}, mantissa[min(2, len(mantissa)):]...)
	k, n := len(digits), e+1 // the value is 0.digits × 10ⁿ
	switch {
	case k <= n && n <= 21:
		return append(append(out, digits...), strings.Repeat("0", n-k)...)
	case 0 < n && n <= 21:
		return append(append(append(out, digits[:n]...), '.'), digits[n:]...)
	case -6 < n && n <= 0:
		return append(append(append(out, "0."...), strings.Repeat("0", -n)...), digits...)
	}
	out = append(out, digits[0])
	if k > 1 {
		out = append(append(out, '.'), digits[1:]...)
	}
	out = append(out, 'e')
	if n-1 > 0 {
		out = append(out, '+')
	}
	return strconv.AppendInt(out, int64(n-1), 10)
}

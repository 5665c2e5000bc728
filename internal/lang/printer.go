package lang

import (
	"html/template"
	"reflect"
	"strconv"
	"time"
)

// Printer says messages, numbers, dates and lists in one language. It is immutable, costs
// nothing to obtain and is safe for concurrent use.
type Printer struct {
	code     Code
	digits   Digits
	messages map[string]*message
}

// Counted is a number dressed in HTML (a link round it, say): under the name "n" it picks the
// plural form by N, and it is printed as HTML.
type Counted struct {
	N    int64
	HTML template.HTML
}

// Code is the printer's language.
func (p *Printer) Code() Code { return p.code }

// Dir is the direction of the printer's language: "rtl" or "ltr".
func (p *Printer) Dir() string { return p.code.Dir() }

// Digits is the shape of the digits the printer writes.
func (p *Printer) Digits() Digits { return p.digits }

// WithDigits is the same printer with another shape of digits; it matters in Arabic only.
func (p *Printer) WithDigits(d Digits) *Printer {
	if d == p.digits || d > Arabic {
		return p
	}
	return &Printer{code: p.code, digits: d, messages: p.messages}
}

// Has reports whether the language has the message.
func (p *Printer) Has(key string) bool { _, ok := p.messages[key]; return ok }

// Number writes a whole number: "1,234".
func (p *Printer) Number(n int64) string { return number(p.code, p.digits, n) }

// Decimal writes a decimal string: "1,234.50". See the function Decimal.
func (p *Printer) Decimal(s string) string { return decimal(p.code, p.digits, s) }

// Percent writes a ratio as a percentage. See the function Percent.
func (p *Printer) Percent(ratio float64, decimals int) string {
	return percent(p.code, p.digits, ratio, decimals)
}

// Date spells out "2022-05-20", "2022-05" or "2022". See the function Date.
func (p *Printer) Date(d string) string {
	if _, _, _, ok := parseDate(d); !ok {
		return d
	}
	return shape(p.code, p.digits, Date(p.code, d))
}

// DateTime spells out a moment in UTC. See the function DateTime.
func (p *Printer) DateTime(t time.Time) string {
	return shape(p.code, p.digits, DateTime(p.code, t))
}

// DateTimeIn spells out a moment in the zone that t is in. See the function DateTimeIn.
func (p *Printer) DateTimeIn(t time.Time) string {
	return shape(p.code, p.digits, DateTimeIn(p.code, t))
}

// MonthName is the name of the month standing alone.
func (p *Printer) MonthName(m time.Month) string { return MonthName(p.code, m) }

// MonthShort is the label of the month on the axis of a chart.
func (p *Printer) MonthShort(m time.Month) string { return MonthShort(p.code, m) }

// List joins the members: "a, b and c".
func (p *Printer) List(items ...string) string { return List(p.code, items) }

// ListHTML joins members that are already HTML.
func (p *Printer) ListHTML(items ...template.HTML) template.HTML { return ListHTML(p.code, items) }

// T says the message as plain text. args are pairs of a placeholder's name and its value: a
// string (or a type made of one), a whole number, a float64, a Counted or a template.HTML;
// numbers are written as the language writes them, so a year is passed as a string. The value
// under "n" picks the plural form when it is a whole number or a Counted.
//
// T never panics. A missing key gives "⟦key⟧", a placeholder without its value and a value of
// another type give "⟦name⟧": tests of pages look for the bracket.
func (p *Printer) T(key string, args ...any) string {
	var buf [512]byte
	return string(p.append(buf[:0], false, key, args))
}

// HTML says the message as HTML: the text of the message and all values are escaped, except
// template.HTML and the HTML of a Counted, which are kept. A sentence with links, or with
// several numbers each in its own plural, is composed of several messages in this way:
//
//	p.HTML("sentence", "pledges", link(p.HTML("count.pledges", "n", 158)), "parties", …)
func (p *Printer) HTML(key string, args ...any) template.HTML {
	var buf [512]byte
	return template.HTML(p.append(buf[:0], true, key, args))
}

func (p *Printer) append(b []byte, html bool, key string, args []any) []byte {
	m, ok := p.messages[key]
	if !ok {
		return appendMissing(b, html, key)
	}
	f := m.forms[Other]
	if m.plural {
		if n, ok := countOf(args); ok {
			if chosen := m.forms[p.code.Plural(n)]; chosen != nil {
				f = chosen
			}
		}
	}
	for i := range f.segments {
		s := &f.segments[i]
		switch {
		case s.name != "":
			b = p.appendArg(b, html, s.name, args)
		case html:
			b = append(b, s.escaped...)
		default:
			b = append(b, s.text...)
		}
	}
	return b
}

// countOf finds the number under "n".
func countOf(args []any) (int64, bool) {
	for i := 0; i+1 < len(args); i += 2 {
		if name, ok := args[i].(string); !ok || name != "n" {
			continue
		}
		switch v := args[i+1].(type) {
		case int:
			return int64(v), true
		case int64:
			return v, true
		case Counted:
			return v.N, true
		}
		switch v := reflect.ValueOf(args[i+1]); {
		case v.CanInt():
			return v.Int(), true
		case v.CanUint():
			return int64(v.Uint()), true
		}
		return 0, false
	}
	return 0, false
}

// appendArg writes the value that args give the name. The cases before reflection are the common
// ones; nothing here keeps a value, so that callers' args need not go to the heap.
func (p *Printer) appendArg(b []byte, html bool, name string, args []any) []byte {
	for i := 0; i+1 < len(args); i += 2 {
		if given, ok := args[i].(string); !ok || given != name {
			continue
		}
		switch v := args[i+1].(type) {
		case string:
			return appendText(b, html, v)
		case template.HTML:
			return append(b, v...)
		case int:
			return appendNumber(b, p.code, p.digits, int64(v))
		case int64:
			return appendNumber(b, p.code, p.digits, v)
		case Counted:
			return append(b, v.HTML...)
		}
		switch v := reflect.ValueOf(args[i+1]); {
		case v.Kind() == reflect.String:
			return appendText(b, html, v.String())
		case v.CanInt():
			return appendNumber(b, p.code, p.digits, v.Int())
		case v.CanUint():
			return appendUnsigned(b, p.code, p.digits, v.Uint())
		case v.CanFloat():
			return p.appendFloat(b, v.Float())
		}
		break
	}
	return appendMissing(b, html, name)
}

func (p *Printer) appendFloat(b []byte, f float64) []byte {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !isDecimal(s) {
		return append(b, "–"...)
	}
	return appendDecimal(b, p.code, p.digits, s)
}

func appendMissing(b []byte, html bool, name string) []byte {
	b = append(b, "⟦"...)
	b = appendText(b, html, name)
	return append(b, "⟧"...)
}

// appendText escapes as template.HTMLEscapeString does, without its intermediate string.
func appendText(b []byte, html bool, s string) []byte {
	if !html {
		return append(b, s...)
	}
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '&':
			b = append(b, "&amp;"...)
		case '<':
			b = append(b, "&lt;"...)
		case '>':
			b = append(b, "&gt;"...)
		case '"':
			b = append(b, "&#34;"...)
		case '\'':
			b = append(b, "&#39;"...)
		case 0:
			b = append(b, "\uFFFD"...)
		default:
			b = append(b, s[i])
		}
	}
	return b
}

// Gap is what stands between two sentences: a space, and nothing in Chinese, whose full stop has its own.
func (p *Printer) Gap() string {
	if p.code == ZH {
		return ""
	}
	return " "
}

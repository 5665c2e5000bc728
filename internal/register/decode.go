package register

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unsafe"
)

// Decode reads canonical JSON into the zero value that into points to. It says what
// encoding/json says, several times faster: a register of a million entries is read whole at
// every start. Strings of the value share the bytes of the text, which must not be changed
// afterwards.
//
// That works since canonical JSON has no space, no member twice, its members in order and its
// text valid: a struct is filled in one walk over its members. Whatever is not as expected (an unknown member, null, a fraction, another type) is
// left to encoding/json, which alone decides what is an error.
func Decode(canonical []byte, into any) error {
	v := reflect.ValueOf(into).Elem()
	if p := planOf(v.Type()); p != nil {
		r := valueReader{in: unsafe.String(unsafe.SliceData(canonical), len(canonical))}
		if r.value(p, v) && r.at == len(r.in) {
			return nil
		}
		v.SetZero()
	}
	return json.Unmarshal(canonical, into)
}

// plan is how a type is read; there is none (nil) for types with maps, interfaces, floats or
// their own way of reading JSON.
type plan struct {
	kind    reflect.Kind
	element *plan        // of a slice or pointer
	members []planMember // of a struct, by name
}

type planMember struct {
	name  string // with the quotes and the colon
	field int
	plan  *plan
}

var plans sync.Map // reflect.Type → *plan

func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	p := newPlan(t, nil)
	plans.Store(t, p)
	return p
}

var ownReaders = []reflect.Type{reflect.TypeFor[json.Unmarshaler](), reflect.TypeFor[encoding.TextUnmarshaler]()}

// newPlan makes the plan of a type; around are the types that it stands in.
func newPlan(t reflect.Type, around []reflect.Type) *plan {
	if slices.Contains(around, t) || slices.ContainsFunc(ownReaders, reflect.PointerTo(t).Implements) {
		return nil
	}
	around = append(around, t)
	p := &plan{kind: t.Kind()}
	switch p.kind {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64:
		return p
	case reflect.Slice, reflect.Pointer:
		if t.Elem().Kind() == reflect.Uint8 { // base64
			return nil
		}
		if p.element = newPlan(t.Elem(), around); p.element == nil {
			return nil
		}
		return p
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.Anonymous || !f.IsExported() || name == "" || name == "-" || options != "" && options != "omitempty" {
				return nil
			}
			m := planMember{`"` + name + `":`, i, newPlan(f.Type, around)}
			if m.plan == nil {
				return nil
			}
			p.members = append(p.members, m)
		}
		slices.SortFunc(p.members, func(a, b planMember) int {
			return strings.Compare(strings.TrimSuffix(a.name, `":`), strings.TrimSuffix(b.name, `":`))
		})
		return p
	}
	return nil
}

// valueReader reads values by their plans. Its methods report whether the text is as expected.
type valueReader struct {
	in string
	at int
}

func (r *valueReader) next(c byte) bool {
	if r.at < len(r.in) && r.in[r.at] == c {
		r.at++
		return true
	}
	return false
}

func (r *valueReader) value(p *plan, v reflect.Value) bool {
	switch p.kind {
	case reflect.String:
		s, ok := r.str()
		v.SetString(s)
		return ok
	case reflect.Int, reflect.Int64:
		n, ok := r.integer()
		v.SetInt(n)
		return ok && !v.OverflowInt(n)
	case reflect.Bool:
		b := strings.HasPrefix(r.in[r.at:], "true")
		if !b && !strings.HasPrefix(r.in[r.at:], "false") {
			return false
		}
		r.at += len(strconv.FormatBool(b))
		v.SetBool(b)
		return true
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return r.value(p.element, v.Elem())
	case reflect.Slice:
		return r.slice(p.element, v)
	}
	return r.object(p, v)
}

func (r *valueReader) object(p *plan, v reflect.Value) bool {
	if !r.next('{') {
		return false
	}
	if r.next('}') {
		return true
	}
	for _, m := range p.members {
		if !strings.HasPrefix(r.in[r.at:], m.name) {
			continue
		}
		r.at += len(m.name)
		if !r.value(m.plan, v.Field(m.field)) {
			return false
		}
		if r.next('}') {
			return true
		}
		if !r.next(',') {
			return false
		}
	}
	return false // a member that the struct does not have
}

func (r *valueReader) slice(p *plan, v reflect.Value) bool {
	if !r.next('[') {
		return false
	}
	if r.next(']') {
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		return true
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, r.ahead()))
	for n := 0; ; n++ {
		if n == v.Cap() {
			v.Grow(1)
		}
		v.SetLen(n + 1)
		if !r.value(p, v.Index(n)) {
			return false
		}
		if r.next(']') {
			return true
		}
		if !r.next(',') {
			return false
		}
	}
}

// ahead guesses how many values an array has: exactly, where they are numbers or plain words.
func (r *valueReader) ahead() int {
	end := strings.IndexByte(r.in[r.at:], ']')
	return 1 + strings.Count(r.in[r.at:r.at+max(end, 0)], ",")
}

func (r *valueReader) integer() (n int64, ok bool) {
	from := r.at
	for r.at < len(r.in) && (r.in[r.at] == '-' || '0' <= r.in[r.at] && r.in[r.at] <= '9') {
		r.at++
	}
	n, err := strconv.ParseInt(r.in[from:r.at], 10, 64)
	return n, err == nil // a point or exponent is not what may follow a value
}

func (r *valueReader) str() (string, bool) {
	if !r.next('"') {
		return "", false
	}
	from := r.at
	end := strings.IndexByte(r.in[from:], '"')
	if end < 0 {
		return "", false
	}
	if s := r.in[from : from+end]; strings.IndexByte(s, '\\') < 0 {
		r.at = from + end + 1
		return s, true
	}
	return r.escaped()
}

// escaped reads the rest of a string that has escapes.
func (r *valueReader) escaped() (string, bool) {
	var s strings.Builder
	for {
		quote := strings.IndexByte(r.in[r.at:], '"')
		if quote < 0 {
			return "", false
		}
		rest := r.in[r.at : r.at+quote]
		for {
			plain := strings.IndexByte(rest, '\\')
			if plain < 0 {
				s.WriteString(rest)
				r.at += quote + 1
				return s.String(), true
			}
			s.WriteString(rest[:plain])
			if plain == len(rest)-1 { // the quote belongs to the string
				s.WriteByte('"')
				r.at += quote + 1
				break
			}
			c, ok := unescape(rest[plain+1])
			if !ok {
				return "", false
			}
			s.WriteByte(c)
			rest = rest[plain+2:]
		}
	}
}

// unescape knows the short escapes; canonical JSON has \u for the rarer control characters only.
func unescape(c byte) (byte, bool) {
	switch c {
	case '\\':
		return '\\', true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	}
	return 0, false
}

package lang

import (
	"fmt"
	"html/template"
	"strings"
)

// message is one entry of a catalogue, parsed once. A plain message has only the form Other.
type message struct {
	plural bool
	forms  [categories]*form
	line   int // where it begins in its file
}

// form is one text, cut at its placeholders.
type form struct {
	text     string    // as written
	segments []segment // never empty, except for the empty text
}

// segment is a stretch of text or a placeholder.
type segment struct {
	name    string // of the placeholder; "" for text
	text    string
	escaped string // text, ready for HTML
}

// names is the set of the form's placeholders.
func (f *form) names() map[string]bool {
	set := map[string]bool{}
	for _, s := range f.segments {
		if s.name != "" {
			set[s.name] = true
		}
	}
	return set
}

// parseForm cuts "A {b} c" at its placeholders. A name is a lower-case letter followed by
// lower-case letters, digits and underscores; braces serve no other purpose.
func parseForm(text string) (*form, error) {
	f := &form{text: text}
	rest := text
	for rest != "" {
		open := strings.IndexByte(rest, '{')
		plain := rest
		if open >= 0 {
			plain = rest[:open]
		}
		if strings.Contains(plain, "}") {
			return nil, fmt.Errorf("a } without its { in %q", text)
		}
		if plain != "" {
			f.segments = append(f.segments, segment{text: plain, escaped: template.HTMLEscapeString(plain)})
		}
		if open < 0 {
			break
		}
		name, after, closed := strings.Cut(rest[open+1:], "}")
		if !closed {
			return nil, fmt.Errorf("a { without its } in %q", text)
		}
		if !isName(name) {
			return nil, fmt.Errorf("%q is no name of a placeholder (lower-case letters, digits and _) in %q", name, text)
		}
		f.segments = append(f.segments, segment{name: name})
		rest = after
	}
	return f, nil
}

func isName(s string) bool {
	for i := 0; i < len(s); i++ {
		switch b := s[i]; {
		case b >= 'a' && b <= 'z':
		case i > 0 && (b >= '0' && b <= '9' || b == '_'):
		default:
			return false
		}
	}
	return s != ""
}

package webtest

import (
	"io"
	"strings"

	"golang.org/x/net/html"
)

// Doc is a parsed page, or a part of one, that tests ask by selectors.
type Doc struct{ *html.Node }

// Parse reads a page.
func Parse(r io.Reader) (Doc, error) {
	n, err := html.Parse(r)
	return Doc{n}, err
}

// All finds the elements that a selector names: parts separated by spaces descend, and each
// part is a tag, #id, .class, [attribute] or [attribute=value], or several of these together.
func (d Doc) All(selector string) []Doc {
	found := []Doc{d}
	for part := range strings.FieldsSeq(selector) {
		test := parsePart(part)
		var next []Doc
		seen := map[*html.Node]bool{}
		for _, f := range found {
			for n := range f.Descendants() {
				if n.Type == html.ElementNode && !seen[n] && test.matches(n) {
					seen[n] = true
					next = append(next, Doc{n})
				}
			}
		}
		found = next
	}
	return found
}

// First is the first element of All; its Node is nil where there is none.
func (d Doc) First(selector string) Doc {
	if all := d.All(selector); len(all) > 0 {
		return all[0]
	}
	return Doc{}
}

// Attr is the value of an attribute.
func (d Doc) Attr(name string) (string, bool) {
	if d.Node == nil {
		return "", false
	}
	for _, a := range d.Node.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// Get is the value of an attribute, or nothing.
func (d Doc) Get(name string) string {
	s, _ := d.Attr(name)
	return s
}

// Text is all text within, with single spaces.
func (d Doc) Text() string {
	if d.Node == nil {
		return ""
	}
	var b strings.Builder
	for n := range d.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

type part struct {
	tag     string
	classes []string
	attrs   [][2]string // a value of "\x00" asks only that it is there
}

func parsePart(s string) part {
	var p part
	cut := strings.IndexAny(s, ".#[")
	if cut < 0 {
		return part{tag: s}
	}
	p.tag, s = s[:cut], s[cut:]
	for s != "" {
		kind := s[0]
		if kind == '[' {
			inside, rest, _ := strings.Cut(s[1:], "]")
			name, value, has := strings.Cut(inside, "=")
			if !has {
				value = "\x00"
			}
			p.attrs = append(p.attrs, [2]string{name, strings.Trim(value, `"`)})
			s = rest
			continue
		}
		end := strings.IndexAny(s[1:], ".#[") + 1
		if end == 0 {
			end = len(s)
		}
		if kind == '.' {
			p.classes = append(p.classes, s[1:end])
		} else {
			p.attrs = append(p.attrs, [2]string{"id", s[1:end]})
		}
		s = s[end:]
	}
	return p
}

func (p part) matches(n *html.Node) bool {
	if p.tag != "" && p.tag != n.Data {
		return false
	}
	d := Doc{n}
	have := strings.Fields(d.Get("class"))
	for _, c := range p.classes {
		if !contains(have, c) {
			return false
		}
	}
	for _, a := range p.attrs {
		value, ok := d.Attr(a[0])
		if !ok || a[1] != "\x00" && value != a[1] {
			return false
		}
	}
	return true
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

package lang

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// markup finds what looks like a tag or a character reference: messages are plain text.
var markup = regexp.MustCompile(`</?[A-Za-z!][^<>]*>|&(#[0-9]+|#x[0-9A-Fa-f]+|[A-Za-z][A-Za-z0-9]*);`)

// Check compares every language with English and reports everything that a reader would
// stumble over, each error naming file, line and key:
//   - keys that are missing, or that English does not have;
//   - a plural where English has a plain text, or the reverse;
//   - plural categories that the language lacks or does not have; only the "many" of French and
//     Spanish (whole millions) may be left out, "other" then stands in;
//   - placeholders that differ from those of English; a form may leave out {n} only where its
//     category is one number alone (Arabic "two", but not French "one", which is also 0);
//   - empty texts, spaces at either end, line breaks, doubled spaces, and markup.
func (c *Catalog) Check() []error {
	var found []error
	for _, code := range All {
		k := checker{code: code, messages: c.messages[code], english: c.messages[EN]}
		k.run()
		found = append(found, k.found...)
	}
	return found
}

type checker struct {
	code              Code
	messages, english map[string]*message
	found             []error
}

func (k *checker) run() {
	for _, key := range sortedKeys(k.english) {
		if k.messages[key] == nil {
			k.found = append(k.found, fmt.Errorf("%s.json: %s: missing", k.code, key))
		}
	}
	for _, key := range sortedKeys(k.messages) {
		m := k.messages[key]
		k.texts(key, m)
		english := k.english[key]
		if english == nil {
			k.report(key, m, "not in en.json")
			continue
		}
		if m.plural != english.plural {
			k.report(key, m, "%s here, %s in en.json", shapeName(m), shapeName(english))
			continue
		}
		if m.plural {
			k.forms(key, m)
		}
		k.placeholders(key, m, english)
	}
}

func (k *checker) report(key string, m *message, format string, args ...any) {
	k.found = append(k.found, fmt.Errorf("%s.json:%d: %s: %w", k.code, m.line, key, fmt.Errorf(format, args...)))
}

func (k *checker) texts(key string, m *message) {
	for _, f := range m.forms {
		switch {
		case f == nil:
		case f.text == "":
			k.report(key, m, "empty")
		case strings.TrimSpace(f.text) != f.text:
			k.report(key, m, "space at the beginning or the end of %q", f.text)
		case strings.ContainsAny(f.text, "\n\r\t") || strings.Contains(f.text, "  "):
			k.report(key, m, "line break, tab or doubled space in %q", f.text)
		case markup.MatchString(f.text):
			k.report(key, m, "markup in %q", f.text)
		}
	}
}

func (k *checker) forms(key string, m *message) {
	wanted := k.code.Categories()
	for category, f := range m.forms {
		category := Category(category)
		switch needed := slices.Contains(wanted, category); {
		case f != nil && !needed:
			k.report(key, m, "the language has no plural form %q", category)
		case f == nil && needed && !k.optional(category):
			k.report(key, m, "the plural form %q is missing", category)
		}
	}
}

func (k *checker) optional(category Category) bool {
	return category == Many && (k.code == FR || k.code == ES)
}

func (k *checker) placeholders(key string, m, english *message) {
	wanted := map[string]bool{}
	for _, f := range english.forms {
		if f != nil {
			for name := range f.names() {
				wanted[name] = true
			}
		}
	}
	for category, f := range m.forms {
		if f == nil {
			continue
		}
		has := f.names()
		for _, name := range sortedKeys(wanted) {
			if !has[name] && !(m.plural && name == "n" && k.code.exact(Category(category))) {
				k.report(key, m, "{%s} is missing in %q", name, f.text)
			}
		}
		for _, name := range sortedKeys(has) {
			if !wanted[name] {
				k.report(key, m, "{%s} is not in en.json", name)
			}
		}
	}
}

func shapeName(m *message) string {
	if m.plural {
		return "plural forms"
	}
	return "a plain text"
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

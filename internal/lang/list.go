package lang

import (
	"html/template"
	"strings"
)

// listWords says how a language joins the members of a list.
type listWords struct{ comma, and string }

func listWordsOf(c Code) listWords {
	switch c {
	case AR:
		return listWords{" و", " و"} // the conjunction is written onto the word that follows, before every member
	case ES:
		return listWords{", ", " y "}
	case FR:
		return listWords{", ", " et "}
	case RU:
		return listWords{", ", " и "}
	case ZH:
		return listWords{"、", "和"}
	}
	return listWords{", ", " and "} // no comma before "and": UN English
}

// List joins the members as a sentence of the language does: "a, b and c".
func List(c Code, items []string) string { return join(c, items) }

// ListHTML is List for members that are already HTML.
func ListHTML(c Code, items []template.HTML) template.HTML { return join(c, items) }

func join[S ~string](c Code, items []S) S {
	switch len(items) {
	case 0:
		return ""
	case 1:
		return items[0]
	}
	words := listWordsOf(c)
	last := items[len(items)-1]
	if c == ES && soundsLikeI(string(last)) {
		words.and = " e "
	}
	var b strings.Builder
	for i, item := range items {
		switch {
		case i == 0:
		case i == len(items)-1:
			b.WriteString(words.and)
		default:
			b.WriteString(words.comma)
		}
		b.WriteString(string(item))
	}
	return S(b.String())
}

// soundsLikeI reports whether the word begins with the sound that turns Spanish "y" into "e"
// (Irán, Hidalgo), which a diphthong does not (hielo, Iowa). Tags and bidi marks before it are skipped.
func soundsLikeI(s string) bool {
	for {
		s = strings.TrimLeft(s, " \"'«“¿¡(\u2066\u2067\u2068\u200e\u200f")
		if !strings.HasPrefix(s, "<") {
			break
		}
		_, rest, found := strings.Cut(s, ">")
		if !found {
			return false
		}
		s = rest
	}
	s = strings.ToLower(firstRunes(s, 3))
	s = strings.TrimPrefix(s, "h")
	if strings.HasPrefix(s, "í") {
		return true
	}
	rest, found := strings.CutPrefix(s, "i")
	if !found {
		return false
	}
	for _, r := range rest {
		return !strings.ContainsRune("aeoáéó", r)
	}
	return true
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

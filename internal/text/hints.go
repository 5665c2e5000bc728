package text

import (
	"strings"

	"stocktake/internal/lang"
)

// HintKind is why a question may have been meant otherwise than it was read.
type HintKind string

const (
	NoWords     HintKind = "no_words"     // there is no word in it: nothing was looked for
	OnlyWithout HintKind = "only_without" // nothing but words that must not be there: nearly everything is found
	Unread      HintKind = "unread"       // more than MostAsked words: those of the hint were not looked for
	Star        HintKind = "star"         // a star that stands nowhere behind the beginning of a word
	Operator    HintKind = "operator"     // AND, OR, NOT: looked for as words
)

// Hint is what to tell a person whose question was read otherwise than he may have meant it. Words are
// those that it is about, as they were typed.
type Hint struct {
	Kind  HintKind
	Words []string
}

// Hints says what Query passes over in a question, or reads otherwise than other searches do.
func Hints(s string, c lang.Code) []Hint {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	clauses, unread, star := read(s, c)
	if len(clauses) == 0 {
		return []Hint{{NoWords, []string{strings.TrimSpace(s)}}}
	}
	var hints []Hint
	var without, operators []string
	for i := range clauses {
		if clauses[i].Not {
			without = append(without, clauses[i].Text)
		}
		switch clauses[i].Text {
		case "AND", "OR", "NOT":
			operators = append(operators, clauses[i].Text)
		}
	}
	if len(without) == len(clauses) {
		hints = append(hints, Hint{OnlyWithout, without})
	}
	if unread = strings.Trim(unread, " /,;.，、"); unread != "" {
		hints = append(hints, Hint{Unread, []string{unread}})
	}
	if star {
		hints = append(hints, Hint{Star, nil})
	}
	if len(operators) > 0 && len(clauses) > 1 {
		hints = append(hints, Hint{Operator, operators})
	}
	return hints
}

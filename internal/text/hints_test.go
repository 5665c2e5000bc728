package text

import (
	"fmt"
	"strings"
	"testing"

	"stocktake/internal/lang"
)

func TestHints(t *testing.T) {
	seventeen := strings.Repeat("w ", MostAsked)
	for _, test := range []struct{ name, in, want string }{
		{"nothing", " ", "[]"},
		{"words", `fair "human rights" -x consul*`, "[]"},
		{"a star with a word", "mig**", "[]"},
		{"a quotation sign", `"`, `[{no_words ["]}]`},
		{"a star", "*", "[{no_words [*]}]"},
		{"signs", ` - ? `, "[{no_words [- ?]}]"},
		{"a word that must not be there", "-5", "[{only_without [5]}]"},
		{"several", `-children -"human rights"`, "[{only_without [children human rights]}]"},
		{"a star in front", "*gration", "[{star []}]"},
		{"a star in quotation signs", `"human right*"`, "[{star []}]"},
		{"a star alone beside a word", "human *", "[{star []}]"},
		{"operators", "health OR education", "[{operator [OR]}]"},
		{"an operator alone is a word", "OR", "[]"},
		{"small letters are words", "health or education", "[]"},
		{"too much", seventeen + `x -"y z" q`, `[{unread [x -"y z" q]}]`},
		{"just enough", seventeen, "[]"},
		{"too much within a stretch", strings.Repeat("w/", MostAsked) + "x/y z", "[{unread [x/y z]}]"},
		{"too long", "w " + strings.Repeat("-", maxQuery) + "end", "[{unread [--end]}]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := fmt.Sprint(Hints(test.in, lang.FR)); got != test.want {
				t.Errorf("%q gives %s, want %s", test.in, got, test.want)
			}
		})
	}
	if got := Query(strings.Repeat("移民", 100), lang.ZH); len(got) != 1 || len(got[0].Terms) != 199 {
		t.Error("not all of two hundred characters are read")
	}
}

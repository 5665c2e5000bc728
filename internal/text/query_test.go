package text

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"stocktake/internal/lang"
)

// show writes clauses compactly: -[a b]~pre* is a phrase of two that must not be there, ending in a prefix.
func show(clauses []Clause) string {
	var out []string
	for _, q := range clauses {
		s := "[" + strings.Join(q.Terms, " ") + "]"
		if q.Not {
			s = "-" + s
		}
		if q.Prefix != "" {
			s += "~" + q.Prefix + "*"
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func TestQuery(t *testing.T) {
	for _, test := range []struct {
		name string
		c    lang.Code
		in   string
		want string
	}{
		{"nothing", lang.EN, "", ""},
		{"signs only", lang.EN, `" - * -" --`, ""},
		{"words", lang.EN, "children  detention", "[child] [detent]"},
		{"a phrase", lang.EN, `"detention of children" law`, "[detent of child] [law]"},
		{"typographic quotes", lang.EN, "“human rights” x", "[human right] [x]"},
		{"guillemets", lang.FR, "« droits humains » loi", "[droit humain] [loi]"},
		{"Chinese quotes", lang.ZH, "「移民儿童」权利", "[移民 民儿 儿童] [权利]"},
		{"an open quote", lang.EN, `law "human rights`, "[law] [human right]"},
		{"a quote inside a word", lang.EN, `law"human rights"end`, "[law] [human right] [end]"},
		{"not a word", lang.EN, "migration -detention", "[migrat] -[detent]"},
		{"not a phrase", lang.EN, `-"human rights" law`, "-[human right] [law]"},
		{"digits grouped by a no-break space", lang.FR, "1\u00a0000\u202f000 euros\u00a0200", "[1000000] [euros] [200]"},
		{"a hyphen inside", lang.EN, "well-being GCM-0158", "[well be] [gcm 0158]"},
		{"a hyphen alone", lang.EN, "law - order", "[law] [order]"},
		{"a prefix", lang.EN, "Migrations*", "[migrat]~migrations*"},
		{"a prefix after a hyphen", lang.EN, "gcm-01*", "[gcm 01]~01*"},
		{"a star elsewhere", lang.EN, "*law l*w", "[law] [l]~l* [w]"},
		{"a star in quotes", lang.EN, `"law*"`, "[law]"},
		{"an accented prefix", lang.FR, "Sécur*", "[secur]~secur*"},
		{"an Arabic prefix", lang.AR, "المهاج*", "[مهاج]~مهاج*"},
		{"a Russian prefix", lang.RU, "Ребё*", "[реб]~ребе*"},
		{"words parted by a sign", lang.EN, "migrants/refugees,women", "[migrant] [refuge] [woman]"},
		{"Chinese words parted by a sign", lang.ZH, "移民，儿童", "[移民] [儿童]"},
		{"a Chinese character alone", lang.ZH, "移", "[移]~移*"},
		{"Latin in Chinese", lang.ZH, "IOM组织", "[iom 组织]"},
		{"elision", lang.FR, "l’enfant", "[enfant]"},
		{"ideographic space", lang.ZH, "移民　儿童", "[移民] [儿童]"},
		{"at most sixteen", lang.EN, strings.Repeat("w ", 30), strings.TrimSpace(strings.Repeat("[w] ", 16))},
		{"not UTF-8", lang.EN, "\xff\"\xfe", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := show(Query(test.in, test.c)); got != test.want {
				t.Errorf("%q gives %s, want %s", test.in, got, test.want)
			}
		})
	}
}

func checkQuery(t interface{ Fatalf(string, ...any) }, c lang.Code, s string) []Clause {
	clauses := Query(s, c)
	if len(clauses) > MostAsked {
		t.Fatalf("%d clauses of %q", len(clauses), s)
	}
	for _, q := range clauses {
		if len(q.Terms) == 0 || q.Text == "" || !strings.Contains(s, q.Text) {
			t.Fatalf("%q gives the clause %+v", s, q)
		}
		for i, term := range q.Terms {
			if term == "" || !q.Matches(i, term) {
				t.Fatalf("%q gives the clause %+v, which does not match itself", s, q)
			}
		}
	}
	return clauses
}

func FuzzQuery(f *testing.F) {
	for _, s := range []string{`a "b c" -d e* -"f`, "「移民」 -移*", "« l’enfant » -", "\xff-\"*", "ا* -ال*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range lang.All {
			checkSnippet(t, c, s, checkQuery(t, c, s), 20)
		}
	})
}

// A word of a text, asked for, is found in it.
func TestEveryWordOfATextIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(lang.All).Draw(t, "language")
		s := wild.Draw(t, "text")
		for _, token := range Tokens(c, s) {
			asked := s[token.Start:token.End]
			if len(asked) > maxQuery {
				continue
			}
			clauses := Query(asked, c)
			if len(clauses) != 1 {
				t.Fatalf("%q gives %s", asked, show(clauses))
			}
			if hits := hitsOf(Tokens(c, s), clauses); len(hits) == 0 {
				t.Fatalf("%s does not find %q in %q", show(clauses), asked, s)
			}
		}
	})
}

func marked(segments []Segment) string {
	var b strings.Builder
	for _, s := range segments {
		if s.Hit {
			b.WriteString("[" + s.Text + "]")
		} else {
			b.WriteString(s.Text)
		}
	}
	return b.String()
}

func TestSnippet(t *testing.T) {
	long := "Alpha beta gamma delta. The detention of children ends here. Epsilon zeta eta theta. Children and law."
	for _, test := range []struct {
		name        string
		c           lang.Code
		text, query string
		width       int
		want        string
	}{
		{"short text", lang.EN, "Children first.", "child", 50, "[Children] first."},
		{"no query", lang.EN, "Children first.", "", 50, "Children first."},
		{"no hit: the beginning", lang.EN, long, "nothing", 20, "Alpha beta gamma…"},
		{"all clauses in one window", lang.EN, long, "children detention", 30, "…[detention] of [children] ends…"},
		{"the richer window wins", lang.EN, long, "children law", 24, "…[Children] and [law]."},
		{"a phrase marks only itself", lang.EN, "Children and law. Law and children.", `"law and children"`, 99, "Children and law. [Law] [and] [children]."},
		{"what must not be there is not marked", lang.EN, "Children and law.", "law -children", 99, "Children and [law]."},
		{"a prefix", lang.EN, "Migrating migrants", "migra*", 99, "[Migrating] [migrants]"},
		{"bigrams merge", lang.ZH, "政府将停止拘留移民儿童及其家庭。", "移民儿童", 99, "政府将停止拘留[移民儿童]及其家庭。"},
		{"a Chinese window", lang.ZH, "政府将在法律和实践中停止拘留移民儿童及其家庭。", "儿童", 6, "…民[儿童]及其家…"},
		{"Arabic", lang.AR, "حقوق المهاجرين وأسرهم", "مهاجر", 99, "حقوق [المهاجرين] وأسرهم"},
		{"markup is text", lang.EN, "<b>law</b>", "law", 99, "<b>[law]</b>"},
		{"empty text", lang.EN, "", "law", 99, ""},
		{"no width", lang.EN, "law", "law", 0, "l…"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := marked(Snippet(test.c, test.text, Query(test.query, test.c), test.width)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// checkSnippet: a piece of the text, unchanged, not too long, ellipses where text is left out.
func checkSnippet(t interface{ Fatalf(string, ...any) }, c lang.Code, s string, query []Clause, width int) {
	segments := Snippet(c, s, query, width)
	before, after := "", ""
	if n := len(segments); n > 0 && segments[n-1] == (Segment{Text: ellipsis}) && !strings.HasSuffix(s, ellipsis) {
		segments, after = segments[:n-1], ellipsis
	}
	if len(segments) > 0 && segments[0] == (Segment{Text: ellipsis}) && !strings.HasPrefix(s, ellipsis) {
		segments, before = segments[1:], ellipsis
	}
	var b strings.Builder
	for i, segment := range segments {
		if segment.Text == "" || i > 0 && segment.Hit == segments[i-1].Hit {
			t.Fatalf("segments %+v of %q", segments, s)
		}
		b.WriteString(segment.Text)
	}
	piece := b.String()
	if before == "" && after == "" && strings.Trim(piece, ellipsis) == strings.Trim(s, ellipsis) {
		return
	}
	if !strings.Contains(s, strings.Trim(piece, ellipsis)) {
		t.Fatalf("%q is no piece of %q", piece, s)
	}
	if utf8.RuneCountInString(piece) > width+2 {
		t.Fatalf("%d characters of %q, want at most %d", utf8.RuneCountInString(piece), s, width)
	}
}

func TestSnippetOfAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(lang.All).Draw(t, "language")
		s := strings.ReplaceAll(wild.Draw(t, "text"), ellipsis, "")
		query := Query(wild.Draw(t, "query"), c)
		if tokens := Tokens(c, s); len(tokens) > 0 {
			token := rapid.SampledFrom(tokens).Draw(t, "token")
			query = append(query, Query(s[token.Start:token.End], c)...)
		}
		checkSnippet(t, c, s, query, rapid.IntRange(1, 30).Draw(t, "width"))
	})
}

func TestAClauseIsReadInAnyLanguage(t *testing.T) {
	for _, test := range []struct {
		in   string
		c    lang.Code
		want string
	}{
		{"formation", lang.EN, "[format]"},
		{"formation", lang.FR, "[format]"},
		{"trabajadores", lang.ES, "[trabaj]"},
		{"trabajadores", lang.ZH, "[trabajadores]"},
		{`-"human rights"`, lang.EN, "-[human right]"},
		{"migrations*", lang.ES, "[migrations]~migrations*"},
		{"migrant·e·s", lang.EN, "[migrant]"},
		{"移民儿童", lang.RU, "[移民 民儿 儿童]"},
		{"移", lang.EN, "[移]~移*"},
	} {
		base := Query(test.in, lang.FR)
		if len(base) != 1 {
			t.Fatalf("%s: %s", test.in, show(base))
		}
		again := base[0].In(test.c)
		if got := show([]Clause{again}); got != test.want || again.Text != base[0].Text || again.Not != base[0].Not {
			t.Errorf("%s in %s: %s, want %s", test.in, test.c, got, test.want)
		}
	}
}

package translate

import (
	_ "embed"
	"slices"
	"strings"

	"stocktake/internal/compact"
	"stocktake/internal/lang"
	"stocktake/internal/text"
)

// Term is a word of the field in two languages. Verified says that somebody has compared both
// with an official document.
type Term struct {
	From, To string
	Verified bool
}

// glossary repeats the table of docs/glossary.md, which a test holds it against: English, Arabic,
// Chinese, French, Russian, Spanish.
//
//go:embed glossary.tsv
var glossary string

var glossaryColumns = []lang.Code{lang.EN, lang.AR, lang.ZH, lang.FR, lang.RU, lang.ES}

// Terms are the words of the compact and of the house's glossary that occur in a text, as the
// other language has them: in the order of the text, each once.
func Terms(p *compact.Pack, from, to lang.Code, original string) []Term {
	var all []Term
	add := func(t compact.Text) {
		a, b := t[from], t[to]
		if a.Text != "" && b.Text != "" {
			all = append(all, Term{a.Text, b.Text, a.Verified && b.Verified})
		}
	}
	add(p.Name)
	add(p.ShortName)
	for _, body := range []compact.Body{p.Forum, p.Initiative, p.Network, p.TrustFund} {
		add(body.Name)
		add(body.ShortName)
	}
	for _, o := range p.Objectives {
		add(o.Title)
		add(o.Label)
	}
	for _, x := range p.Principles {
		add(x.Name)
	}
	for _, k := range p.Kinds {
		add(k.One)
		add(k.Many)
	}
	for _, f := range p.Funds {
		add(f.Name)
	}
	i, j := slices.Index(glossaryColumns, from), slices.Index(glossaryColumns, to)
	for row := range strings.Lines(glossary) {
		cells := strings.Split(strings.TrimSuffix(row, "\n"), "\t")
		bare := func(s string) string { head, _, _ := strings.Cut(s, " ("); return head }
		all = append(all, Term{bare(cells[i]), bare(cells[j]), false})
	}
	return occurring(all, from, original)
}

func occurring(all []Term, from lang.Code, original string) (found []Term) {
	words := terms(from, original)
	places := map[string]int{}
	for _, t := range all {
		at := find(words, terms(from, t.From))
		if _, known := places[t.From]; at < 0 || known {
			continue
		}
		places[t.From] = at
		found = append(found, t)
	}
	slices.SortStableFunc(found, func(a, b Term) int { return places[a.From] - places[b.From] })
	return found
}

func terms(c lang.Code, s string) (out []string) {
	for _, t := range text.Tokens(c, s) {
		out = append(out, t.Term)
	}
	return out
}

// find is where a phrase begins in a text, -1 for nowhere.
func find(words, phrase []string) int {
	if len(phrase) == 0 {
		return -1
	}
	for i := 0; i+len(phrase) <= len(words); i++ {
		if slices.Equal(words[i:i+len(phrase)], phrase) {
			return i
		}
	}
	return -1
}

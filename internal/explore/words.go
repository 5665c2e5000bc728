package explore

import (
	"slices"
	"strings"

	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
	"stocktake/internal/text"
)

// term is where one word stands: in which versions of pledges, and in which reports and
// translations (by their row). Names of parties are kept with the parties, since they change
// for all pledges at once.
type term struct {
	round    uint64
	versions *posting
	sides    *posting
}

func (f *folded) addWords(words []string, doc uint32, sideways bool) {
	for _, w := range words {
		t, known := f.words.get(w)
		switch {
		case !known:
			w = strings.Clone(w)
			t = &term{round: f.round}
			f.words.put(f.round, w, t)
		case t.round != f.round:
			t = &term{round: f.round, versions: t.versions, sides: t.sides}
			f.words.put(f.round, w, t)
		}
		if sideways {
			t.sides = t.sides.grow(f.round, doc, true)
		} else {
			t.versions = t.versions.grow(f.round, doc, true)
		}
	}
}

// readings are the languages in which a reader's word is tried: Latin letters are stemmed as
// English, Spanish and French and left whole; the analyser knows the other scripts by their
// letters.
var readings = []lang.Code{lang.EN, lang.ES, lang.FR, lang.ZH}

// asked are the words of a query. Every word must be found; a word is found when all terms of
// one of its readings are.
func asked(words string) [][][]string {
	var out [][][]string
	for field := range strings.FieldsSeq(words) {
		var alternatives [][]string
		for _, c := range readings {
			terms := terms(nil, c, field)
			if len(terms) > 0 && !slices.ContainsFunc(alternatives, func(a []string) bool { return slices.Equal(a, terms) }) {
				alternatives = append(alternatives, terms)
			}
		}
		if alternatives != nil {
			out = append(out, alternatives)
		}
	}
	return out
}

func terms(into []string, c lang.Code, s string) []string {
	for _, t := range text.Tokens(c, s) {
		into = append(into, t.Term)
	}
	return into
}

func distinct(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}

func docWords(docs []pledge.Doc) []string {
	var words []string
	for _, d := range docs {
		words = terms(words, d.Language, d.Text)
	}
	return words
}

// pledgeWords are the words under which a version is found: its text, its id and its bare
// serial ("GCM-0158", "0158", "158").
func pledgeWords(p *pledge.Pledge) []string {
	words := docWords(pledge.Docs(*p, nil, nil))
	words = terms(words, lang.EN, p.ID)
	if i := strings.LastIndexByte(p.ID, '-'); i >= 0 {
		if serial := strings.TrimLeft(p.ID[i+1:], "0"); serial != "" {
			words = append(words, serial)
		}
	}
	return distinct(words)
}

func reportWords(r *pledge.Report) []string {
	return distinct(docWords(pledge.Docs(pledge.Pledge{}, []pledge.Report{*r}, nil)))
}

func translationWords(t *pledge.Translation) []string {
	return distinct(docWords(pledge.Docs(pledge.Pledge{}, nil, []pledge.Translation{*t})))
}

func partyWords(p *party.Party) []string {
	var words []string
	for c, name := range p.Names {
		words = terms(words, c, name)
	}
	return distinct(words)
}

// foldTitle is the title as it is put in order: without case and accents.
func foldTitle(s string) string { return text.Fold(s) }

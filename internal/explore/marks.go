package explore

import (
	"slices"

	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
	"stocktake/internal/text"
)

// Marks is what was asked for, ready to be shown where it stands in the pledges of a view.
type Marks struct {
	v      *View
	read   map[lang.Code][]text.Clause // what was asked for, as texts of a language are asked
	called []called
}

// called is whom one clause names.
type called struct{ parties, countries map[string]bool }

// Marks looks up whom the words of the view name.
func (v *View) Marks() *Marks {
	m := &Marks{v: v, read: map[lang.Code][]text.Clause{}, called: make([]called, len(v.asked))}
	means := meanings(v.clauses)
	i := 0
	for k, c := range v.clauses {
		if c.Not {
			continue
		}
		n, mean := called{map[string]bool{}, map[string]bool{}}, means[k]
		if v.asked[i].Text != c.Text {
			c, mean = v.asked[i], meaning{} // corrected
		}
		for _, r := range readingsOf(c) {
			v.b.roll.named(&r, n.parties)
			countriesNamed(&r, n.countries)
		}
		v.settle(c, mean, n.parties, n.countries)
		m.called[i] = n
		i++
	}
	return m
}

func (m *Marks) in(c lang.Code) []text.Clause {
	clauses, known := m.read[c]
	if !known {
		for _, asked := range m.v.asked {
			clauses = append(clauses, asked.In(c))
		}
		m.read[c] = clauses
	}
	return clauses
}

// Of begins to show what was asked for in one pledge.
func (m *Marks) Of(it *Item) *Marked { return &Marked{Marks: m, item: it} }

// Marked keeps what of the words was shown in a pledge so far; Elsewhere says where the rest stands.
type Marked struct {
	*Marks
	item *Item
	seen uint32 // bit i for the i-th clause
}

// ID reports whether the id of the pledge was asked for.
func (m *Marked) ID() bool {
	asked := false
	for i, c := range m.v.asked {
		if c.Prefix == "" && m.v.s.idMeant(c.Text) == m.item.Pledge.ID {
			m.seen |= 1 << i
			asked = true
		}
	}
	return asked
}

// Text is a whole text of the pledge with its marks; nil where it has none.
func (m *Marked) Text(c lang.Code, s string) []text.Segment {
	segments, answered := text.Mark(c, s, m.in(c))
	m.seen |= answered
	return segments
}

// Party is the name of a party as it is shown, with its marks; nil where it has none.
func (m *Marked) Party(code string, c lang.Code, name string) []text.Segment {
	segments, answered := text.Mark(c, name, m.naming(c, func(n called) bool { return n.parties[code] }))
	m.seen |= answered
	return segments
}

// naming is the clauses that name somebody; the others have a Not that keeps them from being marked.
func (m *Marked) naming(c lang.Code, is func(called) bool) []text.Clause {
	clauses := slices.Clone(m.in(c))
	for i := range clauses {
		clauses[i].Not = clauses[i].Not || !is(m.called[i])
	}
	return clauses
}

// Snippet is the piece of a pledge's texts that answers the words best.
type Snippet struct {
	Language lang.Code
	Field    string // text, report, …, as in pledge.Doc
	Segments []text.Segment
}

const (
	snippetWidth = 200 // characters
	asideWidth   = 80  // of a piece that stands beside another
)

// Snippet cuts a piece from the text that answers the most of the words: of the translation for the
// reader, of the pledge itself, of a report, of another translation; of those that answer equally much,
// the first. Titles are marked where they stand. It is zero where no text answers.
func (m *Marked) Snippet(reader lang.Code) Snippet {
	var best *pledge.Doc
	most := 0
	docs := m.docs(reader)
	for i, d := range docs {
		if d.Field == "title" {
			continue
		}
		if n := text.Answered(d.Language, d.Text, m.in(d.Language)); n > most {
			best, most = &docs[i], n
		}
	}
	if best == nil {
		return Snippet{}
	}
	return m.cut(best, snippetWidth)
}

// cut makes a snippet, and keeps what it shows.
func (m *Marked) cut(d *pledge.Doc, width int) Snippet {
	clauses := m.in(d.Language)
	s := Snippet{d.Language, d.Field, text.Snippet(d.Language, d.Text, clauses, width)}
	shown := ""
	for _, segment := range s.Segments {
		shown += segment.Text
	}
	_, answered := text.Mark(d.Language, shown, clauses)
	m.seen |= answered
	return s
}

// docs are the texts in which the words are looked for, those that are shown to the reader first.
func (m *Marked) docs(reader lang.Code) []pledge.Doc {
	var docs []pledge.Doc
	add := func(c lang.Code) {
		if t, ok := m.item.Translations[c]; ok {
			docs = append(docs, pledge.Docs(pledge.Pledge{}, nil, []pledge.Translation{t})...)
		}
	}
	if reader != m.item.Pledge.Language {
		add(reader)
	}
	docs = append(docs, pledge.Docs(m.item.Pledge, m.item.Reports, nil)...)
	for _, c := range lang.All {
		if c != reader || reader == m.item.Pledge.Language {
			add(c)
		}
	}
	return docs
}

// Elsewhere is where words stand that are not yet shown.
type Elsewhere struct {
	Kind     string         // party or country, or the Field of a text
	Code     string         // of the party or country
	Language lang.Code      // of the segments
	Segments []text.Segment // the name or a piece of the text; nil where one is known by a name that is not written down
}

// Elsewhere says where the words stand that were not shown: in the names of parties and countries, or
// in further texts.
func (m *Marked) Elsewhere(reader lang.Code) (all []Elsewhere) {
	for i := range m.v.asked {
		if m.seen&(1<<i) == 0 {
			if e, ok := m.find(i, reader); ok {
				all = append(all, e)
			}
		}
	}
	return all
}

func (m *Marked) find(clause int, reader lang.Code) (Elsewhere, bool) {
	for _, code := range m.item.Pledge.Parties {
		for ; code != ""; code = party.ParentOf(code) {
			if p, known := m.v.b.roll.party(code); known && m.called[clause].parties[code] {
				return m.name("party", code, clause, reader, func(c lang.Code) string { return p.Names[c] }, func(n called) bool { return n.parties[code] }), true
			}
		}
	}
	for _, code := range m.item.Pledge.Countries {
		if c, known := place.ByAlpha2(code); known && m.called[clause].countries[code] {
			return m.name("country", code, clause, reader, c.Name, func(n called) bool { return n.countries[code] }), true
		}
	}
	docs := m.docs(reader)
	for i, d := range docs {
		if text.Answered(d.Language, d.Text, m.in(d.Language)[clause:clause+1]) == 0 {
			continue
		}
		s := m.cut(&docs[i], asideWidth)
		m.seen |= 1 << clause
		return Elsewhere{Kind: s.Field, Language: s.Language, Segments: s.Segments}, true
	}
	return Elsewhere{}, false
}

// name is the name of somebody in which a clause stands, in the reader's language where it stands there.
func (m *Marked) name(kind, code string, clause int, reader lang.Code, name func(lang.Code) string, is func(called) bool) Elsewhere {
	e := Elsewhere{Kind: kind, Code: code}
	for i := range m.v.asked {
		if is(m.called[i]) {
			m.seen |= 1 << i
		}
	}
	for _, c := range append([]lang.Code{reader}, lang.All...) {
		segments, answered := text.Mark(c, name(c), m.naming(c, is))
		if answered&(1<<clause) != 0 {
			e.Language, e.Segments = c, segments
			break
		}
	}
	return e
}

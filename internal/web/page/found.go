package page

import (
	"html/template"
	"strings"

	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/text"
)

// Found makes the list entries of an answer; where words were asked for, each entry marks them where it
// shows them, and says where those stand that it does not show.
func (r *Reader) Found(v *explore.View, items []*explore.Item) []Row {
	rows := r.Rows(v, items)
	if v.Query.Words == "" {
		return rows
	}
	marks := v.Marks()
	for i, it := range items {
		row, m := &rows[i], marks.Of(it)
		row.Asked = m.ID()
		row.TitleMarks = m.Text(row.Title.Lang, row.Title.Text)
		for k := range row.Parties {
			p := &row.Parties[k]
			p.Marks = m.Party(p.Code, r.Lang, p.Text)
		}
		switch s := m.Snippet(r.Lang); {
		case len(s.Segments) == 0:
		case s.Field == "text" && s.Language == row.Text.Lang:
			row.Hits = s.Segments
		default:
			row.Found = append(row.Found, r.found(v, explore.Elsewhere{Kind: s.Field, Language: s.Language, Segments: s.Segments}))
		}
		for _, e := range m.Elsewhere(r.Lang) {
			row.Found = append(row.Found, r.found(v, e))
		}
	}
	return rows
}

// kindNames are the messages that name the texts of a pledge.
var kindNames = map[string]string{
	"title": "field.title", "text": "field.text", "announced_at": "field.announced_at", "milestone": "field.milestones",
	"indicator": "field.indicators", "report": "found.report",
}

// found says where words stand that the entry does not show: what of the pledge it is, and the words in
// their place.
func (r *Reader) found(v *explore.View, e explore.Elsewhere) template.HTML {
	where := segments(e.Language, e.Segments)
	name := ""
	switch e.Kind {
	case "party":
		name = r.NameOf(v, e.Code)
	case "country":
		name = r.CountryName(e.Code)
	default:
		of := r.T(kindNames[e.Kind])
		if r.foreign(e.Language) {
			of = r.T("found.other", "name", of, "other", r.Word("language", string(e.Language)))
		}
		return r.pair(of, where)
	}
	switch {
	case len(e.Segments) == 0:
		where = lang.Bdi(name)
	case whole(e.Segments) != name:
		where = r.HTML("found.other", "name", lang.Bdi(name), "other", where)
	}
	return r.pair(r.FilterName(e.Kind), where)
}

func (r *Reader) pair(name string, value template.HTML) template.HTML {
	return template.HTML(template.HTMLEscapeString(name)) + " – " + value
}

func whole(segments []text.Segment) string {
	var b strings.Builder
	for _, s := range segments {
		b.WriteString(s.Text)
	}
	return b.String()
}

// segments is a text with its marks, set apart for its direction.
func segments(c lang.Code, list []text.Segment) template.HTML {
	var b strings.Builder
	b.WriteString("<bdi")
	if c != "" {
		b.WriteString(` lang="` + string(c) + `" dir="` + c.Dir() + `"`)
	}
	b.WriteString(">")
	for _, s := range list {
		if s.Hit {
			b.WriteString("<mark>" + template.HTMLEscapeString(s.Text) + "</mark>")
		} else {
			b.WriteString(template.HTMLEscapeString(s.Text))
		}
	}
	b.WriteString("</bdi>")
	return template.HTML(b.String())
}

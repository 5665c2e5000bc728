package pledge

import "stocktake/internal/lang"

// Doc is a piece of a pledge's words that a search can find.
type Doc struct {
	Field    string // title, text, announced_at, milestone, indicator, report; "" never
	Language lang.Code
	Text     string
}

// Docs are all words of a pledge that a search finds: its own, its translations', its reports'.
// Names of parties and places are not among them; those belong to their own rooms.
func Docs(p Pledge, reports []Report, translations []Translation) []Doc {
	var docs []Doc
	add := func(field string, language lang.Code, texts ...string) {
		for _, s := range texts {
			if s != "" {
				docs = append(docs, Doc{Field: field, Language: language, Text: s})
			}
		}
	}
	add("title", p.Language, p.Title)
	add("text", p.Language, p.Text)
	add("announced_at", p.Language, p.AnnouncedAt)
	for _, m := range p.Milestones {
		add("milestone", p.Language, m.Text)
	}
	for _, in := range p.Indicators {
		add("indicator", p.Language, in.Name)
	}
	for _, t := range translations {
		add("title", t.Language, t.Title)
		add("text", t.Language, t.Summary, t.Text)
	}
	for _, r := range reports {
		add("report", r.Language, r.Narrative, r.Barriers, r.Support)
	}
	return docs
}

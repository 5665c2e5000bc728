package api

import (
	"context"
	"slices"

	"stocktake/internal/compact"
	"stocktake/internal/lang"
)

func (d *door) compact(_ context.Context, q *question) (any, error) {
	p, in := d.Pack, texts(q.langs)
	out := Compact{
		ID: p.ID, Code: p.Code, URL: p.URL, Name: in(p.Name), ShortName: in(p.ShortName),
		Adoption: Adoption{
			AdoptedOn: p.Adoption.AdoptedOn, AdoptedAt: in(p.Adoption.AdoptedAt), EndorsedOn: p.Adoption.EndorsedOn, Document: p.Adoption.Document,
			ForumBasis: p.Adoption.ForumBasis, Source: p.Adoption.Source, Verified: p.Adoption.Verified,
		},
	}
	out.Objectives = each(p.Objectives, func(o compact.Objective) Objective {
		return Objective{o.N, in(o.Title), in(o.Label), o.Paragraph, o.RoundTable, o.Theme, all(o.Actions)}
	})
	out.Principles = each(p.Principles, func(x compact.Principle) Named { return Named{x.Slug, in(x.Name)} })
	out.RoundTables = each(p.RoundTables, func(x compact.RoundTable) Cluster {
		return Cluster{Named{x.Slug, in(x.Name)}, all(x.Objectives)}
	})
	out.Themes = each(p.Themes, func(x compact.Theme) Cluster { return Cluster{Named{x.Slug, in(x.Name)}, all(x.Objectives)} })
	out.Groups = each(p.Groups, func(x compact.Group) Named { return Named{x.Slug, in(x.Name)} })
	out.Kinds = each(p.Kinds, func(x compact.Kind) Kind { return Kind{x.Slug, x.Group, x.Counts, in(x.One), in(x.Many)} })
	out.Channels = each(p.Channels, func(x compact.Channel) Channel { return Channel{Named{x.Slug, in(x.Name)}, in(x.Note), x.URL} })
	out.Editions = each(p.Editions, func(x compact.Edition) Edition {
		return Edition{Named{x.Slug, in(x.Name)}, in(x.Place), x.Opens, x.Closes, x.Hearing, x.Outcome, x.Source, x.Verified}
	})
	out.Rounds = each(p.Rounds, func(x compact.Round) Round { return Round(x) })
	out.Funds = each(p.Funds, func(x compact.Fund) Fund {
		return Fund{x.Code, in(x.Name), in(x.Note), x.URL, x.Opened, x.Closed, x.Source}
	})
	out.Sources = each(p.Sources, func(x compact.Source) TextSource { return TextSource(x) })
	return out, nil
}

// texts gives texts in the languages asked for, in all of them where none is. A text that does
// not exist in a language comes in English, under "en": whoever shows it can see that.
func texts(langs []lang.Code) func(compact.Text) Text {
	return func(t compact.Text) Text {
		out := Text{}
		for c, p := range t {
			if p.Text != "" && (len(langs) == 0 || slices.Contains(langs, c)) {
				out[c] = Phrase(p)
			}
		}
		english := t[lang.EN]
		for _, c := range langs {
			if _, ok := out[c]; !ok && english.Text != "" {
				out[lang.EN] = Phrase(english)
			}
		}
		return out
	}
}

func each[A, B any](list []A, f func(A) B) []B {
	out := make([]B, len(list))
	for i, x := range list {
		out[i] = f(x)
	}
	return out
}

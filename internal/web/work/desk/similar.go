package desk

import (
	"cmp"
	"slices"

	"stocktake/internal/explore"
	"stocktake/internal/pledge"
	"stocktake/internal/text"
	"stocktake/internal/web/page"
	"stocktake/internal/web/work/kit"
)

// similar is a published pledge that a submission may repeat.
type similar struct {
	ID, Href string
	Title    page.Said
	Text     []string
	Party    string
	Percent  int // of the words that the two share
}

const (
	mostSimilar  = 3
	leastSimilar = 0.2
	likely       = 60  // percent of shared words from which the reviewer is told, before anything else
	lookedAt     = 200 // pledges of the same party, the newest first
)

// similarTo finds published pledges that share many words with a text: those of the same party,
// and those that a search for the title finds. Nothing unpublished is looked at.
func (a *area) similarTo(r *kit.Request, who *names, p pledge.Pledge) (out []similar, err error) {
	if r.Kit.Index == nil || p.Title == "" {
		return nil, nil
	}
	snap := r.Kit.Index.Snapshot()
	var seen []*explore.Item
	queries := []explore.Query{explore.Query{}.With("party", p.Lead())}
	if snap.Searchable() {
		queries = append(queries, explore.Query{}.WithWords(p.Title))
	}
	for _, q := range queries {
		view, err := snap.View(q, r.Today)
		if err != nil {
			return nil, err
		}
		for _, it := range view.Items(0, lookedAt) {
			if it.Pledge.ID != p.ID && !slices.ContainsFunc(seen, func(x *explore.Item) bool { return x.Pledge.ID == it.Pledge.ID }) {
				seen = append(seen, it)
			}
		}
	}
	own := wordsOf(p)
	type scored struct {
		it    *explore.Item
		share float64
	}
	var found []scored
	for _, it := range seen {
		if share := shared(own, wordsOf(it.Pledge)); share >= leastSimilar {
			found = append(found, scored{it, share})
		}
	}
	slices.SortFunc(found, func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.share, a.share), cmp.Compare(a.it.Pledge.ID, b.it.Pledge.ID))
	})
	for _, s := range found[:min(len(found), mostSimilar)] {
		q := s.it.Pledge
		out = append(out, similar{
			ID: q.ID, Href: r.Link("/pledges/" + q.ID), Title: page.Say(q.Title, q.Language), Text: paragraphs(q.Text), Party: who.party(q.Lead()),
			Percent: int(100*s.share + 0.5),
		})
	}
	return out, nil
}

func wordsOf(p pledge.Pledge) map[string]bool {
	all := map[string]bool{}
	for _, t := range text.Tokens(p.Language, p.Title+"\n"+p.Text) {
		all[t.Term] = true
	}
	return all
}

// shared is how many of the words of two texts are in both.
func shared(a, b map[string]bool) float64 {
	both := 0
	for w := range a {
		if b[w] {
			both++
		}
	}
	if either := len(a) + len(b) - both; either > 0 {
		return float64(both) / float64(either)
	}
	return 0
}

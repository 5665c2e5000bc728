package dashboard

import (
	"html/template"

	"stocktake/internal/explore"
	"stocktake/internal/web/page"
)

// known compares the figures of a past day as they are known today with what was known on that
// day, where entries that were recorded later changed them. A question tied to a register position
// has its knowledge fixed and is not compared.
func known(r *page.Reader, v *explore.View) (template.HTML, error) {
	day := r.Query.AsOf
	if day == "" || day >= r.Today || r.Query.At > 0 {
		return "", nil
	}
	now := headlines(r, r.Query, v.Totals)
	size := r.Snap.KnownOn(day)
	if size == 0 {
		if v.Totals.Pledges == 0 {
			return "", nil
		}
		return r.HTML("known.nothing", "now", now[0].text, "date", r.P.Date(day)), nil
	}
	q := r.Query.WithAt(size)
	past, err := r.View(q)
	if err != nil {
		return "", err
	}
	var first template.HTML
	var others []template.HTML
	for i, then := range headlines(r, q, past.Totals) {
		diff := now[i].n - then.n
		if diff == 0 {
			continue
		}
		says := r.P.Number(int64(diff))
		if diff > 0 {
			says = "+" + says
		}
		if first == "" {
			first = r.HTML("known.differs", "now", now[i].text, "date", r.P.Date(day), "diff", page.Bdi(says), "then", then.text)
			continue
		}
		others = append(others, r.HTML("known.item", "now", now[i].text, "diff", page.Bdi(says), "then", then.text))
	}
	if len(others) == 0 {
		return first, nil
	}
	return r.HTML("lede.two", "first", first, "second", r.HTML("known.also", "list", r.P.ListHTML(others...))), nil
}

// headline is a figure of the opening sentence, linked to its rows.
type headline struct {
	n    int
	text template.HTML
}

func headlines(r *page.Reader, q explore.Query, t explore.Totals) []headline {
	reported, _ := page.Narrow(q, "stage", page.Reported...)
	all := []headline{
		{t.Pledges, page.NumLink(t.Pledges, r.List(q), r.HTML("lede.pledges", "n", t.Pledges))},
		{t.Parties, page.NumLink(t.Parties, r.Link("/parties", q), r.HTML("lede.parties", "n", t.Parties))},
		{t.States, page.NumLink(t.States, r.Link("/parties", q, "show", "states"), r.HTML("lede.states_alone", "n", t.States))},
		{t.Objectives, page.NumLink(t.Objectives, r.Link("/objectives", q), r.HTML("lede.objectives", "n", t.Objectives, "total", len(r.Pack.Objectives)))},
		{t.Reported, page.NumLink(t.Reported, r.List(reported), r.HTML("known.reported", "n", t.Reported))},
	}
	return all
}

package dashboard

import (
	"html/template"
	"slices"

	"stocktake/internal/explore"
	"stocktake/internal/web/page"
)

// clocks draws the two clocks apart: what the parties say of their progress, and how long ago
// they last said anything. Each pledge stands in exactly one row of each; silence is a row, and
// whether anybody asked stands with it.
func (p *Page) clocks(r *page.Reader, v *explore.View) error {
	p.Far = []template.HTML{
		r.Facet(v, "stage", r.T("dash.far.stage"), shown["stage"]).HTML(),
		r.Facet(v, "recency", r.T("dash.far.recency"), shown["recency"]).HTML(),
	}
	p.Asked = asked(r)
	q, empty := page.Narrow(r.Query, "stage", "unreported")
	if p.Silent = r.Silence(v); p.Silent == "" || empty {
		return nil
	}
	months := r.Pack.Calendar.ReportEveryMonths
	late, empty := page.Narrow(q, "overdue", "true")
	if months == 0 || empty {
		return nil
	}
	silent := v
	if v.Totals.Reported > 0 {
		var err error
		if silent, err = r.View(q); err != nil {
			return err
		}
	}
	due := 0
	overdue := silent.Facet("overdue")
	if i := slices.IndexFunc(overdue, func(b explore.Bucket) bool { return b.Value == "true" }); i >= 0 {
		due = overdue[i].Count
	}
	if due == 0 {
		return nil
	}
	// Silence is a category like any other, and its number leads to its rows; who is late is a mark
	// of the workspace, and no page of the public offers that.
	p.Silent += r.Gap() + r.HTML("dash.far.due", "n", months, "due", page.NumLink(due, r.List(late), r.HTML("lede.pledges", "n", due)))
	return nil
}

// asked says of the last round of reporting that was opened by the reader's day; that of a
// later one would tell what nobody knew.
func asked(r *page.Reader) template.HTML {
	for _, round := range slices.Backward(r.Pack.Rounds) {
		if round.Asked <= r.AsOf() {
			key := "dash.far.round.over"
			if r.AsOf() <= round.Due {
				key = "dash.far.round.open"
			}
			return r.HTML(key, "from", r.P.Date(round.Asked), "to", r.P.Date(round.Due))
		}
	}
	return r.HTML("dash.far.round.none")
}

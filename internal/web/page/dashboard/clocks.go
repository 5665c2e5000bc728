package dashboard

import (
	"html/template"
	"slices"

	"stocktake/internal/chart"
	"stocktake/internal/explore"
	"stocktake/internal/web/page"
)

// scale says what a panel counts out of, and what its longest bar stands for.
func scale(r *page.Reader, tables []chart.Bars, of int) template.HTML {
	top := 0
	for _, t := range tables {
		for _, row := range t.Rows {
			top = max(top, row.Value)
		}
	}
	return r.HTML("dash.scale", "n", of, "top", max(1, top))
}

// clocks draws the two clocks apart: what the parties say of their progress, and how long ago
// they last said anything. Each pledge stands in exactly one row of each; silence is a row.
func (p *Page) clocks(r *page.Reader, v *explore.View) error {
	for _, c := range []struct{ filter, title string }{{"stage", r.T("dash.far.stage")}, {"recency", r.T("dash.far.recency")}} {
		t := r.Facet(v, c.filter, c.title, page.Closed)
		of := 0
		for _, row := range t.Rows {
			of += row.Value
		}
		t.Caption += " <small>" + scale(r, []chart.Bars{t}, of) + "</small>"
		p.Far = append(p.Far, t.HTML())
	}
	q, empty := page.Narrow(r.Query, "recency", "never")
	if empty {
		return nil
	}
	silent, err := r.View(q)
	if err != nil || silent.Totals.Pledges == 0 {
		return err
	}
	n := silent.Totals.Pledges
	due := 0
	late, empty := page.Narrow(q, "overdue", "true")
	if !empty {
		i := slices.IndexFunc(silent.Facet("overdue"), func(b explore.Bucket) bool { return b.Value == "true" })
		if i >= 0 {
			due = silent.Facet("overdue")[i].Count
		}
	}
	p.Silent = r.HTML("dash.far.silent",
		"silent", page.NumLink(n, r.List(q), r.HTML("lede.pledges", "n", n)),
		"due", page.NumLink(due, r.List(late), r.HTML("lede.pledges", "n", due)))
	return nil
}

// Package figures is the page of how many submissions were received, in review and published, for
// the days for which a reviewer published that.
package figures

import (
	_ "embed"
	"html/template"

	"stocktake/internal/explore"
	"stocktake/internal/web/page"
)

//go:embed figures.html
var Template string

// Page is what the template shows.
type Page struct {
	page.Frame
	Cite   page.Cite
	None   string // why there are no figures
	Latest template.HTML
	Counts []Count // of the latest day
	Rest   string  // where the others are
	Early  bool    // the day was not over
	Days   Table
	Old    Table // what was corrected since
}

// Table is the figures of several days.
type Table struct {
	Label string // id of its heading
	Aside bool   // some day tells how many were set aside
	Rows  []Day
}

// Count is one figure with what it counts.
type Count struct{ Name, N, Counts, LeavesOut string }

// Day is one row of the table of all days.
type Day struct {
	Day, Received, InReview, Returned, Published, SetAside string

	On       string // day on which it was published
	Early    bool   // before that day was over
	Version  int
	Position int64
	Receipt  string // address of the proof; "" for a version that was corrected
}

// Build lists the figures that were published by the reader's moment.
func Build(r *page.Reader) (*Page, error) {
	v, err := r.View(r.Pin())
	if err != nil {
		return nil, err
	}
	all, err := r.Snap.Figures(r.Pin(), r.Today)
	if err != nil {
		return nil, err
	}
	p := &Page{Frame: r.Frame(page.About, r.T("figures.title")), Cite: r.Cite(v.Size)}
	if len(all) == 0 {
		p.None = r.T("figures.none", "date", r.P.Date(r.AsOf()))
		return p, nil
	}
	p.Latest = r.HTML("figures.latest", "date", page.Bdi(r.P.Date(all[0].On)))
	p.Counts = counts(r, all[0])
	p.Early = all[0].Since == all[0].On
	if p.Early {
		p.Latest = page.Bdi(r.P.Date(all[0].On))
	}
	p.Rest = r.T("figures.rest.two")
	if all[0].SetAside != nil {
		p.Rest = r.T("figures.rest.one")
	}
	p.Days.Label, p.Old.Label = "all", "old"
	for _, f := range all {
		p.Days.add(r, f)
		p.Days.Rows[len(p.Days.Rows)-1].Receipt = r.FiguresReceipt(f.On)
		for _, old := range f.Earlier {
			p.Old.add(r, old)
		}
	}
	return p, nil
}

func (t *Table) add(r *page.Reader, f explore.Figures) {
	t.Rows = append(t.Rows, day(r, f))
	t.Aside = t.Aside || f.SetAside != nil
}

func counts(r *page.Reader, f explore.Figures) []Count {
	all := []Count{
		{r.T("figures.received"), number(r, f.Received), r.T("figures.received.counts"), r.T("figures.received.not")},
		{r.T("figures.in_review"), number(r, f.InReview), r.T("figures.in_review.counts"), r.T("figures.in_review.not")},
		{r.T("figures.returned"), number(r, f.Returned), r.T("figures.returned.counts"), r.T("figures.returned.not")},
		{r.T("figures.published"), number(r, f.Published), r.T("figures.published.counts"), r.T("figures.published.not")},
	}
	if f.SetAside != nil {
		all = append(all, Count{r.T("figures.set_aside"), number(r, *f.SetAside), r.T("figures.set_aside.counts"), r.T("figures.set_aside.not")})
	}
	return all
}

func day(r *page.Reader, f explore.Figures) Day {
	d := Day{
		Day: r.P.Date(f.On), Received: number(r, f.Received), InReview: number(r, f.InReview), Returned: number(r, f.Returned), Published: number(r, f.Published),
		On: r.P.Date(f.Since), Early: f.Since == f.On, Version: f.Version, Position: f.Position,
	}
	if f.SetAside != nil {
		d.SetAside = number(r, *f.SetAside)
	}
	return d
}

func number(r *page.Reader, n int) string { return r.P.Number(int64(n)) }

// Package objective is the page of one objective: its wording, its place in the review, and
// who pledged under it; a gap is stated.
package objective

import (
	_ "embed"
	"html/template"
	"strconv"

	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/web/page"
	"stocktake/internal/web/page/dashboard"
)

//go:embed objective.html
var Template string

const most = 50

// Page is what the template shows.
type Page struct {
	page.Frame
	N              int
	Label          string
	OfficialTitle  string
	Verified       bool
	RoundTable     string
	Theme          string
	Summary        template.HTML
	Inferred       template.HTML
	Infer          *page.Chip  // the click that leaves those out
	Chips          []page.Chip // says that they are, and undoes it
	Cite           page.Cite
	Kinds, Stages  template.HTML
	Silent         template.HTML // of how many nothing was reported
	Files          template.HTML
	Recency        template.HTML
	Rows           []page.Row
	All            template.HTML
	Previous, Next *page.Item
}

// Build shows the objective with the number.
func Build(r *page.Reader, number string) (*Page, error) {
	n, err := strconv.Atoi(number)
	o, ok := r.Pack.Objective(n)
	if err != nil || !ok || strconv.Itoa(n) != number {
		return nil, errs.New(errs.NotFound, "no objective %q", number)
	}
	own := *r
	own.Query = r.Pin().With("objective", number).WithOwnObjectives(r.Query.OwnObjectives)
	v, err := own.View(own.Query)
	if err != nil {
		return nil, err
	}
	p := &Page{
		N: n, Label: o.Label.In(r.Lang), OfficialTitle: o.Title.In(r.Lang), Verified: o.Title[r.Lang].Verified,
		Cite: r.CiteCounts(v),
	}
	p.Frame = r.Frame(page.Objectives, number+" "+p.Label)
	if rt, ok := r.Pack.RoundTable(o.RoundTable); ok {
		p.RoundTable = rt.Name.In(r.Lang)
	}
	if th, ok := r.Pack.Theme(o.Theme); ok {
		p.Theme = th.Name.In(r.Lang)
	}
	p.Previous, p.Next = neighbour(r, n-1), neighbour(r, n+1)
	if r.Query.OwnObjectives {
		p.Chips = []page.Chip{r.InferredChip(r.Path)}
	}
	p.Infer = r.Infer(v, r.Path)
	total := v.Totals.Pledges
	if total == 0 {
		p.Summary = r.HTML("objective.gap")
		return p, nil
	}
	p.fill(&own, v)
	return p, nil
}

func (p *Page) fill(r *page.Reader, v *explore.View) {
	t := v.Totals
	pledges := page.NumLink(t.Pledges, r.List(r.Query), r.HTML("lede.pledges", "n", t.Pledges))
	parties := page.NumLink(t.Parties, r.Link("/parties", r.Query), r.HTML("lede.parties", "n", t.Parties))
	p.Summary = r.HTML("objective.summary", "n", t.Pledges, "pledges", pledges, "parties", parties)
	if t.Inferred > 0 {
		q := r.Query.With("objectives_by", "inferred")
		p.Inferred = r.HTML("dash.what.inferred", "n", t.Inferred,
			"pledges", page.NumLink(t.Inferred, r.List(q), r.HTML("lede.pledges", "n", t.Inferred)))
	}
	p.Kinds = r.Facet(v, "party_kind", r.T("dash.who.kinds"), page.NotEmpty).HTML()
	p.Stages = r.Facet(v, "stage", r.T("dash.far.stage"), page.Closed).HTML()
	p.Recency = r.Facet(v, "recency", r.T("dash.far.recency"), page.Apart).HTML()
	p.Silent, p.Files = r.Silence(v), dashboard.Files(r, "kinds", "stage", "recency")
	p.Rows = r.Rows(v, v.Items(0, most))
	if t.Pledges > most {
		p.All = page.NumLink(t.Pledges, r.List(r.Query), r.HTML("dash.all", "n", t.Pledges))
	}
}

func neighbour(r *page.Reader, n int) *page.Item {
	o, ok := r.Pack.Objective(n)
	if !ok {
		return nil
	}
	number := strconv.Itoa(n)
	return &page.Item{Href: r.ObjectiveLink(number), Text: number + " " + o.Label.In(r.Lang)}
}

// Package party is the page of one party: who it is, what it promised, and what came of it.
package party

import (
	_ "embed"
	"fmt"
	"html/template"

	"stocktake/internal/explore"
	"stocktake/internal/web/page"
	"stocktake/internal/web/page/dashboard"
)

//go:embed party.html
var Template string

// most is how many pledges the page lists; the rest is one link away.
const most = 50

// Page is what the template shows.
type Page struct {
	page.Frame
	Name       string
	Kind       string
	Code       string
	Country    string
	Parent     *page.Item
	Members    []page.Item
	Summary    template.HTML
	Cite       page.Cite
	Stages     template.HTML
	Recency    template.HTML
	Objectives template.HTML
	Silent     template.HTML // of how many nothing was reported
	Files      template.HTML
	Rows       []page.Row
	All        template.HTML
	Missing    bool           // no pledge of its own
	Awaited    []page.Awaited // what it has announced, and is no pledge yet
}

// Build shows the party with the code; its parts' pledges are its own.
func Build(r *page.Reader, code string) (*Page, error) {
	who, err := r.Snap.Party(code, r.Pin(), r.Today)
	if err != nil {
		return nil, err
	}
	own := *r
	own.Query = r.Pin().With("party", code)
	v, err := own.View(own.Query)
	if err != nil {
		return nil, err
	}
	p := &Page{
		Name: r.PartyName(who), Kind: r.Kind(who.Kind), Code: who.Code,
		Cite: r.CiteCounts(v),
	}
	p.Frame = r.Frame(page.Parties, p.Name)
	if who.Country != "" && !who.IsState(r.Pack) {
		p.Country = r.CountryName(who.Country)
	}
	item := func(code string) page.Item { return page.Item{Href: r.PartyLink(code), Text: r.NameOf(v, code)} }
	if who.Parent != "" {
		parent := item(who.Parent)
		p.Parent = &parent
		p.Kind = r.T("pledge.part", "party", parent.Text) // what it is, rather than the kind of what it belongs to
	}
	for _, m := range who.Members {
		p.Members = append(p.Members, item(m))
	}
	if p.Awaited, err = r.Announced(v, code); err != nil {
		return nil, err
	}
	total := v.Totals.Pledges
	if total == 0 {
		p.Missing = true
		p.Summary = r.HTML("party.none")
		return p, nil
	}
	pledges := page.NumLink(total, r.List(own.Query), r.HTML("lede.pledges", "n", total))
	p.Summary = r.HTML("lede.two", "first", r.HTML("party.promised", "n", total, "pledges", pledges), "second", outcome(&own, v))
	p.Stages = own.Facet(v, "stage", r.T("party.came"), page.Closed).HTML()
	p.Recency = own.Facet(v, "recency", r.T("dash.far.recency"), page.Apart).HTML()
	p.Objectives = objectives(&own, v)
	p.Silent, p.Files = own.Silence(v), dashboard.Files(&own, "objectives", "stage", "recency")
	p.Rows = own.Rows(v, v.Items(0, most))
	if total > most {
		p.All = page.NumLink(total, r.List(own.Query), r.HTML("dash.all", "n", total))
	}
	return p, nil
}

func outcome(r *page.Reader, v *explore.View) template.HTML {
	if v.Totals.Reported == 0 {
		return r.HTML("lede.reported_none", "n", v.Totals.Pledges)
	}
	q, _ := page.Narrow(r.Query, "stage", page.Reported...)
	key := "lede.reported_some"
	if v.Totals.Reported == v.Totals.Pledges {
		key = "lede.reported_all"
	}
	return page.NumLink(v.Totals.Reported, r.List(q), r.HTML(key, "n", v.Totals.Reported))
}

func objectives(r *page.Reader, v *explore.View) template.HTML {
	t := r.Table(v, r.T("party.objectives"), "objective")
	link := r.Lists(r.Query, "objective")
	for _, b := range v.Facet("objective") {
		var n int
		if _, err := fmt.Sscan(b.Value, &n); err == nil && b.Count > 0 {
			t.Rows = append(t.Rows, r.Objective(n, b.Count, link))
		}
	}
	if len(t.Rows) == 0 {
		return ""
	}
	return t.HTML()
}

// Package objectives is the list of the compact's objectives by round table, with the number
// of pledges that name each, and of its guiding principles.
package objectives

import (
	_ "embed"
	"html/template"
	"strconv"

	"stocktake/internal/web/page"
)

//go:embed objectives.html
var Template string

// Page is what the template shows.
type Page struct {
	page.Frame
	Touched, Of int
	Zero        template.HTML // says that there is no pledge, instead of the numbers
	Cite        page.Cite
	Form        page.Form
	Tables      []Table
	Principles  template.HTML
}

// Table holds the objectives of one round table.
type Table struct {
	ID, Name string
	Rows     []Row
}

// Row is one objective.
type Row struct {
	N           int
	Title, Href string
	Theme       string
	Count       template.HTML
}

// Build lists all objectives; those without a pledge are listed too.
func Build(r *page.Reader) (*Page, error) {
	v, err := r.View(r.Query)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for _, b := range v.Facet("objective") {
		counts[b.Value] = b.Count
	}
	p := &Page{
		Frame: r.Frame(page.Objectives, r.T("objectives.title")), Touched: v.Totals.Objectives, Of: len(r.Pack.Objectives),
		Cite: r.CiteCounts(v), Form: r.Form(v, "/objectives"),
	}
	if v.Totals.Pledges == 0 {
		p.Zero = r.Zero(v)
	}
	for _, rt := range r.Pack.RoundTables {
		t := Table{ID: "rt-" + rt.Slug, Name: rt.Name.In(r.Lang)}
		for _, n := range rt.Objectives {
			o, ok := r.Pack.Objective(n)
			if !ok {
				continue
			}
			value := strconv.Itoa(n)
			row := Row{N: n, Title: o.Title.In(r.Lang), Href: r.ObjectiveLink(value)}
			if th, ok := r.Pack.Theme(o.Theme); ok {
				row.Theme = th.Name.In(r.Lang)
			}
			row.Count = page.NumLink(counts[value], r.List(r.Query.Only("objective", value)), r.HTML("objectives.pledges", "n", counts[value]))
			if counts[value] == 0 {
				row.Count = r.HTML("objectives.none")
			}
			t.Rows = append(t.Rows, row)
		}
		p.Tables = append(p.Tables, t)
	}
	p.Principles = r.Facet(v, "principle", r.T("objectives.principles"), page.Closed).HTML()
	return p, nil
}

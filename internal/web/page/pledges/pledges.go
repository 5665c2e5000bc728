// Package pledges is the list of pledges that a question finds.
package pledges

import (
	_ "embed"
	"html/template"

	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/web/page"
)

//go:embed pledges.html
var Template string

// PerPage is how many pledges one page of the list shows.
const PerPage = 50

// Page is what the template shows.
type Page struct {
	page.Frame
	Total    int
	From, To int
	Cite     page.Cite
	Form     page.Form
	Sorts    []page.Item
	Profile  template.HTML // the link to the one party that is asked for
	Overview string        // the link to the figures of these pledges; "" where they are all, or none
	Rows     []page.Row
	Previous string
	Next     string
	N, Last  int
	Empty    *page.Nothing
	Zero     template.HTML  // says that there is none, instead of the number
	Awaited  []page.Awaited // announced, and no pledge yet
}

// Build lists page n (from 1) of what the reader's question finds.
func Build(r *page.Reader, n int) (*Page, error) {
	v, err := r.View(r.Query)
	if err != nil {
		return nil, err
	}
	total := v.Totals.Pledges
	last := max(1, (total+PerPage-1)/PerPage)
	if n > last {
		return nil, errs.New(errs.NotFound, "the list has %d pages, not %d", last, n)
	}
	p := &Page{
		Frame: r.Frame(page.Pledges, r.T("pledges.title")),
		Total: total, Cite: r.CiteCounts(v), Form: r.Form(v, "/pledges"), Profile: r.Profile(v), N: n, Last: last,
	}
	if err := r.OfferRegions(&p.Form, v); err != nil {
		return nil, err
	}
	narrowed := r.Query.Filtered() || r.Query.Words != ""
	if total > 0 && (narrowed || r.Query.OwnObjectives) {
		q := r.Query
		q.Sort = "" // the order of a list is no part of its figures
		p.Overview = r.Link("/", q, r.Kept()...)
	}
	if !narrowed && n == 1 { // no filter speaks of them
		if p.Awaited, err = r.Announced(v, ""); err != nil {
			return nil, err
		}
	}
	if total == 0 {
		p.Zero = r.Zero(v)
		p.Empty, err = r.Nothing("/pledges", v)
		return p, err
	}
	first := (n - 1) * PerPage
	p.Rows = r.Found(v, v.Items(first, PerPage))
	p.From, p.To = first+1, first+len(p.Rows)
	if n > 1 {
		p.Previous = r.Link("/pledges", r.Query, "page", pageParam(n-1))
	}
	if n < last {
		p.Next = r.Link("/pledges", r.Query, "page", pageParam(n+1))
	}
	for _, sort := range page.Words["sort"] {
		if sort == explore.Relevance && r.Query.Words == "" {
			continue
		}
		q := r.Query.WithSort(sort)
		current := r.Query.Order() == sort
		p.Sorts = append(p.Sorts, page.Item{Href: r.Link("/pledges", q), Text: r.Word("sort", sort), Current: current})
	}
	return p, nil
}

// pageParam leaves the first page without a parameter: one page has one address.
func pageParam(n int) string {
	if n == 1 {
		return ""
	}
	return page.Itoa(n)
}

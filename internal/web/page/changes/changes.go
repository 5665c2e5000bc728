// Package changes lists what happened to the pledges of a question between two days.
package changes

import (
	_ "embed"
	"slices"

	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/web/page"
)

//go:embed changes.html
var Template string

// PerPage is how many pledges one page of a list shows; the page of all kinds shows the
// latest few of each.
const (
	PerPage = 50
	few     = 5
)

// Page is what the template shows.
type Page struct {
	page.Frame
	Since    *page.Since
	Compare  page.Compare
	Cite     page.Cite
	Chips    page.Form // of which only the chips are shown
	Back     string
	All      string // the page of all kinds; "" on that page
	Show     string
	Total    int
	Lists    []List
	Previous string
	Next     string
	From, To int
}

// List is one kind of change.
type List struct {
	ID, Title string
	Count     int
	Rows      []page.Row
	More      string
}

// Build lists the changes since the day asked for, up to the reader's day.
func Build(r *page.Reader, n int) (*Page, error) {
	show := r.Own.Get("show")
	if show != "" && !slices.Contains(page.ChangeKinds, show) {
		return nil, errs.InvalidFields(errs.Field{Field: "show", Value: show, Message: "must be a kind of change"})
	}
	day, err := r.SinceDay()
	if err != nil {
		return nil, err
	}
	if day == "" {
		return nil, errs.InvalidFields(errs.Field{Field: "since", Message: "must be a day, as 2022-05-20"})
	}
	v, err := r.View(r.Query)
	if err != nil {
		return nil, err
	}
	c, err := r.Changes(day)
	if err != nil {
		return nil, err
	}
	p := &Page{
		Frame: r.Frame(page.Nowhere, r.T("since.title", "date", r.P.Date(day))), Compare: r.Compare("/changes"), Cite: r.Cite(v.Size),
		Chips: page.Form{Chips: r.Chips(v, "/changes"), ReadAs: r.ReadAs(v, page.AsTyped)}, Show: show, Back: r.Link("/", r.Query, "since", day),
	}
	if p.Since, err = r.Since(day); err != nil {
		return nil, err
	}
	if show == "" {
		for _, kind := range page.ChangeKinds {
			if list := page.ChangesOf(c, kind); list.Count > 0 {
				p.list(r, v, day, kind, list, 0, few)
			}
		}
		return p, nil
	}
	list := page.ChangesOf(c, show)
	last := max(1, (list.Count+PerPage-1)/PerPage)
	if n > last {
		return nil, errs.New(errs.NotFound, "the list has %d pages, not %d", last, n)
	}
	first := (n - 1) * PerPage
	p.list(r, v, day, show, list, first, PerPage)
	p.Total, p.From, p.To = list.Count, first+1, first+len(p.Lists[0].Rows)
	p.All = r.Link("/changes", r.Query, "since", day)
	if n > 2 {
		p.Previous = r.Link("/changes", r.Query, "since", day, "show", show, "page", page.Itoa(n-1))
	} else if n == 2 {
		p.Previous = r.Link("/changes", r.Query, "since", day, "show", show)
	}
	if n < last {
		p.Next = r.Link("/changes", r.Query, "since", day, "show", show, "page", page.Itoa(n+1))
	}
	return p, nil
}

func (p *Page) list(r *page.Reader, v *explore.View, day, kind string, c explore.Changed, offset, limit int) {
	l := List{ID: kind, Title: r.T("since." + kind), Count: c.Count, Rows: r.Rows(v, c.Items(offset, limit))}
	if offset == 0 && limit == few && c.Count > few {
		l.More = r.Link("/changes", r.Query, "since", day, "show", kind)
	}
	p.Lists = append(p.Lists, l)
}

// Package parties is the list of who pledges, by kind.
package parties

import (
	_ "embed"

	"stocktake/internal/chart"
	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/web/page"

	"html/template"
)

//go:embed parties.html
var Template string

// States is the value of the parameter show that lists only the parties which count as States
// in a figure; any kind of the pack is another.
const States = "states"

// Page is what the template shows.
type Page struct {
	page.Frame
	Total          int
	Participations int
	Pledges        template.HTML
	Cite           page.Cite
	Form           page.Form
	Show           string // the name of what alone is shown
	All            string // the way back to all
	Groups         []template.HTML
	Empty          *page.Nothing
	Zero           template.HTML // says that there is none, instead of the numbers
}

// Build lists the parties of the pledges that the question finds.
func Build(r *page.Reader) (*Page, error) {
	v, err := r.View(r.Query)
	if err != nil {
		return nil, err
	}
	p := &Page{Frame: r.Frame(page.Parties, r.T("parties.title")), Cite: r.CiteCounts(v), Form: r.Form(v, "/parties")}
	show := r.Own.Get("show")
	if err := p.show(r, show); err != nil {
		return nil, err
	}
	byKind := map[string][]explore.PartyCount{}
	for _, pc := range v.Parties() {
		if show == States && !pc.Party.IsState(r.Pack) || show != "" && show != States && pc.Party.Kind != show {
			continue
		}
		byKind[pc.Party.Kind] = append(byKind[pc.Party.Kind], pc)
		p.Total++
		p.Participations += pc.Pledges
	}
	if p.Pledges, err = pledges(r, v, show); err != nil {
		return nil, err
	}
	if v.Totals.Pledges == 0 {
		p.Zero = r.Zero(v)
		p.Empty, err = r.Nothing("/parties", v)
		return p, err
	}
	var tables []chart.Bars
	for _, k := range r.Pack.Kinds {
		if len(byKind[k.Slug]) == 0 {
			continue
		}
		t := chart.Bars{
			Caption: template.HTML(template.HTMLEscapeString(k.Many.In(r.Lang))) + ` <small>` + r.HTML("parties.of_kind", "n", len(byKind[k.Slug])) + `</small>`,
			Head:    chart.Head{Label: r.T("filter.party"), Value: r.T("bars.pledges")},
		}
		for _, pc := range byKind[k.Slug] {
			t.Rows = append(t.Rows, chart.Bar{
				Label: page.Bdi(r.PartyName(pc.Party)), Href: r.PartyLink(pc.Party.Code),
				Value: pc.Pledges, ValueText: r.Count(pc.Pledges),
			})
		}
		tables = append(tables, t)
	}
	page.SameScale(tables)
	for _, t := range tables {
		p.Groups = append(p.Groups, t.HTML())
	}
	return p, nil
}

// pledges links the number of pledges that the parties shown have made.
func pledges(r *page.Reader, v *explore.View, show string) (template.HTML, error) {
	q, n := r.Query, v.Totals.Pledges
	if show != "" {
		kinds := []string{show}
		if show == States {
			kinds = nil
			for _, k := range r.Pack.Kinds {
				if k.Counts {
					kinds = append(kinds, k.Slug)
				}
			}
		}
		var empty bool
		if q, empty = page.Narrow(q, "party_kind", kinds...); empty {
			return r.HTML("lede.pledges", "n", 0), nil
		}
		narrow, err := r.View(q)
		if err != nil {
			return "", err
		}
		n = narrow.Totals.Pledges
	}
	return page.NumLink(n, r.List(q), r.HTML("lede.pledges", "n", n)), nil
}

func (p *Page) show(r *page.Reader, show string) error {
	if show == "" {
		return nil
	}
	p.All = r.Link("/parties", r.Query)
	if show == States {
		p.Show = r.T("parties.states")
		return nil
	}
	k, ok := r.Pack.Kind(show)
	if !ok {
		return errs.InvalidFields(errs.Field{Field: "show", Value: show, Message: "a kind of party, or states"})
	}
	p.Show = k.Many.In(r.Lang)
	return nil
}

package dashboard

import (
	_ "embed"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"stocktake/internal/chart"
	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/place"
	"stocktake/internal/web/page"
)

//go:embed gaps.html
var gapsTemplate string

// Covers are the values of the parameter cover: the filter that makes the columns of the
// coverage. The first is the one without the parameter: who has pledged is asked more often than
// where a pledge is carried out, and most pledges name no place.
var Covers = []string{"party_region", "region", "commission"}

// Gaps is the section on which objectives are covered where, and which are not.
type Gaps struct {
	Switch []page.Item
	Note   template.HTML
	Beside template.HTML // the pledges that stand in no column
	Matrix template.HTML
	Lead   string // what the lines say
	Lines  []template.HTML
	Full   bool
}

// Cover is the coverage in numbers: objectives by the values of one filter.
type Cover struct {
	Filter  string
	Places  []string // values of the filter
	Names   []string
	Counts  map[string][]int // by place: of each objective, in the order of the pack
	Nowhere int              // pledges without a value
	All     int              // pledges, whatever their value
}

// CoverOf reads which coverage the reader asks for.
func CoverOf(r *page.Reader) (string, error) {
	switch cover := r.Own.Get("cover"); {
	case cover == "":
		return Covers[0], nil
	case slices.Contains(Covers, cover):
		return cover, nil
	default:
		return "", errs.InvalidFields(errs.Field{Field: "cover", Value: cover, Message: "must be one of " + strings.Join(Covers, ", ")})
	}
}

// Coverage counts the pledges of the question by objective and place. Neither filter narrows
// its own counts, so that every cell is the number of pledges which its link finds: one view
// for each column, and not one for each cell.
func Coverage(r *page.Reader, v *explore.View, filter string) (*Cover, error) {
	c := &Cover{Filter: filter, Places: columns(filter), Counts: map[string][]int{}}
	_, all, err := without(r, v, filter, "objective")
	if err != nil {
		return nil, err
	}
	c.All = all.Totals.Pledges
	for _, b := range all.Facet(filter) {
		if b.Value == page.None {
			c.Nowhere = b.Count
		}
	}
	for _, code := range c.Places {
		c.Names = append(c.Names, r.ValueName(v, filter, code))
		there, err := r.View(r.Query.Only(filter, code))
		if err != nil {
			return nil, err
		}
		counts := map[string]int{}
		for _, b := range there.Facet("objective") {
			counts[b.Value] = b.Count
		}
		for _, o := range r.Pack.Objectives {
			c.Counts[code] = append(c.Counts[code], counts[strconv.Itoa(o.N)])
		}
	}
	return c, nil
}

// columns are the columns: the commissions, or the regions right below the world.
func columns(filter string) []string {
	var codes []string
	if filter == "commission" {
		for _, c := range place.Commissions() {
			codes = append(codes, c.Slug)
		}
		return codes
	}
	for _, region := range place.Regions() {
		if region.Parent == place.World {
			codes = append(codes, region.Code)
		}
	}
	return codes
}

func (p *Page) gaps(r *page.Reader, v *explore.View) error {
	filter, err := CoverOf(r)
	if err != nil {
		return err
	}
	c, err := Coverage(r, v, filter)
	if err != nil {
		return err
	}
	g := &Gaps{}
	for i, name := range Covers {
		value := name
		if i == 0 {
			value = ""
		}
		g.Switch = append(g.Switch, page.Item{Href: r.Link("/", r.Query, r.Kept("cover", value)...) + "#gaps", Text: r.T("gaps." + name), Current: name == filter})
	}
	note, beside, lead := "gaps.note", "gaps.beside", "gaps.lines"
	if filter == "party_region" {
		note, beside, lead = "gaps.note.party", "gaps.beside.party", "gaps.lines.party"
	}
	top := 1
	for _, counts := range c.Counts {
		top = max(top, slices.Max(counts))
	}
	g.Note, g.Lead = r.HTML(note, "date", r.P.Date(r.AsOf()))+r.Gap()+r.Scale(page.InShades, c.All, top), r.T(lead)
	g.Note = apart(r, g.Note, filter, "objective")
	if n := c.Nowhere; n > 0 {
		g.Beside = r.HTML(beside, "pledges", page.NumLink(n, r.List(r.Query.Without("objective").Only(filter, page.None)), r.HTML("lede.pledges", "n", n)))
	}
	g.Matrix = c.matrix(r)
	g.Lines = c.lines(r)
	g.Full = len(g.Lines) == 0
	p.Gaps = g
	return nil
}

func (c *Cover) matrix(r *page.Reader) template.HTML {
	m := chart.Matrix{ID: "coverage", Caption: template.HTML(template.HTMLEscapeString(r.T("gaps." + c.Filter))), Corner: r.FilterName("objective")}
	var all []int
	var links []func(objective string) string // of each column
	for i, code := range c.Places {
		m.Cols = append(m.Cols, chart.MatrixHead{Label: page.Bdi(c.Names[i])})
		all = append(all, c.Counts[code]...)
		links = append(links, r.Lists(r.Query.Only(c.Filter, code), "objective"))
	}
	m.Scale = chart.NewScale(all)
	for i, o := range r.Pack.Objectives {
		n := strconv.Itoa(o.N)
		label := o.Label.In(r.Lang)
		row := chart.MatrixRow{MatrixHead: chart.MatrixHead{No: r.P.Number(int64(o.N)), Label: page.Bdi(label), Href: r.ObjectiveLink(n)}}
		for j, code := range c.Places {
			count := c.Counts[code][i]
			cell := chart.MatrixCell{Value: count, Text: r.Count(count)}
			if count > 0 {
				cell.Href = links[j](n)
				cell.Label = c.cell(r, i, j)
			}
			row.Cells = append(row.Cells, cell)
		}
		m.Rows = append(m.Rows, row)
	}
	return m.HTML()
}

// lines say the gaps in words, place by place: each objective leads to where nothing is found and
// which filter to leave out, the number to all objectives in that place.
func (c *Cover) lines(r *page.Reader) []template.HTML {
	var lines []template.HTML
	total := len(r.Pack.Objectives)
	for j, code := range c.Places {
		var missing []template.HTML
		there := r.Query.Without("objective").Only(c.Filter, code)
		link := r.Lists(there, "objective")
		for i, o := range r.Pack.Objectives {
			if c.Counts[code][i] == 0 {
				missing = append(missing, titled(link(strconv.Itoa(o.N)), c.cell(r, i, j), r.P.Number(int64(o.N))))
			}
		}
		name := "<b>" + page.Bdi(c.Names[j]) + "</b>"
		number := page.Anchor(r.Link("/objectives", there), template.HTML(r.P.Number(int64(len(missing)))))
		switch len(missing) {
		case 0:
		case total:
			lines = append(lines, r.HTML("gaps.line.all", "place", name, "total", number))
		default:
			lines = append(lines, r.HTML("gaps.line", "place", name, "n", number, "total", total, "list", r.P.ListHTML(missing...)))
		}
	}
	return lines
}

// cell says in words what stands in a cell: of the objective in one row, in the place of one column.
func (c *Cover) cell(r *page.Reader, row, column int) string {
	o := r.Pack.Objectives[row]
	return r.T("gaps.cell", "objective", r.P.Number(int64(o.N))+" "+o.Label.In(r.Lang), "place", c.Names[column], "n", c.Counts[c.Places[column]][row])
}

// titled is a link that is a number, with what it stands for.
func titled(href, title, number string) template.HTML {
	title = template.HTMLEscapeString(title)
	return template.HTML(`<a href="` + template.HTMLEscapeString(href) + `" title="` + title + `" aria-label="` + title + `">` + number + `</a>`)
}

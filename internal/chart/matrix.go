package chart

import "html/template"

// Matrix is a table of counts over two dimensions, made to show the gaps: an empty cell is
// marked as such, the others carry a swatch of the scale beside the number.
type Matrix struct {
	ID      string // needed: the table scrolls in a region named by its caption
	Caption template.HTML
	Corner  string // head of the column of row names
	Cols    []MatrixHead
	Rows    []MatrixRow
	Scale   Scale
}

// MatrixHead is the name of a column or row.
type MatrixHead struct {
	No    string
	Label template.HTML
	Href  string
}

// MatrixRow has a cell for each column, in order.
type MatrixRow struct {
	MatrixHead
	Cells []MatrixCell
}

// MatrixCell is one count; Label says the whole of it ("Objective 5, Oceania: 2 pledges").
type MatrixCell struct {
	Value       int
	Text        string
	Href, Label string
}

// HTML draws the table inside a region that scrolls by itself.
func (m Matrix) HTML() template.HTML {
	var p page
	p.Grow(1024 + 420*len(m.Rows)*len(m.Cols))
	p.raw(`<div class="scroll" role="region" tabindex="0"`)
	p.attr("aria-labelledby", m.ID+"-caption")
	p.raw("><table")
	p.attr("id", m.ID)
	p.raw(` class="matrix"><caption`)
	p.attr("id", m.ID+"-caption")
	p.raw(">", string(m.Caption), `</caption><thead><tr><th scope="col">`)
	p.text(m.Corner)
	p.raw("</th>")
	for _, c := range m.Cols {
		p.raw(`<th scope="col">`)
		c.write(&p)
		p.raw("</th>")
	}
	p.raw("</tr></thead><tbody>")
	for _, r := range m.Rows {
		p.raw(`<tr><th scope="row">`)
		r.write(&p)
		p.raw("</th>")
		for i := range m.Cols {
			var c MatrixCell
			if i < len(r.Cells) {
				c = r.Cells[i]
			}
			m.cell(&p, c)
		}
		p.raw("</tr>")
	}
	p.raw("</tbody></table></div>")
	return p.html()
}

func (h MatrixHead) write(p *page) {
	link := p.open(h.Href)
	if h.No != "" {
		p.raw(`<span class="no">`)
		p.text(h.No)
		p.raw("</span> ")
	}
	p.raw(`<span class="label">`, string(h.Label), "</span>")
	if link {
		p.raw("</a>")
	}
}

func (m Matrix) cell(p *page, c MatrixCell) {
	class := m.Scale.Class(c.Value)
	p.raw("<td")
	p.class(class)
	p.raw(">")
	link := p.open(c.Href, "aria-label", c.Label)
	p.raw(`<svg class="swatch" viewBox="0 0 12 12" aria-hidden="true">`)
	if c.Value > 0 {
		p.raw(`<rect class="`, class, `" width="12" height="12"/>`)
	} else {
		p.raw(`<rect class="gap" x="1" y="1" width="10" height="10"/>`)
	}
	p.raw(`</svg><span class="n">`)
	if c.Text == "" {
		c.Text = Bar{Value: c.Value}.text()
	}
	p.text(c.Text)
	p.raw("</span>")
	if link {
		p.raw("</a>")
	}
	p.raw("</td>")
}

package dashboard

import (
	_ "embed"
	"html/template"

	"stocktake/internal/explore"
	"stocktake/internal/web/page"
)

//go:embed money.html
var moneyTemplate string

// Money is the section on what was announced, by currency. Nothing is added across currencies.
type Money struct {
	Note template.HTML
	Rows []MoneyRow
}

// MoneyRow is one currency.
type MoneyRow struct {
	Currency, Amount string
	Pledges          template.HTML
}

func (p *Page) money(r *page.Reader, v *explore.View) {
	rows := v.Money()
	if len(rows) == 0 {
		return
	}
	m := &Money{}
	var currencies []string
	with := 0
	for _, row := range rows {
		currencies, with = append(currencies, row.Currency), with+row.Pledges
		m.Rows = append(m.Rows, MoneyRow{
			Currency: row.Currency, Amount: r.P.Decimal(row.Amount),
			Pledges: page.NumLink(row.Pledges, r.List(r.Query.Only("currency", row.Currency)), template.HTML(r.P.Number(int64(row.Pledges)))),
		})
	}
	// A question holds so many values of a filter; with more currencies the sum has no link.
	href := ""
	if len(currencies) <= mostCurrencies {
		href = r.List(r.Query.Only("currency", currencies...))
	}
	m.Note = r.HTML("money.note", "date", r.P.Date(r.AsOf()), "total", v.Totals.Pledges,
		"with", page.NumLink(with, href, template.HTML(r.P.Number(int64(with)))))
	p.Money = m
}

const mostCurrencies = 64

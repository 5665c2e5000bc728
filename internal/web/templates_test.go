package web_test

import (
	"testing"

	"github.com/jba/templatecheck"

	"stocktake/internal/lang"
	"stocktake/internal/web"
	"stocktake/internal/web/page"
	"stocktake/internal/web/page/about"
	"stocktake/internal/web/page/changes"
	"stocktake/internal/web/page/dashboard"
	"stocktake/internal/web/page/figures"
	"stocktake/internal/web/page/history"
	"stocktake/internal/web/page/objective"
	"stocktake/internal/web/page/objectives"
	"stocktake/internal/web/page/parties"
	"stocktake/internal/web/page/party"
	"stocktake/internal/web/page/pledge"
	"stocktake/internal/web/page/pledges"
	"stocktake/internal/web/page/problem"
)

// Every field that a template names is a field of its page.
func TestTemplatesFitTheirPages(t *testing.T) {
	catalog, err := web.Messages()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []struct {
		name, source string
		data         any
	}{
		{"about", about.Template, &about.Page{}},
		{"changes", changes.Template, &changes.Page{}},
		{"dashboard", dashboard.Template, &dashboard.Page{}},
		{"figures", figures.Template, &figures.Page{}},
		{"history", history.Template, &history.Page{}},
		{"objective", objective.Template, &objective.Page{}},
		{"objectives", objectives.Template, &objectives.Page{}},
		{"parties", parties.Template, &parties.Page{}},
		{"party", party.Template, &party.Page{}},
		{"pledge", pledge.Template, &pledge.Page{}},
		{"pledges", pledges.Template, &pledges.Page{}},
		{"problem", problem.Template, &problem.Page{}},
	} {
		t.Run(p.name, func(t *testing.T) {
			tmpl, err := page.Parse(p.name, p.source, catalog.Printer(lang.EN))
			if err != nil {
				t.Fatal(err)
			}
			if err := templatecheck.CheckHTML(tmpl, p.data); err != nil {
				t.Error(err)
			}
		})
	}
}

package page

import (
	_ "embed"
	"fmt"
	"html/template"

	"stocktake/internal/chart"
	"stocktake/internal/lang"
)

//go:embed layout/layout.html
var layout string

//go:embed layout/parts.html
var parts string

//go:embed layout/since.html
var since string

//go:embed layout/beside.html
var beside string

//go:embed layout/voice.html
var voice string

// Shared are the sources of the templates that every page is parsed with, by file name.
func Shared() map[string]string {
	return map[string]string{"layout.html": layout, "parts.html": parts, "since.html": since, "beside.html": beside, "voice.html": voice}
}

// Parse makes the template of one page in one language: the layout, the shared parts and the
// page's own "main". The functions T, HTML, num, num64, date, mark and bdi speak that language.
func Parse(name, source string, p *lang.Printer) (*template.Template, error) {
	t := template.New("layout").Funcs(Funcs(p))
	for file, src := range Shared() {
		if _, err := t.Parse(src); err != nil {
			return nil, fmt.Errorf("page: %s: %w", file, err)
		}
	}
	if _, err := t.Parse(source); err != nil {
		return nil, fmt.Errorf("page: %s: %w", name, err)
	}
	return t.Lookup("layout"), nil
}

// Funcs are the functions of the templates.
func Funcs(p *lang.Printer) template.FuncMap {
	return template.FuncMap{
		"T":     p.T,
		"HTML":  p.HTML,
		"num":   func(n int) string { return p.Number(int64(n)) },
		"num64": p.Number,
		"date":  p.Date,
		"mark":  chart.Mark,
		"bdi":   lang.Bdi,
	}
}

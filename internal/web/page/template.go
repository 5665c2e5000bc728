package page

import (
	"crypto/sha256"
	_ "embed"
	"fmt"
	"html/template"
	"sync"

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

// Source is a file of templates.
type Source struct{ Name, Text string }

// Shared are the templates that every page is parsed with: the layout and the shared parts.
func Shared() []Source {
	return []Source{{"layout.html", layout}, {"parts.html", parts}, {"since.html", since}, {"beside.html", beside}, {"voice.html", voice}}
}

// Sources are all templates of a page: those that are shared and its own "main".
func Sources(name, source string) []Source { return append(Shared(), Source{name, source}) }

// Parse makes the template of one page in one language. The functions T, HTML, num, num64, date,
// mark, bdi and gap speak that language.
func Parse(name, source string, p *lang.Printer) (*template.Template, error) {
	t, err := Once(Sources(name, source), Funcs(p))
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	return Speak(t, Funcs(p))
}

// Once parses a page for all languages, whose functions have the same names: parsing takes much
// longer than the copy that Speak makes. What was parsed before in this process is not parsed again.
// The template cannot be executed itself.
func Once(sources []Source, funcs template.FuncMap) (*template.Template, error) {
	sum := sha256.New()
	for _, s := range sources {
		fmt.Fprintf(sum, "%q %d\n", s.Name, len(s.Text))
		sum.Write([]byte(s.Text))
	}
	key := [sha256.Size]byte(sum.Sum(nil))
	if t, done := parsed.Load(key); done {
		return t.(*template.Template), nil
	}
	t := template.New("layout").Funcs(funcs)
	for _, s := range sources {
		if _, err := t.Parse(s.Text); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	parsed.Store(key, t)
	return t, nil
}

// parsed has what Once has parsed, by the hash of the sources.
var parsed sync.Map

// Speak is a copy of what Once has parsed, with the functions of one language.
func Speak(t *template.Template, funcs template.FuncMap) (*template.Template, error) {
	own, err := t.Clone()
	if err != nil {
		return nil, err
	}
	return own.Funcs(funcs).Lookup("layout"), nil
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
		"gap":   p.Gap,
	}
}

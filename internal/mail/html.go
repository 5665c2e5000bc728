package mail

import (
	_ "embed"
	"html/template"
	"maps"
	"strings"

	"stocktake/internal/lang"
)

//go:embed layout/letter.html
var layoutSource string

// Styles stand inline, since mail programs drop style sheets; there are no images.
var layout = template.Must(template.New("letter").Parse(layoutSource))

type laidOut struct {
	Code   lang.Code
	Start  string // the side where a line begins
	Title  string
	Blocks []Block
	P      *lang.Printer
	Sent   string
	Off    string
}

func (l laidOut) Dir() string { return l.Code.Dir() }

// write makes both parts of a letter: the template's words, then who sent it and, where there is
// one, the link to want no more of them.
func (o *Office) write(t *text, l Letter, off string) (Shown, error) {
	values := maps.Clone(l.Data)
	if values == nil {
		values = map[string]string{}
	}
	for name, v := range map[string]string{"Name": l.Name, "Site": o.Site(t.code)} {
		if _, given := values[name]; !given {
			values[name] = v
		}
	}
	for name, v := range values {
		if strings.HasSuffix(name, "Link") && strings.HasPrefix(v, "/") {
			values[name] = o.BaseURL + v
		}
	}
	subject, body, blocks, err := o.fill(t, values)
	if err != nil {
		return Shown{}, err
	}
	p := o.catalog.Printer(t.code)
	sent := p.T("sent", "site", o.Site(t.code), "address", o.BaseURL)
	if off != "" {
		body = append(body, "", p.T("off"), off)
	}
	body = append(body, "", "-- ", sent)
	var html strings.Builder
	v := laidOut{Code: t.code, Start: "left", Title: subject, Blocks: blocks, P: p, Sent: sent, Off: off}
	if v.Dir() == "rtl" {
		v.Start = "right"
	}
	if err := layout.Execute(&html, v); err != nil {
		return Shown{}, err
	}
	text := blanks.ReplaceAllString(strings.Join(body, "\n"), "\n\n") + "\n"
	return Shown{Subject: subject, Text: text, HTML: html.String(), Blocks: blocks}, nil
}

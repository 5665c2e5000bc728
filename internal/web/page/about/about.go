// Package about says what this site is, who runs it, how it counts, and how to check it.
package about

import (
	_ "embed"
	"html/template"

	"stocktake/internal/compact"
	"stocktake/internal/web/page"
)

//go:embed about.html
var Template string

// Page is what the template shows.
type Page struct {
	page.Frame
	Intro     template.HTML
	Contact   string
	Channels  []Channel
	Languages []Language
	Totals    []Total
	Sources   []Source
	Key       string   // the verifier key of the register
	Commands  []string // that check an export and a receipt
}

// Channel is a door that pledges come through.
type Channel struct{ Name, Note, URL string }

// Language says how many of the pack's official texts have been compared with the document.
type Language struct {
	Name            string
	Verified, Total int
}

// Total is a figure that somebody published, beside which the register can be held.
type Total struct {
	Text     template.HTML
	Document string
	URL      string
}

// Source is a document of the pack.
type Source struct{ Document, URL, Note string }

// Build describes the site, whose register is signed with the key.
func Build(r *page.Reader, key string) (*Page, error) {
	p := &Page{Frame: r.Frame(page.About, r.T("about.title")), Contact: r.Site.Contact, Key: key}
	for _, file := range []string{"register.jsonl", "receipt.json"} {
		p.Commands = append(p.Commands, "stocktake verify "+file+" --key '"+key+"'")
	}
	name := template.HTML(template.HTMLEscapeString(r.Pack.Name.In(r.Lang)))
	if r.Pack.URL != "" {
		name = page.Anchor(r.Pack.URL, name)
	}
	p.Intro = r.HTML("about.intro", "compact", name)
	for _, c := range r.Pack.Channels {
		p.Channels = append(p.Channels, Channel{Name: c.Name.In(r.Lang), Note: c.Note.In(r.Lang), URL: c.URL})
	}
	tongue := Language{Name: r.Lang.Autonym()}
	for _, o := range r.Pack.Objectives {
		tongue.Total++
		if o.Title[r.Lang].Verified {
			tongue.Verified++
		}
	}
	p.Languages = append(p.Languages, tongue)
	for _, s := range r.Pack.Sources {
		p.Sources = append(p.Sources, Source{Document: s.Document, URL: s.URL, Note: s.Note})
	}
	for _, t := range r.Pack.Totals {
		p.Totals = append(p.Totals, total(r, t.Measure, t.Bound, t.Value, t.AsOf, t.Source))
	}
	return p, nil
}

func total(r *page.Reader, measure, bound string, value int, asOf, source string) Total {
	label := measure
	for _, m := range compact.Measures {
		if m == measure {
			label = r.T("about.total." + m)
		}
	}
	number := r.P.Number(int64(value))
	if bound == "more_than" {
		number = r.T("about.total.more_than", "n", value)
	}
	t := Total{Text: r.HTML("about.total", "what", label, "number", number, "date", r.P.Date(asOf))}
	if s, ok := r.Pack.Source(source); ok {
		t.Document, t.URL = s.Document, s.URL
	}
	return t
}

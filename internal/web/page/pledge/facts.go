package pledge

import (
	"strconv"
	"strings"

	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
	"stocktake/internal/web/page"
)

// nobody knows no party: for links that show none.
type nobody struct{}

func (nobody) Party(string) (party.Party, bool) { return party.Party{}, false }

// facts are the lines beside the text. Each value leads to the pledges that share it.
func (p *Page) facts(r *page.Reader, v page.PartyNamer, d *pledge.Pledge) {
	add := func(filter, note string, items []page.Item) {
		if len(items) > 0 {
			p.Facts = append(p.Facts, Fact{Name: r.FilterName(filter), Items: items, Note: note})
		}
	}
	shared := func(filter string, values ...string) []page.Item {
		var items []page.Item
		for _, value := range values {
			items = append(items, page.Item{Href: r.List(r.Pin().With(filter, value)), Text: r.ValueName(v, filter, value)})
		}
		return items
	}
	plain := func(text string) []page.Item {
		if text == "" {
			return nil
		}
		return []page.Item{{Text: text}}
	}
	note := ""
	if p.Inferred {
		note = r.T("pledge.inferred")
	}
	var objectives []page.Item
	for _, n := range d.Objectives {
		number := strconv.Itoa(n)
		objectives = append(objectives, page.Item{Href: r.ObjectiveLink(number), Text: r.ValueName(v, "objective", number)})
	}
	add("objective", note, objectives)
	add("nature", "", shared("nature", stringsOf(d.Nature)...))
	add("form", r.T("pledge.form."+formOf(d.Form)), shared("form", string(d.Form)))
	add("principle", "", shared("principle", d.Principles...))
	add("level", "", shared("level", stringsOf(d.Levels)...))
	add("country", "", append(shared("country", d.Countries...), regions(r, d.Regions)...))
	if len(d.Countries)+len(d.Regions) == 0 {
		p.Facts = append(p.Facts, Fact{Name: r.FilterName("country"), Items: plain(r.T("pledge.no_country"))})
	}
	line := func(key, text string) {
		if text != "" {
			p.Facts = append(p.Facts, Fact{Name: r.T(key), Items: plain(text)})
		}
	}
	announced := r.P.Date(d.AnnouncedOn)
	if d.AnnouncedAt != "" {
		announced = strings.TrimPrefix(announced+" · "+d.AnnouncedAt, " · ")
	}
	if announced == "" {
		announced = r.T("pledge.no_date")
	}
	line("pledge.announced", announced)
	line("pledge.starts", r.P.Date(d.StartsOn))
	line("pledge.ends", r.P.Date(d.EndsOn))
	if c, ok := r.Pack.Channel(d.Channel); ok {
		add("channel", c.Note.In(r.Lang), shared("channel", d.Channel))
	}
	if d.Call != "" {
		add("call", "", shared("call", d.Call))
	}
	if d.Mirror {
		names := make([]string, 0, len(r.Pack.Sisters))
		for _, s := range r.Pack.Sisters {
			names = append(names, s.Name.In(r.Lang))
		}
		line("filter.mirror", r.T("pledge.mirror", "sisters", r.P.List(names...)))
	}
	var elsewhere []string
	for _, rec := range d.AlsoRecorded {
		elsewhere = append(elsewhere, strings.TrimSpace(rec.Registry+" "+rec.ID))
	}
	line("pledge.also", r.P.List(elsewhere...))
	line("pledge.sdgs", r.P.List(d.SDGs...))
	line("pledge.actions", r.P.List(d.Actions...))
}

func regions(r *page.Reader, codes []string) []page.Item {
	var items []page.Item
	for _, code := range codes {
		text := code
		if reg, ok := place.RegionByCode(code); ok {
			text = reg.Name(r.Lang)
		}
		items = append(items, page.Item{Href: r.List(r.Pin().With("region", code)), Text: text})
	}
	return items
}

// formOf is the key of the sentence that explains a form.
func formOf(f pledge.Form) string {
	for _, known := range page.Words["form"] {
		if string(f) == known {
			return known
		}
	}
	return string(pledge.Individual)
}

func stringsOf[S ~string](in []S) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = string(s)
	}
	return out
}

// Package page has what the public pages share: the reader of a page (language, question,
// register), links that carry the question along, the frame round every page, the words for
// what the register holds, and the parts that several pages show. The pages themselves stand
// in the folders beside: struct, template and CSS of one page together.
package page

import (
	"html/template"
	"net/url"
	"strings"

	"stocktake/internal/chart"
	"stocktake/internal/compact"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/web/site"
)

// House is what is the same for all readers of one server.
type House struct {
	Pack      *compact.Pack
	Site      site.Site
	Map       *chart.Map // nil: turned off
	BaseURL   string     // without a slash at the end
	Demo      bool       // a demonstration, and no site of the United Nations
	Synthetic bool       // made-up data for training
	Work      bool       // there is a workspace to sign in to
	Calls     Calls      // nil: a call is shown as the register has it
	CSS, JS   string
	Icon      string // paths of the static files
}

// Calls has the names of the calls for pledges. The register says of a pledge which call it answers
// by a short word; what the call is called, its organiser says, and may put otherwise later.
type Calls interface {
	Name(call string, c lang.Code) string // in the language, else in another; "" where nobody knows the call
	Edition() int64                       // a larger one whenever a name has changed
}

// Reader is one reader of one page: in a language, asking a question, of one snapshot of the
// register, on a day. A page is a pure function of it.
type Reader struct {
	*House
	Lang   lang.Code
	P      *lang.Printer
	Snap   *explore.Snapshot
	Today  string // ISO 8601
	Query  explore.Query
	Path   string     // without the language: "/pledges"
	Digits string     // ArabicDigits, or nothing: kept by every link
	Own    url.Values // parameters of the page that are not filters: view, page, show

	// Of the entries that the question looks at:
	Root     [32]byte
	Withheld int64 // those whose content is withheld by now

	counted *counted // by Counts
}

// counted is the facets of a view that were asked for already.
type counted struct {
	view   *explore.View
	facets map[string][]explore.Bucket
}

// Counts is a facet of a view, counted once for all parts of a page that show it. The list is
// theirs together: nobody may change it.
func (r *Reader) Counts(v *explore.View, name string) []explore.Bucket {
	if r.counted == nil || r.counted.view != v {
		r.counted = &counted{v, map[string][]explore.Bucket{}}
	}
	if _, done := r.counted.facets[name]; !done {
		r.counted.facets[name] = v.Facet(name)
	}
	return r.counted.facets[name]
}

// T says a message in the reader's language.
func (r *Reader) T(key string, args ...any) string { return r.P.T(key, args...) }

// HTML says a message with links or numbers in it.
func (r *Reader) HTML(key string, args ...any) template.HTML { return r.P.HTML(key, args...) }

// Gap stands between two sentences.
func (r *Reader) Gap() template.HTML { return template.HTML(r.P.Gap()) }

// Link is the path of a page in the reader's language with a question and, as pairs, the
// page's own parameters.
func (r *Reader) Link(path string, q explore.Query, own ...string) string {
	var b strings.Builder
	b.WriteString("/" + string(r.Lang) + path)
	sep := "?"
	if s := q.Encode(); s != "" {
		b.WriteString(sep + s)
		sep = "&"
	}
	for i := 0; i+1 < len(own); i += 2 {
		if own[i+1] == "" {
			continue
		}
		b.WriteString(sep + own[i] + "=" + url.QueryEscape(own[i+1]))
		sep = "&"
	}
	if r.Digits != "" && r.Lang == lang.AR {
		b.WriteString(sep + "digits=" + r.Digits)
	}
	return b.String()
}

// Pin is the moment that the reader looks at, without the question: links to other pages
// keep it, so that one stays in the past that one went to.
func (r *Reader) Pin() explore.Query { return explore.Query{AsOf: r.Query.AsOf, At: r.Query.At} }

// List is the link to the pledges of a question. The order of a list is no part of it.
func (r *Reader) List(q explore.Query) string {
	q.Sort = ""
	return r.Link("/pledges", q)
}

// Lists makes links like List to the pledges of a question of which one filter has one value.
// The rows of a table differ in that value alone, so that the rest is put together once.
func (r *Reader) Lists(q explore.Query, name string) func(value string) string {
	link := r.List(q.Only(name, None))
	for _, sep := range []string{"?", "&"} {
		// Every other & of the address is one between parameters, and a name ends there.
		before, after, found := strings.Cut(link, sep+name+"="+None)
		if found && (after == "" || after[0] == '&') {
			return func(value string) string { return before + sep + name + "=" + url.QueryEscape(value) + after }
		}
	}
	return func(value string) string { return r.List(q.Only(name, value)) }
}

// PledgeLink, PartyLink and ObjectiveLink are the pages of one pledge, party, objective.
func (r *Reader) PledgeLink(id string) string { return r.Link("/pledges/"+id, r.Pin()) }
func (r *Reader) PartyLink(code string) string {
	return r.Link("/parties/"+url.PathEscape(code), r.Pin())
}
func (r *Reader) ObjectiveLink(n string) string {
	return r.Link("/objectives/"+n, r.Pin().WithOwnObjectives(r.Query.OwnObjectives))
}

// View answers a question at the reader's day.
func (r *Reader) View(q explore.Query) (*explore.View, error) { return r.Snap.View(q, r.Today) }

// AsOf is the day that the reader asks of.
func (r *Reader) AsOf() string {
	if r.Query.AsOf != "" {
		return r.Query.AsOf
	}
	return r.Today
}

// PartyName is the name of a party as the operator has it, else as the register has it.
func (r *Reader) PartyName(p party.Party) string {
	if t, ok := r.Site.Names.Parties[p.Code]; ok {
		return t.In(r.Lang)
	}
	if k, ok := r.Pack.Kind(p.Kind); ok && k.Counts && p.Country != "" && p.Parent == "" {
		if t, ok := r.Site.Names.Countries[p.Country]; ok {
			return t.In(r.Lang)
		}
	}
	return p.Name(r.Lang)
}

// CountryName is the name of a country by alpha-2 code; the code where it is unknown.
func (r *Reader) CountryName(code string) string {
	if t, ok := r.Site.Names.Countries[code]; ok {
		return t.In(r.Lang)
	}
	if c, ok := place.ByAlpha2(code); ok {
		return c.Name(r.Lang)
	}
	return code
}

// PartyNamer gives names of parties by code, from a view.
type PartyNamer interface {
	Party(code string) (party.Party, bool)
}

// NameOf is the name of the party with the code; the code where the register does not know it.
func (r *Reader) NameOf(v PartyNamer, code string) string {
	if p, ok := v.Party(code); ok {
		return r.PartyName(p)
	}
	if c, ok := place.ByAlpha3(code); ok { // a State that the register does not know yet
		return r.CountryName(c.Alpha2)
	}
	return code
}

// Narrow is q with one more condition, that a filter has one of the values: where q has that
// filter already, what both allow. empty says that nothing is left to find.
func Narrow(q explore.Query, name string, values ...string) (_ explore.Query, empty bool) {
	if len(q.Get(name)) == 0 {
		return q.With(name, values...), false
	}
	var both []string
	for _, v := range values {
		if q.Has(name, v) {
			both = append(both, v)
		}
	}
	if len(both) == 0 {
		return q, true
	}
	return q.Only(name, both...), false
}

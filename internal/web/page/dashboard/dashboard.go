// Package dashboard is the opening page: a sentence with the figures that matter, then where,
// what, who, how far, over time, and the latest. Every number obeys the filters and leads to
// the pledges that it counts.
package dashboard

import (
	_ "embed"
	"html/template"
	"slices"
	"strconv"

	"stocktake/internal/chart"
	"stocktake/internal/compact"
	"stocktake/internal/explore"
	"stocktake/internal/web/page"
)

//go:embed dashboard.html
var mainTemplate string

// Template is the page with its sections.
var Template = mainTemplate + compareTemplate + gapsTemplate + moneyTemplate

// Page is what the template shows.
type Page struct {
	page.Frame
	Lede     template.HTML
	Profile  template.HTML // the link to the one party that is asked for
	Channels template.HTML // how many channels mix; empty for one
	Known    template.HTML // set where knowledge of the day has changed since
	Cite     page.Cite
	Form     page.Form
	Empty    *page.Nothing // set where no pledge matches; the sections are left out then

	Map        Map
	Objectives []template.HTML // one table for each round table
	Inferred   template.HTML
	ObjNote    template.HTML
	WhoNote    template.HTML
	Who        []template.HTML
	What       []template.HTML
	Far        []template.HTML
	Asked      template.HTML // whether anybody asked for reports
	Silent     template.HTML
	Compare    page.Compare
	Since      *page.Since // nil: not compared
	Gaps       *Gaps
	Money      *Money // nil where no pledge states an amount
	Time       template.HTML
	TimeNote   template.HTML
	Undated    template.HTML
	Files      map[string]template.HTML // by section
	Latest     []page.Row
	LatestNote string
	All        template.HTML // the link to all of them
}

const latest, topParties = 6, 10

// Build answers the reader's question.
func Build(r *page.Reader) (*Page, error) {
	v, err := r.View(r.Query)
	if err != nil {
		return nil, err
	}
	p := &Page{
		Frame: r.Frame(page.Dashboard, ""),
		Lede:  Lede(r, v.Totals), Channels: channels(r, v),
		Cite: r.CiteCounts(v), Form: r.Form(v, "/"), Profile: r.Profile(v),
	}
	if err := r.OfferRegions(&p.Form, v); err != nil {
		return nil, err
	}
	if p.Known, err = known(r, v); err != nil {
		return nil, err
	}
	if err := p.compare(r); err != nil {
		return nil, err
	}
	if v.Totals.Pledges == 0 {
		if !r.Query.Filtered() {
			p.Lede = r.None(v)
		}
		p.Empty, err = r.Nothing("/", v)
		return p, err
	}
	if err := p.where(r, v); err != nil {
		return nil, err
	}
	if err := p.what(r, v); err != nil {
		return nil, err
	}
	if err := p.who(r, v); err != nil {
		return nil, err
	}
	if err := p.clocks(r, v); err != nil {
		return nil, err
	}
	if err := p.gaps(r, v); err != nil {
		return nil, err
	}
	p.money(r, v)
	p.time(r, v)
	p.LatestNote = r.T("dash.latest.note", "n", min(latest, v.Totals.Pledges), "total", v.Totals.Pledges)
	p.Files = map[string]template.HTML{
		"where": Files(r, "states", "places"), "what": Files(r, "objectives"), "who": Files(r, "kinds", "parties"), "far": Files(r, "stage", "recency"),
		"gaps": Files(r, "coverage"), "kind": Files(r, "channel", "form", "nature", "level"), "money": Files(r, "money"), "time": Files(r, "years"),
	}
	p.Latest = r.Rows(v, v.Latest(latest))
	p.All = page.NumLink(v.Totals.Pledges, r.List(r.Query), r.HTML("dash.all", "n", v.Totals.Pledges))
	return p, nil
}

// Lede is the opening sentence. Each case has a message of its own, so that it reads well for
// none, one, two and thousands in every language.
func Lede(r *page.Reader, t explore.Totals) template.HTML {
	if t.Pledges == 0 {
		if r.Query.Filtered() || r.Query.Words != "" {
			return r.HTML("lede.nothing")
		}
		return r.HTML("lede.empty")
	}
	pledges := page.NumLink(t.Pledges, r.List(r.Query), r.HTML("lede.pledges", "n", t.Pledges))
	parties := page.NumLink(t.Parties, r.Link("/parties", r.Query), r.HTML("lede.parties", "n", t.Parties))
	objectives := page.NumLink(t.Objectives, r.Link("/objectives", r.Query),
		r.HTML("lede.objectives", "n", t.Objectives, "total", len(r.Pack.Objectives)))
	key, states := "lede.no_states", template.HTML("")
	switch href := r.Link("/parties", r.Query, "show", "states"); {
	case t.States > 0 && t.States == t.Parties:
		key, states = "lede.only_states", page.NumLink(t.States, href, r.HTML("lede.states_alone", "n", t.States))
	case t.States > 0:
		key, states = "lede.states", page.NumLink(t.States, href, r.HTML("lede.states_among", "n", t.States))
	}
	sentence := r.HTML(key, "n", t.Pledges, "pledges", pledges, "parties", parties, "states", states, "objectives", objectives)
	return r.HTML("lede.two", "first", sentence, "second", reported(r, t))
}

// reported says how many have been reported on, linked to those, or to the silent ones where there are none.
func reported(r *page.Reader, t explore.Totals) template.HTML {
	if t.Reported == 0 {
		silent, _ := page.Narrow(r.Query, "stage", "unreported")
		return page.NumLink(t.Pledges, r.List(silent), r.HTML("lede.reported_none", "n", t.Pledges))
	}
	q, _ := page.Narrow(r.Query, "stage", page.Reported...)
	key := "lede.reported_some"
	if t.Reported == t.Pledges {
		key = "lede.reported_all"
	}
	return page.NumLink(t.Reported, r.List(q), r.HTML(key, "n", t.Reported))
}

// channels says so where pledges came through several doors.
func channels(r *page.Reader, v *explore.View) template.HTML {
	var list []template.HTML
	var rest template.HTML
	for _, b := range r.Counts(v, "channel") {
		q, empty := page.Narrow(r.Query, "channel", b.Value)
		if b.Count == 0 || empty {
			continue
		}
		n := template.HTML(template.HTMLEscapeString(r.P.Number(int64(b.Count))))
		if b.Value == page.None { // no channel, and so none to count
			rest = r.HTML("lede.channels_none", "n", b.Count, "count", page.NumLink(b.Count, r.List(q), n))
			continue
		}
		list = append(list, r.HTML("lede.channel", "channel", r.ValueName(v, "channel", b.Value), "count", page.NumLink(b.Count, r.List(q), n)))
	}
	switch {
	case len(list) == 0, len(list) == 1 && rest == "":
		return ""
	case rest != "":
		return r.HTML("lede.channels_rest", "n", len(list), "list", r.P.ListHTML(list...), "rest", rest)
	}
	return r.HTML("lede.channels", "n", len(list), "list", r.P.ListHTML(list...))
}

func (p *Page) what(r *page.Reader, v *explore.View) error {
	counts := map[string]int{}
	for _, b := range r.Counts(v, "objective") {
		counts[b.Value] = b.Count
	}
	var tables []chart.Bars
	link := r.Lists(r.Query, "objective")
	for _, rt := range r.Pack.RoundTables {
		t := r.Table(v, rt.Name.In(r.Lang), "objective")
		t.Scale = nil // said once, above all of them
		for _, n := range rt.Objectives {
			t.Rows = append(t.Rows, r.Objective(n, counts[strconv.Itoa(n)], link))
		}
		tables = append(tables, t)
	}
	p.Objectives = onOneScale(tables)
	p.ObjNote = r.HTML("dash.what.note", "date", r.P.Date(r.AsOf())) + r.Gap() + r.Scale(page.InBars, v.Of("objective"), longest(tables))
	at, all, err := without(r, v, "objective") // as all of the section is counted
	if err != nil {
		return err
	}
	if n := all.Totals.Inferred; n > 0 {
		if q, empty := page.Narrow(at.Query, "objectives_by", "inferred"); !empty {
			p.Inferred = r.HTML("dash.what.inferred", "n", n, "pledges", page.NumLink(n, r.List(q), r.HTML("lede.pledges", "n", n)))
		}
	}
	if n := counts[page.None]; n > 0 {
		p.ObjNote += r.Gap() + r.HTML(noObjective(r), "n", n,
			"pledges", page.NumLink(n, r.List(r.Query.Only("objective", page.None)), r.HTML("lede.pledges", "n", n)))
	}
	p.What = onOneScale(ofKinds(r, v))
	return nil
}

// noObjective is the message that says how many pledges name no objective.
func noObjective(r *page.Reader) string {
	if r.Query.OwnObjectives {
		return "dash.what.none.own"
	}
	return "dash.what.none"
}

// none is how many pledges have no value of a facet.
func none(facet []explore.Bucket) int {
	if i := slices.IndexFunc(facet, func(b explore.Bucket) bool { return b.Value == page.None }); i >= 0 {
		return facet[i].Count
	}
	return 0
}

// shown says which values of a facet have a row, on the page and in the files: of a list that is
// closed all, of the others those that some pledge has.
var shown = map[string]func(explore.Bucket) bool{
	"kinds": page.NotEmpty, "channel": page.NotEmpty, "form": page.Closed, "nature": page.Closed, "level": page.Closed, "stage": page.Closed,
	"recency":    page.Apart,
	"objectives": func(b explore.Bucket) bool { return b.Value != page.None },
	"parties":    func(b explore.Bucket) bool { return b.Value != page.None && b.Count > 0 },
}

// sameScale are the figures whose bars can be compared with each other.
var sameScale = []string{"channel", "form", "nature", "level"}

// ofKinds are the tables of the section on what kind of pledges these are, before they are drawn.
func ofKinds(r *page.Reader, v *explore.View) []chart.Bars {
	var tables []chart.Bars
	for _, name := range sameScale {
		tables = append(tables, r.Facet(v, name, r.T("dash.kind."+name), shown[name]))
	}
	return tables
}

// without is the reader asking without filters, and the view that answers: the pledges that a
// figure counts, where those filters do not narrow it.
func without(r *page.Reader, v *explore.View, names ...string) (*page.Reader, *explore.View, error) {
	at, changed := *r, false
	for _, name := range names {
		if len(at.Query.Get(name)) > 0 {
			at.Query, changed = at.Query.Without(name), true
		}
	}
	if !changed {
		return r, v, nil
	}
	all, err := at.View(at.Query)
	return &at, all, err
}

// apart is a note that says which filters in force do not narrow what is shown.
func apart(r *page.Reader, note template.HTML, filters ...string) template.HTML {
	if said := r.Without(filters...); said != "" {
		note += r.Gap() + template.HTML(template.HTMLEscapeString(said))
	}
	return note
}

func (p *Page) who(r *page.Reader, v *explore.View) error {
	kinds := r.Facet(v, "party_kind", r.T("dash.who.kinds"), shown["kinds"])
	participations, err := participations(r, v)
	if err != nil {
		return err
	}
	kinds.Head.Share = r.T("dash.who.participations")
	kinds.ShowHead = true
	for i, b := range keep(r.Counts(v, "party_kind"), shown["kinds"]) {
		kinds.Rows[i].Share = r.Count(participations[b.Value])
		kinds.Rows[i].ShareHref = r.Link("/parties", r.Query.Without("party_kind"), "show", b.Value)
	}
	top := r.Table(v, r.T("dash.who.top"), "party")
	link := r.Lists(r.Query, "party")
	for _, b := range r.Counts(v, "party") {
		if !shown["parties"](b) {
			continue
		}
		if len(top.Rows) == topParties {
			break
		}
		top.Rows = append(top.Rows, chart.Bar{
			Label: page.Bdi(r.NameOf(v, b.Value)), Value: b.Count, ValueText: r.Count(b.Count),
			Href: link(b.Value), Current: r.Query.Has("party", b.Value),
		})
	}
	p.Who = []template.HTML{kinds.HTML(), top.HTML()}
	p.WhoNote = r.HTML("dash.who.note", "date", r.P.Date(r.AsOf()))
	if n, href := led(r, v, func(k compact.Kind) bool { return k.Counts }); n > 0 {
		p.WhoNote += r.Gap() + r.HTML("dash.who.led", "total", v.Totals.Pledges, "pledges", page.NumLink(n, href, r.HTML("lede.pledges", "n", n)))
	}
	return nil
}

// participations counts the parties of pledges by kind, each as often as it takes part; the
// filter by kind does not narrow the counts.
func participations(r *page.Reader, v *explore.View) (map[string]int, error) {
	_, all, err := without(r, v, "party_kind")
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	if len(r.Query.Get("party")) > 0 { // which does not narrow the counts of its facet
		for _, pc := range all.Parties() {
			counts[pc.Party.Kind] += pc.Pledges
		}
		return counts, nil
	}
	for _, b := range all.Facet("party") {
		p, _ := all.Party(b.Value)
		counts[p.Kind] += b.Count
	}
	return counts, nil
}

// led counts the pledges whose lead is of a kind, with the link to them. Each pledge has one
// lead, so that the counts of the kinds add up; a filter by the kind of the lead leaves those
// that it names.
func led(r *page.Reader, v *explore.View, by func(compact.Kind) bool) (n int, href string) {
	var kinds []string
	chosen := len(r.Query.Get("lead_kind")) > 0
	for _, b := range r.Counts(v, "lead_kind") {
		k, ok := r.Pack.Kind(b.Value)
		if !ok || !by(k) || b.Count == 0 || chosen && !r.Query.Has("lead_kind", b.Value) {
			continue
		}
		kinds, n = append(kinds, b.Value), n+b.Count
	}
	return n, r.List(r.Query.Only("lead_kind", kinds...))
}

func keep(in []explore.Bucket, want func(explore.Bucket) bool) []explore.Bucket {
	var out []explore.Bucket
	for _, b := range in {
		if want(b) {
			out = append(out, b)
		}
	}
	return out
}

// longest is the largest value of several tables, which a full bar stands for; at least 1.
func longest(tables []chart.Bars) int {
	top := 1
	for _, t := range tables {
		for _, row := range t.Rows {
			top = max(top, row.Value)
		}
	}
	return top
}

// onOneScale draws tables whose bars can be compared with each other.
func onOneScale(tables []chart.Bars) []template.HTML {
	page.SameScale(tables)
	drawn := make([]template.HTML, 0, len(tables))
	for _, t := range tables {
		drawn = append(drawn, t.HTML())
	}
	return drawn
}

package explore

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"stocktake/internal/compact"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
	"stocktake/internal/text"
)

// naive answers queries by reading the whole list of entries each time, with strings for days
// and maps for sets. It shares no code with the index but the nouns and the analyser of text.
type naive struct {
	pack    *compact.Pack
	day     string
	parties map[string]*party.Party
	pledges []*naivePledge // that stand
	byID    map[string]*naivePledge
	gone    map[string]bool
}

type naivePledge struct {
	pledge.Pledge
	version      int
	position     int64
	effective    string
	published    string
	reports      []naiveReport
	translations []pledge.Translation
	docs         []pledge.Doc
	values       map[string][]string
}

type naiveReport struct {
	pledge.Report
	effective string
	position  int64
}

func newNaive(pack *compact.Pack, entries []register.Entry, at int64, day string) *naive {
	n := &naive{pack: pack, day: day, parties: map[string]*party.Party{}, byID: map[string]*naivePledge{}, gone: map[string]bool{}}
	bySubject := map[string][]register.Entry{}
	for _, e := range entries {
		if e.Header.Position < at {
			bySubject[e.Header.Subject] = append(bySubject[e.Header.Subject], e)
		}
	}
	for subject, list := range bySubject {
		slices.SortFunc(list, func(a, b register.Entry) int {
			return cmp.Or(strings.Compare(a.Header.Effective, b.Header.Effective), cmp.Compare(a.Header.Position, b.Header.Position))
		})
		var visible []register.Entry
		for _, e := range list {
			if e.Header.Effective <= day {
				visible = append(visible, e)
			}
		}
		kind, name, _ := strings.Cut(subject, ":")
		if kind == "party" && len(visible) == 0 {
			visible = list[:1]
		}
		if len(visible) == 0 {
			continue
		}
		e := visible[len(visible)-1]
		switch kind {
		case "party":
			n.parties[name] = nil
			if e.Payload != nil {
				n.parties[name] = decode[party.Party](e)
			}
		case "pledge":
			if e.Payload == nil {
				n.gone[name] = true
				continue
			}
			n.byID[name] = &naivePledge{Pledge: *decode[pledge.Pledge](e), version: e.Header.Version, position: e.Header.Position,
				effective: e.Header.Effective, published: visible[0].Header.Effective}
		}
	}
	for subject, list := range bySubject {
		kind, name, _ := strings.Cut(subject, ":")
		id, _, _ := strings.Cut(name, "/")
		p := n.byID[id]
		if p == nil || kind != "report" && kind != "translation" {
			continue
		}
		var last *register.Entry
		for i := range list {
			if list[i].Header.Effective <= day {
				last = &list[i]
			}
		}
		if last == nil || last.Payload == nil {
			continue
		}
		if kind == "report" {
			p.reports = append(p.reports, naiveReport{*decode[pledge.Report](*last), last.Header.Effective, last.Header.Position})
		} else {
			p.translations = append(p.translations, *decode[pledge.Translation](*last))
		}
	}
	for _, p := range n.byID {
		slices.SortFunc(p.reports, func(a, b naiveReport) int { return cmp.Compare(a.Number, b.Number) })
		n.describe(p)
		if p.Status == pledge.Published {
			n.pledges = append(n.pledges, p)
		}
	}
	return n
}

func decode[T any](e register.Entry) *T {
	v := new(T)
	if err := json.Unmarshal(e.Payload, v); err != nil {
		panic(err)
	}
	return v
}

func (p *naivePledge) stage() string {
	if len(p.reports) == 0 {
		return "unreported"
	}
	return string(p.reports[len(p.reports)-1].Stage)
}

func (p *naivePledge) reportedOn() string {
	if len(p.reports) == 0 {
		return ""
	}
	return p.reports[len(p.reports)-1].effective
}

func before(day string, months int) string {
	t, err := time.Parse("2006-01-02", day)
	if err != nil {
		panic(err)
	}
	return t.AddDate(0, -months, 0).Format("2006-01-02")
}

// describe works out the values of every filter and the words of a pledge.
func (n *naive) describe(p *naivePledge) {
	v := map[string][]string{
		"channel": {p.Channel}, "call": {p.Call}, "objectives_by": {p.ObjectivesBy}, "form": {string(p.Form)},
		"principle": p.Principles, "country": p.Countries, "stage": {p.stage()},
	}
	for _, o := range p.Objectives {
		v["objective"] = append(v["objective"], strconv.Itoa(o))
	}
	for _, x := range p.Nature {
		v["nature"] = append(v["nature"], string(x))
	}
	for _, x := range p.Levels {
		v["level"] = append(v["level"], string(x))
	}
	if p.Mirror {
		v["mirror"] = []string{"true"}
	}
	if p.Money != nil {
		v["currency"] = []string{p.Money.Currency}
	}
	if p.AnnouncedOn != "" {
		v["year"] = []string{p.AnnouncedOn[:4]}
	}
	for _, a2 := range p.Countries {
		c, _ := place.ByAlpha2(a2)
		v["region"] = append(v["region"], c.Regions...)
		v["commission"] = append(v["commission"], c.Commissions...)
	}
	for _, r := range p.Regions {
		for r != "" {
			v["region"] = append(v["region"], r)
			region, _ := place.RegionByCode(r)
			r = region.Parent
		}
	}
	for i, code := range p.Parties {
		root, _, _ := strings.Cut(code, ".")
		v["party"] = append(v["party"], root)
		who := n.parties[root]
		kind := "none"
		if who != nil {
			kind = who.Kind
			if c, ok := place.ByAlpha2(who.Country); ok {
				v["party_region"] = append(v["party_region"], c.Regions...)
			}
		}
		v["party_kind"] = append(v["party_kind"], kind)
		if i == 0 {
			v["lead_kind"] = []string{kind}
		}
	}
	last := p.published
	if on := p.reportedOn(); on == "" {
		v["recency"] = []string{"never", "not_asked"}
		for _, r := range n.pack.Rounds {
			if r.Asked < p.published || r.Asked > n.day {
				continue
			}
			v["recency"][1] = "no_reply"
			if r.Due >= n.day {
				v["recency"][1] = "not_due"
			}
			break
		}
	} else {
		last = max(last, on)
		switch {
		case on > before(n.day, 12):
			v["recency"] = []string{"1y"}
		case on > before(n.day, 24):
			v["recency"] = []string{"2y"}
		default:
			v["recency"] = []string{"older"}
		}
	}
	cal := n.pack.Calendar
	if p.stage() != "discontinued" && (cal.LapseAfterMonths == 0 || last >= before(n.day, cal.LapseAfterMonths)) {
		v["active"] = []string{"true"}
	}
	if cal.ReportEveryMonths > 0 && p.stage() != "discontinued" && p.stage() != "fulfilled" && last < before(n.day, cal.ReportEveryMonths) {
		v["overdue"] = []string{"true"}
	}
	for _, name := range Filters {
		var list []string
		for _, x := range v[name] {
			if x != "" && !slices.Contains(list, x) {
				list = append(list, x)
			}
		}
		if list == nil {
			list = []string{"none"}
		}
		v[name] = list
	}
	p.values = v

	p.docs = []pledge.Doc{{Language: p.Language, Text: p.Title}, {Language: p.Language, Text: p.Text},
		{Language: p.Language, Text: p.AnnouncedAt}}
	say := func(c lang.Code, texts ...string) {
		for _, s := range texts {
			p.docs = append(p.docs, pledge.Doc{Language: c, Text: s})
		}
	}
	for _, t := range p.translations {
		say(t.Language, t.Title, t.Text)
	}
	for _, r := range p.reports {
		say(r.Language, r.Narrative)
	}
	for _, code := range p.Parties {
		for code != "" {
			if who := n.parties[code]; who != nil {
				for c, name := range who.Names {
					say(c, name)
				}
			}
			code = party.ParentOf(code)
		}
	}
}

// stands reports whether the clause, read in the language of a text, stands in it.
func stands(c text.Clause, d pledge.Doc) bool {
	in := c.In(d.Language)
	tokens := text.Tokens(d.Language, d.Text)
	for i := 0; i+len(in.Terms) <= len(tokens); i++ {
		all := true
		for k := range in.Terms {
			all = all && in.Matches(k, tokens[i+k].Term)
		}
		if all {
			return true
		}
	}
	return false
}

// says reports whether a pledge answers a clause: in a text, or by a country's name. A single
// word of such a name counts where at most two countries have it.
func (p *naivePledge) says(c text.Clause) bool {
	if slices.ContainsFunc(p.docs, func(d pledge.Doc) bool { return stands(c, d) }) {
		return true
	}
	if c.Prefix != "" {
		return false
	}
	code, serial, _ := strings.Cut(strings.ToLower(p.ID), "-")
	if typed := strings.TrimPrefix(strings.ToLower(c.Text), code+"-"); strings.TrimLeft(typed, "0") == strings.TrimLeft(serial, "0") {
		return true
	}
	for _, named := range namedBy(c) {
		if slices.ContainsFunc(p.Countries, func(a2 string) bool { return named[a2] }) {
			return true
		}
		if len(named) <= 2 && slices.ContainsFunc(p.Countries, func(a2 string) bool { _, is := named[a2]; return is }) {
			return true
		}
	}
	return false
}

// namedBy gives the countries in whose names a clause stands, by the language that it is read in:
// true where it is the whole name, or more than one word of it.
func namedBy(c text.Clause) []map[string]bool {
	key := c.Text + "\x00" + strings.Join(c.Terms, " ")
	if all, known := namesRead.Load(key); known {
		return all.([]map[string]bool)
	}
	var all []map[string]bool
	for _, reader := range []lang.Code{"en", "es", "fr", "zh"} { // the language decides the stem; the other scripts are in each
		named := map[string]bool{}
		for _, country := range place.Countries() {
			for _, language := range lang.All {
				stemmed := language == "en" || language == "es" || language == "fr"
				if stemmed && language != reader || !stemmed && reader != "zh" {
					continue
				}
				name := country.Name(language)
				if stands(c, pledge.Doc{Language: language, Text: name}) {
					whole := len(text.Tokens(language, name)) == len(c.In(language).Terms)
					named[country.Alpha2] = named[country.Alpha2] || whole || len(c.In(language).Terms) > 1
				}
			}
		}
		all = append(all, named)
	}
	namesRead.Store(key, all)
	return all
}

// namesRead remembers what namedBy has found: it reads the names of all countries for every clause.
var namesRead sync.Map

// has gives the values of a filter, as the question wants them.
func (p *naivePledge) has(q Query, name string) []string {
	if name == "objective" && q.OwnObjectives && p.ObjectivesBy == "inferred" {
		return []string{"none"}
	}
	return p.values[name]
}

func (n *naive) matches(p *naivePledge, q Query, except string) bool {
	for _, name := range Filters {
		want := q.Get(name)
		if name == except || len(want) == 0 {
			continue
		}
		has := slices.ContainsFunc(want, func(w string) bool {
			if name == "party" {
				return slices.ContainsFunc(p.Parties, func(code string) bool { return code == w || strings.HasPrefix(code, w+".") })
			}
			return slices.Contains(p.has(q, name), w)
		})
		if !has {
			return false
		}
	}
	clauses := text.Query(q.Words, "fr")
	for _, c := range clauses {
		if p.says(c) == c.Not {
			return false
		}
	}
	return q.Words == "" || len(clauses) > 0
}

func (n *naive) list(q Query, except string) []*naivePledge {
	var out []*naivePledge
	for _, p := range n.pledges {
		if n.matches(p, q, except) {
			out = append(out, p)
		}
	}
	return out
}

// facet counts by value, zeros left out.
func (n *naive) facet(q Query, name string) map[string]int {
	counts := map[string]int{}
	for _, p := range n.list(q, name) {
		for _, v := range p.has(q, name) {
			counts[v]++
		}
	}
	return counts
}

func (n *naive) totals(q Query) Totals {
	var t Totals
	parties, objectives, channels := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, p := range n.list(q, "") {
		t.Pledges++
		for _, root := range p.values["party"] {
			t.Participations++
			if parties[root] {
				continue
			}
			parties[root] = true
			t.Parties++
			if who := n.parties[root]; who != nil && who.Kind == "member_state" && who.Parent == "" {
				t.States++
			}
		}
		for _, o := range p.has(q, "objective") {
			if o == "none" {
				continue
			}
			objectives[o] = true
		}
		if p.Channel != "" {
			channels[p.Channel] = true
		}
		if len(p.reports) > 0 {
			t.Reported++
		}
		if len(p.Countries) == 0 {
			t.NoCountry++
		}
		if p.ObjectivesBy == "inferred" {
			t.Inferred++
		}
	}
	t.Objectives, t.Channels = len(objectives), len(channels)
	return t
}

func (n *naive) ordered(q Query, order string) []*naivePledge {
	list := n.list(q, "")
	id := func(p *naivePledge) int {
		_, serial, _ := strings.Cut(p.ID, "-")
		i, err := strconv.Atoi(serial)
		if err != nil {
			panic(err)
		}
		return i
	}
	oldest := func(a, b *naivePledge) int {
		return cmp.Or(strings.Compare(a.published, b.published), cmp.Compare(id(a), id(b)))
	}
	// Parties by folded English name, then code; the unknown last, by code.
	name := func(p *naivePledge) string {
		root := p.values["party"][0]
		who := n.parties[root]
		if who == nil {
			return string(rune(math.MaxInt32&0x10FFFF)) + root
		}
		return text.Fold(who.Name("en")) + "\x00" + root
	}
	slices.SortFunc(list, func(a, b *naivePledge) int {
		switch order {
		case "oldest":
			return oldest(a, b)
		case "title":
			return cmp.Or(strings.Compare(text.Fold(a.Title), text.Fold(b.Title)), cmp.Compare(id(a), id(b)))
		case "party":
			return cmp.Or(strings.Compare(name(a), name(b)), cmp.Compare(id(a), id(b)))
		case "reported":
			return cmp.Or(strings.Compare(b.reportedOn(), a.reportedOn()), oldest(b, a))
		}
		return oldest(b, a)
	})
	return list
}

package compact

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// formatVersion is the number that a pack file starts with; docs/packs.md describes it.
const formatVersion = 1

var (
	slugPattern = regexp.MustCompile(`^[a-z0-9]+(?:[_-][a-z0-9]+)*$`)
	codePattern = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,7}$`)
)

// reader builds a Pack from pack.yaml. The texts are not in that file: each place that has one
// says so in wants, and texts.go fills them from texts/<language>.yaml.
type reader struct {
	pack    *Pack
	wants   []want
	sources []reference // mentions of a source, checked at the end

	lastRound *Round // the round read last
}

// want is a text that the pack has a place for.
type want struct {
	key      string // "objectives.1.title"
	into     *Text
	optional bool
	node     node // what in pack.yaml asks for it
}

type reference struct {
	node node
	slug string
}

func (r *reader) want(n node, key string, into *Text) {
	*into = Text{}
	if strings.Contains(key, "..") || strings.Contains(key, ".0.") {
		return // an entry without its name, which is reported
	}
	r.wants = append(r.wants, want{key: key, into: into, node: n})
}

func (r *reader) may(n node, key string, into *Text) {
	before := len(r.wants)
	r.want(n, key, into)
	for i := range r.wants[before:] {
		r.wants[before+i].optional = true
	}
}

func (r *reader) source(n node) string {
	s := n.text()
	if s != "" {
		r.sources = append(r.sources, reference{n, s})
	}
	return s
}

func readPack(root node) *reader {
	p := &Pack{lookup: map[string]int{}}
	r := &reader{pack: p}
	o := root.object()
	if n := o.need("format"); n.kind != broken && n.number() != formatVersion {
		n.report("this program reads format %d", formatVersion)
	}
	p.ID = slug(o.need("id"))
	if n := o.need("code"); n.kind != broken {
		if p.Code = n.text(); p.Code != "" && !codePattern.MatchString(p.Code) {
			n.report("%q is not a code of 2 to 8 capital letters and digits", p.Code)
		}
	}
	p.URL = link(o.get("url"))
	r.want(root, "compact.name", &p.Name)
	r.want(root, "compact.short_name", &p.ShortName)

	each(r, o.need("sources"), "source", "id", &p.Sources, func(o *object, s *Source) {
		s.ID = slug(o.need("id"))
		s.Document = o.need("document").text()
		s.URL = link(o.get("url"))
		s.Date = date(o.get("date"))
		s.Note = o.get("note").text()
	})
	r.adoption(o.need("adoption"))
	r.body(o.get("forum"), "forum", &p.Forum)
	r.body(o.get("initiative"), "initiative", &p.Initiative)
	r.body(o.get("network"), "network", &p.Network)
	r.body(o.get("trust_fund"), "trust_fund", &p.TrustFund)

	each(r, o.get("principles"), "principle", "slug", &p.Principles, func(o *object, x *Principle) {
		x.Slug = slug(o.need("slug"))
		r.want(o.node, "principles."+x.Slug+".name", &x.Name)
	})
	each(r, o.get("round_tables"), "round_table", "slug", &p.RoundTables, func(o *object, x *RoundTable) {
		x.Slug = slug(o.need("slug"))
		r.want(o.node, "round_tables."+x.Slug+".name", &x.Name)
	})
	each(r, o.get("themes"), "theme", "slug", &p.Themes, func(o *object, x *Theme) {
		x.Slug = slug(o.need("slug"))
		r.want(o.node, "themes."+x.Slug+".name", &x.Name)
	})
	r.objectives(o.need("objectives"))
	each(r, o.get("editions"), "edition", "slug", &p.Editions, r.edition)
	each(r, o.need("kind_groups"), "group", "slug", &p.Groups, func(o *object, x *Group) {
		x.Slug = slug(o.need("slug"))
		r.want(o.node, "kind_groups."+x.Slug+".name", &x.Name)
	})
	each(r, o.need("kinds"), "kind", "slug", &p.Kinds, func(o *object, x *Kind) {
		x.Slug = slug(o.need("slug"))
		x.Group = r.known(o.need("group"), "group", "kind_groups")
		x.Counts = o.get("counts").bool()
		r.want(o.node, "kinds."+x.Slug+".one", &x.One)
		r.want(o.node, "kinds."+x.Slug+".many", &x.Many)
	})
	each(r, o.need("channels"), "channel", "slug", &p.Channels, func(o *object, x *Channel) {
		x.Slug = slug(o.need("slug"))
		x.URL = link(o.get("url"))
		r.want(o.node, "channels."+x.Slug+".name", &x.Name)
		r.may(o.node, "channels."+x.Slug+".note", &x.Note)
	})
	each(r, o.get("funds"), "fund", "code", &p.Funds, func(o *object, x *Fund) {
		x.Code = slug(o.need("code"))
		x.URL = link(o.get("url"))
		x.Opened, x.Closed = date(o.get("opened")), date(o.get("closed"))
		order(o.get("closed"), x.Opened, x.Closed)
		x.Source = r.source(o.need("source"))
		r.want(o.node, "funds."+x.Code+".name", &x.Name)
		r.may(o.node, "funds."+x.Code+".note", &x.Note)
	})
	each(r, o.get("totals"), "", "", &p.Totals, r.total)
	each(r, o.get("sisters"), "sister", "code", &p.Sisters, func(o *object, x *Sister) {
		x.Code = slug(o.need("code"))
		x.URL = link(o.get("url"))
		r.want(o.node, "sisters."+x.Code+".name", &x.Name)
		r.may(o.node, "sisters."+x.Code+".referral", &x.Referral)
		r.may(o.node, "sisters."+x.Code+".theirs", &x.Theirs)
		r.may(o.node, "sisters."+x.Code+".ours", &x.Ours)
	})
	r.settings(o)
	o.done()
	for _, ref := range r.sources {
		if _, ok := p.Source(ref.slug); !ok {
			ref.node.report("%q is not one of the sources", ref.slug)
		}
	}
	return r
}

// each reads a list of mappings into out and, where they have a key, indexes them by it.
func each[T any](r *reader, n node, name, key string, out *[]T, read func(*object, *T)) {
	items := n.list()
	*out = make([]T, len(items)) // before reading: wants keep pointers into it
	for i, item := range items {
		o := item.object()
		read(o, &(*out)[i])
		if key != "" {
			r.index(o.get(key), name, i)
		}
		o.done()
	}
}

func (r *reader) index(n node, name string, i int) {
	if n.kind != plain {
		return
	}
	k := name + ":" + n.value
	if _, twice := r.pack.lookup[k]; twice {
		n.report("%q is taken by an earlier entry", n.value)
		return
	}
	r.pack.lookup[k] = i
}

// known is a slug that an earlier section has.
func (r *reader) known(n node, name, section string) string {
	s := slug(n)
	if s == "" {
		return ""
	}
	if _, ok := r.pack.lookup[name+":"+s]; !ok {
		n.report("%q is not one of the %s", s, section)
	}
	return s
}

func (r *reader) adoption(n node) {
	if n.kind == broken {
		return
	}
	o, a := n.object(), &r.pack.Adoption
	a.AdoptedOn = date(o.need("adopted_on"))
	a.EndorsedOn = date(o.get("endorsed_on"))
	order(o.get("endorsed_on"), a.AdoptedOn, a.EndorsedOn)
	a.Document = o.need("document").text()
	a.ForumBasis = o.get("forum_basis").text()
	a.EveryYears = o.get("every_years").number()
	a.Source = r.source(o.need("source"))
	a.Verified = o.get("verified").bool()
	r.want(n, "adoption.place", &a.AdoptedAt)
	o.done()
}

func (r *reader) body(n node, key string, b *Body) {
	if n.kind == absent {
		return
	}
	o := n.object()
	b.URL = link(o.get("url"))
	r.want(n, key+".name", &b.Name)
	r.want(n, key+".short_name", &b.ShortName)
	o.done()
}

func (r *reader) objectives(n node) {
	p := r.pack
	if n.kind == list && len(n.items) == 0 {
		n.report("a compact has at least one objective")
	}
	each(r, n, "objective", "n", &p.Objectives, func(o *object, x *Objective) {
		x.N = o.need("n").number()
		x.Paragraph = o.get("paragraph").number()
		x.RoundTable, x.Theme = r.share(o, "round_table", "round_tables", len(p.RoundTables)), r.share(o, "theme", "themes", len(p.Themes))
		for _, a := range o.get("actions").list() {
			letter := slug(a)
			if slices.Contains(x.Actions, letter) {
				a.report("%q stands twice", letter)
			}
			x.Actions = append(x.Actions, letter)
		}
		r.want(o.node, fmt.Sprintf("objectives.%d.title", x.N), &x.Title)
		r.want(o.node, fmt.Sprintf("objectives.%d.label", x.N), &x.Label)
	})
	for i, x := range p.Objectives {
		if x.N != i+1 {
			n.items[i].report("objectives are numbered from 1 without gaps, in order; this is entry %d", i+1)
			continue
		}
		if i, ok := p.lookup["round_table:"+x.RoundTable]; ok {
			p.RoundTables[i].Objectives = append(p.RoundTables[i].Objectives, x.N)
		}
		if i, ok := p.lookup["theme:"+x.Theme]; ok {
			p.Themes[i].Objectives = append(p.Themes[i].Objectives, x.N)
		}
	}
}

// share is the round table or theme of an objective: needed where the pack has any, so that
// they divide the objectives among them.
func (r *reader) share(o *object, name, section string, of int) string {
	if of == 0 && o.get(name).kind == absent {
		return ""
	}
	return r.known(o.need(name), name, section)
}

func (r *reader) edition(o *object, e *Edition) {
	e.Slug = slug(o.need("slug"))
	e.Opens, e.Closes = day(o.need("opens")), day(o.need("closes"))
	order(o.get("closes"), e.Opens, e.Closes)
	e.Hearing = day(o.get("hearing"))
	order(o.get("hearing"), e.Hearing, e.Opens)
	e.Outcome = o.get("outcome").text()
	e.Source = r.source(o.need("source"))
	e.Verified = o.get("verified").bool()
	r.want(o.node, "editions."+e.Slug+".name", &e.Name)
	r.want(o.node, "editions."+e.Slug+".place", &e.Place)
}

func (r *reader) total(o *object, t *Total) {
	t.Measure = o.need("measure").oneOf(Measures...)
	t.Value = o.need("value").number()
	if t.Bound = o.get("bound").oneOf(Exactly, MoreThan); t.Bound == "" {
		t.Bound = Exactly
	}
	t.AsOf = date(o.need("as_of"))
	t.Edition = r.known(o.need("edition"), "edition", "editions")
	t.Source = r.source(o.need("source"))
}

func (r *reader) settings(top *object) {
	p := r.pack
	if n := top.get("rules"); n.kind != absent {
		o := n.object()
		p.Rules = Rules{o.get("text_min").number(), o.get("text_max").number(), o.get("objectives_max").number(), o.get("attachment_mb").number()}
		if p.Rules.TextMax > 0 && p.Rules.TextMax < p.Rules.TextMin {
			o.get("text_max").report("%d is less than text_min", p.Rules.TextMax)
		}
		o.done()
	}
	if n := top.get("calendar"); n.kind != absent {
		o := n.object()
		p.Calendar.ReportEveryMonths = o.get("report_every_months").number()
		p.Calendar.LapseAfterMonths = o.get("lapse_after_months").number()
		for _, d := range o.get("remind_before_days").list() {
			p.Calendar.RemindBeforeDays = append(p.Calendar.RemindBeforeDays, d.number())
		}
		slices.SortFunc(p.Calendar.RemindBeforeDays, func(a, b int) int { return b - a })
		o.done()
	}
	if n := top.get("reporting"); n.kind != absent {
		o := n.object()
		each(r, o.get("rounds"), "", "", &p.Rounds, r.round)
		o.done()
	}
	if n := top.get("policies"); n.kind != absent {
		o := n.object()
		visible := func(name string) Visibility {
			if o.get(name).oneOf("private", "public") == "public" {
				return Public
			}
			return Private
		}
		machine := o.get("machine_translation").oneOf("off", "labelled") == "labelled"
		p.Policies = Policies{visible("overdue"), visible("lapsed"), visible("reminders"), visible("set_aside"), machine}
		o.done()
	}
	if n := top.get("mandates"); n.kind != absent {
		o := n.object()
		p.Mandates = Mandates{r.source(o.get("assessment")), r.source(o.get("contestation")), o.get("reply_days").number()}
		o.done()
	}
}

// round reads one round of reporting. They come in order, so that of two rounds the earlier one
// both asks and ends first.
func (r *reader) round(o *object, x *Round) {
	x.Asked, x.Due = day(o.need("asked")), day(o.need("due"))
	order(o.get("due"), x.Asked, x.Due)
	x.Edition = r.known(o.need("for"), "edition", "editions")
	x.Source = r.source(o.need("source"))
	if before := r.lastRound; before != nil {
		order(o.get("asked"), before.Asked, x.Asked)
		order(o.get("due"), before.Due, x.Due)
	}
	r.lastRound = x
}

func slug(n node) string {
	s := n.text()
	if s != "" && !slugPattern.MatchString(s) {
		n.report("%q is not a slug: small letters and digits, joined by _ or -", s)
		return ""
	}
	return s
}

// date is a day, a month or a year.
func date(n node) string {
	s := n.text()
	if s == "" {
		return ""
	}
	for _, layout := range []string{time.DateOnly, "2006-01", "2006"} {
		if _, err := time.Parse(layout, s); err == nil {
			return s
		}
	}
	n.report("%q is not a date: 2018-12-19, 2018-12 or 2018", s)
	return ""
}

func day(n node) string {
	s := date(n)
	if s != "" && len(s) != len(time.DateOnly) {
		n.report("%q is not a day: 2018-12-19", s)
		return ""
	}
	return s
}

// order reports two dates of which the later is not later; ISO 8601 sorts as text.
func order(n node, earlier, later string) {
	if earlier != "" && later != "" && later < earlier && len(later) >= len(earlier) {
		n.report("%s is before %s", later, earlier)
	}
}

func link(n node) string {
	s := n.text()
	if s == "" {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		n.report("%q is not a web address", s)
		return ""
	}
	return s
}

package my

import (
	"slices"
	"strconv"
	"strings"

	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/work/kit"
)

// steps of the form, in order; the last one, the check, is a page of its own.
var steps = []string{"what", "who", "about", "when", "evidence"}

// Numbers of rows in the parts of the form that can have several.
const (
	mostMilestones = 10
	mostIndicators = 10
	mostLinks      = 10
	mostRecords    = 5
)

// content is what the form edits.
type content struct {
	p pledge.Pledge
	c intake.Contact
}

// fields declares the fields of a step; what is stored in them is in c.
func (a *area) fields(r *kit.Request, f *kit.Form, step string, c content) {
	switch step {
	case "what":
		a.what(r, f, c)
	case "who":
		a.who(r, f, c)
	case "about":
		a.about(r, f, c)
	case "when":
		a.when(r, f, c)
	case "evidence":
		a.evidence(r, f, c)
	}
}

func (a *area) what(r *kit.Request, f *kit.Form, c content) {
	limits := r.Kit.House.Pack.Rules
	language := c.p.Language
	if language == "" {
		language = r.Lang
	}
	f.Select("language", "my.language", string(language), words(r, "language", lang.All))
	f.Text("title", "my.title", c.p.Title).Upto(300).In(c.p.Language)
	x := f.Long("text", "my.text", c.p.Text, 14).Upto(limits.TextMax).In(c.p.Language)
	x.Hint = r.T("my.text.limits", "min", limits.TextMin, "max", limits.TextMax)
}

func (a *area) who(r *kit.Request, f *kit.Form, c content) {
	forms := words(r, "form", pledge.Forms)
	for i := range forms {
		forms[i].Hint = r.T("pledge.form." + forms[i].Value)
	}
	stored := c.p.Form
	if stored == "" {
		stored = pledge.Individual
	}
	f.Radios("form", "my.form", string(stored), forms)
	f.Text("matches", "my.matches", c.p.Matches).Upto(20)
	if sisters := r.Kit.House.Pack.Sisters; len(sisters) > 0 {
		f.Check("mirror", "my.mirror", c.p.Mirror).Note(sisters[0].Name.In(r.Lang))
	}
}

func (a *area) about(r *kit.Request, f *kit.Form, c content) {
	pack := r.Kit.House.Pack
	var objectives []kit.Option
	for _, o := range pack.Objectives {
		objectives = append(objectives, kit.Option{Value: strconv.Itoa(o.N), Text: strconv.Itoa(o.N) + ". " + o.Label.In(r.Lang)})
	}
	x := f.Checks("objectives", "my.objectives", texts(c.p.Objectives), objectives)
	if most := pack.Rules.ObjectivesMax; most > 0 {
		x.Hint = r.T("my.objectives.most", "n", most)
	}
	f.Checks("nature", "my.nature", strs(c.p.Nature), words(r, "nature", pledge.Natures))
	f.Checks("levels", "my.levels", strs(c.p.Levels), words(r, "level", pledge.Levels))
	several(r, f, "countries", "my.countries", "my.country.add", c.p.Countries, a.countries(r))
	several(r, f, "regions", "my.regions", "my.region.add", c.p.Regions, a.regions(r))
	if len(pack.Principles) > 0 {
		var principles []kit.Option
		for _, p := range pack.Principles {
			principles = append(principles, kit.Option{Value: p.Slug, Text: p.Name.In(r.Lang)})
		}
		f.Checks("principles", "my.principles", c.p.Principles, principles)
	}
	f.Text("actions", "my.actions", strings.Join(c.p.Actions, "; ")).Upto(300)
	f.Text("sdgs", "my.sdgs", strings.Join(c.p.SDGs, "; ")).Upto(300)
}

// several lets any number of a long list be chosen without showing all of it: what is chosen
// can be taken away, and one more be added each time.
func several(r *kit.Request, f *kit.Form, name, key, add string, stored []string, options []kit.Option) {
	chosen := stored
	if f.Posted() {
		chosen = append(r.Form[name], r.Form[name+"_more"]...)
	}
	if shown := only(options, chosen...); len(shown) > 0 {
		f.Checks(name, key, stored, shown)
	}
	f.Select(name+"_more", add, "", options).Empty(r.T("my.choose"))
}

func (a *area) when(r *kit.Request, f *kit.Form, c content) {
	f.Date("starts_on", "my.starts_on", c.p.StartsOn)
	f.Date("ends_on", "my.ends_on", c.p.EndsOn)
	for i := range rows(f, "milestones", ".text", len(c.p.Milestones), mostMilestones) {
		var m pledge.Milestone
		if i < len(c.p.Milestones) {
			m = c.p.Milestones[i]
		}
		name := "milestones." + strconv.Itoa(i)
		numbered(r, f.Text(name+".text", "my.milestone", m.Text).Upto(300), "my.milestone", i)
		numbered(r, f.Date(name+".on", "my.milestone.on", m.On), "my.milestone.on", i)
	}
	for i := range rows(f, "indicators", ".name", len(c.p.Indicators), mostIndicators) {
		var in pledge.Indicator
		if i < len(c.p.Indicators) {
			in = c.p.Indicators[i]
		}
		name := "indicators." + strconv.Itoa(i)
		numbered(r, f.Text(name+".name", "my.indicator", in.Name).Upto(300), "my.indicator", i)
		numbered(r, f.Text(name+".unit", "my.indicator.unit", in.Unit).Upto(60), "my.indicator.unit", i)
		numbered(r, f.Number(name+".baseline", "my.indicator.baseline", in.Baseline), "my.indicator.baseline", i)
		numbered(r, f.Number(name+".target", "my.indicator.target", in.Target), "my.indicator.target", i)
	}
	m := c.p.Money
	if m == nil {
		m = &pledge.Money{}
	}
	f.Money("money", "my.money", m.Amount, m.Currency, nil)
	a.recipientFields(r, f, m)
	f.Text("years", "my.years", strings.Join(texts(m.Years), "; ")).Upto(100)
	f.Date("announced_on", "my.announced_on", c.p.AnnouncedOn)
	f.Text("announced_at", "my.announced_at", c.p.AnnouncedAt).Upto(300)
}

func (a *area) evidence(r *kit.Request, f *kit.Form, c content) {
	for i := range rows(f, "links", ".url", len(c.p.Links), mostLinks) {
		var l pledge.Link
		if i < len(c.p.Links) {
			l = c.p.Links[i]
		}
		name := "links." + strconv.Itoa(i)
		numbered(r, f.URL(name+".url", "my.link", l.URL).Upto(2000), "my.link", i)
		numbered(r, f.Text(name+".title", "my.link.title", l.Title).Upto(300), "my.link.title", i)
	}
	for i := range rows(f, "also_recorded", ".id", len(c.p.AlsoRecorded), mostRecords) {
		var rec pledge.Record
		if i < len(c.p.AlsoRecorded) {
			rec = c.p.AlsoRecorded[i]
		}
		name := "also_recorded." + strconv.Itoa(i)
		numbered(r, f.Text(name+".registry", "my.registry", rec.Registry).Upto(100), "my.registry", i)
		numbered(r, f.Text(name+".id", "my.registry.id", rec.ID).Upto(200), "my.registry.id", i)
	}
	f.Text("contact.name", "my.contact.name", c.c.Name).Upto(200).Fills("name")
	f.Text("contact.post", "my.contact.post", c.c.Post).Upto(200).Fills("organization-title")
	f.Email("contact.email", "my.contact.email", c.c.Email).Fills("email")
	f.Text("contact.phone", "my.contact.phone", c.c.Phone).Upto(60).Fills("tel")
}

// rows is how many rows of a part the form shows: those that have something, and an empty one.
func rows(f *kit.Form, name, last string, stored, most int) int {
	n := stored
	for f.Posted() && n < most && f.Value(name+"."+strconv.Itoa(n)+last) != "" {
		n++
	}
	return max(min(n+1, most), stored)
}

func numbered(r *kit.Request, x *kit.Field, key string, i int) {
	x.Label = r.T(key, "n", i+1)
	if i > 0 {
		x.Hint, x.Example = "", ""
	}
}

// take puts what was sent into the content; what is wrong in itself (no date, no number) leaves
// what was there before.
func (a *area) take(r *kit.Request, f *kit.Form, step string, c *content) {
	p := &c.p
	date := func(name string, to *string) {
		if d, ok := f.DateValue(name); ok {
			*to = d
		}
	}
	switch step {
	case "what":
		if l := lang.Code(f.Value("language")); lang.Known(string(l)) {
			p.Language = l
		}
		p.Title, p.Text = f.Value("title"), lines(f.Value("text"))
	case "who":
		p.Form, p.Matches, p.Mirror = pledge.Form(f.Value("form")), strings.ToUpper(f.Value("matches")), f.Checked("mirror")
	case "about":
		p.Objectives = ints(f.Values("objectives"))
		p.Nature, p.Levels = asStored(p.Nature, typed[pledge.Nature](f.Values("nature"))), asStored(p.Levels, typed[pledge.Level](f.Values("levels")))
		p.Countries = asStored(p.Countries, distinct(append(f.Values("countries"), f.Values("countries_more")...)))
		p.Regions = asStored(p.Regions, distinct(append(f.Values("regions"), f.Values("regions_more")...)))
		p.Actions = list(strings.ToLower(f.Value("actions")))
		p.Principles, p.SDGs = asStored(p.Principles, f.Values("principles")), list(f.Value("sdgs"))
	case "when":
		date("starts_on", &p.StartsOn)
		date("ends_on", &p.EndsOn)
		date("announced_on", &p.AnnouncedOn)
		p.AnnouncedAt = f.Value("announced_at")
		takeRows(f, p)
		a.takeMoney(r, f, p)
	case "evidence":
		old := p.Links
		p.Links = nil
		for i := range max(mostLinks, len(old)) {
			name := "links." + strconv.Itoa(i)
			if url := f.Value(name + ".url"); url != "" {
				l := pledge.Link{}
				if j := slices.IndexFunc(old, func(l pledge.Link) bool { return l.URL == url }); j >= 0 {
					l = old[j]
				}
				l.URL, l.Title = url, f.Value(name+".title")
				p.Links = append(p.Links, l)
			}
		}
		records := max(mostRecords, len(p.AlsoRecorded))
		p.AlsoRecorded = nil
		for i := range records {
			name := "also_recorded." + strconv.Itoa(i)
			if rec := (pledge.Record{Registry: f.Value(name + ".registry"), ID: f.Value(name + ".id")}); rec != (pledge.Record{}) {
				p.AlsoRecorded = append(p.AlsoRecorded, rec)
			}
		}
		c.c = intake.Contact{Name: f.Value("contact.name"), Post: f.Value("contact.post"), Email: f.Value("contact.email"), Phone: f.Value("contact.phone")}
	}
	p.ObjectivesBy, p.TextBy, p.Schema = pledge.ByParty, pledge.TextByParty, pledge.Schema
}

func takeRows(f *kit.Form, p *pledge.Pledge) {
	milestones, indicators := p.Milestones, p.Indicators
	p.Milestones, p.Indicators = nil, nil
	for i := range max(mostMilestones, len(milestones)) {
		name := "milestones." + strconv.Itoa(i)
		on, ok := f.DateValue(name + ".on")
		if !ok && i < len(milestones) {
			on = milestones[i].On
		}
		if m := (pledge.Milestone{On: on, Text: f.Value(name + ".text")}); m != (pledge.Milestone{}) {
			p.Milestones = append(p.Milestones, m)
		}
	}
	for i := range max(mostIndicators, len(indicators)) {
		name := "indicators." + strconv.Itoa(i)
		number := func(part string, old string) string {
			n, ok := kit.Decimal(f.Value(name + part))
			if !ok && n != "" {
				return old
			}
			return n
		}
		var old pledge.Indicator
		if i < len(indicators) {
			old = indicators[i]
		}
		in := pledge.Indicator{Name: f.Value(name + ".name"), Unit: f.Value(name + ".unit"), Baseline: number(".baseline", old.Baseline), Target: number(".target", old.Target)}
		if in != (pledge.Indicator{}) {
			p.Indicators = append(p.Indicators, in)
		}
	}
}

func (a *area) takeMoney(r *kit.Request, f *kit.Form, p *pledge.Pledge) {
	amount, currency, ok := f.MoneyValue("money")
	if !ok {
		return
	}
	var old pledge.Money
	if p.Money != nil {
		old = *p.Money
	}
	to := a.takeRecipient(r, f, old.Recipient)
	if amount == "" && to == "" {
		p.Money = nil
		return
	}
	p.Money = &pledge.Money{Amount: amount, Currency: currency, Recipient: to, Years: ints(list(f.Value("years")))}
}

// list is what was typed with semicolons, commas or blanks between.
func list(s string) []string {
	return distinct(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(";,،؛；、 \n\t", r) }))
}

// asStored are the values that were chosen, those that stood before in their old order: a form shows
// them in its own, and who changes none of them changes nothing.
func asStored[T comparable](stored, chosen []T) []T {
	var out []T
	for _, v := range stored {
		if slices.Contains(chosen, v) {
			out = append(out, v)
		}
	}
	for _, v := range chosen {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func distinct(values []string) []string {
	var out []string
	for _, v := range values {
		if v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// lines has the line ends of the register.
func lines(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

package exchange

import (
	"slices"
	"strings"

	"pgregory.net/rapid"

	"stocktake/internal/compact"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
)

// drawn is a pledge with what stands beside it, and the days on which that became public.
type drawn struct {
	pledge       pledge.Pledge
	published    string
	reports      []pledge.Report
	reportedOn   []string
	translations []pledge.Translation
}

// pieces are what texts are made of: everything that a format has a meaning of its own for.
var pieces = []string{
	"=", "+", "-", "@", "'", `"`, ",", ";", `\`, `\;`, "\n", "\t", "\r", "<b>", "&amp;", "_x0041_", "_", "_x005F_", "]]>", "{", "\u00e9", "e\u0301", "\u200f",
	"\u0627\u0644\u0647\u062c\u0631\u0629", "\u0645\u064f\u0647\u0627\u062c\u0631", "\u79fb\u6c11", "\u041c\u0438\u0433\u0440\u0430\u0446\u0438\u044f", "\U0001F30D", "\U00020000", "word", " ", "7", "1E5", "2022-05-20", "NULL", "true",
}

func drawText(t *rapid.T, label string, lines bool) string {
	s := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 12).Draw(t, label), "")
	if !lines {
		s = strings.NewReplacer("\n", " ", "\t", " ", "\r", " ").Replace(s)
	}
	s = party.Tidy(s)
	if len(party.Words{Lines: true}.Check(label, s)) > 0 {
		s = party.Tidy(strings.ReplaceAll(s, "+", "")) // digits after a plus sign are a telephone number
	}
	if s == "" {
		return "x"
	}
	return s
}

func draws[T comparable](t *rapid.T, label string, from []T, most int) []T {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 0, min(most, len(from)), rapid.ID[T]).Draw(t, label)
}

func drawDate(t *rapid.T, label string) string {
	day := clock().AddDate(0, 0, -rapid.IntRange(0, 4000).Draw(t, label)).Format("2006-01-02")
	return day[:rapid.SampledFrom([]int{4, 7, 10}).Draw(t, label)]
}

func drawDay(t *rapid.T, label string) string {
	return clock().AddDate(0, 0, -rapid.IntRange(0, 4000).Draw(t, label)).Format("2006-01-02")
}

// cast is who makes the pledges: States and their parts, entities and theirs, with names that
// are hard to write in a list.
func cast(t *rapid.T) []party.Party {
	all := []party.Party{}
	add := func(p party.Party) { all = append(all, p.Tidied()) }
	for _, code := range []string{"ken", "prt", "vat"} {
		c, _ := place.ByAlpha3(code)
		add(party.FromCountry(c))
	}
	name := func(label string) map[lang.Code]string {
		s := drawText(t, label, false)
		return map[lang.Code]string{languageOf(s, lang.EN): s}
	}
	for _, code := range []string{"prt.foreign-affairs", "prt.work.safety", "prt.work"} {
		add(party.Party{Code: code, Kind: party.MemberState, Country: "PT", Names: name(code)})
	}
	for _, code := range []string{"iom", "iom.data", "ilo"} {
		add(party.Party{Code: code, Kind: "un_entity", Names: name(code)})
	}
	add(party.Party{Code: "city", Kind: "local_authority", Names: name("city")})
	slices.SortFunc(all, func(a, b party.Party) int { return strings.Compare(a.Code, b.Code) }) // parents first
	return all
}

func drawPledge(t *rapid.T, pack *compact.Pack, parties []party.Party, serial int64, before string) drawn {
	codes := make([]string, len(parties))
	for i, p := range parties {
		codes[i] = p.Code
	}
	d := drawn{published: drawDay(t, "published")}
	p := &d.pledge
	p.ID, p.Status = pledge.IDOf(pack.Code, serial), pledge.Published
	p.Title, p.Text = drawText(t, "title", false), drawText(t, "text", true)
	p.Language = rapid.SampledFrom(lang.All).Draw(t, "language")
	p.TextBy = rapid.SampledFrom([]string{"", pledge.TextByParty, pledge.TextBySummary}).Draw(t, "text_by")
	p.Parties = append([]string{rapid.SampledFrom(codes).Draw(t, "lead")}, draws(t, "parties", codes, 3)...)
	p.Parties = distinct(p.Parties)
	p.Form = rapid.SampledFrom([]pledge.Form{pledge.Common, pledge.Partnership}).Draw(t, "form")
	if len(p.Parties) == 1 {
		p.Form = pledge.Individual
	} else if before != "" && rapid.Bool().Draw(t, "matching") {
		p.Form, p.Matches = pledge.Matching, before
	}
	p.Mirror = rapid.Bool().Draw(t, "mirror")
	p.Nature, p.Levels = draws(t, "nature", pledge.Natures, 5), draws(t, "levels", pledge.Levels, 4)
	for n := range len(pack.Objectives) {
		if n == int(serial)%len(pack.Objectives) || rapid.IntRange(0, 9).Draw(t, "objective") == 0 {
			p.Objectives = append(p.Objectives, n+1)
		}
	}
	p.ObjectivesBy = rapid.SampledFrom([]string{pledge.ByParty, pledge.BySecretariat, pledge.ByInference}).Draw(t, "objectives_by")
	var principles, channels []string
	for _, x := range pack.Principles {
		principles = append(principles, x.Slug)
	}
	for _, x := range pack.Channels {
		channels = append(channels, x.Slug)
	}
	p.Principles = draws(t, "principles", principles, 3)
	p.Countries, p.Regions = draws(t, "countries", []string{"KE", "PT", "CI", "PS"}, 3), draws(t, "regions", []string{"014", "150", "001"}, 2)
	maybe := func(label string, set func()) {
		if rapid.Bool().Draw(t, label) {
			set()
		}
	}
	maybe("channel?", func() { p.Channel = rapid.SampledFrom(channels).Draw(t, "channel") })
	maybe("call?", func() { p.Call = drawText(t, "call", false) })
	maybe("starts_on?", func() { p.StartsOn = drawDate(t, "starts_on") })
	maybe("ends_on?", func() { p.EndsOn = "2030" })
	maybe("announced?", func() { p.AnnouncedOn, p.AnnouncedAt = drawDate(t, "announced_on"), drawText(t, "announced_at", false) })
	maybe("money?", func() {
		p.Money = &pledge.Money{Amount: rapid.SampledFrom([]string{"1500000", "0.5", "12.25"}).Draw(t, "amount"), Currency: "USD"}
		p.Money.Recipient = rapid.SampledFrom([]string{"", "fund:" + pack.Funds[0].Code, p.Parties[0]}).Draw(t, "recipient")
		maybe("years?", func() { p.Money.Years = []int{2022, 2023} })
	})
	maybe("source?", func() { p.Source, p.Evidence = "https://example.org/a?b=c;d&e='f'", drawText(t, "evidence", false) })
	maybe("actions?", func() { p.Actions, p.SDGs = []string{"7a"}, []string{"10.7", "10.c"} })
	maybe("milestones?", func() {
		p.Milestones = []pledge.Milestone{{On: drawDate(t, "on"), Text: drawText(t, "milestone", false)}}
	})
	maybe("indicators?", func() {
		p.Indicators = []pledge.Indicator{{Name: drawText(t, "indicator", false), Unit: "%", Target: "99.5"}}
	})
	maybe("links?", func() {
		p.Links = []pledge.Link{{URL: "https://example.org/", Title: drawText(t, "link", false), On: "2022-05", Source: drawText(t, "who published it", false)}}
	})
	maybe("attachments?", func() {
		p.Attachments = []pledge.File{{Name: "plan.pdf", Bytes: 7, SHA256: strings.Repeat("0a", 32)}}
	})
	maybe("also?", func() { p.AlsoRecorded = []pledge.Record{{Registry: drawText(t, "registry", false), ID: "17"}} })
	d.pledge = p.Tidied()
	d.drawBeside(t)
	return d
}

func (d *drawn) drawBeside(t *rapid.T) {
	day := d.published
	for n := range rapid.IntRange(0, 3).Draw(t, "reports") {
		r := pledge.Report{Pledge: d.pledge.ID, Number: n + 1, Stage: pledge.Stages[1+n]}
		if rapid.Bool().Draw(t, "told") {
			r.Narrative, r.Language, r.On = drawText(t, "narrative", true), d.pledge.Language, d.published
		}
		for range rapid.IntRange(0, 2).Draw(t, "later") {
			day = min(today, day[:8]+"28")
		}
		d.reports, d.reportedOn = append(d.reports, r.Tidied()), append(d.reportedOn, day)
	}
	for _, c := range draws(t, "translations", lang.All, 2) {
		if c != d.pledge.Language {
			tr := pledge.Translation{Pledge: d.pledge.ID, Language: c, Title: drawText(t, "t-title", false), Text: drawText(t, "t-text", true), By: "human"}
			tr.Summary = drawText(t, "t-summary", false)
			if rapid.Bool().Draw(t, "approved") {
				tr.ApprovedBy = d.pledge.Parties[0]
			}
			d.translations = append(d.translations, tr.Tidied())
		}
	}
}

// item is the pledge as a view would show it.
func (d drawn) item() *explore.Item {
	it := &explore.Item{Pledge: d.pledge, Published: d.published, Stage: pledge.Unreported, Reports: d.reports, Translations: map[lang.Code]pledge.Translation{}}
	if n := len(d.reports); n > 0 {
		it.Stage, it.ReportedOn = d.reports[n-1].Stage, d.reportedOn[n-1]
	}
	for _, tr := range d.translations {
		it.Translations[tr.Language] = tr
	}
	return it
}

func distinct(list []string) []string {
	var once []string
	for _, s := range list {
		if !slices.Contains(once, s) {
			once = append(once, s)
		}
	}
	return once
}

// acceptable leaves out what the rules for pledges refuse: two pieces may happen to make an
// address.
func acceptable(pack *compact.Pack, parties map[string]party.Party, d drawn) bool {
	rules := pledge.Rules{Pack: pack, Mode: pledge.ByImport, Party: func(code string) (party.Party, bool) { p, ok := parties[code]; return p, ok }}
	wrong := rules.Pledge(d.pledge)
	for _, r := range d.reports {
		wrong = append(wrong, rules.Report(d.pledge, r)...)
	}
	for _, tr := range d.translations {
		wrong = append(wrong, rules.Translation(d.pledge, tr)...)
	}
	return len(wrong) == 0
}

// drawAll draws a cast and pledges of theirs.
func drawAll(t *rapid.T, pack *compact.Pack, least, most int) (map[string]party.Party, []party.Party, []drawn) {
	order := cast(t)
	known := map[string]party.Party{}
	for _, p := range order {
		known[p.Code] = p
	}
	var all []drawn
	before := ""
	for n := range rapid.IntRange(least, most).Draw(t, "pledges") {
		if d := drawPledge(t, pack, order, int64(n+1), before); acceptable(pack, known, d) {
			all = append(all, d)
			before = d.pledge.ID
		}
	}
	return known, order, all
}

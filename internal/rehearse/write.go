package rehearse

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"stocktake/internal/lang"
	"stocktake/internal/pledge"
)

// write chooses the sentences and puts them together.
func (m *maker) write(d dice, out *made, s scene, located bool) {
	p, w := &out.pledge, m.words.in[out.pledge.Language]
	c := &out.pick
	c.title, c.opening, c.partner = d.IntN(len(w.Titles)), d.IntN(len(w.Openings)), d.IntN(len(w.Partners))
	c.monitoring, c.closing, c.revision = d.IntN(len(w.Monitoring)), d.IntN(len(w.Closings)), d.IntN(len(w.Revisions))
	for _, n := range p.Nature {
		c.measures = append(c.measures, d.IntN(len(w.Measures[string(n)])))
	}
	if s.special != nil && s.special.Title[p.Language] == "" {
		p.Language, w = lang.EN, m.words.in[lang.EN]
	}
	p.Title, p.Text = m.render(out, s, p.Language)
	fill := m.fill(out, p.Language)
	if d.chance(250) {
		for i, text := range some(d, w.Milestones, d.between(1, 3)) {
			p.Milestones = append(p.Milestones, pledge.Milestone{On: strconv.Itoa(c.start + i), Text: fill.Replace(text)})
		}
	}
	if d.chance(300) {
		for _, in := range some(d, w.Indicators, d.between(1, 2)) {
			p.Indicators = append(p.Indicators, pledge.Indicator{Name: fill.Replace(in.Name), Unit: in.Unit, Baseline: "0", Target: strconv.Itoa(c.target)})
		}
	}
}

// render gives title and text in a language: of the original, or of a translation.
func (m *maker) render(out *made, s scene, l lang.Code) (title, text string) {
	w, c := m.words.in[l], out.pick
	fill := m.fill(out, l)
	if s.special != nil {
		return fill.Replace(s.special.Title[l]), fill.Replace(s.special.Text[l])
	}
	first := []string{w.Openings[c.opening]}
	for i, n := range out.pledge.Nature {
		first = append(first, w.Measures[string(n)][c.measures[i]])
	}
	second := []string{w.Partners[c.partner], w.Monitoring[c.monitoring], w.Closings[c.closing]}
	return fill.Replace(w.Titles[c.title]), fill.Replace(strings.Join(first, w.Gap) + "\n\n" + strings.Join(second, w.Gap))
}

// fill puts names and numbers into the braces of a text.
func (m *maker) fill(out *made, l lang.Code) *filler {
	p := &out.pledge
	where := m.words.in[l].Worldwide
	var names []string
	for _, c := range out.where {
		names = append(names, c.Name(l))
	}
	if len(names) > 0 {
		where = lang.List(l, names)
	} else if len(p.Regions) > 0 {
		where = regionName(p.Regions[0], l)
	}
	o, _ := m.pack.Objective(slices.Min(p.Objectives))
	amount := ""
	if p.Money != nil {
		amount = lang.Decimal(l, p.Money.Amount) + "\u00a0" + p.Money.Currency
	}
	return &filler{
		{"{party}", m.cast.name(p.Parties[0], l)}, {"{place}", where}, {"{objective}", o.Label.In(l)},
		{"{start}", strconv.Itoa(out.pick.start)}, {"{end}", strconv.Itoa(out.pick.end)},
		{"{target}", lang.Number(l, int64(out.pick.target))}, {"{amount}", amount},
	}
}

// filler holds the words in braces and what stands for them. A strings.Replacer does the same,
// and takes longer to be made than to fill the few texts of one pledge.
type filler [7][2]string

// Replace fills a text in one pass: braces in what it puts there stay.
func (f *filler) Replace(text string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '{')
		if i < 0 {
			break
		}
		b.WriteString(text[:i])
		text = text[i:]
		known := slices.IndexFunc(f[:], func(pair [2]string) bool { return strings.HasPrefix(text, pair[0]) })
		if known < 0 {
			b.WriteByte('{')
			text = text[1:]
			continue
		}
		b.WriteString(f[known][1])
		text = text[len(f[known][0]):]
	}
	b.WriteString(text)
	return b.String()
}

// revise changes the pledge as a second version does: it lasts longer, and says so.
func (m *maker) revise(out *made, s scene) {
	p, w := &out.pledge, m.words.in[out.pledge.Language]
	out.pick.end++
	if p.EndsOn != "" {
		p.EndsOn = strconv.Itoa(out.pick.end)
	}
	p.Text += "\n\n" + m.fill(out, p.Language).Replace(w.Revisions[out.pick.revision])
}

// translate puts title and text into English, or what is English into another language.
func (m *maker) translate(d dice, out *made, s scene) (pledge.Translation, bool) {
	to := lang.EN
	if out.pledge.Language == lang.EN {
		to = one(d, []lang.Code{lang.AR, lang.ES, lang.FR, lang.RU, lang.ZH})
	}
	if s.special != nil && s.special.Title[to] == "" {
		return pledge.Translation{}, false
	}
	by := "human"
	if d.chance(350) {
		by = "machine"
	}
	t := pledge.Translation{Language: to, By: by}
	t.Title, t.Text = m.render(out, s, to)
	return t, true
}

// progress is what a report says.
func (m *maker) progress(d dice, out *made, number int, stage pledge.Stage, day time.Time) pledge.Report {
	p, w := &out.pledge, m.words.in[out.pledge.Language]
	fill := m.fill(out, p.Language)
	r := pledge.Report{
		On: day.AddDate(0, 0, -d.small(40)).Format(time.DateOnly), Stage: stage, Language: p.Language,
		Narrative: fill.Replace(one(d, w.Reports[string(stage)])),
	}
	if d.chance(250) {
		r.Barriers = fill.Replace(one(d, w.Barriers))
	}
	if d.chance(200) {
		r.Support = fill.Replace(one(d, w.Support))
	}
	reached := map[pledge.Stage]int{pledge.Planning: 0, pledge.InProgress: 25 + 15*number, pledge.Fulfilled: 100, pledge.Discontinued: 10}[stage]
	for _, in := range p.Indicators {
		r.Values = append(r.Values, pledge.Value{Indicator: in.Name, Value: strconv.Itoa(out.pick.target * min(reached, 100) / 100)})
	}
	if d.chance(300) {
		r.ReportedBy = p.Parties[0]
	}
	return r
}

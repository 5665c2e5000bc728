package rehearse

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"stocktake/internal/compact"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
)

// maker makes any pledge of the rehearsal from its serial, again and again the same; so nothing
// but the serial is kept for what happens later.
type maker struct {
	pack  *compact.Pack
	seed  uint64
	words *words
	cast  *cast
	rates Rates
	total int
	today time.Time
	days  []time.Time // of publication
	last  []int64     // serial on each

	objectives weights
	principles weights
	channels   weights
	forums     []span
	script     []scene   // of the scenario, by serial
	scenario   *Scenario // or nil
}

func newMaker(pack *compact.Pack, plan Plan) (*maker, error) {
	w, err := loadWords()
	if err != nil {
		return nil, err
	}
	m := &maker{pack: pack, seed: plan.Seed, words: w, rates: w.shares.Rates, total: plan.Pledges, today: mustDay(Today), scenario: plan.Scenario}
	if plan.Scenario != nil {
		m.total, m.rates = plan.Scenario.Pledges(), plan.Scenario.Rates
	}
	if m.cast, err = newCast(pack, w, plan.Seed, m.total, plan.Scenario); err != nil {
		return nil, err
	}
	m.objectives = newWeights(zipf(roll(m.seed, "objectives", 0), len(pack.Objectives)))
	m.principles = newWeights(zipf(roll(m.seed, "principles", 0), len(pack.Principles)))
	m.channels = newWeights(doors(pack))
	for _, e := range pack.Editions {
		if f, ok := spanOf(e); ok {
			m.forums = append(m.forums, f)
		}
	}
	if plan.Scenario != nil {
		return m, m.follow(plan.Scenario)
	}
	var share []int
	m.days, share = openCalendar(pack, m.total)
	m.last = spread(share, m.total)
	return m, nil
}

// doors: most come through the first channel of a pack.
func doors(pack *compact.Pack) []int {
	out := make([]int, len(pack.Channels))
	for i := range out {
		out[i] = 100 / ((i + 1) * (i + 1))
	}
	return out
}

// made is one pledge with what was chosen for it.
type made struct {
	pledge    pledge.Pledge
	effective time.Time
	pick      choices
	where     []place.Country
	support   []string // parties that are named beside the makers: a recipient
}

// choices are the numbers of the sentences, the same in every language.
type choices struct {
	title, opening, partner, monitoring, closing, revision int
	measures                                               []int
	start, end, target                                     int
}

// names are the parties that must be public before the pledge.
func (m made) names() []string { return append(slices.Clone(m.pledge.Parties), m.support...) }

// make makes the pledge with a serial, published on a day.
func (m *maker) make(serial int64, day int) made {
	d := roll(m.seed, "pledge", serial)
	s := m.scene(serial)
	out := made{effective: m.public(serial, day)}
	p := &out.pledge
	p.Language = lang.All[m.words.shares.languages.draw(d)]
	kind := s.kind
	if kind == "" {
		kind = m.cast.kind(d)
	}
	lead := s.lead
	if lead == "" {
		lead = m.cast.draw(d, kind, p.Language, s.states)
	}
	home, located := m.cast.country(lead)
	if located && !m.words.shares.speaks(home, p.Language) {
		p.Language = lang.EN
	}
	m.makers(d, &out, s, serial, kind, lead)
	m.substance(d, &out, s)
	m.place(d, &out, s, kind, home, located)
	m.dates(d, &out)
	if slices.Contains(p.Nature, pledge.Financial) {
		m.money(d, &out, s)
	}
	m.channel(d, &out, kind)
	if s.special == nil && d.chance(m.rates.Late) {
		m.late(d, &out, s)
	}
	m.announce(d, &out)
	m.evidence(d, &out, serial)
	m.write(d, &out, s, located)
	return out
}

// makers settles the form and who takes part.
func (m *maker) makers(d dice, out *made, s scene, serial int64, kind, lead string) {
	p := &out.pledge
	p.Form = pledge.Forms[m.words.shares.forms.draw(d)]
	if s.special != nil {
		p.Form = s.special.Form
		if len(s.special.Parties) > 0 {
			p.Parties = s.special.Parties
			return
		}
	}
	if kind == party.MemberState && s.special == nil && d.chance(300) {
		lead = m.cast.ministry(d, lead)
	}
	p.Parties = []string{lead}
	if p.Form == pledge.Matching && serial == 1 {
		p.Form = pledge.Individual
	}
	switch p.Form {
	case pledge.Matching:
		p.Matches = pledge.IDOf(m.pack.Code, serial-1-int64(d.IntN(int(min(serial-1, 300)))))
	case pledge.Common, pledge.Partnership:
		if kind == party.Network || kind == party.InterAgency {
			return // a group speaks for several
		}
		want := 2 + d.small(5)
		for range 20 {
			if len(p.Parties) == want {
				break
			}
			other := m.cast.draw(d, m.cast.kind(d), p.Language, s.states)
			if !slices.ContainsFunc(p.Parties, func(code string) bool { return party.Root(code) == party.Root(other) }) {
				p.Parties = append(p.Parties, other)
			}
		}
		if len(p.Parties) == 1 {
			p.Form = pledge.Individual
		}
	}
}

// substance: natures, objectives, principles and the like.
func (m *maker) substance(d dice, out *made, s scene) {
	p := &out.pledge
	p.Mirror = len(m.pack.Sisters) > 0 && d.chance(m.rates.Mirror)
	for range 1 + d.small(3) {
		if n := pledge.Natures[m.words.shares.natures.draw(d)]; !slices.Contains(p.Nature, n) {
			p.Nature = append(p.Nature, n)
		}
	}
	most := min(max(m.pack.Rules.ObjectivesMax, 1), 3, len(m.pack.Objectives))
	for range 1 + d.IntN(most) {
		if n := m.objectives.draw(d) + 1; !slices.Contains(p.Objectives, n) {
			p.Objectives = append(p.Objectives, n)
		}
	}
	if s.special != nil {
		p.Nature, p.Objectives = s.special.Nature, s.special.Objectives
	}
	p.ObjectivesBy = pledge.ByParty
	switch n := d.IntN(1000); {
	case n < m.rates.Inferred:
		p.ObjectivesBy = pledge.ByInference
	case n < m.rates.Inferred+m.rates.Secretary:
		p.ObjectivesBy = pledge.BySecretariat
	}
	if d.chance(200) {
		first := p.Objectives[0]
		if o, ok := m.pack.Objective(first); ok && len(o.Actions) > 0 {
			p.Actions = []string{strconv.Itoa(first) + strings.TrimPrefix(one(d, o.Actions), strconv.Itoa(first))}
		}
	}
	if d.chance(400) {
		p.SDGs = some(d, m.words.shares.Targets, d.between(1, 2))
	}
	if !m.principles.empty() {
		for range d.IntN(4) {
			if slug := m.pack.Principles[m.principles.draw(d)].Slug; !slices.Contains(p.Principles, slug) {
				p.Principles = append(p.Principles, slug)
			}
		}
	}
}

// place: most act at home, some abroad, and some everywhere.
func (m *maker) place(d dice, out *made, s scene, kind string, home place.Country, located bool) {
	p := &out.pledge
	n := d.IntN(100)
	switch {
	case kind == localAuthority:
		p.Levels = []pledge.Level{pledge.Local}
		out.where = []place.Country{home}
	case located && n < 72:
		p.Levels = []pledge.Level{pledge.National}
		out.where = []place.Country{home}
	case located && n < 82 || !located && n < 40:
		p.Levels = []pledge.Level{pledge.National}
		for range d.between(1, 3) {
			if c := m.cast.members[m.cast.byState.draw(d)]; !slices.ContainsFunc(out.where, func(o place.Country) bool { return o.Alpha2 == c.Alpha2 }) {
				out.where = append(out.where, c)
			}
		}
	case n < 92 && !(located && n >= 88):
		if !located {
			home = m.cast.members[m.cast.byState.draw(d)]
		}
		p.Levels = []pledge.Level{pledge.Regional}
		p.Regions = home.Regions[:1:1]
	default:
		p.Levels = []pledge.Level{pledge.Global}
	}
	if kind == localAuthority && d.chance(150) || located && d.chance(60) && p.Levels[0] == pledge.National {
		p.Levels = []pledge.Level{pledge.Local, pledge.National}
	}
	for _, c := range out.where {
		p.Countries = append(p.Countries, c.Alpha2)
	}
}

func (m *maker) dates(d dice, out *made) {
	p := &out.pledge
	year := out.effective.Year()
	out.pick.start, out.pick.end = year+d.IntN(2), year+1+d.between(1, 5)
	out.pick.target = []int{25, 40, 50, 100, 120, 250, 400, 600, 1000, 1500, 2500, 5000}[d.IntN(12)]
	if d.chance(700) {
		p.StartsOn = vague(d, time.Date(out.pick.start, time.Month(d.between(1, 12)), d.between(1, 28), 0, 0, 0, 0, time.UTC))
		p.EndsOn = strconv.Itoa(out.pick.end)
		if d.chance(300) {
			p.EndsOn += "-12-31"
		}
	}
}

// vague gives a date as precisely as it is known: as a year, a month or a day.
func vague(d dice, t time.Time) string {
	s := t.Format(time.DateOnly)
	return s[:[]int{4, 4, 7, 10, 10}[d.IntN(5)]]
}

func (m *maker) money(d dice, out *made, s scene) {
	p, sh := &out.pledge, m.words.shares
	digits := []int{10, 12, 15, 20, 25, 30, 50, 75, 80}[d.IntN(9)]
	amount := int64(digits)
	for range d.between(3, 6) {
		amount *= 10
	}
	p.Money = &pledge.Money{Amount: strconv.FormatInt(amount, 10), Currency: sh.currencyCodes[sh.currencies.draw(d)]}
	switch n := d.IntN(100); {
	case s.special != nil && s.special.Recipient != "":
		p.Money.Recipient = s.special.Recipient
	case n < 35:
		if f := m.fund(out.effective); f != "" {
			p.Money.Recipient = "fund:" + f
		}
	case n < 60:
		if to, ok := m.cast.pool(entity); ok {
			code := invented(to.stem, 1+d.small(to.size))
			p.Money.Recipient, out.support = code, []string{code}
		}
	}
	for y := out.pick.start; y <= out.pick.end && len(p.Money.Years) < 3 && d.chance(500); y++ {
		p.Money.Years = append(p.Money.Years, y)
	}
}

// fund is the first fund of the pack that is open on the day.
func (m *maker) fund(day time.Time) string {
	s := day.Format(time.DateOnly)
	for _, f := range m.pack.Funds {
		if f.Opened <= s && (f.Closed == "" || s <= f.Closed) {
			return f.Code
		}
	}
	return ""
}

func (m *maker) channel(d dice, out *made, kind string) {
	p := &out.pledge
	if m.scenario != nil && m.scenario.Channel != "" {
		p.Channel = m.scenario.Channel
		return
	}
	n := len(m.pack.Channels)
	if n == 0 || d.chance(30) {
		return // an old record, of which nobody knows
	}
	i := m.channels.draw(d)
	if kind == localAuthority && d.chance(400) {
		i = n - 1
	}
	p.Channel = m.pack.Channels[i].Slug
}

// late: it had become public some time before it was recorded.
func (m *maker) late(d dice, out *made, s scene) {
	floor := m.days[0]
	if !s.notBefore.IsZero() {
		floor = s.notBefore
	}
	day := out.effective.AddDate(0, 0, -(5 + d.small(400)))
	if day.Before(floor) {
		day = floor
	}
	out.effective = day
}

// announce: at the forum where it is on, else on some day shortly before.
func (m *maker) announce(d dice, out *made) {
	p := &out.pledge
	day := out.effective
	for _, f := range m.forums {
		if !day.Before(f.opens) && !day.After(f.closes.AddDate(0, 0, 14)) && d.chance(850) {
			if day.After(f.closes) {
				day = f.closes
			}
			p.AnnouncedOn, p.AnnouncedAt = day.Format(time.DateOnly), f.edition.Name.In(p.Language)
			return
		}
	}
	if d.chance(900) {
		p.AnnouncedOn = vague(d, day.AddDate(0, 0, -d.small(60)))
	}
}

func (m *maker) evidence(d dice, out *made, serial int64) {
	p := &out.pledge
	page := fmt.Sprintf("https://example.org/rehearsal/%d", serial) // a domain that is kept for examples (RFC 2606)
	p.TextBy = pledge.TextByParty
	if d.chance(m.rates.Summary) {
		p.TextBy, p.Source = pledge.TextBySummary, page
	} else if d.chance(100) {
		p.Links = []pledge.Link{{URL: page}}
	}
}

package rehearse

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"stocktake/internal/compact"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
)

// Scenario is a course of events that a pack describes in scenarios/NAME.yaml (docs/rehearse.md):
// how many pledges became public when, who led them, and which of them are known one by one.
type Scenario struct {
	Format     int                `yaml:"format"`
	Today      string             `yaml:"today"`      // the last day
	Channel    string             `yaml:"channel"`    // through which all came; "" as in any rehearsal
	Rates      Rates              `yaml:"rates"`      // of a thousand
	Objectives map[int]int        `yaml:"objectives"` // how often, against each other
	Facts      []Fact             `yaml:"facts"`
	Parties    []Named            `yaml:"parties"`
	Cohorts    []Cohort           `yaml:"cohorts"`
	Special    []Special          `yaml:"special"`
	waves      []wave             // of all cohorts, by day
	cohorts    map[string]*Cohort // by name
}

// Fact is a published figure that the scenario has to give.
type Fact struct {
	On      string `yaml:"on"`
	Pledges int    `yaml:"pledges"`
	Led     int    `yaml:"state_led_more_than"` // pledges with a Member State in the lead
	States  int    `yaml:"states"`              // Member States that take part
	Source  string `yaml:"source"`
}

// Named is a party that the published facts name.
type Named struct {
	Code    string               `yaml:"code"`
	Kind    string               `yaml:"kind"`
	Names   map[lang.Code]string `yaml:"names"`
	Members []string             `yaml:"members"`
}

func (n Named) party() party.Party {
	return party.Party{Code: n.Code, Kind: n.Kind, Names: n.Names, Members: n.Members}
}

// Cohort is pledges that are counted together: so many, led by so many of each kind.
type Cohort struct {
	Name   string         `yaml:"name"`
	Waves  []Wave         `yaml:"waves"`
	Leads  map[string]int `yaml:"leads"`  // kind → pledges
	States int            `yaml:"states"` // Member States that pledge, those of earlier cohorts included
}

// Wave is pledges that become public on the working days between two, both included.
type Wave struct {
	From    string `yaml:"from"`
	To      string `yaml:"to"`
	Pledges int    `yaml:"pledges"`
}

type wave struct {
	Wave
	cohort *Cohort
	from   time.Time
	days   []time.Time
}

// Special is a pledge, or several alike, of which something is known.
type Special struct {
	Cohort     string               `yaml:"cohort"`
	On         string               `yaml:"on"`      // "" = some day of the cohort
	Times      int                  `yaml:"times"`   // how many; 0 = one
	Parties    []string             `yaml:"parties"` // or
	Kind       string               `yaml:"kind"`    // of the lead
	Form       pledge.Form          `yaml:"form"`
	Nature     []pledge.Nature      `yaml:"nature"`
	Objectives []int                `yaml:"objectives"`
	Recipient  string               `yaml:"recipient"` // of money
	Title      map[lang.Code]string `yaml:"title"`     // English at least
	Text       map[lang.Code]string `yaml:"text"`
}

// ReadScenario reads a scenario of the pack. Keys that it does not know are refused, and so is
// a scenario that does not add up to its own facts.
func ReadScenario(pack *compact.Pack, name string) (_ *Scenario, err error) {
	defer errs.Wrap(&err, "scenario %s", name)
	text, err := pack.Scenario(name)
	if err != nil {
		return nil, err
	}
	s := &Scenario{cohorts: map[string]*Cohort{}}
	if err := yaml.UnmarshalWithOptions(text, s, yaml.Strict()); err != nil {
		return nil, errs.New(errs.Invalid, "%w", err).WithHint("docs/rehearse.md describes the format")
	}
	if found := s.check(pack); len(found) > 0 {
		return nil, errs.InvalidFields(found...)
	}
	return s, nil
}

// Pledges is how many the scenario has.
func (s *Scenario) Pledges() int {
	n := 0
	for _, w := range s.waves {
		n += w.Pledges
	}
	return n
}

type complaints []errs.Field

func (c *complaints) add(field, value, format string, args ...any) {
	*c = append(*c, errs.Field{Field: field, Value: value, Message: fmt.Sprintf(format, args...)})
}

func (s *Scenario) check(pack *compact.Pack) (c complaints) {
	if s.Format != 1 {
		c.add("format", fmt.Sprint(s.Format), "must be 1")
	}
	if _, err := time.Parse(time.DateOnly, s.Today); err != nil {
		c.add("today", s.Today, "must be a day, as 2022-12-31")
	}
	if _, ok := pack.Channel(s.Channel); s.Channel != "" && !ok {
		c.add("channel", s.Channel, "is no channel of the pack")
	}
	for n, often := range s.Objectives {
		if _, ok := pack.Objective(n); !ok || often < 0 {
			c.add("objectives", fmt.Sprint(n), "must be an objective of the pack, and how often it occurs")
		}
	}
	for i := range s.Parties {
		p := &s.Parties[i]
		if _, ok := pack.Kind(p.Kind); !ok || p.Names[lang.EN] == "" {
			c.add(fmt.Sprintf("parties[%d]", i), p.Code, "needs a kind of the pack and a name in English")
		}
	}
	for i := range s.Cohorts {
		s.checkCohort(&c, pack, i)
	}
	for i := range s.Special {
		s.checkSpecial(&c, pack, i)
	}
	if len(s.waves) == 0 && len(c) == 0 {
		c.add("cohorts", "", "at least one with a wave is needed")
	}
	if len(c) == 0 {
		s.checkFacts(&c)
	}
	slices.SortStableFunc(c, func(a, b errs.Field) int { return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Value, b.Value)) })
	return c
}

func (s *Scenario) checkCohort(c *complaints, pack *compact.Pack, i int) {
	at, co := fmt.Sprintf("cohorts[%d].", i), &s.Cohorts[i]
	if s.cohorts[co.Name] != nil || co.Name == "" {
		c.add(at+"name", co.Name, "is needed, each once")
	}
	s.cohorts[co.Name] = co
	total := 0
	for j, w := range co.Waves {
		from, err1 := time.Parse(time.DateOnly, w.From)
		to, err2 := time.Parse(time.DateOnly, w.To)
		days := workdays(from, to)
		switch {
		case err1 != nil || err2 != nil || len(days) == 0 || w.To > s.Today || w.Pledges < 1:
			c.add(fmt.Sprintf("%swaves[%d]", at, j), w.From+" "+w.To, "must be two days with a working day between them, not after today, and at least one pledge")
		case len(s.waves) > 0 && w.From <= s.waves[len(s.waves)-1].To:
			c.add(fmt.Sprintf("%swaves[%d].from", at, j), w.From, "must be after the wave before")
		default:
			s.waves = append(s.waves, wave{w, co, from, days})
		}
		total += w.Pledges
	}
	led := 0
	for kind, n := range co.Leads {
		if _, ok := pack.Kind(kind); !ok || n < 0 {
			c.add(at+"leads", kind, "is no kind of the pack, or has no number")
		}
		led += n
	}
	if led != total {
		c.add(at+"leads", fmt.Sprint(led), "must be %d, the pledges of the waves", total)
	}
	if n := co.Leads[party.MemberState]; co.States < 0 || (n > 0) != (co.States > 0) {
		c.add(at+"states", fmt.Sprint(co.States), "must say how many Member States lead the %d pledges", n)
	}
	if i > 0 {
		before := s.Cohorts[i-1].States
		if co.States < before || co.States-before > co.Leads[party.MemberState] {
			c.add(at+"states", fmt.Sprint(co.States), "counts those of the cohort before, %d, and at most one more for each pledge", before)
		}
	} else if co.States > co.Leads[party.MemberState] {
		c.add(at+"states", fmt.Sprint(co.States), "are more than the pledges that they lead")
	}
}

func workdays(from, to time.Time) (days []time.Time) {
	for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
		if w := day.Weekday(); w != time.Saturday && w != time.Sunday {
			days = append(days, day)
		}
	}
	return days
}

func (s *Scenario) checkSpecial(c *complaints, pack *compact.Pack, i int) {
	at, sp := fmt.Sprintf("special[%d].", i), &s.Special[i]
	sp.Times = max(sp.Times, 1)
	if s.cohorts[sp.Cohort] == nil {
		c.add(at+"cohort", sp.Cohort, "is no cohort")
	}
	if sp.On != "" && s.waveOn(sp.Cohort, sp.On) < 0 {
		c.add(at+"on", sp.On, "lies in no wave of the cohort")
	}
	if (sp.Kind == "") == (len(sp.Parties) == 0) {
		c.add(at+"parties", "", "give either parties or the kind of the lead")
	}
	if _, ok := pack.Kind(sp.Kind); sp.Kind != "" && !ok {
		c.add(at+"kind", sp.Kind, "is no kind of the pack")
	}
	if !slices.Contains(pledge.Forms, sp.Form) || sp.Form == pledge.Matching || sp.Form == pledge.Individual && len(sp.Parties) > 1 {
		c.add(at+"form", string(sp.Form), "must be individual, common or partnership, and fit the parties")
	}
	for _, n := range sp.Nature {
		if !slices.Contains(pledge.Natures, n) {
			c.add(at+"nature", string(n), "is no nature of a pledge")
		}
	}
	for _, n := range sp.Objectives {
		if _, ok := pack.Objective(n); !ok {
			c.add(at+"objectives", fmt.Sprint(n), "is no objective of the pack")
		}
	}
	if len(sp.Objectives) == 0 || len(sp.Nature) == 0 {
		c.add(at+"objectives", "", "objectives and nature are needed")
	}
	if f, ok := strings.CutPrefix(sp.Recipient, "fund:"); sp.Recipient != "" {
		if _, known := pack.Fund(f); !ok || !known {
			c.add(at+"recipient", sp.Recipient, "must be fund: and a fund of the pack")
		}
	}
	if sp.Title[lang.EN] == "" || sp.Text[lang.EN] == "" {
		c.add(at+"title", "", "title and text are needed, in English at least")
	}
	for _, l := range slices.Sorted(maps.Keys(sp.Title)) {
		if !lang.Known(string(l)) || sp.Text[l] == "" {
			c.add(at+"title", string(l), "is no language of the house, or has no text")
		}
	}
}

// waveOn is the wave of the cohort in which a day lies, -1 for none.
func (s *Scenario) waveOn(cohort, day string) int {
	return slices.IndexFunc(s.waves, func(w wave) bool { return w.cohort.Name == cohort && w.From <= day && day <= w.To })
}

// checkFacts adds up what the waves up to each fact's day bring. A fact can only speak of the
// last day of a wave that ends its cohort, since leads are drawn over the whole cohort.
func (s *Scenario) checkFacts(c *complaints) {
	for i, f := range s.Facts {
		at := fmt.Sprintf("facts[%d].", i)
		pledges, led, states := 0, 0, 0
		for j := range s.Cohorts {
			co := &s.Cohorts[j]
			first, last := co.Waves[0].From, co.Waves[len(co.Waves)-1].To
			switch {
			case first > f.On:
				continue
			case last > f.On:
				c.add(at+"on", f.On, "lies in the middle of the cohort %s; divide it there", co.Name)
				continue
			}
			for _, w := range co.Waves {
				pledges += w.Pledges
			}
			led, states = led+co.Leads[party.MemberState], co.States
		}
		if f.Pledges != 0 && pledges != f.Pledges {
			c.add(at+"pledges", fmt.Sprint(f.Pledges), "the cohorts bring %d by then", pledges)
		}
		if f.Led != 0 && led <= f.Led {
			c.add(at+"state_led_more_than", fmt.Sprint(f.Led), "the cohorts bring %d by then", led)
		}
		if f.States != 0 && states != f.States {
			c.add(at+"states", fmt.Sprint(f.States), "the cohorts bring %d by then", states)
		}
		if f.Source == "" {
			c.add(at+"source", "", "is needed")
		}
	}
}

// scene is what the scenario says of one pledge.
type scene struct {
	kind      string // of the lead
	lead      string // or who
	states    []place.Country
	notBefore time.Time
	special   *Special
	day       time.Time
}

// scene is what the scenario says of a pledge; nothing where there is none.
func (m *maker) scene(serial int64) scene {
	if m.script == nil {
		return scene{}
	}
	return m.script[serial-1]
}

// follow makes the script of the scenario: every pledge with its day and its lead.
func (m *maker) follow(s *Scenario) error {
	m.today = mustDay(s.Today)
	if len(s.Objectives) > 0 {
		often := make([]int, len(m.pack.Objectives))
		for n, weight := range s.Objectives {
			often[n-1] = weight
		}
		if m.objectives = newWeights(often); m.objectives.empty() {
			return errs.New(errs.Invalid, "no objective occurs at all")
		}
	}
	states := m.drawStates(s.Cohorts)
	before := 0
	for i := range s.Cohorts {
		scenes, err := m.cohort(s, i, states[:s.Cohorts[i].States], before)
		if err != nil {
			return err
		}
		m.script = append(m.script, scenes...)
		before = s.Cohorts[i].States
	}
	slices.SortStableFunc(m.script, func(a, b scene) int { return a.day.Compare(b.day) })
	for i, sc := range m.script {
		if n := len(m.days); n == 0 || !m.days[n-1].Equal(sc.day) {
			m.days, m.last = append(m.days, sc.day), append(m.last, 0)
		}
		m.last[len(m.last)-1] = int64(i + 1)
	}
	if !m.days[len(m.days)-1].Equal(m.today) { // a day for what happens later
		m.days, m.last = append(m.days, m.today), append(m.last, int64(len(m.script)))
	}
	return nil
}

// drawStates gives the Member States in the order in which they begin to pledge.
func (m *maker) drawStates(cohorts []Cohort) []place.Country {
	most := 0
	for _, c := range cohorts {
		most = max(most, c.States)
	}
	d, taken := roll(m.seed, "scenario states", 0), map[string]bool{}
	var out []place.Country
	for len(out) < min(most, len(m.cast.members)) {
		if c := m.cast.members[m.cast.byState.draw(d)]; !taken[c.Alpha3] {
			taken[c.Alpha3] = true
			out = append(out, c)
		}
	}
	return out
}

// cohort gives the scenes of one cohort. Of its States, those after the first so many are new:
// each of them leads at least one pledge.
func (m *maker) cohort(s *Scenario, number int, states []place.Country, before int) ([]scene, error) {
	co, d := &s.Cohorts[number], roll(m.seed, "cohort", int64(number))
	left := maps.Clone(co.Leads)
	free := map[int]int{} // wave → pledges without a scene
	for i, w := range s.waves {
		if w.cohort == co {
			free[i] = w.Pledges
		}
	}
	waves := slices.Sorted(maps.Keys(free))
	var out []scene
	add := func(sc scene, on string) error {
		if left[sc.kind]--; left[sc.kind] < 0 {
			return errs.New(errs.Invalid, "cohort %s: more special pledges of %s than its leads", co.Name, sc.kind)
		}
		i := s.waveOn(co.Name, on)
		if on == "" {
			n := make([]int, len(waves))
			for j, w := range waves {
				n[j] = free[w]
			}
			i = waves[newWeights(n).draw(d)]
		}
		w := s.waves[i]
		if sc.day = one(d, w.days); on != "" {
			sc.day = mustDay(on)
		}
		sc.states, sc.notBefore = states, w.from
		if free[i]--; free[i] < 0 {
			return errs.New(errs.Invalid, "more special pledges on %s than the wave has", on)
		}
		out = append(out, sc)
		return nil
	}
	for _, fixed := range []bool{true, false} { // those with a day first
		for i := range s.Special {
			sp := &s.Special[i]
			if sp.Cohort != co.Name || (sp.On != "") != fixed {
				continue
			}
			sc := scene{kind: sp.Kind, special: sp}
			if len(sp.Parties) > 0 {
				lead, err := m.cast.party(sp.Parties[0])
				if err != nil {
					return nil, err
				}
				sc.kind, sc.lead = lead.Kind, lead.Code
			}
			for range sp.Times {
				if err := add(sc, sp.On); err != nil {
					return nil, err
				}
			}
		}
	}
	for _, k := range m.pack.Kinds {
		for range left[k.Slug] {
			if err := add(scene{kind: k.Slug}, ""); err != nil {
				return nil, err
			}
		}
	}
	begin := before
	for i := range out {
		if out[i].kind == party.MemberState && out[i].lead == "" && begin < len(states) {
			out[i].lead = state(states[begin])
			begin++
		}
	}
	if begin < len(states) {
		return nil, errs.New(errs.Invalid, "cohort %s: not every State has a pledge to lead", co.Name)
	}
	return out, nil
}

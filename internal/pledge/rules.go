package pledge

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"stocktake/internal/compact"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/place"
)

// Mode says how strict the rules are: a person at the form is asked for what a good pledge
// has; an import brings what there is.
type Mode uint8

const (
	ByForm   Mode = iota // the public form: the pack's limits hold
	ByImport             // older and foreign records: what is missing stays missing
)

// Rules are what must be true of a pledge, of a report and of a translation.
type Rules struct {
	Pack  *compact.Pack
	Mode  Mode
	Party party.Lookup // finds published parties
	Kept  string       // the text that is public: who leaves it as it is may leave it as short or long as it is
	Today string       // the day of a new publication; "" asks of no date whether it has come: what stands is read again
}

// Forms, Natures, Levels and Stages list the words of the public contract, in its order.
var (
	Forms   = []Form{Individual, Common, Partnership, Matching}
	Natures = []Nature{Financial, HumanResources, Material, Process, Policy}
	Levels  = []Level{Local, National, Regional, Global}
	Stages  = []Stage{Unreported, Planning, InProgress, Fulfilled, Discontinued}
)

var (
	titleWords  = party.Words{Min: 1, Max: 300}
	importWords = party.Words{Min: 1, Max: 20_000, Lines: true}
	lineWords   = party.Words{Max: 300}
	blockWords  = party.Words{Max: 5_000, Lines: true}
)

const mostItems = 100 // in any one list

// findings collects what is wrong, in the order of the fields.
type findings []errs.Field

func (f *findings) add(field, value, format string, args ...any) {
	*f = append(*f, errs.Field{Field: field, Value: party.Glimpse(value), Message: fmt.Sprintf(format, args...)})
}

func (f *findings) words(w party.Words, field, s string) { *f = append(*f, w.Check(field, s)...) }

// Pledge says everything that is wrong with a pledge; nothing where it may be published. Its
// id may still be missing: it is given at the first publication.
func (r Rules) Pledge(p Pledge) []errs.Field {
	var f findings
	if p.Schema != Schema {
		f.add("schema", strconv.Itoa(p.Schema), "must be %d", Schema)
	}
	if _, ok := SerialOf(r.Pack.Code, p.ID); p.ID != "" && !ok {
		f.add("id", p.ID, "must be %s, a hyphen and a number of at least four digits, as %s", r.Pack.Code, IDOf(r.Pack.Code, 158))
	}
	r.text(&f, p)
	r.parties(&f, p)
	r.form(&f, p)
	r.substance(&f, p)
	r.where(&f, p)
	r.when(&f, p)
	r.measures(&f, p)
	r.money(&f, "", p.Money)
	r.evidence(&f, p)
	r.status(&f, p)
	return f
}

// Notes says what is odd about a pledge and may be published all the same. They are for the
// person who imports: in the form, the same things are findings.
func (r Rules) Notes(p Pledge) []errs.Field {
	var f findings
	if r.Mode == ByImport && r.alone(p) {
		f.add("form", string(p.Form), "names one party that is no group; a %s pledge usually has several", p.Form)
	}
	return f
}

func (r Rules) text(f *findings, p Pledge) {
	f.words(titleWords, "title", p.Title)
	words := importWords
	if r.Mode == ByForm && (r.Kept == "" || p.Text != r.Kept) {
		words.Min, words.Max = max(1, r.Pack.Rules.TextMin), r.Pack.Rules.TextMax
	}
	f.words(words, "text", p.Text)
	if !lang.Known(string(p.Language)) {
		f.add("language", string(p.Language), "must be the language of title and text: ar, en, es, fr, ru or zh")
	}
	if p.TextBy != "" && p.TextBy != TextByParty && p.TextBy != TextBySummary {
		f.add("text_by", p.TextBy, "must be %s or %s", TextByParty, TextBySummary)
	}
	if p.TextBy == TextBySummary && p.Source == "" && r.Mode == ByForm {
		f.add("source", "", "is needed: a summary of ours links to the page that it sums up")
	}
}

func (r Rules) parties(f *findings, p Pledge) {
	if len(p.Parties) == 0 {
		f.add("parties", "", "at least one party is needed; the first is the lead")
	}
	for _, code := range distinct(f, "parties", p.Parties) {
		switch _, known := r.Party(code); {
		case !party.ValidCode(code):
			f.add("parties", code, "must be the code of a party, as ken, iom or city-of-nairobi")
		case !known:
			f.add("parties", code, "is no party in the register")
		}
	}
}

// form holds the form against the number of parties: one makes an individual pledge; a common
// pledge or a partnership has several, or a group that speaks for several.
func (r Rules) form(f *findings, p Pledge) {
	if !slices.Contains(Forms, p.Form) {
		f.add("form", string(p.Form), "must be one of %s", join(Forms))
	}
	if p.Form == Individual && len(p.Parties) > 1 {
		f.add("form", string(p.Form), "has %d parties; a pledge of several is common or a partnership", len(p.Parties))
	}
	if r.Mode == ByForm && r.alone(p) {
		f.add("form", string(p.Form), "needs at least two parties, or a group that speaks for several")
	}
	_, isID := SerialOf(r.Pack.Code, p.Matches)
	switch {
	case p.Form == Matching && p.Matches == "":
		f.add("matches", "", "is needed: the id of the pledge that this one answers")
	case p.Form != Matching && p.Matches != "":
		f.add("matches", p.Matches, "only a matching pledge answers another; the form is %s", p.Form)
	case p.Matches != "" && !isID:
		f.add("matches", p.Matches, "must be the id of a pledge, as %s", IDOf(r.Pack.Code, 158))
	case p.Matches != "" && p.Matches == p.ID:
		f.add("matches", p.Matches, "a pledge does not answer itself")
	}
}

// alone reports whether a pledge of several is made by one that is no group.
func (r Rules) alone(p Pledge) bool {
	if p.Form != Common && p.Form != Partnership || len(p.Parties) != 1 {
		return false
	}
	lead, known := r.Party(p.Parties[0])
	return known && !lead.Group()
}

func (r Rules) substance(f *findings, p Pledge) {
	oneOf(f, "nature", p.Nature, Natures)
	if r.Mode == ByForm && len(p.Nature) == 0 {
		f.add("nature", "", "say what it consists of: any of %s", join(Natures))
	}
	r.objectives(f, p)
	for _, a := range distinct(f, "actions", p.Actions) {
		r.action(f, a)
	}
	for _, t := range distinct(f, "sdgs", p.SDGs) {
		if !ValidTarget(t) {
			f.add("sdgs", t, "must be a target of the 2030 Agenda, as 10.7 or 10.c")
		}
	}
	for _, slug := range distinct(f, "principles", p.Principles) {
		if _, ok := r.Pack.Principle(slug); !ok {
			f.add("principles", slug, "must be one of %s", slugs(r.Pack.Principles, func(x compact.Principle) string { return x.Slug }))
		}
	}
	if _, ok := r.Pack.Channel(p.Channel); p.Channel != "" && !ok {
		f.add("channel", p.Channel, "must be one of %s", slugs(r.Pack.Channels, func(x compact.Channel) string { return x.Slug }))
	}
	f.words(lineWords, "call", p.Call)
}

func (r Rules) objectives(f *findings, p Pledge) {
	most := r.Pack.Rules.ObjectivesMax
	switch n := len(p.Objectives); {
	case n == 0:
		f.add("objectives", "", "at least one objective is needed")
	case r.Mode == ByForm && most > 0 && n > most:
		f.add("objectives", numbers(p.Objectives), "has %d; name the main %d at most", n, most)
	}
	for i, n := range p.Objectives {
		switch _, ok := r.Pack.Objective(n); {
		case !ok:
			f.add("objectives", strconv.Itoa(n), "must be a number from 1 to %d", len(r.Pack.Objectives))
		case i > 0 && p.Objectives[i-1] == n:
			f.add("objectives", strconv.Itoa(n), "is named twice")
		case i > 0 && p.Objectives[i-1] > n:
			f.add("objectives", numbers(p.Objectives), "must be in ascending order")
		}
	}
	switch p.ObjectivesBy {
	case ByParty, BySecretariat, ByInference:
	default:
		f.add("objectives_by", p.ObjectivesBy, "must say who attached the objectives: %s, %s or %s", ByParty, BySecretariat, ByInference)
	}
}

// action: "7a" is the first action of objective 7. Where the pack lists an objective's
// actions, it must be one of them.
func (r Rules) action(f *findings, a string) {
	i := strings.IndexFunc(a, func(c rune) bool { return c < '0' || c > '9' })
	if i < 1 || i != len(a)-1 || a[i] < 'a' || a[i] > 'z' || a[0] == '0' {
		f.add("actions", a, "must be the number of an objective and the letter of its action, as 7a")
		return
	}
	n, err := strconv.Atoi(a[:i])
	objective, ok := r.Pack.Objective(n)
	if err != nil || !ok {
		f.add("actions", a, "there is no objective %s", a[:i])
		return
	}
	if listed := objective.Actions; len(listed) > 0 && !slices.Contains(listed, a[i:]) && !slices.Contains(listed, a) {
		f.add("actions", a, "objective %d has the actions %s", n, strings.Join(listed, ", "))
	}
}

func (r Rules) where(f *findings, p Pledge) {
	oneOf(f, "levels", p.Levels, Levels)
	for _, code := range distinct(f, "countries", p.Countries) {
		if c, ok := place.ByAlpha2(code); !ok || c.Alpha2 != code {
			f.add("countries", code, "must be an ISO 3166 alpha-2 code in capitals, as KE")
		}
	}
	for _, code := range distinct(f, "regions", p.Regions) {
		if _, ok := place.RegionByCode(code); !ok {
			f.add("regions", code, "must be the M49 code of a region, three digits, as 014")
		}
	}
}

const dateWanted = "must be a day of the calendar, a month or a year: 2022-05-20, 2022-05 or 2022"

func (r Rules) when(f *findings, p Pledge) {
	start, startOK := date(f, "starts_on", p.StartsOn)
	end, endOK := date(f, "ends_on", p.EndsOn)
	if startOK && endOK && !start.MayPrecede(end) {
		f.add("ends_on", p.EndsOn, "must not be before the start, %s", p.StartsOn)
	}
	date(f, "announced_on", p.AnnouncedOn)
	f.words(lineWords, "announced_at", p.AnnouncedAt)
	few(f, "milestones", len(p.Milestones))
	for i, m := range p.Milestones {
		at := fmt.Sprintf("milestones[%d].", i)
		if m.On == "" {
			f.add(at+"on", "", "is needed: the date by which it is reached")
		}
		date(f, at+"on", m.On)
		f.words(party.Words{Min: 1, Max: 500}, at+"text", m.Text)
	}
}

func (r Rules) measures(f *findings, p Pledge) {
	few(f, "indicators", len(p.Indicators))
	seen := map[string]bool{}
	for i, in := range p.Indicators {
		at := fmt.Sprintf("indicators[%d].", i)
		f.words(party.Words{Min: 1, Max: 300}, at+"name", in.Name)
		if seen[in.Name] {
			f.add(at+"name", in.Name, "is the name of another indicator of this pledge")
		}
		seen[in.Name] = true
		f.words(party.Words{Max: 100}, at+"unit", in.Unit)
		decimal(f, at+"baseline", in.Baseline)
		decimal(f, at+"target", in.Target)
	}
}

// money: a positive amount with at most the decimals of its currency; one does not stand
// without the other.
func (r Rules) money(f *findings, at string, m *Money) {
	if m == nil {
		return
	}
	decimals, known := Decimals(m.Currency)
	switch {
	case m.Currency == "" && m.Amount != "":
		f.add(at+"currency", "", "is needed beside an amount: an ISO 4217 code, as USD")
	case !known:
		f.add(at+"currency", m.Currency, "must be an ISO 4217 code in capitals, as USD")
	}
	switch whole, fraction, ok := splitDecimal(m.Amount); {
	case m.Amount == "":
		f.add(at+"amount", "", "is needed beside a currency or a recipient")
	case !ok || strings.Trim(whole+fraction, "0") == "":
		f.add(at+"amount", m.Amount, "must be a positive number in digits, with a point before decimals and nothing between thousands: 1500000 or 0.5")
	case known && len(fraction) > decimals:
		f.add(at+"amount", m.Amount, "has %d decimals; %s has %d", len(fraction), m.Currency, decimals)
	}
	r.recipient(f, at, m.Recipient)
	for i, y := range m.Years {
		if y < firstYear || y > lastYear || i > 0 && m.Years[i-1] >= y {
			f.add(at+"years", numbers(m.Years), "must be years in ascending order, each once")
			break
		}
	}
}

func (r Rules) recipient(f *findings, at, to string) {
	if to == "" {
		return
	}
	if code, isFund := strings.CutPrefix(to, "fund:"); isFund {
		if _, ok := r.Pack.Fund(code); !ok {
			f.add(at+"recipient", to, "must be a fund of the compact: %s", slugs(r.Pack.Funds, func(x compact.Fund) string { return "fund:" + x.Code }))
		}
		return
	}
	if _, ok := r.Party(to); !ok {
		f.add(at+"recipient", to, "must be a fund (fund: and its code) or the code of a party in the register")
	}
}

func (r Rules) evidence(f *findings, p Pledge) {
	few(f, "attachments", len(p.Attachments))
	for i, a := range p.Attachments {
		r.file(f, fmt.Sprintf("attachments[%d].", i), a)
	}
	links(f, "links", p.Links)
	if p.Source != "" {
		webAddress(f, "source", p.Source)
	}
	f.words(lineWords, "evidence", p.Evidence)
	few(f, "also_recorded", len(p.AlsoRecorded))
	for i, rec := range p.AlsoRecorded {
		at := fmt.Sprintf("also_recorded[%d].", i)
		f.words(party.Words{Min: 1, Max: 100}, at+"registry", rec.Registry)
		f.words(party.Words{Min: 1, Max: 200}, at+"id", rec.ID)
		if slices.Contains(p.AlsoRecorded[:i], rec) {
			f.add(at+"id", rec.ID, "is named twice")
		}
	}
}

// status: a pledge that ended says why; one that was superseded says by which.
func (r Rules) status(f *findings, p Pledge) {
	_, isID := SerialOf(r.Pack.Code, p.SupersededBy)
	switch p.Status {
	case Published, Withdrawn:
		if p.SupersededBy != "" {
			f.add("superseded_by", p.SupersededBy, "only a superseded pledge has it; the status is %s", p.Status)
		}
	case Superseded:
		if !isID || p.SupersededBy == p.ID {
			f.add("superseded_by", p.SupersededBy, "must be the id of another pledge, as %s", IDOf(r.Pack.Code, 158))
		}
	default:
		f.add("status", string(p.Status), "must be %s, %s or %s", Published, Withdrawn, Superseded)
	}
	if p.Status != Published && p.Status != "" && (p.Notice == nil || p.Notice.Reason == "") {
		f.add("notice.reason", "", "is needed: the public is told why")
	}
	if p.Notice != nil {
		f.words(party.Words{Max: 2_000, Lines: true}, "notice.reason", p.Notice.Reason)
		if p.Notice.Language != "" && !lang.Known(string(p.Notice.Language)) {
			f.add("notice.language", string(p.Notice.Language), "must be ar, en, es, fr, ru or zh")
		}
	}
}

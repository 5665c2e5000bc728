// Package compact holds the words of the compact that is being followed up: its objectives,
// principles, round tables, themes, kinds of party, channels, funds and forum. All of it is
// data: a pack, read from a folder (docs/packs.md) and checked before it is used. Nothing
// above this floor knows which compact it serves.
package compact

import (
	"io/fs"

	"stocktake/internal/lang"
)

// DefaultPack is the embedded pack that is used where none is named. It is the one place in
// the code that names a compact; a test keeps it so.
const DefaultPack = "gcm"

// Phrase is a text in one language. Source is the id of one of the pack's sources. Verified
// says that somebody has compared the text with that source, word by word.
type Phrase struct {
	Text     string
	Source   string
	Verified bool
}

// Text is a text in every language of the house.
type Text map[lang.Code]Phrase

// In is the text in the language, else in English; "" where there is neither.
func (t Text) In(c lang.Code) string {
	if p, ok := t[c]; ok && p.Text != "" {
		return p.Text
	}
	return t[lang.EN].Text
}

// Pack is one compact as data. It does not change after Load and may be shared.
type Pack struct {
	ID        string // the folder's name, and the value of --compact
	Code      string // in front of every pledge's number
	URL       string // the compact's page, for a reader who wants the official word
	Name      Text
	ShortName Text

	Sources  []Source
	Adoption Adoption

	Forum      Body // reviews the compact
	Initiative Body // collects the pledges
	Network    Body // supports the follow-up
	TrustFund  Body // the fund that belongs to the compact

	Objectives  []Objective // by number, from 1 without gaps
	Principles  []Principle
	RoundTables []RoundTable
	Themes      []Theme
	Editions    []Edition // by date
	Groups      []Group
	Kinds       []Kind
	Channels    []Channel
	Funds       []Fund
	Totals      []Total
	Sisters     []Sister
	Rules       Rules
	Calendar    Calendar
	Rounds      []Round // of reporting, by date
	Policies    Policies
	Mandates    Mandates

	files  fs.FS          // the pack's folder
	lookup map[string]int // "kind:member_state" → index
	texts  []want         // every place that has a text
}

// Source is a document that texts and facts of the pack are taken from.
type Source struct {
	ID       string
	Document string // symbol or title
	URL      string
	Date     string // of the document, ISO 8601, as precise as known
	Note     string // what it does and does not show
}

// Adoption is when, where and by what act the compact came to be.
type Adoption struct {
	AdoptedOn  string // ISO 8601
	AdoptedAt  Text   // the place
	EndorsedOn string
	Document   string // symbol of the act that has the text
	ForumBasis string // symbol of the act that sets up the forum; "" for none
	EveryYears int    // between two forums; 0 where unknown
	Source     string
	Verified   bool
}

// Body is an institution that the compact brings with it.
type Body struct {
	Name      Text
	ShortName Text
	URL       string
}

// Objective is one objective of the compact: Title is the official wording, Label what fits
// beside a bar.
type Objective struct {
	N          int
	Title      Text
	Label      Text
	Paragraph  int    // of the compact; 0 where unknown
	RoundTable string // slug
	Theme      string // slug
	Actions    []string
}

// Principle is one guiding principle.
type Principle struct {
	Slug string
	Name Text
}

// RoundTable is a round table of the forum with the objectives that it takes up, ascending.
type RoundTable struct {
	Slug       string
	Name       Text
	Objectives []int
}

// Theme is a theme of the trust fund with the objectives that it clusters, ascending.
type Theme struct {
	Slug       string
	Name       Text
	Objectives []int
}

// Edition is one session of the forum; dates are ISO 8601, both ends included.
type Edition struct {
	Slug     string
	Name     Text
	Place    Text
	Opens    string
	Closes   string
	Hearing  string // the hearing of stakeholders before it; "" where unknown
	Outcome  string // symbol of what it agreed; "" where there is none, or none known
	Source   string
	Verified bool
}

// Group is a family of kinds, as the pages put them together.
type Group struct {
	Slug string
	Name Text
}

// Kind is a kind of party. Counts says that its parties are counted as States in a figure.
type Kind struct {
	Slug   string
	Group  string
	Counts bool
	One    Text // "Member State"
	Many   Text // "Member States"
}

// Channel is a door through which pledges come.
type Channel struct {
	Slug string
	Name Text
	Note Text // what it is and whom it serves
	URL  string
}

// Fund is a fund that a pledge of money may name as its recipient ("fund:code").
type Fund struct {
	Code   string
	Name   Text
	Note   Text
	URL    string
	Opened string // ISO 8601, as precise as known
	Closed string // "" while it is open
	Source string
}

// Total is a figure that somebody published about the pledges. Published figures need not
// agree with each other or with the register; that is why each has its day and its source.
type Total struct {
	Measure string // one of Measures
	Value   int
	Bound   string // Exactly or MoreThan
	AsOf    string // ISO 8601, as precise as known
	Edition string // the edition that it speaks of
	Source  string
}

// What a Total measures, and how exact it is.
const (
	Pledges         = "pledges"
	PledgesByStates = "pledges_by_states" // with a State in the lead
	States          = "states"            // that pledged
	PledgesSince    = "pledges_since"     // published after the edition had closed
	Exactly         = "exactly"
	MoreThan        = "more_than"
)

// Measures lists what a Total may measure.
var Measures = []string{Pledges, PledgesByStates, States, PledgesSince}

// Sister is another compact to which some submissions belong instead, or also.
type Sister struct {
	Code     string
	Name     Text
	Referral Text // what a submitter is told whose pledge belongs there
	Theirs   Text // words that speak of its people, separated by semicolons
	Ours     Text // words that speak of this compact's people: with both, a pledge may serve both
	URL      string
}

// Rules are the limits of the public form; imports are not bound by them.
type Rules struct {
	TextMin       int // characters
	TextMax       int
	ObjectivesMax int // how many main objectives the form asks for; 0 = no limit
	AttachmentMB  int
}

// Calendar says when progress reports are expected.
type Calendar struct {
	ReportEveryMonths int   // after publication or the last report; 0 = never due
	RemindBeforeDays  []int // descending; a reminder goes out so many days before
	LapseAfterMonths  int   // without a report, a pledge counts as lapsed; 0 = never
}

// Round is a time in which parties are asked to report on their pledges; both days included.
// A record of what happened, or of what has been announced, and not a wish: see Calendar.
type Round struct {
	Asked   string // the day of the call, ISO 8601
	Due     string // the last day to answer
	Edition string // the session of the forum that the reports are for
	Source  string
}

// Visibility of what a compact may show or keep to the secretariat. The zero value is Private:
// what a pack does not open stays closed.
type Visibility string

const (
	Private Visibility = ""
	Public  Visibility = "public"
)

// Policies open to the public what is otherwise seen by the secretariat and the party alone.
type Policies struct {
	Overdue   Visibility // lists that name parties whose report is overdue
	Lapsed    Visibility // lists that name lapsed pledges
	Reminders Visibility // that and when a party was reminded
	SetAside  Visibility // how many submissions were set aside, and on which grounds
	Machine   bool       // translations by machine may be published, labelled as unofficial
}

// Mandates are sources in which the parties agreed that others than they themselves speak of
// their pledges. What no source is cited for is off.
type Mandates struct {
	Assessment   string // independent assessment, beside the party's own report
	Contestation string // screened comment, beside the party's reply
	ReplyDays    int    // how long the party has for that reply; 0 = the default of the program
}

// Objective is the objective with the number.
func (p *Pack) Objective(n int) (Objective, bool) {
	if n < 1 || n > len(p.Objectives) {
		return Objective{}, false
	}
	return p.Objectives[n-1], true
}

// Principle is the principle with the slug.
func (p *Pack) Principle(slug string) (Principle, bool) {
	return find(p, "principle:"+slug, p.Principles)
}

// RoundTable is the round table with the slug.
func (p *Pack) RoundTable(slug string) (RoundTable, bool) {
	return find(p, "round_table:"+slug, p.RoundTables)
}

// Theme is the theme with the slug.
func (p *Pack) Theme(slug string) (Theme, bool) {
	return find(p, "theme:"+slug, p.Themes)
}

// Edition is the edition with the slug.
func (p *Pack) Edition(slug string) (Edition, bool) {
	return find(p, "edition:"+slug, p.Editions)
}

// Group is the group with the slug.
func (p *Pack) Group(slug string) (Group, bool) {
	return find(p, "group:"+slug, p.Groups)
}

// Kind is the kind with the slug.
func (p *Pack) Kind(slug string) (Kind, bool) {
	return find(p, "kind:"+slug, p.Kinds)
}

// Channel is the channel with the slug.
func (p *Pack) Channel(slug string) (Channel, bool) {
	return find(p, "channel:"+slug, p.Channels)
}

// Fund is the fund with the code.
func (p *Pack) Fund(code string) (Fund, bool) {
	return find(p, "fund:"+code, p.Funds)
}

// Sister is the sister with the code.
func (p *Pack) Sister(code string) (Sister, bool) {
	return find(p, "sister:"+code, p.Sisters)
}

// Source is the source with the id.
func (p *Pack) Source(id string) (Source, bool) {
	return find(p, "source:"+id, p.Sources)
}

func find[T any](p *Pack, key string, in []T) (T, bool) {
	if i, ok := p.lookup[key]; ok && i < len(in) {
		return in[i], true
	}
	var none T
	return none, false
}

// KindsOf lists the kinds of a group, in the order of the pack.
func (p *Pack) KindsOf(group string) []Kind {
	var out []Kind
	for _, k := range p.Kinds {
		if k.Group == group {
			out = append(out, k)
		}
	}
	return out
}

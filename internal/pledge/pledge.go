// Package pledge is the pledging initiative: the pledges that parties make under a compact,
// their translations and the reports on their progress.
//
// This file has the nouns and can be read by someone who does not program; rules.go has what
// must be true of a pledge, review.go the states that it passes through, store.go the queries.
package pledge

import "stocktake/internal/lang"

// Kinds of the register entries of this room, with their payloads.
const (
	EntryKind       = "pledge"      // Pledge, subject "pledge:GCM-0158"
	ReportKind      = "report"      // Report, subject "report:GCM-0158/1"
	TranslationKind = "translation" // Translation, subject "translation:GCM-0158/fr"
)

// Schema is the number of the payloads' shape; programs read all older ones.
const Schema = 1

// Status is the public status of a published pledge. (The private states before publication
// are in review.go; a pledge whose payload was erased from the register has none.)
type Status string

const (
	Published  Status = "published"
	Withdrawn  Status = "withdrawn"  // left the totals on that day; the page stays, with its notice
	Superseded Status = "superseded" // replaced by another pledge, named in SupersededBy
)

// Form says how many make the pledge and how they share it.
type Form string

const (
	Individual  Form = "individual"  // one party, one pledge
	Common      Form = "common"      // several parties, one pledge
	Partnership Form = "partnership" // a shared goal, own pledges
	Matching    Form = "matching"    // answers the pledge that Matches names
)

// Nature says what the pledge consists of; a pledge may have several.
type Nature string

const (
	Financial      Nature = "financial"
	HumanResources Nature = "human_resources"
	Material       Nature = "material"
	Process        Nature = "process"
	Policy         Nature = "policy"
)

// Level says where it is carried out.
type Level string

const (
	Local    Level = "local"
	National Level = "national"
	Regional Level = "regional"
	Global   Level = "global"
)

// Stage is how far it is, as the party itself reports; Unreported until there is a report.
type Stage string

const (
	Unreported   Stage = "unreported"
	Planning     Stage = "planning"
	InProgress   Stage = "in_progress"
	Fulfilled    Stage = "fulfilled"
	Discontinued Stage = "discontinued"
)

// Who attached the objectives, and whose words the text is.
const (
	ByParty       = "party"
	BySecretariat = "secretariat"
	ByInference   = "inferred" // ours, from the text: marked so wherever it is shown
	TextByParty   = "party"
	TextBySummary = "summary" // our summary of a public page, linked as Source
)

// Pledge is the whole public state of one pledge.
//
// Dates are ISO 8601: a day "2022-05-20", or where only that is known a month "2022-05" or a
// year "2022", kept as given. Lists have a fixed order (objectives by number, the others as
// given) and no repetitions.
type Pledge struct {
	Schema       int         `json:"schema"`
	ID           string      `json:"id"` // code of the compact and serial: "GCM-0158"; never reused
	Status       Status      `json:"status"`
	Title        string      `json:"title"`
	Text         string      `json:"text"`
	Language     lang.Code   `json:"language"`          // of title and text
	TextBy       string      `json:"text_by,omitempty"` // TextByParty or TextBySummary
	Parties      []string    `json:"parties"`           // codes; the first is the lead and owns the pledge
	Channel      string      `json:"channel,omitempty"` // the door that it came through, a channel of the pack
	Call         string      `json:"call,omitempty"`    // the call that it answers
	Form         Form        `json:"form"`
	Matches      string      `json:"matches,omitempty"` // id of the pledge that a matching pledge answers
	Mirror       bool        `json:"mirror,omitempty"`  // also serves a sister compact
	Nature       []Nature    `json:"nature,omitempty"`
	Objectives   []int       `json:"objectives"`
	ObjectivesBy string      `json:"objectives_by"`
	Actions      []string    `json:"actions,omitempty"` // "7a": objective and letter
	SDGs         []string    `json:"sdgs,omitempty"`    // "10.7": targets of the 2030 Agenda
	Principles   []string    `json:"principles,omitempty"`
	Levels       []Level     `json:"levels,omitempty"`
	Countries    []string    `json:"countries,omitempty"` // ISO alpha-2 of places of implementation
	Regions      []string    `json:"regions,omitempty"`   // M49, three digits
	StartsOn     string      `json:"starts_on,omitempty"`
	EndsOn       string      `json:"ends_on,omitempty"`
	Milestones   []Milestone `json:"milestones,omitempty"`
	Indicators   []Indicator `json:"indicators,omitempty"`
	Money        *Money      `json:"money,omitempty"`
	AnnouncedOn  string      `json:"announced_on,omitempty"`
	AnnouncedAt  string      `json:"announced_at,omitempty"` // the occasion
	Attachments  []File      `json:"attachments,omitempty"`
	Links        []Link      `json:"links,omitempty"`
	Source       string      `json:"source,omitempty"`   // the public page that it was taken from
	Evidence     string      `json:"evidence,omitempty"` // what kind of page that is
	AlsoRecorded []Record    `json:"also_recorded,omitempty"`
	SupersededBy string      `json:"superseded_by,omitempty"`
	Notice       *Notice     `json:"notice,omitempty"` // why it was withdrawn, superseded or corrected
}

// Milestone is a step with a date.
type Milestone struct {
	On   string `json:"on"`
	Text string `json:"text"`
}

// Indicator makes a pledge measurable; values are decimal strings.
type Indicator struct {
	Name     string `json:"name"`
	Unit     string `json:"unit,omitempty"`
	Baseline string `json:"baseline,omitempty"`
	Target   string `json:"target,omitempty"`
}

// Money is an announcement; it is never added to money that was paid.
type Money struct {
	Amount    string `json:"amount"`              // decimal, "1500000" or "0.5"
	Currency  string `json:"currency"`            // ISO 4217
	Recipient string `json:"recipient,omitempty"` // "fund:mig00" or the code of a party
	Years     []int  `json:"years,omitempty"`
}

// File is an attachment, bound to the register by a salted hash.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // of salt and content, hexadecimal
}

// Link points to evidence elsewhere. Evidence of a report says of which date it is and who vouches
// for it.
type Link struct {
	URL    string `json:"url"`
	Title  string `json:"title,omitempty"`
	On     string `json:"on,omitempty"`     // date of the evidence
	Source string `json:"source,omitempty"` // who published it
}

// Record says that another registry holds the same pledge.
type Record struct {
	Registry string `json:"registry"`
	ID       string `json:"id"`
}

// Notice tells the public why a version ended or corrected what stood before.
type Notice struct {
	Reason   string    `json:"reason,omitempty"`
	Language lang.Code `json:"language,omitempty"`
}

// Report is one progress report: what the party says of its own pledge.
type Report struct {
	Schema     int       `json:"schema"`
	Pledge     string    `json:"pledge"`
	Number     int       `json:"number"`       // 1, 2, … per pledge
	On         string    `json:"on,omitempty"` // the day it speaks of; empty where an import did not say
	Stage      Stage     `json:"stage"`
	Narrative  string    `json:"narrative,omitempty"`
	Language   lang.Code `json:"language,omitempty"`
	Values     []Value   `json:"values,omitempty"`
	Spent      *Money    `json:"spent,omitempty"`
	Evidence   []Link    `json:"evidence,omitempty"`
	Barriers   string    `json:"barriers,omitempty"`
	Support    string    `json:"support,omitempty"`     // what help is needed
	ReportedBy string    `json:"reported_by,omitempty"` // code of the party
}

// Value is the state of one indicator at the time of a report.
type Value struct {
	Indicator string `json:"indicator"`
	Value     string `json:"value"`
}

// Translation puts title and text into another language; the original prevails. The title and a
// summary come first, the whole text where somebody asked for it.
type Translation struct {
	Schema     int       `json:"schema"`
	Pledge     string    `json:"pledge"`
	Version    int       `json:"version"` // the version of the pledge that was translated
	Language   lang.Code `json:"language"`
	Title      string    `json:"title"`
	Summary    string    `json:"summary,omitempty"` // of the text, at most SummaryWords words
	Text       string    `json:"text,omitempty"`
	By         string    `json:"by"`                    // "human" or "machine"
	ApprovedBy string    `json:"approved_by,omitempty"` // code of the party that supplied or approved it
}

// SummaryWords is how many words the summary of a translation may have.
const SummaryWords = 60

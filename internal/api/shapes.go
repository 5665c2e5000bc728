package api

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
)

// The answers. Names, and what a field means, are those of the public contract (docs/api.md);
// a field that has no value is left out, a list that has none is empty. Fields may be added to
// an answer within v1; none is renamed or removed.

// Register says which register the answer was read from.
type Register struct {
	Size int64  `json:"size" minimum:"0" doc:"Entries that were looked at: those at positions below this. Ask for it again with at="`
	Root string `json:"root" doc:"Root hash of the register at that size, in base64, as in its signed checkpoints"`
}

// Seen says what the answer speaks of.
type Seen struct {
	AsOf     string   `json:"as_of" format:"date" doc:"The day that the answer speaks of (UTC)"`
	Register Register `json:"register"`
}

// PledgeList is a page of pledges.
type PledgeList struct {
	Total int `json:"total" minimum:"0" doc:"Pledges that match, on all pages; joint ones count once"`
	Seen
	Ended int `json:"ended" minimum:"0" doc:"Pledges that were withdrawn or superseded by that day, whatever the filters: in no other number"`
	Understood
	Items []Pledge `json:"items"`
	Next  string   `json:"next,omitempty" doc:"Pass it back as cursor= for the next page; absent on the last"`
}

// Understood is what to know of how the words of a question were read.
type Understood struct {
	ReadAs []ReadAs `json:"read_as" doc:"Words of q that nothing has and that were read as names spelled almost so"`
	Hints  []Hint   `json:"hints" doc:"What of q was passed over, or may have been meant otherwise than it was read"`
}

// Hint is one thing that a question may have meant otherwise.
type Hint struct {
	Kind    string   `json:"kind" enum:"no_words,only_without,unread,star,operator,beginning,region"`
	Words   []string `json:"words" doc:"The words of q that it is about, as asked"`
	Message string   `json:"message" doc:"What happened, and what to do, in English"`
}

// ReadAs is a word that was read as another.
type ReadAs struct {
	Word string `json:"word" doc:"As asked"`
	As   string `json:"as" doc:"The name that was looked for instead"`
}

// PledgeFields are the fields of a pledge that its party, or the secretariat, wrote.
type PledgeFields struct {
	ID           string             `json:"id" doc:"Compact code and serial; never reused"`
	Status       pledge.Status      `json:"status" enum:"published,withdrawn,superseded"`
	Title        string             `json:"title"`
	Text         string             `json:"text"`
	Language     lang.Code          `json:"language" enum:"ar,zh,en,fr,ru,es" doc:"Of title and text"`
	TextBy       string             `json:"text_by,omitempty" enum:"party,summary" doc:"Whose words the text is: the party's, or our summary of the page named as source"`
	Parties      []string           `json:"parties" doc:"Codes of parties; the first is the lead and owns the pledge"`
	Channel      string             `json:"channel,omitempty" doc:"The door that it came through"`
	Call         string             `json:"call,omitempty" doc:"The call that it answers"`
	Form         pledge.Form        `json:"form" enum:"individual,common,partnership,matching"`
	Matches      string             `json:"matches,omitempty" doc:"Of a matching pledge: the id of the pledge that it answers"`
	Mirror       bool               `json:"mirror" doc:"Also serves a sister compact"`
	Nature       []pledge.Nature    `json:"nature" enum:"financial,human_resources,material,process,policy"`
	Objectives   []int              `json:"objectives" minimum:"1"`
	ObjectivesBy string             `json:"objectives_by" enum:"party,secretariat,inferred" doc:"Who attached the objectives"`
	Actions      []string           `json:"actions" doc:"Actions of an objective: number and letter"`
	SDGs         []string           `json:"sdgs" doc:"Targets of the 2030 Agenda"`
	Principles   []string           `json:"principles"`
	Levels       []pledge.Level     `json:"levels" enum:"local,national,regional,global"`
	Countries    []string           `json:"countries" doc:"ISO 3166 alpha-2 codes of the places of implementation"`
	Regions      []string           `json:"regions" doc:"M49 codes, three digits"`
	StartsOn     string             `json:"starts_on,omitempty" pattern:"^\\d{4}(-\\d{2}(-\\d{2})?)?$" doc:"A day, or a month or year where only that is known"`
	EndsOn       string             `json:"ends_on,omitempty" pattern:"^\\d{4}(-\\d{2}(-\\d{2})?)?$"`
	Milestones   []pledge.Milestone `json:"milestones"`
	Indicators   []pledge.Indicator `json:"indicators" doc:"Values are decimal strings"`
	Money        *pledge.Money      `json:"money,omitempty" doc:"An announcement, never to be added to money paid; amount is a decimal string"`
	AnnouncedOn  string             `json:"announced_on,omitempty" pattern:"^\\d{4}(-\\d{2}(-\\d{2})?)?$"`
	AnnouncedAt  string             `json:"announced_at,omitempty" doc:"The occasion"`
	Attachments  []pledge.File      `json:"attachments"`
	Links        []pledge.Link      `json:"links"`
	Source       string             `json:"source,omitempty" doc:"The public page that it was taken from"`
	Evidence     string             `json:"evidence,omitempty" doc:"What kind of page that is"`
	AlsoRecorded []pledge.Record    `json:"also_recorded" doc:"The same pledge in other registries"`
	SupersededBy string             `json:"superseded_by,omitempty"`
	Notice       *pledge.Notice     `json:"notice,omitempty" doc:"Why it was withdrawn, superseded or corrected"`
}

// Pledge is a pledge as a view sees it.
type Pledge struct {
	PledgeFields
	Stage          pledge.Stage `json:"stage" enum:"unreported,planning,in_progress,fulfilled,discontinued" doc:"From the latest progress report"`
	LastReportedOn string       `json:"last_reported_on,omitempty" format:"date" doc:"The day on which the latest report became public"`
	PublishedOn    string       `json:"published_on" format:"date" doc:"The day on which the first version became public"`
	EffectiveOn    string       `json:"effective_on" format:"date" doc:"The day on which this version became public"`
	Version        int          `json:"version" minimum:"1"`
	Position       int64        `json:"position" minimum:"0" doc:"Of this version in the register"`
	URL            string       `json:"url" doc:"The page for people"`
}

// PledgeDetail is one pledge with what stands beside it.
type PledgeDetail struct {
	Pledge
	Reports      []Report      `json:"reports" doc:"Progress reports, the earliest first"`
	Translations []Translation `json:"translations" doc:"The original prevails"`
	Seen
}

// Report is what a party says of the progress of its own pledge.
type Report struct {
	Number     int            `json:"number" minimum:"1"`
	On         string         `json:"on,omitempty" doc:"The day that it speaks of"`
	Stage      pledge.Stage   `json:"stage" enum:"planning,in_progress,fulfilled,discontinued"`
	Narrative  string         `json:"narrative,omitempty"`
	Language   lang.Code      `json:"language,omitempty"`
	Values     []pledge.Value `json:"values" doc:"Of the pledge's indicators"`
	Spent      *pledge.Money  `json:"spent,omitempty"`
	Evidence   []pledge.Link  `json:"evidence"`
	Barriers   string         `json:"barriers,omitempty"`
	Support    string         `json:"support,omitempty" doc:"What help is needed"`
	ReportedBy string         `json:"reported_by,omitempty" doc:"Code of the party"`
}

// Translation puts title and text of one version into another language.
type Translation struct {
	Language   lang.Code `json:"language" enum:"ar,zh,en,fr,ru,es"`
	Title      string    `json:"title"`
	Summary    string    `json:"summary,omitempty" doc:"Of the text, at most 60 words"`
	Text       string    `json:"text,omitempty" doc:"The whole text, where somebody asked for it"`
	By         string    `json:"by" enum:"human,machine"`
	ApprovedBy string    `json:"approved_by,omitempty" doc:"Code of the party that supplied or approved it"`
	Version    int       `json:"version" minimum:"1" doc:"The version of the pledge that was translated"`
}

// Assessment is what an institution apart from the parties found. It says nothing of the stage.
type Assessment struct {
	Number   int       `json:"number" minimum:"1"`
	Report   int       `json:"report" minimum:"0" doc:"The report that it speaks of; 0 is the pledge itself"`
	Assessor string    `json:"assessor" doc:"Code of a party, or name of an institution"`
	On       string    `json:"on" format:"date"`
	Source   string    `json:"source"`
	Finding  string    `json:"finding"`
	Language lang.Code `json:"language" enum:"ar,zh,en,fr,ru,es"`
}

// Comment is what another party contests, with the reply beside it.
type Comment struct {
	Number   int           `json:"number" minimum:"1"`
	Report   int           `json:"report" minimum:"0" doc:"The report that it speaks of; 0 is the pledge itself"`
	By       string        `json:"by" doc:"Code of the party that comments"`
	On       string        `json:"on" format:"date"`
	Contests string        `json:"contests"`
	Text     string        `json:"text"`
	Language lang.Code     `json:"language" enum:"ar,zh,en,fr,ru,es"`
	Evidence []pledge.Link `json:"evidence"`
	ReplyBy  string        `json:"reply_by" format:"date" doc:"The last day for a reply; without one, none was received by then"`
	Reply    *Reply        `json:"reply,omitempty"`
}

// Reply is what the party in the lead says to a comment.
type Reply struct {
	By       string        `json:"by" doc:"Code of the party"`
	On       string        `json:"on" format:"date"`
	Text     string        `json:"text"`
	Language lang.Code     `json:"language" enum:"ar,zh,en,fr,ru,es"`
	Evidence []pledge.Link `json:"evidence"`
}

// History is everything that was published about a pledge.
type History struct {
	ID string `json:"id"`
	Seen
	Events []Event `json:"events" doc:"In the order of the register"`
}

// Event is one entry about a pledge.
type Event struct {
	Position    int64         `json:"position" minimum:"0"`
	Kind        string        `json:"kind" enum:"pledge,report,translation,assessment,comment,announcement"`
	Subject     string        `json:"subject"`
	Version     int           `json:"version" minimum:"1" doc:"Of the subject"`
	Actor       string        `json:"actor" doc:"The party or office that published it"`
	Recorded    string        `json:"recorded" format:"date-time" doc:"When this register learned of it (UTC)"`
	Effective   string        `json:"effective" format:"date" doc:"The day it became public"`
	Late        bool          `json:"late" doc:"Recorded after the day it became public, as imports of older records are"`
	WithheldBy  *int64        `json:"withheld_by,omitempty" doc:"Position of the erasure that withholds the content"`
	Pledge      *PledgeFields `json:"pledge,omitempty"`
	Report      *Report       `json:"report,omitempty"`
	Translation *Translation  `json:"translation,omitempty"`
	Assessment  *Assessment   `json:"assessment,omitempty"`
	Comment     *Comment      `json:"comment,omitempty"`
	Announced   *Announcement `json:"announcement,omitempty"`
	Changes     []Change      `json:"changes" doc:"Of a pledge: what differs from the version before"`
}

// Announcement says that a pledge was announced in a meeting before there was a text of it.
type Announcement struct {
	Party    string    `json:"party"`
	On       string    `json:"on" format:"date" doc:"The day on which it was announced"`
	Occasion string    `json:"occasion"`
	Language lang.Code `json:"language" enum:"ar,zh,en,fr,ru,es" doc:"Of the occasion"`
	Status   string    `json:"status" enum:"awaited,published,dropped" doc:"Of the text"`
	Pledge   string    `json:"pledge,omitempty" doc:"The pledge that answers it"`
}

// Change is one field that differs between two versions, its values as text.
type Change struct {
	Field  string   `json:"field"`
	Before []string `json:"before"`
	After  []string `json:"after"`
}

// FacetCounts are the pledges that match, counted by every filter.
type FacetCounts struct {
	Total int `json:"total" minimum:"0" doc:"Pledges that match all filters"`
	Seen
	Ended int `json:"ended" minimum:"0" doc:"Pledges that were withdrawn or superseded by that day, whatever the filters: in no other number"`
	Understood
	Facets Facets `json:"facets"`
}

// Facets are the counts of each filter, in the order of the contract; their values stand in
// the order of explore.
type Facets []Facet

// Facet is the counts of one filter.
type Facet struct {
	Name    string
	Buckets []explore.Bucket
}

// MarshalJSON writes {"objective": {"1": 12, …}, …}.
func (fs Facets) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	name := func(i int, s string) error {
		if i > 0 {
			b.WriteByte(',')
		}
		quoted, err := json.Marshal(s)
		b.Write(quoted)
		b.WriteByte(':')
		return err
	}
	b.WriteByte('{')
	for i, f := range fs {
		if err := name(i, f.Name); err != nil {
			return nil, err
		}
		b.WriteByte('{')
		for j, bucket := range f.Buckets {
			if err := name(j, bucket.Value); err != nil {
				return nil, err
			}
			b.WriteString(strconv.Itoa(bucket.Count))
		}
		b.WriteByte('}')
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Schema describes what MarshalJSON writes.
func (Facets) Schema(huma.Registry) *huma.Schema {
	least := 0.0
	s := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{}, Required: explore.Filters}
	for _, name := range explore.Filters {
		s.Properties[name] = &huma.Schema{
			Type: huma.TypeObject, Description: "Value of the filter to number of pledges",
			AdditionalProperties: &huma.Schema{Type: huma.TypeInteger, Minimum: &least},
		}
	}
	return s
}

// PartyList is a page of parties.
type PartyList struct {
	Total int `json:"total" minimum:"0" doc:"Acting parties of the pledges that match, on all pages"`
	Seen
	Understood
	Items []Party `json:"items"`
	Next  string  `json:"next,omitempty" doc:"Pass it back as cursor= for the next page; absent on the last"`
}

// Party is who pledges.
type Party struct {
	Code    string               `json:"code" doc:"ISO alpha-3 in lower case for a State; a dot says part of"`
	Kind    string               `json:"kind,omitempty" doc:"A kind of the compact; absent where the party's entry was erased"`
	State   bool                 `json:"state" doc:"Counts among States in a figure"`
	Names   map[lang.Code]string `json:"names" doc:"By language"`
	Country string               `json:"country,omitempty" doc:"ISO 3166 alpha-2 code of where it is"`
	Parent  string               `json:"parent,omitempty" doc:"The party that it is part of and acts for"`
	Members []string             `json:"members" doc:"Codes; what a group pledges is not its members' pledge"`
	At      string               `json:"at,omitempty" doc:"Latitude and longitude of a city, in degrees"`
	Pledges int                  `json:"pledges" minimum:"0" doc:"Pledges of the view that it makes, alone or with others"`
	Lead    int                  `json:"lead" minimum:"0" doc:"Of these, those that it leads"`
	URL     string               `json:"url" doc:"The page for people"`
}

// PartyDetail is one party.
type PartyDetail struct {
	Party
	Seen
}

// Compact is the pack: what is being followed up, as data.
type Compact struct {
	ID          string       `json:"id"`
	Code        string       `json:"code" doc:"In front of every pledge's number"`
	URL         string       `json:"url,omitempty"`
	Name        Text         `json:"name"`
	ShortName   Text         `json:"short_name"`
	Adoption    Adoption     `json:"adoption"`
	Objectives  []Objective  `json:"objectives"`
	Principles  []Named      `json:"principles"`
	RoundTables []Cluster    `json:"round_tables"`
	Themes      []Cluster    `json:"themes"`
	Groups      []Named      `json:"groups" doc:"Of kinds of party"`
	Kinds       []Kind       `json:"kinds" doc:"Of party"`
	Channels    []Channel    `json:"channels"`
	Editions    []Edition    `json:"editions" doc:"Of the forum"`
	Rounds      []Round      `json:"rounds" doc:"Of reporting, by date: when parties were asked to report on their pledges. not_asked, not_due and no_reply of the filter recency follow from them; without a round, nobody has been asked"`
	Funds       []Fund       `json:"funds" doc:"That money may be announced to, as fund:code"`
	Sources     []TextSource `json:"sources" doc:"What texts and facts are taken from"`
}

// Text is a text by language.
type Text map[lang.Code]Phrase

// Phrase is a text in one language with where it comes from.
type Phrase struct {
	Text     string `json:"text"`
	Source   string `json:"source" doc:"Id of one of the sources"`
	Verified bool   `json:"verified" doc:"Somebody has compared it with that source, word by word"`
}

// Adoption is when, where and by what act the compact came to be.
type Adoption struct {
	AdoptedOn  string `json:"adopted_on,omitempty"`
	AdoptedAt  Text   `json:"adopted_at"`
	EndorsedOn string `json:"endorsed_on,omitempty"`
	Document   string `json:"document,omitempty"`
	ForumBasis string `json:"forum_basis,omitempty"`
	Source     string `json:"source,omitempty"`
	Verified   bool   `json:"verified"`
}

// Objective is one objective.
type Objective struct {
	N          int      `json:"n" minimum:"1"`
	Title      Text     `json:"title" doc:"The official wording"`
	Label      Text     `json:"label" doc:"A short one"`
	Paragraph  int      `json:"paragraph,omitempty"`
	RoundTable string   `json:"round_table,omitempty"`
	Theme      string   `json:"theme,omitempty"`
	Actions    []string `json:"actions"`
}

// Named is a slug with a name.
type Named struct {
	Slug string `json:"slug"`
	Name Text   `json:"name"`
}

// Cluster is a round table or a theme.
type Cluster struct {
	Named
	Objectives []int `json:"objectives"`
}

// Kind is a kind of party.
type Kind struct {
	Slug   string `json:"slug"`
	Group  string `json:"group"`
	Counts bool   `json:"counts" doc:"Its parties count as States in a figure"`
	One    Text   `json:"one"`
	Many   Text   `json:"many"`
}

// Channel is a door through which pledges come.
type Channel struct {
	Named
	Note Text   `json:"note"`
	URL  string `json:"url,omitempty"`
}

// Edition is one session of the forum.
type Edition struct {
	Named
	Place    Text   `json:"place"`
	Opens    string `json:"opens,omitempty"`
	Closes   string `json:"closes,omitempty"`
	Hearing  string `json:"hearing,omitempty"`
	Outcome  string `json:"outcome,omitempty" doc:"Symbol of what it agreed"`
	Source   string `json:"source,omitempty"`
	Verified bool   `json:"verified"`
}

// Round is a time in which parties are asked to report on their pledges.
type Round struct {
	Asked   string `json:"asked" format:"date" doc:"The day of the call"`
	Due     string `json:"due" format:"date" doc:"The last day to answer"`
	Edition string `json:"edition" doc:"Slug of the edition that the reports are for"`
	Source  string `json:"source,omitempty" doc:"Id of one of the sources"`
}

// Fund is a fund that a pledge of money may name.
type Fund struct {
	Code   string `json:"code"`
	Name   Text   `json:"name"`
	Note   Text   `json:"note"`
	URL    string `json:"url,omitempty"`
	Opened string `json:"opened,omitempty"`
	Closed string `json:"closed,omitempty"`
	Source string `json:"source,omitempty"`
}

// TextSource is a document that texts and facts are taken from.
type TextSource struct {
	ID       string `json:"id"`
	Document string `json:"document"`
	URL      string `json:"url,omitempty"`
	Date     string `json:"date,omitempty"`
	Note     string `json:"note,omitempty"`
}

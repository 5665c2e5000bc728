package api

import (
	"time"

	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
)

// PledgeInput is the text of a pledge as a program sends it. It is the whole text: what is left
// out is empty, but for the contact and the files, which stay as they are.
type PledgeInput struct {
	Parties      []string           `json:"parties,omitempty" doc:"When a pledge begins: the code of the party in the lead, alone; others are invited. Later only as it stands"`
	Title        string             `json:"title,omitempty"`
	Text         string             `json:"text,omitempty"`
	Language     lang.Code          `json:"language,omitempty" enum:"ar,zh,en,fr,ru,es" doc:"Of title and text"`
	Channel      string             `json:"channel,omitempty" doc:"The door that it comes through"`
	Call         string             `json:"call,omitempty" doc:"When a pledge begins: the call that it answers; none is the standing one"`
	Form         pledge.Form        `json:"form,omitempty" enum:"individual,common,partnership,matching" doc:"individual where nothing is said"`
	Matches      string             `json:"matches,omitempty" doc:"Of a matching pledge: the id of the pledge that it answers"`
	Mirror       bool               `json:"mirror,omitempty"`
	Nature       []pledge.Nature    `json:"nature,omitempty" enum:"financial,human_resources,material,process,policy"`
	Objectives   []int              `json:"objectives,omitempty" minimum:"1"`
	Actions      []string           `json:"actions,omitempty"`
	SDGs         []string           `json:"sdgs,omitempty"`
	Principles   []string           `json:"principles,omitempty"`
	Levels       []pledge.Level     `json:"levels,omitempty" enum:"local,national,regional,global"`
	Countries    []string           `json:"countries,omitempty"`
	Regions      []string           `json:"regions,omitempty"`
	StartsOn     string             `json:"starts_on,omitempty"`
	EndsOn       string             `json:"ends_on,omitempty"`
	Milestones   []pledge.Milestone `json:"milestones,omitempty"`
	Indicators   []pledge.Indicator `json:"indicators,omitempty"`
	Money        *pledge.Money      `json:"money,omitempty"`
	AnnouncedOn  string             `json:"announced_on,omitempty"`
	AnnouncedAt  string             `json:"announced_at,omitempty"`
	Links        []pledge.Link      `json:"links,omitempty"`
	AlsoRecorded []pledge.Record    `json:"also_recorded,omitempty"`
	Contact      *Contact           `json:"contact,omitempty" doc:"Private: it is written and never answered. Left out, it stays as it is"`
	Received     *Received          `json:"received,omitempty" doc:"When the secretariat begins a pledge on behalf of a party: how it came"`
}

// Contact is whom the secretariat may ask.
type Contact struct {
	Name  string `json:"name,omitempty"`
	Post  string `json:"post,omitempty"`
	Email string `json:"email,omitempty"`
	Phone string `json:"phone,omitempty"`
}

// Received says how something reached the secretariat.
type Received struct {
	How       string `json:"how" enum:"note_verbale,paper,email,floor"`
	On        string `json:"on" format:"date"`
	Reference string `json:"reference,omitempty"`
}

// inputOf is a text as it would be sent.
func inputOf(p pledge.Pledge) *PledgeInput {
	return &PledgeInput{
		Parties: p.Parties, Title: p.Title, Text: p.Text, Language: p.Language, Channel: p.Channel, Call: p.Call, Form: p.Form, Matches: p.Matches,
		Mirror: p.Mirror, Nature: p.Nature, Objectives: p.Objectives, Actions: p.Actions, SDGs: p.SDGs, Principles: p.Principles, Levels: p.Levels,
		Countries: p.Countries, Regions: p.Regions, StartsOn: p.StartsOn, EndsOn: p.EndsOn, Milestones: p.Milestones, Indicators: p.Indicators,
		Money: p.Money, AnnouncedOn: p.AnnouncedOn, AnnouncedAt: p.AnnouncedAt, Links: p.Links, AlsoRecorded: p.AlsoRecorded,
	}
}

// over is the input laid over a text.
func (in PledgeInput) over(p pledge.Pledge) pledge.Pledge {
	p.Title, p.Text, p.Language, p.Channel = in.Title, in.Text, in.Language, in.Channel
	p.Form, p.Matches, p.Mirror, p.Nature = in.Form, in.Matches, in.Mirror, in.Nature
	p.Objectives, p.Actions, p.SDGs, p.Principles = in.Objectives, in.Actions, in.SDGs, in.Principles
	p.Levels, p.Countries, p.Regions = in.Levels, in.Countries, in.Regions
	p.StartsOn, p.EndsOn, p.Milestones, p.Indicators = in.StartsOn, in.EndsOn, in.Milestones, in.Indicators
	p.Money, p.AnnouncedOn, p.AnnouncedAt, p.Links, p.AlsoRecorded = in.Money, in.AnnouncedOn, in.AnnouncedAt, in.Links, in.AlsoRecorded
	if p.Form == "" {
		p.Form = pledge.Individual
	}
	p.Schema, p.ObjectivesBy, p.TextBy = pledge.Schema, pledge.ByParty, pledge.TextByParty
	return p
}

func (in PledgeInput) contact(was intake.Contact) intake.Contact {
	if in.Contact == nil {
		return was
	}
	return intake.Contact(*in.Contact)
}

// ActionInput is what an action may need; each takes the fields that its description names.
type ActionInput struct {
	Reason    string    `json:"reason,omitempty" doc:"Public"`
	Language  lang.Code `json:"language,omitempty" enum:"ar,zh,en,fr,ru,es" doc:"Of the reason or the body; the account's where nothing is said"`
	With      string    `json:"with,omitempty" doc:"The pledge that replaces this one, or that this one repeats"`
	Reasons   []string  `json:"reasons,omitempty" doc:"Keys of the canned reasons"`
	Body      string    `json:"body,omitempty" doc:"Private: for the other side of the thread"`
	PublishAt string    `json:"publish_at,omitempty" format:"date-time" doc:"A minute to come"`
	Party     string    `json:"party,omitempty" doc:"Code"`
	Parties   []string  `json:"parties,omitempty" doc:"Codes"`
	Confirm   *bool     `json:"confirm,omitempty"`
	Note      string    `json:"note,omitempty"`
	Number    int       `json:"number,omitempty" doc:"Of the proposal"`
	Person    string    `json:"person,omitempty" doc:"Id of a person; none takes it from whoever has it"`
	Call      string    `json:"call,omitempty"`
}

// ReportInput is a report as a program sends it.
type ReportInput struct {
	Choice    string         `json:"choice,omitempty" enum:"changed,no_change,done" doc:"changed where nothing is said; no_change needs nothing more, done is fulfilled"`
	On        string         `json:"on,omitempty" format:"date" doc:"The day that it speaks of; today where nothing is said"`
	Stage     pledge.Stage   `json:"stage,omitempty" enum:"planning,in_progress,fulfilled,discontinued"`
	Narrative string         `json:"narrative,omitempty"`
	Language  lang.Code      `json:"language,omitempty" enum:"ar,zh,en,fr,ru,es"`
	Values    []pledge.Value `json:"values,omitempty"`
	Spent     *pledge.Money  `json:"spent,omitempty"`
	Evidence  []pledge.Link  `json:"evidence,omitempty"`
	Barriers  string         `json:"barriers,omitempty"`
	Support   string         `json:"support,omitempty"`
}

// Submission is how a pledge stands on its way. The text is in it where the token has a scope to
// read it.
type Submission struct {
	Ref       string       `json:"ref" doc:"Private reference, the same before and after publication"`
	ID        string       `json:"id,omitempty" doc:"Of the public pledge, once there is one"`
	State     pledge.State `json:"state" enum:"draft,abandoned,submitted,set_aside,returned,scheduled,published,revision_submitted,withdrawn,superseded"`
	Version   int          `json:"version" minimum:"1" doc:"Rises with every change; the ETag is made of it"`
	Lead      string       `json:"lead" doc:"Code of the party that owns it"`
	Call      string       `json:"call,omitempty"`
	Late      bool         `json:"late" doc:"Came after the call's closing minute"`
	Changed   *time.Time   `json:"changed,omitempty"`
	Submitted *time.Time   `json:"submitted,omitempty" doc:"The last time"`
	PublishAt *time.Time   `json:"publish_at,omitempty"`
	Missing   []Fault      `json:"missing" doc:"What the rules of the form find; a draft may be saved all the same"`
	Blocked   []string     `json:"blocked,omitempty" doc:"For the secretariat: what keeps it from being published"`
	Invited   []InvitedTo  `json:"invited,omitempty" doc:"The other parties that the caller may know of"`
	Proposals []Proposal   `json:"proposals,omitempty" doc:"Changes that the secretariat proposes"`
	Pledge    *PledgeInput `json:"pledge,omitempty" doc:"With a scope to read: the text, as PUT takes it"`
	URL       string       `json:"url" doc:"The page for people, who sign in"`
}

// InvitedTo is a party that was asked to take part.
type InvitedTo struct {
	Party string `json:"party"`
	State string `json:"state" enum:"unanswered,confirmed,declined,left,recalled"`
	Again bool   `json:"again,omitempty" doc:"It has confirmed other words than those that wait for publication, and is asked anew"`
}

// Proposal is a change that waits for the party, or did.
type Proposal struct {
	Number  int      `json:"number" minimum:"1"`
	State   string   `json:"state" enum:"open,approved,refused,retracted"`
	Changes []Change `json:"changes"`
}

// Filed is a report that was taken in.
type Filed struct {
	Pledge    string     `json:"pledge"`
	State     string     `json:"state" enum:"published,waiting,stopped" doc:"One that ends the story waits for a second contact, or two days"`
	Number    int        `json:"number,omitempty" minimum:"1" doc:"Of the report, once it is public"`
	Position  *int64     `json:"position,omitempty" minimum:"0" doc:"In the register, once it is public"`
	PublishAt *time.Time `json:"publish_at,omitempty" doc:"When one that waits becomes public"`
	Report    Report     `json:"report"`
	URL       string     `json:"url"`
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func faults(found []errs.Field) []Fault {
	out := []Fault{}
	for _, f := range found {
		out = append(out, Fault{f.Field, f.Message})
	}
	return out
}

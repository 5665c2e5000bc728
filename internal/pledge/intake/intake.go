// Package intake is what happens to a pledge before it is public, and to its next version before
// that is: drafts, clearance within a party, joint pledges, review, publication. What has
// happened is private, down to that there is a submission at all; only Publish, and what later
// changes a published pledge, appends to the register.
//
// This file has the nouns. desk.go has what all actions share, list.go and view.go what people
// are shown; the other files have the actions, by who does them: draft.go and joint.go the
// parties, review.go, behalf.go and house.go the secretariat, press.go and end.go what publishes.
package intake

import (
	"time"

	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
)

// Submission is one pledge on its way, seen by one person: what that person may not see is not
// in it.
type Submission struct {
	Ref       string // private reference: "S-7K3M9Q"
	State     pledge.State
	Version   int           // rises with every change; what If-Match is held against
	Lead      string        // the party that owns it
	Pledge    pledge.Pledge // the draft; its parties are the lead and those that have confirmed
	Contact   Contact       // private, in no register and no export
	Published string        // id of the public pledge, "" before
	Public    []string      // hashes of the attachments that are to be published; the others are for the secretariat
	KeptBack  []string      // hashes of those that the secretariat keeps back all the same
	Call      string        // the call that it answers; Standing where there is none
	Late      bool          // came after the call's closing minute

	Author    string // person who began it
	Created   time.Time
	Changed   time.Time
	Submitted time.Time // the last time; zero before
	First     time.Time // the first time
	Responded time.Time // when the secretariat first answered
	Written   time.Time // when this text was saved, and by whom
	WrittenBy string

	Received  *Received // entered by the desk on behalf of the party
	Confirmed time.Time // when the party stood by what was entered; zero before
	Awaited   bool      // announced, text awaited: counts nowhere until the party confirms
	Announced string    // id of the public announcement: "ken/1"; "" where there is none

	Steps       []Clearance
	Entered     bool         // the secretariat entered it, and reads it until the party first saves
	Invitations []Invitation // the other parties; somebody invited sees the own one only
	Proposals   []Proposal   // oldest first
	Editing     Editing
	Unconfirmed []Unconfirmed // parties whose word is waited for; for the lead and the desk

	// For the desk alone.
	Assigned  string   // person
	Accepted  *Mark    // a reviewer found it right
	Ticked    []string // of Checklist
	Blocked   []string // why it cannot be published now: keys "work.blocked.…"
	PublishAt time.Time
	JoinedTo  string // the submission or pledge that it repeats

	// What the register has of a public pledge, and whether the party's own text, or the revision
	// that waits, says something else. For those who take part.
	Stands  pledge.Pledge
	Revised bool

	Findings []errs.Field // what the rules of the form say of this draft; they never block saving
}

// Contact is whom the secretariat may ask. It never leaves this room but for its letters.
type Contact struct {
	Name  string `json:"name,omitempty"`
	Post  string `json:"post,omitempty"`
	Email string `json:"email,omitempty"`
	Phone string `json:"phone,omitempty"`
}

// Draft is one text of a submission, as it was saved.
type Draft struct {
	Version int
	At      time.Time
	By      string // person
	Pledge  pledge.Pledge
	Contact Contact
}

// How something reached the desk.
const (
	ByNote  = "note_verbale"
	ByPaper = "paper"
	ByEmail = "email"
	ByFloor = "floor" // announced in a meeting
)

// Ways are all of them.
var Ways = []string{ByNote, ByPaper, ByEmail, ByFloor}

// Received says how a pledge came that the desk entered. Private.
type Received struct {
	How       string `json:"how"`
	On        string `json:"on"` // day
	Reference string `json:"reference,omitempty"`
	Scan      string `json:"scan,omitempty"` // hash of a file
	By        string `json:"by"`             // person who entered it
}

// Clearance is one step within the party. A later change of the text undoes it.
type Clearance struct {
	Name string    `json:"name"`
	By   string    `json:"by,omitempty"` // "" = not yet
	At   time.Time `json:"at,omitzero"`
	Note string    `json:"note,omitempty"`
}

// Answer is where an invitation stands.
type Answer string

const (
	Unanswered Answer = "unanswered"
	Confirmed  Answer = "confirmed"
	Declined   Answer = "declined"
	Left       Answer = "left"     // had confirmed, and withdrew its own part
	Recalled   Answer = "recalled" // by the lead, before it was answered
)

// Invitation asks a party to make a pledge together with the lead.
type Invitation struct {
	Party    string
	State    Answer
	Asked    time.Time
	Answered time.Time
	By       string // person who answered
	Note     string // for the lead, private
	Again    bool   // confirmed other words than those that the secretariat has, and was asked anew
}

// Unconfirmed is a party of a joint pledge that has confirmed other words than those that stand:
// they are not published before it has confirmed them, too.
type Unconfirmed struct {
	Party     string
	Since     time.Time // that it has been asked; zero: not yet
	Unreached bool      // nobody speaks for it at present
}

// Proposal is a change that the secretariat would make to a party's words or money.
type Proposal struct {
	Number   int
	State    ProposalState
	Base     int // version of the text that it changes
	At       time.Time
	By       string
	Note     string
	Answered time.Time
	Answerer string
	Answer   string
	Pledge   pledge.Pledge // exactly what would be published
	Changes  []pledge.FieldChange
}

// ProposalState is where a proposal stands.
type ProposalState string

const (
	Open      ProposalState = "open"
	Approved  ProposalState = "approved"
	Refused   ProposalState = "refused"
	Retracted ProposalState = "retracted" // by the secretariat, or outrun by a new text
)

// Editing says who has the draft open. It is shown, and blocks nothing.
type Editing struct {
	Person string // "" = nobody
	Since  time.Time
	Until  time.Time
}

// Mark is who did something, and when.
type Mark struct {
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// Event is one thing that was done to a submission.
type Event struct {
	Version  int
	At       time.Time
	By       string // person; "" = the clock
	Action   string
	From, To pledge.State
	Note     string
}

// Side of a thread.
const (
	SideParty = "party"
	SideDesk  = "desk"
	SideInner = "inner" // notes of the desk to itself
)

// Message is one entry of the thread between the desk and the submitter.
type Message struct {
	Number   int
	At       time.Time
	By       string
	Side     string
	Kind     string // "message", or the action that it came with: "return", …
	Language lang.Code
	Reasons  []string // of Reasons
	Body     string
}

// Checklist is what a reviewer looks at before accepting; the words are in the desk's messages.
var Checklist = []string{"party", "scope", "clear", "objectives", "measurable", "money", "personal_data", "duplicates"}

// Standing is the call that is always open.
const Standing = "standing"

// Call asks for pledges. Opening and closing are minutes, and the closing minute belongs to it:
// what comes later is marked late, and taken.
type Call struct {
	ID       string               `json:"-"` // slug; the public field "call" of a pledge
	Opens    time.Time            `json:"-"` // zero = open from the beginning
	Closes   time.Time            `json:"-"` // zero = open for ever
	Zone     string               `json:"-"` // in which the minutes are told: "America/New_York"
	Occasion string               `json:"-"`
	Title    map[lang.Code]string `json:"title"`
	Text     map[lang.Code]string `json:"text,omitempty"`
}

// Need is help that a party seeks for one of its published pledges. Parties with an account see
// the board of needs that nobody has answered; the public sees nothing of it.
type Need struct {
	ID       string // "N-4QX2"
	Pledge   string // id of the published pledge that the help is for
	Party    string
	Nature   pledge.Nature // what kind of help
	Language lang.Code
	Text     string
	Stated   time.Time
	Closed   bool
}

// Offer is a submission of the form "matching", with the pledge that it answers. The party of
// that pledge confirms before the offer is published; until then only the two know of it.
type Offer struct {
	Ref      string // of the submission
	Pledge   string // id of the pledge that it answers
	Party    string // that offers
	Title    string
	Text     string
	Language lang.Code
	Offered  time.Time
	State    Answer // Unanswered, Confirmed or Declined
	Answered time.Time
}

// Figures count submissions as they stood at the end of a day; published, they are entries of the
// register.
type Figures = pledge.Figures

// FiguresKind is the kind of these entries.
const FiguresKind = pledge.FiguresKind

// Holding is how a party stands with the desk: on hold or not, its clearance. Private.
type Holding struct {
	Party        string
	Held         bool
	HeldNote     string
	Basis        string // of the clearance: "accreditation 2024/17"
	ClearedUntil string // day, included; "" = no clearance
	Steps        []string
	Known        bool // the register has the party
}

// Row is one line of a list.
type Row struct {
	Ref       string
	State     pledge.State
	Version   int
	Lead      string
	LeadKind  string
	Title     string
	Language  lang.Code
	Call      string
	Late      bool
	Awaited   bool
	Published string
	Assigned  string
	Changed   time.Time
	Submitted time.Time
	First     time.Time
	Responded time.Time
	PublishAt time.Time
	Taken     bool   // the desk entered it, and the party works on it now: the desk sees its own entry only
	Announced bool   // of one that is taken: the public is told that it was announced
	Invited   Answer // for somebody invited: how the own invitation stands
	Again     bool   // the own party has confirmed, and is asked for its word on other words
	Revised   bool   // the party's text, or the revision that waits, is not what is public; the title is the public one

	// Left is when the own party left it; zero where it has not. Ref is then "" where the party may
	// not read the submission any more.
	Left time.Time
}

// Filter narrows a list; the zero Filter does not. Values within one field are alternatives.
type Filter struct {
	States    []pledge.State
	Calls     []string
	Kinds     []string // of the lead
	Parties   []string // leads; parts of a party are found with it
	Languages []lang.Code
	Assigned  string // a person, or Nobody
	Late      bool
	Awaited   *bool
	Before    time.Time // submitted before
	Mine      bool      // only what the person's own parties lead or are invited to
	Left      bool      // of Mine: also the public pledges that one of these parties has left
	Newest    bool      // newest change first, instead of the longest waiting
}

// Nobody as Filter.Assigned finds what is assigned to nobody.
const Nobody = "nobody"

// Package comment is where others than its parties come to speak of a pledge, if the compact's
// pack cites the source that lets them. An independent assessment is entered by a reviewer on
// behalf of the institution that made it. A comment comes from a party apart from those of the
// pledge: it is screened, the party in the lead is asked for its reply, and both are published
// side by side. Nobody here judges who is right, and nothing of it changes the pledge.
//
// This file has the nouns; contest.go is what parties do, desk.go what the secretariat does,
// store.go the table.
package comment

import (
	"context"
	"embed"
	"io"
	"slices"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/mail"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
)

// Letters are the templates of this room.
//
//go:embed letters/*.txt
var Letters embed.FS

// The letters, by the names of their templates.
const (
	LetterAsked     = "comment_asked"     // to all contacts of the lead: a comment waits for your reply
	LetterDeclined  = "comment_declined"  // to who wrote it, with the reason
	LetterPublished = "comment_published" // to who wrote it and to all contacts of the lead
)

// Poster posts letters; a *mail.Office does.
type Poster interface {
	Post(ctx context.Context, tx *db.Tx, l mail.Letter) (string, error)
}

// People knows who speaks for a party, and who wrote a comment.
type People interface {
	ContactsOf(ctx context.Context, tx *db.Tx, party, day string) ([]access.Person, error)
	PersonByID(ctx context.Context, tx *db.Tx, id string) (access.Person, error)
}

// Office takes in what others say. All of it is private but what Book publishes.
type Office struct {
	DB       *db.DB
	Pack     *compact.Pack
	Book     pledge.Book
	Mail     Poster
	People   People
	Rand     io.Reader // of ids; nil: the system's
	BaseURL  string    // in front of the links in letters
	FourEyes bool      // who publishes is not who screened or entered it

	// OnHold reports whether nothing of a party is published for now; nil: of none.
	OnHold func(ctx context.Context, tx *db.Tx, party string) (bool, error)
}

// ReplyDays is how long a party has for its reply where the pack does not say.
const ReplyDays = 30

// State is where a case stands.
type State string

const (
	Draft     State = "draft"     // of a comment: its author's alone
	Submitted State = "submitted" // waits to be screened or, of an assessment, to be published
	SetAside  State = "set_aside" // spam, or entered by mistake; kept
	Declined  State = "declined"  // and its author was told why
	Asked     State = "asked"     // screened; the party in the lead may reply
	Published State = "published"
	Replied   State = "replied" // published, and a reply came after; it waits for publication beside it
)

// States lists them, in the order of a case's life.
var States = []State{Draft, Submitted, SetAside, Declined, Asked, Published, Replied}

// open are the states in which a party has a comment on a pledge under way.
var open = []State{Draft, Submitted, SetAside, Asked}

// Case is an assessment or a comment on its way to the register, or stopped on it.
type Case struct {
	ID         string
	Kind       string // pledge.AssessmentKind or pledge.CommentKind: which of the two it has
	Pledge     string
	Party      string // that comments
	Person     string // who wrote it or, of an assessment, entered it
	State      State
	Version    int
	Created    time.Time
	Changed    time.Time
	Screened   string // person who let it through
	Reason     Reason // why it was declined
	Number     int    // on the pledge, once published
	Entry      int64  // position in the register, -1 before
	Assessment pledge.Assessment
	Comment    pledge.Comment
}

// Ready reports whether it can be published on a day: an assessment once it is entered, a comment
// once there is a reply or the time for one has passed.
func (c Case) Ready(day string) bool {
	switch {
	case c.Kind == pledge.AssessmentKind:
		return c.State == Submitted
	case c.State == Asked:
		return c.Comment.Reply != nil || day > c.Comment.ReplyBy
	}
	return c.State == Replied
}

// Checks are what a reviewer has looked at before a comment goes on. All are needed.
type Checks struct{ NoPersonalData, NoInsult, OnSubject bool }

// Reason is why a comment was declined.
type Reason string

const (
	PersonalData Reason = "personal_data"
	Insult       Reason = "insult"
	OffSubject   Reason = "off_subject"
)

// Reasons lists them, in the order of the form.
var Reasons = []Reason{PersonalData, Insult, OffSubject}

// In is the reason as its author reads it.
func (r Reason) In(c lang.Code) string {
	if said, ok := reasonWords[r][c]; ok {
		return said
	}
	return reasonWords[r][lang.Default]
}

// Mandated refuses what the pack cites no source for.
func (o *Office) Mandated(kinds ...string) error {
	if slices.ContainsFunc(kinds, func(kind string) bool { return pledge.Mandated(o.Pack, kind) }) {
		return nil
	}
	return errs.New(errs.Forbidden, "the pack cites no mandate for %v", kinds).WithKey("voice.no_mandate")
}

// matter is a pledge as this room looks at it.
type matter struct {
	pledge.Current
	reports int
}

func (o *Office) matter(ctx context.Context, tx *db.Tx, id string) (m matter, err error) {
	if m.Current, err = pledge.Get(ctx, tx, id); err != nil {
		return m, err
	}
	err = tx.QueryRow(ctx, `SELECT count(*) FROM reports WHERE pledge = $1`, id).Scan(&m.reports)
	return m, err
}

// subject is the pledge for a person: the lead is the party, of those that the lead is part of,
// that the person speaks for.
func (m matter) subject(by access.Person, day string) access.Subject {
	s := access.Subject{State: string(pledge.StatePublished), Lead: m.Lead()}
	if !m.Stands() {
		s.State = string(m.Status)
	}
	for c := m.Lead(); c != ""; c = party.ParentOf(c) {
		if _, ok := by.FocalPoint(c, day); ok {
			s.Lead = c
			break
		}
	}
	return s
}

// apart are the parties for which a person may comment: those that have no part in the pledge.
func (m matter) apart(by access.Person, day string) (codes []string) {
	if !access.May(by, access.ContestPledge, m.subject(by, day), day) {
		return nil
	}
	for _, code := range by.Parties(day) {
		takesPart := slices.ContainsFunc(m.Parties, func(c string) bool { return party.Root(c) == party.Root(code) })
		if !takesPart && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	return codes
}

func (o *Office) replyDays() int {
	if o.Pack.Mandates.ReplyDays > 0 {
		return o.Pack.Mandates.ReplyDays
	}
	return ReplyDays
}

func today(tx *db.Tx) string { return tx.Now().Format(time.DateOnly) }

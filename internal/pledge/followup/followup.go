// Package followup asks parties how their pledges are doing, and takes in what they answer. A
// letter with a link goes to a contact of the party in the lead; the link answers without an
// account; what is reported is published in the register, at once or, where it ends the story,
// after a second contact has confirmed it or 48 hours have passed.
//
// This file has the nouns. calendar.go says what is asked when, as pure functions; remind.go
// sends the letters, ask.go those that the desk wants now, link.go knows the links, answer.go takes
// the answers, publish.go publishes them, waiting.go knows what becomes of one that waits, desk.go
// lists what the secretariat looks at.
package followup

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/base32"
	"fmt"
	"io"
	"strings"
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
	LetterRequest   = "followup_request"              // asks, a month before a report is due
	LetterReminder  = "followup_reminder"             // asks again before it is due
	LetterDue       = "followup_due"                  // on the day
	LetterOverdue   = "followup_overdue"              // after it
	LetterEscalated = "followup_escalated"            // to the second contact
	LetterTold      = "followup_told"                 // to all contacts: this was published
	LetterWaiting   = "followup_waiting_confirmation" // to the others: confirm or object
	LetterConfirmed = "followup_confirmed"            // to all contacts: what waited was published
	LetterStopped   = "followup_stopped"              // to all contacts: what waited was not published
)

// SecretLetters carry a link by which whoever has the letter answers: nobody else should read them.
var SecretLetters = []string{LetterRequest, LetterReminder, LetterDue, LetterOverdue, LetterEscalated, LetterWaiting}

// Hold is how long "fulfilled" and "discontinued" wait for a second contact.
const Hold = 48 * time.Hour

// Poster posts letters; a *mail.Office does.
type Poster interface {
	Post(ctx context.Context, tx *db.Tx, l mail.Letter) (string, error)
}

// Contacts knows who speaks for a party: the first contact, then the deputies. Whose address gives
// letters back is not among them, but among the Unreached.
type Contacts interface {
	ContactsOf(ctx context.Context, tx *db.Tx, party, day string) ([]access.Person, error)
	Unreached(ctx context.Context, tx *db.Tx, party, day string) ([]access.Person, error)
}

// Office follows pledges up. All of it is private but what Book publishes.
type Office struct {
	DB       *db.DB
	Pack     *compact.Pack
	Book     pledge.Book
	Mail     Poster
	People   Contacts
	Rand     io.Reader // of links and ids; nil: the system's
	BaseURL  string    // in front of the links in letters
	Calendar Calendar  // CalendarOf(Pack), or a stricter one

	// OnHold reports whether nothing of a party is published for now; nil: of none. What it reports
	// waits until that ends.
	OnHold func(ctx context.Context, tx *db.Tx, party string) (bool, error)
}

// State is where a report stands.
type State string

const (
	Draft   State = "draft"     // saved, not sent
	Waiting State = "waiting"   // for a second contact or for Hold to pass
	Public  State = "published" // in the register
	Stopped State = "stopped"   // not published, for one of the Stopped… reasons
)

// Filed is a report in this room, with where it stands.
type Filed struct {
	ID        string
	Pledge    string
	Party     string
	Person    string // who filed it
	Request   string // the request that it answers, or the form that it was sent by
	State     State
	Version   int
	Created   time.Time
	Changed   time.Time
	PublishAt time.Time // of one that waits
	Second    string    // person who confirmed or stopped it
	Reason    string    // why it was stopped: one of the Stopped… keys
	Number    int       // of the report on the pledge, once published
	Entry     int64     // its position in the register, -1 before
	Report    pledge.Report
}

// Why a report was stopped.
const (
	StoppedByContact = "follow.stopped.contact"   // another contact of the party objected
	StoppedByAuthor  = "follow.stopped.author"    // who filed it took it back
	StoppedByReport  = "follow.stopped.overtaken" // another report came in meanwhile
	StoppedByLeaving = "follow.stopped.left"      // the party that reported has left the pledge
	StoppedByEnd     = "follow.stopped.ended"     // the pledge was withdrawn or replaced
	StoppedByRules   = "follow.stopped.rules"     // the pledge changed, and the report no longer fits it
	StoppedByDate    = "follow.stopped.dated"     // evidence is of a day after the report
)

// HeldUp is the reason of one that waits and could not be published in its time; it is tried again.
const HeldUp = "follow.held_up"

// Choice is what somebody answers with one click.
type Choice string

const (
	NoChange    Choice = "no_change"
	Changed     Choice = "changed"
	Done        Choice = "done"
	WrongPerson Choice = "wrong_person"
)

// Choices lists them, in the order of the form.
var Choices = []Choice{NoChange, Changed, Done, WrongPerson}

// Answer is what the form says. Report is read for Changed, and its words for Done.
type Answer struct {
	Choice   Choice
	Report   pledge.Report
	Language lang.Code // of the form: the language in which "no change" is written
	Note     string    // of WrongPerson: for the desk alone
	Key      string    // of a form of Submit, the same however often it is sent; may be empty
	Once     bool      // the key is of this answer alone: another one under it is refused
}

// waits reports whether a report of the stage waits before it is published.
func waits(s pledge.Stage) bool { return s == pledge.Fulfilled || s == pledge.Discontinued }

// matter is a pledge with all that following it up asks of it.
type matter struct {
	pledge.Current
	life    Life
	reports []pledge.Report
}

func (m matter) last() (pledge.Report, bool) {
	if len(m.reports) == 0 {
		return pledge.Report{}, false
	}
	return m.reports[len(m.reports)-1], true
}

// matter reads a pledge that is public.
func (o *Office) matter(ctx context.Context, tx *db.Tx, id string) (m matter, err error) {
	if m.Current, err = pledge.Get(ctx, tx, id); err != nil {
		return m, err
	}
	if m.reports, err = pledge.Reports(ctx, tx, id); err != nil {
		return m, err
	}
	m.life = Life{Published: m.FirstEffective, Stage: pledge.StageOf(m.reports), Ended: !m.Stands()}
	m.life.Reports, err = column(ctx, tx, `SELECT effective FROM reports WHERE pledge = $1 AND doc <> '' ORDER BY number`, id)
	return m, err
}

// contacts are those of the party, or of the one that it is part of; both empty for none.
func (o *Office) contacts(ctx context.Context, tx *db.Tx, code, day string) (who string, people []access.Person, err error) {
	for ; code != ""; code = party.ParentOf(code) {
		people, err = o.People.ContactsOf(ctx, tx, code, day)
		if err != nil {
			return "", nil, fmt.Errorf("contacts of %s: %w", code, err)
		}
		if len(people) > 0 {
			return code, people, nil
		}
	}
	return "", nil, nil
}

// column reads a list of texts.
func column(ctx context.Context, tx *db.Tx, query string, args ...any) (list []string, err error) {
	err = each(ctx, tx, func(scan func(...any) error) error {
		var s string
		if err := scan(&s); err != nil {
			return err
		}
		list = append(list, s)
		return nil
	}, query, args...)
	return list, err
}

func each(ctx context.Context, tx *db.Tx, f func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func today(tx *db.Tx) string { return tx.Now().Format(time.DateOnly) }

// random gives n bytes as text that is safe in an address.
func (o *Office) random(n int) (string, error) {
	from := o.Rand
	if from == nil {
		from = rand.Reader
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(from, b); err != nil {
		return "", fmt.Errorf("random: %w", err)
	}
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)), nil
}

func invalid(field, value, message string) error {
	return errs.InvalidFields(errs.Field{Field: field, Value: value, Message: message})
}

package intake

import (
	"context"
	"slices"
	"strings"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/pledge"
)

// What is private of a pledge stays with whom it was private to when the lead passes on. A party
// reads from the version on with which it accepted, and to the one with which it left.

// lead is a party that led a pledge and has left it, with the version and the moment.
type lead struct {
	Party   string    `json:"party"`
	Version int       `json:"version"`
	At      time.Time `json:"at"`
}

// handOver notes who leads no more, and leaves behind what was that party's alone.
func (t *turn) handOver(old string) {
	t.x.Led = append(t.x.Led, lead{old, t.Version + 1, t.now})
	t.x.Steps = nil // of the old lead's own house
	t.editor = ""
}

func (r *record) formerLeads() (all []string) {
	for _, l := range r.x.Led {
		if l.Party != r.Lead {
			all = append(all, l.Party)
		}
	}
	return all
}

// handedOver is the version with which the present lead became it; 0 for the first.
func (r *record) handedOver() int {
	if len(r.x.Led) == 0 {
		return 0
	}
	return r.x.Led[len(r.x.Led)-1].Version
}

// sawAsked and sawAnswered report whether the present lead is who asked a party, and who was
// answered. What became of an invitation by the one before is no matter of its own unless it
// still waits.
func (r *record) sawAsked(in Invitation) bool {
	return in.State == Unanswered || in.State == Confirmed || len(r.x.Led) == 0 || in.Asked.After(r.x.Led[len(r.x.Led)-1].At) || slices.Contains(r.formerLeads(), in.Party)
}

func (r *record) sawAnswered(in Invitation) bool {
	return len(r.x.Led) == 0 || in.Answered.After(r.x.Led[len(r.x.Led)-1].At)
}

// What the trail calls an invitation that was taken back, and a confirmation of other words.
const (
	recallParty  access.Action = "pledge.recall"
	confirmAgain access.Action = "pledge.confirm_again"
)

// sawEvent leaves out of a trail whom the lead before had asked, and who had answered it.
func (r *record) sawEvent(e Event, who sides) bool {
	switch access.Action(e.Action) {
	case access.InviteParty, recallParty, access.AnswerInvitation, confirmAgain:
		return !who.lead || e.Version > r.handedOver() || len(own(e, who)) > 0
	}
	return true
}

func own(e Event, who sides) (codes []string) {
	return slices.DeleteFunc(strings.Fields(e.Note), func(code string) bool { return !slices.Contains(who.parties, code) })
}

// told is the note of an event as somebody may read it: whom the lead before had asked beside the
// own party is private, and so is to the desk who takes no part.
func (r *record) told(e Event, who sides) string {
	switch access.Action(e.Action) {
	case access.InviteParty, recallParty, access.AnswerInvitation, confirmAgain:
	default:
		return e.Note
	}
	switch {
	case who.lead && e.Version <= r.handedOver():
		return strings.Join(own(e, who), " ")
	case !who.lead && !who.former:
		return strings.Join(slices.DeleteFunc(strings.Fields(e.Note), func(code string) bool {
			in := r.invitation(code)
			return code != r.Lead && (in == nil || in.State != Confirmed && in.State != Left)
		}), " ")
	}
	return e.Note
}

// sights are the parts of a history that somebody may see.
type sights []sight

type sight struct {
	from, to     int       // versions, both included; to is 0 for ever
	since, until time.Time // the same in time
}

func (s sights) has(version int) bool {
	return slices.ContainsFunc(s, func(x sight) bool { return version >= x.from && (x.to == 0 || version <= x.to) })
}

func (s sights) at(t time.Time) bool {
	return slices.ContainsFunc(s, func(x sight) bool { return !t.Before(x.since) && (x.to == 0 || !t.After(x.until)) })
}

// texts are those that stood at some time of the sights, the newest first as they were given.
func (s sights) texts(all []Draft) (out []Draft) {
	for i, d := range all {
		next := 0 // the version that replaced it
		if i > 0 {
			next = all[i-1].Version
		}
		if slices.ContainsFunc(s, func(x sight) bool { return (x.to == 0 || d.Version <= x.to) && (next == 0 || next > x.from) }) {
			out = append(out, d)
		}
	}
	return out
}

// sights reads off the trail when the parties of somebody took part. The first lead did so from
// the beginning; so did whoever is named since before there was a submission.
func (r *record) sights(ctx context.Context, tx *db.Tx, who sides) (s sights, err error) {
	switch {
	case who.lead && len(r.x.Led) == 0:
		return sights{{}}, nil // from the beginning on
	case !who.lead && !who.named && !who.former:
		return nil, nil
	}
	began := map[string]sight{}
	err = each(ctx, tx, `SELECT version, at, action, note FROM submission_events WHERE ref = $1 AND action IN ($2, $3) ORDER BY version`,
		[]any{r.Ref, string(access.AnswerInvitation), string(access.LeavePledge)}, func(scan func(...any) error) error {
			var version int
			var at int64
			var action, code string
			if err := scan(&version, &at, &action, &code); err != nil || !slices.Contains(who.parties, code) {
				return err
			}
			if access.Action(action) == access.AnswerInvitation {
				began[code] = sight{from: version, since: moment(at)}
				return nil
			}
			x := began[code]
			x.to, x.until = version, moment(at)
			s = append(s, x)
			delete(began, code)
			return nil
		})
	for _, code := range who.parties {
		if in := r.invitation(code); code == r.Lead || in != nil && in.State == Confirmed {
			s = append(s, began[code])
		}
	}
	return s, err
}

// asLeft is the pledge as it was when the party that led it left.
func (r *record) asLeft(ctx context.Context, tx *db.Tx, who sides, sees sights) (Submission, error) {
	out := Submission{Ref: r.Ref, State: pledge.StatePublished, Version: r.Version, Lead: r.Lead, Call: r.Call, Published: r.Published, Created: r.Created, Submitted: r.First, First: r.First}
	if r.State == pledge.StateWithdrawn || r.State == pledge.StateSuperseded {
		out.State = r.State
	}
	for _, in := range r.Invitations {
		if slices.Contains(who.parties, in.Party) {
			out.Invitations = append(out.Invitations, in)
			out.Changed = in.Answered
		}
	}
	past := []Draft{{Version: r.docVer, At: r.docAt, Pledge: r.text.Pledge}}
	err := each(ctx, tx, `SELECT version, at, doc FROM submission_texts WHERE ref = $1 ORDER BY version DESC`, []any{r.Ref}, func(scan func(...any) error) error {
		var d Draft
		var at int64
		var doc string
		if err := scan(&d.Version, &at, &doc); err != nil {
			return err
		}
		b, err := bodyOf(doc)
		d.At, d.Pledge = moment(at), b.Pledge
		past = append(past, d)
		return err
	})
	if seen := sees.texts(past); len(seen) > 0 {
		out.Pledge, out.Written = r.publishable(seen[0].Pledge), seen[0].At
	}
	return out, err
}

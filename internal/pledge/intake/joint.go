package intake

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
)

func invitations(ctx context.Context, tx *db.Tx, ref string) ([]Invitation, error) {
	rows, err := tx.Query(ctx, `SELECT party, state, asked_at, answered_at, answered_by, note FROM submission_invitations WHERE ref = $1 ORDER BY position, party`, ref)
	if err != nil {
		return nil, fmt.Errorf("invitations: %w", err)
	}
	defer rows.Close()
	var all []Invitation
	for rows.Next() {
		var in Invitation
		var asked, answered int64
		if err := rows.Scan(&in.Party, &in.State, &asked, &answered, &in.By, &in.Note); err != nil {
			return nil, fmt.Errorf("invitations: %w", err)
		}
		in.Asked, in.Answered = moment(asked), moment(answered)
		all = append(all, in)
	}
	return all, rows.Err()
}

// invitation is the party's own; nil where there is none.
func (r *record) invitation(code string) *Invitation {
	i := slices.IndexFunc(r.Invitations, func(in Invitation) bool { return in.Party == code })
	if i < 0 {
		return nil
	}
	return &r.Invitations[i]
}

// keep writes an invitation.
func (t *turn) keep(in Invitation) error {
	if old := t.invitation(in.Party); old != nil {
		*old = in
	} else {
		t.Invitations = append(t.Invitations, in)
	}
	delete(t.x.Agreed, in.Party) // what it says now, it says of the words as they stand
	_, err := t.tx.Exec(t.ctx, `INSERT INTO submission_invitations (ref, party, position, state, asked_at, answered_at, answered_by, note)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (ref, party) DO UPDATE SET state = excluded.state, asked_at = excluded.asked_at, answered_at = excluded.answered_at,
			answered_by = excluded.answered_by, note = excluded.note`,
		t.Ref, in.Party, len(t.Invitations), string(in.State), micro(in.Asked), micro(in.Answered), in.By, in.Note)
	return err
}

// Invite asks parties to make the pledge together with the lead. Until one confirms, it is named
// nowhere, and can read nothing but that it was asked.
func (d *Desk) Invite(ctx context.Context, by access.Person, ref string, ifVersion int, parties ...string) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.InviteParty, parties, func(t *turn) error {
		known := lookup(t.ctx, t.tx)
		var asked []string
		for _, code := range parties {
			if _, ok := known.find(code); !ok {
				if err := known.Err(); err != nil {
					return err
				}
				return errs.InvalidFields(errs.Field{Field: "parties", Value: party.Glimpse(code), Message: "is no party that can pledge here"})
			}
			in := t.invitation(code)
			if code == t.Lead || in != nil && (in.State == Unanswered || in.State == Confirmed) {
				continue
			}
			if err := t.keep(Invitation{Party: code, State: Unanswered, Asked: t.now}); err != nil {
				return err
			}
			if err := t.letterToParty("pledge_invited", code, nil); err != nil {
				return err
			}
			asked = append(asked, code)
		}
		if len(t.Invitations) > 100 {
			return errs.InvalidFields(errs.Field{Field: "parties", Message: "are at most a hundred"})
		}
		if len(asked) == 0 {
			return errNothing
		}
		t.note = strings.Join(asked, " ")
		return nil
	})
}

// Recall takes an invitation back that was not answered, or not for the words as they are now. The
// part of a party in a published pledge is the party's own.
func (d *Desk) Recall(ctx context.Context, by access.Person, ref string, ifVersion int, code string) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.InviteParty, code, func(t *turn) error {
		in := t.invitation(code)
		switch {
		case in == nil:
			return errs.New(errs.NotFound, "%s was not invited", code)
		case in.State == Confirmed && (t.Published != "" || !t.outrun(*in)):
			return errs.New(errs.Conflict, "%s has confirmed its part; only it can leave", code).WithKey("work.has_confirmed")
		case in.State != Unanswered && in.State != Confirmed:
			return errNothing
		}
		t.do, t.note, t.x.Accepted = recallParty, code, nil // what was accepted named other parties
		recalled := *in
		recalled.State, recalled.Answered, recalled.By = Recalled, t.now, t.by.ID
		if err := t.over(*in); err != nil {
			return err
		}
		return t.keep(recalled)
	})
}

// over tells a party that it takes no part any more, or that its invitation no longer stands. The
// letter leads to what it may read.
func (t *turn) over(in Invitation) error {
	template := ""
	switch in.State {
	case Unanswered:
		template = "pledge_invitation_over"
	case Confirmed:
		template = "pledge_part_over"
	default:
		return nil
	}
	return t.letterToParty(template, in.Party, map[string]string{"Link": strings.TrimSuffix(t.desk.BaseURL, "/") + "/{lang}/my"})
}

// Answer confirms or declines a party's part. Who confirms can read the draft from then on. Who
// has confirmed and is asked again, answers for the words as they are now; a party of a published
// pledge that does not agree to its next version leaves it, or lets it wait. The note is for the lead.
func (d *Desk) Answer(ctx context.Context, by access.Person, ref string, ifVersion int, code string, confirm bool, note string) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.AnswerInvitation, []any{code, confirm, note}, func(t *turn) error {
		in := t.invitation(code)
		if _, own := t.by.FocalPoint(code, t.today); !own || in == nil || in.State != Unanswered && !t.askedAgain(*in) {
			return errs.New(errs.Forbidden, "%s has no invitation of %s to answer", t.by.ID, code).WithKey("access.not_allowed")
		}
		if !confirm && in.State == Confirmed && t.Published != "" {
			return errs.New(errs.Conflict, "%s makes the published pledge; it can leave it", code).WithKey("work.has_confirmed")
		}
		answer := *in
		answer.State, answer.Answered, answer.By, answer.Note = Declined, t.now, t.by.ID, party.Tidy(note)
		if confirm {
			answer.State = Confirmed
		}
		t.note, t.x.Accepted = code, nil // what was accepted named other parties
		if confirm && in.State == Confirmed {
			t.do = confirmAgain // it takes part since it first confirmed
		}
		if err := t.keep(answer); err != nil {
			return err
		}
		return t.letterToParty("pledge_joint_answer", t.Lead, nil)
	})
}

// LeavePledge withdraws a party's own part. Of a published pledge a version without the party is
// published at once; where the lead leaves, the first of the others becomes the lead. A party
// that is alone withdraws the pledge instead.
func (d *Desk) LeavePledge(ctx context.Context, by access.Person, ref string, ifVersion int, code string, reason pledge.Notice) (Submission, error) {
	do := access.LeavePledge
	if d.leads(ctx, ref, code) {
		do = access.WithdrawPledge
	}
	return d.act(ctx, by, ref, ifVersion, do, []any{code, reason}, func(t *turn) error {
		if _, own := t.by.FocalPoint(code, t.today); !own {
			return errs.New(errs.Forbidden, "%s does not speak for %s", t.by.ID, code).WithKey("access.not_allowed")
		}
		t.note, t.x.Accepted = code, nil
		others := slices.DeleteFunc(t.parties(), func(p string) bool { return p == code })
		switch in := t.invitation(code); {
		case len(others) == 0:
			return errs.New(errs.Conflict, "%s makes the pledge alone", code).WithKey("work.alone")
		case code == t.Lead:
			t.do = access.LeavePledge // the pledge stands; what the trail tells is that a party left
			if err := t.passLead(others[0]); err != nil {
				return err
			}
		case in == nil || in.State != Confirmed:
			return errs.New(errs.Conflict, "%s has no part in it", code).WithKey("work.no_part")
		default:
			gone := *in
			gone.State, gone.Answered, gone.By = Left, t.now, t.by.ID
			if err := t.keep(gone); err != nil {
				return err
			}
			if err := t.letterToParty("pledge_joint_answer", t.Lead, nil); err != nil {
				return err
			}
		}
		if t.Published == "" {
			return nil
		}
		if err := t.leaving(code); err != nil {
			return err
		}
		return t.republish(func(p *pledge.Pledge) {
			p.Parties = slices.DeleteFunc(slices.Clone(p.Parties), func(c string) bool { return c == code })
			if len(p.Parties) == 1 && p.Form != pledge.Individual {
				p.Form = t.formOfOne(p.Parties[0], p.Form)
			}
			p.Notice = notice(reason)
		})
	})
}

// leaving tells who else minds that a party leaves a published pledge, or that the pledge ends.
func (t *turn) leaving(code string) error {
	if t.desk.Leaving == nil {
		return nil
	}
	return t.desk.Leaving(t.ctx, t.tx, t.Published, code)
}

func (d *Desk) leads(ctx context.Context, ref, code string) bool {
	leads := false
	_ = d.DB.Read(ctx, func(tx *db.Tx) error { // what fails here, fails again where it matters
		r, err := load(ctx, tx, ref, false)
		leads = err == nil && r.Lead == code
		return err
	})
	return leads
}

// passLead makes another party the owner; the one that owned it is remembered as having left.
func (t *turn) passLead(to string) error {
	old := t.Lead
	parties := lookup(t.ctx, t.tx)
	next, ok := parties.find(to)
	if err := parties.Err(); err != nil {
		return err
	}
	if !ok {
		return errs.New(errs.Internal, "%s has confirmed and is no party", to)
	}
	// It has no invitation any more: the pledge is its own.
	if _, err := t.tx.Exec(t.ctx, `DELETE FROM submission_invitations WHERE ref = $1 AND party = $2`, t.Ref, to); err != nil {
		return err
	}
	t.Invitations = slices.DeleteFunc(t.Invitations, func(in Invitation) bool { return in.Party == to })
	if err := t.keep(Invitation{Party: old, State: Left, Asked: t.Created, Answered: t.now, By: t.by.ID}); err != nil {
		return err
	}
	t.handOver(old)
	t.Lead, t.kind = to, next.Kind
	return t.letterToParty("pledge_joint_answer", to, nil)
}

// formOfOne is the form of a pledge whose last other party has left: a group alone still makes a
// common one.
func (t *turn) formOfOne(code string, form pledge.Form) pledge.Form {
	if p, ok := lookup(t.ctx, t.tx).find(code); ok && p.Group() || form == pledge.Matching {
		return form
	}
	return pledge.Individual
}

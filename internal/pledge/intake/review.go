package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
)

// Remarks go to the party with what the secretariat decides: canned reasons in the party's
// language, and words of the reviewer's own.
type Remarks struct {
	Reasons  []string // keys of Reasons
	Body     string
	Language lang.Code // of Body
}

// Assign gives a submission to a reviewer; "" takes it from whoever has it. It is no change of
// the submission and moves no version.
func (d *Desk) Assign(ctx context.Context, by access.Person, ref, person string) (Submission, error) {
	return d.mark(ctx, by, ref, access.AssignPledge, person, func(t *turn) { t.Assigned = person })
}

// mark changes what the desk notes for itself.
func (d *Desk) mark(ctx context.Context, by access.Person, ref string, do access.Action, args any, f func(*turn)) (out Submission, err error) {
	defer errs.Wrap(&err, "%s of %s", do, ref)
	err = d.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out = Submission{}
		if done, known, err := d.known(ctx, tx, by, do, ref, 0, args); err != nil || known {
			if err == nil {
				out, err = d.seen(ctx, tx, by, done)
			}
			return err
		}
		r, err := load(ctx, tx, ref, true)
		if err != nil {
			return err
		}
		t := d.turn(ctx, tx, by, do, r)
		if err := allow(by, do, r, 0, t.today); err != nil {
			return err
		}
		f(t)
		if err := t.store(); err != nil {
			return err
		}
		out, err = d.view(ctx, tx, by, r)
		return err
	})
	return out, err
}

// Accept notes that a reviewer found the submission right as it stands. With four eyes, somebody
// else publishes it.
func (d *Desk) Accept(ctx context.Context, by access.Person, ref string, ifVersion int) (Submission, error) {
	do := access.PublishPledge
	if d.stateOf(ctx, ref) == pledge.StateRevisionSubmitted {
		do = access.PublishRevision
	}
	return d.act(ctx, by, ref, ifVersion, do, nil, func(t *turn) error {
		t.do = "pledge.accept"
		if t.State == pledge.StateScheduled {
			return errs.New(errs.Conflict, "it is %q", t.State).WithKey("work.not_now")
		}
		if t.x.Accepted != nil {
			return errNothing
		}
		t.x.Accepted = &Mark{t.by.ID, t.now}
		t.answered()
		return nil
	})
}

// answered notes the first response.
func (t *turn) answered() {
	if t.Responded.IsZero() {
		t.Responded = t.now
	}
}

// Return gives a submission, or a next version, back to the party with what is to be changed.
func (d *Desk) Return(ctx context.Context, by access.Person, ref string, ifVersion int, why Remarks) (Submission, error) {
	if len(why.Reasons) == 0 && strings.TrimSpace(why.Body) == "" {
		return Submission{}, errs.InvalidFields(errs.Field{Field: "reasons", Message: "are needed: the party is told what to change"})
	}
	do, action := access.ReturnPledge, pledge.Return
	if d.stateOf(ctx, ref) == pledge.StateRevisionSubmitted {
		do, action = access.ReturnRevision, pledge.ReturnRevision
	}
	return d.act(ctx, by, ref, ifVersion, do, why, func(t *turn) error {
		if err := t.say(SideDesk, string(action), why); err != nil {
			return err
		}
		if err := t.retractProposals(); err != nil {
			return err
		}
		t.x.Accepted = nil
		t.answered()
		if err := t.step(action); err != nil {
			return err
		}
		return t.letterToParty("pledge_returned", t.Lead, nil)
	})
}

func (d *Desk) stateOf(ctx context.Context, ref string) (state pledge.State) {
	_ = d.DB.Read(ctx, func(tx *db.Tx) error { // what fails here, fails again where it matters
		return tx.QueryRow(ctx, `SELECT state FROM submissions WHERE ref = $1`, ref).Scan(&state)
	})
	return state
}

// SetAside puts spam, a duplicate or what is out of scope aside. Nothing is deleted; the party
// is told only where there are remarks.
func (d *Desk) SetAside(ctx context.Context, by access.Person, ref string, ifVersion int, why Remarks) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.SetAsidePledge, why, func(t *turn) error { return t.setAside(why) })
}

func (t *turn) setAside(why Remarks) error {
	if err := t.retractProposals(); err != nil {
		return err
	}
	t.x.Accepted = nil
	t.note = strings.Join(why.Reasons, " ")
	if err := t.step(pledge.SetAside); err != nil {
		return err
	}
	if err := t.dropAnnouncement(); err != nil {
		return err
	}
	if len(why.Reasons) == 0 && strings.TrimSpace(why.Body) == "" {
		return nil
	}
	t.answered()
	if err := t.say(SideDesk, string(pledge.SetAside), why); err != nil {
		return err
	}
	return t.letterToParty("pledge_message", t.Lead, nil)
}

// Join sets a submission aside that repeats another one, or a published pledge.
func (d *Desk) Join(ctx context.Context, by access.Person, ref string, ifVersion int, with string, why Remarks) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.SetAsidePledge, []any{with, why}, func(t *turn) error {
		if with == t.Ref {
			return errs.InvalidFields(errs.Field{Field: "with", Value: with, Message: "must be another submission or pledge"})
		}
		if _, isID := pledge.SerialOf(d.pack().Code, with); isID {
			if _, err := pledge.Get(t.ctx, t.tx, with); err != nil {
				return err
			}
		} else if _, err := load(t.ctx, t.tx, with, false); err != nil {
			return err
		}
		t.x.Joined = with
		if !slices.Contains(why.Reasons, "duplicate") {
			why.Reasons = append(why.Reasons, "duplicate")
		}
		return t.setAside(why)
	})
}

// TakeUp takes up what was set aside.
func (d *Desk) TakeUp(ctx context.Context, by access.Person, ref string, ifVersion int) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.TakeUpPledge, nil, func(t *turn) error {
		t.x.Joined = ""
		return t.step(pledge.TakeUp)
	})
}

// Propose offers the party a changed text of what it submitted. Nothing changes before the party
// approves exactly that text, and nothing is published before it has answered.
func (d *Desk) Propose(ctx context.Context, by access.Person, ref string, ifVersion int, p pledge.Pledge, note string) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.ProposeChange, []any{p, note}, func(t *turn) error {
		if err := t.fits(p); err != nil {
			return err
		}
		if err := t.retractProposals(); err != nil {
			return err
		}
		p = t.publishable(p)
		p.Parties = []string{t.Lead}
		was := t.publishable(t.text.Pledge)
		was.Parties = p.Parties
		if len(pledge.Changes(was, p)) == 0 {
			return errs.New(errs.Conflict, "the proposal changes nothing").WithKey("work.unchanged")
		}
		doc, err := json.Marshal(p)
		if err != nil {
			return err
		}
		t.answered()
		t.x.Accepted = nil
		_, err = t.tx.Exec(t.ctx, `INSERT INTO submission_proposals (ref, number, state, base, at, by, note, answered_at, answered_by, answer, doc)
			SELECT $1, count(*) + 1, $2, $3, $4, $5, $6, 0, '', '', $7 FROM submission_proposals WHERE ref = $1`,
			t.Ref, string(Open), t.docVer, micro(t.now), t.by.ID, party.Tidy(note), string(doc))
		if err != nil {
			return err
		}
		return t.letterToParty("pledge_proposal", t.Lead, nil)
	})
}

// retractProposals closes those that wait: the text that they would change moves on.
func (t *turn) retractProposals() error {
	_, err := t.tx.Exec(t.ctx, `UPDATE submission_proposals SET state = $2, answered_at = $3, answered_by = $4 WHERE ref = $1 AND state = $5`,
		t.Ref, string(Retracted), micro(t.now), t.by.ID, string(Open))
	return err
}

// Retract takes back the proposal that waits.
func (d *Desk) Retract(ctx context.Context, by access.Person, ref string, ifVersion int) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.ProposeChange, nil, func(t *turn) error {
		open, err := t.openProposal()
		if err != nil {
			return err
		}
		if open == nil {
			return errNothing
		}
		return t.retractProposals()
	})
}

func (t *turn) openProposal() (*Proposal, error) {
	all, err := proposals(t.ctx, t.tx, t.record)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(p Proposal) bool { return p.State == Open })
	if i < 0 {
		return nil, nil
	}
	return &all[i], nil
}

// AnswerProposal approves a proposal, word by word, or refuses it. What is approved becomes the
// party's text.
func (d *Desk) AnswerProposal(ctx context.Context, by access.Person, ref string, ifVersion, number int, approve bool, answer string) (Submission, error) {
	do := access.RefuseProposal
	if approve {
		do = access.ApproveProposal
	}
	return d.act(ctx, by, ref, ifVersion, do, []any{number, answer}, func(t *turn) error {
		open, err := t.openProposal()
		if err != nil {
			return err
		}
		if open == nil || open.Number != number {
			return errs.New(errs.Conflict, "proposal %d does not wait for an answer", number).WithKey("work.changed_meanwhile")
		}
		state := Refused
		if approve {
			state = Approved
			if err := t.write(body{Pledge: open.Pledge, Contact: t.text.Contact}); err != nil {
				return err
			}
			t.give()
			delete(t.x.Agreed, t.Lead)
			if err := t.askAgain(); err != nil {
				return err
			}
		}
		_, err = t.tx.Exec(t.ctx, `UPDATE submission_proposals SET state = $3, answered_at = $4, answered_by = $5, answer = $6 WHERE ref = $1 AND number = $2`,
			t.Ref, number, string(state), micro(t.now), t.by.ID, party.Tidy(answer))
		return err
	})
}

func proposals(ctx context.Context, tx *db.Tx, r *record) ([]Proposal, error) {
	rows, err := tx.Query(ctx, `SELECT number, state, base, at, by, note, answered_at, answered_by, answer, doc FROM submission_proposals WHERE ref = $1 ORDER BY number`, r.Ref)
	if err != nil {
		return nil, fmt.Errorf("proposals: %w", err)
	}
	defer rows.Close()
	var all []Proposal
	for rows.Next() {
		var p Proposal
		var at, answered int64
		var doc string
		if err := rows.Scan(&p.Number, &p.State, &p.Base, &at, &p.By, &p.Note, &answered, &p.Answerer, &p.Answer, &doc); err != nil {
			return nil, fmt.Errorf("proposals: %w", err)
		}
		if err := json.Unmarshal([]byte(doc), &p.Pledge); err != nil {
			return nil, fmt.Errorf("proposals: %w", err)
		}
		p.At, p.Answered = moment(at), moment(answered)
		all = append(all, p)
	}
	return all, rows.Err()
}

// Write adds a message to the thread; the other side is told by a letter that does not repeat it.
func (d *Desk) Write(ctx context.Context, by access.Person, ref string, words Remarks) (Submission, error) {
	return d.comment(ctx, by, ref, access.WriteThread, words)
}

// Note adds a note that the desk keeps for itself.
func (d *Desk) Note(ctx context.Context, by access.Person, ref string, words Remarks) (Submission, error) {
	return d.comment(ctx, by, ref, access.WriteNotes, words)
}

func (d *Desk) comment(ctx context.Context, by access.Person, ref string, do access.Action, words Remarks) (Submission, error) {
	return d.act(ctx, by, ref, 0, do, words, func(t *turn) error {
		side := SideInner
		if do == access.WriteThread {
			side = SideDesk
			if t.owner() {
				side = SideParty
			}
		}
		if strings.TrimSpace(words.Body) == "" && len(words.Reasons) == 0 {
			return errs.InvalidFields(errs.Field{Field: "body", Message: "is empty"})
		}
		if err := t.say(side, "message", words); err != nil {
			return err
		}
		if side == SideDesk {
			t.answered()
			if err := t.letterToParty("pledge_message", t.Lead, nil); err != nil {
				return err
			}
		}
		return t.quiet()
	})
}

// quiet writes what the action has changed beside the submission, without a new version: whoever
// has the page open is not in the way.
func (t *turn) quiet() error {
	if err := t.store(); err != nil {
		return err
	}
	return errNothing
}

// say writes into the thread.
func (t *turn) say(side, kind string, words Remarks) error {
	for _, key := range words.Reasons {
		if !slices.Contains(Reasons, key) {
			return errs.InvalidFields(errs.Field{Field: "reasons", Value: party.Glimpse(key), Message: "must be one of " + strings.Join(Reasons, ", ")})
		}
	}
	text := party.Tidy(words.Body)
	if found := (party.Words{Max: 5_000, Lines: true}).Check("body", text); len(found) > 0 {
		return errs.InvalidFields(found...)
	}
	if !lang.Known(string(words.Language)) {
		words.Language = languageOf(t.by)
	}
	_, err := t.tx.Exec(t.ctx, `INSERT INTO submission_messages (ref, number, at, by, side, kind, language, reasons, body)
		SELECT $1, count(*) + 1, $2, $3, $4, $5, $6, $7, $8 FROM submission_messages WHERE ref = $1`,
		t.Ref, micro(t.now), t.by.ID, side, kind, string(words.Language), strings.Join(words.Reasons, " "), text)
	return err
}

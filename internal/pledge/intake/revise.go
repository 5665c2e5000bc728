package intake

import (
	"context"
	"errors"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/pledge"
)

// stands is what the register has of a public pledge, and whether the text that the party works
// on, or has submitted as the next version, says something else.
func (r *record) stands(ctx context.Context, tx *db.Tx) (p pledge.Pledge, revised bool, err error) {
	if r.State != pledge.StatePublished && r.State != pledge.StateRevisionSubmitted {
		return p, false, nil
	}
	c, err := pledge.Get(ctx, tx, r.Published)
	switch {
	case errs.Is(err, errs.Gone):
		return p, false, nil
	case err != nil:
		return p, false, err
	}
	p = c.Pledge
	p.Notice = nil // it was of that version
	text := r.payload(r.text)
	if len(text.Parties) == 1 && p.Form == pledge.Individual && text.Form != pledge.Matching {
		text.Form = p.Form // the others have left: the form changed without the party
	}
	return p, len(pledge.Changes(p.Tidied(), text)) > 0, nil
}

// unclaimed is a text as it is kept. One that says what is public leaves it with whom it was: a
// party that changes nothing has neither attached the objectives nor written the words.
func (t *turn) unclaimed(p pledge.Pledge) (pledge.Pledge, error) {
	if t.State != pledge.StatePublished {
		return p, nil
	}
	c, err := pledge.Get(t.ctx, t.tx, t.Published)
	if errs.Is(err, errs.Gone) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	c.Pledge.Notice = nil // it was of that version
	same := p
	same.TextBy, same.ObjectivesBy = c.Pledge.TextBy, c.Pledge.ObjectivesBy
	if len(pledge.Changes(c.Pledge.Tidied(), t.payload(body{Pledge: same, Public: t.text.Public}))) > 0 {
		return p, nil
	}
	return same, nil
}

// DiscardRevision puts back what is public where a party has begun to change it and has not
// submitted it. What it wrote is kept in the history; files that only the secretariat may have
// stay attached.
func (d *Desk) DiscardRevision(ctx context.Context, by access.Person, ref string, ifVersion int) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.WritePledge, nil, func(t *turn) error {
		stands, revised, err := t.stands(t.ctx, t.tx)
		if err != nil {
			return err
		}
		if t.State != pledge.StatePublished || !revised {
			return errs.New(errs.Conflict, "%s is not being revised", t.Ref).WithKey("work.not_now")
		}
		text := body{Pledge: stands, Contact: t.text.Contact, Public: hashes(stands.Attachments)}
		for _, f := range t.text.Pledge.Attachments {
			if _, err := attachment(stands, f.SHA256); errs.Is(err, errs.NotFound) {
				text.Pledge.Attachments = append(text.Pledge.Attachments, f)
			}
		}
		if err := t.write(text); err != nil && !errors.Is(err, errNothing) {
			return err
		}
		t.editor = ""
		return nil
	})
}

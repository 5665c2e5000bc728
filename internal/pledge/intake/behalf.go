package intake

import (
	"context"
	"slices"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/pledge"
)

// Enter begins a pledge that the desk enters on behalf of a party. What was announced from the
// floor stands apart as "announced, text awaited", and is counted nowhere until the party has
// confirmed it.
func (d *Desk) Enter(ctx context.Context, by access.Person, b Beginning, how Received) (out Submission, err error) {
	defer errs.Wrap(&err, "enter a pledge")
	err = d.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out = Submission{}
		today := day(tx.Now())
		if err := access.Check(by, access.EnterPledge, access.Subject{Lead: b.Lead}, today); err != nil {
			return err
		}
		if err := errs.InvalidFields(how.findings(today)...); err != nil {
			return err
		}
		done, known, err := d.known(ctx, tx, by, access.EnterPledge, "", 0, []any{b, how})
		if err != nil {
			return err
		}
		if known {
			out, err = d.seen(ctx, tx, by, done)
			return err
		}
		t, err := d.begin(ctx, tx, by, access.EnterPledge, b)
		if err != nil {
			return err
		}
		how.By = by.ID
		t.x.Received, t.Awaited, t.x.Steps = &how, how.How == ByFloor, nil
		err = t.run(func(t *turn) error {
			if err := t.write(body{Pledge: b.Pledge, Contact: b.Contact}); err != nil {
				return err
			}
			t.give()
			if t.Awaited {
				return t.letterToParty("pledge_entered", t.Lead, nil)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := d.remember(ctx, tx, by, t.record); err != nil {
			return err
		}
		out, err = d.view(ctx, tx, by, t.record)
		return err
	})
	return out, err
}

func (r Received) findings(today string) (found []errs.Field) {
	if !slices.Contains(Ways, r.How) {
		found = append(found, errs.Field{Field: "how", Value: r.How, Message: "must be one of " + strings.Join(Ways, ", ")})
	}
	if on, ok := pledge.ParseDate(r.On); !ok || on.Day == 0 || r.On > today {
		found = append(found, errs.Field{Field: "on", Message: "must be the day on which it was received, not later than today"})
	}
	if len(r.Reference) > 300 || len(r.Scan) > 300 {
		found = append(found, errs.Field{Field: "reference", Message: "is too long"})
	}
	return found
}

// Register counts as submitted what the desk has entered from a note, a letter or a mail. What
// was announced from the floor waits for the party.
func (d *Desk) Register(ctx context.Context, by access.Person, ref string, ifVersion int) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.EnterPledge, nil, func(t *turn) error {
		if t.x.Received == nil || t.x.Taken || t.State != pledge.StateDraft {
			return errs.New(errs.Conflict, "it is not with the desk").WithKey("work.not_now")
		}
		if t.Awaited {
			return errs.New(errs.Conflict, "it was announced, and its text is awaited").WithKey("work.blocked.awaited")
		}
		return t.submit(pledge.Submit)
	})
}

// Confirm says that the party stands by what the desk has entered. A draft is submitted with it.
func (d *Desk) Confirm(ctx context.Context, by access.Person, ref string, ifVersion int) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.ConfirmPledge, nil, func(t *turn) error {
		if t.x.Received == nil {
			return errs.New(errs.Conflict, "nobody entered it on behalf of the party").WithKey("work.not_now")
		}
		if t.x.Confirmed != nil {
			return errNothing
		}
		t.x.Confirmed = &Mark{t.by.ID, t.now}
		t.Awaited = false
		if t.State != pledge.StateDraft {
			return nil
		}
		if err := t.cleared(); err != nil {
			return err
		}
		t.x.Taken = true
		return t.submit(pledge.Submit)
	})
}

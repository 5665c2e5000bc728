package intake

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/pledge"
)

// Schedule accepts a submission for publication at a minute. Until then nobody outside the desk
// and the party knows.
func (d *Desk) Schedule(ctx context.Context, by access.Person, ref string, ifVersion int, at time.Time) (Submission, error) {
	at = at.UTC().Truncate(time.Minute)
	return d.act(ctx, by, ref, ifVersion, access.SchedulePledge, at, func(t *turn) error {
		if !at.After(t.now) {
			return errs.InvalidFields(errs.Field{Field: "publish_at", Message: "must be a minute to come"})
		}
		about, err := d.facts(t.ctx, t.tx, map[string]*record{t.Ref: t.record})
		if err != nil {
			return err
		}
		if err := blockedError(t.Ref, t.blocked(about, t.by)); err != nil {
			return err
		}
		found := pledge.Rules{Pack: d.pack(), Mode: pledge.ByForm, Party: lookup(t.ctx, t.tx).find}.Pledge(t.payload(t.text))
		if err := errs.InvalidFields(found...); err != nil {
			return err
		}
		t.PublishAt = at
		t.answered()
		return t.step(pledge.Schedule)
	})
}

// Unschedule recalls what was scheduled.
func (d *Desk) Unschedule(ctx context.Context, by access.Person, ref string, ifVersion int) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.UnschedulePledge, nil, func(t *turn) error {
		t.PublishAt = time.Time{}
		return t.step(pledge.Unschedule)
	})
}

// PublishDue publishes what was scheduled for a minute that has come. What cannot be published
// (a clearance that ran out, say) stays scheduled, and the error names it.
func (d *Desk) PublishDue(ctx context.Context) (published int, err error) {
	var refs []string
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		refs = nil
		rows, err := tx.Query(ctx, `SELECT ref FROM submissions WHERE state = $1 AND publish_at <= $2 ORDER BY publish_at, ref`, string(pledge.StateScheduled), micro(tx.Now()))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var ref string
			if err := rows.Scan(&ref); err != nil {
				return err
			}
			refs = append(refs, ref)
		}
		return rows.Err()
	})
	if err != nil {
		return 0, fmt.Errorf("what is due: %w", err)
	}
	orders := make([]*order, len(refs))
	for i, ref := range refs {
		orders[i] = &order{ctx: ctx, ref: ref, done: make(chan struct{})}
	}
	d.enqueue(orders...)
	var failed []error
	for _, o := range orders {
		<-o.done
		if o.err != nil {
			failed = append(failed, o.err)
			continue
		}
		published++
	}
	return published, errors.Join(failed...)
}

// Restored takes back what is scheduled in a database that was loaded from a backup: it may have
// been recalled or published after the backup was made, and what is published cannot be recalled.
func (d *Desk) Restored(ctx context.Context, tx *db.Tx) (unscheduled int, err error) {
	defer errs.Wrap(&err, "take back what is scheduled")
	var refs []string
	err = each(ctx, tx, `SELECT ref FROM submissions WHERE state = $1 ORDER BY ref`, []any{string(pledge.StateScheduled)}, func(scan func(...any) error) error {
		var ref string
		err := scan(&ref)
		refs = append(refs, ref)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, ref := range refs {
		r, err := load(ctx, tx, ref, true)
		if err != nil {
			return 0, err
		}
		err = d.turn(ctx, tx, access.Operator(), access.UnschedulePledge, r).run(func(t *turn) error {
			t.PublishAt = time.Time{}
			return t.step(pledge.Unschedule)
		})
		if err != nil {
			return 0, err
		}
	}
	return len(refs), nil
}

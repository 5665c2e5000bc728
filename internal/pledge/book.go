package pledge

import (
	"context"

	"stocktake/internal/db"
	"stocktake/internal/errs"
)

// Publish publishes a pledge for the first time and gives it its id.
func (b Book) Publish(ctx context.Context, tx *db.Tx, t Terms, p Pledge) (out Outcome, err error) {
	defer errs.Wrap(&err, "publish pledge")
	return b.one(ctx, tx, t, func(batch *Batch) (Outcome, error) {
		p := p.Tidied()
		p.Status, p.Notice, p.SupersededBy = Published, nil, ""
		if old, err := batch.standing(p.ID); err != nil {
			return Outcome{}, err
		} else if old != nil {
			return Outcome{}, errs.New(errs.Conflict, "there is a pledge %s already; an id is never used again", p.ID)
		}
		return batch.first(p, "", t.Effective)
	})
}

// Revise publishes a new version of a pledge. A version that says the same is refused. A
// notice may tell the public what was corrected; alone it is no new version.
func (b Book) Revise(ctx context.Context, tx *db.Tx, t Terms, p Pledge) (out Outcome, err error) {
	defer errs.Wrap(&err, "revise pledge %s", p.ID)
	return b.one(ctx, tx, t, func(batch *Batch) (Outcome, error) {
		p := p.Tidied()
		p.Status, p.SupersededBy = Published, ""
		old, err := batch.standingOpen(p.ID)
		if err != nil {
			return Outcome{}, err
		}
		if err := t.sameVersion(p.ID, old); err != nil {
			return Outcome{}, err
		}
		sum, err := digestOf(p)
		if err != nil {
			return Outcome{}, err
		}
		if sum == old.digest {
			return Outcome{What: Unchanged, ID: p.ID}, nil
		}
		return batch.again(p, old, t.Effective)
	})
}

// Withdraw ends a pledge; see Batch.Withdraw.
func (b Book) Withdraw(ctx context.Context, tx *db.Tx, t Terms, id string, why Notice) (Outcome, error) {
	return b.one(ctx, tx, t, func(batch *Batch) (Outcome, error) { return batch.Withdraw(t, id, why) })
}

// Supersede ends a pledge in favour of another one that stands.
func (b Book) Supersede(ctx context.Context, tx *db.Tx, t Terms, id, by string, why Notice) (Outcome, error) {
	return b.one(ctx, tx, t, func(batch *Batch) (Outcome, error) { return batch.Supersede(t, id, by, why) })
}

// Report publishes a progress report; one that says what the latest says is refused.
func (b Book) Report(ctx context.Context, tx *db.Tx, t Terms, r Report) (out Outcome, err error) {
	defer errs.Wrap(&err, "report on pledge %s", r.Pledge)
	return b.one(ctx, tx, t, func(batch *Batch) (Outcome, error) { return batch.Report(t.Effective, r) })
}

// Translate publishes a translation of the latest version; the same again is refused.
func (b Book) Translate(ctx context.Context, tx *db.Tx, t Terms, tr Translation) (out Outcome, err error) {
	defer errs.Wrap(&err, "translate pledge %s", tr.Pledge)
	return b.one(ctx, tx, t, func(batch *Batch) (Outcome, error) { return batch.Translate(t.Effective, tr) })
}

// one does one thing in a batch of its own, and refuses where it changed nothing.
func (b Book) one(ctx context.Context, tx *db.Tx, t Terms, do func(*Batch) (Outcome, error)) (Outcome, error) {
	batch, err := b.Batch(ctx, tx, t)
	if err != nil {
		return Outcome{}, err
	}
	out, err := do(batch)
	if err != nil {
		return Outcome{}, err
	}
	if out.What == Unchanged {
		return Outcome{}, errs.New(errs.Conflict, "pledge %s says that already; nothing was published", out.ID).WithKey("pledge.unchanged")
	}
	return out, batch.Finish()
}

func (t Terms) sameVersion(id string, s *standing) error {
	if t.IfVersion != 0 && t.IfVersion != s.version {
		return errs.New(errs.Conflict, "pledge %s is at version %d by now, not %d", id, s.version, t.IfVersion).WithKey("pledge.changed_meanwhile")
	}
	return nil
}

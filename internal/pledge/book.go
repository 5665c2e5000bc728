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

// Withdraw ends a pledge. It leaves the totals from that day; its page stays, with the notice
// and the history.
func (b Book) Withdraw(ctx context.Context, tx *db.Tx, t Terms, id string, why Notice) (out Outcome, err error) {
	defer errs.Wrap(&err, "withdraw pledge %s", id)
	return b.end(ctx, tx, t, id, func(batch *Batch, p *Pledge) error {
		p.Status, p.Notice = Withdrawn, &why
		return nil
	})
}

// Supersede ends a pledge in favour of another one that stands.
func (b Book) Supersede(ctx context.Context, tx *db.Tx, t Terms, id, by string, why Notice) (out Outcome, err error) {
	defer errs.Wrap(&err, "supersede pledge %s", id)
	return b.end(ctx, tx, t, id, func(batch *Batch, p *Pledge) error {
		other, err := batch.standing(by)
		if err != nil {
			return err
		}
		if other == nil || other.status != Published || by == id {
			return errs.InvalidFields(errs.Field{Field: "superseded_by", Value: by, Message: "must be the id of another pledge that stands"})
		}
		p.Status, p.SupersededBy, p.Notice = Superseded, by, &why
		return nil
	})
}

// end publishes the last version of a pledge. What it said may break rules that are newer than
// it, and it can end all the same: only what the end adds is held to them.
func (b Book) end(ctx context.Context, tx *db.Tx, t Terms, id string, change func(*Batch, *Pledge) error) (Outcome, error) {
	return b.one(ctx, tx, t, func(batch *Batch) (Outcome, error) {
		old, err := batch.standingOpen(id)
		if err != nil {
			return Outcome{}, err
		}
		if err := t.sameVersion(id, old); err != nil {
			return Outcome{}, err
		}
		p, err := batch.content(id)
		if err != nil {
			return Outcome{}, err
		}
		if err := change(batch, &p); err != nil {
			return Outcome{}, err
		}
		p = p.Tidied()
		var f findings
		batch.rules.status(&f, p)
		if err := batch.check(f); err != nil {
			return Outcome{}, err
		}
		return batch.append(p, old, t.Effective)
	})
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
	batch, err := b.open(ctx, tx, t)
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

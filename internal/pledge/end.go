package pledge

import "stocktake/internal/errs"

// Withdraw ends a pledge. It leaves the totals from that day; its page stays, with the notice
// and the history. Of the terms, effective and version are of this call.
func (b *Batch) Withdraw(t Terms, id string, why Notice) (out Outcome, err error) {
	defer errs.Wrap(&err, "withdraw pledge %s", id)
	return b.end(t, id, func(p *Pledge) error {
		p.Status, p.Notice = Withdrawn, &why
		return nil
	})
}

// Supersede ends a pledge in favour of another one that stands. Of the terms, effective and
// version are of this call.
func (b *Batch) Supersede(t Terms, id, by string, why Notice) (out Outcome, err error) {
	defer errs.Wrap(&err, "supersede pledge %s", id)
	return b.end(t, id, func(p *Pledge) error {
		other, err := b.standing(by)
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
func (b *Batch) end(t Terms, id string, change func(*Pledge) error) (Outcome, error) {
	old, err := b.standingOpen(id)
	if err != nil {
		return Outcome{}, err
	}
	if err := t.sameVersion(id, old); err != nil {
		return Outcome{}, err
	}
	p, err := b.content(id)
	if err != nil {
		return Outcome{}, err
	}
	if err := change(&p); err != nil {
		return Outcome{}, err
	}
	p = p.Tidied()
	var f findings
	b.rules.status(&f, p)
	if err := b.check(f); err != nil {
		return Outcome{}, err
	}
	return b.append(p, old, t.Effective)
}

package followup

import (
	"context"
	"slices"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/party"
)

// While a report waits, the pledge goes on: it may end, and the party that reported may leave it.
// What can no longer be published counts as stopped from that moment, for whoever looks; it is
// written down by who makes the change (Left), by the next who decides on it, or by PublishDue.

// orphaned is why a report that waits can no longer be published; "" where it can. ended says that
// the pledge is no more, parties are those that make it.
func orphaned(f Filed, ended bool, parties []string) string {
	switch {
	case f.State != Waiting:
		return ""
	case ended:
		return StoppedByEnd
	case f.Report.ReportedBy != "" && !names(parties, f.Report.ReportedBy):
		return StoppedByLeaving
	}
	return ""
}

func (m matter) orphaned(f Filed) string { return orphaned(f, m.life.Ended, m.Parties) }

// names reports whether the party, its whole or a part of it is among those that make a pledge:
// those that a report on it may come from.
func names(parties []string, code string) bool {
	return slices.ContainsFunc(parties, func(p string) bool { return party.Root(p) == party.Root(code) })
}

func (m matter) names(code string) bool { return names(m.Parties, code) }

// seen is the report as it stands, whether or not that was written down.
func (m matter) seen(f Filed) Filed {
	if why := m.orphaned(f); why != "" {
		f.State, f.Reason = Stopped, why
	}
	return f
}

// waiting is the report on a pledge that waits and can be published; nil where there is none.
func (o *Office) waiting(ctx context.Context, tx *db.Tx, m matter) (*Filed, error) {
	f, err := o.filed(ctx, tx, `WHERE pledge = $1 AND state = $2`, m.ID, string(Waiting))
	switch {
	case errs.Is(err, errs.NotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case m.orphaned(f) != "":
		return nil, nil
	}
	return &f, nil
}

// Left stops the report of a party that leaves a pledge, or whatever waits where the pledge ends
// and code is "". It belongs into the transaction that does so, before anything is published: a
// confirmation, too, takes the report first and the register's head after it.
func (o *Office) Left(ctx context.Context, tx *db.Tx, id, code string) (err error) {
	defer errs.Wrap(&err, "stop what waits on %s", id)
	f, err := o.filed(ctx, tx, `WHERE pledge = $1 AND state = $2`+tx.ForUpdate(), id, string(Waiting))
	switch {
	case errs.Is(err, errs.NotFound):
		return nil
	case err != nil:
		return err
	}
	m, err := o.matter(ctx, tx, id)
	if err != nil {
		return err
	}
	m.Parties = slices.DeleteFunc(slices.Clone(m.Parties), func(p string) bool { return p == code })
	why := orphaned(f, code == "", m.Parties)
	if why == "" {
		return nil
	}
	f.Changed = tx.Now()
	f.Version++
	return o.stop(ctx, tx, m, &f, why)
}

// TakeBack stops a report that waits at the wish of who filed it. The report is asked for as
// before.
func (o *Office) TakeBack(ctx context.Context, by access.Person, report string) (f Filed, err error) {
	defer errs.Wrap(&err, "take back report %s", report)
	err = o.DB.Write(ctx, func(tx *db.Tx) error {
		if f, err = o.filed(ctx, tx, `WHERE id = $1`+tx.ForUpdate(), report); err != nil {
			return err
		}
		m, err := o.matter(ctx, tx, f.Pledge)
		if err != nil {
			return err
		}
		if _, err := speaker(m, by, access.ReadReport, today(tx)); err != nil && f.Person != by.ID {
			return err // whose party has left takes it back all the same
		}
		switch {
		case f.Person != by.ID:
			return errs.New(errs.Forbidden, "%s did not file report %s", by.ID, report).WithKey("access.not_allowed")
		case f.State != Waiting:
			return errs.New(errs.Conflict, "report %s is %s", report, f.State).WithKey("follow.confirm.late")
		}
		f.Changed = tx.Now()
		f.Version++
		why := m.orphaned(f)
		if why == "" {
			why = StoppedByAuthor
		}
		return o.stop(ctx, tx, m, &f, why)
	})
	return f, err
}

// decides refuses who is no second contact of a report: one speaks for the party that reported, as
// far as the pledge is its own, or for the lead.
func (m matter) decides(by access.Person, f Filed, day string) error {
	for c := f.Party; c != "" && m.names(c); c = party.ParentOf(c) {
		if _, ok := by.FocalPoint(c, day); ok {
			return access.Check(by, access.ConfirmReport, access.Subject{State: m.state(), Lead: c}, day)
		}
	}
	_, err := speaker(m, by, access.ConfirmReport, day)
	return err
}

// MayDecide refuses who can neither confirm a report that waits nor object to it.
func (o *Office) MayDecide(ctx context.Context, by access.Person, f Filed) error {
	return o.DB.Read(ctx, func(tx *db.Tx) error {
		m, err := o.matter(ctx, tx, f.Pledge)
		if err != nil {
			return err
		}
		return m.decides(by, f, today(tx))
	})
}

// Seconds are the other contacts of the party that reported, who can confirm a report that waits.
// Who they are is told to those who speak for the party and to the desk; known is false for others.
func (o *Office) Seconds(ctx context.Context, by access.Person, f Filed) (people []access.Person, known bool, err error) {
	err = o.DB.Read(ctx, func(tx *db.Tx) error {
		day := today(tx)
		who, all, err := o.contacts(ctx, tx, f.Party, day)
		if err != nil {
			return err
		}
		_, own := by.FocalPoint(who, day)
		known = own || access.May(by, access.ReadContacts, access.Subject{}, day)
		people = slices.DeleteFunc(slices.Clone(all), func(p access.Person) bool { return p.ID == f.Person })
		return nil
	})
	if !known {
		people = nil
	}
	return people, known, err
}

// Awaits says what a report that waits does so for: alone where there is nobody, neither of the
// party nor of the lead, who could confirm it before its time; review where only the secretariat is
// still to decide, which has the party on hold.
func (o *Office) Awaits(ctx context.Context, f Filed) (alone, review bool, err error) {
	err = o.DB.Read(ctx, func(tx *db.Tx) error {
		m, err := o.matter(ctx, tx, f.Pledge)
		if err != nil {
			return err
		}
		others, err := o.others(ctx, tx, m, f)
		if err != nil {
			return err
		}
		alone, review = len(others) == 0, false
		if f.Reviewed(tx.Now()) { // or due, and published with the next run
			review, err = o.withheld(ctx, tx, f)
		}
		return err
	})
	return alone, review, err
}

package followup

import (
	"cmp"
	"context"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
)

// The desk asks about a pledge whenever it wants to. Where the calendar asks, its request is the
// one that is written about; where it does not, the desk makes one of its own, which the calendar
// sends no letters about and which is never overdue: what the public reads of who was asked and
// has not answered follows from the rounds of the pack and the register alone.

// Asking is what the desk would write about a pledge, and to whom.
type Asking struct {
	Request Request
	People  []access.Person // all contacts of the lead, in their order

	m    matter
	who  string // the party that they speak for
	last string // the last letter of the request
	sent string // the day of the last letter about the pledge
}

// Asking says to whom AskNow would write; the error of AskNow where it would not.
func (o *Office) Asking(ctx context.Context, by access.Person, id string) (a Asking, err error) {
	defer errs.Wrap(&err, "who is asked about %s", id)
	err = o.DB.Read(ctx, func(tx *db.Tx) error {
		a, err = o.asking(ctx, tx, by, id)
		return err
	})
	return a, err
}

// AskNow writes to all contacts of the lead at once, as the desk wants it, whatever the days of
// the calendar; not twice on one day, and not within a week of a report. What the calendar sends
// next it sends after a pause, as ever.
func (o *Office) AskNow(ctx context.Context, by access.Person, id string) (letters int, err error) {
	defer errs.Wrap(&err, "ask about %s", id)
	err = o.DB.Write(ctx, func(tx *db.Tx) error {
		letters = 0
		// Who comes second waits here for the first.
		if _, err := column(ctx, tx, `SELECT id FROM pledges WHERE id = $1`+tx.ForUpdate(), id); err != nil {
			return err
		}
		a, err := o.asking(ctx, tx, by, id)
		if err != nil {
			return err
		}
		if err := o.settle(ctx, tx, a.m, a.Request.Key); err != nil {
			return err
		}
		if _, _, err := o.request(ctx, tx, a.m, a.Request); err != nil {
			return err
		}
		day := today(tx)
		step, letter := cmp.Or(a.last, "asked"), LetterRequest
		if a.Request.Overdue(day) {
			letter = LetterOverdue
			if a.last != "escalated" {
				step = "overdue"
			}
		}
		for _, p := range a.People {
			if err := o.askOne(ctx, tx, a.m, a.Request, a.who, p, letter); err != nil {
				return err
			}
			letters++
		}
		_, err = tx.Exec(ctx, `UPDATE followup_requests SET step = $1, sent = $2 WHERE pledge = $3 AND request = $4`, step, day, id, a.Request.Key)
		return err
	})
	return letters, err
}

func (o *Office) asking(ctx context.Context, tx *db.Tx, by access.Person, id string) (a Asking, err error) {
	day := today(tx)
	if a.m, err = o.matter(ctx, tx, id); err != nil {
		return a, err
	}
	if _, err := speaker(a.m, by, access.RequestReport, day); err != nil {
		return a, err
	}
	waits, err := o.waiting(ctx, tx, a.m)
	if err != nil {
		return a, err
	}
	r, asked := o.Calendar.Current(a.m.life, day)
	reported := len(a.m.life.Reports) > 0 && day < addDays(a.m.life.Heard(), pause)
	if waits != nil || a.m.life.Over() || !asked && reported {
		return a, errs.New(errs.Conflict, "there is nothing to ask about %s", id).WithKey("follow.ask.nothing")
	}
	if !asked {
		if r, asked, err = o.standing(ctx, tx, a.m, day); err != nil {
			return a, err
		}
		if !asked || day > r.Due {
			r = extra(day)
		}
	}
	a.Request = r
	if a.who, a.People, err = o.reachable(ctx, tx, a.m.Lead(), day); err != nil {
		return a, err
	}
	err = each(ctx, tx, func(scan func(...any) error) error {
		var request, step, sent string
		if err := scan(&request, &step, &sent); err != nil {
			return err
		}
		if request == r.Key {
			a.last = step
		}
		a.sent = max(a.sent, sent)
		return nil
	}, `SELECT request, step, sent FROM followup_requests WHERE pledge = $1`, id)
	switch {
	case err != nil:
		return a, err
	case len(a.People) == 0:
		return a, errs.New(errs.Conflict, "nobody can be asked about %s", id).WithKey("follow.ask.nobody")
	case a.sent == day:
		return a, errs.New(errs.Conflict, "a letter about %s went out today", id).WithKey("follow.ask.today")
	}
	return a, nil
}

// standing is the request that stands on a pledge: of the calendar, or the one that the desk has
// made outside of it.
func (o *Office) standing(ctx context.Context, tx *db.Tx, m matter, day string) (r Request, ok bool, err error) {
	extras, err := extrasOf(ctx, tx, `AND pledge = $3`, m.ID)
	if err != nil {
		return r, false, err
	}
	r, ok = o.Calendar.Standing(m.life, extras[m.ID].unanswered(m.life), extras[m.ID].sent, day)
	return r, ok, nil
}

// asked is a request that the desk has made outside of the calendar.
type asked struct {
	request Request
	sent    string // the day of its last letter
	known   int    // how many reports there were
}

// unanswered is the request unless a report has come in since, and be it by import.
func (e asked) unanswered(l Life) Request {
	if len(l.Reports) > e.known {
		return Request{}
	}
	return e.request
}

// extrasOf are those that nobody has answered, by pledge: the one made last of each.
func extrasOf(ctx context.Context, tx *db.Tx, where string, args ...any) (map[string]asked, error) {
	all := map[string]asked{}
	err := each(ctx, tx, func(scan func(...any) error) error {
		var id string
		var e asked
		err := scan(&id, &e.request.Key, &e.request.Asked, &e.request.Due, &e.sent, &e.known)
		all[id] = e
		return err
	}, `SELECT pledge, request, asked, due, sent, known FROM followup_requests WHERE state = $1 AND request LIKE $2 `+where+` ORDER BY asked`,
		append([]any{requestOpen, deskKey + "%"}, args...)...)
	return all, err
}

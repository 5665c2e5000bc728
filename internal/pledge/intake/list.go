package intake

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/pledge"
)

// List is what the person may see of what the filter finds, so many from an offset, and how many
// there are in all. The longest waiting come first.
func (d *Desk) List(ctx context.Context, by access.Person, f Filter, offset, limit int) (rows []Row, total int, err error) {
	defer errs.Wrap(&err, "list submissions")
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		rows, total = nil, 0
		today := day(tx.Now())
		where, args, mine, err := f.where(by, today)
		if err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM submissions s WHERE `+where, args...).Scan(&total); err != nil {
			return err
		}
		order := `CASE WHEN submitted = 0 THEN changed ELSE submitted END, ref`
		if f.Newest {
			order = `changed DESC, ref`
		}
		query := fmt.Sprintf(`SELECT %s FROM submissions s WHERE %s ORDER BY %s LIMIT %d OFFSET %d`, recordColumns, where, order, max(0, limit), max(0, offset))
		var records []*record
		err = each(ctx, tx, query, args, func(scan func(...any) error) error {
			r, err := scanRecord(scan)
			records = append(records, r)
			return err
		})
		if err != nil {
			return err
		}
		for _, r := range records {
			if mine {
				if r.Invitations, err = invitations(ctx, tx, r.Ref); err != nil {
					return err
				}
			}
			row, err := d.row(ctx, tx, by, r)
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
		return nil
	})
	return rows, total, err
}

func (d *Desk) row(ctx context.Context, tx *db.Tx, by access.Person, r *record) (Row, error) {
	row := Row{
		Ref: r.Ref, State: r.State, Version: r.Version, Lead: r.Lead, LeadKind: r.kind, Title: r.text.Pledge.Title, Language: r.text.Pledge.Language,
		Call: r.Call, Late: r.Late, Awaited: r.Awaited, Published: r.Published, Changed: r.Changed, Submitted: r.Submitted, First: r.First, Responded: r.Responded,
	}
	who := r.sidesOf(by, day(tx.Now()))
	left, gone := r.leftOn(who)
	switch {
	case who.lead || who.named:
		row.Again = slices.ContainsFunc(r.Invitations, func(in Invitation) bool { return slices.Contains(who.parties, in.Party) && r.askedAgain(in) })
		stands, revised, err := r.stands(ctx, tx)
		if revised {
			row.Revised, row.Title, row.Language = true, stands.Title, stands.Language
		}
		return row, err
	case who.invited:
		row.Title, row.Language, row.Invited = "", "", Unanswered
		return row, nil
	case gone && !who.desk:
		return r.rowLeft(ctx, tx, who, left)
	}
	b, err := r.given()
	if err != nil {
		return Row{}, err
	}
	row.Title, row.Language = b.Pledge.Title, b.Pledge.Language
	row.Assigned, row.PublishAt, row.Taken = r.Assigned, r.PublishAt, r.x.Taken && r.State == pledge.StateDraft
	row.Announced = row.Taken && r.x.Announced != ""
	return row, nil
}

// leftOn is when the last of somebody's parties that took part has left.
func (r *record) leftOn(who sides) (on time.Time, gone bool) {
	for _, in := range r.Invitations {
		if in.State == Left && slices.Contains(who.parties, in.Party) && !on.After(in.Answered) {
			on, gone = in.Answered, true
		}
	}
	return on, gone
}

// rowLeft is the line of a pledge that somebody's party has left: as it was then, for who led it;
// for another party what the public sees, and no way to the submission.
func (r *record) rowLeft(ctx context.Context, tx *db.Tx, who sides, on time.Time) (Row, error) {
	row := Row{State: publicState(r.State), Lead: r.Lead, LeadKind: r.kind, Published: r.Published, Changed: on, Left: on}
	if !who.former {
		c, err := pledge.Get(ctx, tx, r.Published)
		if errs.Is(err, errs.Gone) {
			return row, nil
		}
		row.Title, row.Language = c.Title, c.Language
		return row, err
	}
	sees, err := r.sights(ctx, tx, who)
	if err != nil {
		return Row{}, err
	}
	was, err := r.asLeft(ctx, tx, who, sees)
	row.Ref, row.Version, row.Title, row.Language = r.Ref, r.Version, was.Pledge.Title, was.Pledge.Language
	return row, err
}

// publicState is that of a public pledge as everybody knows it: that a new version waits is not
// among it.
func publicState(s pledge.State) pledge.State {
	if s == pledge.StateRevisionSubmitted {
		return pledge.StatePublished
	}
	return s
}

// where is the condition of a filter for a person: what the party works on, or what the desk has
// been given.
func (f Filter) where(by access.Person, today string) (string, []any, bool, error) {
	var args []any
	param := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	list := func(values []string) string {
		all := make([]string, len(values))
		for i, v := range values {
			all[i] = param(v)
		}
		return "(" + strings.Join(all, ", ") + ")"
	}
	var all []string
	mine := f.Mine || access.Enter(by, access.EnterDesk, today) != nil || !by.Has(access.Reviewer, today) && !by.Has(access.Observer, today)
	if mine {
		if err := access.Enter(by, access.EnterMy, today); err != nil {
			return "", nil, true, err
		}
		own := by.Parties(today)
		parts := []string{`s.lead IN ` + list(own), `s.ref IN (SELECT ref FROM submission_invitations WHERE state IN ('unanswered', 'confirmed') AND party IN ` + list(own) + `)`}
		if f.Left {
			parts = append(parts, `s.state IN ('published', 'revision_submitted', 'withdrawn', 'superseded') AND s.published <> '' AND s.ref IN (SELECT ref FROM submission_invitations WHERE state = 'left' AND party IN `+list(own)+`)`)
		}
		all = append(all, `(`+strings.Join(parts, " OR ")+`)`)
	} else {
		all = append(all, `s.sent <> '' AND s.state <> 'abandoned'`)
	}
	in := func(column string, values []string) {
		if len(values) > 0 {
			all = append(all, column+` IN `+list(values))
		}
	}
	states := make([]string, len(f.States))
	for i, s := range f.States {
		states[i] = string(s)
	}
	languages := make([]string, len(f.Languages))
	for i, l := range f.Languages {
		languages[i] = string(l)
	}
	in("s.state", states)
	in("s.call", f.Calls)
	in("s.lead_kind", f.Kinds)
	in("s.language", languages)
	if len(f.Parties) > 0 {
		var either []string
		for _, code := range f.Parties {
			either = append(either, `s.lead = `+param(code), `s.lead LIKE `+param(strings.NewReplacer(`%`, ``, `_`, ``).Replace(code)+".%"))
		}
		all = append(all, `(`+strings.Join(either, " OR ")+`)`)
	}
	switch f.Assigned {
	case "":
	case Nobody:
		all = append(all, `s.assigned = ''`)
	default:
		all = append(all, `s.assigned = `+param(f.Assigned))
	}
	if f.Late {
		all = append(all, `s.late = 1`)
	}
	if f.Awaited != nil {
		all = append(all, `s.awaited = `+param(truth(*f.Awaited)))
	}
	if !f.Before.IsZero() {
		all = append(all, `s.submitted > 0 AND s.submitted < `+param(micro(f.Before)))
	}
	return strings.Join(all, " AND "), args, mine, nil
}

// Counts says how many submissions of each state a filter finds, whatever states it names.
func (d *Desk) Counts(ctx context.Context, by access.Person, f Filter) (counts map[pledge.State]int, err error) {
	f.States = nil
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		counts = map[pledge.State]int{}
		where, args, _, err := f.where(by, day(tx.Now()))
		if err != nil {
			return err
		}
		return each(ctx, tx, `SELECT s.state, count(*) FROM submissions s WHERE `+where+` GROUP BY s.state ORDER BY s.state`, args, func(scan func(...any) error) error {
			var state pledge.State
			var n int
			err := scan(&state, &n)
			counts[state] = n
			return err
		})
	})
	return counts, err
}

// Response says how long parties wait for the secretariat's first answer.
type Response struct {
	Answered int           // submissions that have had one
	Median   time.Duration // of these
	Slowest  time.Duration
	Waiting  int           // that have had none
	Longest  time.Duration // that one of these has waited
}

// Response measures first answers to what was submitted since a moment.
func (d *Desk) Response(ctx context.Context, by access.Person, since time.Time) (out Response, err error) {
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		out = Response{}
		now := tx.Now()
		if err := access.Check(by, access.ReadFigures, access.Subject{}, day(now)); err != nil {
			return err
		}
		var took []time.Duration
		err := each(ctx, tx, `SELECT first_submitted, responded, state FROM submissions WHERE first_submitted > $1 ORDER BY first_submitted`, []any{micro(since)}, func(scan func(...any) error) error {
			var first, responded int64
			var state pledge.State
			if err := scan(&first, &responded, &state); err != nil {
				return err
			}
			switch {
			case responded > 0:
				took = append(took, moment(responded).Sub(moment(first)))
			case state == pledge.StateSubmitted:
				out.Waiting++
				out.Longest = max(out.Longest, now.Sub(moment(first)))
			}
			return nil
		})
		if err != nil || len(took) == 0 {
			return err
		}
		slices.Sort(took)
		out.Answered, out.Median, out.Slowest = len(took), took[len(took)/2], took[len(took)-1]
		return nil
	})
	return out, err
}

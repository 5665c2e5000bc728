package followup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
)

// file takes in a report that somebody has finished: it is published in this transaction, or
// waits. here is the day where they are: what is dated later is ahead of them. answered is called with the report once it has its id, and before anything is published.
// The rows of this room are changed first: publishing takes the register's head, and holds it.
func (o *Office) file(ctx context.Context, tx *db.Tx, m matter, f Filed, here string, answered func(Filed) error) (Filed, error) {
	r := f.Report.Tidied()
	r.Pledge, r.Number, r.ReportedBy = m.ID, 0, m.reporter(f.Party)
	if r.On == "" {
		r.On = here
	}
	if r.On > max(here, today(tx)) {
		return f, invalid("on", r.On, "must not be later than today")
	}
	if err := o.check(ctx, tx, m, r); err != nil {
		return f, err
	}
	f.Report, f.Entry, f.Changed = r, -1, tx.Now()
	f.Version++
	f.State = Public
	if last, ok := m.last(); waits(r.Stage) && (!ok || last.Stage != r.Stage) {
		f.State, f.PublishAt = Waiting, tx.Now().Add(Hold)
	}
	held, err := o.withheld(ctx, tx, f)
	if err != nil {
		return f, err
	}
	if held && f.State == Public {
		f.State, f.PublishAt = Waiting, tx.Now()
	}
	if err := o.put(ctx, tx, &f); err != nil {
		return f, err
	}
	if err := o.overtake(ctx, tx, f); err != nil {
		return f, err
	}
	if _, err := tx.Exec(ctx, `UPDATE followup_requests SET state = $1 WHERE pledge = $2 AND state = $3`, requestAnswered, m.ID, requestOpen); err != nil {
		return f, err
	}
	if answered != nil {
		if err := answered(f); err != nil {
			return f, err
		}
	}
	if f.State == Public {
		err := o.publish(ctx, tx, m, &f, LetterTold)
		return f, err
	}
	if f.Reviewed(tx.Now()) {
		return f, nil // there is nothing that a second contact could hasten
	}
	return f, o.askOthers(ctx, tx, m, f)
}

// withheld reports whether nothing of the party that reported is published for now.
func (o *Office) withheld(ctx context.Context, tx *db.Tx, f Filed) (bool, error) {
	if o.OnHold == nil {
		return false, nil
	}
	for _, code := range []string{f.Report.ReportedBy, f.Party} {
		if held, err := o.OnHold(ctx, tx, code); err != nil || held {
			return held, err
		}
	}
	return false, nil
}

// reporter is the party of the pledge for which somebody speaks: its ministry for a State.
func (m matter) reporter(code string) string {
	if i := slices.IndexFunc(m.Parties, func(p string) bool { return party.Root(p) == party.Root(code) }); i >= 0 && !slices.Contains(m.Parties, code) {
		return m.Parties[i]
	}
	return code
}

// check holds a report against the rules before it waits; what is published at once is held to
// them again.
func (o *Office) check(ctx context.Context, tx *db.Tx, m matter, r pledge.Report) error {
	known := party.Codes(ctx, tx)
	found := pledge.Rules{Pack: o.Pack, Mode: pledge.ByForm, Party: known.Find, Today: today(tx)}.Report(m.Pledge, r)
	if err := known.Err(); err != nil {
		return err
	}
	return errs.InvalidFields(found...)
}

// overtake stops a report that waits when another one comes in: the later word counts, and the
// earlier one is kept.
func (o *Office) overtake(ctx context.Context, tx *db.Tx, f Filed) error {
	_, err := tx.Exec(ctx, `UPDATE followup_reports SET state = $1, reason = $2, version = version + 1, changed = $3 WHERE pledge = $4 AND state = $5 AND id <> $6`,
		string(Stopped), StoppedByReport, tx.Now().UnixMicro(), f.Pledge, string(Waiting), f.ID)
	return err
}

// other is a contact who may decide on somebody's report, and the party that they speak for.
type other struct {
	access.Person
	party string
}

// others are the contacts who decide on a report that waits: the other ones of the party that
// reported and, where another party leads the pledge, those of the lead.
func (o *Office) others(ctx context.Context, tx *db.Tx, m matter, f Filed) (all []other, err error) {
	known := map[string]bool{f.Person: true}
	for _, code := range []string{f.Party, m.Lead()} {
		who, people, err := o.contacts(ctx, tx, code, today(tx))
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			if !known[p.ID] {
				known[p.ID] = true
				all = append(all, other{p, who})
			}
		}
	}
	return all, nil
}

// askOthers asks whoever decides on a report to confirm it, each by a link of their own.
func (o *Office) askOthers(ctx context.Context, tx *db.Tx, m matter, f Filed) error {
	others, err := o.others(ctx, tx, m, f)
	if err != nil {
		return err
	}
	names := party.Codes(ctx, tx)
	for _, to := range others {
		p, who := to.Person, to.party
		token, err := o.mint(ctx, tx, link{kind: toConfirm, pledge: m.ID, request: f.Request, party: who, person: p.ID, report: f.ID})
		if err != nil {
			return err
		}
		data := reported(languageOf(p), f.Report)
		if by, ok := names.Find(f.Report.ReportedBy); ok && party.Root(who) != party.Root(by.Code) {
			data["Party"] = by.Name(languageOf(p))
		} else if err := names.Err(); err != nil {
			return err
		}
		data["Until"], data["Link"] = lang.DateTime(languageOf(p), f.PublishAt), o.address(p.Language, "/r/"+token)
		if err := o.post(ctx, tx, LetterWaiting, m, who, p, data); err != nil {
			return err
		}
	}
	return nil
}

// publish puts a report into the register and tells all contacts of the party. f.State says
// Public already.
func (o *Office) publish(ctx context.Context, tx *db.Tx, m matter, f *Filed, letter string) error {
	out, err := o.Book.Report(ctx, tx, pledge.Terms{Actor: f.Report.ReportedBy, Mode: pledge.ByForm}, f.Report)
	if err != nil {
		return err
	}
	f.Number, f.Entry, f.Report.Number = out.Number, out.Position, out.Number
	if err := o.put(ctx, tx, f); err != nil {
		return err
	}
	return o.tell(ctx, tx, m, *f, letter)
}

// tell writes to all contacts of the party that reported and, where another one leads, of that.
// Where it was not published, the letter says why.
func (o *Office) tell(ctx context.Context, tx *db.Tx, m matter, f Filed, letter string) error {
	told := map[string]bool{}
	for _, code := range []string{f.Party, m.Lead()} {
		who, people, err := o.contacts(ctx, tx, code, today(tx))
		if err != nil {
			return err
		}
		for _, p := range people {
			if told[p.ID] {
				continue
			}
			told[p.ID] = true
			data := reported(languageOf(p), f.Report)
			if f.State == Stopped {
				data["Why"] = stoppedWords[f.Reason][languageOf(p)]
			}
			if err := o.post(ctx, tx, letter, m, who, p, data); err != nil {
				return err
			}
		}
	}
	return nil
}

// Confirm is the second contact's word on a report that waits, by the link of a letter: agree, and
// it is published now; object, and it is stopped and kept. Said twice it counts once; who then
// says the opposite is told that it was decided.
func (o *Office) Confirm(ctx context.Context, token string, agree bool) (f Filed, err error) {
	defer errs.Wrap(&err, "confirm")
	err = o.DB.Write(ctx, func(tx *db.Tx) error {
		l, m, did, err := o.use(ctx, tx, token, toConfirm)
		switch {
		case err != nil:
			return err
		case did != nil:
			f = *did
			if l.kind == toConfirm && agree != (f.Reason != StoppedByContact) {
				return errs.New(errs.Conflict, "report %s is %s", f.ID, f.State).WithKey("follow.confirm.late")
			}
			return nil
		}
		if err := o.spend(ctx, tx, l, l.report); err != nil {
			return err
		}
		f, err = o.second(ctx, tx, m, l.report, l.person, agree)
		return err
	})
	return f, err
}

// ConfirmBy is Confirm by somebody who has signed in.
func (o *Office) ConfirmBy(ctx context.Context, by access.Person, report string, agree bool) (f Filed, err error) {
	defer errs.Wrap(&err, "confirm report %s", report)
	err = o.DB.Write(ctx, func(tx *db.Tx) error {
		if f, err = o.filed(ctx, tx, `WHERE id = $1`, report); err != nil {
			return err
		}
		m, err := o.matter(ctx, tx, f.Pledge)
		if err != nil {
			return err
		}
		if err := m.decides(by, f, today(tx)); err != nil {
			return err
		}
		f, err = o.second(ctx, tx, m, report, by.ID, agree)
		return err
	})
	return f, err
}

func (o *Office) second(ctx context.Context, tx *db.Tx, m matter, report, person string, agree bool) (Filed, error) {
	f, err := o.filed(ctx, tx, `WHERE id = $1`+tx.ForUpdate(), report)
	switch {
	case err != nil:
		return f, err
	case f.State != Waiting:
		return f, errs.New(errs.Conflict, "report %s is %s", report, f.State).WithKey("follow.confirm.late")
	case f.Person == person && m.orphaned(f) == "":
		return f, errs.New(errs.Forbidden, "a report is confirmed by somebody else than its author").WithKey("follow.confirm.self")
	}
	f.Changed = tx.Now()
	f.Version++
	if why := m.orphaned(f); why != "" {
		err := o.stop(ctx, tx, m, &f, why)
		return f, err
	}
	f.Second = person
	if !agree {
		err := o.stop(ctx, tx, m, &f, StoppedByContact)
		return f, err
	}
	held, err := o.withheld(ctx, tx, f)
	if err != nil {
		return f, err
	}
	if held {
		f.PublishAt = tx.Now()
		return f, o.put(ctx, tx, &f)
	}
	err = o.conclude(ctx, tx, m, &f, LetterConfirmed)
	return f, err
}

// conclude publishes what has waited or, where it breaks the rules by now, stops it.
func (o *Office) conclude(ctx context.Context, tx *db.Tx, m matter, f *Filed, letter string) error {
	switch err := o.check(ctx, tx, m, f.Report); {
	case errs.Is(err, errs.Invalid):
		return o.stop(ctx, tx, m, f, ruledOut(err))
	case err != nil:
		return err
	}
	f.State, f.Reason = Public, ""
	return o.publish(ctx, tx, m, f, letter)
}

// ruledOut is why a report is stopped that breaks a rule.
func ruledOut(err error) string {
	dated := func(x errs.Field) bool {
		return strings.HasPrefix(x.Field, "evidence[") && strings.HasSuffix(x.Field, "].on")
	}
	if slices.ContainsFunc(errs.FieldsOf(err), dated) {
		return StoppedByDate
	}
	return StoppedByRules
}

// stop keeps a report from being published, and tells all contacts. The request that it answered
// stands again, unless another report has come in since.
func (o *Office) stop(ctx context.Context, tx *db.Tx, m matter, f *Filed, why string) error {
	f.State, f.Reason = Stopped, why
	if err := o.put(ctx, tx, f); err != nil {
		return err
	}
	if why != StoppedByEnd {
		_, err := tx.Exec(ctx, `UPDATE followup_requests SET state = $1 WHERE pledge = $2 AND state = $3 AND known = $4`, requestOpen, m.ID, requestAnswered, len(m.reports))
		if err != nil {
			return err
		}
	}
	return o.tell(ctx, tx, m, *f, LetterStopped)
}

// PublishDue publishes the reports that have waited for Hold. One that cannot be published any
// more, as the pledge has ended or changed, is stopped and kept; where the pledge has ended or the
// party has left it, before its time. One that fails otherwise says so (HeldUp), keeps no other from
// being published, and is tried again. It is run often, by job.
func (o *Office) PublishDue(ctx context.Context) (published int, err error) {
	defer errs.Wrap(&err, "publish reports that waited")
	var ids []string
	err = o.DB.Read(ctx, func(tx *db.Tx) (err error) {
		ids, err = o.decided(ctx, tx)
		return err
	})
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, id := range ids {
		did, err := o.releaseOrStop(ctx, id)
		if err != nil {
			failed = append(failed, fmt.Errorf("report %s: %w", id, err), o.heldUp(ctx, id))
		} else if did {
			published++
		}
	}
	return published, errors.Join(failed...)
}

func (o *Office) releaseOrStop(ctx context.Context, id string) (published bool, err error) {
	published, err = o.release(ctx, id, "")
	switch errs.KindOf(err) {
	case errs.Conflict, errs.Gone:
		return o.release(ctx, id, StoppedByEnd)
	case errs.Invalid:
		return o.release(ctx, id, ruledOut(err))
	}
	return published, err
}

// heldUp notes that a report could not be published in its time, for the desk and the party to see.
func (o *Office) heldUp(ctx context.Context, id string) error {
	return o.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE followup_reports SET reason = $1 WHERE id = $2 AND state = $3`, HeldUp, id, string(Waiting))
		return err
	})
}

// decided are the reports that wait no longer: their time has come, or they can never be published.
func (o *Office) decided(ctx context.Context, tx *db.Tx) (ids []string, err error) {
	all, err := o.list(ctx, tx, `WHERE state = $1 ORDER BY publish_at, id`, string(Waiting))
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		if f.PublishAt.After(tx.Now()) {
			c, err := pledge.Get(ctx, tx, f.Pledge)
			if err != nil && !errs.Is(err, errs.Gone) {
				return nil, err
			}
			if err == nil && orphaned(f, !c.Stands(), c.Parties) == "" {
				continue
			}
		}
		ids = append(ids, f.ID)
	}
	return ids, nil
}

// release publishes one report that has waited, or stops it where why says so.
func (o *Office) release(ctx context.Context, id, why string) (published bool, err error) {
	err = o.DB.Write(ctx, func(tx *db.Tx) error {
		published = false
		f, err := o.filed(ctx, tx, `WHERE id = $1`+tx.ForUpdate(), id)
		if err != nil || f.State != Waiting {
			return err
		}
		m, err := o.matter(ctx, tx, f.Pledge)
		if errs.Is(err, errs.Gone) { // erased: there is nobody to tell of what
			f.State, f.Reason = Stopped, StoppedByEnd
			return o.put(ctx, tx, &f)
		}
		if err != nil {
			return err
		}
		why := cmp.Or(why, m.orphaned(f))
		if why == "" && f.PublishAt.After(tx.Now()) {
			return nil
		}
		held, err := o.withheld(ctx, tx, f)
		if err != nil || held && why == "" {
			return err
		}
		f.Changed = tx.Now()
		f.Version++
		if why != "" {
			return o.stop(ctx, tx, m, &f, why)
		}
		letter := LetterConfirmed
		if !waits(f.Report.Stage) {
			letter = LetterTold // nobody was asked to confirm it
		}
		err = o.conclude(ctx, tx, m, &f, letter)
		published = f.State == Public
		return err
	})
	return published && err == nil, err
}

// Reviewed reports whether a report waits for nobody's word and no hour, but for the secretariat.
func (f Filed) Reviewed(now time.Time) bool { return f.State == Waiting && !f.PublishAt.After(now) }

// Until is how long a report still waits; zero where it does not.
func (f Filed) Until(now time.Time) time.Duration {
	if f.State != Waiting {
		return 0
	}
	return max(0, f.PublishAt.Sub(now))
}

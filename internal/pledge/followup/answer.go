package followup

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"reflect"
	"slices"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
)

// Letter is what the page behind a link shows; reading it changes nothing.
type Letter struct {
	Pledge   pledge.Current
	Party    string         // whose contact was asked
	Last     *pledge.Report // nil: there is none yet
	Due      string
	Confirm  bool   // it asks to confirm Report, not to report
	Waits    *Filed // a report of the pledge that waits
	Answered *Filed // what this very link has answered already; ID is "" where it was the wrong person
}

// Open reads the page behind a link. Of one that answers no more, the page still says what it was
// about.
func (o *Office) Open(ctx context.Context, token string) (page Letter, err error) {
	defer errs.Wrap(&err, "open link")
	err = o.DB.Read(ctx, func(tx *db.Tx) error {
		page = Letter{}
		l, err := o.find(ctx, tx, token, "")
		if err != nil {
			return err
		}
		m, err := o.matter(ctx, tx, l.pledge)
		if err != nil {
			return err
		}
		page.Pledge, page.Party, page.Confirm = m.Current, l.party, l.kind == toConfirm
		if last, ok := m.last(); ok {
			page.Last = &last
		}
		if !l.used.IsZero() {
			answered, err := o.outcome(ctx, tx, l)
			answered = m.seen(answered)
			page.Answered = &answered
			return err
		}
		if err := o.open(ctx, tx, l, m, ""); err != nil {
			return err
		}
		if page.Confirm {
			f, err := o.filed(ctx, tx, `WHERE id = $1`, l.report)
			f = m.seen(f)
			page.Waits = &f
			return err
		}
		if page.Waits, err = o.waiting(ctx, tx, m); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT due FROM followup_requests WHERE pledge = $1 AND request = $2`, l.pledge, l.request).Scan(&page.Due)
	})
	return page, err
}

// outcome is what a link that was used has done.
func (o *Office) outcome(ctx context.Context, tx *db.Tx, l link) (Filed, error) {
	if l.outcome == "" {
		return Filed{Pledge: l.pledge, Entry: -1}, nil
	}
	return o.filed(ctx, tx, `WHERE id = $1`, l.outcome)
}

// Answer takes what the form behind a link says. Sent twice, it answers once, and both times says
// what came of it. Another answer by the same link is refused, with the one that was given.
func (o *Office) Answer(ctx context.Context, token string, a Answer) (f Filed, err error) {
	defer errs.Wrap(&err, "answer")
	err = o.DB.Write(ctx, func(tx *db.Tx) error {
		l, m, did, err := o.use(ctx, tx, token, toReport)
		switch {
		case err != nil:
			return err
		case did != nil:
			f = *did
			if l.kind == toReport && !did.says(a) {
				return errs.New(errs.Conflict, "the link has answered something else already").WithKey("follow.link.spent")
			}
			return nil
		}
		if a.Choice == WrongPerson {
			f = Filed{Pledge: l.pledge, Entry: -1}
			if err := o.stray(ctx, tx, l, a.Note); err != nil {
				return err
			}
			return o.spend(ctx, tx, l, "")
		}
		rep, err := compose(m, a)
		if err != nil {
			return err
		}
		here, err := o.hereOf(ctx, tx, l)
		if err != nil {
			return err
		}
		f, err = o.file(ctx, tx, m, Filed{Pledge: l.pledge, Party: l.party, Person: l.person, Request: l.request, Report: rep}, here, func(f Filed) error {
			return o.spend(ctx, tx, l, f.ID)
		})
		return err
	})
	return f, err
}

// hereOf is the day where the reader of a letter is; that of the register for somebody who speaks
// for the party no more.
func (o *Office) hereOf(ctx context.Context, tx *db.Tx, l link) (string, error) {
	_, people, err := o.contacts(ctx, tx, l.party, today(tx))
	if i := slices.IndexFunc(people, func(p access.Person) bool { return p.ID == l.person }); i >= 0 {
		return people[i].Day(tx.Now()), err
	}
	return today(tx), err
}

// compose makes the report that an answer means.
func compose(m matter, a Answer) (rep pledge.Report, err error) {
	rep = a.Report
	switch a.Choice {
	case NoChange:
		last, ok := m.last()
		if !ok {
			return rep, invalid("choice", string(a.Choice), "must be another, as there is no report that could still hold")
		}
		rep = pledge.Report{Stage: last.Stage, Narrative: noChange[a.Language], Language: a.Language}
		if rep.Narrative == "" {
			return rep, invalid("language", string(a.Language), "must be ar, en, es, fr, ru or zh")
		}
	case Changed:
	case Done:
		rep.Stage = pledge.Fulfilled
	default:
		return rep, invalid("choice", string(a.Choice), "must be no_change, changed, done or wrong_person")
	}
	return rep, nil
}

// stray notes that a contact was the wrong one. The request stays open for others.
func (o *Office) stray(ctx context.Context, tx *db.Tx, l link, note string) error {
	if len(note) > 2_000 {
		return invalid("note", "", "must be shorter than 2,000 characters")
	}
	id, err := o.random(10)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO followup_strays (id, pledge, party, person, note, told, settled, settled_by) VALUES ($1, $2, $3, $4, $5, $6, 0, '')`,
		id, l.pledge, l.party, l.person, note, tx.Now().UnixMicro())
	return err
}

// speaker finds the party for which a person may do something to a pledge: one of its parties, or
// the whole that a party is part of.
func speaker(m matter, by access.Person, a access.Action, day string) (code string, err error) {
	s := access.Subject{State: m.state(), Lead: m.Lead()}
	for i, named := range m.Parties {
		for c := named; c != ""; c = party.ParentOf(c) {
			if _, ok := by.FocalPoint(c, day); !ok {
				continue
			}
			if i == 0 {
				s.Lead = c
			} else {
				s.Named = append(s.Named, c)
			}
			if code == "" {
				code = c
			}
		}
	}
	return code, access.Check(by, a, s, day)
}

// state is that of the pledge, as the policy knows it.
func (m matter) state() string {
	if m.Stands() {
		return string(pledge.StatePublished)
	}
	return string(m.Status)
}

// Draft is the report that a person has begun on a pledge; without one, a fresh one at version 0
// that starts from the last report.
func (o *Office) Draft(ctx context.Context, by access.Person, id string) (f Filed, last *pledge.Report, p pledge.Current, err error) {
	defer errs.Wrap(&err, "draft of a report on %s", id)
	err = o.DB.Read(ctx, func(tx *db.Tx) error {
		last = nil
		m, err := o.matter(ctx, tx, id)
		if err != nil {
			return err
		}
		code, err := speaker(m, by, access.WriteReport, today(tx))
		if err != nil {
			return err
		}
		p = m.Current
		if r, ok := m.last(); ok {
			last = &r
		}
		f, err = o.filed(ctx, tx, `WHERE pledge = $1 AND person = $2 AND state = $3`, id, by.ID, string(Draft))
		if errs.Is(err, errs.NotFound) {
			f, err = Filed{Pledge: id, Party: code, Person: by.ID, State: Draft, Entry: -1, Report: Prefill(last)}, nil
		}
		return err
	})
	return f, last, p, err
}

// Prefill is what a form starts from: the last report, without its number and day.
func Prefill(last *pledge.Report) pledge.Report {
	if last == nil {
		return pledge.Report{}
	}
	r := *last
	r.Number, r.On = 0, ""
	return r
}

// Save keeps a report that is not finished, however unfinished. ifVersion is the version that the
// writer has seen, 0 for a new one.
func (o *Office) Save(ctx context.Context, by access.Person, id string, ifVersion int, rep pledge.Report) (f Filed, err error) {
	defer errs.Wrap(&err, "save report on %s", id)
	err = o.DB.Write(ctx, func(tx *db.Tx) (err error) {
		f, _, err = o.draft(ctx, tx, by, id, ifVersion)
		if err != nil {
			return err
		}
		f.Report, f.Changed = rep, tx.Now()
		f.Version++
		return o.put(ctx, tx, &f)
	})
	return f, err
}

// Submit files a report of somebody who has signed in. The same form sent twice files one.
func (o *Office) Submit(ctx context.Context, by access.Person, id string, ifVersion int, a Answer) (f Filed, err error) {
	defer errs.Wrap(&err, "submit report on %s", id)
	err = o.DB.Write(ctx, func(tx *db.Tx) error {
		if a.Key != "" {
			var known bool
			if f, known, err = o.under(ctx, tx, by, id, a); err != nil || known {
				return err
			}
		}
		var m matter
		if f, m, err = o.draft(ctx, tx, by, id, ifVersion); err != nil {
			return err
		}
		if f.Report, err = compose(m, a); err != nil {
			return err
		}
		if a.Key != "" {
			f.Request = formKey + a.Key
		}
		f, err = o.file(ctx, tx, m, f, by.Day(tx.Now()), nil)
		return err
	})
	return f, err
}

// under is the report that was filed under the key of an answer, where that says the same.
func (o *Office) under(ctx context.Context, tx *db.Tx, by access.Person, id string, a Answer) (f Filed, known bool, err error) {
	// Who comes second waits here for the first.
	if _, err := column(ctx, tx, `SELECT id FROM pledges WHERE id = $1`+tx.ForUpdate(), id); err != nil {
		return f, false, err
	}
	of := ` AND pledge = $4`
	if a.Once {
		of = ` AND $4 <> ''`
	}
	f, err = o.filed(ctx, tx, `WHERE person = $1 AND request = $2 AND state <> $3`+of+` ORDER BY created DESC LIMIT 1`, by.ID, formKey+a.Key, string(Draft), id)
	switch {
	case errs.Is(err, errs.NotFound):
		return f, false, nil
	case err != nil:
		return f, false, err
	case f.Pledge == id && saysSame(f.Report, a):
		return f, true, nil
	case a.Once:
		return f, false, errs.New(errs.Conflict, "the key was used for another report").WithKey("work.key_used")
	}
	return f, false, nil
}

// says reports whether an answer is the one that came to this report, or to none.
func (f Filed) says(a Answer) bool {
	if f.ID == "" || a.Choice == WrongPerson {
		return f.ID == "" && a.Choice == WrongPerson
	}
	return saysSame(f.Report, a)
}

// saysSame reports whether a report is what the answer would make of itself.
func saysSame(filed pledge.Report, a Answer) bool {
	said := a.Report
	switch a.Choice {
	case NoChange:
		return filed.Narrative == noChange[a.Language]
	case Done:
		said.Stage = pledge.Fulfilled
	}
	said = said.Tidied()
	said.Pledge, said.Number, said.ReportedBy = filed.Pledge, filed.Number, filed.ReportedBy
	if said.On == "" {
		said.On = filed.On
	}
	return reflect.DeepEqual(said, filed)
}

const formKey = "form:" // before the key of a form, beside the keys of requests

// draft reads a person's draft to be changed, or makes a new one.
func (o *Office) draft(ctx context.Context, tx *db.Tx, by access.Person, id string, ifVersion int) (f Filed, m matter, err error) {
	if m, err = o.matter(ctx, tx, id); err != nil {
		return f, m, err
	}
	code, err := speaker(m, by, access.WriteReport, today(tx))
	if err != nil {
		return f, m, err
	}
	f, err = o.filed(ctx, tx, `WHERE pledge = $1 AND person = $2 AND state = $3`+tx.ForUpdate(), id, by.ID, string(Draft))
	switch {
	case errs.Is(err, errs.NotFound):
		f, err = Filed{Pledge: id, Person: by.ID, Entry: -1, State: Draft}, nil
	case err != nil:
		return f, m, err
	}
	if f.Version != ifVersion {
		return f, m, errs.New(errs.Conflict, "the draft is at version %d by now, not %d", f.Version, ifVersion).WithKey("work.changed_meanwhile")
	}
	f.Party = code
	return f, m, nil
}

const filedColumns = `id, pledge, request, party, person, state, version, created, changed, publish_at, second, reason, number, entry, doc`

// filed reads one report of this room.
func (o *Office) filed(ctx context.Context, tx *db.Tx, where string, args ...any) (Filed, error) {
	f, err := scanFiled(tx.QueryRow(ctx, `SELECT `+filedColumns+` FROM followup_reports `+where, args...).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return f, errs.New(errs.NotFound, "there is no such report")
	}
	return f, err
}

func scanFiled(scan func(...any) error) (f Filed, err error) {
	var created, changed, publishAt int64
	var doc string
	err = scan(&f.ID, &f.Pledge, &f.Request, &f.Party, &f.Person, &f.State, &f.Version, &created, &changed, &publishAt, &f.Second, &f.Reason, &f.Number, &f.Entry, &doc)
	if err != nil {
		return f, err
	}
	f.Created, f.Changed, f.PublishAt = moment(created), moment(changed), moment(publishAt)
	return f, json.Unmarshal([]byte(doc), &f.Report)
}

// put writes a report of this room, a new one under a new id. No row is ever deleted.
func (o *Office) put(ctx context.Context, tx *db.Tx, f *Filed) (err error) {
	if f.ID == "" {
		if f.ID, err = o.random(10); err != nil {
			return err
		}
		f.Created = tx.Now()
	}
	doc, err := json.Marshal(f.Report)
	if err != nil {
		return err
	}
	publishAt := int64(0)
	if !f.PublishAt.IsZero() {
		publishAt = f.PublishAt.UnixMicro()
	}
	_, err = tx.Exec(ctx, `INSERT INTO followup_reports (`+filedColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		ON CONFLICT (id) DO UPDATE SET party = excluded.party, request = excluded.request, state = excluded.state, version = excluded.version, changed = excluded.changed,
			publish_at = excluded.publish_at, second = excluded.second, reason = excluded.reason, number = excluded.number, entry = excluded.entry, doc = excluded.doc`,
		f.ID, f.Pledge, f.Request, f.Party, f.Person, string(f.State), f.Version, f.Created.UnixMicro(), f.Changed.UnixMicro(), publishAt, f.Second, f.Reason, f.Number, f.Entry, string(doc))
	return err
}

// Pledge is the latest version of a pledge, for pages.
func (o *Office) Pledge(ctx context.Context, id string) (c pledge.Current, err error) {
	err = o.DB.Read(ctx, func(tx *db.Tx) error {
		c, err = pledge.Get(ctx, tx, id)
		return err
	})
	return c, err
}

package followup

import (
	"context"
	"slices"
	"strings"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/party"
)

// Row is one line of a list of the desk.
type Row struct {
	Pledge    string
	Title     string
	Party     string // the lead
	Request   Request
	Sent      string // the day of the last letter, "" for none
	Overdue   bool
	NoContact bool
}

// Stray is a contact who said to be the wrong person.
type Stray struct {
	ID, Pledge, Party, Person, Note string
	Told                            time.Time
}

// Overview is what the desk sees of a day.
type Overview struct {
	Due       []Row // asked, and not due before the day
	Overdue   []Row
	NoContact []Row // of both, those that nobody can be asked about
	Waiting   []Filed
	Stopped   []Filed // newest first, at most mostStopped
	Strays    []Stray // not settled
}

const mostStopped = 50

// scope is whose pledges somebody sees: those of the parties they speak for, or all.
type scope struct {
	all     bool
	parties []string
}

func (s scope) has(code string) bool {
	for ; code != "" && !s.all; code = party.ParentOf(code) {
		if slices.Contains(s.parties, code) {
			return true
		}
	}
	return s.all
}

func scopeOf(by access.Person, day string) (s scope, err error) {
	err = access.Check(by, access.ReadSchedule, access.Subject{}, day)
	if s.all = err == nil; s.all {
		return s, nil
	}
	for _, code := range by.Parties(day) {
		if access.May(by, access.ReadSchedule, access.Subject{Lead: code}, day) {
			s.parties, err = append(s.parties, code), nil
		}
	}
	return s, err
}

// Overview lists what the desk looks at, earliest due first. A focal point is shown what is of
// the own parties; who cannot be reached, and who was the wrong person, the desk alone.
func (o *Office) Overview(ctx context.Context, by access.Person, day string) (v Overview, err error) {
	defer errs.Wrap(&err, "overview of the follow-up")
	see, err := scopeOf(by, day)
	if err != nil {
		return v, err
	}
	err = o.DB.Read(ctx, func(tx *db.Tx) (err error) {
		v = Overview{}
		if err := o.rows(ctx, tx, day, see, &v); err != nil {
			return err
		}
		if v.Waiting, err = o.list(ctx, tx, `WHERE state = $1 ORDER BY publish_at, id`, string(Waiting)); err != nil {
			return err
		}
		if v.Stopped, err = o.list(ctx, tx, `WHERE state = $1 ORDER BY changed DESC, id LIMIT $2`, string(Stopped), mostStopped); err != nil {
			return err
		}
		strange := func(f Filed) bool { return !see.has(f.Party) }
		v.Waiting, v.Stopped = slices.DeleteFunc(v.Waiting, strange), slices.DeleteFunc(v.Stopped, strange)
		if !see.all {
			return nil
		}
		return each(ctx, tx, func(scan func(...any) error) error {
			var s Stray
			var told int64
			if err := scan(&s.ID, &s.Pledge, &s.Party, &s.Person, &s.Note, &told); err != nil {
				return err
			}
			s.Told = moment(told)
			v.Strays = append(v.Strays, s)
			return nil
		}, `SELECT id, pledge, party, person, note, told FROM followup_strays WHERE settled = 0 ORDER BY told, id`)
	})
	return v, err
}

// rows sorts every pledge of which a report is asked into the lists of v.
func (o *Office) rows(ctx context.Context, tx *db.Tx, day string, see scope, v *Overview) error {
	ids, err := column(ctx, tx, `SELECT id FROM pledges WHERE doc <> '' AND status = 'published' ORDER BY length(id), id`)
	if err != nil {
		return err
	}
	nobody := map[string]bool{}
	for _, id := range ids {
		m, err := o.matter(ctx, tx, id)
		if err != nil {
			return err
		}
		r, ok := o.Calendar.Current(m.life, day)
		if !ok || !see.has(m.Lead()) {
			continue
		}
		row := Row{Pledge: id, Title: m.Title, Party: m.Lead(), Request: r, Overdue: r.Overdue(day)}
		sent, err := column(ctx, tx, `SELECT sent FROM followup_requests WHERE pledge = $1 AND request = $2`, id, r.Key)
		if err != nil {
			return err
		}
		if len(sent) > 0 {
			row.Sent = sent[0]
		}
		if _, asked := nobody[row.Party]; !asked {
			_, people, err := o.reachable(ctx, tx, row.Party, day)
			if err != nil {
				return err
			}
			nobody[row.Party] = len(people) == 0
		}
		row.NoContact = nobody[row.Party] && see.all
		if row.NoContact {
			v.NoContact = append(v.NoContact, row)
		}
		if row.Overdue {
			v.Overdue = append(v.Overdue, row)
		} else {
			v.Due = append(v.Due, row)
		}
	}
	byDue(v.Due)
	byDue(v.Overdue)
	byDue(v.NoContact)
	return nil
}

func (o *Office) list(ctx context.Context, tx *db.Tx, where string, args ...any) (all []Filed, err error) {
	err = each(ctx, tx, func(scan func(...any) error) error {
		f, err := scanFiled(scan)
		all = append(all, f)
		return err
	}, `SELECT `+filedColumns+` FROM followup_reports `+where, args...)
	return all, err
}

// Settle closes the matter of a wrong person, once the desk has seen to it: the party's contacts
// are as they should be, and letters go to whoever is among them.
func (o *Office) Settle(ctx context.Context, by access.Person, stray string) (err error) {
	defer errs.Wrap(&err, "settle %s", stray)
	return o.DB.Write(ctx, func(tx *db.Tx) error {
		if err := access.Check(by, access.WriteSchedule, access.Subject{}, today(tx)); err != nil {
			return err
		}
		res, err := tx.Exec(ctx, `UPDATE followup_strays SET settled = $1, settled_by = $2 WHERE id = $3 AND settled = 0`, tx.Now().UnixMicro(), by.ID, stray)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errs.New(errs.Conflict, "there is nothing to settle").WithKey("follow.settled")
		}
		return nil
	})
}

// WithoutContact counts the parties that lead a pledge which still runs, and that nobody can be
// asked about. It is public; which they are is not.
func (o *Office) WithoutContact(ctx context.Context, tx *db.Tx, day string) (n int, err error) {
	defer errs.Wrap(&err, "parties without a contact")
	docs, err := column(ctx, tx, `SELECT id FROM pledges WHERE doc <> '' AND status = 'published' ORDER BY id`)
	if err != nil {
		return 0, err
	}
	roots := map[string]bool{} // acting party → somebody can be asked
	for _, id := range docs {
		m, err := o.matter(ctx, tx, id)
		if err != nil {
			return 0, err
		}
		lead := m.Lead()
		if m.life.Over() || lead == "" || roots[party.Root(lead)] {
			continue
		}
		_, people, err := o.contacts(ctx, tx, lead, day)
		if err != nil {
			return 0, err
		}
		roots[party.Root(lead)] = len(people) > 0
	}
	for _, reached := range roots {
		if !reached {
			n++
		}
	}
	return n, nil
}

// Reports lists what this room holds of a pledge's reports, oldest first: also those that wait
// and those that were stopped. A draft is its author's alone.
func (o *Office) Reports(ctx context.Context, by access.Person, id string) (all []Filed, err error) {
	defer errs.Wrap(&err, "reports on %s", id)
	err = o.DB.Read(ctx, func(tx *db.Tx) error {
		m, err := o.matter(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := speaker(m, by, access.ReadReport, today(tx)); err != nil {
			return err
		}
		all, err = o.list(ctx, tx, `WHERE pledge = $1 AND (state <> $2 OR person = $3) ORDER BY created, id`, id, string(Draft), by.ID)
		return err
	})
	return all, err
}

func byDue(rows []Row) {
	slices.SortStableFunc(rows, func(a, b Row) int { return strings.Compare(a.Request.Due, b.Request.Due) })
}

// What others than the party may say of a pledge, where the compact's pack cites the source that
// lets them. The secretariat never judges what a State reports.
const (
	Assessment   = "assessment"
	Contestation = "contestation"
)

// Mandated refuses what the pack cites no source for.
func (o *Office) Mandated(what string) error {
	source := map[string]string{Assessment: o.Pack.Mandates.Assessment, Contestation: o.Pack.Mandates.Contestation}[what]
	if _, cited := o.Pack.Source(source); !cited {
		return errs.New(errs.Forbidden, "the pack cites no mandate for %s", what).WithKey("follow.no_mandate")
	}
	return nil
}

package followup

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
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
	Returned  int  // contacts of the party whose address gives letters back
	Lapsed    bool // silent for so long that the pledge is not counted as active; for the desk alone
}

// Stray is a contact who said to be the wrong person.
type Stray struct {
	ID, Pledge, Party, Person, Note string
	Told                            time.Time
}

// Overview is what the desk sees of a day. What has been answered by a report that waits is not
// due.
type Overview struct {
	Due       []Row // asked, and not due before the day
	Ahead     []Row // not asked yet, with what the calendar asks first
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
	if by.ID == access.OperatorID { // who runs the program, for pages that choose themselves
		return scope{all: true}, nil
	}
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
		pledges, err := survey(ctx, tx)
		if err != nil {
			return err
		}
		if v.Stopped, err = o.list(ctx, tx, `WHERE state = $1 ORDER BY changed DESC, id LIMIT $2`, string(Stopped), mostStopped); err != nil {
			return err
		}
		if err := o.held(ctx, tx, pledges, &v); err != nil {
			return err
		}
		if err := o.rows(ctx, tx, pledges, day, see, &v); err != nil {
			return err
		}
		lead := map[string]string{}
		for _, b := range pledges {
			lead[b.id] = b.parties[0]
		}
		strange := func(f Filed) bool { return !see.has(f.Party) && !see.has(lead[f.Pledge]) }
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

// held sorts the reports that were left to wait into those that do and those that can no longer
// be published.
func (o *Office) held(ctx context.Context, tx *db.Tx, pledges []brief, v *Overview) error {
	all, err := o.list(ctx, tx, `WHERE state = $1 ORDER BY publish_at, id`, string(Waiting))
	if err != nil || len(all) == 0 {
		return err
	}
	of := map[string]brief{}
	for _, b := range pledges {
		of[b.id] = b
	}
	for _, f := range all {
		b, public := of[f.Pledge] // one that was erased is not
		if why := orphaned(f, !public || b.life.Ended, b.parties); why != "" {
			f.State, f.Reason = Stopped, why
			v.Stopped = append([]Filed{f}, v.Stopped...)
			continue
		}
		v.Waiting = append(v.Waiting, f)
	}
	return nil
}

// brief is what the lists need of a pledge.
type brief struct {
	id, title, lead string
	parties         []string
	life            Life
}

// survey reads every pledge, in the order of ids, in two queries.
func survey(ctx context.Context, tx *db.Tx) (all []brief, err error) {
	type told struct {
		days  []string
		stage pledge.Stage
	}
	reports := map[string]*told{}
	err = each(ctx, tx, func(scan func(...any) error) error {
		var id, day, doc string
		if err := scan(&id, &day, &doc); err != nil {
			return err
		}
		t := reports[id]
		if t == nil {
			t = &told{}
			reports[id] = t
		}
		var r struct {
			Stage pledge.Stage `json:"stage"`
		}
		if err := json.Unmarshal([]byte(doc), &r); err != nil {
			return err
		}
		t.days, t.stage = append(t.days, day), r.Stage
		return nil
	}, `SELECT pledge, effective, doc FROM reports WHERE doc <> '' ORDER BY pledge, number`)
	if err != nil {
		return nil, err
	}
	err = pledge.Each(ctx, tx, func(c pledge.Current) error {
		b := brief{id: c.ID, title: c.Title, lead: c.Lead(), parties: c.Parties, life: Life{Published: c.FirstEffective, Stage: pledge.Unreported, Ended: !c.Stands()}}
		if t := reports[c.ID]; t != nil {
			b.life.Reports, b.life.Stage = t.days, t.stage
		}
		all = append(all, b)
		return nil
	})
	return all, err
}

// rows sorts every pledge of which a report is or will be asked, and none waits, into the lists of v.
func (o *Office) rows(ctx context.Context, tx *db.Tx, pledges []brief, day string, see scope, v *Overview) error {
	sent, answered := map[[2]string]string{}, map[string]bool{}
	for _, f := range v.Waiting {
		answered[f.Pledge] = true
	}
	err := each(ctx, tx, func(scan func(...any) error) error {
		var id, request, on string
		err := scan(&id, &request, &on)
		sent[[2]string{id, request}] = on
		return err
	}, `SELECT pledge, request, sent FROM followup_requests`)
	if err != nil {
		return err
	}
	extras, err := extrasOf(ctx, tx, "")
	if err != nil {
		return err
	}
	nobody, returned := map[string]bool{}, map[string]int{}
	for _, m := range pledges {
		if answered[m.id] || !see.has(m.lead) {
			continue
		}
		r, ok := o.Calendar.Standing(m.life, extras[m.id].unanswered(m.life), extras[m.id].sent, day)
		if !ok || r.Outside() && day > r.Due { // nor is a question of the desk asked any more after its day
			if next, ok := o.Calendar.Ahead(m.life, day); ok {
				v.Ahead = append(v.Ahead, Row{Pledge: m.id, Title: m.title, Party: m.lead, Request: next})
			}
			continue
		}
		row := Row{Pledge: m.id, Title: m.title, Party: m.lead, Request: r, Overdue: r.Overdue(day), Sent: sent[[2]string{m.id, r.Key}]}
		if _, asked := nobody[row.Party]; !asked {
			_, people, err := o.reachable(ctx, tx, row.Party, day)
			if err != nil {
				return err
			}
			nobody[row.Party] = len(people) == 0
			if returned[row.Party], err = o.returned(ctx, tx, row.Party, day); err != nil {
				return err
			}
		}
		row.Returned = returned[row.Party]
		row.NoContact, row.Lapsed = nobody[row.Party] && see.all, see.all && o.Calendar.Lapsed(m.life, day)
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
	byDue(v.Ahead)
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
	pledges, err := survey(ctx, tx)
	if err != nil {
		return 0, err
	}
	roots, leads := map[string]bool{}, map[string]bool{} // acting party → somebody can be asked; leads looked up
	for _, m := range pledges {
		root := party.Root(m.lead)
		if m.life.Over() || m.lead == "" || roots[root] || leads[m.lead] {
			continue
		}
		_, people, err := o.contacts(ctx, tx, m.lead, day)
		if err != nil {
			return 0, err
		}
		roots[root], leads[m.lead] = len(people) > 0, true
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
		for i, f := range all {
			all[i] = m.seen(f)
		}
		return err
	})
	return all, err
}

func byDue(rows []Row) {
	slices.SortStableFunc(rows, func(a, b Row) int { return strings.Compare(a.Request.Due, b.Request.Due) })
}

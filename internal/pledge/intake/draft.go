package intake

import (
	"context"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
)

// Beginning is what a draft begins with; all but the lead may be empty.
type Beginning struct {
	Lead    string
	Call    string // "" = Standing
	Pledge  pledge.Pledge
	Contact Contact
}

// Draft begins a pledge of a party.
func (d *Desk) Draft(ctx context.Context, by access.Person, b Beginning) (out Submission, err error) {
	defer errs.Wrap(&err, "begin a draft")
	err = d.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out = Submission{}
		if err := access.Check(by, access.CreatePledge, access.Subject{Lead: b.Lead}, day(tx.Now())); err != nil {
			return err
		}
		done, known, err := d.known(ctx, tx, by, access.CreatePledge, "", 0, b)
		if err != nil {
			return err
		}
		if known {
			out, err = d.seen(ctx, tx, by, done)
			return err
		}
		t, err := d.begin(ctx, tx, by, access.CreatePledge, b)
		if err != nil {
			return err
		}
		if err := t.run(func(t *turn) error { return t.write(body{Pledge: b.Pledge, Contact: b.Contact}) }); err != nil {
			return err
		}
		if err := d.remember(ctx, tx, by, t.record); err != nil {
			return err
		}
		out, err = d.view(ctx, tx, by, t.record)
		return err
	})
	return out, err
}

// begin makes an empty submission that is not written yet.
func (d *Desk) begin(ctx context.Context, tx *db.Tx, by access.Person, do access.Action, b Beginning) (*turn, error) {
	r := &record{isNew: true}
	parties := lookup(ctx, tx)
	lead, ok := parties.find(b.Lead)
	if err := parties.Err(); err != nil {
		return nil, err
	}
	if !ok {
		return nil, errs.InvalidFields(errs.Field{Field: "parties", Value: party.Glimpse(b.Lead), Message: "is no party that can pledge here"})
	}
	if b.Call == "" {
		b.Call = Standing
	}
	if _, err := callOf(ctx, tx, b.Call); err != nil {
		return nil, err
	}
	now := tx.Now()
	r.State, r.Lead, r.kind, r.Call, r.Author, r.Created, r.Changed = pledge.StateDraft, b.Lead, lead.Kind, b.Call, by.ID, now, now
	steps, err := stepsOf(ctx, tx, b.Lead)
	if err != nil {
		return nil, err
	}
	for _, name := range steps {
		r.x.Steps = append(r.x.Steps, Clearance{Name: name})
	}
	for {
		if r.Ref, err = d.draw("S-", 6); err != nil {
			return nil, err
		}
		var n int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM submissions WHERE ref = $1`, r.Ref).Scan(&n); err != nil {
			return nil, err
		}
		if n == 0 {
			return d.turn(ctx, tx, by, do, r), nil
		}
	}
}

// Save replaces the text of a draft, or of the next version of a published pledge, complete or
// not. What stood before is kept in the history; what the rules of the form find is in Findings.
// Of the pledge's parties it changes nothing: Invite does. The version is compulsory.
func (d *Desk) Save(ctx context.Context, by access.Person, ref string, ifVersion int, p pledge.Pledge, c Contact) (Submission, error) {
	if ifVersion < 1 {
		return Submission{}, errs.InvalidFields(errs.Field{Field: "version", Message: "is needed: that of the draft that was changed"})
	}
	return d.act(ctx, by, ref, ifVersion, access.WritePledge, body{Pledge: p, Contact: c}, func(t *turn) error {
		if err := t.fits(p); err != nil {
			return err
		}
		p, err := t.unclaimed(p)
		if err != nil {
			return err
		}
		own := t.owner()
		if t.x.Received != nil && own && t.State == pledge.StateDraft {
			t.x.Taken = true
		}
		t.editor, t.since, t.until = t.by.ID, t.sinceOf(t.by.ID), t.now.Add(lockFor)
		if err := t.write(body{Pledge: p, Contact: c}); err != nil {
			return err
		}
		if t.State == pledge.StateDraft && t.x.Received != nil && !own {
			t.give() // what the desk enters, it has
		}
		return nil
	})
}

// owner reports whether the person speaks for the lead.
func (t *turn) owner() bool {
	_, ok := t.by.FocalPoint(t.Lead, t.today)
	return ok
}

// mostDoc bounds what a draft may hold; the form's limits are far below.
const mostDoc = 512 << 10

// fits refuses what nobody types.
func (t *turn) fits(p pledge.Pledge) error {
	if n := len(p.Text) + len(p.Title) + len(p.AnnouncedAt) + 100*(len(p.Countries)+len(p.Actions)+len(p.SDGs)) + 1000*(len(p.Milestones)+len(p.Indicators)+len(p.Links)); n > mostDoc {
		return errs.New(errs.TooLarge, "a draft of %d bytes", n).WithKey("work.too_large")
	}
	return nil
}

// SetCall says which call a draft answers.
func (d *Desk) SetCall(ctx context.Context, by access.Person, ref string, ifVersion int, call string) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.WritePledge, call, func(t *turn) error {
		if t.Published != "" {
			return errs.New(errs.Conflict, "a published pledge keeps its call").WithKey("work.not_now")
		}
		if _, err := callOf(t.ctx, t.tx, call); err != nil {
			return err
		}
		if t.Call == call {
			return errNothing
		}
		t.Call = call
		return nil
	})
}

// lockFor is how long somebody counts as editing after the last sign of it.
const lockFor = 5 * time.Minute

// Edit says that the person has the draft open, and who had it before them. It takes the lock
// where nobody has it, and prevents nobody from saving.
func (d *Desk) Edit(ctx context.Context, by access.Person, ref string) (Editing, error) {
	return d.lock(ctx, by, ref, func(t *turn) {
		if t.editor == t.by.ID && t.until.Sub(t.now) > lockFor-time.Minute {
			return // written a moment ago
		}
		if t.editor == "" || t.editor == t.by.ID || !t.now.Before(t.until) {
			t.since, t.until = t.sinceOf(t.by.ID), t.now.Add(lockFor)
			t.editor = t.by.ID
		}
	})
}

// Leave says that the person has closed the draft.
func (d *Desk) Leave(ctx context.Context, by access.Person, ref string) error {
	_, err := d.lock(ctx, by, ref, func(t *turn) {
		if t.editor == t.by.ID {
			t.editor, t.since, t.until = "", time.Time{}, time.Time{}
		}
	})
	return err
}

func (t *turn) sinceOf(person string) time.Time {
	if t.editor == person && t.now.Before(t.until) {
		return t.since
	}
	return t.now
}

func (d *Desk) lock(ctx context.Context, by access.Person, ref string, f func(*turn)) (out Editing, err error) {
	defer errs.Wrap(&err, "edit %s", ref)
	err = d.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		r, err := load(ctx, tx, ref, true)
		if err != nil {
			return err
		}
		t := d.turn(ctx, tx, by, access.WritePledge, r)
		if err := allow(by, access.WritePledge, r, 0, t.today); err != nil {
			return err
		}
		editor, until := t.editor, t.until
		f(t)
		out = t.editing(t.now)
		if t.editor == editor && t.until.Equal(until) {
			return nil
		}
		_, err = tx.Exec(ctx, `UPDATE submissions SET editor = $2, editing_since = $3, editing_until = $4 WHERE ref = $1`, ref, t.editor, micro(t.since), micro(t.until))
		return err
	})
	return out, err
}

func (r *record) editing(now time.Time) Editing {
	if r.editor == "" || !now.Before(r.until) {
		return Editing{}
	}
	return Editing{Person: r.editor, Since: r.since, Until: r.until}
}

// SetSteps says which named steps the draft passes within the party; the party's later drafts
// begin with the same. Steps that stay keep their clearance.
func (d *Desk) SetSteps(ctx context.Context, by access.Person, ref string, ifVersion int, names []string) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.SetClearances, names, func(t *turn) error {
		if len(names) > 10 {
			return errs.InvalidFields(errs.Field{Field: "steps", Message: "are at most ten"})
		}
		var steps []Clearance
		for _, name := range names {
			name = party.Tidy(name)
			if found := (party.Words{Min: 1, Max: 100}).Check("steps", name); len(found) > 0 {
				return errs.InvalidFields(found...)
			}
			if slices.ContainsFunc(steps, func(c Clearance) bool { return c.Name == name }) {
				continue
			}
			step := Clearance{Name: name}
			if i := slices.IndexFunc(t.x.Steps, func(c Clearance) bool { return c.Name == name }); i >= 0 {
				step = t.x.Steps[i]
			}
			steps = append(steps, step)
		}
		t.x.Steps = steps
		kept := make([]string, len(steps))
		for i, s := range steps {
			kept[i] = s.Name
		}
		return keepSteps(t.ctx, t.tx, t.Lead, kept)
	})
}

// Clear clears the text as it stands at the next step.
func (d *Desk) Clear(ctx context.Context, by access.Person, ref string, ifVersion int, step, note string) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.ClearPledge, []string{step, note}, func(t *turn) error {
		for i := range t.x.Steps {
			c := &t.x.Steps[i]
			if c.By != "" {
				if c.Name == step {
					return errNothing
				}
				continue
			}
			if c.Name != step {
				return errs.New(errs.Conflict, "the step %q comes before %q", c.Name, step).WithKey("work.step_before")
			}
			*c = Clearance{Name: step, By: t.by.ID, At: t.now, Note: party.Tidy(note)}
			t.note = step
			return nil
		}
		return errs.New(errs.NotFound, "there is no step %q", step)
	})
}

// Submit hands a draft to the secretariat. What the rules of the form find refuses it, with
// Fields; so does a step that is not cleared. The acknowledgement leaves with it.
func (d *Desk) Submit(ctx context.Context, by access.Person, ref string, ifVersion int) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.SubmitPledge, nil, func(t *turn) error {
		if err := t.cleared(); err != nil {
			return err
		}
		if t.x.Received != nil {
			t.x.Taken, t.Awaited = true, false
			t.x.Confirmed = &Mark{t.by.ID, t.now}
		}
		return t.submit(pledge.Submit)
	})
}

// cleared refuses what has not passed its steps.
func (t *turn) cleared() error {
	for _, c := range t.x.Steps {
		if c.By == "" {
			return errs.New(errs.Conflict, "the step %q is not cleared", c.Name).WithKey("work.not_cleared")
		}
	}
	return nil
}

// submit gives the text to the secretariat and acknowledges it.
func (t *turn) submit(do pledge.Action) error {
	late := false
	if do == pledge.Submit { // the next version of a pledge answers no call any more
		call, err := callOf(t.ctx, t.tx, t.Call)
		if err != nil {
			return err
		}
		if t.now.Before(call.Opens) {
			return errs.New(errs.Conflict, "the call %s opens at %s", call.ID, call.Opens).WithKey("work.call_not_open")
		}
		late = call.late(t.now)
	}
	found, err := t.desk.findings(t.ctx, t.tx, t.record, t.text)
	if err != nil {
		return err
	}
	if err := errs.InvalidFields(found...); err != nil {
		return err
	}
	t.clean = true
	if err := t.step(do); err != nil {
		return err
	}
	t.give()
	delete(t.x.Agreed, t.Lead)
	t.Submitted = t.now
	if t.First.IsZero() {
		t.First, t.first = t.now, true
		t.Late = late // what came in time and was returned stays in time
	}
	t.editor = ""
	if err := t.askMatch(); err != nil {
		return err
	}
	if err := t.askAgain(); err != nil {
		return err
	}
	return t.letterToParty("pledge_received", t.Lead, nil)
}

// SubmitRevision hands the next version of a published pledge to the secretariat. The reason is
// optional; where given it is published with the version.
func (d *Desk) SubmitRevision(ctx context.Context, by access.Person, ref string, ifVersion int, reason pledge.Notice) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.SubmitRevision, reason, func(t *turn) error {
		old, err := pledge.Get(t.ctx, t.tx, t.Published)
		if err != nil {
			return err
		}
		old.Pledge.Notice = nil // it was of that version
		if len(pledge.Changes(old.Pledge.Tidied(), t.payload(t.text))) == 0 {
			return errs.New(errs.Conflict, "it says what is published already").WithKey("work.unchanged")
		}
		if err := t.cleared(); err != nil {
			return err
		}
		t.x.Notice = notice(reason)
		return t.submit(pledge.SubmitRevision)
	})
}

func notice(n pledge.Notice) *pledge.Notice {
	n.Reason = party.Tidy(n.Reason)
	if n.Reason == "" {
		return nil
	}
	return &n
}

// TakeBackRevision takes a next version back to work on it.
func (d *Desk) TakeBackRevision(ctx context.Context, by access.Person, ref string, ifVersion int) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.TakeBackRevision, nil, func(t *turn) error {
		if err := t.retractProposals(); err != nil {
			return err
		}
		t.x.Accepted = nil
		return t.step(pledge.TakeBackRevision)
	})
}

// Abandon gives a draft up. Nothing of it is deleted; the other parties are told.
func (d *Desk) Abandon(ctx context.Context, by access.Person, ref string, ifVersion int) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.AbandonPledge, nil, func(t *turn) error {
		if err := t.step(pledge.Abandon); err != nil {
			return err
		}
		for _, in := range t.Invitations {
			if err := t.over(in); err != nil {
				return err
			}
		}
		return t.dropAnnouncement()
	})
}

// findings are what the rules of the form say of a text.
func (d *Desk) findings(ctx context.Context, tx *db.Tx, r *record, b body) ([]errs.Field, error) {
	parties := d.finder(ctx, tx, r)
	q := r.payload(b)
	for _, in := range r.Invitations {
		if in.State == Unanswered { // who may still confirm counts here, and not when it is published
			q.Parties = append(q.Parties, in.Party)
		}
	}
	rules := pledge.Rules{Pack: d.pack(), Mode: pledge.ByForm, Party: parties.find}
	if r.Published != "" {
		stands, err := pledge.Get(ctx, tx, r.Published)
		if err != nil && !errs.Is(err, errs.Gone) {
			return nil, err
		}
		rules.Kept = stands.Text
	}
	found := rules.Pledge(q)
	if err := parties.Err(); err != nil {
		return nil, err
	}
	if c := r.text.Contact.Email; c != "" {
		if a, err := mail.ParseAddress(c); err != nil || a.Address != c {
			found = append(found, errs.Field{Field: "contact.email", Message: "must be an address like name@example.org"})
		}
	}
	if q.Matches != "" {
		if _, err := pledge.Get(ctx, tx, q.Matches); errs.Is(err, errs.NotFound) || errs.Is(err, errs.Gone) {
			found = append(found, errs.Field{Field: "matches", Value: party.Glimpse(q.Matches), Message: "is no pledge in the register"})
		} else if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// link is where somebody continues.
func (d *Desk) link(c, ref string) string {
	return fmt.Sprintf("%s/%s/my/%s", strings.TrimSuffix(d.BaseURL, "/"), c, ref)
}

package my

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/blob"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/advice"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/page/history"
	"stocktake/internal/web/work/kit"
)

// Step is one step of the form.
type Step struct {
	Ref      string // "" before there is a draft
	Heading  string
	Lede     string
	Steps    []StepLink
	Form     *kit.Form
	More     string           // text of the button that adds a row
	Stored   []history.Change // what somebody else has stored meanwhile, and what was typed
	Editor   *Editor          // somebody else of the party who has it open
	Invites  []InviteLine     // of the step who
	Files    []FileLine       // of the step evidence
	Beside   *Beside          // nil: nothing
	Offline  string           // path of the form without a network
	CallNote string           // which call is answered
}

// Editor is who has a draft open, and since when.
type Editor struct {
	Name  string
	Since kit.Moment
}

// StepLink leads to a step.
type StepLink struct {
	Href, Text string
	Current    bool
}

// InviteLine is a party that was asked.
type InviteLine struct {
	Party, Name, State string
	Kind               string
	Open               bool // can be recalled
	Note               string
	When               kit.Moment
}

// stepsOf is the way through the form.
func stepsOf(r *kit.Request, ref, current string) []StepLink {
	var out []StepLink
	for _, s := range append(slices.Clone(steps), "check") {
		l := StepLink{Text: r.T("my.step." + s), Current: s == current}
		switch {
		case ref == "":
		case s == "check":
			l.Href = r.Link("/my/" + ref + "/check")
		default:
			l.Href = r.Link("/my/" + ref + "/edit/" + s)
		}
		out = append(out, l)
	}
	return out
}

// begin is the first step of a pledge that is not there yet; sending it makes the draft.
func (a *area) begin(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	f := r.NewForm("")
	mine := a.leads(r)
	var leads []kit.Option
	for _, code := range mine {
		leads = append(leads, kit.Option{Value: code, Text: a.name(r, code)})
	}
	if len(leads) == 0 {
		return nil, errs.New(errs.Forbidden, "%s speaks for no party", r.Person.ID)
	}
	if len(leads) > 1 {
		f.Radios("lead", "my.lead", leads[0].Value, sorted(r, leads))
	}
	calls, note, err := a.calls(r)
	if err != nil {
		return nil, err
	}
	if len(calls) > 1 {
		f.Radios("call", "my.call", calls[0].Value, calls)
	}
	matches := f.Hidden("matches", r.Query("matches")).Value
	a.what(r, f, content{p: pledge.Pledge{Language: r.Lang}})
	f.Field("title").Must()
	if f.Valid() {
		b := intake.Beginning{Lead: mine[0], Call: intake.Standing, Pledge: pledge.Pledge{Form: pledge.Individual}}
		if len(leads) > 1 {
			b.Lead = f.Value("lead")
		}
		if len(calls) > 0 {
			b.Call = calls[0].Value
		}
		if len(calls) > 1 {
			b.Call = f.Value("call")
		}
		if matches != "" {
			b.Pledge.Form, b.Pledge.Matches = pledge.Matching, matches
		}
		c := content{p: b.Pledge}
		a.take(r, f, "what", &c)
		b.Pledge = c.p
		ctx := intake.WithKey(r.Context(), f.Key+b.Lead) // another lead is another pledge
		s, err := a.desk.Draft(ctx, r.Person, b)
		if e, ok := errors.AsType[*errs.Error](err); ok && e.Key == "work.key_used" {
			var both kit.Answer
			if s, both, err = a.mend(ctx, r, f, b); both != nil {
				return both, nil
			}
		}
		if refused(r, f, err) {
			if err != nil {
				return nil, err
			}
			return kit.Redirect(a.onward(r, s.Ref, "what", f.Value("go"))), nil
		}
	}
	d := &Step{
		Heading: r.T("my.new"), Lede: r.T("my.new.lede"), Steps: stepsOf(r, "", "what"), Form: f, Offline: r.Link("/pledges/new/offline"), CallNote: note,
	}
	if matches != "" {
		d.CallNote = strings.TrimSpace(note + " " + r.T("my.answers", "id", matches))
	}
	return kit.Page{Name: "step", Title: "my.new", Data: d, Form: f}, nil
}

// mend is begin for somebody who went back after the draft was made, and sends the same form with
// other words: they go into the draft as long as it is as that form made it. What was written
// since is not overwritten; the page of the draft then shows both.
func (a *area) mend(ctx context.Context, r *kit.Request, f *kit.Form, b intake.Beginning) (s intake.Submission, both kit.Answer, err error) {
	if s, err = a.desk.Under(ctx, r.Person); err != nil {
		return s, nil, err
	}
	if !r.May(access.WritePledge, subject(s)) {
		return s, kit.Redirect("/my/" + s.Ref), nil
	}
	c := content{s.Pledge, s.Contact}
	a.take(r, f, "what", &c)
	changes := a.differences(r, s.Pledge, c.p)
	if s.Version > 1 && len(changes) > 0 {
		f.Action = r.Link("/my/" + s.Ref + "/edit/what")
		f.Version, f.Key = told(s), kit.NewKey()
		both, err = a.stepPage(r, s, "what", f, intake.Editing{}, changes)
		return s, both, err
	}
	if s, err = a.desk.Save(r.Context(), r.Person, s.Ref, s.Version, c.p, c.c); err != nil || s.Call == b.Call {
		return s, nil, err
	}
	s, err = a.desk.SetCall(r.Context(), r.Person, s.Ref, s.Version, b.Call)
	return s, nil, err
}

// leads are the parties for which the person can begin a pledge.
func (a *area) leads(r *kit.Request) []string {
	var out []string
	for _, code := range r.Person.Parties(r.Today) {
		if r.May(access.CreatePledge, access.Subject{Lead: code}) {
			out = append(out, code)
		}
	}
	return out
}

// lateFor is how long a call that has closed can still be answered: what comes late is taken and
// marked.
const lateFor = 30 * 24 * time.Hour

// calls are the open ones, the newest first, then those that closed lately, and a sentence on the
// one that closes next.
func (a *area) calls(r *kit.Request) (out []kit.Option, note string, err error) {
	var late []kit.Option
	all, err := a.desk.Calls(r.Context())
	if err != nil {
		return nil, "", err
	}
	for _, c := range all {
		if !c.Opens.IsZero() && c.Opens.After(r.Now) || !c.Closes.IsZero() && c.Closes.Add(lateFor).Before(r.Now) {
			continue
		}
		o := kit.Option{Value: c.ID, Text: callTitle(r, c)}
		switch {
		case c.Closes.IsZero():
		case !c.Open(r.Now):
			o.Hint = r.T("my.call.closed", "time", r.Moment(c.Closes).Text)
			late = append(late, o)
			continue
		default:
			o.Hint = r.T("my.call.closes", "time", r.Moment(c.Closes).Text)
		}
		out = append(out, o)
	}
	out = append(out, late...)
	if len(out) == 1 {
		note = strings.TrimSpace(out[0].Text + ". " + out[0].Hint)
		if out[0].Value == intake.Standing {
			note = ""
		}
	}
	return out, note, nil
}

func callTitle(r *kit.Request, c intake.Call) string {
	if t := c.Title[r.Lang]; t != "" {
		return t
	}
	if c.ID == intake.Standing {
		return r.T("my.call.standing")
	}
	for _, t := range c.Title {
		return t
	}
	return c.ID
}

// draft is the submission of the path, for somebody who may write it now.
func (a *area) draft(r *kit.Request) (intake.Submission, error) {
	s, err := a.desk.Get(r.Context(), r.Person, r.PathValue("ref"))
	if err != nil {
		return s, err
	}
	return s, access.Check(r.Person, access.WritePledge, subject(s), r.Today)
}

func (a *area) step(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	step := r.PathValue("step")
	if !slices.Contains(steps, step) {
		return nil, errs.New(errs.NotFound, "there is no step %q", step)
	}
	s, err := a.draft(r)
	if errs.Is(err, errs.Forbidden) {
		return kit.Redirect("/my/" + r.PathValue("ref")), nil
	}
	if err != nil {
		return nil, err
	}
	before, err := a.desk.Edit(r.Context(), r.Person, s.Ref)
	if err != nil {
		return nil, err
	}
	f, err := a.stepForm(r, s, step)
	if err != nil {
		return nil, err
	}
	return a.stepPage(r, s, step, f, before, nil)
}

func (a *area) stepForm(r *kit.Request, s intake.Submission, step string) (*kit.Form, error) {
	f := r.NewForm(s.Version)
	f.Action = r.Link("/my/" + s.Ref + "/edit/" + step)
	f.Autosave = true
	a.fields(r, f, step, content{s.Pledge, s.Contact})
	switch {
	case step == "who" && r.May(access.InviteParty, subject(s)):
		options, err := a.parties(r, asked(s))
		if err != nil {
			return nil, err
		}
		f.Select("party", "my.invite", "", options).Empty(r.T("my.choose"))
	case step == "evidence" && a.files != nil:
		f.Radios("file_for", "my.file_for", "secretariat", kit.Options("secretariat", r.T("my.file.secretariat"), "public", r.T("my.file.public")))
		f.File("file", "my.file", strings.Join(blob.Endings, ","))
	}
	return f, nil
}

// asked are the parties that need not be invited any more.
func asked(s intake.Submission) []string {
	out := []string{s.Lead}
	for _, in := range s.Invitations {
		if in.State == intake.Unanswered || in.State == intake.Confirmed {
			out = append(out, in.Party)
		}
	}
	return out
}

// save keeps what was sent, whole or not, and goes on. Whatever is wrong is told afterwards.
func (a *area) save(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	step := r.PathValue("step")
	if !slices.Contains(steps, step) {
		return nil, errs.New(errs.NotFound, "there is no step %q", step)
	}
	s, err := a.draft(r)
	if err != nil {
		return nil, err
	}
	f, err := a.stepForm(r, s, step)
	if err != nil {
		return nil, err
	}
	valid := f.Valid()
	c := content{s.Pledge, s.Contact}
	a.take(r, f, step, &c)
	ctx := r.Context()
	if !r.Autosaving() { // the script sends the same key with ever more text
		ctx = intake.WithKey(ctx, f.Key)
	}
	next, err := a.desk.Save(ctx, r.Person, s.Ref, f.IfVersion(), c.p, c.c)
	if !refused(r, f, err) {
		if r.Autosaving() {
			return nil, err
		}
		changes := a.differences(r, s.Pledge, c.p)
		f.Version, f.Key = told(s), kit.NewKey() // sent once more, it replaces what is stored
		return a.stepPage(r, s, step, f, s.Editing, changes)
	}
	if err != nil {
		return nil, err
	}
	if r.Autosaving() {
		region, err := a.anew(r, next, step)
		return kit.Saved{Version: told(next), At: r.Now, Form: f, Region: region}, err
	}
	next, done, err := a.besides(r, f, next)
	if !refused(r, f, err) || a.fileFault(f, err) {
		valid = false
	} else if err != nil {
		return nil, err
	}
	switch {
	case !valid:
		f.Version, f.Key = told(next), kit.NewKey()
		return a.stepPage(r, next, step, f, intake.Editing{}, nil)
	case done != "":
		return kit.Done("/my/"+s.Ref+"/edit/"+step+"#more", done), nil
	}
	return kit.Redirect(a.onward(r, s.Ref, step, f.Value("go"))), nil
}

// besides does what a step has beside its fields: parties to invite, files. It is done after the
// fields are saved, so that nothing that was typed is lost over it.
func (a *area) besides(r *kit.Request, f *kit.Form, s intake.Submission) (next intake.Submission, done string, err error) {
	switch {
	case f.Value("recall") != "":
		next, err = a.desk.Recall(r.Context(), r.Person, s.Ref, s.Version, f.Value("recall"))
		done = "my.done.recalled"
	case f.Field("party") != nil && f.Value("party") != "":
		next, err = a.desk.Invite(r.Context(), r.Person, s.Ref, s.Version, f.Value("party"))
		done = "my.done.invited"
	case f.Value("remove") != "":
		next, err = a.detach(r, s, f.Value("remove"))
		done = "my.done.detached"
	case f.Value("publish") != "" || f.Value("keep") != "":
		next, err = a.desk.MarkFile(r.Context(), r.Person, s.Ref, s.Version, cmp.Or(f.Value("publish"), f.Value("keep")), f.Value("publish") != "")
		done = "my.done.marked"
	case f.Field("file") != nil && r.Sends("file"):
		next, err = a.receive(r, s, f.Value("file_for") == "public")
		done = "my.done.attached"
	default:
		return s, "", nil
	}
	if err != nil {
		return s, "", err
	}
	return next, done, nil
}

// onward is where the pressed button leads.
func (a *area) onward(r *kit.Request, ref, step, to string) string {
	here := "/my/" + ref + "/edit/" + step
	switch to {
	case "later":
		_ = a.desk.Leave(r.Context(), r.Person, ref) // the lock runs out by itself
		return string(kit.Done("/my/"+ref, "my.done.saved"))
	case "more":
		return string(kit.Done(here+"#more", "my.done.saved"))
	}
	if i := slices.Index(steps, step); i+1 < len(steps) {
		return "/my/" + ref + "/edit/" + steps[i+1]
	}
	return "/my/" + ref + "/check"
}

func (a *area) stepPage(r *kit.Request, s intake.Submission, step string, f *kit.Form, editing intake.Editing, stored []history.Change) (kit.Answer, error) {
	d := &Step{Ref: s.Ref, Heading: r.T("my.step." + step), Lede: r.T("my.step." + step + ".lede"), Steps: stepsOf(r, s.Ref, step), Form: f, Stored: stored}
	if editing.Person != "" && editing.Person != r.Person.ID {
		d.Editor = &Editor{Since: r.Moment(editing.Since)}
		_ = a.desk.DB.Read(r.Context(), func(tx *db.Tx) error { // a name that is gone is left out
			p, err := r.Kit.Access.PersonByID(r.Context(), tx, editing.Person)
			d.Editor.Name = p.Name
			return err
		})
	}
	switch step {
	case "who":
		d.More = r.T("my.invite.button")
		if x := f.Field("form"); x != nil && othersLeft(s) {
			x.Hint = strings.TrimSpace(r.T("my.form.left") + " " + x.Hint)
		}
		for _, in := range s.Invitations {
			d.Invites = append(d.Invites, a.inviteLine(r, in))
		}
	case "about":
		d.More = r.T("my.add.place")
	case "when":
		d.More = r.T("my.add.row")
	case "evidence":
		d.More = r.T("my.add.link")
		if a.files != nil {
			d.Files = fileLines(r, s)
		}
	}
	var err error
	if d.Beside, err = a.beside(r, s, step); err != nil {
		return nil, err
	}
	return kit.Page{Name: "step", Title: "my.step." + step, Data: d, Form: f, Wide: d.Beside != nil}, nil
}

// othersLeft reports whether the form still says several though all the others have left.
func othersLeft(s intake.Submission) bool {
	return (s.Pledge.Form == pledge.Common || s.Pledge.Form == pledge.Partnership) && len(s.Pledge.Parties) == 1 &&
		slices.ContainsFunc(s.Invitations, func(in intake.Invitation) bool { return in.State == intake.Left }) &&
		!slices.ContainsFunc(s.Invitations, func(in intake.Invitation) bool { return in.State == intake.Unanswered })
}

func (a *area) inviteLine(r *kit.Request, in intake.Invitation) InviteLine {
	out := InviteLine{Party: in.Party, Name: a.name(r, in.Party), State: r.T("my.invitation." + string(in.State)), Open: in.State == intake.Unanswered, Note: in.Note, When: r.Moment(in.Asked)}
	if !in.Answered.IsZero() {
		out.When = r.Moment(in.Answered)
	}
	switch {
	case in.Again:
		out.State = r.T("my.invitation.again")
	case in.State == intake.Confirmed:
		out.Kind = "good"
	}
	return out
}

// small is a form with one button, which goes to the page of the draft.
func (a *area) small(r *kit.Request, s intake.Submission) *kit.Form {
	quiet := *r.Request
	quiet.Method = "GET" // what was sent belongs to the other form of the page
	own := *r
	own.Request = &quiet
	f := own.NewForm(s.Version)
	f.Action = r.Link("/my/" + s.Ref)
	return f
}

// PointLine is one point of the advice.
type PointLine struct {
	Key, Says string
	Met       bool
}

func points(r *kit.Request, s intake.Submission) []PointLine {
	var out []PointLine
	for _, p := range advice.Assess(s.Pledge).Points {
		out = append(out, PointLine{Key: p.Key, Met: p.Met, Says: r.T("my."+p.Why, "found", lang.Isolate(found(r, p.Found)))})
	}
	return out
}

// found is what decided a point, as people write it where it is a date or an amount of a field.
func found(r *kit.Request, s string) string {
	amount, currency, is := strings.Cut(s, " ")
	if number, ok := kit.Decimal(amount); is && ok && number == amount && len(currency) == 3 && strings.ToUpper(currency) == currency {
		return r.P.Decimal(amount) + " " + currency
	}
	return r.P.Date(s) // gives what is no date as it is
}

package my

import (
	"slices"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/page"
	"stocktake/internal/web/page/history"
	"stocktake/internal/web/work/kit"
)

// Show is one pledge of a party: where it stands, what can be done, what was said and done.
type Show struct {
	Ref, ID   string
	Title     page.Said
	State     State
	Next      string // what happens next, or what the person can do
	Lead      string
	Call      string
	Late      bool
	Problem   *kit.Form // the form that was refused
	Edit      string    // path of the form
	Check     string
	Preview   string
	Public    string // path of the public page
	Receipt   string
	Report    string // path of the form for a report
	Invited   *Invited
	Proposals []ProposalLine
	Thread    []MessageLine
	Message   *kit.Form
	Steps     []ClearLine
	Clear     *kit.Form // clears the next step
	Set       *kit.Form // names the steps
	Invites   []InviteLine
	Waits     []WaitLine
	Recall    *kit.Form
	Files     []FileLine
	Trail     []EventLine
	Versions  []VersionLine
	TakeBack  *kit.Form
	Abandon   *kit.Form
	Withdraw  *kit.Form
	Leave     *kit.Form
	Passes    string // who leads it when the lead leaves
	Needs     []NeedLine
	Need      *kit.Form
	Offers    []OfferLine
	Confirm   *kit.Form // of what the secretariat entered for the party
	Revision  *Revision // that the party has begun to write
}

// Revision is the text of the next version of a public pledge, which is not submitted.
type Revision struct {
	Title   page.Said // where it is another
	Discard *kit.Form // for who writes it
}

// Invited asks the person for an answer.
type Invited struct {
	By, As, Party string
	Form          *kit.Form
	Again         bool // it has confirmed, and the words have changed since
	Stays         bool // it makes the published pledge: it leaves that, or confirms
}

// ProposalLine is a change that the secretariat would make.
type ProposalLine struct {
	Number int
	State  string
	Open   bool
	Note   string
	When   kit.Moment
	Href   string
}

// MessageLine is one entry of the thread.
type MessageLine struct {
	Who     string
	When    kit.Moment
	Reasons []string
	Body    []page.Said
	Ours    bool
}

// WaitLine is a party without whose word the text is not published.
type WaitLine struct {
	Party     string
	Since     kit.Moment
	Unreached bool
	Does      string // what the lead can do
}

// EventLine is one thing that was done.
type EventLine struct {
	What string
	When kit.Moment
	Note string
}

// VersionLine is one text, with what it changed.
type VersionLine struct {
	When    kit.Moment
	Changes []history.Change // of the first text, all that it says
	First   bool
}

// typed is what somebody wrote in a form that was refused, so that nothing of it is lost.
func (d *Show) typed(name string, do ...string) string {
	if d.Problem == nil || !slices.Contains(do, d.Problem.Value("do")) {
		return ""
	}
	return d.Problem.Value(name)
}

const mostVersions = 20

func (a *area) show(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	s, err := a.desk.Get(r.Context(), r.Person, r.PathValue("ref"))
	if err != nil {
		return nil, err
	}
	return a.showPage(r, s, nil)
}

// showPage shows it; refused is the form with which something was not possible.
func (a *area) showPage(r *kit.Request, s intake.Submission, refused *kit.Form) (kit.Answer, error) {
	sub := subject(s)
	d := &Show{Ref: s.Ref, ID: s.Published, State: state(r, s.State), Lead: a.name(r, s.Lead), Late: s.Late, Problem: refused}
	for _, in := range s.Invitations {
		if _, own := r.Person.FocalPoint(in.Party, r.Today); own && (in.State == intake.Unanswered || in.Again) {
			f := a.small(r, s)
			f.Long("note", "my.answer.note", d.typed("note", "accept", "decline"), 3).Upto(2000)
			f.Hidden("party", in.Party)
			d.Invited = &Invited{By: d.Lead, As: a.name(r, in.Party), Party: in.Party, Form: f, Again: in.Again, Stays: in.Again && s.Published != ""}
		}
	}
	if s.Pledge.Title == "" && len(s.Pledge.Parties) == 0 { // nothing but the invitation is to be seen
		d.Title = page.Said{Text: r.T("my.invited.by", "party", d.Lead)}
		return kit.Page{Name: "show", Title: "my.title.show", TitleArgs: []any{"ref", s.Ref}, Data: d, Form: refused}, nil
	}
	d.Title, d.Next = heading(r, s), r.T(next(r, s, sub))
	if s.Revised {
		a.revision(r, s, sub, d)
	}
	if calls, err := a.desk.Call(r.Context(), s.Call); err == nil && s.Call != intake.Standing {
		d.Call = callTitle(r, calls)
	}
	d.Preview = r.Link("/my/" + s.Ref + "/preview")
	if r.May(access.WritePledge, sub) {
		d.Edit, d.Check = r.Link("/my/"+s.Ref+"/edit/what"), r.Link("/my/"+s.Ref+"/check")
	}
	if s.Published != "" {
		if r.May(access.WriteReport, sub) {
			d.Report = r.Link("/my/" + s.Published + "/report")
		}
		d.Public, d.Receipt = r.Link("/pledges/"+s.Published), "/api/v1/pledges/"+s.Published+"/receipt"
	}
	d.Files = fileLines(r, s)
	if a.files == nil {
		d.Files = nil
	}
	for _, in := range s.Invitations {
		line := a.inviteLine(r, in)
		line.Open = line.Open || s.Published == "" && (in.Again || slices.ContainsFunc(s.Unconfirmed, func(u intake.Unconfirmed) bool { return u.Party == in.Party }))
		d.Invites = append(d.Invites, line)
	}
	for _, u := range s.Unconfirmed {
		line := WaitLine{Party: a.name(r, u.Party), Since: r.Moment(u.Since), Unreached: u.Unreached}
		switch {
		case u.Unreached && s.Published != "":
			line.Does = r.T("my.unconfirmed.ask")
		case u.Unreached && r.May(access.InviteParty, sub):
			line.Does = r.T("my.unconfirmed.recall")
		case u.Unreached:
			line.Does = r.T("my.unconfirmed.wait")
		}
		d.Waits = append(d.Waits, line)
	}
	if r.May(access.InviteParty, sub) && len(d.Invites) > 0 {
		d.Recall = a.small(r, s)
	}
	for _, p := range s.Proposals {
		d.Proposals = append(d.Proposals, ProposalLine{Number: p.Number, State: r.T("my.proposal." + string(p.State)), Open: p.State == intake.Open, Note: p.Note, When: r.Moment(p.At), Href: r.Link("/my/" + s.Ref + "/preview?proposal=" + texts([]int{p.Number})[0])})
	}
	a.clearance(r, s, sub, d)
	a.endings(r, s, sub, d)
	if err := a.matching(r, s, sub, d); err != nil {
		return nil, err
	}
	if err := a.said(r, s, sub, d); err != nil {
		return nil, err
	}
	d.wrong()
	return kit.Page{Name: "show", Title: "my.title.show", TitleArgs: []any{"ref", s.Ref}, Data: d, Form: refused}, nil
}

// revision shows what is public as the public pledge, and the text that is written apart from it.
func (a *area) revision(r *kit.Request, s intake.Submission, sub access.Subject, d *Show) {
	own := d.Title
	d.Title = page.Say(s.Stands.Title, s.Stands.Language)
	if s.State != pledge.StatePublished {
		return
	}
	d.Revision = &Revision{}
	if own.Text != d.Title.Text {
		d.Revision.Title = own
	}
	if r.May(access.WritePledge, sub) {
		d.Revision.Discard = a.small(r, s)
	}
}

// wrong ties what was wrong with a form to the fields of the one that is on the page.
func (d *Show) wrong() {
	if d.Problem == nil {
		return
	}
	var on *kit.Form
	switch d.Problem.Value("do") {
	case "withdraw":
		on = d.Withdraw
	case "leave":
		on = d.Leave
	case "clear":
		on = d.Clear
	case "steps":
		on = d.Set
	case "message":
		on = d.Message
	case "need":
		on = d.Need
	case "accept", "decline":
		if d.Invited != nil {
			on = d.Invited.Form
		}
	}
	if on != nil {
		on.Shows(d.Problem)
	}
}

// asked are the fields of what a button asks for, as the form on the page has them.
func (a *area) asked(r *kit.Request, f *kit.Form, ref string) {
	switch f.Value("do") {
	case "withdraw", "leave", "revise":
		f.Long("reason", "my.reason", "", 3)
		f.Calls("notice", "reason")
	case "clear":
		f.Text("note", "my.clear.note", "")
	case "steps":
		f.Long("steps", "my.clear.steps", "", 3)
	case "message":
		f.Long("body", "my.message", "", 5)
	case "need":
		needFields(r, f, "", "")
		f.Calls("text", "body")
	}
	f.Elsewhere = func(name string) (label, href string) {
		if step := stepOf[name]; step != "" {
			href = r.Link("/my/" + ref + "/edit/" + step)
		}
		if label = r.FieldName(name); label == "" {
			href = ""
		}
		return label, href
	}
}

func (a *area) clearance(r *kit.Request, s intake.Submission, sub access.Subject, d *Show) {
	next := ""
	var names []string
	for _, c := range s.Steps {
		l := ClearLine{Name: c.Name, Note: c.Note, When: r.Moment(c.At)}
		names = append(names, c.Name)
		if c.By == "" && next == "" {
			next, l.Next = c.Name, true
		}
		d.Steps = append(d.Steps, l)
	}
	if next != "" && r.May(access.ClearPledge, sub) && (s.Published == "" || s.Revised) {
		d.Clear = a.small(r, s)
		d.Clear.Hidden("name", next)
		d.Clear.Text("note", "my.clear.note", d.typed("note", "clear")).Upto(300)
	}
	if r.May(access.SetClearances, sub) {
		d.Set = a.small(r, s)
		d.Set.Long("steps", "my.clear.steps", strings.Join(names, "\n"), 3).Upto(1000)
	}
}

func (a *area) endings(r *kit.Request, s intake.Submission, sub access.Subject, d *Show) {
	reason := func(f *kit.Form, do string) *kit.Form {
		f.Long("reason", "my.reason", d.typed("reason", do), 3).Upto(2000)
		return f
	}
	if r.May(access.TakeBackRevision, sub) {
		d.TakeBack = a.small(r, s)
	}
	if r.May(access.AbandonPledge, sub) {
		d.Abandon = a.small(r, s)
	}
	if r.May(access.WithdrawPledge, sub) {
		if len(sub.Named) == 0 {
			d.Withdraw = reason(a.small(r, s), "withdraw")
		} else { // the others' part is theirs
			d.Leave, d.Passes = reason(a.small(r, s), "leave"), a.name(r, sub.Named[0])
			d.Leave.Hidden("party", s.Lead)
		}
	}
	if s.Received != nil && s.Confirmed.IsZero() && s.Published == "" && r.May(access.ConfirmPledge, sub) {
		d.Confirm = a.small(r, s)
	}
	for _, in := range s.Invitations {
		if _, own := r.Person.FocalPoint(in.Party, r.Today); own && in.State == intake.Confirmed && r.May(access.LeavePledge, sub) {
			d.Leave = reason(a.small(r, s), "leave")
			d.Leave.Hidden("party", in.Party)
		}
	}
}

func (a *area) said(r *kit.Request, s intake.Submission, sub access.Subject, d *Show) error {
	ctx := r.Context()
	if r.May(access.ReadThread, sub) {
		thread, err := a.desk.Thread(ctx, r.Person, s.Ref)
		if err != nil {
			return err
		}
		for _, m := range thread {
			l := MessageLine{Who: r.T("my.thread." + m.Side), When: r.Moment(m.At), Ours: m.Side == intake.SideParty}
			for _, key := range m.Reasons {
				l.Reasons = append(l.Reasons, intake.Reason(r.Lang, key))
			}
			for _, p := range strings.Split(m.Body, "\n") {
				if strings.TrimSpace(p) != "" {
					l.Body = append(l.Body, page.Say(p, m.Language))
				}
			}
			d.Thread = append(d.Thread, l)
		}
	}
	if r.May(access.WriteThread, sub) {
		d.Message = a.small(r, s)
		d.Message.Long("body", "my.message", d.typed("body", "message"), 5).Upto(5000)
	}
	events, err := a.desk.Trail(ctx, r.Person, s.Ref)
	if err != nil && !errs.Is(err, errs.NotFound) { // who only takes part sees no trail
		return err
	}
	for i := len(events) - 1; i >= 0; i-- {
		e := events[i]
		key := "my.event." + strings.TrimPrefix(e.Action, "pledge.")
		if !r.P.Has(key) {
			continue
		}
		d.Trail = append(d.Trail, EventLine{What: r.T(key), When: r.Moment(e.At), Note: a.eventNote(r, e)})
	}
	texts, err := a.desk.History(ctx, r.Person, s.Ref)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	for i, t := range texts {
		if i >= mostVersions {
			break
		}
		v := VersionLine{When: r.Moment(t.At), First: i == len(texts)-1}
		if v.First {
			v.Changes = history.Whole(r.Reader(), r.Parties(a.desk.Party), written(t.Pledge))
		} else {
			v.Changes = a.differences(r, texts[i+1].Pledge, t.Pledge)
		}
		if len(v.Changes) > 0 {
			d.Versions = append(d.Versions, v)
		}
	}
	return nil
}

// person is the name of somebody of the party; "" for nobody and for somebody who was erased.
func (a *area) person(r *kit.Request, id string) (name string) {
	_ = a.desk.DB.Read(r.Context(), func(tx *db.Tx) error { // a name that is gone is left out
		p, err := r.Kit.Access.PersonByID(r.Context(), tx, id)
		name = r.Named(p)
		return err
	})
	return name
}

// eventNote are the parties that an event speaks of, or what was noted.
func (a *area) eventNote(r *kit.Request, e intake.Event) string {
	switch e.Action {
	case string(access.ClearPledge):
		if name := a.person(r, e.By); name != "" {
			return e.Note + " · " + name
		}
	case string(access.InviteParty), "pledge.recall", string(access.AnswerInvitation), "pledge.confirm_again", string(access.LeavePledge):
		var names []string
		for _, code := range strings.Fields(e.Note) {
			names = append(names, a.name(r, code))
		}
		return r.P.List(names...)
	}
	return e.Note
}

// do does what a button of the page says.
func (a *area) do(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	ref := r.PathValue("ref")
	f := r.NewForm("")
	a.asked(r, f, ref)
	done, err := a.act(r, f, ref)
	if refused(r, f, err) {
		switch {
		case err != nil:
			return nil, err
		case done == "":
			return nil, errs.New(errs.Invalid, "the form says nothing that could be done")
		}
		if done == "my.done.left" {
			if _, err := a.desk.Get(r.Context(), r.Person, ref); errs.Is(err, errs.NotFound) { // it has no part in it any more
				return kit.Done("/my", done), nil
			}
		}
		return kit.Done("/my/"+ref, done), nil
	}
	s, err := a.desk.Get(r.Context(), r.Person, ref)
	if err != nil {
		return nil, err
	}
	f.Version, f.Key = told(s), kit.NewKey()
	if do := f.Value("do"); (do == "submit" || do == "revise") && r.May(access.WritePledge, subject(s)) {
		return a.checkPage(r, s, f)
	}
	return a.showPage(r, s, f)
}

// act is the one place where the buttons are named.
func (a *area) act(r *kit.Request, f *kit.Form, ref string) (done string, err error) {
	ctx, by, v := intake.WithKey(r.Context(), f.Key), r.Person, f.IfVersion()
	reason := pledge.Notice{Reason: f.Value("reason")}
	if reason.Reason != "" {
		reason.Language = r.Lang
	}
	code := f.Value("party")
	switch f.Value("do") {
	case "submit":
		_, err = a.desk.Submit(ctx, by, ref, v)
		return "my.done.submitted", err
	case "revise":
		_, err = a.desk.SubmitRevision(ctx, by, ref, v, reason)
		return "my.done.revised", err
	case "take_back":
		_, err = a.desk.TakeBackRevision(ctx, by, ref, v)
		return "my.done.taken_back", err
	case "discard":
		_, err = a.desk.DiscardRevision(ctx, by, ref, v)
		return "my.done.discarded", err
	case "abandon":
		_, err = a.desk.Abandon(ctx, by, ref, v)
		return "my.done.abandoned", err
	case "withdraw":
		_, err = a.desk.Withdraw(ctx, by, ref, v, reason)
		return "my.done.withdrawn", err
	case "leave":
		_, err = a.desk.LeavePledge(ctx, by, ref, v, code, reason)
		return "my.done.left", err
	case "confirm":
		_, err = a.desk.Confirm(ctx, by, ref, v)
		return "my.done.confirmed", err
	case "clear":
		_, err = a.desk.Clear(ctx, by, ref, v, f.Value("name"), f.Value("note"))
		return "my.done.cleared", err
	case "steps":
		var names []string
		for _, n := range strings.Split(lines(f.Value("steps")), "\n") {
			if n = strings.TrimSpace(n); n != "" {
				names = append(names, n)
			}
		}
		_, err = a.desk.SetSteps(ctx, by, ref, v, names)
		return "my.done.steps", err
	case "recall":
		_, err = a.desk.Recall(ctx, by, ref, v, code)
		return "my.done.recalled", err
	case "accept", "decline":
		_, err = a.desk.Answer(ctx, by, ref, v, code, f.Value("do") == "accept", f.Value("note"))
		return "my.done.answered", err
	case "message":
		if f.Value("body") == "" {
			return "my.done.nothing", nil
		}
		_, err = a.desk.Write(ctx, by, ref, intake.Remarks{Body: lines(f.Value("body")), Language: r.Lang})
		return "my.done.sent", err
	case "approve", "refuse":
		n := ints(f.Values("proposal"))
		if len(n) != 1 {
			return "", errs.New(errs.Invalid, "which proposal?")
		}
		_, err = a.desk.AnswerProposal(ctx, by, ref, v, n[0], f.Value("do") == "approve", f.Value("note"))
		return "my.done.proposal", err
	}
	return a.match(r, f, ref)
}

// takesPart reports whether the person speaks for a party that has confirmed, and not for the lead.
func takesPart(r *kit.Request, s intake.Submission) bool {
	if _, lead := r.Person.FocalPoint(s.Lead, r.Today); lead {
		return false
	}
	return slices.ContainsFunc(s.Invitations, func(in intake.Invitation) bool {
		_, own := r.Person.FocalPoint(in.Party, r.Today)
		return own && in.State == intake.Confirmed
	})
}

// next is the sentence that says what happens next, and who reads it meanwhile.
func next(r *kit.Request, s intake.Submission, sub access.Subject) string {
	switch {
	case slices.ContainsFunc(s.Proposals, func(p intake.Proposal) bool { return p.State == intake.Open }) && r.May(access.ApproveProposal, sub):
		return "my.next.proposal"
	case len(sub.Former) > 0 && !r.May(access.ReadDraft, access.Subject{State: string(pledge.StateDraft), Lead: s.Lead, Named: sub.Named}):
		return "my.next.left"
	case takesPart(r, s) && slices.Contains([]pledge.State{pledge.StateDraft, pledge.StateReturned, pledge.StatePublished}, s.State):
		return "my.next.named." + string(s.State)
	case s.State == pledge.StateDraft && s.Entered:
		return "my.next.entered"
	case s.State == pledge.StateDraft && len(sub.Named) > 0:
		return "my.next.joint"
	}
	return "my.next." + string(s.State)
}

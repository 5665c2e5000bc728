package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
)

// deed is one action on a pledge: a name in the path.
type deed struct {
	name  string
	does  access.Action // what the token must cover; the room asks the policy
	takes []string      // fields of ActionInput; all others are refused
	words string        // for the description
	run   func(desk *intake.Desk, e *errand, ref string, in ActionInput) (intake.Submission, error)
}

// deeds are all actions: the party's first, then those of the secretariat.
var deeds = []deed{
	{"submit", access.SubmitPledge, nil, "hands a draft to the secretariat", func(d *intake.Desk, e *errand, ref string, _ ActionInput) (intake.Submission, error) {
		return d.Submit(e.ctx, e.by, ref, e.version)
	}},
	{"submit_revision", access.SubmitRevision, []string{"reason", "language"}, "hands the next version of a published pledge to the secretariat", func(d *intake.Desk, e *errand, ref string, in ActionInput) (intake.Submission, error) {
		return d.SubmitRevision(e.ctx, e.by, ref, e.version, e.notice(in))
	}},
	{"take_back_revision", access.TakeBackRevision, nil, "takes that version back", func(d *intake.Desk, e *errand, ref string, _ ActionInput) (intake.Submission, error) {
		return d.TakeBackRevision(e.ctx, e.by, ref, e.version)
	}},
	{"abandon", access.AbandonPledge, nil, "gives a draft up; nothing of it is deleted", func(d *intake.Desk, e *errand, ref string, _ ActionInput) (intake.Submission, error) {
		return d.Abandon(e.ctx, e.by, ref, e.version)
	}},
	{"withdraw", access.WithdrawPledge, []string{"reason", "language"}, "ends a published pledge; the secretariat gives a reason", func(d *intake.Desk, e *errand, ref string, in ActionInput) (intake.Submission, error) {
		return d.Withdraw(e.ctx, e.by, ref, e.version, e.notice(in))
	}},
	{"supersede", access.SupersedePledge, []string{"with", "reason", "language"}, "ends a published pledge in favour of another", func(d *intake.Desk, e *errand, ref string, in ActionInput) (intake.Submission, error) {
		return d.Supersede(e.ctx, e.by, ref, e.version, in.With, e.notice(in))
	}},
	{"call", access.WritePledge, []string{"call"}, "says which call a draft answers", func(d *intake.Desk, e *errand, ref string, in ActionInput) (intake.Submission, error) {
		return d.SetCall(e.ctx, e.by, ref, e.version, in.Call)
	}},
	{"invite", access.InviteParty, []string{"parties"}, "asks other parties to take part", func(d *intake.Desk, e *errand, ref string, in ActionInput) (intake.Submission, error) {
		return d.Invite(e.ctx, e.by, ref, e.version, in.Parties...)
	}},
	{"recall", access.InviteParty, []string{"party"}, "takes an invitation back", func(d *intake.Desk, e *errand, ref string, in ActionInput) (intake.Submission, error) {
		return d.Recall(e.ctx, e.by, ref, e.version, in.Party)
	}},
	{"answer", access.AnswerInvitation, []string{"party", "confirm", "note"}, "confirms or declines a party's part", func(d *intake.Desk, e *errand, ref string, in ActionInput) (intake.Submission, error) {
		if in.Confirm == nil {
			return intake.Submission{}, wrongField("confirm", "must be true or false")
		}
		return d.Answer(e.ctx, e.by, ref, e.version, in.Party, *in.Confirm, in.Note)
	}},
	{"approve_proposal", access.ApproveProposal, []string{"number", "note"}, "approves a change that the secretariat proposes", answerProposal(true)},
	{"refuse_proposal", access.RefuseProposal, []string{"number", "note"}, "refuses it", answerProposal(false)},
	{"confirm", access.ConfirmPledge, nil, "stands by what the secretariat entered for the party", func(d *intake.Desk, e *errand, ref string, _ ActionInput) (intake.Submission, error) {
		return d.Confirm(e.ctx, e.by, ref, e.version)
	}},
	{"message", access.WriteThread, []string{"body", "reasons", "language"}, "writes into the thread between party and secretariat", func(d *intake.Desk, e *errand, ref string, in ActionInput) (intake.Submission, error) {
		return d.Write(e.ctx, e.by, ref, e.remarks(in))
	}},

	{"assign", access.AssignPledge, []string{"person"}, "gives it to a reviewer", func(d *intake.Desk, e *errand, ref string, in ActionInput) (intake.Submission, error) {
		return d.Assign(e.ctx, e.by, ref, in.Person)
	}},
	{"note", access.WriteNotes, []string{"body", "language"}, "writes a note of the secretariat to itself", func(d *intake.Desk, e *errand, ref string, in ActionInput) (intake.Submission, error) {
		return d.Note(e.ctx, e.by, ref, e.remarks(in))
	}},
	{"register", access.EnterPledge, nil, "counts as submitted what the secretariat has entered", func(d *intake.Desk, e *errand, ref string, _ ActionInput) (intake.Submission, error) {
		return d.Register(e.ctx, e.by, ref, e.version)
	}},
	{"return", access.ReturnPledge, []string{"reasons", "body", "language"}, "gives a submission or a next version back", func(d *intake.Desk, e *errand, ref string, in ActionInput) (intake.Submission, error) {
		return d.Return(e.ctx, e.by, ref, e.version, e.remarks(in))
	}},
	{"set_aside", access.SetAsidePledge, []string{"reasons", "body", "language"}, "sets spam or what is out of scope aside", func(d *intake.Desk, e *errand, ref string, in ActionInput) (intake.Submission, error) {
		return d.SetAside(e.ctx, e.by, ref, e.version, e.remarks(in))
	}},
	{"join", access.SetAsidePledge, []string{"with", "reasons", "body", "language"}, "sets a repetition aside", func(d *intake.Desk, e *errand, ref string, in ActionInput) (intake.Submission, error) {
		return d.Join(e.ctx, e.by, ref, e.version, in.With, e.remarks(in))
	}},
	{"take_up", access.TakeUpPledge, nil, "takes up what was set aside", func(d *intake.Desk, e *errand, ref string, _ ActionInput) (intake.Submission, error) {
		return d.TakeUp(e.ctx, e.by, ref, e.version)
	}},
	{"accept", access.PublishPledge, nil, "notes that a reviewer found it right", func(d *intake.Desk, e *errand, ref string, _ ActionInput) (intake.Submission, error) {
		return d.Accept(e.ctx, e.by, ref, e.version)
	}},
	{"schedule", access.SchedulePledge, []string{"publish_at"}, "accepts it for a minute to come", func(d *intake.Desk, e *errand, ref string, in ActionInput) (intake.Submission, error) {
		at, err := time.Parse(time.RFC3339, in.PublishAt)
		if err != nil {
			return intake.Submission{}, wrongField("publish_at", "must be a minute like 2027-01-31T12:00:00Z")
		}
		return d.Schedule(e.ctx, e.by, ref, e.version, at)
	}},
	{"unschedule", access.UnschedulePledge, nil, "recalls that", func(d *intake.Desk, e *errand, ref string, _ ActionInput) (intake.Submission, error) {
		return d.Unschedule(e.ctx, e.by, ref, e.version)
	}},
	{"publish", access.PublishPledge, nil, "publishes a submission", publish},
	{"publish_revision", access.PublishRevision, nil, "publishes the next version of a pledge", func(d *intake.Desk, e *errand, ref string, _ ActionInput) (intake.Submission, error) {
		return d.PublishRevision(e.ctx, e.by, ref, e.version)
	}},
}

func answerProposal(approve bool) func(*intake.Desk, *errand, string, ActionInput) (intake.Submission, error) {
	return func(d *intake.Desk, e *errand, ref string, in ActionInput) (intake.Submission, error) {
		return d.AnswerProposal(e.ctx, e.by, ref, e.version, in.Number, approve, in.Note)
	}
}

// publish publishes together with whatever is published at this moment.
func publish(d *intake.Desk, e *errand, ref string, _ ActionInput) (intake.Submission, error) {
	if _, err := d.Publish(e.ctx, e.by, ref, e.version); err != nil {
		return intake.Submission{}, err
	}
	return d.Get(e.ctx, e.by, ref)
}

func called(name string) func(deed) bool { return func(a deed) bool { return a.name == name } }

func isDeed(name string) bool { return slices.ContainsFunc(deeds, called(name)) }

// act serves every action; the router has seen that there is one of the name.
func (d *door) act(e *errand) (any, error) {
	a := deeds[slices.IndexFunc(deeds, called(e.req.PathValue("action")))]
	if !e.can(a.does) {
		return nil, outOfScope(a.does)
	}
	var in ActionInput
	if err := e.decode(&in); err != nil {
		return nil, err
	}
	for _, field := range e.names() {
		if !slices.Contains(a.takes, field) {
			return nil, wrongField(field, "is not taken by this action; "+takenBy(a))
		}
	}
	s, err := d.find(e)
	if err != nil {
		return nil, err
	}
	done, err := a.run(d.Work.Desk, e, s.Ref, in)
	if err != nil {
		return nil, d.uncleared(err, s)
	}
	return d.answerOf(e, done), nil
}

// uncleared says which step of the party's own clearance is missing, and where people clear it.
func (d *door) uncleared(err error, s intake.Submission) error {
	i := slices.IndexFunc(s.Steps, func(c intake.Clearance) bool { return c.By == "" })
	if i < 0 || keyOfError(err) != "work.not_cleared" {
		return err
	}
	return refused(http.StatusConflict, fmt.Sprintf("the step %q of the party's own clearance is missing; a focal point clears it at %s/my/%s/check", s.Steps[i].Name, d.BaseURL, s.Ref))
}

func takenBy(a deed) string {
	if len(a.takes) == 0 {
		return "it takes none"
	}
	return "it takes " + strings.Join(a.takes, ", ")
}

// notice is a reason for the public.
func (e *errand) notice(in ActionInput) pledge.Notice {
	if in.Reason == "" {
		return pledge.Notice{}
	}
	return pledge.Notice{Reason: in.Reason, Language: e.language(in.Language)}
}

// remarks are words for the other side.
func (e *errand) remarks(in ActionInput) intake.Remarks {
	return intake.Remarks{Reasons: in.Reasons, Body: in.Body, Language: e.language(in.Language)}
}

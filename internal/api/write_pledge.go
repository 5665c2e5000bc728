package api

import (
	"net/http"
	"slices"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/errs"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
)

// begin makes a draft for a party; where it says how it was received, the secretariat enters it
// on behalf of the party.
func (d *door) begin(e *errand) (any, error) {
	var in PledgeInput
	if err := e.decode(&in); err != nil {
		return nil, err
	}
	if len(in.Parties) != 1 {
		return nil, wrongField("parties", "must be the code of the party in the lead; invite the others once the pledge is begun")
	}
	b := intake.Beginning{Lead: in.Parties[0], Call: in.Call, Pledge: in.over(pledge.Pledge{}), Contact: in.contact(intake.Contact{})}
	var s intake.Submission
	var err error
	switch {
	case in.Received == nil && !e.can(access.CreatePledge):
		return nil, outOfScope(access.CreatePledge)
	case in.Received == nil:
		s, err = d.Work.Desk.Draft(e.ctx, e.by, b)
	case !e.can(access.EnterPledge):
		return nil, outOfScope(access.EnterPledge)
	default:
		how := intake.Received{How: in.Received.How, On: in.Received.On, Reference: in.Received.Reference}
		s, err = d.Work.Desk.Enter(e.ctx, e.by, b, how)
	}
	if err != nil {
		return nil, err
	}
	e.at = d.BaseURL + root + "/pledges/" + s.Ref + "/submission"
	return d.answerOf(e, s), nil
}

// rewrite replaces the text of a draft, or of the next version of a published pledge.
func (d *door) rewrite(e *errand) (any, error) {
	if e.version == 0 {
		return nil, refused(http.StatusPreconditionRequired, "send If-Match with the ETag of the version that you changed; * would overwrite what you have not seen")
	}
	var in PledgeInput
	if err := e.decode(&in); err != nil {
		return nil, err
	}
	if in.Received != nil {
		return nil, wrongField("received", "is said when a pledge begins, and not later")
	}
	s, err := d.find(e)
	if err != nil {
		return nil, err
	}
	if len(in.Parties) > 0 && !slices.Equal(in.Parties, s.Pledge.Parties) {
		return nil, wrongField("parties", "must be as they stand; parties are invited, and answer")
	}
	if in.Call != "" && in.Call != s.Call {
		return nil, wrongField("call", "must be as it stands; the action call changes it")
	}
	p := in.over(s.Pledge)
	// The room sets these itself. Without them the same request is the same under its key.
	p.ID, p.Status, p.Parties, p.Call = "", "", nil, ""
	if s, err = d.Work.Desk.Save(e.ctx, e.by, s.Ref, e.version, p, in.contact(s.Contact)); err != nil {
		return nil, err
	}
	return d.answerOf(e, s), nil
}

// stands answers how a submission stands.
func (d *door) stands(e *errand) (any, error) {
	s, err := d.find(e)
	if err != nil {
		return nil, err
	}
	return d.answerOf(e, s), nil
}

const refPrefix = "S-" // of a private reference

// find is the submission that the path names. A pledge that came by an import has none yet, and
// gets one from whoever may write the next version.
func (d *door) find(e *errand) (intake.Submission, error) {
	if strings.HasPrefix(e.id, refPrefix) {
		return d.Work.Desk.Get(e.ctx, e.by, e.id)
	}
	if _, ok := pledge.SerialOf(d.Pack.Code, e.id); !ok {
		return intake.Submission{}, errs.New(errs.NotFound, "no pledge")
	}
	s, err := d.Work.Desk.Of(e.ctx, e.by, e.id)
	if errs.Is(err, errs.NotFound) {
		return d.Work.Desk.Adopt(e.ctx, e.by, e.id)
	}
	return s, err
}

// answerOf is a submission as the room shows it to the person, less what the token may not read.
func (d *door) answerOf(e *errand, s intake.Submission) Submission {
	e.tag = s.Version
	out := Submission{
		Ref: s.Ref, ID: s.Published, State: s.State, Version: s.Version, Lead: s.Lead, Call: s.Call, Late: s.Late,
		Changed: instant(s.Changed), Submitted: instant(s.Submitted), PublishAt: instant(s.PublishAt), Missing: []Fault{},
		URL: d.BaseURL + "/my/" + s.Ref,
	}
	today := d.Work.People.Today()
	if e.by.Desk(today) {
		out.URL = d.BaseURL + "/desk/" + s.Ref
		for _, key := range s.Blocked {
			out.Blocked = append(out.Blocked, strings.TrimPrefix(key, "work.blocked."))
		}
	}
	reads := e.can(access.ReadPledge)
	if reads || e.can(access.WritePledge) {
		out.Missing = faults(s.Findings)
		for _, in := range s.Invitations {
			out.Invited = append(out.Invited, InvitedTo{Party: in.Party, State: string(in.State), Again: in.Again})
		}
	}
	if !reads || len(s.Pledge.Parties) == 0 { // somebody invited sees that there is an invitation
		return out
	}
	out.Pledge = inputOf(s.Pledge)
	for _, p := range s.Proposals {
		shown := Proposal{Number: p.Number, State: string(p.State), Changes: []Change{}}
		for _, c := range p.Changes {
			shown.Changes = append(shown.Changes, Change{c.Field, all(c.Before), all(c.After)})
		}
		out.Proposals = append(out.Proposals, shown)
	}
	return out
}

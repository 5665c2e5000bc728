package api

import (
	"stocktake/internal/access"
	"stocktake/internal/errs"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/followup"
)

// report files a report on a published pledge.
func (d *door) report(e *errand) (any, error) {
	var in ReportInput
	if err := e.decode(&in); err != nil {
		return nil, err
	}
	a := followup.Answer{Choice: followup.Choice(in.Choice), Language: e.language(in.Language), Report: pledge.Report{
		Schema: pledge.Schema, On: in.On, Stage: in.Stage, Narrative: in.Narrative, Values: in.Values,
		Spent: in.Spent, Evidence: in.Evidence, Barriers: in.Barriers, Support: in.Support,
	}}
	if in.Narrative+in.Barriers+in.Support != "" || in.Language != "" {
		a.Report.Language = a.Language
	}
	switch a.Choice {
	case "":
		a.Choice = followup.Changed
	case followup.Changed, followup.NoChange, followup.Done:
	default:
		return nil, wrongField("choice", "must be changed, no_change or done")
	}
	if e.key != "" {
		a.Key, a.Once = "api:"+e.key, true
	}
	id := e.id
	if _, ok := pledge.SerialOf(d.Pack.Code, id); !ok {
		if !e.can(access.ReadPledge) { // a private reference tells a token that cannot read nothing
			return nil, errs.New(errs.NotFound, "no pledge")
		}
		s, err := d.find(e)
		if err != nil {
			return nil, err
		}
		if id = s.Published; id == "" {
			return nil, errs.New(errs.Conflict, "%s is not published", s.Ref).WithKey("work.not_now")
		}
	}
	f, err := d.Work.Reports.Submit(e.ctx, e.by, id, e.version, a)
	if err != nil {
		return nil, err
	}
	out := Filed{Pledge: f.Pledge, State: string(f.State), Number: f.Number, PublishAt: instant(f.PublishAt), Report: reportOf(f.Report), URL: d.BaseURL + "/pledges/" + f.Pledge}
	if f.Reviewed(f.Changed) {
		out.PublishAt = nil // when, nobody can say yet
	}
	if f.Entry >= 0 {
		out.Position = &f.Entry
	}
	e.at = d.BaseURL + root + "/pledges/" + f.Pledge
	return out, nil
}

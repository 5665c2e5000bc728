package main

import (
	"context"
	"slices"

	"stocktake/internal/access"
	"stocktake/internal/errs"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/work/my"
	"stocktake/internal/web/work/people"
)

// What other rooms have for the page on which a party sees its work, and for what is handed over.

// reportsDue are the reports that somebody's parties are asked for, the most urgent first, and
// those of theirs, or on a pledge that they lead, that wait for a second contact, and those that
// will be asked for next.
func (s *staff) reportsDue(ctx context.Context, by access.Person) (due []my.Due, err error) {
	today := s.access.Today()
	parties := by.Parties(today)
	if len(parties) == 0 {
		return nil, nil
	}
	all, err := s.followup.Overview(ctx, by, today)
	if err != nil {
		return nil, err
	}
	for _, row := range slices.Concat(all.Overdue, all.Due) {
		if speaksFor(parties, row.Party) {
			due = append(due, my.Due{Pledge: row.Pledge, Title: row.Title, Path: "/my/" + row.Pledge + "/report", On: row.Request.Due, Late: row.Overdue})
		}
	}
	for _, row := range all.Ahead {
		if speaksFor(parties, row.Party) {
			due = append(due, my.Due{Pledge: row.Pledge, On: row.Request.Due, Ahead: true})
		}
	}
	for _, f := range all.Waiting {
		p, err := s.followup.Pledge(ctx, f.Pledge)
		if err != nil {
			return nil, err
		}
		if !speaksFor(parties, f.Party) && !speaksFor(parties, p.Lead()) {
			continue
		}
		alone, review, err := s.followup.Awaits(ctx, f)
		if err != nil {
			return nil, err
		}
		due = append(due, my.Due{
			Pledge: f.Pledge, Title: p.Title, Lang: p.Language, Path: "/my/" + f.Pledge + "/report",
			Until: f.PublishAt, Yours: f.Person != by.ID, Alone: alone, Review: review,
		})
	}
	return due, nil
}

// speaksFor reports whether a party, or the whole that it is a part of, is among those of
// somebody, who may be shown other parties' work elsewhere.
func speaksFor(parties []string, code string) bool {
	for ; code != ""; code = party.ParentOf(code) {
		if slices.Contains(parties, code) {
			return true
		}
	}
	return false
}

// translationsDue are the finished translations that wait for the word of somebody's parties.
func (s *staff) translationsDue(ctx context.Context, by access.Person) (due []my.Due, err error) {
	all, err := s.tongues.Waiting(ctx, by)
	for _, i := range all {
		due = append(due, my.Due{Pledge: i.Pledge, Title: i.Title, Lang: i.Original, Into: i.Into, Path: "/desk/translations/" + i.Pledge + "/" + string(i.Into)})
	}
	return due, err
}

// published is the id of the public pledge that a private reference leads to, for who may read it.
func (s *staff) published(ctx context.Context, by access.Person, ref string) (string, error) {
	sub, err := s.intake.Get(ctx, by, ref)
	return sub.Published, err
}

// notPublic are the states of what a party has in hand, or the desk of it.
var notPublic = []pledge.State{pledge.StateDraft, pledge.StateReturned, pledge.StateSubmitted, pledge.StateScheduled}

// revisable are the states in which a public pledge can have a next version that is not public.
var revisable = []pledge.State{pledge.StatePublished, pledge.StateRevisionSubmitted}

const mostOpen = 200

// open is what a party has in hand that is not public yet, next versions of public pledges among
// it: for who speaks for it, and not for the desk, which does not read drafts.
func (s *staff) open(ctx context.Context, by access.Person, code string) (all []people.Open, err error) {
	if !speaksFor(by.Parties(s.access.Today()), code) {
		return nil, nil
	}
	rows, _, err := s.intake.List(ctx, by, intake.Filter{Mine: true, Newest: true, Parties: []string{code}, States: notPublic}, 0, mostOpen)
	if err != nil {
		return nil, err
	}
	public, _, err := s.intake.List(ctx, by, intake.Filter{Mine: true, Newest: true, Parties: []string{code}, States: revisable}, 0, mostOpen)
	for _, row := range public {
		if row.Revised {
			rows = append(rows, row)
		}
	}
	for _, row := range rows {
		all = append(all, people.Open{Ref: row.Ref, Title: row.Title, Lang: row.Language, Changed: row.Changed})
	}
	return all, err
}

// due is when reports on the pledges of a party are expected, asked for or not yet, and which have one that waits, as the
// person may see it.
func (s *staff) due(ctx context.Context, by access.Person, code string) (map[string]people.Due, error) {
	all, err := s.followup.Overview(ctx, by, s.access.Today())
	if errs.Is(err, errs.Forbidden) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	due := map[string]people.Due{}
	for _, row := range slices.Concat(all.Overdue, all.Due, all.Ahead) {
		if speaksFor([]string{code}, row.Party) {
			due[row.Pledge] = people.Due{On: row.Request.Due, Late: row.Overdue}
		}
	}
	for _, f := range all.Waiting {
		p, err := s.followup.Pledge(ctx, f.Pledge)
		if err != nil {
			return nil, err
		}
		if !speaksFor([]string{code}, f.Party) && !speaksFor([]string{code}, p.Lead()) {
			continue
		}
		_, review, err := s.followup.Awaits(ctx, f)
		if err != nil {
			return nil, err
		}
		due[f.Pledge] = people.Due{Waits: f.PublishAt, Review: review, Stage: f.Report.Stage}
	}
	return due, nil
}

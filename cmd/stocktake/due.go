package main

import (
	"context"
	"slices"

	"stocktake/internal/access"
	"stocktake/internal/party"
	"stocktake/internal/web/work/my"
)

// What other rooms have for the page on which a party sees its work.

// reportsDue are the reports that somebody's parties are asked for, the most urgent first.
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

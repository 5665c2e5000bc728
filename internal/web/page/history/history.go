// Package history shows what became of a pledge: every entry of the register that speaks of
// it, the newest first, with what changed from one version to the next.
package history

import (
	_ "embed"
	"slices"
	"strings"

	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/web/page"
)

//go:embed history.html
var Template string

// Page is what the template shows.
type Page struct {
	page.Frame
	ID      string
	Heading page.Said
	Back    string
	Entries []Entry
	Cite    page.Cite
}

// Entry is one entry of the register.
type Entry struct {
	Position  int64
	What      string // "Version 2", "Progress report 1", "Translation: Français"
	Event     string // published, changed, withdrawn, superseded, reported, translated, awaited, answered
	Actor     string
	Effective string
	Recorded  string // set where it was recorded on a later day
	Withheld  bool
	Changes   []Change
	Stage     string
	StageName string
	Occasion  page.Said // of an announcement,
	On        string    // and its day
}

// Build shows what was published about the pledge, as far as the reader's moment allows.
func Build(r *page.Reader, v *explore.View, it *explore.Item, events []pledge.Event) *Page {
	p := &Page{ID: it.Pledge.ID, Back: r.PledgeLink(it.Pledge.ID), Cite: r.Cite(v.Size)}
	p.Heading = r.Row(v, it).Title
	p.Frame = r.Frame(page.Pledges, r.T("pledge.history")+" · "+p.ID)
	var before *pledge.Pledge // the version before that can still be read
	for _, e := range events {
		if e.Position < v.Size && e.Effective <= v.AsOf {
			p.Entries = append(p.Entries, entry(r, v, e, before))
		}
		if e.Pledge != nil {
			before = e.Pledge
		}
	}
	slices.Reverse(p.Entries)
	return p
}

func entry(r *page.Reader, v *explore.View, e pledge.Event, before *pledge.Pledge) Entry {
	out := Entry{
		Position: e.Position, Effective: r.P.Date(e.Effective),
		Withheld: e.WithheldBy >= 0, Actor: r.Actor(v, e.Actor),
	}
	if e.Late {
		out.Recorded = r.P.Date(e.Recorded[:10])
	}
	_, part, _ := strings.Cut(e.Subject, "/")
	switch e.Kind {
	case pledge.ReportKind:
		out.What, out.Event = r.T("history.report", "number", part), "reported"
		if e.Report != nil {
			out.Stage, out.StageName = string(e.Report.Stage), r.Word("stage", string(e.Report.Stage))
		}
	case pledge.AssessmentKind:
		out.What, out.Event = r.T("history.assessment", "number", part), "voiced"
	case pledge.CommentKind:
		out.What, out.Event = r.T("history.comment", "number", part), "voiced"
	case pledge.AnnouncementKind:
		out.What, out.Event = r.T("history.announcement"), "awaited"
		if e.Version > 1 {
			out.Event = "answered"
		}
		if a := e.Announcement; a != nil {
			out.Occasion, out.On = page.Say(a.Occasion, a.Language), r.P.Date(a.On)
		}
	case pledge.TranslationKind:
		out.What, out.Event = r.T("history.translation", "language", lang.Code(part).Autonym()), "translated"
	default:
		out.What, out.Event = r.T("history.version", "number", e.Version), "published"
		if e.Version > 1 {
			out.Event = "changed"
		}
		if e.Pledge != nil && !e.Pledge.Stands() {
			out.Event = string(e.Pledge.Status)
		}
		if e.Pledge != nil && before != nil {
			out.Changes = Differences(r, v, *before, *e.Pledge)
		}
	}
	return out
}

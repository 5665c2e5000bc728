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
	Event     string // published, changed, withdrawn, superseded, reported, translated
	Actor     string
	Effective string
	Recorded  string // set where it was recorded on a later day
	Withheld  bool
	Changes   []Change
	Stage     string
	StageName string
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

func change(r *page.Reader, v *explore.View, c pledge.FieldChange) Change {
	out := Change{Field: FieldName(r, c.Field)}
	for _, e := range text.WordDiff(said(r, v, c.Field, c.Before), said(r, v, c.Field, c.After)) {
		out.Edits = append(out.Edits, Edit{Op: e.Op.String(), Text: e.Text})
	}
	return out
}

// said puts the values of a field into the reader's words.
func said(r *page.Reader, v *explore.View, field string, values []string) string {
	filter := fieldFilter[field]
	words := make([]string, len(values))
	for i, value := range values {
		words[i] = value
		if filter != "" {
			words[i] = r.ValueName(v, filter, value)
		}
		if field == "status" {
			words[i] = r.Word("status", value)
		}
	}
	return strings.Join(words, "\n")
}

// fieldFilter names the filter whose words a field has.
var fieldFilter = map[string]string{
	"parties": "party", "channel": "channel", "form": "form", "nature": "nature", "objectives": "objective",
	"objectives_by": "objectives_by", "principles": "principle", "levels": "level", "countries": "country",
	"regions": "region", "text_by": "text_by", "mirror": "mirror", "call": "call",
}

// Fields are the fields that have a name of their own beside those of the filters.
var Fields = []string{"status", "superseded_by", "notice", "title", "text", "language", "text_by", "matches", "actions", "sdgs",
	"starts_on", "ends_on", "milestones", "indicators", "money", "announced_on", "announced_at", "attachments",
	"links", "source", "evidence", "also_recorded"}

// FieldName is the name of a field of a pledge.
func FieldName(r *page.Reader, field string) string {
	if slices.Contains(Fields, field) {
		return r.T("field." + field)
	}
	if f := fieldFilter[field]; f != "" {
		return r.FilterName(f)
	}
	return field
}

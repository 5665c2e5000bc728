package api

import (
	"context"
	"encoding/base64"
	"slices"

	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/text"
)

// seen says what an answer speaks of.
func (d *door) seen(ctx context.Context, q *question, day string, size int64) (Seen, [32]byte, error) {
	root, err := d.root(ctx, q.snap, size)
	if err != nil {
		return Seen{}, root, err
	}
	return Seen{AsOf: day, Register: Register{Size: size, Root: base64.StdEncoding.EncodeToString(root[:])}}, root, nil
}

func (d *door) pledges(ctx context.Context, q *question) (any, error) {
	c, err := d.resume(ctx, q)
	if err != nil {
		return nil, err
	}
	v, err := q.snap.View(q.query, q.today)
	if err != nil {
		return nil, err
	}
	out := PledgeList{Total: v.Totals.Pledges, Ended: v.Ended(), Understood: understood(v), Items: []Pledge{}}
	seen, root, err := d.seen(ctx, q, v.AsOf, v.Size)
	if err != nil {
		return nil, err
	}
	out.Seen = seen
	items, offset := page(v, q, c)
	for _, it := range items {
		out.Items = append(out.Items, d.shape(it))
	}
	if end := offset + len(items); end < out.Total && len(items) > 0 {
		out.Next = q.leave(seen, root, end, keyOf(items[len(items)-1], q.query.Sort, v))
		q.next = out.Next
	}
	return out, nil
}

// page gives the items after the cursor, and how many come before them. The last item that the
// cursor saw is fetched with the page: as a rule it is still where it was.
func page(v *explore.View, q *question, c *cursor) (items []*explore.Item, offset int) {
	if c == nil {
		return v.Items(0, q.limit), 0
	}
	var ahead []*explore.Item
	if c.offset <= v.Totals.Pledges {
		ahead = v.Items(c.offset-1, q.limit+1)
	}
	offset = c.after(v.Totals.Pledges, func(i int) []string {
		if i == c.offset-1 {
			return keyOf(ahead[0], c.order, v)
		}
		return keyOf(v.Items(i, 1)[0], c.order, v)
	}, compareKeys(c.order))
	if offset == c.offset && len(ahead) > 0 {
		return ahead[1:], offset
	}
	return v.Items(offset, q.limit), offset
}

// keyOf says where an item stands in an order.
func keyOf(it *explore.Item, order string, v *explore.View) []string {
	id := it.Pledge.ID
	switch order {
	case explore.Title:
		return []string{text.Fold(it.Pledge.Title), id}
	case explore.Party:
		return []string{nameKey(v, it.Root), it.Root, id}
	case explore.Reported:
		return []string{it.ReportedOn, it.Published, id}
	}
	return []string{it.Published, id}
}

// nameKey is a party's place among the names.
func nameKey(v *explore.View, code string) string {
	if p, known := v.Party(code); known {
		return text.Fold(p.Name(lang.EN))
	}
	return noName
}

func (d *door) pledge(ctx context.Context, q *question) (any, error) {
	it, err := q.snap.Pledge(q.req.PathValue("id"), q.moment(), q.today)
	if err != nil {
		return nil, err
	}
	out := PledgeDetail{Pledge: d.shape(it), Reports: []Report{}, Translations: []Translation{}}
	for _, r := range it.Reports {
		out.Reports = append(out.Reports, reportOf(r))
	}
	for _, c := range lang.All {
		if t, ok := it.Translations[c]; ok {
			out.Translations = append(out.Translations, translationOf(t))
		}
	}
	out.Seen, _, err = d.seen(ctx, q, q.asOf(), q.size())
	return out, err
}

func (d *door) history(ctx context.Context, q *question) (any, error) {
	id := q.req.PathValue("id")
	if _, err := q.snap.Pledge(id, q.moment(), q.today); err != nil {
		return nil, err
	}
	answers, err := q.snap.Answers(id, q.moment(), q.today)
	if err != nil {
		return nil, err
	}
	events, err := pledge.History(ctx, d.Log, id, answers...)
	if err != nil {
		return nil, err
	}
	out := History{ID: id, Events: []Event{}}
	for _, e := range events {
		if e.Position < q.size() && e.Effective <= q.asOf() {
			out.Events = append(out.Events, eventOf(e))
		}
	}
	out.Seen, _, err = d.seen(ctx, q, q.asOf(), q.size())
	return out, err
}

// receipt gives the receipt as a file. It is not the index that speaks here: the proof leads to
// the newest checkpoint of the register.
func (d *door) receipt(ctx context.Context, q *question) (any, error) {
	it, err := q.snap.Pledge(q.req.PathValue("id"), q.moment(), q.today)
	if err != nil {
		return nil, err
	}
	r, err := d.Log.Receipt(ctx, it.Position)
	if err != nil {
		return nil, err
	}
	if r.Erasure != nil { // since the snapshot was made
		return nil, errs.New(errs.Gone, "pledge %q was erased", it.Pledge.ID)
	}
	return some(r.JSON())
}

func (d *door) facets(ctx context.Context, q *question) (any, error) {
	v, err := q.snap.View(q.query, q.today)
	if err != nil {
		return nil, err
	}
	out := FacetCounts{Total: v.Totals.Pledges, Ended: v.Ended(), Understood: understood(v)}
	for _, name := range explore.Filters {
		out.Facets = append(out.Facets, Facet{name, v.Facet(name)})
	}
	out.Seen, _, err = d.seen(ctx, q, v.AsOf, v.Size)
	return out, err
}

func (d *door) shape(it *explore.Item) Pledge {
	return Pledge{
		PledgeFields: fieldsOf(it.Pledge), Stage: it.Stage, LastReportedOn: it.ReportedOn, PublishedOn: it.Published,
		EffectiveOn: it.Effective, Version: it.Version, Position: it.Position, URL: d.BaseURL + "/pledges/" + it.Pledge.ID,
	}
}

func fieldsOf(p pledge.Pledge) PledgeFields {
	return PledgeFields{
		ID: p.ID, Status: p.Status, Title: p.Title, Text: p.Text, Language: p.Language, TextBy: p.TextBy,
		Parties: all(p.Parties), Channel: p.Channel, Call: p.Call, Form: p.Form, Matches: p.Matches, Mirror: p.Mirror,
		Nature: all(p.Nature), Objectives: all(p.Objectives), ObjectivesBy: p.ObjectivesBy, Actions: all(p.Actions), SDGs: all(p.SDGs),
		Principles: all(p.Principles), Levels: all(p.Levels), Countries: all(p.Countries), Regions: all(p.Regions),
		StartsOn: p.StartsOn, EndsOn: p.EndsOn, Milestones: all(p.Milestones), Indicators: all(p.Indicators), Money: p.Money,
		AnnouncedOn: p.AnnouncedOn, AnnouncedAt: p.AnnouncedAt, Attachments: all(p.Attachments), Links: all(p.Links),
		Source: p.Source, Evidence: p.Evidence, AlsoRecorded: all(p.AlsoRecorded), SupersededBy: p.SupersededBy, Notice: p.Notice,
	}
}

func reportOf(r pledge.Report) Report {
	return Report{
		Number: r.Number, On: r.On, Stage: r.Stage, Narrative: r.Narrative, Language: r.Language, Values: all(r.Values),
		Spent: r.Spent, Evidence: all(r.Evidence), Barriers: r.Barriers, Support: r.Support, ReportedBy: r.ReportedBy,
	}
}

func translationOf(t pledge.Translation) Translation {
	return Translation{Language: t.Language, Title: t.Title, Summary: t.Summary, Text: t.Text, By: t.By, ApprovedBy: t.ApprovedBy, Version: t.Version}
}

func commentOf(c pledge.Comment) *Comment {
	out := &Comment{Number: c.Number, Report: c.Report, By: c.By, On: c.On, Contests: c.Contests, Text: c.Text, Language: c.Language, Evidence: all(c.Evidence), ReplyBy: c.ReplyBy}
	if r := c.Reply; r != nil {
		out.Reply = &Reply{By: r.By, On: r.On, Text: r.Text, Language: r.Language, Evidence: all(r.Evidence)}
	}
	return out
}

func eventOf(e pledge.Event) Event {
	out := Event{
		Position: e.Position, Kind: e.Kind, Subject: e.Subject, Version: e.Version, Actor: e.Actor,
		Recorded: e.Recorded, Effective: e.Effective, Late: e.Late, Changes: []Change{},
	}
	if e.WithheldBy >= 0 {
		out.WithheldBy = &e.WithheldBy
	}
	if e.Pledge != nil {
		p := fieldsOf(*e.Pledge)
		out.Pledge = &p
	}
	if e.Report != nil {
		r := reportOf(*e.Report)
		out.Report = &r
	}
	if e.Translation != nil {
		t := translationOf(*e.Translation)
		out.Translation = &t
	}
	if a := e.Assessment; a != nil {
		out.Assessment = &Assessment{Number: a.Number, Report: a.Report, Assessor: a.Assessor, On: a.On, Source: a.Source, Finding: a.Finding, Language: a.Language}
	}
	if c := e.Comment; c != nil {
		out.Comment = commentOf(*c)
	}
	if a := e.Announcement; a != nil {
		out.Announced = &Announcement{Party: a.Party, On: a.On, Occasion: a.Occasion, Language: a.Language, Status: string(a.Status), Pledge: a.Pledge}
	}
	for _, c := range e.Changes {
		out.Changes = append(out.Changes, Change{c.Field, all(c.Before), all(c.After)})
	}
	return out
}

// all is a list that is written as [] where it has nothing.
func all[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return slices.Clip(list)
}

// some keeps a nil slice from becoming an answer that is not nil.
func some(b []byte, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return b, nil
}

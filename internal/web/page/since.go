package page

import (
	"fmt"
	"html/template"
	"time"

	"stocktake/internal/chart"
	"stocktake/internal/errs"
	"stocktake/internal/explore"
)

// ChangeKinds are what can have happened to a pledge between two days, in the order of pages;
// each is a value of the parameter show on the page of changes.
var ChangeKinds = []string{"new", "revised", "reported", "ended", "entered", "left"}

// Since is what changed under the reader's question since another day.
type Since struct {
	Title string
	Note  template.HTML
	Table template.HTML
	Stop  string // the page without the comparison
}

// Compare is the choice of a day to compare with.
type Compare struct {
	Action string
	Since  string
	Quick  []Item
	Hidden []Pair
}

// SinceDay reads the day to compare with; "" for none. It may not be after the reader's day.
func (r *Reader) SinceDay() (string, error) {
	day := r.Own.Get("since")
	if day == "" {
		return "", nil
	}
	if _, err := time.Parse(time.DateOnly, day); err != nil || day > r.AsOf() {
		return "", errs.InvalidFields(errs.Field{Field: "since", Value: day, Message: "must be a day, as 2022-05-20, not after " + r.AsOf()})
	}
	return day, nil
}

// Changes are those of the reader's question since a day.
func (r *Reader) Changes(since string) (*explore.Changes, error) {
	return r.Snap.Changes(r.Query, since, r.AsOf(), r.Today)
}

// ChangesOf is the list of one kind.
func ChangesOf(c *explore.Changes, kind string) explore.Changed {
	switch kind {
	case "new":
		return c.New
	case "revised":
		return c.Revised
	case "reported":
		return c.Reported
	case "ended":
		return c.Ended
	case "entered":
		return c.Entered
	}
	return c.Left
}

// Since draws what changed since a day as a table of which each row leads to its pledges.
// What entered or left the filters is a row only where it happened.
func (r *Reader) Since(since string) (*Since, error) {
	c, err := r.Changes(since)
	if err != nil {
		return nil, err
	}
	before := r.Query.WithAsOf(since)
	pledges := func(n int, q explore.Query) template.HTML {
		if n == 0 {
			return r.HTML("bars.zero")
		}
		return NumLink(n, r.List(q), r.HTML("lede.pledges", "n", n))
	}
	s := &Since{
		Title: r.T("since.title", "date", r.P.Date(since)),
		Note: r.HTML("since.note", "from", r.P.Date(c.From), "to", r.P.Date(c.To),
			"before", pledges(c.Before.Pledges, before),
			"after", pledges(c.After.Pledges, r.Query)),
		Stop: r.Link(r.Path, r.Query, r.Kept("since", "")...),
	}
	t := chart.Bars{Caption: template.HTML(template.HTMLEscapeString(r.T("since.caption"))), Head: chart.Head{Label: r.T("since.what"), Value: r.T("bars.pledges")}}
	t.Scale = func(top int) template.HTML { // of how many, the note says, for both days
		return template.HTML(fmt.Sprintf(`<small class="scale" data-top="%d">%s</small>`, top, r.HTML("scale.alone", "from", 0, "top", top)))
	}
	for _, kind := range ChangeKinds {
		n := ChangesOf(c, kind).Count
		if n == 0 && (kind == "entered" || kind == "left") {
			continue
		}
		row := chart.Bar{Label: template.HTML(template.HTMLEscapeString(r.T("since." + kind))), Value: n, ValueText: r.Count(n), Current: r.Own.Get("show") == kind}
		if n > 0 {
			row.Href = r.Link("/changes", r.Query, "since", since, "show", kind)
		}
		t.Rows = append(t.Rows, row)
	}
	s.Table = t.HTML()
	return s, nil
}

// Compare offers the days of the forum, and any other.
func (r *Reader) Compare(path string) Compare {
	c := Compare{Action: r.Link(path, explore.Query{}), Since: r.Own.Get("since")}
	for _, e := range r.Pack.Editions {
		if e.Closes == "" || e.Closes > r.AsOf() {
			continue
		}
		c.Quick = append(c.Quick, Item{
			Href: r.Link(path, r.Query, r.Kept("since", e.Closes)...), Current: c.Since == e.Closes,
			Text: r.T("dash.time.event", "forum", r.Pack.Forum.ShortName.In(r.Lang), "year", r.Year(e.Closes[:4])),
		})
	}
	for _, name := range explore.Filters {
		for _, value := range r.Query.Get(name) {
			c.Hidden = append(c.Hidden, Pair{name, value})
		}
	}
	for _, p := range []Pair{{"q", r.Query.Words}, {"as_of", r.Query.AsOf}, {"sort", r.Query.Sort}, {"view", r.Own.Get("view")}, {"cover", r.Own.Get("cover")}} {
		if p.Value != "" {
			c.Hidden = append(c.Hidden, p)
		}
	}
	if r.Query.OwnObjectives {
		c.Hidden = append(c.Hidden, Pair{"inferred", "false"})
	}
	if r.Digits != "" {
		c.Hidden = append(c.Hidden, Pair{"digits", r.Digits})
	}
	if r.Query.At > 0 {
		c.Hidden = append(c.Hidden, Pair{"at", itoa(r.Query.At)})
	}
	return c
}

package my

import (
	"context"
	"html/template"
	"slices"

	"stocktake/internal/access"
	"stocktake/internal/explore"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/page"
	"stocktake/internal/web/work/kit"
)

// List is all that the person's parties have in hand.
type List struct {
	Parties   []string
	New       string // path; "" for somebody who cannot begin a pledge
	Offline   string
	Invited   []Line
	Offers    []Line // own pledges that somebody offers to match
	Sections  []Section
	Reports   []Line
	Waiting   []Line // reports that wait for a second contact
	Translate []Line
	Others    []Line // public pledges of the parties that nobody has worked on here
	Empty     bool
}

// Section is what is in some states.
type Section struct {
	Title string
	Lines []Line
}

// Line is one pledge or task.
type Line struct {
	Href  string
	Title page.Said
	ID    string // reference or number
	Party string // where the person has several
	State State
	Note  template.HTML
	Next  template.HTML // when the next report on it is due
	Adopt *kit.Form     // takes it up, where nobody has worked on it here
}

// sections group the states, in the order of what needs the person most.
var sections = []struct {
	key    string
	states []pledge.State
}{
	{"my.list.returned", []pledge.State{pledge.StateReturned}},
	{"my.list.drafts", []pledge.State{pledge.StateDraft}},
	{"my.list.submitted", []pledge.State{pledge.StateSubmitted, pledge.StateScheduled, pledge.StateRevisionSubmitted, pledge.StateSetAside}},
	{"my.list.published", []pledge.State{pledge.StatePublished}},
	{"my.list.ended", []pledge.State{pledge.StateWithdrawn, pledge.StateSuperseded, pledge.StateAbandoned}},
}

const mostLines = 200

func (a *area) list(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	d := &List{}
	mine := r.Person.Parties(r.Today)
	for _, code := range mine {
		d.Parties = append(d.Parties, a.name(r, code))
	}
	if len(a.leads(r)) > 0 {
		d.New, d.Offline = r.Link("/pledges/new"), r.Link("/pledges/new/offline")
	}
	rows, _, err := a.desk.List(r.Context(), r.Person, intake.Filter{Mine: true, Left: true, Newest: true}, 0, mostLines)
	if err != nil {
		return nil, err
	}
	offered, err := a.desk.Offered(r.Context(), r.Person)
	if err != nil {
		return nil, err
	}
	var next map[string]template.HTML
	if d.Reports, d.Waiting, next, err = a.due(r, a.o.Reports); err != nil {
		return nil, err
	}
	here := map[string]bool{}
	left := Section{Title: r.T("my.list.left")}
	for _, row := range rows {
		here[row.Published] = true
		if offered[row.Published] && row.Left.IsZero() {
			d.Offers = append(d.Offers, Line{Href: r.Link("/my/" + row.Ref + "#needs"), Title: page.Say(row.Title, row.Language), ID: row.Published})
		}
		if row.Again {
			d.Invited = append(d.Invited, Line{Href: r.Link("/my/" + row.Ref), Title: page.Say(row.Title, row.Language), ID: row.Ref, State: state(r, row.State), Note: r.P.HTML("my.invitation.again")})
		}
		if row.Invited == intake.Unanswered {
			d.Invited = append(d.Invited, Line{Href: r.Link("/my/" + row.Ref), Title: page.Said{Text: r.T("my.invited.by", "party", a.name(r, row.Lead))}, ID: row.Ref, State: state(r, row.State)})
		}
	}
	for _, s := range sections {
		sec := Section{Title: r.T(s.key)}
		for _, row := range rows {
			if row.Invited != intake.Unanswered && row.Left.IsZero() && slices.Contains(s.states, row.State) {
				l := a.line(r, row, len(mine) > 1)
				l.Next = next[row.Published]
				sec.Lines = append(sec.Lines, l)
			}
		}
		if len(sec.Lines) > 0 {
			d.Sections = append(d.Sections, sec)
		}
	}
	for _, row := range rows {
		if !row.Left.IsZero() {
			left.Lines = append(left.Lines, a.left(r, row))
		}
	}
	if len(left.Lines) > 0 {
		d.Sections = append(d.Sections, left)
	}
	if d.Translate, _, _, err = a.due(r, a.o.Translations); err != nil {
		return nil, err
	}
	if err := a.others(r, d, mine, here); err != nil {
		return nil, err
	}
	for i, l := range d.Others {
		d.Others[i].Next = next[l.ID]
	}
	for _, l := range d.Others { // it is answered on the page that the pledge gets when it is taken up
		if offered[l.ID] {
			d.Offers = append(d.Offers, l)
		}
	}
	d.Empty = len(d.Invited)+len(d.Sections)+len(d.Reports)+len(d.Waiting)+len(d.Translate)+len(d.Others) == 0
	return kit.Page{Name: "list", Title: "my.title.list", Data: d}, nil
}

func (a *area) line(r *kit.Request, row intake.Row, several bool) Line {
	l := Line{Href: r.Link("/my/" + row.Ref), Title: page.Say(row.Title, row.Language), ID: row.Ref, State: state(r, row.State)}
	if row.Published != "" {
		l.ID = row.Published
	}
	if row.Title == "" {
		l.Title = page.Said{Text: r.T("my.untitled")}
	}
	if several {
		l.Party = a.name(r, row.Lead)
	}
	switch {
	case row.Revised && row.State == pledge.StatePublished:
		l.Note = r.P.HTML("my.list.revising", "time", r.Moment(row.Changed).Text)
	case !row.Submitted.IsZero() && row.State != pledge.StateDraft:
		l.Note = r.P.HTML("my.when.submitted", "time", r.Moment(row.Submitted).Text)
	default:
		l.Note = r.P.HTML("my.when.changed", "time", r.Moment(row.Changed).Text)
	}
	return l
}

// left is the line of a joint pledge that the own party has left: to be read, as far as it may be.
func (a *area) left(r *kit.Request, row intake.Row) Line {
	l := Line{Href: r.Link("/pledges/" + row.Published), Title: page.Say(row.Title, row.Language), ID: row.Published, State: state(r, row.State), Party: a.name(r, row.Lead)}
	if row.Ref != "" {
		l.Href = r.Link("/my/" + row.Ref)
	}
	if row.Title == "" {
		l.Title = page.Said{Text: row.Published}
	}
	l.Note = r.P.HTML("my.when.left", "time", r.Moment(row.Left).Text)
	return l
}

// due are the lines of what other rooms ask of the parties, and of the reports that wait; next says
// of pledges about which nothing is asked yet when it will be due.
func (a *area) due(r *kit.Request, find func(context.Context, access.Person) ([]Due, error)) (asked, waiting []Line, next map[string]template.HTML, err error) {
	if find == nil {
		return nil, nil, nil, nil
	}
	all, err := find(r.Context(), r.Person)
	if err != nil {
		return nil, nil, nil, err
	}
	next = map[string]template.HTML{}
	for _, x := range all {
		if x.Ahead {
			next[x.Pledge] = r.P.HTML("my.due.next", "date", r.P.Date(x.On))
			continue
		}
		l := Line{Href: r.Link(x.Path), Title: page.Say(x.Title, x.Lang), ID: x.Pledge}
		switch {
		case !x.Until.IsZero():
			key := "my.due.waits"
			switch {
			case x.Review:
				key = "my.due.review"
			case x.Yours:
				key = "my.due.confirm"
			case x.Alone:
				key = "my.due.alone"
			}
			l.Note = r.P.HTML(key, "time", r.Moment(x.Until).Text)
			waiting = append(waiting, l)
			continue
		case x.Into != "":
			l.Note = template.HTML(`<bdi lang="` + string(x.Into) + `">` + template.HTMLEscapeString(x.Into.Autonym()) + `</bdi>`)
		case x.On != "" && x.Late:
			l.Note = r.P.HTML("my.due.late", "date", r.P.Date(x.On))
		case x.On != "":
			l.Note = r.P.HTML("my.due.on", "date", r.P.Date(x.On))
		}
		asked = append(asked, l)
	}
	return asked, waiting, next, nil
}

// others are the public pledges of the parties that came by another way than this workspace.
func (a *area) others(r *kit.Request, d *List, mine []string, here map[string]bool) error {
	if len(mine) == 0 {
		return nil
	}
	rd, _, err := a.public(r)
	if err != nil {
		return err
	}
	v, err := rd.View(explore.Query{}.With("party", mine...))
	if err != nil {
		return err
	}
	adopt := r.NewForm("")
	adopt.Action = r.Link("/my")
	for _, it := range v.Items(0, mostLines) {
		if here[it.Pledge.ID] || len(it.Pledge.Parties) == 0 || !slices.Contains(mine, it.Pledge.Parties[0]) {
			continue
		}
		d.Others = append(d.Others, Line{ID: it.Pledge.ID, Href: rd.PledgeLink(it.Pledge.ID), Title: page.Say(it.Pledge.Title, it.Pledge.Language), State: state(r, pledge.StatePublished), Adopt: adopt})
	}
	return nil
}

// adopt takes a public pledge into the workspace, to be revised or withdrawn.
func (a *area) adopt(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	s, err := a.desk.Adopt(r.Context(), r.Person, r.Form.Get("id"))
	if err != nil {
		return nil, err
	}
	offered, err := a.desk.Offered(r.Context(), r.Person)
	if offered[s.Published] {
		return kit.Redirect("/my/" + s.Ref + "#needs"), err
	}
	return kit.Redirect("/my/" + s.Ref), err
}

package follow

import (
	"slices"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/party"
	"stocktake/internal/pledge/followup"
	"stocktake/internal/web/work/kit"
)

// deskPage is the desk's list, one view of it at a time.
type deskPage struct {
	Tabs    kit.Tabs
	Label   string
	Asked   []askedRow
	Filed   []filedRow
	Strays  []strayRow
	Empty   *kit.Empty
	Pager   kit.Pager
	Action  string
	May     bool // settle, and ask now
	Own     bool // the reader sees own pledges, and may report
	Message string
}

type askedRow struct {
	ID, Title, Href, Party string
	Report                 string // where the reader reports; "" for the desk
	Due, Sent              string
	Round, NoContact       bool
	Outside                bool // of the calendar
	Returned               bool // letters to a contact come back
	Lapsed                 bool
}

type filedRow struct {
	ID, Href, Party, Stage string
	Until, When            kit.Moment
	Why                    string
	Who                    string
}

type strayRow struct {
	ID, Pledge, Href, Party, Who, Note string
	Told                               kit.Moment
}

const (
	viewOverdue = "overdue"
	viewDue     = "due"
	viewNobody  = "nobody"
	viewWaiting = "waiting"
	viewStopped = "stopped"
	viewWrong   = "wrong"
	pageSize    = 50
)

var views = []string{viewOverdue, viewDue, viewNobody, viewWaiting, viewStopped, viewWrong}

func (a area) desk(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	show := r.Query("show")
	if show == "" {
		show = viewOverdue
	}
	if !slices.Contains(views, show) {
		return nil, errs.New(errs.Invalid, "there is no list %q", show)
	}
	o, err := a.office.Overview(r.Context(), r.Person, r.Today)
	if err != nil {
		return nil, err
	}
	v := &deskPage{
		Label: r.T("follow.desk." + show), Message: r.T("follow.desk." + show + ".note"), Action: r.With("show", r.Query("show")),
		May: r.May(access.WriteSchedule, access.Subject{}), Tabs: kit.Tabs{Label: r.T("follow.desk.lists")},
	}
	v.Own = !r.May(access.ReadSchedule, access.Subject{})
	asked := map[string][]followup.Row{viewOverdue: o.Overdue, viewDue: o.Due, viewNobody: o.NoContact}
	filed := map[string][]followup.Filed{viewWaiting: o.Waiting, viewStopped: o.Stopped}
	for _, name := range views {
		if v.Own && (name == viewNobody || name == viewWrong) {
			continue
		}
		n := len(asked[name]) + len(filed[name])
		if name == viewWrong {
			n = len(o.Strays)
		}
		to := name
		if name == viewOverdue {
			to = ""
		}
		v.Tabs.Items = append(v.Tabs.Items, kit.Tab{Href: r.With("show", to), Text: r.T("follow.desk." + name), Count: n, Current: name == show})
		if name == show && n == 0 {
			v.Empty = &kit.Empty{Text: r.T("follow.desk.nothing")}
		}
	}
	held := map[string]bool{}
	for _, f := range filed[show] {
		if f.State == followup.Waiting {
			if _, held[f.ID], err = a.office.Awaits(r.Context(), f); err != nil {
				return nil, err
			}
		}
	}
	pager, offset := r.Pager(len(asked[show]), pageSize)
	v.Pager = pager
	err = a.office.DB.Read(r.Context(), func(tx *db.Tx) error {
		v.Asked, v.Filed, v.Strays = nil, nil, nil
		names := party.Codes(r.Context(), tx)
		for i, row := range asked[show] {
			if i < offset || i >= offset+pageSize {
				continue
			}
			v.Asked = append(v.Asked, askedRow{
				ID: row.Pledge, Title: row.Title, Href: r.Link("/pledges/" + row.Pledge), Party: nameOf(r, names, row.Party),
				Due: whole(r.P.Date(row.Request.Due)), Sent: whole(r.P.Date(row.Sent)), Round: row.Request.Round(), Outside: row.Request.Outside(), NoContact: row.NoContact, Returned: row.Returned > 0, Lapsed: row.Lapsed,
			})
			if v.Own {
				v.Asked[len(v.Asked)-1].Report = r.Link("/my/" + row.Pledge + "/report")
			}
		}
		for _, f := range filed[show] {
			row := filedRow{ID: f.Pledge, Href: r.Link("/pledges/" + f.Pledge), Party: nameOf(r, names, f.Party), Stage: r.T("word.stage." + string(f.Report.Stage)), When: r.Moment(f.Changed)}
			if row.Who, err = a.who(k, r, tx, f.Person); err != nil {
				return err
			}
			switch {
			case held[f.ID] && v.Own:
				row.Why = r.T("follow.answered.review")
			case held[f.ID]:
				row.Why = r.T("work.blocked.hold")
			case f.State == followup.Waiting && f.Reason == "":
				row.Until = r.Moment(f.PublishAt)
			default:
				row.Why = r.T(f.Reason)
			}
			v.Filed = append(v.Filed, row)
		}
		if show == viewWrong {
			for _, s := range o.Strays {
				row := strayRow{ID: s.ID, Pledge: s.Pledge, Href: r.Link("/pledges/" + s.Pledge), Party: nameOf(r, names, s.Party), Note: s.Note, Told: r.Moment(s.Told)}
				if row.Who, err = a.who(k, r, tx, s.Person); err != nil {
					return err
				}
				v.Strays = append(v.Strays, row)
			}
		}
		return names.Err()
	})
	return kit.Page{Name: "desk", Title: "follow.desk.title", Data: v, Wide: true}, err
}

// whole keeps a date on one line of a narrow column.
func whole(date string) string { return strings.ReplaceAll(date, " ", "\u00a0") }

// who names a person to the desk; an account that was erased has no name.
func (a area) who(k *kit.Kit, r *kit.Request, tx *db.Tx, id string) (string, error) {
	p, err := k.Access.PersonByID(r.Context(), tx, id)
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Gone) {
		return "–", nil
	}
	return p.Name, err
}

// settle closes the matter of a wrong person, or has a letter sent now.
func (a area) settle(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	if id := r.Form.Get("pledge"); id != "" {
		_, err := a.office.AskNow(r.Context(), r.Person, id)
		to := deskPath
		if show := r.Query("show"); slices.Contains(views, show) { // the list in which it was pressed
			to += "?show=" + show
		}
		return kit.Done(to, "follow.done.asked"), err
	}
	err := a.office.Settle(r.Context(), r.Person, r.Form.Get("stray"))
	return kit.Done(deskPath+"?show="+viewWrong, "follow.done.settled"), err
}

package desk

import (
	"strings"
	"time"

	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/work/kit"
)

// callsPage lists calls.
type callsPage struct {
	Rows []callRow
	New  string
}

type callRow struct {
	Href, Title, ID string
	Opens, Closes   string // in the zone of the call
	State, Tone     string
	Queue           string
}

func (a *area) calls(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	all, err := a.desk.Calls(r.Context())
	if err != nil {
		return nil, err
	}
	v := &callsPage{New: r.Link(callsPath + "/new")}
	for _, c := range all {
		row := callRow{Title: c.In(r.Lang), ID: c.ID, Opens: minute(r, c, c.Opens), Closes: minute(r, c, c.Closes), Queue: r.Link(queuePath) + "?call=" + c.ID}
		if c.ID != intake.Standing {
			row.Href = r.Link(callsPath + "/" + c.ID)
		}
		switch {
		case c.Open(r.Now):
			row.State, row.Tone = r.T("desk.call.open"), "good"
		case r.Now.Before(c.Opens):
			row.State = r.T("desk.call.soon")
		default:
			row.State = r.T("desk.call.closed")
		}
		v.Rows = append(v.Rows, row)
	}
	return kit.Page{Name: "calls", Title: "desk.calls", Data: v, Wide: true}, nil
}

// minute tells a minute of a call in the zone of the call.
func minute(r *kit.Request, c intake.Call, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return r.P.DateTimeIn(at.In(c.Location()))
}

// callPage makes a call or changes one.
type callPage struct {
	Head string
	Back string
	Form *kit.Form
}

var titleKey = keys("desk.call.title.", codes()...)
var textKey = keys("desk.call.text.", codes()...)

func codes() (all []string) {
	for _, c := range lang.All {
		all = append(all, string(c))
	}
	return all
}

func (a *area) call(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	id := r.PathValue("id")
	c := intake.Call{Zone: "UTC"}
	title := "desk.call.new"
	if id != "new" {
		var err error
		if c, err = a.desk.Call(r.Context(), id); err != nil {
			return nil, err
		}
		if c.ID == intake.Standing {
			return nil, errs.New(errs.NotFound, "the standing call is not changed")
		}
		title = "desk.call"
	}
	f := r.NewForm(nil)
	if id == "new" {
		f.Text("id", "desk.call.id", "").Must().Upto(60)
	}
	for _, l := range lang.All {
		f.Text("title_"+string(l), titleKey[string(l)], c.Title[l]).In(l).Upto(300)
	}
	for _, l := range lang.All {
		f.Long("text_"+string(l), textKey[string(l)], c.Text[l], 4).In(l).Upto(5000)
	}
	f.Text("occasion", "desk.call.occasion", c.Occasion).Upto(300)
	f.Text("zone", "desk.call.zone", c.Zone).Must().Upto(60)
	momentFields(f, "opens", c.Opens, c.Location())
	momentFields(f, "closes", c.Closes, c.Location())
	if r.Posted() {
		f.Valid()
		next := callOf(f, c)
		var ok bool
		if next.Opens, ok = momentOf(f, "opens", next.Location()); !ok {
			f.Fault("opens", "desk.fault.minute")
		}
		if next.Closes, ok = momentOf(f, "closes", next.Location()); !ok {
			f.Fault("closes", "desk.fault.minute")
		}
		if _, err := a.desk.Call(r.Context(), next.ID); id == "new" && err == nil {
			f.Fault("id", "desk.fault.id_taken")
		}
		check := func() error { return next.Check() } // for the other faults, so that all are said at once
		if len(f.Faults()) == 0 {
			check = func() error { return a.desk.PutCall(r.Context(), r.Person, next) }
		}
		err := renamed(check(), "title", "title_en")
		if refused(r, f, err) && len(f.Faults()) == 0 {
			return kit.Done(callsPath, "desk.done.call"), err
		}
	}
	v := &callPage{Head: r.T(title), Back: r.Link(callsPath), Form: f}
	return kit.Page{Name: "call", Title: title, Data: v, Form: f}, nil
}

func callOf(f *kit.Form, c intake.Call) intake.Call {
	if c.ID == "" {
		c.ID = f.Value("id")
	}
	c.Title, c.Text = map[lang.Code]string{}, map[lang.Code]string{}
	for _, l := range lang.All {
		c.Title[l], c.Text[l] = f.Value("title_"+string(l)), f.Value("text_"+string(l))
	}
	c.Occasion, c.Zone = f.Value("occasion"), f.Value("zone")
	return c
}

var minuteKey = keys("desk.call.", "opens", "closes", "opens_time", "closes_time")

// momentFields are a day and a time of day.
func momentFields(f *kit.Form, name string, at time.Time, zone *time.Location) {
	on, clock := "", ""
	if !at.IsZero() {
		on, clock = at.In(zone).Format(time.DateOnly), at.In(zone).Format("15:04")
	}
	f.Date(name, minuteKey[name], on).Note("") // a whole day
	f.Text(name+"_time", minuteKey[name+"_time"], clock).Upto(5)
}

func momentOf(f *kit.Form, name string, zone *time.Location) (time.Time, bool) {
	on, ok := f.DateValue(name)
	clock := f.Value(name + "_time")
	if on == "" && clock == "" {
		return time.Time{}, true
	}
	if clock == "" {
		clock = "00:00"
	}
	if d, whole := pledge.ParseDate(on); !ok || !whole || d.Day == 0 {
		return time.Time{}, false
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", on+" "+strings.TrimSpace(clock), zone)
	return at, err == nil
}

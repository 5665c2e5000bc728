package follow

import (
	"slices"
	"strconv"
	"strings"

	"stocktake/internal/errs"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/followup"
	"stocktake/internal/web/work/kit"
)

// minePage is where a focal point reports who has signed in.
type minePage struct {
	Head
	Form    *ReportForm
	Same    bool // "no change" can be said
	NotDone bool // "this is done" was said already, and waits
	Closed  bool // to be read, and not to be written
	Waits   *mineRow
	Rows    []mineRow
	Action  string
	Stored  *Told // what another window has saved meanwhile
}

// mineRow is one of the reports that were filed here.
type mineRow struct {
	ID, State, Tone string
	When            kit.Moment
	Until           kit.Moment
	Why             string
	Report          Told
	Decide          bool   // the reader may confirm it or object
	Back            bool   // the reader filed it and may take it back
	Seconds         string // who can confirm it, as far as the reader is told
	Alone           bool   // nobody can
	Lead            bool   // whoever speaks for the lead can, too
	Review          bool   // it waits for the secretariat
	Receipt         string
}

var tones = map[followup.State]string{followup.Public: "good", followup.Stopped: "bad"}

func (a area) mine(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	if ref := r.PathValue("id"); a.published != nil && strings.HasPrefix(ref, "S-") {
		id, err := a.published(r.Context(), r.Person, ref)
		if err == nil && id == "" {
			err = errs.New(errs.NotFound, "%s is not published", ref)
		}
		return kit.Redirect("/my/" + id + "/report"), err
	}
	if id := r.Query("receipt"); id != "" {
		all, err := a.office.Reports(r.Context(), r.Person, r.PathValue("id"))
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(all, func(f followup.Filed) bool { return f.ID == id }); i >= 0 {
			return a.receiptFile(r.Context(), all[i])
		}
		return nil, errs.New(errs.NotFound, "there is no such report")
	}
	return a.showMine(r, nil)
}

// showMine is the page with the stored draft, or with form where that was sent and has faults.
func (a area) showMine(r *kit.Request, form *kit.Form) (kit.Answer, error) {
	id := r.PathValue("id")
	all, err := a.office.Reports(r.Context(), r.Person, id)
	if err != nil {
		return nil, err
	}
	draft, last, p, err := a.office.Draft(r.Context(), r.Person, id)
	closed := err != nil && (errs.Is(err, errs.Forbidden) || errs.Is(err, errs.NotFound))
	if err != nil && !closed {
		return nil, err
	}
	v := &minePage{Closed: closed, Action: r.Link(r.Path), Same: last != nil}
	if closed {
		if p, err = a.office.Pledge(r.Context(), id); err != nil {
			return nil, err
		}
	} else {
		shown := form
		if shown == nil {
			shown = reportForm(r, draft.Version, p.Pledge, draft.Report)
		}
		shown.Autosave = true
		if now := strconv.Itoa(draft.Version); form != nil && form.Version != now { // once seen, it may be replaced
			stored := told(r, draft.Report)
			v.Stored, form.Version = &stored, now
		}
		v.Form = inParts(shown)
	}
	if v.Head, err = a.head(r, p, p.Lead()); err != nil {
		return nil, err
	}
	for _, f := range all {
		if f.State == followup.Draft {
			continue
		}
		row := mineRow{ID: f.ID, State: r.T("follow.state." + string(f.State)), Tone: tones[f.State], When: r.Moment(f.Changed), Report: told(r, f.Report)}
		switch f.State {
		case followup.Waiting:
			if err := a.wait(r, &row, f, closed); err != nil {
				return nil, err
			}
			v.Waits, v.NotDone = &row, f.Report.Stage == pledge.Fulfilled
			continue
		case followup.Stopped:
			row.Why = r.T(f.Reason)
		case followup.Public:
			row.Receipt = v.Action + "?receipt=" + f.ID
		}
		v.Rows = append(v.Rows, row)
	}
	slices.Reverse(v.Rows)
	return kit.Page{Name: "mine", Title: "follow.title", TitleArgs: []any{"id", v.ID}, Data: v, Form: form}, nil
}

// wait fills in what becomes of a report that waits, and who decides on it.
func (a area) wait(r *kit.Request, row *mineRow, f followup.Filed, closed bool) error {
	people, known, err := a.office.Seconds(r.Context(), r.Person, f)
	if err != nil {
		return err
	}
	var names []string
	for _, p := range people {
		names = append(names, p.Name)
	}
	alone, review, err := a.office.Awaits(r.Context(), f)
	if err != nil {
		return err
	}
	if f.Reason != "" {
		row.Why = r.T(f.Reason)
	}
	row.Until, row.Seconds, row.Alone, row.Review = r.Moment(f.PublishAt), r.P.List(names...), alone, review
	row.Lead = known && !alone && len(names) == 0
	row.Back = f.Person == r.Person.ID
	row.Decide = !row.Back && !closed && a.office.MayDecide(r.Context(), r.Person, f) == nil
	return nil
}

// decided are the messages after somebody has decided on a report that waits.
var decided = map[followup.State]map[string]string{
	followup.Public:  {"confirm": "follow.done.confirmed"},
	followup.Stopped: {"confirm": "follow.done.stopped", "object": "follow.done.objected", "back": "follow.done.taken_back"},
}

// report saves, sends, confirms, objects or takes back, as the button says.
func (a area) report(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	id := r.PathValue("id")
	back := "/my/" + id + "/report"
	do := r.Form.Get("do")
	switch do {
	case "confirm", "object":
		f, err := a.office.ConfirmBy(r.Context(), r.Person, r.Form.Get("report"), do == "confirm")
		return kit.Done(back, decided[f.State][do]), err
	case "back":
		f, err := a.office.TakeBack(r.Context(), r.Person, r.Form.Get("report"))
		return kit.Done(back, decided[f.State][do]), err
	}
	draft, _, p, err := a.office.Draft(r.Context(), r.Person, id)
	if err != nil {
		return nil, err
	}
	form := reportForm(r, draft.Version, p.Pledge, draft.Report)
	rep := read(form, p.Pledge)
	if r.Autosaving() || do == "save" {
		f, err := a.office.Save(r.Context(), r.Person, id, form.IfVersion(), rep)
		if r.Autosaving() {
			return kit.Saved{Version: strconv.Itoa(f.Version), At: f.Changed, Form: form}, err
		}
		if form.Refused(err) {
			return kit.Done(back, "follow.done.saved"), err
		}
		return a.showMine(r, form)
	}
	answer := followup.Answer{Choice: followup.Changed, Report: rep, Language: r.Lang}
	switch do {
	case "same":
		answer = followup.Answer{Choice: followup.NoChange, Language: r.Lang}
	case "done":
		answer.Choice, answer.Report = followup.Done, pledge.Report{}
	default:
		if !form.Valid() {
			return a.showMine(r, form)
		}
	}
	answer.Key = form.Key
	f, err := a.office.Submit(r.Context(), r.Person, id, form.IfVersion(), answer)
	if form.Refused(named(err, form)) {
		key := "follow.done.sent"
		if err == nil && f.State == followup.Waiting {
			var alone, review bool
			alone, review, err = a.office.Awaits(r.Context(), f)
			switch key = "follow.done.waits"; {
			case review:
				key = "follow.done.review"
			case alone:
				key = "follow.done.alone"
			}
		}
		return kit.Done(back, key), err
	}
	return a.showMine(r, form)
}

package follow

import (
	"slices"
	"strconv"

	"stocktake/internal/errs"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/followup"
	"stocktake/internal/web/work/kit"
)

// minePage is where a focal point reports who has signed in.
type minePage struct {
	Head
	Form   *ReportForm
	Same   bool // "no change" can be said
	Closed bool // to be read, and not to be written
	Rows   []mineRow
	Action string
	Stored *Told // what another window has saved meanwhile
}

// mineRow is one of the reports that were filed here.
type mineRow struct {
	ID, State, Tone string
	When            kit.Moment
	Until           kit.Moment
	Why             string
	Report          Told
	Decide          bool // the reader may confirm it or object
	Receipt         string
}

var tones = map[followup.State]string{followup.Public: "good", followup.Stopped: "bad"}

func (a area) mine(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
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
			row.Until, row.Decide = r.Moment(f.PublishAt), f.Person != r.Person.ID && !closed
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

// report saves, sends, confirms or objects, as the button says.
func (a area) report(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	id := r.PathValue("id")
	back := "/my/" + id + "/report"
	do := r.Form.Get("do")
	if do == "confirm" || do == "object" {
		_, err := a.office.ConfirmBy(r.Context(), r.Person, r.Form.Get("report"), do == "confirm")
		return kit.Done(back, "follow.done."+map[string]string{"confirm": "confirmed", "object": "objected"}[do]), err
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
		if f.State == followup.Waiting {
			key = "follow.done.waits"
		}
		return kit.Done(back, key), err
	}
	return a.showMine(r, form)
}

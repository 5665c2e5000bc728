package follow

import (
	"net/url"

	"stocktake/internal/errs"
	"stocktake/internal/pledge/followup"
	"stocktake/internal/web/work/kit"
)

// letterPage is behind the link of a letter: four choices, one click each.
type letterPage struct {
	Head
	Due    string
	Last   *Told
	Waits  *Told
	Action string
	Form   *ReportForm // "something has changed"
	Wrong  *kit.Form
	Open   bool // the form for changes is unfolded
}

// confirmPage asks a second contact.
type confirmPage struct {
	Head
	Report Told
	Until  kit.Moment
	Action string
}

// answeredPage says what became of an answer.
type answeredPage struct {
	Head
	Wrong, Public, Waits bool
	Why                  string // it was not published
	Report               Told
	Until                kit.Moment
	Receipt              string
}

func (a area) letter(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	l, err := a.office.Open(r.Context(), r.PathValue("token"))
	if err != nil {
		return nil, err
	}
	return a.show(r, l, nil)
}

// show is the page of a letter; form is the one for changes where it was sent and has faults.
func (a area) show(r *kit.Request, l followup.Letter, form *kit.Form) (kit.Answer, error) {
	head, err := a.head(r, l.Pledge, l.Party)
	if err != nil {
		return nil, err
	}
	switch {
	case l.Answered != nil:
		return a.answered(r, head, *l.Answered), nil
	case l.Confirm && l.Waits.State != followup.Waiting:
		return a.answered(r, head, *l.Waits), nil
	case l.Confirm:
		return kit.Page{Name: "confirm", Title: "follow.confirm.title", TitleArgs: []any{"id", head.ID},
			Data: &confirmPage{head, told(r, l.Waits.Report), r.Moment(l.Waits.PublishAt), r.Link(r.Path)}}, nil
	}
	v := &letterPage{Head: head, Due: r.P.Date(l.Due), Action: r.Link(r.Path), Open: form != nil || l.Last == nil}
	if l.Last != nil {
		last := told(r, *l.Last)
		v.Last = &last
	}
	if l.Waits != nil {
		waits := told(r, l.Waits.Report)
		v.Waits = &waits
	}
	shown := form
	if shown == nil {
		shown = reportForm(r, nil, l.Pledge.Pledge, followup.Prefill(l.Last))
	}
	v.Form = inParts(shown)
	v.Wrong = r.NewForm(nil)
	v.Wrong.Long("note", "follow.field.note", "", 2).Upto(500)
	return kit.Page{Name: "letter", Title: "follow.title", TitleArgs: []any{"id", head.ID}, Data: v, Form: form}, nil
}

func (a area) answered(r *kit.Request, head Head, f followup.Filed) kit.Answer {
	v := &answeredPage{Head: head, Wrong: f.ID == "", Public: f.State == followup.Public, Waits: f.State == followup.Waiting, Until: r.Moment(f.PublishAt)}
	if f.ID != "" {
		v.Report = told(r, f.Report)
	}
	if f.State == followup.Stopped {
		v.Why = r.T(f.Reason)
	}
	if v.Public {
		v.Receipt = r.Link(r.Path) + "/receipt"
	}
	return kit.Page{Name: "answered", Title: "follow.answered.title", TitleArgs: []any{"id", head.ID}, Data: v}
}

// answer stores what the form says, and leads to the page that thanks.
func (a area) answer(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	token := r.PathValue("token")
	l, err := a.office.Open(r.Context(), token)
	if err != nil {
		return nil, err
	}
	back := kit.Redirect("/r/" + url.PathEscape(token))
	if l.Answered != nil {
		return back, nil
	}
	choice := r.Form.Get("choice")
	if l.Confirm {
		if choice != "confirm" && choice != "object" {
			return nil, errs.New(errs.Invalid, "neither confirmed nor objected")
		}
		_, err := a.office.Confirm(r.Context(), token, choice == "confirm")
		return back, err
	}
	answer := followup.Answer{Choice: followup.Choice(choice), Language: r.Lang, Note: r.Form.Get("note")}
	form := reportForm(r, nil, l.Pledge.Pledge, followup.Prefill(l.Last))
	if answer.Choice == followup.Changed {
		if !form.Valid() {
			return a.show(r, l, form)
		}
		answer.Report = read(form, l.Pledge.Pledge)
	}
	if answer.Choice == followup.NoChange && l.Last == nil { // from an old page: this one has no such button
		form.Problem = r.T("follow.fault.no_change")
		return a.show(r, l, form)
	}
	if _, err := a.office.Answer(r.Context(), token, answer); answer.Choice != followup.Changed || form.Refused(named(err, form)) {
		return back, err
	}
	return a.show(r, l, form)
}

func (a area) receipt(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	l, err := a.office.Open(r.Context(), r.PathValue("token"))
	if err != nil {
		return nil, err
	}
	if l.Answered == nil {
		return nil, errs.New(errs.NotFound, "nothing was answered yet")
	}
	return a.receiptFile(r.Context(), *l.Answered)
}

package follow

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"stocktake/internal/errs"
	"stocktake/internal/party"
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
	By     string // the party that filed it, where that is another one
	Action string
}

// answeredPage says what became of an answer.
type answeredPage struct {
	Head
	Wrong, Public, Waits bool
	Alone                bool   // it waits, and nobody can confirm it
	Review               bool   // it waits for the secretariat
	Spent                *spent // another answer, that was not taken
	Passed               bool   // there is no outcome of this link
	Why                  string // it was not published
	Report               Told
	Until                kit.Moment
	Receipt              string
}

// spent is an answer by a link that takes none any more.
type spent struct {
	Told
	Why  string
	Say  bool // there are words to show
	Mine string
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
		return a.answered(r, head, *l.Answered)
	case l.Confirm && l.Waits.State != followup.Waiting:
		return a.answered(r, head, *l.Waits)
	case l.Confirm:
		by := ""
		if party.Root(l.Party) != party.Root(l.Waits.Report.ReportedBy) {
			other, err := a.head(r, l.Pledge, l.Waits.Report.ReportedBy)
			if err != nil {
				return nil, err
			}
			by = other.Party
		}
		return kit.Page{Name: "confirm", Title: "follow.confirm.title", TitleArgs: []any{"id", head.ID},
			Data: &confirmPage{head, told(r, l.Waits.Report), r.Moment(l.Waits.PublishAt), by, r.Link(r.Path)}}, nil
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

func (a area) answered(r *kit.Request, head Head, f followup.Filed) (kit.Answer, error) {
	v, err := a.outcome(r, head, f)
	if err != nil {
		return nil, err
	}
	return kit.Page{Name: "answered", Title: "follow.answered.title", TitleArgs: []any{"id", head.ID}, Data: v}, nil
}

func (a area) outcome(r *kit.Request, head Head, f followup.Filed) (*answeredPage, error) {
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
	if v.Waits {
		var err error
		if v.Alone, v.Review, err = a.office.Awaits(r.Context(), f); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// tooLate are the links that answered once and do so no more, and what is said to who sends
// something by them.
var tooLate = map[string]string{"follow.link.spent": "follow.link.spent", "follow.link.answered": "follow.link.late", "follow.link.passed": "follow.link.passed", "follow.link.expired": "follow.link.expired"}

// notTaken is the page after an answer that came too late: what was sent is shown, and the way on,
// beside what the link has answered before. Another refusal stays as it is.
func (a area) notTaken(r *kit.Request, l followup.Letter, answer followup.Answer, refused error) (kit.Answer, error) {
	e, ok := errors.AsType[*errs.Error](refused)
	if !ok || tooLate[e.Key] == "" || l.Confirm || answer.Choice == followup.WrongPerson && l.Answered == nil {
		return nil, refused
	}
	head, err := a.head(r, l.Pledge, l.Party)
	if err != nil {
		return nil, err
	}
	v := &answeredPage{Head: head, Passed: true}
	if l.Answered != nil {
		if v, err = a.outcome(r, head, *l.Answered); err != nil {
			return nil, err
		}
	}
	v.Spent = &spent{Why: r.T(tooLate[e.Key]), Say: answer.Choice == followup.Changed, Mine: r.Link("/my/" + l.Pledge.ID + "/report")}
	if v.Spent.Say {
		v.Spent.Told = told(r, answer.Report)
	}
	return kit.Page{Name: "answered", Title: "follow.title", TitleArgs: []any{"id", head.ID}, Status: http.StatusConflict, Data: v}, nil
}

// choices are what the page of a letter offers.
var choices = []followup.Choice{followup.NoChange, followup.Changed, followup.Done, followup.WrongPerson}

// answer stores what the form says, and leads to the page that thanks.
func (a area) answer(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	token := r.PathValue("token")
	l, closed := a.office.Open(r.Context(), token)
	if closed != nil && l.Pledge.ID == "" {
		return nil, closed
	}
	back := kit.Redirect("/r/" + url.PathEscape(token))
	choice := r.Form.Get("choice")
	if l.Confirm && closed == nil {
		if choice != "confirm" && choice != "object" {
			return nil, errs.New(errs.Invalid, "neither confirmed nor objected").WithKey("follow.fault.choice")
		}
		_, err := a.office.Confirm(r.Context(), token, choice == "confirm")
		return back, err
	}
	answer := followup.Answer{Choice: followup.Choice(choice), Language: r.Lang, Note: r.Form.Get("note")}
	form := reportForm(r, nil, l.Pledge.Pledge, followup.Prefill(l.Last))
	if answer.Choice == followup.Changed {
		if !form.Valid() && l.Answered == nil && closed == nil {
			return a.show(r, l, form)
		}
		answer.Report = read(form, l.Pledge.Pledge)
	}
	if closed != nil {
		return a.notTaken(r, l, answer, closed)
	}
	switch {
	case !slices.Contains(choices, answer.Choice): // from no page of ours
		form.Problem = r.T("follow.fault.choice")
	case answer.Choice == followup.NoChange && l.Last == nil && l.Answered == nil: // from an old page: this one has no such button
		form.Problem = r.T("follow.fault.no_change")
	}
	if form.Problem != "" {
		return a.show(r, l, form)
	}
	_, err := a.office.Answer(r.Context(), token, answer)
	if errs.Is(err, errs.Conflict) || errs.Is(err, errs.Gone) { // maybe somebody has answered at this moment
		if now, again := a.office.Open(r.Context(), token); now.Pledge.ID != "" && (again != nil || now.Answered != nil) {
			return a.notTaken(r, now, answer, err)
		}
	}
	if answer.Choice != followup.Changed || form.Refused(named(err, form)) {
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

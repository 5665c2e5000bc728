package voice

import (
	"slices"
	"strconv"
	"strings"

	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/comment"
	"stocktake/internal/web/page"
	"stocktake/internal/web/work/kit"
)

// deskPage is the desk's list, one view of it at a time.
type deskPage struct {
	Tabs  kit.Tabs
	Label string
	Rows  []row
	Empty *kit.Empty
	Enter string // where an assessment is entered; "" where the pack cites no mandate
}

const (
	viewWaiting = "waiting"
	viewReady   = "ready"
	viewAsked   = "asked"
	viewPublic  = "public"
	viewStopped = "stopped"
)

var views = []string{viewWaiting, viewReady, viewAsked, viewPublic, viewStopped}

// viewOf is the list in which a case stands.
func viewOf(c comment.Case, day string) string {
	switch {
	case c.State == comment.Declined || c.State == comment.SetAside:
		return viewStopped
	case c.State == comment.Published:
		return viewPublic
	case c.Ready(day):
		return viewReady
	case c.State == comment.Asked:
		return viewAsked
	}
	return viewWaiting
}

func (a area) desk(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	show := r.Query("show")
	if show == "" {
		show = viewWaiting
	}
	if !slices.Contains(views, show) {
		return nil, errs.New(errs.Invalid, "there is no list %q", show)
	}
	all, err := a.office.List(r.Context(), r.Person)
	if err != nil {
		return nil, err
	}
	v := &deskPage{Label: r.T("voice.desk." + show), Tabs: kit.Tabs{Label: r.T("voice.desk.lists")}}
	if pledge.Mandated(a.office.Pack, pledge.AssessmentKind) {
		v.Enter = r.Link(enterPath)
	}
	count := map[string]int{}
	for _, c := range all {
		in := viewOf(c, r.Today)
		if count[in]++; in == show {
			v.Rows = append(v.Rows, rowOf(r, c, deskPath+"/"+c.ID))
		}
	}
	for _, name := range views {
		to := name
		if name == viewWaiting {
			to = ""
		}
		v.Tabs.Items = append(v.Tabs.Items, kit.Tab{Href: r.With("show", to), Text: r.T("voice.desk." + name), Count: count[name], Current: name == show})
	}
	if len(v.Rows) == 0 {
		v.Empty = &kit.Empty{Text: r.T("voice.desk.nothing")}
	}
	return kit.Page{Name: "desk", Title: "voice.desk.title", Data: v}, nil
}

// casePage is one case, with what can be done with it.
type casePage struct {
	Head
	Row     row
	Voice   page.Voice
	Why     string
	Back    string
	Eyes    bool // somebody else publishes it
	Screen  bool
	Aside   bool
	TakeUp  bool
	Publish bool
	Form    *kit.Form
}

func (a area) one(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	c, p, err := a.office.Get(r.Context(), r.Person, r.PathValue("case"))
	if err != nil {
		return nil, err
	}
	return a.show(r, c, p, caseForm(r, c), nil), nil
}

func caseForm(r *kit.Request, c comment.Case) *kit.Form {
	f := r.NewForm(c.Version)
	if c.Kind == pledge.CommentKind && c.State == comment.Submitted {
		f.Checks("checks", "voice.field.checks", nil, kit.Options("personal_data", r.T("voice.check.personal_data"), "insult", r.T("voice.check.insult"), "subject", r.T("voice.check.subject")))
		var reasons []kit.Option
		for _, why := range comment.Reasons {
			reasons = append(reasons, kit.Option{Value: string(why), Text: why.In(r.Lang)})
		}
		f.Radios("reason", "voice.field.reason", "", reasons)
	}
	return f
}

func (a area) show(r *kit.Request, c comment.Case, p pledge.Current, f, faulty *kit.Form) kit.Answer {
	v := &casePage{
		Head: head(r, p), Row: rowOf(r, c, deskPath+"/"+c.ID), Voice: shown(r, c), Back: r.Link(deskPath), Form: f,
		Screen: c.Kind == pledge.CommentKind && c.State == comment.Submitted, Aside: c.State == comment.Submitted, TakeUp: c.State == comment.SetAside,
	}
	if c.State == comment.Declined {
		v.Why = c.Reason.In(r.Lang)
	}
	if c.Ready(r.Today) {
		first := c.Screened
		if c.Kind == pledge.AssessmentKind {
			first = c.Person
		}
		v.Eyes = a.office.FourEyes && first == r.Person.ID
		v.Publish = !v.Eyes
	}
	return kit.Page{Name: "case", Title: "voice.case.title", TitleArgs: []any{"id", v.ID}, Data: v, Form: faulty}
}

// decide does what the button says.
func (a area) decide(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	c, p, err := a.office.Get(r.Context(), r.Person, r.PathValue("case"))
	if err != nil {
		return nil, err
	}
	f, ctx, done := caseForm(r, c), r.Context(), "voice.done.published"
	switch r.Form.Get("do") {
	case "screen":
		seen := f.Values("checks")
		done = "voice.done.screened"
		_, err = a.office.Screen(ctx, r.Person, c.ID, f.IfVersion(), comment.Checks{
			NoPersonalData: slices.Contains(seen, "personal_data"), NoInsult: slices.Contains(seen, "insult"), OnSubject: slices.Contains(seen, "subject")})
	case "decline":
		done = "voice.done.declined"
		_, err = a.office.Decline(ctx, r.Person, c.ID, f.IfVersion(), comment.Reason(f.Value("reason")))
	case "set_aside":
		done = "voice.done.set_aside"
		_, err = a.office.SetAside(ctx, r.Person, c.ID, f.IfVersion())
	case "take_up":
		done = "voice.done.taken_up"
		_, err = a.office.TakeUp(ctx, r.Person, c.ID, f.IfVersion())
	case "publish":
		_, err = a.office.Publish(ctx, r.Person, c.ID, f.IfVersion())
	default:
		return nil, errs.New(errs.Invalid, "there is nothing to do %q", r.Form.Get("do"))
	}
	if f.Refused(err) {
		return kit.Done(deskPath+"/"+c.ID, done), err
	}
	f.Version = strconv.Itoa(c.Version) // of what the page shows
	return a.show(r, c, p, f, f), nil
}

// enterPage takes an assessment in.
type enterPage struct{ Form *kit.Form }

func (a area) enter(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	if err := a.office.Mandated(pledge.AssessmentKind); err != nil {
		return nil, err
	}
	return kit.Page{Name: "enter", Title: "voice.enter.title", Data: &enterPage{enterForm(r)}}, nil
}

func enterForm(r *kit.Request) *kit.Form {
	f := r.NewForm(nil)
	f.Text("pledge", "voice.field.pledge", r.Query("pledge")).Must().Upto(20)
	f.Number("report", "voice.field.number", "")
	f.Text("assessor", "voice.field.assessor", "").Must().Upto(300)
	f.Check("institution", "voice.field.institution", false).Must()
	f.Date("on", "voice.field.on", "").Must()
	f.URL("source", "voice.field.source", "").Must()
	f.Long("finding", "voice.field.finding", "", 8).Must().Upto(5_000)
	languages(f, r, "")
	return f
}

func (a area) entered(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	if err := a.office.Mandated(pledge.AssessmentKind); err != nil {
		return nil, err
	}
	f := enterForm(r)
	if f.Valid() {
		on, _ := f.DateValue("on") // Valid has read it
		number := 0
		if typed := f.Value("report"); typed != "" {
			n, err := strconv.Atoi(typed)
			if err != nil {
				n = -1 // the rules refuse it
			}
			number = n
		}
		c, err := a.office.Enter(r.Context(), r.Person, strings.ToUpper(f.Value("pledge")), pledge.Assessment{
			Report: number, Assessor: f.Value("assessor"), On: on, Source: f.Value("source"), Finding: lines(f.Value("finding")), Language: lang.Code(f.Value("language"))})
		if errs.Is(err, errs.NotFound) {
			err = errs.InvalidFields(errs.Field{Field: "pledge", Message: "voice.fault.pledge"})
		}
		if f.Refused(err) {
			return kit.Done(deskPath+"/"+c.ID, "voice.done.entered"), err
		}
	}
	return kit.Page{Name: "enter", Title: "voice.enter.title", Data: &enterPage{f}, Form: f}, nil
}

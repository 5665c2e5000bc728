package desk

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/page"
	"stocktake/internal/web/work/kit"
)

const pageSize = 50

// queuePage lists what the secretariat has received.
type queuePage struct {
	Tabs    kit.Tabs
	Filters []filter
	State   string // carried along by the filters
	Late    bool
	Action  string
	Rows    []row
	Pager   kit.Pager
	Empty   kit.Empty
	Wait    string // how long answers take
	Form    *kit.Form
	Bulk    []bulkAct
	Next    string
	Find    string // what was looked for and is not there
}

// filter is one list to choose from.
type filter struct {
	Name, Label string
	Options     []kit.Option
}

type bulkAct struct{ Do, Text, Tone string }

type row struct {
	Ref, Href, Pick string // Pick names reference and version, for what is done to several
	Title           page.Said
	Party, Kind     string
	Language        string
	Call            string
	Late            bool
	State, Tone     string
	Days            int
	Age             string
	Assigned        string
	At              kit.Moment
	Published       string
	Told            bool // the public is told of it, and there is no page on which to take that back
}

// tabs of the queue, each with the states that it shows.
var tabs = []struct {
	name   string
	states []pledge.State
}{
	{"waiting", []pledge.State{pledge.StateSubmitted, pledge.StateRevisionSubmitted}},
	{"returned", []pledge.State{pledge.StateReturned}},
	{"announced", []pledge.State{pledge.StateDraft}},
	{"scheduled", []pledge.State{pledge.StateScheduled}},
	{"set_aside", []pledge.State{pledge.StateSetAside}},
	{"published", []pledge.State{pledge.StatePublished}},
	{"ended", []pledge.State{pledge.StateWithdrawn, pledge.StateSuperseded}},
}

var tabKey = keys("desk.tab.", "waiting", "returned", "announced", "scheduled", "set_aside", "published", "ended")

// filterOf reads the filter of the address; the tab is that of "state".
func filterOf(r *kit.Request) (intake.Filter, string) {
	f := intake.Filter{Late: r.Query("late") != ""}
	tab := tabs[0]
	for _, t := range tabs {
		if t.name == r.Query("state") {
			tab = t
		}
	}
	f.States = tab.states
	one := func(name string) []string {
		if v := r.Query(name); v != "" {
			return []string{v}
		}
		return nil
	}
	f.Calls, f.Kinds, f.Parties = one("call"), one("kind"), one("party")
	for _, l := range one("language") {
		f.Languages = []lang.Code{lang.Code(l)}
	}
	switch who := r.Query("assigned"); who {
	case "me":
		f.Assigned = r.Person.ID
	case intake.Nobody:
		f.Assigned = intake.Nobody
	}
	if days, err := strconv.Atoi(r.Query("days")); err == nil && days > 0 && days < 10_000 {
		f.Before = r.Now.Add(-time.Duration(days) * 24 * time.Hour)
	}
	return f, tab.name
}

// desk reports whether the person reads what was submitted; an administrator does not.
func reads(r *kit.Request) bool {
	return r.Person.Has(access.Reviewer, r.Today) || r.Person.Has(access.Observer, r.Today)
}

func (a *area) queue(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	if !reads(r) { // an administrator has work at this desk, and none among the pledges
		if r.Could(access.InvitePerson) {
			return kit.Redirect(peoplePath), nil
		}
		return kit.Redirect(figuresPath), nil
	}
	typed := r.Query("find")
	if typed != "" {
		if path, err := a.find(r, typed); !errs.Is(err, errs.NotFound) {
			return kit.Redirect(path), err
		}
	}
	return a.queuePage(r, r.NewForm(nil), typed)
}

func (a *area) queuePage(r *kit.Request, form *kit.Form, missing string) (kit.Answer, error) {
	f, tab := filterOf(r)
	counts, err := a.desk.Counts(r.Context(), r.Person, f)
	if err != nil {
		return nil, err
	}
	v := &queuePage{
		Tabs: kit.Tabs{Label: r.T("desk.tabs")}, State: r.Query("state"), Late: f.Late, Action: r.Link(queuePath), Form: form, Find: missing,
		Empty: kit.Empty{Text: r.T("desk.none")},
	}
	total := 0
	for _, t := range tabs {
		n := 0
		for _, s := range t.states {
			n += counts[s]
		}
		if t.name == tab {
			total = n
		}
		state := t.name
		if t.name == tabs[0].name {
			state = ""
		}
		v.Tabs.Items = append(v.Tabs.Items, kit.Tab{Href: r.With("state", state), Text: r.T(tabKey[t.name]), Count: n, Current: t.name == tab})
	}
	var offset int
	v.Pager, offset = r.Pager(total, pageSize)
	rows, _, err := a.desk.List(r.Context(), r.Person, f, offset, pageSize)
	if err != nil {
		return nil, err
	}
	who := a.names(r)
	for _, x := range rows {
		v.Rows = append(v.Rows, a.row(r, who, x))
	}
	if len(v.Rows) > 0 && tab == tabs[0].name {
		v.Next = v.Rows[0].Href
	}
	if v.Filters, err = a.filters(r); err != nil {
		return nil, err
	}
	if r.Could(access.AssignPledge) {
		v.Bulk = bulkOf(r, tab)
	}
	wait, err := a.desk.Response(r.Context(), r.Person, r.Now.AddDate(0, 0, -90))
	if err != nil {
		return nil, err
	}
	v.Wait = waitText(r, wait)
	status := 0
	if missing != "" {
		status = http.StatusNotFound
	}
	return kit.Page{Name: "queue", Title: "desk.queue", Data: v, Wide: true, Form: form, Status: status}, nil
}

// waitText says how long parties wait for a first answer.
func waitText(r *kit.Request, w intake.Response) string {
	switch {
	case w.Answered == 0 && w.Waiting == 0:
		return ""
	case w.Answered == 0:
		return r.T("desk.wait.none", "n", w.Waiting, "days", days(w.Longest))
	case w.Waiting == 0:
		return r.T("desk.wait.all", "n", w.Answered, "days", decimalDays(r, w.Median))
	}
	return r.T("desk.wait", "days", decimalDays(r, w.Median), "n", w.Waiting, "longest", days(w.Longest))
}

func days(d time.Duration) int { return int(d.Hours() / 24) }

func decimalDays(r *kit.Request, d time.Duration) string {
	return r.P.Decimal(strconv.FormatFloat(d.Hours()/24, 'f', 1, 64))
}

func (a *area) row(r *kit.Request, who *names, x intake.Row) row {
	out := row{
		Ref: x.Ref, Pick: fmt.Sprintf("%s:%d", x.Ref, x.Version), Title: page.Say(x.Title, x.Language), Party: who.party(x.Lead), Kind: r.Reader().Kind(x.LeadKind),
		Language: x.Language.Autonym(), Late: x.Late, State: stateName(r, x.State, x.Awaited), Tone: tone(x.State), Assigned: who.person(x.Assigned),
		At: r.Moment(x.Submitted), Published: x.Published,
	}
	out.Told = x.Announced && r.Could(access.EnterPledge)
	if !x.Taken {
		out.Href = r.Link("/desk/" + x.Ref)
	}
	if x.Call != intake.Standing {
		out.Call = x.Call
	}
	since := x.Submitted
	if since.IsZero() {
		since = x.Changed
	}
	out.Days = days(r.Now.Sub(since))
	out.Age = age(r, out.Days)
	if out.Title.Text == "" {
		out.Title = page.Said{Text: r.T("desk.untitled")}
	}
	return out
}

func stateName(r *kit.Request, s pledge.State, awaited bool) string {
	if awaited {
		return r.T("desk.state.awaited")
	}
	return r.T(stateKey[string(s)])
}

func tone(s pledge.State) string {
	switch s {
	case pledge.StatePublished:
		return "good"
	case pledge.StateSetAside, pledge.StateWithdrawn:
		return "bad"
	}
	return ""
}

func (a *area) filters(r *kit.Request) ([]filter, error) {
	calls, err := a.desk.Calls(r.Context())
	if err != nil {
		return nil, err
	}
	chosen := func(name string, all []kit.Option) filter {
		for i := range all {
			all[i].Chosen = all[i].Value == r.Query(name)
		}
		return filter{Name: name, Label: r.T(filterKey[name]), Options: all}
	}
	var callOptions, kinds []kit.Option
	for _, c := range calls {
		callOptions = append(callOptions, kit.Option{Value: c.ID, Text: c.In(r.Lang)})
	}
	for _, k := range a.desk.Book.Pack.Kinds {
		kinds = append(kinds, kit.Option{Value: k.Slug, Text: k.One.In(r.Lang)})
	}
	ages := []kit.Option{}
	for _, n := range []int{2, 7, 14, 30} {
		ages = append(ages, kit.Option{Value: strconv.Itoa(n), Text: r.T("desk.older", "n", n)})
	}
	return []filter{
		chosen("call", callOptions), chosen("kind", kinds), chosen("language", languages()),
		chosen("assigned", kit.Options("me", r.T("desk.assigned.me"), intake.Nobody, r.T("desk.assigned.nobody"))), chosen("days", ages),
	}, nil
}

var filterKey = keys("desk.filter.", "call", "kind", "language", "assigned", "days")

// bulkOf are the things that can be done to several at once on a tab.
func bulkOf(r *kit.Request, tab string) []bulkAct {
	act := func(do, tone string) bulkAct { return bulkAct{do, r.T(actKey[do]), tone} }
	switch tab {
	case "waiting":
		return []bulkAct{act("assign_me", "second"), act("publish", "second"), act("schedule", "second"), act("set_aside", "danger")}
	case "set_aside":
		return []bulkAct{act("take_up", "second")}
	case "scheduled":
		return []bulkAct{act("unschedule", "second")}
	}
	return nil
}

// unannounce takes an announcement off the public list, from the line of a pledge whose draft is
// the party's by now. No version is asked for: the desk knows none of what the party saves.
func (a *area) unannounce(r *kit.Request, f *kit.Form, ref string) (kit.Answer, error) {
	_, err := a.desk.DropAnnouncement(r.Context(), r.Person, ref, 0)
	if !refused(r, f, err) {
		return a.queuePage(r, f, "")
	}
	return kit.Done(queuePath+"?state=announced", doneKey["unannounce"]), err
}

// bulkPage says what became of each of several.
type bulkPage struct {
	Rows  []bulkRow
	Done  int
	Back  string
	Title string
}

type bulkRow struct{ Ref, Href, Says string }

// bulk does one thing to several submissions; each has its own result.
func (a *area) bulk(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	f := r.NewForm(nil)
	if ref := f.Value("unannounce"); ref != "" {
		return a.unannounce(r, f, ref)
	}
	do := f.Value("do")
	if do == "schedule" {
		return kit.Redirect(batchLink(f.Values("pick"))), nil
	}
	if !slices.Contains([]string{"assign_me", "publish", "set_aside", "take_up", "unschedule"}, do) {
		return nil, errs.New(errs.Invalid, "do what?")
	}
	v := &bulkPage{Back: r.Link(queuePath), Title: r.T(actKey[do])}
	for _, pick := range f.Values("pick") {
		ref, version, _ := strings.Cut(pick, ":")
		n, err := strconv.Atoi(version)
		if err != nil || n < 1 {
			return nil, errs.New(errs.Invalid, "a line of no version")
		}
		ctx := intake.WithKey(r.Context(), f.Key+do+ref)
		switch do {
		case "assign_me":
			_, err = a.desk.Assign(ctx, r.Person, ref, r.Person.ID)
		case "publish":
			if s, read := a.desk.Get(ctx, r.Person, ref); read == nil && s.State == pledge.StateRevisionSubmitted {
				_, err = a.desk.PublishRevision(ctx, r.Person, ref, n)
			} else {
				_, err = a.desk.Publish(ctx, r.Person, ref, n)
			}
		case "set_aside":
			_, err = a.desk.SetAside(ctx, r.Person, ref, n, intake.Remarks{})
		case "take_up":
			_, err = a.desk.TakeUp(ctx, r.Person, ref, n)
		case "unschedule":
			_, err = a.desk.Unschedule(ctx, r.Person, ref, n)
		}
		if err == nil {
			v.Done++
			continue
		}
		if errs.Is(err, errs.Internal) {
			return nil, err
		}
		why := says(r, err)
		if why == "" {
			why = r.T("desk.bulk.refused")
		}
		v.Rows = append(v.Rows, bulkRow{Ref: ref, Href: r.Link("/desk/" + ref), Says: why})
	}
	if len(v.Rows) == 0 && v.Done > 0 {
		return kit.Done(queuePath, "desk.done.bulk"), nil
	}
	return kit.Page{Name: "bulk", Title: "desk.bulk", Data: v}, nil
}

package desk

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/advice"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/page"
	"stocktake/internal/web/page/history"
	"stocktake/internal/web/work/kit"
)

// triagePage is one submission: what it says on the left, what to do with it on the right.
type triagePage struct {
	Ref, State, Tone string
	Public, FollowUp string // links to the published pledge and to its reports
	Title            page.Said
	Text             []string
	Party, PartyHref string
	Kind, Call       string
	Late, Awaited    bool
	Submitted        kit.Moment
	Age              string
	PublishAt        kit.Moment
	Contact          intake.Contact
	Received         string
	Files            []attachment
	Facts            []history.Change
	Findings         []string // what the rules of the form say
	Score            int
	Sister           string
	Changes          []history.Change // of a next version, against what is public
	Proposals        []proposal
	Similar          []similar
	Repeats          *similar // that it shares so many words with that it may be the same again
	Left             int      // how many others wait
	Thread           []message
	Trail            []event
	Checklist        []check
	Blocked          []string
	Unconfirmed      []unconfirmed // parties of a joint pledge whose word is waited for
	Assigned         string
	Accepted         string
	JoinedTo         string
	Next, Propose    string
	Entry            string
	Correct, History string
	Announce         string // what the public would be told; "" where something is missing
	Ask              string // whom a letter that asks for a report goes to, or why none does
	Can              map[string]bool
	Form             *kit.Form
	Opened           *kit.Opener // somebody else of the desk who has it open
}

type unconfirmed struct {
	Party     string
	Since     kit.Moment
	Unreached bool
	Invite    string // path on which a contact is invited
}

type check struct {
	Line, Text, Key string
	Done            bool
}

type proposal struct {
	State   string
	Note    string
	At      kit.Moment
	Changes []history.Change
	Open    bool
}

type message struct {
	Who     string
	Inner   bool
	At      kit.Moment
	Reasons []string
	Text    []string
	Lang    lang.Code
	Dir     string
}

type event struct {
	At       kit.Moment
	Who      string
	From, To string
	Did      string
}

// acts are what can be decided on the screen, each with the right that it needs. The texts of
// their buttons are desk.act.<name>.
var acts = map[string]access.Action{
	"publish": access.PublishPledge, "publish_revision": access.PublishRevision, "accept": access.PublishPledge, "return": access.ReturnPledge,
	"return_revision": access.ReturnRevision, "set_aside": access.SetAsidePledge, "join": access.SetAsidePledge, "take_up": access.TakeUpPledge,
	"schedule": access.SchedulePledge, "unschedule": access.UnschedulePledge, "assign": access.AssignPledge, "assign_me": access.AssignPledge, "assign_to": access.AssignPledge,
	"tick": access.WriteNotes, "write": access.WriteThread, "note": access.WriteNotes, "register": access.EnterPledge, "withdraw": access.WithdrawPledge,
	"supersede": access.SupersedePledge,
	"ask":       access.RequestReport,
	"announce":  access.EnterPledge, "unannounce": access.EnterPledge,
	"retract": access.ProposeChange, "keep_back": access.ReleaseFile, "give_free": access.ReleaseFile,
}

func (a *area) triage(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	s, err := a.desk.Get(r.Context(), r.Person, r.PathValue("ref"))
	if err != nil {
		return nil, err
	}
	if s.Contact != (intake.Contact{}) { // who reads a person's address is written down
		err := a.desk.DB.Write(r.Context(), func(tx *db.Tx) error {
			return r.Kit.Access.Audit(r.Context(), tx, r.Person, access.ReadContacts, "submission:"+s.Ref)
		})
		if err != nil {
			return nil, err
		}
	}
	f, err := a.triageForm(r, s)
	if err != nil {
		return nil, err
	}
	return a.triagePage(r, s, f)
}

// triageForm has the fields of all that can be decided; each form of the page sends its own.
func (a *area) triageForm(r *kit.Request, s intake.Submission) (*kit.Form, error) {
	reviewers, err := a.reviewers(r)
	if err != nil {
		return nil, err
	}
	f := r.NewForm(s.Version)
	language := s.Pledge.Language
	if language == "" {
		language = r.Lang
	}
	var reasons []kit.Option
	for _, key := range intake.Reasons {
		if key == "spam" || key == "duplicate" {
			continue
		}
		reasons = append(reasons, kit.Option{Value: key, Text: intake.Reason(r.Lang, key), Key: digit(len(reasons))})
	}
	f.Checks("reasons", "desk.reasons", nil, reasons)
	f.Long("remarks", "desk.remarks", "", 3).Upto(5000)
	f.Select("remarks_in", "desk.language_of_words", string(language), languages())
	f.Select("aside", "desk.aside", "", kit.Options("", r.T("desk.aside.silent"), "spam", intake.Reason(r.Lang, "spam"), "out_of_scope", intake.Reason(r.Lang, "out_of_scope"), "other_compact", intake.Reason(r.Lang, "other_compact")))
	f.Text("with", "desk.join.with", "").Upto(30)
	f.Date("publish_on", "desk.publish_on", r.Day()).Note("") // a whole day
	f.Text("publish_time", "desk.publish_time", "").Upto(5)
	f.Long("message", "desk.message", "", 3).Upto(5000)
	f.Long("inner", "desk.inner", "", 2).Upto(5000)
	f.Long("why", "desk.why", "", 2).Upto(2000)
	f.Text("instead", "desk.instead", "").Upto(30)
	f.Long("instead_why", "desk.instead_why", "", 2).Upto(2000)
	f.Select("instead_in", "desk.language_of_words", string(r.Lang), languages())
	f.Select("assignee", "desk.filter.assigned", s.Assigned, reviewers)
	return f, nil
}

func (a *area) triagePage(r *kit.Request, s intake.Submission, f *kit.Form) (kit.Answer, error) {
	who := a.names(r)
	p := s.Pledge
	v := &triagePage{
		Ref: s.Ref, State: stateName(r, s.State, s.Awaited), Tone: tone(s.State), Title: page.Say(p.Title, p.Language), Text: paragraphs(p.Text),
		Party: who.party(s.Lead), PartyHref: r.Link(partiesPath + "/" + s.Lead), Late: s.Late, Awaited: s.Awaited, Submitted: r.Moment(s.Submitted),
		PublishAt: r.Moment(s.PublishAt), Contact: s.Contact, Facts: facts(r, who, p), Assigned: who.person(s.Assigned), JoinedTo: s.JoinedTo, Form: f, Can: map[string]bool{},
	}
	if !s.Submitted.IsZero() {
		v.Age = age(r, days(r.Now.Sub(s.Submitted)))
	}
	if v.Title.Text == "" {
		v.Title = page.Said{Text: r.T("desk.untitled")}
	}
	if s.Published != "" {
		v.Public = r.Link("/pledges/" + s.Published)
		if r.May(access.ReadReport, access.Subject{State: string(s.State), Lead: s.Lead}) {
			v.FollowUp = r.Link("/my/" + s.Published + "/report")
		}
	}
	if lead, err := a.desk.Party(r.Context(), s.Lead); err == nil {
		v.Kind = r.Reader().Kind(lead.Kind)
	}
	call, err := a.desk.Call(r.Context(), s.Call)
	if err == nil {
		v.Call = call.In(r.Lang)
	}
	if s.Received != nil {
		v.Received = r.T("desk.received", "how", r.T(wayKey[s.Received.How]), "date", r.P.Date(s.Received.On))
		if s.Received.Reference != "" {
			v.Received += " · " + s.Received.Reference
		}
	}
	if s.Awaited && p.AnnouncedOn != "" && p.AnnouncedAt != "" {
		v.Announce = r.T("desk.announce.note", "party", lang.Isolate(v.Party), "occasion", lang.Isolate(p.AnnouncedAt), "date", r.P.Date(p.AnnouncedOn))
	}
	v.Files = a.attachments(r, s)
	if s.Accepted != nil {
		v.Accepted = who.person(s.Accepted.By)
	}
	for _, x := range s.Findings {
		v.Findings = append(v.Findings, fieldName(r, x.Field))
	}
	v.Findings = slices.Compact(v.Findings)
	v.Score = advice.Assess(p).Score
	if found := advice.Scope(p, a.desk.Book.Pack); found.Verdict == advice.There || found.Verdict == advice.Both {
		v.Sister = found.Sister.Name.In(r.Lang)
	}
	for _, u := range s.Unconfirmed {
		line := unconfirmed{Party: who.party(u.Party), Since: r.Moment(u.Since), Unreached: u.Unreached}
		if u.Unreached && r.May(access.AppointPerson, access.Subject{Lead: u.Party}) {
			line.Invite = r.Link(peoplePath + "/invite?party=" + url.QueryEscape(u.Party))
		}
		v.Unconfirmed = append(v.Unconfirmed, line)
	}
	for _, key := range s.Blocked {
		if key != intake.BlockedWords || len(v.Unconfirmed) == 0 { // those say more
			v.Blocked = append(v.Blocked, r.T(key))
		}
	}
	for i, line := range openChecklist(r, s) {
		v.Checklist = append(v.Checklist, check{line, r.T(checkKey[line]), digit(i), slices.Contains(s.Ticked, line)})
	}
	if v.Opened, err = a.openedBy(r, s, false); err != nil {
		return nil, err
	}
	a.may(r, s, v)
	if err := a.beside(r, who, s, v); err != nil {
		return nil, err
	}
	return kit.Page{Name: "triage", Title: "desk.triage", TitleArgs: []any{"ref", s.Ref}, Data: v, Wide: true, Form: f}, nil
}

// openChecklist is what is ticked before something is published; what is public has passed it.
func openChecklist(r *kit.Request, s intake.Submission) []string {
	if s.State.Public() && s.State != pledge.StateRevisionSubmitted || !r.May(access.WriteNotes, access.Subject{State: string(s.State), Lead: s.Lead}) {
		return nil
	}
	return intake.Checklist
}

// may notes which buttons to show. Whatever is pressed is checked again.
func (a *area) may(r *kit.Request, s intake.Submission, v *triagePage) {
	subject := access.Subject{State: string(s.State), Lead: s.Lead, Entered: s.Received != nil && s.State == pledge.StateDraft}
	for name, do := range acts {
		v.Can[name] = r.May(do, subject)
	}
	in := func(states ...pledge.State) bool { return slices.Contains(states, s.State) }
	v.Can["accept"] = a.desk.FourEyes && s.Accepted == nil && (v.Can["accept"] && in(pledge.StateSubmitted) || v.Can["publish_revision"])
	v.Can["publish"] = v.Can["publish"] && in(pledge.StateSubmitted, pledge.StateScheduled)
	v.Can["register"] = v.Can["register"] && s.Received != nil && in(pledge.StateDraft) && !s.Awaited
	v.Can["announce"] = v.Can["announce"] && in(pledge.StateDraft) && s.Awaited && s.Announced == ""
	v.Can["unannounce"] = v.Can["unannounce"] && s.Announced != "" && !s.State.Public()
	v.Can["retract"] = v.Can["retract"] && slices.ContainsFunc(s.Proposals, func(p intake.Proposal) bool { return p.State == intake.Open })
	v.Can["ask"] = v.Can["ask"] && a.asks != nil && s.Published != ""
	v.History = r.Link("/desk/history/" + s.Ref)
	if mayCorrect(r, s) {
		v.Correct = r.Link("/desk/correct/" + s.Ref)
	}
	v.Can["decide"] = v.Can["publish"] || v.Can["publish_revision"] || v.Can["take_up"] || v.Can["unschedule"] || v.Can["register"]
	if r.May(access.ProposeChange, subject) {
		v.Propose = r.Link("/desk/propose/" + s.Ref)
	}
	if subject.Entered && r.May(access.WritePledge, subject) {
		v.Entry = r.Link("/desk/entry/" + s.Ref)
	}
}

// beside reads what stands beside the submission.
func (a *area) beside(r *kit.Request, who *names, s intake.Submission, v *triagePage) (err error) {
	ctx := r.Context()
	next, left, err := a.desk.Next(ctx, r.Person, waiting, s)
	if err != nil {
		return err
	}
	if v.Left = left; next != "" {
		v.Next = r.Link("/desk/" + next)
	}
	if v.Can["ask"] {
		if v.Ask, v.Can["ask"], err = a.askable(r, s.Published); err != nil {
			return err
		}
	}
	if v.Similar, err = a.similarTo(r, who, s.Pledge); err != nil {
		return err
	}
	if len(v.Similar) > 0 && v.Similar[0].Percent >= likely && v.Can["join"] {
		v.Repeats = &v.Similar[0]
		if f := v.Form.Field("with"); !v.Form.Posted() {
			f.Value = v.Repeats.ID
		}
	}
	if s.State == pledge.StateRevisionSubmitted && r.Kit.Index != nil {
		if v.Changes, err = changesOf(r, who, s); err != nil {
			return err
		}
	}
	for _, p := range s.Proposals {
		v.Proposals = append(v.Proposals, proposal{
			State: r.T(proposalKey[string(p.State)]), Note: p.Note, At: r.Moment(p.At), Changes: history.Differences(r.Reader(), who, s.Pledge, p.Pledge), Open: p.State == intake.Open,
		})
	}
	if v.Can["write"] {
		thread, err := a.desk.Thread(ctx, r.Person, s.Ref)
		if err != nil {
			return err
		}
		for _, m := range thread {
			out := message{Inner: m.Side == intake.SideInner, At: r.Moment(m.At), Text: paragraphs(m.Body), Lang: m.Language, Dir: m.Language.Dir(), Who: who.person(m.By)}
			if m.Side == intake.SideParty {
				out.Who = v.Party
			}
			for _, key := range m.Reasons {
				out.Reasons = append(out.Reasons, intake.Reason(r.Lang, key))
			}
			v.Thread = append(v.Thread, out)
		}
	}
	trail, err := a.desk.Trail(ctx, r.Person, s.Ref)
	if err != nil {
		return err
	}
	for _, e := range trail {
		if e.From == e.To {
			continue
		}
		v.Trail = append(v.Trail, event{At: r.Moment(e.At), Who: who.person(e.By), From: r.T(stateKey[string(e.From)]), To: r.T(stateKey[string(e.To)])})
	}
	return nil
}

// askable says who would be asked for a report on what is published, or why nobody can be.
func (a *area) askable(r *kit.Request, id string) (says string, can bool, err error) {
	asks, err := a.asks.Asking(r.Context(), r.Person, id)
	if refusal, ok := errors.AsType[*errs.Error](err); ok && errs.Is(err, errs.Conflict) {
		return r.T(refusal.Key), false, nil
	}
	var people []string
	for _, p := range asks.People {
		people = append(people, lang.Isolate(r.Named(p)))
	}
	return r.T("desk.ask.who", "people", r.P.List(people...), "date", r.P.Date(asks.Request.Due)), err == nil, err
}

var proposalKey = keys("desk.proposal.", string(intake.Open), string(intake.Approved), string(intake.Refused), string(intake.Retracted))

// changesOf are what a next version changes in what is public.
func changesOf(r *kit.Request, who *names, s intake.Submission) ([]history.Change, error) {
	it, err := r.Kit.Index.Snapshot().Pledge(s.Published, explore.Query{}, r.Today)
	if errs.Is(err, errs.NotFound) {
		return nil, nil // the index has not followed yet
	}
	if err != nil {
		return nil, err
	}
	return history.Differences(r.Reader(), who, it.Pledge, s.Payload(s.Pledge)), nil
}

// waiting is what waits for the desk.
var waiting = intake.Filter{States: tabs[0].states}

// digit is the key of the n-th box of a list, "" where the keyboard has no more digits.
func digit(n int) string {
	if n > 9 {
		return ""
	}
	return strconv.Itoa((n + 1) % 10)
}

// leadsOn are the acts after which one goes on to the next submission.
var leadsOn = []string{"publish", "publish_revision", "accept", "return", "return_revision", "set_aside", "join", "schedule"}

// decide does what was pressed.
func (a *area) decide(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	ref := r.PathValue("ref")
	s, err := a.desk.Get(r.Context(), r.Person, ref)
	if err != nil {
		return nil, err
	}
	f, err := a.triageForm(r, s)
	if err != nil {
		return nil, err
	}
	do := f.Value("do")
	if _, known := acts[do]; !known {
		return nil, errs.New(errs.Invalid, "do what?")
	}
	if s.State == pledge.StateRevisionSubmitted && (do == "return" || do == "publish") {
		do += "_revision"
	}
	if err := a.act(r, s, f, do); !refused(r, f, err) {
		conflict := errs.Is(err, errs.Conflict)
		if s, err = a.desk.Get(r.Context(), r.Person, ref); err != nil {
			return nil, err
		}
		if conflict {
			f.Version = strconv.Itoa(s.Version) // which is what the page shows now
		}
		return a.triagePage(r, s, f)
	} else if err != nil {
		return nil, err
	}
	if len(f.Faults()) > 0 {
		return a.triagePage(r, s, f)
	}
	to := "/desk/" + ref
	if slices.Contains(leadsOn, do) {
		r.Leaves(ref)
		next, _, err := a.desk.Next(r.Context(), r.Person, waiting, s)
		if err != nil {
			return nil, err
		}
		to = queuePath
		if next != "" {
			to = "/desk/" + next
		}
	}
	switch do {
	case "assign_me", "assign_to":
		do = "assign"
	case "tick":
		return kit.Redirect(to + "#checklist"), nil
	}
	return kit.Done(to, doneKey[do]), nil
}

func (a *area) act(r *kit.Request, s intake.Submission, f *kit.Form, do string) (err error) {
	ctx := intake.WithKey(r.Context(), f.Key+do)
	version := f.IfVersion()
	if f.Value("lines") != "" { // the form has the checklist, which is kept with whatever is decided
		if err := a.tick(r, s, f.Values("ticked")); err != nil {
			return err
		}
	}
	why := intake.Remarks{Reasons: f.Values("reasons"), Body: f.Value("remarks"), Language: lang.Code(f.Value("remarks_in"))}
	switch do {
	case "announce":
		_, err = a.desk.Announce(ctx, r.Person, s.Ref, version)
	case "unannounce":
		_, err = a.desk.DropAnnouncement(ctx, r.Person, s.Ref, version)
	case "publish":
		_, err = a.desk.Publish(ctx, r.Person, s.Ref, version)
	case "publish_revision":
		_, err = a.desk.PublishRevision(ctx, r.Person, s.Ref, version)
	case "accept":
		_, err = a.desk.Accept(ctx, r.Person, s.Ref, version)
	case "return", "return_revision":
		_, err = a.desk.Return(ctx, r.Person, s.Ref, version, why)
	case "set_aside":
		var reasons []string
		if x := f.Value("aside"); x != "" {
			reasons = []string{x}
		}
		_, err = a.desk.SetAside(ctx, r.Person, s.Ref, version, intake.Remarks{Reasons: reasons})
	case "join":
		with := strings.ToUpper(f.Value("with"))
		if with == "" {
			f.Fault("with", "desk.fault.with")
			return nil
		}
		if _, err = a.desk.Join(ctx, r.Person, s.Ref, version, with, intake.Remarks{}); errs.Is(err, errs.NotFound) {
			f.Fault("with", "desk.fault.with")
			return nil
		}
	case "take_up":
		_, err = a.desk.TakeUp(ctx, r.Person, s.Ref, version)
	case "schedule":
		at, ok := scheduledFor(r, f)
		if !ok {
			f.Fault("publish_on", "desk.fault.publish_at")
			return nil
		}
		_, err = a.desk.Schedule(ctx, r.Person, s.Ref, version, at)
		if fields := errs.FieldsOf(err); len(fields) == 1 && fields[0].Field == "publish_at" {
			f.Fault("publish_on", "desk.fault.publish_at")
			return nil
		}
	case "unschedule":
		_, err = a.desk.Unschedule(ctx, r.Person, s.Ref, version)
	case "assign_me":
		_, err = a.desk.Assign(ctx, r.Person, s.Ref, r.Person.ID)
	case "assign":
		_, err = a.desk.Assign(ctx, r.Person, s.Ref, "")
	case "assign_to":
		to := f.Value("assignee")
		if x := f.Field("assignee"); !slices.ContainsFunc(x.Options, func(o kit.Option) bool { return o.Value == to }) {
			return errs.New(errs.Invalid, "%q is no reviewer", to)
		}
		_, err = a.desk.Assign(ctx, r.Person, s.Ref, to)
	case "tick": // done
	case "write":
		_, err = a.desk.Write(ctx, r.Person, s.Ref, intake.Remarks{Body: f.Value("message"), Language: lang.Code(f.Value("remarks_in"))})
		err = renamed(err, "body", "message")
	case "note":
		_, err = a.desk.Note(ctx, r.Person, s.Ref, intake.Remarks{Body: f.Value("inner"), Language: r.Lang})
		err = renamed(err, "body", "inner")
	case "register":
		_, err = a.desk.Register(ctx, r.Person, s.Ref, version)
	case "withdraw":
		_, err = a.desk.Withdraw(ctx, r.Person, s.Ref, version, pledge.Notice{Reason: f.Value("why"), Language: lang.Code(f.Value("remarks_in"))})
		err = renamed(err, "notice.reason", "why")
	case "supersede":
		err = a.replace(r, s, f)
	case "keep_back", "give_free":
		_, err = a.desk.KeepBack(ctx, r.Person, s.Ref, version, f.Value("file"), do == "keep_back")
	case "retract":
		_, err = a.desk.Retract(ctx, r.Person, s.Ref, version)
	case "ask":
		if a.asks == nil || s.Published == "" {
			return errs.New(errs.Conflict, "%s is not public", s.Ref).WithKey("work.not_now")
		}
		_, err = a.asks.AskNow(r.Context(), r.Person, s.Published)
	}
	return err
}

// renamed gives the finding of one field to another, as the form calls it.
func renamed(err error, from, to string) error {
	fields := slices.Clone(errs.FieldsOf(err))
	if !errs.Is(err, errs.Invalid) || len(fields) == 0 {
		return err
	}
	for i := range fields {
		if fields[i].Field == from {
			fields[i].Field = to
		}
	}
	return errs.InvalidFields(fields...)
}

// tick makes the checklist as it was sent. It needs no key: sent again, it changes nothing.
func (a *area) tick(r *kit.Request, s intake.Submission, ticked []string) error {
	if !slices.ContainsFunc(intake.Checklist, func(line string) bool { return slices.Contains(ticked, line) != slices.Contains(s.Ticked, line) }) {
		return nil
	}
	_, err := a.desk.KeepChecklist(r.Context(), r.Person, s.Ref, ticked)
	return err
}

// scheduledFor reads day and time in the person's zone.
func scheduledFor(r *kit.Request, f *kit.Form) (time.Time, bool) {
	return momentIn(f, r.Zone())
}

// momentIn reads day and time of publication in a zone.
func momentIn(f *kit.Form, zone *time.Location) (time.Time, bool) {
	on, ok := f.DateValue("publish_on")
	clock := f.Value("publish_time")
	if clock == "" {
		clock = "00:00"
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", on+" "+clock, zone)
	return at, ok && err == nil
}

// facts are the fields of a pledge beside title and text, and what stands elsewhere on the page.
func facts(r *kit.Request, who *names, p pledge.Pledge) []history.Change {
	p = given(p)
	p.Title, p.Text, p.Call, p.Attachments = "", "", "", nil
	if len(p.Parties) == 1 {
		p.Parties = nil
	}
	return history.Whole(r.Reader(), who, p)
}

// given is a text without what the form fills in by itself.
func given(p pledge.Pledge) pledge.Pledge {
	p.Status, p.TextBy, p.ObjectivesBy = "", "", ""
	return p
}

// fieldName is what the public pages call a field, or the form where it is not public.
func fieldName(r *kit.Request, field string) string {
	name, _, _ := strings.Cut(field, "[")
	name, _, _ = strings.Cut(name, ".")
	if said := history.FieldName(r.Reader(), name); said != name {
		return said
	}
	if key := "desk.field." + name; r.P.Has(key) {
		return r.T(key)
	}
	return name
}

// age is how long something has waited.
func age(r *kit.Request, days int) string {
	if days == 0 {
		return r.T("desk.age.today")
	}
	return r.T("desk.age", "n", days)
}

func paragraphs(s string) (out []string) {
	for line := range strings.SplitSeq(s, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

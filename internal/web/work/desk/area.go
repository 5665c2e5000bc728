// Package desk has the pages of the secretariat: the queue, the screen on which one submission
// after the other is decided by keyboard, calls, what is entered on behalf of parties, what is
// scheduled, the parties' standing with the desk, and the figures.
package desk

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/blob"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/followup"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/page"
	"stocktake/internal/web/work/kit"
)

//go:embed pages/*.html
var pages embed.FS

//go:embed messages/*.json
var messages embed.FS

// Paths of the pages.
const (
	queuePath     = "/desk"
	callsPath     = "/desk/calls"
	enterPath     = "/desk/enter"
	scheduledPath = "/desk/scheduled"
	partiesPath   = "/desk/parties"
	figuresPath   = "/desk/figures"
	peoplePath    = "/desk/people" // another area's
)

type area struct {
	desk  *intake.Desk
	files *blob.Store
	asks  Asker
}

// Asker asks parties about their pledges; a *followup.Office does.
type Asker interface {
	Asking(ctx context.Context, by access.Person, id string) (followup.Asking, error)
	AskNow(ctx context.Context, by access.Person, id string) (letters int, err error)
}

// New is the area of the desk. Without a store there are no attachments and no scans; where nobody
// asks, what is published is not asked about here.
func New(desk *intake.Desk, files *blob.Store, asks Asker) kit.Area {
	a := &area{desk: desk, files: files, asks: asks}
	templates, err := fs.Sub(pages, "pages")
	if err != nil {
		panic(err) // the name is a constant and valid
	}
	get := func(path string, do access.Action, f func(*kit.Kit, *kit.Request) (kit.Answer, error)) kit.Route {
		return kit.Route{Method: "GET", Path: path, Action: do, Serve: f}
	}
	post := func(path string, do access.Action, f func(*kit.Kit, *kit.Request) (kit.Answer, error)) kit.Route {
		return kit.Route{Method: "POST", Path: path, Action: do, Serve: f}
	}
	return kit.Area{
		Name: "desk", Templates: templates, Messages: messages,
		Pages: map[string]any{
			"queue": &queuePage{}, "triage": &triagePage{}, "text": &textPage{}, "calls": &callsPage{}, "call": &callPage{},
			"scheduled": &scheduledPage{}, "parties": &partiesPage{}, "party": &partyPage{}, "figures": &figuresPage{}, "bulk": &bulkPage{}, "history": &historyPage{}, "batch": &batchPage{}, "pledge": &pledgePage{},
		},
		Menu: []kit.Entry{
			{Path: queuePath, Key: "desk.queue", Order: 20}, {Path: enterPath, Key: "desk.enter", Order: 22}, {Path: scheduledPath, Key: "desk.scheduled", Order: 24},
			{Path: callsPath, Key: "desk.calls", Order: 26}, {Path: partiesPath, Key: "desk.parties", Order: 28}, {Path: figuresPath, Key: "desk.figures", Order: 29},
		},
		Routes: []kit.Route{
			get(queuePath, access.EnterDesk, a.queue), post(queuePath, access.AssignPledge, a.bulk),
			get("/desk/{ref}", access.EnterDesk, a.triage), post("/desk/{ref}", access.WriteThread, a.decide),
			get("/desk/history/{ref}", access.EnterDesk, a.history),
			get(pledgePath+"{id}", access.EnterDesk, a.pledge), post(pledgePath+"{id}", access.RequestReport, a.take),
			get("/desk/correct/{ref}", access.EnterPledge, a.correct), post("/desk/correct/{ref}", access.EnterPledge, a.correct),
			get(batchPath, access.SchedulePledge, a.batch), post(batchPath, access.SchedulePledge, a.batch),
			get("/desk/propose/{ref}", access.ProposeChange, a.propose), post("/desk/propose/{ref}", access.ProposeChange, a.propose),
			get(enterPath, access.EnterPledge, a.enter), {Method: "POST", Path: enterPath, Action: access.EnterPledge, Serve: a.enter, Body: fileBody},
			get("/desk/files/{ref}/{hash}", access.EnterDesk, a.file),
			get("/desk/entry/{ref}", access.EnterPledge, a.entry), post("/desk/entry/{ref}", access.EnterPledge, a.entry),
			get(callsPath, access.WriteCall, a.calls),
			get(callsPath+"/{id}", access.WriteCall, a.call), post(callsPath+"/{id}", access.WriteCall, a.call),
			get(scheduledPath, access.SchedulePledge, a.scheduled), post(scheduledPath, access.SchedulePledge, a.recall),
			get(partiesPath, access.HoldParty, a.parties), post(partiesPath, access.WriteParty, a.parties),
			get(partiesPath+"/{code}", access.HoldParty, a.party), post(partiesPath+"/{code}", access.HoldParty, a.party),
			get(figuresPath, access.ReadFigures, a.figures), post(figuresPath, access.PublishFigures, a.figures),
		},
	}
}

// refused is Form.Refused with the words that the desk has for what stands in the way.
func refused(r *kit.Request, f *kit.Form, err error) bool {
	if errs.Is(err, errs.Conflict) || errs.Is(err, errs.Gone) {
		if why := says(r, err); why != "" {
			f.Problem, f.Key = why, kit.NewKey()
			return false
		}
	}
	return f.Refused(err)
}

// says is what the desk says of an error; "" where it has no words for it.
func says(r *kit.Request, err error) string {
	if e, ok := errors.AsType[*errs.Error](err); ok && e.Key != "" {
		key := "desk.refused." + strings.TrimPrefix(e.Key, "work.")
		if r.P.Has(key) {
			return r.T(key)
		}
	}
	return ""
}

// names finds names for one page, each once.
type names struct {
	page.PartyNamer
	a      *area
	r      *kit.Request
	people map[string]string
}

func (a *area) names(r *kit.Request) *names {
	return &names{PartyNamer: r.Parties(a.desk.Party), a: a, r: r, people: map[string]string{}}
}

// party is the name of a party, its code where it has none.
func (n *names) party(code string) string { return n.r.Reader().NameOf(n, code) }

// person is the name of somebody, "" for nobody and for somebody who was erased.
func (n *names) person(id string) string {
	if id == "" {
		return ""
	}
	name, ok := n.people[id]
	if !ok {
		err := n.a.desk.DB.Read(n.r.Context(), func(tx *db.Tx) error {
			p, err := n.r.Kit.Access.PersonByID(n.r.Context(), tx, id)
			name = n.r.Named(p)
			return err
		})
		if err != nil {
			name = ""
		}
		n.people[id] = name
	}
	return name
}

// openedBy says who else has a submission open, and notes that the reader has: changing its text,
// which goes on in another tab while the next one is read, or reading it. Who only looks on is not
// in the way of anybody.
func (a *area) openedBy(r *kit.Request, s intake.Submission, writes bool) (*kit.Opener, error) {
	if r.May(access.WriteNotes, access.Subject{State: string(s.State), Lead: s.Lead}) {
		if writes {
			r.Opens(access.Writing, s.Ref)
		}
		r.Opens(access.Reading, s.Ref)
	}
	var o *kit.Opener
	err := a.desk.DB.Read(r.Context(), func(tx *db.Tx) error {
		o = nil
		other, since, err := r.Kit.Access.OpenedBy(r.Context(), tx, s.Ref, r.Person.ID)
		if err != nil || other == "" {
			return err
		}
		p, err := r.Kit.Access.PersonByID(r.Context(), tx, other)
		if err == nil {
			o = r.Opener(r.Named(p), since)
		}
		return err
	})
	return o, err
}

// reviewers are those to whom something can be assigned.
func (a *area) reviewers(r *kit.Request) (all []kit.Option, err error) {
	err = a.desk.DB.Read(r.Context(), func(tx *db.Tx) error {
		all = nil
		people, err := r.Kit.Access.People(r.Context(), tx, access.Filter{Role: access.Reviewer, Day: r.Today})
		for _, p := range people {
			all = append(all, kit.Option{Value: p.ID, Text: cmp.Or(p.Name, p.Email)})
		}
		return err
	})
	return all, err
}

// partyMeant is the party that somebody typed by its code or its name; "" where there is none.
func (a *area) partyMeant(r *kit.Request, typed string) string {
	if p, err := a.desk.Party(r.Context(), strings.ToLower(typed)); err == nil {
		return p.Code
	}
	if c, ok := place.Lookup(typed); ok {
		return party.FromCountry(c).Code
	}
	found := ""
	_ = a.desk.DB.Read(r.Context(), func(tx *db.Tx) error { // what fails here is told as an unknown name
		all, err := party.Load(r.Context(), tx)
		if err == nil {
			found, _ = all.Named(typed)
		}
		return err
	})
	return found
}

// Words of the desk for values that code puts together; Made lists their keys for the test.
var (
	stateKey   = keys("desk.state.", states(pledge.States)...)
	checkKey   = keys("desk.check.", intake.Checklist...)
	wayKey     = keys("desk.way.", intake.Ways...)
	refusedKey = keys("desk.refused.", "changed_meanwhile", "not_now", "unchanged", "blocked.hold", "blocked.clearance", "blocked.proposal", "blocked.match",
		"blocked.awaited", "blocked.four_eyes", "party_known", "key_used")
	doneKey = keys("desk.done.", "publish", "publish_revision", "accept", "return", "return_revision", "set_aside", "join", "take_up", "schedule", "unschedule",
		"assign", "tick", "write", "note", "register", "withdraw", "supersede", "retract", "keep_back", "give_free", "propose", "announce", "unannounce", "ask")
	actKey = keys("desk.act.", slices.Sorted(keysOf(acts))...)
)

func keys(prefix string, values ...string) map[string]string {
	all := map[string]string{}
	for _, v := range values {
		all[v] = prefix + v
	}
	return all
}

func keysOf[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func states(all []pledge.State) (out []string) {
	for _, s := range all {
		out = append(out, string(s))
	}
	return out
}

// languages are the six to choose from, by their own names.
func languages() (all []kit.Option) {
	for _, c := range lang.All {
		all = append(all, kit.Option{Value: string(c), Text: c.Autonym()})
	}
	return all
}

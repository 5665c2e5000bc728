package intake_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
)

// row is what the tables have of a submission.
type row struct {
	State           pledge.State
	Version         int
	Lead, Published string
	Doc, Sent       string // the titles
	Named, Invited  []string
	Entered         bool
	Agreed          string // the title that Portugal has confirmed
}

func (w *world) row(ref string) (r row) {
	w.Helper()
	err := w.db.Read(w.ctx, func(tx *db.Tx) error {
		r = row{}
		var doc, sent, more string
		if err := tx.QueryRow(w.ctx, `SELECT state, version, lead, published, doc, sent, more FROM submissions WHERE ref = $1`, ref).
			Scan(&r.State, &r.Version, &r.Lead, &r.Published, &doc, &sent, &more); err != nil {
			return err
		}
		r.Doc, r.Sent = titleOf(doc), titleOf(sent)
		rows, err := tx.Query(w.ctx, `SELECT party, state FROM submission_invitations WHERE ref = $1 ORDER BY position`, ref)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var party string
			var answer intake.Answer
			if err := rows.Scan(&party, &answer); err != nil {
				return err
			}
			switch answer {
			case intake.Confirmed:
				r.Named = append(r.Named, party)
			case intake.Unanswered:
				r.Invited = append(r.Invited, party)
			}
		}
		return rows.Err()
	})
	if err != nil {
		w.Fatal(err)
	}
	return r
}

func titleOf(doc string) string {
	var b struct{ Pledge struct{ Title string } }
	if doc == "" || json.Unmarshal([]byte(doc), &b) != nil {
		return ""
	}
	return b.Pledge.Title
}

func (r row) subject() access.Subject {
	invited := r.Invited
	if r.State != pledge.StatePublished && len(r.Named) > 0 && r.Agreed != r.Doc && r.Doc == r.Sent { // asked again
		invited = append(slices.Clone(invited), r.Named...)
	}
	return access.Subject{State: string(r.State), Lead: r.Lead, Named: r.Named, Invited: invited}
}

// deed is something that somebody may try.
type deed struct {
	do       access.Action
	moves    pledge.Action // in the workflow; "" for none
	certain  bool          // nothing but policy, version and workflow stands in its way
	appends  bool          // to the register
	approves bool          // makes the proposed title the party's own
	writes   bool          // takes a new title
	try      func(w *world, by access.Person, ref string, version int, title string) error
}

func of[T any](_ T, err error) error { return err }

var words = intake.Remarks{Reasons: []string{"no_measure"}, Body: "Please look again", Language: lang.EN}

var deeds = map[string]deed{
	"save": {do: access.WritePledge, writes: true, certain: true, try: func(w *world, by access.Person, ref string, v int, title string) error {
		return of(w.desk.Save(w.ctx, by, ref, v, whole(title), intake.Contact{}))
	}},
	"submit": {do: access.SubmitPledge, moves: pledge.Submit, try: func(w *world, by access.Person, ref string, v int, _ string) error {
		return of(w.desk.Submit(w.ctx, by, ref, v))
	}},
	"abandon": {do: access.AbandonPledge, moves: pledge.Abandon, certain: true, try: func(w *world, by access.Person, ref string, v int, _ string) error {
		return of(w.desk.Abandon(w.ctx, by, ref, v))
	}},
	"return": {do: access.ReturnPledge, moves: pledge.Return, certain: true, try: func(w *world, by access.Person, ref string, v int, _ string) error {
		if w.row(ref).State == pledge.StateRevisionSubmitted {
			return errs.New(errs.Conflict, "that is another deed")
		}
		return of(w.desk.Return(w.ctx, by, ref, v, words))
	}},
	"set aside": {do: access.SetAsidePledge, moves: pledge.SetAside, certain: true, try: func(w *world, by access.Person, ref string, v int, _ string) error {
		return of(w.desk.SetAside(w.ctx, by, ref, v, intake.Remarks{}))
	}},
	"take up": {do: access.TakeUpPledge, moves: pledge.TakeUp, certain: true, try: func(w *world, by access.Person, ref string, v int, _ string) error {
		return of(w.desk.TakeUp(w.ctx, by, ref, v))
	}},
	"schedule": {do: access.SchedulePledge, moves: pledge.Schedule, try: func(w *world, by access.Person, ref string, v int, _ string) error {
		return of(w.desk.Schedule(w.ctx, by, ref, v, w.now.Add(time.Hour)))
	}},
	"unschedule": {do: access.UnschedulePledge, moves: pledge.Unschedule, certain: true, try: func(w *world, by access.Person, ref string, v int, _ string) error {
		return of(w.desk.Unschedule(w.ctx, by, ref, v))
	}},
	"publish": {do: access.PublishPledge, moves: pledge.Publish, appends: true, try: func(w *world, by access.Person, ref string, v int, _ string) error {
		return of(w.desk.Publish(w.ctx, by, ref, v))
	}},
	"submit revision": {do: access.SubmitRevision, moves: pledge.SubmitRevision, try: func(w *world, by access.Person, ref string, v int, _ string) error {
		return of(w.desk.SubmitRevision(w.ctx, by, ref, v, pledge.Notice{}))
	}},
	"take back revision": {do: access.TakeBackRevision, moves: pledge.TakeBackRevision, certain: true, try: func(w *world, by access.Person, ref string, v int, _ string) error {
		return of(w.desk.TakeBackRevision(w.ctx, by, ref, v))
	}},
	"return revision": {do: access.ReturnRevision, moves: pledge.ReturnRevision, certain: true, try: func(w *world, by access.Person, ref string, v int, _ string) error {
		if w.row(ref).State != pledge.StateRevisionSubmitted {
			return errs.New(errs.Conflict, "nothing to return")
		}
		return of(w.desk.Return(w.ctx, by, ref, v, words))
	}},
	"publish revision": {do: access.PublishRevision, moves: pledge.PublishRevision, appends: true, try: func(w *world, by access.Person, ref string, v int, _ string) error {
		return of(w.desk.PublishRevision(w.ctx, by, ref, v))
	}},
	"withdraw": {do: access.WithdrawPledge, moves: pledge.Withdraw, appends: true, try: func(w *world, by access.Person, ref string, v int, _ string) error {
		return of(w.desk.Withdraw(w.ctx, by, ref, v, pledge.Notice{Reason: "It is over", Language: lang.EN}))
	}},
	"propose": {do: access.ProposeChange, try: func(w *world, by access.Person, ref string, v int, title string) error {
		return of(w.desk.Propose(w.ctx, by, ref, v, whole("Proposed: "+title), ""))
	}},
	"approve": {do: access.ApproveProposal, approves: true, try: func(w *world, by access.Person, ref string, v int, _ string) error {
		return of(w.desk.AnswerProposal(w.ctx, by, ref, v, w.newestProposal(ref), true, ""))
	}},
	"refuse": {do: access.RefuseProposal, try: func(w *world, by access.Person, ref string, v int, _ string) error {
		return of(w.desk.AnswerProposal(w.ctx, by, ref, v, w.newestProposal(ref), false, ""))
	}},
	"invite": {do: access.InviteParty, try: func(w *world, by access.Person, ref string, v int, _ string) error {
		return of(w.desk.Invite(w.ctx, by, ref, v, "prt"))
	}},
	"confirm": {do: access.AnswerInvitation, try: func(w *world, by access.Person, ref string, v int, _ string) error {
		return of(w.desk.Answer(w.ctx, by, ref, v, "prt", true, ""))
	}},
	"write": {do: access.WriteThread, try: func(w *world, by access.Person, ref string, _ int, title string) error {
		return of(w.desk.Write(w.ctx, by, ref, intake.Remarks{Body: title, Language: lang.EN}))
	}},
	"note": {do: access.WriteNotes, try: func(w *world, by access.Person, ref string, _ int, title string) error {
		return of(w.desk.Note(w.ctx, by, ref, intake.Remarks{Body: title, Language: lang.EN}))
	}},
	"assign": {do: access.AssignPledge, try: func(w *world, by access.Person, ref string, _ int, _ string) error {
		return of(w.desk.Assign(w.ctx, by, ref, by.ID))
	}},
}

func (w *world) newestProposal(ref string) (n int) {
	w.Helper()
	err := w.db.Read(w.ctx, func(tx *db.Tx) error {
		return tx.QueryRow(w.ctx, `SELECT count(*) FROM submission_proposals WHERE ref = $1`, ref).Scan(&n)
	})
	if err != nil {
		w.Fatal(err)
	}
	return n
}

// Whoever tries whatever in whatever order: nothing happens that the policy or the workflow
// forbids; what is refused changes nothing; no text is lost; nothing is public without an entry
// of the register, and no entry appears otherwise; the desk reads nothing that it was not given,
// and nobody else anything at all.
func TestNoSequenceOfDeedsLeadsAstray(t *testing.T) {
	for engine, steps := range map[db.Engine]int{db.SQLite: 30, db.Postgres: 6} {
		t.Run(string(engine), func(t *testing.T) {
			w := open(t, dbtest.New(t, engine))
			rapid.Check(t, func(rt *rapid.T) { w.astray(rt, steps) })
		})
	}
}

var deedNames = slices.Sorted(maps.Keys(deeds))

// likely are what moves a pledge on, so that the deeper states are reached often.
var likely = map[pledge.State][]string{
	pledge.StateDraft: {"submit", "save"}, pledge.StateReturned: {"save", "submit"}, pledge.StateSubmitted: {"publish", "propose", "return"},
	pledge.StatePublished: {"save", "submit revision"}, pledge.StateRevisionSubmitted: {"publish revision", "propose", "approve"},
}

// begun are the deeds that come first, by who may do them: what is tried begins with a draft, with what
// the desk reads, or with what is public.
var begun = [][]string{nil, {"submit"}, {"submit", "publish"}}

func (w *world) astray(t *rapid.T, steps int) {
	title := "Title 0"
	s := w.drafted(title)
	saved, given := []string{title}, []string(nil)
	agreed := ""
	first := rapid.SampledFrom(begun).Draw(t, "first")
	for i := range len(first) + rapid.IntRange(1, steps).Draw(t, "steps") {
		before, size := w.row(s.Ref), w.size()
		before.Agreed = agreed
		name := rapid.SampledFrom(deedNames).Draw(t, "deed")
		if some := likely[before.State]; len(some) > 0 && rapid.Bool().Draw(t, "likely") {
			name = rapid.SampledFrom(some).Draw(t, "likely deed")
		}
		if i < len(first) {
			name = first[i]
		}
		what := deeds[name]
		by := rapid.SampledFrom(everybody).Draw(t, "by")
		if able := who(what.do, before); len(able) > 0 && (i < len(first) || rapid.IntRange(0, 3).Draw(t, "able") > 0) {
			by = rapid.SampledFrom(able).Draw(t, "able person")
		}
		version := before.Version
		if i >= len(first) {
			version -= rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "behind")
		}
		title := fmt.Sprintf("Title %d", i+1)
		w.pass(time.Second)

		err := what.try(w, by, s.Ref, version, title)
		after := w.row(s.Ref)
		if name == "confirm" && err == nil {
			agreed = after.Doc
		}
		after.Agreed = agreed
		at := fmt.Sprintf("%s by %s at version %d of %+v: %v, then %+v", name, by.ID, version, before, err, after)
		may := access.May(by, what.do, before.subject(), "2026-03-01")
		if err != nil {
			if errs.Is(err, errs.Internal) || i < len(first) {
				t.Fatalf("%s", at)
			}
			if fmt.Sprint(before) != fmt.Sprint(after) || w.size() != size {
				t.Fatalf("refused, and something changed: %s", at)
			}
			if _, impossible := pledge.Next(before.State, what.moves); may && what.certain && version == before.Version && version > 0 && (what.moves == "" || impossible == nil) {
				t.Fatalf("allowed, and refused: %s", at)
			}
		} else {
			if !may {
				t.Fatalf("the policy forbids it: %s", at)
			}
			if what.moves == "" && after.State != before.State {
				t.Fatalf("it moved: %s", at)
			}
			if what.moves != "" {
				if next, err := pledge.Next(before.State, what.moves); err != nil || next != after.State {
					t.Fatalf("the workflow has no such step: %s", at)
				}
			}
			if grew := w.size() > size; grew != what.appends {
				t.Fatalf("entries: %d, then %d: %s", size, w.size(), at)
			}
			if what.writes {
				saved = append(saved, title)
			}
			if what.approves {
				saved = append(saved, after.Doc)
			}
			if what.moves == pledge.Publish || what.moves == pledge.PublishRevision {
				if p := w.public(after.Published); slices.Contains(p.Parties, "prt") && p.Title != agreed {
					t.Fatalf("%q is published in the name of who has confirmed %q: %s", p.Title, agreed, at)
				}
			}
			if after.Sent != before.Sent {
				given = append(given, after.Sent)
			}
		}
		w.holds(t, s.Ref, after, saved, given, at)
	}
}

// who may do it now.
func who(do access.Action, r row) (able []access.Person) {
	for _, p := range everybody {
		if access.May(p, do, r.subject(), "2026-03-01") {
			able = append(able, p)
		}
	}
	return able
}

// holds are the invariants.
func (w *world) holds(t *rapid.T, ref string, r row, saved, given []string, at string) {
	if r.State.Public() != (r.Published != "") {
		t.Fatalf("state %s and id %q: %s", r.State, r.Published, at)
	}
	if r.Published != "" {
		p := w.public(r.Published)
		if status, _ := r.State.Status(); p.Status != status {
			t.Fatalf("%s is %s in the register: %s", r.State, p.Status, at)
		}
		if !slices.Contains(saved, p.Title) || !slices.Contains(given, p.Title) {
			t.Fatalf("%q is public and was never the party's: %s", p.Title, at)
		}
		if want := append([]string{r.Lead}, r.Named...); len(p.Parties) > len(want) {
			t.Fatalf("%v are named, %v have confirmed: %s", p.Parties, want, at)
		}
	}
	history, err := w.desk.History(w.ctx, kenya, ref)
	if err != nil {
		t.Fatalf("%v: %s", err, at)
	}
	for _, title := range saved {
		if !slices.ContainsFunc(history, func(d intake.Draft) bool { return d.Pledge.Title == title }) {
			t.Fatalf("the text %q is lost: %s", title, at)
		}
	}
	for _, p := range []access.Person{reviewer, observer} {
		seen, err := w.desk.Get(w.ctx, p, ref)
		switch {
		case err == nil && !slices.Contains(given, seen.Pledge.Title):
			t.Fatalf("%s reads %q: %s", p.ID, seen.Pledge.Title, at)
		case err != nil && !errs.Is(err, errs.NotFound):
			t.Fatalf("%v: %s", err, at)
		}
	}
	for _, p := range []access.Person{morocco, tyre, admin} {
		if _, err := w.desk.Get(w.ctx, p, ref); !errs.Is(err, errs.NotFound) {
			t.Fatalf("%s: %v: %s", p.ID, err, at)
		}
	}
}

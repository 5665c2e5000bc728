package intake_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
)

func TestFromDraftToPublicPage(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		s := w.ok(d.Draft(w.ctx, deputy, intake.Beginning{Lead: "ken", Pledge: pledge.Pledge{Title: "Bir"}}))
		if s.State != pledge.StateDraft || len(s.Findings) == 0 || s.Call != intake.Standing || s.Author != "deputy" {
			t.Fatalf("%+v", s)
		}
		s = w.ok(d.Save(w.ctx, deputy, s.Ref, s.Version, whole("Birth registration"), intake.Contact{Name: "A. N. Other", Email: "other@example.org"}))
		if len(s.Findings) > 0 {
			t.Fatal(s.Findings)
		}
		_, err := d.Submit(w.ctx, deputy, s.Ref, s.Version)
		w.refused(err, errs.Forbidden, "access.not_allowed")
		for _, p := range []access.Person{reviewer, observer, portugal, admin} {
			_, err := d.Get(w.ctx, p, s.Ref)
			w.refused(err, errs.NotFound, "")
		}
		before := w.size()
		s = w.ok(d.Submit(w.ctx, kenya, s.Ref, s.Version))
		w.posted("pledge_received kenya")
		w.posted("pledge_received deputy")

		seen := w.get(reviewer, s.Ref)
		if seen.Pledge.Title != "Birth registration" || seen.Contact.Email == "" || len(seen.Blocked) > 0 {
			t.Fatalf("%+v", seen)
		}
		if watched := w.get(observer, s.Ref); watched.Contact != (intake.Contact{}) {
			t.Fatalf("an observer reads the contact: %+v", watched.Contact)
		}
		_, err = d.Return(w.ctx, reviewer, s.Ref, s.Version, intake.Remarks{})
		w.refused(err, errs.Invalid, "")
		w.pass(48 * time.Hour)
		w.ok(d.Return(w.ctx, reviewer, s.Ref, s.Version, intake.Remarks{Reasons: []string{"no_measure"}, Body: "By when?", Language: lang.EN}))
		w.posted("pledge_returned kenya")
		thread := must[[]intake.Message](w)(d.Thread(w.ctx, kenya, s.Ref))
		if len(thread) != 1 || thread[0].Body != "By when?" || thread[0].By != "" || !slices.Equal(thread[0].Reasons, []string{"no_measure"}) {
			t.Fatalf("%+v", thread)
		}

		// What the party writes now, the desk does not read before it is submitted.
		s = w.get(kenya, s.Ref)
		s = w.ok(d.Save(w.ctx, kenya, s.Ref, s.Version, whole("Birth registration by 2030"), s.Contact))
		if seen := w.get(reviewer, s.Ref); seen.Pledge.Title != "Birth registration" {
			t.Fatalf("the desk reads along: %q", seen.Pledge.Title)
		}
		s = w.ok(d.Submit(w.ctx, kenya, s.Ref, s.Version))
		if w.size() != before {
			t.Fatal("something of it is in the register")
		}
		receipt := must[intake.Receipt](w)(d.Publish(w.ctx, reviewer, s.Ref, s.Version))
		if p := w.public(receipt.ID); p.Title != "Birth registration by 2030" || p.Call != "" || receipt.Position != before {
			t.Fatalf("%+v %+v", p, receipt)
		}
		w.receipts()
		w.posted("pledge_published kenya")
		if body := w.letter("pledge_published", "kenya"); !strings.Contains(body, "/receipt\n") || !strings.Contains(body, "\nstocktake verify receipt.json\n") {
			t.Fatalf("the letter does not say how the receipt is checked:\n%s", body)
		}
		if n := strings.Count(strings.Join(w.letters(), " "), "pledge_published kenya"); n != 1 {
			t.Fatalf("%d receipts", n)
		}
		s = w.get(kenya, s.Ref)
		if s.State != pledge.StatePublished || s.Published != receipt.ID {
			t.Fatalf("%+v", s)
		}
		history := must[[]intake.Draft](w)(d.History(w.ctx, kenya, s.Ref))
		var titles []string
		for _, h := range history {
			titles = append(titles, h.Pledge.Title)
		}
		if want := []string{"Birth registration by 2030", "Birth registration", "Bir"}; !slices.Equal(titles, want) {
			t.Fatalf("%q", titles)
		}
		given := must[[]intake.Draft](w)(d.History(w.ctx, reviewer, s.Ref))
		if len(given) != 2 || given[1].Pledge.Title != "Birth registration" {
			t.Fatalf("the desk sees %+v", given)
		}
		r := must[intake.Response](w)(d.Response(w.ctx, reviewer, time.Time{}))
		if r.Answered != 1 || r.Median != 48*time.Hour {
			t.Fatalf("%+v", r)
		}
	})
}

func TestTheNextVersion(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		s := w.published("Birth registration")
		_, err := d.SubmitRevision(w.ctx, kenya, s.Ref, s.Version, pledge.Notice{})
		w.refused(err, errs.Conflict, "work.unchanged")
		s = w.ok(d.Save(w.ctx, kenya, s.Ref, s.Version, whole("Birth registration everywhere"), intake.Contact{}))
		if seen := w.get(reviewer, s.Ref); seen.Pledge.Title != "Birth registration" {
			t.Fatal("the desk reads along")
		}
		s = w.ok(d.SubmitRevision(w.ctx, kenya, s.Ref, s.Version, pledge.Notice{Reason: "The law changed", Language: lang.EN}))
		if p := w.public(s.Published); p.Title != "Birth registration" {
			t.Fatal("it is public before it was published")
		}
		s = w.ok(d.PublishRevision(w.ctx, reviewer, s.Ref, s.Version))
		if p := w.public(s.Published); p.Title != "Birth registration everywhere" || p.Version != 2 || p.Notice == nil || p.Notice.Reason != "The law changed" {
			t.Fatalf("%+v", p)
		}
		_, err = d.Withdraw(w.ctx, reviewer, s.Ref, s.Version, pledge.Notice{})
		w.refused(err, errs.Invalid, "")
		s = w.ok(d.Withdraw(w.ctx, kenya, s.Ref, s.Version, pledge.Notice{}))
		if p := w.public(s.Published); p.Status != pledge.Withdrawn || p.Notice.Reason == "" {
			t.Fatalf("%+v", p)
		}
		w.posted("pledge_ended kenya")
	})
}

// What says again what is public begins no next version, whoever the register says attached the
// objectives; and that nothing would change is said before a step of clearance is asked for.
func TestSavingWhatIsPublicChangesNothing(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		p := whole("From an older list")
		p.Schema, p.Status, p.Parties, p.TextBy, p.ObjectivesBy = pledge.Schema, pledge.Published, []string{"ken"}, "", pledge.ByInference
		var id string
		if err := w.db.Write(w.ctx, func(tx *db.Tx) error {
			out, err := d.Book.Publish(w.ctx, tx, pledge.Terms{Actor: "importer", Mode: pledge.ByImport}, p)
			id = out.ID
			return err
		}); err != nil {
			w.Fatal(err)
		}
		s := w.ok(d.Adopt(w.ctx, kenya, id))
		s = w.ok(d.SetSteps(w.ctx, kenya, s.Ref, s.Version, []string{"Interior"}))
		same := whole("From an older list")
		same.TextBy, same.ObjectivesBy = pledge.TextByParty, pledge.ByParty
		v := s.Version
		if s = w.ok(d.Save(w.ctx, kenya, s.Ref, s.Version, same, s.Contact)); s.Revised || s.Version != v {
			w.Fatalf("version %d, was %d: %+v", s.Version, v, s)
		}
		_, err := d.SubmitRevision(w.ctx, kenya, s.Ref, s.Version, pledge.Notice{})
		w.refused(err, errs.Conflict, "work.unchanged")

		other := same
		other.Title = "From the party itself"
		if s = w.ok(d.Save(w.ctx, kenya, s.Ref, s.Version, other, s.Contact)); !s.Revised || s.Pledge.ObjectivesBy != pledge.ByParty {
			w.Fatalf("%+v", s)
		}
		_, err = d.SubmitRevision(w.ctx, kenya, s.Ref, s.Version, pledge.Notice{})
		w.refused(err, errs.Conflict, "work.not_cleared")
		if s = w.ok(d.Save(w.ctx, kenya, s.Ref, s.Version, same, s.Contact)); s.Revised {
			w.Fatalf("what was public before still counts as a change: %+v", s)
		}
	})
}

// A short text out of an older list need not become longer for another objective; a new one does.
func TestAPublicTextMayStayAsShortAsItIs(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		p := whole("From an older list")
		p.Schema, p.Status, p.Parties, p.Text = pledge.Schema, pledge.Published, []string{"ken"}, "Every child is registered."
		var id string
		if err := w.db.Write(w.ctx, func(tx *db.Tx) error {
			out, err := d.Book.Publish(w.ctx, tx, pledge.Terms{Actor: "importer", Mode: pledge.ByImport}, p)
			id = out.ID
			return err
		}); err != nil {
			w.Fatal(err)
		}
		s := w.ok(d.Adopt(w.ctx, kenya, id))
		p.Text = "Every child, and every adult."
		s = w.ok(d.Save(w.ctx, kenya, s.Ref, s.Version, p, s.Contact))
		if len(s.Findings) != 1 || s.Findings[0].Field != "text" {
			w.Fatalf("%+v", s.Findings)
		}
		_, err := d.SubmitRevision(w.ctx, kenya, s.Ref, s.Version, pledge.Notice{})
		w.refused(err, errs.Invalid, "")
		p.Text, p.Objectives = "Every child is registered.", []int{4, 7}
		if s = w.ok(d.Save(w.ctx, kenya, s.Ref, s.Version, p, s.Contact)); len(s.Findings) != 0 {
			w.Fatalf("%+v", s.Findings)
		}
		s = w.ok(d.SubmitRevision(w.ctx, kenya, s.Ref, s.Version, pledge.Notice{}))
		w.ok(d.PublishRevision(w.ctx, reviewer, s.Ref, s.Version))
		if now := w.public(id); now.Version != 2 || len(now.Objectives) != 2 {
			w.Fatalf("%+v", now)
		}
	})
}

func TestTwoEditorsNeverOverwriteEachOther(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		s := w.drafted("First")
		mine := must[intake.Editing](w)(d.Edit(w.ctx, kenya, s.Ref))
		if mine.Person != "kenya" {
			t.Fatalf("%+v", mine)
		}
		if theirs := must[intake.Editing](w)(d.Edit(w.ctx, deputy, s.Ref)); theirs.Person != "kenya" {
			t.Fatalf("%+v", theirs)
		}
		for _, x := range []struct {
			after   time.Duration
			renewed bool
		}{{30 * time.Second, false}, {time.Minute, true}} {
			w.pass(x.after)
			if now := must[intake.Editing](w)(d.Edit(w.ctx, kenya, s.Ref)); now.Until.After(mine.Until) != x.renewed || !now.Since.Equal(mine.Since) {
				t.Fatalf("%s later: %+v after %+v", x.after, now, mine)
			}
		}
		const n = 12
		outcomes := make(chan error, n)
		for i := range n {
			by := kenya
			if i%2 == 1 {
				by = deputy
			}
			go func() {
				_, err := d.Save(w.ctx, by, s.Ref, s.Version, whole("By "+string(rune('a'+i))), intake.Contact{})
				outcomes <- err
			}()
		}
		saved := 0
		for range n {
			switch err := <-outcomes; {
			case err == nil:
				saved++
			default:
				w.refused(err, errs.Conflict, "work.changed_meanwhile")
			}
		}
		if saved != 1 {
			t.Fatalf("%d of %d saved over each other", saved, n)
		}
		w.pass(time.Hour)
		if e := w.get(kenya, s.Ref).Editing; e.Person != "" {
			t.Fatalf("the lock does not expire: %+v", e)
		}
		must[intake.Editing](w)(d.Edit(w.ctx, deputy, s.Ref))
		if err := d.DB.Write(w.ctx, func(tx *db.Tx) error { return d.ErasePerson(w.ctx, tx, deputy.ID) }); err != nil {
			t.Fatal(err)
		}
		if e := w.get(kenya, s.Ref).Editing; e.Person != "" {
			t.Fatalf("who was erased is still at it: %+v", e)
		}
	})
}

func TestTheSameSentTwice(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		ctx := intake.WithKey(w.ctx, "one")
		begin := intake.Beginning{Lead: "ken", Pledge: whole("Once")}
		a, b := w.ok(d.Draft(ctx, kenya, begin)), w.ok(d.Draft(ctx, kenya, begin))
		if a.Ref != b.Ref {
			t.Fatalf("%s and %s", a.Ref, b.Ref)
		}
		begin.Pledge.Title = "Another"
		_, err := d.Draft(ctx, kenya, begin)
		w.refused(err, errs.Conflict, "work.key_used")
		if c := w.ok(d.Draft(ctx, deputy, begin)); c.Ref == a.Ref {
			t.Fatal("a key is not its person's own")
		}
		send := intake.WithKey(w.ctx, "two")
		for range 3 {
			if s := w.ok(d.Submit(send, kenya, a.Ref, a.Version)); s.State != pledge.StateSubmitted || s.Version != a.Version+1 {
				t.Fatalf("%+v", s)
			}
		}
		if n := strings.Count(strings.Join(w.letters(), " "), "pledge_received kenya"); n != 1 {
			t.Fatalf("%d acknowledgements", n)
		}
		publish := intake.WithKey(w.ctx, "three")
		first := must[intake.Receipt](w)(d.Publish(publish, reviewer, a.Ref, a.Version+1))
		again := must[intake.Receipt](w)(d.Publish(publish, reviewer, a.Ref, a.Version+1))
		if first != again {
			t.Fatalf("%+v, then %+v", first, again)
		}
		// After a month the same key begins something new.
		w.pass(31 * 24 * time.Hour)
		if err := d.Sweep(w.ctx); err != nil {
			t.Fatal(err)
		}
		begin.Pledge.Title = "Once"
		if c := w.ok(d.Draft(ctx, kenya, begin)); c.Ref == a.Ref {
			t.Fatal("the key is kept for ever")
		}
		// A key that was refused may be tried again.
		s := w.drafted("Not yet")
		retry := intake.WithKey(w.ctx, "four")
		_, err = d.Publish(retry, reviewer, s.Ref, s.Version)
		w.refused(err, errs.NotFound, "")
		s = w.ok(d.Submit(w.ctx, kenya, s.Ref, s.Version))
		_, err = d.Publish(retry, reviewer, s.Ref, s.Version-1)
		w.refused(err, errs.Conflict, "work.changed_meanwhile")
		must[intake.Receipt](w)(d.Publish(retry, reviewer, s.Ref, s.Version))
	})
}

func TestClearanceWithinTheParty(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		s := w.drafted("Cleared")
		s = w.ok(d.SetSteps(w.ctx, kenya, s.Ref, s.Version, []string{"Interior", "Foreign affairs"}))
		_, err := d.Submit(w.ctx, kenya, s.Ref, s.Version)
		w.refused(err, errs.Conflict, "work.not_cleared")
		_, err = d.Clear(w.ctx, deputy, s.Ref, s.Version, "Foreign affairs", "")
		w.refused(err, errs.Conflict, "work.step_before")
		s = w.ok(d.Clear(w.ctx, deputy, s.Ref, s.Version, "Interior", "fine"))
		s = w.ok(d.Clear(w.ctx, kenya, s.Ref, s.Version, "Foreign affairs", ""))
		s = w.ok(d.Save(w.ctx, kenya, s.Ref, s.Version, whole("Cleared, then changed"), intake.Contact{}))
		if s.Steps[0].By != "" {
			t.Fatalf("a changed text is still cleared: %+v", s.Steps)
		}
		if next := w.drafted("Next"); len(next.Steps) != 2 || next.Steps[1].Name != "Foreign affairs" {
			t.Fatalf("%+v", next.Steps)
		}
	})
}

func TestJointPledge(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		p := whole("Together")
		p.Form = pledge.Common
		s := w.ok(d.Draft(w.ctx, kenya, intake.Beginning{Lead: "ken", Pledge: p}))
		s = w.ok(d.Invite(w.ctx, kenya, s.Ref, s.Version, "prt", "mar", "city-of-tyre"))
		w.posted("pledge_invited portugal")
		if seen := w.get(portugal, s.Ref); seen.Pledge.Title != "" || len(seen.Invitations) != 1 || seen.Invitations[0].Party != "prt" {
			t.Fatalf("somebody invited reads %+v", seen)
		}
		s = w.ok(d.Submit(w.ctx, kenya, s.Ref, s.Version))
		_, err := d.Publish(w.ctx, reviewer, s.Ref, s.Version)
		w.refused(err, errs.Invalid, "") // nobody has confirmed
		w.ok(d.Answer(w.ctx, portugal, s.Ref, 0, "prt", true, ""))
		if seen := w.get(portugal, s.Ref); seen.Pledge.Title != "Together" {
			t.Fatalf("%+v", seen)
		}
		w.ok(d.Answer(w.ctx, morocco, s.Ref, 0, "mar", false, "not this year"))
		_, err = d.Get(w.ctx, morocco, s.Ref)
		w.refused(err, errs.NotFound, "")
		if seen := w.get(reviewer, s.Ref); len(seen.Invitations) != 1 {
			t.Fatalf("the desk sees who declined: %+v", seen.Invitations)
		}
		_, err = d.Publish(w.ctx, reviewer, s.Ref, s.Version)
		w.refused(err, errs.Conflict, "work.changed_meanwhile")
		receipt := must[intake.Receipt](w)(d.Publish(w.ctx, reviewer, s.Ref, w.get(reviewer, s.Ref).Version))
		if p := w.public(receipt.ID); !slices.Equal(p.Parties, []string{"ken", "prt"}) {
			t.Fatalf("%v", p.Parties)
		}
		_, err = d.Withdraw(w.ctx, kenya, s.Ref, 0, pledge.Notice{})
		w.refused(err, errs.Conflict, "work.others_take_part")
		w.ok(d.LeavePledge(w.ctx, kenya, s.Ref, 0, "ken", pledge.Notice{}))
		if p := w.public(receipt.ID); !slices.Equal(p.Parties, []string{"prt"}) || p.Form != pledge.Individual {
			t.Fatalf("%v %s", p.Parties, p.Form)
		}
		if s := w.get(portugal, s.Ref); s.Lead != "prt" {
			t.Fatalf("%+v", s)
		}
		_, err = d.LeavePledge(w.ctx, portugal, s.Ref, 0, "prt", pledge.Notice{})
		w.refused(err, errs.Conflict, "work.alone")
		w.ok(d.Withdraw(w.ctx, portugal, s.Ref, 0, pledge.Notice{}))
	})
}

func TestAProposalIsPublishedOnlyAsApproved(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		s := w.submitted("Birth registraton")
		_, err := d.Propose(w.ctx, reviewer, s.Ref, s.Version, s.Pledge, "")
		w.refused(err, errs.Conflict, "work.unchanged")
		better := whole("Birth registration")
		s = w.ok(d.Propose(w.ctx, reviewer, s.Ref, s.Version, better, "a letter was missing"))
		_, err = d.Publish(w.ctx, reviewer, s.Ref, s.Version)
		w.refused(err, errs.Conflict, intake.BlockedProposal)
		_, err = d.AnswerProposal(w.ctx, deputy, s.Ref, s.Version, 1, true, "")
		w.refused(err, errs.Forbidden, "")
		own := w.get(kenya, s.Ref)
		if c := own.Proposals[0].Changes; len(c) != 1 || c[0].Field != "title" {
			t.Fatalf("%+v", c)
		}
		s = w.ok(d.AnswerProposal(w.ctx, kenya, s.Ref, s.Version, 1, true, "thank you"))
		receipt := must[intake.Receipt](w)(d.Publish(w.ctx, reviewer, s.Ref, s.Version))
		if p := w.public(receipt.ID); p.Title != "Birth registration" {
			t.Fatal(p.Title)
		}
	})
}

func TestOnBehalfOfAParty(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		note := intake.Received{How: intake.ByNote, On: "2026-02-27", Reference: "KM/12"}
		s := w.ok(d.Enter(w.ctx, reviewer, intake.Beginning{Lead: "ken", Pledge: whole("By note")}, note))
		s = w.ok(d.Register(w.ctx, reviewer, s.Ref, s.Version))
		if s.State != pledge.StateSubmitted || s.Received.Reference != "KM/12" {
			t.Fatalf("%+v", s)
		}
		must[intake.Receipt](w)(d.Publish(w.ctx, reviewer, s.Ref, s.Version))

		floor := intake.Received{How: intake.ByFloor, On: "2026-02-27"}
		s = w.ok(d.Enter(w.ctx, reviewer, intake.Beginning{Lead: "ken", Pledge: pledge.Pledge{Title: "Announced"}}, floor))
		w.posted("pledge_entered kenya")
		_, err := d.Register(w.ctx, reviewer, s.Ref, s.Version)
		w.refused(err, errs.Conflict, intake.BlockedAwaited)
		awaited := true
		if rows, n, err := d.List(w.ctx, reviewer, intake.Filter{Awaited: &awaited}, 0, 10); err != nil || n != 1 || rows[0].Title != "Announced" {
			t.Fatal(rows, n, err)
		}
		if f := must[intake.Figures](w)(d.Figures(w.ctx, reviewer, "2026-03-01")); f.Received != 1 || f.Published != 1 {
			t.Fatalf("%+v", f)
		}
		s = w.ok(d.Save(w.ctx, kenya, s.Ref, s.Version, whole("Announced, and written"), intake.Contact{}))
		_, err = d.Get(w.ctx, reviewer, s.Ref)
		w.refused(err, errs.NotFound, "")
		s = w.ok(d.Confirm(w.ctx, kenya, s.Ref, s.Version))
		if seen := w.get(reviewer, s.Ref); seen.State != pledge.StateSubmitted || seen.Awaited || seen.Pledge.Title != "Announced, and written" {
			t.Fatalf("%+v", seen)
		}
	})
}

func TestWhatKeepsFromPublishing(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		s := w.ok(d.Draft(w.ctx, tyre, intake.Beginning{Lead: "city-of-tyre", Pledge: whole("A city")}))
		s = w.ok(d.Submit(w.ctx, tyre, s.Ref, s.Version))
		_, err := d.Publish(w.ctx, reviewer, s.Ref, s.Version)
		w.refused(err, errs.Conflict, intake.BlockedClearance)
		if err := d.ClearParty(w.ctx, reviewer, "city-of-tyre", "", "2026-12-31"); !errs.Is(err, errs.Invalid) {
			t.Fatal(err)
		}
		if err := d.ClearParty(w.ctx, reviewer, "city-of-tyre", "accreditation 2025/3", "2026-12-31"); err != nil {
			t.Fatal(err)
		}
		if err := d.Hold(w.ctx, reviewer, "city-of-tyre", true, "a complaint"); err != nil {
			t.Fatal(err)
		}
		_, err = d.Publish(w.ctx, reviewer, s.Ref, s.Version)
		w.refused(err, errs.Conflict, intake.BlockedHold)
		if err := d.Hold(w.ctx, reviewer, "city-of-tyre", false, ""); err != nil {
			t.Fatal(err)
		}
		s = w.ok(d.Schedule(w.ctx, reviewer, s.Ref, s.Version, w.now.Add(24*time.Hour)))
		if n, err := d.PublishDue(w.ctx); n != 0 || err != nil {
			t.Fatal(n, err)
		}
		s = w.ok(d.Unschedule(w.ctx, second, s.Ref, s.Version))
		s = w.ok(d.Schedule(w.ctx, reviewer, s.Ref, s.Version, w.now.Add(365*24*time.Hour)))
		w.pass(365 * 24 * time.Hour) // the clearance has run out
		if n, err := d.PublishDue(w.ctx); n != 0 || err == nil || !strings.Contains(err.Error(), intake.BlockedClearance) {
			t.Fatal(n, err)
		}
		if err := d.ClearParty(w.ctx, reviewer, "city-of-tyre", "accreditation 2027/1", "2027-12-31"); err != nil {
			t.Fatal(err)
		}
		if n, err := d.PublishDue(w.ctx); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if s := w.get(tyre, s.Ref); s.State != pledge.StatePublished {
			t.Fatal(s.State)
		}

		d.FourEyes = true
		s = w.submitted("Four eyes")
		_, err = d.Publish(w.ctx, reviewer, s.Ref, s.Version)
		w.refused(err, errs.Conflict, intake.BlockedFourEyes)
		s = w.ok(d.Accept(w.ctx, reviewer, s.Ref, s.Version))
		_, err = d.Publish(w.ctx, reviewer, s.Ref, s.Version)
		w.refused(err, errs.Conflict, intake.BlockedFourEyes)
		must[intake.Receipt](w)(d.Publish(w.ctx, second, s.Ref, s.Version))
		s = w.get(kenya, s.Ref)
		s = w.ok(d.Save(w.ctx, kenya, s.Ref, s.Version, whole("Four eyes again"), intake.Contact{}))
		s = w.ok(d.SubmitRevision(w.ctx, kenya, s.Ref, s.Version, pledge.Notice{}))
		_, err = d.PublishRevision(w.ctx, second, s.Ref, s.Version)
		w.refused(err, errs.Conflict, intake.BlockedFourEyes)
		s = w.ok(d.Accept(w.ctx, reviewer, s.Ref, s.Version))
		w.ok(d.PublishRevision(w.ctx, second, s.Ref, s.Version))
	})
}

func TestAPersonIsForgotten(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		own := intake.Contact{Name: "K. Enya", Email: "Kenya@example.org", Phone: "1"}
		s := w.ok(d.Draft(w.ctx, kenya, intake.Beginning{Lead: "ken", Pledge: whole("One"), Contact: own}))
		s = w.ok(d.Submit(w.ctx, kenya, s.Ref, s.Version))
		w.ok(d.Return(w.ctx, reviewer, s.Ref, s.Version, words))
		w.ok(d.Write(w.ctx, kenya, s.Ref, intake.Remarks{Body: "We will", Language: lang.EN}))
		s = w.ok(d.Save(w.ctx, deputy, s.Ref, w.get(kenya, s.Ref).Version, whole("Two"), own))
		other := w.ok(d.Draft(w.ctx, kenya, intake.Beginning{Lead: "ken", Pledge: whole("Other"), Contact: intake.Contact{Email: "somebody@example.org"}}))
		var kept, after string
		erase := func(do func(tx *db.Tx) error) {
			if err := w.db.Write(w.ctx, do); err != nil {
				t.Fatal(err)
			}
		}
		export := func() string {
			var all []byte
			erase(func(tx *db.Tx) error {
				v, err := d.OfPerson(w.ctx, tx, "kenya")
				if err != nil {
					return err
				}
				all, err = json.Marshal(v)
				return err
			})
			return string(all)
		}
		kept = export()
		for _, part := range []string{s.Ref, other.Ref, "We will", "K. Enya"} {
			if !strings.Contains(kept, part) {
				t.Errorf("%q is not in %s", part, kept)
			}
		}
		if strings.Contains(kept, "somebody") {
			t.Errorf("another person is in %s", kept)
		}
		erase(func(tx *db.Tx) error { return d.ErasePerson(w.ctx, tx, "kenya") })
		if after = export(); strings.Contains(after, "K. Enya") {
			t.Error(after)
		}
		for _, h := range must[[]intake.Draft](w)(d.History(w.ctx, kenya, s.Ref)) {
			if h.Contact != (intake.Contact{}) || h.Pledge.Title == "" {
				t.Errorf("%+v", h)
			}
		}
		if seen := w.get(reviewer, s.Ref); seen.Contact != (intake.Contact{}) || seen.Pledge.Title != "One" {
			t.Errorf("%+v", seen)
		}
		if o := w.get(kenya, other.Ref); o.Contact.Email != "somebody@example.org" {
			t.Errorf("%+v", o)
		}
	})
}

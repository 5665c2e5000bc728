package intake_test

import (
	"slices"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
)

// When the lead leaves, what was private to it stays with it: who declined, the texts and the
// letters from before the next lead had accepted. It can read on what it did itself.
func TestTheNextLeadInheritsNothingPrivate(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		p := whole("Our first thoughts")
		p.Form = pledge.Common
		s := w.ok(d.Draft(w.ctx, kenya, intake.Beginning{Lead: "ken", Pledge: p}))
		p = whole("Together")
		p.Form = pledge.Common
		s = w.ok(d.Save(w.ctx, kenya, s.Ref, s.Version, p, intake.Contact{Name: "A. N. Other", Email: "other@example.org"}))
		s = w.ok(d.Invite(w.ctx, kenya, s.Ref, s.Version, "prt", "mar"))
		s = w.ok(d.Submit(w.ctx, kenya, s.Ref, s.Version))
		w.ok(d.Write(w.ctx, kenya, s.Ref, intake.Remarks{Body: "Between us", Language: lang.EN}))
		w.ok(d.Answer(w.ctx, morocco, s.Ref, 0, "mar", false, "not this year"))
		w.pass(time.Hour)
		w.ok(d.Answer(w.ctx, portugal, s.Ref, 0, "prt", true, "gladly"))
		must[intake.Receipt](w)(d.Publish(w.ctx, reviewer, s.Ref, w.get(reviewer, s.Ref).Version))
		w.pass(time.Hour)
		w.ok(d.LeavePledge(w.ctx, kenya, s.Ref, 0, "ken", pledge.Notice{}))
		w.pass(time.Hour)

		next := w.get(portugal, s.Ref)
		if next.Lead != "prt" || len(next.Invitations) != 1 || next.Invitations[0].Party != "ken" || next.Invitations[0].State != intake.Left {
			t.Errorf("the next lead is shown the invitations %+v", next.Invitations)
		}
		if next.Contact != (intake.Contact{}) || next.Author != "" {
			t.Errorf("the next lead is shown %+v, %s", next.Contact, next.Author)
		}
		w.ok(d.Write(w.ctx, portugal, s.Ref, intake.Remarks{Body: "Our turn", Language: lang.EN}))
		revised := whole("Without Kenya")
		w.ok(d.Save(w.ctx, portugal, s.Ref, next.Version, revised, intake.Contact{}))

		read := func(by access.Person) (titles, said, done []string) {
			for _, h := range must[[]intake.Draft](w)(d.History(w.ctx, by, s.Ref)) {
				titles = append(titles, h.Pledge.Title)
				if h.Contact.Email != "" && by.ID != "kenya" {
					t.Errorf("%s reads the contact %+v", by.ID, h.Contact)
				}
			}
			for _, m := range must[[]intake.Message](w)(d.Thread(w.ctx, by, s.Ref)) {
				said = append(said, m.Body)
			}
			for _, e := range must[[]intake.Event](w)(d.Trail(w.ctx, by, s.Ref)) {
				done = append(done, e.Action+" "+e.Note)
			}
			return titles, said, done
		}
		titles, said, done := read(portugal)
		if !slices.Equal(titles, []string{"Without Kenya", "Together"}) || !slices.Equal(said, []string{"Our turn"}) {
			t.Errorf("the next lead reads %q and %q", titles, said)
		}
		if slices.Contains(done, "pledge.answer_invitation mar") || !slices.Contains(done, "pledge.answer_invitation prt") || !slices.Contains(done, "pledge.leave ken") {
			t.Errorf("the next lead is told %q", done)
		}

		if then := w.get(kenya, s.Ref); then.Pledge.Title != "Together" || then.State != pledge.StatePublished {
			t.Errorf("who left reads %+v", then)
		}
		titles, said, done = read(kenya)
		if !slices.Equal(titles, []string{"Together", "Our first thoughts"}) || !slices.Equal(said, []string{"Between us"}) {
			t.Errorf("who left reads %q and %q", titles, said)
		}
		if !slices.Contains(done, "pledge.answer_invitation mar") || done[len(done)-1] != "pledge.leave ken" {
			t.Errorf("who left is told %q", done)
		}
		_, err := d.Save(w.ctx, kenya, s.Ref, w.get(kenya, s.Ref).Version, revised, intake.Contact{})
		w.refused(err, errs.Forbidden, "")
		_, err = d.Get(w.ctx, morocco, s.Ref)
		w.refused(err, errs.NotFound, "")
	})
}

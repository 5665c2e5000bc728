package intake_test

import (
	"slices"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
)

// A party that has left a joint pledge finds it in its list, as it was when it left; one that
// never led it finds what is public, and no way to the submission.
func TestWhatAPartyHasLeftIsInItsList(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		p := whole("Together")
		p.Form = pledge.Common
		s := w.ok(d.Draft(w.ctx, kenya, intake.Beginning{Lead: "ken", Pledge: p}))
		s = w.ok(d.Invite(w.ctx, kenya, s.Ref, s.Version, "prt", "mar"))
		w.ok(d.Answer(w.ctx, portugal, s.Ref, 0, "prt", true, ""))
		w.ok(d.Answer(w.ctx, morocco, s.Ref, 0, "mar", true, ""))
		s = w.ok(d.Submit(w.ctx, kenya, s.Ref, 0))
		list := func(by access.Person, f intake.Filter) []intake.Row {
			t.Helper()
			rows, total, err := d.List(w.ctx, by, f, 0, 100)
			if err != nil || total != len(rows) {
				t.Fatalf("%d of %d, %v", len(rows), total, err)
			}
			return rows
		}
		left := intake.Filter{Mine: true, Left: true}
		w.ok(d.LeavePledge(w.ctx, morocco, s.Ref, 0, "mar", pledge.Notice{}))
		if rows := list(morocco, left); len(rows) != 0 { // it is private, and no part of Morocco's any more
			t.Errorf("before publication: %+v", rows)
		}
		receipt := must[intake.Receipt](w)(d.Publish(w.ctx, reviewer, s.Ref, w.get(reviewer, s.Ref).Version))
		w.pass(time.Hour)
		gone := d.DB.Now()
		w.ok(d.LeavePledge(w.ctx, kenya, s.Ref, 0, "ken", pledge.Notice{}))
		w.pass(time.Hour)
		revised := whole("Portugal alone")
		s = w.ok(d.Save(w.ctx, portugal, s.Ref, w.get(portugal, s.Ref).Version, revised, intake.Contact{}))
		w.ok(d.SubmitRevision(w.ctx, portugal, s.Ref, s.Version, pledge.Notice{}))

		if rows := list(kenya, intake.Filter{Mine: true}); len(rows) != 0 {
			t.Errorf("nobody asked for what was left: %+v", rows)
		}
		rows := list(kenya, left)
		if len(rows) != 1 || rows[0].Ref != s.Ref || rows[0].Title != "Together" || !rows[0].Left.Equal(gone) || !rows[0].Changed.Equal(gone) || rows[0].State != pledge.StatePublished {
			t.Fatalf("the former lead finds %+v", rows)
		}
		if _, err := d.Get(w.ctx, kenya, rows[0].Ref); err != nil {
			t.Error(err)
		}
		rows = list(morocco, left)
		if len(rows) != 1 || rows[0].Ref != "" || rows[0].Title != "Together" || rows[0].Published != receipt.ID || rows[0].Left.IsZero() || rows[0].State != pledge.StatePublished {
			t.Fatalf("who was named finds %+v", rows)
		}
		_, err := d.Get(w.ctx, morocco, s.Ref)
		w.refused(err, errs.NotFound, "")
		if rows := list(portugal, left); len(rows) != 1 || !rows[0].Left.IsZero() || rows[0].State != pledge.StateRevisionSubmitted {
			t.Errorf("who leads it now finds %+v", rows)
		}
		if rows := list(reviewer, intake.Filter{}); len(rows) != 1 || !rows[0].Left.IsZero() {
			t.Errorf("the desk finds %+v", rows)
		}
	})
}

// Whom the desk has introduced can be invited before anything of it is public.
func TestWhoWasIntroducedCanBeInvited(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		city := party.Party{Schema: party.Schema, Code: "city-of-mombasa", Kind: "local_authority", Names: map[lang.Code]string{lang.EN: "City of Mombasa"}, Country: "KE"}
		if err := d.Introduce(w.ctx, reviewer, city); err != nil {
			t.Fatal(err)
		}
		all := must[[]party.Party](w)(d.Introduced(w.ctx, kenya))
		if !slices.ContainsFunc(all, func(p party.Party) bool { return p.Code == city.Code && p.Name(lang.EN) == "City of Mombasa" }) {
			t.Errorf("introduced are %+v", all)
		}
		s := w.ok(d.Draft(w.ctx, kenya, intake.Beginning{Lead: "ken", Pledge: whole("With a city")}))
		w.ok(d.Invite(w.ctx, kenya, s.Ref, s.Version, city.Code))
		for code, want := range map[string]string{"prt": "Portugal", "city-of-mombasa": "City of Mombasa", "nobody-knows": "nobody-knows"} {
			if err := d.DB.Read(w.ctx, func(tx *db.Tx) error {
				got, err := d.PartyName(w.ctx, tx, code, lang.FR)
				if got != want {
					t.Errorf("%s is called %q, not %q", code, got, want)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if named, err := d.Introduced(w.ctx, access.Operator()); err != nil || len(named) != len(all) {
			t.Errorf("who appoints focal points: %v, %v", named, err)
		}
		if _, err := d.Introduced(w.ctx, access.Person{}); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("to nobody: %v", err)
		}
	})
}

// What a backup has as scheduled may have been recalled since: after a restore it waits for a
// reviewer again.
func TestARestoreUnschedules(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		s := w.submitted("For the first of the month")
		s = w.ok(d.Schedule(w.ctx, reviewer, s.Ref, s.Version, d.DB.Now().Add(time.Hour)))
		other := w.submitted("Not yet accepted")
		for _, want := range []int{1, 0} {
			var n int
			if err := d.DB.Write(w.ctx, func(tx *db.Tx) (err error) { n, err = d.Restored(w.ctx, tx); return err }); err != nil || n != want {
				t.Fatalf("%d taken back, want %d, %v", n, want, err)
			}
		}
		w.pass(2 * time.Hour)
		if n, err := d.PublishDue(w.ctx); n != 0 || err != nil {
			t.Errorf("%d published, %v", n, err)
		}
		if now := w.get(reviewer, s.Ref); now.State != pledge.StateSubmitted || !now.PublishAt.IsZero() || now.Version != s.Version+1 {
			t.Errorf("%+v", now)
		}
		if now := w.get(reviewer, other.Ref); now.Version != other.Version {
			t.Errorf("%+v", now)
		}
		must[intake.Receipt](w)(d.Publish(w.ctx, reviewer, s.Ref, 0))
	})
}

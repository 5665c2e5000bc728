package intake_test

import (
	"context"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
)

// without are the contacts of the tests but those of one party.
type without struct{ party string }

func (x without) ContactsOf(ctx context.Context, tx *db.Tx, code, day string) ([]access.Person, error) {
	if code == x.party {
		return nil, nil
	}
	return contacts{}.ContactsOf(ctx, tx, code, day)
}

// The lead and the desk read which party keeps a joint pledge from being published, since when it
// has been asked, and whether there is anybody who could answer for it. Nobody else does.
func TestWhoKeepsAJointPledgeWaiting(t *testing.T) {
	each(t, func(w *world) {
		waits := func(by access.Person, ref string, want ...intake.Unconfirmed) {
			t.Helper()
			got := w.get(by, ref).Unconfirmed
			if len(got) != len(want) {
				t.Fatalf("%s reads %+v, not %+v", by.ID, got, want)
			}
			for i := range got {
				if got[i].Party != want[i].Party || !got[i].Since.Equal(want[i].Since) || got[i].Unreached != want[i].Unreached {
					t.Errorf("%s reads %+v, not %+v", by.ID, got[i], want[i])
				}
			}
		}
		s := w.joint()
		waits(kenya, s.Ref)
		waits(reviewer, s.Ref)
		id := w.publishes(s.Ref).ID

		w.pass(time.Hour)
		w.rewrite(s.Ref, "The next version")
		waits(kenya, s.Ref) // nobody has been asked yet, and there is somebody to ask
		w.desk.People = without{"prt"}
		waits(kenya, s.Ref, intake.Unconfirmed{Party: "prt", Unreached: true})
		waits(reviewer, s.Ref)

		w.pass(time.Hour)
		asked := w.now
		w.ok(w.desk.SubmitRevision(w.ctx, kenya, s.Ref, 0, pledge.Notice{}))
		w.pass(time.Hour)
		waits(kenya, s.Ref, intake.Unconfirmed{Party: "prt", Since: asked, Unreached: true})
		waits(reviewer, s.Ref, intake.Unconfirmed{Party: "prt", Since: asked, Unreached: true})
		waits(portugal, s.Ref)
		w.desk.People = contacts{}
		waits(kenya, s.Ref, intake.Unconfirmed{Party: "prt", Since: asked})
		w.ok(w.desk.Answer(w.ctx, portugal, s.Ref, 0, "prt", true, ""))
		waits(kenya, s.Ref)
		waits(reviewer, s.Ref)
		w.ok(w.desk.PublishRevision(w.ctx, reviewer, s.Ref, 0))
		if p := w.public(id); p.Title != "The next version" {
			t.Errorf("%q", p.Title)
		}
	})
}

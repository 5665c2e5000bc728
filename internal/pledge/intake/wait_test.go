package intake_test

import (
	"sync/atomic"
	"testing"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/pledge/intake"
)

// Who waits for somebody that invites a party sees the party in what it changes next.
func TestAnInvitationIsSeenByWhoWaitedForIt(t *testing.T) {
	each(t, func(w *world) {
		s := w.drafted("A registry")
		held, release := make(chan struct{}), make(chan struct{})
		var later atomic.Bool
		w.db.SetFault(func(statement string) error {
			if statement == "COMMIT" && later.CompareAndSwap(false, true) {
				close(held)
				<-release
			}
			return nil
		})
		type result struct {
			s   intake.Submission
			err error
		}
		invited, changed := make(chan result, 1), make(chan result, 1)
		go func() {
			s, err := w.desk.Invite(w.ctx, kenya, s.Ref, 0, "prt")
			invited <- result{s, err}
		}()
		<-held
		go func() {
			s, err := w.desk.SetSteps(w.ctx, kenya, s.Ref, 0, []string{"Legal"})
			changed <- result{s, err}
		}()
		for waits := 0; w.db.Engine() == db.Postgres && waits == 0; time.Sleep(time.Millisecond) {
			must[struct{}](w)(struct{}{}, w.db.Read(w.ctx, func(tx *db.Tx) error {
				return tx.QueryRow(w.ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waits)
			}))
		}
		close(release)
		if r := <-invited; r.err != nil {
			w.Fatal(r.err)
		}
		r := <-changed
		if r.err != nil {
			w.Fatal(r.err)
		}
		if len(r.s.Invitations) != 1 || r.s.Invitations[0].Party != "prt" || len(r.s.Steps) != 1 {
			w.Errorf("the invitations are %+v, the steps %+v", r.s.Invitations, r.s.Steps)
		}
	})
}

package intake_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
)

// BenchmarkBurst submits 500 drafts at the same moment: how long the slowest hundredth waits.
func BenchmarkBurst(b *testing.B) {
	for _, engine := range dbtest.Engines {
		b.Run(string(engine), func(b *testing.B) {
			var submit, save time.Duration
			for b.Loop() {
				w := open(b, dbtest.New(b, engine))
				var all []intake.Submission
				for i := range 500 {
					all = append(all, w.drafted(fmt.Sprintf("Pledge %d", i)))
				}
				save += slowest(all, func(s intake.Submission) error {
					return of(w.desk.Save(w.ctx, kenya, s.Ref, s.Version, whole(s.Ref), intake.Contact{}))
				}, b)
				submit += slowest(all, func(s intake.Submission) error { return of(w.desk.Submit(w.ctx, kenya, s.Ref, 0)) }, b)
			}
			b.ReportMetric(float64(save.Milliseconds())/float64(b.N), "p99-save-ms")
			b.ReportMetric(float64(submit.Milliseconds())/float64(b.N), "p99-submit-ms")
		})
	}
}

// Each statement is a way to the server and back. What everybody does in the last hour of a call
// takes few of them; a letter takes two.
func TestStatementsOfTheLastHour(t *testing.T) {
	w := open(t, dbtest.New(t, db.Postgres))
	s := w.drafted("Wells")
	n := 0
	w.db.SetFault(func(string) error { n++; return nil })
	s = w.ok(w.desk.Save(w.ctx, kenya, s.Ref, s.Version, whole("Wells for all"), s.Contact))
	if n > 5 {
		t.Errorf("saving takes %d statements", n)
	}
	n = 0
	w.ok(w.desk.Submit(w.ctx, kenya, s.Ref, s.Version))
	if n > 9 {
		t.Errorf("submitting takes %d statements, with two letters", n)
	}
	w.db.SetFault(nil)
	if all := must[[]intake.Draft](w)(w.desk.History(w.ctx, kenya, s.Ref)); len(all) != 2 || all[1].Pledge.Title != "Wells" {
		t.Errorf("the history has %d texts", len(all))
	}
	if all := must[[]intake.Event](w)(w.desk.Trail(w.ctx, kenya, s.Ref)); len(all) != 3 || all[2].To != pledge.StateSubmitted {
		t.Errorf("the trail has %d events", len(all))
	}
}

func slowest(all []intake.Submission, do func(intake.Submission) error, tb testing.TB) time.Duration {
	took := make([]time.Duration, len(all))
	var wg sync.WaitGroup
	for i, s := range all {
		wg.Go(func() {
			begin := time.Now()
			if err := do(s); err != nil {
				tb.Error(err)
			}
			took[i] = time.Since(begin)
		})
	}
	wg.Wait()
	slices.Sort(took)
	return took[len(took)*99/100]
}

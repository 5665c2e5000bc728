package intake_test

import (
	"strings"
	"testing"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
)

// A pledge that came from elsewhere has no submission until its party takes it up; an offer to
// match it waits for that party all the same.
func TestAnOfferToAPledgeFromElsewhereIsFound(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		old := whole("Imported")
		old.Parties = []string{"ken"}
		var id string
		err := w.db.Write(w.ctx, func(tx *db.Tx) error {
			out, err := d.Book.Publish(w.ctx, tx, pledge.Terms{Actor: intake.Secretariat, Mode: pledge.ByImport}, old)
			id = out.ID
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		offer := whole("We answer it")
		offer.Form, offer.Matches = pledge.Matching, id
		s := w.ok(d.Draft(w.ctx, portugal, intake.Beginning{Lead: "prt", Pledge: offer}))
		s = w.ok(d.Submit(w.ctx, portugal, s.Ref, s.Version))
		if body := w.letter("pledge_offer", "kenya"); !strings.Contains(body, "https://pledges.example.org/en/my\n") {
			t.Fatalf("the letter leads elsewhere: %s", body)
		}
		for who, want := range map[string]int{"kenya": 1, "portugal": 0, "morocco": 0} {
			by := map[string]access.Person{"kenya": kenya, "portugal": portugal, "morocco": morocco}[who]
			if got := must[map[string]bool](w)(d.Offered(w.ctx, by)); len(got) != want || want == 1 && !got[id] {
				t.Errorf("%s is asked about %v", who, got)
			}
		}
		w.ok(d.Adopt(w.ctx, kenya, id))
		if got := must[map[string]bool](w)(d.Offered(w.ctx, kenya)); len(got) != 1 || !got[id] {
			t.Errorf("taken up: %v", got)
		}
		if err := d.AnswerOffer(w.ctx, kenya, s.Ref, true); err != nil {
			t.Fatal(err)
		}
		if got := must[map[string]bool](w)(d.Offered(w.ctx, kenya)); len(got) != 0 {
			t.Errorf("answered: %v", got)
		}
	})
}

package followup

import (
	"context"
	"strings"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
)

// While the secretariat has a party on hold, what it reports waits, whoever confirms it.
func TestAReportOfAPartyOnHoldWaits(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		held := "ken"
		h.OnHold = func(_ context.Context, _ *db.Tx, code string) (bool, error) { return code == held, nil }
		size, letters := h.size(), len(h.letters)
		f, err := h.Submit(h.ctx, amina, h.id, 0, progress("Seven counties register."))
		if err != nil || f.State != Waiting || !f.Reviewed(h.now) || h.size() != size || h.told(letters) != "" {
			t.Fatalf("%+v %v, told %s", f, err, h.told(letters))
		}
		if _, review, err := h.Awaits(h.ctx, f); err != nil || !review {
			t.Errorf("it awaits no review: %v", err)
		}
		h.now = h.now.Add(100 * time.Hour)
		if n, err := h.PublishDue(h.ctx); n != 0 || err != nil || h.size() != size {
			t.Fatalf("%d published: %v", n, err)
		}
		held = ""
		if n, err := h.PublishDue(h.ctx); n != 1 || err != nil {
			t.Fatalf("%d published: %v", n, err)
		}
		if all := h.published(h.id); len(all) != 1 || all[0].Narrative != "Seven counties register." {
			t.Errorf("%+v", all)
		}
		if told := h.told(letters); told != "followup_told amina, followup_told brian" {
			t.Errorf("told %s", told)
		}

		held, size = "ken", h.size()
		if f, err = h.Submit(h.ctx, amina, h.id, 0, Answer{Choice: Done}); err != nil || f.State != Waiting || f.Reviewed(h.now) {
			t.Fatalf("%+v %v", f, err)
		}
		if f, err = h.ConfirmBy(h.ctx, brian, f.ID, true); err != nil || f.State != Waiting || !f.Reviewed(h.now) || h.size() != size {
			t.Fatalf("%+v %v", f, err)
		}
		held = ""
		if n, err := h.PublishDue(h.ctx); n != 1 || err != nil {
			t.Fatalf("%d published: %v", n, err)
		}
	})
}

// Whoever makes the pledge together with others does not end it without the lead's hearing of it.
func TestTheLeadIsAskedAboutAnEndThatAnotherReports(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		h.people["prt"] = []access.Person{focal("david", "prt", false, lang.EN)}
		h.together("ken", "prt")
		letters := len(h.letters)
		f, err := h.Submit(h.ctx, h.people["prt"][0], h.id, 0, Answer{Choice: Done})
		if err != nil || f.State != Waiting {
			t.Fatalf("%+v %v", f, err)
		}
		if told := h.told(letters); told != "followup_waiting_confirmation amina, followup_waiting_confirmation brian" {
			t.Fatalf("told %s", told)
		}
		asked := h.letters[letters]
		if !strings.Contains(asked.Data["Party"], "Portugal") || asked.Party != "ken" {
			t.Errorf("%+v", asked)
		}
		if alone, _, err := h.Awaits(h.ctx, f); alone || err != nil {
			t.Errorf("nobody can confirm it: %v", err)
		}
		if all, err := h.Overview(h.ctx, amina, "2024-03-01"); err != nil || len(all.Waiting) != 1 {
			t.Errorf("the lead sees %+v %v", all.Waiting, err)
		}
		if f, err = h.Confirm(h.ctx, token(asked), false); err != nil || f.State != Stopped {
			t.Errorf("%+v %v", f, err)
		}
	})
}

// A link answers once. The same answer again says what came of it; another one is refused, and
// not lost without a word.
func TestAnotherAnswerByTheSameLinkIsRefused(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		link := h.asked()
		said := progress("Seven counties register.")
		for range 2 {
			if f, err := h.Answer(h.ctx, link, said); err != nil || f.State != Public {
				t.Fatalf("%+v %v", f, err)
			}
		}
		for _, other := range []Answer{progress("Eight counties register."), {Choice: Done}, {Choice: WrongPerson}} {
			if _, err := h.Answer(h.ctx, link, other); keyOf(err) != "follow.link.spent" {
				t.Errorf("%s: %v", other.Choice, err)
			}
		}
		if all := h.published(h.id); len(all) != 1 || all[0].Stage == pledge.Fulfilled {
			t.Errorf("%+v", all)
		}
	})
}

// A second contact's word by a link counts once: the same again says what came of it, the opposite
// is refused.
func TestAConfirmationIsNotTurnedAround(t *testing.T) {
	for name, agree := range map[string]bool{"confirmed": true, "objected": false} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, h *house) {
				letters := len(h.letters)
				if _, err := h.Submit(h.ctx, amina, h.id, 0, Answer{Choice: Done}); err != nil {
					t.Fatal(err)
				}
				link := token(h.letters[letters])
				want := map[bool]State{true: Public, false: Stopped}[agree]
				for range 2 {
					if f, err := h.Confirm(h.ctx, link, agree); err != nil || f.State != want {
						t.Fatalf("%+v %v", f, err)
					}
				}
				if f, err := h.Confirm(h.ctx, link, !agree); keyOf(err) != "follow.confirm.late" || f.State != want {
					t.Errorf("%+v %v", f, err)
				}
			})
		})
	}
}

// A report waits for somebody's word only where there is somebody.
func TestWhoIsAloneWaitsForNobody(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		h.together("ken", "prt")
		h.people["ken"] = []access.Person{amina}
		for _, c := range []struct {
			by    access.Person
			alone bool
		}{{amina, true}, {clara, false}} {
			letters := len(h.letters)
			f, err := h.Submit(h.ctx, c.by, h.id, 0, Answer{Choice: Done})
			if err != nil {
				t.Fatal(err)
			}
			if alone, review, err := h.Awaits(h.ctx, f); alone != c.alone || review || err != nil {
				t.Errorf("%s: alone %v, review %v, %v", c.by.ID, alone, review, err)
			}
			if told := h.told(letters); (told == "") != c.alone {
				t.Errorf("%s: told %s", c.by.ID, told)
			}
		}
		h.now = h.now.Add(Hold)
		all, err := h.Reports(h.ctx, clara, h.id)
		if err != nil || len(all) != 2 {
			t.Fatalf("%+v %v", all, err)
		}
		if _, review, err := h.Awaits(h.ctx, all[1]); review || err != nil {
			t.Errorf("what is due is held to be reviewed: %v", err)
		}
	})
}

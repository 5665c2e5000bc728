package followup

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
)

func done(on string) Answer {
	return Answer{Choice: Changed, Report: pledge.Report{Stage: pledge.Fulfilled, Narrative: "Every child is registered.", Language: lang.EN,
		Evidence: []pledge.Link{{URL: "https://example.org/law", On: on, Source: "The gazette"}}}}
}

// Evidence is of the day of whoever writes at the latest, which may be another one than the
// register's; refused is what lies ahead of them, at once and not when it would be published.
func TestEvidenceIsOfTheWritersDay(t *testing.T) {
	for _, x := range []struct{ name, zone, today, ahead string }{
		{"nowhere", "", "2024-03-01", "2024-03-02"},
		{"where it is tomorrow", "Pacific/Auckland", "2024-03-02", "2024-03-03"},
		{"where it is yesterday", "Pacific/Honolulu", "2024-02-29", "2024-03-01"},
	} {
		t.Run(x.name, func(t *testing.T) {
			both(t, func(t *testing.T, h *house) {
				h.now = time.Date(2024, 3, 1, 6, 0, 0, 0, time.UTC)
				if x.zone == "Pacific/Auckland" {
					h.now = h.now.Add(6 * time.Hour)
				}
				writer := amina
				writer.TimeZone = x.zone
				h.people["ken"] = []access.Person{writer, brian}
				token := token(h.remind()[0])
				_, err := h.Answer(h.ctx, token, done(x.ahead))
				if found := errs.FieldsOf(err); !errs.Is(err, errs.Invalid) || len(found) != 1 || found[0].Field != "evidence[0].on" {
					t.Errorf("by link: %v", err)
				}
				if _, err := h.Submit(h.ctx, writer, h.id, 0, done(x.ahead)); !errs.Is(err, errs.Invalid) {
					t.Errorf("signed in: %v", err)
				}
				f, err := h.Answer(h.ctx, token, done(x.today))
				if err != nil || f.State != Waiting || f.Report.On != x.today {
					t.Fatalf("%+v, %v", f.Report, err)
				}
				if f, err = h.ConfirmBy(h.ctx, brian, f.ID, true); err != nil || f.State != Public {
					t.Fatalf("%s %s, %v", f.State, f.Reason, err)
				}
			})
		})
	}
}

// redated makes the evidence of a report that waits one of a later day, as one may be that was
// filed before the rule was.
func (h *house) redated(f Filed) {
	h.tb.Helper()
	f.Report.Evidence[0].On = "2024-12-24"
	doc, err := json.Marshal(f.Report)
	if err != nil {
		h.tb.Fatal(err)
	}
	h.write(func(tx *db.Tx) error {
		_, err := tx.Exec(h.ctx, `UPDATE followup_reports SET doc = $1 WHERE id = $2`, string(doc), f.ID)
		return err
	})
}

func (h *house) filedNow(id string) (f Filed) {
	h.tb.Helper()
	err := h.DB.Read(h.ctx, func(tx *db.Tx) (err error) {
		f, err = h.filed(h.ctx, tx, `WHERE id = $1`, id)
		return err
	})
	if err != nil {
		h.tb.Fatal(err)
	}
	return f
}

// What waits and breaks a rule is stopped, with the reason, when its time has come and when
// somebody confirms it: nobody gets an error that they can do nothing about.
func TestWhatWaitsAndBreaksARuleIsStopped(t *testing.T) {
	for name, conclude := range map[string]func(h *house, f Filed) error{
		"in time": func(h *house, _ Filed) error {
			h.now = h.now.Add(Hold + time.Minute)
			n, err := h.PublishDue(h.ctx)
			if n != 0 {
				h.tb.Errorf("%d published", n)
			}
			return err
		},
		"confirmed": func(h *house, f Filed) error { _, err := h.ConfirmBy(h.ctx, brian, f.ID, true); return err },
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, h *house) {
				f, err := h.Submit(h.ctx, amina, h.id, 0, done("2024-03-01"))
				if err != nil || f.State != Waiting {
					t.Fatal(f.State, err)
				}
				h.redated(f)
				before := len(h.letters)
				if err := conclude(h, f); err != nil {
					t.Fatal(err)
				}
				if f = h.filedNow(f.ID); f.State != Stopped || f.Reason != StoppedByDate {
					t.Fatalf("%s %s", f.State, f.Reason)
				}
				told := h.letters[before:]
				if len(told) != 2 || told[0].Template != LetterStopped || told[0].Data["Why"] != stoppedWords[StoppedByDate][told[0].Language] {
					t.Errorf("%+v", told)
				}
			})
		})
	}
}

// One report that cannot be published keeps no other waiting. The desk and the party see of it
// that it could not be; it is tried again, and the note goes when it has come through.
func TestOneThatFailsHoldsUpNoOther(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		other := h.pledge("2023-03-30", "prt")
		stuck, err := h.Submit(h.ctx, amina, h.id, 0, done("2024-03-01"))
		if err != nil {
			t.Fatal(err)
		}
		h.now = h.now.Add(time.Minute)
		fine, err := h.Submit(h.ctx, clara, other, 0, done("2024-03-01"))
		if err != nil {
			t.Fatal(err)
		}
		broken := errors.New("the disk is full")
		h.OnHold = func(_ context.Context, _ *db.Tx, party string) (bool, error) {
			if party == "ken" {
				return false, broken
			}
			return false, nil
		}
		h.now = h.now.Add(Hold)
		if n, err := h.PublishDue(h.ctx); n != 1 || !errors.Is(err, broken) {
			t.Fatalf("%d published, %v", n, err)
		}
		if f := h.filedNow(fine.ID); f.State != Public {
			t.Errorf("the other one is %s", f.State)
		}
		if f := h.filedNow(stuck.ID); f.State != Waiting || f.Reason != HeldUp {
			t.Errorf("it is %s, %q", f.State, f.Reason)
		}
		h.OnHold = nil
		if n, err := h.PublishDue(h.ctx); n != 1 || err != nil {
			t.Fatalf("%d published, %v", n, err)
		}
		if f := h.filedNow(stuck.ID); f.State != Public || f.Reason != "" {
			t.Errorf("it is %s, %q", f.State, f.Reason)
		}
	})
}

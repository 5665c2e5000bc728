package followup

import (
	"testing"

	"stocktake/internal/errs"
)

// A pledge of yesterday is asked about by no calendar; the desk can ask all the same. The request
// is its own: no letters follow, it is never overdue, and it ends with a report or with what the
// calendar asks.
func TestTheDeskAsksOutsideOfTheCalendar(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		id := h.pledge("2024-02-29", "ken")
		if a, err := h.Asking(h.ctx, reviewer, id); err != nil || len(a.People) != 2 || a.Request.Due != "2024-03-31" || !a.Request.Outside() {
			t.Fatalf("%+v %v", a, err)
		}
		if n, err := h.AskNow(h.ctx, reviewer, id); err != nil || n != 2 || h.letters[0].Template != LetterRequest || h.letters[0].Data["Due"] != "31 March 2024" {
			t.Fatalf("%d letters, %+v, %v", n, h.letters, err)
		}
		first := token(h.letters[0])
		if _, err := h.Asking(h.ctx, reviewer, id); keyOf(err) != "follow.ask.today" {
			t.Errorf("twice on a day: %v", err)
		}
		asked := func(day string) (found *Row) {
			t.Helper()
			v, err := h.Overview(h.ctx, amina, day)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range v.Overdue {
				if r.Pledge == id {
					t.Errorf("overdue on %s", day)
				}
			}
			for i := range v.Due {
				if v.Due[i].Pledge == id {
					found = &v.Due[i]
				}
			}
			return found
		}
		about := func() (n int) {
			t.Helper()
			for _, l := range h.remind() {
				if l.Data["ID"] == id {
					n++
				}
			}
			return n
		}
		if r := asked("2024-03-31"); r == nil || !r.Request.Outside() || r.Sent != "2024-03-01" {
			t.Errorf("the list has %+v", r)
		}
		for _, day := range []string{"2024-03-02", "2024-03-24", "2024-04-14", "2024-05-14"} {
			h.on(day)
			if n := about(); n != 0 {
				t.Errorf("%d letters of the calendar on %s", n, day)
			}
		}
		if r := asked("2024-04-01"); r != nil {
			t.Errorf("after its day the list has %+v", r)
		}
		if v, err := h.Overview(h.ctx, amina, "2024-04-01"); err != nil || len(v.Ahead) != 1 || v.Ahead[0].Pledge != id || v.Ahead[0].Request.Due != "2025-02-28" {
			t.Errorf("ahead are %+v, %v", v.Ahead, err)
		}
		if _, err := h.Open(h.ctx, first); err != nil {
			t.Errorf("after its day the link leads nowhere: %v", err)
		}
		h.on("2024-05-20")
		if _, err := h.AskNow(h.ctx, reviewer, id); err != nil {
			t.Fatal(err)
		}
		second := token(h.letters[len(h.letters)-2])
		if _, err := h.Open(h.ctx, first); keyOf(err) != "follow.link.passed" {
			t.Errorf("the first link, after the second: %v", err)
		}
		if f, err := h.Answer(h.ctx, second, progress("Begun.")); err != nil || f.State != Public {
			t.Fatalf("%+v %v", f, err)
		}
		if r := asked("2024-05-20"); r != nil {
			t.Errorf("answered, and the list has %+v", r)
		}
		h.on("2024-05-26")
		if _, err := h.AskNow(h.ctx, reviewer, id); keyOf(err) != "follow.ask.nothing" {
			t.Errorf("in the week of a report: %v", err)
		}
		h.on("2024-05-27")
		if n, err := h.AskNow(h.ctx, reviewer, id); err != nil || n != 2 {
			t.Errorf("after it: %d, %v", n, err)
		}
		if _, err := h.Asking(h.ctx, amina, id); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a contact reads who is asked: %v", err)
		}
	})
}

// What the calendar asks takes the place of what the desk asked, a week after its letter.
func TestTheCalendarTakesOver(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		h.on("2024-02-27") // the calendar asks from 29 February on
		if _, err := h.AskNow(h.ctx, reviewer, h.id); err != nil {
			t.Fatal(err)
		}
		first := token(h.letters[0])
		for i, day := range []string{"2024-02-28", "2024-02-29", "2024-03-04", "2024-03-05"} {
			h.on(day)
			if _, err := h.Open(h.ctx, first); err != nil {
				t.Errorf("the link of the desk's letter on %s: %v", day, err)
			}
			if n := len(h.remind()); n != i/3 {
				t.Errorf("%d letters on %s", n, day)
			}
		}
		if _, err := h.Open(h.ctx, first); keyOf(err) != "follow.link.passed" {
			t.Errorf("after the calendar's letter: %v", err)
		}
	})
}

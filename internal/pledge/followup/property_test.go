package followup

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/mail"
	"stocktake/internal/pledge"
)

// Whatever is done in whatever order: no link answers twice or for another pledge, nothing that
// was filed is lost, nothing is published that nobody filed or before its time, and no letter is
// sent twice.
func TestNoOrderOfEventsLosesOrRepeatsAReport(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	defer d.Close()
	h := open(t, d)
	begin := h.now
	round := 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		h.now = begin.AddDate(0, 0, round) // links of earlier rounds stay, pledges are new
		h.letters = nil
		ids := []string{h.pledge(h.now.AddDate(-1, 0, 20).Format(time.DateOnly), "ken"), h.pledge(h.now.AddDate(-1, 0, 10).Format(time.DateOnly), "prt.work")}
		type made struct {
			filed Filed
			at    time.Time
		}
		known := map[string]*made{} // by id of the report
		spent := map[string]string{}
		note := func(f Filed) {
			if f.ID == "" {
				return
			}
			if was := known[f.ID]; was != nil && was.filed.State == Public && f.Entry != was.filed.Entry {
				t.Fatalf("report %s was published at %d and at %d", f.ID, was.filed.Entry, f.Entry)
			}
			if known[f.ID] == nil {
				known[f.ID] = &made{at: h.now}
			}
			known[f.ID].filed = f
		}
		people := map[string][]access.Person{ids[0]: {amina, brian}, ids[1]: {clara}}
		mine := func(l mail.Letter) bool { return l.Data["ID"] == ids[0] || l.Data["ID"] == ids[1] }
		letter := func(t *rapid.T, confirm bool) (l mail.Letter, ok bool) {
			var some []mail.Letter
			for _, l := range h.letters {
				if mine(l) && l.Data["Link"] != "" && (l.Template == LetterWaiting) == confirm {
					some = append(some, l)
				}
			}
			if len(some) == 0 {
				return l, false
			}
			return rapid.SampledFrom(some).Draw(t, "letter"), true
		}
		drawAnswer := func(t *rapid.T) Answer {
			return Answer{Choice: rapid.SampledFrom(Choices[:3]).Draw(t, "choice"), Language: lang.EN, Report: pledge.Report{
				Stage: rapid.SampledFrom(pledge.Stages[1:]).Draw(t, "stage"), Narrative: fmt.Sprint("words ", rapid.IntRange(0, 9).Draw(t, "words")), Language: lang.EN}}
		}
		expected := func(t *rapid.T, err error) {
			switch errs.KindOf(err) {
			case errs.Invalid, errs.Conflict, errs.Gone, errs.Forbidden:
			default:
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		sound := func(t *rapid.T) {
			for _, id := range ids {
				public := h.published(id)
				all, err := h.Reports(h.ctx, people[id][0], id)
				if err != nil {
					t.Fatal(err)
				}
				found, inRegister := map[string]bool{}, 0
				for _, f := range all {
					found[f.ID] = true
					m := known[f.ID]
					if m == nil {
						t.Fatalf("nobody filed %s", f.ID)
					}
					if f.State != Public {
						continue
					}
					inRegister++
					if r := public[f.Number-1]; r.Narrative != f.Report.Narrative || r.Stage != f.Report.Stage {
						t.Fatalf("the register says %+v of %+v", r, f.Report)
					}
					if m.filed.State == Waiting && f.Second == "" && h.now.Before(m.at.Add(Hold)) {
						t.Fatalf("%s was published before its time", f.ID)
					}
				}
				if inRegister != len(public) {
					t.Fatalf("%d reports in the register, %d filed", len(public), inRegister)
				}
				for key, m := range known {
					if m.filed.Pledge == id && !found[key] {
						t.Fatalf("report %s is lost", key)
					}
				}
			}
		}
		steps := 0
		t.Repeat(map[string]func(*rapid.T){
			"remind": func(t *rapid.T) {
				before := len(h.letters)
				for range 2 {
					for _, id := range ids {
						if _, err := h.Office.remind(h.ctx, id, h.now.Format(time.DateOnly)); err != nil {
							t.Fatal(err)
						}
					}
				}
				seen := map[string]bool{}
				for _, l := range h.letters[before:] {
					if k := l.Data["ID"] + l.Person; seen[k] {
						t.Fatalf("two letters to %s on one day", l.Person)
					} else {
						seen[k] = true
					}
				}
			},
			"time": func(t *rapid.T) {
				h.now = h.now.Add(time.Duration(rapid.SampledFrom([]int{1, 20, 49, 24 * 8, 24 * 40}).Draw(t, "hours")) * time.Hour)
			},
			"answer": func(t *rapid.T) {
				l, ok := letter(t, false)
				if !ok {
					return
				}
				f, err := h.Answer(h.ctx, token(l), drawAnswer(t))
				expected(t, err)
				if err != nil {
					return
				}
				if f.Pledge != l.Data["ID"] {
					t.Fatalf("the link for %s answered for %s", l.Data["ID"], f.Pledge)
				}
				if was, used := spent[token(l)]; used && was != f.ID {
					t.Fatalf("one link filed %s and %s", was, f.ID)
				}
				spent[token(l)] = f.ID
				if known[f.ID] == nil || known[f.ID].filed.State != Waiting && known[f.ID].filed.State != Stopped {
					note(f)
				}
			},
			"submit": func(t *rapid.T) {
				id := rapid.SampledFrom(ids).Draw(t, "pledge")
				by := rapid.SampledFrom(people[id]).Draw(t, "by")
				draft, _, _, err := h.Draft(h.ctx, by, id)
				if err != nil {
					t.Fatal(err)
				}
				f, err := h.Submit(h.ctx, by, id, draft.Version, drawAnswer(t))
				expected(t, err)
				if err == nil {
					note(f)
				}
			},
			"confirm": func(t *rapid.T) {
				if l, ok := letter(t, true); ok {
					_, err := h.Confirm(h.ctx, token(l), rapid.Bool().Draw(t, "agree"))
					expected(t, err)
				}
			},
			"publish": func(t *rapid.T) {
				for range 2 {
					if _, err := h.PublishDue(h.ctx); err != nil {
						t.Fatal(err)
					}
				}
			},
			"": func(t *rapid.T) { // looking takes longer than acting
				if steps++; steps%4 == 0 {
					sound(t)
				}
			},
		})
		sound(t)
	})
}

package followup

import (
	"slices"
	"strings"
	"testing"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/mail"
	"stocktake/internal/pledge"
)

// together makes the pledge one of the parties, as a joint one or as one of who is left.
func (h *house) together(parties ...string) {
	h.tb.Helper()
	h.write(func(tx *db.Tx) error {
		c, err := pledge.Get(h.ctx, tx, h.id)
		if err != nil {
			return err
		}
		c.Parties, c.Form = parties, pledge.Common
		if len(parties) == 1 {
			c.Form = pledge.Individual
		}
		_, err = h.Book.Revise(h.ctx, tx, pledge.Terms{Actor: "ken", Mode: pledge.ByImport}, c.Pledge)
		return err
	})
}

func (h *house) withdraw() {
	h.tb.Helper()
	h.write(func(tx *db.Tx) error {
		_, err := h.Book.Withdraw(h.ctx, tx, pledge.Terms{Actor: "ken"}, h.id, pledge.Notice{Reason: "Replaced by a law", Language: lang.EN})
		return err
	})
}

// told are the template and the person of each letter since a number of them, sorted.
func (h *house) told(since int) string {
	var all []string
	for _, l := range h.letters[since:] {
		all = append(all, l.Template+" "+l.Person)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// done files "this is done" for Kenya on the joint pledge of Kenya and Portugal, and gives the
// report and the letter that asks the deputy.
func (h *house) done() (Filed, mail.Letter) {
	h.tb.Helper()
	h.together("ken", "prt")
	before := len(h.letters)
	f, err := h.Submit(h.ctx, amina, h.id, 0, Answer{Choice: Done})
	if err != nil || f.State != Waiting || len(h.letters) != before+1 {
		h.tb.Fatalf("%+v %v", f, err)
	}
	return f, h.letters[before]
}

// Whoever looks at a report after its party has left, or the pledge has ended, is told that it was
// stopped, before anybody has written that down; and nobody's confirmation publishes it.
func TestWhatWaitsIsStoppedOnceNobodyCanHaveReportedIt(t *testing.T) {
	const left = LetterStopped + " amina, " + LetterStopped + " brian, " + LetterStopped + " clara"
	for name, tt := range map[string]struct {
		change func(h *house)
		why    string
		told   string
	}{
		"the lead has left": {func(h *house) { h.together("prt") }, StoppedByLeaving, left},
		"withdrawn":         {(*house).withdraw, StoppedByEnd, LetterStopped + " amina, " + LetterStopped + " brian"},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, h *house) {
				f, second := h.done()
				tt.change(h)
				v, err := h.Overview(h.ctx, reviewer, "2024-03-01")
				if err != nil || len(v.Waiting) != 0 || len(v.Stopped) != 1 || v.Stopped[0].Reason != tt.why {
					t.Fatalf("the desk sees %+v and %+v waiting, %v", v.Stopped, v.Waiting, err)
				}
				all, err := h.Reports(h.ctx, reviewer, h.id)
				if err != nil || len(all) != 1 || all[0].State != Stopped || all[0].Reason != tt.why {
					t.Fatalf("%+v %v", all, err)
				}
				if page, err := h.Open(h.ctx, token(second)); err == nil && page.Waits.State != Stopped {
					t.Errorf("the letter that asks to confirm leads to %+v", page.Waits)
				}
				if n, err := h.PublishDue(h.ctx); n != 0 || err != nil {
					t.Fatalf("%d published, %v", n, err)
				}
				if got := h.told(len(h.letters) - strings.Count(tt.told, ",") - 1); got != tt.told {
					t.Errorf("told %s", got)
				}
				if words := h.letters[len(h.letters)-1].Data["Why"]; words == "" {
					t.Error("the letter does not say why")
				}
				stored, err := h.Reports(h.ctx, reviewer, h.id)
				if err != nil || stored[0].ID != f.ID || stored[0].Version == f.Version {
					t.Errorf("not written down at once: %+v %v", stored, err)
				}
			})
		})
	}
}

func TestTheNextLeadConfirmsNothing(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		f, second := h.done()
		h.together("prt")
		size := h.size()
		got, err := h.ConfirmBy(h.ctx, clara, f.ID, true)
		if err != nil || got.State != Stopped || got.Reason != StoppedByLeaving || h.size() != size {
			t.Fatalf("%+v %v", got, err)
		}
		if _, err := h.ConfirmBy(h.ctx, clara, f.ID, true); keyOf(err) != "follow.confirm.late" {
			t.Errorf("once more: %v", err)
		}
		if page, err := h.Open(h.ctx, token(second)); err != nil || page.Waits.Reason != StoppedByLeaving {
			t.Errorf("%+v %v", page.Waits, err)
		}
	})
	both(t, func(t *testing.T, h *house) { // and no contact of who has left, by the link of a letter
		_, second := h.done()
		h.together("prt")
		got, err := h.Confirm(h.ctx, token(second), true)
		if err != nil || got.State != Stopped || got.Reason != StoppedByLeaving || len(h.published(h.id)) != 0 {
			t.Fatalf("%+v %v", got, err)
		}
	})
}

// A party beside the lead has second contacts of its own, and is none of the lead's.
func TestASecondContactIsOfThePartyThatReported(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		second := focal("david", "prt", true, lang.EN)
		h.people["prt"] = []access.Person{clara, second}
		h.together("ken", "prt")
		f, err := h.Submit(h.ctx, amina, h.id, 0, Answer{Choice: Done})
		if err != nil {
			t.Fatal(err)
		}
		for _, by := range []access.Person{second, reviewer} {
			if _, err := h.ConfirmBy(h.ctx, by, f.ID, true); !errs.Is(err, errs.Forbidden) {
				t.Errorf("%s confirms what Kenya reported: %v", by.ID, err)
			}
			if err := h.MayDecide(h.ctx, by, f); !errs.Is(err, errs.Forbidden) {
				t.Errorf("%s may decide: %v", by.ID, err)
			}
		}
		if f, err = h.Submit(h.ctx, clara, h.id, 0, Answer{Choice: Done}); err != nil {
			t.Fatal(err)
		}
		if err := h.MayDecide(h.ctx, amina, f); err != nil {
			t.Errorf("the lead: %v", err)
		}
		if f, err = h.ConfirmBy(h.ctx, second, f.ID, true); err != nil || f.State != Public {
			t.Errorf("%+v %v", f, err)
		}
	})
}

// Whoever makes the change stops the report in the same transaction.
func TestLeavingStopsTheReportAtOnce(t *testing.T) {
	for name, tt := range map[string]struct {
		left string
		want State
		why  string
	}{
		"who reported leaves": {"ken", Stopped, StoppedByLeaving},
		"another one leaves":  {"prt", Waiting, ""},
		"the pledge ends":     {"", Stopped, StoppedByEnd},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, h *house) {
				f, _ := h.done()
				before := len(h.letters)
				h.write(func(tx *db.Tx) error { return h.Left(h.ctx, tx, h.id, tt.left) })
				h.write(func(tx *db.Tx) error { return h.Left(h.ctx, tx, h.id, tt.left) })
				all, err := h.Reports(h.ctx, reviewer, h.id)
				if err != nil || all[0].ID != f.ID || all[0].State != tt.want || all[0].Reason != tt.why {
					t.Fatalf("%+v %v", all, err)
				}
				if told := h.told(before); (told == "") != (tt.want == Waiting) {
					t.Errorf("told %s", told)
				}
				if n, err := h.PublishDue(h.ctx); n != 0 || err != nil {
					t.Errorf("%d, %v", n, err)
				}
			})
		})
	}
}

func TestTheLinkOfAPartyThatLeftAnswersNoMore(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		h.together("ken", "prt")
		link := h.asked()
		h.together("prt")
		if _, err := h.Answer(h.ctx, link, progress("x")); keyOf(err) != "follow.link.gone" {
			t.Errorf("%v", err)
		}
	})
}

// What was answered is not due while the answer waits; once it is stopped, it is due again, and
// the links of its letters answer again.
func TestAnAnswerThatWaitsIsNotDue(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		h.asked()
		h.on("2024-03-23")
		reminder := token(h.remind()[0])
		h.on("2024-04-20")
		due := func() int {
			t.Helper()
			v, err := h.Overview(h.ctx, amina, "2024-04-20")
			if err != nil {
				t.Fatal(err)
			}
			return len(v.Due) + len(v.Overdue)
		}
		if due() != 1 {
			t.Fatal("nothing is due")
		}
		f, err := h.Submit(h.ctx, amina, h.id, 0, Answer{Choice: Done})
		if err != nil || due() != 0 {
			t.Fatalf("%d due while %+v waits, %v", due(), f, err)
		}
		if _, err := h.AskNow(h.ctx, reviewer, h.id); keyOf(err) != "follow.ask.nothing" {
			t.Errorf("asked all the same: %v", err)
		}
		if people, known, err := h.Seconds(h.ctx, amina, f); err != nil || !known || len(people) != 1 || people[0].ID != "brian" {
			t.Errorf("%v can confirm it, %v", people, err)
		}
		if people, known, err := h.Seconds(h.ctx, clara, f); err != nil || known || people != nil {
			t.Errorf("another party is told of %v, %v", people, err)
		}
		if _, err := h.TakeBack(h.ctx, brian, f.ID); !errs.Is(err, errs.Forbidden) {
			t.Errorf("another one takes it back: %v", err)
		}
		before := len(h.letters)
		if f, err = h.TakeBack(h.ctx, amina, f.ID); err != nil || f.State != Stopped || f.Reason != StoppedByAuthor || due() != 1 {
			t.Fatalf("%+v, %d due, %v", f, due(), err)
		}
		if told := h.told(before); told != LetterStopped+" amina, "+LetterStopped+" brian" {
			t.Errorf("told %s", told)
		}
		if _, err := h.TakeBack(h.ctx, amina, f.ID); keyOf(err) != "follow.confirm.late" {
			t.Errorf("twice: %v", err)
		}
		if got, err := h.Answer(h.ctx, reminder, progress("Not quite.")); err != nil || got.State != Public {
			t.Errorf("the link of the letter: %+v %v", got, err)
		}
	})
}

// Where the first contact's address gives the letter back, the second has it the next day, and
// not only with the next letter; and the desk sees it.
func TestALetterThatComesBackGoesToTheSecondContact(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		h.asked()
		h.people["ken"], h.gone = []access.Person{brian}, map[string][]access.Person{"ken": {amina}}
		for _, tt := range []struct{ day, want string }{
			{"2024-03-02", LetterRequest + " brian"},
			{"2024-03-03", ""},
			{"2024-03-23", LetterReminder + " brian"},
			{"2024-03-30", LetterDue + " brian"},
			{"2024-04-13", LetterOverdue + " brian"},
			{"2024-04-27", LetterEscalated + " brian"},
			{"2024-05-27", ""},
			{"2024-12-27", ""},
		} {
			h.on(tt.day)
			before := len(h.letters)
			h.remind()
			if got := h.told(before); got != tt.want {
				t.Errorf("%s: %q, want %q", tt.day, got, tt.want)
			}
		}
		v, err := h.Overview(h.ctx, reviewer, "2024-04-27")
		if err != nil || len(v.Overdue) != 1 || v.Overdue[0].Returned != 1 || v.Overdue[0].NoContact {
			t.Errorf("the desk sees %+v %v", v.Overdue, err)
		}
	})
}

// The wrong person's letter goes on to the next contact the next day; who answered and was
// objected to is asked again after a week.
func TestAnUnansweredRequestFindsTheNextContact(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		if _, err := h.Answer(h.ctx, h.asked(), Answer{Choice: WrongPerson}); err != nil {
			t.Fatal(err)
		}
		h.on("2024-03-02")
		letters := h.remind()
		if h.told(len(h.letters)-1) != LetterRequest+" brian" {
			t.Fatalf("%+v", letters)
		}
		f, err := h.Answer(h.ctx, token(letters[0]), Answer{Choice: Done})
		if err != nil || f.State != Waiting {
			t.Fatalf("%+v %v", f, err)
		}
		if _, err := h.TakeBack(h.ctx, brian, f.ID); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			day  string
			want int
		}{{"2024-03-08", 0}, {"2024-03-09", 1}, {"2024-03-10", 0}} {
			h.on(tt.day)
			if letters := h.remind(); len(letters) != tt.want {
				t.Errorf("%s: %+v", tt.day, letters)
			}
		}
	})
}

// After a restore no letter answers, contacts get new ones, and what waits can be objected to anew.
func TestAfterARestore(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		other := h.pledge("2023-03-30", "ken")
		link := h.asked()
		f, err := h.Submit(h.ctx, amina, other, 0, Answer{Choice: Done})
		if err != nil {
			t.Fatal(err)
		}
		second := token(h.letters[len(h.letters)-1])
		h.on("2024-03-20")
		h.write(func(tx *db.Tx) error {
			n, err := Restored(h.ctx, tx)
			if n < 2 {
				t.Errorf("%d links ended", n)
			}
			return err
		})
		for _, dead := range []string{link, second} {
			if _, err := h.Open(h.ctx, dead); keyOf(err) != "follow.link.expired" {
				t.Errorf("%v", err)
			}
		}
		if n, err := h.PublishDue(h.ctx); n != 0 || err != nil {
			t.Errorf("%d published at once, %v", n, err)
		}
		if letters := h.remind(); len(letters) != 1 || letters[0].Person != "amina" || letters[0].Data["ID"] != h.id {
			t.Errorf("%+v", letters)
		}
		h.on("2024-03-22")
		if n, err := h.PublishDue(h.ctx); n != 1 || err != nil || len(h.published(other)) != 1 {
			t.Errorf("%d published after two days, %v; %s", n, err, f.ID)
		}
	})
}

// A pledge of which nothing was heard for longer than the pack lets pass is marked at the desk, and
// for nobody else.
func TestTheDeskSeesWhatHasLapsed(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		h.Calendar.LapseAfter = 24
		for day, want := range map[string]bool{"2025-03-30": false, "2025-03-31": true} {
			for _, by := range []access.Person{reviewer, amina} {
				v, err := h.Overview(h.ctx, by, day)
				if err != nil || len(v.Overdue)+len(v.Due) != 1 {
					t.Fatalf("%+v %v", v, err)
				}
				if row := append(v.Overdue, v.Due...)[0]; row.Lapsed != (want && by.ID == reviewer.ID) {
					t.Errorf("%s, for %s: lapsed %v", day, by.ID, row.Lapsed)
				}
			}
		}
	})
}

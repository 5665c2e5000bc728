package followup

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
)

func TestALinkBecomesAReport(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		link := h.asked()
		size := h.size()
		for range 3 { // as mail scanners do
			page, err := h.Open(h.ctx, link)
			if err != nil || page.Pledge.ID != h.id || page.Party != "ken" || page.Due != "2024-03-30" || page.Answered != nil || page.Confirm {
				t.Fatalf("%+v %v", page, err)
			}
		}
		if h.size() != size || len(h.published(h.id)) != 0 {
			t.Fatal("reading the page has published something")
		}
		before := len(h.letters)
		a := progress("The law is passed.")
		a.Report.Values = []pledge.Value{{Indicator: "Children registered", Value: "80"}}
		a.Report.Spent = &pledge.Money{Amount: "1500", Currency: "KES"}
		a.Report.Evidence = []pledge.Link{{URL: "https://example.org/law", On: "2024-02", Source: "The gazette"}}
		f, err := h.Answer(h.ctx, link, a)
		if err != nil || f.State != Public || f.Number != 1 || f.Entry != size {
			t.Fatalf("%+v %v", f, err)
		}
		got := h.published(h.id)
		if len(got) != 1 || got[0].Narrative != "The law is passed." || got[0].ReportedBy != "ken" || got[0].On != "2024-03-01" || got[0].Evidence[0].Source != "The gazette" {
			t.Fatalf("%+v", got)
		}
		entry, err := h.Book.Log.Entry(h.ctx, f.Entry)
		if err != nil || entry.Header.Actor != "ken" || entry.Header.Subject != "report:"+h.id+"/1" {
			t.Fatalf("%+v %v", entry.Header, err)
		}
		if _, err := h.Book.Log.Receipt(h.ctx, f.Entry); err != nil {
			t.Fatal(err)
		}
		told := h.letters[before:]
		if len(told) != 2 || told[0].Template != LetterTold || told[0].Person != "amina" || told[1].Person != "brian" || told[1].Data["Stage"] != "قيد التنفيذ" {
			t.Fatalf("told: %+v", told)
		}

		again, err := h.Answer(h.ctx, link, progress("Something else."))
		if keyOf(err) != "follow.link.spent" || again.ID != f.ID || len(h.published(h.id)) != 1 {
			t.Fatalf("the link answered twice: %+v %v", again, err)
		}
		page, err := h.Open(h.ctx, link)
		if err != nil || page.Answered == nil || page.Answered.Entry != f.Entry {
			t.Fatalf("%+v %v", page, err)
		}
	})
}

func TestEvidenceOfADayToComeIsRefused(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		link := h.asked()
		for _, on := range []string{"2099", "2024-04", "2024-03-02"} {
			a := progress("The law is passed.")
			a.Report.Evidence = []pledge.Link{{URL: "https://example.org/law", On: on, Source: "The gazette"}}
			size := h.size()
			_, err := h.Answer(h.ctx, link, a)
			if found := errs.FieldsOf(err); !errs.Is(err, errs.Invalid) || len(found) != 1 || found[0].Field != "evidence[0].on" || h.size() != size {
				t.Fatalf("%s: %v, %d of %d entries", on, err, h.size(), size)
			}
		}
	})
}

func TestNoChange(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		link := h.asked()
		if _, err := h.Answer(h.ctx, link, Answer{Choice: NoChange, Language: lang.EN}); !errs.Is(err, errs.Invalid) {
			t.Fatalf("nothing was reported that could still hold: %v", err)
		}
		if _, err := h.Answer(h.ctx, link, progress("Begun.")); err != nil {
			t.Fatal(err)
		}
		h.on("2025-01-30")
		letters := h.remind()
		if len(letters) != 1 || letters[0].Data["Due"] != "1 March 2025" {
			t.Fatalf("%+v", letters)
		}
		f, err := h.Answer(h.ctx, token(letters[0]), Answer{Choice: NoChange, Language: lang.AR})
		if err != nil || f.Number != 2 {
			t.Fatalf("%+v %v", f, err)
		}
		got := h.published(h.id)[1]
		if got.Stage != pledge.InProgress || got.Narrative != "لا تغيير منذ التقرير السابق." || got.Language != lang.AR {
			t.Fatalf("%+v", got)
		}
	})
}

func TestLinksThatDoNotAnswer(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		link := h.asked()
		for _, tt := range []struct{ name, token, key string }{
			{"forged", strings.Repeat("a", len(link)), "follow.link.unknown"},
			{"cut", link[:len(link)-1], "follow.link.unknown"},
			{"empty", "", "follow.link.unknown"},
			{"the hash of one", hashOf(link), "follow.link.unknown"},
		} {
			if _, err := h.Answer(h.ctx, tt.token, progress("x")); keyOf(err) != tt.key {
				t.Errorf("%s: %v", tt.name, err)
			}
			if _, err := h.Open(h.ctx, tt.token); keyOf(err) != tt.key {
				t.Errorf("%s, opened: %v", tt.name, err)
			}
		}
		if _, err := h.Confirm(h.ctx, link, true); keyOf(err) != "follow.link.unknown" {
			t.Errorf("a link to report confirms: %v", err)
		}

		h.on("2024-03-23")
		second := token(h.remind()[0])
		if second == link {
			t.Fatal("two letters with one link")
		}
		if _, err := h.Submit(h.ctx, brian, h.id, 0, progress("By the deputy, signed in.")); err != nil {
			t.Fatal(err)
		}
		for _, old := range []string{link, second} {
			if _, err := h.Answer(h.ctx, old, progress("x")); keyOf(err) != "follow.link.answered" {
				t.Errorf("after somebody else answered: %v", err)
			}
		}

		h.on("2025-03-01")
		left := token(h.remind()[0])
		h.people["ken"] = h.people["ken"][1:]
		if _, err := h.Answer(h.ctx, left, progress("x")); keyOf(err) != "follow.link.left" {
			t.Errorf("after the contact has left: %v", err)
		}
		h.people["ken"] = []access.Person{amina, brian}

		h.on("2025-03-16")
		third := token(h.remind()[0])
		h.on("2026-02-25") // the next request has taken its place
		h.remind()
		if _, err := h.Answer(h.ctx, third, progress("x")); keyOf(err) != "follow.link.expired" {
			t.Errorf("a year later: %v", err)
		}
		if n := len(h.published(h.id)); n != 1 {
			t.Errorf("%d reports", n)
		}
	})
}

func TestALinkOfAPledgeThatEnded(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		link := h.asked()
		h.write(func(tx *db.Tx) error {
			_, err := h.Book.Withdraw(h.ctx, tx, pledge.Terms{Actor: "ken"}, h.id, pledge.Notice{Reason: "Replaced by a law", Language: lang.EN})
			return err
		})
		if _, err := h.Answer(h.ctx, link, progress("x")); keyOf(err) != "pledge.ended" {
			t.Errorf("%v", err)
		}
		h.on("2024-03-30")
		if letters := h.remind(); len(letters) != 0 {
			t.Errorf("asked about a withdrawn pledge: %+v", letters)
		}
	})
}

func TestAReportThatCameAnotherWayAnswersTheRequest(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		link := h.asked()
		h.write(func(tx *db.Tx) error {
			_, err := h.Book.Report(h.ctx, tx, pledge.Terms{Actor: "office:secretariat", Mode: pledge.ByImport}, pledge.Report{Pledge: h.id, Stage: pledge.InProgress})
			return err
		})
		if _, err := h.Answer(h.ctx, link, progress("x")); keyOf(err) != "follow.link.answered" {
			t.Errorf("%v", err)
		}
	})
}

func TestTheWrongPerson(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		link := h.asked()
		size := h.size()
		f, err := h.Answer(h.ctx, link, Answer{Choice: WrongPerson, Note: "Ask the ministry."})
		if err != nil || f.ID != "" || h.size() != size {
			t.Fatalf("%+v %v", f, err)
		}
		if page, err := h.Open(h.ctx, link); err != nil || page.Answered == nil || page.Answered.ID != "" {
			t.Fatalf("%+v %v", page, err)
		}
		v, err := h.Overview(h.ctx, reviewer, "2024-03-01")
		if err != nil || len(v.Strays) != 1 || v.Strays[0].Person != "amina" || v.Strays[0].Note != "Ask the ministry." {
			t.Fatalf("%+v %v", v, err)
		}
		h.on("2024-03-23")
		if letters := h.remind(); len(letters) != 1 || letters[0].Person != "brian" {
			t.Fatalf("the next letter goes to the other contact: %+v", letters)
		}
		if err := h.Settle(h.ctx, amina, v.Strays[0].ID); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a contact settles: %v", err)
		}
		if err := h.Settle(h.ctx, reviewer, v.Strays[0].ID); err != nil {
			t.Fatal(err)
		}
		if err := h.Settle(h.ctx, reviewer, v.Strays[0].ID); !errs.Is(err, errs.Conflict) {
			t.Errorf("settled twice: %v", err)
		}
		own, err := h.Overview(h.ctx, amina, "2024-03-29")
		if err != nil || len(own.Due) != 1 || len(own.Strays)+len(own.NoContact) != 0 {
			t.Errorf("a contact reads the own list: %+v %v", own, err)
		}
		if v, err := h.Overview(h.ctx, clara, "2024-03-29"); err != nil || len(v.Due)+len(v.Overdue) != 0 {
			t.Errorf("of another party: %+v %v", v, err)
		}
		if _, err := h.Overview(h.ctx, access.Person{}, "2024-03-29"); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("nobody: %v", err)
		}
	})
}

func TestAnEndWaitsForASecondContact(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		link := h.asked()
		before, size := len(h.letters), h.size()
		f, err := h.Answer(h.ctx, link, Answer{Choice: Done, Language: lang.EN, Report: pledge.Report{Narrative: "All registered.", Language: lang.EN}})
		if err != nil || f.State != Waiting || !f.PublishAt.Equal(h.now.Add(48*time.Hour)) || h.size() != size {
			t.Fatalf("%+v %v", f, err)
		}
		asked := h.letters[before:]
		if len(asked) != 1 || asked[0].Template != LetterWaiting || asked[0].Person != "brian" {
			t.Fatalf("%+v", asked)
		}
		if _, err := h.ConfirmBy(h.ctx, amina, f.ID, true); keyOf(err) != "follow.confirm.self" {
			t.Errorf("confirms herself: %v", err)
		}
		if _, err := h.ConfirmBy(h.ctx, clara, f.ID, true); err == nil {
			t.Error("a stranger confirms")
		}
		h.on("2024-03-02")
		if letters := h.remind(); len(letters) != 0 {
			t.Errorf("asked while an answer waits: %+v", letters)
		}
		if n, err := h.PublishDue(h.ctx); n != 0 || err != nil {
			t.Errorf("%d published after a day: %v", n, err)
		}
		second := token(asked[0])
		if _, err := h.Answer(h.ctx, second, progress("x")); keyOf(err) != "follow.link.unknown" {
			t.Errorf("a link to confirm reports: %v", err)
		}
		if page, err := h.Open(h.ctx, second); err != nil || !page.Confirm || page.Waits == nil || page.Waits.Report.Stage != pledge.Fulfilled {
			t.Fatalf("%+v %v", page, err)
		}
		for range 2 {
			f, err = h.Confirm(h.ctx, second, true)
			if err != nil || f.State != Public || f.Second != "brian" {
				t.Fatalf("%+v %v", f, err)
			}
		}
		if got := h.published(h.id); len(got) != 1 || got[0].Stage != pledge.Fulfilled {
			t.Fatalf("%+v", got)
		}
		h.on("2026-01-01")
		if n, err := h.PublishDue(h.ctx); n != 0 || err != nil || len(h.remind()) != 0 {
			t.Errorf("%d published again, %v", n, err)
		}
	})
}

func TestAnEndPublishesAfter48Hours(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		h.people["ken"] = h.people["ken"][:1]
		link := h.asked()
		if _, err := h.Answer(h.ctx, link, Answer{Choice: Changed, Report: pledge.Report{Stage: pledge.Discontinued, Narrative: "No money.", Language: lang.EN}}); err != nil {
			t.Fatal(err)
		}
		h.now = h.now.Add(48*time.Hour - time.Second)
		if n, err := h.PublishDue(h.ctx); n != 0 || err != nil {
			t.Fatalf("%d a second before: %v", n, err)
		}
		h.now = h.now.Add(time.Second)
		for _, want := range []int{1, 0} {
			if n, err := h.PublishDue(h.ctx); n != want || err != nil {
				t.Fatalf("%d published, want %d: %v", n, want, err)
			}
		}
		if got := h.published(h.id); len(got) != 1 || got[0].On != "2024-03-01" {
			t.Fatalf("%+v", got)
		}
	})
}

func TestAnObjectionStopsAndKeeps(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		link := h.asked()
		before := len(h.letters)
		f, err := h.Answer(h.ctx, link, Answer{Choice: Done})
		if err != nil {
			t.Fatal(err)
		}
		f, err = h.Confirm(h.ctx, token(h.letters[before]), false)
		if err != nil || f.State != Stopped || f.Reason != StoppedByContact {
			t.Fatalf("%+v %v", f, err)
		}
		h.now = h.now.Add(72 * time.Hour)
		if n, err := h.PublishDue(h.ctx); n != 0 || err != nil || len(h.published(h.id)) != 0 {
			t.Fatalf("%d published: %v", n, err)
		}
		all, err := h.Reports(h.ctx, amina, h.id)
		if err != nil || len(all) != 1 || all[0].State != Stopped {
			t.Fatalf("%+v %v", all, err)
		}
		h.on("2024-03-23")
		if letters := h.remind(); len(letters) != 1 {
			t.Errorf("the request stands again: %+v", letters)
		}
	})
}

func TestWhatWaitsIsOvertakenOrStoppedAndKept(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		link := h.asked()
		first, err := h.Answer(h.ctx, link, Answer{Choice: Done})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.Submit(h.ctx, brian, h.id, 0, progress("Not yet done.")); err != nil {
			t.Fatal(err)
		}
		other := h.pledge("2023-03-30", "prt.work")
		h.on("2024-03-10")
		ended, err := h.Submit(h.ctx, clara, other, 0, Answer{Choice: Done})
		if err != nil || ended.State != Waiting || ended.Party != "prt" || ended.Report.ReportedBy != "prt.work" {
			t.Fatalf("%+v %v", ended, err)
		}
		h.write(func(tx *db.Tx) error {
			_, err := h.Book.Withdraw(h.ctx, tx, pledge.Terms{Actor: "prt"}, other, pledge.Notice{Reason: "Replaced", Language: lang.EN})
			return err
		})
		h.now = h.now.Add(72 * time.Hour)
		if n, err := h.PublishDue(h.ctx); n != 0 || err != nil {
			t.Fatalf("%d published: %v", n, err)
		}
		for _, tt := range []struct {
			by              access.Person
			pledge, id, why string
		}{{amina, h.id, first.ID, StoppedByReport}, {clara, other, ended.ID, StoppedByEnd}} {
			all, err := h.Reports(h.ctx, tt.by, tt.pledge)
			if err != nil || all[0].ID != tt.id || all[0].State != Stopped || all[0].Reason != tt.why {
				t.Errorf("%+v %v", all, err)
			}
		}
	})
}

func TestDraftsAreKept(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		if _, _, _, err := h.Draft(h.ctx, clara, h.id); err == nil {
			t.Fatal("a stranger writes")
		}
		if _, _, _, err := h.Draft(h.ctx, access.Person{}, h.id); !errs.Is(err, errs.Unauthenticated) {
			t.Fatalf("nobody writes: %v", err)
		}
		f, err := h.Save(h.ctx, amina, h.id, 0, pledge.Report{Narrative: "Half a sent"})
		if err != nil || f.Version != 1 {
			t.Fatalf("%+v %v", f, err)
		}
		if _, err := h.Save(h.ctx, amina, h.id, 0, pledge.Report{Narrative: "From another window"}); keyOf(err) != "work.changed_meanwhile" {
			t.Errorf("%v", err)
		}
		if f, last, p, err := h.Draft(h.ctx, amina, h.id); err != nil || f.Report.Narrative != "Half a sent" || last != nil || p.ID != h.id {
			t.Errorf("%+v %v", f, err)
		}
		if f, _, _, err := h.Draft(h.ctx, brian, h.id); err != nil || f.Version != 0 {
			t.Errorf("somebody else's draft: %+v %v", f, err)
		}
		if _, err := h.Submit(h.ctx, amina, h.id, 1, Answer{Choice: Changed, Report: pledge.Report{Stage: "soon"}}); !errs.Is(err, errs.Invalid) {
			t.Errorf("%v", err)
		}
		sent, err := h.Submit(h.ctx, amina, h.id, 1, progress("Half a sentence, and the rest."))
		if err != nil || sent.ID != f.ID || sent.State != Public {
			t.Errorf("%+v %v", sent, err)
		}
		next, last, _, err := h.Draft(h.ctx, amina, h.id)
		if err != nil || next.Version != 0 || next.Report.Stage != pledge.InProgress || next.Report.Narrative != sent.Report.Narrative || next.Report.On != "" || last.Number != 1 {
			t.Errorf("%+v %+v %v", next, last, err)
		}
	})
}

func TestRemindersOfADay(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		ministry := h.pledge("2023-03-30", "prt.work")
		h.people["prt"] = nil
		h.on("2024-03-01")
		sum, err := h.Remind(h.ctx, "2024-03-01")
		if err != nil || sum != (Reminded{Letters: 1, Asked: 1, NoContact: 1}) {
			t.Fatalf("%+v %v", sum, err)
		}
		if letters := h.remind(); len(letters) != 0 {
			t.Fatalf("twice on one day: %+v", letters)
		}
		h.people["prt"] = []access.Person{clara}
		for _, tt := range []struct {
			day  string
			want []string // template and person
		}{
			{"2024-03-02", []string{LetterRequest + " clara"}},
			{"2024-03-23", []string{LetterReminder + " amina", LetterReminder + " clara"}},
			{"2024-03-30", []string{LetterDue + " amina", LetterDue + " clara"}},
			{"2024-04-13", []string{LetterOverdue + " amina", LetterOverdue + " clara"}},
			{"2024-04-27", []string{LetterEscalated + " brian", LetterEscalated + " clara"}},
			{"2024-05-27", nil},
			{"2025-02-28", []string{LetterRequest + " amina", LetterRequest + " clara"}},
		} {
			h.on(tt.day)
			var got []string
			for _, l := range h.remind() {
				got = append(got, l.Template+" "+l.Person)
			}
			if strings.Join(got, ", ") != strings.Join(tt.want, ", ") {
				t.Errorf("%s: %v, want %v", tt.day, got, tt.want)
			}
		}
		h.people["prt"] = nil
		err = h.DB.Read(h.ctx, func(tx *db.Tx) error {
			n, err := h.WithoutContact(h.ctx, tx, "2025-02-28")
			if n != 1 {
				t.Errorf("%d parties without a contact", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		v, err := h.Overview(h.ctx, reviewer, "2025-04-15")
		if err != nil || len(v.Overdue) != 2 || len(v.Due) != 0 || len(v.NoContact) != 1 || v.NoContact[0].Pledge != ministry {
			t.Errorf("%+v %v", v, err)
		}
	})
}

func TestTheDeskAsksNow(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		if _, err := h.AskNow(h.ctx, reviewer, h.id); err != nil {
			t.Fatal(err)
		}
		if len(h.letters) != 2 || h.letters[0].Template != LetterRequest || h.letters[1].Person != "brian" {
			t.Fatalf("%+v", h.letters)
		}
		if _, err := h.AskNow(h.ctx, reviewer, h.id); keyOf(err) != "follow.ask.today" {
			t.Errorf("twice on a day: %v", err)
		}
		if letters := h.remind(); len(letters) != 0 {
			t.Errorf("and the calendar again: %+v", letters)
		}
		if _, err := h.AskNow(h.ctx, amina, h.id); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a contact: %v", err)
		}
		h.on("2024-04-02")
		if n, err := h.AskNow(h.ctx, reviewer, h.id); err != nil || n != 2 || h.letters[2].Template != LetterOverdue {
			t.Errorf("%d %v", n, err)
		}
		if _, err := h.Answer(h.ctx, token(h.letters[0]), progress("Begun.")); err != nil {
			t.Fatal(err)
		}
		h.on("2024-04-03")
		if _, err := h.AskNow(h.ctx, reviewer, h.id); keyOf(err) != "follow.ask.nothing" {
			t.Errorf("after the answer: %v", err)
		}
		other := h.pledge("2023-03-30", "prt")
		h.people["prt"] = nil
		if _, err := h.AskNow(h.ctx, reviewer, other); keyOf(err) != "follow.ask.nobody" {
			t.Errorf("nobody there: %v", err)
		}
	})
}

func TestAFormSentTwiceFilesOneReport(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		a := Answer{Choice: Done, Language: lang.EN, Key: "K1"}
		first, err := h.Submit(h.ctx, amina, h.id, 0, a)
		if err != nil || first.State != Waiting {
			t.Fatalf("%+v %v", first, err)
		}
		letters := len(h.letters)
		again, err := h.Submit(h.ctx, amina, h.id, 0, a)
		if err != nil || again.ID != first.ID || again.State != Waiting || len(h.letters) != letters {
			t.Errorf("%+v %v", again, err)
		}
		changed := progress("The first district is done.")
		changed.Key = "K3"
		one, err := h.Submit(h.ctx, amina, h.id, 0, changed)
		if err != nil || one.State != Public {
			t.Fatalf("%+v %v", one, err)
		}
		if two, err := h.Submit(h.ctx, amina, h.id, 0, changed); err != nil || two.ID != one.ID {
			t.Errorf("sent twice: %+v %v", two, err)
		}
		changed.Report.Narrative = "And the second one."
		if two, err := h.Submit(h.ctx, amina, h.id, 0, changed); err != nil || two.ID == one.ID {
			t.Errorf("other words from a page that was gone back to: %+v %v", two, err)
		}
		a.Key = "K2"
		if other, err := h.Submit(h.ctx, amina, h.id, 0, a); err != nil || other.ID == first.ID {
			t.Errorf("another form: %+v %v", other, err)
		}
	})
}

func TestTheLeadIsToldOfANamedPartysReport(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		h.write(func(tx *db.Tx) error {
			c, err := pledge.Get(h.ctx, tx, h.id)
			if err != nil {
				return err
			}
			c.Parties, c.Form = []string{"ken", "prt.work"}, pledge.Common
			_, err = h.Book.Revise(h.ctx, tx, pledge.Terms{Actor: "ken", Mode: pledge.ByImport}, c.Pledge)
			return err
		})
		f, err := h.Submit(h.ctx, clara, h.id, 0, progress("Our part is begun."))
		if err != nil || f.Report.ReportedBy != "prt.work" {
			t.Fatalf("%+v %v", f, err)
		}
		var told []string
		for _, l := range h.letters {
			told = append(told, l.Person)
		}
		if strings.Join(told, " ") != "clara amina brian" {
			t.Errorf("told %v", told)
		}
	})
}

func TestAPersonIsErased(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		link := h.asked()
		other := h.pledge("2023-03-30", "ken")
		h.on("2024-03-02")
		second := token(h.remind()[0])
		if _, err := h.Answer(h.ctx, link, Answer{Choice: WrongPerson, Note: "Ask Jane."}); err != nil {
			t.Fatal(err)
		}
		h.write(func(tx *db.Tx) error {
			held, err := h.OfPerson(h.ctx, tx, "amina")
			if err != nil || !reflect.DeepEqual(held, map[string]any{"notes": []string{"Ask Jane."}, "asked_about": []string{h.id, other}}) {
				t.Errorf("%v %v", held, err)
			}
			return h.ErasePerson(h.ctx, tx, "amina")
		})
		if v, err := h.Overview(h.ctx, reviewer, "2024-03-02"); err != nil || v.Strays[0].Note != "" {
			t.Errorf("%+v %v", v.Strays, err)
		}
		if _, err := h.Answer(h.ctx, second, progress("x")); keyOf(err) != "follow.link.expired" {
			t.Errorf("%v", err)
		}
	})
}

// Of many who answer one request at the same moment, one files a report.
func TestAllAtOnce(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		links := []string{h.asked()}
		h.on("2024-03-23")
		links = append(links, token(h.remind()[0]))
		results := make(chan error)
		for i := range 8 {
			go func() {
				_, err := h.Answer(h.ctx, links[i%2], progress(fmt.Sprint("answer ", i)))
				results <- err
			}()
		}
		for range 8 {
			if err := <-results; err != nil && keyOf(err) != "follow.link.answered" && keyOf(err) != "follow.link.spent" {
				t.Errorf("%v", err)
			}
		}
		if n := len(h.published(h.id)); n != 1 {
			t.Errorf("%d reports", n)
		}
	})
}

func keyOf(err error) string {
	if e, ok := errors.AsType[*errs.Error](err); ok {
		return e.Key
	}
	return ""
}

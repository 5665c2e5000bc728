package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/mail"
	"stocktake/internal/mail/mailtest"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/followup"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/pledge/translate"
	"stocktake/internal/web/work/kittest"
)

// A party finds on its page what other rooms ask of it, and of nobody else.
func TestWhatWaitsForAParty(t *testing.T) {
	s := open(t)
	ctx := t.Context()
	view, err := s.Index.Snapshot().View(explore.Query{}.With("party", "ken").With("language", "en"), s.Clock().Format(time.DateOnly))
	if err != nil || view.Totals.Pledges == 0 {
		t.Fatalf("%d pledges of Kenya, %v", view.Totals.Pledges, err)
	}
	var id, title string
	for _, it := range view.Items(0, view.Totals.Pledges) {
		if _, done := it.Translations[lang.FR]; !done && it.Pledge.Lead() == "ken" {
			id, title = it.Pledge.ID, it.Pledge.Title
		}
	}
	into := s.People[kittest.Translator]
	w, err := s.rooms.tongues.Save(ctx, into, id, lang.FR, 0, view.Items(0, 1)[0].Version, translate.Text{Title: "Le titre"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.rooms.tongues.Offer(ctx, into, id, lang.FR, w.Version); err != nil {
		t.Fatal(err)
	}
	focal := s.As(kittest.Focal)
	p := focal.Get("/my").Says("Translations to approve", "Français", title)
	for _, who := range []string{kittest.Deputy, kittest.Other} {
		s.As(who).Get("/my").SaysNot("Translations to approve")
	}
	p.Follow(title).Says("Le titre").Press("Approve for the party").Says("The party has approved this text.")
	focal.Get("/my").SaysNot("Translations to approve")

	// Reports are asked of the own party alone.
	s.Later(4 * 365 * 24 * time.Hour)
	s.As(kittest.Focal).Get("/my").Says("Reports that are due" + title)
	s.As(kittest.Other).Get("/my").SaysNot("Reports that are due" + title)
}

// Who hands over shows the successor what is in hand and what is due; the desk sees what is due
// and no draft.
func TestWhatIsHandedOver(t *testing.T) {
	s := open(t)
	s.As(kittest.Focal).Get("/pledges/new").Fill("Title", "Train 300 officials").Fill("Text of the pledge", prose).Press("Save and continue").Is(200)
	s.Later(4 * 365 * 24 * time.Hour)
	for _, who := range []string{kittest.Focal, kittest.Deputy} {
		s.As(who).Get("/desk/packet/ken").Says("Not public yet", "Train 300 officials", "was due on 4 May 2030").Follow("Train 300 officials").Is(200)
	}
	s.As(kittest.Reviewer).Get("/desk/packet/ken").Says("was due on 4 May 2030").SaysNot("Not public yet", "Train 300 officials")
	s.As(kittest.Other).Get("/desk/packet/ken").Is(403)
}

// A next version that is being written, or is with the desk, is handed over, too; and a report that
// waits is told of.
func TestWhatIsHandedOverOfPublicPledges(t *testing.T) {
	s := open(t)
	ctx, focal := t.Context(), s.People[kittest.Focal]
	p := pledge.Pledge{Title: "Train 300 officials", Text: prose, Language: lang.EN, TextBy: pledge.TextByParty, Form: pledge.Individual, Nature: []pledge.Nature{pledge.Policy},
		Objectives: []int{4}, ObjectivesBy: pledge.ByParty, Levels: []pledge.Level{pledge.National}}
	sub, err := s.rooms.intake.Draft(ctx, focal, intake.Beginning{Lead: "ken", Pledge: p})
	step := func(next intake.Submission, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		sub = next
	}
	step(sub, err)
	step(s.rooms.intake.Submit(ctx, focal, sub.Ref, 0))
	if _, err = s.rooms.intake.Publish(ctx, s.People[kittest.Reviewer], sub.Ref, sub.Version); err != nil {
		t.Fatal(err)
	}
	const packet = "/desk/packet/ken"
	s.As(kittest.Focal).Get(packet).SaysNot("Not public yet")
	step(s.rooms.intake.Get(ctx, focal, sub.Ref))
	p.Title = "Train 400 officials"
	step(s.rooms.intake.Save(ctx, focal, sub.Ref, sub.Version, p, intake.Contact{}))
	s.As(kittest.Deputy).Get(packet).Says("Not public yet", sub.Ref)
	s.As(kittest.Reviewer).Get(packet).SaysNot(sub.Ref)
	// Nothing is asked about it for months, and who takes over reads when it will be.
	next := s.Clock().AddDate(1, 0, 0).Format("2 January 2006")
	for _, who := range []string{kittest.Deputy, kittest.Reviewer} {
		for _, row := range s.As(who).Get(packet).All("tbody tr") {
			if text := row.Text(); strings.Contains(text, sub.Published) && !strings.Contains(text, next) {
				t.Errorf("handed over is %q, and not %s", text, next)
			}
		}
	}
	s.As(kittest.Focal).Get("/my").Says("next report due on " + next)
	step(s.rooms.intake.SubmitRevision(ctx, focal, sub.Ref, sub.Version, pledge.Notice{}))
	s.As(kittest.Deputy).Get(packet).Says("Not public yet", sub.Ref)
	s.Later(4 * 365 * 24 * time.Hour)
	s.As(kittest.Focal).Get("/my/" + sub.Ref + "/report").Is(200).Press("This is done").Is(200).Says("A report waits")
	if err := s.Index.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	s.As(kittest.Deputy).Get(packet).Says("A report has come in. It is published on", "in a report that is not public yet: Fulfilled")
}

// While a party is on hold, its reports and translations are, too: the desk reads why, the party
// that they are reviewed.
func TestAPartyOnHoldPublishesNothing(t *testing.T) {
	s := open(t)
	ctx := t.Context()
	view, err := s.Index.Snapshot().View(explore.Query{}.With("party", "ken").With("language", "en"), s.Clock().Format(time.DateOnly))
	if err != nil || view.Totals.Pledges == 0 {
		t.Fatalf("%d pledges of Kenya, %v", view.Totals.Pledges, err)
	}
	var it *explore.Item
	for _, found := range view.Items(0, view.Totals.Pledges) {
		if _, done := found.Translations[lang.FR]; !done && found.Pledge.Lead() == "ken" {
			it = found
		}
	}
	id := it.Pledge.ID
	hold := func(on bool) {
		t.Helper()
		if err := s.rooms.intake.Hold(ctx, s.People[kittest.Reviewer], "ken", on, "Letters contradict each other"); err != nil {
			t.Fatal(err)
		}
	}
	hold(true)
	w, err := s.rooms.tongues.Save(ctx, s.People[kittest.Translator], id, lang.FR, 0, it.Version, translate.Text{Title: "Le titre"})
	if err != nil {
		t.Fatal(err)
	}
	if w, err = s.rooms.tongues.Offer(ctx, s.People[kittest.Translator], id, lang.FR, w.Version); err != nil {
		t.Fatal(err)
	}
	text := s.As(kittest.Reviewer).Get("/desk/translations/" + id + "/fr").Is(200).Press("Publish")
	text.Says("A party is on hold.")
	const words = "Every county has an office now."
	s.As(kittest.Focal).Get("/my/"+id+"/report").Choose("In progress").Fill("narrative", words).Press("Send the report").Is(200).Says("It will be published after review.").SaysNot("on hold")
	s.As(kittest.Focal).Get("/my").Says("Reports that wait", "published after review").SaysNot("on hold", "confirm it")
	s.As(kittest.Deputy).Get("/my").Says("published after review")
	s.As(kittest.Deputy).Get("/desk/packet/ken").Says("A report has come in. It will be published after review.")
	s.As(kittest.Reviewer).Get("/desk/followup?show=waiting").Says("A party is on hold.")
	due := func() (n int) {
		t.Helper()
		if n, err = s.rooms.followup.PublishDue(ctx); err != nil {
			t.Fatal(err)
		}
		return n
	}
	s.Later(96 * time.Hour)
	if n := due(); n != 0 {
		t.Errorf("%d published on hold", n)
	}
	hold(false)
	if n := due(); n != 1 {
		t.Errorf("%d published after it", n)
	}
	if _, _, err := s.rooms.tongues.Publish(ctx, s.People[kittest.Reviewer], id, lang.FR, w.Version); err != nil {
		t.Error(err)
	}
}

// joint is a published pledge that Kenya leads and Portugal has confirmed.
func (s *stage) joint(t *testing.T) intake.Submission {
	t.Helper()
	ctx := t.Context()
	p := pledge.Pledge{Title: "Train 300 officials", Text: prose, Language: lang.EN, TextBy: pledge.TextByParty, Form: pledge.Common, Nature: []pledge.Nature{pledge.Policy},
		Objectives: []int{4}, ObjectivesBy: pledge.ByParty, Levels: []pledge.Level{pledge.National}}
	sub, err := s.rooms.intake.Draft(ctx, s.People[kittest.Focal], intake.Beginning{Lead: "ken", Pledge: p})
	step := func(next intake.Submission, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		sub = next
	}
	step(sub, err)
	step(s.rooms.intake.Invite(ctx, s.People[kittest.Focal], sub.Ref, 0, "prt"))
	step(s.rooms.intake.Answer(ctx, s.People[kittest.Other], sub.Ref, 0, "prt", true, ""))
	step(s.rooms.intake.Submit(ctx, s.People[kittest.Focal], sub.Ref, 0))
	if _, err := s.rooms.intake.Publish(ctx, s.People[kittest.Reviewer], sub.Ref, sub.Version); err != nil {
		t.Fatal(err)
	}
	step(s.rooms.intake.Get(ctx, s.People[kittest.Focal], sub.Ref))
	s.refresh()
	return sub
}

// A party that takes part reports the end of a pledge: the lead is written to, finds it among its
// work and in what is handed over, and can object.
func TestTheLeadDecidesOnAnEndThatAnotherPartyReports(t *testing.T) {
	s := open(t)
	sub := s.joint(t)
	s.Later(4 * 365 * 24 * time.Hour)
	path := "/my/" + sub.Published + "/report"
	s.As(kittest.Other).Get(path).Press("This is done").Is(200).Says("A report waits", "Whoever speaks for the party in the lead can confirm it, too.").SaysNot("Nobody else speaks")
	for _, who := range []string{kittest.Focal, kittest.Deputy} {
		s.As(who).Get("/my").Says("Reports that wait"+"Train 300 officials", "you can confirm it or object until")
		s.As(who).Get("/desk/packet/ken").Says("A report has come in. It is published on", "in a report that is not public yet: Fulfilled")
	}
	e := s.letter(followup.LetterWaiting, "deputy@example.org")
	if !strings.Contains(e.Body, "Portugal") {
		t.Errorf("%s", e.Body)
	}
	s.As(kittest.Nobody).Get(s.link(e)).Is(200).Says("Another party of this pledge filed this report: Portugal.").Press("Object").Is(200).Says("Another contact objected.")
	s.As(kittest.Focal).Get(path).Is(200).Says("Another contact objected.").SaysNot("A report waits")
}

// A party leaves a joint pledge whose end it has just reported: the report is stopped in the same
// moment, all are told, and the party reads on what it left. Meanwhile its private reference led
// to the report, and nobody was told that one is due.
func TestThePartyOfAReportThatWaitsLeavesThePledge(t *testing.T) {
	s := open(t)
	sub := s.joint(t)
	s.Later(4 * 365 * 24 * time.Hour)
	focal := s.As(kittest.Focal)
	due := func() int { return strings.Count(focal.Get("/my").Is(200).Body, "due on") }
	before := due()
	focal.Get("/my").Says("Train 300 officials").SaysNot("Reports that wait")
	focal.Get("/my/" + sub.Ref + "/report").Is(200).Says("Train 300 officials").Press("This is done").Is(200).Says("A report waits")
	if n := due(); before == 0 || n != before-1 {
		t.Errorf("%d due, and %d when one was answered", before, n)
	}
	focal.Get("/my").Says("Reports that wait"+"Train 300 officials", "or when somebody else confirms it")
	s.As(kittest.Deputy).Get("/my").Says("Reports that wait"+"Train 300 officials", "you can confirm it or object until")
	s.As(kittest.Other).Get("/my").SaysNot("Reports that wait")
	focal.Get("/my/" + sub.Ref).Press("Withdraw our own part").Is(200).Says("Your party has left this pledge.")
	for _, to := range []string{"focal@example.org", "deputy@example.org", "other@example.org"} {
		if e := s.letter(followup.LetterStopped, to); !strings.Contains(e.Body, "The party that reported has left the pledge.") {
			t.Errorf("%s", e.Body)
		}
	}
	s.As(kittest.Other).Get("/my/" + sub.Published + "/report").Is(200).Says("The party that reported has left the pledge.").SaysNot("Confirm and publish")
	s.As(kittest.Reviewer).Get("/desk/followup?show=stopped").Says("The party that reported has left the pledge.")
	focal.Get("/my").Says("left on", "Train 300 officials")
}

// The mail server refuses the first contact's address for good: the desk sees it, and the second
// contact has a letter the next day, and not with the next reminder; escalation goes there, too.
func TestALetterThatTheServerRefusesGoesToTheSecondContact(t *testing.T) {
	smtp := mailtest.Start(t, mailtest.Options{})
	smtp.Refuse(func(step mailtest.Step, address string) error {
		if step == mailtest.Receiver && address == "focal@example.org" {
			return mailtest.Refusal(550, [3]int{5, 1, 1}, "no such user")
		}
		return nil
	})
	s := open(t, func(f *workFlags) { f.SMTP, f.MailFrom = "smtp://"+smtp.Addr, "Pledges <pledges@example.org>" })
	remind := func() {
		t.Helper()
		if err := s.rooms.followup.RemindToday(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	arrived := func(to string) (n int) {
		for _, m := range smtp.Messages() {
			if m.To == to && strings.Contains(m.Data, "/r/") {
				n++
			}
		}
		return n
	}
	s.Later(4 * 365 * 24 * time.Hour)
	remind()
	waitFor(t, "the letter to come back", func() bool {
		var e []mail.Entry
		s.Write(func(ctx context.Context, tx *db.Tx) (err error) {
			e, err = s.rooms.mail.List(ctx, tx, mail.Filter{State: mail.Bounced})
			return err
		})
		return len(e) > 0
	})
	s.As(kittest.Reviewer).Get("/desk/followup").Is(200).Says("Kenya Letters come back")
	if n := arrived("deputy@example.org"); n != 0 {
		t.Fatalf("%d letters to the second contact before", n)
	}
	s.Later(24 * time.Hour)
	remind()
	waitFor(t, "a letter to the second contact", func() bool { return arrived("deputy@example.org") > 0 })
	before := arrived("deputy@example.org")
	for range 5 {
		s.Later(7 * 24 * time.Hour)
		remind()
	}
	waitFor(t, "escalation", func() bool { return arrived("deputy@example.org") >= before+1 })
	if n := arrived("focal@example.org"); n != 0 {
		t.Errorf("%d letters to an address that gives them back", n)
	}
}

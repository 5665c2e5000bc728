package main

import (
	"context"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/mail"
	"stocktake/internal/register"
	"stocktake/internal/web"
	"stocktake/internal/web/work/kittest"
)

// stage is a site put together as serve does, with readers, a clock that can be turned, and
// nothing but the outbox to see letters in.
type stage struct {
	*kittest.Site
	home  *home
	rooms *staff
}

func open(t *testing.T, change ...func(*workFlags)) *stage {
	t.Helper()
	k := kittest.New(t)
	h := &home{db: k.DB, pack: k.Pack, log: k.Log, book: k.Book, base: kittest.Base}
	flags := workFlags{Data: filepath.Join(t.TempDir(), "files")}
	for _, c := range change {
		c(&flags)
	}
	rooms, err := h.staffOf(flags, web.Site{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rooms.close(); err != nil {
			t.Error(err)
		}
	})
	cfg := web.Config{Pack: k.Pack, Index: k.Index, Log: k.Log, Clock: k.Clock, BaseURL: kittest.Base, Attached: rooms.attached}
	work, err := h.workspace(rooms, cfg, flags, nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Work = work
	door, err := web.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.runner(rooms, nil).Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return &stage{&kittest.Site{House: k, Kit: work, Handler: door}, h, rooms}
}

// letter waits for a letter of a kind to an address, and gives it as the outbox has it.
func (s *stage) letter(template, to string) (found mail.Entry) {
	s.T.Helper()
	waitFor(s.T.(*testing.T), template+" to "+to, func() bool {
		var all []mail.Entry
		s.Write(func(ctx context.Context, tx *db.Tx) (err error) {
			all, err = s.rooms.mail.List(ctx, tx, mail.Filter{Template: template})
			return err
		})
		for _, e := range all {
			if e.Address == to {
				found = e
				return true
			}
		}
		return false
	})
	return found
}

// link is where the button of a letter leads.
func (s *stage) link(e mail.Entry) string {
	s.T.Helper()
	for line := range strings.SplitSeq(e.Body, "\n") {
		if path, ok := strings.CutPrefix(line, kittest.Base); ok && path != "" {
			return path
		}
	}
	s.T.Fatalf("no link in\n%s", e.Body)
	return ""
}

// refresh lets the public pages see what was published.
func (s *stage) refresh() {
	s.T.Helper()
	if err := s.Index.Refresh(context.Background()); err != nil {
		s.T.Fatal(err)
	}
}

var prose = strings.Repeat("By 2030 the ministry will train 300 officials who receive migrant workers and open two desks in the capital. ", 4)

// The whole story, without a mail server: asked in by a mailed link, a draft is returned, sent
// again and published; its receipt verifies; a year later a link in a letter takes the report,
// and the public pages show it.
func TestFromTheInvitationToTheReport(t *testing.T) {
	s := open(t)
	// Whoever asks for a link to sign in gets a letter; it is in the outbox, and its link works.
	if p := s.As(kittest.Nobody).Post("/sign-in", url.Values{"email": {"focal@example.org"}}); p.Status != 200 {
		t.Fatalf("asking for a link: %d", p.Status)
	}
	signIn := s.letter("access_sign_in", "focal@example.org")
	s.As(kittest.Administrator).Get("/desk/outbox").Says("No mail server is set").Follow(signIn.Subject).Says("focal@example.org")
	focal := s.As(kittest.Nobody)
	entered := focal.Get(s.link(signIn)).Is(200)
	var button string
	for _, b := range entered.All("main form button") {
		button = b.Text()
	}
	entered.Press(button).Is(200)

	// A draft, from the first word to the submission.
	p := focal.Get("/pledges/new").Is(200).Fill("Title", "Train 300 officials").Fill("Text of the pledge", prose).Press("Save and continue").Says("Who makes it")
	p = p.Press("Save and continue").Says("What it serves").Choose("1. Data").Choose("Process").Choose("National").Press("Save and continue")
	p = p.Fill("Indicator 1", "Officials trained").Fill("Indicator 1: today", "0").Fill("Indicator 1: target", "300").Press("Save and continue")
	p = p.Fill("Contact: name", "Jane Doe").Fill("Contact: e-mail", "jane@example.org").Press("Save and continue").Says("Nothing is missing.")
	mine := strings.TrimSuffix(strings.TrimPrefix(p.Path, "/en"), "/check")
	p.Press("Submit to the secretariat").Says("The secretariat is reading it")
	ref := strings.TrimPrefix(mine, "/my/")
	s.letter("pledge_received", "focal@example.org")

	// Returned with a reason, changed, submitted again, published.
	desk := s.As(kittest.Reviewer)
	desk.Get("/desk").Says("Train 300 officials").Follow("Train 300 officials").Fill("In your own words", "By which year?").Press("Return").Says("Returned to the party.")
	focal.Get(s.link(s.letter("pledge_returned", "focal@example.org"))).Is(200).Says("By which year?")
	focal.Get(mine+"/edit/what").Fill("Title", "Train 300 officials by 2030").Press("Save and continue").Is(200)
	focal.Get(mine + "/check").Press("Submit to the secretariat").Says("The secretariat is reading it")
	desk.Get("/desk/" + ref).Press("Publish").Says("Published.")
	sub, err := s.rooms.intake.Get(t.Context(), s.People[kittest.Focal], ref)
	if err != nil || sub.Published == "" {
		t.Fatalf("%q, %v", sub.Published, err)
	}

	// It is on the public pages, and its receipt verifies.
	s.refresh()
	public := s.As(kittest.Nobody)
	public.Get("/pledges/"+sub.Published).Is(200).Says("Train 300 officials by 2030", "Kenya").SaysNot("Jane Doe", "jane@example.org")
	s.letter("pledge_published", "focal@example.org")
	entries, err := s.Log.History(t.Context(), "pledge:"+sub.Published)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	receipt, err := s.Log.Receipt(t.Context(), entries[0].Header.Position)
	if err != nil {
		t.Fatal(err)
	}
	text, err := receipt.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := register.VerifyReceipt(text, s.Log.Key()); err != nil {
		t.Errorf("the receipt does not verify: %v", err)
	}
	if strings.Contains(strings.ToLower(string(text)), "jane") {
		t.Error("the register names the contact")
	}

	// On the same day the desk asks for a report; its letter has a link, and is in the outbox.
	asks := desk.Get("/desk/"+ref).Says("Ask for a report: a letter with a link goes at once to", s.People[kittest.Focal].Name, s.People[kittest.Deputy].Name)
	asks.Press("Write now").Says("The letters are posted.", "A letter about this pledge went out today.")
	desk.Post("/desk/"+ref, url.Values{"do": {"ask"}}).Says("A letter about this pledge went out today.")
	desk.Get("/desk/followup?show=due").Says("Train 300 officials by 2030", "Outside of the calendar")
	desk.Get("/desk/followup").SaysNot("Train 300 officials by 2030")
	s.letter("followup_request", "deputy@example.org")
	first := public.Get(s.asked("focal@example.org", sub.Published)).Is(200).Fill("narrative", "The course is planned.").Choose("In progress")
	first.Press("Send the report").Is(200).Says("The report is in the public register.")
	s.refresh()
	public.Get("/pledges/" + sub.Published).Is(200).Says("The course is planned.")
	desk.Get("/desk/followup?show=due").SaysNot("Train 300 officials by 2030")
	desk.Get("/desk/" + ref).Says("There is nothing to ask").SaysNot("Write now")

	// A year later the party is asked, and answers by the link in the letter, without an account.
	s.Later(370 * 24 * time.Hour)
	if err := s.rooms.followup.RemindToday(t.Context()); err != nil {
		t.Fatal(err)
	}
	page := public.Get(s.asked("focal@example.org", sub.Published)).Is(200).Says("Train 300 officials by 2030")
	page.Fill("narrative", "A hundred officials are trained.").Choose("In progress").Press("Send the report").Is(200).Says("The report is in the public register.")
	s.refresh()
	public.Get("/pledges/" + sub.Published).Is(200).Says("A hundred officials are trained.")
	s.erased(kittest.Focal)
	public.Get("/pledges/"+sub.Published).Is(200).Says("Train 300 officials by 2030", "A hundred officials are trained.")
	if _, err := s.Log.VerifyDatabase(t.Context()); err != nil {
		t.Error(err)
	}
}

// erased hands a person a copy of all that is kept about them, erases it, and finds nothing of it
// in any table.
func (s *stage) erased(who string) {
	s.T.Helper()
	ctx, p, admin := context.Background(), s.People[who], s.People[kittest.Administrator]
	dump := func() string {
		var rows strings.Builder
		if err := s.DB.Dump(ctx, &rows); err != nil {
			s.T.Fatal(err)
		}
		return rows.String()
	}
	held, err := s.rooms.access.Export(ctx, admin, p.ID)
	if err != nil {
		s.T.Fatal(err)
	}
	for _, part := range []string{p.Email, "letters", "reports", "pledges", "access_sign_in"} {
		if !strings.Contains(string(held), part) {
			s.T.Errorf("the copy for the person lacks %q", part)
		}
	}
	if before := dump(); !strings.Contains(before, p.Email) || !strings.Contains(before, p.Name) {
		s.T.Fatal("nothing is there to be erased")
	}
	if err := s.rooms.access.Erase(ctx, admin, p.ID); err != nil {
		s.T.Fatal(err)
	}
	for line := range strings.Lines(dump()) {
		if strings.Contains(line, p.Email) || strings.Contains(line, p.Name) {
			s.T.Errorf("after the erasure: %.300s", line)
		}
	}
}

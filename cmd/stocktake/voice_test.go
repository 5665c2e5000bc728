package main

import (
	"context"
	"slices"
	"strings"
	"testing"

	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/mail"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/comment"
	"stocktake/internal/web"
	"stocktake/internal/web/webtest"
	"stocktake/internal/web/work/kittest"
)

// under puts the whole house together under the embedded pack with other mandates.
func under(t *testing.T, change func(m *compact.Mandates, source string)) *stage {
	t.Helper()
	k := kittest.New(t)
	own := *k.Pack
	change(&own.Mandates, own.Sources[0].ID)
	k.Pack = &own
	h := &home{db: k.DB, pack: &own, log: k.Log, book: pledge.Book{Pack: &own, Log: k.Log}, base: kittest.Base}
	flags := workFlags{FourEyes: true}
	rooms, err := h.staffOf(flags, web.Site{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg := web.Config{Pack: &own, Index: k.Index, Log: k.Log, Clock: k.Clock, BaseURL: kittest.Base}
	work, err := h.workspace(rooms, cfg, flags, nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Work = work
	door, err := web.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &stage{&kittest.Site{House: k, Kit: work, Handler: door}, h, rooms}
}

// posted are the addresses that letters of a kind went to.
func (s *stage) posted(template string) (to []string) {
	s.T.Helper()
	s.Write(func(ctx context.Context, tx *db.Tx) error {
		all, err := s.rooms.mail.List(ctx, tx, mail.Filter{Template: template})
		for _, l := range all {
			to = append(to, l.Address)
		}
		return err
	})
	slices.Sort(to)
	return to
}

// With all rooms put together: a comment goes through the menu, the letters leave by the office,
// two reviewers are needed, and who wrote it can take it along.
func TestOthersAreHeardInTheWholeHouse(t *testing.T) {
	s := under(t, func(m *compact.Mandates, source string) { m.Assessment, m.Contestation = source, source })
	id := s.ID(webtest.Revised)
	author := s.As(kittest.Other)
	author.Get("/my").Follow("Comments").Is(200)
	author.Get("/my/"+id+"/comments").Fill("contests", "All of it").Fill("text", "Nothing was done.").Press("Hand it in").Is(200)
	desk := s.As(kittest.Reviewer)
	p := desk.Get("/desk").Follow("What others say").Follow(id + " · Portugal").Choose("It holds no personal data").Choose("It insults nobody").
		Choose("It speaks of this pledge or of a report on it").Press("Let it through and ask the party").Is(200)
	path := strings.TrimPrefix(p.Path, "/en")
	path, _, _ = strings.Cut(path, "?")
	if to := s.posted(comment.LetterAsked); !slices.Equal(to, []string{"deputy@example.org", "focal@example.org"}) {
		t.Errorf("asked are %v", to)
	}
	s.As(kittest.Focal).Get("/my/comments").Follow(id+" · Portugal").Fill("text", "Much was.").Press("Send the reply").Is(200)
	p = desk.Get(path).Is(200).Says("Somebody else than who screened or entered it publishes it.")
	for _, b := range p.All("button") {
		if b.Text() == "Publish" {
			t.Error("who screened it may publish it")
		}
	}
	second := s.As(kittest.Second).Get(path)
	hold := func(on bool) {
		if err := s.rooms.intake.Hold(t.Context(), s.People[kittest.Reviewer], "prt", on, "A question is open"); err != nil {
			t.Fatal(err)
		}
	}
	hold(true)
	second.Press("Publish").Is(422).Says("A party is on hold.")
	hold(false)
	second.Press("Publish").Is(200)
	if to := s.posted(comment.LetterPublished); !slices.Equal(to, []string{"deputy@example.org", "focal@example.org", "other@example.org"}) {
		t.Errorf("told are %v", to)
	}
	if err := s.Index.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.As(kittest.Nobody).Get("/pledges/"+id).Is(200).Says("Nothing was done.", "Much was.")
	export, err := s.rooms.access.Export(t.Context(), s.People[kittest.Other], s.People[kittest.Other].ID)
	if err != nil || !strings.Contains(string(export), "Nothing was done.") {
		t.Errorf("%s, %v", export, err)
	}
}

// The morning's letter to the desk counts them where the pack lets others speak, and has no line
// about them where it does not.
func TestTheDigestCountsWhatOthersSay(t *testing.T) {
	line := func(s *stage) string {
		t.Helper()
		if err := s.rooms.digest(t.Context(), s.DB); err != nil {
			t.Fatal(err)
		}
		var body string
		s.Write(func(ctx context.Context, tx *db.Tx) error {
			all, err := s.rooms.mail.List(ctx, tx, mail.Filter{Template: mail.LetterDigest, Person: s.People[kittest.Reviewer].ID})
			if len(all) > 0 {
				body = all[0].Body
			}
			return err
		})
		_, rest, _ := strings.Cut(body, "Overdue reports: ")
		_, rest, _ = strings.Cut(rest, "\n")
		rest, _, _ = strings.Cut(rest, "\n")
		return rest
	}
	s := under(t, func(m *compact.Mandates, source string) { m.Assessment, m.Contestation = source, source })
	id := s.ID(webtest.Revised)
	s.As(kittest.Other).Get("/my/"+id+"/comments").Fill("contests", "All of it").Fill("text", "Nothing was done.").Press("Hand it in").Is(200)
	if got := line(s); got != "Assessments and comments that wait for the desk: 1" {
		t.Errorf("the letter says %q", got)
	}
	s.As(kittest.Reviewer).Get("/desk/voices").Follow(id + " · Portugal").Choose("It holds no personal data").Choose("It insults nobody").
		Choose("It speaks of this pledge or of a report on it").Press("Let it through and ask the party").Is(200)
	s.Write(func(ctx context.Context, tx *db.Tx) error {
		if n, err := s.rooms.comments.Waiting(ctx, tx); n != 0 || err != nil {
			t.Errorf("%d wait for the desk while the party is asked, %v", n, err)
		}
		return nil
	})
	s.As(kittest.Focal).Get("/my/comments").Follow(id+" · Portugal").Fill("text", "Much was.").Press("Send the reply").Is(200)
	s.Write(func(ctx context.Context, tx *db.Tx) error {
		if n, err := s.rooms.comments.Waiting(ctx, tx); n != 1 || err != nil {
			t.Errorf("%d wait for the desk after the reply, %v", n, err)
		}
		return nil
	})
	without := under(t, func(*compact.Mandates, string) {})
	if got := line(without); !strings.HasPrefix(got, "Letters that came back") {
		t.Errorf("without a mandate the letter says %q", got)
	}
}

// Under the embedded pack, which cites no mandate, nothing of it is to be seen, and no letter of
// it can be edited.
func TestNobodyIsHeardWithoutAMandate(t *testing.T) {
	s := under(t, func(*compact.Mandates, string) {})
	s.As(kittest.Other).Get("/my").Is(200).SaysNot("Comments")
	s.As(kittest.Reviewer).Get("/desk").Is(200).SaysNot("What others say")
	s.As(kittest.Reviewer).Get("/desk/voices").Is(403).Says("The compact has given no mandate for this.")
	for _, a := range s.As(kittest.Administrator).Get("/desk/letters").Is(200).All("main a") {
		if strings.Contains(a.Get("href"), "comment_") {
			t.Errorf("a letter leads to %s", a.Get("href"))
		}
	}
	s.As(kittest.Nobody).Get("/pledges/"+s.ID(webtest.Revised)).Is(200).SaysNot("What others say", "Comment on this pledge")
}

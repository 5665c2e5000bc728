package voice_test

import (
	"strings"
	"testing"
	"time"

	"stocktake/internal/compact"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/comment"
	"stocktake/internal/register"
	"stocktake/internal/web/webtest"
	"stocktake/internal/web/work/kittest"
	"stocktake/internal/web/work/voice"
)

type site struct {
	*kittest.Site
	office *comment.Office
	id     string // a pledge of Kenya, with a report
}

// serve runs the area under a pack with these mandates.
func serve(t *testing.T, change func(*compact.Mandates, string)) *site {
	h := kittest.New(t)
	own := *h.Pack
	change(&own.Mandates, own.Sources[0].ID)
	h.Pack = &own
	office := &comment.Office{DB: h.DB, Pack: h.Pack, Book: pledge.Book{Pack: h.Pack, Log: h.Log}, Mail: h, People: h.Access, BaseURL: kittest.Base}
	return &site{h.Serve(voice.New(office)), office, h.ID(webtest.Revised)}
}

func both(m *compact.Mandates, source string) { m.Assessment, m.Contestation = source, source }

// public is the public page of the pledge as the register has it now.
func (s *site) public() *kittest.Page { return s.publicIn(lang.EN) }

func (s *site) publicIn(c lang.Code) *kittest.Page {
	s.T.Helper()
	if err := s.Index.Refresh(s.T.Context()); err != nil {
		s.T.Fatal(err)
	}
	return s.As(kittest.Nobody).In(c).Get("/pledges/" + s.id).Is(200)
}

func TestFromACommentToThePublicPage(t *testing.T) {
	s := serve(t, both)
	before := s.public().SaysNot("Portugal")
	author := s.As(kittest.Other)
	p := author.Get("/pledges/" + s.id).Follow("Comment on this pledge for another party").Is(200).Says("Nobody judges")
	p.Press("Hand it in").Is(422).Says("What is contested")
	p = p.Fill("contests", "That forty counties take part").Fill("text", "Write to jane@example.org.").Fill("report", "1").Fill("Evidence 1: web address", "https://example.org/count").Press("Hand it in").Is(422).Says("Leave out e-mail addresses")
	p = p.Fill("text", "Only thirty do.").Press("Save the draft").Is(200).Says("The draft was saved.")
	s.As(kittest.Reviewer).Get("/desk/voices").Is(200).Says("Nothing here.").SaysNot("Portugal")
	author.Get("/my/comments").Is(200).Says("Draft")
	p.Press("Hand it in").Is(200).Says("The comment is with the secretariat.", "Only thirty do.")

	s.As(kittest.Focal).Get("/my/"+s.id+"/comments").Is(200).SaysNot("Only thirty do.", "Portugal")
	desk := s.As(kittest.Reviewer)
	p = desk.Get("/desk/voices").Follow(s.id+" · Portugal").Is(200).Says("Only thirty do.", "That forty counties take part").SaysNot("Other Person")
	p.Choose("It holds no personal data").Press("Let it through and ask the party").Is(422).Says("All three have to be true")
	p = p.Choose("It holds no personal data").Choose("It insults nobody").Choose("It speaks of this pledge or of a report on it").Press("Let it through and ask the party").Is(200).Says("The party was asked for its reply.")
	at := p.Path
	for _, button := range p.All("button") {
		if button.Text() == "Publish" {
			t.Error("it can be published before the party has replied")
		}
	}
	s.public().SaysNot("Only thirty do.")

	letter := s.Letter("focal@example.org")
	if letter.Template != comment.LetterAsked || s.Letter("deputy@example.org").Template != comment.LetterAsked {
		t.Errorf("%+v", letter)
	}
	p = s.As(kittest.Focal).Get(strings.TrimPrefix(letter.Data["Link"], kittest.Base+"/en")).Is(200).Says("Only thirty do.", "You may reply until")
	p.Fill("text", "Forty by May.").Press("Send the reply").Is(200).Says("The reply is stored.", "Forty by May.")
	desk.Get("/desk/voices?show=ready").Says("Portugal")
	desk.Get(at[len("/en"):]).Press("Publish").Is(200).Says("It is in the public register.")

	page := s.public().Says("What others say; not a judgement of the secretariat", "Only thirty do.", "Forty by May.", "Portugal", "on Report 1", "That forty counties take part").SaysNot("Other Person", "Focal Person")
	if was, is := before.First("aside").Text(), page.First("aside").Text(); was != is {
		t.Errorf("the facts changed from %q to %q", was, is)
	}
	receipt := s.As(kittest.Nobody).Get(page.First(".voices .small a").Get("href")).Is(200)
	if report, err := register.VerifyReceipt([]byte(receipt.Body), ""); err != nil || report.Size == 0 {
		t.Errorf("%+v, %v", report, err)
	}
	s.As(kittest.Nobody).Get("/pledges/" + s.id + "/voices/0/receipt").Is(404)
	s.As(kittest.Nobody).Get("/pledges/" + s.id + "/history").Is(200).Says("Comment 1: published")
	for _, c := range lang.All {
		said := s.publicIn(c).First(".voices li p[lang]")
		if said.Get("lang") != "en" || said.Get("dir") != "ltr" {
			t.Errorf("%s: %q %q", c, said.Get("lang"), said.Get("dir"))
		}
	}
}

func TestWhatStopsOnTheWay(t *testing.T) {
	s := serve(t, both)
	author, desk := s.As(kittest.Other), s.As(kittest.Reviewer)
	hand := func(words string) *kittest.Page {
		author.Get("/my/"+s.id+"/comments").Fill("contests", "All of it").Fill("text", words).Press("Hand it in").Is(200)
		return desk.Get("/desk/voices").Follow(s.id + " · Portugal").Is(200)
	}
	p := hand("Fools.")
	p.Press("Decline and tell why").Is(422)
	p.Choose("It holds an insult. The same can be said without one.").Press("Decline and tell why").Is(200).Says("its author was told why")
	if l := s.Letter("other@example.org"); l.Template != comment.LetterDeclined || !strings.Contains(l.Data["Reason"], "insult") {
		t.Errorf("%+v", l)
	}
	author.Get("/my/"+s.id+"/comments").Says("Declined", "It holds an insult.")
	n := len(s.Letters())
	hand("Buy now.").Press("Set aside").Is(200).Says("is kept")
	author.Get("/my/" + s.id + "/comments").Says("With the secretariat").SaysNot("Set aside")
	desk.Get("/desk/voices?show=stopped").Follow(s.id + " · Portugal").Is(200)
	if len(s.Letters()) != n {
		t.Error("somebody was told of spam")
	}
	s.public().SaysNot("Buy now.", "Fools.")
	s.As(kittest.Focal).Get("/my/" + s.id + "/comments/x").Is(404)
	s.As(kittest.Focal).Post("/my/"+s.id+"/comments", map[string][]string{"by": {"ken"}, "report": {"0"}, "contests": {"x"}, "text": {"y"}, "language": {"en"}, "do": {"save"}}).Is(403)
}

func TestSilenceIsPublishedWithItsDay(t *testing.T) {
	s := serve(t, func(m *compact.Mandates, source string) { m.Contestation, m.ReplyDays = source, 10 })
	author, desk := s.As(kittest.Other), s.As(kittest.Reviewer)
	author.Get("/my/"+s.id+"/comments").Fill("contests", "All of it").Fill("text", "Nothing was done.").Press("Hand it in").Is(200)
	desk.Get("/desk/voices").Follow(s.id + " · Portugal").Choose("It holds no personal data").Choose("It insults nobody").Choose("It speaks of this pledge or of a report on it").Press("Let it through and ask the party").Is(200)
	until := s.Clock().Add(10 * 24 * time.Hour).Format(time.DateOnly)
	s.Later(11 * 24 * time.Hour)
	desk = s.As(kittest.Reviewer)
	desk.Get("/desk/voices?show=ready").Follow(s.id + " · Portugal").Press("Publish").Is(200)
	s.public().Says("Nothing was done.", "No reply received by "+lang.Date(lang.EN, until)+".")
	p := s.As(kittest.Focal).Get("/my/comments").Follow(s.id + " · Portugal").Is(200).Says("The comment is public.")
	p.Fill("text", "Much was.").Press("Send the reply").Is(200)
	s.public().SaysNot("Much was.")
	desk.Get("/desk/voices?show=ready").Follow(s.id + " · Portugal").Press("Publish").Is(200)
	s.public().Says("Much was.").SaysNot("No reply received")
	desk.Get("/desk/voices/new").Is(403).Says("The compact has given no mandate for this.")
}

func TestAnAssessmentIsEnteredAndPublished(t *testing.T) {
	s := serve(t, func(m *compact.Mandates, source string) { m.Assessment = source })
	desk := s.As(kittest.Reviewer)
	p := desk.Get("/desk/voices").Follow("Enter an independent assessment").Is(200)
	p.Press("Enter it").Is(422).Says("Number of the pledge")
	p = p.Fill("pledge", strings.ToLower(s.id)).Fill("report", "9").Fill("assessor", "Institute for Example Studies").Choose("It is an institution and not a private person").
		Fill("on.day", "1").Fill("on.month", "5").Fill("on.year", "2022").Fill("source", "https://example.org/study").Fill("finding", "دراسة مستقلة.").Fill("language", "ar")
	p = p.Press("Enter it").Is(422).Says("The pledge has no report with this number.")
	p = p.Fill("report", "").Press("Enter it").Is(200).Says("It was entered and waits for publication.", "Institute for Example Studies")
	s.public().SaysNot("Institute for Example Studies")
	p.Press("Publish").Is(200).Says("It is in the public register.")
	page := s.public().Says("Independent assessment", "Institute for Example Studies", "https://example.org/study", "دراسة مستقلة.")
	if said := page.First(".voices li p[dir]"); said.Get("dir") != "rtl" || said.Get("lang") != "ar" {
		t.Errorf("%q %q", said.Get("dir"), said.Get("lang"))
	}
	page.SaysNot("Comment on this pledge for another party", "Reviewer Person")
	s.As(kittest.Other).Get("/my/" + s.id + "/comments").Is(403).Says("The compact has given no mandate for this.")
}

func TestWithoutAMandateThereIsNothing(t *testing.T) {
	s := serve(t, func(*compact.Mandates, string) {})
	s.public().SaysNot("What others say", "Comment on this pledge")
	for who, paths := range map[string][]string{
		kittest.Other:    {"/my/comments", "/my/" + s.id + "/comments"},
		kittest.Reviewer: {"/desk/voices", "/desk/voices/new"},
	} {
		for _, path := range paths {
			p := s.As(who).Get(path).Is(403).Says("The compact has given no mandate for this.")
			for _, link := range p.All("nav a") {
				if link.Get("hreflang") == "" && strings.Contains(link.Get("href"), "/comments") || link.Get("hreflang") == "" && strings.Contains(link.Get("href"), "/voices") {
					t.Errorf("a menu leads to %s", link.Get("href"))
				}
			}
		}
	}
	s.As(kittest.Nobody).Get("/pledges/" + s.id + "/voices/1/receipt").Is(404)
}

// Two windows never overwrite each other unseen, and a form that is sent twice counts once.
func TestTwoWindows(t *testing.T) {
	s := serve(t, both)
	author := s.As(kittest.Other)
	path := "/my/" + s.id + "/comments"
	first := author.Get(path).Fill("contests", "All of it").Fill("text", "The first window.").Press("Save the draft").Is(200)
	second := author.Get(path)
	first.Fill("text", "The first window, longer.").Press("Save the draft").Is(200)
	p := second.Fill("text", "The second window.").Press("Save the draft").Is(422).Says("The first window, longer.", "The second window.")
	p.Press("Save the draft").Is(200).Says("The draft was saved.").SaysNot("The first window")
	p = author.Get(path)
	p.Press("Hand it in").Is(200).Says("The comment is with the secretariat.")
	author.Post(path, map[string][]string{"by": {"prt"}, "report": {"0"}, "contests": {"All of it"}, "text": {"The second window."}, "language": {"en"}, "do": {"send"}}).Is(200).Says("The comment is with the secretariat.")
	author.Post(path, map[string][]string{"by": {"prt"}, "report": {"0"}, "contests": {"More"}, "text": {"And more."}, "language": {"en"}, "do": {"send"}}).Is(422).Says("A comment of this party on this pledge is under way.")
	all, err := s.office.List(t.Context(), s.People[kittest.Reviewer])
	if err != nil || len(all) != 1 || all[0].Comment.Text != "The second window." {
		t.Fatalf("%+v, %v", all, err)
	}

	c, err := s.office.Screen(t.Context(), s.People[kittest.Reviewer], all[0].ID, all[0].Version, comment.Checks{NoPersonalData: true, NoInsult: true, OnSubject: true})
	if err != nil {
		t.Fatal(err)
	}
	late := s.As(kittest.Deputy).Get(path + "/" + c.ID)
	s.As(kittest.Focal).Get(path+"/"+c.ID).Fill("text", "From the first contact.").Press("Send the reply").Is(200)
	p = late.Fill("text", "From the deputy.").Press("Send the reply").Is(422).Says("From the first contact.", "From the deputy.")
	p.Press("Send the reply").Is(200).Says("From the deputy.").SaysNot("From the first contact.")
	desk := s.As(kittest.Reviewer).Get("/desk/voices/" + c.ID)
	s.As(kittest.Focal).Get(path+"/"+c.ID).Fill("text", "Both of us.").Press("Send the reply").Is(200)
	desk.Press("Publish").Is(422).Says("Both of us.").Press("Publish").Is(200).Says("It is in the public register.")
}

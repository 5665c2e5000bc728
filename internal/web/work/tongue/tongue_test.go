package tongue_test

import (
	"context"
	"strings"
	"testing"

	"stocktake/internal/db"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/translate"
	"stocktake/internal/web/webtest"
	"stocktake/internal/web/work/kit"
	"stocktake/internal/web/work/kittest"
	"stocktake/internal/web/work/tongue"
)

func TestArea(t *testing.T) {
	kittest.Area(t, tongue.New(nil),
		"tongue.why.wanted", "tongue.why.stale", "tongue.why.missing", "tongue.state.draft", "tongue.state.offered", "tongue.state.published",
		"tongue.held", "tongue.machine_off", "tongue.empty", "tongue.original_changed")
}

func serve(t testing.TB) *kittest.Site {
	h := kittest.New(t)
	return h.Serve(area(h))
}

func area(h *kittest.House) kit.Area {
	return tongue.New(&translate.Desk{DB: h.DB, Pack: h.Pack, Book: pledge.Book{Pack: h.Pack, Log: h.Log}})
}

func path(s *kittest.Site, serial int64, c lang.Code) string {
	return "/desk/translations/" + s.ID(serial) + "/" + string(c)
}

func TestFromTheQueueToThePublicPage(t *testing.T) {
	s := serve(t)
	id := s.ID(webtest.Revised)
	p := s.As(kittest.Translator).Get("/desk/translations").Is(200).Says("Birth registration for every child", "Missing")
	if now := p.First(".tabs [aria-current]").Text(); !strings.HasPrefix(now, "Français") {
		t.Errorf("a translator into French sees %q first", now)
	}
	p = p.Follow(id).Is(200).Says("The original prevails", "Every child born on the territory")
	p = p.Press("I take it").Is(200).Says("Translator Person is at it")
	p = p.Fill("Title", "L’enregistrement des naissances").Fill("Summary", strings.Repeat("mot ", 61)).Press("Ready to publish").Is(422).Says("at most 60 words")
	p = p.Fill("Summary", "Chaque enfant est enregistré à la naissance.").Press("Ready to publish").Is(200).Says("ready to publish")
	p.SaysNot("Approve for the party")
	s.As(kittest.Reviewer).Get(path(s, webtest.Revised, lang.FR)).Is(200).Says("Version 2", "Version 1").Press("Publish").Is(200).Says("in the public register")
	s.As(kittest.Translator).Get("/desk/translations").SaysNot("Birth registration for every child")
	err := s.DB.Read(t.Context(), func(tx *db.Tx) error {
		all, err := pledge.Translations(context.Background(), tx, id)
		if len(all) != 1 || all[0].Title != "L’enregistrement des naissances" || all[0].Summary == "" || all[0].By != "human" {
			t.Errorf("%+v", all)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEitherDirection(t *testing.T) {
	s := serve(t)
	for _, tt := range []struct {
		serial   int64
		into     lang.Code
		from, to string
	}{{webtest.Revised, lang.AR, "ltr", "rtl"}, {webtest.Arabic, lang.ES, "rtl", "ltr"}} {
		p := s.As(kittest.Reviewer).In(lang.AR).Get(path(s, tt.serial, tt.into)).Is(200)
		for _, e := range p.All("section p") {
			if e.Get("lang") != "" && e.Get("dir") != tt.from {
				t.Errorf("original of %d: %q", tt.serial, e.Get("dir"))
			}
		}
		if !strings.Contains(p.Body, `<p lang="`) {
			t.Error("no original")
		}
		if d := p.First("textarea[name=summary]").Get("dir"); d != tt.to {
			t.Errorf("translation of %d into %s: %q", tt.serial, tt.into, d)
		}
	}
}

func TestTwoAtOnce(t *testing.T) {
	s := serve(t)
	first, second := s.As(kittest.Reviewer), s.As(kittest.Second)
	at := path(s, webtest.Revised, lang.RU)
	a, b := first.Get(at), second.Get(at)
	a.Fill("title", "Первый").Press("Save").Is(200).Says("was saved")
	b.Fill("title", "Второй").Press("Save").Is(422).Says("Somebody else")
	first.Get(at).Press("Give it back").Is(200)
	b = b.Fill("title", "Второй").Press("Save").Is(422).Says("What is stored now", "Первый")
	b.Fill("title", "Второй, лучше").Press("Save").Is(200).Says("Version 2", "Первый")
}

func TestTheOriginalHasChanged(t *testing.T) {
	s := serve(t)
	at := path(s, webtest.Ministry, lang.FR)
	s.As(kittest.Translator).Get(at).Fill("title", "Un guichet").Press("Save").Is(200)
	s.Write(func(ctx context.Context, tx *db.Tx) error {
		c, err := pledge.Get(ctx, tx, s.ID(webtest.Ministry))
		if err != nil {
			return err
		}
		c.Text = strings.Replace(c.Text, "seven", "eight", 1)
		_, err = pledge.Book{Pack: s.Pack, Log: s.Log}.Revise(ctx, tx, pledge.Terms{Actor: "prt", Mode: pledge.ByImport}, c.Pledge)
		return err
	})
	p := s.As(kittest.Reviewer).Get(at).Is(200).Says("The original has changed since")
	if p.First("del").Text() != "seven" || p.First("ins").Text() != "eight" {
		t.Errorf("%s", p.First(".diff").Text())
	}
}

func TestTheParty(t *testing.T) {
	s := serve(t)
	at := path(s, webtest.Revised, lang.ES)
	s.As(kittest.Other).Get(at).Is(403)
	s.As(kittest.Bare).Get("/desk/translations").Is(403)
	s.As(kittest.Deputy).Get(at).Is(200).SaysNot("Approve for the party")
	s.As(kittest.Focal).Get(at).Is(200).Fill("title", "Registro de nacimientos").Press("Approve for the party").Is(200).Says("The party has approved this text.", "Approved by Kenya")
	s.As(kittest.Observer).Get(at).Is(200).Says("not write it")
	s.As(kittest.Reviewer).Get(at).Press("Publish").Is(200).Says("in the public register")
}

// Who opens a translation that another has open is told so; the party learns no names.
func TestWhoElseHasItOpen(t *testing.T) {
	s := serve(t)
	twin := s.Serve(area(s.House)) // another server on the same database
	at := path(s, webtest.Revised, lang.FR)
	s.As(kittest.Translator).Get(at).SaysNot("has had this open")
	twin.As(kittest.Reviewer).Get(at).Says("Translator Person has had this open since")
	s.As(kittest.Focal).Get(at).Says("Somebody else has had this open since").SaysNot("Translator Person")
}

package voice_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"stocktake/internal/e2e/browser"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/comment"
	"stocktake/internal/web/work/kittest"
)

var chromium browser.Browser

func TestMain(m *testing.M) {
	status := m.Run()
	chromium.Close()
	os.Exit(status)
}

// Nothing is to be found on any page by axe-core, the public one included, and no page is wider
// than a small telephone.
func TestPagesAreSoundForEverybody(t *testing.T) {
	axe, err := os.ReadFile("../../../e2e/testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, both)
	ctx, author, desk := t.Context(), s.People[kittest.Other], s.People[kittest.Reviewer]
	must := func(c comment.Case, err error) comment.Case {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	handedIn := func() comment.Case {
		c := must(s.office.Begin(ctx, author, s.id, pledge.Comment{By: "prt", Report: 1, Contests: "That forty counties take part", Text: "Only thirty do.\nSee the count.", Language: lang.EN,
			Evidence: []pledge.Link{{URL: "https://example.org/count", Title: "The count"}}}))
		return must(s.office.Submit(ctx, author, c.ID, c.Version))
	}
	seen := comment.Checks{NoPersonalData: true, NoInsult: true, OnSubject: true}
	declined := handedIn()
	must(s.office.Decline(ctx, desk, declined.ID, declined.Version, comment.Insult))
	public := handedIn()
	public = must(s.office.Screen(ctx, desk, public.ID, public.Version, seen))
	public = must(s.office.Reply(ctx, s.People[kittest.Focal], public.ID, public.Version, pledge.Reply{Text: "أربعون بحلول أيار.", Language: lang.AR}))
	must(s.office.Publish(ctx, desk, public.ID, public.Version))
	study := must(s.office.Enter(ctx, desk, s.id, pledge.Assessment{Assessor: "Institute for Example Studies", On: "2022-06-01", Source: "https://example.org/" + strings.Repeat("a-long-address/", 8), Finding: "Half of them.", Language: lang.EN}))
	must(s.office.Publish(ctx, desk, study.ID, study.Version))
	aside := must(s.office.Enter(ctx, desk, s.id, study.Assessment))
	must(s.office.SetAside(ctx, desk, aside.ID, aside.Version))
	waits := handedIn()
	s.public()

	pages := map[string][]string{
		kittest.Reviewer: {"/desk/voices", "/desk/voices?show=public", "/desk/voices/" + waits.ID, "/desk/voices/" + public.ID, "/desk/voices/" + aside.ID, "/desk/voices/new"},
		kittest.Other:    {"/my/comments", "/my/" + s.id + "/comments"},
		kittest.Nobody:   {"/pledges/" + s.id, "/pledges/" + s.id + "/history"},
	}
	look := func(who string, paths []string) {
		var cookie *http.Cookie
		if who != kittest.Nobody {
			cookie = s.Cookie(who)
		}
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if cookie != nil {
				r.AddCookie(cookie)
			}
			s.Handler.ServeHTTP(w, r)
		}))
		defer srv.Close()
		tab := chromium.Tab(t)
		for _, x := range []struct {
			lang    lang.Code
			setting browser.Setting
		}{{lang.EN, browser.Setting{}}, {lang.AR, browser.Setting{Width: 320, Dark: true}}} {
			tab.Set(x.setting)
			for _, path := range paths {
				tab.Open(srv.URL + "/" + string(x.lang) + path)
				tab.Sound(string(axe), path+" in "+string(x.lang))
			}
		}
	}
	for who, paths := range pages {
		look(who, paths)
	}
	must(s.office.Screen(ctx, desk, waits.ID, waits.Version, seen))
	look(kittest.Other, []string{"/my/" + s.id + "/comments"})                  // with one under way
	look(kittest.Focal, []string{"/my/" + s.id + "/comments/" + waits.ID})      // to be replied to
	look(kittest.Reviewer, []string{"/desk/voices?show=asked", "/my/comments"}) // and one that is refused
}

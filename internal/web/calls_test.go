package web_test

import (
	"context"
	"strings"
	"testing"

	"stocktake/internal/db"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/web"
	"stocktake/internal/web/webtest"
)

// named are calls with names, that can be given others.
type named struct {
	edition int64
	titles  map[string]map[lang.Code]string
}

func (n *named) Name(call string, c lang.Code) string { return n.titles[call][c] }
func (n *named) Edition() int64                       { return n.edition }

// A call is named as its organiser calls it, in the reader's language; one that nobody knows has the
// word that the register has. A page that is kept ready does not keep an old name.
func TestCallsAreNamed(t *testing.T) {
	f := fresh(t)
	ctx := context.Background()
	publish := func(call string) (id string) {
		p := webtest.Offers(f.Pack)[0].Pledge
		p.ID, p.Title, p.Call = "", "It answers "+call, call
		err := f.DB.Write(ctx, func(tx *db.Tx) error {
			out, err := f.Book.Publish(ctx, tx, pledge.Terms{Actor: "office:secretariat", Mode: pledge.ByImport}, p)
			id = out.ID
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	known, strange := publish("forum-2026"), publish("old-call")
	if err := f.Index.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	calls := &named{1, map[string]map[lang.Code]string{"forum-2026": {}}}
	for _, c := range lang.All {
		calls.titles["forum-2026"][c] = "The <forum> of 2026 in " + c.Autonym()
	}
	s := over(t, f, func(c *web.Config) { c.Demo, c.Calls = true, calls })
	text := func(path string) string { return s.get(t, path).First("main").Text() }
	for _, c := range lang.All {
		name := calls.titles["forum-2026"][c]
		for _, path := range []string{"/pledges/" + known, "/pledges?call=forum-2026", "/pledges"} {
			d := s.get(t, "/"+string(c)+path)
			checkPage(t, d, c)
			if !strings.Contains(d.First("main").Text(), name) {
				t.Errorf("%s does not call the call %q", path, name)
			}
		}
		if says := text("/" + string(c) + "/pledges/" + known); strings.Contains(strings.Replace(says, "It answers forum-2026", "", 1), "forum-2026") {
			t.Errorf("%s: the pledge has the word of the register", c)
		}
		if says := text("/" + string(c) + "/pledges/" + strange); !strings.Contains(strings.Replace(says, "It answers old-call", "", 1), "old-call") {
			t.Errorf("%s: a call that nobody knows is not named", c)
		}
	}
	option := s.get(t, "/en/pledges").First(`select[name=call] option[value=forum-2026]`)
	if option.Text() != calls.titles["forum-2026"][lang.EN] {
		t.Errorf("the filter offers %q", option.Text())
	}
	calls.edition, calls.titles = 2, map[string]map[lang.Code]string{"forum-2026": {lang.EN: "The second name"}}
	if says := text("/en/pledges/" + known); !strings.Contains(says, "The second name") {
		t.Error("the page keeps the old name")
	}
	bare := over(t, f)
	if says := bare.get(t, "/en/pledges/"+known).First("main").Text(); !strings.Contains(strings.Replace(says, "It answers forum-2026", "", 1), "forum-2026") {
		t.Error("without names the call is not shown")
	}
}

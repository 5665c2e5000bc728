package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"stocktake/internal/db"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
	"stocktake/internal/web"
	"stocktake/internal/web/webtest"
)

// beside publishes figures, once corrected, and announcements, one of them awaited no more.
func beside(t *testing.T, f *webtest.Fixture) {
	t.Helper()
	ctx := context.Background()
	aside := 2
	figures := func(on, published string, f pledge.Figures) register.Draft {
		f.Schema, f.On = 1, on
		return draft(t, pledge.FiguresKind, on, published, f)
	}
	announcement := func(id, published string, status pledge.AnnouncementStatus) register.Draft {
		code, _, _ := strings.Cut(id, "/")
		return draft(t, pledge.AnnouncementKind, id, published, pledge.Announcement{
			Schema: 1, Party: code, On: "2026-11-18", Occasion: "Examen régional", Language: lang.FR, Status: status})
	}
	err := f.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := f.Log.Append(ctx, tx,
			figures("2026-10-31", "2026-11-01", pledge.Figures{Received: 31, InReview: 7, Returned: 3, Published: 19}),
			figures("2026-11-20", "2026-11-21", pledge.Figures{Received: 44, InReview: 12, Returned: 4, Published: 25}),
			figures("2026-10-31", "2026-11-22", pledge.Figures{Received: 33, InReview: 7, Returned: 3, Published: 19, SetAside: &aside}),
			announcement("ken/1", "2026-11-21", pledge.Awaited),
			announcement("prt/1", "2026-11-21", pledge.Awaited),
			announcement("prt/1", "2026-11-22", pledge.Dropped),
		)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Index.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
}

func draft(t *testing.T, kind, id, published string, v any) register.Draft {
	t.Helper()
	payload, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return register.Draft{Actor: "office:secretariat", Kind: kind, Subject: kind + ":" + id, Effective: published, Payload: payload}
}

func fresh(t *testing.T) *webtest.Fixture {
	t.Helper()
	f, err := webtest.Open(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func TestPublishedFigures(t *testing.T) {
	f := fresh(t)
	s := over(t, f, func(c *web.Config) { c.Demo = true })
	if text := s.get(t, "/en/about/figures").First("main").Text(); !strings.Contains(text, "No such figures had been published by 23 November 2026.") {
		t.Errorf("without figures the page says %q", text)
	}
	beside(t, f)
	for _, c := range append([]lang.Code{"ar?digits=arab"}, lang.All...) {
		code, query, _ := strings.Cut(string(c), "?")
		d := s.get(t, "/"+code+"/about/figures?"+query)
		checkPage(t, d, lang.Code(code))
		if n := len(d.All(".tally dt")); n != 4 { // how many were set aside on the latest day is not public
			t.Errorf("%s: %d figures", c, n)
		}
		if rows, corrected := len(d.All("#main table")[0].All("tbody tr")), len(d.All("#main table")[1].All("tbody tr")); rows != 2 || corrected != 1 {
			t.Errorf("%s: %d days and %d corrected ones", c, rows, corrected)
		}
	}
	d := s.get(t, "/en/about/figures")
	for _, says := range []string{"At the end of 20 November 2026", "44", "12", "25", "Left out:", "not public"} {
		if !strings.Contains(d.First("main").Text(), says) {
			t.Errorf("the page does not say %q", says)
		}
	}
	if row := d.First("tbody tr").Text(); !strings.Contains(row, "version 1") || d.First("tbody tr a").Get("href") != "/api/v1/figures/2026-11-20/receipt" {
		t.Errorf("the first row is %q", row)
	}
	then := s.get(t, "/en/about/figures?as_of=2026-11-10")
	if text := then.First("main").Text(); !strings.Contains(text, "At the end of 31 October 2026") || strings.Contains(text, "20 November") || len(then.All("#main table")) != 1 {
		t.Errorf("as of 10 November it says %q", text)
	}
	for _, path := range []string{"/en/", "/ar/pledges", "/zh/about"} {
		d := s.get(t, path)
		lang := path[:3]
		if n := len(d.All(`footer a[href="` + lang + `/about/figures"]`)); n != 1 {
			t.Errorf("%s has %d links to the figures in its foot", path, n)
		}
	}
}

// What was announced stands in a list of its own, with nothing but party, occasion and day, and in no
// number anywhere.
func TestAnnouncementsStandApart(t *testing.T) {
	f := fresh(t)
	s := over(t, f)
	paths := []string{"/en/", "/en/pledges", "/en/pledges?party=ken", "/en/parties", "/en/parties/ken", "/en/objectives", "/en/objectives/1", "/en/changes?since=2022-05-20"}
	numbers := func() map[string]string {
		all := map[string]string{}
		for _, path := range paths {
			d := s.get(t, path)
			for _, attr := range []string{"data-count", "data-total", "data-of", "data-top"} {
				for _, e := range d.All("[" + attr + "]") {
					all[path] += attr + "=" + e.Get(attr) + " "
				}
			}
			for _, e := range d.All(".bars td") {
				all[path] += e.Text() + " "
			}
		}
		return all
	}
	before := numbers()
	beside(t, f)
	for path, after := range numbers() {
		if after != before[path] {
			t.Errorf("%s had %s and has %s", path, before[path], after)
		}
	}
	for _, c := range lang.All {
		for _, path := range []string{"/pledges", "/parties/ken"} {
			d := s.get(t, "/"+string(c)+path)
			if list := d.All(".awaited li"); len(list) != 1 || list[0].First("bdi[lang=fr]").Text() != "Examen régional" {
				t.Errorf("/%s%s lists %d announcements", c, path, len(list))
			}
		}
	}
	for path, want := range map[string]int{
		"/en/parties/prt": 0, "/en/pledges?objective=1": 0, "/en/pledges?as_of=2026-11-20": 0,
		"/en/pledges?as_of=2026-11-21": 2, "/en/parties/prt?as_of=2026-11-21": 1,
	} {
		if n := len(s.get(t, path).All(".awaited li")); n != want {
			t.Errorf("%s lists %d announcements, want %d", path, n, want)
		}
	}
	if text := s.get(t, "/en/pledges").First("details.awaited").Text(); !strings.Contains(text, "they are in no total") || !strings.Contains(text, "18 November 2026") {
		t.Errorf("the list says %q", text)
	}
}

// The history of a pledge that answers an announcement begins with the announcement, from the moment
// at which the register says which pledge that is.
func TestTheHistoryHasTheAnnouncement(t *testing.T) {
	f := fresh(t)
	s := over(t, f, func(c *web.Config) { c.Demo = true })
	id := f.ID(webtest.Revised)
	entries := func(d webtest.Doc, says string) (n int) {
		for _, e := range d.All("ol.list li") {
			if strings.Contains(e.Text(), says) {
				n++
			}
		}
		return n
	}
	path := "/pledges/" + id + "/history"
	before := len(s.get(t, "/en"+path).All("ol.list li"))
	beside(t, f)
	if n := len(s.get(t, "/en"+path).All("ol.list li")); n != before {
		t.Errorf("%d entries, and %d with announcements of others", before, n)
	}
	size := f.Index.Snapshot().Size()
	err := f.DB.Write(context.Background(), func(tx *db.Tx) error {
		_, err := f.Log.Append(context.Background(), tx, draft(t, pledge.AnnouncementKind, "ken/1", "2026-11-22", pledge.Announcement{
			Schema: 1, Party: "ken", On: "2026-11-18", Occasion: "Examen régional", Language: lang.FR, Status: pledge.Answered, Pledge: id}))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Index.Refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, c := range lang.All {
		d := s.get(t, "/"+string(c)+path)
		checkPage(t, d, c)
		if n := len(d.All("ol.list li")); n != before+2 || entries(d, "Examen régional") != 2 {
			t.Errorf("%s: %d entries, want two more than %d", c, n, before)
		}
	}
	d := s.get(t, "/en"+path)
	if entries(d, "text awaited") != 1 || entries(d, "answered by this pledge") != 1 || entries(d, "18 November 2026") != 2 {
		t.Errorf("the history says %q", d.First("ol.list").Text())
	}
	if n := entries(s.get(t, fmt.Sprintf("/en%s?at=%d", path, size)), "Examen"); n != 0 {
		t.Errorf("before the register said so there are %d", n)
	}
}

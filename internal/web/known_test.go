package web_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/explore"
	"stocktake/internal/pledge"
	"stocktake/internal/web"
	"stocktake/internal/web/webtest"
)

// A report that is entered later, and became public earlier, moves a figure of that day: both values
// and the difference are shown, and each leads to its rows.
func TestAFigureThatALaterEntryMoved(t *testing.T) {
	f := fresh(t)
	ctx := context.Background()
	v, err := f.Index.Snapshot().View(explore.Query{}, webtest.Today)
	if err != nil {
		t.Fatal(err)
	}
	silent := ""
	for _, it := range v.Items(0, v.Totals.Pledges) {
		if it.LastReport == nil {
			silent = it.Pledge.ID
		}
	}
	later := func() time.Time { return webtest.Clock().AddDate(0, 0, 3) }
	f.DB.SetClock(later)
	err = f.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := f.Log.Append(ctx, tx, draft(t, pledge.ReportKind, silent+"/1", webtest.Today, pledge.Report{Schema: 1, Pledge: silent, Number: 1, Stage: pledge.Planning, Language: "en"}))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Index.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	s := over(t, f, func(c *web.Config) { c.Clock = later })
	d := s.get(t, "/en/?as_of="+webtest.Today)
	text := d.First(".known").Text()
	if !strings.Contains(text, "pledges reported on by what is known today") || !strings.Contains(text, "The difference, +1, was recorded later.") {
		t.Fatalf("of what was known it says %q", text)
	}
	for _, n := range numbers(t, d.First(".known")) {
		if got := s.get(t, n.href).First("[data-total]").Get("data-total"); got == "" || !strings.HasPrefix(n.what, got+" ") {
			t.Errorf("%q leads to %s", n.what, got)
		}
	}
}

package desk

import (
	"strings"
	"testing"

	"stocktake/internal/pledge"
	"stocktake/internal/pledge/followup"
	"stocktake/internal/web/webtest"
	"stocktake/internal/web/work/follow"
	"stocktake/internal/web/work/kittest"
)

// A pledge that came by an import is in no list of the desk. By its number the desk finds it, asks
// about it, and takes it into its work; what is there already opens at once.
func TestAnImportedPledgeIsFoundByItsNumber(t *testing.T) {
	o := open(t)
	office := &followup.Office{DB: o.DB, Pack: o.Pack, Book: pledge.Book{Pack: o.Pack, Log: o.Log}, Mail: o, People: o.Access, BaseURL: kittest.Base,
		Calendar: followup.Calendar{EveryMonths: 12, RemindBefore: []int{30, 7}}}
	o.Site = o.Serve(New(o.desk, nil, office), follow.New(office, nil))
	id := o.ID(webtest.Revised)
	desk := o.As(kittest.Reviewer)

	find := func(typed string) *kittest.Page { return desk.Get("/desk").Fill("find", typed).Press("Open") }
	for _, typed := range []string{"GCM-9999", "S-222222", "registration", "GCM-"} {
		find(typed).Is(404).Says("There is no pledge with this reference or number.")
	}
	page := find(" gcm-1 ").Is(200).Says(id, "Birth registration for every child", "Kenya", "Write now", "Follow-up", "Public page")
	page.Press("Write now").Is(200).Says("The letters are posted.")
	if l := o.Letter("focal@example.org"); l.Template != followup.LetterRequest {
		t.Errorf("%+v", l)
	}
	o.As(kittest.Observer).Get("/desk/pledge/"+id).Is(200).Says("Birth registration for every child").SaysNot("Write now", "Take it into the desk’s work")
	o.As(kittest.Focal).Get("/desk/pledge/" + id).Is(403)

	page = find(id).Press("Take it into the desk’s work").Is(200).Says("Birth registration for every child", "Publish a correction", "All texts, with what changed")
	ref := page.First(".kicker code").Text()
	for _, typed := range []string{id, "GCM-1", ref, " " + ref[:4] + ref[4:]} {
		if got := find(typed).Is(200).First(".kicker code").Text(); got != ref {
			t.Errorf("%q leads to %s, not %s", typed, got, ref)
		}
	}
	desk.Get("/desk/pledge/" + id).Is(200).Says(ref) // an old link leads on
	desk.Get("/desk?state=published").Says(id)
	if body := desk.Get("/desk/followup").Body; !strings.Contains(body, `href="/en/desk#find"`) {
		t.Error("the lists of follow-up do not lead there")
	}
}

package desk

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/work/kittest"
)

// Several lines are kept in one go, and kept with a decision; a form without the checklist leaves
// it as it is.
func TestTheChecklistIsKept(t *testing.T) {
	o := open(t)
	s := o.submit("Every birth registered")
	desk := o.As(kittest.Reviewer)
	ticked := func(lines ...string) {
		t.Helper()
		got, err := o.desk.Get(t.Context(), o.People[kittest.Reviewer], s.Ref)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got.Ticked)
		if diff := cmp.Diff(lines, got.Ticked); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
	desk.Get("/desk/" + s.Ref).Choose("It names no private person").Choose("It is about this compact").Press("Keep the checklist").Is(200)
	ticked("personal_data", "scope")
	desk.Get("/desk/"+s.Ref).Fill("Message to the party", "Thank you").Press("Send").Says("Sent.")
	ticked("personal_data", "scope")
	desk.Get("/desk/" + s.Ref).Unchoose("It is about this compact").Choose("It says who does what").Press("Publish").Says("Published.")
	ticked("clear", "personal_data")
}

// Another text is looked at anew.
func TestTheChecklistIsOfOneText(t *testing.T) {
	o := open(t)
	s := o.submit("Every birth registered")
	desk := o.As(kittest.Reviewer)
	desk.Get("/desk/" + s.Ref).Choose("It is about this compact").Press("Keep the checklist").Is(200)
	desk.Get("/desk/"+s.Ref).Fill("In your own words", "By which year?").Press("Return").Says("Returned to the party.")
	ctx, by := context.Background(), o.People[kittest.Focal]
	s, err := o.desk.Save(ctx, by, s.Ref, o.seen(s.Ref).Version, whole("Every birth registered by 2027"), s.Contact)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.desk.Submit(ctx, by, s.Ref, s.Version); err != nil {
		t.Fatal(err)
	}
	if got := o.seen(s.Ref).Ticked; len(got) > 0 {
		t.Errorf("of a text that nobody has looked at yet %v is ticked", got)
	}
}

// Whoever goes through the queue is led past what others have taken, says how many are left, and
// begins again at its end.
func TestTheWayThroughTheQueue(t *testing.T) {
	o := open(t)
	var all []intake.Submission
	for _, title := range []string{"One", "Two", "Three", "Four"} {
		all = append(all, o.submit(title))
		o.Later(time.Hour)
	}
	ctx, by := context.Background(), o.People[kittest.Reviewer]
	if _, err := o.desk.Assign(ctx, by, all[1].Ref, o.People[kittest.Second].ID); err != nil {
		t.Fatal(err)
	}
	desk := o.As(kittest.Reviewer)
	desk.Get("/desk/"+all[0].Ref).Says("Waiting: 2").Follow("Next").Says("Three", "Waiting: 2").Follow("Next").Says("Four").Follow("Next").Says("One")
	desk.Get("/desk/"+all[2].Ref).Press("Publish").Says("Published.", "Four", "Waiting: 1").Follow("Next").SaysNot("Two", "Three").Press("Publish").Says("Four").SaysNot("Waiting:")
	o.As(kittest.Second).Get("/desk/" + all[3].Ref).Follow("Next").Says("Two")
	if s := o.state(all[0].Ref); s != pledge.StatePublished {
		t.Error(s)
	}
}

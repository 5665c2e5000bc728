package follow_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/web/work/kittest"
)

// A report that could not be published in its time says so, to the desk and to the party, with
// what can be done; and no more once it has come through.
func TestWhatIsHeldUpIsSeen(t *testing.T) {
	d := serve(t)
	d.As(kittest.Nobody).Get(d.link()).Press("This is done")
	const says = "It could not be published in its time"
	mine, list := "/my/"+d.id+"/report", "/desk/followup?show=waiting"
	d.As(kittest.Focal).Get(mine).SaysNot(says)
	d.As(kittest.Reviewer).Get(list).Says(d.id).SaysNot(says)

	d.Later(49 * time.Hour)
	d.office.OnHold = func(context.Context, *db.Tx, string) (bool, error) { return false, errors.New("the disk is full") }
	if _, err := d.office.PublishDue(t.Context()); err == nil {
		t.Error("nothing failed")
	}
	d.office.OnHold = nil
	d.As(kittest.Focal).Get(mine).Says(says, "report anew")
	d.As(kittest.Reviewer).Get(list).Says(d.id, says)

	if _, err := d.office.PublishDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.As(kittest.Focal).Get(mine).SaysNot(says)
	d.As(kittest.Reviewer).Get(list).SaysNot(d.id)
}

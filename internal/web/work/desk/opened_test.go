package desk

import (
	"testing"
	"time"

	"stocktake/internal/web/work/kittest"
)

// Who opens what another of the desk has open is told who and since when, on the page of triage and
// on those where a text is changed; and no longer when the other has gone on.
func TestWhoElseHasItOpen(t *testing.T) {
	o := open(t)
	s, next := o.submit("Every birth registered"), o.submit("Schools open to all")
	twin := o.Serve(New(o.desk, nil, nil)) // another server on the same database
	first, second := o.As(kittest.Reviewer), twin.As(kittest.Second)
	const told = "Reviewer Person has had this open since"

	second.Get("/desk/" + s.Ref).SaysNot("has had this open")
	second.Get("/desk")
	o.Later(6 * time.Minute)
	first.Get("/desk/" + s.Ref).SaysNot("has had this open") // the other has long gone
	o.Later(time.Minute)
	second.Get("/desk/" + s.Ref).Says(told)
	second.Get("/desk/propose/" + s.Ref).Says(told)
	o.As(kittest.Focal).Get("/desk/" + s.Ref).SaysNot("has had this open")

	first.Get("/desk/" + next.Ref)
	second.Get("/desk/" + s.Ref).SaysNot("has had this open")

	first.Get("/desk/propose/" + s.Ref)
	first.Get("/desk/" + next.Ref) // in another tab
	second.Get("/desk/" + s.Ref).Says(told)
	first.Get("/desk/propose/"+s.Ref).Fill("title", "Each birth registered").Press("Ask the party")
	first.Get("/desk/" + next.Ref)
	second.Get("/desk/" + s.Ref).SaysNot("has had this open")
	o.As(kittest.Observer).Get("/desk/" + s.Ref)
	o.Later(time.Second)
	first.Get("/desk/" + s.Ref).Says("Second Person has had this open since").SaysNot("Observer Person has had")
}

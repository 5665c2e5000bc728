package desk

import (
	"context"
	"strings"
	"testing"

	"stocktake/internal/access"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/work/kittest"
	"stocktake/internal/web/work/my"
)

// Where a party without a contact keeps the next version of a joint pledge waiting, the lead and the
// desk read which one, since when, and what they can do; the desk invites a contact from there.
func TestWhoKeepsARevisionWaitingIsSeen(t *testing.T) {
	o := open(t)
	o.Site = o.Serve(New(o.desk, nil, nil), my.New(my.Options{Desk: o.desk, Index: o.Index}))
	ctx, ken, prt := context.Background(), o.People[kittest.Focal], o.People[kittest.Other]
	ok := func(s intake.Submission, err error) intake.Submission {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	words := whole("Together")
	words.Form = pledge.Common
	s := ok(o.desk.Draft(ctx, ken, intake.Beginning{Lead: "ken", Pledge: words, Contact: intake.Contact{Name: "A. Person", Email: "contact@example.org"}}))
	ok(o.desk.Invite(ctx, ken, s.Ref, 0, "prt"))
	ok(o.desk.Answer(ctx, prt, s.Ref, 0, "prt", true, ""))
	ok(o.desk.Submit(ctx, ken, s.Ref, 0))
	if _, err := o.desk.Publish(ctx, o.People[kittest.Reviewer], s.Ref, 0); err != nil {
		t.Fatal(err)
	}
	words.Title = "The next version"
	s = ok(o.desk.Get(ctx, ken, s.Ref))
	ok(o.desk.Save(ctx, ken, s.Ref, s.Version, words, s.Contact))
	lead, office := o.As(kittest.Focal), o.As(kittest.Reviewer)
	mine, theirs := "/my/"+s.Ref, "/desk/"+s.Ref
	const other, waits, nobody = "Portugal has confirmed other words than these.", "Portugal has not confirmed the words as they are now. It was asked on", "At present nobody can answer for it."
	lead.Get(mine).SaysNot(other, waits, nobody)

	if err := o.Access.Close(ctx, access.Operator(), prt.ID); err != nil {
		t.Fatal(err)
	}
	lead.Get(mine).Says(other, nobody, "can invite a contact for it").SaysNot(waits)
	office.Get(theirs).SaysNot(other, waits, nobody)

	ok(o.desk.SubmitRevision(ctx, ken, s.Ref, 0, pledge.Notice{}))
	lead.Get(mine).Says(waits, nobody, "what is public stays").SaysNot(other)
	page := office.Get(theirs).Says("It cannot be published yet:", waits, nobody)
	if !strings.Contains(page.Body, `href="/en/desk/people/invite?party=prt">Invite a contact</a>`) {
		t.Error("the desk cannot invite a contact from there")
	}
	o.As(kittest.Observer).Get(theirs).Says(waits).SaysNot("Invite a contact")

	o.Invite("new@example.org", "New Person", access.Grant{Role: access.FocalPoint, Party: "prt", Transmits: true})
	office.Get(theirs).Says(waits).SaysNot(nobody, "Invite a contact")
	lead.Get(mine).Says(waits).SaysNot(nobody)
}

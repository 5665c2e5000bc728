package follow_test

import (
	"context"
	"net/url"
	"testing"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/pledge/followup"
	"stocktake/internal/web/work/kittest"
)

// A link answers once. Whoever sends something else by it, from a page that is still open or by a
// letter that a colleague has answered meanwhile, is told that this was not taken, and reads on
// the same page what it was.
func TestASecondAnswerIsNotLostWithoutAWord(t *testing.T) {
	for _, c := range []struct {
		name, first, second string
		wants, not          []string
	}{
		{"the same link", "focal@example.org", "focal@example.org", []string{"This link has been used for another answer", "All counties.", "The report is in the public register."}, []string{"had come in before"}},
		{"a colleague's link", "focal@example.org", "deputy@example.org", []string{"The report that this letter asked for had come in before."}, []string{"All counties.", "another answer", "Thank you"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := serve(t)
			d.As(kittest.Reviewer).Get("/desk/followup").Press("Write now").Is(200)
			first, second := d.path(c.first), d.path(c.second)
			r := d.As(kittest.Nobody)
			stale := r.Get(second).Is(200)
			r.Get(first).Is(200).Fill("narrative", "All counties.").Press("Send the report").Is(200).Says("The report is in the public register.")
			p := stale.Fill("narrative", "Hardly any county.").Fill("spent.amount", "5").Press("Send the report").Is(409)
			p.Says("What you have sent now", "Hardly any county.", "was not stored", "Sign in and report").Says(c.wants...).SaysNot(c.not...)
			r.Post(second, url.Values{"choice": {"done"}}).Is(409).Says("was not stored").SaysNot("Hardly any county.")
			all, err := d.office.Reports(t.Context(), d.People[kittest.Focal], d.id)
			if err != nil || len(all) != 1 || all[0].Report.Narrative != "All counties." {
				t.Errorf("%+v %v", all, err)
			}
		})
	}
}

func TestTheSameAnswerTwiceIsOne(t *testing.T) {
	d := serve(t)
	stale := d.As(kittest.Nobody).Get(d.link())
	for range 2 {
		stale.Fill("narrative", "All counties.").Press("Send the report").Is(200).Says("The report is in the public register.").SaysNot("not stored")
	}
}

// Who has confirmed by a link does not object by it.
func TestAConfirmationIsNotTurnedAround(t *testing.T) {
	d := serve(t)
	d.As(kittest.Nobody).Get(d.link()).Press("This is done")
	second := d.path("deputy@example.org")
	stale := d.As(kittest.Nobody).Get(second)
	d.As(kittest.Nobody).Post(second, url.Values{"choice": {"burn"}}).Is(400).Says("The answer was not clear.")
	for range 2 {
		stale.Press("Confirm and publish").Is(200).Says("The report is in the public register.")
	}
	stale.Press("Object").Is(409).Says("This report was decided on already.")
}

// first is an address book in which every party has one contact.
type first struct{ *access.Book }

func (f first) ContactsOf(ctx context.Context, tx *db.Tx, code, day string) ([]access.Person, error) {
	all, err := f.Book.ContactsOf(ctx, tx, code, day)
	return all[:min(len(all), 1)], err
}

// Where nobody else could confirm a report, nobody is said to.
func TestWhereAPartyHasOneContact(t *testing.T) {
	d := serve(t)
	d.office.People = first{d.Access}
	path := "/my/" + d.id + "/report"
	d.As(kittest.Nobody).Get(d.link()).Press("This is done").Is(200).Says("Thank you. The report is stored. It is published on").SaysNot("another contact", "confirms it")
	d.As(kittest.Focal).Get(path).Says("Nobody else speaks for the party who could confirm it before.").Press("Take it back")
	d.As(kittest.Focal).Get(path).Press("This is done").Is(200).Says("It is published after 48 hours.").SaysNot("waits for a second contact", "Who can confirm it")
}

// What a party on hold reports waits for the secretariat. The party is told that, and not why.
func TestAReportOfAPartyOnHoldIsReviewed(t *testing.T) {
	d := serve(t)
	held := true
	d.office.OnHold = func(context.Context, *db.Tx, string) (bool, error) { return held, nil }
	path := "/my/" + d.id + "/report"
	d.As(kittest.Nobody).Get(d.link()).Press("No change").Is(200).Says("It will be published after review.").SaysNot("on hold", "48 hours", "It is published on")
	d.As(kittest.Focal).Get(path).Says("A report waits", "It will be published after review.").SaysNot("on hold", "It is published on")
	d.As(kittest.Focal).Get("/desk/followup?show=waiting").Says("It will be published after review.").SaysNot("on hold")
	d.As(kittest.Reviewer).Get("/desk/followup?show=waiting").Says("A party is on hold.")
	d.As(kittest.Focal).Get(path).Press("No change").Is(200).Says("It will be published after review.")
	held = false
	if n, err := d.office.PublishDue(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d %v", n, err)
	}
	if l := d.Letter("deputy@example.org"); l.Template != followup.LetterTold {
		t.Errorf("%+v", l)
	}
}

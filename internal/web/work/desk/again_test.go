package desk

import (
	"context"
	"testing"
	"time"

	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/work/kittest"
)

// A form that was sent already is no dead end for who goes back and sends it with other words:
// what was typed stands there, and sending it again does it.
func TestAFormThatWasUsedCanBeSentAgain(t *testing.T) {
	o := open(t)
	s := o.submit("Every birth registered")
	desk := o.As(kittest.Reviewer)

	page := desk.Get("/desk/" + s.Ref)
	back := desk.Get("/desk/" + s.Ref)
	back.Doc = page.Doc // the same form, as the browser shows it on going back
	page.Fill("Message to the party", "The first").Press("Send").Says("Sent.", "The first")
	again := back.Fill("Message to the party", "The second").Press("Send").Is(422).Says("Send it again if you mean it")
	if got := again.First("textarea[name=message]").Text(); got != "The second" {
		t.Errorf("what was typed is %q", got)
	}
	again.Press("Send").Says("Sent.", "The first", "The second")

	entry := desk.Get("/desk/enter")
	fill := func(p *kittest.Page, title string) *kittest.Page {
		return p.Fill("party", "Kenya").Choose("Note verbale").Fill("title", title)
	}
	back = desk.Get("/desk/enter")
	back.Doc = entry.Doc
	fill(entry, "One").Press("Enter").Says("One")
	fill(back, "Another").Press("Enter").Is(422).Says("Send it again if you mean it").Press("Enter").Says("Another")
}

// Who decides on what has changed meanwhile is shown the newest, and can then decide on that.
func TestWhatHasChangedMeanwhileCanBeDecided(t *testing.T) {
	o := open(t)
	s := o.submit("Every birth registered")
	desk := o.As(kittest.Reviewer)
	stale := desk.Get("/desk/" + s.Ref)
	ctx, other := context.Background(), o.People[kittest.Second]
	later, err := o.desk.Schedule(ctx, other, s.Ref, s.Version, o.Clock().Add(time.Hour))
	if err == nil {
		_, err = o.desk.Unschedule(ctx, other, s.Ref, later.Version)
	}
	if err != nil {
		t.Fatal(err)
	}
	stale.Press("Publish").Is(422).Says("It has changed meanwhile").Press("Publish").Says("Published.")
	if got := o.state(s.Ref); got != pledge.StatePublished {
		t.Fatal(got)
	}
}

// Two who write at the same text: the second is shown what the first has stored, beside the own
// words, and only then puts these in its place.
func TestTwoWhoWriteSeeEachOther(t *testing.T) {
	o := open(t)
	desk, other := o.As(kittest.Reviewer), o.As(kittest.Second)
	s, err := o.desk.Enter(context.Background(), o.People[kittest.Reviewer], intake.Beginning{Lead: "ken", Pledge: whole("Every birth registered")},
		intake.Received{How: intake.Ways[0], On: "2026-01-02"})
	if err != nil {
		t.Fatal(err)
	}
	path := "/desk/entry/" + s.Ref
	mine, theirs := desk.Get(path), other.Get(path)
	theirs.Fill("title", "Each birth registered").Press("Save")
	both := mine.Fill("title", "All births registered").Press("Save").Is(422).Says("What is stored now")
	if both.First("del").Text() == "" || both.First("input[name=title]").Get("value") != "All births registered" {
		t.Errorf("not both are shown: %s", both.First("main").Text())
	}
	both.Press("Save").Says("All births registered")
}

package desk

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/work/kittest"
)

// A reviewer tells the public of an announcement, seeing beforehand exactly what it will be told,
// and takes it off the list again.
func TestAnnouncementIsTold(t *testing.T) {
	o := open(t)
	ctx, by := context.Background(), o.People[kittest.Reviewer]
	enter := func(p pledge.Pledge) string {
		s, err := o.desk.Enter(ctx, by, intake.Beginning{Lead: "ken", Pledge: p}, intake.Received{How: intake.ByFloor, On: "2026-03-01", Reference: "minutes, page 12"})
		if err != nil {
			t.Fatal(err)
		}
		return s.Ref
	}
	public := func() string {
		if err := o.Index.Refresh(ctx); err != nil {
			t.Fatal(err)
		}
		return o.As(kittest.Nobody).Get("/pledges").Is(200).First("details.awaited").Text()
	}
	reviewer := o.As(kittest.Reviewer)

	bare := enter(pledge.Pledge{Title: "Heard in passing", Language: lang.EN})
	reviewer.Get("/desk/" + bare).Says("first enter the occasion and the day").SaysNot("Publish the announcement")

	ref := enter(pledge.Pledge{Title: "What we heard", Language: lang.EN, AnnouncedOn: "2026-02-27", AnnouncedAt: "Regional review"})
	for _, c := range lang.All {
		reviewer.In(c).Get("/desk/" + ref).Is(200)
	}
	p := reviewer.Get("/desk/"+ref).Says("Public will be this and nothing else:", "Kenya", "Regional review", "27 February 2026")
	if text := public(); text != "" {
		t.Errorf("public before anybody decided it: %q", text)
	}
	p = p.Press("Publish the announcement").Is(200).Says("The announcement is public.").SaysNot("Public will be this")
	text := public()
	for _, says := range []string{"Kenya", "Regional review", "27 February 2026"} {
		if !strings.Contains(text, says) {
			t.Errorf("the public list %q does not say %q", text, says)
		}
	}
	for _, private := range []string{"What we heard", "minutes", "1 March"} {
		if strings.Contains(text, private) {
			t.Errorf("the public list says %q", private)
		}
	}
	p.Press("Take the announcement off the public list").Is(200).Says("off the public list")
	if text := public(); text != "" {
		t.Errorf("still public: %q", text)
	}
}

// Once the party writes, the draft is closed to the desk; what the desk told the public it still
// takes back, from its list.
func TestAnAnnouncementIsTakenBackThoughThePartyWrites(t *testing.T) {
	o := open(t)
	ctx, by := context.Background(), o.People[kittest.Reviewer]
	p := pledge.Pledge{Title: "What we heard", Language: lang.EN, AnnouncedOn: "2026-02-27", AnnouncedAt: "Regional review"}
	s, err := o.desk.Enter(ctx, by, intake.Beginning{Lead: "ken", Pledge: p}, intake.Received{How: intake.ByFloor, On: "2026-03-01"})
	if err != nil {
		t.Fatal(err)
	}
	if s, err = o.desk.Announce(ctx, by, s.Ref, s.Version); err != nil {
		t.Fatal(err)
	}
	reviewer := o.As(kittest.Reviewer)
	const off = "Take the announcement off the public list"
	reviewer.Get("/desk?state=announced").Says("What we heard").SaysNot(off) // its page has the button
	p.Title = "What we say ourselves"
	if s, err = o.desk.Save(ctx, o.People[kittest.Focal], s.Ref, s.Version, p, intake.Contact{}); err != nil {
		t.Fatal(err)
	}
	reviewer.Get("/desk/" + s.Ref).Is(404)
	o.As(kittest.Observer).Get("/desk?state=announced").Says("What we heard").SaysNot(off)
	o.As(kittest.Observer).Post("/desk", url.Values{"unannounce": {s.Ref}}).Is(403)
	reviewer.Get("/desk?state=announced").Says("The public sees that it was announced.").SaysNot("What we say ourselves").
		Press(off).Is(200).Says("off the public list", "What we heard").SaysNot(off, "What we say ourselves")
	if err := o.Index.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	if text := o.As(kittest.Nobody).Get("/pledges").Is(200).First("details.awaited").Text(); text != "" {
		t.Errorf("still public: %q", text)
	}
	reviewer.Post("/desk", url.Values{"unannounce": {s.Ref}}).Is(422).Says("That cannot be done in its present state.")
}

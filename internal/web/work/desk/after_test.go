package desk

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"stocktake/internal/api"
	"stocktake/internal/db"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/work/kittest"
)

// published submits and publishes a pledge of Kenya.
func (o *office) published(title string) intake.Submission {
	o.T.Helper()
	s := o.submit(title)
	if _, err := o.desk.Publish(context.Background(), o.People[kittest.Reviewer], s.Ref, s.Version); err != nil {
		o.T.Fatal(err)
	}
	return o.seen(s.Ref)
}

func (o *office) seen(ref string) intake.Submission {
	o.T.Helper()
	s, err := o.desk.Get(context.Background(), o.People[kittest.Reviewer], ref)
	if err != nil {
		o.T.Fatal(err)
	}
	return s
}

// public is a pledge as the register has it.
func (o *office) public(id string) (p pledge.Current) {
	o.T.Helper()
	err := o.DB.Read(context.Background(), func(tx *db.Tx) (err error) {
		p, err = pledge.Get(context.Background(), tx, id)
		return err
	})
	if err != nil {
		o.T.Fatal(err)
	}
	return p
}

// Before it is public a pledge has a checklist; from then on it has reports.
func TestAPublishedPledgeIsFollowedUp(t *testing.T) {
	o := open(t)
	waits, public := o.submit("Every birth registered"), o.published("Every school open")
	desk := o.As(kittest.Reviewer)
	if p := desk.Get("/desk/" + waits.Ref).Says("Checklist"); strings.Contains(p.Body, `/report"`) {
		t.Error("what waits is followed up already")
	}
	p := desk.Get("/desk/" + public.Ref)
	if p.First("#checklist").Node != nil {
		t.Error("the checklist of a published pledge is open")
	}
	if want := `<a href="/en/my/` + public.Published + `/report">Follow-up</a>`; !strings.Contains(p.Body, want) {
		t.Errorf("it does not have %s", want)
	}
}

// How a pledge is filed is corrected at once, with a public reason; the party's own words only
// where it is said how the party asked.
func TestCorrectionsNeedAReason(t *testing.T) {
	o := open(t)
	s := o.published("Every birth registered")
	desk := o.As(kittest.Reviewer)
	before := o.size()
	form := func() *kittest.Page { return desk.Get("/desk/" + s.Ref).Follow("Publish a correction") }

	form().Press("Publish the correction").Is(422)
	form().Fill("Why it is corrected", "As it was").Press("Publish the correction").Is(422)
	form().Fill("Why it is corrected", "A country was missing").Fill("Countries and areas", "Kenya, Atlantis").Press("Publish the correction").Is(422).Says("Atlantis", "is no country")
	form().Fill("Why it is corrected", "A slip").Fill("Title", "Every child registered").Press("Publish the correction").Is(422).Says("the party’s own")
	if now := o.size(); now != before {
		t.Fatalf("%d entries were published by what was refused", now-before)
	}
	form().Fill("Why it is corrected", "A country was missing").Fill("Countries and areas", "KE, Uganda").Press("Publish the correction").Says("The correction is published.")
	p := o.public(s.Published)
	if strings.Join(p.Countries, " ") != "KE UG" || p.Title != "Every birth registered" || p.Notice == nil || p.Notice.Reason != "A country was missing" {
		t.Fatalf("%+v", p)
	}
	form().Fill("Why it is corrected", "As the note of the mission asks").Fill("Title", "Every child registered").Fill("How the party asked for it", "Note verbale").
		Fill("Year", "2020").Fill("Month", "1").Fill("Day", "2").Press("Publish the correction").Says("The correction is published.", "Every child registered")
	form().Fill("Why it is corrected", "Nothing of it").Press("Publish the correction").Is(422).Says("It says what is published already").SaysNot("changed meanwhile", "Somebody else")
	stale := form()
	form().Fill("Why it is corrected", "Filed elsewhere").Fill("Countries and areas", "Kenya").Press("Publish the correction")
	stale.Fill("Why it is corrected", "Late").Fill("Source", "elsewhere").Press("Publish the correction").Is(422).Says("Somebody else has changed this meanwhile", "What is stored now")
	o.As(kittest.Observer).Get("/desk/correct/" + s.Ref).Is(403)
}

// A pledge is replaced by one that stands, with a public reason.
func TestReplaced(t *testing.T) {
	o := open(t)
	old, next := o.published("Old"), o.published("New")
	desk := o.As(kittest.Reviewer)
	const button = "Mark it as replaced, publicly"
	desk.Get("/desk/"+old.Ref).Fill("Why it is replaced", "Newer").Press(button).Is(422).Says("There is no other pledge with this number")
	desk.Get("/desk/"+old.Ref).Fill("Number of the pledge that replaces it", "GCM-9999").Fill("Why it is replaced", "Newer").Press(button).Is(422).Says("There is no other pledge with this number")
	desk.Get("/desk/"+old.Ref).Fill("Number of the pledge that replaces it", next.Published).Press(button).Is(422).Says("Say why: the public is told.")
	desk.Get("/desk/"+old.Ref).Fill("Number of the pledge that replaces it", next.Published).Fill("Why it is replaced", "The new plan goes further").Press(button).Says("It is marked as replaced.")
	if p := o.public(old.Published); p.Status != pledge.Superseded || p.SupersededBy != next.Published || p.Notice.Reason != "The new plan goes further" {
		t.Fatalf("%+v", p)
	}
	desk.Get("/desk/correct/" + old.Ref).Is(404)
}

// The history shows the desk what it was given. What the party writes after a return is the
// party's until it submits again.
func TestHistoryOfWhatWasGiven(t *testing.T) {
	o := open(t)
	ctx, party := context.Background(), o.People[kittest.Focal]
	s := o.submit("Every birth registered")
	desk := o.As(kittest.Reviewer)
	desk.Get("/desk/" + s.Ref).Choose("There is no date by which it is to be done. Please add an end or milestones.").Press("Return")
	for _, title := range []string{"A thought in passing", "Every birth registered, by 2027"} {
		now, err := o.desk.Get(ctx, party, s.Ref)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.desk.Save(ctx, party, s.Ref, now.Version, whole(title), intake.Contact{}); err != nil {
			t.Fatal(err)
		}
	}
	desk.Get("/desk/history/"+s.Ref).Says("Every birth registered", "The first text.").SaysNot("A thought in passing", "by 2027,", "registered, by 2027")
	if _, err := o.desk.Submit(ctx, party, s.Ref, 0); err != nil {
		t.Fatal(err)
	}
	p := desk.Get("/desk/" + s.Ref).Follow("All texts, with what changed")
	p.Says("The first text.", "added: , by 2027", "1,500,000 USD", "December 2027").SaysNot("A thought in passing", "1500000", "2027-12", "unreported", "human_resources")
	for _, dd := range desk.In(lang.AR).Get("/desk/history/" + s.Ref).All(".prose") {
		if dd.Get("lang") != "en" || dd.Get("dir") != "ltr" {
			t.Errorf("a text has lang %q, dir %q", dd.Get("lang"), dd.Get("dir"))
		}
	}
	o.As(kittest.Administrator).Get("/desk/history/" + s.Ref).Is(404)
}

// What is scheduled together is on no page and in no answer to a program before its minute, not
// even as a number; recalled, it never is.
func TestBatchUntilItsMinute(t *testing.T) {
	o := open(t)
	ctx := context.Background()
	one, two := o.submit("Wells for every village"), o.submit("Clinics along the road")
	left := o.submit("Held back")
	desk := o.As(kittest.Reviewer)
	programs, err := api.New(api.Config{Pack: o.Pack, Index: o.Index, Log: o.Log, Clock: o.Clock})
	if err != nil {
		t.Fatal(err)
	}
	// public is all that the public can read.
	public := func() string {
		if err := o.Index.Refresh(ctx); err != nil {
			t.Fatal(err)
		}
		var all strings.Builder
		for _, path := range []string{"/", "/changes?since=2020-01-01", "/pledges", "/pledges?q=wells", "/parties", "/parties/ken", "/objectives/4", "/about"} {
			all.WriteString(o.As(kittest.Nobody).Get(path).Is(200).Body)
		}
		for _, path := range []string{"/pledges", "/pledges?q=wells", "/facets", "/parties", "/parties/ken"} {
			rec := httptest.NewRecorder()
			programs.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/api/v1"+path, nil))
			if rec.Code != http.StatusOK && rec.Code != http.StatusNotFound {
				t.Fatalf("%s answers %d", path, rec.Code)
			}
			all.WriteString(rec.Body.String())
		}
		return all.String()
	}
	before, size := public(), o.size()

	pick := func() *kittest.Page {
		return desk.Post("/desk", url.Values{"do": {"schedule"}, "pick": {fmt.Sprintf("%s:%d", one.Ref, one.Version), fmt.Sprintf("%s:%d", two.Ref, two.Version)}})
	}
	desk.Get("/desk").Says("Publish later").Press("Publish later").Says("Wells for every village") // nothing was chosen
	if err := o.desk.Hold(ctx, o.People[kittest.Reviewer], "ken", true, ""); err != nil {
		t.Fatal(err)
	}
	pick().Says("These stay in the queue:", "A party is on hold.").SaysNot("Exactly what will be published")
	if err := o.desk.Hold(ctx, o.People[kittest.Reviewer], "ken", false, ""); err != nil {
		t.Fatal(err)
	}
	at := o.Clock().Add(48 * time.Hour).Truncate(time.Minute)
	zone, err := time.LoadLocation("Africa/Nairobi")
	if err != nil {
		t.Fatal(err)
	}
	page := pick().Says("Exactly what will be published", "Wells for every village", "Clinics along the road", "all 47 counties", "1,500,000 USD").SaysNot("Held back", "Schedule 2")
	when := func(p *kittest.Page) *kittest.Page {
		local := at.In(zone)
		return p.Fill("Day", local.Format("2")).Fill("Month", local.Format("1")).Fill("Year", local.Format("2006")).Fill("Minute", local.Format("15:04"))
	}
	when(page).Fill("Time zone", "Nowhere/Land").Press("Show what will be published").Is(422).Says("Write the name of a time zone")
	when(page).Fill("Year", "2001").Fill("Time zone", "Africa/Nairobi").Press("Show what will be published").Is(422).Says("Choose a minute to come")
	preview := when(page).Fill("Time zone", "Africa/Nairobi").Press("Show what will be published").Says(at.In(zone).Format("15:04"), at.UTC().Format("15:04"), "UTC")
	if s := o.seen(one.Ref); s.State != pledge.StateSubmitted {
		t.Fatalf("the preview has left it %s", s.State)
	}
	// Another minute than the one that was shown is shown first.
	preview.Fill("Year", at.In(zone).AddDate(1, 0, 0).Format("2006")).Press("Schedule 2").Says("Schedule 2", at.In(zone).AddDate(1, 0, 0).Format("2006"))
	if s := o.seen(one.Ref); s.State != pledge.StateSubmitted {
		t.Fatalf("what was not shown has left it %s", s.State)
	}
	when(preview).Press("Schedule 2").Says("Scheduled.", "Recall all")
	if s := o.seen(two.Ref); s.State != pledge.StateScheduled || !s.PublishAt.Equal(at) {
		t.Fatalf("%s at %s, not %s", s.State, s.PublishAt, at)
	}

	o.Later(48*time.Hour - time.Minute - at.Sub(at.Truncate(time.Minute)))
	if n, err := o.desk.PublishDue(ctx); n != 0 || err != nil {
		t.Fatalf("%d were published before their minute: %v", n, err)
	}
	now := public()
	for _, words := range []string{one.Ref, two.Ref, "Wells for every village", "Clinics along the road", "cheduled"} {
		if strings.Contains(now, words) && !strings.Contains(before, words) {
			t.Errorf("the public reads %q before its minute", words)
		}
	}
	if o.size() != size {
		t.Fatal("the register has grown")
	}
	o.As(kittest.Reviewer).Post("/desk/scheduled", url.Values{"do": {two.Ref}}).Says("Recalled.")
	o.Later(2 * time.Minute)
	if n, err := o.desk.PublishDue(ctx); n != 1 || err != nil {
		t.Fatalf("%d were published at their minute: %v", n, err)
	}
	if now = public(); !strings.Contains(now, "Wells for every village") || strings.Contains(now, "Clinics along the road") {
		t.Fatal("the public does not read what was scheduled, or reads what was recalled")
	}
	if s := o.seen(left.Ref); s.State != pledge.StateSubmitted {
		t.Fatal(s.State)
	}
}

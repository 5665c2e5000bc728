package desk

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/blob"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/work/kittest"
)

// office is a site with a desk, and the means to submit to it.
type office struct {
	*kittest.Site
	desk *intake.Desk
}

func open(t testing.TB) *office {
	t.Helper()
	h := kittest.New(t)
	d := &intake.Desk{DB: h.DB, Book: h.Book, Mail: h, People: h.Access, Rand: rand.Reader, BaseURL: kittest.Base}
	files, err := blob.Open(blob.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return &office{Site: h.Serve(New(d, files, nil)), desk: d}
}

func whole(title string) pledge.Pledge {
	return pledge.Pledge{
		Title: title, Text: strings.Repeat("By 2027 the ministry registers every child at birth, free of charge, in all 47 counties. ", 5), Language: lang.EN, TextBy: pledge.TextByParty,
		Form: pledge.Individual, Nature: []pledge.Nature{pledge.Policy, pledge.Financial}, Objectives: []int{4, 15}, ObjectivesBy: pledge.ByParty,
		Countries: []string{"KE"}, EndsOn: "2027-12", Money: &pledge.Money{Amount: "1500000", Currency: "USD"},
		Indicators: []pledge.Indicator{{Name: "Births registered", Unit: "%", Baseline: "62", Target: "95"}},
	}
}

// submit submits a pledge of Kenya.
func (o *office) submit(title string) intake.Submission {
	o.T.Helper()
	ctx, by := context.Background(), o.People[kittest.Focal]
	s, err := o.desk.Draft(ctx, by, intake.Beginning{Lead: "ken", Pledge: whole(title), Contact: intake.Contact{Name: "A. Person", Email: "contact@example.org"}})
	if err != nil {
		o.T.Fatal(err)
	}
	if s, err = o.desk.Submit(ctx, by, s.Ref, s.Version); err != nil {
		o.T.Fatal(err)
	}
	return s
}

// size is how many entries the register has.
func (o *office) size() int64 {
	o.T.Helper()
	head, err := o.Log.Head(context.Background())
	if err != nil {
		o.T.Fatal(err)
	}
	return head.Size
}

func (o *office) state(ref string) pledge.State {
	o.T.Helper()
	s, err := o.desk.Get(context.Background(), o.People[kittest.Focal], ref)
	if err != nil {
		o.T.Fatal(err)
	}
	return s.State
}

func TestTriageWithoutScripts(t *testing.T) {
	o := open(t)
	first := o.submit("Every birth registered")
	o.Later(time.Hour)
	next := o.submit("Schools open to all")
	o.Later(72 * time.Hour)
	desk := o.As(kittest.Reviewer)

	desk.Get("/desk").Says("Every birth registered", "Schools open to all", "3 days", "Kenya").Follow("Every birth registered").
		Says("all 47 counties", "contact@example.org", "Births registered · Baseline: \u206862 %\u2069 · Target: \u206895 %\u2069", "1,500,000 USD", "December 2027", "1,500,000 USD")
	// What is refused says why, beside what was typed.
	desk.Get("/desk/" + first.Ref).Press("Return").Is(422).Says("Say what is to be changed.")
	desk.Get("/desk/"+first.Ref).Choose("Nobody could tell later whether it was done. Please add an indicator with a baseline and a target.").
		Fill("In your own words", "By which year?").Press("Return").Says("Returned to the party.", "Schools open to all")
	if s := o.state(first.Ref); s != pledge.StateReturned {
		t.Fatal(s)
	}
	stale := desk.Get("/desk/" + next.Ref)
	desk.Get("/desk/"+next.Ref).Fill("Message to the party", "Thank you").Press("Send").Says("Sent.", "Thank you")
	desk.Get("/desk/" + next.Ref).Choose("It names no private person").Press("Keep the checklist")
	desk.Get("/desk/" + next.Ref).Press("Assign to me").Says("Assigned to: Reviewer Person")
	desk.Get("/desk/"+next.Ref).Fill("Assigned to", o.People[kittest.Second].ID).Press("Assign").Says("Assigned to: Second Person")
	desk.Get("/desk/" + next.Ref).Press("Publish").Says("Published.")
	if s := o.state(next.Ref); s != pledge.StatePublished {
		t.Fatal(s)
	}
	stale.Press("Publish").Is(422).Says("It has changed meanwhile")
	desk.Get("/desk?state=published").Says("Schools open to all")
	desk.Get("/desk/"+next.Ref).Fill("Reason", "The government changed").Press("Withdraw it publicly").Says("Withdrawn.")
}

// What repeats a published pledge is shown beside it, and joined with one button.
func TestDuplicatesSideBySide(t *testing.T) {
	o := open(t)
	first := o.submit("Every birth registered")
	desk := o.As(kittest.Reviewer)
	desk.Get("/desk/" + first.Ref).Press("Publish")
	if err := o.Index.Refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	s, err := o.desk.Get(context.Background(), o.People[kittest.Focal], first.Ref)
	if err != nil {
		t.Fatal(err)
	}
	again := o.submit("Every birth is registered")
	desk.Get("/desk/"+again.Ref).Says("Already published, with similar words", s.Published).Press("Join with " + s.Published).Says("Joined and set aside.")
	desk.Get("/desk?state=set_aside").Follow("Every birth is registered").Says("Repeats", s.Published).Press("Take up again").Says("Back in the queue.")
}

// With four eyes one accepts and another publishes; whoever accepted is told so.
func TestFourEyes(t *testing.T) {
	o := open(t)
	o.desk.FourEyes = true
	s := o.submit("Every birth registered")
	desk, second := o.As(kittest.Reviewer), o.As(kittest.Second)
	desk.Get("/desk/" + s.Ref).Says("One accepts, another publishes.").Press("Accept").Says("Accepted; somebody else publishes it.")
	desk.Get("/desk/" + s.Ref).Press("Publish").Is(422).Says("One accepts, another publishes.")
	second.Get("/desk/" + s.Ref).Says("Accepted by Reviewer Person").Press("Publish").Says("Published.")
}

func TestNobodyElseComesIn(t *testing.T) {
	o := open(t)
	s := o.submit("Private")
	for _, who := range []string{kittest.Focal, kittest.Other, kittest.Translator, kittest.Bare} {
		o.As(who).Get("/desk").Is(403)
		o.As(who).Get("/desk/" + s.Ref).Is(403)
	}
	o.As(kittest.Administrator).Get("/desk/figures").Says("Received").SaysNot("Private")
	o.As(kittest.Administrator).Get("/desk/" + s.Ref).Is(404)
	o.As(kittest.Observer).Get("/desk/"+s.Ref).Says("Private").SaysNot("contact@example.org", "Publish")
}

func TestCallsEntriesAndParties(t *testing.T) {
	o := open(t)
	desk := o.As(kittest.Reviewer)
	desk.Get("/desk/calls/new").Fill("Short name in addresses", "forum-2026").Fill("Title, English", "The second forum").Fill("Time zone", "Africa/Nairobi").
		Press("Save").Says("The call was saved.", "The second forum")
	desk.Get("/desk/calls/new").Fill("Short name in addresses", "forum-2026").Press("Save").Is(422).Says("There is a call of this name.")
	desk.Get("/desk/calls/new").Fill("Time zone", "Nowhere/Else").Fill("Opening minute", "noon").Press("Save").Is(422).
		Says("Write the name of a time zone", "Write a whole day, and a time such as 23:59.", "A title is needed in at least one language.")

	desk.Get("/desk/enter").Fill("Party: name or code", "Nowhere land").Choose("Note verbale").Press("Enter").Is(422).Says("No party of this name or code is known.")
	desk.Get("/desk/enter").Fill("Party: name or code", "Kenya").Choose("Note verbale").Attach("Scan of the note or letter", "note.exe", []byte("MZ")).
		Press("Enter").Is(422).Says("This file cannot be taken.")
	entered := desk.Get("/desk/enter").Attach("Scan of the note or letter", "note.png", picture(t)).Fill("Party: name or code", "Kenya").Choose("Note verbale").Fill("Reference of the note or letter", "KM/12").
		Fill("Title", "Came by note").Fill("Text", whole("").Text).Choose("Policy").Choose("Individual")
	entered = entered.Choose("4 Legal identity and documentation").Press("Enter").Says("Saved.", "Came by note", "KM/12")
	if scan := entered.Follow("Scan"); scan.Status != 200 || !strings.HasPrefix(scan.Header.Get("Content-Disposition"), "attachment") {
		t.Fatal(scan.Status, scan.Header)
	}
	entered.Press("Count it as submitted").Says("It counts as submitted.")
	desk.Get("/desk").Says("Came by note")

	desk.Get("/desk/parties").Fill("Name", "A city").Fill("Code", "a-city").Fill("Kind", "local_authority").Fill("Country", "KE").Press("Make it known").Says("The party can pledge now.", "There is no valid clearance")
	desk.Get("/desk/parties/a-city").Fill("Basis", "accreditation 3").Fill("Year", "2099").Fill("Month", "12").Fill("Day", "31").Press("Save the clearance").Says("Valid until 31 December 2099")
	desk.Get("/desk/parties/ken").Press("Put on hold").Says("Nobody outside the desk is told.", "Lift the hold")
	s := o.submit("Held")
	desk.Get("/desk/" + s.Ref).Says("A party is on hold.").Press("Publish").Is(422).Says("A party is on hold.")
}

// picture is a small PNG.
func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestScheduleAndFigures(t *testing.T) {
	o := open(t)
	desk := o.As(kittest.Reviewer)
	a, b := o.submit("One"), o.submit("Two")
	for _, s := range []intake.Submission{a, b} {
		desk.Get("/desk/"+s.Ref).Fill("Day", "1").Fill("Month", "1").Fill("Year", "2099").Fill("Time", "09:30").Press("Schedule").Says("Scheduled.")
	}
	desk.Get("/desk/"+a.Ref).Says("2099", "09:30")
	desk.Get("/desk/scheduled").Says("One", "Two", "Exactly what will be published").Press("Recall all").Says("Recalled.", "Nothing is scheduled.")
	before := o.size()
	today := lang.Date(lang.EN, o.Clock().Format(time.DateOnly))
	desk.Get("/desk/figures").Says("At the end of " + today).Press("Publish the figures of " + today).Says("The figures are in the register.")
	if now := o.size(); now != before+1 {
		t.Fatalf("%d entries, then %d", before, now)
	}
	o.As(kittest.Observer).Get("/desk/figures").Says("Received").SaysNot("Publish the figures")
}

// The closing hours of a call: three hundred wait, and one person goes through forty of them by
// the buttons alone, each decision leading to the next.
func TestFortyOfThreeHundred(t *testing.T) {
	o := open(t)
	for i := range 300 {
		o.submit(fmt.Sprintf("Pledge %d", i))
	}
	p := o.As(kittest.Reviewer).Get("/desk").Says("Waiting 300").Follow("Begin with the longest waiting")
	begin := time.Now()
	for i := range 40 {
		if i%4 == 3 {
			p = p.Choose("There is no date by which it is to be done. Please add an end or milestones.").Press("Return").Says("Returned to the party.")
		} else {
			p = p.Press("Publish").Says("Published.")
		}
	}
	t.Logf("a decision and the way to the next take %v", time.Since(begin)/40)
	o.As(kittest.Reviewer).Get("/desk").Says("Waiting 260", "Returned 10", "Published 30")
}

// The day that is proposed for publication is the reader's own: an hour after midnight in
// Auckland it is still yesterday in UTC, and that minute has gone.
func TestTheProposedDayIsTheReadersOwn(t *testing.T) {
	o := open(t)
	s := o.submit("Births registered")
	who := o.People[kittest.Reviewer]
	if err := o.Access.Describe(t.Context(), who, who.ID, access.Details{Name: who.Name, Language: lang.EN, TimeZone: "Pacific/Auckland"}); err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Pacific/Auckland")
	if err != nil {
		t.Fatal(err)
	}
	for o.Clock().In(zone).Day() == o.Clock().Day() {
		o.Later(time.Hour)
	}
	want := o.Clock().In(zone).Format("2")
	p := o.As(kittest.Reviewer).Get("/desk/" + s.Ref).SaysNot("Day and month may be left out")
	if got := p.First("input[name=publish_on.day]").Get("value"); got != want {
		t.Errorf("the %sth is proposed, not the %sth", got, want)
	}
	p.Fill("publish_time", o.Clock().In(zone).Add(10*time.Minute).Format("15:04")).Press("Schedule").Is(200).Says("Scheduled.")
}

// An administrator reads no pledges: their work at the desk is with people.
func TestAnAdministratorBeginsWithPeople(t *testing.T) {
	o := open(t)
	p := o.As(kittest.Administrator).Do("GET", "/desk", "", nil)
	if to := p.Header.Get("Location"); to != "/en/desk/people" {
		t.Errorf("the desk leads to %q", to)
	}
	o.As(kittest.Reviewer).Get("/desk").Is(200).Says("Queue")
}

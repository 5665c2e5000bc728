package my

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/png"
	"net/url"
	"slices"
	"strings"
	"testing"

	"stocktake/internal/blob"
	"stocktake/internal/db"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/advice"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/work/kit"
	"stocktake/internal/web/work/kittest"
)

type site struct {
	*kittest.Site
	desk *intake.Desk
}

func serve(t testing.TB) site {
	t.Helper()
	h := kittest.New(t)
	files, err := blob.Open(blob.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	desk := &intake.Desk{DB: h.DB, Book: h.Book, Mail: h, People: h.Access, Rand: rand.Reader, BaseURL: kittest.Base}
	return site{h.Serve(New(Options{Desk: desk, Files: files, Index: h.Index})), desk}
}

func TestArea(t *testing.T) {
	var made []string
	add := func(prefix string, values ...string) {
		for _, v := range values {
			made = append(made, prefix+v)
		}
	}
	for _, k := range advice.Keys() {
		add("my.", k)
	}
	add("my.", append(slices.Clone(blob.Keys), intake.KeyFileName)...)
	for _, s := range pledge.States {
		add("my.state.", string(s))
		add("my.next.", string(s))
	}
	add("my.next.", "entered", "joint", "left", "proposal", "named.draft", "named.returned", "named.published")
	add("my.preview.", "approved", "refused", "retracted")
	for _, d := range advice.Dimensions {
		add("my.dimension.", string(d))
	}
	add("my.step.", append(steps, "check", "what.lede", "who.lede", "about.lede", "when.lede", "evidence.lede")...)
	add("my.invitation.", "unanswered", "confirmed", "declined", "left", "recalled")
	add("my.proposal.", "open", "approved", "refused", "retracted")
	add("my.thread.", "party", "desk")
	add("my.event.", "create", "enter", "submit", "return", "set_aside", "take_up", "publish", "submit_revision", "take_back_revision", "return_revision",
		"publish_revision", "withdraw", "supersede", "abandon", "clear", "invite", "recall", "answer_invitation", "confirm_again", "leave", "approve_proposal", "refuse_proposal", "propose", "confirm", "adopt")
	add("my.why.", "not_now", "not_cleared", "step_before", "unchanged", "alone", "has_confirmed", "call_not_open", "others_take_part", "too_large")
	kittest.Area(t, New(Options{Files: new(blob.Store)}), made...)
}

// prose is a text that the form's rules take.
var prose = strings.Repeat("By 2030 the ministry will train 300 officials who receive migrant workers and open two desks in the capital. ", 4)

// A new pledge belongs to the party's own, wherever its form stands.
func TestTheMenuKnowsWhereANewPledgeBelongs(t *testing.T) {
	s := serve(t)
	for _, path := range []string{"/pledges/new", "/pledges/new/offline"} {
		if at := s.As(kittest.Focal).Get(path).First("header nav a[aria-current]").Text(); at != "My pledges" {
			t.Errorf("%s is under %q", path, at)
		}
	}
}

// draft goes through the form and gives the path of the draft.
func (s site) draft(t testing.TB, who *kittest.Reader) string {
	t.Helper()
	p := who.Get("/pledges/new").Fill("Title", "Train 300 officials").Fill("Text of the pledge", prose).Press("Save and continue")
	p.Is(200).Says("Who makes it", "Party to invite")
	p = p.Press("Save and continue").Says("What it serves")
	p = p.Choose("1. Data").Choose("Process").Choose("National").Press("Save and continue").Says("When and how measured")
	p = p.Fill("Indicator 1", "Officials trained").Fill("Indicator 1: today", "0").Fill("Indicator 1: target", "300").Press("Save and continue")
	p = p.Fill("Contact: name", "Jane Doe").Fill("Contact: e-mail", "jane@example.org").Press("Save and continue").Says("Check and submit", "Nothing is missing.")
	return strings.TrimSuffix(strings.TrimPrefix(p.Path, "/en"), "/check")
}

func TestAPledgeFromTheFirstWordToTheReceiptOfItsSubmission(t *testing.T) {
	s := serve(t)
	focal := s.As(kittest.Focal)
	focal.Get("/my").Says("New pledge")
	at := s.draft(t, focal)
	check := focal.Get(at+"/check").Says("of 100 points", "It says until when", "Submit to the secretariat")
	check.Press("Submit to the secretariat").Says("Submitted", "The secretariat is reading it")
	focal.Get("/my").Says("With the secretariat", "Train 300 officials")
	if got := s.Letter("focal@example.org").Template; got == "" {
		t.Error("no acknowledgement")
	}
	for _, other := range []string{kittest.Other, kittest.Translator, kittest.Bare, kittest.Nobody} {
		p := s.As(other).Get(at)
		if p.Status == 200 && strings.Contains(p.Body, "Train 300") {
			t.Errorf("%q reads it", other)
		}
	}
}

func TestEveryStepIsSavedAndNothingIsOverwritten(t *testing.T) {
	s := serve(t)
	focal, deputy := s.As(kittest.Focal), s.As(kittest.Deputy)
	at := s.draft(t, focal)
	mine := focal.Get(at+"/edit/what").Fill("Title", "Mine")
	theirs := deputy.Get(at+"/edit/what").Says("Focal Person has had this draft open").Fill("Title", "Theirs")
	theirs.Press("Save and continue").Is(200)
	p := mine.Press("Save and continue").Is(422).Says("Somebody else has changed this", "Theirs")
	p.Press("Save and continue").Is(200) // a second time, knowingly
	focal.Get(at).Says("Mine")
	deputy.Get(at).Says("Earlier texts")

	half := focal.Get(at+"/edit/when").Fill("Indicator 1: target", "many").Fill("Announced at", "The forum")
	half.Press("Save and continue").Is(422).Says("Write a number")

	if sub := s.get(t, at); sub.Pledge.AnnouncedAt != "The forum" || sub.Pledge.Indicators[0].Target != "300" {
		t.Errorf("what was right is not saved, or what was there is lost: %+v", sub.Pledge)
	}
}

func (s site) get(t testing.TB, at string) intake.Submission {
	t.Helper()
	sub, err := s.desk.Get(t.Context(), s.People[kittest.Focal], strings.TrimPrefix(at, "/my/"))
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

func TestAFormSentTwiceCountsOnce(t *testing.T) {
	s := serve(t)
	focal := s.As(kittest.Focal)
	p := focal.Get("/pledges/new").Fill("Title", "Once")
	p.Press("Save and continue")
	p.Press("Save and continue")
	rows, total, err := s.desk.List(t.Context(), s.People[kittest.Focal], intake.Filter{Mine: true}, 0, 10)
	if err != nil || total != 1 {
		t.Errorf("%d drafts, %v, %v", total, rows, err)
	}
}

// Who goes back to the first page and mends a word has mended the draft. Where more was written
// since, both are shown and nothing is lost.
func TestGoingBackToTheFirstPage(t *testing.T) {
	s := serve(t)
	focal := s.As(kittest.Focal)
	first := focal.Get("/pledges/new").Fill("Title", "Train officials").Fill("Text of the pledge", prose)
	at := strings.TrimSuffix(strings.TrimPrefix(first.Press("Save and continue").Is(200).Path, "/en"), "/edit/who")
	first.Fill("Title", "Train 300 officials")
	for range 2 { // and pressed twice
		if p := first.Press("Save and continue").Is(200); p.Path != "/en"+at+"/edit/who" {
			t.Fatalf("it leads to %s, the draft is %s", p.Path, at)
		}
	}
	if got := s.get(t, at).Pledge.Title; got != "Train 300 officials" {
		t.Errorf("the draft is called %q", got)
	}
	s.As(kittest.Deputy).Get(at+"/edit/what").Fill("Title", "Train them all").Press("Save and continue").Is(200)
	p := first.Fill("Title", "Train 400 officials").Press("Save and continue").Is(200).Says("removed: them all", "added: 400 officials")
	if got := p.First("#f-title").Get("value"); got != "Train 400 officials" {
		t.Errorf("what was typed is lost: %q", got)
	}
	if got := s.get(t, at).Pledge.Title; got != "Train them all" {
		t.Errorf("the other's words are overwritten: %q", got)
	}
	p.Press("Save and continue").Is(200)
	if got := s.get(t, at).Pledge.Title; got != "Train 400 officials" {
		t.Errorf("knowingly sent, it is called %q", got)
	}
	s.draftsAre(t, 1)
}

// draftsAre counts what was begun.
func (s site) draftsAre(t testing.TB, want int) {
	t.Helper()
	err := s.DB.Read(t.Context(), func(tx *db.Tx) error {
		var n int
		err := tx.QueryRow(t.Context(), `SELECT count(*) FROM submissions`).Scan(&n)
		if n != want {
			t.Errorf("there are %d drafts, want %d", n, want)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheScriptSavesWhileSomebodyWrites(t *testing.T) {
	s := serve(t)
	focal := s.As(kittest.Focal)
	at := s.draft(t, focal)
	sub := s.get(t, at)
	for i, title := range []string{"One", "Two"} {
		v := url.Values{"_key": {"the same"}, "_version": {told(sub)}, "title": {title}, "text": {prose}, "language": {"en"}}
		a := focal.Do("POST", at+"/edit/what", "application/x-www-form-urlencoded", []byte(v.Encode()), "X-Autosave", "1")
		if a.Status != 200 || !strings.Contains(a.Body, `"version"`) {
			t.Fatalf("%d: %d %s", i, a.Status, a.Body)
		}
		if sub = s.get(t, at); sub.Pledge.Title != title {
			t.Errorf("saved %q", sub.Pledge.Title)
		}
	}
	v := url.Values{"_version": {"1"}, "title": {"Old"}, "language": {"en"}}
	if a := focal.Do("POST", at+"/edit/what", "application/x-www-form-urlencoded", []byte(v.Encode()), "X-Autosave", "1"); a.Status != 409 {
		t.Errorf("an old version was taken: %d", a.Status)
	}
}

func TestJointParties(t *testing.T) {
	s := serve(t)
	focal, other := s.As(kittest.Focal), s.As(kittest.Other)
	at := s.draft(t, focal)
	focal.Get(at+"/edit/who").Fill("Party to invite", "Portugal").Press("Save and invite").Says("The invitation was sent.", "Portugal", "not answered")
	other.Get("/my").Says("Invitations to answer")
	p := other.Get(at).Says("An invitation to answer").SaysNot("Train 300 officials")
	p.Press("Confirm").Says("Your answer was noted.", "Train 300 officials")
	focal.Get(at).Says("confirmed", "UTC · PortugalBegun") // the trail says whom it invited
	if sub := s.get(t, at); len(sub.Pledge.Parties) != 2 {
		t.Errorf("parties %q", sub.Pledge.Parties)
	}
	other.Get(at).Press("Withdraw our own part")
	if sub := s.get(t, at); len(sub.Pledge.Parties) != 1 {
		t.Errorf("parties %q", sub.Pledge.Parties)
	}
}

// Whoever has confirmed is asked again where the lead then writes something else.
func TestOtherWordsAreConfirmedAnew(t *testing.T) {
	s := serve(t)
	focal, other := s.As(kittest.Focal), s.As(kittest.Other)
	at := s.draft(t, focal)
	focal.Get(at+"/edit/who").Fill("Party to invite", "Portugal").Press("Save and invite")
	other.Get(at).Press("Confirm")
	write := func(title string) {
		t.Helper()
		sub := s.get(t, at)
		sub.Pledge.Form, sub.Pledge.Title = pledge.Common, title
		if _, err := s.desk.Save(t.Context(), s.People[kittest.Focal], sub.Ref, sub.Version, sub.Pledge, sub.Contact); err != nil {
			t.Fatal(err)
		}
	}
	other.Get("/my").SaysNot("Invitations to answer")
	write("Train nobody")
	other.Get(at).SaysNot("An invitation to answer")
	focal.Get(at + "/check").Press("Submit to the secretariat")
	focal.Get(at).Says("asked again")
	page := other.Get("/my").Says("Invitations to answer", "asked again").Follow("Train nobody").Is(200)
	page.Says("An invitation to answer", "The words have changed since Portugal confirmed its part.", "Decline").Press("Confirm").Says("Your answer was noted.").SaysNot("The words have changed")
	sub := s.get(t, at)
	if _, err := s.desk.Publish(t.Context(), s.People[kittest.Reviewer], sub.Ref, sub.Version); err != nil {
		t.Fatal(err)
	}

	write("Train everybody")
	focal.Get(at + "/check").Press("Submit to the secretariat")
	other.Get(at).Says("The words have changed since Portugal confirmed its part.").SaysNot("Decline")
	focal.Get(at).Says("asked again").SaysNot("Recall the invitation")
}

// Whom the desk has introduced is among those that can be invited.
func TestWhoWasIntroducedIsAmongThoseToInvite(t *testing.T) {
	s := serve(t)
	city := party.Party{Schema: party.Schema, Code: "city-of-mombasa", Kind: "local_authority", Names: map[lang.Code]string{lang.EN: "City of Mombasa"}, Country: "KE"}
	if err := s.desk.Introduce(t.Context(), s.People[kittest.Reviewer], city); err != nil {
		t.Fatal(err)
	}
	focal := s.As(kittest.Focal)
	focal.Get(s.draft(t, focal)+"/edit/who").Fill("Party to invite", "City of Mombasa").Press("Save and invite").Says("The invitation was sent.", "City of Mombasa")
}

// The lead of a joint pledge leaves it to the others, and is not offered to end it for them.
func TestTheLeadLeavesAJointPledge(t *testing.T) {
	s := serve(t)
	focal, other := s.As(kittest.Focal), s.As(kittest.Other)
	at := s.draft(t, focal)
	focal.Get(at).Says("Nobody outside your party sees this draft.")
	focal.Get(at+"/edit/who").Fill("Party to invite", "Portugal").Press("Save and invite")
	other.Get(at).Press("Confirm")
	focal.Get(at).Says("Only your party and those that have confirmed see this draft.")
	sub := s.get(t, at)
	sub.Pledge.Form = pledge.Common
	sub, err := s.desk.Save(t.Context(), s.People[kittest.Focal], sub.Ref, sub.Version, sub.Pledge, sub.Contact)
	if err != nil {
		t.Fatal(err)
	}
	focal.Get(at + "/check").Press("Submit to the secretariat")
	sub = s.get(t, at)
	if _, err := s.desk.Publish(t.Context(), s.People[kittest.Reviewer], sub.Ref, sub.Version); err != nil {
		t.Fatal(err)
	}
	focal.Get(at).SaysNot("Withdraw the pledge").Press("Withdraw our own part").Is(200).Says("Your party has left this pledge.")
	focal.Get("/my").Says("Left", "Train 300 officials", "left on").Follow("Train 300 officials").Is(200).Says("Your party has left this pledge.")
	other.Get("/my").SaysNot("left on")
	other.Get(at).Is(200).Says("Withdraw the pledge").SaysNot("recalled")
}

func TestAPartyClearsBeforeItSubmits(t *testing.T) {
	s := serve(t)
	focal, deputy := s.As(kittest.Focal), s.As(kittest.Deputy)
	at := s.draft(t, focal)
	focal.Get(at).Fill("Steps of clearance, one on each line", "Legal\nMinister").Press("Save").Says("The steps were set.", "Legal", "Minister")
	focal.Get(at + "/check").Says("A step of clearance is open.").SaysNot("An acknowledgement with the reference")
	deputy.Get(at + "/check").Press("Clear: Legal").Says("The step was cleared.")
	focal.Get(at + "/check").Press("Clear: Minister")
	deputy.Get(at + "/check").Says("Only the transmitting authority")
	focal.Get(at + "/check").Press("Submit to the secretariat").Says("Submitted")
}

func TestTheSecretariatReturnsProposesAndPublishes(t *testing.T) {
	s := serve(t)
	ctx, reviewer := t.Context(), s.People[kittest.Reviewer]
	focal := s.As(kittest.Focal)
	at := s.draft(t, focal)
	focal.Get(at + "/check").Press("Submit to the secretariat")
	sub := s.get(t, at)
	_, err := s.desk.Return(ctx, reviewer, sub.Ref, sub.Version, intake.Remarks{Reasons: []string{"no_date"}, Body: "Until when?", Language: lang.EN})
	if err != nil {
		t.Fatal(err)
	}
	focal.Get(at).Says("Returned", "Until when?").Fill("Message to the secretariat", "By 2030.").Press("Send").Says("The message was sent.", "By 2030.")
	focal.Get(at+"/edit/what").Fill("Title", "Train 300 officials by 2030").Press("Save and continue")
	focal.Get(at + "/check").Press("Submit to the secretariat").Says("Submitted")

	sub = s.get(t, at)
	p := sub.Pledge
	p.Title = "Train 300 officials by the end of 2030"
	if _, err := s.desk.Propose(ctx, reviewer, sub.Ref, sub.Version, p, "Clearer so."); err != nil {
		t.Fatal(err)
	}
	focal.Get(at).Says("waits for you").Follow("Proposal 1").Says("Clearer so.", "by the end of 2030", "Approve exactly this page").Press("Approve exactly this page").Says("approved")

	sub = s.get(t, at)
	if _, err := s.desk.Accept(ctx, reviewer, sub.Ref, sub.Version); err != nil {
		t.Fatal(err)
	}
	if sub, err = s.desk.Get(ctx, reviewer, sub.Ref); err != nil {
		t.Fatal(err)
	}
	if _, err := s.desk.Publish(ctx, reviewer, sub.Ref, sub.Version); err != nil {
		t.Fatal(err)
	}
	if err := s.Index.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	page := focal.Get(at).Says("Published", "Receipt", "Public page")
	page.Follow("Public page").Is(200).Says("Train 300 officials by the end of 2030")

	focal.Get(at+"/edit/what").Fill("Title", "Train 400 officials").Press("Save and continue")
	focal.Get(at+"/check").Press("Submit to the secretariat").Says("Revision submitted", "The public version stands")
	focal.Get(at).Press("Take the revision back").Says("The revision was taken back.")
	focal.Get(at).Fill("Reason (optional; public)", "Overtaken.").Press("Withdraw the pledge").Says("Withdrawn")
}

func TestFiles(t *testing.T) {
	s := serve(t)
	focal := s.As(kittest.Focal)
	at := s.draft(t, focal)
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	p := focal.Get(at+"/edit/evidence").Attach("File to attach", "plan.exe", picture.Bytes()).Press("Save and add a link or file").Says("The file was attached.", "plan.exe.png")
	file := p.Follow("plan.exe.png")
	if file.Status != 200 || file.Header.Get("Content-Type") != blob.PNG || !strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%d %v", file.Status, file.Header)
	}
	if f := s.As(kittest.Other).Get(strings.TrimPrefix(file.Path, "/en")); f.Status != 404 {
		t.Errorf("somebody else gets the file: %d", f.Status)
	}
	focal.Get(at+"/edit/evidence").Attach("File to attach", "a.pdf", []byte("MZ")).Press("Save and add a link or file").Is(422).Says("Only PDF, office documents")
	focal.Get(at + "/edit/evidence").Press("Remove").Says("The file was removed.").SaysNot("plan.exe.png")
}

func TestTheFormWithoutANetwork(t *testing.T) {
	s := serve(t)
	focal := s.As(kittest.Focal)
	at := s.draft(t, focal)
	full := s.get(t, at)
	p := full.Pledge
	p.Countries, p.Regions, p.Levels, p.Nature = []string{"KE", "TZ", "UG", "RW", "BI", "SS", "ET", "SO"}, []string{"014"}, []pledge.Level{pledge.Local, pledge.National}, []pledge.Nature{pledge.Financial, pledge.Process}
	p.Objectives, p.Principles, p.SDGs = []int{1, 7, 23}, []string{s.Pack.Principles[0].Slug, s.Pack.Principles[3].Slug}, []string{"8.8", "10.7"}
	p.Actions, p.AlsoRecorded = []string{"7a", "1c"}, []pledge.Record{{Registry: "Global list", ID: "K-17"}, {Registry: "Regional list", ID: "9"}}
	p.StartsOn, p.EndsOn, p.AnnouncedOn, p.AnnouncedAt = "2027", "2029-06-30", "2026-11", "A forum, day 2"
	p.Milestones = []pledge.Milestone{{On: "2027-05", Text: "First course <&>"}, {On: "2028", Text: "خطوة"}}
	p.Indicators = []pledge.Indicator{{Name: "Officials", Unit: "people", Baseline: "0", Target: "300.5"}, {Name: "Desks", Target: "2"}}
	p.Money = &pledge.Money{Amount: "1250000.5", Currency: "KES", Recipient: "fund:" + s.Pack.Funds[0].Code, Years: []int{2027, 2028}}
	p.Links = []pledge.Link{{URL: "https://example.org/a?b=1&c=2", Title: "Plan"}, {URL: "https://example.org/"}}
	if _, err := s.desk.Save(t.Context(), s.People[kittest.Focal], full.Ref, full.Version, p, full.Contact); err != nil {
		t.Fatal(err)
	}
	want := s.get(t, at)
	for _, c := range lang.All {
		for _, kind := range []string{"xlsx", "docx"} {
			file := focal.In(c).Get(at + "/form." + kind)
			if file.Status != 200 {
				t.Fatalf("%s %s: %d", c, kind, file.Status)
			}
			p := focal.Get("/pledges/new/offline").Attach("The filled-in form", "form."+kind, []byte(file.Body)).Press("Make a draft of it")
			p.Is(200).Says("The form was read.")
			got := s.get(t, strings.TrimSuffix(strings.TrimPrefix(strings.SplitN(p.Path, "?", 2)[0], "/en"), "/check"))
			if changes := pledge.Changes(want.Pledge, got.Pledge); len(changes) > 0 || got.Contact != want.Contact {
				t.Errorf("%s %s: %+v, contact %+v", c, kind, changes, got.Contact)
			}
		}
	}
	focal.Get("/pledges/new/offline").Attach("The filled-in form", "form.xlsx", []byte("hello")).Press("Make a draft of it").Is(422).Says("This is not the form from this site")
}

// rich is a draft with everything that a page has to say in words.
func (s site) rich(t testing.TB, who *kittest.Reader) string {
	t.Helper()
	at := s.draft(t, who)
	p := who.Get(at+"/edit/about").Choose("Human resources").Fill("Add a country", "Kenya").Press("Save and continue")
	p = p.Fill("starts_on.year", "2027").Fill("ends_on.year", "2030").Fill("ends_on.month", "6").Fill("ends_on.day", "30")
	p = p.Fill("money.amount", "1500000").Fill("money.currency", "USD").Fill("recipient", s.Pack.Funds[0].Name.In(lang.EN))
	p.Fill("Milestone 1", "Two desks are open").Fill("milestones.0.on.year", "2028").Fill("milestones.0.on.month", "3").Press("Save and continue").Is(200)
	who.Get(at+"/edit/evidence").Attach("File to attach", "plan.png", dot(t)).Choose("To be published with the pledge, name and content, for good").Press("Save and add a link or file").Is(200)
	return at
}

// Money goes to a fund or to a party, which is named as people name it.
func TestMoneyGoesToAFundOrAParty(t *testing.T) {
	s := serve(t)
	focal := s.As(kittest.Focal)
	at := s.draft(t, focal)
	give := func(c lang.Code, to string) *kittest.Page {
		return focal.In(c).Get(at+"/edit/when").Fill("money.amount", "1000").Fill("money.currency", "USD").Fill("recipient_party", to)
	}
	for c, names := range map[lang.Code][]string{lang.EN: {"Portugal", "prt", "PRT", " portugal "}, lang.FR: {"Portugal"}, lang.RU: {"Португалия"}} {
		for _, name := range names {
			if p := give(c, name); len(p.Body) > 60_000 {
				t.Errorf("the page has %d bytes", len(p.Body))
			} else {
				p.Press(p.First("button[name=go]").Text()).Is(200)
			}
			if m := s.get(t, at).Pledge.Money; m == nil || m.Recipient != "prt" || m.Amount != "1000" {
				t.Fatalf("%s %q: %+v", c, name, m)
			}
		}
	}
	focal.Get(at + "/edit/when").Press("Save and continue").Is(200)
	if m := s.get(t, at).Pledge.Money; m.Recipient != "prt" {
		t.Errorf("lost by looking at it: %+v", m)
	}
	give(lang.EN, "Portgal").Press("Save and continue").Is(422).Says("Similar names: Portugal")
	give(lang.EN, "Zzyzx").Press("Save and continue").Is(422).Says("No party is known here")
	give(lang.EN, "Portugal").Fill("recipient", s.Pack.Funds[0].Name.In(lang.EN)).Press("Save and continue").Is(422).Says("Name one recipient")
	if m := s.get(t, at).Pledge.Money; m.Recipient != "prt" {
		t.Errorf("%+v", m)
	}
	give(lang.EN, "").Fill("recipient", s.Pack.Funds[0].Name.In(lang.EN)).Press("Save and continue").Is(200)
	if m := s.get(t, at).Pledge.Money; m.Recipient != "fund:"+s.Pack.Funds[0].Code {
		t.Errorf("%+v", m)
	}
}

// What the contract has beside the text, the form asks for, too, and the page of the pledge shows it.
func TestActionsAndOtherRegistries(t *testing.T) {
	s := serve(t)
	focal := s.As(kittest.Focal)
	at := s.draft(t, focal)
	focal.Get(at+"/edit/about").Fill("Actions of the objectives", "7A, 1c; nine").Press("Save and continue").Is(200)
	focal.Get(at + "/check").Says("Write actions such as 7a")
	focal.Get(at+"/edit/about").Fill("Actions of the objectives", "7A, 1c").Press("Save and continue").Is(200)
	focal.Get(at+"/edit/evidence").Fill("Other registry 1", "Global list").Press("Save and continue").Is(200).Says("Give the name of the other registry")
	focal.Get(at+"/edit/evidence").Fill("Number or name in registry 1", "K-17").Press("Save and continue").Is(200)
	p := s.get(t, at).Pledge
	if !slices.Equal(p.Actions, []string{"7a", "1c"}) || !slices.Equal(p.AlsoRecorded, []pledge.Record{{Registry: "Global list", ID: "K-17"}}) {
		t.Errorf("%q %+v", p.Actions, p.AlsoRecorded)
	}
	focal.Get(at+"/preview").Says("7a", "Global list", "K-17")
}

// The page before publication is the public page, word for word, for a party that the register
// does not know yet: but for the number, which there is none of yet, and for links to files.
func TestThePreviewIsThePublicPage(t *testing.T) {
	s := serve(t)
	focal := s.As(kittest.Focal)
	at := s.rich(t, focal)
	p := focal.Get(at+"/preview").Says("It is not public yet", "By 2030 the ministry", "Officials trained", "1,500,000 USD", "30 June 2030", "Human resources").SaysNot("In the register", "Jane Doe", "ken ")
	if n := strings.Count(p.Body, "<h1"); n != 1 {
		t.Errorf("%d main headings", n)
	}
	if n := len(p.All(".preview-note")); n != 1 {
		t.Errorf("%d banners", n)
	}
	ref := strings.TrimPrefix(at, "/my/")
	before := map[lang.Code]string{}
	for _, c := range lang.All {
		before[c] = strings.ReplaceAll(focal.In(c).Get(at+"/preview").First(".preview").Text(), ref, "")
	}
	focal.Get(at + "/check").Press("Submit to the secretariat")
	sub := s.get(t, at)
	if _, err := s.desk.Publish(t.Context(), s.People[kittest.Reviewer], sub.Ref, sub.Version); err != nil {
		t.Fatal(err)
	}
	sub = s.get(t, at)
	if err := s.Index.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range lang.All {
		main := s.As(kittest.Nobody).In(c).Get("/pledges/" + sub.Published)
		want := strings.ReplaceAll(main.First("main").Text(), sub.Published, "")
		want, _, _ = strings.Cut(want, main.First("section.held h2").Text())
		if got := squeeze(before[c]); got != squeeze(want) {
			t.Errorf("%s: before\n%s\nand after\n%s", c, got, squeeze(want))
		}
	}
}

// So is that of the next version of a public pledge, with the translations and reports that it has.
func TestThePreviewOfARevisionIsThePublicPage(t *testing.T) {
	s := serve(t)
	focal := s.As(kittest.Focal)
	p := focal.Get("/my").Press("Take up")
	at := strings.TrimPrefix(p.Path, "/en")
	focal.Get(at+"/edit/what").Fill("Text of the pledge", prose).Press("Save and continue").Is(200)
	before := map[lang.Code]string{}
	for _, c := range lang.All {
		before[c] = squeeze(focal.In(c).Get(at + "/preview").First(".preview").Text())
	}
	sub := s.get(t, at)
	sub, err := s.desk.SubmitRevision(t.Context(), s.People[kittest.Focal], sub.Ref, sub.Version, pledge.Notice{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.desk.PublishRevision(t.Context(), s.People[kittest.Reviewer], sub.Ref, sub.Version); err != nil {
		t.Fatal(err)
	}
	if err := s.Index.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range lang.All {
		main := s.As(kittest.Nobody).In(c).Get("/pledges/" + sub.Published)
		want, _, _ := strings.Cut(main.First("main").Text(), main.First("section.held h2").Text())
		if got := before[c]; got != squeeze(want) {
			t.Errorf("%s: before\n%s\nand after\n%s", c, got, squeeze(want))
		}
	}
}

// dot is a small picture.
func dot(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// In Arabic, too, what is written in English is marked as that; a message finds its own direction.
func TestTextsKeepTheirDirection(t *testing.T) {
	s := serve(t)
	focal := s.As(kittest.Focal)
	at := s.rich(t, focal)
	if m := focal.In(lang.AR).Get(at+"/check").Says("30 حزيران/يونيه 2030", "1,500,000 USD"); strings.Contains(m.Text(), "2030-06") {
		t.Error("a date of a field is told as programs write it")
	}
	focal.Get(at + "/check").Press("Submit to the secretariat")
	focal.In(lang.AR).Get(at).Fill("body", "Thank you. شكرا").Press("إرسال")
	p := focal.In(lang.AR).Get(at)
	if h := p.First("h1"); h.Get("lang") != "en" || h.Get("dir") != "ltr" {
		t.Errorf("the title has lang %q, dir %q", h.Get("lang"), h.Get("dir"))
	}
	if m := p.First("#thread"); m.Text() == "" || p.First("section[aria-labelledby=thread] li p").Get("dir") != "auto" {
		t.Errorf("a message: %q", p.First("section[aria-labelledby=thread] li").Text())
	}
	for _, a := range focal.In(lang.AR).Get("/my").All("a.what") {
		if a.Get("lang") == "en" && a.Get("dir") != "ltr" {
			t.Errorf("%q has dir %q", a.Text(), a.Get("dir"))
		}
	}
}

// Earlier texts say what changed in the words of the public history, and nothing that only
// programs read.
func TestEarlierTextsAreSaidInWords(t *testing.T) {
	s := serve(t)
	focal := s.As(kittest.Focal)
	at := s.rich(t, focal)
	focal.Get(at+"/edit/when").Fill("money.amount", "2500000").Fill("ends_on.year", "2031").Press("Save and continue").Is(200)
	p := focal.Get(at)
	p.Says("Earlier texts", "Human resources", "1,500,000 USD", "2,500,000 USD", "30 June 2031", "March 2028", "plan.png")
	p.SaysNot("human_resources", "1500000", "2030-06-30", "2028-03", s.get(t, at).Pledge.Attachments[0].SHA256)
	if s.Pack.Funds[0].Code != "" {
		p.SaysNot("fund:" + s.Pack.Funds[0].Code)
	}
	focal.In(lang.AR).Get(at).Says("30 حزيران/يونيه 2031").SaysNot("human_resources", "Kenya")
}

func TestPublicPledgesOfThePartyCanBeTakenUp(t *testing.T) {
	s := serve(t)
	for who, code := range map[string]string{kittest.Focal: "ken", kittest.Other: "prt"} {
		p := s.As(who).Get("/my")
		if strings.Contains(p.Body, `name="id"`) {
			p.Press("Take up").Says("It is public.")
			return
		}
		t.Logf("%s has no public pledge in the sample", code)
	}
	t.Error("nobody has a public pledge to take up")
}

// Whoever goes through the steps of a public pledge and changes nothing has not begun a next version.
func TestLookingThroughAPublicPledgeChangesNothing(t *testing.T) {
	s := serve(t)
	focal := s.As(kittest.Focal)
	public := strings.Count(focal.Get("/my").Body, `name="id"`)
	if public == 0 {
		t.Fatal("there is no public pledge to take up")
	}
	for range min(public, 4) {
		p := focal.Get("/my").Press("Take up")
		at, _, _ := strings.Cut(strings.TrimPrefix(p.Path, "/en"), "?")
		was := s.get(t, at)
		for _, step := range steps {
			focal.Get(at + "/edit/" + step).Press("Save and continue").Is(200)
			if now := s.get(t, at); now.Revised || now.Version != was.Version {
				t.Fatalf("%s, %s: version %d, was %d; %+v", was.Published, step, now.Version, was.Version, pledge.Changes(now.Stands, now.Pledge))
			}
		}
		focal.Get(at + "/check").Says("This is what is public already.").SaysNot("An acknowledgement with the reference")
	}
}

func TestNobodyBeginsForAnother(t *testing.T) {
	s := serve(t)
	for who, want := range map[string]int{kittest.Focal: 200, kittest.Deputy: 200, kittest.Reviewer: 403, kittest.Bare: 403} {
		if p := s.As(who).Get("/pledges/new"); p.Status != want {
			t.Errorf("%s: %d, want %d", who, p.Status, want)
		}
	}
	v := url.Values{"lead": {"prt"}, "title": {"x"}, "language": {"en"}, "_key": {kit.NewKey()}}
	s.As(kittest.Focal).Post("/pledges/new", v)
	if _, n, err := s.desk.List(t.Context(), s.People[kittest.Other], intake.Filter{Mine: true}, 0, 10); err != nil || n != 0 {
		t.Errorf("%d drafts of another party, %v", n, err)
	}
}

func TestEveryDoorWithEverybody(t *testing.T) {
	kittest.Doors(t, New(Options{Files: new(blob.Store)}))
}

func TestNeedsAndOffers(t *testing.T) {
	s := serve(t)
	ctx, reviewer := t.Context(), s.People[kittest.Reviewer]
	publish := func(at string) string {
		sub := s.get(t, at)
		if _, err := s.desk.Publish(ctx, reviewer, sub.Ref, sub.Version); err != nil {
			t.Fatal(err)
		}
		if err := s.Index.Refresh(ctx); err != nil {
			t.Fatal(err)
		}
		return s.get(t, at).Published
	}
	focal, other := s.As(kittest.Focal), s.As(kittest.Other)
	other.Get("/my/needs").Says("Nobody seeks help at the moment.")
	at := s.draft(t, focal)
	focal.Get(at + "/check").Press("Submit to the secretariat")
	id := publish(at)
	p := focal.Get(at).Fill("What is sought", "Two hundred desks").Press("Put it on the board").Is(422).Says("Say what kind of help is sought")
	p.Fill("What kind of help", "Material").Press("Put it on the board").Says("The need is on the board.", "Two hundred desks")
	focal.Get("/my/needs").Says("Two hundred desks").SaysNot("Answer with a pledge")

	p = other.Get("/my/needs").Says("Two hundred desks", "Kenya").Follow("Answer with a pledge").Says("It answers " + id)
	p = p.Fill("Title", "Deliver 200 desks").Fill("Text of the pledge", prose).Press("Save and continue")
	p = p.Press("Save and continue").Choose("1. Data").Choose("Material").Choose("National").Press("Save and continue").Press("Save and continue").Press("Save and continue")
	p.Says("Nothing is missing.").Press("Submit to the secretariat").Says("Submitted")
	focal.Get("/my").Says("Offers to answer").Follow(s.get(t, at).Pledge.Title)
	focal.Get(at).Says("Deliver 200 desks", "Portugal").Press("Confirm").Says("Your answer to the offer was noted.", "confirmed")
	focal.Get("/my").SaysNot("Offers to answer")
	other.Get("/my/needs").Says("Nobody seeks help at the moment.")
}

func TestFilesBecomePublicWithThePledge(t *testing.T) {
	s := serve(t)
	focal := s.As(kittest.Focal)
	at := s.draft(t, focal)
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	const press, public = "Save and add a link or file", "To be published with the pledge, name and content, for good"
	focal.Get(at+"/edit/evidence").Says("public for good").Choose(public).Attach("File to attach", "plan.png", picture.Bytes()).Press(press).Says(public)
	picture.Reset()
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 5, 5))); err != nil {
		t.Fatal(err)
	}
	focal.Get(at+"/edit/evidence").Attach("File to attach", "jane.doe@example.org.png", picture.Bytes()).Press(press).
		Press("Publish for good").Press("Publish for good").Says("The name of the file cannot be published").SaysNot("looks like it holds a personal")
	focal.Get(at + "/check").Press("Submit to the secretariat")
	sub := s.get(t, at)
	hash, private := sub.Pledge.Attachments[0].SHA256, sub.Pledge.Attachments[1].SHA256
	if _, err := s.desk.Publish(t.Context(), s.People[kittest.Reviewer], sub.Ref, sub.Version); err != nil {
		t.Fatal(err)
	}
	path := "/pledges/" + s.get(t, at).Published + "/files/" + hash
	nobody := s.As(kittest.Nobody)
	if p := nobody.Get(path); p.Status != 404 {
		t.Errorf("before the readers' index knows the pledge: %d", p.Status)
	}
	nobody.Get(path + "/salt").Is(404)
	if err := s.Index.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	nobody.Get(strings.Replace(path, hash, private, 1)).Is(404)
	focal.Get(at + "/files/" + private).Is(200)
	for range 2 {
		p := nobody.Get(path)
		if p.Status != 200 || !strings.HasPrefix(p.Header.Get("Content-Disposition"), "attachment") {
			t.Errorf("%d %v", p.Status, p.Header)
		}
	}
	// Anybody can check it: the hash in the register is that of the salt and the content.
	salt, err := hex.DecodeString(strings.TrimSpace(nobody.Get(path + "/salt").Is(200).Body))
	if sum := sha256.Sum256(append(salt, nobody.Get(path).Body...)); err != nil || len(salt) == 0 || hex.EncodeToString(sum[:]) != hash {
		t.Errorf("the hash of salt %x and content is %x, want %s; %v", salt, sum, hash, err)
	}
	for _, other := range []string{"/pledges/GCM-0001/files/" + hash, "/pledges/GCM-0001/files/" + hash + "/salt", strings.Replace(path, hash[:8], "00000000", 1), "/pledges/GCM-9999/files/" + hash} {
		if p := nobody.Get(other); p.Status != 404 {
			t.Errorf("%s: %d", other, p.Status)
		}
	}
}

func TestTheMethodIsPublic(t *testing.T) {
	s := serve(t)
	for _, c := range lang.All {
		s.As(kittest.Nobody).In(c).Get("/about/method").Is(200)
	}
	s.As(kittest.Nobody).Get("/about/method").Says("verb of doing", "20 points", "allocate")
}

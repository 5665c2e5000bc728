package my

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/work/kittest"
)

// published is a pledge of the focal point's party that is public, alone or with another party.
func (s site) published(t testing.TB, joint bool) string {
	t.Helper()
	focal := s.As(kittest.Focal)
	at := s.draft(t, focal)
	if joint {
		focal.Get(at+"/edit/who").Choose("Common").Fill("Party to invite", "Portugal").Press("Save and invite")
		s.As(kittest.Other).Get(at).Press("Confirm")
	}
	focal.Get(at + "/check").Press("Submit to the secretariat")
	sub := s.get(t, at)
	if _, err := s.desk.Publish(t.Context(), s.People[kittest.Reviewer], sub.Ref, sub.Version); err != nil {
		t.Fatal(err)
	}
	if err := s.Index.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	return at
}

func (s site) entered(t testing.TB, how, text string) string {
	t.Helper()
	p := pledge.Pledge{Schema: 1, Title: "What we heard", Text: text, Language: lang.EN, Form: pledge.Individual, Objectives: []int{1}, ObjectivesBy: pledge.ByParty, Nature: []pledge.Nature{pledge.Process}, Levels: []pledge.Level{pledge.National}}
	sub, err := s.desk.Enter(t.Context(), s.People[kittest.Reviewer], intake.Beginning{Lead: "ken", Pledge: p}, intake.Received{How: how, On: "2026-03-01"})
	if err != nil {
		t.Fatal(err)
	}
	return "/my/" + sub.Ref
}

var (
	rawName = regexp.MustCompile(`^[a-z_]+(\.[a-z_]+)*:`)
	english = regexp.MustCompile(`[A-Za-z]{3,} [a-z]{2,}`)
)

// Whatever is wrong with what a button asks for is said in the reader's words, beside its field
// where the page has it.
func TestEveryRefusalIsInWords(t *testing.T) {
	s := serve(t)
	focal := s.As(kittest.Focal)
	open, public, heard := s.draft(t, focal), s.published(t, false), s.entered(t, intake.ByFloor, "Too short.")
	joint := s.published(t, true)
	long, address := strings.Repeat("a ", 20_000), "Ask jane@example.org."
	for _, c := range []lang.Code{lang.EN, lang.AR} {
		for _, x := range []struct {
			name, at string
			values   url.Values
			field    string // that the fault leads to
		}{
			{"what was entered is too short", heard, url.Values{"do": {"confirm"}}, "/edit/what"},
			{"a need with an address", public, url.Values{"do": {"need"}, "nature": {"material"}, "body": {address}}, "#f-need-body"},
			{"a need that is too long", public, url.Values{"do": {"need"}, "nature": {"material"}, "body": {long}}, "#f-need-body"},
			{"a need of no kind", public, url.Values{"do": {"need"}, "nature": {"nothing"}, "body": {"Desks"}}, "#f-nature"},
			{"a reason with an address", public, url.Values{"do": {"withdraw"}, "reason": {address}}, "#f-reason"},
			{"a reason that is too long", public, url.Values{"do": {"withdraw"}, "reason": {long}}, "#f-reason"},
			{"a lead leaves with an address", joint, url.Values{"do": {"leave"}, "party": {"ken"}, "reason": {address}}, "#f-reason"},
			{"a step that is too long", open, url.Values{"do": {"steps"}, "steps": {strings.Repeat("a", 400)}}, "#f-steps"},
			{"too many steps", open, url.Values{"do": {"steps"}, "steps": {"a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk"}}, "#f-steps"},
			{"a message that is too long", public, url.Values{"do": {"message"}, "body": {long}}, "#f-body"},
			{"a revision that changes nothing", public, url.Values{"do": {"revise"}}, ""},
			{"a clearance that is not asked for", open, url.Values{"do": {"clear"}, "name": {"Minister"}}, ""},
			{"nothing is discarded", public, url.Values{"do": {"discard"}}, ""},
		} {
			x.values.Set("_version", told(s.get(t, x.at)))
			p := focal.In(c).Post(x.at, x.values)
			if p.Status != 422 {
				if x.field != "" {
					t.Errorf("%s, %s: %d at %s", c, x.name, p.Status, p.Path)
				}
				continue
			}
			if strings.Contains(p.Body, "⟦") {
				t.Errorf("%s, %s: a hole in the words", c, x.name)
			}
			faults := p.All(".faults li")
			if len(faults) == 0 {
				t.Errorf("%s, %s: nothing is said to be wrong", c, x.name)
			}
			for _, li := range faults {
				if says := li.Text(); rawName.MatchString(says) || c == lang.AR && english.MatchString(says) {
					t.Errorf("%s, %s: %q", c, x.name, says)
				}
			}
			leads := func(href string) bool { return strings.HasSuffix(href, x.field) }
			var hrefs []string
			for _, a := range p.All(".faults li a") {
				hrefs = append(hrefs, a.Get("href"))
			}
			if x.field != "" && !slices.ContainsFunc(hrefs, leads) {
				t.Errorf("%s, %s: leads to %q", c, x.name, hrefs)
			}
			if strings.HasPrefix(x.field, "#") && p.First(x.field).Get("aria-invalid") != "true" {
				t.Errorf("%s, %s: the field does not say that it is wrong", c, x.name)
			}
		}
	}
	at := focal.Get(public).Fill("What is sought", address).Fill("What kind of help", "Material").Press("Put it on the board")
	at.Is(422).Says("Leave out e-mail addresses")
}

// The party is asked once whether what the secretariat entered are its words.
func TestWordsAreConfirmedOnce(t *testing.T) {
	s := serve(t)
	focal := s.As(kittest.Focal)
	at := s.entered(t, intake.ByFloor, prose)
	const ask = "These are our words"
	focal.Get(at).Says(ask).Press(ask).Is(200).Says("Confirmed.").SaysNot(ask)
	noted := s.entered(t, intake.ByNote, prose)
	sub := s.get(t, noted)
	sub, err := s.desk.Register(t.Context(), s.People[kittest.Reviewer], sub.Ref, sub.Version)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.desk.Publish(t.Context(), s.People[kittest.Reviewer], sub.Ref, sub.Version); err != nil {
		t.Fatal(err)
	}
	focal.Get(noted).Says("Published").SaysNot(ask)
}

// What is public is shown as that; the text of the next version apart from it, until it is
// submitted or discarded.
func TestARevisionIsApartFromWhatIsPublic(t *testing.T) {
	s := serve(t)
	focal := s.As(kittest.Focal)
	at := s.published(t, false)
	const old, changed, says = "Train 300 officials", "Train 500 officials", "You are changing it"
	focal.Get(at).SaysNot(says, "Discard")
	focal.Get(at + "/preview").Says("This is what the public page shows.")
	focal.Get(at+"/edit/what").Fill("Title", changed).Press("Save and continue")
	p := focal.Get(at).Says(says, changed, "The new text is not submitted.")
	if h := p.First("h1").Text(); h != old {
		t.Errorf("the page is headed %q", h)
	}
	focal.Get(at + "/preview").Says("It is not public yet")
	focal.Get("/my").Says(old, "being changed, not submitted").SaysNot(changed)
	p.Press("Discard the changes").Is(200).Says("The changes were discarded.", "Earlier texts").SaysNot(says)
	if got := s.get(t, at).Pledge.Title; got != old {
		t.Errorf("it is called %q", got)
	}
	focal.Get("/my").SaysNot("not submitted")

	focal.Get(at+"/edit/what").Fill("Title", changed).Press("Save and continue")
	focal.Get(at + "/check").Press("Submit to the secretariat").Says("Revision submitted").SaysNot(says)
}

// Who leaves does not end on a page that is not there.
func TestWhoLeavesIsLedToItsOwnPledges(t *testing.T) {
	s := serve(t)
	at := s.published(t, true)
	other := s.As(kittest.Other)
	p := other.Get(at).Says("The lead party can revise it").Press("Withdraw our own part").Is(200).Says("Your part was withdrawn.")
	if at, _, _ := strings.Cut(p.Path, "?"); at != "/en/my" {
		t.Errorf("it leads to %s", p.Path)
	}

	// The lead goes on alone: nothing of its own text has changed, and the form tells what to choose.
	focal := s.As(kittest.Focal)
	focal.Get(at).SaysNot("You are changing it")
	focal.Get(at + "/edit/who").Says("The other parties have left").Choose("Individual").Press("Save and continue").Is(200)
	focal.Get(at+"/edit/what").SaysNot("The other parties have left").Fill("Title", "Train 200 officials").Press("Save and continue").Is(200)
	focal.Get(at + "/check").Says("Nothing is missing.").Press("Submit to the secretariat").Is(200).Says("Revision submitted")
}

// Who takes part and does not lead is told what it can do, and not what the lead can.
func TestWhoTakesPartIsToldSo(t *testing.T) {
	s := serve(t)
	focal, other := s.As(kittest.Focal), s.As(kittest.Other)
	at := s.draft(t, focal)
	focal.Get(at+"/edit/who").Choose("Common").Fill("Party to invite", "Portugal").Press("Save and invite")
	other.Get(at).Press("Confirm").Says("The lead party completes it and submits it.")
	focal.Get(at + "/check").Press("Submit to the secretariat").Is(200)
	sub := s.get(t, at)
	if _, err := s.desk.Return(t.Context(), s.People[kittest.Reviewer], sub.Ref, sub.Version, intake.Remarks{Body: "Until when?", Language: lang.EN}); err != nil {
		t.Fatal(err)
	}
	focal.Get(at).Says("they stand below")
	other.Get(at).Says("has asked the lead party for changes").SaysNot("they stand below")
}

func TestARetractedProposalIsNotAnnounced(t *testing.T) {
	s := serve(t)
	focal := s.As(kittest.Focal)
	at := s.draft(t, focal)
	focal.Get(at + "/check").Press("Submit to the secretariat")
	sub := s.get(t, at)
	p := sub.Pledge
	p.Title = "Train 300 officials by the end of 2030"
	ctx, reviewer := t.Context(), s.People[kittest.Reviewer]
	if _, err := s.desk.Propose(ctx, reviewer, sub.Ref, sub.Version, p, "Clearer so."); err != nil {
		t.Fatal(err)
	}
	focal.Get(at + "/preview?proposal=1").Says("It is not public yet")
	sub = s.get(t, at)
	if _, err := s.desk.AnswerProposal(ctx, s.People[kittest.Focal], sub.Ref, sub.Version, 1, false, ""); err != nil {
		t.Fatal(err)
	}
	focal.Get(at + "/preview?proposal=1").Says("has refused this change").SaysNot("exactly what the public page will show")
}

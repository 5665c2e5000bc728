package follow_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/followup"
	"stocktake/internal/web/webtest"
	"stocktake/internal/web/work/follow"
	"stocktake/internal/web/work/kittest"
)

func TestArea(t *testing.T) {
	kittest.Area(t, follow.New(nil, nil),
		"follow.desk.overdue", "follow.desk.due", "follow.desk.nobody", "follow.desk.waiting", "follow.desk.stopped", "follow.desk.wrong",
		"follow.desk.overdue.note", "follow.desk.due.note", "follow.desk.nobody.note", "follow.desk.waiting.note", "follow.desk.stopped.note", "follow.desk.wrong.note",
		"follow.state.waiting", "follow.state.published", "follow.state.stopped", "follow.done.confirmed", "follow.done.objected", "follow.done.taken_back", "follow.done.stopped",
		"follow.stopped.contact", "follow.stopped.author", "follow.stopped.left", "follow.stopped.overtaken", "follow.stopped.ended", "follow.stopped.rules", "follow.stopped.dated", "follow.held_up",
		"follow.link.unknown", "follow.link.expired", "follow.link.passed", "follow.link.answered", "follow.link.spent", "follow.link.late", "follow.link.left", "follow.link.gone", "follow.ask.nothing", "follow.ask.nobody", "follow.ask.today",
		"follow.confirm.late", "follow.confirm.self", "follow.settled")
}

type desk struct {
	*kittest.Site
	office *followup.Office
	id     string
}

// How many parties cannot be reached is everybody's to know, and which they are nobody's. The
// number is that of the day: it does not move while somebody watches.
func TestHowManyCannotBeReachedIsPublic(t *testing.T) {
	d := serve(t)
	count := func() string {
		t.Helper()
		p := d.As(kittest.Nobody).Get("/about/follow-up").Is(200)
		if p.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("kept by caches: %q", p.Header.Get("Cache-Control"))
		}
		for _, name := range []string{"Kenya", "Mexico", "Morocco", "City of Riverford"} {
			p.SaysNot(name)
		}
		return p.First("main strong").Text()
	}
	number := func() string {
		t.Helper()
		var n int
		d.Write(func(ctx context.Context, tx *db.Tx) (err error) {
			n, err = d.office.WithoutContact(ctx, tx, d.Clock().Format(time.DateOnly))
			return err
		})
		return strconv.Itoa(n)
	}
	before := count()
	if !strings.HasSuffix(before, ": "+number()) || number() == "0" {
		t.Errorf("the page says %q, counted are %s", before, number())
	}
	d.Invite("mayor@example.org", "Mayor", access.Grant{Role: access.FocalPoint, Party: "city-of-riverford"})
	if now := count(); now != before {
		t.Errorf("within the day it went from %q to %q", before, now)
	}
	d.Later(24 * time.Hour)
	if now := count(); now == before || !strings.HasSuffix(now, ": "+number()) {
		t.Errorf("the next day it is still %q", now)
	}
}

// serve runs the area; Kenya's pledge had its last report long enough ago to be asked about.
func serve(t testing.TB) *desk {
	h := kittest.New(t)
	office := &followup.Office{DB: h.DB, Pack: h.Pack, Book: pledge.Book{Pack: h.Pack, Log: h.Log}, Mail: h, People: h.Access, BaseURL: kittest.Base,
		Calendar: followup.Calendar{EveryMonths: 12, RemindBefore: []int{30, 7}}}
	d := &desk{Site: h.Serve(follow.New(office, func(_ context.Context, _ access.Person, ref string) (string, error) {
		return map[string]string{"S-2345AA": h.ID(webtest.Revised)}[ref], nil
	})), office: office, id: h.ID(webtest.Revised)}
	d.Later(345 * 24 * time.Hour)
	return d
}

// link has the letters of the day sent, and gives the path of the link to Kenya's first contact.
func (d *desk) link() string {
	d.T.Helper()
	if err := d.office.RemindToday(d.T.Context()); err != nil {
		d.T.Fatal(err)
	}
	return d.path("focal@example.org")
}

// path is where the link of the last letter to an address leads, without the language.
func (d *desk) path(to string) string {
	u, err := url.Parse(d.Letter(to).Data["Link"])
	if err != nil {
		d.T.Fatal(err)
	}
	return u.Path[len("/en"):]
}

func TestFromTheLetterToTheRegister(t *testing.T) {
	d := serve(t)
	link := d.link()
	r := d.As(kittest.Nobody)
	p := r.Get(link).Is(200).Says("Birth registration for every child", "Kenya", "The last report", "Forty of forty-seven counties")
	if p.Header.Get("Cache-Control") != "no-store" || p.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("%v", p.Header)
	}
	p = p.Press("No change").Is(200).Says("The report is in the public register.", "No change since the last report.")
	if receipt := p.Follow("Receipt of the register"); !strings.Contains(receipt.Body, `"checkpoint"`) {
		t.Errorf("%d %.300s", receipt.Status, receipt.Body)
	}
	r.Get(link).Is(200).Says("The report is in the public register.")
}

func TestSomethingHasChanged(t *testing.T) {
	d := serve(t)
	link := d.link()
	p := d.As(kittest.Nobody).Get(link)
	if v := p.First("textarea[name=narrative]").Text(); v != "Forty of forty-seven counties register births online." {
		t.Errorf("begins with %q", v)
	}
	p = p.Fill("narrative", "All counties. Write to jane@example.org").Fill("Births registered within seven days", "ninety").Fill("Evidence 2: web address", "example").Press("Send the report")
	p = p.Is(422).Says("Write a number", "Write a whole address")
	if _, open := p.First("details").Attr("open"); !open {
		t.Error("the form with the faults is folded away")
	}
	p = p.Fill("value_0", "90").Fill("evidence_1_url", "https://example.org/?by=jane@example.org").Press("Send the report")
	p = p.Is(422).Says("Leave out e-mail addresses")
	p = p.Fill("narrative", "All counties.").Fill("evidence_0_url", "").Fill("evidence_0_title", "").Fill("evidence_0_source", "").
		Fill("evidence_0_on.month", "").Fill("evidence_0_on.year", "").Fill("evidence_1_url", "https://example.org/3").Fill("spent.amount", "5").Fill("spent.currency", "XXX").Press("Send the report")
	p = p.Is(422).Says("Write an amount and its currency.")
	p.Fill("spent.currency", "EUR").Press("Send the report").Is(200).Says("The report is in the public register.", "All counties.")
}

func TestAFormThatIsRight(t *testing.T) {
	d := serve(t)
	link := d.link()
	p := d.As(kittest.Nobody).In(lang.AR).Get(link).Is(200)
	p = p.Fill("narrative", "سجلت كل المقاطعات.").Fill("value_0", "٩٥٫٥").Fill("spent.amount", "1500").Fill("spent.currency", "kes").
		Fill("evidence_1_url", "https://example.org/2027").Fill("evidence_1_source", "The registrar").Fill("evidence_1_on.year", "2027").Fill("language", "ar").Press("إرسال التقرير").Is(200)
	p.Says("التقرير مدون في السجل العلني.")
	all, err := d.office.Reports(t.Context(), d.People[kittest.Focal], d.id)
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v %v", all, err)
	}
	rep := all[0].Report
	if rep.Language != lang.AR || rep.Values[0].Value != "95.5" || rep.Spent.Currency != "KES" || rep.Evidence[1].Source != "The registrar" || rep.Evidence[1].On != "2027" || rep.Evidence[0].URL == "" {
		t.Errorf("%+v", rep)
	}
	told := d.Letter("deputy@example.org")
	if told.Template != followup.LetterTold {
		t.Errorf("%+v", told)
	}
}

func TestEvidenceOfADayToComeIsNotTaken(t *testing.T) {
	d := serve(t)
	path := "/my/" + d.id + "/report"
	p := d.As(kittest.Focal).Get(path).Choose("In progress").
		Fill("evidence_0_url", "https://example.org/2099").Fill("evidence_0_source", "The registrar").Fill("evidence_0_on.year", "2099").Press("Send the report").Is(422)
	p.Says("The evidence cannot be of a later day than the report.")
	if all, err := d.office.Reports(t.Context(), d.People[kittest.Focal], d.id); err != nil || len(all) > 0 {
		t.Fatalf("%+v %v", all, err)
	}
	p.Fill("evidence_0_on.year", "2024").Press("Send the report").Is(200).Says("The report is in the public register.")
}

func TestDoneAndConfirmedByTheDeputy(t *testing.T) {
	d := serve(t)
	link := d.link()
	d.As(kittest.Nobody).Get(link).Press("This is done").Is(200).Says("The report is stored.", "Fulfilled")
	second := d.path("deputy@example.org")
	d.As(kittest.Reviewer).Get("/desk/followup?show=waiting").Is(200).Says("Kenya", "Focal Person")
	p := d.As(kittest.Nobody).Get(second).Is(200).Says("Another contact of your party filed this report.")
	p.Press("Confirm and publish").Is(200).Says("The report is in the public register.")
	d.As(kittest.Nobody).Get(link).Is(200).Says("The report is in the public register.")
}

func TestObjectedByTheDeputySignedIn(t *testing.T) {
	d := serve(t)
	d.As(kittest.Nobody).Get(d.link()).Press("This is done")
	path := "/my/" + d.id + "/report"
	d.As(kittest.Focal).Get(path).Is(200).Says("A report waits").SaysNot("Confirm and publish")
	d.As(kittest.Deputy).Get(path).Is(200).Press("Object").Is(200).Says("The report was stopped. It is kept.", "Another contact objected.")
	d.As(kittest.Reviewer).Get("/desk/followup?show=stopped").Is(200).Says("Another contact objected.")
}

func TestTheWrongPerson(t *testing.T) {
	d := serve(t)
	d.As(kittest.Nobody).Get(d.link()).Fill("note", "Ask the registrar").Press("Tell the secretariat").Is(200).Says("The secretariat looks for the right person.")
	p := d.As(kittest.Reviewer).Get("/desk/followup?show=wrong").Is(200).Says("Focal Person", "Ask the registrar")
	p.Press("Settled").Is(200).Says("Letters go to the contacts", "There is nothing in this list.")
	d.As(kittest.Observer).Get("/desk/followup").Is(200).Says("Nobody to ask")
	d.As(kittest.Administrator).Get("/desk/followup").Is(403)
	own := d.As(kittest.Focal).Get("/desk/followup").Is(200).Says("Birth registration for every child").SaysNot("Norway", "Nobody to ask", "Wrong person")
	own.Follow("Report").Is(200).Says("Save as a draft")
}

func TestTheDeskWritesNow(t *testing.T) {
	d := serve(t)
	p := d.As(kittest.Reviewer).Get("/desk/followup").Is(200).Press("Write now").Is(200).Says("The letters are posted.")
	if l := d.Letter("deputy@example.org"); l.Template != followup.LetterOverdue {
		t.Errorf("%+v", l)
	}
	p.Press("Write now").Is(409).Says("went out today")
	if to := d.As(kittest.Reviewer).Get("/desk/followup").First("main table form").Get("action"); strings.Contains(to, "show") {
		t.Errorf("the first list leads to %s", to)
	}
	d.Later(24 * time.Hour)
	again := d.As(kittest.Reviewer).Post("/desk/followup?show=nobody", url.Values{"pledge": {d.id}}).Is(200).Says("The letters are posted.")
	if !strings.Contains(again.Path, "show=nobody") {
		t.Errorf("from another list it leads to %s", again.Path)
	}
	d.As(kittest.Observer).Get("/desk/followup").SaysNot("Write now")
	d.As(kittest.Focal).Get("/desk/followup").SaysNot("Write now")
	d.As(kittest.Focal).Post("/desk/followup", url.Values{"pledge": {d.id}}).Is(403)
}

func TestLinksThatDoNotWork(t *testing.T) {
	d := serve(t)
	link := d.link()
	d.As(kittest.Nobody).Get("/r/aaaa").Is(404).Says("This link is not one of ours.")
	d.As(kittest.Nobody).Get(link + "x").Is(404)
	d.As(kittest.Nobody).Get(link + "/receipt").Is(404)
	for _, choice := range []string{"burn", ""} {
		p := d.As(kittest.Nobody).Post(link, url.Values{"choice": {choice}, "narrative": {"All counties."}}).Is(422).Says("The answer was not clear. Choose one of the buttons below.", "This is done")
		if v := p.First("textarea[name=narrative]").Text(); v != "All counties." {
			t.Errorf("lost what was typed: %q", v)
		}
	}
	d.As(kittest.Deputy).Get("/my/"+d.id+"/report").Press("No change").Is(200).Says("The report is in the public register.", "Published")
	d.As(kittest.Nobody).Get(link).Is(410).Says("This is no longer open", "has come in already").SaysNot("There is nothing here for you")
}

// Where nothing was reported there is nothing that still holds: an old page that says so is
// answered in words.
func TestAFirstReportIsNotNoChange(t *testing.T) {
	d := serve(t)
	link := d.link()
	d.Write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM reports WHERE pledge = $1`, d.id)
		return err
	})
	d.As(kittest.Nobody).Get(link).Is(200).SaysNot("No change")
	d.As(kittest.Nobody).Post(link, url.Values{"choice": {"no_change"}}).Is(422).Says("There is no report yet that could still hold.")
}

func TestReportingSignedIn(t *testing.T) {
	d := serve(t)
	path := "/my/" + d.id + "/report"
	d.As(kittest.Other).Get(path).Is(403)
	d.As(kittest.Reviewer).Get(path).Is(200).Says("not be written")
	p := d.As(kittest.Focal).Get(path).Is(200)
	p = p.Fill("narrative", "Half a sentence").Press("Save as a draft").Is(200).Says("The draft was saved.")
	if v := p.First("textarea[name=narrative]").Text(); v != "Half a sentence" {
		t.Errorf("kept %q", v)
	}
	stale := d.As(kittest.Focal).Get(path)
	p.Fill("narrative", "A whole sentence.").Press("Save as a draft").Is(200)
	stale = stale.Fill("narrative", "From the other window").Press("Save as a draft").Is(422).Says("Somebody else has changed this meanwhile.")
	if v := stale.First("textarea[name=narrative]").Text(); v != "From the other window" {
		t.Errorf("lost what was typed: %q", v)
	}
	stale.Says("What is stored now", "A whole sentence.")
	stale.Fill("narrative", "Both sentences.").Press("Save as a draft").Is(200).Says("The draft was saved.")
	d.As(kittest.Focal).Get(path).Choose("In progress").Press("Send the report").Is(200).Says("The report is in the public register.", "Both sentences.")
}

// From the link to the stored report: two requests, and with style and script no more than 30 KB.
func TestTwoRequestsAndThirtyKilobytes(t *testing.T) {
	d := serve(t)
	r := d.As(kittest.Nobody)
	p := r.Do("GET", d.link(), "", nil)
	total := zipped(t, p.Body)
	for _, e := range append(p.All("link[rel=stylesheet]"), p.All("script[src]")...) {
		path := e.Get("href") + e.Get("src")
		total += zipped(t, r.Do("GET", path, "", nil).Body)
	}
	form := p.First("form[method=post]")
	body := url.Values{"choice": {form.First("input[name=choice]").Get("value")}}.Encode()
	stored := r.Do("POST", form.Get("action"), "application/x-www-form-urlencoded", []byte(body))
	if stored.Status != 303 {
		t.Fatalf("status %d", stored.Status)
	}
	total += len(body) + len(stored.Body)
	all, err := d.office.Reports(t.Context(), d.People[kittest.Focal], d.id)
	if err != nil || len(all) != 1 || all[0].State != followup.Public {
		t.Fatalf("%+v %v", all, err)
	}
	t.Logf("%d bytes", total)
	if total > 30<<10 {
		t.Errorf("%d bytes over the wire", total)
	}
}

func zipped(t *testing.T, s string) int {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}

// A report that waits stands first on the page: until when, who else can confirm it, and that its
// author can take it back. Nobody is told meanwhile that one is due.
func TestAReportThatWaits(t *testing.T) {
	d := serve(t)
	path := "/my/" + d.id + "/report"
	p := d.As(kittest.Focal).Get(path).Press("This is done").Is(200).Says("A report waits", "It is published on", "Who can confirm it: Deputy Person.", "Take it back", "Replace it", "your report takes its place")
	p.SaysNot("Object", "This is done")
	d.As(kittest.Deputy).Get(path).Is(200).Says("Confirm and publish").SaysNot("Take it back", "Who can confirm it: Focal Person")
	d.As(kittest.Reviewer).Get(path).Is(200).Says("A report waits", "Who can confirm it: Deputy Person.").SaysNot("Take it back", "Confirm and publish", "Replace it")
	d.As(kittest.Focal).Get("/desk/followup").SaysNot("Birth registration for every child")
	d.As(kittest.Focal).Get(path).Press("Take it back").Is(200).Says("The report was taken back.", "Whoever filed it took it back.", "This is done").SaysNot("A report waits")
	d.As(kittest.Focal).Get("/desk/followup").Says("Birth registration for every child")
	if l := d.Letter("deputy@example.org"); l.Template != followup.LetterStopped || l.Data["Why"] != "Whoever filed it took it back." {
		t.Errorf("%+v", l)
	}
}

// The private reference of a pledge leads to the page of its reports; one that is not public yet
// has none.
func TestThePrivateReferenceLeadsToTheReport(t *testing.T) {
	d := serve(t)
	d.As(kittest.Focal).Get("/my/S-2345AA/report").Is(200).Says("Birth registration for every child", "Save as a draft")
	if r := d.As(kittest.Focal).Do("GET", "/my/S-2345AA/report", "", nil); r.Status != 303 || !strings.HasSuffix(r.Header.Get("Location"), "/my/"+d.id+"/report") {
		t.Errorf("%d %s", r.Status, r.Header.Get("Location"))
	}
	d.As(kittest.Focal).Get("/my/S-2345AB/report").Is(404)
}

// Where letters to a contact come back, the desk sees it.
func TestTheDeskSeesThatLettersComeBack(t *testing.T) {
	d := serve(t)
	d.link()
	d.Write(func(ctx context.Context, tx *db.Tx) error { return d.Access.Bounced(ctx, tx, "focal@example.org") })
	d.As(kittest.Reviewer).Get("/desk/followup").Is(200).Says("Letters come back")
	d.Later(24 * time.Hour)
	if err := d.office.RemindToday(t.Context()); err != nil {
		t.Fatal(err)
	}
	if link := d.path("deputy@example.org"); !strings.HasPrefix(link, "/r/") {
		t.Errorf("the deputy has %s", link)
	}
}

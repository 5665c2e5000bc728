package office_test

import (
	"context"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"testing"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/lang"
	"stocktake/internal/mail"
	"stocktake/internal/queue"
	"stocktake/internal/web/work/kittest"
	"stocktake/internal/web/work/office"
)

// made are the keys that the code puts together.
func made() (keys []string) {
	for _, s := range mail.States {
		keys = append(keys, "office.state."+string(s))
	}
	for _, s := range queue.States {
		keys = append(keys, "office.job."+string(s))
	}
	for _, kind := range []string{
		"mail.send", "access.ask", "intake.receipts", "every.access.sweep", "every.mail.sweep", "every.queue.sweep", "every.intake.sweep",
		"every.intake.publish", "every.followup.publish", "every.followup.remind", "every.desk.digest", "every.blob.sweep",
	} {
		keys = append(keys, "office.task."+kind)
	}
	return append(keys, "office.no_server", "office.not_sendable", "office.closed", "office.kind.reminders", "office.kind.digests", "office.done.save", "office.done.restore")
}

type house struct {
	*kittest.Site
	mail *mail.Office
}

func open(t *testing.T, change ...func(*mail.Options)) *house {
	t.Helper()
	h := kittest.New(t)
	o := mail.Options{
		DB: h.DB, From: "pledges@example.org", BaseURL: kittest.Base, Templates: []fs.FS{os.DirFS("../../../mail/testdata")},
		Optional: map[string]string{"reminder": "reminders"}, Secret: []string{"sign_in"},
	}
	for _, c := range change {
		c(&o)
	}
	m, err := mail.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return &house{h.Serve(office.Area(h.DB, m, h.Access)), m}
}

func (h *house) post(template string, data map[string]string) (id string) {
	h.T.Helper()
	h.Write(func(ctx context.Context, tx *db.Tx) (err error) {
		id, err = h.mail.Post(ctx, tx, mail.Letter{
			To: "amina@example.net", Name: "Amina Wanjiru", Person: h.People[kittest.Focal].ID, Template: template, Language: lang.EN, Data: data,
		})
		return err
	})
	return id
}

func (h *house) entry(id string) (e mail.Entry) {
	h.T.Helper()
	h.Write(func(ctx context.Context, tx *db.Tx) (err error) { e, err = h.mail.Entry(ctx, tx, id); return err })
	return e
}

var reminder = map[string]string{"Title": "Fair recruitment", "Link": "/en/report/abc"}

func TestTheArea(t *testing.T) {
	h := open(t)
	kittest.Area(t, office.Area(h.DB, h.mail, h.Access), made()...)
}

func TestEveryDoor(t *testing.T) { kittest.Doors(t, office.Area(nil, nil, nil)) }

func TestWhoMayComeIn(t *testing.T) {
	h := open(t)
	id := h.post("sign_in", map[string]string{"Link": "/en/sign-in/secret"})
	for path, may := range map[string][]string{
		"/desk/outbox":              {kittest.Administrator, kittest.Reviewer, kittest.Second},
		"/desk/outbox/" + id:        {kittest.Administrator},
		"/desk/letters":             {kittest.Administrator},
		"/desk/letters/reminder/ar": {kittest.Administrator},
		"/desk/jobs":                {kittest.Administrator, kittest.Reviewer, kittest.Second},
	} {
		for _, who := range kittest.Everybody {
			allowed := false
			for _, m := range may {
				allowed = allowed || m == who
			}
			p := h.As(who).Do("GET", path, "", nil)
			if (p.Status == 200) != allowed || (!allowed && strings.Contains(p.Body, "secret")) {
				t.Errorf("%s reads %s: %d", who, path, p.Status)
			}
		}
	}
	for _, c := range []struct{ path, form string }{
		{"/desk/outbox/" + id, "do=again"}, {"/desk/jobs", "do=retry&job=x"}, {"/desk/letters/reminder/en", "do=save&subject=x&body={{.Link}}"},
	} {
		for _, who := range kittest.Everybody {
			p := h.As(who).Do("POST", c.path, "application/x-www-form-urlencoded", []byte(c.form))
			if refused := p.Status == 401 || p.Status == 403; refused == (who == kittest.Administrator) {
				t.Errorf("%s posts to %s: %d", who, c.path, p.Status)
			}
		}
	}
}

func TestTheOutboxWithoutAServer(t *testing.T) {
	h := open(t)
	h.post("reminder", reminder)
	h.post("receipt", map[string]string{"Reference": "S-7K3M9Q", "Note": "", "Link": "https://elsewhere.example/x"})
	admin := h.As(kittest.Administrator)
	p := admin.Get("/desk/outbox").Is(200).Says("No mail server is set", "A report is due", "Your pledge S-7K3M9Q", "amina@example.net", "Held here")
	p = p.Fill("letter", "reminder").Press("Show").Says("A report is due").SaysNot("Your pledge S-7K3M9Q")
	p = p.Follow("A report is due").Is(200).Says("please report on Fair recruitment")
	link := p.First("section a")
	if link.Get("href") != "/en/report/abc" {
		t.Errorf("the link leads to %q", link.Get("href"))
	}
	if off := p.Body; !strings.Contains(off, `href="/en/letters/`) {
		t.Error("the link to want no more of them cannot be followed")
	}
	p.SaysNot("Send it now")
	var read []access.Record
	read, err := h.Access.Audited(t.Context(), h.People[kittest.Administrator], access.AuditFilter{Subject: "letter:" + strings.TrimPrefix(p.Path, "/en/desk/outbox/")})
	if err != nil || len(read) != 1 {
		t.Errorf("opening a letter was noted %d times, %v", len(read), err)
	}
	if q := admin.Get("/desk/outbox?letter=receipt").Follow("Your pledge S-7K3M9Q"); len(q.All("section a")) != 0 {
		t.Error("a link that leads elsewhere can be followed")
	}
	admin.Get("/desk/outbox?state=sent").Says("There are no such letters.")
	admin.Get("/desk/outbox?state=nonsense").Is(400)
	h.As(kittest.Reviewer).Get("/desk/outbox").Says("A report is due", "Only administrators can open letters.")
}

func TestALetterIsSentAgain(t *testing.T) {
	h := open(t, func(o *mail.Options) { o.SMTP = "smtp://127.0.0.1:1" })
	id := h.post("reminder", reminder)
	h.Write(func(ctx context.Context, tx *db.Tx) error {
		return h.mail.GaveUp(ctx, tx, []byte(`{"letter":"`+id+`"}`), context.DeadlineExceeded)
	})
	p := h.As(kittest.Administrator).Get("/desk/outbox/"+id).Says("Given up", "context deadline exceeded")
	p.Press("Send it now").Is(200).Says("The letter is on its way.", "Waiting").SaysNot("Send it now")
	if e := h.entry(id); e.State != mail.Waiting {
		t.Errorf("%s", e.State)
	}
	if p := h.As(kittest.Administrator).Post("/desk/outbox/"+id, url.Values{"do": {"again"}}); p.Status != 409 {
		t.Errorf("again: %d", p.Status)
	}
}

// Of a letter whose words are erased the list says what letters like it are called.
func TestAnErasedLetterHasAName(t *testing.T) {
	h := open(t)
	id := h.post("reminder", reminder)
	h.Write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE mail_letters SET subject = '', body = '', html = '', erased = 1 WHERE id = $1`, id)
		return err
	})
	row := h.As(kittest.Administrator).Get("/desk/outbox").Is(200).First("tbody tr th").Text()
	if !strings.Contains(row, "A report is due") || !strings.Contains(row, "(erased)") || strings.Contains(row, "reminder") {
		t.Errorf("the list says %q", row)
	}
}

func TestJobs(t *testing.T) {
	h := open(t)
	var id string
	h.Write(func(ctx context.Context, tx *db.Tx) (err error) { id, err = queue.Add(ctx, tx, "greet", 1); return err })
	l, ok, err := queue.Take(t.Context(), h.DB, []string{"greet"}, 1)
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	h.Write(func(ctx context.Context, tx *db.Tx) error {
		_, err := l.Fail(ctx, tx, queue.Final(context.DeadlineExceeded))
		return err
	})
	h.As(kittest.Reviewer).Get("/desk/jobs").Says("greet", "Given up", "context deadline exceeded").SaysNot("Run now")
	p := h.As(kittest.Administrator).Get("/desk/jobs?state=dead").Is(200).Says("greet", "Run now", "1 of 12")
	p.Press("Run now").Says("The job will run now.", "There are no such jobs.")
	p = h.As(kittest.Administrator).Get("/desk/jobs?state=waiting").Says("greet", "0 of 12")
	p.Press("Cancel").Says("The job was cancelled.")
	h.Write(func(ctx context.Context, tx *db.Tx) error {
		j, err := queue.Find(ctx, tx, id)
		if j.State != queue.Cancelled {
			t.Errorf("%+v", j)
		}
		return err
	})
}

// A job is called by what it does; the name that the program has for it is there for who looks for it.
func TestJobsAreCalledByWhatTheyDo(t *testing.T) {
	h := open(t)
	h.Write(func(ctx context.Context, tx *db.Tx) error {
		_, err := queue.Add(ctx, tx, mail.SendKind, 1)
		return err
	})
	head := h.As(kittest.Administrator).Get("/desk/jobs").Is(200).First("tbody tr th")
	if text := head.Text(); text != "Send a letter" || head.Get("title") != mail.SendKind {
		t.Errorf("the list says %q, titled %q", text, head.Get("title"))
	}
	if text := h.As(kittest.Administrator).In(lang.FR).Get("/desk/jobs").First("tbody tr th").Text(); strings.Contains(text, mail.SendKind) || text == "Send a letter" {
		t.Errorf("in French it says %q", text)
	}
}

func TestWordsOfALetter(t *testing.T) {
	h := open(t)
	admin := h.As(kittest.Administrator)
	admin.Get("/desk/letters").Is(200).Says("A report is due", "Your pledge …", "people can do without it")
	p := admin.Get("/desk/letters/reminder/en").Says("{{.Title}}", "‹Title›", "Open the page")
	p = p.Fill("Subject", "Soon: {{.Title}}").Fill("Text", "Dear {{.Name}} of {{.Party}}").Press("Save").Is(422)
	p.Says("This letter has no word “Party”.")
	if v := p.First("#f-subject").Get("value"); v != "Soon: {{.Title}}" {
		t.Errorf("what was typed is gone: %q", v)
	}
	p = p.Fill("Text", "Dear {{.Name}}").Press("Save").Is(422).Says("The link “Link” is missing")
	p = p.Fill("Text", "Dear {{.Name}},\n\nplease.\n\n{{.Link}}").Press("Preview").Is(200).Says("Soon: ‹Title›", "Dear ‹Name›,", kittest.Base+"/en/…")
	if e := h.entry(h.post("reminder", reminder)); e.Subject != "A report is due" {
		t.Errorf("a preview changes the letter: %q", e.Subject)
	}
	other := admin.Get("/desk/letters/reminder/en")
	p = p.Press("Save").Is(200).Says("The letter has your words now.", "Your own words, since")
	if e := h.entry(h.post("reminder", reminder)); e.Subject != "Soon: Fair recruitment" || !strings.HasPrefix(e.Body, "Dear Amina Wanjiru,\n\nplease.\n") {
		t.Errorf("%q\n%s", e.Subject, e.Body)
	}
	other.Fill("Subject", "Other words").Press("Save").Is(422).Says("Somebody else has changed this letter meanwhile.")
	admin.Get("/desk/letters").Says("own words")
	p.Press("Back to the built-in words").Says("The letter has the built-in words again.").SaysNot("Your own words, since")
	admin.Get("/desk/letters/reminder/xx").Is(404)
	admin.Get("/desk/letters/none/en").Is(404)
}

// Opening the link of a letter changes nothing; the form of its page does, and so does what a
// mail program sends by itself, which has no cookie and no Origin.
func TestNoMoreOfThem(t *testing.T) {
	h := open(t)
	path := strings.TrimPrefix(h.entry(h.post("reminder", reminder)).Off, kittest.Base)
	nobody := h.As(kittest.Nobody)
	p := nobody.Get(path).Is(200).Says("You get: early reminders of reports.")
	if e := h.entry(h.post("reminder", reminder)); e.State != mail.Held {
		t.Fatalf("opening the page chose: %s", e.State)
	}
	p = p.Press("No more of these").Is(200).Says("Your choice was saved.", "You no longer get: early reminders of reports.")
	if e := h.entry(h.post("reminder", reminder)); e.State != mail.Unwanted {
		t.Errorf("%s", e.State)
	}
	p.Press("Send them again").Says("You get: early reminders of reports.")
	if q := nobody.Do("POST", path, "application/x-www-form-urlencoded", []byte("List-Unsubscribe=One-Click")); q.Status != 303 {
		t.Errorf("one click: %d", q.Status)
	}
	if e := h.entry(h.post("reminder", reminder)); e.State != mail.Unwanted {
		t.Errorf("after one click: %s", e.State)
	}
	nobody.Get("/letters/none").Is(404)
	nobody.In(lang.AR).Get(strings.Replace(path, "/en/", "/ar/", 1)).Is(200).Says("لم تعودوا تتلقون")
	// The same, signed in.
	mine := h.As(kittest.Focal).Get("/account/letters").Is(200)
	if boxes := mine.All(".choices input"); len(boxes) != 1 {
		t.Errorf("%d boxes", len(boxes))
	}
	mine.Choose("early reminders of reports").Press("Save").Says("Your choice was saved.")
	if e := h.entry(h.post("reminder", reminder)); e.State != mail.Held {
		t.Errorf("wanted again: %s", e.State)
	}
}

// Every page in every language, with something on it and with nothing.
func TestPagesInSixLanguages(t *testing.T) {
	h := open(t)
	id := h.post("reminder", reminder)
	off := strings.TrimPrefix(h.entry(id).Off, kittest.Base+"/en")
	h.Write(func(ctx context.Context, tx *db.Tx) error { _, err := queue.Add(ctx, tx, "greet", 1); return err })
	admin := h.As(kittest.Administrator)
	for _, c := range lang.All {
		for _, path := range []string{"/desk/outbox", "/desk/outbox?state=failed", "/desk/outbox/" + id, "/desk/letters", "/desk/letters/reminder/ar", "/desk/letters/reminder/en", "/desk/jobs", "/desk/jobs?state=dead", "/account/letters", off} {
			if p := admin.In(c).Get(path).Is(200); p.First("html").Get("dir") != c.Dir() || len(p.All("h1")) != 1 {
				t.Errorf("%s in %s: %d headings of the first order", path, c, len(p.All("h1")))
			}
		}
	}
}

package mail_test

import (
	"crypto/tls"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	stdmail "net/mail"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/mail"
	"stocktake/internal/mail/mailtest"
	"stocktake/internal/queue"
)

func to(s *mailtest.Server) func(*mail.Options) {
	return func(o *mail.Options) { o.SMTP = "smtp://" + s.Addr }
}

// send runs the job of a letter once.
func send(t *testing.T, o *mail.Office, id string) error {
	t.Helper()
	return o.Send(t.Context(), []byte(`{"letter":"`+id+`"}`))
}

// read takes a message apart: its header, and its parts by type.
func read(t *testing.T, m mailtest.Message) (stdmail.Header, map[string]string) {
	t.Helper()
	got, err := stdmail.ReadMessage(strings.NewReader(m.Data))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s, %v", kind, err)
	}
	parts := map[string]string{}
	for r := multipart.NewReader(got.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if err == io.EOF {
			return got.Header, parts
		}
		if err != nil {
			t.Fatal(err)
		}
		if p.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
			t.Fatalf("%v", p.Header)
		}
		text, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		kind, _, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		parts[kind] = strings.ReplaceAll(string(text), "\r\n", "\n")
	}
}

func TestALetterArrives(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := mailtest.Start(t, mailtest.Options{})
		o := office(t, d, to(s))
		l := reminder()
		l.Language, l.Name = lang.AR, "آمنة"
		id := post(t, d, o, l)
		off := entry(t, d, o, id).Off
		if err := send(t, o, id); err != nil {
			t.Fatal(err)
		}
		if e := entry(t, d, o, id); e.State != mail.Sent || e.Error != "" || !strings.Contains(e.Body, base+"/en/report/abc") {
			t.Errorf("%+v", e)
		}
		if err := send(t, o, id); err != nil || len(s.Messages()) != 1 {
			t.Fatalf("a letter that was sent is sent again: %d times, %v", len(s.Messages()), err)
		}
		header, parts := read(t, s.Messages()[0])
		if e := entry(t, d, o, id); e.Off != "" || strings.Contains(e.Body, off) || !strings.Contains(e.Body, base+"/ar/letters/…") || strings.Contains(e.HTML, off) {
			t.Errorf("the log keeps the token of a link:\n%s", e.Body)
		}
		for name, want := range map[string]string{
			"From": `"Pledges" <pledges@example.org>`, "Message-Id": "<" + id + "@example.org>", "Auto-Submitted": "auto-generated",
			"Content-Language": "ar", "List-Unsubscribe": "<" + off + ">", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
		} {
			if header.Get(name) != want {
				t.Errorf("%s: %q, want %q", name, header.Get(name), want)
			}
		}
		if addresses, err := header.AddressList("To"); err != nil || len(addresses) != 1 || addresses[0].Name != "آمنة" || addresses[0].Address != "amina@example.net" {
			t.Errorf("To: %v, %v", addresses, err)
		}
		if !strings.Contains(parts["text/plain"], base+"/en/report/abc\n") || !strings.Contains(parts["text/plain"], off) {
			t.Errorf("the plain part:\n%s", parts["text/plain"])
		}
		if html := parts["text/html"]; !strings.Contains(html, `<html lang="ar" dir="rtl">`) || !strings.Contains(html, "text-align:right") || !strings.Contains(html, "فتح الصفحة") {
			t.Errorf("the HTML part:\n%s", html)
		}
		for _, word := range []string{"<img", "<script", "<link", "url(", "src="} {
			if strings.Contains(parts["text/html"], word) {
				t.Errorf("the HTML part has %s", word)
			}
		}
	})
}

func TestALetterThatLetsSomebodyInLosesItsBodyOnceSent(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := mailtest.Start(t, mailtest.Options{})
		o := office(t, d, to(s))
		l := receipt()
		l.Template, l.Data = "sign_in", map[string]string{"Link": "/en/sign-in/secret"}
		id := post(t, d, o, l)
		if err := send(t, o, id); err != nil {
			t.Fatal(err)
		}
		if e := entry(t, d, o, id); e.State != mail.Sent || e.Body != "" || e.HTML != "" || e.Address == "" {
			t.Errorf("%+v", e)
		}
		if header, parts := read(t, s.Messages()[0]); header.Get("List-Unsubscribe") != "" || !strings.Contains(parts["text/plain"], "/en/sign-in/secret") {
			t.Errorf("%v\n%s", header, parts["text/plain"])
		}
	})
}

func TestWaysToTheServer(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	for name, c := range map[string]struct {
		server mailtest.Options
		url    string
	}{
		"plain on this machine": {mailtest.Options{}, "smtp://"},
		"STARTTLS":              {mailtest.Options{STARTTLS: true}, "smtp://"},
		"STARTTLS, signing in":  {mailtest.Options{STARTTLS: true, User: "stocktake", Password: "pa ss"}, "smtp://stocktake@"},
		"TLS, signing in":       {mailtest.Options{TLS: true, User: "stocktake", Password: "pa ss"}, "smtps://stocktake@"},
	} {
		t.Run(name, func(t *testing.T) {
			s := mailtest.Start(t, c.server)
			o := office(t, d, func(o *mail.Options) {
				o.SMTP, o.Password = c.url+s.Addr, c.server.Password
				if s.Roots != nil {
					o.TLS = &tls.Config{RootCAs: s.Roots, MinVersion: tls.VersionTLS12}
				}
			})
			if err := send(t, o, post(t, d, o, receipt())); err != nil {
				t.Fatal(err)
			}
			if m := s.Messages()[0]; m.Secure != (s.Roots != nil) || m.User != c.server.User {
				t.Errorf("secure %v, user %q", m.Secure, m.User)
			}
		})
	}
}

// No letter leaves in the clear where TLS was asked for, and none with a certificate of nobody.
func TestWithoutTLSNothingLeaves(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	for name, c := range map[string]struct {
		server mailtest.Options
		config *tls.Config
	}{
		"no STARTTLS":            {mailtest.Options{}, &tls.Config{MinVersion: tls.VersionTLS12}},
		"an unknown certificate": {mailtest.Options{STARTTLS: true}, &tls.Config{MinVersion: tls.VersionTLS12}},
	} {
		t.Run(name, func(t *testing.T) {
			s := mailtest.Start(t, c.server)
			o := office(t, d, func(o *mail.Options) { o.SMTP, o.TLS = "smtp://"+s.Addr, c.config })
			id := post(t, d, o, receipt())
			if err := send(t, o, id); err == nil || len(s.Messages()) != 0 {
				t.Errorf("%d messages, %v", len(s.Messages()), err)
			}
			if e := entry(t, d, o, id); e.State != mail.Waiting {
				t.Errorf("%+v", e)
			}
		})
	}
}

func TestAddressesOfServers(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	for address, password := range map[string]string{
		"mail.example.org:587": "", "ftp://mail.example.org": "", "smtp://": "", "smtp://mail.example.org/path": "",
		"smtp://user:secret@mail.example.org": "secret", "smtp://user@mail.example.org": "", "smtp://mail.example.org": "secret", "smtp://mail.example.org:x": "",
	} {
		_, err := mail.New(mail.Options{DB: d, SMTP: address, Password: password})
		if !errs.Is(err, errs.Invalid) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	const person = "amina@example.net"
	class := func(a, b, c int) smtp.EnhancedCode { return smtp.EnhancedCode{a, b, c} }
	cases := map[string]struct {
		step   mailtest.Step
		code   int
		class  smtp.EnhancedCode
		again  bool
		state  mail.State
		marked bool
	}{
		"busy":                    {mailtest.Greeting, 421, class(4, 3, 2), true, mail.Waiting, false},
		"greylisted":              {mailtest.Receiver, 450, class(4, 2, 0), true, mail.Waiting, false},
		"mailbox full":            {mailtest.Data, 452, class(4, 2, 2), true, mail.Waiting, false},
		"no such mailbox":         {mailtest.Receiver, 550, class(5, 1, 1), false, mail.Bounced, true},
		"policy against us":       {mailtest.Receiver, 550, class(5, 7, 1), true, mail.Waiting, false},
		"our sender is refused":   {mailtest.Sender, 550, class(5, 1, 8), true, mail.Waiting, false},
		"no service":              {mailtest.Greeting, 554, class(5, 3, 2), true, mail.Waiting, false},
		"the content is refused":  {mailtest.Data, 554, class(5, 6, 0), false, mail.Failed, false},
		"taken, and then a break": {mailtest.Taken, 451, class(4, 3, 0), true, mail.Waiting, false},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				s := mailtest.Start(t, mailtest.Options{})
				s.Refuse(func(step mailtest.Step, _ string) error {
					if step == c.step {
						return mailtest.Refusal(c.code, c.class, "no, <"+person+">")
					}
					return nil
				})
				o := office(t, d, to(s))
				id := post(t, d, o, receipt())
				err := send(t, o, id)
				if (err != nil) != c.again {
					t.Errorf("to be tried again: %v, want %v", err, c.again)
				}
				e := entry(t, d, o, id)
				if e.State != c.state || strings.Contains(e.Error, person) || (e.Error == "") != (c.state == mail.Waiting) {
					t.Errorf("state %q, error %q", e.State, e.Error)
				}
				write(t, d, func(tx *db.Tx) error {
					b, marked, err := mail.Returned(t.Context(), tx, "Amina@example.net")
					if marked != c.marked || (marked && !strings.HasPrefix(b.Status, "550 5.1.1")) {
						t.Errorf("marked %v: %+v", marked, b)
					}
					return err
				})
				s.Refuse(nil)
				write(t, d, func(tx *db.Tx) error { return mail.Forgive(t.Context(), tx, person) })
				if c.state != mail.Waiting {
					write(t, d, func(tx *db.Tx) error { return o.Again(t.Context(), tx, id) })
				}
				if err := send(t, o, id); err != nil || entry(t, d, o, id).State != mail.Sent {
					t.Errorf("once it is mended: %v, %s", err, entry(t, d, o, id).State)
				}
			})
		}
	})
}

func TestALetterThatIsGivenUpSaysSo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := mailtest.Start(t, mailtest.Options{})
		o := office(t, d, to(s))
		id := post(t, d, o, receipt())
		write(t, d, func(tx *db.Tx) error {
			return o.GaveUp(t.Context(), tx, []byte(`{"letter":"`+id+`"}`), errs.New(errs.Unavailable, "no route to amina@example.net"))
		})
		if e := entry(t, d, o, id); e.State != mail.Failed || e.Error != "no route to (address)" {
			t.Errorf("%q, %q", e.State, e.Error)
		}
		if err := o.Send(t.Context(), []byte(`{}`)); !queue.IsFinal(err) {
			t.Errorf("a job of no letter is tried again: %v", err)
		}
	})
}

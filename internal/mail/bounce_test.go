package mail_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/mail"
	"stocktake/internal/mail/mailtest"
)

func bounce(t *testing.T, file string) mail.Bounce {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "bounces", file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := mail.ReadBounce(f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestReadBounce(t *testing.T) {
	const id = "AAAABBBBCCCCDDDDEEEEFFFF22"
	for file, want := range map[string]mail.Bounce{
		"no_mailbox.eml": {Letter: id, Domain: "example.org", Address: "amina@example.net", Action: "failed", Status: "5.1.1", Reason: "550 5.1.1 <(address)>: Recipient address rejected: User unknown"},
		"delayed.eml":    {Letter: id, Domain: "example.org", Address: "amina@example.net", Action: "delayed", Status: "4.4.1", Reason: "connect to mail.example.net[192.0.2.1]:25: Connection timed out"},
		"headers.eml":    {Letter: id, Domain: "example.org", Address: "amina@example.net", Action: "failed", Status: "5.2.2"},
		"two.eml":        {Letter: id, Domain: "example.org", Address: "second@example.net", Action: "failed", Status: "5.0.0", Reason: "no"},
		"cut.eml":        {Address: "amina@example.net", Action: "failed", Status: "5.1.1", Reason: "550 5.1.1"},
	} {
		if got := bounce(t, file); got != want {
			t.Errorf("%s:\n got %+v\nwant %+v", file, got, want)
		}
	}
}

func TestWhatIsNoBounce(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":          "",
		"no message":       "hello",
		"a letter":         "From: a@example.net\r\nContent-Type: text/plain\r\n\r\nI am away.\r\n",
		"a receipt":        "Content-Type: multipart/report; report-type=disposition-notification; boundary=x\r\n\r\n--x--\r\n",
		"without a status": "Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nno\r\n--x--\r\n",
	} {
		if b, err := mail.ReadBounce(strings.NewReader(text)); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %+v, %v", name, b, err)
		}
	}
}

func TestABounceMarksTheContact(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := mailtest.Start(t, mailtest.Options{})
		var told []string
		o := office(t, d, func(o *mail.Options) {
			o.SMTP = "smtp://" + s.Addr
			o.Bounced = func(_ context.Context, _ *db.Tx, address string) error { told = append(told, address); return nil }
		})
		id := post(t, d, o, receipt())
		if err := send(t, o, id); err != nil {
			t.Fatal(err)
		}
		b := bounce(t, "no_mailbox.eml")
		for name, c := range map[string]struct {
			change func(*mail.Bounce)
			found  bool
			final  bool
		}{
			"another letter":  {func(b *mail.Bounce) { b.Letter = strings.Repeat("A", 26) }, false, false},
			"no letter":       {func(b *mail.Bounce) { b.Letter = "" }, false, false},
			"another address": {func(b *mail.Bounce) { b.Letter, b.Address = id, "other@example.net" }, false, false},
			"a delay":         {func(b *mail.Bounce) { b.Letter, b.Action = id, "delayed" }, true, false},
		} {
			forged := b
			c.change(&forged)
			final, err := o.Record(t.Context(), forged)
			if final != c.final || (err == nil) != c.found || (!c.found && !errs.Is(err, errs.NotFound)) {
				t.Errorf("%s: %v, %v", name, final, err)
			}
			if e := entry(t, d, o, id); e.State != mail.Sent {
				t.Errorf("%s: the letter is %s", name, e.State)
			}
		}
		b.Letter, b.Address = id, "AMINA@example.net"
		if final, err := o.Record(t.Context(), b); !final || err != nil {
			t.Fatal(final, err)
		}
		if len(told) != 1 || told[0] != "amina@example.net" {
			t.Errorf("of the address were told %v", told)
		}
		if e := entry(t, d, o, id); e.State != mail.Bounced || !strings.HasPrefix(e.Error, "5.1.1 550") || strings.Contains(e.Error, "example.net") {
			t.Errorf("%+v", e)
		}
		returned := func() (b mail.Bounce, ok bool) {
			write(t, d, func(tx *db.Tx) (err error) {
				b, ok, err = mail.Returned(t.Context(), tx, "amina@example.net")
				return err
			})
			return b, ok
		}
		if got, ok := returned(); !ok || got.Letter != id || got.Status != "5.1.1" {
			t.Errorf("%v %+v", ok, got)
		}
		write(t, d, func(tx *db.Tx) error { return mail.Forgive(t.Context(), tx, "Amina@example.net") })
		if _, ok := returned(); ok {
			t.Error("still marked after it was mended")
		}
		// What left lost the tokens of its links, so it cannot leave again.
		l := receipt()
		l.Data["Link"] = "/en/report/Abcdefghijklmnopqrstuvwxyz0123456789"
		id = post(t, d, o, l)
		if err := send(t, o, id); err != nil {
			t.Fatal(err)
		}
		b.Letter = id
		if _, err := o.Record(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		write(t, d, func(tx *db.Tx) error {
			if err := o.Again(t.Context(), tx, id); !errs.Is(err, errs.Conflict) {
				t.Errorf("a letter without its link is sent again: %v", err)
			}
			return nil
		})
	})
}

func FuzzReadBounce(f *testing.F) {
	files, err := filepath.Glob("testdata/bounces/*.eml")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		b, err := mail.ReadBounce(strings.NewReader(text))
		if err != nil {
			if !errs.Is(err, errs.Invalid) {
				t.Fatal(err)
			}
			return
		}
		if b.Action == "" || b.Address == "" || len(b.Reason) > 4*600 || strings.Contains(b.Reason, b.Address) {
			t.Fatalf("%+v", b)
		}
	})
}

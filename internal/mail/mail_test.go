package mail_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/mail"
	"stocktake/internal/queue"
)

const base = "https://pledges.example.org"

// office has the letters of testdata: a receipt, a reminder that a person may do without, and a
// letter that lets somebody in.
func office(t *testing.T, d *db.DB, change func(*mail.Options)) *mail.Office {
	t.Helper()
	o := mail.Options{
		DB: d, From: "Pledges <pledges@example.org>", BaseURL: base,
		Templates: []fs.FS{os.DirFS("testdata")}, Optional: map[string]string{"reminder": "reminders"}, Secret: []string{"sign_in"},
	}
	if change != nil {
		change(&o)
	}
	made, err := mail.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func receipt() mail.Letter {
	return mail.Letter{
		To: "amina@example.net", Name: "Amina Wanjiru", Person: "P-1", Party: "ken", Template: "receipt", Language: lang.EN,
		Data: map[string]string{"Reference": "S-7K3M9Q", "Note": "", "Link": "/en/my/S-7K3M9Q"},
	}
}

func reminder() mail.Letter {
	l := receipt()
	l.Template, l.Data = "reminder", map[string]string{"Title": "Fair recruitment", "Link": "/en/report/abc"}
	return l
}

func post(t *testing.T, d *db.DB, o *mail.Office, l mail.Letter) (id string) {
	t.Helper()
	if err := d.Write(t.Context(), func(tx *db.Tx) (err error) { id, err = o.Post(t.Context(), tx, l); return err }); err != nil {
		t.Fatal(err)
	}
	return id
}

func entry(t *testing.T, d *db.DB, o *mail.Office, id string) (e mail.Entry) {
	t.Helper()
	if err := d.Read(t.Context(), func(tx *db.Tx) (err error) { e, err = o.Entry(t.Context(), tx, id); return err }); err != nil {
		t.Fatal(err)
	}
	return e
}

func write(t *testing.T, d *db.DB, f func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func TestWithoutAServerLettersStayInTheOutbox(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := office(t, d, nil)
		e := entry(t, d, o, post(t, d, o, receipt()))
		if e.State != mail.Held || e.Person != "P-1" || e.Party != "ken" || e.Subject != "Your pledge S-7K3M9Q" {
			t.Errorf("%+v", e)
		}
		want := "Dear Amina Wanjiru,\n\nYour pledge S-7K3M9Q was received.\n\nFollow it here:\n\nhttps://pledges.example.org/en/my/S-7K3M9Q\n\nThank you.\n\n-- \nSent by pledges.example.org, https://pledges.example.org\n"
		if e.Body != want {
			t.Errorf("got\n%s\nwant\n%s", e.Body, want)
		}
		if !strings.Contains(e.HTML, `<a href="https://pledges.example.org/en/my/S-7K3M9Q"`) || strings.Contains(e.HTML, "<img") {
			t.Error(e.HTML)
		}
		write(t, d, func(tx *db.Tx) error {
			counts, err := queue.Count(t.Context(), tx)
			if len(counts) != 0 {
				t.Errorf("there is a job: %v", counts)
			}
			return err
		})
	})
}

// A letter and what it tells of are there together or not at all.
func TestALetterOfATransactionThatFailsIsNotThere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := office(t, d, func(o *mail.Options) { o.SMTP = "smtp://127.0.0.1:1" })
		var id string
		err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
			if id, err = o.Post(t.Context(), tx, receipt()); err != nil {
				return err
			}
			return errs.New(errs.Conflict, "it changed meanwhile")
		})
		if !errs.Is(err, errs.Conflict) {
			t.Fatal(err)
		}
		write(t, d, func(tx *db.Tx) error {
			if _, err := o.Entry(t.Context(), tx, id); !errs.Is(err, errs.NotFound) {
				t.Errorf("the letter is there: %v", err)
			}
			counts, err := queue.Count(t.Context(), tx)
			if len(counts) != 0 {
				t.Errorf("there is a job: %v", counts)
			}
			return err
		})
	})
}

func TestALetterThatCannotBeWrittenIsRefused(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	o := office(t, d, nil)
	for name, change := range map[string]func(*mail.Letter){
		"no address":          func(l *mail.Letter) { l.To = "Amina" },
		"an address and name": func(l *mail.Letter) { l.To = "Amina <amina@example.net>" },
		"two lines":           func(l *mail.Letter) { l.To = "amina@example.net\r\nBcc: all@example.net" },
		"no such letter":      func(l *mail.Letter) { l.Template = "greeting" },
		"a word missing":      func(l *mail.Letter) { delete(l.Data, "Reference") },
	} {
		t.Run(name, func(t *testing.T) {
			l := receipt()
			change(&l)
			err := d.Write(t.Context(), func(tx *db.Tx) error { _, err := o.Post(t.Context(), tx, l); return err })
			if err == nil {
				t.Fatal("accepted")
			}
			if strings.Contains(err.Error(), "example.net") {
				t.Errorf("the error names the person: %v", err)
			}
		})
	}
}

func TestWhatAPersonDoesNotWantIsNotWritten(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := office(t, d, nil)
		first := entry(t, d, o, post(t, d, o, reminder()))
		token, ok := strings.CutPrefix(first.Off, base+"/en/letters/")
		if !ok || len(token) < 20 || !strings.Contains(first.Body, first.Off) {
			t.Fatalf("no link to want no more of them: %q\n%s", first.Off, first.Body)
		}
		if again := entry(t, d, o, post(t, d, o, reminder())); again.Off != first.Off {
			t.Errorf("the link changes: %q, %q", first.Off, again.Off)
		}
		write(t, d, func(tx *db.Tx) error {
			c, err := o.ChoiceOf(t.Context(), tx, token)
			if err != nil || c != (mail.Choice{Person: "P-1", Kind: "reminders"}) {
				t.Errorf("%+v, %v", c, err)
			}
			c.Off = true
			return o.Choose(t.Context(), tx, c)
		})
		if e := entry(t, d, o, post(t, d, o, reminder())); e.State != mail.Unwanted || e.Body != "" {
			t.Errorf("%+v", e)
		}
		other := reminder()
		other.Person = "P-2"
		if e := entry(t, d, o, post(t, d, o, other)); e.State != mail.Held {
			t.Errorf("one person's choice holds for another: %+v", e)
		}
		if e := entry(t, d, o, post(t, d, o, receipt())); e.State != mail.Held || e.Off != "" {
			t.Errorf("a letter that nobody can do without: %+v", e)
		}
		write(t, d, func(tx *db.Tx) error {
			if err := o.Choose(t.Context(), tx, mail.Choice{Person: "P-1", Kind: "sign_in", Off: true}); !errs.Is(err, errs.Invalid) {
				t.Errorf("letters to sign in can be done without: %v", err)
			}
			return nil
		})
	})
}

func TestWordsAreErased(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		d.SetClock(func() time.Time { return now })
		o := office(t, d, nil)
		old := post(t, d, o, receipt())
		now = now.AddDate(0, 0, 91)
		young := post(t, d, o, receipt())
		if err := o.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if e := entry(t, d, o, old); e.Body != "" || e.Address != "" || e.HTML != "" || e.Subject != "" || e.Person != "P-1" || !e.Erased.Equal(now) {
			t.Errorf("after ninety days: %+v", e)
		}
		if e := entry(t, d, o, young); e.Body == "" {
			t.Error("a new letter was erased")
		}
		other := receipt()
		other.Person = "P-2"
		kept := post(t, d, o, other)
		post(t, d, o, reminder())
		write(t, d, func(tx *db.Tx) error {
			letters, choices, err := o.OfPerson(t.Context(), tx, "P-1")
			if len(letters) != 3 || len(choices) != 1 {
				t.Errorf("a person's copy has %d letters and %d choices", len(letters), len(choices))
			}
			if err != nil {
				return err
			}
			return o.ErasePerson(t.Context(), tx, "P-1")
		})
		if e := entry(t, d, o, young); e.Body != "" || e.Address != "" {
			t.Errorf("after the person was erased: %+v", e)
		}
		if e := entry(t, d, o, kept); e.Body == "" {
			t.Error("another person's letter was erased")
		}
	})
}

// A letter to somebody else that speaks of an erased person goes on without the name.
func TestANameIsTakenOutOfLettersToOthers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := office(t, d, nil)
		id := post(t, d, o, receipt())
		before := entry(t, d, o, id)
		name := receipt().Data["Reference"] // as good a word as a name
		if name == "" || !strings.Contains(before.Body, name) {
			t.Fatalf("the letter does not say %q: %s", name, before.Body)
		}
		write(t, d, func(tx *db.Tx) error {
			return errors.Join(o.Unname(t.Context(), tx, before.Template, ""), o.Unname(t.Context(), tx, "another", name))
		})
		if e := entry(t, d, o, id); e != before {
			t.Errorf("%+v", e)
		}
		write(t, d, func(tx *db.Tx) error { return o.Unname(t.Context(), tx, before.Template, name) })
		if e := entry(t, d, o, id); strings.Contains(e.Body+e.HTML, name) || !strings.Contains(e.Body, "…") || e.State != before.State || e.Address != before.Address {
			t.Errorf("%+v", e)
		}
	})
}

// Letters that leave with one change are each as if posted alone, and cost a few statements
// together.
func TestLettersAreWrittenTogether(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := office(t, d, func(o *mail.Options) { o.SMTP = "smtp://127.0.0.1:1" })
		var letters []mail.Letter
		for i, c := range []lang.Code{lang.EN, lang.FR, lang.EN, lang.EN} {
			l := receipt()
			l.Name, l.Person, l.Language = fmt.Sprintf("Reader %d", i), fmt.Sprintf("P-%d", i), c
			letters = append(letters, l)
		}
		unwanted := reminder()
		unwanted.Person = "P-9"
		write(t, d, func(tx *db.Tx) error {
			return o.Choose(t.Context(), tx, mail.Choice{Person: "P-9", Kind: "reminders", Off: true})
		})
		letters = append(letters, unwanted)
		var written []string
		d.SetFault(func(statement string) error {
			if strings.HasPrefix(statement, "INSERT INTO mail_letters") || strings.HasPrefix(statement, "INSERT INTO queue_jobs") {
				written = append(written, statement)
			}
			return nil
		})
		var ids []string
		write(t, d, func(tx *db.Tx) (err error) { ids, err = o.PostAll(t.Context(), tx, letters); return err })
		d.SetFault(nil)
		if len(written) != 2 || len(ids) != 5 {
			t.Errorf("%d letters in %q", len(ids), written)
		}
		for i, id := range ids[:4] {
			e := entry(t, d, o, id)
			if e.State != mail.Waiting || e.Person != letters[i].Person || e.Language != letters[i].Language || !strings.Contains(e.Body, letters[i].Name) ||
				strings.Contains(e.Body, "Sent by") != (e.Language == lang.EN) {
				t.Errorf("%d: %+v", i, e)
			}
		}
		if e := entry(t, d, o, ids[4]); e.State != mail.Unwanted || e.Body != "" {
			t.Errorf("%+v", e)
		}
		write(t, d, func(tx *db.Tx) error {
			counts, err := queue.Count(t.Context(), tx)
			if counts[mail.SendKind][queue.Waiting] != 4 {
				t.Errorf("the jobs: %+v", counts)
			}
			return err
		})
		letters[3].To = "nobody"
		err := d.Write(t.Context(), func(tx *db.Tx) error { _, err := o.PostAll(t.Context(), tx, letters); return err })
		if !errs.Is(err, errs.Invalid) {
			t.Errorf("one without an address: %v", err)
		}
		write(t, d, func(tx *db.Tx) error {
			none, err := o.PostAll(t.Context(), tx, nil)
			if len(none) != 0 {
				t.Errorf("no letters are %q", none)
			}
			return err
		})
	})
}

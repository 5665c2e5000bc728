package mail_test

import (
	"io/fs"
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/mail"
)

func room(change map[string]string) fs.FS {
	files := fstest.MapFS{}
	for _, code := range lang.All {
		files["letters/hello."+string(code)+".txt"] = &fstest.MapFile{Data: []byte("Subject: Hello\n\nHello {{.Name}}, {{.Word}}\n")}
	}
	for name, text := range change {
		if text == "" {
			delete(files, "letters/"+name)
			continue
		}
		files["letters/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

func TestTemplatesAreCheckedAtTheStart(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"complete":           {nil, ""},
		"windows line ends":  {map[string]string{"hello.fr.txt": "Subject: Bonjour\r\n\r\n{{.Word}}\r\n"}, ""},
		"a language missing": {map[string]string{"hello.ar.txt": ""}, "letters/hello.ar.txt is missing"},
		"an unknown word":    {map[string]string{"hello.fr.txt": "Subject: Bonjour\n\n{{.Word}} {{.Wort}}\n"}, "letters/hello.fr.txt: it has the words [Word Wort], the English one [Word]"},
		"a word left out":    {map[string]string{"hello.ru.txt": "Subject: Привет\n\nПривет\n"}, "letters/hello.ru.txt: it has the words []"},
		"no subject":         {map[string]string{"hello.es.txt": "Hola\n\n{{.Word}}\n"}, `letters/hello.es.txt: line 1: expected "Subject: …"`},
		"no blank line":      {map[string]string{"hello.es.txt": "Subject: Hola\n{{.Word}}\n"}, "letters/hello.es.txt: line 2: expected a blank line"},
		"a condition":        {map[string]string{"hello.zh.txt": "Subject: 你好\n\n{{if .Word}}x{{end}}\n"}, "line 1: expected words like {{.Link}}"},
		"an empty body":      {map[string]string{"hello.zh.txt": "Subject: 你好\n\n"}, "body: expected a text"},
		"another file":       {map[string]string{"hello.de.txt": "Subject: Hallo\n\n{{.Word}}"}, "letters/hello.de.txt: expected a name"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := mail.New(mail.Options{DB: d, Templates: []fs.FS{room(c.files)}})
			if (c.want == "") != (err == nil) || (err != nil && !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if _, err := mail.New(mail.Options{DB: d, Templates: []fs.FS{room(nil), room(nil)}}); err == nil || !strings.Contains(err.Error(), "two rooms") {
		t.Errorf("two letters of one name: %v", err)
	}
	if _, err := mail.New(mail.Options{DB: d, Templates: []fs.FS{room(nil)}, Secret: []string{"helo"}}); err == nil || !strings.Contains(err.Error(), `"helo"`) {
		t.Errorf("a secret letter that is none: %v", err)
	}
	if _, err := mail.New(mail.Options{DB: d, From: "Pledges"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("no address to send from: %v", err)
	}
}

// Whatever somebody writes into a field stays text: no markup, no header, no button, no turning
// round of what follows.
func TestValuesStayText(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	o := office(t, d, nil)
	l := receipt()
	l.Name = "Amina <b>\u202eW\x00anjiru"
	l.Data = maps.Clone(l.Data)
	l.Data["Reference"] = "S-1\r\nBcc: all@example.net"
	l.Data["Note"] = "See below.\n\nhttps://pledges.example.org/en/evil\n\n{{.Link}}"
	e := entry(t, d, o, post(t, d, o, l))
	if e.Subject != "Your pledge S-1 Bcc: all@example.net" {
		t.Errorf("%q", e.Subject)
	}
	if n := strings.Count(e.HTML, "<a "); n != 1 || strings.Contains(e.HTML, "<b>") || !strings.Contains(e.HTML, "Amina &lt;b&gt;Wanjiru") {
		t.Errorf("%d links in\n%s", n, e.HTML)
	}
	if !strings.Contains(e.Body, "\n{{.Link}}\n") {
		t.Errorf("a value was read as a template:\n%s", e.Body)
	}
	l.Data["Link"] = "https://elsewhere.example/en/my"
	if e := entry(t, d, o, post(t, d, o, l)); strings.Contains(e.HTML, "<a ") {
		t.Errorf("a button that leads elsewhere:\n%s", e.HTML)
	}
}

func TestTheOperatorsOwnWords(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := office(t, d, nil)
		change := func(subject, body string) (err error) {
			write(t, d, func(tx *db.Tx) error {
				err = o.Change(t.Context(), tx, "receipt", lang.EN, subject, body, "P-9")
				return nil
			})
			return err
		}
		template := func() (v mail.Template) {
			write(t, d, func(tx *db.Tx) (err error) { v, err = o.Template(t.Context(), tx, "receipt", lang.EN); return err })
			return v
		}
		built := template()
		if built.Own || strings.Join(built.Words, " ") != "Link Name Note Reference Site" || strings.Join(built.Links, " ") != "Link" {
			t.Errorf("%+v", built)
		}
		for name, c := range map[string][3]string{
			"a word of another letter": {"Hello", "{{.Title}} {{.Link}}", "this letter has no word {{.Title}}"},
			"no link":                  {"Hello", "Welcome", "expected the link {{.Link}}"},
			"a condition":              {"Hello", "{{if .Name}}{{.Link}}{{end}}", "expected words like"},
			"no subject":               {" ", "{{.Link}}", "subject: expected a text"},
			"two lines of subject":     {"Hello\nBcc: x", "{{.Link}}", "expected one line"},
		} {
			if err := change(c[0], c[1]); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), c[2]) {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := o.Preview("receipt", lang.EN, c[0], c[1]); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s, previewed: %v", name, err)
			}
		}
		if err := change("Received: {{.Reference}}", "Thank you from {{.Site}}.\r\n\r\n{{.Link}}\r\n"); err != nil {
			t.Fatal(err)
		}
		if v := template(); !v.Own || v.Subject != "Received: {{.Reference}}" || v.BuiltSubject != "Your pledge {{.Reference}}" {
			t.Errorf("%+v", v)
		}
		if e := entry(t, d, o, post(t, d, o, receipt())); e.Subject != "Received: S-7K3M9Q" || !strings.HasPrefix(e.Body, "Thank you from pledges.example.org.\n\nhttps://") {
			t.Errorf("%q\n%s", e.Subject, e.Body)
		}
		french := receipt()
		french.Language = lang.FR
		if e := entry(t, d, o, post(t, d, o, french)); e.Subject != "Your pledge S-7K3M9Q" {
			t.Errorf("another language: %q", e.Subject)
		}
		// A newer program may give other words; then its own letter goes out, and the desk sees why.
		write(t, d, func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE mail_overrides SET body = $1`, "{{.Gone}} {{.Link}}")
			return err
		})
		if v := template(); v.Own || v.Broken == nil || v.Subject != built.Subject {
			t.Errorf("%+v", v)
		}
		if e := entry(t, d, o, post(t, d, o, receipt())); e.Subject != "Your pledge S-7K3M9Q" {
			t.Errorf("with broken words: %q", e.Subject)
		}
		if err := change(built.Subject, built.Body); err != nil {
			t.Fatal(err)
		}
		if v := template(); v.Own || v.Broken != nil {
			t.Errorf("the built-in words are no own ones: %+v", v)
		}
	})
}

func TestAPreviewShowsBothParts(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	o := office(t, d, nil)
	v, err := o.Preview("reminder", lang.AR, "تذكير {{.Title}}", "{{.Name}}\n\n{{.Link}}")
	if err != nil || v.Subject != "تذكير ‹Title›" || !strings.Contains(v.Text, "‹Name›\n\n"+base+"/ar/…\n") || !strings.Contains(v.Text, "/ar/letters/…") || !strings.Contains(v.HTML, `dir="rtl"`) {
		t.Errorf("%v\n%+v", err, v)
	}
	if len(v.Blocks) != 2 || v.Blocks[1].Link != base+"/ar/…" || v.Blocks[0].Lines[0] != "‹Name›" || o.OpenText(lang.AR) != "فتح الصفحة" {
		t.Errorf("%+v", v.Blocks)
	}
	if _, err := o.Preview("none", lang.AR, "x", "y"); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
}

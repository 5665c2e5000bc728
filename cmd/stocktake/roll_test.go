package main

import (
	"context"
	"strings"
	"testing"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/mail"
)

// A backup brings back what was ended after it was made. Nobody is signed in by it and no letter
// lets anybody in; accounts and roles come back with a warning, and not where a roll is stated
// that is younger.
func TestARestoreEndsWhatLetsSomebodyIn(t *testing.T) {
	eachEngine(t, func(b *bench) {
		ctx := context.Background()
		b.sample()
		for _, who := range []string{"amina", "rita", "eve"} {
			b.must("user", "add", who+"@example.org", "--role", "reviewer", "--name", who)
		}
		b.must("user", "add", "amina@example.org", "--role", "translator", "--into", "ar")
		var cookie, secret string
		on := func(url string, f func(book *access.Book, d *db.DB)) {
			t.Helper()
			d, err := db.Open(ctx, url)
			if err != nil {
				b.t.Fatal(err)
			}
			defer d.Close()
			f(access.New(access.Options{DB: d, Post: nobody{}}), d)
		}
		on(b.db, func(book *access.Book, d *db.DB) {
			var link string
			err := d.Write(ctx, func(tx *db.Tx) (err error) {
				if link, _, err = book.SignInLink(ctx, tx, "eve@example.org"); err != nil {
					return err
				}
				_, err = tx.Exec(ctx, `INSERT INTO followup_links (hash, kind, pledge, request, party, person, report, expires, used, outcome) VALUES ('x', 'report', 'GCM-0001', 'r', 'ken', 'p', '', 99999999999999999, 0, '')`)
				return err
			})
			if err != nil {
				b.t.Fatal(err)
			}
			session, eve, err := book.Redeem(ctx, link[strings.LastIndexByte(link, '/')+1:])
			if err != nil {
				b.t.Fatal(err)
			}
			cookie = session.Cookie
			if _, secret, err = book.MakeToken(ctx, eve, "script", []string{"pledges:read-own"}, d.Now().AddDate(0, 1, 0)); err != nil {
				b.t.Fatal(err)
			}
		})
		b.must("user", "roll", b.path("early.json"))
		b.must("backup", b.path("old.tar.gz"))
		b.must("user", "end", "rita@example.org")
		b.must("user", "end", "eve@example.org", "--erase")
		b.must("user", "end", "amina@example.org", "--role", "translator")
		b.must("user", "roll", b.path("now.json"))
		if text := b.read("now.json"); strings.Contains(text, "example.org") || strings.Contains(text, "amina") {
			b.t.Errorf("the roll says who they are:\n%s", text)
		}

		people := func(url string) string {
			b.t.Helper()
			status, out, words := b.runOn(url, "user", "list")
			if status != 0 {
				b.t.Fatal(words)
			}
			return out
		}
		shut := func(url string) {
			b.t.Helper()
			on(url, func(book *access.Book, d *db.DB) {
				if _, _, err := book.Session(ctx, cookie); err == nil {
					b.t.Error("somebody is signed in")
				}
				if _, _, err := book.Token(ctx, secret); err == nil {
					b.t.Error("a token works")
				}
				var open, waiting int
				err := d.Read(ctx, func(tx *db.Tx) error {
					if err := tx.QueryRow(ctx, `SELECT count(*) FROM access_link WHERE used = 0`).Scan(&open); err != nil {
						return err
					}
					if err := tx.QueryRow(ctx, `SELECT count(*) FROM mail_letters WHERE template = $1 AND state IN ('held', 'waiting')`, access.SecretLetters[0]).Scan(&waiting); err != nil {
						return err
					}
					var reports int
					err := tx.QueryRow(ctx, `SELECT count(*) FROM followup_links WHERE used = 0 AND expires > 0`).Scan(&reports)
					open += reports
					return err
				})
				if err != nil || open+waiting != 0 {
					b.t.Errorf("%d links and %d letters with one are left, %v", open, waiting, err)
				}
			})
		}
		target := "sqlite:" + b.path("restored.db")
		status, _, words := b.runOn(target, "restore", b.path("old.tar.gz"))
		if status != 0 || !strings.Contains(words, "ended: 1 sessions, 1 tokens, 3 links to sign in, 1 links of letters") || !strings.Contains(words, "WARNING: the backup is of 20") {
			b.t.Errorf("exit %d: %s", status, words)
		}
		shut(target)
		if got := people(target); strings.Count(got, "\n") != 3 || !strings.Contains(got, "translator:ar") {
			b.t.Errorf("%s", got)
		}

		target = dbtest.URL(b.t, db.Postgres)
		status, _, words = b.runOn(target, "restore", b.path("old.tar.gz"), "--roll", b.path("now.json"))
		if status != 0 || strings.Contains(words, "WARNING") || !strings.Contains(words, "2 accounts closed, 1 of them erased, 3 roles") {
			b.t.Errorf("exit %d: %s", status, words)
		}
		shut(target)
		if got := people(target); strings.Count(got, "\n") != 1 || !strings.HasSuffix(got, "amina@example.org\tamina\treviewer\n") {
			b.t.Errorf("%s", got)
		}
		on(target, func(_ *access.Book, d *db.DB) {
			var all strings.Builder
			if err := d.Dump(ctx, &all); err != nil || strings.Contains(all.String(), "eve@example.org") {
				b.t.Errorf("who was erased is back, %v", err)
			}
		})

		untouched := "sqlite:" + b.path("untouched.db")
		for file, want := range map[string]string{"early.json": "the backup was made after it", b.write("junk.json", "{}"): "is no roll"} {
			if !strings.HasPrefix(file, "/") {
				file = b.path(file)
			}
			if status, _, words := b.runOn(untouched, "restore", b.path("old.tar.gz"), "--roll", file); status != 1 || !strings.Contains(words, want) {
				b.t.Errorf("exit %d: %s", status, words)
			}
		}
		if status, _, words := b.runOn(untouched, "restore", b.path("old.tar.gz")); status != 0 { // which is empty still
			b.t.Error(words)
		}
	})
}

// nobody posts letters.
type nobody struct{}

func (nobody) Post(context.Context, *db.Tx, mail.Letter) (string, error) { return "", nil }

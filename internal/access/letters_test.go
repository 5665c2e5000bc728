package access_test

import (
	"io/fs"
	"strings"
	"testing"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/lang"
	"stocktake/internal/mail"
)

// Every letter of the room is written in six languages with the words that it needs, by the real
// office; what is posted leads into our own pages.
func TestLettersAreWritten(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		office, err := mail.New(mail.Options{DB: d, BaseURL: base, Templates: []fs.FS{access.Letters}, Secret: access.SecretLetters})
		if err != nil {
			t.Fatal(err)
		}
		h := open(t, d, func(o *access.Options) { o.Post, o.Passwords = office, true })
		for _, c := range lang.All {
			var p access.Person
			h.write(func(tx *db.Tx) (err error) {
				p, _, err = h.book.Invite(t.Context(), tx, h.admin, access.Invitation{Email: string(c) + "@example.org", Language: c, Grants: []access.Grant{{Role: access.FocalPoint, Party: string(c) + "-party"}}})
				return err
			})
			h.link(p.Email)
			h.withPasskey(t, p)
			if err := h.book.SetPassword(t.Context(), p, "", good, ""); err != nil {
				t.Fatal(err)
			}
			if _, _, err := h.book.SignInByPassword(t.Context(), p.Email, good, "curl/8"); err != nil {
				t.Fatal(err)
			}
			h.write(func(tx *db.Tx) error {
				_, err := h.book.Grant(t.Context(), tx, h.admin, p.ID, access.Grant{Role: access.Translator})
				return err
			})
			h.write(func(tx *db.Tx) error {
				_, err := h.book.HandOver(t.Context(), tx, p, access.Succession{Grant: p.Grants[0].ID, Invite: access.Invitation{Email: "next-" + string(c) + "@example.org", Name: "N", Language: c}})
				return err
			})
			if err := h.book.Close(t.Context(), h.admin, p.ID); err != nil {
				t.Fatal(err)
			}
		}
		written := map[string]int{}
		h.write(func(tx *db.Tx) error {
			clear(written)
			rows, err := tx.Query(t.Context(), `SELECT template, language, subject, body FROM mail_letters ORDER BY id`)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var template, language, subject, body string
				if err := rows.Scan(&template, &language, &subject, &body); err != nil {
					return err
				}
				written[template+" "+language]++
				if strings.Contains(subject+body, "{{") || strings.Contains(body, "http://") || len(body) < 100 {
					t.Errorf("%s %s:\n%s\n%s", template, language, subject, body)
				}
				if template != "access_closed" && !strings.Contains(body, base+"/"+language+"/") {
					t.Errorf("%s %s leads nowhere:\n%s", template, language, body)
				}
			}
			return rows.Err()
		})
		for _, name := range []string{"access_invitation", "access_sign_in", "access_new_session", "access_grant", "access_hand_over", "access_security", "access_closed"} {
			for _, c := range lang.All {
				if written[name+" "+string(c)] == 0 {
					t.Errorf("no letter %s in %s", name, c)
				}
			}
		}
	})
}

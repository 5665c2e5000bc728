package intake

import (
	"context"
	"encoding/json"
	"fmt"

	"stocktake/internal/db"
)

// OfPerson is what this room keeps about a person, for the person's own copy: where they are
// named as the contact, what they began, and what they wrote into threads.
func (d *Desk) OfPerson(ctx context.Context, tx *db.Tx, person string) (any, error) {
	type message struct {
		Ref  string `json:"submission"`
		Body string `json:"text"`
	}
	out := struct {
		Began    []string           `json:"began"`
		Messages []message          `json:"messages"`
		Contact  map[string]Contact `json:"contact"`
	}{Began: []string{}, Messages: []message{}, Contact: map[string]Contact{}}
	err := each(ctx, tx, `SELECT ref FROM submissions WHERE author = $1 ORDER BY ref`, []any{person}, func(scan func(...any) error) error {
		var ref string
		err := scan(&ref)
		out.Began = append(out.Began, ref)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("what %s began: %w", person, err)
	}
	err = each(ctx, tx, `SELECT ref, body FROM submission_messages WHERE by = $1 ORDER BY ref, number`, []any{person}, func(scan func(...any) error) error {
		var m message
		err := scan(&m.Ref, &m.Body)
		out.Messages = append(out.Messages, m)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("what %s wrote: %w", person, err)
	}
	return out, d.named(ctx, tx, person, func(t mention) error {
		out.Contact[t.ref] = t.text.Contact
		return nil
	})
}

// ErasePerson takes a person out of the contacts of drafts, the former ones and those that the
// desk was given among them. What they wrote as a party's representative stays; whose it was is an
// id that names nobody any more.
func (d *Desk) ErasePerson(ctx context.Context, tx *db.Tx, person string) error {
	var all []mention
	err := d.named(ctx, tx, person, func(t mention) error {
		all = append(all, t)
		return nil
	})
	if err != nil {
		return err
	}
	for _, t := range all {
		t.text.Contact, t.text.Person = Contact{}, ""
		doc, err := json.Marshal(t.text)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, t.update, t.ref, t.version, string(doc)); err != nil {
			return fmt.Errorf("erase %s from %s: %w", person, t.ref, err)
		}
	}
	for _, forget := range []string{
		`UPDATE submissions SET assigned = '' WHERE assigned = $1`,
		`UPDATE submissions SET editor = '', editing_since = 0, editing_until = 0 WHERE editor = $1`,
	} {
		if _, err := tx.Exec(ctx, forget, person); err != nil {
			return fmt.Errorf("forget %s: %w", person, err)
		}
	}
	return nil
}

// mention is a stored text that names a person as its contact.
type mention struct {
	ref     string
	version int
	text    body
	update  string
}

// named finds the texts whose contact is a person.
func (d *Desk) named(ctx context.Context, tx *db.Tx, person string, f func(mention) error) error {
	for _, where := range []struct{ find, update string }{
		{`SELECT ref, doc_version, doc FROM submissions WHERE doc LIKE $1 ORDER BY ref`, `UPDATE submissions SET doc = $3 WHERE ref = $1 AND doc_version = $2`},
		{`SELECT ref, sent_version, sent FROM submissions WHERE sent LIKE $1 ORDER BY ref`, `UPDATE submissions SET sent = $3 WHERE ref = $1 AND sent_version = $2`},
		{`SELECT ref, version, doc FROM submission_texts WHERE doc LIKE $1 ORDER BY ref, version`, `UPDATE submission_texts SET doc = $3 WHERE ref = $1 AND version = $2`},
	} {
		err := each(ctx, tx, where.find, []any{`%"person":"` + person + `"}`}, func(scan func(...any) error) error {
			t := mention{update: where.update}
			var doc string
			if err := scan(&t.ref, &t.version, &doc); err != nil {
				return err
			}
			var err error
			if t.text, err = bodyOf(doc); err != nil || t.text.Person != person {
				return err
			}
			return f(t)
		})
		if err != nil {
			return fmt.Errorf("texts that name %s: %w", person, err)
		}
	}
	return nil
}

package intake

import (
	"embed"
	"fmt"
	"net/mail"
	"slices"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/lang"
	letter "stocktake/internal/mail"
)

// Letters are the letters of this room, for mail.New. None repeats what a pledge or a message
// says: whoever may read it signs in for that.
//
//go:embed letters/*.txt
var Letters embed.FS

// addressees are who is written to, found before the locks of the register are taken.
type addressees struct{ list []addressee }

type addressee struct {
	person access.Person
	party  string
	name   string // of the party, in the person's language
}

const mostAddressees = 10 // of one party

// addressees are the contacts of parties, each once, and of the lead the person named in the
// draft where the lead has no other.
func (t *turn) addressees(parties ...string) (*addressees, error) {
	a := &addressees{}
	known := t.desk.finder(t.ctx, t.tx, t.record)
	for _, code := range parties {
		people, err := t.desk.People.ContactsOf(t.ctx, t.tx, code, t.today)
		if err != nil {
			return nil, fmt.Errorf("contacts: %w", err)
		}
		if len(people) == 0 && code == t.Lead {
			people = t.namedInDraft()
		}
		who, _ := known.find(code)
		for _, p := range people[:min(len(people), mostAddressees)] {
			if p.Email == "" || slices.ContainsFunc(a.list, func(x addressee) bool { return strings.EqualFold(x.person.Email, p.Email) }) {
				continue
			}
			if !lang.Known(string(p.Language)) {
				p.Language = lang.Default
			}
			a.list = append(a.list, addressee{p, code, who.Name(p.Language)})
		}
	}
	return a, known.Err()
}

// namedInDraft is the contact that the draft names.
func (t *turn) namedInDraft() []access.Person {
	c := t.text.Contact
	if parsed, err := mail.ParseAddress(c.Email); err != nil || parsed.Address != c.Email {
		return nil
	}
	return []access.Person{{Name: c.Name, Email: c.Email, Language: t.text.Pledge.Language}}
}

// letterToParty posts a letter to a party's contacts.
func (t *turn) letterToParty(template, code string, data map[string]string) error {
	a, err := t.addressees(code)
	if err != nil {
		return err
	}
	return t.post(template, a, data)
}

// post writes one letter to each. Every letter has these words: Reference, Party, Time, Link.
func (t *turn) post(template string, a *addressees, data map[string]string) error {
	letters := make([]letter.Letter, 0, len(a.list))
	for _, to := range a.list {
		c := to.person.Language
		words := map[string]string{
			"Reference": t.Ref, "Party": to.name, "Time": lang.DateTime(c, t.now), "Link": t.desk.link(string(c), t.Ref),
		}
		for k, v := range data {
			words[k] = strings.ReplaceAll(v, "{lang}", string(c))
		}
		letters = append(letters, letter.Letter{To: to.person.Email, Name: to.person.Name, Person: to.person.ID, Party: to.party, Template: template, Language: c, Data: words})
	}
	if _, err := t.desk.Mail.PostAll(t.ctx, t.tx, letters); err != nil {
		return fmt.Errorf("letter: %w", err)
	}
	return nil
}

// publicLinks are the words of a letter on a published pledge.
func (t *turn) publicLinks() map[string]string {
	base := strings.TrimSuffix(t.desk.BaseURL, "/")
	return map[string]string{
		"ID": t.Published, "Link": base + "/{lang}/pledges/" + t.Published, "Receipt": base + "/api/v1/pledges/" + t.Published + "/receipt",
	}
}

package access

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/queue"
)

// Kinds of links.
const (
	linkInvitation = "invitation"
	linkSignIn     = "sign_in"
)

// Invitation makes an account. There is no other way to get one, but for what the operator
// maps from an OpenID Connect provider.
type Invitation struct {
	Email    string
	Name     string
	Language lang.Code // "" is English
	TimeZone string    // "" is UTC
	Grants   []Grant
}

// Invite makes an account with its grants and mails the link to sign in with for the first time.
// Somebody who has an account already keeps it, gets the grants, and a link all the same; the
// details of the invitation do not change theirs. The link itself is returned to the operator
// only: whoever else invites has no business in the other's account.
func (b *Book) Invite(ctx context.Context, tx *db.Tx, by Person, in Invitation) (p Person, link string, err error) {
	if len(in.Grants) == 0 {
		if err := Check(by, InvitePerson, Subject{}, b.Today()); err != nil {
			return Person{}, "", err
		}
	}
	in.Grants = slices.Clone(in.Grants)
	for i := range in.Grants { // before anything is looked up: a refusal tells nothing of the address
		g := &in.Grants[i]
		g.Party = foldCode(g.Party)
		if err := b.mayGive(by, *g); err != nil {
			return Person{}, "", err
		}
		if err := b.isParty(ctx, tx, *g); err != nil {
			return Person{}, "", err
		}
	}
	return b.invite(ctx, tx, by, in)
}

// invite is Invite for somebody whom the policy has been asked about.
func (b *Book) invite(ctx context.Context, tx *db.Tx, by Person, in Invitation) (p Person, link string, err error) {
	address, err := foldEmail(in.Email)
	if err != nil {
		return Person{}, "", err
	}
	in.Language = cmp.Or(in.Language, lang.Default)
	if err := errs.InvalidFields(checkDetails(in.Name, in.Language, in.TimeZone)...); err != nil {
		return Person{}, "", err
	}
	p, err = b.byAddress(ctx, tx, address)
	switch {
	case err == nil && p.Closed:
		return Person{}, "", errs.New(errs.Conflict, "the account %s is closed", p.ID).WithKey("access.account_closed")
	case errs.Is(err, errs.NotFound):
		p, err = b.newPerson(ctx, tx, address, in.Name, in.Language, in.TimeZone)
	}
	if err != nil {
		return Person{}, "", err
	}
	if err := b.record(ctx, tx, by.ID, InvitePerson, "person:"+p.ID); err != nil {
		return Person{}, "", err
	}
	for _, g := range in.Grants {
		g.Source = ""
		if g, err = b.give(ctx, tx, by, p, g); err != nil {
			return Person{}, "", err
		}
		if !slices.ContainsFunc(p.Grants, func(held Grant) bool { return held.ID == g.ID }) {
			p.Grants = append(p.Grants, g)
		}
	}
	if link, err = b.newLink(ctx, tx, p, linkInvitation, InvitedFor); err != nil {
		return Person{}, "", err
	}
	last := b.now().Add(InvitedFor).Format(time.DateOnly)
	err = b.post(ctx, tx, p, letterInvitation, map[string]string{"Link": link, "Until": lang.Date(p.Language, last)})
	if by.ID != OperatorID {
		link = ""
	}
	return p, link, err
}

func (b *Book) newPerson(ctx context.Context, tx *db.Tx, address, name string, language lang.Code, zone string) (p Person, err error) {
	p = Person{Name: name, Email: address, Language: language, TimeZone: zone}
	if p.ID, err = b.newID("per"); err != nil {
		return Person{}, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO access_person (id, name, language, time_zone, created, closed, unreachable, erased) VALUES ($1, $2, $3, $4, $5, 0, 0, 0)`,
		p.ID, p.Name, string(p.Language), p.TimeZone, micro(b.now()))
	if err == nil {
		_, err = tx.Exec(ctx, `INSERT INTO access_address (address, person) VALUES ($1, $2)`, address, p.ID)
	}
	switch {
	case db.IsUnique(err): // another transaction invited the same person meanwhile
		return Person{}, errs.New(errs.Conflict, "an account with this address was made meanwhile").WithKey("access.address_taken")
	case err != nil:
		return Person{}, fmt.Errorf("access: make an account: %w", err)
	}
	return p, nil
}

// newLink makes a link that signs a person in, once. person "" makes one that never does.
func (b *Book) newLink(ctx context.Context, tx *db.Tx, p Person, kind string, d time.Duration) (string, error) {
	token, hash, err := b.secret()
	if err != nil {
		return "", err
	}
	now := b.now()
	_, err = tx.Exec(ctx, `INSERT INTO access_link (hash, person, kind, created, expires, used) VALUES ($1, $2, $3, $4, $5, 0)`,
		hash, p.ID, kind, micro(now), micro(now.Add(d)))
	if err != nil {
		return "", fmt.Errorf("access: make a link for %s: %w", p.ID, err)
	}
	return b.link(cmp.Or(p.Language, lang.Default), SignInPath+"/"+token), nil
}

// AskKind is the kind of job that answers somebody who asked for a link; Book.Answer handles it.
const AskKind = "access.ask"

type asked struct {
	ID string `json:"id"`
}

// Ask notes that somebody wants a link mailed to an address. It does the same whether there is
// an account with the address or not: a job looks it up later. Only an address that is none is
// told.
func (b *Book) Ask(ctx context.Context, email string) error {
	address, err := foldEmail(email)
	if err != nil {
		return err
	}
	return b.o.DB.Write(ctx, func(tx *db.Tx) error {
		id, err := b.newID("ask")
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO access_asked (id, address, created) VALUES ($1, $2, $3)`, id, address, micro(b.now())); err != nil {
			return fmt.Errorf("access: ask for a link: %w", err)
		}
		_, err = queue.Add(ctx, tx, AskKind, asked{id}, queue.Attempts(3))
		return err
	})
}

// Answer mails the link that Ask noted, where the address is somebody's.
func (b *Book) Answer(ctx context.Context, payload []byte) error {
	var a asked
	if err := json.Unmarshal(payload, &a); err != nil || a.ID == "" {
		return queue.Final(errs.New(errs.Internal, "access: a job without a question"))
	}
	return b.o.DB.Write(ctx, func(tx *db.Tx) error {
		var address string
		err := tx.QueryRow(ctx, `DELETE FROM access_asked WHERE id = $1 RETURNING address`, a.ID).Scan(&address)
		if errors.Is(err, sql.ErrNoRows) {
			return nil // answered by an earlier attempt, or swept
		}
		if err != nil {
			return fmt.Errorf("access: answer %s: %w", a.ID, err)
		}
		_, _, err = b.SignInLink(ctx, tx, address)
		return err
	})
}

// SignInLink makes a link to sign in with and mails it. For an address that is nobody's it
// makes one that cannot be redeemed, for the same work, mails nothing, and returns nobody.
func (b *Book) SignInLink(ctx context.Context, tx *db.Tx, email string) (link string, p Person, err error) {
	p, err = b.PersonByEmail(ctx, tx, email)
	switch {
	case errs.Is(err, errs.NotFound), errs.Is(err, errs.Invalid), err == nil && p.Closed:
		p = Person{}
	case err != nil:
		return "", Person{}, err
	}
	if link, err = b.newLink(ctx, tx, p, linkSignIn, b.o.SignInFor); err != nil || !p.Known() {
		return link, Person{}, err
	}
	if err := b.record(ctx, tx, p.ID, AskedToSign, "person:"+p.ID); err != nil {
		return "", Person{}, err
	}
	return link, p, b.post(ctx, tx, p, letterSignIn, map[string]string{"Link": link, "Minutes": fmt.Sprint(int(b.o.SignInFor / time.Minute))})
}

// Peek tells whose link it is and changes nothing: the page that a mailed link opens, which
// programs that scan mails open too.
func (b *Book) Peek(ctx context.Context, token string) (p Person, err error) {
	err = b.o.DB.Read(ctx, func(tx *db.Tx) (err error) {
		p, err = b.linked(ctx, tx, token)
		return err
	})
	return p, err
}

// linked finds the person whose link it is. Every reason why it cannot be used has one answer.
func (b *Book) linked(ctx context.Context, tx *db.Tx, token string) (Person, error) {
	if !wellFormed(token) {
		return Person{}, spent("access.link_spent")
	}
	var person string
	err := tx.QueryRow(ctx, `SELECT person FROM access_link WHERE hash = $1 AND used = 0 AND expires > $2`, hashOf(token), micro(b.now())).Scan(&person)
	switch {
	case errors.Is(err, sql.ErrNoRows) || err == nil && person == "":
		return Person{}, spent("access.link_spent")
	case err != nil:
		return Person{}, fmt.Errorf("access: find a link: %w", err)
	}
	p, err := b.PersonByID(ctx, tx, person)
	if err == nil && p.Closed {
		return Person{}, spent("access.link_spent")
	}
	return p, err
}

// Redeem uses a link up and signs its person in. All other links of the person end with it.
// device is the User-Agent of who redeems it, where known.
func (b *Book) Redeem(ctx context.Context, token string, device ...string) (s Session, p Person, err error) {
	err = b.o.DB.Write(ctx, func(tx *db.Tx) (err error) {
		if p, err = b.linked(ctx, tx, token); err != nil {
			return err
		}
		// Of two who redeem it at the same moment, one finds it used.
		res, err := tx.Exec(ctx, `UPDATE access_link SET used = $2 WHERE hash = $1 AND used = 0`, hashOf(token), micro(b.now()))
		if err != nil {
			return fmt.Errorf("access: redeem a link of %s: %w", p.ID, err)
		}
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			return errors.Join(spent("access.link_spent"), err)
		}
		if err := b.endLinks(ctx, tx, p.ID); err != nil {
			return err
		}
		// Whoever reads the letters that go there can be reached.
		if p.Unreachable {
			if err := b.setUnreachable(ctx, tx, p.ID, false); err != nil {
				return err
			}
			p.Unreachable = false
		}
		s, err = b.begin(ctx, tx, p, ByLink, first(device))
		return err
	})
	if err != nil {
		return Session{}, Person{}, b.refusal(ctx, ByLink, p.ID, err)
	}
	return s, p, nil
}

func (b *Book) endLinks(ctx context.Context, tx *db.Tx, person string) error {
	if _, err := tx.Exec(ctx, `UPDATE access_link SET used = $2 WHERE person = $1 AND used = 0`, person, micro(b.now())); err != nil {
		return fmt.Errorf("access: end the links of %s: %w", person, err)
	}
	return nil
}

func first(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}

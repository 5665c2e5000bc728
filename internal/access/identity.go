package access

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
)

// byProvider is how the audit names what follows from a provider's claims.
var byProvider = Person{ID: "provider"}

// signInNamed signs in the person whom a provider names by subject. Who is new to us gets an
// account only where the claims give a grant, or, where the operator says so, is the one with
// the address that the provider has verified.
func (b *Book) signInNamed(ctx context.Context, p *Provider, subject string, claims map[string]any, c lang.Code, device string) (s Session, who Person, err error) {
	grants := p.grants(claims)
	err = b.o.DB.Write(ctx, func(tx *db.Tx) (err error) {
		var id string
		err = tx.QueryRow(ctx, `SELECT person FROM access_identity WHERE issuer = $1 AND subject = $2`, p.Issuer, subject).Scan(&id)
		switch {
		case err == nil:
			who, err = b.PersonByID(ctx, tx, id)
		case errors.Is(err, sql.ErrNoRows):
			who, err = b.introduce(ctx, tx, p, subject, claims, c, len(grants) > 0)
		}
		if err != nil {
			return err
		}
		if who.Closed {
			return spent("access.account_closed")
		}
		if len(p.Grants) > 0 {
			if err := b.follow(ctx, tx, who, grants); err != nil {
				return err
			}
			if who, err = b.PersonByID(ctx, tx, who.ID); err != nil {
				return err
			}
		}
		s, err = b.begin(ctx, tx, who, ByProvider, device)
		return err
	})
	if err != nil {
		return Session{}, Person{}, b.refusal(ctx, ByProvider, who.ID, fmt.Errorf("access: sign in by the provider: %w", err))
	}
	return s, who, nil
}

// introduce finds or makes the account of somebody whom the provider names for the first time.
func (b *Book) introduce(ctx context.Context, tx *db.Tx, p *Provider, subject string, claims map[string]any, c lang.Code, entitled bool) (who Person, err error) {
	stranger := errs.New(errs.Unauthenticated, "the provider's subject has no account").WithKey("access.no_account")
	email, _ := claims["email"].(string)
	verified, _ := claims["email_verified"].(bool)
	address, err := foldEmail(email)
	if err != nil || !verified {
		return Person{}, stranger
	}
	who, err = b.byAddress(ctx, tx, address)
	switch {
	case err == nil && !p.LinkByEmail:
		return Person{}, stranger // somebody's from before; the operator does not let the provider speak for it
	case errs.Is(err, errs.NotFound) && entitled:
		name, _ := claims["name"].(string)
		if !lang.Known(string(c)) {
			c = lang.Default
		}
		who, err = b.newPerson(ctx, tx, address, tidyName(name), c, "")
	case errs.Is(err, errs.NotFound):
		return Person{}, stranger
	}
	if err != nil {
		return Person{}, err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO access_identity (issuer, subject, person, created) VALUES ($1, $2, $3, $4)`, p.Issuer, subject, who.ID, micro(b.now())); err != nil {
		return Person{}, fmt.Errorf("access: an identity of %s: %w", who.ID, err)
	}
	return who, b.record(ctx, tx, byProvider.ID, InvitePerson, "person:"+who.ID)
}

func tidyName(name string) string {
	name = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(name, ""), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if utf8.RuneCountInString(name) > longestName {
		name = string([]rune(name)[:longestName])
	}
	return name
}

// follow brings the grants that came from the provider in line with its claims; those that
// people gave stay.
func (b *Book) follow(ctx context.Context, tx *db.Tx, who Person, claimed []Grant) error {
	today := b.Today()
	same := func(x Grant) func(Grant) bool {
		return func(y Grant) bool {
			return x.Role == y.Role && x.Party == y.Party && x.Language == y.Language && x.Deputy == y.Deputy && x.Transmits == y.Transmits
		}
	}
	for _, g := range who.Grants {
		if g.Source != "oidc" || !g.On(today) || slices.ContainsFunc(claimed, same(g)) {
			continue
		}
		what := DeprivePerson
		if g.Role == FocalPoint {
			what = DismissPerson
		}
		if err := b.endGrant(ctx, tx, byProvider, who, g, "", what); err != nil {
			return err
		}
	}
	for _, g := range claimed {
		held := slices.ContainsFunc(who.Grants, func(h Grant) bool { return h.Source == "oidc" && h.On(today) && same(g)(h) })
		if held {
			continue
		}
		if _, err := b.give(ctx, tx, byProvider, who, g); err != nil {
			return err
		}
	}
	return nil
}

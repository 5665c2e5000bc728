package access

import (
	"context"
	"fmt"
	"slices"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/errs"
)

// SecondFactor says whose grants hold only once they have signed in with more than a mailbox: a
// passkey, which is a device and what unlocks it, or a provider that the operator vouches for.
type SecondFactor string

const (
	SecondFactorOff      SecondFactor = "off"      // a mailed link is enough
	SecondFactorDesk     SecondFactor = "desk"     // the roles of the secretariat
	SecondFactorEveryone SecondFactor = "everyone" // focal points too
)

// asks reports whether the grant waits for a second factor.
func (f SecondFactor) asks(g Grant) bool {
	return f == SecondFactorEveryone || f == SecondFactorDesk && g.Role.Desk()
}

// AsksSecondFactor reports whether a second factor is asked of anybody. Where the site's address
// allows no passkeys, as on a laptop, there is nothing that could be asked for.
func (b *Book) AsksSecondFactor() bool {
	return b.HasPasskeys() && (b.o.SecondFactor == SecondFactorDesk || b.o.SecondFactor == SecondFactorEveryone)
}

// holdBack moves the grants that want a second factor to those that wait, in a session that was
// begun without one. So whoever comes that way has the rights of what is left, and the policy
// needs to know nothing of it.
func (b *Book) holdBack(p *Person, how Method) {
	if !b.AsksSecondFactor() || how == ByPasskey || how == ByProvider && b.o.Provider != nil && b.o.Provider.SecondFactor {
		return
	}
	b.hold(p)
}

func (b *Book) hold(p *Person) {
	var held []Grant
	for _, g := range p.Grants {
		if b.o.SecondFactor.asks(g) && (g.Until == "" || g.Until >= b.Today()) {
			p.Waiting = append(p.Waiting, g)
		} else {
			held = append(held, g)
		}
	}
	p.Grants = held
}

// holdBackOld does the same for a token that was made before its owner held any grant that wants
// a second factor: it was made without one. Whoever held such a grant had used it, since MakeToken
// is one of the acts below.
func (b *Book) holdBackOld(ctx context.Context, tx *db.Tx, p *Person, made time.Time) error {
	if !b.AsksSecondFactor() || !slices.ContainsFunc(p.Grants, b.o.SecondFactor.asks) {
		return nil
	}
	rows, err := tx.Query(ctx, `SELECT id FROM access_grant WHERE person = $1 AND created <= $2`, p.ID, micro(made))
	if err != nil {
		return fmt.Errorf("access: grants of %s: %w", p.ID, err)
	}
	defer rows.Close()
	used, day := false, made.UTC().Format(time.DateOnly)
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return fmt.Errorf("access: grants of %s: %w", p.ID, err)
		}
		used = used || slices.ContainsFunc(p.Grants, func(g Grant) bool {
			return g.ID == id && b.o.SecondFactor.asks(g) && (g.Until == "" || g.Until >= day)
		})
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("access: grants of %s: %w", p.ID, err)
	}
	if !used {
		b.hold(p)
	}
	return nil
}

// confirmed are the acts on one's own account that a session without the second factor cannot do
// for somebody who needs one: they would lead around it, or cannot be undone.
var confirmed = []Action{MakeToken, WritePassword, ExportPerson, ClosePerson, ErasePerson}

// waits reports whether the act is one that the person could do with a second factor only.
func (p Person) waits(a Action) bool {
	return len(p.Waiting) > 0 && slices.Contains(confirmed, a)
}

// mayChangeKeys refuses to let somebody change passkeys whose own have not been used in this
// session: else a mailbox would be enough to get another. Who has none yet may make the first.
func mayChangeKeys(by Person, has int) error {
	if len(by.Waiting) > 0 && has > 0 {
		return errs.New(errs.Forbidden, "%s has not used a passkey in this session", by.ID).WithKey("access.not_allowed")
	}
	return nil
}

// ResetPasskeys takes away somebody's passkeys when they have lost them, and ends their sessions.
// They begin anew, as at the first time: by a mailed link to their address.
func (b *Book) ResetPasskeys(ctx context.Context, by Person, person string) error {
	if err := Check(by, ResetPasskeys, Subject{Person: person}, b.Today()); err != nil {
		return err
	}
	return b.o.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := b.PersonByID(ctx, tx, person)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM access_passkey WHERE person = $1`, person); err != nil {
			return fmt.Errorf("access: passkeys of %s: %w", person, err)
		}
		if err := b.endSessions(ctx, tx, person, `id <> $3`, ""); err != nil {
			return err
		}
		if err := b.record(ctx, tx, by.ID, ResetPasskeys, "person:"+person); err != nil {
			return err
		}
		return b.post(ctx, tx, p, letterSecurity, map[string]string{"Link": b.accountLink(p)})
	})
}

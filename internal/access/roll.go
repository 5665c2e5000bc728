package access

import (
	"context"
	"fmt"
	"slices"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/errs"
)

// A backup knows nothing of what was ended after it was made. What lets somebody in at once is
// ended with every restore (EndAll); what people hold is held to a roll, where there is a later
// one (CatchUp).

// Live is what EndAll ended.
type Live struct{ Sessions, Links, Tokens int64 }

// EndAll ends every session and token, and every link to sign in with that was not used.
func (b *Book) EndAll(ctx context.Context, tx *db.Tx) (live Live, err error) {
	now := micro(b.now())
	for _, x := range []struct {
		query string
		args  []any
		n     *int64
	}{
		{`UPDATE access_session SET ended = $1 WHERE ended = 0 AND expires > $1`, []any{now}, &live.Sessions},
		{`UPDATE access_token SET ended = $1 WHERE ended = 0 AND expires > $1`, []any{now}, &live.Tokens},
		{`UPDATE access_link SET used = $1 WHERE used = 0 AND expires > $1`, []any{now}, &live.Links},
		{`DELETE FROM access_ceremony`, nil, nil},
		{`DELETE FROM access_asked`, nil, nil},
		{`DELETE FROM access_opening`, nil, nil},
	} {
		res, err := tx.Exec(ctx, x.query, x.args...)
		if err != nil {
			return Live{}, fmt.Errorf("access: end everything: %w", err)
		}
		if x.n == nil {
			continue
		}
		if *x.n, err = res.RowsAffected(); err != nil {
			return Live{}, fmt.Errorf("access: end everything: %w", err)
		}
	}
	return live, b.record(ctx, tx, OperatorID, EndSession, "everybody")
}

// Roll is who held what at a moment, by ids alone: no name, no address, nothing that lets anybody
// in. Kept beside backups, it says what was ended after one was made.
type Roll struct {
	Form      int       `json:"roll"` // RollForm
	Made      time.Time `json:"made"`
	People    []string  `json:"people"` // whose account is open
	Erased    []string  `json:"erased"`
	Grants    []string  `json:"grants"` // held on the day, or later
	Passkeys  []string  `json:"passkeys"`
	Passwords []string  `json:"passwords"` // the person, and when it was set
}

// RollForm is the number of the form of a Roll.
const RollForm = 1

const passwordID = `person || ':' || CAST(changed AS TEXT)`

// Roll reads it.
func (b *Book) Roll(ctx context.Context, tx *db.Tx) (r Roll, err error) {
	r.Form, r.Made = RollForm, b.now()
	for _, x := range []struct {
		to    *[]string
		query string
		args  []any
	}{
		{&r.People, `SELECT id FROM access_person WHERE closed = 0 ORDER BY id`, nil},
		{&r.Erased, `SELECT id FROM access_person WHERE erased > 0 ORDER BY id`, nil},
		{&r.Grants, `SELECT id FROM access_grant WHERE until_day = '' OR until_day >= $1 ORDER BY id`, []any{b.Today()}},
		{&r.Passkeys, `SELECT id FROM access_passkey ORDER BY id`, nil},
		{&r.Passwords, `SELECT ` + passwordID + ` FROM access_password ORDER BY person`, nil},
	} {
		if *x.to, err = ids(ctx, tx, x.query, x.args...); err != nil {
			return Roll{}, fmt.Errorf("access: call the roll: %w", err)
		}
	}
	return r, nil
}

func ids(ctx context.Context, tx *db.Tx, query string, args ...any) ([]string, error) {
	all := []string{} // [] in the file, not null
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		all = append(all, id)
	}
	return all, rows.Err()
}

// Caught is what CatchUp ended; Erase are the accounts that are to be erased again.
type Caught struct {
	Accounts, Grants, Passkeys, Passwords int
	Erase                                 []string
}

// CatchUp ends what is held and does not stand on a later roll: accounts, what they may do, keys
// and passwords. What was given after the backup was made does not come back by it. Nobody gets a
// letter: they had it when it was ended.
func (b *Book) CatchUp(ctx context.Context, tx *db.Tx, r Roll) (c Caught, err error) {
	now, err := b.Roll(ctx, tx)
	if err != nil {
		return c, err
	}
	gone := func(held, still []string) []string {
		return slices.DeleteFunc(held, func(id string) bool { return slices.Contains(still, id) })
	}
	for _, id := range gone(now.Grants, r.Grants) {
		p, g, err := b.holder(ctx, tx, id)
		if err != nil {
			return c, err
		}
		what := DeprivePerson
		if g.Role == FocalPoint {
			what = DismissPerson
		}
		if err := b.endGrant(ctx, tx, Operator(), p, g, "", what); err != nil {
			return c, err
		}
		c.Grants++
	}
	for _, id := range gone(now.People, r.People) {
		p, err := b.PersonByID(ctx, tx, id)
		if err != nil {
			return c, err
		}
		if err := b.close(ctx, tx, Operator(), p); err != nil {
			return c, err
		}
		if err := b.record(ctx, tx, OperatorID, ClosePerson, "person:"+id); err != nil {
			return c, err
		}
		c.Accounts++
	}
	for _, x := range []struct {
		query string
		gone  []string
		n     *int
	}{
		{`DELETE FROM access_passkey WHERE id = $1`, gone(now.Passkeys, r.Passkeys), &c.Passkeys},
		{`DELETE FROM access_password WHERE ` + passwordID + ` = $1`, gone(now.Passwords, r.Passwords), &c.Passwords},
	} {
		for _, id := range x.gone {
			if _, err := tx.Exec(ctx, x.query, id); err != nil {
				return c, fmt.Errorf("access: catch up: %w", err)
			}
		}
		*x.n = len(x.gone)
	}
	for _, id := range gone(r.Erased, now.Erased) {
		switch _, err := b.PersonByID(ctx, tx, id); {
		case err == nil:
			c.Erase = append(c.Erase, id)
		case !errs.Is(err, errs.NotFound): // the account is younger than the backup
			return c, err
		}
	}
	return c, nil
}

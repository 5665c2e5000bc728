package access

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"stocktake/internal/db"
)

// Who has something open is shown to others and blocks nothing: that nobody overwrites another
// unseen is for the versions of forms. It stands in the database, so that every server on it knows
// and a restart forgets nothing, and runs out by itself.

// Opening is what somebody does with what they have open.
type Opening string

const (
	Reading Opening = "reading" // one at a time: who goes on to the next has left the last one
	Writing Opening = "writing"
)

const (
	openFor   = 5 * time.Minute // how long it counts after the last sign of it that was written
	openAgain = time.Minute     // how long no further sign is written
)

// Open notes that a person has something open.
func (b *Book) Open(ctx context.Context, kind Opening, what, person string) error {
	others := what // of what is written at, several may be open
	if kind == Reading {
		others = ""
	}
	known := false
	err := b.o.DB.Read(ctx, func(tx *db.Tx) error {
		var elsewhere, fresh int
		err := tx.QueryRow(ctx, `SELECT coalesce(sum(CASE WHEN what <> $3 AND $4 = '' THEN 1 ELSE 0 END), 0), coalesce(sum(CASE WHEN what = $3 AND until > $5 THEN 1 ELSE 0 END), 0)
			FROM access_opening WHERE person = $1 AND kind = $2`, person, string(kind), what, others, micro(tx.Now().Add(openFor-openAgain))).Scan(&elsewhere, &fresh)
		known = elsewhere == 0 && fresh > 0
		return err
	})
	if err != nil {
		return fmt.Errorf("access: open %s: %w", what, err)
	}
	if known {
		return nil
	}
	return b.o.DB.Write(ctx, func(tx *db.Tx) error {
		if kind == Reading {
			if _, err := tx.Exec(ctx, `DELETE FROM access_opening WHERE person = $1 AND kind = $2 AND what <> $3`, person, string(kind), what); err != nil {
				return fmt.Errorf("access: open %s: %w", what, err)
			}
		}
		now := tx.Now()
		_, err := tx.Exec(ctx, `INSERT INTO access_opening (kind, what, person, since, until) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (kind, what, person) DO UPDATE SET since = CASE WHEN access_opening.until > $4 THEN access_opening.since ELSE excluded.since END, until = excluded.until`,
			string(kind), what, person, micro(now), micro(now.Add(openFor)))
		if err != nil {
			return fmt.Errorf("access: open %s: %w", what, err)
		}
		return nil
	})
}

// Leave says that a person has closed it.
func (b *Book) Leave(ctx context.Context, what, person string) error {
	return b.o.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM access_opening WHERE what = $1 AND person = $2`, what, person); err != nil {
			return fmt.Errorf("access: leave %s: %w", what, err)
		}
		return nil
	})
}

// OpenedBy is who other than the person has had it open the longest, whoever writes before whoever
// reads; "" for nobody.
func (b *Book) OpenedBy(ctx context.Context, tx *db.Tx, what, person string) (other string, since time.Time, err error) {
	var at int64
	err = tx.QueryRow(ctx, `SELECT person, since FROM access_opening WHERE what = $1 AND person <> $2 AND until > $3 ORDER BY kind DESC, since, person LIMIT 1`,
		what, person, micro(tx.Now())).Scan(&other, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return "", time.Time{}, nil
	}
	if err != nil {
		return "", time.Time{}, fmt.Errorf("access: who has %s open: %w", what, err)
	}
	return other, fromMicro(at), nil
}

package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"stocktake/internal/db"
)

// Schedule says when something is due again.
type Schedule interface {
	// Next is the first moment after t.
	Next(t time.Time) time.Time
}

type every time.Duration

// Every is due at the multiples of a duration since midnight UTC of 1 January 1970.
func Every(d time.Duration) Schedule { return every(d) }

func (e every) Next(t time.Time) time.Time {
	return time.UnixMicro(t.UnixMicro() - t.UnixMicro()%time.Duration(e).Microseconds() + time.Duration(e).Microseconds()).UTC()
}

type daily int

// Daily is due once a day, at an hour UTC.
func Daily(hour int) Schedule { return daily(hour) }

func (h daily) Next(t time.Time) time.Time {
	t = t.UTC()
	next := time.Date(t.Year(), t.Month(), t.Day(), int(h), 0, 0, 0, time.UTC)
	if !next.After(t) {
		next = next.AddDate(0, 0, 1)
	}
	return next
}

// Pending reports whether Tick has something to do. It only reads, so that servers can ask often
// without being in each other's way.
func Pending(ctx context.Context, tx *db.Tx, name string, s Schedule) (bool, error) {
	_, next, err := standing(ctx, tx, name)
	if err != nil || next.IsZero() {
		return err == nil, err
	}
	return moves(tx, next, s), nil
}

// standing is when a schedule is due, as stored; the zero time where it was never seen.
func standing(ctx context.Context, tx *db.Tx, name string) (stored int64, next time.Time, err error) {
	err = tx.QueryRow(ctx, `SELECT next FROM queue_schedules WHERE name = $1`, name).Scan(&stored)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, time.Time{}, nil
	}
	return stored, time.UnixMicro(stored).UTC(), wrap(name, err)
}

// moves reports whether a schedule is due, or lies later than it would be by now: the program has
// since made it denser.
func moves(tx *db.Tx, next time.Time, s Schedule) bool {
	return !next.After(tx.Now()) || next.After(s.Next(tx.Now()))
}

// Tick adds a job of the kind if the schedule of that name is due, and moves the schedule on;
// one of several servers does, since the schedule's row is moved in the same transaction. A
// schedule seen for the first time is due at its next moment. Moments that were missed while
// nobody ran are made up for once.
func Tick(ctx context.Context, tx *db.Tx, name, kind string, s Schedule) (added bool, err error) {
	now := tx.Now()
	stored, next, err := standing(ctx, tx, name)
	if err != nil {
		return false, err
	}
	if next.IsZero() {
		_, err = tx.Exec(ctx, `INSERT INTO queue_schedules (name, next, last) VALUES ($1, $2, 0) ON CONFLICT (name) DO NOTHING`, name, s.Next(now).UnixMicro())
		return false, wrap(name, err)
	}
	if !moves(tx, next, s) {
		return false, nil
	}
	due, set := !next.After(now), `next = $3`
	if due {
		set = `next = $3, last = next`
	}
	res, err := tx.Exec(ctx, `UPDATE queue_schedules SET `+set+` WHERE name = $1 AND next = $2`, name, stored, s.Next(now).UnixMicro())
	if err != nil {
		return false, wrap(name, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 || !due {
		return false, wrap(name, err)
	}
	_, err = Add(ctx, tx, kind, struct{}{}, Key(name), Attempts(3))
	return err == nil, wrap(name, err)
}

func wrap(name string, err error) error {
	if err != nil {
		return fmt.Errorf("queue: schedule %s: %w", name, err)
	}
	return nil
}

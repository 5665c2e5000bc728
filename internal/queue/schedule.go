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

// Tick adds a job of the kind if the schedule of that name is due, and moves the schedule on;
// one of several servers does, since the schedule's row is moved in the same transaction. A
// schedule seen for the first time is due at its next moment. Moments that were missed while
// nobody ran are made up for once. due is when the schedule is next due, for the caller to wait.
func Tick(ctx context.Context, tx *db.Tx, name, kind string, s Schedule) (due time.Time, added bool, err error) {
	now := tx.Now()
	var next int64
	err = tx.QueryRow(ctx, `SELECT next FROM queue_schedules WHERE name = $1`, name).Scan(&next)
	if errors.Is(err, sql.ErrNoRows) {
		due = s.Next(now)
		_, err = tx.Exec(ctx, `INSERT INTO queue_schedules (name, next, last) VALUES ($1, $2, 0) ON CONFLICT (name) DO NOTHING`, name, due.UnixMicro())
		return due, false, wrap(name, err)
	}
	if err != nil {
		return time.Time{}, false, wrap(name, err)
	}
	// A schedule that the program has since made denser takes effect at once.
	if due = time.UnixMicro(next).UTC(); due.After(now) && !due.After(s.Next(now)) {
		return due, false, nil
	}
	moved, set := s.Next(now), `next = $3`
	if !due.After(now) {
		set = `next = $3, last = next`
	}
	res, err := tx.Exec(ctx, `UPDATE queue_schedules SET `+set+` WHERE name = $1 AND next = $2`, name, next, moved.UnixMicro())
	if err != nil {
		return time.Time{}, false, wrap(name, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 || due.After(now) {
		return moved, false, wrap(name, err)
	}
	_, err = Add(ctx, tx, kind, struct{}{}, Key(name), Attempts(3))
	return moved, true, wrap(name, err)
}

func wrap(name string, err error) error {
	if err != nil {
		return fmt.Errorf("queue: schedule %s: %w", name, err)
	}
	return nil
}

package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/errs"
)

// Job is what the desk sees of a job; never its payload.
type Job struct {
	ID       string
	Kind     string
	State    State
	Attempts int
	Most     int
	Due      time.Time // the next run, or the end of the lease; zero once it is finished
	Error    string    // of the last attempt
	Created  time.Time
	Changed  time.Time
}

// Filter chooses jobs; the zero value is all of them.
type Filter struct {
	State State
	Kind  string
	Limit int // 0: 100
	Skip  int
}

const columns = `id, kind, state, attempts, most, coalesce(due, 0), error, created, changed`

// List gives the jobs of a filter: those that wait by their next run, others the latest first.
func List(ctx context.Context, tx *db.Tx, f Filter) (jobs []Job, err error) {
	var where []string
	var args []any
	for column, value := range map[string]string{"state": string(f.State), "kind": f.Kind} {
		if value != "" {
			args = append(args, value)
			where = append(where, fmt.Sprintf("%s = $%d", column, len(args)))
		}
	}
	query := `SELECT ` + columns + ` FROM queue_jobs`
	if len(where) > 0 {
		query += ` WHERE ` + strings.Join(where, " AND ")
	}
	by := `changed DESC, id`
	if f.State == Waiting {
		by = `due, id`
	}
	if f.Limit == 0 {
		f.Limit = 100
	}
	rows, err := tx.Query(ctx, fmt.Sprintf(`%s ORDER BY %s LIMIT %d OFFSET %d`, query, by, f.Limit, f.Skip), args...)
	if err != nil {
		return nil, fmt.Errorf("queue: list: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		j, err := scan(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("queue: list: %w", err)
		}
		jobs = append(jobs, j)
	}
	return jobs, rows.Err()
}

func scan(row func(...any) error) (j Job, err error) {
	var due, created, changed int64
	err = row(&j.ID, &j.Kind, &j.State, &j.Attempts, &j.Most, &due, &j.Error, &created, &changed)
	if due > 0 {
		j.Due = time.UnixMicro(due).UTC()
	}
	j.Created, j.Changed = time.UnixMicro(created).UTC(), time.UnixMicro(changed).UTC()
	return j, err
}

// Find gives one job.
func Find(ctx context.Context, tx *db.Tx, id string) (Job, error) {
	j, err := scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM queue_jobs WHERE id = $1`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Job{}, errs.New(errs.NotFound, "no job %s", id)
	}
	return j, err
}

// Count says how many jobs of each kind are in each state.
func Count(ctx context.Context, tx *db.Tx) (map[string]map[State]int, error) {
	rows, err := tx.Query(ctx, `SELECT kind, state, count(*) FROM queue_jobs GROUP BY kind, state ORDER BY kind, state`)
	if err != nil {
		return nil, fmt.Errorf("queue: count: %w", err)
	}
	defer rows.Close()
	all := map[string]map[State]int{}
	for rows.Next() {
		var kind string
		var state State
		var n int
		if err := rows.Scan(&kind, &state, &n); err != nil {
			return nil, fmt.Errorf("queue: count: %w", err)
		}
		if all[kind] == nil {
			all[kind] = map[State]int{}
		}
		all[kind][state] = n
	}
	return all, rows.Err()
}

// Retry runs a job that is dead, cancelled or waiting, now and with all its attempts.
func Retry(ctx context.Context, tx *db.Tx, id string) error {
	return change(ctx, tx, id, `UPDATE queue_jobs SET state = 'waiting', due = $2, attempts = 0, changed = $2
		WHERE id = $1 AND state IN ('waiting', 'dead', 'cancelled')`)
}

// Cancel takes a job that waits or is dead out of the queue.
func Cancel(ctx context.Context, tx *db.Tx, id string) error {
	return change(ctx, tx, id, `UPDATE queue_jobs SET state = 'cancelled', due = NULL, waiting_key = NULL, changed = $2
		WHERE id = $1 AND state IN ('waiting', 'dead')`)
}

func change(ctx context.Context, tx *db.Tx, id, statement string) error {
	res, err := tx.Exec(ctx, statement, id, tx.Now().UnixMicro())
	if err != nil {
		return fmt.Errorf("queue: job %s: %w", id, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	j, err := Find(ctx, tx, id)
	if err != nil {
		return err
	}
	return errs.New(errs.Conflict, "job %s is %s", id, j.State)
}

// How long finished jobs are kept for the desk to see.
const (
	keepDone = 7 * 24 * time.Hour
	keepDead = 90 * 24 * time.Hour
)

// Sweep removes jobs that were finished long ago.
func Sweep(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `DELETE FROM queue_jobs WHERE (state IN ('done', 'cancelled') AND changed < $1) OR (state = 'dead' AND changed < $2)`,
		tx.Now().Add(-keepDone).UnixMicro(), tx.Now().Add(-keepDead).UnixMicro())
	if err != nil {
		return fmt.Errorf("queue: sweep: %w", err)
	}
	return nil
}

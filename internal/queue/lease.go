package queue

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"regexp"
	"strings"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/errs"
)

// Lease is a job in the hands of one runner.
type Lease struct {
	ID       string
	Kind     string
	Payload  []byte
	Attempt  int // from 1
	Most     int
	Until    time.Time
	holder   string
	lastHeld bool
}

// Lapsed reports that the job has had all its attempts and the last one never came back: its
// runner was killed or lost its machine. It must not be run, only buried with Fail.
func (l Lease) Lapsed() bool { return l.lastHeld }

// ErrLost says that the lease ran out and another runner may hold the job.
var ErrLost = errors.New("queue: the lease was lost")

// candidates are how many due jobs a taker looks at: several takers meet on different ones.
const candidates = 16

// Take leases one due job of the kinds, the longest due first as a rule; false where none is due.
func Take(ctx context.Context, d *db.DB, kinds []string, lease time.Duration) (Lease, bool, error) {
	if len(kinds) == 0 {
		return Lease{}, false, nil
	}
	for {
		due, err := dueJobs(ctx, d, kinds)
		if err != nil || len(due) == 0 {
			return Lease{}, false, err
		}
		for _, i := range order(len(due)) {
			l, ok, err := take(ctx, d, due[i], lease)
			if err != nil || ok {
				return l, ok, err
			}
		}
	}
}

type candidate struct {
	id  string
	due int64
}

// dueJobs reads without a lock; on SQLite it leaves the writer alone.
func dueJobs(ctx context.Context, d *db.DB, kinds []string) (due []candidate, err error) {
	var marks strings.Builder
	args := []any{d.Now().UnixMicro()}
	for i, kind := range kinds {
		if i > 0 {
			marks.WriteString(", ")
		}
		args = append(args, kind)
		fmt.Fprintf(&marks, "$%d", len(args))
	}
	err = d.Read(ctx, func(tx *db.Tx) error {
		due = due[:0]
		rows, err := tx.Query(ctx, fmt.Sprintf(`SELECT id, due FROM queue_jobs WHERE due <= $1 AND kind IN (%s) ORDER BY due, id LIMIT %d`, &marks, candidates), args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var c candidate
			if err := rows.Scan(&c.id, &c.due); err != nil {
				return err
			}
			due = append(due, c)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("queue: due jobs: %w", err)
	}
	return due, nil
}

// order starts with the first, so that a lone taker keeps the order of the queue, and goes
// through the others at random.
func order(n int) []int {
	all := make([]int, n)
	for i, j := range mathrand.Perm(n - 1) {
		all[i+1] = j + 1
	}
	return all
}

func take(ctx context.Context, d *db.DB, c candidate, lease time.Duration) (l Lease, ok bool, err error) {
	err = d.Write(ctx, func(tx *db.Tx) error {
		l, ok = Lease{holder: rand.Text(), Until: tx.Now().Add(lease)}, false
		var payload string
		err := tx.QueryRow(ctx, `UPDATE queue_jobs SET state = 'running', due = $3, holder = $4, attempts = attempts + 1, waiting_key = NULL, changed = $5
			WHERE id = $1 AND due = $2 RETURNING id, kind, payload, attempts, most`,
			c.id, c.due, l.Until.UnixMicro(), l.holder, tx.Now().UnixMicro()).Scan(&l.ID, &l.Kind, &payload, &l.Attempt, &l.Most)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		l.Payload, ok = []byte(payload), err == nil
		l.lastHeld = l.Attempt > l.Most
		return err
	})
	if err != nil {
		return Lease{}, false, fmt.Errorf("queue: take: %w", err)
	}
	return l, ok, nil
}

// Renew keeps the job for another lease from now; ErrLost where it is no longer held.
func (l *Lease) Renew(ctx context.Context, d *db.DB, lease time.Duration) error {
	return d.Write(ctx, func(tx *db.Tx) error {
		l.Until = tx.Now().Add(lease)
		return l.held(tx.Exec(ctx, `UPDATE queue_jobs SET due = $3 WHERE id = $1 AND holder = $2 AND state = 'running'`,
			l.ID, l.holder, l.Until.UnixMicro()))
	})
}

// Done finishes the job; ErrLost where it is no longer held. A handler that writes may finish its
// job in its own transaction, so that both are there or neither.
func (l Lease) Done(ctx context.Context, tx *db.Tx) error {
	return l.held(tx.Exec(ctx, `UPDATE queue_jobs SET state = 'done', due = NULL, holder = '', error = '', changed = $3
		WHERE id = $1 AND holder = $2 AND state = 'running'`, l.ID, l.holder, tx.Now().UnixMicro()))
}

// Release gives the job back untried, to be run as soon as somebody can: the runner is stopping.
func (l Lease) Release(ctx context.Context, tx *db.Tx) error {
	return l.held(tx.Exec(ctx, `UPDATE queue_jobs SET state = 'waiting', due = $3, holder = '', attempts = attempts - 1, changed = $3
		WHERE id = $1 AND holder = $2 AND state = 'running'`, l.ID, l.holder, tx.Now().UnixMicro()))
}

// Fail records why the job failed and when it is tried again; dead says that it is not, since
// that was its last attempt or the error is Final. What is kept of the error is Words of it.
func (l Lease) Fail(ctx context.Context, tx *db.Tx, cause error) (dead bool, err error) {
	now := tx.Now()
	if l.Attempt >= l.Most || IsFinal(cause) {
		return true, l.held(tx.Exec(ctx, `UPDATE queue_jobs SET state = 'dead', due = NULL, holder = '', error = $3, changed = $4
			WHERE id = $1 AND holder = $2 AND state = 'running'`, l.ID, l.holder, Words(cause), now.UnixMicro()))
	}
	again := now.Add(backOff(l.Attempt, mathrand.Float64()))
	return false, l.held(tx.Exec(ctx, `UPDATE queue_jobs SET state = 'waiting', due = $5, holder = '', error = $3, changed = $4
		WHERE id = $1 AND holder = $2 AND state = 'running'`, l.ID, l.holder, Words(cause), now.UnixMicro(), again.UnixMicro()))
}

func (l Lease) held(res sql.Result, err error) error {
	if err != nil {
		return fmt.Errorf("queue: job %s: %w", l.ID, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return fmt.Errorf("queue: job %s: %w", l.ID, err)
	}
	if n == 0 {
		return ErrLost
	}
	return nil
}

const (
	firstPause = 10 * time.Second
	lastPause  = 4 * time.Hour
)

// backOff is the pause after the n-th failed attempt: doubled each time, up to four hours, and
// moved by up to a quarter either way (spread is in [0, 1)), so that jobs that failed together
// do not come back together.
func backOff(n int, spread float64) time.Duration {
	pause := lastPause
	if n < 12 {
		pause = min(firstPause<<(n-1), lastPause)
	}
	return time.Duration(float64(pause) * (0.75 + spread/2))
}

type final struct{ error }

func (f final) Unwrap() error { return f.error }

// Final marks an error that no further attempt will mend.
func Final(err error) error {
	if err == nil {
		return nil
	}
	return final{err}
}

// IsFinal reports whether an error is marked so.
func IsFinal(err error) bool {
	_, ok := errors.AsType[final](err)
	return ok
}

var (
	addresses = regexp.MustCompile(`[^\s<>"'(),:;]+@[^\s<>"'(),:;]+`)
	links     = regexp.MustCompile(`(?i)\bhttps?://\S+`)
)

const longestError = 500

// Words is an error as the desk and the log may see it: without mail addresses, and without
// links, since one may let somebody in. It is cut where it is long.
func Words(err error) string {
	if err == nil {
		return ""
	}
	text := strings.ToValidUTF8(strings.Join(strings.Fields(err.Error()), " "), "?")
	text = links.ReplaceAllString(text, "(link)")
	text = strings.ReplaceAll(addresses.ReplaceAllString(text, "(address)"), "\x00", "")
	if r := []rune(text); len(r) > longestError {
		text = string(r[:longestError]) + "…"
	}
	if text == "" {
		return errs.KindOf(err).String()
	}
	return text
}

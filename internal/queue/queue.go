// Package queue holds work that is to be done later, in the database of everything else: a job is
// added in the transaction of the change that asks for it, so that neither is there without the
// other. Package job takes the jobs and runs them.
//
// A job is run at least once. Who takes it holds it for the length of a lease and renews that
// while working; when nobody renews it, another takes it over. A job that fails is tried again
// after a growing pause, and is dead after its last attempt, for a person to look at.
package queue

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"stocktake/internal/db"
)

// State is where a job stands.
type State string

const (
	Waiting   State = "waiting"
	Running   State = "running"
	Done      State = "done"
	Dead      State = "dead"      // failed for the last time
	Cancelled State = "cancelled" // by the desk
)

// States are all states, in the order in which the desk shows them.
var States = []State{Running, Waiting, Dead, Done, Cancelled}

// mostAttempts is how often a job is tried where Attempts says nothing: with the pauses of
// backOff, for some six hours.
const mostAttempts = 12

type adding struct {
	at   time.Time
	key  *string
	most int
}

// Option says something about a job that is added.
type Option func(*adding)

// At lets the job wait until a moment; without it, it is run as soon as the transaction is over.
func At(t time.Time) Option { return func(a *adding) { a.at = t } }

// Key makes sure that at most one job of the kind waits with this key. A second one is not
// added; the first keeps its payload and the earlier of the two times. A job that runs already
// does not count: it may have read the facts before they changed.
func Key(key string) Option { return func(a *adding) { a.key = &key } }

// Attempts limits how often the job is tried.
func Attempts(n int) Option { return func(a *adding) { a.most = max(1, n) } }

// Add enqueues a job of a kind; payload becomes JSON and belongs to the handler of the kind. It
// should hold ids and no personal data. The job exists when the transaction commits, and not
// otherwise. Where Key finds a waiting job, its id is returned.
func Add(ctx context.Context, tx *db.Tx, kind string, payload any, opts ...Option) (id string, err error) {
	a := adding{at: tx.Now(), most: mostAttempts}
	for _, o := range opts {
		o(&a)
	}
	text, err := json.Marshal(payload)
	if err != nil {
		return "", fmt.Errorf("queue: job %s: %w", kind, err)
	}
	// The waiting job is touched although nothing may change: whoever takes it waits until this
	// transaction is over, and then sees what it wrote.
	err = tx.QueryRow(ctx, `INSERT INTO queue_jobs (id, kind, waiting_key, payload, state, due, holder, attempts, most, error, created, changed)
		VALUES ($1, $2, $3, $4, 'waiting', $5, '', 0, $6, '', $7, $7)
		ON CONFLICT (kind, waiting_key) DO UPDATE
			SET due = CASE WHEN excluded.due < queue_jobs.due THEN excluded.due ELSE queue_jobs.due END
		RETURNING id`,
		rand.Text(), kind, a.key, string(text), a.at.UnixMicro(), a.most, tx.Now().UnixMicro()).Scan(&id)
	if err != nil {
		return "", fmt.Errorf("queue: add %s: %w", kind, err)
	}
	return id, nil
}

// AddNew is Add for many jobs of a kind, each under a key that nobody has used before, in one
// statement; payload makes that of a key.
func AddNew(ctx context.Context, tx *db.Tx, kind string, keys []string, payload func(key string) any, opts ...Option) error {
	a := adding{at: tx.Now(), most: mostAttempts}
	for _, o := range opts {
		o(&a)
	}
	texts := make([]string, len(keys))
	for i, key := range keys {
		text, err := json.Marshal(payload(key))
		if err != nil {
			return fmt.Errorf("queue: job %s: %w", kind, err)
		}
		texts[i] = string(text)
	}
	now := tx.Now().UnixMicro()
	columns := []string{"id", "kind", "waiting_key", "payload", "state", "due", "holder", "attempts", "most", "error", "created", "changed"}
	return tx.InsertRows(ctx, "queue_jobs", columns, len(keys), func(i int) []any {
		return []any{rand.Text(), kind, keys[i], texts[i], string(Waiting), a.at.UnixMicro(), "", 0, a.most, "", now, now}
	})
}

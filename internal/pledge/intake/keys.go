package intake

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
)

// known finds what a key has done before.
func (d *Desk) known(ctx context.Context, tx *db.Tx, by access.Person, do access.Action, ref string, ifVersion int, args any) (string, bool, error) {
	key, _ := ctx.Value(keyed{}).(string)
	if key == "" || !by.Known() {
		return "", false, nil
	}
	if len(key) > 200 {
		return "", false, errs.New(errs.Invalid, "an idempotency key of %d characters", len(key)).WithKey("work.bad_key")
	}
	sum, err := digest(string(do), ref, ifVersion, args)
	if err != nil {
		return "", false, err
	}
	// The row is taken before anything else: who comes second waits here for the first.
	res, err := tx.Exec(ctx, `INSERT INTO submission_keys (key, digest, ref, version, at) VALUES ($1, $2, $3, 0, $4) ON CONFLICT (key) DO NOTHING`,
		by.ID+"\n"+key, sum, ref, micro(tx.Now()))
	if err != nil {
		return "", false, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return "", false, err
	}
	var had, done string
	if err := tx.QueryRow(ctx, `SELECT digest, ref FROM submission_keys WHERE key = $1`, by.ID+"\n"+key).Scan(&had, &done); err != nil {
		return "", false, err
	}
	if had != sum {
		return "", false, errs.New(errs.Conflict, "the idempotency key was used for something else").WithKey("work.key_used")
	}
	return done, true, nil
}

// remember notes what was begun under a key: known did not have its reference yet.
func (d *Desk) remember(ctx context.Context, tx *db.Tx, by access.Person, r *record) error {
	key, _ := ctx.Value(keyed{}).(string)
	if key == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE submission_keys SET ref = $2, version = $3 WHERE key = $1`, by.ID+"\n"+key, r.Ref, r.Version)
	return err
}

// Under is the submission that an action of the person under the key of ctx has been about:
// NotFound where there was none.
func (d *Desk) Under(ctx context.Context, by access.Person) (out Submission, err error) {
	defer errs.Wrap(&err, "what was done under a key")
	key, _ := ctx.Value(keyed{}).(string)
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		var ref string
		err := tx.QueryRow(ctx, `SELECT ref FROM submission_keys WHERE key = $1`, by.ID+"\n"+key).Scan(&ref)
		if errors.Is(err, sql.ErrNoRows) {
			return errs.New(errs.NotFound, "the key was not used")
		}
		if err != nil {
			return err
		}
		out, err = d.seen(ctx, tx, by, ref)
		return err
	})
	return out, err
}

// keptKeys is how long something may be sent again under its key.
const keptKeys = 30 * 24 * time.Hour

// Sweep forgets old keys. Those of receipts stay: they are what keeps a job from posting twice.
func (d *Desk) Sweep(ctx context.Context) error {
	return d.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM submission_keys WHERE at < $1 AND digest <> ''`, micro(tx.Now().Add(-keptKeys)))
		return err
	})
}

func digest(parts ...any) (string, error) {
	b, err := json.Marshal(parts)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

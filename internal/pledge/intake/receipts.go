package intake

import (
	"context"
	"encoding/json"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/queue"
)

// ReceiptsKind is the kind of job that sends parties their receipts; PostReceipts handles it.
const ReceiptsKind = "intake.receipts"

type receipts struct {
	Refs []string `json:"refs"`
}

// PostReceipts posts the letters of what was published together. The job was added by the
// transaction that published; run again, it posts none twice.
func (d *Desk) PostReceipts(ctx context.Context, payload []byte) (err error) {
	defer errs.Wrap(&err, "post receipts")
	var r receipts
	if err := json.Unmarshal(payload, &r); err != nil {
		return queue.Final(err)
	}
	for _, ref := range r.Refs {
		err := d.DB.Write(ctx, func(tx *db.Tx) error {
			res, err := tx.Exec(ctx, `INSERT INTO submission_keys (key, digest, ref, version, at) VALUES ($1, '', $2, 0, $3) ON CONFLICT (key) DO NOTHING`,
				"receipt\n"+ref, ref, micro(tx.Now()))
			if err != nil {
				return err
			}
			if n, err := res.RowsAffected(); err != nil || n == 0 {
				return err
			}
			rec, err := load(ctx, tx, ref, false)
			if err != nil {
				return err
			}
			t := d.turn(ctx, tx, access.Person{}, access.PublishPledge, rec)
			to, err := t.addressees(t.parties()...)
			if err != nil {
				return err
			}
			return t.post("pledge_published", to, t.publicLinks())
		})
		if err != nil {
			return err
		}
	}
	return nil
}

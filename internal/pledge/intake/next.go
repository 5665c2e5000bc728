package intake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
)

// Next is what waits longest after a submission, of what a filter finds and nobody else has taken;
// at the end of the queue it begins again. left is how many such there are.
func (d *Desk) Next(ctx context.Context, by access.Person, f Filter, after Submission) (ref string, left int, err error) {
	defer errs.Wrap(&err, "next after %s", after.Ref)
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		ref, left = "", 0
		where, args, _, err := f.where(by, day(tx.Now()))
		if err != nil {
			return err
		}
		n := len(args)
		query := fmt.Sprintf(`SELECT s.ref, count(*) OVER () FROM submissions s WHERE %s AND s.ref <> $%d AND s.assigned IN ('', $%d)
			ORDER BY CASE WHEN s.submitted > $%d OR s.submitted = $%d AND s.ref > $%d THEN 0 ELSE 1 END, s.submitted, s.ref LIMIT 1`, where, n+1, n+2, n+3, n+3, n+1)
		err = tx.QueryRow(ctx, query, append(args, after.Ref, by.ID, micro(after.Submitted))...).Scan(&ref, &left)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return ref, left, err
}

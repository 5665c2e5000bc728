package followup

import (
	"context"

	"stocktake/internal/db"
	"stocktake/internal/errs"
)

// What is held about a person here: the notes that they left for the desk, and the links that
// were mailed to them. Reports are their party's.

// OfPerson is that, for the person to take along.
func (o *Office) OfPerson(ctx context.Context, tx *db.Tx, person string) (any, error) {
	notes, err := column(ctx, tx, `SELECT note FROM followup_strays WHERE person = $1 ORDER BY told, id`, person)
	if err != nil {
		return nil, err
	}
	asked, err := column(ctx, tx, `SELECT pledge FROM followup_links WHERE person = $1 ORDER BY expires, hash`, person)
	return map[string]any{"notes": notes, "asked_about": asked}, err
}

// ErasePerson takes it away; links that are still about answer no more.
func (o *Office) ErasePerson(ctx context.Context, tx *db.Tx, person string) error {
	if _, err := tx.Exec(ctx, `UPDATE followup_strays SET note = '' WHERE person = $1`, person); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE followup_links SET expires = 0 WHERE person = $1 AND used = 0`, person)
	return err
}

// Restored makes a database safe that was loaded from a backup: no letter that went out lets
// anybody answer, and what waits does so anew for Hold, since an objection to it may be among what
// the backup lacks.
func Restored(ctx context.Context, tx *db.Tx) (links int64, err error) {
	defer errs.Wrap(&err, "end the links of letters")
	res, err := tx.Exec(ctx, `UPDATE followup_links SET expires = 0 WHERE used = 0 AND expires > 0`)
	if err != nil {
		return 0, err
	}
	if _, err := tx.Exec(ctx, `UPDATE followup_reports SET publish_at = $1 WHERE state = $2`, tx.Now().Add(Hold).UnixMicro(), string(Waiting)); err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

package access

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/errs"
)

// Record is one line of the audit: who did what to what, and when.
type Record struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Person  string    `json:"person"`
	Action  Action    `json:"action"`
	Subject string    `json:"subject"` // "person:…", "pledge:…", "party:…"; never a name or an address
}

// Audit writes down a sensitive read or an administrative act, in the transaction of that act.
// subject names ids only.
func (b *Book) Audit(ctx context.Context, tx *db.Tx, by Person, what Action, subject string) error {
	return b.record(ctx, tx, by.ID, what, subject)
}

func (b *Book) record(ctx context.Context, tx *db.Tx, by string, what Action, subject string) error {
	id, err := b.newID("aud")
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO access_audit (id, at, person, action, subject) VALUES ($1, $2, $3, $4, $5)`,
		id, b.now().UnixMicro(), by, string(what), subject)
	if err != nil {
		return fmt.Errorf("access: audit %s of %s: %w", what, subject, err)
	}
	return nil
}

// refusal notes an attempt to sign in that was refused, and gives back why. person is whose account
// it was for, where that is known. Other errors are passed on as they are.
func (b *Book) refusal(ctx context.Context, how Method, person string, err error) error {
	if !errs.Is(err, errs.Unauthenticated) {
		return err
	}
	subject := ""
	if person != "" {
		subject = "person:" + person
	}
	failed := b.o.DB.Write(ctx, func(tx *db.Tx) error {
		return b.record(ctx, tx, "", refused+Action(how), subject)
	})
	if failed != nil {
		return errors.Join(err, failed)
	}
	return err
}

// AuditFilter chooses records; the zero value is all of them.
type AuditFilter struct {
	Person  string
	Action  Action
	Subject string
	Limit   int // 0: 100
	Skip    int
}

// Audited lists records, the latest first, for those who may read the audit.
func (b *Book) Audited(ctx context.Context, by Person, f AuditFilter) (records []Record, err error) {
	if err := Check(by, ReadAudit, Subject{}, b.Today()); err != nil {
		return nil, err
	}
	err = b.o.DB.Read(ctx, func(tx *db.Tx) (err error) {
		records, err = audited(ctx, tx, f)
		return err
	})
	return records, err
}

func audited(ctx context.Context, tx *db.Tx, f AuditFilter) (records []Record, err error) {
	if f.Limit <= 0 {
		f.Limit = 100
	}
	rows, err := tx.Query(ctx, fmt.Sprintf(`SELECT id, at, person, action, subject FROM access_audit
		WHERE ($1 = '' OR person = $1) AND ($2 = '' OR action = $2) AND ($3 = '' OR subject = $3)
		ORDER BY at DESC, id DESC LIMIT %d OFFSET %d`, f.Limit, max(0, f.Skip)), f.Person, string(f.Action), f.Subject)
	if err != nil {
		return nil, fmt.Errorf("access: read the audit: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r Record
		var at int64
		if err := rows.Scan(&r.ID, &at, &r.Person, &r.Action, &r.Subject); err != nil {
			return nil, fmt.Errorf("access: read the audit: %w", err)
		}
		r.At = fromMicro(at)
		records = append(records, r)
	}
	return records, rows.Err()
}

package blob

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"io"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/errs"
)

// Owner is what a file belongs to: a draft, a pledge, a report, a scanned letter.
type Owner struct {
	Kind string // "submission", "pledge", "report", "intake"
	ID   string
}

// Attachment is a file that belongs to something.
type Attachment struct {
	File
	Owner      Owner
	Salt       []byte // private until the file is released; then anyone can check the hash
	Salted     string // by which the register names the file
	UploadedBy string // a person's id
	Uploaded   time.Time
	Released   time.Time // zero: private
}

// Public reports whether everybody may have the file.
func (a Attachment) Public() bool { return !a.Released.IsZero() }

const saltBytes = 16

// MaxPerOwner is how many files may belong to one thing.
const MaxPerOwner = 20

// Attach notes that a stored file belongs to something. The same file again is the same
// attachment. random is where the salt comes from; nil is the system's.
func (s *Store) Attach(ctx context.Context, tx *db.Tx, owner Owner, f File, by string, random io.Reader) (_ Attachment, err error) {
	defer errs.Wrap(&err, "blob.Attach(%s %s)", owner.Kind, owner.ID)
	have, err := List(ctx, tx, owner)
	if err != nil {
		return Attachment{}, err
	}
	for _, a := range have {
		if a.Hash == f.Hash {
			return a, nil
		}
	}
	if len(have) >= MaxPerOwner {
		return Attachment{}, errs.New(errs.Invalid, "%d files belong to it already", len(have)).WithKey(KeyTooMany)
	}
	if random == nil {
		random = rand.Reader
	}
	a := Attachment{File: f, Owner: owner, Salt: make([]byte, saltBytes), UploadedBy: by, Uploaded: tx.Now()}
	if _, err := io.ReadFull(random, a.Salt); err != nil {
		return Attachment{}, err
	}
	if a.Salted, err = s.Salted(ctx, f.Hash, a.Salt); err != nil {
		return Attachment{}, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO blob_files (owner_kind, owner_id, hash, name, type, bytes, salt, salted, uploaded_by, uploaded, released)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0)`,
		owner.Kind, owner.ID, f.Hash, f.Name, f.Type, f.Bytes, a.Salt, a.Salted, by, a.Uploaded.UnixMicro())
	return a, err
}

// Detach takes a private file from what it belongs to; a released one stays, since the register
// names it. The content goes with the next Sweep.
func Detach(ctx context.Context, tx *db.Tx, owner Owner, salted string) (err error) {
	defer errs.Wrap(&err, "blob.Detach(%s %s)", owner.Kind, owner.ID)
	a, err := Find(ctx, tx, owner, salted)
	if err != nil {
		return err
	}
	if a.Public() {
		return errs.New(errs.Conflict, "%q is public", a.Name)
	}
	_, err = tx.Exec(ctx, `DELETE FROM blob_files WHERE owner_kind = $1 AND owner_id = $2 AND salted = $3`, owner.Kind, owner.ID, salted)
	return err
}

// Copy makes the named files belong to another thing too, with their salts: what a draft holds,
// the published pledge holds under the same hashes. Files that it has already stay.
func Copy(ctx context.Context, tx *db.Tx, from, to Owner, salted []string) (err error) {
	defer errs.Wrap(&err, "blob.Copy(%s %s)", from.Kind, from.ID)
	for _, hash := range salted {
		if _, err := Find(ctx, tx, to, hash); err == nil {
			continue
		} else if !errs.Is(err, errs.NotFound) {
			return err
		}
		a, err := Find(ctx, tx, from, hash)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO blob_files (owner_kind, owner_id, hash, name, type, bytes, salt, salted, uploaded_by, uploaded, released)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0)`,
			to.Kind, to.ID, a.Hash, a.Name, a.Type, a.Bytes, a.Salt, a.Salted, a.UploadedBy, a.Uploaded.UnixMicro())
		if err != nil {
			return err
		}
	}
	return nil
}

// Release makes the named files public, from now on.
func Release(ctx context.Context, tx *db.Tx, owner Owner, salted []string) (err error) {
	defer errs.Wrap(&err, "blob.Release(%s %s)", owner.Kind, owner.ID)
	for _, hash := range salted {
		if _, err := Find(ctx, tx, owner, hash); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE blob_files SET released = $1 WHERE owner_kind = $2 AND owner_id = $3 AND salted = $4 AND released = 0`,
			tx.Now().UnixMicro(), owner.Kind, owner.ID, hash)
		if err != nil {
			return err
		}
	}
	return nil
}

const ownColumns = `owner_kind, owner_id, hash, name, type, bytes, salt, salted, uploaded_by, uploaded, released`

// List is what belongs to something, in the order of uploading.
func List(ctx context.Context, tx *db.Tx, owner Owner) (_ []Attachment, err error) {
	defer errs.Wrap(&err, "blob.List(%s %s)", owner.Kind, owner.ID)
	rows, err := tx.Query(ctx, `SELECT `+ownColumns+` FROM blob_files WHERE owner_kind = $1 AND owner_id = $2 ORDER BY uploaded, salted`, owner.Kind, owner.ID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Attachment
	for rows.Next() {
		a, err := scanAttachment(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, rows.Err()
}

// Find is the one file of something that the register names, or would name, by the hash.
func Find(ctx context.Context, tx *db.Tx, owner Owner, salted string) (_ Attachment, err error) {
	a, err := scanAttachment(tx.QueryRow(ctx, `SELECT `+ownColumns+` FROM blob_files WHERE owner_kind = $1 AND owner_id = $2 AND salted = $3`, owner.Kind, owner.ID, salted))
	if errors.Is(err, sql.ErrNoRows) {
		return Attachment{}, errs.New(errs.NotFound, "%s %s has no file %s", owner.Kind, owner.ID, salted)
	}
	return a, err
}

// Named is a file by that hash alone, whatever it belongs to: for one that the register names.
func Named(ctx context.Context, tx *db.Tx, salted string) (_ Attachment, err error) {
	a, err := scanAttachment(tx.QueryRow(ctx, `SELECT `+ownColumns+` FROM blob_files WHERE salted = $1 ORDER BY owner_kind, owner_id LIMIT 1`, salted))
	if errors.Is(err, sql.ErrNoRows) {
		return Attachment{}, errs.New(errs.NotFound, "no file is known by %s", salted)
	}
	return a, err
}

// Released reports whether everybody may have the file that the register names by that hash.
func Released(ctx context.Context, tx *db.Tx, salted string) (bool, error) {
	var n int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM blob_files WHERE salted = $1 AND released > 0`, salted).Scan(&n)
	return n > 0, err
}

// Referred reports whether anything has the content: what Sweep asks.
func Referred(ctx context.Context, tx *db.Tx, hash string) (bool, error) {
	var n int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM blob_files WHERE hash = $1`, hash).Scan(&n)
	return n > 0, err
}

func scanAttachment(row interface{ Scan(...any) error }) (a Attachment, err error) {
	var uploaded, released int64
	err = row.Scan(&a.Owner.Kind, &a.Owner.ID, &a.Hash, &a.Name, &a.Type, &a.Bytes, &a.Salt, &a.Salted, &a.UploadedBy, &uploaded, &released)
	a.Uploaded = time.UnixMicro(uploaded).UTC()
	if released != 0 {
		a.Released = time.UnixMicro(released).UTC()
	}
	return a, err
}

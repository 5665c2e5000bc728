package my

import (
	"slices"

	"stocktake/internal/blob"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/pledge"
	"stocktake/internal/web/work/kit"
)

// PublishedKind is the kind of owner of the files of public pledges (see blob.Owner).
const PublishedKind = "pledge"

// publicFile hands a file of a public pledge to everybody. What releases it is the register: a
// file is public when the pledge, as it stands there now, names it.
func (a *area) publicFile(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	id, hash := r.PathValue("id"), r.PathValue("hash")
	it, err := a.index.Snapshot().Pledge(id, explore.Query{}, r.Today)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(it.Pledge.Attachments, func(f pledge.File) bool { return f.SHA256 == hash }) {
		return nil, errs.New(errs.NotFound, "%s names no file %s", id, hash)
	}
	at, err := a.released(r, blob.Owner{Kind: PublishedKind, ID: id}, hash)
	if err != nil {
		return nil, err
	}
	content, err := a.files.Open(r.Context(), at.Hash)
	if err != nil {
		return nil, err
	}
	return kit.File{Name: at.Name, Type: at.Type, Content: content, Closer: content}, nil
}

// released finds the file; the first who asks has it noted as the pledge's own, and as public.
func (a *area) released(r *kit.Request, owner blob.Owner, hash string) (at blob.Attachment, err error) {
	ctx := r.Context()
	err = a.desk.DB.Read(ctx, func(tx *db.Tx) error {
		at, err = blob.Find(ctx, tx, owner, hash)
		return err
	})
	if !errs.Is(err, errs.NotFound) {
		return at, err
	}
	err = a.desk.DB.Write(ctx, func(tx *db.Tx) error {
		from, err := blob.Named(ctx, tx, hash)
		if err != nil {
			return err
		}
		if err := blob.Copy(ctx, tx, from.Owner, owner, []string{hash}); err != nil {
			return err
		}
		if err := blob.Release(ctx, tx, owner, []string{hash}); err != nil {
			return err
		}
		at, err = blob.Find(ctx, tx, owner, hash)
		return err
	})
	return at, err
}

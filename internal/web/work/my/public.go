package my

import (
	"encoding/hex"
	"slices"
	"strings"

	"stocktake/internal/blob"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/pledge"
	"stocktake/internal/web/work/kit"
)

// PublishedKind is the kind of owner of the files of public pledges (see blob.Owner).
const PublishedKind = "pledge"

// named is a file of a public pledge, which everybody may have. What releases it is the register:
// a file is public when the pledge, as it stands there now, names it.
func (a *area) named(r *kit.Request) (at blob.Attachment, err error) {
	id, hash := r.PathValue("id"), r.PathValue("hash")
	it, err := a.index.Snapshot().Pledge(id, explore.Query{}, r.Today)
	if err != nil {
		return at, err
	}
	if !slices.ContainsFunc(it.Pledge.Attachments, func(f pledge.File) bool { return f.SHA256 == hash }) {
		return at, errs.New(errs.NotFound, "%s names no file %s", id, hash)
	}
	return a.released(r, blob.Owner{Kind: PublishedKind, ID: id}, hash)
}

func (a *area) publicFile(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	at, err := a.named(r)
	if err != nil {
		return nil, err
	}
	content, err := a.files.Open(r.Context(), at.Hash)
	if err != nil {
		return nil, err
	}
	return kit.File{Name: at.Name, Type: at.Type, Content: content, Closer: content}, nil
}

// publicSalt is what comes before the content where somebody computes the hash of a public file,
// in hexadecimal.
func (a *area) publicSalt(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	at, err := a.named(r)
	if err != nil {
		return nil, err
	}
	return kit.File{Name: at.Name + ".salt.txt", Type: "text/plain; charset=utf-8", Content: strings.NewReader(hex.EncodeToString(at.Salt) + "\n")}, nil
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

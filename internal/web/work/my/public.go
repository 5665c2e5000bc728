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
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/work/kit"
)

// PublishedKind is the kind of owner of the files of public pledges (see blob.Owner).
const PublishedKind = intake.FilesOfPledge

// named is a file of a public pledge, which everybody may have. It is one that publication has
// released (see intake.Desk.MarkFile), as long as the pledge, as the register has it now, names it.
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

// released is a file that publication has made the pledge's own, and public. What a draft has is
// not, whatever the register names.
func (a *area) released(r *kit.Request, owner blob.Owner, hash string) (at blob.Attachment, err error) {
	err = a.desk.DB.Read(r.Context(), func(tx *db.Tx) error {
		at, err = blob.Find(r.Context(), tx, owner, hash)
		return err
	})
	if err == nil && !at.Public() {
		err = errs.New(errs.NotFound, "%s of %s is not released", hash, owner.ID)
	}
	return at, err
}

package intake

import (
	"context"
	"slices"

	"stocktake/internal/access"
	"stocktake/internal/blob"
	"stocktake/internal/errs"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
)

// Kinds of owners of files (see blob.Owner): what belongs to a draft, and what belongs to a
// public pledge.
const (
	FilesOfDraft  = "submission"
	FilesOfPledge = "pledge"
)

// Payload is a text as the register would have it: of its attachments only those that are to be
// published, and that the secretariat does not keep back.
func (s Submission) Payload(p pledge.Pledge) pledge.Pledge {
	p.Attachments = released(p.Attachments, s.Public, s.KeptBack)
	return p
}

func (r *record) payload(b body) pledge.Pledge {
	p := r.publishable(b.Pledge)
	p.Attachments = released(p.Attachments, b.Public, r.x.KeptBack)
	return p
}

func released(all []pledge.File, public, keptBack []string) (out []pledge.File) {
	for _, f := range all {
		if slices.Contains(public, f.SHA256) && !slices.Contains(keptBack, f.SHA256) {
			out = append(out, f)
		}
	}
	return out
}

func hashes(files []pledge.File) (out []string) {
	for _, f := range files {
		out = append(out, f.SHA256)
	}
	return out
}

func attachment(p pledge.Pledge, hash string) (pledge.File, error) {
	i := slices.IndexFunc(p.Attachments, func(f pledge.File) bool { return f.SHA256 == hash })
	if i < 0 {
		return pledge.File{}, errs.New(errs.NotFound, "the text names no file %s", hash)
	}
	return p.Attachments[i], nil
}

// MarkFile says whether an attachment is to be published with the pledge. As long as nobody says
// so it is for the secretariat only. Its name is published with it, and held to the rules of all
// public words.
func (d *Desk) MarkFile(ctx context.Context, by access.Person, ref string, ifVersion int, hash string, public bool) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.WritePledge, []any{hash, public}, func(t *turn) error {
		f, err := attachment(t.text.Pledge, hash)
		if err != nil {
			return err
		}
		b := t.text
		b.Public = slices.DeleteFunc(append([]string{}, b.Public...), func(h string) bool { return h == hash })
		if public {
			if found := (party.Words{Min: 1, Max: 200}).Check("file", f.Name); len(found) > 0 {
				return errs.New(errs.Invalid, "the name of a file: %w", errs.InvalidFields(found...)).WithKey(KeyFileName)
			}
			b.Public = append(b.Public, hash)
		}
		return t.write(b)
	})
}

// KeyFileName is the key of the refusal of a name that cannot be published.
const KeyFileName = "file.name"

// KeepBack takes an attachment out of what will be published, or takes that back. It releases
// nothing that the party has not marked.
func (d *Desk) KeepBack(ctx context.Context, by access.Person, ref string, ifVersion int, hash string, back bool) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.ReleaseFile, []any{hash, back}, func(t *turn) error {
		if !slices.Contains([]pledge.State{pledge.StateSubmitted, pledge.StateScheduled, pledge.StateRevisionSubmitted}, t.State) {
			return errs.New(errs.Conflict, "it is %q", t.State).WithKey("work.not_now")
		}
		given, err := t.given()
		if err != nil {
			return err
		}
		if _, err := attachment(given.Pledge, hash); err != nil {
			return err
		}
		if slices.Contains(t.x.KeptBack, hash) == back {
			return errNothing
		}
		t.x.KeptBack = slices.DeleteFunc(slices.Clone(t.x.KeptBack), func(h string) bool { return h == hash })
		if back {
			t.x.KeptBack = append(t.x.KeptBack, hash)
		}
		t.x.Accepted = nil // what somebody accepted was with the file, or without it
		return nil
	})
}

// release makes the attachments of what is published public: they belong to the pledge from now
// on. A file that is not kept here is only named.
func (t *turn) release(p pledge.Pledge) error {
	from, to := blob.Owner{Kind: FilesOfDraft, ID: t.Ref}, blob.Owner{Kind: FilesOfPledge, ID: t.Published}
	for _, hash := range hashes(p.Attachments) {
		if _, err := blob.Find(t.ctx, t.tx, from, hash); errs.Is(err, errs.NotFound) {
			continue
		} else if err != nil {
			return err
		}
		if err := blob.Copy(t.ctx, t.tx, from, to, []string{hash}); err != nil {
			return err
		}
		if err := blob.Release(t.ctx, t.tx, to, []string{hash}); err != nil {
			return err
		}
	}
	return nil
}

package my

import (
	"errors"
	"slices"

	"stocktake/internal/access"
	"stocktake/internal/blob"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/work/kit"
)

// FileKind is the kind of owner of the files of a draft (see blob.Owner).
const FileKind = "submission"

// FileLine is an attached file.
type FileLine struct {
	Name, Href, Size, Hash string
	Public                 bool   // to be published with the pledge
	Says                   string // who will have it
}

func fileLines(r *kit.Request, s intake.Submission) []FileLine {
	var out []FileLine
	for _, x := range s.Pledge.Attachments {
		l := FileLine{Name: x.Name, Href: r.Link("/my/" + s.Ref + "/files/" + x.SHA256), Size: r.Reader().Size(x.Bytes), Hash: x.SHA256}
		l.Public = slices.Contains(s.Public, x.SHA256)
		switch {
		case !l.Public:
			l.Says = r.T("my.file.secretariat")
		case slices.Contains(s.KeptBack, x.SHA256):
			l.Says = r.T("my.file.kept_back")
		default:
			l.Says = r.T("my.file.public")
		}
		out = append(out, l)
	}
	return out
}

// fileFault tells what is wrong with a file beside its field.
func (a *area) fileFault(f *kit.Form, err error) bool {
	if e, ok := errors.AsType[*errs.Error](err); ok && (e.Kind == errs.Invalid || e.Kind == errs.TooLarge || e.Kind == errs.Unavailable) && e.Key != "" {
		f.Fault("file", "my."+e.Key)
		return true
	}
	return false
}

// receive takes in the file that came with a form, for the secretariat only unless public.
func (a *area) receive(r *kit.Request, s intake.Submission, public bool) (intake.Submission, error) {
	if err := access.Check(r.Person, access.AttachFile, subject(s), r.Today); err != nil {
		return s, err
	}
	in, name, err := r.Upload("file")
	if err != nil || in == nil {
		return s, err
	}
	defer in.Close()
	stored, err := a.files.Put(r.Context(), name, in)
	if err != nil {
		return s, err
	}
	var at blob.Attachment
	err = a.desk.DB.Write(r.Context(), func(tx *db.Tx) (err error) {
		at, err = a.files.Attach(r.Context(), tx, blob.Owner{Kind: FileKind, ID: s.Ref}, stored, r.Person.ID, nil)
		return err
	})
	if err != nil {
		return s, err
	}
	p := s.Pledge
	if slices.ContainsFunc(p.Attachments, func(x pledge.File) bool { return x.SHA256 == at.Salted }) {
		return s, nil // sent twice
	}
	p.Attachments = append(slices.Clone(p.Attachments), pledge.File{Name: at.Name, Bytes: at.Bytes, SHA256: at.Salted})
	if s, err = a.desk.Save(r.Context(), r.Person, s.Ref, s.Version, p, s.Contact); err != nil || !public {
		return s, err
	}
	return a.desk.MarkFile(r.Context(), r.Person, s.Ref, s.Version, at.Salted, true)
}

// detach takes a file out of the draft. The file itself stays: earlier texts name it.
func (a *area) detach(r *kit.Request, s intake.Submission, hash string) (intake.Submission, error) {
	p := s.Pledge
	p.Attachments = slices.DeleteFunc(slices.Clone(p.Attachments), func(x pledge.File) bool { return x.SHA256 == hash })
	return a.desk.Save(r.Context(), r.Person, s.Ref, s.Version, p, s.Contact)
}

// file hands a file over to whoever may read the submission.
func (a *area) file(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	s, err := a.desk.Get(r.Context(), r.Person, r.PathValue("ref"))
	if err != nil {
		return nil, err
	}
	if err := access.Check(r.Person, access.ReadFile, subject(s), r.Today); err != nil {
		return nil, err
	}
	var at blob.Attachment
	err = a.desk.DB.Read(r.Context(), func(tx *db.Tx) (err error) {
		at, err = blob.Find(r.Context(), tx, blob.Owner{Kind: FileKind, ID: s.Ref}, r.PathValue("hash"))
		return err
	})
	if err != nil {
		return nil, err
	}
	content, err := a.files.Open(r.Context(), at.Hash)
	if err != nil {
		return nil, err
	}
	return kit.File{Name: at.Name, Type: at.Type, Content: content, Closer: content}, nil
}

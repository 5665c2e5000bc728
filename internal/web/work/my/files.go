package my

import (
	"errors"
	"fmt"

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
}

func (a *area) filesOf(r *kit.Request, s intake.Submission, d *Step) error {
	if a.files == nil {
		return nil
	}
	d.Files = fileLines(r, s)
	f := a.small(r, s)
	f.Action = r.Link("/my/" + s.Ref + "/files")
	a.fileField(f)
	d.Attach = f
	return nil
}

func (a *area) fileField(f *kit.Form) *kit.Field {
	accept := ""
	for i, e := range blob.Endings {
		if i > 0 {
			accept += ","
		}
		accept += e
	}
	return f.File("file", "my.file", accept)
}

func fileLines(r *kit.Request, s intake.Submission) []FileLine {
	var out []FileLine
	for _, x := range s.Pledge.Attachments {
		out = append(out, FileLine{Name: x.Name, Href: r.Link("/my/" + s.Ref + "/files/" + x.SHA256), Size: size(r, x.Bytes), Hash: x.SHA256})
	}
	return out
}

func size(r *kit.Request, n int64) string {
	if n < 1<<20 {
		return r.T("my.file.kb", "size", r.P.Number(max(1, n>>10)))
	}
	return r.T("my.file.mb", "size", r.P.Decimal(fmt.Sprintf("%.1f", float64(n)/(1<<20))))
}

// attach takes a file in, or one away.
func (a *area) attach(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	s, err := a.draft(r)
	if err != nil {
		return nil, err
	}
	if err := access.Check(r.Person, access.AttachFile, subject(s), r.Today); err != nil {
		return nil, err
	}
	f := r.NewForm(s.Version)
	a.fileField(f).Must()
	owner := blob.Owner{Kind: FileKind, ID: s.Ref}
	if hash := r.Form.Get("remove"); hash != "" {
		return a.detach(r, s, hash)
	}
	if f.Valid() {
		err := a.receive(r, s, owner)
		if err == nil {
			return kit.Done("/my/"+s.Ref+"/edit/evidence#files", "my.done.attached"), nil
		}
		if !a.fileFault(f, err) {
			return nil, err
		}
	}
	page := r.NewForm(s.Version) // the other form of the page begins anew
	own := a.small(r, s)
	*page = *own
	page.Action = r.Link("/my/" + s.Ref + "/edit/evidence")
	a.evidence(r, page, content{s.Pledge, s.Contact})
	answer, err := a.stepPage(r, s, "evidence", page, intake.Editing{}, nil)
	if p, ok := answer.(kit.Page); ok {
		f.Action, f.Key = r.Link("/my/"+s.Ref+"/files"), kit.NewKey()
		p.Data.(*Step).Attach, p.Form = f, f
		return p, err
	}
	return answer, err
}

// fileFault tells what is wrong with a file beside its field.
func (a *area) fileFault(f *kit.Form, err error) bool {
	if e, ok := errors.AsType[*errs.Error](err); ok && (e.Kind == errs.Invalid || e.Kind == errs.TooLarge || e.Kind == errs.Unavailable) && e.Key != "" {
		f.Fault("file", "my."+e.Key)
		return true
	}
	return false
}

func (a *area) receive(r *kit.Request, s intake.Submission, owner blob.Owner) error {
	in, name, err := r.Upload("file")
	if err != nil || in == nil {
		return err
	}
	defer in.Close()
	stored, err := a.files.Put(r.Context(), name, in)
	if err != nil {
		return err
	}
	var at blob.Attachment
	err = a.desk.DB.Write(r.Context(), func(tx *db.Tx) (err error) {
		at, err = a.files.Attach(r.Context(), tx, owner, stored, r.Person.ID, nil)
		return err
	})
	if err != nil {
		return err
	}
	for _, x := range s.Pledge.Attachments {
		if x.SHA256 == at.Salted {
			return nil // sent twice
		}
	}
	p := s.Pledge
	p.Attachments = append(append([]pledge.File(nil), p.Attachments...), pledge.File{Name: at.Name, Bytes: at.Bytes, SHA256: at.Salted})
	_, err = a.desk.Save(r.Context(), r.Person, s.Ref, s.Version, p, s.Contact)
	return err
}

func (a *area) detach(r *kit.Request, s intake.Submission, hash string) (kit.Answer, error) {
	p := s.Pledge
	p.Attachments = nil
	for _, x := range s.Pledge.Attachments {
		if x.SHA256 != hash {
			p.Attachments = append(p.Attachments, x)
		}
	}
	if _, err := a.desk.Save(r.Context(), r.Person, s.Ref, s.Version, p, s.Contact); err != nil {
		return nil, err
	}
	// The file itself stays: earlier versions of the draft name it.
	return kit.Done("/my/"+s.Ref+"/edit/evidence#files", "my.done.detached"), nil
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

package desk

import (
	"slices"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/blob"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/work/kit"
)

// Kinds of owners of files (see blob.Owner): what a party attached to its draft, and the scan of
// what the desk entered.
const (
	ofDraft = "submission"
	ofEntry = "intake"
)

const fileBody = blob.MaxBytes + 1<<20 // a file with the rest of its form

// attachment is a file that the desk may open.
//
// Mark says who will have it; Hash is set where the desk may keep it back, or give that up.
type attachment struct {
	Name, Href, Mark, Hash string
	KeptBack               bool
}

// attachments are those of the text that the desk was given, and the scan of an entry.
func (a *area) attachments(r *kit.Request, s intake.Submission) (out []attachment) {
	if a.files == nil {
		return nil
	}
	subject := access.Subject{State: string(s.State), Lead: s.Lead}
	for _, x := range s.Pledge.Attachments {
		f := attachment{Name: x.Name, Href: r.Link("/desk/files/" + s.Ref + "/" + x.SHA256), KeptBack: slices.Contains(s.KeptBack, x.SHA256)}
		public := slices.Contains(s.Public, x.SHA256)
		switch {
		case !public:
			f.Mark = r.T("desk.file.secretariat")
		case f.KeptBack:
			f.Mark = r.T("desk.file.kept_back")
		default:
			f.Mark = r.T("desk.file.public")
		}
		if public && r.May(access.ReleaseFile, subject) && slices.Contains(undecided, s.State) {
			f.Hash = x.SHA256
		}
		out = append(out, f)
	}
	if s.Received != nil && s.Received.Scan != "" {
		out = append(out, attachment{Name: r.T("desk.scan"), Href: r.Link("/desk/files/" + s.Ref + "/scan")})
	}
	return out
}

// undecided are the states in which the desk decides what is published.
var undecided = []pledge.State{pledge.StateSubmitted, pledge.StateScheduled, pledge.StateRevisionSubmitted}

// file hands a file over to be kept. Of a draft, only what the desk was given: a file that the
// party attached since is not among the attachments of that text.
func (a *area) file(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	s, err := a.desk.Get(r.Context(), r.Person, r.PathValue("ref"))
	if err != nil {
		return nil, err
	}
	hash, do := r.PathValue("hash"), access.ReadFile
	scan := hash == "scan"
	if scan {
		do = access.ReadOrigin
	}
	subject := access.Subject{State: string(s.State), Lead: s.Lead, Entered: s.Received != nil && s.State == pledge.StateDraft}
	if err := access.Check(r.Person, do, subject, r.Today); err != nil {
		return nil, err
	}
	given := slices.ContainsFunc(s.Pledge.Attachments, func(f pledge.File) bool { return f.SHA256 == hash })
	if a.files == nil || !scan && !given || scan && s.Received == nil {
		return nil, errs.New(errs.NotFound, "%s has no such file", s.Ref)
	}
	var at blob.Attachment
	err = a.desk.DB.Read(r.Context(), func(tx *db.Tx) (err error) {
		if !scan {
			at, err = blob.Find(r.Context(), tx, blob.Owner{Kind: ofDraft, ID: s.Ref}, hash)
			return err
		}
		all, err := blob.List(r.Context(), tx, blob.Owner{Kind: ofEntry, ID: s.Ref})
		if err == nil && len(all) == 0 {
			err = errs.New(errs.NotFound, "%s has no scan", s.Ref)
		}
		if err == nil {
			at = all[0]
		}
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

// scanField asks for the scan of a note or letter.
func (a *area) scanField(f *kit.Form) {
	if a.files != nil {
		f.File("scan", "desk.field.scan", strings.Join(blob.Endings, ","))
	}
}

// scanned stores the scan that was sent; ok is false where it cannot be taken, and the form says
// so.
func (a *area) scanned(r *kit.Request, f *kit.Form) (stored blob.File, ok bool, err error) {
	if a.files == nil {
		return blob.File{}, true, nil
	}
	in, name, err := r.Upload("scan")
	if errs.Is(err, errs.TooLarge) {
		f.Fault("scan", "work.fault.file")
		return blob.File{}, false, nil
	}
	if err != nil || in == nil {
		return blob.File{}, err == nil, err
	}
	defer in.Close()
	stored, err = a.files.Put(r.Context(), name, in)
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.TooLarge) {
		f.Fault("scan", "desk.fault.scan")
		return blob.File{}, false, nil
	}
	return stored, err == nil, err
}

// attachScan binds a scan to the entry.
func (a *area) attachScan(r *kit.Request, ref string, stored blob.File) error {
	if stored.Hash == "" {
		return nil
	}
	return a.desk.DB.Write(r.Context(), func(tx *db.Tx) error {
		_, err := a.files.Attach(r.Context(), tx, blob.Owner{Kind: ofEntry, ID: ref}, stored, r.Person.ID, nil)
		return err
	})
}

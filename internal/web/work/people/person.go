package people

import (
	"bytes"
	"fmt"
	"slices"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/web/work/kit"
)

// PersonPage is one person: who it is, what they may do, where they are signed in.
type PersonPage struct {
	Name, Email, Language, Zone string
	Path                        string
	Closed, Unreachable, Me     bool
	Details                     *kit.Form // nil: may not be changed
	Grants                      []GrantRow
	Grant                       *kit.Form // a new one; nil: none can be given
	CanLink                     bool
	Sessions                    []SessionRow
	Reset                       bool // there are passkeys, and the reader may remove them
	Close, Export               bool
	Audit                       string
}

// GrantRow is something that the person may do.
type GrantRow struct {
	ID, Text string
	Past     bool
	CanEnd   bool
	HandOver string
}

// SessionRow is a device.
type SessionRow struct {
	Device string
	Seen   kit.Moment
}

func (a area) person(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	p, err := a.find(r)
	if err != nil {
		return nil, err
	}
	return a.page(r, p, a.details(r, p), a.newGrant(r, p))
}

// details is the form of a person's details; nil for who may not change them.
func (a area) details(r *kit.Request, p access.Person) *kit.Form {
	if !r.May(access.WritePerson, access.Subject{Person: p.ID}) || p.Closed {
		return nil
	}
	f := r.NewForm("")
	f.Action = r.Link(path(p))
	f.Text("name", "people.name", p.Name).Must().Upto(120).Fills("off")
	f.Select("language", "people.language", string(p.Language), tongues()).Must()
	return f
}

// newGrant is the form of a further grant; nil for who can give none.
func (a area) newGrant(r *kit.Request, p access.Person) *kit.Form {
	if p.Closed || a.mayInvite(r) != nil {
		return nil
	}
	f := r.NewForm("")
	f.Action = r.Link(path(p) + "/grants")
	a.grantFields(r, f)
	return f
}

func (a area) page(r *kit.Request, p access.Person, details, grant *kit.Form) (kit.Answer, error) {
	self := access.Subject{Person: p.ID}
	out := &PersonPage{
		Name: r.Named(p), Email: p.Email, Language: p.Language.Autonym(), Zone: p.TimeZone, Path: r.Link(path(p)), Closed: p.Closed, Unreachable: p.Unreachable,
		Me: p.ID == r.Person.ID, Details: details, Grant: grant, CanLink: !p.Closed && staff(r),
		Close: !p.Closed && r.May(access.ClosePerson, self), Export: r.May(access.ExportPerson, self),
	}
	own := r.Person.Parties(r.Today)
	for _, g := range p.Grants {
		if !out.Me && !staff(r) && !slices.Contains(own, g.Party) { // the others' business
			continue
		}
		row := GrantRow{ID: g.ID, Text: r.GrantText(g), Past: g.Until != "" && g.Until < r.Today}
		s := access.Subject{Person: p.ID, Lead: g.Party}
		if g.Role == access.FocalPoint {
			row.CanEnd = !row.Past && r.May(access.DismissPerson, s)
			if g.On(r.Today) && r.May(access.HandOver, s) {
				row.HandOver = r.Link(path(p) + "/hand-over/" + g.ID)
			}
		} else {
			row.CanEnd = !row.Past && r.May(access.DeprivePerson, self)
		}
		out.Grants = append(out.Grants, row)
	}
	if r.May(access.ReadSessions, self) {
		sessions, err := a.book.Sessions(r.Context(), r.Person, p.ID)
		if err != nil {
			return nil, err
		}
		keys, err := a.book.Passkeys(r.Context(), r.Person, p.ID)
		if err != nil {
			return nil, err
		}
		out.Reset = len(keys) > 0 && r.May(access.ResetPasskeys, self)
		for _, s := range sessions {
			row := SessionRow{Device: s.Device, Seen: r.Moment(s.Seen)}
			if row.Device == "" {
				row.Device = r.T("people.device.unknown")
			}
			out.Sessions = append(out.Sessions, row)
		}
	}
	if r.Could(access.ReadAudit) {
		out.Audit = r.Link("/desk/audit?subject=person:" + p.ID)
	}
	page := kit.Page{Name: "person", Title: "people.person", TitleArgs: []any{"name", out.Name}, Data: out}
	for _, f := range []*kit.Form{details, grant} {
		if f != nil && len(f.Faults()) > 0 {
			page.Form = f
		}
	}
	return page, nil
}

func (a area) describe(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	p, err := a.find(r)
	if err != nil {
		return nil, err
	}
	f := a.details(r, p)
	if f == nil {
		return nil, errs.New(errs.Forbidden, "%s may not describe %s", r.Person.ID, p.ID).WithKey("access.not_allowed")
	}
	if f.Valid() {
		err := a.book.Describe(r.Context(), r.Person, p.ID, access.Details{Name: f.Value("name"), Language: lang.Code(f.Value("language")), TimeZone: p.TimeZone})
		if f.Refused(err) {
			return kit.Done(path(p), "people.done.saved"), err
		}
	}
	return a.page(r, p, f, nil)
}

func (a area) grant(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	p, err := a.find(r)
	if err != nil {
		return nil, err
	}
	f := a.newGrant(r, p)
	if f == nil {
		return nil, errs.New(errs.Forbidden, "%s may not give %s anything", r.Person.ID, p.ID).WithKey("access.not_allowed")
	}
	f.Valid()
	g := granted(f)
	if len(f.Faults()) > 0 {
		return a.page(r, p, nil, f)
	}
	err = a.write(r.Context(), func(tx *db.Tx) error {
		_, err := a.book.Grant(r.Context(), tx, r.Person, p.ID, g)
		return err
	})
	if !f.Refused(err) {
		return a.page(r, p, nil, f)
	}
	return kit.Done(path(p), "people.done.granted"), err
}

func (a area) end(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	p, err := a.find(r)
	if err != nil {
		return nil, err
	}
	err = a.write(r.Context(), func(tx *db.Tx) error {
		return a.book.End(r.Context(), tx, r.Person, r.Form.Get("grant"), "")
	})
	return kit.Done(path(p), "people.done.ended"), err
}

// link mails somebody a link to sign in with: one whose invitation has run out, say.
func (a area) link(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	p, err := a.find(r)
	if err != nil {
		return nil, err
	}
	if err := access.Check(r.Person, access.AppointPerson, access.Subject{}, r.Today); err != nil {
		return nil, err
	}
	err = a.write(r.Context(), func(tx *db.Tx) error {
		_, _, err := a.book.SignInLink(r.Context(), tx, p.Email)
		return err
	})
	return kit.Done(path(p), "people.done.linked"), err
}

func (a area) endSessions(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	p, err := a.find(r)
	if err != nil {
		return nil, err
	}
	return kit.Done(path(p), "people.done.signed_out"), a.book.RevokeAll(r.Context(), r.Person, p.ID, "")
}

func (a area) resetPasskeys(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	p, err := a.find(r)
	if err != nil {
		return nil, err
	}
	return kit.Done(path(p), "people.done.passkeys_removed"), a.book.ResetPasskeys(r.Context(), r.Person, p.ID)
}

// ClosePage asks whether one means it.
type ClosePage struct {
	Name, Back string
	Form       *kit.Form
}

func (a area) closePage(r *kit.Request) (p access.Person, f *kit.Form, page kit.Page, err error) {
	if p, err = a.find(r); err != nil {
		return p, nil, page, err
	}
	if err = access.Check(r.Person, access.ClosePerson, access.Subject{Person: p.ID}, r.Today); err != nil {
		return p, nil, page, err
	}
	f = r.NewForm("")
	how := []kit.Option{{Value: "close", Text: r.T("people.close.only"), Hint: r.T("people.close.only.hint")}}
	if r.May(access.ErasePerson, access.Subject{Person: p.ID}) {
		how = append(how, kit.Option{Value: "erase", Text: r.T("people.close.erase"), Hint: r.T("people.close.erase.hint")})
	}
	f.Radios("how", "people.close.how", "", how).Must()
	return p, f, kit.Page{Name: "close", Title: "people.close.title", Form: f, Data: &ClosePage{Name: p.Name, Back: r.Link(path(p)), Form: f}}, nil
}

func (a area) closeForm(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	_, _, page, err := a.closePage(r)
	return page, err
}

func (a area) close(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	p, f, page, err := a.closePage(r)
	if err != nil {
		return nil, err
	}
	if !f.Valid() {
		return page, nil
	}
	if f.Value("how") == "erase" {
		return kit.Done("/desk/people", "people.done.erased"), a.book.Erase(r.Context(), r.Person, p.ID)
	}
	return kit.Done(path(p), "people.done.closed"), a.book.Close(r.Context(), r.Person, p.ID)
}

func (a area) export(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	p, err := a.find(r)
	if err != nil {
		return nil, err
	}
	out, err := a.book.Export(r.Context(), r.Person, p.ID)
	if err != nil {
		return nil, err
	}
	return kit.File{Name: fmt.Sprintf("stocktake-account-%s.json", p.ID), Type: "application/json", Content: bytes.NewReader(out)}, nil
}

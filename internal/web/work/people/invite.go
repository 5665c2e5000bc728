package people

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/place"
	"stocktake/internal/web/work/kit"
)

// InvitePage asks whom to let in, and as what.
type InvitePage struct {
	Form *kit.Form
	Back string
}

// grantFields are those of a grant: a role, and what belongs to it. A focal point can give only
// what a focal point of their own parties is.
func (a area) grantFields(r *kit.Request, f *kit.Form) {
	roles := []kit.Option{}
	for _, role := range access.Roles {
		if role == access.FocalPoint || r.May(access.EmpowerPerson, access.Subject{}) {
			roles = append(roles, kit.Option{Value: string(role), Text: r.Role(role), Hint: r.T("people.role." + string(role))})
		}
	}
	if len(roles) == 1 {
		f.Hidden("role", string(access.FocalPoint))
	} else {
		f.Radios("role", "people.role", "", roles).Must()
	}
	f.Select("party", "people.party", r.Query("party"), a.parties(r)).Empty("–")
	f.Radios("place", "people.place", "first", []kit.Option{
		{Value: "first", Text: r.T("people.place.first"), Hint: r.T("people.place.first.hint")},
		{Value: "deputy", Text: r.T("people.place.deputy"), Hint: r.T("people.place.deputy.hint")},
	})
	f.Check("transmits", "people.transmits", false)
	if len(roles) > 1 {
		languages := []kit.Option{}
		for _, c := range lang.All {
			languages = append(languages, kit.Option{Value: string(c), Text: c.Autonym()})
		}
		f.Select("into", "people.into", "", languages).Empty(r.T("people.into.all"))
	}
	f.Date("until", "people.until", "").Note(r.T("people.until.open"))
}

// granted reads the grant that was asked for, and notes what is wrong with it.
func granted(f *kit.Form) access.Grant {
	g := access.Grant{Role: access.Role(f.Value("role"))}
	switch g.Role {
	case access.FocalPoint:
		g.Party, g.Deputy, g.Transmits = f.Value("party"), f.Value("place") == "deputy", f.Checked("transmits")
		if g.Party == "" {
			f.Fault("party", "work.fault.required")
		}
	case access.Translator:
		g.Language = lang.Code(f.Value("into"))
	}
	if day, ok := f.DateValue("until"); ok && day != "" {
		if len(day) != len(time.DateOnly) {
			f.Fault("until", "people.fault.until")
		}
		g.Until = day
	}
	return g
}

// parties are those that a focal point can be appointed for: of the register, those that the
// desk has introduced, and States.
func (a area) parties(r *kit.Request) []kit.Option {
	var out []kit.Option
	seen := map[string]bool{}
	add := func(code, name string) {
		if !seen[code] {
			seen[code] = true
			out = append(out, kit.Option{Value: code, Text: name})
		}
	}
	if !staff(r) {
		for _, code := range r.Person.Parties(r.Today) {
			if r.May(access.AppointPerson, access.Subject{Lead: code}) {
				add(code, r.PartyName(code))
			}
		}
		return out
	}
	if r.Kit.Index != nil {
		if v, err := r.Kit.Index.Snapshot().View(explore.Query{}, r.Today); err == nil {
			reader := r.Reader()
			for _, p := range v.Parties() {
				add(p.Party.Code, reader.PartyName(p.Party))
			}
		}
	}
	if a.Introduced != nil {
		introduced, err := a.Introduced(r.Context(), r.Person)
		if err != nil { // the others can still be chosen
			r.Kit.Logger.Error("parties that the desk has introduced", "err", err)
		}
		for _, p := range introduced {
			add(p.Code, r.Reader().PartyName(p))
		}
	}
	for _, c := range place.Countries() {
		if code := strings.ToLower(c.Alpha3); c.Status == place.Member || c.Status == place.Observer {
			add(code, r.PartyName(code))
		}
	}
	less := lang.Collate(r.Lang)
	slices.SortStableFunc(out, func(a, b kit.Option) int { return less(a.Text, b.Text) })
	return out
}

func (a area) invitation(r *kit.Request) *kit.Form {
	f := r.NewForm("")
	f.Email("email", "people.email", "").Must().Fills("off")
	f.Text("name", "people.name", "").Must().Upto(120).Fills("off")
	f.Select("language", "people.language", string(r.Lang), tongues()).Must()
	a.grantFields(r, f)
	return f
}

func tongues() (out []kit.Option) {
	for _, c := range lang.All {
		out = append(out, kit.Option{Value: string(c), Text: c.Autonym()})
	}
	return out
}

func (a area) inviteForm(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	if err := a.mayInvite(r); err != nil {
		return nil, err
	}
	return invitePage(r, a.invitation(r)), nil
}

// mayInvite refuses who appoints nobody: a deputy, say.
func (a area) mayInvite(r *kit.Request) error {
	if staff(r) || len(a.parties(r)) > 0 {
		return nil
	}
	return errs.New(errs.Forbidden, "%s appoints nobody", r.Person.ID).WithKey("access.not_allowed")
}

func invitePage(r *kit.Request, f *kit.Form) kit.Answer {
	return kit.Page{Name: "invite", Title: "people.invite.title", Form: f, Data: &InvitePage{Form: f, Back: r.Link("/desk/people")}}
}

func (a area) invite(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	if err := a.mayInvite(r); err != nil {
		return nil, err
	}
	f := a.invitation(r)
	f.Valid()
	g := granted(f)
	if len(f.Faults()) > 0 {
		return invitePage(r, f), nil
	}
	var p access.Person
	err := a.write(r.Context(), func(tx *db.Tx) (err error) {
		p, _, err = a.book.Invite(r.Context(), tx, r.Person, access.Invitation{
			Email: f.Value("email"), Name: f.Value("name"), Language: lang.Code(f.Value("language")), Grants: []access.Grant{g},
		})
		return err
	})
	if !f.Refused(err) {
		return invitePage(r, f), nil
	}
	return kit.Done(path(p), "people.done.invited"), err
}

func itoa(n int) string { return strconv.Itoa(n) }

func skip(r *kit.Request) int {
	n, err := strconv.Atoi(cmp.Or(r.Query("skip"), "0"))
	if err != nil {
		return 0
	}
	return max(n, 0)
}

func cutPrefix(s, prefix string) (string, bool) { return strings.CutPrefix(s, prefix) }

package people

import (
	"slices"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/web/work/kit"
)

// ListPage is everybody, or those of one's own parties.
type ListPage struct {
	Staff     bool
	CanInvite bool
	Words     string
	Roles     []kit.Option
	Closed    bool
	Groups    []Group
	Pager     kit.Pager
	Empty     kit.Empty
}

// Group is the people of a party; for the secretariat there is one group without a name.
type Group struct {
	Party, Packet string
	People        []Row
	Unreached     bool // nobody who can be reached speaks for the party
}

// Row is a person in a list.
type Row struct {
	Href, Name, Email string
	Grants            []string
	Unreachable       bool
}

const perPage = 50

func (a area) list(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	p := &ListPage{Staff: staff(r), Words: r.Query("q"), Closed: r.Query("closed") != ""}
	p.CanInvite = p.Staff || slices.ContainsFunc(r.Person.Parties(r.Today), func(code string) bool {
		return r.May(access.AppointPerson, access.Subject{Lead: code})
	})
	p.Empty = kit.Empty{Text: r.T("people.none")}
	var err error
	if p.Staff {
		err = a.everybody(r, p)
	} else {
		err = a.ofParties(r, p)
	}
	if err != nil {
		return nil, err
	}
	return kit.Page{Name: "list", Title: "people.title", Data: p}, nil
}

func (a area) everybody(r *kit.Request, p *ListPage) error {
	role := access.Role(r.Query("role"))
	for _, x := range access.Roles {
		p.Roles = append(p.Roles, kit.Option{Value: string(x), Text: r.Role(x), Chosen: x == role})
	}
	if !slices.Contains(access.Roles, role) {
		role = ""
	}
	f := access.Filter{Role: role, Words: p.Words, Closed: p.Closed, Limit: 10_000}
	var all []access.Person
	err := a.db.Read(r.Context(), func(tx *db.Tx) (err error) {
		all, err = a.book.People(r.Context(), tx, f)
		return err
	})
	if err != nil {
		return err
	}
	pager, offset := r.Pager(len(all), perPage)
	p.Pager = pager
	if len(all) > 0 {
		p.Groups = []Group{{People: rows(r, all[offset:min(offset+perPage, len(all))], "")}}
	}
	return nil
}

func (a area) ofParties(r *kit.Request, p *ListPage) error {
	for _, code := range r.Person.Parties(r.Today) {
		var all, reached []access.Person
		err := a.db.Read(r.Context(), func(tx *db.Tx) (err error) {
			if all, err = a.speakers(r, tx, code); err != nil {
				return err
			}
			reached, err = a.book.ContactsOf(r.Context(), tx, code, r.Today)
			return err
		})
		if err != nil {
			return err
		}
		p.Groups = append(p.Groups, Group{Party: r.PartyName(code), Packet: r.Link(access.PacketPath + code), People: rows(r, all, code), Unreached: len(reached) == 0})
	}
	return nil
}

// speakers are those who speak for a party today, and those who will.
func (a area) speakers(r *kit.Request, tx *db.Tx, code string) (all []access.Person, err error) {
	for _, day := range []string{r.Today, "9999-12-31"} {
		some, err := a.book.People(r.Context(), tx, access.Filter{Party: code, Day: day})
		if err != nil {
			return nil, err
		}
		for _, p := range some {
			if !slices.ContainsFunc(all, func(q access.Person) bool { return q.ID == p.ID }) {
				all = append(all, p)
			}
		}
	}
	return all, nil
}

// rows are people with what they can do; where code is a party, for that party alone: what else
// somebody speaks for is the others' business.
func rows(r *kit.Request, all []access.Person, code string) (out []Row) {
	for _, x := range all {
		row := Row{Href: r.Link(path(x)), Name: r.Named(x), Email: x.Email, Unreachable: x.Unreachable}
		for _, g := range x.Grants {
			if (g.Until == "" || g.Until >= r.Today) && (code == "" || g.Party == code) {
				row.Grants = append(row.Grants, r.GrantText(g))
			}
		}
		out = append(out, row)
	}
	return out
}

// AuditPage is what was read and done that is delicate, the latest first.
type AuditPage struct {
	Records []AuditRow
	Next    string
	Empty   kit.Empty
}

// AuditRow is one of them.
type AuditRow struct {
	At        kit.Moment
	Who, What string
	Code      string // of an act that has no words: one that another release wrote down
	On        string
	Href      string
}

func (a area) audit(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	f := access.AuditFilter{Person: r.Query("person"), Subject: r.Query("subject"), Limit: perPage + 1, Skip: skip(r)}
	all, err := a.book.Audited(r.Context(), r.Person, f)
	if err != nil {
		return nil, err
	}
	p := &AuditPage{Empty: kit.Empty{Text: r.T("people.audit.none")}}
	if len(all) > perPage {
		all, p.Next = all[:perPage], r.With("skip", itoa(f.Skip+perPage))
	}
	names := map[string]string{access.OperatorID: r.T("people.audit.operator")}
	err = a.db.Read(r.Context(), func(tx *db.Tx) error {
		for _, x := range all {
			if _, known := names[x.Person]; known || x.Person == "" {
				continue
			}
			who, err := a.book.PersonByID(r.Context(), tx, x.Person)
			if err != nil {
				return err
			}
			names[x.Person] = who.Name
			if who.Name == "" {
				names[x.Person] = x.Person
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, x := range all {
		row := AuditRow{At: r.Moment(x.At), Who: names[x.Person], On: x.Subject}
		if key := "people.audit.did." + string(x.Action); r.P.Has(key) {
			row.What = r.T(key)
		} else {
			row.Code = string(x.Action)
		}
		if id, ok := cutPrefix(x.Subject, "person:"); ok {
			row.Href = r.Link("/desk/people/" + id)
		}
		p.Records = append(p.Records, row)
	}
	return kit.Page{Name: "audit", Title: "people.audit.title", Data: p}, nil
}

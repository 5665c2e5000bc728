package people

import (
	"cmp"
	"slices"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/web/page"
	"stocktake/internal/web/work/kit"
)

// HandOverPage asks who follows a focal point, and from when.
type HandOverPage struct {
	Name, Party, Packet, Back string
	Form                      *kit.Form
}

func (a area) handOverPage(r *kit.Request) (p access.Person, g access.Grant, f *kit.Form, page kit.Page, err error) {
	if p, err = a.find(r); err != nil {
		return p, g, nil, page, err
	}
	i := slices.IndexFunc(p.Grants, func(g access.Grant) bool { return g.ID == r.PathValue("grant") && g.Role == access.FocalPoint })
	if i < 0 {
		return p, g, nil, page, errs.New(errs.NotFound, "%s has no such grant", p.ID)
	}
	g = p.Grants[i]
	if err = access.Check(r.Person, access.HandOver, access.Subject{Person: p.ID, Lead: g.Party}, r.Today); err != nil {
		return p, g, nil, page, err
	}
	f = r.NewForm("")
	f.Email("email", "people.next.email", "").Must().Fills("off")
	f.Text("name", "people.next.name", "").Must().Upto(120).Fills("off")
	f.Select("language", "people.language", string(p.Language), tongues()).Must()
	f.Date("last", "people.next.last", r.Today).Must().Note(r.T("people.next.last_day"))
	page = kit.Page{Name: "handover", Title: "people.next.title", Form: f, Data: &HandOverPage{
		Name: p.Name, Party: r.PartyName(g.Party), Packet: r.Link(access.PacketPath + g.Party), Back: r.Link(path(p)), Form: f,
	}}
	return p, g, f, page, nil
}

func (a area) handOverForm(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	_, _, _, page, err := a.handOverPage(r)
	return page, err
}

func (a area) handOver(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	_, g, f, page, err := a.handOverPage(r)
	if err != nil {
		return nil, err
	}
	f.Calls("to", "email")
	f.Valid()
	last, _ := f.DateValue("last")
	if len(last) != len("2006-01-02") || last < r.Today {
		f.Fault("last", "people.fault.last")
	}
	if len(f.Faults()) > 0 {
		return page, nil
	}
	err = a.write(r.Context(), func(tx *db.Tx) error {
		_, err := a.book.HandOver(r.Context(), tx, r.Person, access.Succession{
			Grant: g.ID, Last: last,
			Invite: access.Invitation{Email: f.Value("email"), Name: f.Value("name"), Language: lang.Code(f.Value("language"))},
		})
		return err
	})
	if !f.Refused(err) {
		return page, nil
	}
	return kit.Done(access.PacketPath+g.Party, "people.done.handed_over"), err
}

// PacketPage is what a successor is handed: the party's pledges with how far they are and when
// the next report is due, what is not public yet, who else speaks for it, and where the history
// stands.
type PacketPage struct {
	Party   string
	Pledges []PledgeRow
	Open    []OpenRow
	People  []Row
	Empty   kit.Empty
}

// PledgeRow is a public pledge of the party.
type PledgeRow struct {
	ID, Href, History, Title, Stage string
	Lang, Dir                       string
	Reported                        string     // spelled out; "" is never
	Due                             string     // spelled out; "" is never
	Waits                           kit.Moment // when a report is published that has come in
	Review                          bool       // it is published after review
}

// OpenRow is a pledge that is not public yet.
type OpenRow struct {
	Ref, Href string
	Title     page.Said
	Changed   kit.Moment
}

func (a area) packet(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	code := r.PathValue("party")
	if err := access.Check(r.Person, access.ReadContacts, access.Subject{Lead: code}, r.Today); err != nil {
		return nil, err
	}
	p := &PacketPage{Party: r.PartyName(code), Empty: kit.Empty{Text: r.T("people.packet.none")}}
	var contacts []access.Person
	err := a.db.Read(r.Context(), func(tx *db.Tx) (err error) {
		contacts, err = a.speakers(r, tx, code)
		return err
	})
	if err != nil {
		return nil, err
	}
	p.People = rows(r, contacts, code)
	if a.Open != nil {
		open, err := a.Open(r.Context(), r.Person, code)
		if err != nil {
			return nil, err
		}
		for _, o := range open {
			p.Open = append(p.Open, OpenRow{Ref: o.Ref, Href: r.Link("/my/" + o.Ref), Title: page.Say(cmp.Or(o.Title, o.Ref), o.Lang), Changed: r.Moment(o.Changed)})
		}
	}
	due := map[string]Due{}
	if a.Due != nil {
		if due, err = a.Due(r.Context(), r.Person, code); err != nil {
			return nil, err
		}
	}
	if k.Index == nil {
		return kit.Page{Name: "packet", Title: "people.packet.title", TitleArgs: []any{"party", p.Party}, Data: p}, nil
	}
	v, err := k.Index.Snapshot().View(explore.Query{}.With("party", code), r.Today)
	if err != nil {
		return nil, err
	}
	reader := r.Reader()
	for _, it := range v.Items(0, v.Totals.Pledges) {
		row := PledgeRow{
			ID: it.Pledge.ID, Href: r.Link("/pledges/" + it.Pledge.ID), History: r.Link("/pledges/" + it.Pledge.ID + "/history"),
			Title: it.Pledge.Title, Stage: reader.Word("stage", string(it.Stage)),
		}
		if c := lang.Code(it.Pledge.Language); c != r.Lang {
			row.Lang, row.Dir = string(c), c.Dir()
		}
		if it.ReportedOn != "" {
			row.Reported = r.P.Date(it.ReportedOn)
		}
		if d, asked := due[row.ID]; asked && !d.Waits.IsZero() {
			row.Waits, row.Review = r.Moment(d.Waits), d.Review
			if d.Stage != it.Stage {
				row.Stage = r.T("people.packet.reports", "stage", row.Stage, "reported", reader.Word("stage", string(d.Stage)))
			}
		} else if asked && d.Late {
			row.Due = r.T("people.packet.late", "date", r.P.Date(d.On))
		} else if asked {
			row.Due = r.P.Date(d.On)
		}
		p.Pledges = append(p.Pledges, row)
	}
	return kit.Page{Name: "packet", Title: "people.packet.title", TitleArgs: []any{"party", p.Party}, Data: p}, nil
}

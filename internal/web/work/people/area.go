// Package people has the pages on which others are let in: the secretariat sees everybody and
// invites; a party's first contact sees the party's own, appoints deputies, and hands over to
// who follows. What each may do is asked of access with every step.
package people

import (
	"context"
	"embed"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
	"stocktake/internal/web/work/kit"
)

//go:embed *.html
var templates embed.FS

//go:embed messages/*.json
var messages embed.FS

// Rooms are what the pages work with.
type Rooms struct {
	Access *access.Book
	DB     *db.DB

	// What other rooms add to what is handed over, as far as the person may see it; nil: nothing.
	Open func(ctx context.Context, by access.Person, party string) ([]Open, error)
	Due  func(ctx context.Context, by access.Person, party string) (map[string]Due, error) // by pledge

	// Introduced are parties that the desk has made known and of which nothing is public yet.
	Introduced func(ctx context.Context, by access.Person) ([]party.Party, error)
}

// Open is a pledge of the party that is not public yet.
type Open struct {
	Ref, Title string
	Lang       lang.Code // of the title
	Changed    time.Time
}

// Due is when a report on a pledge is expected; or one has come in and is published at Waits, or
// once the secretariat has reviewed it.
type Due struct {
	On     string // day
	Late   bool
	Waits  time.Time
	Review bool
	Stage  pledge.Stage // what the report that waits says
}

type area struct {
	Rooms
	book *access.Book
	db   *db.DB
}

// New is the area of people.
func New(r Rooms) kit.Area {
	a := area{r, r.Access, r.DB}
	const one = "/desk/people/{id}"
	return kit.Area{
		Name: "people", Templates: templates, Messages: messages,
		Menu: []kit.Entry{{Path: "/desk/people", Key: "people.menu", Order: 60}},
		Pages: map[string]any{
			"list": &ListPage{}, "invite": &InvitePage{}, "person": &PersonPage{}, "close": &ClosePage{}, "handover": &HandOverPage{}, "packet": &PacketPage{}, "audit": &AuditPage{},
		},
		Routes: []kit.Route{
			{Method: "GET", Path: "/desk/people", Action: access.ReadContacts, Serve: a.list},
			{Method: "GET", Path: "/desk/people/invite", Action: access.AppointPerson, Serve: a.inviteForm},
			{Method: "POST", Path: "/desk/people/invite", Action: access.AppointPerson, Serve: a.invite},
			{Method: "GET", Path: "/desk/audit", Action: access.ReadAudit, Serve: a.audit},
			{Method: "GET", Path: access.PacketPath + "{party}", Action: access.ReadContacts, Serve: a.packet},
			{Method: "GET", Path: one, Action: access.ReadContacts, Serve: a.person},
			{Method: "POST", Path: one, Action: access.WritePerson, Serve: a.describe},
			{Method: "POST", Path: one + "/grants", Action: access.AppointPerson, Serve: a.grant},
			{Method: "POST", Path: one + "/grants/end", Action: access.DismissPerson, Serve: a.end},
			{Method: "POST", Path: one + "/link", Action: access.AppointPerson, Serve: a.link},
			{Method: "POST", Path: one + "/sessions", Action: access.EndSession, Serve: a.endSessions},
			{Method: "POST", Path: one + "/passkeys", Action: access.ResetPasskeys, Serve: a.resetPasskeys},
			{Method: "GET", Path: one + "/close", Action: access.ClosePerson, Serve: a.closeForm},
			{Method: "POST", Path: one + "/close", Action: access.ClosePerson, Serve: a.close},
			{Method: "POST", Path: one + "/export", Action: access.ExportPerson, Serve: a.export},
			{Method: "GET", Path: one + "/hand-over/{grant}", Action: access.HandOver, Serve: a.handOverForm},
			{Method: "POST", Path: one + "/hand-over/{grant}", Action: access.HandOver, Serve: a.handOver},
		},
	}
}

// staff reports whether somebody looks after everybody's accounts, and not only those of a party.
func staff(r *kit.Request) bool { return r.May(access.AppointPerson, access.Subject{}) }

// find gives a person whom the reader may read about: the secretariat anybody, a focal point
// those who speak for the same party.
func (a area) find(r *kit.Request) (p access.Person, err error) {
	err = a.db.Read(r.Context(), func(tx *db.Tx) (err error) {
		p, err = a.book.PersonByID(r.Context(), tx, r.PathValue("id"))
		return err
	})
	if err != nil {
		return access.Person{}, err
	}
	if r.May(access.ReadPerson, access.Subject{Person: p.ID}) {
		return p, nil
	}
	for _, g := range p.Grants {
		if g.Party != "" && r.May(access.ReadPerson, access.Subject{Person: p.ID, Lead: g.Party}) {
			return p, nil
		}
	}
	return access.Person{}, errs.New(errs.NotFound, "%s may not read about %s", r.Person.ID, p.ID)
}

func (a area) write(ctx context.Context, f func(tx *db.Tx) error) error { return a.db.Write(ctx, f) }

func path(p access.Person) string { return "/desk/people/" + p.ID }

package access

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
)

// Validate says what is wrong with a grant. That its party is one that exists is for whoever
// knows parties.
func (g Grant) Validate() (found []errs.Field) {
	wrong := func(field, value, message string) {
		found = append(found, errs.Field{Field: field, Value: value, Message: message})
	}
	if !slices.Contains(Roles, g.Role) {
		wrong("role", string(g.Role), "must be administrator, reviewer, translator, focal_point or observer")
	}
	switch {
	case g.Role == FocalPoint && g.Party == "":
		wrong("party", "", "a focal point needs the code of a party")
	case g.Role != FocalPoint && g.Party != "":
		wrong("party", g.Party, "only a focal point has a party")
	}
	if g.Role != FocalPoint && (g.Deputy || g.Transmits) {
		wrong("role", string(g.Role), "only a focal point can be a deputy or transmit")
	}
	switch {
	case g.Language != "" && g.Role != Translator:
		wrong("language", string(g.Language), "only a translator has a language")
	case g.Language != "" && !lang.Known(string(g.Language)):
		wrong("language", string(g.Language), "must be one of ar, en, es, fr, ru, zh")
	}
	for _, d := range []struct{ field, day string }{{"from", g.From}, {"until", g.Until}} {
		if _, err := time.Parse(time.DateOnly, d.day); d.day != "" && err != nil {
			wrong(d.field, d.day, "must be a day, as 2026-05-20")
		}
	}
	return found
}

// mayGive asks the policy whether by may give such a grant.
func (b *Book) mayGive(by Person, g Grant) error {
	today := b.Today()
	if g.Role != FocalPoint {
		return Check(by, EmpowerPerson, Subject{}, today)
	}
	if err := Check(by, AppointPerson, Subject{Lead: g.Party}, today); err != nil {
		return err
	}
	// A party's contact hands on no more than they have themselves.
	if g.Transmits && !May(by, AppointPerson, Subject{}, today) && !by.Transmits(g.Party, today) {
		return errs.New(errs.Forbidden, "%s may not let others transmit", by.ID).WithKey("access.not_allowed")
	}
	return nil
}

// foldCode is a party's code as the register has it, however it was typed.
func foldCode(code string) string { return strings.ToLower(strings.TrimSpace(code)) }

// isParty refuses a grant for a party that there is not: its focal point would sign in to nothing.
func (b *Book) isParty(ctx context.Context, tx *db.Tx, g Grant) error {
	if g.Role != FocalPoint || g.Party == "" || b.o.IsParty == nil { // Validate says what is missing
		return nil
	}
	is, err := b.o.IsParty(ctx, tx, g.Party)
	if err == nil && !is {
		err = errs.InvalidFields(errs.Field{Field: "party", Value: strings.ToValidUTF8(g.Party[:min(len(g.Party), 60)], ""),
			Message: "is the code of no party: a State's is its three letters in ISO 3166 (ken), the others' are in the register or given when the desk introduces them, at /desk/parties"})
	}
	return err
}

// Grant gives a person a role. From is today where it is not said.
func (b *Book) Grant(ctx context.Context, tx *db.Tx, by Person, person string, g Grant) (Grant, error) {
	g.Party = foldCode(g.Party)
	if err := b.mayGive(by, g); err != nil {
		return Grant{}, err
	}
	if err := b.isParty(ctx, tx, g); err != nil {
		return Grant{}, err
	}
	p, err := b.PersonByID(ctx, tx, person)
	if err != nil {
		return Grant{}, err
	}
	if p.Closed {
		return Grant{}, errs.New(errs.Conflict, "the account %s is closed", p.ID).WithKey("access.account_closed")
	}
	g.Source = ""
	if g.From == "" {
		g.From = b.Today()
	}
	if slices.ContainsFunc(p.Grants, g.within) {
		return Grant{}, errs.New(errs.Conflict, "%s has that grant", p.ID).WithKey("access.held_already")
	}
	if g, err = b.give(ctx, tx, by, p, g); err != nil {
		return Grant{}, err
	}
	return g, b.post(ctx, tx, p, letterGrant, map[string]string{"Link": b.accountLink(p)})
}

// within reports whether another grant gives all that g gives, on all of its days. One that a
// provider gave ends when the provider says so, and stands for no other.
func (g Grant) within(held Grant) bool {
	return held.Role == g.Role && held.Party == g.Party && held.Language == g.Language && held.Deputy == g.Deputy && held.Source == g.Source &&
		(held.Transmits || !g.Transmits) && held.From <= g.From && (held.Until == "" || g.Until != "" && held.Until >= g.Until)
}

// give writes a grant down, where the person does not hold it; the policy has been asked.
func (b *Book) give(ctx context.Context, tx *db.Tx, by, p Person, g Grant) (_ Grant, err error) {
	if g.From == "" {
		g.From = b.Today()
	}
	found := g.Validate()
	if g.Until != "" && g.Until < g.From {
		found = append(found, errs.Field{Field: "until", Value: g.Until, Message: "must not be before the first day"})
	}
	if err := errs.InvalidFields(found...); err != nil {
		return Grant{}, err
	}
	if i := slices.IndexFunc(p.Grants, g.within); i >= 0 {
		return p.Grants[i], nil
	}
	if g.ID, err = b.newID("gra"); err != nil {
		return Grant{}, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO access_grant (id, person, role, party, language, deputy, transmits, from_day, until_day, source, given_by, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		g.ID, p.ID, string(g.Role), g.Party, string(g.Language), truth(g.Deputy), truth(g.Transmits), g.From, g.Until, g.Source, by.ID, micro(b.now()))
	if err != nil {
		return Grant{}, fmt.Errorf("access: grant to %s: %w", p.ID, err)
	}
	what := EmpowerPerson
	if g.Role == FocalPoint {
		what = AppointPerson
	}
	return g, b.record(ctx, tx, by.ID, what, "person:"+p.ID)
}

func truth(v bool) int64 {
	if v {
		return 1
	}
	return 0
}

// End ends a grant after its last day; "" ends it at once.
func (b *Book) End(ctx context.Context, tx *db.Tx, by Person, grant, last string) error {
	p, g, err := b.holder(ctx, tx, grant)
	if err != nil {
		return err
	}
	what, s := DeprivePerson, Subject{Person: p.ID}
	if g.Role == FocalPoint {
		what, s.Lead = DismissPerson, g.Party
	}
	if err := Check(by, what, s, b.Today()); err != nil {
		return err
	}
	if err := b.endGrant(ctx, tx, by, p, g, last, what); err != nil {
		return err
	}
	return b.post(ctx, tx, p, letterGrant, map[string]string{"Link": b.accountLink(p)})
}

// holder finds a grant and whose it is.
func (b *Book) holder(ctx context.Context, tx *db.Tx, grant string) (Person, Grant, error) {
	var person string
	err := tx.QueryRow(ctx, `SELECT person FROM access_grant WHERE id = $1`+tx.ForUpdate(), grant).Scan(&person)
	if errors.Is(err, sql.ErrNoRows) {
		return Person{}, Grant{}, errs.New(errs.NotFound, "no grant %s", grant)
	}
	if err != nil {
		return Person{}, Grant{}, fmt.Errorf("access: grant %s: %w", grant, err)
	}
	p, err := b.PersonByID(ctx, tx, person)
	if err != nil {
		return Person{}, Grant{}, err
	}
	i := slices.IndexFunc(p.Grants, func(g Grant) bool { return g.ID == grant })
	return p, p.Grants[i], nil
}

func (b *Book) endGrant(ctx context.Context, tx *db.Tx, by, p Person, g Grant, last string, what Action) error {
	if last == "" {
		last = b.now().AddDate(0, 0, -1).Format(time.DateOnly)
	} else if _, err := time.Parse(time.DateOnly, last); err != nil {
		return errs.InvalidFields(errs.Field{Field: "until", Value: last, Message: "must be a day, as 2026-05-20"})
	}
	if _, err := tx.Exec(ctx, `UPDATE access_grant SET until_day = $2 WHERE id = $1`, g.ID, last); err != nil {
		return fmt.Errorf("access: end grant %s: %w", g.ID, err)
	}
	return b.record(ctx, tx, by.ID, what, "person:"+p.ID)
}

// Succession says who follows a focal point.
type Succession struct {
	Grant  string     // of the one who leaves
	Last   string     // their last day; "" is today
	To     string     // id of the successor, where they have an account, or
	Invite Invitation // who they are; its grants are not read
}

// Packet is what the successor is handed; what the pledges are and when reports are due, the
// pages add for the party.
type Packet struct {
	Party    string
	From     Person // who leaves
	To       Person // who follows
	Grant    Grant  // what was held, since when and until when
	Deputies []Person
}

// HandOver ends all that a focal point holds for the party after their last day and gives the same
// to the successor from the next day on; until then they can read along only where they had a grant already.
func (b *Book) HandOver(ctx context.Context, tx *db.Tx, by Person, s Succession) (_ Packet, err error) {
	leaving, g, err := b.holder(ctx, tx, s.Grant)
	if err != nil {
		return Packet{}, err
	}
	today := b.Today()
	if err := Check(by, HandOver, Subject{Lead: g.Party, Person: leaving.ID}, today); err != nil {
		return Packet{}, err
	}
	if g.Role != FocalPoint || !g.On(today) {
		return Packet{}, errs.New(errs.Conflict, "grant %s is not of a focal point in office", g.ID).WithKey("access.not_in_office")
	}
	if s.Last == "" {
		s.Last = today
	}
	day, err := time.Parse(time.DateOnly, s.Last)
	if err != nil || s.Last < today {
		return Packet{}, errs.InvalidFields(errs.Field{Field: "until", Value: s.Last, Message: "must be a day, today or later"})
	}
	k := Packet{Party: g.Party, From: leaving, Grant: g}
	if s.To != "" {
		k.To, err = b.PersonByID(ctx, tx, s.To)
		if err == nil && k.To.Closed {
			err = errs.New(errs.Conflict, "the account %s is closed", s.To).WithKey("access.account_closed")
		}
	} else {
		in := s.Invite
		in.Grants = nil
		k.To, _, err = b.invite(ctx, tx, by, in)
	}
	if err != nil {
		return Packet{}, err
	}
	if k.To.ID == leaving.ID {
		return Packet{}, errs.InvalidFields(errs.Field{Field: "to", Message: "must be somebody else"})
	}
	next := Grant{Role: FocalPoint, Party: g.Party, Deputy: g.Deputy, Transmits: g.Transmits, From: day.AddDate(0, 0, 1).Format(time.DateOnly)}
	var ends []Grant
	for _, held := range leaving.Grants {
		if held.Role != FocalPoint || held.Party != g.Party || held.ID != g.ID && held.Until != "" && held.Until <= s.Last {
			continue
		}
		ends = append(ends, held)
		if held.On(today) {
			next.Deputy, next.Transmits = next.Deputy && held.Deputy, next.Transmits || held.Transmits
		}
	}
	if next, err = b.give(ctx, tx, by, k.To, next); err != nil {
		return Packet{}, err
	}
	k.To.Grants = append(k.To.Grants, next)
	for _, held := range ends {
		if err := b.endGrant(ctx, tx, by, leaving, held, s.Last, HandOver); err != nil {
			return Packet{}, err
		}
	}
	k.Grant.Until = s.Last
	contacts, err := b.ContactsOf(ctx, tx, g.Party, next.From)
	if err != nil {
		return Packet{}, err
	}
	k.Deputies = slices.DeleteFunc(contacts, func(p Person) bool { return p.ID == k.To.ID || p.ID == leaving.ID })
	name := g.Party
	if b.o.PartyName != nil {
		if name, err = b.o.PartyName(ctx, tx, g.Party, k.To.Language); err != nil {
			return Packet{}, err
		}
	}
	return k, b.post(ctx, tx, k.To, letterHandOver, map[string]string{
		"Leaver": leaving.Name, "Party": name, "Day": lang.Date(k.To.Language, next.From), "Link": b.link(k.To.Language, PacketPath+g.Party),
	})
}

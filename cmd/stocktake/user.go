package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/web"
)

// userAddCmd makes an account, as for the first administrator of a new site.
type userAddCmd struct {
	Email     string   `arg:"" help:"Address of the person."`
	Role      string   `required:"" enum:"administrator,reviewer,translator,focal_point,observer" help:"One of administrator, reviewer, translator, focal_point, observer."`
	Name      string   `help:"Name of the person."`
	Party     []string `placeholder:"CODE" help:"Party of a focal point; may be repeated."`
	Deputy    bool     `help:"A deputy of the party's focal point."`
	Transmits bool     `help:"May submit in the party's name."`
	Language  string   `default:"en" enum:"ar,en,es,fr,ru,zh" help:"Language of letters to the person."`
	Into      string   `placeholder:"CODE" enum:",ar,en,es,fr,ru,zh" default:"" help:"Language that a translator translates into; all without it."`
	mailFlags
}

func (c *userAddCmd) Run(ctx context.Context, s *streams, g *globals) error {
	role := access.Role(c.Role)
	if (role == access.FocalPoint) != (len(c.Party) > 0) {
		return errs.New(errs.Invalid, "a focal point, and nobody else, is of a party").WithHint("name it: --role focal_point --party ken")
	}
	h, err := g.open(ctx, s, opening{write: true, lenient: true})
	if err != nil {
		return err
	}
	defer h.close()
	people, err := h.staffOf(workFlags{mailFlags: c.mailFlags}, web.Site{}, nil)
	if err != nil {
		return err
	}
	if g.BaseURL == "" && onThisMachine(h.base) {
		s.say("No --base-url is stated: the link assumes the default address, %s. Where stocktake serve listens elsewhere, state that.", h.base)
	}
	in := access.Invitation{Email: c.Email, Name: c.Name, Language: lang.Code(c.Language)}
	for _, code := range c.Party {
		in.Grants = append(in.Grants, access.Grant{Role: role, Party: code, Deputy: c.Deputy, Transmits: c.Transmits})
	}
	if role != access.FocalPoint {
		in.Grants = []access.Grant{{Role: role, Language: lang.Code(c.Into)}}
	}
	link, err := people.invite(ctx, h, in)
	if err != nil {
		return err
	}
	if people.mail.Sends() {
		s.say("A letter with a link to sign in with leaves as soon as stocktake serve runs.")
		return nil
	}
	s.say("No mail server is stated, so nothing was sent. This link signs in, once, within a week:")
	_, err = s.out.Write([]byte(link + "\n"))
	return err
}

// invite makes an account in the operator's name and gives the link to sign in with.
func (p *staff) invite(ctx context.Context, h *home, in access.Invitation) (link string, err error) {
	err = h.db.Write(ctx, func(tx *db.Tx) error {
		_, link, err = p.access.Invite(ctx, tx, access.Operator(), in)
		return err
	})
	return link, err
}

// userListCmd says who has an account.
type userListCmd struct {
	Role   string `enum:",administrator,reviewer,translator,focal_point,observer" default:"" help:"Only those who hold the role today."`
	Party  string `placeholder:"CODE" help:"Only focal points of the party."`
	Closed bool   `help:"Those whose account is closed instead."`
}

func (c *userListCmd) Run(ctx context.Context, s *streams, g *globals) error {
	h, err := g.open(ctx, s, opening{})
	if err != nil {
		return err
	}
	defer h.close()
	book := access.New(access.Options{DB: h.db, BaseURL: h.base})
	f := access.Filter{Role: access.Role(c.Role), Party: strings.ToLower(c.Party), Closed: c.Closed, Limit: 500}
	for ; ; f.Skip += f.Limit {
		var people []access.Person
		err := h.db.Read(ctx, func(tx *db.Tx) (err error) {
			people, err = book.People(ctx, tx, f)
			return err
		})
		if err != nil {
			return err
		}
		for _, p := range people {
			if _, err := fmt.Fprintf(s.out, "%s\t%s\t%s\t%s\n", p.ID, p.Email, p.Name, rolesOf(p, book.Today())); err != nil {
				return err
			}
		}
		if len(people) < f.Limit {
			return nil
		}
	}
}

// rolesOf writes what somebody holds on a day: "focal_point:ken (transmits), translator:fr".
func rolesOf(p access.Person, day string) string {
	var all []string
	for _, g := range p.Grants {
		if !g.On(day) {
			continue
		}
		text := string(g.Role)
		if of := cmp.Or(g.Party, string(g.Language)); of != "" {
			text += ":" + of
		}
		if g.Deputy {
			text += " (deputy)"
		}
		if g.Transmits {
			text += " (transmits)"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// userEndCmd takes a role away, or closes an account.
type userEndCmd struct {
	Email string `arg:"" help:"Address of the person."`
	Role  string `enum:",administrator,reviewer,translator,focal_point,observer" default:"" help:"End this role only; without it, the account is closed."`
	Party string `placeholder:"CODE" help:"Of this party only."`
	Erase bool   `help:"Close the account and erase name, address, keys and sessions; the id stays."`
	mailFlags
}

func (c *userEndCmd) Run(ctx context.Context, s *streams, g *globals) error {
	if c.Erase && c.Role != "" || c.Party != "" && c.Role != string(access.FocalPoint) {
		return errs.New(errs.Invalid, "these flags do not go together").WithHint("--role ends a role, with --party that of one party; --erase is for the whole account")
	}
	h, err := g.open(ctx, s, opening{write: true, lenient: true})
	if err != nil {
		return err
	}
	defer h.close()
	people, err := h.staffOf(workFlags{mailFlags: c.mailFlags}, web.Site{}, nil)
	if err != nil {
		return err
	}
	book := people.access
	var p access.Person
	ended := 0
	err = h.db.Write(ctx, func(tx *db.Tx) (err error) {
		ended = 0
		if p, err = book.PersonByEmail(ctx, tx, c.Email); err != nil || c.Role == "" {
			return err
		}
		for _, g := range p.Grants {
			if g.Role != access.Role(c.Role) || c.Party != "" && !strings.EqualFold(g.Party, c.Party) || g.Until != "" && g.Until < book.Today() {
				continue
			}
			if err := book.End(ctx, tx, access.Operator(), g.ID, ""); err != nil {
				return err
			}
			ended++
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case c.Role != "" && ended == 0:
		return errs.New(errs.NotFound, "%s does not hold this role", p.ID).WithHint("stocktake user list says what people hold")
	case c.Role != "":
		s.say("%s: %d ended", p.ID, ended)
		return nil
	case c.Erase:
		if err := book.Erase(ctx, access.Operator(), p.ID); err != nil {
			return err
		}
		s.say("%s is closed and erased", p.ID)
		return nil
	}
	if err := book.Close(ctx, access.Operator(), p.ID); err != nil {
		return err
	}
	s.say("%s is closed", p.ID)
	return nil
}

// userLostCmd lets somebody begin anew who has lost the device with their passkey, as the only
// administrator may.
type userLostCmd struct {
	Email string `arg:"" help:"Address of the person."`
	mailFlags
}

func (c *userLostCmd) Run(ctx context.Context, s *streams, g *globals) error {
	h, err := g.open(ctx, s, opening{write: true, lenient: true})
	if err != nil {
		return err
	}
	defer h.close()
	people, err := h.staffOf(workFlags{mailFlags: c.mailFlags}, web.Site{}, nil)
	if err != nil {
		return err
	}
	var p access.Person
	err = h.db.Read(ctx, func(tx *db.Tx) (err error) {
		p, err = people.access.PersonByEmail(ctx, tx, c.Email)
		return err
	})
	if err == nil {
		err = people.access.ResetPasskeys(ctx, access.Operator(), p.ID)
	}
	if err != nil {
		return err
	}
	s.say("%s has no passkeys and no sessions any more, and begins anew by a mailed link", p.ID)
	return nil
}

package main

import (
	"context"

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

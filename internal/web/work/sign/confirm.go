package sign

import (
	"net/url"

	"stocktake/internal/access"
	"stocktake/internal/web/work/kit"
)

// ConfirmPage asks who works at the desk for more than a mailed link: to use a passkey, or to
// make the first one.
type ConfirmPage struct {
	Grants []string // what waits
	Has    bool     // a passkey to use
	Fresh  bool
	Again  string
	Href   string // the organization's sign-in, where that is a second factor; "" for none
	Name   string
}

func (a area) confirm(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	to := kit.Local(r.Query("next"))
	if len(r.Person.Waiting) == 0 {
		if to == "" {
			to = next(k, r, r.Person)
		}
		return kit.Redirect(to), nil
	}
	keys, err := a.book.Passkeys(r.Context(), r.Person, r.Person.ID)
	if err != nil {
		return nil, err
	}
	p := &ConfirmPage{Has: len(keys) > 0, Fresh: r.Session.Fresh(r.Now)}
	p.Again = r.Link("/sign-in?again=1&next=" + url.QueryEscape(access.ConfirmPath))
	if a.book.ProviderIsSecondFactor() {
		p.Href, p.Name = r.Link(access.ProviderPath), a.book.ProviderName()
	}
	for _, g := range r.Person.Waiting {
		p.Grants = append(p.Grants, r.GrantText(g))
	}
	page := kit.Page{Name: "confirm", Title: "sign.confirm.title", Data: p}
	if to == "" {
		return page, nil
	}
	return kit.WithCookie{Answer: page, Name: nextNote, Value: to, For: noteFor}, nil
}

package my

import (
	"slices"
	"strings"

	"stocktake/internal/db"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
	"stocktake/internal/text"
	"stocktake/internal/web/work/kit"
)

// mostRecipients bounds the names that are held against one that is no party's.
const mostRecipients = 5

// recipient finds who is meant by a name or a code; stored is who stands there. Where nobody is, near
// are the names of parties that are written much like it. The list of all is not sent to anybody: it
// weighs more than the rest of the form.
func (a *area) recipient(r *kit.Request, typed, stored string) (code string, near []string, err error) {
	typed = party.Tidy(typed)
	if typed == "" || stored != "" && typed == a.name(r, stored) {
		return keptIf(typed != "", stored), nil, nil
	}
	known := false
	err = a.desk.DB.Read(r.Context(), func(tx *db.Tx) (err error) {
		known, err = a.desk.IsParty(r.Context(), tx, strings.ToLower(typed))
		return err
	})
	if known || err != nil {
		return strings.ToLower(typed), nil, err
	}
	options, err := a.parties(r, nil)
	if err != nil {
		return "", nil, err
	}
	name := text.Fold(typed)
	for _, o := range options {
		if name != "" && text.Fold(o.Text) == name {
			return o.Value, nil, nil
		}
	}
	if c, ok := place.Lookup(typed); ok && c.Status != place.Area {
		return party.FromCountry(c).Code, nil, nil
	}
	for _, o := range options {
		if len(near) < mostRecipients && alike(name, text.Fold(o.Text)) {
			near = append(near, o.Text)
		}
	}
	return "", near, nil
}

func keptIf(keep bool, s string) string {
	if keep {
		return s
	}
	return ""
}

// alike reports whether two folded names have words that begin alike: whoever mistypes a name seldom
// does so at its beginning.
func alike(a, b string) bool {
	for _, x := range strings.Fields(a) {
		beginning := []rune(x)
		if len(beginning) < 2 {
			continue
		}
		beginning = beginning[:min(len(beginning), 4)]
		if slices.ContainsFunc(strings.Fields(b), func(y string) bool { return strings.HasPrefix(y, string(beginning)) }) {
			return true
		}
	}
	return false
}

// recipientFields ask to whom the money goes: a fund of the compact from a list, or a party by name.
func (a *area) recipientFields(r *kit.Request, f *kit.Form, m *pledge.Money) {
	fund, who := m.Recipient, ""
	if !strings.HasPrefix(fund, "fund:") {
		fund, who = "", m.Recipient
	}
	if funds := a.funds(r); len(funds) > 0 {
		f.Select("recipient", "my.recipient", fund, funds).Empty(r.T("my.recipient.none"))
	}
	shown := ""
	if who != "" {
		shown = a.name(r, who)
	}
	f.Text("recipient_party", "my.recipient.party", shown).Upto(200)
	if typed := f.Value("recipient_party"); f.Posted() && typed != "" {
		code, near, err := a.recipient(r, typed, who)
		switch {
		case err != nil || code != "" && f.Value("recipient") == "":
		case code != "":
			f.Fault("recipient_party", "my.fault.recipient.one")
		case len(near) > 0:
			f.Fault("recipient_party", "my.fault.recipient.near", "names", r.P.List(near...))
		default:
			f.Fault("recipient_party", "my.fault.recipient")
		}
	}
}

func (a *area) funds(r *kit.Request) (funds []kit.Option) {
	for _, fund := range r.Kit.House.Pack.Funds {
		funds = append(funds, kit.Option{Value: "fund:" + fund.Code, Text: fund.Name.In(r.Lang)})
	}
	return funds
}

// takeRecipient is who was chosen; what is no party's name leaves who stood there.
func (a *area) takeRecipient(r *kit.Request, f *kit.Form, stored string) string {
	typed := f.Value("recipient_party")
	if typed == "" {
		return f.Value("recipient")
	}
	who := stored
	if strings.HasPrefix(stored, "fund:") {
		who = ""
	}
	if code, _, err := a.recipient(r, typed, who); err == nil && code != "" {
		return code
	}
	return stored
}

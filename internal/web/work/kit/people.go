package kit

import (
	"stocktake/internal/access"
	"stocktake/internal/explore"
	"stocktake/internal/place"
)

// PartyName is the name of a party in the reader's language, as the register has it; of a State
// that is not in it, the name of the country; else the code.
func (r *Request) PartyName(code string) string {
	if r.Kit.Index != nil {
		if p, err := r.Kit.Index.Snapshot().Party(code, explore.Query{}, r.Today); err == nil {
			return r.Reader().PartyName(p)
		}
	}
	if c, ok := place.ByAlpha3(code); ok {
		if t, ok := r.Kit.House.Site.Names.Countries[c.Alpha2]; ok {
			return t.In(r.Lang)
		}
		return c.Name(r.Lang)
	}
	return code
}

// Named is what a person is called on pages. Who has not been asked for a name yet is not called
// by an address, which is for those who write to them; who was erased has none.
func (r *Request) Named(p access.Person) string {
	if p.Name == "" && p.Email != "" {
		return r.T("work.unnamed")
	}
	return p.Name
}

// Role is the word for a role.
func (r *Request) Role(role access.Role) string { return r.T("work.role." + string(role)) }

// GrantText says what a grant gives: "Focal point of Kenya, may submit in its name, until 31
// December 2026".
func (r *Request) GrantText(g access.Grant) string {
	var parts []string
	switch {
	case g.Role == access.FocalPoint && g.Deputy:
		parts = append(parts, r.T("work.role.deputy_of", "party", r.PartyName(g.Party)))
	case g.Role == access.FocalPoint:
		parts = append(parts, r.T("work.role.focal_point_of", "party", r.PartyName(g.Party)))
	case g.Role == access.Translator && g.Language != "":
		parts = append(parts, r.T("work.role.translator_into", "language", g.Language.Autonym()))
	case g.Role == access.Translator:
		parts = append(parts, r.T("work.role.translator_all"))
	default:
		parts = append(parts, r.Role(g.Role))
	}
	if g.Transmits {
		parts = append(parts, r.T("work.role.transmits"))
	}
	if g.From > r.Today {
		parts = append(parts, r.T("work.role.from", "date", r.P.Date(g.From)))
	}
	if g.Until != "" {
		parts = append(parts, r.T("work.role.until", "date", r.P.Date(g.Until)))
	}
	text := parts[0]
	for _, p := range parts[1:] {
		text = r.T("frame.comma", "first", text, "second", p)
	}
	return text
}

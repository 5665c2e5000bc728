package kit

import (
	"context"

	"stocktake/internal/explore"
	"stocktake/internal/party"
	"stocktake/internal/web/page"
)

// parties are those of the public record and, beside them, those that the desk knows already.
type parties struct {
	ctx    context.Context
	public page.PartyNamer
	find   func(ctx context.Context, code string) (party.Party, error)
	known  map[string]*party.Party
}

// Parties gives names of parties also where the public record does not have them yet, so that a
// page about a draft says what the public page will say. Each is looked for once.
func (r *Request) Parties(find func(context.Context, string) (party.Party, error)) page.PartyNamer {
	p := parties{ctx: r.Context(), find: find, known: map[string]*party.Party{}}
	if r.Kit.Index != nil {
		if v, err := r.Kit.Index.Snapshot().View(explore.Query{}, r.Today); err == nil {
			p.public = v
		}
	}
	return p
}

// Party is the party with the code; false where nobody knows it.
func (p parties) Party(code string) (party.Party, bool) {
	if p.public != nil {
		if found, ok := p.public.Party(code); ok {
			return found, true
		}
	}
	known, asked := p.known[code]
	if !asked {
		if found, err := p.find(p.ctx, code); err == nil {
			known = &found
		}
		p.known[code] = known
	}
	if known == nil {
		return party.Party{}, false
	}
	return *known, true
}

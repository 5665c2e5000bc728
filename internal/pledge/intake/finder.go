package intake

import (
	"context"
	"encoding/json"

	"stocktake/internal/db"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/place"
)

// lookup finds parties: those of the register, those that the desk has introduced, and States.
func (d *Desk) lookup(ctx context.Context, tx *db.Tx) *finder {
	return &finder{ctx: ctx, tx: tx, public: party.Codes(ctx, tx), waiting: map[string]party.Party{}}
}

// finder finds parties within a transaction.
type finder struct {
	ctx     context.Context
	tx      *db.Tx
	public  *party.Directory
	waiting map[string]party.Party
	err     error
}

// find is a party.Lookup; ask Err before acting on what it did not find.
func (f *finder) find(code string) (party.Party, bool) {
	own, ok := f.unpublished(code)
	if p, ok := f.public.Find(code); ok {
		return p, true
	}
	return own, ok
}

// unpublished finds a party that would enter the register with its first pledge. It asks for what
// the register has of it in the same statement.
func (f *finder) unpublished(code string) (party.Party, bool) {
	if p, ok := f.waiting[code]; ok {
		return p, p.Code != ""
	}
	if f.err != nil || !party.ValidCode(code) {
		return party.Party{}, false
	}
	var public, doc string
	err := f.tx.QueryRow(f.ctx, `SELECT coalesce((SELECT doc FROM parties WHERE code = $1), ''), coalesce((SELECT doc FROM intake_parties WHERE party = $1), '')`, code).Scan(&public, &doc)
	if err != nil {
		f.err = err
		return party.Party{}, false
	}
	f.public.Learn(code, public)
	var p party.Party
	switch {
	case doc != "":
		f.err = json.Unmarshal([]byte(doc), &p)
	default:
		if c, ok := place.ByAlpha3(code); ok && party.FromCountry(c).Code == code {
			p = party.FromCountry(c)
		}
	}
	f.waiting[code] = p
	return p, p.Code != ""
}

// IsParty reports whether a code is that of a party which somebody can speak for: of the register,
// introduced by the desk, or a State.
func (d *Desk) IsParty(ctx context.Context, tx *db.Tx, code string) (bool, error) {
	f := d.lookup(ctx, tx)
	p, is := f.find(code)
	return is && p.Kind != "", f.Err() // an area that is no State has no kind before the desk introduces it
}

// PartyName is what such a party is called in a language; its code where there is none.
func (d *Desk) PartyName(ctx context.Context, tx *db.Tx, code string, c lang.Code) (string, error) {
	f := d.lookup(ctx, tx)
	if p, is := f.find(code); is {
		code = p.Name(c)
	}
	return code, f.Err()
}

func (f *finder) Err() error {
	if f.err != nil {
		return f.err
	}
	return f.public.Err()
}

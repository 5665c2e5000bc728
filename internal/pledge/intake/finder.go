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
func lookup(ctx context.Context, tx *db.Tx) *finder {
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

// unpublished finds a party that would enter the register with its first pledge.
func (f *finder) unpublished(code string) (party.Party, bool) {
	if _, ok := f.waiting[code]; !ok && f.err == nil && party.ValidCode(code) {
		var public, waiting string
		if f.err = f.tx.QueryRow(f.ctx, `SELECT `+docsOf(`$1`), code).Scan(&public, &waiting); f.err == nil {
			f.learn(code, public, waiting)
		}
	}
	p := f.waiting[code]
	return p, p.Code != ""
}

// docsOf are columns with what the register has of a party, and what the desk has introduced.
func docsOf(code string) string {
	return `coalesce((SELECT doc FROM parties WHERE code = ` + code + `), ''), coalesce((SELECT doc FROM intake_parties WHERE party = ` + code + `), '')`
}

// learn takes in docsOf.
func (f *finder) learn(code, public, waiting string) {
	f.public.Learn(code, public)
	var p party.Party
	if waiting != "" {
		f.err = json.Unmarshal([]byte(waiting), &p)
	} else if c, ok := place.ByAlpha3(code); ok {
		if state := party.FromCountry(c); state.Code == code {
			p = state
		}
	}
	f.waiting[code] = p
}

// IsParty reports whether a code is that of a party which somebody can speak for: of the register,
// introduced by the desk, or a State.
func (d *Desk) IsParty(ctx context.Context, tx *db.Tx, code string) (bool, error) {
	f := lookup(ctx, tx)
	p, is := f.find(code)
	return is && p.Kind != "", f.Err() // an area that is no State has no kind before the desk introduces it
}

// PartyName is what such a party is called in a language; its code where there is none.
func (d *Desk) PartyName(ctx context.Context, tx *db.Tx, code string, c lang.Code) (string, error) {
	f := lookup(ctx, tx)
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

package page

import "strings"

// Awaited is a pledge that was announced and whose text is awaited. It stands apart: no list and no
// number of pledges has it.
type Awaited struct {
	Party    Item
	Occasion Said
	Date     string
	Position int64
}

// Announced lists what was announced and is awaited at the reader's moment, of all parties ("") or
// of one and its parts.
func (r *Reader) Announced(v PartyNamer, code string) ([]Awaited, error) {
	all, err := r.Snap.Announcements(r.Pin(), r.Today)
	if err != nil {
		return nil, err
	}
	var awaited []Awaited
	for _, a := range all {
		if code != "" && a.Party != code && !strings.HasPrefix(a.Party, code+".") {
			continue
		}
		who := Item{Href: r.PartyLink(a.Party), Text: r.NameOf(v, a.Party)}
		awaited = append(awaited, Awaited{Party: who, Occasion: Say(a.Occasion, a.Language), Date: r.P.Date(a.On), Position: a.Position})
	}
	return awaited, nil
}

// FiguresReceipt is the address of the proof that the figures of a day are in the register.
func (r *Reader) FiguresReceipt(day string) string { return "/api/v1/figures/" + day + "/receipt" }

package page

import "slices"

// Actor is a party that acts in a pledge, itself or through the parts that are named.
type Actor struct {
	Item
	Code  string
	Named bool // the pledge names the party itself, and not only parts of it
	Parts []Part
}

// Part is a ministry or the like that acts for the party that it belongs to.
type Part struct {
	Item
	Code string
}

// Acting groups the parties of a pledge by those they act for, in the order in which the
// pledge names them.
func (r *Reader) Acting(v PartyNamer, codes []string) []Actor {
	var actors []Actor
	for _, code := range codes {
		root := rootOf(v, code)
		i := slices.IndexFunc(actors, func(a Actor) bool { return a.Code == root })
		if i < 0 {
			i = len(actors)
			actors = append(actors, Actor{Item: Item{Href: r.PartyLink(root), Text: r.NameOf(v, root)}, Code: root})
		}
		if code == root {
			actors[i].Named = true
			continue
		}
		actors[i].Parts = append(actors[i].Parts, Part{Item: Item{Href: r.PartyLink(code), Text: r.NameOf(v, code)}, Code: code})
	}
	return actors
}

// rootOf is the party that the one with the code acts for; a parent that the view does not
// know is left out.
func rootOf(v PartyNamer, code string) string {
	for range 8 { // deeper than any register has; a circle ends too
		p, ok := v.Party(code)
		if !ok || p.Parent == "" {
			return code
		}
		if _, ok := v.Party(p.Parent); !ok {
			return code
		}
		code = p.Parent
	}
	return code
}

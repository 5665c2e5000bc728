package explore

import (
	"slices"
	"strings"
)

// addAnswer notes that a version of a pledge answers another pledge.
func (f *folded) addAnswer(version uint32, to string) {
	if to == "" {
		return
	}
	p, known := f.answers.get(to)
	if !known {
		to = strings.Clone(to)
	}
	f.answers.put(f.round, to, p.grow(f.round, version, true))
}

// Answers lists the ids of the pledges of the view that answer a pledge (whose Matches is id),
// in ascending order.
func (v *View) Answers(id string) []string {
	p, known := v.s.answers.get(id)
	if !known {
		return nil
	}
	var out []string
	p.set().and(v.within).each(func(n uint32) {
		out = append(out, v.s.subjects.at(v.s.versions.at(n).pledge).id)
	})
	slices.SortFunc(out, compareIDs)
	return out
}

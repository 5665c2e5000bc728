package pledge

import (
	"iter"

	"stocktake/internal/compact"
	"stocktake/internal/party"
)

// Counts are the figures of a list of pledges. Only pledges that stand are counted: published,
// and neither withdrawn nor superseded.
//
//   - Pledges: each once, however many make it. A joint pledge is its lead's.
//   - Participations: pairs of a pledge and a party that acts in it. Two ministries of one
//     State in one pledge are one participation of that State.
//   - Parties: those that act, each once. A ministry acts for its State, a department for its
//     organization; a group acts for itself, and its members are not counted with it.
//   - States: of these parties, the ones that the compact counts as States.
//
// A figure that says "States" therefore never exceeds the number of States, and 20 names of
// ministries and agencies of 11 States are 11.
type Counts struct {
	Pledges        int
	Participations int
	Parties        int
	States         int
}

// Count counts pledges; known finds their parties.
func Count(pack *compact.Pack, known party.Lookup, pledges iter.Seq[Pledge]) Counts {
	var c Counts
	seen := map[string]bool{}
	for p := range pledges {
		if !p.Stands() {
			continue
		}
		c.Pledges++
		for _, root := range p.Acting() {
			c.Participations++
			if seen[root] {
				continue
			}
			seen[root] = true
			c.Parties++
			if who, ok := known(root); ok && who.IsState(pack) {
				c.States++
			}
		}
	}
	return c
}

// Stands reports whether the pledge counts: published, and neither withdrawn nor superseded.
func (p Pledge) Stands() bool { return p.Status == Published }

// Lead is the party that owns the pledge, "" where it has none.
func (p Pledge) Lead() string {
	if len(p.Parties) == 0 {
		return ""
	}
	return p.Parties[0]
}

// Acting lists the parties that act in the pledge, each once, the lead's first: the State for
// its ministry, the organization for its department.
func (p Pledge) Acting() []string {
	acting := make([]string, 0, len(p.Parties))
	seen := make(map[string]bool, len(p.Parties))
	for _, code := range p.Parties {
		if root := party.Root(code); !seen[root] {
			seen[root] = true
			acting = append(acting, root)
		}
	}
	return acting
}

// StageOf is how far a pledge is by its reports, in the order of their numbers: what the latest
// says, Unreported where there is none.
func StageOf(reports []Report) Stage {
	if len(reports) == 0 {
		return Unreported
	}
	return reports[len(reports)-1].Stage
}

package explore

import "stocktake/internal/pledge"

// Under Query.OwnObjectives the pledges stay what they are, and the objectives of a pledge are
// those that its party or a secretariat chose. A pledge whose objectives were inferred has none.

func (v *View) ownObjectives(filter string) bool {
	return v.Query.OwnObjectives && filter == "objective"
}

func (v *View) inferred() set { return v.s.facts[factObjectivesBy].set(pledge.ByInference) }

// withObjectives is the versions with any of the objectives.
func (v *View) withObjectives(asked []string) set {
	var sets []set
	for _, value := range asked {
		sets = append(sets, v.s.facts[factObjective].set(value).minus(v.inferred()))
		if value == None {
			sets = append(sets, v.inferred())
		}
	}
	return union(sets...)
}

// objectives counts live versions by objective.
func (v *View) objectives(in set) []Bucket {
	chosen := in.minus(v.inferred())
	counts := v.s.buckets(v.s.tallyOf(v.b, chosen, columnObjectives), factObjective)
	others := in.count() - chosen.count()
	for i := range counts {
		if counts[i].Value == None {
			counts[i].Count += others
			return counts
		}
	}
	if others > 0 {
		counts = append(counts, Bucket{None, others})
	}
	return counts
}

// named is how many values there are, None not counted.
func named(counts []Bucket) (n int) {
	for _, b := range counts {
		if b.Value != None {
			n++
		}
	}
	return n
}

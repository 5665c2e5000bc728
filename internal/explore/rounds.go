package explore

import "stocktake/internal/compact"

// round is a round of reporting of the pack, its days as numbers.
type round struct{ asked, due day }

func roundsOf(pack *compact.Pack) []round {
	var out []round
	for _, r := range pack.Rounds {
		asked, ok := parseDay(r.Asked)
		due, known := parseDay(r.Due)
		if ok && known { // as the pack's reader has checked
			out = append(out, round{asked, due})
		}
	}
	return out
}

// silence is how a pledge without any report stands on a day, as the place of its value among
// recencyNames. The first round that was opened when the pledge was public decides: whoever
// did not answer it was asked without reply, and asking again does not undo that.
func silence(rounds []round, published, today day) int {
	for _, r := range rounds {
		switch {
		case r.asked < published: // asked of others
		case today < r.asked:
			return placeNotAsked
		case today <= r.due:
			return placeNotDue
		default:
			return placeNoReply
		}
	}
	return placeNotAsked
}

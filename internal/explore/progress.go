package explore

import (
	"slices"
	"sync"

	"stocktake/internal/pledge"
)

// How long ago the last report became public, seen from the day of the view; of pledges without
// one also whether they were asked, so that each of these has two values.
var recencyNames = []string{"never", "not_asked", "not_due", "no_reply", "1y", "2y", "older"}

// Places in recencyNames.
const (
	placeNever    = iota
	placeNotAsked // no round of reporting was opened since it became public
	placeNotDue   // one was, and is open still
	placeNoReply  // one was, and is over
	placeOne      // less than a year
	placeTwo      // one year to two
	placeOlder    // two years and more
)

// Stages are kept as their place in pledge.Stages; the first is Unreported.
var (
	fulfilled    = stageNumber(pledge.Fulfilled)
	discontinued = stageNumber(pledge.Discontinued)
)

func stageNumber(s pledge.Stage) uint8 { return uint8(max(slices.Index(pledge.Stages, s), 0)) }

// progressName is one value of the facets that move with the day.
type progressName struct{ facet, value string }

// progressNames are these values; what a pledge has of them is one number, its place in
// progressCodes.
var (
	progressNames = namesOfProgress()
	progressCodes = codesOfProgress()
)

func namesOfProgress() (names []progressName) {
	for _, s := range pledge.Stages {
		names = append(names, progressName{"stage", string(s)})
	}
	for _, r := range recencyNames {
		names = append(names, progressName{"recency", r})
	}
	return append(names, progressName{"active", yes}, progressName{"active", None}, progressName{"overdue", yes}, progressName{"overdue", None})
}

// progressCode is the number of a combination; recency is the more exact value. notProgressing
// stands for versions that are not live.
func progressCode(stage uint8, recency, inactive, intime int) uint8 {
	return ((stage*uint8(len(recencyNames))+uint8(recency))*2+uint8(inactive))*2 + uint8(intime)
}

const notProgressing = 255

func codesOfProgress() [][]int {
	codes := make([][]int, progressCode(uint8(len(pledge.Stages)-1), len(recencyNames)-1, 1, 1)+1)
	for stage := range pledge.Stages {
		for recency := range recencyNames {
			for inactive := range 2 {
				for intime := range 2 {
					first := len(pledge.Stages)
					of := []int{stage, first + recency, first + len(recencyNames) + inactive, first + len(recencyNames) + 2 + intime}
					if placeNever < recency && recency <= placeNoReply {
						of = append(of, first+placeNever)
					}
					codes[progressCode(uint8(stage), recency, inactive, intime)] = of
				}
			}
		}
	}
	return codes
}

// progressOf says of a pledge of a base how far it is and when it was last heard of; told is the
// row of its latest report, -1 for none.
//
//   - recency counts from the day on which the latest report became public; see silence for
//     pledges without one.
//   - active: not discontinued, and the last sign of life (publication or latest report) is not
//     longer ago than the pack lets pass before a pledge lapses.
//   - overdue: the next report was due before the day of the view, unless the pledge has been
//     fulfilled or discontinued.
func (s *Snapshot) progressOf(b *base) func(i uint32, told int32) uint8 {
	year, years := b.day.monthsBefore(12), b.day.monthsBefore(24)
	lapse, due := s.pack.Calendar.LapseAfterMonths, s.pack.Calendar.ReportEveryMonths
	lapsed, late := b.day.monthsBefore(lapse), b.day.monthsBefore(due)
	rounds := roundsOf(s.pack)
	return func(i uint32, told int32) uint8 {
		heard := s.publishedOn(s.subjects.at(i), b.size, b.day)
		stage, recency, inactive, intime := uint8(0), placeOlder, 1, 1
		if told < 0 {
			recency = silence(rounds, heard, b.day)
		} else {
			report := s.sides.at(uint32(told))
			stage, heard = report.stage, max(heard, report.eff)
			switch {
			case report.eff > year:
				recency = placeOne
			case report.eff > years:
				recency = placeTwo
			}
		}
		if stage != discontinued && (lapse == 0 || heard >= lapsed) {
			inactive = 0
		}
		if due > 0 && heard < late && stage != fulfilled && stage != discontinued {
			intime = 0
		}
		return progressCode(stage, recency, inactive, intime)
	}
}

// noProgress has room for every version, in whole chunks.
func noProgress(versions int) []uint8 {
	out := make([]uint8, (versions+chunkSize-1)&^(chunkSize-1))
	for i := range out {
		out[i] = notProgressing
	}
	return out
}

// with is the live versions that have one of the progressNames.
func (b *base) with(place int) set {
	return b.sets.get(place, func() set {
		var with [256]uint8
		for code, places := range progressCodes {
			if slices.Contains(places, place) {
				with[code] = 1
			}
		}
		d := newDense(len(b.progress))
		for v := 0; v < len(b.progress); v += 64 {
			var word uint64
			for i, code := range b.progress[v : v+64] {
				word |= uint64(with[code]) << i
			}
			d.put(uint32(v), word)
		}
		return d.set()
	})
}

// memo keeps sets that were made on demand, by number.
type memo struct {
	mu   sync.Mutex
	sets map[int]set
}

func (m *memo) get(number int, make func() set) set {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, known := m.sets[number]
	if !known {
		if m.sets == nil {
			m.sets = map[int]set{}
		}
		s = make()
		m.sets[number] = s
	}
	return s
}

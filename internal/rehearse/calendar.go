package rehearse

import (
	"slices"
	"time"

	"stocktake/internal/compact"
	"stocktake/internal/pledge"
)

// Publication days. A secretariat publishes in batches: every second Friday, and on each day of
// the forum. A rehearsal of many pledges has fewer days, and so fewer commits: it is like an
// import of older records, once in a quarter.
const (
	fewPledges = 5_000
	fortnight  = 14
	quarter    = 91
)

// years is how long a rehearsal lasts where the compact's adoption does not say.
const years = 8

// openCalendar lists the publication days from the adoption of the compact to Today, with how
// much is published on each: more from year to year, several times as much in the weeks before a forum, and
// most on its days.
func openCalendar(pack *compact.Pack, pledges int) (days []time.Time, share []int) {
	end := mustDay(Today)
	begin := end.AddDate(-years, 0, 0)
	if adopted, ok := pledge.ParseDate(pack.Adoption.AdoptedOn); ok && adopted.First().Before(end.AddDate(-1, 0, 0)) {
		begin = adopted.First()
	}
	step := fortnight
	if pledges > fewPledges {
		step = quarter
	}
	for day := begin.AddDate(0, 0, (int(time.Friday)-int(begin.Weekday())+7)%7); !day.After(end); day = day.AddDate(0, 0, step) {
		days = append(days, day)
	}
	var forums []span
	for _, e := range pack.Editions {
		if f, ok := spanOf(e); ok {
			forums = append(forums, f)
			for day := f.opens; !day.After(f.closes) && !day.After(end); day = day.AddDate(0, 0, 1) {
				if !day.Before(begin) {
					days = append(days, day)
				}
			}
		}
	}
	slices.SortFunc(days, time.Time.Compare)
	days = slices.CompactFunc(days, time.Time.Equal)
	for _, day := range days {
		weight := (10 + 2*(day.Year()-begin.Year())) * step / fortnight
		for _, f := range forums {
			switch {
			case !day.Before(f.opens) && !day.After(f.closes):
				weight = 150
			case day.Before(f.opens) && day.After(f.opens.AddDate(0, -3, 0)):
				weight *= 4
			}
		}
		share = append(share, weight)
	}
	return days, share
}

type span struct {
	edition       compact.Edition
	opens, closes time.Time
}

func spanOf(e compact.Edition) (span, bool) {
	opens, err1 := time.Parse(time.DateOnly, e.Opens)
	closes, err2 := time.Parse(time.DateOnly, e.Closes)
	return span{e, opens, closes}, err1 == nil && err2 == nil
}

// spread gives the last serial of each day, so that the days have their shares of n.
func spread(share []int, n int) []int64 {
	total := 0
	for _, w := range share {
		total += w
	}
	out := make([]int64, len(share))
	sum := 0
	for i, w := range share {
		sum += w
		out[i] = int64(n) * int64(sum) / int64(total)
	}
	return out
}

func mustDay(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic("rehearse: " + err.Error()) // a constant of this package
	}
	return t
}

func at(day time.Time, after time.Duration) time.Time { return day.Add(after) }

// moment is when a transaction of a day happens: in the afternoon (UTC), one after the other,
// at no round time.
func (m *maker) moment(day, part int) time.Time {
	d := roll(m.seed, "moment", int64(day)<<16+int64(part))
	within := time.Duration(d.IntN(int(8*time.Minute/time.Microsecond))) * time.Microsecond
	return m.days[day].Add(13*time.Hour + time.Duration(part)*8*time.Minute + within)
}

// lastOn is the last serial that is published up to the day's end.
func (m *maker) lastOn(day int) int64 { return m.last[day] }

// dayAfter is the first publication day at least so many days after another; ok is false where
// the rehearsal ends before.
func (m *maker) dayAfter(day, wait int) (int, bool) {
	from := m.days[day].AddDate(0, 0, wait)
	i, _ := slices.BinarySearchFunc(m.days, from, time.Time.Compare)
	return i, i < len(m.days)
}

// public is the day on which a pledge became public: that of its publication, or, where these
// are far apart, one since the last of them, in the order of the serials.
func (m *maker) public(serial int64, day int) time.Time {
	if m.scenario != nil || m.total <= fewPledges || day == 0 {
		return m.days[day]
	}
	before, first := m.days[day-1], m.last[day-1]
	between := int64(m.days[day].Sub(before) / (24 * time.Hour))
	return before.AddDate(0, 0, int(1+(serial-first-1)*between/(m.last[day]-first)))
}

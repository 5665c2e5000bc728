package explore

import (
	"math"
	"time"
)

// day counts days since 1 January 1970 (UTC): the index compares dates as numbers.
type day int32

const isoDay = "2006-01-02"

// lastDay is after every day of an entry.
const lastDay = day(math.MaxInt32)

// parseDay reads "2022-05-20"; it must be a day of the calendar.
func parseDay(s string) (day, bool) {
	t, err := time.Parse(isoDay, s)
	if err != nil {
		return 0, false
	}
	return day(t.Unix() / 86400), true // Unix is a whole number of days: no rounding
}

func (d day) time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

func (d day) String() string { return d.time().Format(isoDay) }

// monthsBefore is the same day of the month so many months earlier; a day that this month does
// not have runs over into the next, as in time.AddDate.
func (d day) monthsBefore(months int) day {
	return day(d.time().AddDate(0, -months, 0).Unix() / 86400)
}

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
	if len(s) != len(isoDay) || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	number := func(digits string) (n int) {
		for i := range len(digits) {
			if c := digits[i]; c < '0' || c > '9' {
				return -1
			}
			n = n*10 + int(digits[i]-'0')
		}
		return n
	}
	y, m, d := number(s[:4]), number(s[5:7]), number(s[8:])
	if y < 0 || m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return 0, false
	}
	// Counted from 1 March of the year 0, so that the day of a leap year comes last.
	if m < 3 {
		y, m = y-1, m+12
	}
	return day(365*y + floorDiv(y, 4) - floorDiv(y, 100) + floorDiv(y, 400) + (153*(m-3)+2)/5 + d - 1 - 719_468), true
}

func daysIn(y, m int) int {
	switch {
	case m == 2 && y%4 == 0 && (y%100 != 0 || y%400 == 0):
		return 29
	case m == 2:
		return 28
	case m == 4 || m == 6 || m == 9 || m == 11:
		return 30
	}
	return 31
}

func floorDiv(n, by int) int {
	if n < 0 {
		return (n - by + 1) / by
	}
	return n / by
}

func (d day) time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

func (d day) String() string { return d.time().Format(isoDay) }

// monthsBefore is the same day of the month so many months earlier; a day that this month does
// not have runs over into the next, as in time.AddDate.
func (d day) monthsBefore(months int) day {
	return day(d.time().AddDate(0, -months, 0).Unix() / 86400)
}

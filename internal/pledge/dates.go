package pledge

import (
	"cmp"
	"strings"
	"time"
)

// Date is a day, or a month or a year where nothing more is known. Month and Day are 0 where
// they are not known.
type Date struct{ Year, Month, Day int }

// Years outside of these are mistakes of typing, not dates of a pledge.
const firstYear, lastYear = 1945, 2199

// ParseDate reads "2022-05-20", "2022-05" or "2022"; the day must be one of the calendar.
func ParseDate(s string) (Date, bool) {
	layout, ok := map[int]string{4: "2006", 7: "2006-01", 10: "2006-01-02"}[len(s)]
	if !ok {
		return Date{}, false
	}
	t, err := time.Parse(layout, s)
	if err != nil || t.Format(layout) != s || t.Year() < firstYear || t.Year() > lastYear {
		return Date{}, false
	}
	d := Date{Year: t.Year()}
	if len(s) >= 7 {
		d.Month = int(t.Month())
	}
	if len(s) == 10 {
		d.Day = t.Day()
	}
	return d, true
}

// First is the first day that the date may mean: "2022-05" may be the 1st of May.
func (d Date) First() time.Time {
	return time.Date(d.Year, time.Month(max(d.Month, 1)), max(d.Day, 1), 0, 0, 0, 0, time.UTC)
}

// Last is the last day that the date may mean: "2022-05" may be the 31st of May.
func (d Date) Last() time.Time {
	switch {
	case d.Month == 0:
		return time.Date(d.Year, time.December, 31, 0, 0, 0, 0, time.UTC)
	case d.Day == 0:
		return time.Date(d.Year, time.Month(d.Month)+1, 0, 0, 0, 0, 0, time.UTC)
	}
	return d.First()
}

// MayPrecede reports whether there is a reading of both dates in which d is not after e. A
// pledge that starts in "2022-05" and ends in "2022" is in order; one from "2023" to "2022-12" is not.
func (d Date) MayPrecede(e Date) bool { return !d.First().After(e.Last()) }

// CompareDates puts dates in order for lists: by first day, the vaguer one first. What is no
// date comes last.
func CompareDates(a, b string) int {
	da, aok := ParseDate(a)
	db, bok := ParseDate(b)
	switch {
	case !aok && !bok:
		return strings.Compare(a, b)
	case !aok:
		return 1
	case !bok:
		return -1
	}
	return cmp.Or(da.First().Compare(db.First()), len(a)-len(b))
}

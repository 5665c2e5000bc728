package explore

import (
	"testing"
	"time"
)

// FuzzParseDay holds the days to those of package time.
func FuzzParseDay(f *testing.F) {
	for _, s := range []string{"1970-01-01", "2024-02-29", "2023-02-29", "2100-02-29", "2000-02-29", "0000-02-29", "0000-01-01", "9999-12-31",
		"2022-04-31", "2022-13-01", "2022-00-10", "2022-5-20", "2022-05-20T", "+022-05-20", "1600-03-01", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, err := time.Parse(isoDay, s)
		got, ok := parseDay(s)
		if ok != (err == nil) || ok && (int64(got)*86400 != want.Unix() || got.String() != s) {
			t.Errorf("%q is day %d, %v; package time says %v, %v", s, got, ok, want, err)
		}
	})
}

func TestEveryDayIsRead(t *testing.T) {
	for on := time.Date(1896, 1, 1, 0, 0, 0, 0, time.UTC); on.Year() < 2105; on = on.AddDate(0, 0, 1) {
		if got, ok := parseDay(on.Format(isoDay)); !ok || int64(got)*86400 != on.Unix() {
			t.Fatalf("%s is day %d", on.Format(isoDay), got)
		}
	}
}

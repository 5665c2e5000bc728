package pledge_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"stocktake/internal/pledge"
)

func TestParseDate(t *testing.T) {
	for _, tt := range []struct {
		s           string
		ok          bool
		first, last string
	}{
		{"2022", true, "2022-01-01", "2022-12-31"},
		{"2022-05", true, "2022-05-01", "2022-05-31"},
		{"2022-02", true, "2022-02-01", "2022-02-28"},
		{"2024-02", true, "2024-02-01", "2024-02-29"},
		{"2022-12", true, "2022-12-01", "2022-12-31"},
		{"2022-05-20", true, "2022-05-20", "2022-05-20"},
		{"2024-02-29", true, "2024-02-29", "2024-02-29"},
		{s: "2023-02-29"}, {s: "2022-13"}, {s: "2022-00"}, {s: "2022-5"}, {s: "22"}, {s: ""}, {s: "2022-05-20T00:00:00Z"},
		{s: "20/05/2022"}, {s: "1802"}, {s: "9999-01-01"}, {s: "+022"}, {s: "２０２２"}, {s: "2022 -1"},
	} {
		d, ok := pledge.ParseDate(tt.s)
		if ok != tt.ok {
			t.Errorf("ParseDate(%q) ok = %v", tt.s, ok)
			continue
		}
		if ok && (d.First().Format(time.DateOnly) != tt.first || d.Last().Format(time.DateOnly) != tt.last) {
			t.Errorf("%q is from %s to %s", tt.s, d.First().Format(time.DateOnly), d.Last().Format(time.DateOnly))
		}
	}
}

func TestMayPrecede(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"2022", "2022", true}, {"2022-05", "2022", true}, {"2022", "2022-01-01", true}, {"2022-06", "2022-05-31", false},
		{"2023", "2022-12", false}, {"2022-05-20", "2022-05-20", true}, {"2022-05-21", "2022-05-20", false}, {"2022-05-21", "2022-05", true},
	} {
		a, _ := pledge.ParseDate(tt.a)
		b, _ := pledge.ParseDate(tt.b)
		if got := a.MayPrecede(b); got != tt.want {
			t.Errorf("%s may precede %s: %v", tt.a, tt.b, got)
		}
	}
}

func TestCompareDates(t *testing.T) {
	dates := []string{"", "2022-05-01", "2021-12-31", "2022", "2022-05", "2022-01-01", "soon"}
	slices.SortFunc(dates, pledge.CompareDates)
	want := []string{"2021-12-31", "2022", "2022-01-01", "2022-05", "2022-05-01", "", "soon"}
	if !slices.Equal(dates, want) {
		t.Errorf("got %q, want %q", dates, want)
	}
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2022", "2022-05", "2022-05-20", "2022-02-30", "", "٢٠٢٢"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, ok := pledge.ParseDate(s)
		if !ok {
			return
		}
		if d.First().After(d.Last()) || !d.MayPrecede(d) {
			t.Errorf("%q begins after it ends", s)
		}
		if d.First().Format("2006-01-02")[:len(s)] != s {
			t.Errorf("%q was read as %v", s, d)
		}
	})
}

func TestADayWithinADateMayPrecedeIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := time.Date(rapid.IntRange(1950, 2100).Draw(t, "year"), 1, 1+rapid.IntRange(0, 364).Draw(t, "day"), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		d, _ := pledge.ParseDate(day)
		for _, n := range []int{4, 7, 10} {
			vague, ok := pledge.ParseDate(day[:n])
			if !ok || !d.MayPrecede(vague) || !vague.MayPrecede(d) {
				t.Fatalf("%s and %s", day, day[:n])
			}
		}
	})
}

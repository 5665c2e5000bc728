package lang

import (
	"fmt"
	"testing"
	"time"
)

func TestMeant(t *testing.T) {
	for s, want := range map[string]string{
		"31.12.2023": "2023-12-31", "31/12/2023": "2023-12-31", "31-12-2023": "2023-12-31", " 31 . 12 . 2023 ": "2023-12-31",
		"12/31/2023": "2023-12-31", "05/05/2023": "2023-05-05",
		"2023": "2023-12-31", "2023-12": "2023-12-31", "02/2024": "2024-02-29", "2023/1/5": "2023-01-05", "20231231": "2023-12-31",
		"31 December 2023": "2023-12-31", "December 31, 2023": "2023-12-31", "31st dec. 2023": "2023-12-31", "December 2023": "2023-12-31",
		"31 décembre 2023": "2023-12-31", "1er août 2023": "2023-08-01", "31 de diciembre de 2023": "2023-12-31",
		"31 декабря 2023 г.": "2023-12-31", "декабрь 2023 года": "2023-12-31", "2023年12月31日": "2023-12-31", "2023年": "2023-12-31",
		"31 كانون الأول/ديسمبر 2023": "2023-12-31", "٣١ ديسمبر ٢٠٢٣": "2023-12-31", "٣١/١٢/٢٠٢٣": "2023-12-31",
		// In two ways, or in none.
		"03/04/2023": "", "3.4.2023": "", "31.12.23": "", "31/2023/12": "", "2023-02-31": "", "31.02.2023": "", "2023-13": "", "2023-00": "",
		"": "", "yesterday": "", "31 Dezember 2023": "", "12": "", "2022 2023": "", "99": "", "1 2 3 2023": "", "31 12 December 2023": "",
	} {
		if got, ok := Meant(s); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q, %v; want %q", s, got, ok, want)
		}
	}
}

// What the site itself writes is read as what it says.
func TestMeantReadsTheDatesOfEveryLanguage(t *testing.T) {
	for _, c := range All {
		for m := range 12 {
			for _, d := range []int{1, 28} {
				day := fmt.Sprintf("2023-%02d-%02d", m+1, d)
				if got, ok := Meant(Date(c, day)); !ok || got != day {
					t.Errorf("%s: %q is read as %q, %v", c, Date(c, day), got, ok)
				}
			}
			month := fmt.Sprintf("2023-%02d", m+1)
			if got, ok := Meant(Date(c, month)); !ok || got[:7] != month {
				t.Errorf("%s: %q is read as %q, %v", c, Date(c, month), got, ok)
			}
		}
	}
}

func FuzzMeant(f *testing.F) {
	f.Add("31.12.2023")
	f.Add("31 كانون الأول/ديسمبر 2023")
	f.Fuzz(func(t *testing.T, s string) {
		if day, ok := Meant(s); ok {
			if _, err := time.Parse(time.DateOnly, day); err != nil {
				t.Errorf("%q is read as %q", s, day)
			}
		}
	})
}

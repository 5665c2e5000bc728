package followup

import (
	"testing"

	"pgregory.net/rapid"

	"stocktake/internal/compact"
	"stocktake/internal/pledge"
)

var yearly = Calendar{EveryMonths: 12, RemindBefore: []int{30, 7}, LapseAfter: 24, Rounds: []Round{{"2026-01-15", "2026-03-31"}}}

func TestWhatIsAskedWhen(t *testing.T) {
	for _, tt := range []struct {
		name, day string
		life      Life
		want      string // key, "" for nothing
	}{
		{"nothing in the first months", "2023-04-19", Life{Published: "2022-05-20"}, ""},
		{"a month before a year is over", "2023-04-20", Life{Published: "2022-05-20"}, "rhythm:2023-05-20"},
		{"still the same when overdue", "2024-04-19", Life{Published: "2022-05-20"}, "rhythm:2023-05-20"},
		{"again after another silent year", "2024-04-20", Life{Published: "2022-05-20"}, "rhythm:2024-05-20"},
		{"a year after the last report", "2024-08-02", Life{Published: "2022-05-20", Reports: []string{"2023-09-01"}}, "rhythm:2024-09-01"},
		{"not before", "2024-08-01", Life{Published: "2022-05-20", Reports: []string{"2023-09-01"}}, ""},
		{"the round before the forum", "2026-01-15", Life{Published: "2025-05-20"}, "round:2026-03-31"},
		{"the rhythm after it", "2026-04-20", Life{Published: "2025-05-20"}, "rhythm:2026-05-20"},
		{"a report answers the round", "2026-02-02", Life{Published: "2025-05-20", Reports: []string{"2026-02-01"}}, ""},
		{"a pledge of after the call", "2026-02-02", Life{Published: "2026-01-20"}, ""},
		{"fulfilled", "2024-05-20", Life{Published: "2022-05-20", Reports: []string{"2023-01-01"}, Stage: pledge.Fulfilled}, ""},
		{"discontinued", "2024-05-20", Life{Published: "2022-05-20", Reports: []string{"2023-01-01"}, Stage: pledge.Discontinued}, ""},
		{"withdrawn", "2024-05-20", Life{Published: "2022-05-20", Ended: true}, ""},
		{"before it was public", "2022-05-19", Life{Published: "2022-05-20"}, ""},
		{"from the last day of a February", "2025-02-01", Life{Published: "2024-02-29"}, "rhythm:2025-02-28"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, _ := yearly.Current(tt.life, tt.day)
			if r.Key != tt.want {
				t.Errorf("asked %q, want %q", r.Key, tt.want)
			}
		})
	}
}

func TestTheLettersOfARequest(t *testing.T) {
	r := Request{Key: "rhythm:2023-05-20", Asked: "2023-04-20", Due: "2023-05-20"}
	for _, tt := range []struct{ name, last, sent, day, want string }{
		{"the first", "", "", "2023-04-20", LetterRequest},
		{"no second one the same day", "asked", "2023-04-20", "2023-04-20", ""},
		{"none in between", "asked", "2023-04-20", "2023-05-12", ""},
		{"a week before", "asked", "2023-04-20", "2023-05-13", LetterReminder},
		{"on the day", "before:2023-05-13", "2023-05-13", "2023-05-20", LetterDue},
		{"two weeks after", "due", "2023-05-20", "2023-06-03", LetterOverdue},
		{"four weeks after", "overdue", "2023-06-03", "2023-06-17", LetterEscalated},
		{"nothing after that", "escalated", "2023-06-17", "2023-12-17", ""},
		{"one letter for the days that were missed", "asked", "2023-04-20", "2023-06-30", LetterOverdue},
		{"nobody is escalated who was not told", "", "", "2023-12-01", LetterOverdue},
		{"and has a week", "overdue", "2023-12-01", "2023-12-07", ""},
		{"then", "overdue", "2023-12-01", "2023-12-08", LetterEscalated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := yearly.Next(r, tt.last, tt.sent, tt.day)
			if s.Letter != tt.want {
				t.Errorf("sends %q, want %q", s.Letter, tt.want)
			}
		})
	}
}

func TestAPledgeLapsesAndComesBack(t *testing.T) {
	l := Life{Published: "2022-05-20"}
	if yearly.Lapsed(l, "2024-05-20") || !yearly.Lapsed(l, "2024-05-21") {
		t.Error("it lapses after two silent years, and not before")
	}
	if l.Reports = []string{"2024-06-01"}; yearly.Lapsed(l, "2024-06-01") {
		t.Error("one report brings it back")
	}
	off := yearly
	if off.LapseAfter = 0; off.Lapsed(l, "2099-01-01") {
		t.Error("it lapsed against the policy")
	}
}

func TestTheCalendarIsThePacks(t *testing.T) {
	p, err := compact.Embedded(compact.DefaultPack)
	if err != nil {
		t.Fatal(err)
	}
	c := CalendarOf(p)
	if c.EveryMonths != p.Calendar.ReportEveryMonths || len(c.Rounds) != len(p.Rounds) || c.LapseAfter != p.Calendar.LapseAfterMonths {
		t.Errorf("%+v", c)
	}
}

// days of the draws lie between 2020 and 2030.
func drawDay(t *rapid.T, label string) string {
	return addDays("2020-01-01", rapid.IntRange(0, 3650).Draw(t, label))
}

// Time goes one way: a later day never brings an earlier request or letter back, and a report
// never makes the next one due earlier.
func TestCalendarsAreMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Calendar{EveryMonths: rapid.IntRange(0, 30).Draw(t, "every"), RemindBefore: rapid.SampledFrom([][]int{nil, {30}, {30, 7}, {60, 30, 7}}).Draw(t, "before")}
		for range rapid.IntRange(0, 3).Draw(t, "rounds") {
			asked := drawDay(t, "asked")
			c.Rounds = append(c.Rounds, Round{asked, addDays(asked, rapid.IntRange(0, 120).Draw(t, "days"))})
		}
		l := Life{Published: drawDay(t, "published")}
		for n := rapid.IntRange(0, 3).Draw(t, "reports"); n > 0; n-- {
			l.Reports = append(l.Reports, addDays(l.Heard(), rapid.IntRange(0, 800).Draw(t, "later")))
		}
		first := drawDay(t, "first")
		second := addDays(first, rapid.IntRange(0, 2000).Draw(t, "then"))
		a, asked := c.Current(l, first)
		b, still := c.Current(l, second)
		if asked && !still {
			t.Fatalf("asked %v on %s, nothing on %s", a, first, second)
		}
		if asked && b.Asked < a.Asked {
			t.Fatalf("asked %v on %s, %v on %s", a, first, b, second)
		}
		if still && (b.Asked > second || b.Due < b.Asked || b.Asked < l.Published) {
			t.Fatalf("asked %v on %s", b, second)
		}
		if still {
			on := ""
			for _, s := range c.Steps(b) {
				if s.On < on {
					t.Fatalf("letters out of order: %v", c.Steps(b))
				}
				on = s.On
			}
		}
		if second >= l.Heard() {
			answered := Life{Published: l.Published, Reports: append(l.Reports, second)}
			if r, ok := c.Current(answered, second); ok && r.Due <= second {
				t.Fatalf("a report on %s leaves %v open", second, r)
			}
		}
	})
}

// What a calendar asks next is what it asks on the day that it says, and nothing before.
func TestWhatIsAheadIsAskedNext(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Calendar{EveryMonths: rapid.IntRange(0, 30).Draw(t, "every"), RemindBefore: rapid.SampledFrom([][]int{nil, {30}, {60, 30, 7}}).Draw(t, "before")}
		for range rapid.IntRange(0, 3).Draw(t, "rounds") {
			asked := drawDay(t, "asked")
			c.Rounds = append(c.Rounds, Round{asked, addDays(asked, rapid.IntRange(0, 120).Draw(t, "days"))})
		}
		l := Life{Published: drawDay(t, "published"), Stage: rapid.SampledFrom([]pledge.Stage{pledge.InProgress, pledge.InProgress, pledge.Fulfilled}).Draw(t, "stage")}
		for n := rapid.IntRange(0, 3).Draw(t, "reports"); n > 0; n-- {
			l.Reports = append(l.Reports, addDays(l.Heard(), rapid.IntRange(0, 800).Draw(t, "later")))
		}
		day := drawDay(t, "day")
		now, asked := c.Current(l, day)
		next, ok := c.Ahead(l, day)
		switch {
		case asked && next != now:
			t.Fatalf("%v stands, and %v is ahead", now, next)
		case asked:
			return
		case !ok:
			if later, ever := c.Current(l, "2099-12-31"); ever {
				t.Fatalf("nothing is ahead, and %v is asked", later)
			}
			return
		case next.Asked <= day:
			t.Fatalf("%v is ahead of %s", next, day)
		}
		if then, ok := c.Current(l, next.Asked); !ok || then != next {
			t.Fatalf("%v is asked instead of %v", then, next)
		}
		if before, ok := c.Current(l, addDays(next.Asked, -1)); ok {
			t.Fatalf("%v is asked before %v", before, next)
		}
	})
}

// Day by day, whoever runs the letters however often: no letter twice, none within a week of the
// other, the last one to the second contact.
func TestLettersOfARequestAreSentOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		asked := drawDay(t, "asked")
		r := Request{Key: "k", Asked: asked, Due: addDays(asked, rapid.IntRange(0, 90).Draw(t, "days"))}
		last, sent, day := "", "", addDays(asked, rapid.IntRange(-3, 200).Draw(t, "start"))
		seen := map[string]bool{}
		for range 60 {
			s, ok := yearly.Next(r, last, sent, day)
			if ok {
				if seen[s.Name] || s.On > day || sent != "" && day < addDays(sent, pause) {
					t.Fatalf("%v on %s after %s on %s", s, day, last, sent)
				}
				if s.Letter == LetterEscalated && !seen["overdue"] {
					t.Fatalf("escalated without a word")
				}
				seen[s.Name], last, sent = true, s.Name, day
			}
			day = addDays(day, rapid.IntRange(0, 5).Draw(t, "on"))
		}
	})
}

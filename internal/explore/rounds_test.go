package explore

import (
	"testing"

	"pgregory.net/rapid"
)

func TestSilence(t *testing.T) {
	on := func(s string) day {
		d, ok := parseDay(s)
		if !ok {
			t.Fatal(s)
		}
		return d
	}
	two := []round{{on("2022-01-10"), on("2022-05-16")}, {on("2024-02-01"), on("2024-06-30")}}
	for _, c := range []struct {
		name             string
		rounds           []round
		published, today string
		want             string
	}{
		{"no round at all", nil, "2021-12-10", "2026-01-01", "not_asked"},
		{"before the first", two, "2021-12-10", "2022-01-09", "not_asked"},
		{"on the day of the call", two, "2021-12-10", "2022-01-10", "not_due"},
		{"published that very day", two, "2022-01-10", "2022-01-10", "not_due"},
		{"on the last day", two, "2021-12-10", "2022-05-16", "not_due"},
		{"on the day after", two, "2021-12-10", "2022-05-17", "no_reply"},
		{"asked again", two, "2021-12-10", "2024-03-01", "no_reply"},
		{"published after the call", two, "2022-01-11", "2022-06-01", "not_asked"},
		{"published between the rounds", two, "2022-01-11", "2024-02-01", "not_due"},
		{"the same, when it is over", two, "2022-01-11", "2024-07-01", "no_reply"},
		{"published after the last call", two, "2024-02-02", "2026-11-23", "not_asked"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := recencyNames[silence(c.rounds, on(c.published), on(c.today))]; got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// Silence only ever grows: as days go by, a pledge is first not asked, then not due, then
// without reply, and a later publication never makes it worse.
func TestSilenceGrows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rounds []round
		from := day(0)
		for range rapid.IntRange(0, 4).Draw(t, "rounds") {
			from += day(rapid.IntRange(0, 400).Draw(t, "apart"))
			due := from + day(rapid.IntRange(0, 200).Draw(t, "open"))
			if n := len(rounds); n > 0 {
				due = max(due, rounds[n-1].due)
			}
			rounds = append(rounds, round{from, due})
		}
		published := day(rapid.IntRange(0, 1500).Draw(t, "published"))
		today := published + day(rapid.IntRange(0, 1500).Draw(t, "later"))
		now := silence(rounds, published, today)
		if next := silence(rounds, published, today+1); next < now {
			t.Errorf("%s, and a day later %s", recencyNames[now], recencyNames[next])
		}
		if published < today {
			if younger := silence(rounds, published+1, today); younger > now {
				t.Errorf("%s, and published a day later %s", recencyNames[now], recencyNames[younger])
			}
		}
	})
}

package rehearse_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/rehearse"
)

// small is a scenario of the invented test pack.
const small = `
format: 1
today: 2024-03-29
channel: logbook
rates: {late: 100, reported: 500}
objectives: {1: 3, 2: 1}
facts:
  - {on: 2024-01-31, pledges: 7, state_led_more_than: 3, states: 3, source: an invented report}
parties:
  - {code: the-whale, kind: fleet, names: {en: The Whale}}
cohorts:
  - name: first
    waves: [{from: 2024-01-01, to: 2024-01-31, pledges: 7}]
    leads: {member_state: 4, fleet: 3}
    states: 3
  - name: second
    waves: [{from: 2024-02-01, to: 2024-02-29, pledges: 3}]
    leads: {member_state: 2, aquarium: 1}
    states: 4
special:
  - cohort: first
    on: 2024-01-15
    parties: [the-whale]
    form: individual
    nature: [financial]
    objectives: [3]
    recipient: fund:sea01
    title: {en: Song of the whale}
    text: {en: "{party} sings."}
`

func smallScenario(t *testing.T, text string) (*compact.Pack, *rehearse.Scenario, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../compact/testdata/packs/ocean")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "scenarios", "small.yaml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	pack, err := compact.LoadAny(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := rehearse.ReadScenario(pack, "small")
	return pack, s, err
}

func TestScenario(t *testing.T) {
	pack, s, err := smallScenario(t, small)
	if err != nil {
		t.Fatal(err)
	}
	b, sum := fill(t, dbtest.New(t, db.SQLite), pack, rehearse.Plan{Seed: 5, Scenario: s})
	if sum.Pledges != 10 || sum.Today != "2024-03-29" {
		t.Errorf("%d pledges up to %s", sum.Pledges, sum.Today)
	}
	states, first, whale := map[string]bool{}, 0, 0
	for _, v := range read(t, b).pledges {
		p := v[0]
		if v[0].effective <= "2024-01-31" {
			first++
			for _, code := range p.Acting() {
				if len(code) == 3 {
					states[code] = true
				}
			}
		}
		if p.Title == "Song of the whale" {
			whale++
			if v[0].effective != "2024-01-15" || p.Money == nil || p.Money.Recipient != "fund:sea01" || p.Text != "The Whale sings." {
				t.Errorf("the whale of %s: %+v", v[0].effective, p)
			}
		}
		if p.Channel != "logbook" {
			t.Errorf("%s came through %q", p.ID, p.Channel)
		}
	}
	if first != 7 || len(states) != 3 || whale != 1 {
		t.Errorf("%d pledges of %v by the end of January, %d whales; want 7 of 3 States, 1", first, states, whale)
	}
}

func TestScenarioRefusals(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"a mistyped key", "channel:", "chanel:", "chanel"},
		{"a mistyped key below", "recipient:", "to:", "to"},
		{"another format", "format: 1", "format: 2", "format"},
		{"no day", "today: 2024-03-29", "today: soon", "today"},
		{"an unknown channel", "logbook", "radio", "is no channel"},
		{"an unknown objective", "{1: 3, 2: 1}", "{1: 3, 9: 1}", "objectives"},
		{"an unknown kind", "aquarium: 1", "zoo: 1", "is no kind"},
		{"leads that do not add up", "fleet: 3", "fleet: 4", "must be 7"},
		{"a fact that does not come true", "pledges: 7, state", "pledges: 8, state", "bring 7"},
		{"too few led by States", "than: 3", "than: 4", "bring 4"},
		{"other States than the fact", "states: 3, source", "states: 5, source", "bring 3"},
		{"a fact without a source", ", source: an invented report", "", "source"},
		{"a fact inside a cohort", "on: 2024-01-31, pl", "on: 2024-01-20, pl", "middle"},
		{"more States than pledges", "states: 4", "states: 6", "at most one more"},
		{"waves that overlap", "from: 2024-02-01", "from: 2024-01-31", "after the wave before"},
		{"a wave of one Sunday", "from: 2024-02-01, to: 2024-02-29", "from: 2024-02-04, to: 2024-02-04", "working day"},
		{"a wave after today", "today: 2024-03-29", "today: 2024-02-20", "not after today"},
		{"a special outside its cohort", "on: 2024-01-15", "on: 2024-02-15", "lies in no wave"},
		{"a special of no cohort", "cohort: first", "cohort: third", "is no cohort"},
		{"an unknown fund", "fund:sea01", "fund:sky", "must be fund:"},
		{"a special without words", "title: {en: Song of the whale}", "title: {}", "title and text"},
		{"an unknown nature", "nature: [financial]", "nature: [loud]", "is no nature"},
		{"a matching special", "form: individual", "form: matching", "form"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(small, c.old) {
				t.Fatalf("the scenario has no %q", c.old)
			}
			_, _, err := smallScenario(t, strings.Replace(small, c.old, c.new, 1))
			if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
	if _, err := rehearse.ReadScenario(ocean(t), "nothing"); !errs.Is(err, errs.NotFound) {
		t.Errorf("an unknown name: got %v", err)
	}
	if _, err := rehearse.ReadScenario(ocean(t), "calm"); !errs.Is(err, errs.Invalid) {
		t.Errorf("a file that is no scenario: got %v", err)
	}
}

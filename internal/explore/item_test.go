package explore

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"stocktake/internal/pledge"
)

// A correction says again what was so then; it does not take back what was reported since.
func TestALateCorrectionOfAnOldReportDoesNotSetTheStage(t *testing.T) {
	b := &book{pack: testPack(t)}
	id := b.id(1)
	b.add("pledge", id, "2022-05-20", pledge.Pledge{Schema: 1, ID: id, Status: pledge.Published, Title: "A", Text: "B", Language: "en", Parties: []string{"ken"}, Form: pledge.Individual, Objectives: []int{1}})
	report := func(number int, on string, stage pledge.Stage, narrative string) {
		b.add("report", fmt.Sprintf("%s/%d", id, number), on, pledge.Report{Schema: 1, Pledge: id, Number: number, Stage: stage, Narrative: narrative, Language: "en"})
	}
	report(1, "2023-05-20", pledge.Planning, "planned")
	for n := 2; n <= 10; n++ { // "10" comes after "9"
		report(n, "2024-05-20", pledge.InProgress, "going on")
	}
	report(11, "2025-05-20", pledge.Fulfilled, "done")
	report(1, "2025-06-01", pledge.Planning, "planned, by the ministry")
	s := snapshotOf(t, b)
	it, err := s.Pledge(id, Query{}, today)
	if err != nil {
		t.Fatal(err)
	}
	if it.Stage != pledge.Fulfilled || it.ReportedOn != "2025-05-20" || it.LastReport.Number != 11 || it.Reports[0].Narrative != "planned, by the ministry" {
		t.Errorf("stage %s, reported on %s, last report %d, first %q", it.Stage, it.ReportedOn, it.LastReport.Number, it.Reports[0].Narrative)
	}
	v, err := s.View(Query{}.With("stage", string(pledge.Fulfilled)), today)
	if err != nil {
		t.Fatal(err)
	}
	if v.Totals.Pledges != 1 {
		t.Errorf("%d fulfilled pledges in the view", v.Totals.Pledges)
	}
}

func TestFirstOfIsTheBeginningOfTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfDistinct(rapid.Uint32Range(0, 500), func(v uint32) uint32 { return v }).Draw(t, "list")
		n := rapid.IntRange(0, 60).Draw(t, "n")
		backwards := func(a, b uint32) int { return int(b) - int(a) }
		all := firstOf(append([]uint32(nil), list...), len(list), backwards)
		got := firstOf(append([]uint32(nil), list...), n, backwards)
		if fmt.Sprint(got) != fmt.Sprint(all[:min(n, len(all))]) {
			t.Fatalf("first %d of %v: %v", n, all, got)
		}
	})
}

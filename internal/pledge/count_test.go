package pledge_test

import (
	"slices"
	"testing"

	"stocktake/internal/party"
	"stocktake/internal/pledge"
)

func made(status pledge.Status, parties ...string) pledge.Pledge {
	return pledge.Pledge{Status: status, Parties: parties}
}

func TestCount(t *testing.T) {
	pack, known := pack(t), among(cast(t))
	on := pledge.Published
	for _, tt := range []struct {
		name    string
		pledges []pledge.Pledge
		want    pledge.Counts
	}{
		{"nothing", nil, pledge.Counts{}},
		{"one of one", []pledge.Pledge{made(on, "ken")}, pledge.Counts{Pledges: 1, Participations: 1, Parties: 1, States: 1}},
		{"a joint pledge is one pledge", []pledge.Pledge{made(on, "deu", "mar")}, pledge.Counts{Pledges: 1, Participations: 2, Parties: 2, States: 2}},
		{"three names of one State", []pledge.Pledge{made(on, "prt.foreign-affairs", "prt.work", "prt.work.safety")}, pledge.Counts{Pledges: 1, Participations: 1, Parties: 1, States: 1}},
		{"a State and its ministry in two pledges", []pledge.Pledge{made(on, "prt"), made(on, "prt.work")}, pledge.Counts{Pledges: 2, Participations: 2, Parties: 1, States: 1}},
		{"a city is no State", []pledge.Pledge{made(on, "city-of-tyre")}, pledge.Counts{Pledges: 1, Participations: 1, Parties: 1}},
		{"an observer is no Member State", []pledge.Pledge{made(on, "vat")}, pledge.Counts{Pledges: 1, Participations: 1, Parties: 1}},
		{"a group is not its members", []pledge.Pledge{made(on, "un-network")}, pledge.Counts{Pledges: 1, Participations: 1, Parties: 1}},
		{"a group beside one of its members", []pledge.Pledge{made(on, "un-network", "iom.data")}, pledge.Counts{Pledges: 1, Participations: 2, Parties: 2}},
		{"what ended does not count", []pledge.Pledge{made(pledge.Withdrawn, "ken"), made(pledge.Superseded, "deu"), made(on, "mar")}, pledge.Counts{Pledges: 1, Participations: 1, Parties: 1, States: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := pledge.Count(pack, known, slices.Values(tt.pledges)); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

// The public sample marks 20 names as member_state. They are 11 States: several are ministries
// and agencies of one.
func TestTwentyNamesOfElevenStates(t *testing.T) {
	var all []party.Party
	for _, alpha3 := range []string{"prt", "can", "tha", "irq", "phl", "lux", "deu", "mar", "gbr", "aze", "bra"} {
		all = append(all, state(t, alpha3))
	}
	for _, part := range []string{"foreign-affairs", "migration", "work", "employment", "health", "education", "justice", "interior"} {
		all = append(all, ministry("prt."+part, "PT"))
	}
	all = append(all, ministry("bra.federal-government", "BR"))
	if len(all) != 20 {
		t.Fatalf("%d names", len(all))
	}
	var pledges []pledge.Pledge
	for _, p := range all {
		pledges = append(pledges, made(pledge.Published, p.Code))
	}
	want := pledge.Counts{Pledges: 20, Participations: 20, Parties: 11, States: 11}
	if got := pledge.Count(pack(t), among(all), slices.Values(pledges)); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestStageOf(t *testing.T) {
	if got := pledge.StageOf(nil); got != pledge.Unreported {
		t.Errorf("without a report: %s", got)
	}
	if got := pledge.StageOf([]pledge.Report{{Stage: pledge.Fulfilled}, {Stage: pledge.InProgress}}); got != pledge.InProgress {
		t.Errorf("the latest report counts, got %s", got)
	}
}

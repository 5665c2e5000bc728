package pledge

import (
	"testing"

	"stocktake/internal/party"
)

// What comments and replies rest on is of their own day at the latest, as in reports.
func TestEvidenceOfCommentsIsNotAhead(t *testing.T) {
	p := Pledge{ID: "GCM-0001", Parties: []string{"ken"}}
	known := func(string) (party.Party, bool) { return party.Party{}, true }
	on := func(days ...string) (links []Link) {
		for _, d := range days {
			links = append(links, Link{URL: "https://example.org/a", On: d})
		}
		return links
	}
	for _, x := range []struct {
		name           string
		comment, reply []Link
		today          string
		want           string
	}{
		{"of the day", on("2024-05-20", "2024-05", "2024", ""), on("2024-06-01"), "2024-06-01", ""},
		{"ahead in the comment", on("2024-05-20", "2024-05-21"), nil, "2024-06-01", "evidence[1].on: must not be later than the comment, 2024-05-20"},
		{"ahead in the reply", nil, on("2024-07"), "2024-06-01", "reply.evidence[0].on: must not be later than the reply, 2024-06-01"},
		{"read again", on("2024-05-21"), on("2025"), "", ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := Comment{By: "prt", On: "2024-05-20", Contests: "The figure", Text: "It is lower.", Language: "en", Evidence: x.comment,
				Reply: &Reply{By: "ken", On: "2024-06-01", Text: "It is not.", Language: "en", Evidence: x.reply}}
			got := ""
			for _, f := range (Rules{Mode: ByForm, Party: known, Today: x.today}).Comment(p, 0, c) {
				got += f.Field + ": " + f.Message
			}
			if got != x.want {
				t.Errorf("%q, want %q", got, x.want)
			}
		})
	}
}

package history_test

import (
	"slices"
	"strings"
	"testing"

	"stocktake/internal/compact"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
	"stocktake/internal/web"
	"stocktake/internal/web/page"
	"stocktake/internal/web/page/history"
)

// states knows the States of the world by their codes.
type states struct{}

func (states) Party(code string) (party.Party, bool) {
	c, ok := place.ByAlpha3(code)
	return party.FromCountry(c), ok
}

func reader(t *testing.T, c lang.Code) *page.Reader {
	t.Helper()
	pack, err := compact.Embedded("gcm")
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := web.Messages()
	if err != nil {
		t.Fatal(err)
	}
	return &page.Reader{House: &page.House{Pack: pack}, Lang: c, P: catalog.Printer(c)}
}

var before = pledge.Pledge{
	Title: "Train 300 officials", Text: "By 2030 we train 300 officials.", Language: lang.EN, Parties: []string{"ken", "prt"},
	Nature: []pledge.Nature{pledge.Policy}, Objectives: []int{4}, StartsOn: "2026-05", EndsOn: "2027-12-31",
	Money:      &pledge.Money{Amount: "1500000.50", Currency: "USD", Recipient: "prt", Years: []int{2026, 2027}},
	Milestones: []pledge.Milestone{{On: "2027-03", Text: "Desks are open"}},
	Indicators: []pledge.Indicator{{Name: "Officials", Baseline: "0", Target: "12000", Unit: "people"}},
}

// said is a change on one line: what went in brackets, what came after plus signs.
func said(c history.Change) string {
	marks := map[string]string{"delete": "-", "insert": "+", "equal": "="}
	var parts []string
	for _, e := range c.Edits {
		parts = append(parts, marks[e.Op]+e.Text)
	}
	for _, v := range c.Values {
		parts = append(parts, marks[v.Op]+strings.Join(slices.DeleteFunc([]string{v.Name, v.Text.Text, v.More}, func(s string) bool { return s == "" }), " · "))
	}
	return c.Field + ": " + strings.Join(parts, " | ")
}

func TestFieldsAreSaidInTheReadersWords(t *testing.T) {
	after := before
	after.Title = "Train 500 officials"
	after.Language = lang.EN
	after.Parties = []string{"prt", "ken"} // another one leads
	after.Nature = []pledge.Nature{pledge.Policy, pledge.HumanResources}
	after.Objectives = []int{4, 15}
	after.Countries = []string{"KE"}
	after.Levels = []pledge.Level{"national"}
	after.StartsOn, after.EndsOn = "", "2028-06-30"
	after.Money = &pledge.Money{Amount: "2000000", Currency: "EUR"}
	after.Milestones = []pledge.Milestone{{On: "2027-03", Text: "Desks are open"}, {On: "2028-01-15", Text: "Officials are trained"}}
	after.Indicators = nil
	after.Attachments = []pledge.File{{Name: "plan.pdf", Bytes: 2 << 20, SHA256: strings.Repeat("ab", 32)}}
	after.Links = []pledge.Link{{URL: "https://example.org/plan", Title: "The plan", On: "2026-02-01"}}
	for _, c := range []struct {
		lang lang.Code
		want []string
	}{
		{lang.EN, []string{
			"Title: =Train  | -300 | +500 | = officials",
			"State or party: -Kenya | -Portugal | +Portugal | +Kenya",
			"Nature: =Policy | +Human resources",
			"Objective: =4 Legal identity and documentation | +15 Access to basic services",
			"Level: +National",
			"Country of implementation: +Kenya",
			"From: -May 2026",
			"Until: -31 December 2027 | +30 June 2028",
			"Milestones: =March 2027 · Desks are open | +15 January 2028 · Officials are trained",
			"Indicators: -Officials · Baseline: \u20680 people\u2069 · Target: \u206812,000 people\u2069",
			"Money announced: -1,500,000.50 USD · to \u2068Portugal\u2069 · 2026 and 2027 | +2,000,000 EUR",
			"Attachments: +plan.pdf · 2.0 MB",
			"Links: +The plan · \u2068https://example.org/plan\u2069 · 1 February 2026",
		}},
		{lang.AR, []string{"31 كانون الأول/ديسمبر 2027", "كينيا", "1,500,000.50 USD"}},
	} {
		var got []string
		for _, change := range history.Differences(reader(t, c.lang), states{}, before, after) {
			got = append(got, said(change))
		}
		if c.lang == lang.EN {
			for i := range max(len(got), len(c.want)) {
				if i >= len(got) || i >= len(c.want) || got[i] != c.want[i] {
					t.Errorf("line %d\n got %q\nwant %q", i, at(got, i), at(c.want, i))
				}
			}
			continue
		}
		all := strings.Join(got, "\n")
		for _, want := range c.want {
			if !strings.Contains(all, want) {
				t.Errorf("%s: nothing says %q:\n%s", c.lang, want, all)
			}
		}
	}
}

func at(all []string, i int) string {
	if i < len(all) {
		return all[i]
	}
	return ""
}

// A text has the language and the direction of its words; where the two versions are in different
// ones, the browser finds them.
func TestTextsHaveTheirLanguage(t *testing.T) {
	r := reader(t, lang.AR)
	after := before
	after.Title = "Train 500 officials"
	if c := history.Differences(r, states{}, before, after)[0]; c.Lang != lang.EN || c.Dir != "ltr" {
		t.Errorf("%q, %q", c.Lang, c.Dir)
	}
	after.Title, after.Language = "Former 500 fonctionnaires", lang.FR
	if c := history.Differences(r, states{}, before, after)[0]; c.Lang != "" || c.Dir != "auto" {
		t.Errorf("in two languages: %q, %q", c.Lang, c.Dir)
	}
	for _, c := range history.Whole(r, states{}, before) {
		for _, v := range c.Values {
			if v.Name != "" && v.Text.Lang != lang.EN {
				t.Errorf("%s: %+v", c.Field, v)
			}
		}
	}
}

// Every field of the contract has a name.
func TestFieldsHaveNames(t *testing.T) {
	r := reader(t, lang.EN)
	full := before
	full.Status, full.Mirror, full.Matches, full.Form, full.Channel, full.Call = pledge.Published, true, "GCM-0001", pledge.Matching, "pledging", "a-call"
	full.SDGs, full.Actions, full.Principles, full.Regions, full.Levels, full.Countries = []string{"10.7"}, []string{"4a"}, []string{"human-rights"}, []string{"014"}, []pledge.Level{"local"}, []string{"KE"}
	full.AnnouncedOn, full.AnnouncedAt, full.Source, full.Evidence, full.TextBy, full.ObjectivesBy = "2022", "The forum", "https://example.org", "official", pledge.TextByParty, pledge.ByParty
	for _, c := range pledge.Changes(pledge.Pledge{}, full) {
		if name := history.FieldName(r, c.Field); name == c.Field || strings.Contains(name, "⟦") {
			t.Errorf("%s is called %q", c.Field, name)
		}
	}
}

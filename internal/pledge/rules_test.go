package pledge_test

import (
	"strconv"
	"strings"
	"testing"

	"stocktake/internal/pledge"
)

type change = func(*pledge.Pledge)

func TestPledgeRules(t *testing.T) {
	own := id(t, 12)
	tests := []struct {
		name   string
		change change
		form   string // what the form is told: part of "field: message"; "" = nothing
		file   string // what an import is told; "=" = the same
	}{
		{"everything right", func(p *pledge.Pledge) {}, "", "="},
		{"an id of the compact", func(p *pledge.Pledge) { p.ID = own }, "", "="},
		{"an id of another compact", func(p *pledge.Pledge) { p.ID = "XYZ-0012" }, "id: must be", "="},
		{"an id of three digits", func(p *pledge.Pledge) { p.ID = strings.Replace(own, "-0", "-", 1) }, "id: must be", "="},
		{"an id with a zero too many", func(p *pledge.Pledge) { p.ID = strings.Replace(own, "-", "-0", 1) }, "id: must be", "="},
		{"an id of nought", func(p *pledge.Pledge) { p.ID = id(t, 0) }, "id: must be", "="},
		{"a schema of the future", func(p *pledge.Pledge) { p.Schema = 9 }, "schema: must be 1", "="},

		{"no title", func(p *pledge.Pledge) { p.Title = "" }, "title: is needed", "="},
		{"a title of 300 characters", func(p *pledge.Pledge) { p.Title = strings.Repeat("é", 300) }, "", "="},
		{"a title of 301", func(p *pledge.Pledge) { p.Title = strings.Repeat("é", 301) }, "title: has 301 characters; at most 300", "="},
		{"a title of two lines", func(p *pledge.Pledge) { p.Title = "a\nb" }, "title: must be one line", "="},
		{"no text", func(p *pledge.Pledge) { p.Text = "" }, "text: is needed", "="},
		{"a short text", func(p *pledge.Pledge) { p.Text = strings.Repeat("a", 299) }, "text: has 299 characters; at least 300", ""},
		{"a text of 300", func(p *pledge.Pledge) { p.Text = strings.Repeat("a", 300) }, "", ""},
		{"a text of 3,000", func(p *pledge.Pledge) { p.Text = strings.Repeat("字", 3000) }, "", ""},
		{"a text of 3,001", func(p *pledge.Pledge) { p.Text = strings.Repeat("a", 3001) }, "at most 3000", ""},
		{"a text of 20,001", func(p *pledge.Pledge) { p.Text = strings.Repeat("a", 20001) }, "at most 3000", "at most 20000"},
		{"a text with an address", func(p *pledge.Pledge) { p.Text += "\nAsk jane@example.org" }, "text: looks like it holds a personal e-mail address; contacts are private", "="},
		{"a seventh language", func(p *pledge.Pledge) { p.Language = "pt" }, "language: must be", "="},
		{"somebody else's text", func(p *pledge.Pledge) { p.TextBy = "press" }, "text_by: must be", "="},

		{"no party", func(p *pledge.Pledge) { p.Parties = nil }, "parties: at least one", "="},
		{"an unknown party", func(p *pledge.Pledge) { p.Parties = []string{"atlantis"} }, "parties: is no party in the register", "="},
		{"a name instead of a code", func(p *pledge.Pledge) { p.Parties = []string{"Kenya"} }, "parties: must be the code", "="},
		{"a party twice", func(p *pledge.Pledge) { p.Form, p.Parties = pledge.Common, []string{"ken", "ken"} }, "parties: is named twice", "="},

		{"an unknown form", func(p *pledge.Pledge) { p.Form = "joint" }, "form: must be one of individual, common, partnership, matching", "="},
		{"an individual pledge of two", func(p *pledge.Pledge) { p.Parties = []string{"ken", "deu"} }, "form: has 2 parties", "="},
		{"a common pledge of two", func(p *pledge.Pledge) { p.Form, p.Parties = pledge.Common, []string{"deu", "mar"} }, "", "="},
		{"a common pledge of a group", func(p *pledge.Pledge) { p.Form, p.Parties = pledge.Common, []string{"un-network"} }, "", "="},
		{"a partnership of one city", func(p *pledge.Pledge) { p.Form, p.Parties = pledge.Partnership, []string{"city-of-tyre"} }, "form: needs at least two parties, or a group", ""},
		{"a match", func(p *pledge.Pledge) { p.Form, p.Matches = pledge.Matching, id(t, 7) }, "", "="},
		{"a match of nothing", func(p *pledge.Pledge) { p.Form = pledge.Matching }, "matches: is needed", "="},
		{"a match of itself", func(p *pledge.Pledge) { p.ID, p.Form, p.Matches = own, pledge.Matching, own }, "matches: a pledge does not answer itself", "="},
		{"a match of a title", func(p *pledge.Pledge) { p.Form, p.Matches = pledge.Matching, "Their pledge" }, "matches: must be the id", "="},
		{"an individual pledge that answers", func(p *pledge.Pledge) { p.Matches = id(t, 7) }, "matches: only a matching pledge", "="},

		{"no nature", func(p *pledge.Pledge) { p.Nature = nil }, "nature: say what", ""},
		{"an unknown nature", func(p *pledge.Pledge) { p.Nature = []pledge.Nature{"other"} }, "nature: must be one of financial, human_resources, material, process, policy", "="},
		{"no objective", func(p *pledge.Pledge) { p.Objectives = nil }, "objectives: at least one", "="},
		{"four objectives", func(p *pledge.Pledge) { p.Objectives = []int{1, 2, 3, 4} }, "objectives: has 4; name the main 3", ""},
		{"an objective too high", func(p *pledge.Pledge) { p.Objectives = []int{24} }, "objectives: must be a number from 1 to 23", "="},
		{"an objective twice", func(p *pledge.Pledge) { p.Objectives = []int{4, 4} }, "objectives: is named twice", "="},
		{"objectives out of order", func(p *pledge.Pledge) { p.Objectives = []int{15, 4} }, "objectives: must be in ascending order", "="},
		{"nobody chose the objectives", func(p *pledge.Pledge) { p.ObjectivesBy = "" }, "objectives_by: must say who", "="},
		{"an action without a letter", func(p *pledge.Pledge) { p.Actions = []string{"4"} }, "actions: must be the number of an objective and the letter", "="},
		{"an action of no objective", func(p *pledge.Pledge) { p.Actions = []string{"24a"} }, "actions: there is no objective 24", "="},
		{"a target that is none", func(p *pledge.Pledge) { p.SDGs = []string{"10.8"} }, "sdgs: must be a target of the 2030 Agenda", "="},
		{"an unknown principle", func(p *pledge.Pledge) { p.Principles = []string{"speed"} }, "principles: must be one of", "="},
		{"an unknown channel", func(p *pledge.Pledge) { p.Channel = "window" }, "channel: must be one of", "="},

		{"an unknown level", func(p *pledge.Pledge) { p.Levels = []pledge.Level{"lunar"} }, "levels: must be one of local, national, regional, global", "="},
		{"a country by alpha-3", func(p *pledge.Pledge) { p.Countries = []string{"KEN"} }, "countries: must be an ISO 3166 alpha-2", "="},
		{"a country in small letters", func(p *pledge.Pledge) { p.Countries = []string{"ke"} }, "countries: must be an ISO 3166 alpha-2", "="},
		{"a region without its zero", func(p *pledge.Pledge) { p.Regions = []string{"14"} }, "regions: must be the M49 code", "="},
		{"a country as a region", func(p *pledge.Pledge) { p.Regions = []string{"404"} }, "regions: must be the M49 code", "="},

		{"30 February", func(p *pledge.Pledge) { p.AnnouncedOn = "2022-02-30" }, "announced_on: must be a day of the calendar", "="},
		{"a date with the day first", func(p *pledge.Pledge) { p.AnnouncedOn = "20/05/2022" }, "announced_on: must be a day of the calendar", "="},
		{"an end before the start", func(p *pledge.Pledge) { p.StartsOn, p.EndsOn = "2023", "2022-12" }, "ends_on: must not be before the start, 2023", "="},
		{"an end in the month of the start", func(p *pledge.Pledge) { p.StartsOn, p.EndsOn = "2022-05-20", "2022-05" }, "", "="},
		{"a milestone without a date", func(p *pledge.Pledge) { p.Milestones[0].On = "" }, "milestones[0].on: is needed", "="},
		{"an indicator without a name", func(p *pledge.Pledge) { p.Indicators[0].Name = "" }, "indicators[0].name: is needed", "="},
		{"an indicator in words", func(p *pledge.Pledge) { p.Indicators[0].Target = "many" }, "indicators[0].target: must be a number", "="},
		{"two indicators of one name", func(p *pledge.Pledge) { p.Indicators = append(p.Indicators, p.Indicators[0]) }, "indicators[1].name: is the name of another", "="},

		{"money without a currency", func(p *pledge.Pledge) { p.Money.Currency = "" }, "currency: is needed beside an amount", "="},
		{"a currency without money", func(p *pledge.Pledge) { p.Money.Amount = "" }, "amount: is needed", "="},
		{"a currency of fantasy", func(p *pledge.Pledge) { p.Money.Currency = "XXX" }, "currency: must be an ISO 4217 code", "="},
		{"nothing", func(p *pledge.Pledge) { p.Money.Amount = "0.00" }, "amount: must be a positive number", "="},
		{"less than nothing", func(p *pledge.Pledge) { p.Money.Amount = "-5" }, "amount: must be a positive number", "="},
		{"thousands with commas", func(p *pledge.Pledge) { p.Money.Amount = "1,500,000" }, "amount: must be a positive number", "="},
		{"an amount from a spreadsheet", func(p *pledge.Pledge) { p.Money.Amount = "1.5E+06" }, "amount: must be a positive number", "="},
		{"half a yen", func(p *pledge.Pledge) { p.Money.Amount, p.Money.Currency = "0.5", "JPY" }, "amount: has 1 decimals; JPY has 0", "="},
		{"a thousandth of a dinar", func(p *pledge.Pledge) { p.Money.Amount, p.Money.Currency = "0.005", "TND" }, "", "="},
		{"an unknown fund", func(p *pledge.Pledge) { p.Money.Recipient = "fund:none" }, "recipient: must be a fund of the compact", "="},
		{"a party as recipient", func(p *pledge.Pledge) { p.Money.Recipient = "iom" }, "", "="},
		{"an unknown recipient", func(p *pledge.Pledge) { p.Money.Recipient = "atlantis" }, "recipient: must be a fund", "="},
		{"years out of order", func(p *pledge.Pledge) { p.Money.Years = []int{2023, 2022} }, "years: must be years in ascending order", "="},

		{"a link that runs a script", func(p *pledge.Pledge) { p.Links[0].URL = "javascript:alert(1)" }, "links[0].url: must be the address of a public page", "="},
		{"a link to a mailbox", func(p *pledge.Pledge) { p.Links[0].URL = "mailto:jane@example.org" }, "links[0].url: must be the address", "="},
		{"a link with a password", func(p *pledge.Pledge) { p.Links[0].URL = "https://a:b@example.org/" }, "links[0].url: must be the address", "="},
		{"a link that names a person's address", func(p *pledge.Pledge) { p.Links[0].URL = "https://example.org/?to=jane@example.org" }, "links[0].url: looks like", "="},
		{"a source without a host", func(p *pledge.Pledge) { p.Source = "https:///pledge" }, "source: must be the address", "="},
		{"a summary without its page", func(p *pledge.Pledge) { p.TextBy, p.Source = pledge.TextBySummary, "" }, "source: is needed", ""},
		{"an attachment in a folder", func(p *pledge.Pledge) { p.Attachments[0].Name = "../plan.pdf" }, "attachments[0].name: must be a file name", "="},
		{"an attachment of 26 MB", func(p *pledge.Pledge) { p.Attachments[0].Bytes = 26 << 20 }, "attachments[0].bytes: must be", "="},
		{"an attachment without its hash", func(p *pledge.Pledge) { p.Attachments[0].SHA256 = "" }, "attachments[0].sha256: must be 64", "="},
		{"another registry without an id", func(p *pledge.Pledge) { p.AlsoRecorded[0].ID = "" }, "also_recorded[0].id: is needed", "="},
		{"too many countries", func(p *pledge.Pledge) { p.Countries = make([]string, 101) }, "countries: has 101 values", "="},

		{"no status", func(p *pledge.Pledge) { p.Status = "" }, "status: must be", "="},
		{"withdrawn without a reason", func(p *pledge.Pledge) { p.Status = pledge.Withdrawn }, "notice.reason: is needed", "="},
		{"superseded by nothing", func(p *pledge.Pledge) {
			p.Status, p.Notice = pledge.Superseded, &pledge.Notice{Reason: "Merged"}
		}, "superseded_by: must be the id", "="},
		{"published and superseded", func(p *pledge.Pledge) { p.SupersededBy = id(t, 3) }, "superseded_by: only a superseded pledge", "="},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.file == "=" {
				tt.file = tt.form
			}
			for mode, want := range map[pledge.Mode]string{pledge.ByForm: tt.form, pledge.ByImport: tt.file} {
				p := sample(t)
				tt.change(&p)
				got := say(rules(t, mode).Pledge(p))
				switch {
				case want == "" && got != "":
					t.Errorf("mode %d refused: %s", mode, got)
				case want != "" && !strings.Contains(got, want):
					t.Errorf("mode %d: got %q, want %q in it", mode, got, want)
				case strings.Count(got, "\n") > 2:
					t.Errorf("mode %d: one mistake, many findings: %s", mode, got)
				}
			}
		})
	}
}

func TestWhatIsOddInAnImportIsNotedAndPublished(t *testing.T) {
	p := sample(t)
	p.Form, p.Parties = pledge.Partnership, []string{"city-of-tyre"}
	if got := say(rules(t, pledge.ByImport).Notes(p)); !strings.Contains(got, "form: names one party that is no group") {
		t.Errorf("got %q", got)
	}
	p.Form, p.Parties = pledge.Common, []string{"un-network"}
	if got := rules(t, pledge.ByImport).Notes(p); len(got) > 0 {
		t.Errorf("a group's common pledge is nothing odd: %v", got)
	}
}

func TestReportRules(t *testing.T) {
	r := rules(t, pledge.ByForm)
	r.Today = "2024-01-01"
	p := sample(t)
	p.ID = id(t, 12)
	good := func() pledge.Report {
		return pledge.Report{
			Schema: pledge.Schema, Pledge: p.ID, Number: 1, On: "2023-05-20", Stage: pledge.InProgress, Narrative: "The law is passed.",
			Language: "en", Values: []pledge.Value{{Indicator: "Children registered", Value: "80"}}, ReportedBy: "ken",
		}
	}
	for _, tt := range []struct {
		name   string
		change func(*pledge.Report)
		want   string
	}{
		{"right", func(r *pledge.Report) {}, ""},
		{"on another pledge", func(r *pledge.Report) { r.Pledge = id(t, 13) }, "pledge: must be"},
		{"without a day", func(r *pledge.Report) { r.On = "" }, "on: is needed"},
		{"unreported", func(r *pledge.Report) { r.Stage = pledge.Unreported }, "stage: must be one of planning, in_progress, fulfilled, discontinued"},
		{"words without a language", func(r *pledge.Report) { r.Language = "" }, "language: must be"},
		{"of another indicator", func(r *pledge.Report) { r.Values[0].Indicator = "Roads" }, "values[0].indicator: must be the name"},
		{"without a value", func(r *pledge.Report) { r.Values[0].Value = "" }, "values[0].value: is needed"},
		{"by a stranger", func(r *pledge.Report) { r.ReportedBy = "deu" }, "reported_by: must be a party of the pledge: ken"},
		{"by a ministry", func(r *pledge.Report) { r.ReportedBy = "ken.health" }, ""},
		{"with a telephone number", func(r *pledge.Report) { r.Support = "Call +254 20 555 0100" }, "support: looks like it holds a telephone number"},
		{"evidence with date and source", func(r *pledge.Report) {
			r.Evidence = []pledge.Link{{URL: "https://example.org/a", On: "2023-05", Source: "The statistical office"}}
		}, ""},
		{"evidence of no day", func(r *pledge.Report) {
			r.Evidence = []pledge.Link{{URL: "https://example.org/a", On: "last May"}}
		}, "evidence[0].on: must be a day of the calendar"},
		{"evidence of the month of the report", func(r *pledge.Report) {
			r.Evidence = []pledge.Link{{URL: "https://example.org/a", On: "2023-05"}, {URL: "https://example.org/b", On: "2023"}}
		}, ""},
		{"evidence of the day after", func(r *pledge.Report) {
			r.Evidence = []pledge.Link{{URL: "https://example.org/a", On: "2023-05-20"}, {URL: "https://example.org/b", On: "2023-05-21"}}
		}, "evidence[1].on: must not be later than the report, 2023-05-20"},
		{"evidence from a mailbox", func(r *pledge.Report) {
			r.Evidence = []pledge.Link{{URL: "https://example.org/a", Source: "jane@example.org"}}
		}, "evidence[0].source: looks like it holds"},
		{"money without a currency", func(r *pledge.Report) { r.Spent = &pledge.Money{Amount: "5"} }, "spent.currency: is needed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rep := good()
			tt.change(&rep)
			got := say(r.Report(p, rep))
			if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestTranslationRules(t *testing.T) {
	r := rules(t, pledge.ByForm)
	p := sample(t)
	p.ID = id(t, 12)
	for _, tt := range []struct {
		name string
		tr   pledge.Translation
		want string
	}{
		{"right", pledge.Translation{Schema: 1, Pledge: p.ID, Language: "fr", Title: "Titre", By: "human"}, ""},
		{"into the language of the original", pledge.Translation{Schema: 1, Pledge: p.ID, Language: "en", Title: "Title", By: "human"}, "language: is the language of the original"},
		{"without a title", pledge.Translation{Schema: 1, Pledge: p.ID, Language: "fr", By: "human"}, "title: is needed"},
		{"approved, with a summary", pledge.Translation{Schema: 1, Pledge: p.ID, Language: "fr", Title: "Titre", Summary: "Bref.", By: "human", ApprovedBy: "ken.health"}, ""},
		{"with a summary of 61 words", pledge.Translation{Schema: 1, Pledge: p.ID, Language: "fr", Title: "Titre", Summary: strings.TrimSpace(strings.Repeat("mot ", 61)), By: "human"}, "summary: has 61 words; at most 60"},
		{"approved by a stranger", pledge.Translation{Schema: 1, Pledge: p.ID, Language: "fr", Title: "Titre", By: "human", ApprovedBy: "deu"}, "approved_by: must be a party of the pledge: ken"},
		{"by nobody", pledge.Translation{Schema: 1, Pledge: p.ID, Language: "fr", Title: "Titre"}, "by: must be human or machine"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := say(r.Translation(p, tt.tr))
			if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestTargetsOfTheAgenda(t *testing.T) {
	count := 0
	for goal := range 20 {
		for _, target := range strings.Fields("0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 01 a b c d e") {
			if pledge.ValidTarget(strconv.Itoa(goal) + "." + target) {
				count++
			}
		}
	}
	if count != 169 {
		t.Errorf("%d targets, the 2030 Agenda has 169", count)
	}
}

package webtest

import (
	"strings"

	"stocktake/internal/compact"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
)

// Serials of the pledges that tests ask for by what they show.
const (
	Revised    = 1
	Ministry   = 2
	Summary    = 3
	City       = 4
	Joint      = 5
	Withdrawn  = 6
	Arabic     = 7
	Chinese    = 8
	Russian    = 9
	Financial  = 10
	Matching   = 11
	Long       = 12
	Superseded = 13
	Successor  = 14
	Observer   = 15
	Given      = 16 // given up
)

// LongName is a name that fits on no line.
const LongName = "Confederation of Associations of Households Living Apart between the Islands, the Highlands and the Capital, Chapter for Rights at Work and Social Protection"

// Parties are the parties of the fixture, each after those it refers to.
func Parties() []party.Party {
	var all []party.Party
	for _, code := range []string{"ken", "prt", "tha", "mex", "mar", "chn", "kgz", "deu", "nor", "bra", "vat", "fji"} {
		c, ok := place.ByAlpha3(code)
		if !ok {
			panic("webtest: no country " + code)
		}
		all = append(all, party.FromCountry(c))
	}
	en := func(code, kind, name string) party.Party {
		return party.Party{Code: code, Kind: kind, Names: map[lang.Code]string{lang.EN: name}}
	}
	ministry := en("prt.foreign-affairs", "member_state", "Ministry of Foreign Affairs of Portugal")
	ministry.Country = "PT"
	ministry.Names[lang.FR] = "Ministère des affaires étrangères du Portugal"
	city := en("city-of-riverford", "local_authority", "City of Riverford")
	city.Country, city.At = "KE", "-1.286,36.817"
	other := en("city-of-westhaven", "local_authority", "City of Westhaven")
	other.Country, other.At = "BR", "-23.55,-46.63"
	network := en("skills-network", "un_network", "United Nations Network on Skills")
	network.Members = []string{"agency-one", "agency-two"}
	long := en("households-apart", "civil_society", LongName)
	all = append(all, ministry, city, other,
		en("agency-one", "un_entity", "Agency One"), en("agency-two", "un_entity", "Agency Two"), network, long)
	for i := range all {
		all[i] = all[i].Tidied()
	}
	return all
}

// Offers are the pledges as an import brings them.
func Offers(pack *compact.Pack) []pledge.Offer {
	var all []pledge.Offer
	id := func(serial int64) string { return pledge.IDOf(pack.Code, serial) }
	add := func(serial int64, effective string, p pledge.Pledge) {
		p.Schema, p.ID = pledge.Schema, id(serial)
		if p.Form == "" {
			p.Form = pledge.Individual
		}
		if p.Language == "" {
			p.Language = lang.EN
		}
		if p.ObjectivesBy == "" {
			p.ObjectivesBy = pledge.ByParty
		}
		if p.Channel == "" {
			p.Channel = pack.Channels[0].Slug
		}
		all = append(all, pledge.Offer{Pledge: p.Tidied(), Effective: effective})
	}
	add(Revised, "2022-05-18", pledge.Pledge{
		Title: "Birth registration for every child", Text: "Every child born on the territory is registered at birth, whatever the papers of the parents.",
		Parties: []string{"ken"}, Nature: []pledge.Nature{pledge.Policy}, Objectives: []int{4}, Levels: []pledge.Level{pledge.National},
		Countries: []string{"KE"}, Principles: []string{pack.Principles[0].Slug}, AnnouncedOn: "2022-05-18", AnnouncedAt: "First forum, plenary",
		StartsOn: "2022-06", EndsOn: "2027", Milestones: []pledge.Milestone{{On: "2023-12", Text: "All districts register births online"}},
		Indicators: []pledge.Indicator{{Name: "Births registered within seven days", Unit: "%", Baseline: "61", Target: "95"}},
		Links:      []pledge.Link{{URL: "https://example.org/registration", Title: "The programme", On: "2022-05-04", Source: "Ministry of the Interior"}},
	})
	add(Ministry, "2022-05-19", pledge.Pledge{
		Title: "One window for consular papers", Text: "One counter and one form replace the seven procedures of today.\nThe fee is waived for students.",
		Parties: []string{"prt.foreign-affairs"}, Nature: []pledge.Nature{pledge.Process}, Objectives: []int{14}, Levels: []pledge.Level{pledge.Global}, AnnouncedOn: "2022-05",
	})
	add(Summary, "2022-05-20", pledge.Pledge{
		Title: "Health care for all who live here", Text: "Widens public health insurance to everybody who lives in the country.", TextBy: pledge.TextBySummary,
		Source: "https://www.example.org/pledges/health", Parties: []string{"tha"}, Nature: []pledge.Nature{pledge.Policy, pledge.HumanResources},
		Objectives: []int{15, 22}, ObjectivesBy: pledge.ByInference, Countries: []string{"TH"}, Levels: []pledge.Level{pledge.National}, AnnouncedOn: "2022-05-20",
	})
	add(City, "2022-09-01", pledge.Pledge{
		Title: "A welcome desk in every district", Text: "Newcomers find advice on housing, school and work in one place, in six languages.", Parties: []string{"city-of-riverford"},
		Nature: []pledge.Nature{pledge.Process, pledge.Material}, Objectives: []int{15, 16}, Levels: []pledge.Level{pledge.Local}, Countries: []string{"KE"},
		Channel: pack.Channels[len(pack.Channels)-1].Slug, AnnouncedOn: "2022-09-01", Mirror: true,
	})
	add(Joint, "2022-05-20", pledge.Pledge{
		Title: "Skills recognised across borders", Text: "Members of the network help governments to recognise skills and qualifications, sector by sector.",
		Parties: []string{"skills-network", "agency-one", "agency-two", "ken", "deu"}, Form: pledge.Common, Nature: []pledge.Nature{pledge.HumanResources},
		Objectives: []int{6, 18}, Levels: []pledge.Level{pledge.Regional, pledge.Global}, Regions: []string{"002"}, AnnouncedOn: "2022-05-20",
	})
	add(Withdrawn, "2022-05-20", pledge.Pledge{
		Title: "A fund for returning artists", Text: "Grants for artists who come home.", Parties: []string{"mex"}, Nature: []pledge.Nature{pledge.Financial},
		Objectives: []int{19, 21}, Countries: []string{"MX"}, AnnouncedOn: "2022",
	})
	add(Arabic, "2022-05-20", pledge.Pledge{
		Title: "تيسير تحويل الأموال وخفض كلفتها", Text: "تلتزم الحكومة بخفض كلفة تحويل الأموال إلى أقل من ثلاثة في المائة بحلول عام 2030، وبالتعاون مع المصارف والبريد.",
		Language: lang.AR, Parties: []string{"mar"}, Nature: []pledge.Nature{pledge.Policy}, Objectives: []int{20}, Countries: []string{"MA"}, AnnouncedOn: "2022-05-20",
	})
	add(Chinese, "2022-05-20", pledge.Pledge{
		Title: "加强领事保护与服务", Text: "为海外公民提供全天候领事保护热线，并简化证件办理手续。", Language: lang.ZH, Parties: []string{"chn"},
		Nature: []pledge.Nature{pledge.Process}, Objectives: []int{14}, AnnouncedOn: "2022-05",
	})
	add(Russian, "2022-10-01", pledge.Pledge{
		Title: "Справедливый наём и безопасный труд", Text: "Правительство введёт лицензирование агентств по найму и бесплатную горячую линию для работников.", Language: lang.RU,
		Parties: []string{"kgz"}, Nature: []pledge.Nature{pledge.Policy}, Objectives: []int{6}, Countries: []string{"KG", "KZ"}, AnnouncedOn: "2022-10",
	})
	add(Financial, "2023-07-01", pledge.Pledge{
		Title: "A contribution to the trust fund", Text: "Five million over three years, without earmark.", Parties: []string{"deu"}, Nature: []pledge.Nature{pledge.Financial},
		Objectives: []int{23}, Levels: []pledge.Level{pledge.Global}, Money: &pledge.Money{Amount: "5000000", Currency: "EUR", Recipient: "fund:" + pack.Funds[0].Code, Years: []int{2023, 2024, 2025}},
		AnnouncedOn: "2023-07-01",
	})
	add(Matching, "2023-09-15", pledge.Pledge{
		Title: "As much again, for small islands", Text: "The same amount goes to the fund if it is spent on small island States.", Parties: []string{"nor"}, Form: pledge.Matching,
		Matches: id(Financial), Nature: []pledge.Nature{pledge.Financial}, Objectives: []int{2, 23}, Countries: []string{"FJ"},
		Money: &pledge.Money{Amount: "5000000", Currency: "NOK", Recipient: "fund:" + pack.Funds[0].Code}, AnnouncedOn: "2023-09-15",
	})
	add(Long, "2024-03-01", pledge.Pledge{
		Title:   "Advice on " + strings.TrimSpace(strings.Repeat("work, wages, housing, schooling and health, ", 3)) + " for households that live apart",
		Text:    strings.TrimSpace(strings.Repeat("Trained advisers answer questions by telephone and in person, keep what they hear to themselves, and publish once a year what they were asked most. ", 6)),
		Parties: []string{"households-apart"}, Objectives: []int{3, 7, 17}, ObjectivesBy: pledge.ByInference, TextBy: pledge.TextBySummary,
	})
	add(Superseded, "2022-05-20", pledge.Pledge{
		Title: "Schooling for newly arrived children", Text: "A place in a school within a month.", Parties: []string{"bra"}, Nature: []pledge.Nature{pledge.Policy},
		Objectives: []int{15}, Countries: []string{"BR"}, AnnouncedOn: "2022-05-20",
	})
	add(Successor, "2024-06-30", pledge.Pledge{
		Title: "Schooling and language for newly arrived children", Text: "A place in a school within a month, and lessons in the language from the first day.", Parties: []string{"bra", "city-of-westhaven"},
		Form: pledge.Partnership, Nature: []pledge.Nature{pledge.Policy}, Objectives: []int{15, 16}, Countries: []string{"BR"}, AnnouncedOn: "2024-06-30",
	})
	add(Observer, "2025-01-20", pledge.Pledge{
		Title: "Shelter along the way", Text: "Houses of the Church along the routes stay open at night.", Parties: []string{"vat"}, Nature: []pledge.Nature{pledge.Material},
		Objectives: []int{7, 8}, AnnouncedOn: "2025-01-20",
	})
	add(Given, "2022-05-20", pledge.Pledge{
		Title: "A register of labour recruiters", Text: "A public register of recruiters who keep the law.", Parties: []string{"fji"}, Nature: []pledge.Nature{pledge.Process},
		Objectives: []int{6}, Countries: []string{"FJ"}, AnnouncedOn: "2022-05-20",
	})
	return all
}

// reports are on the progress of some of the pledges: one of each stage.
func reports(f *Fixture) []pledge.Report {
	r := func(serial int64, on string, stage pledge.Stage, by, narrative string) pledge.Report {
		return pledge.Report{Schema: pledge.Schema, Pledge: f.ID(serial), On: on, Stage: stage, ReportedBy: by, Narrative: narrative, Language: lang.EN}
	}
	last := r(Revised, "2026-05-04", pledge.InProgress, "ken", "Forty of forty-seven counties register births online.")
	last.Values = []pledge.Value{{Indicator: "Births registered within seven days", Value: "78"}}
	last.Barriers = "Power cuts in two counties."
	last.Evidence = []pledge.Link{{URL: "https://example.org/registration/2026", Title: "Report for 2026", On: "2026-04", Source: "Civil registry"}}
	return []pledge.Report{
		r(Revised, "2024-05-04", pledge.Planning, "ken", "The law was drafted."),
		last,
		r(Ministry, "2023-02-01", pledge.Fulfilled, "prt.foreign-affairs", "The counter is open."),
		r(Joint, "2025-03-01", pledge.Planning, "skills-network", "Three sectors were chosen."),
		r(Given, "2023-06-01", pledge.Discontinued, "fji", "The bill was not passed."),
	}
}

// translations are by people and by machine.
func translations(f *Fixture) []pledge.Translation {
	return []pledge.Translation{
		{Schema: pledge.Schema, Pledge: f.ID(Arabic), Language: lang.EN, By: "human", ApprovedBy: "mar", Title: "Cheaper transfers of money", Summary: "Sending money home will cost less than three per cent by 2030.",
			Text: "The Government will bring the cost of sending money below three per cent by 2030, together with banks and the post."},
		{Schema: pledge.Schema, Pledge: f.ID(Arabic), Language: lang.FR, By: "machine", Title: "Des envois d’argent moins chers",
			Text: "Le Gouvernement s’engage à ramener le coût des transferts d’argent sous les trois pour cent d’ici à 2030."},
	}
}

package pledge_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"stocktake/internal/compact"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
)

var embedded = sync.OnceValues(func() (*compact.Pack, error) { return compact.Embedded(compact.DefaultPack) })

func pack(t testing.TB) *compact.Pack {
	t.Helper()
	p, err := embedded()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func state(t testing.TB, alpha3 string) party.Party {
	t.Helper()
	c, ok := place.ByAlpha3(alpha3)
	if !ok {
		t.Fatalf("no country %q", alpha3)
	}
	return party.FromCountry(c)
}

func named(code, kind, name string, members ...string) party.Party {
	return party.Party{Schema: party.Schema, Code: code, Kind: kind, Names: map[lang.Code]string{lang.EN: name}, Parent: party.ParentOf(code), Members: members}
}

func ministry(code, country string) party.Party {
	p := named(code, party.MemberState, code)
	p.Country = country
	return p
}

// cast is who appears in the tests, parents and members before those who name them.
func cast(t testing.TB) []party.Party {
	t.Helper()
	return []party.Party{
		state(t, "ken"), state(t, "prt"), state(t, "deu"), state(t, "mar"), state(t, "vat"),
		ministry("prt.foreign-affairs", "PT"), ministry("prt.work", "PT"), ministry("prt.work.safety", "PT"),
		named("iom", "un_entity", "IOM"), named("ilo", "un_entity", "ILO"), named("iom.data", "un_entity", "Data"),
		named("un-network", party.Network, "A network", "ilo", "iom"),
		named("city-of-tyre", "local_authority", "City of Tyre"),
	}
}

func among(all []party.Party) party.Lookup {
	return func(code string) (party.Party, bool) {
		i := slices.IndexFunc(all, func(p party.Party) bool { return p.Code == code })
		if i < 0 {
			return party.Party{}, false
		}
		return all[i], true
	}
}

// id is an id of the pack's compact.
func id(t testing.TB, serial int64) string { return pledge.IDOf(pack(t).Code, serial) }

// sample is a pledge with every field that a form would send, and nothing wrong.
func sample(t testing.TB) pledge.Pledge {
	pack := pack(t)
	return pledge.Pledge{
		Schema: pledge.Schema, Status: pledge.Published, Language: lang.EN,
		Title: "Birth registration for every child", Text: strings.Repeat("Every child on the territory is registered. ", 10) + "All of them.",
		Parties: []string{"ken"}, Channel: pack.Channels[0].Slug, Call: "2022", Form: pledge.Individual,
		Nature: []pledge.Nature{pledge.Policy}, Objectives: []int{4, 15}, ObjectivesBy: pledge.ByParty,
		Actions: []string{"4a"}, SDGs: []string{"10.7", "16.9"}, Principles: []string{pack.Principles[0].Slug},
		Levels: []pledge.Level{pledge.National}, Countries: []string{"KE"}, Regions: []string{"014"},
		StartsOn: "2022-05", EndsOn: "2024",
		Milestones:  []pledge.Milestone{{On: "2023", Text: "A law is passed"}},
		Indicators:  []pledge.Indicator{{Name: "Children registered", Unit: "%", Baseline: "60", Target: "99.5"}},
		Money:       &pledge.Money{Amount: "1500000.50", Currency: "USD", Recipient: "fund:" + pack.Funds[0].Code, Years: []int{2022, 2023}},
		AnnouncedOn: "2022-05-20", AnnouncedAt: "The first forum",
		Attachments:  []pledge.File{{Name: "plan.pdf", Bytes: 1 << 20, SHA256: strings.Repeat("0a", 32)}},
		Links:        []pledge.Link{{URL: "https://example.org/law?x=1#y", Title: "The law"}},
		Source:       "https://example.org/pledge",
		AlsoRecorded: []pledge.Record{{Registry: "another registry", ID: "17"}},
	}
}

func rules(t testing.TB, mode pledge.Mode) pledge.Rules {
	return pledge.Rules{Pack: pack(t), Mode: mode, Party: among(cast(t))}
}

// say puts findings as "field: message".
func say(found []errs.Field) string {
	var b strings.Builder
	for _, f := range found {
		b.WriteString(f.Field + ": " + f.Message + "\n")
	}
	return b.String()
}

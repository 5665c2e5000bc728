package party_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"stocktake/internal/compact"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/place"
)

func pack(t testing.TB) *compact.Pack {
	t.Helper()
	p, err := compact.Embedded(compact.DefaultPack)
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

func named(code, kind, name string) party.Party {
	return party.Party{Schema: party.Schema, Code: code, Kind: kind, Names: map[lang.Code]string{lang.EN: name}, Parent: party.ParentOf(code)}
}

func among(all ...party.Party) party.Lookup {
	return func(code string) (party.Party, bool) {
		i := slices.IndexFunc(all, func(p party.Party) bool { return p.Code == code })
		if i < 0 {
			return party.Party{}, false
		}
		return all[i], true
	}
}

func with(p party.Party, change func(*party.Party)) party.Party {
	change(&p)
	return p
}

func TestValidate(t *testing.T) {
	pack := pack(t)
	portugal := state(t, "prt")
	ministry := named("prt.foreign-affairs", party.MemberState, "Ministry of Foreign Affairs")
	ministry.Country = "PT"
	nairobi := named("city-of-nairobi", "local_authority", "Nairobi City County")
	nairobi.Country, nairobi.At = "KE", "-1.286,36.817"
	network := named("un-network", party.Network, "A network")
	network.Members = []string{"ilo", "iom"}
	ilo, iom := named("ilo", "un_entity", "ILO"), named("iom", "un_entity", "IOM")
	ring := named("ring", party.InterAgency, "Ring")
	ring.Members = []string{"un-network"}
	all := among(portugal, ministry, nairobi, network, ilo, iom, ring, state(t, "ken"))

	tests := []struct {
		name string
		p    party.Party
		want string // "field: message", a part of it; "" = may be published
	}{
		{"a State", portugal, ""},
		{"a ministry of the State", ministry, ""},
		{"a city with its place", nairobi, ""},
		{"a network with members", network, ""},
		{"a department of an entity", named("iom.data", "un_entity", "Data"), ""},
		{"an observer State", state(t, "vat"), ""},

		{"no code", named("", "other", "X"), "code: is needed"},
		{"capitals", named("Iom", "un_entity", "X"), "code: must be of lower-case"},
		{"letters beyond a–z", named("são-paulo", "local_authority", "X"), "code: must be of lower-case"},
		{"a hyphen at the end", named("iom-", "un_entity", "X"), "code: must be of lower-case"},
		{"two dots", named("iom..data", "un_entity", "X"), "code: must be of lower-case"},
		{"a very long code", named(strings.Repeat("a", 101), "other", "X"), "at most 100"},
		{"a parent that is not the prefix", with(named("iom.data", "un_entity", "X"), func(p *party.Party) { p.Parent = "ilo" }), "parent: does not fit the code"},
		{"a dot without a parent", with(named("iom.data", "un_entity", "X"), func(p *party.Party) { p.Parent = "" }), "parent: must be iom"},
		{"a parent without a dot", with(iom, func(p *party.Party) { p.Parent = "ilo" }), "parent: does not fit the code"},
		{"an unknown parent", named("unhcr.data", "un_entity", "X"), "parent: is not in the register"},

		{"a State under another code", with(portugal, func(p *party.Party) { p.Code = "portugal" }), "code: must be the ISO 3166 alpha-3"},
		{"a State in another country", with(portugal, func(p *party.Party) { p.Country = "ES" }), "country: must be PT"},
		{"a ministry abroad", with(ministry, func(p *party.Party) { p.Country = "ES" }), "country: must be PT"},
		{"a city as part of its State", named("ken.nairobi", "local_authority", "X"), "code: begins with ken, which is kept for the State"},
		{"somebody with a State's code", named("ken", "civil_society", "X"), "code: begins with ken"},
		{"an observer as a Member State", with(state(t, "vat"), func(p *party.Party) { p.Kind = party.MemberState }), "is no Member State"},
		{"a Member State as an observer", with(portugal, func(p *party.Party) { p.Kind = party.ObserverState }), "is no observer State"},
		{"a part of another kind", named("iom.youth", "youth", "X"), "parent: is of kind un_entity"},

		{"a kind that the pack has not", with(iom, func(p *party.Party) { p.Kind = "empire" }), "kind: must be a kind of the compact"},
		{"no name", with(iom, func(p *party.Party) { p.Names = nil }), "names: at least one"},
		{"a name in a seventh language", with(iom, func(p *party.Party) { p.Names = map[lang.Code]string{"pt": "OIM"} }), "names: must be in one of the languages"},
		{"a name on two lines", named("x", "other", "a\nb"), "names.en: must be one line"},
		{"a decomposed name", named("x", "other", "Montre\u0301al"), "names.en: must be in Unicode's composed form"},
		{"a name that runs backwards", named("x", "other", "a\u202Eb"), "names.en: contains the invisible direction control U+202E"},
		{"a name with an address", named("x", "other", "Jane <jane@example.org>"), "names.en: looks like it holds a personal e-mail address"},
		{"a country in small letters", with(nairobi, func(p *party.Party) { p.Country = "ke" }), "country: must be an ISO 3166 alpha-2"},
		{"a place off the globe", with(nairobi, func(p *party.Party) { p.At = "91,0" }), "at: must be latitude"},
		{"a place in words", with(nairobi, func(p *party.Party) { p.At = "NaN,Inf" }), "at: must be latitude"},

		{"a member of itself", with(network, func(p *party.Party) { p.Members = []string{"un-network"} }), "members: a party is no member of itself"},
		{"an unknown member", with(network, func(p *party.Party) { p.Members = []string{"unhcr"} }), "members: is not in the register"},
		{"a member twice", with(network, func(p *party.Party) { p.Members = []string{"iom", "iom"} }), "members: is named twice"},
		{"members out of order", with(network, func(p *party.Party) { p.Members = []string{"iom", "ilo"} }), "members: must be in order"},
		{"a circle", with(network, func(p *party.Party) { p.Members = []string{"ring"} }), "members: makes a circle: un-network has the member ring has the member un-network"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := say(party.Validate(pack, all, tt.p))
			switch {
			case tt.want == "" && got != "":
				t.Errorf("refused: %s", got)
			case tt.want != "" && !strings.Contains(got, tt.want):
				t.Errorf("got %q, want %q in it", got, tt.want)
			}
		})
	}
}

// say puts findings as "field: message", since the value stands between them otherwise.
func say(found []errs.Field) string {
	var b strings.Builder
	for _, f := range found {
		b.WriteString(f.Field + ": " + f.Message + "\n")
	}
	return b.String()
}

func TestEveryStateIsAParty(t *testing.T) {
	pack := pack(t)
	states := 0
	for _, c := range place.Countries() {
		if c.Status == place.Area {
			if p := party.FromCountry(c); p.Kind != "" {
				t.Errorf("%s is an area and became a %s", c.Alpha3, p.Kind)
			}
			continue
		}
		p := party.FromCountry(c)
		if found := party.Validate(pack, among(), p); len(found) > 0 {
			t.Errorf("%s: %v", c.Alpha3, found)
		}
		if len(p.Names) != 6 {
			t.Errorf("%s has %d names", c.Alpha3, len(p.Names))
		}
		if p.IsState(pack) {
			states++
		}
	}
	if states != 193 {
		t.Errorf("%d parties count as States, want the 193 Member States", states)
	}
}

func TestRoot(t *testing.T) {
	for code, want := range map[string]string{"prt": "prt", "prt.foreign-affairs": "prt", "iom.data.lab": "iom", "city-of-nairobi": "city-of-nairobi", "": ""} {
		if got := party.Root(code); got != want {
			t.Errorf("Root(%q) = %q, want %q", code, got, want)
		}
	}
	for code, want := range map[string]string{"prt": "", "prt.a": "prt", "iom.data.lab": "iom.data"} {
		if got := party.ParentOf(code); got != want {
			t.Errorf("ParentOf(%q) = %q, want %q", code, got, want)
		}
	}
}

func TestOnlyTheStateItselfCounts(t *testing.T) {
	pack := pack(t)
	ministry := named("prt.foreign-affairs", party.MemberState, "Ministry")
	for _, tt := range []struct {
		p    party.Party
		want bool
	}{{state(t, "prt"), true}, {ministry, false}, {state(t, "pse"), false}, {named("iom", "un_entity", "IOM"), false}} {
		if got := tt.p.IsState(pack); got != tt.want {
			t.Errorf("%s: IsState = %v", tt.p.Code, got)
		}
	}
}

func TestPersonalDataIsFound(t *testing.T) {
	words := party.Words{Max: 1000, Lines: true}
	for _, tt := range []struct {
		text string
		want string
	}{
		{"Write to jane.doe@example.org for more", "e-mail"},
		{"Write to jane@ministère.gouv.fr", "e-mail"},
		{"写信给 jane＠example.org", "e-mail"},
		{"Call +254 20 555 0100 in office hours", "telephone"},
		{"Call 0041 22 555 01 00", "telephone"},
		{"Tel: 555 0100 22", "telephone"},
		{"هاتف: 020 555 0100", "telephone"},
		{"+41225550100", "telephone"},
		{"+41\u00a022\u00a0555\u00a001\u00a000", "telephone"},
		{"(+41) 22 - 555", ""},
		{"in 2022-2025 call +41 (0)22/555.01.00.", "telephone"},
		{"since 1 0041225550100", "telephone"},
		{"10 100 200 0041 22 555 01 00", "telephone"},
		{"WHATSAPP:: (020) 555-01", "telephone"},
		{"Téléphone. 022 555", "telephone"},
		{"ТЕЛЕФОН：+495 555 01", "telephone"},
		{"电话： 010 555 0100", "telephone"},
		{"電話:0105550", "telephone"},
		{"Tel https://example.org 555 0100", "telephone"},
		{"motel 555 010 220", ""},
		{"Tel. no. 555 0100", ""},
		{"Tel: 555 01", ""},
		{"Telephone lines for 1500000 people in 2022-2025", ""},
		{"by 2022-05-20 12:00:00", ""},
		{"1+41225550100", ""},
		{"+4122555010012345678901", ""},
		{"1 000 000 000 000 000 in all", ""},
		{"ratio 3:00 412255501", ""},
		{"From 2022 to 2025, 10 000 000 people (+15 % in 2023) under A/RES/73/195", ""},
		{"USD 1,500,000 on 2022-05-20; targets 10.7 and 8.8", ""},
		{"See https://example.org/+41225550100/0041225550100 and @network", ""},
		{"at 10 a.m. @ the forum", ""},
	} {
		found := say(words.Check("text", tt.text))
		if (tt.want == "") != (found == "") || !strings.Contains(found, tt.want) {
			t.Errorf("%q: found %q, want %q", tt.text, found, tt.want)
		}
		for _, f := range words.Check("text", tt.text) {
			if f.Value != "" {
				t.Errorf("%q: the finding repeats the value", tt.text)
			}
		}
	}
}

func TestTidyIsTakenByCheck(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.RuneFrom([]rune("aé e\u0301\r\n\t\uFEFF\u202A\u202E\u2066\u2069\u200Fمر中 ."))).Draw(t, "text")
		tidy := party.Tidy(s)
		if again := party.Tidy(tidy); again != tidy {
			t.Fatalf("tidying twice: %q, then %q", tidy, again)
		}
		if found := (party.Words{Lines: true}).Check("text", tidy); len(found) > 0 {
			t.Fatalf("%q tidied to %q is refused: %v", s, tidy, found)
		}
	})
}

func TestTextIsRefused(t *testing.T) {
	words := party.Words{Min: 2, Max: 5}
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "is needed"},
		{"short", "a", "at least 2"},
		{"long", "abcdef", "at most 5"},
		{"five characters of several bytes", "ééééé", ""},
		{"a null", "a\x00b", "U+0000"},
		{"an escape", "a\x1bb", "U+001B"},
		{"a tab in a line", "a\tb", "U+0009"},
		{"not UTF-8", "a\xff", "UTF-8"},
		{"space at the end", "abc ", "space"},
		{"an isolate", "a\u2067b", "U+2067"},
		{"a mark of Arabic", "مر\u200F", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := say(words.Check("name", tt.text))
			if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

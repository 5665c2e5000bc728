package place

import (
	"strings"
	"testing"

	"stocktake/internal/lang"
)

func TestNoNameMeansTwoCountries(t *testing.T) {
	if clash := index().clash; len(clash) > 0 {
		t.Errorf("claimed for two countries; choose one, or list it as ambiguous in tools/place/data/aliases.csv: %q", clash)
	}
}

func TestOfficialNamesFindTheirCountry(t *testing.T) {
	for _, c := range Countries() {
		for _, l := range lang.All {
			for _, name := range []string{c.Name(l), strings.ToUpper(c.Name(l)), " " + c.Name(l) + ".", fold(c.Name(l))} {
				if got, ok := Lookup(name); !ok || got.Alpha3 != c.Alpha3 {
					t.Errorf("%s in %s: %q finds %q, %t", c.Alpha3, l, name, got.Alpha3, ok)
				}
			}
		}
	}
}

func TestAliasesFindTheirCountry(t *testing.T) {
	for _, row := range aliasRows {
		for name := range strings.SplitSeq(row.names, ";") {
			got, ok := Lookup(name)
			if declared := index().at[fold(name)] == ambiguous; ok == declared || ok && got.Alpha3 != row.alpha3 {
				t.Errorf("%q finds %q, %t; want %s", name, got.Alpha3, ok, row.alpha3)
			}
		}
	}
}

func TestLookup(t *testing.T) {
	for _, tc := range []struct{ name, want string }{
		// as the World Bank writes
		{"Egypt, Arab Rep.", "EGY"}, {"Gambia, The", "GMB"}, {"Bahamas, The", "BHS"}, {"Congo, Dem. Rep.", "COD"},
		{"Congo, Rep.", "COG"}, {"Korea, Rep.", "KOR"}, {"Korea, Dem. People's Rep.", "PRK"}, {"Iran, Islamic Rep.", "IRN"},
		{"Venezuela, RB", "VEN"}, {"Yemen, Rep.", "YEM"}, {"Micronesia, Fed. Sts.", "FSM"}, {"Lao PDR", "LAO"},
		{"Kyrgyz Republic", "KGZ"}, {"Slovak Republic", "SVK"}, {"Hong Kong SAR, China", "HKG"}, {"Macao SAR, China", "MAC"},
		{"St. Lucia", "LCA"}, {"St. Kitts and Nevis", "KNA"}, {"West Bank and Gaza", "PSE"},
		// as ISO writes
		{"Korea, Republic of", "KOR"}, {"Korea (the Democratic People's Republic of)", "PRK"}, {"Moldova, Republic of", "MDA"},
		{"Tanzania, United Republic of", "TZA"}, {"Palestine, State of", "PSE"}, {"Taiwan, Province of China", "TWN"},
		{"Bolivia, Plurinational State of", "BOL"}, {"Congo, the Democratic Republic of the", "COD"}, {"Netherlands, Kingdom of the", "NLD"},
		{"Virgin Islands (U.S.)", "VIR"}, {"Virgin Islands, British", "VGB"}, {"Holy See (Vatican City State)", "VAT"},
		// former and short names
		{"Turkey", "TUR"}, {"Türkiye", "TUR"}, {"Turkiye", "TUR"}, {"Türkiye/Turkey", "TUR"}, {"DR Congo", "COD"}, {"DRC", "COD"}, {"Ivory Coast", "CIV"},
		{"Swaziland", "SWZ"}, {"Macedonia", "MKD"}, {"USA", "USA"}, {"U.S.A.", "USA"}, {"United States", "USA"}, {"UK", "GBR"}, {"Czech Republic", "CZE"},
		{"Cape Verde", "CPV"}, {"Burma", "MMR"}, {"Vatican", "VAT"}, {"Palestine", "PSE"}, {"Laos", "LAO"}, {"Brunei", "BRN"}, {"Moldova", "MDA"},
		{"Bolivia", "BOL"}, {"Venezuela", "VEN"}, {"Iran", "IRN"}, {"Syria", "SYR"}, {"Tanzania", "TZA"}, {"Vietnam", "VNM"}, {"Russia", "RUS"},
		{"South Korea", "KOR"}, {"North Korea", "PRK"}, {"The Netherlands", "NLD"}, {"Kosovo", "XKX"}, {"East Timor", "TLS"}, {"Guinea Conakry", "GIN"},
		{"Trinidad & Tobago", "TTO"}, {"Antigua & Barbuda", "ATG"}, {"Bosnia-Herzegovina", "BIH"}, {"Guinea Bissau", "GNB"},
		// formal names
		{"Plurinational State of Bolivia", "BOL"}, {"Kingdom of Morocco", "MAR"}, {"Federated States of Micronesia", "FSM"}, {"Republic of the Congo", "COG"},
		{"République islamique d’Iran", "IRN"}, {"República Bolivariana de Venezuela", "VEN"}, {"Многонациональное Государство Боливия", "BOL"},
		{"دولة بوليفيا المتعددة القوميات", "BOL"}, {"مملكة هولندا", "NLD"}, {"荷兰（王国）", "NLD"},
		// other languages, and letters as they come
		{"Cote dIvoire", "CIV"}, {"CÔTE D’IVOIRE", "CIV"}, {"cote d ivoire", "CIV"}, {"Sao Tomé", "STP"}, {"México", "MEX"}, {"ALLEMAGNE", "DEU"}, {"Perú", "PER"},
		{"Great Britain", "GBR"}, {"Соединённые Штаты Америки", "USA"}, {"Россия", "RUS"}, {"США", "USA"}, {"美国", "USA"}, {"英国", "GBR"}, {"韩国", "KOR"}, {"刚果", "COG"},
		{"مصر", "EGY"}, {"الولايات المتحدة الامريكية", "USA"}, {"سوريه", "SYR"}, {"ساحل العاج", "CIV"},
		// neighbours that must not be taken for each other
		{"Niger", "NER"}, {"Nigeria", "NGA"}, {"Dominica", "DMA"}, {"Dominican Republic", "DOM"}, {"Guinea", "GIN"}, {"Equatorial Guinea", "GNQ"},
		{"Papua New Guinea", "PNG"}, {"Sudan", "SDN"}, {"South Sudan", "SSD"}, {"Congo", "COG"}, {"Samoa", "WSM"}, {"American Samoa", "ASM"},
		{"多米尼加", "DOM"}, {"多米尼克", "DMA"}, {"غيانا", "GUY"}, {"غينيا", "GIN"}, {"Ireland", "IRL"},
		// none, or not one
		{"Korea", ""}, {"Saint Martin", ""}, {"Virgin Islands", ""}, {"Ireland (Northern)", ""}, {"Africa", ""}, {"European Union", ""}, {"United Nations", ""},
		{"", ""}, {" ", ""}, {"the", ""}, {"…", ""}, {"Atlantis", ""}, {"Kenya and Uganda", ""}, {"Kenya; Uganda", ""}, {strings.Repeat("Kenya", 100), ""},
		{"\xff\xfe", ""}, {"Kenya\xff", "KEN"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, ok := Lookup(tc.name)
			if got.Alpha3 != tc.want || ok != (tc.want != "") {
				t.Errorf("Lookup(%q) = %q, %t; want %q", tc.name, got.Alpha3, ok, tc.want)
			}
		})
	}
}

// FuzzLookup: whatever comes, Lookup answers with a country of the list or with none, and space
// around the name makes no difference.
func FuzzLookup(f *testing.F) {
	for _, seed := range []string{"Kenya", "Egypt, Arab Rep.", "بوليفيا (دولة - المتعددة القوميات)", "荷兰（王国）", "(", ",", "- -", "İ", "the of and", "\xff(", "ﷺ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got, ok := Lookup(name)
		if known, there := ByAlpha3(got.Alpha3); ok != there || known.Alpha3 != got.Alpha3 {
			t.Fatalf("Lookup(%q) = %q, %t", name, got.Alpha3, ok)
		}
		if len(name)+2 > longest {
			return
		}
		if again, ok2 := Lookup(" " + name + "\n"); again.Alpha3 != got.Alpha3 || ok2 != ok {
			t.Fatalf("Lookup(%q) = %q, with space around it %q", name, got.Alpha3, again.Alpha3)
		}
	})
}

func BenchmarkLookup(b *testing.B) {
	index()
	for b.Loop() {
		Lookup("Congo, Dem. Rep.")
	}
}

func TestRegionNamed(t *testing.T) {
	for name, code := range map[string]string{"Oceania": "009", "the Pacific": "009", "Pacífico": "009", "太平洋": "009", "AFRIQUE": "002", "World": "", "Kenya": "", "": ""} {
		if r, ok := RegionNamed(name); ok != (code != "") || r.Code != code {
			t.Errorf("%q is %q, want %q", name, r.Code, code)
		}
	}
}

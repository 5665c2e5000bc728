package place

import (
	"strings"
	"testing"
	"unicode"

	"stocktake/internal/lang"
)

// scripts says in which letters each language is written; "ar" names in Latin letters would be
// a slip of a row or column.
var scripts = map[lang.Code]*unicode.RangeTable{
	lang.AR: unicode.Arabic, lang.ZH: unicode.Han, lang.RU: unicode.Cyrillic,
	lang.EN: unicode.Latin, lang.FR: unicode.Latin, lang.ES: unicode.Latin,
}

func TestNoNameIsMissing(t *testing.T) {
	type thing struct {
		what string
		name func(lang.Code) string
	}
	var things []thing
	for _, c := range Countries() {
		things = append(things, thing{c.Alpha3, c.Name})
	}
	for _, r := range Regions() {
		things = append(things, thing{"region " + r.Code, r.Name})
	}
	for _, c := range Commissions() {
		things = append(things, thing{"commission " + c.Slug, c.Name})
	}
	for _, g := range Groups() {
		things = append(things, thing{"group " + g.Slug, g.Name})
	}
	for _, x := range things {
		for _, l := range lang.All {
			name := x.name(l)
			if strings.Join(strings.Fields(name), " ") != name || name == "" {
				t.Errorf("%s in %s: %q is empty or oddly spaced", x.what, l, name)
			}
			for _, r := range name {
				if unicode.IsLetter(r) && !unicode.Is(scripts[l], r) || !unicode.IsPrint(r) || r == '�' {
					t.Errorf("%s in %s: %q holds %U", x.what, l, name, r)
				}
			}
			if strings.Contains(name, ";") {
				t.Errorf("%s in %s: %q holds a semicolon, which divides lists in CSV", x.what, l, name)
			}
		}
	}
}

func TestNamesAreDistinct(t *testing.T) {
	for _, l := range lang.All {
		seen := map[string]string{}
		for _, c := range Countries() {
			if other, ok := seen[c.Name(l)]; ok {
				t.Errorf("%s and %s are both %q in %s", other, c.Alpha3, c.Name(l), l)
			}
			seen[c.Name(l)] = c.Alpha3
		}
	}
}

// TestNames holds names that UN usage fixes and common usage has otherwise, letter for letter.
func TestNames(t *testing.T) {
	for _, tc := range []struct{ alpha3, ar, zh, en, fr, ru, es string }{
		{"BOL", "بوليفيا (دولة - المتعددة القوميات)", "多民族玻利维亚国", "Bolivia (Plurinational State of)", "Bolivie (État plurinational de)", "Боливия (Многонациональное Государство)", "Bolivia (Estado Plurinacional de)"},
		{"CIV", "كوت ديفوار", "科特迪瓦", "Côte d'Ivoire", "Côte d'Ivoire", "Кот-д'Ивуар", "Côte d'Ivoire"},
		{"COD", "جمهورية الكونغو الديمقراطية", "刚果民主共和国", "Democratic Republic of the Congo", "République démocratique du Congo", "Демократическая Республика Конго", "República Democrática del Congo"},
		{"COG", "الكونغو", "刚果（布）", "Congo", "Congo", "Конго", "Congo"},
		{"CPV", "كابو فيردي", "佛得角", "Cabo Verde", "Cabo Verde", "Кабо-Верде", "Cabo Verde"},
		{"CZE", "تشيكيا", "捷克", "Czechia", "Tchéquie", "Чехия", "Chequia"},
		{"FSM", "ميكرونيزيا (ولايات - الموحدة)", "密克罗尼西亚联邦", "Micronesia (Federated States of)", "Micronésie (États fédérés de)", "Микронезия (Федеративные Штаты)", "Micronesia (Estados Federados de)"},
		{"GBR", "المملكة المتحدة لبريطانيا العظمى وأيرلندا الشمالية", "大不列颠及北爱尔兰联合王国", "United Kingdom of Great Britain and Northern Ireland", "Royaume-Uni de Grande-Bretagne et d'Irlande du Nord", "Соединенное Королевство Великобритании и Северной Ирландии", "Reino Unido de Gran Bretaña e Irlanda del Norte"},
		{"HKG", "الصين، منطقة هونغ كونغ الإدارية الخاصة", "中国香港特别行政区", "China, Hong Kong SAR", "Chine, région administrative spéciale de Hong Kong", "Китай, специальный административный район Гонконг", "China, región administrativa especial de Hong Kong"},
		{"IRN", "إيران (جمهورية - الإسلامية)", "伊朗伊斯兰共和国", "Iran (Islamic Republic of)", "Iran (République islamique d')", "Иран (Исламская Республика)", "Irán (República Islámica del)"},
		{"KEN", "كينيا", "肯尼亚", "Kenya", "Kenya", "Кения", "Kenya"},
		{"KOR", "جمهورية كوريا", "大韩民国", "Republic of Korea", "République de Corée", "Республика Корея", "República de Corea"},
		{"LAO", "جمهورية لاو الديمقراطية الشعبية", "老挝人民民主共和国", "Lao People's Democratic Republic", "République démocratique populaire lao", "Лаосская Народно-Демократическая Республика", "República Democrática Popular Lao"},
		{"MDA", "جمهورية مولدوفا", "摩尔多瓦共和国", "Republic of Moldova", "République de Moldova", "Республика Молдова", "República de Moldova"},
		{"MMR", "ميانمار", "缅甸", "Myanmar", "Myanmar", "Мьянма", "Myanmar"},
		{"NLD", "هولندا (مملكة -)", "荷兰王国", "Netherlands (Kingdom of the)", "Pays-Bas (Royaume des)", "Нидерланды (Королевство)", "Países Bajos (Reino de los)"},
		{"PRK", "جمهورية كوريا الشعبية الديمقراطية", "朝鲜民主主义人民共和国", "Democratic People's Republic of Korea", "République populaire démocratique de Corée", "Корейская Народно-Демократическая Республика", "República Popular Democrática de Corea"},
		{"PSE", "دولة فلسطين", "巴勒斯坦国", "State of Palestine", "État de Palestine", "Государство Палестина", "Estado de Palestina"},
		{"RUS", "الاتحاد الروسي", "俄罗斯联邦", "Russian Federation", "Fédération de Russie", "Российская Федерация", "Federación de Rusia"},
		{"SWZ", "إسواتيني", "斯威士兰", "Eswatini", "Eswatini", "Эсватини", "Eswatini"},
		{"SYR", "الجمهورية العربية السورية", "阿拉伯叙利亚共和国", "Syrian Arab Republic", "République arabe syrienne", "Сирийская Арабская Республика", "República Árabe Siria"},
		{"TLS", "تيمور - ليشتي", "东帝汶", "Timor-Leste", "Timor-Leste", "Тимор-Лешти", "Timor-Leste"},
		{"TUR", "تركيا", "土耳其", "Türkiye", "Türkiye", "Турция", "Türkiye"},
		{"TWN", "مقاطعة تايوان الصينية", "中国台湾省", "Taiwan Province of China", "Province chinoise de Taïwan", "Тайвань, провинция Китая", "Provincia China de Taiwán"},
		{"TZA", "جمهورية تنزانيا المتحدة", "坦桑尼亚联合共和国", "United Republic of Tanzania", "République-Unie de Tanzanie", "Объединенная Республика Танзания", "República Unida de Tanzanía"},
		{"USA", "الولايات المتحدة الأمريكية", "美利坚合众国", "United States of America", "États-Unis d'Amérique", "Соединенные Штаты Америки", "Estados Unidos de América"},
		{"VAT", "الكرسي الرسولي", "罗马教廷", "Holy See", "Saint-Siège", "Святой Престол", "Santa Sede"},
		{"VEN", "فنزويلا (جمهورية - البوليفارية)", "委内瑞拉玻利瓦尔共和国", "Venezuela (Bolivarian Republic of)", "Venezuela (République bolivarienne du)", "Венесуэла (Боливарианская Республика)", "Venezuela (República Bolivariana de)"},
		{"VNM", "فييت نام", "越南", "Viet Nam", "Viet Nam", "Вьетнам", "Viet Nam"},
		{"XKX", "كوسوفو (قرار مجلس الأمن 1244)", "科索沃（安全理事会第1244号决议）", "Kosovo (Security Council resolution 1244)", "Kosovo (résolution 1244 du Conseil de sécurité)", "Косово (резолюция 1244 Совета Безопасности)", "Kosovo (resolución 1244 del Consejo de Seguridad)"},
	} {
		c, ok := ByAlpha3(tc.alpha3)
		if !ok {
			t.Fatalf("%s is not there", tc.alpha3)
		}
		for l, want := range map[lang.Code]string{lang.AR: tc.ar, lang.ZH: tc.zh, lang.EN: tc.en, lang.FR: tc.fr, lang.RU: tc.ru, lang.ES: tc.es} {
			if got := c.Name(l); got != want {
				t.Errorf("%s in %s: got %q, want %q", tc.alpha3, l, got, want)
			}
		}
	}
}

func TestNamesOfWhatHoldsCountries(t *testing.T) {
	region := func(code string) func(lang.Code) string { r, _ := RegionByCode(code); return r.Name }
	commission := func(slug string) func(lang.Code) string { c, _ := CommissionBySlug(slug); return c.Name }
	group := func(slug string) func(lang.Code) string { g, _ := GroupBySlug(slug); return g.Name }
	for _, tc := range []struct {
		name     func(lang.Code) string
		language lang.Code
		want     string
	}{
		{region("001"), lang.RU, "Мир"},
		{region("202"), lang.FR, "Afrique subsaharienne"},
		{region("419"), lang.ES, "América Latina y el Caribe"},
		{region("419"), lang.AR, "أمريكا اللاتينية ومنطقة البحر الكاريبي"},
		{region("035"), lang.EN, "South-eastern Asia"},
		{region("061"), lang.ZH, "波利尼西亚"},
		{commission("escwa"), lang.AR, "اللجنة الاقتصادية والاجتماعية لغربي آسيا"},
		{commission("escap"), lang.ZH, "亚洲及太平洋经济社会委员会"},
		{commission("ece"), lang.RU, "Европейская экономическая комиссия"},
		{commission("eclac"), lang.EN, "Economic Commission for Latin America and the Caribbean"},
		{group("weog"), lang.FR, "Groupe des États d'Europe occidentale et autres États"},
		{group("african"), lang.ZH, "非洲国家组"},
		{group("grulac"), "xx", "Group of Latin American and Caribbean States"},
	} {
		if got := tc.name(tc.language); got != tc.want {
			t.Errorf("in %s: got %q, want %q", tc.language, got, tc.want)
		}
	}
}

package lang

import (
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/collate"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"pgregory.net/rapid"
)

func TestMatch(t *testing.T) {
	for _, test := range []struct {
		name, header string
		want         Code
	}{
		{"nothing asked", "", EN},
		{"a browser in France", "fr-FR,fr;q=0.9,en-US;q=0.8,en;q=0.7", FR},
		{"a region of the language", "es-MX", ES},
		{"traditional Chinese", "zh-TW,zh;q=0.9", ZH},
		{"Arabic of a country", "ar-EG", AR},
		{"weights count, not the order", "en;q=0.1, ru;q=0.9", RU},
		{"none of the six", "xx", EN},
		{"first choice unknown, second known", "xx,fr;q=0.5", FR},
		{"a wildcard", "*", EN},
		{"refused languages only", "fr;q=0", EN},
		{"broken weight", "fr;q=abc", EN},
		{"broken first, sound second", "fr;q=abc,ru", RU},
		{"weight that is no number", "fr;q=NaN,ru;q=0.2", RU},
		{"rubbish", "\x00\xff;;;,,,===", EN},
		{"long, the wish in front", "ru," + strings.Repeat("fr-FR,", 1000), RU},
		{"long, without a comma", strings.Repeat("f", 100_000), EN},
		{"many dashes", strings.Repeat("-a", 100_000), EN},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Match(test.header); got != test.want {
				t.Errorf("Match(%.60q) = %s, want %s", test.header, got, test.want)
			}
		})
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("fr-FR,fr;q=0.9,en-US;q=0.8")
	f.Add("zh-Hant-TW;q=1.0, *;q=0")
	f.Add("und-u-nu-arab-x-a,i-klingon;q=.5")
	f.Fuzz(func(t *testing.T, header string) {
		if got := Match(header); !Known(string(got)) {
			t.Errorf("Match(%q) = %q", header, got)
		}
	})
}

func TestNumber(t *testing.T) {
	for _, test := range []struct {
		n    int64
		want map[Code]string
	}{
		{0, map[Code]string{AR: "0", EN: "0", ES: "0", FR: "0", RU: "0", ZH: "0"}},
		{999, map[Code]string{AR: "999", EN: "999", ES: "999", FR: "999", RU: "999", ZH: "999"}},
		{1234, map[Code]string{AR: "1,234", EN: "1,234", ES: "1234", FR: "1\u202f234", RU: "1\u00a0234", ZH: "1,234"}},
		{12345, map[Code]string{AR: "12,345", EN: "12,345", ES: "12\u00a0345", FR: "12\u202f345", RU: "12\u00a0345", ZH: "12,345"}},
		{-1234567, map[Code]string{AR: "\u200e-1,234,567", EN: "-1,234,567", ES: "-1\u00a0234\u00a0567", FR: "-1\u202f234\u202f567", RU: "-1\u00a0234\u00a0567", ZH: "-1,234,567"}},
		{math.MinInt64, map[Code]string{EN: "-9,223,372,036,854,775,808"}},
	} {
		for c, want := range test.want {
			if got := Number(c, test.n); got != want {
				t.Errorf("Number(%s, %d) = %+q, want %+q", c, test.n, got, want)
			}
		}
	}
}

func TestDecimal(t *testing.T) {
	for _, test := range []struct {
		c        Code
		in, want string
	}{
		{EN, "1234567.50", "1,234,567.50"},
		{FR, "1234.5", "1\u202f234,5"},
		{ES, "1234.50", "1234,50"},
		{ES, "-12345.00", "-12\u00a0345,00"},
		{RU, "1000000", "1\u00a0000\u00a0000"},
		{ZH, "0.05", "0.05"},
		{AR, "1234.5", "1,234.5"},
		{EN, "", ""},
		{EN, "-", "-"},
		{EN, "1.", "1."},
		{EN, ".5", ".5"},
		{EN, "1e6", "1e6"},
		{EN, "1,000", "1,000"},
		{EN, "123456789012345678901234567890", "123,456,789,012,345,678,901,234,567,890"},
	} {
		if got := Decimal(test.c, test.in); got != test.want {
			t.Errorf("Decimal(%s, %q) = %+q, want %+q", test.c, test.in, got, test.want)
		}
	}
}

func TestPercent(t *testing.T) {
	for _, test := range []struct {
		c        Code
		ratio    float64
		decimals int
		want     string
	}{
		{EN, 0.125, 1, "12.5%"},
		{EN, 0.125, 0, "13%"},
		{EN, 12.34, 0, "1,234%"},
		{EN, -0.0001, 0, "0%"},
		{FR, 0.125, 1, "12,5\u202f%"},
		{ES, 0.5, 0, "50\u00a0%"},
		{RU, 0.5, 0, "50\u00a0%"},
		{ZH, 0.5, 0, "50%"},
		{AR, 0.5, 0, "50\u200e%\u200e"},
		{EN, math.NaN(), 0, "–"},
		{EN, math.Inf(1), 0, "–"},
		{EN, 0.5, 99, "50.000000%"},
	} {
		if got := Percent(test.c, test.ratio, test.decimals); got != test.want {
			t.Errorf("Percent(%s, %v, %d) = %+q, want %+q", test.c, test.ratio, test.decimals, got, test.want)
		}
	}
}

func TestDate(t *testing.T) {
	for _, test := range []struct {
		c           Code
		want        string
		year, month string
		first       string
	}{
		{c: EN, want: "20 May 2022", month: "May 2022", year: "2022", first: "1 August 2022"},
		{c: FR, want: "20 mai 2022", month: "mai 2022", year: "2022", first: "1er août 2022"},
		{c: ES, want: "20 de mayo de 2022", month: "mayo de 2022", year: "2022", first: "1 de agosto de 2022"},
		{c: RU, want: "20 мая 2022 года", month: "май 2022 года", year: "2022 год", first: "1 августа 2022 года"},
		{c: ZH, want: "2022年5月20日", month: "2022年5月", year: "2022年", first: "2022年8月1日"},
		{c: AR, want: "20 أيار/مايو 2022", month: "أيار/مايو 2022", year: "2022", first: "1 آب/أغسطس 2022"},
	} {
		for in, want := range map[string]string{"2022-05-20": test.want, "2022-05": test.month, "2022": test.year, "2022-08-01": test.first} {
			if got := Date(test.c, in); got != want {
				t.Errorf("Date(%s, %s) = %q, want %q", test.c, in, got, want)
			}
		}
	}
}

// A year has four digits however early it is: "1 January 1" is a slip of the fingers that nobody sees.
func TestEarlyYears(t *testing.T) {
	for in, want := range map[string]string{"0001-01-01": "1 January 0001", "0987": "0987"} {
		if got := Date(EN, in); got != want {
			t.Errorf("Date(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestDateLeavesAloneWhatIsNoDate(t *testing.T) {
	for _, in := range []string{"", "soon", "2022-13", "2022-02-30", "2022-5-2", "20 May 2022", "11/23/2026", "0000", "0000-01-01", "-202", "+202", "2022-05-20T00:00:00Z", "２０２２"} {
		for _, c := range All {
			if got := Date(c, in); got != in {
				t.Errorf("Date(%s, %q) = %q", c, in, got)
			}
		}
	}
}

func TestEveryMonthHasNames(t *testing.T) {
	for _, c := range All {
		seen := map[string]bool{}
		for m := time.January; m <= time.December; m++ {
			name, short := MonthName(c, m), MonthShort(c, m)
			if name == "" || short == "" || seen[name] {
				t.Errorf("%s: month %d is %q, short %q", c, m, name, short)
			}
			seen[name] = true
			if c == AR && strings.Count(name, "/") != 1 {
				t.Errorf("month %d of Arabic is not a double name: %q", m, name)
			}
		}
		if MonthName(c, 0) != "" || MonthShort(c, 13) != "" {
			t.Errorf("%s: names for months that do not exist", c)
		}
	}
}

func TestDateTime(t *testing.T) {
	at := time.Date(2022, time.May, 20, 23, 5, 59, 0, time.FixedZone("", -2*3600))
	for c, want := range map[Code]string{
		EN: "21 May 2022, 01:05 UTC",
		FR: "21 mai 2022 à 01:05 UTC",
		ES: "21 de mayo de 2022, 01:05 UTC",
		RU: "21 мая 2022 года, 01:05 UTC",
		ZH: "2022年5月21日 01:05 UTC",
		AR: "21 أيار/مايو 2022، 01:05 UTC",
	} {
		if got := DateTime(c, at); got != want {
			t.Errorf("DateTime(%s) = %q, want %q", c, got, want)
		}
	}
}

func TestDateTimeNamesItsZone(t *testing.T) {
	at := time.Date(2022, time.May, 20, 23, 5, 59, 0, time.UTC)
	for _, test := range []struct {
		east int // minutes
		want string
	}{
		{0, "20 May 2022, 23:05 UTC"},
		{3 * 60, "21 May 2022, 02:05 UTC+3"},
		{5*60 + 45, "21 May 2022, 04:50 UTC+5:45"},
		{-3*60 - 30, "20 May 2022, 19:35 UTC-3:30"},
	} {
		if got := DateTimeIn(EN, at.In(time.FixedZone("", test.east*60))); got != test.want {
			t.Errorf("DateTimeIn(en, %+d) = %q, want %q", test.east, got, test.want)
		}
	}
}

func TestList(t *testing.T) {
	for _, test := range []struct {
		c     Code
		items []string
		want  string
	}{
		{EN, nil, ""},
		{EN, []string{"a"}, "a"},
		{EN, []string{"a", "b"}, "a and b"},
		{EN, []string{"a", "b", "c"}, "a, b and c"},
		{FR, []string{"a", "b", "c"}, "a, b et c"},
		{ES, []string{"a", "b", "c"}, "a, b y c"},
		{ES, []string{"Omán", "Irán"}, "Omán e Irán"},
		{ES, []string{"Omán", "Hidalgo"}, "Omán e Hidalgo"},
		{ES, []string{"agua", "hielo"}, "agua y hielo"},
		{ES, []string{"Ohio", "Iowa"}, "Ohio y Iowa"},
		{RU, []string{"a", "b", "c"}, "a, b и c"},
		{ZH, []string{"甲", "乙", "丙"}, "甲、乙和丙"},
		{AR, []string{"كينيا", "مصر", "تونس"}, "كينيا ومصر وتونس"},
	} {
		if got := List(test.c, test.items); got != test.want {
			t.Errorf("List(%s, %q) = %q, want %q", test.c, test.items, got, test.want)
		}
	}
	links := []template.HTML{"<a href=\"/x\">Omán</a>", "<a href=\"/y\"><bdi>Irán</bdi></a>"}
	if got, want := ListHTML(ES, links), links[0]+" e "+links[1]; got != want {
		t.Errorf("ListHTML = %q, want %q", got, want)
	}
}

func TestCollate(t *testing.T) {
	for _, test := range []struct {
		c    Code
		want []string // in order
	}{
		{EN, []string{"Åland", "Chad", "Côte d’Ivoire", "Türkiye", "Zambia"}},
		{FR, []string{"Égypte", "Espagne", "États-Unis", "Éthiopie", "Zambie"}},
		{ES, []string{"nube", "ñandú", "oro"}},
		{RU, []string{"Египет", "Ёлка", "Жар", "Йемен", "Кения"}},
		{AR, []string{"أوغندا", "تونس", "كينيا", "مصر"}},
		{ZH, []string{"埃及", "巴西", "德国", "肯尼亚", "中国"}}, // Aiji, Baxi, Deguo, Kenniya, Zhongguo
	} {
		got := slices.Clone(test.want)
		slices.Reverse(got)
		slices.SortFunc(got, Collate(test.c))
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.c, got, test.want)
		}
	}
}

func TestCollateInManyGoroutines(t *testing.T) {
	order := Collate(FR)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 200 {
				if order("Égypte", "Zambie") >= 0 || order("Zambie", "Égypte") <= 0 || order("Mali", "Mali") != 0 {
					t.Error("the order changed under concurrent use")
				}
			}
		})
	}
	group.Wait()
}

func TestCollateIsAnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order := Collate(rapid.SampledFrom(All).Draw(t, "language"))
		word := rapid.StringN(0, 8, -1)
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		if order(a, b) != -order(b, a) {
			t.Fatalf("order(%q, %q) = %d but the reverse is %d", a, b, order(a, b), order(b, a))
		}
		if (order(a, b) == 0) != (a == b) {
			t.Fatalf("%q and %q compare equal", a, b)
		}
	})
}

func TestIsolate(t *testing.T) {
	for in, want := range map[string]string{
		"":                      "",
		"مصر":                   "\u2068مصر\u2069",
		"a\u2069b\u202e\u2068c": "\u2068abc\u2069",
		"a\u200eb":              "\u2068a\u200eb\u2069",
	} {
		if got := Isolate(in); got != want {
			t.Errorf("Isolate(%+q) = %+q, want %+q", in, got, want)
		}
	}
	if got, want := Bdi("<b>\u202e&"), template.HTML("<bdi>&lt;b&gt;&amp;</bdi>"); got != want {
		t.Errorf("Bdi = %q, want %q", got, want)
	}
}

// x/text holds the rules of CLDR 32: the oracle for all but the "many" of French and Spanish.
func TestPluralAgreesWithCLDR(t *testing.T) {
	forms := map[plural.Form]Category{plural.Other: Other, plural.Zero: Zero, plural.One: One, plural.Two: Two, plural.Few: Few, plural.Many: Many}
	for _, c := range All {
		tag := language.MustParse(string(c))
		for n := range 2_500 {
			want := forms[plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0)]
			if got := c.Plural(int64(n)); got != want {
				t.Fatalf("%s: %d is %q, CLDR says %q", c, n, got, want)
			}
			if got := c.Plural(int64(-n)); got != want {
				t.Fatalf("%s: %d is %q, CLDR says %q", c, -n, got, want)
			}
			if !slices.Contains(c.Categories(), want) {
				t.Fatalf("%s: %q is not among its categories", c, want)
			}
		}
	}
	for _, c := range []Code{FR, ES} {
		for n, want := range map[int64]Category{0: c.Plural(0), 1_000_000: Many, 3_000_000: Many, 1_000_001: Other, 1_500_000: Other, math.MinInt64: Other} {
			if got := c.Plural(n); got != want {
				t.Errorf("%s: %d is %q, want %q", c, n, got, want)
			}
		}
	}
}

// Sorting by keys is sorting by Collate, and stable; keys are what the collator itself compares.
func TestSortStableIsCollate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(All).Draw(t, "language")
		type row struct {
			name string
			n    int
		}
		var rows []row
		for i, name := range rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "A", "ä", "Zypern", "Österreich", "Côte d’Ivoire", "Cote", "Ёлка", "Ель", "中国", "阿富汗", "العراق", "عمان", "2", "10", "São Tomé"}), 0, 30).Draw(t, "names") {
			rows = append(rows, row{name, i})
		}
		want := slices.Clone(rows)
		slices.SortStableFunc(want, func(a, b row) int { return Collate(c)(a.name, b.name) })
		SortStable(c, rows, func(r row) string { return r.name })
		if !slices.Equal(rows, want) {
			t.Errorf("%v, want %v", rows, want)
		}
		collator := collate.New(language.MustParse(string(c)))
		for i := 1; i < len(rows); i++ {
			if collator.CompareString(rows[i-1].name, rows[i].name) > 0 {
				t.Errorf("%q before %q", rows[i-1].name, rows[i].name)
			}
		}
	})
}

func TestKeysAreForgotten(t *testing.T) {
	before := known[ES].Load()
	for i := range mostPlaces + 10 {
		sortKey(ES, strconv.Itoa(i))
	}
	if now := known[ES].Load(); now == before || now.size.Load() > mostPlaces {
		t.Errorf("%d keys are kept", now.size.Load())
	}
}

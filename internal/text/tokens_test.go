package text

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"stocktake/internal/lang"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Each testdata/<code>.txt is a text of the language; <code>.golden shows every word and its term.
func TestTokensGolden(t *testing.T) {
	for _, c := range lang.All {
		t.Run(string(c), func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", string(c)+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, token := range Tokens(c, string(text)) {
				fmt.Fprintf(&b, "%d\t%s\t%s\n", token.Start, text[token.Start:token.End], token.Term)
			}
			golden := filepath.Join("testdata", string(c)+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), b.String()); diff != "" {
				t.Errorf("terms changed (-want +got), see -update:\n%s", diff)
			}
		})
	}
}

func terms(c lang.Code, s string) []string {
	var out []string
	for _, token := range Tokens(c, s) {
		out = append(out, token.Term)
	}
	return out
}

// Whoever writes one of these should find the others.
func TestOneTerm(t *testing.T) {
	for c, groups := range map[lang.Code][]string{
		lang.EN: {
			"migrant migrants Migrant's MIGRANTS’ ｍｉｇｒａｎｔ mi\u00adgrant",
			"child children children's Children’s",
			"woman women",
			"pledge pledges pledged pledging",
			"U.N. UN u.n.",
			"naïve naive nai\u0308ve",
			"1,234 1234 ١٬٢٣٤ १२३४",
			"Türkiye Turkiye TÜRKİYE",
		},
		lang.FR: {
			"sécurité securite sécurités SÉCURITÉ",
			"enfant l'enfant l’enfant d’enfants qu'enfant",
			"réfugié réfugiés réfugiée réfugié·e·s",
			"œuvre oeuvre œuvres",
			"engagement engagements",
			"0,5 0.5",
		},
		lang.ES: {
			"migración migracion migraciones Migración",
			"protección protecciones proteccion",
			"niño niños niñas nino",
			"tecnología tecnologia tecnologías",
			"política políticas politica",
		},
		lang.RU: {
			"мигрант мигранты мигрантов мигрантам МИГРАНТАМИ",
			"ребёнок ребенок ребёнок",
			"обязательство обязательства обязательствам",
			"миграция миграции миграцией",
		},
		lang.AR: {
			"الهجرة هجرة للهجرة والهجرة بالهجرة الهِجْرة الهجـــرة",
			"المهاجرين مهاجرون والمهاجرات للمهاجرين",
			"وزارة الوزارة والوزارة بوزارة",
			"التعاون تعاون والتعاون تعاونية",
			"الإنسان انسان إنسانية",
			"اللاجئين لاجئ لاجئون اللاجئات",
			"الدولة دول والدول",
			"الحدود وحدود حدودها",
			"عودة وعودة العودة",
			"جودة وجودة الجودة",
			"جهود وجهود الجهود",
			"احتجاز لاحتجاز ولاحتجاز الاحتجاز",
			"إعادة لإعادة ولإعادة",
			"لاجئ لاجئين للاجئين ولاجئون",
			"٢٠٣٠ 2030 ۲۰۳۰",
		},
	} {
		for _, group := range groups {
			got := terms(c, group)
			if words := strings.Fields(group); len(got) != len(words) {
				t.Errorf("%s: %q gives %d terms: %q", c, group, len(got), got)
			}
			for _, term := range got {
				if term != got[0] && !exempt[term] {
					t.Errorf("%s: %q gives %q", c, group, got)
					break
				}
			}
		}
	}
}

// بوزارة keeps its preposition: one-letter prepositions without the article stay on.
var exempt = map[string]bool{"بوزار": true}

// Words that must not meet.
func TestDifferentTerms(t *testing.T) {
	for _, test := range []struct {
		c    lang.Code
		a, b string
	}{
		{lang.EN, "nation", "national identity"},
		{lang.EN, "1.5", "15"},
		{lang.AR, "كتاب", "تاب"},
		{lang.AR, "لجنة", "جنة"},
		{lang.AR, "بلد", "لد"},
		{lang.ZH, "移民", "民移"},
	} {
		if a, b := terms(test.c, test.a), terms(test.c, test.b); slices.Equal(a, b) {
			t.Errorf("%s: %q and %q both give %q", test.c, test.a, test.b, a)
		}
	}
}

func TestWordsAreCut(t *testing.T) {
	for _, test := range []struct {
		name string
		c    lang.Code
		in   string
		want string
	}{
		{"nothing", lang.EN, " -–… \u200f", ""},
		{"an identifier", lang.EN, "GCM-0158", "gcm|0158"},
		{"an address", lang.EN, "iom.int", "iom|int"},
		{"a sentence's end", lang.EN, "Done.Next", "done|next"},
		{"digits grouped by no-break spaces", lang.FR, "12\u202f345,5 et 12\u00a0345", "12345.5|et|12345"},
		{"a target", lang.EN, "SDG 10.7.", "sdg|10.7"},
		{"a target and its letters", lang.EN, "SDG10.7 12,345km", "sdg10|7|12345|km"},
		{"an initial", lang.EN, "a.Migrant", "a|migrant"},
		{"underscores part", lang.EN, "child_care", "child|care"},
		{"Latin in Chinese", lang.ZH, "IOM组织2030年", "iom|组织|2030|年"},
		{"a run of one", lang.ZH, "爱，恨", "爱|恨"},
		{"three make two", lang.ZH, "移民局", "移民|民局"},
		{"punctuation parts runs", lang.ZH, "移民。儿童", "移民|儿童"},
		{"half-width kana", lang.ZH, "ｶﾅ", "カナ"},
		{"conjunction before Latin", lang.AR, "وIOM", "و|iom"},
		{"bidi marks are not seen", lang.AR, "\u2067هجرة\u2069", "هجر"},
		{"elision in a name", lang.EN, "Côte d’Ivoire", "cote|ivoir"},
		{"quotation marks are no apostrophes", lang.EN, "‘migrants’", "migrant"},
		{"inclusive writing", lang.FR, "directeur·rice·s d’État", "directeur|etat"},
		{"Cyrillic in English", lang.EN, "мигрантов", "мигрант"},
		{"not UTF-8", lang.EN, "mi\xffgrant", "mi|grant"},
		{"ligature", lang.EN, "eﬃcient", "effici"},
		{"emoji", lang.EN, "go👍go", "go|go"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := strings.Join(terms(test.c, test.in), "|"); got != test.want {
				t.Errorf("%q gives %q, want %q", test.in, got, test.want)
			}
		})
	}
}

// checkTokens holds what every caller relies on, for any text.
func checkTokens(t interface{ Fatalf(string, ...any) }, c lang.Code, s string) {
	tokens := Tokens(c, s)
	for i, token := range tokens {
		switch {
		case token.Start < 0 || token.Start >= token.End || token.End > len(s):
			t.Fatalf("%s: token %d of %q stands at %d to %d", c, i, s, token.Start, token.End)
		case i > 0 && token.Start <= tokens[i-1].Start:
			t.Fatalf("%s: tokens %d and %d of %q are out of order", c, i-1, i, s)
		case token.Term == "" || !utf8.ValidString(token.Term):
			t.Fatalf("%s: term %q of %q", c, token.Term, s)
		case len(token.Term) > 4*maxWord:
			t.Fatalf("%s: a term of %d bytes", c, len(token.Term))
		}
		for _, r := range token.Term {
			if unicode.IsUpper(r) && unicode.ToLower(r) != r || unicode.IsSpace(r) || unicode.IsPunct(r) && r != '.' {
				t.Fatalf("%s: term %q of %q holds %q", c, token.Term, s, r)
			}
		}
		// A word has the same term wherever it stands.
		if alone := Tokens(c, s[token.Start:token.End]); len(alone) != 1 || alone[0].Term != token.Term {
			t.Fatalf("%s: %q is %q in its text and %v alone", c, s[token.Start:token.End], token.Term, alone)
		}
	}
}

var wild = rapid.Custom(func(t *rapid.T) string {
	pieces := []string{"migrant", "Children’s", "l’enfant", "réfugié·e·s", " ", "-", ".", ",", "1", "234", "\u00a0", "移民", "儿", "هجرة", "و", "ـ", "\u0301", "\u200d", "мигрантов", "ё", "'", "a", "U.N.", "İ", "ß", "\"", "*", "\xff"}
	return strings.Join(rapid.SliceOf(rapid.OneOf(rapid.SampledFrom(pieces), rapid.StringN(0, 3, -1))).Draw(t, "pieces"), "")
})

func TestTokensOfAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkTokens(t, rapid.SampledFrom(lang.All).Draw(t, "language"), wild.Draw(t, "text"))
	})
}

func FuzzTokens(f *testing.F) {
	for _, c := range lang.All {
		text, err := os.ReadFile(filepath.Join("testdata", string(c)+".txt"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range lang.All {
			checkTokens(t, c, s)
		}
	})
}

func TestTokensInManyGoroutines(t *testing.T) {
	want := terms(lang.FR, "les réfugiés et les enfants migrants")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 100 {
				if got := terms(lang.FR, "les réfugiés et les enfants migrants"); !slices.Equal(got, want) {
					t.Errorf("%q, want %q", got, want)
				}
			}
		})
	}
	group.Wait()
}

func TestAnalyserForgetsInTime(t *testing.T) {
	a := &analyser{terms: map[lang.Code]map[string]string{}}
	for i := range remembered + 10 {
		a.append(nil, lang.EN, fmt.Sprintf("word%d", i))
	}
	if n := len(a.terms[lang.EN]); n > remembered {
		t.Errorf("%d words remembered, at most %d wanted", n, remembered)
	}
}

func BenchmarkTokens(b *testing.B) {
	for _, c := range lang.All {
		text, err := os.ReadFile(filepath.Join("testdata", string(c)+".txt"))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(string(c), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			var tokens []Token
			for range b.N {
				tokens = AppendTokens(tokens[:0], c, string(text))
			}
		})
	}
}

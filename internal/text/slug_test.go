package text

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSlug(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"a name", "Climate Refugees", "climate-refugees"},
		{"marks and apostrophes", "Côte d’Ivoire", "cote-d-ivoire"},
		{"letters that do not come apart", "Łódź Straße Ærø", "lodz-strasse-aero"},
		{"Turkish", "TÜRKİYE", "turkiye"},
		{"signs", "--A & B (C)--", "a-b-c"},
		{"another script", "Кения", "fallback"},
		{"another script beside Latin", "Кения Kenya", "kenya"},
		{"nothing", "", "fallback"},
		{"full width", "ＧＣＭ　１", "gcm-1"},
		{"Arabic digits", "٢٠٢٦", "2026"},
		{"long, cut at a word", strings.Repeat("word ", 40), strings.TrimSuffix(strings.Repeat("word-", 16), "-")},
		{"long, one word", strings.Repeat("w", 200), strings.Repeat("w", 80)},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Slug(test.in, "fallback"); got != test.want {
				t.Errorf("Slug(%q) = %q, want %q", test.in, got, test.want)
			}
		})
	}
}

var slugForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func TestSlugOfAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), wild).Draw(t, "name")
		slug := Slug(s, "x")
		if !slugForm.MatchString(slug) || len(slug) > maxSlug {
			t.Fatalf("Slug(%q) = %q", s, slug)
		}
		if again := Slug(slug, "x"); again != slug {
			t.Fatalf("Slug(%q) = %q, and that gives %q", s, slug, again)
		}
	})
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"":                      "",
		"  Côte d’Ivoire ":      "cote divoire",
		"TÜRKİYE/Turkey":        "turkiye turkey",
		"Korea (Dem. People's)": "korea dem peoples",
		"ٱلْمَغْرِب":            "المغرب",
		"Российская\u00a0Федерация": "россииская федерация",
		"中国": "中国",
	} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

package party

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The quick look before the slow expression loses nothing that the expression finds.
func TestMayBePhoneMissesNoPhone(t *testing.T) {
	numbers := []string{"1", "2", "41", "555", "00", " ", "-", ".", "/", ") ", "\u00a0"}
	pieces := append([]string{"0", "00", "1", "41", "555", "2022", "+", "(", ")", "-", "/", ".", ":", "：", " ", "  ", "\u00a0", "\n", "a", "é", "о", "，", "Tel", "PHONE"}, announced...)
	found := 0
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 12).Draw(t, "pieces"), "") +
			strings.Join(rapid.SliceOfN(rapid.SampledFrom(numbers), 0, 20).Draw(t, "numbers"), "")
		if phone.MatchString(s) {
			found++
			if !mayBePhone(s) {
				t.Fatalf("%q is missed", s)
			}
		}
	})
	if found == 0 {
		t.Error("not one of the texts had a telephone number")
	}
}

func BenchmarkCheck(b *testing.B) {
	for name, s := range map[string]string{
		"English": strings.TrimSpace(strings.Repeat("From 2022 to 2025 the Ministry trains 1,500,000 people (A/RES/73/195). ", 12)),
		"Russian": strings.TrimSpace(strings.Repeat("В 2022-2025 годах министерство обучит 1 500 000 человек. ", 12)),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Words{Max: 5000, Lines: true}.Check("text", s)
			}
		})
	}
}

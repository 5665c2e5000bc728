package party

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The quick look before the slow expression loses nothing that the expression finds: in texts of
// what numbers are made of, and with a number written behind them in each way that there is.
func TestMayBePhoneMissesNoPhone(t *testing.T) {
	numbers := []string{"1", "2", "41", "555", "00", " ", "-", ".", "/", ") ", "\u00a0"}
	pieces := append([]string{"0", "00", "1", "41", "555", "2022", "+", "(", ")", "-", "/", ".", ":", "：", " ", "  ", "\u00a0", "\n", "a", "é", "о", "，", "Tel", "PHONE"}, announced...)
	written := rapid.OneOf(
		rapid.StringMatching(`(\+|00)[1-9]([ .()/\x{00A0}-]{0,2}[0-9]){8,14}`),
		rapid.StringMatching(`(Tel|PHONE|`+strings.Join(announced, "|")+`)[ .:：]{1,3}[+(]?[0-9]([ .()/-]{0,2}[0-9]){5,14}`),
	)
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 12).Draw(t, "pieces"), "") +
			strings.Join(rapid.SliceOfN(rapid.SampledFrom(numbers), 0, 20).Draw(t, "numbers"), "")
		if phone.MatchString(text) && !mayBePhone(text) {
			t.Fatalf("%q is missed", text)
		}
		text += "\n" + written.Draw(t, "number") + rapid.SampledFrom([]string{"", "\n", ", "}).Draw(t, "end")
		if !phone.MatchString(text) {
			t.Fatalf("%q is not known for a telephone number", text)
		}
		if !mayBePhone(text) {
			t.Fatalf("%q is missed", text)
		}
	})
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

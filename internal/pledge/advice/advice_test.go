package advice

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"stocktake/internal/compact"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
)

// sample is a text with what a careful reader finds in it.
type sample struct {
	Language                                           lang.Code
	Text, Action, Quantity, Deadline, Resources, Scope string
}

func samples(t testing.TB) []sample {
	t.Helper()
	data, err := os.ReadFile("testdata/texts.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []sample
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func pack(t testing.TB) *compact.Pack {
	t.Helper()
	p, err := compact.Embedded(compact.DefaultPack)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTextsInSixLanguages(t *testing.T) {
	gcm := pack(t)
	per := map[lang.Code]int{}
	all := samples(t)
	for _, s := range all {
		per[s.Language]++
		p := pledge.Pledge{Language: s.Language, Text: s.Text}
		got := map[string]Point{}
		for _, pt := range Assess(p).Points {
			got[strings.TrimPrefix(pt.Key, "advice.")] = pt
		}
		how := func(key string) string { return got[key].Why[strings.LastIndexByte(got[key].Why, '.')+1:] }
		if how("action") != s.Action || how("resources") != s.Resources {
			t.Errorf("%s\n\taction %s (%s), want %s; resources %s (%s), want %s", s.Text, how("action"), got["action"].Found, s.Action, how("resources"), got["resources"].Found, s.Resources)
		}
		if got["quantity"].Found != s.Quantity || got["deadline"].Found != s.Deadline {
			t.Errorf("%s\n\tquantity %q, want %q; deadline %q, want %q", s.Text, got["quantity"].Found, s.Quantity, got["deadline"].Found, s.Deadline)
		}
		if f := Scope(p, gcm); string(f.Verdict) != s.Scope {
			t.Errorf("%s\n\tbelongs %q (%q), want %q", s.Text, f.Verdict, f.Words, s.Scope)
		}
	}
	if len(all) < 30 || len(per) != len(lang.All) {
		t.Errorf("%d texts in %d languages are too few", len(all), len(per))
	}
}

func TestFieldsCountAsTheTextDoes(t *testing.T) {
	whole := pledge.Pledge{
		Language: lang.EN, Text: "We will train officials.", Countries: []string{"KE"}, EndsOn: "2027",
		Indicators: []pledge.Indicator{{Name: "Officials trained", Baseline: "0", Target: "300"}},
		Milestones: []pledge.Milestone{{On: "2026", Text: "First course"}},
		Money:      &pledge.Money{Amount: "100000", Currency: "USD"},
	}
	a := Assess(whole)
	if a.Score != 100 {
		t.Errorf("score %d: %+v", a.Score, a.Points)
	}
	for _, c := range []struct {
		name string
		take func(*pledge.Pledge)
		want int
	}{
		{"no verb", func(p *pledge.Pledge) { p.Text = "Officials." }, 80},
		{"only an intention", func(p *pledge.Pledge) { p.Text = "We support officials." }, 90},
		{"nowhere", func(p *pledge.Pledge) { p.Countries = nil }, 90},
		{"everywhere", func(p *pledge.Pledge) { p.Countries, p.Levels = nil, []pledge.Level{pledge.Global} }, 100},
		{"no end", func(p *pledge.Pledge) { p.EndsOn = "" }, 80},
		{"no steps", func(p *pledge.Pledge) { p.Milestones = nil }, 95},
		{"no baseline", func(p *pledge.Pledge) { p.Indicators[0].Baseline = "" }, 95},
		{"no indicator", func(p *pledge.Pledge) { p.Indicators = nil }, 70},
		{"no money", func(p *pledge.Pledge) { p.Money = nil }, 85},
	} {
		p := whole
		p.Indicators = append([]pledge.Indicator(nil), whole.Indicators...)
		c.take(&p)
		if got := Assess(p).Score; got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestWeightsAddUp(t *testing.T) {
	sum, seen := 0, map[Dimension]int{}
	for _, r := range Rules {
		sum += r.Weight
		seen[r.Dimension] += r.Weight
	}
	if sum != 100 || len(seen) != len(Dimensions) {
		t.Errorf("%d in all, %v", sum, seen)
	}
	a := Assess(pledge.Pledge{Language: lang.EN})
	if p, w := a.Of(Specific); p != 0 || w != seen[Specific] {
		t.Errorf("nothing is worth %d of %d", p, w)
	}
}

func TestEveryLanguageHasItsWords(t *testing.T) {
	for _, c := range lang.All {
		w, err := WordsOf(c)
		if err != nil {
			t.Fatal(err)
		}
		v := reflect.ValueOf(w)
		for i := range v.NumField() {
			seen := map[string]bool{}
			for _, word := range v.Field(i).Interface().([]string) {
				if seen[word] || strings.TrimSpace(word) != word || word == "" {
					t.Errorf("%s, %s: %q", c, v.Type().Field(i).Name, word)
				}
				seen[word] = true
			}
			if len(seen) == 0 && v.Type().Field(i).Name != "Nouns" {
				t.Errorf("%s has no %s", c, v.Type().Field(i).Name)
			}
		}
	}
}

// The score lies within its bounds, every point says why with a known key, and looking twice
// finds the same.
func TestAssessmentsOfAnyText(t *testing.T) {
	known := map[string]bool{}
	for _, k := range Keys() {
		known[k] = true
	}
	gcm := pack(t)
	words := samples(t)
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.Custom(func(t *rapid.T) string {
			return rapid.SampledFrom(words).Draw(t, "a").Text + rapid.SampledFrom(words).Draw(t, "b").Text
		})).Draw(t, "text")
		p := pledge.Pledge{Language: rapid.SampledFrom(append([]lang.Code{"", "xx"}, lang.All...)).Draw(t, "language"), Text: s}
		a, sum := Assess(p), 0
		for _, pt := range a.Points {
			sum += pt.Points
			if !known[pt.Why] || pt.Points > pt.Weight || pt.Met != (pt.Points == pt.Weight) {
				t.Fatalf("%+v", pt)
			}
		}
		if a.Score != sum || sum < 0 || sum > 100 {
			t.Fatalf("score %d, sum %d", a.Score, sum)
		}
		if !reflect.DeepEqual(a, Assess(p)) {
			t.Fatal("the second look finds something else")
		}
		if f := Scope(p, gcm); f.Verdict != Here && len(f.Words) == 0 {
			t.Fatalf("%+v", f)
		}
	})
}

func FuzzAssess(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(string(s.Language), s.Text)
	}
	f.Fuzz(func(t *testing.T, language, s string) {
		if a := Assess(pledge.Pledge{Language: lang.Code(language), Text: s}); a.Score < 0 || a.Score > 100 {
			t.Fatalf("score %d", a.Score)
		}
	})
}

package rehearse

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"testing"

	"stocktake/internal/lang"
	"stocktake/internal/pledge"
)

var brace = regexp.MustCompile(`\{[a-z]*\}`)

// TestSameSentences: a choice is a number, and must mean the same sentence in every language:
// lists are equally long, and have the same gaps to fill.
func TestSameSentences(t *testing.T) {
	w, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	known := []string{"{amount}", "{country}", "{end}", "{kind}", "{number}", "{objective}", "{party}", "{place}", "{start}", "{target}"}
	want := gaps(w.in[lang.EN])
	if len(want) < 60 {
		t.Fatalf("only %d sentences in English", len(want))
	}
	for _, l := range lang.All {
		if w.in[l].Language != l {
			t.Errorf("%s.yaml says it is %s", l, w.in[l].Language)
		}
		got := gaps(w.in[l])
		for _, key := range slices.Sorted(maps.Keys(want)) {
			if !slices.Equal(got[key], want[key]) {
				t.Errorf("%s %s: has %v, English has %v", l, key, got[key], want[key])
			}
		}
		for key, found := range got {
			if _, ok := want[key]; !ok {
				t.Errorf("%s %s: is not in English", l, key)
			}
			for _, g := range found {
				if !slices.Contains(known, g) {
					t.Errorf("%s %s: nothing fills %s", l, key, g)
				}
			}
		}
	}
	for _, n := range pledge.Natures {
		if len(w.in[lang.EN].Measures[string(n)]) == 0 {
			t.Errorf("no measures of nature %s", n)
		}
	}
	for _, s := range pledge.Stages[1:] {
		if len(w.in[lang.EN].Reports[string(s)]) == 0 {
			t.Errorf("no reports of stage %s", s)
		}
	}
}

// gaps lists what is in braces in each sentence, by the sentence's place.
func gaps(p *phrases) map[string][]string {
	out := map[string][]string{}
	var walk func(key string, v reflect.Value)
	walk = func(key string, v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			found := brace.FindAllString(v.String(), -1)
			slices.Sort(found)
			out[key] = found
		case reflect.Slice:
			for i := range v.Len() {
				walk(fmt.Sprintf("%s[%d]", key, i), v.Index(i))
			}
		case reflect.Map:
			for _, k := range v.MapKeys() {
				walk(key+"."+k.String(), v.MapIndex(k))
			}
		case reflect.Struct:
			for i := range v.NumField() {
				walk(key+"."+v.Type().Field(i).Name, v.Field(i))
			}
		}
	}
	walk("", reflect.ValueOf(*p))
	return out
}

func TestDice(t *testing.T) {
	// Written down, so that another machine or version of Go that draws otherwise is noticed.
	d := roll(1, "a test", 7)
	if got, want := fmt.Sprint(d.IntN(1000), d.between(3, 9), d.small(50), d.chance(500), some(d, []int{1, 2, 3, 4, 5, 6}, 3)), "371 3 2 true [1 5 6]"; got != want {
		t.Errorf("drew %s, want %s", got, want)
	}
	w, counts := newWeights([]int{0, 3, 0, 1}), [4]int{}
	for range 4000 {
		counts[w.draw(d)]++
	}
	if counts[0] != 0 || counts[2] != 0 || counts[1] < 2800 || counts[1] > 3200 {
		t.Errorf("drew %v of weights 0 3 0 1", counts)
	}
	if !newWeights(nil).empty() || !newWeights([]int{0, 0}).empty() || newWeights([]int{0, 1}).empty() {
		t.Error("empty is wrong")
	}
}

func TestSpread(t *testing.T) {
	if got := fmt.Sprint(spread([]int{1, 0, 2, 1}, 10)); got != "[2 2 7 10]" {
		t.Errorf("spread %s", got)
	}
}

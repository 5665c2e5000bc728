package pledge_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stocktake/internal/pledge"
)

func TestChanges(t *testing.T) {
	a, b := sample(t), sample(t)
	if got := pledge.Changes(a, b); len(got) > 0 {
		t.Errorf("nothing changed, got %v", got)
	}
	b.Title = "Another title"
	b.Objectives = []int{4, 15, 23}
	b.Money = nil
	want := []pledge.FieldChange{
		{Field: "title", Before: []string{a.Title}, After: []string{"Another title"}},
		{Field: "objectives", Before: []string{"4", "15"}, After: []string{"4", "15", "23"}},
		{Field: "money", Before: []string{"1500000.50 USD → " + a.Money.Recipient + " (2022, 2023)"}},
	}
	if diff := cmp.Diff(want, pledge.Changes(a, b)); diff != "" {
		t.Error(diff)
	}
}

// A field that Changes does not know would change in secret.
func TestChangesSeesEveryField(t *testing.T) {
	full := reflect.ValueOf(sample(t))
	for i := range full.NumField() {
		name, _, _ := strings.Cut(full.Type().Field(i).Tag.Get("json"), ",")
		if name == "id" || name == "schema" {
			continue // these do not change
		}
		var a, b pledge.Pledge
		field := reflect.ValueOf(&b).Elem().Field(i)
		switch field.Kind() {
		case reflect.String:
			field.SetString("x")
		case reflect.Bool:
			field.SetBool(true)
		case reflect.Slice:
			field.Set(reflect.MakeSlice(field.Type(), 1, 1))
		case reflect.Pointer:
			field.Set(reflect.New(field.Type().Elem()))
			field.Elem().Field(0).SetString("x")
		default:
			t.Fatalf("%s: a kind of field that this test does not know", name)
		}
		got := pledge.Changes(a, b)
		if len(got) != 1 || got[0].Field != name {
			t.Errorf("%s changed, Changes says %v", name, got)
		}
	}
}

func TestDocs(t *testing.T) {
	p := sample(t)
	docs := pledge.Docs(p,
		[]pledge.Report{{Language: "fr", Narrative: "La loi est adoptée", Barriers: "Budget"}},
		[]pledge.Translation{{Language: "ar", Title: "عنوان", Text: "نص"}})
	want := []pledge.Doc{
		{Field: "title", Language: "en", Text: p.Title}, {Field: "text", Language: "en", Text: p.Text},
		{Field: "announced_at", Language: "en", Text: p.AnnouncedAt},
		{Field: "milestone", Language: "en", Text: "A law is passed"}, {Field: "indicator", Language: "en", Text: "Children registered"},
		{Field: "title", Language: "ar", Text: "عنوان"}, {Field: "text", Language: "ar", Text: "نص"},
		{Field: "report", Language: "fr", Text: "La loi est adoptée"}, {Field: "report", Language: "fr", Text: "Budget"},
	}
	if diff := cmp.Diff(want, docs); diff != "" {
		t.Error(diff)
	}
}

func TestDecimalsOfCurrencies(t *testing.T) {
	for code, want := range map[string]int{"USD": 2, "EUR": 2, "JPY": 0, "XOF": 0, "TND": 3, "XCG": 2, "HRK": 2} {
		if got, ok := pledge.Decimals(code); !ok || got != want {
			t.Errorf("%s: %d, %v", code, got, ok)
		}
	}
	for _, code := range []string{"", "usd", "XXX", "XAU", "XTS", "DEM"} {
		if _, ok := pledge.Decimals(code); ok {
			t.Errorf("%s is taken for a currency", code)
		}
	}
}

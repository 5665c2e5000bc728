package page_test

import (
	"testing"

	"pgregory.net/rapid"

	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/web/page"
)

// Lists gives the links of List, whatever else the question has.
func TestListsAreLists(t *testing.T) {
	values := []string{"none", "1", "KE", "002", "a&b=c", "x&call=none", "none&"}
	rapid.Check(t, func(t *rapid.T) {
		r := page.Reader{House: &page.House{}, Lang: rapid.SampledFrom(lang.All).Draw(t, "language")}
		var q explore.Query
		for range rapid.IntRange(0, 4).Draw(t, "filters") {
			q = q.With(rapid.SampledFrom(explore.Filters).Draw(t, "filter"), rapid.SampledFrom(values).Draw(t, "value"))
		}
		q = q.WithWords(rapid.SampledFrom([]string{"", "call=none", "?region=none&"}).Draw(t, "words"))
		name, value := rapid.SampledFrom(explore.Filters).Draw(t, "name"), rapid.SampledFrom(values).Draw(t, "of")
		if got, want := r.Lists(q, name)(value), r.List(q.Only(name, value)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

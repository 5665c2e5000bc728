package explore

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"stocktake/internal/errs"
)

func TestParseQuery(t *testing.T) {
	pack := testPack(t)
	for _, c := range []struct {
		name, in, want string
		wrong          []string // fields that are refused
	}{
		{name: "nothing asked", in: "", want: ""},
		{name: "canonical order", in: "sort=title&q=b++a&stage=planning&objective=7&objective=12&nature=policy", want: "objective=12&objective=7&nature=policy&stage=planning&q=b+a&sort=title"},
		{name: "a value once", in: "level=local&level=local", want: "level=local"},
		{name: "empty fields of a form", in: "q=&objective=&as_of=&at=&sort=&country=", want: ""},
		{name: "case and zeros", in: "country=ke&objective=07&party=KEN&currency=usd", want: "objective=7&party=ken&country=KE&currency=USD"},
		{name: "what has none", in: "country=none&stage=none&year=none", want: "country=none&stage=none&year=none"},
		{name: "default order", in: "sort=newest", want: ""},
		{name: "day and position", in: "at=412&as_of=2022-05-20", want: "as_of=2022-05-20&at=412"},
		{name: "parameters of a page", in: "view=map&page=2&cursor=x&form=common", want: "form=common"},
		{name: "objectives that nobody inferred", in: "q=a&inferred=false&form=common", want: "form=common&inferred=false&q=a"},
		{name: "all objectives", in: "inferred=true", want: ""},
		{name: "a region keeps its zeros", in: "region=002", want: "region=002"},
		{name: "every fault is named", in: "objective=99&nature=gold&country=XX&as_of=2022-02-30&at=0&sort=best&year=22&region=2&inferred=no",
			wrong: []string{"objective", "nature", "country", "region", "year", "inferred", "as_of", "at", "sort"}},
		{name: "too many values", in: manyCalls(mostValues + 1), wrong: []string{"call"}},
		{name: "too many words", in: "q=" + strings.Repeat("a", mostWords+1), wrong: []string{"q"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := url.ParseQuery(c.in)
			if err != nil {
				t.Fatal(err)
			}
			q, err := ParseQuery(v, pack)
			if got := q.Encode(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			var wrong []string
			for _, f := range errs.FieldsOf(err) {
				wrong = append(wrong, f.Field)
			}
			if !slices.Equal(wrong, c.wrong) || (err != nil) != (len(c.wrong) > 0) || err != nil && !errs.Is(err, errs.Invalid) {
				t.Errorf("refused %v, want %v (%v)", wrong, c.wrong, err)
			}
		})
	}
}

func manyCalls(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("call=c" + strings.Repeat("x", i) + "&")
	}
	return b.String()
}

func TestQueriesAreValues(t *testing.T) {
	var zero Query
	q := zero.With("objective", "7", "1").With("stage", "planning")
	more := q.With("objective", "3")
	for _, c := range []struct {
		name string
		q    Query
		want string
	}{
		{"with", more, "objective=1&objective=3&objective=7&stage=planning"},
		{"the first is unchanged", q, "objective=1&objective=7&stage=planning"},
		{"without one value", more.Without("objective", "1", "3"), "objective=7&stage=planning"},
		{"without a filter", q.Without("objective"), "stage=planning"},
		{"without the last value", q.Without("stage", "planning"), "objective=1&objective=7"},
		{"only", q.Only("objective", "2"), "objective=2&stage=planning"},
		{"what is no filter", q.With("colour", "blue"), "objective=1&objective=7&stage=planning"},
		{"words, day, position, order", zero.WithWords("  a  b ").WithAsOf("2022-05-20").WithAt(3).WithSort(Oldest), "q=a+b&as_of=2022-05-20&at=3&sort=oldest"},
		{"zero", zero, ""},
	} {
		if got := c.q.Encode(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if !q.Has("objective", "7") || q.Has("objective", "3") || q.Has("nature", "policy") {
		t.Error("Has is wrong")
	}
	if q.Get("objective")[0] = "9"; q.Has("objective", "9") {
		t.Error("Get lends what it should copy")
	}
	if zero.Filtered() || zero.WithAsOf("2022-05-20").Filtered() || !q.Filtered() || !zero.WithWords("a").Filtered() {
		t.Error("Filtered is wrong")
	}
}

// Reading back what was written gives the same query, and two queries with the same text are
// the same query.
func TestEncodeIsCanonical(t *testing.T) {
	pack := testPack(t)
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuery(t, pack, 500)
		v, err := url.ParseQuery(q.Encode())
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseQuery(v, pack)
		if err != nil {
			t.Fatalf("?%s: %v", q.Encode(), err)
		}
		if !maps.EqualFunc(q.filters, back.filters, slices.Equal) || q.Words != back.Words || q.OwnObjectives != back.OwnObjectives || q.AsOf != back.AsOf || q.At != back.At || q.Sort != back.Sort {
			t.Fatalf("wrote %+v, read %+v", q, back)
		}
	})
}

func FuzzParseQuery(f *testing.F) {
	f.Add("objective=7&q=%D8%A7%D9%84&as_of=2022-05-20&at=412")
	f.Add("country=ke&party=PRT.labour&call=a%26b%3Dc&sort=title")
	f.Add("q=%ff%fe+x&year=none&objective=+7")
	pack := testPack(f)
	f.Fuzz(func(t *testing.T, raw string) {
		v, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		q, err := ParseQuery(v, pack)
		if err != nil {
			if !errs.Is(err, errs.Invalid) || len(errs.FieldsOf(err)) == 0 {
				t.Fatalf("%q: %v says no field", raw, err)
			}
			return
		}
		text := q.Encode()
		v, err = url.ParseQuery(text)
		if err != nil {
			t.Fatalf("%q gave %q: %v", raw, text, err)
		}
		back, err := ParseQuery(v, pack)
		if err != nil || back.Encode() != text {
			t.Fatalf("%q gave %q, then %q (%v)", raw, text, back.Encode(), err)
		}
	})
}

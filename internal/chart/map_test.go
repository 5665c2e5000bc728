package chart_test

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"

	"stocktake/internal/chart"
	"stocktake/internal/errs"
)

func atof(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestLoadMapRefuses(t *testing.T) {
	swap := func(from, to string) string {
		if !strings.Contains(smallMap, from) {
			t.Fatalf("%q is not in the map", from)
		}
		return strings.Replace(smallMap, from, to, 1)
	}
	cases := []struct{ name, text, says string }{
		{"nothing", "", "JSON"},
		{"no object", "[]", "JSON"},
		{"an unknown field", swap(`"lines"`, `"linse"`), "linse"},
		{"more after the object", smallMap + "{}", "goes on"},
		{"no States", `{"view":[9,9],"projection":{"name":"equal-earth","scale":1}}`, "at least one State"},
		{"no view", swap(`[200,100]`, `[0,100]`), "width"},
		{"another projection", swap(`equal-earth`, `mercator`), "mercator"},
		{"no scale", swap(`"scale":30`, `"scale":0`), "scale above 0"},
		{"a code of three letters", swap(`"KE"`, `"KEN"`), "alpha-2"},
		{"a code in small letters", swap(`"MT"`, `"mt"`), "alpha-2"},
		{"a marker outside", swap(`[190,60]`, `[201,60]`), "markers.TV"},
		{"a path with a curve", swap(`M110 50l8`, `M110 50c8`), "shapes.KE"},
		{"a path that leaves its attribute", swap(`M110 50l8`, `M110 50\"/><script>l8`), "shapes.KE"},
		{"a path without its last number", swap(`0 0 4z`, `0 0z`), "areas.EH"},
		{"a path without a start", swap(`M94 42l0 4`, `l0 4`), "lines"},
		{"numbers after the end of a ring", swap(`0 4z`, `0 4z 5 5`), "areas.EH"},
		{"an empty path", swap(`M0 90l9 0 0 9z`, ``), "shapes.AQ"},
		{"a number out of all bounds", swap(`M0 90`, `M0 90000000`), "shapes.AQ"},
		{"a file that never ends", smallMap + strings.Repeat(" ", 9<<20), "larger"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m, err := chart.LoadMap(strings.NewReader(c.text))
			if err == nil || m != nil {
				t.Fatalf("accepted: %v", m)
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q does not say %q", err, c.says)
			}
			if k := errs.KindOf(err); k != errs.Invalid && k != errs.TooLarge {
				t.Errorf("kind %v", k)
			}
		})
	}
}

func TestNoMapHasNoStates(t *testing.T) {
	var m *chart.Map
	if m.Has("KE") || m.Codes() != nil {
		t.Error("a map turned off has States")
	}
}

func TestDefaultMapSaysWhereItIsFrom(t *testing.T) {
	m := chart.Default()
	if !strings.Contains(m.Source, "Natural Earth") || m.Notice == "" || m.Lines == "" || len(m.Areas) == 0 {
		t.Errorf("source %q, notice %q, %d areas", m.Source, m.Notice, len(m.Areas))
	}
}

// Whatever is accepted can be drawn, and what is drawn is clean.
func FuzzLoadMap(f *testing.F) {
	f.Add([]byte(smallMap))
	f.Add([]byte(strings.Replace(smallMap, "M110 50l8 0 0 8-8 0z", "m1.5.5L-3,4H7v-1Z", 1)))
	f.Add([]byte(`{"shapes":{"KE":"M0 0"},"view":[1,1],"projection":{"name":"equal-earth","scale":1e-300}}`))
	if whole, err := os.ReadFile("world.json"); err == nil {
		f.Add(whole[:len(whole)/2])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := chart.LoadMap(bytes.NewReader(data))
		if err != nil {
			return
		}
		clean(t, string(chart.World{Map: m, ID: "w", Name: "n", Desc: "d", Dots: []chart.Dot{{Lat: 10, Lon: 10, Label: "x"}}}.HTML()))
	})
}

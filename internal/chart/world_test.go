package chart_test

import (
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"stocktake/internal/chart"
	"stocktake/internal/place"
)

func TestEveryStateIsReachable(t *testing.T) {
	m := chart.Default()
	states := 0
	for _, c := range place.Countries() {
		if c.Status != place.Member && c.Status != place.Observer {
			if m.Has(c.Alpha2) {
				t.Errorf("%s is no Member State or observer and can be linked", c.Alpha2)
			}
			continue
		}
		states++
		if !m.Has(c.Alpha2) {
			t.Errorf("%s has neither shape nor marker", c.Alpha2)
		}
	}
	if states != 195 || len(m.Codes()) != 195 {
		t.Errorf("%d States in place, %d on the map, want 195", states, len(m.Codes()))
	}
}

// What a State without a marker shows must be large enough to be seen and pointed at.
func TestAStateWithoutMarkerIsLargeEnough(t *testing.T) {
	m := chart.Default()
	for code, d := range m.Shapes {
		if _, ok := m.Markers[code]; ok {
			continue
		}
		if a := pathArea(t, d); a < 36 {
			t.Errorf("%s covers %.0f square units and has no marker", code, a)
		}
	}
}

func TestMarkersStandApart(t *testing.T) {
	m := chart.Default()
	codes := m.Codes()
	for i, a := range codes {
		for _, b := range codes[:i] {
			p, ok := m.Markers[a]
			q, ok2 := m.Markers[b]
			if d := math.Hypot(p[0]-q[0], p[1]-q[1]); ok && ok2 && d < 10 {
				t.Errorf("markers of %s and %s are %.1f units apart: they overlap", a, b, d)
			}
		}
	}
}

// Moved apart or not, a marker stays by its State.
func TestMarkersStandWhereTheirStateIs(t *testing.T) {
	m := chart.Default()
	for code, at := range m.Markers {
		c, ok := place.ByAlpha2(code)
		if !ok {
			t.Errorf("%s is no country", code)
			continue
		}
		x, y := m.Projection.Project(c.At.Lat, c.At.Lon)
		if d := math.Hypot(x-at[0], y-at[1]); d > 24 {
			t.Errorf("%s is marked %.0f units from where it is (%v)", code, d, c.At)
		}
	}
}

// Places whose position is known fall where the drawing has them.
func TestProjection(t *testing.T) {
	m := chart.Default()
	inside := []struct {
		city, state string
		lat, lon    float64
	}{
		{"Nairobi", "KE", -1.29, 36.82}, {"Brasília", "BR", -15.79, -47.88}, {"Fairbanks", "US", 64.84, -147.7},
		{"Chukotka, beyond the date line", "RU", 66.5, -175}, {"Wellington, up the valley", "NZ", -39.5, 175.9}, {"Hargeisa", "SO", 9.56, 44.06},
		{"Cayenne, inland", "FR", 3.9, -53.2}, {"Simferopol", "UA", 44.95, 34.1}, {"Paris", "FR", 48.85, 2.35},
	}
	for _, c := range inside {
		x, y := m.Projection.Project(c.lat, c.lon)
		if !within(t, m.Shapes[c.state], x, y) {
			t.Errorf("%s at %.0f %.0f lies outside %s", c.city, x, y, c.state)
		}
	}
	for _, lat := range []float64{-90, -45, 0, 45, 90} {
		for lon := -180.0; lon <= 180; lon += 15 {
			x, y := m.Projection.Project(lat, lon)
			if math.IsNaN(x) || math.IsNaN(y) {
				t.Errorf("Project(%v, %v) is no number", lat, lon)
			}
		}
	}
	// By the formula of the paper, for a radius of 1: half the equator is 2π ÷ (√3 · 1.340264), and the
	// pole lies 1.3173627 above it.
	unit := chart.Projection{Name: chart.EqualEarth, Scale: 1}
	if x, _ := unit.Unwrapped(0, 180); math.Abs(x-2.70663) > 1e-4 {
		t.Errorf("half the equator measures %v", x)
	}
	if _, y := unit.Unwrapped(90, 0); math.Abs(-y-1.3173627) > 1e-6 {
		t.Errorf("the pole lies at %v", -y)
	}
}

// Only what has an address is a link, and an area never is.
func TestLinksOfTheWorld(t *testing.T) {
	m := chart.Default()
	w := chart.World{Map: m, ID: "m", Name: "World", Scale: chart.NewScale([]int{4}), States: map[string]chart.State{
		"KE": {Value: 4, Href: "/k", Label: "Kenya: 4 pledges"},
		"VA": {Value: 4, Href: "/v", Label: "Holy See: 4 pledges"},
		"FR": {Value: 4, Label: "France: 4 pledges"},
		"DE": {Value: 4, Href: "javascript:alert(1)", Label: "Germany: 4 pledges"},
		"TW": {Value: 9, Href: "/t", Label: "not on this map"}, "GL": {Value: 9, Href: "/g"}, "XK": {Value: 9, Href: "/x"},
	}}
	html := string(w.HTML())
	clean(t, html)
	var links []string
	depth := 0
	d := xml.NewDecoder(strings.NewReader(html))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			for _, a := range e.Attr {
				if a.Name.Local == "href" {
					links = append(links, a.Value)
				}
				if a.Name.Local == "class" && a.Value == "area" && depth > 0 {
					t.Error("an area within a link")
				}
			}
			if e.Name.Local == "a" {
				depth++
			}
		case xml.EndElement:
			if e.Name.Local == "a" {
				depth--
			}
		}
	}
	if got := strings.Join(links, " "); got != "/k /v" {
		t.Errorf("links: %s", got)
	}
	if strings.Contains(html, "javascript") || strings.Contains(html, "not on this map") {
		t.Error("something that must not be on the map is")
	}
	if html != string(w.HTML()) {
		t.Error("the same numbers gave other bytes")
	}
	if w.Map = nil; w.HTML() != "" {
		t.Error("a map turned off draws something")
	}
}

// A dot lies on top and leaves the shade of its State as it is.
func TestADotNeverShadesAState(t *testing.T) {
	w := chart.World{Map: chart.Default(), Dots: []chart.Dot{{Lat: -1.29, Lon: 36.82, Value: 7, Href: "/n", Label: "Nairobi: 7 pledges"}}}
	without := chart.World{Map: chart.Default()}
	got := string(w.HTML())
	i := strings.Index(got, `<g class="dots">`)
	if i < 0 || got[:i]+"</svg>" != string(without.HTML()) {
		t.Error("the dots change what lies beneath them")
	}
}

func TestWeightOfTheWorld(t *testing.T) {
	for name, page := range map[string]struct {
		html string
		most int
	}{
		"nothing pledged":   {string(chart.World{Map: chart.Default()}.HTML()), 20_000},
		"all States linked": {string(fullWorld(chart.Default())), 26_000},
	} {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := io.WriteString(z, page.html); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d bytes, %d compressed", name, len(page.html), b.Len())
		if b.Len() > page.most {
			t.Errorf("%s: %d bytes compressed, at most %d", name, b.Len(), page.most)
		}
	}
}

func BenchmarkWorld(b *testing.B) {
	m := chart.Default()
	for b.Loop() {
		fullWorld(m)
	}
}

// rings reads path data back into points; it knows the commands that the generator writes.
func rings(t *testing.T, d string) [][][2]float64 {
	t.Helper()
	var out [][][2]float64
	var at [2]float64
	for _, sub := range strings.Split(strings.TrimSuffix(d, "z"), "z") {
		sub = strings.NewReplacer("-", " -", "l", " ").Replace(sub)
		relative := sub[0] == 'm'
		nums := strings.Fields(sub[1:])
		var ring [][2]float64
		for i := 0; i+1 < len(nums); i += 2 {
			dx, dy := atof(t, nums[i]), atof(t, nums[i+1])
			if len(ring) == 0 && !relative {
				at = [2]float64{}
			}
			at = [2]float64{at[0] + dx, at[1] + dy}
			ring = append(ring, at)
		}
		at = ring[0]
		out = append(out, ring)
	}
	return out
}

func pathArea(t *testing.T, d string) float64 {
	largest := 0.0
	for _, ring := range rings(t, d) {
		sum := 0.0
		for i, p := range ring {
			q := ring[(i+1)%len(ring)]
			sum += p[0]*q[1] - q[0]*p[1]
		}
		largest = max(largest, math.Abs(sum/2))
	}
	return largest
}

// within reports whether a point lies in the path, by the even-odd rule.
func within(t *testing.T, d string, x, y float64) bool {
	in := false
	for _, ring := range rings(t, d) {
		for i, p := range ring {
			q := ring[(i+1)%len(ring)]
			if (p[1] > y) != (q[1] > y) && x < (q[0]-p[0])*(y-p[1])/(q[1]-p[1])+p[0] {
				in = !in
			}
		}
	}
	return in
}

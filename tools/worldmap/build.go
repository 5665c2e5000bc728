package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"stocktake/internal/chart"
)

// What the drawing is made to. A unit is half a pixel of a map drawn 960 pixels wide.
const (
	lon0      = 11.1 // the cut, 168.9° west, runs through Bering Strait: no State's mainland is split
	width     = 1920 // units
	margin    = 8    // units left free round the land
	minArea   = 1.2  // units²: a point that spans less is dropped
	minRing   = 4.0  // units²: an island smaller than this is dropped
	tooSmall  = 40.0 // units²: a State whose largest piece is smaller is given a marker
	markerGap = 11.5 // units between the centres of two markers
)

// at places the marker of a State whose largest island is not where its people are.
var at = map[string][2]float64{ // latitude, longitude
	"KI": {1.35, 173.0}, // Tarawa
	"MV": {4.18, 73.51}, // Malé
}

func build(t *topology) (*chart.Map, error) {
	// Fit: project everything that is drawn at scale 1 and see how wide and high it is.
	polygons := map[string][][][]int{}
	for _, g := range t.Objects.Countries.Geometries {
		a3 := g.Properties.A3
		if leftOut[a3] {
			continue
		}
		if whole, ok := partOf[a3]; ok {
			a3 = whole
		}
		polygons[a3] = append(polygons[a3], g.Arcs...)
	}
	for a3 := range states {
		if len(polygons[a3]) == 0 {
			return nil, fmt.Errorf("%s is not in the source", a3)
		}
	}
	used := map[int]bool{}
	for _, ps := range polygons {
		for _, rings := range ps {
			for _, ring := range rings {
				for _, a := range ring {
					used[max(a, ^a)] = true
				}
			}
		}
	}
	globe := map[int][]point{} // arcs in degrees, longitude from lon0
	proj := chart.Projection{Name: chart.EqualEarth, Lon0: lon0, Scale: 1}
	lo, hi := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for a := range used {
		globe[a] = unwrap(t.degrees(a), lon0)
		for _, p := range globe[a] {
			x, y := proj.Unwrapped(p.y, p.x)
			lo, hi = point{min(lo.x, x), min(lo.y, y)}, point{max(hi.x, x), max(hi.y, y)}
		}
	}
	proj.Scale = math.Round((width-2*margin)/(hi.x-lo.x)*100) / 100
	proj.X, proj.Y = math.Round(margin-lo.x*proj.Scale), math.Round(margin-lo.y*proj.Scale)
	height := math.Ceil((hi.y-lo.y)*proj.Scale) + 2*margin

	full, small := map[int][]point{}, map[int][]point{}
	for a, arc := range globe {
		for _, p := range arc {
			x, y := proj.Unwrapped(p.y, p.x)
			full[a] = append(full[a], point{x, y})
		}
		small[a] = round(simplify(full[a], minArea))
	}
	ends := func(a int) (from, to point) {
		if a >= 0 {
			return full[a][0], full[a][len(full[a])-1]
		}
		from, to = full[^a][0], full[^a][len(full[^a])-1]
		return to, from
	}

	m := &chart.Map{
		Source: "Natural Earth 1:50m (public domain) by way of npm " + pkg + " " + version +
			" (BSD-3-Clause), projected and simplified by tools/worldmap",
		Notice:     "map_notice",
		View:       [2]float64{width, height},
		Projection: proj,
		Shapes:     map[string]string{},
		Markers:    map[string][2]float64{},
		Areas:      map[string]string{},
	}
	home := map[string]point{}
	for _, a3 := range slices.Sorted(maps.Keys(polygons)) {
		rings, err := merge(polygons[a3], ends)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a3, err)
		}
		d, largest := draw(rings, full, small)
		a2, state := states[a3]
		switch {
		case state && d != "":
			m.Shapes[a2] = d
		case d != "":
			m.Areas[a3] = d
		}
		if state && math.Abs(area(largest)) < tooSmall {
			home[a2] = centre(largest)
			if p, ok := at[a2]; ok {
				x, y := proj.Project(p[0], p[1])
				home[a2] = point{x, y}
			}
		}
	}
	for a2, p := range apart(home) {
		m.Markers[a2] = [2]float64{math.Round(p.x), math.Round(p.y)}
	}
	m.Lines = lines(t, globe, full)
	return m, nil
}

// draw gives the path of the rings that are large enough to be seen, largest first, and the
// largest ring of all at full detail.
func draw(rings [][]int, full, small map[int][]point) (string, []point) {
	var drawn [][]point
	var largest []point
	for _, arcs := range rings {
		if r := join(arcs, full); math.Abs(area(r)) > math.Abs(area(largest)) || largest == nil {
			largest = r
		}
		r := clean(join(arcs, small))
		if len(r) >= 3 && math.Abs(area(r)) >= minRing {
			drawn = append(drawn, r)
		}
	}
	slices.SortStableFunc(drawn, func(a, b []point) int {
		return int(math.Abs(area(b))*2) - int(math.Abs(area(a))*2)
	})
	return path(drawn), largest
}

// join puts the arcs of a ring end to end, without repeating the points where they meet.
func join(arcs []int, of map[int][]point) []point {
	var out []point
	for _, a := range arcs {
		arc := of[max(a, ^a)]
		if a < 0 {
			arc = slices.Clone(arc)
			slices.Reverse(arc)
		}
		if len(out) > 0 {
			arc = arc[1:]
		}
		out = append(out, arc...)
	}
	if len(out) > 1 && out[0] == out[len(out)-1] {
		out = out[:len(out)-1]
	}
	return out
}

// clean drops the spikes that joined and rounded arcs can leave in a ring.
func clean(ring []point) []point {
	for again := true; again && len(ring) > 2; {
		again = false
		for i := range ring {
			a, b, c := ring[(i+len(ring)-1)%len(ring)], ring[i], ring[(i+1)%len(ring)]
			if b == c || a == c {
				ring = slices.Delete(slices.Clone(ring), i, i+1)
				again = true
				break
			}
		}
	}
	return ring
}

// path writes rings as relative moves in whole units: the shortest text, and the same few
// short numbers again and again, which compresses well.
func path(rings [][]point) string {
	var b []byte
	var at point
	for i, r := range rings {
		if i == 0 {
			b = append(b, 'M')
		} else {
			b = append(b, 'm')
		}
		b = pair(b, r[0].x-at.x, r[0].y-at.y)
		for j := 1; j < len(r); j++ {
			if j == 1 {
				b = append(b, 'l')
			}
			b = pair(b, r[j].x-r[j-1].x, r[j].y-r[j-1].y)
		}
		b = append(b, 'z')
		at = r[0]
	}
	return string(b)
}

func pair(b []byte, x, y float64) []byte {
	for _, v := range []float64{x, y} {
		if last := b[len(b)-1]; v >= 0 && last >= '0' && last <= '9' {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(b, int64(v), 10)
	}
	return b
}

// apart moves markers that would overlap away from each other, no further than it takes; the
// order of the codes decides between equals, so the result is the same each time.
func apart(home map[string]point) map[string]point {
	codes := slices.Sorted(maps.Keys(home))
	pos := maps.Clone(home)
	for range 400 {
		for _, c := range codes { // a weak spring home
			p, h := pos[c], home[c]
			pos[c] = point{p.x + (h.x-p.x)*0.02, p.y + (h.y-p.y)*0.02}
		}
		for i, c := range codes {
			for _, o := range codes[:i] {
				p, q := pos[c], pos[o]
				dx, dy := p.x-q.x, p.y-q.y
				d := math.Hypot(dx, dy)
				if d >= markerGap {
					continue
				}
				if d < 0.01 {
					dx, dy, d = 1, 0, 1
				}
				push := (markerGap - d) / 2
				pos[c] = point{p.x + dx/d*push, p.y + dy/d*push}
				pos[o] = point{q.x - dx/d*push, q.y - dy/d*push}
			}
		}
	}
	return pos
}

// lines is the path of the borders that are not final.
func lines(t *topology, globe, full map[int][]point) string {
	sides := map[int][]string{}
	for _, g := range t.Objects.Countries.Geometries {
		for _, rings := range g.Arcs {
			for _, ring := range rings {
				for _, a := range ring {
					sides[max(a, ^a)] = append(sides[max(a, ^a)], g.Properties.A3)
				}
			}
		}
	}
	var b []byte
	for _, border := range undetermined {
		for _, a := range slices.Sorted(maps.Keys(full)) {
			s := sides[a]
			if len(s) != 2 || !(s[0] == border.a && s[1] == border.b || s[0] == border.b && s[1] == border.a) {
				continue
			}
			var run []point
			for i, p := range globe[a] {
				if border.has(point{p.x + lon0, p.y}) {
					run = append(run, full[a][i])
				}
			}
			if r := round(simplify(run, minArea)); len(r) > 1 {
				b = append(b, 'M')
				b = pair(b, r[0].x, r[0].y)
				for j := 1; j < len(r); j++ {
					if j == 1 {
						b = append(b, 'l')
					}
					b = pair(b, r[j].x-r[j-1].x, r[j].y-r[j-1].y)
				}
			}
		}
	}
	return string(b)
}

// encode writes the map with one State to a line, so that a change can be read in a diff.
func encode(m *chart.Map) ([]byte, error) {
	raw, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", " "); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

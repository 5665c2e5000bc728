package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// topology is what we read of a TopoJSON file: quantised arcs and the geometries of countries.
type topology struct {
	Transform struct {
		Scale     [2]float64 `json:"scale"`
		Translate [2]float64 `json:"translate"`
	} `json:"transform"`
	Objects struct {
		Countries struct {
			Geometries []geometry `json:"geometries"`
		} `json:"countries"`
	} `json:"objects"`
	Arcs [][][2]float64 `json:"arcs"`
}

// geometry is one country of the source: polygons of rings of arcs; ^n is arc n backwards.
type geometry struct {
	Type       string    `json:"type"`
	Arcs       [][][]int `json:"arcs"`
	Properties struct {
		Name string `json:"name"`
		A3   string `json:"a3"`
	} `json:"properties"`
}

type point struct{ x, y float64 }

func decode(r io.Reader) (*topology, error) {
	var t topology
	if err := json.NewDecoder(r).Decode(&t); err != nil {
		return nil, fmt.Errorf("topojson: %w", err)
	}
	for _, g := range t.Objects.Countries.Geometries {
		if g.Type != "MultiPolygon" {
			return nil, fmt.Errorf("topojson: %s is a %s, want MultiPolygon", g.Properties.Name, g.Type)
		}
	}
	return &t, nil
}

// degrees undoes the delta coding of one arc and gives its points as longitude and latitude.
func (t *topology) degrees(arc int) []point {
	out := make([]point, 0, len(t.Arcs[arc]))
	var x, y float64
	for _, d := range t.Arcs[arc] {
		x, y = x+d[0], y+d[1]
		out = append(out, point{
			x*t.Transform.Scale[0] + t.Transform.Translate[0],
			y*t.Transform.Scale[1] + t.Transform.Translate[1],
		})
	}
	return out
}

// unwrap makes the longitudes of an arc continuous and counts them from lon0, so that an arc
// over the date line does not jump, and one that lies astride the map's cut stays whole.
func unwrap(arc []point, lon0 float64) []point {
	out := make([]point, len(arc))
	mean := 0.0
	for i, p := range arc {
		lon := math.Remainder(p.x-lon0, 360)
		if i > 0 {
			lon = out[i-1].x + math.Remainder(lon-out[i-1].x, 360)
		}
		out[i] = point{lon, p.y}
		mean += lon / float64(len(arc))
	}
	turn := mean - math.Remainder(mean, 360)
	for i := range out {
		out[i].x -= turn
	}
	return out
}

// merge gives the rings of several polygons as one shape: an arc that two of them share is an
// inner border and goes; what is left is joined end to end by the end points of the arcs.
func merge(polygons [][][]int, ends func(arc int) (from, to point)) ([][]int, error) {
	count := map[int]int{}
	for _, rings := range polygons {
		for _, ring := range rings {
			for _, a := range ring {
				count[a]++
			}
		}
	}
	var out [][]int
	var loose []int
	for _, rings := range polygons {
		for _, ring := range rings {
			inner := false
			for _, a := range ring {
				inner = inner || count[^a] > 0
			}
			if !inner {
				out = append(out, ring)
				continue
			}
			for _, a := range ring {
				if count[^a] == 0 {
					loose = append(loose, a)
				}
			}
		}
	}
	for len(loose) > 0 {
		ring := []int{loose[0]}
		loose = loose[1:]
		start, at := ends(ring[0])
		for at != start {
			next := -1
			for i, a := range loose {
				if from, _ := ends(a); from == at {
					next = i
					break
				}
			}
			if next < 0 {
				return nil, fmt.Errorf("merge: no arc continues at %v", at)
			}
			ring = append(ring, loose[next])
			_, at = ends(loose[next])
			loose = append(loose[:next], loose[next+1:]...)
		}
		out = append(out, ring)
	}
	return out, nil
}

package main

import (
	"reflect"
	"testing"
)

func TestSimplify(t *testing.T) {
	square := []point{{0, 0}, {10, 0}, {10, 10}, {0, 10}, {0, 0}}
	cases := []struct {
		name string
		arc  []point
		min  float64
		want []point
	}{
		{"a point on the line goes", []point{{0, 0}, {5, 0}, {10, 0}}, 1, []point{{0, 0}, {10, 0}}},
		{"a point that spans enough stays", []point{{0, 0}, {5, 5}, {10, 0}}, 25, []point{{0, 0}, {5, 5}, {10, 0}}},
		{"the ends stay", []point{{0, 0}, {10, 0}}, 1e9, []point{{0, 0}, {10, 0}}},
		{"an island keeps at least a triangle", square, 1e9, []point{{0, 0}, {10, 10}, {0, 10}, {0, 0}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := simplify(c.arc, c.min); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestRound(t *testing.T) {
	cases := []struct {
		name      string
		arc, want []point
	}{
		{"to whole units", []point{{0.2, 0.4}, {3.6, 1.1}}, []point{{0, 0}, {4, 1}}},
		{"no point twice", []point{{0, 0}, {0.2, 0.1}, {5, 5}}, []point{{0, 0}, {5, 5}}},
		{"no point on a line", []point{{0, 0}, {2, 2}, {4, 4}, {4, 9}}, []point{{0, 0}, {4, 4}, {4, 9}}},
		{"no spike", []point{{0, 0}, {4, 0}, {9, 0}, {4, 0}, {4, 4}}, []point{{0, 0}, {4, 0}, {4, 4}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := round(c.arc); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// Two squares that share a side become one outline; an island beside them is left alone.
func TestMerge(t *testing.T) {
	arcs := [][2]point{
		{{0, 0}, {0, 1}}, // 0: the shared side, upwards
		{{0, 1}, {0, 0}}, // 1: round the left square
		{{0, 0}, {0, 1}}, // 2: round the right square
		{{9, 9}, {9, 9}}, // 3: the island
	}
	ends := func(a int) (from, to point) {
		if a < 0 {
			return arcs[^a][1], arcs[^a][0]
		}
		return arcs[a][0], arcs[a][1]
	}
	got, err := merge([][][]int{{{0, 1}}, {{^0, 2}}, {{3}}}, ends)
	if err != nil {
		t.Fatal(err)
	}
	if want := [][]int{{3}, {1, 2}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if _, err := merge([][][]int{{{0, 1}}, {{^0}}}, ends); err != nil {
		t.Logf("an outline that does not close is refused: %v", err)
	} else {
		t.Error("an outline that does not close was accepted")
	}
}

func TestUnwrap(t *testing.T) {
	got := unwrap([]point{{179, 0}, {-179, 0}, {-170, 0}}, 10)
	if want := []point{{169, 0}, {171, 0}, {180, 0}}; !reflect.DeepEqual(got, want) {
		t.Errorf("over the date line: got %v, want %v", got, want)
	}
}

func TestMarkersMoveApart(t *testing.T) {
	got := apart(map[string]point{"A": {0, 0}, "B": {0, 0}, "C": {500, 500}})
	a, b := got["A"], got["B"]
	if d := (a.x - b.x) * (a.x - b.x); d < 0.9*markerGap*markerGap {
		t.Errorf("%v and %v still overlap", a, b)
	}
	if got["C"] != (point{500, 500}) {
		t.Errorf("C was moved to %v without need", got["C"])
	}
}

func TestPath(t *testing.T) {
	got := path([][]point{{{10, 10}, {14, 10}, {14, 7}}, {{0, 0}, {-3, 2}, {1, 1}}})
	if want := "M10 10l4 0 0-3zm-10-10l-3 2 4-1z"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

package main

import (
	"container/heap"
	"math"
)

// simplify drops the points of an arc that matter least (Visvalingam and Whyatt 1993: the area
// of the triangle with the two neighbours) until every point left spans at least minArea. Both
// ends stay, so arcs that meet keep meeting; a closed arc keeps at least four points.
func simplify(arc []point, minArea float64) []point {
	n := len(arc)
	least := 2
	if n > 1 && arc[0] == arc[n-1] {
		least = 4
	}
	prev, next := make([]int, n), make([]int, n)
	items := make([]*vertex, n)
	var q queue
	for i := range arc {
		prev[i], next[i] = i-1, i+1
		if i > 0 && i < n-1 {
			items[i] = &vertex{at: i, area: triangle(arc[i-1], arc[i], arc[i+1])}
			q = append(q, items[i])
		}
	}
	for i, v := range q {
		v.index = i
	}
	heap.Init(&q)
	left := n
	floor := 0.0
	for len(q) > 0 && left > least {
		v := heap.Pop(&q).(*vertex)
		floor = max(floor, v.area) // a point never goes before one that was weighed less
		if floor >= minArea {
			break
		}
		items[v.at] = nil
		a, b := prev[v.at], next[v.at]
		next[a], prev[b] = b, a
		left--
		for _, i := range []int{a, b} {
			if items[i] != nil {
				items[i].area = max(floor, triangle(arc[prev[i]], arc[i], arc[next[i]]))
				heap.Fix(&q, items[i].index)
			}
		}
	}
	out := make([]point, 0, left)
	for i := 0; i < n; i = next[i] {
		out = append(out, arc[i])
	}
	return out
}

// round puts an arc on whole units and drops the points that then say nothing: repeated ones
// and those on a straight line between their neighbours. The ends stay.
func round(arc []point) []point {
	var out []point
	for i, p := range arc {
		p = point{math.Round(p.x), math.Round(p.y)}
		if len(out) > 0 && p == out[len(out)-1] {
			continue
		}
		if k := len(out); k >= 2 && i < len(arc) && triangle(out[k-2], out[k-1], p) == 0 {
			out = out[:k-1]
			if p == out[len(out)-1] { // there and back again: a spike of no width
				continue
			}
		}
		out = append(out, p)
	}
	return out
}

func triangle(a, b, c point) float64 {
	return math.Abs((b.x-a.x)*(c.y-a.y)-(c.x-a.x)*(b.y-a.y)) / 2
}

// area of a ring by the shoelace rule; positive where it runs clockwise on a screen.
func area(ring []point) float64 {
	sum := 0.0
	for i, p := range ring {
		q := ring[(i+1)%len(ring)]
		sum += p.x*q.y - q.x*p.y
	}
	return sum / 2
}

// centre is the centroid of a ring, where a marker stands.
func centre(ring []point) point {
	var c point
	for _, p := range ring {
		c.x, c.y = c.x+p.x/float64(len(ring)), c.y+p.y/float64(len(ring))
	}
	if a := area(ring); math.Abs(a) > 1e-9 {
		c = point{}
		for i, p := range ring {
			q := ring[(i+1)%len(ring)]
			k := (p.x*q.y - q.x*p.y) / (6 * a)
			c.x, c.y = c.x+(p.x+q.x)*k, c.y+(p.y+q.y)*k
		}
	}
	return c
}

type vertex struct {
	at, index int
	area      float64
}

type queue []*vertex

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if q[i].area != q[j].area {
		return q[i].area < q[j].area
	}
	return q[i].at < q[j].at
}
func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}
func (q *queue) Push(v any) { *q = append(*q, v.(*vertex)) }
func (q *queue) Pop() any {
	old := *q
	v := old[len(old)-1]
	*q = old[:len(old)-1]
	return v
}

package chart

import "math"

// Projection turns a place on the globe into a point of a map's drawing. The one method known
// is Equal Earth (Šavrič, Patterson, Jenny 2018): areas keep their proportion, so a shaded
// State weighs what it measures, and small States near the equator are not made smaller.
type Projection struct {
	Name  string  `json:"name"`  // "equal-earth"
	Lon0  float64 `json:"lon0"`  // central meridian; the map is cut opposite to it
	Scale float64 `json:"scale"` // map units for one radian at the equator
	X     float64 `json:"x"`     // map units of the point (0° north, Lon0)
	Y     float64 `json:"y"`
}

// EqualEarth is the name of the projection that this package computes.
const EqualEarth = "equal-earth"

// The polynomial of Equal Earth, from the paper.
const (
	ee1 = 1.340264
	ee2 = -0.081106
	ee3 = 0.000893
	ee4 = 0.003796
)

var eeM = math.Sqrt(3) / 2

// Project gives the point of a latitude and longitude in degrees. Longitudes of any turn are
// taken to within 180° of the central meridian.
func (p Projection) Project(lat, lon float64) (x, y float64) {
	return p.Unwrapped(lat, math.Remainder(lon-p.Lon0, 360))
}

// Unwrapped is Project for a longitude already counted from the central meridian, which may
// lie a little beyond ±180: so that an island astride the cut stays in one piece.
func (p Projection) Unwrapped(lat, fromLon0 float64) (x, y float64) {
	lat = max(-90, min(90, lat))
	t := math.Asin(eeM * math.Sin(lat*math.Pi/180))
	t2 := t * t
	t6 := t2 * t2 * t2
	x = fromLon0 * math.Pi / 180 * math.Cos(t) / (eeM * (ee1 + 3*ee2*t2 + t6*(7*ee3+9*ee4*t2)))
	y = t * (ee1 + ee2*t2 + t6*(ee3+ee4*t2))
	return p.X + x*p.Scale, p.Y - y*p.Scale
}

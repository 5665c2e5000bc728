package chart

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"

	"stocktake/internal/errs"
)

// Map is the geometry of a world map: what is drawn, not what is counted. The zero of the
// pointer, nil, is a map that is turned off: it draws nothing.
//
// Its file is one JSON object with the fields below. Path data is SVG's, in map units, of the
// commands M L H V Z only, each in either case. An operator may replace the file.
type Map struct {
	Source     string                `json:"source"`     // where the geometry is from, its version and its licence
	Notice     string                `json:"notice"`     // message key of the notice on boundaries and names that goes with it
	View       [2]float64            `json:"view"`       // width and height in map units
	Projection Projection            `json:"projection"` // how the geometry was projected; cities are put on the map with it
	Shapes     map[string]string     `json:"shapes"`     // outlines of States, by ISO 3166-1 alpha-2
	Markers    map[string][2]float64 `json:"markers"`    // centre of a ring for each State too small to see or to hit
	Areas      map[string]string     `json:"areas"`      // land that is no State's here: never linked, numbered or labelled; keys are for the operator only
	Lines      string                `json:"lines"`      // boundaries that are not final, drawn dashed

	codes, areas []string // keys in order, of a map that was loaded
}

const (
	maxMapBytes = 8 << 20
	maxView     = 100_000
)

//go:embed world.json
var worldJSON []byte

var loadDefault = sync.OnceValues(func() (*Map, error) { return LoadMap(bytes.NewReader(worldJSON)) })

// Default is the map that ships with the program. It panics only if the embedded file is
// broken, which a test excludes.
func Default() *Map {
	m, err := loadDefault()
	if err != nil {
		panic(err)
	}
	return m
}

// LoadMap reads and checks a map; what it returns can be drawn without further checks.
func LoadMap(r io.Reader) (m *Map, err error) {
	defer errs.Wrap(&err, "chart.LoadMap")
	raw, err := io.ReadAll(io.LimitReader(r, maxMapBytes+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxMapBytes {
		return nil, errs.New(errs.TooLarge, "the map is larger than %d bytes", maxMapBytes)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	m = new(Map)
	if err := dec.Decode(m); err != nil {
		return nil, errs.New(errs.Invalid, "the map is not the JSON expected: %w", err).
			WithHint("internal/chart/world.json is an example; the fields are described at chart.Map")
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errs.New(errs.Invalid, "the map goes on after its JSON object")
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	m.codes, m.areas = m.Codes(), sortedKeys(m.Areas)
	return m, nil
}

func (m *Map) check() error {
	var bad []errs.Field
	say := func(field, value, message string) {
		if len(value) > 40 {
			value = value[:40] + "…"
		}
		bad = append(bad, errs.Field{Field: field, Value: value, Message: message})
	}
	for i, name := range []string{"width", "height"} {
		if v := m.View[i]; !(v >= 1 && v <= maxView) {
			say("view", fmt.Sprint(v), fmt.Sprintf("%s between 1 and %d", name, maxView))
		}
	}
	p := m.Projection
	if p.Name != EqualEarth {
		say("projection.name", p.Name, `only "equal-earth" is known`)
	}
	if !(p.Scale > 0 && p.Scale <= maxView) || !(math.Abs(p.Lon0) <= 180) || !(math.Abs(p.X) <= maxView) || !(math.Abs(p.Y) <= maxView) {
		say("projection", fmt.Sprintf("%+v", p), "a scale above 0, lon0 within 180 degrees, x and y of map size")
	}
	if len(m.Shapes)+len(m.Markers) == 0 {
		say("shapes", "", "at least one State")
	}
	for _, code := range m.Codes() {
		if !isAlpha2(code) {
			say("shapes, markers", code, "ISO 3166-1 alpha-2 codes in capitals")
		}
	}
	for _, code := range sortedKeys(m.Shapes) {
		if err := checkPath(m.Shapes[code]); err != nil {
			say("shapes."+code, m.Shapes[code], err.Error())
		}
	}
	for _, code := range sortedKeys(m.Markers) {
		if c := m.Markers[code]; !(c[0] >= 0 && c[0] <= m.View[0] && c[1] >= 0 && c[1] <= m.View[1]) {
			say("markers."+code, fmt.Sprint(c), "a point within the view")
		}
	}
	for _, code := range sortedKeys(m.Areas) {
		if err := checkPath(m.Areas[code]); err != nil {
			say("areas."+code, m.Areas[code], err.Error())
		}
	}
	if m.Lines != "" {
		if err := checkPath(m.Lines); err != nil {
			say("lines", m.Lines, err.Error())
		}
	}
	return errs.InvalidFields(bad...)
}

// Codes lists the States on the map, in order; each has a shape, a marker or both. The list is
// the map's own.
func (m *Map) Codes() []string {
	if m == nil {
		return nil
	}
	if m.codes != nil {
		return m.codes
	}
	codes := sortedKeys(m.Shapes)
	for code := range m.Markers {
		if _, ok := m.Shapes[code]; !ok {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	return codes
}

// Has reports whether the State of an alpha-2 code is on the map.
func (m *Map) Has(alpha2 string) bool {
	if m == nil {
		return false
	}
	_, shape := m.Shapes[alpha2]
	_, marker := m.Markers[alpha2]
	return shape || marker
}

func (m *Map) marked(alpha2 string) bool {
	_, ok := m.Markers[alpha2]
	return ok
}

func isAlpha2(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}

// checkPath accepts path data of straight lines: it starts with M or m, each command has the
// numbers it needs, and nothing else is in it, so that it can stand in an attribute as it is.
func checkPath(d string) error {
	if d == "" || (d[0] != 'M' && d[0] != 'm') {
		return fmt.Errorf("path data that starts with M")
	}
	need, have := 0, 0
	for i := 0; i < len(d); {
		c := d[i]
		switch {
		case c == ' ' || c == ',':
			i++
		case c == '-' || c == '.' || c >= '0' && c <= '9':
			end := number(d, i)
			if end == i || need == 0 {
				return fmt.Errorf("path data with a number where none can be, at byte %d", i)
			}
			i, have = end, have+1
		default:
			if need > 0 && (have == 0 || have%need != 0) {
				return fmt.Errorf("path data with too few numbers before byte %d", i)
			}
			have = 0
			switch c {
			case 'M', 'm', 'L', 'l':
				need = 2
			case 'H', 'h', 'V', 'v':
				need = 1
			case 'Z', 'z':
				need = 0
			default:
				return fmt.Errorf("path data of the commands M L H V Z, at byte %d", i)
			}
			i++
		}
	}
	if need > 0 && (have == 0 || have%need != 0) {
		return fmt.Errorf("path data with too few numbers at its end")
	}
	return nil
}

// number gives the end of the number that starts at d[i], or i where there is none: an
// optional minus, up to seven digits, and an optional fraction of up to four.
func number(d string, i int) int {
	j := i
	if d[j] == '-' {
		j++
	}
	whole := j
	for j < len(d) && d[j] >= '0' && d[j] <= '9' {
		j++
	}
	if n := j - whole; n > 7 {
		return i
	}
	digits := j > whole
	if j < len(d) && d[j] == '.' {
		frac := j + 1
		for j = frac; j < len(d) && d[j] >= '0' && d[j] <= '9'; j++ {
		}
		if j == frac || j-frac > 4 {
			return i
		}
		digits = true
	}
	if !digits {
		return i
	}
	return j
}

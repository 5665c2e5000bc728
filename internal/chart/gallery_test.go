package chart_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"stocktake/internal/chart"
)

var (
	update  = flag.Bool("update", false, "write the golden files anew")
	gallery = flag.String("gallery", "", "write a page with every chart to this file, to be looked at in a browser")
)

// smallMap keeps the golden file of the world readable.
const smallMap = `{"source":"drawn by hand","notice":"map_notice","view":[200,100],
"projection":{"name":"equal-earth","lon0":0,"scale":30,"x":100,"y":50},
"shapes":{"KE":"M110 50l8 0 0 8-8 0z","BR":"M50 55l20 0 0 20-20 0zm25 5l2 0 0 2z","AQ":"M0 90l9 0 0 9z"},
"markers":{"TV":[190,60],"MT":[103,38]},"areas":{"EH":"M90 42l4 0 0 4z"},"lines":"M94 42l0 4"}`

func mustMap(t testing.TB, text string) *chart.Map {
	t.Helper()
	m, err := chart.LoadMap(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

type story struct {
	name string
	html template.HTML
}

// stories are the charts as pages use them, and at their edges.
func stories(m *chart.Map) []story {
	states := map[string]chart.State{
		"KE": {Value: 3, Href: "/pledges?country=KEN&x=1", Label: "Kenya: 3 pledges"},
		"BR": {Value: 1, Href: "/pledges?country=BRA", Label: "Brazil: 1 pledge"},
		"MT": {Value: 12, Href: "/pledges?country=MLT", Label: `Malta: 12 "pledges" <all>`},
		"TV": {Label: "Tuvalu: none"},
		"AQ": {Href: "/parties/aq", Label: "Antarctica: none"},
	}
	scale := chart.NewScale([]int{3, 1, 12})
	years := timeline(false)
	arabic := timeline(true)
	arabic.ID, arabic.Name = "years-ar", "التعهدات حسب السنة"
	var all []story
	add := func(name string, html template.HTML) { all = append(all, story{name, html}) }
	add("world", chart.World{Map: m, ID: "map", Name: "World map of pledges", Desc: "Darker is more.", Scale: scale, States: states,
		Dots: []chart.Dot{{Lat: -1.29, Lon: 36.82, Value: 2, Href: "/pledges?place=nairobi", Label: "Nairobi: 2 pledges"}, {Lat: 0, Lon: 0, Value: 5, Label: "Null"}}}.HTML()+
		scale.Legend(legend))
	add("world-empty", chart.World{Map: m, Name: "World map of pledges"}.HTML())
	add("table", chart.Twin{Summary: "As a table", Caption: "Pledges by State", Head: []string{"State", "Pledges"},
		Rows: []chart.TwinRow{{Label: "Kenya", Href: "/pledges?country=KEN&x=1", Cells: []string{"3"}}, {Label: "Elsewhere <all>", Cells: []string{"1,022"}}},
		Rest: chart.Rest{Summary: "States without a pledge: 2", Rows: []chart.TwinRow{{Label: "Fiji", Href: "/parties/fji"}, {Label: "Tuvalu"}}}}.HTML())
	add("bars", bars().HTML())
	add("bars-none", chart.Bars{Caption: "Nature", Head: chart.Head{Label: "Nature", Value: "Pledges"},
		Rows: []chart.Bar{{Label: "Policy"}, {Label: "Financial", ValueText: "none"}}}.HTML())
	add("bars-compared", chart.Bars{Caption: "Stage", ShowHead: true, Head: chart.Head{Label: "Stage", Value: "Pledges", Share: "Share"}, Rows: []chart.Bar{
		{Group: "As reported by the parties", Label: chart.Mark("planning") + " Planning", Value: 14, Other: &chart.Other{Value: 20, Text: "2022: 20"}, Share: "70%"},
		{Label: chart.Mark("fulfilled") + " Fulfilled", Value: 6, Other: &chart.Other{Text: "2022: none"}, Share: "30%", Note: "of 20 reported", Class: "inferred"},
		{Group: "Silent", Label: chart.Mark("unreported") + " No report", Value: 138, Current: true, Href: "?stage=unreported"},
	}}.HTML())
	add("timeline", years.HTML())
	add("timeline-rtl", arabic.HTML())
	add("timeline-months", months().HTML())
	add("matrix", matrix().HTML())
	var marks template.HTML
	for _, s := range chart.Stages() {
		marks += `<p>` + chart.Mark(s) + template.HTML(" "+s) + `</p>`
	}
	add("marks", marks)
	return all
}

// fullWorld gives every State a link and a number: the heaviest map there is.
func fullWorld(m *chart.Map) template.HTML {
	w := chart.World{Map: m, ID: "full", Name: "World map of pledges", Desc: "Darker is more.", States: map[string]chart.State{}}
	var values []int
	for i, code := range m.Codes() {
		v := i * i * 7 % 43
		values = append(values, v)
		w.States[code] = chart.State{Value: v, Href: "/pledges?country=" + code, Label: fmt.Sprintf("State %s: %d pledges", code, v)}
	}
	w.Scale = chart.NewScale(values)
	return w.HTML()
}

func legend(s chart.Step) string {
	switch {
	case s.From == 0:
		return "none"
	case s.To < 0:
		return fmt.Sprintf("%d or more", s.From)
	case s.To == s.From:
		return fmt.Sprint(s.From)
	}
	return fmt.Sprintf("%d–%d", s.From, s.To)
}

func bars() chart.Bars {
	return chart.Bars{ID: "rt3", Caption: "Round table 3", Head: chart.Head{Label: "Objective", Value: "Pledges"}, Rows: []chart.Bar{
		{No: "14", Label: "Clean water", Href: "/objectives/14"},
		{No: "15", Label: "Access to schools", Href: "/objectives/15", Value: 21},
		{No: "16", Label: "Safe roads and railways", Href: "/objectives/16", Value: 1022, ValueText: "1,022", Current: true},
		{No: "19", Label: "Contributions of towns and villages to a cleaner and quieter coast", Href: "/objectives/19", Value: 2, Note: "1 inferred by us"},
		{No: "20", Label: `<bdi>Libraries</bdi>`, Value: 311},
	}}
}

func timeline(rtl bool) chart.Timeline {
	t := chart.Timeline{ID: "years", Name: "Pledges by year", Desc: "Columns are years.", RTL: rtl,
		Events: []chart.Event{{At: 4.38, Label: "Forum 2022", Href: "/forum/2022"}, {At: 8.35, Label: "Forum 2026"}},
		Twin:   chart.Twin{Summary: "As a table", Caption: "Pledges by year of announcement", Head: []string{"Year", "Pledges"}}}
	for i, v := range []int{2, 0, 1, 14, 158, 40, 22, 31, 56} {
		y := fmt.Sprint(2018 + i)
		t.Columns = append(t.Columns, chart.Column{Axis: y, Value: v, Href: "?year=" + y, Label: fmt.Sprintf("%s: %d pledges", y, v)})
	}
	return t
}

func months() chart.Timeline {
	t := chart.Timeline{ID: "months", Name: "Pledges by month"}
	for i := range 60 {
		t.Columns = append(t.Columns, chart.Column{Axis: fmt.Sprintf("%d/%d", i%12+1, 2022+i/12), Value: i * 37 % 23})
	}
	return t
}

func matrix() chart.Matrix {
	m := chart.Matrix{ID: "coverage", Caption: "Objectives and regions", Corner: "Objective", Scale: chart.NewScale([]int{1, 4, 9, 30})}
	for _, r := range []string{"Africa", "Americas", "Asia", "Europe", "Oceania"} {
		m.Cols = append(m.Cols, chart.MatrixHead{Label: template.HTML(r), Href: "?region=" + r})
	}
	for i, o := range []string{"Harbours", "Open registers", "Public libraries"} {
		row := chart.MatrixRow{MatrixHead: chart.MatrixHead{No: fmt.Sprint(i + 1), Label: template.HTML(o), Href: "/objectives/" + fmt.Sprint(i+1)}}
		for j := range 4 {
			v := (i*7 + j*j*5) % 31
			if (i+j)%3 == 0 {
				v = 0
			}
			row.Cells = append(row.Cells, chart.MatrixCell{Value: v, Href: "?objective=1", Label: fmt.Sprintf("%s: %d", o, v)})
		}
		m.Rows = append(m.Rows, row)
	}
	return m
}

func TestGallery(t *testing.T) {
	for _, s := range stories(mustMap(t, smallMap)) {
		t.Run(s.name, func(t *testing.T) {
			clean(t, string(s.html))
			golden(t, s.name+".html", strings.ReplaceAll(string(s.html), "><", ">\n<")+"\n")
		})
	}
	if *gallery != "" {
		writeGallery(t, *gallery)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs from what is drawn now; look at both, then run with -update\n%s", path, got)
	}
}

var id = regexp.MustCompile(` id="([^"]*)"`)

// clean holds markup to what every chart promises: well formed, ids used once and references
// kept, and nothing a strict content policy refuses.
func clean(t *testing.T, html string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader("<all>" + html + "</all>"))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not well formed: %v", err)
		}
		start, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		if start.Name.Local == "script" || start.Name.Local == "style" {
			t.Errorf("<%s> in a chart", start.Name.Local)
		}
		for _, a := range start.Attr {
			if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") {
				t.Errorf("%s=%q on <%s>", a.Name.Local, a.Value, start.Name.Local)
			}
			if strings.HasSuffix(a.Name.Local, "by") && !strings.Contains(html, ` id="`+a.Value+`"`) {
				t.Errorf("%s=%q names no element", a.Name.Local, a.Value)
			}
		}
	}
	seen := map[string]bool{}
	for _, m := range id.FindAllStringSubmatch(html, -1) {
		if seen[m[1]] {
			t.Errorf("id %q twice", m[1])
		}
		seen[m[1]] = true
	}
}

// writeGallery puts all charts on one page, with the default world, left to right and right to left.
func writeGallery(t *testing.T, file string) {
	var b bytes.Buffer
	b.WriteString(`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Charts</title><style>@layer tokens, base, layout, parts;`)
	for _, css := range []string{"testdata/gallery.css", "chart.css"} {
		text, err := os.ReadFile(css)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
	b.WriteString(`</style><body><main>`)
	all := append([]story{{"world-full", fullWorld(chart.Default())}}, stories(chart.Default())...)
	for _, dir := range []string{"ltr", "rtl"} {
		b.WriteString(`<div dir="` + dir + `">`)
		for _, s := range all {
			if dir == "rtl" && strings.HasPrefix(s.name, "world") {
				continue
			}
			if rtl := strings.HasSuffix(s.name, "-rtl"); strings.HasPrefix(s.name, "timeline") && rtl != (dir == "rtl") {
				continue
			}
			b.WriteString("<section><h2>" + s.name + "</h2>" + string(s.html) + "</section>")
		}
		b.WriteString("</div>")
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

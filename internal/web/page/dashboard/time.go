package dashboard

import (
	"strconv"
	"time"

	"stocktake/internal/chart"
	"stocktake/internal/explore"
	"stocktake/internal/web/page"
)

// time draws the years of announcement with the sessions of the forum marked; what has no date
// is stated beside it.
func (p *Page) time(r *page.Reader, v *explore.View) {
	counts := map[int]int{}
	first, last := 0, 0
	for _, b := range r.Counts(v, "year") {
		y, err := strconv.Atoi(b.Value)
		if err != nil {
			if b.Count > 0 {
				p.Undated = r.HTML("dash.time.undated", "n", b.Count,
					"pledges", page.NumLink(b.Count, r.List(r.Query.Only("year", b.Value)), r.HTML("lede.pledges", "n", b.Count)))
			}
			continue
		}
		if b.Count == 0 {
			continue
		}
		counts[y] = b.Count
		if first == 0 || y < first {
			first = y
		}
		last = max(last, y)
	}
	if first == 0 {
		return
	}
	for _, e := range r.Pack.Editions {
		if day, err := time.Parse(time.DateOnly, e.Opens); err == nil && e.Opens <= r.AsOf() {
			first, last = min(first, day.Year()), max(last, day.Year())
		}
	}
	t := chart.Timeline{
		ID: "years", Name: r.T("dash.time"), Desc: r.T("dash.time.desc"), RTL: r.Lang.Dir() == "rtl",
		Twin: chart.Twin{Summary: r.T("map.table"), Caption: r.T("dash.time"), Head: []string{r.T("filter.year"), r.T("bars.pledges")}},
	}
	for y := first; y <= last; y++ {
		year := strconv.Itoa(y)
		said := r.Year(year)
		c := chart.Column{Axis: said, Value: counts[y], ValueText: r.Count(counts[y]), Label: r.T("map.label", "place", said, "n", counts[y])}
		if counts[y] > 0 {
			c.Href = r.List(r.Query.Only("year", year))
		}
		t.Columns = append(t.Columns, c)
	}
	for _, e := range r.Pack.Editions {
		day, err := time.Parse(time.DateOnly, e.Opens)
		if err != nil || day.Year() < first || day.Year() > last {
			continue
		}
		at := float64(day.Year()-first) + float64(day.YearDay()-1)/366
		t.Events = append(t.Events, chart.Event{At: at, Label: r.T("dash.time.event", "forum", r.Pack.Forum.ShortName.In(r.Lang), "year", r.Year(strconv.Itoa(day.Year())))})
	}
	top := 1
	for _, n := range counts {
		top = max(top, n)
	}
	p.TimeNote = r.HTML("dash.time.note", "date", r.P.Date(r.AsOf())) + " " + r.Scale(page.InColumns, v.Of("year"), top)
	p.TimeNote = apart(r, p.TimeNote, "year")
	p.Time = t.HTML()
}

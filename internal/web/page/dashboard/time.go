package dashboard

import (
	"slices"
	"strconv"
	"time"

	"stocktake/internal/chart"
	"stocktake/internal/explore"
	"stocktake/internal/web/page"
)

// years are the pledges by year of announcement, with no year left out between the first and the
// last: the page draws them, and its files list them.
type years struct {
	first, last int // 0: no pledge has a date
	counts      map[int]int
	top         int            // the largest count; at least 1
	undated     explore.Bucket // what has no date, and stands in no year
	sessions    []session
}

// session is one of the review forum.
type session struct {
	opens string
	day   time.Time
}

// yearsOf counts. The sessions that were opened by the reader's day are among the years; that of
// a later one would tell what nobody knew.
func yearsOf(r *page.Reader, v *explore.View) years {
	y := years{counts: map[int]int{}, top: 1}
	for _, b := range r.Counts(v, "year") {
		year, err := strconv.Atoi(b.Value)
		switch {
		case b.Count == 0:
		case err != nil:
			y.undated = b
		default:
			if y.counts[year] = b.Count; y.first == 0 || year < y.first {
				y.first = year
			}
			y.last, y.top = max(y.last, year), max(y.top, b.Count)
		}
	}
	for _, e := range r.Pack.Editions {
		day, err := time.Parse(time.DateOnly, e.Opens)
		if err != nil || e.Opens > r.AsOf() {
			continue
		}
		y.sessions = append(y.sessions, session{e.Opens, day})
		if y.first > 0 {
			y.first, y.last = min(y.first, day.Year()), max(y.last, day.Year())
		}
	}
	return y
}

// all lists the years.
func (y years) all() []int {
	if y.first == 0 {
		return nil
	}
	var list []int
	for year := y.first; year <= y.last; year++ {
		list = append(list, year)
	}
	return list
}

// of says whether a session of the forum was opened in a year.
func (y years) of(year int) bool {
	return slices.ContainsFunc(y.sessions, func(s session) bool { return s.day.Year() == year })
}

// time draws the years of announcement with the sessions of the forum marked; what has no date
// is stated beside it.
func (p *Page) time(r *page.Reader, v *explore.View) {
	y := yearsOf(r, v)
	if n := y.undated.Count; n > 0 {
		p.Undated = r.HTML("dash.time.undated", "n", n,
			"pledges", page.NumLink(n, r.List(r.Query.Only("year", y.undated.Value)), r.HTML("lede.pledges", "n", n)))
	}
	if y.first == 0 {
		return
	}
	t := chart.Timeline{
		ID: "years", Name: r.T("dash.time"), Desc: r.T("dash.time.desc"), RTL: r.Lang.Dir() == "rtl",
		Twin: chart.Twin{Summary: r.T("map.table"), Caption: r.T("dash.time"), Head: []string{r.T("filter.year"), r.T("bars.pledges")}},
	}
	for _, n := range y.all() {
		year := strconv.Itoa(n)
		said := r.Year(year)
		c := chart.Column{Axis: said, Value: y.counts[n], ValueText: r.Count(y.counts[n]), Label: r.T("map.label", "place", said, "n", y.counts[n])}
		if y.counts[n] == 0 {
			c.Label = r.T("map.label.none", "place", said)
		} else {
			c.Href = r.List(r.Query.Only("year", year))
		}
		t.Columns = append(t.Columns, c)
	}
	for _, s := range y.sessions {
		at := float64(s.day.Year()-y.first) + float64(s.day.YearDay()-1)/366
		t.Events = append(t.Events, chart.Event{At: at, Label: r.T("dash.time.event", "forum", r.Pack.Forum.ShortName.In(r.Lang), "year", r.Year(strconv.Itoa(s.day.Year())))})
	}
	p.TimeNote = r.HTML("dash.time.note", "date", r.P.Date(r.AsOf())) + r.Gap() + r.Scale(page.InColumns, v.Of("year"), y.top)
	p.TimeNote = apart(r, p.TimeNote, "year")
	p.Time = t.HTML()
}

package dashboard

import (
	"slices"
	"strconv"
	"strings"

	"stocktake/internal/explore"
	"stocktake/internal/web/page"
)

// own are the filters that do not narrow the counts of a figure.
func own(r *page.Reader, name string) []string {
	switch name {
	case "money":
		return nil
	case "coverage":
		filter, err := CoverOf(r)
		if err != nil {
			filter = Covers[0]
		}
		return []string{filter, "objective"}
	}
	return []string{facets[name]}
}

// notices are what the pages say at their head of data that is not the real record.
func notices(r *page.Reader) []string {
	var said []string
	if r.Demo {
		said = append(said, r.T("frame.demo"))
	}
	if r.Synthetic {
		said = append(said, r.T("frame.synthetic"))
	}
	return said
}

// beside adds what the page says beside the figure, counted as the figure is.
func (t *table) beside(r *page.Reader, v *explore.View, name string) error {
	at, all, err := without(r, v, own(r, name)...)
	if err != nil {
		return err
	}
	say := func(key string, n int) {
		if n > 0 {
			t.notes = append(t.notes, r.T(key, "n", n, "pledges", r.T("lede.pledges", "n", n)))
		}
	}
	switch name {
	case "objectives":
		say("dash.what.inferred", all.Totals.Inferred)
		say(noObjective(r), none(r.Counts(v, "objective")))
	case "states":
		n, _ := ledByOthers(at, all)
		say("map.led_by_others", n)
	case "places":
		say("map.no_country", all.Totals.NoCountry)
	case "kinds":
		counts, err := participations(r, v)
		if err != nil {
			return err
		}
		t.heads = append(t.heads, r.T("dash.who.participations"))
		for i, l := range t.rows {
			n := counts[l.code]
			t.rows[i].values = append(l.values, strconv.Itoa(n))
			t.rows[i].mark = r.T("frame.pair", "name", t.heads[1], "value", r.Count(n))
		}
	}
	return nil
}

// years lists them as the page draws them, marks those of a session of the review forum, and says
// beside them when these were opened and how many pledges have no date.
func (t *table) years(r *page.Reader, v *explore.View) {
	y := yearsOf(r, v)
	forum := r.Pack.Forum.ShortName.In(r.Lang)
	for _, n := range y.all() {
		year := strconv.Itoa(n)
		l := line{code: year, name: r.Year(year), values: []string{strconv.Itoa(y.counts[n])}, counts: []int{y.counts[n]}}
		if y.of(n) {
			l.mark = forum
		}
		t.rows = append(t.rows, l)
	}
	var days []string
	for _, s := range y.sessions {
		days = append(days, r.P.Date(s.opens))
	}
	if len(days) > 0 {
		t.notes = append(t.notes, r.T("frame.pair", "name", forum, "value", r.P.List(days...)))
	}
	if n := y.undated.Count; n > 0 {
		t.notes = append(t.notes, r.T("dash.time.undated", "n", n, "pledges", r.T("lede.pledges", "n", n)))
	}
}

// source is what a file says of itself: what it counts, of what, when, where from.
func (t *table) source(r *page.Reader, v *explore.View, name string) ([]string, error) {
	at, all, err := without(r, v, own(r, name)...)
	if err != nil {
		return nil, err
	}
	said := []string{r.T("chart.counts")}
	if name == "money" {
		with := 0
		for _, row := range v.Money() {
			with += row.Pledges
		}
		said[0] = r.T("money.note", "date", r.P.Date(v.AsOf), "total", v.Totals.Pledges, "with", with)
	} else {
		said = append(said, r.T("scale."+t.shape(r), "pledges", r.T("lede.pledges", "n", all.Totals.Pledges), "from", 0, "top", t.top()))
	}
	said = append(said, t.notes...)
	filters := r.T("chart.filters.none")
	var chosen []string
	for _, c := range at.Chips(v, "/") {
		chosen = append(chosen, r.T("frame.pair", "name", c.Filter, "value", separators.Replace(c.Value)))
	}
	if len(chosen) > 0 {
		filters = r.T("chart.filters", "filters", strings.Join(chosen, "; "))
	}
	said = append(append(said, filters), r.ReadAs(v, separators.Replace)...)
	if apart := r.Without(own(r, name)...); apart != "" {
		said = append(said, apart)
	}
	here := *r
	here.Path = "/"
	cite := here.Cite(v.Size)
	root := cite.Root
	if root == "" {
		root = "–"
	}
	return append(said,
		r.T("chart.moment", "date", r.P.Date(v.AsOf), "size", v.Size, "root", root),
		r.T("chart.source", "url", cite.URL), r.T("chart.licence")), nil
}

// shape is what the numbers are drawn as.
func (t *table) shape(r *page.Reader) string {
	if t.world != nil && r.Map != nil || len(t.rows) > 0 && len(t.rows[0].counts) > 1 {
		return page.InShades
	}
	return page.InBars
}

// top is what a full bar or the darkest shade stands for: the largest number of the figure, or of
// those that the page draws on one scale; at least 1.
func (t *table) top() int {
	top := max(1, t.full)
	for _, l := range t.rows {
		top = max(top, slices.Max(append(l.counts, 0)))
	}
	return top
}

// separators are taken out of what readers and parties wrote: a source line stands unquoted, and
// no part of it may become a cell of its own, let alone a formula.
var separators = strings.NewReplacer(",", " ", ";", " ", "\t", " ", "\n", " ", "\r", " ", "|", " ", `"`, "'")

// FileName names the file of a figure by what it shows, under which filters, of which day, in
// which language: "objectives-party-ken-2026-11-24-en.csv".
func FileName(r *page.Reader, name, kind string) string {
	parts, filters := []string{name}, []string{}
	mine := own(r, name)
	if name == "coverage" {
		parts = append(parts, mine[0])
	}
	for _, f := range explore.Filters {
		if values := r.Query.Get(f); len(values) > 0 && !slices.Contains(mine, f) {
			filters = append(append(filters, f), values...)
		}
	}
	if r.Query.Words != "" {
		filters = append(filters, "words")
	}
	if r.Query.OwnObjectives {
		filters = append(filters, "inferred-false")
	}
	if said := strings.Join(filters, "-"); len(said) > mostOfName {
		filters = []string{"filtered"}
	}
	parts = append(append(parts, filters...), r.AsOf(), string(r.Lang))
	return strings.Map(plainLetter, strings.Join(parts, "-")) + "." + kind
}

const mostOfName = 80

// plainLetter keeps what stands in the name of a file everywhere.
func plainLetter(c rune) rune {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		return c
	}
	return '-'
}

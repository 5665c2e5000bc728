package dashboard

import (
	"html/template"

	"stocktake/internal/explore"
	"stocktake/internal/web/page"
)

// known compares a figure of a past day as it is known today with what was known on that day,
// where entries that were recorded later changed it. A question tied to a register position
// has its knowledge fixed and is not compared.
func known(r *page.Reader, v *explore.View) (template.HTML, error) {
	day := r.Query.AsOf
	if day == "" || day >= r.Today || r.Query.At > 0 {
		return "", nil
	}
	n := v.Totals.Pledges
	now := page.NumLink(n, r.List(r.Query), r.HTML("lede.pledges", "n", n))
	size := r.Snap.KnownOn(day)
	if size == 0 {
		if n == 0 {
			return "", nil
		}
		return r.HTML("known.nothing", "now", now, "date", r.P.Date(day)), nil
	}
	q := r.Query.WithAt(size)
	then, err := r.View(q)
	if err != nil {
		return "", err
	}
	m := then.Totals.Pledges
	if m == n {
		return "", nil
	}
	diff := r.P.Number(int64(n - m))
	if n > m {
		diff = "+" + diff
	}
	return r.HTML("known.differs", "now", now, "date", r.P.Date(day), "diff", page.Bdi(diff),
		"then", page.NumLink(m, r.List(q), r.HTML("lede.pledges", "n", m))), nil
}

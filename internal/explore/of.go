package explore

// Of is out of how many pledges a facet counts: those under all filters but its own.
func (v *View) Of(name string) int {
	if _, own := v.filters[name]; !own {
		return v.Totals.Pledges
	}
	return v.under(name).count()
}

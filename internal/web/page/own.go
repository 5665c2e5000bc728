package page

import (
	"slices"

	"stocktake/internal/lang"
)

// OwnParams are the parameters of pages that are not filters, in the order of a canonical URL:
// what the map shows, the columns of the coverage, the day compared with, what alone is
// listed, the page of a list.
var OwnParams = []string{"view", "cover", "since", "show", "page"}

// kept are the own parameters that stay when the question changes.
var kept = []string{"view", "cover", "since"}

// Kept are, as pairs, the own parameters that stay when the question changes; each pair of
// change stands instead of the one in force.
func (r *Reader) Kept(change ...string) []string {
	var own []string
	for _, name := range OwnParams {
		value := ""
		if slices.Contains(kept, name) {
			value = r.Own.Get(name)
		}
		for i := 0; i+1 < len(change); i += 2 {
			if change[i] == name {
				value = change[i+1]
			}
		}
		own = append(own, name, value)
	}
	return own
}

// ArabicDigits is the value of the parameter digits that has the numbers of Arabic pages
// written as ٠١٢٣; without it they are Western. Other languages have no such choice.
const ArabicDigits = "arab"

// Year is a year by itself, in the digits that the reader chose.
func (r *Reader) Year(year string) string {
	if r.Digits == "" {
		return year
	}
	return r.P.Date(year)
}

// DigitsSwitch is the link to the same page with the other digits, in Arabic.
func (r *Reader) DigitsSwitch() *Item {
	if r.Lang != lang.AR {
		return nil
	}
	other, text := *r, "٠١٢٣"
	other.Digits = ArabicDigits
	if r.Digits != "" {
		other.Digits, text = "", "0123"
	}
	return &Item{Href: other.here(r.Lang), Text: text}
}

package web

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/party"
	"stocktake/internal/web/page"
)

// clean is the query of a submitted form without what it left empty, without what says where a reader
// comes from, and without what stands in it twice; tidy says that there was nothing to drop.
func clean(v url.Values, today string) (short url.Values, tidy bool) {
	short, tidy = url.Values{}, true
	empty := false
	for name, values := range v {
		if tracks(name) {
			tidy = false
			continue
		}
		for _, s := range values {
			if strings.TrimSpace(s) == "" {
				tidy, empty = false, true
				continue
			}
			if slices.Contains(short[name], s) || name == "page" && s == "1" { // which has no parameter
				tidy = false
				continue
			}
			short.Add(name, s)
		}
	}
	if empty && short.Get("as_of") == today {
		short.Del("as_of")
	}
	return short, tidy
}

// tracks reports whether a parameter is one that mail programs and social media hang on to addresses.
func tracks(name string) bool {
	switch name {
	case "fbclid", "gclid", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "igshid", "mc_cid", "mc_eid", "_ga", "_gl":
		return true
	}
	return strings.HasPrefix(name, "utm_")
}

// unread refuses what no page reads, and what is given several times with different values though a
// page takes one: else it would answer another question than was asked, and nobody would notice.
func unread(v url.Values) error {
	var wrong []errs.Field
	for _, name := range slices.Sorted(maps.Keys(v)) {
		switch {
		case slices.Contains(explore.Filters, name):
		case !single(name):
			wrong = append(wrong, errs.Field{Field: party.Glimpse(name), Message: "is no parameter of a page"})
		case len(v[name]) > 1:
			wrong = append(wrong, errs.Field{Field: name, Message: "takes one value"})
		case name == "digits" && v.Get(name) != page.ArabicDigits:
			wrong = append(wrong, errs.Field{Field: name, Value: v.Get(name), Message: "must be " + page.ArabicDigits})
		}
	}
	if len(wrong) > 0 {
		return errs.InvalidFields(wrong...)
	}
	return nil
}

// single reports whether a parameter is one of those of which a page takes one value.
func single(name string) bool {
	switch name {
	case "q", "as_of", "at", "sort", "inferred", "digits":
		return true
	}
	return slices.Contains(page.OwnParams, name)
}

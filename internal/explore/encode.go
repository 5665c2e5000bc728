package explore

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// None is the value that finds what is empty.
const None = "none"

// The orders of a list; Newest is the default. Every order is total: what is equal stands by id.
const (
	Newest   = "newest"   // first published last of all comes first
	Oldest   = "oldest"   // the reverse of Newest
	Title    = "title"    // by title, without regard to case and accents
	Party    = "party"    // by the English name of the acting lead
	Reported = "reported" // latest report first, unreported last

	// Relevance puts what answers the words best first. It is the default where there are words;
	// without them there is nothing to be relevant to, and it is Newest.
	Relevance = "relevance"
)

// Sorts lists the orders that a pledge has a place in by itself; Relevance comes to them.
var Sorts = []string{Newest, Oldest, Title, Party, Reported}

// Order is the order in force.
func (q Query) Order() string {
	switch {
	case q.Words == "" && (q.Sort == "" || q.Sort == Relevance):
		return Newest
	case q.Sort == "":
		return Relevance
	}
	return q.Sort
}

// usual reports whether the order is the default, which is not written.
func (q Query) usual() bool { return q.Order() == q.WithSort("").Order() }

// Get is the values asked for of a filter, sorted; nil where it is not set.
func (q Query) Get(name string) []string { return slices.Clone(q.filters[name]) }

// Has reports whether the value is among those asked for.
func (q Query) Has(name, value string) bool {
	_, found := slices.BinarySearch(q.filters[name], value)
	return found
}

// Filtered reports whether the query leaves anything out: by a filter or by words.
func (q Query) Filtered() bool { return len(q.filters) > 0 || q.Words != "" }

// With is the query that also takes these values of the filter. A name that is no filter
// changes nothing, as in ParseQuery.
func (q Query) With(name string, values ...string) Query {
	return q.Only(name, append(q.Get(name), values...)...)
}

// Only is the query in which the filter has these values and no others; none given: no filter.
func (q Query) Only(name string, values ...string) Query {
	if !slices.Contains(Filters, name) {
		return q
	}
	values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
	slices.Sort(values)
	values = slices.Compact(values)
	filters := make(map[string][]string, len(q.filters)+1)
	for n, vs := range q.filters {
		filters[n] = vs
	}
	delete(filters, name)
	if len(values) > 0 {
		filters[name] = values
	}
	q.filters = filters
	if len(filters) == 0 {
		q.filters = nil
	}
	return q
}

// Without is the query that does not ask for these values of the filter; none given: the
// whole filter goes.
func (q Query) Without(name string, values ...string) Query {
	if len(values) == 0 {
		return q.Only(name)
	}
	return q.Only(name, slices.DeleteFunc(q.Get(name), func(v string) bool { return slices.Contains(values, v) })...)
}

// WithWords is the query with these words; "" for none.
func (q Query) WithWords(words string) Query {
	q.Words = tidyWords(words)
	return q.WithSort(q.Sort)
}

// WithOwnObjectives is the query that leaves inferred objectives out, or does not.
func (q Query) WithOwnObjectives(only bool) Query {
	q.OwnObjectives = only
	return q
}

// WithAsOf is the query as of a day; "" for today.
func (q Query) WithAsOf(day string) Query {
	q.AsOf = day
	return q
}

// WithAt is the query at a size of the register; 0 for all of it.
func (q Query) WithAt(size int64) Query {
	q.At = max(size, 0)
	return q
}

// WithSort is the query in the order; the default order of a query with these words, or
// without any, is "".
func (q Query) WithSort(order string) Query {
	q.Sort = order
	if order != "" && q.usual() {
		q.Sort = ""
	}
	return q
}

// Encode writes the query for a URL in its one canonical order: the filters in the order of
// Filters, their values sorted, then inferred, q, as_of, at and sort. The zero Query gives "".
func (q Query) Encode() string {
	var b strings.Builder
	add := func(name, value string) {
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(name)
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(value))
	}
	for _, name := range Filters {
		for _, v := range q.filters[name] {
			add(name, v)
		}
	}
	if q.OwnObjectives {
		add("inferred", no)
	}
	if q.Words != "" {
		add("q", q.Words)
	}
	if q.AsOf != "" {
		add("as_of", q.AsOf)
	}
	if q.At > 0 {
		add("at", strconv.FormatInt(q.At, 10))
	}
	if q.Sort != "" && !q.usual() {
		add("sort", q.Sort)
	}
	return b.String()
}

// tidyWords brings words to one form: valid UTF-8, single spaces.
func tidyWords(s string) string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(s, " ")), " ")
}

package api

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
)

// How many items a page has.
const (
	usualLimit = 50
	mostLimit  = 1000
)

// question is a request that has been read: what is asked, of which snapshot, on which day.
type question struct {
	req    *http.Request
	route  string // its name
	snap   *explore.Snapshot
	today  string
	query  explore.Query
	sorted bool // the order was asked for
	limit  int
	cursor string
	langs  []lang.Code

	next string // set by the handler: the cursor of the next page
}

// ask reads a request. What the route does not take is refused by name: a parameter with a
// typing error must not answer with the figures of another question. Empty values are as none.
func (d *door) ask(req *http.Request, r route) (*question, error) {
	q := &question{req: req, route: r.name, snap: d.Index.Snapshot(), today: d.Clock().UTC().Format(time.DateOnly), limit: usualLimit}
	values, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil {
		return nil, errs.New(errs.Invalid, "the query of the address cannot be read: %w", err)
	}
	var wrong []errs.Field
	refuse := func(name, format string, args ...any) {
		wrong = append(wrong, errs.Field{Field: name, Message: fmt.Sprintf(format, args...)})
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		given := slices.DeleteFunc(values[name], func(s string) bool { return strings.TrimSpace(s) == "" })
		values[name] = given
		switch {
		case !slices.Contains(r.takes, name):
			refuse(name, "is no parameter of this address; %s", taken(r))
		case len(given) > 1 && !repeatable(name):
			refuse(name, "is given %d times; it takes one value", len(given))
		}
	}
	if s := values.Get("limit"); s != "" {
		if q.limit, err = strconv.Atoi(s); err != nil || q.limit < 1 || q.limit > mostLimit {
			refuse("limit", "must be a number from 1 to %d", mostLimit)
		}
	}
	for _, s := range values["lang"] {
		if !lang.Known(s) {
			refuse("lang", "must be one of %s", strings.Join(languages(), ", "))
		}
		q.langs = append(q.langs, lang.Code(s))
	}
	slices.Sort(q.langs)
	q.langs = slices.Compact(q.langs)
	q.cursor, q.sorted = values.Get("cursor"), values.Get("sort") != ""
	q.query, err = explore.ParseQuery(values, d.Pack)
	if err != nil && !errs.Is(err, errs.Invalid) {
		return nil, err
	}
	// A filter that the route does not take has been refused above, by its name.
	for _, f := range errs.FieldsOf(err) {
		if slices.Contains(r.takes, f.Field) {
			wrong = append(wrong, f)
		}
	}
	if err == nil {
		wrong = append(wrong, errs.FieldsOf(q.snap.Strange(q.query))...)
	}
	if len(wrong) > 0 {
		return nil, errs.InvalidFields(wrong...)
	}
	return q, nil
}

func taken(r route) string {
	if len(r.takes) == 0 {
		return "it takes none"
	}
	return "it takes " + strings.Join(r.takes, ", ")
}

// repeatable reports whether several values of a parameter mean "any of".
func repeatable(name string) bool { return name == "lang" || slices.Contains(explore.Filters, name) }

func languages() []string {
	var out []string
	for _, c := range lang.All {
		out = append(out, string(c))
	}
	return out
}

// key names the answer among all that are kept: the register's size and the day are in it, so
// that no kept answer is ever out of date, and whether a file gave it.
func (q *question) key() string {
	return fmt.Sprintf("%d %v %s %s ? %s & %d %s %v", q.snap.Size(), q.snap.FromFile(), q.today, q.req.URL.Path, q.query.Encode(), q.limit, q.cursor, q.langs)
}

// asOf and size are the day and the register size that the question speaks of.
func (q *question) asOf() string {
	if q.query.AsOf != "" {
		return q.query.AsOf
	}
	return q.today
}

func (q *question) size() int64 {
	if q.query.At > 0 {
		return q.query.At
	}
	return q.snap.Size()
}

// moment is the question without its filters: its day and its register position.
func (q *question) moment() explore.Query {
	return explore.Query{}.WithAsOf(q.query.AsOf).WithAt(q.query.At)
}

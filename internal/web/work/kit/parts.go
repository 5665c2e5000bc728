package kit

import (
	"net/url"
	"strconv"
)

// Tabs are views of the same list as links.
type Tabs struct {
	Label string
	Items []Tab
}

// Tab is one of them; Count shows where it is not 0.
type Tab struct {
	Href, Text string
	Count      int
	Current    bool
}

// Empty is what stands where there is nothing yet, with the way on where there is one.
type Empty struct{ Text, Href, Link string }

// Pager leads through a list page by page. Where all fits on one page it shows nothing.
type Pager struct {
	Page, Last int
	Prev, Next string
}

// Pager makes the links of a list of total things, of which each page shows size; the page is
// the parameter "page" of the address, and offset is where it begins.
func (r *Request) Pager(total, size int) (p Pager, offset int) {
	last := max(1, (total+size-1)/size)
	n, err := strconv.Atoi(r.Query("page"))
	if err != nil {
		n = 1
	}
	n = min(max(n, 1), last)
	if last > 1 {
		p.Page, p.Last = n, last
		if n > 1 {
			p.Prev = r.With("page", strconv.Itoa(n-1))
		}
		if n < last {
			p.Next = r.With("page", strconv.Itoa(n+1))
		}
	}
	return p, (n - 1) * size
}

// With is the address of this page with a parameter changed, or left out where value is empty.
// A change of anything but the page begins at the first page; the notice goes.
func (r *Request) With(name, value string) string {
	q := url.Values{}
	for n, v := range r.URL.Query() {
		if n != "done" && (n != "page" || name == "page") {
			q[n] = v
		}
	}
	if q.Del(name); value != "" {
		q.Set(name, value)
	}
	to := r.Link(r.Path)
	if s := q.Encode(); s != "" {
		to += "?" + s
	}
	return to
}

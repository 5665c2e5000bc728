package kit

import (
	"crypto/rand"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/lang"
	"stocktake/internal/web/page"
)

// Request is one request of the workspace with who asks, in which language, on which day.
type Request struct {
	*http.Request
	Kit     *Kit
	Person  access.Person // nobody has no ID
	Session access.Session
	Cookie  string // as sent; "" for nobody
	Lang    lang.Code
	P       *lang.Printer
	Now     time.Time
	Today   string     // in UTC, as the register counts days
	Form    url.Values // what was sent by POST; empty on a GET
	Path    string     // without the language
	From    netip.Addr // the address of who asks
	area    string
	over    string // the field of a file with which the request was over its limit
}

// T says a message in the reader's language.
func (r *Request) T(key string, args ...any) string { return r.P.T(key, args...) }

// Link is a path of the site in the reader's language.
func (r *Request) Link(path string) string { return "/" + string(r.Lang) + path }

// Address is the full address of a path in a language, for letters.
func (r *Request) Address(c lang.Code, path string) string {
	return r.Kit.House.BaseURL + "/" + string(c) + path
}

// Posted reports whether something was sent.
func (r *Request) Posted() bool { return r.Method == http.MethodPost }

// Autosaving reports whether a form is being saved by the script while somebody writes; the
// answer is Saved.
func (r *Request) Autosaving() bool { return r.Posted() && r.Header.Get("X-Autosave") != "" }

// Wants reports whether the script asks for a region of the page with the save.
func (r *Request) Wants(region string) bool {
	return r.Autosaving() && r.Header.Get("X-Region") == region
}

// Query is a parameter of the address; "" where it is not given.
func (r *Request) Query(name string) string { return r.URL.Query().Get(name) }

// May reports whether the person may do it to the subject today: for buttons. Whoever does it
// checks again.
func (r *Request) May(a access.Action, s access.Subject) bool {
	return access.May(r.Person, a, s, r.Today)
}

// Could reports whether the person may do it to anything at all today.
func (r *Request) Could(a access.Action) bool { return access.Could(r.Person, a, r.Today) }

// Reader is the reader of the public pages in the same language, for the names of parties,
// kinds and words.
func (r *Request) Reader() *page.Reader {
	return &page.Reader{House: &r.Kit.House, Lang: r.Lang, P: r.P, Path: r.Path, Today: r.Today, Own: url.Values{}}
}

// Day is today where the person is: the day to propose for something that they will do. Today is
// the register's.
func (r *Request) Day() string { return r.Person.Day(r.Now) }

// Zone is the person's time zone; UTC for nobody.
func (r *Request) Zone() *time.Location { return r.Person.Zone() }

// Moment is a time as pages show it. Its zero value shows nothing.
type Moment struct{ ISO, Text string }

// Moment spells out a time in the person's zone, and names the zone.
func (r *Request) Moment(t time.Time) Moment {
	if t.IsZero() {
		return Moment{}
	}
	return Moment{ISO: t.UTC().Format(time.RFC3339), Text: r.P.DateTimeIn(t.In(r.Zone()))}
}

// Clock is the time of day in the person's zone: "10:32".
func (r *Request) Clock(t time.Time) string { return t.In(r.Zone()).Format("15:04") }

// Note reads what WithCookie left in the browser; "" where there is nothing.
func (r *Request) Note(name string) string {
	c, err := r.Request.Cookie(r.Kit.cookieName() + "-" + name)
	if err != nil {
		return ""
	}
	return c.Value
}

// NewKey is a new random key, for the hidden field that makes a form sent twice count once.
func NewKey() string { return rand.Text() }

// Local says whether to is a path of this site that a redirect may lead to, without a scheme,
// a host or anything that a browser could take for one; "" where it is not. A notice that it
// asks for is left out: those are ours to give.
func Local(to string) string {
	if to = local(to); !strings.Contains(to, "done=") {
		return to
	}
	u, err := url.Parse(to)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Del("done")
	u.RawQuery = q.Encode()
	return u.String()
}

func local(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(u.Path, "/") ||
		strings.HasPrefix(u.Path, "//") || strings.ContainsAny(to, "\\\r\n\t") || strings.HasPrefix(to, "//") {
		return ""
	}
	u.Fragment = ""
	return u.String()
}

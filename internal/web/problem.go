package web

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/register"
	"stocktake/internal/web/page"
	"stocktake/internal/web/page/problem"
)

// statuses say which status an error's kind has, and under which name its page is known.
var statuses = map[errs.Kind]struct {
	code int
	name string
}{
	errs.Internal:        {http.StatusInternalServerError, "internal"},
	errs.Invalid:         {http.StatusBadRequest, "invalid"},
	errs.NotFound:        {http.StatusNotFound, "not_found"},
	errs.Conflict:        {http.StatusConflict, "internal"},
	errs.Forbidden:       {http.StatusForbidden, "not_found"},
	errs.Unauthenticated: {http.StatusForbidden, "not_found"},
	errs.Gone:            {http.StatusGone, "gone"},
	errs.TooLarge:        {http.StatusRequestURITooLong, "invalid"},
	errs.Unavailable:     {http.StatusServiceUnavailable, "internal"},
}

// Problems are the names of the error pages; each has a head and a text in the catalogue.
var Problems = []string{"internal", "invalid", "not_found", "gone", "gone_party", "method", "busy", "reading"}

// fail turns an error into a page: the one place that does.
func (d *door) fail(w http.ResponseWriter, req *http.Request, r *page.Reader, err error) {
	if to, ok := errors.AsType[moved](err); ok {
		http.Redirect(w, req, string(to), http.StatusMovedPermanently)
		return
	}
	if to, ok := errors.AsType[seeOther](err); ok {
		http.Redirect(w, req, string(to), http.StatusSeeOther)
		return
	}
	if errors.Is(err, errBusy) {
		d.sendAway(w, req, r.Lang)
		return
	}
	if errors.Is(err, explore.ErrReading) {
		w.Header().Set("Retry-After", retryAfter)
		d.problem(w, req, r, http.StatusServiceUnavailable, "reading", nil)
		return
	}
	s := statuses[errs.KindOf(err)]
	if s.code == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	if s.code >= 500 {
		d.Logger.Error("page failed", "route", req.Pattern, "err", err)
	}
	d.problem(w, req, r, s.code, s.name, errs.FieldsOf(err))
}

// problem shows an error's page in the reader's language, when it is its turn. Should even
// that fail, a plain sentence is left.
func (d *door) problem(w http.ResponseWriter, req *http.Request, r *page.Reader, status int, name string, fields []errs.Field) {
	if err := d.turnstile.enter(req.Context()); err != nil {
		d.sendAway(w, req, r.Lang)
		return
	}
	defer d.turnstile.leave()
	bare := *r
	bare.Query, bare.Own = explore.Query{}, url.Values{}
	if status != http.StatusBadRequest && status != http.StatusGone {
		bare.Path = "/"
	}
	var why template.HTML
	if status == http.StatusGone {
		name, why = d.gone(req, &bare)
	}
	p := problemPage(&bare, status, name)
	p.Why = why
	asked := false
	for _, f := range fields {
		fault := d.fault(&bare, req, f)
		if fault.Day != nil {
			fault.Day.First, asked = !asked, true
		}
		p.Faults = append(p.Faults, fault)
	}
	var body bytes.Buffer
	if err := d.render(&body, r.Lang, "problem", p); err != nil {
		d.Logger.Error("error page failed", "err", err)
		plain(w, status, http.StatusText(status)+"\n")
		return
	}
	newResponse(body.Bytes(), typeHTML, keepNot).write(w, req, status)
}

// gone names the page of what was erased, and says when and on what ground, as the erasure does.
func (d *door) gone(req *http.Request, r *page.Reader) (name string, why template.HTML) {
	name, subject := "gone", "pledge:"+req.PathValue("id")
	if code := req.PathValue("code"); code != "" {
		name, subject = "gone_party", "party:"+code
	}
	entries, err := d.Log.History(req.Context(), subject)
	if err != nil {
		d.Logger.Error("no history of what is gone", "err", err)
		return name, ""
	}
	for _, e := range slices.Backward(entries) {
		if !e.Withheld() {
			continue
		}
		by, err := d.Log.Entry(req.Context(), e.WithheldBy)
		if err == nil {
			var x register.Erasure
			if x, err = by.Erasure(); err == nil {
				return name, r.HTML("problem.gone.why", "date", r.P.Date(x.On), "ground", page.Bdi(x.Ground))
			}
		}
		d.Logger.Error("an erasure cannot be read", "position", e.WithheldBy, "err", err)
		break
	}
	return name, ""
}

func problemPage(r *page.Reader, status int, name string) *problem.Page {
	p := &problem.Page{
		Frame: r.Frame(page.Nowhere, r.T("problem."+name)), Status: status,
		Head: r.T("problem." + name), Text: r.T("problem." + name + ".text"),
		Links: []page.Item{
			{Href: r.Link("/", explore.Query{}), Text: r.T("problem.to_dashboard")},
			{Href: r.Link("/pledges", explore.Query{}), Text: r.T("problem.to_pledges")},
		},
	}
	p.NoIndex = true
	return p
}

// sentAway are the pages for readers who come when too many are there. They are made at the
// start and say nothing of the register, so that sending one costs next to nothing.
func (d *door) sentAway() (map[lang.Code]*response, error) {
	out := map[lang.Code]*response{}
	for _, c := range lang.All {
		r := &page.Reader{House: &d.house, Lang: c, P: d.catalog.Printer(c), Path: "/", Own: url.Values{}}
		var body bytes.Buffer
		if err := d.render(&body, c, "problem", problemPage(r, http.StatusServiceUnavailable, "busy")); err != nil {
			return nil, err
		}
		out[c] = newResponse(body.Bytes(), typeHTML, keepNot)
	}
	return out, nil
}

func (d *door) sendAway(w http.ResponseWriter, req *http.Request, c lang.Code) {
	w.Header().Set("Retry-After", retryAfter)
	d.away[c].write(w, req, http.StatusServiceUnavailable)
}

// fault says what is wrong with one value of the address, and gives the page without it.
func (d *door) fault(r *page.Reader, req *http.Request, f errs.Field) problem.Fault {
	out := problem.Fault{Name: f.Field, Value: f.Value, Says: r.T("problem.value")}
	last := r.Today // that a day may be
	given, repeats := req.URL.Query(), slices.Contains(explore.Filters, f.Field)
	switch {
	case f.Field == "since":
		out.Name = fmt.Sprintf("%s (%s)", r.T("since.field"), f.Field)
	case repeats, single(f.Field) && f.Field != "digits" && !slices.Contains(page.OwnParams, f.Field):
		out.Name = fmt.Sprintf("%s (%s)", r.FilterName(f.Field), f.Field)
	}
	switch {
	case !repeats && !single(f.Field):
		out.Says = r.T("problem.value.name")
	case !repeats && len(given[f.Field]) > 1:
		out.Says = r.T("problem.value.once")
	case f.Field == "as_of":
		out.Says = r.T("problem.value.as_of", "today", r.P.Date(r.Today), "example", r.Today)
		out.Day = day(r, req, f, r.FilterName(f.Field), last)
	case f.Field == "since":
		if asOf := given.Get("as_of"); isDay(asOf) {
			last = asOf
		}
		out.Says = r.T("problem.value.since", "date", r.P.Date(last), "example", last)
		out.Day = day(r, req, f, r.T("since.field"), last)
	case f.Field == "at":
		out.Says = r.T("problem.value.at", "n", r.Snap.Size())
	case f.Field == "q" && !utf8.ValidString(given.Get("q")):
		out.Says = r.T("problem.value.text")
	case f.Field == "q":
		out.Says = r.T("problem.value.q")
	case f.Field == "party":
		out.Says = r.T("problem.value.party")
	}
	rest := url.Values{}
	for name, values := range given {
		if name != f.Field {
			rest[name] = values
		}
	}
	out.Without = req.URL.EscapedPath()
	if s := rest.Encode(); s != "" {
		out.Without += "?" + s
	}
	return out
}

// day asks again for a day that is not after last, and offers the one that was meant if it can be read in one
// way only. It is offered and not taken: who wrote 2023 may have thought of its first day.
func day(r *page.Reader, req *http.Request, f errs.Field, label, last string) *problem.Day {
	out := &problem.Day{Action: req.URL.EscapedPath(), Field: f.Field, Label: label}
	given := req.URL.Query()
	meant, ok := lang.Meant(f.Value)
	given.Del(f.Field)
	for _, name := range slices.Sorted(maps.Keys(given)) {
		for _, value := range given[name] {
			out.Hidden = append(out.Hidden, page.Pair{Name: name, Value: value})
		}
	}
	if ok && meant <= last {
		given.Set(f.Field, meant)
		out.Meant = page.Item{Href: out.Action + "?" + given.Encode(), Text: r.T("problem.meant", "date", r.P.Date(meant))}
	}
	return out
}

func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// elsewhere answers what no route does: 405 for another method, the address without a slash
// at its end, else 404.
func (d *door) elsewhere(w http.ResponseWriter, req *http.Request) {
	r := d.anywhere(req)
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		d.problem(w, req, r, http.StatusMethodNotAllowed, "method", nil)
		return
	}
	if p := req.URL.Path; len(p) > 4 && strings.HasSuffix(p, "/") && !strings.HasPrefix(p, "//") && lang.Known(strings.SplitN(p[1:], "/", 2)[0]) {
		to := url.URL{Path: "/" + strings.Trim(p, "/"), RawQuery: req.URL.RawQuery}
		http.Redirect(w, req, to.String(), http.StatusMovedPermanently)
		return
	}
	d.problem(w, req, r, http.StatusNotFound, "not_found", nil)
}

// anywhere is the reader of an address that no page has: in the language of its prefix, else
// in the one that he prefers.
func (d *door) anywhere(req *http.Request) *page.Reader {
	first, _, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	c := lang.Match(req.Header.Get("Accept-Language"))
	if lang.Known(first) {
		c = lang.Code(first)
	}
	r, _, err := d.reader(c, req)
	if err != nil {
		r.Query = explore.Query{}
	}
	return r
}

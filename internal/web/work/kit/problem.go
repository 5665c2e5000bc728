package kit

import (
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/errs"
	"stocktake/internal/web/page"
)

//go:embed problems/*.html
var problemFiles embed.FS

// problemArea has the pages of errors.
func problemArea() Area {
	return Area{Name: "work", Templates: inside(problemFiles, "problems"), Pages: map[string]any{"problem": &problemPage{}, "resend": &resendPage{}}}
}

// fail turns an error into a page; the one place that does. Nobody is asked to sign in first,
// and comes back to where they were going; what nobody sent is kept on a page of its own.
func (k *Kit) fail(w http.ResponseWriter, r *Request, err error) {
	kind := errs.KindOf(err)
	if kind == errs.Unauthenticated && !r.Person.Known() && !r.Autosaving() {
		if !r.Posted() {
			see(w, r.Link("/sign-in?next="+url.QueryEscape(here(r))))
			return
		}
		if r.MultipartForm == nil && len(r.Form) > 0 {
			k.resend(w, r)
			return
		}
	}
	if len(r.Person.Waiting) > 0 && (kind == errs.Forbidden || kind == errs.NotFound) && !r.Autosaving() { // it may be theirs with a second factor
		to := access.ConfirmPath
		if !r.Posted() && r.Path != to {
			to += "?next=" + url.QueryEscape(here(r))
		}
		see(w, r.Link(to))
		return
	}
	status, name := statusOf(kind)
	if late, ok := errors.AsType[*tooMany](err); ok {
		status = http.StatusTooManyRequests
		w.Header().Set("Retry-After", fmt.Sprint(int(late.wait/time.Second)+1))
	}
	switch {
	case status >= 500:
		k.Logger.Error("workspace page failed", "route", r.Pattern, "err", err)
	case refusals[status] && r.Person.Known(): // the id, no name: and of the address the route alone, since others have secrets in theirs
		k.Logger.Warn("refused", "route", r.Pattern, "status", status, "person", r.Person.ID)
	case refusals[status] && status != http.StatusNotFound:
		k.Logger.Warn("refused", "route", r.Pattern, "status", status)
	}
	e, ok := errors.AsType[*errs.Error](err)
	if kind == errs.Conflict && !(ok && strings.HasSuffix(e.Key, "changed_meanwhile")) {
		name = "not_now" // nobody else need have changed anything
	}
	if ok && e.Key != "" {
		switch {
		case strings.HasPrefix(e.Key, "work.problem."):
			name = strings.TrimPrefix(e.Key, "work.problem.")
		case e.Key == "access.not_allowed": // which is what the page itself says
		case r.P.Has(e.Key):
			k.problem(w, r, status, name, r.T(e.Key), nil)
			return
		}
	}
	k.problem(w, r, status, name, "", errs.FieldsOf(err))
}

// here is the address that was asked for, without the language.
func here(r *Request) string {
	to := strings.TrimPrefix(r.URL.EscapedPath(), "/"+string(r.Lang))
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	return to
}

// refusals are the answers to somebody who asks for what is not theirs, or for too much. What
// somebody may not know of is not found, so that is one of them.
var refusals = map[int]bool{
	http.StatusForbidden: true, http.StatusNotFound: true, http.StatusRequestEntityTooLarge: true, http.StatusTooManyRequests: true,
}

func statusOf(kind errs.Kind) (int, string) {
	switch kind {
	case errs.Invalid:
		return http.StatusBadRequest, "invalid"
	case errs.NotFound:
		return http.StatusNotFound, "not_found"
	case errs.Conflict:
		return http.StatusConflict, "conflict"
	case errs.Forbidden:
		return http.StatusForbidden, "forbidden"
	case errs.Unauthenticated:
		return http.StatusUnauthorized, "sign_in"
	case errs.Gone:
		return http.StatusGone, "gone"
	case errs.TooLarge:
		return http.StatusRequestEntityTooLarge, "too_large"
	case errs.Unavailable:
		return http.StatusServiceUnavailable, "unavailable"
	}
	return http.StatusInternalServerError, "internal"
}

// problemPage says what went wrong and where to go on.
type problemPage struct {
	Head, Text, Why string
	Faults          []string
	Links           []page.Item
}

// resendPage keeps what somebody sent when their session had ended, to be sent again.
type resendPage struct {
	Action, SignIn string
	Values         []page.Pair
	Shown          []page.Pair
}

func (k *Kit) problem(w http.ResponseWriter, r *Request, status int, name, why string, fields []errs.Field) {
	if r.Autosaving() || r.Header.Get("Accept") == "application/json" {
		says := cmp.Or(why, r.T("work.problem."+name))
		body, _ := json.Marshal(map[string]string{"says": says, "problem": name}) // of strings
		_ = send(w, r.Request, status, "application/json", body)
		return
	}
	p := &problemPage{Head: r.T("work.problem." + name), Text: r.T("work.problem." + name + ".text"), Why: why}
	for _, f := range fields {
		p.Faults = append(p.Faults, f.Field)
	}
	menu, _ := k.menuFor(r)
	for _, e := range menu {
		p.Links = append(p.Links, page.Item{Href: e.Href, Text: e.Text})
	}
	if len(p.Links) == 0 {
		p.Links = append(p.Links, page.Item{Href: r.Link("/sign-in"), Text: r.T("work.sign_in")})
	}
	p.Links = append(p.Links, page.Item{Href: r.Link("/"), Text: r.T("work.public")})
	k.own(w, r, Page{Name: "problem", Title: "work.problem." + name, Data: p, Status: status})
}

// Problems are the names of the error pages, each with a head and a text in the catalogue.
var Problems = []string{"internal", "invalid", "not_found", "gone", "conflict", "not_now", "forbidden", "sign_in", "too_large", "unavailable", "cross_site", "limit"}

func (k *Kit) resend(w http.ResponseWriter, r *Request) {
	p := &resendPage{Action: r.URL.RequestURI(), SignIn: r.Link("/sign-in?next=" + url.QueryEscape("/account"))}
	for _, name := range slices.Sorted(maps.Keys(r.Form)) {
		for _, v := range r.Form[name] {
			p.Values = append(p.Values, page.Pair{Name: name, Value: v})
			if strings.TrimSpace(v) != "" && !strings.HasPrefix(name, "_") {
				p.Shown = append(p.Shown, page.Pair{Name: name, Value: v})
			}
		}
	}
	k.own(w, r, Page{Name: "resend", Title: "work.resend.title", Data: p, Status: http.StatusUnauthorized})
}

// own sends one of the kit's own pages, whatever happens in a few plain words.
func (k *Kit) own(w http.ResponseWriter, r *Request, p Page) {
	r.area = "work"
	if err := k.answer(w, r, p); err != nil {
		k.Logger.Error("error page failed", "err", err)
		http.Error(w, http.StatusText(p.Status), p.Status)
	}
}

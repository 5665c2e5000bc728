package kit

import (
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
)

// How much a request may send, and how long one that sends files may take.
const (
	formBytes   = 256 << 10
	inMemory    = 1 << 20 // of a form with files; the rest waits in a file
	uploadTime  = 10 * time.Minute
	worthwhile  = 1024
	cookieBare  = "stocktake"
	cookieGuard = "__Host-stocktake"
)

// routes enters every route of every area under each language, and without one.
func (k *Kit) routes() error {
	k.mux = http.NewServeMux()
	seen := map[string]string{}
	for _, a := range k.Areas {
		for _, r := range a.Routes {
			if r.Method != http.MethodGet && r.Method != http.MethodPost || !strings.HasPrefix(r.Path, "/") || r.Serve == nil {
				return fmt.Errorf("kit: %s: the route %s %s is not whole", a.Name, r.Method, r.Path)
			}
			key := r.Method + " " + r.Path
			if other, twice := seen[key]; twice {
				return fmt.Errorf("kit: %s: the route %s is that of %s already", a.Name, key, other)
			}
			seen[key] = a.Name
			for _, c := range lang.All {
				k.mux.Handle(r.Method+" /"+string(c)+r.Path, k.handler(a.Name, r, c))
			}
			if r.Method == http.MethodGet {
				k.mux.HandleFunc("GET "+r.Path, toLanguage)
			}
		}
		for _, e := range a.Menu {
			i := slices.IndexFunc(a.Routes, func(r Route) bool { return r.Method == http.MethodGet && r.Path == e.Path })
			if i < 0 {
				return fmt.Errorf("kit: %s: the menu leads to %s, which is no route of the area", a.Name, e.Path)
			}
			k.menu = append(k.menu, menuEntry{e, a.Routes[i].Action})
		}
	}
	slices.SortStableFunc(k.menu, func(a, b menuEntry) int { return cmp.Compare(a.Order, b.Order) })
	return nil
}

// Owns reports whether a request is for a page of the workspace.
func (k *Kit) Owns(req *http.Request) bool {
	_, pattern := k.mux.Handler(req)
	return pattern != ""
}

func (k *Kit) ServeHTTP(w http.ResponseWriter, req *http.Request) { k.mux.ServeHTTP(w, req) }

// toLanguage sends a reader whose address has no language to his own.
func toLanguage(w http.ResponseWriter, req *http.Request) {
	to := "/" + string(lang.Match(req.Header.Get("Accept-Language"))) + req.URL.EscapedPath()
	if req.URL.RawQuery != "" {
		to += "?" + req.URL.RawQuery
	}
	w.Header().Set("Vary", "Accept-Language")
	w.Header().Set("Cache-Control", "private, no-store")
	http.Redirect(w, req, to, http.StatusFound)
}

// handler serves one route in one language: from where, who, how often, whether at all; then
// the page; then the answer. Whatever goes wrong on the way becomes a page in fail.
func (k *Kit) handler(area string, route Route, c lang.Code) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Robots-Tag", "noindex")
		now := k.Clock().UTC()
		r := &Request{
			Request: req, Kit: k, Lang: c, P: k.Catalog.Printer(c), Now: now, Today: now.Format(time.DateOnly),
			From: addressOf(k.Address(req)), Form: url.Values{}, Path: strings.TrimPrefix(req.URL.Path, "/"+string(c)), area: area,
		}
		a, err := k.serve(w, r, route)
		if err == nil {
			err = k.answer(w, r, a)
		}
		if err != nil {
			k.fail(w, r, err)
		}
		if req.MultipartForm != nil {
			_ = req.MultipartForm.RemoveAll() // of the folder for temporary files
		}
	})
}

func (k *Kit) serve(w http.ResponseWriter, r *Request, route Route) (Answer, error) {
	if err := k.cross.Check(r.Request); err != nil {
		return nil, errs.New(errs.Forbidden, "%w", err).WithKey("work.problem.cross_site")
	}
	if err := k.recognise(w, r); err != nil {
		return nil, err
	}
	if err := k.limits.take(r, route.Tries); err != nil {
		return nil, err
	}
	if err := k.read(w, r, route.Body); err != nil {
		return nil, err
	}
	if route.Action != "" {
		if err := access.Enter(r.Person, route.Action, r.Today); err != nil {
			return nil, err
		}
	}
	return route.Serve(k, r)
}

// recognise finds who asks. A cookie that is no good any more is taken away.
func (k *Kit) recognise(w http.ResponseWriter, r *Request) error {
	cookie, err := r.Request.Cookie(k.cookieName())
	if err != nil || cookie.Value == "" {
		return nil
	}
	s, p, err := k.Access.Session(r.Context(), cookie.Value)
	switch {
	case errs.Is(err, errs.Unauthenticated), errs.Is(err, errs.NotFound):
		k.setCookie(w, "", time.Time{})
		return nil
	case err != nil:
		return err
	}
	r.Session, r.Person, r.Cookie = s, p, cookie.Value
	return nil
}

func (k *Kit) cookieName() string {
	if k.secure {
		return cookieGuard
	}
	return cookieBare
}

// setCookie signs the browser in, or out with an empty value.
func (k *Kit) setCookie(w http.ResponseWriter, value string, until time.Time) {
	c := k.cookie(k.cookieName(), value)
	if value != "" {
		c.Expires = until
	}
	http.SetCookie(w, c)
}

// cookie makes one that only we read. SameSite is Lax and not Strict, so that one who follows
// a link in a letter arrives signed in.
func (k *Kit) cookie(name, value string) *http.Cookie {
	c := &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, Secure: k.secure, SameSite: http.SameSiteLaxMode}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}

// read takes in what was sent, up to the limit of the route.
func (k *Kit) read(w http.ResponseWriter, r *Request, limit int64) error {
	if !r.Posted() {
		return nil
	}
	if limit == 0 {
		limit = formBytes
	}
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		r.Body = http.MaxBytesReader(w, r.Body, limit)
	}
	var err error
	switch kind {
	case "multipart/form-data":
		if limit > formBytes { // a file on a poor line takes its time
			deadline := time.Now().Add(uploadTime)
			rc := http.NewResponseController(w)
			if err := errors.Join(rc.SetReadDeadline(deadline), rc.SetWriteDeadline(deadline)); err != nil && !errors.Is(err, http.ErrNotSupported) {
				return err
			}
		}
		err = r.parts(w, limit, params["boundary"])
	case "application/json": // from our own script
		return nil
	default:
		err = r.ParseForm()
	}
	if _, much := errors.AsType[*http.MaxBytesError](err); much {
		return errs.New(errs.TooLarge, "more than %d bytes were sent", limit).WithKey("work.problem.too_large")
	}
	if err != nil {
		return errs.New(errs.Invalid, "read a form: %w", err)
	}
	r.Form = r.PostForm
	return nil
}

func (k *Kit) answer(w http.ResponseWriter, r *Request, a Answer) error {
	switch a := a.(type) {
	case WithSession:
		k.setCookie(w, a.Cookie, a.Until)
		if a.Cookie == "" { // with what a form had not saved yet: the next one at this computer is not to find it
			w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
		}
		return k.answer(w, r, a.Answer)
	case WithCookie:
		c := k.cookie(k.cookieName()+"-"+a.Name, a.Value)
		if a.Value != "" {
			c.MaxAge = int(a.For / time.Second)
		}
		http.SetCookie(w, c)
		return k.answer(w, r, a.Answer)
	case Page:
		body, err := k.render(r, r.area, a)
		if err != nil {
			return err
		}
		if r.Note(noticeNote) != "" { // it is said once
			http.SetCookie(w, k.cookie(k.cookieName()+"-"+noticeNote, ""))
		}
		status := a.Status
		if status == 0 {
			status = http.StatusOK
			if a.Form != nil && len(a.Form.Faults()) > 0 {
				status = http.StatusUnprocessableEntity
			}
		}
		return send(w, r.Request, status, "text/html; charset=utf-8", body)
	case Redirect:
		to := local(string(a))
		if _, fragment, ok := strings.Cut(string(a), "#"); ok && to != "" {
			to += "#" + fragment
		}
		if to == "" {
			return fmt.Errorf("kit: %q is no path to go to", string(a))
		}
		k.notice(w, to)
		see(w, r.Link(to))
		return nil
	case WithNotice:
		k.notice(w, a.To)
		return k.answer(w, r, a.Answer)
	case Elsewhere:
		see(w, string(a))
		return nil
	case File:
		return sendFile(w, r.Request, a)
	case Saved:
		return k.saved(w, r, a)
	case JSON:
		body, err := json.Marshal(a.Value)
		if err != nil {
			return fmt.Errorf("kit: %w", err)
		}
		return send(w, r.Request, http.StatusOK, "application/json", body)
	}
	return fmt.Errorf("kit: %T is no answer", a)
}

func see(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

// saved answers the script: the version to go on with, when it was, and what is not right yet.
func (k *Kit) saved(w http.ResponseWriter, r *Request, a Saved) error {
	type region struct {
		HTML string `json:"html"`
		Says string `json:"says"`
	}
	out := struct {
		Version string            `json:"version"`
		Says    string            `json:"says"`
		Faults  map[string]string `json:"faults,omitempty"`
		Region  *region           `json:"region,omitempty"`
	}{Version: a.Version, Says: r.T("work.save.saved", "time", r.Clock(a.At))}
	if p := a.Region; p != nil {
		html, err := k.renderRegion(r, *p)
		if err != nil {
			return err
		}
		out.Region = &region{html, p.Says}
	}
	if a.Form != nil {
		out.Faults = map[string]string{}
		for _, f := range a.Form.Faults() {
			out.Faults[f.ID] = f.Says
		}
	}
	return k.answer(w, r, JSON{out})
}

// send writes a page, packed where the reader takes that.
func send(w http.ResponseWriter, req *http.Request, status int, kind string, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Add("Vary", "Accept-Encoding")
	if len(body) < worthwhile || !strings.Contains(req.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Length", fmt.Sprint(len(body)))
		w.WriteHeader(status)
		if req.Method != http.MethodHead {
			_, _ = w.Write(body) // an error here means that the reader has gone
		}
		return nil
	}
	h.Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	if req.Method != http.MethodHead {
		z := gzip.NewWriter(w)
		_, _ = z.Write(body)
		_ = z.Close()
	}
	return nil
}

// sendFile hands a file over as a download: nothing that somebody uploaded is ever shown by
// the browser as a page of ours.
func sendFile(w http.ResponseWriter, req *http.Request, f File) error {
	if f.Closer != nil {
		defer f.Closer.Close()
	}
	size, err := f.Content.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.Content.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("kit: file: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", cmp.Or(f.Type, "application/octet-stream"))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Content-Length", fmt.Sprint(size))
	w.WriteHeader(http.StatusOK)
	if req.Method != http.MethodHead {
		_, _ = io.Copy(w, f.Content)
	}
	return nil
}

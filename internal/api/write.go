package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/pledge/followup"
	"stocktake/internal/pledge/intake"
)

// The half of the API that writes. It does what the pages of the workspace do, for a program
// that acts for a person by a token of theirs: the same rooms decide what the person may do, and
// the token's scopes narrow that. Nothing here is public: no answer may be kept, and no page of
// another site may read one.
//
//	write.go  a request that writes, from the token to the answer    write_routes.go  what there is
//	write_pledge.go, write_action.go, write_report.go  the handlers  write_errors.go  what is refused
//	write_shapes.go  what is taken and answered

// Work is what writing needs beside reading. All but Address is required.
type Work struct {
	People  *access.Book
	Desk    *intake.Desk
	Reports *followup.Office
	Address func(*http.Request) string // whom a request comes from, for limits; nil: RemoteAddr
}

const (
	mostBody   = 1 << 20 // bytes of a request
	longestKey = 128     // characters of an Idempotency-Key
)

// errand is a request to write that has been read.
type errand struct {
	ctx     context.Context // has the idempotency key
	req     *http.Request
	by      access.Person
	scopes  []string
	id      string // of the path: a public id or a private reference
	key     string // Idempotency-Key
	version int    // of If-Match; 0: there is none
	body    []byte
	at      string // set by the handler: Location of what was made
	tag     int    // set by the handler: the version that is answered
}

// can reports whether the token covers an action.
func (e *errand) can(a access.Action) bool { return access.InScope(e.scopes, a) }

// write serves one route.
func (d *door) write(w http.ResponseWriter, req *http.Request, r writing) {
	private(w.Header())
	e, err := d.receive(w, req, r)
	if err != nil {
		d.refuse(w, req, err)
		return
	}
	out, err := r.serve(d, e)
	if err != nil {
		d.refuse(w, req, err)
		return
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(out); err != nil {
		d.refuse(w, req, fmt.Errorf("api: %s: %w", r.name, err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", jsonType)
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	if e.tag > 0 {
		h.Set("ETag", versionTag(e.tag))
	}
	if e.at != "" {
		h.Set("Location", e.at)
	}
	w.WriteHeader(r.status)
	if req.Method != http.MethodHead {
		_, _ = w.Write(b.Bytes()) // an error here means that the reader has gone
	}
}

// private takes back what the public half says of its answers.
func private(h http.Header) {
	h.Del("Access-Control-Allow-Origin")
	h.Del("Access-Control-Expose-Headers")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Authorization")
}

// receive reads a request: who sends it, what the token covers, and only then the rest.
func (d *door) receive(w http.ResponseWriter, req *http.Request, r writing) (*errand, error) {
	if d.Work == nil {
		return nil, refused(http.StatusServiceUnavailable, "nothing can be written at this site now")
	}
	e := &errand{ctx: req.Context(), req: req, id: req.PathValue("id")}
	var err error
	if e.by, e.scopes, err = d.bearer(req); err != nil {
		return nil, err
	}
	if wait, ok := d.gate.Act(e.by.ID); !ok {
		return nil, tooMany(wait)
	}
	if len(r.does) > 0 && !slices.ContainsFunc(r.does, e.can) {
		return nil, outOfScope(r.does[0])
	}
	if len(req.URL.RawQuery) > 0 {
		return nil, refused(http.StatusBadRequest, "this address takes no query")
	}
	if e.key, err = keyOfRequest(req); err != nil {
		return nil, err
	}
	if e.key != "" {
		e.ctx = intake.WithKey(e.ctx, "api:"+e.key)
	}
	if e.version, err = versionOfRequest(req); err != nil {
		return nil, err
	}
	if r.method == http.MethodGet {
		return e, nil
	}
	e.body, err = io.ReadAll(http.MaxBytesReader(w, req.Body, mostBody))
	if err != nil {
		if tooLarge(err) {
			return nil, refused(http.StatusRequestEntityTooLarge, fmt.Sprintf("a request may have %d bytes", mostBody))
		}
		return nil, refused(http.StatusBadRequest, "the request ended before its time")
	}
	if kind, _, _ := mime.ParseMediaType(req.Header.Get("Content-Type")); kind != jsonType && len(bytes.TrimSpace(e.body)) > 0 {
		return nil, refused(http.StatusUnsupportedMediaType, "a request has the Content-Type application/json")
	}
	return e, nil
}

// bearer finds who the token in the request speaks for. Wrong ones are counted by network.
func (d *door) bearer(req *http.Request) (access.Person, []string, error) {
	scheme, token, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return access.Person{}, nil, unknownCaller("", "send a token: Authorization: Bearer stk_…")
	}
	by, scopes, err := d.Work.People.Token(req.Context(), strings.TrimSpace(token))
	if errs.Is(err, errs.Unauthenticated) {
		if wait, ok := d.gate.SignIn("", d.from(req)); !ok {
			return access.Person{}, nil, tooMany(wait)
		}
		return access.Person{}, nil, unknownCaller("invalid_token", "the token is unknown, was ended or has expired")
	}
	return by, scopes, err
}

// from is whom a request comes from; the zero address where that cannot be said.
func (d *door) from(req *http.Request) netip.Addr {
	text := req.RemoteAddr
	if d.Work.Address != nil {
		text = d.Work.Address(req)
	}
	if a, err := netip.ParseAddrPort(text); err == nil {
		return a.Addr()
	}
	return netip.Addr{}
}

// keyOfRequest is the Idempotency-Key, with or without the quotation marks of a structured field.
func keyOfRequest(req *http.Request) (string, error) {
	given := req.Header.Values("Idempotency-Key")
	if len(given) == 0 {
		return "", nil
	}
	key := strings.TrimSpace(given[0])
	if n := len(key); n > 1 && key[0] == '"' && key[n-1] == '"' {
		key = key[1 : n-1]
	}
	odd := strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' })
	if len(given) > 1 || key == "" || len(key) > longestKey || odd {
		return "", refused(http.StatusBadRequest, fmt.Sprintf("an Idempotency-Key is one word of 1 to %d visible characters", longestKey))
	}
	return key, nil
}

// versionTag is the entity tag of a version of a submission.
func versionTag(version int) string { return `"` + strconv.Itoa(version) + `"` }

// versionOfRequest is the version that If-Match names; 0 where it takes any, or says nothing. A tag that
// is none of ours matches nothing.
func versionOfRequest(req *http.Request) (int, error) {
	given := req.Header.Values("If-Match")
	if len(given) == 0 {
		return 0, nil
	}
	tag := strings.TrimSpace(strings.Join(given, ","))
	if tag == "*" { // RFC 9110: whichever there is
		return 0, nil
	}
	if strings.Contains(tag, ",") {
		return 0, refused(http.StatusBadRequest, "If-Match takes one tag: the ETag of the answer that you changed")
	}
	text := strings.TrimSuffix(strings.TrimPrefix(tag, `"`), `"`)
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || versionTag(n) != tag {
		return 0, refused(http.StatusPreconditionFailed, "If-Match names no version of this")
	}
	return n, nil
}

// decode reads a JSON object into v. A name that is not known is refused by name: what is
// mistyped must not be lost in silence.
func (e *errand) decode(v any) error {
	body := bytes.TrimSpace(e.body)
	if len(body) == 0 {
		body = []byte("{}")
	}
	if body[0] != '{' {
		return refused(http.StatusBadRequest, "the body must be one JSON object")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return unreadable(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return refused(http.StatusBadRequest, "the body must be one JSON object, and nothing after it")
	}
	return nil
}

// names are the fields that a body has.
func (e *errand) names() (out []string) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(e.body, &fields) == nil {
		for name := range fields {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// language is that of what the caller writes, where the request does not say it.
func (e *errand) language(stated lang.Code) lang.Code {
	switch {
	case stated != "":
		return stated
	case lang.Known(string(e.by.Language)):
		return e.by.Language
	}
	return lang.EN
}

// seconds rounds a wait up, as Retry-After has it.
func seconds(wait time.Duration) string {
	return strconv.Itoa(max(1, int((wait+time.Second-1)/time.Second)))
}

package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/errs"
)

// refusal is an error of the request itself, with its status and what is said.
type refusal struct {
	status  int
	detail  string
	headers [][2]string
}

func (r *refusal) Error() string { return r.detail }

func refused(status int, detail string) error { return &refusal{status: status, detail: detail} }

// wrongField refuses one field of a body.
func wrongField(field, message string) error {
	return errs.InvalidFields(errs.Field{Field: field, Message: message})
}

// unknownCaller asks for a token, in the words of RFC 6750.
func unknownCaller(code, detail string) error {
	challenge := `Bearer realm="stocktake"`
	if code != "" {
		challenge += `, error="` + code + `"`
	}
	return &refusal{status: http.StatusUnauthorized, detail: detail, headers: [][2]string{{"WWW-Authenticate", challenge}}}
}

// outOfScope names the scopes of which one is missing. It is asked before anything is looked
// for, so that it tells nothing of what there is.
func outOfScope(a access.Action) error {
	var names []string
	for _, s := range access.Scopes {
		if access.InScope([]string{s.Name}, a) {
			names = append(names, s.Name)
		}
	}
	return &refusal{
		status: http.StatusForbidden, detail: "the token would need the scope " + strings.Join(names, " or "),
		headers: [][2]string{{"WWW-Authenticate", `Bearer realm="stocktake", error="insufficient_scope", scope="` + strings.Join(names, " ") + `"`}},
	}
}

func tooMany(wait time.Duration) error {
	return &refusal{status: http.StatusTooManyRequests, detail: "too many requests; wait as long as Retry-After says", headers: [][2]string{{"Retry-After", seconds(wait)}}}
}

func tooLarge(err error) bool {
	_, is := errors.AsType[*http.MaxBytesError](err)
	return is
}

// unreadable says where a body is not what the description asks for.
func unreadable(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return wrongField(wrong.Field, "must be another type of value than "+wrong.Value)
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return wrongField(strings.Trim(name, `"`), "is no field of this request")
	}
	return refused(http.StatusBadRequest, "the body is no JSON that could be read")
}

// writeStatuses are those of errors of the rooms, where writing differs from reading.
var writeStatuses = map[errs.Kind]struct {
	code   int
	detail string
}{
	errs.Invalid:         {http.StatusUnprocessableEntity, "the request breaks a rule"},
	errs.NotFound:        {http.StatusNotFound, "there is no such pledge, or the one that the token speaks for may not know of it"},
	errs.Conflict:        {http.StatusConflict, "that cannot be done as things stand"},
	errs.Forbidden:       {http.StatusForbidden, "the one that the token speaks for may not do that"},
	errs.Unauthenticated: {http.StatusUnauthorized, "send a token: Authorization: Bearer stk_…"},
	errs.Gone:            {http.StatusGone, "its content was erased from the register"},
	errs.TooLarge:        {http.StatusRequestEntityTooLarge, "a pledge cannot be that long"},
}

// said is what a program is told by the key of an error.
var said = map[string]string{
	"work.changed_meanwhile":   "it has changed since the version that you name; read it again, and decide again",
	"work.key_used":            "this Idempotency-Key was used for another request",
	"work.not_now":             "that cannot be done in the state in which it is",
	"pledge.action.impossible": "that cannot be done in the state in which it is",
	"work.step_before":         "another step of the party's own clearance comes first",
	"work.not_cleared":         "a step of the party's own clearance is missing",
	"work.call_not_open":       "the call that it answers is not open yet",
	"work.unchanged":           "it says what it said before",
	"work.others_take_part":    "others take part in it: a party can leave, and not end it",
	"work.has_confirmed":       "the party has confirmed its part",
	"work.alone":               "the party makes the pledge alone",
	"work.no_part":             "the party has no part in it",
	"work.blocked.hold":        "the desk has put a party of it on hold",
	"work.blocked.clearance":   "a party of it that is no State has no clearance",
	"work.blocked.proposal":    "a proposed change waits for the party's answer",
	"work.blocked.match":       "the party of the pledge that it answers has not confirmed",
	"work.blocked.words":       "a party that takes part has not confirmed the words as they are now",
	"work.blocked.awaited":     "it was announced, and its text is awaited",
	"work.blocked.four_eyes":   "somebody else accepts it before you publish it",
	"pledge.ended":             "the pledge was withdrawn or superseded",
	"pledge.changed_meanwhile": "the pledge has changed meanwhile",
}

func keyOfError(err error) string {
	if e, ok := errors.AsType[*errs.Error](err); ok {
		return e.Key
	}
	return ""
}

// refuse turns an error into a problem. Causes are logged where the fault is ours, never shown.
func (d *door) refuse(w http.ResponseWriter, req *http.Request, err error) {
	if r, ok := errors.AsType[*refusal](err); ok {
		for _, h := range r.headers {
			w.Header().Set(h[0], h[1])
		}
		d.problem(w, req, Problem{Status: r.status, Detail: r.detail})
		return
	}
	kind, key := errs.KindOf(err), keyOfError(err)
	s, ok := writeStatuses[kind]
	if !ok {
		s = statuses[kind]
	}
	p := Problem{Status: s.code, Detail: s.detail}
	if words := said[key]; words != "" {
		p.Detail = words
	}
	switch {
	case key == "work.changed_meanwhile" && req.Header.Get("If-Match") != "":
		p.Status = http.StatusPreconditionFailed
	case key == "work.key_used":
		p.Status = http.StatusUnprocessableEntity
	}
	for _, f := range errs.FieldsOf(err) {
		p.Errors = append(p.Errors, Fault{f.Field, f.Message})
	}
	if len(p.Errors) > 0 && kind == errs.Invalid {
		p.Detail = p.Errors[0].Field + " " + p.Errors[0].Message
	}
	if p.Status >= 500 && req.Context().Err() == nil {
		d.Logger.Error("request failed", "route", req.Pattern, "err", err)
	}
	if p.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	d.problem(w, req, p)
}

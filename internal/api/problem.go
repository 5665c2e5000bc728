package api

import (
	"encoding/json"
	"errors"
	"net/http"

	"stocktake/internal/errs"
	"stocktake/internal/explore"
)

// Problem is an error as RFC 9457 has it.
type Problem struct {
	Title  string  `json:"title" doc:"What sort of problem it is"`
	Status int     `json:"status" minimum:"400" maximum:"599"`
	Detail string  `json:"detail" doc:"What is wrong with this request, in English"`
	Errors []Fault `json:"errors,omitempty" doc:"One for each thing that is wrong"`
}

// Fault is one thing that is wrong with one parameter.
type Fault struct {
	Field   string `json:"field" doc:"Name of the parameter"`
	Message string `json:"message"`
}

const problemType = "application/problem+json"

// statuses say which status an error's kind has, and what is said where nothing may be told.
var statuses = map[errs.Kind]struct {
	code   int
	detail string
}{
	errs.Internal:        {http.StatusInternalServerError, "the fault is ours; it has been logged"},
	errs.Invalid:         {http.StatusBadRequest, ""},
	errs.NotFound:        {http.StatusNotFound, "there is no such thing, or there was none at that time"},
	errs.Conflict:        {http.StatusConflict, "it has changed meanwhile"},
	errs.Forbidden:       {http.StatusForbidden, "this is not public"},
	errs.Unauthenticated: {http.StatusUnauthorized, "this is not public"},
	errs.Gone:            {http.StatusGone, "its content was erased from the register; the entry that says so, and why, is public"},
	errs.TooLarge:        {http.StatusRequestURITooLong, "the request is too large"},
	errs.Unavailable:     {http.StatusServiceUnavailable, "try again in a moment"},
}

// fail turns an error into a problem: the one place that does. Causes are logged, never shown.
func (d *door) fail(w http.ResponseWriter, req *http.Request, err error) {
	kind := errs.KindOf(err)
	s := statuses[kind]
	reading := errors.Is(err, explore.ErrReading)
	if req.Context().Err() == nil && s.code >= 500 && !reading {
		d.Logger.Error("request failed", "route", req.Pattern, "err", err)
	}
	p := Problem{Status: s.code, Detail: s.detail}
	if reading {
		p.Detail = "the register is being read since the start; figures, filters and lists are there, searching for words and the order of titles follow: try again in a few minutes"
	}
	for _, f := range errs.FieldsOf(err) {
		p.Errors = append(p.Errors, Fault{f.Field, f.Message})
	}
	if kind == errs.Invalid {
		p.Detail = "the query of the address cannot be read"
		if len(p.Errors) > 0 {
			p.Detail = p.Errors[0].Field + " " + p.Errors[0].Message
		}
	}
	if s.code == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	d.problem(w, req, p)
}

// problem sends a problem. It is not kept by anybody: the next answer may be another.
func (d *door) problem(w http.ResponseWriter, req *http.Request, p Problem) {
	p.Title = http.StatusText(p.Status)
	if p.Detail == "" {
		p.Detail = statuses[errs.Internal].detail
	}
	body, err := json.Marshal(p)
	if err != nil { // strings and numbers
		panic(err)
	}
	w.Header().Del("Link")
	w.Header().Set("Cache-Control", "no-store")
	makeAnswer(append(body, '\n'), problemType, "").write(w, req, p.Status)
}

package api

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"stocktake/internal/errs"
	"stocktake/internal/explore"
)

// route is one address: what it takes, what it gives, and the words that the OpenAPI document
// has for it. Whatever is served stands in routes, and so does whatever is described.
type route struct {
	path, name  string // name is the operationId
	summary     string
	description string
	takes       []string // query parameters; all others are refused
	gives       any      // a value of the type of the answer; nil for a JSON document of another's shape
	problems    []int    // the statuses that it may answer beside 200 and 304
	serve       func(*door, context.Context, *question) (any, error)
}

// The parameters of the questions. The filters come first, as in the contract.
var (
	view    = []string{"as_of", "at"}
	filters = slices.Concat(explore.Filters, []string{"inferred", "q", "as_of", "at", "sort"})
	paged   = slices.Concat(filters, []string{"limit", "cursor"})
)

const root = "/api/v1"

// routes is the whole API on one page. "GET" answers HEAD as well, and OPTIONS is answered for
// every address.
func routes() []route {
	return []route{
		{
			root + "/pledges", "listPledges", "Pledges that match, page by page",
			"Without `sort` the newest come first, and with words (`q`) the best match. `next`, and the Link header, lead to the next page; the pages of one walk all speak of the same register position and day, however the register grows meanwhile.",
			paged, PledgeList{}, []int{400}, (*door).pledges,
		},
		{
			root + "/pledges/{id}", "getPledge", "One pledge, with its reports and translations",
			"A pledge that was withdrawn or superseded is still found; `status` and `notice` say so. One whose text was erased answers 410. An id with other capitals or zeros than its own moves (308) to its own, here and below.",
			view, PledgeDetail{}, []int{400, 404, 410}, (*door).pledge,
		},
		{
			root + "/pledges/{id}/history", "getPledgeHistory", "Everything that was published about one pledge",
			"In the order of the register: versions of the pledge with what each changed, reports, translations, and what others say of it.",
			view, History{}, []int{400, 404, 410}, (*door).history,
		},
		{
			root + "/pledges/{id}/receipt", "getPledgeReceipt", "Proof that the pledge is in the register",
			"The entry of the pledge's version, the path from its leaf to the root, and the signed checkpoint: the bytes that `stocktake verify` checks offline. Keep them as they are. `as_of` and `at` choose the version that stood then; the proof always leads to the newest checkpoint.",
			view, nil, []int{400, 404, 410}, (*door).receipt,
		},
		{
			root + "/facets", "countFacets", "Pledges counted by every filter",
			"Each facet counts under all other filters; its own filter does not narrow its own counts. The values of the closed vocabularies are all there, also with 0; `none` counts what has no value.",
			filters, FacetCounts{}, []int{400}, (*door).facets,
		},
		{
			root + "/parties", "listParties", "Acting parties of the pledges that match, page by page",
			"Those with most pledges first, then by English name. A ministry acts for its State, and the State counts once. `sort` orders pledges and changes nothing here.",
			paged, PartyList{}, []int{400}, (*door).parties,
		},
		{
			root + "/parties/{code}", "getParty", "One party",
			"With the number of its pledges on that day; those of its parts are its own. A code in capitals moves (308) to the code in small letters.",
			view, PartyDetail{}, []int{400, 404, 410}, (*door).party,
		},
		{
			root + "/figures", "listFigures", "How many submissions were received, in review and published, by day",
			"For the days for which the secretariat published that, the newest first. These count submissions, not pledges: no total of pledges knows of them.",
			view, FiguresList{}, []int{400}, (*door).figures,
		},
		{
			root + "/figures/{day}/receipt", "getFiguresReceipt", "Proof that the figures of a day are in the register",
			"The bytes that `stocktake verify` checks offline, as for a pledge.",
			view, nil, []int{400, 404, 410}, (*door).figuresReceipt,
		},
		{
			root + "/compact", "getCompact", "The compact: objectives, principles, kinds of party and the other vocabularies, rounds of reporting",
			"Texts come in every language that there is, or in those asked for with `lang`; where a text does not exist in the language, it comes in English.",
			[]string{"lang"}, Compact{}, []int{400}, (*door).compact,
		},
		{
			"/api/openapi.json", "getDescription", "This document", "OpenAPI 3.1.",
			nil, nil, []int{400}, (*door).describing,
		},
	}
}

func (d *door) handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range routes() {
		mux.HandleFunc("GET "+r.path, func(w http.ResponseWriter, req *http.Request) { d.answer(w, req, r) })
	}
	for _, r := range writings() {
		do := func(w http.ResponseWriter, req *http.Request) { d.write(w, req, r) }
		if !strings.HasSuffix(r.path, "/{action}") {
			mux.HandleFunc(r.method+" "+r.path, do)
			continue
		}
		// For one method alone this would be ambiguous beside addresses like {id}/history.
		mux.HandleFunc(r.path, func(w http.ResponseWriter, req *http.Request) {
			switch {
			case !isDeed(req.PathValue("action")):
				d.nowhere(w, req)
			case req.Method == r.method:
				do(w, req)
			default:
				d.otherMethod(w, req)
			}
		})
	}
	for path := range allowed {
		if !strings.HasSuffix(path, "/{action}") {
			mux.HandleFunc(path, d.otherMethod)
		}
	}
	mux.HandleFunc("/", d.nowhere)
	return d.guard(mux)
}

func (d *door) nowhere(w http.ResponseWriter, req *http.Request) {
	d.problem(w, req, Problem{Status: http.StatusNotFound, Detail: "nothing is at this address; /api/openapi.json lists what there is"})
}

func (d *door) otherMethod(w http.ResponseWriter, req *http.Request) {
	allow := strings.Join(allowed[req.Pattern], ", ")
	w.Header().Set("Allow", allow)
	d.problem(w, req, Problem{Status: http.StatusMethodNotAllowed, Detail: "this address answers " + allow})
}

// methods are those of the public questions, which pages of other sites may ask too.
const methods = "GET, HEAD, OPTIONS"

// allowed has the methods of every address.
var allowed = func() map[string][]string {
	of := map[string][]string{}
	for _, r := range routes() {
		of[r.path] = []string{http.MethodGet, http.MethodHead}
	}
	for _, r := range writings() {
		of[r.path] = append(of[r.path], r.method)
		if r.method == http.MethodGet {
			of[r.path] = append(of[r.path], http.MethodHead)
		}
	}
	for path := range of {
		of[path] = append(of[path], http.MethodOptions)
	}
	return of
}()

// headers are those of every answer. Any page of any site may read what is public here.
var headers = [][2]string{
	{"Access-Control-Allow-Origin", "*"},
	{"Access-Control-Expose-Headers", "ETag, Link, Retry-After"},
	{"Cross-Origin-Resource-Policy", "cross-origin"},
	{"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
	{"X-Content-Type-Options", "nosniff"},
	{"Referrer-Policy", "no-referrer"},
}

// preflight is what a browser is told that asks before it reads.
var preflight = [][2]string{
	{"Allow", methods},
	{"Access-Control-Allow-Methods", methods},
	{"Access-Control-Allow-Headers", "Accept, Content-Type, If-None-Match"},
	{"Access-Control-Max-Age", "86400"},
}

// guard stands round all routes: headers, a problem instead of a panic, one line in the log.
// The line names the route, never the reader: no address, no agent, no words of a question.
func (d *door) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		for _, h := range headers {
			w.Header().Set(h[0], h[1])
		}
		watched := &watch{ResponseWriter: w}
		begin := time.Now()
		defer func() {
			if fault := recover(); fault != nil {
				if fault == http.ErrAbortHandler {
					panic(fault)
				}
				err, ours := fault.(*errs.Error) // of a list whose texts cannot be read
				if !ours {
					d.Logger.Error("panic", "route", req.Pattern, "fault", fmt.Sprint(fault), "stack", string(debug.Stack()))
				}
				switch {
				case watched.status != 0:
				case ours:
					d.fail(watched, req, err)
				default:
					d.problem(watched, req, Problem{Status: http.StatusInternalServerError})
				}
			}
			d.Logger.Info("request", "method", req.Method, "route", req.Pattern, "status", watched.status,
				"bytes", watched.bytes, "took", time.Since(begin).Round(time.Microsecond))
		}()
		if req.Method == http.MethodOptions && strings.HasPrefix(req.URL.Path, "/api/") {
			for _, h := range preflight {
				w.Header().Set(h[0], h[1])
			}
			if mux, ok := next.(*http.ServeMux); ok {
				if _, pattern := mux.Handler(req); allowed[pattern] != nil {
					w.Header().Set("Allow", strings.Join(allowed[pattern], ", "))
				}
			}
			watched.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(watched, req)
	})
}

// watch remembers what was answered.
type watch struct {
	http.ResponseWriter
	status, bytes int
}

func (w *watch) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *watch) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += n
	return n, err
}

// Unwrap lets http.ResponseController reach the writer below.
func (w *watch) Unwrap() http.ResponseWriter { return w.ResponseWriter }

package api

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
)

// scenario is one request and what must, and must not, come of it.
type scenario struct {
	name, target string
	status       int
	golden       string   // file under testdata
	has, lacks   []string // in the body
}

// never is in no answer of any address: what was erased, what is private, and what was announced and
// is no pledge.
var never = []string{"Regatta", "awaited", "Forgettable", "private matter", "contact", "null", "explore", "SELECT"}

var scenarios = []scenario{
	{name: "the newest first, with all envelope fields", target: "/api/v1/pledges", status: 200, golden: "pledges",
		has: []string{`"total":5`, `"as_of":"2034-11-23"`, `"amount":"2500000.50"`, `"url":"https://pledges.example/pledges/OCN-0001"`}, lacks: []string{`"next"`, "OCN-0003", "OCN-0004", "OCN-0006"}},
	{name: "repeated values mean any of", target: "/api/v1/pledges?party=ken&party=prt&nature=financial", status: 200, has: []string{`"total":2`, "OCN-0002", "OCN-0007"}, lacks: []string{"OCN-0001"}},
	{name: "empty values are as none", target: "/api/v1/pledges?country=&q=&limit=", status: 200, has: []string{`"total":5`}},
	{name: "none finds what is empty", target: "/api/v1/pledges?country=none", status: 200, has: []string{`"total":3`}, lacks: []string{"OCN-0001"}},
	{name: "inferred objectives left out, the pledge stays", target: "/api/v1/facets?inferred=false", status: 200, has: []string{`"total":5`}},
	{name: "and found where they are none", target: "/api/v1/pledges?inferred=false&objective=none", status: 200, has: []string{"OCN-0008"}},
	{name: "a wrong word for it", target: "/api/v1/pledges?inferred=no", status: 400, has: []string{`"field":"inferred"`}},
	{name: "words are looked for in translations", target: "/api/v1/pledges?q=coral", status: 200, has: []string{`"total":1`, "OCN-0008"}},
	{name: "nothing found is an empty list", target: "/api/v1/pledges?year=1999", status: 200, has: []string{`"total":0`, `"items":[]`}},
	{name: "as of a day, a pledge is as it was", target: "/api/v1/pledges?as_of=2034-06-30", status: 200, golden: "pledges_as_of",
		has: []string{`"total":4`, `"as_of":"2034-06-30"`, "OCN-0003"}, lacks: []string{"sharks", "last_reported_on", "OCN-0005"}},
	{name: "at a position, the register is as it was", target: "/api/v1/pledges?at=7", status: 200, has: []string{`"total":1`, `"size":7`, "OCN-0001"}, lacks: []string{"OCN-0002"}},
	{name: "a page of two has a next", target: "/api/v1/pledges?limit=2", status: 200, has: []string{`"total":5`, `"next":"`}},

	{name: "one pledge with reports", target: "/api/v1/pledges/OCN-0001", status: 200, golden: "pledge", has: []string{`"stage":"in_progress"`, `"version":2`, `"last_reported_on":"2034-10-30"`}},
	{name: "one pledge with a translation", target: "/api/v1/pledges/OCN-0008", status: 200, has: []string{`"by":"machine"`, `"text_by":"summary"`, `"objectives_by":"inferred"`}},
	{name: "one pledge as of a day", target: "/api/v1/pledges/OCN-0001?as_of=2034-06-30", status: 200, has: []string{`"version":1`, `"stage":"unreported"`, `"reports":[]`}, lacks: []string{"sharks"}},
	{name: "a withdrawn pledge answers with its notice", target: "/api/v1/pledges/OCN-0003", status: 200, golden: "pledge_withdrawn", has: []string{`"status":"withdrawn"`, "The lighthouse fell."}},
	{name: "a superseded pledge names its successor", target: "/api/v1/pledges/OCN-0004", status: 200, has: []string{`"status":"superseded"`, `"superseded_by":"OCN-0005"`}},
	{name: "an erased pledge is gone", target: "/api/v1/pledges/OCN-0006", status: 410, golden: "problem_gone"},
	{name: "its history is gone", target: "/api/v1/pledges/OCN-0006/history", status: 410},
	{name: "its receipt is gone", target: "/api/v1/pledges/OCN-0006/receipt", status: 410},
	{name: "no such pledge", target: "/api/v1/pledges/OCN-9999", status: 404, golden: "problem_not_found"},
	{name: "a pledge before its time", target: "/api/v1/pledges/OCN-0005?as_of=2034-07-31", status: 404},
	{name: "no such pledge has no history", target: "/api/v1/pledges/OCN-9999/history", status: 404},
	{name: "history in the order of the register", target: "/api/v1/pledges/OCN-0001/history", status: 200, golden: "history", has: []string{`"field":"objectives"`, `"late":true`}},
	{name: "history ends where the view ends", target: "/api/v1/pledges/OCN-0001/history?as_of=2034-09-30", status: 200, has: []string{"Makers of nets"}, lacks: []string{"A third of"}},
	{name: "receipt", target: "/api/v1/pledges/OCN-0001/receipt", status: 200, has: []string{`"checkpoint":"pledges.example/log\n`}},

	{name: "what is no id", target: "/api/v1/pledges/OCN-x", status: 404},

	{name: "every filter is a facet", target: "/api/v1/facets", status: 200, golden: "facets"},
	{name: "a facet's own filter does not narrow it", target: "/api/v1/facets?objective=1&sort=title", status: 200, has: []string{`"total":1`, `"objective":{"1":1,"2":3,"3":2,"4":1}`, `"nature":{"financial":0,"human_resources":0,"material":1`}},

	{name: "parties, the most active first", target: "/api/v1/parties", status: 200, golden: "parties", has: []string{`"total":5`, "Harbour House <Lisbon> & Sons"}, lacks: []string{`"code":"prt.sea"`}},
	{name: "parties under filters", target: "/api/v1/parties?objective=3&limit=1", status: 200, has: []string{`"total":4`, `"next"`}},
	{name: "a State acts through its ministry", target: "/api/v1/parties/prt", status: 200, golden: "party", has: []string{`"pledges":1`, `"lead":1`, `"state":true`}},
	{name: "a ministry is not counted as a State", target: "/api/v1/parties/prt.sea", status: 200, has: []string{`"pledges":1`, `"lead":1`, `"state":false`, `"parent":"prt"`}},
	{name: "no such party", target: "/api/v1/parties/xyz", status: 404},

	{name: "figures of submissions, the newest day first", target: "/api/v1/figures", status: 200, golden: "figures",
		has: []string{`"on":"2034-11-10"`, `"received":9`, `"corrected":[{"on":"2034-10-31","received":7`}, lacks: []string{`"total"`}},
	{name: "figures that were published by a day", target: "/api/v1/figures?as_of=2034-11-02", status: 200, has: []string{`"received":7`}, lacks: []string{"corrected", "2034-11-10"}},
	{name: "proof of figures", target: "/api/v1/figures/2034-11-10/receipt", status: 200, has: []string{`"checkpoint":"pledges.example/log\n`}},
	{name: "no figures for the day", target: "/api/v1/figures/2034-01-01/receipt", status: 404},

	{name: "the compact in all languages", target: "/api/v1/compact", status: 200, golden: "compact", has: []string{`"fr":`, `"verified":`}},
	{name: "the compact in one language, else in English", target: "/api/v1/compact?lang=fr", status: 200, golden: "compact_fr"},
	{name: "an unknown language", target: "/api/v1/compact?lang=de", status: 400, has: []string{`"field":"lang"`}},

	{name: "an unknown party is named", target: "/api/v1/pledges?party=nosuch", status: 400, has: []string{`"field":"party"`}},
	{name: "words that are no text", target: "/api/v1/pledges?q=%FF", status: 400, has: []string{`"field":"q"`}},
	{name: "no word", target: "/api/v1/pledges?q=%22", status: 200, has: []string{`"total":0`, `"hints":[{"kind":"no_words","words":["\""],"message":"“\"” has no word in it, so that nothing was looked for;`}},
	{name: "a star alone", target: "/api/v1/parties?q=*", status: 200, has: []string{`"total":0`, `"kind":"no_words","words":["*"]`}},
	{name: "only words that must not be there", target: "/api/v1/facets?q=-whale", status: 200, has: []string{`"hints":[{"kind":"only_without","words":["whale"],"message":"the minus sign leaves a word out: these are all pledges without “whale”`}},
	{name: "a region in words", target: "/api/v1/pledges?q=Africa", status: 200, has: []string{`"kind":"region"`, `party_region=002`}},
	{name: "words that were understood", target: "/api/v1/pledges?q=whale", status: 200, has: []string{`"hints":[]`}},
	{name: "those that have ended", target: "/api/v1/facets?objective=2", status: 200, has: []string{`"ended":2,`}},
	{name: "a word that was read as a name", target: "/api/v1/facets?q=Kennya", status: 200, has: []string{`"read_as":[{"word":"Kennya","as":"Kenya"}]`}},
	{name: "an unknown parameter is named", target: "/api/v1/pledges?contry=KE", status: 400, golden: "problem_unknown", has: []string{`"field":"contry"`}},
	{name: "a filter has no place at one pledge", target: "/api/v1/pledges/OCN-0001?country=KE", status: 400, has: []string{`"field":"country"`}},
	{name: "not even with a wrong value twice over", target: "/api/v1/pledges/OCN-0001?country=Kenya", status: 400, has: []string{`"errors":[{"field":"country","message":"is no parameter of this address; it takes as_of, at"}]`}},
	{name: "every wrong value is named", target: "/api/v1/pledges?objective=99&country=Kenya&limit=0&sort=fast", status: 400, golden: "problem_values",
		has: []string{`"field":"objective"`, `"field":"country"`, `"field":"limit"`, `"field":"sort"`}},
	{name: "more than a page may hold", target: "/api/v1/pledges?limit=1001", status: 400},
	{name: "two days", target: "/api/v1/pledges?as_of=2034-06-30&as_of=2034-07-01", status: 400, has: []string{`"field":"as_of"`}},
	{name: "a day in the future", target: "/api/v1/pledges?as_of=2034-11-24", status: 400, has: []string{`"field":"as_of"`}},
	{name: "a day in the future of a pledge", target: "/api/v1/pledges/OCN-0001?as_of=2034-11-24", status: 400},
	{name: "beyond the register", target: "/api/v1/facets?at=1000", status: 400, has: []string{`"field":"at"`}},
	{name: "a day that is none", target: "/api/v1/parties?as_of=2034-02-30", status: 400},
	{name: "a cursor that is none", target: "/api/v1/pledges?cursor=abc", status: 400, has: []string{`"field":"cursor"`}},
	{name: "a query that cannot be read", target: "/api/v1/pledges?q=%zz", status: 400},
	{name: "no parameters at the description", target: "/api/openapi.json?q=x", status: 400},
	{name: "elsewhere", target: "/api/v1/pledge", status: 404, has: []string{"/api/openapi.json"}},
	{name: "a slash too much", target: "/api/v1/pledges/", status: 404},
}

// An id or a code that is written otherwise leads to the one address of what it means, as pages do.
func TestOtherSpellingsLeadToTheOneAddress(t *testing.T) {
	f := newFixture(t)
	for target, want := range map[string]string{
		"/api/v1/pledges/ocn-0001?as_of=2034-06-30": "/api/v1/pledges/OCN-0001?as_of=2034-06-30",
		"/api/v1/pledges/OCN-1/receipt":             "/api/v1/pledges/OCN-0001/receipt",
		"/api/v1/pledges/ocn-000001/history":        "/api/v1/pledges/OCN-0001/history",
		"/api/v1/parties/PRT.SEA":                   "/api/v1/parties/prt.sea",
		"/api/v1/parties/prt.sea":                   "",
		"/api/v1/pledges/ocn-":                      "",
		"/api/v1/pledges/ocn-0":                     "",
	} {
		res := f.get(target)
		if got := res.Header.Get("Location"); got != want || (want != "") != (res.StatusCode == http.StatusPermanentRedirect) {
			t.Errorf("%s: %d, to %q; want %q", target, res.StatusCode, got, want)
		}
		if want != "" && f.get(want).StatusCode != http.StatusOK {
			t.Errorf("%s leads to %s, where nothing is", target, want)
		}
	}
}

func TestScenarios(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := filled(t, d)
		for _, s := range scenarios {
			t.Run(s.name, func(t *testing.T) {
				res := f.get(s.target)
				text := body(t, res)
				if res.StatusCode != s.status {
					t.Fatalf("status %d, want %d: %s", res.StatusCode, s.status, text)
				}
				for _, part := range s.has {
					if !strings.Contains(text, part) {
						t.Errorf("lacks %s in %s", part, text)
					}
				}
				for _, part := range append(s.lacks, never...) {
					if strings.Contains(text, part) {
						t.Errorf("has %s in %s", part, text)
					}
				}
				checkHeaders(t, res, s.status)
				if s.golden != "" {
					golden(t, s.golden, text)
				}
			})
		}
	})
}

func checkHeaders(t *testing.T, res *http.Response, status int) {
	t.Helper()
	want := map[string]string{
		"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag, Link, Retry-After", "Vary": "Accept-Encoding",
		"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "cross-origin", "Set-Cookie": "", "Last-Modified": "",
	}
	if status == http.StatusOK {
		want["Content-Type"], want["Cache-Control"] = "application/json", "public, no-cache"
	} else {
		want["Content-Type"], want["Cache-Control"], want["ETag"] = "application/problem+json", "no-store", ""
	}
	for name, value := range want {
		if got := res.Header.Get(name); got != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
	if tag := res.Header.Get("ETag"); status == http.StatusOK && (len(tag) < 10 || strings.HasPrefix(tag, "W/")) {
		t.Errorf("ETag: %q is no strong tag", tag)
	}
}

func TestConditionalRequests(t *testing.T) {
	f := newFixture(t)
	for _, target := range []string{
		"/api/v1/pledges", "/api/v1/pledges?limit=2", "/api/v1/pledges/OCN-0001", "/api/v1/pledges/OCN-0001/history", "/api/v1/pledges/OCN-0001/receipt",
		"/api/v1/facets", "/api/v1/parties", "/api/v1/compact", "/api/openapi.json",
	} {
		t.Run(target, func(t *testing.T) {
			plain, packed := f.get(target), f.get(target, "Accept-Encoding", "br, gzip;q=0.5")
			text := body(t, plain)
			if packed.Header.Get("Content-Encoding") != "gzip" || plain.Header.Get("Content-Encoding") != "" {
				t.Fatal("the coding is not the one that was accepted")
			}
			z, err := gzip.NewReader(packed.Body)
			if err != nil {
				t.Fatal(err)
			}
			if unpacked, err := io.ReadAll(z); err != nil || string(unpacked) != text {
				t.Errorf("unpacked it differs: %v", err)
			}
			tag, packedTag := plain.Header.Get("ETag"), packed.Header.Get("ETag")
			if tag == packedTag {
				t.Error("two codings have one strong tag")
			}
			for _, c := range []struct {
				coding, given string
				status        int
			}{
				{"", tag, 304}, {"gzip", packedTag, 304}, {"", `"other", W/` + tag, 304}, {"", "*", 304},
				{"", packedTag, 200}, {"gzip", tag, 200}, {"", `"other"`, 200}, {"gzip;q=0", tag, 304},
			} {
				res := f.get(target, "Accept-Encoding", c.coding, "If-None-Match", c.given)
				if res.StatusCode != c.status {
					t.Errorf("%q with %s: status %d, want %d", c.coding, c.given, res.StatusCode, c.status)
				}
				if got := body(t, res); c.status == 304 && (got != "" || res.Header.Get("ETag") == "" || res.Header.Get("Cache-Control") == "" || res.Header.Get("Vary") == "") {
					t.Errorf("304 with %v and %q", res.Header, got)
				}
			}
		})
	}
	before := f.get("/api/v1/pledges").Header.Get("ETag")
	f.publish("2034-11-20", "One more", "ken")
	if res := f.get("/api/v1/pledges", "If-None-Match", before); res.StatusCode != http.StatusOK {
		t.Errorf("after a publication: status %d", res.StatusCode)
	}
}

func TestHEADSaysWhatGETWould(t *testing.T) {
	f := newFixture(t)
	for _, target := range []string{"/api/v1/pledges", "/api/v1/facets?nature=policy", "/api/v1/pledges/OCN-0006", "/api/v1/nothing"} {
		get, head := f.get(target), f.do(http.MethodHead, target)
		if diff := cmp.Diff(get.Header, head.Header); diff != "" || get.StatusCode != head.StatusCode {
			t.Errorf("%s: %d, %d: %s", target, get.StatusCode, head.StatusCode, diff)
		}
		if got := body(t, head); got != "" {
			t.Errorf("%s: a body: %s", target, got)
		}
	}
}

func TestOtherMethods(t *testing.T) {
	f := newFixture(t)
	for _, r := range routes() {
		target := strings.NewReplacer("{id}", "OCN-0001", "{code}", "ken").Replace(r.path)
		allow := strings.Join(allowed[r.path], ", ")
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			if strings.Contains(allow, method) {
				continue
			}
			res := f.do(method, target)
			if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != allow || !strings.HasPrefix(allow, "GET, HEAD, ") {
				t.Errorf("%s %s: %d, Allow %q", method, target, res.StatusCode, res.Header.Get("Allow"))
			}
			checkHeaders(t, res, res.StatusCode)
		}
		res := f.do(http.MethodOptions, target, "Origin", "https://elsewhere.example", "Access-Control-Request-Method", "GET")
		h := res.Header
		if res.StatusCode != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Methods") != methods ||
			!strings.Contains(h.Get("Access-Control-Allow-Headers"), "If-None-Match") || h.Get("Access-Control-Allow-Credentials") != "" || h.Get("Access-Control-Max-Age") == "" {
			t.Errorf("OPTIONS %s: %d %v", target, res.StatusCode, h)
		}
	}
}

// The detail's own name and the name in the contract are one: a field that is added to the
// record must be added here, or be private on purpose.
func TestAPledgeHasTheFieldsOfItsRecord(t *testing.T) {
	names := func(v reflect.Type) map[string]bool {
		out := map[string]bool{}
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Field(i).Tag.Get("json"), ",")
			out[name] = true
		}
		return out
	}
	want := names(reflect.TypeFor[pledge.Pledge]())
	delete(want, "schema") // of the payload; the answers have the version of the API
	if diff := cmp.Diff(want, names(reflect.TypeFor[PledgeFields]())); diff != "" {
		t.Errorf("-record +answer:\n%s", diff)
	}
}

func TestFacetsAreThoseOfExplore(t *testing.T) {
	f := newFixture(t)
	for _, query := range []string{"", "objective=2&party=ken", "as_of=2034-08-01", "at=12&nature=process", "q=reefs", "stage=unreported&recency=never"} {
		got := read[struct {
			Total    int
			AsOf     string `json:"as_of"`
			Register Register
			Ended    int
			Understood
			Facets map[string]map[string]int
		}](f, "/api/v1/facets?"+query)
		req := httptest.NewRequest("GET", "/?"+query, nil)
		q, err := explore.ParseQuery(req.URL.Query(), f.book.Pack)
		if err != nil {
			t.Fatal(err)
		}
		v, err := f.index.Snapshot().View(q, "2034-11-23")
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]map[string]int{}
		for _, name := range explore.Filters {
			want[name] = map[string]int{}
			for _, b := range v.Facet(name) {
				want[name][b.Value] = b.Count
			}
		}
		if diff := cmp.Diff(want, got.Facets); diff != "" || got.Total != v.Totals.Pledges || got.AsOf != v.AsOf || got.Register.Size != v.Size {
			t.Errorf("%s: total %d, as of %s, size %d: %s", query, got.Total, got.AsOf, got.Register.Size, diff)
		}
	}
}

func TestReceiptsVerify(t *testing.T) {
	f := newFixture(t)
	for target, version := range map[string]int{"/api/v1/pledges/OCN-0001/receipt": 2, "/api/v1/pledges/OCN-0001/receipt?as_of=2034-06-30": 1, "/api/v1/pledges/OCN-0003/receipt": 2,
		"/api/v1/figures/2034-10-31/receipt": 2} {
		report, err := register.VerifyReceipt([]byte(body(t, f.get(target))), f.log.Key())
		if err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		if !report.KeyKnown || report.Entry.Version != version || report.Size != f.index.Snapshot().Size() {
			t.Errorf("%s: %+v of %+v", target, report, report.Entry)
		}
	}
}

// Many readers at once, while the register grows: each answer is whole, and of one size.
func TestManyReadersAtOnce(t *testing.T) {
	f := newFixture(t)
	var wait sync.WaitGroup
	for reader := range 6 {
		wait.Go(func() {
			for i := range 25 {
				target := []string{"/api/v1/pledges?limit=3", "/api/v1/facets?nature=policy", "/api/v1/parties", "/api/v1/pledges/OCN-0001/history"}[(reader+i)%4]
				res := f.get(target, "Accept-Encoding", []string{"", "gzip"}[i%2])
				if res.StatusCode != http.StatusOK {
					t.Errorf("%s: %d", target, res.StatusCode)
				}
			}
		})
	}
	for range 10 {
		f.publish("2034-11-01", "Meanwhile", "ken")
	}
	wait.Wait()
	if got := read[PledgeList](f, "/api/v1/pledges").Total; got != 15 {
		t.Errorf("%d pledges after all", got)
	}
}

func TestFaultsOfOursAreNotTold(t *testing.T) {
	f := newFixture(t)
	d := &door{Config: Config{Logger: quiet}}
	for _, c := range []struct {
		err    error
		status int
		retry  string
	}{
		{errs.New(errs.Internal, "SELECT secret"), 500, ""},
		{io.ErrUnexpectedEOF, 500, ""},
		{errs.New(errs.Unavailable, "SELECT busy"), 503, "5"},
		{errs.New(errs.Unavailable, "%w: SELECT", explore.ErrReading), 503, "5"},
	} {
		w := httptest.NewRecorder()
		d.fail(w, httptest.NewRequest("GET", "/api/v1/pledges", nil), c.err)
		if text := w.Body.String(); w.Code != c.status || w.Header().Get("Retry-After") != c.retry || strings.Contains(text, "SELECT") || strings.Contains(text, "EOF") {
			t.Errorf("%v: %d %v %s", c.err, w.Code, w.Header(), text)
		}
	}
	w := httptest.NewRecorder()
	d.guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("SELECT") })).ServeHTTP(w, httptest.NewRequest("GET", "/api/v1/pledges", nil))
	if w.Code != 500 || strings.Contains(w.Body.String(), "SELECT") {
		t.Errorf("a panic: %d %s", w.Code, w.Body)
	}
	checkHeaders(t, w.Result(), 500)
	w = httptest.NewRecorder()
	d.guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic(errs.New(errs.Unavailable, "the texts of pledges cannot be read: SELECT"))
	})).ServeHTTP(w, httptest.NewRequest("GET", "/api/v1/pledges", nil))
	if w.Code != 503 || w.Header().Get("Retry-After") != "5" || strings.Contains(w.Body.String(), "SELECT") {
		t.Errorf("a list that cannot be read: %d %s", w.Code, w.Body)
	}
	if _, err := New(Config{Pack: f.book.Pack}); err == nil {
		t.Error("New does without an index")
	}
}

func TestWhatFollowsTheStartIsToldApart(t *testing.T) {
	w := httptest.NewRecorder()
	(&door{Config: Config{Logger: quiet}}).fail(w, httptest.NewRequest("GET", "/api/v1/pledges?q=children", nil), errs.New(errs.Unavailable, "%w", explore.ErrReading))
	if text := w.Body.String(); !strings.Contains(text, "searching for words") || !strings.Contains(text, "try again in a few minutes") {
		t.Errorf("a search before the words are there: %s", text)
	}
}

func TestTheCacheKeepsToItsLimit(t *testing.T) {
	c := newCache(40_000)
	for i := range 100 {
		c.put(strings.Repeat("k", i+1), makeAnswer([]byte(strings.Repeat("x", 1000)), jsonType, ""))
	}
	if c.used > c.limit || c.order.Len() != len(c.byKey) || c.order.Len() < 10 {
		t.Errorf("%d bytes in %d answers, %d keys", c.used, c.order.Len(), len(c.byKey))
	}
	if _, ok := c.get("k"); ok {
		t.Error("the oldest is still there")
	}
	if _, ok := c.get(strings.Repeat("k", 100)); !ok {
		t.Error("the newest is gone")
	}
}

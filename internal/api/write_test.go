package api

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
)

// secrets are in no answer, whoever asks.
var secrets = []string{"Secret Contact", "contact@secret.example", "@secret.example", "Private ", "per-", "stk_", "sql", "goroutine", "null"}

// checkPrivate holds an answer of the half that writes against what every one of them must be.
func checkPrivate(t *testing.T, res *http.Response, text string) {
	t.Helper()
	for name, value := range map[string]string{
		"Cache-Control": "no-store", "Access-Control-Allow-Origin": "", "Access-Control-Expose-Headers": "", "Set-Cookie": "",
		"Cross-Origin-Resource-Policy": "same-origin", "X-Content-Type-Options": "nosniff",
	} {
		if got := res.Header.Get(name); got != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
	want := "application/json"
	if res.StatusCode >= 400 {
		want = problemType
	}
	if got := res.Header.Get("Content-Type"); got != want {
		t.Errorf("Content-Type: %q", got)
	}
	for _, secret := range secrets {
		if strings.Contains(strings.ReplaceAll(text, "Bearer stk_…", ""), secret) {
			t.Errorf("has %q: %s", secret, text)
		}
	}
}

// Each scenario begins with a draft {draft}, a submission {sent}, and the published OCN-0001 of
// Kenya; {v} is the version of the draft.
var writeScenarios = []struct {
	name, as, method, path, body string
	headers                      []string
	status                       int
	has, lacks                   []string
}{
	{"no token", "", "POST", "/pledges", whole, nil, 401, []string{"send a token"}, nil},
	{"a token that is none", "stk_nothing", "POST", "/pledges", whole, nil, 401, []string{"unknown"}, nil},
	{"no token, unknown pledge", "", "POST", "/pledges/S-ZZZZZZ/submit", "", nil, 401, []string{"send a token"}, nil},
	{"begin", "kenya pledges:write", "POST", "/pledges", whole, nil, 201, []string{`"ref":"S-`, `"state":"draft"`, `"missing":[]`}, []string{"Quiet ships"}},
	{"begin, for a deputy", "deputy pledges:write", "POST", "/pledges", whole, nil, 201, []string{`"state":"draft"`}, nil},
	{"begin for another party", "fiji pledges:write", "POST", "/pledges", whole, nil, 403, []string{"may not do that"}, nil},
	{"begin half", "kenya pledges:write", "POST", "/pledges", `{"parties":["ken"],"title":"Half"}`, nil, 201, []string{`"field":"text"`}, nil},
	{"begin for nobody", "kenya pledges:write", "POST", "/pledges", `{"title":"Half"}`, nil, 422, []string{`"field":"parties"`}, nil},
	{"begin together", "kenya pledges:write", "POST", "/pledges", `{"parties":["ken","prt"]}`, nil, 422, []string{`"field":"parties"`}, nil},
	{"a mistyped name", "kenya pledges:write", "POST", "/pledges", `{"parties":["ken"],"titel":"x"}`, nil, 422, []string{`"field":"titel"`}, nil},
	{"a value of another type", "kenya pledges:write", "POST", "/pledges", `{"parties":["ken"],"objectives":"one"}`, nil, 422, []string{`"field":"objectives"`}, nil},
	{"no JSON", "kenya pledges:write", "POST", "/pledges", `{"parties":`, nil, 400, []string{"no JSON"}, nil},
	{"two objects", "kenya pledges:write", "POST", "/pledges", `{"parties":["ken"]}{}`, nil, 400, []string{"nothing after it"}, nil},
	{"a list", "kenya pledges:write", "POST", "/pledges", `[]`, nil, 400, []string{"one JSON object"}, nil},
	{"a form", "kenya pledges:write", "POST", "/pledges", "title=x", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, []string{"application/json"}, nil},
	{"too much", "kenya pledges:write", "POST", "/pledges", `{"text":"` + strings.Repeat("x", mostBody) + `"}`, nil, 413, nil, nil},
	{"a query", "kenya pledges:write", "POST", "/pledges?dry=1", whole, nil, 400, []string{"takes no query"}, nil},
	{"an odd key", "kenya pledges:write", "POST", "/pledges", whole, []string{"Idempotency-Key", "two words"}, 400, []string{"Idempotency-Key"}, nil},
	{"enter for a party", "reviewer review:write", "POST", "/pledges", strings.Replace(whole, "{", `{"received":{"how":"email","on":"2034-11-20"},`, 1), nil, 201, []string{`"state":"draft"`}, []string{"Quiet ships"}},
	{"enter, how", "reviewer review:write", "POST", "/pledges", strings.Replace(whole, "{", `{"received":{"how":"owl","on":"2034-11-20"},`, 1), nil, 422, []string{`"field":"how"`}, nil},
	{"enter, as a party", "kenya pledges:write", "POST", "/pledges", strings.Replace(whole, "{", `{"received":{"how":"email","on":"2034-11-20"},`, 1), nil, 403, []string{"review:write"}, nil},
	{"begin, as the desk", "reviewer review:write", "POST", "/pledges", whole, nil, 403, []string{"pledges:write"}, nil},

	{"write", "kenya pledges:write", "PUT", "/pledges/{draft}", strings.Replace(whole, "Quiet", "Quieter", 1), []string{"If-Match", `"{v}"`}, 200, []string{`"version":2`}, []string{"Quieter"}},
	{"write without a version", "kenya pledges:write", "PUT", "/pledges/{draft}", whole, nil, 428, []string{"If-Match"}, nil},
	{"write over another version", "kenya pledges:write", "PUT", "/pledges/{draft}", whole, []string{"If-Match", `"7"`}, 412, []string{"changed"}, nil},
	{"write over a weak tag", "kenya pledges:write", "PUT", "/pledges/{draft}", whole, []string{"If-Match", `W/"{v}"`}, 412, nil, nil},
	{"write over anything", "kenya pledges:write", "PUT", "/pledges/{draft}", whole, []string{"If-Match", "*"}, 428, []string{"have not seen"}, nil},
	{"submit whichever version there is", "kenya pledges:submit", "POST", "/pledges/{draft}/submit", "", []string{"If-Match", "*"}, 200, []string{`"state":"submitted"`}, nil},
	{"submit one of two versions", "kenya pledges:submit", "POST", "/pledges/{draft}/submit", "", []string{"If-Match", `"1", "2"`}, 400, []string{"one tag"}, nil},
	{"write of another party", "fiji pledges:write", "PUT", "/pledges/{draft}", whole, []string{"If-Match", `"{v}"`}, 404, nil, []string{"Quiet"}},
	{"write what is with the desk", "kenya pledges:write", "PUT", "/pledges/{sent}", whole, []string{"If-Match", `"2"`}, 409, nil, []string{"Quiet"}},
	{"write other parties", "kenya pledges:write", "PUT", "/pledges/{draft}", strings.Replace(whole, `["ken"]`, `["ken","fji"]`, 1), []string{"If-Match", `"{v}"`}, 422, []string{`"field":"parties"`}, nil},
	{"write the next version of a public one", "kenya pledges:write", "PUT", "/pledges/OCN-0001", whole, []string{"If-Match", `"1"`}, 200, []string{`"id":"OCN-0001"`, `"state":"published"`}, nil},
	{"write another party's public one", "fiji pledges:write", "PUT", "/pledges/OCN-0001", whole, []string{"If-Match", `"1"`}, 403, nil, nil},
	{"write what is not there", "kenya pledges:write", "PUT", "/pledges/OCN-9999", whole, []string{"If-Match", `"1"`}, 404, nil, nil},
	{"write what is no name", "kenya pledges:write", "PUT", "/pledges/nonsense", whole, []string{"If-Match", `"1"`}, 404, nil, nil},

	{"read", "kenya pledges:read-own", "GET", "/pledges/{draft}/submission", "", nil, 200, []string{"Quiet ships", `"parties":["ken"]`}, nil},
	{"read of another party", "fiji pledges:read-own", "GET", "/pledges/{draft}/submission", "", nil, 404, nil, []string{"Quiet"}},
	{"read a draft at the desk", "reviewer review:read", "GET", "/pledges/{draft}/submission", "", nil, 404, nil, []string{"Quiet"}},
	{"read at the desk", "reviewer review:read", "GET", "/pledges/{sent}/submission", "", nil, 200, []string{"Quiet ships", "/desk/S-"}, nil},
	{"read by a scope to write", "kenya pledges:write", "GET", "/pledges/{draft}/submission", "", nil, 403, []string{"pledges:read-own"}, []string{"Quiet"}},
	{"read without a token", "", "GET", "/pledges/{draft}/submission", "", nil, 401, nil, []string{"Quiet"}},

	{"submit", "kenya pledges:submit", "POST", "/pledges/{draft}/submit", "", []string{"If-Match", `"{v}"`}, 200, []string{`"state":"submitted"`}, []string{"Quiet"}},
	{"submit, empty object", "kenya pledges:submit", "POST", "/pledges/{draft}/submit", "{}", nil, 200, []string{`"state":"submitted"`}, nil},
	{"submit another version", "kenya pledges:submit", "POST", "/pledges/{draft}/submit", "", []string{"If-Match", `"9"`}, 412, nil, nil},
	{"submit by a deputy", "deputy pledges:submit", "POST", "/pledges/{draft}/submit", "", nil, 403, nil, nil},
	{"submit by a scope to write", "kenya pledges:write", "POST", "/pledges/{draft}/submit", "", nil, 403, []string{"pledges:submit"}, nil},
	{"submit twice", "kenya pledges:submit", "POST", "/pledges/{sent}/submit", "", nil, 409, nil, nil},
	{"a field that submit does not take", "kenya pledges:submit", "POST", "/pledges/{draft}/submit", `{"reason":"x"}`, nil, 422, []string{`"field":"reason"`, "takes none"}, nil},
	{"abandon", "kenya pledges:write", "POST", "/pledges/{draft}/abandon", "", nil, 200, []string{`"state":"abandoned"`}, nil},
	{"invite", "kenya pledges:write", "POST", "/pledges/{draft}/invite", `{"parties":["fji"]}`, nil, 200, []string{`"party":"fji","state":"unanswered"`}, nil},
	{"answer without an answer", "fiji pledges:write", "POST", "/pledges/{draft}/answer", `{"party":"fji"}`, nil, 404, nil, nil},
	{"no such action", "kenya pledges:write", "POST", "/pledges/{draft}/explode", "", nil, 404, nil, nil},
	{"publish", "reviewer review:write", "POST", "/pledges/{sent}/publish", "", nil, 200, []string{`"state":"published"`, `"id":"OCN-`}, []string{"Quiet"}},
	{"publish as the party", "kenya review:write", "POST", "/pledges/{sent}/publish", "", nil, 403, nil, nil},
	{"publish as an observer", "observer review:write", "POST", "/pledges/{sent}/publish", "", nil, 403, nil, nil},
	{"publish a draft", "reviewer review:write", "POST", "/pledges/{draft}/publish", "", nil, 404, nil, []string{"Quiet"}},
	{"return without a reason", "reviewer review:write", "POST", "/pledges/{sent}/return", "", nil, 422, []string{`"field":"reasons"`}, nil},
	{"return", "reviewer review:write", "POST", "/pledges/{sent}/return", `{"body":"By which year?"}`, nil, 200, []string{`"state":"returned"`}, nil},
	{"schedule", "reviewer review:write", "POST", "/pledges/{sent}/schedule", `{"publish_at":"2034-12-01T12:00:00Z"}`, nil, 200, []string{`"state":"scheduled"`}, nil},
	{"schedule for no time", "reviewer review:write", "POST", "/pledges/{sent}/schedule", `{"publish_at":"soon"}`, nil, 422, []string{`"field":"publish_at"`}, nil},
	{"report", "kenya reports:write", "POST", "/pledges/OCN-0001/reports", `{"stage":"in_progress","narrative":"Half of the trawlers.","language":"en"}`, nil, 201, []string{`"state":"published"`, `"number":3`, "Half of the trawlers."}, nil},
	{"report, no change", "kenya reports:write", "POST", "/pledges/OCN-0001/reports", `{"choice":"no_change"}`, nil, 201, []string{`"stage":"in_progress"`}, nil},
	{"report, done", "kenya reports:write", "POST", "/pledges/OCN-0001/reports", `{"choice":"done","narrative":"All have doors.","language":"en"}`, nil, 201, []string{`"state":"waiting"`, `"publish_at"`}, []string{`"position"`}},
	{"report, wrong person", "kenya reports:write", "POST", "/pledges/OCN-0001/reports", `{"choice":"wrong_person"}`, nil, 422, []string{`"field":"choice"`}, nil},
	{"report without a stage", "kenya reports:write", "POST", "/pledges/OCN-0001/reports", `{}`, nil, 422, []string{`"field":"stage"`}, nil},
	{"report on another party's", "fiji reports:write", "POST", "/pledges/OCN-0001/reports", `{"choice":"no_change"}`, nil, 403, nil, nil},
	{"report on a draft", "kenya reports:write", "POST", "/pledges/{draft}/reports", `{"choice":"no_change"}`, nil, 404, nil, nil},
	{"report by a scope to write", "kenya pledges:write", "POST", "/pledges/OCN-0001/reports", `{"choice":"no_change"}`, nil, 403, []string{"reports:write"}, nil},

	{"withdraw", "kenya pledges:submit", "POST", "/pledges/OCN-0001/withdraw", "", nil, 200, []string{`"state":"withdrawn"`}, nil},
	{"withdraw another party's", "fiji pledges:submit", "POST", "/pledges/OCN-0001/withdraw", "", nil, 403, nil, nil},
	{"withdraw what was erased", "kenya pledges:submit", "POST", "/pledges/OCN-0006/withdraw", "", nil, 410, nil, []string{"Forgettable"}},
}

func TestWriting(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		for _, s := range writeScenarios {
			t.Run(s.name, func(t *testing.T) {
				target, headers := "/api/v1"+s.path, slices.Clone(s.headers)
				if strings.Contains(target, "{draft}") {
					draft := o.draft(t)
					target = strings.Replace(target, "{draft}", draft.Ref, 1)
					for i := range headers {
						headers[i] = strings.Replace(headers[i], "{v}", strconv.Itoa(draft.Version), 1)
					}
				}
				if before, after, ok := strings.Cut(target, "{sent}"); ok {
					target = before + o.submitted(t).Ref + after
				}
				res, text := o.send(t, s.as, s.method, target, s.body, headers...)
				if res.StatusCode != s.status {
					t.Fatalf("status %d, want %d: %s", res.StatusCode, s.status, text)
				}
				for _, part := range s.has {
					if !strings.Contains(text, part) {
						t.Errorf("lacks %s in %s", part, text)
					}
				}
				for _, part := range s.lacks {
					if strings.Contains(text, part) {
						t.Errorf("has %s in %s", part, text)
					}
				}
				if s.name != "no such action" {
					checkPrivate(t, res, text)
				}
				if challenge := res.Header.Get("WWW-Authenticate"); (s.status == 401) && !strings.HasPrefix(challenge, "Bearer ") {
					t.Errorf("WWW-Authenticate: %q", challenge)
				}
				o.now = o.now.Add(time.Minute) // so that nobody waits at the gate
			})
		}
	})
}

// Every action with every role and every scope: what the policy does not allow, or the scope does
// not cover, is refused and changes nothing.
func TestEveryRoleAndScope(t *testing.T) {
	o := newOffice(t, dbtest.New(t, db.SQLite))
	draft, sent := o.draft(t), o.submitted(t)
	for name := range who {
		for _, scope := range access.Scopes {
			for _, a := range deeds {
				for _, s := range []Submission{draft, sent} {
					target, state := "/api/v1/pledges/"+s.Ref+"/"+a.name, o.state(t, s.Ref)
					subject := access.Subject{State: state, Lead: "ken"}
					may := access.CheckScoped(o.persons[name], []string{scope.Name}, a.does, subject, o.people.Today()) == nil
					if may && !slices.Contains([]string{"assign", "note", "message", "register"}, a.name) {
						// At a version that never is, what is allowed comes as far as that.
						if res, text := o.send(t, name+" "+scope.Name, "POST", target, "", "If-Match", `"999"`); res.StatusCode != 412 && res.StatusCode != 422 {
							t.Errorf("%s with %s, %s of a %s: %d %s", name, scope.Name, a.name, state, res.StatusCode, text)
						}
					}
					if !may {
						res, text := o.send(t, name+" "+scope.Name, "POST", target, "")
						if res.StatusCode < 400 || !access.InScope([]string{scope.Name}, a.does) && res.StatusCode != 403 {
							t.Errorf("%s with %s, %s of a %s: %d %s", name, scope.Name, a.name, state, res.StatusCode, text)
						}
						if reads := slices.Contains([]string{"kenya", "deputy"}, name); !reads && state == "draft" && res.StatusCode != 403 && res.StatusCode != 404 && res.StatusCode != 422 {
							t.Errorf("%s learns of a draft by %s: %d %s", name, a.name, res.StatusCode, text)
						}
					}
					o.now = o.now.Add(time.Second)
				}
			}
		}
	}
	if o.state(t, draft.Ref) != "draft" || o.state(t, sent.Ref) != "submitted" {
		t.Error("something was changed")
	}
}

// Sent again under its key, a request does nothing more and is answered as before.
func TestSentAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		draft, sent, written := o.draft(t), o.submitted(t), o.draft(t)
		for _, s := range []struct {
			name, as, method, path, body, table string
			headers                             []string
		}{
			{"begin", "kenya pledges:write", "POST", "/pledges", whole, "submissions", nil},
			{"write", "kenya pledges:write", "PUT", "/pledges/" + written.Ref, strings.Replace(whole, "Quiet", "Silent", 1), "submission_texts", []string{"If-Match", `"1"`}},
			{"submit", "kenya pledges:submit", "POST", "/pledges/" + draft.Ref + "/submit", "", "submission_events", nil},
			{"publish", "reviewer review:write", "POST", "/pledges/" + sent.Ref + "/publish", "", "register_entry", nil},
			{"report", "kenya reports:write", "POST", "/pledges/OCN-0001/reports", `{"choice":"no_change"}`, "followup_reports", nil},
		} {
			headers := append([]string{"Idempotency-Key", `"key-` + s.name + `"`}, s.headers...)
			first, one := o.send(t, s.as, s.method, "/api/v1"+s.path, s.body, headers...)
			n := o.count(t, s.table)
			again, two := o.send(t, s.as, s.method, "/api/v1"+s.path, s.body, headers...)
			if first.StatusCode/100 != 2 || again.StatusCode != first.StatusCode || one != two || again.Header.Get("ETag") != first.Header.Get("ETag") {
				t.Errorf("%s: %d %s\nthen %d %s", s.name, first.StatusCode, one, again.StatusCode, two)
			}
			if now := o.count(t, s.table); now != n {
				t.Errorf("%s: %d rows, then %d", s.name, n, now)
			}
		}
		// The key is the person's own, and of one request.
		if res, text := o.send(t, "kenya pledges:write", "POST", "/api/v1/pledges", `{"parties":["ken"],"title":"Another"}`, "Idempotency-Key", "key-begin"); res.StatusCode != 422 || !strings.Contains(text, "another request") {
			t.Errorf("another request under the key: %d %s", res.StatusCode, text)
		}
		if res, text := o.send(t, "fiji pledges:write", "POST", "/api/v1/pledges", strings.Replace(whole, `"ken"`, `"fji"`, 1), "Idempotency-Key", "key-begin"); res.StatusCode != 201 {
			t.Errorf("another person's key: %d %s", res.StatusCode, text)
		}
	})
}

// What is read can be changed and sent back, and what was not seen is not overwritten.
func TestReadChangeWrite(t *testing.T) {
	o := newOffice(t, dbtest.New(t, db.SQLite))
	draft := o.draft(t)
	token := o.token(t, "kenya", "pledges:read-own", "pledges:write")
	res, text := o.send(t, token, "GET", "/api/v1/pledges/"+draft.Ref+"/submission", "")
	_, text, _ = strings.Cut(text, `"pledge":`)
	text = text[:strings.LastIndex(text, `,"url"`)]
	tag := res.Header.Get("ETag")
	changed := strings.Replace(text, "Quiet ships", "Silent ships", 1)
	s := o.must(t, token, "PUT", "/api/v1/pledges/"+draft.Ref, changed, "If-Match", tag)
	if s.Pledge.Title != "Silent ships" || len(s.Missing) > 0 || s.Version != draft.Version+1 {
		t.Errorf("%+v", s)
	}
	seen, err := o.desk.Get(t.Context(), o.persons["kenya"], draft.Ref)
	if err != nil || seen.Contact.Email != "contact@secret.example" {
		t.Errorf("the contact was lost: %+v, %v", seen.Contact, err)
	}
	if res, _ := o.send(t, token, "PUT", "/api/v1/pledges/"+draft.Ref, text, "If-Match", tag); res.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("an old version overwrote a newer one: %d", res.StatusCode)
	}
}

// Where a party clears its texts itself, a program is told which step is missing and where.
func TestTheStepThatIsMissingIsNamed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		draft := o.draft(t)
		kenya := o.persons["kenya"]
		s, err := o.desk.SetSteps(t.Context(), kenya, draft.Ref, draft.Version, []string{"Legal", "Minister"})
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []string{"Legal", "Minister"} {
			res, text := o.send(t, "kenya pledges:submit", "POST", "/api/v1/pledges/"+s.Ref+"/submit", "")
			if res.StatusCode != http.StatusConflict || !strings.Contains(text, `\"`+step+`\"`) || !strings.Contains(text, base+"/my/"+s.Ref+"/check") {
				t.Errorf("%s: %d %s", step, res.StatusCode, text)
			}
			if s, err = o.desk.Clear(t.Context(), kenya, s.Ref, s.Version, step, ""); err != nil {
				t.Fatal(err)
			}
		}
		if res, text := o.send(t, "kenya pledges:submit", "POST", "/api/v1/pledges/"+s.Ref+"/submit", ""); res.StatusCode != http.StatusOK {
			t.Errorf("%d %s", res.StatusCode, text)
		}
	})
}

func TestWritingIsHeldBack(t *testing.T) {
	o := newOffice(t, dbtest.New(t, db.SQLite))
	refusedAfter := func(as string) int {
		for n := range 1000 {
			res, _ := o.send(t, as, "POST", "/api/v1/pledges/S-ZZZZZZ/submit", "")
			if res.StatusCode == http.StatusTooManyRequests {
				if res.Header.Get("Retry-After") == "" {
					t.Error("no Retry-After")
				}
				return n
			}
		}
		return -1
	}
	if n := refusedAfter("kenya pledges:submit"); n < 50 || n > 500 {
		t.Errorf("a person is held back after %d", n)
	}
	if res, _ := o.send(t, "fiji pledges:submit", "POST", "/api/v1/pledges/S-ZZZZZZ/submit", ""); res.StatusCode != 404 {
		t.Errorf("somebody else: %d", res.StatusCode)
	}
	if n := refusedAfter("stk_guess"); n < 50 || n > 500 {
		t.Errorf("a network is held back after %d guesses", n)
	}
	if res, _ := o.send(t, "fiji pledges:submit", "POST", "/api/v1/pledges/S-ZZZZZZ/submit", ""); res.StatusCode != 404 {
		t.Errorf("a right token from the same network: %d", res.StatusCode)
	}
}

// No page of another site may write, whatever it is told of reading.
func TestOtherSitesMayNotWrite(t *testing.T) {
	o := newOffice(t, dbtest.New(t, db.SQLite))
	for _, target := range []string{"/api/v1/pledges", "/api/v1/pledges/OCN-0001", "/api/v1/pledges/OCN-0001/submit", "/api/v1/pledges/OCN-0001/reports", "/api/v1/pledges/OCN-0001/submission"} {
		res := o.do(http.MethodOptions, target, "Origin", "https://elsewhere.example", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization")
		if m, h := res.Header.Get("Access-Control-Allow-Methods"), res.Header.Get("Access-Control-Allow-Headers"); m != methods || strings.Contains(strings.ToLower(h), "authorization") {
			t.Errorf("%s: %q, %q", target, m, h)
		}
	}
	if allow := o.do(http.MethodOptions, "/api/v1/pledges/OCN-0001/submit").Header.Get("Allow"); allow != "POST, OPTIONS" {
		t.Errorf("Allow: %q", allow)
	}
	if res := o.do(http.MethodGet, "/api/v1/pledges/OCN-0001/submit"); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET of an action: %d", res.StatusCode)
	}
	// Where nothing can be written, it is said.
	if res := newFixture(t).do(http.MethodPost, "/api/v1/pledges"); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("without a workspace: %d", res.StatusCode)
	}
}

package api

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/mail"
	"stocktake/internal/pledge/followup"
	"stocktake/internal/pledge/intake"
)

// office is the fixture with people who have tokens.
type office struct {
	*fixture
	people  *access.Book
	desk    *intake.Desk
	reports *followup.Office
	persons map[string]access.Person
	tokens  map[string]string // by person and scope: "kenya pledges:write"
	now     time.Time
}

// postbox takes letters and keeps none.
type postbox struct{}

func (postbox) Post(context.Context, *db.Tx, mail.Letter) (string, error) { return "letter", nil }

func (postbox) PostAll(_ context.Context, _ *db.Tx, letters []mail.Letter) ([]string, error) {
	return make([]string, len(letters)), nil
}

// who are the people: what each was given to do.
var who = map[string][]access.Grant{
	"kenya":      {{Role: access.FocalPoint, Party: "ken", Transmits: true}},
	"deputy":     {{Role: access.FocalPoint, Party: "ken", Deputy: true}},
	"fiji":       {{Role: access.FocalPoint, Party: "fji", Transmits: true}},
	"reviewer":   {{Role: access.Reviewer}},
	"observer":   {{Role: access.Observer}},
	"translator": {{Role: access.Translator}},
	"admin":      {{Role: access.Administrator}},
}

func newOffice(t *testing.T, d *db.DB) *office {
	t.Helper()
	o := &office{fixture: filled(t, d), persons: map[string]access.Person{}, tokens: map[string]string{}, now: clock()}
	d.SetClock(func() time.Time { return o.now })
	o.people = access.New(access.Options{DB: d, BaseURL: base, Rand: dbtest.Rand(3)})
	o.desk = &intake.Desk{DB: d, Book: o.book, Mail: postbox{}, People: o.people, Rand: dbtest.Rand(4), BaseURL: base}
	o.reports = &followup.Office{DB: d, Pack: o.book.Pack, Book: o.book, Mail: postbox{}, People: o.people, BaseURL: base, Calendar: followup.CalendarOf(o.book.Pack)}
	for name, grants := range who {
		err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
			o.persons[name], _, err = o.people.Invite(t.Context(), tx, access.Operator(), access.Invitation{
				Email: name + "@secret.example", Name: "Private " + name, Language: lang.EN, Grants: grants,
			})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range access.Scopes {
			o.tokens[name+" "+s.Name] = o.token(t, name, s.Name)
		}
	}
	o.open(t)
	return o
}

// open makes the handler anew.
func (o *office) open(t *testing.T) {
	t.Helper()
	h, err := New(Config{
		Pack: o.book.Pack, Index: o.index, Log: o.log, Clock: func() time.Time { return o.now }, BaseURL: base,
		Work: &Work{People: o.people, Desk: o.desk, Reports: o.reports},
	})
	if err != nil {
		t.Fatal(err)
	}
	o.Handler = h
}

func (o *office) token(t *testing.T, name string, scopes ...string) string {
	t.Helper()
	_, secret, err := o.people.MakeToken(t.Context(), o.persons[name], "a program", scopes, o.now.Add(24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// send asks as somebody with a scope; as "" there is no token.
func (o *office) send(t *testing.T, as, method, target, content string, headers ...string) (*http.Response, string) {
	t.Helper()
	var r io.Reader
	if content != "" {
		r = strings.NewReader(content)
	}
	req := httptest.NewRequest(method, target, r)
	if content != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if as != "" {
		token, ok := o.tokens[as]
		if !ok {
			token = as
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	o.ServeHTTP(w, req)
	res := w.Result()
	return res, body(t, res)
}

// whole is a text that the rules of the form take.
var whole = `{"parties":["ken"],"title":"Quiet ships","language":"en","form":"individual","nature":["process"],"objectives":[1],"levels":["national"],
 "countries":["KE"],"starts_on":"2034-12","ends_on":"2036","indicators":[{"name":"Ships refitted","target":"40"}],
 "text":"` + strings.Repeat("Ships that call at our ports will be refitted so that they make less noise. ", 6) + `",
 "contact":{"name":"Secret Contact","email":"contact@secret.example"}}`

// draft is a pledge that Kenya has begun.
func (o *office) draft(t *testing.T) Submission {
	t.Helper()
	return o.must(t, "kenya pledges:write", http.MethodPost, "/api/v1/pledges", whole)
}

// submitted is one that the secretariat has.
func (o *office) submitted(t *testing.T) Submission {
	t.Helper()
	return o.must(t, "kenya pledges:submit", http.MethodPost, "/api/v1/pledges/"+o.draft(t).Ref+"/submit", "")
}

func (o *office) must(t *testing.T, as, method, target, content string, headers ...string) (s Submission) {
	t.Helper()
	res, text := o.send(t, as, method, target, content, headers...)
	if res.StatusCode/100 != 2 {
		t.Fatalf("%s: %s %s: %d %s", as, method, target, res.StatusCode, text)
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// state is where a submission stands, whoever may see it.
func (o *office) state(t *testing.T, ref string) (state string) {
	t.Helper()
	err := o.db.Read(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT state FROM submissions WHERE ref = $1`, ref).Scan(&state)
	})
	if err != nil && !errs.Is(err, errs.NotFound) {
		t.Fatal(err)
	}
	return state
}

func (o *office) count(t *testing.T, table string) (n int) {
	t.Helper()
	err := o.db.Read(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT count(*) FROM `+table).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

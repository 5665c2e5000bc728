package api

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/pledge/intake"
)

// Every action can be sent again under its key: it has the same answer, and nothing more happens.
func TestEveryActionIsSentAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		kenya, desk := "kenya pledges:write", "reviewer review:write"
		submit := func(t *testing.T) string { return o.submitted(t).Ref }
		draft := func(t *testing.T) string { return o.draft(t).Ref }
		do := func(t *testing.T, ref, as, action, body string) {
			t.Helper()
			o.must(t, as, http.MethodPost, "/api/v1/pledges/"+ref+"/"+action, body)
		}
		public := func(t *testing.T) string {
			ref := submit(t)
			do(t, ref, desk, "publish", "")
			return ref
		}
		revised := func(t *testing.T) string {
			ref := public(t)
			s := o.must(t, "kenya pledges:read-own", http.MethodGet, "/api/v1/pledges/"+ref+"/submission", "")
			o.must(t, kenya, http.MethodPut, "/api/v1/pledges/"+ref, strings.Replace(whole, "Quiet", "Silent", 1), "If-Match", fmt.Sprintf(`"%d"`, s.Version))
			return ref
		}
		handed := func(t *testing.T) string {
			ref := revised(t)
			do(t, ref, "kenya pledges:submit", "submit_revision", "")
			return ref
		}
		invited := func(t *testing.T) string {
			ref := draft(t)
			do(t, ref, kenya, "invite", `{"parties":["fji"]}`)
			return ref
		}
		with := public(t)
		for _, s := range []struct {
			action, as, body, other string // another body under the same key; "" where the action takes none
			begin                   func(*testing.T) string
		}{
			{"submit", "kenya pledges:submit", "", "", draft},
			{"abandon", kenya, "", "", draft},
			{"invite", kenya, `{"parties":["fji"]}`, `{"parties":["prt"]}`, draft},
			{"recall", kenya, `{"party":"fji"}`, `{"party":"prt"}`, invited},
			{"answer", "fiji pledges:write", `{"party":"fji","confirm":true}`, `{"party":"fji","confirm":false}`, invited},
			{"message", kenya, `{"body":"A word."}`, `{"body":"Another word."}`, submit},
			{"assign", desk, `{"person":"` + o.persons["reviewer"].ID + `"}`, `{}`, submit},
			{"note", desk, `{"body":"A word."}`, `{"body":"Another word."}`, submit},
			{"return", desk, `{"body":"By which year?"}`, `{"body":"And where?"}`, submit},
			{"set_aside", desk, `{"body":"Spam."}`, `{"body":"Out of scope."}`, submit},
			{"join", desk, `{"with":"` + with + `"}`, `{"with":"OCN-0001"}`, submit},
			{"accept", desk, "", "", submit},
			{"schedule", desk, `{"publish_at":"2034-12-01T12:00:00Z"}`, `{"publish_at":"2034-12-02T12:00:00Z"}`, submit},
			{"publish", desk, "", "", submit},
			{"submit_revision", "kenya pledges:submit", `{"reason":"New figures."}`, `{"reason":"Other figures."}`, revised},
			{"take_back_revision", "kenya pledges:submit", "", "", handed},
			{"publish_revision", desk, "", "", handed},
			{"withdraw", "kenya pledges:submit", `{"reason":"Done by others."}`, `{"reason":"Given up."}`, public},
			{"supersede", "kenya pledges:submit", `{"with":"OCN-0001"}`, `{"with":"OCN-0005"}`, public},
		} {
			t.Run(s.action, func(t *testing.T) {
				target := "/api/v1/pledges/" + s.begin(t) + "/" + s.action
				key := []string{"Idempotency-Key", "key-" + s.action}
				first, one := o.send(t, s.as, http.MethodPost, target, s.body, key...)
				rows := o.rows(t)
				again, two := o.send(t, s.as, http.MethodPost, target, s.body, key...)
				if first.StatusCode != http.StatusOK || again.StatusCode != first.StatusCode || one != two || again.Header.Get("ETag") != first.Header.Get("ETag") {
					t.Errorf("%d %s\nthen %d %s", first.StatusCode, one, again.StatusCode, two)
				}
				if now := o.rows(t); now != rows {
					t.Errorf("rows were %s, then %s", rows, now)
				}
				if s.other == "" { // the other request is for another pledge
					target = "/api/v1/pledges/" + s.begin(t) + "/" + s.action
				}
				rows = o.rows(t)
				if res, text := o.send(t, s.as, http.MethodPost, target, s.other, key...); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text, "another request") {
					t.Errorf("another request under the key: %d %s", res.StatusCode, text)
				}
				if now := o.rows(t); now != rows {
					t.Errorf("rows were %s, then %s", rows, now)
				}
			})
		}
	})
}

// rows is how much was written so far.
func (o *office) rows(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, table := range []string{"submissions", "submission_texts", "submission_events", "submission_messages", "submission_invitations", "register_entry", "followup_reports"} {
		fmt.Fprintf(&b, "%s %d, ", table, o.count(t, table))
	}
	return b.String()
}

// Sent several times at the same moment under one key, a request is done once, and all have the
// answer of the first. That holds across a restart, too.
func TestSentAtTheSameMoment(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		sent := o.submitted(t)
		for _, s := range []struct{ name, as, target, body string }{
			{"publish", "reviewer review:write", "/api/v1/pledges/" + sent.Ref + "/publish", ""},
			{"begin", "kenya pledges:write", "/api/v1/pledges", whole},
			{"report", "kenya reports:write", "/api/v1/pledges/OCN-0001/reports", `{"stage":"in_progress","narrative":"Half of the trawlers.","language":"en"}`},
		} {
			t.Run(s.name, func(t *testing.T) {
				const n = 8
				var wait sync.WaitGroup
				var status [n]int
				var texts [n]string
				rows := o.rows(t)
				for i := range n {
					wait.Go(func() {
						res, text := o.send(t, s.as, http.MethodPost, s.target, s.body, "Idempotency-Key", "at-once")
						status[i], texts[i] = res.StatusCode, text
					})
				}
				wait.Wait()
				for i := range n {
					if status[i]/100 != 2 || texts[i] != texts[0] {
						t.Errorf("%d: %d %s", i, status[i], texts[i])
					}
				}
				after := o.rows(t)
				if after == rows {
					t.Error("nothing happened")
				}
				// The answer was lost, and the program that gave it is another by now.
				o.desk = &intake.Desk{DB: o.desk.DB, Book: o.desk.Book, Mail: o.desk.Mail, People: o.desk.People, Rand: o.desk.Rand, BaseURL: o.desk.BaseURL}
				o.open(t)
				if res, text := o.send(t, s.as, http.MethodPost, s.target, s.body, "Idempotency-Key", "at-once"); res.StatusCode != status[0] || text != texts[0] {
					t.Errorf("after a restart: %d %s", res.StatusCode, text)
				}
				if now := o.rows(t); now != after {
					t.Errorf("rows were %s, then %s", after, now)
				}
			})
		}
		if n := o.entries(t, sent.Ref); n != 1 {
			t.Errorf("published %d times", n)
		}
	})
}

// entries is how often a submission was published.
func (o *office) entries(t *testing.T, ref string) (n int) {
	t.Helper()
	err := o.db.Read(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT count(*) FROM register_entry e JOIN submissions s ON e.subject = 'pledge:' || s.published WHERE s.ref = $1`, ref).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What was published cannot be published again: not under another key, and not without one.
func TestPublishedOnce(t *testing.T) {
	o := newOffice(t, dbtest.New(t, db.SQLite))
	target := "/api/v1/pledges/" + o.submitted(t).Ref + "/publish"
	o.must(t, "reviewer review:write", http.MethodPost, target, "", "Idempotency-Key", "one")
	for _, headers := range [][]string{nil, {"Idempotency-Key", "two"}} {
		if res, text := o.send(t, "reviewer review:write", http.MethodPost, target, "", headers...); res.StatusCode != http.StatusConflict {
			t.Errorf("%v: %d %s", headers, res.StatusCode, text)
		}
	}
	if res, _ := o.send(t, "admin review:write", http.MethodPost, target, "", "Idempotency-Key", "one"); res.StatusCode == http.StatusOK {
		t.Error("a key of somebody else's was taken")
	}
	// What was refused may be tried once more under its key.
	ref := o.draft(t).Ref
	if res, text := o.send(t, "reviewer review:write", http.MethodPost, "/api/v1/pledges/"+ref+"/publish", "", "Idempotency-Key", "three"); res.StatusCode != http.StatusNotFound {
		t.Errorf("%d %s", res.StatusCode, text)
	}
	o.must(t, "kenya pledges:submit", http.MethodPost, "/api/v1/pledges/"+ref+"/submit", "")
	o.must(t, "reviewer review:write", http.MethodPost, "/api/v1/pledges/"+ref+"/publish", "", "Idempotency-Key", "three")
}

// Another report under the key of one is refused, on the same pledge and on others.
func TestAReportsKeyIsItsOwn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		as, key := "kenya reports:write", []string{"Idempotency-Key", "progress"}
		if res, text := o.send(t, as, http.MethodPost, "/api/v1/pledges/OCN-0001/reports", `{"choice":"no_change"}`, key...); res.StatusCode != http.StatusCreated {
			t.Fatalf("%d %s", res.StatusCode, text)
		}
		rows := o.rows(t)
		for _, s := range [][2]string{
			{"/api/v1/pledges/OCN-0001/reports", `{"stage":"in_progress","narrative":"Other words.","language":"en"}`},
			{"/api/v1/pledges/OCN-0005/reports", `{"choice":"no_change"}`},
		} {
			if res, text := o.send(t, as, http.MethodPost, s[0], s[1], key...); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text, "another request") {
				t.Errorf("%s: %d %s", s[0], res.StatusCode, text)
			}
		}
		if now := o.rows(t); now != rows {
			t.Errorf("rows were %s, then %s", rows, now)
		}
	})
}

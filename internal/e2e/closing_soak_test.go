//go:build soak

package e2e_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/e2e/browser"
	"stocktake/internal/lang"
	"stocktake/internal/place"
)

// What a submission of the closing hours is, and what a reviewer does with it.
const (
	clean = "clean" // published
	vague = "vague" // without indicators and an end: returned
	again = "again" // repeats a public pledge: joined
)

// closing is a site in the closing hours of a call.
type closing struct {
	t         *testing.T
	site      *server
	kinds     map[string]string // of submissions, by reference
	focals    []*member
	reviewers map[lang.Code]*member // one for each language of the desk
	spare     *member               // another
	database  string
}

// member is somebody with an account.
type member struct {
	url            string // of the site
	who            access.Person
	link           string // signs in, once
	cookie, token  string
	draft, version string
	web            *http.Client
}

// closingHours starts a site with a thousand public pledges, and a call that closes in an hour and
// has been answered by so many submissions of sixty States.
func closingHours(t *testing.T, submissions int) *closing {
	t.Helper()
	c := &closing{t: t, kinds: map[string]string{}, reviewers: map[lang.Code]*member{}}
	texts, public := c.rehearsal("texts", "12", "400"), c.rehearsal("public", "5", "1000")
	c.database = "sqlite:" + filepath.Join(scratch, "closing.db")
	// --partial: money that a rehearsal gives to parties without a pledge is of no concern here.
	c.run("import", "pledges", "--partial", "--db", c.database, filepath.Join(scratch, "public.jsonl"))
	clerk := c.people(c.database)
	c.site = &server{name: "closing", start: func(p program) (*exec.Cmd, error) {
		return p.command("serve", "--db", c.database, "--addr", "127.0.0.1:0", "--data", filepath.Join(scratch, "closing")), nil
	}}
	t.Cleanup(c.site.stop)
	for _, m := range append(slices.Clone(c.focals), clerk) {
		m.url = c.site.up(t)
		m.signIn(t)
	}
	closes := time.Now().UTC().Add(time.Hour)
	clerk.form(t, "/en/desk/calls/new", url.Values{
		"id": {"forum"}, "title_en": {"The forum"}, "zone": {"UTC"}, "opens.year": {"2026"}, "opens.month": {"1"}, "opens.day": {"1"},
		"closes.year": {closes.Format("2006")}, "closes.month": {closes.Format("1")}, "closes.day": {closes.Format("2")}, "closes_time": {closes.Format("15:04")},
	})
	var wg sync.WaitGroup
	var mu sync.Mutex
	for i, m := range c.focals {
		wg.Go(func() {
			for n := i; n < submissions; n += len(c.focals) {
				ref, kind := m.handIn(t, n, texts, public)
				mu.Lock()
				c.kinds[ref] = kind
				mu.Unlock()
			}
			m.draft, m.version = m.begin(t, fmt.Sprint("own-", i), texts[submissions+i])
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return c
}

func (c *closing) run(args ...string) {
	c.t.Helper()
	p, err := build()
	if err != nil {
		c.t.Fatal(err)
	}
	if out, err := p.command(args...).CombinedOutput(); err != nil && !bytes.Contains(out, []byte("of them bad")) {
		c.t.Fatalf("%s: %v\n%s", args, err, out)
	}
}

// rehearsal are the pledges of a seed, as an export has them.
func (c *closing) rehearsal(name, seed, pledges string) (all []map[string]any) {
	c.t.Helper()
	file := filepath.Join(scratch, name+".jsonl")
	c.run("rehearse", "--db", "sqlite:"+filepath.Join(scratch, name+".db"), "--seed", seed, "--pledges", pledges)
	c.run("export", "pledges", "--db", "sqlite:"+filepath.Join(scratch, name+".db"), "-o", file)
	data, err := os.ReadFile(file)
	if err != nil {
		c.t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, len(data))
	for lines.Scan() {
		var p map[string]any
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			c.t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// people makes the accounts: sixty focal points, two reviewers, and a third who opens the call.
func (c *closing) people(database string) (clerk *member) {
	c.t.Helper()
	ctx := c.t.Context()
	d, err := db.Open(ctx, database)
	if err != nil {
		c.t.Fatal(err)
	}
	defer d.Close()
	book := access.New(access.Options{DB: d})
	account := func(name string, l lang.Code, g access.Grant) *member {
		m := &member{web: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: time.Minute}}
		err := d.Write(ctx, func(tx *db.Tx) (err error) {
			in := access.Invitation{Email: name + "@example.org", Name: name, Language: l, TimeZone: "UTC", Grants: []access.Grant{g}}
			m.who, m.link, err = book.Invite(ctx, tx, access.Operator(), in)
			return err
		})
		if err != nil {
			c.t.Fatal(err)
		}
		m.link = m.link[strings.Index(m.link, "/"+string(l)+"/"):]
		return m
	}
	for _, l := range []lang.Code{lang.EN, lang.AR} {
		c.reviewers[l] = account("reviewer-"+string(l), l, access.Grant{Role: access.Reviewer})
	}
	c.spare = account("spare", lang.EN, access.Grant{Role: access.Reviewer})
	for _, s := range place.Countries() {
		if s.Status != place.Member || len(c.focals) == 60 {
			continue
		}
		m := account("focal-"+strings.ToLower(s.Alpha3), lang.EN, access.Grant{Role: access.FocalPoint, Party: strings.ToLower(s.Alpha3), Transmits: true})
		if _, m.token, err = book.MakeToken(ctx, m.who, "rehearsal", []string{"pledges:write", "pledges:submit"}, time.Now().Add(24*time.Hour)); err != nil {
			c.t.Fatal(err)
		}
		c.focals = append(c.focals, m)
	}
	return account("clerk", lang.EN, access.Grant{Role: access.Reviewer})
}

// send posts and gives the status, the head and the answer.
func (m *member) send(path, kind, body string, headers ...string) (int, http.Header, []byte, error) {
	req, err := http.NewRequest("POST", m.url+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	req.Header.Set("Content-Type", kind)
	if m.cookie != "" {
		req.Header.Set("Cookie", m.cookie)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := m.web.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	return res.StatusCode, res.Header, answer, err
}

const formType = "application/x-www-form-urlencoded"

func (m *member) form(t *testing.T, path string, values url.Values) http.Header {
	t.Helper()
	status, head, answer, err := m.send(path, formType, values.Encode())
	if err != nil || status != http.StatusSeeOther {
		t.Fatalf("%s: %d, %v\n%.2000s", path, status, err, answer)
	}
	return head
}

func (m *member) signIn(t *testing.T) {
	t.Helper()
	for _, cookie := range (&http.Response{Header: m.form(t, m.link, nil)}).Cookies() {
		if cookie.Value != "" {
			m.cookie = cookie.Name + "=" + cookie.Value
		}
	}
}

// api posts for a program; what fails, fails the test.
func (m *member) api(t *testing.T, path, key string, body map[string]any) (ref, version string) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Error(err)
		return "", ""
	}
	status, _, answer, err := m.send(path, "application/json", string(text), "Authorization", "Bearer "+m.token, "Idempotency-Key", key)
	var s struct {
		Ref     string
		Version int
	}
	if err != nil || status/100 != 2 || json.Unmarshal(answer, &s) != nil {
		t.Errorf("%s: %d, %v\n%.1000s", path, status, err, answer)
	}
	return s.Ref, fmt.Sprint(s.Version)
}

var trained = map[string]string{
	"en": "Officials trained", "fr": "Agents formés", "es": "Funcionarios capacitados", "ar": "الموظفون المدرَّبون", "ru": "Обученные сотрудники", "zh": "受训官员",
}

// begin drafts what a rehearsal has written, in the name of the member's own State.
func (m *member) begin(t *testing.T, key string, of map[string]any) (ref, version string) {
	t.Helper()
	body := map[string]any{
		"parties": []string{m.who.Grants[0].Party}, "call": "forum", "form": "individual", "contact": map[string]string{"name": m.who.Name, "email": m.who.Email},
		"indicators": []map[string]string{{"name": trained[of["language"].(string)], "baseline": "0", "target": "300"}}, "ends_on": "2030",
	}
	for _, field := range []string{"title", "text", "language", "nature", "objectives", "levels", "countries", "starts_on", "ends_on"} {
		if v, said := of[field]; said {
			body[field] = v
		}
	}
	for text := body["text"].(string); len([]rune(body["text"].(string))) < 300; { // what is asked for at least; a few in Chinese are shorter
		body["text"] = body["text"].(string) + "\n\n" + text
	}
	if of["kind"] == vague {
		delete(body, "indicators")
		delete(body, "ends_on")
	}
	return m.api(t, "/api/v1/pledges", key, body)
}

// handIn hands in the n-th submission: every eighth says neither how it is measured nor until
// when, every twelfth repeats a public pledge.
func (m *member) handIn(t *testing.T, n int, texts, public []map[string]any) (ref, kind string) {
	t.Helper()
	of, kind := texts[n], clean
	switch {
	case n%8 == 3:
		kind = vague
	case n%12 == 5:
		of, kind = public[n], again
	}
	own := map[string]any{"kind": kind}
	for k, v := range of {
		own[k] = v
	}
	ref, _ = m.begin(t, fmt.Sprint("draft-", n), own)
	m.api(t, "/api/v1/pledges/"+ref+"/submit", fmt.Sprint("submit-", n), map[string]any{})
	return ref, kind
}

// save is what the page's script sends while somebody writes.
func (m *member) save(round int) error {
	values := url.Values{"_version": {m.version}, "_key": {"autosave"}, "title": {fmt.Sprint("Draft, round ", round)}, "text": {strings.Repeat("We train officials and open desks. ", 20)}, "language": {"en"}}
	status, _, answer, err := m.send("/en/my/"+m.draft+"/edit/what", formType, values.Encode(), "X-Autosave", "1")
	var saved struct{ Version string }
	if err != nil || status != http.StatusOK || json.Unmarshal(answer, &saved) != nil || saved.Version == "" {
		return fmt.Errorf("save: %d, %v\n%.300s", status, err, answer)
	}
	m.version = saved.Version
	return nil
}

// others lets so many people save their drafts every five seconds; the function that it gives ends
// that and says how long they waited.
func (c *closing) others(n int) (end func() []time.Duration) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var took []time.Duration
	done := make(chan struct{})
	for i, m := range c.focals[:n] {
		wg.Go(func() {
			wait := time.NewTimer(time.Duration(i) * 5 * time.Second / time.Duration(n))
			for round := 1; ; round++ {
				select {
				case <-done:
					return
				case <-wait.C:
				}
				begin := time.Now()
				err := m.save(round)
				mu.Lock()
				took = append(took, time.Since(begin))
				mu.Unlock()
				if err != nil {
					c.t.Error(err)
					return
				}
				wait.Reset(5*time.Second - time.Since(begin))
			}
		})
	}
	end = sync.OnceValue(func() []time.Duration {
		close(done)
		wg.Wait()
		slices.Sort(took)
		return took
	})
	c.t.Cleanup(func() { end() }) // before the site is stopped, also when a test fails
	return end
}

// holds looks at what the desk and the public have of what was decided.
func (c *closing) holds(decided map[string]int) {
	c.t.Helper()
	tab := chromium.Tab(c.t)
	tab.Open(c.site.up(c.t) + c.spare.link)
	tab.Travel(func() { tab.Click("main form button") })
	tab.Open(c.site.up(c.t) + "/en/desk")
	said := browser.Value[string](tab, `[...document.querySelectorAll(".tabs a")].map(a => a.innerText).join(", ")`)
	for what, n := range map[string]int{"Waiting": len(c.kinds) - decided[clean] - decided[vague] - decided[again], "Returned": decided[vague], "Set aside": decided[again], "Published": decided[clean]} {
		if want := fmt.Sprintf("%s %d", what, n); !strings.Contains(said, want) {
			c.t.Errorf("the desk says %q, not %q", said, want)
		}
	}
	file := filepath.Join(scratch, "closing.jsonl")
	c.run("export", "register", "--db", c.database, "-o", file)
	c.run("verify", file)
	data, err := os.ReadFile(file)
	if err != nil {
		c.t.Fatal(err)
	}
	if n := bytes.Count(data, []byte("office:secretariat")); n < decided[clean] {
		c.t.Errorf("the register has %d lines of the secretariat, and %d pledges were published", n, decided[clean])
	}
}

//go:build soak

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/lang"
	"stocktake/internal/place"
	"stocktake/internal/web"
)

var (
	crowd     = flag.Int("crowd", 500, "open sessions of TestAForumsLastHour")
	crowdFor  = flag.Duration("crowd.for", time.Minute, "how long they save")
	crowdSave = flag.Duration("crowd.save", 5*time.Second, "how often each saves")
	crowdP99  = flag.Duration("crowd.p99", 500*time.Millisecond, "how long one in a hundred may wait, on a machine of one's own")
	crowdOn   = flag.String("crowd.on", "sqlite", "sqlite or postgres")
)

// delegate is somebody at the site's door, in a network of their own.
type delegate struct {
	n            int
	base, from   string
	person       access.Person
	link, cookie string // to sign in with; the session
	token        string // for the API
	ref          string // of the draft
	version      string
	title        string // as last acknowledged
	web          *http.Client
}

var prose10 = strings.Repeat("By 2030 the ministry will train officials who receive migrant workers and open two desks in the capital. ", 4)

// wholePledge is a text without a fault, as the API takes it.
func wholePledge(lead, title string) string {
	text, err := json.Marshal(map[string]any{
		"parties": []string{lead}, "title": title, "text": prose10, "language": "en", "form": "individual", "nature": []string{"process"}, "objectives": []int{1},
		"levels": []string{"national"}, "indicators": []map[string]string{{"name": "Officials trained", "baseline": "0", "target": "300"}},
		"contact": map[string]string{"name": "Jane Doe", "email": "jane@example.org"},
	})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// staffed makes accounts in one go, with a link to sign in and a token each: focal points that
// transmit, spread over all Member States, and reviewers.
func (b *bench) staffed(focals, reviewers int) (all, desk []*delegate) {
	b.t.Helper()
	ctx := b.t.Context()
	h, err := (&globals{DB: b.db, Compact: "gcm", LogKey: b.path("log.key")}).open(ctx, &streams{io.Discard, io.Discard}, opening{write: true})
	if err != nil {
		b.t.Fatal(err)
	}
	defer h.close()
	rooms, err := h.staffOf(workFlags{}, web.Site{}, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	var states []string
	for _, c := range place.Countries() {
		if c.Status == place.Member {
			states = append(states, strings.ToLower(c.Alpha3))
		}
	}
	err = h.db.Write(ctx, func(tx *db.Tx) error {
		all, desk = nil, nil
		for n := range focals + reviewers {
			v := &delegate{n: n, from: fmt.Sprintf("10.%d.%d.1", n/250, n%250), web: ownBrowser()}
			grant := access.Grant{Role: access.FocalPoint, Party: states[n%len(states)], Transmits: true}
			if n >= focals {
				grant = access.Grant{Role: access.Reviewer}
			}
			in := access.Invitation{Email: fmt.Sprintf("person%d@example.org", n), Name: fmt.Sprintf("Person %d", n), Language: lang.EN, TimeZone: "UTC", Grants: []access.Grant{grant}}
			var err error
			if v.person, v.link, err = rooms.access.Invite(ctx, tx, access.Operator(), in); err != nil {
				return err
			}
			v.link = v.link[strings.Index(v.link, "/en/"):]
			if n < focals {
				all = append(all, v)
			} else {
				desk = append(desk, v)
			}
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, v := range slices.Concat(all, desk) {
		_, v.token, err = rooms.access.MakeToken(ctx, v.person, "soak", []string{"pledges:write", "pledges:submit", "review:write"}, time.Now().Add(24*time.Hour))
		if err != nil {
			b.t.Fatal(err)
		}
	}
	return all, desk
}

// ownBrowser has a connection of its own, and keeps it open.
func ownBrowser() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 1},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       time.Minute,
	}
}

// process is a serving process of its own, which can be killed.
type process struct {
	*exec.Cmd
	url string
}

func (b *bench) start() *process {
	b.t.Helper()
	said := &words{}
	cmd := exec.Command(os.Args[0], "serve", "--db", b.db, "--log-key", b.path("log.key"), "--data", b.path("files"), "--addr", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), "STOCKTAKE_TEST_RUN_MAIN=1")
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	p := &process{Cmd: cmd}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if p.url = strings.TrimSuffix(address.FindString(said.String()), "/"); p.url != "" {
			return p
		}
	}
	p.kill()
	b.t.Fatalf("the server does not start: %s", said)
	return nil
}

func (p *process) kill() {
	_ = p.Process.Kill()
	_ = p.Wait()
}

// send posts and gives status, body and headers.
func (v *delegate) send(method, path, kind, body string, headers ...string) (int, string, http.Header, error) {
	req, err := http.NewRequest(method, v.base+path, strings.NewReader(body))
	if err != nil {
		return 0, "", nil, err
	}
	req.Header.Set("X-Forwarded-For", v.from)
	req.Header.Set("Content-Type", kind)
	if v.cookie != "" {
		req.Header.Set("Cookie", v.cookie)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := v.web.Do(req)
	if err != nil {
		return 0, "", nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), res.Header, err
}

const formType = "application/x-www-form-urlencoded"

// enter signs in by the mailed link and begins a draft.
func (v *delegate) enter() error {
	status, text, h, err := v.send("POST", v.link, formType, "")
	if err != nil || status != http.StatusSeeOther {
		return fmt.Errorf("sign in: %d %.300s %w", status, text, err)
	}
	for _, c := range (&http.Response{Header: h}).Cookies() {
		if c.Value != "" {
			v.cookie = c.Name + "=" + c.Value
		}
	}
	v.title = fmt.Sprintf("Draft of person %d", v.n)
	var s struct {
		Ref     string
		Version int
	}
	if err := v.api("POST", "/api/v1/pledges", wholePledge(v.person.Grants[0].Party, v.title), "draft", http.StatusCreated, &s); err != nil {
		return err
	}
	v.ref, v.version = s.Ref, strconv.Itoa(s.Version)
	return nil
}

func (v *delegate) api(method, path, body, key string, want int, into any) error {
	status, text, _, err := v.send(method, path, "application/json", body, "Authorization", "Bearer "+v.token, "Idempotency-Key", key)
	if err != nil {
		return err
	}
	if status != want {
		return fmt.Errorf("%s %s: %d %s", method, path, status, text)
	}
	return json.Unmarshal([]byte(text), into)
}

// save is what the page's script sends while somebody writes.
func (v *delegate) save(round int) error {
	title := fmt.Sprintf("Draft of person %d, round %d", v.n, round)
	form := url.Values{"_version": {v.version}, "_key": {"autosave"}, "title": {title}, "text": {prose10}, "language": {"en"}}
	status, text, _, err := v.send("POST", "/en/my/"+v.ref+"/edit/what", formType, form.Encode(), "X-Autosave", "1")
	var saved struct{ Version string }
	if err != nil || status != http.StatusOK || json.Unmarshal([]byte(text), &saved) != nil || saved.Version == "" {
		return fmt.Errorf("save: %d %.300s %w", status, text, err)
	}
	v.version, v.title = saved.Version, title
	return nil
}

func (v *delegate) submit() error {
	form := url.Values{"_version": {v.version}, "_key": {"submit"}, "do": {"submit"}}
	status, text, _, err := v.send("POST", "/en/my/"+v.ref, formType, form.Encode())
	if err != nil || status != http.StatusSeeOther {
		return fmt.Errorf("submit: %d %.300s %w", status, text, err)
	}
	return nil
}

// waits collects how long people waited.
type waits struct {
	mu     sync.Mutex
	took   []time.Duration
	failed []error
}

func (w *waits) measure(do func() error) {
	begin := time.Now()
	err := do()
	took := time.Since(begin)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.took = append(w.took, took)
	if err != nil {
		w.failed = append(w.failed, err)
	}
}

func (w *waits) of(share float64) time.Duration {
	if len(w.took) == 0 {
		return 0
	}
	return w.took[min(len(w.took)-1, int(share*float64(len(w.took))))].Round(100 * time.Microsecond)
}

func (w *waits) tell(t *testing.T, what string, limit time.Duration) {
	t.Helper()
	slices.Sort(w.took)
	fmt.Printf("%-34s %6d requests, %d errors; p50 %v, p99 %v, max %v\n", what, len(w.took), len(w.failed), w.of(.5), w.of(.99), w.of(1))
	for _, err := range w.failed[:min(5, len(w.failed))] {
		t.Errorf("%s: %v", what, err)
	}
	if p99 := w.of(.99); limit > 0 && p99 >= limit {
		t.Errorf("%s: p99 is %v, allowed are %v", what, p99, limit)
	}
}

// all lets everybody do something at the same moment.
func everybody(all []*delegate, do func(v *delegate) error) *waits {
	w, ready := &waits{}, make(chan struct{})
	var wg sync.WaitGroup
	for _, v := range all {
		wg.Go(func() {
			<-ready
			w.measure(func() error { return do(v) })
		})
	}
	close(ready)
	wg.Wait()
	return w
}

// crowded is how many others want each processor of this machine just now; 1 for nobody else.
func crowded() float64 {
	said, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 1
	}
	n, err := strconv.ParseFloat(strings.Fields(string(said))[0], 64)
	if err != nil {
		return 1
	}
	return max(1, n/float64(runtime.NumCPU()))
}

// A forum's last hour: everybody has a draft open that saves itself, and then all submit at the
// same moment. Nobody sees an error, no draft is lost, nobody waits long.
func TestAForumsLastHour(t *testing.T) {
	b := &bench{t: t, dir: t.TempDir()}
	b.db = "sqlite:" + filepath.Join(b.dir, "site.db")
	durable := "synchronous=FULL"
	if *crowdOn == "postgres" {
		b.db = dbtest.URL(t, db.Postgres)
		durable = "fsync=" + fsyncOf(t, b.db)
	}
	others := crowded()
	limit := time.Duration(float64(*crowdP99) * others)
	fmt.Printf("%d sessions on %s (%s), %d processors, %.1f for each before: p99 below %v\n", *crowd, *crowdOn, durable, runtime.NumCPU(), others, limit)
	all, _ := b.staffed(*crowd, 0)
	server := b.start()
	defer server.kill()
	for _, v := range all {
		v.base = server.url
	}
	signIn := &waits{}
	var wg sync.WaitGroup
	for batch := range slices.Chunk(all, 20) {
		for _, v := range batch {
			wg.Go(func() { signIn.measure(v.enter) })
		}
		wg.Wait()
	}
	signIn.tell(t, "signing in and beginning, 20 abreast", 0)
	if t.Failed() {
		t.FailNow()
	}

	saves := &waits{}
	begin := time.Now()
	for i, v := range all {
		wg.Go(func() {
			time.Sleep(*crowdSave * time.Duration(i) / time.Duration(len(all)))
			for round := 1; time.Since(begin) < *crowdFor; round++ {
				next := time.Now().Add(*crowdSave)
				saves.measure(func() error { return v.save(round) })
				time.Sleep(time.Until(next))
			}
		})
	}
	wg.Wait()
	saves.tell(t, fmt.Sprintf("saving every %v for %v", *crowdSave, *crowdFor), limit)
	everybody(all, func(v *delegate) error { return v.save(1_000_000) }).tell(t, "all save at the same moment", limit)
	everybody(all, (*delegate).submit).tell(t, "all submit at the same moment", limit)
	used := cpuOf(server)
	server.kill()
	fmt.Printf("processor time of the server: %v\n", used)
	b.holds(all, "submitted")
}

// fsyncOf says whether a server waits for the disk; that which the tests start does not.
func fsyncOf(t *testing.T, url string) (said string) {
	t.Helper()
	d, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Read(t.Context(), func(tx *db.Tx) error { return tx.QueryRow(t.Context(), `SHOW fsync`).Scan(&said) }); err != nil {
		t.Fatal(err)
	}
	return said
}

// cpuOf is the processor time that a running process has used, where the system says so.
func cpuOf(p *process) time.Duration {
	said, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(said, []byte(") "))
	fields := strings.Fields(string(rest))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// holds looks at every draft in the database.
func (b *bench) holds(all []*delegate, state string) {
	b.t.Helper()
	ctx := context.Background()
	h, err := (&globals{DB: b.db, Compact: "gcm", LogKey: b.path("log.key")}).open(ctx, &streams{io.Discard, io.Discard}, opening{write: true})
	if err != nil {
		b.t.Fatal(err)
	}
	defer h.close()
	rooms, err := h.staffOf(workFlags{}, web.Site{}, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	lost := 0
	for _, v := range all {
		s, err := rooms.intake.Get(ctx, v.person, v.ref)
		if err != nil || string(s.State) != state || s.Pledge.Title != v.title {
			b.t.Errorf("%s: acknowledged %s %q, now %s %q, %v", v.ref, state, v.title, s.State, s.Pledge.Title, err)
			lost++
		}
	}
	fmt.Printf("%d drafts looked at, %d lost\n", len(all), lost)
	if _, err := h.log.VerifyDatabase(ctx); err != nil {
		b.t.Error(err)
	}
}

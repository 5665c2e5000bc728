package api

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
)

var update = flag.Bool("update", false, "write the golden files")

const base = "https://pledges.example"

// today is the day on which the fixture stands.
func clock() time.Time { return time.Date(2034, 11, 23, 9, 30, 0, 0, time.UTC) }

// fixture is a register of an invented compact with one of each thing that the API tells apart.
type fixture struct {
	tb    testing.TB
	db    *db.DB
	log   *register.Log
	book  pledge.Book
	index *explore.Index
	http.Handler
}

func ocean(tb testing.TB) *compact.Pack {
	tb.Helper()
	pack, err := compact.Load(os.DirFS("../compact/testdata/packs"), "ocean")
	if err != nil {
		tb.Fatal(err)
	}
	return pack
}

// The pledges of the fixture, by serial.
const (
	revised = iota + 1
	ministry
	withdrawn
	superseded
	successor
	erased
	matching
	summary
)

func id(serial int) string { return fmt.Sprintf("OCN-%04d", serial) }

// empty is a fixture without anything published.
func empty(tb testing.TB, d *db.DB) *fixture {
	tb.Helper()
	d.SetClock(clock)
	f := &fixture{tb: tb, db: d}
	pack := ocean(tb)
	var err error
	f.log, err = register.Open(context.Background(), d, register.Options{
		Origin: "pledges.example/log", Key: register.KeyFromSeed([]byte("a key for tests")), Rand: dbtest.Rand(7),
	})
	if err != nil {
		tb.Fatal(err)
	}
	f.book = pledge.Book{Pack: pack, Log: f.log}
	if f.index, err = explore.Open(context.Background(), f.log, pack, clock); err != nil {
		tb.Fatal(err)
	}
	f.serve(clock)
	return f
}

// serve makes the handler anew, with its own clock and nothing kept.
func (f *fixture) serve(now func() time.Time) {
	f.tb.Helper()
	h, err := New(Config{Pack: f.book.Pack, Index: f.index, Log: f.log, Clock: now, BaseURL: base + "/"})
	if err != nil {
		f.tb.Fatal(err)
	}
	f.Handler = h
}

func newFixture(tb testing.TB) *fixture {
	tb.Helper()
	return filled(tb, dbtest.New(tb, db.SQLite))
}

func filled(tb testing.TB, d *db.DB) *fixture {
	tb.Helper()
	f := empty(tb, d)
	f.write(func(ctx context.Context, tx *db.Tx) error {
		b, err := f.book.Import(ctx, tx, "office:secretariat")
		if err != nil {
			return err
		}
		for _, p := range cast(tb) {
			if _, err := b.Party("2034-01-10", p); err != nil {
				return fmt.Errorf("%s: %w", p.Code, err)
			}
		}
		for _, o := range offers() {
			if _, err := b.Put(o); err != nil {
				return fmt.Errorf("%s: %w", o.Pledge.ID, err)
			}
		}
		return b.Finish()
	})
	f.later()
	return f
}

func cast(tb testing.TB) []party.Party {
	var all []party.Party
	for _, code := range []string{"ken", "prt", "fji"} {
		c, ok := place.ByAlpha3(code)
		if !ok {
			tb.Fatalf("no country %s", code)
		}
		all = append(all, party.FromCountry(c))
	}
	all = append(all,
		party.Party{Code: "prt.sea", Kind: "member_state", Names: map[lang.Code]string{"en": "Ministry of the Sea", "fr": "Ministère de la mer"}, Country: "PT"},
		party.Party{Code: "harbour-house", Kind: "aquarium", Names: map[lang.Code]string{"en": "Harbour House <Lisbon> & Sons"}, Country: "PT", At: "38.7,-9.1"},
		party.Party{Code: "quiet-fleet", Kind: "fleet", Names: map[lang.Code]string{"en": "The Quiet Fleet"}, Members: []string{"harbour-house", "fji"}},
	)
	for i := range all {
		all[i] = all[i].Tidied()
	}
	return all
}

func offers() []pledge.Offer {
	var all []pledge.Offer
	add := func(serial int, effective string, p pledge.Pledge) {
		p.Schema, p.ID, p.Channel = pledge.Schema, id(serial), "logbook"
		if p.Form == "" {
			p.Form = pledge.Individual
		}
		if p.Language == "" {
			p.Language = lang.EN
		}
		if p.ObjectivesBy == "" {
			p.ObjectivesBy = pledge.ByParty
		}
		all = append(all, pledge.Offer{Pledge: p.Tidied(), Effective: effective})
	}
	add(revised, "2034-06-06", pledge.Pledge{
		Title: "Nets that let turtles go", Text: "Every trawler has nets with a door for turtles.", Parties: []string{"ken"}, Nature: []pledge.Nature{pledge.Policy, pledge.Material},
		Objectives: []int{1}, Actions: []string{"1a"}, SDGs: []string{"14.4"}, Principles: []string{"precaution"}, Levels: []pledge.Level{pledge.National}, Countries: []string{"KE"},
		StartsOn: "2034-07", EndsOn: "2036", Milestones: []pledge.Milestone{{On: "2035-01", Text: "Half of the trawlers"}},
		Indicators: []pledge.Indicator{{Name: "Trawlers fitted", Unit: "%", Baseline: "0", Target: "100"}}, AnnouncedOn: "2034-06-06", AnnouncedAt: "Forum, plenary",
		Links: []pledge.Link{{URL: "https://example.org/nets", Title: "The programme"}},
	})
	add(ministry, "2034-06-07", pledge.Pledge{
		Title: "Money for reefs", Text: "A contribution over two years.", Parties: []string{"prt.sea"}, Nature: []pledge.Nature{pledge.Financial}, Objectives: []int{2, 3},
		Money: &pledge.Money{Amount: "2500000.50", Currency: "EUR", Recipient: "fund:sea01", Years: []int{2034, 2035}}, AnnouncedOn: "2034-06", Mirror: true,
	})
	add(withdrawn, "2034-06-08", pledge.Pledge{
		Title: "A lighthouse museum", Text: "A museum in the old lighthouse.", Parties: []string{"fji"}, Nature: []pledge.Nature{pledge.Process}, Objectives: []int{4}, Countries: []string{"FJ"}, AnnouncedOn: "2034",
	})
	add(superseded, "2034-06-08", pledge.Pledge{
		Title: "Clean beaches", Text: "Beaches are cleaned every month.", Parties: []string{"fji"}, Nature: []pledge.Nature{pledge.Process}, Objectives: []int{3}, Countries: []string{"FJ"}, AnnouncedOn: "2034-06-08",
	})
	add(successor, "2034-08-01", pledge.Pledge{
		Title: "Clean beaches and ports", Text: "Beaches and ports are cleaned every week.", Parties: []string{"quiet-fleet", "fji", "harbour-house"}, Form: pledge.Common,
		Nature: []pledge.Nature{pledge.Process}, Objectives: []int{3}, Countries: []string{"FJ", "PT"}, Levels: []pledge.Level{pledge.Local, pledge.Regional}, Regions: []string{"009"}, AnnouncedOn: "2034-08-01",
	})
	add(erased, "2034-08-02", pledge.Pledge{
		Title: "Forgettable words", Text: "Somebody’s private matter got in here by mistake.", Parties: []string{"ken"}, Objectives: []int{4}, AnnouncedOn: "2034-08-02",
	})
	add(matching, "2034-09-15", pledge.Pledge{
		Title: "As much again", Text: "The same sum, if it is spent on small islands.", Parties: []string{"ken"}, Form: pledge.Matching, Matches: id(ministry), Nature: []pledge.Nature{pledge.Financial},
		Objectives: []int{2}, Money: &pledge.Money{Amount: "100", Currency: "USD"}, AnnouncedOn: "2034-09-15",
	})
	add(summary, "2034-10-01", pledge.Pledge{
		Title: "حماية الشعاب المرجانية", Text: "تلتزم الحكومة بحماية الشعاب المرجانية.", Language: lang.AR, TextBy: pledge.TextBySummary, Source: "https://www.example.org/reefs",
		Parties: []string{"fji", "ken"}, Form: pledge.Partnership, Nature: []pledge.Nature{pledge.Policy}, Objectives: []int{2}, ObjectivesBy: pledge.ByInference, AnnouncedOn: "2034-10-01",
	})
	return all
}

// later is what happens to the pledges once they are public.
func (f *fixture) later() {
	terms := func(day string) pledge.Terms {
		return pledge.Terms{Actor: "office:secretariat", Mode: pledge.ByImport, Effective: day}
	}
	f.write(func(ctx context.Context, tx *db.Tx) error {
		now, err := pledge.Get(ctx, tx, id(revised))
		if err != nil {
			return err
		}
		p := now.Pledge
		p.Text, p.Objectives = "Every trawler has nets with a door for turtles and for sharks.", []int{1, 4}
		_, err = f.book.Revise(ctx, tx, terms("2034-07-01"), p)
		return err
	})
	f.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := f.book.Withdraw(ctx, tx, terms("2034-09-01"), id(withdrawn), pledge.Notice{Reason: "The lighthouse fell.", Language: lang.EN})
		return err
	})
	f.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := f.book.Supersede(ctx, tx, terms("2034-09-02"), id(superseded), id(successor), pledge.Notice{Reason: "Ports were added.", Language: lang.EN})
		return err
	})
	for _, r := range []pledge.Report{
		{Pledge: id(revised), On: "2034-09-30", Stage: pledge.Planning, Narrative: "Makers of nets were found.", Language: lang.EN, ReportedBy: "ken"},
		{Pledge: id(revised), On: "2034-10-30", Stage: pledge.InProgress, Narrative: "A third of the trawlers.", Language: lang.EN, ReportedBy: "ken",
			Values: []pledge.Value{{Indicator: "Trawlers fitted", Value: "33"}}, Barriers: "Storms.", Evidence: []pledge.Link{{URL: "https://example.org/nets/1", On: "2034-10-15", Source: "Fisheries board"}}},
		{Pledge: id(successor), On: "2034-10-31", Stage: pledge.Fulfilled, ReportedBy: "quiet-fleet"},
	} {
		r.Schema = pledge.Schema
		f.write(func(ctx context.Context, tx *db.Tx) error {
			_, err := f.book.Report(ctx, tx, terms(r.On), r)
			return err
		})
	}
	f.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := f.book.Translate(ctx, tx, terms("2034-11-01"), pledge.Translation{
			Schema: pledge.Schema, Pledge: id(summary), Language: lang.EN, By: "machine", Title: "Protection of coral reefs", Summary: "Reefs are protected.", Text: "The Government protects coral reefs.",
		})
		return err
	})
	f.erase(f.positionOf(id(erased)))
	f.beside(pledge.FiguresKind, "2034-10-31", "2034-11-01", pledge.Figures{Schema: 1, On: "2034-10-31", Received: 7, InReview: 2, Published: 5})
	f.beside(pledge.FiguresKind, "2034-10-31", "2034-11-03", pledge.Figures{Schema: 1, On: "2034-10-31", Received: 8, InReview: 2, Returned: 1, Published: 5})
	f.beside(pledge.FiguresKind, "2034-11-10", "2034-11-11", pledge.Figures{Schema: 1, On: "2034-11-10", Received: 9, InReview: 1, Returned: 2, Published: 6})
	f.beside(pledge.AnnouncementKind, "ken/1", "2034-11-12", pledge.Announcement{Schema: 1, Party: "ken", On: "2034-11-11", Occasion: "Regatta of the isles", Language: lang.EN, Status: pledge.Awaited})
}

// beside publishes what no answer on pledges knows of.
func (f *fixture) beside(kind, id, on string, v any) {
	payload, err := register.Canonical(v)
	if err != nil {
		f.tb.Fatal(err)
	}
	f.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := f.log.Append(ctx, tx, register.Draft{Actor: "office:secretariat", Kind: kind, Subject: kind + ":" + id, Effective: on, Payload: payload})
		return err
	})
}

// write runs a transaction and lets the index follow.
func (f *fixture) write(do func(context.Context, *db.Tx) error) {
	f.tb.Helper()
	ctx := context.Background()
	if err := f.db.Write(ctx, func(tx *db.Tx) error { return do(ctx, tx) }); err != nil {
		f.tb.Fatal(err)
	}
	if err := f.index.Refresh(ctx); err != nil {
		f.tb.Fatal(err)
	}
}

func (f *fixture) positionOf(id string) int64 {
	f.tb.Helper()
	it, err := f.index.Snapshot().Pledge(id, explore.Query{}, "")
	if err != nil {
		f.tb.Fatal(err)
	}
	return it.Position
}

func (f *fixture) erase(position int64) {
	f.tb.Helper()
	f.write(func(ctx context.Context, tx *db.Tx) error {
		e, err := f.log.Erase(ctx, tx, register.Erasure{Position: position, Ground: "a court order", By: [2]string{"office:one", "office:two"}})
		if err != nil {
			return err
		}
		if err := party.Apply(ctx, tx, e); err != nil {
			return err
		}
		return pledge.Apply(ctx, tx, e)
	})
}

// publish puts one more pledge into the register, on a day that is over.
func (f *fixture) publish(effective, title, lead string) string {
	f.tb.Helper()
	var out pledge.Outcome
	f.write(func(ctx context.Context, tx *db.Tx) (err error) {
		out, err = f.book.Publish(ctx, tx, pledge.Terms{Actor: "office:secretariat", Mode: pledge.ByImport, Effective: effective}, pledge.Pledge{
			Schema: pledge.Schema, Title: title, Text: "Something more.", Language: lang.EN, Parties: []string{lead}, Form: pledge.Individual,
			Objectives: []int{1}, ObjectivesBy: pledge.ByParty, Channel: "logbook",
		})
		return err
	})
	return out.ID
}

// get asks for an address; headers come in pairs.
func (f *fixture) get(target string, headers ...string) *http.Response {
	return f.do(http.MethodGet, target, headers...)
}

func (f *fixture) do(method, target string, headers ...string) *http.Response {
	req := httptest.NewRequest(method, target, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, req)
	return w.Result()
}

func body(tb testing.TB, res *http.Response) string {
	tb.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

// read asks for an address that must be there, and decodes the answer.
func read[T any](f *fixture, target string) T {
	f.tb.Helper()
	var v T
	res := f.get(target)
	text := body(f.tb, res)
	if res.StatusCode != http.StatusOK {
		f.tb.Fatalf("%s: status %d: %s", target, res.StatusCode, text)
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		f.tb.Fatalf("%s: %v", target, err)
	}
	return v
}

// golden holds an answer, in a form that is easy to read, to testdata/<name>.json.
func golden(t *testing.T, name, got string) {
	t.Helper()
	var pretty strings.Builder
	dec, enc := json.NewDecoder(strings.NewReader(got)), json.NewEncoder(&pretty)
	dec.UseNumber()
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%s is no JSON: %v", name, err)
	}
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(path, []byte(pretty.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), pretty.String()); diff != "" {
		t.Errorf("%s (-want +got; -update writes it):\n%s", name, diff)
	}
}

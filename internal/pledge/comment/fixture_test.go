package comment

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/exchange"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/mail"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
)

// house is an office under a pack that cites both mandates: a register with a pledge of Kenya and
// a report on it, contacts of Kenya and Portugal, and a desk. Letters go through the real templates.
type house struct {
	*Office
	tb      testing.TB
	ctx     context.Context
	now     time.Time
	letters []mail.Letter
	post    *mail.Office
	id      string
}

func focal(id, party string, c lang.Code) access.Person {
	return access.Person{ID: id, Name: id, Email: id + "@example.org", Language: c, Grants: []access.Grant{{Role: access.FocalPoint, Party: party}}}
}

var (
	amina    = focal("amina", "ken", lang.EN)
	brian    = focal("brian", "ken", lang.AR)
	clara    = focal("clara", "prt", lang.FR)
	diogo    = focal("diogo", "prt.work", lang.EN)
	rita     = access.Person{ID: "rita", Name: "Rita", Grants: []access.Grant{{Role: access.Reviewer}}}
	sven     = access.Person{ID: "sven", Name: "Sven", Grants: []access.Grant{{Role: access.Reviewer}}}
	observer = access.Person{ID: "olga", Name: "Olga", Grants: []access.Grant{{Role: access.Observer}}}
)

func (h *house) ContactsOf(_ context.Context, _ *db.Tx, party, _ string) ([]access.Person, error) {
	return map[string][]access.Person{"ken": {amina, brian}, "prt": {clara}}[party], nil
}

func (h *house) PersonByID(_ context.Context, _ *db.Tx, id string) (access.Person, error) {
	for _, p := range []access.Person{amina, brian, clara, diogo, rita, sven} {
		if p.ID == id {
			return p, nil
		}
	}
	return access.Person{}, errs.New(errs.NotFound, "nobody")
}

func (h *house) Post(ctx context.Context, tx *db.Tx, l mail.Letter) (string, error) {
	id, err := h.post.Post(ctx, tx, l)
	if err == nil {
		h.letters = append(h.letters, l)
	}
	return id, err
}

var pack = sync.OnceValues(func() (compact.Pack, error) {
	p, err := compact.Embedded(compact.DefaultPack)
	if err != nil {
		return compact.Pack{}, err
	}
	own := *p
	own.Mandates = compact.Mandates{Assessment: own.Sources[0].ID, Contestation: own.Sources[0].ID, ReplyDays: 20}
	return own, nil
})

func furnish(tb testing.TB, d *db.DB) *house {
	tb.Helper()
	p, err := pack()
	if err != nil {
		tb.Fatal(err)
	}
	h := &house{tb: tb, ctx: context.Background(), now: time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC)}
	d.SetClock(func() time.Time { return h.now })
	log, err := register.Open(h.ctx, d, register.Options{Origin: "example.org/log", Key: register.KeyFromSeed([]byte("test")), Rand: dbtest.Rand(1)})
	if err != nil {
		tb.Fatal(err)
	}
	h.post, err = mail.New(mail.Options{DB: d, BaseURL: "https://pledges.example.org", Templates: []fs.FS{Letters}})
	if err != nil {
		tb.Fatal(err)
	}
	h.Office = &Office{DB: d, Pack: &p, Book: pledge.Book{Pack: &p, Log: log}, Mail: h, People: h, Rand: dbtest.Rand(2), BaseURL: "https://pledges.example.org"}
	h.write(func(tx *db.Tx) error {
		batch, err := h.Book.Import(h.ctx, tx, "office:secretariat")
		if err != nil {
			return err
		}
		for _, alpha3 := range []string{"ken", "prt"} {
			c, _ := place.ByAlpha3(alpha3)
			if _, err := batch.Party("2022-01-01", party.FromCountry(c)); err != nil {
				return err
			}
		}
		ministry := party.Party{Schema: 1, Code: "prt.work", Kind: party.MemberState, Names: map[lang.Code]string{"en": "Ministry of Work"}, Parent: "prt", Country: "PT"}
		if _, err := batch.Party("2022-01-01", ministry); err != nil {
			return err
		}
		return batch.Finish()
	})
	h.id = h.pledge()
	return h
}

func both(t *testing.T, f func(t *testing.T, h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, furnish(t, d)) })
}

func (h *house) write(f func(tx *db.Tx) error) {
	h.tb.Helper()
	if err := h.DB.Write(h.ctx, f); err != nil {
		h.tb.Fatal(err)
	}
}

// pledge publishes a pledge of Kenya with a report, and gives its id.
func (h *house) pledge() string {
	h.tb.Helper()
	p := pledge.Pledge{Schema: 1, Title: "Birth registration for every child", Text: "Every child is registered.", Language: lang.EN, Parties: []string{"ken"},
		Form: pledge.Individual, Objectives: []int{4}, ObjectivesBy: pledge.ByParty}
	var out pledge.Outcome
	h.write(func(tx *db.Tx) (err error) {
		out, err = h.Book.Publish(h.ctx, tx, pledge.Terms{Actor: "office:secretariat", Mode: pledge.ByImport, Effective: "2023-03-30"}, p)
		return err
	})
	h.write(func(tx *db.Tx) error {
		_, err := h.Book.Report(h.ctx, tx, pledge.Terms{Actor: "ken", Mode: pledge.ByImport, Effective: "2023-06-01"},
			pledge.Report{Pledge: out.ID, Stage: pledge.Fulfilled, Narrative: "All done.", Language: lang.EN})
		return err
	})
	return out.ID
}

// words are a comment by Portugal.
func words(text string) pledge.Comment {
	return pledge.Comment{By: "prt", Report: 1, Contests: "That it is fulfilled", Text: text, Language: lang.EN,
		Evidence: []pledge.Link{{URL: "https://example.org/count", Title: "The count", On: "2024-01"}}}
}

func finding() pledge.Assessment {
	return pledge.Assessment{Report: 1, Assessor: "Institute for Example Studies", On: "2024-02-01", Source: "https://example.org/study", Finding: "Forty of forty-seven counties register births.", Language: lang.EN}
}

// days moves the clock.
func (h *house) days(n int) { h.now = h.now.AddDate(0, 0, n) }

func (h *house) must(c Case, err error) Case {
	h.tb.Helper()
	if err != nil {
		h.tb.Fatal(err)
	}
	return c
}

// handedIn is a comment that waits to be screened.
func (h *house) handedIn(text string) Case {
	h.tb.Helper()
	c := h.must(h.Begin(h.ctx, clara, h.id, words(text)))
	return h.must(h.Submit(h.ctx, clara, c.ID, c.Version))
}

var looked = Checks{NoPersonalData: true, NoInsult: true, OnSubject: true}

func (h *house) asked(text string) Case {
	h.tb.Helper()
	c := h.handedIn(text)
	return h.must(h.Screen(h.ctx, rita, c.ID, c.Version, looked))
}

// voices are what the register says others said of the pledge.
func (h *house) voices() []pledge.Voice {
	h.tb.Helper()
	all, err := pledge.Voices(h.ctx, h.Book.Log, h.Pack, h.id, 1<<40, "9999-12-31")
	if err != nil {
		h.tb.Fatal(err)
	}
	return all
}

func (h *house) size() int64 {
	h.tb.Helper()
	head, err := h.Book.Log.Head(h.ctx)
	if err != nil {
		h.tb.Fatal(err)
	}
	return head.Size
}

func keyOf(err error) string {
	for e := err; e != nil; {
		if x, ok := e.(*errs.Error); ok && x.Key != "" {
			return x.Key
		}
		u, ok := e.(interface{ Unwrap() error })
		if !ok {
			return ""
		}
		e = u.Unwrap()
	}
	return ""
}

// table is the fold, row by row.
func (h *house) table() (text string) {
	h.tb.Helper()
	err := h.DB.Read(h.ctx, func(tx *db.Tx) error {
		text = ""
		rows, err := tx.Query(h.ctx, `SELECT kind, pledge, number, version, position, effective, doc FROM voices ORDER BY kind, pledge, number`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var kind, id, on, doc string
			var number, version, position int64
			if err := rows.Scan(&kind, &id, &number, &version, &position, &on, &doc); err != nil {
				return err
			}
			text += fmt.Sprintln(kind, id, number, version, position, on, doc)
		}
		return rows.Err()
	})
	if err != nil {
		h.tb.Fatal(err)
	}
	return text
}

// counted is all that is counted of pledges, by every filter, with the stage of this one, and the
// export of all.
func (h *house) counted() string {
	h.tb.Helper()
	const day = "2034-12-31"
	index, err := explore.Open(h.ctx, h.Book.Log, h.Pack, func() time.Time { return h.now })
	if err != nil {
		h.tb.Fatal(err)
	}
	snap := index.Snapshot()
	v, err := snap.View(explore.Query{}.WithAsOf(day), day)
	if err != nil {
		h.tb.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%+v\n", v.Totals)
	for _, f := range explore.Filters {
		fmt.Fprintf(&b, "%s %+v\n", f, v.Facet(f))
	}
	it, err := snap.Pledge(h.id, explore.Query{}, day)
	if err != nil {
		h.tb.Fatal(err)
	}
	fmt.Fprintln(&b, it.Stage, it.Version, it.Position, it.ReportedOn, len(it.Reports))
	for _, name := range []string{"a.csv", "a.jsonl"} {
		format, err := exchange.FormatOf(name)
		if err != nil {
			h.tb.Fatal(err)
		}
		if err := exchange.Export(&b, format, exchange.Select(snap, v, "https://pledges.example.org")); err != nil {
			h.tb.Fatal(err)
		}
	}
	return b.String()
}

package followup

import (
	"context"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/lang"
	"stocktake/internal/mail"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
)

// house is an office at work: a register with one pledge of Kenya, its contacts Amina and Brian,
// and a desk. Letters go through the real templates and are kept.
type house struct {
	*Office
	tb      testing.TB
	ctx     context.Context
	now     time.Time
	people  map[string][]access.Person
	gone    map[string][]access.Person // whose addresses give letters back
	letters []mail.Letter
	mu      sync.Mutex
	post    *mail.Office
	id      string
}

var pack = sync.OnceValues(func() (*compact.Pack, error) { return compact.Embedded(compact.DefaultPack) })

func focal(id, party string, deputy bool, c lang.Code) access.Person {
	return access.Person{ID: id, Name: strings.ToUpper(id[:1]) + id[1:], Email: id + "@example.org", Language: c,
		Grants: []access.Grant{{Role: access.FocalPoint, Party: party, Deputy: deputy, Transmits: !deputy}}}
}

var (
	amina    = focal("amina", "ken", false, lang.EN)
	brian    = focal("brian", "ken", true, lang.AR)
	clara    = focal("clara", "prt", false, lang.FR)
	reviewer = access.Person{ID: "rita", Name: "Rita", Email: "rita@example.org", Language: lang.EN, Grants: []access.Grant{{Role: access.Reviewer}}}
)

func (h *house) ContactsOf(_ context.Context, _ *db.Tx, party, _ string) ([]access.Person, error) {
	return h.people[party], nil
}

func (h *house) Unreached(_ context.Context, _ *db.Tx, party, _ string) ([]access.Person, error) {
	return h.gone[party], nil
}

// Post keeps what was written, and has the templates written out.
func (h *house) Post(ctx context.Context, tx *db.Tx, l mail.Letter) (string, error) {
	id, err := h.post.Post(ctx, tx, l)
	if err == nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.letters = append(h.letters, l)
	}
	return id, err
}

func open(tb testing.TB, d *db.DB) *house {
	tb.Helper()
	p, err := pack()
	if err != nil {
		tb.Fatal(err)
	}
	h := &house{tb: tb, ctx: context.Background(), now: time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC),
		people: map[string][]access.Person{"ken": {amina, brian}, "prt": {clara}}}
	d.SetClock(func() time.Time { return h.now })
	log, err := register.Open(h.ctx, d, register.Options{Origin: "example.org/log", Key: register.KeyFromSeed([]byte("test")), Rand: dbtest.Rand(1)})
	if err != nil {
		tb.Fatal(err)
	}
	h.post, err = mail.New(mail.Options{DB: d, BaseURL: "https://pledges.example.org", Templates: []fs.FS{Letters}})
	if err != nil {
		tb.Fatal(err)
	}
	h.Office = &Office{DB: d, Pack: p, Book: pledge.Book{Pack: p, Log: log}, Mail: h, People: h, Rand: dbtest.Rand(2),
		BaseURL: "https://pledges.example.org", Calendar: Calendar{EveryMonths: 12, RemindBefore: []int{30, 7}}}
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
	h.id = h.pledge("2023-03-30", "ken")
	return h
}

// both runs a test on both engines.
func both(t *testing.T, f func(t *testing.T, h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, open(t, d)) })
}

func (h *house) write(f func(tx *db.Tx) error) {
	h.tb.Helper()
	if err := h.DB.Write(h.ctx, f); err != nil {
		h.tb.Fatal(err)
	}
}

// pledge publishes a pledge of a party and gives its id.
func (h *house) pledge(on, lead string) string {
	h.tb.Helper()
	p := pledge.Pledge{Schema: 1, Title: "Birth registration for every child", Text: "Every child is registered.", Language: lang.EN, Parties: []string{lead},
		Form: pledge.Individual, Objectives: []int{4}, ObjectivesBy: pledge.ByParty,
		Indicators: []pledge.Indicator{{Name: "Children registered", Unit: "%", Baseline: "60", Target: "99"}}}
	var out pledge.Outcome
	h.write(func(tx *db.Tx) (err error) {
		out, err = h.Book.Publish(h.ctx, tx, pledge.Terms{Actor: "office:secretariat", Mode: pledge.ByImport, Effective: on}, p)
		return err
	})
	return out.ID
}

// on moves the clock to noon of a day.
func (h *house) on(day string) {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		h.tb.Fatal(err)
	}
	h.now = t.Add(12 * time.Hour)
}

// remind sends the letters of the day and gives those that were posted.
func (h *house) remind() []mail.Letter {
	h.tb.Helper()
	before := len(h.letters)
	if _, err := h.Remind(h.ctx, h.now.Format(time.DateOnly)); err != nil {
		h.tb.Fatal(err)
	}
	return h.letters[before:]
}

// token is what stands behind the last slash of a letter's link.
func token(l mail.Letter) string {
	return l.Data["Link"][strings.LastIndexByte(l.Data["Link"], '/')+1:]
}

// asked has the first contact asked about the pledge, and gives the token of the letter.
func (h *house) asked() string {
	h.tb.Helper()
	h.on("2024-03-01")
	for _, l := range h.remind() {
		if l.Data["ID"] == h.id {
			return token(l)
		}
	}
	h.tb.Fatal("nobody was asked")
	return ""
}

// published are the reports on a pledge in the register.
func (h *house) published(id string) (all []pledge.Report) {
	h.tb.Helper()
	err := h.DB.Read(h.ctx, func(tx *db.Tx) (err error) {
		all, err = pledge.Reports(h.ctx, tx, id)
		return err
	})
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

// progress is an answer that says something.
func progress(words string) Answer {
	return Answer{Choice: Changed, Language: lang.EN, Report: pledge.Report{Stage: pledge.InProgress, Narrative: words, Language: lang.EN}}
}

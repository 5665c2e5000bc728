package intake_test

import (
	"context"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/mail"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/queue"
	"stocktake/internal/register"
)

var embedded = sync.OnceValues(func() (*compact.Pack, error) { return compact.Embedded(compact.DefaultPack) })

// Who appears in the tests. Kenya has a transmitting authority and a deputy; the others each one
// person. The city is no State.
var (
	kenya    = focal("kenya", "ken", true)
	deputy   = access.Person{ID: "deputy", Name: "D. Eputy", Email: "deputy@example.org", Language: lang.FR, Grants: []access.Grant{{Role: access.FocalPoint, Party: "ken", Deputy: true}}}
	portugal = focal("portugal", "prt", true)
	morocco  = focal("morocco", "mar", true)
	tyre     = focal("tyre", "city-of-tyre", true)
	reviewer = access.Person{ID: "reviewer", Name: "R. Eviewer", Email: "desk@example.org", Language: lang.EN, Grants: []access.Grant{{Role: access.Reviewer}}}
	second   = access.Person{ID: "second", Name: "S. Econd", Email: "second@example.org", Language: lang.AR, Grants: []access.Grant{{Role: access.Reviewer}}}
	observer = access.Person{ID: "observer", Grants: []access.Grant{{Role: access.Observer}}}
	admin    = access.Person{ID: "admin", Grants: []access.Grant{{Role: access.Administrator}}}
	nobody   = access.Person{}

	everybody = []access.Person{kenya, deputy, portugal, morocco, tyre, reviewer, second, observer, admin, nobody}
)

func focal(id, party string, transmits bool) access.Person {
	return access.Person{ID: id, Name: "Contact of " + party, Email: id + "@example.org", Language: lang.EN,
		Grants: []access.Grant{{Role: access.FocalPoint, Party: party, Transmits: transmits}}}
}

// contacts are the people of the tests as an address book.
type contacts struct{}

func (contacts) ContactsOf(_ context.Context, _ *db.Tx, code, day string) (found []access.Person, _ error) {
	for _, p := range everybody {
		if _, ok := p.FocalPoint(code, day); ok {
			found = append(found, p)
		}
	}
	return found, nil
}

// world is a desk on a fresh database, with a clock that the test moves.
type world struct {
	testing.TB
	ctx  context.Context
	db   *db.DB
	log  *register.Log
	desk *intake.Desk
	mu   sync.Mutex
	now  time.Time
}

func open(tb testing.TB, d *db.DB) *world {
	tb.Helper()
	pack, err := embedded()
	if err != nil {
		tb.Fatal(err)
	}
	w := &world{TB: tb, ctx: context.Background(), db: d, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	d.SetClock(func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.now
	})
	w.log, err = register.Open(w.ctx, d, register.Options{Origin: "example.org/log", Key: register.KeyFromSeed([]byte("test")), Rand: dbtest.Rand(1)})
	if err != nil {
		tb.Fatal(err)
	}
	office, err := mail.New(mail.Options{DB: d, BaseURL: "https://pledges.example.org", Templates: []fs.FS{intake.Letters}})
	if err != nil {
		tb.Fatal(err)
	}
	w.desk = &intake.Desk{
		DB: d, Book: pledge.Book{Pack: pack, Log: w.log}, Mail: office, People: contacts{}, Rand: dbtest.Rand(2), BaseURL: "https://pledges.example.org",
	}
	err = d.Write(w.ctx, func(tx *db.Tx) error {
		batch, err := w.desk.Book.Import(w.ctx, tx, intake.Secretariat)
		if err != nil {
			return err
		}
		for _, alpha3 := range []string{"ken", "prt", "mar"} {
			c, _ := place.ByAlpha3(alpha3)
			if _, err := batch.Party("2022-01-01", party.FromCountry(c)); err != nil {
				return err
			}
		}
		if _, err := batch.Party("2022-01-01", party.Party{Code: "city-of-tyre", Kind: "local_authority", Names: map[lang.Code]string{lang.EN: "City of Tyre"}}); err != nil {
			return err
		}
		return batch.Finish()
	})
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

// each runs a test on both engines.
func each(t *testing.T, f func(w *world)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(open(t, d)) })
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// whole is a pledge with which a form would be content.
func whole(title string) pledge.Pledge {
	return pledge.Pledge{
		Title: title, Text: strings.Repeat("Every child on the territory is registered at birth. ", 10), Language: lang.EN, TextBy: pledge.TextByParty,
		Form: pledge.Individual, Nature: []pledge.Nature{pledge.Policy}, Objectives: []int{4}, ObjectivesBy: pledge.ByParty,
	}
}

func must[T any](w *world) func(T, error) T {
	return func(v T, err error) T {
		w.Helper()
		if err != nil {
			w.Fatal(err)
		}
		return v
	}
}

func (w *world) ok(s intake.Submission, err error) intake.Submission {
	w.Helper()
	return must[intake.Submission](w)(s, err)
}

// refused holds an error to its kind and, where one is given, its key.
func (w *world) refused(err error, kind errs.Kind, key string) {
	w.Helper()
	if !errs.Is(err, kind) {
		w.Fatalf("want %s, got %v", kind, err)
	}
	if key != "" && keyOf(err) != key {
		w.Fatalf("want the key %s, got %q: %v", key, keyOf(err), err)
	}
}

func keyOf(err error) string {
	for err != nil {
		if e, ok := err.(*errs.Error); ok && e.Key != "" {
			return e.Key
		}
		u, ok := err.(interface{ Unwrap() error })
		if !ok {
			return ""
		}
		err = u.Unwrap()
	}
	return ""
}

// drafted, submitted and published bring a pledge of Kenya so far.
func (w *world) drafted(title string) intake.Submission {
	w.Helper()
	return w.ok(w.desk.Draft(w.ctx, kenya, intake.Beginning{Lead: "ken", Pledge: whole(title)}))
}

func (w *world) submitted(title string) intake.Submission {
	w.Helper()
	s := w.drafted(title)
	return w.ok(w.desk.Submit(w.ctx, kenya, s.Ref, s.Version))
}

func (w *world) published(title string) intake.Submission {
	w.Helper()
	s := w.submitted(title)
	must[intake.Receipt](w)(w.desk.Publish(w.ctx, reviewer, s.Ref, s.Version))
	return w.get(kenya, s.Ref)
}

func (w *world) get(by access.Person, ref string) intake.Submission {
	w.Helper()
	return w.ok(w.desk.Get(w.ctx, by, ref))
}

// public is what the register has of a pledge.
func (w *world) public(id string) (p pledge.Current) {
	w.Helper()
	err := w.db.Read(w.ctx, func(tx *db.Tx) (err error) {
		p, err = pledge.Get(w.ctx, tx, id)
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return p
}

// size is how many entries the register has.
func (w *world) size() int64 {
	w.Helper()
	head, err := w.log.Head(w.ctx)
	if err != nil {
		w.Fatal(err)
	}
	return head.Size
}

// receipts runs the jobs that send receipts.
func (w *world) receipts() {
	w.Helper()
	for {
		job, some, err := queue.Take(w.ctx, w.db, []string{intake.ReceiptsKind}, time.Minute)
		if err != nil {
			w.Fatal(err)
		}
		if !some {
			return
		}
		if err := w.desk.PostReceipts(w.ctx, job.Payload); err != nil {
			w.Fatal(err)
		}
		if err := w.desk.PostReceipts(w.ctx, job.Payload); err != nil { // a job may run twice
			w.Fatal(err)
		}
	}
}

// letters are the templates of all letters so far, each with whom it went to.
func (w *world) letters() (all []string) {
	w.Helper()
	err := w.db.Read(w.ctx, func(tx *db.Tx) error {
		all = nil
		rows, err := tx.Query(w.ctx, `SELECT template, person FROM mail_letters ORDER BY created, template, person`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var template, person string
			if err := rows.Scan(&template, &person); err != nil {
				return err
			}
			all = append(all, template+" "+person)
		}
		return rows.Err()
	})
	if err != nil {
		w.Fatal(err)
	}
	return all
}

func (w *world) posted(letter string) {
	w.Helper()
	if all := w.letters(); !slices.Contains(all, letter) {
		w.Fatalf("no letter %q among %q", letter, all)
	}
}

// letter is what a letter says.
func (w *world) letter(template, person string) (body string) {
	w.Helper()
	err := w.db.Read(w.ctx, func(tx *db.Tx) error {
		return tx.QueryRow(w.ctx, `SELECT body FROM mail_letters WHERE template = $1 AND person = $2`, template, person).Scan(&body)
	})
	if err != nil {
		w.Fatal(err)
	}
	return body + "\n"
}

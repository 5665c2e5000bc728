package intake_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
)

// Many publish at once: each has its own result, one bad stops no other, and fewer transactions
// than publications are needed.
func TestPublishedTogether(t *testing.T) {
	each(t, func(w *world) {
		const n = 24
		var all []intake.Submission
		for i := range n {
			all = append(all, w.submitted(fmt.Sprintf("Pledge %d", i)))
		}
		commits := 0
		var mu sync.Mutex
		w.db.SetFault(func(statement string) error {
			mu.Lock()
			defer mu.Unlock()
			if statement == "COMMIT" {
				commits++
			}
			return nil
		})
		defer w.db.SetFault(nil)
		var wg sync.WaitGroup
		receipts, failed := make([]intake.Receipt, n+2), make([]error, n+2)
		for i := range n + 2 {
			wg.Go(func() {
				switch i {
				case n: // somebody who may not
					_, failed[i] = w.desk.Publish(w.ctx, kenya, all[0].Ref, 0)
				case n + 1: // what is not there
					_, failed[i] = w.desk.Publish(w.ctx, reviewer, "S-222222", 0)
				default:
					receipts[i], failed[i] = w.desk.Publish(w.ctx, reviewer, all[i].Ref, all[i].Version)
				}
			})
		}
		wg.Wait()
		seen := map[string]bool{}
		for i := range n {
			if failed[i] != nil || seen[receipts[i].ID] {
				t := fmt.Sprintf("%d: %+v %v", i, receipts[i], failed[i])
				w.Fatal(t)
			}
			seen[receipts[i].ID] = true
			if p := w.public(receipts[i].ID); p.Title != all[i].Pledge.Title {
				w.Fatalf("%s has the receipt of %s", all[i].Pledge.Title, p.Title)
			}
		}
		if failed[n] == nil || !errs.Is(failed[n+1], errs.NotFound) {
			w.Fatal(failed[n], failed[n+1])
		}
		if commits > n/2 {
			w.Errorf("%d commits for %d publications", commits, n)
		}
	})
}

// The database fails at any statement of a publication, the commit among them: then nothing has
// happened, and a second attempt publishes.
func TestPublicationsFailWhole(t *testing.T) {
	each(t, func(w *world) {
		for at := 0; ; at++ {
			s := w.submitted("Faulty")
			size, n, broke := w.size(), 0, false
			w.db.SetFault(func(statement string) error {
				if n++; n == at+1 {
					broke = true
					return errors.New("the disk is full")
				}
				return nil
			})
			_, err := w.desk.Publish(w.ctx, reviewer, s.Ref, s.Version)
			w.db.SetFault(nil)
			if !broke {
				if err != nil || at < 5 {
					w.Fatalf("%d statements, %v", at, err)
				}
				return
			}
			if err == nil || w.size() != size {
				w.Fatalf("statement %d: %v, %d entries and then %d", at, err, size, w.size())
			}
			if now := w.get(kenya, s.Ref); now.State != pledge.StateSubmitted || now.Version != s.Version {
				w.Fatalf("statement %d: %+v", at, now)
			}
			must[intake.Receipt](w)(w.desk.Publish(w.ctx, reviewer, s.Ref, s.Version))
		}
	})
}

// The same for a draft that is saved: either it is there, or the former is.
func TestSavingFailsWhole(t *testing.T) {
	each(t, func(w *world) {
		for at := 0; ; at++ {
			s := w.drafted("Before")
			n, broke := 0, false
			w.db.SetFault(func(string) error {
				if n++; n == at+1 {
					broke = true
					return errors.New("the disk is full")
				}
				return nil
			})
			_, err := w.desk.Save(w.ctx, kenya, s.Ref, s.Version, whole("After"), intake.Contact{})
			w.db.SetFault(nil)
			now := w.get(kenya, s.Ref)
			if !broke {
				if err != nil || now.Pledge.Title != "After" {
					w.Fatalf("%d statements, %v", at, err)
				}
				return
			}
			if err == nil || now.Pledge.Title != "Before" || now.Version != s.Version {
				w.Fatalf("statement %d: %v, %q", at, err, now.Pledge.Title)
			}
		}
	})
}

// BenchmarkPublish publishes from 64 places at once, each waiting for its own receipt, and then
// inserts the same rows in as many transactions as were committed: "of-raw" is how many times as
// many raw rows could have been written in the same time, turned round.
func BenchmarkPublish(b *testing.B) {
	for _, engine := range dbtest.Engines {
		b.Run(string(engine), func(b *testing.B) {
			const n, at = 1000, 64
			var publish, raw time.Duration
			var commits int
			for b.Loop() {
				w := open(b, dbtest.New(b, engine))
				var all []intake.Submission
				for i := range n {
					all = append(all, w.submitted(fmt.Sprintf("Pledge %d", i)))
				}
				before := w.rows()
				w.db.SetFault(func(statement string) error {
					if statement == "COMMIT" {
						commits++
					}
					return nil
				})
				done := commits
				begin := time.Now()
				w.publishAll(all, at)
				publish += time.Since(begin)
				w.db.SetFault(nil)
				after := w.rows()
				empty := dbtest.New(b, engine)
				insert(b, empty, nil, standing(before), 1)
				begin = time.Now()
				insert(b, empty, before, after, max(1, commits-done))
				raw += time.Since(begin)
			}
			total := float64(n * b.N)
			b.ReportMetric(total/publish.Seconds(), "pledges/s")
			b.ReportMetric(total/raw.Seconds(), "raw-pledges/s")
			b.ReportMetric(raw.Seconds()/publish.Seconds(), "of-raw")
			b.ReportMetric(total/float64(commits), "pledges/commit")
		})
	}
}

func (w *world) publishAll(all []intake.Submission, at int) {
	w.Helper()
	work := make(chan intake.Submission)
	var wg sync.WaitGroup
	for range at {
		wg.Go(func() {
			for s := range work {
				if _, err := w.desk.Publish(w.ctx, reviewer, s.Ref, s.Version); err != nil {
					w.Error(err)
				}
			}
		})
	}
	for _, s := range all {
		work <- s
	}
	close(work)
	wg.Wait()
}

// tables that a publication writes into, in the order of their keys.
var tables = []struct{ name, key string }{
	{"register_entry", "position"}, {"register_payload", "position"}, {"register_hash", "id"}, {"register_checkpoint", "size"},
	{"pledges", "id"}, {"submissions", "ref"}, {"submission_events", "ref, version"}, {"queue_jobs", "id"},
}

type tableRows struct {
	name    string
	columns []string
	rows    map[string][]any // by their text
	keys    []string
}

// rows are all rows of those tables.
func (w *world) rows() (all []tableRows) {
	w.Helper()
	err := w.db.Read(w.ctx, func(tx *db.Tx) error {
		all = nil
		for _, table := range tables {
			rows, err := tx.Query(w.ctx, `SELECT * FROM `+table.name+` ORDER BY `+table.key)
			if err != nil {
				return err
			}
			r := tableRows{name: table.name, rows: map[string][]any{}}
			if r.columns, err = rows.Columns(); err != nil {
				rows.Close()
				return err
			}
			for rows.Next() {
				values, into := make([]any, len(r.columns)), make([]any, len(r.columns))
				for i := range values {
					into[i] = &values[i]
				}
				if err := rows.Scan(into...); err != nil {
					rows.Close()
					return err
				}
				key := fmt.Sprint(values...)
				r.rows[key] = values
				r.keys = append(r.keys, key)
			}
			rows.Close()
			if err := rows.Err(); err != nil {
				return err
			}
			all = append(all, r)
		}
		return nil
	})
	if err != nil {
		w.Fatal(err)
	}
	return all
}

// standing are the rows that no publication changes.
func standing(all []tableRows) (out []tableRows) {
	for _, t := range all {
		if t.name != "submissions" {
			out = append(out, t)
		}
	}
	return out
}

// insert writes the rows that are new or changed, in so many durable transactions.
func insert(b *testing.B, d *db.DB, before, after []tableRows, transactions int) {
	b.Helper()
	var fresh []tableRows
	for i, t := range after {
		f := tableRows{name: t.name, columns: t.columns}
		for _, key := range t.keys {
			old := false
			if before != nil {
				_, old = before[i].rows[key]
			}
			if !old {
				f.keys = append(f.keys, key)
			}
		}
		f.rows = t.rows
		fresh = append(fresh, f)
	}
	for part := range transactions {
		err := d.Write(context.Background(), func(tx *db.Tx) error {
			for _, t := range fresh {
				keys := t.keys[part*len(t.keys)/transactions : (part+1)*len(t.keys)/transactions]
				if err := tx.InsertRows(tx.Context(), t.name, t.columns, len(keys), func(i int) []any { return t.rows[keys[i]] }); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// Whoever tries everything with nobody's account learns nothing.
func TestNobodyLearnsAnything(t *testing.T) {
	each(t, func(w *world) {
		s := w.submitted("Private")
		for _, ref := range []string{s.Ref, "S-222222"} {
			_, err := w.desk.Get(w.ctx, access.Person{}, ref)
			w.refused(err, errs.Unauthenticated, "access.sign_in_first")
			if strings.Contains(err.Error(), "Private") {
				w.Fatal(err)
			}
		}
	})
}

// Many save at once, while one of them sends too much and the disk fails once: all others are
// saved, and nothing is mixed up.
func TestSavedTogether(t *testing.T) {
	each(t, func(w *world) {
		const n = 40
		var all []intake.Submission
		for i := range n {
			all = append(all, w.drafted(fmt.Sprintf("Pledge %d", i)))
		}
		var mu sync.Mutex
		commits, gathered, failed := 0, 0, false
		w.db.SetFault(func(statement string) error { // the first commit of several fails
			mu.Lock()
			defer mu.Unlock()
			switch statement {
			case "SAVEPOINT one":
				gathered++
			case "COMMIT":
				commits++
				several := gathered > 1
				if gathered = 0; several && !failed {
					failed = true
					return errors.New("the disk is full")
				}
			}
			return nil
		})
		defer w.db.SetFault(nil)
		var wg sync.WaitGroup
		outcomes := make([]error, n)
		for i, s := range all {
			wg.Go(func() {
				p := whole("Saved " + s.Ref)
				if i == 7 {
					p.Text = strings.Repeat("much ", 1<<18)
				}
				_, outcomes[i] = w.desk.Save(w.ctx, kenya, s.Ref, s.Version, p, intake.Contact{})
			})
		}
		wg.Wait()
		for i, s := range all {
			want := "Saved " + s.Ref
			if i == 7 {
				w.refused(outcomes[i], errs.TooLarge, "work.too_large")
				want = s.Pledge.Title
			} else if outcomes[i] != nil {
				w.Fatalf("%d: %v", i, outcomes[i])
			}
			if now := w.get(kenya, s.Ref); now.Pledge.Title != want {
				w.Fatalf("%d says %q", i, now.Pledge.Title)
			}
		}
		if w.db.Engine() == db.SQLite && (!failed || commits > n) {
			w.Fatalf("%d commits, failed %v", commits, failed)
		}
	})
}

// broken is an address book that fails as no error says.
type broken struct{ on *bool }

func (b broken) ContactsOf(ctx context.Context, tx *db.Tx, code, day string) ([]access.Person, error) {
	if *b.on {
		panic("a fault of ours")
	}
	return contacts{}.ContactsOf(ctx, tx, code, day)
}

// A fault of the program in one action fails that action, and nothing after it.
func TestAFaultOfOurs(t *testing.T) {
	w := open(t, dbtest.New(t, db.SQLite))
	on := true
	w.desk.People = broken{&on}
	s := w.drafted("Faulty")
	_, err := w.desk.Submit(w.ctx, kenya, s.Ref, s.Version)
	w.refused(err, errs.Internal, "")
	on = false
	s = w.ok(w.desk.Submit(w.ctx, kenya, s.Ref, s.Version))
	must[intake.Receipt](w)(w.desk.Publish(w.ctx, reviewer, s.Ref, s.Version))
}

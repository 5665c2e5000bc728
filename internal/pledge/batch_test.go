package pledge_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
)

// A batch that looks up what it needs publishes the same as one that has read everything, told
// what to expect or not, and also where it forgets as it goes.
func TestABatchPublishesTheSameHoweverItReads(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(string(engine), func(t *testing.T) {
			run := func(batch func(*office, *db.Tx) (*pledge.Batch, error), announce bool) (rows string, root [32]byte) {
				o := open(t, dbtest.New(t, engine))
				defer o.db.Close()
				for part := range 3 {
					o.must(func(tx *db.Tx) error {
						b, err := batch(o, tx)
						if err != nil {
							return err
						}
						manyThings(t, b, part, announce)
						return b.Finish()
					})
				}
				head, err := o.log.Head(o.ctx)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tables(t, o.db), o.replayed()); diff != "" {
					t.Errorf("the tables are not the fold of the register:\n%s", diff)
				}
				return tables(t, o.db), head.Root
			}
			lazy := func(o *office, tx *db.Tx) (*pledge.Batch, error) {
				return o.book.Batch(o.ctx, tx, pledge.Terms{Actor: "office:secretariat", Mode: pledge.ByImport})
			}
			wantRows, wantRoot := run(func(o *office, tx *db.Tx) (*pledge.Batch, error) {
				return o.book.Import(o.ctx, tx, "office:secretariat")
			}, false)
			same := func(name string, announce bool) {
				if rows, root := run(lazy, announce); rows != wantRows || root != wantRoot {
					t.Errorf("%s: another root or other rows:\n%s", name, cmp.Diff(wantRows, rows))
				}
			}
			same("looked up one by one", false)
			same("expected", true)
			defer pledge.SetKeep(0)()
			same("forgotten at once", true)
		})
	}
}

// manyThings are three transactions with everything that a batch can do.
func manyThings(t *testing.T, b *pledge.Batch, part int, announce bool) {
	t.Helper()
	put := func(serial int64, key, title, indicator string) pledge.What {
		t.Helper()
		p := titled(t, title)
		p.Indicators[0].Name = indicator
		if serial > 0 {
			p.ID = id(t, serial)
		}
		out, err := b.Put(pledge.Offer{Pledge: p, Key: key, Effective: "2022-05-20"})
		if err != nil {
			t.Fatal(err)
		}
		return out.What
	}
	report := func(serial int64, number int, stage pledge.Stage, indicator string) error {
		r := pledge.Report{Pledge: id(t, serial), Number: number, Stage: stage, On: "2023-01-01", ReportedBy: "ken"}
		r.Values = []pledge.Value{{Indicator: indicator, Value: "80"}}
		_, err := b.Report("2023-05-20", r)
		return err
	}
	if announce {
		if err := b.Expect(id(t, 1), id(t, 2), id(t, 3), id(t, 99), id(t, 1)); err != nil {
			t.Fatal(err)
		}
	}
	var failed []error
	switch part {
	case 0:
		for _, key := range []string{"a", "b", "c"} {
			put(0, key, "Pledge "+key, "Before")
		}
		answer := titled(t, "An answer")
		answer.Form, answer.Matches = pledge.Matching, id(t, 1)
		_, err := b.Put(pledge.Offer{Pledge: answer, Key: "d"})
		failed = append(failed, err, report(2, 0, pledge.Planning, "Before"))
	case 1:
		if what := put(0, "a", "Pledge a", "Before"); what != pledge.Unchanged {
			t.Errorf("the same again: %v", what)
		}
		if what := put(2, "", "Pledge b", "After"); what != pledge.Revised {
			t.Errorf("another indicator: %v", what)
		}
		failed = append(failed, report(2, 0, pledge.InProgress, "After"), report(2, 1, pledge.InProgress, "After"))
		want(t, report(2, 0, pledge.Fulfilled, "Before"), errs.Invalid, "indicator")
		_, err := b.Translate("", pledge.Translation{Pledge: id(t, 3), Language: lang.FR, Title: "Titre", By: "human"})
		failed = append(failed, err)
		answer := titled(t, "An answer to nothing")
		answer.Form, answer.Matches = pledge.Matching, id(t, 4)
		_, err = b.Put(pledge.Offer{Pledge: answer, Key: "e"})
		failed = append(failed, err)
	case 2:
		put(0, "f", "The next one", "Before")
		why := pledge.Notice{Reason: "It ended", Language: lang.EN}
		_, err := b.Withdraw(pledge.Terms{IfVersion: 7}, id(t, 1), why)
		want(t, err, errs.Conflict, "version")
		_, err = b.Withdraw(pledge.Terms{}, id(t, 1), why)
		failed = append(failed, err)
		_, err = b.Supersede(pledge.Terms{}, id(t, 3), id(t, 1), why)
		want(t, err, errs.Invalid, "superseded_by")
		_, err = b.Supersede(pledge.Terms{}, id(t, 3), id(t, 6), why)
		failed = append(failed, err)
		want(t, report(1, 0, pledge.Planning, "Before"), errs.Conflict, "withdrawn")
		want(t, report(99, 0, pledge.Planning, "Before"), errs.NotFound, "no pledge")
		for serial, exists := range map[int64]bool{1: true, 6: true, 7: false, 99: false} {
			if has, err := b.Has(id(t, serial)); err != nil || has != exists {
				t.Errorf("Has(%d) = %v, %v", serial, has, err)
			}
		}
		if got, ok, err := b.Known("f"); err != nil || !ok || got != id(t, 6) {
			t.Errorf("Known: %q, %v, %v", got, ok, err)
		}
	}
	for i, err := range failed {
		if err != nil {
			t.Errorf("part %d, call %d: %v", part, i, err)
		}
	}
}

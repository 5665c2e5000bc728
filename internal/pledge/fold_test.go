package pledge_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
)

// step is one thing that happens in a story; the numbers choose among what there is.
type step struct {
	Do      string
	Pledge  int // serial
	Other   int // another serial, a number of a report, a position
	Variant int
	Day     int // of January 2024; 0 = today
}

func (s step) day() string {
	if s.Day == 0 {
		return ""
	}
	return fmt.Sprintf("2024-01-%02d", s.Day)
}

var stories = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
	return step{
		Do: rapid.SampledFrom([]string{
			"publish", "publish", "publish with an id", "revise", "revise", "put", "put", "withdraw", "supersede",
			"report", "report", "correct a report", "translate", "translate", "rename a party", "erase", "erase",
		}).Draw(t, "do"),
		Pledge:  rapid.IntRange(1, 5).Draw(t, "pledge"),
		Other:   rapid.IntRange(0, 40).Draw(t, "other"),
		Variant: rapid.IntRange(0, 3).Draw(t, "variant"),
		Day:     rapid.SampledFrom([]int{0, 0, 3, 17}).Draw(t, "day"),
	}
}), 1, 25)

// happen does one step. That a step is refused is part of the story.
func (o *office) happen(s step) (pledge.Outcome, error) {
	p := sample(o.tb)
	p.Title = fmt.Sprint("Variant ", s.Variant)
	if s.Variant == 3 {
		p.Form, p.Parties = pledge.Common, []string{"un-network", "prt.foreign-affairs"}
	}
	pid := id(o.tb, int64(s.Pledge))
	switch s.Do {
	case "publish":
		return o.publish(s.day(), p)
	case "publish with an id":
		p.ID = id(o.tb, int64(s.Pledge*3))
		return o.publish(s.day(), p)
	case "revise":
		p.ID = pid
		return o.revise(s.day(), p)
	case "put":
		return o.put(pledge.Offer{Pledge: p, Key: fmt.Sprint("key ", s.Pledge), Effective: s.day()})
	case "withdraw":
		return o.withdraw(pid, "It ended")
	case "supersede":
		return o.supersede(pid, id(o.tb, int64(s.Other%5+1)))
	case "report", "correct a report":
		r := pledge.Report{Pledge: pid, On: "2024-01-01", Stage: pledge.Stages[1+s.Variant], ReportedBy: "ken"}
		if s.Do == "correct a report" {
			r.Number, r.ReportedBy = s.Other%3+1, ""
		}
		return o.report(s.day(), r)
	case "translate":
		return o.translate(pledge.Translation{Pledge: pid, Language: lang.All[s.Other%len(lang.All)], Title: fmt.Sprint("T", s.Variant), By: "human"})
	case "rename a party":
		iom := named("iom", "un_entity", fmt.Sprint("IOM ", s.Variant))
		return pledge.Outcome{}, o.db.Write(o.ctx, func(tx *db.Tx) error {
			_, err := party.Publish(o.ctx, tx, o.log, o.book.Pack, s.day(), "office:secretariat", iom)
			return err
		})
	case "erase":
		return pledge.Outcome{}, o.erase(int64(len(cast(o.tb)) - 2 + s.Other%20))
	}
	return pledge.Outcome{}, fmt.Errorf("no such step: %s", s.Do)
}

// tell lets a story happen and holds what it left against the register.
func tell(t testing.TB, fail func(string, ...any), engine db.Engine, story []step) {
	d := dbtest.New(t, engine)
	defer d.Close()
	o := open(t, d)
	given := map[string]bool{}
	for _, s := range story {
		before := tables(t, d)
		out, err := o.happen(s)
		switch errs.KindOf(err) {
		case errs.Invalid, errs.Conflict, errs.NotFound, errs.Gone:
			if tables(t, d) != before {
				fail("%+v was refused (%v) and left something behind", s, err)
			}
		default:
			if err != nil {
				fail("%+v: %v", s, err)
			}
		}
		if err != nil {
			continue
		}
		if out.What == pledge.Created && out.Number == 0 && out.Version == 1 && s.Do != "translate" {
			if given[out.ID] {
				fail("%+v: the id %s was given twice", s, out.ID)
			}
			given[out.ID] = true
		}
	}
	if diff := cmp.Diff(tables(t, d), o.replayed()); diff != "" {
		fail("the tables are not the fold of the register (- tables, + replayed):\n%s", diff)
	}
	if err := o.db.Write(o.ctx, func(tx *db.Tx) error {
		for pid := range given {
			events, err := pledge.History(o.ctx, o.log, pid)
			if err != nil {
				return err
			}
			if _, err := pledge.Get(o.ctx, tx, pid); errs.Is(err, errs.Gone) != erasedAtTheEnd(events) {
				return fmt.Errorf("%s: %v, and its history is %+v", pid, err, events)
			}
		}
		return nil
	}); err != nil {
		fail("%v", err)
	}
}

// erasedAtTheEnd reports whether the latest version of the pledge was withheld.
func erasedAtTheEnd(events []pledge.Event) (erased bool) {
	for _, e := range events {
		if e.Kind == pledge.EntryKind {
			erased = e.WithheldBy >= 0
		}
	}
	return erased
}

// For any sequence of publications, revisions, withdrawals, reports, translations and
// erasures, the tables are what applying the register to an empty database gives.
func TestTablesAreTheFoldOfTheRegister(t *testing.T) {
	t.Run(string(db.SQLite), func(t *testing.T) {
		rapid.Check(t, func(rt *rapid.T) {
			tell(t, rt.Fatalf, db.SQLite, stories.Draw(rt, "story"))
		})
	})
	t.Run(string(db.Postgres), func(t *testing.T) {
		for seed := range 5 {
			story := stories.Example(seed)
			tell(t, func(format string, args ...any) { t.Fatalf("story %d: "+format, append([]any{seed}, args...)...) }, db.Postgres, story)
		}
	})
}

// A register whose erased payloads are gone folds the same, whatever came between.
func TestReplayAfterErasureOfAMiddleVersion(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		p := sample(t)
		first := o.published("2024-01-01", p)
		p.ID = first.ID
		if _, err := o.translate(pledge.Translation{Pledge: p.ID, Language: lang.FR, Title: "Titre", By: "human"}); err != nil {
			t.Fatal(err)
		}
		p.Title = "Second"
		second, err := o.revise("", p)
		if err != nil {
			t.Fatal(err)
		}
		p.Title = "Third"
		if _, err := o.revise("", p); err != nil {
			t.Fatal(err)
		}
		for _, position := range []int64{second.Position, first.Position} {
			if err := o.erase(position); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(tables(t, o.db), o.replayed()); diff != "" {
			t.Error(diff)
		}
		entry, err := o.log.Entry(o.ctx, second.Position)
		if err != nil || entry.Payload != nil {
			t.Errorf("%+v, %v", entry, err)
		}
		if err := o.db.Read(o.ctx, func(tx *db.Tx) error {
			return pledge.Apply(o.ctx, tx, register.Entry{Header: register.Header{Kind: "statement"}})
		}); err != nil {
			t.Errorf("an entry of another room: %v", err)
		}
	})
}

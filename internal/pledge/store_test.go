package pledge_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
)

func want(t *testing.T, err error, kind errs.Kind, part string) {
	t.Helper()
	if !errs.Is(err, kind) || !strings.Contains(err.Error(), part) {
		t.Errorf("got %v, want %v with %q", err, kind, part)
	}
}

func titled(t testing.TB, title string) pledge.Pledge {
	p := sample(t)
	p.Title = title
	return p
}

func TestPublicationGivesTheID(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		first := o.published("2022-05-20", sample(t))
		if first.ID != id(t, 1) || first.Version != 1 || first.Effective != "2022-05-20" || first.What != pledge.Created {
			t.Errorf("the first: %+v", first)
		}
		c, err := o.get(first.ID)
		if err != nil {
			t.Fatal(err)
		}
		asked := sample(t)
		asked.ID = first.ID
		if diff := cmp.Diff(asked, c.Pledge); diff != "" {
			t.Error(diff)
		}

		// What is refused leaves no gap behind.
		bad := titled(t, "Refused")
		bad.Parties = []string{"atlantis"}
		_, err = o.publish("", bad)
		want(t, err, errs.Invalid, "parties")
		_, err = o.publish("2024-03-02", titled(t, "From the future"))
		want(t, err, errs.Invalid, "published_on: \"2024-03-02\": must not be later than today")
		_, err = o.publish("2022-05", titled(t, "Some day in May"))
		want(t, err, errs.Invalid, "published_on: \"2022-05\": must be a day")
		if out := o.published("", titled(t, "Second")); out.ID != id(t, 2) || out.Effective != today {
			t.Errorf("the second: %+v", out)
		}

		// An id that comes with the pledge moves the serial on, never back; none is used twice.
		for _, serial := range []int64{158, 12345, 7} {
			p := titled(t, fmt.Sprint("Imported ", serial))
			p.ID = id(t, serial)
			if out := o.published("", p); out.ID != p.ID {
				t.Errorf("%s became %s", p.ID, out.ID)
			}
			_, err = o.publish("", p)
			want(t, err, errs.Conflict, "never used again")
		}
		if out := o.published("", titled(t, "After the import")); out.ID != id(t, 12346) {
			t.Errorf("after an import: %s", out.ID)
		}
	})
}

func TestRevision(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		p := sample(t)
		p.ID = o.published("2022-05-20", p).ID
		_, err := o.revise("", p)
		want(t, err, errs.Conflict, "says that already")

		p.Notice = &pledge.Notice{Reason: "A typing error", Language: lang.EN}
		_, err = o.revise("", p)
		want(t, err, errs.Conflict, "says that already")

		p.Title = "Birth registration for all children"
		_, err = o.revise("2022-05-19", p)
		want(t, err, errs.Invalid, "must not be before 2022-05-20")
		out, err := o.revise("", p)
		if err != nil || out.Version != 2 || out.What != pledge.Revised {
			t.Fatalf("%+v, %v", out, err)
		}
		c, err := o.get(p.ID)
		if err != nil || c.Title != p.Title || c.Notice.Reason != "A typing error" || c.Effective != today || c.FirstEffective != "2022-05-20" {
			t.Errorf("%+v, %v", c, err)
		}

		p.Title = "A third title"
		_, err = o.do(func(tx *db.Tx) (pledge.Outcome, error) {
			return o.book.Revise(o.ctx, tx, pledge.Terms{Actor: "ken", IfVersion: 1}, p)
		})
		want(t, err, errs.Conflict, "at version 2 by now")
		p.ID = id(t, 999)
		_, err = o.revise("", p)
		want(t, err, errs.NotFound, "there is no pledge")
	})
}

func TestWithdrawnPledgesStayAsTheyAre(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		p := sample(t)
		p.ID = o.published("2022-05-20", p).ID
		_, err := o.withdraw(p.ID, "")
		want(t, err, errs.Invalid, "notice.reason")
		if _, err := o.withdraw(p.ID, "The programme ended"); err != nil {
			t.Fatal(err)
		}
		c, err := o.get(p.ID)
		if err != nil || c.Status != pledge.Withdrawn || c.Notice.Reason != "The programme ended" || c.Title != p.Title || c.Stands() {
			t.Errorf("%+v, %v", c, err)
		}
		_, err = o.withdraw(p.ID, "Again")
		want(t, err, errs.Conflict, "was withdrawn")
		p.Title = "Another"
		_, err = o.revise("", p)
		want(t, err, errs.Conflict, "was withdrawn")
		_, err = o.report("", pledge.Report{Pledge: p.ID, On: today, Stage: pledge.Planning})
		want(t, err, errs.Conflict, "was withdrawn")
	})
}

func TestSupersededPledgesNameTheNext(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		a, b := o.published("", sample(t)).ID, o.published("", titled(t, "The next")).ID
		for _, by := range []string{a, id(t, 99), "", "the next"} {
			_, err := o.supersede(a, by)
			want(t, err, errs.Invalid, "superseded_by")
		}
		if _, err := o.supersede(a, b); err != nil {
			t.Fatal(err)
		}
		if c, err := o.get(a); err != nil || c.Status != pledge.Superseded || c.SupersededBy != b {
			t.Errorf("%+v, %v", c, err)
		}
		_, err := o.supersede(b, a)
		want(t, err, errs.Invalid, "another pledge that stands")
	})
}

func TestMatchesMustExist(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		before := tables(t, o.db)
		p := sample(t)
		p.Form, p.Matches = pledge.Matching, id(t, 2)
		_, err := o.publish("", p)
		want(t, err, errs.Invalid, "is no pledge in the register")
		if tables(t, o.db) != before {
			t.Error("a refused pledge left something behind")
		}
		// In one batch the order does not matter.
		o.must(func(tx *db.Tx) error {
			b, err := o.book.Import(o.ctx, tx, "office:secretariat")
			if err != nil {
				return err
			}
			if _, err := b.Put(pledge.Offer{Pledge: p}); err != nil {
				return err
			}
			if _, err := b.Put(pledge.Offer{Pledge: titled(t, "Answered")}); err != nil {
				return err
			}
			return b.Finish()
		})
	})
}

func TestReports(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		pid := o.published("2022-05-20", sample(t)).ID
		r := pledge.Report{Pledge: pid, On: "2023-01-10", Stage: pledge.InProgress, Narrative: "Begun", Language: lang.EN}
		one, err := o.report("2023-02-01", r)
		if err != nil || one.Number != 1 || one.Effective != "2023-02-01" {
			t.Fatalf("%+v, %v", one, err)
		}
		_, err = o.report("", r)
		want(t, err, errs.Conflict, "says that already")

		r.Stage = pledge.Fulfilled
		two, err := o.report("2022-12-31", r) // not before the one before it
		if err != nil || two.Number != 2 || two.Effective != "2023-02-01" {
			t.Fatalf("%+v, %v", two, err)
		}
		r.Number, r.Stage, r.Narrative = 1, pledge.Planning, "Not yet begun"
		corrected, err := o.report("", r)
		if err != nil || corrected.Number != 1 || corrected.Version != 2 || corrected.What != pledge.Revised {
			t.Fatalf("%+v, %v", corrected, err)
		}
		r.Number = 4
		_, err = o.report("", r)
		want(t, err, errs.NotFound, "has no report 4")

		var all []pledge.Report
		o.must(func(tx *db.Tx) (err error) {
			all, err = pledge.Reports(o.ctx, tx, pid)
			return err
		})
		if len(all) != 2 || all[0].Narrative != "Not yet begun" || all[1].Narrative != "Begun" || pledge.StageOf(all) != pledge.Fulfilled {
			t.Errorf("%+v", all)
		}
	})
}

func TestTranslations(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		pid := o.published("2022-05-20", sample(t)).ID
		tr := pledge.Translation{Pledge: pid, Language: lang.FR, Title: "Titre", Text: "Texte", By: "machine"}
		if out, err := o.translate(tr); err != nil || out.Version != 1 || out.What != pledge.Created {
			t.Fatalf("%+v, %v", out, err)
		}
		_, err := o.translate(tr)
		want(t, err, errs.Conflict, "says that already")
		tr.Title, tr.By = "Un meilleur titre", "human"
		if out, err := o.translate(tr); err != nil || out.Version != 2 || out.What != pledge.Revised {
			t.Fatalf("%+v, %v", out, err)
		}
		o.must(func(tx *db.Tx) error {
			all, err := pledge.Translations(o.ctx, tx, pid)
			if len(all) != 1 || all[0].Title != "Un meilleur titre" || all[0].Version != 1 {
				t.Errorf("%+v", all)
			}
			return err
		})
	})
}

func TestErasure(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		p := sample(t)
		first := o.published("2022-05-20", p)
		p.ID, p.Title = first.ID, "Without the name that was in it"
		second, err := o.revise("", p)
		if err != nil {
			t.Fatal(err)
		}
		// An older version goes from the history only.
		if err := o.erase(first.Position); err != nil {
			t.Fatal(err)
		}
		if c, err := o.get(p.ID); err != nil || c.Title != p.Title {
			t.Errorf("after the erasure of version 1: %+v, %v", c, err)
		}
		events, err := pledge.History(o.ctx, o.log, p.ID)
		if err != nil || len(events) != 2 || events[0].Pledge != nil || events[0].WithheldBy < 0 || events[1].Pledge == nil || len(events[1].Changes) != 0 {
			t.Errorf("%+v, %v", events, err)
		}
		// With the latest version the pledge goes.
		if err := o.erase(second.Position); err != nil {
			t.Fatal(err)
		}
		_, err = o.get(p.ID)
		want(t, err, errs.Gone, "was erased")
		_, err = o.revise("", p)
		want(t, err, errs.Gone, "was erased")
		_, err = o.put(pledge.Offer{Pledge: p})
		want(t, err, errs.Gone, "was erased")
		o.must(func(tx *db.Tx) error {
			_, err := pledge.Reports(o.ctx, tx, p.ID)
			want(t, err, errs.Gone, "was erased")
			return nil
		})
		if out := o.published("", titled(t, "The next")); out.ID != id(t, 2) {
			t.Errorf("the id of an erased pledge is used again: %s", out.ID)
		}
		if strings.Contains(tables(t, o.db), "Birth registration") {
			t.Error("the erased text is still in a table")
		}
		if diff := cmp.Diff(tables(t, o.db), o.replayed()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestHistory(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		p := sample(t)
		p.ID = o.published("2022-05-20", p).ID
		if _, err := o.report("", pledge.Report{Pledge: p.ID, On: today, Stage: pledge.Planning}); err != nil {
			t.Fatal(err)
		}
		if _, err := o.translate(pledge.Translation{Pledge: p.ID, Language: lang.AR, Title: "عنوان", By: "human"}); err != nil {
			t.Fatal(err)
		}
		p.Title = "Another title"
		if _, err := o.revise("", p); err != nil {
			t.Fatal(err)
		}
		events, err := pledge.History(o.ctx, o.log, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range events {
			line := fmt.Sprintf("%s v%d %s late=%v", e.Kind, e.Version, e.Effective, e.Late)
			for _, c := range e.Changes {
				line += " " + c.Field
			}
			got = append(got, line)
		}
		if diff := cmp.Diff([]string{
			"pledge v1 2022-05-20 late=true", "report v1 2024-03-01 late=false", "translation v1 2024-03-01 late=false", "pledge v2 2024-03-01 late=false title",
		}, got); diff != "" {
			t.Error(diff)
		}
		_, err = pledge.History(o.ctx, o.log, id(t, 77))
		want(t, err, errs.NotFound, "there is no pledge")
	})
}

func TestAnOfferTwiceChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		offer := pledge.Offer{Pledge: sample(t), Key: "birth-registration", Effective: "2022-05-20"}
		first, err := o.put(offer)
		if err != nil || first.What != pledge.Created || first.ID != id(t, 1) {
			t.Fatalf("%+v, %v", first, err)
		}
		before := tables(t, o.db)
		again, err := o.put(offer)
		if err != nil || again.What != pledge.Unchanged || again.ID != first.ID || tables(t, o.db) != before {
			t.Errorf("%+v, %v", again, err)
		}

		// Other content under the same key is a revision from today on, not from the day in the file.
		offer.Pledge.Title = "Another title"
		if out, err := o.put(offer); err != nil || out.What != pledge.Revised || out.Effective != today || out.ID != first.ID {
			t.Errorf("%+v, %v", out, err)
		}
		// By id as well as by key, and the key is learned with the id.
		offer.Pledge.ID, offer.Key = first.ID, "another-key"
		if out, err := o.put(offer); err != nil || out.What != pledge.Unchanged {
			t.Errorf("%+v, %v", out, err)
		}
		offer.Pledge.ID = ""
		if out, err := o.put(offer); err != nil || out.ID != first.ID {
			t.Errorf("%+v, %v", out, err)
		}
		offer.Pledge.ID = id(t, 500)
		_, err = o.put(offer)
		want(t, err, errs.Conflict, "belongs to pledge")

		// A file knows nothing of a withdrawal: the same again changes nothing, other content is refused.
		if _, err := o.withdraw(first.ID, "Ended"); err != nil {
			t.Fatal(err)
		}
		offer.Pledge.ID = ""
		if out, err := o.put(offer); err != nil || out.What != pledge.Unchanged {
			t.Errorf("%+v, %v", out, err)
		}
		offer.Pledge.Title = "A third title"
		_, err = o.put(offer)
		want(t, err, errs.Conflict, "was withdrawn")
	})
}

func TestAnOfferCarriesWhatItsFileCannotSay(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		p := sample(t)
		p.ID = o.published("", p).ID
		poor := p
		poor.Links, poor.Milestones = nil, nil
		carry := func(old pledge.Pledge, offered *pledge.Pledge) {
			offered.Links, offered.Milestones = old.Links, old.Milestones
		}
		if out, err := o.put(pledge.Offer{Pledge: poor, Carry: carry}); err != nil || out.What != pledge.Unchanged {
			t.Errorf("%+v, %v", out, err)
		}
		poor.Title = "Another title"
		if _, err := o.put(pledge.Offer{Pledge: poor, Carry: carry}); err != nil {
			t.Fatal(err)
		}
		if c, err := o.get(p.ID); err != nil || c.Title != "Another title" || len(c.Links) != 1 || len(c.Milestones) != 1 {
			t.Errorf("%+v, %v", c, err)
		}
	})
}

// A batch goes on after a row that it refuses, as if it had not been there.
func TestABatchOutlivesABadRow(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		var got []string
		o.must(func(tx *db.Tx) error {
			b, err := o.book.Import(o.ctx, tx, "office:secretariat")
			if err != nil {
				return err
			}
			got = nil
			for i := range 1200 {
				p := titled(t, fmt.Sprint("Pledge ", i))
				if i%10 == 3 {
					p.AnnouncedOn = "yesterday"
				}
				out, err := b.Put(pledge.Offer{Pledge: p, Key: fmt.Sprint("row-", i), Effective: "2022-05-20"})
				if errs.Is(err, errs.Invalid) {
					continue
				}
				if err != nil {
					return err
				}
				got = append(got, out.ID)
				if i%7 == 0 {
					if _, err := b.Report("2023-01-01", pledge.Report{Pledge: out.ID, Stage: pledge.InProgress, ReportedBy: "ken"}); err != nil {
						return err
					}
				}
			}
			return b.Finish()
		})
		for i, pid := range got {
			if pid != id(t, int64(i+1)) {
				t.Fatalf("number %d is %s: a gap betrays a refusal", i+1, pid)
			}
		}
		if len(got) != 1080 {
			t.Errorf("%d pledges", len(got))
		}
		var stored []string
		o.must(func(tx *db.Tx) error {
			stored = nil
			return pledge.Each(o.ctx, tx, func(c pledge.Current) error {
				stored = append(stored, c.ID)
				return nil
			})
		})
		if !slices.Equal(stored, got) {
			t.Error("the table has other pledges than were given ids")
		}
		if diff := cmp.Diff(tables(t, o.db), o.replayed()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPublishingAtTheSameTime(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		const writers, each = 4, 8
		ids := make(chan string, writers*each)
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					p := sample(t)
					p.Title = fmt.Sprintf("Pledge %d of writer %d", i, w)
					out, err := o.publish("", p)
					if err != nil {
						t.Error(err)
						return
					}
					ids <- out.ID
				}
			})
		}
		wg.Wait()
		close(ids)
		var all []string
		for id := range ids {
			all = append(all, id)
		}
		slices.Sort(all)
		for i, got := range all {
			if got != id(t, int64(i+1)) {
				t.Fatalf("ids %v", all)
			}
		}
		if len(all) != writers*each {
			t.Errorf("%d ids", len(all))
		}
		if diff := cmp.Diff(tables(t, o.db), o.replayed()); diff != "" {
			t.Error(diff)
		}
	})
}

// Whichever statement fails, all of a publication is there or nothing is.
func TestAFaultLeavesNothingBehind(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		before := tables(t, o.db)
		head, err := o.log.Head(o.ctx)
		if err != nil {
			t.Fatal(err)
		}
		statements := 0
		for fail := 1; ; fail++ {
			statements = 0
			o.db.SetFault(func(string) error {
				if statements++; statements == fail {
					return fmt.Errorf("fault %d", fail)
				}
				return nil
			})
			_, err := o.publish("2022-05-20", sample(t))
			o.db.SetFault(nil)
			if err == nil {
				break
			}
			now, herr := o.log.Head(o.ctx)
			if herr != nil {
				t.Fatal(herr)
			}
			if tables(t, o.db) != before || now.Size != head.Size {
				t.Fatalf("fault at statement %d left something behind", fail)
			}
		}
		if statements < 6 {
			t.Errorf("only %d statements could fail", statements)
		}
		if c, err := o.get(id(t, 1)); err != nil || c.Version != 1 {
			t.Errorf("%+v, %v", c, err)
		}
	})
}

package explore

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
)

func openLog(t *testing.T, d *db.DB) *register.Log {
	t.Helper()
	d.SetClock(clockOf(today))
	log, err := register.Open(t.Context(), d, register.Options{Origin: "pledges.example.org/log", Key: register.KeyFromSeed([]byte("test"))})
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func publish(t *testing.T, d *db.DB, log *register.Log, drafts ...register.Draft) []register.Entry {
	t.Helper()
	var entries []register.Entry
	err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
		entries, err = log.Append(t.Context(), tx, drafts...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func draft(kind, name, on string, payload any) register.Draft {
	data, err := json.Marshal(payload)
	if err != nil {
		panic(err)
	}
	return register.Draft{Actor: "office:secretariat", Kind: kind, Subject: kind + ":" + name, Effective: on, Payload: data}
}

func stateParty(alpha2 string) party.Party {
	c, ok := place.ByAlpha2(alpha2)
	if !ok {
		panic(alpha2)
	}
	return party.FromCountry(c)
}

func simplePledge(pack *compact.Pack, serial int, title string) pledge.Pledge {
	return pledge.Pledge{Schema: 1, ID: pledge.IDOf(pack.Code, int64(serial)), Status: pledge.Published, Title: title, Text: "Text of it.", Language: "en",
		Parties: []string{"ken"}, Form: pledge.Individual, Objectives: []int{1 + serial%23}, ObjectivesBy: pledge.ByParty}
}

func TestIndexFollowsTheRegister(t *testing.T) {
	pack := testPack(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log := openLog(t, d)
		x, err := Open(t.Context(), log, pack, clockOf(today))
		if err != nil {
			t.Fatal(err)
		}
		if v, err := x.Snapshot().View(Query{}, ""); err != nil || v.Totals != (Totals{}) || v.AsOf != today || len(v.Items(0, 10)) != 0 {
			t.Fatalf("an empty register shows %+v, %v", v, err)
		}

		first := simplePledge(pack, 1, "Fair recruitment")
		publish(t, d, log, draft("party", "ken", "2022-05-01", stateParty("KE")), draft("pledge", first.ID, "2022-05-10", first))
		if err := x.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		before := x.Snapshot()
		head, err := log.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if before.Size() != 2 || before.Root() != head.Root {
			t.Fatalf("size %d, root %x; the register's head is %d, %x", before.Size(), before.Root(), head.Size, head.Root)
		}

		revised := simplePledge(pack, 1, "Fair and safe recruitment")
		second := simplePledge(pack, 2, "Schools for children")
		entries := publish(t, d, log, draft("pledge", first.ID, "2024-01-01", revised), draft("pledge", second.ID, "2024-01-02", second),
			draft("report", first.ID+"/1", "2025-12-01", pledge.Report{Schema: 1, Pledge: first.ID, Number: 1, Stage: pledge.Fulfilled, Narrative: "Bilateral agreement signed"}))
		err = d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := log.Erase(t.Context(), tx, register.Erasure{Position: entries[1].Header.Position, Ground: "court order", By: [2]string{"office:a", "office:b"}})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		fresh, err := Open(t.Context(), log, pack, clockOf(today))
		if err != nil {
			t.Fatal(err)
		}
		for name, s := range map[string]*Snapshot{"followed": x.Snapshot(), "read at once": fresh.Snapshot()} {
			v, err := s.View(Query{}.WithWords("agreement 1 kenya"), "")
			if err != nil {
				t.Fatal(err)
			}
			if items := v.Items(0, 9); len(items) != 1 || items[0].Pledge.Title != revised.Title || items[0].Stage != pledge.Fulfilled || items[0].Version != 2 || items[0].Published != "2022-05-10" {
				t.Errorf("%s: found %+v", name, items)
			}
			if want := (Totals{Pledges: 1, Participations: 1, Parties: 1, States: 1, Objectives: 1, Reported: 1, NoCountry: 1}); v.Totals != want {
				t.Errorf("%s: totals %+v, want %+v", name, v.Totals, want)
			}
			if _, err := s.Pledge(second.ID, Query{}, ""); !errs.Is(err, errs.Gone) {
				t.Errorf("%s: the erased pledge gives %v", name, err)
			}
			if it, err := s.Pledge(first.ID, Query{}.WithAsOf("2022-05-20"), ""); err != nil || it.Pledge.Title != first.Title || it.LastReport != nil {
				t.Errorf("%s: as of 2022 the pledge is %+v, %v", name, it, err)
			}
			if it, err := s.Pledge(first.ID, Query{}.WithAt(2), ""); err != nil || it.Version != 1 {
				t.Errorf("%s: at 2 the pledge is %+v, %v", name, it, err)
			}
			if p, err := s.Party("ken", Query{}, ""); err != nil || p.Country != "KE" {
				t.Errorf("%s: party %+v, %v", name, p, err)
			}
			for what, err := range map[string]error{
				"as_of": errOf(s.View(Query{}.WithAsOf("2026-06-02"), "")), "at": errOf(s.View(Query{}.WithAt(s.Size()+1), "")),
			} {
				if f := errs.FieldsOf(err); !errs.Is(err, errs.Invalid) || len(f) != 1 || f[0].Field != what {
					t.Errorf("%s: %s beyond the end gives %v", name, what, err)
				}
			}
			for what, err := range map[string]error{"pledge": errOf(s.Pledge(pack.Code+"-0404", Query{}, "")), "party": errOf(s.Party("nobody", Query{}, "")),
				"pledge before it was": errOf(s.Pledge(first.ID, Query{}.WithAsOf("2022-05-09"), ""))} {
				if !errs.Is(err, errs.NotFound) {
					t.Errorf("%s: unknown %s gives %v", name, what, err)
				}
			}
		}
		if it, err := before.Pledge(first.ID, Query{}, ""); err != nil || it.Pledge.Title != first.Title {
			t.Errorf("the older snapshot now says %+v, %v", it, err)
		}
	})
}

func errOf[T any](_ T, err error) error { return err }

// Readers go on while the index follows; each sees one size of the register and figures that
// fit it.
func TestReadersWhileFollowing(t *testing.T) {
	pack := testPack(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const pledges = 30
		log := openLog(t, d)
		x, err := Open(t.Context(), log, pack, clockOf(today))
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var wait sync.WaitGroup
		followed := make(chan error, 1)
		go func() { followed <- x.Follow(ctx) }()
		for reader := range 3 {
			wait.Go(func() {
				for size := int64(0); size < 2*pledges+1; {
					s := x.Snapshot()
					if s.Size() < size {
						t.Errorf("the register shrank from %d to %d", size, s.Size())
						return
					}
					size = s.Size()
					q := Query{}.WithAt(size)
					if reader == 1 {
						q = q.WithWords("children")
					}
					v, err := s.View(q, "")
					if err != nil {
						t.Error(err)
						return
					}
					// The party comes first, then a pledge and its report by turns.
					if want, reported := int(size/2), int(max(size-1, 0)/2); v.Totals.Pledges != want || v.Totals.Reported != reported {
						t.Errorf("at %d: %+v, want %d pledges, %d of them reported", size, v.Totals, want, reported)
						return
					}
					if got := len(v.Items(0, 1000)); got != v.Totals.Pledges {
						t.Errorf("at %d: %d items, %d pledges", size, got, v.Totals.Pledges)
						return
					}
					v.Facet("stage")
					v.Facet("party_kind")
				}
			})
		}
		publish(t, d, log, draft("party", "ken", "", stateParty("KE")))
		for i := range pledges {
			p := simplePledge(pack, i+1, fmt.Sprint("Children ", i))
			publish(t, d, log, draft("pledge", p.ID, "", p))
			publish(t, d, log, draft("report", p.ID+"/1", "", pledge.Report{Schema: 1, Pledge: p.ID, Number: 1, Stage: pledge.Planning, Narrative: "Children"}))
		}
		wait.Wait()
		stop()
		if err := <-followed; err != nil {
			t.Errorf("Follow ended with %v", err)
		}
	})
}

// A register that cannot be read leaves the index as it was.
func TestRefreshFails(t *testing.T) {
	pack := testPack(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log := openLog(t, d)
		p := simplePledge(pack, 1, "One")
		publish(t, d, log, draft("pledge", p.ID, "", p))
		x, err := Open(t.Context(), log, pack, clockOf(today))
		if err != nil {
			t.Fatal(err)
		}
		publish(t, d, log, draft("pledge", p.ID, "", simplePledge(pack, 1, "Two")), draft("pledge", pack.Code+"-0002", "", []int{1}))
		if err := x.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), "entry 2 ") {
			t.Fatalf("a payload that is no pledge gives %v", err)
		}
		if it, err := x.Snapshot().Pledge(p.ID, Query{}, ""); err != nil || it.Pledge.Title != "One" || x.Snapshot().Size() != 1 {
			t.Fatalf("after a failure: %+v, %v at %d", it, err, x.Snapshot().Size())
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := x.Follow(ctx); err == nil {
			t.Fatal("Follow hides the failure")
		}
	})
}

// A failed round leaves what it appended behind the end of shared lists; the next one
// overwrites it.
func TestFailedRoundIsForgotten(t *testing.T) {
	smallBlocks(t)
	pack := testPack(t)
	rapid.Check(t, func(t *rapid.T) {
		b := &book{pack: pack}
		for range rapid.IntRange(1, 15).Draw(t, "steps") {
			b.step(t)
		}
		s := snapshotOf(t, b)
		lost := &book{pack: pack, entries: b.entries[:len(b.entries):len(b.entries)]}
		for range rapid.IntRange(1, 15).Draw(t, "lost") {
			lost.step(t)
		}
		if _, err := next(s, lost.entries); err != nil {
			t.Fatal(err)
		}
		compare(t, s, b.entries, drawQuery(t, pack, s.size))
		for range rapid.IntRange(1, 15).Draw(t, "more") {
			b.step(t)
		}
		s.round++ // as Index does: a round is never used twice
		again, err := next(s, b.entries)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, again, b.entries, drawQuery(t, pack, again.size))
	})
}

// Of a long register the figures come first. Words are refused until they have been read, and
// what is published meanwhile is found as well.
func TestWordsFollow(t *testing.T) {
	pack := testPack(t)
	before := wordsLater
	wordsLater = 3
	t.Cleanup(func() { wordsLater = before })
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log := openLog(t, d)
		var drafts []register.Draft
		for i := range 6 {
			p := simplePledge(pack, i+1, fmt.Sprint("Children ", i))
			drafts = append(drafts, draft("pledge", p.ID, "", p))
		}
		publish(t, d, log, drafts...)
		x, err := Open(t.Context(), log, pack, clockOf(today))
		if err != nil {
			t.Fatal(err)
		}
		later := simplePledge(pack, 7, "Children 7")
		publish(t, d, log, draft("pledge", later.ID, "", later))
		for range 2 { // what is new; then the words
			s := x.Snapshot()
			if v, err := s.View(Query{}, ""); err != nil || v.Totals.Pledges != int(s.Size()) {
				t.Fatalf("figures without words: %+v, %v", v, err)
			}
			byTitle, err := s.View(Query{}.WithSort(Title), "")
			if err != nil {
				t.Fatal(err)
			}
			if items := byTitle.Items(0, 9); len(items) != int(s.Size()) || items[1].Pledge.Title != "Children 1" || items[5].Pledge.Title != "Children 5" {
				t.Fatalf("without words, by title: %d items, the second %q", len(items), items[1].Pledge.Title)
			}
			if _, err := s.View(Query{}.WithWords("children"), ""); s.Searchable() || !errs.Is(err, errs.Unavailable) {
				t.Fatalf("words that were not read give %v", err)
			}
			if err := x.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if v, err := x.Snapshot().View(Query{}.WithWords("children"), ""); err != nil || v.Totals.Pledges != 7 {
			t.Fatalf("with all words: %+v, %v", v, err)
		}

		followed, err := Open(t.Context(), log, pack, clockOf(today))
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- followed.Follow(ctx) }()
		for deadline := time.Now().Add(30 * time.Second); !followed.Snapshot().Searchable(); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the words do not follow")
			}
		}
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if v, err := followed.Snapshot().View(Query{}.WithWords("children"), ""); err != nil || v.Totals.Pledges != 7 {
			t.Fatalf("followed: %+v, %v", v, err)
		}
	})
}

// What is erased while the words are read beside is not taken over from there.
func TestErasedWhileWordsAreRead(t *testing.T) {
	pack := testPack(t)
	b := &book{pack: pack}
	for i := range 2 {
		p := simplePledge(pack, i+1, fmt.Sprint("Children ", i))
		b.add("pledge", p.ID, today, p)
	}
	f := folded{round: 1}
	if err := f.addAll(2, false, readerOf(b.entries)); err != nil {
		t.Fatal(err)
	}
	beside := f
	beside.round = 2
	if err := beside.addWordsTo(2, readerOf(b.entries)); err != nil {
		t.Fatal(err)
	}
	b.erase(0, today)
	f.round = 3
	if err := f.addAll(3, false, readerOf(b.entries)); err != nil {
		t.Fatal(err)
	}
	f.round = 4
	f.takeWords(&beside)
	if err := f.addWordsTo(3, readerOf(b.entries)); err != nil {
		t.Fatal(err)
	}
	if got := [2]string{f.titleOf(0), f.titleOf(1)}; got != [2]string{"", "children 1"} {
		t.Errorf("titles %q", got)
	}
	if beside.titleOf(0) != "children 0" {
		t.Error("what was read beside has changed")
	}
}

package explore

import (
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"stocktake/internal/errs"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
)

// drawBook is a random register in which entries were recorded on days of their own.
func drawBook(t *rapid.T, b *book) *book {
	for range rapid.IntRange(1, 30).Draw(t, "steps") {
		b.step(t)
	}
	for i := range b.entries {
		on := rapid.SampledFrom(someDays).Draw(t, "recorded")
		b.entries[i].Header.Recorded = on + "T12:00:00.000000Z"
	}
	return b
}

// momentOf is the position and the day that a query speaks of.
func momentOf(s *Snapshot, q Query) (at int64, day string) {
	at, day = s.Size(), today
	if q.At > 0 {
		at = q.At
	}
	if q.AsOf != "" {
		day = q.AsOf
	}
	return at, day
}

func TestMoneyAndAnswersEqualRecomputation(t *testing.T) {
	smallBlocks(t)
	pack := testPack(t)
	rapid.Check(t, func(t *rapid.T) {
		b := drawBook(t, &book{pack: pack})
		s := snapshotOf(t, b)
		q := drawQuery(t, pack, s.size)
		v, err := s.View(q, today)
		if err != nil {
			t.Fatal(err)
		}
		at, on := momentOf(s, q)
		list := newNaive(pack, b.entries, at, on).list(q, "")

		want := map[string]*big.Rat{}
		pledges := map[string]int{}
		answers := map[string][]string{}
		for _, p := range list {
			answers[p.Matches] = append(answers[p.Matches], p.ID)
			if p.Money == nil {
				continue
			}
			pledges[p.Money.Currency]++
			if want[p.Money.Currency] == nil {
				want[p.Money.Currency] = new(big.Rat)
			}
			if amount, ok := new(big.Rat).SetString(p.Money.Amount); ok {
				want[p.Money.Currency].Add(want[p.Money.Currency], amount)
			}
		}
		rows := v.Money()
		if len(rows) != len(want) {
			t.Fatalf("?%s: %v, recomputed %v", q.Encode(), rows, want)
		}
		for i, row := range rows {
			got, ok := new(big.Rat).SetString(row.Amount)
			if !ok || want[row.Currency] == nil || got.Cmp(want[row.Currency]) != 0 || pledges[row.Currency] != row.Pledges {
				t.Fatalf("?%s: %+v, recomputed %v in %d", q.Encode(), row, want[row.Currency], pledges[row.Currency])
			}
			if strings.Contains(row.Amount, ".") && strings.HasSuffix(row.Amount, "0") {
				t.Fatalf("%q has a needless zero", row.Amount)
			}
			if i > 0 && rows[i-1].Pledges < row.Pledges {
				t.Fatalf("%+v stand in the wrong order", rows)
			}
			if asked := q.Get("currency"); asked == nil || slices.Contains(asked, row.Currency) {
				found, err := s.View(q.Only("currency", row.Currency), today)
				if err != nil {
					t.Fatal(err)
				}
				if found.Totals.Pledges != row.Pledges {
					t.Fatalf("the filter finds %d pledges, %+v", found.Totals.Pledges, row)
				}
			}
		}
		for _, serial := range []int{1, 2, 99, 404} {
			ids := answers[b.id(serial)]
			slices.SortFunc(ids, compareIDs)
			if diff := cmp.Diff(ids, v.Answers(b.id(serial))); diff != "" {
				t.Fatalf("answers to %d of ?%s, -recomputed +index:\n%s", serial, q.Encode(), diff)
			}
		}
	})
}

func TestChangesEqualRecomputation(t *testing.T) {
	smallBlocks(t)
	pack := testPack(t)
	rapid.Check(t, func(t *rapid.T) {
		b := drawBook(t, &book{pack: pack})
		s := snapshotOf(t, b)
		q := drawQuery(t, pack, s.size)
		from, to := rapid.SampledFrom(someDays).Draw(t, "from"), rapid.SampledFrom(someDays).Draw(t, "to")
		c, err := s.Changes(q, from, to, today)
		if from > to {
			if !errs.Is(err, errs.Invalid) {
				t.Fatalf("from %s to %s gives %v", from, to, err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		at, _ := momentOf(s, q)
		before, after := newNaive(pack, b.entries, at, from), newNaive(pack, b.entries, at, to)
		live := func(n *naive, id string) *naivePledge {
			if p := n.byID[id]; p != nil && p.Status == pledge.Published {
				return p
			}
			return nil
		}
		want := map[string][]string{}
		put := func(name, id string) { want[name] = append(want[name], id) }
		for _, p := range after.list(q, "") {
			then := live(before, p.ID)
			switch {
			case then == nil:
				put("new", p.ID)
			case then.version != p.version:
				put("revised", p.ID)
			}
			if then != nil && !before.matches(then, q, "") {
				put("entered", p.ID)
			}
			if slices.ContainsFunc(p.reports, func(r naiveReport) bool { return r.effective > from }) {
				put("reported", p.ID)
			}
		}
		for _, p := range before.list(q, "") {
			if now := live(after, p.ID); now == nil {
				put("ended", p.ID)
			} else if !after.matches(now, q, "") {
				put("left", p.ID)
			}
		}
		for name, list := range map[string]Changed{"new": c.New, "revised": c.Revised, "reported": c.Reported, "ended": c.Ended, "entered": c.Entered, "left": c.Left} {
			var ids []string
			last := "9999"
			for i, it := range list.Items(0, 100) {
				ids = append(ids, it.Pledge.ID)
				if one := list.Items(i, 1); len(one) != 1 || one[0].Pledge.ID != it.Pledge.ID {
					t.Fatalf("%s: item %d alone is %+v", name, i, one)
				}
				on := map[string]string{"revised": it.Effective}[name]
				if name == "reported" {
					for _, r := range after.byID[it.Pledge.ID].reports {
						on = max(on, r.effective)
					}
				}
				if on != "" && on > last {
					t.Fatalf("%s: %s after %s", name, on, last)
				}
				if on != "" {
					last = on
				}
			}
			if list.Count != len(ids) || list.Items(list.Count, 5) != nil {
				t.Fatalf("%s counts %d and lists %v", name, list.Count, ids)
			}
			slices.Sort(ids)
			slices.Sort(want[name])
			if diff := cmp.Diff(want[name], ids); diff != "" {
				t.Fatalf("%s of ?%s from %s to %s, -recomputed +index:\n%s", name, q.Encode(), from, to, diff)
			}
		}
		if c.Before != before.totals(q) || c.After != after.totals(q) {
			t.Fatalf("totals %+v, %+v", c.Before, c.After)
		}
		if sum := c.Before.Pledges + c.New.Count - c.Ended.Count + c.Entered.Count - c.Left.Count; sum != c.After.Pledges {
			t.Fatalf("the changes lead to %d pledges, not to %d", sum, c.After.Pledges)
		}
	})
}

func TestKnownOnEqualsRecomputation(t *testing.T) {
	pack := testPack(t)
	rapid.Check(t, func(t *rapid.T) {
		b := drawBook(t, &book{pack: pack})
		s := snapshotOf(t, b)
		for _, on := range append([]string{"2018-01-01", "2020-07-01"}, someDays...) {
			want := slices.IndexFunc(b.entries, func(e register.Entry) bool { return e.Header.Recorded[:10] > on })
			if want < 0 {
				want = len(b.entries)
			}
			if got := s.KnownOn(on); got != int64(want) {
				t.Fatalf("on %s %d entries were known, not %d", on, want, got)
			}
		}
		if s.KnownOn("yesterday") != 0 {
			t.Fatal("yesterday is no day")
		}
	})
}

// A report of the forum that is entered two years later moves the figure of that day, and the
// figure that was known then stays.
func TestWhatWasKnownThenStays(t *testing.T) {
	b := &book{pack: testPack(t)}
	for i, recorded := range []string{"2022-05-20", "2022-05-20", "2024-01-05"} {
		id := b.id(i + 1)
		b.add("pledge", id, "2022-05-20", simplePledge(b.pack, i+1, "One of them"))
		b.entries[i].Header.Recorded = recorded + "T09:00:00.000000Z"
	}
	s := snapshotOf(t, b)
	q := Query{}.WithAsOf("2022-05-31")
	now, err := s.View(q, today)
	if err != nil {
		t.Fatal(err)
	}
	then, err := s.View(q.WithAt(s.KnownOn("2022-05-31")), today)
	if err != nil {
		t.Fatal(err)
	}
	if now.Totals.Pledges != 3 || then.Totals.Pledges != 2 {
		t.Errorf("%d by today's knowledge, %d as known then; want 3 and 2", now.Totals.Pledges, then.Totals.Pledges)
	}
}

package explore

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	diff "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"stocktake/internal/pledge"
	"stocktake/internal/register"
)

// stepBeside appends figures of a day, or an announcement. All other properties hold with them in
// the register, too: no number knows of them.
func (b *book) stepBeside(t *rapid.T, on string) {
	if rapid.Bool().Draw(t, "figures") {
		f := pledge.Figures{Schema: 1, On: rapid.SampledFrom(someDays[:3]).Draw(t, "day"), Received: rapid.IntRange(0, 9).Draw(t, "received"), InReview: 1, Returned: 2, Published: 3}
		if rapid.Bool().Draw(t, "told") {
			n := rapid.IntRange(0, 9).Draw(t, "aside")
			f.SetAside = &n
		}
		b.add(pledge.FiguresKind, f.On, on, f)
		return
	}
	code := rapid.SampledFrom(someParties).Draw(t, "who")
	b.add(pledge.AnnouncementKind, fmt.Sprintf("%s/%d", code, rapid.IntRange(1, 2).Draw(t, "number")), on, pledge.Announcement{
		Schema: 1, Party: code, On: rapid.SampledFrom(someDays).Draw(t, "announced"), Occasion: drawText(t, "occasion"), Language: "en",
		Status: rapid.SampledFrom([]pledge.AnnouncementStatus{pledge.Awaited, pledge.Awaited, pledge.Answered, pledge.Dropped}).Draw(t, "status"),
	})
}

// seenOf is what a view at a moment sees of each subject of a kind, by recomputation: the version
// that stands, then those before it.
func seenOf(entries []register.Entry, kind string, at int64, day string) map[string][]register.Entry {
	seen := map[string][]register.Entry{}
	for _, e := range entries {
		if h := e.Header; h.Kind == kind && h.Position < at && h.Effective <= day {
			seen[h.Subject] = append(seen[h.Subject], e)
		}
	}
	for subject, list := range seen {
		slices.SortFunc(list, func(a, b register.Entry) int {
			return -cmp.Or(strings.Compare(a.Header.Effective, b.Header.Effective), cmp.Compare(a.Header.Position, b.Header.Position))
		})
		if list[0].Payload == nil {
			delete(seen, subject)
		}
	}
	return seen
}

func TestWhatStandsBesideEqualsRecomputation(t *testing.T) {
	pack := testPack(t)
	rapid.Check(t, func(t *rapid.T) {
		b := &book{pack: pack}
		for range rapid.IntRange(0, 25).Draw(t, "entries") {
			if rapid.IntRange(0, 3).Draw(t, "of another kind") == 0 {
				b.step(t)
			} else {
				b.stepBeside(t, rapid.SampledFrom(someDays).Draw(t, "published"))
			}
		}
		half := rapid.IntRange(0, len(b.entries)).Draw(t, "read first")
		old, err := next(newSnapshot(folded{}, [32]byte{}, b.pack, clockOf(today), nil), b.entries[:half])
		if err != nil {
			t.Fatal(err)
		}
		before, err := old.Figures(Query{}, today)
		if err != nil {
			t.Fatal(err)
		}
		s, err := next(old, b.entries)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := old.Figures(Query{}, today); err != nil || !diff.Equal(before, again) {
			t.Fatalf("an older snapshot said %v and says %v: %v", before, again, err)
		}

		q := drawQuery(t, pack, int64(len(b.entries)))
		at, day := momentOf(s, q)
		var figures []Figures
		for _, list := range seenOf(b.entries, pledge.FiguresKind, at, day) {
			var all []Figures
			for _, e := range list {
				if e.Payload != nil {
					all = append(all, Figures{*decode[pledge.Figures](e), e.Header.Position, e.Header.Version, e.Header.Effective, nil})
				}
			}
			all[0].Earlier = all[1:]
			figures = append(figures, all[0])
		}
		slices.SortFunc(figures, func(a, b Figures) int { return strings.Compare(b.On, a.On) })
		got, err := s.Figures(q, today)
		if d := diff.Diff(figures, got, cmpopts.EquateEmpty()); err != nil || d != "" {
			t.Fatalf("%v: %s", err, d)
		}

		awaited := map[string]int64{}
		for subject, list := range seenOf(b.entries, pledge.AnnouncementKind, at, day) {
			if decode[pledge.Announcement](list[0]).Status == pledge.Awaited {
				awaited[strings.TrimPrefix(subject, "announcement:")] = list[0].Header.Position
			}
		}
		list, err := s.Announcements(q, today)
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range list {
			if position, is := awaited[a.ID]; !is || position != a.Position || !strings.HasPrefix(a.ID, a.Party+"/") {
				t.Fatalf("%+v is not awaited as of %s at %d", a, day, at)
			}
			if i > 0 && a.On > list[i-1].On {
				t.Fatalf("%+v stands before %+v", list[i-1], a)
			}
		}
		if len(list) != len(awaited) {
			t.Fatalf("%d are listed, %d awaited", len(list), len(awaited))
		}

		read, err := readFileOf(b, fileOf(t, s))
		if err != nil {
			t.Fatal(err)
		}
		if again, err := read.Figures(q, today); err != nil || diff.Diff(got, again, cmpopts.EquateEmpty()) != "" {
			t.Fatalf("an index from a file says %v: %v", again, err)
		}
		if again, err := read.Announcements(q, today); err != nil || diff.Diff(list, again, cmpopts.EquateEmpty()) != "" {
			t.Fatalf("an index from a file says %v: %v", again, err)
		}
	})
}

// An announcement changes no number, and nor do figures.
func TestNoNumberKnowsOfAnnouncements(t *testing.T) {
	b := &book{pack: testPack(t)}
	b.add("party", "ken", "2022-05-20", stateParty("KE"))
	b.add("pledge", b.id(1), "2022-05-20", simplePledge(b.pack, 1, "One of them"))
	plain := snapshotOf(t, b)
	b.add(pledge.AnnouncementKind, "ken/1", "2024-02-29", pledge.Announcement{Schema: 1, Party: "ken", On: "2024-02-29", Occasion: "The forum", Language: "en", Status: pledge.Awaited})
	b.add(pledge.FiguresKind, "2024-02-29", "2024-02-29", pledge.Figures{Schema: 1, On: "2024-02-29", Received: 9})
	with := snapshotOf(t, b)
	before, after := sought(t, plain, Query{}), sought(t, with, Query{})
	if before.Totals != after.Totals {
		t.Errorf("totals were %+v and are %+v", before.Totals, after.Totals)
	}
	for _, name := range Filters {
		if d := diff.Diff(before.Facet(name), after.Facet(name)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	if c, err := with.Changes(Query{}, "2023-01-01", today, today); err != nil || c.New.Count+c.Revised.Count+c.Reported.Count+c.Ended.Count != 0 {
		t.Errorf("%+v: %v", c, err)
	}
	if a, err := with.Announcements(Query{}.WithAsOf("2024-02-28"), today); err != nil || len(a) != 0 {
		t.Errorf("announced before its day: %+v, %v", a, err)
	}
}

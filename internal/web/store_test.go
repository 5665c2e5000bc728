package web

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func small(bytes int) *response {
	return newResponse([]byte(strings.Repeat("x", bytes)), []string{"image/png"}, keepNot)
}

// Whatever happens, the store holds no more than its limit, knows what it holds, gives out
// only pages of the edition asked for, and the page that was put there.
func TestStoreHoldsItsLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newStore(100_000)
		model := map[flightKey]*response{}
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			key := flightKey{edition{size: rapid.Int64Range(1, 2).Draw(t, "size"), day: rapid.Int64Range(1, 2).Draw(t, "day")},
				target{"/en/", fmt.Sprint(rapid.IntRange(0, 60).Draw(t, "query"))}}
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				made := small(rapid.IntRange(0, 8000).Draw(t, "bytes"))
				if s.get(key.edition, key.target) == nil {
					s.put(key.edition, key.target, made)
					if s.get(key.edition, key.target) == made {
						model[key] = made
					}
				}
			case 1:
				if k := s.byKey[key.target]; k != nil {
					k.made.grew(rapid.IntRange(0, 3000).Draw(t, "more"))
				}
			default:
				if got := s.get(key.edition, key.target); got != nil && got != model[key] {
					t.Fatalf("%v gives the page of another question", key)
				}
			}
			bytes := 0
			for _, k := range s.byKey {
				bytes += k.size
			}
			if used := s.small.bytes + s.large.bytes; used > s.limit || used != bytes || len(s.byKey) != s.small.Len()+s.large.Len() {
				t.Fatalf("%d bytes in %d pages, the queues say %d in %d", bytes, len(s.byKey), used, s.small.Len()+s.large.Len())
			}
		}
	})
}

// Pages that people read outlive any number of questions that are asked once.
func TestStoreResistsAFlood(t *testing.T) {
	s, at := newStore(1_000_000), edition{size: 1, day: 1}
	const read = 50
	for i := range read {
		s.put(at, target{"/en/", fmt.Sprint("read", i)}, small(8000))
		s.get(at, target{"/en/", fmt.Sprint("read", i)})
	}
	for i := range 20_000 {
		s.put(at, target{"/en/", fmt.Sprint("once", i)}, small(8000))
	}
	for i := range read {
		if s.get(at, target{"/en/", fmt.Sprint("read", i)}) == nil {
			t.Errorf("page %d was pushed out", i)
		}
	}
	if n := len(s.gone.ring); n > mostGhosts || len(s.gone.has) > mostGhosts {
		t.Errorf("%d names of dropped pages", n)
	}
}

// Who comes back soon after being dropped stays.
func TestStoreRemembersWhoWasDropped(t *testing.T) {
	s, at := newStore(100_000), edition{size: 1, day: 1}
	back := target{"/en/", "back"}
	s.put(at, back, small(5000))
	for i := range 30 {
		s.put(at, target{"/en/", fmt.Sprint(i)}, small(5000))
	}
	if s.get(at, back) != nil {
		t.Fatal("the page should have been dropped by now")
	}
	s.put(at, back, small(5000))
	for i := range 15 {
		s.put(at, target{"/en/", fmt.Sprint("more", i)}, small(5000))
	}
	if s.get(at, back) == nil {
		t.Error("the page came back and was dropped again")
	}
}

func TestStoreForgetsTheEditionBefore(t *testing.T) {
	s, to := newStore(100_000), target{"/en/", ""}
	s.put(edition{size: 1, day: 1}, to, small(1000))
	s.put(edition{size: 2, day: 1}, target{"/fr/", ""}, small(1000))
	if len(s.byKey) != 1 {
		t.Errorf("%d pages, want that of the new edition alone", len(s.byKey))
	}
	s.put(edition{size: 1, day: 1}, to, small(1000))
	if s.get(edition{size: 1, day: 1}, to) != nil || s.get(edition{size: 2, day: 1}, target{"/fr/", ""}) == nil {
		t.Error("an old edition came back")
	}
	s.put(edition{size: 2, day: 1, fromFile: true}, to, small(1000))
	if s.get(edition{size: 2, day: 1}, to) != nil {
		t.Error("what was made of a file outlives it")
	}
	s.put(edition{size: 2, day: 2}, to, small(10_000))
	if s.get(edition{size: 2, day: 2}, to) != nil {
		t.Error("one page took more than a sixteenth of the store")
	}
}

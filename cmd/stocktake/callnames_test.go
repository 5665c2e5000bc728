package main

import (
	"testing"
	"time"

	"stocktake/internal/compact"
	"stocktake/internal/lang"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/work/kittest"
)

// The desk names a call, and the public pages learn of it.
func TestNamesOfCallsAreFoundAgain(t *testing.T) {
	s := under(t, func(*compact.Mandates, string) {})
	ctx, by := t.Context(), s.People[kittest.Reviewer]
	call := intake.Call{ID: "forum-2026", Zone: "UTC", Opens: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		Title: map[lang.Code]string{lang.EN: "Forum of 2026", lang.AR: "منتدى 2026"}}
	if err := s.rooms.intake.PutCall(ctx, by, call); err != nil {
		t.Fatal(err)
	}
	names, err := namesOf(ctx, s.rooms.intake)
	if err != nil {
		t.Fatal(err)
	}
	look := func() int64 {
		t.Helper()
		if err := names.look(ctx); err != nil {
			t.Fatal(err)
		}
		return names.Edition()
	}
	for c, want := range map[lang.Code]string{lang.EN: "Forum of 2026", lang.AR: "منتدى 2026", lang.FR: "Forum of 2026"} {
		if got := names.Name("forum-2026", c); got != want {
			t.Errorf("%s: %q, want %q", c, got, want)
		}
	}
	if got := names.Name("nobody-knows-it", lang.EN); got != "" {
		t.Errorf("an unknown call is called %q", got)
	}
	first := names.Edition()
	if again := look(); again != first {
		t.Errorf("edition %d, and %d though nothing has changed", first, again)
	}
	call.Title[lang.FR] = "Forum de 2026"
	if err := s.rooms.intake.PutCall(ctx, by, call); err != nil {
		t.Fatal(err)
	}
	if again := look(); again <= first || names.Name("forum-2026", lang.FR) != "Forum de 2026" {
		t.Errorf("edition %d after %d, and %q", again, first, names.Name("forum-2026", lang.FR))
	}
}

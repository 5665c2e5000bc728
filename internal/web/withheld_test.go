package web

import (
	"context"
	"errors"
	"testing"
)

// What is withheld is asked for once as long as the register does not grow; a failure is not
// remembered, and neither is what was true of a smaller register.
func TestWithheldIsAskedOnce(t *testing.T) {
	var w withheld
	asked, answer, failure := 0, int64(0), errors.New("no database")
	ask := func(context.Context, int64) (int64, error) {
		asked++
		return answer, failure
	}
	if _, err := w.of(t.Context(), 10, 10, ask); !errors.Is(err, failure) {
		t.Fatalf("the failure became %v", err)
	}
	failure = nil
	for _, step := range []struct {
		now, size, real, want int64
		asked                 int
	}{
		{10, 10, 0, 0, 2}, // after the failure
		{10, 10, 7, 0, 2}, // remembered
		{10, 5, 1, 1, 3},  // another number of entries
		{11, 10, 2, 2, 4}, // an erasure has come
		{11, 10, 9, 2, 4},
		{11, 11, 2, 2, 5},
		{10, 10, 3, 3, 6}, // a reader who still looks at the smaller register
	} {
		answer = step.real
		if got, err := w.of(t.Context(), step.now, step.size, ask); err != nil || got != step.want || asked != step.asked {
			t.Errorf("%+v: %d, asked %d times, %v", step, got, asked, err)
		}
	}
	for size := range int64(3 * mostWithheld) {
		if _, err := w.of(t.Context(), 12, size, ask); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.sizes) > mostWithheld {
		t.Errorf("%d numbers are remembered", len(w.sizes))
	}
}

package my

import (
	"strings"
	"testing"

	"stocktake/internal/web/work/kittest"
)

// What happened says who has cleared a step.
func TestTheTrailSaysWhoCleared(t *testing.T) {
	s := serve(t)
	at := s.draft(t, s.As(kittest.Focal))
	sub, by := s.get(t, at), s.People[kittest.Deputy]
	sub, err := s.desk.SetSteps(t.Context(), s.People[kittest.Focal], sub.Ref, sub.Version, []string{"legal"})
	if err == nil {
		_, err = s.desk.Clear(t.Context(), by, sub.Ref, sub.Version, "legal", "")
	}
	if err != nil {
		t.Fatal(err)
	}
	trail := s.As(kittest.Focal).Get(at).First("[aria-labelledby=trail]").Text()
	if !strings.Contains(trail, "legal · Deputy Person") {
		t.Errorf("it says %q", trail)
	}
}

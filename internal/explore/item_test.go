package explore

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

func TestFirstOfIsTheBeginningOfTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfDistinct(rapid.Uint32Range(0, 500), func(v uint32) uint32 { return v }).Draw(t, "list")
		n := rapid.IntRange(0, 60).Draw(t, "n")
		backwards := func(a, b uint32) int { return int(b) - int(a) }
		all := firstOf(append([]uint32(nil), list...), len(list), backwards)
		got := firstOf(append([]uint32(nil), list...), n, backwards)
		if fmt.Sprint(got) != fmt.Sprint(all[:min(n, len(all))]) {
			t.Fatalf("first %d of %v: %v", n, all, got)
		}
	})
}

package explore

import (
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"
)

func TestIDsAreFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.OneOf(
			rapid.Map(rapid.IntRange(0, 12), func(n int) string { return fmt.Sprintf("GCM-%04d", n) }),
			rapid.Map(rapid.IntRange(60_000, 200_000), func(n int) string { return fmt.Sprintf("GCM-%04d", n) }),
			rapid.SampledFrom([]string{"GCM-00012", "GCM-12", "GCM-999999999", "GCM-9999999999", "GCM-", "GCM", "ABC-0001", "0001", "", "GCM-00x1", "-0001"}))
		var now idTable
		known := map[string]uint32{}
		for round := range uint64(4) {
			older, before := now, maps.Clone(known)
			for range rapid.IntRange(0, 8).Draw(t, "ids") {
				s := id.Draw(t, "id")
				if _, ok := now.get(s); !ok {
					now.put(round+1, s, uint32(len(known)))
					known[s] = uint32(len(known))
				}
			}
			for _, c := range []struct {
				table *idTable
				want  map[string]uint32
			}{{&now, known}, {&older, before}} {
				for s := range known {
					want, ok := c.want[s]
					if got, found := c.table.get(s); found != ok || got != want {
						t.Fatalf("%q is %d, %v; want %d, %v", s, got, found, want, ok)
					}
				}
			}
		}
	})
}

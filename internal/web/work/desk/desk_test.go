package desk

import (
	"maps"
	"slices"
	"testing"

	"stocktake/internal/web/work/kittest"
)

// made are the keys that the code puts together.
func made() (all []string) {
	for _, m := range []map[string]string{stateKey, checkKey, wayKey, refusedKey, doneKey, actKey, tabKey, filterKey, proposalKey, titleKey, textKey, minuteKey} {
		all = append(all, slices.Sorted(maps.Values(m))...)
	}
	return all
}

func TestArea(t *testing.T) { kittest.Area(t, New(nil, nil, nil), made()...) }

package work_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"stocktake/internal/access"
	"stocktake/internal/web/work/desk"
	"stocktake/internal/web/work/follow"
	"stocktake/internal/web/work/kit"
	"stocktake/internal/web/work/kittest"
	"stocktake/internal/web/work/my"
	"stocktake/internal/web/work/office"
	"stocktake/internal/web/work/people"
	"stocktake/internal/web/work/sign"
	"stocktake/internal/web/work/tongue"
)

var update = flag.Bool("update", false, "write the golden files")

// areas are all areas as they stand when nothing is behind them: their routes, pages and
// messages.
func areas() []kit.Area {
	return []kit.Area{
		sign.New(nil, nil), people.New(people.Rooms{}), my.New(my.Options{}), desk.New(nil, nil), follow.New(nil), tongue.New(nil), office.Area(nil, nil, nil),
	}
}

func TestEveryDoorWithEverybody(t *testing.T) { kittest.Doors(t, areas()...) }

// All routes of the workspace on one page, with what one must be allowed to do to come in.
func TestRoutesOnOnePage(t *testing.T) {
	var lines []string
	for _, a := range areas() {
		for _, r := range a.Routes {
			action := string(r.Action)
			if action == "" {
				action = "(open to everybody)"
			} else if !slices.Contains(access.Actions, r.Action) {
				t.Errorf("%s: the policy does not know %q", r.Path, action)
			}
			lines = append(lines, fmt.Sprintf("%-4s %-44s %-22s %s", r.Method, r.Path, action, a.Name))
		}
	}
	slices.SortStableFunc(lines, func(a, b string) int { return strings.Compare(a[5:], b[5:]) })
	got := strings.Join(lines, "\n") + "\n"
	const golden = "testdata/routes.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || string(want) != got {
		t.Errorf("the routes are not those of %s (run with -update and look at what changed): %v\n%s", golden, err, got)
	}
}

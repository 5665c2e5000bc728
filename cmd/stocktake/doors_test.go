package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"stocktake/internal/access"
	"stocktake/internal/web/work/kit"
	"stocktake/internal/web/work/kittest"
)

var update = flag.Bool("update", false, "write the golden files")

// areasOf are the areas of a site as serve puts it together, without the kit's own error pages,
// which have no routes.
func areasOf(s *stage) []kit.Area {
	return slices.DeleteFunc(slices.Clone(s.Kit.Areas), func(a kit.Area) bool { return len(a.Routes) == 0 })
}

// Every route of the whole workspace, tried as everybody.
func TestEveryDoorOfTheWorkspace(t *testing.T) { kittest.Doors(t, areasOf(open(t))...) }

// All routes of the workspace on one page, with what one must be allowed to do to come in.
func TestTheRoutesOfTheWorkspace(t *testing.T) {
	var lines []string
	for _, a := range areasOf(open(t)) {
		for _, r := range a.Routes {
			action := string(r.Action)
			if action == "" {
				action = "(open to everybody)"
			} else if !slices.Contains(access.Actions, r.Action) {
				t.Errorf("%s: the policy does not know %q", r.Path, action)
			}
			lines = append(lines, fmt.Sprintf("%-4s %-40s %-26s %s", r.Method, r.Path, action, a.Name))
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

package intake_test

import (
	"slices"
	"testing"

	"stocktake/internal/access"
	"stocktake/internal/pledge"
)

// The workflow and the policy are two tables in two rooms. They say the same: what the owner of
// a pledge, or a reviewer, can do to it in which state.
func TestPolicyAndWorkflowAgree(t *testing.T) {
	if len(access.States) != len(pledge.States) {
		t.Fatalf("%v and %v", access.States, pledge.States)
	}
	owner := access.Person{ID: "owner", Grants: []access.Grant{{Role: access.FocalPoint, Party: "ken", Transmits: true}}}
	for _, step := range pledge.Workflow {
		for _, state := range pledge.States {
			s := access.Subject{State: string(state), Lead: "ken"}
			for role, by := range map[pledge.Role]access.Person{pledge.Owner: owner, pledge.Reviewer: reviewer} {
				may := access.May(by, access.Action("pledge."+step.Do), s, "2026-03-01")
				if can := slices.Contains(pledge.May(state, role), step.Do); can != may {
					t.Errorf("%s by the %s in %s: the workflow says %v, the policy %v", step.Do, role, state, can, may)
				}
			}
		}
	}
}

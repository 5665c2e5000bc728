package pledge_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"stocktake/internal/errs"
	"stocktake/internal/pledge"
)

var actions = []pledge.Action{
	pledge.Abandon, pledge.Submit, pledge.SetAside, pledge.TakeUp, pledge.Return, pledge.Schedule, pledge.Unschedule, pledge.Publish,
	pledge.SubmitRevision, pledge.TakeBackRevision, pledge.ReturnRevision, pledge.PublishRevision, pledge.Withdraw, pledge.Supersede,
}

// possible is the whole workflow, written down a second time: for each state what each action
// makes of it. What is not here must be refused.
var possible = map[pledge.State]map[pledge.Action]pledge.State{
	pledge.StateDraft:     {pledge.Submit: pledge.StateSubmitted, pledge.Abandon: pledge.StateAbandoned},
	pledge.StateAbandoned: {},
	pledge.StateSubmitted: {
		pledge.Return: pledge.StateReturned, pledge.SetAside: pledge.StateSetAside,
		pledge.Schedule: pledge.StateScheduled, pledge.Publish: pledge.StatePublished,
	},
	pledge.StateSetAside:  {pledge.TakeUp: pledge.StateSubmitted},
	pledge.StateReturned:  {pledge.Submit: pledge.StateSubmitted, pledge.Abandon: pledge.StateAbandoned},
	pledge.StateScheduled: {pledge.Publish: pledge.StatePublished, pledge.Unschedule: pledge.StateSubmitted},
	pledge.StatePublished: {
		pledge.SubmitRevision: pledge.StateRevisionSubmitted, pledge.Withdraw: pledge.StateWithdrawn, pledge.Supersede: pledge.StateSuperseded,
	},
	pledge.StateRevisionSubmitted: {
		pledge.PublishRevision: pledge.StatePublished, pledge.ReturnRevision: pledge.StatePublished, pledge.TakeBackRevision: pledge.StatePublished,
		pledge.Withdraw: pledge.StateWithdrawn, pledge.Supersede: pledge.StateSuperseded,
	},
	pledge.StateWithdrawn:  {},
	pledge.StateSuperseded: {},
}

func TestNextForEveryStateAndAction(t *testing.T) {
	if len(pledge.States) != len(possible) {
		t.Fatalf("%d states, %d in this test", len(pledge.States), len(possible))
	}
	for _, from := range pledge.States {
		for _, do := range actions {
			want, allowed := possible[from][do]
			got, err := pledge.Next(from, do)
			switch {
			case allowed && (err != nil || got != want):
				t.Errorf("%s, %s: got %s, %v; want %s", from, do, got, err, want)
			case !allowed && (!errs.Is(err, errs.Conflict) || got != from):
				t.Errorf("%s, %s: got %s, %v; want a conflict and no change", from, do, got, err)
			}
		}
		if final := len(possible[from]) == 0; from.Final() != final {
			t.Errorf("%s: Final = %v", from, from.Final())
		}
	}
	for _, step := range pledge.Workflow {
		if !slices.Contains(actions, step.Do) || len(step.By) == 0 {
			t.Errorf("%s is missing in this test, or nobody may do it", step.Do)
		}
	}
	if _, err := pledge.Next("nowhere", pledge.Publish); err == nil {
		t.Error("an unknown state went on")
	}
}

func TestMay(t *testing.T) {
	for _, tt := range []struct {
		in   pledge.State
		as   pledge.Role
		want []pledge.Action
	}{
		{pledge.StateDraft, pledge.Owner, []pledge.Action{pledge.Submit, pledge.Abandon}},
		{pledge.StateDraft, pledge.Reviewer, nil},
		{pledge.StateSubmitted, pledge.Owner, nil},
		{pledge.StateSubmitted, pledge.Reviewer, []pledge.Action{pledge.Return, pledge.SetAside, pledge.Schedule, pledge.Publish}},
		{pledge.StateSubmitted, pledge.Clock, nil},
		{pledge.StateScheduled, pledge.Clock, []pledge.Action{pledge.Publish}},
		{pledge.StatePublished, pledge.Owner, []pledge.Action{pledge.SubmitRevision, pledge.Withdraw, pledge.Supersede}},
		{pledge.StateRevisionSubmitted, pledge.Reviewer, []pledge.Action{pledge.ReturnRevision, pledge.PublishRevision, pledge.Withdraw, pledge.Supersede}},
		{pledge.StateWithdrawn, pledge.Reviewer, nil},
	} {
		if got := pledge.May(tt.in, tt.as); !slices.Equal(got, tt.want) {
			t.Errorf("%s as %s: %v, want %v", tt.in, tt.as, got, tt.want)
		}
	}
}

// Whatever happens: what was public stays public; nothing is public that nobody of the
// secretariat, nor the clock after them, let through; an end is an end.
func TestNoSequenceOfActionsLeadsAstray(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state := pledge.StateDraft
		accepted := false
		for _, do := range rapid.SliceOfN(rapid.SampledFrom(actions), 0, 60).Draw(t, "actions") {
			next, err := pledge.Next(state, do)
			if err != nil {
				continue
			}
			if state.Final() {
				t.Fatalf("%s went on to %s", state, next)
			}
			if state.Public() && !next.Public() {
				t.Fatalf("%s made the public %s the private %s", do, state, next)
			}
			if do == pledge.Publish || do == pledge.Schedule {
				accepted = true
			}
			if next.Public() && !accepted {
				t.Fatalf("%s is public and nobody let it through", next)
			}
			if _, listed := possible[next]; !listed {
				t.Fatalf("%s is no state", next)
			}
			state = next
		}
		if status, public := state.Status(); public != state.Public() || public && status == "" {
			t.Fatalf("%s has the status %q", state, status)
		}
	})
}

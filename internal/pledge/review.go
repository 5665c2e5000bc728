package pledge

import (
	"slices"

	"stocktake/internal/errs"
)

// The life of a pledge, as data. Until it is published it is private: nothing of it is in the
// register, and nobody outside can tell that it exists. What has been published stays public
// for ever; a withdrawn or superseded pledge keeps its page, with its notice and history.
//
//	draft → submitted → published → withdrawn
//	draft → abandoned · submitted ⇄ set aside · submitted → returned → submitted
//	submitted → scheduled → published · published → revision submitted → published
//	published → superseded

// State is where a pledge stands in the review.
type State string

const (
	StateDraft             State = "draft"              // being written by its owner
	StateAbandoned         State = "abandoned"          // given up before it was published
	StateSubmitted         State = "submitted"          // waits for the secretariat
	StateSetAside          State = "set_aside"          // spam, a duplicate, or out of scope
	StateReturned          State = "returned"           // with the owner again, with remarks
	StateScheduled         State = "scheduled"          // accepted, to be published on a day
	StatePublished         State = "published"          // public
	StateRevisionSubmitted State = "revision_submitted" // public as it was; a new version waits for the secretariat
	StateWithdrawn         State = "withdrawn"          // public, with its notice; out of the totals
	StateSuperseded        State = "superseded"         // public, with a link to the pledge that replaces it
)

// States lists all of them, in the order of a pledge's life.
var States = []State{
	StateDraft, StateAbandoned, StateSubmitted, StateSetAside, StateReturned, StateScheduled,
	StatePublished, StateRevisionSubmitted, StateWithdrawn, StateSuperseded,
}

// Public reports whether the pledge has a public page.
func (s State) Public() bool {
	_, public := s.Status()
	return public
}

// Final reports whether nothing more can happen to it.
func (s State) Final() bool {
	return s == StateAbandoned || s == StateWithdrawn || s == StateSuperseded
}

// Status is what the public is told; there is none while the pledge is private. A revision
// that waits does not show.
func (s State) Status() (Status, bool) {
	switch s {
	case StatePublished, StateRevisionSubmitted:
		return Published, true
	case StateWithdrawn:
		return Withdrawn, true
	case StateSuperseded:
		return Superseded, true
	}
	return "", false
}

// Role is what somebody is to a pledge. Who holds a role is decided elsewhere.
type Role string

const (
	Owner    Role = "owner"    // a focal point of the party in the lead
	Reviewer Role = "reviewer" // the secretariat
	Clock    Role = "clock"    // nobody: the day has come
)

// Action is something that can be done to a pledge in review.
type Action string

const (
	Abandon          Action = "abandon"
	Submit           Action = "submit"
	SetAside         Action = "set_aside"
	TakeUp           Action = "take_up"
	Return           Action = "return"
	Schedule         Action = "schedule"
	Unschedule       Action = "unschedule"
	Publish          Action = "publish"
	SubmitRevision   Action = "submit_revision"
	TakeBackRevision Action = "take_back_revision"
	ReturnRevision   Action = "return_revision"
	PublishRevision  Action = "publish_revision"
	Withdraw         Action = "withdraw"
	Supersede        Action = "supersede"
)

// Step is one rule of the workflow: in any of the From states, any of By may do Do, and then
// the pledge is in the state To.
type Step struct {
	Do   Action
	From []State
	To   State
	By   []Role
}

// Workflow is all that can happen to a pledge. What is not here is not possible.
var Workflow = []Step{
	{Submit, []State{StateDraft, StateReturned}, StateSubmitted, []Role{Owner}},
	{Abandon, []State{StateDraft, StateReturned}, StateAbandoned, []Role{Owner}},
	{Return, []State{StateSubmitted}, StateReturned, []Role{Reviewer}},
	{SetAside, []State{StateSubmitted}, StateSetAside, []Role{Reviewer}},
	{TakeUp, []State{StateSetAside}, StateSubmitted, []Role{Reviewer}},
	{Schedule, []State{StateSubmitted}, StateScheduled, []Role{Reviewer}},
	{Unschedule, []State{StateScheduled}, StateSubmitted, []Role{Reviewer}},
	{Publish, []State{StateSubmitted}, StatePublished, []Role{Reviewer}},
	{Publish, []State{StateScheduled}, StatePublished, []Role{Reviewer, Clock}},
	{SubmitRevision, []State{StatePublished}, StateRevisionSubmitted, []Role{Owner}},
	{TakeBackRevision, []State{StateRevisionSubmitted}, StatePublished, []Role{Owner}},
	{ReturnRevision, []State{StateRevisionSubmitted}, StatePublished, []Role{Reviewer}},
	{PublishRevision, []State{StateRevisionSubmitted}, StatePublished, []Role{Reviewer}},
	{Withdraw, []State{StatePublished, StateRevisionSubmitted}, StateWithdrawn, []Role{Owner, Reviewer}},
	{Supersede, []State{StatePublished, StateRevisionSubmitted}, StateSuperseded, []Role{Owner, Reviewer}},
}

// Next is the state after an action, or a conflict where the action is not possible.
func Next(from State, do Action) (State, error) {
	for _, step := range Workflow {
		if step.Do == do && slices.Contains(step.From, from) {
			return step.To, nil
		}
	}
	return from, errs.New(errs.Conflict, "a pledge that is %q cannot be given %q", from, do).WithKey("pledge.action.impossible")
}

// May lists what somebody with the role can do to a pledge in the state, in the order of Workflow.
func May(in State, as Role) []Action {
	var out []Action
	for _, step := range Workflow {
		if slices.Contains(step.From, in) && slices.Contains(step.By, as) {
			out = append(out, step.Do)
		}
	}
	return out
}

package access

import (
	"slices"

	"stocktake/internal/errs"
	"stocktake/internal/lang"
)

// Relation is what somebody is to the thing that is acted on.
type Relation string

const (
	NoRelation   Relation = ""             // nothing in particular
	Lead         Relation = "lead"         // a focal point or deputy of the party in the lead
	Principal    Relation = "principal"    // its first contact, not a deputy
	Transmitting Relation = "transmitting" // its transmitting authority
	Named        Relation = "named"        // of a party that has confirmed its part
	Invited      Relation = "invited"      // of a party that was invited and has not answered
	Self         Relation = "self"         // the very person
	Office       Relation = "office"       // the secretariat
	Former       Relation = "former"       // of a party that led it and has left
	Entering     Relation = "entering"     // the secretariat, of a draft that it writes on behalf of a party
)

// Relations lists all of them.
var Relations = []Relation{NoRelation, Lead, Principal, Transmitting, Named, Invited, Former, Self, Office, Entering}

// Subject is what is acted on. The zero value is "nothing in particular", for actions such as
// reading the figures.
type Subject struct {
	State    string    // of the pledge, as in its workflow; "" where there is none
	Lead     string    // code of the party in the lead
	Named    []string  // parties that have confirmed, without the lead
	Invited  []string  // parties that were asked and have not answered
	Former   []string  // parties that led it and have left
	Person   string    // id of the person who is acted on
	Entered  bool      // the secretariat entered it on behalf of the party, and the party has not taken it over
	Language lang.Code // of the translation; "" is any
}

// Rule allows an action: to whoever holds one of the roles (none given: whoever has an account)
// and stands in one of the relations (none given: no relation is needed) while the pledge is in
// one of the states (none given: any, and where there is no pledge). What no rule allows is
// refused.
type Rule struct {
	Do        Action
	Roles     []Role
	Relations []Relation
	States    []string
}

// States that a pledge can be in, in the words of its workflow.
const (
	draft     = "draft"
	abandoned = "abandoned"
	submitted = "submitted"
	setAside  = "set_aside"
	returned  = "returned"
	scheduled = "scheduled"
	published = "published"
	revision  = "revision_submitted"
	withdrawn = "withdrawn"
	replaced  = "superseded"
)

// States lists them, in the order of a pledge's life.
var States = []string{draft, abandoned, submitted, setAside, returned, scheduled, published, revision, withdrawn, replaced}

// Public reports whether everybody can know that a pledge in this state exists.
func Public(state string) bool {
	return slices.Contains(public, state)
}

// Shorthands of the table.
var (
	admin      = []Role{Administrator}
	reviewer   = []Role{Reviewer}
	focal      = []Role{FocalPoint}
	translator = []Role{Translator}
	watching   = []Role{Reviewer, Observer}
	desk       = []Role{Administrator, Reviewer, Observer}
	staff      = []Role{Administrator, Reviewer}

	office       = []Relation{Office}
	entering     = []Relation{Entering}
	lead         = []Relation{Lead}
	principal    = []Relation{Principal}
	transmitting = []Relation{Transmitting}
	former       = []Relation{Former}
	self         = []Relation{Self}
	taking       = []Relation{Lead, Named} // takes part, and has said so

	writing  = []string{draft, returned}                                                                    // the words are with the party
	open     = []string{draft, returned, published}                                                         // or a revision can be prepared
	inReview = []string{submitted, setAside, returned, scheduled, revision}                                 // the desk has work with it
	received = []string{submitted, setAside, returned, scheduled, published, revision, withdrawn, replaced} // the desk has seen it
	current  = []string{published, revision}
	public   = []string{published, revision, withdrawn, replaced}
	alive    = []string{draft, submitted, returned, scheduled, published, revision}
)

// Policy is who may do what. Read a line as: the action; by whom; what they are to it; when.
var Policy = []Rule{
	{EnterMy, focal, nil, nil},
	{EnterDesk, desk, nil, nil},
	{EnterTranslations, []Role{Translator, Reviewer, FocalPoint}, nil, nil},

	// A party writes. Before it submits, nobody outside reads along, the secretariat included.
	{CreatePledge, focal, lead, nil},
	{ReadDraft, focal, taking, open},
	{WritePledge, focal, lead, open},
	{SetClearances, focal, principal, open},
	{ClearPledge, focal, lead, open},
	{InviteParty, focal, lead, open},
	{AttachFile, focal, lead, open},
	{AbandonPledge, focal, lead, writing},
	{SubmitPledge, focal, transmitting, writing},
	{SubmitRevision, focal, transmitting, []string{published}},
	{TakeBackRevision, focal, transmitting, []string{revision}},
	{WithdrawPledge, focal, transmitting, current},
	{SupersedePledge, focal, transmitting, current},
	{ReadPledge, focal, taking, nil},
	{ReadFile, focal, taking, nil},
	{ReadAdvice, focal, lead, nil},
	{ReadThread, focal, lead, nil},
	{WriteThread, focal, lead, inReview},
	{WriteThread, focal, lead, current},

	// Who led it and has left reads on what it did, up to then.
	{ReadPledge, focal, former, public},
	{ReadThread, focal, former, public},

	// Others take part in it.
	{AnswerInvitation, focal, []Relation{Invited}, alive},
	{LeavePledge, focal, []Relation{Named}, alive},
	{MatchPledge, focal, lead, current},
	{AnswerMatch, focal, lead, current},

	// The secretariat works on what it has received.
	{ReadPledge, watching, office, received},
	{ReadFile, watching, office, received},
	{ReadAdvice, watching, office, received},
	{ReadThread, reviewer, office, received},
	{WriteThread, reviewer, office, received},
	{ReadNotes, reviewer, office, received},
	{WriteNotes, reviewer, office, received},
	{ReadOrigin, reviewer, office, received},
	{AssignPledge, reviewer, office, inReview},
	{ReturnPledge, reviewer, office, []string{submitted}},
	{SetAsidePledge, reviewer, office, []string{submitted}},
	{TakeUpPledge, reviewer, office, []string{setAside}},
	{SchedulePledge, reviewer, office, []string{submitted}},
	{UnschedulePledge, reviewer, office, []string{scheduled}},
	{PublishPledge, reviewer, office, []string{submitted, scheduled}},
	{ReturnRevision, reviewer, office, []string{revision}},
	{PublishRevision, reviewer, office, []string{revision}},
	{WithdrawPledge, reviewer, office, current},
	{SupersedePledge, reviewer, office, current},

	// A change to a party's words or money is proposed, and the party decides.
	{ProposeChange, reviewer, office, []string{submitted, revision}},
	{ApproveProposal, focal, transmitting, []string{submitted, revision}},
	{RefuseProposal, focal, transmitting, []string{submitted, revision}},
	{ReleaseFile, focal, transmitting, received},
	{ReleaseFile, reviewer, office, []string{submitted, scheduled, revision}}, // keeps back; what the party has not marked stays private

	// What came on paper, or was announced from the floor.
	{EnterPledge, reviewer, office, nil},
	{ReadDraft, reviewer, entering, []string{draft}},
	{ReadPledge, reviewer, entering, []string{draft}},
	{ReadFile, reviewer, entering, []string{draft}},
	{ReadOrigin, reviewer, entering, []string{draft}},
	{WritePledge, reviewer, entering, []string{draft}},
	{AttachFile, reviewer, entering, []string{draft}},
	{AbandonPledge, reviewer, entering, []string{draft}},
	{ConfirmPledge, focal, transmitting, alive},

	{WriteCall, reviewer, office, nil},
	{ReadFigures, desk, office, nil},
	{PublishFigures, reviewer, office, nil},
	{ClearParty, reviewer, office, nil},
	{HoldParty, reviewer, office, nil},
	{WriteParty, reviewer, office, nil},
	{ReadContacts, staff, office, nil},
	{ReadContacts, focal, lead, nil},

	// Following up. A mailed link to report is a right of its own and needs no account.
	{ReadReport, focal, taking, public},
	{ReadReport, watching, office, public},
	{WriteReport, focal, taking, current},
	{ConfirmReport, focal, lead, current},
	{RequestReport, reviewer, office, current},
	{ScreenReport, reviewer, office, public},
	{AssessPledge, reviewer, office, current},
	{ContestPledge, focal, nil, current}, // whether its party stands apart is asked where it is done
	{AnswerContest, focal, lead, public},
	{PublishContest, reviewer, office, public},
	{ReadSchedule, watching, office, nil},
	{ReadSchedule, focal, lead, nil},
	{WriteSchedule, reviewer, office, nil},

	// Translating. The original's words are out of a translator's reach.
	{ReadPledge, translator, office, public},
	{ReadTranslation, []Role{Translator, Reviewer, Observer}, office, public},
	{ReadTranslation, focal, lead, public},
	{WriteTranslation, []Role{Translator, Reviewer}, office, current},
	{WriteTranslation, focal, lead, current},
	{ApproveTranslation, focal, transmitting, current},
	{PublishTranslation, reviewer, office, current},
	{AssignTranslation, []Role{Translator, Reviewer}, office, current},

	// People. A party appoints its own; the secretariat can do it for them; only an
	// administrator lets somebody into the desk.
	{ReadPerson, nil, self, nil},
	{ReadPerson, staff, office, nil},
	{ReadPerson, focal, lead, nil},
	{WritePerson, nil, self, nil},
	{WritePerson, admin, office, nil},
	{InvitePerson, admin, office, nil},
	{AppointPerson, staff, office, nil},
	{AppointPerson, focal, principal, nil},
	{DismissPerson, staff, office, nil},
	{DismissPerson, focal, principal, nil},
	{DismissPerson, nil, self, nil},
	{HandOver, staff, office, nil},
	{HandOver, focal, principal, nil},
	{HandOver, focal, self, nil},
	{EmpowerPerson, admin, office, nil},
	{DeprivePerson, admin, office, nil},
	{DeprivePerson, nil, self, nil},
	{ClosePerson, admin, office, nil},
	{ClosePerson, nil, self, nil},
	{ExportPerson, admin, office, nil},
	{ExportPerson, nil, self, nil},
	{ErasePerson, admin, office, nil},
	{ErasePerson, nil, self, nil},
	{ReadSessions, nil, self, nil},
	{ReadSessions, admin, office, nil},
	{EndSession, nil, self, nil},
	{EndSession, admin, office, nil},
	{WritePasskey, nil, self, nil},
	{ResetPasskeys, admin, office, nil},
	{WritePassword, nil, self, nil},
	{ReadTokens, nil, self, nil},
	{ReadTokens, admin, office, nil},
	{MakeToken, nil, self, nil},
	{EndToken, nil, self, nil},
	{EndToken, admin, office, nil},
	{ReadAudit, admin, office, nil},

	// The outbox holds sign-in links of others: who reads it is watched by the audit.
	{ReadJobs, staff, office, nil},
	{RetryJob, admin, office, nil},
	{ReadMailLog, staff, office, nil},
	{ReadOutbox, admin, office, nil},
	{WriteTemplate, admin, office, nil},
	{WriteSettings, admin, office, nil},
}

// Actions lists everything that the policy speaks of, in its order.
var Actions = func() []Action {
	var all []Action
	for _, r := range Policy {
		if !slices.Contains(all, r.Do) {
			all = append(all, r.Do)
		}
	}
	return all
}()

// Allowed asks the table: may one who holds the role and stands in the relation do it while
// the pledge is in the state?
func Allowed(a Action, role Role, relation Relation, state string) bool {
	for _, r := range rulesOf[a] {
		if (len(r.Roles) == 0 || slices.Contains(r.Roles, role)) &&
			(len(r.Relations) == 0 || slices.Contains(r.Relations, relation)) &&
			(len(r.States) == 0 || slices.Contains(r.States, state)) {
			return true
		}
	}
	return false
}

var rulesOf = func() map[Action][]Rule {
	of := map[Action][]Rule{}
	for _, r := range Policy {
		of[r.Do] = append(of[r.Do], r)
	}
	return of
}()

// Standing is a role, and what the one who holds it is to a subject.
type Standing struct {
	Role     Role
	Relation Relation
}

// Standings lists every way in which the person stands to the subject on the day; none where
// it is nobody, or the account is closed.
func Standings(p Person, s Subject, day string) []Standing {
	if !p.Known() || p.Closed {
		return nil
	}
	all := []Standing{{NoRole, NoRelation}}
	isSelf := s.Person != "" && s.Person == p.ID
	if isSelf {
		all = append(all, Standing{NoRole, Self})
	}
	for _, g := range p.Grants {
		if !g.On(day) {
			continue
		}
		all = append(all, Standing{g.Role, NoRelation})
		if isSelf {
			all = append(all, Standing{g.Role, Self})
		}
		for _, r := range relationsBy(g, s) {
			all = append(all, Standing{g.Role, r})
		}
	}
	return all
}

// relationsBy lists what a grant makes its holder to the subject.
func relationsBy(g Grant, s Subject) (all []Relation) {
	switch {
	case g.Role == FocalPoint && g.Party != "":
		if g.Party == s.Lead {
			all = append(all, Lead)
			if !g.Deputy {
				all = append(all, Principal)
			}
			if g.Transmits {
				all = append(all, Transmitting)
			}
		}
		if slices.Contains(s.Named, g.Party) {
			all = append(all, Named)
		}
		if slices.Contains(s.Invited, g.Party) {
			all = append(all, Invited)
		}
		if slices.Contains(s.Former, g.Party) {
			all = append(all, Former)
		}
	case g.Role == Translator:
		if g.Language == "" || s.Language == "" || g.Language == s.Language {
			all = append(all, Office)
		}
	case g.Role.Desk():
		all = append(all, Office)
		if s.Entered {
			all = append(all, Entering)
		}
	}
	return all
}

// May reports whether the person may do it to the subject on the day.
func May(p Person, a Action, s Subject, day string) bool {
	return !p.waits(a) && slices.ContainsFunc(Standings(p, s, day), func(st Standing) bool {
		return Allowed(a, st.Role, st.Relation, s.State)
	})
}

// Check is May with the reason: Unauthenticated for nobody; NotFound where the person may not
// even know that the subject exists; Forbidden where they may.
//
// A handler that answers people who have not signed in calls Enter before it looks for the
// subject, so that its answer does not tell whether there is one.
func Check(p Person, a Action, s Subject, day string) error {
	switch {
	case May(p, a, s, day):
		return nil
	case !p.Known() || p.Closed:
		return errs.New(errs.Unauthenticated, "nobody has signed in who could %s", a).WithKey("access.sign_in_first")
	case !mayKnow(p, s, day):
		return errs.New(errs.NotFound, "%s may not know of what %s would act on", p.ID, a)
	}
	return errs.New(errs.Forbidden, "%s may not %s", p.ID, a).WithKey("access.not_allowed")
}

// mayKnow reports whether the person may know that the subject exists.
func mayKnow(p Person, s Subject, day string) bool {
	switch {
	case s.State != "":
		return Public(s.State) || May(p, ReadPledge, s, day) || May(p, AnswerInvitation, s, day)
	case s.Person != "":
		return May(p, ReadPerson, s, day)
	}
	return true // a party, a call, the figures: no secret
}

// Could reports whether there is anything to which the person could do this on the day: what a
// menu shows.
func Could(p Person, a Action, day string) bool {
	if !p.Known() || p.Closed || p.waits(a) {
		return false
	}
	return slices.ContainsFunc(rulesOf[a], func(r Rule) bool {
		return len(r.Roles) == 0 || slices.ContainsFunc(r.Roles, func(role Role) bool { return p.Has(role, day) })
	})
}

// Enter is Could with the reason: the check at a door, before any subject is looked for.
func Enter(p Person, a Action, day string) error {
	switch {
	case Could(p, a, day):
		return nil
	case !p.Known() || p.Closed:
		return errs.New(errs.Unauthenticated, "nobody has signed in who could %s", a).WithKey("access.sign_in_first")
	}
	return errs.New(errs.Forbidden, "%s may not %s", p.ID, a).WithKey("access.not_allowed")
}

package access_test

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"stocktake/internal/access"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
)

var update = flag.Bool("update", false, "write the golden files")

// canStand reports whether somebody with the role can be in the relation at all.
func canStand(role access.Role, r access.Relation) bool {
	switch r {
	case access.NoRelation, access.Self:
		return true
	case access.Office, access.Entering:
		return role.Desk()
	}
	return role == access.FocalPoint
}

var everyRole = append([]access.Role{access.NoRole}, access.Roles...)

// TestPolicyFile writes out what the table means: every action, by every role, in every relation,
// in every state. Whoever changes the table sees in the diff of this file what they have changed.
func TestPolicyFile(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("# Who may do what, from internal/access/policy.go (go test ./internal/access -run PolicyFile -update).\n")
	b.WriteString("# A line is an action, a role and a relation; the columns are the states of the pledge: x allowed, . refused.\n")
	b.WriteString("# " + strings.Join(append([]string{"(no pledge)"}, access.States...), " | ") + "\n")
	for _, a := range access.Actions {
		fmt.Fprintf(&b, "\n%s\n", a)
		for _, role := range everyRole {
			for _, r := range access.Relations {
				if !canStand(role, r) {
					continue
				}
				row := make([]byte, 0, 11)
				for _, state := range append([]string{""}, access.States...) {
					mark := byte('.')
					if access.Allowed(a, role, r, state) {
						mark = 'x'
					}
					row = append(row, mark)
				}
				fmt.Fprintf(&b, "  %-14s %-13s %s\n", orDash(string(role)), orDash(string(r)), row)
			}
		}
	}
	const file = "testdata/policy.txt"
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(want, b.Bytes()) {
		return
	}
	action := ""
	got, had := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
	for i := range min(len(got), len(had)) {
		if !strings.HasPrefix(had[i], " ") {
			action = had[i]
		}
		if got[i] != had[i] {
			t.Fatalf("the policy is not what %s says (go test -update, and say why), first at line %d, %s:\n%s\n%s", file, i+1, action, had[i], got[i])
		}
	}
	t.Fatalf("the policy is not what %s says: it has %d lines, not %d", file, len(got), len(had))
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// everywhere calls f for every role, relation and state.
func everywhere(f func(role access.Role, r access.Relation, state string)) {
	for _, role := range everyRole {
		for _, r := range access.Relations {
			for _, state := range append([]string{""}, access.States...) {
				if canStand(role, r) {
					f(role, r, state)
				}
			}
		}
	}
}

// reading are the actions that change nothing.
var reading = []access.Action{
	access.EnterMy, access.EnterDesk, access.EnterTranslations, access.ReadDraft, access.ReadPledge, access.ReadFile, access.ReadThread,
	access.ReadNotes, access.ReadOrigin, access.ReadAdvice, access.ReadFigures, access.ReadContacts, access.ReadReport, access.ReadSchedule,
	access.ReadTranslation, access.ReadPerson, access.ReadSessions, access.ReadTokens, access.ReadAudit, access.ReadJobs, access.ReadMailLog,
	access.ReadOutbox, access.ExportPerson,
}

func TestPolicyHoldsItsPromises(t *testing.T) {
	words := []access.Action{access.WritePledge, access.AttachFile, access.SubmitPledge, access.SubmitRevision, access.ProposeChange, access.ApproveProposal, access.EnterPledge, access.CreatePledge}
	content := []access.Action{access.ReadDraft, access.ReadPledge, access.ReadFile, access.ReadThread, access.ReadNotes, access.ReadOrigin, access.ReadAdvice}
	forTheParty := []access.Action{access.SubmitPledge, access.SubmitRevision, access.TakeBackRevision, access.ApproveProposal, access.RefuseProposal, access.ConfirmPledge, access.ReleaseFile, access.ApproveTranslation}
	review := []access.Action{
		access.ReturnPledge, access.SetAsidePledge, access.TakeUpPledge, access.SchedulePledge, access.UnschedulePledge, access.PublishPledge, access.ReturnRevision,
		access.PublishRevision, access.AssignPledge, access.ProposeChange, access.EnterPledge, access.PublishFigures, access.ScreenReport, access.PublishTranslation,
	}
	for _, tt := range []struct {
		name    string
		actions []access.Action // nil: all
		except  []access.Action
		refused func(role access.Role, r access.Relation, state string) bool
	}{
		{
			"nobody outside the party reads a draft, the desk included, but the one that it writes itself", content, nil,
			func(role access.Role, r access.Relation, state string) bool {
				return (state == "draft" || state == "abandoned") && r != access.Lead && r != access.Named && r != access.Entering
			},
		},
		{
			"what the party writes after a return or for a revision is its own until it is submitted", []access.Action{access.ReadDraft}, nil,
			func(role access.Role, r access.Relation, state string) bool { return role.Desk() && state != "draft" },
		},
		{
			"who was invited and has not accepted reads nothing", content, nil,
			func(role access.Role, r access.Relation, state string) bool { return r == access.Invited },
		},
		{
			"who takes part and does not lead writes nothing of the pledge", words, nil,
			func(role access.Role, r access.Relation, state string) bool { return r == access.Named },
		},
		{
			"who led it and has left reads of it, and does nothing to it", concerning(access.Lead), []access.Action{access.ReadPledge, access.ReadThread},
			func(role access.Role, r access.Relation, state string) bool { return r == access.Former },
		},
		{
			"an observer never writes", nil, reading,
			func(role access.Role, r access.Relation, state string) bool {
				return role == access.Observer && r != access.Self
			},
		},
		{
			"only the transmitting authority speaks for the party", forTheParty, []access.Action{access.ReleaseFile},
			func(role access.Role, r access.Relation, state string) bool { return r != access.Transmitting },
		},
		{
			"a translator never touches the words of a pledge", words, nil,
			func(role access.Role, r access.Relation, state string) bool { return role == access.Translator },
		},
		{
			"a translator sees what is public anyway, and translations", nil, append([]access.Action{access.WriteTranslation, access.AssignTranslation, access.ReadTranslation, access.EnterTranslations}, content...),
			func(role access.Role, r access.Relation, state string) bool {
				return role == access.Translator && r != access.Self
			},
		},
		{
			"a translator reads nothing before it is public", content, nil,
			func(role access.Role, r access.Relation, state string) bool {
				return role == access.Translator && !access.Public(state)
			},
		},
		{
			"only a reviewer reviews: not an administrator, not a party", review, nil,
			func(role access.Role, r access.Relation, state string) bool { return role != access.Reviewer },
		},
		{
			"an administrator reads no pledge", content, nil,
			func(role access.Role, r access.Relation, state string) bool { return role == access.Administrator },
		},
		{
			"only an administrator lets into the desk", []access.Action{access.EmpowerPerson, access.InvitePerson, access.WriteSettings, access.WriteTemplate, access.ReadOutbox, access.ReadAudit}, nil,
			func(role access.Role, r access.Relation, state string) bool { return role != access.Administrator },
		},
		{
			"a way to sign in is made by oneself only", []access.Action{access.WritePasskey, access.WritePassword, access.MakeToken}, nil,
			func(role access.Role, r access.Relation, state string) bool { return r != access.Self },
		},
		{
			"a deputy appoints nobody and hands over nothing but the own", []access.Action{access.AppointPerson, access.HandOver, access.SetClearances}, nil,
			func(role access.Role, r access.Relation, state string) bool { return r == access.Lead },
		},
		{
			"nothing is written to a pledge that is over", slices.Concat(words, review, forTheParty, []access.Action{access.WithdrawPledge, access.SupersedePledge, access.AbandonPledge}),
			[]access.Action{access.EnterPledge, access.CreatePledge, access.PublishFigures, access.ScreenReport, access.ReleaseFile},
			func(role access.Role, r access.Relation, state string) bool {
				return state == "abandoned" || state == "withdrawn" || state == "superseded"
			},
		},
		{
			"files are released by the transmitting authority, and kept back by reviewers", []access.Action{access.ReleaseFile}, nil,
			func(role access.Role, r access.Relation, state string) bool {
				return r != access.Transmitting && (role != access.Reviewer || r != access.Office)
			},
		},
		{
			"only who speaks for a party contests, and only what stands", []access.Action{access.ContestPledge}, nil,
			func(role access.Role, r access.Relation, state string) bool {
				return role != access.FocalPoint || state != "published" && state != "revision_submitted"
			},
		},
		{
			"nobody who comments replies, and nobody of a party publishes what others say", []access.Action{access.AnswerContest, access.PublishContest, access.AssessPledge}, nil,
			func(role access.Role, r access.Relation, state string) bool {
				return role == access.FocalPoint && r == access.NoRelation
			},
		},
		{
			"the secretariat's own words stay with reviewers", []access.Action{access.ReadNotes, access.WriteNotes, access.ReadOrigin}, nil,
			func(role access.Role, r access.Relation, state string) bool { return role != access.Reviewer },
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			actions, spoken := tt.actions, 0
			if actions == nil {
				actions = access.Actions
			}
			for _, a := range actions {
				if slices.Contains(tt.except, a) {
					continue
				}
				if !slices.Contains(access.Actions, a) {
					t.Errorf("the policy does not speak of %s", a)
				}
				everywhere(func(role access.Role, r access.Relation, state string) {
					if !tt.refused(role, r, state) {
						return
					}
					spoken++
					if access.Allowed(a, role, r, state) {
						t.Errorf("%s: %q as %q may, when it is %q", a, role, r, state)
					}
				})
			}
			if spoken == 0 {
				t.Error("nothing was looked at")
			}
		})
	}
}

// concerning are the actions for which it matters that somebody is so related.
func concerning(r access.Relation) (all []access.Action) {
	for _, rule := range access.Policy {
		if slices.Contains(rule.Relations, r) && !slices.Contains(all, rule.Do) {
			all = append(all, rule.Do)
		}
	}
	return all
}

// Every rule can apply to somebody, in states that there are, and every scope covers actions of the policy.
func TestEveryRuleSays(t *testing.T) {
	for i, r := range access.Policy {
		if len(r.Roles) > 0 && len(r.Relations) > 0 {
			stands := slices.ContainsFunc(r.Roles, func(role access.Role) bool {
				return slices.ContainsFunc(r.Relations, func(rel access.Relation) bool { return canStand(role, rel) })
			})
			if !stands {
				t.Errorf("rule %d, %s: nobody can stand like that", i, r.Do)
			}
		}
		for _, s := range r.States {
			if !slices.Contains(access.States, s) {
				t.Errorf("rule %d, %s: %q is no state", i, r.Do, s)
			}
		}
	}
	for _, s := range access.Scopes {
		for _, a := range s.Does {
			if !slices.Contains(access.Actions, a) {
				t.Errorf("scope %s: the policy does not speak of %s", s.Name, a)
			}
		}
	}
}

const today = "2026-05-20"

var (
	grants = map[string]access.Grant{
		"administrator": {Role: access.Administrator}, "reviewer": {Role: access.Reviewer}, "translator": {Role: access.Translator, Language: lang.FR},
		"observer": {Role: access.Observer}, "contact": {Role: access.FocalPoint, Party: "ken"}, "deputy": {Role: access.FocalPoint, Party: "ken", Deputy: true},
		"transmits": {Role: access.FocalPoint, Party: "ken", Deputy: true, Transmits: true}, "other": {Role: access.FocalPoint, Party: "bra"},
		"past": {Role: access.Reviewer, Until: "2026-05-19"}, "future": {Role: access.Administrator, From: "2026-05-21"},
	}
	grantNames = slices.Sorted(maps.Keys(grants))
)

func anySubject(t *rapid.T) access.Subject {
	parties := []string{"", "ken", "bra", "fra"}
	return access.Subject{
		State: rapid.SampledFrom(append([]string{""}, access.States...)).Draw(t, "state"), Lead: rapid.SampledFrom(parties).Draw(t, "lead"),
		Named: rapid.SliceOfN(rapid.SampledFrom(parties), 0, 2).Draw(t, "named"), Invited: rapid.SliceOfN(rapid.SampledFrom(parties), 0, 2).Draw(t, "invited"),
		Former: rapid.SliceOfN(rapid.SampledFrom(parties), 0, 1).Draw(t, "former"), Person: rapid.SampledFrom([]string{"", "me", "somebody"}).Draw(t, "person"), Entered: rapid.Bool().Draw(t, "entered"),
		Language: rapid.SampledFrom([]lang.Code{"", lang.FR, lang.AR}).Draw(t, "language"),
	}
}

// What somebody with several grants may do is what one of the grants lets them: grants do not
// add up to more.
func TestGrantsDoNotAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.SampledFrom(grantNames), 0, 4).Draw(t, "grants")
		a, s := rapid.SampledFrom(access.Actions).Draw(t, "action"), anySubject(t)
		p := access.Person{ID: "me"}
		any := access.May(p, a, s, today)
		for _, n := range names {
			p.Grants = append(p.Grants, grants[n])
			any = any || access.May(access.Person{ID: "me", Grants: []access.Grant{grants[n]}}, a, s, today)
		}
		if got := access.May(p, a, s, today); got != any {
			t.Fatalf("%v may %s on %+v: %v, one by one %v", names, a, s, got, any)
		}
	})
}

// Check and May agree; nobody and a closed account may nothing; a refusal does not tell of what
// is private; a door that is closed to somebody has nothing behind it for them.
func TestCheckAgreesWithMay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.SampledFrom(grantNames), 0, 3).Draw(t, "grants")
		a, s := rapid.SampledFrom(access.Actions).Draw(t, "action"), anySubject(t)
		p := access.Person{ID: "me"}
		for _, n := range names {
			p.Grants = append(p.Grants, grants[n])
		}
		may, err := access.May(p, a, s, today), access.Check(p, a, s, today)
		if may != (err == nil) {
			t.Fatalf("may %v, check %v", may, err)
		}
		if may && access.Enter(p, a, today) != nil {
			t.Fatal("what may be done is behind a closed door")
		}
		if s.State != "" && !access.Public(s.State) && errs.Is(err, errs.Forbidden) &&
			!access.May(p, access.ReadPledge, s, today) && !access.May(p, access.AnswerInvitation, s, today) {
			t.Fatalf("a refusal tells that there is something: %v", err)
		}
		for _, nobody := range []access.Person{{}, {Grants: p.Grants}, {ID: "me", Closed: true, Grants: p.Grants}} {
			if access.May(nobody, a, s, today) || access.Could(nobody, a, today) || !errs.Is(access.Check(nobody, a, s, today), errs.Unauthenticated) || !errs.Is(access.Enter(nobody, a, today), errs.Unauthenticated) {
				t.Fatalf("%+v may %s", nobody, a)
			}
		}
	})
}

func TestRelations(t *testing.T) {
	me := func(names ...string) access.Person {
		p := access.Person{ID: "me"}
		for _, n := range names {
			p.Grants = append(p.Grants, grants[n])
		}
		return p
	}
	kenya := access.Subject{State: "draft", Lead: "ken"}
	in := func(state string) access.Subject { return access.Subject{State: state, Lead: "ken"} }
	for _, tt := range []struct {
		name string
		p    access.Person
		a    access.Action
		s    access.Subject
		want string // kind of the refusal
	}{
		{"a contact writes", me("contact"), access.WritePledge, kenya, ""},
		{"a deputy writes", me("deputy"), access.WritePledge, kenya, ""},
		{"a contact who does not transmit cannot submit", me("contact"), access.SubmitPledge, kenya, "forbidden"},
		{"who transmits submits", me("transmits"), access.SubmitPledge, kenya, ""},
		{"another party's contact does not know of a draft", me("other"), access.ReadDraft, kenya, "not_found"},
		{"nor does a reviewer", me("reviewer"), access.ReadDraft, kenya, "not_found"},
		{"a reviewer reads what was submitted", me("reviewer"), access.ReadPledge, in("submitted"), ""},
		{"and does not write it", me("reviewer"), access.WritePledge, in("submitted"), "forbidden"},
		{"a reviewer writes what the desk entered", me("reviewer"), access.WritePledge, access.Subject{State: "draft", Lead: "ken", Entered: true}, ""},
		{"an administrator does not review", me("administrator"), access.PublishPledge, in("submitted"), "not_found"},
		{"two roles, both rights", me("administrator", "reviewer"), access.PublishPledge, in("submitted"), ""},
		{"an observer reads", me("observer"), access.ReadPledge, in("submitted"), ""},
		{"an observer publishes nothing", me("observer"), access.PublishPledge, in("submitted"), "forbidden"},
		{"who took part and confirmed reads the draft", me("other"), access.ReadDraft, access.Subject{State: "draft", Lead: "ken", Named: []string{"bra"}}, ""},
		{"who was invited reads it not, and knows of it", me("other"), access.ReadDraft, access.Subject{State: "draft", Lead: "ken", Invited: []string{"bra"}}, "forbidden"},
		{"who was invited answers", me("other"), access.AnswerInvitation, access.Subject{State: "draft", Lead: "ken", Invited: []string{"bra"}}, ""},
		{"who led it and has left reads on", me("contact"), access.ReadThread, access.Subject{State: "published", Lead: "bra", Former: []string{"ken"}}, ""},
		{"and writes no more", me("contact"), access.WritePledge, access.Subject{State: "published", Lead: "bra", Former: []string{"ken"}}, "forbidden"},
		{"a translator of another language", me("translator"), access.WriteTranslation, access.Subject{State: "published", Lead: "ken", Language: lang.AR}, "forbidden"},
		{"a translator", me("translator"), access.WriteTranslation, access.Subject{State: "published", Lead: "ken", Language: lang.FR}, ""},
		{"a grant that has ended", me("past"), access.PublishPledge, in("submitted"), "not_found"},
		{"a grant that has not begun", me("future"), access.EmpowerPerson, access.Subject{}, "forbidden"},
		{"a stranger's sessions", me("contact"), access.ReadSessions, access.Subject{Person: "somebody"}, "not_found"},
		{"one's own", me("contact"), access.ReadSessions, access.Subject{Person: "me"}, ""},
		{"the figures", me("contact"), access.ReadFigures, access.Subject{}, "forbidden"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if err := access.Check(tt.p, tt.a, tt.s, today); err != nil {
				got = errs.KindOf(err).String()
			}
			if got != tt.want {
				t.Errorf("%s: %q, want %q", tt.a, got, tt.want)
			}
		})
	}
}

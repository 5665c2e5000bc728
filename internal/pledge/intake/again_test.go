package intake_test

import (
	"slices"
	"strings"
	"testing"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
)

// joint is a pledge of Kenya that Portugal has confirmed and the secretariat has.
func (w *world) joint() intake.Submission {
	w.Helper()
	p := whole("Together")
	p.Form = pledge.Common
	s := w.ok(w.desk.Draft(w.ctx, kenya, intake.Beginning{Lead: "ken", Pledge: p}))
	w.ok(w.desk.Invite(w.ctx, kenya, s.Ref, 0, "prt"))
	w.ok(w.desk.Answer(w.ctx, portugal, s.Ref, 0, "prt", true, ""))
	return w.ok(w.desk.Submit(w.ctx, kenya, s.Ref, 0))
}

// rewrite gives the pledge other words.
func (w *world) rewrite(ref, title string) {
	w.Helper()
	p := whole(title)
	p.Form = pledge.Common
	w.ok(w.desk.Save(w.ctx, kenya, ref, w.get(kenya, ref).Version, p, intake.Contact{}))
}

func (w *world) askedAgain() (n int) {
	w.Helper()
	for _, l := range w.letters() {
		if l == "pledge_joint_again portugal" {
			n++
		}
	}
	return n
}

func (w *world) publishes(ref string) (p pledge.Current) {
	w.Helper()
	return w.public(must[intake.Receipt](w)(w.desk.Publish(w.ctx, reviewer, ref, 0)).ID)
}

func TestWhoHasConfirmedIsAskedAgainForOtherWords(t *testing.T) {
	each(t, func(w *world) {
		s := w.joint()
		if w.askedAgain() != 0 || w.get(portugal, s.Ref).Invitations[0].Again {
			t.Fatal("asked again for the same words")
		}
		w.ok(w.desk.Return(w.ctx, reviewer, s.Ref, 0, words))
		w.rewrite(s.Ref, "Something else")
		if w.askedAgain() != 0 {
			t.Fatal("asked before the secretariat has the words")
		}
		w.ok(w.desk.Submit(w.ctx, kenya, s.Ref, 0))
		if w.askedAgain() != 1 || !strings.Contains(w.letter("pledge_joint_again", "portugal"), "/my/"+s.Ref) {
			t.Fatalf("asked %d times", w.askedAgain())
		}
		if seen := w.get(portugal, s.Ref); seen.Pledge.Title != "Something else" || !seen.Invitations[0].Again {
			t.Fatalf("%+v", seen)
		}
		if seen := w.get(reviewer, s.Ref); !slices.Contains(seen.Blocked, intake.BlockedWords) {
			t.Fatalf("the desk reads %v", seen.Blocked)
		}
		_, err := w.desk.Publish(w.ctx, reviewer, s.Ref, 0)
		w.refused(err, errs.Conflict, intake.BlockedWords)
		w.ok(w.desk.Answer(w.ctx, portugal, s.Ref, 0, "prt", true, ""))
		_, err = w.desk.Answer(w.ctx, portugal, s.Ref, 0, "prt", true, "")
		w.refused(err, errs.Forbidden, "")
		if history, err := w.desk.History(w.ctx, portugal, s.Ref); err != nil || len(history) != 2 {
			t.Fatalf("Portugal reads %+v: %v", history, err)
		}
		if p := w.publishes(s.Ref); p.Title != "Something else" || !slices.Equal(p.Parties, []string{"ken", "prt"}) {
			t.Fatalf("%+v", p)
		}
	})
}

func TestTheSameWordsAreConfirmedOnce(t *testing.T) {
	each(t, func(w *world) {
		s := w.joint()
		w.ok(w.desk.Return(w.ctx, reviewer, s.Ref, 0, words))
		w.rewrite(s.Ref, "Something else")
		alone := whole("Together") // whether others make it, too, is no part of what it says
		w.ok(w.desk.Save(w.ctx, kenya, s.Ref, w.get(kenya, s.Ref).Version, alone, intake.Contact{}))
		w.rewrite(s.Ref, "Together")
		w.ok(w.desk.Submit(w.ctx, kenya, s.Ref, 0))
		if p := w.publishes(s.Ref); w.askedAgain() != 0 || len(p.Parties) != 2 {
			t.Fatalf("asked %d times: %v", w.askedAgain(), p.Parties)
		}
	})
}

func TestWhoDoesNotConfirmOtherWordsIsNotNamed(t *testing.T) {
	for name, do := range map[string]func(w *world, ref string) error{
		"the party declines": func(w *world, ref string) error { return of(w.desk.Answer(w.ctx, portugal, ref, 0, "prt", false, "")) },
		"the party leaves": func(w *world, ref string) error {
			return of(w.desk.LeavePledge(w.ctx, portugal, ref, 0, "prt", pledge.Notice{}))
		},
		"the lead removes it": func(w *world, ref string) error {
			w.ok(w.desk.Return(w.ctx, reviewer, ref, 0, words))
			return of(w.desk.Recall(w.ctx, kenya, ref, 0, "prt"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(w *world) {
				s := w.joint()
				w.ok(w.desk.Return(w.ctx, reviewer, s.Ref, 0, words))
				_, err := w.desk.Recall(w.ctx, kenya, s.Ref, 0, "prt")
				w.refused(err, errs.Conflict, "work.has_confirmed")
				p := whole("Alone")
				w.ok(w.desk.Save(w.ctx, kenya, s.Ref, w.get(kenya, s.Ref).Version, p, intake.Contact{}))
				p.Form = pledge.Common
				w.ok(w.desk.Save(w.ctx, kenya, s.Ref, w.get(kenya, s.Ref).Version, p, intake.Contact{}))
				w.ok(w.desk.Submit(w.ctx, kenya, s.Ref, 0))
				if err := do(w, s.Ref); err != nil {
					w.Fatal(err)
				}
				seen := w.get(reviewer, s.Ref)
				if slices.Contains(seen.Blocked, intake.BlockedWords) || !slices.Equal(seen.Pledge.Parties, []string{"ken"}) {
					t.Fatalf("%v %v", seen.Blocked, seen.Pledge.Parties)
				}
			})
		})
	}
}

func TestAProposalAndARevisionAskAgain(t *testing.T) {
	each(t, func(w *world) {
		s := w.joint()
		better := whole("Better together")
		better.Form = pledge.Common
		w.ok(w.desk.Propose(w.ctx, reviewer, s.Ref, 0, better, ""))
		w.ok(w.desk.AnswerProposal(w.ctx, kenya, s.Ref, 0, 1, true, ""))
		_, err := w.desk.Publish(w.ctx, reviewer, s.Ref, 0)
		w.refused(err, errs.Conflict, intake.BlockedWords)
		w.ok(w.desk.Answer(w.ctx, portugal, s.Ref, 0, "prt", true, ""))
		p := w.publishes(s.Ref)

		p.Pledge.Title = "Better together!"
		w.ok(w.desk.Correct(w.ctx, reviewer, s.Ref, 0, p.Pledge, pledge.Notice{Reason: "A mark was missing", Language: lang.EN}, &intake.Received{How: intake.ByEmail, On: "2026-03-01"}))
		w.rewrite(s.Ref, "Better together!")
		if seen := w.get(portugal, s.Ref); seen.Invitations[0].Again {
			t.Fatalf("a correction asks again: %+v", seen.Invitations)
		}
		w.rewrite(s.Ref, "The next version")
		w.ok(w.desk.SubmitRevision(w.ctx, kenya, s.Ref, 0, pledge.Notice{}))
		if w.askedAgain() != 2 {
			t.Fatalf("asked %d times", w.askedAgain())
		}
		_, err = w.desk.PublishRevision(w.ctx, reviewer, s.Ref, 0)
		w.refused(err, errs.Conflict, intake.BlockedWords)
		_, err = w.desk.Answer(w.ctx, portugal, s.Ref, 0, "prt", false, "")
		w.refused(err, errs.Conflict, "work.has_confirmed")
		w.ok(w.desk.Answer(w.ctx, portugal, s.Ref, 0, "prt", true, ""))
		w.ok(w.desk.PublishRevision(w.ctx, reviewer, s.Ref, 0))
		if p := w.public(p.ID); p.Title != "The next version" || len(p.Parties) != 2 {
			t.Fatalf("%+v", p)
		}
	})
}

func TestWhatCameFromElsewhereStandsAsItCame(t *testing.T) {
	each(t, func(w *world) {
		p := whole("Together")
		p.Form, p.Parties = pledge.Common, []string{"ken", "prt"}
		var id string
		err := w.db.Write(w.ctx, func(tx *db.Tx) error {
			out, err := w.desk.Book.Publish(w.ctx, tx, pledge.Terms{Actor: intake.Secretariat, Mode: pledge.ByImport}, p)
			id = out.ID
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		s := w.ok(w.desk.Adopt(w.ctx, kenya, id))
		seen := w.get(portugal, s.Ref)
		if len(seen.Invitations) != 1 || seen.Invitations[0].Again {
			t.Fatalf("asked for the words that it came with: %+v", seen.Invitations)
		}
		_, err = w.desk.Answer(w.ctx, portugal, s.Ref, 0, "prt", true, "")
		w.refused(err, errs.Forbidden, "")
		w.rewrite(s.Ref, "The next version")
		if seen := w.get(portugal, s.Ref); seen.Invitations[0].Again {
			t.Fatal("asked before the secretariat has the words")
		}
		w.ok(w.desk.SubmitRevision(w.ctx, kenya, s.Ref, 0, pledge.Notice{}))
		_, err = w.desk.PublishRevision(w.ctx, reviewer, s.Ref, 0)
		w.refused(err, errs.Conflict, intake.BlockedWords)
		w.ok(w.desk.TakeBackRevision(w.ctx, kenya, s.Ref, 0))
		if seen := w.get(portugal, s.Ref); seen.Invitations[0].Again {
			t.Fatal("asked about words that were taken back")
		}
	})
}

// Who inherits a revision has not written it: it is not published in that party's name before it
// has submitted it itself.
func TestWhoBecomesTheLeadStandsByTheWordsFirst(t *testing.T) {
	each(t, func(w *world) {
		s := w.joint()
		w.ok(w.desk.Return(w.ctx, reviewer, s.Ref, 0, words))
		w.ok(w.desk.Invite(w.ctx, kenya, s.Ref, 0, "mar"))
		w.ok(w.desk.Answer(w.ctx, morocco, s.Ref, 0, "mar", true, ""))
		w.ok(w.desk.Submit(w.ctx, kenya, s.Ref, 0))
		id := w.publishes(s.Ref).ID
		w.rewrite(s.Ref, "The next version")
		w.ok(w.desk.SubmitRevision(w.ctx, kenya, s.Ref, 0, pledge.Notice{}))
		w.ok(w.desk.Answer(w.ctx, morocco, s.Ref, 0, "mar", true, ""))
		if err := of(w.desk.LeavePledge(w.ctx, kenya, s.Ref, 0, "ken", pledge.Notice{})); err != nil {
			t.Fatal(err)
		}
		_, err := w.desk.PublishRevision(w.ctx, reviewer, s.Ref, 0)
		w.refused(err, errs.Conflict, intake.BlockedWords)
		w.ok(w.desk.TakeBackRevision(w.ctx, portugal, s.Ref, 0))
		w.ok(w.desk.SubmitRevision(w.ctx, portugal, s.Ref, 0, pledge.Notice{}))
		w.ok(w.desk.PublishRevision(w.ctx, reviewer, s.Ref, 0))
		if p := w.public(id); p.Title != "The next version" || !slices.Equal(p.Parties, []string{"prt", "mar"}) {
			t.Fatalf("%q of %v", p.Title, p.Parties)
		}
	})
}

func TestWhoIsAskedAgainFindsItAmongTheOwnWork(t *testing.T) {
	each(t, func(w *world) {
		s := w.joint()
		again := func(by access.Person) bool {
			t.Helper()
			rows, _, err := w.desk.List(w.ctx, by, intake.Filter{Mine: true}, 0, 10)
			if err != nil || len(rows) != 1 {
				t.Fatalf("%+v %v", rows, err)
			}
			return rows[0].Again
		}
		if again(portugal) {
			t.Error("asked again for the same words")
		}
		w.ok(w.desk.Return(w.ctx, reviewer, s.Ref, 0, words))
		w.rewrite(s.Ref, "Something else")
		w.ok(w.desk.Submit(w.ctx, kenya, s.Ref, 0))
		if !again(portugal) || again(kenya) {
			t.Error("not shown to who is asked, or to another one")
		}
		w.ok(w.desk.Answer(w.ctx, portugal, s.Ref, 0, "prt", true, ""))
		if again(portugal) {
			t.Error("asked again after the answer")
		}
	})
}

// The trail says which party was invited, recalled, or has confirmed again: to the lead. The desk
// reads nothing of who takes no part.
func TestTheTrailNamesTheParties(t *testing.T) {
	each(t, func(w *world) {
		p := whole("Together")
		p.Form = pledge.Common
		s := w.ok(w.desk.Draft(w.ctx, kenya, intake.Beginning{Lead: "ken", Pledge: p}))
		w.ok(w.desk.Invite(w.ctx, kenya, s.Ref, 0, "prt", "mar"))
		w.ok(w.desk.Answer(w.ctx, portugal, s.Ref, 0, "prt", true, ""))
		w.ok(w.desk.Recall(w.ctx, kenya, s.Ref, 0, "mar"))
		w.rewrite(s.Ref, "Something else")
		w.ok(w.desk.Submit(w.ctx, kenya, s.Ref, 0))
		w.ok(w.desk.Answer(w.ctx, portugal, s.Ref, 0, "prt", true, ""))
		w.publishes(s.Ref)
		w.ok(w.desk.Invite(w.ctx, kenya, s.Ref, 0, "mar"))
		trail := func(by access.Person) (lines []string) {
			for _, e := range must[[]intake.Event](w)(w.desk.Trail(w.ctx, by, s.Ref)) {
				if e.From == e.To && e.Action != string(access.WritePledge) {
					lines = append(lines, e.Action+" "+e.Note)
				}
			}
			return lines
		}
		want := []string{"pledge.invite prt mar", "pledge.answer_invitation prt", "pledge.recall mar", "pledge.confirm_again prt", "pledge.invite mar"}
		if got := trail(kenya); !slices.Equal(got[len(got)-5:], want) {
			t.Errorf("the lead reads %q", got)
		}
		if got := trail(reviewer); !slices.Equal(got, []string{"pledge.confirm_again prt", "pledge.invite "}) {
			t.Errorf("the desk reads %q", got)
		}
		w.ok(w.desk.Answer(w.ctx, morocco, s.Ref, 0, "mar", false, ""))
		if got := trail(reviewer); got[len(got)-1] != "pledge.answer_invitation " {
			t.Errorf("the desk reads %q", got)
		}
		// Who follows as the lead reads of itself, and of nobody whom the lead before had asked.
		if err := of(w.desk.LeavePledge(w.ctx, kenya, s.Ref, 0, "ken", pledge.Notice{})); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(trail(portugal), ", "); strings.Contains(got, "mar") {
			t.Errorf("the next lead reads %q", got)
		}
	})
}

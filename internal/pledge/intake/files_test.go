package intake_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
)

var (
	plan    = pledge.File{Name: "plan.pdf", Bytes: 1024, SHA256: strings.Repeat("a", 64)}
	budget  = pledge.File{Name: "budget.pdf", Bytes: 2048, SHA256: strings.Repeat("b", 64)}
	calling = pledge.File{Name: "from jane.doe@example.org.pdf", Bytes: 512, SHA256: strings.Repeat("c", 64)}
)

func (w *world) withFiles(files ...pledge.File) intake.Submission {
	w.Helper()
	p := whole("With files")
	p.Attachments = files
	return w.ok(w.desk.Draft(w.ctx, kenya, intake.Beginning{Lead: "ken", Pledge: p}))
}

func TestAnAttachmentIsPublishedOnlyWhereItIsMarked(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		s := w.withFiles(plan, budget, calling)
		if len(s.Findings) > 0 {
			t.Fatalf("a private name is held to the rules of public ones: %v", s.Findings)
		}
		_, err := d.MarkFile(w.ctx, kenya, s.Ref, s.Version, calling.SHA256, true)
		w.refused(err, errs.Invalid, intake.KeyFileName)
		_, err = d.MarkFile(w.ctx, reviewer, s.Ref, s.Version, plan.SHA256, true)
		w.refused(err, errs.NotFound, "")
		s = w.ok(d.MarkFile(w.ctx, deputy, s.Ref, s.Version, plan.SHA256, true))
		// What else is written does not unmark it.
		p := s.Pledge
		p.Title = "With files, once more"
		s = w.ok(d.Save(w.ctx, kenya, s.Ref, s.Version, p, s.Contact))
		s = w.ok(d.MarkFile(w.ctx, kenya, s.Ref, s.Version, budget.SHA256, true))
		s = w.ok(d.Submit(w.ctx, kenya, s.Ref, s.Version))
		if seen := w.get(reviewer, s.Ref); len(seen.Pledge.Attachments) != 3 || !slices.Equal(seen.Public, []string{plan.SHA256, budget.SHA256}) {
			t.Fatalf("%+v %v", seen.Pledge.Attachments, seen.Public)
		}
		_, err = d.KeepBack(w.ctx, observer, s.Ref, s.Version, budget.SHA256, true)
		w.refused(err, errs.Forbidden, "")
		s = w.ok(d.KeepBack(w.ctx, reviewer, s.Ref, s.Version, budget.SHA256, true))
		if got := s.Payload(s.Pledge).Attachments; !slices.Equal(got, []pledge.File{plan}) {
			t.Fatalf("%+v", got)
		}
		receipt := must[intake.Receipt](w)(d.Publish(w.ctx, reviewer, s.Ref, s.Version))
		if got := w.public(receipt.ID).Attachments; !slices.Equal(got, []pledge.File{plan}) {
			t.Fatalf("published: %+v", got)
		}
		// A correction of how it is filed leaves the draft its private files.
		corrected := w.public(receipt.ID).Pledge
		corrected.Objectives = []int{4, 5}
		s = w.get(kenya, s.Ref)
		s = w.ok(d.Correct(w.ctx, reviewer, s.Ref, s.Version, corrected, pledge.Notice{Reason: "Filed under both.", Language: lang.EN}, nil))
		if s = w.get(kenya, s.Ref); len(s.Pledge.Attachments) != 3 || len(w.public(receipt.ID).Attachments) != 1 {
			t.Fatalf("%+v", s.Pledge.Attachments)
		}
		// A next version that changes nothing public is none.
		s = w.ok(d.MarkFile(w.ctx, kenya, s.Ref, s.Version, budget.SHA256, false))
		_, err = d.SubmitRevision(w.ctx, kenya, s.Ref, s.Version, pledge.Notice{})
		w.refused(err, errs.Conflict, "work.unchanged")
	})
}

func TestNamesOfFilesAreTidied(t *testing.T) {
	p := whole("With a file")
	p.Attachments = []pledge.File{{Name: " plan\u202e.pdf ", Bytes: 1, SHA256: plan.SHA256}}
	if got := p.Tidied().Attachments[0].Name; got != "plan.pdf" {
		t.Errorf("%q", got)
	}
}

// inTongue are the contacts of the tests, all of whom read one language.
type inTongue struct{ c lang.Code }

func (x inTongue) ContactsOf(ctx context.Context, tx *db.Tx, code, day string) ([]access.Person, error) {
	found, err := contacts{}.ContactsOf(ctx, tx, code, day)
	for i := range found {
		found[i].Language = x.c
	}
	return found, err
}

// TestNoLetterHasAHole renders every letter that a story sends, in each language, and looks for
// the words that stand before and after a value that was empty.
func TestNoLetterHasAHole(t *testing.T) {
	for _, c := range lang.All {
		t.Run(string(c), func(t *testing.T) {
			w := open(t, dbtest.New(t, db.SQLite))
			w.desk.People = inTongue{c}
			d := w.desk
			s := w.submitted("Birth registration")
			w.ok(d.Return(w.ctx, reviewer, s.Ref, s.Version, intake.Remarks{Reasons: []string{"no_measure"}, Language: lang.EN}))
			s = w.get(kenya, s.Ref)
			joint := s.Pledge
			joint.Form = pledge.Common
			s = w.ok(d.Save(w.ctx, kenya, s.Ref, s.Version, joint, s.Contact))
			s = w.ok(d.Invite(w.ctx, kenya, s.Ref, s.Version, "prt"))
			w.ok(d.Answer(w.ctx, portugal, s.Ref, s.Version, "prt", true, ""))
			s = w.get(kenya, s.Ref)
			s = w.ok(d.Submit(w.ctx, kenya, s.Ref, s.Version))
			w.ok(d.Write(w.ctx, reviewer, s.Ref, intake.Remarks{Body: "Soon.", Language: lang.EN}))
			p := s.Pledge
			p.Title = "Birth registration everywhere"
			w.ok(d.Propose(w.ctx, reviewer, s.Ref, w.get(reviewer, s.Ref).Version, p, ""))
			w.ok(d.AnswerProposal(w.ctx, kenya, s.Ref, w.get(kenya, s.Ref).Version, 1, true, ""))
			w.ok(d.Answer(w.ctx, portugal, s.Ref, 0, "prt", true, ""))
			receipt := must[intake.Receipt](w)(d.Publish(w.ctx, reviewer, s.Ref, w.get(reviewer, s.Ref).Version))
			w.receipts()
			offer := whole("An answer to it")
			offer.Form, offer.Matches = pledge.Matching, receipt.ID
			o := w.ok(d.Draft(w.ctx, morocco, intake.Beginning{Lead: "mar", Pledge: offer}))
			w.ok(d.Submit(w.ctx, morocco, o.Ref, o.Version))
			w.ok(d.Announce(w.ctx, reviewer, w.fromTheFloor("ken").Ref, 0))
			w.ok(d.Withdraw(w.ctx, reviewer, s.Ref, 0, pledge.Notice{Reason: "Asked for by letter.", Language: lang.EN}))
			given := w.drafted("Given up")
			w.ok(d.Invite(w.ctx, kenya, given.Ref, 0, "prt", "mar"))
			w.ok(d.Answer(w.ctx, portugal, given.Ref, 0, "prt", true, ""))
			w.ok(d.Abandon(w.ctx, kenya, given.Ref, 0))

			seen := map[string]bool{}
			err := w.db.Read(w.ctx, func(tx *db.Tx) error {
				rows, err := tx.Query(w.ctx, `SELECT template, subject, body FROM mail_letters`)
				if err != nil {
					return err
				}
				defer rows.Close()
				for rows.Next() {
					var template, subject, body string
					if err := rows.Scan(&template, &subject, &body); err != nil {
						return err
					}
					seen[template] = true
					for _, hole := range []string{" .", " ,", "  ", " 。", "。。", "{{", "<no value>", " ،", "()", "«»"} {
						if strings.Contains(subject+"\n"+body, hole) {
							t.Errorf("%s has %q: %s\n%s", template, hole, subject, body)
						}
					}
				}
				return rows.Err()
			})
			if err != nil {
				t.Fatal(err)
			}
			files, err := intake.Letters.ReadDir("letters")
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				if name, _, _ := strings.Cut(f.Name(), "."); !seen[name] {
					t.Errorf("the story sends no %s", name)
				}
			}
			if body := w.letter("pledge_received", "kenya"); !strings.Contains(body, lang.DateTime(c, w.now)) {
				t.Errorf("it does not say when: %s", body)
			}
		})
	}
}

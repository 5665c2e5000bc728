package intake_test

import (
	"strings"
	"testing"

	"stocktake/internal/access"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
)

// told counts the letters of a template to a person.
func (w *world) told(template string, p access.Person) (n int) {
	w.Helper()
	for _, l := range w.letters() {
		if l == template+" "+p.ID {
			n++
		}
	}
	return n
}

// Whoever the lead takes out of a joint pledge is told so once, and so is who was only invited.
func TestWhoIsTakenOutIsTold(t *testing.T) {
	each(t, func(w *world) {
		s := w.joint()
		w.ok(w.desk.Return(w.ctx, reviewer, s.Ref, 0, words))
		w.ok(w.desk.Invite(w.ctx, kenya, s.Ref, 0, "mar"))
		for range 2 { // the second time there is nothing to take back
			w.ok(w.desk.Recall(w.ctx, kenya, s.Ref, 0, "mar"))
		}
		if w.told("pledge_invitation_over", morocco) != 1 || w.told("pledge_part_over", morocco) != 0 {
			t.Errorf("who was invited and had not answered is told: %q", w.letters())
		}
		if letter := w.letter("pledge_invitation_over", "morocco"); strings.Contains(letter, s.Ref+"\n") || !strings.Contains(letter, "/en/my\n") || strings.Contains(letter, "Kenya") {
			t.Errorf("it links to what the party may not read, or tells who asked:\n%s", letter)
		}
		w.rewrite(s.Ref, "Without the other")
		key := intake.WithKey(w.ctx, "once")
		for range 2 {
			w.ok(w.desk.Recall(key, kenya, s.Ref, 0, "prt"))
		}
		if w.told("pledge_part_over", portugal) != 1 || w.told("pledge_invitation_over", portugal) != 0 || w.told("pledge_part_over", kenya) != 0 {
			t.Errorf("who had confirmed is told: %q", w.letters())
		}
		if letter := w.letter("pledge_part_over", "portugal"); !strings.Contains(letter, s.Ref) || !strings.Contains(letter, "/en/my\n") {
			t.Errorf("%s", letter)
		}
	})
}

// The same where the lead gives up the whole draft, or where a pledge ends that somebody was still
// invited to.
func TestInvitationsEndWithThePledge(t *testing.T) {
	each(t, func(w *world) {
		s := w.joint()
		w.ok(w.desk.Return(w.ctx, reviewer, s.Ref, 0, words))
		w.ok(w.desk.Invite(w.ctx, kenya, s.Ref, 0, "mar"))
		w.ok(w.desk.Abandon(w.ctx, kenya, s.Ref, 0))
		if w.told("pledge_invitation_over", morocco) != 1 || w.told("pledge_part_over", portugal) != 1 {
			t.Errorf("of a draft that was given up: %q", w.letters())
		}
		s = w.published("Alone")
		w.ok(w.desk.Invite(w.ctx, kenya, s.Ref, 0, "mar", "prt"))
		w.ok(w.desk.Answer(w.ctx, portugal, s.Ref, 0, "prt", false, ""))
		w.ok(w.desk.Withdraw(w.ctx, kenya, s.Ref, 0, pledge.Notice{}))
		if w.told("pledge_invitation_over", morocco) != 2 || w.told("pledge_invitation_over", portugal) != 0 {
			t.Errorf("of a pledge that has ended: %q", w.letters())
		}
	})
}

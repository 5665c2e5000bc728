package intake_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/register"
)

// announced is what the register says of an announcement, its versions in order.
func (w *world) announced(id string) (all []pledge.Announcement) {
	w.Helper()
	entries, err := w.log.History(w.ctx, pledge.AnnouncementSubject(id))
	if err != nil {
		w.Fatal(err)
	}
	for _, e := range entries {
		var a pledge.Announcement
		if err := json.Unmarshal(e.Payload, &a); err != nil || e.Header.Actor != intake.Secretariat {
			w.Fatalf("%+v: %v", e.Header, err)
		}
		all = append(all, a)
	}
	return all
}

// fromTheFloor is a pledge of which the desk knows the occasion, and no text.
func (w *world) fromTheFloor(lead string) intake.Submission {
	w.Helper()
	p := pledge.Pledge{Title: "What we heard", Language: lang.EN, AnnouncedOn: "2026-02-27", AnnouncedAt: "Regional review"}
	return w.ok(w.desk.Enter(w.ctx, reviewer, intake.Beginning{Lead: lead, Pledge: p, Contact: intake.Contact{Email: "someone@example.org"}},
		intake.Received{How: intake.ByFloor, On: "2026-02-28", Reference: "minutes, page 12"}))
}

func TestWhatIsPublicOfAnAnnouncement(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		s := w.ok(d.Enter(w.ctx, reviewer, intake.Beginning{Lead: "fra", Pledge: pledge.Pledge{Title: "What we heard"}}, intake.Received{How: intake.ByFloor, On: "2026-02-28"}))
		_, err := d.Announce(w.ctx, reviewer, s.Ref, s.Version)
		w.refused(err, errs.Invalid, "")

		s = w.fromTheFloor("fra")
		size := w.size()
		for _, by := range []access.Person{kenya, observer, admin, nobody} {
			if _, err := d.Announce(w.ctx, by, s.Ref, s.Version); err == nil {
				t.Fatalf("%s announces", by.ID)
			}
		}
		if w.size() != size {
			t.Fatal("a refusal left an entry")
		}
		s = w.ok(d.Announce(w.ctx, reviewer, s.Ref, s.Version))
		if s.Announced != "fra/1" || s.State != pledge.StateDraft || !s.Awaited {
			t.Fatalf("%+v", s)
		}
		entries, err := w.log.Tail(w.ctx, size, 10)
		if err != nil || len(entries) != 2 { // the State's first appearance, and the announcement
			t.Fatalf("%d entries: %v", len(entries), err)
		}
		e := entries[1]
		if want := `{"language":"en","occasion":"Regional review","on":"2026-02-27","party":"fra","schema":1,"status":"awaited"}`; string(e.Payload) != want {
			t.Errorf("public is %s, want %s", e.Payload, want)
		}
		for _, e := range entries {
			for _, private := range []string{"What we heard", "minutes", "someone", "2026-02-28", s.Ref, "reviewer"} {
				if strings.Contains(string(e.HeaderBytes)+string(e.Payload), private) {
					t.Errorf("an entry says %q", private)
				}
			}
		}
		size = w.size()
		w.ok(d.Announce(w.ctx, reviewer, s.Ref, s.Version)) // again: nothing
		if w.size() != size {
			t.Error("announced twice")
		}
		if f := must[intake.Figures](w)(d.Figures(w.ctx, reviewer, "2026-03-01")); f.Received != 0 || f.InReview != 0 {
			t.Errorf("counted: %+v", f)
		}
		if other := w.ok(d.Announce(w.ctx, reviewer, w.fromTheFloor("fra").Ref, 0)); other.Announced != "fra/2" {
			t.Errorf("the next is %s", other.Announced)
		}
	})
}

// The party learns by a letter what the public is told of it, when it is told, and once.
func TestThePartyIsToldOfItsAnnouncement(t *testing.T) {
	each(t, func(w *world) {
		told := func() (n int) {
			for _, l := range w.letters() {
				if l == "pledge_announced kenya" {
					n++
				}
			}
			return n
		}
		s := w.fromTheFloor("ken")
		if told() != 0 {
			t.Fatal("told before anybody decided it")
		}
		s = w.ok(w.desk.Announce(w.ctx, reviewer, s.Ref, s.Version))
		body := w.letter("pledge_announced", "kenya")
		for _, says := range []string{"Kenya", s.Ref, "\nhttps://pledges.example.org/en/parties/ken\n", "\nhttps://pledges.example.org/en/my/" + s.Ref + "\n"} {
			if !strings.Contains(body, says) {
				t.Errorf("the letter does not say %q:\n%s", says, body)
			}
		}
		if strings.Contains(body, "What we heard") || strings.Contains(body, "minutes") {
			t.Errorf("the letter says what is private:\n%s", body)
		}
		w.ok(w.desk.Announce(w.ctx, reviewer, s.Ref, 0)) // again: nothing
		if n := told(); n != 1 {
			t.Errorf("told %d times", n)
		}
		held := w.fromTheFloor("ken")
		if err := w.desk.Hold(w.ctx, reviewer, "ken", true, "asked"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.desk.Announce(w.ctx, reviewer, held.Ref, held.Version); err == nil || told() != 1 {
			t.Errorf("told %d times, of what was refused: %v", told(), err)
		}
	})
}

func TestWhatBecomesOfAnAnnouncement(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		announced := func() intake.Submission { return w.ok(d.Announce(w.ctx, reviewer, w.fromTheFloor("ken").Ref, 0)) }
		ends := func(id string, want ...pledge.AnnouncementStatus) {
			t.Helper()
			var got []pledge.AnnouncementStatus
			for _, a := range w.announced(id) {
				got = append(got, a.Status)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s was %v, want %v", id, got, want)
			}
		}

		s := announced()
		s = w.ok(d.Save(w.ctx, kenya, s.Ref, s.Version, whole("Announced, and written"), intake.Contact{}))
		s = w.ok(d.Confirm(w.ctx, kenya, s.Ref, s.Version))
		ends("ken/1", pledge.Awaited) // what the party confirms is private until it is published
		receipt := must[intake.Receipt](w)(d.Publish(w.ctx, reviewer, s.Ref, s.Version))
		ends("ken/1", pledge.Awaited, pledge.Answered)
		if a := w.announced("ken/1")[1]; a.Pledge != receipt.ID || a.Occasion != "Regional review" {
			t.Errorf("%+v", a)
		}

		s = announced()
		s = w.ok(d.Save(w.ctx, kenya, s.Ref, s.Version, whole("Spam"), intake.Contact{}))
		s = w.ok(d.Confirm(w.ctx, kenya, s.Ref, s.Version))
		s = w.ok(d.SetAside(w.ctx, reviewer, s.Ref, s.Version, intake.Remarks{}))
		ends("ken/2", pledge.Awaited, pledge.Dropped)
		w.ok(d.TakeUp(w.ctx, reviewer, s.Ref, s.Version))
		ends("ken/2", pledge.Awaited, pledge.Dropped)

		s = announced()
		w.ok(d.Abandon(w.ctx, reviewer, s.Ref, s.Version))
		ends("ken/3", pledge.Awaited, pledge.Dropped)

		s = announced()
		s = w.ok(d.DropAnnouncement(w.ctx, reviewer, s.Ref, s.Version))
		ends("ken/4", pledge.Awaited, pledge.Dropped)
		_, err := d.DropAnnouncement(w.ctx, reviewer, s.Ref, s.Version)
		w.refused(err, errs.Conflict, "work.not_now")

		s = announced() // content that was erased is not said again
		entries, err := w.log.History(w.ctx, pledge.AnnouncementSubject("ken/5"))
		if err != nil {
			t.Fatal(err)
		}
		err = w.db.Write(w.ctx, func(tx *db.Tx) error {
			_, err := w.log.Erase(w.ctx, tx, register.Erasure{Position: entries[0].Header.Position, Ground: "safety", By: [2]string{"office:one", "office:two"}})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		w.ok(d.DropAnnouncement(w.ctx, reviewer, s.Ref, s.Version))
		if entries, err := w.log.History(w.ctx, pledge.AnnouncementSubject("ken/5")); err != nil || len(entries) != 1 {
			t.Errorf("%d versions: %v", len(entries), err)
		}
	})
}

func TestWhatKeepsFromAnnouncing(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		note := w.ok(d.Enter(w.ctx, reviewer, intake.Beginning{Lead: "ken", Pledge: whole("By note")}, intake.Received{How: intake.ByNote, On: "2026-02-27"}))
		_, err := d.Announce(w.ctx, reviewer, note.Ref, note.Version)
		w.refused(err, errs.Conflict, "work.not_now")

		taken := w.fromTheFloor("ken")
		taken = w.ok(d.Save(w.ctx, kenya, taken.Ref, taken.Version, whole("The party's own"), intake.Contact{}))
		_, err = d.Announce(w.ctx, reviewer, taken.Ref, 0)
		w.refused(err, errs.Conflict, "work.not_now")

		city := w.fromTheFloor("city-of-tyre")
		_, err = d.Announce(w.ctx, reviewer, city.Ref, city.Version)
		w.refused(err, errs.Conflict, intake.BlockedClearance)

		held := w.fromTheFloor("ken")
		if err := d.Hold(w.ctx, reviewer, "ken", true, "asked"); err != nil {
			t.Fatal(err)
		}
		_, err = d.Announce(w.ctx, reviewer, held.Ref, held.Version)
		w.refused(err, errs.Conflict, intake.BlockedHold)
	})
}

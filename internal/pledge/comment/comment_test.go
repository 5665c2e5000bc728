package comment

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
)

func TestNobodyElseSpeaksWithoutAMandate(t *testing.T) {
	p, err := compact.Embedded(compact.DefaultPack)
	if err != nil {
		t.Fatal(err)
	}
	own := *p
	o := &Office{Pack: &own}
	for _, kind := range append(slices.Clone(pledge.VoiceKinds), "", "whim") {
		if keyOf(o.Mandated(kind)) != "voice.no_mandate" {
			t.Errorf("%q is allowed", kind)
		}
	}
	own.Mandates.Assessment = own.Sources[0].ID
	if o.Mandated(pledge.AssessmentKind) != nil || o.Mandated(pledge.CommentKind) == nil {
		t.Error("one mandate is not the other")
	}
	both(t, func(t *testing.T, h *house) {
		c, e := h.handedIn("Seven counties do not register."), h.must(h.Enter(h.ctx, rita, h.id, finding()))
		off := *h.Pack
		off.Mandates = compact.Mandates{}
		h.Pack, h.Book.Pack = &off, &off
		_, err1 := h.Begin(h.ctx, clara, h.id, words("More."))
		_, err2 := h.Enter(h.ctx, rita, h.id, finding())
		_, err3 := h.Screen(h.ctx, rita, c.ID, c.Version, looked)
		_, err4 := h.Publish(h.ctx, rita, e.ID, e.Version)
		_, err5 := h.List(h.ctx, rita)
		_, err6 := h.About(h.ctx, clara, h.id)
		_, _, err7 := h.Mine(h.ctx, clara)
		for i, err := range []error{err1, err2, err3, err4, err5, err6, err7} {
			if keyOf(err) != "voice.no_mandate" {
				t.Errorf("act %d: %v", i+1, err)
			}
		}
		h.write(func(tx *db.Tx) error { // nor does the register take it from anybody else
			a := finding()
			a.Pledge = h.id
			if _, err := h.Book.Assess(h.ctx, tx, pledge.Terms{Actor: office}, a); !errs.Is(err, errs.Forbidden) {
				t.Errorf("%v", err)
			}
			return nil
		})
	})
}

func TestACommentAndItsReplyArePublishedSideBySide(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		c := h.asked("Seven counties do not register.")
		if c.State != Asked || c.Comment.ReplyBy != "2024-03-21" || c.Comment.On != "2024-03-01" {
			t.Fatalf("%+v", c)
		}
		var to []string
		for _, l := range h.letters {
			to = append(to, l.Template+" "+l.Person+" "+string(l.Language))
		}
		if want := []string{"comment_asked amina en", "comment_asked brian ar"}; !slices.Equal(to, want) {
			t.Errorf("letters %v, want %v", to, want)
		}
		if _, err := h.Publish(h.ctx, rita, c.ID, c.Version); keyOf(err) != "voice.too_early" {
			t.Errorf("published before the term: %v", err)
		}
		if n := len(h.voices()); n != 0 {
			t.Errorf("%d voices are public already", n)
		}
		c = h.must(h.Reply(h.ctx, amina, c.ID, c.Version, pledge.Reply{Text: "They will in May.", Language: lang.EN}))
		c = h.must(h.Publish(h.ctx, rita, c.ID, c.Version))
		all := h.voices()
		if len(all) != 1 || all[0].Position != c.Entry || all[0].Comment.By != "prt" || all[0].Comment.Reply == nil || all[0].Comment.Reply.By != "ken" || all[0].Comment.Reply.Text != "They will in May." {
			t.Fatalf("%+v", all)
		}
		if last := h.letters[len(h.letters)-3:]; last[0].Template != LetterPublished || last[0].Person != "clara" || last[1].Person != "amina" {
			t.Errorf("%+v", last)
		}
		entry, err := h.Book.Log.Entry(h.ctx, c.Entry)
		if err != nil || entry.Header.Actor != office || entry.Header.Kind != pledge.CommentKind || entry.Header.Subject != "comment:"+h.id+"/1" {
			t.Errorf("%+v, %v", entry.Header, err)
		}
		for _, private := range []string{"clara", "amina", "rita", "example.org/people"} {
			if strings.Contains(string(entry.Payload), private) {
				t.Errorf("the entry names %s: %s", private, entry.Payload)
			}
		}
	})
}

func TestSilenceIsSaidAndALaterReplyStandsBeside(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		c := h.asked("Seven counties do not register.")
		h.days(20)
		if c.Ready(h.now.Format(time.DateOnly)) {
			t.Error("the last day is the party's own")
		}
		h.days(1)
		c = h.must(h.Publish(h.ctx, rita, c.ID, c.Version))
		if all := h.voices(); len(all) != 1 || all[0].Comment.Reply != nil || all[0].Comment.ReplyBy != "2024-03-21" {
			t.Fatalf("%+v", all)
		}
		h.days(5)
		c = h.must(h.Reply(h.ctx, brian, c.ID, c.Version, pledge.Reply{Text: "Late, and here.", Language: lang.EN}))
		if c.State != Replied || h.voices()[0].Version != 1 {
			t.Errorf("a reply is public before it is published: %+v", c)
		}
		c = h.must(h.Publish(h.ctx, rita, c.ID, c.Version))
		all := h.voices()
		if len(all) != 1 || all[0].Version != 2 || all[0].Number != 1 || all[0].Comment.Reply.Text != "Late, and here." {
			t.Errorf("%+v", all)
		}
		if _, err := h.Reply(h.ctx, amina, c.ID, c.Version, pledge.Reply{Text: "Once more.", Language: lang.EN}); keyOf(err) != "voice.moved" {
			t.Errorf("%v", err)
		}
	})
}

func TestWhatIsNotLetThrough(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		c := h.handedIn("They are all thieves.")
		if _, err := h.Screen(h.ctx, rita, c.ID, c.Version, Checks{NoPersonalData: true, OnSubject: true}); len(errs.FieldsOf(err)) != 1 {
			t.Errorf("let through unseen: %v", err)
		}
		if _, err := h.Decline(h.ctx, rita, c.ID, c.Version, "taste"); !errs.Is(err, errs.Invalid) {
			t.Errorf("%v", err)
		}
		c = h.must(h.Decline(h.ctx, rita, c.ID, c.Version, Insult))
		if l := h.letters[len(h.letters)-1]; l.Template != LetterDeclined || l.Person != "clara" || l.Data["Reason"] != Insult.In(lang.FR) {
			t.Errorf("%+v", l)
		}
		spam := h.handedIn("Buy now.") // a declined one leaves room for another
		letters := len(h.letters)
		spam = h.must(h.SetAside(h.ctx, rita, spam.ID, spam.Version))
		if _, err := h.Begin(h.ctx, clara, h.id, words("Again.")); keyOf(err) != "voice.under_way" {
			t.Errorf("%v", err)
		}
		spam = h.must(h.TakeUp(h.ctx, rita, spam.ID, spam.Version))
		if len(h.letters) != letters || spam.State != Submitted || spam.Comment.Text != "Buy now." {
			t.Errorf("%+v, %d letters", spam, len(h.letters)-letters)
		}
		c = h.must(h.Decline(h.ctx, rita, spam.ID, spam.Version, OffSubject))
		for _, bad := range []string{"Write to jane@example.org about it.", "", strings.Repeat("x", pledge.CommentWords+1)} {
			c = h.must(h.Begin(h.ctx, clara, h.id, words(bad)))
			if _, err := h.Submit(h.ctx, clara, c.ID, c.Version); len(errs.FieldsOf(err)) != 1 || errs.FieldsOf(err)[0].Field != "text" {
				t.Errorf("%.40q was handed in: %v", bad, err)
			}
			c = h.must(h.Save(h.ctx, clara, c.ID, c.Version, words("Something else.")))
			c = h.must(h.Submit(h.ctx, clara, c.ID, c.Version))
			h.must(h.Decline(h.ctx, rita, c.ID, c.Version, OffSubject))
		}
	})
}

func TestWhoMaySpeak(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		own := words("We contest ourselves.")
		own.By = "ken"
		if _, err := h.Begin(h.ctx, amina, h.id, own); keyOf(err) != "voice.not_apart" {
			t.Errorf("a party contests its own pledge: %v", err)
		}
		if _, err := h.Begin(h.ctx, diogo, h.id, words("For the whole State.")); keyOf(err) != "voice.not_apart" {
			t.Errorf("a ministry speaks for its State: %v", err)
		}
		for _, p := range []access.Person{rita, observer, {}} {
			if _, err := h.Begin(h.ctx, p, h.id, words("As nobody.")); err == nil {
				t.Errorf("%q comments", p.ID)
			}
		}
		c := h.must(h.Begin(h.ctx, clara, h.id, words("In work.")))
		if _, _, err := h.Get(h.ctx, rita, c.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("the desk reads a draft: %v", err)
		}
		if _, err := h.Submit(h.ctx, diogo, c.ID, c.Version); !errs.Is(err, errs.NotFound) {
			t.Errorf("somebody else hands a draft in: %v", err)
		}
		if _, err := h.Save(h.ctx, clara, c.ID, c.Version+1, words("Older.")); keyOf(err) != "work.changed_meanwhile" {
			t.Errorf("%v", err)
		}
		c = h.must(h.Submit(h.ctx, clara, c.ID, c.Version))
		if a, err := h.About(h.ctx, amina, h.id); err != nil || len(a.Asked) != 0 || len(a.Speaks) != 0 || a.Replies != "ken" {
			t.Errorf("before it is screened the party sees %+v, %v", a, err)
		}
		c = h.must(h.Screen(h.ctx, rita, c.ID, c.Version, looked))
		if _, err := h.Reply(h.ctx, clara, c.ID, c.Version, pledge.Reply{Text: "Mine.", Language: lang.EN}); !errs.Is(err, errs.Forbidden) {
			t.Errorf("who comments replies: %v", err)
		}
		if a, err := h.About(h.ctx, amina, h.id); err != nil || len(a.Asked) != 1 {
			t.Errorf("%+v, %v", a, err)
		}
		a := finding()
		a.Assessor = "ken"
		if _, err := h.Enter(h.ctx, rita, h.id, a); len(errs.FieldsOf(err)) != 1 {
			t.Errorf("a party assesses its own pledge: %v", err)
		}
		if _, err := h.Enter(h.ctx, clara, h.id, finding()); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a party enters an assessment: %v", err)
		}
		for _, change := range []func(*pledge.Assessment){
			func(a *pledge.Assessment) { a.Source = "" }, func(a *pledge.Assessment) { a.On = "2024-03-02" }, func(a *pledge.Assessment) { a.Report = 2 },
			func(a *pledge.Assessment) { a.Language = "" }, func(a *pledge.Assessment) { a.Finding = "" },
		} {
			a := finding()
			change(&a)
			if _, err := h.Enter(h.ctx, rita, h.id, a); len(errs.FieldsOf(err)) != 1 {
				t.Errorf("%+v: %v", a, err)
			}
		}
	})
}

func TestFourEyes(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		h.FourEyes = true
		e := h.must(h.Enter(h.ctx, rita, h.id, finding()))
		c := h.asked("Seven counties do not register.")
		h.days(30)
		for _, c := range []Case{e, c} {
			if _, err := h.Publish(h.ctx, rita, c.ID, c.Version); keyOf(err) != "voice.four_eyes" {
				t.Errorf("%s: %v", c.Kind, err)
			}
			if got := h.must(h.Publish(h.ctx, sven, c.ID, c.Version)); got.State != Published || got.Number != 1 {
				t.Errorf("%+v", got)
			}
		}
	})
}

// While the desk has a party on hold, nothing of it is published: neither its comment nor its reply.
func TestAPartyOnHold(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		held := ""
		h.OnHold = func(_ context.Context, _ *db.Tx, code string) (bool, error) { return code == held, nil }
		c := h.asked("Seven counties do not register.")
		c = h.must(h.Reply(h.ctx, amina, c.ID, c.Version, pledge.Reply{Text: "They will.", Language: lang.EN}))
		for _, held = range []string{"prt", "ken"} {
			if _, err := h.Publish(h.ctx, rita, c.ID, c.Version); keyOf(err) != "work.blocked.hold" {
				t.Errorf("%s is on hold: %v", held, err)
			}
		}
		held = ""
		h.must(h.Publish(h.ctx, rita, c.ID, c.Version))
	})
}

// Whatever others say, the pledge stays as it was, in every count and every filter; the register
// verifies; and the tables are its fold, what was withheld included.
func TestThePledgeStaysAsItIs(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		h.days(300)
		before := h.counted()
		e := h.must(h.Enter(h.ctx, rita, h.id, finding()))
		e = h.must(h.Publish(h.ctx, rita, e.ID, e.Version))
		c := h.asked("Seven counties do not register.")
		c = h.must(h.Reply(h.ctx, amina, c.ID, c.Version, pledge.Reply{Text: "They will.", Language: lang.EN}))
		c = h.must(h.Publish(h.ctx, rita, c.ID, c.Version))
		if after := h.counted(); after != before {
			t.Errorf("before %s\nafter %s", before, after)
		}
		events, err := pledge.History(h.ctx, h.Book.Log, h.id)
		if err != nil || len(events) != 4 || events[2].Assessment == nil || events[3].Comment == nil {
			t.Fatalf("%+v, %v", events, err)
		}
		h.write(func(tx *db.Tx) error {
			erased, err := h.Book.Log.Erase(h.ctx, tx, register.Erasure{Position: c.Entry, Ground: "personal data", By: [2]string{"office:secretariat", "office:legal"}})
			if err != nil {
				return err
			}
			return pledge.Apply(h.ctx, tx, erased)
		})
		if all := h.voices(); len(all) != 1 || all[0].Kind != pledge.AssessmentKind || all[0].Position != e.Entry {
			t.Errorf("%+v", all)
		}
		if all, err := pledge.Voices(h.ctx, h.Book.Log, h.Pack, h.id, e.Entry, "9999-12-31"); err != nil || len(all) != 0 {
			t.Errorf("at %d there are %+v, %v", e.Entry, all, err)
		}
		if all, err := pledge.Voices(h.ctx, h.Book.Log, h.Pack, h.id, 1<<40, "2024-01-01"); err != nil || len(all) != 0 {
			t.Errorf("as of January there are %+v, %v", all, err)
		}
		var export bytes.Buffer
		if err := h.Book.Log.Export(h.ctx, &export); err != nil {
			t.Fatal(err)
		}
		if report, err := register.VerifyExport(&export, ""); err != nil || report.Withheld != 1 || report.Size != h.size() {
			t.Errorf("%+v, %v", report, err)
		}
		live, anew := h.table(), ""
		h.write(func(tx *db.Tx) error {
			if _, err := tx.Exec(h.ctx, `DELETE FROM voices`); err != nil {
				return err
			}
			return h.Book.Log.Range(h.ctx, 0, h.size(), func(e register.Entry) error {
				if !slices.Contains(append([]string{register.ErasureKind}, pledge.VoiceKinds...), e.Header.Kind) {
					return nil
				}
				return pledge.Apply(h.ctx, tx, e)
			})
		})
		if anew = h.table(); anew != live || live == "" {
			t.Errorf("live:\n%s\nfolded anew:\n%s", live, anew)
		}
	})
}

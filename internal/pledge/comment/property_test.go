package comment

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
)

// Whatever anybody does in whatever order: a case moves along these lines only, no words are lost
// or altered once they are handed in, nothing is published that nobody has looked at or before the
// party had its time, and the register has exactly what is published.
func TestNoOrderOfActsPublishesUnseenOrLosesWords(t *testing.T) {
	lines := map[State][]State{
		Draft: {Draft, Submitted}, Submitted: {Asked, Declined, SetAside, Published}, SetAside: {Submitted}, Asked: {Asked, Published}, Published: {Replied}, Replied: {Replied, Published},
	}
	d := dbtest.New(t, db.SQLite)
	defer d.Close()
	h := furnish(t, d)
	h.FourEyes = true
	rapid.Check(t, func(t *rapid.T) {
		h.id, h.letters = h.pledge(), nil
		known := map[string]Case{}
		n := 0
		pick := func(t *rapid.T) (c Case, ok bool) {
			ids := make([]string, 0, len(known))
			for id := range known {
				ids = append(ids, id)
			}
			slices.Sort(ids)
			if len(ids) == 0 {
				return c, false
			}
			return known[rapid.SampledFrom(ids).Draw(t, "case")], true
		}
		took := func(t *rapid.T, by access.Person, was Case, c Case, err error) {
			if err != nil {
				switch errs.KindOf(err) {
				case errs.Invalid, errs.Conflict, errs.Forbidden, errs.NotFound:
					return
				}
				t.Fatal(err)
			}
			if was.ID != "" && !slices.Contains(lines[was.State], c.State) {
				t.Fatalf("from %s to %s", was.State, c.State)
			}
			if c.State == Asked && was.State == Submitted && by.ID != rita.ID && by.ID != sven.ID {
				t.Fatalf("%s screened", by.ID)
			}
			if c.State == Published && was.State != Published {
				switch day := h.now.Format(time.DateOnly); {
				case c.Kind == pledge.CommentKind && c.Screened == "", c.Kind == pledge.CommentKind && c.Screened == by.ID, c.Kind == pledge.AssessmentKind && c.Person == by.ID:
					t.Fatalf("%s published %+v alone", by.ID, c)
				case c.Kind == pledge.CommentKind && c.Comment.Reply == nil && day <= c.Comment.ReplyBy:
					t.Fatalf("published on %s without waiting until %s", day, c.Comment.ReplyBy)
				}
			}
			known[c.ID] = c
		}
		sound := func(t *rapid.T) {
			var all []Case
			err := h.DB.Read(h.ctx, func(tx *db.Tx) (err error) {
				all, err = list(h.ctx, tx, `WHERE pledge = $1`, h.id)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			public := map[int64]string{}
			for _, v := range h.voices() {
				public[v.Position] = v.Kind
			}
			if len(all) != len(known) {
				t.Fatalf("%d cases are kept of %d", len(all), len(known))
			}
			inRegister := 0
			for _, c := range all {
				was := known[c.ID]
				if c.State != was.State || c.Comment.Text != was.Comment.Text || c.Assessment.Finding != was.Assessment.Finding || c.Version != was.Version {
					t.Fatalf("kept %+v of %+v", c, was)
				}
				if (c.State == Published || c.State == Replied) != (c.Entry >= 0) {
					t.Fatalf("%s with entry %d", c.State, c.Entry)
				}
				if c.Entry < 0 {
					continue
				}
				if inRegister++; public[c.Entry] != c.Kind {
					t.Fatalf("the register has %q at %d of %+v", public[c.Entry], c.Entry, c)
				}
			}
			if inRegister != len(public) {
				t.Fatalf("%d published, %d in the register", inRegister, len(public))
			}
		}
		anybody := rapid.SampledFrom([]access.Person{amina, clara, diogo, rita, sven, observer})
		act := func(do func(t *rapid.T, by access.Person, c Case) (Case, error)) func(*rapid.T) {
			return func(t *rapid.T) {
				if was, ok := pick(t); ok {
					by := anybody.Draw(t, "by")
					if rapid.Bool().Draw(t, "likely") { // who may do it
						by = map[State]access.Person{Draft: clara, Asked: amina, Published: amina}[was.State]
						if by.ID == "" {
							by = rapid.SampledFrom([]access.Person{rita, sven}).Draw(t, "reviewer")
						}
					}
					c, err := do(t, by, was)
					took(t, by, was, c, err)
				}
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"time": func(t *rapid.T) { h.days(rapid.SampledFrom([]int{1, 21}).Draw(t, "days")) },
			"begin": func(t *rapid.T) {
				n++
				by := anybody.Draw(t, "by")
				c, err := h.Begin(h.ctx, by, h.id, words(fmt.Sprint("Words ", n)))
				took(t, by, Case{}, c, err)
			},
			"enter": func(t *rapid.T) {
				n++
				by, a := anybody.Draw(t, "by"), finding()
				a.Finding = fmt.Sprint("Finding ", n)
				c, err := h.Enter(h.ctx, by, h.id, a)
				took(t, by, Case{}, c, err)
			},
			"submit": act(func(t *rapid.T, by access.Person, c Case) (Case, error) { return h.Submit(h.ctx, by, c.ID, c.Version) }),
			"screen": act(func(t *rapid.T, by access.Person, c Case) (Case, error) {
				return h.Screen(h.ctx, by, c.ID, c.Version, Checks{true, true, rapid.Bool().Draw(t, "on subject")})
			}),
			"decline": act(func(t *rapid.T, by access.Person, c Case) (Case, error) {
				return h.Decline(h.ctx, by, c.ID, c.Version, rapid.SampledFrom(Reasons).Draw(t, "reason"))
			}),
			"set aside": act(func(t *rapid.T, by access.Person, c Case) (Case, error) {
				return h.SetAside(h.ctx, by, c.ID, c.Version)
			}),
			"take up": act(func(t *rapid.T, by access.Person, c Case) (Case, error) { return h.TakeUp(h.ctx, by, c.ID, c.Version) }),
			"reply": act(func(t *rapid.T, by access.Person, c Case) (Case, error) {
				return h.Reply(h.ctx, by, c.ID, c.Version, pledge.Reply{Text: "So it is.", Language: lang.EN})
			}),
			"publish": act(func(t *rapid.T, by access.Person, c Case) (Case, error) { return h.Publish(h.ctx, by, c.ID, c.Version) }),
			"":        sound,
		})
	})
}

// However many speak, whatever they say and whether anybody replies: nothing is counted of it.
func TestNothingIsComputedFromWhatOthersSay(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	defer d.Close()
	h := furnish(t, d)
	rapid.Check(t, func(t *rapid.T) {
		h.id = h.pledge()
		before, spoken := h.counted(), 0
		for range rapid.IntRange(1, 5).Draw(t, "voices") {
			spoken++
			if rapid.Bool().Draw(t, "an assessment") {
				a := finding()
				a.Report, a.Finding = rapid.IntRange(0, 1).Draw(t, "report"), rapid.StringMatching(`[a-z]{1,20}( fulfilled| discontinued|)`).Draw(t, "finding")
				c := h.must(h.Enter(h.ctx, rita, h.id, a))
				h.must(h.Publish(h.ctx, rita, c.ID, c.Version))
				continue
			}
			c := h.asked(rapid.StringMatching(`[a-z]{1,20}`).Draw(t, "comment"))
			reply := pledge.Reply{Text: rapid.StringMatching(`[a-z]{1,20}`).Draw(t, "reply"), Language: lang.EN}
			at := rapid.SampledFrom([]string{"in time", "later", "never"}).Draw(t, "reply comes")
			if at == "in time" {
				c = h.must(h.Reply(h.ctx, amina, c.ID, c.Version, reply))
			} else {
				h.days(21)
			}
			c = h.must(h.Publish(h.ctx, rita, c.ID, c.Version))
			if at == "later" {
				c = h.must(h.Reply(h.ctx, brian, c.ID, c.Version, reply))
				h.must(h.Publish(h.ctx, rita, c.ID, c.Version))
			}
		}
		if after := h.counted(); after != before {
			t.Fatalf("before %s\nafter %s", before, after)
		}
		if n := len(h.voices()); n != spoken {
			t.Fatalf("%d are heard of %d", n, spoken)
		}
	})
}

package intake_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
)

func TestAnOfferIsPublishedWhenBothSidesConfirm(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		need := w.published("A law on birth registration")
		_, err := d.StateNeed(w.ctx, portugal, intake.Need{Pledge: need.Published, Nature: pledge.HumanResources, Language: lang.EN, Text: "Ten registrars"})
		w.refused(err, errs.Forbidden, "")
		n := must[intake.Need](w)(d.StateNeed(w.ctx, kenya, intake.Need{Pledge: need.Published, Nature: pledge.HumanResources, Language: lang.EN, Text: "Ten registrars"}))
		board := must[[]intake.Need](w)(d.Needs(w.ctx, portugal))
		if len(board) != 1 || board[0].ID != n.ID || board[0].Party != "ken" {
			t.Fatalf("%+v", board)
		}
		_, err = d.Needs(w.ctx, nobody)
		w.refused(err, errs.Unauthenticated, "")

		offer := whole("We send registrars")
		offer.Form, offer.Matches = pledge.Matching, need.Published
		s := w.ok(d.Draft(w.ctx, portugal, intake.Beginning{Lead: "prt", Pledge: offer}))
		s = w.ok(d.Submit(w.ctx, portugal, s.Ref, s.Version))
		w.posted("pledge_offer kenya")
		if body := w.letter("pledge_offer", "kenya"); !strings.Contains(body, "https://pledges.example.org/en/my/"+need.Ref+"\n") {
			t.Fatalf("the letter leads elsewhere: %s", body)
		}
		_, err = d.Publish(w.ctx, reviewer, s.Ref, 0)
		w.refused(err, errs.Conflict, intake.BlockedMatch)
		_, err = d.Offers(w.ctx, morocco, need.Published)
		w.refused(err, errs.Forbidden, "")
		offers := must[[]intake.Offer](w)(d.Offers(w.ctx, kenya, need.Published))
		if len(offers) != 1 || offers[0].Party != "prt" || offers[0].Title != "We send registrars" || offers[0].State != intake.Unanswered {
			t.Fatalf("%+v", offers)
		}
		if got := must[map[string]bool](w)(d.Offered(w.ctx, kenya)); len(got) != 1 || !got[need.Published] {
			t.Fatalf("to be answered: %v", got)
		}
		if got := must[map[string]bool](w)(d.Offered(w.ctx, portugal)); len(got) != 0 {
			t.Fatalf("by who offers: %v", got)
		}
		w.refused(d.AnswerOffer(w.ctx, portugal, s.Ref, true), errs.Forbidden, "")
		if err := d.AnswerOffer(w.ctx, kenya, s.Ref, true); err != nil {
			t.Fatal(err)
		}
		if got := must[map[string]bool](w)(d.Offered(w.ctx, kenya)); len(got) != 0 {
			t.Fatalf("after the answer: %v", got)
		}
		r := must[intake.Receipt](w)(d.Publish(w.ctx, reviewer, s.Ref, 0))
		if p := w.public(r.ID); p.Matches != need.Published {
			t.Fatalf("%+v", p)
		}
		if left := must[[]intake.Need](w)(d.Needs(w.ctx, portugal)); len(left) != 0 {
			t.Fatalf("it is matched, and still on the board: %+v", left)
		}
		w.refused(d.AnswerOffer(w.ctx, kenya, s.Ref, false), errs.Conflict, "work.not_now")
	})
}

func TestCorrections(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		s := w.published("Birth registration")
		why := pledge.Notice{Reason: "Filed under the wrong objective", Language: lang.EN}
		filed := w.get(reviewer, s.Ref).Pledge
		filed.Objectives, filed.ObjectivesBy = []int{15}, pledge.BySecretariat
		_, err := d.Correct(w.ctx, reviewer, s.Ref, s.Version, filed, pledge.Notice{}, nil)
		w.refused(err, errs.Invalid, "")
		_, err = d.Correct(w.ctx, kenya, s.Ref, s.Version, filed, why, nil)
		w.refused(err, errs.Forbidden, "")
		words := filed
		words.Title = "Birth registration of ours"
		_, err = d.Correct(w.ctx, reviewer, s.Ref, s.Version, words, why, nil)
		w.refused(err, errs.Invalid, "")
		s = w.ok(d.Correct(w.ctx, reviewer, s.Ref, s.Version, filed, why, nil))
		if p := w.public(s.Published); !slices.Equal(p.Objectives, []int{15}) || p.Notice == nil || p.Version != 2 {
			t.Fatalf("%+v", p)
		}
		words.Title = "Birth registration, as the note has it"
		s = w.ok(d.Correct(w.ctx, reviewer, s.Ref, s.Version, words, why, &intake.Received{How: intake.ByNote, On: "2026-02-28", Reference: "KM/14"}))
		if p := w.public(s.Published); p.Title != words.Title {
			t.Fatalf("%+v", p)
		}
		if own := w.get(kenya, s.Ref); own.Pledge.Title != words.Title {
			t.Fatalf("the party goes on with %q", own.Pledge.Title)
		}
	})
}

func TestEndsOfAPledge(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		old, by := w.published("Old"), w.published("New")
		_, err := d.Supersede(w.ctx, reviewer, old.Ref, old.Version, by.Published, pledge.Notice{})
		w.refused(err, errs.Invalid, "")
		w.ok(d.Supersede(w.ctx, kenya, old.Ref, old.Version, by.Published, pledge.Notice{}))
		if p := w.public(old.Published); p.Status != pledge.Superseded || p.SupersededBy != by.Published || p.Notice.Reason == "" {
			t.Fatalf("%+v", p)
		}
		_, err = d.Save(w.ctx, kenya, old.Ref, old.Version+1, whole("More"), intake.Contact{})
		w.refused(err, errs.Conflict, "work.not_now")
		other := w.published("Another")
		_, err = d.Supersede(w.ctx, portugal, other.Ref, other.Version, by.Published, pledge.Notice{})
		w.refused(err, errs.Forbidden, "")
	})
}

// A pledge that was never submitted here (an import) gets a submission when its party, or the
// desk, begins to work on it; once, whoever asks.
func TestAPledgeFromElsewhere(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		p := whole("Imported")
		p.Text, p.Form, p.Parties, p.Channel = "Short", pledge.Common, []string{"ken", "prt"}, ""
		p.Call = "2022"
		err := w.db.Write(w.ctx, func(tx *db.Tx) error {
			batch, err := d.Book.Import(w.ctx, tx, intake.Secretariat)
			if err != nil {
				return err
			}
			if _, err := batch.Put(pledge.Offer{Pledge: p, Effective: "2022-05-20"}); err != nil {
				return err
			}
			return batch.Finish()
		})
		if err != nil {
			t.Fatal(err)
		}
		id := pledge.IDOf(d.Book.Pack.Code, 1)
		if _, err := d.Adopt(w.ctx, morocco, id); !errs.Is(err, errs.Forbidden) {
			t.Fatal(err)
		}
		a, b := w.ok(d.Adopt(w.ctx, kenya, id)), w.ok(d.Adopt(w.ctx, portugal, id))
		if a.Ref != b.Ref || a.State != pledge.StatePublished || len(a.Invitations) != 1 {
			t.Fatalf("%+v %+v", a, b)
		}
		if f := must[intake.Figures](w)(d.Figures(w.ctx, reviewer, "2026-03-01")); f.Received != 0 {
			t.Fatalf("it counts as received: %+v", f)
		}
		// Its next version is held to the rules of the form, whatever call it once answered, and
		// needs the word of who makes it, too.
		next := whole("Imported, and measured")
		next.Form = pledge.Common
		s := w.ok(d.Save(w.ctx, kenya, a.Ref, a.Version, next, intake.Contact{}))
		s = w.ok(d.SubmitRevision(w.ctx, kenya, s.Ref, s.Version, pledge.Notice{}))
		s = w.ok(d.Answer(w.ctx, portugal, s.Ref, s.Version, "prt", true, ""))
		w.ok(d.PublishRevision(w.ctx, reviewer, s.Ref, s.Version))
		if p := w.public(id); p.Title != next.Title || p.Call != "2022" || !slices.Equal(p.Parties, []string{"ken", "prt"}) {
			t.Fatalf("%+v", p)
		}
		w.ok(d.LeavePledge(w.ctx, portugal, a.Ref, 0, "prt", pledge.Notice{Reason: "We leave", Language: lang.EN}))
		if p := w.public(id); !slices.Equal(p.Parties, []string{"ken"}) || p.Form != pledge.Individual || p.Notice == nil || p.Notice.Reason != "We leave" {
			t.Fatalf("%+v", p)
		}
		entries, err := w.log.History(w.ctx, pledge.Subject(id))
		if err != nil || entries[2].Header.Actor != "prt" {
			t.Fatal(entries, err)
		}
	})
}

func TestAPartyEntersWithItsFirstPledge(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		city := party.Party{Schema: party.Schema, Code: "city-of-mombasa", Kind: "local_authority", Names: map[lang.Code]string{lang.EN: "City of Mombasa"}, Country: "KE"}
		w.refused(d.Introduce(w.ctx, kenya, city), errs.Forbidden, "")
		size := w.size()
		if err := d.Introduce(w.ctx, reviewer, city); err != nil {
			t.Fatal(err)
		}
		if err := d.ClearParty(w.ctx, reviewer, city.Code, "accreditation", "2027-01-01"); err != nil {
			t.Fatal(err)
		}
		who := focal("mombasa", city.Code, true)
		s := w.ok(d.Draft(w.ctx, who, intake.Beginning{Lead: city.Code, Pledge: whole("Of a city")}))
		s = w.ok(d.Submit(w.ctx, who, s.Ref, s.Version))
		if w.size() != size {
			t.Fatal("the party is public before its pledge")
		}
		r := must[intake.Receipt](w)(d.Publish(w.ctx, reviewer, s.Ref, s.Version))
		if w.size() != size+2 || r.Position != size+1 {
			t.Fatalf("%d entries, then %d; %+v", size, w.size(), r)
		}
		// A State needs no introduction.
		germany := focal("germany", "deu", true)
		s = w.ok(d.Draft(w.ctx, germany, intake.Beginning{Lead: "deu", Pledge: whole("Of a State")}))
		s = w.ok(d.Submit(w.ctx, germany, s.Ref, s.Version))
		must[intake.Receipt](w)(d.Publish(w.ctx, reviewer, s.Ref, s.Version))
		w.refused(d.Introduce(w.ctx, reviewer, city), errs.Conflict, "work.party_known")
	})
}

func TestCalls(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		call := intake.Call{
			ID: "forum-2026", Opens: w.now.Add(time.Hour), Closes: w.now.Add(48 * time.Hour), Zone: "Africa/Nairobi", Title: map[lang.Code]string{lang.FR: "Le deuxième forum"},
		}
		w.refused(d.PutCall(w.ctx, kenya, call), errs.Forbidden, "")
		for name, broken := range map[string]intake.Call{
			"no title":     {ID: "a", Zone: "UTC"},
			"no zone":      {ID: "a", Zone: "Atlantis/North", Title: call.Title},
			"standing":     {ID: intake.Standing, Zone: "UTC", Title: call.Title},
			"capitals":     {ID: "Forum", Zone: "UTC", Title: call.Title},
			"closes first": {ID: "a", Zone: "UTC", Title: call.Title, Opens: w.now, Closes: w.now.Add(-time.Hour)},
		} {
			if err := d.PutCall(w.ctx, reviewer, broken); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := d.PutCall(w.ctx, reviewer, call); err != nil {
			t.Fatal(err)
		}
		all := must[[]intake.Call](w)(d.Calls(w.ctx))
		if len(all) != 2 || all[1].ID != intake.Standing || all[0].In(lang.EN) != "Le deuxième forum" {
			t.Fatalf("%+v", all)
		}
		draft := func() intake.Submission {
			return w.ok(d.Draft(w.ctx, kenya, intake.Beginning{Lead: "ken", Call: "forum-2026", Pledge: whole("For the forum")}))
		}
		early, inTime, late := draft(), draft(), draft()
		_, err := d.Submit(w.ctx, kenya, early.Ref, early.Version)
		w.refused(err, errs.Conflict, "work.call_not_open")
		w.pass(48*time.Hour + 59*time.Second) // still the closing minute
		if s := w.ok(d.Submit(w.ctx, kenya, inTime.Ref, inTime.Version)); s.Late {
			t.Fatal("the closing minute does not belong to the call")
		}
		w.pass(time.Second)
		if s := w.ok(d.Submit(w.ctx, kenya, late.Ref, late.Version)); !s.Late || s.State != pledge.StateSubmitted {
			t.Fatalf("%+v", s)
		}
		// What came in time and is returned stays in time.
		w.ok(d.Return(w.ctx, reviewer, inTime.Ref, 0, words))
		if s := w.ok(d.Submit(w.ctx, kenya, inTime.Ref, 0)); s.Late {
			t.Fatal("late because it was returned")
		}
	})
}

func TestFiguresOfAnyDay(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		w.drafted("Draft")
		a, b, c := w.submitted("A"), w.submitted("B"), w.submitted("C")
		w.submitted("D")
		w.pass(24 * time.Hour)
		must[intake.Receipt](w)(d.Publish(w.ctx, reviewer, a.Ref, a.Version))
		w.ok(d.SetAside(w.ctx, reviewer, b.Ref, b.Version, intake.Remarks{}))
		w.ok(d.Return(w.ctx, reviewer, c.Ref, c.Version, words))
		for on, want := range map[string]string{
			"2026-02-28": `{"schema":1,"on":"2026-02-28","received":0,"in_review":0,"returned":0,"published":0,"set_aside":0}`,
			"2026-03-01": `{"schema":1,"on":"2026-03-01","received":4,"in_review":4,"returned":0,"published":0,"set_aside":0}`,
			"2026-03-02": `{"schema":1,"on":"2026-03-02","received":4,"in_review":1,"returned":1,"published":1,"set_aside":1}`,
		} {
			f := must[intake.Figures](w)(d.Figures(w.ctx, reviewer, on))
			if got, err := json.Marshal(f); err != nil || string(got) != want {
				t.Errorf("%s: %s, %v", on, got, err)
			}
		}
		_, err := d.Figures(w.ctx, reviewer, "2026-03-03")
		w.refused(err, errs.Invalid, "")
		_, err = d.Figures(w.ctx, kenya, "2026-03-01")
		w.refused(err, errs.Forbidden, "")
		f, position, err := d.PublishFigures(w.ctx, reviewer, "2026-03-01")
		if err != nil {
			t.Fatal(err)
		}
		if open := d.Book.Pack.Policies.SetAside == compact.Public; (f.SetAside != nil) != open {
			t.Fatalf("%+v", f)
		}
		e, err := w.log.Entry(w.ctx, position)
		if err != nil || e.Header.Subject != "figures:2026-03-01" || e.Header.Actor != intake.Secretariat {
			t.Fatal(e, err)
		}
		// The same again says nothing new; but figures of a day that was not over do, once it is.
		publish := func(on string) int64 {
			_, position, err := d.PublishFigures(w.ctx, reviewer, on)
			if err != nil {
				t.Fatal(err)
			}
			return position
		}
		if again := publish("2026-03-01"); again != position {
			t.Errorf("the same figures were published at %d and at %d", position, again)
		}
		today := w.now.Format("2006-01-02")
		early := publish(today)
		if again := publish(today); again != early {
			t.Errorf("the same figures of today were published at %d and at %d", early, again)
		}
		w.pass(24 * time.Hour)
		if final := publish(today); final == early || publish(today) != final {
			t.Errorf("once the day is over, its figures stand at %d", final)
		}
	})
}

func TestTheQueue(t *testing.T) {
	each(t, func(w *world) {
		d := w.desk
		a, b := w.submitted("A"), w.submitted("B")
		w.pass(72 * time.Hour)
		c := w.submitted("C")
		w.drafted("not for the desk")
		w.ok(d.Assign(w.ctx, reviewer, b.Ref, "second"))
		for name, tt := range map[string]struct {
			by   access.Person
			f    intake.Filter
			want []string
		}{
			"all":                    {reviewer, intake.Filter{}, []string{"A", "B", "C"}},
			"older":                  {observer, intake.Filter{Before: w.now.Add(-24 * time.Hour)}, []string{"A", "B"}},
			"assigned":               {second, intake.Filter{Assigned: "second"}, []string{"B"}},
			"to nobody":              {reviewer, intake.Filter{Assigned: intake.Nobody}, []string{"A", "C"}},
			"of a kind":              {reviewer, intake.Filter{Kinds: []string{"local_authority"}}, nil},
			"in a language":          {reviewer, intake.Filter{Languages: []lang.Code{lang.EN, lang.FR}, Calls: []string{intake.Standing}}, []string{"A", "B", "C"}},
			"of a party":             {reviewer, intake.Filter{Parties: []string{"ken"}, States: []pledge.State{pledge.StateSubmitted}}, []string{"A", "B", "C"}},
			"of a party by wildcard": {reviewer, intake.Filter{Parties: []string{"%"}}, nil},
			"late":                   {reviewer, intake.Filter{Late: true}, nil},
			"own":                    {deputy, intake.Filter{Newest: true}, []string{"C", "not for the desk", "B", "A"}},
			"of others":              {portugal, intake.Filter{}, nil},
		} {
			rows, total, err := d.List(w.ctx, tt.by, tt.f, 0, 10)
			if err != nil {
				t.Fatal(name, err)
			}
			var got []string
			for _, r := range rows {
				got = append(got, r.Title)
			}
			slices.Sort(got) // those of one moment stand in the order of their references, which are drawn
			slices.Sort(tt.want)
			if !slices.Equal(got, tt.want) || total != len(tt.want) {
				t.Errorf("%s: %q of %d, want %q", name, got, total, tt.want)
			}
		}
		if rows, total, err := d.List(w.ctx, reviewer, intake.Filter{}, 2, 1); err != nil || total != 3 || len(rows) != 1 || rows[0].Ref != c.Ref {
			t.Errorf("%+v %d %v", rows, total, err)
		}
		counts, err := d.Counts(w.ctx, reviewer, intake.Filter{})
		if err != nil || fmt.Sprint(counts) != "map[submitted:3]" {
			t.Errorf("%v %v", counts, err)
		}
		w.ok(d.Join(w.ctx, reviewer, b.Ref, b.Version, a.Ref, intake.Remarks{}))
		if s := w.get(reviewer, b.Ref); s.JoinedTo != a.Ref || s.State != pledge.StateSetAside {
			t.Errorf("%+v", s)
		}
	})
}

// Every canned reason, and every letter, has its words in six languages.
func TestReasonsInSixLanguages(t *testing.T) {
	for _, key := range intake.Reasons {
		seen := map[string]bool{}
		for _, c := range lang.All {
			text := intake.Reason(c, key)
			if text == "" || seen[text] {
				t.Errorf("%s in %s: %q", key, c, text)
			}
			seen[text] = true
		}
	}
}

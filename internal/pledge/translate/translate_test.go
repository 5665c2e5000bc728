package translate

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"stocktake/internal/access"
	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
)

type house struct {
	*Desk
	tb  testing.TB
	ctx context.Context
	now time.Time
	id  string
}

func person(id string, g access.Grant) access.Person {
	return access.Person{ID: id, Name: id, Email: id + "@example.org", Grants: []access.Grant{g}}
}

var (
	tariq    = person("tariq", access.Grant{Role: access.Translator, Language: lang.AR})
	fadila   = person("fadila", access.Grant{Role: access.Translator})
	reviewer = person("rita", access.Grant{Role: access.Reviewer})
	amina    = person("amina", access.Grant{Role: access.FocalPoint, Party: "ken", Transmits: true})
	clara    = person("clara", access.Grant{Role: access.FocalPoint, Party: "prt", Transmits: true})
)

func open(tb testing.TB, d *db.DB) *house {
	tb.Helper()
	p, err := compact.Embedded(compact.DefaultPack)
	if err != nil {
		tb.Fatal(err)
	}
	h := &house{tb: tb, ctx: context.Background(), now: time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC)}
	d.SetClock(func() time.Time { return h.now })
	log, err := register.Open(h.ctx, d, register.Options{Origin: "example.org/log", Key: register.KeyFromSeed([]byte("test")), Rand: dbtest.Rand(1)})
	if err != nil {
		tb.Fatal(err)
	}
	h.Desk = &Desk{DB: d, Pack: p, Book: pledge.Book{Pack: p, Log: log}}
	h.write(func(tx *db.Tx) error {
		batch, err := h.Book.Import(h.ctx, tx, "office:secretariat")
		if err != nil {
			return err
		}
		c, _ := place.ByAlpha3("ken")
		if _, err := batch.Party("2022-01-01", party.FromCountry(c)); err != nil {
			return err
		}
		return batch.Finish()
	})
	h.id = h.pledge("Birth registration", lang.EN)
	return h
}

func both(t *testing.T, f func(t *testing.T, h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, open(t, d)) })
}

func (h *house) write(f func(tx *db.Tx) error) {
	h.tb.Helper()
	if err := h.DB.Write(h.ctx, f); err != nil {
		h.tb.Fatal(err)
	}
}

// waiting expects these translations to wait for somebody's approval.
func (h *house) waiting(by access.Person, want ...Item) {
	h.tb.Helper()
	if got, err := h.Waiting(h.ctx, by); err != nil || !slices.Equal(got, want) {
		h.tb.Errorf("%s is to approve %+v, %v", by.ID, got, err)
	}
}

func (h *house) sample(title string, c lang.Code) pledge.Pledge {
	return pledge.Pledge{Schema: 1, Title: title, Text: "Every child is registered by its local authority.", Language: c, Parties: []string{"ken"}, Form: pledge.Individual, Objectives: []int{4}, ObjectivesBy: pledge.ByParty}
}

func (h *house) pledge(title string, c lang.Code) string {
	h.tb.Helper()
	var out pledge.Outcome
	h.write(func(tx *db.Tx) (err error) {
		out, err = h.Book.Publish(h.ctx, tx, pledge.Terms{Actor: "ken", Mode: pledge.ByImport}, h.sample(title, c))
		return err
	})
	return out.ID
}

// revise publishes another version of the pledge.
func (h *house) revise(change func(*pledge.Pledge)) {
	h.tb.Helper()
	h.write(func(tx *db.Tx) error {
		c, err := pledge.Get(h.ctx, tx, h.id)
		if err != nil {
			return err
		}
		change(&c.Pledge)
		_, err = h.Book.Revise(h.ctx, tx, pledge.Terms{Actor: "ken", Mode: pledge.ByImport}, c.Pledge)
		return err
	})
}

// whole is a page with a queue of any length.
func whole(total int) (offset, limit int) { return 0, total }

func (h *house) queued(c lang.Code) string {
	h.tb.Helper()
	items, counts, err := h.Lists(h.ctx, reviewer, c, whole)
	if err != nil || counts[c].All() != len(items) {
		h.tb.Fatal(counts, err)
	}
	var all []string
	for _, it := range items {
		all = append(all, it.Pledge+" "+string(it.Why))
	}
	return strings.Join(all, ", ")
}

func (h *house) published(c lang.Code) (found *pledge.Translation) {
	h.tb.Helper()
	err := h.DB.Read(h.ctx, func(tx *db.Tx) error {
		all, err := pledge.Translations(h.ctx, tx, h.id)
		for _, t := range all {
			if t.Language == c {
				found = &t
			}
		}
		return err
	})
	if err != nil {
		h.tb.Fatal(err)
	}
	return found
}

var arabic = Text{Title: "تسجيل المواليد", Summary: "تسجيل كل طفل."}

func TestFromTheQueueIntoTheRegister(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		if got := h.queued(lang.AR); got != h.id+" missing" {
			t.Fatalf("queue: %s", got)
		}
		if got := h.queued(lang.EN); got != "" {
			t.Fatalf("the original is in the queue: %s", got)
		}
		w, err := h.Claim(h.ctx, tariq, h.id, lang.AR)
		if err != nil || w.Holder != "tariq" || w.Version != 0 || w.State != Unbegun {
			t.Fatalf("%+v %v", w, err)
		}
		if _, err := h.Claim(h.ctx, fadila, h.id, lang.AR); keyOf(err) != "tongue.held" {
			t.Errorf("claimed twice: %v", err)
		}
		w, err = h.Save(h.ctx, tariq, h.id, lang.AR, 0, 1, arabic)
		if err != nil || w.Version != 1 || w.State != Draft {
			t.Fatalf("%+v %v", w, err)
		}
		if _, _, err := h.Publish(h.ctx, tariq, h.id, lang.AR, 1); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a translator publishes: %v", err)
		}
		if w, err = h.Offer(h.ctx, tariq, h.id, lang.AR, 1); err != nil || w.State != Offered || w.Holder != "" {
			t.Fatalf("%+v %v", w, err)
		}
		// It waits for the party, and for who speaks for it.
		h.waiting(amina, Item{Pledge: h.id, Title: "Birth registration", Original: lang.EN, Into: lang.AR, Lead: "ken", State: Offered})
		for _, by := range []access.Person{clara, tariq, reviewer, person("deputy", access.Grant{Role: access.FocalPoint, Party: "ken"})} {
			h.waiting(by)
		}
		head, err := h.Book.Log.Head(h.ctx)
		if err != nil {
			t.Fatal(err)
		}
		w, out, err := h.Publish(h.ctx, reviewer, h.id, lang.AR, 1)
		if err != nil || out.Position != head.Size || w.State != Published {
			t.Fatalf("%+v %+v %v", w, out, err)
		}
		h.waiting(amina)
		if tr := h.published(lang.AR); tr == nil || tr.Title != arabic.Title || tr.Summary != arabic.Summary || tr.By != "human" || tr.Version != 1 || tr.ApprovedBy != "" {
			t.Fatalf("%+v", tr)
		}
		if got := h.queued(lang.AR); got != "" {
			t.Errorf("queue: %s", got)
		}
		if _, _, err := h.Publish(h.ctx, reviewer, h.id, lang.AR, 1); !errs.Is(err, errs.Conflict) {
			t.Errorf("published twice: %v", err)
		}
		if _, err := h.Want(h.ctx, reviewer, h.id, lang.AR); err != nil {
			t.Fatal(err)
		}
		if got := h.queued(lang.AR); got != h.id+" wanted" {
			t.Errorf("queue: %s", got)
		}
	})
}

func TestOutOfDate(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		if _, err := h.Save(h.ctx, tariq, h.id, lang.AR, 0, 1, arabic); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.Publish(h.ctx, reviewer, h.id, lang.AR, 1); err != nil {
			t.Fatal(err)
		}
		h.revise(func(p *pledge.Pledge) { p.StartsOn = "2024" })
		if got := h.queued(lang.AR); got != "" {
			t.Errorf("the words are the same: %s", got)
		}
		h.revise(func(p *pledge.Pledge) { p.Text = "Every child is registered at once." })
		if got := h.queued(lang.AR); got != h.id+" stale" {
			t.Errorf("queue: %s", got)
		}
		w, err := h.Open(h.ctx, tariq, h.id, lang.AR)
		if err != nil || w.Why != Stale || w.Before == nil || w.Before.Text != "Every child is registered by its local authority." {
			t.Fatalf("%+v %v", w, err)
		}
		if _, _, err := h.Publish(h.ctx, reviewer, h.id, lang.AR, 1); keyOf(err) != "tongue.original_changed" {
			t.Errorf("%v", err)
		}
		better := arabic
		better.Summary = "تسجيل كل طفل فورا."
		if _, err := h.Save(h.ctx, tariq, h.id, lang.AR, 1, w.Original.Version, better); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.Publish(h.ctx, reviewer, h.id, lang.AR, 2); err != nil {
			t.Fatal(err)
		}
		if tr := h.published(lang.AR); tr.Summary != better.Summary || tr.Version != 3 {
			t.Errorf("%+v", tr)
		}
	})
}

func TestTheParty(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		if _, err := h.Save(h.ctx, clara, h.id, lang.FR, 0, 1, Text{Title: "Naissances"}); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a stranger translates: %v", err)
		}
		if _, err := h.Save(h.ctx, amina, h.id, lang.FR, 0, 1, Text{Title: "Naissances"}); err != nil {
			t.Fatal(err)
		}
		w, err := h.Approve(h.ctx, amina, h.id, lang.FR, 1)
		if err != nil || w.Approved != "ken" || w.State != Offered {
			t.Fatalf("%+v %v", w, err)
		}
		if w, err = h.Save(h.ctx, fadila, h.id, lang.FR, 1, 1, Text{Title: "Les naissances"}); err == nil && w.Approved != "" {
			t.Fatalf("the approval is of other words: %+v", w)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.Release(h.ctx, fadila, h.id, lang.FR); err != nil {
			t.Fatal(err)
		}
		if _, err = h.Approve(h.ctx, amina, h.id, lang.FR, 2); err != nil {
			t.Fatal(err)
		}
		_, out, err := h.Publish(h.ctx, reviewer, h.id, lang.FR, 2)
		if err != nil {
			t.Fatal(err)
		}
		e, err := h.Book.Log.Entry(h.ctx, out.Position)
		if err != nil || e.Header.Actor != "ken" || h.published(lang.FR).ApprovedBy != "ken" {
			t.Errorf("%+v %v", e.Header, err)
		}
	})
}

func TestWhatIsRefused(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		long := strings.TrimSpace(strings.Repeat("mot ", 61))
		if _, err := h.Save(h.ctx, fadila, h.id, lang.FR, 0, 1, Text{Title: "Titre", Summary: long}); err != nil {
			t.Fatalf("a draft may be anything: %v", err)
		}
		for _, tt := range []struct {
			name string
			do   func() error
			want string
		}{
			{"a summary of 61 words", func() error { _, err := h.Offer(h.ctx, fadila, h.id, lang.FR, 1); return err }, "summary"},
			{"by machine", func() error {
				_, err := h.Save(h.ctx, fadila, h.id, lang.FR, 1, 1, Text{Title: "Titre", By: "machine"})
				return err
			}, "off"},
			{"another language", func() error { _, err := h.Claim(h.ctx, tariq, h.id, lang.FR); return err }, "may not"},
			{"into itself", func() error { _, err := h.Open(h.ctx, fadila, h.id, lang.EN); return err }, "not translated"},
			{"no language", func() error { _, err := h.Open(h.ctx, fadila, h.id, "xx"); return err }, "not translated"},
			{"of an old version", func() error { _, err := h.Save(h.ctx, fadila, h.id, lang.FR, 0, 1, Text{}); return err }, "by now"},
			{"of a version to come", func() error { _, err := h.Save(h.ctx, fadila, h.id, lang.FR, 1, 2, Text{}); return err }, "base"},
			{"nothing", func() error { _, err := h.Offer(h.ctx, fadila, h.id, lang.ES, 0); return err }, "nothing"},
			{"by nobody", func() error { _, _, err := h.Lists(h.ctx, access.Person{}, lang.FR, whole); return err }, "signed in"},
		} {
			if err := tt.do(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
		own := *h.Pack
		own.Policies.Machine = true
		h.Pack = &own
		if _, err := h.Save(h.ctx, fadila, h.id, lang.FR, 1, 1, Text{Title: "Titre", By: "machine"}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.Publish(h.ctx, reviewer, h.id, lang.FR, 2); err != nil || h.published(lang.FR).By != "machine" {
			t.Errorf("%v", err)
		}
	})
}

// Whoever saves in whatever order: a text that was acknowledged is among the versions, and the
// last one is what is shown.
func TestNoTextIsLost(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	defer d.Close()
	h := open(t, d)
	rapid.Check(t, func(t *rapid.T) {
		h.now = h.now.Add(24 * time.Hour)
		h.id = h.pledge("Another", lang.EN)
		var kept []string
		for i := range rapid.IntRange(1, 12).Draw(t, "steps") {
			by := rapid.SampledFrom([]access.Person{tariq, fadila}).Draw(t, "by")
			words := Text{Title: strings.Repeat("x", i+1)}
			seen := rapid.IntRange(0, len(kept)).Draw(t, "seen")
			switch rapid.SampledFrom([]string{"save", "save", "release", "later"}).Draw(t, "do") {
			case "save":
				if _, err := h.Save(h.ctx, by, h.id, lang.AR, seen, 1, words); err == nil {
					if seen != len(kept) {
						t.Fatalf("version %d was overwritten by one who saw %d", len(kept), seen)
					}
					kept = append(kept, words.Title)
				} else if !errs.Is(err, errs.Conflict) {
					t.Fatal(err)
				}
			case "release":
				if _, err := h.Release(h.ctx, by, h.id, lang.AR); err != nil && !errs.Is(err, errs.Conflict) {
					t.Fatal(err)
				}
			case "later":
				h.now = h.now.Add(9 * time.Hour)
			}
		}
		all, err := h.Versions(h.ctx, reviewer, h.id, lang.AR)
		if err != nil || len(all) != len(kept) {
			t.Fatalf("%d texts of %d, %v", len(all), len(kept), err)
		}
		for i, s := range all {
			if s.Text.Title != kept[len(kept)-1-i] {
				t.Fatalf("%+v, want %v", all, kept)
			}
		}
	})
}

// Nothing new is published for a party that the secretariat has on hold; what was written stays.
func TestATranslationForAPartyOnHoldWaits(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		held := "ken"
		h.OnHold = func(_ context.Context, _ *db.Tx, code string) (bool, error) { return code == held, nil }
		w, err := h.Save(h.ctx, tariq, h.id, lang.AR, 0, 1, arabic)
		if err == nil {
			w, err = h.Offer(h.ctx, tariq, h.id, lang.AR, w.Version)
		}
		if err == nil {
			w, err = h.Approve(h.ctx, amina, h.id, lang.AR, w.Version)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.Publish(h.ctx, reviewer, h.id, lang.AR, w.Version); keyOf(err) != "work.blocked.hold" || h.published(lang.AR) != nil {
			t.Fatalf("%v", err)
		}
		if after, err := h.Open(h.ctx, reviewer, h.id, lang.AR); err != nil || after.State != Offered || after.Text.Title != arabic.Title {
			t.Fatalf("%+v %v", after, err)
		}
		held = "prt"
		if _, _, err := h.Publish(h.ctx, reviewer, h.id, lang.AR, w.Version); err != nil || h.published(lang.AR) == nil {
			t.Fatalf("%v", err)
		}
	})
}

func TestTermsBeside(t *testing.T) {
	p, err := compact.Embedded(compact.DefaultPack)
	if err != nil {
		t.Fatal(err)
	}
	got := Terms(p, lang.EN, lang.FR, "Civil society and local authorities report on each pledge.")
	var all []string
	for _, term := range got {
		all = append(all, term.From+" = "+term.To)
	}
	if s := strings.Join(all, "; "); !strings.Contains(s, "pledge = engagement") || !strings.Contains(s, "Local authorities = Autorités locales") || strings.Contains(s, "hash") {
		t.Errorf("%s", s)
	}
	for _, from := range lang.All {
		for _, to := range lang.All {
			for _, term := range Terms(p, from, to, glossary) {
				if term.From == "" || term.To == "" {
					t.Errorf("%s to %s: %+v", from, to, term)
				}
			}
		}
	}
}

func TestTheGlossaryIsTheOneOfTheDocs(t *testing.T) {
	page, err := os.ReadFile("../../../docs/glossary.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "## In the six languages")
	var rows []string
	for line := range strings.Lines(table) {
		if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| English") {
			cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			rows = append(rows, strings.Join(cells, "\t"))
		}
	}
	if strings.Join(rows, "\n")+"\n" != glossary {
		t.Error("glossary.tsv is not the table of docs/glossary.md; copy its rows")
	}
}

func keyOf(err error) string {
	if e, ok := errors.AsType[*errs.Error](err); ok {
		return e.Key
	}
	return ""
}

package party_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/register"
)

type office struct {
	tb  testing.TB
	ctx context.Context
	db  *db.DB
	log *register.Log
}

func each(t *testing.T, f func(t *testing.T, o *office)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		d.SetClock(func() time.Time { return time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC) })
		log, err := register.Open(context.Background(), d, register.Options{
			Origin: "example.org/log", Key: register.KeyFromSeed([]byte("test")), Rand: dbtest.Rand(1),
		})
		if err != nil {
			t.Fatal(err)
		}
		f(t, &office{t, context.Background(), d, log})
	})
}

func (o *office) publish(effective string, p party.Party) (changed bool, err error) {
	err = o.db.Write(o.ctx, func(tx *db.Tx) (err error) {
		changed, err = party.Publish(o.ctx, tx, o.log, pack(o.tb), effective, "office:secretariat", p)
		return err
	})
	return changed, err
}

func (o *office) published(all ...party.Party) {
	o.tb.Helper()
	for _, p := range all {
		if changed, err := o.publish("2022-05-20", p); err != nil || !changed {
			o.tb.Fatalf("%s: changed %v, %v", p.Code, changed, err)
		}
	}
}

func (o *office) read(f func(tx *db.Tx) error) {
	o.tb.Helper()
	if err := o.db.Read(o.ctx, f); err != nil {
		o.tb.Fatal(err)
	}
}

func (o *office) get(code string) (c party.Current, err error) {
	err = o.db.Read(o.ctx, func(tx *db.Tx) (err error) {
		c, err = party.Get(o.ctx, tx, code)
		return err
	})
	return c, err
}

func TestPublishAndGet(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		iom := named("iom", "un_entity", "IOM")
		o.published(state(t, "prt"), iom)
		c, err := o.get("iom")
		if err != nil || c.Version != 1 || c.Position != 1 || c.Effective != "2022-05-20" {
			t.Fatalf("%+v, %v", c, err)
		}
		if diff := cmp.Diff(iom, c.Party); diff != "" {
			t.Error(diff)
		}
		if _, err := o.get("ilo"); !errs.Is(err, errs.NotFound) {
			t.Errorf("an unknown party: %v", err)
		}

		// The same again is no entry.
		if changed, err := o.publish("", iom); err != nil || changed {
			t.Errorf("changed %v, %v", changed, err)
		}
		iom.Names = map[lang.Code]string{lang.EN: " International Organization for Migration\u202c ", lang.FR: ""}
		if changed, err := o.publish("", iom); err != nil || !changed {
			t.Errorf("changed %v, %v", changed, err)
		}
		c, err = o.get("iom")
		if err != nil || c.Version != 2 || c.Effective != "2024-03-01" || c.Name(lang.FR) != "International Organization for Migration" || len(c.Names) != 1 {
			t.Errorf("%+v, %v", c, err)
		}
		iom.Names = map[lang.Code]string{lang.EN: "Third"}
		if _, err := o.publish("2023-01-01", iom); !errs.Is(err, errs.Invalid) {
			t.Errorf("a version before the one before it: %v", err)
		}
	})
}

func TestRefusedPartiesLeaveNothing(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		for _, p := range []party.Party{
			named("iom.data", "un_entity", "A part of nothing"),
			{Code: "x", Kind: "other"},
			named("ken", "civil_society", "Not the State"),
		} {
			if _, err := o.publish("", p); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: %v", p.Code, err)
			}
		}
		head, err := o.log.Head(o.ctx)
		if err != nil || head.Size != 0 {
			t.Errorf("the register has %d entries, %v", head.Size, err)
		}
	})
}

func TestAPartyKeepsTheKindOfItsParts(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.published(named("un-data", "un_entity", "Data"), named("un-data.lab", "un_entity", "Lab"))
		_, err := o.publish("", named("un-data", "academia", "Data"))
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "un-data.lab") {
			t.Errorf("got %v", err)
		}
		if changed, err := o.publish("", named("un-data.lab", "un_entity", "Laboratory")); err != nil || !changed {
			t.Errorf("%v, %v", changed, err)
		}
	})
}

func TestDirectory(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		montreal := named("city-of-montreal", "local_authority", "City of Montréal")
		o.published(state(t, "prt"), state(t, "mar"), montreal, named("twin", "other", "City  of Montreal"))
		o.read(func(tx *db.Tx) error {
			lazy := party.Codes(o.ctx, tx)
			if _, ok := lazy.Find("prt"); !ok {
				t.Error("prt is not found")
			}
			for _, code := range []string{"atlantis", "", "not a code"} {
				if _, ok := lazy.Find(code); ok {
					t.Errorf("%q is found", code)
				}
			}
			if err := lazy.Err(); err != nil {
				t.Error(err)
			}
			d, err := party.Load(o.ctx, tx)
			if err != nil {
				return err
			}
			for name, want := range map[string]string{
				"Portugal": "prt", "PORTUGAL ": "prt", "Португалия": "prt", "المغرب": "mar", "city of montreal": "city-of-montreal", "Atlantis": "", "": "",
			} {
				if got, ok := d.Named(name); got != want || ok != (want != "") {
					t.Errorf("Named(%q) = %q, %v; want %q", name, got, ok, want)
				}
			}
			all, err := party.All(o.ctx, tx)
			if len(all) != 4 || all[0].Code != "city-of-montreal" {
				t.Errorf("%+v", all)
			}
			return err
		})
	})
}

func TestErasedParty(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.published(named("a-person", "other", "Somebody"), named("iom", "un_entity", "IOM"))
		err := o.db.Write(o.ctx, func(tx *db.Tx) error {
			e, err := o.log.Erase(o.ctx, tx, register.Erasure{Position: 0, Ground: "personal data", By: [2]string{"office:a", "office:b"}})
			if err != nil {
				return err
			}
			return party.Apply(o.ctx, tx, e)
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.get("a-person"); !errs.Is(err, errs.Gone) {
			t.Errorf("got %v", err)
		}
		if _, err := o.publish("", named("a-person", "other", "Somebody")); !errs.Is(err, errs.Gone) {
			t.Errorf("published again: %v", err)
		}
		o.read(func(tx *db.Tx) error {
			if _, ok := party.Codes(o.ctx, tx).Find("a-person"); ok {
				t.Error("an erased party is found")
			}
			all, err := party.All(o.ctx, tx)
			if len(all) != 1 {
				t.Errorf("%+v", all)
			}
			return err
		})

		// Replay into an empty database gives the same rows.
		empty := dbtest.New(t, o.db.Engine())
		err = empty.Write(o.ctx, func(tx *db.Tx) error {
			return o.log.Range(o.ctx, 0, 3, func(e register.Entry) error { return party.Apply(o.ctx, tx, e) })
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(rows(t, o.db), rows(t, empty)); diff != "" {
			t.Error(diff)
		}
	})
}

func rows(t *testing.T, d *db.DB) (all [][8]string) {
	t.Helper()
	err := d.Read(context.Background(), func(tx *db.Tx) error {
		all = nil
		r, err := tx.Query(context.Background(), `SELECT code, version, kind, parent, country, position, effective, doc FROM parties ORDER BY code`)
		if err != nil {
			return err
		}
		defer r.Close()
		for r.Next() {
			var x [8]string
			if err := r.Scan(&x[0], &x[1], &x[2], &x[3], &x[4], &x[5], &x[6], &x[7]); err != nil {
				return err
			}
			all = append(all, x)
		}
		return r.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// What somebody has read with other things need not be read again; what is known is not unlearned.
func TestADirectoryLearns(t *testing.T) {
	d := party.Codes(context.Background(), nil) // which cannot read
	d.Learn("utopia", `{"code":"utopia","kind":"ngo"}`)
	d.Learn("nowhere", "")
	if p, ok := d.Find("utopia"); !ok || p.Code != "utopia" || p.Kind != "ngo" {
		t.Errorf("%+v, %v", p, ok)
	}
	if p, ok := d.Find("nowhere"); ok {
		t.Errorf("found %+v", p)
	}
	d.Learn("utopia", "")
	if _, ok := d.Find("utopia"); !ok || d.Err() != nil {
		t.Errorf("forgotten: %v", d.Err())
	}
	d.Learn("broken", "{")
	if _, ok := d.Find("broken"); ok || d.Err() == nil {
		t.Error("what cannot be read is no error")
	}
}

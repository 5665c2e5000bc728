package access_test

import (
	"bytes"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
)

// Who has something open is known to every server on the database, and outlives each of them.
func TestWhatIsOpenIsKnownToEveryServer(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const one, two = "S-7K3M9Q", "S-4Q2XZ8"
		other := access.New(access.Options{DB: h.db, BaseURL: base, Rand: dbtest.Rand(2)})
		ada, ben := h.invite("ada@example.org"), h.invite("ben@example.org")
		opens := func(b *access.Book, kind access.Opening, what string, p access.Person) {
			t.Helper()
			if err := b.Open(t.Context(), kind, what, p.ID); err != nil {
				t.Fatal(err)
			}
		}
		sees := func(what string, p access.Person, want string, since time.Time) {
			t.Helper()
			h.write(func(tx *db.Tx) error {
				who, from, err := other.OpenedBy(t.Context(), tx, what, p.ID)
				if who != want || !from.Equal(since) {
					t.Errorf("%s is told %q since %s, not %q since %s", what, who, from, want, since)
				}
				return err
			})
		}
		began := h.now
		opens(h.book, access.Reading, one, ada)
		sees(one, ben, ada.ID, began)
		sees(one, ada, "", time.Time{})
		sees(two, ben, "", time.Time{})

		h.later(4 * time.Minute)
		opens(h.book, access.Reading, one, ada)
		h.later(4 * time.Minute)
		sees(one, ben, ada.ID, began) // renewed
		h.later(2 * time.Minute)
		sees(one, ben, "", time.Time{}) // and gone by itself
		opens(h.book, access.Reading, one, ada)
		sees(one, ben, ada.ID, h.now) // from anew

		opens(h.book, access.Writing, one, ada)
		opens(h.book, access.Reading, two, ada) // of what is read, one at a time
		sees(one, ben, ada.ID, h.now)
		sees(two, ben, ada.ID, h.now)
		if err := other.Leave(t.Context(), one, ada.ID); err != nil {
			t.Fatal(err)
		}
		sees(one, ben, "", time.Time{})
		sees(two, ben, ada.ID, h.now)

		opens(h.book, access.Reading, one, ben)
		h.later(time.Second)
		opens(h.book, access.Writing, one, h.admin)
		sees(one, ada, h.admin.ID, h.now) // whoever writes comes before whoever reads
	})
}

// A mark is written at the first sign, and renewed once a minute at most.
func TestAMarkIsWrittenRarely(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.invite("p@example.org")
		until := func() (at int64) {
			h.write(func(tx *db.Tx) error {
				return tx.QueryRow(t.Context(), `SELECT until FROM access_opening WHERE person = $1`, p.ID).Scan(&at)
			})
			return at
		}
		var seen []int64
		for range 7 {
			if err := h.book.Open(t.Context(), access.Writing, "GCM-0158/fr", p.ID); err != nil {
				t.Fatal(err)
			}
			if at := until(); len(seen) == 0 || at != seen[len(seen)-1] {
				seen = append(seen, at)
			}
			h.later(20 * time.Second)
		}
		if len(seen) != 3 { // at 0:00, 1:00 and 2:00
			t.Errorf("written %d times in two minutes", len(seen))
		}
	})
}

// Marks are personal data: a person takes them along and has them erased; old ones go by themselves.
func TestMarksArePersonal(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p, q := h.invite("p@example.org"), h.invite("q@example.org")
		open := func(what string, p access.Person) {
			t.Helper()
			if err := h.book.Open(t.Context(), access.Reading, what, p.ID); err != nil {
				t.Fatal(err)
			}
		}
		left := func() (n int) {
			h.write(func(tx *db.Tx) error {
				return tx.QueryRow(t.Context(), `SELECT count(*) FROM access_opening`).Scan(&n)
			})
			return n
		}
		open("S-7K3M9Q", p)
		text, err := h.book.Export(t.Context(), p, p.ID)
		if err != nil || !bytes.Contains(text, []byte("S-7K3M9Q")) {
			t.Errorf("%v: %s", err, text)
		}
		if err := h.book.Erase(t.Context(), p, p.ID); err != nil || left() != 0 {
			t.Errorf("%d marks of somebody who was erased, %v", left(), err)
		}
		open("S-7K3M9Q", q)
		for _, x := range []struct {
			after time.Duration
			left  int
		}{{time.Minute, 1}, {10 * time.Minute, 0}} {
			h.later(x.after)
			if err := h.book.Sweep(t.Context()); err != nil || left() != x.left {
				t.Errorf("%d marks are left after %s, %v", left(), x.after, err)
			}
		}
		open("S-7K3M9Q", q)
		h.write(func(tx *db.Tx) error { _, err := h.book.EndAll(t.Context(), tx); return err })
		if left() != 0 {
			t.Error("a backup brings marks back")
		}
	})
}

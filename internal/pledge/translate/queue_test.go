package translate

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"pgregory.net/rapid"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
)

// The queues of all languages, read at once, say of every pledge what its own page says, whatever
// was done before.
func TestTheQueuesSayWhatThePagesSay(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		ids := []string{h.id, h.pledge("Des emplois", lang.FR), h.pledge("Fair recruitment", lang.EN)}
		rapid.Check(t, func(t *rapid.T) {
			for range rapid.IntRange(1, 5).Draw(t, "steps") {
				h.now = h.now.Add(24 * time.Hour)
				h.id = rapid.SampledFrom(ids).Draw(t, "pledge")
				into := rapid.SampledFrom(lang.All).Draw(t, "language")
				w, err := h.Open(h.ctx, reviewer, h.id, into)
				switch do := rapid.SampledFrom([]string{"publish", "publish", "words", "days", "want"}).Draw(t, "do"); {
				case err != nil: // the original is in the language
				case do == "words":
					h.revise(func(p *pledge.Pledge) { p.Title = fmt.Sprint("Title ", h.size()) })
				case do == "days":
					h.revise(func(p *pledge.Pledge) { p.StartsOn = fmt.Sprint(2024 + h.size()%70) })
				case do == "want":
					_, err := h.Want(h.ctx, reviewer, h.id, into)
					expected(t, err)
				default:
					text := Text{Title: fmt.Sprint("Title in ", into)}
					if rapid.Bool().Draw(t, "full") {
						text.Text = fmt.Sprint("Text ", h.size())
					}
					if w, err = h.Save(h.ctx, reviewer, h.id, into, w.Version, w.Original.Version, text); err == nil {
						_, _, err = h.Publish(h.ctx, reviewer, h.id, into, w.Version)
					}
					expected(t, err)
				}
			}
			counts, want := map[lang.Code]Count{}, map[lang.Code]map[string]Why{}
			for _, into := range lang.All {
				want[into] = map[string]Why{}
				for _, id := range ids {
					w, err := h.Open(h.ctx, reviewer, id, into)
					if err != nil || w.Why == Fresh {
						continue
					}
					want[into][id] = w.Why
					n := counts[into]
					switch w.Why {
					case Wanted:
						n.Wanted++
					case Stale:
						n.Stale++
					default:
						n.Missing++
					}
					counts[into] = n
				}
			}
			for _, into := range lang.All {
				items, got, err := h.Lists(h.ctx, reviewer, into, whole)
				if err != nil || !maps.Equal(got, counts) {
					t.Fatalf("%v, the pages say %v, %v", got, counts, err)
				}
				list := map[string]Why{}
				for _, it := range items {
					list[it.Pledge] = it.Why
				}
				if !maps.Equal(list, want[into]) {
					t.Fatalf("into %s: %v, the pages say %v", into, list, want[into])
				}
			}
		})
	})
}

// expected lets pass what the desk may refuse.
func expected(t *rapid.T, err error) {
	if err != nil && !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.Invalid) {
		t.Fatal(err)
	}
}

func (h *house) size() int64 {
	head, err := h.Book.Log.Head(h.ctx)
	if err != nil {
		h.tb.Fatal(err)
	}
	return head.Size
}

func BenchmarkQueues(b *testing.B) {
	h := open(b, dbtest.New(b, db.SQLite))
	h.write(func(tx *db.Tx) error {
		batch, err := h.Book.Import(h.ctx, tx, "office:secretariat")
		if err != nil {
			return err
		}
		for i := range 5_000 {
			if _, err := batch.Put(pledge.Offer{Pledge: h.sample(fmt.Sprint("Pledge ", i), lang.All[i%len(lang.All)])}); err != nil {
				return err
			}
		}
		return batch.Finish()
	})
	for b.Loop() {
		if _, counts, err := h.Lists(h.ctx, reviewer, lang.FR, whole); err != nil || counts[lang.FR].All() < 4_000 {
			b.Fatal(counts, err)
		}
	}
}

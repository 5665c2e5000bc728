package translate

import (
	"context"
	"encoding/json"
	"slices"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
)

// candidate is a pledge that may be in the queue of a language.
type candidate struct {
	item       Item
	version    int // of the original
	translated int // the version that the published translation is of; 0: there is none
	full       bool
	wanted     bool
	words      [2]string // title and text of the original
}

// Queue lists what is to be done in a language: first what somebody asked for, then what is out of
// date, then what is missing; by id. total is how many there are in all.
func (d *Desk) Queue(ctx context.Context, by access.Person, into lang.Code, offset, limit int) (items []Item, total int, err error) {
	defer errs.Wrap(&err, "queue of translations into %s", into)
	all, err := d.queue(ctx, by, into)
	if err != nil {
		return nil, 0, err
	}
	first := min(max(offset, 0), len(all))
	return all[first : first+min(max(limit, 0), len(all)-first)], len(all), nil
}

// Counts are the lengths of the queues.
func (d *Desk) Counts(ctx context.Context, by access.Person) (counts map[lang.Code]Count, err error) {
	defer errs.Wrap(&err, "queues of translations")
	counts = map[lang.Code]Count{}
	for _, c := range lang.All {
		all, err := d.queue(ctx, by, c)
		if err != nil {
			return nil, err
		}
		var n Count
		for _, item := range all {
			switch item.Why {
			case Wanted:
				n.Wanted++
			case Stale:
				n.Stale++
			default:
				n.Missing++
			}
		}
		counts[c] = n
	}
	return counts, nil
}

// Waiting are the finished translations that a party has not approved yet and that the person may
// approve in its name; by pledge and language. Their State is Offered.
func (d *Desk) Waiting(ctx context.Context, by access.Person) (items []Item, err error) {
	defer errs.Wrap(&err, "translations to approve")
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		items = nil
		day := today(tx)
		err := each(ctx, tx, func(scan func(...any) error) error {
			i := Item{State: Offered}
			err := scan(&i.Pledge, &i.Into)
			items = append(items, i)
			return err
		}, `SELECT pledge, language FROM translate_work WHERE state = $1 AND approved = '' ORDER BY pledge, language`, string(Offered))
		if err != nil {
			return err
		}
		kept := items[:0]
		for _, i := range items {
			c, err := pledge.Get(ctx, tx, i.Pledge)
			if err != nil {
				return err
			}
			if access.May(by, access.ApproveTranslation, subject(c, by, i.Into, day), day) {
				i.Title, i.Original, i.Lead = c.Title, c.Language, c.Lead()
				kept = append(kept, i)
			}
		}
		items = kept
		return nil
	})
	return items, err
}

func (d *Desk) queue(ctx context.Context, by access.Person, into lang.Code) (items []Item, err error) {
	var all []candidate
	err = d.DB.Read(ctx, func(tx *db.Tx) (err error) {
		all, err = d.candidates(ctx, tx, by, into)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		switch {
		case c.translated == 0:
			c.item.Why = Missing
		case c.translated < c.version:
			before, known, err := d.originalAt(ctx, c.item.Pledge, c.translated)
			if err != nil {
				return nil, err
			}
			if !known || before.Title != c.words[0] || before.Text != c.words[1] {
				c.item.Why = Stale
			}
		}
		if c.wanted && !c.full {
			c.item.Why = Wanted
		}
		if c.item.Why != Fresh {
			items = append(items, c.item)
		}
	}
	order := []Why{Wanted, Stale, Missing}
	slices.SortStableFunc(items, func(a, b Item) int { return slices.Index(order, a.Why) - slices.Index(order, b.Why) })
	return items, nil
}

// candidates are the pledges that stand and are not in the language, with what there is of them.
func (d *Desk) candidates(ctx context.Context, tx *db.Tx, by access.Person, into lang.Code) (all []candidate, err error) {
	day := today(tx)
	if err := access.Enter(by, access.ReadTranslation, day); err != nil {
		return nil, err
	}
	done := map[string]pledge.Translation{}
	err = each(ctx, tx, func(scan func(...any) error) error {
		var doc string
		if err := scan(&doc); err != nil {
			return err
		}
		var t pledge.Translation
		if err := json.Unmarshal([]byte(doc), &t); err != nil {
			return err
		}
		done[t.Pledge] = t
		return nil
	}, `SELECT doc FROM translations WHERE language = $1 AND doc <> ''`, string(into))
	if err != nil {
		return nil, err
	}
	work := map[string]Work{}
	err = each(ctx, tx, func(scan func(...any) error) error {
		var id string
		w, err := scanWork(func(into ...any) error { return scan(append([]any{&id}, into...)...) }, tx.Now())
		work[id] = w
		return err
	}, `SELECT pledge, `+workColumns+` FROM translate_work WHERE language = $1`, string(into))
	if err != nil {
		return nil, err
	}
	err = pledge.Each(ctx, tx, func(c pledge.Current) error {
		if !c.Stands() || c.Language == into || !access.May(by, access.ReadTranslation, subject(c, by, into, day), day) {
			return nil
		}
		w, t := work[c.ID], done[c.ID]
		all = append(all, candidate{
			item:    Item{Pledge: c.ID, Title: c.Title, Original: c.Language, Into: into, Lead: c.Lead(), State: w.State, Holder: w.Holder},
			version: c.Version, translated: t.Version, full: t.Text != "", wanted: w.Wanted, words: [2]string{c.Title, c.Text},
		})
		return nil
	})
	return all, err
}

// originalAt is a version of a pledge as it was published; known is false where it was erased.
func (d *Desk) originalAt(ctx context.Context, id string, version int) (p pledge.Pledge, known bool, err error) {
	entries, err := d.Book.Log.History(ctx, pledge.Subject(id))
	if err != nil {
		return p, false, err
	}
	for _, e := range entries {
		if e.Header.Version == version && e.WithheldBy < 0 {
			err := json.Unmarshal(e.Payload, &p)
			return p, true, err
		}
	}
	return p, false, nil
}

func each(ctx context.Context, tx *db.Tx, f func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

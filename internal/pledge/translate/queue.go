package translate

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

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

// Lists are the queue of a language, or the part of it that page asks for when it is told how long
// it is, and the lengths of the queues of all languages, from one look at the pledges. A queue has
// first what somebody asked for, then what is out of date, then what is missing; by id.
func (d *Desk) Lists(ctx context.Context, by access.Person, into lang.Code, page func(total int) (offset, limit int)) (items []Item, counts map[lang.Code]Count, err error) {
	defer errs.Wrap(&err, "queues of translations")
	t, err := d.tally(ctx, by, into, lang.All)
	if err != nil {
		return nil, nil, err
	}
	offset, limit := page(len(t.items))
	return part(t.items, offset, limit), t.counts, nil
}

func part(all []Item, offset, limit int) []Item {
	first := min(max(offset, 0), len(all))
	return all[first : first+min(max(limit, 0), len(all)-first)]
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

// tally is what is to be done: how much in each language, and what in one of them.
type tally struct {
	into   lang.Code // whose items are kept
	items  []Item
	counts map[lang.Code]Count
	unsure []candidate // the original has another version by now, perhaps with the same words
}

func (t *tally) add(c candidate) {
	switch {
	case c.wanted && !c.full:
		t.count(c.item, Wanted)
	case c.translated == 0:
		t.count(c.item, Missing)
	case c.translated < c.version:
		t.unsure = append(t.unsure, c)
	}
}

func (t *tally) count(i Item, why Why) {
	n := t.counts[i.Into]
	switch why {
	case Wanted:
		n.Wanted++
	case Stale:
		n.Stale++
	default:
		n.Missing++
	}
	t.counts[i.Into] = n
	if i.Into == t.into {
		i.Why = why
		t.items = append(t.items, i)
	}
}

// tally looks at every pledge once, whatever the number of languages.
func (d *Desk) tally(ctx context.Context, by access.Person, into lang.Code, languages []lang.Code) (t tally, err error) {
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		t = tally{into: into, counts: map[lang.Code]Count{}}
		return d.candidates(ctx, tx, by, languages, t.add)
	})
	if err != nil {
		return tally{}, err
	}
	before := map[string]pledge.Pledge{} // a version of which there are translations into several languages is read once
	for _, c := range t.unsure {
		key := fmt.Sprint(c.item.Pledge, " ", c.translated)
		old, read := before[key]
		if !read {
			if old, _, err = d.originalAt(ctx, c.item.Pledge, c.translated); err != nil {
				return tally{}, err
			}
			before[key] = old
		}
		if old.Title != c.words[0] || old.Text != c.words[1] { // one that was erased has neither
			t.count(c.item, Stale)
		}
	}
	order := []Why{Wanted, Stale, Missing}
	slices.SortFunc(t.items, func(a, b Item) int {
		return cmp.Or(slices.Index(order, a.Why)-slices.Index(order, b.Why), len(a.Pledge)-len(b.Pledge), strings.Compare(a.Pledge, b.Pledge))
	})
	return t, nil
}

// candidates are the pledges that stand, for each of the languages that they are not in, with what
// there is of a translation.
func (d *Desk) candidates(ctx context.Context, tx *db.Tx, by access.Person, languages []lang.Code, f func(candidate)) (err error) {
	day := today(tx)
	if err := access.Enter(by, access.ReadTranslation, day); err != nil {
		return err
	}
	type which struct {
		pledge string
		into   lang.Code
	}
	type public struct {
		version int
		full    bool
	}
	among := make([]any, len(languages))
	for i, c := range languages {
		among[i] = string(c)
	}
	done := map[which]public{}
	err = each(ctx, tx, func(scan func(...any) error) error {
		var doc string
		if err := scan(&doc); err != nil {
			return err
		}
		var t pledge.Translation
		if err := json.Unmarshal([]byte(doc), &t); err != nil {
			return err
		}
		done[which{t.Pledge, t.Language}] = public{t.Version, t.Text != ""}
		return nil
	}, `SELECT doc FROM translations WHERE doc <> '' AND language IN (`+tx.List(len(languages))+`)`, among...)
	if err != nil {
		return err
	}
	work := map[which]Work{}
	err = each(ctx, tx, func(scan func(...any) error) error {
		var of which
		w, err := scanWork(func(into ...any) error { return scan(append([]any{&of.pledge, &of.into}, into...)...) }, tx.Now())
		work[of] = w
		return err
	}, `SELECT pledge, language, `+workColumns+` FROM translate_work WHERE language IN (`+tx.List(len(languages))+`)`, among...)
	if err != nil {
		return err
	}
	return pledge.Each(ctx, tx, func(c pledge.Current) error {
		if !c.Stands() {
			return nil
		}
		for _, into := range languages {
			if c.Language == into || !access.May(by, access.ReadTranslation, subject(c, by, into, day), day) {
				continue
			}
			w, t := work[which{c.ID, into}], done[which{c.ID, into}]
			f(candidate{
				item:    Item{Pledge: c.ID, Title: c.Title, Original: c.Language, Into: into, Lead: c.Lead(), State: w.State, Holder: w.Holder},
				version: c.Version, translated: t.version, full: t.full, wanted: w.Wanted, words: [2]string{c.Title, c.Text},
			})
		}
		return nil
	})
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

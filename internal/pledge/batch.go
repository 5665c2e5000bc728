package pledge

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/party"
	"stocktake/internal/register"
)

// Book is the pledging initiative at work: the compact whose rules hold, and the register
// that it is published in.
//
// Each of its methods takes the serial's row and then the register's head, and holds both until
// the transaction ends. A caller that changes other rows in the same transaction (a draft, say)
// does so before.
type Book struct {
	Pack *compact.Pack
	Log  *register.Log
}

// Batch publishes parties, pledges, reports and translations in one transaction, one or a
// hundred thousand. It holds the serial's row from its opening, then the register's head; so
// whoever else publishes waits, and ids have no gaps that would betray a refusal.
//
// Rows are written in chunks: read the tables after Finish, not before. Memory is bounded by what
// Expect was last told, and, for Import, by what exists. After an error other
// than Invalid, Conflict or Gone the transaction must be given up; those three leave the batch
// as if the call had not been made.
type Batch struct {
	ctx      context.Context
	tx       *db.Tx
	pack     *compact.Pack
	rules    Rules
	actor    string
	today    string
	appender *register.Appender
	parties  *party.Directory

	whole   bool                 // everything was read at the opening: what is not in the maps does not exist
	serial  int64                // the highest that was given
	pledges map[string]*standing // nil: it is known that there is none
	docs    map[string]string    // of the pledges that were last expected
	keys    map[string]string

	newPledges, newReports []row
	newKeys                []string
	waiting                map[string]int    // places in newPledges
	matched                map[string]string // a pledge that is answered → the id that answers it
	touched                bool              // the serial has moved
}

// standing is what a batch knows of a pledge in the tables, or on the way there.
type standing struct {
	status    Status // or erased
	version   int
	effective string
	first     string
	digest    string
	reports   []reported
}

type reported struct {
	version   int
	effective string
	digest    string
}

// Terms say under whose name something is published, from which day, and how strictly.
type Terms struct {
	Actor     string // a party or an office, never a person
	Mode      Mode
	Effective string // the day that it becomes public, not in the future; "" = today
	IfVersion int    // refuse if the pledge has another version by now; 0 = do not ask
}

// Import opens a batch that has read what exists: for files, of which nobody knows beforehand
// what they will ask for.
func (b Book) Import(ctx context.Context, tx *db.Tx, actor string) (*Batch, error) {
	batch, err := b.Batch(ctx, tx, Terms{Actor: actor, Mode: ByImport})
	if err != nil {
		return nil, err
	}
	if batch.parties, err = party.Load(ctx, tx); err != nil {
		return nil, err
	}
	batch.rules.Party = batch.parties.Find
	if err := batch.readAll(); err != nil {
		return nil, err
	}
	return batch, nil
}

// Batch opens a batch that reads what it needs when it needs it, or when Expect announces it; so
// it opens as fast in a register of a million pledges as in an empty one. Of the terms, actor and
// mode hold for all of the batch.
//
// It takes the locks in the order of the house: the serial first, the register's head last.
func (b Book) Batch(ctx context.Context, tx *db.Tx, t Terms) (*Batch, error) {
	directory, today := party.Codes(ctx, tx), tx.Now().Format("2006-01-02")
	batch := &Batch{
		ctx: ctx, tx: tx, pack: b.Pack, actor: t.Actor, parties: directory,
		rules:   Rules{Pack: b.Pack, Mode: t.Mode, Party: directory.Find, Today: today},
		today:   today,
		pledges: map[string]*standing{}, docs: map[string]string{}, keys: map[string]string{},
		waiting: map[string]int{}, matched: map[string]string{},
	}
	if _, err := tx.Exec(ctx, `INSERT INTO pledge_serial (code, last) VALUES ($1, 0) ON CONFLICT (code) DO NOTHING`, b.Pack.Code); err != nil {
		return nil, fmt.Errorf("pledge serial: %w", err)
	}
	if err := tx.QueryRow(ctx, `SELECT last FROM pledge_serial WHERE code = $1`+tx.ForUpdate(), b.Pack.Code).Scan(&batch.serial); err != nil {
		return nil, fmt.Errorf("pledge serial: %w", err)
	}
	var err error
	batch.appender, err = b.Log.Appender(ctx, tx)
	return batch, err
}

func (b *Batch) readAll() error {
	b.whole = true
	err := b.query(`SELECT id, status, version, effective, first_effective, digest FROM pledges`, func(scan func(...any) error) error {
		var id string
		var s standing
		if err := scan(&id, &s.status, &s.version, &s.effective, &s.first, &s.digest); err != nil {
			return err
		}
		b.pledges[id] = &s
		return nil
	})
	if err != nil {
		return err
	}
	if err := b.query(`SELECT pledge, version, effective, digest FROM reports ORDER BY pledge, number`, b.reported); err != nil {
		return err
	}
	return b.query(`SELECT key, id FROM pledge_keys`, func(scan func(...any) error) error {
		var key, id string
		if err := scan(&key, &id); err != nil {
			return err
		}
		b.keys[key] = id
		return nil
	})
}

func (b *Batch) query(query string, each func(scan func(...any) error) error, args ...any) error {
	rows, err := b.tx.Query(b.ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// standing is what is known of a pledge; nil where there is none.
func (b *Batch) standing(id string) (*standing, error) {
	if s, ok := b.pledges[id]; ok || b.whole || id == "" {
		return s, nil
	}
	if err := b.read([]string{id}, false); err != nil {
		return nil, err
	}
	return b.pledges[id], nil
}

// read looks pledges up, and what is reported on them.
func (b *Batch) read(ids []string, docs bool) error {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i], b.pledges[id] = id, nil
	}
	doc := `''`
	if docs {
		doc = "doc"
	}
	in := ` IN (` + b.tx.List(len(ids)) + `)`
	err := b.query(`SELECT id, status, version, effective, first_effective, digest, `+doc+` FROM pledges WHERE id`+in, func(scan func(...any) error) error {
		var id, doc string
		var s standing
		if err := scan(&id, &s.status, &s.version, &s.effective, &s.first, &s.digest, &doc); err != nil {
			return err
		}
		b.pledges[id] = &s
		if doc != "" {
			b.docs[id] = doc
		}
		return nil
	}, args...)
	if err != nil {
		return err
	}
	return b.query(`SELECT pledge, version, effective, digest FROM reports WHERE pledge`+in+` ORDER BY pledge, number`, b.reported, args...)
}

// reported takes in a row of the table of reports, in the order of their numbers.
func (b *Batch) reported(scan func(...any) error) error {
	var id string
	var r reported
	if err := scan(&id, &r.version, &r.effective, &r.digest); err != nil {
		return err
	}
	if s := b.pledges[id]; s != nil {
		s.reports = append(s.reports, r)
	}
	return nil
}

// Parties finds the parties that are published, those of this batch among them.
func (b *Batch) Parties() *party.Directory { return b.parties }

// Party publishes a party, or a new version of it, before the pledges that name it.
func (b *Batch) Party(effective string, p party.Party) (changed bool, err error) {
	w := party.Writer{Pack: b.pack, Known: b.parties, Add: b.appender, Actor: b.actor}
	return w.Publish(b.ctx, b.tx, effective, p)
}

// Known is the id under which a foreign key is known; ok is false where it is not.
func (b *Batch) Known(key string) (id string, ok bool, err error) {
	if id, ok = b.keys[key]; ok || b.whole || key == "" {
		return id, ok, nil
	}
	err = b.tx.QueryRow(b.ctx, `SELECT id FROM pledge_keys WHERE key = $1`, key).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return id, err == nil, err
}

// Has reports whether there is or was a pledge with the id.
func (b *Batch) Has(id string) (bool, error) {
	s, err := b.standing(id)
	return s != nil, err
}

// Expect announces pledges that are about to be revised, reported on, translated or ended, up to
// a thousand or so at a time: what is known of them is then read in a few queries, and not in
// several each. New pledges need no announcement.
func (b *Batch) Expect(ids ...string) error {
	if err := b.flush(); err != nil {
		return err
	}
	clear(b.docs)
	var subjects []string
	for part := range slices.Chunk(ids, lookUp) {
		if !b.whole {
			if err := b.read(part, true); err != nil {
				return err
			}
		}
		for _, id := range part {
			if b.pledges[id] != nil {
				subjects = append(subjects, Subject(id))
			}
		}
	}
	return b.appender.Expect(subjects...)
}

const (
	chunk  = 2000 // rows written at a time
	lookUp = 500  // rows looked up in one query
)

var keep = 50_000 // pledges remembered by a batch that can look them up again; tests keep none

// flush writes the rows that wait.
func (b *Batch) flush() error {
	if err := insert(b, "pledges", pledgeColumns, b.newPledges, row.pledgeValues); err != nil {
		return err
	}
	if err := insert(b, "reports", reportColumns, b.newReports, row.reportValues); err != nil {
		return err
	}
	err := insert(b, "pledge_keys", []string{"key", "id"}, b.newKeys, func(key string) []any { return []any{key, b.keys[key]} })
	if err != nil {
		return err
	}
	clear(b.newPledges) // let go of the documents
	clear(b.newReports)
	clear(b.waiting)
	b.newPledges, b.newReports, b.newKeys = b.newPledges[:0], b.newReports[:0], b.newKeys[:0]
	if !b.whole && len(b.pledges) > keep {
		clear(b.pledges)
		clear(b.keys)
	}
	return nil
}

func insert[T any](b *Batch, table string, columns []string, list []T, values func(T) []any) error {
	return b.tx.InsertRows(b.ctx, table, columns, len(list), func(i int) []any { return values(list[i]) })
}

// Finish writes what is left, looks that every answered pledge exists, and signs the
// register's new head. The batch is used up.
func (b *Batch) Finish() error {
	if err := b.flush(); err != nil {
		return err
	}
	if b.touched {
		if _, err := b.tx.Exec(b.ctx, `UPDATE pledge_serial SET last = $1 WHERE code = $2`, b.serial, b.pack.Code); err != nil {
			return fmt.Errorf("pledge serial: %w", err)
		}
	}
	var f findings
	for answered := range slices.Chunk(slices.Sorted(maps.Keys(b.matched)), lookUp) {
		if !b.whole {
			if err := b.read(answered, false); err != nil {
				return err
			}
		}
		for _, id := range answered {
			if b.pledges[id] == nil {
				f.add("matches", id, "is no pledge in the register; %s answers it", b.matched[id])
			}
		}
	}
	if err := errs.InvalidFields(f...); err != nil {
		return err
	}
	if err := b.parties.Err(); err != nil {
		return err
	}
	return b.appender.Finish()
}

package register

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"stocktake/internal/db"
	"stocktake/internal/errs"
)

// Append publishes drafts within the caller's transaction: it takes the head of the register,
// gives each draft its position and version, and writes entries, hashes and the signed
// checkpoint. All of it is there when the transaction commits, or nothing is.
//
// It holds the head until the transaction ends, and all who publish wait for it: take the locks
// on other rows before, and do nothing slow after.
func (l *Log) Append(ctx context.Context, tx *db.Tx, drafts ...Draft) ([]Entry, error) {
	a, err := l.Appender(ctx, tx)
	if err != nil {
		return nil, err
	}
	var subjects []string
	for _, d := range drafts {
		if !d.New {
			subjects = append(subjects, d.Subject)
		}
	}
	if err := a.Expect(subjects...); err != nil {
		return nil, err
	}
	entries := make([]Entry, 0, len(drafts))
	for _, d := range drafts {
		e, err := a.Add(d)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, a.Finish()
}

// Appender publishes many drafts one after the other, in bounded memory, under one lock and one
// checkpoint. A transaction with an Appender that was not finished does not commit.
type Appender struct{ b *batch }

// Appender begins to append; see Append.
func (l *Log) Appender(ctx context.Context, tx *db.Tx) (*Appender, error) {
	b, err := l.begin(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("register: append: %w", err)
	}
	if err := b.lockForAppend(); err != nil {
		return nil, fmt.Errorf("register: append: %w", err)
	}
	return &Appender{b}, nil
}

// Expect looks up subjects that are about to be added, many in one query; without it each costs
// a query of its own, unless its draft is New. Call it for a thousand or so at a time.
func (a *Appender) Expect(subjects ...string) error {
	if err := a.b.lookUp(subjects); err != nil {
		return fmt.Errorf("register: append: %w", err)
	}
	return nil
}

// Add appends one entry. A draft that breaks a rule is errs.Invalid and leaves the Appender as it
// was, to go on with the next; after any other error the transaction must be given up.
func (a *Appender) Add(d Draft) (Entry, error) {
	switch d.Kind {
	case ErasureKind, KeyKind, OriginKind:
		return Entry{}, invalid("register: append %s: the kind %s belongs to the register itself", d.Subject, d.Kind)
	}
	e, err := a.b.draft(d)
	if err != nil {
		return Entry{}, fmt.Errorf("register: append %s: %w", d.Subject, err)
	}
	return e, nil
}

// Finish writes what is left, the head and the checkpoint.
func (a *Appender) Finish() error {
	if err := a.b.finish(a.b.signer, nil); err != nil {
		return fmt.Errorf("register: append: %w", err)
	}
	return nil
}

const (
	flushEntries   = 1000
	flushBytes     = 8 << 20
	forgetSubjects = 50_000
)

// batch is the one way in which entries get into the register. It holds the head's lock.
type batch struct {
	ctx      context.Context
	tx       *db.Tx
	log      *Log
	signer   *Key // the key of the log when the batch began
	id       identity
	start    int64 // size before
	tree     *frontier
	recorded int64 // microseconds: of the newest entry
	subjects map[string]subjectState

	nextHash int64 // index of the first hash that is not written yet
	hashes   []tlog.Hash
	entries  []Entry
	bytes    int
	broken   error // after it nothing can be trusted
	finished bool
}

// subjectState is the newest version of a subject; version 0 = never published.
type subjectState struct {
	version   int
	effective string
}

// begin takes the lock on the head.
func (l *Log) begin(ctx context.Context, tx *db.Tx) (*batch, error) {
	b := &batch{ctx: ctx, tx: tx, log: l, subjects: map[string]subjectState{}}
	if err := tx.QueryRow(ctx, `SELECT size, recorded FROM register_head WHERE id = 1`+tx.ForUpdate()).Scan(&b.start, &b.recorded); err != nil {
		return nil, fmt.Errorf("take the head: %w", err)
	}
	ids, err := readIdentities(ctx, tx)
	if err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return nil, damaged("it has a head and no identity")
	}
	b.id = ids[len(ids)-1]
	if b.tree, err = readFrontier(ctx, tx, b.start); err != nil {
		return nil, damaged("%w", err)
	}
	b.nextHash = tlog.StoredHashCount(b.start)
	tx.BeforeCommit(func() error {
		if !b.finished && b.tree.size > b.start {
			return errs.New(errs.Internal, "register: entries were appended and not finished")
		}
		return nil
	})
	return b, nil
}

// lockForAppend refuses what may not be appended to.
func (b *batch) lockForAppend() error {
	l := b.log
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.behind != nil {
		return l.behind
	}
	if l.key == nil {
		return errs.New(errs.Unavailable, "the register was opened for reading only").WithHint("open it with its key")
	}
	if b.id.origin != l.origin || b.id.verifier != l.verifier {
		return errs.New(errs.Unavailable, "another process changed the register's key or origin; it is now %s", b.id.verifier).
			WithHint("start this process again with the new key")
	}
	if l.unkept != nil {
		var signed string
		if err := b.tx.QueryRow(b.ctx, `SELECT note FROM register_checkpoint WHERE size = $1`, b.start).Scan(&signed); err != nil {
			return fmt.Errorf("newest checkpoint: %w", err)
		}
		if l.keep(l.origin, b.start, []byte(signed)); l.unkept != nil {
			return l.unkept
		}
	}
	b.signer = l.key
	b.tick()
	return nil
}

// tick settles the time of new entries: now, or the time of the newest entry where a clock went
// backwards.
func (b *batch) tick() { b.recorded = max(b.recorded, b.tx.Now().UnixMicro()) }

// draft makes an entry of a draft and appends it.
func (b *batch) draft(d Draft) (Entry, error) {
	if b.broken != nil {
		return Entry{}, b.broken
	}
	if err := checkNames(d.Actor, d.Kind, d.Subject); err != nil {
		return Entry{}, err
	}
	at := time.UnixMicro(b.recorded).UTC()
	today := at.Format(effectiveForm)
	if d.Effective == "" {
		d.Effective = today
	}
	if err := checkDay(d.Effective); err != nil {
		return Entry{}, err
	}
	if d.Effective > today {
		return Entry{}, errs.InvalidFields(errs.Field{Field: "effective", Value: d.Effective, Message: "want a day not later than today, " + today + " (UTC)"})
	}
	if len(d.Payload) > 2*MaxPayload { // not even worth reading
		return Entry{}, tooLarge(len(d.Payload))
	}
	payload, err := CanonicalJSON(d.Payload)
	if err != nil {
		return Entry{}, fmt.Errorf("payload: %w", err)
	}
	if len(payload) > MaxPayload {
		return Entry{}, tooLarge(len(payload))
	}
	state, err := b.subject(d.Subject, d.New)
	if err != nil {
		return Entry{}, err
	}
	if d.Effective < state.effective {
		return Entry{}, errs.InvalidFields(errs.Field{Field: "effective", Value: d.Effective,
			Message: "want a day not earlier than " + state.effective + ", that of version " + fmt.Sprint(state.version)})
	}
	salt := make([]byte, saltSize)
	if err := b.log.salt(salt); err != nil {
		return Entry{}, err
	}
	e := Entry{
		Header: Header{
			V: HeaderVersion, Position: b.tree.size, Recorded: at.Format(recordedForm), Effective: d.Effective,
			Actor: d.Actor, Kind: d.Kind, Subject: d.Subject, Version: state.version + 1, PayloadSHA256: payloadHash(salt, payload),
		},
		Salt: salt, Payload: payload, WithheldBy: -1,
	}
	e.HeaderBytes = e.Header.Bytes()
	return e, b.add(e)
}

func tooLarge(n int) error {
	return errs.New(errs.TooLarge, "the payload has %d bytes, at most %d fit", n, MaxPayload)
}

func (l *Log) salt(salt []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := io.ReadFull(l.rand, salt); err != nil {
		return fmt.Errorf("salt: %w", err)
	}
	return nil
}

// add appends an entry that fits: next position, next version.
func (b *batch) add(e Entry) error {
	b.hashes = b.tree.add(e.HeaderBytes, b.hashes)
	b.entries = append(b.entries, e)
	b.bytes += len(e.HeaderBytes) + len(e.Payload)
	b.subjects[e.Header.Subject] = subjectState{e.Header.Version, e.Header.Effective}
	if len(b.entries) >= flushEntries || b.bytes >= flushBytes {
		return b.flush()
	}
	return nil
}

// subject gives the newest version of a subject, those not yet written included; one that is
// said to be new is not looked for.
func (b *batch) subject(name string, isNew bool) (subjectState, error) {
	if s, ok := b.subjects[name]; ok || isNew {
		return s, nil
	}
	var s subjectState
	err := b.tx.QueryRow(b.ctx, `SELECT version, effective FROM register_entry WHERE subject = $1 ORDER BY version DESC LIMIT 1`, name).Scan(&s.version, &s.effective)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		b.broken = fmt.Errorf("newest version: %w", err)
		return subjectState{}, b.broken
	}
	b.subjects[name] = s
	return s, nil
}

func (b *batch) lookUp(subjects []string) error {
	var missing []any
	seen := map[string]bool{}
	for _, s := range subjects {
		if _, ok := b.subjects[s]; !ok && !seen[s] && isName(s) {
			missing, seen[s] = append(missing, s), true
		}
	}
	for start := 0; start < len(missing); start += 500 {
		part := missing[start:min(start+500, len(missing))]
		rows, err := b.tx.Query(b.ctx, `SELECT subject, version, effective FROM register_entry e WHERE subject IN (`+b.tx.List(len(part))+`)
			AND version = (SELECT max(version) FROM register_entry WHERE subject = e.subject)`, part...)
		if err != nil {
			return b.breakOff(err)
		}
		for _, s := range part {
			b.subjects[s.(string)] = subjectState{}
		}
		for rows.Next() {
			var name string
			var s subjectState
			if err := rows.Scan(&name, &s.version, &s.effective); err != nil {
				rows.Close()
				return b.breakOff(err)
			}
			b.subjects[name] = s
		}
		rows.Close()
		if err := rows.Err(); err != nil {
			return b.breakOff(err)
		}
	}
	return nil
}

func (b *batch) breakOff(err error) error {
	b.broken = fmt.Errorf("newest versions: %w", err)
	return b.broken
}

// flush writes what was added since the last time.
func (b *batch) flush() error {
	if b.broken != nil {
		return b.broken
	}
	if err := b.write(); err != nil {
		b.broken = err
		return err
	}
	b.nextHash += int64(len(b.hashes))
	b.hashes, b.entries, b.bytes = b.hashes[:0], b.entries[:0], 0
	if len(b.subjects) > forgetSubjects {
		clear(b.subjects) // the database knows them now
	}
	return nil
}

func (b *batch) write() error {
	err := b.tx.InsertRows(b.ctx, "register_entry", []string{"position", "subject", "version", "effective", "header"}, len(b.entries), func(i int) []any {
		h := b.entries[i].Header
		return []any{h.Position, h.Subject, int64(h.Version), h.Effective, string(b.entries[i].HeaderBytes)}
	})
	if err != nil {
		return fmt.Errorf("write entries: %w", err)
	}
	var open, withheld []Entry
	for _, e := range b.entries {
		if e.Withheld() {
			withheld = append(withheld, e)
		} else {
			open = append(open, e)
		}
	}
	err = b.tx.InsertRows(b.ctx, "register_payload", []string{"position", "salt", "payload"}, len(open), func(i int) []any {
		return []any{open[i].Header.Position, open[i].Salt, string(open[i].Payload)}
	})
	if err != nil {
		return fmt.Errorf("write payloads: %w", err)
	}
	err = b.tx.InsertRows(b.ctx, "register_withheld", []string{"position", "erasure"}, len(withheld), func(i int) []any {
		return []any{withheld[i].Header.Position, withheld[i].WithheldBy}
	})
	if err != nil {
		return fmt.Errorf("write what is withheld: %w", err)
	}
	err = b.tx.InsertRows(b.ctx, "register_hash", []string{"id", "hash"}, len(b.hashes), func(i int) []any {
		return []any{b.nextHash + int64(i), b.hashes[i][:]}
	})
	if err != nil {
		return fmt.Errorf("write hashes: %w", err)
	}
	return nil
}

// finish writes the rest, the head and the checkpoint: signed by key, or given where it was
// signed before.
func (b *batch) finish(key *Key, signed []byte) error {
	if b.finished {
		return errs.New(errs.Internal, "finished twice")
	}
	if err := b.flush(); err != nil {
		return err
	}
	b.finished = true
	if b.tree.size == b.start {
		return nil
	}
	if _, err := b.tx.Exec(b.ctx, `UPDATE register_head SET size = $1, recorded = $2 WHERE id = 1`, b.tree.size, b.recorded); err != nil {
		return fmt.Errorf("write the head: %w", err)
	}
	if signed == nil {
		var err error
		if signed, err = (Checkpoint{b.id.origin, b.tree.size, b.tree.root()}).sign(key); err != nil {
			return err
		}
	}
	if err := insertCheckpoint(b.ctx, b.tx, b.tree.size, signed); err != nil {
		return err
	}
	l, origin, size := b.log, b.id.origin, b.tree.size
	b.tx.AfterCommit(func() { l.committed(origin, size, signed) })
	return nil
}

func insertCheckpoint(ctx context.Context, tx *db.Tx, size int64, signed []byte) error {
	if _, err := tx.Exec(ctx, `INSERT INTO register_checkpoint (size, note) VALUES ($1, $2)`, size, string(signed)); err != nil {
		return fmt.Errorf("write the checkpoint: %w", err)
	}
	return nil
}

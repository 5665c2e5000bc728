package register

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/errs"
)

// Replayer appends entries that were published before, as they are: for a database that was
// restored from an older copy, or made anew from an export. Each entry is held to all the rules
// that it was published under. A transaction with a Replayer that was not finished does not
// commit.
type Replayer struct {
	b *batch
	// must is the checkpoint beside the key that the database is behind: entries that do not
	// lead to its root are not those that were published.
	must *kept
	// end is the identity under which the entries must end, where a new database was opened
	// with the key of today and its first entries were signed by an earlier one.
	end identity
}

// Replayer begins to replay. It is what may still be written while Behind.
func (l *Log) Replayer(ctx context.Context, tx *db.Tx) (*Replayer, error) {
	b, err := l.begin(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("register: replay: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b.signer = l.key
	r := &Replayer{b: b, must: l.kept}
	if r.must != nil && r.must.Origin == b.id.origin && r.must.Size <= b.start {
		return nil, fmt.Errorf("register: replay: %w", l.behind) // a fork: nothing that follows mends it
	}
	return r, nil
}

// Replay appends known entries; see Replayer.
func (l *Log) Replay(ctx context.Context, tx *db.Tx, entries ...Entry) error {
	r, err := l.Replayer(ctx, tx)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := r.Add(e); err != nil {
			return err
		}
	}
	return r.Finish(nil)
}

// Add appends the next entry. After an error the transaction must be given up.
func (r *Replayer) Add(e Entry) error {
	if err := r.add(e); err != nil {
		return fmt.Errorf("register: replay position %d: %w", e.Header.Position, err)
	}
	return nil
}

func (r *Replayer) add(e Entry) error {
	b := r.b
	if b.broken != nil {
		return b.broken
	}
	h, err := ParseHeader(e.HeaderBytes)
	if err != nil {
		return err
	}
	if h != e.Header {
		return invalid("the header is not that of its bytes")
	}
	if h.Position != b.tree.size {
		return invalid("the next position is %d", b.tree.size)
	}
	recorded := h.RecordedAt().UnixMicro()
	if recorded < b.recorded {
		return invalid("recorded %s is before the entry in front, %s", h.Recorded, time.UnixMicro(b.recorded).UTC().Format(recordedForm))
	}
	state, err := b.subject(h.Subject, false)
	if err != nil {
		return err
	}
	if err := follows(state, h); err != nil {
		return err
	}
	if !e.Withheld() {
		if err := e.checkPayload(); err != nil {
			return err
		}
	} else if e.WithheldBy <= h.Position {
		return invalid("withheld by position %d, which is not later", e.WithheldBy)
	}
	switch h.Kind {
	case KeyKind, OriginKind:
		id, previous, err := identityOf(e, b.tree)
		if err != nil {
			return err
		}
		if previous != b.id.verifier {
			if err := r.repin(previous); err != nil {
				return err
			}
		}
		if err := insertIdentity(b.ctx, b.tx, id); err != nil {
			return err
		}
		b.id = id
	case ErasureKind:
		x, err := erasureOf(e)
		if err != nil {
			return err
		}
		if err := b.flush(); err != nil {
			return err
		}
		by, err := b.withheldBy(x.Position)
		if err != nil {
			return err
		}
		if by < 0 {
			err = b.withhold(x.Position, h.Position)
		} else if by != h.Position {
			err = invalid("position %d is withheld by position %d", x.Position, by)
		}
		if err != nil {
			return err
		}
	}
	b.recorded = recorded
	if err := b.add(e); err != nil {
		return err
	}
	if r.must != nil && r.must.Origin == b.id.origin && r.must.Size == b.tree.size && r.must.Root != b.tree.root() {
		return errs.New(errs.Conflict, "these entries are not those that were published: the checkpoint beside the key has the root %s, they have %s", r.must.Root, b.tree.root()).
			WithHint("look for an export that was made later, or by somebody else")
	}
	return nil
}

// repin puts an earlier key in the place of the first one, in a database that was empty: the
// entries show who signed them first, and must end under the key that it was opened with.
func (r *Replayer) repin(verifier string) error {
	b := r.b
	if b.start > 0 || b.id.from > 0 {
		return invalid("it takes over from the key %s; the key in force is %s", verifier, b.id.verifier)
	}
	v, err := newVerifier(verifier)
	if err != nil {
		return err
	}
	r.end, b.id = b.id, identity{0, v.Name(), verifier}
	if _, err := b.tx.Exec(b.ctx, `UPDATE register_identity SET origin = $1, verifier = $2 WHERE from_size = 0`, b.id.origin, verifier); err != nil {
		return fmt.Errorf("first identity: %w", err)
	}
	// The checkpoint of the empty register was signed by the key of today.
	if _, err := b.tx.Exec(b.ctx, `DELETE FROM register_checkpoint WHERE size = 0`); err != nil {
		return fmt.Errorf("first identity: %w", err)
	}
	return nil
}

// follows holds a header to the newest version of its subject.
func follows(s subjectState, h Header) error {
	if h.Version != s.version+1 {
		return invalid("version %d of %s, want %d", h.Version, h.Subject, s.version+1)
	}
	if h.Effective < s.effective {
		return invalid("effective %s of %s is before %s, that of version %d", h.Effective, h.Subject, s.effective, s.version)
	}
	return nil
}

// Finish writes the head and its checkpoint: the given one, which must be signed by the key in
// force, or one signed now where that is nil. A database that was behind must have caught up: a
// part of what was published cannot be checked against the checkpoint beside the key.
func (r *Replayer) Finish(signed []byte) error {
	if err := r.finish(signed); err != nil {
		return fmt.Errorf("register: replay: %w", err)
	}
	return nil
}

func (r *Replayer) finish(signed []byte) error {
	b, l := r.b, r.b.log
	if b.tree.size == b.start {
		b.finished = true
		return nil
	}
	if r.must != nil && (r.must.Origin != b.id.origin || b.tree.size < r.must.Size) {
		return errs.New(errs.Unavailable, "the entries end at size %d, the checkpoint beside the key has %d of %s", b.tree.size, r.must.Size, r.must.Origin).
			WithHint("look for a newer export, or go on under a new origin")
	}
	if r.end.verifier != "" && r.end.verifier != b.id.verifier {
		return errs.New(errs.Conflict, "the entries end under the key %s, the register was opened with %s", b.id.verifier, r.end.verifier).
			WithHint("open it with the origin and the key of the export")
	}
	if signed != nil {
		c, err := openCheckpoint(signed, b.id.verifier)
		if err != nil {
			return err
		}
		if c.Size != b.tree.size || c.Root != b.tree.root() {
			return invalid("the checkpoint is of another tree")
		}
	} else if b.signer == nil {
		return errs.New(errs.Unavailable, "without the key no checkpoint can be signed").WithHint("give the checkpoint that ends the export")
	} else if v, err := b.signer.Verifier(b.id.origin); err != nil || v != b.id.verifier {
		return errors.Join(err, errs.New(errs.Conflict, "the entries end under the key %s", b.id.verifier).WithHint("open the register with that key"))
	}
	id := b.id
	b.tx.AfterCommit(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.origin, l.verifier, l.behind, l.kept = id.origin, id.verifier, nil, nil
	})
	return b.finish(b.signer, signed)
}

// ImportExport rebuilds the register from an export, in one transaction: entries that are there
// already must be the same, the others are replayed, and the checkpoint that ends the export must
// be this register's. apply is called for every entry that was added, within the transaction, to
// bring the tables of the rooms above along; it may be nil.
func (l *Log) ImportExport(ctx context.Context, in io.Reader, apply func(*db.Tx, Entry) error) (Report, error) {
	var report Report
	err := l.db.Write(ctx, func(tx *db.Tx) error {
		var err error
		report, err = l.importExport(ctx, tx, in, apply)
		return db.Permanent(err) // the input is consumed
	})
	if err != nil {
		return Report{}, fmt.Errorf("register: import: %w", err)
	}
	return report, nil
}

func (l *Log) importExport(ctx context.Context, tx *db.Tx, in io.Reader, apply func(*db.Tx, Entry) error) (Report, error) {
	r, err := l.Replayer(ctx, tx)
	if err != nil {
		return Report{}, err
	}
	var have []Entry // a page of what is there already
	same := func(e Entry) error {
		if len(have) == 0 {
			if err := readEntries(ctx, tx, func(e Entry) error { have = append(have, e); return nil },
				`WHERE e.position >= $1 AND e.position < $2 ORDER BY e.position`, e.Header.Position, min(e.Header.Position+page, r.b.start)); err != nil {
				return err
			}
		}
		if len(have) == 0 || string(have[0].HeaderBytes) != string(e.HeaderBytes) {
			return errs.New(errs.Conflict, "the database has another entry at position %d", e.Header.Position).WithHint("import into a new database")
		}
		have = have[1:]
		return nil
	}
	report, last, err := scanExport(in, "", func(e Entry) error {
		if e.Header.Position < r.b.start {
			return same(e)
		}
		if err := r.add(e); err != nil {
			return err
		}
		if apply == nil {
			return nil
		}
		return apply(tx, e)
	})
	if err != nil {
		return Report{}, err
	}
	if report.Size < r.b.start {
		return Report{}, errs.New(errs.Conflict, "the export has %d entries, the register %d", report.Size, r.b.start).WithHint("there is nothing to import")
	}
	if report.Key != r.b.id.verifier {
		return Report{}, errs.New(errs.Conflict, "the export is signed by %s, this register's key is %s", report.Key, r.b.id.verifier).
			WithHint("import into a register with the origin and the key of the export")
	}
	if report.Size == r.b.start && report.Root != r.b.tree.root() {
		return Report{}, damaged("its root is not that of its entries")
	}
	report.KeyKnown = true
	return report, r.finish(last)
}

package register

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"stocktake/internal/db"
)

// Report is what a verification found out when it found no fault.
type Report struct {
	Origin   string
	Size     int64 // entries under the checkpoint
	Root     tlog.Hash
	Key      string  // verifier key that signed the checkpoint
	KeyKnown bool    // Key is the key that was given, or the given one handed over to it
	Withheld int64   // payloads that are withheld
	Entry    *Header // of a receipt: the entry that it proves
}

// String says it in words for a person.
func (r Report) String() string {
	var b strings.Builder
	if r.Entry != nil {
		fmt.Fprintf(&b, "entry %d (%s, version %d, recorded %s by %s) is in the register %s of %d entries, root %s",
			r.Entry.Position, r.Entry.Subject, r.Entry.Version, r.Entry.Recorded, r.Entry.Actor, r.Origin, r.Size, r.Root)
		if r.Withheld > 0 {
			b.WriteString("; its payload is withheld")
		}
	} else {
		fmt.Fprintf(&b, "register %s: %d entries, root %s", r.Origin, r.Size, r.Root)
		if r.Withheld > 0 {
			fmt.Fprintf(&b, "; the payloads of %d are withheld", r.Withheld)
		}
	}
	if r.KeyKnown {
		fmt.Fprintf(&b, "; signed by the known key %s", r.Key)
	} else {
		fmt.Fprintf(&b, "; consistent with key %s, not checked against a known key", r.Key)
	}
	return b.String()
}

// Fault is where a verification failed first.
type Fault struct {
	Line     int   // of an export, from 1; 0 = there are no lines
	Position int64 // of an entry; -1 = it is not about one
	Err      error
}

func (f *Fault) Error() string {
	var where []string
	if f.Line > 0 {
		where = append(where, fmt.Sprintf("line %d", f.Line))
	}
	if f.Position >= 0 {
		where = append(where, fmt.Sprintf("position %d", f.Position))
	}
	if len(where) == 0 {
		return f.Err.Error()
	}
	return strings.Join(where, ", ") + ": " + f.Err.Error()
}

func (f *Fault) Unwrap() error { return f.Err }

// VerifyExport checks an export from its first byte to its last, and gives a *Fault at the first
// line that is not as it was published. knownKey is the verifier key that the reader trusts (""
// = none, and the report says so). It reads as it goes: memory is one line, and less than a
// hundred bytes per subject.
func VerifyExport(in io.Reader, knownKey string) (Report, error) {
	report, _, err := scanExport(in, knownKey, nil)
	if err != nil {
		return Report{}, fmt.Errorf("register: verify: %w", err)
	}
	return report, nil
}

// checker holds a register to its rules, entry after entry.
type checker struct {
	tree     frontier
	recorded string
	subjects map[[16]byte]seen // by hash, to keep it small
	pending  map[int64]int64   // withheld positions whose erasure is still to come
	withheld int64
	stored   []tlog.Hash // of the newest entry
	chain    []link
}

type seen struct {
	version   int32
	effective [10]byte
}

// link is a change of identity.
type link struct {
	previous, key string
	signed        bool // by a handover of the previous key
}

func newChecker() *checker {
	return &checker{subjects: map[[16]byte]seen{}, pending: map[int64]int64{}}
}

// entry holds the next entry, whose own bytes have been checked, to those before it.
func (c *checker) entry(e Entry) error {
	h := e.Header
	if h.Position != c.tree.size {
		return invalid("want position %d, found %d: entries are missing or out of order", c.tree.size, h.Position)
	}
	if h.Recorded < c.recorded {
		return invalid("recorded %s, before the entry in front, %s", h.Recorded, c.recorded)
	}
	sum := sha256.Sum256([]byte(h.Subject))
	key := [16]byte(sum[:16])
	state := c.subjects[key]
	was := subjectState{int(state.version), string(bytes.TrimRight(state.effective[:], "\x00"))}
	if err := follows(was, h); err != nil {
		return err
	}
	switch h.Kind {
	case ErasureKind:
		x, err := erasureOf(e)
		if err != nil {
			return err
		}
		by, ok := c.pending[x.Position]
		if !ok {
			return invalid("the payload at position %d should be withheld", x.Position)
		}
		if by != h.Position {
			return &Fault{Position: x.Position, Err: invalid("it says that position %d withholds it, position %d does", by, h.Position)}
		}
		delete(c.pending, x.Position)
	case KeyKind, OriginKind:
		id, previous, err := identityOf(e, &c.tree)
		if err != nil {
			return err
		}
		if n := len(c.chain); n > 0 && c.chain[n-1].key != previous {
			return invalid("it takes over from the key %s; the key in force is %s", previous, c.chain[n-1].key)
		}
		c.chain = append(c.chain, link{previous, id.verifier, h.Kind == KeyKind})
	}
	if e.Withheld() {
		c.pending[h.Position] = e.WithheldBy
		c.withheld++
	}
	state.version = int32(h.Version)
	copy(state.effective[:], h.Effective)
	c.subjects[key] = state
	c.recorded = h.Recorded
	c.stored = c.tree.add(e.HeaderBytes, c.stored[:0])
	return nil
}

// finish holds all of it to the signed checkpoint.
func (c *checker) finish(signed []byte, key, knownKey string) (Report, error) {
	cp, err := openCheckpoint(signed, key)
	if err != nil {
		return Report{}, err
	}
	if cp.Size != c.tree.size {
		return Report{}, invalid("the checkpoint is of %d entries, there are %d: the tail is missing, or something was added", cp.Size, c.tree.size)
	}
	first := int64(-1)
	for p := range c.pending {
		if first < 0 || p < first {
			first = p
		}
	}
	if first >= 0 {
		return Report{}, &Fault{Position: first, Err: invalid("the payload is missing, and no erasure at position %d withholds it", c.pending[first])}
	}
	if root := c.tree.root(); cp.Root != root {
		return Report{}, invalid("the entries are not those that were signed: their root is %s, the checkpoint says %s", root, cp.Root)
	}
	if n := len(c.chain); n > 0 && c.chain[n-1].key != key {
		return Report{}, invalid("the checkpoint is signed by %s, the key in force is %s", key, c.chain[n-1].key)
	}
	known, err := keyKnown(c.chain, key, knownKey)
	if err != nil {
		return Report{}, err
	}
	return Report{Origin: cp.Origin, Size: cp.Size, Root: cp.Root, Key: key, KeyKnown: known, Withheld: c.withheld}, nil
}

func checkKnown(key string) error {
	if key == "" {
		return nil
	}
	if _, err := newVerifier(key); err != nil {
		return fmt.Errorf("the known key: %w", err)
	}
	return nil
}

// keyKnown reports whether key is the known one, or one that the known one handed over to. A
// signature by any other key is an error when a key is known.
func keyKnown(chain []link, key, known string) (bool, error) {
	if known == "" {
		return false, nil
	}
	trusted := []string{known}
	for _, l := range chain {
		if l.signed && slices.Contains(trusted, l.previous) {
			trusted = append(trusted, l.key)
		}
	}
	if slices.Contains(trusted, key) {
		return true, nil
	}
	for _, l := range chain {
		if !l.signed && slices.Contains(trusted, l.previous) {
			return false, invalid("signed by %s, not by the known key %s: the register went on under a new origin", key, known).
				WithHint("ask the operator for the new key, and why entries were lost")
		}
	}
	return false, invalid("signed by %s, not by the known key %s", key, known)
}

// VerifyDatabase recomputes everything that the database says of the register: headers, hashes,
// payloads, withholdings, and every checkpoint that was ever committed.
func (l *Log) VerifyDatabase(ctx context.Context) (Report, error) {
	var report Report
	err := l.db.Read(ctx, func(tx *db.Tx) (err error) {
		report, err = l.verifyRows(ctx, tx)
		return err
	})
	if err != nil {
		return Report{}, fmt.Errorf("register: verify: %w", err)
	}
	return report, nil
}

func (l *Log) verifyRows(ctx context.Context, tx *db.Tx) (Report, error) {
	head, err := readHead(ctx, tx)
	if err != nil {
		return Report{}, err
	}
	ids, err := readIdentities(ctx, tx)
	if err != nil {
		return Report{}, err
	}
	if len(ids) == 0 {
		return Report{}, damaged("it has no identity")
	}
	v := &rowChecker{checker: newChecker(), ids: ids}
	if err := v.checkpoints(ctx, tx, 0, 0); err != nil {
		return Report{}, err
	}
	// Page by page, since only one result can be open at a time.
	for from := int64(0); from < head.Size; from += page {
		if err := v.page(ctx, tx, from); err != nil {
			return Report{}, err
		}
	}
	if err := v.nothingElse(ctx, tx, head.Size); err != nil {
		return Report{}, err
	}
	now := ids[len(ids)-1]
	if len(v.chain) != len(ids)-1 {
		return Report{}, damaged("%d changes of the identity are published, the database has %d", len(v.chain), len(ids)-1)
	}
	report, err := v.finish(head.Checkpoint, now.verifier, "")
	report.KeyKnown = err == nil
	return report, err
}

type rowChecker struct {
	*checker
	ids   []identity
	roots []tlog.Hash // after each entry of the page
}

func (v *rowChecker) page(ctx context.Context, tx *db.Tx, from int64) error {
	var want []tlog.Hash
	v.roots = v.roots[:0]
	err := readEntries(ctx, tx, func(e Entry) error {
		h, err := ParseHeader(e.HeaderBytes)
		if err == nil && !e.Withheld() {
			err = e.checkPayload()
		}
		if err == nil && !e.Withheld() {
			var again []byte
			if again, err = CanonicalJSON(e.Payload); err == nil && !bytes.Equal(again, e.Payload) {
				err = invalid("the payload is not canonical JSON")
			}
		}
		links := len(v.chain)
		if err == nil {
			err = v.entry(e)
		}
		if err == nil && len(v.chain) > links {
			if n := len(v.chain); n >= len(v.ids) || v.ids[n].verifier != v.chain[n-1].key || v.ids[n].from != h.Position+1 || v.ids[n-1].verifier != v.chain[n-1].previous {
				err = invalid("the identity in the database is not the published one")
			}
		}
		if err != nil {
			if _, ok := errors.AsType[*Fault](err); ok {
				return err
			}
			return &Fault{Position: v.tree.size, Err: err}
		}
		want = append(want, v.stored...)
		v.roots = append(v.roots, v.tree.root())
		return nil
	}, `WHERE e.position >= $1 AND e.position < $2 ORDER BY e.position`, from, from+page)
	if err != nil {
		return err
	}
	if err := v.columns(ctx, tx, from); err != nil {
		return err
	}
	first := tlog.StoredHashCount(from)
	indexes := make([]int64, len(want))
	for i := range want {
		indexes[i] = first + int64(i)
	}
	have, err := hashReader(ctx, tx).ReadHashes(indexes)
	if err != nil {
		return damaged("%w", err)
	}
	for i := range want {
		if want[i] != have[i] {
			return damaged("the stored hash %d is not that of the entries", indexes[i])
		}
	}
	return v.checkpoints(ctx, tx, from+1, from+int64(len(v.roots)))
}

// columns holds the columns beside a header to it.
func (v *rowChecker) columns(ctx context.Context, tx *db.Tx, from int64) error {
	rows, err := tx.Query(ctx, `SELECT position, subject, version, effective, header FROM register_entry WHERE position >= $1 AND position < $2 ORDER BY position`, from, from+page)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var h Header
		var header []byte
		if err := rows.Scan(&h.Position, &h.Subject, &h.Version, &h.Effective, &header); err != nil {
			return err
		}
		is, err := ParseHeader(header)
		if err != nil || is.Position != h.Position || is.Subject != h.Subject || is.Version != h.Version || is.Effective != h.Effective {
			return &Fault{Position: h.Position, Err: errors.Join(err, invalid("the columns do not say what the header says"))}
		}
	}
	return rows.Err()
}

// checkpoints holds those of the sizes from ≤ size ≤ to to the tree and to the key of the time.
func (v *rowChecker) checkpoints(ctx context.Context, tx *db.Tx, from, to int64) error {
	rows, err := tx.Query(ctx, `SELECT size, note FROM register_checkpoint WHERE size >= $1 AND size <= $2 ORDER BY size`, from, to)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var size int64
		var signed []byte
		if err := rows.Scan(&size, &signed); err != nil {
			return err
		}
		root := (&frontier{}).root()
		if size > 0 {
			root = v.roots[size-from]
		}
		c, err := openCheckpoint(signed, identityAt(v.ids, size).verifier)
		if err != nil {
			return damaged("the checkpoint of size %d: %w", size, err)
		}
		if c.Size != size || c.Root != root {
			return damaged("the checkpoint of size %d is about another tree", size)
		}
	}
	return rows.Err()
}

// nothingElse looks for rows that belong to no entry.
func (v *rowChecker) nothingElse(ctx context.Context, tx *db.Tx, size int64) error {
	for _, q := range []struct {
		what, query string
		want        int64
	}{
		{"entries", `SELECT count(*) FROM register_entry`, size},
		{"payloads", `SELECT count(*) FROM register_payload`, size - v.withheld},
		{"withholdings", `SELECT count(*) FROM register_withheld`, v.withheld},
		{"hashes", `SELECT count(*) FROM register_hash`, tlog.StoredHashCount(size)},
		{"checkpoints beyond the head", `SELECT count(*) FROM register_checkpoint WHERE size > (SELECT size FROM register_head)`, 0},
	} {
		var n int64
		if err := tx.QueryRow(ctx, q.query).Scan(&n); err != nil {
			return err
		}
		if n != q.want {
			return damaged("%d %s, want %d", n, q.what, q.want)
		}
	}
	return nil
}

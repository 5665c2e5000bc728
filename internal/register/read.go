package register

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
	"unsafe"

	"golang.org/x/mod/sumdb/tlog"

	"stocktake/internal/db"
	"stocktake/internal/errs"
)

// Head is the newest state of the register.
type Head struct {
	Size       int64
	Root       [32]byte
	Checkpoint []byte // the signed note
}

// Head reads the newest committed state.
func (l *Log) Head(ctx context.Context) (Head, error) {
	var h Head
	err := l.db.Read(ctx, func(tx *db.Tx) (err error) {
		h, err = readHead(ctx, tx)
		return err
	})
	return h, err
}

func readHead(ctx context.Context, tx *db.Tx) (Head, error) {
	var h Head
	err := tx.QueryRow(ctx, `SELECT h.size, c.note FROM register_head h JOIN register_checkpoint c ON c.size = h.size WHERE h.id = 1`).Scan(&h.Size, &h.Checkpoint)
	if errors.Is(err, sql.ErrNoRows) {
		return Head{}, damaged("it has no head")
	}
	if err != nil {
		return Head{}, fmt.Errorf("register: head: %w", err)
	}
	c, err := checkpointOf(h.Checkpoint)
	if err != nil {
		return Head{}, damaged("%w", err)
	}
	h.Root = c.Root
	return h, nil
}

// Root is the root hash of the register at a size that it has reached: that of its first so
// many entries. errs.NotFound for a size beyond its end.
func (l *Log) Root(ctx context.Context, size int64) (root [32]byte, err error) {
	err = l.db.Read(ctx, func(tx *db.Tx) error {
		h, err := readHead(ctx, tx)
		if err != nil {
			return err
		}
		if size < 0 || size > h.Size {
			return errs.New(errs.NotFound, "register: size %d is beyond its end at %d", size, h.Size)
		}
		f, err := readFrontier(ctx, tx, size)
		if err != nil {
			return fmt.Errorf("register: root at %d: %w", size, err)
		}
		root = f.root()
		return nil
	})
	return root, err
}

// Withheld counts, among the first size entries, those whose payload is withheld today.
func (l *Log) Withheld(ctx context.Context, size int64) (n int64, err error) {
	err = l.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT count(*) FROM register_withheld WHERE position < $1`, size).Scan(&n)
	})
	if err != nil {
		return 0, fmt.Errorf("register: withheld: %w", err)
	}
	return n, nil
}

// checkpointOf reads a checkpoint without checking who signed it.
func checkpointOf(signed []byte) (Checkpoint, error) {
	for i := range signed {
		if signed[i] == '\n' && i+1 < len(signed) && signed[i+1] == '\n' {
			return parseCheckpoint(string(signed[:i+1]))
		}
	}
	return Checkpoint{}, invalid("checkpoint: not a signed note")
}

// Checkpoint gives the signed checkpoint of a size; errs.NotFound where no commit ended there.
func (l *Log) Checkpoint(ctx context.Context, size int64) ([]byte, error) {
	var b []byte
	err := l.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT note FROM register_checkpoint WHERE size = $1`, size).Scan(&b)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errs.New(errs.NotFound, "register: no commit ended at size %d", size)
	}
	if err != nil {
		return nil, fmt.Errorf("register: checkpoint: %w", err)
	}
	return b, nil
}

const selectEntry = `SELECT e.position, e.header, p.salt, p.payload, w.erasure FROM register_entry e
	LEFT JOIN register_payload p ON p.position = e.position
	LEFT JOIN register_withheld w ON w.position = e.position `

func readEntries(ctx context.Context, tx *db.Tx, f func(Entry) error, where string, args ...any) error {
	rows, err := tx.Query(ctx, selectEntry+where, args...)
	if err != nil {
		return fmt.Errorf("register: read: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var position int64
		var payload sql.NullString // as a string: []byte would be copied
		var erasure sql.NullInt64
		e := Entry{WithheldBy: -1}
		if err := rows.Scan(&position, &e.HeaderBytes, &e.Salt, &payload, &erasure); err != nil {
			return fmt.Errorf("register: read: %w", err)
		}
		if payload.Valid {
			e.Payload = unsafe.Slice(unsafe.StringData(payload.String), len(payload.String)) // nobody else has the string
		}
		if err := Decode(e.HeaderBytes, &e.Header); err != nil || e.Header.Position != position {
			return damaged("the header at position %d cannot be read", position)
		}
		switch {
		case erasure.Valid && e.Payload == nil && e.Salt == nil:
			e.WithheldBy = erasure.Int64
		case erasure.Valid || e.Payload == nil || e.Salt == nil:
			return damaged("the payload at position %d should be there, or be withheld, and not half of it", position)
		}
		if !e.Withheld() {
			if err := e.checkPayload(); err != nil { // nothing that was changed in the database is shown or passed on
				return damaged("position %d: %w", position, err)
			}
		}
		if err := f(e); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("register: read: %w", err)
	}
	return nil
}

// Tail gives up to limit entries from a position on, in order and without gaps: an entry becomes
// visible with all before it. None at the end of the register.
func (l *Log) Tail(ctx context.Context, from, limit int64) ([]Entry, error) {
	var entries []Entry
	err := l.db.Read(ctx, func(tx *db.Tx) error {
		entries = entries[:0]
		return readEntries(ctx, tx, func(e Entry) error {
			if e.Header.Position != from+int64(len(entries)) {
				return damaged("the entry at position %d is missing", from+int64(len(entries)))
			}
			entries = append(entries, e)
			return nil
		}, `WHERE e.position >= $1 AND e.position < $2 ORDER BY e.position`, from, from+limit)
	})
	return entries, err
}

const page = 1000

// Range calls f for the entries from ≤ position < to, in order; to < 0 means to the end. It
// reads in pages, each a transaction of its own, so f may take its time.
func (l *Log) Range(ctx context.Context, from, to int64, f func(Entry) error) error {
	if to < 0 {
		h, err := l.Head(ctx)
		if err != nil {
			return err
		}
		to = h.Size
	}
	for from < to {
		entries, err := l.Tail(ctx, from, min(page, to-from))
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			return nil
		}
		for _, e := range entries {
			if err := f(e); err != nil {
				return err
			}
		}
		from += int64(len(entries))
	}
	return nil
}

// History gives all versions of a subject, the first one first. A subject that was never
// published is errs.NotFound.
func (l *Log) History(ctx context.Context, subject string) ([]Entry, error) {
	var entries []Entry
	err := l.db.Read(ctx, func(tx *db.Tx) error {
		entries = entries[:0]
		return readEntries(ctx, tx, func(e Entry) error {
			entries = append(entries, e)
			return nil
		}, `WHERE e.subject = $1 ORDER BY e.version`, subject)
	})
	if err == nil && len(entries) == 0 {
		return nil, errs.New(errs.NotFound, "register: nothing was published about %q", subject)
	}
	return entries, err
}

// Entry gives the entry at a position; errs.NotFound where there is none.
func (l *Log) Entry(ctx context.Context, position int64) (Entry, error) {
	var e Entry
	err := l.db.Read(ctx, func(tx *db.Tx) (err error) {
		e, err = readEntry(ctx, tx, position)
		return err
	})
	return e, err
}

// Entries gives the entries at positions, which ascend; errs.NotFound where one is not there.
func (l *Log) Entries(ctx context.Context, positions []int64) ([]Entry, error) {
	var entries []Entry
	err := l.db.Read(ctx, func(tx *db.Tx) error {
		entries = make([]Entry, 0, len(positions))
		for part := range slices.Chunk(positions, 500) {
			args := make([]any, len(part))
			for i, position := range part {
				args[i] = position
			}
			err := readEntries(ctx, tx, func(e Entry) error {
				entries = append(entries, e)
				return nil
			}, `WHERE e.position IN (`+tx.List(len(part))+`) ORDER BY e.position`, args...)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && len(entries) != len(positions) {
		return nil, errs.New(errs.NotFound, "register: %d of the entries at %d positions are not there", len(positions)-len(entries), len(positions))
	}
	return entries, err
}

func readEntry(ctx context.Context, tx *db.Tx, position int64) (Entry, error) {
	var found *Entry
	if err := readEntries(ctx, tx, func(e Entry) error { found = &e; return nil }, `WHERE e.position = $1`, position); err != nil {
		return Entry{}, err
	}
	if found == nil {
		return Entry{}, errs.New(errs.NotFound, "register: there is no entry at position %d", position)
	}
	return *found, nil
}

// pollInterval is how soon entries of another process are seen.
const pollInterval = 250 * time.Millisecond

// Wait returns when the register is larger than size: at once for entries of this process, soon
// for those of others. It returns the context's error when that ends first.
func (l *Log) Wait(ctx context.Context, size int64) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		var now int64
		if err := l.db.Read(ctx, func(tx *db.Tx) error {
			return tx.QueryRow(ctx, `SELECT size FROM register_head WHERE id = 1`).Scan(&now)
		}); err != nil {
			return errors.Join(ctx.Err(), fmt.Errorf("register: wait: %w", err))
		}
		l.mu.Lock()
		l.grow(now)
		grown := l.grown
		l.mu.Unlock()
		if now > size {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-grown:
		case <-tick.C:
		}
	}
}

// tileHeight and tileWidth are those of C2SP tlog-tiles.
const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// Tile gives the hashes of a tile of C2SP tlog-tiles: width hashes (256 for a full tile) of the
// level, from the n-th tile on. A tile that the register does not reach is errs.NotFound.
func (l *Log) Tile(ctx context.Context, level int, n int64, width int) ([]byte, error) {
	if level < 0 || level > 7 || n < 0 || n > maxPosition>>tileHeight || width < 1 || width > tileWidth {
		return nil, errs.New(errs.NotFound, "register: there is no such tile")
	}
	var b []byte
	err := l.db.Read(ctx, func(tx *db.Tx) error {
		h, err := readHead(ctx, tx)
		if err != nil {
			return err
		}
		if n<<tileHeight+int64(width) > h.Size>>(tileHeight*level) {
			return errs.New(errs.NotFound, "register: the tile is beyond size %d", h.Size)
		}
		b, err = tlog.ReadTileData(tlog.Tile{H: tileHeight, L: level, N: n, W: width}, hashReader(ctx, tx))
		return err
	})
	return b, err
}

// Bundle gives the n-th entry bundle of C2SP tlog-tiles: width headers (256 for a full bundle),
// each with its length in two bytes before it.
func (l *Log) Bundle(ctx context.Context, n int64, width int) ([]byte, error) {
	if n < 0 || n > maxPosition>>tileHeight || width < 1 || width > tileWidth {
		return nil, errs.New(errs.NotFound, "register: there is no such bundle")
	}
	entries, err := l.Tail(ctx, n<<tileHeight, int64(width))
	if err != nil {
		return nil, err
	}
	if len(entries) < width {
		return nil, errs.New(errs.NotFound, "register: the bundle is beyond the register's end")
	}
	var b []byte
	for _, e := range entries {
		b = append(b, byte(len(e.HeaderBytes)>>8), byte(len(e.HeaderBytes)))
		b = append(b, e.HeaderBytes...)
	}
	return b, nil
}

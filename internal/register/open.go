package register

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"stocktake/internal/db"
	"stocktake/internal/errs"
)

// Log is an open register. It is safe for concurrent use; several processes may have the same
// one open.
type Log struct {
	db   *db.DB
	rand io.Reader

	mu       sync.Mutex
	key      *Key // nil = read-only
	keyFile  string
	origin   string
	verifier string
	behind   error         // why nothing may be appended
	kept     *kept         // the checkpoint found beside the key, while behind it
	unkept   error         // the newest checkpoint could not be kept beside the key
	size     int64         // the largest size that this process knows of
	grown    chan struct{} // closed and replaced when size grows
}

// kept is a checkpoint that was found beside the key.
type kept struct {
	Checkpoint
	note []byte
}

// Open opens the register of a database. The first opening pins origin and key in the database;
// every later one must agree with them.
//
// The database is compared with the checkpoint beside the key: one that lacks entries which
// were published, or has others, opens for reading only. Behind tells so, with what to do.
func Open(ctx context.Context, d *db.DB, o Options) (*Log, error) {
	l := &Log{db: d, key: o.Key, keyFile: o.KeyFile, rand: o.Rand, grown: make(chan struct{})}
	if l.rand == nil {
		l.rand = rand.Reader
	}
	if err := l.open(ctx, o); err != nil {
		return nil, fmt.Errorf("open the register: %w", err)
	}
	return l, nil
}

func (l *Log) open(ctx context.Context, o Options) error {
	for _, origin := range []string{o.Origin, o.NewOrigin} {
		if origin != "" {
			if err := checkOrigin(origin); err != nil {
				return err
			}
		}
	}
	pinned := false
	if err := l.db.Read(ctx, func(tx *db.Tx) error {
		ids, err := readIdentities(ctx, tx)
		pinned = len(ids) > 0
		return err
	}); err != nil {
		return err
	}
	if !pinned {
		if err := l.pin(ctx, o); err != nil {
			return err
		}
	}
	ids, size, head, err := l.inspect(ctx)
	if err != nil {
		return err
	}
	if size == 0 && l.key != nil && o.Origin != "" && o.Origin != ids[len(ids)-1].origin {
		if err := l.repin(ctx, ids, o); err != nil {
			return err
		}
		if ids, size, head, err = l.inspect(ctx); err != nil {
			return err
		}
	}
	now := ids[len(ids)-1]
	l.origin, l.verifier, l.size = now.origin, now.verifier, size
	renew := o.NewOrigin != "" && o.NewOrigin != now.origin
	if renew && l.key == nil {
		return invalid("a new origin needs the key").WithHint("give the key file")
	}
	if !renew {
		if err := l.agree(ids, o); err != nil {
			return err
		}
	}
	if err := l.compareKept(ctx, ids, size); err != nil {
		return err
	}
	if renew {
		if err := l.unused(ids, o.NewOrigin); err != nil {
			return err
		}
		if err := l.needed(now); err != nil {
			return err
		}
		return l.newOrigin(ctx, o.NewOrigin)
	}
	if l.behind == nil && l.key != nil {
		l.keep(l.origin, size, head)
		return l.unkept
	}
	return nil
}

// pin writes the first identity and the checkpoint of the empty register.
func (l *Log) pin(ctx context.Context, o Options) error {
	if l.key == nil || o.Origin == "" {
		return errs.New(errs.NotFound, "the database holds no register yet").WithHint("open it once with a key and an origin; `stocktake serve` does so")
	}
	verifier, err := l.key.Verifier(o.Origin)
	if err != nil {
		return err
	}
	return l.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO register_head (id, size, recorded) VALUES (1, 0, 0) ON CONFLICT (id) DO NOTHING`); err != nil {
			return fmt.Errorf("pin the identity: %w", err)
		}
		var size int64
		if err := tx.QueryRow(ctx, `SELECT size FROM register_head WHERE id = 1`+tx.ForUpdate()).Scan(&size); err != nil {
			return fmt.Errorf("pin the identity: %w", err)
		}
		ids, err := readIdentities(ctx, tx)
		if err != nil || len(ids) > 0 {
			return err // another process was first; it is held to what that one pinned
		}
		if size != 0 {
			return errs.New(errs.Internal, "the register has %d entries and no identity", size).WithHint("restore a backup")
		}
		if err := insertIdentity(ctx, tx, identity{0, o.Origin, verifier}); err != nil {
			return err
		}
		signed, err := Checkpoint{o.Origin, 0, (&frontier{}).root()}.sign(l.key)
		if err != nil {
			return err
		}
		return insertCheckpoint(ctx, tx, 0, signed)
	})
}

// repin gives a register without entries another origin: nobody has seen anything of it yet.
// A checkpoint beside the key that knows of entries forbids it, and compareKept then tells why.
func (l *Log) repin(ctx context.Context, ids []identity, o Options) error {
	if l.keyFile != "" {
		signed, err := os.ReadFile(l.keptPath())
		if err == nil {
			if k, known, err := l.openKept(signed, ids); err != nil || !known || k.Size > 0 {
				return nil
			}
			err = os.Remove(l.keptPath())
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("the newest checkpoint beside the key: %w", err)
		}
	}
	err := l.db.Write(ctx, func(tx *db.Tx) error {
		var size int64
		if err := tx.QueryRow(ctx, `SELECT size FROM register_head WHERE id = 1`+tx.ForUpdate()).Scan(&size); err != nil || size != 0 {
			return err // somebody published meanwhile; agree says what follows
		}
		for _, table := range []string{"register_identity", "register_checkpoint"} {
			if _, err := tx.Exec(ctx, `DELETE FROM `+table); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("name the register anew: %w", err)
	}
	return l.pin(ctx, o)
}

// inspect reads the state of the register and holds the newest checkpoint to the tree.
func (l *Log) inspect(ctx context.Context) (ids []identity, size int64, head []byte, err error) {
	err = l.db.Read(ctx, func(tx *db.Tx) error {
		if ids, err = readIdentities(ctx, tx); err != nil {
			return err
		}
		var n, last int64
		var text sql.NullString
		if err := tx.QueryRow(ctx, `SELECT h.size, c.note, (SELECT coalesce(max(position), -1) + 1 FROM register_entry)
			FROM register_head h LEFT JOIN register_checkpoint c ON c.size = h.size WHERE h.id = 1`).Scan(&n, &text, &last); err != nil {
			return fmt.Errorf("head: %w", err)
		}
		size, head = n, []byte(text.String)
		if n != last {
			return damaged("the head says %d entries, there are %d", n, last)
		}
		tree, err := readFrontier(ctx, tx, n)
		if err != nil {
			return damaged("%w", err)
		}
		c, err := openCheckpoint(head, identityAt(ids, n).verifier)
		if err != nil {
			return damaged("the newest checkpoint: %w", err)
		}
		if c.Size != n || c.Root != tree.root() {
			return damaged("the newest checkpoint is about another tree")
		}
		return nil
	})
	return ids, size, head, err
}

func damaged(format string, args ...any) error {
	return errs.New(errs.Internal, "the register is damaged: "+format, args...).
		WithHint("stop, keep a copy of the database, and restore a backup; `stocktake verify` of an export says what differs")
}

// agree holds the options to what is pinned.
func (l *Log) agree(ids []identity, o Options) error {
	now := ids[len(ids)-1]
	known := o.Origin == "" || o.Origin == now.origin
	if o.NewOrigin == now.origin { // stated again: the old name may still stand beside it
		for _, id := range ids {
			known = known || o.Origin == id.origin
		}
	}
	if !known {
		return errs.New(errs.Conflict, "the register's origin is %s, not %s", now.origin, o.Origin).
			WithHint("an origin is given once and kept when the site moves; open it as %s", now.origin)
	}
	if l.key == nil {
		return nil
	}
	mine, err := l.key.Verifier(now.origin)
	if err != nil || mine == now.verifier {
		return err
	}
	for _, id := range ids {
		if v, err := l.key.Verifier(id.origin); err == nil && v == id.verifier {
			return errs.New(errs.Conflict, "the key was replaced at size %d; the register's key is now %s", ids[len(ids)-1].from, now.verifier).
				WithHint("use the file of the new key")
		}
	}
	return errs.New(errs.Conflict, "the key is not the register's: it is %s, the register has %s", mine, now.verifier).
		WithHint("use the key file that belongs to this database; if the key was rotated after this copy of the database was made, open it without a key and replay the missing entries; if the key is lost, make a new key and state a new origin")
}

// needed refuses a new origin where nothing is lost: neither entries that were published nor
// the key. Readers would be told of a loss that never was.
func (l *Log) needed(now identity) error {
	mine, err := l.key.Verifier(now.origin)
	if err != nil || l.behind != nil || mine != now.verifier {
		return err
	}
	return errs.New(errs.Conflict, "the register %s lacks nothing, and keeps its origin", now.origin).
		WithHint("leave the new origin out; a site that moves keeps the origin of its register")
}

// unused refuses a new origin under which something was signed before, by this database or by
// one that it is an older copy of: that origin would have two roots for one size.
func (l *Log) unused(ids []identity, origin string) error {
	used := l.kept != nil && l.kept.Origin == origin
	for _, id := range ids {
		used = used || id.origin == origin
	}
	if used {
		return errs.New(errs.Conflict, "the origin %s was used before", origin).WithHint("state one that never was")
	}
	return nil
}

// compareKept holds the database to the checkpoint beside the key.
func (l *Log) compareKept(ctx context.Context, ids []identity, size int64) error {
	if l.keyFile == "" {
		return nil
	}
	signed, err := os.ReadFile(l.keptPath())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the newest checkpoint beside the key: %w", err)
	}
	k, known, err := l.openKept(signed, ids)
	if err != nil {
		return errs.New(errs.Conflict, "%s is no checkpoint of this register: %w", l.keptPath(), err).
			WithHint("is it the key file of another register? if the file was damaged, look for a copy of it before removing it")
	}
	now := ids[len(ids)-1]
	hint := "replay the missing entries from a newer export or copy, or, if they are lost for good, go on under a new origin"
	switch {
	case known && k.Origin != now.origin:
		return nil // the new origin is in the database and names the old one; the file will follow
	case !known:
		l.behind = errs.New(errs.Unavailable, "the database is older than what was published: it does not know the origin %s of the newest checkpoint", k.Origin).WithHint("%s", hint)
	case k.Size > size:
		l.behind = errs.New(errs.Unavailable, "the database is older than what was published: it has %d entries, the newest checkpoint has %d", size, k.Size).WithHint("%s", hint)
	default:
		var root tlog.Hash
		if err := l.db.Read(ctx, func(tx *db.Tx) error {
			root, err = tlog.TreeHash(k.Size, hashReader(ctx, tx))
			return err
		}); err != nil {
			return damaged("%w", err)
		}
		if root == k.Root {
			return nil
		}
		l.behind = errs.New(errs.Unavailable, "the database holds other entries than were published: at size %d its root is %s, the checkpoint beside the key says %s", k.Size, root, k.Root).
			WithHint("restore the database that belongs to this key, or, if it is lost, go on under a new origin")
	}
	l.kept = &k
	return nil
}

// openKept checks the kept checkpoint's signature; known says that its origin is in the database.
func (l *Log) openKept(signed []byte, ids []identity) (k kept, known bool, err error) {
	for i := len(ids) - 1; i >= 0; i-- {
		c, err2 := openCheckpoint(signed, ids[i].verifier)
		if err2 == nil {
			return kept{c, signed}, true, nil
		}
		err = err2
	}
	text, _, _ := bytes.Cut(signed, []byte("\n"))
	if l.key == nil {
		return kept{}, false, err
	}
	if v, err2 := l.key.Verifier(string(text)); err2 == nil {
		if c, err2 := openCheckpoint(signed, v); err2 == nil {
			return kept{c, signed}, false, nil
		}
	}
	return kept{}, false, err
}

// Behind is nil when the register may be appended to; otherwise it says why the database is
// behind, or beside, what was published, and what to do. While it is so everything can be read.
func (l *Log) Behind() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.behind
}

// Origin is the register's name in its checkpoints.
func (l *Log) Origin() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.origin
}

// Key is the verifier key in force, in the encoding of signed notes.
func (l *Log) Key() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.verifier
}

func (l *Log) keptPath() string { return l.keyFile + ".checkpoint" }

// keep writes the newest checkpoint beside the key: to a new file, flushed, and put in the place
// of the old one. A failure stops the next append, not this one, which is committed already.
func (l *Log) keep(origin string, size int64, signed []byte) {
	if l.keyFile == "" || len(signed) == 0 {
		return
	}
	if old, err := os.ReadFile(l.keptPath()); err == nil {
		if c, err := openCheckpoint(old, l.verifier); err == nil && c.Origin == origin && c.Size > size {
			return // another process kept a newer one
		} else if bytes.Equal(old, signed) {
			l.unkept = nil
			return
		}
	}
	if err := writeFile(l.keptPath(), signed); err != nil {
		l.unkept = errs.New(errs.Unavailable, "the newest checkpoint cannot be kept beside the key: %w", err).
			WithHint("the folder of the key file must be writable and not full")
		return
	}
	l.unkept = nil
}

func writeFile(path string, data []byte) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err2 := f.Close(); err == nil {
		err = err2
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	return syncDir(dir)
}

// committed is told the state after a commit of this process.
func (l *Log) committed(origin string, size int64, signed []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keep(origin, size, signed)
	l.grow(size)
}

// grow wakes those who wait; the caller holds the lock.
func (l *Log) grow(size int64) {
	if size > l.size {
		l.size = size
		close(l.grown)
		l.grown = make(chan struct{})
	}
}

package explore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"stocktake/internal/compact"
	"stocktake/internal/errs"
	"stocktake/internal/party"
	"stocktake/internal/register"
)

// Keep says where an index is kept between starts, so that the figures of a long register are there
// before it has been read. The zero Keep keeps it nowhere.
type Keep struct {
	File    string                 // "" = none
	Program func() (string, error) // names the program: what another one wrote is not taken
	Logger  *slog.Logger           // nil: none
}

// payloads gives the payloads at positions, which ascend; of one that is withheld by now, none.
type payloads func(positions []int64) (map[int64][]byte, error)

// kept is what an index knows of itself and its file.
type kept struct {
	absent   payloads // the index was read from a file, and has no payloads of that time; nil: it has all
	erasures int64    // how many of the entries are erasures
	spoilt   bool     // it has values of what was erased after it had been read: it is never written
}

// refusal says why a file is not taken.
type refusal string

func refused(why string, args ...any) error { return refusal(fmt.Sprintf(why, args...)) }

func (r refusal) Error() string { return string(r) }

// keeper reads and writes the file of an index. A nil keeper does nothing.
type keeper struct {
	Keep
	log  *register.Log
	pack *compact.Pack

	writing sync.Mutex
	mu      sync.Mutex // guards what follows, and renaming and removing the file
	size    int64      // what the file is of, or was to be
	forgot  int        // how often the file was removed for an erasure
}

func newKeeper(k Keep, log *register.Log, pack *compact.Pack) *keeper {
	if k.File == "" {
		return nil
	}
	if k.Logger == nil {
		k.Logger = slog.New(slog.DiscardHandler)
	}
	return &keeper{Keep: k, log: log, pack: pack}
}

// head is what the file of an index has to be of.
func (k *keeper) head(size int64, root [32]byte, erasures int64) (fileHead, error) {
	program, err := k.Program()
	if err != nil {
		return fileHead{}, fmt.Errorf("what the program is called: %w", err)
	}
	pack, err := json.Marshal(k.pack)
	if err != nil {
		return fileHead{}, fmt.Errorf("the compact: %w", err)
	}
	sum := sha256.Sum256(pack)
	return fileHead{
		program: program, pack: k.pack.ID + " " + hex.EncodeToString(sum[:]), origin: k.log.Origin(),
		size: uint64(size), root: root, erasures: uint64(erasures), blocks: uint32(blockBits),
	}, nil
}

// read gives the index of the file, and the empty one where there is none or none that is taken:
// that one is removed.
func (k *keeper) read(ctx context.Context, round uint64) (f folded, root [32]byte, err error) {
	if k == nil {
		return folded{}, root, nil
	}
	k.sweep()
	begin := time.Now()
	f, root, err = k.open(ctx, round)
	if why, ok := errors.AsType[refusal](err); ok {
		k.Logger.Warn("the file of the index is not taken; the register is read instead", "file", k.File, "why", why.Error())
		if err := os.Remove(k.File); err != nil {
			k.Logger.Warn("the file of the index cannot be removed", "err", err)
		}
		return folded{}, [32]byte{}, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return folded{}, [32]byte{}, nil
	}
	if err != nil {
		return folded{}, [32]byte{}, err
	}
	k.size = f.size
	k.Logger.Info("took the file of the index; the register is read beside it", "entries", f.size, "took", time.Since(begin).Round(time.Millisecond))
	return f, root, nil
}

func (k *keeper) open(ctx context.Context, round uint64) (f folded, root [32]byte, err error) {
	data, err := os.ReadFile(k.File)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			err = refused("%s", err.Error())
		}
		return f, root, err
	}
	r, err := newFileReader(data)
	if err != nil {
		return f, root, err
	}
	is := r.head()
	if r.bad || is.size >= noNext || is.erasures > is.size {
		return f, root, refused("its head cannot be read")
	}
	if root, err = k.log.Root(ctx, int64(is.size)); errs.Is(err, errs.NotFound) {
		return f, root, refused("it is of %d entries, and the register does not have as many", is.size)
	} else if err != nil {
		return f, root, err
	}
	withheld, err := k.log.Withheld(ctx, int64(is.size))
	if err != nil {
		return f, root, err
	}
	should, err := k.head(int64(is.size), root, withheld)
	if err != nil {
		return f, root, err
	}
	switch {
	case is.root != should.root || is.origin != should.origin:
		return f, root, refused("it is of another register")
	case is.erasures != should.erasures:
		return f, root, refused("something was erased since")
	case is != should:
		return f, root, refused("another program wrote it, or one with another compact")
	}
	f, again, err := readFolded(r, round, int64(is.size))
	if err != nil {
		return f, root, err
	}
	f.erasures = int64(is.erasures)
	f.absent = k.absent
	entries, err := k.log.Entries(ctx, again)
	if err != nil {
		return f, root, err
	}
	return f, root, f.takeAgain(entries)
}

// takeAgain folds in the entries that stand in the file by their positions only.
func (f *folded) takeAgain(entries []register.Entry) error {
	for _, e := range entries {
		var w work
		if err := w.prepare(e, false); err != nil {
			return err
		}
		at := span{pos: uint32(e.Header.Position), eff: w.eff, nextPos: noNext}
		if e.Header.Kind == party.EntryKind {
			_, name, _ := strings.Cut(e.Header.Subject, ":")
			f.parties.add(f.round, name, at, w.party)
		} else {
			f.addNotice(at, &w)
		}
	}
	return nil
}

// absent reads payloads from the register, until the index has them itself.
func (k *keeper) absent(positions []int64) (map[int64][]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	entries, err := k.log.Entries(ctx, positions)
	if err != nil {
		return nil, err
	}
	out := make(map[int64][]byte, len(entries))
	for _, e := range entries {
		if !e.Withheld() {
			out[e.Header.Position] = e.Payload
		}
	}
	return out, nil
}

// due reports whether a snapshot should be written. What came since a file was written is soon
// read, so that files are written rarely, and none of a short register.
func (k *keeper) due(s *Snapshot) bool {
	if k == nil || s.absent != nil || s.spoilt {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return s.size-k.size > wordsLater
}

// write writes the file of the newest snapshot, if it is due: all of it or nothing, also where the
// power fails.
func (k *keeper) write(ctx context.Context, newest func() *Snapshot) {
	if !k.writing.TryLock() {
		return // one is being written
	}
	defer k.writing.Unlock()
	k.mu.Lock()
	forgot := k.forgot // before the snapshot is taken: see forget
	k.mu.Unlock()
	s := newest()
	if !k.due(s) {
		return
	}
	begin := time.Now()
	err := k.put(ctx, s, forgot)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		k.Logger.Warn("the file of the index cannot be written; the next start takes longer", "file", k.File, "err", err)
	default:
		k.Logger.Info("wrote the file of the index", "entries", s.size, "took", time.Since(begin).Round(time.Millisecond))
	}
}

const halfWritten = ".half-*" // what follows the file's name until all of it is there

func (k *keeper) put(ctx context.Context, s *Snapshot, forgot int) (err error) {
	k.mu.Lock()
	k.size = s.size // where it fails, it is tried again when the register has grown
	k.mu.Unlock()
	h, err := k.head(s.size, s.root, s.erasures)
	if err != nil {
		return err
	}
	half, err := os.CreateTemp(filepath.Dir(k.File), filepath.Base(k.File)+halfWritten) // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, half.Close(), os.Remove(half.Name()))
		}
	}()
	if err := writeFile(until{ctx, half}, h, &s.folded); err != nil {
		return err
	}
	if err := half.Sync(); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.forgot != forgot {
		return errors.New("something was erased meanwhile")
	}
	if err := os.Rename(half.Name(), k.File); err != nil {
		return err
	}
	return errors.Join(half.Close(), syncFolder(filepath.Dir(k.File)))
}

// until is a file that is written to until the context ends.
type until struct {
	ctx context.Context
	to  *os.File
}

func (u until) Write(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.to.Write(b)
}

func syncFolder(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// forget removes the file: something that it has values of may have been erased. It is called when
// the snapshot that knows of the erasure is the newest, so that whoever writes an older one has
// looked how often was forgotten before that.
func (k *keeper) forget() {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forgot++
	k.size = 0
	if err := os.Remove(k.File); err != nil && !errors.Is(err, fs.ErrNotExist) {
		k.Logger.Error("the file of the index must be removed, since something was erased", "file", k.File, "err", err)
	}
}

// sweep removes what a process that was killed left half written.
func (k *keeper) sweep() {
	halves, err := filepath.Glob(k.File + halfWritten)
	if err != nil {
		return // a path with brackets that make no pattern
	}
	for _, half := range halves {
		if info, err := os.Stat(half); err == nil && time.Since(info.ModTime()) > time.Hour { // not that of another server
			os.Remove(half)
		}
	}
}

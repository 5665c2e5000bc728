package blob

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"time"

	"stocktake/internal/errs"
)

// Scanner looks for malicious content. An error of kind Invalid is a finding; any other means
// that the scanner could not do its work, and then nothing is taken.
type Scanner interface {
	Scan(ctx context.Context, r io.Reader) error
}

// Options of a store.
type Options struct {
	Dir     string  // made where it does not exist
	Scanner Scanner // nil: files are not scanned
}

// Store is a folder of files, each under its hash. It is safe for use by several goroutines, and
// by several processes on one folder.
type Store struct {
	root    *os.Root
	scanner Scanner
	slots   chan struct{} // cleaning holds a whole file in memory
}

const (
	incoming = "incoming" // files that are being uploaded
	atOnce   = 2
)

// Open opens the folder; nothing that the store does can reach out of it.
func Open(o Options) (_ *Store, err error) {
	defer errs.Wrap(&err, "blob.Open(%s)", o.Dir)
	if err := os.MkdirAll(o.Dir, 0o750); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(o.Dir)
	if err != nil {
		return nil, err
	}
	if err := root.Mkdir(incoming, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		root.Close()
		return nil, err
	}
	return &Store{root: root, scanner: o.Scanner, slots: make(chan struct{}, atOnce)}, nil
}

// Close closes the folder.
func (s *Store) Close() error { return s.root.Close() }

// Put takes a file in: it is received up to MaxBytes, scanned as it came, cleaned, and is
// durable under the hash of what is left when Put returns. The same file again changes nothing.
func (s *Store) Put(ctx context.Context, name string, r io.Reader) (_ File, err error) {
	defer errs.Wrap(&err, "blob.Put")
	spool, err := s.temporary()
	if err != nil {
		return File{}, err
	}
	defer func() { err = errors.Join(err, spool.discard()) }()
	// Received before a slot is taken: a slow line holds a file open, not the memory.
	n, err := io.Copy(spool.File, io.LimitReader(r, MaxBytes+1))
	switch {
	case err != nil:
		return File{}, fmt.Errorf("receive: %w", err)
	case n > MaxBytes:
		return File{}, refuse(KeyTooLarge, "larger than %d bytes", MaxBytes)
	}
	if err := s.scan(ctx, spool.File); err != nil {
		return File{}, err
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return File{}, ctx.Err()
	}
	data := make([]byte, n)
	if _, err := spool.ReadAt(data, 0); err != nil && !(err == io.EOF && n == 0) {
		return File{}, err
	}
	kind, cleaned, err := Clean(data)
	if err != nil {
		return File{}, err
	}
	sum := sha256.Sum256(cleaned)
	f := File{Hash: hex.EncodeToString(sum[:]), Name: SafeName(name, kind), Type: kind, Bytes: int64(len(cleaned))}
	return f, s.keep(f, cleaned)
}

func (s *Store) scan(ctx context.Context, f *os.File) error {
	if s.scanner == nil {
		return nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return s.scanner.Scan(ctx, f)
}

// keep makes the content durable: written beside, synced, renamed, and the folder synced.
func (s *Store) keep(f File, content []byte) (err error) {
	at := pathOf(f.Hash)
	if have, err := s.root.Stat(at); err == nil && have.Size() == f.Bytes {
		now := time.Now()
		return s.root.Chtimes(at, now, now) // Sweep leaves what was just asked for
	}
	if err := s.root.Mkdir(path.Dir(at), 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	t, err := s.temporary()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.discard()) }()
	if _, err := io.Copy(t.File, bytes.NewReader(content)); err != nil {
		return err
	}
	if err := t.Sync(); err != nil {
		return err
	}
	if err := s.root.Rename(t.name, at); err != nil {
		return err
	}
	t.name = ""
	for _, dir := range []string{path.Dir(at), "."} {
		if err := s.syncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) syncDir(dir string) error {
	d, err := s.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// temporary is a file of its own in the folder of what is being received.
type temporary struct {
	*os.File
	root *os.Root
	name string // "" once it has become something else
}

func (s *Store) temporary() (*temporary, error) {
	name := incoming + "/" + rand.Text()
	f, err := s.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return nil, err
	}
	return &temporary{f, s.root, name}, nil
}

func (t *temporary) discard() error {
	err := t.Close()
	if t.name != "" {
		err = errors.Join(err, t.root.Remove(t.name))
	}
	return err
}

// Open opens the content that has the hash.
func (s *Store) Open(ctx context.Context, hash string) (_ io.ReadSeekCloser, err error) {
	defer errs.Wrap(&err, "blob.Open")
	if err := validHash(hash); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := s.root.Open(pathOf(hash))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errs.New(errs.NotFound, "no file with the hash %s", hash)
	}
	return f, err
}

// Salted is the hash by which the register names the stored file.
func (s *Store) Salted(ctx context.Context, hash string, salt []byte) (_ string, err error) {
	r, err := s.Open(ctx, hash)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	h := sha256.New()
	h.Write(salt)
	if _, err := io.Copy(h, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// grace is how long a file may lie there before something must refer to it: a form is sent, its
// file stored, and the row that names it written afterwards.
const grace = 24 * time.Hour

// Sweep removes files that nothing has referred to for a day, and uploads that broke off. kept
// says whether anything refers to a hash.
func (s *Store) Sweep(ctx context.Context, now time.Time, kept func(hash string) (bool, error)) (removed int, err error) {
	defer errs.Wrap(&err, "blob.Sweep")
	err = fs.WalkDir(s.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if d.IsDir() {
			return nil
		}
		info, err := d.Info()
		if err != nil || now.Sub(info.ModTime()) < grace {
			return err
		}
		if dir, base := path.Split(name); dir != incoming+"/" {
			hash := path.Clean(dir) + base
			if validHash(hash) != nil {
				return nil // not ours
			}
			if needed, err := kept(hash); err != nil || needed {
				return err
			}
		}
		removed++
		return s.root.Remove(name)
	})
	return removed, err
}

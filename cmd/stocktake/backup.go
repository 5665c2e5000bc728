package main

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/errs"
)

// A backup is a gzip-compressed tar: manifest.json says what it is, database.jsonl has all rows of
// all tables (see db.Dump), private ones included, and files/ has the attachments, each under its
// hash. The signing key of the register is in no table and so in no backup. Form 1 had no files.
const (
	manifestName = "manifest.json"
	databaseName = "database.jsonl"
	filesName    = "files/"
	backupForm   = 2
)

// manifest is what a backup says of itself; restore holds it against what it finds.
type manifest struct {
	Backup  int       `json:"backup"` // number of the form
	Compact string    `json:"compact"`
	Made    time.Time `json:"made"`
	Origin  string    `json:"origin"`
	Size    int64     `json:"size"` // entries of the register
	Root    string    `json:"root"`
	Key     string    `json:"key"` // verifier key
	Files   int       `json:"files"`
}

type backupCmd struct {
	File string `arg:"" help:"File to write, for example stocktake-2026-06-30.tar.gz. An existing file is replaced when the new one is complete."`
	Data string `placeholder:"DIR" help:"Folder of attachments (default beside a SQLite file)."`
}

func (c *backupCmd) Run(ctx context.Context, s *streams, g *globals) error {
	h, err := g.open(ctx, s, opening{})
	if err != nil {
		return err
	}
	defer h.close()
	rows, err := os.CreateTemp("", "stocktake-backup-*.jsonl")
	if err != nil {
		return noTemp(err)
	}
	defer os.Remove(rows.Name())
	defer rows.Close()
	if err := h.db.Dump(ctx, rows); err != nil {
		return err
	}
	// What the manifest says is read from the copy, so that the two agree whatever was
	// published meanwhile.
	m, needed, err := inspect(ctx, rows)
	if err != nil {
		return err
	}
	// Files are looked for after the rows that name them were copied: a file is there before its
	// row. What is there beside is in the copy too.
	files, err := listFiles(g.dataFolder(c.Data), needed)
	if err != nil {
		return err
	}
	m.Compact, m.Made, m.Files = h.pack.ID, h.db.Now().UTC(), len(files)
	if err := writeFile(c.File, func(w io.Writer) error { return pack(w, m, rows, files) }); err != nil {
		return err
	}
	if err := os.Chmod(c.File, 0o600); err != nil { // drafts and contacts are for the owner's eyes
		return err
	}
	s.say("%s: register %s of %d entries, root %s, and %d attachments; keep the signing key elsewhere, it is not in it", c.File, m.Origin, m.Size, m.Root, m.Files)
	return nil
}

func pack(w io.Writer, m manifest, rows *os.File, files []stored) error {
	about, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	size, err := rows.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err := rows.Seek(0, io.SeekStart); err != nil {
		return err
	}
	zipped := gzip.NewWriter(w)
	archive := tar.NewWriter(zipped)
	head := func(name string, size int64) error {
		return archive.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, ModTime: m.Made.Truncate(time.Second), Format: tar.FormatPAX})
	}
	if err := head(manifestName, int64(len(about))); err != nil {
		return err
	}
	if _, err := archive.Write(about); err != nil {
		return err
	}
	if err := head(databaseName, size); err != nil {
		return err
	}
	if _, err := io.Copy(archive, rows); err != nil {
		return err
	}
	for _, f := range files {
		if err := head(filesName+f.name, f.size); err != nil {
			return err
		}
		if err := f.copy(archive); err != nil {
			return err
		}
	}
	return errors.Join(archive.Close(), zipped.Close())
}

// unpack reads a backup: the manifest, the rows into a temporary file that the caller closes and
// removes, and the attachments into a folder.
func unpack(path, files string) (m manifest, rows *os.File, err error) {
	f, err := os.Open(path)
	if err != nil {
		return m, nil, err
	}
	defer f.Close()
	broken := func(err error) error {
		return errs.New(errs.Invalid, "%s is no complete backup: %w", path, err).WithHint("take another copy of it")
	}
	zipped, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		return m, nil, broken(err)
	}
	archive := tar.NewReader(zipped)
	next := func(name string) error {
		head, err := archive.Next()
		if err != nil {
			return broken(err)
		}
		if head.Name != name || head.Typeflag != tar.TypeReg {
			return broken(errors.New("expected " + name + ", found " + head.Name))
		}
		return nil
	}
	if err := next(manifestName); err != nil {
		return m, nil, err
	}
	if err := json.NewDecoder(io.LimitReader(archive, 1<<20)).Decode(&m); err != nil {
		return m, nil, broken(err)
	}
	if m.Backup < 1 || m.Backup > backupForm {
		return m, nil, errs.New(errs.Invalid, "%s is a backup of form %d, and this program reads forms 1 to %d", path, m.Backup, backupForm).
			WithHint("restore it with a newer version")
	}
	if err := next(databaseName); err != nil {
		return m, nil, err
	}
	rows, err = os.CreateTemp("", "stocktake-restore-*.jsonl")
	if err != nil {
		return m, nil, noTemp(err)
	}
	if _, err = io.Copy(rows, archive); err == nil {
		err = unpackFiles(archive, files, m.Files)
	}
	if err == nil { // where the checksum stands
		_, err = io.Copy(io.Discard, zipped)
	}
	if err != nil {
		rows.Close()
		os.Remove(rows.Name())
		return m, nil, broken(err)
	}
	return m, rows, nil
}

// inspect loads rows into a database of its own, verifies the register in it, entry by entry, and
// holds the public tables to it: nothing of it is believed. needed are the hashes of the
// attachments that rows refer to.
func inspect(ctx context.Context, rows *os.File) (m manifest, needed []string, err error) {
	dir, err := os.MkdirTemp("", "stocktake-inspect-")
	if err != nil {
		return m, nil, noTemp(err)
	}
	defer os.RemoveAll(dir)
	d, err := db.Open(ctx, "sqlite:"+dir+"/inspect.db")
	if err != nil {
		return m, nil, err
	}
	defer d.Close()
	if err := load(ctx, d, rows); err != nil {
		return m, nil, err
	}
	if needed, err = attached(ctx, d); err != nil {
		return m, nil, err
	}
	m, err = verified(ctx, d, dir)
	return m, needed, err
}

// noTemp says what to do where a temporary file cannot be made.
func noTemp(err error) error {
	return errs.New(errs.Unavailable, "no temporary file can be made: %w", err).
		WithHint("make the folder %s, or name another one with room in the environment variable TMPDIR", os.TempDir())
}

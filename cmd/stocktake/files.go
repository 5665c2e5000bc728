package main

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"stocktake/internal/db"
	"stocktake/internal/errs"
)

// stored is an attachment in its folder, or in the copy of one.
type stored struct {
	root string
	name string // as package blob names it: the first two digits of its hash, a slash, the others
	size int64
}

var storedName = regexp.MustCompile(`^[0-9a-f]{2}/[0-9a-f]{62}$`)

func (f stored) hash() string { return strings.Replace(f.name, "/", "", 1) }

func (f stored) copy(w io.Writer) error {
	in, err := os.Open(filepath.Join(f.root, f.name))
	if errors.Is(err, fs.ErrNotExist) {
		return errs.New(errs.Conflict, "an attachment was removed meanwhile").WithHint("run it again")
	}
	if err != nil {
		return err
	}
	defer in.Close()
	_, err = io.Copy(w, in)
	return err
}

// listFiles lists the attachments of a folder and makes sure that those needed are there. A
// folder that does not exist has none.
func listFiles(dir string, needed []string) (all []stored, err error) {
	have := map[string]bool{}
	walk := func(name string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case !entry.Type().IsRegular() || !storedName.MatchString(name):
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		f := stored{dir, name, info.Size()}
		have[f.hash()] = true
		all = append(all, f)
		return nil
	}
	if dir != "" { // an empty name would be the current folder
		if err := fs.WalkDir(os.DirFS(dir), ".", walk); err != nil {
			return nil, fmt.Errorf("attachments: %w", err)
		}
	}
	missing := slices.DeleteFunc(slices.Clone(needed), func(hash string) bool { return have[hash] })
	if len(missing) > 0 {
		return nil, errs.New(errs.NotFound, "%d of %d attachments are not in their folder, %s for one", len(missing), len(needed), missing[0]).
			WithHint("name the folder with --data")
	}
	return all, nil
}

// attached are the hashes of all attachments that rows refer to.
func attached(ctx context.Context, d *db.DB) (hashes []string, err error) {
	err = d.Read(ctx, func(tx *db.Tx) error {
		hashes = hashes[:0]
		rows, err := tx.Query(ctx, `SELECT DISTINCT hash FROM blob_files ORDER BY hash`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var hash string
			if err := rows.Scan(&hash); err != nil {
				return err
			}
			hashes = append(hashes, hash)
		}
		return rows.Err()
	})
	return hashes, err
}

// unpackFiles reads the rest of an archive, so many attachments, into a folder, and makes sure
// that each is what its name says.
func unpackFiles(archive *tar.Reader, dir string, count int) error {
	for n := 0; ; n++ {
		head, err := archive.Next()
		if err == io.EOF {
			if n != count {
				return fmt.Errorf("it has %d attachments of %d", n, count)
			}
			return nil
		}
		if err != nil {
			return err
		}
		name, ok := strings.CutPrefix(head.Name, filesName)
		if !ok || !storedName.MatchString(name) || head.Typeflag != tar.TypeReg {
			return errors.New("unexpected file " + head.Name)
		}
		if err := unpackFile(archive, stored{root: dir, name: name}); err != nil {
			return err
		}
	}
}

func unpackFile(r io.Reader, f stored) error {
	path := filepath.Join(f.root, f.name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return err
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, sum), r)
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != f.hash() {
		return errors.New("attachment " + f.hash() + " has another content than its name says")
	}
	return nil
}

// moveFiles brings unpacked attachments to their place; one that is there already is the same.
func moveFiles(from, to string) error {
	all, err := listFiles(from, nil)
	if err != nil {
		return err
	}
	for _, f := range all {
		target := filepath.Join(to, f.name)
		if err := os.MkdirAll(filepath.Dir(target), 0o750); err != nil {
			return err
		}
		if err := os.Rename(filepath.Join(f.root, f.name), target); err != nil {
			return err
		}
	}
	return nil
}

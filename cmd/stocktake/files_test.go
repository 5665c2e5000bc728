package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"testing"

	"stocktake/internal/blob"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
)

// attach puts a picture into a store and makes a row refer to it.
func attach(t *testing.T, database, dir string) blob.File {
	t.Helper()
	ctx := context.Background()
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	files, err := blob.Open(blob.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	f, err := files.Put(ctx, "scan.png", &picture)
	if err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(ctx, database)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Write(ctx, func(tx *db.Tx) error {
		_, err := files.Attach(ctx, tx, blob.Owner{Kind: "submission", ID: "S-7K3M9Q"}, f, "P-1", rand.Reader)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestABackupHasTheAttachments(t *testing.T) {
	eachEngine(t, func(b *bench) {
		b.sample()
		data := b.path("attachments")
		f := attach(t, b.db, data)
		if err := os.MkdirAll(filepath.Join(data, "incoming"), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(data, "incoming", "broken"), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		b.must("backup", b.path("backup.tar.gz"), "--data", data)
		b.refused(1, "1 of 1 attachments are not in their folder", "backup", b.path("without.tar.gz"), "--data", b.path("elsewhere"))

		restored, target := dbtest.URL(t, db.SQLite), b.path("restored")
		if status, _, words := b.runOn(restored, "restore", b.path("backup.tar.gz"), "--data", target); status != 0 {
			t.Fatal(words)
		}
		files, err := blob.Open(blob.Options{Dir: target})
		if err != nil {
			t.Fatal(err)
		}
		defer files.Close()
		in, err := files.Open(t.Context(), f.Hash)
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		if content, err := io.ReadAll(in); err != nil || int64(len(content)) != f.Bytes {
			t.Errorf("%d bytes of %d, %v", len(content), f.Bytes, err)
		}
		left, err := filepath.Glob(b.path("stocktake-restore-*"))
		if err != nil || len(left) != 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
		if _, err := os.Stat(filepath.Join(target, "incoming", "broken")); err == nil {
			t.Error("an upload that broke off is in the backup")
		}
		b.runOn(restored, "backup", b.path("again.tar.gz"), "--data", target)
	})
}

// A file whose content is not what its name says is refused, and nothing is restored.
func TestABackupWithAnAlteredAttachmentIsRefused(t *testing.T) {
	b := &bench{t: t, dir: t.TempDir()}
	b.db = "sqlite:" + b.path("site.db")
	b.sample()
	data := b.path("site.files") // where it is looked for by itself
	f := attach(t, b.db, data)
	path := filepath.Join(data, f.Hash[:2], f.Hash[2:])
	if err := os.WriteFile(path, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.must("backup", b.path("altered.tar.gz"))
	status, _, words := b.runOn("sqlite:"+b.path("restored.db"), "restore", b.path("altered.tar.gz"))
	if status != 1 || !bytes.Contains([]byte(words), []byte("another content than its name says")) {
		t.Errorf("%d: %s", status, words)
	}
	if _, err := os.Stat(b.path("restored.files")); err == nil {
		t.Error("files were restored")
	}
}

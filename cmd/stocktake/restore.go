package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/register"
)

// restoreCmd brings a backup into an empty database, or the entries of a register export that
// the database lacks.
type restoreCmd struct {
	File string `arg:"" type:"existingfile" help:"A backup (.tar.gz), or an export of the register (.jsonl) whose entries are missing here."`
	Data string `placeholder:"DIR" help:"Folder of attachments (default beside a SQLite file)."`
	Roll string `placeholder:"FILE" type:"existingfile" help:"A roll that is younger than the backup (stocktake user roll): what was ended meanwhile is ended again."`
}

func (c *restoreCmd) Run(ctx context.Context, s *streams, g *globals) error {
	if strings.EqualFold(filepath.Ext(c.File), ".jsonl") {
		return c.replay(ctx, s, g)
	}
	// Attachments are unpacked beside their folder, so that they are moved there and not copied.
	data, beside := g.dataFolder(c.Data), ""
	if data != "" {
		beside = filepath.Dir(data)
		if err := os.MkdirAll(beside, 0o750); err != nil {
			return err
		}
	}
	files, err := os.MkdirTemp(beside, "stocktake-restore-*.files")
	if err != nil {
		return noTemp(err)
	}
	defer os.RemoveAll(files)
	m, rows, err := unpack(c.File, files)
	if err != nil {
		return err
	}
	defer os.Remove(rows.Name())
	defer rows.Close()
	roll, err := readRoll(c.Roll, m)
	if err != nil {
		return err
	}
	if m.Files > 0 && data == "" {
		return errs.New(errs.Invalid, "%s has %d attachments, and there is no folder for them", c.File, m.Files).WithHint("name it with --data")
	}
	found, needed, err := inspect(ctx, rows)
	if err != nil {
		return fmt.Errorf("%s does not verify, and nothing was restored: %w", c.File, err)
	}
	if found.Origin != m.Origin || found.Size != m.Size || found.Root != m.Root || found.Key != m.Key {
		return errs.New(errs.Invalid, "%s says that it holds %d entries of %s with root %s, and holds %d of %s with root %s; nothing was restored",
			c.File, m.Size, m.Origin, m.Root, found.Size, found.Origin, found.Root)
	}
	if _, err := listFiles(files, needed); err != nil {
		return fmt.Errorf("%s is not complete, and nothing was restored: %w", c.File, err)
	}
	d, err := db.Open(ctx, g.DB)
	if err != nil {
		return err
	}
	defer d.Close()
	// The files first: where loading the rows fails, they refer to nothing and do no harm.
	if err := moveFiles(files, data); err != nil {
		return err
	}
	if err := load(ctx, d, rows); err != nil {
		return err
	}
	if err := g.endAgain(ctx, s, d, m, roll); err != nil {
		return err
	}
	s.say("restored from %s: register %s of %d entries, root %s, verified, and %d attachments", c.File, m.Origin, m.Size, m.Root, m.Files)
	return nil
}

// load fills an empty database from rows, all of them or none.
func load(ctx context.Context, d *db.DB, rows *os.File) error {
	if err := db.Migrate(ctx, d); err != nil {
		return err
	}
	if _, err := rows.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return d.LoadDump(ctx, rows)
}

// verified recomputes the register of a database from its rows, and from the register the tables
// that the pages of a site show; it says what the register is.
func verified(ctx context.Context, d *db.DB, dir string) (manifest, error) {
	log, err := register.Open(ctx, d, register.Options{})
	if err != nil {
		return manifest{}, err
	}
	report, err := log.VerifyDatabase(ctx)
	if err != nil {
		return manifest{}, err
	}
	if err := refold(ctx, d, log, report.Size, dir); err != nil {
		return manifest{}, err
	}
	return manifest{Backup: backupForm, Origin: report.Origin, Size: report.Size, Root: report.Root.String(), Key: report.Key}, nil
}

// replay appends the entries of an export that the register lacks, each as it was published.
func (c *restoreCmd) replay(ctx context.Context, s *streams, g *globals) error {
	h, err := g.open(ctx, s, opening{write: true, lenient: true})
	if err != nil {
		return err
	}
	defer h.close()
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	added := 0
	report, err := h.log.ImportExport(ctx, bufio.NewReaderSize(f, 1<<16), func(tx *db.Tx, e register.Entry) error {
		added++
		return apply(ctx, tx, e)
	})
	if err != nil {
		return err
	}
	s.say("%d entries replayed; register %s of %d entries, root %s", added, report.Origin, report.Size, report.Root)
	return nil
}

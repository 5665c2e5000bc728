package db

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"stocktake/internal/errs"
)

// CopyTo writes a consistent copy of a SQLite database to a new file while others go on
// writing. The copy is one whole database file without a log beside it.
func (d *DB) CopyTo(ctx context.Context, path string) error {
	if d.engine != SQLite {
		return errs.New(errs.Invalid, "db: only a SQLite database can be copied as a file").WithHint("dump it instead")
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // an empty file is what VACUUM INTO accepts
	if err != nil {
		return errs.New(errs.Conflict, "db: copy: %w", err).WithHint("name a file that does not exist, in a folder that does")
	}
	defer f.Close()
	if err := d.vacuumInto(ctx, path); err != nil {
		os.Remove(path)
		return fmt.Errorf("db: copy: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("db: copy: %w", err)
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("db: copy: %w", err)
	}
	defer dir.Close()
	if err := dir.Sync(); err != nil {
		return fmt.Errorf("db: copy: %w", err)
	}
	return nil
}

// vacuumInto runs on a connection of its own: the readers' may not write, not even elsewhere,
// and the writer's would make others wait.
func (d *DB) vacuumInto(ctx context.Context, path string) error {
	conn, err := d.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `PRAGMA query_only = OFF`); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, `VACUUM INTO $1`, path)
	if _, err2 := conn.ExecContext(context.WithoutCancel(ctx), `PRAGMA query_only = ON`); err == nil {
		err = err2
	}
	return err
}

// Scrub overwrites what deleted rows left behind outside of the tables: SQLite's write-ahead log
// is emptied. PostgreSQL does the like by itself, in time (autovacuum); VACUUM does it at once.
func (d *DB) Scrub(ctx context.Context) error {
	if d.engine != SQLite {
		return nil
	}
	var busy, log, done int
	if err := d.write.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &log, &done); err != nil {
		return fmt.Errorf("db: scrub: %w", err)
	}
	if busy != 0 {
		return errs.New(errs.Unavailable, "db: scrub: a reader is in the way").WithHint("try again")
	}
	return nil
}

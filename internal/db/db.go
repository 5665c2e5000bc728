// Package db opens the database and runs transactions on it. Two engines are spoken: SQLite
// inside the program, and PostgreSQL (or what speaks its protocol) outside it. The rooms above
// write one SQL text for both, with $1 placeholders; the differences live in dialect.go.
//
// Conventions for every table: TEXT ids made by us, times as integer microseconds UTC, JSON as
// TEXT, truth as an integer 0 or 1, an explicit ORDER BY wherever order matters.
package db

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"stocktake/internal/errs"
)

// Engine is one of the two kinds of database.
type Engine string

const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// DB is an open database. It is safe for concurrent use.
type DB struct {
	engine Engine
	url    string
	path   string // of the SQLite file
	write  *sql.DB
	read   *sql.DB // the same pool as write on PostgreSQL
	clock  atomic.Pointer[func() time.Time]
	fault  atomic.Pointer[func(string) error]
}

// Open opens the database at a URL: "sqlite:PATH" for one file, made where it is missing, or
// "postgres://…". It does not touch the schema; Migrate and CheckSchema do.
//
// SQLite gets two pools on one file: many readers that cannot write, and one writer whose
// commits survive a loss of power (synchronous=FULL).
func Open(ctx context.Context, url string) (*DB, error) {
	d := &DB{url: url}
	var err error
	switch {
	case strings.HasPrefix(url, "sqlite:"):
		d.engine = SQLite
		err = d.openSQLite(strings.TrimPrefix(url, "sqlite:"))
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		d.engine = Postgres
		err = d.openPostgres(url)
	default:
		return nil, errs.New(errs.Invalid, "unknown database URL %q", redact(url)).WithHint("use sqlite:PATH or postgres://user@host/name")
	}
	if err != nil {
		return nil, err
	}
	for _, pool := range []*sql.DB{d.write, d.read} {
		if err := pool.PingContext(ctx); err != nil {
			d.Close()
			return nil, errs.New(errs.Unavailable, "open database %s: %w", redact(url), err).WithHint("is it running, and may this user reach it?")
		}
	}
	return d, nil
}

const (
	busyTimeout = 10 * time.Second
	maxConns    = 16
)

func (d *DB) openSQLite(path string) error {
	if path == "" || strings.HasPrefix(path, ":") || strings.ContainsRune(path, 0) {
		return errs.New(errs.Invalid, "%q is no path for a SQLite file", path).WithHint("use sqlite:stocktake.db")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("db: %w", err)
	}
	d.path = abs
	// Made here and not by SQLite, so that drafts and contacts are for the owner's eyes only;
	// the write-ahead log takes over the mode.
	f, err := os.OpenFile(abs, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return errs.New(errs.Unavailable, "open database: %w", err).WithHint("the folder must exist and be writable")
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("db: %w", err)
	}
	if d.write, err = sql.Open("sqlite", sqliteDSN(abs, true)); err != nil {
		return fmt.Errorf("db: %w", err)
	}
	d.write.SetMaxOpenConns(1)
	if d.read, err = sql.Open("sqlite", sqliteDSN(abs, false)); err != nil {
		d.write.Close()
		return fmt.Errorf("db: %w", err)
	}
	readers := max(4, 2*runtime.NumCPU())
	d.read.SetMaxOpenConns(readers)
	d.read.SetMaxIdleConns(readers)
	return nil
}

// sqliteDSN is the connection text of the driver. busy_timeout comes first, since the pragmas
// after it may already meet a lock. secure_delete overwrites what is deleted: an erased payload
// must not stay readable in a free page. journal_size_limit gives back the space that the
// write-ahead log of a large import took. Page and cache keep SQLite's sizes: for imports of up
// to 60,000 pledges others made no difference (docs/performance.md).
func sqliteDSN(path string, writer bool) string {
	pragmas := []string{fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds())}
	q := url.Values{}
	if writer {
		q.Set("_txlock", "immediate")
		pragmas = append(pragmas, "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)", "secure_delete(ON)",
			fmt.Sprintf("journal_size_limit(%d)", 64<<20))
	} else {
		pragmas = append(pragmas, "foreign_keys(ON)", "query_only(ON)")
	}
	for _, p := range pragmas {
		q.Add("_pragma", p)
	}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}).String()
}

func (d *DB) openPostgres(url string) error {
	pool, err := sql.Open("pgx", url)
	if err != nil {
		return errs.New(errs.Invalid, "database URL: %w", err)
	}
	pool.SetMaxOpenConns(maxConns)
	pool.SetMaxIdleConns(maxConns) // a new one costs more than what is asked of it
	pool.SetConnMaxIdleTime(5 * time.Minute)
	d.write, d.read = pool, pool
	return nil
}

// Close closes all connections. Transactions under way fail.
func (d *DB) Close() error {
	err := d.write.Close()
	if d.read != d.write {
		if err2 := d.read.Close(); err == nil {
			err = err2
		}
	}
	return err
}

// Engine says which kind of database it is.
func (d *DB) Engine() Engine { return d.engine }

// URL is the URL it was opened by; it may hold a password and belongs in no log line.
func (d *DB) URL() string { return d.url }

// SetClock replaces the clock that transactions read; nil restores the system's.
func (d *DB) SetClock(now func() time.Time) {
	if now == nil {
		d.clock.Store(nil)
		return
	}
	d.clock.Store(&now)
}

// Now is the database's clock: UTC, whole microseconds.
func (d *DB) Now() time.Time {
	now := time.Now
	if f := d.clock.Load(); f != nil {
		now = *f
	}
	return now().UTC().Truncate(time.Microsecond)
}

// SetFault is for tests of what happens when a write fails half-way: f is called after every
// statement of a Write with its text, and with "COMMIT" before the commit; an error that it
// returns fails the transaction at that place. nil ends it.
func (d *DB) SetFault(f func(statement string) error) {
	if f == nil {
		d.fault.Store(nil)
		return
	}
	d.fault.Store(&f)
}

// redact takes the password out of a URL, for messages.
func redact(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "(unreadable URL)"
	}
	if q := u.Query(); q.Has("password") {
		q.Set("password", "xxxxx")
		u.RawQuery = q.Encode()
	}
	return u.Redacted()
}

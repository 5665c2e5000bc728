// Package dbtest runs tests on real databases: every test on SQLite and on PostgreSQL, always.
// A missing engine is a failure of the test and says what to install.
package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"stocktake/internal/db"
)

// Engines are all engines, for tests that loop over them with URL.
var Engines = []db.Engine{db.SQLite, db.Postgres}

// Each runs f as a subtest on a fresh, migrated database of each engine.
func Each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	for _, e := range Engines {
		t.Run(string(e), func(t *testing.T) { f(t, New(t, e)) })
	}
}

// EachBench is Each for benchmarks.
func EachBench(b *testing.B, f func(b *testing.B, d *db.DB)) {
	b.Helper()
	for _, e := range Engines {
		b.Run(string(e), func(b *testing.B) { f(b, New(b, e)) })
	}
}

// New opens a fresh, migrated database; it goes away with the test. It is a copy of one that is
// migrated once: by each process on SQLite, by the first on a server of PostgreSQL.
func New(tb testing.TB, e db.Engine) *db.DB {
	tb.Helper()
	if e == db.Postgres {
		template, err := template()
		if err != nil {
			tb.Fatal(err)
		}
		return Open(tb, copied(tb, template))
	}
	content, err := file()
	if err != nil {
		tb.Fatal(err)
	}
	path := filepath.Join(tb.TempDir(), "stocktake.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		tb.Fatal(err)
	}
	return Open(tb, "sqlite:"+path)
}

// file is a migrated SQLite database.
var file = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "dbtest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "stocktake.db")
	if err := migrated("sqlite:" + path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func migrated(url string) error {
	d, err := db.Open(context.Background(), url)
	if err != nil {
		return err
	}
	return errors.Join(db.Migrate(context.Background(), d), d.Close())
}

// Open opens a database for the length of the test.
func Open(tb testing.TB, url string) *db.DB {
	tb.Helper()
	d, err := db.Open(context.Background(), url)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { d.Close() })
	return d
}

// URL makes a fresh database without a schema and gives its URL, for tests that open it
// themselves or in another process.
func URL(tb testing.TB, e db.Engine) string {
	tb.Helper()
	if e == db.SQLite {
		return "sqlite:" + filepath.Join(tb.TempDir(), "stocktake.db")
	}
	return copied(tb, "template0")
}

// copied makes a database of a server's own and gives its URL.
func copied(tb testing.TB, template string) string {
	tb.Helper()
	admin, err := server()
	if err != nil {
		tb.Fatal(err)
	}
	pool, err := sql.Open("pgx", admin.URL)
	if err != nil {
		tb.Fatal(err)
	}
	name := fmt.Sprintf("stocktake_test_%d_%d", os.Getpid(), serial.Add(1))
	if _, err := pool.Exec(`CREATE DATABASE ` + name + ` TEMPLATE ` + template); err != nil {
		pool.Close()
		tb.Fatalf("make a database: %v", err)
	}
	tb.Cleanup(func() {
		if _, err := pool.Exec(`DROP DATABASE ` + name + ` WITH (FORCE)`); err != nil {
			tb.Errorf("drop the database: %v", err)
		}
		pool.Close()
	})
	u, err := admin.of(name)
	if err != nil {
		tb.Fatal(err)
	}
	return u
}

// of is the URL of another database of the server.
func (s *Server) of(name string) (string, error) {
	u, err := url.Parse(s.URL)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
}

// template is the name of a migrated database that nobody writes to. All processes that test the
// same migrations on one server share it, and it stays there: whoever comes first makes it under
// another name, while the others wait.
var template = sync.OnceValues(func() (name string, err error) {
	admin, err := server()
	if err != nil {
		return "", err
	}
	sum, err := db.Fingerprint(db.Postgres)
	if err != nil {
		return "", err
	}
	name = "stocktake_migrated_" + sum[:16]
	pool, err := sql.Open("pgx", admin.URL)
	if err != nil {
		return "", err
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1) // the lock is of the connection
	if _, err := pool.Exec(`SELECT pg_advisory_lock(hashtext('stocktake_migrated'))`); err != nil {
		return "", err
	}
	var there bool
	if err := pool.QueryRow(`SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)`, name).Scan(&there); err != nil || there {
		return name, err
	}
	unready := name + "_unready"
	at, err := admin.of(unready)
	if err != nil {
		return "", err
	}
	for _, do := range []func() error{
		func() error { _, err := pool.Exec(`DROP DATABASE IF EXISTS ` + unready + ` WITH (FORCE)`); return err },
		func() error { _, err := pool.Exec(`CREATE DATABASE ` + unready + ` TEMPLATE template0`); return err },
		func() error { return migrated(at) },
		func() error { _, err := pool.Exec(`ALTER DATABASE ` + unready + ` RENAME TO ` + name); return err },
	} {
		if err := do(); err != nil {
			return "", fmt.Errorf("make a migrated database: %w", err)
		}
	}
	return name, nil
})

var serial atomic.Int64

// server is the server that this process uses; a private one is started at the first call and
// ends with the process. It is kept here since the server stops when its standard input is
// collected.
var server = sync.OnceValues(func() (*Server, error) {
	if u := os.Getenv(EnvPostgres); u != "" {
		return &Server{URL: u}, nil
	}
	return StartPostgres(context.Background())
})

// Package dbtest runs tests on real databases: every test on SQLite and on PostgreSQL, always.
// A missing engine is a failure of the test and says what to install.
package dbtest

import (
	"context"
	"database/sql"
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

// New opens a fresh database and migrates it; it goes away with the test.
func New(tb testing.TB, e db.Engine) *db.DB {
	tb.Helper()
	d := Open(tb, URL(tb, e))
	if err := db.Migrate(context.Background(), d); err != nil {
		tb.Fatal(err)
	}
	return d
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
	admin, err := server()
	if err != nil {
		tb.Fatal(err)
	}
	pool, err := sql.Open("pgx", admin.URL)
	if err != nil {
		tb.Fatal(err)
	}
	name := fmt.Sprintf("stocktake_test_%d_%d", os.Getpid(), serial.Add(1))
	if _, err := pool.Exec(`CREATE DATABASE ` + name + ` TEMPLATE template0`); err != nil {
		pool.Close()
		tb.Fatalf("make a database: %v", err)
	}
	tb.Cleanup(func() {
		if _, err := pool.Exec(`DROP DATABASE ` + name + ` WITH (FORCE)`); err != nil {
			tb.Errorf("drop the database: %v", err)
		}
		pool.Close()
	})
	u, err := url.Parse(admin.URL)
	if err != nil {
		tb.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

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

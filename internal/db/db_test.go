package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
)

func TestOpenRefuses(t *testing.T) {
	for _, tt := range []struct{ name, url, want string }{
		{"no scheme", "stocktake.db", "unknown database URL"},
		{"empty path", "sqlite:", "no path"},
		{"memory", "sqlite::memory:", "no path"},
		{"missing folder", "sqlite:" + t.TempDir() + "/none/x.db", "no such file"},
		{"no server", "postgres://u:secret@127.0.0.1:1/x", "open database postgres://u:xxxxx@"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := db.Open(t.Context(), tt.url)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want it to say %q", err, tt.want)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Fatalf("the password is in %v", err)
			}
		})
	}
}

func TestSQLiteFile(t *testing.T) {
	path := t.TempDir() + "/a b?c#d%41.db"
	d := dbtest.Open(t, "sqlite:"+path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode())
	}
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000", "query_only": "0", "secure_delete": "1"} {
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			var got string
			if err := tx.QueryRow(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil {
				return err
			}
			if got != want {
				t.Errorf("writer: %s = %s, want %s", pragma, got, want)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

func exec(t *testing.T, d *db.DB, query string, args ...any) {
	t.Helper()
	if err := d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), query, args...)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, d *db.DB, table string) (n int) {
	t.Helper()
	if err := d.Read(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n)
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWriteAndRead(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		exec(t, d, `CREATE TABLE a (n BIGINT PRIMARY KEY, s TEXT)`)
		exec(t, d, `INSERT INTO a (n, s) VALUES ($1, $2)`, 1, "one")
		failed := errors.New("failed")
		after := false
		err := d.Write(ctx, func(tx *db.Tx) error {
			tx.AfterCommit(func() { after = true })
			if _, err := tx.Exec(ctx, `INSERT INTO a (n, s) VALUES (2, 'two')`); err != nil {
				return err
			}
			return failed
		})
		if !errors.Is(err, failed) || after || count(t, d, "a") != 1 {
			t.Fatalf("a failed transaction: %v, after %v, rows %d", err, after, count(t, d, "a"))
		}
		func() {
			defer func() { recover() }()
			_ = d.Write(ctx, func(tx *db.Tx) error {
				if _, err := tx.Exec(ctx, `INSERT INTO a (n, s) VALUES (2, 'two')`); err != nil {
					return err
				}
				panic("in the middle")
			})
		}()
		if n := count(t, d, "a"); n != 1 {
			t.Fatalf("a panic left %d rows", n)
		}
		if err := d.Write(ctx, func(tx *db.Tx) error { tx.AfterCommit(func() { after = true }); return nil }); err != nil || !after {
			t.Fatalf("after commit: %v, %v", err, after)
		}
		if err := d.Read(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO a (n, s) VALUES (3, 'three')`)
			return err
		}); err == nil {
			t.Fatal("a reading transaction wrote")
		}
	})
}

func TestReadIsOneMoment(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		exec(t, d, `CREATE TABLE a (n BIGINT PRIMARY KEY)`)
		if err := d.Read(t.Context(), func(tx *db.Tx) error {
			var before, after int
			if err := tx.QueryRow(t.Context(), `SELECT count(*) FROM a`).Scan(&before); err != nil {
				return err
			}
			exec(t, d, `INSERT INTO a (n) VALUES (1)`)
			if err := tx.QueryRow(t.Context(), `SELECT count(*) FROM a`).Scan(&after); err != nil {
				return err
			}
			if before != 0 || after != 0 {
				t.Errorf("saw %d, then %d rows", before, after)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestClock(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		at := time.Date(2022, 5, 20, 12, 0, 0, 123456789, time.FixedZone("", 3600))
		d.SetClock(func() time.Time { at = at.Add(time.Second); return at })
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			if a, b := tx.Now(), tx.Now(); !a.Equal(b) || a.Location() != time.UTC || a.Nanosecond() != 123456000 {
				t.Errorf("now is %v, then %v", a, b)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestInsertRows(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		exec(t, d, map[db.Engine]string{db.SQLite: `CREATE TABLE a (n INTEGER PRIMARY KEY, s TEXT, b BLOB)`, db.Postgres: `CREATE TABLE a (n BIGINT PRIMARY KEY, s TEXT, b BYTEA)`}[d.Engine()])
		next := 0
		for _, n := range []int{0, 1, 39, 40, 299, 300, 301, 1000} {
			if err := d.Write(t.Context(), func(tx *db.Tx) error {
				return tx.InsertRows(t.Context(), "a", []string{"n", "s", "b"}, n, func(i int) []any {
					return []any{next + i, fmt.Sprint("row ", next+i), []byte{0, byte(i)}}
				})
			}); err != nil {
				t.Fatal(n, err)
			}
			next += n
			if got := count(t, d, "a"); got != next {
				t.Fatalf("after %d rows: %d, want %d", n, got, next)
			}
		}
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			return tx.InsertRows(t.Context(), "a", []string{"n", "s", "b"}, 100, func(i int) []any { return []any{next + 50 - i, "x", nil} })
		})
		if !db.IsUnique(err) || count(t, d, "a") != next {
			t.Fatalf("a double key: %v, %d rows", err, count(t, d, "a"))
		}
	})
}

// Two transactions that take two rows in opposite order deadlock on PostgreSQL; one is run
// again and both end well. On SQLite the second waits.
func TestRetry(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		exec(t, d, `CREATE TABLE a (n BIGINT PRIMARY KEY, v BIGINT)`)
		exec(t, d, `INSERT INTO a (n, v) VALUES (1, 0), (2, 0)`)
		var wg sync.WaitGroup
		runs := make(chan int, 100)
		for _, order := range [][2]int{{1, 2}, {2, 1}} {
			wg.Go(func() {
				if err := d.Write(t.Context(), func(tx *db.Tx) error {
					runs <- 1
					for i, n := range order {
						if _, err := tx.Exec(t.Context(), `UPDATE a SET v = v + 1 WHERE n = $1`, n); err != nil {
							return err
						}
						if i == 0 {
							time.Sleep(100 * time.Millisecond)
						}
					}
					return nil
				}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if d.Engine() == db.Postgres && len(runs) != 3 {
			t.Errorf("%d runs, want one of the two run again", len(runs))
		}
		var sum int
		if err := d.Read(t.Context(), func(tx *db.Tx) error { return tx.QueryRow(t.Context(), `SELECT sum(v) FROM a`).Scan(&sum) }); err != nil || sum != 4 {
			t.Fatalf("sum %d, %v", sum, err)
		}
	})
}

func TestPermanentIsNotRunAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		runs := 0
		fault := func(tx *db.Tx) error {
			runs++
			_, err := tx.Exec(t.Context(), map[db.Engine]string{db.SQLite: `SELECT 1`, db.Postgres: `DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$`}[d.Engine()])
			return err
		}
		_ = d.Write(t.Context(), func(tx *db.Tx) error { return db.Permanent(fault(tx)) })
		if runs != 1 {
			t.Fatalf("%d runs", runs)
		}
		if d.Engine() == db.Postgres {
			if err := d.Write(t.Context(), fault); err == nil || runs != 13 {
				t.Fatalf("%v after %d runs, want 12 more", err, runs-1)
			}
		}
	})
}

func TestFault(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		exec(t, d, `CREATE TABLE a (n BIGINT PRIMARY KEY)`)
		boom := errors.New("boom")
		for at := range 3 {
			seen := 0
			d.SetFault(func(string) error {
				if seen++; seen == at+1 {
					return boom
				}
				return nil
			})
			err := d.Write(context.Background(), func(tx *db.Tx) error {
				var n int
				if err := tx.QueryRow(t.Context(), `SELECT count(*) FROM a`).Scan(&n); err != nil {
					return err
				}
				_, err := tx.Exec(t.Context(), `INSERT INTO a (n) VALUES (1)`)
				return err
			})
			d.SetFault(nil)
			if !errs.Is(err, errs.Internal) || !errors.Is(err, boom) || count(t, d, "a") != 0 {
				t.Fatalf("fault %d: %v, %d rows", at, err, count(t, d, "a"))
			}
		}
	})
}

// A question of one statement needs no transaction, is answered by what has been committed, and
// does not write.
func TestAsk(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		exec(t, d, `CREATE TABLE a (n BIGINT PRIMARY KEY)`)
		exec(t, d, `INSERT INTO a (n) VALUES (1), (2), (3)`)
		var got []int
		read := func(rows *sql.Rows) error {
			got = nil
			for rows.Next() {
				var n int
				if err := rows.Scan(&n); err != nil {
					return err
				}
				got = append(got, n)
			}
			return nil
		}
		if err := d.Ask(ctx, read, `SELECT n FROM a WHERE n > $1 ORDER BY n`, 1); err != nil || !slices.Equal(got, []int{2, 3}) {
			t.Fatalf("%v, %v", got, err)
		}
		if err := d.Ask(ctx, read, `SELECT n FROM b`); err == nil {
			t.Error("a table that is not there was read")
		}
		failed := errors.New("failed")
		for range 100 { // more than there are connections: each is given back
			if err := d.Ask(ctx, func(*sql.Rows) error { return failed }, `SELECT n FROM a`); !errors.Is(err, failed) {
				t.Fatal(err)
			}
		}
		if err := d.Ask(ctx, read, `SELECT 10 / (n - 2) FROM a ORDER BY n`); d.Engine() == db.Postgres && err == nil {
			t.Error("an error among the rows was not told")
		}
	})
}

package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Tx is one transaction. It is for one goroutine and ends with the function that got it.
type Tx struct {
	ctx    context.Context
	db     *DB
	conn   *sql.Conn
	tx     *sql.Tx
	now    time.Time
	writer bool
	failed error                // an injected fault that the statement could not carry
	stmts  map[string]*sql.Stmt // prepared on SQLite; nil: run once
	before []func() error
	after  []func()
}

// Write runs f in one transaction that may write. It commits when f returns nil and rolls back
// when f returns an error or panics.
//
// Where another transaction was in the way (PostgreSQL: serialization failure or deadlock;
// SQLite: busy) f is run AGAIN in a new transaction, up to maxAttempts times: f must
// leave nothing behind but rows, and set what it returns to its caller anew in each run. A
// function that has consumed its input wraps its errors in Permanent.
//
// Do not call Write inside of f: SQLite has one writer, and it would wait for itself.
func (d *DB) Write(ctx context.Context, f func(tx *Tx) error) error {
	var tx *Tx
	err := d.retry(ctx, func() (err error) {
		tx, err = d.once(ctx, true, f)
		return err
	})
	if err != nil {
		return err
	}
	for _, f := range tx.after {
		f()
	}
	return nil
}

// Read runs f in one read-only transaction: all its queries see the same moment. The rule
// about running f again is that of Write.
func (d *DB) Read(ctx context.Context, f func(tx *Tx) error) error {
	return d.retry(ctx, func() error {
		_, err := d.once(ctx, false, f)
		return err
	})
}

// Ask runs one query outside of a transaction: it sees one moment without. A network away, the
// beginning and the end of a transaction take as long as the query. f reads the rows; the rule about
// running f again is that of Write.
func (d *DB) Ask(ctx context.Context, f func(rows *sql.Rows) error, query string, args ...any) error {
	return d.retry(ctx, func() error {
		rows, err := d.read.QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		if err := f(rows); err != nil {
			return err
		}
		return rows.Err()
	})
}

const (
	maxAttempts  = 12
	firstBackoff = 2 * time.Millisecond
	lastBackoff  = 500 * time.Millisecond
)

func (d *DB) retry(ctx context.Context, f func() error) error {
	wait := firstBackoff
	for attempt := 1; ; attempt++ {
		err := f()
		if err == nil || !retryable(err) {
			return err
		}
		if attempt == maxAttempts {
			return fmt.Errorf("db: gave up after %d attempts: %w", attempt, err)
		}
		// Jitter, so that two that collided do not collide again.
		t := time.NewTimer(wait/2 + rand.N(wait))
		select {
		case <-ctx.Done():
			t.Stop()
			return errors.Join(ctx.Err(), err)
		case <-t.C:
		}
		wait = min(2*wait, lastBackoff)
	}
}

func (d *DB) once(ctx context.Context, writer bool, f func(tx *Tx) error) (*Tx, error) {
	pool, opts := d.read, &sql.TxOptions{}
	if writer {
		pool = d.write
	} else if d.engine == Postgres {
		opts = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("db: connect: %w", err)
	}
	defer conn.Close()
	sqlTx, err := conn.BeginTx(ctx, opts)
	if err != nil {
		return nil, fmt.Errorf("db: begin: %w", err)
	}
	done := false
	defer func() {
		if !done {
			_ = sqlTx.Rollback() // f failed or panicked; that is the error to tell
		}
	}()
	tx := &Tx{ctx: ctx, db: d, conn: conn, tx: sqlTx, writer: writer}
	if err := f(tx); err != nil {
		return nil, err
	}
	for _, f := range tx.before {
		if err := f(); err != nil {
			return nil, err
		}
	}
	if err := tx.statement("COMMIT"); err != nil {
		return nil, err
	}
	done = true
	if err := sqlTx.Commit(); err != nil {
		return nil, fmt.Errorf("db: commit: %w", err)
	}
	return tx, nil
}

// Engine says which kind of database the transaction is on.
func (tx *Tx) Engine() Engine { return tx.db.engine }

// Now is the time of the transaction: the clock is read at the first call and the answer kept.
// UTC, whole microseconds.
func (tx *Tx) Now() time.Time {
	if tx.now.IsZero() {
		tx.now = tx.db.Now()
	}
	return tx.now
}

// Context is the context that the transaction was begun with.
func (tx *Tx) Context() context.Context { return tx.ctx }

// BeforeCommit calls f when the function of the transaction has returned nil; an error that f
// returns rolls back.
func (tx *Tx) BeforeCommit(f func() error) { tx.before = append(tx.before, f) }

// AfterCommit calls f once the transaction has been committed, when its
// connection is free again, in the order of the calls; a transaction that fails forgets it.
func (tx *Tx) AfterCommit(f func()) { tx.after = append(tx.after, f) }

// Exec runs a statement, as database/sql does.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	var res sql.Result
	stmt, err := tx.prepared(ctx, query)
	switch {
	case err != nil:
	case stmt != nil:
		res, err = stmt.ExecContext(ctx, args...)
	default:
		res, err = tx.tx.ExecContext(ctx, query, args...)
	}
	if err != nil {
		return nil, err
	}
	return res, tx.statement(query)
}

// Query runs a query, as database/sql does. Rows must be closed before the next statement.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	var rows *sql.Rows
	stmt, err := tx.prepared(ctx, query)
	switch {
	case err != nil:
	case stmt != nil:
		rows, err = stmt.QueryContext(ctx, args...)
	default:
		rows, err = tx.tx.QueryContext(ctx, query, args...)
	}
	if err != nil {
		return nil, err
	}
	if err := tx.statement(query); err != nil {
		rows.Close()
		return nil, err
	}
	return rows, nil
}

// QueryRow runs a query for at most one row, as database/sql does.
func (tx *Tx) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	var row *sql.Row
	if stmt, err := tx.prepared(ctx, query); err == nil && stmt != nil {
		row = stmt.QueryRowContext(ctx, args...)
	} else {
		row = tx.tx.QueryRowContext(ctx, query, args...) // it meets the same error
	}
	if err := tx.statement(query); err != nil {
		tx.failed = err // a *sql.Row cannot carry it; the commit will
	}
	return row
}

const mostPrepared = 64 // statements of one transaction

// prepared is the statement of a text that runs for the second time or later, nil before. SQLite
// takes longer to read a statement than to run it; pgx remembers statements itself. They are
// closed with the transaction.
func (tx *Tx) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if tx.db.engine != SQLite {
		return nil, nil
	}
	stmt, again := tx.stmts[query]
	switch {
	case !again && len(tx.stmts) < mostPrepared:
		if tx.stmts == nil {
			tx.stmts = map[string]*sql.Stmt{}
		}
		tx.stmts[query] = nil
	case again && stmt == nil:
		var err error
		if stmt, err = tx.tx.PrepareContext(ctx, query); err != nil {
			return nil, err
		}
		tx.stmts[query] = stmt
	}
	return stmt, nil
}

func (tx *Tx) statement(query string) error {
	if tx.failed != nil {
		return tx.failed
	}
	if !tx.writer {
		return nil
	}
	if f := tx.db.fault.Load(); f != nil {
		if err := (*f)(query); err != nil {
			return fmt.Errorf("db: injected fault: %w", err)
		}
	}
	return nil
}

const (
	maxVariables = 400 // of one statement; SQLite allows 32,766, and is no faster from 100 to 1,000
	copyFrom     = 40  // rows from which PostgreSQL's COPY is faster than VALUES
)

// InsertRows inserts n rows into the columns of a table, many at a time; row gives the values
// of the i-th. Names come from the program, never from input. The slice that row returns may be
// used again for the next row.
func (tx *Tx) InsertRows(ctx context.Context, table string, cols []string, n int, row func(i int) []any) error {
	i := 0
	return tx.InsertSeq(ctx, table, cols, n, func() ([]any, error) {
		i++
		if i > n {
			return nil, nil
		}
		return row(i - 1), nil
	})
}

// InsertSeq is InsertRows for rows that come one after the other; next returns nil at the end.
// hint is how many are expected, or a negative number for "many".
func (tx *Tx) InsertSeq(ctx context.Context, table string, cols []string, hint int, next func() ([]any, error)) error {
	if hint == 0 {
		return nil
	}
	if tx.db.engine == Postgres && (hint < 0 || hint >= copyFrom) {
		return tx.copyIn(ctx, table, cols, next)
	}
	return tx.insertValues(ctx, table, cols, next)
}

// insertValues inserts with multi-row VALUES: full chunks through one prepared statement, then
// the rest through one of its length.
func (tx *Tx) insertValues(ctx context.Context, table string, cols []string, next func() ([]any, error)) (err error) {
	per := max(1, maxVariables/len(cols))
	args := make([]any, 0, per*len(cols))
	var full *sql.Stmt
	defer func() {
		if full != nil {
			full.Close()
		}
	}()
	for {
		row, err := next()
		if err != nil {
			return err
		}
		if row != nil {
			if len(row) != len(cols) {
				return fmt.Errorf("db: insert into %s: %d values for %d columns", table, len(row), len(cols))
			}
			args = append(args, row...)
		}
		rows := len(args) / len(cols)
		switch {
		case row == nil && rows == 0:
			return nil
		case row == nil:
			query := tx.insertText(table, cols, rows)
			if _, err := tx.tx.ExecContext(ctx, query, args...); err != nil {
				return fmt.Errorf("db: insert into %s: %w", table, err)
			}
			return tx.statement(query)
		case rows == per:
			query := tx.insertText(table, cols, rows)
			if full == nil {
				if full, err = tx.tx.PrepareContext(ctx, query); err != nil {
					return fmt.Errorf("db: insert into %s: %w", table, err)
				}
			}
			if _, err := full.ExecContext(ctx, args...); err != nil {
				return fmt.Errorf("db: insert into %s: %w", table, err)
			}
			if err := tx.statement(query); err != nil {
				return err
			}
			args = args[:0]
		}
	}
}

func (tx *Tx) insertText(table string, cols []string, rows int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "INSERT INTO %s (%s) VALUES ", table, strings.Join(cols, ", "))
	for r := range rows {
		if r > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		tx.db.engine.params(&b, r*len(cols), len(cols))
		b.WriteByte(')')
	}
	return b.String()
}

// List is a list of n parameters, for "IN (…)" as the only parameters of a query.
func (tx *Tx) List(n int) string {
	var b strings.Builder
	tx.db.engine.params(&b, 0, n)
	return b.String()
}

func (tx *Tx) copyIn(ctx context.Context, table string, cols []string, next func() ([]any, error)) error {
	err := tx.conn.Raw(func(driverConn any) error {
		c := driverConn.(*stdlib.Conn).Conn()
		_, err := c.CopyFrom(ctx, pgx.Identifier{table}, cols, pgx.CopyFromFunc(next))
		return err
	})
	if err != nil {
		return fmt.Errorf("db: copy into %s: %w", table, err)
	}
	return tx.statement("COPY " + table)
}

// Permanent marks an error after which Write and Read do not run their function again, since it
// has consumed its input or produced output. nil stays nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanent{err}
}

type permanent struct{ err error }

func (p *permanent) Error() string { return p.err.Error() }
func (p *permanent) Unwrap() error { return p.err }

package db

import (
	"errors"
	"strconv"
	"strings"
	"text/template"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Everything in which the two engines differ is in this file.

// ForUpdate ends a SELECT whose rows the transaction will change: PostgreSQL locks them. A
// writing transaction of SQLite has locked the whole file already.
func (tx *Tx) ForUpdate() string {
	if tx.db.engine == Postgres {
		return " FOR UPDATE"
	}
	return ""
}

// params writes n parameters, those of PostgreSQL numbered after the first ones. SQLite takes $7
// for a name and looks up each in the list of all names, which is slow for hundreds of them; ?
// has none.
func (e Engine) params(b *strings.Builder, after, n int) {
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		if e == SQLite {
			b.WriteByte('?')
			continue
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(after + i + 1))
	}
}

// words are what a migration may write in {{…}}: column types, and conditions for the few
// statements that only one engine has.
func words(e Engine) template.FuncMap {
	pick := func(lite, pg string) func() string {
		return func() string {
			if e == SQLite {
				return lite
			}
			return pg
		}
	}
	return template.FuncMap{
		"int":      pick("INTEGER", "BIGINT"),
		"text":     pick("TEXT", `TEXT COLLATE "C"`), // ordered by bytes on both
		"blob":     pick("BLOB", "BYTEA"),
		"strict":   pick(" STRICT", ""), // SQLite then checks types as PostgreSQL does
		"sqlite":   func() bool { return e == SQLite },
		"postgres": func() bool { return e == Postgres },
	}
}

// retryable reports whether the transaction lost against another one and may be run again.
func retryable(err error) bool {
	if _, ok := errors.AsType[*permanent](err); ok {
		return false
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "40001" || pg.Code == "40P01" // serialization failure, deadlock
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		code := lite.Code() & 0xff
		return code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED
	}
	return false
}

// IsUnique reports whether a statement was refused since a row with such a key exists.
func IsUnique(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "23505"
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}

// raced reports whether two processes made the same table at the same moment (PostgreSQL's
// IF NOT EXISTS does not prevent it).
func raced(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "23505" || pg.Code == "42P07" || pg.Code == "XX000"
	}
	return false
}

// Queries of the catalogue. columnsQuery gives table, column, type, whether NULL is refused, and
// the place in the primary key (0 = not in it), in the order of the columns.
func (e Engine) columnsQuery() string {
	if e == SQLite {
		return `SELECT t.name, c.name, lower(c.type), c."notnull", c.pk FROM sqlite_schema t, pragma_table_info(t.name) c
			WHERE t.type = 'table' ORDER BY t.name, c.cid`
	}
	return `SELECT t.relname, a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 1 ELSE 0 END,
			coalesce((SELECT array_position(i.indkey::int2[], a.attnum) + 1 - array_lower(i.indkey::int2[], 1) FROM pg_index i
				WHERE i.indrelid = t.oid AND i.indisprimary AND a.attnum = ANY(i.indkey)), 0)
		FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid
		WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
		ORDER BY t.relname, a.attnum`
}

// triggersQuery gives table and name of every trigger that is in force.
func (e Engine) triggersQuery() string {
	if e == SQLite {
		return `SELECT tbl_name, name FROM sqlite_schema WHERE type = 'trigger' ORDER BY tbl_name, name`
	}
	return `SELECT t.relname, g.tgname FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid
		WHERE t.relnamespace = current_schema()::regnamespace AND NOT g.tgisinternal AND g.tgenabled <> 'D'
		ORDER BY t.relname, g.tgname`
}

// class makes one name of what the two engines call a column's type.
func class(columnType string) string {
	switch columnType {
	case "integer", "bigint", "int", "smallint":
		return "int"
	case "text", "character varying":
		return "text"
	case "blob", "bytea":
		return "blob"
	case "real", "double precision":
		return "real"
	}
	return columnType
}

// inOrder is how a column is named in ORDER BY so that both engines agree.
func (e Engine) inOrder(column, class string) string {
	if e == Postgres && class == "text" {
		return column + ` COLLATE "C"`
	}
	return column
}

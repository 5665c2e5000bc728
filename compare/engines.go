package main

import (
	"context"
	"database/sql"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	_ "github.com/marcboeker/go-duckdb"
	_ "modernc.org/sqlite"

	"github.com/jackc/pgx/v5/stdlib"

	"stocktake/internal/db/dbtest"
	"stocktake/internal/explore"
)

type engine struct {
	name string
	pool *sql.DB
	dir  string
	copy func(ctx context.Context, table string, columns []string, n int, row func(i int) []any) error
	post []string // statements after loading
}

// names of the engines, in the order in which they are asked.
var names = []string{"SQLite", "PostgreSQL", "DuckDB"}

// start opens a fresh database of an engine with the settings that suit reading: more memory than
// the tables take, one connection, one thread (the index answers on one too). What it takes in
// memory and on disk is given back by stop: engines are asked one after the other.
func start(ctx context.Context, name string) (e *engine, stop func(), err error) {
	dir, err := os.MkdirTemp("", "compare-")
	if err != nil {
		return nil, nil, err
	}
	var server *dbtest.Server
	url := ""
	if name == "PostgreSQL" {
		if server, err = dbtest.StartPostgres(ctx); err != nil {
			os.RemoveAll(dir)
			return nil, nil, err
		}
		url = server.URL
	}
	stop = func() {
		if e != nil {
			e.pool.Close()
		}
		if server != nil {
			server.Stop()
		}
		os.RemoveAll(dir)
	}
	for _, x := range []struct {
		name, driver, url string
		settings, after   []string
	}{
		{"SQLite", "sqlite", filepath.Join(dir, "sqlite.db"),
			[]string{`PRAGMA synchronous=OFF`, `PRAGMA journal_mode=OFF`, `PRAGMA cache_size=-2000000`, `PRAGMA temp_store=MEMORY`}, []string{`ANALYZE`}},
		{"PostgreSQL", "pgx", url,
			[]string{`SET work_mem='256MB'`, `SET maintenance_work_mem='512MB'`, `SET max_parallel_workers_per_gather=0`, `SET jit=off`, `SET effective_cache_size='8GB'`}, []string{`VACUUM ANALYZE`}},
		{"DuckDB", "duckdb", filepath.Join(dir, "duck.db"),
			[]string{`SET threads=1`, `SET memory_limit='6GB'`, `SET temp_directory='` + dir + `'`}, []string{`ANALYZE`}},
	} {
		if x.name != name {
			continue
		}
		pool, err := sql.Open(x.driver, x.url)
		if err != nil {
			stop()
			return nil, nil, err
		}
		pool.SetMaxOpenConns(1)
		e = &engine{name: x.name, pool: pool, dir: dir, post: x.after}
		for _, s := range x.settings {
			if _, err := pool.ExecContext(ctx, s); err != nil {
				stop()
				return nil, nil, fmt.Errorf("%s: %s: %w", x.name, s, err)
			}
		}
	}
	e.copy = map[string]func(context.Context, string, []string, int, func(int) []any) error{
		"SQLite": e.insert, "PostgreSQL": e.copyIn, "DuckDB": e.copyFile,
	}[name]
	return e, stop, nil
}

func (e *engine) insert(ctx context.Context, table string, columns []string, n int, row func(int) []any) error {
	tx, err := e.pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	statement, err := tx.PrepareContext(ctx, `INSERT INTO `+table+` VALUES (?`+strings.Repeat(`, ?`, len(columns)-1)+`)`)
	if err != nil {
		return err
	}
	for i := range n {
		if _, err := statement.ExecContext(ctx, row(i)...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func (e *engine) copyIn(ctx context.Context, table string, columns []string, n int, row func(int) []any) error {
	c, err := e.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Raw(func(driver any) error {
		_, err := driver.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{table}, columns,
			pgx.CopyFromSlice(n, func(i int) ([]any, error) { return row(i), nil }))
		return err
	})
}

func (e *engine) copyFile(ctx context.Context, table string, columns []string, n int, row func(int) []any) error {
	path := filepath.Join(e.dir, table+".csv")
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer os.Remove(path)
	defer file.Close()
	w, line := csv.NewWriter(file), make([]string, len(columns))
	for i := range n {
		for k, v := range row(i) {
			line[k] = fmt.Sprint(v)
		}
		if err := w.Write(line); err != nil {
			return err
		}
	}
	if w.Flush(); w.Error() != nil {
		return w.Error()
	}
	_, err = e.pool.ExecContext(ctx, `COPY `+table+` FROM '`+path+`' (HEADER false)`)
	return err
}

// load makes one table of pledges, with a column for each facet that has one value, and a table
// for each of the others, indexed both ways.
func (e *engine) load(ctx context.Context, t *table) error {
	exec := func(statements ...string) error {
		for _, s := range statements {
			if _, err := e.pool.ExecContext(ctx, s); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	}
	columns, definitions := []string{"n"}, "n INTEGER PRIMARY KEY"
	for _, name := range single {
		columns, definitions = append(columns, "f_"+name), definitions+", f_"+name+" INTEGER NOT NULL"
	}
	if err := exec(`CREATE TABLE pledge (` + definitions + `)`); err != nil {
		return err
	}
	err := e.copy(ctx, "pledge", columns, t.ids, func(i int) []any {
		row := []any{int32(i)}
		for _, name := range single {
			row = append(row, t.facets[name].of(i)[0])
		}
		return row
	})
	if err != nil {
		return err
	}
	for _, name := range single {
		if err := exec(`CREATE INDEX pledge_` + name + ` ON pledge (f_` + name + `)`); err != nil {
			return err
		}
	}
	for _, name := range plural {
		f, pledge := t.facets[name], 0
		if err := exec(`CREATE TABLE f_` + name + ` (n INTEGER NOT NULL, v INTEGER NOT NULL)`); err != nil {
			return err
		}
		if err := e.copy(ctx, "f_"+name, []string{"n", "v"}, len(f.flat), func(i int) []any { // in order
			for int(f.ends[pledge]) <= i {
				pledge++
			}
			return []any{int32(pledge), f.flat[i]}
		}); err != nil {
			return err
		}
		if err := exec(`CREATE INDEX f_`+name+`_n ON f_`+name+` (n, v)`, `CREATE INDEX f_`+name+`_v ON f_`+name+` (v, n)`); err != nil {
			return err
		}
	}
	return exec(e.post...)
}

// facets counts in one statement: the pledges under all filters once, and once more without its
// own filter for each facet that is filtered.
func (e *engine) facets(ctx context.Context, t *table, q explore.Query) (map[count]int64, error) {
	var with, selects []string
	with = append(with, `chosen AS MATERIALIZED (SELECT * FROM pledge`+where(t, q, "")+`)`)
	facets := slices.Concat(single, plural)
	for k, name := range facets {
		from := "chosen"
		if len(q.Get(name)) > 0 {
			from = "but_" + name
			with = append(with, from+` AS MATERIALIZED (SELECT * FROM pledge`+where(t, q, name)+`)`)
		}
		if k < len(single) {
			selects = append(selects, fmt.Sprintf(`SELECT %d, f_%s, count(*) FROM %s GROUP BY f_%s`, k, name, from, name))
		} else {
			selects = append(selects, fmt.Sprintf(`SELECT %d, v, count(*) FROM %s c JOIN f_%s f ON f.n = c.n GROUP BY v`, k, from, name))
		}
	}
	rows, err := e.pool.QueryContext(ctx, `WITH `+strings.Join(with, ", ")+` `+strings.Join(selects, ` UNION ALL `))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[count]int64{}
	for rows.Next() {
		var facet, value, n int64
		if err := rows.Scan(&facet, &value, &n); err != nil {
			return nil, err
		}
		name := facets[facet]
		out[count{name, t.facets[name].words[value]}] = n
	}
	return out, rows.Err()
}

func where(t *table, q explore.Query, except string) string {
	var terms []string
	for _, name := range explore.Filters {
		var numbers []string
		for _, v := range q.Get(name) {
			numbers = append(numbers, strconv.Itoa(int(t.facets[name].number[v])))
		}
		switch list := strings.Join(numbers, ", "); {
		case numbers == nil || name == except:
		case slices.Contains(single, name):
			terms = append(terms, `f_`+name+` IN (`+list+`)`)
		default:
			terms = append(terms, `n IN (SELECT n FROM f_`+name+` WHERE v IN (`+list+`))`)
		}
	}
	if terms == nil {
		return ""
	}
	return ` WHERE ` + strings.Join(terms, ` AND `)
}

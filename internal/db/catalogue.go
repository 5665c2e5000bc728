package db

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// catalogue is what the engine says of its tables.
type catalogue struct {
	tables   []table
	triggers [][2]string // table, name
}

type table struct {
	name    string
	columns []column
}

type column struct {
	Name  string `json:"name"`
	Class string `json:"class"` // int, text, blob, real
	must  bool   // NOT NULL
	key   int    // place in the primary key, 0 = not in it
}

// readCatalogue reads the tables named, or all where names is nil; in the order of the names.
func readCatalogue(ctx context.Context, tx *Tx, names []string) (*catalogue, error) {
	rows, err := tx.Query(ctx, tx.Engine().columnsQuery())
	if err != nil {
		return nil, fmt.Errorf("db: catalogue: %w", err)
	}
	defer rows.Close()
	c := &catalogue{}
	for rows.Next() {
		var name, typ string
		var col column
		if err := rows.Scan(&name, &col.Name, &typ, &col.must, &col.key); err != nil {
			return nil, fmt.Errorf("db: catalogue: %w", err)
		}
		col.Class = class(typ)
		col.must = col.must || col.key > 0
		if n := len(c.tables); n == 0 || c.tables[n-1].name != name {
			c.tables = append(c.tables, table{name: name})
		}
		t := &c.tables[len(c.tables)-1]
		t.columns = append(t.columns, col)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("db: catalogue: %w", err)
	}
	rows.Close()
	trig, err := tx.Query(ctx, tx.Engine().triggersQuery())
	if err != nil {
		return nil, fmt.Errorf("db: catalogue: %w", err)
	}
	defer trig.Close()
	for trig.Next() {
		var t [2]string
		if err := trig.Scan(&t[0], &t[1]); err != nil {
			return nil, fmt.Errorf("db: catalogue: %w", err)
		}
		c.triggers = append(c.triggers, t)
	}
	if err := trig.Err(); err != nil {
		return nil, fmt.Errorf("db: catalogue: %w", err)
	}
	if names == nil {
		return c, nil
	}
	return c.only(names), nil
}

func (c *catalogue) table(name string) *table {
	for i := range c.tables {
		if c.tables[i].name == name {
			return &c.tables[i]
		}
	}
	return nil
}

// only keeps the named tables, in the order of the names.
func (c *catalogue) only(names []string) *catalogue {
	o := &catalogue{}
	for _, n := range names {
		if t := c.table(n); t != nil {
			o.tables = append(o.tables, *t)
		}
	}
	for _, t := range c.triggers {
		if slices.Contains(names, t[0]) {
			o.triggers = append(o.triggers, t)
		}
	}
	return o
}

// shape describes tables, columns and triggers, one a line. Indexes are not part of it: an
// operator may add them.
func (c *catalogue) shape() string {
	var lines []string
	for _, t := range c.tables {
		for _, col := range t.columns {
			line := fmt.Sprintf("column %s.%s %s", t.name, col.Name, col.Class)
			if col.must {
				line += " not null"
			}
			if col.key > 0 {
				line += fmt.Sprintf(" key %d", col.key)
			}
			lines = append(lines, line)
		}
	}
	for _, t := range c.triggers {
		lines = append(lines, fmt.Sprintf("trigger %s on %s", t[1], t[0]))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

package exchange

import (
	"cmp"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"

	"stocktake/internal/errs"
	"stocktake/internal/party"
)

// Finding is one thing wrong with one row: where, what stands there, what is expected.
type Finding struct {
	Row      int    // 0 where no single row is at fault
	Column   string // empty where the row as a whole is at fault
	Value    string // empty where nothing stands there, or it looks private
	Expected string // the rest of a sentence about the value: "must be …", "is needed"
}

func (f Finding) String() string {
	var b strings.Builder
	if f.Row > 0 {
		b.WriteString("row " + strconv.Itoa(f.Row))
	}
	if f.Column != "" {
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString("column " + f.Column)
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	if f.Value != "" {
		b.WriteString(strconv.Quote(party.Glimpse(f.Value)) + " ")
	}
	return b.String() + f.Expected
}

// finding turns what a rule says of a field into a finding of the row.
func finding(row int, f errs.Field) Finding {
	return Finding{Row: row, Column: columnOf(f.Field), Value: f.Value, Expected: f.Message}
}

// columnOf names the column that a field of the rules is read from; fields that only JSON Lines
// has keep their name.
func columnOf(field string) string {
	if field == "effective" {
		return "published_on"
	}
	return field
}

// findings keeps the first few for the person at the terminal and passes all of them on to a
// file where one was asked for, so that a million bad rows cost no memory.
type findings struct {
	first []Finding
	rows  int // bad rows
	total int
	last  int
	out   *csv.Writer
}

// maxListed is how many findings are kept for the terminal.
const maxListed = 100

func newFindings(out io.Writer) (*findings, error) {
	f := &findings{last: -1}
	if out != nil {
		f.out = csv.NewWriter(out)
		return f, f.out.Write([]string{"row", "column", "value", "expected"})
	}
	return f, nil
}

// add takes the findings of one row.
func (f *findings) add(found ...Finding) error {
	for _, x := range found {
		if x.Row != f.last {
			f.rows++
			f.last = x.Row
		}
		f.total++
		x.Value = party.Glimpse(x.Value)
		if len(f.first) < maxListed {
			f.first = append(f.first, x)
		}
		if f.out != nil {
			row := ""
			if x.Row > 0 {
				row = strconv.Itoa(x.Row)
			}
			if err := f.out.Write([]string{row, guard(party.Glimpse(x.Column)), guard(x.Value), guard(x.Expected)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// byRow are the first findings, put in order: what the register refuses is found last.
func (f *findings) byRow() []Finding {
	slices.SortStableFunc(f.first, func(a, b Finding) int { return cmp.Compare(a.Row, b.Row) })
	return f.first
}

func (f *findings) close() error {
	if f.out == nil {
		return nil
	}
	f.out.Flush()
	return f.out.Error()
}

// oneOf words an expectation.
func oneOf[S ~string](values []S) string {
	s := make([]string, len(values))
	for i, v := range values {
		s[i] = string(v)
	}
	return "must be one of " + strings.Join(s, ", ")
}

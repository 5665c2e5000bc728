package exchange

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"stocktake/internal/errs"
)

// Limits of what an import reads. They bound memory and time, not honest files: a pledge has
// at most a few thousand characters.
const (
	maxRecordBytes = 1 << 20 // one row, all columns together
	maxFileBytes   = 1 << 30 // the file as it is on disk
	maxRows        = 1 << 20 // as many as a sheet can have
	maxColumns     = 200
)

// record is one row of a file as found: Row is its number as a person counts (the line of the
// file on which it begins; the row of a sheet), values by column name.
type record struct {
	Row    int
	Values map[string]string // without those that are empty; nil where the row cannot be read
	// Said are the columns that the file, or this line of JSON Lines, speaks of. What it does
	// not speak of, a revision leaves as it was.
	Said map[string]bool
	// Rich has the members of a JSON Lines object that are more than text (milestones, …).
	Rich *rich
	// Workbook says that a date may come as a spreadsheet's day number, in the calendar that
	// begins in 1904 where Since1904 is set.
	Workbook, Since1904 bool
	// Refused are our columns whose value the column map did not take.
	Refused []string
	// Bad is what is wrong with the row as such: ragged, not JSON.
	Bad []Finding
	// Lost says that from here on it is not certain where rows begin.
	Lost bool
}

// put keeps a value that may be read, and notes what is wrong with one that may not.
func (r *record) put(column, value string) {
	switch value = strings.TrimSpace(value); {
	case value == "":
	case !utf8.ValidString(value):
		r.fault(column, value, "must be text in UTF-8; save the file as UTF-8")
	case strings.IndexByte(value, 0) >= 0:
		r.fault(column, value, "must be text without NUL characters")
	default:
		r.Values[column] = value
	}
}

func (r *record) fault(column, value, expected string) {
	r.Bad = append(r.Bad, Finding{Row: r.Row, Column: column, Value: value, Expected: expected})
}

// saidWhere lists the columns that the record speaks of and that wanted picks, by name.
func (r *record) saidWhere(wanted func(string) bool) []string {
	var names []string
	for name := range r.Said {
		if wanted(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func said(columns []string) map[string]bool {
	m := make(map[string]bool, len(columns))
	for _, c := range columns {
		m[c] = true
	}
	return m
}

// source yields the records of one file. Next returns io.EOF at the end; any other error means
// that the file as a whole cannot be read further. Columns are known before the first Next,
// except in JSON Lines (nil), where each line has its own.
type source interface {
	Columns() []string
	Next() (record, error)
	Close() error
}

// Phase of an import.
type Phase string

const (
	Reading Phase = "reading" // counted in bytes of the file, for a workbook of its sheet
	Writing Phase = "writing" // counted in rows
)

// Progress is told how far a phase is.
type Progress func(phase Phase, done, total int64)

// openSource opens a file by its ending.
func openSource(path string, m *ColumnMap, progress Progress) (source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errs.New(errs.Invalid, "cannot open the file: %w", err)
	}
	closing := true
	defer func() {
		if closing {
			f.Close()
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errs.New(errs.Invalid, "%s is no regular file", path)
	}
	if info.Size() > maxFileBytes {
		return nil, errs.New(errs.TooLarge, "the file has %d bytes; at most %d (1 GB) are read", info.Size(), int64(maxFileBytes)).
			WithHint("split it")
	}
	in := &counting{r: f, total: info.Size(), report: progress}
	var s source
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".csv":
		s, err = newCSV(in, f)
	case ".jsonl", ".ndjson":
		s, err = newJSONL(in, f, m)
	case ".xlsx":
		s, err = newXLSX(f, info.Size(), progress)
	default:
		err = errs.New(errs.Invalid, "the format is told by the ending of the name, and %q is none of .csv, .xlsx, .jsonl", ext).
			WithHint("save an .xls or .ods as .xlsx, other tables as .csv")
	}
	if err != nil {
		return nil, err
	}
	closing = false
	return s, nil
}

// counting reports how far a file has been read.
type counting struct {
	r           io.Reader
	read, total int64
	report      Progress
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.read += int64(n)
	if c.report != nil {
		c.report(Reading, min(c.read, c.total), c.total)
	}
	return n, err
}

// compound is how the containers begin that hold old and encrypted workbooks.
var compound = []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")

// textReader refuses by its first bytes what is not UTF-8 and drops a byte order mark. Invalid
// UTF-8 further on is found row by row.
func textReader(r io.Reader) (*bufio.Reader, error) {
	br := bufio.NewReaderSize(r, 64<<10)
	head, err := br.Peek(8)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte{0xEF, 0xBB, 0xBF}):
		_, err = br.Discard(3)
		return br, err
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}), bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		return nil, errs.New(errs.Invalid, "the file is in UTF-16; UTF-8 is expected").
			WithHint("save it as “CSV UTF-8”, or convert it: iconv -f UTF-16 -t UTF-8")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.Equal(head, compound):
		return nil, errs.New(errs.Invalid, "the file is a workbook or an archive, not text").
			WithHint("if it is a workbook, save it as .xlsx")
	case bytes.IndexByte(head, 0) >= 0:
		return nil, errs.New(errs.Invalid, "the file is not text in UTF-8 (its first bytes hold a NUL)").
			WithHint("if it is in UTF-16, save it as “CSV UTF-8”")
	}
	return br, nil
}

// headerColumns checks the names in the first row of a CSV or XLSX.
func headerColumns(header []string) ([]string, error) {
	if len(header) > maxColumns {
		return nil, errs.New(errs.Invalid, "row 1 has %d columns; at most %d are read", len(header), maxColumns)
	}
	if len(header) == 1 && strings.ContainsAny(header[0], ";\t") {
		return nil, errs.New(errs.Invalid, "row 1: the columns are separated by semicolons or tabs; commas are expected").
			WithHint("export it as comma-separated values, or as a workbook (.xlsx)")
	}
	var fields []errs.Field
	seen := map[string]bool{}
	columns := make([]string, len(header))
	for i, name := range header {
		name = strings.TrimSpace(strings.Clone(name))
		columns[i] = name
		at := "row 1, column " + strconv.Itoa(i+1)
		switch {
		case !utf8.ValidString(name) || strings.IndexByte(name, 0) >= 0:
			return nil, errs.New(errs.Invalid, "%s: the name is not text in UTF-8; save the file as UTF-8", at)
		case name == "":
			fields = append(fields, errs.Field{Field: at, Message: "has no name"})
		case seen[name]:
			fields = append(fields, errs.Field{Field: at, Value: name, Message: "names a column for the second time"})
		}
		seen[name] = true
	}
	return columns, errs.InvalidFields(fields...)
}

package exchange

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"stocktake/internal/errs"
)

// Limits of a workbook.
const (
	maxUnzipped  = 256 << 20 // the parts that are read, unpacked, all together
	maxDirectory = 8 << 20   // the list of parts
	maxSmallPart = 4 << 20   // a part that says where things are, unpacked
	maxRowXML    = 8 << 20   // one row or one shared text as XML
	maxDepth     = 50        // elements in elements
	maxSheetRow  = 1 << 20
)

// xlsxSource reads one sheet of a workbook (the one named "pledges", else the first that is not
// hidden) row by row.
type xlsxSource struct {
	book    *workbook
	sheet   *part
	texts   *texts
	columns []string
	said    map[string]bool
	row     int
	cells   []cell
	closer  io.Closer
}

// cell is one value of a row.
type cell struct {
	column int
	value  string
	fault  string
}

func newXLSX(f *os.File, size int64, progress Progress) (_ *xlsxSource, err error) {
	book, err := openWorkbook(f, size)
	if err != nil {
		return nil, err
	}
	s := &xlsxSource{book: book, closer: f}
	defer func() {
		if err != nil {
			_ = s.closeParts() // what went wrong before is what counts
		}
	}()
	if s.texts, err = book.texts(); err != nil {
		return nil, err
	}
	if s.sheet, err = book.open(book.sheet); err != nil {
		return nil, err
	}
	s.sheet.report = progress
	switch err := s.next(); {
	case err == io.EOF:
		return nil, errs.New(errs.Invalid, "the sheet %q is empty; its first row must name the columns", book.name)
	case err != nil:
		return nil, err
	}
	if s.row != 1 {
		return nil, errs.New(errs.Invalid, "the sheet %q begins at row %d; row 1 must name the columns", book.name, s.row)
	}
	var header []string
	for _, c := range s.cells {
		if c.fault != "" || c.column >= maxColumns {
			return nil, errs.New(errs.Invalid, "row 1, column %d: the name of a column must be plain text, in one of the first %d columns", c.column+1, maxColumns)
		}
		for len(header) <= c.column {
			header = append(header, "")
		}
		header[c.column] = c.value
	}
	s.columns, err = headerColumns(header)
	s.said = said(s.columns)
	return s, err
}

func (s *xlsxSource) Columns() []string { return s.columns }

func (s *xlsxSource) Close() error { return errors.Join(s.closeParts(), s.closer.Close()) }

func (s *xlsxSource) closeParts() error {
	var err error
	if s.sheet != nil {
		err = s.sheet.Close()
	}
	return errors.Join(err, s.texts.close())
}

func (s *xlsxSource) Next() (record, error) {
	if err := s.next(); err != nil {
		return record{}, err
	}
	rec := record{Row: s.row, Values: make(map[string]string, len(s.columns)), Said: s.said, Workbook: true, Since1904: s.book.since1904}
	beyond := false
	for _, c := range s.cells {
		switch {
		case c.column < len(s.columns) && c.fault != "":
			rec.fault(s.columns[c.column], c.value, c.fault)
		case c.column < len(s.columns):
			rec.put(s.columns[c.column], c.value)
		case !beyond:
			beyond = true
			rec.fault("", c.value, fmt.Sprintf("stands in column %d; the first row names %d columns", c.column+1, len(s.columns)))
		}
	}
	return rec, nil
}

// next reads the cells of the next row that has any value.
func (s *xlsxSource) next() error {
	for {
		if err := s.readRow(); err != nil {
			return s.damaged(err)
		}
		if len(s.cells) > 0 {
			return nil
		}
	}
}

func (s *xlsxSource) damaged(err error) error {
	switch {
	case err == io.EOF, errs.KindOf(err) != errs.Internal:
		return err
	case errors.Is(err, errRecordTooLong):
		return errs.New(errs.TooLarge, "row %d of sheet %q is longer than %d bytes", s.row, s.book.name, maxRecordBytes)
	case s.row == 0:
		return errs.New(errs.Invalid, "the sheet %q is damaged before its first row: %w", s.book.name, err)
	}
	return errs.New(errs.Invalid, "the sheet %q is damaged in or after row %d: %w", s.book.name, s.row, err)
}

// readRow reads one row element; io.EOF when the sheet's data have ended.
func (s *xlsxSource) readRow() error {
	s.cells = s.cells[:0]
	for {
		t, err := s.sheet.token()
		if err != nil {
			if err == io.EOF {
				return io.ErrUnexpectedEOF
			}
			return err
		}
		switch e := t.(type) {
		case xml.StartElement:
			if e.Name.Local != "row" {
				continue
			}
			s.sheet.allow(maxRowXML)
			row := s.row + 1
			if r := attr(e, "r"); r != "" {
				if row, err = strconv.Atoi(r); err != nil {
					return fmt.Errorf("a row has the number %q", r)
				}
			}
			if row <= s.row || row > maxSheetRow {
				return fmt.Errorf("row %d follows row %d", row, s.row)
			}
			s.row = row
			return s.readCells()
		case xml.EndElement:
			if e.Name.Local == "sheetData" {
				return io.EOF
			}
		}
	}
}

// readCells reads up to the end of the row.
func (s *xlsxSource) readCells() error {
	column, kept := -1, 0
	for {
		t, err := s.sheet.token()
		if err != nil {
			return err
		}
		switch e := t.(type) {
		case xml.EndElement:
			if e.Name.Local == "row" {
				return nil
			}
		case xml.StartElement:
			if e.Name.Local != "c" {
				continue
			}
			column++
			if ref := attr(e, "r"); ref != "" {
				at, ok := columnIndex(ref)
				if !ok || at < column {
					return fmt.Errorf("a cell has the place %q", ref)
				}
				column = at
			}
			value, fault, err := s.readCell(attr(e, "t"))
			if err != nil {
				return err
			}
			if strings.TrimSpace(value) == "" {
				continue
			}
			if kept += len(value); kept > maxRecordBytes {
				return errRecordTooLong
			}
			if len(s.cells) <= maxColumns {
				s.cells = append(s.cells, cell{column, value, fault})
			}
		}
	}
}

// readCell reads up to the end of the cell. A formula counts for the value that was calculated
// when the workbook was saved.
func (s *xlsxSource) readCell(kind string) (value, fault string, err error) {
	var v, inline strings.Builder
	err = s.sheet.text("c", func(path []string, text []byte) {
		switch at := path[len(path)-1]; {
		case at == "v" && len(path) == 1:
			v.Write(text)
		case at == "t" && path[0] == "is" && !within(path, "rPh"):
			inline.Write(text)
		}
	})
	if err != nil {
		return "", "", err
	}
	switch value = v.String(); kind {
	case "s":
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil {
			return "", "", fmt.Errorf("a cell refers to the shared text %q", value)
		}
		value, err = s.texts.get(n)
		return value, "", err
	case "inlineStr":
		return unescape(inline.String()), "", nil
	case "str":
		return unescape(value), "", nil
	case "e":
		return value, "is an error of a formula; a value is expected", nil
	case "", "n":
		return plainNumber(value), "", nil
	}
	return value, "", nil // "b" is 0 or 1, "d" a date in ISO 8601
}

// plainNumber writes a number without exponent: a sheet may hold 1500000 as 1.5E6.
func plainNumber(s string) string {
	s = strings.TrimSpace(s)
	if !strings.ContainsAny(s, "eE") {
		return s
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f > 1e18 || f < -1e18 {
		return s
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// columnIndex is the place of a cell in its row: 0 for "A7", 16,383 for "XFD1".
func columnIndex(ref string) (int, bool) {
	n, i := 0, 0
	for ; i < len(ref) && ref[i] >= 'A' && ref[i] <= 'Z'; i++ {
		if n = n*26 + int(ref[i]-'A') + 1; n > 16_384 {
			return 0, false
		}
	}
	return n - 1, n > 0
}

func within(path []string, name string) bool {
	for _, p := range path {
		if p == name {
			return true
		}
	}
	return false
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// unescape undoes _x000A_, as workbooks write characters that XML cannot hold. Only escaped
// underscores and control characters are written so.
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if len(s)-i >= 7 && s[i] == '_' && s[i+1] == 'x' && s[i+6] == '_' {
			if n, err := strconv.ParseUint(s[i+2:i+6], 16, 16); err == nil && (n < 0xD800 || n > 0xDFFF) {
				b.WriteRune(rune(n))
				i += 6
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

var _ io.ReaderAt = (*budget)(nil)

// budget gives up when more than left has been read in all: a zip may list any number of parts,
// and all of the list is read before a part is asked for.
type budget struct {
	r    io.ReaderAt
	left int64
}

var errTooManyParts = errors.New("too many parts")

func (b *budget) ReadAt(p []byte, off int64) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, errTooManyParts
	}
	return b.r.ReadAt(p, off)
}

// openZip reads the list of a workbook's parts.
func openZip(f *os.File, size int64) (*zip.Reader, error) {
	head := make([]byte, 8)
	if n, err := f.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, err
	} else if string(head[:n]) == string(compound) {
		return nil, errs.New(errs.Invalid, "the workbook is encrypted, or of the old .xls format").
			WithHint("remove its password, and save it as .xlsx")
	}
	b := &budget{r: f, left: maxDirectory}
	z, err := zip.NewReader(b, size)
	if errors.Is(err, errTooManyParts) {
		return nil, errs.New(errs.TooLarge, "the workbook lists more parts than any workbook has")
	}
	if err != nil {
		return nil, errs.New(errs.Invalid, "the file is no workbook: %w", err).WithHint("save it as .xlsx, or name a CSV .csv")
	}
	b.left = 1 << 62
	return z, nil
}

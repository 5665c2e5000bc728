package exchange

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"stocktake/internal/errs"
)

// csvSource reads RFC 4180 with a header row. A row that is too long ends the file (an
// unclosed quote would otherwise swallow the rest of it into memory); every other fault is
// the row's own. A row without any value is passed over.
type csvSource struct {
	r       *csv.Reader
	limit   *perRecord
	columns []string
	said    map[string]bool
	line    int // on which the record just read begins, as an editor counts
	lost    bool
	closer  io.Closer
}

var errRecordTooLong = errors.New("record too long")

// perRecord gives up when one record takes more than left from the file.
type perRecord struct {
	r    io.Reader
	left int
}

func (p *perRecord) Read(b []byte) (int, error) {
	if p.left <= 0 {
		return 0, errRecordTooLong
	}
	n, err := p.r.Read(b[:min(len(b), 4096)])
	p.left -= n
	return n, err
}

func newCSV(in io.Reader, closer io.Closer) (*csvSource, error) {
	text, err := textReader(in)
	if err != nil {
		return nil, err
	}
	s := &csvSource{limit: &perRecord{r: text, left: maxRecordBytes}, line: 1, closer: closer}
	s.r = csv.NewReader(s.limit)
	s.r.ReuseRecord = true
	header, err := s.r.Read()
	switch {
	case err == io.EOF:
		return nil, errs.New(errs.Invalid, "the file is empty; its first row must name the columns")
	case errors.Is(err, errRecordTooLong):
		return nil, errs.New(errs.TooLarge, "row 1 is longer than %d bytes; is a quote left open?", maxRecordBytes)
	case err != nil:
		return nil, errs.New(errs.Invalid, "row 1: %w", err)
	}
	s.columns, err = headerColumns(header)
	s.said = said(s.columns)
	return s, err
}

func (s *csvSource) Columns() []string { return s.columns }
func (s *csvSource) Close() error      { return s.closer.Close() }

func (s *csvSource) Next() (record, error) {
	for {
		rec, err := s.next()
		if err != nil || len(rec.Values) > 0 || len(rec.Bad) > 0 {
			rec.Lost = s.lost
			return rec, err
		}
	}
}

func (s *csvSource) next() (record, error) {
	s.limit.left = maxRecordBytes
	fields, err := s.r.Read()
	if len(fields) > 0 {
		s.line, _ = s.r.FieldPos(0)
	}
	row := s.line
	var parse *csv.ParseError
	switch {
	case err == io.EOF:
		return record{}, io.EOF
	case errors.Is(err, errRecordTooLong):
		return record{}, errs.New(errs.TooLarge, "the row after line %d is longer than %d bytes; is a quote left open?", row, maxRecordBytes)
	case errors.Is(err, csv.ErrFieldCount):
		if strings.Join(fields, "") == "" {
			return record{}, nil
		}
		return record{Row: row, Bad: []Finding{{Row: row, Expected: fmt.Sprintf(
			"has %d values; the first row names %d columns, and each row must have as many", len(fields), len(s.columns))}}}, nil
	case errors.As(err, &parse):
		s.lost = true
		return record{Row: parse.StartLine, Bad: []Finding{{Row: parse.StartLine, Expected: fmt.Sprintf(
			"is not well-formed CSV: %v, at line %d, character %d; a value with a quote in it is put in quotes, and the quote doubled", parse.Err, parse.Line, parse.Column)}}}, nil
	case err != nil:
		return record{}, err
	}
	rec := record{Row: row, Values: make(map[string]string, len(fields)), Said: s.said}
	for i, v := range fields {
		if v != "" {
			rec.put(s.columns[i], strings.Clone(unguard(v)))
		}
	}
	return rec, nil
}

package exchange

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
)

// rich has what JSON Lines carries beyond the columns; CSV and XLSX have no place for it.
type rich struct {
	Actions      []string           `json:"actions,omitempty"`
	SDGs         []string           `json:"sdgs,omitempty"`
	Milestones   []pledge.Milestone `json:"milestones,omitempty"`
	Indicators   []pledge.Indicator `json:"indicators,omitempty"`
	Links        []pledge.Link      `json:"links,omitempty"`
	Attachments  []pledge.File      `json:"attachments,omitempty"`
	AlsoRecorded []pledge.Record    `json:"also_recorded,omitempty"`
	Years        []int              `json:"years,omitempty"`
	Reports      []pledge.Report    `json:"reports,omitempty"`
	Translations []translation      `json:"translations,omitempty"`
}

// translation leaves out what a pledge.Translation says of the register it comes from: an
// import makes it one of the version that it finds.
type translation struct {
	Language   lang.Code `json:"language"`
	Title      string    `json:"title"`
	Summary    string    `json:"summary,omitempty"`
	Text       string    `json:"text,omitempty"`
	By         string    `json:"by"`
	ApprovedBy string    `json:"approved_by,omitempty"`
}

var richMembers = map[string]bool{
	"actions": true, "sdgs": true, "milestones": true, "indicators": true, "links": true, "attachments": true,
	"also_recorded": true, "years": true, "reports": true, "translations": true,
}

// jsonlSource reads one JSON object a line; empty lines are passed over.
type jsonlSource struct {
	r      *bufio.Reader
	m      *ColumnMap
	line   int
	closer io.Closer
}

func newJSONL(in io.Reader, closer io.Closer, m *ColumnMap) (*jsonlSource, error) {
	text, err := textReader(in)
	if err != nil {
		return nil, err
	}
	return &jsonlSource{r: text, m: m, closer: closer}, nil
}

func (s *jsonlSource) Columns() []string { return nil }
func (s *jsonlSource) Close() error      { return s.closer.Close() }

func (s *jsonlSource) Next() (record, error) {
	for {
		line, fits, err := s.readLine()
		if err != nil {
			return record{}, err
		}
		if !fits {
			return record{Row: s.line, Bad: []Finding{{Row: s.line, Expected: fmt.Sprintf("is longer than %d bytes", maxRecordBytes)}}}, nil
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return parseLine(s.line, line, s.m), nil
		}
	}
}

// readLine reads up to a line feed or the end, and keeps no more than maxRecordBytes.
func (s *jsonlSource) readLine() (line []byte, fits bool, err error) {
	s.line++
	fits = true
	for read := 0; ; {
		part, err := s.r.ReadSlice('\n')
		read += len(part)
		if fits = read <= maxRecordBytes; fits {
			line = append(line, part...)
		} else {
			line = nil
		}
		switch {
		case err == nil:
			return line, fits, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case err == io.EOF && read > 0:
			return line, fits, nil
		default:
			return nil, false, err
		}
	}
}

// parseLine reads one line. Members that the map speaks of are read as columns, whatever their
// name.
func parseLine(row int, line []byte, m *ColumnMap) record {
	rec := record{Row: row}
	if !utf8.Valid(line) {
		rec.fault("", "", "must be text in UTF-8; save the file as UTF-8")
		return rec
	}
	members, err := membersOf(line)
	if err != nil {
		rec.fault("", string(line), "must be one JSON object: "+err.Error())
		return rec
	}
	rec.Values, rec.Said = make(map[string]string, len(members)), make(map[string]bool, len(members))
	extras := map[string]json.RawMessage{}
	for _, member := range members {
		name := member.name
		rec.Said[name] = true
		if richMembers[name] && !m.mentions(name) {
			extras[name] = member.value
			continue
		}
		value, err := flatten(member.value, lists[name] || m != nil)
		if err != nil {
			rec.fault(name, string(member.value), err.Error())
			continue
		}
		rec.put(name, value)
	}
	if len(extras) > 0 {
		rec.Rich = new(rich)
		rec.Rich.read(&rec, extras)
	}
	return rec
}

type member struct {
	name  string
	value json.RawMessage
}

// membersOf takes an object apart, each name once.
func membersOf(line []byte) ([]member, error) {
	dec := json.NewDecoder(bytes.NewReader(line))
	if t, err := dec.Token(); err != nil {
		return nil, err
	} else if t != json.Delim('{') {
		return nil, errors.New("it begins with something else")
	}
	var members []member
	seen := map[string]bool{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return nil, err
		}
		name, _ := t.(string) // the decoder takes nothing else for the name of a member
		if seen[name] {
			return nil, fmt.Errorf("it has %q twice", name)
		}
		seen[name] = true
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, err
		}
		members = append(members, member{name, value})
	}
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("something follows it on the line")
	}
	return members, nil
}

// read takes the members one by one, so that each fault is told of the right one.
func (r *rich) read(rec *record, extras map[string]json.RawMessage) {
	for _, m := range []struct {
		name string
		into any
		form string
	}{
		{"actions", &r.Actions, `["7a"]`},
		{"sdgs", &r.SDGs, `["10.7"]`},
		{"milestones", &r.Milestones, `[{"on": "2023", "text": "…"}]`},
		{"indicators", &r.Indicators, `[{"name": "…", "unit": "%", "baseline": "60", "target": "99.5"}]`},
		{"links", &r.Links, `[{"url": "https://…", "title": "…", "on": "2023-05", "source": "…"}]`},
		{"attachments", &r.Attachments, `[{"name": "plan.pdf", "bytes": 1024, "sha256": "…"}]`},
		{"also_recorded", &r.AlsoRecorded, `[{"registry": "…", "id": "…"}]`},
		{"years", &r.Years, `[2022, 2023]`},
		{"reports", &r.Reports, `[{"on": "2023-05-01", "stage": "in_progress", "narrative": "…", "language": "en"}]`},
		{"translations", &r.Translations, `[{"language": "fr", "title": "…", "summary": "…", "text": "…", "by": "human", "approved_by": "ken"}]`},
	} {
		raw, ok := extras[m.name]
		if !ok {
			continue
		}
		_, err := register.CanonicalJSON(raw) // refuses members that are named twice
		if err == nil {
			dec := json.NewDecoder(bytes.NewReader(raw))
			dec.DisallowUnknownFields()
			err = dec.Decode(m.into)
		}
		var wrongType *json.UnmarshalTypeError
		switch {
		case errors.As(err, &wrongType):
			rec.fault(m.name, string(raw), fmt.Sprintf("must have the form %s; found %s in a place of something else", m.form, wrongType.Value))
		case err != nil:
			rec.fault(m.name, string(raw), fmt.Sprintf("must have the form %s: %s", m.form, strings.TrimPrefix(err.Error(), "json: ")))
		}
	}
}

// flatten turns a JSON value into the text that a CSV would have: lists joined with ";".
func flatten(raw json.RawMessage, list bool) (string, error) {
	var value any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&value); err != nil {
		return "", err
	}
	items, ok := value.([]any)
	if !ok {
		text, ok := scalar(value)
		switch {
		case ok:
			return text, nil
		case list:
			return "", errors.New("must be a list of texts or numbers")
		}
		return "", errors.New("must be text, a number, true, false or null")
	}
	if !list {
		return "", errors.New("must be a single value, not a list")
	}
	texts := make([]string, len(items))
	for i, item := range items {
		if texts[i], ok = scalar(item); !ok {
			return "", errors.New("must be a list of texts or numbers")
		}
	}
	return JoinList(texts), nil
}

func scalar(value any) (string, bool) {
	switch v := value.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

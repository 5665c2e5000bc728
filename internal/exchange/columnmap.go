package exchange

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
)

// ColumnMap says how a foreign file is read: which of its columns is which of ours, what its
// values mean, and who the parties are that it names. docs/import.md describes the format.
type ColumnMap struct {
	// Source is a short name for where the file comes from, and Key the foreign column that
	// identifies a row there. Together they are the identity of a pledge that has no id of
	// ours: importing a row with the same key again changes nothing, or revises the pledge
	// where the row has changed.
	Source string `yaml:"source"`
	Key    string `yaml:"key"`
	// Columns has, for each of our columns, where its value comes from.
	Columns map[string]Origin `yaml:"columns"`
	// Ignored names the foreign columns that are left out on purpose. A column that is neither
	// mapped nor ignored is an error: nothing is dropped in silence.
	Ignored []string `yaml:"ignored"`
	// Parties says who is meant by a name as found.
	Parties map[string]NamedParty `yaml:"parties"`

	used  map[string]bool // the columns of the file that are mentioned above
	order []string        // the names in Columns
}

// Origin of one of our columns: a foreign column, several of which the first that has a value
// is taken, or a fixed value; then a translation of values.
type Origin struct {
	From   []string          `yaml:"from"`
	Value  string            `yaml:"value"`  // fixed
	Values map[string]string `yaml:"values"` // theirs to ours, for each item of a list; "" leaves it out
	// Others says what becomes of a value that Values does not name: "keep" (the default) or
	// "refuse".
	Others string `yaml:"others"`
}

// UnmarshalYAML lets a plain text stand for {from: [text]}.
func (o *Origin) UnmarshalYAML(unmarshal func(any) error) error {
	var plain string
	if unmarshal(&plain) == nil {
		*o = Origin{From: []string{plain}}
		return nil
	}
	type origin Origin
	return unmarshal((*origin)(o))
}

// NamedParty is who a name in a foreign file stands for.
type NamedParty struct {
	Code    string               `yaml:"code"`
	Kind    string               `yaml:"kind"`
	Names   map[lang.Code]string `yaml:"names"` // where missing, the name as found, in English
	Country string               `yaml:"country"`
	At      string               `yaml:"at"`
	Members []string             `yaml:"members"`
}

// ReadColumnMap parses and checks a map; errors name the line or the key.
func ReadColumnMap(r io.Reader) (*ColumnMap, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxMap+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxMap {
		return nil, errs.New(errs.TooLarge, "the column map is longer than %d bytes", maxMap)
	}
	var m ColumnMap
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&m); err != nil {
		if at, ok := errors.AsType[yaml.Error](err); ok && at.GetToken() != nil {
			return nil, errs.New(errs.Invalid, "the column map, line %d: %s", at.GetToken().Position.Line, at.GetMessage())
		}
		return nil, errs.New(errs.Invalid, "the column map: %w", err)
	}
	var fields []errs.Field
	for _, name := range slices.Sorted(maps.Keys(m.Columns)) {
		fields = append(fields, m.Columns[name].wrong(name)...)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Parties)) {
		fields = append(fields, m.Parties[name].wrong("parties."+name)...)
	}
	if (m.Key == "") != (m.Source == "") {
		fields = append(fields, errs.Field{Field: "key", Value: m.Key, Message: "needs source, a short name for where the file comes from, beside it; and source needs key"})
	}
	if strings.ContainsAny(m.Source, ": ") {
		fields = append(fields, errs.Field{Field: "source", Value: m.Source, Message: "must be one word without a colon"})
	}
	if err := errs.InvalidFields(fields...); err != nil {
		return nil, fmt.Errorf("the column map: %w", err)
	}
	return &m, nil
}

const maxMap = 1 << 20

func (o Origin) wrong(name string) (fields []errs.Field) {
	at := "columns." + name
	if !knownColumn(name) {
		fields = append(fields, errs.Field{Field: at, Message: "is none of our columns: " + strings.Join(append(slices.Clone(Columns), extraColumns...), ", ")})
	}
	if (len(o.From) == 0) == (o.Value == "") {
		fields = append(fields, errs.Field{Field: at, Message: "needs either from (columns of the file) or value (a fixed one)"})
	}
	if o.Others != "" && o.Others != "keep" && o.Others != "refuse" {
		fields = append(fields, errs.Field{Field: at + ".others", Value: o.Others, Message: "must be keep or refuse"})
	}
	if o.Others != "" && o.Values == nil {
		fields = append(fields, errs.Field{Field: at + ".others", Value: o.Others, Message: "needs values beside it"})
	}
	return fields
}

func (n NamedParty) wrong(at string) (fields []errs.Field) {
	if !party.ValidCode(n.Code) {
		fields = append(fields, errs.Field{Field: at + ".code", Value: n.Code, Message: "must be a code of lower-case letters, digits and hyphens, with dots between a party and its parts"})
	}
	for _, c := range slices.Sorted(maps.Keys(n.Names)) {
		if !lang.Known(string(c)) {
			fields = append(fields, errs.Field{Field: at + ".names", Value: string(c), Message: "must be one of ar, en, es, fr, ru, zh"})
		}
	}
	return fields
}

// mentions reports whether the map speaks of a column of the file.
func (m *ColumnMap) mentions(column string) bool {
	if m == nil {
		return false
	}
	m.prepare()
	return m.used[column]
}

func (m *ColumnMap) prepare() {
	if m.used != nil {
		return
	}
	m.used, m.order = said(m.Ignored), slices.Sorted(maps.Keys(m.Columns))
	if m.Key != "" {
		m.used[m.Key] = true
	}
	for _, o := range m.Columns {
		for _, from := range o.From {
			m.used[from] = true
		}
	}
}

// check holds the map against the columns that a file has.
func (m *ColumnMap) check(columns []string) error {
	if columns == nil {
		return nil // JSON Lines: each line has its own
	}
	var fields []errs.Field
	if m == nil {
		return ours(columns)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Columns)) {
		for _, from := range m.Columns[name].From {
			if !slices.Contains(columns, from) {
				fields = append(fields, errs.Field{Field: "columns." + name, Value: from, Message: "is no column of the file"})
			}
		}
	}
	if m.Key != "" && !slices.Contains(columns, m.Key) {
		fields = append(fields, errs.Field{Field: "key", Value: m.Key, Message: "is no column of the file"})
	}
	for _, c := range columns {
		if !m.mentions(c) {
			fields = append(fields, errs.Field{Field: "row 1", Value: c, Message: "is neither mapped nor listed under ignored"})
		}
	}
	if err := errs.InvalidFields(fields...); err != nil {
		return fmt.Errorf("the column map does not fit the file: %w", err)
	}
	return nil
}

// ours holds the columns of a file without a map against those that an import knows.
func ours(columns []string) error {
	var unknown, missing, said []string
	for _, c := range columns {
		if !knownColumn(c) {
			unknown = append(unknown, strconv.Quote(party.Glimpse(c)))
		}
	}
	for _, need := range []string{"title", "text", "parties"} {
		if !slices.Contains(columns, need) {
			missing = append(missing, need)
		}
	}
	switch {
	case len(unknown) > maxListedColumns:
		said = append(said, fmt.Sprintf("%d columns are unknown: %s, …", len(unknown), strings.Join(unknown[:maxListedColumns], ", ")))
	case len(unknown) > 1:
		said = append(said, "these columns are unknown: "+strings.Join(unknown, ", "))
	case len(unknown) == 1:
		said = append(said, "the column "+unknown[0]+" is unknown")
	}
	if len(missing) > 0 {
		said = append(said, "these columns are missing: "+strings.Join(missing, ", "))
	}
	if len(said) == 0 {
		return nil
	}
	if len(unknown) > 0 {
		said = append(said, "known are "+strings.Join(slices.Concat(Columns, extraColumns), ", "))
	}
	return errs.New(errs.Invalid, "row 1: %s", strings.Join(said, "; ")).
		WithHint("read a foreign file through a map of its columns: --columns MAP.yaml")
}

const maxListedColumns = 20

// apply turns a foreign record into one with our columns; key is the identity it names.
func (m *ColumnMap) apply(rec record) (_ record, key string) {
	if m == nil || rec.Values == nil {
		return rec, ""
	}
	m.prepare()
	ours, spoken := make(map[string]string, len(m.Columns)), make(map[string]bool, len(m.Columns))
	for _, name := range m.order {
		o := m.Columns[name]
		value := o.Value
		spoken[name] = value != ""
		for _, from := range o.From {
			spoken[name] = spoken[name] || rec.Said[from]
			if v := rec.Values[from]; v != "" {
				value = v
				break
			}
		}
		translated, bad := o.translate(value, lists[name])
		if bad != "" {
			rec.Refused = append(rec.Refused, name)
			rec.fault(strings.Join(o.From, ", "), bad, "must be one of the values that the column map names: "+strings.Join(slices.Sorted(maps.Keys(o.Values)), ", "))
		}
		if translated != "" {
			ours[name] = translated
		}
	}
	if rec.Rich != nil {
		for name := range richMembers {
			spoken[name] = rec.Said[name] && !m.used[name]
		}
	}
	unmapped := func(name string) bool { return !m.used[name] && !richMembers[name] }
	for _, name := range rec.saidWhere(unmapped) {
		rec.fault(name, rec.Values[name], "is neither mapped nor listed under ignored in the column map")
	}
	switch value := rec.Values[m.Key]; {
	case m.Key == "":
	case value == "":
		rec.fault(m.Key, "", "is needed: the column map names this column as the key")
	default:
		key = m.Source + ":" + value
	}
	rec.Values, rec.Said = ours, spoken
	return rec, key
}

func (o Origin) translate(value string, list bool) (translated, bad string) {
	if o.Values == nil || value == "" {
		return value, ""
	}
	items := []string{value}
	if list {
		items = SplitList(value)
	}
	kept := items[:0]
	for _, item := range items {
		to, known := o.Values[item]
		switch {
		case known && to != "":
			kept = append(kept, to)
		case known:
		case o.Others == "refuse":
			return "", item
		default:
			kept = append(kept, item)
		}
	}
	if list {
		return JoinList(kept), ""
	}
	return strings.Join(kept, ""), ""
}

package exchange

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"stocktake/internal/compact"
	"stocktake/internal/errs"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
)

// stage holds the good rows of an import in a temporary file, so that the transaction that
// writes them is short and memory does not grow with their texts.
type stage struct {
	pack     *compact.Pack
	resolver *resolver
	today    string
	file     *os.File
	out      *bufio.Writer
	enc      *json.Encoder
	rows     int // read
	good     int // staged
	lost     int // the row from which on it is not certain where rows begin; 0 = none
	ids      map[string]seenRow
	keys     map[[16]byte]int32
	alike    alike
	trial    bool            // nothing will be written: bad rows were found already
	unsure   map[string]bool // parties that only bad rows bring
}

// seenRow is where an id was found, and whether that row is good.
type seenRow struct {
	row  int32
	good bool
}

func newStage(pack *compact.Pack) (*stage, error) {
	file, err := tempFile()
	if err != nil {
		return nil, err
	}
	s := &stage{pack: pack, file: file, out: bufio.NewWriterSize(file, 1<<16), ids: map[string]seenRow{}, keys: map[[16]byte]int32{}, unsure: map[string]bool{}}
	s.enc = json.NewEncoder(s.out)
	s.enc.SetEscapeHTML(false)
	return s, nil
}

func (s *stage) discard() { _ = discard(s.file) }

// fill reads the whole file and stages what is good.
func (s *stage) fill(ctx context.Context, in Import, found *findings) (err error) {
	src, err := openSource(in.Path, in.Map, in.Report)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	if err := in.Map.check(src.Columns()); err != nil {
		return err
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		rec, err := src.Next()
		if err == io.EOF {
			return s.out.Flush()
		}
		if err != nil {
			return err
		}
		if s.rows++; s.rows > maxRows {
			return errs.New(errs.TooLarge, "the file has more than %d rows", maxRows).WithHint("split it")
		}
		if rec.Lost && s.lost == 0 {
			s.lost = rec.Row
		}
		row, who, bad := s.read(rec, in.Map)
		if len(bad) > 0 {
			if err := found.add(bad...); err != nil {
				return err
			}
			for _, p := range who.fresh {
				s.unsure[p.Code] = true
			}
			continue
		}
		s.resolver.accept(who, row.Effective)
		s.alike.note(row)
		if err := s.enc.Encode(row); err != nil {
			return err
		}
		s.good++
	}
}

// read turns a record into a row, or says what is wrong with it.
func (s *stage) read(rec record, m *ColumnMap) (staged, found, []Finding) {
	rec, key := m.apply(rec)
	if rec.Values == nil {
		return staged{}, found{}, rec.Bad
	}
	bad := rec.Bad
	if m == nil { // JSON Lines: each line has its own names
		for _, name := range rec.saidWhere(func(name string) bool { return !knownColumn(name) && !richMembers[name] }) {
			bad = append(bad, Finding{Row: rec.Row, Column: name, Value: rec.Values[name], Expected: "is no column that is known; a foreign file is read through a map of its columns (--columns MAP.yaml)"})
		}
	}
	r := reader{pack: s.pack, today: s.today, rec: rec}
	row := r.pledge()
	bad = append(bad, r.bad...)
	who := s.resolver.resolve(rec, row.Pledge.Language)
	bad = append(bad, who.bad...)
	row.Pledge.Parties = who.codes
	if row.Pledge.Form == "" {
		row.Pledge.Form = pledge.Individual
		if len(who.codes) > 1 {
			row.Pledge.Form = pledge.Common
		}
	}
	row.Pledge = row.Pledge.Tidied()
	bad = append(bad, s.rules(row, who, bad, rec.Refused)...)
	if key != "" {
		row.Key = key
	} else if row.Pledge.ID == "" {
		row.Key = contentKey(row.Pledge)
	}
	bad = append(bad, s.twice(row, len(bad) == 0)...)
	return row, who, bad
}

// rules holds the row to what must be true of a pledge, its reports and its translations. What
// is said of a column already is not said again.
func (s *stage) rules(row staged, who found, said []Finding, refused []string) []Finding {
	// That a recipient is known can be told only when all rows were read; the register asks again.
	rules := pledge.Rules{Pack: s.pack, Mode: pledge.ByImport, Party: func(code string) (party.Party, bool) {
		p, ok := s.resolver.get(&who, code)
		if !ok && row.Pledge.Money != nil && code == row.Pledge.Money.Recipient && party.ValidCode(code) {
			return party.Party{Code: code}, true
		}
		return p, ok
	}}
	known := map[string]bool{}
	for _, c := range refused {
		known[c] = true
	}
	for _, f := range said {
		known[f.Column] = true
	}
	if known["parties"] || known["party_kinds"] {
		known["parties"], known["form"] = true, true // they follow from whom the row names
	}
	var bad []Finding
	add := func(fields []errs.Field) {
		for _, f := range fields {
			x := finding(row.Row, f)
			if column, _, _ := strings.Cut(x.Column, "["); !known[column] {
				bad = append(bad, x)
			}
		}
	}
	add(rules.Pledge(row.Pledge))
	for i, rep := range row.Reports {
		add(inList("reports", i, rules.Report(row.Pledge, rep.Tidied())))
	}
	for i, tr := range row.Translations {
		add(inList("translations", i, rules.Translation(row.Pledge, tr.of(row.Pledge.ID).Tidied())))
	}
	return bad
}

func (t translation) of(id string) pledge.Translation {
	return pledge.Translation{
		Schema: pledge.Schema, Pledge: id, Language: t.Language, Title: t.Title, Summary: t.Summary, Text: t.Text, By: t.By, ApprovedBy: t.ApprovedBy,
	}
}

// inList puts the place in a list before the names of fields, counted as JSON does.
func inList(list string, i int, fields []errs.Field) []errs.Field {
	for j := range fields {
		fields[j].Field = fmt.Sprintf("%s[%d].%s", list, i, fields[j].Field)
	}
	return fields
}

// contentKey identifies a row that has neither an id nor a key: the same words by the same
// parties are the same pledge.
func contentKey(p pledge.Pledge) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{string(p.Language), p.Title, p.Text, strings.Join(p.Parties, ";")}, "\x00")))
	return contentSource + hex.EncodeToString(sum[:16])
}

const contentSource = "content:"

// twice finds a row that names the same pledge as an earlier one.
func (s *stage) twice(row staged, good bool) []Finding {
	if id := row.Pledge.ID; id != "" {
		if first, ok := s.ids[id]; ok {
			return []Finding{{Row: row.Row, Column: "id", Value: id, Expected: fmt.Sprintf("must be an id that no other row has; row %d has it too", first.row)}}
		}
		s.ids[id] = seenRow{int32(row.Row), good}
	}
	if row.Key != "" {
		whole := sha256.Sum256([]byte(row.Key))
		sum := [16]byte(whole[:16])
		if first, ok := s.keys[sum]; ok {
			source, value, _ := strings.Cut(row.Key, ":")
			if source+":" == contentSource {
				return []Finding{{Row: row.Row, Value: row.Pledge.Title, Expected: fmt.Sprintf("has the title, text and parties of row %d; give each an id if they are two pledges", first)}}
			}
			return []Finding{{Row: row.Row, Column: "key", Value: value, Expected: fmt.Sprintf("must be a key that no other row has; row %d has it too", first)}}
		}
		s.keys[sum] = int32(row.Row)
	}
	return nil
}

// A chunk of staged rows is read at a time, so that the register can look for all of them in
// one query.
const (
	chunkRows  = 500
	chunkBytes = 4 << 20
)

// each reads the staged rows back, in order.
func (s *stage) each(f func([]staged) error) error {
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	dec := json.NewDecoder(bufio.NewReaderSize(s.file, 1<<16))
	rows := make([]staged, 0, chunkRows)
	from := dec.InputOffset()
	for n := range s.good {
		var row staged
		if err := dec.Decode(&row); err != nil {
			return fmt.Errorf("the temporary file of the import: %w", err)
		}
		rows = append(rows, row)
		if len(rows) == chunkRows || dec.InputOffset()-from > chunkBytes || n == s.good-1 {
			if err := f(rows); err != nil {
				return err
			}
			clear(rows)
			rows, from = rows[:0], dec.InputOffset()
		}
	}
	return nil
}

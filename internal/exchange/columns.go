// Package exchange reads and writes the formats in which pledges travel: CSV, XLSX and JSON
// Lines. What it writes it reads back to the same bytes.
//
//	columns.go    the columns              import.go    the whole import
//	source.go     a file as records:       stage.go     its first half, without a transaction
//	              csv.go, jsonl.go,        write.go     its second half, in one
//	              xlsx.go, workbook.go     parties.go   who is meant by a name
//	columnmap.go  foreign columns          finding.go   what is wrong, and where
//	row.go        a record as a pledge     partof.go    who acts for a State
//	export*.go    writing                  alike.go     what looks like another pledge
package exchange

import (
	"slices"
	"strings"
)

// Columns of CSV and XLSX, in and out, in this order; JSON Lines uses the same names with JSON
// types and may carry the members of rich beside them.
var Columns = []string{
	"id", "title", "text", "language", "parties", "party_names", "party_kinds", "channel", "call",
	"form", "matches", "mirror", "nature", "objectives", "objectives_by", "principles", "levels",
	"countries", "regions", "starts_on", "ends_on", "amount", "currency", "recipient",
	"announced_on", "announced_at", "stage", "last_reported_on", "published_on", "source", "url",
}

// extraColumns are read where a file or a map has them and are not written to CSV or XLSX.
var extraColumns = []string{"evidence", "text_by"}

// lists are the columns whose values are separated by ";", with "\;" for one inside a value.
var lists = map[string]bool{
	"parties": true, "party_names": true, "party_kinds": true, "nature": true, "objectives": true,
	"principles": true, "levels": true, "countries": true, "regions": true,
}

func knownColumn(name string) bool {
	return slices.Contains(Columns, name) || slices.Contains(extraColumns, name)
}

var listEscapes = strings.NewReplacer(`\`, `\\`, `;`, `\;`)

// JoinList writes a list as one value; SplitList reads it back.
func JoinList(items []string) string {
	var b strings.Builder
	for i, item := range items {
		if i > 0 {
			b.WriteByte(';')
		}
		b.WriteString(listEscapes.Replace(item))
	}
	return b.String()
}

// SplitList splits at ";" and undoes "\;" and "\\"; white space round an item is dropped, an
// empty value is an empty list. A backslash before anything else stands for itself.
func SplitList(s string) []string {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	if !strings.ContainsAny(s, `;\`) {
		return []string{strings.TrimSpace(s)}
	}
	var (
		items []string
		item  strings.Builder
	)
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == ';' || s[i+1] == '\\'):
			i++
			item.WriteByte(s[i])
		case s[i] == ';':
			items = append(items, strings.TrimSpace(item.String()))
			item.Reset()
		default:
			item.WriteByte(s[i])
		}
	}
	return append(items, strings.TrimSpace(item.String()))
}

// guarded begin what a spreadsheet would take for a formula, or what is guarded already.
const guarded = "=+-@\t\r'"

// guard puts one ' before text that a spreadsheet would take for a formula. It belongs to CSV
// only: an XLSX cell says itself that it is text.
func guard(s string) string {
	if s != "" && strings.IndexByte(guarded, s[0]) >= 0 {
		return "'" + s
	}
	return s
}

// unguard strips the one ' that guard put there. An apostrophe before anything else was never
// guarded and stays: 's-Hertogenbosch keeps its name.
func unguard(s string) string {
	if len(s) >= 2 && s[0] == '\'' && strings.IndexByte(guarded, s[1]) >= 0 {
		return s[1:]
	}
	return s
}

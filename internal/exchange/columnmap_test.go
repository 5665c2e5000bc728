package exchange

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

var badMaps = []struct{ name, text string }{
	{"not YAML", "columns: [unclosed\n"},
	{"a key that is none", "colums:\n  title: name\n"},
	{"a key that is none, further down", "columns:\n  title: name\n  text:\n    from: [a]\n    valeus: {}\n"},
	{"a list for a map", "columns:\n  - title\n"},
	{"a key twice", "columns:\n  title: a\n  title: b\n"},
	{"a column that is none", "columns:\n  colour: {value: blue}\n"},
	{"neither from nor value, and both", "columns:\n  title: {}\n  text: {from: [a], value: b}\n"},
	{"others", "columns:\n  title: {from: [a], others: drop, values: {a: b}}\n  text: {from: [a], others: keep}\n"},
	{"a party without a code", "parties:\n  Kenya: {kind: member_state}\n  Uganda: {code: UGA}\n"},
	{"a language that is none", "parties:\n  Kenya: {code: ken, names: {sw: Kenya}}\n"},
	{"a key without a source", "key: nr\n"},
	{"a source of several words", "key: nr\nsource: my file\n"},
	{"too long", strings.Repeat("#", maxMap+1)},
}

func TestBadColumnMaps(t *testing.T) {
	var b bytes.Buffer
	for _, c := range badMaps {
		_, err := ReadColumnMap(strings.NewReader(c.text))
		if err == nil {
			t.Errorf("%s: nothing was found", c.name)
			continue
		}
		fmt.Fprintf(&b, "== %s\n! %v\n", c.name, err)
	}
	golden(t, "bad_maps.txt", b.Bytes())
}

const someMap = `
source: sheet
key: nr
columns:
  title: name
  text: {from: [summary, name]}
  parties: who
  objectives: {from: [goals], values: {safety: "9", papers: "4", none: ""}, others: refuse}
  nature: {from: [kind], values: {cash: financial}}
ignored: [notes]
`

func TestAMapAgainstItsFile(t *testing.T) {
	for _, c := range []struct{ name, file, content, want string }{
		{"fits", "a.csv", "nr,name,summary,who,goals,kind,notes\n1,T,,ken,safety;papers;none,cash;policy,x\n", ""},
		{"column missing", "a.csv", "name,summary,who,goals,notes\n1,T,,ken,safety,x\n",
			`the column map does not fit the file: invalid input: columns.nature: "kind": is no column of the file; key: "nr": is no column of the file`},
		{"column not mentioned", "a.csv", "nr,name,summary,who,goals,kind,notes,colour\n", `the column map does not fit the file: invalid input: row 1: "colour": is neither mapped nor listed under ignored`},
		{"value not mentioned", "a.csv", "nr,name,summary,who,goals,kind,notes\n1,T,,ken,safety;peace,,\n", `row 2, column goals: "peace" must be one of the values that the column map names: none, papers, safety`},
		{"no key", "a.csv", "nr,name,summary,who,goals,kind,notes\n,T,,ken,safety,,\n", "row 2, column nr: is needed: the column map names this column as the key"},
		{"key twice", "a.csv", "nr,name,summary,who,goals,kind,notes\n1,T,,ken,safety,,\n1,U,,ken,safety,,\n", `row 3, column key: "1" must be a key that no other row has; row 2 has it too`},
		{"JSON Lines fits", "a.jsonl", `{"nr":1,"name":"T","who":["ken"],"goals":["safety"],"kind":null,"notes":["a","b"]}`, ""},
		{"JSON Lines, member not mentioned", "a.jsonl", `{"nr":1,"name":"T","who":"ken","goals":"safety","colour":"blue"}`, `row 1, column colour: "blue" is neither mapped nor listed under ignored in the column map`},
	} {
		m, err := ReadColumnMap(strings.NewReader(someMap))
		if err != nil {
			t.Fatal(err)
		}
		s, found, err := stageFile(t, write(t, c.file, c.content), m)
		got := ""
		if err != nil {
			got = err.Error()
		}
		for _, f := range found.first {
			got += f.String()
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		if c.want != "" {
			continue
		}
		err = s.each(func(rows []staged) error {
			p := rows[0].Pledge
			if p.Text != "T" || p.Objectives[0] == 0 || rows[0].Key != "sheet:1" {
				t.Errorf("%s: %+v", c.name, rows[0])
			}
			return nil
		})
		if err != nil || s.good != 1 {
			t.Errorf("%s: %d rows, %v", c.name, s.good, err)
		}
	}
}

// A member that JSON Lines has a meaning of its own for is a plain value where the map names it.
func TestAMapMayNameARichMember(t *testing.T) {
	m := &ColumnMap{Columns: map[string]Origin{"title": {From: []string{"links"}}, "text": {From: []string{"links"}}, "parties": {Value: "ken"}, "objectives": {Value: "7"}}, Ignored: []string{"reports"}}
	s, found, err := stageFile(t, write(t, "a.jsonl", `{"links":"T","reports":"none","sdgs":["10.7"]}`), m)
	if err != nil || found.total > 0 || s.good != 1 {
		t.Errorf("%v %v", found.first, err)
	}
}

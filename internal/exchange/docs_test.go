package exchange

import (
	"os"
	"strings"
	"testing"
)

// docs/import.md explains every column and every member, in the order of the tables.
func TestTheDocumentationNamesEveryColumn(t *testing.T) {
	text, err := os.ReadFile("../../docs/import.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := []string{}
	for l := range strings.Lines(string(text)) {
		if name, _, ok := strings.Cut(strings.TrimPrefix(l, "| "), " | "); ok && strings.HasPrefix(l, "| `") {
			rows = append(rows, name)
		}
	}
	all := strings.Join(rows, "\n")
	names := append(append([]string{}, Columns...), extraColumns...)
	for name := range richMembers {
		names = append(names, name)
	}
	for _, name := range names {
		if !strings.Contains(all, "`"+name+"`") {
			t.Errorf("docs/import.md does not explain %s", name)
		}
	}
}

// What the program reports while it imports goes forward, and ends at the end.
func TestProgress(t *testing.T) {
	for name, content := range map[string]string{
		"a.csv":   head + good,
		"a.jsonl": line,
		"a.xlsx":  string(zipOf(t, parts(sheet(values(2, "T", "X", "ken", "7"))))),
	} {
		var last int64
		calls := 0
		src, err := openSource(write(t, name, content), nil, func(phase Phase, done, total int64) {
			if phase != Reading || done < last || done > total {
				t.Errorf("%s: %s %d of %d after %d", name, phase, done, total, last)
			}
			last = done
			calls++
		})
		if err != nil {
			t.Fatal(err)
		}
		whole(t, src, maxRecordBytes)
		if err := src.Close(); err != nil {
			t.Error(err)
		}
		if calls == 0 {
			t.Errorf("%s: no progress was reported", name)
		}
	}
}

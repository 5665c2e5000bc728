package exchange

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stocktake/internal/compact"
)

func pack(t testing.TB) *compact.Pack {
	t.Helper()
	p, err := compact.Embedded(compact.DefaultPack)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// stageFile parses and validates a file without a database: the first half of an import.
func stageFile(t testing.TB, path string, m *ColumnMap) (*stage, *findings, error) {
	t.Helper()
	s, err := newStage(pack(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.discard)
	s.today = "2026-06-30"
	s.resolver = newResolver(s.pack, m, nil)
	f, err := newFindings(nil)
	if err != nil {
		t.Fatal(err)
	}
	return s, f, s.fill(context.Background(), Import{Path: path, Map: m}, f)
}

func write(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestListsSurvive(t *testing.T) {
	for _, items := range [][]string{nil, {"a"}, {"a", "b"}, {"a;b", `c\d`, `e\;f`}, {`\`, ";"}} {
		got := SplitList(JoinList(items))
		if strings.Join(got, "|") != strings.Join(items, "|") {
			t.Errorf("%q came back as %q", items, got)
		}
	}
}

func TestTheSampleIsRead(t *testing.T) {
	sample := pack(t).Sample()
	mapFile, err := sample.Open("pledges.map.yaml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := ReadColumnMap(mapFile)
	if err != nil {
		t.Fatal(err)
	}
	var csv bytes.Buffer
	in, err := sample.Open("pledges.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := csv.ReadFrom(in); err != nil {
		t.Fatal(err)
	}
	s, f, err := stageFile(t, write(t, "pledges.csv", csv.String()), m)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range f.first {
		t.Error(x)
	}
	if s.good != 58 {
		t.Errorf("%d pledges staged, want 58", s.good)
	}
	states, roots := map[string]bool{}, map[string]bool{}
	for _, code := range s.resolver.order {
		p := s.resolver.known[code]
		root, _, _ := strings.Cut(code, ".")
		roots[root] = true
		if p.IsState(s.pack) {
			states[code] = true
		}
	}
	if len(states) != 11 {
		t.Errorf("%d States, want 11: %v", len(states), states)
	}
}

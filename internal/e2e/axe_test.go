package e2e_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"stocktake/internal/e2e/browser"
)

var axe = sync.OnceValues(func() (string, error) {
	source, err := os.ReadFile("testdata/axe/axe.min.js")
	return string(source), err
})

// sound runs axe-core. What it cannot decide by itself is listed in verbose output.
func sound(t *testing.T, tab *browser.Tab) {
	t.Helper()
	source, err := axe()
	if err != nil {
		t.Fatal(err)
	}
	violations, incomplete := tab.Axe(source)
	for _, v := range violations {
		t.Errorf("%s\n  %s", tab.URL(), v)
	}
	for _, f := range incomplete {
		t.Logf("to be looked at: %s", f)
	}
}

func TestTheCheckerIsTheOneThatItsReadmeNames(t *testing.T) {
	source, err := axe()
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("testdata/axe/README.md")
	if err != nil {
		t.Fatal(err)
	}
	if sum := fmt.Sprintf("%x", sha256.Sum256([]byte(source))); !strings.Contains(string(readme), sum) {
		t.Errorf("axe.min.js has the sum %s, which its README does not name", sum)
	}
}

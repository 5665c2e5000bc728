// Package house has no code; its tests hold the plan of docs/design.md against the imports.
package house_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// floors says on which floor each room stands. A package imports only floors below its own;
// packages inside a room belong to it. A room that is missing here fails the test: give it a
// floor in docs/design.md first, then here.
var floors = map[string]int{
	"errs": 0, "lang": 0,
	"compact": 1, "place": 1, "db": 1,
	"queue": 2, "text": 2, "chart": 2, "blob": 2,
	"register": 3, "mail": 3,
	"access": 4, "party": 4,
	"pledge": 5, "fund": 5, "forum": 5, "declaration": 5, "newsroom": 5,
	"explore":  6,
	"exchange": 7, "rehearse": 7,
	"web": 8, "api": 8, "job": 8,
	"e2e":   9,  // tests in a real browser; they run the built binary
	"house": 10, // these tests
}

const cmdFloor = 9

type listed struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func room(path string) (name string, floor int, known bool) {
	if strings.HasPrefix(path, "stocktake/cmd/") {
		return path, cmdFloor, true
	}
	name, _, _ = strings.Cut(strings.TrimPrefix(path, "stocktake/internal/"), "/")
	floor, known = floors[name]
	return name, floor, known
}

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "stocktake/...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var all []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		switch err := dec.Decode(&p); {
		case errors.Is(err, io.EOF):
			if len(all) < 10 {
				t.Fatalf("go list found only %d packages", len(all))
			}
			return all
		case err != nil:
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestAPackageImportsOnlyFloorsBelowItsOwn(t *testing.T) {
	for _, p := range packages(t) {
		name, floor, known := room(p.ImportPath)
		if !known {
			t.Errorf("%s: room %q has no floor; add it to docs/design.md and to this test", p.ImportPath, name)
			continue
		}
		for _, path := range p.Imports {
			if !strings.HasPrefix(path, "stocktake/") {
				continue
			}
			other, below, known := room(path)
			if known && other != name && below >= floor {
				t.Errorf("%s (floor %d) imports %s (floor %d)", p.ImportPath, floor, path, below)
			}
		}
	}
}

// Drivers and engines stay behind their rooms: nobody else speaks to them.
func TestLibrariesStayInTheirRooms(t *testing.T) {
	owners := map[string][]string{
		"modernc.org/sqlite":                {"db"},
		"github.com/jackc/pgx/v5":           {"db"},
		"golang.org/x/mod/sumdb/tlog":       {"register"},
		"golang.org/x/mod/sumdb/note":       {"register"},
		"github.com/xuri/excelize/v2":       {}, // tests only
		"github.com/pdfcpu/pdfcpu":          {"blob"},
		"html/template":                     {"lang", "chart", "web", "compact", "mail"},
		"github.com/wneessen/go-mail":       {"mail"},
		"github.com/emersion/go-smtp":       {"mail"}, // mailtest
		"github.com/emersion/go-sasl":       {"mail"}, // mailtest
		"github.com/schollz/progressbar/v3": {"stocktake/cmd/stocktake"},
		"github.com/alecthomas/kong":        {"stocktake/cmd/stocktake"},
		"github.com/goccy/go-yaml":          {"access", "compact", "exchange", "rehearse", "web"},
		"github.com/go-webauthn/webauthn":   {"access"},
		"github.com/coreos/go-oidc/v3":      {"access"},
		"golang.org/x/oauth2":               {"access"},
		"golang.org/x/crypto":               {"access"},
		"golang.org/x/time/rate":            {"access"},
	}
	for _, p := range packages(t) {
		name, _, _ := room(p.ImportPath)
		for _, path := range p.Imports {
			for library, rooms := range owners {
				if path != library && !strings.HasPrefix(path, library+"/") {
					continue
				}
				allowed := false
				for _, r := range rooms {
					allowed = allowed || r == name
				}
				if !allowed {
					t.Errorf("%s imports %s, which belongs to %v", p.ImportPath, path, rooms)
				}
			}
		}
	}
}

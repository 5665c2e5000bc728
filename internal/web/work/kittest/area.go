package kittest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jba/templatecheck"

	"stocktake/internal/lang"
	"stocktake/internal/web/messages"
	"stocktake/internal/web/webtest"
	"stocktake/internal/web/work/kit"
)

// Area holds what is true of every area: its templates fit the types of their data and have no
// words of their own; its messages are complete in six languages, begin with its name, and are
// all asked for by its templates or its code (the folder in which the test runs). Keys that
// code puts together are given in made.
func Area(t *testing.T, a kit.Area, made ...string) {
	t.Helper()
	catalog, err := lang.Load(messages.Files, kit.Messages(), kit.AreaMessages(a))
	if err != nil {
		t.Fatal(err)
	}
	own, err := lang.Load(kit.AreaMessages(a))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("messages are complete", func(t *testing.T) {
		for _, err := range own.Check() {
			t.Error(err)
		}
		for _, key := range own.Keys() {
			if !strings.HasPrefix(key, a.Name+".") {
				t.Errorf("the key %q does not begin with %q", key, a.Name+".")
			}
		}
	})
	t.Run("templates fit their data", func(t *testing.T) {
		for name, data := range a.Pages {
			parsed, err := kit.Parse(a, name, catalog.Printer(lang.EN))
			if err != nil {
				t.Error(err)
				continue
			}
			if err := templatecheck.CheckHTML(parsed.Lookup("page"), data); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	sources := templates(t, a.Templates)
	t.Run("no words in templates", func(t *testing.T) {
		for name, source := range sources {
			for _, text := range webtest.Words(source) {
				t.Errorf("%s: the words %s", name, text)
			}
		}
	})
	t.Run("messages are used", func(t *testing.T) {
		used := map[string]bool{}
		for _, key := range made {
			used[key] = true
		}
		literals(t, used)
		for _, source := range sources {
			for _, m := range quoted.FindAllStringSubmatch(source, -1) {
				used[m[1]] = true
			}
		}
		keys := catalog.Keys()
		for key := range used {
			if strings.HasPrefix(key, a.Name+".") && !slices.Contains(keys, key) && !isFile(key) {
				t.Errorf("%q is asked for and no catalogue has it", key)
			}
		}
		for _, key := range own.Keys() {
			if base := cutAny(key, ".hint", ".example"); !used[key] && !used[base] && !strings.HasPrefix(key, a.Name+".fault.") {
				t.Errorf("nobody asks for %q", key)
			}
		}
	})
	t.Run("routes and menu fit", func(t *testing.T) {
		for _, r := range a.Routes {
			if r.Serve == nil || !strings.HasPrefix(r.Path, "/") || strings.HasSuffix(r.Path, "/") {
				t.Errorf("the route %s %s is not whole", r.Method, r.Path)
			}
		}
		for _, e := range a.Menu {
			if !slices.Contains(catalog.Keys(), e.Key) {
				t.Errorf("no catalogue has the menu's %q", e.Key)
			}
		}
	})
}

var (
	quoted = regexp.MustCompile(`"([a-z_]+(?:\.[A-Za-z0-9_-]+)+)"`)
	isKey  = regexp.MustCompile(`^[a-z_]+(\.[A-Za-z0-9_-]+)+$`)
)

func isFile(s string) bool {
	return slices.Contains([]string{".html", ".css", ".js", ".json", ".txt", ".csv", ".xlsx", ".docx"}, filepath.Ext(s))
}

func cutAny(key string, suffixes ...string) string {
	for _, s := range suffixes {
		key = strings.TrimSuffix(key, s)
	}
	return key
}

func templates(t *testing.T, files fs.FS) map[string]string {
	t.Helper()
	paths, err := fs.Glob(files, "*.html")
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string]string{}
	for _, p := range paths {
		b, err := fs.ReadFile(files, p)
		if err != nil {
			t.Fatal(err)
		}
		sources[p] = string(b)
	}
	return sources
}

// literals notes every string in the code of the folder that looks like a key.
func literals(t *testing.T, used map[string]bool) {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range paths {
		if strings.HasSuffix(p, "_test.go") {
			continue
		}
		source, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), p, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil && isKey.MatchString(s) {
					used[s] = true
				}
			}
			return true
		})
	}
}

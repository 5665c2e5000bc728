package web_test

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

	"stocktake/internal/compact"
	"stocktake/internal/explore"
	"stocktake/internal/web"
	"stocktake/internal/web/page"
	"stocktake/internal/web/page/dashboard"
	"stocktake/internal/web/page/history"
	"stocktake/internal/web/webtest"
)

func TestCatalogueIsComplete(t *testing.T) {
	c, err := web.Messages()
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range c.Check() {
		t.Error(err)
	}
}

// Every key that code or templates ask for is there, and every key that is there is asked for.
func TestCatalogueIsUsed(t *testing.T) {
	c, err := web.Messages()
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]string{}
	for key, where := range keysInTemplates(t) {
		used[key] = where
	}
	for key, where := range keysInCode(t) {
		used[key] = where
	}
	for list, words := range page.Words {
		for _, w := range words {
			used["word."+list+"."+w] = "page.Words"
		}
	}
	for _, f := range explore.Filters {
		used["filter."+f] = "explore.Filters"
	}
	for _, name := range web.Problems {
		used["problem."+name], used["problem."+name+".text"] = "web.Problems", "web.Problems"
	}
	for _, f := range history.Fields {
		used["field."+f] = "history.Fields"
	}
	for _, m := range compact.Measures {
		used["about.total."+m] = "compact.Measures"
	}
	for _, f := range page.Words["form"] {
		used["pledge.form."+f] = "page.Words"
	}
	for _, name := range []string{"channel", "nature", "form", "level"} {
		used["dash.kind."+name] = "dashboard"
	}
	for _, shape := range page.Shapes {
		used["scale."+shape] = "page.Shapes"
	}
	for _, kind := range page.ChangeKinds {
		used["since."+kind] = "page.ChangeKinds"
	}
	for _, name := range dashboard.Covers {
		used["gaps."+name] = "dashboard.Covers"
	}
	for _, name := range []string{"q", "as_of", "at", "sort", "inferred"} {
		used["filter."+name] = "web.fault"
	}
	keys := c.Keys()
	for key, where := range used {
		if !slices.Contains(keys, key) {
			t.Errorf("%s asks for %q, which no catalogue has", where, key)
		}
	}
	for _, key := range keys {
		if used[key] == "" {
			t.Errorf("nobody asks for %q", key)
		}
	}
}

var templateKey = regexp.MustCompile(`\b(?:T|HTML) "([^"]+)"`)

func keysInTemplates(t *testing.T) map[string]string {
	keys := map[string]string{}
	for name, source := range templateSources(t) {
		for _, m := range templateKey.FindAllStringSubmatch(source, -1) {
			keys[m[1]] = name
		}
	}
	return keys
}

// keysInCode finds every string in the code that is a key: the first argument of T, HTML and
// the like, and every other literal of the form of a key whose first part is one of the catalogue's.
func keysInCode(t *testing.T) map[string]string {
	c, err := web.Messages()
	if err != nil {
		t.Fatal(err)
	}
	first := map[string]bool{}
	for _, key := range c.Keys() {
		head, _, _ := strings.Cut(key, ".")
		first[head] = true
	}
	isKey := regexp.MustCompile(`^[a-z_]+(\.[a-z0-9_]+)+$`)
	keys := map[string]string{}
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && path == "work" { // which has messages, and a test, of its own
			return filepath.SkipDir
		}
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "webtest") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				s, err := strconv.Unquote(lit.Value)
				head, _, _ := strings.Cut(s, ".")
				if err == nil && isKey.MatchString(s) && first[head] && !strings.HasSuffix(s, ".html") {
					keys[s] = path
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// templateSources are all templates as files.
func templateSources(t *testing.T) map[string]string {
	t.Helper()
	sources := map[string]string{}
	paths, err := filepath.Glob("page/*/*.html")
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d templates found: %v", len(paths), err)
	}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		sources[p] = string(b)
	}
	return sources
}

// No words stand in templates: text and the attributes that people read come from messages.
func TestNoWordsInTemplates(t *testing.T) {
	for name, source := range templateSources(t) {
		for _, text := range webtest.Words(source) {
			t.Errorf("%s: the words %s", name, text)
		}
	}
}

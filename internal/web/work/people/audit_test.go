package people_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"stocktake/internal/lang"
	"stocktake/internal/web/work/kit"
	"stocktake/internal/web/work/people"
)

// audited are the actions that the code of the whole program writes into the audit: what is
// handed to the functions that write it, by its name or through a variable of the function that
// hands it over. A refused way in is one action for each way.
func audited(t *testing.T) []string {
	t.Helper()
	const root = "../../../.."
	set := token.NewFileSet()
	files := map[string]*ast.File{}
	for _, dir := range []string{"internal", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			files[path], err = parser.ParseFile(set, path, nil, 0)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	values := map[string]string{} // of the constants of package access
	for path, f := range files {
		if filepath.Dir(path) != filepath.Join(root, "internal/access") {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if v, ok := n.(*ast.ValueSpec); ok && len(v.Names) == 1 && len(v.Values) == 1 {
				if kind, ok := v.Type.(*ast.Ident); ok && (kind.Name == "Action" || kind.Name == "Method") {
					if l, ok := v.Values[0].(*ast.BasicLit); ok {
						values[v.Names[0].Name], _ = strconv.Unquote(l.Value)
					}
				}
			}
			return true
		})
	}
	name := func(e ast.Expr) string {
		switch e := e.(type) {
		case *ast.Ident:
			return e.Name
		case *ast.SelectorExpr:
			return e.Sel.Name
		}
		return ""
	}
	// Which argument is the action, of the functions that write it down or hand it on.
	at := map[string]int{"Audit": 3, "record": 3, "endGrant": 6, "refusal": 1}
	found := map[string]bool{}
	for path, f := range files {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil || at[fn.Name.Name] > 0 { // those that hand on are read where they are called
				continue
			}
			assigned := map[string][]string{}
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				if a, ok := n.(*ast.AssignStmt); ok && len(a.Lhs) == len(a.Rhs) {
					for i := range a.Lhs {
						if value := values[name(a.Rhs[i])]; value != "" {
							assigned[name(a.Lhs[i])] = append(assigned[name(a.Lhs[i])], value)
						}
					}
				}
				return true
			})
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				c, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				s, ok := c.Fun.(*ast.SelectorExpr)
				if !ok || at[s.Sel.Name] == 0 || s.Sel.Name != "Audit" && filepath.Dir(path) != filepath.Join(root, "internal/access") {
					return true
				}
				what := name(c.Args[at[s.Sel.Name]])
				all := assigned[what]
				if value := values[what]; value != "" {
					all = append(all, value)
				}
				if len(all) == 0 {
					t.Errorf("%s: which action is %q?", set.Position(c.Pos()), what)
				}
				for _, action := range all {
					if s.Sel.Name == "refusal" {
						action = values["refused"] + action
					}
					found[action] = true
				}
				return true
			})
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// Whatever the audit can say of an act, its page says in words.
func TestEveryAuditedActionHasWords(t *testing.T) {
	all := audited(t)
	if len(all) < 25 {
		t.Fatalf("the audit has %q alone", all)
	}
	catalog, err := lang.Load(kit.AreaMessages(people.New(people.Rooms{})))
	if err != nil {
		t.Fatal(err)
	}
	for _, action := range all {
		for _, c := range lang.All {
			if !catalog.Printer(c).Has("people.audit.did." + action) {
				t.Errorf("%s has no words in %s", action, c)
			}
		}
	}
}

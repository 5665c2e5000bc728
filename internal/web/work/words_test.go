package work_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"stocktake/internal/lang"
	"stocktake/internal/pledge/followup"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web"
	"stocktake/internal/web/work"
	"stocktake/internal/web/work/desk"
	"stocktake/internal/web/work/follow"
	"stocktake/internal/web/work/kit"
	"stocktake/internal/web/work/kittest"
	"stocktake/internal/web/work/my"
	"stocktake/internal/web/work/tongue"
	"stocktake/internal/web/work/voice"
)

// refusals are the keys of errors that the code of a room names: in WithKey, or as constants
// whose names begin with Key or Blocked.
func refusals(t *testing.T, dir string) (keys []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", dir, len(files), err)
	}
	note := func(e ast.Expr) {
		if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
			if key, err := strconv.Unquote(l.Value); err == nil {
				keys = append(keys, key)
			}
		}
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if s, ok := n.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "WithKey" && len(n.Args) == 1 {
					note(n.Args[0])
				}
			case *ast.ValueSpec:
				for i, name := range n.Names {
					if i < len(n.Values) && (strings.HasPrefix(name.Name, "Key") || strings.HasPrefix(name.Name, "Blocked")) {
						note(n.Values[i])
					}
				}
			}
			return true
		})
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Whatever a room refuses with has words of its own in every language: the page of a refusal
// has them under the key itself, a form that takes a file beside its field.
func TestEveryRefusalHasWords(t *testing.T) {
	h := kittest.New(t)
	k, err := work.New(work.Config{
		Kit: kit.Config{House: web.House(web.Config{Pack: h.Pack, Index: h.Index, Log: h.Log, Clock: h.Clock, BaseURL: kittest.Base}), Access: h.Access, Index: h.Index, Clock: h.Clock},
		DB:  h.DB,
		Areas: []kit.Area{
			my.New(my.Options{Desk: &intake.Desk{}}), desk.New(&intake.Desk{}, nil, nil), follow.New(&followup.Office{}, nil), tongue.New(nil), voice.New(nil),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for room, least := range map[string]int{"../../pledge/intake": 20, "../../pledge/followup": 10, "../../pledge/translate": 5, "../../pledge/comment": 7, "../../blob": 13} {
		keys := refusals(t, room)
		if len(keys) < least {
			t.Errorf("%s refuses with %q alone", room, keys)
		}
		for _, key := range keys {
			shown := key
			if strings.HasPrefix(key, "blob.") || key == intake.KeyFileName {
				shown = "my." + key
			}
			for _, c := range lang.All {
				if !k.Catalog.Printer(c).Has(shown) {
					t.Errorf("%s refuses with %s, which has no words in %s", room, key, c)
				}
			}
		}
	}
}

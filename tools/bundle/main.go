// Command bundle makes the one style sheet and the one script of the public pages (the shared
// layers, the CSS beside each page and that of the charts) and those that the workspace has
// beside them (what stands in the folders of its areas), joined and minified by esbuild, under
// names that carry their hash. The result is committed, so that building the server needs nothing but Go.
//
//	cd tools && go run ./bundle          writes ../internal/web/static
//	cd tools && go run ./bundle -check   fails where the committed files are not what it would write
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"flag"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	check := flag.Bool("check", false, "compare with the committed files and write nothing")
	root := flag.String("root", "..", "folder of the repository")
	flag.Parse()
	if err := run(*root, *check); err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}

func run(root string, check bool) error {
	files, err := build(root)
	if err != nil {
		return err
	}
	dir := filepath.Join(root, "internal", "web", "static")
	if check {
		return compare(dir, files)
	}
	return write(dir, files)
}

// build gives the wanted content of the static folder by file name.
func build(root string) (map[string][]byte, error) {
	files := map[string][]byte{}
	names := map[string]string{}
	add := func(logical string, data []byte, err error) error {
		if err != nil {
			return fmt.Errorf("%s: %w", logical, err)
		}
		ext := filepath.Ext(logical)
		name := strings.TrimSuffix(logical, ext) + "." + hash(data) + ext
		files[name] = data
		names[logical] = name
		return nil
	}
	web := filepath.Join(root, "internal", "web")
	css, err := styles(root, filepath.Join(web, "page", "*", "*.css"), filepath.Join(root, "internal", "chart", "*.css"))
	if err := add("stocktake.css", css, err); err != nil {
		return nil, err
	}
	icon, err := os.ReadFile(filepath.Join(web, "page", "layout", "icon.svg"))
	if err := add("icon.svg", icon, err); err != nil {
		return nil, err
	}
	// 4 kB for changing the question in place, one for pictures and the clipboard, half a one for the keyboard.
	js, err := script(5632, filepath.Join(web, "page", "layout", "stocktake.js"))
	if err := add("stocktake.js", js, err); err != nil {
		return nil, err
	}
	css, err = styles(root, filepath.Join(web, "work", "*", "*.css"))
	if err := add("work.css", css, err); err != nil {
		return nil, err
	}
	js, err = script(16384, filepath.Join(web, "work", "*", "*.js"))
	if err := add("work.js", js, err); err != nil {
		return nil, err
	}
	manifest, err := manifest(names)
	if err != nil {
		return nil, err
	}
	files["manifest_gen.go"] = manifest
	return files, nil
}

// script joins and minifies the scripts that a pattern finds, by name. Each stands in a
// function of its own.
func script(limit int, pattern string) ([]byte, error) {
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("no script found as %s: %w", pattern, err)
	}
	sort.Strings(paths)
	var source strings.Builder
	for _, p := range paths {
		one, err := os.ReadFile(p)
		if err != nil {
			return nil, err
		}
		source.Write(one)
	}
	result := api.Transform(source.String(), api.TransformOptions{
		Loader: api.LoaderJS, Target: api.ES2020, Charset: api.CharsetUTF8, LegalComments: api.LegalCommentsNone,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true,
	})
	for _, m := range append(result.Errors, result.Warnings...) {
		return nil, errors.New(m.Text)
	}
	if n := len(result.Code); n > limit {
		return nil, fmt.Errorf("it has %d bytes; it is to stay within %d", n, limit)
	}
	return result.Code, nil
}

// styles joins the sheets that the patterns find, by name. @layer decides what wins; within a
// layer of the workspace the pages win over the kit, whose sheet therefore comes first.
func styles(root string, patterns ...string) ([]byte, error) {
	var sheets []string
	for _, p := range patterns {
		found, err := filepath.Glob(p)
		if err != nil {
			return nil, err
		}
		sort.Strings(found)
		sort.SliceStable(found, func(i, j int) bool { return isKit(found[i]) && !isKit(found[j]) })
		sheets = append(sheets, found...)
	}
	if len(sheets) == 0 {
		return nil, errors.New("no style sheets found; is -root the repository?")
	}
	var entry strings.Builder
	entry.WriteString("@layer tokens, base, layout, parts, print;\n")
	for _, s := range sheets {
		abs, err := filepath.Abs(s)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&entry, "@import %q;\n", filepath.ToSlash(abs))
	}
	result := api.Build(api.BuildOptions{
		Stdin:             &api.StdinOptions{Contents: entry.String(), Loader: api.LoaderCSS, ResolveDir: root, Sourcefile: "entry.css"},
		Bundle:            true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		Charset:           api.CharsetUTF8,
		LegalComments:     api.LegalCommentsNone,
		LogLevel:          api.LogLevelSilent,
		Outdir:            "out",
		Write:             false,
	})
	var faults []error
	for _, m := range append(result.Errors, result.Warnings...) {
		where := ""
		if m.Location != nil {
			where = fmt.Sprintf("%s:%d:%d: ", m.Location.File, m.Location.Line, m.Location.Column)
		}
		faults = append(faults, fmt.Errorf("%s%s", where, m.Text))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	if n := len(result.OutputFiles); n != 1 {
		return nil, fmt.Errorf("esbuild gave %d files, want one", n)
	}
	return result.OutputFiles[0].Contents, nil
}

func isKit(path string) bool { return filepath.Base(filepath.Dir(path)) == "kit" }

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:12])
}

func manifest(names map[string]string) ([]byte, error) {
	logical := make([]string, 0, len(names))
	for n := range names {
		logical = append(logical, n)
	}
	sort.Strings(logical)
	var b bytes.Buffer
	b.WriteString("// Code generated by tools/bundle; DO NOT EDIT.\n\npackage static\n\n")
	b.WriteString("import \"embed\"\n\n")
	b.WriteString("//go:embed")
	for _, n := range logical {
		fmt.Fprintf(&b, " %s", names[n])
	}
	b.WriteString("\nvar files embed.FS\n\nvar names = map[string]string{\n")
	for _, n := range logical {
		fmt.Fprintf(&b, "%q: %q,\n", n, names[n])
	}
	b.WriteString("}\n")
	return format.Source(b.Bytes())
}

// generated says whether a file of the static folder is ours to replace.
func generated(name string) bool {
	return strings.HasSuffix(name, "_gen.go") || !strings.HasSuffix(name, ".go")
}

func compare(dir string, want map[string][]byte) error {
	var faults []error
	for name, data := range want {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			faults = append(faults, err)
		} else if !bytes.Equal(got, data) {
			faults = append(faults, fmt.Errorf("%s differs from its sources", name))
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if _, ok := want[e.Name()]; !ok && generated(e.Name()) {
			faults = append(faults, fmt.Errorf("%s is left over", e.Name()))
		}
	}
	if len(faults) > 0 {
		return fmt.Errorf("run: cd tools && go run ./bundle\n%w", errors.Join(faults...))
	}
	return nil
}

func write(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if _, ok := files[e.Name()]; !ok && generated(e.Name()) {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

package compact

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"stocktake/internal/errs"
	"stocktake/internal/lang"
)

//go:embed all:packs
var embedded embed.FS

// Embedded is the pack of that id that is part of the program. It is read once, and each caller
// has a Pack of its own; what is in its lists and maps is everybody's, and nobody changes it.
func Embedded(id string) (*Pack, error) {
	if p, ok := alreadyRead.Load(id); ok {
		own := *p.(*Pack)
		return &own, nil
	}
	dir := path.Join("packs", id)
	if !slugPattern.MatchString(id) {
		return nil, errs.New(errs.NotFound, "%q is not the id of a pack", id)
	}
	if _, err := fs.Stat(embedded, path.Join(dir, "pack.yaml")); err != nil {
		return nil, errs.New(errs.NotFound, "no pack %q in this program: %w", id, err).
			WithHint("it has %s; or name a folder", strings.Join(EmbeddedIDs(), ", "))
	}
	p, err := Load(embedded, dir)
	if err != nil {
		return nil, err
	}
	alreadyRead.Store(id, p)
	own := *p
	return &own, nil
}

var alreadyRead sync.Map // packs of the program by their ids

// EmbeddedIDs lists the packs that are part of the program.
func EmbeddedIDs() []string {
	entries, _ := fs.ReadDir(embedded, "packs") // embedded: the folder exists or the program does not compile
	var ids []string
	for _, e := range entries {
		if e.IsDir() {
			ids = append(ids, e.Name())
		}
	}
	return ids
}

// LoadAny is what --compact takes: the id of an embedded pack, or the path of a folder (with a
// separator in it, or of which no embedded pack has the name).
func LoadAny(pathOrID string) (*Pack, error) {
	if slugPattern.MatchString(pathOrID) {
		p, err := Embedded(pathOrID)
		if !errs.Is(err, errs.NotFound) {
			return p, err
		}
		if info, statErr := os.Stat(pathOrID); statErr != nil || !info.IsDir() {
			return nil, err
		}
	}
	return load(os.DirFS(pathOrID), ".", filepath.ToSlash(pathOrID))
}

// Load reads and checks the pack in a folder. Every problem is reported, not only the first:
// the cause of the error is then a Problems.
func Load(fsys fs.FS, dir string) (*Pack, error) { return load(fsys, dir, dir) }

// load reads the folder; display stands for it in messages.
func load(fsys fs.FS, dir, display string) (_ *Pack, err error) {
	defer errs.Wrap(&err, "compact %s", display)
	sub, err := fs.Sub(fsys, dir)
	if err != nil {
		return nil, errs.New(errs.NotFound, "%w", err)
	}
	data, err := fs.ReadFile(sub, "pack.yaml")
	if err != nil {
		return nil, errs.New(errs.NotFound, "%w", err).WithHint("a pack is a folder with a pack.yaml in it; see docs/packs.md")
	}
	root, doc := parse(path.Join(display, "pack.yaml"), data)
	docs := []*document{doc}
	if root.kind == absent || root.kind == broken {
		return nil, invalid(docs)
	}
	r := readPack(root)
	for _, c := range lang.All {
		name := path.Join("texts", string(c)+".yaml")
		data, err := fs.ReadFile(sub, name)
		if errors.Is(err, fs.ErrNotExist) && c != lang.EN {
			continue
		}
		if err != nil {
			doc := &document{file: path.Join(display, name)}
			doc.report(1, "", "cannot be read: %v", err)
			docs = append(docs, doc)
			continue
		}
		root, doc := parse(path.Join(display, name), data)
		docs = append(docs, doc)
		if root.kind != mapping {
			if root.kind != absent && root.kind != broken {
				root.object()
			}
			continue
		}
		r.fill(c, readTexts(root, c), root)
	}
	if err := invalid(docs); err != nil {
		return nil, err
	}
	p := r.pack
	p.files, p.texts = sub, r.wants
	return p, nil
}

func invalid(docs []*document) error {
	var all Problems
	for _, d := range docs {
		all = append(all, d.problems...)
	}
	if len(all) == 0 {
		return nil
	}
	all.sort()
	n := "1 problem"
	if len(all) > 1 {
		n = fmt.Sprintf("%d problems", len(all))
	}
	return errs.New(errs.Invalid, "%s:\n%w", n, all).WithHint("docs/packs.md describes the format")
}

// Scenario is the file scenarios/<name>.yaml of the pack: a course of events for rehearsals,
// read by whoever rehearses.
func (p *Pack) Scenario(name string) ([]byte, error) {
	if !slugPattern.MatchString(name) {
		return nil, errs.New(errs.NotFound, "%q is not the name of a scenario", name)
	}
	data, err := fs.ReadFile(p.files, "scenarios/"+name+".yaml")
	if err != nil {
		return nil, errs.New(errs.NotFound, "the pack %s has no scenario %q: %w", p.ID, name, err).
			WithHint("it has: %s", strings.Join(p.Scenarios(), ", "))
	}
	return data, nil
}

// Scenarios lists the names that Scenario knows.
func (p *Pack) Scenarios() []string {
	files, _ := fs.Glob(p.files, "scenarios/*.yaml") // the pattern is well formed, the only error there is
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = strings.TrimSuffix(path.Base(f), ".yaml")
	}
	return names
}

// Sample is the folder of public records that the pack brings along for demonstrations; nil
// where it brings none.
func (p *Pack) Sample() fs.FS {
	if info, err := fs.Stat(p.files, "sample"); err != nil || !info.IsDir() {
		return nil
	}
	sample, err := fs.Sub(p.files, "sample")
	if err != nil {
		return nil
	}
	return sample
}

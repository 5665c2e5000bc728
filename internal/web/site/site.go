// Package site is what an operator may say and change without rebuilding: who runs the site
// and on what mandate, footnotes, the notice under the map, names of countries and parties,
// and the map itself. It is one folder (`--site DIR`) with a file site.yaml:
//
//	operator:            # who runs the site; shown in the header of every page
//	  en: Ministry of Example
//	  fr: Ministère de l’Exemple
//	operator_url: https://example.org/
//	mandate:             # on what mandate
//	  en: on the request of the General Assembly, resolution 00/000
//	contact: pledges@example.org          # shown on the about page
//	footnotes:           # at the foot of every page
//	  - en: References to X shall be understood to be …
//	disclaimer:          # under the map, instead of the notice that ships with it
//	  en: The boundaries shown do not imply …
//	names:
//	  countries:         # by ISO 3166-1 alpha-2
//	    CI: {en: Côte d’Ivoire}
//	  parties:           # by code of the party
//	    ken: {en: Republic of Kenya}
//	map: map.json        # a file of this folder in the format of chart.Map, or "off"
//
// Every text is given by language; a language that is missing falls back to English, then to
// whatever there is. Everything is optional; unknown keys are refused.
package site

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"sort"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"stocktake/internal/chart"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/place"
)

// File is the name of the file that a site's folder holds.
const File = "site.yaml"

// Text is a text by language.
type Text map[lang.Code]string

// In is the text in the language, else in English, else in any (in the order of lang.All).
func (t Text) In(c lang.Code) string {
	if s := t[c]; s != "" {
		return s
	}
	if s := t[lang.EN]; s != "" {
		return s
	}
	for _, c := range lang.All {
		if s := t[c]; s != "" {
			return s
		}
	}
	return ""
}

// Site is an operator's own words. The zero Site changes nothing.
type Site struct {
	Operator    Text   `yaml:"operator"`
	OperatorURL string `yaml:"operator_url"`
	Mandate     Text   `yaml:"mandate"`
	Contact     string `yaml:"contact"`
	Footnotes   []Text `yaml:"footnotes"`
	Disclaimer  Text   `yaml:"disclaimer"`
	Names       Names  `yaml:"names"`
	MapFile     string `yaml:"map"`

	Map    *chart.Map `yaml:"-"` // the operator's own map; nil: the one that ships
	MapOff bool       `yaml:"-"` // no map at all
}

// Names replace the names that ship with the program.
type Names struct {
	Countries map[string]Text `yaml:"countries"`
	Parties   map[string]Text `yaml:"parties"`
}

// Load reads and checks the folder. Every error names the file and the line.
func Load(files fs.FS) (_ Site, err error) {
	data, err := fs.ReadFile(files, File)
	if err != nil {
		return Site{}, errs.New(errs.NotFound, "site: %w", err).WithHint("the folder given with --site holds a file named %s", File)
	}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return Site{}, invalid(err)
	}
	var s Site
	if err := yaml.UnmarshalWithOptions(data, &s, yaml.Strict()); err != nil {
		return Site{}, invalid(err)
	}
	c := &checker{file: file}
	c.site(&s)
	s.loadMap(files, c)
	if len(c.faults) > 0 {
		return Site{}, errs.New(errs.Invalid, "%w", errors.Join(c.faults...)).
			WithHint("the keys of %s are described in docs/operators.md", File)
	}
	return s, nil
}

// invalid keeps the position that the parser found and drops the picture of the source.
func invalid(err error) error {
	var y yaml.Error
	if errors.As(err, &y) && y.GetToken() != nil {
		return errs.New(errs.Invalid, "%s:%d: %s", File, y.GetToken().Position.Line, y.GetMessage())
	}
	return errs.New(errs.Invalid, "%s: %w", File, err)
}

type checker struct {
	file   *ast.File
	faults []error
}

// say notes a fault at the line of the path ("$.names.countries.CI").
func (c *checker) say(path, format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf("%s:%d: %s", File, c.line(path), fmt.Sprintf(format, args...)))
}

// line is where the path stands in the file; a path that YAML's query language cannot say
// (a key with a dot) gives the line of what it stands in.
func (c *checker) line(path string) int {
	for path != "" {
		if p, err := yaml.PathString(path); err == nil {
			if node, err := p.FilterFile(c.file); err == nil && node != nil {
				return node.GetToken().Position.Line
			}
		}
		i := strings.LastIndexAny(path, ".[")
		if i <= 0 {
			break
		}
		path = path[:i]
	}
	return 1
}

func (c *checker) site(s *Site) {
	c.text("$.operator", s.Operator)
	c.text("$.mandate", s.Mandate)
	c.text("$.disclaimer", s.Disclaimer)
	for i, t := range s.Footnotes {
		c.text(fmt.Sprintf("$.footnotes[%d]", i), t)
	}
	if s.OperatorURL != "" {
		if u, err := url.Parse(s.OperatorURL); err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
			c.say("$.operator_url", "%q is no web address", s.OperatorURL)
		}
	}
	for _, code := range sorted(s.Names.Countries) {
		path := "$.names.countries." + code
		if _, ok := place.ByAlpha2(code); !ok {
			c.say(path, "%q is no ISO 3166-1 alpha-2 code of a country", code)
		}
		c.text(path, s.Names.Countries[code])
	}
	for _, code := range sorted(s.Names.Parties) {
		c.text("$.names.parties."+code, s.Names.Parties[code])
	}
}

func (c *checker) text(path string, t Text) {
	codes := make([]string, 0, len(t))
	for code := range t {
		codes = append(codes, string(code))
	}
	sort.Strings(codes)
	for _, code := range codes {
		switch {
		case !lang.Known(code):
			c.say(path+"."+code, "%q is none of the languages ar, en, es, fr, ru, zh", code)
		case strings.TrimSpace(t[lang.Code(code)]) == "":
			c.say(path+"."+code, "the text is empty")
		}
	}
}

func (s *Site) loadMap(files fs.FS, c *checker) {
	switch s.MapFile {
	case "":
		return
	case "off":
		s.MapOff = true
		return
	}
	f, err := files.Open(s.MapFile)
	if err != nil {
		c.say("$.map", "the map %q cannot be read: %v", s.MapFile, err)
		return
	}
	defer f.Close()
	if s.Map, err = chart.LoadMap(f); err != nil {
		c.say("$.map", "%s: %v", s.MapFile, err)
	}
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

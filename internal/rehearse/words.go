package rehearse

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"stocktake/internal/compact"
	"stocktake/internal/lang"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
)

// The words of rehearsals, one file a language, and the shares in which things occur. All lists
// are equally long in every language: the same choice gives the same sentence, translated.
//
//go:embed data
var data embed.FS

// phrases are the words of one language. What stands in braces is filled in.
type phrases struct {
	Language   lang.Code           `yaml:"language"`
	Names      map[string]string   `yaml:"names"`      // of invented parties, by kind; default for the others
	Worldwide  string              `yaml:"worldwide"`  // the place of what is done everywhere
	Ministries map[string]string   `yaml:"ministries"` // by the last part of the code
	Titles     []string            `yaml:"titles"`
	Openings   []string            `yaml:"openings"`
	Measures   map[string][]string `yaml:"measures"` // by nature
	Partners   []string            `yaml:"partners"`
	Monitoring []string            `yaml:"monitoring"`
	Closings   []string            `yaml:"closings"`
	Revisions  []string            `yaml:"revisions"`
	Milestones []string            `yaml:"milestones"`
	Indicators []indicator         `yaml:"indicators"`
	Reports    map[string][]string `yaml:"reports"` // by stage
	Barriers   []string            `yaml:"barriers"`
	Support    []string            `yaml:"support"`
	Withdrawn  []string            `yaml:"withdrawn"`
	Superseded []string            `yaml:"superseded"`
	Gap        string              `yaml:"gap"` // between sentences
}

type indicator struct {
	Name string `yaml:"name"`
	Unit string `yaml:"unit"`
}

// words is everything in data.
type words struct {
	in         map[lang.Code]*phrases
	ministries []string // codes, in order
	shares     *shares
}

// shares say how often things occur.
type shares struct {
	Kinds      map[string]int         `yaml:"kinds"`
	OtherKinds int                    `yaml:"other_kinds"`
	Everywhere []string               `yaml:"worldwide"` // kinds that belong to no country
	Regions    map[string]int         `yaml:"regions"`   // M49 → factor, 10 = as often as the others
	Languages  map[string]int         `yaml:"languages"`
	Spoken     map[lang.Code][]string `yaml:"spoken"` // alpha-2 of countries
	Forms      map[pledge.Form]int    `yaml:"forms"`
	Natures    map[pledge.Nature]int  `yaml:"natures"`
	Currencies map[string]int         `yaml:"currencies"`
	Targets    []string               `yaml:"targets"` // of the 2030 Agenda
	Stages     map[pledge.Stage]int   `yaml:"stages"`
	Rates      Rates                  `yaml:"rates"`

	languages, forms, natures, currencies, stages weights
	currencyCodes                                 []string
}

// Rates say what happens to how many pledges of a thousand.
type Rates struct {
	Reported   int `yaml:"reported"`   // get a progress report, if they are old enough
	Revised    int `yaml:"revised"`    // get a second version
	Translated int `yaml:"translated"` // into one language
	Withdrawn  int `yaml:"withdrawn"`
	Superseded int `yaml:"superseded"`
	Late       int `yaml:"late"` // were recorded after they had become public
	Mirror     int `yaml:"mirror"`
	Inferred   int `yaml:"inferred"`  // have objectives that were inferred
	Secretary  int `yaml:"secretary"` // have objectives that the secretariat attached
	Summary    int `yaml:"summary"`   // have a summary for a text
}

var loadWords = sync.OnceValues(func() (*words, error) {
	w := &words{in: map[lang.Code]*phrases{}, shares: &shares{}}
	if err := readData("shares.yaml", w.shares); err != nil {
		return nil, err
	}
	for _, l := range lang.All {
		p := &phrases{}
		if err := readData(string(l)+".yaml", p); err != nil {
			return nil, err
		}
		w.in[l] = p
	}
	for slug := range w.in[lang.EN].Ministries {
		w.ministries = append(w.ministries, slug)
	}
	slices.Sort(w.ministries)
	w.shares.prepare()
	return w, nil
})

func readData(name string, into any) error {
	text, err := data.ReadFile("data/" + name)
	if err == nil {
		err = yaml.UnmarshalWithOptions(text, into, yaml.Strict())
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// prepare puts the shares into a fixed order: that of the contract, or of the names.
func (s *shares) prepare() {
	s.languages = weightsOf(lang.All, func(l lang.Code) int { return s.Languages[string(l)] })
	s.forms = weightsOf(pledge.Forms, func(f pledge.Form) int { return s.Forms[f] })
	s.natures = weightsOf(pledge.Natures, func(n pledge.Nature) int { return s.Natures[n] })
	s.stages = weightsOf(pledge.Stages, func(x pledge.Stage) int { return s.Stages[x] })
	for code := range s.Currencies {
		s.currencyCodes = append(s.currencyCodes, code)
	}
	slices.Sort(s.currencyCodes)
	s.currencies = weightsOf(s.currencyCodes, func(c string) int { return s.Currencies[c] })
}

func weightsOf[T any](list []T, weight func(T) int) weights {
	n := make([]int, len(list))
	for i, x := range list {
		n[i] = weight(x)
	}
	return newWeights(n)
}

func (s *shares) kind(slug string) int {
	if n, ok := s.Kinds[slug]; ok {
		return n
	}
	return s.OtherKinds
}

func (s *shares) worldwide(kind string) bool { return slices.Contains(s.Everywhere, kind) }

func (s *shares) region(c place.Country) int {
	for _, r := range c.Regions {
		if n, ok := s.Regions[r]; ok {
			return n
		}
	}
	return 10
}

// speaks reports whether the language is one of the country's. English goes everywhere.
func (s *shares) speaks(c place.Country, l lang.Code) bool {
	return l == lang.EN || slices.Contains(s.Spoken[l], c.Alpha2)
}

// ministry is the name of a part of a State.
func (p *phrases) ministry(slug, country string) string {
	return strings.NewReplacer("{country}", country).Replace(p.Ministries[slug])
}

// name is the name of an invented party; it shows that it is one.
func (p *phrases) name(kind compact.Kind, number int, country string, l lang.Code) string {
	form, ok := p.Names[kind.Slug]
	switch {
	case ok:
	case country == "":
		form = p.Names["nowhere"]
	default:
		form = p.Names["default"]
	}
	return strings.NewReplacer("{kind}", kind.One.In(l), "{number}", fmt.Sprintf("%03d", number), "{country}", country).Replace(form)
}

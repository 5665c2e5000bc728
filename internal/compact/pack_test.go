package compact_test

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"stocktake/internal/compact"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
)

func load(t *testing.T, name string) *compact.Pack {
	t.Helper()
	p, err := compact.LoadAny(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const ocean = "testdata/packs/ocean"

func TestEmbeddedPackIsComplete(t *testing.T) {
	p := load(t, compact.DefaultPack)
	for _, c := range []struct {
		what      string
		got, want int
	}{
		{"objectives", len(p.Objectives), 23},
		{"principles", len(p.Principles), 10},
		{"round tables", len(p.RoundTables), 4},
		{"themes", len(p.Themes), 5},
		{"editions", len(p.Editions), 2},
		{"kinds", len(p.Kinds), 20},
		{"channels", len(p.Channels), 3},
		{"funds", len(p.Funds), 2},
		{"sisters", len(p.Sisters), 1},
	} {
		if c.got != c.want {
			t.Errorf("%d %s, want %d", c.got, c.what, c.want)
		}
	}
	for _, c := range lang.All {
		if missing := p.Missing(c); len(missing) > 0 {
			t.Errorf("%s lacks %s", c, strings.Join(missing, ", "))
		}
	}
}

func TestEveryTextHasASourceAndItsScript(t *testing.T) {
	p := load(t, compact.DefaultPack)
	script := map[lang.Code]*unicode.RangeTable{
		lang.AR: unicode.Arabic, lang.RU: unicode.Cyrillic, lang.ZH: unicode.Han,
		lang.EN: unicode.Latin, lang.ES: unicode.Latin, lang.FR: unicode.Latin,
	}
	p.Texts(func(key string, text compact.Text) {
		for _, c := range lang.All {
			ph := text[c]
			if _, ok := p.Source(ph.Source); !ok {
				t.Errorf("%s in %s: source %q is not in the pack", key, c, ph.Source)
			}
			if ph.Verified && ph.Source == "own" {
				t.Errorf("%s in %s: our own wording cannot be verified against itself", key, c)
			}
			if !strings.ContainsFunc(ph.Text, func(r rune) bool { return unicode.Is(script[c], r) }) {
				t.Errorf("%s in %s: %q is not written in that language", key, c, ph.Text)
			}
		}
	})
}

// Two objectives with one title, or two kinds with one name, would be a slip of translation.
func TestNamesTellApart(t *testing.T) {
	p := load(t, compact.DefaultPack)
	for _, c := range lang.All {
		seen := map[string]string{}
		check := func(section, key, text string) {
			if other, twice := seen[section+text]; twice {
				t.Errorf("%s: %s and %s are both %q", c, other, key, text)
			}
			seen[section+text] = key
		}
		for _, o := range p.Objectives {
			check("title", o.Title.In(lang.EN), o.Title.In(c))
			check("label", o.Label.In(lang.EN), o.Label.In(c))
		}
		for _, k := range p.Kinds {
			check("kind", k.Slug, k.One.In(c))
		}
		for _, x := range p.Principles {
			check("principle", x.Slug, x.Name.In(c))
		}
	}
}

func TestRoundTablesAndThemesDivideTheObjectives(t *testing.T) {
	for _, name := range []string{compact.DefaultPack, ocean} {
		p := load(t, name)
		var all, tables, themes []int
		for _, o := range p.Objectives {
			all = append(all, o.N)
			if rt, ok := p.RoundTable(o.RoundTable); !ok || !slices.Contains(rt.Objectives, o.N) {
				t.Errorf("%s: objective %d is not at its round table %q", name, o.N, o.RoundTable)
			}
		}
		for _, rt := range p.RoundTables {
			if !slices.IsSorted(rt.Objectives) {
				t.Errorf("%s: %s lists %v", name, rt.Slug, rt.Objectives)
			}
			tables = append(tables, rt.Objectives...)
		}
		for _, th := range p.Themes {
			themes = append(themes, th.Objectives...)
		}
		slices.Sort(tables)
		slices.Sort(themes)
		if diff := cmp.Diff(all, tables); diff != "" {
			t.Errorf("%s: round tables do not partition the objectives:\n%s", name, diff)
		}
		if diff := cmp.Diff(all, themes); diff != "" {
			t.Errorf("%s: themes do not partition the objectives:\n%s", name, diff)
		}
	}
}

// The numbers of the contract: only Member States are the "States" of a figure.
func TestOnlyMemberStatesCount(t *testing.T) {
	p := load(t, compact.DefaultPack)
	var counting []string
	for _, k := range p.Kinds {
		if k.Counts {
			counting = append(counting, k.Slug)
		}
		if _, ok := p.Group(k.Group); !ok {
			t.Errorf("kind %s is of an unknown group %q", k.Slug, k.Group)
		}
	}
	if diff := cmp.Diff([]string{"member_state"}, counting); diff != "" {
		t.Error(diff)
	}
	if got := len(p.KindsOf("stakeholder")); got != 13 {
		t.Errorf("%d kinds of stakeholder, want the 13 of the contract", got)
	}
}

func TestFactsOfTheEmbeddedPack(t *testing.T) {
	p := load(t, compact.DefaultPack)
	a := p.Adoption
	if a.AdoptedOn != "2018-12-10" || a.EndorsedOn != "2018-12-19" || a.Document != "A/RES/73/195" || a.ForumBasis != "A/RES/73/326" {
		t.Errorf("adoption: %+v", a)
	}
	first, ok := p.Edition("2022")
	if !ok || first.Opens != "2022-05-17" || first.Closes != "2022-05-20" || !first.Verified {
		t.Errorf("first edition: %+v", first)
	}
	second, ok := p.Edition("2026")
	if !ok || second.Opens != "2026-05-05" || second.Hearing != "2026-05-04" || second.Verified {
		t.Errorf("second edition: %+v", second)
	}
	var published []int
	for _, x := range p.Totals {
		if x.Measure == compact.Pledges {
			published = append(published, x.Value)
		}
	}
	if diff := cmp.Diff([]int{200, 158, 214}, published); diff != "" {
		t.Errorf("published totals of pledges:\n%s", diff)
	}
	if p.Policies != (compact.Policies{}) {
		t.Errorf("policies are private unless a pack opens them: %+v", p.Policies)
	}
	if p.Mandates != (compact.Mandates{}) {
		t.Errorf("nobody but the parties speaks of their pledges, unless a source says so: %+v", p.Mandates)
	}
	for _, o := range p.Objectives {
		if o.Paragraph != o.N+16 {
			t.Errorf("objective %d is paragraph %d, want %d", o.N, o.Paragraph, o.N+16)
		}
	}
}

func TestLookups(t *testing.T) {
	p := load(t, ocean)
	if o, ok := p.Objective(3); !ok || o.Title.In(lang.EN) != "End ghost nets" {
		t.Errorf("Objective(3) = %+v, %v", o, ok)
	}
	for _, n := range []int{-1, 0, 5} {
		if _, ok := p.Objective(n); ok {
			t.Errorf("there is no objective %d", n)
		}
	}
	for _, c := range []struct {
		what string
		ok   bool
		want bool
	}{
		{"kind fleet", second(p.Kind("fleet")), true},
		{"kind trade_union", second(p.Kind("trade_union")), false},
		{"principle precaution", second(p.Principle("precaution")), true},
		{"a kind is no principle", second(p.Principle("fleet")), false},
		{"channel logbook", second(p.Channel("logbook")), true},
		{"fund sea01", second(p.Fund("sea01")), true},
		{"theme reefs", second(p.Theme("reefs")), true},
		{"sister none", second(p.Sister("none")), false},
		{"the empty slug", second(p.Kind("")), false},
	} {
		if c.ok != c.want {
			t.Errorf("%s: %v, want %v", c.what, c.ok, c.want)
		}
	}
}

func second[T any](_ T, ok bool) bool { return ok }

func TestTextFallsBackToEnglish(t *testing.T) {
	p := load(t, ocean)
	o, _ := p.Objective(3)
	if got := o.Title.In(lang.FR); got != "En finir avec les filets fantômes" {
		t.Errorf("French: %q", got)
	}
	if got := o.Label.In(lang.FR); got != "Nets" {
		t.Errorf("no French label, want the English one: %q", got)
	}
	if got := o.Title.In(lang.ZH); got != "End ghost nets" {
		t.Errorf("no Chinese file, want English: %q", got)
	}
	if got := compact.Text(nil).In(lang.RU); got != "" {
		t.Errorf("no text: %q", got)
	}
	if missing := p.Missing(lang.FR); !slices.Contains(missing, "objectives.3.label") || slices.Contains(missing, "objectives.3.title") {
		t.Errorf("missing in French: %v", missing)
	}
}

func TestScenariosAndSample(t *testing.T) {
	p := load(t, ocean)
	if diff := cmp.Diff([]string{"calm"}, p.Scenarios()); diff != "" {
		t.Error(diff)
	}
	if b, err := p.Scenario("calm"); err != nil || string(b) != "pledges: 12\n" {
		t.Errorf("Scenario(calm) = %q, %v", b, err)
	}
	for _, name := range []string{"storm", "../pack", ""} {
		if _, err := p.Scenario(name); !errs.Is(err, errs.NotFound) {
			t.Errorf("Scenario(%q): %v, want not found", name, err)
		}
	}
	if p.Sample() != nil {
		t.Error("this pack has no sample")
	}
	sample := load(t, compact.DefaultPack).Sample()
	if sample == nil {
		t.Fatal("the embedded pack has no sample")
	}
	b, err := fs.ReadFile(sample, "pledges.csv")
	if err != nil || strings.Count(string(b), "\n") < 58 {
		t.Errorf("sample of %d bytes: %v", len(b), err)
	}
}

func TestLoadAny(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(ocean)); err != nil {
		t.Fatal(err)
	}
	if p := load(t, dir); p.Code != "OCN" {
		t.Errorf("from a folder: %s", p.Code)
	}
	for _, name := range []string{"nowhere", "./nowhere", "/", "", "../compact"} {
		_, err := compact.LoadAny(name)
		if !errs.Is(err, errs.NotFound) {
			t.Errorf("LoadAny(%q): %v, want not found", name, err)
		}
	}
	_, err := compact.LoadAny("nowhere")
	if !strings.Contains(err.Error(), compact.DefaultPack) {
		t.Errorf("%q does not say which packs there are", err)
	}
	var problems compact.Problems
	if errors.As(err, &problems) {
		t.Error("a pack that is not there has no problems inside it")
	}
}

package compact_test

import (
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"stocktake/internal/compact"
	"stocktake/internal/errs"
)

var update = flag.Bool("update", false, "write the golden files")

func TestReportNamesEveryProblem(t *testing.T) {
	_, err := compact.LoadAny("testdata/packs/broken")
	if !errs.Is(err, errs.Invalid) {
		t.Fatalf("err = %v, want invalid", err)
	}
	problems, ok := errors.AsType[compact.Problems](err)
	if !ok {
		t.Fatalf("no Problems in %T", err)
	}
	const golden = "testdata/broken.golden"
	got := problems.Error() + "\n"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}

// TestOneMistake changes one line of a sound pack and expects one problem, on that line.
func TestOneMistake(t *testing.T) {
	for _, c := range []struct {
		name, file, old, new string
		want                 []string // each problem, in order
	}{
		{"an unknown field", "pack.yaml", "code: OCN", "code: OCN\ncolour: blue", []string{"pack.yaml:5: colour: is not known here"}},
		{"an unknown field inside", "pack.yaml", "{n: 4, round_table: people", "{n: 4, rond_table: x, round_table: people", []string{"pack.yaml:29: objectives[3].rond_table: is not known here; known are actions, n, paragraph, round_table, theme"}},
		{"a missing field", "pack.yaml", "code: OCN\n", "", []string{"pack.yaml:2: code: is missing"}},
		{"a field twice", "pack.yaml", "code: OCN", "code: OCN\ncode: OCM", []string{"pack.yaml:5: code: stands twice; first on line 4"}},
		{"a newer format", "pack.yaml", "format: 1", "format: 7", []string{"pack.yaml:2: format: this program reads format 1"}},
		{"a code in small letters", "pack.yaml", "code: OCN", "code: ocn", []string{`pack.yaml:4: code: "ocn" is not a code`}},
		{"no such day", "pack.yaml", "2031-06-08\n  document", "2031-06-31\n  document", []string{`pack.yaml:10: adoption.adopted_on: "2031-06-31" is not a date`}},
		{"a gap in the numbers", "pack.yaml", "{n: 2,", "{n: 5,", []string{"pack.yaml:27: objectives[1]: objectives are numbered from 1", "texts/en.yaml:1: objectives.5.label: is missing", "texts/en.yaml:1: objectives.5.title: is missing", "texts/en.yaml:20: objectives.2.title: the pack has no place", "texts/en.yaml:21: objectives.2.label: the pack has no place"}},
		{"an objective without a round table", "pack.yaml", "{n: 2, round_table: water, ", "{n: 2, ", []string{"pack.yaml:27: objectives[1].round_table: is missing"}},
		{"an unknown round table", "pack.yaml", "{n: 2, round_table: water", "{n: 2, round_table: wine", []string{`pack.yaml:27: objectives[1].round_table: "wine" is not one of the round_tables`}},
		{"an action twice", "pack.yaml", "[a, b]", "[a, a]", []string{`pack.yaml:26: objectives[0].actions[1]: "a" stands twice`}},
		{"a slug twice", "pack.yaml", "slug: aquarium", "slug: fleet", []string{`pack.yaml:38: kinds[2].slug: "fleet" is taken`, "texts/en.yaml:34: kinds.aquarium.one: the pack has no place", "texts/en.yaml:35: kinds.aquarium.many: the pack has no place"}},
		{"a slug with capitals", "pack.yaml", "slug: reefs", "slug: Reefs", []string{`pack.yaml:24: themes[0].slug: "Reefs" is not a slug`, "pack.yaml:26: objectives[0].theme", "pack.yaml:27:", "pack.yaml:28:", "pack.yaml:29:", "texts/en.yaml:17: themes.reefs.name: the pack has no place"}},
		{"a kind of no group", "pack.yaml", "{slug: fleet, group: crew}", "{slug: fleet, group: shore}", []string{`pack.yaml:37: kinds[1].group: "shore" is not one of the kind_groups`}},
		{"neither true nor false", "pack.yaml", "counts: true", "counts: yes", []string{"pack.yaml:36: kinds[0].counts: true or false is expected"}},
		{"closed before it opened", "pack.yaml", "closes: 2034-06-08", "closes: 2034-06-01", []string{"pack.yaml:31: editions[0].closes: 2034-06-01 is before 2034-06-06"}},
		{"a month where a day is needed", "pack.yaml", "opens: 2034-06-06", "opens: 2034-06", []string{`pack.yaml:31: editions[0].opens: "2034-06" is not a day`}},
		{"an unknown source", "pack.yaml", "{code: sea01, source: charter", "{code: sea01, source: hearsay", []string{`pack.yaml:42: funds[0].source: "hearsay" is not one of the sources`}},
		{"an unknown measure", "pack.yaml", "measure: pledges", "measure: hopes", []string{`pack.yaml:44: totals[0].measure: "hopes" is not one of pledges,`}},
		{"not a number", "pack.yaml", "value: 12", "value: a dozen", []string{`pack.yaml:44: totals[0].value: "a dozen" is not a whole number`}},
		{"a list where a value belongs", "pack.yaml", "code: OCN", "code: [O, C, N]", []string{"pack.yaml:4: code: a text is expected, not a list"}},
		{"a value where a list belongs", "pack.yaml", "channels:\n  - slug: logbook", "channels: logbook", []string{"pack.yaml:39: channels: a list is expected", "texts/en.yaml:36: channels.logbook.name: the pack has no place"}},
		{"a mandate from nowhere", "pack.yaml", "assessment: charter", "assessment: hearsay", []string{`pack.yaml:49: mandates.assessment: "hearsay" is not one of the sources`}},
		{"machines unlabelled", "pack.yaml", "machine_translation: labelled", "machine_translation: public", []string{`pack.yaml:48: policies.machine_translation: "public" is not one of off, labelled`}},
		{"a bad address", "pack.yaml", "code: OCN", "code: OCN\nurl: ocean", []string{`pack.yaml:5: url: "ocean" is not a web address`}},
		{"an anchor", "pack.yaml", "code: OCN", "code: &c OCN", []string{"pack.yaml:4: code: anchors, aliases, merges and tags"}},
		{"two documents", "pack.yaml", "totals:", "---\ntotals:", []string{"pack.yaml:44: has more than one YAML document"}},
		{"not YAML", "pack.yaml", "code: OCN", "code: \"OCN", []string{"pack.yaml:", "is not YAML"}},
		{"a text missing in English", "texts/en.yaml", "      objectives.3.label: Nets\n", "", []string{"texts/en.yaml:1: objectives.3.label: is missing; ocean/pack.yaml:28 asks for it"}},
		{"a text with no place", "texts/fr.yaml", "kinds.fleet.one", "kinds.flotilla.one", []string{"texts/fr.yaml:8: kinds.flotilla.one: the pack has no place for this text"}},
		{"a text twice", "texts/fr.yaml", "kinds.fleet.one", "compact.name", []string{"texts/fr.yaml:8: blocks[0].texts.compact.name: stands twice; first on line 6"}},
		{"a text of no known source", "texts/fr.yaml", "source: charter", "source: hearsay", []string{`texts/fr.yaml:6: compact.name: source "hearsay" is not one of the sources`, "texts/fr.yaml:7:", "texts/fr.yaml:8:"}},
		{"the wrong language", "texts/fr.yaml", "language: fr", "language: es", []string{`texts/fr.yaml:1: language: "es" stands in the file of fr`}},
		{"an empty text", "texts/fr.yaml", "Flottille de pêche", `""`, []string{"texts/fr.yaml:8: kinds.fleet.one: is empty"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := fstest.MapFS{}
			for _, name := range []string{"pack.yaml", "texts/en.yaml", "texts/fr.yaml"} {
				b, err := os.ReadFile(ocean + "/" + name)
				if err != nil {
					t.Fatal(err)
				}
				if name == c.file {
					if strings.Count(string(b), c.old) != 1 {
						t.Fatalf("%q is in %s %d times, want once", c.old, name, strings.Count(string(b), c.old))
					}
					b = []byte(strings.Replace(string(b), c.old, c.new, 1))
				}
				files["ocean/"+name] = &fstest.MapFile{Data: b}
			}
			_, err := compact.Load(files, "ocean")
			problems, ok := errors.AsType[compact.Problems](err)
			if !ok {
				t.Fatalf("err = %v, want problems", err)
			}
			if c.name == "not YAML" { // the place is the parser's to say
				if got := problems.Error(); !strings.Contains(got, c.want[0]) || !strings.Contains(got, c.want[1]) {
					t.Errorf("got %s", got)
				}
				return
			}
			for i, want := range c.want {
				if i >= len(problems) || !strings.HasPrefix(problems[i].String(), "ocean/"+want) {
					t.Errorf("problem %d should begin %q; all:\n%s", i, "ocean/"+want, problems.Error())
					return
				}
			}
			if len(problems) != len(c.want) {
				t.Errorf("%d problems, want %d:\n%s", len(problems), len(c.want), problems.Error())
			}
		})
	}
}

// FuzzLoad gives arbitrary bytes as both files: whatever they are, Load returns a sound pack or
// an error that is not ours to apologise for.
func FuzzLoad(f *testing.F) {
	for _, dir := range []string{ocean, "testdata/packs/broken"} {
		pack, err := os.ReadFile(dir + "/pack.yaml")
		if err != nil {
			f.Fatal(err)
		}
		texts, err := os.ReadFile(dir + "/texts/en.yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(pack, texts)
	}
	f.Add([]byte("- a\n- b\n"), []byte("a: &x [*x]\n<<: *x\n"))
	f.Add([]byte("{"), []byte("? [a]\n: !!binary x\n"))
	f.Fuzz(func(t *testing.T, pack, texts []byte) {
		p, err := compact.Load(fstest.MapFS{"x/pack.yaml": {Data: pack}, "x/texts/en.yaml": {Data: texts}}, "x")
		if err != nil {
			if p != nil {
				t.Error("a pack beside an error")
			}
			if k := errs.KindOf(err); k != errs.Invalid {
				t.Errorf("kind %v of %v", k, err)
			}
			if problems, ok := errors.AsType[compact.Problems](err); !ok || len(problems) == 0 {
				t.Errorf("invalid without a problem: %v", err)
			}
			return
		}
		for _, o := range p.Objectives {
			if o.Title.In("en") == "" {
				t.Errorf("objective %d has no title", o.N)
			}
		}
	})
}

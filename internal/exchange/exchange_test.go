package exchange

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/explore"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
)

func TestListsSurvive(t *testing.T) {
	for _, items := range [][]string{nil, {"a"}, {"a", "b"}, {"a;b", `c\d`, `e\;f`}, {`\`, ";"}, {"", ""}} {
		got := SplitList(JoinList(items))
		if !slices.Equal(got, items) {
			t.Errorf("%q came back as %q", items, got)
		}
	}
}

func TestGuard(t *testing.T) {
	for _, s := range []string{"=1+1", "+1", "-1", "@a", "'a", "'=1", "''", "a", "", "\tx", "it's", "é"} {
		if got := unguard(guard(s)); got != s {
			t.Errorf("%q came back as %q", s, got)
		}
	}
	if got := unguard("'s-Hertogenbosch"); got != "'s-Hertogenbosch" {
		t.Errorf("an apostrophe that guards nothing was taken away: %q", got)
	}
}

// sample is the pack's sample as a file, and the map that reads it.
func sample(t testing.TB) (path string, m *ColumnMap) {
	t.Helper()
	folder := pack(t).Sample()
	content, err := fs.ReadFile(folder, "pledges.csv")
	if err != nil {
		t.Fatal(err)
	}
	in, err := folder.Open("pledges.map.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if m, err = ReadColumnMap(in); err != nil {
		t.Fatal(err)
	}
	return write(t, "pledges.csv", string(content)), m
}

// The real thing: 58 pledges of 11 States and others, none of whose names in the file is the
// name of a State alone.
func TestTheSampleIsImported(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		path, m := sample(t)
		sum := h.take(Import{Path: path, Map: m})
		if sum.Rows != 58 || sum.New != 58 || !sum.Written {
			t.Errorf("%v; want 58 new", sum)
		}
		v := h.view()
		if v.Totals.Pledges != 58 || v.Totals.States != 11 {
			t.Errorf("%d pledges of %d States; want 58 of 11", v.Totals.Pledges, v.Totals.States)
		}
		all := h.selection()
		items := listed(t, all)
		if all.Count != len(items) {
			t.Errorf("%d pledges are announced, %d come", all.Count, len(items))
		}
		counts := pledge.Count(h.book.Pack, all.Party, func(yield func(pledge.Pledge) bool) {
			for _, it := range items {
				if !yield(it.Pledge) {
					return
				}
			}
		})
		if counts.States != 11 {
			t.Errorf("the rules of pledges count %d States, want 11", counts.States)
		}
		inferred, linked, names := 0, 0, map[string]bool{}
		for _, it := range items {
			if it.Pledge.TextBy != pledge.TextBySummary {
				t.Errorf("%s: the text is marked %q, want a summary", it.Pledge.ID, it.Pledge.TextBy)
			}
			if it.Pledge.ObjectivesBy == pledge.ByInference {
				inferred++
			}
			if it.Pledge.Source != "" {
				linked++
			}
			for _, code := range it.Pledge.Parties {
				if p, ok := all.Party(code); !ok {
					t.Errorf("%s names the unknown party %s", it.Pledge.ID, code)
				} else if p.Kind == party.MemberState {
					names[code] = true
				}
			}
		}
		if inferred != wantInferred || linked != wantLinked || len(names) != 20 {
			t.Errorf("%d with inferred objectives, want %d; %d linked to their source, want %d; %d names of kind member_state, want 20",
				inferred, wantInferred, linked, wantLinked, len(names))
		}
		h.again(Import{Path: path, Map: m})
	})
}

// As counted in the file itself (its columns objectives_inferred and source_url).
const wantInferred, wantLinked = 52, 54

func TestNothingIsImportedOfTheSampleByADryRun(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		path, m := sample(t)
		before := h.size()
		dry := h.take(Import{Path: path, Map: m, DryRun: true})
		if h.size() != before || dry.Written || !dry.DryRun {
			t.Errorf("%v; the register went from %d to %d", dry, before, h.size())
		}
		real := h.take(Import{Path: path, Map: m})
		dry.DryRun, dry.Written = real.DryRun, real.Written
		if dry.String() != real.String() {
			t.Errorf("the dry run said %v, the import %v", dry, real)
		}
		if got := h.view().Facet(explore.Filters[0]); len(got) == 0 {
			t.Error("nothing can be seen")
		}
	})
}

func TestSummaries(t *testing.T) {
	s := Summary{Rows: 3, New: 1, Revised: 1, Unchanged: 1, Parties: 2, Reports: 1}
	for want, sum := range map[string]Summary{
		"nothing written: 3 rows, none of them bad": s,
		"nothing written":                        {},
		"nothing written: 1 row, and it is bad":  {Rows: 1, BadRows: 1},
		"nothing written: 2 rows, 1 of them bad": {Rows: 2, BadRows: 1},
		"nothing written: 2 rows, 1 of them bad\nwarning: row 7: looks odd\nand 1 warning more":                                              {Rows: 2, BadRows: 1, Warnings: 2, FirstWarnings: []Finding{{Row: 7, Expected: "looks odd"}}},
		"imported: 1 row: 1 new, 0 revised, 0 unchanged, 0 bad; 1 new party, 0 reports, 1 translation; 1 warning\nwarning: row 7: looks odd": {Rows: 1, New: 1, Parties: 1, Translations: 1, Written: true, Warnings: 1, FirstWarnings: []Finding{{Row: 7, Expected: "looks odd"}}},
		"imported: 3 rows: 1 new, 1 revised, 1 unchanged, 0 bad; 2 new parties, 1 report, 0 translations":                                    {Rows: 3, New: 1, Revised: 1, Unchanged: 1, Parties: 2, Reports: 1, Written: true},
		"dry run, nothing written: 3 rows: 1 new, 1 revised, 1 unchanged, 0 bad; 2 new parties, 1 report, 0 translations":                    {Rows: 3, New: 1, Revised: 1, Unchanged: 1, Parties: 2, Reports: 1, DryRun: true},
	} {
		if got := sum.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if f := (Finding{Row: 7, Column: "countries", Value: "Atlantis", Expected: "must be a country"}); f.String() != `row 7, column countries: "Atlantis" must be a country` {
		t.Error(f)
	}
	if f := (Finding{Row: 7, Expected: "has 3 values"}); strings.Contains(f.String(), "column") {
		t.Error(f)
	}
}

package exchange

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
)

var formats = []Format{CSV, XLSX, JSONL}

// What is exported and read again is exported again to the same bytes, whatever it says. This
// goes through the first half of an import, without a database.
func TestExportsAreReadBack(t *testing.T) {
	pack := pack(t)
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		known, _, all := drawAll(rt, pack, 1, 3)
		format := rapid.SampledFrom(formats).Draw(rt, "format")
		var published, again []*explore.Item
		first := Selection{Base: "https://example.org", Items: itemsOf(&published), Party: func(code string) (party.Party, bool) { p, ok := known[code]; return p, ok }}
		for _, d := range all {
			published = append(published, d.item())
		}
		var before, after bytes.Buffer
		if err := Export(&before, format, first); err != nil {
			rt.Fatal(err)
		}
		path := filepath.Join(dir, "a."+string(format))
		if err := os.WriteFile(path, before.Bytes(), 0o600); err != nil {
			rt.Fatal(err)
		}
		s, found, err := stageFile(t, path, nil)
		if err != nil || found.total > 0 || s.good != len(all) {
			rt.Fatalf("%d of %d, %v, %v\n%s", s.good, len(all), found.first, err, &before)
		}
		second := Selection{Base: first.Base, Items: itemsOf(&again), Party: func(code string) (party.Party, bool) { p, ok := s.resolver.known[code]; return p, ok }}
		err = s.each(func(rows []staged) error {
			for _, row := range rows {
				again = append(again, row.shown().item())
			}
			return nil
		})
		if err != nil {
			rt.Fatal(err)
		}
		if err := Export(&after, format, second); err != nil {
			rt.Fatal(err)
		}
		if !bytes.Equal(before.Bytes(), after.Bytes()) {
			rt.Fatalf("%s:\n%s\ncame back as\n%s", format, readable(t, format, before.Bytes()), readable(t, format, after.Bytes()))
		}
		s.discard()
	})
}

// shown is a staged row as a view would show it once it is published.
func (s staged) shown() drawn {
	d := drawn{pledge: s.Pledge, published: s.Effective, reports: s.Reports}
	if d.published == "" {
		d.published = today
	}
	for i := range s.Reports {
		d.reportedOn = append(d.reportedOn, s.reportDay(i, s.Effective, today))
	}
	if s.Stage != "" {
		d.reports, d.reportedOn = []pledge.Report{{Stage: s.Stage}}, []string{s.StageOn}
	}
	for _, tr := range s.Translations {
		d.translations = append(d.translations, tr.of(s.Pledge.ID))
	}
	return d
}

// publish puts what was drawn into a register, without any file.
func (h *house) publish(parties []party.Party, all []drawn) {
	h.t.Helper()
	err := h.db.Write(context.Background(), func(tx *db.Tx) error {
		b, err := h.book.Import(context.Background(), tx, actor)
		if err != nil {
			return err
		}
		for _, p := range parties {
			if _, err := b.Party("2000-01-01", p); err != nil {
				return err
			}
		}
		for _, d := range all {
			if _, err := b.Put(pledge.Offer{Pledge: d.pledge, Effective: d.published}); err != nil {
				return err
			}
			for i, r := range d.reports {
				r.Number = 0
				if _, err := b.Report(d.reportedOn[i], r); err != nil {
					return err
				}
			}
			for _, tr := range d.translations {
				if _, err := b.Translate("", tr); err != nil {
					return err
				}
			}
		}
		return b.Finish()
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// Export, wipe, import, export: the same bytes, in each format, from engine to engine. The
// import of an export into the register that it comes from changes nothing.
func TestRoundTrips(t *testing.T) {
	type world struct {
		parties []party.Party
		all     []drawn
	}
	p := pack(t)
	drawing := rapid.Custom(func(rt *rapid.T) world {
		_, parties, all := drawAll(rt, p, 30, 40)
		return world{parties, all}
	})
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := drawing.Example(7)
		if len(w.all) < 25 {
			t.Fatalf("only %d pledges were drawn", len(w.all))
		}
		h := open(t, d)
		h.publish(w.parties, w.all)
		for _, format := range formats {
			before := h.export(format)
			path := write(t, "a."+string(format), string(before))
			h.again(Import{Path: path})
			for _, engine := range dbtest.Engines {
				fresh := open(t, dbtest.New(t, engine))
				sum := fresh.take(Import{Path: path})
				if sum.New != len(w.all) {
					t.Errorf("%s: %v, want %d new", format, sum, len(w.all))
				}
				if after := fresh.export(format); !bytes.Equal(before, after) {
					t.Errorf("%s to %s: the export of the import differs:\n%s\nwas\n%s", format, engine, readable(t, format, after), readable(t, format, before))
				}
				fresh.again(Import{Path: path})
				if v := fresh.view(); v.Totals.States != h.view().Totals.States {
					t.Errorf("%s: %d States, were %d", format, v.Totals.States, h.view().Totals.States)
				}
			}
		}
	})
}

// readable makes an export readable for a comparison: of a workbook its parts.
func readable(t testing.TB, f Format, b []byte) []byte {
	t.Helper()
	if f != XLSX {
		return b
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, part := range z.File {
		fmt.Fprintf(&out, "== %s, %s\n", part.Name, part.Modified.UTC().Format("2006-01-02 15:04"))
		r, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(bytes.ReplaceAll(content, []byte("><"), []byte(">\n<")))
		out.WriteString("\n")
	}
	return out.Bytes()
}

// shelf is a few pledges that show every column and every odd character once.
func shelf(t testing.TB) ([]party.Party, []drawn) {
	p := pack(t)
	city := party.Party{Code: "city-of-tyre", Kind: "local_authority", Names: map[lang.Code]string{lang.AR: "بلدية صور"}}.Tidied()
	club := party.Party{Code: "club", Kind: "civil_society", Names: map[lang.Code]string{lang.EN: `=Club; "A\B"`}}.Tidied()
	return []party.Party{state(t, "ken"), state(t, "prt"), ministry("prt.foreign-affairs", "PT", "Ministry of Foreign Affairs"), city, club},
		[]drawn{{
			published: "2022-05-20",
			pledge: pledge.Pledge{
				ID: pledge.IDOf(p.Code, 1), Status: pledge.Published, Language: lang.EN, TextBy: pledge.TextBySummary,
				Title: `-Plan "A", first; part`, Text: "=One line\n'another line, with émigrés; a \\ and 移民 🌍\n\n\t@end",
				Parties: []string{"prt.foreign-affairs", "club"}, Channel: p.Channels[0].Slug, Call: "+2022", Form: pledge.Common, Mirror: true,
				Nature: []pledge.Nature{pledge.Financial, pledge.Policy}, Objectives: []int{7, 23}, ObjectivesBy: pledge.ByInference,
				Principles: []string{p.Principles[0].Slug}, Levels: []pledge.Level{pledge.National}, Countries: []string{"PT", "CI"}, Regions: []string{"014"},
				StartsOn: "2022-05", EndsOn: "2024", AnnouncedOn: "2022-05-20", AnnouncedAt: "The forum",
				Money:  &pledge.Money{Amount: "1500000.50", Currency: "USD", Recipient: "fund:" + p.Funds[0].Code, Years: []int{2022, 2023}},
				Source: "https://example.org/a", Evidence: "primary-page", Actions: []string{"7a"}, SDGs: []string{"10.7"},
				Milestones: []pledge.Milestone{{On: "2023", Text: "A law"}}, Indicators: []pledge.Indicator{{Name: "Children", Unit: "%", Target: "99.5"}},
				Links:       []pledge.Link{{URL: "https://example.org/law", Title: "The law"}},
				Attachments: []pledge.File{{Name: "plan.pdf", Bytes: 1024, SHA256: "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"}}, AlsoRecorded: []pledge.Record{{Registry: "another", ID: "17"}},
			}.Tidied(),
			reports: []pledge.Report{
				{Pledge: "GCM-0001", Stage: pledge.Planning}, {Pledge: "GCM-0001", On: "2023-05", Stage: pledge.InProgress, Narrative: "Half\nof it", Language: lang.EN},
			},
			reportedOn:   []string{"2022-05-20", "2023-06-10"},
			translations: []pledge.Translation{{Pledge: "GCM-0001", Language: lang.FR, Title: "Le plan", Text: "Une ligne", By: "machine"}},
		}, {
			published: "2026-06-30",
			pledge: pledge.Pledge{
				ID: pledge.IDOf(p.Code, 12), Status: pledge.Published, Language: lang.AR, Title: "تسجيل كل طفل", Text: "يُسجَّل كل طفل يولد في المدينة.",
				Parties: []string{"city-of-tyre", "ken"}, Form: pledge.Matching, Matches: pledge.IDOf(p.Code, 1), Objectives: []int{4}, ObjectivesBy: pledge.ByParty,
			}.Tidied(),
		}}
}

func TestGoldenFiles(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		h.publish(shelf(t))
		golden(t, "shelf.csv", h.export(CSV))
		golden(t, "shelf.jsonl", h.export(JSONL))
		golden(t, "shelf.xlsx.txt", readable(t, XLSX, h.export(XLSX)))
	})
}

// Another library opens the workbook and finds the same values as the CSV has, unguarded.
func TestTheWorkbookOpensElsewhere(t *testing.T) {
	h := open(t, dbtest.New(t, db.SQLite))
	h.publish(shelf(t))
	book, err := excelize.OpenReader(bytes.NewReader(h.export(XLSX)))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows(sheetName)
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	all := h.selection()
	items := listed(t, all)
	for i, want := range [][]string{Columns, all.row(items[0]), all.row(items[1])} {
		for j, v := range want {
			if got := ""; j < len(rows[i]) {
				if got = rows[i][j]; got != v {
					t.Errorf("row %d, %s: %q, want %q", i+1, Columns[j], got, v)
				}
			} else if v != "" {
				t.Errorf("row %d, %s: nothing, want %q", i+1, Columns[j], v)
			}
		}
	}
	if kind, err := book.GetCellType(sheetName, "C2"); err != nil || kind != excelize.CellTypeInlineString {
		t.Errorf("a text that begins with = is a cell of type %v, %v", kind, err)
	}
}

// A text that does not fit into a cell is an error, and not cut.
func TestTextsThatNoCellHolds(t *testing.T) {
	long := string(bytes.Repeat([]byte("🌍"), 16_400))
	d := drawn{pledge: pledge.Pledge{ID: "GCM-0001", Title: "T", Text: long}}
	items := []*explore.Item{d.item()}
	s := Selection{Items: itemsOf(&items), Party: func(string) (party.Party, bool) { return party.Party{}, false }}
	err := Export(io.Discard, XLSX, s)
	if err == nil || err.Error() != "text of GCM-0001 is longer than the 32767 characters that a cell of a workbook holds (export as .csv or .jsonl)" {
		t.Error(err)
	}
}

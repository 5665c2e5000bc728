package exchange

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/xuri/excelize/v2"

	"stocktake/internal/errs"
)

// The parts of a workbook as other programs write it; a test replaces some.
const (
	mainPart = `<workbook xmlns:r="urn:r"><sheets><sheet name="Notes" r:id="r2" state="hidden"/><sheet name="Table" r:id="r1"/></sheets></workbook>`
	mainRels = `<Relationships><Relationship Id="r1" Type="x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r3" Type="x/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>`
	header   = `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c><c r="D1" t="inlineStr"><is><t>objectives</t></is></c><c r="E1" t="str"><v>announced_on</v></c><c r="F1" t="str"><v>amount</v></c><c r="G1" t="str"><v>currency</v></c><c r="H1" t="str"><v>mirror</v></c></row>`
	shared   = `<sst><si><t>title</t></si><si><r><t>te</t></r><r><t>xt</t></r><rPh><t>ignored</t></rPh></si><si><t>parties</t></si></sst>`
)

type zipped struct{ name, content string }

func sheet(rows ...string) string {
	return `<worksheet><sheetData>` + header + strings.Join(rows, "") + `</sheetData></worksheet>`
}

func parts(table string) []zipped {
	return []zipped{
		{"_rels/.rels", `<Relationships><Relationship Id="r1" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", mainPart}, {"xl/_rels/workbook.xml.rels", mainRels},
		{"xl/sharedStrings.xml", shared}, {"xl/worksheets/sheet1.xml", table},
	}
}

func with(all []zipped, name, content string) []zipped {
	all = slices.DeleteFunc(slices.Clone(all), func(z zipped) bool { return z.name == name })
	if content == "" {
		return all
	}
	return append(all, zipped{name, content})
}

func zipOf(t testing.TB, all []zipped) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range all {
		w, err := z.Create(p.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, p.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// values is a row of plain text cells from column A on.
func values(n int, texts ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<row r="%d">`, n)
	for i, s := range texts {
		if s != "" {
			fmt.Fprintf(&b, `<c r="%s%d" t="str"><v>%s</v></c>`, columnName(i), n, s)
		}
	}
	return b.String() + `</row>`
}

func TestWorkbooksOfOthers(t *testing.T) {
	table := sheet(
		values(2, "Without objectives", "X", "ken"),                      // without objectives: bad
		`<row r="3"/><row r="5"><c r="B5"/><c r="C5"><v> </v></c></row>`, // empty
		`<row r="1000000"><c r="A1000000" t="str"><v>T</v></c><c r="B1000000" t="str"><f>A1&amp;"x"</f><v>X_x000A_Y</v></c>`+
			`<c r="C1000000" t="s"><v>3</v></c><c r="D1000000"><v>7</v></c><c r="E1000000" s="4"><v>44701.5</v></c>`+
			`<c r="F1000000"><v>1.5E6</v></c><c t="str"><v>USD</v></c><c t="b"><v>1</v></c></row>`,
	)
	all := with(parts(table), "xl/sharedStrings.xml", strings.Replace(shared, "</sst>", `<si><t xml:space="preserve"> ken </t></si></sst>`, 1))
	path := write(t, "a.xlsx", string(zipOf(t, all)))
	s, found, err := stageFile(t, path, nil)
	if err != nil || found.rows != 1 || s.good != 1 {
		t.Fatalf("%d good, %v, %v", s.good, found.first, err)
	}
	var got staged
	if err := s.each(func(rows []staged) error { got = rows[0]; return nil }); err != nil {
		t.Fatal(err)
	}
	p := got.Pledge
	if got.Row != 1_000_000 || p.Text != "X\nY" || p.AnnouncedOn != "2022-05-20" || p.Money == nil || p.Money.Amount != "1500000" || !p.Mirror || !slices.Equal(p.Parties, []string{"ken"}) {
		t.Errorf("row %d: %+v %+v", got.Row, p, p.Money)
	}
}

func TestDaysOfWorkbooks(t *testing.T) {
	for _, c := range []struct {
		n         float64
		since1904 bool
		want      string
	}{{44701, false, "2022-05-20"}, {44701.99, false, "2022-05-20"}, {43239, true, "2022-05-20"}, {36526, false, "2000-01-01"}} {
		if got := serialDay(c.n, c.since1904); got != c.want {
			t.Errorf("day %v is %s, want %s", c.n, got, c.want)
		}
	}
}

// A workbook that another library wrote is read, and ours is read by that library.
func TestWorkbooksOfAnotherLibrary(t *testing.T) {
	book := excelize.NewFile()
	defer book.Close()
	if _, err := book.NewSheet("Pledges"); err != nil {
		t.Fatal(err)
	}
	for cell, v := range map[string]any{
		"A1": "title", "B1": "text", "C1": "parties", "D1": "objectives", "E1": "announced_on",
		"A2": "=not a formula", "B2": "_this_ and \"this\"\n& that", "C2": "Kenya", "D2": 7, "E2": clock().AddDate(0, 0, -1),
	} {
		if err := book.SetCellValue("Pledges", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "a.xlsx")
	if err := book.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	s, found, err := stageFile(t, path, nil)
	if err != nil || found.total > 0 || s.good != 1 {
		t.Fatalf("%d good, %v, %v", s.good, found.first, err)
	}
	var got staged
	if err := s.each(func(rows []staged) error { got = rows[0]; return nil }); err != nil {
		t.Fatal(err)
	}
	if p := got.Pledge; p.Title != "=not a formula" || p.Text != "_this_ and \"this\"\n& that" || p.AnnouncedOn != "2026-06-29" {
		t.Errorf("%+v", p)
	}
}

// lying changes what a zip says about the unpacked size of its last part, in both places.
func lying(t testing.TB, b []byte, size uint32) []byte {
	t.Helper()
	b = slices.Clone(b)
	central := bytes.LastIndex(b, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(b[central+24:], size)
	return b
}

// bomb is a small file with a sheet of more than maxUnzipped bytes: the same packed megabyte
// again and again.
func bomb(t testing.TB) []byte {
	t.Helper()
	blank := bytes.Repeat([]byte(" "), 1<<20)
	var packed, once bytes.Buffer
	deflate, err := flate.NewWriter(&once, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := deflate.Write(blank); err != nil {
		t.Fatal(err)
	}
	if err := deflate.Flush(); err != nil {
		t.Fatal(err)
	}
	sum := crc32.NewIEEE()
	for range maxUnzipped>>20 + 1 {
		packed.Write(once.Bytes())
		sum.Write(blank)
	}
	packed.Write([]byte{0x03, 0x00}) // an empty last block
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts("") {
		h := &zip.FileHeader{Name: p.name, Method: zip.Store, UncompressedSize64: uint64(len(p.content)), CompressedSize64: uint64(len(p.content)), CRC32: crc32.ChecksumIEEE([]byte(p.content))}
		content := []byte(p.content)
		if p.name == "xl/worksheets/sheet1.xml" {
			content = packed.Bytes()
			h.Method, h.UncompressedSize64, h.CompressedSize64, h.CRC32 = zip.Deflate, maxUnzipped+1<<20, uint64(len(content)), sum.Sum32()
		}
		w, err := z.CreateRaw(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 1<<20 {
		t.Fatalf("the bomb has %d bytes", b.Len())
	}
	return b.Bytes()
}

// badWorkbooks are wrong in one way each; what is said of them is in testdata/bad_xlsx.txt.
// badWorkbooks are made once: some are large before they are zipped.
func badWorkbooks(t testing.TB) map[string][]byte {
	badOnes.Do(func() { badOnes.all = makeBadWorkbooks(t) })
	return maps.Clone(badOnes.all)
}

var badOnes struct {
	sync.Once
	all map[string][]byte
}

func makeBadWorkbooks(t testing.TB) map[string][]byte {
	good := values(2, "T", "X", "ken", "7")
	table := func(rows ...string) []byte { return zipOf(t, parts(sheet(rows...))) }
	many := make([]zipped, maxDirectory/1000)
	for i := range many {
		many[i].name = fmt.Sprint("xl/media/", strings.Repeat("a-part-with-a-long-name-", 42), i)
	}
	// Few elements with much in them: elements take time, above all under the race detector.
	filler := ` a="` + strings.Repeat("x", 100_000) + `"/>`
	return map[string][]byte{
		"a part that claims too much":         lying(t, table(good), maxUnzipped+1),
		"a shared text without end":           zipOf(t, with(parts(sheet(good)), "xl/sharedStrings.xml", `<sst><si><t>`+strings.Repeat("x", 10<<20))),
		"a workbook part without end":         zipOf(t, with(parts(sheet(good)), "xl/workbook.xml", `<workbook>`+strings.Repeat(`<sheets`+filler, maxSmallPart/100_000+1))),
		"a size that is too small":            lying(t, table(good), 10),
		"a row without end":                   table(`<row r="2">` + strings.Repeat(`<c`+filler, maxRowXML/100_000+1)),
		"elements in elements":                table(strings.Repeat(`<row>`, 10) + strings.Repeat(`<c>`, 100)),
		"a part with too many parts":          zipOf(t, many),
		"a cell beyond the header":            table(`<row r="2"><c r="A2" t="str"><v>T</v></c><c r="XFD2" t="str"><v>far</v></c></row>`),
		"a cell in the last corner":           table(`<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>`),
		"a cell outside of the sheet":         table(`<row r="2"><c r="XFE2"><v>1</v></c></row>`),
		"a row outside of the sheet":          table(`<row r="1048577"><c><v>1</v></c></row>`),
		"rows in disorder":                    table(good, `<row r="2"/>`),
		"cells in disorder":                   table(`<row r="2"><c r="B2"/><c r="A2"/></row>`),
		"an error of a formula":               table(values(2, "T", "X", "ken", "7"), `<row r="3"><c r="A3" t="e"><v>#REF!</v></c></row>`),
		"a shared text that is not there":     table(`<row r="2"><c r="A2" t="s"><v>99</v></c></row>`),
		"a sheet that breaks off":             zipOf(t, parts(strings.TrimSuffix(sheet(good), `</sheetData></worksheet>`))),
		"a sheet that breaks off in a value":  zipOf(t, parts(strings.TrimSuffix(sheet(good), `</v></c></row></sheetData></worksheet>`))),
		"a sheet that is no XML":              zipOf(t, parts("title,text\n")),
		"an entity":                           zipOf(t, parts(`<!DOCTYPE a [<!ENTITY b "bbbb">]>`+sheet(`<row r="2"><c t="str"><v>&b;</v></c></row>`))),
		"a header in row 2":                   zipOf(t, parts(`<worksheet><sheetData>`+values(2, "title")+`</sheetData></worksheet>`)),
		"a header far to the right":           zipOf(t, parts(`<worksheet><sheetData><row r="1"><c r="XFD1" t="str"><v>title</v></c></row></sheetData></worksheet>`)),
		"an empty sheet":                      zipOf(t, parts(`<worksheet><sheetData/></worksheet>`)),
		"no sheet":                            zipOf(t, with(parts(sheet()), "xl/workbook.xml", `<workbook><sheets/></workbook>`)),
		"no table":                            zipOf(t, with(parts(sheet()), "xl/worksheets/sheet1.xml", "")),
		"no links":                            zipOf(t, with(parts(sheet()), "xl/_rels/workbook.xml.rels", "")),
		"a zip of something else":             zipOf(t, []zipped{{"readme.txt", "x"}}),
		"half a file":                         table(good)[:200],
		"an archive with a wrong check sum":   corrupted(table(good)),
		"NUL in a text (escaped)":             table(values(2, "T_x0000_", "X", "ken", "7")),
		"a text that is longer than a record": zipOf(t, with(parts(sheet(`<row r="2"><c r="A2" t="s"><v>3</v></c></row>`)), "xl/sharedStrings.xml", strings.Replace(shared, "</sst>", `<si><t>`+strings.Repeat("x", 2<<20)+`</t></si></sst>`, 1))),
	}
}

func corrupted(b []byte) []byte {
	b = slices.Clone(b)
	i := bytes.Index(b, []byte("sheet1.xml")) + len("sheet1.xml") + 40
	b[i] ^= 0xFF
	return b
}

func TestBadWorkbooks(t *testing.T) {
	all, bombed := badWorkbooks(t), bomb(t)
	all["a bomb"], all["a bomb that lies"] = bombed, lying(t, bombed, 1000)
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	var b bytes.Buffer
	for _, name := range names {
		path := filepath.Join(t.TempDir(), "a.xlsx")
		if err := os.WriteFile(path, all[name], 0o600); err != nil {
			t.Fatal(err)
		}
		var found *findings
		var err error
		peak := peakHeap(func() { _, found, err = stageFile(t, path, nil) })
		if peak > 128<<20 {
			t.Errorf("%s took %d MB of memory", name, peak>>20)
		}
		if err == nil && found.total == 0 {
			t.Errorf("%s: nothing was found", name)
		}
		if k := errs.KindOf(err); err != nil && k != errs.Invalid && k != errs.TooLarge {
			t.Errorf("%s: an error of kind %v: %v", name, k, err)
		}
		fmt.Fprintf(&b, "== %s\n", name)
		for _, f := range found.first {
			fmt.Fprintln(&b, f)
		}
		if err != nil {
			fmt.Fprintf(&b, "! %v\n", err)
		}
	}
	golden(t, "bad_xlsx.txt", b.Bytes())
}

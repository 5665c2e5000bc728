package exchange

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"stocktake/internal/errs"
)

// sheetName is the sheet that an export has and an import looks for.
const sheetName = "pledges"

// A cell of a workbook holds so many UTF-16 units of text.
const maxCell = 32_767

// The parts of a workbook round its one sheet. Cells are text (style 0, format "@"), so that a
// program in which somebody edits "2022-05" does not make it a day; row 1 is bold and stays.
var workbookParts = []struct{ name, content string }{
	{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
		`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>` +
		`<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>`},
	{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
	{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">` +
		`<sheets><sheet name="` + sheetName + `" sheetId="1" r:id="rId1"/></sheets></workbook>`},
	{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>` +
		`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>`},
	{"xl/styles.xml", `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` +
		`<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
		`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
		`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
		`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
		`<cellXfs count="2"><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
		`<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/></cellXfs>` +
		`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`},
}

const sheetHead = `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` +
	`<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>` +
	`<cols><col min="1" max="1" width="12" customWidth="1"/><col min="2" max="3" width="48" customWidth="1"/><col min="4" max="` // … the last column

// xlsx writes a workbook with one sheet, row by row. The same selection gives the same bytes:
// no part holds a date.
func (s Selection) xlsx(w io.Writer) error {
	z := zip.NewWriter(w)
	part := func(name string) (*bufio.Writer, error) {
		// The oldest time that a zip can say: some programs refuse a file of 1979.
		p, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			return nil, err
		}
		out := bufio.NewWriterSize(p, 1<<16)
		_, err = out.WriteString(xml.Header)
		return out, err
	}
	for _, p := range workbookParts {
		out, err := part(p.name)
		if err != nil {
			return err
		}
		out.WriteString(p.content)
		if err := out.Flush(); err != nil {
			return err
		}
	}
	out, err := part("xl/worksheets/sheet1.xml")
	if err != nil {
		return err
	}
	out.WriteString(sheetHead + strconv.Itoa(len(Columns)) + `" width="16" customWidth="1"/></cols><sheetData>`)
	if err := sheetRow(out, 1, Columns); err != nil {
		return err
	}
	number := 1
	for item, err := range s.Items {
		if err != nil {
			return err
		}
		number++
		if err := sheetRow(out, number, s.row(item)); err != nil {
			return err
		}
	}
	out.WriteString(`</sheetData></worksheet>`)
	if err := out.Flush(); err != nil { // a failed write before it is remembered until here
		return err
	}
	return z.Close()
}

func sheetRow(out *bufio.Writer, row int, values []string) error {
	if row > maxSheetRow {
		return errs.New(errs.TooLarge, "a sheet has room for %d rows", maxSheetRow).WithHint("export as .csv or .jsonl")
	}
	number := strconv.Itoa(row)
	out.WriteString(`<row r="` + number + `">`)
	for i, v := range values {
		if v == "" {
			continue
		}
		if len(v) > maxCell && len(utf16.Encode([]rune(v))) > maxCell {
			return errs.New(errs.TooLarge, "%s of %s is longer than the %d characters that a cell of a workbook holds", Columns[i], values[0], maxCell).
				WithHint("export as .csv or .jsonl")
		}
		out.WriteString(`<c r="` + columnName(i) + number + `" t="inlineStr"`)
		if row == 1 {
			out.WriteString(` s="1"`)
		}
		out.WriteString(`><is><t xml:space="preserve">`)
		if err := xml.EscapeText(out, []byte(escape(v))); err != nil {
			return err
		}
		out.WriteString(`</t></is></c>`)
	}
	_, err := out.WriteString(`</row>`)
	return err
}

func columnName(i int) string {
	if i >= 26 {
		return columnName(i/26-1) + columnName(i%26)
	}
	return string(rune('A' + i))
}

// escape keeps what looks like the escape of a character from being read as one.
func escape(s string) string {
	if unescape(s) == s {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if s[i] == '_' && unescape(s[i:min(i+7, len(s))]) != s[i:min(i+7, len(s))] {
			b.WriteString("_x005F_")
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

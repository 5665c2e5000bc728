package exchange

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Columns of the sheet: the key is hidden, the answer alone can be changed.
const (
	formKeyColumn    = 0
	formAnswerColumn = 2
)

// Styles of cells, by their place in cellXfs.
const (
	styleLabel = iota
	styleTitle
	styleAnswer
	styleHelp
	styleGroup
)

const formStyles = `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` +
	`<fonts count="4"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="16"/><name val="Calibri"/></font>` +
	`<font><sz val="10"/><color rgb="FF595959"/><name val="Calibri"/></font><font><b/><sz val="12"/><name val="Calibri"/></font></fonts>` +
	`<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>` +
	`<fill><patternFill patternType="solid"><fgColor rgb="FFFFFBE6"/></patternFill></fill></fills>` +
	`<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border><border><left style="thin"/><right style="thin"/><top style="thin"/><bottom style="thin"/><diagonal/></border></borders>` +
	`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="5">` +
	`<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>` +
	`<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>` +
	`<xf numFmtId="49" fontId="0" fillId="2" borderId="1" xfId="0" applyNumberFormat="1" applyFill="1" applyBorder="1" applyAlignment="1" applyProtection="1"><alignment vertical="top" wrapText="1"/><protection locked="0"/></xf>` +
	`<xf numFmtId="49" fontId="2" fillId="0" borderId="0" xfId="0" applyFont="1" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>` +
	`<xf numFmtId="49" fontId="3" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>` +
	`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`

const sheetMain = `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">`

// WriteFormXLSX writes the form as a workbook: one protected sheet with the questions, of which
// the answers can be filled in, and a hidden one with the lists to choose from.
func WriteFormXLSX(w io.Writer, f Form) error {
	lists := formLists(f.Rows)
	z := packing{zip.NewWriter(w)}
	for _, p := range []struct{ name, content string }{
		{"[Content_Types].xml", strings.Replace(workbookParts[0].content, `</Types>`,
			`<Override PartName="/xl/worksheets/sheet2.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`, 1)},
		{"_rels/.rels", workbookParts[1].content},
		{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">` +
			`<sheets><sheet name="form" sheetId="1" r:id="rId1"/><sheet name="lists" sheetId="2" state="hidden" r:id="rId3"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", strings.Replace(workbookParts[3].content, `</Relationships>`,
			`<Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet2.xml"/></Relationships>`, 1)},
		{"xl/styles.xml", formStyles},
		{"xl/worksheets/sheet1.xml", formSheet(f, lists)},
		{"xl/worksheets/sheet2.xml", listSheet(lists)},
	} {
		if err := z.part(p.name, p.content); err != nil {
			return err
		}
	}
	return z.z.Close()
}

// formLists are the different lists of options, each once.
func formLists(rows []FormRow) (lists [][]string) {
	for _, r := range rows {
		if len(r.Options) > 0 && !slices.ContainsFunc(lists, func(l []string) bool { return slices.Equal(l, r.Options) }) {
			lists = append(lists, r.Options)
		}
	}
	return lists
}

func formCell(column, row, style int, text string) string {
	at := columnName(column) + strconv.Itoa(row)
	if text == "" {
		return fmt.Sprintf(`<c r="%s" s="%d"/>`, at, style)
	}
	return fmt.Sprintf(`<c r="%s" s="%d" t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>`, at, style, xmlText(escape(text)))
}

func formSheet(f Form, lists [][]string) string {
	var b, checks strings.Builder
	b.WriteString(sheetMain + `<sheetViews><sheetView workbookViewId="0"`)
	if f.Language.Dir() == "rtl" {
		b.WriteString(` rightToLeft="1"`)
	}
	b.WriteString(`/></sheetViews><cols><col min="1" max="1" width="4" hidden="1" customWidth="1"/><col min="2" max="2" width="38" customWidth="1"/>` +
		`<col min="3" max="3" width="64" customWidth="1"/><col min="4" max="4" width="60" customWidth="1"/></cols><sheetData>`)
	n := 0
	row := func(height int, cells ...string) {
		b.WriteString(`<row r="` + strconv.Itoa(n) + `"`)
		if height > 0 {
			fmt.Fprintf(&b, ` ht="%d" customHeight="1"`, height)
		}
		b.WriteString(`>` + strings.Join(cells, "") + `</row>`)
	}
	n++
	row(0, formCell(0, n, styleHelp, formMark+string(f.Language)), formCell(1, n, styleTitle, f.Title))
	for _, p := range f.Intro {
		n++
		row(0, formCell(1, n, styleLabel, ""), formCell(2, n, styleHelp, p))
	}
	n++
	row(0, formCell(1, n, styleGroup, f.Heads[0]), formCell(2, n, styleGroup, f.Heads[1]), formCell(3, n, styleGroup, f.Heads[2]))
	checked := 0
	for _, r := range f.Rows {
		n++
		if r.Key == "" {
			row(24, formCell(1, n, styleGroup, r.Label))
			continue
		}
		height := 0
		if r.Long {
			height = 200
		}
		row(height, formCell(formKeyColumn, n, styleHelp, r.Key), formCell(1, n, styleLabel, r.Label), formCell(formAnswerColumn, n, styleAnswer, r.Value), formCell(3, n, styleHelp, r.Help))
		if i := slices.IndexFunc(lists, func(l []string) bool { return len(r.Options) > 0 && slices.Equal(l, r.Options) }); i >= 0 {
			c := columnName(i)
			fmt.Fprintf(&checks, `<dataValidation type="list" allowBlank="1" showErrorMessage="1" sqref="C%d"><formula1>lists!$%s$1:$%s$%d</formula1></dataValidation>`, n, c, c, len(lists[i]))
			checked++
		}
	}
	b.WriteString(`</sheetData><sheetProtection sheet="1" objects="1" scenarios="1" formatRows="0" formatColumns="0"/>`)
	if checked > 0 {
		fmt.Fprintf(&b, `<dataValidations count="%d">%s</dataValidations>`, checked, checks.String())
	}
	b.WriteString(`<pageSetup orientation="landscape" fitToHeight="0"/></worksheet>`)
	return b.String()
}

func listSheet(lists [][]string) string {
	var b strings.Builder
	b.WriteString(sheetMain + `<sheetData>`)
	most := 0
	for _, l := range lists {
		most = max(most, len(l))
	}
	for i := range most {
		b.WriteString(`<row r="` + strconv.Itoa(i+1) + `">`)
		for c, l := range lists {
			if i < len(l) {
				b.WriteString(formCell(c, i+1, styleLabel, l[i]))
			}
		}
		b.WriteString(`</row>`)
	}
	b.WriteString(`</sheetData></worksheet>`)
	return b.String()
}

// ReadFormXLSX reads a workbook that WriteFormXLSX wrote and somebody filled in, with whatever
// program.
func ReadFormXLSX(f *os.File, size int64) (a FormAnswers, err error) {
	book, err := openWorkbook(f, size)
	if err != nil {
		return a, err
	}
	s := &xlsxSource{book: book}
	defer func() {
		if closing := s.closeParts(); err == nil {
			err = closing
		}
	}()
	if s.texts, err = book.texts(); err != nil {
		return a, err
	}
	if s.sheet, err = book.open(book.sheet); err != nil {
		return a, err
	}
	a.Values, a.Cells = map[string]string{}, map[string]string{}
	a.workbook, a.since1904 = true, book.since1904
	for {
		switch err := s.next(); {
		case err == io.EOF:
			if a.Language == "" {
				return a, notOurs("the workbook is no form of ours")
			}
			return a, nil
		case err != nil:
			return a, err
		}
		if s.row > maxFormRows {
			return a, notOurs("the sheet has more than %d rows", maxFormRows)
		}
		var key, value string
		for _, c := range s.cells {
			switch c.column {
			case formKeyColumn:
				key = strings.TrimSpace(c.value)
			case formAnswerColumn:
				if value = c.value; c.fault != "" || !utf8.ValidString(value) {
					value = ""
				}
			}
		}
		if a.Language == "" && strings.HasPrefix(key, formMark) {
			a.speak(key)
			continue
		}
		if err := a.answer(key, value); err != nil {
			return a, err
		}
		if a.Values[key] != "" {
			a.Cells[key] = columnName(formAnswerColumn) + strconv.Itoa(s.row)
		}
	}
}

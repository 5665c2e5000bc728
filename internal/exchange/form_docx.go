package exchange

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"stocktake/internal/errs"
)

const docxTypes = `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
	`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
	`<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`

const docxRels = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
	`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`

// WriteFormDOCX writes the form as a document with one table: the question, with its key in
// square brackets, and a field for the answer.
func WriteFormDOCX(w io.Writer, f Form) error {
	z := packing{zip.NewWriter(w)}
	for _, p := range []struct{ name, content string }{
		{"[Content_Types].xml", docxTypes}, {"_rels/.rels", docxRels}, {"word/document.xml", formDocument(f)},
	} {
		if err := z.part(p.name, p.content); err != nil {
			return err
		}
	}
	return z.z.Close()
}

type docxWriter struct {
	strings.Builder
	rtl bool
}

// paragraph writes text; size is in half points.
func (w *docxWriter) paragraph(text string, size int, bold bool, color string) {
	w.WriteString(`<w:p><w:pPr>`)
	if w.rtl {
		w.WriteString(`<w:bidi/>`)
	}
	w.WriteString(`</w:pPr>`)
	w.run(text, size, bold, color)
	w.WriteString(`</w:p>`)
}

func (w *docxWriter) run(text string, size int, bold bool, color string) {
	for i, line := range strings.Split(text, "\n") {
		w.WriteString(`<w:r><w:rPr>`)
		if bold {
			w.WriteString(`<w:b/><w:bCs/>`)
		}
		if color != "" {
			w.WriteString(`<w:color w:val="` + color + `"/>`)
		}
		fmt.Fprintf(w, `<w:sz w:val="%d"/><w:szCs w:val="%d"/>`, size, size)
		if w.rtl {
			w.WriteString(`<w:rtl/>`)
		}
		w.WriteString(`</w:rPr>`)
		if i > 0 {
			w.WriteString(`<w:br/>`)
		}
		w.WriteString(`<w:t xml:space="preserve">` + xmlText(line) + `</w:t></w:r>`)
	}
}

const docxGrey = "595959"

func formDocument(f Form) string {
	w := &docxWriter{rtl: f.Language.Dir() == "rtl"}
	w.WriteString(`<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`)
	w.paragraph(f.Title, 32, true, "")
	for _, p := range f.Intro {
		w.paragraph(p, 20, false, docxGrey)
	}
	w.WriteString(`<w:tbl><w:tblPr>`)
	if w.rtl {
		w.WriteString(`<w:bidiVisual/>`)
	}
	w.WriteString(`<w:tblW w:w="5000" w:type="pct"/><w:tblBorders>`)
	for _, side := range []string{"top", "left", "bottom", "right", "insideH", "insideV"} {
		w.WriteString(`<w:` + side + ` w:val="single" w:sz="4" w:space="0" w:color="BFBFBF"/>`)
	}
	w.WriteString(`</w:tblBorders></w:tblPr><w:tblGrid><w:gridCol w:w="3600"/><w:gridCol w:w="6000"/></w:tblGrid>`)
	for _, r := range f.Rows {
		w.row(r)
	}
	w.WriteString(`</w:tbl>`)
	w.paragraph(formMark+string(f.Language), 14, false, docxGrey)
	w.WriteString(`<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1134" w:right="1134" w:bottom="1134" w:left="1134" w:header="567" w:footer="567" w:gutter="0"/></w:sectPr></w:body></w:document>`)
	return w.String()
}

func (w *docxWriter) row(r FormRow) {
	if r.Key == "" {
		w.WriteString(`<w:tr><w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>`)
		w.paragraph(r.Label, 24, true, "")
		w.WriteString(`</w:tc></w:tr>`)
		return
	}
	w.WriteString(`<w:tr><w:tc><w:tcPr><w:tcW w:w="3600" w:type="dxa"/></w:tcPr>`)
	w.paragraph(r.Label, 22, true, "")
	if r.Help != "" {
		w.paragraph(r.Help, 18, false, docxGrey)
	}
	w.paragraph("["+r.Key+"]", 14, false, "A6A6A6")
	w.WriteString(`</w:tc><w:tc><w:tcPr><w:tcW w:w="6000" w:type="dxa"/></w:tcPr><w:p><w:pPr>`)
	if w.rtl {
		w.WriteString(`<w:bidi/>`)
	}
	w.WriteString(`</w:pPr><w:sdt><w:sdtPr><w:tag w:val="` + r.Key + `"/>`)
	if r.Value == "" {
		w.WriteString(`<w:showingPlcHdr/>`)
	}
	if len(r.Options) > 0 {
		w.WriteString(`<w:dropDownList>`)
		for _, o := range r.Options {
			w.WriteString(`<w:listItem w:displayText="` + xmlText(o) + `" w:value="` + xmlText(o) + `"/>`)
		}
		w.WriteString(`</w:dropDownList>`)
	} else {
		w.WriteString(`<w:text w:multiLine="1"/>`)
	}
	w.WriteString(`</w:sdtPr><w:sdtContent>`)
	if r.Value == "" {
		w.run(strings.Repeat("\u2026", 8), 22, false, "A6A6A6")
	} else {
		w.run(r.Value, 22, false, "")
	}
	w.WriteString(`</w:sdtContent></w:sdt></w:p></w:tc></w:tr>`)
}

var docxKey = regexp.MustCompile(`\[([a-z][a-z0-9_.]*)\]`)

// docxRow is a row of a table being read.
type docxRow struct {
	cells  int
	label  strings.Builder // of the first cell
	answer strings.Builder // of the second
}

// ReadFormDOCX reads a document that WriteFormDOCX wrote and somebody filled in. What a program
// left of the fields for answers does not matter: an answer is the text of the second cell.
func ReadFormDOCX(f *os.File, size int64) (a FormAnswers, err error) {
	z, err := openZip(f, size)
	if err != nil {
		return a, err
	}
	w := &workbook{parts: map[string]*zip.File{}}
	for _, part := range z.File {
		if w.parts[part.Name] == nil {
			w.parts[part.Name] = part
		}
	}
	if w.parts["word/document.xml"] == nil {
		return a, notOurs("the file is no document")
	}
	p, err := w.open("word/document.xml")
	if err != nil {
		return a, err
	}
	defer p.Close()
	a.Values = map[string]string{}
	if err := a.readDocument(p); err != nil {
		switch {
		case errors.Is(err, errRecordTooLong):
			return a, errs.New(errs.TooLarge, "the document is longer than %d bytes", maxSmallPart)
		case errs.KindOf(err) == errs.Internal:
			return a, errs.New(errs.Invalid, "the document is damaged: %w", err).WithKey(KeyNotOurs)
		}
		return a, err
	}
	if a.Language == "" {
		return a, notOurs("the document is no form of ours")
	}
	return a, nil
}

func (a *FormAnswers) readDocument(p *part) error {
	var row *docxRow
	var outside strings.Builder // text that stands in no table
	placeholder, inText, deleted := 0, false, 0
	depth := 0 // of fields that show a placeholder
	for {
		t, err := p.token()
		if err == io.EOF {
			a.speak(outside.String())
			return nil
		}
		if err != nil {
			return err
		}
		switch e := t.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "tr":
				row = &docxRow{}
			case "tc":
				if row != nil {
					row.cells++
				}
			case "sdt":
				depth++
			case "showingPlcHdr":
				placeholder = depth
			case "del", "moveFrom":
				deleted++
			case "t":
				inText = true
			case "br", "cr":
				row.write("\n", placeholder > 0)
			case "tab":
				row.write("\t", placeholder > 0)
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "t":
				inText = false
			case "p":
				row.write("\n", placeholder > 0)
			case "del", "moveFrom":
				deleted--
			case "sdt":
				if placeholder == depth {
					placeholder = 0
				}
				depth--
			case "tr":
				if row == nil {
					continue
				}
				if m := docxKey.FindAllStringSubmatch(row.label.String(), -1); m != nil {
					if err := a.answer(m[len(m)-1][1], row.answer.String()); err != nil {
						return err
					}
				}
				row = nil
			}
		case xml.CharData:
			switch {
			case !inText || deleted > 0:
			case row == nil:
				if outside.Len() < 1<<16 {
					outside.Write(e)
				}
			default:
				row.write(string(e), placeholder > 0)
			}
		}
	}
}

func (r *docxRow) write(s string, placeholder bool) {
	switch {
	case r == nil:
	case r.cells == 1:
		r.label.WriteString(s)
	case r.cells == 2 && !placeholder:
		r.answer.WriteString(s)
	}
}

package blob

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"stocktake/internal/errs"
)

type entry struct{ name, body string }

func zipOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		w, err := z.Create(e.name)
		if err == nil {
			_, err = io.WriteString(w, e.body)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipText(t testing.TB, data []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name] = string(body)
	}
	return all
}

func typesOf(main string) entry {
	return entry{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/word/document.xml" ContentType="` + main + `"/>` +
		`<Override PartName="/docProps/custom.xml" ContentType="application/vnd.openxmlformats-officedocument.custom-properties+xml"/></Types>`}
}

const docxMain = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"

func docxWith(t testing.TB, more ...entry) []byte {
	return zipOf(t, append([]entry{
		typesOf(docxMain),
		{"_rels/.rels", `<Relationships><Relationship Id="rId1" Type="t/officeDocument" Target="word/document.xml"/><Relationship Id="rId4" Type="t/custom-properties" Target="docProps/custom.xml"/></Relationships>`},
		{"word/document.xml", `<w:document><w:p><w:ins w:id="1" w:author="` + secret + `" w:date="2026-01-01T00:00:00Z"><w:t>We pledge w:author="kept" by 2030.</w:t></w:ins></w:p></w:document>`},
		{"word/comments.xml", `<w:comments><w:comment w:author='` + secret + `' w:initials="JaneDoeN"/></w:comments>`},
		{"word/people.xml", `<w15:people><w15:person w15:author="` + secret + `"><w15:presenceInfo w15:providerId="AD" w15:userId="S::` + secret + `"/></w15:person></w15:people>`},
		{"word/_rels/document.xml.rels", `<Relationships><Relationship Id="r1" Type="t/hyperlink" Target="https://example.org/" TargetMode="External"/>` +
			`<Relationship Id="r2" Type="t/attachedTemplate" Target="file:///C:/Users/Jane%20Doe/x.dotm" TargetMode="External"/><Relationship Id="r3" Type="t/image" Target="https://track.example/" TargetMode="External"/></Relationships>`},
		{"word/media/image1.jpeg", string(jpegWith(t, 6))},
		{"docProps/core.xml", `<cp:coreProperties><dc:creator>` + secret + `</dc:creator></cp:coreProperties>`},
		{"docProps/app.xml", `<Properties><Company>` + secret + `</Company></Properties>`},
		{"docProps/custom.xml", `<Properties>` + secret + `</Properties>`},
	}, more...)...)
}

func odtWith(t testing.TB, more ...entry) []byte {
	return zipOf(t, append([]entry{
		{"mimetype", ODT},
		{"content.xml", `<office:document-content><office:annotation><dc:creator>` + secret + `</dc:creator><dc:date/></office:annotation><text:p>By 2030</text:p></office:document-content>`},
		{"meta.xml", `<office:document-meta><meta:initial-creator>` + secret + `</meta:initial-creator></office:document-meta>`},
		{"settings.xml", `<config:config-item config:name="PrinterName" config:type="string">` + secret + `</config:config-item>`},
		{"Pictures/1.png", string(pngWith(t))},
		{"META-INF/documentsignatures.xml", secret},
		{"META-INF/manifest.xml", `<manifest:manifest/>`},
	}, more...)...)
}

func TestDocumentsLoseWhatTellsOfTheirMaker(t *testing.T) {
	inner := docxWith(t)
	for _, c := range []struct {
		name, kind string
		data       []byte
		keep       string
	}{
		{"docx", DOCX, docxWith(t), `We pledge w:author="kept" by 2030.`},
		{"docx in a docx", DOCX, docxWith(t, entry{"word/embeddings/a.docx", string(inner)}), "https://example.org/"},
		{"odt", ODT, odtWith(t), "<text:p>By 2030</text:p>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			kind, cleaned, err := Clean(c.data)
			if err != nil {
				t.Fatal(err)
			}
			if kind != c.kind {
				t.Errorf("is %q", kind)
			}
			all := ""
			for name, body := range zipText(t, cleaned) {
				all += name + ": " + body + "\n"
				if strings.HasSuffix(name, ".docx") {
					for _, body := range zipText(t, []byte(body)) {
						all += body
					}
				}
			}
			for _, gone := range []string{secret, secret[:8], "Jane%20Doe", "JaneDoeN", "track.example", "custom.xml", "documentsignatures"} {
				if i := strings.Index(all, gone); i >= 0 {
					t.Errorf("%q is still there: …%s", gone, all[max(0, i-80):i+len(gone)])
				}
			}
			if !strings.Contains(all, c.keep) {
				t.Errorf("%q is gone", c.keep)
			}
			if _, again, err := Clean(cleaned); err != nil || !bytes.Equal(again, cleaned) {
				t.Errorf("cleaning twice is not cleaning once (%v)", err)
			}
		})
	}
}

func TestAnOpenDocumentBeginsWithItsType(t *testing.T) {
	_, cleaned, err := Clean(odtWith(t))
	if err != nil {
		t.Fatal(err)
	}
	if want := "mimetype" + ODT; string(cleaned[30:30+len(want)]) != want {
		t.Errorf("begins with %q", cleaned[:80])
	}
}

func TestACleanedWorkbookOpens(t *testing.T) {
	book := excelize.NewFile()
	defer book.Close()
	for _, err := range []error{
		book.SetCellValue("Sheet1", "A1", "Pledge"), book.SetCellValue("Sheet1", "B2", 42),
		book.SetDocProps(&excelize.DocProperties{Creator: secret, LastModifiedBy: secret}), book.SetAppProps(&excelize.AppProperties{Company: secret}),
		book.AddComment("Sheet1", excelize.Comment{Cell: "A1", Author: secret, Text: "why"}),
		book.AddTable("Sheet1", &excelize.Table{Range: "A1:B2", Name: "pledges"}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	b, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	kind, cleaned, err := Clean(b.Bytes())
	if err != nil || kind != XLSX {
		t.Fatalf("%q, %v", kind, err)
	}
	after, err := excelize.OpenReader(bytes.NewReader(cleaned))
	if err != nil {
		t.Fatal(err)
	}
	defer after.Close()
	rows, err := after.GetRows("Sheet1")
	if err != nil || len(rows) != 2 || rows[0][0] != "Pledge" || rows[1][1] != "42" {
		t.Errorf("rows %q, %v", rows, err)
	}
	if tables, err := after.GetTables("Sheet1"); err != nil || len(tables) != 1 || tables[0].Name != "pledges" {
		t.Errorf("tables %v, %v", tables, err)
	}
	if comments, err := after.GetComments("Sheet1"); err != nil || len(comments) != 1 || comments[0].Author != "" || !strings.Contains(comments[0].Text, "why") {
		t.Errorf("comments %+v, %v", comments, err)
	}
	for name, body := range zipText(t, cleaned) {
		if strings.Contains(body, secret) {
			t.Errorf("%s still says %q", name, secret)
		}
	}
}

func TestABombIsNotUnpacked(t *testing.T) {
	half := strings.Repeat("0", 600<<10)
	for name, data := range map[string][]byte{
		"one part":         docxWith(t, entry{"word/x.xml", strings.Repeat(half, 4)}),
		"all together":     docxWith(t, entry{"word/x.xml", half}, entry{"word/y.xml", half}),
		"a zip in the zip": docxWith(t, entry{"word/embeddings/a.docx", string(docxWith(t, entry{"word/x.xml", half}, entry{"word/y.xml", half}))}),
	} {
		budget := int64(1 << 20)
		if _, _, err := cleanNested(data, 0, &budget); keyOf(err) != KeyBomb {
			t.Errorf("%s: %v", name, err)
		}
		if budget < 0 {
			t.Errorf("%s: %d bytes too many were unpacked", name, -budget)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	many := make([]entry, maxParts+1)
	for i := range many {
		many[i].name = strings.Repeat("a", i%100+1) + "/" + strings.Repeat("b", i/100+1)
	}
	utf16 := "\xff\xfe<\x00w\x00>\x00"
	for _, c := range []struct {
		name, key string
		data      []byte
	}{
		{"nothing", KeyEmpty, nil},
		{"plain text", KeyType, []byte("hello")},
		{"a page", KeyType, []byte("<!DOCTYPE html><script>alert(1)</script>")},
		{"a drawing with script", KeyType, []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>`)},
		{"a GIF", KeyType, []byte("GIF89a")},
		{"a zip of anything", KeyType, zipOf(t, entry{"a.txt", "a"})},
		{"an old document", KeyOldOffice, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....")},
		{"a zip cut short", KeyDamaged, docxWith(t)[:300]},
		{"macros by type", KeyMacro, zipOf(t, typesOf("application/vnd.ms-word.document.macroEnabled.main+xml"))},
		{"macros by part", KeyMacro, docxWith(t, entry{"word/vbaProject.bin", "x"})},
		{"macros in a part of the part", KeyMacro, docxWith(t, entry{"word/embeddings/a.docx", string(docxWith(t, entry{"word/VBAPROJECT.bin", "x"}))})},
		{"ActiveX", KeyMacro, docxWith(t, entry{"word/activeX/activeX1.xml", "<x/>"})},
		{"macros of an OpenDocument", KeyMacro, odtWith(t, entry{"Basic/Standard/Module1.xml", "<x/>"})},
		{"an OpenDocument with a password", KeyEncrypted, zipOf(t, entry{"mimetype", ODS}, entry{"META-INF/manifest.xml", "<manifest:encryption-data/>"})},
		{"a program within", KeyEmbedded, docxWith(t, entry{"word/embeddings/setup.exe", "MZ"})},
		{"an OLE object within", KeyEmbedded, docxWith(t, entry{"word/embeddings/oleObject1.bin", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"})},
		{"a broken picture within", KeyDamaged, docxWith(t, entry{"word/media/b.jpg", "\xff\xd8\xff\xe0"})},
		{"text that cannot be searched", KeyDamaged, docxWith(t, entry{"word/x.xml", utf16})},
		{"a part outside", KeyDamaged, docxWith(t, entry{"../../etc/passwd", "x"})},
		{"the same part twice", KeyDamaged, docxWith(t, entry{"WORD/document.xml", "x"})},
		{"a bomb of parts", KeyBomb, zipOf(t, many...)},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := Clean(c.data)
			if got := keyOf(err); got != c.key {
				t.Errorf("refused for %q, want %q: %v", got, c.key, err)
			}
		})
	}
}

func keyOf(err error) string {
	if e, ok := errors.AsType[*errs.Error](err); ok {
		return e.Key
	}
	return ""
}

func FuzzOffice(f *testing.F) {
	f.Add(docxWith(f))
	f.Add(odtWith(f))
	fuzzClean(f, func(b []byte) ([]byte, error) {
		_, out, err := cleanOffice(b, 0)
		return out, err
	})
}

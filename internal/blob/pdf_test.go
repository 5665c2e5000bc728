package blob

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
)

// pdfOf makes a document of one page from its objects, number 1 being the catalogue and number
// 5 the description.
func pdfOf(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.6\n")
	var at []int
	for i, o := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R/Info 5 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return b.Bytes()
}

func stream(dict, body string) string {
	return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(body), body)
}

func pdfWith(t testing.TB, catalogue, page string, more ...string) []byte {
	return pdfOf(append([]string{
		"<</Type/Catalog/Pages 2 0 R/Metadata 6 0 R" + catalogue + ">>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<</XObject<</I 7 0 R>>/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>" + page + ">>",
		stream("", "BT /F 12 Tf 10 50 Td (We pledge \\(by 2030\\)) Tj ET q 40 0 0 24 10 10 cm /I Do Q"),
		"<</Author(" + secret + ")/Creator(Writer)/Producer(Office)/CreationDate(D:20260101000000Z)>>",
		stream("/Type/Metadata/Subtype/XML", "<x:xmpmeta>"+secret+"</x:xmpmeta>"),
		stream("/Type/XObject/Subtype/Image/Width 40/Height 24/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode/Metadata 6 0 R", string(jpegWith(t, 1))),
	}, more...)...)
}

func TestPDFsLoseWhatTellsOfTheirMaker(t *testing.T) {
	plain := pdfWith(t, "", "/Annots[<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/T("+secret+")/Contents(why)/M(D:20260101000000Z)>>]")
	var packed bytes.Buffer // with object streams, where nothing can be found by looking at the bytes
	if err := api.Optimize(bytes.NewReader(plain), &packed, model.NewDefaultConfiguration()); err != nil {
		t.Fatal(err)
	}
	older := append(bytes.Clone(plain), []byte("\n% "+secret+"\n%%EOF\n")...)
	for name, data := range map[string][]byte{"plain": plain, "with object streams": packed.Bytes(), "with a tail": older} {
		t.Run(name, func(t *testing.T) {
			kind, cleaned, err := Clean(data)
			if err != nil {
				t.Fatal(err)
			}
			if kind != PDF {
				t.Errorf("is %q", kind)
			}
			if err := api.Validate(bytes.NewReader(cleaned), model.NewDefaultConfiguration()); err != nil {
				t.Errorf("no longer a valid document: %v", err)
			}
			for _, gone := range []string{secret, "xmpmeta", "Author", "Producer", "CreationDate", "D:2026"} {
				if bytes.Contains(cleaned, []byte(gone)) {
					t.Errorf("%q is still there", gone)
				}
			}
			info, err := api.PDFInfo(bytes.NewReader(cleaned), "x.pdf", nil, false, model.NewDefaultConfiguration())
			if err != nil || info.PageCount != 1 || info.Author != "" {
				t.Errorf("pages %d, author %q: %v", info.PageCount, info.Author, err)
			}
			if name == "plain" && !bytes.Contains(cleaned, []byte("(why)")) {
				t.Error("the remark itself is gone")
			}
			_, again, err := Clean(cleaned)
			if err != nil || !bytes.Equal(again, cleaned) {
				t.Errorf("cleaning twice is not cleaning once (%v)", err)
			}
		})
	}
}

func TestPDFsThatActAreRefused(t *testing.T) {
	var locked bytes.Buffer
	conf := model.NewAESConfiguration("", "owner", 256)
	if err := api.Encrypt(bytes.NewReader(pdfWith(t, "", "")), &locked, conf); err != nil {
		t.Fatal(err)
	}
	var closed bytes.Buffer
	if err := api.Encrypt(bytes.NewReader(pdfWith(t, "", "")), &closed, model.NewAESConfiguration("user", "owner", 256)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, key string
		data      []byte
	}{
		{"encrypted, opens without a password", KeyEncrypted, locked.Bytes()},
		{"encrypted with a password", KeyEncrypted, closed.Bytes()},
		{"script on opening", KeyScript, pdfWith(t, "/OpenAction<</S/JavaScript/JS(app.alert(1))>>", "")},
		{"script by name", KeyScript, pdfWith(t, "/Names<</JavaScript<</Names[(a) 8 0 R]>>>>", "", "<</S/JavaScript/JS(x)>>")},
		{"script written with a code", KeyScript, pdfWith(t, "/OpenAction 8 0 R", "", "<</S/J#61vaScript/J#53(x)>>")},
		{"script kind behind a reference", KeyScript, pdfWith(t, "/OpenAction 8 0 R", "", "<</S 9 0 R>>", "/Launch")},
		{"a program", KeyScript, pdfWith(t, "", "/AA<</O<</S/Launch/F(cmd.exe)>>>>")},
		{"a dynamic form", KeyScript, pdfWith(t, "/AcroForm<</Fields[]/XFA 8 0 R>>", "", stream("", "<xdp/>"))},
		{"a file within", KeyEmbedded, pdfWith(t, "/Names<</EmbeddedFiles<</Names[]>>>>", "")},
		{"no end", KeyDamaged, []byte("%PDF-1.7\n1 0 obj")},
		{"nothing within", KeyDamaged, []byte("%PDF-1.7\n%%EOF")},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, _, err := Clean(c.data); keyOf(err) != c.key {
				t.Errorf("refused for %q, want %q: %v", keyOf(err), c.key, err)
			}
		})
	}
}

func TestAPDFOfLoopsEnds(t *testing.T) {
	data := pdfWith(t, "/Loop 8 0 R", "", "["+strings.Repeat("9 0 R ", 50)+"]", "["+strings.Repeat("8 0 R ", 50)+"]")
	if _, _, err := Clean(data); err != nil {
		t.Errorf("objects that point to each other: %v", err)
	}
	deep := pdfWith(t, "/Deep "+strings.Repeat("[", 5000)+strings.Repeat("]", 5000), "")
	if _, _, err := Clean(deep); keyOf(err) != KeyDamaged {
		t.Errorf("5000 lists within each other: %v", err)
	}
}

func FuzzPDF(f *testing.F) {
	f.Add(pdfWith(f, "", ""))
	f.Add(pdfWith(f, "/OpenAction<</S/JavaScript/JS(x)>>", ""))
	fuzzClean(f, func(b []byte) ([]byte, error) {
		if sniff(b) != PDF {
			return nil, damaged("other")
		}
		return cleanPDF(b)
	})
}

package blob

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

func init() { api.DisableConfigDir() } // it would write a file into the home folder

// pdfLimits bound what a document of at most MaxBytes may make the reader hold.
var pdfLimits = model.ResourceLimits{
	MaxStreamBytes: MaxBytes, MaxDecodeBytes: 64 << 20, MaxImagePixels: 1 << 28, MaxImageBytes: 64 << 20,
	MaxObjectCount: 1_000_000, MaxObjectStreamCount: 100_000, MaxObjectStreamFirst: 4 << 20,
	MaxXRefEntries: 1_000_000, MaxRecursionDepth: 100,
}

// cleanPDF reads the objects of a document and writes those that its pages need, numbered anew,
// without the description of the document (author, programs, times), XMP metadata, and earlier
// versions that incremental saving left in the file. Pictures within lose their Exif.
func cleanPDF(data []byte) (cleaned []byte, err error) {
	defer func() {
		if r := recover(); r != nil { // the reader meets files that nobody foresaw
			cleaned, err = nil, damaged("PDF: %v", r)
		}
	}()
	if end := bytes.LastIndex(data, []byte("%%EOF")); end < 0 {
		return nil, damaged("PDF: no end")
	}
	conf := model.NewDefaultConfiguration()
	conf.ValidationMode = model.ValidationRelaxed
	conf.Limits = pdfLimits
	conf.Offline = true
	conf.Cmd = model.VALIDATE
	doc, err := api.ReadContext(bytes.NewReader(data), conf)
	switch {
	case errors.Is(err, pdfcpu.ErrWrongPassword), errors.Is(err, pdfcpu.ErrEncrypted), err == nil && doc.Encrypt != nil:
		return nil, refuse(KeyEncrypted, "PDF: encrypted")
	case err != nil && bytes.Contains(data, []byte("/Encrypt")):
		return nil, refuse(KeyEncrypted, "PDF: encrypted: %w", err)
	case err != nil:
		return nil, damaged("PDF: %w", err)
	case doc.Root == nil:
		return nil, damaged("PDF: no catalogue")
	}
	// The reader leaves out what it cannot make sense of; without pages nothing is left.
	root, err := doc.DereferenceDict(*doc.Root)
	if err != nil || root == nil {
		return nil, damaged("PDF: the catalogue cannot be read: %v", err)
	}
	if pages, err := doc.DereferenceDict(root["Pages"]); err != nil || pages["Kids"] == nil {
		return nil, damaged("PDF: no pages: %v", err)
	}
	w := &pdfWriter{doc: doc, numbers: make(map[int]int)}
	return w.write()
}

// pdfWriter writes the objects that can be reached from the catalogue, in the order in which
// they are met: the same document always gives the same bytes.
type pdfWriter struct {
	doc     *model.Context
	numbers map[int]int // of an object in the source: its number in what is written
	queue   []int       // objects of the source, in their new order
	depth   int
}

const maxPDFDepth = 200

func (w *pdfWriter) number(source int) int {
	n, ok := w.numbers[source]
	if !ok {
		w.queue = append(w.queue, source)
		n = len(w.queue)
		w.numbers[source] = n
	}
	return n
}

func (w *pdfWriter) write() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	root := w.number(w.doc.Root.ObjectNumber.Value())
	var offsets []int
	for i := 0; i < len(w.queue); i++ {
		o, err := w.doc.Dereference(*types.NewIndirectRef(w.queue[i], 0))
		if err != nil {
			return nil, damaged("PDF: object %d: %w", w.queue[i], err)
		}
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n", i+1)
		if err := w.object(&b, o); err != nil {
			return nil, err
		}
		b.WriteString("\nendobj\n")
		if b.Len() > 2*MaxBytes {
			return nil, refuse(KeyBomb, "PDF: grows when it is written again")
		}
	}
	id := sha256.Sum256(b.Bytes())
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root %d 0 R/ID[<%x><%x>]>>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, root, id[:16], id[:16], start)
	return b.Bytes(), nil
}

func (w *pdfWriter) object(b *bytes.Buffer, o types.Object) error {
	if w.depth++; w.depth > maxPDFDepth {
		return damaged("PDF: objects within objects without end")
	}
	defer func() { w.depth-- }()
	switch o := o.(type) {
	case nil:
		b.WriteString("null")
	case types.IndirectRef:
		fmt.Fprintf(b, "%d 0 R", w.number(o.ObjectNumber.Value()))
	case types.Array:
		b.WriteByte('[')
		for _, e := range o {
			b.WriteByte(' ')
			if err := w.object(b, e); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	case types.Dict:
		return w.dict(b, o, -1)
	case types.StreamDict:
		return w.stream(b, o.Dict, o.Raw)
	case types.ObjectStreamDict, types.XRefStreamDict: // of the source file's own structure
		b.WriteString("null")
	case types.LazyObjectStreamObject:
		return damaged("PDF: an object that was not read")
	default:
		b.WriteString(o.PDFString())
	}
	return nil
}

// pdfDropped tell of the document's maker, programs and history. A signature does not survive
// a rewriting.
var pdfDropped = map[string]bool{
	"Metadata": true, "PieceInfo": true, "LastModified": true, "Perms": true, "DSS": true, "SpiderInfo": true,
}

var pdfRefused = map[string]string{
	"JS": KeyScript, "JavaScript": KeyScript, "XFA": KeyScript, "RichMediaContent": KeyScript,
	"EmbeddedFiles": KeyEmbedded, "EF": KeyEmbedded,
}

var pdfActions = map[string]string{
	"JavaScript": KeyScript, "Rendition": KeyScript, "Launch": KeyScript, "ImportData": KeyScript, "SubmitForm": KeyScript,
	"GoToE": KeyEmbedded,
}

// dict writes keys in alphabetical order; length is that of a stream, -1 for none.
func (w *pdfWriter) dict(b *bytes.Buffer, d types.Dict, length int) error {
	action, err := w.doc.Dereference(d["S"])
	if err != nil {
		return damaged("PDF: %w", err)
	}
	if s, ok := action.(types.Name); ok && pdfActions[string(s)] != "" {
		return refuse(pdfActions[string(s)], "PDF: an action %q", string(s))
	}
	kind, _ := d["Type"].(types.Name)
	subtype, _ := d["Subtype"].(types.Name)
	b.WriteString("<<")
	for _, k := range slices.Sorted(maps.Keys(d)) {
		if key := pdfRefused[k]; key != "" {
			return refuse(key, "PDF: holds %q", k)
		}
		v := d[k]
		switch {
		case pdfDropped[k], k == "Length" && length >= 0, v == nil:
			continue
		case kind == "Sig" && k != "Type" && k != "Filter" && k != "SubFilter":
			continue
		case (k == "T" || k == "M" || k == "CreationDate") && w.comment(subtype, d): // who wrote a comment, and when
			continue
		}
		b.WriteString(types.Name(k).PDFString())
		b.WriteByte(' ')
		if err := w.object(b, v); err != nil {
			return err
		}
	}
	if length >= 0 {
		b.WriteString("/Length " + strconv.Itoa(length))
	}
	b.WriteString(">>")
	return nil
}

// comment reports whether the dictionary is a remark on a page: in those T is the author's
// name, in the fields of a form it is the field's.
func (w *pdfWriter) comment(subtype types.Name, d types.Dict) bool {
	_, placed := d["Rect"]
	return placed && subtype != "" && subtype != "Widget"
}

func (w *pdfWriter) stream(b *bytes.Buffer, d types.Dict, raw []byte) error {
	if subtype, _ := d["Subtype"].(types.Name); subtype == "Image" && w.onlyFilter(d, "DCTDecode") {
		cleaned, err := cleanJPEG(raw)
		switch {
		case err == nil:
			raw = cleaned
		case tellsOfItsMaker(raw):
			return err
		}
	}
	if err := w.dict(b, d, len(raw)); err != nil {
		return err
	}
	b.WriteString("\nstream\n")
	b.Write(raw)
	b.WriteString("\nendstream")
	return nil
}

// tellsOfItsMaker decides about pictures that are drawn although they are not whole.
func tellsOfItsMaker(jpeg []byte) bool {
	return bytes.Contains(jpeg, []byte("Exif\x00")) || bytes.Contains(jpeg, []byte("ns.adobe.com/xap")) || bytes.Contains(jpeg, []byte("Photoshop 3.0"))
}

func (w *pdfWriter) onlyFilter(d types.Dict, name string) bool {
	f, err := w.doc.Dereference(d["Filter"])
	if err != nil {
		return false
	}
	if a, ok := f.(types.Array); ok {
		if len(a) != 1 {
			return false
		}
		if f, err = w.doc.Dereference(a[0]); err != nil {
			return false
		}
	}
	n, ok := f.(types.Name)
	return ok && string(n) == name
}

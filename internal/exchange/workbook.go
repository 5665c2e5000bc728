package exchange

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"stocktake/internal/errs"
)

// workbook is a zip with the parts of ISO/IEC 29500; only those that are needed are unpacked.
type workbook struct {
	parts     map[string]*zip.File
	unzipped  uint64 // bytes that the parts opened so far claim to have
	sheet     string
	name      string // of the sheet, for people
	shared    string // the part with the shared texts; "" for none
	since1904 bool
}

func openWorkbook(f *os.File, size int64) (*workbook, error) {
	z, err := openZip(f, size)
	if err != nil {
		return nil, err
	}
	w := &workbook{parts: make(map[string]*zip.File, len(z.File))}
	for _, part := range z.File {
		if w.parts[part.Name] == nil {
			w.parts[part.Name] = part
		}
	}
	main := "xl/workbook.xml"
	if links, err := w.links("_rels/.rels"); err == nil {
		for _, l := range links {
			if l.kind == "officeDocument" {
				main = l.target
			}
		}
	}
	if err := w.readMain(main); err != nil {
		return nil, err
	}
	return w, nil
}

// readMain finds the sheet and the shared texts.
func (w *workbook) readMain(main string) error {
	type sheet struct{ name, id, state string }
	var sheets []sheet
	err := w.each(main, func(e xml.StartElement) {
		switch e.Name.Local {
		case "workbookPr":
			v := attr(e, "date1904")
			w.since1904 = v == "1" || v == "true"
		case "sheet":
			s := sheet{name: attr(e, "name"), state: attr(e, "state")}
			for _, a := range e.Attr {
				if a.Name.Local == "id" && a.Name.Space != "" { // r:id
					s.id = a.Value
				}
			}
			sheets = append(sheets, s)
		}
	})
	if err != nil {
		return err
	}
	links, err := w.links(path.Join(path.Dir(main), "_rels", path.Base(main)+".rels"))
	if err != nil {
		return err
	}
	chosen := -1
	for i, s := range sheets {
		if strings.EqualFold(s.name, sheetName) {
			chosen = i
			break
		}
		if chosen < 0 && (s.state == "" || s.state == "visible") {
			chosen = i
		}
	}
	if chosen < 0 {
		return errs.New(errs.Invalid, "the workbook has no visible sheet")
	}
	w.name = sheets[chosen].name
	for _, l := range links {
		switch {
		case l.id == sheets[chosen].id && l.kind == "worksheet":
			w.sheet = l.target
		case l.kind == "sharedStrings":
			w.shared = l.target
		}
	}
	if w.sheet == "" {
		return errs.New(errs.Invalid, "the workbook has no table behind the name of its sheet %q", w.name)
	}
	return nil
}

type link struct{ id, kind, target string }

// links are the relationships of a part; kind is the last word of the type's address.
func (w *workbook) links(rels string) ([]link, error) {
	var links []link
	base := path.Dir(path.Dir(rels))
	err := w.each(rels, func(e xml.StartElement) {
		if e.Name.Local != "Relationship" || attr(e, "TargetMode") == "External" {
			return
		}
		target := attr(e, "Target")
		if strings.HasPrefix(target, "/") {
			target = strings.TrimPrefix(path.Clean(target), "/")
		} else {
			target = path.Join(base, target)
		}
		links = append(links, link{id: attr(e, "Id"), kind: path.Base(attr(e, "Type")), target: target})
	})
	return links, err
}

// each calls f with every element of a small part.
func (w *workbook) each(name string, f func(xml.StartElement)) error {
	p, err := w.open(name)
	if err != nil {
		return err
	}
	defer p.Close()
	for {
		t, err := p.token()
		switch {
		case err == io.EOF:
			return nil
		case errors.Is(err, errRecordTooLong):
			return errs.New(errs.TooLarge, "the workbook's part %s is longer than %d bytes", name, maxSmallPart)
		case err != nil:
			return errs.New(errs.Invalid, "the workbook is damaged: %s: %w", name, err)
		}
		if e, ok := t.(xml.StartElement); ok {
			f(e)
		}
	}
}

// part is one part of a workbook being read as XML.
type part struct {
	closer io.Closer
	dec    *xml.Decoder
	limit  *perRecord
	depth  int
	read   int64
	size   int64 // as claimed
	report Progress
}

func (w *workbook) open(name string) (*part, error) {
	f := w.parts[name]
	if f == nil {
		return nil, errs.New(errs.Invalid, "the file is no workbook: it has no part %s", name).WithHint("save it as .xlsx")
	}
	// archive/zip gives an error where a part unpacks to more than it claims.
	if w.unzipped += f.UncompressedSize64; w.unzipped > maxUnzipped || f.UncompressedSize64 > maxUnzipped {
		return nil, errs.New(errs.TooLarge, "the workbook unpacks to more than %d MB", maxUnzipped>>20).
			WithHint("save the rows as CSV, which is read as it comes")
	}
	r, err := f.Open()
	if err != nil {
		return nil, errs.New(errs.Invalid, "the workbook is damaged: %s: %w", name, err)
	}
	p := &part{closer: r, size: int64(f.UncompressedSize64)}
	p.limit = &perRecord{r: readerFunc(func(b []byte) (int, error) {
		n, err := r.Read(b)
		p.read += int64(n)
		if p.report != nil {
			p.report(Reading, min(p.read, p.size), p.size)
		}
		return n, err
	}), left: maxSmallPart}
	p.dec = xml.NewDecoder(bufio.NewReaderSize(p.limit, 4096))
	return p, nil
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// allow lets the next record take so many bytes.
func (p *part) allow(n int) { p.limit.left = n }

// token is the next token; io.EOF at a well-formed end.
func (p *part) token() (xml.Token, error) {
	t, err := p.dec.RawToken()
	if err != nil {
		if err == io.EOF && p.depth > 0 {
			return nil, io.ErrUnexpectedEOF
		}
		return nil, err
	}
	switch t.(type) {
	case xml.StartElement:
		if p.depth++; p.depth > maxDepth {
			return nil, fmt.Errorf("elements are nested deeper than %d", maxDepth)
		}
	case xml.EndElement:
		if p.depth--; p.depth < 0 {
			return nil, errors.New("an element ends that did not begin")
		}
	}
	return t, nil
}

// text calls f with every piece of text up to the end of the element that has just begun, and
// with the names of the elements round it, outermost first. Text directly in it is not reported.
func (p *part) text(name string, f func(path []string, text []byte)) error {
	var names []string
	for {
		t, err := p.token()
		if err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		switch e := t.(type) {
		case xml.StartElement:
			names = append(names, e.Name.Local)
		case xml.EndElement:
			if len(names) == 0 {
				if e.Name.Local != name {
					return fmt.Errorf("%s ends where %s should", e.Name.Local, name)
				}
				return nil
			}
			if names[len(names)-1] != e.Name.Local {
				return fmt.Errorf("%s ends where %s should", e.Name.Local, names[len(names)-1])
			}
			names = names[:len(names)-1]
		case xml.CharData:
			if len(names) > 0 {
				f(names, e)
			}
		}
	}
}

func (p *part) Close() error { return p.closer.Close() }

// maxTexts bounds the index of the shared texts in memory.
const maxTexts = 4 << 20

// texts are the shared texts of a workbook, in a temporary file: they may be as large as all
// the rest.
type texts struct {
	file *os.File
	ends []uint32 // where each text ends in the file
}

// texts reads the part with the shared texts.
func (w *workbook) texts() (_ *texts, err error) {
	if w.shared == "" || w.parts[w.shared] == nil {
		return nil, nil
	}
	p, err := w.open(w.shared)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	t := &texts{}
	if t.file, err = tempFile(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.close())
		}
	}()
	out := bufio.NewWriterSize(t.file, 1<<16)
	if err := t.fill(p, out); err != nil {
		switch {
		case errors.Is(err, errRecordTooLong):
			err = errs.New(errs.TooLarge, "a shared text of the workbook is longer than %d bytes", maxRowXML)
		case errs.KindOf(err) == errs.Internal:
			err = errs.New(errs.Invalid, "the workbook is damaged: %s: %w", w.shared, err)
		}
		return nil, err
	}
	return t, out.Flush()
}

func (t *texts) fill(p *part, out io.Writer) error {
	var end uint32
	for {
		p.allow(maxRowXML)
		token, err := p.token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		e, ok := token.(xml.StartElement)
		if !ok || e.Name.Local != "si" {
			continue
		}
		var b strings.Builder
		err = p.text("si", func(path []string, text []byte) {
			if path[len(path)-1] == "t" && !within(path, "rPh") {
				b.Write(text)
			}
		})
		if err != nil {
			return err
		}
		if len(t.ends) >= maxTexts {
			return errs.New(errs.TooLarge, "the workbook has more than %d texts", maxTexts)
		}
		text := unescape(b.String())
		if _, err := io.WriteString(out, text); err != nil {
			return err
		}
		end += uint32(len(text)) // at most maxUnzipped in all
		t.ends = append(t.ends, end)
	}
}

// get is the n-th text.
func (t *texts) get(n int) (string, error) {
	if t == nil || n < 0 || n >= len(t.ends) {
		return "", fmt.Errorf("a cell refers to the shared text %d, and there is none", n)
	}
	start := uint32(0)
	if n > 0 {
		start = t.ends[n-1]
	}
	b := make([]byte, t.ends[n]-start)
	if _, err := t.file.ReadAt(b, int64(start)); err != nil && (err != io.EOF || len(b) > 0) {
		return "", err
	}
	return string(b), nil
}

func (t *texts) close() error {
	if t == nil {
		return nil
	}
	return discard(t.file)
}

// tempFile makes a file that is gone with the process, however that ends, where the system
// lets go of a name that is in use.
func tempFile() (*os.File, error) {
	f, err := os.CreateTemp("", "stocktake-import-*")
	if err != nil {
		return nil, errs.New(errs.Unavailable, "no temporary file can be made: %w", err).
			WithHint("make the folder %s, or name another one with room in the environment variable TMPDIR", os.TempDir())
	}
	_ = os.Remove(f.Name())
	return f, nil
}

func discard(f *os.File) error {
	err := f.Close()
	_ = os.Remove(f.Name()) // gone already, but on systems that keep a name in use
	return err
}

package blob

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"path"
	"regexp"
	"strings"
	"time"
)

// Limits of a zipped document.
const (
	maxParts    = 5000
	maxUnpacked = 200 << 20 // of all parts together
	maxNesting  = 2         // documents within documents
)

// part is one file of the zip, unpacked.
type part struct {
	name string
	body []byte
}

// cleanOffice takes a document of ISO/IEC 29500 (docx, xlsx, pptx) or ISO/IEC 26300 (odt, ods,
// odp) apart, empties what names people and puts it together again, always the same way.
func cleanOffice(data []byte, depth int) (kind string, cleaned []byte, err error) {
	budget := int64(maxUnpacked)
	return cleanNested(data, depth, &budget)
}

func cleanNested(data []byte, depth int, budget *int64) (string, []byte, error) {
	if depth > maxNesting {
		return "", nil, refuse(KeyEmbedded, "documents within documents within documents")
	}
	parts, err := unzip(data, budget)
	if err != nil {
		return "", nil, err
	}
	kind, err := officeKind(parts)
	if err != nil {
		return "", nil, err
	}
	open := kind == ODT || kind == ODS || kind == ODP
	kept := make([]part, 0, len(parts))
	var dropped []string
	for _, p := range parts {
		body, keep, err := cleanPart(p, open, depth, budget)
		if err != nil {
			return "", nil, err
		}
		if !keep {
			dropped = append(dropped, p.name)
			continue
		}
		kept = append(kept, part{p.name, body})
	}
	if !open {
		unlink(kept, dropped)
	}
	out, err := rezip(kept, open)
	return kind, out, err
}

func unzip(data []byte, budget *int64) ([]part, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, damaged("zip: %w", err)
	}
	if len(z.File) > maxParts {
		return nil, refuse(KeyBomb, "zip: %d parts", len(z.File))
	}
	seen := make(map[string]bool, len(z.File))
	var parts []part
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "/") {
			continue // a folder; the parts' names say where they are
		}
		name := strings.ToLower(f.Name)
		switch {
		case f.Flags&1 != 0:
			return nil, refuse(KeyEncrypted, "zip: part %q is encrypted", f.Name)
		case f.Name != path.Clean(f.Name), path.IsAbs(f.Name), strings.HasPrefix(f.Name, "../"), strings.ContainsAny(f.Name, "\\\x00"):
			return nil, damaged("zip: part %q leaves its folder", f.Name)
		case seen[name]:
			return nil, damaged("zip: part %q is there twice", f.Name)
		case f.UncompressedSize64 > uint64(*budget):
			return nil, refuse(KeyBomb, "zip: part %q is too large", f.Name)
		}
		seen[name] = true
		body, err := unpack(f, *budget)
		if err != nil {
			return nil, err
		}
		*budget -= int64(len(body))
		parts = append(parts, part{f.Name, body})
	}
	return parts, nil
}

// unpack reads one part. The reader checks size and checksum; limit is what may still come out,
// whatever the part says of itself.
func unpack(f *zip.File, limit int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		if errors.Is(err, zip.ErrAlgorithm) {
			return nil, damaged("zip: part %q is packed in an unknown way", f.Name)
		}
		return nil, damaged("zip: part %q: %w", f.Name, err)
	}
	defer r.Close()
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, damaged("zip: part %q: %w", f.Name, err)
	}
	if int64(len(body)) > limit {
		return nil, refuse(KeyBomb, "zip: unpacks to more than %d bytes", maxUnpacked)
	}
	return body, nil
}

var officeMains = []struct{ main, kind string }{
	{"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml", DOCX},
	{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", XLSX},
	{"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml", PPTX},
}

func officeKind(parts []part) (string, error) {
	var types, mimetype, manifest []byte
	for _, p := range parts {
		switch p.name {
		case "[Content_Types].xml":
			types = p.body
		case "mimetype":
			mimetype = p.body
		case "META-INF/manifest.xml":
			manifest = p.body
		}
	}
	if kind := strings.TrimSpace(string(mimetype)); kind == ODT || kind == ODS || kind == ODP {
		if manifest == nil {
			return "", damaged("OpenDocument without a manifest")
		}
		if bytes.Contains(manifest, []byte("encryption-data")) {
			return "", refuse(KeyEncrypted, "OpenDocument with a password")
		}
		return kind, nil
	}
	if bytes.Contains(types, []byte("macroEnabled")) {
		return "", refuse(KeyMacro, "a document that may hold macros")
	}
	for _, m := range officeMains {
		if bytes.Contains(types, []byte(`"`+m.main+`"`)) {
			return m.kind, nil
		}
	}
	return "", refuse(KeyType, "a zip that is no document")
}

const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

// What stands in place of the parts that only tell of the maker.
const (
	emptyCore = xmlHead + `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>`
	emptyApp  = xmlHead + `<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"/>`
	emptyMeta = xmlHead + `<office:document-meta xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" office:version="1.2"><office:meta/></office:document-meta>`
)

func cleanPart(p part, open bool, depth int, budget *int64) (body []byte, keep bool, err error) {
	name := strings.ToLower(p.name)
	base, ending := path.Base(name), path.Ext(name)
	switch {
	case strings.HasPrefix(base, "vbaproject"), strings.HasPrefix(base, "vbadata"), strings.Contains(name, "/activex/"), strings.Contains(name, "macrosheets/"),
		open && (strings.HasPrefix(name, "basic/") || strings.HasPrefix(name, "scripts/")):
		return nil, false, refuse(KeyMacro, "the document holds macros (%q)", p.name)
	case name == "docprops/core.xml":
		return []byte(emptyCore), true, nil
	case name == "docprops/app.xml":
		return []byte(emptyApp), true, nil
	case open && base == "meta.xml":
		return []byte(emptyMeta), true, nil
	case name == "docprops/custom.xml", strings.HasPrefix(name, "_xmlsignatures/"), strings.HasPrefix(name, "customxml/"),
		strings.Contains(base, "printersettings"), open && strings.HasPrefix(name, "meta-inf/") && strings.Contains(base, "signatures"):
		return nil, false, nil // signatures do not survive cleaning, and they name the signer
	case ending == ".xml" || ending == ".rels":
		if bytes.IndexByte(p.body, 0) >= 0 {
			return nil, false, damaged("part %q is not in UTF-8", p.name)
		}
		return cleanXML(p.body, ending == ".rels"), true, nil
	}
	switch sniff(p.body) {
	case JPEG:
		body, err = cleanJPEG(p.body)
	case PNG:
		body, err = cleanPNG(p.body)
	case WebP:
		body, err = cleanWebP(p.body)
	case kindZip:
		_, body, err = cleanNested(p.body, depth+1, budget)
	case kindOld, PDF:
		err = refuse(KeyEmbedded, "part %q is a file of its own", p.name)
	default:
		if embedded(name, ending) {
			err = refuse(KeyEmbedded, "part %q is a file of its own", p.name)
		}
		body = p.body
	}
	return body, err == nil, err
}

func embedded(name, ending string) bool {
	switch ending {
	case ".exe", ".dll", ".js", ".vbs", ".jar", ".bat", ".cmd", ".ps1", ".msi", ".scr", ".hta":
		return true
	}
	return ending == ".bin" && (strings.Contains(name, "/embeddings/") || strings.Contains(name, "oleobject"))
}

var (
	xmlTag = regexp.MustCompile(`<[A-Za-z][^<>]*>`)
	// Attributes that name people wherever they stand: in comments and tracked changes.
	xmlPerson = regexp.MustCompile(`\s(?:w:author|w:initials|w15:author|w15:userId|w15:providerId|userName)=(?:"[^"]*"|'[^']*')`)
	// Elements of lists of persons, and their attributes.
	xmlPersonTag   = regexp.MustCompile(`^<(?:[a-z0-9]+:)?(?:cmAuthor|author|person)\s`)
	xmlPersonTagOf = regexp.MustCompile(`\s(?:name|displayName|userId|providerId|initials)=(?:"[^"]*"|'[^']*')`)
	// Elements that hold nothing but a person or a folder of a person's machine.
	xmlAuthors = regexp.MustCompile(`(<(author|dc:creator|meta:creator-initials|loext:sender-initials|text:sender-[a-z-]+|text:author-[a-z]+|text:initial-creator|text:creator)(?:\s[^<>]*[^/])?>)[^<]*(</)`)
	xmlAbsPath = regexp.MustCompile(`<x15ac:absPath\s[^<>]*/>`)
	// A sheet's page setup names its printer's settings, which are dropped.
	xmlPageSetup = regexp.MustCompile(`(<pageSetup\s[^<>]*?)\sr:id="[^"]*"`)
	xmlPrinter   = regexp.MustCompile(`(<config:config-item\s[^<>]*config:name="Printer(?:Name|Setup)"[^<>]*>)[^<]*`)

	relTag    = regexp.MustCompile(`<Relationship\s[^<>]*>`)
	relTarget = regexp.MustCompile(`\sTarget=(?:"[^"]*"|'[^']*')`)
	relLocal  = regexp.MustCompile(`(?i)\sTarget=["'](?:file:|\\\\|[a-z]:[\\/])`)
)

// cleanXML empties what names people. It works on the bytes between < and >, so that no
// text of the document changes and nothing is lost that a parser of ours would not know.
func cleanXML(body []byte, links bool) []byte {
	if links {
		return relTag.ReplaceAllFunc(body, cleanLink)
	}
	body = xmlTag.ReplaceAllFunc(body, func(tag []byte) []byte {
		tag = xmlPerson.ReplaceAllFunc(tag, emptied)
		if xmlPersonTag.Match(tag) {
			tag = xmlPersonTagOf.ReplaceAllFunc(tag, emptied)
		}
		return tag
	})
	body = xmlAuthors.ReplaceAll(body, []byte("$1$3"))
	body = xmlAbsPath.ReplaceAll(body, nil)
	body = xmlPageSetup.ReplaceAll(body, []byte("$1"))
	return xmlPrinter.ReplaceAll(body, []byte("$1"))
}

func emptied(attribute []byte) []byte {
	name, _, _ := bytes.Cut(attribute, []byte("="))
	return append(bytes.Clone(name), `=""`...)
}

// cleanLink lets links to pages stand. A template, a picture or a sheet elsewhere would be
// fetched when the document is opened, and a path of somebody's disk names that person.
func cleanLink(tag []byte) []byte {
	external := bytes.Contains(tag, []byte(`TargetMode="External"`)) || bytes.Contains(tag, []byte(`TargetMode='External'`))
	if !external || bytes.Contains(tag, []byte(`/hyperlink"`)) && !relLocal.Match(tag) {
		return tag
	}
	return relTarget.ReplaceAll(tag, []byte(` Target="about:blank"`))
}

// unlink removes what points to the dropped parts: their entry in the list of types, and the
// relations to them.
func unlink(kept []part, dropped []string) {
	for _, name := range dropped {
		override := regexp.MustCompile(`(?i)<Override\s[^<>]*PartName=["']/` + regexp.QuoteMeta(name) + `["'][^<>]*>`)
		relation := regexp.MustCompile(`(?i)<Relationship\s[^<>]*Target=["'][^"'<>]*` + regexp.QuoteMeta(path.Base(name)) + `["'][^<>]*>`)
		for i := range kept {
			switch {
			case kept[i].name == "[Content_Types].xml":
				kept[i].body = override.ReplaceAll(kept[i].body, nil)
			case path.Ext(kept[i].name) == ".rels":
				kept[i].body = relation.ReplaceAll(kept[i].body, nil)
			}
		}
	}
}

// rezip is the same for the same parts: no times, no owners, one order. In an OpenDocument the
// part "mimetype" comes first and is not packed.
func rezip(parts []part, open bool) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	write := func(p part, method uint16) error {
		w, err := z.CreateHeader(&zip.FileHeader{Name: p.name, Method: method, Modified: time.Time{}})
		if err == nil {
			_, err = w.Write(p.body)
		}
		return err
	}
	for _, p := range parts {
		if open && p.name == "mimetype" {
			if err := write(p, zip.Store); err != nil {
				return nil, err
			}
		}
	}
	for _, p := range parts {
		if open && p.name == "mimetype" {
			continue
		}
		if err := write(p, zip.Deflate); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

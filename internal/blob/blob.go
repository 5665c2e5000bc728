// Package blob keeps the files that people attach: documents and pictures, each known by the
// hash of its content.
//
// A file is taken in only when its content is of a kind that is listed here; its name counts for
// nothing. What says who made it and where (authors, devices, places) is taken out before it is
// stored, and what could act on the reader's machine (macros, scripts, embedded programs) is
// refused. A file stays private until what it belongs to is released, and it is never shown
// inside a page: it is handed over for download.
package blob

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"stocktake/internal/errs"
)

// MaxBytes is the size of the largest file that is taken.
const MaxBytes = 25 << 20

// Types that are taken, by the content.
const (
	PDF  = "application/pdf"
	JPEG = "image/jpeg"
	PNG  = "image/png"
	WebP = "image/webp"
	DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
	ODT  = "application/vnd.oasis.opendocument.text"
	ODS  = "application/vnd.oasis.opendocument.spreadsheet"
	ODP  = "application/vnd.oasis.opendocument.presentation"
)

var endings = map[string]string{
	PDF: ".pdf", JPEG: ".jpg", PNG: ".png", WebP: ".webp", DOCX: ".docx", XLSX: ".xlsx", PPTX: ".pptx",
	ODT: ".odt", ODS: ".ods", ODP: ".odp",
}

// Endings are the file names' endings of the types that are taken, for the accept attribute of
// a form and for its help.
var Endings = []string{".pdf", ".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".jpg", ".png", ".webp"}

// Why a file is refused: keys of messages, the same in every catalogue that has uploads.
const (
	KeyEmpty     = "blob.empty"
	KeyTooLarge  = "blob.too_large"
	KeyType      = "blob.type"       // not one of the types that are taken
	KeyOldOffice = "blob.old_office" // a document of before 2007, or a locked one
	KeyEncrypted = "blob.encrypted"
	KeyMacro     = "blob.macro"
	KeyScript    = "blob.script"   // a PDF that runs something
	KeyEmbedded  = "blob.embedded" // a file within the file that cannot be looked into
	KeyDamaged   = "blob.damaged"
	KeyBomb      = "blob.bomb" // would unpack to something enormous
	KeyVirus     = "blob.virus"
	KeyScanner   = "blob.scanner_away"
	KeyTooMany   = "blob.too_many"
)

// Keys lists all of them, for tests of catalogues.
var Keys = []string{
	KeyEmpty, KeyTooLarge, KeyType, KeyOldOffice, KeyEncrypted, KeyMacro, KeyScript, KeyEmbedded, KeyDamaged, KeyBomb, KeyVirus, KeyScanner,
	KeyTooMany,
}

// File is one stored file.
type File struct {
	Hash  string // SHA-256 of the cleaned content, hexadecimal: where it is stored
	Name  string // as it was uploaded, made safe, with the ending of its type
	Type  string
	Bytes int64
}

func refuse(key, format string, args ...any) error {
	kind := errs.Invalid
	if key == KeyTooLarge {
		kind = errs.TooLarge
	}
	return errs.New(kind, format, args...).WithKey(key)
}

func damaged(format string, args ...any) error {
	return refuse(KeyDamaged, format, args...)
}

// Clean looks at the content of a file, says what it is and gives it back without what tells
// of its maker. The same content always gives the same bytes, and cleaning twice changes
// nothing more.
func Clean(data []byte) (kind string, cleaned []byte, err error) {
	defer errs.Wrap(&err, "blob.Clean")
	switch kind = sniff(data); kind {
	case PDF:
		cleaned, err = cleanPDF(data)
	case JPEG:
		cleaned, err = cleanJPEG(data)
	case PNG:
		cleaned, err = cleanPNG(data)
	case WebP:
		cleaned, err = cleanWebP(data)
	case kindZip:
		kind, cleaned, err = cleanOffice(data, 0)
	case kindOld:
		err = refuse(KeyOldOffice, "a compound document of before 2007, or a locked one")
	case kindEmpty:
		err = refuse(KeyEmpty, "the file is empty")
	default:
		err = refuse(KeyType, "the content is of no type that is taken")
	}
	if err != nil {
		return "", nil, err
	}
	return kind, cleaned, nil
}

const (
	kindZip   = "zip"
	kindOld   = "compound"
	kindEmpty = "empty"
)

func sniff(data []byte) string {
	begins := func(s string) bool { return len(data) >= len(s) && string(data[:len(s)]) == s }
	switch {
	case len(data) == 0:
		return kindEmpty
	case begins("\xff\xd8\xff"):
		return JPEG
	case begins(pngSignature):
		return PNG
	case begins("RIFF") && len(data) >= 12 && string(data[8:12]) == "WEBP":
		return WebP
	case begins("PK\x03\x04"):
		return kindZip
	case begins("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
		return kindOld
	case begins("%PDF-"):
		return PDF
	}
	return ""
}

// Salted is the hash by which the register names a file: of the salt followed by the content.
// Without the salt, nobody can tell from the register which document was attached.
func Salted(salt, content []byte) string {
	h := sha256.New()
	h.Write(salt)
	h.Write(content)
	return hex.EncodeToString(h.Sum(nil))
}

const maxName = 100 // characters

// SafeName makes a file's name fit for a header, a folder and a page: the last element of a
// path, without control characters and marks that turn the direction of writing, with the
// ending that belongs to the type.
func SafeName(name, kind string) string {
	name = strings.ToValidUTF8(strings.ReplaceAll(name, `\`, "/"), "")
	name = path.Base(path.Clean("/" + name))
	name = strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(`/<>:"|?*;`, r):
			return '-'
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, name)
	ending := endings[kind]
	if have := path.Ext(name); ending != "" && (strings.EqualFold(have, ending) || kind == JPEG && strings.EqualFold(have, ".jpeg")) {
		name = strings.TrimSuffix(name, have)
	}
	name = strings.Trim(name, " .-")
	if utf8.RuneCountInString(name) > maxName {
		name = strings.TrimSpace(string([]rune(name)[:maxName]))
	}
	if name == "" {
		name = "file"
	}
	return name + ending
}

// validHash keeps paths to what this package makes.
func validHash(hash string) error {
	if len(hash) != 2*sha256.Size || strings.Trim(hash, "0123456789abcdef") != "" {
		return errs.New(errs.NotFound, "%q is not the hash of a file", hash)
	}
	return nil
}

func pathOf(hash string) string { return fmt.Sprintf("%s/%s", hash[:2], hash[2:]) }
